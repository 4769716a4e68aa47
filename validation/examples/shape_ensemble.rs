//! Table over seeds of windows that break by themselves (shape3d.md section 5): cargo run --release -p pentatwin-validation --example shape_ensemble
//! [shells] [seeds] [rows: all, or names]. Each row: gap from the cathode end, lengths of the tips, amplitudes of their outlines; mean ± standard deviation.

use pentatwin_analysis::atoms::Tip;
use pentatwin_validation::shape_runs::{Alone, Ended, each, spread};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arg = |i: usize, d: &str| std::env::args().nth(i).unwrap_or_else(|| d.to_owned());
    let (shells, seeds): (usize, u64) = (arg(1, "12").parse()?, arg(2, "8").parse()?);
    let wanted = arg(3, "all");
    for (name, hottest, skin, window) in Alone::ROWS {
        if wanted != "all" && !wanted.split(',').any(|w| w == name) {
            continue;
        }
        let seeds: Vec<u64> = (1..=seeds).collect();
        let clock = Instant::now();
        let runs = each(&seeds, |seed| {
            let mut alone = Alone::new(shells, hottest, 7.5, *seed);
            alone.shape.skin = skin;
            alone.shape.window = window;
            let clock = Instant::now();
            let found = alone.run(1e9).map(|(_, ended)| ended);
            (found, clock.elapsed().as_secs_f64())
        });
        let found: Vec<&Ended> = runs.iter().filter_map(|(r, _)| r.as_ref().ok()).collect();
        for (r, cpu) in &runs {
            match r {
                Ok(e) => println!(
                    "  {name} {} t {:.3e} s gap {:.0} nm moved {:.3} halves {:.3} {:.3} most {:.3} {:.3} hops {:.2e} beta {:.2} cpu {cpu:.1} s",
                    shells,
                    e.time.unwrap_or(f64::NAN),
                    1e9 * e.gap().unwrap_or(f64::NAN),
                    e.moved,
                    e.halves[0],
                    e.halves[1],
                    e.swollen[0],
                    e.swollen[1],
                    e.hops as f64,
                    e.beta
                ),
                Err(error) => println!("  {name}: {error}"),
            }
        }
        let ms = |f: &dyn Fn(&Ended) -> Option<f64>, scale: f64| {
            let v: Vec<f64> = found.iter().filter_map(|e| f(e)).map(|v| scale * v).collect();
            let (m, s) = spread(&v);
            format!("{m:.3} ± {s:.3} ({})", v.len())
        };
        let tip = |k: usize, f: &dyn Fn(&Tip) -> Option<f64>, scale: f64| ms(&|e: &Ended| f(&e.broken.as_ref()?.tips[k]), scale);
        println!("{name}, {shells} shells, {} seeds, {:.0} s", seeds.len(), clock.elapsed().as_secs_f64());
        println!("  gap nm {}   width {}", ms(&|e| e.gap(), 1e9), ms(&|e| Some(e.broken.as_ref()?.gap.width.value), 1e9));
        println!(
            "  time {}   moved {}   anode half {}   most {}",
            ms(&|e| e.time, 1.0),
            ms(&|e| Some(e.moved), 1.0),
            ms(&|e| Some(e.halves[1]), 1.0),
            ms(&|e| Some(e.swollen[1]), 1.0)
        );
        for k in 0..2 {
            println!(
                "  tip {} ({}): to 25 % {} nm   c5 {}   c2..c4 {}   offset {} nm",
                k + 1,
                ["cathode", "anode"][k],
                tip(k, &|t| Some(t.to_quarter?.value), 1e9),
                tip(k, &|t| Some(Ended::amplitudes(t)?[0]), 1.0),
                tip(k, &|t| Some(Ended::amplitudes(t)?[1]), 1.0),
                tip(k, &|t| Some(t.offset.size.value), 1e9)
            );
        }
    }
    Ok(())
}
