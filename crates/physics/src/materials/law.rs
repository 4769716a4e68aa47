//! What a law is, where it holds and where it comes from; and the list of all of them.

use super::{nitride, oxide, platinum, silver};
use pentatwin_units::Status;

/// The declaration of one law of matter in the temperature.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// Name, material first, e.g. `silver.vapour_pressure`.
    pub name: &'static str,
    /// What it gives.
    pub what: &'static str,
    /// Unit of what it gives, SI.
    pub unit: &'static str,
    /// Lowest temperature of validity [K].
    pub low: f64,
    /// Highest temperature of validity [K].
    pub high: f64,
    /// Where it comes from.
    pub status: Status,
    /// Source, with its tag.
    pub source: &'static str,
    /// The law itself, with the default of every parameter but the temperature [K].
    pub at: fn(f64) -> f64,
}

impl Law {
    /// Whether `t` [K] is outside the range of validity, so that the law is evaluated at the nearest end. True for NaN.
    #[inline]
    pub const fn outside(&self, t: f64) -> bool {
        !(t >= self.low && t <= self.high)
    }

    /// `t` [K] moved into the range of validity; NaN becomes its lower end.
    #[inline]
    pub const fn clamp(&self, t: f64) -> f64 {
        t.max(self.low).min(self.high)
    }
}

/// Every law of matter.
pub static LAWS: &[&Law] = &[
    &silver::resistivity::RHO_SOLID,
    &silver::resistivity::RHO_LIQUID,
    &silver::resistivity::RESISTIVITY,
    &silver::resistivity::RHO_MATULA,
    &silver::thermal::MELT_FRACTION,
    &silver::thermal::CONDUCTIVITY,
    &silver::thermal::HEAT_CAPACITY,
    &silver::thermal::DENSITY,
    &silver::expansion::STRAIN,
    &silver::surface::SURFACE_ENERGY,
    &silver::surface::SURFACE_ENERGY_LIQUID,
    &silver::surface::CHI,
    &silver::diffusion::D_ROUGH,
    &silver::diffusion::D_100,
    &silver::diffusion::D_111,
    &silver::diffusion::D_BULK,
    &silver::diffusion::GRAIN_BOUNDARY,
    &silver::vapour::VAPOUR_PRESSURE,
    &silver::vapour::RECESSION_SPEED,
    &silver::electromigration::EFFECTIVE_CHARGE,
    &silver::melt::VISCOSITY,
    &platinum::RHO_BULK,
    &platinum::RHO_FILM,
    &platinum::CONDUCTIVITY_FILM,
    &nitride::CONDUCTIVITY,
    &oxide::CONDUCTIVITY_SIO2,
    &oxide::CONDUCTIVITY_SI,
];
