//! Declared parameters: key, unit, default, range, status, source, each said once.
//!
//! A section of a protocol is a plain struct made by [`parameters!`](crate::parameters); its fields are in SI, and its declarations
//! give the protocol's parser, the JSON schema, the bands, the report's table and the Lab's form what they need.

use crate::quantity::{Dimension, UnitError, format_si, parse_as, parse_unit};

/// Where a parameter's value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Stated by the paper or the protocol of the experiment.
    Paper,
    /// Measured or tabulated elsewhere.
    Literature,
    /// Derived from literature values by an estimate.
    Estimate,
    /// No source: a visible input with a wide range.
    Assumption,
    /// Set by looking at the paper's results.
    Calibrated,
    /// A choice of the user or of the numerics; not a property of matter.
    Choice,
}

/// What kind of value a parameter takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// A number with a unit, as text; the unit is the one it is shown in.
    Quantity(&'static str),
    /// A list of quantities, or a single one.
    Quantities(&'static str),
    /// A whole number.
    Count,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Free text.
    Text,
}

/// The declaration of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Key within its section, e.g. `diameter`.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Kind and unit.
    pub kind: Kind,
    /// Default, written as in a protocol.
    pub default: &'static str,
    /// Smallest and largest value accepted, as text.
    pub limits: Option<(&'static str, &'static str)>,
    /// Plausible range, from which bands draw.
    pub range: Option<(&'static str, &'static str)>,
    /// Where the default comes from.
    pub status: Status,
    /// Source of default and range.
    pub source: &'static str,
}

/// A value as a TOML file or the command line has it.
#[derive(Clone, PartialEq, Debug)]
pub enum Raw {
    /// A string.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Flag(bool),
    /// An array.
    List(Vec<Raw>),
}

/// A value that fits its declaration, in SI.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A quantity or number, SI.
    Number(f64),
    /// Several quantities, SI.
    Numbers(Vec<f64>),
    /// A whole number.
    Count(u64),
    /// A flag.
    Flag(bool),
    /// A word or a text.
    Text(String),
}

/// Why a value does not fit its declaration.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ReadError {
    /// The text is no such quantity.
    #[error("`{name}`: {error}")]
    Unit {
        /// Name of the parameter.
        name: &'static str,
        /// What is wrong with the text.
        error: UnitError,
        /// What would be right.
        help: String,
    },
    /// Outside the limits.
    #[error("`{name}` = {value} is outside {low} to {high}")]
    Outside {
        /// Name of the parameter.
        name: &'static str,
        /// The value, as text.
        value: String,
        /// Lower limit, as text.
        low: &'static str,
        /// Upper limit, as text.
        high: &'static str,
    },
    /// Not of the right kind.
    #[error("`{name}` {expected}")]
    Kind {
        /// Name of the parameter.
        name: &'static str,
        /// What is wanted.
        expected: String,
    },
}

impl ReadError {
    /// What would be right.
    pub fn help(&self) -> String {
        match self {
            ReadError::Unit { help, .. } => help.clone(),
            ReadError::Outside { low, high, .. } => format!("choose a value from {low} to {high}"),
            ReadError::Kind { expected, .. } => expected.clone(),
        }
    }
}

impl Parameter {
    /// A bare declaration; the `parameters!` macro fills in the rest.
    pub const fn new(name: &'static str, meaning: &'static str, kind: Kind, default: &'static str) -> Self {
        Parameter { name, meaning, kind, default, limits: None, range: None, status: Status::Choice, source: "" }
    }

    /// Smallest and largest accepted value.
    pub const fn limits(mut self, low: &'static str, high: &'static str) -> Self {
        self.limits = Some((low, high));
        self
    }

    /// Plausible range: bands draw from it.
    pub const fn range(mut self, low: &'static str, high: &'static str) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Status and source.
    pub const fn from(mut self, status: Status, source: &'static str) -> Self {
        self.status = status;
        self.source = source;
        self
    }

    /// Dimension of a quantity; a pure number otherwise.
    pub fn dimension(&self) -> Dimension {
        match self.kind {
            Kind::Quantity(unit) | Kind::Quantities(unit) => dimension_of(unit),
            _ => Dimension::default(),
        }
    }

    /// The plausible range in SI.
    pub fn range_si(&self) -> Option<(f64, f64)> {
        let (low, high) = self.range?;
        Some((self.number(low).ok()?, self.number(high).ok()?))
    }

    fn number(&self, text: &str) -> Result<f64, UnitError> {
        parse_as(text, self.dimension())
    }

    fn quantity(&self, raw: &Raw) -> Result<f64, ReadError> {
        let unit_error = |error: UnitError| {
            let example = if self.default.is_empty() { error.example().unwrap_or("") } else { self.default };
            let wanted = self.dimension();
            ReadError::Unit { name: self.name, error, help: format!("`{}` needs {wanted}, such as \"{example}\"", self.name) }
        };
        let value = match raw {
            Raw::Text(text) => self.number(text).map_err(unit_error)?,
            Raw::Integer(i) if self.dimension() == Dimension::default() => *i as f64,
            Raw::Float(x) if self.dimension() == Dimension::default() && x.is_finite() => *x,
            Raw::Integer(_) | Raw::Float(_) => return Err(unit_error(UnitError::Missing { expected: self.dimension() })),
            _ => return Err(self.kind_error()),
        };
        if let Some((low, high)) = self.limits {
            let (l, h) = (self.number(low).map_err(unit_error)?, self.number(high).map_err(unit_error)?);
            if !(l..=h).contains(&value) {
                let value = match raw {
                    Raw::Text(t) => t.clone(),
                    _ => value.to_string(),
                };
                return Err(ReadError::Outside { name: self.name, value, low, high });
            }
        }
        Ok(value)
    }

    fn kind_error(&self) -> ReadError {
        let expected = match self.kind {
            Kind::Quantity(_) => format!("needs a text with a unit, such as \"{}\"", self.default),
            Kind::Quantities(_) => format!("needs a quantity such as \"{}\", or a list of them", self.default),
            Kind::Count => format!("needs a whole number, such as {}", self.default),
            Kind::Flag => "needs true or false, without quotes".to_owned(),
            Kind::Choice(words) => format!("is one of {}", quoted(words)),
            Kind::Text => "needs a text in quotes".to_owned(),
        };
        ReadError::Kind { name: self.name, expected }
    }

    /// Reads a raw value according to this declaration.
    pub fn read(&self, raw: &Raw) -> Result<Value, ReadError> {
        match (self.kind, raw) {
            (Kind::Quantity(_), raw) => Ok(Value::Number(self.quantity(raw)?)),
            (Kind::Quantities(_), Raw::List(list)) if !list.is_empty() => {
                Ok(Value::Numbers(list.iter().map(|r| self.quantity(r)).collect::<Result<_, _>>()?))
            }
            (Kind::Quantities(_), Raw::List(_)) => Err(self.kind_error()),
            (Kind::Quantities(_), raw) => Ok(Value::Numbers(vec![self.quantity(raw)?])),
            (Kind::Count, Raw::Integer(i)) => {
                let value = u64::try_from(*i).map_err(|_| self.kind_error())?;
                if let Some((low, high)) = self.limits
                    && !(low.parse().unwrap_or(0)..=high.parse().unwrap_or(u64::MAX)).contains(&value)
                {
                    return Err(ReadError::Outside { name: self.name, value: value.to_string(), low, high });
                }
                Ok(Value::Count(value))
            }
            (Kind::Flag, Raw::Flag(b)) => Ok(Value::Flag(*b)),
            (Kind::Choice(words), Raw::Text(t)) if words.contains(&t.as_str()) => Ok(Value::Text(t.clone())),
            (Kind::Text, Raw::Text(t)) => Ok(Value::Text(t.clone())),
            _ => Err(self.kind_error()),
        }
    }

    /// Reads a text as the command line or a form has it: a number, a flag or a word without quotes is taken as what the declaration wants.
    pub fn read_text(&self, text: &str) -> Result<Value, ReadError> {
        let text = text.trim();
        let raw = match self.kind {
            Kind::Count => text.parse().map_or_else(|_| Raw::Text(text.to_owned()), Raw::Integer),
            Kind::Flag => text.parse().map_or_else(|_| Raw::Text(text.to_owned()), Raw::Flag),
            Kind::Quantities(_) if text.starts_with('[') => {
                Raw::List(text.trim_matches(['[', ']']).split(',').map(|s| Raw::Text(s.trim().trim_matches('"').to_owned())).collect())
            }
            _ => Raw::Text(text.to_owned()),
        };
        self.read(&raw)
    }

    /// The default, read.
    pub fn default_value(&self) -> Result<Value, ReadError> {
        self.read_text(self.default)
    }

    /// A value as a person writes it in a protocol (without quotes).
    pub fn show(&self, value: &Value) -> String {
        let unit = match self.kind {
            Kind::Quantity(unit) | Kind::Quantities(unit) => unit,
            _ => "",
        };
        match value {
            Value::Number(x) => format_si(*x, unit, 6),
            Value::Numbers(list) if list.len() == 1 => format_si(list[0], unit, 6),
            Value::Numbers(list) => {
                format!("[{}]", list.iter().map(|x| format!("\"{}\"", format_si(*x, unit, 6))).collect::<Vec<_>>().join(", "))
            }
            Value::Count(n) => n.to_string(),
            Value::Flag(b) => b.to_string(),
            Value::Text(t) => t.clone(),
        }
    }

    /// A value as TOML.
    pub fn show_toml(&self, value: &Value) -> String {
        match value {
            Value::Count(_) | Value::Flag(_) => self.show(value),
            Value::Numbers(list) if list.len() != 1 => self.show(value),
            _ => format!("{:?}", self.show(value)),
        }
    }
}

fn dimension_of(unit: &str) -> Dimension {
    if matches!(unit, "degC" | "°C") {
        Dimension { k: 1, ..Dimension::default() }
    } else {
        parse_unit(unit).map(|(_, d)| d).unwrap_or_default()
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
}

/// A struct made of declared parameters.
pub trait Section {
    /// The declarations, in the order of the fields.
    fn parameters(&self) -> &'static [Parameter];
    /// Value of a field by name.
    fn get(&self, name: &str) -> Option<Value>;
    /// Sets a field; `false` if there is no such field or the value is of another kind.
    fn set(&mut self, name: &str, value: &Value) -> bool;
}

/// A type that a parameter's value can have.
pub trait Field: Sized {
    /// From a value that fits the declaration.
    fn from_value(value: &Value) -> Option<Self>;
    /// As a value.
    fn to_value(&self) -> Value;
}

impl Field for f64 {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Number(x) = value { Some(*x) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Number(*self)
    }
}
impl Field for Vec<f64> {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Numbers(x) = value { Some(x.clone()) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Numbers(self.clone())
    }
}
impl Field for usize {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Count(x) = value { usize::try_from(*x).ok() } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Count(*self as u64)
    }
}
impl Field for bool {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Flag(x) = value { Some(*x) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Flag(*self)
    }
}
impl Field for String {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(x) = value { Some(x.clone()) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

/// Declares an enum whose variants are words in a protocol.
///
/// ```
/// pentatwin_units::words! {
///     /// Kind of contact.
///     pub enum Contact { /** Silver passes under the contact. */ Overlap = "overlap", /** No silver passes. */ Blocked = "blocked" }
/// }
/// assert_eq!(Contact::WORDS, &["overlap", "blocked"]);
/// ```
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }
        impl $name {
            /// The words, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
            /// The word of this variant.
            pub const fn word(self) -> &'static str { match self { $($name::$variant => $word),+ } }
        }
        impl $crate::parameter::Field for $name {
            fn from_value(value: &$crate::parameter::Value) -> Option<Self> {
                match value { $crate::parameter::Value::Text(t) => match t.as_str() { $($word => Some($name::$variant),)+ _ => None }, _ => None }
            }
            fn to_value(&self) -> $crate::parameter::Value { $crate::parameter::Value::Text(self.word().to_owned()) }
        }
    };
}

/// Declares a section: a struct with SI fields and the declarations of its parameters.
///
/// The doc comment of a field is the parameter's meaning. After `=` come kind, default (as text) and builder calls of [`Parameter`].
///
/// ```
/// use pentatwin_units::{Kind, Section, Status};
/// pentatwin_units::parameters! {
///     /// The silver nanowire.
///     pub struct Wire {
///         /// Projected width of the wire lying on a flat wall.
///         diameter: f64 = Kind::Quantity("nm"), "115 nm", limits("2 nm", "2 um"), range("105 nm", "125 nm"), from(Status::Paper, "Methods");
///     }
/// }
/// assert!((Wire::default().diameter - 115e-9).abs() < 1e-18);
/// assert_eq!(Wire::default().parameters()[0].name, "diameter");
/// ```
#[macro_export]
macro_rules! parameters {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[doc = $doc:literal])+ $field:ident : $type:ty = $kind:expr, $default:literal $(, $call:ident($($arg:expr),*))*;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $name { $($(#[doc = $doc])+ pub $field: $type),+ }
        impl $name {
            /// The declarations, in the order of the fields.
            pub const PARAMETERS: &'static [$crate::parameter::Parameter] = &[$(
                $crate::parameter::Parameter::new(stringify!($field), concat!($($doc),+).trim_ascii(), $kind, $default)$(.$call($($arg),*))*
            ),+];
        }
        impl Default for $name {
            fn default() -> Self {
                let mut it = Self::PARAMETERS.iter();
                $(let $field = it.next().and_then(|p| p.default_value().ok())
                    .and_then(|v| <$type as $crate::parameter::Field>::from_value(&v))
                    .unwrap_or_else(|| unreachable!(concat!("the default of `", stringify!($field), "` does not fit its declaration")));)+
                $name { $($field),+ }
            }
        }
        impl $crate::parameter::Section for $name {
            fn parameters(&self) -> &'static [$crate::parameter::Parameter] { Self::PARAMETERS }
            fn get(&self, name: &str) -> Option<$crate::parameter::Value> {
                match name { $(stringify!($field) => Some($crate::parameter::Field::to_value(&self.$field)),)+ _ => None }
            }
            fn set(&mut self, name: &str, value: &$crate::parameter::Value) -> bool {
                match name {
                    $(stringify!($field) => match $crate::parameter::Field::from_value(value) { Some(v) => { self.$field = v; true } None => false },)+
                    _ => false,
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::words! {
        /// Contacts.
        pub enum Contacts {
            /// Overlap.
            Overlap = "overlap",
            /// Blocked.
            Blocked = "blocked",
        }
    }

    crate::parameters! {
        /// A test section.
        pub struct Test {
            /// Projected width
            diameter: f64 = Kind::Quantity("nm"), "115 nm", limits("2 nm", "2 um"), range("105 nm", "125 nm"), from(Status::Paper, "Methods");
            /// Kind of contact
            contacts: Contacts = Kind::Choice(Contacts::WORDS), "overlap";
            /// Turning points
            to: Vec<f64> = Kind::Quantities("V"), "5 V";
            /// Trip
            trip: f64 = Kind::Quantity("%"), "50 %", limits("0 %", "100 %");
            /// Cells
            cells: usize = Kind::Count, "400", limits("50", "4000");
        }
    }

    #[test]
    fn a_declaration_reads_what_a_protocol_says() {
        let mut t = Test::default();
        let p = |n: &str| Test::PARAMETERS.iter().find(|p| p.name == n).copied().unwrap();
        let text = |s: &str| Raw::Text(s.to_owned());
        assert_eq!(p("contacts").read(&text("blocked")), Ok(Value::Text("blocked".into())));
        assert!(p("contacts").read(&text("open")).is_err());
        let e = p("diameter").read(&text("-3 nm")).unwrap_err();
        assert_eq!(e.to_string(), "`diameter` = -3 nm is outside 2 nm to 2 um");
        assert!(p("diameter").read(&Raw::Integer(115)).unwrap_err().help().contains("115 nm"));
        assert!(p("trip").read(&text("150 %")).is_err());
        assert_eq!(p("trip").read(&Raw::Float(0.5)), Ok(Value::Number(0.5)));
        assert_eq!(p("to").read_text("[0 V, 3 V]"), Ok(Value::Numbers(vec![0.0, 3.0])));
        assert!(p("cells").read(&Raw::Integer(-1)).is_err());
        let v = p("diameter").read(&text("90 nm")).unwrap();
        assert!(t.set("diameter", &v));
        assert_eq!(p("diameter").show(&t.get("diameter").unwrap()), "90 nm");
    }
}
