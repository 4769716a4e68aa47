//! From a protocol to text: a complete TOML file, and the rows of the report's table.

use pentatwin_record::summary::ParameterRow;
use pentatwin_units::{Kind, Parameter, Status, Value, format_si, parse_as};

use super::{Coupling, Protocol};
use pentatwin_physics::lattice::Method;

impl Protocol {
    /// The whole protocol as TOML, every setting with its meaning: a file to start from. Read again it gives the same protocol.
    pub fn to_toml(&self) -> String {
        let mut out = format!("title = {}\n", text(&self.title));
        if !self.description.is_empty() {
            out += &format!("description = {}\n", text(&self.description));
        }
        for (name, section) in self.sections() {
            out += &format!("\n[{name}]\n");
            for p in section.parameters() {
                let Some(value) = section.get(p.name) else { continue };
                out += &format!("{} = {}  # {}\n", p.name, exact(p, &value), comment(p));
            }
        }
        for step in &self.steps {
            out += &format!("\n[[step]]\n[step.{}]\n", step.word());
            for p in step.section().parameters() {
                let Some(value) = step.section().get(p.name) else { continue };
                out += &format!("{} = {}  # {}\n", p.name, exact(p, &value), comment(p));
            }
        }
        out
    }

    /// Every setting that acts, for the report's table. The microscope is left out where no images are made, the shape and
    /// lattice engines and the high-resolution images where they are off.
    pub fn parameter_rows(&self) -> Vec<ParameterRow> {
        let atoms = self.lattice.engine != Method::Off;
        let shape = self.shape.coupling != Coupling::Off;
        let acts = |key: &str| match key {
            k if k.starts_with("microscope.hrtem.") => atoms && self.lattice.images,
            k if k.starts_with("microscope.") => self.microscope.frames,
            k if k.starts_with("shape.") => shape || k == "shape.coupling",
            k if k.starts_with("lattice.") => atoms || k == "lattice.engine",
            _ => true,
        };
        self.all()
            .filter(|e| acts(&e.key))
            .map(|e| ParameterRow {
                value: e.parameter.show(&e.value),
                default: e.parameter.show(&e.default),
                range: e.parameter.range.map(|(low, high)| format!("{low} to {high}")).unwrap_or_default(),
                status: status(e.parameter.status).to_owned(),
                source: e.parameter.source.to_owned(),
                meaning: e.parameter.meaning.to_owned(),
                changed: e.value != e.default,
                key: e.key,
            })
            .collect()
    }
}

/// The word of a status, as `ParameterRow` has it.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Paper => "paper",
        Status::Literature => "literature",
        Status::Estimate => "estimate",
        Status::Assumption => "assumption",
        Status::Calibrated => "calibrated",
        Status::Choice => "choice",
    }
}

/// Meaning and what can be written instead.
fn comment(p: &Parameter) -> String {
    match (p.kind, p.limits) {
        (Kind::Choice(words), _) => format!("{}: {}", p.meaning, words.join(", ")),
        (_, Some((low, high))) => format!("{} ({low} to {high})", p.meaning),
        _ => p.meaning.to_owned(),
    }
}

/// A value as TOML that reads as exactly the same number.
fn exact(p: &Parameter, value: &Value) -> String {
    let number = |x: f64| text(&shortest(x, p));
    match value {
        Value::Number(x) => number(*x),
        Value::Numbers(list) if list.len() == 1 => number(list[0]),
        Value::Numbers(list) => format!("[{}]", list.iter().map(|x| number(*x)).collect::<Vec<_>>().join(", ")),
        Value::Count(n) => n.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Text(t) => text(t),
    }
}

/// The fewest digits that read as the same number, in the declared unit, or in SI where the way through the unit loses the last bit.
pub(crate) fn shortest(x: f64, p: &Parameter) -> String {
    let unit = match p.kind {
        Kind::Quantity(unit) | Kind::Quantities(unit) => unit,
        _ => "",
    };
    let same = |text: &String| parse_as(text, p.dimension()) == Ok(x);
    let declared = (6..=17).map(|digits| format_si(x, unit, digits)).find(same);
    let si = || {
        let base = si_unit(p);
        (6..=17).map(|digits| format_si(x, &base, digits)).find(same)
    };
    declared.or_else(si).unwrap_or_else(|| format_si(x, unit, 17))
}

/// The SI unit of a parameter, spelled out.
pub(crate) fn si_unit(p: &Parameter) -> String {
    let d = p.dimension();
    let part = |(symbol, power): (&str, i8)| match power {
        0 => None,
        1 => Some(symbol.to_owned()),
        _ => Some(format!("{symbol}^{power}")),
    };
    [("m", d.m), ("kg", d.kg), ("s", d.s), ("A", d.a), ("K", d.k)].into_iter().filter_map(part).collect::<Vec<_>>().join(" ")
}

/// A TOML text.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            c if c.is_control() => out += &format!("\\u{:04X}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
