//! Scene → thickness of each material per pixel, as a mean over the pixel's area.

use crate::outline::{Outline, diameter};
use crate::pentagon::Pentagon;
use crate::view::{Raster, View};
use crate::{slab, sphere};
use pentatwin_physics::scene::{Material, Scene, Support, WireShape};
use rayon::prelude::*;

/// Thickness of each material along the beam [m], averaged over each pixel.
#[derive(Clone, Debug)]
pub struct Thickness {
    /// Pixels along x.
    pub width: usize,
    /// Pixels along y.
    pub height: usize,
    /// One map per material in the order of [`Material::ALL`], row by row; empty where the scene has none of it.
    pub maps: [Vec<f32>; 4],
    /// The membrane [m], the same everywhere.
    pub film: f64,
    /// Whether a wafer stops the beam.
    pub opaque: bool,
}

impl Thickness {
    /// Volume seen of a material [m³] for pixels of `pixel` [m].
    pub fn volume(&self, material: Material, pixel: f64) -> f64 {
        self.maps[material.index()].iter().map(|t| f64::from(*t)).sum::<f64>() * pixel * pixel
    }
}

/// The thickness maps of a scene as a view shows them, without drift.
///
/// Exact for prisms at any rotation, roll and pixel size; where the wire's cross-section varies, each pixel (or each of its parts, a third
/// of a cell wide) sees the cross-section averaged along the wire, so that the volume is exact with the wire along x or y.
///
/// # Errors
/// The view cannot be made.
pub fn project(scene: &Scene, view: &View) -> Result<Thickness, crate::MicroscopeError> {
    view.check()?;
    Ok(project_on(scene, &Raster::new(view, [view.width, view.height], [0, 0], [0.0; 2]), 0))
}

/// The thickness maps on a raster; `seed` shapes the rough edges of pads and contacts.
pub fn project_on(scene: &Scene, raster: &Raster, seed: u64) -> Thickness {
    let size = raster.width * raster.height;
    let mut maps: [Vec<f32>; 4] = Default::default();
    if let Some(wire) = &scene.wire {
        add_wire(map_of(&mut maps, Material::Silver, size), raster, wire);
    }
    for (k, s) in scene.slabs.iter().enumerate() {
        slab::add(map_of(&mut maps, s.material, size), raster, s, seed, k as u64);
    }
    for s in &scene.spheres {
        sphere::add(map_of(&mut maps, s.material, size), raster, s);
    }
    let film = match scene.support {
        Support::Membrane(t) if t.is_finite() && t > 0.0 => t,
        _ => 0.0,
    };
    Thickness { width: raster.width, height: raster.height, maps, film, opaque: scene.support == Support::Wafer }
}

/// The map of a material, made when first needed.
fn map_of(maps: &mut [Vec<f32>; 4], material: Material, size: usize) -> &mut [f32] {
    let map = &mut maps[material.index()];
    map.resize(size, 0.0);
    map
}

fn add_wire(map: &mut [f32], raster: &Raster, wire: &WireShape) {
    let outline = Outline::new(wire);
    let pentagon = Pentagon::new(wire.roll);
    let parts = ((3.0 * raster.pixel / wire.dx).ceil() as usize).clamp(1, 8);
    let along = raster.sin == 0.0;
    let (parts_x, parts_y) = if along { (parts, 1) } else { (parts, parts) };
    let part = raster.pixel / parts as f64;
    let (c, s) = (raster.cos.abs(), raster.sin.abs());
    // Half widths of the footprint of one part across the wire, and along it.
    let (a, b) = if along { (0.5 * raster.pixel, 0.0) } else { (0.5 * part * c.max(s), 0.5 * part * c.min(s)) };
    let u_half = 0.5 * part * c.max(s);
    let share = 1.0 / (parts_x * parts_y) as f64;
    // Along the wire a turned footprint is a box blurred by a box, too: two points (Gauss) do the blur exactly within a cell.
    let spread = b / 3f64.sqrt();
    let seen = |u: f64| {
        let at = |u: f64| outline.mean_area(u - u_half, u + u_half);
        if spread > 0.0 { 0.5 * (at(u - spread) + at(u + spread)) } else { at(u) }
    };
    let (low, high) = outline.limits();
    let reach = 0.53 * outline.largest_diameter() + raster.pixel;
    map.par_chunks_mut(raster.width).enumerate().for_each(|(j, row)| {
        for i in overlap(raster.columns(j, true, -reach, reach), raster.columns(j, false, low - raster.pixel, high + raster.pixel)) {
            let (u, v) = raster.at(i as f64, j as f64);
            let mut sum = 0.0;
            for py in 0..parts_y {
                let y = if parts_y == 1 { 0.0 } else { part * (py as f64 + 0.5) - 0.5 * raster.pixel };
                for px in 0..parts_x {
                    let x = part * (px as f64 + 0.5) - 0.5 * raster.pixel;
                    let (du, dv) = (x * raster.cos + y * raster.sin, y * raster.cos - x * raster.sin);
                    let d = diameter(seen(u + du));
                    if d > 0.0 {
                        sum += pentagon.mean(v + dv, d, a, b);
                    }
                }
            }
            row[i] = (sum * share) as f32;
        }
    });
}

/// What two ranges share.
pub fn overlap(a: std::ops::Range<usize>, b: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}
