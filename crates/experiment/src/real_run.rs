//! A protocol carried out on a real source-meter: recorded first, measured, summed up. Nothing in it is simulated.

use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use pentatwin_analysis::iv::{self, FallRule};
use pentatwin_record::summary::{Basis, Moment, Plate, ResultRow, State, Summary};
use pentatwin_record::{EventKind, IvLog, Layout, RecordError, RunFolder, Writer, sample_flags};
use pentatwin_units::{format_si, recorded};
use serde_json::{Map, json};

use crate::bench::{Bench, BenchError, Reading, RealBench, StepEnd};
use crate::protocol::{Protocol, Step};
use crate::run::{Event, Flow, Message, Progress, RunError, RunOptions, RunOutcome, Sample};
use crate::simulate::breaking_sweep;
use crate::source_meter::{Address, OutputState, Timing};

/// A run that went to its end, or was stopped in order.
#[derive(Clone, PartialEq, Debug)]
pub struct RealOutcome {
    /// What it leaves.
    pub run: RunOutcome,
    /// What is known of the output.
    pub output: OutputState,
}

/// A run that failed.
#[derive(Debug)]
pub struct RealFailure {
    /// Why.
    pub error: Box<RunError>,
    /// What is known of the output.
    pub output: OutputState,
    /// The folder, if something was recorded; the record is whole up to the failure.
    pub folder: Option<PathBuf>,
}

impl RealFailure {
    fn before(error: RunError) -> RealFailure {
        RealFailure { error: Box::new(error), output: OutputState::Untouched, folder: None }
    }
}

/// Carries a protocol out on the source-meter at `address`. Whatever happens, also a panic of the listener, the output is turned off and
/// read back before this returns; what is known of it is in the result.
///
/// # Errors
/// With the state of the output: the protocol is not for a source-meter, the instrument is not there or busy, it, the disk or a clock fails.
pub fn run_real(
    protocol: &Protocol,
    options: &RunOptions,
    address: &Address,
    timing: Timing,
    listen: &mut dyn FnMut(Message) -> Flow,
) -> Result<RealOutcome, RealFailure> {
    let bench = RealBench::connect(protocol, address, timing).map_err(|e| RealFailure::before(RunError::SourceMeter(e)))?;
    run_on(bench, protocol, options, address, listen)
}

/// As [`run_real`], on a bench that is connected.
///
/// # Errors
/// As [`run_real`].
pub fn run_on(
    mut bench: RealBench,
    protocol: &Protocol,
    options: &RunOptions,
    address: &Address,
    listen: &mut dyn FnMut(Message) -> Flow,
) -> Result<RealOutcome, RealFailure> {
    let started = SystemTime::now();
    let clock = Instant::now();
    let folder = RunFolder::create(options.out.as_deref(), &protocol.name, started).map_err(|e| RealFailure::before(e.into()))?;
    let mut recorder = match Recorder::create(&folder, protocol, &bench, address, started) {
        Ok(recorder) => recorder,
        Err(e) => {
            folder.discard();
            return Err(RealFailure::before(e.into()));
        }
    };
    let mut stopped = listen(Message::Folder(folder.path())) == Flow::Stop;
    let found = bench.found().clone();
    listen(Message::Note(&format!("{} at {address}", found.identity)));
    if (found.line_frequency - protocol.instrument.line_frequency).abs() > 0.5 {
        listen(Message::Note(&format!(
            "the instrument's line frequency is {} Hz, the protocol's {} Hz: apertures are the instrument's",
            found.line_frequency, protocol.instrument.line_frequency
        )));
    }
    let mut trace = RealTrace::default();
    let carried = if stopped {
        Ok(Ok(()))
    } else {
        catch_unwind(AssertUnwindSafe(|| carry_out(&mut bench, protocol, &mut recorder, &mut trace, listen, &mut stopped)))
    };
    // First of all, whatever came.
    let output = bench.make_safe();
    let result = match carried {
        Ok(result) => result,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
            Err(RunError::Defect(text.unwrap_or_else(|| "panic".to_owned())))
        }
    };
    let summary = summarise(protocol, &trace, stopped, result.as_ref().err(), &output);
    let closed = recorder.close(&bench, &summary, &output, started, clock);
    let fail = |error| RealFailure { error: Box::new(error), output: output.clone(), folder: Some(folder.path().to_owned()) };
    result.map_err(fail)?;
    closed.map_err(|e| fail(e.into()))?;
    Ok(RealOutcome { run: RunOutcome { folder: folder.path().to_owned(), summary, interrupted: stopped }, output: output.clone() })
}

#[derive(Default)]
struct RealTrace {
    samples: Vec<Sample>,
    /// The first trip: time, voltage, what the step was called.
    trip: Option<(f64, f64, &'static str)>,
}

fn carry_out(
    bench: &mut RealBench,
    protocol: &Protocol,
    recorder: &mut Recorder,
    trace: &mut RealTrace,
    listen: &mut dyn FnMut(Message) -> Flow,
    stopped: &mut bool,
) -> Result<(), RunError> {
    let whole = whole_duration(&protocol.steps);
    let mut limited = false;
    for step in &protocol.steps {
        let mut failed: Option<RecordError> = None;
        let mut say = |reading: Reading| {
            let heard = |flow: Flow| flow == Flow::Continue;
            match reading {
                Reading::Sample(sample, _) => {
                    // The record first.
                    trace.samples.push(*sample);
                    let in_compliance = sample.flags & sample_flags::COMPLIANCE != 0;
                    let event = Event { time: sample.time, kind: EventKind::Compliance, value: sample.current };
                    let begins = in_compliance && !limited;
                    limited = in_compliance;
                    let written = recorder.sample(sample).and_then(|()| if begins { recorder.event(&event) } else { Ok(()) });
                    if let Err(e) = written {
                        failed = Some(e);
                        return false;
                    }
                    let mut go = heard(listen(Message::Sample(sample)));
                    if begins {
                        go &= heard(listen(Message::Event(&event)));
                    }
                    let progress = Progress {
                        time: sample.time,
                        voltage: sample.voltage,
                        current: sample.current,
                        temperature: None,
                        fraction: if whole > 0.0 { (sample.time / whole).clamp(0.0, 1.0) } else { 1.0 },
                        shape: None,
                    };
                    go & heard(listen(Message::Progress(&progress)))
                }
                Reading::State(_) => true,
                Reading::Beat(panel) => {
                    if let Err(e) = recorder.commit() {
                        failed = Some(e);
                        return false;
                    }
                    heard(listen(Message::Panel(panel)))
                }
            }
        };
        let end = bench.run(step, &mut say);
        if let Some(e) = failed {
            return Err(e.into());
        }
        let end = end.map_err(|e| match e {
            BenchError::SourceMeter(e) => RunError::SourceMeter(e),
            BenchError::Physics(e) => RunError::Engine(Box::new(e)),
        })?;
        if let StepEnd::Trip { time, voltage } = end {
            trace.trip.get_or_insert((time, voltage, step.word()));
            let trip = Event { time, kind: EventKind::Trip, value: voltage };
            recorder.event(&trip)?;
            listen(Message::Event(&trip));
            let held = match step {
                Step::Sweep(s) => s.after_break == crate::protocol::AfterBreak::Hold,
                Step::Hold(h) => h.after_break == crate::protocol::AfterBreak::Hold,
                _ => false,
            };
            if !held {
                let off = Event { time, kind: EventKind::PowerOff, value: voltage };
                recorder.event(&off)?;
                listen(Message::Event(&off));
            }
            recorder.commit()?;
        }
        if end == StepEnd::Stopped {
            *stopped = true;
            return Ok(());
        }
    }
    Ok(())
}

/// Time the steps take [s] if nothing ends them early.
fn whole_duration(steps: &[Step]) -> f64 {
    let mut voltage = 0.0;
    let mut sum = 0.0;
    for step in steps {
        match step {
            Step::Sweep(s) => {
                sum += s.travel(voltage) / s.rate;
                voltage = s.to.last().copied().unwrap_or(voltage);
            }
            Step::Hold(h) => (sum, voltage) = (sum + h.time, h.voltage),
            Step::Wait(w) => (sum, voltage) = (sum + w.time, 0.0),
            Step::Heat(_) | Step::Image(_) | Step::Spectrum(_) => {}
        }
    }
    sum
}

/// Space [bytes] held on the disk from the start on and given back at the end: on a disk that fills up meanwhile it takes the last samples,
/// how it ended, and the page.
const RESERVE: usize = 1 << 20;

/// Store and log: samples and events, no truth.
struct Recorder {
    writer: Writer,
    iv: IvLog,
    /// A file without a name, so that nothing is left of it whatever happens.
    _reserve: Option<File>,
}

/// The reserve, if the system gives one.
///
/// # Errors
/// The disk is full already.
fn reserve(folder: &Path) -> Result<Option<File>, RecordError> {
    let path = folder.join(".reserve");
    let held = File::create_new(&path).and_then(|mut file| {
        let written = file.write_all(&vec![0x55; RESERVE]).and_then(|()| file.sync_all());
        std::fs::remove_file(&path)?;
        written.map(|()| file)
    });
    match held.map_err(|e| RecordError::io(folder, e)) {
        Ok(file) => Ok(Some(file)),
        Err(e @ RecordError::DiskFull { .. }) => Err(e),
        Err(_) => Ok(None),
    }
}

impl Recorder {
    fn create(
        folder: &RunFolder,
        protocol: &Protocol,
        bench: &RealBench,
        address: &Address,
        started: SystemTime,
    ) -> Result<Recorder, RecordError> {
        let reserve = reserve(folder.path())?;
        folder.write_file("protocol.toml", protocol.to_toml())?;
        let found = bench.found();
        let mut attributes = Map::new();
        attributes.insert("title".to_owned(), json!(protocol.title));
        attributes.insert("name".to_owned(), json!(protocol.name));
        attributes.insert("bench".to_owned(), json!("real"));
        attributes.insert("protocol".to_owned(), json!(protocol.to_toml()));
        attributes.insert("ended".to_owned(), json!("not ended: the record stops in the middle of the run"));
        attributes.insert("parameters".to_owned(), json!(parameters(protocol)));
        attributes.insert(
            "source_meter".to_owned(),
            json!({ "identity": found.identity, "address": address.to_string(), "line_frequency_hz": found.line_frequency,
                    "steps": bench.plan().segments.iter().map(crate::source_meter::Segment::words).collect::<Vec<_>>() }),
        );
        attributes.insert(
            "provenance".to_owned(),
            json!({ "pentatwin": env!("CARGO_PKG_VERSION"), "started_utc": crate::runner::utc(started), "source_meter": found.identity }),
        );
        let arrays: Vec<Layout> = [recorded::TIME, recorded::VOLTAGE, recorded::CURRENT, recorded::FLAGS]
            .into_iter()
            .chain([recorded::EVENT_TIME, recorded::EVENT_KIND, recorded::EVENT_VALUE])
            .map(|q| Layout::new(q, &[]))
            .collect();
        let writer = Writer::create(&folder.store(), attributes, &arrays)?;
        let iv = IvLog::create(&folder.path().join("iv.csv"))?;
        Ok(Recorder { writer, iv, _reserve: reserve })
    }

    fn sample(&mut self, s: &Sample) -> Result<(), RecordError> {
        self.iv.append(s.time, s.voltage, s.current, s.flags);
        self.writer.append(&[
            (recorded::TIME, (&s.time).into()),
            (recorded::VOLTAGE, (&s.voltage).into()),
            (recorded::CURRENT, (&s.current).into()),
            (recorded::FLAGS, (&s.flags).into()),
        ])
    }

    fn event(&mut self, e: &Event) -> Result<(), RecordError> {
        let kind = e.kind.code();
        self.writer.append(&[
            (recorded::EVENT_TIME, (&e.time).into()),
            (recorded::EVENT_KIND, (&kind).into()),
            (recorded::EVENT_VALUE, (&e.value).into()),
        ])
    }

    fn commit(&mut self) -> Result<(), RecordError> {
        // The store is brought up to date even where the table cannot be.
        let table = self.iv.flush();
        self.writer.commit()?;
        table
    }

    fn close(
        self,
        bench: &RealBench,
        summary: &Summary,
        output: &OutputState,
        started: SystemTime,
        clock: Instant,
    ) -> Result<(), RecordError> {
        let Recorder { mut writer, mut iv, _reserve: reserve } = self;
        drop(reserve);
        writer.set_attributes(summary)?;
        writer.set_attribute("output_at_end", output.to_string());
        writer.set_attribute("clocks", bench.clocks());
        writer.set_attribute(
            "provenance",
            json!({
                "pentatwin": env!("CARGO_PKG_VERSION"),
                "started_utc": crate::runner::utc(started),
                "whole_run_in_s": clock.elapsed().as_secs_f64(),
                "source_meter": bench.found().identity,
                "output_at_end": output.to_string(),
                "clocks": bench.clocks(),
            }),
        );
        let table = iv.flush();
        writer.finish()?;
        table?;
        iv.finish()
    }
}

/// What a real bench was told: the instrument and the steps. What a protocol says of the wire acts on nothing here.
fn parameters(protocol: &Protocol) -> Vec<pentatwin_record::summary::ParameterRow> {
    protocol.parameter_rows().into_iter().filter(|row| row.key.starts_with("instrument.") || row.key.starts_with("step[")).collect()
}

fn summarise(protocol: &Protocol, trace: &RealTrace, stopped: bool, error: Option<&RunError>, output: &OutputState) -> Summary {
    let mut ended = match (error, stopped, trace.trip) {
        (Some(e), ..) => format!("ended by a failure: {e}"),
        (None, true, _) => "interrupted by the user".to_owned(),
        (None, false, Some((time, voltage, word))) => {
            let rule = breaking_sweep(protocol).map_or_else(|| "the current fell".to_owned(), |s| s.trip_rule().words());
            format!("the {word} tripped at {} and {}: {rule}", format_si(time, "s", 4), format_si(voltage, "V", 4))
        }
        (None, false, None) => "the protocol went to its end; no trip ended a step".to_owned(),
    };
    ended += &format!("; {output}");
    let (results, moments, states) = measured(protocol, trace);
    Summary {
        title: protocol.title.clone(),
        name: protocol.name.clone(),
        ended,
        seed: 0,
        put_in: Vec::new(),
        plate: Plate {
            chip: String::new(),
            spacing: 0.0,
            diameter: 0.0,
            length: 0.0,
            overlap: 0.0,
            area: 0.0,
            equal_area_diameter: 0.0,
            film_thickness: 0.0,
            cathode: 1,
        },
        moments,
        states,
        resistance_change: None,
        results,
        heat: None,
        after_break: None,
        checklist: Vec::new(),
        companions: Vec::new(),
        tables: Vec::new(),
        draws: None,
        parameters: parameters(protocol),
        maturity: Vec::new(),
        clamped: Vec::new(),
    }
}

fn measured(protocol: &Protocol, trace: &RealTrace) -> (Vec<ResultRow>, Vec<Moment>, Vec<State>) {
    let column = |f: fn(&Sample) -> f64| trace.samples.iter().map(f).collect::<Vec<f64>>();
    let (time, voltage) = (column(|s| s.time), column(|s| s.voltage));
    let current: Vec<f64> =
        trace.samples.iter().map(|s| if s.flags & sample_flags::OVERFLOW == 0 { s.current } else { f64::NAN }).collect();
    let until = trace.trip.map_or(f64::INFINITY, |(t, ..)| t);
    let (v, i): (Vec<f64>, Vec<f64>) = (0..time.len())
        .take_while(|&k| voltage[k].abs() <= iv::OHMIC_WINDOW * (1.0 + 1e-9) && time[k] <= until)
        .map(|k| (voltage[k], current[k]))
        .unzip();
    let mut results = Vec::new();
    let mut put = |name: &str, label: &str, value: Option<f64>, unit: &str, meaning: String| {
        results.push(ResultRow {
            name: name.to_owned(),
            label: label.to_owned(),
            value: value.filter(|v| v.is_finite()),
            unit: unit.to_owned(),
            bound: String::new(),
            basis: Basis::Measured,
            band: None,
            meaning,
        });
    };
    // The fall that the trip saw: its sample is known, the rule of the analysis finds the last whole sample before it.
    let rule =
        breaking_sweep(protocol).map(|s| FallRule { fraction: s.trip, floor: s.arm_current, ..FallRule::default() }).unwrap_or_default();
    let breakdown = trace.trip.and_then(|_| iv::breakdown(&time, &voltage, &current, &rule));
    let mut states = Vec::new();
    let mut moments = Vec::new();
    if let Some(b) = &breakdown {
        put(
            "breakdown_voltage",
            "Breakdown voltage",
            Some(b.voltage.value),
            "V",
            "last whole sample before the fall of the current".into(),
        );
        put("breakdown_current", "Breakdown current", Some(b.current.value), "mA", "there".into());
        put("breakdown_resistance", "Resistance before the break", Some(b.voltage.value / b.current.value), "ohm", "V/I there".into());
        put(
            "last_current_fraction",
            "Last recorded current over breakdown current",
            Some(b.last_fraction),
            "",
            "what was left of the aperture in which the current fell".into(),
        );
        if let Some(s) = trace.samples.get(b.index) {
            moments.push(Moment {
                name: "C".into(),
                meaning: "break: the current falls".into(),
                time: s.time,
                voltage: s.voltage,
                current: s.current,
                position: None,
            });
        }
    }
    let pristine = iv::resistance(&v, &i, iv::OHMIC_WINDOW);
    put(
        "pristine_resistance",
        "Pristine resistance",
        pristine.map(|r| r.resistance.value),
        "ohm",
        pristine.map_or_else(
            || "too few samples up to 0.2 V".to_owned(),
            |r| format!("straight line up to 0.2 V: leads, contacts and wire; ± {}", format_si(r.resistance.uncertainty, "ohm", 2)),
        ),
    );
    let bend = iv::nonlinearity(&v, &i, iv::OHMIC_WINDOW);
    put("nonlinearity", "Non-linearity up to 0.2 V", bend.map(|m| m.value), "%", "relative change of the conductance: 0 is ohmic".into());
    if let Some(r) = pristine {
        states.push(State { name: "pristine".into(), resistance: Some(r.resistance.value), note: "straight line up to 0.2 V".into() });
    }
    if let Some(b) = &breakdown {
        states.push(State {
            name: "before the break".into(),
            resistance: Some(b.voltage.value / b.current.value),
            note: format!("last whole sample before the fall, {}", format_si(b.voltage.value, "V", 4)),
        });
    }
    (results, moments, states)
}
