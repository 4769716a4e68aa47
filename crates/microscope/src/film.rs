//! Texture of film and deposits: random fields glued to the specimen.

use crate::electrons::Electrons;
use crate::error::MicroscopeError;
use crate::settings::BrightField;
use crate::transfer::Transform;
use crate::view::Raster;
use rayon::prelude::*;
use std::f64::consts::PI;

/// A random field of one raster's size and pixel, periodic. It moves with the specimen; at another magnification it is another sample of
/// the same statistics.
pub struct Texture {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// Index of the frame that stands for what is fixed to specimen and camera, not to a frame.
pub const FIXED: u64 = u64::MAX >> 24;

impl Texture {
    /// White noise of a raster with pixels of `pixel` [m], shaped to a spectral density [m²] at a frequency [1/m], both ways seen through
    /// the pixel's aperture.
    pub fn new(
        transform: &Transform,
        size: [usize; 2],
        pixel: f64,
        seed: u64,
        part: u64,
        density: impl Fn(f64) -> f64 + Sync,
    ) -> Result<Texture, MicroscopeError> {
        let mut values = vec![0.0f32; size[0] * size[1]];
        values.par_chunks_mut(size[0]).enumerate().for_each(|(j, row)| {
            Electrons::new(seed, FIXED, j, part).normal_row(row);
        });
        let response = transform.response(|fx, fy| {
            let k = fx.hypot(fy) / pixel;
            (density(k).max(0.0)).sqrt() / pixel * sinc(fx) * sinc(fy)
        });
        transform.filter(&mut values, &response)?;
        Ok(Texture { width: size[0], height: size[1], values })
    }

    /// Row `j` of the field where the raster lies now, into `out`: interpolated by cubic convolution (Keys), which a field without
    /// structure at the pixel's own scale hardly notices.
    pub fn row(&self, raster: &Raster, j: usize, out: &mut [f32]) {
        let [px, py] = raster.phase();
        let (kx, wx) = taps(px);
        let (ky, wy) = taps(py + j as f64);
        let mut lines: [&[f32]; 4] = [&[]; 4];
        for (t, line) in lines.iter_mut().enumerate() {
            let r = (ky + t as i64 - 1).rem_euclid(self.height as i64) as usize;
            *line = &self.values[r * self.width..(r + 1) * self.width];
        }
        // One line mixed of four, laid out with the wrap so that the taps along x run without asking.
        let first = (kx - 1).rem_euclid(self.width as i64) as usize;
        let mut mixed = vec![0.0f32; out.len() + 3];
        let mut at = 0;
        let mut from = first;
        while at < mixed.len() {
            let n = (self.width - from).min(mixed.len() - at);
            let (a, b, c, d) = (&lines[0][from..], &lines[1][from..], &lines[2][from..], &lines[3][from..]);
            for (k, m) in mixed[at..at + n].iter_mut().enumerate() {
                *m = wy[0] * a[k] + wy[1] * b[k] + wy[2] * c[k] + wy[3] * d[k];
            }
            at += n;
            from = 0;
        }
        for (o, m) in out.iter_mut().zip(mixed.windows(4)) {
            *o = wx[0] * m[0] + wx[1] * m[1] + wx[2] * m[2] + wx[3] * m[3];
        }
    }
}

/// Whole part and weights of the four neighbours at a place between pixels.
fn taps(x: f64) -> (i64, [f32; 4]) {
    let k = x.floor();
    let f = (x - k) as f32;
    let (f2, f3) = (f * f, f * f * f);
    (k as i64, [0.5 * (-f3 + 2.0 * f2 - f), 0.5 * (3.0 * f3 - 5.0 * f2 + 2.0), 0.5 * (-3.0 * f3 + 4.0 * f2 + f), 0.5 * (f3 - f2)])
}

/// Transfer of a pixel's own aperture.
fn sinc(f: f64) -> f64 {
    if f.abs() < 1e-9 { 1.0 } else { (PI * f).sin() / (PI * f) }
}

/// Wavelength at 200 kV [m].
const WAVELENGTH: f64 = 2.508e-12;
/// Thickness to which the granularity refers [m].
const FILM: f64 = 50e-9;

/// Spectral density [m²] at `k` [1/m] of the relative intensity behind a film of `thickness` [m]: its atoms as a weak phase object at the
/// defocus, 4 G sin²(pi lambda df k²), and its uneven thickness.
pub fn film_density(settings: &BrightField, thickness: f64, k: f64) -> f64 {
    let phase = (PI * WAVELENGTH * settings.defocus * k * k).sin();
    let length = settings.film_waviness;
    let wave = (settings.film_roughness / settings.nitride).powi(2) * PI * length * length * (-(PI * length * k).powi(2)).exp();
    4.0 * settings.granularity * (thickness / FILM) * phase * phase + wave
}

/// Correlation length of the grains of a deposit [m]; an assumption (nanocrystals of some nm, seen many on top of each other).
const GRAIN: f64 = 8e-9;

/// Spectral density [m²] of a field of unit variance with the grains' correlation length.
pub fn grain_density(k: f64) -> f64 {
    PI * GRAIN * GRAIN * (-(PI * GRAIN * k).powi(2)).exp()
}
