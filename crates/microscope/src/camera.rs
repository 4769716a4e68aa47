//! The camera: light per electron, blur, fixed pattern, dark frame, read noise, counts.

use crate::electrons::Electrons;
use crate::film::FIXED;
use crate::settings::Camera;
use rayon::prelude::*;

/// What is fixed to the camera's pixels: a factor on the light, and the dark frame [counts].
pub struct Pattern {
    width: usize,
    factor: Vec<f32>,
    dark: Vec<f32>,
}

/// Part numbers of the streams of one frame's rows.
pub const SHOT: u64 = 0;
pub const READ: u64 = 1;
pub const SCAN: u64 = 2;
const FACTOR: u64 = 3;
const COLUMNS: u64 = 4;
const ROWS: u64 = 5;
const UNEVEN: u64 = 6;
pub const FILM: u64 = 7;
pub const GRAIN: u64 = 8;

/// Correlation from one column to the next, and from one row to the next, of the dark pattern (real Ceta dark frame: 0.52, 0.35, 0.27 and
/// 0.93, 0.88, 0.85 at distances 1, 2, 3); pixels over which the smooth part varies (its correlation is 0.15-0.25 of the residual to 4 px).
const COLUMN_MEMORY: f64 = 0.6;
const ROW_MEMORY: f64 = 0.95;
const PATCH: usize = 24;

/// Modulation transfer between pixels at a frequency in cycles per pixel; the pixel's own aperture is not in it.
pub fn modulation(camera: &Camera, f: f64) -> f64 {
    let a = camera.mtf_weight;
    a * (-(f / camera.mtf_core).powi(2)).exp() + (1.0 - a) / (1.0 + (f / camera.mtf_tail).powi(2))
}

/// Part of white noise's variance that the blur leaves: the mean of the squared transfer over the square of frequencies.
pub fn noise_left(camera: &Camera) -> f64 {
    let n = 400;
    let at = |k: usize| 0.5 * (k as f64 + 0.5) / f64::from(n);
    let mut sum = 0.0;
    for i in 0..n as usize {
        for j in 0..n as usize {
            sum += modulation(camera, at(i).hypot(at(j))).powi(2);
        }
    }
    sum / f64::from(n * n)
}

impl Pattern {
    /// The pattern of the camera of a seed.
    pub fn new(camera: &Camera, seed: u64, width: usize, height: usize) -> Pattern {
        let line = |n: usize, part: u64, memory: f64| -> Vec<f64> {
            let mut e = Electrons::new(seed, FIXED, 0, part);
            let mut last = f64::from(e.normal());
            let fresh = (1.0 - memory * memory).sqrt();
            (0..n)
                .map(|_| {
                    let now = last;
                    last = memory * last + fresh * f64::from(e.normal());
                    now
                })
                .collect()
        };
        let columns = line(width, COLUMNS, COLUMN_MEMORY);
        let rows = line(height, ROWS, ROW_MEMORY);
        let lattice_width = width / PATCH + 2;
        let lattice: Vec<f32> = {
            let mut e = Electrons::new(seed, FIXED, 0, UNEVEN);
            (0..lattice_width * (height / PATCH + 2)).map(|_| e.normal()).collect()
        };
        let mut factor = vec![0.0f32; width * height];
        let mut dark = vec![0.0f32; width * height];
        factor.par_chunks_mut(width).zip(dark.par_chunks_mut(width)).enumerate().for_each(|(j, (factor, dark))| {
            let mut e = Electrons::new(seed, FIXED, j, FACTOR);
            let (top, fy) = (j / PATCH, (j % PATCH) as f32 / PATCH as f32);
            for (i, (f, d)) in factor.iter_mut().zip(dark.iter_mut()).enumerate() {
                *f = 1.0 + camera.fixed_pattern as f32 * e.normal();
                let (left, fx) = (i / PATCH, (i % PATCH) as f32 / PATCH as f32);
                let at = |dx: usize, dy: usize| lattice[(top + dy) * lattice_width + left + dx];
                let upper = at(0, 0) + fx * (at(1, 0) - at(0, 0));
                let lower = at(0, 1) + fx * (at(1, 1) - at(0, 1));
                // Bilinear mixing leaves on average (2/3)² of the variance.
                let smooth = 1.5 * (upper + fy * (lower - upper));
                *d = (camera.offset + camera.dark_columns * columns[i] + camera.dark_rows * rows[j]) as f32
                    + camera.dark_uneven as f32 * smooth;
            }
        });
        Pattern { width, factor, dark }
    }

    /// Light in electrons → counts; `light` has rows of `stride` with a margin of `skip` columns and rows.
    pub fn read(&self, camera: &Camera, light: &[f32], stride: usize, skip: [usize; 2], seed: u64, index: u64) -> Vec<u16> {
        let mut counts = vec![0u16; self.factor.len()];
        let (gain, noise) = (camera.gain as f32, camera.read_noise as f32);
        counts
            .par_chunks_mut(self.width)
            .zip(self.factor.par_chunks(self.width))
            .zip(self.dark.par_chunks(self.width))
            .enumerate()
            .for_each(|(j, ((counts, factor), dark))| {
                let mut read = vec![0.0f32; counts.len()];
                Electrons::new(seed, index, j, READ).normal_row(&mut read);
                let from = (j + skip[1]) * stride + skip[0];
                for ((((c, light), f), d), z) in counts.iter_mut().zip(&light[from..from + self.width]).zip(factor).zip(dark).zip(&read) {
                    *c = digit(gain * light * f + d + noise * z);
                }
            });
        counts
    }
}

/// The nearest count that fits.
pub fn digit(value: f32) -> u16 {
    (value + 0.5).clamp(0.0, 65_535.0) as u16
}

/// Electrons that arrive in row `j`, as light in units of electrons: Poisson in number, uneven in the light each makes.
pub fn arrive(camera: &Camera, expected: &mut [f32], j: usize, seed: u64, index: u64) {
    let mut e = Electrons::new(seed, index, j, SHOT);
    e.poisson_row(expected);
    // DQE(0) = 1/(1 + spread²): the relative variance of the light per electron.
    let spread = (1.0 / camera.dqe.clamp(1e-3, 1.0) - 1.0).sqrt() as f32;
    if spread > 0.0 {
        let mut normal = vec![0.0f32; expected.len()];
        e.normal_row(&mut normal);
        for (n, z) in expected.iter_mut().zip(&normal) {
            *n += spread * n.sqrt() * z;
        }
    }
}
