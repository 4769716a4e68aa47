//! Runs beside a heating run: fresh wires held at one temperature each until they break, and the protocol with one thing changed.

use std::sync::atomic::{AtomicUsize, Ordering};

use pentatwin_physics::device::DiffusionLaw;
use pentatwin_record::summary::Companion;
use rayon::prelude::*;

use super::draws::shortened;
use super::hold::hold;
use super::measure::measure;
use crate::protocol::Protocol;
use crate::simulate::simulate_quietly;

/// Temperatures of the fresh wires [°C].
pub const HELD: [f64; 7] = [450.0, 500.0, 550.0, 600.0, 650.0, 700.0, 750.0];
/// They are held for this long at most [s] ...
const LONGEST: f64 = 7200.0;
/// ... and heated at this rate [K/s], so that the way up does not count.
const RATE: f64 = 1000.0;

/// What is different in a companion.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Change {
    /// A fresh wire held at a temperature [°C] of [`HELD`].
    Held(f64),
    /// The chip is hotter than it says, or colder: another part of its rise.
    Chip(f64),
    /// No sublimation.
    NoSublimation,
    /// No surface transport by curvature.
    NoCapillarity,
    /// Rough walls from the start (Gjostein).
    Rough,
    /// The wire's ends retract from the start.
    FreeEnds,
}

/// All companions of a heating run, in the order shown.
pub fn changes() -> Vec<Change> {
    let mut all: Vec<Change> = HELD.map(Change::Held).to_vec();
    all.extend([Change::Chip(-0.05), Change::Chip(0.05), Change::NoSublimation, Change::NoCapillarity, Change::Rough, Change::FreeEnds]);
    all
}

/// What a companion is called.
pub fn label(change: Change) -> String {
    match change {
        Change::Held(celsius) => format!("held at {celsius:.0} degC"),
        Change::Chip(e) => format!("chip {:.0} % {}", 100.0 * e.abs(), if e > 0.0 { "hotter" } else { "colder" }),
        Change::NoSublimation => "sublimation off".to_owned(),
        Change::NoCapillarity => "capillarity off".to_owned(),
        Change::Rough => "rough walls".to_owned(),
        Change::FreeEnds => "free ends".to_owned(),
    }
}

/// One companion.
fn one(protocol: &Protocol, seed: u64, change: Change, go: &(dyn Fn() -> bool + Sync)) -> Companion {
    let mut p = shortened(protocol);
    let device = &mut p.device;
    match change {
        Change::Held(celsius) => return held(&p, seed, celsius, go),
        Change::Chip(e) => device.chip.temperature_error += e,
        Change::NoSublimation => device.physics.sublimation = false,
        Change::NoCapillarity => device.physics.capillarity = false,
        Change::Rough => device.silver.diffusion = DiffusionLaw::Rough,
        Change::FreeEnds => device.wire.free_ends = true,
    }
    match simulate_quietly(&p, seed) {
        Ok(trace) => {
            let m = measure(&p, &trace);
            let ended = if m.rupture.is_some() { "broke" } else { "did not break" };
            Companion { label: label(change), rate: 0.0, numbers: m.numbers, ended: ended.to_owned() }
        }
        Err(e) => Companion { label: label(change), rate: 0.0, numbers: Default::default(), ended: e.to_string() },
    }
}

fn held(p: &Protocol, seed: u64, celsius: f64, go: &(dyn Fn() -> bool + Sync)) -> Companion {
    let label = label(Change::Held(celsius));
    match hold(&p.device, seed, celsius + 273.15, RATE, LONGEST, &mut |_| go()) {
        Ok(held) => {
            let mut numbers = crate::measure::Numbers::new();
            numbers.extend(held.visible.map(|t| ("visible_after".to_owned(), t)));
            numbers.extend(held.broken.map(|t| ("broken_after".to_owned(), t)));
            numbers.insert("volume_left".to_owned(), held.volume);
            let ended = match (held.visible, held.broken) {
                (_, Some(_)) => "broke",
                (Some(_), None) => "changed, unbroken after 2 h",
                _ => "unchanged after 2 h",
            };
            Companion { label, rate: 0.0, numbers, ended: ended.to_owned() }
        }
        Err(e) => Companion { label, rate: 0.0, numbers: Default::default(), ended: e.to_string() },
    }
}

/// Runs all companions; `progress` hears how many are done and says whether to go on. The same on any number of threads.
pub fn companions(protocol: &Protocol, seed: u64, progress: &(dyn Fn(usize) -> bool + Sync)) -> Vec<Companion> {
    let done = AtomicUsize::new(0);
    changes()
        .into_par_iter()
        .filter_map(|change| {
            let go = || progress(done.load(Ordering::Relaxed));
            if !go() {
                return None;
            }
            let companion = one(protocol, seed, change, &go);
            done.fetch_add(1, Ordering::Relaxed);
            go().then_some(companion)
        })
        .collect()
}
