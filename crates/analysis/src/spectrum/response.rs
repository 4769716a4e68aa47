//! How a detector answers to photons: resolution, efficiency, charge that is not collected.

/// Energy of Mn Kα [eV], at which the resolution of a detector is stated.
const MANGANESE: f64 = 5895.0;
/// Least width [eV].
const LEAST: f64 = 20.0;

/// What is known of a detector.
#[derive(Clone, PartialEq, Debug)]
pub struct Response {
    /// Width of Mn Kα at half maximum [eV].
    pub resolution: f64,
    /// Rise of the square of the width with the energy [eV]: 2.5 for silicon.
    pub slope: f64,
    /// Pulses per photon at energies [eV], straight between them; the first and last value beyond. Empty: 1 everywhere.
    pub efficiency: Vec<[f64; 2]>,
    /// Part of the pulses that lose charge at energies [eV], as above. Empty: none.
    pub incomplete: Vec<[f64; 2]>,
    /// Of those, the part c of the charge that is collected is spread as (1 + power) c^power.
    pub power: i32,
}

impl Response {
    /// A detector of which only the resolution at Mn Kα [eV] is known.
    pub fn gaussian(resolution: f64) -> Response {
        Response { resolution, slope: 2.5, efficiency: Vec::new(), incomplete: Vec::new(), power: 4 }
    }

    /// Width at half maximum [eV] of a line at `energy` [eV].
    pub fn width(&self, energy: f64) -> f64 {
        (self.resolution * self.resolution + self.slope * (energy - MANGANESE)).max(LEAST * LEAST).sqrt()
    }

    /// Pulses per photon of `energy` [eV].
    pub fn efficiency(&self, energy: f64) -> f64 {
        between(&self.efficiency, energy, 1.0)
    }

    /// Part of the pulses at `energy` [eV] that lose charge.
    pub fn incomplete(&self, energy: f64) -> f64 {
        between(&self.incomplete, energy, 0.0).clamp(0.0, 1.0)
    }

    /// Adds `pulses` of a line at `energy` [eV] to channels whose lower edges are `start + k·width` [eV].
    pub(super) fn add(&self, channels: &mut [f64], start: f64, width: f64, energy: f64, pulses: f64) {
        let sigma = self.width(energy) / 2.354_820_045;
        let lost = self.incomplete(energy);
        let n = channels.len();
        let edge = |k: usize| start + k as f64 * width;
        let channel = |e: f64| (((e - start) / width).max(0.0) as usize).min(n);
        let (from, to) = (channel(energy - 6.0 * sigma), (channel(energy + 6.0 * sigma) + 1).min(n));
        let below = |k: usize| erf((edge(k) - energy) / (sigma * std::f64::consts::SQRT_2));
        let mut left = below(from);
        for (k, c) in channels[from..to].iter_mut().enumerate() {
            let right = below(from + k + 1);
            *c += 0.5 * pulses * (1.0 - lost) * (right - left);
            left = right;
        }
        if lost > 0.0 {
            let part = |k: usize| (edge(k) / energy).clamp(0.0, 1.0).powi(self.power + 1);
            let mut left = part(0);
            for (k, c) in channels[..(channel(energy) + 1).min(n)].iter_mut().enumerate() {
                let right = part(k + 1);
                *c += pulses * lost * (right - left);
                left = right;
            }
        }
    }
}

/// A value on a table of `[x, y]`, straight between; `none` for an empty table.
fn between(table: &[[f64; 2]], x: f64, none: f64) -> f64 {
    let after = table.partition_point(|p| p[0] <= x);
    match (after.checked_sub(1).and_then(|k| table.get(k)), table.get(after)) {
        (Some(a), Some(b)) => a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0]),
        (Some(a), None) => a[1],
        (None, Some(b)) => b[1],
        (None, None) => none,
    }
}

/// erf, to 1.2e-7 (Numerical Recipes, erfcc).
fn erf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    const A: [f64; 9] = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
    let series = A.iter().rev().fold(0.0, |sum, a| sum * t + a);
    let rest = t * (-x * x - 1.26551223 + t * series).exp();
    if x < 0.0 { rest - 1.0 } else { 1.0 - rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_pulses_and_its_place() {
        let mut detector = Response::gaussian(130.0);
        detector.incomplete = vec![[1000.0, 0.2], [4000.0, 0.1]];
        let mut channels = vec![0.0; 1000];
        detector.add(&mut channels, -5.0, 10.0, 2984.0, 1e5);
        assert!((channels.iter().sum::<f64>() / 1e5 - 1.0).abs() < 1e-6);
        let top = channels.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert_eq!(top, 298);
        assert!((detector.incomplete(2984.0) - 0.1339).abs() < 1e-3);
        assert_eq!(detector.efficiency(500.0), 1.0);
    }

    #[test]
    fn the_error_function_is_that_of_the_tables() {
        // Abramowitz & Stegun, table 7.1.
        for (x, y) in [(0.0, 0.0), (0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (-2.0, -0.995_322_265_0)] {
            assert!((erf(x) - y).abs() < 2e-7, "{x}");
        }
    }
}
