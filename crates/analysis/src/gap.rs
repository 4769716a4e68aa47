//! The gap, or several, and the pieces between them.

use crate::Measurement;
use crate::measurement::uniform;
use crate::profiles::{area, cell};

/// Radius below which the wire counts as parted [m]: a physical threshold, not the count of empty cells.
pub const GAP_RADIUS: f64 = 3e-9;

/// One gap: the wire is thinner than the threshold from `left` to `right`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gap {
    /// Where the radius falls below the threshold [m].
    pub left: f64,
    /// Where it rises above it again [m].
    pub right: f64,
    /// Width [m], uncertain by where within the cells the edges lie.
    pub width: Measurement,
    /// Centre [m].
    pub centre: Measurement,
    /// Spacing of the grid there [m].
    pub spacing: f64,
    /// Whether the width is more than two cells. If not, it is only known to be at most [`Gap::bound`].
    pub resolved: bool,
    /// Whether it reaches an end of the profile, so that one edge is not the wire's.
    pub at_end: bool,
}

impl Gap {
    /// The largest width compatible with the grid [m]: the width, or two cells if that is more.
    pub fn bound(&self) -> f64 {
        self.width.value.max(2.0 * self.spacing)
    }
}

/// All gaps of one profile.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gaps {
    /// From contact 1 to contact 2.
    pub all: Vec<Gap>,
    /// Index of the widest.
    pub widest: Option<usize>,
    /// Sum of the widths [m].
    pub total: f64,
}

impl Gaps {
    /// The widest gap.
    pub fn widest(&self) -> Option<&Gap> {
        self.all.get(self.widest?)
    }
}

/// A part of the wire between two gaps, or between a gap and an end.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Piece {
    /// Start [m].
    pub from: f64,
    /// End [m].
    pub to: f64,
    /// Volume [m³].
    pub volume: f64,
    /// Whether it is connected to neither end: a segment or droplet.
    pub loose: bool,
}

/// The gaps of a profile `radius` [m] over `position` [m]: where the radius is below `threshold` [m] ([`GAP_RADIUS`]), edges interpolated.
/// Where the first thin cell is empty and so says nothing about the slope, the slope of the tip is carried on, at most half-way into it.
/// A cell with a missing radius belongs to what is on its left.
pub fn gaps(position: &[f64], radius: &[f64], threshold: f64) -> Gaps {
    let mut found = Gaps::default();
    for (from, to, thin) in runs(position, radius, threshold) {
        if !thin {
            continue;
        }
        let last = position.len().min(radius.len()) - 1;
        let left = edge(position, radius, from, threshold, Side::Left);
        let right = edge(position, radius, to, threshold, Side::Right);
        let spacing = 0.5 * (cell(position, from) + cell(position, to));
        let width = (right - left).max(0.0);
        // Two edges, each anywhere within a cell.
        let spread = uniform(spacing) * 2f64.sqrt();
        found.all.push(Gap {
            left,
            right,
            width: Measurement::new(width, spread),
            centre: Measurement::new(0.5 * (left + right), 0.5 * spread),
            spacing,
            resolved: width > 2.0 * spacing,
            at_end: from == 0 || to == last,
        });
        found.total += width;
    }
    let wider = |best: usize, k: usize| if found.all[k].width.value > found.all[best].width.value { k } else { best };
    found.widest = (0..found.all.len()).reduce(wider);
    found
}

/// The pieces of a profile: where the radius is at least `threshold` [m]; from contact 1 to contact 2.
pub fn pieces(position: &[f64], radius: &[f64], threshold: f64) -> Vec<Piece> {
    let last = position.len().min(radius.len()).saturating_sub(1);
    runs(position, radius, threshold)
        .into_iter()
        .filter(|run| !run.2)
        .map(|(from, to, _)| Piece {
            from: if from == 0 { position[0] } else { edge(position, radius, from - 1, threshold, Side::Right) },
            to: if to == last { position[last] } else { edge(position, radius, to + 1, threshold, Side::Left) },
            volume: (from..=to).filter_map(|i| Some(area(radius[i])? * cell(position, i))).sum(),
            loose: from > 0 && to < last,
        })
        .collect()
}

/// Runs of cells on one side of the threshold: first, last, whether thin.
fn runs(position: &[f64], radius: &[f64], threshold: f64) -> Vec<(usize, usize, bool)> {
    let n = position.len().min(radius.len());
    let mut runs: Vec<(usize, usize, bool)> = Vec::new();
    for (i, r) in radius.iter().take(n).enumerate() {
        let thin = if r.is_finite() { *r < threshold } else { runs.last().is_some_and(|run| run.2) };
        match runs.last_mut() {
            Some(run) if run.2 == thin => run.1 = i,
            _ => runs.push((i, i, thin)),
        }
    }
    runs
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Where the radius crosses the threshold on one side of a thin run whose outermost cell on that side is `thin`.
fn edge(position: &[f64], radius: &[f64], thin: usize, threshold: f64, side: Side) -> f64 {
    let last = position.len().min(radius.len()) - 1;
    let step = |i: usize| match side {
        Side::Left => i.checked_sub(1),
        Side::Right => (i < last).then_some(i + 1),
    };
    let half = 0.5 * cell(position, thin);
    let Some(thick) = step(thin) else {
        // The gap reaches the end of the profile.
        return if side == Side::Left { position[thin] - half } else { position[thin] + half };
    };
    let (x, r) = (position[thick], radius[thick]);
    let face = 0.5 * (x + position[thin]);
    if !r.is_finite() {
        return face;
    }
    if radius[thin] > 0.0 {
        return x + (position[thin] - x) * ((r - threshold) / (r - radius[thin])).clamp(0.0, 1.0);
    }
    let slope = step(thick).map(|i| (radius[i] - r) / (position[i] - x)).filter(|s| s.is_finite() && *s != 0.0);
    let along = slope.map_or(f64::INFINITY, |s| (threshold - r) / s / (position[thin] - x));
    // A share of the way to the thin cell; a tip that does not get there ends at the face.
    if (0.0..=1.0).contains(&along) { x + along * (position[thin] - x) } else { face }
}
