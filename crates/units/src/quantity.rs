//! Quantities as text: a number, a unit, a dimension.

use std::fmt;

/// Exponents of metre, kilogram, second, ampere and kelvin.
///
/// Electrons, pixels, radians and per cent are pure numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Dimension {
    /// Length [m].
    pub m: i8,
    /// Mass [kg].
    pub kg: i8,
    /// Time [s].
    pub s: i8,
    /// Electric current [A].
    pub a: i8,
    /// Temperature [K].
    pub k: i8,
}

impl Dimension {
    const fn new(m: i8, kg: i8, s: i8, a: i8, k: i8) -> Self {
        Dimension { m, kg, s, a, k }
    }

    fn times(self, other: Dimension, power: i8) -> Option<Dimension> {
        let f = |x: i8, y: i8| x.checked_add(y.checked_mul(power)?);
        Some(Dimension {
            m: f(self.m, other.m)?,
            kg: f(self.kg, other.kg)?,
            s: f(self.s, other.s)?,
            a: f(self.a, other.a)?,
            k: f(self.k, other.k)?,
        })
    }

    /// What a person calls it, with an example to write: `("a length", "115 nm")`.
    pub fn describe(self) -> Option<(&'static str, &'static str)> {
        NAMES.iter().find(|(d, ..)| *d == self).map(|(_, n, e)| (*n, *e))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = self.describe() {
            return f.write_str(name);
        }
        let mut first = true;
        for (symbol, power) in [("m", self.m), ("kg", self.kg), ("s", self.s), ("A", self.a), ("K", self.k)] {
            if power != 0 {
                if !first {
                    f.write_str(" ")?;
                }
                first = false;
                write!(f, "{symbol}{}", if power == 1 { String::new() } else { power.to_string() })?;
            }
        }
        Ok(())
    }
}

const D: fn(i8, i8, i8, i8, i8) -> Dimension = Dimension::new;

/// Dimensions a person has a word for, with an example.
const NAMES: &[(Dimension, &str, &str)] = &[
    (Dimension::new(0, 0, 0, 0, 0), "a pure number", "50 %"),
    (Dimension::new(1, 0, 0, 0, 0), "a length", "115 nm"),
    (Dimension::new(2, 0, 0, 0, 0), "an area", "8700 nm2"),
    (Dimension::new(3, 0, 0, 0, 0), "a volume", "1e-29 m3"),
    (Dimension::new(0, 0, 1, 0, 0), "a time", "5 s"),
    (Dimension::new(0, 0, -1, 0, 0), "a rate", "50 Hz"),
    (Dimension::new(0, 0, 0, 1, 0), "a current", "20 mA"),
    (Dimension::new(0, 0, 0, 0, 1), "a temperature", "450 degC"),
    (Dimension::new(0, 0, -1, 0, 1), "a temperature per time", "10 K/s"),
    (Dimension::new(2, 1, -3, -1, 0), "a voltage", "2.5 V"),
    (Dimension::new(2, 1, -4, -1, 0), "a voltage per time", "100 mV/s"),
    (Dimension::new(2, 1, -3, -2, 0), "a resistance", "25 ohm"),
    (Dimension::new(3, 1, -3, -2, 0), "a resistivity", "2.2e-8 ohm m"),
    (Dimension::new(4, 1, -3, -2, 0), "a resistance times area", "3.2e-16 ohm m2"),
    (Dimension::new(2, 1, -2, 0, 0), "an energy", "0.9 eV"),
    (Dimension::new(0, 1, -2, 0, 0), "a surface energy", "1.1 J/m2"),
    (Dimension::new(2, 0, -1, 0, 0), "a diffusivity", "2.1e-7 m2/s"),
    (Dimension::new(1, 1, -3, 0, -1), "a thermal conductivity", "3 W/m/K"),
    (Dimension::new(0, 1, -3, 0, -1), "a thermal conductance per area", "3e7 W/m2/K"),
    (Dimension::new(2, 1, -3, 0, -1), "a thermal conductance", "2e-6 W/K"),
    (Dimension::new(-2, -1, 3, 0, 1), "a thermal resistance", "9e4 K/W"),
    (Dimension::new(2, 1, -2, 0, -1), "a heat capacity", "2e-9 J/K"),
    (Dimension::new(2, 1, -3, -2, -2), "a Lorenz number", "2.44e-8 W ohm/K2"),
    (Dimension::new(-1, 1, -2, 0, 0), "a pressure", "1e-7 mbar"),
    (Dimension::new(-1, 1, -1, 0, 0), "a viscosity", "4 mPa s"),
    (Dimension::new(-2, 0, 0, 0, 0), "a dose", "140 e/nm2"),
    (Dimension::new(-2, 0, -1, 0, 0), "a dose rate", "50 e/nm2/s"),
    (Dimension::new(-2, 0, 0, 1, 0), "a current density", "1e12 A/m2"),
    (Dimension::new(1, 0, -1, 0, 0), "a speed", "2 nm/s"),
];

/// Symbol, factor to SI, dimension, whether prefixes go with it.
const UNITS: &[(&str, f64, Dimension, bool)] = &[
    ("m", 1.0, Dimension::new(1, 0, 0, 0, 0), true),
    ("g", 1e-3, Dimension::new(0, 1, 0, 0, 0), true),
    ("s", 1.0, Dimension::new(0, 0, 1, 0, 0), true),
    ("A", 1.0, Dimension::new(0, 0, 0, 1, 0), true),
    ("K", 1.0, Dimension::new(0, 0, 0, 0, 1), true),
    ("V", 1.0, Dimension::new(2, 1, -3, -1, 0), true),
    ("ohm", 1.0, Dimension::new(2, 1, -3, -2, 0), true),
    ("Ohm", 1.0, Dimension::new(2, 1, -3, -2, 0), true),
    ("Ω", 1.0, Dimension::new(2, 1, -3, -2, 0), true),
    ("S", 1.0, Dimension::new(-2, -1, 3, 2, 0), true),
    ("W", 1.0, Dimension::new(2, 1, -3, 0, 0), true),
    ("J", 1.0, Dimension::new(2, 1, -2, 0, 0), true),
    ("N", 1.0, Dimension::new(1, 1, -2, 0, 0), true),
    ("Pa", 1.0, Dimension::new(-1, 1, -2, 0, 0), true),
    ("bar", 1e5, Dimension::new(-1, 1, -2, 0, 0), true),
    ("Hz", 1.0, Dimension::new(0, 0, -1, 0, 0), true),
    ("C", 1.0, Dimension::new(0, 0, 1, 1, 0), true),
    ("F", 1.0, Dimension::new(-2, -1, 4, 2, 0), true),
    ("eV", 1.602176634e-19, Dimension::new(2, 1, -2, 0, 0), true),
    ("min", 60.0, Dimension::new(0, 0, 1, 0, 0), false),
    ("h", 3600.0, Dimension::new(0, 0, 1, 0, 0), false),
    ("e", 1.0, Dimension::new(0, 0, 0, 0, 0), false),
    ("px", 1.0, Dimension::new(0, 0, 0, 0, 0), false),
    ("rad", 1.0, Dimension::new(0, 0, 0, 0, 0), true),
    ("deg", std::f64::consts::PI / 180.0, Dimension::new(0, 0, 0, 0, 0), false),
    ("%", 0.01, Dimension::new(0, 0, 0, 0, 0), false),
    ("1", 1.0, Dimension::new(0, 0, 0, 0, 0), false),
];

const PREFIXES: &[(&str, f64)] = &[
    ("a", 1e-18),
    ("f", 1e-15),
    ("p", 1e-12),
    ("n", 1e-9),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("m", 1e-3),
    ("c", 1e-2),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
];

/// What is wrong with a quantity's text.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum UnitError {
    /// Nothing there.
    #[error("an empty text is not a quantity")]
    Empty,
    /// The text does not begin with a number.
    #[error("`{0}` does not begin with a number")]
    NotANumber(String),
    /// Infinite or not a number.
    #[error("`{0}` is not a finite number")]
    NotFinite(String),
    /// A unit nobody knows.
    #[error("unknown unit `{0}`")]
    UnknownUnit(String),
    /// A number without the unit it needs.
    #[error("a unit is missing: {expected} is wanted")]
    Missing {
        /// The wanted dimension.
        expected: Dimension,
    },
    /// Another dimension than the wanted one.
    #[error("this is {found}, but {expected} is wanted")]
    WrongDimension {
        /// What the text has.
        found: Dimension,
        /// What is wanted.
        expected: Dimension,
    },
}

impl UnitError {
    /// An example of what would be right, where there is one.
    pub fn example(&self) -> Option<&'static str> {
        match self {
            UnitError::Missing { expected } | UnitError::WrongDimension { expected, .. } => expected.describe().map(|(_, e)| e),
            _ => None,
        }
    }
}

/// Factor to SI and dimension of a unit such as `W/m/K`, `e/nm2/s`, `A/cm^2`, `W/(m K)`.
pub fn parse_unit(text: &str) -> Result<(f64, Dimension), UnitError> {
    let unknown = || UnitError::UnknownUnit(text.trim().to_owned());
    let mut factor = 1.0;
    let mut dim = D(0, 0, 0, 0, 0);
    let mut sign = 1i8; // +1 before a slash, -1 after it; inside parentheses both sides of the slash hold
    let mut group = 0i8; // sign of an open parenthesis
    let mut rest = text.trim();
    while let Some(c) = rest.chars().next() {
        match c {
            ' ' | '*' | '·' | '.' => rest = &rest[c.len_utf8()..],
            '/' => {
                // `W/m/K` divides by both; inside a parenthesis a slash is relative to the group.
                sign = if group == 0 { -1 } else { -group };
                rest = &rest[1..];
                if rest.trim_start().is_empty() {
                    return Err(unknown());
                }
            }
            '(' if group == 0 => {
                group = sign;
                rest = &rest[1..];
            }
            ')' if group != 0 => {
                sign = group;
                group = 0;
                rest = &rest[1..];
            }
            _ => {
                let end = rest.char_indices().find(|(_, c)| !(c.is_alphabetic() || *c == '%' || *c == '°')).map_or(rest.len(), |(i, _)| i);
                let (symbol, tail) = if end == 0 && rest.starts_with('1') { rest.split_at(1) } else { rest.split_at(end) };
                let (f, d) = lookup(symbol).ok_or_else(unknown)?;
                let (power, tail) = exponent(tail).ok_or_else(unknown)?;
                let power = power.checked_mul(sign).ok_or_else(unknown)?;
                factor *= f.powi(i32::from(power));
                dim = dim.times(d, power).ok_or_else(unknown)?;
                rest = tail;
                if group == 0 && sign < 0 && rest.starts_with([' ', '*', '·']) && !rest.trim_start().is_empty() {
                    // `W/m K`: does K divide? Ambiguous, so it is refused; `W/(m K)` or `W/m/K` is clear.
                    if !rest.trim_start().starts_with('/') {
                        return Err(unknown());
                    }
                }
            }
        }
    }
    if group != 0 { Err(unknown()) } else { Ok((factor, dim)) }
}

fn lookup(symbol: &str) -> Option<(f64, Dimension)> {
    if let Some((_, f, d, _)) = UNITS.iter().find(|(s, ..)| *s == symbol) {
        return Some((*f, *d));
    }
    for (p, pf) in PREFIXES {
        if let Some(base) = symbol.strip_prefix(p)
            && let Some((_, f, d, _)) = UNITS.iter().find(|(s, _, _, prefixed)| *prefixed && *s == base)
        {
            return Some((pf * f, *d));
        }
    }
    None
}

/// An exponent written `2`, `^2`, `^-2`, `-2` or in superscripts; 1 if there is none.
fn exponent(text: &str) -> Option<(i8, &str)> {
    const SUPER: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    let mut digits = String::new();
    let mut used = 0;
    for (i, c) in text.char_indices() {
        match c {
            '^' if i == 0 => {}
            '-' | '−' | '⁻' if digits.is_empty() => digits.push('-'),
            c if c.is_ascii_digit() => digits.push(c),
            c => match SUPER.chars().position(|s| s == c) {
                Some(d) => digits.push(char::from(b'0' + d as u8)),
                None => break,
            },
        }
        used = i + c.len_utf8();
    }
    if used == 0 { Some((1, text)) } else { Some((digits.parse().ok().filter(|p| (-9..=9).contains(p))?, &text[used..])) }
}

/// Splits a text into its number and the rest.
fn number(text: &str) -> Result<(f64, &str), UnitError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UnitError::Empty);
    }
    let normal = text.replace('−', "-");
    let mut best = None;
    let b = normal.as_bytes();
    let mut i = usize::from(matches!(b.first(), Some(b'+' | b'-')));
    let (mut digits, mut dot) = (0, false);
    while i < b.len() && (b[i].is_ascii_digit() || (b[i] == b'.' && !dot)) {
        if b[i] == b'.' {
            dot = true;
        } else {
            digits += 1;
        }
        i += 1;
    }
    if digits > 0 {
        best = Some(i);
        if i < b.len() && matches!(b[i], b'e' | b'E') {
            let mut j = i + 1 + usize::from(matches!(b.get(i + 1), Some(b'+' | b'-')));
            let from = j;
            while j < b.len() && b[j].is_ascii_digit() {
                j += 1;
            }
            if j > from {
                best = Some(j);
            }
        }
    }
    let end = best.ok_or_else(|| UnitError::NotANumber(text.to_owned()))?;
    let value: f64 = normal[..end].parse().map_err(|_| UnitError::NotANumber(text.to_owned()))?;
    if !value.is_finite() {
        return Err(UnitError::NotFinite(text.to_owned()));
    }
    // Each '−' (3 bytes) before `end` became '-' (1 byte).
    let shift = normal[..end].bytes().filter(|c| *c == b'-').count().min(text.matches('−').count()) * 2;
    Ok((value, text.get(end + shift..).ok_or_else(|| UnitError::NotANumber(text.to_owned()))?.trim()))
}

/// SI value and dimension of a text such as `"115 nm"`, `"1e6 A/cm^2"`, `"450 degC"`.
pub fn parse(text: &str) -> Result<(f64, Dimension), UnitError> {
    let (value, unit) = number(text)?;
    if matches!(unit, "degC" | "°C" | "celsius") {
        return Ok((value + 273.15, D(0, 0, 0, 0, 1)));
    }
    let (factor, dim) = parse_unit(unit)?;
    let si = value * factor;
    if si.is_finite() { Ok((si, dim)) } else { Err(UnitError::NotFinite(text.to_owned())) }
}

/// SI value of a text that must have the given dimension.
pub fn parse_as(text: &str, expected: Dimension) -> Result<f64, UnitError> {
    let (value, found) = parse(text)?;
    if found == expected {
        Ok(value)
    } else if found == Dimension::default() && number(text).is_ok_and(|(_, unit)| unit.is_empty()) {
        Err(UnitError::Missing { expected })
    } else {
        Err(UnitError::WrongDimension { found, expected })
    }
}

/// An SI number as text in the given unit, with `digits` significant digits: `format_si(1.15e-7, "nm", 4)` is `"115 nm"`.
pub fn format_si(si: f64, unit: &str, digits: usize) -> String {
    let value = if matches!(unit, "degC" | "°C") {
        si - 273.15
    } else {
        match parse_unit(unit) {
            Ok((factor, _)) => si / factor,
            Err(_) => si,
        }
    };
    let number = plain(value, digits);
    if unit.is_empty() || unit == "1" { number } else { format!("{number} {unit}") }
}

/// A number with `digits` significant digits, plain between 1e-4 and 1e6, else with an exponent.
fn plain(value: f64, digits: usize) -> String {
    let digits = digits.clamp(1, 17);
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let trim = |s: &str| {
        if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').to_owned() } else { s.to_owned() }
    };
    if (-4..6).contains(&power) {
        let decimals = (digits as i32 - 1 - power).max(0) as usize;
        let rounded: f64 = scientific.parse().unwrap_or(value);
        trim(&format!("{rounded:.decimals$}"))
    } else {
        format!("{}e{power}", trim(mantissa))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_field_are_read() {
        for (text, si, example) in [
            ("115 nm", 115e-9, "1 m"),
            ("115nm", 115e-9, "1 m"),
            ("100 mV/s", 0.1, "1 V/s"),
            ("1e6 A/cm^2", 1e10, "1 A/m2"),
            ("0.95 J/m2", 0.95, "1 J/m2"),
            ("-5 µm/s", -5e-6, "1 m/s"),
            ("1e-3 /s", 1e-3, "1 Hz"),
            ("1e8A", 1e8, "1 A"),
            ("50 e/nm2/s", 50e18, "1 /m2/s"),
            ("450 degC", 723.15, "1 K"),
            ("5 eV", 5.0 * 1.602176634e-19, "1 J"),
            ("50 %", 0.5, "1"),
            ("3 W/(m K)", 3.0, "1 W/m/K"),
            ("4 mPa s", 4e-3, "1 Pa s"),
            ("10 min", 600.0, "1 s"),
            ("−2 V", -2.0, "1 V"),
            ("9e4 K/W", 9e4, "1 K/W"),
            ("2.44e-8 W ohm/K2", 2.44e-8, "1 V2/K2"),
        ] {
            let (_, dim) = parse(example).unwrap();
            let got = parse_as(text, dim).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert!((got - si).abs() <= 1e-12 * si.abs(), "{text}: {got} is not {si}");
        }
    }

    #[test]
    fn wrong_texts_say_what_would_be_right() {
        let rate = parse("1 V/s").unwrap().1;
        let e = parse_as("100 mV", rate).unwrap_err();
        assert_eq!(e.to_string(), "this is a voltage, but a voltage per time is wanted");
        assert_eq!(e.example(), Some("100 mV/s"));
        assert!(matches!(parse_as("100", rate), Err(UnitError::Missing { .. })));
        assert!(matches!(parse("5 parsec"), Err(UnitError::UnknownUnit(_))));
        assert!(matches!(parse("fast"), Err(UnitError::NotANumber(_))));
        assert!(matches!(parse("1e999 m"), Err(UnitError::NotFinite(_))));
        assert!(matches!(parse(""), Err(UnitError::Empty)));
    }

    #[test]
    fn numbers_are_printed_as_a_person_writes_them() {
        assert_eq!(format_si(1.15e-7, "nm", 4), "115 nm");
        assert_eq!(format_si(0.1, "mV/s", 3), "100 mV/s");
        assert_eq!(format_si(723.15, "degC", 4), "450 degC");
        assert_eq!(format_si(9.34e11, "A/m2", 3), "9.34e11 A/m2");
        assert_eq!(format_si(99_996.0, "", 4), "100000");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_number_survives_the_way_through_text(x in -1e9f64..1e9) {
            let (back, _) = parse(&format_si(x, "nm", 17)).unwrap();
            proptest::prop_assert!((back - x).abs() <= 1e-12 * x.abs());
        }
    }
}
