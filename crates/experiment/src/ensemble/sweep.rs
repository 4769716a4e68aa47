//! A sweep as read: the protocol, what is varied in it, and the list of its runs.

use std::collections::BTreeMap;

use pentatwin_record::sweep::{Axis, Drawn};
use pentatwin_units::words;

use super::error::SweepError;
use super::law::Law;
use crate::protocol::{Protocol, ProtocolError};
use crate::runner::fnv;

words! {
    /// What is kept of each run.
    pub enum Keep {
        /// Its numbers.
        Results = "results",
        /// Its whole record as well, as `pentatwin run` makes it.
        Records = "records",
    }
}

words! {
    /// Which engines take part.
    pub enum Engines {
        /// The wire engine alone: one radius per position, a tenth of a second a run.
        Wire = "wire",
        /// Those that the protocol asks for: shape, rewiring, lattice.
        Protocol = "protocol",
    }
}

/// A listed parameter with what goes with each of its values.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Listed {
    pub axis: Axis,
    /// Further keys, each with a value for each value of the axis.
    pub with: Vec<(String, Vec<String>)>,
}

/// A drawn parameter.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct DrawnFrom {
    pub drawn: Drawn,
    pub law: Law,
    /// The value for each seed as text.
    pub texts: Vec<String>,
}

/// A sweep: a protocol over lists and distributions of parameters and over seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct Sweep {
    /// Name: the file's, without its ending.
    pub name: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// The text it was read from.
    pub text: String,
    /// What is kept.
    pub keep: Keep,
    /// Whether the microscope takes images; only with [`Keep::Records`].
    pub imaging: bool,
    /// Which engines take part.
    pub engines: Engines,
    /// Seeds; each is a device of its own.
    pub seeds: Vec<u64>,
    pub(super) protocol: Protocol,
    /// Text of the protocol as it was read, and whether it stands in a file of its own.
    pub(super) protocol_text: String,
    pub(super) listed: Vec<Listed>,
    pub(super) drawn: Vec<DrawnFrom>,
    pub(super) base: String,
}

/// One run of a sweep.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// Its number: seed first, then the dimensions in their order, the last one fastest.
    pub index: usize,
    /// Seed.
    pub seed: u64,
    /// Place in the list of seeds.
    pub seed_at: usize,
    /// Place on each axis.
    pub at: Vec<usize>,
    /// Listed settings by full key, what goes with them included, as text with units.
    pub set: BTreeMap<String, String>,
    /// Drawn parameters by full key, SI.
    pub drawn: BTreeMap<String, f64>,
    /// Name of its result file: hash of protocol, parameters, seed, what is kept, and program version.
    pub hash: String,
    texts: Vec<(String, String)>,
}

impl Sweep {
    /// Number of runs.
    pub fn len(&self) -> usize {
        self.listed.iter().map(|l| l.axis.values.len()).product::<usize>() * self.seeds.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The protocol that all runs share, with what `[set]` says.
    pub fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    /// Listed parameters: the dimensions of the dataset after `seed`.
    pub fn axes(&self) -> Vec<Axis> {
        self.listed.iter().map(|l| l.axis.clone()).collect()
    }

    /// Drawn parameters, each with its value for each seed.
    pub fn drawn(&self) -> Vec<Drawn> {
        self.drawn.iter().map(|d| d.drawn.clone()).collect()
    }

    /// All runs in the order of their number.
    pub fn runs(&self) -> Vec<Run> {
        (0..self.len()).filter_map(|index| self.run(index).ok()).collect()
    }

    /// The run of a number.
    ///
    /// # Errors
    /// [`SweepError::NoSuchRun`].
    pub fn run(&self, index: usize) -> Result<Run, SweepError> {
        if index >= self.len() {
            return Err(SweepError::NoSuchRun { index, runs: self.len() });
        }
        let mut rest = index;
        let mut at = vec![0; self.listed.len()];
        for (place, listed) in at.iter_mut().zip(&self.listed).rev() {
            *place = rest % listed.axis.values.len();
            rest /= listed.axis.values.len();
        }
        let (seed_at, seed) = (rest, self.seeds[rest]);
        let mut texts = Vec::new();
        for (listed, &k) in self.listed.iter().zip(&at) {
            texts.push((listed.axis.key.clone(), listed.axis.values[k].clone()));
            texts.extend(listed.with.iter().map(|(key, values)| (key.clone(), values[k].clone())));
        }
        let set = texts.iter().cloned().collect();
        texts.extend(self.drawn.iter().map(|d| (d.drawn.key.clone(), d.texts[seed_at].clone())));
        let drawn = self.drawn.iter().map(|d| (d.drawn.key.clone(), d.drawn.values[seed_at])).collect();
        let hash = self.hash(seed, &texts);
        Ok(Run { index, seed, seed_at, at, set, drawn, hash, texts })
    }

    /// The protocol of one run.
    ///
    /// # Errors
    /// Settings that each are possible but do not go together.
    pub fn protocol_of(&self, run: &Run) -> Result<Protocol, ProtocolError> {
        self.protocol.with_set(&run.texts)
    }

    fn hash(&self, seed: u64, texts: &[(String, String)]) -> String {
        let mut sorted = texts.to_vec();
        sorted.sort();
        let settings: String = sorted.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let kept = format!("{} {} {}", self.keep.word(), self.imaging, self.engines.word());
        let half = |salt: &str| fnv(&format!("{salt}{}\n{seed}\n{kept}\n{settings}{}", env!("CARGO_PKG_VERSION"), self.base));
        // Twice 64 bits: two of a million runs never meet.
        format!("{:016x}{:016x}", half(""), half("second half "))
    }
}
