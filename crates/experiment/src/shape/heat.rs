//! Bias against heat (the paper's main comparison): the tips that a current leaves and those that a heating chip leaves, on the same lattice, read by
//! the same measures.
//!
//! The heated wire is parted by hand, by a cut as wide as the wire, and held: what is compared is what its tips become, not how it came to
//! part. A narrow cut heals: the pyramids that grow on blunt ends are some 25 nm high each and meet across 40 nm. It is the exchange
//! engine's: silver leaves kinks, settles anywhere on its own piece, or is lost.

use pentatwin_analysis::atoms::{Broken, Tip, broken};
use pentatwin_physics::lattice::{Engine, Exchange, Form, Graph, Limit, Occupation, Settling, Start};
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;

use super::measure::{Shaped, amplitudes, made_of_graph, turned};
use crate::protocol::Protocol;

/// Temperature of the hold [K]: 750 degC, the paper's Figure 3c to f.
const HOLD: f64 = 1023.15;
/// Times after the cut [s].
const TIMES: [f64; 3] = [1.0, 20.0, 40.0];
/// Free wire on each side of the cut [m], beyond which it is held.
const SIDE: f64 = 220e-9;
/// Guard shells.
const GUARDS: usize = 3;

/// One state of the heated gap.
struct Heated {
    time: f64,
    broken: Option<Broken>,
}

/// The table, if the run has parted in three dimensions and the heated wire has two tips.
pub fn against_heat(protocol: &Protocol, seed: u64, shaped: &Shaped) -> Option<Table> {
    let bias = shaped.broken.as_ref()?;
    let heat = heated(protocol, seed)?;
    // Without two tips there is nothing to compare.
    let hot = heat.last()?.broken.as_ref()?;
    let columns = ["", "Bias: this run|", "Heat: held at 750 degC|"].map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    let mut row = |what: &str, a: String, b: String| rows.push(vec![what.to_owned(), a, b]);
    type Show = fn(&Tip) -> Option<String>;
    let shows: [(&str, Show); 4] = [
        ("c5 of the outline", |t| Some(format!("{:.3}", amplitudes(t.outline.as_ref()?).0))),
        ("mean of c2 to c4", |t| Some(format!("{:.3}", amplitudes(t.outline.as_ref()?).1))),
        ("apex to 25 % (nm)", |t| Some(format!("{:.0}", 1e9 * t.to_quarter?.value))),
        ("half opening angle (deg)", |t| Some(format!("{:.0}", t.half_angle?.value.to_degrees()))),
    ];
    for (what, show) in shows {
        for tip in 0..2 {
            let of = |b: &Broken| show(&b.tips[tip]).unwrap_or_else(|| "–".to_owned());
            row(&format!("{what}, tip {}", tip + 1), of(bias), of(hot));
        }
    }
    row(
        "Gap after the break",
        // By rule, not by result: nothing moves a lattice that has parted.
        format!("{:.1} nm; the lattice is frozen at its rupture, an input", 1e9 * bias.gap.nearest.value),
        heat.iter()
            .map(|h| {
                let gap = h.broken.as_ref().map_or("closed".to_owned(), |b| format!("{:.1} nm", 1e9 * b.gap.nearest.value));
                format!("{gap} after {}", format_si(h.time, "s", 2))
            })
            .collect::<Vec<_>>()
            .join(", "),
    );
    Some(Table {
        title: "Bias against heat".to_owned(),
        columns,
        rows,
        note: format!(
            "Both on five-fold lattices of {} shells, read by the same measures; as made c5 is {}. Heat: a wire cut by hand ({} wide) and held, atom exchange with losses (the lattice engine of heated wires, which is converged only on finer lattices: `pentatwin run fig3`). The paper: the same signatures at the tips; heat goes on after the break, bias stops, because no current flows any more and the wire is cold within a microsecond",
            protocol.shape.shells,
            shaped.virgin.as_ref().map_or("unknown".to_owned(), |v| format!("{:.3}", amplitudes(v).0)),
            format_si(cut(protocol), "nm", 3),
        ),
    })
}

/// Width of the cut [m].
fn cut(protocol: &Protocol) -> f64 {
    protocol.device.wire.diameter
}

fn heated(protocol: &Protocol, seed: u64) -> Option<Vec<Heated>> {
    let shells = protocol.shape.shells;
    let area = protocol.device.area();
    let pitch = Graph::of_area(area, shells, GUARDS, 8).ok()?.pitch();
    let layers = ((2.0 * SIDE + cut(protocol)) / pitch).round() as usize;
    let graph = Graph::of_area(area, shells, GUARDS, layers).ok()?;
    let made = made_of_graph(&graph, area);
    let rule = Settling { ratio: protocol.lattice.settling * shells as f64, class_factor: protocol.lattice.class_factor, own_piece: true };
    let start = Start { shells, form: Form::Gap { at: 0.5 * layers as f64 * pitch, width: cut(protocol) } };
    let mut engine = Exchange::new(graph, &start, rule, HOLD, seed).ok()?;
    let mut found = Vec::new();
    for time in TIMES {
        engine.run(Limit::time(time));
        let state = Occupation::of(&engine, engine.graph());
        let positions = turned(state.positions(engine.graph(), |_| true), 0.0);
        found.push(Heated { time, broken: broken(&positions, &made).ok()? });
    }
    Some(found)
}
