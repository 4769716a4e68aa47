//! Speed and memory of the hops: `cargo run --release -p pentatwin-physics --example shape_speed [hops in millions]`.
//!
//! Pristine windows between buffers, under a force of realistic strength for the lattice's pitch, with a hump of mobility of ratio 8.

use pentatwin_physics::lattice::{Form, Graph, Start};
use pentatwin_physics::shape::{Buffer, Kinetics};
use std::time::Instant;

/// Processor time of this process [s], where the system tells it, or else the time of day: other programs take time too.
fn clock(since: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok().and_then(|t| t.split(' ').next()?.parse::<f64>().ok());
    told.map_or_else(|| since.elapsed().as_secs_f64(), |t| 1e-9 * t)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let since = Instant::now();
    let millions: f64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(3.0);
    println!("shells layers beta   f    hops/s    attempts/hop  B/site  set_potential ms  set_mobility ms");
    for (shells, layers, f) in [(12, 100, 0.42), (16, 130, 0.24), (24, 196, 0.11), (16, 256, 0.24)] {
        for beta in [1.6, 2.03, 2.74] {
            let graph = Graph::new(shells + 9, layers, 246 / shells)?;
            let sites = graph.sites();
            let psi: Vec<f32> = (0..sites).map(|s| (graph.layer_position(s / layers, s % layers) / graph.pitch()) as f32).collect();
            let hump: Vec<f64> = (0..layers).map(|k| 1.0 - 0.875 * (2.0 * k as f64 / (layers - 1) as f64 - 1.0).powi(2)).collect();
            let mut kinetics = Kinetics::new(graph, &Start { shells, form: Form::Section }, beta, 1)?;
            kinetics.set_mobility(&hump)?;
            let depth = 7;
            let full = kinetics.layer_counts()[layers / 2];
            for end in 0..2 {
                kinetics.set_buffer(end, Some(Buffer { layers: depth, target: f64::from(full) * depth as f64 }));
            }
            kinetics.set_potential(&psi, f)?;
            kinetics.run(300_000, f64::INFINITY);
            let (attempts, hops) = (kinetics.attempts(), kinetics.hops());
            let (mut running, mut potential, mut mobility, mut updates) = (0.0, 0.0, 0.0, 0);
            while ((kinetics.hops() - hops) as f64) < 1e6 * millions {
                let start = clock(since);
                kinetics.run(300_000, f64::INFINITY);
                running += clock(since) - start;
                let start = clock(since);
                kinetics.set_potential(&psi, f)?;
                potential += clock(since) - start;
                let start = clock(since);
                kinetics.set_mobility(&hump)?;
                mobility += clock(since) - start;
                updates += 1;
            }
            let made = (kinetics.hops() - hops) as f64;
            println!(
                "{shells:5} {layers:5}  {beta:4.2} {f:4.2}  {:.3e}   {:8.2}      {:5.2}      {:6.3}           {:6.3}",
                made / (running + potential + mobility),
                (kinetics.attempts() - attempts) as f64 / made,
                kinetics.bytes() as f64 / sites as f64,
                1e3 * potential / f64::from(updates),
                1e3 * mobility / f64::from(updates),
            );
        }
    }
    Ok(())
}
