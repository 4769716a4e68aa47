//! What the source did to the gap, leg by leg: each stretch of a sweep from one voltage to the next, and each hold. By the protocol's times, as
//! the voltage at the terminals falls back in compliance and says nothing of what the source was told.

use pentatwin_analysis::curve::G0;
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;

use super::{Columns, FLOOR, TITLE};
use crate::protocol::{Protocol, Step};
use crate::simulate::Trace;

/// Conductance [G0] below which a filament counts as gone in the table of holds.
const GONE: f64 = 0.1;
/// Voltage [V] from which a conductance is read: below it the instrument's offset counts.
const READ: f64 = 5e-3;

/// One leg.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Leg {
    /// From and to when [s].
    pub time: [f64; 2],
    /// From and to which voltage [V].
    pub voltage: [f64; 2],
    /// Change of voltage per time [V/s]; 0 for a hold.
    pub rate: f64,
}

impl Leg {
    /// Whether the voltage goes towards zero.
    pub fn back(&self) -> bool {
        self.voltage[1].abs() < self.voltage[0].abs()
    }

    /// The samples of the leg, of columns ascending in time.
    pub fn samples(&self, columns: &Columns) -> std::ops::Range<usize> {
        // The last sample of a leg ends with it, but for rounding.
        let slack = 1e-6 * (self.time[1] - self.time[0]);
        columns.time.partition_point(|t| *t <= self.time[0] + slack)..columns.time.partition_point(|t| *t <= self.time[1] + slack)
    }
}

/// All legs that the steps of a run had, as far as it got.
pub(super) fn legs(protocol: &Protocol, trace: &Trace) -> Vec<Leg> {
    let mut legs = Vec::new();
    let mut voltage = 0.0;
    for (k, (step, begin)) in protocol.steps.iter().zip(&trace.begins).enumerate() {
        let end = trace.begins.get(k + 1).copied().unwrap_or(trace.time);
        match step {
            Step::Sweep(s) => {
                let mut start = *begin;
                for &to in &s.to {
                    // As the bench walks it: whole samples.
                    let span = ((to - voltage).abs() / s.step - 1e-9).ceil().max(0.0) * s.interval();
                    if span > 0.0 && start < end {
                        legs.push(Leg { time: [start, (start + span).min(end)], voltage: [voltage, to], rate: s.rate });
                    }
                    start += span;
                    voltage = to;
                }
            }
            Step::Hold(h) => {
                legs.push(Leg { time: [*begin, end], voltage: [h.voltage; 2], rate: 0.0 });
                voltage = h.voltage;
            }
            Step::Wait(_) | Step::Heat(_) | Step::Spectrum(_) => voltage = 0.0,
            Step::Image(_) => {}
        }
    }
    legs
}

/// The table: what each leg of the gap's showed. None if there is but one way up and back, which the summary has.
pub(super) fn table(legs: &[Leg], columns: &Columns) -> Option<Table> {
    let own: Vec<&Leg> = legs.iter().filter(|l| l.samples(columns).len() > 1).collect();
    if own.len() < 3 {
        return None;
    }
    let rows = own.iter().map(|l| row(l, columns)).collect();
    Some(Table {
        title: format!("{TITLE}: leg by leg"),
        columns: ["From (s)", "Source", "Rise at|", "Exponent|", "Lost at|", "G at the start, at the end (G0)|", "Remark"]
            .map(str::to_owned)
            .to_vec(),
        rows,
        note: format!(
            "Measured, series resistance included; nothing is read in compliance. Rise and loss: the current passes {}. Exponent: of the current in the voltage over the last 0.6 V before the loss; 1 is ohmic. Of a hold: when the conductance first falls below {GONE} G0 and whether it comes back.",
            format_si(FLOOR, "nA", 2)
        ),
    })
}

fn row(leg: &Leg, columns: &Columns) -> Vec<String> {
    let range = leg.samples(columns);
    let samples = columns.samples();
    let conductance =
        |k: usize| (samples.valid(k) && columns.voltage[k].abs() > READ).then(|| columns.current[k] / columns.voltage[k] / G0);
    let show = |g: Option<f64>| g.map_or("–".to_owned(), |g| if g.abs() < 1e-3 { "0".to_owned() } else { format!("{g:.3}") });
    let ends = [range.clone().find_map(conductance), range.clone().rev().find_map(conductance)];
    let found = columns.slice(range.clone()).measure(if leg.back() { Some(*leg) } else { None });
    let limited = range.clone().filter(|k| !samples.valid(*k)).count();
    let source = if leg.rate > 0.0 {
        format!("{} to {} at {}", format_si(leg.voltage[0], "V", 3), format_si(leg.voltage[1], "V", 3), format_si(leg.rate, "V/s", 3))
    } else {
        format!("{} for {}", format_si(leg.voltage[0], "V", 3), format_si(leg.time[1] - leg.time[0], "s", 3))
    };
    let mut remark = Vec::new();
    if limited > 0 {
        remark.push(format!("{limited} of {} samples in compliance", range.len()));
    }
    if leg.rate == 0.0 {
        let gone = range.clone().find(|k| conductance(*k).is_some_and(|g| g < GONE));
        remark.push(match gone {
            None => format!("stays above {GONE} G0"),
            Some(k) => {
                let after = format_si(columns.time[k] - leg.time[0], "s", 2);
                let again = (k..range.end).any(|j| conductance(j).is_some_and(|g| g >= GONE));
                format!("below {GONE} G0 after {after}{}", if again { ", above it again later" } else { "" })
            }
        });
    }
    vec![
        format!("{:.1}", leg.time[0]),
        source,
        found.rise.as_ref().map_or("–".to_owned(), |r| format_si(r.voltage, "V", 3)),
        found.back.as_ref().map_or("–".to_owned(), |e| format!("{:.2} ± {:.2}", e.value.value, e.value.uncertainty)),
        found.lost.map_or("–".to_owned(), |v| format_si(v, "V", 2)),
        format!("{}, {}", show(ends[0]), show(ends[1])),
        remark.join("; "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_has_the_samples_that_end_within_it() {
        let mut c = Columns::default();
        (1..=10).for_each(|k| c.push(f64::from(k), 0.1 * f64::from(k), 0.0, 0));
        let leg = Leg { time: [2.0, 5.0], voltage: [0.2, 0.5], rate: 0.1 };
        assert_eq!(leg.samples(&c), 2..5);
        assert!(!leg.back() && Leg { voltage: [0.5, 0.0], ..leg }.back());
    }
}
