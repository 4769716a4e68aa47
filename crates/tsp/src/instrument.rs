//! The instrument that interpreters, sweeps and connections share. Its lock is never held while something waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::channel::Channel;
use crate::clock::Clock;
use crate::events::Events;
use crate::fault::{ErrorQueue, Fault};
use crate::inject::Faults;
use crate::load::LoadFactory;
use crate::meter::Meter;
use crate::model::Model;
use crate::sweep::Plan;

/// How replies look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Format {
    /// Significant digits.
    pub precision: usize,
    /// 1 ASCII, 2 single precision, 3 double precision.
    pub data: u8,
    /// Least significant byte first.
    pub little_endian: bool,
}

impl Default for Format {
    fn default() -> Self {
        Format { precision: 6, data: 1, little_endian: true }
    }
}

/// What changes.
pub struct State {
    /// A and, if there is one, B.
    pub channels: Vec<Channel>,
    /// Sweeps as they are set up.
    pub plans: Vec<Plan>,
    /// The error queue.
    pub errors: ErrorQueue,
    /// How replies look.
    pub format: Format,
    /// Standard event register and its mask; mask of service requests.
    pub event_register: u8,
    /// Mask of the standard event register.
    pub event_enable: u8,
    /// Mask of service requests.
    pub service_enable: u8,
    /// Line frequency [Hz].
    pub line_frequency: f64,
    /// Whether prompts are sent after each line.
    pub prompts: bool,
    /// Whether errors are sent when they happen.
    pub show_errors: bool,
    /// Start of `timer` [s].
    pub timer: f64,
    /// Settings that are kept and have no other effect.
    pub kept: BTreeMap<String, Kept>,
    /// What the display shows, by line.
    pub display: [String; 2],
}

/// A setting that is kept.
#[derive(Clone, PartialEq, Debug)]
pub enum Kept {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// The instrument.
pub struct Instrument {
    /// Its model.
    pub model: Model,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Whether readings have noise and calibration error.
    pub noisy: bool,
    /// Faults that a test puts in.
    pub faults: Faults,
    /// It is being switched off.
    pub off: AtomicBool,
    /// Lines up to this number are to end.
    pub aborted: AtomicU64,
    /// Sweeps that are going on, by channel.
    pub sweeping: [AtomicBool; 2],
    /// Sweeps that are to end, by channel.
    pub cut: [AtomicBool; 2],
    serial: String,
    state: Mutex<State>,
    events: Mutex<Events>,
    happened: Condvar,
}

/// Longest look at events between two looks at whether to give up.
const LOOK: Duration = Duration::from_millis(2);

impl Instrument {
    /// An instrument after power-on with something at its terminals.
    pub fn new(model: Model, clock: Arc<dyn Clock>, loads: &LoadFactory<'_>, seed: u64, noisy: bool) -> Instrument {
        let channels: Vec<Channel> = (0..model.channels()).map(|n| Channel::new(model, n, loads(n), Meter::new(seed, n, noisy))).collect();
        let state = State {
            plans: channels.iter().map(|_| Plan::default()).collect(),
            channels,
            errors: ErrorQueue::default(),
            format: Format::default(),
            event_register: 128, // power on
            event_enable: 0,
            service_enable: 0,
            line_frequency: 50.0,
            prompts: false,
            show_errors: false,
            timer: 0.0,
            kept: BTreeMap::new(),
            display: Default::default(),
        };
        Instrument {
            model,
            clock,
            noisy,
            faults: Faults::default(),
            off: AtomicBool::new(false),
            aborted: AtomicU64::new(0),
            sweeping: Default::default(),
            cut: Default::default(),
            // A serial number no unit has, in the format of one: it says that this one is virtual.
            serial: format!("VIRTUAL{:04}", seed % 10_000),
            state: Mutex::new(state),
            events: Mutex::new(Events::default()),
            happened: Condvar::new(),
        }
    }

    /// Locks what changes. Never wait with it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the events. Never together with [`Instrument::state`].
    pub fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has happened.
    pub fn post(&self, event: u32) {
        let now = self.clock.now();
        self.events().post(event, now);
        self.happened.notify_all();
    }

    /// `*TRG`.
    pub fn trg(&self) {
        let now = self.clock.now();
        let room = self.events().trg(now);
        self.happened.notify_all();
        if !room {
            self.queue(Fault::new(-211));
        }
    }

    /// Waits until `there` finds what it looks for among the events or `stop` says to give up; timers run meanwhile.
    pub fn await_event(&self, mut there: impl FnMut(&mut Events) -> bool, stop: &dyn Fn() -> bool) -> bool {
        loop {
            let mut events = self.events();
            events.run_timers(self.clock.now());
            if there(&mut events) {
                return true;
            }
            if stop() {
                return false;
            }
            match events.next_timer() {
                Some(due) => {
                    drop(events);
                    self.happened.notify_all();
                    self.clock.wait(due.min(self.clock.now() + LOOK.as_secs_f64()), stop);
                }
                None => drop(self.happened.wait_timeout(events, LOOK)),
            }
        }
    }

    /// Puts an error into the queue.
    pub fn queue(&self, fault: Fault) {
        let mut state = self.state();
        state.event_register |= match fault.code {
            -299..=-200 => 16,
            -199..=-100 => 32,
            -499..=-400 => 4,
            _ => 8,
        };
        state.errors.push(fault);
    }

    /// Identity as `*IDN?` gives it.
    pub fn identity(&self) -> String {
        self.faults
            .identity()
            .unwrap_or_else(|| format!("Keithley Instruments Inc., Model {}, {}, {}", self.model.name(), self.serial, self.firmware()))
    }
    /// Serial number.
    pub fn serial(&self) -> &str {
        &self.serial
    }
    /// Firmware.
    pub fn firmware(&self) -> &'static str {
        "3.4.2"
    }

    /// Whether a sweep is going on.
    pub fn is_sweeping(&self) -> bool {
        self.sweeping.iter().any(|s| s.load(Ordering::SeqCst))
    }

    /// Everything as after power-on, but for buffers, scripts and what hangs on the terminals.
    pub fn reset(&self) {
        self.cut.iter().for_each(|c| c.store(true, Ordering::SeqCst));
        let now = self.clock.now();
        {
            let mut state = self.state();
            for n in 0..state.channels.len() {
                state.channels[n].reset(now);
                state.plans[n] = Plan::default();
            }
            state.format = Format::default();
            state.kept.clear();
            state.display = Default::default();
        }
        *self.events() = Events::default();
    }

    /// `*CLS`: status and errors are forgotten.
    pub fn clear_status(&self) {
        let mut state = self.state();
        state.errors.clear();
        state.event_register = 0;
    }

    /// The status byte.
    pub fn status_byte(&self) -> u8 {
        let state = self.state();
        let mut byte = 0;
        if state.channels.iter().any(|c| c.condition != 0) {
            byte |= 1;
        }
        if !state.errors.is_empty() {
            byte |= 4;
        }
        if state.event_register & state.event_enable != 0 {
            byte |= 32;
        }
        drop(state);
        if self.is_sweeping() {
            byte |= 128;
        }
        if byte & self.state().service_enable != 0 {
            byte |= 64;
        }
        byte
    }
}
