//! A clock that instrument and host share: it runs as fast as they do, so that a loaded machine changes nothing.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use pentatwin_experiment::source_meter::HostClock;
use pentatwin_tsp::clock::Clock;

/// Waits take no time, but the instrument is never further ahead of its host's last beat than this [s]: 10 samples a beat.
const AHEAD: f64 = 0.5;

/// Time that host and instrument share: it runs as fast as they do.
pub struct Shared {
    /// The instrument's time, and up to where it may go [s].
    at: Mutex<(f64, f64)>,
    moved: Condvar,
    start: Instant,
}

impl Clock for Shared {
    fn now(&self) -> f64 {
        self.at.lock().unwrap().0
    }
    fn wait(&self, time: f64, stop: &dyn Fn() -> bool) -> bool {
        let mut at = self.at.lock().unwrap();
        loop {
            if stop() {
                return false;
            }
            at.0 = at.0.max(time.min(at.1));
            self.moved.notify_all();
            if time <= at.1 {
                return true;
            }
            let (next, late) = self.moved.wait_timeout(at, Duration::from_millis(1)).unwrap();
            at = next;
            // The host waits for an answer in the middle of a measurement: time goes on.
            if late.timed_out() {
                at.1 = at.1.max(time);
            }
        }
    }
}

impl Default for Shared {
    fn default() -> Self {
        Shared { at: Mutex::new((0.0, AHEAD)), moved: Condvar::new(), start: Instant::now() }
    }
}

/// The host's view of it.
pub struct Host(pub Arc<Shared>);

impl HostClock for Host {
    /// Asked once when a beat is sent and once when it is answered. The instrument first uses up the time it was given: a beat that is always
    /// there already would keep it from ever waiting.
    fn running(&self) -> Instant {
        let at = self.0.at.lock().unwrap();
        let (mut at, _) = self.0.moved.wait_timeout_while(at, Duration::from_millis(20), |at| at.0 < at.1).unwrap();
        at.1 = at.0 + AHEAD;
        self.0.moved.notify_all();
        self.0.start + Duration::from_secs_f64(at.0)
    }
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs_f64(1e9 + self.0.at.lock().unwrap().0)
    }
}
