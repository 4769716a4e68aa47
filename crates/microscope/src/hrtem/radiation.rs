//! Fast electrons: wavelength and interaction with a potential.

use pentatwin_physics::materials::constants::{E, ELECTRON_MASS, H};

/// Speed of light [m/s].
const C: f64 = 299_792_458.0;

/// Electrons of one energy.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Radiation {
    /// Wavelength [m].
    pub wavelength: f64,
    /// Phase per projected potential, 2π m e λ/h² with the relativistic mass [rad/(V m)].
    pub interaction: f64,
    /// Kinetic energy e U [J].
    pub energy: f64,
}

impl Radiation {
    /// Electrons accelerated by a voltage [V].
    pub fn new(voltage: f64) -> Radiation {
        let energy = E * voltage;
        let rest = ELECTRON_MASS * C * C;
        let wavelength = H * C / (energy * (2.0 * rest + energy)).sqrt();
        let mass = ELECTRON_MASS * (1.0 + energy / rest);
        Radiation { wavelength, interaction: std::f64::consts::TAU * mass * E * wavelength / (H * H), energy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_200_kilovolts() {
        let r = Radiation::new(200e3);
        // imaging.md 2.1; Kirkland's book: 0.0250793 A and 0.728840e-3 rad/(V A).
        assert!((r.wavelength / 2.50793e-12 - 1.0).abs() < 1e-5, "{r:?}");
        assert!((r.interaction / 7.28840e6 - 1.0).abs() < 1e-5, "{r:?}");
    }
}
