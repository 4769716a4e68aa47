//! Thickness on a grid: states of the lattice engine.

use crate::project::{overlap, row_of};
use crate::view::Raster;
use pentatwin_physics::scene::Relief;

/// A relief with the sums that make the mean over any rectangle a matter of four places.
pub struct Summed<'a> {
    relief: &'a Relief,
    /// Sum of the cells to the left of and above each corner of a cell.
    sums: Vec<f64>,
    thickest: f64,
}

impl<'a> Summed<'a> {
    /// None if the relief cannot be seen. Values that are no thickness count as none.
    pub fn new(relief: &'a Relief) -> Option<Summed<'a>> {
        if !relief.valid() {
            return None;
        }
        let stride = relief.columns + 1;
        let mut sums = vec![0.0; stride * (relief.rows + 1)];
        let mut thickest = 0.0f64;
        for (j, cells) in relief.thickness.chunks(relief.columns).enumerate() {
            let (above, here) = sums[j * stride..(j + 2) * stride].split_at_mut(stride);
            let mut sum = 0.0;
            for (i, t) in cells.iter().enumerate() {
                let t = if t.is_finite() && *t > 0.0 { f64::from(*t) } else { 0.0 };
                thickest = thickest.max(t);
                sum += t;
                here[i + 1] = above[i + 1] + sum;
            }
        }
        Some(Summed { relief, sums, thickest })
    }

    /// The thickest place [m].
    pub fn thickest(&self) -> f64 {
        self.thickest
    }

    /// From and to along x [m].
    pub fn extent(&self) -> [f64; 2] {
        self.relief.limits()[0]
    }

    /// Sum of the cells up to a place [cells], in fractions of a cell.
    fn upto(&self, x: f64, y: f64) -> f64 {
        let place = |x: f64, n: usize| {
            let x = x.clamp(0.0, n as f64);
            let i = (x as usize).min(n - 1);
            (i, x - i as f64)
        };
        let ((i, f), (j, g)) = (place(x, self.relief.columns), place(y, self.relief.rows));
        let at = j * (self.relief.columns + 1) + i;
        let below = at + self.relief.columns + 1;
        let along = |at: usize| (1.0 - f) * self.sums[at] + f * self.sums[at + 1];
        (1.0 - g) * along(at) + g * along(below)
    }

    /// Mean thickness [m] over a square of half side `half` [cells] centred at a place [cells].
    fn mean(&self, x: f64, y: f64, half: f64) -> f64 {
        let right = self.upto(x + half, y + half) - self.upto(x + half, y - half);
        let left = self.upto(x - half, y + half) - self.upto(x - half, y - half);
        ((right - left) / (4.0 * half * half)).max(0.0)
    }

    /// Adds the mean thickness over each pixel, or over a cell when the pixel is smaller than one (linear between the cells' middles).
    ///
    /// The volume is exact with the wire along x or y and pixels of a cell or more; at other rotations a pixel's footprint is taken as the square of its size that lies along the
    /// axes, which has the same area and width (rms) in any direction.
    pub fn add(&self, map: &mut Vec<f32>, raster: &Raster) {
        let r = self.relief;
        let [along, across] = r.limits();
        let half = (0.5 * raster.pixel).max(0.5 * r.step);
        let half_cells = half / r.step;
        for j in 0..raster.height {
            let columns = overlap(
                raster.columns(j, false, along[0] - half, along[1] + half),
                raster.columns(j, true, across[0] - half, across[1] + half),
            );
            if columns.is_empty() {
                continue;
            }
            let row = row_of(map, raster, j);
            for i in columns {
                let (u, v) = raster.at(i as f64, j as f64);
                row[i] += self.mean((u - r.origin[0]) / r.step, (v - r.origin[1]) / r.step, half_cells) as f32;
            }
        }
    }
}
