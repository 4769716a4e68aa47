//! Which column is what, and under which name it goes into the record.

use std::path::Path;

use super::table::RawColumn;
use super::{Channel, ImportError, failed, units};

/// What a column can be to this program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The clock.
    Time,
    /// Voltage at the source-meter.
    Voltage,
    /// Current.
    Current,
    /// Temperature of the chip.
    Temperature,
}

impl Role {
    const ALL: [Role; 4] = [Role::Time, Role::Voltage, Role::Current, Role::Temperature];

    /// In `--columns`.
    pub fn word(self) -> &'static str {
        match self {
            Role::Time => "time",
            Role::Voltage => "voltage",
            Role::Current => "current",
            Role::Temperature => "temperature",
        }
    }

    /// In the record.
    fn key(self) -> &'static str {
        if self == Role::Temperature { "chip_temperature" } else { self.word() }
    }

    fn si(self) -> &'static str {
        match self {
            Role::Time => "s",
            Role::Voltage => "V",
            Role::Current => "A",
            Role::Temperature => "K",
        }
    }

    /// Whether a column is probably this, by its name.
    pub(super) fn fits(self, name: &str) -> bool {
        let (bare, unit) = units::split(name);
        let bare = bare.trim().to_ascii_lowercase();
        let exact: &[&str] = match self {
            Role::Time => &["t", "seconds", "elapsed"],
            Role::Voltage => &["v", "u", "volts"],
            Role::Current => &["i", "amps"],
            Role::Temperature => &[],
        };
        // `Vheat[V]`, `Imeas (uA)`, `Tmeas[C]`, but not `Index`.
        let initial = self.word().chars().next().map_or('?', |c| if self == Role::Current { 'i' } else { c });
        let by_unit =
            self != Role::Time && bare.starts_with(initial) && unit.and_then(|u| units::unit(u, &bare)).is_some_and(|u| u.si == self.si());
        bare.contains(self.word()) && !(self == Role::Time && bare.contains("temperature")) || exact.contains(&bare.as_str()) || by_unit
    }
}

/// A column that was named by the user, by its name or number from 1, perhaps with a unit that governs over the log's.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Wanted {
    pub role: Role,
    pub name: String,
    pub unit: Option<String>,
}

impl Wanted {
    /// Its place among these names; the unit in a name may be left away.
    pub fn by_name(&self, names: &[&str]) -> Option<usize> {
        let same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
        let bare = units::split(&self.name).0;
        let tries: [&dyn Fn(&str) -> bool; 4] =
            [&|n| same(n, &self.name), &|n| same(units::split(n).0, &self.name), &|n| same(n, bare), &|n| same(units::split(n).0, bare)];
        tries.iter().find_map(|fits| names.iter().position(|n| fits(n)))
    }

    /// Its number from 1 in the log, if it was named by one.
    pub fn number(&self) -> Option<usize> {
        units::split(&self.name).0.parse().ok().filter(|n| *n >= 1)
    }
}

/// Which columns are what, as the user says it.
#[derive(Clone, PartialEq, Debug)]
pub struct Mapper(Vec<Wanted>);

impl Mapper {
    /// From text such as `time=Time (ms),voltage=2,current=I (mA),temperature=T [C]`, any of them in any order.
    ///
    /// # Errors
    /// What is wrong with the text, and what would be right.
    pub fn parse(text: &str) -> Result<Mapper, String> {
        let right = "write column names or numbers from 1, such as \"time=Time (ms),voltage=V,current=I (mA),temperature=4\"";
        let mut found: Vec<Wanted> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let Some((key, name)) = part.split_once('=') else { return Err(format!("`{part}` says no column: {right}")) };
            let (key, name) = (key.trim(), name.trim());
            let Some(role) = Role::ALL.into_iter().find(|r| r.word() == key) else {
                return Err(format!("`{key}` is none of time, voltage, current, temperature: {right}"));
            };
            if name.is_empty() || found.iter().any(|w| w.role == role) {
                return Err(format!("no or two columns for the {key}: {right}"));
            }
            let (bare, unit) = units::split(name);
            found.push(Wanted { role, name: name.to_owned(), unit: unit.filter(|_| !bare.is_empty()).map(str::to_owned) });
        }
        Ok(Mapper(found))
    }

    pub(super) fn wanted(&self, role: Role) -> Option<&Wanted> {
        self.0.iter().find(|w| w.role == role)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Wanted> {
        self.0.iter()
    }
}

/// Names that the record needs for itself.
const TAKEN: [&str; 12] = [
    "time",
    "voltage",
    "current",
    "chip_temperature",
    "flags",
    "event_time",
    "event_kind",
    "event_value",
    "frame_time",
    "frames",
    "x",
    "y",
];

/// Columns to channels: roles by the mapper or by names, units to SI, names for the record.
pub(super) fn assign(
    path: &Path,
    line: u64,
    raw: Vec<RawColumn>,
    mapper: Option<&Mapper>,
    notes: &mut Vec<String>,
) -> Result<Vec<Channel>, ImportError> {
    let names: Vec<&str> = raw.iter().map(|c| c.name.as_str()).collect();
    let mut place: [Option<usize>; 4] = [None; 4];
    for (slot, role) in Role::ALL.into_iter().enumerate().skip(1) {
        place[slot] = match mapper.and_then(|m| m.wanted(role)) {
            Some(w) => Some(w.by_name(&names).or_else(|| raw.iter().position(|c| Some(c.number) == w.number())).ok_or_else(|| {
                let help = format!("the columns are: {}; name one of them, or its number from 1", names.join(", "));
                failed(path, Some(line), format!("there is no column `{}` for the {}", w.name, role.word()), help)
            })?),
            None => guess(&raw, role, notes),
        };
    }
    for (slot, role) in Role::ALL.into_iter().enumerate().skip(1) {
        if let Some(other) = (1..slot).find(|s| place[*s].is_some() && place[*s] == place[slot]) {
            let column = place[slot].map_or("", |k| raw[k].name.as_str());
            let why = format!("the column `{column}` is to be both {} and {}", Role::ALL[other].word(), role.word());
            return Err(failed(path, Some(line), why, "say with --columns which column is which"));
        }
    }
    let mut channels: Vec<Channel> = Vec::with_capacity(raw.len());
    for (k, column) in raw.iter().enumerate() {
        let role = Role::ALL.into_iter().enumerate().find(|(slot, _)| place[*slot] == Some(k)).map(|(_, role)| role);
        if column.prose {
            notes.push(format!("the column `{}` is prose and left out", column.name));
            continue;
        }
        let (bare, named) = units::split(&column.name);
        let said = role.and_then(|r| mapper?.wanted(r)?.unit.clone()).or_else(|| named.map(str::to_owned)).or_else(|| column.unit.clone());
        let unit = said.as_deref().and_then(|text| units::unit(text, bare));
        if let Some(role) = role {
            let of_its_own = format!("give it as --columns \"{}={} ({})\"", role.word(), bare, role.si());
            match (unit, &said) {
                (Some(u), _) if u.si == role.si() => {}
                (_, Some(text)) => {
                    let why = format!("the unit `{text}` of the column `{}` is none of a {}", column.name, role.word());
                    return Err(failed(path, Some(line), why, of_its_own));
                }
                (_, None) => notes.push(format!("the log does not say the unit of the {}: taken for {}", role.word(), role.si())),
            }
        }
        let (factor, offset) = unit.map_or((1.0, 0.0), |u| (u.factor, u.offset));
        let key = role.map_or_else(|| free(&channels, &key_of(bare)), |r| r.key().to_owned());
        channels.push(Channel {
            role,
            key,
            name: column.name.clone(),
            unit: unit.map_or(role.map_or("1", Role::si), |u| u.si),
            unknown_unit: said.filter(|_| unit.is_none()),
            // Words have numbers that no unit changes; what overflowed its range stays what it is.
            values: if column.words.is_empty() {
                column.values.iter().map(|v| if v.abs() >= super::table::OVERFLOW { *v } else { v * factor + offset }).collect()
            } else {
                column.values.clone()
            },
            words: column.words.clone(),
        });
    }
    Ok(channels)
}

/// The column of a role: of several the first that was not zero all along; a measured one before one that was asked for.
fn guess(raw: &[RawColumn], role: Role, notes: &mut Vec<String>) -> Option<usize> {
    let fitting: Vec<usize> = (0..raw.len()).filter(|&k| raw[k].is_words != Some(true) && role.fits(&raw[k].name)).collect();
    let asked = |name: &str| ["set", "target", "limit", "compliance", "source"].iter().any(|w| name.to_ascii_lowercase().contains(w));
    let used = |k: usize| raw[k].values.iter().any(|v| *v != 0.0 && v.is_finite());
    let best = [true, false].into_iter().find_map(|measured| {
        let of = |k: &&usize| asked(&raw[**k].name) != measured;
        fitting.iter().filter(of).find(|k| used(**k)).or_else(|| fitting.iter().find(of))
    });
    let best = best.copied()?;
    if fitting.len() > 1 {
        let others: Vec<String> = fitting.iter().filter(|k| **k != best).map(|k| format!("`{}`", raw[*k].name)).collect();
        notes.push(format!(
            "the {} is the column `{}`; also there, under their own names: {}",
            role.word(),
            raw[best].name,
            others.join(", ")
        ));
    }
    Some(best)
}

/// A name for the record: small letters, digits, `_`.
fn key_of(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('_') {
            out.push('_');
        }
        if out.len() >= 60 {
            break;
        }
    }
    let out = out.trim_matches('_');
    if out.is_empty() { "column".to_owned() } else { out.to_owned() }
}

/// The name, with a number if it is taken.
fn free(channels: &[Channel], key: &str) -> String {
    let taken = |k: &str| TAKEN.contains(&k) || channels.iter().any(|c| c.key == k);
    if !taken(key) {
        return key.to_owned();
    }
    (2..).map(|n| format!("{key}_{n}")).find(|k| !taken(k)).unwrap_or_default()
}
