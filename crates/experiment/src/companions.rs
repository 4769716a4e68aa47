//! Runs beside a run: the same device but for one change, so that claims about rates, heat sinks, polarity and causes can be judged.

use std::sync::atomic::{AtomicUsize, Ordering};

use pentatwin_physics::device::{ChipKind, Contacts};
use pentatwin_record::summary::Companion;
use rayon::prelude::*;

use crate::measure::measure;
use crate::protocol::{Protocol, Step, Sweep};
use crate::simulate::{breaking_sweep, simulate_quietly};

/// Sweep rates of the paper and beyond, with step and aperture that the source-meter can keep (source-meter.md section 5.3).
/// (rate [V/s], step [V], power-line cycles)
pub const RATES: &[(f64, f64, f64)] =
    &[(3.3e-3, 0.5e-3, 5.0), (10e-3, 0.5e-3, 1.0), (100e-3, 2.5e-3, 1.0), (1.0, 2.5e-3, 0.01), (10.0, 5e-3, 0.01)];

/// What is different in a companion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// The sweep rate, index into [`RATES`].
    Rate(usize),
    /// The source's polarity.
    Polarity,
    /// No electromigration.
    NoElectromigration,
    /// Atoms go against the electrons.
    ChargeReversed,
    /// Oxidised silicon instead of a membrane, or the other way round.
    OtherChip,
    /// No heat into the film under the wire.
    NoFilm,
    /// Pads that are ideal heat sinks.
    IdealPads,
    /// Blocked contacts instead of overlapping ones, or the other way round.
    OtherContacts,
    /// 10 um between the contacts instead of 5.
    OtherSpacing,
}

/// All companions of a run, in the order shown.
pub fn changes() -> Vec<Change> {
    let mut all: Vec<Change> = (0..RATES.len()).map(Change::Rate).collect();
    all.extend([
        Change::Polarity,
        Change::NoElectromigration,
        Change::ChargeReversed,
        Change::OtherChip,
        Change::NoFilm,
        Change::IdealPads,
        Change::OtherContacts,
        Change::OtherSpacing,
    ]);
    all
}

/// The protocol reduced to its first sweep, from 0 V to one voltage, with a change made; and the change in words. `None` if it has no sweep.
pub fn changed(protocol: &Protocol, change: Change) -> Option<(Protocol, String)> {
    let mut p = protocol.clone();
    let mut sweep: Sweep = breaking_sweep(protocol)?.clone();
    let to = sweep.to.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()))?;
    sweep.to = vec![to];
    // A companion ends at its break: what a leak does afterwards is not compared.
    p.device.physics.gap_leak = false;
    let device = &mut p.device;
    let words = match change {
        Change::Rate(k) => {
            let (rate, step, nplc) = *RATES.get(k)?;
            (sweep.rate, sweep.step, sweep.nplc, sweep.delay) = (rate, step, nplc, 0.0);
            pentatwin_units::format_si(rate, if rate < 1.0 { "mV/s" } else { "V/s" }, 3)
        }
        Change::Polarity => {
            sweep.to = vec![-to];
            "polarity reversed".to_owned()
        }
        Change::NoElectromigration => {
            device.physics.electromigration = false;
            "electromigration off".to_owned()
        }
        Change::ChargeReversed => {
            device.silver.effective_charge = -device.silver.effective_charge;
            "Z* of the other sign".to_owned()
        }
        Change::OtherChip => {
            device.chip.kind = if device.chip.kind == ChipKind::SiSio2 { ChipKind::SinMembrane } else { ChipKind::SiSio2 };
            format!("on {}", device.chip.kind.word())
        }
        Change::NoFilm => {
            device.chip.wire_sink = pentatwin_physics::device::Sink::Ideal;
            "no heat into the film".to_owned()
        }
        Change::IdealPads => {
            device.chip.pad_sink = pentatwin_physics::device::Sink::Ideal;
            "pads ideal heat sinks".to_owned()
        }
        Change::OtherContacts => {
            let blocked = device.chip.contacts == Contacts::Blocked;
            device.chip.contacts = if blocked { Contacts::Overlap } else { Contacts::Blocked };
            device.chip.lead_resistance = crate::protocol::calibrated_lead_resistance(device.chip.contacts);
            format!("contacts {}", device.chip.contacts.word())
        }
        Change::OtherSpacing => {
            device.chip.spacing = if device.chip.spacing > 7.5e-6 { 5e-6 } else { 10e-6 };
            device.wire.length = device.wire.length.max(device.chip.spacing + 2.0 * device.chip.overlap);
            format!("{} spacing", pentatwin_units::format_si(device.chip.spacing, "um", 3))
        }
    };
    p.steps = vec![Step::Sweep(sweep)];
    Some((p, words))
}

/// Runs all companions; `progress` hears how many are done and says whether to go on. The same on any number of threads.
pub fn companions(protocol: &Protocol, seed: u64, progress: &(dyn Fn(usize) -> bool + Sync)) -> Vec<Companion> {
    let done = AtomicUsize::new(0);
    changes()
        .into_par_iter()
        .filter_map(|change| {
            if !progress(done.load(Ordering::Relaxed)) {
                return None;
            }
            let (p, label) = changed(protocol, change)?;
            let rate = breaking_sweep(&p)?.rate;
            let companion = match simulate_quietly(&p, seed) {
                Ok(trace) => {
                    let m = measure(&p, &trace);
                    let ended = if m.rupture.is_some() { "broke" } else { "did not break" };
                    Companion { label, rate, numbers: m.numbers, ended: ended.to_owned() }
                }
                Err(e) => Companion { label, rate, numbers: Default::default(), ended: e.to_string() },
            };
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            Some(companion)
        })
        .collect()
}
