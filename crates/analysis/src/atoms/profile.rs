//! Area of the section along a coarse or an atomic lattice, by layers.

use super::wire::STRETCH;
use super::wire::{bounds, finite, length};
use super::{AtomsError, Wire};
use crate::Measurement;
use crate::facets::TipEnd;
use crate::measurement::uniform;
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::ops::Range;

/// Most layers of a profile.
const MOST: f64 = 1e6;

/// A five-fold twinned wire as it was made, and what one of its sites stands for. A site is a lattice point of a coarse lattice, or an atom.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AsMade {
    /// Distance of neighbouring sites along the axis [m].
    pub pitch: f64,
    /// Volume that a site stands for [m³].
    pub site_volume: f64,
    /// Area of the section A0 [m²].
    pub area: f64,
    /// Azimuth of twin plane 0 [rad], from y towards z: there is an edge of the wire.
    pub azimuth: f64,
    /// Where the axis lies: y and z [m].
    pub axis: [f64; 2],
}

impl AsMade {
    /// Radius of a circle with the area of the section [m].
    pub fn radius(&self) -> f64 {
        (self.area / PI).sqrt()
    }

    /// Radius of the pentagon of that area at an azimuth [m].
    pub fn radius_at(&self, azimuth: f64) -> f64 {
        let wedge = 0.4 * PI;
        let off = (azimuth - self.azimuth).rem_euclid(wedge) - 0.5 * wedge;
        (self.area / (5.0 * (0.5 * wedge).tan())).sqrt() / off.cos()
    }

    /// The same wire for the measures of its atoms: one end of it, with the apothem of a pentagon of that area, less half a layer.
    pub fn wire(&self, end: TipEnd) -> Wire {
        let layer = FRAC_1_SQRT_2 * self.pitch;
        let apothem = self.radius_at(self.azimuth + 0.2 * PI) - 0.5 * layer;
        Wire { spacing: self.pitch, apothem: apothem.max(layer), azimuth: self.azimuth, axis: self.axis, end }
    }

    /// How much wider the lattice lies than the volume of its sites says: 1 if that has the stretch of the wedges in it, 1.0137 if it is
    /// d³/√2.
    pub(super) fn widening(&self) -> f64 {
        (STRETCH * FRAC_1_SQRT_2 * self.pitch.powi(3) / self.site_volume).sqrt()
    }

    pub(super) fn check(&self, positions: &[[f64; 3]]) -> Result<(), AtomsError> {
        length("the pitch", self.pitch)?;
        for (name, value, positive) in [
            ("the volume of a site [m³]", self.site_volume, true),
            ("the area as made [m²]", self.area, true),
            ("the azimuth of twin plane 0 [rad]", self.azimuth, false),
            ("the axis (y) [m]", self.axis[0], false),
            ("the axis (z) [m]", self.axis[1], false),
        ] {
            if !value.is_finite() || positive && value <= 0.0 {
                let right = if positive { "a finite number above 0 is needed" } else { "a finite number is needed" };
                return Err(AtomsError::OutOfRange { name, value, right });
            }
        }
        finite(positions)
    }
}

/// Sections of a wire along its axis, by layers of one pitch.
#[derive(Clone, PartialEq, Debug)]
pub struct LayerAreas {
    /// The wire as made.
    pub made: AsMade,
    /// Where layer 0 begins [m]: a whole multiple of the pitch, so that the layers of different states coincide.
    pub start: f64,
    /// Area of each layer [m²]: its volume over the pitch.
    pub area: Vec<f64>,
    /// Centre of each layer, y and z from the axis as made [m]; 0 where there is nothing.
    pub centre: Vec<[f64; 2]>,
}

/// Areas of a wire by layers of one pitch. Each site is spread over one pitch along the axis, as its neighbours in the column follow, so
/// that the stacking of the layers does not beat with the steps; the sum of the areas times the pitch is the volume, exactly. A step of the
/// area is smeared over one pitch, and the layers at both ends of the positions are filled in part. Holds for sites with x along the wire.
///
/// # Errors
/// Without sites, with a position that is not finite, with a pitch, volume or area that is none, or over more than 1e6 layers.
pub fn layer_areas(positions: &[[f64; 3]], made: &AsMade) -> Result<LayerAreas, AtomsError> {
    made.check(positions)?;
    let [low, high] = bounds(positions.iter().map(|p| p[0]));
    let first = (low / made.pitch - 0.5).floor();
    let count = (high / made.pitch + 0.5).floor() - first + 1.0;
    if !(count <= MOST && first.abs() < 1e12) {
        return Err(AtomsError::TooWide { extent: high - low, step: made.pitch });
    }
    // Volume, and its moments.
    let mut sums = vec![[0.0; 3]; count as usize];
    for p in positions {
        for (k, share) in shares(p[0] / made.pitch - first) {
            if let Some(s) = sums.get_mut(k) {
                *s = [s[0] + share, s[1] + share * (p[1] - made.axis[0]), s[2] + share * (p[2] - made.axis[1])];
            }
        }
    }
    let whole = made.site_volume / made.pitch;
    Ok(LayerAreas {
        made: *made,
        start: first * made.pitch,
        area: sums.iter().map(|s| whole * s[0]).collect(),
        centre: sums.iter().map(|s| if s[0] > 0.0 { [s[1] / s[0], s[2] / s[0]] } else { [0.0; 2] }).collect(),
    })
}

/// The two layers that share a site at a place (in layers), and how.
pub(super) fn shares(place: f64) -> [(usize, f64); 2] {
    let from = place - 0.5;
    let k = from.floor().max(0.0);
    let part = (from - k).clamp(0.0, 1.0);
    [(k as usize, 1.0 - part), (k as usize + 1, part)]
}

impl LayerAreas {
    /// Middle of a layer [m].
    pub fn along(&self, k: usize) -> f64 {
        self.start + (k as f64 + 0.5) * self.made.pitch
    }

    /// Area over that as made.
    pub fn ratio(&self, k: usize) -> Option<f64> {
        Some(self.area.get(k)? / self.made.area)
    }

    /// Volume of all layers [m³].
    pub fn volume(&self) -> f64 {
        self.area.iter().sum::<f64>() * self.made.pitch
    }

    /// Layers whose middle lies from `from` to `to` [m].
    pub fn layers(&self, from: f64, to: f64) -> Range<usize> {
        let at = |x: f64| ((x - self.start) / self.made.pitch - 0.5).ceil().clamp(0.0, self.area.len() as f64) as usize;
        let first = at(from);
        // The middle on `to` belongs to it.
        first..at(to.next_up()).max(first)
    }

    /// Mean of A/A0 from `from` to `to` [m]; the uncertainty is that of a mean over the layers as they scatter about a straight line, every
    /// second one taken as independent. `None` with fewer than three layers. Layers at the ends of the positions are filled in part: leave
    /// them out.
    pub fn mean_ratio(&self, from: f64, to: f64) -> Option<Measurement> {
        let layers = self.layers(from, to);
        let n = layers.len() as f64;
        let middle = 0.5 * (layers.start + layers.end) as f64 - 0.5;
        let value = |k: usize| self.area[k] / self.made.area;
        let fit = crate::fit::least_squares(layers.clone().map(|k| ([1.0, (k as f64 - middle) / n], value(k))))?;
        Some(Measurement::new(fit.coefficients[0], (2.0 * fit.covariance[0][0]).max(0.0).sqrt()))
    }

    /// Largest A/A0 from `from` to `to` [m], as the mean of three layers, and where [m]. `None` with fewer than three layers.
    pub fn largest_ratio(&self, from: f64, to: f64) -> Option<(f64, Measurement)> {
        self.extreme(from, to, |a, b| a > b)
    }

    /// Smallest A/A0 from `from` to `to` [m], as the mean of three layers, and where [m]: the neck. `None` with fewer than three layers.
    pub fn smallest_ratio(&self, from: f64, to: f64) -> Option<(f64, Measurement)> {
        self.extreme(from, to, |a, b| a < b)
    }

    fn extreme(&self, from: f64, to: f64, better: impl Fn(f64, f64) -> bool) -> Option<(f64, Measurement)> {
        let layers = self.layers(from, to);
        let found = (layers.start + 1..layers.end.saturating_sub(1))
            .map(|k| (k, self.area[k - 1..=k + 1].iter().sum::<f64>() / (3.0 * self.made.area)))
            .reduce(|a, b| if better(b.1, a.1) { b } else { a })?;
        Some((found.1, Measurement::new(self.along(found.0), uniform(self.made.pitch))))
    }

    /// Where A first reaches a part of A0 on the way inwards from an end [m], interpolated between the middles of layers. `None` if it does
    /// not.
    pub fn first_reaches(&self, part: f64, end: TipEnd) -> Option<f64> {
        let level = part * self.made.area;
        let n = self.area.len();
        // The layer that is the j-th from the end.
        let k = |j: usize| if end == TipEnd::Right { n - 1 - j } else { j };
        let j = (0..n).find(|&j| self.area[k(j)] >= level)?;
        let before = if j == 0 { 0.0 } else { self.area[k(j - 1)] };
        let here = self.area[k(j)];
        let back = if here > before { ((here - level) / (here - before)).clamp(0.0, 1.0) } else { 0.0 };
        let outwards = if end == TipEnd::Right { 1.0 } else { -1.0 };
        Some(self.along(k(j)) + outwards * back * self.made.pitch)
    }
}
