//! A protocol carried out on the virtual bench, without files: what runs, companions and draws have in common.

use pentatwin_microscope::spectrum::SpectrumError;
use pentatwin_microscope::{Frame, MicroscopeError, View};
use pentatwin_physics::specimen::{PhysicsError, Specimen};
use pentatwin_record::EventKind;

use crate::bench::{Reading, StepEnd, VirtualBench};
use crate::imaging::{ImageError, Imager, single};
use crate::profile_log::{Profile, ProfileLog};
use crate::protocol::{Coupling, Protocol, Step};
use crate::rewiring::particle::Seen;
use crate::run::{Event, Progress, Sample, ShapeProgress};
use crate::shape::{ShapeLog, ShapeState};
use crate::spectra::{self, Taken};

/// What happens, as it happens.
pub enum Happening<'a> {
    /// A sample and the frame's temperature [K].
    Sample(&'a Sample, f64),
    /// A state of the wire to keep.
    Profile(&'a Profile),
    /// A frame.
    Frame(&'a Frame),
    /// A single image: its number from 1, what it shows, and itself.
    Image(usize, &'a View, &'a Frame),
    /// An X-ray spectrum.
    Spectrum(&'a Taken),
    /// An event of the bench.
    Event(&'a Event),
    /// How far it is.
    Progress(&'a Progress),
}

/// Everything a protocol left.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Samples.
    pub samples: Vec<Sample>,
    /// Kept states.
    pub profiles: Vec<Profile>,
    /// Kept states of the break in three dimensions.
    pub shapes: Vec<ShapeState>,
    /// X-ray spectra.
    pub spectra: Vec<Taken>,
    /// Particles seen in high resolution.
    pub particles: Vec<Seen>,
    /// When each step began [s].
    pub begins: Vec<f64>,
    /// How each step ended.
    pub ends: Vec<StepEnd>,
    /// The specimen at the end.
    pub specimen: Specimen,
    /// Time at the end [s].
    pub time: f64,
    /// Whether the listener stopped it.
    pub stopped: bool,
}

/// Why a protocol did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError<E: std::error::Error> {
    /// The physics gave up.
    #[error(transparent)]
    Physics(#[from] PhysicsError),
    /// A frame or an image cannot be made.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A spectrum cannot be made.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
    /// The sink gave up (a disk that is full).
    #[error("{0}")]
    Sink(E),
}

/// Carries out all steps. `sink` returns whether to go on.
///
/// # Errors
/// The physics gave up, or the sink did; what was said until then holds.
pub fn simulate<E: std::error::Error>(
    protocol: &Protocol,
    seed: u64,
    sink: &mut dyn FnMut(Happening) -> Result<bool, E>,
) -> Result<Trace, SimulateError<E>> {
    let mut bench = VirtualBench::new(protocol, seed)?;
    let mut log = ProfileLog::new();
    let mut trace = Trace {
        samples: Vec::new(),
        profiles: Vec::new(),
        shapes: Vec::new(),
        spectra: Vec::new(),
        particles: Vec::new(),
        begins: Vec::new(),
        ends: Vec::new(),
        specimen: bench.specimen().clone(),
        time: 0.0,
        stopped: false,
    };
    let mut shapes = ShapeLog::new(protocol, seed);
    let mut imager = Imager::new(protocol, seed);
    let mut blind = None; // why the microscope failed
    let mut failed = None;
    let mut say = |what: Happening, failed: &mut Option<E>| match sink(what) {
        Ok(go) => go,
        Err(e) => {
            *failed = Some(e);
            false
        }
    };
    if let Some(p) = log.take(bench.specimen().wire()) {
        say(Happening::Profile(&p), &mut failed);
        trace.profiles.push(p);
    }
    let mut limited = false;
    let mut heard = 0;
    let mut images = 0;
    for step in &protocol.steps {
        trace.begins.push(bench.clock());
        if let Step::Image(image) = step {
            let (view, frame, seen) = single(protocol, image, seed, images as u64, bench.specimen(), bench.clock())?;
            images += 1;
            trace.particles.extend(seen);
            trace.stopped |= !say(Happening::Image(images, &view, &frame), &mut failed);
        }
        if let Step::Spectrum(asked) = step {
            // As it is at the start: what changes while it is taken is not blurred, as in a frame.
            let taken = spectra::take(protocol, asked, seed, trace.spectra.len(), bench.specimen(), bench.clock())?;
            trace.stopped |= !say(Happening::Spectrum(&taken), &mut failed);
            trace.spectra.push(taken);
        }
        let span = bench.duration(step);
        let start = bench.clock();
        log.span = span;
        let end = bench.run(step, &mut |reading| {
            let mut go = true;
            match reading {
                Reading::Sample(sample, frame) => {
                    trace.samples.push(*sample);
                    go &= say(Happening::Sample(sample, frame), &mut failed);
                    let in_compliance = sample.flags & pentatwin_record::sample_flags::COMPLIANCE != 0;
                    if in_compliance && !limited {
                        let event = Event { time: sample.time, kind: EventKind::Compliance, value: sample.current };
                        go &= say(Happening::Event(&event), &mut failed);
                    }
                    limited = in_compliance;
                    if let Some(i) = imager.as_mut().filter(|i| i.is_due(sample.time)) {
                        go &= show(i, sample.time, &mut blind, &mut |f| say(Happening::Frame(f), &mut failed));
                    }
                    let fraction = if span > 0.0 { ((sample.time - start) / span).clamp(0.0, 1.0) } else { 1.0 };
                    let temperature = protocol.device.on_heater().then_some(frame);
                    let progress = Progress {
                        time: sample.time,
                        voltage: sample.voltage,
                        current: sample.current,
                        temperature,
                        fraction,
                        shape: None,
                    };
                    go &= say(Happening::Progress(&progress), &mut failed);
                }
                Reading::Beat(_) => {}
                Reading::State(specimen) => {
                    if let Some(i) = &mut imager {
                        i.see(specimen);
                    }
                    trace.shapes.extend(shapes.take(specimen, protocol));
                    // A sample of the last instant can take many intervals of the lattice.
                    if let Some(shape) = specimen.coupled().shown().filter(|s| s.parted().is_none() && s.kinetics().hops() != heard) {
                        heard = shape.kinetics().hops();
                        let time = specimen.wire().time();
                        let progress = Progress {
                            time,
                            voltage: specimen.wire().ramp().voltage_at(time),
                            current: specimen.wire().thermal().current,
                            temperature: None,
                            fraction: if span > 0.0 { ((time - start) / span).clamp(0.0, 1.0) } else { 1.0 },
                            shape: Some(ShapeProgress { neck: shape.neck(), hops: heard }),
                        };
                        go &= say(Happening::Progress(&progress), &mut failed);
                    }
                    if let Some(p) = log.take(specimen.wire()) {
                        go &= say(Happening::Profile(&p), &mut failed);
                        trace.profiles.push(p);
                    }
                }
            }
            go
        });
        // What was noted beyond the clock (the engine may be ahead) is another after the change of the drive.
        if let Some(i) = &mut imager {
            trace.stopped |= !show(i, bench.clock(), &mut blind, &mut |f| say(Happening::Frame(f), &mut failed));
            i.cut(bench.clock());
        }
        if let Some(e) = failed {
            bench.off();
            return Err(SimulateError::Sink(e));
        }
        if let Some(e) = blind {
            return Err(ImageError::from(e).into());
        }
        let end = end?;
        trace.ends.push(end);
        if let StepEnd::Trip { time, voltage } = end {
            let mut go = say(Happening::Event(&Event { time, kind: EventKind::Trip, value: voltage }), &mut failed);
            if bench.voltage() == 0.0 {
                go &= say(Happening::Event(&Event { time, kind: EventKind::PowerOff, value: voltage }), &mut failed);
            }
            if let Some(e) = failed {
                return Err(SimulateError::Sink(e));
            }
            trace.stopped |= !go;
        }
        trace.stopped |= end == StepEnd::Stopped;
        // After a break a following sweep or hold would run on an open circuit; the paper stops there, and waits.
        if trace.stopped {
            break;
        }
    }
    let last = Profile::of(bench.specimen().wire());
    if trace.profiles.last().is_none_or(|p| p.time < last.time) {
        say(Happening::Profile(&last), &mut failed);
        trace.profiles.push(last);
    }
    if let Some(e) = failed {
        return Err(SimulateError::Sink(e));
    }
    trace.time = bench.clock();
    trace.specimen = bench.specimen().clone();
    Ok(trace)
}

/// Renders the noted scenes up to `until` [s] and shows them; whether to go on.
fn show(imager: &mut Imager, until: f64, blind: &mut Option<MicroscopeError>, say: &mut dyn FnMut(&Frame) -> bool) -> bool {
    match imager.take(until) {
        Ok(frames) => frames.iter().all(say),
        Err(e) => {
            *blind = Some(e);
            false
        }
    }
}

/// Carries out a protocol without a microscope and in one dimension, and only keeps what it left: for runs beside a run, by the dozen.
///
/// # Errors
/// The physics gave up.
pub fn simulate_quietly(protocol: &Protocol, seed: u64) -> Result<Trace, PhysicsError> {
    let mut protocol = protocol.clone();
    protocol.shape.coupling = Coupling::Off;
    protocol.rewiring.engine = false;
    simulate_blind(&protocol, seed)
}

/// Carries out a protocol without a microscope, and only keeps what it left.
///
/// # Errors
/// The physics gave up.
pub fn simulate_blind(protocol: &Protocol, seed: u64) -> Result<Trace, PhysicsError> {
    let mut protocol = protocol.clone();
    protocol.microscope.frames = false;
    protocol.steps.retain(|step| !matches!(step, Step::Image(_) | Step::Spectrum(_)));
    match simulate(&protocol, seed, &mut |_| Ok::<bool, std::convert::Infallible>(true)) {
        Ok(trace) => Ok(trace),
        Err(SimulateError::Physics(e)) => Err(e),
        Err(SimulateError::Image(_) | SimulateError::Spectrum(_)) => unreachable!("there is no microscope"),
        Err(SimulateError::Sink(never)) => match never {},
    }
}

/// The sweep of a protocol that goes to the highest voltage: the one that breaks a wire, if any does.
pub fn breaking_sweep(protocol: &Protocol) -> Option<&crate::protocol::Sweep> {
    let highest = |s: &crate::protocol::Sweep| s.to.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let sweeps = protocol.steps.iter().filter_map(|s| if let Step::Sweep(s) = s { Some(s) } else { None });
    // The first of equal ones.
    sweeps.reduce(|best, s| if highest(s) > highest(best) { s } else { best })
}
