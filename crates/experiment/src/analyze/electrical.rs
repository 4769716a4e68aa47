//! What the electrical record alone says.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::curve::{
    BranchRule, Course, Histogram, HistogramRule, Samples, SetRule, annealing, branches, exponent, find_set, histogram,
};
use pentatwin_analysis::iv::{Breakdown, OHMIC_WINDOW, nonlinearity, resistance};
use pentatwin_record::import::IvRecord;
use pentatwin_record::measured::FindingGroup;
use pentatwin_record::sample_flags;

use super::findings::Rows;
use super::joined::fall_rule;

/// Currents below this [A] are taken for noise of the instrument in the exponent.
const FLOOR: f64 = 1e-9;

/// The record without what the source-meter limited or could not read.
fn samples(iv: &IvRecord) -> Samples<'_> {
    let excluded = sample_flags::COMPLIANCE | sample_flags::OVERFLOW;
    Samples { time: &iv.time, voltage: &iv.voltage, current: &iv.current, flags: &iv.flags, excluded }
}

/// Histogram of the conductance, if there is a sample for it.
pub(super) fn conductance(iv: &IvRecord) -> Option<Histogram> {
    let samples = self::samples(iv);
    histogram(&samples, 0..samples.len(), &HistogramRule::default())
}

/// Resistance, annealing, break, set, return exponent, steps of the conductance.
pub(super) fn electrical(rows: &mut Rows, iv: &IvRecord, fall: Option<&Breakdown>) {
    use FindingGroup::Iv as GROUP;
    // After the break the wire has no resistance.
    let until = fall.map_or(iv.time.len(), |b| b.index + 1);
    let (v, i) = (iv.voltage.get(..until).unwrap_or(&[]), iv.current.get(..until).unwrap_or(&[]));
    match resistance(v, i, OHMIC_WINDOW) {
        Some(r) => rows.put("resistance", GROUP, "Pristine resistance", r.resistance, "ohm", &format!("{} samples up to 0.2 V", r.samples)),
        None => rows.none("resistance", GROUP, "Pristine resistance", "ohm", "the log has too few samples up to 0.2 V"),
    }
    if let Some(m) = nonlinearity(v, i, OHMIC_WINDOW) {
        rows.put("nonlinearity", GROUP, "Change of the conductance", m, "%", "from zero voltage to 0.2 V; 0 is ohmic");
    }
    match fall {
        Some(b) => {
            rows.put(
                "breakdown_voltage",
                GROUP,
                "Breakdown voltage",
                b.voltage,
                "V",
                "the last whole sample before the current falls by half",
            );
            rows.put("breakdown_current", GROUP, "Breakdown current", b.current, "mA", "the same sample");
            rows.put("breakdown_time", GROUP, "Time of the fall", b.time, "s", "the same sample, on the source-meter's clock");
        }
        None => rows.none("breakdown_voltage", GROUP, "Breakdown voltage", "V", "the current does not fall by half"),
    }
    let samples = self::samples(iv);
    let parts = branches(&samples, &BranchRule::default());
    if let Some(a) = annealing(&samples, &parts, OHMIC_WINDOW, &fall_rule(iv)) {
        let word = if a.significant { "significant" } else { "within its uncertainty" };
        let basis = format!("low-voltage conductance of the last branch over the first, less 1; {word}");
        rows.put("annealing", GROUP, "Conductance gained for good", a.irreversible, "%", &basis);
        if let Some(m) = a.reversible {
            rows.put("heating", GROUP, "Conductance that came and went", m, "%", "at the highest voltage in between; negative: heating");
        }
    }
    if let Some(set) = find_set(&samples, &SetRule::default()) {
        let at_least = if set.at_least { "at least " } else { "" };
        let basis = format!("the current rises {at_least}{:.3e}-fold", set.ratio);
        rows.put("set_voltage", GROUP, "Set voltage", set.voltage, "V", &basis);
        rows.put("set_time", GROUP, "Time of the set", set.time, "s", "on the source-meter's clock");
        // The way back of the sweep that set it.
        let back = parts.iter().find(|b| b.course == Course::Down && b.samples.start >= set.samples.1);
        if let Some(b) = back {
            let top = b.voltage.0.abs();
            if let Some(e) = exponent(&samples, b.samples.clone(), 0.1 * top, top, FLOOR) {
                let word = if e.ohmic { "ohmic" } else { "not ohmic" };
                let basis = format!("d ln I / d ln V of {} samples on the way back, {word}", e.samples);
                rows.put("return_exponent", GROUP, "Exponent of the return", e.value, "", &basis);
            }
        }
    }
    if let Some(h) = conductance(iv) {
        for (k, peak) in h.peaks.iter().enumerate() {
            let basis = format!("{:.0} samples in its bin, {:.1} standard deviations above its valleys", peak.count, peak.significance);
            let position = Measurement::new(peak.position.value, peak.position.uncertainty);
            rows.put(&format!("conductance_peak_{}", k + 1), GROUP, "Peak of the conductance [G0]", position, "", &basis);
        }
    }
}
