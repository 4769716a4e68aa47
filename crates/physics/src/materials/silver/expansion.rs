//! Thermal expansion and the lattice of silver.

use super::T_MELT_FIT;
use crate::materials::law::Law;
use pentatwin_units::Status;

/// Lattice parameter at 293 K [m] (handbook \[M+\], ±1e-13).
pub const LATTICE: f64 = 0.4086e-9;
/// Spacing of the {111} planes at 293 K [m]: a/√3; the paper reports 0.236 nm.
pub const D111: f64 = LATTICE / 1.732_050_807_568_877_2;

/// Declaration of [`strain`].
pub const STRAIN: Law = Law {
    name: "silver.strain",
    what: "thermal strain, zero at 293 K",
    unit: "1",
    low: 293.0,
    high: T_MELT_FIT,
    status: Status::Literature,
    source: "Touloukian, TPRC vol. 12 [M], 293-1200 K, 3 %",
    at: strain,
};

/// Linear thermal strain at `t` [K] relative to 293 K.
#[inline]
pub fn strain(t: f64) -> f64 {
    let t = STRAIN.clamp(t);
    0.01 * (-0.515 + t * (1.647e-3 + t * (3.739e-7 + t * 6.283e-11)))
}

/// Lattice parameter [m] at `t` [K].
pub fn lattice_parameter(t: f64) -> f64 {
    LATTICE * (1.0 + strain(t))
}

/// Spacing of the {111} planes [m] at `t` [K].
pub fn d111(t: f64) -> f64 {
    D111 * (1.0 + strain(t))
}
