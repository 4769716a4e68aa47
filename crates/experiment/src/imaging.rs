//! Frames during a run: when they are taken, and what the gap looks like afterwards.
//!
//! A frame shows the scene of the middle of its exposure; what moves while it lasts is not blurred.

use pentatwin_microscope::hrtem::HighResolutionError;
use pentatwin_microscope::{DoseMap, Exposure, Frame, Microscope, MicroscopeError, Mode as Signal, View};
use pentatwin_physics::scene::{Mount, Scene};
use pentatwin_physics::specimen::Specimen;
use pentatwin_physics::wire::Grid;
use rayon::prelude::*;

use crate::protocol::{Illumination, Image, Mode, Protocol, Target};
use crate::rewiring::particle::{self, Seen};

/// Pixel of the frame of the gap [m] (paper, Figure 2: the fourth frame).
const CLOSE_UP_PIXEL: f64 = 1e-9;
/// Frames rendered at a time: bounds the memory, and gives each core its own.
const BATCH: usize = 4;
/// Index of the close-up's noise: apart from any frame of the movie.
const CLOSE_UP_INDEX: u64 = 1 << 40;

/// The image that a step of a protocol asks for, at a time within the engine's last step; `index` tells the images of a run apart.
///
/// # Errors
/// The view cannot be imaged.
pub fn single(
    protocol: &Protocol,
    step: &Image,
    seed: u64,
    index: u64,
    specimen: &Specimen,
    time: f64,
) -> Result<(View, Frame, Option<Seen>), ImageError> {
    if step.mode == Mode::Hrtem
        && step.at == Target::Particle
        && let Some((view, frame, seen)) = particle::picture(protocol, step, seed, index, specimen, time)?
    {
        return Ok((view, frame, Some(seen)));
    }
    let scene = specimen.scene_at(time, &protocol.device, &Mount::seeded(seed));
    let microscope = Microscope::new(protocol.optics.clone(), seed);
    // What is asked for is brought to the middle by hand, wherever the stage has drifted.
    let (at, drift) = (place(step.at, specimen, &scene, protocol), microscope.drift_at(time));
    let view = View {
        centre: [at[0] + drift[0], at[1] + drift[1]],
        ..View::square(signal(step.mode), protocol.microscope.pixels, step.field, at[0])
    };
    let exposure = Exposure::at_rate(protocol.microscope.dose_rate, step.exposure);
    let frame = microscope.image(&scene, &view, &exposure, CLOSE_UP_INDEX + 1 + index)?;
    Ok((view, frame, None))
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Of the microscope.
    #[error(transparent)]
    Microscope(#[from] MicroscopeError),
    /// Of the high-resolution microscope.
    #[error(transparent)]
    HighResolution(#[from] HighResolutionError),
}

/// Where what is asked for lies, along the wire and across it [m]: the lattice's gap where one has parted, else the widest one of the wire.
pub fn place(at: Target, specimen: &Specimen, scene: &Scene, protocol: &Protocol) -> [f64; 2] {
    if let (Target::Particle, Some(p), Some(r)) = (at, particle::chosen(specimen), specimen.rewired()) {
        return [r.start() + p.x, p.y];
    }
    let widest = || {
        let gaps = scene.wire.as_ref().map(|w| w.gaps()).unwrap_or_default();
        gaps.into_iter().max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0))).map(|(from, to)| 0.5 * (from + to))
    };
    let gap = match at {
        Target::Gap | Target::Particle => specimen.lattice_gap().or_else(widest),
        Target::Middle => None,
    };
    [gap.unwrap_or_else(|| 0.5 * protocol.device.span()), 0.0]
}

/// Centre of the movie's field along the wire [m].
fn centre(protocol: &Protocol) -> f64 {
    let set = protocol.changed.iter().any(|k| k == "microscope.centre");
    if set { protocol.microscope.centre } else { 0.5 * protocol.device.span() }
}

/// Takes the frames of a run.
pub struct Imager {
    microscope: Microscope,
    view: View,
    exposure: Exposure,
    interval: f64,
    mount: Mount,
    protocol: Protocol,
    taken: u64,
    waiting: Vec<Scene>,
}

/// The signal of an imaging mode.
///
/// High resolution is made of a particle only, see [`single`]; elsewhere it is bright field at the same magnification.
fn signal(mode: Mode) -> Signal {
    match mode {
        Mode::HaadfStem => Signal::DarkField,
        Mode::BfTem | Mode::Hrtem => Signal::BrightField,
    }
}

/// Width of the field [m].
fn field(protocol: &Protocol) -> f64 {
    let set = protocol.changed.iter().any(|k| k == "microscope.field");
    let field = protocol.microscope.field;
    if set || protocol.device.on_heater() { field } else { field.max(1.2 * protocol.device.chip.spacing) }
}

/// From frame to frame [s].
fn interval(protocol: &Protocol) -> f64 {
    protocol.microscope.interval.max(protocol.microscope.frame_time)
}

/// Dose rate [1/m²/s] that the specimen sees on the average while it is watched.
///
/// Blanking is averaged over the interval: the beam's heat settles within microseconds and is tiny, so that only the mean can matter.
pub fn mean_dose_rate(protocol: &Protocol) -> f64 {
    let m = &protocol.microscope;
    match (m.illumination, m.frames) {
        (Illumination::Off, _) | (Illumination::Frames, false) => 0.0,
        (Illumination::Frames, true) => m.dose_rate * m.frame_time / interval(protocol),
        (Illumination::Continuous, _) => m.dose_rate,
    }
}

/// Bytes that the frames of a run of `duration` [s] take at most, before compression.
pub fn estimated_bytes(protocol: &Protocol, duration: f64) -> f64 {
    if !protocol.microscope.frames {
        return 0.0;
    }
    let pixels = protocol.microscope.pixels as f64;
    (duration / interval(protocol)).ceil() * pixels * pixels * 2.0
}

impl Imager {
    /// The imager of a run, if it is to have frames.
    pub fn new(protocol: &Protocol, seed: u64) -> Option<Imager> {
        let m = &protocol.microscope;
        m.frames.then(|| Imager {
            microscope: Microscope::new(protocol.optics.clone(), seed),
            view: View::square(signal(m.mode), m.pixels, field(protocol), centre(protocol)),
            exposure: Exposure::at_rate(m.dose_rate, m.frame_time),
            interval: interval(protocol),
            mount: Mount::seeded(seed),
            protocol: protocol.clone(),
            taken: 0,
            waiting: Vec::new(),
        })
    }

    /// What the frames show.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Middle of the exposure of the next frame [s].
    fn next(&self) -> f64 {
        (self.taken + self.waiting.len() as u64) as f64 * self.interval + 0.5 * self.exposure.time
    }

    /// Notes the scenes whose time lies within the step the engine has just taken.
    pub fn see(&mut self, specimen: &Specimen) {
        while self.next() <= specimen.time() {
            self.waiting.push(specimen.scene_at(self.next(), &self.protocol.device, &self.mount));
        }
    }

    /// The drive changed at time `t` [s]: what was noted beyond it will be another.
    pub fn cut(&mut self, t: f64) {
        self.waiting.retain(|scene| scene.time <= t);
    }

    /// Whether enough scenes up to `until` [s] wait for it to be worth rendering them.
    pub fn is_due(&self, until: f64) -> bool {
        self.waiting.get(BATCH - 1).is_some_and(|scene| scene.time <= until)
    }

    /// The frames of all noted scenes up to `until` [s], in order, rendered on all cores. The same on any number of threads.
    ///
    /// # Errors
    /// The view cannot be imaged.
    pub fn take(&mut self, until: f64) -> Result<Vec<Frame>, MicroscopeError> {
        let ready = self.waiting.iter().take_while(|scene| scene.time <= until).count();
        let scenes: Vec<Scene> = self.waiting.drain(..ready).collect();
        let first = self.taken;
        self.taken += ready as u64;
        scenes.par_iter().enumerate().map(|(k, scene)| self.microscope.image(scene, &self.view, &self.exposure, first + k as u64)).collect()
    }

    /// Electrons by area [1/m²] that each cell of the wire has seen in a run of `duration` [s] with `frames` frames and perhaps a close-up.
    /// The beam is taken to be as wide as the field.
    pub fn accumulated_dose(&self, grid: &Grid, duration: f64, frames: u64, close_up: Option<&View>) -> Vec<f64> {
        let half = 0.5 * grid.dx;
        let (from, to) = (grid.x[0] - half, grid.x[grid.cells() - 1] + half);
        let mut map = DoseMap::new(from, to, grid.cells());
        let m = &self.protocol.microscope;
        let watched = if m.illumination == Illumination::Continuous { m.dose_rate * duration } else { self.exposure.dose * frames as f64 };
        map.add(&self.view, watched);
        if let Some(view) = close_up {
            map.add(view, self.exposure.dose);
        }
        map.values().to_vec()
    }

    /// The gap at 1 nm a pixel, at the same dose per frame.
    ///
    /// # Errors
    /// The view cannot be imaged.
    pub fn close_up(&self, specimen: &Specimen, x: f64) -> Result<(View, Frame), MicroscopeError> {
        let scene = specimen.scene_at(specimen.wire().time(), &self.protocol.device, &self.mount);
        let pixels = self.protocol.microscope.pixels;
        let view = View::square(self.view.mode, pixels, pixels as f64 * CLOSE_UP_PIXEL, x);
        // As many electrons per area as a frame has would leave 25 a pixel at 50 e/nm²/s: the paper's magnified frame is no noisier.
        let frame = self.microscope.image(&scene, &view, &self.exposure, CLOSE_UP_INDEX)?;
        Ok((view, frame))
    }
}
