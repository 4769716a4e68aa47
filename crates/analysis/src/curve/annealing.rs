//! Contacts that become better.

use super::{Branch, Course, Samples};
use crate::Measurement;
use crate::iv::{FallRule, Resistance, find_fall, resistance};

/// What the conductance did between two low-voltage parts of a record.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Annealing {
    /// Resistance at low voltage, before.
    pub before: Resistance,
    /// Resistance at low voltage, after.
    pub after: Resistance,
    /// Conductance after over before, less 1: what stayed. Positive: the contacts annealed (or silver moved to where it conducts better).
    pub irreversible: Measurement,
    /// Chord conductance at the highest voltage in between over that before, less 1: everything.
    pub at_top: Option<Measurement>,
    /// What came and went: `at_top` less `irreversible`. Negative: heating.
    pub reversible: Option<Measurement>,
    /// Whether the irreversible part is more than two uncertainties from 0.
    pub significant: bool,
}

/// Compares the conductance at |V| ≤ `window` [V] in the first and the last branch that has it. Only the part of the record before a fall of
/// the current by `fall` is used. `None` if fewer than two branches have enough samples at low voltage.
pub fn annealing(samples: &Samples, branches: &[Branch], window: f64, fall: &FallRule) -> Option<Annealing> {
    let kept: Vec<f64> = (0..samples.len()).map(|k| if samples.valid(k) { samples.current[k] } else { f64::NAN }).collect();
    // A sweep that goes back to zero falls, too, but never by half from one sample to the next unless the voltage does.
    let conductance: Vec<f64> =
        kept.iter().zip(samples.voltage).map(|(i, v)| if v.abs() > 0.5 * window { i / v } else { f64::NAN }).collect();
    let rule = FallRule { floor: 0.0, ..*fall };
    let end = find_fall(&conductance, &rule).unwrap_or(samples.len());
    let low: Vec<(usize, usize, Resistance)> = branches
        .iter()
        .filter(|b| b.course != Course::Hold && b.samples.start < end)
        .filter_map(|b| {
            let range = b.samples.start..b.samples.end.min(end);
            let (v, i): (Vec<f64>, Vec<f64>) = samples.within(range.clone()).map(|(_, v, i)| (v, i)).unzip();
            Some((range.start, range.end, resistance(&v, &i, window)?))
        })
        .collect();
    let (first, last) = (low.first()?, low.last()?);
    if low.len() < 2 {
        return None;
    }
    let (r0, r1) = (first.2.resistance, last.2.resistance);
    let relative = |r: Measurement| r.uncertainty / r.value;
    let ratio = r0.value / r1.value;
    let irreversible = Measurement::new(ratio - 1.0, ratio * relative(r0).hypot(relative(r1)));
    let top = samples.within(first.0..last.1).filter(|s| s.1.abs() > window).reduce(|a, b| if b.1.abs() > a.1.abs() { b } else { a });
    // The chord of one sample is as uncertain as its neighbours scatter.
    let at_top = top.map(|(k, v, i)| {
        let near: Vec<f64> = samples.within(k.saturating_sub(2)..(k + 3).min(samples.len())).map(|(_, v, i)| i / v).collect();
        let mean = near.iter().sum::<f64>() / near.len() as f64;
        let scatter = (near.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / near.len().saturating_sub(1).max(1) as f64).sqrt();
        let g = (i - first.2.offset.value) / v * r0.value;
        Measurement::new(g - 1.0, (scatter * r0.value).hypot(g * relative(r0)))
    });
    // The resistance before is in both, and so is its uncertainty, nearly all of it taken off again.
    let reversible = at_top.map(|top| {
        let both = relative(r0) * (top.value - irreversible.value).abs();
        let own = (top.uncertainty.powi(2) - ((1.0 + top.value) * relative(r0)).powi(2)).max(0.0).sqrt();
        Measurement::new(top.value - irreversible.value, own.hypot(ratio * relative(r1)).hypot(both))
    });
    let significant = irreversible.value.abs() > 2.0 * irreversible.uncertainty;
    Some(Annealing { before: first.2, after: last.2, irreversible, at_top, reversible, significant })
}
