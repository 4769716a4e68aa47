//! Energies and rates of the lattice: bonds between nearest neighbours (lattice.md section 3).
//!
//! Linear in the number of bonds, with the cohesive energy from the kink; surface energies are then 35 % too high and kinks detach too
//! slowly (physics.md 1.6 (i)), so real surfaces are closer to equilibrium than this model.

use super::graph::NEIGHBOURS;
use crate::materials::constants::{KB, KB_EV};
use crate::materials::silver::expansion::LATTICE;
use crate::materials::silver::vapour::vapour_pressure;
use crate::materials::silver::{MASS, OMEGA, T_MELT};

/// Energy of a bond [eV]: a sixth of the cohesive energy (2.95 eV), so that a kink, with six bonds, evaporates with it.
pub const BOND: f64 = 2.95 / 6.0;
/// Area per site of {100} [m²], a² / 2: the area that a kink stands for.
pub const SITE_AREA: f64 = 0.5 * LATTICE * LATTICE;
/// Saddle energy of a hop [eV]: a hop from n bonds has the barrier `SADDLE` + n `BOND`. Sets the {111} adatom's barrier to 0.10 eV.
pub const SADDLE: f64 = -1.37;
/// Lowest temperature the rates are evaluated at [K]: below, nothing happens within the age of the universe.
pub const COLDEST: f64 = 250.0;

/// A temperature at which there is no crystal, or none to speak of.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
#[error("the lattice has no meaning at {0:.1} K: silver is a crystal below {T_MELT} K, and its rates are taken from {COLDEST} K up")]
pub struct NoCrystal(pub f64);

/// Rates at one temperature.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rates {
    temperature: f64,
    /// Bond over kT.
    bond: f64,
    kink: f64,
    recession: f64,
}

impl Rates {
    /// At a temperature [K].
    ///
    /// # Errors
    /// Above melting, or far below room temperature.
    pub fn at(temperature: f64) -> Result<Rates, NoCrystal> {
        if !(COLDEST..T_MELT).contains(&temperature) {
            return Err(NoCrystal(temperature));
        }
        // Hertz-Knudsen, sticking 1.
        let flux = vapour_pressure(temperature) / (2.0 * std::f64::consts::PI * MASS * KB * temperature).sqrt();
        Ok(Rates { temperature, bond: BOND / (KB_EV * temperature), kink: flux * SITE_AREA, recession: flux * OMEGA })
    }

    /// Temperature [K].
    pub fn temperature(&self) -> f64 {
        self.temperature
    }
    /// Bond energy over kT.
    pub fn bond_over_kt(&self) -> f64 {
        self.bond
    }
    /// Rate [1/s] at which an atom with `n` bonds evaporates: ν exp(-n ε/kT), with ν such that kinks (n = 6) evaporate at the
    /// Hertz-Knudsen rate of their area.
    pub fn evaporation(&self, n: usize) -> f64 {
        self.kink * ((6.0 - n as f64) * self.bond).exp()
    }
    /// Attempt rate ν [1/s].
    pub fn attempts(&self) -> f64 {
        self.kink * (6.0 * self.bond).exp()
    }
    /// Rate [1/s] at which an atom with `n` bonds hops to one vacant neighbour: ν exp(-(E0 + n ε)/kT), constant saddle energy E0.
    pub fn hop(&self, n: usize) -> f64 {
        self.attempts() * (-(SADDLE + n as f64 * BOND) / (KB_EV * self.temperature)).exp()
    }
    /// Hertz-Knudsen recession [m/s] of a surface that evaporates freely.
    pub fn recession(&self) -> f64 {
        self.recession
    }
}

/// Area [m²] that a surface atom with a coordination stands for on atoms: exact on flat {111} (9), {100} (8) and (110) (7 and 11), linear
/// in the cut bonds between and beyond.
pub fn exposed_area(coordination: usize) -> f64 {
    const PER_CUBE_EDGE: [f64; NEIGHBOURS + 1] = [1.212, 1.126, 1.039, 0.953, 0.866, 0.78, 0.69, 0.607, 0.5, 0.433_013, 0.3, 0.1, 0.0];
    PER_CUBE_EDGE[coordination.min(NEIGHBOURS)] * LATTICE * LATTICE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_at_750_degc_are_those_of_the_note() {
        let r = Rates::at(1023.15).unwrap();
        assert!((r.bond_over_kt() - 5.577).abs() < 2e-3);
        // lattice.md section 3: k_5 226, k_6 0.856, k_7 3.2e-3 /s; nu 2.9e14 /s; 0.175 nm/s.
        assert!((r.evaporation(6) / 0.856 - 1.0).abs() < 0.02, "{}", r.evaporation(6));
        assert!((r.evaporation(5) / 226.0 - 1.0).abs() < 0.02);
        assert!((r.evaporation(7) / 3.2e-3 - 1.0).abs() < 0.03);
        assert!((r.attempts() / 2.9e14 - 1.0).abs() < 0.03);
        assert!((r.recession() / 0.175e-9 - 1.0).abs() < 0.03);
        // Hops per evaporation with equal bonds: exp(1.37 eV/kT) for each of six directions, 3.4e7.
        assert!((6.0 * r.hop(6) / r.evaporation(6) / 3.4e7 - 1.0).abs() < 0.05);
        // A kink's recession is Hertz-Knudsen by construction.
        assert!((r.evaporation(6) * OMEGA / SITE_AREA / r.recession() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn there_is_no_crystal_above_melting() {
        assert!(Rates::at(1240.0).is_err() && Rates::at(f64::NAN).is_err() && Rates::at(10.0).is_err());
    }
}
