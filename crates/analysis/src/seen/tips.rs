//! Shape of the tips over the frames.

use crate::Measurement;
use crate::movie::{MovieMeasurement, TipShape, frame_flags};

/// The shape of one tip over the frames in which it can be told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TipSummary {
    /// Weighted mean of the end's radius [m]; its uncertainty is raised where the frames scatter by more than theirs.
    pub radius: Measurement,
    /// Weighted mean of half of the cone's angle [rad], likewise.
    pub half_angle: Measurement,
    /// First and last shape.
    pub first: TipShape,
    /// Last shape.
    pub last: TipShape,
    /// Frames.
    pub frames: usize,
}

pub(super) fn tips(movie: &MovieMeasurement) -> [Option<TipSummary>; 2] {
    let good = |m: Measurement| m.value.is_finite() && m.uncertainty.is_finite() && m.uncertainty > 0.0;
    let side = |side: usize| {
        let shapes: Vec<TipShape> = movie
            .frames
            .iter()
            .filter(|f| f.flags & frame_flags::DUPLICATE == 0)
            .filter_map(|f| f.gap.as_ref()?.tips[side])
            .filter(|t| good(t.radius) && good(t.half_angle))
            .collect();
        Some(TipSummary {
            radius: mean(shapes.iter().map(|t| t.radius))?,
            half_angle: mean(shapes.iter().map(|t| t.half_angle))?,
            first: *shapes.first()?,
            last: *shapes.last()?,
            frames: shapes.len(),
        })
    };
    [side(0), side(1)]
}

/// Weighted mean; scatter beyond the stated uncertainties raises its uncertainty (Birge ratio).
pub(super) fn mean(values: impl Iterator<Item = Measurement> + Clone) -> Option<Measurement> {
    let (weight, sum, n) = values.clone().fold((0.0, 0.0, 0usize), |(w, s, n), m| {
        let g = m.uncertainty.powi(-2);
        (w + g, s + g * m.value, n + 1)
    });
    let value = sum / weight;
    let misfit: f64 = values.map(|m| ((m.value - value) / m.uncertainty).powi(2)).sum();
    let birge = if n > 1 { (misfit / (n - 1) as f64).max(1.0) } else { 1.0 };
    value.is_finite().then(|| Measurement::new(value, (birge / weight).sqrt()))
}
