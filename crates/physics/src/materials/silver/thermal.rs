//! Melting, heat conduction and heat capacity of silver.

use super::{MASS, MOLAR_MASS, OMEGA, T_BOIL, T_MELT, T_MELT_FIT, expansion, resistivity};
use crate::materials::constants::L0;
use crate::materials::law::Law;
use pentatwin_units::Status;

/// Width of the melt fraction [K]: numerical, so that melting has a derivative.
pub const MELT_WIDTH: f64 = 8.0;
/// Distance from melting, in widths, beyond which the fraction is exactly 0 or 1 (the logistic is 2e-9 there).
const CUT: f64 = 20.0;

/// Declaration of [`melt_fraction`].
pub const MELT_FRACTION: Law = Law {
    name: "silver.melt_fraction",
    what: "molten fraction, logistic about the melting point",
    unit: "1",
    low: 0.0,
    high: 1e6,
    status: Status::Choice,
    source: "wire.md §1: logistic((T - 1235)/8 K), a smoothed step",
    at: melt_fraction,
};

/// Molten fraction at `t` [K]: logistic((t - 1235)/8 K); exactly 0 below 1075 K and 1 above 1395 K, at no cost.
#[inline]
pub fn melt_fraction(t: f64) -> f64 {
    let x = (t - T_MELT_FIT) * (1.0 / MELT_WIDTH);
    if x > -CUT { if x < CUT { 1.0 / (1.0 + (-x).exp()) } else { 1.0 } } else { 0.0 }
}

/// [`melt_fraction`] and its derivative [1/K].
#[inline]
pub fn melt_fraction_and_slope(t: f64) -> (f64, f64) {
    let f = melt_fraction(t);
    (f, f * (1.0 - f) * (1.0 / MELT_WIDTH))
}

/// Declaration of [`conductivity`] of bulk silver.
pub const CONDUCTIVITY: Law = Law {
    name: "silver.conductivity",
    what: "thermal conductivity by Wiedemann-Franz",
    unit: "W/m/K",
    low: resistivity::RESISTIVITY.low,
    high: resistivity::RESISTIVITY.high,
    status: Status::Literature,
    source: "L0 T/rho with L0 = 2.44e-8; within 5 % of Ho, Powell, Liley 1972 [M+] at 300 K, 2 % above 500 K; phonons (5 W/m/K) left out",
    at: |t| conductivity(resistivity::RESISTIVITY.clamp(t), resistivity::resistivity(t, 1.0, 0.0)),
};

/// Thermal conductivity [W/m/K] at `t` [K] and the resistivity `rho` [ohm m]: L0 t/rho (Wiedemann–Franz).
#[inline]
pub fn conductivity(t: f64, rho: f64) -> f64 {
    L0 * t / rho
}

/// Declaration of [`heat_capacity`].
pub const HEAT_CAPACITY: Law = Law {
    name: "silver.heat_capacity",
    what: "specific heat at constant pressure, solid to liquid",
    unit: "J/kg/K",
    low: 298.0,
    high: T_BOIL,
    status: Status::Literature,
    source: "Kelley form 21.30 + 8.54e-3 T + 1.51e5/T^2 J/mol/K [M], 1.5 %; liquid 33.5 J/mol/K [M], 3 %",
    at: heat_capacity,
};

/// Specific heat [J/kg/K] at `t` [K], solid below melting, liquid above, without the enthalpy of fusion.
#[inline]
pub fn heat_capacity(t: f64) -> f64 {
    const LIQUID: f64 = 33.5 / MOLAR_MASS;
    let f = melt_fraction(t);
    if f >= 1.0 {
        return LIQUID;
    }
    let s = HEAT_CAPACITY.clamp(t).min(T_MELT);
    let solid = (21.30 + 8.54e-3 * s + 1.51e5 / (s * s)) * (1.0 / MOLAR_MASS);
    solid + f * (LIQUID - solid)
}

/// Heat capacity [J/m³/K] at `t` [K] of silver counted in its room-temperature volume (as the engines count it): [`heat_capacity`] times
/// the mass of an atom over its volume.
#[inline]
pub fn volumetric_heat_capacity(t: f64) -> f64 {
    heat_capacity(t) * (MASS / OMEGA)
}

/// Declaration of [`density`].
pub const DENSITY: Law = Law {
    name: "silver.density",
    what: "density, solid to liquid",
    unit: "kg/m3",
    low: expansion::STRAIN.low,
    high: 1400.0,
    status: Status::Literature,
    source: "10490 kg/m3 at 293 K over (1+e)^3; liquid 9320 at melting [M+], its expansion left out",
    at: density,
};

/// Density [kg/m³] at `t` [K]: 10490/(1+e)³ solid, 9320 liquid.
pub fn density(t: f64) -> f64 {
    let stretch = 1.0 + expansion::strain(t);
    let solid = 10490.0 / (stretch * stretch * stretch);
    solid + melt_fraction(t) * (9320.0 - solid)
}
