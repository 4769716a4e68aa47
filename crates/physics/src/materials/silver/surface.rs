//! Surface energies of silver and the roughening weight.

use super::{T_BOIL, T_MELT, T_MELT_FIT};
use crate::materials::law::Law;
use pentatwin_units::Status;

/// Surface energy the wire engine uses at all temperatures [J/m²] (wire.md §3).
pub const GAMMA: f64 = 1.1;
/// Surface energy of {111} at 0 K [J/m²] (Vitos et al., Surf. Sci. 411, 186 (1998) \[M\]; PBE 0.77).
pub const GAMMA_111: f64 = 1.17;
/// Surface energy of {100} at 0 K [J/m²] (Vitos 1998 \[M\]; PBE 0.82).
pub const GAMMA_100: f64 = 1.20;
/// Surface energy of {110} at 0 K [J/m²] (Vitos 1998 \[M\]; PBE 0.87).
pub const GAMMA_110: f64 = 1.24;
/// Energy of a random grain boundary [J/m²] (0.3–0.45 \[M\]).
pub const GAMMA_BOUNDARY: f64 = 0.375;
/// Energy of a coherent twin boundary [J/m²] (\[M\]).
pub const GAMMA_TWIN: f64 = 8e-3;

/// Declaration of [`surface_energy`].
pub const SURFACE_ENERGY: Law = Law {
    name: "silver.surface_energy",
    what: "surface energy of the solid, mean over orientations",
    unit: "J/m2",
    low: 0.0,
    high: T_MELT,
    status: Status::Literature,
    source: "1.25 - 1.3e-4 T [D] through 1.25 at 0 K (Tyson & Miller 1977 [M+]) and 1.14(9) at 1176 K (Buttner, Funk, Udin 1952 [M])",
    at: surface_energy,
};

/// Surface energy of the solid [J/m²] at `t` [K], isotropic: 1.25 - 1.3e-4 t; the slope is uncertain (1e-4 to 5e-4).
#[inline]
pub fn surface_energy(t: f64) -> f64 {
    1.25 - 1.3e-4 * SURFACE_ENERGY.clamp(t)
}

/// Declaration of [`surface_energy_liquid`].
pub const SURFACE_ENERGY_LIQUID: Law = Law {
    name: "silver.surface_energy_liquid",
    what: "surface tension of the melt",
    unit: "J/m2",
    low: T_MELT,
    high: T_BOIL,
    status: Status::Literature,
    source: "0.926 - 1.9e-4 (T - 1235) [M], 3 %",
    at: surface_energy_liquid,
};

/// Surface tension of the melt [J/m²] at `t` [K].
#[inline]
pub fn surface_energy_liquid(t: f64) -> f64 {
    0.926 - 1.9e-4 * (SURFACE_ENERGY_LIQUID.clamp(t) - T_MELT_FIT)
}

/// Declaration of [`chi`].
pub const CHI: Law = Law {
    name: "silver.chi",
    what: "weight of the destabilising curvature below roughening (alternative model)",
    unit: "1",
    low: 0.0,
    high: 1e6,
    status: Status::Assumption,
    source: "wire.md §1: Cahn's anisotropic Rayleigh criterion as a weight; its 800 K would be a calibration on the 500 degC onset [X]",
    at: |t| chi(t, 0.02, 800.0, 20.0),
};

/// Weight of the 1/a part of the curvature at `t` [K]: low + (1-low) logistic((t - t_r)/width). Defaults 0.02, 800 K, 20 K. The engine's
/// default is 1 everywhere; this is the alternative that goes with the rough diffusion law.
#[inline]
pub fn chi(t: f64, low: f64, t_r: f64, width: f64) -> f64 {
    let x = (t - t_r) / width;
    let logistic = if x > -40.0 { if x < 40.0 { 1.0 / (1.0 + (-x).exp()) } else { 1.0 } } else { 0.0 };
    low + (1.0 - low) * logistic
}
