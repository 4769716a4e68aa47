//! Where silver has piled up.

use super::{AtomsError, LayerAreas, OutlineAmplitudes, outline_amplitudes};
use crate::Measurement;
use crate::measurement::uniform;
use std::f64::consts::SQRT_2;

/// A/A0 above which a wire is swollen.
pub const SWOLLEN: f64 = 1.1;
/// Layers to either side of the thickest place whose outlines are averaged.
const LAYERS: f64 = 2.0;

/// The thickest place of a part of a wire. It is a hillock if [`Hillock::length`] is above 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hillock {
    /// Largest A/A0, as the mean of three layers.
    pub ratio: f64,
    /// Where [m], within a pitch.
    pub at: Measurement,
    /// How long the stretch around it is in which A stays above 1.1 A0, as the mean of three layers [m]; 0 if it is not above.
    pub length: Measurement,
    /// Volume above A0 of the stretch around it in which A stays above A0, as the mean of three layers [m³].
    pub volume: f64,
    /// Outline of the five layers around it.
    pub outline: Option<OutlineAmplitudes>,
}

impl Hillock {
    /// Whether its section is nearer to a pentagon than to a circle ([`OutlineAmplitudes::five_sided`]).
    pub fn faceted(&self) -> Option<bool> {
        self.outline.map(|o| o.five_sided() >= 0.5)
    }
}

/// The thickest place from `from` to `to` [m], given all sites of the wire and its sections. `None` with fewer than three layers there.
///
/// # Errors
/// As [`super::layer_areas`].
pub fn hillock(positions: &[[f64; 3]], areas: &LayerAreas, from: f64, to: f64) -> Result<Option<Hillock>, AtomsError> {
    let Some((ratio, at)) = areas.largest_ratio(from, to) else { return Ok(None) };
    let made = &areas.made;
    let inside = areas.layers(from, to);
    let top = ((at.value - areas.start) / made.pitch) as usize;
    let smooth = |k: usize| {
        let near = k.saturating_sub(1)..(k + 2).min(areas.area.len());
        let n = near.len() as f64;
        areas.area[near].iter().sum::<f64>() / (n * made.area)
    };
    // The stretch around the top that stays above a level.
    let stretch = |level: f64| {
        let start = (inside.start..=top).rev().take_while(|&k| smooth(k) > level).last()?;
        let end = (top..inside.end).take_while(|&k| smooth(k) > level).last()?;
        Some(start..end + 1)
    };
    let length = stretch(SWOLLEN).map_or(0, |s| s.len()) as f64 * made.pitch;
    let volume = stretch(1.0).map_or(0.0, |s| areas.area[s].iter().map(|a| (a - made.area) * made.pitch).sum());
    let half = (LAYERS + 0.75) * made.pitch;
    Ok(Some(Hillock {
        ratio,
        at,
        length: Measurement::new(length, if length > 0.0 { uniform(made.pitch) * SQRT_2 } else { 0.0 }),
        volume,
        outline: outline_amplitudes(positions, made, at.value - half, at.value + half)?,
    }))
}

/// The thickest places to both sides of a place along the axis [m], the gap's middle or the neck; two layers at either end of the wire are
/// left out.
///
/// # Errors
/// As [`super::layer_areas`].
pub fn hillocks(positions: &[[f64; 3]], areas: &LayerAreas, at: f64) -> Result<[Option<Hillock>; 2], AtomsError> {
    let margin = 2.0 * areas.made.pitch;
    let [low, high] = [areas.start + margin, areas.start + areas.area.len() as f64 * areas.made.pitch - margin];
    Ok([hillock(positions, areas, low, at)?, hillock(positions, areas, at, high)?])
}
