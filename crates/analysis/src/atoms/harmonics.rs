//! Outline of a section around the axis.

use super::sections::{cell, overlap};
use super::wire::length;
use super::{AtomsError, Wire};
use crate::Measurement;
use crate::measurement::uniform;
use rustfft::num_complex::Complex;
use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// Radius of a section around its centre.
#[derive(Clone, PartialEq, Debug)]
pub struct SectionOutline {
    /// Centre of mass: y and z [m].
    pub centre: [f64; 2],
    /// Area of the section [m²].
    pub area: f64,
    /// Radius [m] in equal steps of azimuth; the first step begins at twin plane 0.
    pub radius: Vec<f64>,
    /// Standard uncertainty of a radius [m]: a place within a layer of atoms.
    pub sigma: f64,
}

/// Fourier coefficients of a radius around an axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Harmonics {
    /// Mean radius c0 [m].
    pub mean: f64,
    /// |c_m| / c0 for m = 1 … 6, with c_m the mean of r exp(-i m φ): the radius varies by ±2 |c_m| m times around. A pentagon has 0.0432 for m = 5
    /// and 0 for the others; measured on prisms of 30 shells 0.0426 and below 0.0003, on a circle cut from the same lattice c5 0.0025
    /// (`tests/atoms.rs`). Uncertainties are those of a coefficient; noise alone gives 1.25 of them.
    pub coefficients: [Measurement; 6],
    /// Azimuth of the largest radius of each [rad], from the beginning of the first step, 0 to 2π/m.
    pub azimuths: [f64; 6],
}

/// Outline of the section of a wire around `along` [m], from the atoms in a slab of `thickness` [m] in `steps` of azimuth (16 to 3600; 72 does): in
/// each step the radius of a sector of the same area, so holes count as missing. `None` with fewer atoms than steps: then the radius is not resolved.
///
/// # Errors
/// Without atoms, with a position that is not finite, a thickness that is no length, or steps outside the limits.
pub fn section_outline(
    positions: &[[f64; 3]],
    wire: &Wire,
    along: f64,
    thickness: f64,
    steps: usize,
) -> Result<Option<SectionOutline>, AtomsError> {
    wire.check(positions)?;
    length("the thickness of the section", thickness)?;
    if !(16..=3600).contains(&steps) {
        let right = "16 to 3600 are possible";
        return Err(AtomsError::OutOfRange { name: "the number of azimuths", value: steps as f64, right });
    }
    // Atoms as long as their distance along the axis: [y, z, share inside].
    let half = 0.5 * wire.spacing;
    let inside: Vec<[f64; 3]> = positions
        .iter()
        .filter_map(|p| {
            let share = (p[0] + half).min(along + 0.5 * thickness) - (p[0] - half).max(along - 0.5 * thickness);
            (share > 0.0).then_some([p[1], p[2], share / wire.spacing])
        })
        .collect();
    let atoms: f64 = inside.iter().map(|p| p[2]).sum();
    if !(atoms >= steps as f64) {
        return Ok(None);
    }
    let centre = [0, 1].map(|k| inside.iter().map(|p| p[2] * p[k]).sum::<f64>() / atoms);
    let step = TAU / steps as f64;
    let mut area = vec![0.0; steps];
    let unit = wire.atomic_volume() / thickness;
    let width = cell(wire);
    for p in &inside {
        let [y, z] = [p[0] - centre[0], p[1] - centre[1]];
        let (azimuth, distance) = ((z.atan2(y) - wire.azimuth).rem_euclid(TAU), y.hypot(z));
        let reach = ((0.5 * width / distance.max(1e-3 * width)).min(0.5 * PI) / step).ceil() as i64;
        let at = (azimuth / step) as i64;
        for k in at - reach..=at + reach {
            let between = [k as f64 * step, (k + 1) as f64 * step];
            area[k.rem_euclid(steps as i64) as usize] += unit * p[2] * overlap(azimuth, distance, width, between);
        }
    }
    Ok(Some(SectionOutline {
        centre,
        area: area.iter().sum(),
        radius: area.iter().map(|a| (2.0 * a / step).sqrt()).collect(),
        sigma: uniform(FRAC_1_SQRT_2 * wire.spacing),
    }))
}

/// Fourier coefficients of a radius [m] in equal steps around an axis, of atoms or measured on pictures; `sigma` [m] is the standard uncertainty of
/// each radius. `None` with fewer than 16 steps, or if a radius is not finite or below 0, or all are 0.
pub fn harmonics(radius: &[f64], sigma: f64) -> Option<Harmonics> {
    let n = radius.len() as f64;
    if radius.len() < 16 || radius.iter().any(|r| !(*r >= 0.0 && r.is_finite())) || !(sigma >= 0.0 && sigma.is_finite()) {
        return None;
    }
    let mean = radius.iter().sum::<f64>() / n;
    if !(mean > 0.0) {
        return None;
    }
    let of = |m: usize| -> Complex<f64> {
        let turn = |k: usize| -TAU * m as f64 * (k as f64 + 0.5) / n;
        radius.iter().enumerate().map(|(k, r)| Complex::from_polar(*r / (n * mean), turn(k))).sum()
    };
    let uncertainty = sigma / (mean * (2.0 * n).sqrt());
    let found: [Complex<f64>; 6] = std::array::from_fn(|k| of(k + 1));
    Some(Harmonics {
        mean,
        coefficients: found.map(|c| Measurement::new(c.norm(), uncertainty)),
        azimuths: std::array::from_fn(|k| (-found[k].arg()).rem_euclid(TAU) / (k + 1) as f64),
    })
}
