//! Coarse five-fold twinned wires of tests: sites of a prism of concentric pentagons, in m.

use crate::chance::Noise;
use pentatwin_analysis::atoms::AsMade;
use std::f64::consts::{PI, SQRT_2, TAU};

/// A wire of that many shells with the area 8.69e-15 m² (115 nm), as the shape engine has it: a site stands for d³/√2, and a column for d²/√2.
pub fn made(shells: usize) -> AsMade {
    let columns = 1.0 + 2.5 * (shells * (shells + 1)) as f64;
    let pitch = (8.69e-15 * SQRT_2 / columns).sqrt();
    AsMade { pitch, site_volume: pitch.powi(3) / SQRT_2, area: 8.69e-15, azimuth: 0.0, axis: [0.0; 2] }
}

/// Sites on up to `guards` more shells than the wire has, with x from 0 to below `length` [m], that `keep` wants by position [m] and shell.
pub fn sites(made: &AsMade, shells: usize, length: f64, keep: impl Fn([f64; 3], usize) -> bool) -> Vec<[f64; 3]> {
    let rho = made.pitch / SQRT_2 / (PI / 5.0).cos();
    let corner = |w: usize| (made.azimuth + TAU * w as f64 / 5.0).sin_cos();
    let mut found = Vec::new();
    for r in 0..=shells {
        for t in 0..(5 * r).max(1) {
            let (w, s) = (t / r.max(1), (t % r.max(1)) as f64 / r.max(1) as f64);
            let ((z0, y0), (z1, y1)) = (corner(w), corner(w + 1));
            let [y, z] = [(1.0 - s) * y0 + s * y1, (1.0 - s) * z0 + s * z1].map(|v| r as f64 * rho * v);
            let mut k = if r % 2 == 1 { 0.5 } else { 0.0 };
            while k * made.pitch < length {
                let p = [k * made.pitch, made.axis[0] + y, made.axis[1] + z];
                if keep(p, r) {
                    found.push(p);
                }
                k += 1.0;
            }
        }
    }
    found
}

/// A wire whose columns end by `height` pitches (rms) off their place, knobs of about 17 by 22 nm (at 16 shells), of those that `keep` wants.
pub fn rough(made: &AsMade, shells: usize, length: f64, height: f64, seed: u64, keep: impl Fn([f64; 3]) -> bool) -> Vec<[f64; 3]> {
    const AROUND: usize = 64;
    let mut noise = Noise(seed);
    let layers = (2.0 * length / made.pitch) as usize + 3;
    let raw: Vec<[f64; AROUND]> = (0..layers).map(|_| std::array::from_fn(|_| noise.normal())).collect();
    // Means over five half pitches and three azimuths, of unit variance.
    let field = |k: usize, j: usize| {
        let near = (0..5).flat_map(|a| (0..3).map(move |b| (a, b)));
        near.map(|(a, b)| raw[(k + a) % layers][(j + b) % AROUND]).sum::<f64>() / 15f64.sqrt()
    };
    sites(made, shells + 6, length, |p, r| {
        let turn = ((p[2] - made.axis[1]).atan2(p[1] - made.axis[0]) / TAU).rem_euclid(1.0);
        let off = field((2.0 * p[0] / made.pitch).round() as usize, (turn * AROUND as f64) as usize % AROUND);
        keep(p) && (r as f64) < shells as f64 + 0.5 + SQRT_2 * height * off
    })
}
