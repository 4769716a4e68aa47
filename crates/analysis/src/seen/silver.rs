//! Where silver went, as the images show it: hillock, neck, their balance, and the index.

use super::detect::Found;
use super::draw::Draw;
use super::table::{Table, equal_area_radius, inflation};
use super::{Options, Seen};
use crate::Measurement;
use crate::measurement::uniform;
use std::ops::Range;

/// A place that gained or lost silver, with all that is connected with it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenPlace {
    /// Where the change is largest [m].
    pub position: Measurement,
    /// Change of projected width there [m]: the height of a hillock, negative for a neck.
    pub height: Seen,
    /// Change of volume [m³] over the connected stretch, positive for a gain.
    pub volume: Seen,
    /// The stretch [m].
    pub reach: (f64, f64),
    /// Mean time of the frames averaged [s].
    pub time: f64,
}

/// Whether neck loss and hillock gain agree.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Verdict {
    /// Within two standard deviations.
    Agrees {
        /// How far apart [standard deviations].
        sigma: f64,
    },
    /// Further apart.
    Off {
        /// How far apart [standard deviations]; positive: more gained than lost.
        sigma: f64,
    },
}

/// Silver lost and gained in all significant stretches together.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenBalance {
    /// Lost [m³], positive.
    pub lost: Seen,
    /// Gained [m³], positive.
    pub gained: Seen,
    /// Gained less lost [m³]: negative if silver left, or went where it is not seen (under a contact, in small changes).
    pub net: Seen,
    /// Whether they agree, both uncertainties taken together.
    pub verdict: Verdict,
}

pub(super) struct Silver {
    pub(super) gain: Option<SeenPlace>,
    pub(super) loss: Option<SeenPlace>,
    pub(super) balance: Option<SeenBalance>,
    rows: Range<usize>,
    stretches: Vec<Range<usize>>,
}

/// Sums of one stretch: change of volume, variance of what is independent, by how much it changes with the common change that was taken
/// off [m³ per m] and that one's uncertainty [m], with the systematic error of all widths, and with what that error grew since the start.
#[derive(Clone, Copy, Default)]
struct Volume {
    value: f64,
    variance: f64,
    lever: f64,
    offset: f64,
    common: f64,
    grown: f64,
}

impl Volume {
    fn plus(self, o: Volume) -> Volume {
        Volume {
            value: self.value + o.value,
            variance: self.variance + o.variance,
            lever: self.lever + o.lever,
            offset: self.offset.max(o.offset),
            common: self.common + o.common,
            grown: self.grown + o.grown,
        }
    }

    fn statistical(self) -> f64 {
        self.variance.sqrt().hypot(self.lever * self.offset)
    }

    /// The cross-section's shape is an error of its own in each volume.
    fn seen(self, shape: f64) -> Seen {
        Seen::new(self.value, self.statistical(), (self.common.powi(2) + self.grown.powi(2) + shape.powi(2)).sqrt())
    }
}

pub(super) fn silver(table: &Table, found: &Found, options: &Options, notes: &mut Vec<String>) -> Silver {
    let mut silver = Silver { gain: None, loss: None, balance: None, rows: 0..0, stretches: vec![] };
    let rows = table.whole.saturating_sub(options.average.max(1)).max(table.baseline)..table.whole;
    if rows.is_empty() {
        notes.push("Too few frames before the rupture to measure volumes.".into());
        return silver;
    }
    silver.rows = rows.clone();
    let n = table.columns();
    let marked = |mask: &[bool], i: usize| rows.clone().any(|k| mask[k * n + i]);
    let (mut lost, mut gained): (Vec<Range<usize>>, Vec<Range<usize>>) = (vec![], vec![]);
    for (mask, sign, list) in [(&found.loss, -1.0, &mut lost), (&found.gain, 1.0, &mut gained)] {
        let mut i = 0;
        while i < n {
            if !marked(mask, i) {
                i += 1;
                continue;
            }
            let stretch = tails(table, &rows, i, sign);
            i = stretch.end.max(i + 1);
            match list.last_mut() {
                Some(last) if stretch.start <= last.end => last.end = last.end.max(stretch.end),
                _ => list.push(stretch),
            }
        }
    }
    let shape = options.area_spread.abs();
    let total = |list: &[Range<usize>]| list.iter().map(|s| volume(table, &rows, s)).fold(Volume::default(), Volume::plus);
    let largest = |list: &[Range<usize>], sign: f64| {
        let best = list.iter().max_by(|a, b| (sign * volume(table, &rows, a).value).total_cmp(&(sign * volume(table, &rows, b).value)))?;
        place(table, &rows, best, sign, shape)
    };
    silver.loss = largest(&lost, -1.0);
    silver.gain = largest(&gained, 1.0);
    if lost.is_empty() || gained.is_empty() {
        notes.push(match (lost.is_empty(), gained.is_empty()) {
            (true, true) => "No significant change of width before the rupture or the end.".into(),
            (true, _) => "A gain but no significant loss: no balance.".into(),
            _ => "A loss but no significant gain: no balance.".into(),
        });
    } else {
        let (l, g) = (total(&lost), total(&gained));
        let net = l.plus(g).seen((shape * l.value).hypot(shape * g.value));
        let sigma = net.value() / net.total().uncertainty;
        let verdict = if sigma.abs() <= 2.0 { Verdict::Agrees { sigma } } else { Verdict::Off { sigma } };
        let lost_seen = Seen { measured: Measurement::new(-l.value, l.statistical()), ..l.seen(shape * l.value) };
        silver.balance = Some(SeenBalance { lost: lost_seen, gained: g.seen(shape * g.value), net, verdict });
    }
    silver.stretches = lost.into_iter().chain(gained).collect();
    silver.stretches.sort_by_key(|s| s.start);
    silver
}

/// The stretch around cell `i` in which the change, averaged over a few cells, keeps its sign.
fn tails(table: &Table, rows: &Range<usize>, i: usize, sign: f64) -> Range<usize> {
    let n = table.columns();
    let same = |j: usize| {
        let around = j.saturating_sub(3)..(j + 4).min(n);
        table.mean_change(rows.clone(), around).is_some_and(|(d, s)| sign * d > 0.5 * s)
    };
    let start = (0..i).rev().find(|&j| !same(j)).map_or(0, |j| j + 1);
    let end = (i + 1..n).find(|&j| !same(j)).unwrap_or(n);
    start..end
}

/// Mean width of a cell over the rows, and its variance without the as-made profile's.
fn cell(table: &Table, rows: &Range<usize>, i: usize) -> Option<(f64, f64)> {
    let (mut w, mut v, mut count) = (0.0, 0.0, 0.0);
    for k in rows.clone() {
        let width = table.change(k, i) + table.made[i];
        if width.is_finite() {
            w += width;
            v += table.variance(k, i);
            count += 1.0;
        }
    }
    (count > 0.0).then(|| (w / count, v / (count * count) * inflation(count, table.noise.in_time)))
}

fn volume(table: &Table, rows: &Range<usize>, stretch: &Range<usize>) -> Volume {
    let mut sum = Volume { offset: table.common_mean_variance(rows.len() as f64).sqrt(), ..Volume::default() };
    let mut count = 0.0;
    for i in stretch.clone() {
        let Some((w, v)) = cell(table, rows, i) else { continue };
        let (w0, dx) = (table.made[i], table.size[i]);
        // Mean of the squares would carry the noise's variance: take it off.
        sum.value += table.area_factor * (w * w - v - w0 * w0 + table.made_variance(i)) * dx;
        sum.variance += (2.0 * table.area_factor * dx).powi(2) * (w * w * v + w0 * w0 * table.made_variance(i));
        let systematic = rows.clone().map(|k| table.systematic(k, i)).sum::<f64>() / rows.len() as f64;
        sum.lever += 2.0 * table.area_factor * w * dx;
        sum.common += 2.0 * table.area_factor * (w - w0) * dx * table.made_systematic[i];
        sum.grown += 2.0 * table.area_factor * w * dx * (systematic - table.made_systematic[i]);
        count += 1.0;
    }
    sum.variance *= inflation(count, table.noise.along);
    sum
}

fn place(table: &Table, rows: &Range<usize>, stretch: &Range<usize>, sign: f64, shape: f64) -> Option<SeenPlace> {
    let n = table.columns();
    let change = |i: usize| table.mean_change(rows.clone(), super::moments::around(i, 1, n));
    let (peak, height) =
        stretch.clone().filter_map(|i| Some((i, change(i)?))).reduce(|a, b| if sign * b.1.0 > sign * a.1.0 { b } else { a })?;
    // The peak is somewhere among the cells that are as high within the noise.
    let alike = stretch.clone().filter(|&i| change(i).is_some_and(|c| sign * c.0 > sign * height.0 - height.1));
    let (low, high) = alike.fold((peak, peak), |(l, h), i| (l.min(i), h.max(i)));
    let v = volume(table, rows, stretch);
    let systematic = (table.systematic(rows.end - 1, peak) - table.made_systematic[peak]).abs();
    let edge = |i: usize, s: f64| table.position[i] + 0.5 * s * table.size[i];
    Some(SeenPlace {
        position: Measurement::new(table.position[peak], uniform(table.position[high] - table.position[low] + table.size[peak])),
        height: Seen::new(height.0, height.1, systematic),
        volume: v.seen(shape * v.value),
        reach: (edge(stretch.start, -1.0), edge(stretch.end - 1, 1.0)),
        time: rows.clone().map(|k| table.time[k]).sum::<f64>() / rows.len() as f64,
    })
}

/// The index over the significant stretches: noise elsewhere would count as change of either sign and draw it to 0.
pub(super) fn dipole(table: &Table, silver: &Silver, options: &Options, notes: &mut Vec<String>) -> Option<Seen> {
    let both = table.contacts[0].zip(table.contacts[1]);
    let middle = both.map(|(a, b)| Measurement::new(0.5 * (a.value + b.value), 0.5 * a.uncertainty.hypot(b.uncertainty)));
    let Some(centre) = options.centre.or(middle).filter(|c| c.value.is_finite()) else {
        notes.push("Not both contacts are in view and their middle was not given: no index.".into());
        return None;
    };
    if silver.stretches.is_empty() {
        return None;
    }
    let n = table.columns();
    let first: Vec<f64> = table.made.iter().map(|&w| equal_area_radius(w, table.area_factor)).collect();
    let (mut now, mut spread) = (table.made.clone(), vec![0.0; n]);
    for i in silver.stretches.iter().cloned().flatten() {
        if let Some((w, v)) = cell(table, &silver.rows, i) {
            now[i] = w;
            spread[i] = (v + table.made_variance(i)).sqrt();
        }
    }
    let index = |widths: &[f64], first: &[f64], centre: f64| {
        let radii: Vec<f64> = widths.iter().map(|&w| equal_area_radius(w.max(0.0), table.area_factor)).collect();
        crate::index::dipole(&table.position, first, &radii, centre)
    };
    let found = index(&now, &first, centre.value)?;
    let mut draw = Draw::new(1);
    let (rho, mut sum, mut square, mut count) = (table.noise.along, 0.0, 0.0, 0.0);
    for _ in 0..options.draws.max(16) {
        let mut noise = 0.0;
        let moved: Vec<f64> = (0..n)
            .map(|i| {
                noise = rho * noise + (1.0 - rho * rho).sqrt() * draw.normal();
                now[i] + spread[i] * noise
            })
            .collect();
        if let Some(m) = index(&moved, &first, centre.value + centre.uncertainty * draw.normal()) {
            sum += m.value;
            square += m.value * m.value;
            count += 1.0;
        }
    }
    let variance = if count > 1.0 { ((square - sum * sum / count) / (count - 1.0)).max(0.0) } else { 0.0 };
    // A width that is off everywhere by the systematic uncertainty, before and after.
    let off = |sign: f64| {
        let shifted = |w: &[f64]| -> Vec<f64> { w.iter().zip(&table.made_systematic).map(|(w, s)| w + sign * s).collect() };
        let first: Vec<f64> = shifted(&table.made).iter().map(|&w| equal_area_radius(w, table.area_factor)).collect();
        index(&shifted(&now), &first, centre.value).map(|m| m.value)
    };
    let systematic = off(1.0).zip(off(-1.0)).map_or(0.0, |(a, b)| 0.5 * (a - b));
    Some(Seen::new(found.value, variance.sqrt().hypot(found.uncertainty), systematic))
}
