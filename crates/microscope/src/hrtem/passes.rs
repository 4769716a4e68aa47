//! Two-dimensional transforms in two passes over memory, with only the columns that are wanted.
//!
//! Rows are transformed sixteen at a time and laid down as a *strip*: for each wanted column its sixteen values side by side. The other pass
//! gathers columns from the strips (128 bytes a run), works on each in place, and the rows are gathered from the columns again. What is
//! done to rows and columns in between costs no pass of its own, and columns beyond the band limit are never touched.

use rayon::prelude::*;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

/// Rows in a strip.
pub const STRIP: usize = 16;

/// Transforms of one length, both ways, not normalised.
#[derive(Clone)]
pub struct Line {
    pub length: usize,
    pub forward: Arc<dyn Fft<f32>>,
    pub inverse: Arc<dyn Fft<f32>>,
}

impl Line {
    pub fn new(length: usize, planner: &mut FftPlanner<f32>) -> Line {
        Line { length, forward: planner.plan_fft_forward(length), inverse: planner.plan_fft_inverse(length) }
    }

    pub fn scratch(&self) -> Vec<Complex32> {
        let n = self.forward.get_inplace_scratch_len().max(self.inverse.get_inplace_scratch_len());
        vec![Complex32::default(); n]
    }
}

/// Sixteen rows in work. Rows are a few cache lines further apart than they are long: at a distance of a power of two they would
/// throw each other out of the cache.
pub struct Rows {
    length: usize,
    stride: usize,
    data: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Rows {
    pub fn new(line: &Line) -> Rows {
        let stride = line.length + STRIP;
        Rows { length: line.length, stride, data: vec![Complex32::default(); stride * STRIP], scratch: line.scratch() }
    }

    pub fn row(&mut self, r: usize) -> &mut [Complex32] {
        &mut self.data[r * self.stride..r * self.stride + self.length]
    }

    pub fn forward(&mut self, line: &Line, rows: usize) {
        for r in 0..rows {
            line.forward.process_with_scratch(&mut self.data[r * self.stride..r * self.stride + self.length], &mut self.scratch);
        }
    }

    /// Gathers the wanted entries of rows from `first` on from the columns, the others 0, and transforms back.
    pub fn inverse(&mut self, line: &Line, columns: &[Complex32], height: usize, wanted: &[usize], first: usize, rows: usize) {
        self.data.fill(Complex32::default());
        for (column, &i) in columns.chunks_exact(height).zip(wanted) {
            for (r, value) in column[first..first + rows].iter().enumerate() {
                self.data[r * self.stride + i] = *value;
            }
        }
        for r in 0..rows {
            line.inverse.process_with_scratch(&mut self.data[r * self.stride..r * self.stride + self.length], &mut self.scratch);
        }
    }

    /// Lays the wanted entries down as a strip.
    pub fn store(&self, wanted: &[usize], strip: &mut [Complex32]) {
        for (sixteen, &i) in strip.chunks_exact_mut(STRIP).zip(wanted) {
            for (r, value) in sixteen.iter_mut().enumerate() {
                *value = self.data[r * self.stride + i];
            }
        }
    }
}

/// Number of strips for a height.
pub fn strips(height: usize) -> usize {
    height.div_ceil(STRIP)
}

/// Gathers column `c` of `columns` from the strips.
pub fn gather(strips: &[Complex32], columns: usize, c: usize, column: &mut [Complex32]) {
    for (sixteen, strip) in column.chunks_mut(STRIP).zip(strips.chunks_exact(columns * STRIP)) {
        sixteen.copy_from_slice(&strip[c * STRIP..c * STRIP + sixteen.len()]);
    }
}

/// Gathers each column, transforms it, multiplies it by its factors, and transforms it back.
pub fn filter_columns(strips: &[Complex32], columns: &mut [Complex32], line: &Line, factors: &(impl Fn(usize, &mut [Complex32]) + Sync)) {
    let many = columns.len() / line.length;
    columns.par_chunks_exact_mut(line.length).enumerate().for_each_init(
        || line.scratch(),
        |scratch, (c, column)| {
            gather(strips, many, c, column);
            line.forward.process_with_scratch(column, scratch);
            factors(c, column);
            line.inverse.process_with_scratch(column, scratch);
        },
    );
}

/// Forward transform of rows, all columns, as columns; used where speed does not matter.
pub fn whole_forward(rows: &[Complex32], lines: &[Line; 2]) -> Vec<Complex32> {
    let [w, h] = [lines[0].length, lines[1].length];
    let mut by_row = rows.to_vec();
    by_row.par_chunks_exact_mut(w).for_each_init(|| lines[0].scratch(), |s, row| lines[0].forward.process_with_scratch(row, s));
    let mut columns = transposed(&by_row, w, h);
    columns.par_chunks_exact_mut(h).for_each_init(|| lines[1].scratch(), |s, column| lines[1].forward.process_with_scratch(column, s));
    columns
}

/// And back; normalised by whoever fills the columns.
pub fn whole_inverse(mut columns: Vec<Complex32>, lines: &[Line; 2]) -> Vec<Complex32> {
    let [w, h] = [lines[0].length, lines[1].length];
    columns.par_chunks_exact_mut(h).for_each_init(|| lines[1].scratch(), |s, column| lines[1].inverse.process_with_scratch(column, s));
    let mut rows = transposed(&columns, h, w);
    rows.par_chunks_exact_mut(w).for_each_init(|| lines[0].scratch(), |s, row| lines[0].inverse.process_with_scratch(row, s));
    rows
}

/// Rows of `width` into rows of `height`.
fn transposed(from: &[Complex32], width: usize, height: usize) -> Vec<Complex32> {
    let mut to = vec![Complex32::default(); from.len()];
    to.par_chunks_mut(height * STRIP).enumerate().for_each(|(b, rows)| {
        for start in (0..height).step_by(STRIP) {
            for (r, row) in rows.chunks_exact_mut(height).enumerate() {
                for y in start..(start + STRIP).min(height) {
                    row[y] = from[y * width + b * STRIP + r];
                }
            }
        }
    });
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_gives_the_same_for_any_size() {
        for (w, h) in [(16, 16), (20, 33), (7, 5), (48, 1), (1, 40)] {
            let mut planner = FftPlanner::new();
            let lines = [Line::new(w, &mut planner), Line::new(h, &mut planner)];
            let image: Vec<Complex32> = (0..w * h).map(|k| Complex32::new(((k * 7919) % 101) as f32, ((k * 31) % 17) as f32)).collect();
            let mut columns = whole_forward(&image, &lines);
            columns.iter_mut().for_each(|c| *c /= (w * h) as f32);
            let back = whole_inverse(columns.clone(), &lines);
            assert!(image.iter().zip(&back).all(|(a, b)| (a - b).norm() < 1e-3), "{w} {h}");
            // The same by strips.
            let wanted: Vec<usize> = (0..w).collect();
            let mut laid = vec![Complex32::default(); strips(h) * w * STRIP];
            let mut rows = Rows::new(&lines[0]);
            for (b, strip) in laid.chunks_exact_mut(w * STRIP).enumerate() {
                let many = (h - b * STRIP).min(STRIP);
                for r in 0..many {
                    rows.row(r).copy_from_slice(&image[(b * STRIP + r) * w..][..w]);
                }
                rows.forward(&lines[0], many);
                rows.store(&wanted, strip);
            }
            let mut columns = vec![Complex32::default(); w * h];
            filter_columns(&laid, &mut columns, &lines[1], &|_, column| column.iter_mut().for_each(|v| *v /= (w * h) as f32));
            for b in 0..strips(h) {
                let many = (h - b * STRIP).min(STRIP);
                rows.inverse(&lines[0], &columns, h, &wanted, b * STRIP, many);
                for r in 0..many {
                    let same = rows.row(r).iter().zip(&image[(b * STRIP + r) * w..]).all(|(a, b)| (a - b).norm() < 1e-3);
                    assert!(same, "{w} {h} by strips");
                }
            }
        }
    }
}
