//! Lines that wait for an interpreter.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;

/// How long a line waits for another client's script before its client gets an interpreter of its own.
const PATIENCE: Duration = Duration::from_millis(300);
/// Two connections have no order of arrival within this time.
const JUST_NOW: Duration = Duration::from_millis(20);
/// Lines of a connection that wait; its reader reads no more until there are fewer.
const MOST_LINES: usize = 10_000;
/// Their bytes.
const MOST_BYTES: usize = 4 << 20;

/// What is to be done.
pub enum What {
    /// A line of Lua.
    Line(Vec<u8>),
    /// A common command, without its asterisk, in lower case.
    Star(String),
    /// A script that has come whole.
    Script {
        /// Its name; empty if it has none.
        name: String,
        /// Its text.
        source: Vec<u8>,
        /// Whether it is run.
        run: bool,
    },
    /// A line of a script was taken: a prompt is due.
    More,
    /// An error of the interface.
    Fault(i32),
}

/// A line and where it came from.
pub struct Job {
    /// Number of the line; `abort` ends those before it.
    pub number: u64,
    /// When it came, on the instrument's clock [s].
    pub arrived: f64,
    /// When it came, on ours.
    pub since: Instant,
    /// From whom.
    pub connection: Arc<Connection>,
    /// What is to be done.
    pub what: What,
    bytes: usize,
}

#[derive(Default)]
struct Inner {
    jobs: VecDeque<Job>,
    next: u64,
    /// What runs: the connection and whether it is a guest's interpreter.
    running: Vec<(u64, bool, Instant)>,
    guests: BTreeSet<u64>,
}

/// Lines that wait, in order.
#[derive(Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line; waits while too many of its connection wait.
    pub fn push(&self, connection: &Arc<Connection>, arrived: f64, what: What) {
        let bytes = match &what {
            What::Line(text) => text.len(),
            What::Script { source, .. } => source.len(),
            _ => 0,
        };
        let mut inner = self.lock();
        while !connection.is_closed() {
            let own = inner.jobs.iter().filter(|j| j.connection.id == connection.id);
            let (lines, total) = own.fold((0, 0), |(n, b), j| (n + 1, b + j.bytes));
            if lines < MOST_LINES && total <= MOST_BYTES {
                break;
            }
            inner = self.changed.wait_timeout(inner, Duration::from_millis(50)).unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.next += 1;
        let number = inner.next;
        inner.jobs.push_back(Job { number, arrived, since: Instant::now(), connection: Arc::clone(connection), what, bytes });
        drop(inner);
        self.changed.notify_all();
    }

    /// The next line for an interpreter: of one connection, if it is a guest's. `None` when there will be no more.
    pub fn take(&self, guest: Option<&Arc<Connection>>, off: &dyn Fn() -> bool) -> Option<Job> {
        let mut inner = self.lock();
        loop {
            if off() {
                return None;
            }
            let at = match guest {
                Some(c) => inner.jobs.iter().position(|j| j.connection.id == c.id),
                None => inner.jobs.iter().position(|j| !inner.guests.contains(&j.connection.id)),
            };
            if let Some(job) = at.and_then(|at| inner.jobs.remove(at)) {
                inner.running.push((job.connection.id, guest.is_some(), Instant::now()));
                return Some(job);
            }
            if guest.is_some_and(|c| c.is_closed()) {
                return None;
            }
            inner = self.changed.wait_timeout(inner, Duration::from_millis(200)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A line is done.
    pub fn done(&self, job: &Job, guest: bool) {
        let mut inner = self.lock();
        if let Some(at) = inner.running.iter().position(|r| r.0 == job.connection.id && r.1 == guest) {
            inner.running.swap_remove(at);
        }
        drop(inner);
        self.changed.notify_all();
    }

    /// Whether a line of this connection is carried out and no other of it waits: then `*TRG` goes to the script.
    pub fn runs_last_line_of(&self, connection: u64) -> bool {
        let inner = self.lock();
        inner.running.iter().any(|r| r.0 == connection) && !inner.jobs.iter().any(|j| j.connection.id == connection)
    }

    /// Whether anything is carried out or waits.
    pub fn is_busy(&self) -> bool {
        let inner = self.lock();
        !inner.running.is_empty() || !inner.jobs.is_empty()
    }

    /// `abort` from a connection: forgets what waits of it and of those whose lines are carried out, and says up to which line what runs is to
    /// end. What another client has sent that had nothing to do with it, or just now, as if after it, stays and is counted anew.
    pub fn abort(&self, from: u64) -> u64 {
        let mut inner = self.lock();
        let Inner { jobs, next, running, .. } = &mut *inner;
        let just_now = |j: &Job| j.since.elapsed() < JUST_NOW;
        jobs.retain(|j| j.connection.id != from && (just_now(j) || !running.iter().any(|r| r.0 == j.connection.id)));
        let last = *next;
        for job in jobs {
            *next += 1;
            job.number = *next;
        }
        last
    }

    /// A connection whose lines have waited too long for another's; from now on it is a guest.
    pub fn kept_waiting(&self) -> Option<Arc<Connection>> {
        let mut inner = self.lock();
        let (busy, _, since) = *inner.running.iter().find(|r| !r.1)?;
        if since.elapsed() < PATIENCE {
            return None;
        }
        let waits = |j: &&Job| j.connection.id != busy && !inner.guests.contains(&j.connection.id) && j.since.elapsed() >= PATIENCE;
        let found = Arc::clone(&inner.jobs.iter().find(waits)?.connection);
        inner.guests.insert(found.id);
        Some(found)
    }

    /// A connection is gone.
    pub fn forget(&self, connection: u64) {
        self.lock().guests.remove(&connection);
        self.changed.notify_all();
    }

    /// Wakes all who wait.
    pub fn wake(&self) {
        self.changed.notify_all();
    }
}
