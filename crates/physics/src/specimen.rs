//! One wire on one chip and everything that happens to it.

use crate::beam;
use crate::device::Device;
use crate::shape::{Coupled, Shape};
use crate::wire::{Ramp, Snapshot, WireEngine, WireError};

/// What the specimen is at present.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Current can flow through the wire.
    Intact,
    /// The wire has a gap.
    Broken,
}

/// Why the physics cannot go on.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum PhysicsError {
    /// The wire engine.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// What an instrument that integrates sees over a window of time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    /// Mean current [A].
    pub current: f64,
    /// Whether the source limited the current at the end of the window.
    pub limited: bool,
    /// Whether a law was clamped to its validity within the window.
    pub clamped: bool,
}

/// The specimen. The wire engine carries all of it; the shape engine, where it is asked for, the window around the break.
#[derive(Clone, Debug)]
pub struct Specimen {
    wire: WireEngine,
    coupled: Coupled,
    mark: Mark,
}

/// End of the last window.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    time: f64,
    charge: f64,
    clamped: u64,
}

impl Specimen {
    /// A pristine specimen in one dimension.
    ///
    /// # Errors
    /// The device cannot be simulated.
    pub fn new(device: &Device, seed: u64) -> Result<Specimen, PhysicsError> {
        let off = Shape { coupling: crate::shape::Coupling::Off, ..Shape::default() };
        Specimen::with_shape(device, &off, seed)
    }

    /// A pristine specimen whose break is followed in three dimensions as `shape` says.
    ///
    /// # Errors
    /// The device cannot be simulated.
    pub fn with_shape(device: &Device, shape: &Shape, seed: u64) -> Result<Specimen, PhysicsError> {
        Ok(Specimen { wire: WireEngine::new(device, seed)?, coupled: Coupled::new(device, shape, seed), mark: Mark::default() })
    }

    /// Intact or broken.
    pub fn state(&self) -> State {
        if self.wire.broken() { State::Broken } else { State::Intact }
    }

    /// Changes what is applied from `ramp.start` on; an engine that is ahead of that time is cut back, its volume conserved.
    pub fn apply(&mut self, ramp: Ramp) {
        self.wire.drive(ramp);
    }

    /// The electron beam is on the wire at this dose rate [1/m²/s], or off at 0.
    pub fn illuminate(&mut self, dose_rate: f64) {
        self.wire.illuminate(beam::heating(dose_rate), beam::sputtering(dose_rate));
    }

    /// Goes on to `until` and returns the mean over the window since the last call. The engine steps as it likes and may be ahead of
    /// `until` afterwards; `seen` is called after each of its steps.
    ///
    /// # Errors
    /// The engine gave up.
    pub fn advance(&mut self, until: f64, seen: &mut dyn FnMut(&Specimen)) -> Result<Window, PhysicsError> {
        let end = until.min(self.wire.ramp().end);
        while self.wire.time() < end {
            self.coupled.step(&mut self.wire)?;
            seen(self);
        }
        let charge = self.wire.charge_at(until);
        let clamped = self.wire.clamped().iter().map(|(_, n)| n).sum();
        let span = until - self.mark.time;
        let window = Window {
            current: if span > 0.0 { (charge - self.mark.charge) / span } else { self.wire.thermal().current },
            limited: self.wire.thermal().limited,
            clamped: clamped > self.mark.clamped,
        };
        self.mark = Mark { time: until, charge, clamped };
        Ok(window)
    }

    /// The state at a time within the engine's last step.
    pub fn truth_at(&self, time: f64) -> Snapshot {
        self.wire.snapshot_at(time)
    }

    /// The wire engine.
    pub fn wire(&self) -> &WireEngine {
        &self.wire
    }

    /// The break in three dimensions.
    pub fn coupled(&self) -> &Coupled {
        &self.coupled
    }
}
