//! Bands: the spread of each number over draws of the uncertain parameters, conditional on the one calibration (design.md section 8.3).

use std::collections::BTreeMap;

use pentatwin_physics::device::Device;
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_record::summary::{Band, Draws};
use pentatwin_units::Value;
use rayon::prelude::*;

use crate::heating::draws::{DRAWN, shortened};
use crate::measure::{Numbers, measure};
use crate::protocol::{Protocol, Step, Sweep};
use crate::simulate::simulate_quietly;

/// The anchor: the paper's wire failed at this voltage [V] ...
const ANCHOR_VOLTAGE: f64 = 2.1;
/// ... at this rate [V/s].
const ANCHOR_RATE: f64 = 3.3e-3;
/// A draw meets the anchor if it breaks within this of the anchor's voltage [V].
const ANCHOR_TOLERANCE: f64 = 0.02;
/// Lead resistances that are possible [ohm] (wire.md section 3).
const LEADS: (f64, f64) = (50.0, 400.0);
/// Cells between the contacts in draws and anchors: the voltage is converged to 0.1 % there (validation: grid).
pub const CELLS: usize = 200;
/// Draws tried for each one asked for, at most.
const TRIES: usize = 3;
/// Key of the one parameter that only a heating chip has.
const HEATER_ERROR: &str = "chip.temperature_error";
/// A rank correlation below this is not named.
const NAMED: f64 = 0.35;

/// One accepted draw.
#[derive(Clone, Debug)]
struct Draw {
    /// Drawn values by full key.
    values: BTreeMap<String, f64>,
    numbers: Numbers,
    broke: bool,
}

/// Bands of all numbers.
#[derive(Clone, Debug)]
pub struct Bands {
    /// Band by name of the number.
    pub bands: BTreeMap<String, Band>,
    /// How the draws went.
    pub draws: Draws,
    /// Part of the draws that broke whose last recorded current was zero (below 1 % of the breakdown current).
    pub last_current_zero: Option<f64>,
    /// Part of the draws that broke at contact 1, mid-wire and at contact 2 (within a tenth of the spacing of a contact edge).
    pub places: Option<[f64; 3]>,
    /// Part of the draws of a heating run that had visibly changed or broken by the end of a hold, by the name of the number.
    pub shares: BTreeMap<String, f64>,
}

/// Makes `asked` draws of a protocol on all cores; `progress` hears how many are done. The same on any number of threads.
pub fn bands(protocol: &Protocol, seed: u64, asked: usize, progress: &(dyn Fn(usize) -> bool + Sync)) -> Bands {
    let calibrate = !protocol.changed.iter().any(|k| k == "chip.lead_resistance")
        || protocol.device.chip.lead_resistance == crate::protocol::calibrated_lead_resistance(protocol.device.chip.contacts);
    let breaks = protocol.steps.iter().any(|s| matches!(s, Step::Sweep(_)));
    let calibrate = calibrate && breaks;
    let done = std::sync::atomic::AtomicUsize::new(0);
    let mut accepted: Vec<Draw> = Vec::new();
    let mut tried = 0;
    while accepted.len() < asked && tried < TRIES * asked {
        let batch = (asked - accepted.len()).min(TRIES * asked - tried);
        let drawn: Vec<Option<Draw>> = (tried..tried + batch)
            .into_par_iter()
            .map(|k| {
                let n = done.load(std::sync::atomic::Ordering::Relaxed);
                if !progress(n) {
                    return None;
                }
                let draw = one(protocol, seed, k as u64, calibrate);
                done.fetch_add(usize::from(draw.is_some()), std::sync::atomic::Ordering::Relaxed);
                draw
            })
            .collect();
        accepted.extend(drawn.into_iter().flatten());
        tried += batch;
        if !progress(accepted.len()) {
            break;
        }
    }
    summarise(protocol, tried, calibrate, accepted)
}

/// One draw; `None` if the anchor cannot be met or the engine gives up.
fn one(protocol: &Protocol, seed: u64, index: u64, calibrate: bool) -> Option<Draw> {
    let heater = protocol.device.on_heater();
    let mut p = if heater { shortened(protocol) } else { protocol.clone() };
    if !heater {
        p.device.numerics.cells = p.device.numerics.cells.min(CELLS);
    }
    let mut anchor = Device::default();
    anchor.chip.contacts = p.device.chip.contacts;
    anchor.numerics = p.device.numerics.clone();
    let mut stream = Stream::new(seed, Purpose::Draws, index);
    let mut heater_stream = Stream::new(seed, Purpose::Draws, index | 1 << 40);
    let mut values = BTreeMap::new();
    // The section of the device and the one of the anchor are walked together; both get the same draw.
    let anchors = anchor.sections_mut();
    for (at, (name, section)) in p.device.sections_mut().into_iter().enumerate() {
        for parameter in section.parameters() {
            let Some((low, high)) = parameter.range_si() else { continue };
            let key = format!("{name}.{}", parameter.name);
            // Every range takes its number from the stream, used or not, so that draws do not depend on what was fixed. The heater's error
            // has a stream of its own: a chip without one must not be drawn differently for its sake.
            let u = if key == HEATER_ERROR { heater_stream.uniform() } else { stream.uniform() };
            if if heater { !DRAWN.contains(&key.as_str()) } else { key == HEATER_ERROR } {
                continue;
            }
            let x = if low > 0.0 && high / low >= 4.0 { low * (high / low).powf(u) } else { low + u * (high - low) };
            let fixed = protocol.changed.contains(&key);
            let value = if fixed { section.get(parameter.name) } else { Some(Value::Number(x)) };
            if let Some(value) = value {
                if !fixed {
                    section.set(parameter.name, &value);
                    values.insert(key, x);
                }
                // The anchor is the paper's wire: what a protocol says of its own wire does not touch it.
                let anchor_value = if fixed && name == "wire" { Value::Number(x) } else { value };
                anchors[at].1.set(parameter.name, &anchor_value);
            }
        }
    }
    let seed = Stream::new(seed, Purpose::Devices, index).bits();
    if calibrate {
        p.device.chip.lead_resistance = fit_leads(protocol, &mut anchor, seed)?;
        values.insert("chip.lead_resistance (re-fitted)".to_owned(), p.device.chip.lead_resistance);
    }
    let trace = simulate_quietly(&p, seed).ok()?;
    let m = measure(&p, &trace);
    Some(Draw { values, broke: m.rupture.is_some(), numbers: m.numbers })
}

/// The lead resistance [ohm] at which the anchor breaks at its voltage; `None` if there is none in the possible range.
fn fit_leads(protocol: &Protocol, anchor: &mut Device, seed: u64) -> Option<f64> {
    let mut p = protocol.clone();
    p.steps = vec![Step::Sweep(Sweep { rate: ANCHOR_RATE, step: 0.5e-3, nplc: 5.0, ..Sweep::default() })];
    p.instrument.read_noise = false;
    for _ in 0..6 {
        p.device = anchor.clone();
        let trace = simulate_quietly(&p, seed).ok()?;
        let n = measure(&p, &trace).numbers;
        let (v, i) = (*n.get("breakdown_voltage")?, *n.get("breakdown_current")?);
        if (v - ANCHOR_VOLTAGE).abs() < ANCHOR_TOLERANCE {
            return Some(anchor.chip.lead_resistance);
        }
        // The current at which it breaks hardly depends on the leads.
        let next = anchor.chip.lead_resistance + (ANCHOR_VOLTAGE - v) / i;
        if !(LEADS.0..=LEADS.1).contains(&next) {
            return None;
        }
        anchor.chip.lead_resistance = next;
    }
    None
}

fn summarise(protocol: &Protocol, tried: usize, calibrate: bool, accepted: Vec<Draw>) -> Bands {
    let names: std::collections::BTreeSet<&String> = accepted.iter().flat_map(|d| d.numbers.keys()).collect();
    let mut bands = BTreeMap::new();
    for name in names {
        let rows: Vec<(&Draw, f64)> = accepted.iter().filter_map(|d| Some((d, *d.numbers.get(name)?))).collect();
        let mut sorted: Vec<f64> = rows.iter().map(|r| r.1).collect();
        if sorted.len() < 3 {
            continue;
        }
        sorted.sort_by(f64::total_cmp);
        let y: Vec<f64> = rows.iter().map(|r| r.1).collect();
        let mut drivers: Vec<(String, f64)> = rows[0]
            .0
            .values
            .keys()
            .map(|key| (key.clone(), rank_correlation(&rows.iter().map(|r| r.0.values[key]).collect::<Vec<_>>(), &y)))
            .filter(|(_, c)| c.abs() >= NAMED)
            .collect();
        drivers.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        drivers.truncate(2);
        let band = Band { low: percentile(&sorted, 0.16), median: percentile(&sorted, 0.5), high: percentile(&sorted, 0.84), drivers };
        bands.insert(name.clone(), band);
    }
    let mut shares = BTreeMap::new();
    for name in bands.keys().filter(|n| n.starts_with("visible_") || n.starts_with("broken_")) {
        let known: Vec<f64> = accepted.iter().filter_map(|d| d.numbers.get(name).copied()).collect();
        shares.insert(name.clone(), known.iter().sum::<f64>() / known.len() as f64);
    }
    let broke: Vec<&Draw> = accepted.iter().filter(|d| d.broke).collect();
    let part = |test: &dyn Fn(&Draw) -> Option<bool>| {
        let known: Vec<bool> = broke.iter().filter_map(|d| test(d)).collect();
        (!known.is_empty()).then(|| known.iter().filter(|b| **b).count() as f64 / known.len() as f64)
    };
    let edge = 0.1 * protocol.device.span();
    let at = |f: &dyn Fn(f64) -> bool| part(&|d| d.numbers.get("gap_position").map(|x| f(*x)));
    let right = protocol.device.span() - edge;
    let places = match (at(&|x| x < edge), at(&|x| (edge..=right).contains(&x)), at(&|x| x > right)) {
        (Some(a), Some(b), Some(c)) => Some([a, b, c]),
        _ => None,
    };
    let mut note = format!(
        "parameters drawn from their stated ranges (wide ranges in their logarithm), a fresh disorder seed each, {CELLS} cells at most; {} of {tried} draws accepted",
        accepted.len()
    );
    if protocol.device.on_heater() {
        note = format!(
            "parameters of the heated wire drawn from their stated ranges (wide ranges in their logarithm), a fresh disorder seed each, 10 um of wire with cells of 20 nm; {} of {tried} draws accepted. There is nothing to calibrate on a heating chip: the draws are free. The run itself may lie at the edge of a band or outside: draws lie on one side of its evaporation coefficient (0.3 to 1), and their cells break a wire 5 to 10 % earlier",
            accepted.len()
        );
    }
    note += if protocol.device.on_heater() {
        ""
    } else if calibrate {
        "; for each draw the lead resistance was fitted anew so that the paper's wire fails at 2.1 V at 3.3 mV/s, and the draw rejected where 50 to 400 ohm cannot do it"
    } else {
        "; the lead resistance was set by the protocol, so no draw was calibrated"
    };
    Bands {
        bands,
        draws: Draws { asked: tried, accepted: accepted.len(), unbroken: accepted.len() - broke.len(), note },
        last_current_zero: part(&|d| d.numbers.get("last_current_fraction").map(|f| f.abs() < 0.01)),
        places,
        shares,
    }
}

/// Percentile of sorted numbers, linear between them.
fn percentile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let k = at.floor() as usize;
    let next = sorted[(k + 1).min(sorted.len() - 1)];
    sorted[k] + (at - k as f64) * (next - sorted[k])
}

/// Spearman's rank correlation; 0 if one of the two does not vary.
fn rank_correlation(x: &[f64], y: &[f64]) -> f64 {
    let (x, y) = (ranks(x), ranks(y));
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (mean(&x), mean(&y));
    let (mut sxy, mut sxx, mut syy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(&y) {
        sxy += (a - mx) * (b - my);
        sxx += (a - mx).powi(2);
        syy += (b - my).powi(2);
    }
    if sxx > 0.0 && syy > 0.0 { sxy / (sxx * syy).sqrt() } else { 0.0 }
}

/// Ranks, equal values sharing their mean rank.
fn ranks(v: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..v.len()).collect();
    order.sort_by(|&a, &b| v[a].total_cmp(&v[b]));
    let mut ranks = vec![0.0; v.len()];
    let mut k = 0;
    while k < order.len() {
        let same = order[k..].iter().take_while(|&&i| v[i] == v[order[k]]).count();
        for &i in &order[k..k + same] {
            ranks[i] = k as f64 + 0.5 * (same - 1) as f64;
        }
        k += same;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_ranks_of_small_lists() {
        assert_eq!(percentile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.5), 3.0);
        assert_eq!(percentile(&[1.0, 2.0], 0.25), 1.25);
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
        assert!((rank_correlation(&[1.0, 2.0, 3.0], &[1.0, 8.0, 27.0]) - 1.0).abs() < 1e-12);
        assert_eq!(rank_correlation(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
    }
}
