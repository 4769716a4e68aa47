//! What a 200 kV electron beam does to silver: heat and sputtering.

use crate::materials::constants::E;

/// Energy an electron of 200 kV leaves in silver per length of its path [J/m]: 230 eV in 115 nm (physics.md 1.10 [D]).
pub const STOPPING: f64 = 2.0e9 * E;
/// Cross-section for sputtering a surface atom [m²]: 1e-6 /s at 50 e/nm²/s (physics.md 1.10 [D]: up to 4.9 eV are transferred, 2.95 eV bind).
pub const SPUTTERING: f64 = 2e-26;
/// Thickness of an atomic layer [m] (physics.md 1.1, {100}).
const LAYER: f64 = 0.2045e-9;

/// Heat per volume of silver [W/m³] at a dose rate [1/m²/s].
pub fn heating(dose_rate: f64) -> f64 {
    dose_rate * STOPPING
}

/// Speed at which the surface recedes by sputtering [m/s] at a dose rate [1/m²/s]. Atoms leave the side the beam leaves by; here the whole
/// perimeter recedes, which overstates the loss about twofold.
pub fn sputtering(dose_rate: f64) -> f64 {
    dose_rate * SPUTTERING * LAYER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imaging_a_wire_at_low_dose_heats_it_by_nanowatts() {
        // physics.md 1.10: 50 e/nm²/s on 10 um of a 115 nm wire: 2 nW.
        let power = heating(50e18) * 8.69e-15 * 10e-6;
        assert!((power - 2e-9).abs() < 0.8e-9, "{power}");
        assert!((sputtering(50e18) / LAYER - 1e-6).abs() < 1e-12);
    }
}
