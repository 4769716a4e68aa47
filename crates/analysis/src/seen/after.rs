//! The gap over time, and what is consumed after the break.

use super::Seen;
use super::hinge::{Hinge, hinge, line};
use crate::Measurement;
use crate::movie::{MovieMeasurement, frame_flags};

/// Standard deviations from which on a tip has moved. With some 200 starts tried in a movie, noise gets there less than once in 10 000.
const MOVED: f64 = 5.0;

/// The gap in one frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GapSeen {
    /// Index in the movie's frames.
    pub frame: usize,
    /// Time [s].
    pub time: f64,
    /// Width [m].
    pub width: Seen,
    /// Its left edge [m], and the distance from the left contact if that is in view.
    pub left: (Measurement, Option<Measurement>),
    /// Its right edge [m], and the distance from the right contact if that is in view.
    pub right: (Measurement, Option<Measurement>),
}

/// A side of the gap in the movie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
}

/// What one tip loses after the break.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SideLoss {
    /// Mean speed of drawing back from the first frame with a gap to the last [m/s]; negative if it grows.
    pub speed: Measurement,
    /// When it starts to move [s]; `None` if it does not significantly, or moves from the first frame with a gap on.
    pub start: Option<Measurement>,
    /// Speed from that start on [m/s]; the mean speed if there is none.
    pub speed_from_start: Measurement,
    /// Speed over the last third of the frames [m/s], if there are enough: has it stopped?
    pub late: Option<Measurement>,
    /// Whether it moved significantly.
    pub moves: bool,
}

/// Whether the shape goes on changing after the break.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fate {
    /// A tip draws back or grows.
    Continues,
    /// Neither does: their speeds lie below the limit.
    Freezes {
        /// 95 % limit for the faster side [m/s].
        limit: f64,
    },
}

/// After the break.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct After {
    /// The left tip.
    pub left: SideLoss,
    /// The right tip.
    pub right: SideLoss,
    /// Growth of the gap's width [m/s]; unlike the sides' it does not suffer from drift.
    pub growth: Measurement,
    /// The side that starts first, and by how many standard deviations; `None` if neither moves or both start at once.
    pub first: Option<(Side, f64)>,
    /// Freeze or continue.
    pub fate: Fate,
}

pub(super) fn gaps(movie: &MovieMeasurement) -> Vec<GapSeen> {
    const UNFIT: u8 = frame_flags::DUPLICATE | frame_flags::SATURATED | frame_flags::NO_WIRE;
    let good = |m: &Measurement| m.value.is_finite() && m.uncertainty.is_finite() && m.uncertainty > 0.0;
    let mut gaps: Vec<GapSeen> = Vec::new();
    for (frame, f) in movie.frames.iter().enumerate() {
        let Some(gap) = f.gap.as_ref().filter(|g| good(&g.left) && good(&g.right) && good(&g.width)) else { continue };
        if f.flags & UNFIT != 0 || !f.time.is_finite() || gaps.last().is_some_and(|g| f.time <= g.time) {
            continue;
        }
        let (sin, cos) = f.axis.angle.sin_cos();
        let [xx, xy, yy] = f.drift.covariance;
        let drift = Some(cos * cos * xx + 2.0 * sin * cos * xy + sin * sin * yy).filter(|v| *v > 0.0).unwrap_or(0.0).sqrt();
        let edge = |m: Measurement, contact: Option<Measurement>, sign: f64| {
            let own = Measurement::new(m.value, m.uncertainty.hypot(drift));
            (own, contact.map(|c| Measurement::new(sign * (m.value - c.value), own.uncertainty.hypot(c.uncertainty))))
        };
        gaps.push(GapSeen {
            frame,
            time: f.time,
            width: Seen { measured: gap.width, systematic: gap.systematic.abs() },
            left: edge(gap.left, movie.contacts[0], 1.0),
            right: edge(gap.right, movie.contacts[1], -1.0),
        });
    }
    gaps
}

pub(super) fn after(gaps: &[GapSeen], notes: &mut Vec<String>) -> Option<After> {
    if gaps.is_empty() {
        return None;
    }
    if gaps.len() < 5 {
        notes.push(format!("{} frames with a gap are too few to tell freezing from going on (5 at least).", gaps.len()));
        return None;
    }
    let points = |value: &dyn Fn(&GapSeen) -> (f64, f64)| -> Vec<(f64, f64, f64)> {
        gaps.iter().map(|g| (g.time, value(g).0, value(g).1)).collect()
    };
    let left = side(&points(&|g| (-g.left.0.value, g.left.0.uncertainty)))?;
    let right = side(&points(&|g| (g.right.0.value, g.right.0.uncertainty)))?;
    let width = points(&|g| (g.width.value(), g.width.measured.uncertainty));
    let growth = line(&width)?;
    let grows = hinge(&width).is_some_and(|h| h.significance > MOVED) || growth.slope.abs() > MOVED * growth.variance[1].sqrt();
    let first_frame = gaps[0].time;
    let start = |s: &SideLoss| s.start.unwrap_or(Measurement::new(first_frame, 0.0));
    let first = match (left.moves, right.moves) {
        (true, false) => Some((Side::Left, left.speed_from_start.value.abs() / left.speed_from_start.uncertainty)),
        (false, true) => Some((Side::Right, right.speed_from_start.value.abs() / right.speed_from_start.uncertainty)),
        (true, true) => {
            let (a, b) = (start(&left), start(&right));
            let sigma = (a.value - b.value) / a.uncertainty.hypot(b.uncertainty);
            (sigma.abs() > 2.0).then(|| (if sigma < 0.0 { Side::Left } else { Side::Right }, sigma.abs()))
        }
        (false, false) => None,
    };
    let limit = |s: &SideLoss| s.speed.value.abs() + 1.96 * s.speed.uncertainty;
    let fate = if left.moves || right.moves || grows { Fate::Continues } else { Fate::Freezes { limit: limit(&left).max(limit(&right)) } };
    Some(After { left, right, growth: Measurement::new(growth.slope, growth.variance[1].sqrt()), first, fate })
}

/// `points` are how far the tip has drawn back.
fn side(points: &[(f64, f64, f64)]) -> Option<SideLoss> {
    let whole = line(points)?;
    let speed = Measurement::new(whole.slope, whole.variance[1].sqrt());
    let kink = hinge(points);
    let straight = whole.slope.abs() > MOVED * speed.uncertainty;
    let moves = straight || kink.as_ref().is_some_and(|h| h.significance > MOVED);
    // A start is one only if the tip rested before: after the second frame at the earliest.
    let rested = |h: &Hinge| h.start.value > points[1].0 + h.start.uncertainty;
    let start = kink.filter(|h| moves && h.significance > MOVED && rested(h));
    let third = points.len() / 3;
    let late = if third >= 4 { line(&points[points.len() - third..]) } else { None };
    Some(SideLoss {
        speed,
        start: start.as_ref().map(|h| h.start),
        speed_from_start: start.map_or(speed, |h| h.rate),
        late: late.map(|l| Measurement::new(l.slope, l.variance[1].sqrt())),
        moves,
    })
}
