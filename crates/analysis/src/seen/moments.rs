//! The key moments as images show them.

use super::Seen;
use super::detect::Found;
use super::hinge::{hinge, line};
use super::table::Table;
use crate::Measurement;
use crate::measurement::uniform;
use crate::moments::MomentRule;
use crate::movie::MovieMeasurement;

/// Positions averaged on each side of a place, and frames on each side of a moment, before they are compared with a rule.
const AROUND: usize = 1;
/// Most frames on each side of a moment that the straight line through it takes.
const LONGEST: usize = 12;

/// One key moment in a movie.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenMoment {
    /// When [s], on the camera's clock: statistical (never below the time between frames over √12), and by what systematically a width may
    /// be off.
    pub time: Seen,
    /// Where [m].
    pub position: Measurement,
    /// Width there [m] at the first frame that shows it; NaN if missing.
    pub width: f64,
    /// Index in the movie's frames of that frame.
    pub frame: usize,
}

/// A: some place inside a significant loss has become thinner by the rule's limit.
pub(super) fn onset(table: &Table, found: &Found, rule: &MomentRule) -> Option<SeenMoment> {
    let made: Vec<f64> = table.made.iter().copied().filter(|w| w.is_finite()).collect();
    let mean = made.iter().sum::<f64>() / made.len() as f64;
    let visible = (rule.visible_fraction * mean).max(rule.visible_length);
    crossing(table, found, |_| visible)
}

/// B: some place inside a significant loss has less than the rule's share of its cross-section left.
pub(super) fn neck(table: &Table, found: &Found, rule: &MomentRule) -> Option<SeenMoment> {
    let share = 1.0 - rule.neck_area.clamp(0.0, 1.0).sqrt();
    crossing(table, found, |i| share * table.made[i])
}

/// Rows and positions around a place, inside the table.
pub(super) fn around(centre: usize, half: usize, end: usize) -> std::ops::Range<usize> {
    centre.saturating_sub(half)..centre.saturating_add(half + 1).min(end)
}

/// The first time the local thinning exceeds `limit` of a position somewhere.
fn crossing(table: &Table, found: &Found, limit: impl Fn(usize) -> f64) -> Option<SeenMoment> {
    let (n, whole) = (table.columns(), table.whole);
    let thinning = |k: usize, i: usize| Some(-table.mean_change(around(k, AROUND, whole), around(i, AROUND, n))?.0 - limit(i));
    let first = (0..whole).find(|&k| (0..n).any(|i| found.loss[k * n + i] && thinning(k, i).is_some_and(|d| d > 0.0)))?;
    // The place is where it goes deepest about that moment: one frame alone would pick the place with the luckiest noise.
    let late = (first + 2).min(whole - 1);
    let depth = |i: usize| Some(-table.mean_change(around(late, 3, whole), around(i, 3 * AROUND, n))?.0 - limit(i));
    let inside = |i: &usize| found.loss[first * n + i];
    let (place, deepest) = (0..n).filter(inside).filter_map(|i| Some((i, depth(i)?))).reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let (_, sigma) = table.mean_change(around(late, 3, whole), around(place, 3 * AROUND, n))?;
    let alike = around(place, n, n).filter(|&i| depth(i).is_some_and(|d| d > deepest - sigma) && (i as isize - place as isize).abs() < 64);
    let (low, high) = alike.fold((place, place), |(l, h), i| (l.min(i), h.max(i)));
    let spread = uniform(table.position[high] - table.position[low] + table.size[place]);
    let (time, row) = moment(table, place, first, limit(place));
    Some(SeenMoment {
        time,
        position: Measurement::new(table.position[place], spread),
        width: table.width(row, place),
        frame: *table.frame.get(row)?,
    })
}

/// Thinning at a place over the whole rows: time, value, its uncertainty without that of the as-made width, which is the same in all.
fn series(table: &Table, place: usize) -> Vec<(f64, f64, f64)> {
    let n = table.columns();
    let made = table.made_spread(around(place, AROUND, n)).powi(2);
    let own = |s: f64| (s * s - made).max(0.01 * s * s).sqrt();
    (0..table.whole)
        .filter_map(|k| table.mean_change(k..k + 1, around(place, AROUND, n)).map(|(d, s)| (table.time[k], -d, own(s))))
        .collect()
}

/// When the thinning at `place` passes `limit` near row `first`, from a straight line through as few frames as tell its slope; between two
/// frames where it jumps. Also the first row after it.
fn moment(table: &Table, place: usize, first: usize, limit: f64) -> (Seen, usize) {
    let t = &table.time;
    let points = series(table, place);
    let interval = table.interval();
    if points.is_empty() {
        return (Seen::new(t[first], uniform(interval), 0.0), first);
    }
    let near = points.partition_point(|p| p.0 < t[first]);
    let systematic_width = (table.systematic(first, place) - table.made_systematic[place]).abs();
    let row_after = |time: f64| t.partition_point(|&x| x < time).min(table.whole.saturating_sub(1));
    for half in 2..=LONGEST {
        let window = &points[around(near, half, points.len())];
        let Some(fit) = line(window) else { continue };
        let sigma_slope = fit.variance[1].sqrt();
        if fit.misfit > 3.0 {
            break;
        }
        if fit.slope > 6.0 * sigma_slope {
            let time = fit.mean + (limit - fit.value) / fit.slope;
            let made = table.made_spread(around(place, AROUND, table.columns()));
            let y = (fit.variance[0] + fit.variance[1] * (time - fit.mean).powi(2)).sqrt().hypot(made);
            if window.first().is_some_and(|p| time >= p.0 - interval) && window.last().is_some_and(|p| time <= p.0 + interval) {
                let statistical = (y / fit.slope).max(uniform(interval));
                return (Seen::new(time, statistical, systematic_width / fit.slope), row_after(time));
            }
        }
    }
    // A jump, or too slow to tell a slope: between the last frame clearly below and the first clearly above.
    let after =
        points.iter().position(|p| p.1 - limit > 0.0 && p.0 >= t[first.saturating_sub(AROUND)]).unwrap_or(near.min(points.len() - 1));
    let above = points[after..].iter().find(|p| p.1 - limit > p.2).map_or(points[after].0, |p| p.0);
    let below = points[..after].iter().rev().find(|p| limit - p.1 > p.2).map_or(above - interval, |p| p.0);
    let time = 0.5 * (below + above);
    (Seen::new(time, uniform(above - below).max(uniform(interval)), 0.0), row_after(time))
}

/// When the thinning at the place of A (without one, of the first loss) began: the kink, from the frames up to a few after A.
pub(super) fn began(table: &Table, onset: Option<&SeenMoment>, found: &Found) -> Option<SeenMoment> {
    let n = table.columns();
    let (place, until) = match onset {
        Some(a) => (table.position.iter().position(|x| *x >= a.position.value)?, a.time.value()),
        None => {
            let region = found.regions.iter().find(|r| r.sign == super::Sign::Loss)?;
            let k = region.rows.1;
            let lowest = (0..n).filter(|&i| found.loss[k * n + i]).min_by(|&a, &b| table.change(k, a).total_cmp(&table.change(k, b)))?;
            (lowest, table.time[k])
        }
    };
    let points = series(table, place);
    // A few frames beyond, so that the slope is known; more would take in the thinning that speeds up.
    let end = (points.partition_point(|p| p.0 <= until) + 3).min(points.len());
    let kink = hinge(&points[..end])?;
    if kink.significance < found.threshold || kink.rate.value <= 0.0 {
        return None;
    }
    let row = table.time.partition_point(|&t| t < kink.start.value).min(table.whole.saturating_sub(1));
    let systematic = (table.systematic(row, place) - table.made_systematic[place]).abs() / kink.rate.value;
    Some(SeenMoment {
        time: Seen { measured: kink.start, systematic },
        position: onset.map_or(Measurement::new(table.position[place], uniform(table.size[place])), |a| a.position),
        width: table.width(row, place),
        frame: *table.frame.get(row)?,
    })
}

/// C: between the last whole frame and the first parted one, ±1 frame since a frame is an exposure.
pub(super) fn rupture(movie: &MovieMeasurement, table: &Table) -> Option<SeenMoment> {
    let k = movie.rupture?;
    let frame = movie.frames.get(k)?;
    let before = movie.frames[..k].iter().rev().map(|f| f.time).find(|t| *t < frame.time);
    if !frame.time.is_finite() {
        return None;
    }
    let interval = before.map_or(table.interval(), |t| frame.time - t);
    let gap = frame.gap.as_ref();
    let position =
        gap.map(|g| Measurement::new(0.5 * (g.left.value + g.right.value), uniform(g.width.value).hypot(0.5 * g.width.uncertainty)));
    let thinnest = || {
        let finite = frame.width.iter().zip(&movie.position).filter(|(w, x)| w.is_finite() && x.is_finite());
        let (_, x) = finite.min_by(|a, b| a.0.total_cmp(b.0))?;
        Some(Measurement::new(*x, table.size.first().map_or(0.0, |s| uniform(*s))))
    };
    Some(SeenMoment {
        time: Seen::new(frame.time - 0.5 * interval, uniform(2.0 * interval), 0.0),
        position: position.or_else(thinnest)?,
        width: gap.map_or(f64::NAN, |_| 0.0),
        frame: k,
    })
}
