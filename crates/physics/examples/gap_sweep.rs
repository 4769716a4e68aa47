//! One rewiring sweep 0 → V → 0: `gap_sweep [hypothesis] [rate mV/s] [gap nm] [seeds] [turn V | set] [compliance uA] [key=value …]`.

use pentatwin_physics::gap::{GapEngine, GapGeometry, Rewiring};
use pentatwin_physics::wire::Ramp;
use pentatwin_units::Section;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (keys, words): (Vec<&String>, Vec<&String>) = args.iter().partition(|a| a.contains('='));
    let word = |i: usize, default: &str| words.get(i).map_or(default.to_owned(), |w| (*w).clone());
    let mut settings = Rewiring::default();
    let mut geometry = GapGeometry::paper(word(2, "20").parse::<f64>()? * 1e-9);
    let mut series = 1e3;
    let mut verbose = false;
    let mut most = 8.0;
    let mut dose = 0.0;
    let mut settle = true;
    for (key, value) in std::iter::once(("hypothesis", word(0, "adsorbate-ions")))
        .chain(keys.iter().filter_map(|k| k.split_once('=').map(|(a, b)| (a, b.to_owned()))))
    {
        match key {
            "series" => series = value.parse()?,
            "kelvin" => geometry.temperature = [value.parse()?; 2],
            "tip" => geometry.tip_radius[1] = value.parse::<f64>()? * 1e-9,
            "verbose" => verbose = true,
            "most" => most = value.parse()?,
            "dose" => dose = value.parse::<f64>()? * 1e18,
            "frozen" => settle = false,
            _ => {
                let p = Rewiring::PARAMETERS.iter().find(|p| p.name == key).ok_or(format!("no parameter `{key}`"))?;
                let v = p.read_text(&value)?;
                settings.set(key, &v);
            }
        }
    }
    let rate = word(1, "10").parse::<f64>()? * 1e-3;
    let seeds: u64 = word(3, "5").parse()?;
    let turn = word(4, "set");
    let compliance = word(5, "10").parse::<f64>()? * 1e-6;
    let sign = if rate < 0.0 { -1.0 } else { 1.0 };
    let rate = rate.abs();
    let mut sets = Vec::new();
    let mut walls = Vec::new();
    for seed in 0..seeds {
        let clock = Instant::now();
        let mut e = GapEngine::new(&settings, &geometry, series, seed)?;
        e.illuminate(dose);
        let ramp = Ramp { start: 0.0, voltage: 0.0, voltage_rate: sign * rate, frame: 300.0, frame_rate: 0.0, compliance, end: 1e9 };
        e.drive(ramp);
        let step = 0.01 / rate;
        let (mut set, mut t) = (None, 0.0);
        while t * rate < most {
            t += step;
            e.advance(t, &mut |_| ())?;
            if verbose && (t * rate * 100.0).round() as i64 % 10 == 0 {
                println!(
                    "# {:.2} V {:.3e} A atoms {:?} parts {} effort {:?}",
                    t * rate,
                    e.current(),
                    e.ledger().taken,
                    e.particles().iter().filter(|p| p.metallic()).count(),
                    e.effort()
                );
            }
            if set.is_none() && e.current().abs() > 10e-9 {
                set = Some(t * rate);
                if turn == "set" {
                    break;
                }
            }
            if set.is_some_and(|s| turn != "set" && t * rate >= s + turn.parse::<f64>().unwrap_or(0.3)) {
                break;
            }
        }
        let wall = clock.elapsed().as_secs_f64();
        let on = e.conductance() / 77.48e-6;
        let mut line = String::new();
        if turn != "set" && set.is_some() {
            e.freeze(!settle);
            let top = t * rate;
            e.drive(Ramp {
                start: t,
                voltage: sign * top,
                voltage_rate: -sign * rate,
                frame: 300.0,
                frame_rate: 0.0,
                compliance,
                end: t + top / rate,
            });
            let (mut off, mut curve) = (top, Vec::new());
            for k in 1..=(top / 0.01).round() as usize {
                e.advance(t + k as f64 * step, &mut |_| ())?;
                let v = top - k as f64 * 0.01;
                if e.current().abs() > 10e-9 {
                    off = v;
                }
                curve.push((v, e.current().abs()));
                if verbose && k % 20 == 0 {
                    println!(
                        "# down {v:.2} V {:.3e} A G {:.3} G0 limited {} taken {:?} effort {:?}",
                        e.current(),
                        e.conductance() / 77.48e-6,
                        e.limited(),
                        e.ledger().taken,
                        e.effort()
                    );
                }
            }
            // Exponent d ln I / d ln V in the last 0.6 V before the current is gone, where the source does not limit.
            let used: Vec<(f64, f64)> = curve
                .iter()
                .filter(|c| c.0 > off && c.0 < off + 0.6 && c.1 > 10e-9 && c.1 < 0.999 * compliance && c.0 > 0.0)
                .map(|c| (c.0.ln(), c.1.ln()))
                .collect();
            let n = used.len() as f64;
            let (mx, my) = (used.iter().map(|u| u.0).sum::<f64>() / n, used.iter().map(|u| u.1).sum::<f64>() / n);
            let slope = used.iter().map(|u| (u.0 - mx) * (u.1 - my)).sum::<f64>() / used.iter().map(|u| (u.0 - mx).powi(2)).sum::<f64>();
            line = format!(" on {on:.3} G0, off at {off:.2} V, exponent {slope:.2} ({n})");
        }
        let whole = clock.elapsed().as_secs_f64();
        let h = e.heat();
        println!(
            "seed {seed}: set {} V, wall {wall:.3} s (whole {whole:.3}),{line} particles {}, taken {:?} returned {:?}, balance {}, heat {:.1e}, events {} unsolved {} solves {} steps {} sweeps {}",
            set.map_or("none".into(), |s| format!("{s:.2}")),
            e.particles().iter().filter(|p| p.metallic()).count(),
            e.ledger().taken,
            e.ledger().returned,
            e.ledger().balance(),
            (h.source - h.series - h.gap) / h.source.abs().max(1e-300),
            e.effort()[0],
            e.effort()[1],
            e.effort()[2],
            e.effort()[3],
            e.effort()[4]
        );
        if verbose {
            let mut list: Vec<_> = e.particles().iter().filter(|p| p.metallic()).collect();
            list.sort_by(|a, b| a.x.total_cmp(&b.x));
            for p in list {
                println!(
                    "# x {:.2} y {:.2} R {:.2} nm, {} atoms, {:.3} V, born {:.2} s",
                    p.x * 1e9,
                    p.y * 1e9,
                    p.radius * 1e9,
                    p.atoms,
                    p.potential,
                    p.born
                );
            }
            println!("# recession {:.2} {:.2} nm", e.recession(0) * 1e9, e.recession(1) * 1e9);
        }
        sets.extend(set);
        walls.push(whole);
    }
    walls.sort_by(f64::total_cmp);
    let n = sets.len() as f64;
    let mean = sets.iter().sum::<f64>() / n;
    let sd = (sets.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    println!(
        "{} of {seeds} set: {mean:.2} +- {sd:.2} V; wall median {:.3} s, worst {:.3} s",
        sets.len(),
        walls[walls.len() / 2],
        walls[walls.len() - 1]
    );
    Ok(())
}
