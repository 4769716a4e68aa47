//! Vapour pressure of silver and the speed at which a surface recedes by sublimation.

use super::{MASS, OMEGA, T_BOIL, T_MELT, surface};
use crate::materials::constants::KB;
use crate::materials::law::Law;
use pentatwin_units::Status;
use std::f64::consts::{LN_10, PI};

/// Declaration of [`vapour_pressure`].
pub const VAPOUR_PRESSURE: Law = Law {
    name: "silver.vapour_pressure",
    what: "vapour pressure over solid and liquid",
    unit: "Pa",
    low: 298.0,
    high: T_BOIL,
    status: Status::Literature,
    source: "Alcock, Itkin & Horrigan 1984 (CRC) [M], agrees with Arblaster 2015's enthalpy to 0.2 %; kinetic scatter x/ 2; capped at boiling",
    at: vapour_pressure,
};

/// Vapour pressure [Pa] at `t` [K]: log10 p = 14.133 - 14999/t - 0.7845 log10 t (solid), 10.758 - 13827/t (liquid).
#[inline]
pub fn vapour_pressure(t: f64) -> f64 {
    let t = VAPOUR_PRESSURE.clamp(t);
    if t <= T_MELT {
        (LN_10 * 14.133 - (LN_10 * 14999.0) / t - 0.7845 * t.ln()).exp()
    } else {
        (LN_10 * 10.758 - (LN_10 * 13827.0) / t).exp()
    }
}

/// Declaration of [`recession_speed`].
pub const RECESSION_SPEED: Law = Law {
    name: "silver.recession_speed",
    what: "speed at which a flat surface recedes by sublimation",
    unit: "m/s",
    low: VAPOUR_PRESSURE.low,
    high: VAPOUR_PRESSURE.high,
    status: Status::Literature,
    source: "Hertz-Knudsen with the vapour pressure of Alcock et al.; sticking coefficient 1 (0.3-1)",
    at: |t| recession_speed(t, 1.0),
};

/// Speed [m/s] at which a flat surface at `t` [K] recedes into vacuum: alpha p Omega/sqrt(2 pi m k t), with the evaporation coefficient
/// `alpha` (0.3–1). In room-temperature volume, as the engines count silver: the hot surface recedes faster by (1+e)³, 5 % at 750 °C.
#[inline]
pub fn recession_speed(t: f64, alpha: f64) -> f64 {
    let t = RECESSION_SPEED.clamp(t);
    alpha * vapour_pressure(t) * OMEGA / (2.0 * PI * MASS * KB * t).sqrt()
}

/// Factor by which the curvature `kappa` [1/m] (1/r on a cylinder, 2/r on a sphere) raises the vapour pressure at `t` [K], with the
/// surface energy `gamma` [J/m²]: exp(gamma Omega kappa/kT), the exponent cut at ±2 (a 2 nm sphere), below which no continuum holds.
#[inline]
pub fn kelvin_factor(gamma: f64, kappa: f64, t: f64) -> f64 {
    (gamma * OMEGA * kappa / (KB * RECESSION_SPEED.clamp(t))).clamp(-2.0, 2.0).exp()
}

/// [`recession_speed`] times [`kelvin_factor`] with the engine's surface energy [m/s].
#[inline]
pub fn curved_recession_speed(t: f64, alpha: f64, kappa: f64) -> f64 {
    recession_speed(t, alpha) * kelvin_factor(surface::GAMMA, kappa, t)
}
