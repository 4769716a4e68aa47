//! From a protocol to what a real bench is asked to do; what it cannot do is refused before anything is touched.

use pentatwin_units::format_si;

use super::SourceMeterError;
use crate::protocol::{AfterBreak, Hold, Model, Protocol, Step, Sweep, TripRule};

/// Readings while a voltage is left on in a wait, at most this many, as on the virtual bench.
const WAIT_SAMPLES: f64 = 100.0;
/// Shortest time from reading to reading then [s].
const WAIT_INTERVAL: f64 = 0.05;

/// One step for the instrument.
#[derive(Clone, PartialEq, Debug)]
pub struct Segment {
    /// What is applied.
    pub drive: Drive,
    /// From sample to sample [s].
    pub interval: f64,
    /// Wait between the start of the interval and opening the aperture [s].
    pub delay: f64,
    /// Aperture in power-line cycles.
    pub nplc: f64,
    /// Current limit [A].
    pub limit: f64,
    /// Measure range to be set [A].
    pub range: f64,
    /// When the wire has broken; none where nothing ends the step.
    pub trip: Option<TripRule>,
    /// What happens then.
    pub after_break: AfterBreak,
}

/// What is applied in a step.
#[derive(Clone, PartialEq, Debug)]
pub enum Drive {
    /// A staircase of `step` [V] from the level that is on to each voltage [V] in turn.
    Sweep {
        /// Voltages to go to [V].
        to: Vec<f64>,
        /// Step of the staircase [V].
        step: f64,
    },
    /// A voltage [V] for a time [s].
    Hold {
        /// Voltage [V].
        voltage: f64,
        /// Time [s].
        time: f64,
    },
    /// Nothing, or after a break what was left on, for a time [s].
    Wait {
        /// Time [s].
        time: f64,
    },
}

/// All steps, and the ranges that stay fixed.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Steps.
    pub segments: Vec<Segment>,
    /// Model that the protocol is for.
    pub model: Model,
    /// Full scale of the source range [V].
    pub source_range: f64,
    /// Line frequency that the protocol counts on [Hz].
    pub line_frequency: f64,
    /// Longest aperture [s].
    pub longest_aperture: f64,
}

impl Plan {
    /// The plan of a protocol.
    ///
    /// # Errors
    /// A step that no source-meter can carry out.
    pub fn new(protocol: &Protocol) -> Result<Plan, SourceMeterError> {
        let instrument = &protocol.instrument;
        if instrument.model == Model::Ideal {
            return Err(SourceMeterError::Refused {
                what: "the protocol is for an ideal source-meter, which nobody can buy".to_owned(),
                help: "--set instrument.model=2614B".to_owned(),
            });
        }
        if protocol.device.on_heater() {
            return Err(SourceMeterError::Refused {
                what: "a heating chip is driven by its holder's own controller, which this program cannot do".to_owned(),
                help: "take a chip with contacts, or leave --source-meter away for the virtual bench".to_owned(),
            });
        }
        let segments: Result<Vec<_>, _> = protocol.steps.iter().enumerate().map(|(k, step)| segment(protocol, k, step)).collect();
        let segments = segments?;
        let longest = segments.iter().map(|s| instrument.aperture(s.nplc)).fold(0.0, f64::max);
        Ok(Plan {
            segments,
            model: instrument.model,
            source_range: instrument.source_full_scale().map_or(instrument.source_range, |(full, _)| full),
            line_frequency: instrument.line_frequency,
            longest_aperture: longest,
        })
    }

    /// The most that is applied in any step [V].
    pub fn highest(&self) -> f64 {
        let of = |s: &Segment| match &s.drive {
            Drive::Sweep { to, .. } => to.iter().fold(0.0, |m: f64, v| m.max(v.abs())),
            Drive::Hold { voltage, .. } => voltage.abs(),
            Drive::Wait { .. } => 0.0,
        };
        self.segments.iter().map(of).fold(0.0, f64::max)
    }
}

fn segment(protocol: &Protocol, k: usize, step: &Step) -> Result<Segment, SourceMeterError> {
    let range = |asked: f64| {
        let instrument = &protocol.instrument;
        let found = if asked > 0.0 { instrument.range_for(asked) } else { instrument.measure_full_scale() };
        found.map_or(instrument.measure_range, |(full, _)| full)
    };
    match step {
        Step::Sweep(s) => Ok(sweep(s, range(s.measure_range))),
        Step::Hold(h) => Ok(hold(h, range(h.measure_range))),
        Step::Wait(w) => Ok(Segment {
            drive: Drive::Wait { time: w.time },
            interval: (w.time / WAIT_SAMPLES).max(WAIT_INTERVAL),
            delay: 0.0,
            nplc: 1.0,
            limit: 0.0,
            range: 0.0,
            trip: None,
            after_break: AfterBreak::Off,
        }),
        Step::Heat(_) | Step::Image(_) | Step::Spectrum(_) => Err(SourceMeterError::Refused {
            what: format!(
                "step {} is a `{}`: the real bench is a source-meter and has no {}",
                k + 1,
                step.word(),
                if matches!(step, Step::Heat(_)) { "heater" } else { "microscope" }
            ),
            help: "take the step out of the protocol, or leave --source-meter away for the virtual bench".to_owned(),
        }),
    }
}

fn sweep(s: &Sweep, range: f64) -> Segment {
    Segment {
        drive: Drive::Sweep { to: s.to.clone(), step: s.step },
        interval: s.interval(),
        delay: s.delay,
        nplc: s.nplc,
        limit: s.compliance,
        range,
        trip: Some(s.trip_rule()),
        after_break: s.after_break,
    }
}

fn hold(h: &Hold, range: f64) -> Segment {
    Segment {
        drive: Drive::Hold { voltage: h.voltage, time: h.time },
        interval: h.interval,
        delay: h.delay,
        nplc: h.nplc,
        limit: h.compliance,
        range,
        trip: Some(h.trip_rule()),
        after_break: h.after_break,
    }
}

impl Segment {
    /// In words, for the log.
    pub fn words(&self) -> String {
        match &self.drive {
            Drive::Sweep { to, step } => {
                let path: Vec<String> = to.iter().map(|v| format_si(*v, "V", 4)).collect();
                format!(
                    "sweep to {} in steps of {}, {} each",
                    path.join(", "),
                    format_si(*step, "mV", 3),
                    format_si(self.interval, "ms", 4)
                )
            }
            Drive::Hold { voltage, time } => format!("hold {} for {}", format_si(*voltage, "V", 4), format_si(*time, "s", 4)),
            Drive::Wait { time } => format!("wait {}", format_si(*time, "s", 4)),
        }
    }
}
