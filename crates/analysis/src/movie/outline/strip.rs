//! The strip of an image along the wire, straightened: bins along the axis, rows across it.

use super::super::image::{Axis, Image};

/// Where the cells of a strip lie.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Grid {
    /// Number of bins along the axis.
    pub bins: usize,
    /// Width of a bin [pixels].
    pub bin: usize,
    /// Number of rows across the axis, one pixel each.
    pub rows: usize,
    /// Middle of the grid along and across the axis [pixels], from the foot of the image's centre.
    pub middle: [f64; 2],
}

impl Grid {
    /// Middle of a bin along the axis [pixels], from the foot of the image's centre.
    pub fn along(&self, bin: f64) -> f64 {
        (bin + 0.5 - 0.5 * self.bins as f64) * self.bin as f64 + self.middle[0]
    }

    /// Place of a row across the axis [pixels].
    pub fn across(&self, row: usize) -> f64 {
        row as f64 - 0.5 * (self.rows as f64 - 1.0) + self.middle[1]
    }
}

/// Mean counts of the cells, bin by bin; NaN where a cell is not wholly inside the image.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Strip {
    pub cells: Vec<f32>,
}

impl Strip {
    /// Takes the strip of an image in which the specimen has moved by `shift` [pixels]; bilinear between pixels.
    pub fn take(&mut self, image: &Image, grid: &Grid, axis: &Axis, shift: [f64; 2]) {
        let (width, height) = (image.width(), image.height());
        let (rows, bin) = (grid.rows, grid.bin);
        self.cells.clear();
        self.cells.resize(grid.bins * rows, 0.0);
        if width < 2 || height < 2 {
            self.cells.fill(f32::NAN);
            return;
        }
        let (sin, cos) = axis.angle.sin_cos();
        let counts = image.counts();
        let (last_x, last_y) = (width as f64 - 1.0, height as f64 - 1.0);
        let share = 1.0 / bin as f32;
        let samples = grid.bins * bin;
        let start = grid.along(0.0) - 0.5 * (bin as f64 - 1.0);
        // Row by row, along which the image's memory runs for a wire along x.
        for r in 0..rows {
            let [x, y] = axis.point([width, height], start, grid.across(r));
            let (x0, y0) = (x + shift[0], y + shift[1]);
            // Samples of this row that lie inside: x = x0 + s cos, y = y0 + s sin.
            let (from, to) = inside(x0, cos, last_x, samples);
            let (from_y, to_y) = inside(y0, sin, last_y, samples);
            let (from, to) = (from.max(from_y), to.min(to_y));
            for b in 0..grid.bins {
                let (a, z) = (b * bin, (b + 1) * bin);
                let Some(cell) = self.cells.get_mut(b * rows + r) else { continue };
                if a < from || z > to {
                    *cell = f32::NAN;
                    continue;
                }
                let mut sum = 0.0f32;
                for s in a..z {
                    let (px, py) = (x0 + s as f64 * cos, y0 + s as f64 * sin);
                    let (i, j) = ((px as usize).min(width - 2), (py as usize).min(height - 2));
                    let (fx, fy) = ((px - i as f64) as f32, (py - j as f64) as f32);
                    let at = j * width + i;
                    let (Some(upper), Some(lower)) = (counts.get(at..at + 2), counts.get(at + width..at + width + 2)) else { continue };
                    let top = f32::from(upper[0]) + fx * (f32::from(upper[1]) - f32::from(upper[0]));
                    let low = f32::from(lower[0]) + fx * (f32::from(lower[1]) - f32::from(lower[0]));
                    sum += top + fy * (low - top);
                }
                *cell = share * sum;
            }
        }
    }
}

/// The whole numbers s below `n` for which `start + s slope` lies within 0 and `last`: from, and one beyond the last.
fn inside(start: f64, slope: f64, last: f64, n: usize) -> (usize, usize) {
    if slope.abs() < 1e-9 {
        return if start >= 0.0 && start <= last { (0, n) } else { (n, n) };
    }
    let (a, b) = ((0.0 - start) / slope, (last - start) / slope);
    let (low, high) = (a.min(b), a.max(b));
    let from = low.ceil().clamp(0.0, n as f64) as usize;
    let to = (high.floor() + 1.0).clamp(0.0, n as f64) as usize;
    (from, to.max(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilted_ramp_is_read_where_it_is() {
        let (w, h) = (64, 48);
        let counts: Vec<u16> = (0..w * h).map(|k| (100 + 3 * (k % w) + 7 * (k / w)) as u16).collect();
        let image = Image::new(w, h, &counts).unwrap();
        let grid = Grid { bins: 5, bin: 4, rows: 11, middle: [1.5, -0.7] };
        let axis = Axis { angle: 0.3, offset: 2.4 };
        let mut strip = Strip::default();
        strip.take(&image, &grid, &axis, [0.7, -0.4]);
        for b in 0..grid.bins {
            for r in 0..grid.rows {
                let [x, y] = axis.point([w, h], grid.along(b as f64), grid.across(r));
                let wanted = 100.0 + 3.0 * (x + 0.7) + 7.0 * (y - 0.4);
                assert!((f64::from(strip.cells[b * grid.rows + r]) - wanted).abs() < 1e-2);
            }
        }
    }

    #[test]
    fn cells_that_reach_beyond_the_image_are_missing() {
        let counts = vec![7u16; 30 * 20];
        let image = Image::new(30, 20, &counts).unwrap();
        let mut strip = Strip::default();
        let grid = Grid { bins: 8, bin: 4, rows: 25, middle: [0.0; 2] };
        strip.take(&image, &grid, &Axis { angle: 0.0, offset: 0.0 }, [0.0, 0.0]);
        assert!(strip.cells[12 + 25].is_finite() && strip.cells[25].is_nan() && strip.cells[12].is_nan());
    }
}
