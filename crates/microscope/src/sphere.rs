//! Droplets and particles.

use crate::project::row_of;
use crate::view::Raster;
use pentatwin_physics::scene::Sphere;

/// Adds the thickness of a sphere, averaged over each pixel.
///
/// Along one side of the pixel the integral is exact, along the other it is Gauss-Legendre with six points between the sphere's limits; the
/// sum is then scaled to the sphere's volume (unless the field cuts it).
pub fn add(map: &mut Vec<f32>, raster: &Raster, sphere: &Sphere) {
    let r = sphere.radius;
    if !(r.is_finite() && r > 0.0 && sphere.centre.iter().all(|c| c.is_finite())) {
        return;
    }
    let p = raster.pixel;
    // Centre in pixels; a sphere looks the same at any rotation.
    let (u0, v0) = raster.at(0.0, 0.0);
    let (du, dv) = (sphere.centre[0] - u0, sphere.centre[1] - v0);
    let centre = [(du * raster.cos - dv * raster.sin) / p, (du * raster.sin + dv * raster.cos) / p];
    let rp = r / p;
    let range = |c: f64, n: usize| {
        let from = (c - rp - 0.5).floor().max(0.0);
        let to = (c + rp + 1.5).ceil().min(n as f64);
        (from < to).then_some(from as usize..to as usize)
    };
    let (Some(columns), Some(rows)) = (range(centre[0], raster.width), range(centre[1], raster.height)) else { return };
    let mut values = Vec::with_capacity(columns.len() * rows.len());
    let mut sum = 0.0;
    for j in rows.clone() {
        for i in columns.clone() {
            let mean = box_mean(i as f64 - centre[0], j as f64 - centre[1], rp);
            sum += mean;
            values.push(mean);
        }
    }
    let whole = centre[0] - rp > -0.5
        && centre[1] - rp > -0.5
        && centre[0] + rp < raster.width as f64 - 0.5
        && centre[1] + rp < raster.height as f64 - 0.5;
    let scale = if whole && sum > 0.0 { 4.0 / 3.0 * std::f64::consts::PI * rp.powi(3) / sum } else { 1.0 };
    for (row, j) in values.chunks(columns.len().max(1)).zip(rows) {
        for (value, target) in row.iter().zip(&mut row_of(map, raster, j)[columns.clone()]) {
            *target += (value * scale * p) as f32;
        }
    }
}

/// Nodes and weights on [-1, 1].
const GAUSS: [(f64, f64); 6] = [
    (-0.932_469_514_203_152, 0.171_324_492_379_170_3),
    (-0.661_209_386_466_264_5, 0.360_761_573_048_138_6),
    (-0.238_619_186_083_196_9, 0.467_913_934_572_691),
    (0.238_619_186_083_196_9, 0.467_913_934_572_691),
    (0.661_209_386_466_264_5, 0.360_761_573_048_138_6),
    (0.932_469_514_203_152, 0.171_324_492_379_170_3),
];

/// Mean chord of a sphere of radius `r` over a unit pixel centred at (x, y) from its centre, all in pixels.
fn box_mean(x: f64, y: f64, r: f64) -> f64 {
    let (from, to) = ((x - 0.5).max(-r), (x + 0.5).min(r));
    if from >= to {
        return 0.0;
    }
    let half = 0.5 * (to - from);
    let mut sum = 0.0;
    for (node, weight) in GAUSS {
        let xs = from + half * (1.0 + node);
        let h2 = r * r - xs * xs;
        if h2 > 0.0 {
            sum += weight * (below(y + 0.5, h2) - below(y - 0.5, h2));
        }
    }
    half * sum
}

/// Integral of the chord 2 sqrt(h² - y²) up to `y`, but for a constant.
fn below(y: f64, h2: f64) -> f64 {
    let h = h2.sqrt();
    let y = y.clamp(-h, h);
    y * (h2 - y * y).max(0.0).sqrt() + h2 * (y / h).clamp(-1.0, 1.0).asin()
}
