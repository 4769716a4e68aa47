//! The arrays of a run, packed small enough to live in the page.

use crate::data::ReportData;
use base64::{Engine, prelude::BASE64_STANDARD};
use pentatwin_record::summary::{Companion, Moment, Plate};
use pentatwin_units::recorded;
use serde::Serialize;
use std::collections::BTreeMap;

/// Values of one profile quantity carried at most; two quantities of two bytes each make 2.2 MB of base64 of this.
const MOST_VALUES: usize = 400_000;
/// Profiles kept at least, before positions are thinned.
const LEAST_PROFILES: usize = 60;
/// Samples carried at most.
const MOST_SAMPLES: usize = 8_000;
/// A missing number in 16 bits.
const MISSING: u16 = u16::MAX;

/// Numbers in 16 bits: `low + raw * scale`; 65535 is missing.
#[derive(Serialize)]
pub(crate) struct Matrix {
    low: f64,
    scale: f64,
    data: String,
}

#[derive(Serialize)]
struct PackedSamples {
    time: String,
    voltage: String,
    current: String,
    flags: String,
}

#[derive(Serialize)]
struct PackedProfiles {
    time: String,
    radius: Matrix,
    temperature: Matrix,
}

#[derive(Serialize)]
struct PackedSeries<'a> {
    name: &'a str,
    unit: &'a str,
    meaning: &'a str,
    data: String,
}

/// A heated wire in time, from all profiles: temperature [K], silver left [m³], thinnest and widest radius where there is silver [m].
#[derive(Serialize)]
struct PackedHeated {
    time: String,
    temperature: String,
    volume: String,
    thinnest: String,
    widest: String,
}

/// Radius [m] from which a cell counts as silver: the page's scripts have the same.
const SILVER: f32 = 1e-9;

/// What a run on a heating chip shows in place of current and voltage.
fn heated(data: &ReportData) -> Option<PackedHeated> {
    if data.summary.plate.chip != "heating" {
        return None;
    }
    let (n, cells) = (data.profile_count(), data.position.len());
    let series = |name: &str| data.profiles.series.iter().find(|(q, _)| q.name == name).map(|(_, v)| v.as_slice()).unwrap_or_default();
    let (film, volume) = (series(recorded::MEMBRANE_TEMPERATURE.name), series(recorded::WIRE_VOLUME.name));
    let silver = |row: usize| data.profiles.radius.get(row * cells..(row + 1) * cells).unwrap_or_default().iter().filter(|r| **r >= SILVER);
    let each = |f: &dyn Fn(usize) -> f64| f32s((0..n).map(f).collect::<Vec<_>>().into_iter());
    Some(PackedHeated {
        time: f64s((0..n).map(|i| data.profiles.time.get(i).copied().unwrap_or(f64::NAN))),
        temperature: each(&|i| film.get(i).copied().unwrap_or(f64::NAN)),
        volume: each(&|i| volume.get(i).copied().unwrap_or(f64::NAN)),
        thinnest: each(&|i| silver(i).copied().reduce(f32::min).map_or(f64::NAN, f64::from)),
        widest: each(&|i| silver(i).copied().reduce(f32::max).map_or(f64::NAN, f64::from)),
    })
}

/// A run beside this one, or this one itself, on the plots against the rate.
#[derive(Serialize)]
pub struct Point {
    label: String,
    rate: f64,
    numbers: BTreeMap<String, f64>,
    here: bool,
}

/// What the page's script reads.
#[derive(Serialize)]
struct Packed<'a> {
    plate: &'a Plate,
    moments: Vec<&'a Moment>,
    companions: Vec<Point>,
    samples: PackedSamples,
    position: String,
    profiles: PackedProfiles,
    series: Vec<PackedSeries<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heated: Option<PackedHeated>,
}

pub(crate) fn f64s(values: impl Iterator<Item = f64>) -> String {
    BASE64_STANDARD.encode(values.flat_map(f64::to_le_bytes).collect::<Vec<u8>>())
}

pub(crate) fn f32s(values: impl Iterator<Item = f64>) -> String {
    BASE64_STANDARD.encode(values.flat_map(|v| (v as f32).to_le_bytes()).collect::<Vec<u8>>())
}

/// Bytes as text.
pub(crate) fn bytes(values: &[u8]) -> String {
    BASE64_STANDARD.encode(values)
}

/// 65 534 steps between the smallest and the largest value: 2 pm of a 130 nm radius, 0.1 K of 5000 K.
pub(crate) fn matrix(values: impl Iterator<Item = f32> + Clone) -> Matrix {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in values.clone().filter(|v| v.is_finite()).map(f64::from) {
        low = low.min(v);
        high = high.max(v);
    }
    let (low, scale) =
        if low < high { (low, (high - low) / f64::from(MISSING - 1)) } else { (if low.is_finite() { low } else { 0.0 }, 1.0) };
    let raw = values.flat_map(|v| {
        let raw = if v.is_finite() { ((f64::from(v) - low) / scale).round() as u16 } else { MISSING };
        raw.to_le_bytes()
    });
    Matrix { low, scale, data: BASE64_STANDARD.encode(raw.collect::<Vec<u8>>()) }
}

/// Evenly spread `most` of `0..n`, ends and all of `keep` included.
fn thinned(n: usize, most: usize, keep: &[usize]) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    let mut out: Vec<usize> = (0..most).map(|k| k * (n - 1) / most.saturating_sub(1).max(1)).collect();
    out.extend(keep.iter().copied().filter(|k| *k < n));
    out.sort_unstable();
    out.dedup();
    out
}

/// Index of the last time not after `t`.
fn before(times: &[f64], t: f64) -> usize {
    times.iter().rposition(|x| *x <= t).unwrap_or(0)
}

/// Profiles kept: those around the moments whole, the others thinned evenly in number (the engine takes more of them where more happens).
fn profiles_kept(data: &ReportData, cells: usize) -> Vec<usize> {
    let n = data.profile_count();
    let times = data.profiles.time.get(..n).unwrap_or_default();
    let finite: Vec<usize> = (0..n).filter(|i| times.get(*i).is_some_and(|t| t.is_finite())).collect();
    let near: Vec<usize> =
        data.summary.moments.iter().flat_map(|m| before(times, m.time).saturating_sub(2)..before(times, m.time) + 3).collect();
    let most = (MOST_VALUES / cells.max(1)).saturating_sub(near.len()).max(LEAST_PROFILES);
    let keep: Vec<usize> = (0..finite.len()).filter(|k| finite.get(*k).is_some_and(|i| near.contains(i))).collect();
    thinned(finite.len(), most, &keep).iter().filter_map(|k| finite.get(*k).copied()).collect()
}

/// Width of the groups of cells of which only the thinnest is carried, 1 on grids of a common size.
fn group(cells: usize) -> usize {
    cells.div_ceil(MOST_VALUES / LEAST_PROFILES).max(1)
}

/// Whether not everything of the record is in the page, in words.
pub fn thinning(data: &ReportData) -> Option<String> {
    let mut words = Vec::new();
    let (n, g) = (data.profile_count(), group(data.position.len()));
    let kept = profiles_kept(data, data.position.len().div_ceil(g)).len();
    if kept < n {
        words.push(format!("{kept} of {n} profiles"));
    }
    if g > 1 {
        words.push(format!("the thinnest of every {g} cells"));
    }
    if data.samples.len() > MOST_SAMPLES {
        words.push(format!("about {MOST_SAMPLES} of {} samples", data.samples.len()));
    }
    (!words.is_empty()).then(|| format!("This page carries {}; the record holds all of them.", words.join(" and ")))
}

/// The run's data as JSON that is safe inside a script element.
pub fn pack(data: &ReportData, here: Option<Companion>) -> Result<String, serde_json::Error> {
    let (cells, g) = (data.position.len(), group(data.position.len()));
    let groups: Vec<std::ops::Range<usize>> = (0..cells).step_by(g).map(|a| a..(a + g).min(cells)).collect();
    let kept = profiles_kept(data, groups.len());
    let at = |values: &[f32], row: usize, cell: usize| values.get(row * cells + cell).copied().unwrap_or(f32::NAN);
    let radius = &data.profiles.radius;
    // One index per kept profile and group: the thinnest cell, so that a gap of one cell is never thinned away.
    let picks: Vec<(usize, usize)> = kept
        .iter()
        .flat_map(|row| groups.iter().map(move |r| (*row, r.clone())))
        .map(|(row, r)| (row, r.clone().min_by(|a, b| at(radius, row, *a).total_cmp(&at(radius, row, *b))).unwrap_or(r.start)))
        .collect();
    let s = &data.samples;
    let n = s.len();
    let flagged: Vec<usize> = (0..n).filter(|i| s.flags.get(*i).is_some_and(|f| f & 4 != 0)).take(100).collect();
    let last: Vec<usize> = (n.saturating_sub(200)..n).chain(flagged).collect();
    let finite = |i: &usize| s.time.get(*i).is_some_and(|t| t.is_finite());
    let rows: Vec<usize> = thinned(n, MOST_SAMPLES, &last).into_iter().filter(finite).collect();
    let column = |values: &[f64]| f32s(rows.iter().map(|i| values.get(*i).copied().unwrap_or(f64::NAN)).collect::<Vec<_>>().into_iter());
    let point = |c: Companion, here: bool| Point {
        label: c.label,
        rate: if c.rate.is_finite() { c.rate } else { 0.0 },
        numbers: c.numbers.into_iter().filter(|(_, v)| v.is_finite()).collect(),
        here,
    };
    let packed = Packed {
        plate: &data.summary.plate,
        moments: data.summary.moments.iter().filter(|m| m.time.is_finite()).collect(),
        companions: data.summary.companions.iter().cloned().map(|c| point(c, false)).chain(here.map(|c| point(c, true))).collect(),
        samples: PackedSamples {
            time: f64s(rows.iter().map(|i| s.time.get(*i).copied().unwrap_or(f64::NAN))),
            voltage: column(&s.voltage),
            current: column(&s.current),
            flags: BASE64_STANDARD.encode(rows.iter().map(|i| s.flags.get(*i).copied().unwrap_or(0)).collect::<Vec<u8>>()),
        },
        position: f32s(groups.iter().map(|r| {
            let cells: Vec<f64> = r.clone().filter_map(|i| data.position.get(i).copied()).collect();
            cells.iter().sum::<f64>() / cells.len().max(1) as f64
        })),
        profiles: PackedProfiles {
            time: f64s(kept.iter().map(|i| data.profiles.time.get(*i).copied().unwrap_or(f64::NAN))),
            radius: matrix(picks.iter().map(|(row, c)| at(radius, *row, *c))),
            temperature: matrix(picks.iter().map(|(row, c)| at(&data.profiles.temperature, *row, *c))),
        },
        series: data
            .profiles
            .series
            .iter()
            .map(|(q, v)| PackedSeries {
                name: q.name,
                unit: q.unit,
                meaning: q.meaning,
                data: f32s(kept.iter().map(|i| v.get(*i).copied().unwrap_or(f64::NAN))),
            })
            .collect(),
        heated: heated(data),
    };
    // `<` never stands in the script element: `</script>` and `<!--` cannot end or comment it out.
    Ok(serde_json::to_string(&packed)?.replace('<', "\\u003c"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_ends_and_what_must_stay() {
        let kept = thinned(1000, 10, &[503, 2000]);
        assert!(kept.contains(&0) && kept.contains(&999) && kept.contains(&503));
        assert_eq!(kept.len(), 11);
        assert_eq!(thinned(3, 10, &[]), [0, 1, 2]);
        assert!(thinned(0, 10, &[5]).is_empty());
    }

    #[test]
    fn sixteen_bits_hold_a_radius_to_two_picometres() {
        let values = [0.0f32, 52.6e-9, f32::NAN, 130e-9];
        let m = matrix(values.iter().copied());
        let raw = BASE64_STANDARD.decode(&m.data).unwrap();
        let back: Vec<f64> = raw.chunks(2).map(|b| m.low + f64::from(u16::from_le_bytes([b[0], b[1]])) * m.scale).collect();
        assert!((back[1] - 52.6e-9).abs() < 2e-12 && (back[3] - 130e-9).abs() < 2e-12);
        assert_eq!(u16::from_le_bytes([raw[4], raw[5]]), MISSING);
        assert_eq!(matrix([f32::NAN].iter().copied()).low, 0.0);
    }
}
