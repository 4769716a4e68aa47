//! HAADF-STEM: the part of the beam that reaches the annular detector, and the scan.

use crate::bright::{Textures, grains};
use crate::camera::{READ, SCAN, SHOT, digit};
use crate::electrons::Electrons;
use crate::project::Thickness;
use crate::settings::DarkField;
use crate::view::Raster;
use pentatwin_physics::scene::{Material, Scene};
use rayon::prelude::*;

/// Expected part of the beam on the detector per pixel, 1 - exp(-sum t/Lambda): right for mass-thickness contrast at pixels of a nanometre,
/// wrong for lattice-resolved channelling.
pub fn signal(scene: &Scene, thickness: &Thickness, raster: &Raster, settings: &DarkField, textures: &Textures) -> Vec<f32> {
    let width = raster.width;
    let mut image = vec![0.0f32; width * raster.height];
    if thickness.opaque {
        return image;
    }
    let inverse = [settings.silver, settings.platinum, settings.deposit, settings.nitride].map(|l| (1.0 / l) as f32);
    let film = (thickness.film / settings.nitride) as f32;
    let background = 1.0 - (-film).exp();
    let grain = grains(scene);
    image.par_chunks_mut(width).enumerate().for_each_init(
        || vec![0.0f32; width],
        |grained, (j, row)| {
            let range = j * width..(j + 1) * width;
            let mut touched = false;
            let mut rough = false;
            for (k, map) in thickness.maps.iter().enumerate() {
                if map.is_empty() || map[range.clone()].iter().all(|t| *t == 0.0) {
                    continue;
                }
                if !touched {
                    row.fill(film);
                    touched = true;
                }
                if grain[k] > 0.0
                    && !rough
                    && let Some(t) = &textures.grain
                {
                    t.row(raster, j, grained);
                    rough = true;
                }
                for ((value, t), g) in row.iter_mut().zip(&map[range.clone()]).zip(grained.iter()) {
                    let uneven = if rough { (1.0 + grain[k] * g).max(0.0) } else { 1.0 };
                    *value += t * uneven * inverse[k];
                }
            }
            if touched {
                row.iter_mut().for_each(|v| *v = if *v > film { 1.0 - (-*v).exp() } else { background });
            } else {
                row.fill(background);
            }
        },
    );
    blur(&mut image, thickness, raster, settings);
    image
}

/// Diameter [m] to which a beam spreads in silver of this thickness [m] (90 % of the electrons): Goldstein's b = 6.25e5 (Z/E0)
/// (rho/A)^0.5 t^1.5 with E0 in V and lengths in cm (Goldstein et al. 1977; 90 % of the electrons).
pub fn broadening(thickness: f64) -> f64 {
    let (z, voltage, density, mass) = (47.0, 200e3, 10.49, 107.87);
    6.25e5 * z / voltage * (density / mass as f64).sqrt() * (thickness * 100.0).powf(1.5) * 0.01
}

/// Probe everywhere; broadening where silver is thick.
///
/// What scatters at depth z sees the beam spread to b(z)² ~ z³, so over the depth the variance is a quarter of that at the exit; 90 % of a
/// round Gaussian lies within 2.15 sigma of its centre. The blur's width follows the thickness to second order: the difference between
/// the image and its blur at the thickest place, weighted by the ratio of variances.
fn blur(image: &mut [f32], thickness: &Thickness, raster: &Raster, settings: &DarkField) {
    let pixel = raster.pixel;
    let probe = settings.probe / pixel;
    if probe > 0.25 {
        gaussian(image, raster.width, probe);
    }
    let silver = &thickness.maps[Material::Silver.index()];
    let most = f64::from(silver.iter().fold(0.0f32, |m, t| m.max(*t)));
    let sigma = 0.5 * broadening(most) / (2.0 * 2.15) / pixel;
    if !settings.broadening || !(sigma > 0.25) {
        return;
    }
    let mut wide = image.to_vec();
    gaussian(&mut wide, raster.width, sigma.min(50.0));
    let inverse = (1.0 / most) as f32;
    image.par_iter_mut().zip(&wide).zip(silver).for_each(|((value, wide), t)| {
        let r = t * inverse;
        *value += r * r * r * (wide - *value);
    });
}

/// Blurs rows and columns by a Gaussian of `sigma` pixels; what lies beyond the image is as its edge.
fn gaussian(image: &mut [f32], width: usize, sigma: f64) {
    let reach = (4.0 * sigma).ceil() as usize;
    let mut kernel: Vec<f32> = (0..=2 * reach).map(|k| (-0.5 * ((k as f64 - reach as f64) / sigma).powi(2)).exp() as f32).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);
    let height = image.len() / width;
    let source = image.to_vec();
    image.par_chunks_mut(width).enumerate().for_each(|(j, row)| {
        row.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            let r = (j + k).saturating_sub(reach).min(height - 1);
            for (value, s) in row.iter_mut().zip(&source[r * width..(r + 1) * width]) {
                *value += weight * s;
            }
        }
    });
    image.par_chunks_mut(width).for_each_init(Vec::new, |padded: &mut Vec<f32>, row| {
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
    });
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

/// Part of the beam per pixel → counts.
pub fn detect(signal: &[f32], width: usize, settings: &DarkField, electrons: f64, seed: u64, index: u64) -> Vec<u16> {
    let mut counts = vec![0u16; signal.len()];
    let seen = (electrons * settings.efficiency) as f32;
    let (gain, offset, noise) = (settings.gain as f32, settings.offset as f32, settings.read_noise as f32);
    counts.par_chunks_mut(width).zip(signal.par_chunks(width)).enumerate().for_each(|(j, (counts, signal))| {
        let mut shot = Electrons::new(seed, index, j, SHOT);
        let mut read = Electrons::new(seed, index, j, READ);
        for (c, s) in counts.iter_mut().zip(signal) {
            *c = digit(gain * shot.poisson(seen * s) + offset + noise * read.normal());
        }
    });
    counts
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
