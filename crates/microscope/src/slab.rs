//! Pads, contacts and their halos: flat deposits with sloping, rough edges.

use crate::project::{overlap, row_of};
use crate::view::Raster;
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::scene::Slab;

/// Correlation length of a rough edge [m]; an assumption, as is its strength in the scene.
const EDGE_LENGTH: f64 = 60e-9;

/// Adds the thickness of a slab, averaged over each pixel: exact along straight edges that lie along the image's axes.
pub fn add(map: &mut Vec<f32>, raster: &Raster, slab: &Slab, seed: u64, number: u64) {
    let sane = slab.x.iter().chain(&slab.y).all(|x| x.is_finite()) && slab.thickness.is_finite() && slab.thickness > 0.0;
    if !sane {
        return;
    }
    let positive = |x: f64| if x.is_finite() { x.max(0.0) } else { 0.0 };
    let (slope, rough) = (positive(slab.slope), positive(slab.roughness));
    let half_size = [0.5 * (slab.x[1] - slab.x[0]), 0.5 * (slab.y[1] - slab.y[0])];
    let corner = positive(slab.corner).min(half_size[0]).min(half_size[1]).max(0.0);
    let half = 0.5 * raster.pixel * raster.cos.abs().max(raster.sin.abs());
    // Only here does an edge matter; elsewhere the slab is whole or absent.
    let near = 0.5 * slope + 4.0 * rough + half;
    let mut edge = Edge { seed, number, at: f64::NAN, heights: [0.0; 2] };
    for j in 0..raster.height {
        let along = raster.columns(j, false, slab.x[0] - near, slab.x[1] + near);
        let columns = overlap(along, raster.columns(j, true, slab.y[0] - near, slab.y[1] + near));
        if columns.is_empty() {
            continue;
        }
        let row = row_of(map, raster, j);
        for i in columns {
            let (u, v) = raster.at(i as f64, j as f64);
            // Distance inside the edge of a rectangle with round corners.
            let (qx, qy) = ((slab.x[0] - u).max(u - slab.x[1]) + corner, (slab.y[0] - v).max(v - slab.y[1]) + corner);
            let inside = if qx > 0.0 && qy > 0.0 { corner - qx.hypot(qy) } else { corner - qx.max(qy) };
            let part = if inside > near {
                1.0
            } else if inside < -near {
                continue;
            } else {
                let wave = if rough > 0.0 { rough * edge.ripple(u - v) } else { 0.0 };
                ramp_mean(inside + wave, slope, half)
            };
            row[i] += (part * slab.thickness) as f32;
        }
    }
}

/// Mean over [d - half, d + half] of a ramp from 0 to 1 of width `slope` centred at 0.
fn ramp_mean(d: f64, slope: f64, half: f64) -> f64 {
    let w = slope.max(1e-3 * half);
    let integral = |x: f64| {
        let s = (x / w + 0.5).max(0.0);
        if s < 1.0 { 0.5 * w * s * s } else { 0.5 * w + w * (s - 1.0) }
    };
    (integral(d + half) - integral(d - half)) / (2.0 * half)
}

/// A smooth seeded line of unit variance and the edge's correlation length.
struct Edge {
    seed: u64,
    number: u64,
    /// The stretch last asked for, and the heights at its ends.
    at: f64,
    heights: [f64; 2],
}

impl Edge {
    /// Height at `x` [m] along the edge.
    fn ripple(&mut self, x: f64) -> f64 {
        let s = x / EDGE_LENGTH;
        let k = s.floor();
        if k != self.at {
            let key = (1 << 60) | ((self.number & 0xFFFF) << 40);
            self.heights =
                [k, k + 1.0].map(|k| Stream::new(self.seed, Purpose::Scene, key | ((k as i64 as u64) & 0xFF_FFFF_FFFF)).normal());
            self.at = k;
        }
        let f = s - k;
        let angle = 0.5 * std::f64::consts::PI * f * f * (3.0 - 2.0 * f);
        angle.cos() * self.heights[0] + angle.sin() * self.heights[1]
    }
}
