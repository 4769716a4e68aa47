//! The tip followed in time, then refined to atoms.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::atoms::{harmonics, section_outline, sections};
use pentatwin_physics::lattice::{
    Begin, Ended, Engine, Evaporation, Exchange, Form, Graph, Limit, Method, Occupation, Refine, Refined, Settling, Start, shells_for,
};
use pentatwin_physics::wire::radius;
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;

use super::state::{TipState, measure, over_wedges};
use super::{AtomsError, Followed, GUARDS, Progress, VACUUM, coarsening, images};
use crate::heating::{Hold, holds, tip_profile};
use crate::protocol::Protocol;
use crate::simulate::Trace;

/// Moments at which the state is measured, evenly over the time it is followed; pictures are made of the second and the last.
const MOMENTS: usize = 4;
/// Pieces of a moment, between which the user is heard.
const PIECES: usize = 8;
/// A radius of the wire engine's tip from which it counts as the wire again, relative to as made.
const WHOLE: f64 = 0.95;
/// Widest place of a tip that is taken over, relative to as made.
const WIDEST: f64 = 1.4;
/// Length behind the apex that is refined, in apothems: a {111} pyramid is 0.71 of one long.
const REFINED: f64 = 0.85;
/// Below so many sites there is no tip any more.
const LEAST: u64 = 2000;

/// The hottest hold of a protocol, the first of several.
pub fn hottest(protocol: &Protocol) -> Option<Hold> {
    holds(protocol).into_iter().filter(|h| h.end > h.start).reduce(|a, b| if b.temperature > a.temperature { b } else { a })
}

/// How long the tip is followed [s]: not beyond the hold.
pub fn followed_for(protocol: &Protocol, hold: &Hold) -> f64 {
    protocol.lattice.time.min(hold.end - hold.start)
}

/// A tip as the lattice starts from it: the form, the widest place relative to as made, and a word on where it is from.
fn form(protocol: &Protocol, trace: &Trace, at: f64, apothem: f64) -> (Form, f64, String) {
    let length = protocol.lattice.length;
    match protocol.lattice.start {
        Begin::Cut => (Form::Cut(length), 1.0, "a flat cut end".to_owned()),
        Begin::Rounded => (Form::Rounded(length), 1.0, "a rounded end".to_owned()),
        Begin::Notched => {
            let form = Form::Notched { end: length, at: length - 0.9 * apothem, depth: 0.3, width: 0.8 * apothem };
            (form, 1.0, "a cut end with a groove around it".to_owned())
        }
        Begin::Wire => {
            let made = radius(protocol.device.area());
            let Some(profile) = tip_profile(trace, at, true, length).filter(|p| !p.is_empty()) else {
                return (Form::Cut(length), 1.0, "a flat cut end: the wire engine has no tip then".to_owned());
            };
            let end = profile.iter().position(|(_, r)| *r >= WHOLE * made).unwrap_or(profile.len() - 1);
            let widest = profile.iter().map(|(_, r)| r / made).fold(1.0, f64::max).min(WIDEST);
            let taken = &profile[..=end.max(profile.iter().position(|(_, r)| r / made >= widest).unwrap_or(end))];
            // From the held end to the apex; behind what was taken over, the wire as made.
            let mut points: Vec<(f64, f64)> =
                taken.iter().rev().map(|(s, r)| (length - s, (r / made).min(WIDEST))).filter(|(x, _)| *x > 0.0).collect();
            if let Some(first) = points.first().copied() {
                points.insert(0, ((first.0 - 0.5 * apothem).max(0.0), 1.0));
            }
            points.push((length, 0.5 * points.last().map_or(1.0, |p| p.1)));
            let word = format!(
                "the wire engine's tip, {} of it before it is the wire as made again",
                format_si(taken.last().map_or(0.0, |p| p.0), "nm", 2)
            );
            (Form::Profile(points), widest, word)
        }
    }
}

/// An engine as the protocol has it.
fn engine(protocol: &Protocol, graph: Graph, start: &Start, temperature: f64, seed: u64) -> Result<Box<dyn Engine>, AtomsError> {
    let lattice = &protocol.lattice;
    Ok(if lattice.engine == Method::Evaporation {
        Box::new(Evaporation::new(graph, start, temperature, seed)?)
    } else {
        let rule = Settling { ratio: lattice.settling * start.shells as f64, class_factor: lattice.class_factor, own_piece: true };
        Box::new(Exchange::new(graph, start, rule, temperature, seed)?)
    })
}

/// Whether the tip is refined to atoms: for its high-resolution images.
pub fn wants_atoms(protocol: &Protocol) -> bool {
    let lattice = &protocol.lattice;
    lattice.refine != Refine::Off && lattice.engine == Method::Exchange && lattice.images && protocol.microscope.frames
}

fn put(found: &mut Followed, name: &str, m: Option<Measurement>) {
    if let Some(m) = m {
        found.numbers.insert(name.to_owned(), m.value);
        found.numbers.insert(format!("{name}_sigma"), m.uncertainty);
    }
}

/// The tip while silver goes: means over the moments, their scatter in time as the uncertainty. A single moment may catch a layer that is just
/// leaving a flank.
#[derive(Default)]
struct OverTime {
    facet: Vec<Measurement>,
    ridge: Vec<Measurement>,
    share: Vec<Measurement>,
}

impl OverTime {
    fn push(&mut self, state: &TipState, found: &mut Followed) {
        self.facet.extend(over_wedges(&state.edges, |e| e.facet.map(|f| f.angle)));
        self.ridge.extend(over_wedges(&state.edges, |e| e.ridge.map(|f| f.angle)));
        self.share.extend(state.share);
        let mean = |all: &[Measurement]| {
            let n = all.len() as f64;
            let mean = all.iter().map(|m| m.value).sum::<f64>() / n;
            let scatter = all.iter().map(|m| (m.value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
            let own = all.iter().map(|m| m.uncertainty.powi(2)).sum::<f64>() / n;
            (!all.is_empty()).then(|| Measurement::new(mean, (scatter + own).sqrt()))
        };
        put(found, "lattice_facet_angle", mean(&self.facet));
        put(found, "lattice_ridge_angle", mean(&self.ridge));
        put(found, "lattice_share_111", mean(&self.share));
    }
}

/// An angle as text. A flank flatter than this to the end is no facet.
const FLAT_END: f64 = 105.0;

fn degrees(x: Option<f64>) -> String {
    x.map(f64::to_degrees).map_or_else(|| "–".to_owned(), |x| if x < FLAT_END { "flat".to_owned() } else { format!("{x:.1}") })
}

/// A row of the table of states.
fn row(what: &str, atoms: f64, lost: f64, tip: f64, state: &TipState) -> Vec<String> {
    let mut cells = vec![
        what.to_owned(),
        format!("{atoms:.3e}"),
        format!("{:.1}", 100.0 * lost),
        format!("{:.1}", tip * 1e9),
        state.share.map_or_else(|| "–".to_owned(), |s| format!("{:.2}", s.value)),
    ];
    cells.extend(state.edges.iter().map(|e| degrees(e.facet.map(|f| f.angle.value))));
    cells.push(degrees(over_wedges(&state.edges, |e| e.ridge.map(|f| f.angle)).map(|m| m.value)));
    cells
}

/// Follows the tip; then refines it and takes its pictures.
pub fn follow(protocol: &Protocol, seed: u64, trace: &Trace, found: &mut Followed, progress: &mut Progress) -> Result<(), AtomsError> {
    let lattice = &protocol.lattice;
    let Some(hold) = hottest(protocol) else { return Ok(()) };
    let whole = followed_for(protocol, &hold);
    let b = coarsening(protocol);
    let shells = shells_for(protocol.device.wire.diameter, b);
    let pitch = b as f64 * Graph::new(1, 4, 1)?.pitch();
    let apothem = shells as f64 * pitch / std::f64::consts::SQRT_2;
    let (form, widest, from) = form(protocol, trace, hold.start, apothem);
    let layers = (lattice.length / pitch).ceil() as usize + VACUUM;
    let graph = Graph::new((shells as f64 * widest).ceil() as usize + GUARDS, layers, b)?;
    let start = Start { shells, form };
    let mut engine = engine(protocol, graph, &start, hold.temperature, seed)?;
    let mut table = Table {
        title: format!("The tip at {}, site by site", format_si(hold.indicated, "degC", 3)),
        columns: ["State", "Atoms|", "Lost (%)|", "Drawn back (nm)|", "{111} of the cap|"]
            .into_iter()
            .map(str::to_owned)
            .chain((1..=5).map(|w| format!("Facet {w} (deg)|")))
            .chain(["Ridge (deg)|".to_owned()])
            .collect(),
        rows: Vec::new(),
        note: String::new(),
    };
    let moments = Moments { shells, whole, hold: &hold };
    let done = go(protocol, seed, &moments, &mut *engine, &mut table, found, progress);
    finish(table, &from, protocol, &*engine, found);
    done
}

/// What [`go`] is to follow.
struct Moments<'a> {
    shells: usize,
    whole: f64,
    hold: &'a Hold,
}

/// Moment after moment, then refined. What the table and the numbers have by then stays, however it ends.
fn go(
    protocol: &Protocol,
    seed: u64,
    &Moments { shells, whole, hold }: &Moments,
    engine: &mut dyn Engine,
    table: &mut Table,
    found: &mut Followed,
    progress: &mut Progress,
) -> Result<(), AtomsError> {
    let begun_at = std::time::Instant::now();
    let first = engine.occupied();
    let per_site = engine.graph().atoms_per_site();
    let mut place = None;
    let mut last: Option<(TipState, Occupation)> = None;
    let mut over_time = OverTime::default();
    for moment in 0..=MOMENTS {
        let until = whole * moment as f64 / MOMENTS as f64;
        let from_time = engine.time();
        for piece in 1..=PIECES {
            let to = from_time + (until - from_time) * piece as f64 / PIECES as f64;
            let said = format!(
                "lattice: {:.1} of {:.0} s, {:.2e} atoms left, {:.1e} events, {:.1} M/s",
                engine.time(),
                whole,
                engine.occupied() as f64 * per_site,
                engine.events() as f64,
                1e-6 * engine.events() as f64 / begun_at.elapsed().as_secs_f64().max(1e-3)
            );
            if !progress(&said) {
                return Err(AtomsError::Interrupted);
            }
            if moment > 0 && engine.run(Limit::time(to)) == Ended::Nothing || engine.occupied() < LEAST {
                return Err(AtomsError::Gone(engine.time()));
            }
            if moment == 0 {
                break;
            }
        }
        let occupation = Occupation::of(engine, engine.graph());
        let Some(state) = measure(engine.graph(), &occupation, shells)? else {
            return Err(AtomsError::Gone(engine.time()));
        };
        let begun = *place.get_or_insert(state.apex);
        let lost = 1.0 - engine.occupied() as f64 / first as f64;
        table.rows.push(row(
            &format!("after {:.1} s", engine.time()),
            engine.occupied() as f64 * per_site,
            lost,
            begun - state.apex,
            &state,
        ));
        if moment == MOMENTS / 2 || moment == MOMENTS {
            images::tip(protocol, seed, moment == MOMENTS, (engine.graph(), &occupation), &state, hold.start + engine.time(), found)?;
        }
        if moment > 0 {
            over_time.push(&state, found);
        }
        last = Some((state, occupation));
    }
    let Some((state, occupation)) = last else { return Ok(()) };
    outline(engine.graph(), &occupation, shells, &state, found)?;
    if !wants_atoms(protocol) {
        return Ok(());
    }
    let fine = refine(protocol, seed, engine.graph().clone(), occupation, shells, &state, progress)?;
    let Some(state) = measure(&fine.graph, &fine.occupation, fine.shells)? else { return Ok(()) };
    // The part of the wire that was refined is shorter: its losses are not counted again.
    let mut cells = row("refined to atoms", fine.occupation.count() as f64, 0.0, 0.0, &state);
    cells[2] = "–".to_owned();
    cells[3] = "–".to_owned();
    table.rows.push(cells);
    put(found, "lattice_refined_angle", over_wedges(&state.edges, |e| e.facet.map(|f| f.angle)));
    put(found, "lattice_refined_share", state.share);
    if !progress("high-resolution images of the tip") {
        return Err(AtomsError::Interrupted);
    }
    images::high_resolution(protocol, seed, &fine, &state, hold.start + whole, found)
}

/// Depths behind the apex at which sections are measured, in apothems.
const SECTIONS: [f64; 3] = [0.25, 0.5, 1.0];

/// The measures of a tip that the shape of tips made by bias is compared with: five-fold symmetry of its sections, and length.
fn outline(graph: &Graph, occupation: &Occupation, shells: usize, state: &TipState, found: &mut Followed) -> Result<(), AtomsError> {
    let wire = super::state::wire(graph, shells);
    let all = occupation.positions(graph, |p| p[0] > state.apex - 1.6 * wire.apothem);
    let mut table = Table {
        title: "Sections of the tip".to_owned(),
        columns: ["Behind the apex (nm)|", "Area (nm²)|", "c2|", "c3|", "c4|", "c5|"].map(str::to_owned).to_vec(),
        rows: Vec::new(),
        note: String::new(),
    };
    for part in SECTIONS {
        let depth = part * wire.apothem;
        let Some(section) = section_outline(&all, &wire, state.apex - depth, 2.0 * graph.pitch(), 72)? else { continue };
        let Some(h) = harmonics(&section.radius, section.sigma) else { continue };
        let mut row = vec![format!("{:.1}", depth * 1e9), format!("{:.0}", section.area * 1e18)];
        row.extend(h.coefficients[1..5].iter().map(|c| format!("{:.4} ± {:.4}", c.value, c.uncertainty)));
        table.rows.push(row);
        if part == 0.5 {
            found.numbers.insert("lattice_c5".to_owned(), h.coefficients[4].value);
        }
    }
    let length = sections(&all, &wire, graph.pitch())?.tip_length([0.1, 0.9]);
    if let Some(l) = length {
        found.numbers.insert("lattice_tip_length".to_owned(), l.value);
    }
    table.note = format!(
        "Fourier coefficients of the radius around the axis over the mean radius: 0.0432 is c5 of a pentagon, 0 of a circle. The radius of equal area grows from 10 to 90 % of the wire's over {}.",
        length.map_or_else(|| "more than was looked at".to_owned(), |l| format!("{:.1} ± {:.1} nm", l.value * 1e9, l.uncertainty * 1e9))
    );
    found.tables.push(table);
    Ok(())
}

fn finish(mut table: Table, from: &str, protocol: &Protocol, engine: &dyn Engine, found: &mut Followed) {
    let lattice = &protocol.lattice;
    table.note = format!(
        "{} engine on a lattice {} times coarser than atoms, from {from}, from the moment the hold is reached{}; {} of wire can move, what lies behind is held, and the tip draws back the faster the longer that is, since the sides feed it. Angles of the silhouette, every wedge seen edge-on: {{111}} is at 125.26 deg, the twin's ridge opposite at 119.77 deg. {:.2e} events in {:.0} s of the specimen's time, {:.1} bytes for each site that is occupied. A perfect pyramid of this size has 0.8 of its cap in {{111}}, as its edges do not count, a round tip 0.11. Refined to atoms: relaxed without losing any, so nearer to equilibrium than what is being removed. The stretch of the wedges makes this wire 2.8 % wider than the diameter says.",
        match lattice.engine {
            Method::Evaporation => "Evaporation",
            _ => "Exchange",
        },
        engine.graph().coarsening(),
        if lattice.time > engine.time() + 1.0 { ", not as long as asked for" } else { "" },
        format_si(lattice.length, "nm", 3),
        engine.events() as f64,
        engine.time(),
        engine.bytes() as f64 / engine.occupied().max(1) as f64
    );
    // Before the sections of its last state.
    found.tables.insert(0, table);
}

/// A state of atoms.
pub struct Fine {
    /// Sites.
    pub graph: Graph,
    /// Who is where.
    pub occupation: Occupation,
    /// Shells of the wire as made.
    pub shells: usize,
}

/// The end of the tip, finer by 2 and 2 and so on down to atoms, relaxed at each step.
fn refine(
    protocol: &Protocol,
    seed: u64,
    mut graph: Graph,
    mut occupation: Occupation,
    mut shells: usize,
    state: &TipState,
    progress: &mut Progress,
) -> Result<Fine, AtomsError> {
    let lattice = &protocol.lattice;
    let Some(hold) = hottest(protocol) else { return Ok(Fine { graph, occupation, shells }) };
    let apothem = shells as f64 * graph.pitch() / std::f64::consts::SQRT_2;
    let mut from = ((state.apex - REFINED * apothem) / graph.pitch()).max(0.0) as usize;
    while graph.coarsening() > 1 {
        let factor = (2..=graph.coarsening()).find(|f| graph.coarsening().is_multiple_of(*f)).unwrap_or(1);
        if !progress(&format!("refining the tip, {} times coarser than atoms", graph.coarsening())) {
            return Err(AtomsError::Interrupted);
        }
        let part = Refined::new(&graph, &occupation, factor, from)?;
        let finer = part.graph(graph.shells() - GUARDS, GUARDS)?;
        let rule = Settling { ratio: f64::INFINITY, class_factor: lattice.class_factor, own_piece: true };
        let mut engine = Exchange::new(finer, &part, rule, hold.temperature, seed ^ graph.coarsening() as u64)?;
        let surface: u64 = engine.histogram()[..12].iter().sum();
        let events = (2.0 * lattice.relaxation * surface as f64) as u64;
        for piece in 0..PIECES as u64 {
            let done = 100 * piece / PIECES as u64;
            if !progress(&format!("relaxing the tip, {} times coarser than atoms: {done} %", engine.graph().coarsening())) {
                return Err(AtomsError::Interrupted);
            }
            engine.run(Limit::events(events / PIECES as u64));
        }
        let relaxed = Occupation::of(&engine, engine.graph());
        shells *= factor;
        graph = engine.graph().clone();
        occupation = relaxed;
        from = 0;
    }
    Ok(Fine { graph, occupation, shells })
}
