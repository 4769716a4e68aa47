//! Taking a reading: the time it takes, the range it is taken on, what it says (science/source-meter.md section 5.2).

use std::cell::Cell;
use std::sync::atomic::Ordering;

use crate::buffer::{Entry, STATUS_OUTPUT_OFF};
use crate::channel::{AMPS, Channel, VOLTS, condition};
use crate::clock::Clock;
use crate::instrument::Instrument;
use crate::load::Reading;
use crate::meter::Quantity;
use crate::model::{MEASURE_OVERRANGE, OVERFLOW};

/// What a reading is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Current [A].
    Current = 0,
    /// Voltage [V].
    Voltage = 1,
    /// Resistance [ohm].
    Resistance = 2,
    /// Power [W].
    Power = 3,
}

/// The time at which the instrument is with what it does. It stays behind the wall clock while the computer is late, so that readings come
/// as often as the instrument makes them; further behind than `SLACK` it catches up.
#[derive(Debug)]
pub struct Cursor(Cell<f64>);

/// How late [s] the computer may be without the instrument being late. The break of a wire takes some 0.4 s to compute.
const SLACK: f64 = 1.0;

/// How far ahead [s] of the clock the load may be while an aperture passes: the load's work is done in this time and not after it. A level that
/// changes meanwhile (another client, `abort` and then off) acts on the load so much late, never early; the aperture that `abort` cuts
/// gives no reading, and the load has lived through it up to its end if it was to end within this time, else up to its beginning.
const AHEAD: f64 = 5e-3;

impl Cursor {
    /// At a time [s].
    pub fn new(time: f64) -> Cursor {
        Cursor(Cell::new(time))
    }
    /// A line arrived at `time` [s].
    pub fn arrive(&self, time: f64) {
        self.0.set(self.0.get().max(time));
    }
    /// Something else was waited for: what comes now begins now.
    pub fn waited(&self, clock: &dyn Clock) {
        self.arrive(clock.now());
    }
    /// The time at which what comes now begins [s].
    pub fn start(&self, clock: &dyn Clock) -> f64 {
        let now = clock.now();
        if now - self.0.get() > SLACK {
            self.0.set(now);
        }
        self.0.get()
    }
    /// Waits for a time [s] to pass; `false` if `stop` said to give up.
    pub fn wait(&self, clock: &dyn Clock, seconds: f64, stop: &dyn Fn() -> bool) -> bool {
        self.until(clock, self.start(clock) + seconds, stop)
    }
    /// Waits until a time [s]; `false` if `stop` said to give up.
    pub fn until(&self, clock: &dyn Clock, until: f64, stop: &dyn Fn() -> bool) -> bool {
        let done = clock.wait(until, stop);
        self.0.set(if done { until } else { clock.now() });
        done
    }
    /// Waits for the delay of the source after a new level.
    pub fn wait_delay(&self, instrument: &Instrument, channel: usize, stop: &dyn Fn() -> bool) -> bool {
        let delay = instrument.state().channels[channel].source.delay;
        !(delay > 0.0) || self.wait(&*instrument.clock, delay, stop)
    }
}

/// Takes one reading of each kind in one aperture and says when; `None` if `stop` said to give up.
pub fn take(
    instrument: &Instrument,
    channel: usize,
    kinds: &[Kind],
    cursor: &Cursor,
    stop: &dyn Fn() -> bool,
) -> Option<Vec<(Entry, f64)>> {
    let clock = &*instrument.clock;
    let (before, aperture, nplc) = {
        let mut state = instrument.state();
        let line = state.line_frequency;
        let c = &mut state.channels[channel];
        let aperture = c.measure.nplc / line;
        let full = c.measure_range(AMPS);
        let delay = if c.measure.delay < 0.0 { 3.0 * c.range(AMPS, full).settle } else { c.measure.delay };
        // Stale references cost two conversions more.
        let stale = std::mem::take(&mut c.measure.stale) && c.measure.autozero != 0 || c.measure.autozero == 1;
        if c.measure.autozero == 1 {
            c.measure.autozero = 0;
        }
        (delay + if stale { 2.0 * aperture } else { 0.0 }, aperture, c.measure.nplc)
    };
    if before > 0.0 && !cursor.wait(clock, before, stop) {
        return None;
    }
    instrument.faults.stall(instrument, stop);
    let mut seen;
    loop {
        let from = cursor.start(clock);
        if aperture > AHEAD && !cursor.until(clock, from + aperture - AHEAD, stop) {
            return None;
        }
        let mut state = instrument.state();
        seen = state.channels[channel].integrate(from, from + aperture);
        drop(state);
        if !cursor.until(clock, from + aperture, stop) {
            return None;
        }
        let settle = follow(&mut instrument.state().channels[channel], &seen);
        if settle > 0.0 {
            // A reading on the wrong range is thrown away.
            if !cursor.wait(clock, settle, stop) {
                return None;
            }
            continue;
        }
        break;
    }
    let end = cursor.start(clock);
    let mut state = instrument.state();
    let c = &mut state.channels[channel];
    let limited = c.note_limits();
    let value = |c: &mut Channel, what: usize| {
        let full = c.measure_range(what);
        let range = c.range(what, full);
        let (quantity, value) = if what == AMPS { (Quantity::Current, seen.current) } else { (Quantity::Voltage, seen.voltage) };
        c.meter.read(quantity, value, &range, nplc)
    };
    let (amps, volts) = (value(c, AMPS), value(c, VOLTS));
    let overflow = |v: f64| v.abs() >= OVERFLOW;
    c.condition &= !condition::OVERFLOW;
    let mut taken = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let raw = match kind {
            Kind::Current => amps,
            Kind::Voltage => volts,
            _ if overflow(amps) || overflow(volts) => OVERFLOW,
            Kind::Resistance => (volts / amps).clamp(-OVERFLOW, OVERFLOW),
            Kind::Power => volts * amps,
        };
        let raw = if raw.is_nan() { OVERFLOW } else { raw };
        let rel = if c.measure.rel_on[*kind as usize] { c.measure.rel[*kind as usize] } else { 0.0 };
        let reading = if overflow(raw) { raw } else { raw - rel };
        if overflow(raw) {
            c.condition |= condition::OVERFLOW;
        }
        let status = u8::from(limited) * 8 + u8::from(overflow(raw)) * 2 + if c.is_on() { 0 } else { STATUS_OUTPUT_OFF };
        let entry = Entry {
            reading,
            time: 0.0,
            source: c.level_in_use(),
            status,
            measure_range: c.measure_range(if *kind == Kind::Voltage { VOLTS } else { AMPS }),
            source_range: c.source_range(c.source.func),
            measure_function: *kind as u8,
            source_function: c.source.func as u8,
        };
        taken.push((entry, end));
    }
    drop(state);
    instrument.faults.after_reading(instrument);
    Some(taken)
}

/// Lets the ranges of the meter follow what was seen: time [s] that the change takes, 0 if there was none. One decade at a time.
fn follow(c: &mut Channel, seen: &Reading) -> f64 {
    let mut settle: f64 = 0.0;
    for (what, value) in [(AMPS, seen.current.abs()), (VOLTS, seen.voltage.abs())] {
        if c.measure.auto[what] == 0 || (what == c.source.func && c.is_on()) {
            continue;
        }
        let fulls: Vec<f64> =
            if what == AMPS { c.model.amps().map(|r| r.full).collect() } else { c.model.volts().iter().map(|r| r.full).collect() };
        let Some(at) = fulls.iter().position(|f| *f >= 0.999_999 * c.measure.range[what]) else { continue };
        let floor = fulls.iter().position(|f| *f >= 0.999_999 * c.measure.low[what]).unwrap_or(0);
        let next = if c.measure.auto[what] == 2 && what == AMPS {
            fulls.iter().position(|f| *f >= 0.999_999 * c.source.limit[AMPS]).unwrap_or(at)
        } else if value > fulls[at] * MEASURE_OVERRANGE {
            (at + 1).min(fulls.len() - 1)
        } else if at > floor && value < 0.95 * fulls[at - 1] {
            at - 1
        } else {
            at
        };
        if next != at {
            c.measure.range[what] = fulls[next];
            settle = settle.max(c.range(what, fulls[next]).settle);
        }
    }
    settle
}

/// A stop that also looks at whether lines up to `line` are to end.
pub fn aborted(instrument: &Instrument, line: u64) -> bool {
    instrument.off.load(Ordering::SeqCst) || instrument.aborted.load(Ordering::SeqCst) >= line
}
