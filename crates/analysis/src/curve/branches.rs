//! The branches of a sweep.

use super::Samples;
use std::ops::Range;

/// What the voltage does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Course {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// It stays.
    Hold,
}

/// What tells branches apart.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BranchRule {
    /// Changes of the voltage below this [V] are noise.
    pub resolution: f64,
    /// A voltage that stays within the resolution for this long [s] is held.
    pub hold: f64,
}

impl Default for BranchRule {
    /// 2 mV; 2 s.
    fn default() -> BranchRule {
        BranchRule { resolution: 2e-3, hold: 2.0 }
    }
}

/// A branch.
#[derive(Clone, PartialEq, Debug)]
pub struct Branch {
    /// What the voltage does.
    pub course: Course,
    /// Samples, in the order of the record. A turning point belongs to the branch that ends there.
    pub samples: Range<usize>,
    /// Voltage at the start and at the end [V].
    pub voltage: (f64, f64),
}

/// The branches of a record, in order: turns and changes of sign by more than the resolution, holds by their duration. Samples without a
/// voltage belong to the branch around them.
pub fn branches(samples: &Samples, rule: &BranchRule) -> Vec<Branch> {
    let good: Vec<usize> = (0..samples.len()).filter(|&k| samples.time[k].is_finite() && samples.voltage[k].is_finite()).collect();
    let mut found = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < good.len() {
        let (stays, hold) = held(samples, &good[at..], rule);
        if hold {
            moving(samples, &good[from..at], rule.resolution, &mut found);
            push(samples, &good[at..at + stays], Course::Hold, &mut found);
            at += stays;
            from = at;
        } else {
            // One by one would take for ever where very many samples stay for a short time.
            at += (stays / 8).max(1);
        }
    }
    moving(samples, &good[from.min(good.len())..], rule.resolution, &mut found);
    found
}

/// How many samples stay at the voltage of the first, and whether that is long enough for a hold.
fn held(samples: &Samples, good: &[usize], rule: &BranchRule) -> (usize, bool) {
    let Some(&first) = good.first() else { return (0, false) };
    let stays = good.iter().take_while(|&&k| (samples.voltage[k] - samples.voltage[first]).abs() <= rule.resolution).count();
    let last = good.get(stays.saturating_sub(1)).copied().unwrap_or(first);
    (stays, stays >= 3 && samples.time[last] - samples.time[first] >= rule.hold)
}

/// Splits moving samples where the voltage turns or changes its sign.
fn moving(samples: &Samples, good: &[usize], resolution: f64, found: &mut Vec<Branch>) {
    let v = |j: usize| samples.voltage[good[j]];
    let (mut from, mut extreme, mut rising) = (0, 0, None);
    for j in 1..good.len() {
        let turned = match rising {
            Some(true) => v(j) < v(extreme) - resolution,
            Some(false) => v(j) > v(extreme) + resolution,
            None => false,
        };
        if turned {
            cut(samples, &good[from..=extreme], found);
            (from, rising) = (extreme + 1, rising.map(|r: bool| !r));
            extreme = j;
        } else if rising.is_none() && (v(j) - v(from)).abs() > resolution {
            rising = Some(v(j) > v(from));
            extreme = j;
        } else if rising.is_none_or(|r| if r { v(j) >= v(extreme) } else { v(j) <= v(extreme) }) {
            extreme = j;
        }
    }
    cut(samples, good.get(from..).unwrap_or(&[]), found);
}

/// One monotonic run, cut at zero.
fn cut(samples: &Samples, run: &[usize], found: &mut Vec<Branch>) {
    let (Some(&first), Some(&last)) = (run.first(), run.last()) else { return };
    let (a, b) = (samples.voltage[first], samples.voltage[last]);
    if a * b < 0.0 {
        let zero = run.iter().position(|&k| samples.voltage[k] * b > 0.0).unwrap_or(run.len());
        push(samples, &run[..zero], Course::Down, found);
        push(samples, &run[zero..], Course::Up, found);
    } else {
        push(samples, run, if b.abs() >= a.abs() { Course::Up } else { Course::Down }, found);
    }
}

fn push(samples: &Samples, run: &[usize], course: Course, found: &mut Vec<Branch>) {
    if let (Some(&first), Some(&last)) = (run.first(), run.last()) {
        found.push(Branch { course, samples: first..last + 1, voltage: (samples.voltage[first], samples.voltage[last]) });
    }
}
