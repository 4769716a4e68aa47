//! The shape of a heated tip against the settling ratio, size and start: the scan that `validation/README.md` publishes.
//!
//! `cargo run --release -p pentatwin-validation --example lattice_scan -- SHELLS RATIO START [SEED]` with START one of flat, rounded, notched,
//! pyramid. Without arguments: the whole scan, ten minutes.

use pentatwin_validation::lattice::shape;

fn scan(shells: usize, ratio: f64, start: &str, seed: u64) {
    let s = shape(shells, ratio, start, seed);
    let wedges: Vec<String> = s.facets.iter().map(|f| format!("{:.1} {:.1}±{:.1}", f.median, f.mean, f.error)).collect();
    println!(
        "| {shells} | {:.1} | {start} | {:.2e} | {:.3} {:.3}±{:.3} | {} | {:.1} {:.1}±{:.1} |",
        ratio / shells as f64,
        s.toggles,
        s.share.median,
        s.share.mean,
        s.share.error,
        wedges.join(" | "),
        s.ridge.median,
        s.ridge.mean,
        s.ridge.error
    );
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("| shells | ratio/shells | start | toggles | share of {{111}} | facet 1 | 2 | 3 | 4 | 5 | ridge |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [shells, ratio, start, rest @ ..] = args.as_slice() {
        let seed = rest.first().map_or(Ok(7), |l| l.parse())?;
        scan(shells.parse()?, ratio.parse()?, start, seed);
        return Ok(());
    }
    for shells in [32, 40] {
        for factor in [0.5, 2.0, 8.0, 16.0] {
            for start in ["flat", "rounded", "notched", "pyramid"] {
                scan(shells, factor * shells as f64, start, 7);
            }
        }
    }
    Ok(())
}
