//! The neck over time.

use super::Seen;
use super::detect::Found;
use super::moments::around;
use super::table::{Table, inflation};
use crate::Measurement;
use crate::fit::least_squares;
use crate::measurement::uniform;

/// The neck in one frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NeckSeen {
    /// Index in the movie's frames.
    pub frame: usize,
    /// Time [s].
    pub time: f64,
    /// Where the wire is thinnest [m].
    pub position: Measurement,
    /// Width there [m].
    pub width: Seen,
    /// Distance from the left and the right contact [m], for contacts in view.
    pub from_contact: [Option<Measurement>; 2],
}

/// The thinnest place of the loss that leads to the break (without one: the deepest), frame by frame, where it is significant.
pub(super) fn necks(table: &Table, found: &Found) -> Vec<NeckSeen> {
    let n = table.columns();
    let Some(last) = (0..table.whole).rev().find(|&k| (0..n).any(|i| found.loss[k * n + i])) else { return vec![] };
    let width = |k: usize, i: usize| table.mean_change(k..k + 1, around(i, 1, n)).map(|(d, _)| d + table.made[i]);
    let Some(place) = main_loss(table, found, last) else { return vec![] };
    let mut place = place;
    let mut necks = Vec::new();
    for k in (0..=last).rev() {
        // The neck moves little between frames: follow it from the end, where it is clearest.
        let near = around(place, 6, n).filter(|&i| found.loss[k * n + i]);
        let Some((i, _)) = near.filter_map(|i| Some((i, width(k, i)?))).reduce(|a, b| if b.1 < a.1 { b } else { a }) else { continue };
        place = i;
        if let Some(neck) = neck(table, k, i) {
            necks.push(neck);
        }
    }
    necks.reverse();
    necks
}

/// Position of the loss around the rupture if there is one, else where most is lost, at row `k`.
pub(super) fn main_loss(table: &Table, found: &Found, k: usize) -> Option<usize> {
    let n = table.columns();
    let lost = |i: &usize| found.loss.get(k * n + i) == Some(&true);
    let depth = |i: usize| table.mean_change(k..k + 1, around(i, 1, n)).map_or(f64::INFINITY, |d| d.0);
    let near = |i: usize| table.parted_at.is_some_and(|x| (table.position[i] - x).abs() <= 12.0 * table.size[i]);
    let at_rupture = (0..n).filter(lost).filter(|&i| near(i)).min_by(|&a, &b| depth(a).total_cmp(&depth(b)));
    at_rupture.or_else(|| (0..n).filter(lost).min_by(|&a, &b| depth(a).total_cmp(&depth(b))))
}

/// Minimum of a parabola through the widths around cell `i`.
fn neck(table: &Table, k: usize, i: usize) -> Option<NeckSeen> {
    let n = table.columns();
    let (x0, h) = (table.position[i], table.size[i]);
    let cells = around(i, 3, n);
    let rows: Vec<([f64; 3], f64)> = cells.clone().map(|j| (basis((table.position[j] - x0) / h), table.width(k, j))).collect();
    let measured = rows.iter().filter(|r| r.1.is_finite()).count() as f64;
    let sigma = (cells.clone().map(|j| table.variance(k, j)).filter(|v| v.is_finite()).sum::<f64>() / measured).sqrt();
    let fit = least_squares(rows.iter().copied())?;
    let raise = inflation(measured, table.noise.along);
    let [a, b, c] = fit.coefficients;
    let scatter = rows.iter().filter(|r| r.1.is_finite()).map(|(f, y)| (y - a - b * f[1] - c * f[2]).powi(2)).sum::<f64>();
    // The covariance came from the scatter; the noise is known better than seven cells tell. Only a misfit raises it.
    let known = raise * (sigma * sigma * (measured - 3.0)).max(scatter) / scatter.max(f64::MIN_POSITIVE);
    let v = fit.covariance.map(|row| row.map(|x| x * known));
    let u = if c > 0.0 { (-b / (2.0 * c)).clamp(-1.5, 1.5) } else { 0.0 };
    let f = basis(u);
    let variance: f64 = (0..3).flat_map(|p| (0..3).map(move |q| (p, q))).map(|(p, q)| f[p] * f[q] * v[p][q]).sum();
    let spread = if c > 0.0 { (v[1][1] + u * u * 4.0 * v[2][2] + 4.0 * u * v[1][2]).max(0.0).sqrt() / (2.0 * c) } else { 3.0 };
    let position = Measurement::new(x0 + u * h, h * spread.clamp(uniform(1.0) * 0.2, 3.0));
    let width = (a + b * u + c * u * u).max(0.0);
    let from = |c: &Option<Measurement>, sign: f64| {
        c.map(|c| Measurement::new(sign * (position.value - c.value), position.uncertainty.hypot(c.uncertainty)))
    };
    Some(NeckSeen {
        frame: *table.frame.get(k)?,
        time: table.time[k],
        position,
        width: Seen::new(width, variance.max(0.0).sqrt(), table.systematic(k, i)),
        from_contact: [from(&table.contacts[0], 1.0), from(&table.contacts[1], -1.0)],
    })
}

fn basis(u: f64) -> [f64; 3] {
    [1.0, u, u * u]
}
