//! What a sweep leaves: the file of one run, and the table that `collect` makes of all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::summary::PutIn;

/// Version of the layout of a result file. Other versions are not read, so that their runs are made again.
pub const SWEEP_VERSION: u64 = 1;

/// How one run of a sweep ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Ended {
    /// It came to its end, whether the wire broke or not.
    Done {
        /// How, in a sentence.
        ended: String,
        /// Whether the wire broke.
        broke: bool,
        /// Whether the width of the gap is a number; if not it is an upper bound that the grid sets.
        gap_resolved: bool,
        /// Numbers by name, SI; a number that does not exist is absent.
        results: BTreeMap<String, f64>,
    },
    /// It could not be carried out.
    Failed {
        /// Why.
        reason: String,
    },
}

/// The file of one run: everything in it follows from protocol, parameters, seed and program version, so that it is the same bit for bit
/// whoever makes it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunFile {
    /// [`SWEEP_VERSION`].
    pub sweep_version: u64,
    /// Version of the program.
    pub pentatwin: String,
    /// Hash of protocol with all settings, seed, what is kept and program version; also the name of the file.
    pub hash: String,
    /// Seed.
    pub seed: u64,
    /// Settings of this run by full key, as text with units.
    pub set: BTreeMap<String, String>,
    /// Drawn parameters by full key, SI.
    pub drawn: BTreeMap<String, f64>,
    /// How it ended.
    #[serde(flatten)]
    pub ended: Ended,
}

/// One listed parameter: a dimension of the dataset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Axis {
    /// Name of the dimension, e.g. `rate`.
    pub name: String,
    /// Full key, e.g. `step[0].sweep.rate`.
    pub key: String,
    /// What it is.
    pub meaning: String,
    /// SI unit; `"1"` for pure numbers, empty for words.
    pub unit: String,
    /// Values as text with their units.
    pub values: Vec<String>,
    /// Values in SI; `None` for words, flags and paths.
    pub numbers: Option<Vec<f64>>,
}

/// One drawn parameter: a variable over seeds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Drawn {
    /// Name of the variable, e.g. `diameter`.
    pub name: String,
    /// Full key, e.g. `wire.diameter`.
    pub key: String,
    /// What it is.
    pub meaning: String,
    /// SI unit.
    pub unit: String,
    /// Unit it is shown in.
    pub shown_in: String,
    /// The distribution in words.
    pub law: String,
    /// Value for each seed, SI.
    pub values: Vec<f64>,
}

/// A number that runs have: a variable over seed and all dimensions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Quantity {
    /// Name, e.g. `breakdown_voltage`.
    pub name: String,
    /// What a physicist calls it.
    pub label: String,
    /// SI unit; empty if unknown.
    pub unit: String,
    /// Unit it is shown in.
    pub shown_in: String,
    /// What it means.
    pub meaning: String,
}

/// State of one run within the table.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Number of the run: seed first, then the dimensions in their order, the last one fastest.
    pub index: usize,
    /// Name of its file without the ending.
    pub hash: String,
    /// Place in the list of seeds.
    pub seed: usize,
    /// Place on each axis.
    pub at: Vec<usize>,
    /// How it ended; `None` if it has not been made yet.
    pub ended: Option<Ended>,
}

/// All runs of a sweep.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SweepTable {
    /// Title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Name of the protocol.
    pub protocol: String,
    /// Version of the program.
    pub pentatwin: String,
    /// The sweep as it was written.
    pub text: String,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// Listed parameters.
    pub axes: Vec<Axis>,
    /// Drawn parameters.
    pub drawn: Vec<Drawn>,
    /// The numbers there are.
    pub quantities: Vec<Quantity>,
    /// All runs, in the order of their index.
    pub rows: Vec<Row>,
    /// What was set by hand.
    pub put_in: Vec<PutIn>,
    /// What the program understood or assumed, in sentences.
    pub notes: Vec<String>,
}

impl Row {
    /// A number of the run.
    pub fn number(&self, name: &str) -> Option<f64> {
        match &self.ended {
            Some(Ended::Done { results, .. }) => results.get(name).copied(),
            _ => None,
        }
    }

    /// Whether its wire broke; `None` if it did not come to its end.
    pub fn broke(&self) -> Option<bool> {
        match &self.ended {
            Some(Ended::Done { broke, .. }) => Some(*broke),
            _ => None,
        }
    }

    /// Whether its gap is wider than the grid can bound.
    pub fn gap_resolved(&self) -> bool {
        matches!(&self.ended, Some(Ended::Done { gap_resolved: true, .. }))
    }

    /// Why it failed.
    pub fn reason(&self) -> Option<&str> {
        match &self.ended {
            Some(Ended::Failed { reason }) => Some(reason),
            _ => None,
        }
    }
}

impl SweepTable {
    /// Runs that came to their end, failed ones, and those not made yet.
    pub fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for row in &self.rows {
            counts[match row.ended {
                Some(Ended::Done { .. }) => 0,
                Some(Ended::Failed { .. }) => 1,
                None => 2,
            }] += 1;
        }
        counts
    }

    /// The axis of a parameter whose full key ends in `word`, e.g. `rate`.
    pub fn axis(&self, word: &str) -> Option<usize> {
        self.axes.iter().position(|a| a.key.rsplit('.').next() == Some(word))
    }
}

/// One setting of a plan: all seeds of one place on all axes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Setting {
    /// Place on each axis.
    pub at: Vec<usize>,
    /// Value on each axis as text.
    pub values: Vec<String>,
    /// Runs that came to their end.
    pub runs: usize,
    /// Those of them whose wire broke.
    pub broke: usize,
    /// Median width of the gap [m]; an upper bound where it is not resolved.
    pub gap_width: Option<f64>,
    /// Whether the width is a number in all runs; if not it is an upper bound that the grid sets.
    pub resolved: bool,
    /// Widest gap of all runs [m], by which a wish is judged.
    pub widest: Option<f64>,
    /// Median breakdown voltage [V].
    pub voltage: Option<f64>,
    /// Median share of electromigration in what left the neck.
    pub em_share: Option<f64>,
    /// Median dipole index.
    pub dipole: Option<f64>,
    /// Median temperature at the 25 % neck [K].
    pub t25: Option<f64>,
    /// Median length of wire molten at rupture [m].
    pub molten: Option<f64>,
    /// `electromigration`, `Joule`, `unbroken`, `failed` or `not run`.
    pub class: String,
    /// Risk for the membrane: `low`, `molten silver`, `too hot`, `no membrane`, or `unknown`.
    pub membrane: String,
    /// Whether it meets the wish.
    pub meets: bool,
}

/// A map of settings, and those that meet a wish.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Listed parameters.
    pub axes: Vec<Axis>,
    /// All settings, the last axis fastest.
    pub settings: Vec<Setting>,
    /// The wish in words, e.g. "gap below 10 nm"; empty if there is none.
    pub wish: String,
    /// The answer in words.
    pub answer: String,
    /// How class and risk were judged, and what the map cannot know.
    pub criteria: Vec<String>,
}
