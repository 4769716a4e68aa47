//! Thickness on a grid: states of the lattice engine.

use crate::project::{overlap, row_of};
use crate::view::Raster;
use pentatwin_physics::scene::Relief;

/// Sums of the cells to the left of and above each corner of a cell.
struct Sums {
    stride: usize,
    sums: Vec<f64>,
}

impl Sums {
    fn new(columns: usize, rows: usize, values: impl Iterator<Item = f64>) -> Sums {
        let stride = columns + 1;
        let mut sums = vec![0.0; stride * (rows + 1)];
        let (mut i, mut j, mut sum) = (0, 0, 0.0);
        for value in values {
            sum += value;
            sums[(j + 1) * stride + i + 1] = sums[j * stride + i + 1] + sum;
            i += 1;
            if i == columns {
                (i, j, sum) = (0, j + 1, 0.0);
            }
        }
        Sums { stride, sums }
    }

    /// Sum over a rectangle of which the corners lie at places given in whole cells and fractions.
    fn over(&self, [left, right]: [(usize, f64); 2], [top, bottom]: [(usize, f64); 2]) -> f64 {
        let row = |(i, f): (usize, f64), at: usize| (1.0 - f) * self.sums[at + i] + f * self.sums[at + i + 1];
        let upto = |x: (usize, f64), (j, g): (usize, f64)| {
            let at = j * self.stride;
            (1.0 - g) * row(x, at) + g * row(x, at + self.stride)
        };
        upto(right, bottom) - upto(right, top) - upto(left, bottom) + upto(left, top)
    }
}

/// A relief with the sums that make the mean over any rectangle a matter of four places.
pub struct Summed<'a> {
    relief: &'a Relief,
    thickness: Sums,
    moment: Option<Sums>,
    thickest: f64,
}

impl<'a> Summed<'a> {
    /// None if the relief cannot be seen. Values that are no thickness count as none.
    pub fn new(relief: &'a Relief) -> Option<Summed<'a>> {
        if !relief.valid() {
            return None;
        }
        let (columns, rows) = (relief.columns, relief.rows);
        let clean = |t: &f32| if t.is_finite() && *t > 0.0 { f64::from(*t) } else { 0.0 };
        let finite = |m: &f32| if m.is_finite() { f64::from(*m) } else { 0.0 };
        Some(Summed {
            relief,
            thickness: Sums::new(columns, rows, relief.thickness.iter().map(clean)),
            moment: (!relief.moment.is_empty()).then(|| Sums::new(columns, rows, relief.moment.iter().map(finite))),
            thickest: relief.thickness.iter().map(clean).fold(0.0, f64::max),
        })
    }

    /// The thickest place [m].
    pub fn thickest(&self) -> f64 {
        self.thickest
    }

    /// From and to along x [m], of what is seen.
    pub fn extent(&self) -> [f64; 2] {
        let [from, to] = self.relief.limits()[0];
        self.relief.window.map_or([from, to], |w| [from.max(w[0]), to.min(w[1])])
    }

    /// Where it stands in place of the wire.
    pub fn window(&self) -> Option<[f64; 2]> {
        self.relief.window
    }

    /// A place along an axis in whole cells and fractions, brought onto the grid.
    fn place(x: f64, n: usize) -> (usize, f64) {
        let x = x.clamp(0.0, n as f64);
        let i = (x as usize).min(n - 1);
        (i, x - i as f64)
    }

    /// Mean thickness [m] and mean height of the silver [m] over a box centred at (u, v) [m] of half width and half height `half` [m]; not
    /// narrower than a cell. Of the box, only what lies in the window counts, and it is what is averaged over.
    fn mean(&self, u: f64, v: f64, half: [f64; 2], height: bool) -> (f64, f64) {
        let r = self.relief;
        let [hx, hy] = [half[0].max(0.5 * r.step[0]), half[1].max(0.5 * r.step[1])];
        let (mut from, mut to) = (u - hx, u + hx);
        if let Some([low, high]) = r.window
            && half[0] >= 0.5 * r.step[0]
        {
            (from, to) = (from.max(low), to.min(high));
        }
        let x = [from, to].map(|x| Self::place((x - r.origin[0]) / r.step[0], r.columns));
        let y = [v - hy, v + hy].map(|y| Self::place((y - r.origin[1]) / r.step[1], r.rows));
        let cells = (to - from) * 2.0 * hy / (r.step[0] * r.step[1]);
        if !(cells > 0.0) {
            return (0.0, 0.0);
        }
        let sum = self.thickness.over(x, y);
        let height = match &self.moment {
            Some(m) if height && sum > 1e-6 * cells * r.step[0] => m.over(x, y) / sum,
            _ => 0.0,
        };
        ((sum / cells).max(0.0), height)
    }

    /// Thickness and height of the silver [m] that a ray of width `half` [m] to each side meets at (u, v) [m]; None if heights are not
    /// known.
    pub fn ray(&self, u: f64, v: f64, half: [f64; 2]) -> Option<(f64, f64)> {
        self.moment.as_ref().map(|_| self.mean(u, v, half, true))
    }

    /// Adds the mean thickness over each pixel, or over a cell when the pixel is smaller than one (linear between the cells' middles),
    /// times the part of the pixel that lies in the window.
    ///
    /// The volume is exact with the wire along x or y and pixels of a cell or more; at other rotations a pixel's footprint is taken as the
    /// square of its size that lies along the axes, which has the same area and width (rms) in any direction.
    pub fn add(&self, map: &mut Vec<f32>, raster: &Raster) {
        let r = self.relief;
        let [_, across] = r.limits();
        let along = self.extent();
        let half = 0.5 * raster.pixel;
        let reach = r.step.map(|s| half.max(0.5 * s));
        for j in 0..raster.height {
            let columns = overlap(
                raster.columns(j, false, along[0] - reach[0], along[1] + reach[0]),
                raster.columns(j, true, across[0] - reach[1], across[1] + reach[1]),
            );
            if columns.is_empty() {
                continue;
            }
            let row = row_of(map, raster, j);
            for i in columns {
                let (u, v) = raster.at(i as f64, j as f64);
                let part = r.window.map_or(1.0, |w| inside(w, u, half));
                if part > 0.0 {
                    row[i] += (part * self.mean(u, v, [half; 2], false).0) as f32;
                }
            }
        }
    }
}

/// Part of a pixel at `u` [m] of half width `half` [m] that lies in a window.
pub fn inside([from, to]: [f64; 2], u: f64, half: f64) -> f64 {
    ((to.min(u + half) - from.max(u - half)) / (2.0 * half)).clamp(0.0, 1.0)
}
