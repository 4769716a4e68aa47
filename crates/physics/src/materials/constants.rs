//! Constants of nature (CODATA 2018, exact where the SI fixes them) and the Lorenz number the engines use.

/// Boltzmann constant [J/K].
pub const KB: f64 = 1.380_649e-23;
/// Boltzmann constant [eV/K].
pub const KB_EV: f64 = 8.617_333_262e-5;
/// Elementary charge [C].
pub const E: f64 = 1.602_176_634e-19;
/// Planck constant [J s].
pub const H: f64 = 6.626_070_15e-34;
/// Electron mass [kg].
pub const ELECTRON_MASS: f64 = 9.109_383_701_5e-31;
/// Vacuum permittivity [F/m].
pub const EPSILON_0: f64 = 8.854_187_812_8e-12;
/// Avogadro constant [1/mol].
pub const AVOGADRO: f64 = 6.022_140_76e23;
/// Conductance quantum 2e²/h [S].
pub const G0: f64 = 7.748_091_729e-5;
/// Lorenz number [V²/K²] of silver as the engines use it; range 2.3e-8 to 2.6e-8 (Sommerfeld 2.443e-8; Kojda arXiv:1410.1467 finds it
/// unchanged by surface scattering).
pub const L0: f64 = 2.44e-8;
/// Stefan–Boltzmann constant [W/m²/K⁴].
pub const STEFAN_BOLTZMANN: f64 = 5.670_374_419e-8;
