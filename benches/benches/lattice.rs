//! The lattice engines: events in a second of processor time, and bytes, by size.
//!
//! Not divan's: one run takes seconds, and what it is to be divided by (events) is known only at its end.
//! `cargo bench -p pentatwin-benches --bench lattice [-- evaporation|exchange|hops]`

use pentatwin_benches::{cpu_time, peak_memory};
use pentatwin_physics::lattice::{Engine, Evaporation, Exchange, Form, Graph, Hopping, Hops, Limit, Settling, Start, columns};

const KELVIN: f64 = 1023.15;

/// A wire of `shells` whose cut end leaves a tenth of the layers free.
fn tip(shells: usize, layers: usize, guards: usize) -> (Graph, Start) {
    let graph = Graph::new(shells + guards, layers, 1).expect("a lattice");
    let end = 0.9 * layers as f64 * graph.pitch();
    (graph, Start { shells, form: Form::Cut(end) })
}

fn report(name: &str, engine: &dyn Engine, atoms: u64, events: u64, built: f64, seconds: f64) {
    println!(
        "{name:<28} {:>9.3e} atoms  built {built:>5.2} s  {:>9.3e} events  {:>6.2} CPU s  {:>6.2} M/s  state {:>5.2} B/atom  peak {:>5} MB",
        atoms as f64,
        events as f64,
        seconds,
        events as f64 / seconds * 1e-6,
        engine.bytes() as f64 / atoms as f64,
        peak_memory() / 1_000_000
    );
}

fn timed(name: &str, make: impl FnOnce() -> Box<dyn Engine>, warm: u64, events: u64) {
    let start = cpu_time();
    let mut engine = make();
    let built = (cpu_time() - start).as_secs_f64();
    let atoms = engine.occupied();
    engine.run(Limit::events(warm));
    let start = cpu_time();
    let before = engine.events();
    engine.run(Limit::events(events));
    let seconds = (cpu_time() - start).as_secs_f64();
    report(name, &*engine, atoms, engine.events() - before, built, seconds);
}

fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|o| name.contains(o.as_str()));
    // Shells and layers: 1.4e6, 1e7 and 1e8 atoms.
    for (shells, layers) in [(60, 290), (120, 510), (246, 730)] {
        debug_assert!(columns(shells) > 0);
        if wanted("evaporation") {
            let make = |ahead: bool| {
                let (graph, start) = tip(shells, layers, 1);
                let engine = Evaporation::new(graph, &start, KELVIN, 1).expect("a crystal");
                Box::new(engine.touching_ahead(ahead)) as Box<dyn Engine>
            };
            timed("evaporation", || make(true), 200_000, 6_000_000.min((columns(shells) * layers) as u64 / 5));
            timed("evaporation, one by one", || make(false), 200_000, 6_000_000.min((columns(shells) * layers) as u64 / 5));
        }
        if wanted("exchange") {
            let make = |ahead: bool| {
                let (graph, start) = tip(shells, layers, 3);
                let engine = Exchange::new(graph, &start, Settling { ratio: 300.0, ..Settling::default() }, KELVIN, 1).expect("a crystal");
                Box::new(engine.touching_ahead(ahead)) as Box<dyn Engine>
            };
            timed("exchange", || make(true), 5_000_000, 30_000_000);
            timed("exchange, one by one", || make(false), 5_000_000, 30_000_000);
        }
        if wanted("hops") && shells < 200 {
            let make = || {
                let (graph, start) = tip(shells, layers, 6);
                Box::new(Hops::new(graph, &start, Hopping::default(), KELVIN, 1).expect("a crystal")) as Box<dyn Engine>
            };
            timed("hops", make, 2_000_000, 20_000_000);
        }
    }
}
