//! From measures to the summary a record carries: labels, meanings, states, heat balance.

use pentatwin_physics::wire::Thermal;
use pentatwin_record::summary::{
    AfterBreak, Basis, Companion, Finding, HeatShares, Moment, Plate, ResistanceChange, ResultRow, State, Summary, Table,
};
use pentatwin_record::{EventKind, sample_flags};
use pentatwin_units::format_si;

use crate::band::Bands;
use crate::bench::StepEnd;
use crate::checklist::{Case, checklist};
use crate::heating;
use crate::measure::Measures;
use crate::protocol::Protocol;
use crate::register;
use crate::run::{Event, Sample};
use crate::simulate::{Trace, breaking_sweep};

use Basis::{Measured, Truth};

/// A headline number: name, label, unit, basis, meaning.
pub(crate) const RESULTS: &[(&str, &str, &str, Basis, &str)] = &[
    (
        "breakdown_voltage",
        "Breakdown voltage",
        "V",
        Measured,
        "source voltage of the last sample before the current falls; mostly dropped outside the wire",
    ),
    ("breakdown_current", "Breakdown current", "mA", Measured, "current of that sample"),
    ("current_density", "Current density at breakdown", "A/m2", Measured, "that current over the as-made cross-section"),
    (
        "wire_voltage",
        "Voltage across the wire",
        "V",
        Truth,
        "between the contact edges when the neck has a quarter of its area: what heats the wire; 0.374 V would melt one on 300 K pads that loses no heat on its way",
    ),
    (
        "t25",
        "Temperature at the 25 % neck",
        "K",
        Truth,
        "hottest place when the thinnest place has lost three quarters of its area; silver melts at 1235 K",
    ),
    (
        "neck_position",
        "Neck position",
        "um",
        Truth,
        "where the wire is thinnest when it has a quarter of its area there, from the edge of contact 1",
    ),
    ("gap_position", "Gap position", "um", Truth, "centre of the widest gap from the edge of contact 1"),
    ("gap_width", "Gap width", "nm", Truth, "where the radius is below 3 nm; up to two cells it is only a bound"),
    ("gaps", "Gaps", "", Truth, "number of places where the wire is parted"),
    ("hillock_height", "Hillock", "nm", Truth, "largest gain of diameter when the neck has a quarter of its area"),
    ("hillock_position", "Hillock position", "um", Truth, "from the edge of contact 1"),
    (
        "dipole_index",
        "Joule-or-electromigration index: dipole",
        "",
        Truth,
        "+1: silver went from the half of contact 1 to the half of contact 2; 0: symmetric, as Joule heat alone thins; -1: the other way",
    ),
    (
        "em_share",
        "Joule-or-electromigration index: share of electromigration",
        "",
        Truth,
        "part of the silver removed at the neck, up to a quarter of its area, that electromigration carried off; the rest went by capillarity, melt flow, sublimation",
    ),
    ("molten_length", "Molten length at rupture", "um", Truth, "wire above the melting point in the last instant"),
    (
        "last_current_fraction",
        "Last recorded current over breakdown current",
        "",
        Measured,
        "what was left of the aperture in which the wire broke; the true current is zero",
    ),
    ("pristine_resistance", "Pristine resistance", "ohm", Measured, "straight line up to 0.2 V: leads, contacts and wire"),
    ("nonlinearity", "Non-linearity up to 0.2 V", "%", Measured, "relative change of the conductance: 0 is ohmic"),
];

/// Temperature [K] below which silver moves no visible distance in the seconds the paper watches.
const IMMOBILE: f64 = 600.0;

/// What the summary is made of.
pub struct Material<'a> {
    /// Protocol.
    pub protocol: &'a Protocol,
    /// Seed.
    pub seed: u64,
    /// What happened.
    pub trace: &'a Trace,
    /// What was read off it.
    pub measures: &'a Measures,
    /// Runs beside it.
    pub companions: Vec<Companion>,
    /// Bands.
    pub bands: Option<Bands>,
    /// Rows of the checklist from elsewhere.
    pub more: Vec<Finding>,
    /// Tables from elsewhere.
    pub tables: Vec<Table>,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

/// Number of the contact that is the cathode, 1 or 2: where electrons enter the wire.
pub fn cathode(protocol: &Protocol) -> u8 {
    let to = breaking_sweep(protocol).and_then(|s| s.to.first().copied()).unwrap_or(1.0);
    if to < 0.0 { 2 } else { 1 }
}

/// Key moments as events for the record.
pub fn events(measures: &Measures) -> Vec<Event> {
    let Some(m) = &measures.moments else { return Vec::new() };
    [(m.onset, EventKind::Onset), (m.neck, EventKind::Void), (m.rupture.filter(|_| measures.rupture.is_some()), EventKind::Break)]
        .into_iter()
        .filter_map(|(moment, kind)| moment.map(|k| Event { time: k.time.value, kind, value: k.position.value }))
        .collect()
}

/// The summary of a run.
pub fn summarise(material: Material) -> Summary {
    let Material { protocol, seed, trace, measures, companions, bands, more, tables, interrupted } = material;
    let device = &protocol.device;
    let heat = heat_shares(trace, measures);
    let after_break = after_break(trace, measures);
    let case = Case {
        protocol,
        measures,
        companions: &companions,
        bands: bands.as_ref(),
        cathode: cathode(protocol),
        rate: breaking_sweep(protocol).map_or(0.0, |s| s.rate),
        heat: heat.as_ref(),
        cold_after: after_break.as_ref().filter(|a| a.power == 0.0).and_then(|a| a.below_500_k),
    };
    let heater = device.on_heater();
    let mut checklist = if heater {
        let case = heating::checklist::Case { protocol, measures, companions: &companions, bands: bands.as_ref() };
        heating::checklist::checklist(&case)
    } else if breaking_sweep(protocol).is_some() {
        checklist(&case)
    } else {
        Vec::new()
    };
    checklist.extend(more);
    Summary {
        title: protocol.title.clone(),
        name: protocol.name.clone(),
        ended: ended(protocol, trace, measures, interrupted),
        seed,
        put_in: register::put_in(protocol),
        plate: Plate {
            chip: device.chip.kind.word().to_owned(),
            spacing: device.span(),
            diameter: device.wire.diameter,
            length: device.wire.length,
            overlap: device.overlap(),
            area: device.area(),
            equal_area_diameter: 2.0 * (device.area() / std::f64::consts::PI).sqrt(),
            film_thickness: device.chip.film_thickness,
            cathode: cathode(protocol),
        },
        moments: moments(trace, measures, heater),
        states: if heater { Vec::new() } else { states(trace, measures) },
        resistance_change: measures.split.map(|s| ResistanceChange {
            total: s.total,
            heating: s.heating.value,
            annealing: s.annealing.value,
            redistribution: s.redistribution.value,
        }),
        results: if heater {
            heating::results::results(protocol, measures, bands.as_ref())
        } else {
            results(protocol, measures, bands.as_ref())
        },
        heat,
        // What goes on after the break of a heated wire is the experiment itself, not what residual heat does.
        after_break: if heater { None } else { after_break },
        checklist,
        companions,
        tables,
        draws: bands.map(|b| {
            let mut draws = b.draws;
            if let Some([a, m, c]) = b.places.filter(|_| !heater) {
                draws.note += &format!(
                    ". Of those that broke {:.0} % broke within a tenth of the spacing of contact 1, {:.0} % between, {:.0} % at contact 2",
                    100.0 * a,
                    100.0 * m,
                    100.0 * c
                );
            }
            if let Some(z) = b.last_current_zero {
                draws.note += &format!(". The last recorded current was zero (below 1 % of the breakdown current) in {:.0} %", 100.0 * z);
            }
            draws
        }),
        parameters: protocol.parameter_rows(),
        maturity: register::maturity(protocol),
        clamped: trace
            .specimen
            .wire()
            .clamped()
            .iter()
            .map(|(law, n)| format!("{law}: outside its validity in {n} steps, held at its end"))
            .collect(),
    }
}

pub(crate) fn ended(protocol: &Protocol, trace: &Trace, measures: &Measures, interrupted: bool) -> String {
    if interrupted {
        return "interrupted by the user; the output was switched off and the record closed".to_owned();
    }
    let trip = trace.ends.iter().zip(&protocol.steps).find_map(|(end, step)| match (end, step) {
        (StepEnd::Trip { time, voltage }, _) => Some((*time, *voltage, step.word())),
        _ => None,
    });
    let mut said = match (trip, measures.rupture) {
        (Some((time, voltage, word)), rupture) => {
            let rule = breaking_sweep(protocol).map_or_else(|| "the current fell".to_owned(), |s| s.trip_rule().words());
            let whole = if rupture.is_none() {
                "; the wire is whole: noise, or a current that fell for another reason (see arm_current and measure_range)"
            } else {
                ""
            };
            format!(
                "the {word} tripped at {} and {}: {rule}{whole}; the protocol then went to its end",
                format_si(time, "s", 4),
                format_si(voltage, "V", 4),
            )
        }
        (None, Some(t)) if breaking_sweep(protocol).is_none() => {
            format!("the wire broke {} after the start, by heat alone; the protocol went to its end", format_si(t, "s", 4))
        }
        (None, Some(t)) => format!("the wire broke at {}; no trip ended the sweep; the protocol went to its end", format_si(t, "s", 4)),
        (None, None) => "the protocol went to its end; the wire did not break".to_owned(),
    };
    for (flag, words) in [
        (sample_flags::COMPLIANCE, "the source limited the current"),
        (sample_flags::OVERFLOW, "readings were beyond the measure range and are no measurements"),
    ] {
        let count = trace.samples.iter().filter(|s| s.flags & flag != 0).count();
        if let Some(first) = trace.samples.iter().find(|s| s.flags & flag != 0) {
            said +=
                &format!("; {words} in {count} samples, first at {} ({})", format_si(first.voltage, "V", 4), format_si(first.time, "s", 4));
        }
    }
    said
}

fn results(protocol: &Protocol, measures: &Measures, bands: Option<&Bands>) -> Vec<ResultRow> {
    let sweeps = breaking_sweep(protocol).is_some();
    let pieces = measures.numbers.get("gaps").is_some_and(|g| *g > 1.0);
    let of_heat = ["t25", "gap_position", "gap_width", "gaps", "neck_position", "hillock_height", "hillock_position", "dipole_index"];
    RESULTS
        .iter()
        .filter(|(name, ..)| match (measures.rupture.is_some(), sweeps) {
            (true, true) => true,
            (false, true) => ["pristine_resistance", "nonlinearity"].contains(name),
            (broke, false) => broke && of_heat.contains(name),
        })
        .map(|(name, label, unit, basis, meaning)| {
            let band = bands.and_then(|b| b.bands.get(*name).cloned());
            let mut meaning = (*meaning).to_owned();
            if pieces && ["gap_position", "gap_width"].contains(name) {
                meaning += "; the wire parted in several places, and which is widest depends on grid and steps: not resolved";
            }
            if *name == "gap_width" && measures.gap_of_lattice {
                meaning = "nearest distance of the two tips in space, from surface to surface, in the shape engine's lattice, which is resolved to a pitch of it (truth: gap tables of the shape)".to_owned();
            }
            if *name == "gap_width" && band.is_some() {
                meaning +=
                    &format!("; the draws have {} cells at most, their widths up to two of those are bounds as well", crate::band::CELLS);
            }
            if let Some(u) = measures.numbers.get(&format!("{name}_uncertainty")) {
                meaning += &format!("; ± {}", format_si(*u, unit, 2));
            }
            ResultRow {
                name: (*name).to_owned(),
                label: (*label).to_owned(),
                value: measures.numbers.get(*name).copied(),
                unit: (*unit).to_owned(),
                bound: if *name == "gap_width" && !measures.gap_resolved { "<=".to_owned() } else { String::new() },
                basis: *basis,
                band,
                meaning,
            }
        })
        .collect()
}

fn nearest(samples: &[Sample], time: f64) -> Option<&Sample> {
    samples.iter().min_by(|a, b| (a.time - time).abs().total_cmp(&(b.time - time).abs()))
}

fn moments(trace: &Trace, measures: &Measures, heater: bool) -> Vec<Moment> {
    let Some(found) = &measures.moments else { return Vec::new() };
    let mut list = Vec::new();
    let mut push = |name: &str, meaning: &str, time: f64, position: Option<f64>| {
        if let Some(s) = nearest(&trace.samples, time) {
            list.push(Moment {
                name: name.to_owned(),
                meaning: meaning.to_owned(),
                time,
                voltage: s.voltage,
                current: s.current,
                position,
            });
        }
    };
    if let Some(a) = found.onset {
        push("A", "onset of visible thinning: 3 % of the diameter", a.time.value, Some(a.position.value));
    }
    if let Some(b) = found.neck {
        push("B", "neck: half of the cross-section is gone", b.time.value, Some(b.position.value));
    }
    if let (Some(c), Some(t)) = (found.rupture, measures.rupture) {
        push("C", if heater { "break: the wire parts" } else { "break: the current's path is interrupted" }, t, Some(c.position.value));
        push("after", "end of the run", trace.time, None);
    }
    list
}

fn states(trace: &Trace, measures: &Measures) -> Vec<State> {
    let mut states = vec![State {
        name: "pristine".to_owned(),
        resistance: measures.numbers.get("pristine_resistance").copied(),
        note: "straight line up to 0.2 V".to_owned(),
    }];
    if let Some(b) = &measures.breakdown {
        states.push(State {
            name: "before the break".to_owned(),
            resistance: Some(b.voltage.value / b.current.value),
            note: format!("last whole sample before the fall, {}", format_si(b.voltage.value, "V", 4)),
        });
        let leak = trace.specimen.wire().resistance().total;
        states.push(State {
            name: "after the break".to_owned(),
            resistance: leak.is_finite().then_some(leak),
            note: if leak.is_finite() { "the assumed leak across the gap".to_owned() } else { "open".to_owned() },
        });
    }
    states
}

fn heat_shares(trace: &Trace, measures: &Measures) -> Option<HeatShares> {
    let profile = &trace.profiles[measures.before?];
    let wire = trace.specimen.wire();
    let area: Vec<f64> = profile.radius.iter().map(|r| std::f64::consts::PI * r * r).collect();
    let state =
        Thermal { wire: profile.temperature.clone(), pad: profile.pad, film: profile.film, current: profile.current, limited: false };
    let flows = wire.flows_at(&area, &state);
    (flows.wire > 0.0).then(|| HeatShares {
        time: profile.time,
        wire_power: flows.wire,
        max_temperature: profile.hottest(),
        film: flows.film / flows.wire,
        pad_1: flows.pad[0] / flows.wire,
        pad_2: flows.pad[1] / flows.wire,
        stored: 1.0 - (flows.film + flows.pad[0] + flows.pad[1]) / flows.wire,
    })
}

fn after_break(trace: &Trace, measures: &Measures) -> Option<AfterBreak> {
    let broken = measures.rupture?;
    let after = || trace.profiles.iter().filter(move |p| p.time >= broken);
    let frame = trace.specimen.wire().ramp().frame_at(trace.time);
    let below = after().find(|p| p.hottest() < 500.0).map(|p| p.time - broken);
    let cold =
        after().find(|p| p.pad.iter().chain([&p.film]).all(|t| (t - frame).abs() < 10.0) && p.current == 0.0).map(|p| p.time - broken);
    // Mean power by the trapezoidal rule over the kept states.
    let kept: Vec<_> = after().collect();
    let energy: f64 =
        kept.windows(2).map(|w| 0.5 * (w[1].time - w[0].time) * (w[0].current * w[0].voltage + w[1].current * w[1].voltage)).sum();
    let span = kept.last()?.time - kept.first()?.time;
    let late = kept.last().is_some_and(|p| p.current != 0.0);
    let power = if late && span > 0.0 { energy / span } else { 0.0 };
    let (one, two) = measures.consumption.map_or((0.0, 0.0), |c| (c.side_1.length.value, c.side_2.length.value));
    let note = if power > 0.0 {
        format!("{} kept flowing through the assumed leak: this, not residual heat, can consume the tips", format_si(power, "mW", 3))
    } else {
        match below {
            _ if frame >= 500.0 => "the chip itself is hot: whatever happens after the break is the heater's, not residual heat".to_owned(),
            Some(t) => {
                let still = after().find(|p| p.hottest() < IMMOBILE).map_or(t, |p| p.time - broken);
                format!(
                    "residual heat lasts {} until no place is above {IMMOBILE} K, where a {{100}} wall needs hours to change, and {} until none is above 500 K (the wire follows its pads): it cannot drive changes for seconds",
                    format_si(still, "us", 3),
                    format_si(t, "us", 3)
                )
            }
            None => "the run ended before the wire was cold".to_owned(),
        }
    };
    Some(AfterBreak { below_500_k: below, chip_cold: cold, consumed_1: one, consumed_2: two, power, note })
}
