//! Carrying out a run: folder, bench, recorder, then companions, bands and the summary.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pentatwin_microscope::View;
use pentatwin_physics::rewired::Rewired;
use pentatwin_physics::specimen::Specimen;
use pentatwin_record::RunFolder;
use pentatwin_record::summary::{Companion, Summary, Table};
use serde_json::{Map, json};

use crate::band::{Bands, bands};
use crate::beam_control::beam_control;
use crate::bench::VirtualBench;
use crate::companions::{changes, companions};
use crate::heating;
use crate::imaging::{Imager, estimated_bytes};
use crate::measure::measure;
use crate::outcome::{Material, events, summarise};
use crate::protocol::{Coupling, Protocol};
use crate::recorder::Recorder;
use crate::rewiring;
use crate::run::{Event, Flow, Frame, KeptOutcome, Message, RunError, RunOptions, RunOutcome};
use crate::shape;
use crate::simulate::{Happening, SimulateError, Trace, breaking_sweep, simulate};
use crate::spectra;

/// How often, at the least, the terminal hears from work on other threads.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// Carries a protocol out, records it, reads it and sums it up. `listen` hears what happens and may stop it; the record is then whole all the same.
///
/// # Errors
/// The folder cannot be used, the disk is full, the physics gives up. What was recorded until then is kept; a run that failed before
/// anything was recorded leaves nothing behind.
pub fn run(protocol: &Protocol, options: &RunOptions, listen: &mut dyn FnMut(Message) -> Flow) -> Result<RunOutcome, RunError> {
    let engine = |e: pentatwin_physics::specimen::PhysicsError| RunError::Engine(Box::new(e));
    heating::atoms::check(protocol)?;
    // The device is tried before a folder is made.
    let bench = VirtualBench::new(protocol, options.seed).map_err(engine)?;
    let started = (SystemTime::now(), Instant::now());
    let imager = Imager::new(protocol, options.seed);
    let folder = RunFolder::create(options.out.as_deref(), &protocol.name, started.0)?;
    let recorder = match room(protocol, &folder, bench.whole_duration(&protocol.steps))
        .and_then(|()| begin(protocol, options, Some(&folder), bench.specimen(), imager.as_ref(), started.0))
    {
        Ok(recorder) => recorder,
        Err(e) => {
            folder.discard();
            return Err(e);
        }
    };
    let stopped = listen(Message::Folder(folder.path())) == Flow::Stop;
    let (recorder, summary, interrupted) = carry_out(protocol, options, recorder, imager.as_ref(), started, stopped, listen)?;
    recorder.finish()?;
    Ok(RunOutcome { folder: folder.path().to_owned(), summary, interrupted })
}

/// Carries a protocol out as [`run`] does and keeps what it leaves in memory: nothing is written, `options.out` means nothing.
///
/// # Errors
/// The physics gives up.
pub fn run_in_memory(protocol: &Protocol, options: &RunOptions, listen: &mut dyn FnMut(Message) -> Flow) -> Result<KeptOutcome, RunError> {
    heating::atoms::check(protocol)?;
    let bench = VirtualBench::new(protocol, options.seed).map_err(|e| RunError::Engine(Box::new(e)))?;
    let started = (SystemTime::now(), Instant::now());
    let imager = Imager::new(protocol, options.seed);
    let recorder = begin(protocol, options, None, bench.specimen(), imager.as_ref(), started.0)?;
    let (recorder, summary, interrupted) = carry_out(protocol, options, recorder, imager.as_ref(), started, false, listen)?;
    let (arrays, attributes) = recorder.into_memory();
    Ok(KeptOutcome { arrays, attributes, summary, interrupted })
}

/// The run itself, between the opening of its record and the closing: the recorder as it is then, what the run says about itself, and
/// whether it was stopped. `started` is by the calendar and by the monotonic clock; `stopped` says that a listener had enough already.
fn carry_out(
    protocol: &Protocol,
    options: &RunOptions,
    mut recorder: Recorder,
    imager: Option<&Imager>,
    started: (SystemTime, Instant),
    mut stopped: bool,
    listen: &mut dyn FnMut(Message) -> Flow,
) -> Result<(Recorder, Summary, bool), RunError> {
    let engine = |e: pentatwin_physics::specimen::PhysicsError| RunError::Engine(Box::new(e));
    // Onset and neck are known only afterwards; events are recorded at the end, in the order of their times.
    let mut happened: Vec<Event> = Vec::new();
    let mut frames = 0u64;
    let result = simulate(protocol, options.seed, &mut |happening| {
        match &happening {
            Happening::Event(event) => happened.push(**event),
            other => {
                frames += u64::from(matches!(other, Happening::Frame(_)));
                recorder.take(other)?;
            }
        }
        let flow = match &happening {
            Happening::Sample(sample, _) => listen(Message::Sample(sample)),
            Happening::Event(event) => listen(Message::Event(event)),
            Happening::Progress(progress) => listen(Message::Progress(progress)),
            Happening::Frame(frame) => match imager {
                Some(i) => listen(Message::Frame(&said(frame, i.view()))),
                None => Flow::Continue,
            },
            Happening::Image(..) | Happening::Spectrum(_) => Flow::Continue,
            Happening::Profile(profile) => listen(Message::Profile(profile)),
        };
        stopped |= flow == Flow::Stop;
        Ok(!stopped)
    });
    let trace = match result {
        Ok(trace) => trace,
        Err(SimulateError::Sink(e)) => return Err(RunError::Record(e)),
        Err(SimulateError::Image(e)) => return Err(RunError::Microscope(e)),
        Err(SimulateError::Spectrum(e)) => return Err(RunError::Spectrum(e)),
        Err(SimulateError::Physics(e)) => {
            // What was recorded is kept, with the reason.
            recorder.attribute("ended", format!("the simulation gave up: {e}"));
            recorder.finish()?;
            return Err(engine(e));
        }
    };
    let simulated = started.1.elapsed();
    let mut measures = measure(protocol, &trace);
    let mut shaped = shape::follow(protocol, options.seed, &trace)?;
    shape::take_over(&shaped, &mut measures);
    let rewired = rewiring::measure(protocol, &trace);
    for event in events(&measures).into_iter().chain(rewired.as_ref().and_then(rewiring::event)) {
        listen(Message::Event(&event));
        happened.push(event);
    }
    happened.sort_by(|a, b| a.time.total_cmp(&b.time));
    for event in &happened {
        recorder.event(event)?;
    }
    if let Some(i) = imager {
        let wire = trace.specimen.wire();
        let mut close_up = None;
        if let Some(x) = measures.numbers.get("gap_position") {
            let (view, frame) = i.close_up(&trace.specimen, *x)?;
            recorder.image("gap", &view, &frame)?;
            close_up = Some(view);
        }
        recorder.accumulated_dose(&i.accumulated_dose(wire.grid(), trace.time, frames, close_up.as_ref()))?;
    }
    recorder.commit()?;
    let (mut beside, drawn) = if stopped { (Vec::new(), None) } else { around(protocol, options, listen, &mut stopped) };
    let control = if protocol.microscope.control && !stopped {
        listen(Message::Stage("control of the beam"));
        beam_control(protocol, options.seed)
    } else {
        None
    };
    if protocol.shape.ensemble > 0 && protocol.shape.coupling != Coupling::Off && !stopped {
        shaped.tables.extend(over_seeds(protocol, options.seed, listen, &mut stopped));
    }
    let compared = match trace.specimen.rewired() {
        Some(rewired) if protocol.rewiring.compare > 0 && !stopped => {
            three_hypotheses(protocol, rewired, options.seed, listen, &mut stopped)
        }
        _ => Vec::new(),
    };
    let mut more = shaped.findings;
    more.extend(rewiring::findings(protocol, &trace, rewired.as_ref()));
    if let Some(c) = control {
        beside.extend(c.companions);
        more.push(c.finding);
    }
    // The lattice engine after everything else: it is the longest, and what is recorded by then is kept if it is stopped.
    let atoms = if stopped {
        heating::atoms::Followed::default()
    } else {
        heating::atoms::follow(protocol, options.seed, &trace, &mut |said| {
            stopped |= listen(Message::Stage(said)) == Flow::Stop;
            !stopped
        })
    };
    for (name, view, frame) in &shaped.pictures {
        recorder.image(name, view, frame)?;
    }
    if let Some(note) = &shaped.note {
        listen(Message::Note(note));
        recorder.attribute("shape_note", note.as_str());
    }
    for p in &atoms.pictures {
        recorder.image(p.name, &p.view, &p.frame)?;
    }
    measures.numbers.extend(atoms.numbers);
    if let Some(note) = &atoms.note {
        listen(Message::Note(&format!("the lattice engine ended before its time: {note}")));
        recorder.attribute("lattice_ended", note.as_str());
    }
    let interrupted = trace.stopped;
    let summary = summarise(Material {
        protocol,
        seed: options.seed,
        trace: &trace,
        measures: &measures,
        companions: beside,
        bands: drawn,
        more,
        tables: shaped
            .tables
            .into_iter()
            .chain(atoms.tables)
            .chain(rewiring::tables(protocol, &trace, rewired.as_ref()))
            .chain(compared)
            .chain(trace.spectra.iter().map(spectra::table))
            .collect(),
        interrupted,
    });
    recorder.attributes(&summary)?;
    recorder.attribute("provenance", provenance(protocol, options, started.0, simulated, started.1.elapsed(), &trace));
    Ok((recorder, summary, interrupted || stopped))
}

/// A frame as listeners hear of it.
fn said<'a>(frame: &'a pentatwin_microscope::Frame, view: &View) -> Frame<'a> {
    Frame {
        time: frame.truth.time,
        width: frame.width,
        height: frame.height,
        pixel: view.pixel,
        dose: frame.truth.dose,
        counts: &frame.counts,
    }
}

/// Whether the frames fit on the disk and leave a tenth of its free space alone.
fn room(protocol: &Protocol, folder: &RunFolder, duration: f64) -> Result<(), RunError> {
    let need = estimated_bytes(protocol, duration);
    // A disk whose free space is unknown is tried.
    let free = fs4::available_space(folder.path()).map_or(f64::INFINITY, |b| b as f64);
    if need <= 0.9 * free {
        return Ok(());
    }
    let gigabytes = |b: f64| format!("{:.1} GB", b / 1e9);
    Err(RunError::DiskSpace { need: gigabytes(need), free: gigabytes(free), folder: folder.path().to_owned() })
}

/// Protocol, store and log, before anything runs.
fn begin(
    protocol: &Protocol,
    options: &RunOptions,
    folder: Option<&RunFolder>,
    specimen: &Specimen,
    imager: Option<&Imager>,
    started: SystemTime,
) -> Result<Recorder, RunError> {
    if let Some(folder) = folder {
        folder.write_file("protocol.toml", protocol.to_toml())?;
    }
    let mut attributes = Map::new();
    attributes.insert("title".to_owned(), json!(protocol.title));
    attributes.insert("name".to_owned(), json!(protocol.name));
    attributes.insert("seed".to_owned(), json!(options.seed));
    attributes.insert("protocol".to_owned(), json!(protocol.to_toml()));
    attributes.insert("ended".to_owned(), json!("not ended: the record stops in the middle of the run"));
    attributes.insert("parameters".to_owned(), json!(protocol.parameter_rows()));
    attributes.insert("put_in".to_owned(), json!(crate::register::put_in(protocol)));
    attributes.insert("maturity".to_owned(), json!(crate::register::maturity(protocol)));
    attributes.insert("provenance".to_owned(), json!({ "pentatwin": env!("CARGO_PKG_VERSION"), "started_utc": utc(started) }));
    Ok(Recorder::create(folder, attributes, &specimen.wire().grid().x, imager.map(Imager::view))?)
}

/// Companions and bands, on all cores, while the listener hears how far they are.
fn around(
    protocol: &Protocol,
    options: &RunOptions,
    listen: &mut dyn FnMut(Message) -> Flow,
    stopped: &mut bool,
) -> (Vec<Companion>, Option<Bands>) {
    let heater = protocol.device.on_heater();
    // Whether there is something that runs beside it could be compared in.
    let sweeps = breaking_sweep(protocol).is_some() || heater && !heating::holds(protocol).is_empty();
    if options.band == 0 && !(options.companions && sweeps) {
        return (Vec::new(), None);
    }
    let stop = AtomicBool::new(false);
    let done = AtomicUsize::new(0);
    let beside_done = AtomicUsize::new(0);
    let beside_all = if heater { heating::companions::changes().len() } else { changes().len() };
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let beside = if options.companions && sweeps {
                let heard = |n: usize| {
                    beside_done.store(n, Ordering::Relaxed);
                    !stop.load(Ordering::Relaxed)
                };
                if heater {
                    heating::companions::companions(protocol, options.seed, &heard)
                } else {
                    companions(protocol, options.seed, &heard)
                }
            } else {
                Vec::new()
            };
            let drawn = (options.band > 0).then(|| {
                bands(protocol, options.seed, options.band, &|n| {
                    done.store(n, Ordering::Relaxed);
                    !stop.load(Ordering::Relaxed)
                })
            });
            (beside, drawn)
        });
        heartbeat(work, &stop, listen, stopped, || {
            let n = done.load(Ordering::Relaxed);
            let k = beside_done.load(Ordering::Relaxed);
            if options.companions && sweeps && k < beside_all {
                format!("runs beside this one {k}/{beside_all}")
            } else {
                format!("bands {n}/{}", options.band)
            }
        })
    })
}

/// Waits for work on other threads; the listener hears how far it is, and may have it stopped.
fn heartbeat<T: Default>(
    work: ScopedJoinHandle<T>,
    stop: &AtomicBool,
    listen: &mut dyn FnMut(Message) -> Flow,
    stopped: &mut bool,
    stage: impl Fn() -> String,
) -> T {
    // Work that takes a moment is not waited for longer than that.
    let mut pause = Duration::from_micros(100);
    while !work.is_finished() {
        std::thread::sleep(pause);
        pause = (2 * pause).min(HEARTBEAT);
        if listen(Message::Stage(&stage())) == Flow::Stop {
            stop.store(true, Ordering::Relaxed);
            *stopped = true;
        }
    }
    // A panic there would be a defect of ours; the run itself is recorded and must not be lost with it.
    work.join().unwrap_or_default()
}

/// The break over seeds, on all cores, while the listener hears how far it is.
fn over_seeds(protocol: &Protocol, seed: u64, listen: &mut dyn FnMut(Message) -> Flow, stopped: &mut bool) -> Option<Table> {
    let (stop, done, all) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            shape::ensemble(protocol, seed, protocol.shape.ensemble, &|n, of| {
                done.store(n, Ordering::Relaxed);
                all.store(of, Ordering::Relaxed);
                !stop.load(Ordering::Relaxed)
            })
        });
        let stage = || format!("tips over seeds {}/{}", done.load(Ordering::Relaxed), all.load(Ordering::Relaxed));
        heartbeat(work, &stop, listen, stopped, stage)
    })
}

/// The three hypotheses of the rewiring, on all cores, while the listener hears how far they are.
fn three_hypotheses(
    protocol: &Protocol,
    rewired: &Rewired,
    seed: u64,
    listen: &mut dyn FnMut(Message) -> Flow,
    stopped: &mut bool,
) -> Vec<Table> {
    let (stop, done, all) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            rewiring::compare(protocol, rewired, seed, &|n, of| {
                done.store(n, Ordering::Relaxed);
                all.store(of, Ordering::Relaxed);
                !stop.load(Ordering::Relaxed)
            })
        });
        let stage = || format!("three hypotheses {}/{}", done.load(Ordering::Relaxed), all.load(Ordering::Relaxed));
        heartbeat(work, &stop, listen, stopped, stage)
    })
}

fn provenance(
    protocol: &Protocol,
    options: &RunOptions,
    started: SystemTime,
    simulated: Duration,
    whole: Duration,
    trace: &Trace,
) -> serde_json::Value {
    let counters = trace.specimen.wire().counters();
    json!({
        "pentatwin": env!("CARGO_PKG_VERSION"),
        "hash": format!("{:016x}", fnv(&format!("{}\n{}\n{}", env!("CARGO_PKG_VERSION"), options.seed, protocol.to_toml()))),
        "hash_of": "version, seed and protocol: the same on every machine (FNV-1a)",
        "started_utc": utc(started),
        "simulated_in_s": simulated.as_secs_f64(),
        "whole_run_in_s": whole.as_secs_f64(),
        "engine_steps": counters.steps,
        "engine_steps_rejected": counters.rejected,
    })
}

/// FNV-1a, 64 bits.
pub(crate) fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// A time as ISO 8601 in UTC, to the second.
pub(crate) fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Civil date from days since 1970-01-01 (Hinnant's algorithm).
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_is_written_as_iso_8601() {
        assert_eq!(utc(UNIX_EPOCH), "1970-01-01T00:00:00Z");
        assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(1_772_323_199)), "2026-02-28T23:59:59Z");
        assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(1_709_164_800)), "2024-02-29T00:00:00Z");
    }
}
