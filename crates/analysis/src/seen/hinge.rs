//! A value that stays and then, from some time on, changes linearly.

use super::table::inflation;
use crate::Measurement;
use crate::measurement::uniform;

pub(super) struct Hinge {
    /// When the change starts [s].
    pub(super) start: Measurement,
    /// Rate after it.
    pub(super) rate: Measurement,
    /// Standard deviations by which it is better than no change at all.
    pub(super) significance: f64,
}

/// Weighted straight line through `(t, y, sigma)`.
pub(super) struct Line {
    /// Value at the mean time.
    pub(super) value: f64,
    pub(super) slope: f64,
    /// Variances of both (they are independent at the mean time).
    pub(super) variance: [f64; 2],
    pub(super) mean: f64,
    /// Sum of squared residuals in standard deviations, over its degrees of freedom.
    pub(super) misfit: f64,
}

/// Variances are raised by the misfit (where above 1) and by the correlation of successive residuals.
pub(super) fn line(points: &[(f64, f64, f64)]) -> Option<Line> {
    let sums = points.iter().fold([0.0; 3], |s, p| {
        let g = p.2.powi(-2);
        [s[0] + g, s[1] + g * p.0, s[2] + g * p.1]
    });
    let (mean, value) = (sums[1] / sums[0], sums[2] / sums[0]);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (t, y, s) in points {
        let g = s.powi(-2);
        xx += g * (t - mean) * (t - mean);
        xy += g * (t - mean) * (y - value);
    }
    let slope = xy / xx;
    if points.len() < 3 || !(slope.is_finite() && value.is_finite() && xx > 0.0) {
        return None;
    }
    let residuals: Vec<f64> = points.iter().map(|(t, y, s)| (y - value - slope * (t - mean)) / s).collect();
    let (misfit, raise) = raise(&residuals, 2);
    Some(Line { value, slope, variance: [raise / sums[0], raise / xx], mean, misfit })
}

/// Misfit of residuals to a fit of `parameters`, and the factor for the variance of what was fitted: the correlation of successive
/// residuals counts where there are enough of them to see it.
fn raise(residuals: &[f64], parameters: usize) -> (f64, f64) {
    let n = residuals.len();
    let square: f64 = residuals.iter().map(|r| r * r).sum();
    let misfit = if n > parameters { square / (n - parameters) as f64 } else { 1.0 };
    let product: f64 = residuals.windows(2).map(|w| w[0] * w[1]).sum();
    // Independent residuals have a correlation of about -parameters/n after the fit, scattering by 1/√n: below that it says nothing.
    let rho = if n >= 8 && square > 0.0 { product / square + parameters as f64 / n as f64 } else { 0.0 };
    let rho = if rho > 2.0 / (n as f64).sqrt() { rho.min(0.95) } else { 0.0 };
    // A few points scatter by themselves: only what chance does not make is a misfit.
    let chance = 1.0 + 2.0 * (2.0 / n.saturating_sub(parameters).max(1) as f64).sqrt();
    (misfit, if misfit > chance { misfit } else { 1.0 } * inflation(n as f64, rho))
}

/// The best hinge through `(t, y, sigma)`, in order of time. `None` with fewer than five points.
pub(super) fn hinge(points: &[(f64, f64, f64)]) -> Option<Hinge> {
    if points.len() < 5 {
        return None;
    }
    const PARTS: usize = 4;
    let mut tried: Vec<(f64, f64, [f64; 2], f64)> = Vec::new();
    for pair in points[..points.len() - 1].windows(2) {
        for part in 0..PARTS {
            let s = pair[0].0 + (pair[1].0 - pair[0].0) * part as f64 / PARTS as f64;
            if let Some((c, coefficients, variance)) = fit(points, s) {
                tried.push((s, c, coefficients, variance));
            }
        }
    }
    let best = tried.iter().copied().reduce(|a, b| if b.1 < a.1 { b } else { a })?;
    let residuals: Vec<f64> = points.iter().map(|(t, y, s)| (y - best.2[0] - best.2[1] * (t - best.0).max(0.0)) / s).collect();
    let (_, raise) = raise(&residuals, 3);
    let none = constant(points);
    // Starts weighted by their likelihood: the best one alone jumps between frames.
    let (mut sum, mut mean, mut square, mut rate, mut rates) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (s, misfit, [_, b], _) in &tried {
        let weight = (-0.5 * (misfit - best.1) / raise).exp();
        sum += weight;
        mean += weight * (s - best.0);
        square += weight * (s - best.0).powi(2);
        rate += weight * (b - best.2[1]);
        rates += weight * (b - best.2[1]).powi(2);
    }
    let (mean, square, rate, rates) = (mean / sum, square / sum, rate / sum, rates / sum);
    // The rate is uncertain by its own fit, and by the start it goes with.
    let rate_variance = best.3 * raise + (rates - rate * rate).max(0.0);
    let spread = (square - mean * mean).max(0.0).sqrt();
    let interval = (points[points.len() - 1].0 - points[0].0) / (points.len() - 1) as f64;
    Some(Hinge {
        start: Measurement::new(best.0 + mean, spread.max(uniform(interval))),
        rate: Measurement::new(best.2[1] + rate, rate_variance.sqrt()),
        significance: ((none - best.1) / raise).max(0.0).sqrt(),
    })
}

/// Squared residuals, coefficients and the variance of the rate, for a start at `s`.
fn fit(points: &[(f64, f64, f64)], s: f64) -> Option<(f64, [f64; 2], f64)> {
    let (mut w, mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for p in points {
        let (g, u) = (p.2.powi(-2), (p.0 - s).max(0.0));
        w += g;
        x += g * u;
        y += g * p.1;
        xx += g * u * u;
        xy += g * u * p.1;
    }
    let determinant = w * xx - x * x;
    let b = (w * xy - x * y) / determinant;
    let a = (y - b * x) / w;
    let misfit = points.iter().map(|p| ((p.1 - a - b * (p.0 - s).max(0.0)) / p.2).powi(2)).sum::<f64>();
    (determinant > 1e-12 * w * xx && misfit.is_finite()).then_some((misfit, [a, b], w / determinant))
}

fn constant(points: &[(f64, f64, f64)]) -> f64 {
    let (w, y) = points.iter().fold((0.0, 0.0), |(w, y), p| (w + p.2.powi(-2), y + p.1 * p.2.powi(-2)));
    points.iter().map(|p| ((p.1 - y / w) / p.2).powi(2)).sum()
}
