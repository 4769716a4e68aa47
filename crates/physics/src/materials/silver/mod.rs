//! Silver.

pub mod diffusion;
pub mod electromigration;
pub mod expansion;
pub mod melt;
pub mod resistivity;
pub mod size;
pub mod surface;
pub mod thermal;
pub mod vapour;

/// Melting point [K] (ITS-90; Arblaster 2015 \[S\]).
pub const T_MELT: f64 = 1234.93;
/// Melting point as the resistivity's forms were fitted with it [K] (wire.md §1).
pub const T_MELT_FIT: f64 = 1235.0;
/// Boiling point [K] (Arblaster 2015 \[S\]).
pub const T_BOIL: f64 = 2433.0;
/// Mass of an atom [kg] (107.8682 u; Arblaster 2015 \[S\]).
pub const MASS: f64 = 1.791_19e-25;
/// Molar mass [kg/mol].
pub const MOLAR_MASS: f64 = 0.107_868_2;
/// Volume of an atom [m³] near room temperature; the engines count all silver, hot or molten, in this volume.
pub const OMEGA: f64 = 1.706e-29;
/// Enthalpy of fusion [J/kg] (11.30 kJ/mol, 1 % \[M+\]). The wire engine leaves it out.
pub const FUSION: f64 = 1.047e5;
/// Cohesive energy, which is the enthalpy of sublimation at 298 K, per atom [eV] (284.8 kJ/mol, Arblaster 2015 \[S\]).
pub const COHESIVE_ENERGY: f64 = 2.952;
