//! X-rays per atom and electron: ionization, Coster–Kronig transfer, yields; k-factors.

use super::element::Element;
use super::shells::Shell;
use pentatwin_physics::materials::constants::{E, ELECTRON_MASS};

/// Speed of light [m/s].
const C: f64 = 299_792_458.0;
/// 4π times the Bohr radius squared [m²].
const AREA: f64 = 4.0 * std::f64::consts::PI * 5.291_772_109e-11 * 5.291_772_109e-11;

/// Lines that belong together: vacancies of one main shell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Family {
    /// K.
    K,
    /// L.
    L,
    /// M.
    M,
}

impl Family {
    /// K, L or M.
    pub const fn letter(self) -> &'static str {
        ["K", "L", "M"][self as usize]
    }
}

/// One X-ray line of an element at one energy of the beam.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// Element.
    pub element: Element,
    /// Family.
    pub family: Family,
    /// Transition, IUPAC.
    pub name: &'static str,
    /// Energy [eV].
    pub energy: f64,
    /// Photons in all directions per electron and atoms per area [m²].
    pub emission: f64,
    /// Whether it is an alpha line.
    pub alpha: bool,
}

/// Energy of the electron at rest [eV].
pub(super) fn rest_energy() -> f64 {
    ELECTRON_MASS * C * C / E
}

/// Cross-section [m²] for the ionization of a shell by an electron of `energy` [eV]; 0 below the edge.
///
/// Bote, Salvat, Jablonski & Powell, At. Data Nucl. Data Tables 95, 871 (2009): distorted waves up to 16 edges, plane waves above. The
/// factor of g3 is (1-β²)^¼. (pyTEMlib 2026.6 has its inverse, which jumps by up to 9 % where the two halves meet; the k-factors of
/// imaging.md 2.6 carry that.)
fn shell_ionization(shell: &Shell, energy: f64) -> f64 {
    let u = energy / shell.edge;
    if !(u > 1.0) {
        return 0.0;
    }
    if u <= 16.0 {
        let [a1, a2, a3, a4, a5] = shell.low;
        let o = 1.0 / (1.0 + u);
        let f = a1 + a2 * u + o * (a3 + o * o * (a4 + o * o * a5));
        return AREA * (u - 1.0) * (f / u).powi(2);
    }
    let rest = rest_energy();
    let x2 = energy * (energy + 2.0 * rest) / (rest * rest);
    let x = x2.sqrt();
    let beta2 = x2 / (1.0 + x2);
    let [g1, g2, g3, g4] = shell.high;
    let f = (x2.ln() - beta2) * (1.0 + g1 / x) + g2 + g3 * (1.0 - beta2).powf(0.25) + g4 / x;
    AREA * shell.scale / beta2 * u / (u + shell.b) * f
}

/// Cross-section [m²] for the ionization of a shell ("K", "L1" … "M5") by an electron of `energy` [eV]; `None` for a shell that is not in
/// the table.
pub fn ionization(element: Element, shell: &str, energy: f64) -> Option<f64> {
    element.shells().iter().find(|s| s.name == shell).map(|s| shell_ionization(s, energy))
}

/// The lines of an element under electrons of `energy` [eV]. `platinum_m` scales the M lines of platinum, whose yields are known to 40 %.
pub fn lines(element: Element, energy: f64, platinum_m: f64) -> Vec<Line> {
    let shells = element.shells();
    let mut vacancies: Vec<f64> = shells.iter().map(|s| shell_ionization(s, energy)).collect();
    // From the inside outwards: what moves on may move on again.
    for k in 0..shells.len() {
        for (to, part) in shells[k].transfer {
            vacancies[*to] += part * vacancies[k];
        }
    }
    let line = |e: &super::line_table::Entry| {
        let shell = &shells[e.1];
        let family = match shell.name.as_bytes().first() {
            Some(b'K') => Family::K,
            Some(b'L') => Family::L,
            _ => Family::M,
        };
        let own = if element == Element::Platinum && family == Family::M { platinum_m } else { 1.0 };
        Line { element, family, name: e.0, energy: e.2, emission: own * vacancies[e.1] * shell.fluorescence * e.3, alpha: e.4 }
    };
    element.entries().iter().map(line).collect()
}

/// Which photons a k-factor counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// The alpha lines (both) only.
    Alpha,
    /// All lines of the family.
    Family,
}

/// Photons per atom of a family [m²].
fn emission(element: Element, family: Family, counted: Counted, energy: f64, platinum_m: f64) -> f64 {
    let counts = |l: &Line| l.family == family && (counted == Counted::Family || l.alpha);
    lines(element, energy, platinum_m).iter().filter(|l| counts(l)).map(|l| l.emission).sum()
}

/// Cliff–Lorimer factor against the K line of silicon, for photons as they are emitted (thin specimen, ideal detector): mass ratio
/// w/w(Si) = k I/I(Si), with both intensities counted the same way. `None` if the element has no such family at this energy [eV].
pub fn k_factor(element: Element, family: Family, counted: Counted, energy: f64, platinum_m: f64) -> Option<f64> {
    let silicon = emission(Element::Silicon, Family::K, counted, energy, 1.0);
    let own = emission(element, family, counted, energy, platinum_m);
    let k = element.molar_mass() / Element::Silicon.molar_mass() * silicon / own;
    (own > 0.0 && k.is_finite()).then_some(k)
}

/// Mass of silicon per area [kg/m²] that a photon of its K lines, emitted towards the detector, stands for: the zeta factor of silicon
/// over the number of `electrons` of `energy` [eV], for a detector of `solid_angle` [sr].
pub fn zeta_silicon(counted: Counted, energy: f64, electrons: f64, solid_angle: f64) -> f64 {
    let per_atom = emission(Element::Silicon, Family::K, counted, energy, 1.0);
    Element::Silicon.mass() / (per_atom * electrons * solid_angle / (4.0 * std::f64::consts::PI))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_sections_are_those_of_the_published_fit() {
        // Values of a separate program from the same coefficients, 200 kV [m²].
        for (e, shell, sigma) in [
            (Element::Silicon, "K", 1.7453e-25),
            (Element::Iron, "K", 3.1848e-26),
            (Element::Silver, "L3", 1.7257e-25),
            (Element::Platinum, "L3", 3.4796e-26),
            (Element::Platinum, "M5", 5.5415e-25),
            (Element::Silver, "K", 5.386e-27),
        ] {
            let found = ionization(e, shell, 200e3).unwrap();
            assert!((found / sigma - 1.0).abs() < 1e-3, "{} {shell}: {found}", e.symbol());
        }
        assert_eq!(ionization(Element::Iron, "K", 7000.0), Some(0.0));
        assert_eq!(ionization(Element::Carbon, "L3", 200e3), None);
    }

    #[test]
    fn both_halves_of_the_fit_meet() {
        for e in Element::ALL {
            for s in e.shells() {
                let (below, above) = (shell_ionization(s, 15.9999 * s.edge), shell_ionization(s, 16.0001 * s.edge));
                assert!((above / below - 1.0).abs() < 0.012, "{} {}: {}", e.symbol(), s.name, above / below);
            }
        }
    }

    #[test]
    fn rates_of_a_shell_add_up_to_one_and_lines_lie_below_their_edge() {
        for e in Element::ALL {
            for (k, s) in e.shells().iter().enumerate() {
                let own: Vec<_> = e.entries().iter().filter(|l| l.1 == k).collect();
                let sum: f64 = own.iter().map(|l| l.3).sum();
                // Least for Pt M2: M2-M4 at 0.83 keV, 0.147 of it by the tables, stays within the M shell and is left out.
                assert!((0.84..1.0001).contains(&sum), "{} {}: {sum}", e.symbol(), s.name);
                // The edges of the fit are those of free atoms: Al K at 1549.9 eV, in the metal at 1559.6, 0.63 % higher.
                assert!(own.iter().all(|l| l.2 < 1.0063 * s.edge), "{} {}", e.symbol(), s.name);
            }
        }
    }

    #[test]
    fn k_factors_of_alpha_lines_are_those_of_the_vendor_of_the_real_file() {
        // EDS_TEM_FePt_nanoparticles: 1.450226 and 5.075602 for Fe Kα and Pt Lα at 200 kV (imaging.md 2.6).
        let k = |e, f| k_factor(e, f, Counted::Alpha, 200e3, 1.0).unwrap();
        assert!((k(Element::Iron, Family::K) / 1.450_226 - 1.0).abs() < 0.04, "{}", k(Element::Iron, Family::K));
        assert!((k(Element::Platinum, Family::L) / 5.075_602 - 1.0).abs() < 0.04, "{}", k(Element::Platinum, Family::L));
        assert_eq!(k(Element::Silicon, Family::K), 1.0);
        assert_eq!(k_factor(Element::Carbon, Family::L, Counted::Alpha, 200e3, 1.0), None);
    }
}
