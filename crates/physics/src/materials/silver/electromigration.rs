//! The force of a current on silver atoms: wind and direct part.
//!
//! Huntington's form Z* = Z_d - K/rho(T): the wind part goes as 1/rho, so that its force per current density is constant.

use super::resistivity::{RHO_SOLID, rho_solid};
use crate::materials::constants::E;
use crate::materials::law::Law;
use pentatwin_units::Status;

/// Wind charge number of surface atoms at [`T_REF`] (range -5 to -20; jellium theory's order \[M-\], bulk -8 by Patil & Huntington 1970 \[M\]).
pub const Z_WIND: f64 = -10.0;
/// Temperature at which the wind charge number is stated [K].
pub const T_REF: f64 = 800.0;
/// Direct charge number, left out by default (+1 to +2 \[M+\]).
pub const Z_DIRECT: f64 = 0.0;
/// Heat of transport [eV] (±0.2; thermomigration in silver is weak \[M-\]).
pub const Q_TRANSPORT: f64 = 0.0;

/// Wind force per current density over the elementary charge [ohm m]: K = -z_wind rho(t_ref), positive along the electrons, for the wind
/// charge number `z_wind` stated at `t_ref` [K]. The resistivity is the bulk's.
pub fn wind_constant(z_wind: f64, t_ref: f64) -> f64 {
    -z_wind * rho_solid(t_ref)
}

/// Force on an atom along the electron flow per current density and elementary charge [ohm m] at the resistivity `rho` [ohm m] of the
/// bulk: the wind constant `k` [ohm m] less the direct part `z_direct` rho.
#[inline]
pub fn drive(k: f64, z_direct: f64, rho: f64) -> f64 {
    k - z_direct * rho
}

/// Force on an atom [N] along the electron flow, at the current density `j` [A/m²]; arguments as in [`drive`].
#[inline]
pub fn force(k: f64, z_direct: f64, rho: f64, j: f64) -> f64 {
    E * drive(k, z_direct, rho) * j
}

/// Declaration of [`effective_charge`]'s magnitude.
pub const EFFECTIVE_CHARGE: Law = Law {
    name: "silver.effective_charge",
    what: "magnitude of the effective charge number (it is negative: atoms go with the electrons)",
    unit: "1",
    low: RHO_SOLID.low,
    high: RHO_SOLID.high,
    status: Status::Estimate,
    source: "Huntington's form [M+], Z* = -10 at 800 K (-5 to -20) [M-]",
    at: |t| effective_charge(wind_constant(Z_WIND, T_REF), Z_DIRECT, rho_solid(t)).abs(),
};

/// Effective charge number Z* = z_direct - k/rho, for the wind constant `k` [ohm m] and the resistivity `rho` [ohm m] of the bulk.
pub fn effective_charge(k: f64, z_direct: f64, rho: f64) -> f64 {
    z_direct - k / rho
}
