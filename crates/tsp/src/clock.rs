//! The instrument's clock: real time for clients, fast time for tests.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// Between two looks at whether a wait is to be given up.
const LOOK: Duration = Duration::from_millis(5);

/// Where the instrument's time comes from.
pub trait Clock: Send + Sync {
    /// Time since the instrument was switched on [s].
    fn now(&self) -> f64;
    /// Waits until `time` [s]; `false` if `stop` said to give up before.
    fn wait(&self, time: f64, stop: &dyn Fn() -> bool) -> bool;
}

/// The wall clock. keithley2600 hangs if a sweep is over before its first poll, so this is the default.
#[derive(Debug)]
pub struct RealTime(Instant);

impl Default for RealTime {
    fn default() -> Self {
        RealTime(Instant::now())
    }
}

impl Clock for RealTime {
    fn now(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    fn wait(&self, time: f64, stop: &dyn Fn() -> bool) -> bool {
        loop {
            if stop() {
                return false;
            }
            let rest = time - self.now();
            if !(rest > 0.0) {
                return true;
            }
            std::thread::sleep(LOOK.min(Duration::try_from_secs_f64(rest).unwrap_or(LOOK)));
        }
    }
}

/// Waits take no time; the clock jumps to their end.
#[derive(Debug, Default)]
pub struct FastTime(Mutex<f64>);

impl Clock for FastTime {
    fn now(&self) -> f64 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, time: f64, stop: &dyn Fn() -> bool) -> bool {
        if stop() {
            return false;
        }
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.max(time);
        true
    }
}
