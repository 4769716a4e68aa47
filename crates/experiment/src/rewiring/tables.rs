//! The tables of a rewiring in the report.

use pentatwin_physics::gap::{GapState, Particle};
use pentatwin_physics::rewired::Width;
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;

use super::{Measured, TITLE};
use crate::protocol::Protocol;
use crate::simulate::Trace;

/// Particles listed one by one, the largest.
const LISTED: usize = 20;

/// The tables of a rewiring, or one of why there is none; none if the protocol does not ask for it or the wire did not break.
pub fn tables(protocol: &Protocol, trace: &Trace, measured: Option<&Measured>) -> Vec<Table> {
    let legs = measured.and_then(|m| m.legs.clone());
    [summary(protocol, trace, measured), legs, particles(trace)].into_iter().flatten().collect()
}

fn summary(protocol: &Protocol, trace: &Trace, measured: Option<&Measured>) -> Option<Table> {
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
    let tips = [0, 1].map(|s| {
        if geometry.tip_radius[s].is_finite() {
            format!("apex radius {}, half angle {:.0}°", format_si(geometry.tip_radius[s], "nm", 2), geometry.half_angle[s].to_degrees())
        } else {
            "straight edge".to_owned()
        }
    });
    row("Outline on contact 1's side, on contact 2's", tips.join("; "), "apex radius: input; half angle: truth, the wire engine's cone");
    let [a, b] = rewired.geometry().temperature;
    row("Temperature of the two ends", format!("{a:.1} K and {b:.1} K"), "truth, at the start");
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

/// The largest particles in the order of their birth: when, at which voltage, where, how large, how far from the next.
fn particles(trace: &Trace) -> Option<Table> {
    let rewired = trace.specimen.rewired()?;
    let mut all: Vec<&Particle> = rewired.engine().particles().iter().filter(|p| p.metallic()).collect();
    let count = all.len();
    all.sort_by_key(|p| std::cmp::Reverse(p.atoms));
    all.truncate(LISTED);
    all.sort_by(|a, b| a.born.total_cmp(&b.born));
    let voltage = |t: f64| {
        let time = rewired.begin() + t;
        trace.samples.iter().find(|s| s.time >= time).map_or("–".to_owned(), |s| format!("{:.3}", s.voltage))
    };
    // To the nearest other particle, whether it is listed or not.
    let apart = |p: &Particle| {
        let others = rewired.engine().particles().iter().filter(|q| q.metallic() && q.id != p.id);
        others.map(|q| (q.x - p.x).hypot(q.y - p.y) - q.radius - p.radius).fold(f64::INFINITY, f64::min)
    };
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|p| {
            let near = apart(p);
            vec![
                format!("{:.1}", rewired.begin() + p.born),
                voltage(p.born),
                format!("{:.1}", p.x * 1e9),
                format!("{:.1}", p.y * 1e9),
                format!("{:.2}", p.radius * 1e9),
                p.atoms.to_string(),
                if near.is_finite() { format!("{:.2}", near.max(0.0) * 1e9) } else { "–".to_owned() },
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| Table {
        title: format!("{TITLE}: particles in the order of their birth"),
        columns: ["Born (s)", "Source then (V)|", "Along (nm)|", "Across (nm)|", "Radius (nm)|", "Atoms|", "To the next (nm)|"].map(str::to_owned).to_vec(),
        rows,
        note: format!(
            "Truth, at the end: the {} largest of {count} metal particles. Along: from the apex on contact 1's side towards contact 2, the gap was {} wide. To the next: surface to surface; asperities that bridge it are not counted. What an image cannot show: gaps below its pixel and its blur, contacts of a few atoms, particles below a nanometre at this dose.",
            all.len(),
            format_si(rewired.geometry().gap, "nm", 3)
        ),
    })
}

/// Spearman's rank correlation of the particles' birth and place along the gap.
pub fn order(trace: &Trace) -> Option<f64> {
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
