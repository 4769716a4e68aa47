//! Scene → thickness of each material per pixel, as a mean over the pixel's area.

use crate::outline::{Outline, diameter};
use crate::pentagon::Pentagon;
use crate::relief::{Summed, inside};
use crate::view::{Raster, View};
use crate::{slab, sphere};
use pentatwin_physics::scene::{Material, Scene, Support};

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
    let raster = Raster::new(view, [view.width, view.height], [0, 0], [0.0; 2]);
    Ok(Projector::new(scene, 0).thickness(&raster))
}

/// A scene made ready to be projected band by band.
pub struct Projector<'a> {
    scene: &'a Scene,
    seed: u64,
    /// The wire's outline and cross-section, if there is a wire.
    pub wire: Option<(Outline, Pentagon)>,
    /// What is known place by place.
    pub reliefs: Vec<Summed<'a>>,
}

impl<'a> Projector<'a> {
    /// Makes a scene ready; `seed` shapes the rough edges of pads and contacts.
    pub fn new(scene: &'a Scene, seed: u64) -> Projector<'a> {
        let wire = scene.wire.as_ref().map(|w| (Outline::new(w), Pentagon::new(w.roll)));
        Projector { scene, seed, wire, reliefs: scene.reliefs.iter().filter_map(Summed::new).collect() }
    }

    /// The thickest silver that can be met on any ray [m]: a bound.
    pub fn thickest_silver(&self) -> f64 {
        let wire = self.wire.as_ref().map_or(0.0, |(outline, _)| outline.largest_diameter());
        let of = |r: f64| if r.is_finite() { 2.0 * r } else { 0.0 };
        let apart = self.scene.spheres.iter().filter(|s| s.material == Material::Silver).map(|s| of(s.radius)).fold(wire, f64::max);
        // A relief over the wire adds to it; beside it or in its place, the thicker one counts.
        let relief = |r: &Summed| {
            let [from, to] = r.extent();
            let over = r.window().is_none() && self.wire.as_ref().is_some_and(|(outline, _)| outline.mean_area(from, to) > 0.0);
            r.thickest() + if over { wire } else { 0.0 }
        };
        self.reliefs.iter().map(relief).fold(apart, f64::max)
    }

    /// The thickness maps on a raster.
    pub fn thickness(&self, raster: &Raster) -> Thickness {
        let mut maps: [Vec<f32>; 4] = Default::default();
        if let Some((outline, pentagon)) = &self.wire {
            let windows: Vec<[f64; 2]> = self.reliefs.iter().filter_map(Summed::window).collect();
            add_wire(&mut maps[Material::Silver.index()], raster, outline, pentagon, &windows);
        }
        for r in &self.reliefs {
            r.add(&mut maps[Material::Silver.index()], raster);
        }
        for (k, s) in self.scene.slabs.iter().enumerate() {
            slab::add(&mut maps[s.material.index()], raster, s, self.seed, k as u64);
        }
        for s in &self.scene.spheres {
            sphere::add(&mut maps[s.material.index()], raster, s);
        }
        let film = film_thickness(self.scene);
        Thickness { width: raster.width, height: raster.height, maps, film, opaque: self.scene.support == Support::Wafer }
    }
}

/// Thickness of the membrane [m], 0 without one.
pub fn film_thickness(scene: &Scene) -> f64 {
    match scene.support {
        Support::Membrane(t) if t.is_finite() && t > 0.0 => t,
        _ => 0.0,
    }
}

/// The row `j` of a map, which is made when first needed.
pub fn row_of<'m>(map: &'m mut Vec<f32>, raster: &Raster, j: usize) -> &'m mut [f32] {
    map.resize(raster.width * raster.height, 0.0);
    &mut map[j * raster.width..(j + 1) * raster.width]
}

/// The wire, but in the windows that reliefs take. There, too, its outline goes on, so that it does not close at their ends.
fn add_wire(map: &mut Vec<f32>, raster: &Raster, outline: &Outline, pentagon: &Pentagon, windows: &[[f64; 2]]) {
    let parts = ((3.0 * raster.pixel / outline.cell()).ceil() as usize).clamp(1, 8);
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
    for j in 0..raster.height {
        let columns = overlap(raster.columns(j, true, -reach, reach), raster.columns(j, false, low - raster.pixel, high + raster.pixel));
        if columns.is_empty() {
            continue;
        }
        let row = row_of(map, raster, j);
        for i in columns {
            let (u, v) = raster.at(i as f64, j as f64);
            let outside = 1.0 - windows.iter().map(|w| inside(*w, u, 0.5 * raster.pixel)).sum::<f64>();
            if outside <= 0.0 {
                continue;
            }
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
            row[i] = (sum * share * outside) as f32;
        }
    }
}

/// What two ranges share.
pub fn overlap(a: std::ops::Range<usize>, b: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}
