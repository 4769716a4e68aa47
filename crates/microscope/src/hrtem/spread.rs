//! Atoms onto a grid, so that one transform gives their structure factor with sub-pixel accuracy.
//!
//! A delta at a place between pixels is replaced by a smooth bump on a grid a quarter finer, and its spectrum divided by that of the bump
//! (the type-1 non-uniform transform; Barnett, Magland & af Klinteberg, SIAM J. Sci. Comput. 41, C479 (2019)). Eight points across leave
//! an error below 1e-5 of an atom within the band limit and below 1e-4 at Nyquist's frequency. Sharing out between the four nearest pixels
//! (linear interpolation, as abTEM does) damps an atom between pixels to between 1 and cos(π/3) = 0.5 at the band limit, per axis.

use rustfft::num_complex::Complex32;

/// Points across a bump.
pub const ACROSS: usize = 8;
/// At least so much finer than the grid of the potential.
pub const FINER: f64 = 1.25;
/// Steepness of the bump: 0.97 π w (1 - 1/(2 · 1.25)), as Barnett et al. choose it.
const STEEPNESS: f64 = 0.97 * std::f64::consts::PI * ACROSS as f64 * 0.6;

/// The bump exp(β(√(1 - (2t/w)²) - 1)) at a distance in pixels of the fine grid.
fn bump(t: f64) -> f64 {
    let z = 2.0 * t / ACROSS as f64;
    let s = 1.0 - z * z;
    if s <= 0.0 { 0.0 } else { (STEEPNESS * (s.sqrt() - 1.0)).exp() }
}

/// Spectrum of the bump at a frequency in cycles per pixel of the fine grid.
pub fn bump_spectrum(f: f64) -> f64 {
    // Midpoints in t = (w/2) sin u: the integrand is smooth and periodic in u, so the sum converges exponentially.
    let n = 64;
    let half = 0.5 * ACROSS as f64;
    (0..n)
        .map(|i| {
            let u = std::f64::consts::PI * ((f64::from(i) + 0.5) / f64::from(n) - 0.5);
            let t = half * u.sin();
            bump(t) * (std::f64::consts::TAU * f * t).cos() * half * u.cos() * std::f64::consts::PI / f64::from(n)
        })
        .sum()
}

/// The fine grid: a value per point, two slices at once as real and imaginary part, and which rows hold anything.
pub struct Spread {
    size: [usize; 2],
    pub values: Vec<Complex32>,
    touched: Vec<bool>,
}

impl Spread {
    pub fn new(size: [usize; 2]) -> Spread {
        Spread { size, values: vec![Complex32::default(); size[0] * size[1]], touched: vec![false; size[1]] }
    }

    pub fn clear(&mut self) {
        for (row, touched) in self.values.chunks_exact_mut(self.size[0]).zip(&mut self.touched) {
            if std::mem::take(touched) {
                row.fill(Complex32::default());
            }
        }
    }

    /// Whether row `y` holds anything.
    pub fn touched(&self, y: usize) -> bool {
        self.touched[y]
    }

    /// Adds a weight at a place in pixels of the fine grid, which is periodic.
    pub fn add(&mut self, place: [f64; 2], weight: Complex32) {
        let [w, h] = self.size;
        let (xs, x_weights) = taps(place[0], w);
        let (ys, y_weights) = taps(place[1], h);
        for (y, wy) in ys.iter().zip(&y_weights) {
            self.touched[*y] = true;
            let row = &mut self.values[y * w..(y + 1) * w];
            for (x, wx) in xs.iter().zip(&x_weights) {
                row[*x] += weight * (wx * wy);
            }
        }
    }
}

/// The points under a bump and their weights.
fn taps(place: f64, n: usize) -> ([usize; ACROSS], [f32; ACROSS]) {
    let first = (place - 0.5 * ACROSS as f64).ceil();
    let start = first.rem_euclid(n as f64) as usize;
    let mut points = [0; ACROSS];
    let mut weights = [0.0; ACROSS];
    for (k, (p, w)) in points.iter_mut().zip(&mut weights).enumerate() {
        *p = (start + k) % n;
        *w = bump(first + k as f64 - place) as f32;
    }
    (points, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn a_delta_anywhere_has_the_spectrum_of_a_delta() {
        // A line of 40 points, of which frequencies to ±16 are used (a grid of 32).
        let n = 40;
        let mut worst = [0.0f64; 2];
        for place in [0.0, 3.7, 39.99, -0.31, 17.5, 123.4] {
            let mut spread = Spread::new([n, 1]);
            spread.add([place, 0.0], Complex32::new(1.0, 0.0));
            // Along the one row the bump of eight rows is summed up: the spectrum across at frequency 0.
            for f in -16..=16i32 {
                let q = f64::from(f) / n as f64;
                let (mut re, mut im) = (0.0, 0.0);
                for (i, v) in spread.values.iter().enumerate() {
                    re += f64::from(v.re) * (TAU * q * i as f64).cos();
                    im -= f64::from(v.re) * (TAU * q * i as f64).sin();
                }
                let scale = bump_spectrum(q) * bump_spectrum(0.0);
                let off = (re / scale - (TAU * q * place).cos()).hypot(im / scale + (TAU * q * place).sin());
                let within = usize::from(f.abs() > 10);
                worst[within] = worst[within].max(off);
            }
        }
        // Nyquist's frequency is 16 here, the band limit 10.7.
        assert!(worst[0] < 1e-5 && worst[1] < 1e-4, "{worst:?}");
    }
}
