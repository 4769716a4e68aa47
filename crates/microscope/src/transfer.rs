//! Filters in frequency space: the camera's blur, the film's texture.

use crate::error::MicroscopeError;
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftDirection, FftPlanner};
use std::sync::{Arc, Mutex, PoisonError};

/// Two-dimensional transform of real images of one size.
pub struct Transform {
    width: usize,
    height: usize,
    rows: Arc<dyn RealToComplex<f32>>,
    rows_back: Arc<dyn ComplexToReal<f32>>,
    columns: Arc<dyn Fft<f32>>,
    columns_back: Arc<dyn Fft<f32>>,
    /// Half spectra not in use: fresh memory costs as much as a transform.
    spare: Mutex<Vec<Vec<Complex32>>>,
}

/// A filter: what it does to each frequency, real and even, column by column of the half spectrum.
pub struct Response(Vec<f32>);

impl Transform {
    /// Transforms of `width` × `height` pixels.
    pub fn new(width: usize, height: usize) -> Transform {
        let mut real = RealFftPlanner::new();
        let mut complex = FftPlanner::new();
        Transform {
            width,
            height,
            rows: real.plan_fft_forward(width),
            rows_back: real.plan_fft_inverse(width),
            columns: complex.plan_fft(height, FftDirection::Forward),
            columns_back: complex.plan_fft(height, FftDirection::Inverse),
            spare: Mutex::new(Vec::new()),
        }
    }

    fn half(&self) -> usize {
        self.width / 2 + 1
    }

    /// A filter from its response at a frequency along x and y, in cycles per pixel.
    pub fn response(&self, at: impl Fn(f64, f64) -> f64 + Sync) -> Response {
        let scale = 1.0 / (self.width as f64 * self.height as f64);
        let mut table = vec![0.0; self.half() * self.height];
        table.par_chunks_mut(self.height).enumerate().for_each(|(c, column)| {
            let fx = c as f64 / self.width as f64;
            for (r, value) in column.iter_mut().enumerate() {
                let r = r as f64;
                let n = self.height as f64;
                let fy = if 2.0 * r <= n { r / n } else { r / n - 1.0 };
                *value = (at(fx, fy) * scale) as f32;
            }
        });
        Response(table)
    }

    /// Applies a filter in place; the image is taken as periodic.
    ///
    /// # Errors
    /// The image or the filter has another size.
    pub fn filter(&self, image: &mut [f32], response: &Response) -> Result<(), MicroscopeError> {
        let (w, h, half) = (self.width, self.height, self.half());
        let wrong = || MicroscopeError::Transform { width: w, height: h };
        if image.len() != w * h || response.0.len() != half * h {
            return Err(wrong());
        }
        let mut spectrum = self.buffer();
        spectrum
            .par_chunks_mut(half)
            .zip(image.par_chunks_mut(w))
            .map_init(|| self.rows.make_scratch_vec(), |scratch, (out, row)| self.rows.process_with_scratch(row, out, scratch))
            .collect::<Result<(), _>>()
            .map_err(|_| wrong())?;
        let mut turned = self.buffer();
        transpose(&spectrum, half, &mut turned, h);
        turned.par_chunks_mut(h).zip(response.0.par_chunks(h)).for_each_init(
            || vec![Complex32::default(); self.columns.get_inplace_scratch_len().max(self.columns_back.get_inplace_scratch_len())],
            |scratch, (column, response)| {
                self.columns.process_with_scratch(column, scratch);
                for (value, r) in column.iter_mut().zip(response) {
                    *value *= r;
                }
                self.columns_back.process_with_scratch(column, scratch);
            },
        );
        transpose(&turned, h, &mut spectrum, half);
        let done = image
            .par_chunks_mut(w)
            .zip(spectrum.par_chunks_mut(half))
            .map_init(
                || self.rows_back.make_scratch_vec(),
                |scratch, (row, part)| {
                    // What rounding leaves here has no meaning for a real row, and the transform refuses it.
                    part[0].im = 0.0;
                    if w % 2 == 0 {
                        part[half - 1].im = 0.0;
                    }
                    self.rows_back.process_with_scratch(part, row, scratch)
                },
            )
            .collect::<Result<(), _>>()
            .map_err(|_| wrong());
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < 2 {
            spare.extend([spectrum, turned]);
        }
        done
    }

    fn buffer(&self) -> Vec<Complex32> {
        let kept = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| vec![Complex32::default(); self.half() * self.height])
    }
}

/// Turns rows of `from_width` into rows of `to_width`.
fn transpose(from: &[Complex32], from_width: usize, to: &mut [Complex32], to_width: usize) {
    const BLOCK: usize = 16;
    to.par_chunks_mut(to_width * BLOCK).enumerate().for_each(|(block, rows)| {
        let first = block * BLOCK;
        let many = rows.len() / to_width;
        for start in (0..to_width).step_by(BLOCK) {
            for r in 0..many {
                let row = &mut rows[r * to_width + start..r * to_width + (start + BLOCK).min(to_width)];
                for (k, value) in row.iter_mut().enumerate() {
                    *value = from[(start + k) * from_width + first + r];
                }
            }
        }
    });
}

/// The smallest even length of at least `least` whose factors are 2, 3, 5, 7 and 11: fast to transform.
pub fn fast_length(least: usize) -> usize {
    let smooth = |mut n: usize| {
        for p in [2, 3, 5, 7, 11] {
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
        n == 1
    };
    let mut n = least.max(2).next_multiple_of(2);
    while !smooth(n) {
        n += 2;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_of_one_changes_nothing_and_a_shift_of_zero_frequency_scales_the_mean() {
        for (w, h) in [(8, 6), (7, 5), (1, 1), (2, 9), (30, 64)] {
            let t = Transform::new(w, h);
            let image: Vec<f32> = (0..w * h).map(|k| ((k * 7919) % 101) as f32).collect();
            let mut same = image.clone();
            t.filter(&mut same, &t.response(|_, _| 1.0)).unwrap();
            assert!(image.iter().zip(&same).all(|(a, b)| (a - b).abs() < 1e-3), "{w} {h}");
            let mut mean = image.clone();
            t.filter(&mut mean, &t.response(|x, y| f64::from(u8::from(x == 0.0 && y == 0.0)))).unwrap();
            let expected = image.iter().sum::<f32>() / (w * h) as f32;
            assert!(mean.iter().all(|m| (m - expected).abs() < 1e-3));
        }
    }

    #[test]
    fn lengths_are_fast_even_and_not_much_longer() {
        for n in 1..5000 {
            let m = fast_length(n);
            assert!(m >= n && m.is_multiple_of(2) && m < n + n / 8 + 8, "{n} {m}");
        }
    }
}
