//! One channel: settings, source, what hangs on it. Pure: time is handed in, nothing waits.

use std::sync::{Arc, Mutex};

use crate::buffer::{Buffer, SharedBuffer};
use crate::fault::Fault;
use crate::load::{Level, Load, Reading};
use crate::meter::Meter;
use crate::model::{Model, Range, SOURCE_OVERRANGE};

/// Bits of `status.measurement.instrument.smuX.condition`.
pub mod condition {
    /// The voltage is limited.
    pub const VOLTAGE_LIMIT: u16 = 1;
    /// The current is limited.
    pub const CURRENT_LIMIT: u16 = 2;
    /// The last reading was an overflow.
    pub const OVERFLOW: u16 = 128;
    /// A reading is in a buffer.
    pub const BUFFER: u16 = 256;
}

/// One of a pair of settings: for amperes and for volts, in this order, as `smuX.OUTPUT_DCAMPS` is 0.
pub type Pair = [f64; 2];
/// Index of a [`Pair`].
pub const AMPS: usize = 0;
/// Index of a [`Pair`].
pub const VOLTS: usize = 1;

/// Settings of the source.
#[derive(Clone, Debug)]
pub struct Source {
    /// 0 off, 1 on, 2 off with the terminals open.
    pub output: u8,
    /// 0 sources current, 1 voltage.
    pub func: usize,
    /// Levels [A, V].
    pub level: Pair,
    /// Limits [A, V].
    pub limit: Pair,
    /// Full scale [A, V].
    pub range: Pair,
    /// Whether the range follows the level.
    pub auto: [bool; 2],
    /// Delay after a new level [s].
    pub delay: f64,
    /// 0 normal (0 V), 1 zero, 2 open terminals.
    pub off_mode: u8,
    /// Limits of the output that is off [A, V].
    pub off_limit: Pair,
    /// High-capacitance mode.
    pub high_c: bool,
}

/// Settings of the meter.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Full scale [A, V].
    pub range: Pair,
    /// 0 off, 1 on, 2 follows the limit.
    pub auto: [u8; 2],
    /// Lowest range that it goes to [A, V].
    pub low: Pair,
    /// Aperture in power-line cycles.
    pub nplc: f64,
    /// 0 off, 1 once, 2 automatic.
    pub autozero: u8,
    /// Delay before the aperture [s]; -1 automatic.
    pub delay: f64,
    /// Readings of a call.
    pub count: f64,
    /// From reading to reading of a call [s].
    pub interval: f64,
    /// Relative offsets for A, V, ohm, W.
    pub rel: [f64; 4],
    /// Whether they are subtracted.
    pub rel_on: [bool; 4],
    /// Whether the references are stale (a range or the aperture was changed).
    pub stale: bool,
}

/// A channel.
pub struct Channel {
    /// The model it is part of.
    pub model: Model,
    /// 0 is A, 1 is B.
    pub index: usize,
    /// The source.
    pub source: Source,
    /// The meter's settings.
    pub measure: Measure,
    /// 0 two wires, 1 four, 3 calibration.
    pub sense: u8,
    /// `nvbuffer1` and `nvbuffer2`.
    pub buffers: [SharedBuffer; 2],
    /// See [`condition`].
    pub condition: u16,
    /// What is measured.
    pub meter: Meter,
    /// Level that a sweep has put instead of the programmed one.
    pub swept: Option<(usize, f64)>,
    /// The output does not turn off any more (for tests of what drives it).
    pub stuck: bool,
    load: Box<dyn Load>,
    level: Level,
    time: f64,
    last: Reading,
}

impl Channel {
    /// A channel as it is after power-on.
    pub fn new(model: Model, index: usize, load: Box<dyn Load>, meter: Meter) -> Channel {
        let (source, measure) = defaults(model);
        Channel {
            model,
            index,
            source,
            measure,
            sense: 0,
            buffers: [0, 1].map(|_| Arc::new(Mutex::new(Buffer::dedicated()))),
            condition: 0,
            meter,
            swept: None,
            stuck: false,
            load,
            level: Level { volts: 0.0, amperes: 1e-3 },
            time: 0.0,
            last: Reading::default(),
        }
    }

    /// `smuX.reset()`: output off, settings as after power-on.
    pub fn reset(&mut self, time: f64) {
        let on = self.source.output;
        (self.source, self.measure) = defaults(self.model);
        if self.stuck {
            self.source.output = on;
        }
        self.sense = 0;
        self.swept = None;
        self.condition = 0;
        self.apply(time);
    }

    /// Whether the output is on.
    pub fn is_on(&self) -> bool {
        self.source.output == 1
    }

    /// Full scale, accuracy, step of a range for currents or voltages.
    pub fn range(&self, what: usize, full: f64) -> Range {
        let found = if what == AMPS {
            self.model.amps().find(|r| r.full >= full * 0.999_999)
        } else {
            self.model.volts().iter().copied().find(|r| r.full >= full * 0.999_999)
        };
        found.unwrap_or_else(|| self.top(what))
    }

    fn top(&self, what: usize) -> Range {
        let none = Range { full: 0.0, gain: 0.0, offset: 0.0, step: 0.0, settle: 0.0 };
        if what == AMPS { self.model.amps().next_back().unwrap_or(none) } else { self.model.volts().last().copied().unwrap_or(none) }
    }

    /// The smallest range that holds a value.
    ///
    /// # Errors
    /// None does.
    pub fn range_for(&self, what: usize, value: f64) -> Result<Range, Fault> {
        let value = value.abs();
        // Full scale is 101 % when sourcing: a 2 V range holds 2.02 V.
        let mut all: Vec<Range> = if what == AMPS { self.model.amps().collect() } else { self.model.volts().to_vec() };
        all.retain(|r| value <= SOURCE_OVERRANGE * r.full * (1.0 + 1e-12));
        all.first().copied().ok_or_else(|| Fault::new(1101))
    }

    /// Full scale of the source in use for amperes or volts.
    pub fn source_range(&self, what: usize) -> f64 {
        if self.source.auto[what] {
            let level = match self.swept {
                Some((w, level)) if w == what => level,
                _ => self.source.level[what],
            };
            return self.range_for(what, level).map_or(self.top(what).full, |r| r.full);
        }
        self.source.range[what]
    }

    /// Full scale of the meter in use: that of the source for what is sourced.
    pub fn measure_range(&self, what: usize) -> f64 {
        if what == self.source.func && self.is_on() {
            return self.source_range(what);
        }
        self.measure.range[what]
    }

    /// Level in use.
    pub fn level_in_use(&self) -> f64 {
        match self.swept {
            Some((what, level)) if what == self.source.func => level,
            _ => self.source.level[self.source.func],
        }
    }

    /// What the source gives with the settings as they are.
    fn given(&self) -> Level {
        let s = &self.source;
        match s.output {
            1 => {
                let full = self.source_range(s.func);
                let step = self.range(s.func, full).step;
                let level = (self.level_in_use() / step).round() * step;
                if s.func == VOLTS {
                    Level { volts: level, amperes: s.limit[AMPS].min(self.largest_current(full)) }
                } else {
                    // A current source that gives up at a voltage is a voltage source that gives up at a current.
                    Level { volts: s.limit[VOLTS].copysign(level), amperes: level.abs() }
                }
            }
            2 => Level::OPEN,
            _ if s.off_mode == 2 => Level::OPEN,
            _ => Level { volts: 0.0, amperes: s.off_limit[AMPS] },
        }
    }

    fn largest_current(&self, volts: f64) -> f64 {
        self.model.envelope(volts)
    }

    /// The settings have changed at `time` [s]: what was on until then has been on until then.
    pub fn apply(&mut self, time: f64) {
        let given = self.given();
        if given != self.level {
            self.advance(time);
            self.level = given;
        }
    }

    fn advance(&mut self, time: f64) -> Reading {
        self.time = self.time.max(time);
        self.last = self.load.advance(self.time, self.level);
        self.last
    }

    /// Mean over a window [s].
    pub fn integrate(&mut self, from: f64, to: f64) -> Reading {
        self.advance(from);
        self.advance(to)
    }

    /// Puts a fresh load in place.
    pub fn renew(&mut self, time: f64) {
        self.time = self.time.max(time);
        self.load.renew(self.time);
        self.last = Reading::default();
    }

    /// Whether the source is limited at present; the condition follows.
    pub fn compliance(&mut self, time: f64) -> bool {
        self.advance(time);
        self.note_limits()
    }

    /// Sets the condition's bits of the limits after a window.
    pub fn note_limits(&mut self) -> bool {
        let limited = if !self.is_on() {
            false
        } else if self.source.func == VOLTS {
            self.last.limited
        } else {
            !self.last.limited && self.level.amperes > 0.0 && self.last.current.abs() < self.level.amperes * (1.0 - 1e-9)
        };
        self.condition &= !(condition::VOLTAGE_LIMIT | condition::CURRENT_LIMIT);
        if limited {
            self.condition |= if self.source.func == VOLTS { condition::CURRENT_LIMIT } else { condition::VOLTAGE_LIMIT };
        }
        limited
    }

    /// Sets the output at `time`: 0 off, 1 on, 2 off and open.
    ///
    /// # Errors
    /// The interlock is open.
    pub fn set_output(&mut self, output: u8, time: f64) -> Result<(), Fault> {
        if output == 1 && self.model.interlocked().is_some_and(|full| self.highest_voltage() > 0.999 * full) {
            return Err(Fault::new(802));
        }
        if output != 1 && self.stuck && self.source.output == 1 {
            return Ok(());
        }
        self.source.output = output;
        self.swept = None;
        self.apply(time);
        if output != 1 {
            self.condition &= !(condition::VOLTAGE_LIMIT | condition::CURRENT_LIMIT);
        }
        Ok(())
    }

    /// Full scale of the voltage that can be at the terminals.
    fn highest_voltage(&self) -> f64 {
        if self.source.func == VOLTS { self.source_range(VOLTS) } else { self.range(VOLTS, self.source.limit[VOLTS]).full }
    }
}

fn defaults(model: Model) -> (Source, Measure) {
    let lowest = [model.amps().next().map_or(0.0, |r| r.full), model.volts().first().map_or(0.0, |r| r.full)];
    let source = Source {
        output: 0,
        func: VOLTS,
        level: [0.0; 2],
        limit: [model.limit_amps().2, model.limit_volts().2],
        range: lowest,
        auto: [true; 2],
        delay: 0.0,
        off_mode: 0,
        off_limit: [1e-3, model.limit_volts().2],
        high_c: false,
    };
    let measure = Measure {
        range: [0.1, lowest[VOLTS]],
        auto: [1; 2],
        low: lowest,
        nplc: 1.0,
        autozero: 2,
        delay: model.measure_delay(),
        count: 1.0,
        interval: 0.0,
        rel: [0.0; 4],
        rel_on: [false; 4],
        stale: true,
    };
    (source, measure)
}
