//! Platinum: electrodes and pads.

use super::constants::L0;
use super::law::Law;
use pentatwin_units::Status;

/// Melting point [K] (\[M+\]).
pub const T_MELT: f64 = 2041.0;
/// Work function [eV] (\[M+\]; (111) 5.9).
pub const WORK_FUNCTION: f64 = 5.65;
/// Volume of an atom [m³] (\[M+\]).
pub const OMEGA: f64 = 1.51e-29;

/// Declaration of [`rho_bulk`].
pub const RHO_BULK: Law = Law {
    name: "platinum.rho_bulk",
    what: "resistivity of bulk platinum",
    unit: "ohm m",
    low: 273.15,
    high: 900.0,
    status: Status::Literature,
    source: "10.6 micro-ohm cm, 3.93e-3 /K at 293 K [M+]; linear, 8 % high at 900 K",
    at: rho_bulk,
};

/// Resistivity of bulk platinum [ohm m] at `t` [K].
pub fn rho_bulk(t: f64) -> f64 {
    10.6e-8 * (1.0 + 3.93e-3 * (RHO_BULK.clamp(t) - 293.0))
}

/// Declaration of [`rho_film`].
pub const RHO_FILM: Law = Law {
    name: "platinum.rho_film",
    what: "resistivity of an evaporated platinum film",
    unit: "ohm m",
    low: 200.0,
    high: 1300.0,
    status: Status::Estimate,
    source: "20 micro-ohm cm, 2.2e-3 /K at 293 K [M], linear; grains grow at 600 degC [A]",
    at: rho_film,
};

/// Resistivity of a platinum film [ohm m] at `t` [K].
pub fn rho_film(t: f64) -> f64 {
    20e-8 * (1.0 + 2.2e-3 * (RHO_FILM.clamp(t) - 293.0))
}

/// Declaration of [`conductivity_film`].
pub const CONDUCTIVITY_FILM: Law = Law {
    name: "platinum.conductivity_film",
    what: "thermal conductivity of a platinum film",
    unit: "W/m/K",
    low: RHO_FILM.low,
    high: RHO_FILM.high,
    status: Status::Estimate,
    source: "Wiedemann-Franz on the film's resistivity: 36 W/m/K at 293 K [D]",
    at: conductivity_film,
};

/// Thermal conductivity of a platinum film [W/m/K] at `t` [K].
pub fn conductivity_film(t: f64) -> f64 {
    let t = CONDUCTIVITY_FILM.clamp(t);
    L0 * t / rho_film(t)
}
