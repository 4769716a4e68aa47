//! Silicon and its oxide: the chip that is not a membrane.

use super::law::Law;
use pentatwin_units::Status;

/// Melting point of quartz glass [K] (\[M+\]; it softens from 1900 K).
pub const T_MELT_SIO2: f64 = 1986.0;
/// Melting point of silicon [K] (\[M+\]).
pub const T_MELT_SI: f64 = 1687.0;

/// Declaration of [`conductivity_sio2`].
pub const CONDUCTIVITY_SIO2: Law = Law {
    name: "oxide.conductivity_sio2",
    what: "thermal conductivity of silica",
    unit: "W/m/K",
    low: 273.0,
    high: 600.0,
    status: Status::Literature,
    source: "1.38 [M+], 5 % at 300 K; taken constant (it rises towards 2 at 1000 K)",
    at: conductivity_sio2,
};

/// Thermal conductivity of silica [W/m/K]; constant.
pub fn conductivity_sio2(_t: f64) -> f64 {
    1.38
}

/// Declaration of [`conductivity_si`].
pub const CONDUCTIVITY_SI: Law = Law {
    name: "oxide.conductivity_si",
    what: "thermal conductivity of silicon",
    unit: "W/m/K",
    low: 250.0,
    high: 1000.0,
    status: Status::Literature,
    source: "148 (T/300)^-1.3 [M+], 5 %",
    at: conductivity_si,
};

/// Thermal conductivity of silicon [W/m/K] at `t` [K].
pub fn conductivity_si(t: f64) -> f64 {
    148.0 * (CONDUCTIVITY_SI.clamp(t) / 300.0).powf(-1.3)
}
