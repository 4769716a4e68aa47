//! The outline of a wire around and along its axis, and how rough it is.

use super::profile::shares;
use super::sections::overlap;
use super::{AsMade, AtomsError, LayerAreas, layer_areas};
use crate::Measurement;
use crate::fit::least_squares;
use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// Steps of azimuth of a relief: eight a wedge.
pub const RELIEF_STEPS: usize = 40;

/// R(φ, x) about the axis as made: the radius of a sector of the area that lies in each of 40 steps of azimuth, by layers of one pitch.
/// Silver missing inside counts as missing outside; where the axis lies outside of the section, the sectors away from it are empty.
#[derive(Clone, PartialEq, Debug)]
pub struct Relief {
    pub(super) areas: LayerAreas,
    pub(super) radius: Vec<[f64; RELIEF_STEPS]>,
    pub(super) outermost: Vec<[f64; RELIEF_STEPS]>,
}

/// The relief of a wire. Each site is spread over a pitch along the axis ([`layer_areas`]) and over the width of its column across.
///
/// # Errors
/// As [`layer_areas`].
pub fn relief(positions: &[[f64; 3]], made: &AsMade) -> Result<Relief, AtomsError> {
    let areas = layer_areas(positions, made)?;
    let step = TAU / RELIEF_STEPS as f64;
    let mut sums = vec![[0f64; RELIEF_STEPS]; areas.area.len()];
    let mut outermost = sums.clone();
    let column = made.site_volume / made.pitch;
    let width = column.sqrt();
    let widening = made.widening();
    for p in positions {
        let [y, z] = [p[1] - made.axis[0], p[2] - made.axis[1]];
        let (azimuth, distance) = ((z.atan2(y) - made.azimuth).rem_euclid(TAU), y.hypot(z));
        let reach = ((0.5 * width / distance.max(1e-3 * width)).min(0.5 * PI) / step).ceil() as i64;
        let at = (azimuth / step) as i64;
        let layers = shares((p[0] - areas.start) / made.pitch);
        let edge = (distance + 0.5 * FRAC_1_SQRT_2 * made.pitch) / widening;
        for (k, share) in layers {
            if let Some(row) = outermost.get_mut(k)
                && share > 0.0
            {
                let far = &mut row[(at as usize).min(RELIEF_STEPS - 1)];
                *far = far.max(edge);
            }
        }
        for j in at - reach..=at + reach {
            let part = column * overlap(azimuth, distance, width, [j as f64 * step, (j + 1) as f64 * step]);
            if part > 0.0 {
                for (k, share) in layers {
                    if let Some(sum) = sums.get_mut(k) {
                        sum[j.rem_euclid(RELIEF_STEPS as i64) as usize] += share * part;
                    }
                }
            }
        }
    }
    Ok(Relief { areas, radius: sums.iter().map(|s| s.map(|a| (2.0 * a / step).sqrt())).collect(), outermost })
}

impl Relief {
    /// Sections by the same layers.
    pub fn areas(&self) -> &LayerAreas {
        &self.areas
    }

    /// Radius [m], layer after layer; step j of a layer is around [`Relief::azimuth`] of j.
    pub fn radius(&self) -> &[[f64; RELIEF_STEPS]] {
        &self.radius
    }

    /// Distance from the axis to the outermost silver in each step [m]: half a layer beyond the middle of the outermost site, on the scale of
    /// the volume; 0 where there is none.
    pub fn outermost(&self) -> &[[f64; RELIEF_STEPS]] {
        &self.outermost
    }

    /// Azimuth of the middle of a step, from y towards z [rad].
    pub fn azimuth(&self, step: usize) -> f64 {
        self.areas.made.azimuth + (step as f64 + 0.5) * TAU / RELIEF_STEPS as f64
    }

    /// Roughness of the outline from `from` to `to` along the axis [m]: root mean square of R(φ, x) about a straight line along x through
    /// the layers within one radius of the wire to either side, azimuth by azimuth. So facets, edges and tapers longer than a diameter are
    /// no roughness, steps, knobs and pits are. It is that of cells of a pitch by 9°, and what is smaller averages out: independent noise
    /// of σ on each column's end reads 0.4 σ, knobs of four by five pitches 0.9 σ, thermal roughness of a coarse lattice 0.2 to 0.3
    /// pitches, the wire as made nothing (`tests/broken.rs`). The uncertainty is the spread over the azimuths, over the root of a quarter
    /// of their number (neighbours are alike). `None` over less than a diameter, and where R is 0 somewhere.
    pub fn roughness(&self, from: f64, to: f64) -> Option<Measurement> {
        let made = &self.areas.made;
        let half = (made.radius() / made.pitch).round().max(2.0) as usize;
        let layers = self.areas.layers(from, to);
        if layers.len() <= 2 * half || layers.clone().any(|k| self.radius[k].iter().any(|r| !(*r > 0.0))) {
            return None;
        }
        let squares: Vec<f64> = (0..RELIEF_STEPS)
            .map(|j| {
                let inner = layers.start + half..layers.end - half;
                let n = inner.len() as f64;
                let square = inner.map(|k| {
                    let fit = least_squares((k - half..=k + half).map(|l| ([1.0, l as f64 - k as f64], self.radius[l][j])));
                    // The line takes one part in the number of layers of the layer's own deviation.
                    fit.map_or(0.0, |fit| (self.radius[k][j] - fit.coefficients[0]).powi(2) * (1.0 + 1.0 / (2 * half) as f64))
                });
                square.sum::<f64>() / n
            })
            .collect();
        let n = RELIEF_STEPS as f64;
        let mean = squares.iter().sum::<f64>() / n;
        let spread = (squares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0) / (0.25 * n)).sqrt();
        let rms = mean.sqrt();
        Some(Measurement::new(rms, if rms > 0.0 { 0.5 * spread / rms } else { 0.0 }))
    }
}
