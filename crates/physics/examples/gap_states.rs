//! What a rewired gap does after the rise: `gap_states [gap nm] [uA] [seeds] [rate mV/s] [series ohm] [cycles] [hold s] [key=value …]`.
//!
//! Up until the mean current passes 10 nA and 0.1 V beyond, down to 20 mV, a hold there (retention), reversal to −1.5 V (reset), and again.
//! Conductance samples of the way down, where the source does not limit, go into a histogram.

use pentatwin_physics::gap::{GapEngine, GapGeometry, Rewiring};
use pentatwin_physics::materials::constants::G0;
use pentatwin_physics::wire::Ramp;
use pentatwin_units::Section;

struct Run {
    e: GapEngine,
    compliance: f64,
    rate: f64,
    histogram: Vec<usize>,
}

impl Run {
    /// A ramp in steps of 10 mV; each is told voltage and mean current, and may end it. Returns the voltage reached.
    fn sweep(&mut self, from: f64, to: f64, mut each: impl FnMut(f64, f64, &mut Vec<usize>, f64) -> bool) -> f64 {
        let (start, steps) = (self.e.time(), (f64::abs(to - from) / 0.01).round() as usize);
        let rate = self.rate.copysign(to - from);
        let (voltage_rate, end) = (rate, start + f64::abs(to - from) / self.rate);
        self.e.drive(Ramp { start, voltage: from, voltage_rate, frame: 300.0, frame_rate: 0.0, compliance: self.compliance, end });
        for k in 1..=steps {
            let charge = self.e.charge();
            let span = 0.01 / self.rate;
            if self.e.advance(start + k as f64 * span, &mut |_| ()).is_err() {
                return f64::NAN;
            }
            let v = from + 0.01f64.copysign(rate) * k as f64;
            let g = self.e.conductance() / G0;
            if each(v, (self.e.charge() - charge) / span, &mut self.histogram, g) {
                return v;
            }
        }
        to
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (keys, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a.contains('='));
    let words: Vec<f64> = words.iter().map(|a| a.parse()).collect::<Result<_, _>>()?;
    let mut settings = Rewiring::default();
    for (key, value) in keys.iter().filter_map(|k| k.split_once('=')) {
        let p = Rewiring::PARAMETERS.iter().find(|p| p.name == key).ok_or(format!("no parameter `{key}`"))?;
        settings.set(key, &p.read_text(value)?);
    }
    let word = |i: usize, default: f64| words.get(i).copied().unwrap_or(default);
    let (gap, compliance, seeds) = (word(0, 5.0) * 1e-9, word(1, 10.0) * 1e-6, word(2, 5.0) as u64);
    let (rate, series, cycles, hold) = (word(3, 100.0) * 1e-3, word(4, 1e3), word(5, 1.0) as usize, word(6, 100.0));
    let mut all = vec![0usize; 16];
    for seed in 0..seeds {
        let e = GapEngine::new(&settings, &GapGeometry::paper(gap), series, seed)?;
        let mut run = Run { e, compliance, rate, histogram: vec![0; 16] };
        let mut line = format!("seed {seed}:");
        for _ in 0..cycles {
            let mut set = f64::NAN;
            let top = run.sweep(0.0, 6.0, |v, i, _, _| {
                if set.is_nan() && i.abs() > 10e-9 {
                    set = v;
                }
                v >= set + 0.1 - 1e-9
            });
            if top.is_nan() {
                line += " gave up";
                break;
            }
            run.sweep(top, 0.02, |v, i, histogram, g| {
                if i.abs() < 0.999 * compliance && v > 0.04 && g > 0.05 {
                    histogram[((g / 0.25) as usize).min(15)] += 1;
                }
                false
            });
            line += &format!(" set {set:.2} V, at 20 mV {:.3} G0;", run.e.conductance() / G0);
            let start = run.e.time();
            run.e.drive(Ramp { voltage: 0.02, ..Ramp::rest(start, start + hold, 300.0) });
            for t in [1.0, 10.0, 100.0, 900.0].into_iter().filter(|t| *t <= hold) {
                run.e.advance(start + t, &mut |_| ())?;
                line += &format!(" {t:.0} s: {:.1e}", run.e.conductance().abs() / G0);
            }
            let metals = |e: &GapEngine| e.particles().iter().filter(|p| p.atoms > 30).count();
            let before = metals(&run.e);
            run.sweep(0.0, -1.5, |_, _, _, _| false);
            run.sweep(-1.5, 0.0, |_, _, _, _| false);
            line += &format!("; reversed: {:.1e} G0, particles {before} to {}.", run.e.conductance().abs() / G0, metals(&run.e));
        }
        let [events, unsolved, solves, ..] = run.e.effort();
        println!("{line} balance {}, events {events}, unsolved {unsolved} of {solves}", run.e.ledger().balance());
        all.iter_mut().zip(&run.histogram).for_each(|(a, h)| *a += h);
    }
    println!("samples on the way down by quarters of G0 from 0 on: {all:?}");
    Ok(())
}
