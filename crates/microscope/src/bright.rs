//! Bright-field TEM: the part of the beam that passes the objective aperture.

use crate::crystal::{Crystal, WAVELENGTH};
use crate::film::Texture;
use crate::outline::{Outline, diameter};
use crate::project::Thickness;
use crate::settings::BrightField;
use crate::view::Raster;
use pentatwin_physics::scene::{Material, Scene};
use rayon::prelude::*;

/// Interaction constant at 200 kV [rad/(V nm)] (imaging.md section 2.1).
const INTERACTION: f64 = 7.288e-3;
/// Thinnest silver [m] that diffracts here.
const THIN: f32 = 0.3e-9;
/// Largest change of the intensity by the fringe, to which a first-order formula is held.
const MOST_FRINGE: f32 = 0.6;

/// Textures of film and deposits, as far as the scene has them.
pub struct Textures {
    pub film: Option<Texture>,
    pub grain: Option<Texture>,
}

/// Relative unevenness of platinum and deposit: the largest of the scene's slabs of each.
pub fn grains(scene: &Scene) -> [f32; 4] {
    let mut found = [0.0f32; 4];
    for s in &scene.slabs {
        let g = &mut found[s.material.index()];
        *g = g.max(if s.grain.is_finite() { s.grain.clamp(0.0, 1.0) as f32 } else { 0.0 });
    }
    found
}

/// Expected intensity of each pixel times `electrons` (per pixel without a specimen).
pub fn intensity(
    scene: &Scene,
    thickness: &Thickness,
    raster: &Raster,
    settings: &BrightField,
    textures: &Textures,
    electrons: f64,
) -> Vec<f32> {
    let width = raster.width;
    let mut image = vec![0.0f32; width * raster.height];
    if thickness.opaque {
        return image;
    }
    let lengths = [settings.silver, settings.platinum, settings.deposit, settings.nitride];
    let inverse = lengths.map(|l| (1.0 / l) as f32);
    let background = (electrons * (-thickness.film / settings.nitride).exp()) as f32;
    let grain = grains(scene);
    let silver = &thickness.maps[Material::Silver.index()];
    let diffraction = scene.wire.as_ref().filter(|_| settings.diffraction && settings.visibility > 0.0).map(|w| Diffraction {
        crystal: Crystal::new(w, settings),
        outline: Outline::new(w),
        parts: ((raster.pixel / 2.5e-9).ceil() as usize).clamp(1, 4),
    });
    // Transport of intensity: dI/I = (lambda df / 2 pi) lap(phase); positive defocus is under focus and gives a bright line outside.
    let bend = INTERACTION * 1e9 * settings.inner_potential * WAVELENGTH * 1e-9 * settings.defocus / std::f64::consts::TAU;
    let fringe = if settings.fringe { (bend / raster.pixel.powi(2)) as f32 } else { 0.0 };
    image.par_chunks_mut(width).enumerate().for_each_init(
        || (vec![0.0f32; width], vec![0.0f32; width]),
        |(film, grained), (j, row)| {
            let range = j * width..(j + 1) * width;
            match &textures.film {
                Some(t) => {
                    t.row(raster, j, film);
                    for (value, f) in row.iter_mut().zip(film.iter()) {
                        *value = background * (1.0 + f);
                    }
                }
                None => row.fill(background),
            }
            let any = |m: &[f32]| !m.is_empty() && m[range.clone()].iter().any(|t| *t != 0.0);
            let mut rough = false;
            for (k, map) in thickness.maps.iter().enumerate() {
                if !any(map) {
                    continue;
                }
                if grain[k] > 0.0
                    && !rough
                    && let Some(t) = &textures.grain
                {
                    t.row(raster, j, grained);
                    rough = true;
                }
                for ((value, t), g) in row.iter_mut().zip(&map[range.clone()]).zip(grained.iter()) {
                    if *t > 0.0 {
                        let uneven = if rough { (1.0 + grain[k] * g).max(0.0) } else { 1.0 };
                        *value *= (-t * uneven * inverse[k]).exp();
                    }
                }
            }
            if let Some(d) = &diffraction
                && any(silver)
            {
                d.apply(row, &silver[range.clone()], raster, j);
            }
            if fringe != 0.0 && !silver.is_empty() {
                fresnel(row, silver, width, j, fringe);
            }
            row.iter_mut().for_each(|v| *v = v.max(0.0));
        },
    );
    image
}

struct Diffraction {
    crystal: Crystal,
    outline: Outline,
    /// Rays per pixel across the wire.
    parts: usize,
}

impl Diffraction {
    fn apply(&self, row: &mut [f32], silver: &[f32], raster: &Raster, j: usize) {
        let share = 1.0 / self.parts as f32;
        for (i, (value, t)) in row.iter_mut().zip(silver).enumerate() {
            if *t < THIN {
                continue;
            }
            let (u, v) = raster.at(i as f64, j as f64);
            let d = diameter(self.outline.area(u));
            if d <= 0.0 {
                continue;
            }
            let axial = self.crystal.axial(u);
            let mut sum = 0.0;
            for part in 0..self.parts {
                let y = ((part as f64 + 0.5) * f64::from(share) - 0.5) * raster.pixel;
                sum += self.crystal.factor(axial, (v + y) / d, (d * 1e9) as f32, t * 1e9);
            }
            *value *= sum * share;
        }
    }
}

/// The fringe of row `j` from the curvature of the thickness.
fn fresnel(row: &mut [f32], silver: &[f32], width: usize, j: usize, strength: f32) {
    let height = silver.len() / width;
    let line = |j: usize| &silver[j * width..(j + 1) * width];
    let (above, here, below) = (line(j.saturating_sub(1)), line(j), line((j + 1).min(height - 1)));
    for (i, value) in row.iter_mut().enumerate() {
        let (left, right) = (here[i.saturating_sub(1)], here[(i + 1).min(width - 1)]);
        let curvature = left + right + above[i] + below[i] - 4.0 * here[i];
        if curvature != 0.0 {
            *value *= 1.0 + (strength * curvature).clamp(-MOST_FRINGE, MOST_FRINGE);
        }
    }
}
