//! The key moments of a break: A onset of visible thinning, B neck or void, C break.

use crate::measurement::uniform;
use crate::profiles::cell;
use crate::{Measurement, Profiles};

/// What counts as each moment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MomentRule {
    /// A: some place has become thinner by this fraction of the as-made diameter (its mean over the wire) ...
    pub visible_fraction: f64,
    /// ... or by this length [m] in diameter, whichever is larger.
    pub visible_length: f64,
    /// B: some place has less than this fraction of the cross-section it had as made.
    pub neck_area: f64,
    /// C: the smallest radius is below this [m], the physical threshold of a gap.
    pub break_radius: f64,
}

impl Default for MomentRule {
    /// 3 % or 2 nm of diameter; half of the area; 3 nm.
    fn default() -> MomentRule {
        MomentRule { visible_fraction: 0.03, visible_length: 2e-9, neck_area: 0.5, break_radius: 3e-9 }
    }
}

/// One key moment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct KeyMoment {
    /// When [s], interpolated between profiles; uncertain by the time between them.
    pub time: Measurement,
    /// Where [m], uncertain by the cell.
    pub position: Measurement,
    /// Radius there [m] in the first profile that shows it.
    pub radius: f64,
    /// Index of that profile.
    pub profile: usize,
}

/// The key moments; `None` for one that did not come.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct KeyMoments {
    /// A: onset of visible thinning.
    pub onset: Option<KeyMoment>,
    /// B: neck or void.
    pub neck: Option<KeyMoment>,
    /// C: break.
    pub rupture: Option<KeyMoment>,
}

/// The key moments of `profiles`, between the positions `from` and `to` [m] (the contact edges; the whole wire if infinite). All are
/// relative to the first profile and local: a thin place that was there from the start is no onset. `electrical_break` [s] is the time at
/// which the current fell, if known: it then is the time of C, and the profile only says where.
pub fn key_moments(profiles: &Profiles, rule: &MomentRule, from: f64, to: f64, electrical_break: Option<f64>) -> KeyMoments {
    let first = profiles.first();
    let made = mean(first).unwrap_or(f64::NAN);
    let visible = (rule.visible_fraction * 2.0 * made).max(rule.visible_length);
    let search = Search { profiles, from, to };
    let rupture = match electrical_break.filter(|t| t.is_finite()) {
        Some(t) => search.thinnest_at(t),
        None => search.first_above(|_, r| rule.break_radius - r, 0.0),
    };
    KeyMoments {
        onset: search.first_above(|i, r| 2.0 * (first[i] - r), visible),
        neck: search.first_above(|i, r| 1.0 - r * r / (first[i] * first[i]), 1.0 - rule.neck_area),
        rupture,
    }
}

struct Search<'a> {
    profiles: &'a Profiles<'a>,
    from: f64,
    to: f64,
}

impl Search<'_> {
    /// The first time the largest `measure(cell, radius)` over the wire exceeds `limit`.
    fn first_above(&self, measure: impl Fn(usize, f64) -> f64, limit: f64) -> Option<KeyMoment> {
        let mut before: Option<(f64, f64)> = None;
        for (k, row) in self.profiles.rows().enumerate() {
            let t = self.profiles.time()[k];
            let Some((i, value)) = self.largest(row, &measure) else { continue };
            if value > limit {
                let (time, spread) = match before {
                    Some((t0, v0)) => (t0 + (t - t0) * ((limit - v0) / (value - v0)).clamp(0.0, 1.0), uniform(t - t0)),
                    None => (t, 0.0),
                };
                return Some(self.moment(k, i, Measurement::new(time, spread)));
            }
            before = Some((t, value));
        }
        None
    }

    /// The thinnest place of the first profile at or after `t`, or else of the last one.
    fn thinnest_at(&self, t: f64) -> Option<KeyMoment> {
        let times = self.profiles.time();
        let k = times.partition_point(|&x| x < t).min(times.len().checked_sub(1)?);
        let (i, _) = self.largest(self.profiles.row(k), &|_, r: f64| -r)?;
        Some(self.moment(k, i, Measurement::new(t, 0.0)))
    }

    fn largest(&self, row: &[f64], measure: &impl Fn(usize, f64) -> f64) -> Option<(usize, f64)> {
        let position = self.profiles.position();
        row.iter()
            .enumerate()
            .filter(|(i, r)| **r >= 0.0 && position[*i] >= self.from && position[*i] <= self.to)
            .map(|(i, &r)| (i, measure(i, r)))
            .filter(|(_, v)| v.is_finite())
            // Of equal ones, the first.
            .fold(None, |best: Option<(usize, f64)>, x| if best.is_some_and(|b| b.1 >= x.1) { best } else { Some(x) })
    }

    fn moment(&self, k: usize, i: usize, time: Measurement) -> KeyMoment {
        let position = self.profiles.position();
        KeyMoment { time, position: Measurement::new(position[i], uniform(cell(position, i))), radius: self.profiles.row(k)[i], profile: k }
    }
}

/// Mean of the finite radii.
fn mean(row: &[f64]) -> Option<f64> {
    let (sum, n) = row.iter().filter(|r| r.is_finite()).fold((0.0, 0usize), |(s, n), r| (s + r, n + 1));
    (n > 0).then(|| sum / n as f64)
}
