//! The instrument on a TCP port: raw socket, lines that end with a line feed, `abort` out of band, and the port that ends dead sessions.

mod connection;
mod queue;
mod star;
mod worker;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::clock::{Clock, RealTime};
use crate::inject::Faults;
use crate::instrument::Instrument;
use crate::load::LoadFactory;
use crate::model::Model;
use crate::vm::Limits;
use connection::Connections;
use queue::Queue;

/// Connections that are open at once.
const MOST_CONNECTIONS: usize = 16;
/// From the port of the raw socket to the one that ends dead sessions: 5025 and 5030 on the instrument.
const DEAD_SOCKET: u16 = 5;
/// Between two looks of the housekeeper.
const HOUSEKEEPING: Duration = Duration::from_millis(50);

/// How long a client waits at the door for those before it to be gone, unless an output is on.
const HURRY: Duration = Duration::from_millis(50);

/// How a server is started.
#[derive(Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether it may listen where other computers can reach it.
    pub allow_remote: bool,
    /// The model.
    pub model: Model,
    /// Seed of calibration error and noise.
    pub seed: u64,
    /// Whether readings have them.
    pub noisy: bool,
    /// Whether the load stays the same for the next client; else it is renewed when the last is gone and the output is off.
    pub keep: bool,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// What scripts may use.
    pub limits: Limits,
    /// Is told what happens, a sentence each.
    pub say: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Default for Settings {
    /// A 2614B on a free port of this machine, in real time, that says nothing.
    fn default() -> Self {
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            allow_remote: false,
            model: Model::named("2614B").unwrap_or(crate::model::MODELS[0]),
            seed: 1,
            noisy: true,
            keep: false,
            clock: Arc::new(RealTime::default()),
            limits: Limits::default(),
            say: Arc::new(|_| {}),
        }
    }
}

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Other computers could reach it.
    #[error(
        "{0} can be reached from other computers: whoever reaches the port can run scripts and drive the instrument, for TSP has no user, no password worth the name and no encryption"
    )]
    Remote(SocketAddr),
    /// The system does not let us.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The interpreter does not start.
    #[error("the interpreter does not start: {0}")]
    Interpreter(String),
}

/// What all threads of a server share.
pub(crate) struct Shared {
    pub(crate) instrument: Arc<Instrument>,
    pub(crate) settings: Settings,
    pub(crate) queue: Queue,
    pub(crate) connections: Connections,
    used: Mutex<bool>,
}

/// A running server; it ends when it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    dead_socket: Option<SocketAddr>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts a server with something at the terminals of each channel (0 is A).
    ///
    /// # Errors
    /// It cannot or may not listen there.
    pub fn start(settings: Settings, loads: &LoadFactory<'_>) -> Result<Server, StartError> {
        let at = settings.listen;
        if !at.ip().is_loopback() && !settings.allow_remote {
            return Err(StartError::Remote(at));
        }
        let listener = TcpListener::bind(at).map_err(|e| StartError::Listen(at, e))?;
        let address = listener.local_addr().map_err(|e| StartError::Listen(at, e))?;
        let dead = address.port().checked_add(DEAD_SOCKET).map(|port| SocketAddr::new(address.ip(), port));
        let mut dead = dead.and_then(|d| TcpListener::bind(d).ok());
        if dead.is_none() && at.port() == 0 {
            dead = TcpListener::bind(SocketAddr::new(address.ip(), 0)).ok();
        }
        let dead_socket = dead.as_ref().and_then(|l| l.local_addr().ok());
        let instrument = Instrument::new(settings.model, settings.clock.clone(), loads, settings.seed, settings.noisy);
        let shared = Arc::new(Shared {
            instrument: Arc::new(instrument),
            settings,
            queue: Queue::default(),
            connections: Connections::default(),
            used: Mutex::new(false),
        });
        let mut threads = vec![worker::start(&shared, None).map_err(StartError::Interpreter)?];
        let mut run = |name: &str, f: Box<dyn FnOnce() + Send>| -> Result<(), StartError> {
            threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(f).map_err(|e| StartError::Listen(at, e))?);
            Ok(())
        };
        let s = Arc::clone(&shared);
        run("tsp accept", Box::new(move || s.accept(&listener)))?;
        if let Some(listener) = dead {
            let s = Arc::clone(&shared);
            run("tsp dead socket", Box::new(move || s.end_dead(&listener)))?;
        }
        let s = Arc::clone(&shared);
        run("tsp housekeeper", Box::new(move || s.keep_house()))?;
        Ok(Server { shared, address, dead_socket, threads })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// Where a connection ends all sessions; none if the port was taken.
    pub fn dead_socket(&self) -> Option<SocketAddr> {
        self.dead_socket
    }
    /// The instrument itself.
    pub fn instrument(&self) -> &Arc<Instrument> {
        &self.shared.instrument
    }
    /// Faults to put in.
    pub fn faults(&self) -> &Faults {
        &self.shared.instrument.faults
    }
    /// Whether the output of a channel (0 is A) is on.
    pub fn output_is_on(&self, channel: usize) -> bool {
        self.shared.instrument.state().channels.get(channel).is_some_and(crate::channel::Channel::is_on)
    }
    /// Programmed level of the output that is on [V] or [A], or what a sweep has put; 0 if it is off.
    pub fn level(&self, channel: usize) -> f64 {
        let state = self.shared.instrument.state();
        state.channels.get(channel).filter(|c| c.is_on()).map_or(0.0, crate::channel::Channel::level_in_use)
    }
    /// The output of a channel refuses to turn off, or obeys again.
    pub fn stick_output(&self, channel: usize, stuck: bool) {
        if let Some(c) = self.shared.instrument.state().channels.get_mut(channel) {
            c.stuck = stuck;
        }
    }
    /// Open connections.
    pub fn connections(&self) -> usize {
        self.shared.connections.len()
    }
    /// Cuts all connections now.
    pub fn cut(&self) {
        self.shared.connections.close_all();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.instrument.off.store(true, Ordering::SeqCst);
        self.shared.queue.wake();
        self.shared.connections.close_all();
        // Wakes those who wait for a client.
        for address in [Some(self.address), self.dead_socket].into_iter().flatten() {
            let reachable = if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address };
            let _ = TcpStream::connect_timeout(&reachable, Duration::from_millis(500));
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn is_off(&self) -> bool {
        self.instrument.off.load(Ordering::SeqCst)
    }

    pub(crate) fn say(&self, what: &str) {
        (self.settings.say)(what);
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(_) if self.is_off() => return,
                Err(_) => {
                    // Out of file descriptors, or a client that was gone at once.
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                }
            };
            if self.is_off() {
                return;
            }
            if self.connections.len() >= MOST_CONNECTIONS {
                self.say(&format!("a client was turned away: {MOST_CONNECTIONS} are connected"));
                continue;
            }
            self.greet();
            if let Err(e) = connection::open(self, stream) {
                self.say(&format!("a client could not be served: {e}"));
            }
        }
    }

    /// A client comes: the first after all were gone finds a fresh load, unless an output is still on.
    fn greet(&self) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let alone = || self.connections.len() == 0 && !self.instrument.is_sweeping() && !self.queue.is_busy();
        // One program that ends and the next that starts: the last lines of the first are still on their way, and its end after them.
        let until = Instant::now() + HURRY;
        while *used && !alone() && !self.is_off() && !self.instrument.state().channels.iter().any(|c| c.is_on()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        if *used && !self.settings.keep && alone() {
            let now = self.instrument.clock.now();
            let mut state = self.instrument.state();
            if state.channels.iter().all(|c| !c.is_on()) {
                state.channels.iter_mut().for_each(|c| c.renew(now));
                drop(state);
                self.say("a fresh wire is in place");
            }
        }
        *used = true;
    }

    /// A client is gone: the output stays as it is, as on the instrument.
    pub(crate) fn left(&self, who: &str) {
        let on: Vec<String> = {
            let state = self.instrument.state();
            let lit = state.channels.iter().filter(|c| c.is_on());
            lit.map(|c| {
                let (name, unit) = (["A", "B"][c.index.min(1)], ["A", "V"][c.source.func.min(1)]);
                format!("output {name} STAYS ON at {} {unit}", c.level_in_use())
            })
            .collect()
        };
        let end = if on.is_empty() { "all outputs are off".to_owned() } else { on.join(", ") };
        self.say(&format!("{who} is gone; {end}"));
    }

    fn end_dead(&self, listener: &TcpListener) {
        loop {
            let accepted = listener.accept();
            if self.is_off() {
                return;
            }
            if accepted.is_ok() {
                self.connections.close_all();
                self.say("the dead-socket port was used: all sessions are ended");
            } else {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// A client whose lines wait for the script of another gets an interpreter of its own.
    fn keep_house(self: &Arc<Self>) {
        let mut guests: Vec<JoinHandle<()>> = Vec::new();
        while !self.is_off() {
            std::thread::sleep(HOUSEKEEPING);
            guests.retain(|g| !g.is_finished());
            if let Some(connection) = self.queue.kept_waiting() {
                match worker::start(self, Some(connection)) {
                    Ok(guest) => {
                        guests.push(guest);
                        self.say("a script runs for another client: this one gets an interpreter of its own (on the instrument its lines would wait)");
                    }
                    Err(e) => self.say(&format!("no interpreter for a second client: {e}")),
                }
            }
        }
        for guest in guests {
            let _ = guest.join();
        }
    }
}
