//! The objective lens: phase contrast transfer with its envelopes.

use super::radiation::Radiation;
use super::settings::{F20, HighResolution, Setup, Talos};
use std::f64::consts::PI;

/// An objective lens and its illumination.
///
/// The wave's component at k is multiplied by exp(-iχ) E_t E_s: χ = -πλ Δf k² + (π/2) Cs λ³ k⁴ (plus astigmatism), E_t = exp(-(πλΔ)² k⁴/2),
/// E_s = exp(-(α/2λ)² |∇χ|²) (quasi-coherent: the envelopes act on the wave, so that what a damped beam carries is lost from the image
/// and its mean lies below 1 for thick specimens; a real microscope keeps those electrons as a smooth background).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Optics {
    /// Electrons.
    pub radiation: Radiation,
    /// Defocus Δf, positive under focus [m].
    pub defocus: f64,
    /// Spherical aberration [m].
    pub cs: f64,
    /// Focal spread Δ, rms [m].
    pub focal_spread: f64,
    /// Illumination semi-angle α, where the angular distribution has fallen to 1/e [rad].
    pub convergence: f64,
    /// Two-fold astigmatism [m]: under focus is smaller by it along its azimuth and larger across.
    pub astigmatism: f64,
    /// Azimuth of the astigmatism [rad], from x towards y.
    pub astigmatism_angle: f64,
}

impl Optics {
    /// The lens of the settings' instrument, its parameters as declared; with changed ones: [`Setup::optics`].
    pub fn new(settings: &HighResolution) -> Optics {
        Setup { hrtem: settings.clone(), ..Setup::default() }.optics()
    }

    /// A perfect lens: the image is |wave|².
    pub fn perfect(settings: &HighResolution) -> Optics {
        let radiation = Radiation::new(settings.voltage);
        Optics { radiation, defocus: 0.0, cs: 0.0, focal_spread: 0.0, convergence: 0.0, astigmatism: 0.0, astigmatism_angle: 0.0 }
    }

    /// Scherzer's defocus 1.2 √(Cs λ), under focus [m].
    pub fn scherzer(&self) -> f64 {
        1.2 * (self.cs.abs() * self.radiation.wavelength).sqrt() * self.cs.signum()
    }

    /// First zero of the transfer at Scherzer's defocus, 0.64 Cs^¼ λ^¾ [m].
    pub fn point_resolution(&self) -> f64 {
        0.64 * self.cs.abs().powf(0.25) * self.radiation.wavelength.powf(0.75)
    }

    /// Spacing at which the temporal envelope has fallen to exp(-2) [m].
    pub fn information_limit(&self) -> f64 {
        (0.5 * PI * self.radiation.wavelength * self.focal_spread).sqrt()
    }

    /// Phase χ [rad] at a frequency [1/m].
    pub fn phase(&self, kx: f64, ky: f64) -> f64 {
        let k2 = kx * kx + ky * ky;
        let lambda = self.radiation.wavelength;
        let (sin, cos) = (2.0 * self.astigmatism_angle).sin_cos();
        let twofold = self.astigmatism * ((kx * kx - ky * ky) * cos + 2.0 * kx * ky * sin);
        PI * lambda * (-self.defocus * k2 + twofold) + 0.5 * PI * self.cs * lambda.powi(3) * k2 * k2
    }

    /// Product of the envelopes at a frequency [1/m].
    pub fn envelope(&self, kx: f64, ky: f64) -> f64 {
        let k2 = kx * kx + ky * ky;
        let lambda = self.radiation.wavelength;
        let temporal = 0.5 * (PI * lambda * self.focal_spread * k2).powi(2);
        let (sin, cos) = (2.0 * self.astigmatism_angle).sin_cos();
        let radial = -self.defocus * lambda + self.cs * lambda.powi(3) * k2;
        // ∇χ/2π.
        let gx = radial * kx + lambda * self.astigmatism * (kx * cos + ky * sin);
        let gy = radial * ky + lambda * self.astigmatism * (kx * sin - ky * cos);
        let spatial = (PI * self.convergence / lambda).powi(2) * (gx * gx + gy * gy);
        (-temporal - spatial).exp()
    }
}

/// Focal spread [m] of a gun and its supplies.
fn focal_spread(cc: f64, spread: f64, energy: f64, current: f64, voltage: f64) -> f64 {
    cc * ((spread / energy).powi(2) + (2.0 * current).powi(2) + voltage * voltage).sqrt()
}

macro_rules! lens {
    ($name:ident, $lens:ty, $what:literal) => {
        #[doc = $what]
        pub fn $name(settings: &HighResolution, lens: &$lens) -> Optics {
            let radiation = Radiation::new(settings.voltage);
            Optics {
                radiation,
                defocus: settings.defocus,
                cs: lens.cs,
                focal_spread: focal_spread(lens.cc, lens.energy_spread, radiation.energy, lens.current_ripple, lens.voltage_ripple),
                convergence: lens.convergence,
                astigmatism: lens.astigmatism,
                astigmatism_angle: lens.astigmatism_angle,
            }
        }
    };
}

impl Optics {
    lens!(f20, F20, "An F20 with its own parameters.");
    lens!(talos, Talos, "A Talos with its own parameters.");
}

#[cfg(test)]
mod tests {
    use super::super::settings::Instrument;
    use super::*;

    #[test]
    fn the_two_instruments_resolve_what_they_are_said_to() {
        let f20 = Optics::new(&HighResolution { instrument: Instrument::F20, ..Default::default() });
        // imaging.md 2.1: Scherzer 65.8 nm, point resolution 0.237 nm, focal spread 4-5 nm, information limit 0.15 nm.
        assert!((f20.scherzer() / 65.8e-9 - 1.0).abs() < 1e-3, "{}", f20.scherzer());
        assert!((f20.point_resolution() / 0.237e-9 - 1.0).abs() < 3e-3, "{}", f20.point_resolution());
        assert!((4e-9..=5e-9).contains(&f20.focal_spread), "{}", f20.focal_spread);
        assert!((0.13e-9..=0.15e-9).contains(&f20.information_limit()), "{}", f20.information_limit());
        let talos = Optics::new(&HighResolution::default());
        assert!((talos.information_limit() / 0.12e-9 - 1.0).abs() < 0.02, "{}", talos.information_limit());
        // The first zero of sin χ at Scherzer's defocus.
        let mut k = 1e9;
        while f20.phase(k, 0.0) < 0.0 {
            k += 1e6;
        }
        assert!((1.0 / k / f20.point_resolution() - 1.0).abs() < 0.03, "{}", 1.0 / k);
    }

    #[test]
    fn the_envelope_uses_the_gradient_of_the_phase() {
        let mut optics = Optics::new(&HighResolution::default());
        optics.focal_spread = 0.0;
        optics.astigmatism = 20e-9;
        optics.astigmatism_angle = 0.4;
        let (kx, ky, h) = (3.1e9, -1.7e9, 1e4);
        let gx = (optics.phase(kx + h, ky) - optics.phase(kx - h, ky)) / (2.0 * h);
        let gy = (optics.phase(kx, ky + h) - optics.phase(kx, ky - h)) / (2.0 * h);
        let exact = (-(0.5 * optics.convergence / optics.radiation.wavelength).powi(2) * (gx * gx + gy * gy)).exp();
        assert!((optics.envelope(kx, ky) / exact - 1.0).abs() < 1e-5);
    }
}
