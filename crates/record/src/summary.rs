//! What a run says about itself: the attributes of the store that the report, the terminal and Python read.
//!
//! Every struct here is written as JSON under the attribute of its field's name in [`Summary`].

use serde::{Deserialize, Serialize};

/// Where a number comes from: what an instrument could have delivered, or the simulator's own state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// From recorded samples or images.
    Measured,
    /// From the simulator's state.
    Truth,
}

/// Spread of a number over draws of the uncertain parameters.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Band {
    /// 16th percentile, SI.
    pub low: f64,
    /// Median, SI.
    pub median: f64,
    /// 84th percentile, SI.
    pub high: f64,
    /// Keys of the one or two parameters that move the number most, with their rank correlation.
    pub drivers: Vec<(String, f64)>,
}

/// One headline number.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ResultRow {
    /// Short name, e.g. `breakdown_voltage`.
    pub name: String,
    /// What a physicist calls it, e.g. "Breakdown voltage".
    pub label: String,
    /// Value in SI; `None` if there is none (a wire that did not break has no gap).
    pub value: Option<f64>,
    /// Unit to show it in, e.g. `V`, `nm`, `A/m2`; empty for pure numbers.
    pub unit: String,
    /// "<=" where the value is only a bound, "" otherwise.
    pub bound: String,
    /// Measured or truth.
    pub basis: Basis,
    /// Spread, if bands were asked for.
    pub band: Option<Band>,
    /// What it means, in one sentence.
    pub meaning: String,
}

/// Whether a finding of the paper comes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Comes out of the laws, with nothing about it coded.
    Emerged,
    /// Was put in.
    Input,
    /// Does not come out.
    NotReproduced,
    /// This run does not bear on it.
    NotTested,
}

/// One row of the paper's checklist.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The paper's statement, short.
    pub claim: String,
    /// Where: section or figure.
    pub place: String,
    /// Verdict.
    pub verdict: Verdict,
    /// The numbers behind the verdict, or why it does not come out.
    pub evidence: String,
}

/// A key moment on the I-V curve.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Moment {
    /// `A`, `B`, `C` or `after`.
    pub name: String,
    /// What happens there, e.g. "onset of visible thinning".
    pub meaning: String,
    /// Time [s] from the start of the run.
    pub time: f64,
    /// Voltage of the nearest sample [V].
    pub voltage: f64,
    /// Current of the nearest sample [A].
    pub current: f64,
    /// Place on the wire [m], if it has one.
    pub position: Option<f64>,
}

/// Resistance of the device in one of its states.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct State {
    /// `pristine`, `before the break`, `after the break`.
    pub name: String,
    /// Resistance [ohm] seen by the source-meter; `None` for an open circuit.
    pub resistance: Option<f64>,
    /// A word on it.
    pub note: String,
}

/// The change of resistance before the break, split by cause [ohm]; the parts add up to the whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ResistanceChange {
    /// Before the break minus pristine.
    pub total: f64,
    /// Heating of the wire (temperature coefficient).
    pub heating: f64,
    /// Annealing of the contacts.
    pub annealing: f64,
    /// Redistribution of silver.
    pub redistribution: f64,
}

/// Geometry of the device, for the plate (the paper's Figure 1).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Plate {
    /// `sin-membrane`, `si-sio2`, `heating`.
    pub chip: String,
    /// Spacing of the contacts [m].
    pub spacing: f64,
    /// Projected width of the wire [m].
    pub diameter: f64,
    /// Whole length of the wire [m].
    pub length: f64,
    /// Overlap simulated on each contact [m]; 0 when blocked.
    pub overlap: f64,
    /// Area of the cross-section [m2].
    pub area: f64,
    /// Equal-area diameter [m].
    pub equal_area_diameter: f64,
    /// Membrane or oxide thickness [m].
    pub film_thickness: f64,
    /// Number of the contact that is the cathode (electrons enter the wire there), 1 or 2.
    pub cathode: u8,
}

/// One parameter as used.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ParameterRow {
    /// Full key, e.g. `wire.diameter`.
    pub key: String,
    /// Value as text with its unit.
    pub value: String,
    /// Default as text.
    pub default: String,
    /// Plausible range as text, empty if none.
    pub range: String,
    /// `paper`, `literature`, `estimate`, `assumption`, `calibrated`, `choice`.
    pub status: String,
    /// Source.
    pub source: String,
    /// Meaning.
    pub meaning: String,
    /// Whether the protocol or the command line set it to another value than the default.
    pub changed: bool,
}

/// Something set by hand that the result may depend on: the register that opens every report.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PutIn {
    /// What.
    pub what: String,
    /// Value as text.
    pub value: String,
    /// Why it is an input: calibrated on the paper, chosen without a number to choose by, stated by the paper.
    pub why: String,
}

/// A model and how far it can be trusted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Maturity {
    /// Model, e.g. "wire engine: heat".
    pub model: String,
    /// `verified`, `validated` or `exploratory`.
    pub level: String,
    /// Against what.
    pub against: String,
}

/// A run beside this one, for comparison (same device but for the stated change).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Companion {
    /// What is different, e.g. "10 V/s" or "polarity reversed".
    pub label: String,
    /// Sweep rate [V/s].
    pub rate: f64,
    /// Numbers by result name, SI; missing means none.
    pub numbers: std::collections::BTreeMap<String, f64>,
    /// How it ended.
    pub ended: String,
}

/// The draws behind the bands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Draws {
    /// Draws made: those asked for, and more where some were rejected.
    pub asked: usize,
    /// Draws accepted (the calibration could be met).
    pub accepted: usize,
    /// Accepted draws whose wire did not break.
    pub unbroken: usize,
    /// A sentence on how they were made.
    pub note: String,
}

/// Share of the Joule heat that leaves by each way at a stated moment; the parts add up to 1.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HeatShares {
    /// Time [s].
    pub time: f64,
    /// Dissipated in the wire [W].
    pub wire_power: f64,
    /// Highest temperature of the wire [K].
    pub max_temperature: f64,
    /// Through the film under the wire.
    pub film: f64,
    /// Along the wire into pad 1.
    pub pad_1: f64,
    /// Along the wire into pad 2.
    pub pad_2: f64,
    /// Stored in the wire.
    pub stored: f64,
}

/// After the break: how long the heat lasts, and what is consumed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AfterBreak {
    /// Time after rupture until the hottest place of the wire is below 500 K [s]; `None` if it is not within the run.
    pub below_500_k: Option<f64>,
    /// Time after rupture until pads and membrane are within 10 K of the frame [s].
    pub chip_cold: Option<f64>,
    /// Length consumed at the tip on the side of contact 1 [m], from rupture to the end of the run.
    pub consumed_1: f64,
    /// Length consumed at the tip on the side of contact 2 [m].
    pub consumed_2: f64,
    /// Power left on after the break [W], mean.
    pub power: f64,
    /// A sentence on what it means.
    pub note: String,
}

/// A table of a part of a run that has its own shape.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Table {
    /// Heading.
    pub title: String,
    /// Heads of the columns, units in brackets.
    pub columns: Vec<String>,
    /// Cells as text, row by row.
    pub rows: Vec<Vec<String>>,
    /// What it says, and what limits it.
    pub note: String,
}

/// Everything a run says about itself. Each field is an attribute of the store's root.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Title of the protocol.
    pub title: String,
    /// Name of the protocol, e.g. `fig2a`.
    pub name: String,
    /// How the run ended, e.g. "trip: the current fell below 50 % of the previous sample".
    pub ended: String,
    /// Seed.
    pub seed: u64,
    /// The register of what was set by hand.
    pub put_in: Vec<PutIn>,
    /// Geometry.
    pub plate: Plate,
    /// Key moments.
    pub moments: Vec<Moment>,
    /// Resistance states.
    pub states: Vec<State>,
    /// Split of the change of resistance.
    pub resistance_change: Option<ResistanceChange>,
    /// Headline numbers.
    pub results: Vec<ResultRow>,
    /// Heat balance just before the break (or at the end).
    pub heat: Option<HeatShares>,
    /// After the break.
    pub after_break: Option<AfterBreak>,
    /// The paper's checklist.
    pub checklist: Vec<Finding>,
    /// Runs beside this one.
    pub companions: Vec<Companion>,
    /// Further tables, each with its own heading.
    #[serde(default)]
    pub tables: Vec<Table>,
    /// Draws behind the bands.
    pub draws: Option<Draws>,
    /// All parameters as used.
    pub parameters: Vec<ParameterRow>,
    /// Maturity of the models.
    pub maturity: Vec<Maturity>,
    /// Laws that were clamped to their validity during the run, with how often.
    pub clamped: Vec<String>,
}
