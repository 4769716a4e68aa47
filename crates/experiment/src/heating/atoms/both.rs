//! The same section at the same temperature in both engines: their disagreement is what the models are uncertain by.

use pentatwin_physics::lattice::{Engine, Exchange, Form, Graph, Limit, Occupation, Settling, Start, shells_for};
use pentatwin_physics::wire::radius;
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;

use super::state::measure;
use super::{AtomsError, Followed, GUARDS, Progress, VACUUM};
use crate::heating::{Section, wire_section};
use crate::protocol::Protocol;

/// Temperatures [K] of the comparison: the paper's onset, its second and its third panel.
const TEMPERATURES: [f64; 3] = [773.15, 823.15, 1023.15];
/// Coarsening of the comparison's lattice: 31 shells for 115 nm, the fewest that have facets.
const COARSENING: usize = 8;
/// Moments compared, relative to the time the tip is followed.
const MOMENTS: [f64; 4] = [0.0, 0.01, 0.1, 1.0];
/// Length of the section, in diameters: a shorter one would become a single bead in the wire engine.
const LENGTH: f64 = 5.0;

/// Runs both engines on a cut end, for as long as the tip that is followed.
pub fn compare(protocol: &Protocol, seed: u64, found: &mut Followed, progress: &mut Progress) -> Result<(), AtomsError> {
    let lattice = &protocol.lattice;
    let made = radius(protocol.device.area());
    let length = LENGTH * protocol.device.wire.diameter;
    let Some(hold) = super::tip::hottest(protocol) else { return Ok(()) };
    let whole = super::tip::followed_for(protocol, &hold);
    let mut table = Table {
        title: "The same section in both engines".to_owned(),
        columns: ["Temperature", "Time (s)|", "Volume left (%), wire|", "lattice|", "Tip drawn back (nm), wire|", "lattice|"]
            .map(str::to_owned)
            .to_vec(),
        rows: Vec::new(),
        note: String::new(),
    };
    let mut largest: (f64, f64, f64) = (0.0, 0.0, 0.0);
    for temperature in TEMPERATURES {
        let name = format_si(temperature, "degC", 3);
        if !progress(&format!("both engines on the same section at {name}")) {
            return Err(AtomsError::Interrupted);
        }
        let wire = wire_section(&protocol.device, length, &|_| made, temperature, whole)?;
        let shells = shells_for(protocol.device.wire.diameter, COARSENING);
        let pitch = COARSENING as f64 * Graph::new(1, 4, 1)?.pitch();
        let layers = (length / pitch).round() as usize;
        let graph = Graph::new(shells + GUARDS, layers + VACUUM, COARSENING)?;
        let rule = Settling { ratio: lattice.settling * shells as f64, class_factor: lattice.class_factor, own_piece: true };
        let start = Start { shells, form: Form::Cut(layers as f64 * pitch) };
        let mut engine = Exchange::new(graph, &start, rule, temperature, seed)?;
        let (first, mut begun) = (engine.occupied(), None);
        for moment in MOMENTS {
            let time = whole * moment;
            if moment > 0.0 {
                engine.run(Limit::time(time));
            }
            let Some(state) = measure(engine.graph(), &Occupation::of(&engine, engine.graph()), shells)? else { break };
            let begun = *begun.get_or_insert(state.apex);
            let (left, back) = (engine.occupied() as f64 / first as f64, begun - state.apex);
            let Some((volume, tip)) = at(&wire, time) else { break };
            if moment > 0.0 {
                table.rows.push(vec![
                    name.clone(),
                    format!("{time:.1}"),
                    format!("{:.2}", 100.0 * volume),
                    format!("{:.2}", 100.0 * left),
                    if tip < 0.999 * length { format!("{:.1}", tip * 1e9) } else { "parted".to_owned() },
                    format!("{:.1}", back * 1e9),
                ]);
                let off = (tip - back).abs();
                if off > largest.0 && tip < 0.999 * length {
                    largest = (off, temperature, time);
                }
            }
        }
    }
    table.note = format!(
        "A cut end, {} of wire free to move, the same diameter and no disorder. The wire engine: one radius per position, isotropic surface energy, diffusion with its own clock, the end stepped from the start. The lattice engine ({COARSENING} times coarser than atoms): facets, and transport that takes no time, with a clock that counts losses only. So the volume is a check of both (a bead has less surface than a wire), the rest is model error: the wire engine's free end runs back into a bead, which parts from what is held; facets forbid that, or the lattice engine has no time for it; the tip's place (below 0: a facetted tip grew out of the flat end) differs by up to {} (at {} after {:.1} s). Where nothing sublimes the lattice engine stands still and cannot say how fast the shape changes; where much does, its facets hold the tip back or its instant feeding from the sides lets it run.",
        format_si(length, "nm", 3),
        format_si(largest.0, "nm", 2),
        format_si(largest.1, "degC", 3),
        largest.2
    );
    found.numbers.insert("engines_tip_difference".to_owned(), largest.0);
    found.tables.push(table);
    Ok(())
}

/// Part of the volume left, and how far the tip has drawn back [m], at a time.
fn at(series: &[Section], time: f64) -> Option<(f64, f64)> {
    let first = series.first()?;
    let after = series.partition_point(|s| s.time < time).min(series.len() - 1);
    let (b, a) = (series[after], series[after.saturating_sub(1)]);
    let f = if b.time > a.time { ((time - a.time) / (b.time - a.time)).clamp(0.0, 1.0) } else { 1.0 };
    let mix = |x: f64, y: f64| x + f * (y - x);
    Some((mix(a.volume, b.volume) / first.volume, first.tip - mix(a.tip, b.tip)))
}
