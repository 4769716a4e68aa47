//! Faults that a test puts into the instrument, to see what a driver makes of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::instrument::Instrument;

/// How a reply is spoilt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Garble {
    /// Some of its bytes are others.
    Bytes,
    /// Its second half, with the line feed, is missing.
    Half,
    /// It is not sent.
    Lost,
}

/// Faults that wait to happen.
#[derive(Debug, Default)]
pub struct Faults {
    identity: Mutex<Option<String>>,
    stall: Mutex<Option<Duration>>,
    error: Mutex<Option<(u64, Fault)>>,
    cut: Mutex<Option<(String, u64)>>,
    garble: Mutex<Option<(Garble, u64, u64)>>,
    /// The server reads nothing more from its connections.
    pub deaf: AtomicBool,
    /// Lines that came since the instrument was switched on.
    pub lines: AtomicU64,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// `*IDN?` answers this from now on.
    pub fn set_identity(&self, text: Option<&str>) {
        *lock(&self.identity) = text.map(str::to_owned);
    }
    /// The instrument does nothing for a time (of the wall clock) at its next line or reading, whichever comes first.
    pub fn set_stall(&self, time: Duration) {
        *lock(&self.stall) = Some(time);
    }
    /// An error is queued after so many readings.
    pub fn set_error(&self, readings: u64, fault: Fault) {
        *lock(&self.error) = Some((readings.max(1), fault));
    }
    /// The connection is cut when the `n`-th line (from 1) from now on arrives that has `text` in it; the line is not carried out.
    pub fn set_cut(&self, text: &str, n: u64) {
        *lock(&self.cut) = Some((text.to_owned(), n.max(1)));
    }
    /// After `skip` replies, `n` are spoilt.
    pub fn set_garble(&self, how: Garble, skip: u64, n: u64) {
        *lock(&self.garble) = Some((how, skip, n));
    }
    /// No fault waits any more.
    pub fn clear(&self) {
        *lock(&self.identity) = None;
        *lock(&self.stall) = None;
        *lock(&self.error) = None;
        *lock(&self.cut) = None;
        *lock(&self.garble) = None;
        self.deaf.store(false, Ordering::SeqCst);
    }

    pub(crate) fn identity(&self) -> Option<String> {
        lock(&self.identity).clone()
    }

    /// Stalls, if that was asked for; nothing but the end of the instrument ends it sooner.
    pub(crate) fn stall(&self, instrument: &Instrument, _stop: &dyn Fn() -> bool) {
        let Some(time) = lock(&self.stall).take() else { return };
        let end = Instant::now() + time;
        while Instant::now() < end && !instrument.off.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5).min(end - Instant::now().min(end)));
        }
    }

    pub(crate) fn after_reading(&self, instrument: &Instrument) {
        let mut error = lock(&self.error);
        if let Some((left, _)) = error.as_mut() {
            *left -= 1;
            if *left == 0
                && let Some((_, fault)) = error.take()
            {
                drop(error);
                instrument.queue(fault);
            }
        }
    }

    /// A line has come; whether the connection is to be cut at it.
    pub(crate) fn cuts(&self, line: &[u8]) -> bool {
        self.lines.fetch_add(1, Ordering::SeqCst);
        let mut cut = lock(&self.cut);
        let Some((text, left)) = cut.as_mut() else { return false };
        if !text.is_empty() && !String::from_utf8_lossy(line).contains(text.as_str()) {
            return false;
        }
        *left -= 1;
        let now = *left == 0;
        if now {
            *cut = None;
        }
        now
    }

    /// The reply as it goes out.
    pub(crate) fn reply(&self, mut reply: Vec<u8>) -> Vec<u8> {
        let mut garble = lock(&self.garble);
        let Some((how, skip, left)) = garble.as_mut() else { return reply };
        if *skip > 0 {
            *skip -= 1;
            return reply;
        }
        let how = *how;
        *left = left.saturating_sub(1);
        if *left == 0 {
            *garble = None;
        }
        match how {
            Garble::Lost => reply.clear(),
            Garble::Half => reply.truncate(reply.len() / 2),
            Garble::Bytes => {
                let body = reply.len().saturating_sub(1);
                reply[..body].iter_mut().step_by(3).for_each(|b| *b ^= 0x15);
            }
        }
        reply
    }
}
