//! Details of an I–V record: branches, annealing, set, return exponent, conductance histogram.
//!
//! Samples that are not finite, or that the caller excludes by a flag (compliance, overflow), take no part; the voltage may have either
//! sign. What a whole curve is measured by (resistance, ohmicity, break) is in [`crate::iv`].

mod annealing;
mod branches;
mod exponent;
mod histogram;
mod set;

pub use annealing::{Annealing, annealing};
pub use branches::{Branch, BranchRule, Course, branches};
pub use exponent::{Exponent, exponent};
pub use histogram::{G0, Histogram, HistogramRule, Peak, histogram};
pub use set::{Set, SetRule, Trip, find_set, find_trip};

use crate::Measurement;
use std::ops::Range;

/// Samples of one record. Arrays of unequal length are read as far as the shortest goes.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// Times [s].
    pub time: &'a [f64],
    /// Voltages [V].
    pub voltage: &'a [f64],
    /// Currents [A].
    pub current: &'a [f64],
    /// Bits that say what is the matter with each sample; may be empty.
    pub flags: &'a [u8],
    /// Samples with one of these bits are left out.
    pub excluded: u8,
}

impl<'a> Samples<'a> {
    /// Samples without flags.
    pub fn new(time: &'a [f64], voltage: &'a [f64], current: &'a [f64]) -> Samples<'a> {
        Samples { time, voltage, current, flags: &[], excluded: 0 }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.time.len().min(self.voltage.len()).min(self.current.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the sample is finite (a reading of 9.9e37, the source-meter's overflow, is not a current).
    fn finite(&self, k: usize) -> bool {
        k < self.len() && self.time[k].is_finite() && self.voltage[k].is_finite() && self.current[k].abs() < 1e30
    }

    /// Whether the sample is finite and not excluded.
    pub fn valid(&self, k: usize) -> bool {
        self.finite(k) && !self.flagged(k, self.excluded)
    }

    fn flagged(&self, k: usize, bits: u8) -> bool {
        self.flags.get(k).is_some_and(|f| f & bits != 0)
    }

    /// Valid samples of a range: index, voltage, current.
    fn within(&self, range: Range<usize>) -> impl Iterator<Item = (usize, f64, f64)> + Clone + '_ {
        range.filter(|&k| self.valid(k)).map(|k| (k, self.voltage[k], self.current[k]))
    }
}

/// Something between two samples: their middle, uncertain by the distance.
fn between(a: f64, b: f64) -> Measurement {
    Measurement::new(0.5 * (a + b), crate::measurement::uniform(b - a))
}
