//! What a camera makes of an image.

use super::error::HighResolutionError;
use super::grid::Window;
use crate::camera::{Pattern, arrive, modulation};
use crate::settings::Camera;
use crate::transfer::{Transform, fast_length};
use rayon::prelude::*;
use std::f64::consts::PI;

/// Pixels that the image is continued beyond its edges, mirrored, for the camera's blur.
const MARGIN: usize = 16;

/// Counts of a camera.
#[derive(Clone, PartialEq, Debug)]
pub struct Counts {
    /// Pixels along x.
    pub width: usize,
    /// Pixels along y.
    pub height: usize,
    /// Size of a pixel on the specimen [m].
    pub pixel: f64,
    /// Electrons that fell on a pixel where the specimen was not, on average.
    pub electrons: f64,
    /// Counts, row by row.
    pub counts: Vec<u16>,
}

/// Records an expected intensity (1 = incident, as [`Wave::image`](super::Wave::image) gives it) with a dose [e/m²]: the pixels' own aperture,
/// Poisson electrons, the camera's blur of signal and noise, fixed pattern, dark frame, read noise. The same seed and index give the same
/// counts on any number of threads.
///
/// # Errors
/// An image that is not the window's or has values that are no intensities, a window that cannot be imaged, a dose that is negative or no number.
pub fn record(
    intensity: &[f32],
    window: &Window,
    dose: f64,
    camera: &Camera,
    seed: u64,
    index: u64,
) -> Result<Counts, HighResolutionError> {
    window.check()?;
    let [width, height] = window.pixels;
    if intensity.len() != width * height {
        return Err(HighResolutionError::Size { values: intensity.len(), width, height });
    }
    if !(dose >= 0.0 && dose.is_finite()) {
        return Err(HighResolutionError::Setting { name: "dose", value: dose, wanted: "not negative" });
    }
    if let Some((index, value)) = intensity.iter().enumerate().find(|(_, v)| !(**v >= 0.0 && v.is_finite())) {
        return Err(HighResolutionError::Intensity { index, value: *value });
    }
    let size = [width, height].map(|n| fast_length(n + 2 * MARGIN));
    let electrons = dose * window.pixel * window.pixel;
    let mut light = vec![0f32; size[0] * size[1]];
    light.par_chunks_exact_mut(size[0]).enumerate().for_each(|(j, row)| {
        let from = &intensity[mirror(j, height) * width..][..width];
        for (i, value) in row.iter_mut().enumerate() {
            *value = from[mirror(i, width)] * electrons as f32;
        }
    });
    let transform = Transform::new(size[0], size[1]);
    // A pixel collects what falls on all of it; the image is known at its centre.
    let sinc = |f: f64| if f == 0.0 { 1.0 } else { (PI * f).sin() / (PI * f) };
    transform.filter(&mut light, &transform.response(|x, y| sinc(x) * sinc(y)))?;
    light.par_chunks_exact_mut(size[0]).enumerate().for_each(|(j, row)| arrive(camera, row, j, seed, index));
    transform.filter(&mut light, &transform.response(|x, y| modulation(camera, x.hypot(y))))?;
    let counts = Pattern::new(camera, seed, width, height).read(camera, &light, size[0], [MARGIN; 2], seed, index);
    Ok(Counts { width, height, pixel: window.pixel, electrons, counts })
}

/// The pixel of an image of `n` that stands at `i` of the image with its margin.
fn mirror(i: usize, n: usize) -> usize {
    let at = (i as isize - MARGIN as isize).rem_euclid(2 * n as isize) as usize;
    if at < n { at } else { 2 * n - 1 - at }
}
