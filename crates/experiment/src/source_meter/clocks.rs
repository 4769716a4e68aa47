//! The clocks of host and instrument, joined on each beat.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::SourceMeterError;

/// By this much clocks may disagree from one beat to the next [s]; more, and something has jumped.
const TOLERANCE: f64 = 1.0;

/// The two clocks of a computer: one that only runs, one that is set.
pub trait HostClock: Send {
    /// Time that only runs.
    fn running(&self) -> Instant;
    /// Time of day.
    fn wall(&self) -> SystemTime;
}

/// Those of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClocks;

impl HostClock for SystemClocks {
    fn running(&self) -> Instant {
        Instant::now()
    }
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// How the instrument's clock lies in the host's. The run's clock is the instrument's: zero is when its script began.
#[derive(Clone, Debug)]
pub struct Clocks {
    start: Instant,
    wall_start: SystemTime,
    /// Of the last beat: the host's two clocks.
    last: (Instant, SystemTime),
    /// Instrument minus host at the surest beat, and half of the time that beat took [s].
    offset: f64,
    uncertainty: f64,
    first: Option<(f64, f64)>,
    latest: Option<(f64, f64)>,
    round_trips: u64,
    round_trip_sum: f64,
}

impl Clocks {
    /// The script has just said that it begins.
    pub fn begin(host: &dyn HostClock) -> Clocks {
        let (start, wall_start) = (host.running(), host.wall());
        Clocks {
            start,
            wall_start,
            last: (start, wall_start),
            offset: 0.0,
            uncertainty: f64::INFINITY,
            first: None,
            latest: None,
            round_trips: 0,
            round_trip_sum: 0.0,
        }
    }

    /// A beat: sent, answered, and the instrument's time [s] in the answer.
    ///
    /// # Errors
    /// A clock has jumped.
    pub fn beat(&mut self, sent: Instant, host: &dyn HostClock, instrument: f64) -> Result<(), SourceMeterError> {
        let (now, wall) = (host.running(), host.wall());
        let since = |t: Instant| t.saturating_duration_since(self.start).as_secs_f64();
        let (from, to) = (since(sent), since(now));
        if instrument < from - TOLERANCE || instrument > to + TOLERANCE {
            let what = format!("the instrument says {instrument:.3} s since the start, this computer {to:.3} s");
            return Err(SourceMeterError::Clock { what });
        }
        let ran = now.saturating_duration_since(self.last.0).as_secs_f64();
        let set = match wall.duration_since(self.last.1) {
            Ok(forward) => forward.as_secs_f64(),
            Err(back) => -back.duration().as_secs_f64(),
        };
        if (set - ran).abs() > TOLERANCE {
            let what = format!("the time of day of this computer jumped by {:+.1} s", set - ran);
            return Err(SourceMeterError::Clock { what });
        }
        self.last = (now, wall);
        let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
        if half < self.uncertainty {
            (self.offset, self.uncertainty) = (instrument - middle, half);
        }
        self.first.get_or_insert((middle, instrument));
        self.latest = Some((middle, instrument));
        self.round_trips += 1;
        self.round_trip_sum += to - from;
        Ok(())
    }

    /// What the record says about the clocks.
    pub fn attributes(&self) -> serde_json::Value {
        let drift = match (self.first, self.latest) {
            (Some(a), Some(b)) if b.0 - a.0 > 10.0 => Some(1e6 * ((b.1 - a.1) / (b.0 - a.0) - 1.0)),
            _ => None,
        };
        let zero = self.wall_start.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64() - self.offset;
        serde_json::json!({
            "time": "the instrument's timer; zero is the start of its script",
            "zero_unix_s": zero,
            "instrument_minus_host_s": self.offset,
            "uncertainty_s": self.uncertainty.is_finite().then_some(self.uncertainty),
            "drift_ppm": drift,
            "beats": self.round_trips,
            "mean_round_trip_s": (self.round_trips > 0).then(|| self.round_trip_sum / self.round_trips as f64),
        })
    }
}
