//! The break over seeds, by rate, skin and contact model: what of a tip is the conditions', and what is chance.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use pentatwin_physics::device::Contacts;
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;
use rayon::prelude::*;

use super::measure::measure;
use crate::companions::{Change, RATES, changed};
use crate::measure::Numbers;
use crate::protocol::{Coupling, Protocol, Step};
use crate::simulate::simulate_blind;

/// Rates, as indices into [`RATES`]: 10 and 100 mV/s.
const AT: [usize; 2] = [1, 2];
/// Parts of the surface under skin.
const SKIN: [f64; 2] = [0.0, 0.3];
/// Shells of the lattices: the preview.
const SHELLS: usize = 12;

/// One case.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Case {
    rate: usize,
    skin: f64,
    contacts: Contacts,
}

/// How one wire ended.
#[derive(Clone, Debug)]
enum End {
    /// The lattice parted the wire.
    Parted,
    /// The wire gave way elsewhere, and the lattice was followed on.
    Beyond,
    /// No shape.
    Without,
}

/// All cases, in the order of the table.
fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for contacts in [Contacts::Overlap, Contacts::Blocked] {
        for rate in AT {
            all.extend(SKIN.map(|skin| Case { rate, skin, contacts }));
        }
    }
    all
}

/// Breaks `seeds` wires in each case, in lock step on a lattice of 12 shells, on all cores; `progress` hears how many are done of how many, and
/// says whether to go on. The same on any number of threads. `None` if the protocol has no sweep, or it was stopped.
pub fn ensemble(protocol: &Protocol, seed: u64, seeds: usize, progress: &(dyn Fn(usize, usize) -> bool + Sync)) -> Option<Table> {
    changed(protocol, Change::Rate(0))?;
    let cases = cases();
    let all = cases.len() * seeds;
    let done = AtomicUsize::new(0);
    let ran: Vec<Option<(End, Numbers)>> = (0..all)
        .into_par_iter()
        .map(|k| {
            if !progress(done.load(Ordering::Relaxed), all) {
                return None;
            }
            let one = one(protocol, cases[k / seeds], seed + (k % seeds) as u64);
            done.fetch_add(1, Ordering::Relaxed);
            Some(one)
        })
        .collect();
    if ran.iter().any(Option::is_none) {
        return None;
    }
    let ran: Vec<(End, Numbers)> = ran.into_iter().flatten().collect();
    let rows = cases.iter().zip(ran.chunks(seeds)).map(|(case, ran)| row(case, ran)).collect();
    Some(Table {
        title: format!("Tips over {seeds} seeds"),
        columns: [
            "Contacts",
            "Rate",
            "Skin",
            "Parted in the window|",
            "Gap at (um)|",
            "Gap (nm)|",
            "Apex to 25 % (nm), contact 1|",
            "contact 2|",
            "c5, contact 1|",
            "contact 2|",
            "Mean of c2 to c4, contact 1|",
            "contact 2|",
            "Pits|",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows,
        note: format!(
            "Lock step on lattices of {SHELLS} shells (the preview), each wire with its own disorder and events: mean ± standard deviation. Contact 1 is the cathode of these sweeps. \"Parted in the window\": in how many the lattice parted the wire; in the others it gave way elsewhere, molten, and the lattice was followed on by itself. Skin: immobile patches over 30 % of the surface, a hypothesis. As made c5 is 0.05"
        ),
    })
}

fn one(protocol: &Protocol, case: Case, seed: u64) -> (End, Numbers) {
    let Some((mut p, _)) = changed(protocol, Change::Rate(case.rate)) else { return (End::Without, Numbers::new()) };
    p.device.chip.contacts = case.contacts;
    p.device.chip.lead_resistance = crate::protocol::calibrated_lead_resistance(case.contacts);
    p.shape.coupling = Coupling::LockStep;
    p.shape.shells = SHELLS;
    p.shape.skin = case.skin;
    p.steps.retain(|s| matches!(s, Step::Sweep(_)));
    let Ok(trace) = simulate_blind(&p, seed) else { return (End::Without, Numbers::new()) };
    let coupled = trace.specimen.coupled();
    let Some(shape) = coupled.followed() else { return (End::Without, Numbers::new()) };
    let Ok(shaped) = measure(shape, &trace.shapes) else { return (End::Without, Numbers::new()) };
    if shaped.broken.is_none() {
        return (End::Without, Numbers::new());
    }
    (if coupled.beyond() { End::Beyond } else { End::Parted }, shaped.numbers())
}

fn row(case: &Case, ran: &[(End, Numbers)]) -> Vec<String> {
    let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (name, value) in ran.iter().flat_map(|(_, n)| n) {
        values.entry(name).or_default().push(*value);
    }
    let of = |name: &str, scale: f64, digits: usize| match values.get(name) {
        Some(v) if !v.is_empty() => {
            let n = v.len() as f64;
            let mean = v.iter().sum::<f64>() / n;
            let spread = (v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
            format!("{:.digits$} ± {:.digits$}", scale * mean, scale * spread)
        }
        _ => "–".to_owned(),
    };
    let parted = ran.iter().filter(|(end, _)| matches!(end, End::Parted)).count();
    let without = ran.iter().filter(|(end, _)| matches!(end, End::Without)).count();
    let mut said = format!("{parted} of {}", ran.len());
    if without > 0 {
        said += &format!(", {without} without a shape");
    }
    vec![
        case.contacts.word().to_owned(),
        format_si(RATES[case.rate].0, "mV/s", 3),
        format_si(case.skin, "%", 2),
        said,
        of("gap_at", 1e6, 3),
        of("gap_nearest", 1e9, 1),
        of("tip_1_quarter_length", 1e9, 0),
        of("tip_2_quarter_length", 1e9, 0),
        of("tip_1_pentagon", 1.0, 3),
        of("tip_2_pentagon", 1.0, 3),
        of("tip_1_irregular", 1.0, 3),
        of("tip_2_irregular", 1.0, 3),
        of("pits", 1.0, 1),
    ]
}
