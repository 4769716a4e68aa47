//! One rewiring sweep 0 → V → 0: `gap_sweep [hypothesis] [rate mV/s] [gap nm] [seeds] [turn V | set] [compliance uA] [key=value …]`.

use pentatwin_physics::gap::{GapEngine, GapGeometry, Rewiring};
use pentatwin_physics::wire::Ramp;
use pentatwin_units::Section;
use std::time::Instant;

/// Processor time so far [s], or the time of day where the system does not tell.
fn processor(clock: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok().and_then(|t| t.split(' ').next()?.parse::<f64>().ok());
    told.map_or_else(|| clock.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// Rank correlation of two quantities.
fn spearman(pairs: &mut [(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    pairs.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranked: Vec<(f64, f64)> = pairs.iter().enumerate().map(|(i, p)| (p.0, i as f64)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let d: f64 = ranked.iter().enumerate().map(|(i, p)| (i as f64 - p.1).powi(2)).sum();
    1.0 - 6.0 * d / (n * (n * n - 1.0)).max(1.0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (keys, words): (Vec<&String>, Vec<&String>) = args.iter().partition(|a| a.contains('='));
    let word = |i: usize, default: &str| words.get(i).map_or(default.to_owned(), |w| (*w).clone());
    let mut settings = Rewiring::default();
    let mut geometry = GapGeometry::paper(word(2, "20").parse::<f64>()? * 1e-9);
    let mut series = 1e3;
    let mut verbose = false;
    let mut most = 8.0;
    // Rate of the way back [V/s], where it is another.
    let mut down: Option<f64> = None;
    // Floor of the instrument [A], to tell the jump above it.
    let mut jump: Option<f64> = None;
    let mut jumps = Vec::new();
    let mut early = Vec::new();
    let mut instant = false;
    let mut first = 0u64;
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
            "first" => first = value.parse()?,
            "instant" => instant = true,
            "jump" => jump = Some(value.parse::<f64>()? * 1e-9),
            "down" => down = Some(value.parse::<f64>()? * 1e-3),
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
    let clock = Instant::now();
    let mut sets = Vec::new();
    let mut walls = Vec::new();
    for seed in first..first + seeds {
        let start = processor(clock);
        let mut e = GapEngine::new(&settings, &geometry, series, seed)?;
        e.illuminate(dose);
        let ramp = Ramp { start: 0.0, voltage: 0.0, voltage_rate: sign * rate, frame: 300.0, frame_rate: 0.0, compliance, end: 1e9 };
        e.drive(ramp);
        let step = 0.01 / rate;
        let (mut set, mut t) = (None, 0.0);
        let mut before = 0.0;
        while t * rate < most {
            t += step;
            let charge = e.charge();
            e.advance(t, &mut |_| ())?;
            // What a source-meter would say that averages over the step.
            let mean = (e.charge() - charge) / step;
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
            if set.is_none() && (if instant { e.current() } else { mean }).abs() > 10e-9 {
                set = Some(t * rate);
                if let Some(floor) = jump {
                    // From the sample before to the larger of this one and the next.
                    let charge = e.charge();
                    e.advance(t + step, &mut |_| ())?;
                    let after = mean.abs().max((e.charge() - charge).abs() / step);
                    jumps.push((after.max(floor) / f64::max(before, floor)).log10());
                    // Place and time of the particles: do they grow from the inert side?
                    let mut born: Vec<(f64, f64)> = e.particles().iter().filter(|p| p.atoms > 30).map(|p| (p.born, p.x)).collect();
                    early.push(spearman(&mut born));
                    t += step;
                }
                if turn == "set" {
                    break;
                }
            }
            before = mean.abs();
            if set.is_some_and(|s| turn != "set" && t * rate >= s + turn.parse::<f64>().unwrap_or(0.3)) {
                break;
            }
        }
        let wall = processor(clock) - start;
        let on = e.conductance() / 77.48e-6;
        let mut line = String::new();
        if turn != "set" && set.is_some() {
            e.freeze(!settle);
            let top = t * rate;
            let back = down.unwrap_or(rate);
            e.drive(Ramp {
                start: t,
                voltage: sign * top,
                voltage_rate: -sign * back,
                frame: 300.0,
                frame_rate: 0.0,
                compliance,
                end: t + top / back,
            });
            let (mut off, mut curve) = (top, Vec::new());
            for k in 1..=(top / 0.01).round() as usize {
                e.advance(t + k as f64 * 0.01 / back, &mut |_| ())?;
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
        let whole = processor(clock) - start;
        let h = e.heat();
        println!(
            "seed {seed}: set {} V, cpu {wall:.3} s (whole {whole:.3}),{line} particles {}, taken {:?} returned {:?}, balance {}, heat {:.1e}, events {} unsolved {} solves {} steps {} sweeps {}",
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
    if !jumps.is_empty() {
        jumps.sort_by(f64::total_cmp);
        let at = |q: f64| jumps[((jumps.len() - 1) as f64 * q).round() as usize];
        let share = |d: f64| jumps.iter().filter(|j| **j >= d).count();
        println!(
            "jump in decades: 10 % {:.2}, median {:.2}, 90 % {:.2}; >= 1: {}, >= 2: {}, >= 3: {} of {}; Spearman of birth and place {:.2}",
            at(0.1),
            at(0.5),
            at(0.9),
            share(1.0),
            share(2.0),
            share(3.0),
            jumps.len(),
            early.iter().sum::<f64>() / early.len() as f64
        );
    }
    walls.sort_by(f64::total_cmp);
    let n = sets.len() as f64;
    let mean = sets.iter().sum::<f64>() / n;
    let sd = (sets.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    println!(
        "{} of {seeds} set: {mean:.2} +- {sd:.2} V; cpu median {:.3} s, worst {:.3} s",
        sets.len(),
        walls[walls.len() / 2],
        walls[walls.len() - 1]
    );
    Ok(())
}
