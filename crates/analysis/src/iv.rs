//! Measures on samples of voltage and current.
//!
//! Arrays of unequal length are read as far as the shorter one goes; samples that are not finite are left out.

use crate::Measurement;
use crate::fit::least_squares;

/// The voltage [V] below which a pristine wire is taken to be unheated.
pub const OHMIC_WINDOW: f64 = 0.2;

/// Samples with |V| at most `window` [V].
fn inside<'a>(voltage: &'a [f64], current: &'a [f64], window: f64) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    voltage.iter().copied().zip(current.iter().copied()).filter(move |(v, _)| v.abs() <= window * (1.0 + 1e-9))
}

/// A straight line through an I–V curve.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Resistance {
    /// Inverse slope [ohm].
    pub resistance: Measurement,
    /// Current at zero voltage [A]: offset of the instrument.
    pub offset: Measurement,
    /// Samples used.
    pub samples: usize,
}

/// Resistance from a straight line through the samples with |V| ≤ `window` [V] ([`OHMIC_WINDOW`]), uncertainties from their scatter.
/// `None` with fewer than three samples, all at one voltage, or no conductance.
pub fn resistance(voltage: &[f64], current: &[f64], window: f64) -> Option<Resistance> {
    let fit = least_squares(inside(voltage, current, window).map(|(v, i)| ([1.0, v], i)))?;
    let [offset, g] = fit.coefficients;
    let (u_offset, u_g) = (fit.covariance[0][0].max(0.0).sqrt(), fit.covariance[1][1].max(0.0).sqrt());
    let r = 1.0 / g;
    (g != 0.0 && r.is_finite() && (u_g * r * r).is_finite()).then(|| Resistance {
        resistance: Measurement::new(r, u_g * r * r),
        offset: Measurement::new(offset, u_offset),
        samples: fit.samples,
    })
}

/// Relative change of the chord conductance from zero voltage to `window` [V]: c window²/g of the fit I = i0 + g V + c V³ to the samples
/// with |V| ≤ `window`. 0 is ohmic; negative bends down (heating), positive bends up (a barrier, annealing contacts). The curve is ohmic
/// as far as these samples tell if the value is within two uncertainties of 0. `None` with fewer than four samples or too few voltages.
pub fn nonlinearity(voltage: &[f64], current: &[f64], window: f64) -> Option<Measurement> {
    let rows = inside(voltage, current, window).map(|(v, i)| {
        let u = v / window;
        ([1.0, u, u * u * u], i)
    });
    let fit = least_squares(rows)?;
    let [_, g, c] = fit.coefficients;
    let ratio = c / g;
    let v = &fit.covariance;
    let variance = (v[2][2] + ratio * ratio * v[1][1] - 2.0 * ratio * v[1][2]) / (g * g);
    (ratio.is_finite() && variance.is_finite()).then(|| Measurement::new(ratio, variance.max(0.0).sqrt()))
}

/// Local exponent d ln|I|/d ln|V| at every sample, from a straight line through the logarithms of the samples up to `half_width` away:
/// 1 is ohmic, below 1 heating, above 1 a barrier. NaN where it is not defined (zero, both signs of voltage, fewer than three samples).
pub fn local_exponent(voltage: &[f64], current: &[f64], half_width: usize) -> Vec<f64> {
    let n = voltage.len().min(current.len());
    let half = half_width.max(1);
    (0..n)
        .map(|k| {
            let (from, to) = (k.saturating_sub(half), k.saturating_add(half + 1).min(n));
            let (v, i) = (&voltage[from..to], &current[from..to]);
            if v.iter().any(|x| x * voltage[k] <= 0.0) {
                return f64::NAN;
            }
            let rows = v.iter().zip(i).map(|(v, i)| ([1.0, (v / voltage[k]).abs().ln()], i.abs().ln()));
            least_squares(rows).map_or(f64::NAN, |fit| fit.coefficients[1])
        })
        .collect()
}

/// What a sample is compared with to see a break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Against {
    /// The sample before.
    Previous,
    /// The largest sample so far. Falls too when the sweep turns back: give it the part of the record that rises.
    RunningMaximum,
}

/// When a current counts as fallen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FallRule {
    /// What a sample is compared with.
    pub against: Against,
    /// Fallen below this fraction of it.
    pub fraction: f64,
    /// References smaller than this current [A] are noise and start no fall.
    pub floor: f64,
}

impl Default for FallRule {
    /// Below half of the sample before, from 1 µA on.
    fn default() -> FallRule {
        FallRule { against: Against::Previous, fraction: 0.5, floor: 1e-6 }
    }
}

/// The index of the first sample that has fallen by `rule`, if there is one.
pub fn find_fall(current: &[f64], rule: &FallRule) -> Option<usize> {
    let mut reference = f64::NAN;
    for (k, i) in current.iter().enumerate().filter(|(_, i)| i.is_finite()) {
        let i = i.abs();
        if reference >= rule.floor && i < rule.fraction * reference {
            return Some(k);
        }
        reference = match rule.against {
            Against::Previous => i,
            Against::RunningMaximum => reference.max(i),
        };
    }
    None
}

/// The break as an I–V record shows it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Breakdown {
    /// Index of the last whole sample before the fall.
    pub index: usize,
    /// Index of the sample that has fallen by the rule: the one that trips.
    pub fallen: usize,
    /// Time of the last whole sample [s], uncertain by the time to the next one.
    pub time: Measurement,
    /// Voltage of the last whole sample [V], uncertain by the voltage step.
    pub voltage: Measurement,
    /// Current of the last whole sample [A], uncertain by what it changed by since the sample before.
    pub current: Measurement,
    /// Current of the sample that has fallen [A]: the last recorded one of a sweep that trips. Not zero if part of its aperture came
    /// before the break; the true current after the break may be zero all the same.
    pub last_current: f64,
    /// The same over the breakdown current.
    pub last_fraction: f64,
}

/// A sample that fell by more than this relative amount just before the fall was cut short by the break itself.
const PARTIAL: f64 = 0.05;

/// The breakdown: the last whole sample before the current falls by `rule`. A sample is a mean over its aperture; if the break comes late
/// in one, it is lowered too little to count as fallen. So a sample that is more than 5 % below the one before it, just before the
/// fall, is taken as part of the fall. `None` if nothing falls.
pub fn breakdown(time: &[f64], voltage: &[f64], current: &[f64], rule: &FallRule) -> Option<Breakdown> {
    let n = time.len().min(voltage.len()).min(current.len());
    let fallen = find_fall(&current[..n], rule)?;
    let finite = |k: &usize| time[*k].is_finite() && voltage[*k].is_finite() && current[*k].is_finite();
    let mut before = (0..fallen).rev().filter(finite);
    let last = before.next()?;
    let (index, earlier) = match before.next() {
        Some(k) if current[last].abs() < (1.0 - PARTIAL) * current[k].abs() => (k, before.next()),
        earlier => (last, earlier),
    };
    let step = |values: &[f64]| earlier.map_or(0.0, |k| (values[index] - values[k]).abs());
    let next = (index + 1..=fallen).find(finite).unwrap_or(fallen);
    let until_next = if time[next].is_finite() { time[next] - time[index] } else { step(time) };
    let last_fraction = current[fallen] / current[index];
    last_fraction.is_finite().then_some(Breakdown {
        index,
        fallen,
        time: Measurement::new(time[index], until_next),
        voltage: Measurement::new(voltage[index], step(voltage)),
        current: Measurement::new(current[index], step(current)),
        last_current: current[fallen],
        last_fraction,
    })
}
