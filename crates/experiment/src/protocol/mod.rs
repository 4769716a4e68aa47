//! Protocols: what is done to which device, as TOML files that a person can read aloud.
//!
//! Every quantity is text with its unit; every key is declared once (`pentatwin_units::parameters!`) and that declaration gives the
//! parser, `--set`, the JSON schema, the listing and the report's table. Wrong input is underlined, all of it at once.

mod check;
mod error;
mod instruments;
mod read;
mod schema;
mod set;
mod shipped;
mod show;
mod steps;

pub(crate) use error::{Origin, listed};
pub use error::{Problem, ProtocolError, nearest};
pub use instruments::{
    Accuracy, Bench, Illumination, Instrument, MEASURE_OVERRANGE, Microscope, Mode, Model, SOURCE_OVERRANGE, SourceMeter,
};
pub use pentatwin_microscope::Settings as Optics;
pub use pentatwin_microscope::hrtem::Setup as HighResolution;
pub use pentatwin_microscope::spectrum::Edx;
pub use pentatwin_physics::gap::Rewiring;
pub use pentatwin_physics::lattice::Lattice;
pub use pentatwin_physics::shape::{Coupling, Shape};
pub use schema::schema;
pub use shipped::{shipped_names, shipped_text};
pub use steps::{
    AfterBreak, Heat, Hold, Image, READY_SETTINGS, Spectrum, Step, Sweep, Target, TripReference, TripRule, Wait, ready_setting,
};

use pentatwin_physics::device::{ChipKind, Contacts, Device};
use pentatwin_units::{Parameter, Section, Value};

use read::Reading;
pub(crate) use read::raw;
pub(crate) use show::{shortest, si_unit};

/// Lead resistance that goes with blocked contacts [ohm]: the calibration of the other contact model (wire.md section 3).
const LEAD_RESISTANCE_BLOCKED: f64 = 200.0;

/// The lead resistance [ohm] that was calibrated for a contact model on the paper's 2.1 V at 3.3 mV/s (design.md section 8.2).
pub fn calibrated_lead_resistance(contacts: Contacts) -> f64 {
    match contacts {
        Contacts::Overlap => pentatwin_physics::device::Chip::default().lead_resistance,
        Contacts::Blocked => LEAD_RESISTANCE_BLOCKED,
    }
}

/// The 2604B's range for a breakdown sweep [V] (source-meter.md 5.3).
const SOURCE_RANGE_2604B: f64 = 6.0;

/// What is done to which device with which instruments.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Protocol {
    /// Name, e.g. `fig2a`, or the file it came from.
    pub name: String,
    /// Title, as it stands over the report.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// The text it was read from, as it was; settings from the command line come on top.
    pub text: String,
    /// Wire, chip, contacts, silver, mechanisms, numerics.
    pub device: Device,
    /// The source-meter.
    pub instrument: Instrument,
    /// What the microscope does.
    pub microscope: Microscope,
    /// What the microscope is made of.
    pub optics: Optics,
    /// What the high-resolution mode of the microscope is made of.
    pub hrtem: HighResolution,
    /// The rewiring engine.
    pub rewiring: Rewiring,
    /// The X-ray detector.
    pub edx: Edx,
    /// The shape engine.
    pub shape: Shape,
    /// The lattice engine.
    pub lattice: Lattice,
    /// What the bench is made of.
    pub bench: Bench,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Full keys that file or command line set to another value than the default.
    pub changed: Vec<String>,
    /// What a reader of the result must know about how this protocol was understood.
    pub notes: Vec<String>,
    /// Settings from the command line.
    sets: Vec<(String, String)>,
}

impl Protocol {
    /// Reads a protocol.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn parse(name: &str, text: &str) -> Result<Protocol, ProtocolError> {
        Protocol::parse_with(name, text, &[])
    }

    /// Reads a protocol with settings such as `("wire.diameter", "90 nm")` on top, later ones before earlier ones.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once; a problem with a setting underlines the setting.
    pub fn parse_with(name: &str, text: &str, sets: &[(String, String)]) -> Result<Protocol, ProtocolError> {
        let mut reading = Reading::new(name, text);
        if reading.file() {
            for (key, value) in sets {
                reading.set_from_command_line(key, value);
            }
            reading.protocol.apply_dependent_defaults(|key| reading.places.contains_key(key));
            reading.settings_of_rates();
            reading.check();
        }
        if !reading.problems.is_empty() {
            return Err(ProtocolError { name: name.to_owned(), problems: reading.problems });
        }
        let mut protocol = reading.protocol;
        protocol.name = name.to_owned();
        protocol.text = text.to_owned();
        protocol.sets = sets.to_vec();
        protocol.title = reading.heading.title;
        protocol.description = reading.heading.description;
        protocol.steps = reading.steps.into_iter().flatten().collect();
        protocol.changed = protocol.all().filter(|e| e.value != e.default).map(|e| e.key).collect();
        Ok(protocol)
    }

    /// Reads a protocol that stands as a table within another file, `whole`, which is TOML.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once, underlined in the whole file.
    pub(crate) fn parse_inside(name: &str, file: &str, whole: &str, table: &toml::de::DeTable<'_>) -> Result<Protocol, ProtocolError> {
        let mut reading = Reading::new(file, whole);
        reading.inside(table);
        reading.protocol.apply_dependent_defaults(|key| reading.places.contains_key(key));
        reading.check();
        if !reading.problems.is_empty() {
            return Err(ProtocolError { name: file.to_owned(), problems: reading.problems });
        }
        // Written out, so that it can be read again with settings on top.
        let alone = toml::from_str::<toml::Table>(whole).ok().and_then(|t| toml::to_string(t.get("protocol")?.as_table()?).ok());
        Protocol::parse(name, &alone.unwrap_or_default())
    }

    /// The declaration behind a full key such as `wire.diameter` or `step[0].sweep.rate`.
    ///
    /// # Errors
    /// What is wrong with the key, and what would be right.
    pub fn parameter(&self, key: &str) -> Result<Parameter, (String, String)> {
        let mut reading = Reading::new("", "");
        reading.protocol = self.clone();
        reading.steps = self.steps.iter().cloned().map(Some).collect();
        reading.declaration(key)
    }

    /// The value of a full key, if there is one.
    pub fn value_of(&self, key: &str) -> Option<Value> {
        self.all().find(|e| e.key == key).map(|e| e.value)
    }

    /// This protocol with more settings on top.
    ///
    /// # Errors
    /// Everything that is wrong with the settings, each underlined.
    pub fn with_set(&self, sets: &[(String, String)]) -> Result<Protocol, ProtocolError> {
        Protocol::parse_with(&self.name, &self.text, &[self.sets.as_slice(), sets].concat())
    }

    /// The sections with their names in a protocol; steps are apart.
    pub fn sections(&self) -> Vec<(&'static str, &dyn Section)> {
        let mut sections = self.device.sections().to_vec();
        sections.push(("instrument", &self.instrument));
        sections.push(("microscope", &self.microscope));
        sections.extend(self.optics.sections());
        sections.extend(self.hrtem.sections());
        sections.push(("rewiring", &self.rewiring));
        sections.push(("edx", &self.edx));
        sections.push(("shape", &self.shape));
        sections.push(("lattice", &self.lattice));
        sections.push(("bench", &self.bench));
        sections
    }

    /// The sections, to be changed.
    pub fn sections_mut(&mut self) -> Vec<(&'static str, &mut dyn Section)> {
        let mut sections: Vec<(&'static str, &mut dyn Section)> = self.device.sections_mut().into_iter().collect();
        sections.push(("instrument", &mut self.instrument));
        sections.push(("microscope", &mut self.microscope));
        sections.extend(self.optics.sections_mut());
        sections.extend(self.hrtem.sections_mut());
        sections.push(("rewiring", &mut self.rewiring));
        sections.push(("edx", &mut self.edx));
        sections.push(("shape", &mut self.shape));
        sections.push(("lattice", &mut self.lattice));
        sections.push(("bench", &mut self.bench));
        sections
    }

    /// Defaults that depend on another setting, where the setting itself was not made.
    fn apply_dependent_defaults(&mut self, given: impl Fn(&str) -> bool) {
        if self.device.chip.contacts == Contacts::Blocked && !given("chip.lead_resistance") {
            self.device.chip.lead_resistance = LEAD_RESISTANCE_BLOCKED;
            self.notes.push(
                "chip.lead_resistance = 200 ohm, the calibrated value that goes with blocked contacts (wire.md section 3)".to_owned(),
            );
        }
        if self.instrument.model == Model::K2604B && !given("instrument.source_range") {
            self.instrument.source_range = SOURCE_RANGE_2604B;
            self.notes.push("instrument.source_range = 6 V, the range of a 2604B for a breakdown sweep (source-meter.md 5.3)".to_owned());
        }
        if self.device.chip.kind == ChipKind::SiSio2 && self.microscope.frames {
            self.microscope.frames = false;
            self.notes.push("no frames: no electron passes an oxidised wafer".to_owned());
        }
        if self.device.on_heater() {
            if !given("numerics.cells") {
                self.device.numerics.cells = heater_cells(self.device.wire.length);
            }
            return;
        }
        let (length, spacing, overlap) = (self.device.wire.length, self.device.chip.spacing, self.device.chip.overlap);
        if self.device.chip.contacts == Contacts::Overlap && (spacing..spacing + 2.0 * overlap).contains(&length) {
            let left = pentatwin_units::format_si(0.5 * (length - spacing), "um", 3);
            self.notes.push(format!("wire.length leaves {left} on each contact, so that is the overlap instead of chip.overlap"));
        }
    }

    /// The default of a key, given the settings it depends on.
    fn default_of(&self, key: &str, declared: Value) -> Value {
        match key {
            "chip.lead_resistance" if self.device.chip.contacts == Contacts::Blocked => Value::Number(LEAD_RESISTANCE_BLOCKED),
            "instrument.source_range" if self.instrument.model == Model::K2604B => Value::Number(SOURCE_RANGE_2604B),
            k if k.ends_with(".sweep.step") || k.ends_with(".sweep.nplc") => {
                let index = k.strip_prefix("step[").and_then(|k| k.split(']').next()).and_then(|k| k.parse::<usize>().ok());
                match index.and_then(|k| self.steps.get(k)) {
                    // What a rate brings with it is the default of a sweep that says neither.
                    Some(Step::Sweep(s)) => match ready_setting(s.rate).filter(|ready| *ready == (s.step, s.nplc)) {
                        Some((step, nplc)) => Value::Number(if k.ends_with("step") { step } else { nplc }),
                        None => declared,
                    },
                    _ => declared,
                }
            }
            "numerics.cells" if self.device.on_heater() => Value::Count(heater_cells(self.device.wire.length) as u64),
            _ => declared,
        }
    }

    /// Every setting, in the order of a protocol.
    fn all(&self) -> impl Iterator<Item = Entry> {
        let of_section = |prefix: String, section: &dyn Section| {
            let entries = section.parameters().iter().filter_map(|parameter| {
                let key = format!("{prefix}.{}", parameter.name);
                let value = section.get(parameter.name)?;
                let default = self.default_of(&key, parameter.default_value().ok()?);
                Some(Entry { key, parameter: *parameter, value, default })
            });
            entries.collect::<Vec<_>>()
        };
        let mut all: Vec<Entry> = self.sections().into_iter().flat_map(|(name, s)| of_section(name.to_owned(), s)).collect();
        for (index, step) in self.steps.iter().enumerate() {
            all.extend(of_section(format!("step[{index}].{}", step.word()), step.section()));
        }
        all.into_iter()
    }
}

/// Cells of a whole wire of `length` [m] at the width that the default has between contacts, 12.5 nm; no more than can be asked for.
fn heater_cells(length: f64) -> usize {
    (length / 12.5e-9).round().clamp(40.0, 4000.0) as usize
}

/// One setting as used.
struct Entry {
    key: String,
    parameter: Parameter,
    value: Value,
    default: Value,
}

#[cfg(test)]
mod tests;
