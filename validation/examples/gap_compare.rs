//! The rewiring engine and the pure lattice model of the same gap side by side: the table of `validation/README.md`.
//!
//! `cargo run --release -p pentatwin-validation --example gap_compare -- [SEEDS] [GAP nm] [RATE mV/s]`; with `table` the frozen rates.

use pentatwin_validation::gap_lattice::{LatticeGap, table};
use pentatwin_validation::gap_runs::{hybrid, spread};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == "table") {
        println!("{:?}", table());
        return Ok(());
    }
    let seeds: u64 = args.first().map_or(Ok(20), |a| a.parse())?;
    let gaps = args.get(1).map_or(Ok(vec![5.0, 8.0]), |a| a.parse().map(|g| vec![g]))?;
    let rates = args.get(2).map_or(Ok(vec![10.0, 33.0]), |a| a.parse().map(|r| vec![r]))?;
    let verbose = args.len() > 3;
    println!("| gap nm | mV/s | model | set | V_SET ± sd [min, max] V | atoms, median [quartiles] | clusters | recession nm | s a run |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for gap in &gaps {
        for rate in &rates {
            for lattice in [false, true] {
                if lattice != args.get(4).map_or(lattice, |a| a == "lattice") {
                    continue;
                }
                let clock = Instant::now();
                let runs: Vec<_> = (0..seeds)
                    .map(|seed| {
                        let r = if lattice {
                            LatticeGap::new(gap * 1e-9, seed).sweep(rate * 1e-3, 6.0)
                        } else {
                            hybrid(gap * 1e-9, seed, rate * 1e-3, 6.0)
                        };
                        if verbose {
                            println!("{seed}: {r:?}");
                        }
                        r
                    })
                    .collect();
                let set: Vec<f64> = runs.iter().filter_map(|r| r.voltage).collect();
                let (v, sd) = spread(&set);
                let mut atoms: Vec<u64> = runs.iter().map(|r| r.atoms).collect();
                atoms.sort_unstable();
                let atoms = [1, 2, 3].map(|q| atoms[(atoms.len() - 1) * q / 4]);
                let (low, high) = set.iter().fold((f64::INFINITY, 0.0f64), |m, v| (m.0.min(*v), m.1.max(*v)));
                println!(
                    "| {gap} | {rate} | {} | {} of {seeds} | {v:.2} ± {sd:.2} [{low:.2}, {high:.2}] | {} [{}, {}] | {:.1} | {:.1} | {:.2} |",
                    if lattice { "lattice" } else { "hybrid" },
                    set.len(),
                    atoms[1],
                    atoms[0],
                    atoms[2],
                    spread(&runs.iter().map(|r| r.clusters as f64).collect::<Vec<_>>()).0,
                    spread(&runs.iter().map(|r| r.recession * 1e9).collect::<Vec<_>>()).0,
                    clock.elapsed().as_secs_f64() / seeds as f64
                );
            }
        }
    }
    Ok(())
}
