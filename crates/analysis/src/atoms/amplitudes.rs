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

/// c5 of a pentagon by sectors: 0.0428 for its corners and sides, 0.974 of that in steps of 9 degrees. Measured on wires as made: 0.0425
/// (16 shells), 0.0419 (24).
const PENTAGON: f64 = 0.0417;

/// |c_m| / c0 of R(φ) about each section's own centre for m = 2 … 5, averaged over layers of one pitch; c_m is the mean of R exp(-i m φ).
///
/// Two ways to a radius, each with its own value for a pentagon: compare numbers of the same way only, best as ratios to the wire as made
/// (the first way depends on the bins: 0.045 to 0.054 with 16 to 72 of them; the second hardly does, 0.0428 being that of the shape
/// itself). Uncertainties are the spread over the layers, over the root of half their number (neighbours are alike). Amplitudes of noise do
/// not average out: thermal roughness makes 0.006 of each (16 shells), and the lattice's own steps 0.003 to 0.015 of c5 on round cones, the
/// more the blunter they are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OutlineAmplitudes {
    /// R of the outermost site in each of 24 bins of azimuth, from twin plane 0 on: the way of the reference runs whose virgin pentagon has
    /// c5 = 0.053 (it has 0.0534 here at 16 shells, 0.0517 at 12, 0.0515 at 24; c2 … c4 0.001 to 0.003).
    pub outermost: [Measurement; 4],
    /// R of a sector of the area that lies in each of 40 steps of azimuth, from twin plane 0 on, over a slab of one pitch
    /// ([`section_outline`]).
    pub sectors: [Measurement; 4],
    /// How many layers.
    pub layers: usize,
}

impl OutlineAmplitudes {
    /// The amplitude five times around over that of a pentagon by sectors: 1 for a pentagon, 0 for a circle.
    pub fn five_sided(&self) -> f64 {
        self.sectors[3].value / PENTAGON
    }
}

/// Amplitudes of the outline over the layers of one pitch between two places along the axis [m]. Each site is taken as it is, so a layer
/// has one site of each column. Layers with fewer than 40 sites are left out; `None` if no layer is left.
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
        let outer = outermost(layer, made.azimuth);
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
fn outermost(sites: &[[f64; 2]], azimuth: f64) -> Vec<f64> {
    let n = sites.len() as f64;
    let centre = [0, 1].map(|k| sites.iter().map(|p| p[k]).sum::<f64>() / n);
    let mut radius = vec![0f64; BINS];
    for p in sites {
        let [y, z] = [p[0] - centre[0], p[1] - centre[1]];
        // A site on the boundary of two bins belongs to the upper one, whatever its last digit.
        let bin = ((z.atan2(y) - azimuth) / TAU * BINS as f64 + 1e-6).rem_euclid(BINS as f64) as usize;
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
