//! Silicon nitride membrane.

use super::law::Law;
use pentatwin_units::Status;

/// Density [kg/m³] (\[M\]).
pub const DENSITY: f64 = 3000.0;
/// Specific heat [J/kg/K] (\[M\]).
pub const HEAT_CAPACITY: f64 = 750.0;
/// Temperature at which it decomposes in vacuum, near 1 bar of nitrogen 2170 [K] (\[M\]); it does not melt.
pub const T_DECOMPOSE: f64 = 2170.0;
/// Conductance per area between silver and nitride [W/m²/K] (5e6–1e8: well bonded 5e7 and more \[M\], soft contact lower \[X\]).
pub const INTERFACE: f64 = 3e7;

/// Declaration of [`conductivity`].
pub const CONDUCTIVITY: Law = Law {
    name: "nitride.conductivity",
    what: "thermal conductivity of a silicon nitride film",
    unit: "W/m/K",
    low: 250.0,
    high: 1000.0,
    status: Status::Estimate,
    source: "3.0 (2.5-3.5): Alam 2012 [A], Ftouni 2015 [A], no thickness effect above 20 nm (Zink & Hellman 2004 [A]); (T/300)^0.2 [X]",
    at: conductivity,
};

/// Thermal conductivity of the film [W/m/K] at `t` [K]: 3.0 (t/300)^0.2. The wire engine takes 3.0 at all temperatures.
pub fn conductivity(t: f64) -> f64 {
    3.0 * (CONDUCTIVITY.clamp(t) / 300.0).powf(0.2)
}
