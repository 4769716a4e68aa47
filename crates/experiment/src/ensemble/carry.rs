//! Carrying runs out: each on its own, its file put in place whole; the same bits whoever makes it, and with however many others.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pentatwin_record::sweep::{Ended, RunFile, SWEEP_VERSION};
use rayon::prelude::*;

use super::error::SweepError;
use super::folder::{PROTOCOL, RECORDS, RESULTS, SWEEP, finished, put, result_file};
use super::quantities::PLACE;
use super::sweep::{Engines, Keep, Run, Sweep};
use crate::measure::{Measures, measure};
use crate::outcome::ended;
use crate::protocol::{Protocol, Step};
use crate::run::{Flow, RunOptions, run};
use crate::simulate::{SimulateError, simulate};
use crate::{rewiring, shape};

/// Part of the spacing beside a contact's edge that counts as at the contact, as for the bands.
const AT_CONTACT: f64 = 0.1;

/// How far a sweep is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// Runs that have a result now, failed ones included.
    pub done: usize,
    /// Those of them that were there before.
    pub found: usize,
    /// Those of them that failed.
    pub failed: usize,
    /// Runs asked for.
    pub all: usize,
    /// Whether the listener stopped it.
    pub stopped: bool,
}

/// What a listener hears, from any thread: the state of the sweep; it says whether to go on.
pub type Heard<'a> = dyn Fn(Done) -> bool + Sync + 'a;

impl Sweep {
    /// Makes the folder of the sweep, or takes one that is there: the sweep and its protocol are put into it.
    ///
    /// # Errors
    /// [`SweepError::Unwritable`].
    pub fn prepare(&self, folder: &Path) -> Result<(), SweepError> {
        let results = folder.join(RESULTS);
        fs::create_dir_all(&results).map_err(|source| SweepError::Unwritable { path: results.clone(), source })?;
        // A job of an array must not rewrite what is there: a thousand of them would at once.
        for (name, text) in [(SWEEP, &self.text), (PROTOCOL, &self.protocol_text)] {
            let path = folder.join(name);
            if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
                put(&path, text.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Carries out one run, if its result is not in the folder yet, and puts its file there.
    ///
    /// # Errors
    /// There is no such run, or the file cannot be written. A run that fails is a result: [`Ended::Failed`].
    pub fn run_one(&self, index: usize, folder: &Path) -> Result<RunFile, SweepError> {
        let run = self.run(index)?;
        self.prepare(folder)?;
        if let Some(file) = finished(folder, &run.hash) {
            return Ok(file);
        }
        let file = self.make(&run, Some(folder), &|| true)?;
        // Nobody stops it.
        Ok(file.unwrap_or_else(|| self.file(&run, Ended::Failed { reason: "stopped".to_owned() })))
    }

    /// Carries out one run in memory: nothing is written.
    ///
    /// # Errors
    /// There is no such run.
    pub fn run_in_memory(&self, index: usize) -> Result<RunFile, SweepError> {
        let run = self.run(index)?;
        Ok(self.carry_out(&run, None, &|| true).unwrap_or_else(|| self.file(&run, Ended::Failed { reason: "stopped".to_owned() })))
    }

    /// Carries out runs on `jobs` threads (0: one for each core), skipping those whose results are in the folder; `heard` is told after
    /// each and stops the sweep by returning `false`: runs that are on then are given up, those that ended stay whole.
    ///
    /// # Errors
    /// The folder or a file cannot be written.
    pub fn run_all(&self, indices: &[usize], folder: &Path, jobs: usize, heard: &Heard) -> Result<Done, SweepError> {
        self.prepare(folder)?;
        let all = indices.len();
        let (done, found, failed, stop) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        let state = || Done {
            done: done.load(Ordering::Relaxed),
            found: found.load(Ordering::Relaxed),
            failed: failed.load(Ordering::Relaxed),
            all,
            stopped: stop.load(Ordering::Relaxed),
        };
        let going = || {
            if !stop.load(Ordering::Relaxed) && !heard(state()) {
                stop.store(true, Ordering::Relaxed);
            }
            !stop.load(Ordering::Relaxed)
        };
        let one = |&index: &usize| -> Result<(), SweepError> {
            if !going() {
                return Ok(());
            }
            let run = self.run(index)?;
            let before = finished(folder, &run.hash);
            found.fetch_add(usize::from(before.is_some()), Ordering::Relaxed);
            let file = match before {
                Some(file) => Some(file),
                None => self.make(&run, Some(folder), &going).inspect_err(|_| stop.store(true, Ordering::Relaxed))?,
            };
            if let Some(file) = file {
                failed.fetch_add(usize::from(matches!(file.ended, Ended::Failed { .. })), Ordering::Relaxed);
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(|e| SweepError::Threads(e.to_string()))?;
        pool.install(|| indices.par_iter().with_max_len(1).try_for_each(one))?;
        heard(state());
        Ok(state())
    }

    /// Carries a run out and writes its file; `None` if it was stopped.
    fn make(&self, run: &Run, folder: Option<&Path>, going: &(dyn Fn() -> bool + Sync)) -> Result<Option<RunFile>, SweepError> {
        let Some(file) = self.carry_out(run, folder, going) else { return Ok(None) };
        if let Some(folder) = folder {
            let path = result_file(folder, &run.hash);
            let text = serde_json::to_string_pretty(&file)
                .map_err(|e| SweepError::Unwritable { path: path.clone(), source: std::io::Error::other(e) })?;
            put(&path, text.as_bytes())?;
        }
        Ok(Some(file))
    }

    fn file(&self, run: &Run, ended: Ended) -> RunFile {
        RunFile {
            sweep_version: SWEEP_VERSION,
            pentatwin: env!("CARGO_PKG_VERSION").to_owned(),
            hash: run.hash.clone(),
            seed: run.seed,
            set: run.set.clone(),
            drawn: run.drawn.clone(),
            ended,
        }
    }

    fn carry_out(&self, run: &Run, folder: Option<&Path>, going: &(dyn Fn() -> bool + Sync)) -> Option<RunFile> {
        // A panic would be a defect of ours; it must not take the other runs with it.
        let ended = catch_unwind(AssertUnwindSafe(|| self.ended(run, folder, going)))
            .unwrap_or_else(|_| Some(Ended::Failed { reason: "a defect of the program: please report it with this file".to_owned() }));
        Some(self.file(run, ended?))
    }

    /// How a run ends; `None` if it was stopped.
    fn ended(&self, run: &Run, folder: Option<&Path>, going: &(dyn Fn() -> bool + Sync)) -> Option<Ended> {
        let protocol = match self.protocol_of(run) {
            Ok(p) => p,
            Err(e) => {
                let reasons: Vec<String> = e.problems.iter().map(|p| p.message.clone()).collect();
                return Some(Ended::Failed { reason: reasons.join("; ") });
            }
        };
        match (self.keep, folder) {
            (Keep::Records, Some(folder)) => recorded(&protocol, run, folder, going),
            _ => quietly(&protocol, self.engines, run.seed, going),
        }
    }
}

/// A run of which only the numbers are wanted.
fn quietly(protocol: &Protocol, engines: Engines, seed: u64, going: &(dyn Fn() -> bool + Sync)) -> Option<Ended> {
    let mut blind = protocol.clone();
    blind.microscope.frames = false;
    blind.steps.retain(|step| !matches!(step, Step::Image(_) | Step::Spectrum(_)));
    let failed = |e: &dyn std::error::Error| Some(Ended::Failed { reason: e.to_string() });
    let trace = match simulate(&blind, seed, &mut |_| Ok::<bool, std::convert::Infallible>(going())) {
        Ok(trace) if trace.stopped => return None,
        Ok(trace) => trace,
        Err(SimulateError::Sink(never)) => match never {},
        Err(e) => return failed(&e),
    };
    let mut measures = measure(&blind, &trace);
    if engines == Engines::Protocol {
        match shape::follow(&blind, seed, &trace) {
            Ok(shaped) => shape::take_over(&shaped, &mut measures),
            Err(e) => return failed(&e),
        }
        if let Some(m) = rewiring::measure(&blind, &trace) {
            let numbers = [("rewiring_voltage", m.rise.map(|r| r.voltage)), ("rewired_conductance", m.conductance)];
            measures.numbers.extend(numbers.into_iter().filter_map(|(name, v)| Some((name.to_owned(), v?))));
        }
    }
    let said = ended(&blind, &trace, &measures, false);
    Some(done(protocol, measures, said))
}

/// A run whose record is kept, in a folder of its own.
fn recorded(protocol: &Protocol, run_of: &Run, folder: &Path, going: &(dyn Fn() -> bool + Sync)) -> Option<Ended> {
    let out = folder.join(RECORDS).join(&run_of.hash);
    // One that was killed left a part of a record and no result.
    let _ = fs::remove_dir_all(&out);
    let options = RunOptions { seed: run_of.seed, band: 0, companions: false, out: Some(out.clone()) };
    let listen = &mut |_: crate::run::Message<'_>| if going() { Flow::Continue } else { Flow::Stop };
    match run(protocol, &options, listen) {
        Ok(outcome) if outcome.interrupted => {
            let _ = fs::remove_dir_all(&out);
            None
        }
        Ok(outcome) => {
            let s = &outcome.summary;
            let results = s.results.iter().filter_map(|r| Some((r.name.clone(), r.value?))).collect();
            let bound = s.results.iter().any(|r| r.name == "gap_width" && !r.bound.is_empty());
            let broke = s.moments.iter().any(|m| m.name == "C");
            let mut ended = Ended::Done { ended: s.ended.clone(), broke, gap_resolved: broke && !bound, results };
            place(protocol, &mut ended);
            Some(ended)
        }
        Err(e) => Some(Ended::Failed { reason: e.to_string() }),
    }
}

fn done(protocol: &Protocol, measures: Measures, said: String) -> Ended {
    let broke = measures.rupture.is_some();
    let gap_resolved = broke && measures.gap_resolved;
    let mut ended = Ended::Done { ended: said, broke, gap_resolved, results: measures.numbers };
    place(protocol, &mut ended);
    ended
}

/// Adds where the wire broke: at contact 1, between, at contact 2.
fn place(protocol: &Protocol, ended: &mut Ended) {
    let Ended::Done { results, .. } = ended else { return };
    if protocol.device.on_heater() {
        return;
    }
    let span = protocol.device.span();
    if let Some(&x) = results.get("gap_position") {
        let place = if x < AT_CONTACT * span {
            1.0
        } else if x <= (1.0 - AT_CONTACT) * span {
            2.0
        } else {
            3.0
        };
        results.insert(PLACE.to_owned(), place);
    }
}
