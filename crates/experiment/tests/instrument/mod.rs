//! What the tests of the driver have in common: virtual instruments with a fuse or a wire at their terminals, protocols, runs with a look at everything.
#![allow(dead_code)] // each test binary uses a part of it

pub mod fast_time;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pentatwin_experiment::Protocol;
use pentatwin_experiment::bench::RealBench;
use pentatwin_experiment::real_run::{RealFailure, RealOutcome, run_on};
use pentatwin_experiment::run::{Flow, Message, RunOptions, Sample};
use pentatwin_experiment::source_meter::{Address, OutputState, Timing};
use pentatwin_tsp::load::{Level, Load, Open, Reading};
use pentatwin_tsp::{Server, Settings};

/// 250 ohm until the voltage exceeds `breaks` [V]; open from then on.
pub struct Fuse {
    pub breaks: f64,
    pub broken: bool,
}

impl Load for Fuse {
    fn advance(&mut self, _: f64, level: Level) -> Reading {
        self.broken |= level.volts.abs() > self.breaks;
        let free = if self.broken { 0.0 } else { level.volts / 250.0 };
        let current = free.clamp(-level.amperes, level.amperes);
        let limited = free.abs() > level.amperes;
        Reading { current, voltage: if limited { current * 250.0 } else { level.volts }, limited }
    }
    fn renew(&mut self, _: f64) {
        self.broken = false;
    }
}

pub fn server(breaks: f64) -> Server {
    server_with(Settings { noisy: false, ..Settings::default() }, breaks)
}

pub fn server_with(settings: Settings, breaks: f64) -> Server {
    let load =
        move |channel: usize| -> Box<dyn Load> { if channel == 0 { Box::new(Fuse { breaks, broken: false }) } else { Box::new(Open) } };
    Server::start(settings, &load).unwrap()
}

/// 2 V/s in steps of 10 mV.
pub const FAST: &str = "[[step]]\nsweep = { to = \"2 V\", rate = \"2 V/s\", step = \"10 mV\", nplc = 0.01 }\n";

pub fn protocol(text: &str) -> Protocol {
    Protocol::parse("bench", text).unwrap_or_else(|e| panic!("{e:?}"))
}

/// Shorter than the defaults, so that tests are short.
pub const QUICK: Timing = Timing {
    connect: Duration::from_secs(1),
    reply: Duration::from_millis(1000),
    beat: Duration::from_millis(50),
    grace: Duration::from_millis(800),
    give_up: Duration::from_secs(8),
};

/// Everything that is to be known of a run.
pub struct Watched {
    pub result: Result<RealOutcome, RealFailure>,
    /// What the listener heard.
    pub heard: Vec<Sample>,
    /// What is in `iv.csv`.
    pub written: Vec<Sample>,
    pub took: Duration,
    pub out: PathBuf,
    _dir: tempfile::TempDir,
}

impl Watched {
    pub fn output(&self) -> &OutputState {
        match &self.result {
            Ok(o) => &o.output,
            Err(e) => &e.output,
        }
    }
    pub fn error(&self) -> String {
        self.result.as_ref().err().map(|e| e.error.to_string()).unwrap_or_default()
    }
}

/// Runs a protocol on a server; `meddle` is called with each message and its number of samples so far.
pub fn run(server: &Server, text: &str, timing: Timing, meddle: &mut dyn FnMut(&Message, usize) -> Flow) -> Watched {
    run_at(&Address::from(server.address()), text, timing, meddle, |b| b)
}

pub fn run_at(
    address: &Address,
    text: &str,
    timing: Timing,
    meddle: &mut dyn FnMut(&Message, usize) -> Flow,
    change: impl FnOnce(RealBench) -> RealBench,
) -> Watched {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let options = RunOptions { out: Some(out.clone()), ..RunOptions::default() };
    let protocol = protocol(text);
    let mut heard = Vec::new();
    let start = Instant::now();
    let result = match RealBench::connect(&protocol, address, timing) {
        Ok(bench) => run_on(change(bench), &protocol, &options, address, &mut |message| {
            if let Message::Sample(s) = &message {
                heard.push(**s);
            }
            meddle(&message, heard.len())
        }),
        Err(e) => Err(RealFailure {
            error: Box::new(pentatwin_experiment::run::RunError::SourceMeter(e)),
            output: OutputState::Untouched,
            folder: None,
        }),
    };
    let took = start.elapsed();
    Watched { result, heard, written: iv(&out), took, out, _dir: dir }
}

/// The samples of an `iv.csv`.
pub fn iv(folder: &std::path::Path) -> Vec<Sample> {
    let text = std::fs::read_to_string(folder.join("iv.csv")).unwrap_or_default();
    let line = |l: &str| {
        let f: Vec<f64> = l.split(',').map_while(|x| x.parse().ok()).collect();
        (f.len() == 4).then(|| Sample { time: f[0], voltage: f[1], current: f[2], flags: f[3] as u8 })
    };
    text.lines().skip(1).map_while(line).collect()
}

/// Time until the output is off; `None` if it is not within `within`.
pub fn off_within(server: &Server, within: Duration) -> Option<Duration> {
    let start = Instant::now();
    while start.elapsed() < within {
        if !server.output_is_on(0) {
            return Some(start.elapsed());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// A clock for instruments, shared.
pub fn real_time() -> Arc<dyn pentatwin_tsp::clock::Clock> {
    Arc::new(pentatwin_tsp::clock::RealTime::default())
}
