//! The elements of the tables.

use super::attenuation;
use super::line_table::{self, Entry};
use super::shells::{self, Shell};
use pentatwin_physics::materials::constants::AVOGADRO;

/// An element whose X-rays are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Element {
    /// Carbon.
    Carbon,
    /// Nitrogen.
    Nitrogen,
    /// Oxygen.
    Oxygen,
    /// Aluminium.
    Aluminium,
    /// Silicon.
    Silicon,
    /// Iron.
    Iron,
    /// Cobalt.
    Cobalt,
    /// Copper.
    Copper,
    /// Silver.
    Silver,
    /// Platinum.
    Platinum,
}

/// How many there are.
pub const ELEMENTS: usize = 10;

impl Element {
    /// All of them, by atomic number.
    pub const ALL: [Element; ELEMENTS] = [
        Element::Carbon,
        Element::Nitrogen,
        Element::Oxygen,
        Element::Aluminium,
        Element::Silicon,
        Element::Iron,
        Element::Cobalt,
        Element::Copper,
        Element::Silver,
        Element::Platinum,
    ];

    /// Place in arrays with one entry per element.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Chemical symbol.
    pub const fn symbol(self) -> &'static str {
        ["C", "N", "O", "Al", "Si", "Fe", "Co", "Cu", "Ag", "Pt"][self as usize]
    }

    /// The element of a chemical symbol.
    pub fn of_symbol(symbol: &str) -> Option<Element> {
        Element::ALL.into_iter().find(|e| e.symbol() == symbol)
    }

    /// Atomic number.
    pub const fn number(self) -> f64 {
        [6.0, 7.0, 8.0, 13.0, 14.0, 26.0, 27.0, 29.0, 47.0, 78.0][self as usize]
    }

    /// Molar mass [kg/mol] (IUPAC 2021, abridged).
    pub const fn molar_mass(self) -> f64 {
        [0.012_011, 0.014_007, 0.015_999, 0.026_982, 0.028_085, 0.055_845, 0.058_933, 0.063_546, 0.107_868, 0.195_084][self as usize]
    }

    /// Mass of an atom [kg].
    pub fn mass(self) -> f64 {
        self.molar_mass() / AVOGADRO
    }

    /// Its shells.
    pub(super) fn shells(self) -> &'static [Shell] {
        let all: [&'static [Shell]; ELEMENTS] = [
            &shells::CARBON,
            &shells::NITROGEN,
            &shells::OXYGEN,
            &shells::ALUMINIUM,
            &shells::SILICON,
            &shells::IRON,
            &shells::COBALT,
            &shells::COPPER,
            &shells::SILVER,
            &shells::PLATINUM,
        ];
        all[self as usize]
    }

    /// Its lines.
    pub(super) fn entries(self) -> &'static [Entry] {
        let all: [&'static [Entry]; ELEMENTS] = [
            &line_table::CARBON,
            &line_table::NITROGEN,
            &line_table::OXYGEN,
            &line_table::ALUMINIUM,
            &line_table::SILICON,
            &line_table::IRON,
            &line_table::COBALT,
            &line_table::COPPER,
            &line_table::SILVER,
            &line_table::PLATINUM,
        ];
        all[self as usize]
    }

    /// Knots of its photoelectric mass absorption: energy [eV] and cross-section per mass [m²/kg], straight between them in the logarithms;
    /// an edge stands twice.
    pub fn attenuation_table(self) -> Vec<[f64; 2]> {
        self.knots().iter().map(|[e, mu]| [*e, 0.1 * mu]).collect()
    }

    fn knots(self) -> &'static [[f64; 2]] {
        let all: [&'static [[f64; 2]]; ELEMENTS] = [
            &attenuation::CARBON,
            &attenuation::NITROGEN,
            &attenuation::OXYGEN,
            &attenuation::ALUMINIUM,
            &attenuation::SILICON,
            &attenuation::IRON,
            &attenuation::COBALT,
            &attenuation::COPPER,
            &attenuation::SILVER,
            &attenuation::PLATINUM,
        ];
        all[self as usize]
    }

    /// Photoelectric mass absorption [m²/kg] at an energy [eV]; beyond 0.1 to 40 keV the value at the end.
    pub fn attenuation(self, energy: f64) -> f64 {
        let knots = self.knots();
        let after = knots.partition_point(|k| k[0] <= energy);
        let (Some(a), Some(b)) = (knots.get(after.wrapping_sub(1)), knots.get(after)) else {
            return 0.1 * if after == 0 { knots[0][1] } else { knots[knots.len() - 1][1] };
        };
        let part = (energy / a[0]).ln() / (b[0] / a[0]).ln();
        0.1 * a[1] * (b[1] / a[1]).powf(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absorption_is_that_of_the_published_tables_and_jumps_at_edges() {
        // XrayDB and xraylib (Elam 2002) at energies between the knots [cm²/g].
        for (e, energy, mu) in [
            (Element::Nitrogen, 525.0, 1.645e4),
            (Element::Silicon, 2050.0, 2647.0),
            (Element::Silver, 2984.0, 514.3),
            (Element::Platinum, 392.0, 1.216e4),
            (Element::Copper, 8047.0, 49.79),
        ] {
            let found = 10.0 * e.attenuation(energy);
            assert!((found / mu - 1.0).abs() < 0.01, "{} at {energy}: {found}", e.symbol());
        }
        assert!(Element::Silicon.attenuation(1840.0) > 9.0 * Element::Silicon.attenuation(1838.0));
        for e in Element::ALL {
            for energy in [0.0, 1.0, 1e5, f64::NAN] {
                assert!(e.attenuation(energy).is_finite(), "{} at {energy}", e.symbol());
            }
        }
    }
}
