//! The rewiring of a broken wire, read off a trace: what the source-meter delivered, and beside it the rewiring engine's own state.

use pentatwin_analysis::curve::{BranchRule, Course, Exponent, G0, Samples, Set, SetRule, branches, exponent, find_set};
use pentatwin_physics::gap::{GapState, Hypothesis};
use pentatwin_physics::rewired::Width;
use pentatwin_record::summary::{Finding, Table, Verdict};
use pentatwin_record::{EventKind, sample_flags};
use pentatwin_units::format_si;

use crate::protocol::Protocol;
use crate::run::Event;
use crate::simulate::Trace;

/// Title of every table of the rewiring.
pub const TITLE: &str = "Rewiring";
/// Current from which a rise counts [A]: above noise and offset of the 10 uA range.
const FLOOR: f64 = 10e-9;
/// Voltages on the way back over which the exponent is taken: the last 0.6 V before the current is lost (rewiring.md section 4.4).
const RETURN: f64 = 0.6;

/// A sudden rise of the current.
#[derive(Clone, Debug)]
pub struct Rise {
    /// The samples and what they show.
    pub set: Set,
    /// Voltage of the last sample before it [V]: afterwards, in compliance, the terminals show less than the level.
    pub voltage: f64,
    /// Whether it came while the voltage was going back.
    pub on_return: bool,
}

/// What was measured of a rewiring.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The sudden rise of the current.
    pub rise: Option<Rise>,
    /// Exponent of the current in the voltage on the way back, outside compliance.
    pub back: Option<Exponent>,
    /// Voltage on the way back below which the current is lost [V]; nothing if it is there to the end.
    pub lost: Option<f64>,
    /// Largest conductance outside compliance, in quanta.
    pub conductance: Option<f64>,
}

/// Measures the samples after the break; nothing if the rewiring engine did not have the gap.
pub fn measure(trace: &Trace) -> Option<Measured> {
    let begin = trace.specimen.rewired()?.begin();
    let after: Vec<&crate::run::Sample> = trace.samples.iter().filter(|s| s.time > begin && s.voltage != 0.0).collect();
    // The sweep that broke the wire still falls: what rises is sought from its first open sample on.
    let open = after.iter().position(|s| s.current.abs() < FLOOR)?;
    let after = &after[open..];
    let column = |f: fn(&crate::run::Sample) -> f64| after.iter().map(|s| f(s)).collect::<Vec<f64>>();
    let (time, voltage, current) = (column(|s| s.time), column(|s| s.voltage), column(|s| s.current));
    let flags: Vec<u8> = after.iter().map(|s| s.flags).collect();
    let samples =
        Samples { flags: &flags, excluded: sample_flags::COMPLIANCE | sample_flags::OVERFLOW, ..Samples::new(&time, &voltage, &current) };
    let set = find_set(&samples, &SetRule { floor: 0.1 * FLOOR, ..SetRule::default() });
    let from = set.map_or(time.len(), |s| s.samples.1);
    let back = branches(&samples, &BranchRule::default()).into_iter().find(|b| b.course == Course::Down && b.samples.end > from);
    let lost = back.as_ref().and_then(|b| b.samples.clone().rev().find(|k| current[*k].abs() >= FLOOR).map(|k| (k, b.samples.end)));
    let slope = back.as_ref().zip(lost).and_then(|(b, (k, _))| {
        let low = voltage[k].abs();
        exponent(&samples, b.samples.clone(), low, low + RETURN, FLOOR)
    });
    Some(Measured {
        rise: set.map(|set| Rise {
            set,
            voltage: voltage[set.samples.0],
            on_return: back.as_ref().is_some_and(|b| b.samples.contains(&set.samples.0)),
        }),
        back: slope,
        lost: lost.filter(|(k, end)| k + 1 < *end).map(|(k, _)| voltage[k]),
        conductance: (from..time.len())
            .filter(|k| samples.valid(*k) && voltage[*k].abs() > 0.05)
            .map(|k| current[k] / voltage[k] / G0)
            .reduce(f64::max),
    })
}

/// The event of the rise.
pub fn event(measured: &Measured) -> Option<Event> {
    measured.rise.as_ref().map(|r| Event { time: r.set.time.value, kind: EventKind::Rewire, value: r.voltage })
}

/// The table of a rewiring, or of why there is none; nothing if the protocol does not ask for it or the wire did not break.
pub fn table(protocol: &Protocol, trace: &Trace, measured: Option<&Measured>) -> Option<Table> {
    if !protocol.rewiring.engine || !trace.specimen.wire().broken() {
        return None;
    }
    let columns = ["", "Value|", "Basis"].map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String, basis: &str| rows.push(vec![what.to_owned(), value, basis.to_owned()]);
    let Some(rewired) = trace.specimen.rewired() else {
        let why = trace.specimen.gap_refused().map_or("the rewiring engine was not reached".to_owned(), ToString::to_string);
        return Some(Table { title: TITLE.to_owned(), columns, rows, note: format!("The gap stays as it is: {why}.") });
    };
    let (engine, geometry) = (rewired.engine(), rewired.geometry());
    let origin = match rewired.width() {
        Width::Set => "input, rewiring.gap",
        Width::Lattice => "truth, nearest distance in the shape engine's lattice less a pitch",
        Width::Drawn => "input, drawn between rewiring.gap_low and rewiring.gap_high",
    };
    row("Gap", format_si(geometry.gap, "nm", 3), origin);
    let sides =
        ["contact 1", "contact 2"].into_iter().zip(geometry.silver).map(|(c, s)| format!("{c}: {}", if s { "silver" } else { "Pt only" }));
    row("Sides of the gap", sides.collect::<Vec<_>>().join(", "), "truth");
    row("In series", format_si(rewired.series(), "ohm", 4), "truth: leads, contacts and what is left of the wire");
    if let Some(m) = measured {
        match &m.rise {
            Some(r) => {
                let voltage = format!("{}{}", format_si(r.voltage, "V", 4), if r.on_return { ", on the way back" } else { "" });
                row("Rise of the current (set)", voltage, "measured: last sample before it");
                row(
                    "By a factor",
                    format!("{}{:.0}", if r.set.at_least { "at least " } else { "" }, r.set.ratio),
                    "measured: over the sample before, or a tenth of the floor of 10 nA",
                );
            }
            None => row("Rise of the current (set)", "none".to_owned(), "measured"),
        }
        if let Some(g) = m.conductance {
            row("Largest conductance outside compliance", format!("{g:.3} G0"), "measured, series resistance included");
        }
        if let Some(e) = &m.back {
            row(
                "Exponent of the current on the way back",
                format!("{:.2} ± {:.2}", e.value.value, e.value.uncertainty),
                "measured, last 0.6 V; 1 is ohmic",
            );
        }
        if m.rise.is_some() {
            row("Current lost on the way back at", m.lost.map_or("not lost".to_owned(), |v| format_si(v, "V", 3)), "measured");
        }
    }
    let mut radii: Vec<f64> = engine.particles().iter().filter(|p| p.atoms > 30).map(|p| p.radius).collect();
    radii.sort_by(f64::total_cmp);
    if let (Some(most), Some(median)) = (radii.last(), radii.get(radii.len() / 2)) {
        row("Particles above 30 atoms", radii.len().to_string(), "truth, at the end");
        row("Their radius: median, largest", format!("{}, {}", format_si(*median, "nm", 2), format_si(*most, "nm", 2)), "truth");
    }
    if let Some(r) = order(trace) {
        row("Order of birth against place (rank correlation)", format!("{r:+.2}"), "truth: +1 grows from contact 1 to contact 2");
    }
    let links = engine.backbone();
    if !links.is_empty() {
        let contacts = links.iter().filter(|l| l.channels > 0).count();
        row("Links of the best path", format!("{}, {contacts} of them contacts", links.len()), "truth, at the end");
    }
    let l = engine.ledger();
    row(
        "Silver taken from contact 1's side, contact 2's",
        format!("{} and {} atoms; books closed to {} atoms", l.taken[0], l.taken[1], l.balance()),
        "truth",
    );
    let state = match engine.state() {
        GapState::Open => "open",
        GapState::Linked => "linked",
    };
    row("State at the end", state.to_owned(), "truth: linked from a thousandth of G0 on");
    Some(Table {
        title: TITLE.to_owned(),
        columns,
        rows,
        note: "Exploratory: dissolution barrier, field length and trap density were chosen by hand, none is read from a paper (what was put in). Particles as bodies are imposed by the model; their number and size follow the trap density. Asperities in narrow gaps lie below what a microscope resolves: an image at this dose shows particles with nanometre gaps where the current sees contacts.".to_owned(),
    })
}

/// Spearman's rank correlation of the particles' birth and place along the gap.
fn order(trace: &Trace) -> Option<f64> {
    let particles: Vec<_> = trace.specimen.rewired()?.engine().particles().iter().filter(|p| p.atoms > 30).collect();
    let n = particles.len();
    if n < 5 {
        return None;
    }
    let rank = |key: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| key(*a).total_cmp(&key(*b)));
        let mut rank = vec![0.0; n];
        order.iter().enumerate().for_each(|(r, i)| rank[*i] = r as f64);
        rank
    };
    let (born, place) = (rank(&|i| particles[i].born), rank(&|i| particles[i].x));
    let d: f64 = born.iter().zip(&place).map(|(a, b)| (a - b).powi(2)).sum();
    Some(1.0 - 6.0 * d / (n as f64 * (n as f64 * n as f64 - 1.0)))
}

/// The paper's rewiring section, row by row.
pub fn findings(protocol: &Protocol, trace: &Trace, measured: Option<&Measured>) -> Vec<Finding> {
    let Some(rewired) = trace.specimen.rewired() else { return Vec::new() };
    let finding =
        |claim: &str, verdict, evidence: String| Finding { claim: claim.to_owned(), place: "Figure 5".to_owned(), verdict, evidence };
    let mut all = Vec::new();
    let rise = measured.and_then(|m| m.rise.as_ref());
    all.push(finding(
        "A sudden increase of the current: a conductive filament bridges the gap",
        if rise.is_some() { Verdict::Emerged } else { Verdict::NotReproduced },
        rise.map_or("no sudden rise within the sweep".to_owned(), |r| {
            format!(
                "{} {:.0} times from one sample to the {}, at {}{}; that it happens follows from the laws, at which voltage from barriers chosen by hand",
                if r.set.at_least { "at least" } else { "by" },
                r.set.ratio,
                ["same", "next", "second"].get(r.set.samples.1 - r.set.samples.0).unwrap_or(&"third"),
                format_si(r.voltage, "V", 3),
                if r.on_return { " on the way back, which is not the paper's order" } else { "" }
            )
        }),
    ));
    let back = measured.and_then(|m| m.back.as_ref());
    all.push(finding(
        "The current falls non-ohmically when the voltage is reduced",
        match back {
            Some(e) if (e.value.value - 1.0).abs() > 2.0 * e.value.uncertainty => Verdict::Emerged,
            Some(_) => Verdict::NotReproduced,
            None => Verdict::NotTested,
        },
        back.map_or("no current outside compliance on the way back".to_owned(), |e| {
            format!(
                "exponent {:.2} ± {:.2}. In this model the cause is the structure, which decays on the way back: a frozen filament is ohmic (rewiring.md section 4.4). A fast return tells the two apart",
                e.value.value, e.value.uncertainty
            )
        }),
    ));
    let rank = order(trace);
    all.push(finding(
        "The filament grows from the inert electrode toward the silver",
        match rank {
            Some(r) if r.abs() > 0.5 => Verdict::Emerged,
            Some(_) => Verdict::NotReproduced,
            None => Verdict::NotTested,
        },
        rank.map_or("too few particles".to_owned(), |r| {
            format!("rank correlation of birth and place {r:+.2} (+1: from contact 1 to contact 2); the paper also says that particles appeared on the anode's side, which does not obviously agree")
        }),
    ));
    all.push(finding(
        "The filament is a series of crystalline silver particles, some apart by nanometres",
        Verdict::Input,
        format!(
            "{} particles above 30 atoms; that there are separate particles is how the model represents metal",
            rewired.engine().particles().iter().filter(|p| p.atoms > 30).count()
        ),
    ));
    all.push(finding(
        "Ag+ ions are released by electrochemical dissolution of the positive silver, in high vacuum",
        Verdict::Input,
        match protocol.rewiring.hypothesis {
            Hypothesis::AdsorbateIons => "one hypothesis of three: ions made easy by adsorbed water or carbon. In plain vacuum an ion costs 4.6 to 5 eV, five times the barrier used",
            Hypothesis::SurfaceMigration => "another hypothesis was run: neutral atoms drawn by the field; no ions",
            Hypothesis::BeamIons => "another hypothesis was run: ions set free by the electron beam",
        }
        .to_owned(),
    ));
    all
}
