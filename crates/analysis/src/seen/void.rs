//! A loss on one side of the wire.

use super::detect::Found;
use super::moments::around;
use super::neck::main_loss;
use super::table::Table;
use crate::Measurement;
use crate::fit::least_squares;
use crate::measurement::uniform;

/// Rows averaged when the two edges are compared.
const ROWS: usize = 3;

/// The side of the wire in the image, across its axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EdgeSide {
    /// Where the distance across the axis is positive.
    Positive,
    /// Where it is negative.
    Negative,
}

/// A loss that takes the wire's outline from one side.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenVoid {
    /// First time it is one-sided [s].
    pub time: Measurement,
    /// Where [m].
    pub position: Measurement,
    /// The side that moved in.
    pub side: EdgeSide,
    /// How far that side's outline moved in [m].
    pub depth: Measurement,
    /// Twice the shift of the middle over the loss of width: 1 if one side moves alone, 0 for a neck.
    pub one_sidedness: Measurement,
    /// Index in the movie's frames.
    pub frame: usize,
}

/// The first rows in which the main loss is one-sided: the middle shifts by more than the threshold, and by more than half of what a loss
/// on one side alone would shift it. The middle is taken against a straight line through the places without a change, so that a drift or
/// turn of the whole wire is none.
pub(super) fn void(table: &Table, found: &Found) -> Option<SeenVoid> {
    let n = table.columns();
    for k in 0..(table.whole + 1).saturating_sub(ROWS) {
        let middle = k + ROWS / 2;
        if !(0..n).any(|i| found.loss[middle * n + i]) {
            continue;
        }
        let Some(place) = main_loss(table, found, middle) else { continue };
        let stretch = core(table, middle, place);
        let Some((change, spread)) = table.mean_change(k..k + ROWS, stretch.clone()) else { continue };
        let Some((shift, spread_line)) = shift(table, found, k..k + ROWS, &stretch) else { continue };
        // Two edges that scatter alike: the middle scatters half as much as the width.
        let spread_shift = (0.5 * spread).hypot(spread_line);
        let share = 2.0 * shift.abs() / -change;
        let spread_share = (2.0 * spread_shift / change).hypot(share * spread / change);
        if change < 0.0 && shift.abs() > found.threshold * spread_shift && share > 0.5 && share - 0.5 > spread_share {
            let x = table.position[place];
            let reach: f64 = stretch.clone().map(|i| table.size[i]).sum();
            return Some(SeenVoid {
                time: Measurement::new(table.time[middle], uniform(table.time[k + ROWS - 1] - table.time[k])),
                position: Measurement::new(x, uniform(reach)),
                side: if shift < 0.0 { EdgeSide::Positive } else { EdgeSide::Negative },
                depth: Measurement::new(shift.abs() - 0.5 * change, (0.5 * spread).hypot(spread_shift)),
                one_sidedness: Measurement::new(share, spread_share),
                frame: *table.frame.get(middle)?,
            });
        }
    }
    None
}

/// Cells around `place` with at least half of its thinning.
fn core(table: &Table, k: usize, place: usize) -> std::ops::Range<usize> {
    let n = table.columns();
    let depth = |i: usize| table.mean_change(k..k + 1, around(i, 1, n)).map_or(0.0, |d| d.0);
    let half = 0.5 * depth(place);
    let start = (0..place).rev().find(|&i| !(depth(i) <= half)).map_or(0, |i| i + 1);
    let end = (place + 1..n).find(|&i| !(depth(i) <= half)).unwrap_or(n);
    start..end
}

/// Mean shift of the middle over `columns` against a straight line through the unchanged places, and the uncertainty of that line there.
fn shift(table: &Table, found: &Found, rows: std::ops::Range<usize>, columns: &std::ops::Range<usize>) -> Option<(f64, f64)> {
    let n = table.columns();
    let mean = |i: usize| rows.clone().map(|k| table.shift(k, i)).sum::<f64>() / rows.len() as f64;
    let changed = |i: usize| rows.clone().any(|k| found.loss[k * n + i] || found.gain[k * n + i]);
    let outside = (0..n).filter(|&i| table.inside(i) && !changed(i) && !columns.contains(&i));
    let middle = 0.5 * (columns.start + columns.end) as f64;
    let fit = least_squares(outside.map(|i| ([1.0, i as f64 + 0.5 - middle], mean(i))))?;
    let inside: Vec<f64> = columns.clone().map(mean).filter(|c| c.is_finite()).collect();
    let count = inside.len() as f64;
    let spread = (fit.covariance[0][0].max(0.0) * super::table::inflation(fit.samples as f64, table.noise.along)).sqrt();
    (count > 0.0).then(|| (inside.iter().sum::<f64>() / count - fit.coefficients[0], spread))
}
