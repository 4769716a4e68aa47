//! Conductances of thin films and layers under a wire: geometry only, all in steady state.
//!
//! Arguments are positive; a non-positive logarithm (a radius above the outer one) gives 0 resistance.

use std::f64::consts::PI;

/// Conductance per length of wire [W/m/K] of a free film between two sinking electrodes: 2 k t pi/L, the lowest mode of a wire that is hot
/// in the middle of a film of conductivity `k` [W/m/K] and thickness `t` [m], over a spacing `l` [m] (wire.md §1).
pub fn strip_conductance(k: f64, t: f64, l: f64) -> f64 {
    2.0 * k * t * PI / l
}

/// Conductance per length of wire [W/m/K] through a free film `w` [m] wide on each side to a cold frame: 2 k t/w (physics.md 1.8 with W the
/// half-width).
pub fn lateral_conductance(k: f64, t: f64, w: f64) -> f64 {
    2.0 * k * t / w
}

/// Thermal resistance [K/W] of a film from a spot of radius `r` [m] to a ring of radius `big` [m]: ln(big/r)/(2 pi k t).
pub fn spreading_resistance(k: f64, t: f64, r: f64, big: f64) -> f64 {
    (big / r).ln().max(0.0) / (2.0 * PI * k * t)
}

/// As [`spreading_resistance`], over a half-plane (a contact at the film's edge): ln(big/r)/(pi k t).
pub fn spreading_resistance_half(k: f64, t: f64, r: f64, big: f64) -> f64 {
    2.0 * spreading_resistance(k, t, r, big)
}

/// Conductance per length [W/m/K] of a strip `w` [m] wide on a layer of conductivity `k` [W/m/K] and thickness `h` [m] that lies on a sink:
/// pi k/ln(16 h/(pi w)), the narrow strip (w below h) with an insulating upper side.
pub fn strip_on_layer_conductance(k: f64, h: f64, w: f64) -> f64 {
    PI * k / (16.0 * h / (PI * w)).max(1.5).ln()
}

/// Two conductances in series.
pub fn series(a: f64, b: f64) -> f64 {
    a * b / (a + b)
}
