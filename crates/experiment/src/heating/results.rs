//! Headline numbers of a heating run.

use pentatwin_record::summary::{Basis, ResultRow};
use pentatwin_units::format_si;

use super::speed::{SPREAD, speeds};
use crate::band::Bands;
use crate::measure::Measures;
use crate::protocol::Protocol;

/// Name, label, unit, meaning.
const FIXED: &[(&str, &str, &str, &str)] = &[
    (
        "onset_temperature",
        "Onset of visible change",
        "degC",
        "what the heater says when some place has become thinner by 3 % of the diameter",
    ),
    ("onset_time", "Time of that onset", "s", "from the start of the run"),
    ("rupture_temperature", "Break", "degC", "what the heater says when the wire first parts"),
    ("rupture_time", "Time of the break", "s", "from the start of the run"),
    ("volume_left", "Silver left at the end", "%", "of the whole wire's volume as made"),
    ("pieces", "Pieces at the end", "", "of the simulated wire, droplets included"),
    ("recession_speed", "Recession in the hottest hold", "nm/s", "volume lost over surface and time"),
    ("hertz_knudsen_speed", "Hertz-Knudsen speed there", "nm/s", "of a flat surface"),
    ("half_volume_time", "Half of the silver gone", "s", "from reaching the hottest hold"),
    (
        "lattice_facet_angle",
        "Facet to axis, lattice engine",
        "deg",
        "silhouette of the tip seen edge-on, over the wedges and four moments; 125.26 by geometry",
    ),
    ("lattice_refined_angle", "The same, relaxed without losses and refined to atoms", "deg", "at the end"),
    ("lattice_ridge_angle", "Ridge to axis, lattice engine", "deg", "opposite a facet seen edge-on; 119.77 by geometry"),
    (
        "lattice_tip_length",
        "Length of the tip, lattice engine",
        "nm",
        "over which its radius of equal area grows from 10 to 90 % of the wire's",
    ),
    (
        "engines_tip_difference",
        "Model error: place of the tip",
        "nm",
        "largest difference between both engines on the same section, until the wire engine's parts",
    ),
    ("lattice_share_111", "{111} part of the tip's cap", "%", "lattice engine"),
    ("hrtem_spacing", "Spacing in the high-resolution image", "nm", "measured in the image"),
    ("hrtem_angle", "{111} planes to axis in that image", "deg", "measured in the image"),
];

/// The rows of the table, those without a value left out unless they say that something did not happen.
pub fn results(protocol: &Protocol, measures: &Measures, bands: Option<&Bands>) -> Vec<ResultRow> {
    let row = |name: &str, label: &str, unit: &str, meaning: String| {
        let measured = name.starts_with("hrtem_");
        let mut meaning = meaning;
        if let Some(u) = measures.numbers.get(&format!("{name}_sigma")) {
            meaning += &format!("; ± {}", format_si(*u, unit, 2));
        }
        ResultRow {
            name: name.to_owned(),
            label: label.to_owned(),
            value: measures.numbers.get(name).copied(),
            unit: unit.to_owned(),
            bound: String::new(),
            basis: if measured { Basis::Measured } else { Basis::Truth },
            // Draws are shorter wires: they have fewer pieces.
            band: bands.filter(|_| name != "pieces").and_then(|b| b.bands.get(name).cloned()),
            meaning,
        }
    };
    let wanted = ["onset_temperature", "rupture_temperature"];
    let mut rows: Vec<ResultRow> = Vec::new();
    for (name, label, unit, meaning) in FIXED {
        if !measures.numbers.contains_key(*name) && !wanted.contains(name) {
            continue;
        }
        let mut meaning = (*meaning).to_owned();
        if *name == "hertz_knudsen_speed"
            && let Some(hold) = measures.numbers.get("hold_temperature")
        {
            let [low, _, high] = speeds(&protocol.device.silver, protocol.device.true_temperature(*hold));
            meaning += &format!(
                "; {} at {SPREAD:.0} K less, {} at {SPREAD:.0} K more (a chip's temperature is known to ± 5 %)",
                format_si(low, "nm/s", 2),
                format_si(high, "nm/s", 2)
            );
        }
        rows.push(row(name, label, unit, meaning));
        if *name == "rupture_time" {
            for hold in super::holds(protocol) {
                let (word, time) = (hold.word(), format_si(hold.end - hold.start, "s", 3));
                if !measures.numbers.contains_key(&format!("change_{word}")) {
                    continue;
                }
                let share = |name: &str| bands.and_then(|b| b.shares.get(&format!("{name}_{word}")));
                let mut said = format!("largest change of a diameter after {time} at it");
                if let (Some(v), Some(b)) = (share("visible"), share("broken")) {
                    said += &format!("; of the draws {:.0} % have changed visibly by then, {:.0} % have broken", 100.0 * v, 100.0 * b);
                }
                rows.push(row(&format!("change_{word}"), &format!("Change at {word} °C"), "%", said));
                rows.push(row(&format!("volume_{word}"), &format!("Silver left after {word} °C"), "%", format!("after {time} at it")));
            }
        }
    }
    rows
}
