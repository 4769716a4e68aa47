//! From the microscope's tables to the inputs of the analysis: lines, detector, absorption. A user of a real spectrum has them from the maker
//! and from tables. How much of the area the upper layers cover comes from the scene; a user has it from an image.

use pentatwin_analysis::spectrum as analysis;
use pentatwin_microscope::spectrum::{
    Counted, Edx, Element, Family, LOSS_POWER, Layer, RESOLUTION_SLOPE, Spectrum, efficiency, incomplete, k_factor, lines, zeta_silicon,
};
use pentatwin_physics::materials::constants::E;

/// K-factors of all lines of a family, as emitted, against Si K.
pub const CONVENTION: analysis::Convention = analysis::Convention { counted: analysis::Counted::Family, at: analysis::Where::Emitted };

/// A family of lines, "Ag L", with its k-factor if it is used to quantify.
pub fn family(edx: &Edx, element: Element, family: Family, quantify: bool) -> analysis::Family {
    let beam = edx.voltage;
    let own = lines(element, beam, edx.platinum_m).into_iter().filter(|l| l.family == family && l.emission > 0.0);
    analysis::Family {
        name: format!("{} {}", element.symbol(), family.letter()),
        element: element.symbol().to_owned(),
        molar_mass: element.molar_mass(),
        lines: own.map(|l| analysis::Line { energy: l.energy, weight: l.emission, alpha: l.alpha, escape: 1.0 }).collect(),
        k: if quantify { k_factor(element, family, Counted::Family, beam, edx.platinum_m) } else { None },
        k_uncertainty: 0.0,
    }
}

/// The families of a gap on a membrane with platinum contacts: specimen with k, holder and pole piece without.
pub fn families(edx: &Edx) -> Vec<analysis::Family> {
    [
        (Element::Carbon, Family::K, true),
        (Element::Nitrogen, Family::K, true),
        (Element::Oxygen, Family::K, true),
        (Element::Silicon, Family::K, true),
        (Element::Silver, Family::L, true),
        (Element::Platinum, Family::M, false),
        (Element::Platinum, Family::L, true),
        (Element::Copper, Family::L, false),
        (Element::Copper, Family::K, false),
        (Element::Iron, Family::K, false),
        (Element::Cobalt, Family::K, false),
    ]
    .into_iter()
    .map(|(e, f, k)| family(edx, e, f, k))
    .collect()
}

/// The detector.
pub fn response(edx: &Edx) -> analysis::Response {
    let energies = (0..400).map(|k| 60.0 * 1.0155f64.powi(k));
    let edges = Element::ALL.into_iter().flat_map(|e| {
        let table = e.attenuation_table();
        table.windows(2).filter(|w| w[0][0] == w[1][0]).flat_map(|w| [w[0][0] - 0.01, w[0][0] + 0.01]).collect::<Vec<_>>()
    });
    let mut energies: Vec<f64> = energies.chain(edges).collect();
    energies.sort_by(f64::total_cmp);
    let table = |of: &dyn Fn(f64) -> f64| energies.iter().map(|e| [*e, of(*e)]).collect();
    analysis::Response {
        resolution: edx.resolution / E,
        slope: RESOLUTION_SLOPE,
        efficiency: table(&|e| efficiency(edx, e)),
        incomplete: table(&|e| incomplete(edx, e)),
        power: LOSS_POWER,
    }
}

/// Dose, geometry and absorption: nitride below, its oxide, then platinum and carbon, silver above. How much of the area the upper two
/// cover is taken from the scene; a user has it from an image.
pub fn probe(edx: &Edx, s: &Spectrum) -> analysis::Probe {
    let electrons = s.electrons;
    let layer = |symbols: &[&str], coverage| analysis::Stratum { elements: symbols.iter().map(|s| (*s).to_owned()).collect(), coverage };
    // Whichever of pads and deposit is there.
    let platinum = s.coverage[Layer::Platinum as usize].min(s.coverage[Layer::Deposit as usize]);
    analysis::Probe {
        zeta: zeta_silicon(Counted::Family, edx.voltage, electrons, edx.solid_angle),
        slant: 1.0 / edx.take_off.sin(),
        attenuation: Element::ALL
            .into_iter()
            .map(|e| analysis::Attenuation { element: e.symbol().to_owned(), table: e.attenuation_table() })
            .collect(),
        order: analysis::Order::Layers(vec![
            layer(&["Si", "N"], 1.0),
            layer(&["O"], 1.0),
            layer(&["Pt", "C"], platinum),
            layer(&["Ag"], s.coverage[Layer::Silver as usize]),
        ]),
    }
}
