//! Diffusion of silver: on its surface, in the bulk, along boundaries.
//!
//! Surface coefficients are of mass transfer (adatom mobility times coverage). Between the rough and the {100} law lies a factor of 140
//! at 500 °C: the largest single uncertainty of the project.

use super::T_MELT_FIT;
use crate::materials::constants::KB_EV;
use crate::materials::law::Law;
use pentatwin_units::Status;

/// Activation energy of mass transfer on {100} [eV]: hop 0.40 \[M\] plus formation 0.50 \[X\]; range 0.80–1.00.
pub const Q_100: f64 = 0.90;
/// Activation energy of mass transfer on {111} [eV]: migration 0.097 (EPFL 135767 \[A\]) plus formation from kinks 0.61 \[M-\].
pub const Q_111: f64 = 0.71;
/// Pre-factor of the facet laws [m²/s]: a² ν0/4 with ν0 = 1e13 /s.
pub const D0_FACET: f64 = 2.1e-7;
/// Thickness of the mobile layer [m] (wire.md §3; 0.2045 nm on {100}, 0.236 nm on {111}).
pub const DELTA: f64 = 0.25e-9;
/// Layers' worth of change of radius at which a faceted wall counts as stepped [m] (1–4 nm; assumption).
pub const H0: f64 = 2e-9;
/// Mobility of the stepped wall relative to the rough law (0.1–1, contamination; assumption).
pub const ROUGH_SHARE: f64 = 0.3;

/// Room temperature to melting. Above, the coefficient stays at its value at melting: the melt moves by flow (see `melt`).
const LOW: f64 = 293.0;
const HIGH: f64 = T_MELT_FIT;

#[inline]
fn arrhenius(d0: f64, q_ev: f64, t: f64) -> f64 {
    d0 * (-q_ev / (KB_EV * t)).exp()
}

/// Declaration of [`d_rough`].
pub const D_ROUGH: Law = Law {
    name: "silver.d_rough",
    what: "surface diffusion on rough or vicinal surfaces",
    unit: "m2/s",
    low: LOW,
    high: HIGH,
    status: Status::Literature,
    source: "Gjostein's correlation for fcc metals [M+], both branches summed (wire.md §1); scatter x3-10",
    at: d_rough,
};

/// Surface diffusion coefficient [m²/s] on a rough surface at `t` [K]: both Gjostein branches summed,
/// 1.4e-6 exp(-0.696 eV/kT) + 7.4e-2 exp(-1.606 eV/kT).
#[inline]
pub fn d_rough(t: f64) -> f64 {
    let t = D_ROUGH.clamp(t);
    arrhenius(1.4e-6, 0.696, t) + arrhenius(7.4e-2, 1.606, t)
}

/// Declaration of [`d_100`].
pub const D_100: Law = Law {
    name: "silver.d_100",
    what: "surface diffusion on a {100} facet, the intact wall",
    unit: "m2/s",
    low: LOW,
    high: HIGH,
    status: Status::Estimate,
    source: "2.1e-7 exp(-Q/kT), Q = 0.90 eV (0.80-1.00): hop 0.40 [M], adatom formation 0.50 [X]",
    at: |t| d_100(t, Q_100),
};

/// Surface diffusion coefficient [m²/s] on {100} at `t` [K] with the activation energy `q_ev` [eV].
#[inline]
pub fn d_100(t: f64, q_ev: f64) -> f64 {
    arrhenius(D0_FACET, q_ev, D_100.clamp(t))
}

/// Declaration of [`d_111`].
pub const D_111: Law = Law {
    name: "silver.d_111",
    what: "surface diffusion on a {111} facet",
    unit: "m2/s",
    low: LOW,
    high: HIGH,
    status: Status::Estimate,
    source: "2.1e-7 exp(-0.71 eV/kT): migration 0.097 eV by STM (EPFL 135767 [A]), formation 0.61 [M-]",
    at: d_111,
};

/// Surface diffusion coefficient [m²/s] on {111} at `t` [K].
#[inline]
pub fn d_111(t: f64) -> f64 {
    arrhenius(D0_FACET, Q_111, D_111.clamp(t))
}

/// Weight of the stepped wall, 0 (as made) to 1: q²/(1+q²), q = |a-a0|/h0, for the radius `a`, the as-made radius `a0` and the change
/// `h0` [m] that makes a facet stepped. From the local change of radius, not the slope, which would steepen itself.
#[inline]
pub fn stepped_weight(a: f64, a0: f64, h0: f64) -> f64 {
    let d = a - a0;
    let d2 = d * d;
    // The floor keeps an unchanged wall at weight 0 when h0 = 0.
    d2 / (d2 + (h0 * h0).max(1e-30))
}

/// Derivative of [`stepped_weight`] in `a` [1/m].
#[inline]
pub fn stepped_weight_slope(a: f64, a0: f64, h0: f64) -> f64 {
    let (d, h2) = (a - a0, (h0 * h0).max(1e-30));
    let sum = d * d + h2;
    2.0 * d * h2 / (sum * sum)
}

/// Surface diffusion coefficient [m²/s] of a faceted wall with the stepped weight `w`, from [`d_100`] and [`d_rough`] at one temperature
/// (two exponentials a caller can keep) and the share `r` of the rough law: (1-w) D_100 + w r D_rough.
#[inline]
pub fn faceted_wall(d_100: f64, d_rough: f64, w: f64, r: f64) -> f64 {
    (1.0 - w) * d_100 + w * (r * d_rough)
}

/// Declaration of [`d_bulk`].
pub const D_BULK: Law = Law {
    name: "silver.d_bulk",
    what: "self-diffusion in the bulk, mono- and divacancies",
    unit: "m2/s",
    low: LOW,
    high: HIGH,
    status: Status::Literature,
    source: "Rein & Mehrer 1982 [M]: 4.6e-6 exp(-1.76 eV/kT) + 3.3e-4 exp(-2.24 eV/kT)",
    at: d_bulk,
};

/// Self-diffusion coefficient in the bulk [m²/s] at `t` [K].
pub fn d_bulk(t: f64) -> f64 {
    let t = D_BULK.clamp(t);
    arrhenius(4.6e-6, 1.76, t) + arrhenius(3.3e-4, 2.24, t)
}

/// Declaration of [`grain_boundary`].
pub const GRAIN_BOUNDARY: Law = Law {
    name: "silver.grain_boundary",
    what: "width times diffusion coefficient of a random grain boundary",
    unit: "m3/s",
    low: LOW,
    high: HIGH,
    status: Status::Estimate,
    source: "0.5 nm x 3e-5 exp(-0.9 eV/kT) [M-]; coherent twins are no short circuit",
    at: grain_boundary,
};

/// Width times diffusion coefficient of a random grain boundary [m³/s] at `t` [K].
pub fn grain_boundary(t: f64) -> f64 {
    0.5e-9 * arrhenius(3e-5, 0.9, GRAIN_BOUNDARY.clamp(t))
}
