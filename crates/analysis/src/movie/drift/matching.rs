//! How well a frame, moved by a shift, fits the reference: residual, slopes of the likelihood, information.

use super::binned::{self, Prepared};
use super::reference::{Moved, Reference};

/// Error of interpolation and blur, as a shift [binned pixels]: keeps steep contact edges from outweighing everything else.
const MODEL: f32 = 0.03;
/// Residuals beyond this many standard deviations are drawn in: what has changed must not pull.
const CLIP: f32 = 4.0;

/// Variance of a prepared value: `floor + per_level` times the level.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Noise {
    pub(super) floor: f64,
    pub(super) per_level: f64,
}

/// Sums over the pixels that frame and reference share, at one shift. Coordinates are binned pixels.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Match {
    /// From the canvas to the frame.
    pub(super) shift: [f64; 2],
    /// Number of pixels.
    pub(super) pixels: f64,
    /// Information about the shift, xx, xy, yy, and what noise in the reference's slopes adds to xx and to yy.
    pub(super) information: [f64; 3],
    pub(super) slope_noise: f64,
    /// Derivative of the likelihood.
    pub(super) score: [f64; 2],
    /// Weighted squared residual.
    pub(super) chi: f64,
    /// Weighted products frame times reference, reference times reference, and the noise's part in the latter.
    pub(super) product: f64,
    pub(super) energy: f64,
    pub(super) energy_noise: f64,
    /// For the noise's fit: sums of 1, level, level², residual², residual² times level.
    pub(super) noise_sums: [f64; 5],
}

impl Match {
    /// How much of the reference's pattern is in the frame (1 if all of it), and the pattern's weight in units of independent noise.
    pub(super) fn seen(&self, correlated: f64) -> (f64, f64) {
        let signal = self.energy - self.energy_noise;
        if signal > 0.0 { (self.product / signal, signal / correlated) } else { (0.0, 0.0) }
    }
}

/// Weights for one overlap of frame and canvas, kept while the overlap stays the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    nearest: Option<[i64; 2]>,
    weight: Vec<f32>,
    limit: Vec<f32>,
    /// Variance of the frame's value, and the level.
    variance: Vec<f32>,
    level: Vec<f32>,
    sums: Match,
    row: Vec<f32>,
    mixed: Vec<f32>,
    scratch: Vec<f32>,
    slope: [Vec<f32>; 2],
}

impl Weights {
    /// Forgets the frame before.
    pub(super) fn reset(&mut self) {
        self.nearest = None;
    }

    fn prepare(&mut self, reference: &Reference, frame: &Prepared, noise: Noise, shift: [f64; 2]) {
        let nearest = shift.map(|s| s.round() as i64);
        if self.nearest == Some(nearest) {
            return;
        }
        self.nearest = Some(nearest);
        let (w, h) = (reference.width, reference.height);
        for map in [&mut self.weight, &mut self.limit, &mut self.variance, &mut self.level] {
            map.resize(w * h, 0.0);
        }
        let moved = Moved::new(shift);
        let gradient_gain = binned::gradient_gain() as f32;
        let (floor, per_level) = (noise.floor as f32, noise.per_level as f32);
        let (mut valid, mut level) = (Vec::new(), Vec::new());
        let mut sums = [0.0f64; 7];
        for j in 0..h {
            moved.nearest(&frame.valid, w, h, j, &mut valid);
            moved.nearest(&frame.level, w, h, j, &mut level);
            let r = j * w..(j + 1) * w;
            let (usable, frames) = (&reference.usable[r.clone()], &reference.frames[r.clone()]);
            let (gx, gy, values) = (&reference.slope_x[r.clone()], &reference.slope_y[r.clone()], &reference.values[r.clone()]);
            let (weight, limit) = (&mut self.weight[r.clone()], &mut self.limit[r.clone()]);
            let variance = &mut self.variance[r.clone()];
            self.level[r].copy_from_slice(&level);
            for i in 0..w {
                let own = (floor + per_level * level[i]).max(1e-12);
                let total = own * (1.0 + 1.0 / frames[i].max(1.0)) + MODEL * MODEL * (gx[i] * gx[i] + gy[i] * gy[i]);
                variance[i] = own;
                weight[i] = usable[i] * valid[i] / total;
                limit[i] = CLIP * total.sqrt();
            }
            let rows = [&*weight, gx, gy, values, &*variance, frames];
            add_lanes(&mut sums, w, |i| {
                let [weight, gx, gy, value, variance, frames] = rows.map(|r| r[i]);
                let noise = weight * variance / frames.max(1.0);
                let one = if weight > 0.0 { 1.0 } else { 0.0 };
                let (wx, wy) = (weight * gx, weight * gy);
                [one, wx * gx, wx * gy, wy * gy, noise, weight * value * value, 0.0]
            });
        }
        self.sums = Match {
            pixels: sums[0],
            information: [sums[1], sums[2], sums[3]],
            slope_noise: sums[4] * f64::from(gradient_gain),
            energy: sums[5],
            energy_noise: sums[4],
            ..Match::default()
        };
    }

    /// Compares frame and reference at a shift.
    pub(super) fn compare(&mut self, reference: &Reference, frame: &Prepared, noise: Noise, shift: [f64; 2]) -> Match {
        self.prepare(reference, frame, noise, shift);
        let moved = Moved::new(shift);
        let w = reference.width;
        let mut sums = [0.0f64; 4];
        for j in 0..reference.height {
            moved.row(frame, j, &mut self.row, &mut self.mixed);
            let r = j * w..(j + 1) * w;
            let rows = [
                &self.row[..],
                &reference.values[r.clone()],
                &self.weight[r.clone()],
                &self.limit[r.clone()],
                &reference.slope_x[r.clone()],
                &reference.slope_y[r],
            ];
            add_lanes(&mut sums, w, |i| {
                let [value, mean, weight, limit, gx, gy] = rows.map(|r| r[i]);
                let difference = (value - mean).min(limit).max(-limit);
                let wd = weight * difference;
                // Moving the frame by +d samples it further along: the difference grows by slope times d.
                [wd * difference, -wd * gx, -wd * gy, weight * value * mean]
            });
        }
        Match { shift, chi: sums[0], score: [sums[1], sums[2]], product: sums[3], ..self.sums }
    }

    /// Covariance of the score from the frame's own noise, which the low pass has correlated: xx, xy, yy.
    pub(super) fn score_covariance(&mut self, reference: &Reference) -> [f64; 3] {
        let (w, h) = (reference.width, reference.height);
        for (slope, out) in [&reference.slope_x, &reference.slope_y].into_iter().zip(&mut self.slope) {
            out.clear();
            out.extend(slope.iter().zip(&self.weight).map(|(g, w)| g * w));
            binned::blur(out, w, h, &mut self.scratch);
        }
        let mut sums = [0.0f64; 3];
        for j in 0..h {
            let r = j * w..(j + 1) * w;
            let rows = [&self.slope[0][r.clone()], &self.slope[1][r.clone()], &self.variance[r]];
            add_lanes(&mut sums, w, |i| {
                let [x, y, v] = rows.map(|r| r[i]);
                [v * x * x, v * x * y, v * y * y]
            });
        }
        sums.map(|s| s / binned::noise_gain())
    }

    /// Sums for the fit of the noise against the level, at the shift of the last comparison with this overlap.
    pub(super) fn noise_sums(&mut self, reference: &Reference, frame: &Prepared, shift: [f64; 2]) -> [f64; 5] {
        let moved = Moved::new(shift);
        let w = reference.width;
        let mut sums = [0.0f64; 5];
        for j in (0..reference.height).step_by(2) {
            moved.row(frame, j, &mut self.row, &mut self.mixed);
            let r = j * w..(j + 1) * w;
            let rows = [
                &self.row[..],
                &reference.values[r.clone()],
                &self.weight[r.clone()],
                &self.limit[r.clone()],
                &self.level[r.clone()],
                &reference.frames[r],
            ];
            add_lanes(&mut sums, w, |i| {
                let [value, mean, weight, limit, level, frames] = rows.map(|r| r[i]);
                let difference = (value - mean).min(limit).max(-limit);
                let one = if weight > 0.0 { 1.0 } else { 0.0 };
                let square = one * difference * difference / (1.0 + 1.0 / frames.max(1.0));
                let level = one * level;
                [one, level, level * level, square, square * level]
            });
        }
        sums
    }
}

/// Adds what `term` gives for 0..count. Eight sums run side by side, so that the loop is vectorised.
#[inline(always)]
fn add_lanes<const K: usize>(sums: &mut [f64; K], count: usize, term: impl Fn(usize) -> [f32; K]) {
    let mut lanes = [[0.0f32; 8]; K];
    let whole = count / 8 * 8;
    for start in (0..whole).step_by(8) {
        for lane in 0..8 {
            let t = term(start + lane);
            for k in 0..K {
                lanes[k][lane] += t[k];
            }
        }
    }
    for i in whole..count {
        let t = term(i);
        for k in 0..K {
            lanes[k][0] += t[k];
        }
    }
    for (sum, lanes) in sums.iter_mut().zip(lanes) {
        *sum += f64::from(lanes.iter().sum::<f32>());
    }
}
