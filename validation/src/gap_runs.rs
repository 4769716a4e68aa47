//! Sweeps of a gap up to the rise of the current, by the rewiring engine; the same by the pure lattice model is `gap_lattice`.

use pentatwin_physics::gap::{GapEngine, GapGeometry, Rewiring};
use pentatwin_physics::wire::Ramp;

/// A sample of the source-meter [V].
pub const SAMPLE: f64 = 10e-3;
/// Mean current of a sample at the rise [A].
pub const RISE: f64 = 10e-9;
/// The source's limit [A].
pub const LIMIT: f64 = 10e-6;

/// What a sweep ended with.
#[derive(Clone, Debug, Default)]
pub struct Rise {
    /// Voltage of the sample whose mean current passed 10 nA [V]; none up to the highest.
    pub voltage: Option<f64>,
    /// Atoms that left the tip and did not come back.
    pub atoms: u64,
    /// Atoms found less atoms taken.
    pub balance: i64,
    /// Clusters of 12 atoms or more.
    pub clusters: usize,
    /// Atoms of the largest.
    pub largest: usize,
    /// How far the apex has receded [m].
    pub recession: f64,
    /// Longest flight of an ion [s] (lattice only).
    pub flight: f64,
    /// Ions that silver closed around, or that did not arrive within the most hops, and were put back into the tip (lattice only).
    pub stuck: u64,
    /// Circuits that did not converge.
    pub unsolved: u64,
}

/// The rewiring engine with its defaults over the paper's gap of this width [m]: from 0 V by `rate` [V/s] to `most` [V].
pub fn hybrid(width: f64, seed: u64, rate: f64, most: f64) -> Rise {
    let geometry = GapGeometry::paper(width);
    let mut e = GapEngine::new(&Rewiring::default(), &geometry, 1e3, seed).expect("a gap that the engine covers");
    let end = most / rate;
    e.drive(Ramp { start: 0.0, voltage: 0.0, voltage_rate: rate, frame: 300.0, frame_rate: 0.0, compliance: LIMIT, end });
    let mut rise = None;
    for k in 1..=(most / SAMPLE).round() as usize {
        let charge = e.charge();
        let mut look = |e: &GapEngine| {
            // What follows within the sample, with the circuit at its limit, is not the rise.
            if rise.is_none() && (e.charge() - charge) * rate / SAMPLE > RISE {
                rise = Some(state(e, Some(k as f64 * SAMPLE)));
            }
        };
        e.advance(k as f64 * SAMPLE / rate, &mut look).expect("no cap is reached");
        if rise.is_some() {
            break;
        }
    }
    rise.unwrap_or_else(|| state(&e, None))
}

fn state(e: &GapEngine, voltage: Option<f64>) -> Rise {
    let metal = || e.particles().iter().filter(|p| p.metallic()).map(|p| p.atoms as usize);
    let ledger = e.ledger();
    Rise {
        voltage,
        atoms: ledger.taken[1] - ledger.returned[1],
        balance: ledger.balance(),
        clusters: metal().count(),
        largest: metal().max().unwrap_or(0),
        recession: e.recession(1),
        unsolved: e.effort()[1],
        ..Rise::default()
    }
}

/// Mean and standard deviation.
pub fn spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
}
