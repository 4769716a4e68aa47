//! Findings and key moments as tables.

use crate::format::{escape, none, or_none, pretty_unit, prose, quantity, scaled, table};
use pentatwin_record::measured::{FindingGroup, Measured, MeasuredFinding};

/// The groups in the order shown, with their headings.
const GROUPS: [(FindingGroup, &str); 8] = [
    (FindingGroup::Events, "Events"),
    (FindingGroup::Outline, "Outline, neck and hillock"),
    (FindingGroup::Gap, "Gap and tips"),
    (FindingGroup::AfterTheBreak, "After the break"),
    (FindingGroup::Particles, "Particles in the gap"),
    (FindingGroup::Lattice, "Lattice"),
    (FindingGroup::Iv, "Current and voltage"),
    (FindingGroup::Clock, "Clocks"),
];

/// Digits that an uncertainty allows: the value is written down to the second figure of all of its uncertainty, and one more where the
/// statistical part is smaller: of two frames it tells them apart.
fn digits(value: f64, uncertainty: Option<f64>) -> usize {
    match uncertainty.filter(|u| *u > 0.0 && value != 0.0) {
        Some(u) => ((value.abs() / u).log10().floor() as i64 + 2).clamp(1, 7) as usize,
        None => 4,
    }
}

fn allowed(f: &MeasuredFinding, value: f64) -> usize {
    let [statistical, systematic] = [f.uncertainty, f.systematic].map(|u| u.unwrap_or(0.0));
    let all = statistical.hypot(systematic);
    digits(value, Some(all)) + usize::from(all > 0.0 && statistical < 0.5 * systematic)
}

/// A number in the finding's unit, without the unit.
fn bare(x: f64, unit: &str, digits: usize) -> String {
    let text = quantity(x, unit, digits);
    text.strip_suffix(&format!(" {}", pretty_unit(unit))).unwrap_or(&text).to_owned()
}

fn cells(f: &MeasuredFinding) -> Vec<String> {
    // What lies a million times below the value is round-off of what cancels.
    let real = |u: f64| if u < 1e-6 * f.value.unwrap_or(0.0).abs() { 0.0 } else { u };
    let spread = |u: Option<f64>| u.map_or_else(String::new, |u| format!("± {}", bare(real(u), &f.unit, 2)));
    let value = f.value.map_or_else(|| none("none"), |v| bare(v, &f.unit, allowed(f, v)));
    vec![escape(&f.label), value, spread(f.uncertainty), spread(f.systematic), escape(&pretty_unit(&f.unit)), escape(&prose(&f.basis))]
}

/// All findings, group by group.
pub(super) fn findings(m: &Measured) -> String {
    let heads = ["What", "Value|", "Statistical|", "Systematic|", "Unit", "How it was measured, or why not"];
    let mut out = String::new();
    for (group, title) in GROUPS {
        let rows: Vec<(&str, Vec<String>)> = m.findings.iter().filter(|f| f.group == group).map(|f| ("", cells(f))).collect();
        if !rows.is_empty() {
            out += &format!("<h3>{title}</h3>{}", table(&heads, &rows).replace("<table>", "<table class=\"findings\">"));
        }
    }
    if out.is_empty() { format!("<p>{}</p>", none("Nothing could be measured.")) } else { out }
}

/// The findings that a reader looks for first, in one table.
pub(super) fn headline(m: &Measured) -> String {
    const FIRST: [&str; 6] = ["width_at_start", "neck_width", "gap_width_first", "gap_width", "gap_growth", "hillock_height"];
    let found = FIRST.iter().filter_map(|key| m.findings.iter().find(|f| f.key == *key));
    let rows: Vec<(&str, Vec<String>)> = found.map(|f| ("", cells(f))).collect();
    if rows.is_empty() {
        return String::new();
    }
    table(&["What", "Value|", "Statistical|", "Systematic|", "Unit", "How it was measured, or why not"], &rows)
}

/// The key moments.
pub(super) fn events(m: &Measured) -> String {
    if m.events.is_empty() {
        return format!("<p>{}</p>", none("No key moment was seen: nothing changed beyond the noise."));
    }
    let rows: Vec<(&str, Vec<String>)> = m
        .events
        .iter()
        .map(|e| {
            let number = |x: Option<f64>, unit: &str, word: &str| x.map_or_else(|| none(word), |x| scaled(x, unit, 4));
            (
                "",
                vec![
                    format!("<b>{}</b>", escape(&e.letter)),
                    or_none(&e.name, "unnamed"),
                    quantity(e.time, "s", 6),
                    e.uncertainty.map_or_else(|| none("not known"), |u| format!("± {}", quantity(u, "s", 2))),
                    e.frame.map_or_else(|| none("none"), |k| k.to_string()),
                    number(e.position, "m", "no place"),
                    number(e.voltage, "V", "no record"),
                    number(e.current, "A", "no record"),
                ],
            )
        })
        .collect();
    table(&["", "What happens", "Time|", "Uncertainty|", "Frame|", "Place|", "Voltage|", "Current|"], &rows)
}
