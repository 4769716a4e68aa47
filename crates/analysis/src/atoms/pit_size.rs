//! How deep a pit is, and how much is missing.

use super::profile::shares;
use super::recession::Map;
use super::relief::RELIEF_STEPS as STEPS;
use super::{LayerAreas, Relief};
use crate::Measurement;
use std::f64::consts::TAU;
use std::ops::Range;

/// By how much of A0 the difference of the two halves of a rough wire's section varies: thermal roughness of a coarse lattice, or half a
/// pitch, makes 2 %.
const ROUGH: f64 = 0.02;
/// A place is solid from this part of what fills it on.
const SOLID: f64 = 0.7;
/// Half the width of the strip in which the depth is measured, over the wire's radius.
const STRIP: f64 = 1.0 / 6.0;
/// How far beyond a pit its flanks may reach, over the wire's radius.
const FLANKS: f64 = 0.5;

/// Area missing in a layer at a step of azimuth, against the wire around [m²].
pub(super) fn missing_at(relief: &Relief, around: &Map, k: usize, j: usize) -> f64 {
    0.5 * TAU / STEPS as f64 * (around[k][j].powi(2) - relief.radius[k][j].powi(2))
}

/// Area missing in a layer in the half towards an azimuth beyond that in the other half, or all around [m²]. The wire around is that of its
/// thickest places, so roughness makes some silver missing everywhere: the other half says how much.
pub(super) fn missing(relief: &Relief, around: &Map, k: usize, azimuth: Option<f64>) -> f64 {
    let sign = |j: usize| match azimuth {
        Some(a) if (relief.azimuth(j) - a).cos() < 0.0 => -1.0,
        _ => 1.0,
    };
    (0..STEPS).map(|j| sign(j) * missing_at(relief, around, k, j)).sum()
}

/// Volume missing in the half towards an azimuth beyond that in the other half, or all around, over layers and down to the foot of the
/// flanks beyond them, at most half a radius.
pub(super) fn volume(relief: &Relief, around: &Map, layers: Range<usize>, azimuth: Option<f64>) -> Measurement {
    let areas = &relief.areas;
    let made = &areas.made;
    let area = |k: usize| missing(relief, around, k, azimuth);
    let beyond = (FLANKS * made.radius() / made.pitch).ceil() as usize;
    let foot = |mut at: usize, next: &dyn Fn(usize) -> Option<usize>| {
        for _ in 0..beyond {
            match next(at).filter(|&k| area(k) < area(at)) {
                Some(k) => at = k,
                None => break,
            }
        }
        at
    };
    let first = foot(layers.start, &|k| k.checked_sub(1));
    let last = foot(layers.end - 1, &|k| (k + 1 < areas.area.len()).then_some(k + 1));
    let length = (last + 1 - first) as f64 * made.pitch;
    Measurement::new((first..=last).map(area).sum::<f64>() * made.pitch, ROUGH * made.area * length)
}

/// How far silver is missing from the side at an azimuth inwards, over a strip through the axis, against the wire around, to the first
/// solid place [m]. Each depth counts with the emptiest three layers of the span, so an oblique slit is as deep as it reaches, and with the
/// smaller one of the fullest five before and behind its middle.
pub(super) fn depth(positions: &[[f64; 3]], areas: &LayerAreas, azimuth: f64, span: [f64; 2], reach: usize) -> f64 {
    let made = &areas.made;
    let half = STRIP * made.radius();
    let column = made.site_volume / made.pitch;
    let width = column.sqrt();
    let widening = made.widening();
    let (sin, cos) = azimuth.sin_cos();
    let layers = ((span[1] - span[0]) / made.pitch).round().max(1.0) as usize + 2 * reach;
    let start = span[0] - reach as f64 * made.pitch;
    let inside = |p: &&[f64; 3]| (start - made.pitch..start + (layers + 1) as f64 * made.pitch).contains(&p[0]);
    let outwards = |p: &[f64; 3]| (cos * (p[1] - made.axis[0]) + sin * (p[2] - made.axis[1])) / widening;
    // Bins of one column from the outermost place inwards.
    let top = positions.iter().filter(inside).map(outwards).fold(0.0, f64::max) + width;
    let bins = (2.0 * top / width).ceil().min(1e4) as usize + 1;
    let mut filled = vec![vec![0.0; bins]; layers];
    let whole = 2.0 * half * width;
    for p in positions.iter().filter(inside) {
        let away = (cos * (p[2] - made.axis[1]) - sin * (p[1] - made.axis[0])) / widening;
        let part = ((away + 0.5 * width).min(half) - (away - 0.5 * width).max(-half)).max(0.0) / width;
        let place = (top - outwards(p)) / width;
        for (k, along) in shares((p[0] - start) / made.pitch) {
            for (b, across) in shares(place) {
                if let Some(f) = filled.get_mut(k).and_then(|row| row.get_mut(b)) {
                    *f += along * across * part * column / whole;
                }
            }
        }
    }
    // Mean of `2 n + 1` layers, in a bin.
    let mean = |k: usize, b: usize, n: usize| filled[k - n..=k + n].iter().map(|row| row[b]).sum::<f64>() / (2 * n + 1) as f64;
    let over = |range: Range<usize>, n: usize| range.start.max(n)..range.end.min(layers.saturating_sub(n));
    let fullest = |range: Range<usize>, b: usize| over(range, 2).map(|k| mean(k, b, 2)).fold(0.0, f64::max);
    let mut missing = 0.0;
    for b in 0..bins {
        let left = over(reach..layers - reach, 1).map(|k| mean(k, b, 1)).fold(f64::INFINITY, f64::min);
        let full = fullest(0..layers / 2 + 1, b).min(fullest(layers / 2..layers, b));
        if full > SOLID && left > SOLID {
            break;
        }
        missing += (full - left).clamp(0.0, 1.0) * width;
    }
    missing
}
