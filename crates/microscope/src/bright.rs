//! Bright-field TEM: the part of the beam that passes the objective aperture.

use crate::crystal::{Crystal, WAVELENGTH};
use crate::fast::exp_minus;
use crate::film::Texture;
use crate::outline::diameter;
use crate::project::{Projector, film_thickness};
use crate::relief::inside;
use crate::settings::BrightField;
use crate::view::Raster;
use pentatwin_physics::scene::{Material, Scene, Support};
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

/// Rows made at a time: what they need stays near the processor.
pub const BAND: usize = 24;

/// A scene ready to be seen in bright field.
pub struct BrightImage<'a> {
    projector: Projector<'a>,
    textures: &'a Textures,
    grain: [f32; 4],
    inverse: [f32; 4],
    background: f32,
    opaque: bool,
    fringe: f64,
    diffraction: Option<Crystal>,
}

impl<'a> BrightImage<'a> {
    /// Makes a scene ready; `electrons` is the dose per pixel.
    pub fn new(scene: &'a Scene, settings: &'a BrightField, textures: &'a Textures, electrons: f64, seed: u64) -> BrightImage<'a> {
        let lengths = [settings.silver, settings.platinum, settings.deposit, settings.nitride];
        // Transport of intensity: dI/I = (lambda df / 2 pi) lap(phase); positive defocus is under focus and gives a bright line outside.
        let bend = INTERACTION * 1e9 * settings.inner_potential * WAVELENGTH * 1e-9 * settings.defocus / std::f64::consts::TAU;
        let diffracts = settings.diffraction && settings.visibility > 0.0;
        BrightImage {
            projector: Projector::new(scene, seed),
            textures,
            grain: grains(scene),
            inverse: lengths.map(|l| (1.0 / l) as f32),
            background: (electrons * (-film_thickness(scene) / settings.nitride).exp()) as f32,
            opaque: scene.support == Support::Wafer,
            fringe: if settings.fringe { bend } else { 0.0 },
            diffraction: scene.wire.as_ref().filter(|_| diffracts).map(|w| Crystal::new(w, settings)),
        }
    }

    /// Expected electrons of each pixel of the rows from `first` on.
    pub fn rows(&self, raster: &Raster, first: usize, image: &mut [f32]) {
        let width = raster.width;
        if self.opaque {
            image.fill(0.0);
            return;
        }
        let rows = image.len() / width;
        // One row more on each side, for the fringe.
        let outer = raster.band(first as isize - 1, (first + rows) as isize + 1);
        let thickness = self.projector.thickness(&outer);
        let inner = raster.band(first as isize, (first + rows) as isize);
        let mut texture = vec![0.0f32; width];
        let silver = &thickness.maps[Material::Silver.index()];
        for (j, row) in image.chunks_mut(width).enumerate() {
            match &self.textures.film {
                Some(t) => {
                    t.row(&inner, j, &mut texture);
                    for (value, f) in row.iter_mut().zip(&texture) {
                        *value = self.background * (1.0 + f);
                    }
                }
                None => row.fill(self.background),
            }
            let here = (j + 1) * width..(j + 2) * width;
            let mut grained = false;
            for (k, map) in thickness.maps.iter().enumerate() {
                if map.is_empty() || map[here.clone()].iter().all(|t| *t == 0.0) {
                    continue;
                }
                let uneven = self.grain[k] > 0.0 && self.textures.grain.is_some();
                if uneven
                    && !grained
                    && let Some(t) = &self.textures.grain
                {
                    t.row(&inner, j, &mut texture);
                    grained = true;
                }
                let grain = if uneven { self.grain[k] } else { 0.0 };
                for ((value, t), g) in row.iter_mut().zip(&map[here.clone()]).zip(&texture) {
                    *value *= exp_minus(t * (1.0 + grain * g).max(0.0) * self.inverse[k]);
                }
            }
            if silver.is_empty() {
                continue;
            }
            if let Some(crystal) = &self.diffraction {
                diffract(row, &silver[here.clone()], &inner, j, crystal, &self.projector);
            }
            if self.fringe != 0.0 {
                fresnel(row, silver, j + 1, (self.fringe / raster.pixel.powi(2)) as f32);
            }
            row.iter_mut().for_each(|v| *v = v.max(0.0));
        }
    }

    /// The whole image.
    pub fn all(&self, raster: &Raster) -> Vec<f32> {
        let mut image = vec![0.0f32; raster.width * raster.height];
        image.par_chunks_mut(raster.width * BAND).enumerate().for_each(|(band, rows)| self.rows(raster, band * BAND, rows));
        image
    }
}

/// Diffraction contrast of a row. Outside of the windows of reliefs the wire's pentagon is what diffracts, in them the relief's own silver,
/// in a pixel that has part in both each by its part.
fn diffract(row: &mut [f32], silver: &[f32], raster: &Raster, j: usize, crystal: &Crystal, projector: &Projector) {
    let Some((outline, _)) = &projector.wire else { return };
    // Rays per pixel across the wire.
    let parts = ((raster.pixel / 2.5e-9).ceil() as usize).clamp(1, 4);
    let share = 1.0 / parts as f32;
    let half = 0.5 * raster.pixel;
    let rays = |v: f64| (0..parts).map(move |part| v + ((part as f64 + 0.5) * f64::from(share) - 0.5) * raster.pixel);
    for (i, (value, t)) in row.iter_mut().zip(silver).enumerate() {
        if *t < THIN {
            continue;
        }
        let (u, v) = raster.at(i as f64, j as f64);
        let axial = crystal.axial(u);
        let whole = t * 1e9;
        let (mut factor, mut rest) = (0.0, 1.0);
        for relief in &projector.reliefs {
            let Some(window) = relief.window() else { continue };
            let part = (inside(window, u, half) as f32).min(rest);
            if part <= 0.0 {
                continue;
            }
            rest -= part;
            let mut sum = 0.0;
            for y in rays(v) {
                sum += match relief.ray(u, y, [half, half / parts as f64]) {
                    Some((t, height)) => crystal.ray(axial, (y * 1e9) as f32, [height, t].map(|x| (x * 1e9) as f32), whole),
                    None => 1.0,
                };
            }
            factor += part * sum * share;
        }
        if rest > 0.0 {
            let d = diameter(outline.area(u));
            let mut sum = if d > 0.0 { 0.0 } else { parts as f32 };
            if d > 0.0 {
                for y in rays(v) {
                    sum += crystal.factor(axial, y / d, (d * 1e9) as f32, whole);
                }
            }
            factor += rest * sum * share;
        }
        *value *= factor;
    }
}

/// The fringe of row `j` from the curvature of the thickness; there is a row above and below it.
fn fresnel(row: &mut [f32], silver: &[f32], j: usize, strength: f32) {
    let width = row.len();
    let line = |j: usize| &silver[j * width..(j + 1) * width];
    let (above, here, below) = (line(j - 1), line(j), line(j + 1));
    for (i, value) in row.iter_mut().enumerate() {
        let (left, right) = (here[i.saturating_sub(1)], here[(i + 1).min(width - 1)]);
        let curvature = left + right + above[i] + below[i] - 4.0 * here[i];
        *value *= 1.0 + (strength * curvature).clamp(-MOST_FRINGE, MOST_FRINGE);
    }
}
