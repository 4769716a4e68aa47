//! The set: a sudden rise of the current; and the trip.

use super::{Samples, between};
use crate::Measurement;

/// When a current counts as risen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SetRule {
    /// By this ratio (and the voltage's own, so that an ohmic current out of zero is none) ...
    pub ratio: f64,
    /// ... against the largest of the samples up to `reach` before, or this current [A], below which readings are noise, ...
    pub floor: f64,
    /// ... within this many samples. A current that rises with the voltage, however steeply, takes longer.
    pub reach: usize,
}

impl Default for SetRule {
    /// Tenfold within 3 samples, from 1 nA on (so that 10 nA is the least current that counts).
    fn default() -> SetRule {
        SetRule { ratio: 10.0, floor: 1e-9, reach: 3 }
    }
}

/// A set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Set {
    /// Index of the last sample before the rise and of the first risen one.
    pub samples: (usize, usize),
    /// When [s].
    pub time: Measurement,
    /// Voltage [V].
    pub voltage: Measurement,
    /// Current before [A].
    pub before: f64,
    /// Current after [A].
    pub after: f64,
    /// After over before, |before| taken as the floor if it is less: then, and in compliance, it is a lower limit.
    pub ratio: f64,
    /// Whether the ratio is a lower limit.
    pub at_least: bool,
}

/// The first set in the record. Excluded samples (compliance) count here: a set often ends in compliance, where the current is a lower
/// limit of what would have flown. `None` if nothing rises.
pub fn find_set(samples: &Samples, rule: &SetRule) -> Option<Set> {
    let good: Vec<usize> = (0..samples.len()).filter(|&k| samples.finite(k)).collect();
    let size = |j: usize| samples.current[good[j]].abs();
    let grown = |b: usize, j: usize| {
        let ratio = (samples.voltage[good[j]] / samples.voltage[good[b]]).abs();
        if ratio.is_nan() { 1.0 } else { ratio.max(1.0) }
    };
    for j in 1..good.len() {
        let start = j.saturating_sub(rule.reach.max(1));
        // Against the latest sample that is small enough: that is where the rise starts.
        let before = (start..j).rev().find(|&b| size(j) >= rule.ratio * grown(b, j) * size(b).max(rule.floor));
        let Some(before) = before else { continue };
        // Later samples within the reach may still rise: the set is complete at the last of them that does.
        let done =
            (j..(before + rule.reach.max(1) + 1).min(good.len())).take_while(|&d| d == j || size(d) > size(d - 1)).last().unwrap_or(j);
        let (a, b, c) = (good[before], good[j], good[done]);
        let small = samples.current[a].abs().max(rule.floor);
        let at = |x: &[f64]| between(x[a], x[b]);
        return Some(Set {
            samples: (a, b),
            time: at(samples.time),
            voltage: at(samples.voltage),
            before: samples.current[a],
            after: samples.current[c],
            ratio: samples.current[c].abs() / small,
            at_least: samples.current[a].abs() < rule.floor || samples.flagged(c, samples.excluded),
        });
    }
    None
}

/// The sample that tripped the sweep.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trip {
    /// Its index.
    pub index: usize,
    /// Its time [s], uncertain by the time since the sample before.
    pub time: Measurement,
    /// Its voltage [V].
    pub voltage: f64,
    /// Its current [A].
    pub current: f64,
}

/// The first sample with one of the bits `trip` in its flags.
pub fn find_trip(samples: &Samples, trip: u8) -> Option<Trip> {
    let index = (0..samples.len()).find(|&k| samples.flagged(k, trip))?;
    let before = (0..index).rev().map(|k| samples.time[k]).find(|t| t.is_finite());
    let time = samples.time[index];
    let spread = before.map_or(0.0, |t| crate::measurement::uniform(time - t));
    time.is_finite().then(|| Trip {
        index,
        time: Measurement::new(time, spread),
        voltage: samples.voltage[index],
        current: samples.current[index],
    })
}
