//! The rows to which the compact model of the rewired gap is fitted, from the rewiring engine: `compact_rows sets|loops [scale]` prints a CSV.
//!
//! `sets`: rising sweeps of many seeds until the current exceeds 10 nA (mean, spread and standard error of that voltage). `loops`: 0 → 0.3 V
//! beyond the rise → 0 → −V with a compliance: conductance at the top, voltage at which the current is gone on the way down, silver that
//! reversal brings back. `scale` multiplies the number of seeds. Everything else is the engine's default and the paper's geometry.

use pentatwin_physics::gap::{GapEngine, GapError, GapGeometry, Rewiring, Surroundings};
use pentatwin_physics::wire::Ramp;

/// Current above which the gap counts as bridged [A] (rewiring.md 4.1).
const BRIDGED: f64 = 10e-9;
/// Voltage between two looks [V].
const LOOK: f64 = 0.01;
/// Series resistance [Ω] and highest voltage [V].
const SERIES: f64 = 1e3;
const MOST: f64 = 9.0;

/// Surroundings, gap [nm], rate [mV/s], temperature [K], seeds.
const SETS: &[(Surroundings, f64, f64, f64, u64)] = {
    use Surroundings::{Humid, Vacuum};
    &[
        (Vacuum, 5.0, 3.3, 300.0, 24),
        (Vacuum, 5.0, 10.0, 300.0, 24),
        (Vacuum, 5.0, 33.0, 300.0, 24),
        (Vacuum, 5.0, 100.0, 300.0, 24),
        (Vacuum, 10.0, 3.3, 300.0, 16),
        (Vacuum, 10.0, 10.0, 300.0, 16),
        (Vacuum, 10.0, 33.0, 300.0, 16),
        (Vacuum, 10.0, 100.0, 300.0, 16),
        (Humid, 10.0, 10.0, 300.0, 12),
        (Vacuum, 10.0, 10.0, 280.0, 12),
        (Vacuum, 10.0, 10.0, 320.0, 12),
        (Humid, 10.0, 100.0, 300.0, 12),
        (Vacuum, 20.0, 3.3, 300.0, 6),
        (Vacuum, 20.0, 10.0, 300.0, 6),
        (Vacuum, 20.0, 33.0, 300.0, 6),
        (Vacuum, 20.0, 100.0, 300.0, 6),
        (Humid, 20.0, 10.0, 300.0, 6),
        (Humid, 20.0, 100.0, 300.0, 6),
        (Vacuum, 15.0, 10.0, 300.0, 8),
        (Vacuum, 30.0, 3.3, 300.0, 4),
        (Vacuum, 30.0, 10.0, 300.0, 4),
        (Vacuum, 30.0, 33.0, 300.0, 4),
        (Vacuum, 30.0, 100.0, 300.0, 4),
    ]
};

/// Gap [nm], compliance [µA], highest negative voltage [V], seeds; vacuum, 100 mV/s.
const LOOPS: &[(f64, f64, f64, u64)] = &[(5.0, 10.0, 1.5, 6), (5.0, 50.0, 1.5, 4), (5.0, 100.0, 1.5, 4), (10.0, 10.0, 2.0, 6)];

fn engine(settings: &Rewiring, gap: f64, kelvin: f64, seed: u64) -> Result<GapEngine, GapError> {
    let mut geometry = GapGeometry::paper(gap * 1e-9);
    geometry.temperature = [kelvin; 2];
    GapEngine::new(settings, &geometry, SERIES, seed)
}

/// A linear piece of a sweep, looked at every 10 mV: the current then.
fn sweep(
    e: &mut GapEngine,
    from: f64,
    to: f64,
    rate: f64,
    compliance: f64,
    mut look: impl FnMut(&GapEngine, f64) -> bool,
) -> Result<(), GapError> {
    let (start, span) = (e.time(), (to - from).abs());
    let rate = rate.copysign(to - from);
    e.drive(Ramp { start, voltage: from, voltage_rate: rate, frame: 300.0, frame_rate: 0.0, compliance, end: start + span / rate.abs() });
    for k in 1..=(span / LOOK).round() as usize {
        e.advance(start + k as f64 * LOOK / rate.abs(), &mut |_| ())?;
        if look(e, from + k as f64 * LOOK.copysign(rate)) {
            break;
        }
    }
    Ok(())
}

fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let m = values.iter().sum::<f64>() / n;
    (m, (values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let scale: f64 = args.get(1).map_or(Ok(1.0), |s| s.parse())?;
    let count = |n: u64| ((n as f64 * scale).round() as u64).max(2);
    if args.first().is_some_and(|a| a == "loops") {
        println!("gap_nm,rate_mV_s,compliance_uA,seed,set_V,top_G0,off_V,atoms_top,atoms_end,half_back_V");
        for &(gap, compliance, negative, seeds) in LOOPS {
            for seed in 0..count(seeds) {
                let mut e = engine(&Rewiring::default(), gap, 300.0, seed)?;
                let (rate, limit) = (0.1, compliance * 1e-6);
                let inside = |e: &GapEngine| e.ledger().taken[1] as f64 - e.ledger().returned[1] as f64;
                let (mut set, mut top) = (None, MOST);
                sweep(&mut e, 0.0, MOST, rate, limit, |e, v| {
                    if set.is_none() && e.current().abs() > BRIDGED {
                        set = Some(v);
                    }
                    top = v;
                    set.is_some_and(|s| v >= s + 0.3 - 1e-9)
                })?;
                let (on, atoms) = (e.conductance(), inside(&e));
                let mut off = top;
                sweep(&mut e, top, 0.0, rate, limit, |e, v| {
                    if e.current().abs() > BRIDGED {
                        off = v;
                    }
                    false
                })?;
                let mut half = f64::NAN;
                sweep(&mut e, 0.0, -negative, rate, limit, |e, v| {
                    if half.is_nan() && inside(e) < 0.5 * atoms {
                        half = v;
                    }
                    false
                })?;
                let set = set.unwrap_or(f64::NAN);
                println!("{gap},100,{compliance},{seed},{set:.2},{:.4},{off:.2},{atoms},{},{half:.2}", on / 77.480_917e-6, inside(&e));
            }
        }
        return Ok(());
    }
    println!("surroundings,gap_nm,rate_mV_s,temperature_K,seeds,rose,mean_V,sd_V,standard_error_V");
    for &(surroundings, gap, rate, kelvin, seeds) in SETS {
        let settings = Rewiring { surroundings, ..Rewiring::default() };
        let mut sets = Vec::new();
        for seed in 0..count(seeds) {
            let mut e = engine(&settings, gap, kelvin, seed)?;
            sweep(&mut e, 0.0, MOST, rate * 1e-3, 10e-6, |e, v| {
                let bridged = e.current().abs() > BRIDGED;
                if bridged {
                    // The middle of the look in which it happened.
                    sets.push(v - 0.5 * LOOK);
                }
                bridged
            })?;
        }
        let (m, sd) = mean(&sets);
        let word = if surroundings == Surroundings::Humid { "humid" } else { "vacuum" };
        println!("{word},{gap},{rate},{kelvin},{},{},{m:.4},{sd:.4},{:.4}", count(seeds), sets.len(), sd / (sets.len() as f64).sqrt());
    }
    Ok(())
}
