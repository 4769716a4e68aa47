//! Fourier amplitudes of the outline, averaged over layers: how much of a pentagon a tip, a neck or a hillock is.

use super::{AsMade, AtomsError, harmonics, section_outline};
use crate::Measurement;
use crate::facets::TipEnd;
use crate::measurement::uniform;
use std::f64::consts::TAU;

/// Bins of azimuth in which the outermost site is taken.
const BINS: usize = 24;
/// Steps of azimuth whose areas give a radius: a whole number a wedge.
const STEPS: usize = 40;

/// |c_m| / c0 of R(φ) about each section's own centre for m = 2 … 5, averaged over layers of one pitch; c_m is the mean of R exp(-i m φ).
///
/// Two ways to a radius, each with its own value for a pentagon: compare numbers of the same way only, best as ratios to the wire as made. Uncertainties are the
/// spread over the layers, over the root of half their number (neighbours are alike). Amplitudes of noise do not average out: a circle has
/// 0.005 to 0.02, the more the fewer sites a section has.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OutlineAmplitudes {
    /// R of the outermost site in each of 24 bins of azimuth, from y on.
    pub outermost: [Measurement; 4],
    /// R of a sector of the area that lies in each of 40 steps of azimuth, from twin plane 0 on, over a slab of one pitch
    /// ([`section_outline`]).
    pub sectors: [Measurement; 4],
    /// How many layers.
    pub layers: usize,
}

impl OutlineAmplitudes {
    /// The amplitude five times around: `[outermost, sectors]`.
    pub fn pentagon(&self) -> [Measurement; 2] {
        [self.outermost[3], self.sectors[3]]
    }
}

/// Amplitudes of the outline over the layers of one pitch between two places along the axis [m]. Each site is taken as it is, so a layer has one
/// site of each column. Layers with fewer than 40 sites are left out; `None` if no layer is left.
///
/// # Errors
/// As [`super::layer_areas`].
pub fn outline_amplitudes(positions: &[[f64; 3]], made: &AsMade, from: f64, to: f64) -> Result<Option<OutlineAmplitudes>, AtomsError> {
    made.check(positions)?;
    let near: Vec<[f64; 3]> = positions.iter().filter(|p| (from - made.pitch..=to + made.pitch).contains(&p[0])).copied().collect();
    let Some(lowest) = near.iter().map(|p| p[0]).filter(|x| *x >= from).min_by(f64::total_cmp) else { return Ok(None) };
    // Sites lie at multiples of half a pitch: none near the boundary of a layer.
    let origin = lowest - 0.25 * made.pitch;
    let count = ((to - origin) / made.pitch).floor().clamp(0.0, 1e6) as usize;
    let mut layers: Vec<Vec<[f64; 2]>> = vec![Vec::new(); count];
    for p in &near {
        let k = ((p[0] - origin) / made.pitch).floor();
        if k >= 0.0
            && let Some(layer) = layers.get_mut(k as usize)
        {
            layer.push([p[1], p[2]]);
        }
    }
    let wire = made.wire(TipEnd::Right);
    let mut found: Vec<[[f64; 4]; 2]> = Vec::new();
    let mut single = 0.0;
    for (k, layer) in layers.iter().enumerate() {
        if layer.len() < STEPS {
            continue;
        }
        let along = origin + (k as f64 + 0.5) * made.pitch;
        let outer = outermost(layer);
        let Some(area) = section_outline(&near, &wire, along, made.pitch, STEPS)? else { continue };
        let sigma = uniform(made.pitch);
        let (Some(a), Some(b)) = (harmonics(&outer, sigma), harmonics(&area.radius, sigma)) else { continue };
        single = a.coefficients[4].uncertainty;
        found.push([a, b].map(|h| std::array::from_fn(|m| h.coefficients[m + 1].value)));
    }
    if found.is_empty() {
        return Ok(None);
    }
    let n = found.len() as f64;
    let of = |way: usize| -> [Measurement; 4] {
        std::array::from_fn(|m| {
            let mean = found.iter().map(|f| f[way][m]).sum::<f64>() / n;
            let square = found.iter().map(|f| (f[way][m] - mean).powi(2)).sum::<f64>();
            let uncertainty = if found.len() > 1 { (square / (n - 1.0) / (0.5 * n).max(1.0)).sqrt() } else { single };
            Measurement::new(mean, uncertainty)
        })
    };
    Ok(Some(OutlineAmplitudes { outermost: of(0), sectors: of(1), layers: found.len() }))
}

/// Distance of the outermost site from the sites' centre in each bin; a bin without a site is interpolated.
fn outermost(sites: &[[f64; 2]]) -> Vec<f64> {
    let n = sites.len() as f64;
    let centre = [0, 1].map(|k| sites.iter().map(|p| p[k]).sum::<f64>() / n);
    let mut radius = vec![0f64; BINS];
    for p in sites {
        let [y, z] = [p[0] - centre[0], p[1] - centre[1]];
        // A site on the boundary of two bins belongs to the upper one, whatever its last digit.
        let bin = (z.atan2(y) / TAU * BINS as f64 + 1e-6).rem_euclid(BINS as f64) as usize;
        let r = &mut radius[bin.min(BINS - 1)];
        *r = r.max(y.hypot(z));
    }
    let known = |k: usize| radius[k % BINS] > 0.0;
    let mut filled = radius.clone();
    for k in (0..BINS).filter(|&k| !known(k)) {
        let before = (1..BINS).find(|j| known(k + BINS - j));
        let after = (1..BINS).find(|j| known(k + j));
        if let (Some(b), Some(a)) = (before, after) {
            filled[k] = (radius[(k + BINS - b) % BINS] * a as f64 + radius[(k + a) % BINS] * b as f64) / (a + b) as f64;
        }
    }
    filled
}
