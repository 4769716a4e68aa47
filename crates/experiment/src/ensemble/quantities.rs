//! The numbers of a run as variables of a dataset: SI unit, label, meaning.

use std::collections::BTreeSet;

use pentatwin_record::sweep::Quantity;
use pentatwin_units::{Dimension, Kind, Parameter, parse_unit};

use crate::outcome;
use crate::protocol::si_unit;

/// Name of the number that says where the wire broke.
pub(super) const PLACE: &str = "break_place";

/// Names that the numbers of a breakdown have: no parameter is called so in the dataset.
pub(super) const NAMES: &[&str] = &[
    "breakdown_voltage",
    "breakdown_current",
    "current_density",
    "wire_voltage",
    "t25",
    "neck_position",
    "gap_position",
    "gap_width",
    "gaps",
    "hillock_height",
    "hillock_position",
    "dipole_index",
    "em_share",
    "molten_length",
    "last_current_fraction",
    "pristine_resistance",
    "nonlinearity",
];

/// Numbers beyond the headline ones: name, label, unit shown, meaning.
const MORE: &[(&str, &str, &str, &str)] = &[
    (PLACE, "Place of the break", "1", "1: within a tenth of the spacing of contact 1's edge, 2: between, 3: at contact 2"),
    ("rupture_time", "Time of the break", "s", "simulated truth: when the current's path is interrupted, from the start of the run"),
    ("rupture_position", "Position of the break", "um", "simulated truth: first place that parts, from the edge of contact 1"),
    ("breakdown_resistance", "Resistance at breakdown", "ohm", "breakdown voltage over breakdown current"),
    ("pristine_resistance_uncertainty", "Uncertainty of the pristine resistance", "ohm", "1 sigma"),
    ("nonlinearity_uncertainty", "Uncertainty of the non-linearity", "%", "1 sigma"),
    ("hottest", "Highest temperature", "K", "simulated truth, over the whole run, the last instant included, where it means little"),
    ("hillock_diameter", "Diameter of the hillock", "nm", "simulated truth"),
    ("hillock_volume", "Volume of the hillock", "um3", "simulated truth"),
    ("volume_lost", "Silver lost", "um3", "simulated truth: volume gone from where the wire became thinner"),
    ("volume_gained", "Silver gained", "um3", "simulated truth: volume come to where the wire became thicker"),
    ("rewiring_voltage", "Rewiring voltage", "V", "voltage of the last sample before the current rises suddenly"),
    ("rewired_conductance", "Conductance after rewiring", "1", "largest outside compliance, in conductance quanta"),
];

/// SI units by name; the first of a dimension is the one written.
const SI: &[&str] = &[
    "m", "s", "V", "A", "K", "ohm", "V/s", "K/s", "A/m2", "W", "J", "W/K", "K/W", "J/K", "W/m/K", "J/m2", "Pa s", "ohm m", "ohm m2", "m/s",
    "/s", "m2", "m3", "/m2", "/m2/s", "/m",
];

/// The SI unit of a dimension, if it has a usual name.
fn named(dimension: Dimension) -> Option<&'static str> {
    if dimension == Dimension::default() {
        return Some("1");
    }
    SI.iter().copied().find(|u| parse_unit(u).is_ok_and(|(factor, d)| d == dimension && (factor - 1.0).abs() < 1e-12))
}

/// The SI unit of a parameter; `"1"` for a pure number, empty for what is no number.
pub(super) fn si_name(parameter: &Parameter) -> String {
    match parameter.kind {
        Kind::Quantity(_) | Kind::Quantities(_) => named(parameter.dimension()).map_or_else(|| si_unit(parameter), str::to_owned),
        Kind::Count => "1".to_owned(),
        _ => String::new(),
    }
}

/// What is known of each number that some run has, the headline ones first.
pub(super) fn of(names: &BTreeSet<&str>) -> Vec<Quantity> {
    let mut all = Vec::new();
    let mut push = |name: &str, label: &str, shown: &str, meaning: String| {
        let dimension = parse_unit(shown).map(|(_, d)| d).unwrap_or_default();
        let unit = named(dimension).unwrap_or_default().to_owned();
        all.push(Quantity { name: name.to_owned(), label: label.to_owned(), unit, shown_in: shown.to_owned(), meaning });
    };
    for (name, label, unit, basis, meaning) in outcome::RESULTS.iter().filter(|r| names.contains(r.0)) {
        let basis = match basis {
            pentatwin_record::summary::Basis::Measured => "measured",
            pentatwin_record::summary::Basis::Truth => "simulated truth",
        };
        push(name, label, unit, format!("{basis}: {meaning}"));
    }
    for (name, label, unit, meaning) in MORE.iter().filter(|m| names.contains(m.0)) {
        push(name, label, unit, (*meaning).to_owned());
    }
    let known: BTreeSet<String> = all.iter().map(|q| q.name.clone()).collect();
    for name in names.iter().filter(|n| !known.contains(**n)) {
        // Numbers of the shape engine and of heating, SI as all; their reports say what they are.
        all.push(Quantity {
            name: (*name).to_owned(),
            label: name.replace('_', " "),
            unit: String::new(),
            shown_in: String::new(),
            meaning: format!("{} [SI]", name.replace('_', " ")),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocol;

    #[test]
    fn si_units_have_their_usual_names() {
        let unit = |key: &str| si_name(&Protocol::shipped("fig2a").unwrap().unwrap().parameter(key).unwrap());
        assert_eq!(unit("wire.diameter"), "m");
        assert_eq!(unit("step[0].sweep.rate"), "V/s");
        assert_eq!(unit("chip.lead_resistance"), "ohm");
        assert_eq!(unit("chip.pad_resistance"), "K/W");
        assert_eq!(unit("silver.wall_energy"), "J");
        assert_eq!(unit("wire.diameter_disorder"), "1");
        assert_eq!(unit("chip.kind"), "");
    }

    #[test]
    fn every_headline_number_is_reserved() {
        assert!(outcome::RESULTS.iter().all(|r| NAMES.contains(&r.0)));
    }
}
