//! The exponent of the current in the voltage.

use super::Samples;
use crate::Measurement;
use crate::fit::least_squares;
use std::ops::Range;

/// d ln|I| / d ln|V| over a range.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Exponent {
    /// The exponent: 1 is ohmic.
    pub value: Measurement,
    /// Whether it is within two uncertainties of 1.
    pub ohmic: bool,
    /// Samples used.
    pub samples: usize,
}

/// The exponent over the samples of a branch with |V| between `from` and `to` [V] and |I| of at least `floor` [A] (the instrument's noise
/// would bend the logarithm), of one sign of the voltage. Residuals that follow each other (a bend, a step) raise its uncertainty. `None`
/// with fewer than four samples, of either sign, or all at one voltage.
pub fn exponent(samples: &Samples, branch: Range<usize>, from: f64, to: f64, floor: f64) -> Option<Exponent> {
    let inside = |v: f64, i: f64| v.abs() >= from && v.abs() <= to && i.abs() >= floor && v != 0.0 && i != 0.0;
    let used: Vec<(f64, f64)> = samples.within(branch).filter(|s| inside(s.1, s.2)).map(|(_, v, i)| (v, i)).collect();
    let sign = used.first()?.0.signum();
    if used.len() < 4 || used.iter().any(|s| s.0.signum() != sign) {
        return None;
    }
    let middle = used.iter().map(|s| s.0.abs().ln()).sum::<f64>() / used.len() as f64;
    let rows: Vec<([f64; 2], f64)> = used.iter().map(|(v, i)| ([1.0, v.abs().ln() - middle], i.abs().ln())).collect();
    let fit = least_squares(rows.iter().copied())?;
    let residuals: Vec<f64> = rows.iter().map(|(f, y)| y - fit.coefficients[0] - fit.coefficients[1] * f[1]).collect();
    let own: f64 = residuals.iter().map(|r| r * r).sum();
    let next: f64 = residuals.windows(2).map(|w| w[0] * w[1]).sum();
    let n = residuals.len() as f64;
    let rho = if own > 0.0 { (next / own + 2.0 / n).min(0.95) } else { 0.0 };
    let raise = if rho > 2.0 / n.sqrt() { (1.0 + rho) / (1.0 - rho) } else { 1.0 };
    let value = Measurement::new(fit.coefficients[1], (fit.covariance[1][1].max(0.0) * raise).sqrt());
    Some(Exponent { value, ohmic: (value.value - 1.0).abs() <= 2.0 * value.uncertainty, samples: used.len() })
}
