//! HAADF-STEM: the part of the beam that reaches the annular detector, and the scan.

use crate::bright::{BAND, Textures, grains};
use crate::camera::{READ, SCAN, SHOT, digit};
use crate::electrons::Electrons;
use crate::fast::exp_minus;
use crate::project::{Projector, Thickness, film_thickness};
use crate::settings::DarkField;
use crate::view::Raster;
use pentatwin_physics::scene::{Material, Scene, Support};
use rayon::prelude::*;

/// A scene ready to be seen in dark field.
pub struct DarkImage<'a> {
    projector: Projector<'a>,
    settings: &'a DarkField,
    textures: &'a Textures,
    grain: [f32; 4],
    inverse: [f32; 4],
    film: f32,
    opaque: bool,
    /// Blur by broadening at the thickest silver: thickness [m], and rms [m].
    broadest: (f64, f64),
}

impl<'a> DarkImage<'a> {
    /// Makes a scene ready.
    pub fn new(scene: &'a Scene, settings: &'a DarkField, textures: &'a Textures, seed: u64) -> DarkImage<'a> {
        let lengths = [settings.silver, settings.platinum, settings.deposit, settings.nitride];
        let projector = Projector::new(scene, seed);
        let most = projector.thickest_silver().min(THICKEST);
        // Over the depth the variance is a quarter of that at the exit; 90 % of a round Gaussian lies within 2.15 sigma of its centre.
        let sigma = if settings.broadening { 0.5 * broadening(most) / (2.0 * 2.15) } else { 0.0 };
        DarkImage {
            projector,
            settings,
            textures,
            grain: grains(scene),
            inverse: lengths.map(|l| (1.0 / l) as f32),
            film: (film_thickness(scene) / settings.nitride) as f32,
            opaque: scene.support == Support::Wafer,
            broadest: (most, sigma),
        }
    }

    /// How many rows the blur reaches.
    fn reach(&self, pixel: f64) -> usize {
        let of = |sigma: f64| if sigma > BLUR { (4.0 * sigma.min(WIDEST)).ceil() as usize } else { 0 };
        of(self.settings.probe / pixel) + of(self.broadest.1 / pixel)
    }

    /// Rows to make at a time: more when the blur reaches far.
    pub fn band(&self, pixel: f64) -> usize {
        BAND.max(3 * self.reach(pixel))
    }

    /// Expected part of the beam on the detector for each pixel of the rows from `first` on, 1 - exp(-sum t/Lambda): right for
    /// mass-thickness contrast at pixels of a nanometre, wrong for lattice-resolved channelling.
    pub fn rows(&self, raster: &Raster, first: usize, image: &mut [f32]) {
        let width = raster.width;
        if self.opaque {
            image.fill(0.0);
            return;
        }
        let rows = image.len() / width;
        let reach = self.reach(raster.pixel);
        let outer = raster.band(first as isize - reach as isize, (first + rows + reach) as isize);
        let thickness = self.projector.thickness(&outer);
        let background = 1.0 - exp_minus(self.film);
        if thickness.maps.iter().all(Vec::is_empty) {
            image.fill(background);
            return;
        }
        let mut grained = vec![0.0f32; width];
        let mut signal = vec![self.film; width * outer.height];
        for (j, row) in signal.chunks_mut(width).enumerate() {
            let range = j * width..(j + 1) * width;
            let mut known = false;
            for (k, map) in thickness.maps.iter().enumerate() {
                if map.is_empty() || map[range.clone()].iter().all(|t| *t == 0.0) {
                    continue;
                }
                let mut grain = 0.0;
                if self.grain[k] > 0.0
                    && let Some(t) = &self.textures.grain
                {
                    if !known {
                        t.row(&outer, j, &mut grained);
                        known = true;
                    }
                    grain = self.grain[k];
                }
                for ((value, t), g) in row.iter_mut().zip(&map[range.clone()]).zip(&grained) {
                    *value += t * (1.0 + grain * g).max(0.0) * self.inverse[k];
                }
            }
            // What was not touched keeps exactly the film's value.
            row.iter_mut().for_each(|v| *v = if *v > self.film { 1.0 - exp_minus(*v) } else { background });
        }
        self.blur(&mut signal, &thickness, raster.pixel);
        image.copy_from_slice(&signal[reach * width..(reach + rows) * width]);
    }

    /// Probe everywhere; broadening where silver is thick.
    ///
    /// What scatters at depth z sees the beam spread to b(z)² ~ z³. The blur's width follows the thickness to second order: the difference
    /// between the image and its blur at the thickest place, weighted by the ratio of variances.
    fn blur(&self, image: &mut [f32], thickness: &Thickness, pixel: f64) {
        let width = thickness.width;
        let probe = self.settings.probe / pixel;
        if probe > BLUR {
            gaussian(image, width, probe.min(WIDEST));
        }
        let silver = &thickness.maps[Material::Silver.index()];
        let sigma = self.broadest.1 / pixel;
        if silver.is_empty() || !(sigma > BLUR) {
            return;
        }
        let mut wide = image.to_vec();
        gaussian(&mut wide, width, sigma.min(WIDEST));
        let inverse = (1.0 / self.broadest.0) as f32;
        for ((value, wide), t) in image.iter_mut().zip(&wide).zip(silver) {
            let r = (t * inverse).min(1.0);
            *value += r * r * r * (wide - *value);
        }
    }

    /// The whole image.
    pub fn all(&self, raster: &Raster) -> Vec<f32> {
        let mut image = vec![0.0f32; raster.width * raster.height];
        let band = self.band(raster.pixel);
        image.par_chunks_mut(raster.width * band).enumerate().for_each(|(k, rows)| self.rows(raster, k * band, rows));
        image
    }
}

/// Blurs narrower than this [pixels] are left out; wider than the second are cut (a pixel of some picometres).
const BLUR: f64 = 0.25;
const WIDEST: f64 = 60.0;
/// Silver beyond this thickness [m] blurs no more: the formula is one of single scattering.
const THICKEST: f64 = 300e-9;

/// Diameter [m] to which a beam spreads in silver of this thickness [m] (90 % of the electrons): Goldstein's b = 6.25e5 (Z/E0)
/// (rho/A)^0.5 t^1.5 with E0 in V and lengths in cm (Goldstein et al. 1977; 90 % of the electrons).
pub fn broadening(thickness: f64) -> f64 {
    let (z, voltage, density, mass) = (47.0, 200e3, 10.49, 107.87);
    6.25e5 * z / voltage * f64::sqrt(density / mass) * (thickness * 100.0).powf(1.5) * 0.01
}

/// Blurs rows and columns by a Gaussian of `sigma` pixels; what lies beyond the image is as its edge.
fn gaussian(image: &mut [f32], width: usize, sigma: f64) {
    let reach = (4.0 * sigma).ceil() as usize;
    let mut kernel: Vec<f32> = (0..=2 * reach).map(|k| (-0.5 * ((k as f64 - reach as f64) / sigma).powi(2)).exp() as f32).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);
    let height = image.len() / width;
    let source = image.to_vec();
    for (j, row) in image.chunks_mut(width).enumerate() {
        row.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            let r = (j + k).saturating_sub(reach).min(height - 1);
            for (value, s) in row.iter_mut().zip(&source[r * width..(r + 1) * width]) {
                *value += weight * s;
            }
        }
    }
    let mut padded = Vec::with_capacity(width + 2 * reach);
    for row in image.chunks_mut(width) {
        padded.clear();
        padded.extend(std::iter::repeat_n(row[0], reach));
        padded.extend_from_slice(row);
        padded.extend(std::iter::repeat_n(row[width - 1], reach));
        row.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            for (value, s) in row.iter_mut().zip(&padded[k..]) {
                *value += weight * s;
            }
        }
    }
}

/// Where the beam is against where it should be: jitter and mains per row, flyback per column, drift within the frame. `travel` is the
/// specimen's displacement during the frame [m].
pub fn scan(raster: &mut Raster, settings: &DarkField, seed: u64, index: u64, time: f64, travel: [f64; 2]) {
    let pixel = raster.pixel;
    let height = raster.height as f64;
    let mut e = Electrons::new(seed, index, 0, SCAN);
    let phase = std::f64::consts::TAU * f64::from(e.normal());
    raster.row_shift = (0..raster.height)
        .map(|j| {
            let when = (j as f64 + 0.5) / height;
            let mains = settings.mains * (std::f64::consts::TAU * settings.line_frequency * time * when + phase).sin();
            let jitter = settings.line_jitter * f64::from(e.normal());
            [(jitter + mains) * pixel - travel[0] * (when - 0.5), -travel[1] * (when - 0.5)]
        })
        .collect();
    // Until the coils have settled the beam is still on its way back, behind where it should be: to the right.
    raster.column_shift = (0..raster.width).map(|i| settings.flyback * pixel * (-(i as f64) / settings.flyback_decay).exp()).collect();
}

/// Part of the beam per pixel of the row `j` → counts.
pub fn detect(signal: &mut [f32], counts: &mut [u16], j: usize, settings: &DarkField, electrons: f64, seed: u64, index: u64) {
    let seen = (electrons * settings.efficiency) as f32;
    signal.iter_mut().for_each(|s| *s *= seen);
    Electrons::new(seed, index, j, SHOT).poisson_row(signal);
    let mut noise = vec![0.0f32; signal.len()];
    Electrons::new(seed, index, j, READ).normal_row(&mut noise);
    let (gain, offset, read) = (settings.gain as f32, settings.offset as f32, settings.read_noise as f32);
    for ((c, s), z) in counts.iter_mut().zip(signal.iter()).zip(&noise) {
        *c = digit(gain * s + offset + read * z);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beam_spreads_to_18_nm_in_115_nm_of_silver() {
        // By hand: 6.25e5 x 47/2e5 x sqrt(10.49/107.87) x (1.15e-5)^1.5 cm = 17.9 nm. Imaging.md section 2.3 states 5-6 nm for the same
        // formula with 625 and E0 in V, which gives 0.018 nm; the constant belongs to E0 in keV.
        let b = broadening(115e-9) * 1e9;
        assert!((b - 17.9).abs() < 0.1, "{b}");
    }

    #[test]
    fn a_blur_keeps_the_mean_and_has_its_width() {
        let mut image = vec![0.0f32; 61 * 61];
        image[30 * 61 + 30] = 1.0;
        gaussian(&mut image, 61, 2.0);
        let sum: f32 = image.iter().sum();
        let variance: f32 = image.iter().enumerate().map(|(k, v)| v * ((k % 61) as f32 - 30.0).powi(2)).sum();
        assert!((sum - 1.0).abs() < 1e-4 && (variance - 4.0).abs() < 0.02, "{sum} {variance}");
    }
}
