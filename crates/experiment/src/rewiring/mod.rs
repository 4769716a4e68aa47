//! The rewiring of a broken wire, read off a trace: what the source-meter delivered, and beside it the rewiring engine's own state.

use pentatwin_analysis::curve::{Exponent, G0, Samples, Set, SetRule, exponent, find_set};
use pentatwin_record::summary::Table;
use pentatwin_record::{EventKind, sample_flags};

use crate::protocol::Protocol;
use crate::run::Event;
use crate::simulate::Trace;

mod compare;
mod findings;
mod legs;
pub mod particle;
mod tables;

pub use compare::compare;
pub use findings::findings;
use legs::{Leg, legs};
pub use tables::tables;

/// How the title of every table of the rewiring begins.
const TITLE: &str = "Rewiring";
/// Current from which a rise counts [A]: above noise and offset of the 10 uA range.
const FLOOR: f64 = 10e-9;
/// Voltages on the way back over which the exponent is taken: the last 0.6 V before the current is lost (rewiring.md section 4.4).
const RETURN: f64 = 0.6;

/// A sudden rise of the current.
#[derive(Clone, Debug)]
pub struct Rise {
    /// The samples and what they show.
    pub set: Set,
    /// Voltage of the last sample before it [V]: afterwards, in compliance, the terminals show less than the level.
    pub voltage: f64,
    /// Whether it came while the voltage was going back.
    pub on_return: bool,
}

/// What was measured of a rewiring.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The sudden rise of the current.
    pub rise: Option<Rise>,
    /// Exponent of the current in the voltage on the way back, outside compliance.
    pub back: Option<Exponent>,
    /// Voltage on the way back below which the current is lost [V]; nothing if it is there to the end.
    pub lost: Option<f64>,
    /// Largest conductance outside compliance, in quanta.
    pub conductance: Option<f64>,
    /// Leg by leg, if there are more than a way up and a way back.
    pub legs: Option<Table>,
}

/// Samples after the break, as columns.
#[derive(Clone, Debug, Default)]
struct Columns {
    time: Vec<f64>,
    voltage: Vec<f64>,
    current: Vec<f64>,
    flags: Vec<u8>,
}

impl Columns {
    fn push(&mut self, time: f64, voltage: f64, current: f64, flags: u8) {
        self.time.push(time);
        self.voltage.push(voltage);
        self.current.push(current);
        self.flags.push(flags);
    }

    fn samples(&self) -> Samples<'_> {
        Samples {
            flags: &self.flags,
            excluded: sample_flags::COMPLIANCE | sample_flags::OVERFLOW,
            ..Samples::new(&self.time, &self.voltage, &self.current)
        }
    }

    /// Some of them.
    fn slice(&self, range: std::ops::Range<usize>) -> Columns {
        Columns {
            time: self.time[range.clone()].to_vec(),
            voltage: self.voltage[range.clone()].to_vec(),
            current: self.current[range.clone()].to_vec(),
            flags: self.flags[range].to_vec(),
        }
    }

    /// What they show; `back` is the way back after the rise.
    fn measure(&self, back: Option<Leg>) -> Measured {
        let (samples, voltage, current) = (self.samples(), &self.voltage, &self.current);
        let set = find_set(&samples, &SetRule { floor: 0.1 * FLOOR, ..SetRule::default() });
        let range = back.map(|leg| leg.samples(self)).filter(|r| !r.is_empty());
        let last = range.clone().and_then(|r| r.rev().find(|k| current[*k].abs() >= FLOOR));
        let slope = range.clone().zip(last).and_then(|(r, k)| {
            let low = voltage[k].abs();
            exponent(&samples, r, low, low + RETURN, FLOOR)
        });
        let from = set.map_or(self.time.len(), |s| s.samples.1);
        Measured {
            rise: set.map(|set| Rise {
                set,
                voltage: voltage[set.samples.0],
                on_return: range.as_ref().is_some_and(|r| r.contains(&set.samples.0)),
            }),
            back: slope,
            lost: range.zip(last).filter(|(r, k)| k + 1 < r.end).map(|(_, k)| voltage[k]),
            conductance: (from..self.time.len())
                .filter(|k| samples.valid(*k) && voltage[*k].abs() > 0.05)
                .map(|k| current[k] / voltage[k] / G0)
                .reduce(f64::max),
            legs: None,
        }
    }
}

/// Measures the samples after the break; nothing if the rewiring engine did not have the gap.
pub fn measure(protocol: &Protocol, trace: &Trace) -> Option<Measured> {
    let begin = trace.specimen.rewired()?.begin();
    let after: Vec<&crate::run::Sample> = trace.samples.iter().filter(|s| s.time > begin && s.voltage != 0.0).collect();
    // The sweep that broke the wire still falls: what rises is sought from its first open sample on.
    let open = after.iter().position(|s| s.current.abs() < FLOOR)?;
    let mut columns = Columns::default();
    after[open..].iter().for_each(|s| columns.push(s.time, s.voltage, s.current, s.flags));
    let legs = legs(protocol, trace);
    let rise = columns.measure(None).rise.map_or(f64::NEG_INFINITY, |r| r.set.time.value);
    let back = legs.iter().find(|l| l.back() && l.time[1] > rise.max(begin));
    Some(Measured { legs: legs::table(&legs, &columns), ..columns.measure(back.copied()) })
}

/// The event of the rise.
pub fn event(measured: &Measured) -> Option<Event> {
    measured.rise.as_ref().map(|r| Event { time: r.set.time.value, kind: EventKind::Rewire, value: r.voltage })
}
