//! From a trace to named numbers. What an instrument could have delivered is measured from samples; the rest is read off the truth.

use std::collections::BTreeMap;

use pentatwin_analysis::iv::{self, FallRule};
use pentatwin_analysis::moments::{KeyMoments, MomentRule, key_moments};
use pentatwin_analysis::tips::{Consumption, tips};
use pentatwin_analysis::{Profiles, gap, index, resistance, volume};
use pentatwin_physics::wire::{Mechanism, radius};
use pentatwin_record::sample_flags;

use crate::protocol::Protocol;
use crate::simulate::{Trace, breaking_sweep};

/// Voltage up to which the pristine resistance is fitted [V] (the paper's ohmic check).
const OHMIC: f64 = iv::OHMIC_WINDOW;
/// Distance from the neck within which the shares of the mechanisms are summed [m].
const GAP_REACH: f64 = 50e-9;
/// Shortest drawing back of a tip that could be seen [m].
const VISIBLE_LENGTH: f64 = 20e-9;

/// What happens within this time after the rupture [s] belongs to the break: no camera sees it apart, and the melt is solid by then.
const SETTLED: f64 = 1e-3;

/// Numbers by name, SI; a number that does not exist is absent.
pub type Numbers = BTreeMap<String, f64>;

/// What was read off a trace.
#[derive(Clone, Debug)]
pub struct Measures {
    /// Numbers by name.
    pub numbers: Numbers,
    /// Whether the gap is wider than two cells.
    pub gap_resolved: bool,
    /// Whether it is that of the shape engine's lattice.
    pub gap_of_lattice: bool,
    /// Key moments.
    pub moments: Option<KeyMoments>,
    /// The fall of the current.
    pub breakdown: Option<iv::Breakdown>,
    /// The change of resistance before the break, by cause.
    pub split: Option<resistance::Split>,
    /// Index of the last kept state before the neck runs away, for "before the break".
    pub before: Option<usize>,
    /// What the tips did after the break.
    pub consumption: Option<Consumption>,
    /// Time of the rupture [s].
    pub rupture: Option<f64>,
}

/// Reads everything off a trace.
pub fn measure(protocol: &Protocol, trace: &Trace) -> Measures {
    if protocol.device.on_heater() {
        return crate::heating::measure::measure(protocol, trace);
    }
    let mut numbers = Numbers::new();
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(v) = value.filter(|v| v.is_finite()) {
            numbers.insert(name.to_owned(), v);
        }
    };
    let wire = trace.specimen.wire();
    let spacing = protocol.device.chip.spacing;
    let column = |f: fn(&crate::run::Sample) -> f64| trace.samples.iter().map(f).collect::<Vec<f64>>();
    let (time, voltage) = (column(|s| s.time), column(|s| s.voltage));
    // A reading beyond its range is no measurement.
    let current = column(|s| if s.flags & sample_flags::OVERFLOW == 0 { s.current } else { f64::NAN });
    let rule =
        breaking_sweep(protocol).map(|s| FallRule { fraction: s.trip, floor: s.arm_current, ..FallRule::default() }).unwrap_or_default();
    let rupture = wire.rupture();
    let breakdown = rupture.and_then(|_| iv::breakdown(&time, &voltage, &current, &rule));
    // The pristine line is fitted to the first samples up to the ohmic voltage, output on, before anything broke.
    let whole = rupture.map_or(f64::INFINITY, |r| r.time);
    let first: Vec<usize> = (0..time.len())
        .take_while(|&k| voltage[k].abs() <= OHMIC * (1.0 + 1e-9) && time[k] <= whole)
        .filter(|&k| voltage[k] != 0.0 || current[k] != 0.0)
        .collect();
    let (v, i): (Vec<f64>, Vec<f64>) = first.iter().map(|&k| (voltage[k], current[k])).unzip();
    let pristine = iv::resistance(&v, &i, OHMIC);
    let bend = iv::nonlinearity(&v, &i, OHMIC);
    put("pristine_resistance", pristine.map(|r| r.resistance.value));
    put("pristine_resistance_uncertainty", pristine.map(|r| r.resistance.uncertainty));
    put("nonlinearity", bend.map(|m| m.value));
    put("nonlinearity_uncertainty", bend.map(|m| m.uncertainty));
    if let Some(b) = breakdown {
        put("breakdown_voltage", Some(b.voltage.value));
        put("breakdown_current", Some(b.current.value));
        put("current_density", Some(b.current.value.abs() / protocol.device.area()));
        put("breakdown_resistance", Some(b.voltage.value / b.current.value));
        put("last_current_fraction", Some(b.last_fraction));
    }
    let x = &wire.grid().x;
    let flat: Vec<f64> = trace.profiles.iter().flat_map(|p| p.radius.iter().copied()).collect();
    let times: Vec<f64> = trace.profiles.iter().map(|p| p.time).collect();
    let profiles = Profiles::new(&times, x, &flat).ok();
    let path = wire.grid().path();
    let (from, to) = (x[path.start], x[path.end - 1]);
    let moments = profiles.as_ref().map(|p| key_moments(p, &MomentRule::default(), from, to, rupture.map(|r| r.time)));
    let made: Vec<f64> = wire.area_made().iter().map(|a| radius(*a)).collect();
    put("hottest", trace.profiles.iter().map(|p| p.hottest()).reduce(f64::max));
    let mut gap_resolved = true;
    let mut consumption = None;
    if let Some(r) = rupture {
        put("rupture_time", Some(r.time));
        put("rupture_position", Some(r.position));
        put("molten_length", Some(r.molten_length));
        let now: Vec<f64> = r.area.iter().map(|a| radius(*a)).collect();
        if let Some(b) = volume::balance(x, &made, &now) {
            put("volume_lost", Some(b.lost));
            put("volume_gained", Some(b.gained));
        }
    }
    if let Some(q) = wire.quarter() {
        put("t25", Some(q.temperature));
        put("wire_voltage", Some(q.wire_voltage));
        put("neck_position", Some(q.position));
        // Which mechanism emptied the neck is asked before a melt sweeps over it, at the same moment as the dipole index.
        let budget = |m: Mechanism| q.budget.removed.iter().map(|row| row[m as usize]).collect::<Vec<f64>>();
        let (em, cap, thermo, melt, vapour) = (
            budget(Mechanism::Electromigration),
            budget(Mechanism::Capillarity),
            budget(Mechanism::Thermomigration),
            budget(Mechanism::Melt),
            budget(Mechanism::Sublimation),
        );
        let removed =
            index::Removed { electromigration: &em, capillarity: &cap, thermomigration: &thermo, melt_flow: &melt, sublimation: &vapour };
        put("em_share", index::em_share(x, &removed, q.position, GAP_REACH).map(|m| m.value));
        let now: Vec<f64> = q.area.iter().map(|a| radius(*a)).collect();
        // The hillock as the camera sees it: a melt's blobs in the last microsecond are not what the paper's arrows point at.
        if let Some(h) = volume::hillock(x, &made, &now) {
            put("hillock_diameter", Some(h.diameter));
            put("hillock_height", Some(h.diameter - h.diameter_before));
            put("hillock_position", Some(h.position.value));
            put("hillock_volume", Some(h.volume.value));
        }
        put("dipole_index", index::dipole(x, &made, &now, 0.5 * spacing).map(|m| m.value));
    }
    if let (Some(r), Some(last)) = (rupture, trace.profiles.last()) {
        let gaps = gap::gaps(x, &last.radius, gap::GAP_RADIUS);
        put("gaps", Some(gaps.all.len() as f64));
        if let Some(g) = gaps.widest() {
            gap_resolved = g.resolved;
            put("gap_width", Some(if g.resolved { g.width.value } else { g.bound() }));
            put("gap_position", Some(g.centre.value));
        }
        if let Some(p) = &profiles {
            consumption = tips(p, gap::GAP_RADIUS).consumption(r.time + SETTLED, VISIBLE_LENGTH);
        }
    }
    // "Before the break": the last kept state at the breakdown sample, before the neck runs away.
    let before = breakdown.map(|b| time[b.index]).and_then(|t| trace.profiles.iter().rposition(|p| p.time <= t));
    let split = before.and_then(|k| {
        let (first, late) = (trace.profiles.first()?, &trace.profiles[k]);
        let area = |p: &crate::profile_log::Profile| p.radius.iter().map(|r| std::f64::consts::PI * r * r).collect::<Vec<f64>>();
        let areas = [area(first), area(late)];
        let heat = [&first.temperature, &late.temperature];
        let r = |hot: usize, moved: usize| wire.resistance_of(&areas[moved], heat[hot]);
        resistance::split_wire([[r(0, 0), r(0, 1)], [r(1, 0), r(1, 1)]], [first.contacts.iter().sum(), late.contacts.iter().sum()])
    });
    Measures {
        numbers,
        gap_resolved,
        gap_of_lattice: false,
        moments,
        breakdown,
        split,
        before,
        consumption,
        rupture: rupture.map(|r| r.time),
    }
}
