//! Towards which side the particles advance.

use super::detect::Detection;
use crate::Measurement;
use crate::fit::least_squares;

/// A side of the gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Towards smaller positions.
    Lower,
    /// Towards larger positions.
    Higher,
}

/// How the occupied part of the gap grows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Growth {
    /// Velocity of the front at small positions [pixels per s]: negative where it advances.
    pub lower: Measurement,
    /// Velocity of the front at large positions: positive where it advances.
    pub higher: Measurement,
    /// Towards which side the occupied part grows faster; `None` if the difference is below two standard uncertainties.
    pub towards: Option<Side>,
    /// `higher + lower`: net advance towards larger positions [pixels per s].
    pub net: Measurement,
}

/// Growth from detections (one list for each frame, `times` in s), along a direction [rad from x]. Each front is the outermost particle with
/// its own radius; frames without particles tell nothing. `None` with fewer than five frames with particles.
pub fn growth(times: &[f64], frames: &[Vec<Detection>], direction: f64) -> Option<Growth> {
    let (sin, cos) = direction.sin_cos();
    let fronts: Vec<(f64, f64, f64)> = times
        .iter()
        .zip(frames)
        .filter_map(|(&t, detections)| {
            let along = |d: &Detection, side: f64| d.place[0] * cos + d.place[1] * sin + side * 0.5 * d.diameter;
            let low = detections.iter().map(|d| along(d, -1.0)).min_by(f64::total_cmp)?;
            let high = detections.iter().map(|d| along(d, 1.0)).max_by(f64::total_cmp)?;
            Some((t, low, high))
        })
        .filter(|(t, low, high)| t.is_finite() && low.is_finite() && high.is_finite())
        .collect();
    if fronts.len() < 5 {
        return None;
    }
    let middle = fronts.iter().map(|f| f.0).sum::<f64>() / fronts.len() as f64;
    let slope = |y: &dyn Fn(&(f64, f64, f64)) -> f64| {
        let rows = fronts.iter().map(|f| ([1.0, f.0 - middle], y(f)));
        let fit = least_squares(rows)?;
        // A front moves by jumps: what remains is correlated from frame to frame, so fewer of them are independent.
        let rest: Vec<f64> = fronts.iter().map(|f| y(f) - fit.coefficients[0] - fit.coefficients[1] * (f.0 - middle)).collect();
        let square: f64 = rest.iter().map(|r| r * r).sum();
        let next: f64 = rest.windows(2).map(|w| w[0] * w[1]).sum();
        let r = if square > 0.0 { (next / square).clamp(0.0, 0.9) } else { 0.0 };
        Some(Measurement::new(fit.coefficients[1], (fit.covariance[1][1].max(0.0) * (1.0 + r) / (1.0 - r)).sqrt()))
    };
    let lower = slope(&|f| f.1)?;
    let higher = slope(&|f| f.2)?;
    // The mean of the two fronts: their common noise is in it.
    let half = slope(&|f| f.1 + f.2)?;
    let net = Measurement::new(half.value, half.uncertainty);
    let towards = (net.value.abs() > 2.0 * net.uncertainty).then_some(if net.value > 0.0 { Side::Higher } else { Side::Lower });
    Some(Growth { lower, higher, towards, net })
}
