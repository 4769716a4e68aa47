//! Flow of molten silver.

use super::{T_BOIL, T_MELT};
use crate::materials::law::Law;
use pentatwin_units::Status;

/// Viscosity of the melt the wire engine uses [Pa s] (wire.md §3).
pub const ETA: f64 = 4e-3;

/// Declaration of [`viscosity`].
pub const VISCOSITY: Law = Law {
    name: "silver.viscosity",
    what: "viscosity of the melt",
    unit: "Pa s",
    low: T_MELT,
    high: T_BOIL,
    status: Status::Literature,
    source: "Arrhenius form 0.4532 mPa s exp(22.2 kJ/mol /RT), 3.9 mPa s at melting (Smithells' table [M])",
    at: viscosity,
};

/// Viscosity of the melt [Pa s] at `t` [K].
pub fn viscosity(t: f64) -> f64 {
    // 22.2 kJ/mol over the gas constant.
    0.4532e-3 * (2670.1 / VISCOSITY.clamp(t)).exp()
}

/// Mobility of Poiseuille flow [m/(Pa s)] per cross-section `a` [m²] squared, 1/(8 pi eta), for the viscosity `eta` [Pa s]: the volume
/// flux in a round wire is this times a² times the pressure gradient.
#[inline]
pub fn poiseuille_mobility(eta: f64) -> f64 {
    1.0 / (8.0 * std::f64::consts::PI * eta)
}
