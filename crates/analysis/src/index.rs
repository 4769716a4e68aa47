//! Joule heat or electromigration: how lopsided the change is, and what removed the silver.
//!
//! Heat thins a wire symmetrically, electromigration moves silver from one half to the other. The dipole index tells by the shape alone;
//! the electromigration share tells by the cause, but needs budgets that only a simulation has. Quote both: after fast ramps a lopsided
//! shape can stay although electromigration removed next to nothing at the gap.

use crate::Measurement;
use crate::measurement::uniform;
use crate::profiles::{cell, changes};

/// The two numbers together.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cause {
    /// Dipole index, see [`dipole`].
    pub dipole: Option<Measurement>,
    /// Share of electromigration in the volume removed at the gap, see [`em_share`]; `None` without budgets.
    pub em_share: Option<Measurement>,
}

/// Volume removed from each cell [m³] up to the break, by mechanism; negative where a mechanism brought silver. Truth: an image cannot
/// tell. Arrays shorter than the wire count as zero beyond their end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Removed<'a> {
    /// By electromigration.
    pub electromigration: &'a [f64],
    /// By capillarity.
    pub capillarity: &'a [f64],
    /// By thermomigration.
    pub thermomigration: &'a [f64],
    /// By flow of the melt.
    pub melt_flow: &'a [f64],
    /// By sublimation.
    pub sublimation: &'a [f64],
}

/// The change of cross-section, where it is more than rounding.
fn change<'a>(position: &'a [f64], first: &'a [f64], now: &'a [f64]) -> Option<(impl Iterator<Item = (usize, f64)> + Clone + 'a, f64)> {
    let cells = changes(position, first, now);
    let all: f64 = cells.clone().map(|(i, da)| da.abs() * cell(position, i)).sum();
    let as_made: f64 = cells.clone().map(|(i, _)| std::f64::consts::PI * first[i] * first[i] * cell(position, i)).sum();
    (all > 1e-9 * as_made && all.is_finite()).then_some((cells, all))
}

/// Dipole index: sum sgn(x - `centre`) (A - A0) / sum |A - A0|, of the profile `now` against `first` (radii [m] over `position` [m]) just
/// before the break. +1: everything moved from the half of contact 1 to that of contact 2; -1 the other way; 0: symmetric, or the same
/// sign everywhere. Uncertain by the cell at the centre, half of which belongs to either side. `None` if nothing changed.
pub fn dipole(position: &[f64], first: &[f64], now: &[f64], centre: f64) -> Option<Measurement> {
    let (cells, all) = change(position, first, now)?;
    let (mut sum, mut middle) = (0.0, 0.0);
    for (i, da) in cells {
        let (dx, x) = (cell(position, i), position[i] - centre);
        // A cell across the centre counts by the part on each side.
        let side = (2.0 * x / dx).clamp(-1.0, 1.0);
        sum += side * da * dx;
        if side.abs() < 1.0 {
            middle += da.abs() * dx;
        }
    }
    sum.is_finite().then(|| Measurement::new(sum / all, uniform(2.0 * middle / all)))
}

/// Both numbers at once: the dipole of `now` against `first` about `centre`, and, given budgets, the electromigration share within `reach`
/// of `gap`. Arguments as in [`dipole`] and [`em_share`]; `budget` is the budgets, the gap and the reach.
pub fn cause(position: &[f64], first: &[f64], now: &[f64], centre: f64, budget: Option<(&Removed, f64, f64)>) -> Cause {
    Cause {
        dipole: dipole(position, first, now, centre),
        em_share: budget.and_then(|(removed, gap, reach)| em_share(position, removed, gap, reach)),
    }
}

/// Share of electromigration in what was removed from the cells within `reach` [m] of `gap` [m]: of the mechanisms that removed silver
/// there, the part that is electromigration's (0 to 1; a mechanism that brought silver takes no part). Uncertain by the change of the
/// share when the reach grows by one cell. `None` if nothing was removed there.
pub fn em_share(position: &[f64], removed: &Removed, gap: f64, reach: f64) -> Option<Measurement> {
    let nearest = (0..position.len()).min_by(|&a, &b| (position[a] - gap).abs().total_cmp(&(position[b] - gap).abs()))?;
    let share = |reach: f64| {
        let within: Vec<usize> = (0..position.len()).filter(|&i| i == nearest || (position[i] - gap).abs() <= reach).collect();
        let sum = |v: &[f64]| within.iter().filter_map(|&i| v.get(i)).filter(|x| x.is_finite()).sum::<f64>().max(0.0);
        let em = sum(removed.electromigration);
        let all = em + sum(removed.capillarity) + sum(removed.thermomigration) + sum(removed.melt_flow) + sum(removed.sublimation);
        (all > 0.0 && all.is_finite()).then(|| em / all)
    };
    let value = share(reach)?;
    let wider = share(reach.max(0.0) + cell(position, nearest)).unwrap_or(value);
    Some(Measurement::new(value, wider - value))
}

/// Symmetric and antisymmetric part of the change of cross-section about the centre, by their share of its mean square; they add to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Parity {
    /// Symmetric share: 1 for heat alone.
    pub symmetric: f64,
    /// Antisymmetric share.
    pub antisymmetric: f64,
}

/// [`Parity`] of the change from `first` to `now` about `centre`, with the stretches `masked` (start, end [m]) and their mirror images
/// left out. One narrow off-centre gap has equal parts whatever made it: mask the gap. `None` if nothing (left) changed.
pub fn parity(position: &[f64], first: &[f64], now: &[f64], centre: f64, masked: &[(f64, f64)]) -> Option<Parity> {
    let (cells, _) = change(position, first, now)?;
    let points: Vec<(f64, f64)> = cells.map(|(i, da)| (position[i], da)).collect();
    let hidden = |x: f64| masked.iter().any(|&(a, b)| x >= a && x <= b);
    let (mut even, mut odd) = (0.0, 0.0);
    for &(x, da) in &points {
        let mirror = 2.0 * centre - x;
        if hidden(x) || hidden(mirror) {
            continue;
        }
        let Some(other) = interpolate(&points, mirror) else { continue };
        even += 0.25 * (da + other) * (da + other);
        odd += 0.25 * (da - other) * (da - other);
    }
    let sum = even + odd;
    (sum > 0.0 && sum.is_finite()).then(|| Parity { symmetric: even / sum, antisymmetric: odd / sum })
}

/// Linear interpolation; `None` outside (a rounding error outside is at the end).
fn interpolate(points: &[(f64, f64)], x: f64) -> Option<f64> {
    let (&(x0, _), &(x1, _)) = (points.first()?, points.last()?);
    let slack = 1e-9 * (x1 - x0);
    if !(x >= x0 - slack && x <= x1 + slack) {
        return None;
    }
    // At most the last point's index, at least 1; a single point has no neighbour to interpolate to.
    let k = points.partition_point(|p| p.0 < x).min(points.len() - 1).max(1);
    let (a, b) = (*points.get(k - 1)?, *points.get(k)?);
    Some(a.1 + (b.1 - a.1) * ((x - a.0) / (b.0 - a.0)).clamp(0.0, 1.0))
}
