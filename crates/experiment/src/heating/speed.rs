//! How fast a surface recedes at a temperature, and 40 K below and above it: 10 K are 39 % of the rate at 750 °C (physics.md T7).

use pentatwin_physics::device::Silver;
use pentatwin_physics::materials::silver::vapour::recession_speed;

/// About what ±5 % of a chip's temperature are at 750 °C [K].
pub const SPREAD: f64 = 40.0;

/// Hertz-Knudsen speed [m/s] of a flat surface at `temperature` [K] less [`SPREAD`], at it, and with [`SPREAD`].
pub fn speeds(silver: &Silver, temperature: f64) -> [f64; 3] {
    [-SPREAD, 0.0, SPREAD].map(|d| recession_speed(temperature + d, silver.evaporation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_kelvin_are_a_factor_of_four_at_750_degrees() {
        // lattice.md 6: 0.175 nm/s at 750 degC, in the volume of cold silver; physics.md T7: d ln v/dT = 0.033 /K.
        let [low, middle, high] = speeds(&Silver::default(), 1023.15);
        assert!((middle / 0.175e-9 - 1.0).abs() < 0.01, "{middle}");
        assert!((high / middle).ln() / SPREAD > 0.030 && (middle / low).ln() / SPREAD < 0.036);
    }
}
