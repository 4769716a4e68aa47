//! Projected thickness of a set of atoms.

use super::wire::{bounds, length};
use super::{AtomsError, Wire};
use std::f64::consts::FRAC_1_SQRT_2;

/// Most pixels of a projection.
const MOST: f64 = 1e8;

/// Projected thickness, one row a position along the axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Projection {
    /// Edge of a pixel [m].
    pub pixel: f64,
    /// Position along the axis of the middle of row 0 [m].
    pub along: f64,
    /// Position across the axis of the middle of column 0 [m].
    pub across: f64,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Thickness [m], row after row.
    pub thickness: Vec<f32>,
}

/// Projects atoms along a beam perpendicular to the wire's axis. At `roll` 0 the beam runs along z and y points up; at another roll the
/// direction at that azimuth [rad] points up. `pixel` in m.
///
/// Each atom is spread evenly over its cell: a nearest-neighbour distance d along the axis, where atoms of a column follow each other at d, and
/// d/√2 across, the distance of {100} layers; so neither layers nor columns beat with the pixels. Thickness is volume over area.
///
/// # Errors
/// Without atoms, with a position that is not finite, or with more than 1e8 pixels.
pub fn project(positions: &[[f64; 3]], wire: &Wire, roll: f64, pixel: f64) -> Result<Projection, AtomsError> {
    wire.check(positions)?;
    length("the pixel", pixel)?;
    if !roll.is_finite() {
        return Err(AtomsError::OutOfRange { name: "the roll", value: roll, right: "a finite angle is needed" });
    }
    let (sin, cos) = roll.sin_cos();
    let across = |p: &[f64; 3]| cos * (p[1] - wire.axis[0]) + sin * (p[2] - wire.axis[1]);
    let half = [0.5 * wire.spacing, 0.5 * FRAC_1_SQRT_2 * wire.spacing];
    let [low, high] = bounds(positions.iter().map(|p| p[0]));
    let [left, right] = bounds(positions.iter().map(across));
    // A cell and two pixels of nothing around.
    let size = |span: f64, half: f64| ((span + 4.0 * half) / pixel).ceil() + 5.0;
    let (rows, columns) = (size(high - low, half[0]), size(right - left, half[1]));
    if !(rows * columns <= MOST) {
        return Err(AtomsError::TooWide { extent: (high - low).max(right - left), step: pixel });
    }
    let (rows, columns) = (rows as usize, columns as usize);
    let origin = [low - 2.0 * half[0] - 2.0 * pixel, left - 2.0 * half[1] - 2.0 * pixel];
    let mut thickness = vec![0f32; rows * columns];
    let whole = wire.atomic_volume() / (pixel * pixel);
    let width = half.map(|h| 2.0 * h / pixel);
    for p in positions {
        let from = [(p[0] - half[0] - origin[0]) / pixel, (across(p) - half[1] - origin[1]) / pixel];
        let [bottom, top] = [from[0], from[0] + width[0]];
        let [left, right] = [from[1], from[1] + width[1]];
        let unit = whole / (width[0] * width[1]);
        for row in bottom as usize..=(top as usize).min(rows - 1) {
            let high = (top.min(row as f64 + 1.0) - bottom.max(row as f64)).max(0.0) * unit;
            for column in left as usize..=(right as usize).min(columns - 1) {
                let share = (right.min(column as f64 + 1.0) - left.max(column as f64)).max(0.0);
                thickness[row * columns + column] += (high * share) as f32;
            }
        }
    }
    let middle = origin.map(|o| o + 0.5 * pixel);
    Ok(Projection { pixel, along: middle[0], across: middle[1], rows, columns, thickness })
}

impl Projection {
    /// Mean over `along` by `across` pixels around each pixel; both may be fractions.
    pub(super) fn smoothed(mut self, along: f64, across: f64) -> Projection {
        let (rows, columns) = (self.rows, self.columns);
        let mut line = Vec::new();
        for row in 0..rows {
            smooth(&mut self.thickness, row * columns, 1, columns, across, &mut line);
        }
        for column in 0..columns {
            smooth(&mut self.thickness, column, columns, rows, along, &mut line);
        }
        self
    }
}

/// Running mean over `width` pixels of `n` values from `first` on, `step` apart; nothing lies outside.
fn smooth(values: &mut [f32], first: usize, step: usize, n: usize, width: f64, sums: &mut Vec<f64>) {
    if n == 0 || !(width > 0.0) {
        return;
    }
    sums.clear();
    sums.push(0.0);
    let mut sum = 0.0;
    for k in 0..n {
        sum += f64::from(values[first + k * step]);
        sums.push(sum);
    }
    let upto = |x: f64| {
        let x = x.clamp(0.0, n as f64);
        let k = (x as usize).min(n - 1);
        sums[k] + (x - k as f64) * (sums[k + 1] - sums[k])
    };
    for k in 0..n {
        let middle = k as f64 + 0.5;
        values[first + k * step] = ((upto(middle + 0.5 * width) - upto(middle - 0.5 * width)) / width) as f32;
    }
}
