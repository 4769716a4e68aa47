//! After the break: where the two tips are, and whether they are consumed.

use crate::fit::least_squares;
use crate::gap::pieces;
use crate::measurement::uniform;
use crate::profiles::cell;
use crate::{Measurement, Profiles};

/// Tip of the silver that is still connected with each contact, over time. NaN while the wire is whole.
#[derive(Clone, PartialEq, Debug)]
pub struct Tips {
    /// Times [s].
    pub time: Vec<f64>,
    /// Tip on the side of contact 1 [m].
    pub tip_1: Vec<f64>,
    /// Tip on the side of contact 2 [m].
    pub tip_2: Vec<f64>,
    /// Spacing of the grid [m].
    pub spacing: f64,
    /// Number of loose segments and droplets at each time.
    pub loose: Vec<usize>,
}

/// The tips of `profiles` at the gap radius `threshold` [m]. Where no silver is left at a contact, its tip is the end of the profile.
pub fn tips(profiles: &Profiles, threshold: f64) -> Tips {
    let position = profiles.position();
    let (start, end) = (position[0], position[position.len() - 1]);
    let mut tips =
        Tips { time: profiles.time().to_vec(), tip_1: vec![], tip_2: vec![], spacing: cell(position, position.len() / 2), loose: vec![] };
    for row in profiles.rows() {
        let parts = pieces(position, row, threshold);
        let whole = parts.len() == 1 && parts[0].from <= start && parts[0].to >= end;
        let left = parts.first().filter(|p| p.from <= start).map_or(start, |p| p.to);
        let right = parts.last().filter(|p| p.to >= end).map_or(end, |p| p.from);
        tips.tip_1.push(if whole { f64::NAN } else { left });
        tips.tip_2.push(if whole { f64::NAN } else { right });
        tips.loose.push(parts.iter().filter(|p| p.loose).count());
    }
    tips
}

/// What one tip lost.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TipLoss {
    /// Length it drew back since the break [m]; negative if it grew.
    pub length: Measurement,
    /// Mean speed of drawing back [m/s], from a straight line through its positions; `None` with fewer than three.
    pub speed: Option<Measurement>,
    /// Time after the break at which it has drawn back visibly [s]; `None` if it has not.
    pub start: Option<f64>,
}

/// What both tips lost after the break.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Consumption {
    /// On the side of contact 1.
    pub side_1: TipLoss,
    /// On the side of contact 2.
    pub side_2: TipLoss,
    /// Contact (1 or 2) whose tip starts first; `None` if neither does, or both at once.
    pub first: Option<u8>,
    /// Whether the shape froze: neither tip drew back visibly.
    pub frozen: bool,
}

impl Tips {
    /// What the tips lost from the time `broken` [s] on, `visible` [m] being the shortest length that counts (never less than a cell).
    /// `None` if no profile with a gap lies at or after it.
    pub fn consumption(&self, broken: f64, visible: f64) -> Option<Consumption> {
        let visible = visible.max(self.spacing);
        let side_1 = self.loss(&self.tip_1, -1.0, broken, visible)?;
        let side_2 = self.loss(&self.tip_2, 1.0, broken, visible)?;
        let first = match (side_1.start, side_2.start) {
            (Some(a), Some(b)) if a == b => None,
            (Some(a), Some(b)) => Some(if a < b { 1 } else { 2 }),
            (Some(_), None) => Some(1),
            (None, Some(_)) => Some(2),
            (None, None) => None,
        };
        Some(Consumption { side_1, side_2, first, frozen: side_1.start.is_none() && side_2.start.is_none() })
    }

    fn loss(&self, tip: &[f64], away: f64, broken: f64, visible: f64) -> Option<TipLoss> {
        let after = self.time.iter().zip(tip).filter(|(t, x)| **t >= broken && x.is_finite()).map(|(&t, &x)| (t, x));
        let (t0, x0) = after.clone().next()?;
        let (_, x1) = after.clone().next_back()?;
        let drawn = |x: f64| away * (x - x0);
        let fit = least_squares(after.clone().map(|(t, x)| ([1.0, t - t0], drawn(x))));
        Some(TipLoss {
            length: Measurement::new(drawn(x1), uniform(self.spacing) * 2f64.sqrt()),
            speed: fit.map(|f| Measurement::new(f.coefficients[1], f.covariance[1][1].max(0.0).sqrt())),
            start: after.clone().find(|&(_, x)| drawn(x) >= visible).map(|(t, _)| t - broken),
        })
    }
}
