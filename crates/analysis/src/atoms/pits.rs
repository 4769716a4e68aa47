//! Pits: silver missing on one side of the wire. In projection they look like voids.

use super::pit_size::{depth, missing, missing_at, volume};
use super::recession::{Cell, Map, Recession, around};
use super::relief::RELIEF_STEPS as STEPS;
use super::{LayerAreas, Relief};
use crate::Measurement;
use crate::measurement::uniform;
use std::f64::consts::{FRAC_PI_4, PI, SQRT_2, TAU};

/// Least recession of a pit's side beyond that of the wall opposite [pitches].
pub const PIT_LEAST: f64 = 2.0;
/// A pit reaches to where it is this part of that.
const FLANK: f64 = 0.5;
/// The wire around is larger than the section in the pit by at least this part of the area that is missing there.
const SMALLER: f64 = 0.3;
/// A slit goes as far as this part of its largest missing area.
const SLIT: f64 = 0.25;

/// Where a projection along z (y upwards, x to the right) shows a pit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeenAt {
    /// In the outline, where y is larger: within 45° of azimuth 0.
    UpperEdge,
    /// In the outline, where y is smaller: within 45° of azimuth 180°.
    LowerEdge,
    /// As a thinner place within the outline: the side turned to the beam or away from it.
    Face,
}

/// Silver missing on one side, against the wire around (up to two radii before and behind).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pit {
    /// Its middle along the axis [m], weighted by what is missing; uncertain by a place within a pitch.
    pub at: Measurement,
    /// Over which length its side has receded by more than half of the most [m].
    pub length: Measurement,
    /// Where it begins and ends along the axis [m]: at a recession of one pitch.
    pub span: [f64; 2],
    /// Largest depth, over the radius of the wire as made, in a strip a third of the radius wide through the axis. 1 reaches about the
    /// axis. Right to 0.03 where the side is flat, up to 0.12 too shallow at an edge of the wire and for pits narrower than the strip.
    pub depth: Measurement,
    /// Azimuth of the missing silver, from y towards z, 0 to 2π [rad]: 0 is +y, π/2 is +z.
    pub azimuth: f64,
    /// Volume missing in the half of the wire that faces it, beyond what is missing in the other half [m³]; all around if it is deeper than
    /// 1. The uncertainty is that of the section of a rough wire.
    pub volume: Measurement,
    /// Recession of the wall opposite from its place as made, over the radius of the wire as made: 0 if it is there, below 0 if it has grown.
    pub opposite: f64,
    /// A/A0 in its deepest layer, as the mean of three layers.
    pub ratio: f64,
    /// A/A0 beside it: the smaller one of the largest before and behind it.
    pub around: f64,
}

impl Pit {
    /// Where a projection along z shows it.
    pub fn seen(&self) -> SeenAt {
        let off = |azimuth: f64| ((self.azimuth - azimuth + PI).rem_euclid(TAU) - PI).abs();
        if off(0.0) <= FRAC_PI_4 {
            SeenAt::UpperEdge
        } else if off(PI) <= FRAC_PI_4 {
            SeenAt::LowerEdge
        } else {
            SeenAt::Face
        }
    }
}

/// Pits of a wire, from low to high x, given all its sites and its relief.
///
/// A side has receded by as much as R(φ, x), averaged over three layers and 72° of azimuth, lies below the smaller of its largest values up
/// to two radii before and behind, at the same azimuth. A pit is a place around which
/// * it is at least 2 pitches more than that of the wall opposite, which is in line with its own neighbours: within a third of the recession,
///   or a pitch ([`Pit::opposite`] says where it is against the wire as made),
/// * the section is smaller than on both sides of the pit, by at least 0.3 of what is missing. So the slope of a neck, a tip and a bent wire
///   are no pits.
///
/// Two pitches are well above the roughness of the lattice: thermal roughness of a coarse lattice (local hops at kT of 0.36 to 0.63 bond
/// energies, 0.54 µm of 16 shells) makes 0.5 to 0.8 of it, thinning without skin up to 1.2, independent roughness of one pitch on every
/// column's end 0.4. Knobs of a pitch (rms) as large as the averages are dents of that depth, and are listed at times. Necks and thin
/// stretches are none: there the wall opposite recedes too. Two deep places are two pits if what is between them is less than half as deep
/// as the shallower one. A cut beyond the axis opens on several sides and counts as one pit. Pits less than 72° wide have to be deeper to
/// be found, by as much as they are narrower: of half spheres in a wall 20 nm are found at 16 shells of a 115 nm wire, and not at 12.
pub fn pits(positions: &[[f64; 3]], relief: &Relief) -> Vec<Pit> {
    let pitch = relief.areas.made.pitch;
    let recession = Recession::of(relief);
    let around = around(relief, recession.reach);
    let regions = recession.regions(FLANK * PIT_LEAST * pitch, PIT_LEAST * pitch, pitch);
    let found = regions.iter().filter_map(|region| pit(positions, relief, &recession, &around, region)).collect();
    joined(found, positions, relief, &around, recession.reach)
}

fn pit(positions: &[[f64; 3]], relief: &Relief, recession: &Recession, around: &Map, region: &[Cell]) -> Option<Pit> {
    let areas = &relief.areas;
    let made = &areas.made;
    let first = region.iter().map(|c| c.0).min()?;
    let last = region.iter().map(|c| c.0).max()?;
    // Where the missing silver is: its moment, over the cells of the region.
    let mut moment = [0.0; 4];
    for &(k, j) in region {
        let m = missing_at(relief, around, k, j);
        let (sin, cos) = relief.azimuth(j).sin_cos();
        moment = [moment[0] + m, moment[1] + m * areas.along(k), moment[2] + m * cos, moment[3] + m * sin];
    }
    let azimuth = moment[3].atan2(moment[2]).rem_euclid(TAU);
    let area = |k: usize| missing(relief, around, k, Some(azimuth));
    let deepest = (first..=last).max_by(|a, b| area(*a).total_cmp(&area(*b)))?;
    let ratio = smooth(areas, deepest);
    let largest = |layers: std::ops::RangeInclusive<usize>| layers.map(|k| smooth(areas, k)).fold(0.0, f64::max);
    let before = largest(deepest.saturating_sub(recession.reach)..=deepest);
    let after = largest(deepest..=(deepest + recession.reach).min(areas.area.len() - 1));
    // Averages over three layers make nothing shorter.
    if last - first < 2 {
        return None;
    }
    if !(moment[0] > 0.0 && before.min(after) - ratio > SMALLER * area(deepest) / made.area) {
        return None;
    }
    let depths: Vec<f64> = (first..=last).map(|k| recession.deepest(k, region)).collect();
    let most = depths.iter().copied().fold(0.0, f64::max);
    let length = depths.iter().filter(|d| **d > 0.5 * most).count() as f64 * made.pitch;
    let span = [areas.along(first) - 0.5 * made.pitch, areas.along(last) + 0.5 * made.pitch];
    let sigma = uniform(made.pitch);
    let deep = depth(positions, areas, azimuth, span, recession.reach).max(most);
    Some(Pit {
        at: Measurement::new(moment[1] / moment[0], sigma),
        length: Measurement::new(length, sigma * SQRT_2),
        span,
        depth: Measurement::new(deep / made.radius(), sigma / made.radius()),
        azimuth,
        volume: volume(relief, around, first..last + 1, Some(azimuth)),
        opposite: opposite(relief, deepest, azimuth) / made.radius(),
        ratio,
        around: before.min(after),
    })
}

/// Joins what belongs to one slit: a cut beyond the axis opens on several sides. The one where most is missing stays, with the span of all,
/// its depth over that and what is missing all around over that.
fn joined(mut found: Vec<Pit>, positions: &[[f64; 3]], relief: &Relief, around: &Map, reach: usize) -> Vec<Pit> {
    let areas = &relief.areas;
    let near = 2.0 * areas.made.pitch;
    found.sort_by(|a, b| b.volume.value.total_cmp(&a.volume.value));
    let mut kept: Vec<Pit> = Vec::new();
    for p in found {
        let same =
            |q: &&mut Pit| (p.depth.value > 1.0 || q.depth.value > 1.0) && p.span[0] < q.span[1] + near && q.span[0] < p.span[1] + near;
        match kept.iter_mut().find(same) {
            Some(q) => q.span = [q.span[0].min(p.span[0]), q.span[1].max(p.span[1])],
            None => kept.push(p),
        }
    }
    for q in kept.iter_mut().filter(|q| q.depth.value > 1.0) {
        // Where its mouths are too small to be found, the section still says how far it goes.
        let layers = areas.layers(q.span[0], q.span[1]);
        let all = |k: usize| missing(relief, around, k, None);
        let most = layers.clone().map(all).fold(0.0, f64::max);
        let first = (0..layers.start).rev().take_while(|&k| all(k) > SLIT * most).last().unwrap_or(layers.start);
        let last = (layers.end..areas.area.len()).take_while(|&k| all(k) > SLIT * most).last().unwrap_or(layers.end.saturating_sub(1));
        q.span = [areas.along(first) - 0.5 * areas.made.pitch, areas.along(last) + 0.5 * areas.made.pitch];
        q.volume = volume(relief, around, first..last + 1, None);
        q.depth.value = q.depth.value.max(depth(positions, areas, q.azimuth, q.span, reach) / areas.made.radius());
    }
    kept.sort_by(|a, b| a.at.value.total_cmp(&b.at.value));
    kept
}

/// Recession of the outermost silver opposite an azimuth from its place as made, as the mean over 72° and three layers [m].
fn opposite(relief: &Relief, layer: usize, azimuth: f64) -> f64 {
    let made = &relief.areas.made;
    let half = PI / STEPS as f64;
    let (mut sum, mut count) = (0.0, 0.0);
    for j in (0..STEPS).filter(|&j| (relief.azimuth(j) - azimuth - PI).cos() > (0.2 * PI).cos()) {
        // The outermost of a step towards an edge of the wire lies at its boundary.
        let far = [-half, 0.0, half].map(|off| made.radius_at(relief.azimuth(j) + off)).into_iter().fold(0.0, f64::max);
        for row in &relief.outermost[layer.saturating_sub(1)..(layer + 2).min(relief.outermost.len())] {
            sum += far - row[j];
            count += 1.0;
        }
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

/// A/A0 as the mean of three layers.
fn smooth(areas: &LayerAreas, k: usize) -> f64 {
    let near = &areas.area[k.saturating_sub(1)..(k + 2).min(areas.area.len())];
    near.iter().sum::<f64>() / (near.len() as f64 * areas.made.area)
}
