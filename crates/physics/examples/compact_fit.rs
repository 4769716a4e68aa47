//! Fits the compact model of the rewired gap to the rewiring engine: `compact_fit [sets.csv [loops.csv]]`.
//!
//! Prints the rows with the model's number beside the engine's, the constants found, the error of the rows held out of the fit, what the
//! constants do in the place of each other, and the scatter from device to device. The rows are those of `compact_rows`.

use pentatwin_physics::gap::compact::{CompactGap, Constants, Load};
use pentatwin_physics::gap::{Rewiring, Surroundings};

const SETS: &str = include_str!("compact_sets.csv");
const LOOPS: &str = include_str!("compact_loops.csv");
const LOAD: Load = Load { series: 1e3, limit: 10e-6 };
const BRIDGED: f64 = 10e-9;
/// Rows kept out of the fit: all humid ones, all other temperatures, the widest gap, and these of the others (gap nm, rate mV/s).
const HELD: &[(f64, f64)] = &[(5.0, 33.0), (10.0, 10.0), (20.0, 33.0)];

#[derive(Clone, Debug)]
struct Row {
    surroundings: Surroundings,
    gap: f64,
    rate: f64,
    kelvin: f64,
    seeds: f64,
    rose: f64,
    mean: f64,
    sd: f64,
    error: f64,
    held: bool,
}

fn rows(text: &str) -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    let mut out = Vec::new();
    for line in text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let n = |i: usize| -> Result<f64, Box<dyn std::error::Error>> { Ok(f.get(i).ok_or(format!("too short: {line}"))?.trim().parse()?) };
        let surroundings = if f[0] == "humid" { Surroundings::Humid } else { Surroundings::Vacuum };
        let (gap, rate, kelvin) = (n(1)?, n(2)?, n(3)?);
        let held = surroundings == Surroundings::Humid || kelvin != 300.0 || gap >= 30.0 || HELD.contains(&(gap, rate));
        out.push(Row { surroundings, gap, rate, kelvin, seeds: n(4)?, rose: n(5)?, mean: n(6)?, sd: n(7)?, error: n(8)?, held });
    }
    Ok(out)
}

/// Voltage at which the model's current exceeds 10 nA, steps of 1 mV.
fn set_voltage(row: &Row, constants: &Constants, scatter: f64) -> f64 {
    let settings = Rewiring { surroundings: row.surroundings, ..Rewiring::default() };
    let Ok(gap) = CompactGap::with_constants(&settings, row.gap * 1e-9, row.kelvin, constants) else { return 20.0 };
    let mut gap = gap.scattered(scatter);
    let step = 1e-3;
    for k in 1..20_000 {
        let v = f64::from(k) * step;
        if gap.step_behind(v, &LOAD, step / (row.rate * 1e-3)).current > BRIDGED {
            return v;
        }
    }
    20.0
}

fn with(base: &Constants, p: &[f64]) -> Constants {
    let mut c = Constants { ln_advance: p[0], enhancement: p[1].exp(), width_power: p[2], ..*base };
    if let Some(cap) = p.get(3) {
        c.cap = cap.exp();
    }
    c
}

/// What the fit makes least: the misfit, each row weighted by its own standard error and 0.03 V of the model's own.
fn weighted(rows: &[&Row], c: &Constants) -> f64 {
    let weight = |r: &Row| 1.0 / (r.error * r.error + 0.03 * 0.03);
    let sum: f64 = rows.iter().map(|r| weight(r) * (set_voltage(r, c, 0.0) - r.mean).powi(2)).sum();
    (sum / rows.iter().map(|r| weight(r)).sum::<f64>()).sqrt()
}

fn rms(rows: &[&Row], c: &Constants) -> f64 {
    (rows.iter().map(|r| (set_voltage(r, c, 0.0) - r.mean).powi(2)).sum::<f64>() / rows.len() as f64).sqrt()
}

/// Nelder and Mead's simplex.
fn simplex(start: &[f64], size: f64, evaluations: usize, f: &dyn Fn(&[f64]) -> f64) -> (Vec<f64>, f64) {
    let n = start.len();
    let mut points: Vec<(Vec<f64>, f64)> = (0..=n)
        .map(|i| {
            let mut p = start.to_vec();
            if i > 0 {
                p[i - 1] += size;
            }
            let v = f(&p);
            (p, v)
        })
        .collect();
    let mut used = n + 1;
    while used < evaluations {
        points.sort_by(|a, b| a.1.total_cmp(&b.1));
        if points[n].1 - points[0].1 < 1e-6 {
            break;
        }
        let centre: Vec<f64> = (0..n).map(|k| points[..n].iter().map(|p| p.0[k]).sum::<f64>() / n as f64).collect();
        let along = |t: f64| -> Vec<f64> { (0..n).map(|k| centre[k] + t * (points[n].0[k] - centre[k])).collect() };
        let mut try_at = |t: f64| {
            used += 1;
            let p = along(t);
            let v = f(&p);
            (p, v)
        };
        let reflected = try_at(-1.0);
        let next = if reflected.1 < points[0].1 {
            let further = try_at(-2.0);
            if further.1 < reflected.1 { further } else { reflected }
        } else if reflected.1 < points[n - 1].1 {
            reflected
        } else {
            try_at(if reflected.1 < points[n].1 { -0.5 } else { 0.5 })
        };
        if next.1 < points[n].1 {
            points[n] = next;
        } else {
            let best = points[0].0.clone();
            for p in &mut points[1..] {
                for k in 0..n {
                    p.0[k] = 0.5 * (p.0[k] + best[k]);
                }
                p.1 = f(&p.0);
                used += 1;
            }
        }
    }
    points.sort_by(|a, b| a.1.total_cmp(&b.1));
    points.swap_remove(0)
}

fn fit(rows: &[&Row], base: &Constants, cap: bool, starts: &[[f64; 4]]) -> (Constants, f64, Vec<f64>) {
    let n = if cap { 4 } else { 3 };
    let mut best: Option<(Vec<f64>, f64)> = None;
    for start in starts {
        let mut found = simplex(&start[..n], 0.3, 160, &|p| weighted(rows, &with(base, p)));
        found = simplex(&found.0, 0.05, 160, &|p| weighted(rows, &with(base, p)));
        println!("  from {:?}: weighted rms {:.4} V at {:?}", &start[..n], found.1, rounded(&found.0));
        if best.as_ref().is_none_or(|b| found.1 < b.1) {
            best = Some(found);
        }
    }
    let (p, v) = best.unwrap_or((starts[0][..n].to_vec(), f64::NAN));
    (with(base, &p), v, p)
}

fn rounded(p: &[f64]) -> Vec<f64> {
    p.iter().map(|x| (x * 1e3).round() / 1e3).collect()
}

/// Eigenvalues and vectors of a small symmetric matrix (Jacobi).
fn eigen(mut a: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let n = a.len();
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..60 {
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = 0.5 * (2.0 * a[p][q]).atan2(a[q][q] - a[p][p]);
                let (s, c) = theta.sin_cos();
                for k in 0..n {
                    let (x, y) = (a[k][p], a[k][q]);
                    (a[k][p], a[k][q]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[p][k], a[q][k]);
                    (a[p][k], a[q][k]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (v[k][p], v[k][q]);
                    (v[k][p], v[k][q]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    (0..n).map(|i| (a[i][i], (0..n).map(|k| v[k][i]).collect())).collect()
}

/// How well the rows hold each combination of the constants: standard deviations at the rows' own standard errors.
fn degeneracies(rows: &[&Row], base: &Constants, p: &[f64]) {
    let names = ["ln advance", "ln enhancement", "width power", "ln cap"];
    let n = p.len();
    let h = 0.02;
    let slopes: Vec<Vec<f64>> = (0..n)
        .map(|k| {
            let moved = |by: f64| {
                let mut q = p.to_vec();
                q[k] += by;
                with(base, &q)
            };
            let (up, down) = (moved(h), moved(-h));
            rows.iter().map(|r| (set_voltage(r, &up, 0.0) - set_voltage(r, &down, 0.0)) / (2.0 * h)).collect()
        })
        .collect();
    let information: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            (0..n)
                .map(|j| rows.iter().enumerate().map(|(r, row)| slopes[i][r] * slopes[j][r] / row.error.max(0.01).powi(2)).sum())
                .collect()
        })
        .collect();
    let mut all = eigen(information);
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("\nCombinations of constants, the least held first (standard deviation at the rows' own errors):");
    for (value, vector) in all {
        let words: Vec<String> = vector.iter().zip(names).map(|(x, n)| format!("{x:+.2} {n}")).collect();
        println!("  {:.3}  along {}", 1.0 / value.max(1e-30).sqrt(), words.join(" "));
    }
}

/// What a loop of the model shows: conductance at the top over the quantum, voltage at which the current is gone on the way down.
fn closed(gap: f64, compliance: f64, constants: &Constants) -> (f64, f64) {
    let Ok(mut model) = CompactGap::with_constants(&Rewiring::default(), gap * 1e-9, 300.0, constants) else { return (f64::NAN, f64::NAN) };
    let load = Load { series: 1e3, limit: compliance };
    let (step, mut v, mut set) = (1e-3, 0.0, None);
    while v < 9.0 && set.is_none_or(|s| v < s + 0.3) {
        v += step;
        if model.step_behind(v, &load, step / 0.1).current > BRIDGED {
            set.get_or_insert(v);
        }
    }
    let point = model.point_behind(v, &load);
    let on = point.current / point.voltage / 77.480_917e-6;
    let mut off = v;
    while v > 0.0 {
        v -= step;
        if model.step_behind(v, &load, step / 0.1).current > BRIDGED {
            off = v;
        }
    }
    (on, off)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let text = args.first().map_or(Ok(SETS.to_owned()), std::fs::read_to_string)?;
    let loops = args.get(1).map_or(Ok(LOOPS.to_owned()), std::fs::read_to_string)?;
    let (all, silent): (Vec<Row>, Vec<Row>) = rows(&text)?.into_iter().partition(|r| r.rose == r.seeds);
    for r in &silent {
        println!(
            "left out, only {} of {} seeds rose below 9 V: {:?} {} nm {} mV/s {} K",
            r.rose, r.seeds, r.surroundings, r.gap, r.rate, r.kelvin
        );
    }
    let fitted: Vec<&Row> = all.iter().filter(|r| !r.held).collect();
    let starts = [[-4.0, 0.3, 0.3, 0.0], [-1.0, -0.3, 0.8, -0.3], [-7.0, 0.8, 0.0, 0.2]];
    let base = Constants::FITTED;
    println!("Rises, with the cap fixed at what is there (1):");
    let fixed = fit(&fitted, &Constants { cap: 1.0, ..base }, false, &starts);
    println!("Rises, all four:");
    let (mut c, spread, p) = fit(&fitted, &base, true, &starts);
    println!("weighted rms of the {} fitted rows: {spread:.3} V with four constants, {:.3} V with the cap at 1", fitted.len(), fixed.1);

    // Scatter: that which gives the engine's spread in the rows at 300 K in vacuum (root mean square of both).
    let slope = |r: &Row, c: &Constants| (set_voltage(r, c, 0.2) - set_voltage(r, c, -0.2)) / 0.4;
    let usual: Vec<&Row> = all.iter().filter(|r| r.kelvin == 300.0 && r.surroundings == Surroundings::Vacuum).collect();
    let (num, den) = usual.iter().fold((0.0, 0.0), |(n, d), r| {
        let s = slope(r, &c);
        (n + s * r.sd * r.rose, d + s * s * r.rose)
    });
    c.scatter = num / den;

    println!("\nsurroundings,gap_nm,rate_mV_s,T_K,engine_V,standard_error_V,model_V,misfit_V,engine_sd_V,model_sd_V,role");
    let mut worst = 0.0f64;
    for r in &all {
        let v = set_voltage(r, &c, 0.0);
        if r.held {
            worst = worst.max((v - r.mean).abs());
        }
        println!(
            "{},{},{},{},{:.3},{:.3},{v:.3},{:+.3},{:.3},{:.3},{}",
            r.surroundings.word(),
            r.gap,
            r.rate,
            r.kelvin,
            r.mean,
            r.error,
            v - r.mean,
            r.sd,
            slope(r, &c).abs() * c.scatter,
            if r.held { "held out" } else { "fitted" }
        );
    }
    let held: Vec<&Row> = all.iter().filter(|r| r.held).collect();
    println!("held out: rms {:.3} V, worst {worst:.3} V of {} rows", rms(&held, &c), held.len());
    degeneracies(&fitted, &base, &p);

    // The closed state: links and atoms, from the conductance at 10 µA of the narrowest gap; the other loops are held out.
    println!("\nThe closed state (100 mV/s): mean of the engine's loops, and the model's");
    type Case = (f64, f64, Vec<(f64, f64)>);
    let mut cases: Vec<Case> = Vec::new();
    for line in loops.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).skip(1) {
        let f: Vec<f64> = line.split(',').map(|x| x.trim().parse().unwrap_or(f64::NAN)).collect();
        match cases.iter_mut().find(|c| c.0 == f[0] && c.1 == f[2]) {
            Some(case) => case.2.push((f[5], f[6])),
            None => cases.push((f[0], f[2], vec![(f[5], f[6])])),
        }
    }
    let geometric = |v: &[(f64, f64)]| (v.iter().map(|x| x.0.max(1e-6).ln()).sum::<f64>() / v.len() as f64).exp();
    let mean_off = |v: &[(f64, f64)]| v.iter().map(|x| x.1).sum::<f64>() / v.len() as f64;
    if let Some(anchor) = cases.iter().find(|c| c.1 == 10.0) {
        let (on, off) = (geometric(&anchor.2), mean_off(&anchor.2));
        let found = simplex(&[c.links.ln(), c.atoms.ln()], 0.3, 80, &|p| {
            let k = Constants { links: p[0].exp(), atoms: p[1].exp(), ..c };
            let (g, v) = closed(anchor.0, anchor.1 * 1e-6, &k);
            (g / on).ln().powi(2) + ((v - off) / 0.1).powi(2) + 0.01 * (p[1] - 6f64.ln()).powi(2)
        });
        c.links = found.0[0].exp();
        c.atoms = found.0[1].exp();
    }
    for (gap, compliance, runs) in &cases {
        let (g, v) = closed(*gap, compliance * 1e-6, &c);
        println!(
            "  {gap} nm, {compliance} uA: top {:.3} G0 (model {g:.3}), off at {:.2} V (model {v:.2}), {} runs",
            geometric(runs),
            mean_off(runs),
            runs.len()
        );
    }
    println!("\n{c:#?}");
    Ok(())
}
