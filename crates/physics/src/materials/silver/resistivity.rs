//! Electrical resistivity of silver: bulk solid and liquid, and the wire engine's law with its slope.

use super::thermal::{melt_fraction, melt_fraction_and_slope};
use super::{T_BOIL, T_MELT, T_MELT_FIT, size};
use crate::materials::law::Law;
use pentatwin_units::Status;

/// Declaration of [`rho_solid`].
pub const RHO_SOLID: Law = Law {
    name: "silver.rho_solid",
    what: "resistivity of solid silver, the wire engine's form",
    unit: "ohm m",
    low: 273.15,
    // 65 K beyond melting, over the width of the melt fraction, which weights it there.
    high: 1300.0,
    status: Status::Literature,
    source: "wire.md §1, within 1 % of Matula, J. Phys. Chem. Ref. Data 8, 1147 (1979) [M+], 300-1200 K",
    at: rho_solid,
};

const S0: f64 = 1.629e-8;
const S1: f64 = 6.566e-11;
const S2: f64 = 1.529e-14;

/// Resistivity of solid silver [ohm m] at `t` [K]: 1.629e-8 + 6.566e-11 (t-300) + 1.529e-14 (t-300)(t-800).
#[inline]
pub fn rho_solid(t: f64) -> f64 {
    let u = RHO_SOLID.clamp(t) - 300.0;
    S0 + u * (S1 + S2 * (u - 500.0))
}

/// Declaration of [`rho_liquid`].
pub const RHO_LIQUID: Law = Law {
    name: "silver.rho_liquid",
    what: "resistivity of liquid silver",
    unit: "ohm m",
    low: 1075.0,
    high: T_BOIL,
    status: Status::Literature,
    source: "wire.md §1: 17.25 micro-ohm cm at melting, Matula 1979 [M]; slope [M-]; capped at the boiling point",
    at: rho_liquid,
};

const L_MELT: f64 = 1.725e-7;
const L_SLOPE: f64 = 9e-11;

/// Resistivity of liquid silver [ohm m] at `t` [K]: 1.725e-7 + 9e-11 (t-1235). Carried below melting only under the melt fraction.
#[inline]
pub fn rho_liquid(t: f64) -> f64 {
    L_MELT + L_SLOPE * (RHO_LIQUID.clamp(t) - T_MELT_FIT)
}

/// Declaration of [`resistivity`].
pub const RESISTIVITY: Law = Law {
    name: "silver.resistivity",
    what: "resistivity of the wire, solid to liquid, with its size effect",
    unit: "ohm m",
    low: RHO_SOLID.low,
    high: RHO_LIQUID.high,
    status: Status::Literature,
    source: "wire.md §1: solid and liquid forms weighted by the melt fraction, plus C_FS/(2a)",
    at: |t| resistivity(t, 52.6e-9, size::C_FS),
};

/// Resistivity [ohm m] of a wire of equal-area radius `a` [m] at `t` [K], with the surface scattering constant `c_fs` [ohm m²].
#[inline]
pub fn resistivity(t: f64, a: f64, c_fs: f64) -> f64 {
    let f = melt_fraction(t);
    let bulk = if f <= 0.0 {
        rho_solid(t)
    } else if f >= 1.0 {
        rho_liquid(t)
    } else {
        rho_solid(t) * (1.0 - f) + rho_liquid(t) * f
    };
    bulk + size::size_effect(a, c_fs)
}

/// [`resistivity`] [ohm m] and its derivative in the temperature [ohm m/K], zero where the law is clamped; for Newton steps.
#[inline]
pub fn resistivity_and_slope(t: f64, a: f64, c_fs: f64) -> (f64, f64) {
    let scattering = size::size_effect(a, c_fs);
    let (f, df) = melt_fraction_and_slope(t);
    if f <= 0.0 {
        return (rho_solid(t) + scattering, solid_slope(t));
    }
    if f >= 1.0 {
        return (rho_liquid(t) + scattering, liquid_slope(t));
    }
    let (s, l) = (rho_solid(t), rho_liquid(t));
    (s * (1.0 - f) + l * f + scattering, solid_slope(t) * (1.0 - f) + liquid_slope(t) * f + (l - s) * df)
}

#[inline]
fn solid_slope(t: f64) -> f64 {
    if RHO_SOLID.outside(t) { 0.0 } else { S1 + S2 * (2.0 * t - 1100.0) }
}

#[inline]
fn liquid_slope(t: f64) -> f64 {
    if RHO_LIQUID.outside(t) { 0.0 } else { L_SLOPE }
}

/// Declaration of [`rho_matula`].
pub const RHO_MATULA: Law = Law {
    name: "silver.rho_matula",
    what: "resistivity of solid silver, cubic above 273 K and Bloch-Grüneisen below",
    unit: "ohm m",
    low: 1.0,
    high: T_MELT,
    status: Status::Literature,
    source: "Matula 1979 nodes, cubic by least squares [D]; Bloch-Grüneisen with 235 K, as Bid, PRB 74, 035426 (2006) [A] finds for wires",
    at: rho_matula,
};

/// Debye temperature of the Bloch–Grüneisen law [K] (Cheng et al., Sci. Rep. 2015 \[A\]: bulk).
const DEBYE: f64 = 235.0;

/// Resistivity of solid bulk silver [ohm m] at `t` [K], 1 K to melting: Matula's values as a cubic (within 0.4 %) above 273.15 K, and the
/// Bloch–Grüneisen law below, joined without a step (0.3 % below Matula's value there). Slow below 273 K: an integral, for setting up.
pub fn rho_matula(t: f64) -> f64 {
    const JOIN: f64 = 273.15;
    let t = RHO_MATULA.clamp(t);
    if t >= JOIN { cubic(t) } else { cubic(JOIN) * bloch_gruneisen(t) / bloch_gruneisen(JOIN) }
}

fn cubic(t: f64) -> f64 {
    1e-8 * (-0.215_927 + t * (6.216_545e-3 + t * (-5.022_759e-7 + t * 9.085_684e-10)))
}

/// (t/D)^5 times the integral of x^5/((e^x - 1)(1 - e^-x)) from 0 to D/t.
fn bloch_gruneisen(t: f64) -> f64 {
    // Beyond x = 60 the integrand is below 1e-17 of its maximum.
    let top = (DEBYE / t).min(60.0);
    let integrand = |x: f64| if x < 1e-9 { 0.0 } else { x.powi(5) / (x.exp_m1() * -(-x).exp_m1()) };
    (t / DEBYE).powi(5) * super::size::simpson(0.0, top, 200, integrand)
}
