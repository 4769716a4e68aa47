//! Sections along the axis, and where the tip and the side walls are.

use super::wire::{bounds, length};
use super::{AtomsError, Wire};
use crate::Measurement;
use crate::facets::TipEnd;
use crate::fit::least_squares;
use crate::measurement::uniform;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, PI};

/// Most steps of a profile.
const MOST: f64 = 1e7;

/// Sections of a wire along its axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Sections {
    /// The wire as made.
    pub wire: Wire,
    /// Position of the middle of the first step [m]. Steps begin at whole multiples of `step`, so that those of different states coincide.
    pub start: f64,
    /// Length of a step [m].
    pub step: f64,
    /// Area [m²]: the volume of the atoms in a step over its length.
    pub area: Vec<f64>,
    /// Of that, within 18° of the middle of each wedge [m²].
    pub wedges: Vec<[f64; 5]>,
}

/// Sections of a wire each `step` [m], from all its atoms; each atom is spread over its nearest-neighbour distance along the axis, so that
/// layers do not beat with the steps.
///
/// # Errors
/// Without atoms, with a position that is not finite, or with more than 1e7 steps.
pub fn sections(positions: &[[f64; 3]], wire: &Wire, step: f64) -> Result<Sections, AtomsError> {
    wire.check(positions)?;
    length("the step along the axis", step)?;
    let [low, high] = bounds(positions.iter().map(|p| p[0]));
    let half = 0.5 * wire.spacing;
    let first = ((low - half) / step).floor();
    let count = ((high + half) / step).floor() - first + 1.0;
    if !(count <= MOST && first.abs() < 1e15) {
        return Err(AtomsError::TooWide { extent: high - low, step });
    }
    let mut found = Sections {
        wire: *wire,
        start: (first + 0.5) * step,
        step,
        area: vec![0.0; count as usize],
        wedges: vec![[0.0; 5]; count as usize],
    };
    let whole = wire.atomic_volume() / step;
    for p in positions {
        let [y, z] = [p[1] - wire.axis[0], p[2] - wire.axis[1]];
        let azimuth = z.atan2(y);
        let wedge = wire.wedge(azimuth);
        let off = azimuth - wire.middle(wedge);
        let part = overlap(off.sin().atan2(off.cos()), y.hypot(z), cell(wire), [-PI / 10.0, PI / 10.0]);
        let [from, to] = [p[0] - half, p[0] + half].map(|x| x / step - first);
        for k in from as usize..=(to as usize).min(found.area.len() - 1) {
            let share = whole * (to.min(k as f64 + 1.0) - from.max(k as f64)).max(0.0) / (to - from);
            found.area[k] += share;
            found.wedges[k][wedge] += share * part;
        }
    }
    Ok(found)
}

impl Sections {
    /// Position of the middle of a step [m].
    pub fn along(&self, k: usize) -> f64 {
        self.start + k as f64 * self.step
    }

    /// From the axis to each side wall at a step [m], as [`Wire::apothem`] is counted: the apothem of a triangle with the area within 18° of the
    /// wedge's middle, less half a layer. It takes the wire to be solid from its axis on. `None` where there is less than a layer. On a perfect prism
    /// right to 0.03 nearest-neighbour distances (30 shells; the uncertainty stated is a place within a twelfth of a layer).
    pub fn walls(&self, k: usize) -> Option<[Option<Measurement>; 5]> {
        let layer = FRAC_1_SQRT_2 * self.wire.spacing;
        let wedges = self.wedges.get(k)?;
        Some(wedges.map(|area| {
            let apothem = (area / (PI / 10.0).tan()).sqrt() - 0.5 * layer;
            (apothem >= layer).then(|| Measurement::new(apothem, layer / 12.0))
        }))
    }

    /// Radius of equal area [m] from the free end inwards, a step each; empty steps outside are left out.
    pub fn profile(&self) -> Vec<f64> {
        let radius = |a: &f64| (a / PI).sqrt();
        let mut found: Vec<f64> = match self.wire.end {
            TipEnd::Right => self.area.iter().rev().map(radius).collect(),
            TipEnd::Left => self.area.iter().map(radius).collect(),
        };
        let outside = found.iter().take_while(|r| **r == 0.0).count();
        found.drain(..outside);
        found
    }

    /// Length of the tip [m]: over which the radius of equal area grows from one to another part of the wire's as made (10 % to 90 %: `[0.1, 0.9]`;
    /// half the radius is a quarter of the area). `None` if they are not reached.
    pub fn tip_length(&self, parts: [f64; 2]) -> Option<Measurement> {
        length_between(&self.profile(), self.step, parts.map(|p| p * self.wire.radius()))
    }

    /// How far behind the foremost matter a part of the wire's radius is first reached [m]: `0.5` is a quarter of its area. `None` if it is not.
    pub fn depth_of(&self, part: f64) -> Option<Measurement> {
        let depth = crossing(&self.profile(), 0, part * self.wire.radius())?;
        Some(Measurement::new(self.step * (depth + 0.5), uniform(self.step) * 2f64.sqrt()))
    }
}

/// Length over which a radius, given from the apex inwards each `step`, first grows from one level to another, interpolated [m]. On pictures or
/// profiles: any radius or half-width does. The uncertainty is a place within a step at both ends. `None` if a level is not reached, or the array is
/// not of finite numbers.
pub fn length_between(radius: &[f64], step: f64, levels: [f64; 2]) -> Option<Measurement> {
    if !(step > 0.0 && step.is_finite() && levels[0] < levels[1]) || radius.iter().any(|r| !r.is_finite()) {
        return None;
    }
    let from = crossing(radius, 0, levels[0])?;
    let to = crossing(radius, from.ceil().max(0.0) as usize, levels[1])?;
    Some(Measurement::new(step * (to - from), uniform(step) * 2f64.sqrt()))
}

/// Where a level is first reached from index `start` on; the radius before the first one is 0.
fn crossing(radius: &[f64], start: usize, level: f64) -> Option<f64> {
    let k = (start..radius.len()).find(|&k| radius[k] >= level)?;
    let before = if k == 0 { 0.0 } else { radius[k - 1] };
    let part = if radius[k] > before { ((level - before) / (radius[k] - before)).clamp(0.0, 1.0) } else { 1.0 };
    Some(k as f64 - 1.0 + part)
}

/// Position of the tip along the axis [m]: of the `rank`-th foremost atom (1 is the first; 20 bears adatoms and debris of a few atoms). It lies
/// behind the foremost layer by as much as that many atoms fill: nothing for a flat end, 3 layers of d/2 for a pyramid of {111} faces and rank 20,
/// the same for a tip that keeps its shape. The uncertainty is a place within a layer. `None` with fewer atoms, or with positions that are no
/// numbers.
pub fn apex(positions: &[[f64; 3]], wire: &Wire, rank: usize) -> Option<Measurement> {
    if rank == 0 || rank > positions.len() || wire.check(positions).is_err() {
        return None;
    }
    let mut depths: Vec<f64> = positions.iter().map(|p| -wire.outwards() * p[0]).collect();
    let depth = *depths.select_nth_unstable_by(rank - 1, f64::total_cmp).1;
    Some(Measurement::new(-wire.outwards() * depth, uniform(0.5 * wire.spacing)))
}

/// Rate at which a place moves [m/s], from its positions at times [s]: slope of the straight line through them; recession of a right end is below
/// 0. The uncertainty is from the scatter about the line. `None` with fewer than three places, or all at one time.
pub fn rate(times: &[f64], places: &[f64]) -> Option<Measurement> {
    let known = || times.iter().zip(places).filter(|(t, p)| t.is_finite() && p.is_finite());
    let n = known().count().max(1) as f64;
    let (t0, p0) = (known().map(|k| k.0).sum::<f64>() / n, known().map(|k| k.1).sum::<f64>() / n);
    let unit = known().map(|k| (k.0 - t0).abs()).fold(0.0, f64::max);
    let fit = least_squares(known().map(|(t, p)| ([1.0, (t - t0) / unit], p - p0)))?;
    Some(Measurement::new(fit.coefficients[1] / unit, fit.covariance[1][1].max(0.0).sqrt() / unit))
}

/// Width of an atom's cell across the axis [m].
pub(super) fn cell(wire: &Wire) -> f64 {
    (wire.atomic_volume() / wire.spacing).sqrt()
}

/// Share of an atom at an azimuth and distance from the centre that lies between two azimuths, spread as wide as its cell appears from there.
pub(super) fn overlap(azimuth: f64, distance: f64, cell: f64, between: [f64; 2]) -> f64 {
    let half = (0.5 * cell / distance.max(1e-3 * cell)).min(FRAC_PI_2);
    ((azimuth + half).min(between[1]) - (azimuth - half).max(between[0])).max(0.0) / (2.0 * half)
}
