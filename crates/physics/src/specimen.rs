//! One wire on one chip and everything that happens to it.

use crate::beam;
use crate::device::Device;
use crate::gap::{GapError, GapState, Rewiring};
use crate::rewired::{self, Rewired};
use crate::shape::{Coupled, Shape};
use crate::wire::{Ramp, Snapshot, WireEngine, WireError};

/// What the specimen is at present.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Current can flow through the wire.
    Intact,
    /// The wire has a gap.
    Broken,
    /// Silver bridges the gap, as far as a thousandth of the conductance quantum.
    Rewired,
}

/// Why the physics cannot go on.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum PhysicsError {
    /// The wire engine.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The rewiring engine.
    #[error(transparent)]
    Gap(#[from] GapError),
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
    device: Device,
    seed: u64,
    wire: WireEngine,
    coupled: Coupled,
    gap: Gap,
    ramp: Ramp,
    dose_rate: f64,
    mark: Mark,
}

/// What comes after the break.
#[derive(Clone, Debug)]
enum Gap {
    /// Nothing: the gap stays.
    Off,
    /// The wire is whole.
    Whole(Box<Rewiring>),
    /// The rewiring engine has the gap.
    Followed(Box<Rewired>),
    /// It does not take it.
    Refused(GapError),
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
        let wire = WireEngine::new(device, seed)?;
        let coupled = Coupled::new(device, shape, seed);
        let ramp = *wire.ramp();
        Ok(Specimen { device: device.clone(), seed, wire, coupled, gap: Gap::Off, ramp, dose_rate: 0.0, mark: Mark::default() })
    }

    /// The same, its gap followed by the rewiring engine from the break on as `rewiring` says, if its engine is on.
    #[must_use]
    pub fn with_rewiring(mut self, rewiring: &Rewiring) -> Specimen {
        if rewiring.engine {
            self.gap = Gap::Whole(Box::new(rewiring.clone()));
        }
        self
    }

    /// Intact, broken or rewired.
    pub fn state(&self) -> State {
        match self.rewired() {
            Some(r) if r.engine().state() == GapState::Linked => State::Rewired,
            _ if self.wire.broken() => State::Broken,
            _ => State::Intact,
        }
    }

    /// The gap in the rewiring engine.
    pub fn rewired(&self) -> Option<&Rewired> {
        if let Gap::Followed(r) = &self.gap { Some(r) } else { None }
    }

    /// Where the gap of the lattice lies along the wire [m]: it may be narrower than a cell of the wire engine. Nothing where no lattice has
    /// parted.
    pub fn lattice_gap(&self) -> Option<f64> {
        match self.rewired() {
            Some(r) => Some(r.start() + 0.5 * r.geometry().gap),
            None => rewired::nearest(self.coupled.shown()?).map(|(_, x)| x),
        }
    }

    /// Why the rewiring engine does not take the gap, or has given up.
    pub fn gap_refused(&self) -> Option<&GapError> {
        if let Gap::Refused(e) = &self.gap { Some(e) } else { None }
    }

    /// Time up to which everything is known [s].
    pub fn time(&self) -> f64 {
        self.rewired().map_or(self.wire.time(), Rewired::time)
    }

    /// Resistance that the source-meter sees [ohm].
    pub fn resistance(&self) -> f64 {
        self.rewired().map_or(self.wire.resistance().total, |r| r.series() + 1.0 / r.engine().conductance())
    }

    /// Changes what is applied from `ramp.start` on; an engine that is ahead of that time is cut back, its volume conserved.
    pub fn apply(&mut self, ramp: Ramp) {
        self.ramp = ramp;
        self.follow_gap(ramp.start);
        match &mut self.gap {
            Gap::Followed(rewired) => {
                rewired.drive(&ramp);
                self.wire.drive(rest(&ramp));
            }
            _ => self.wire.drive(ramp),
        }
    }

    /// What is applied stays on until `end` [s], from where the wire engine is. Whoever knows when he will look next ends the ramp there: the
    /// engine then stops at that time and goes on from it, instead of being cut back to it.
    pub fn prolong(&mut self, end: f64) {
        let (now, ramp) = (self.wire.time(), *self.wire.ramp());
        self.ramp.end = end;
        self.wire.drive(Ramp { start: now, voltage: ramp.voltage_at(now), frame: ramp.frame_at(now), end, ..ramp });
    }

    /// The electron beam is on the wire at this dose rate [1/m²/s], or off at 0.
    pub fn illuminate(&mut self, dose_rate: f64) {
        self.dose_rate = dose_rate;
        self.wire.illuminate(beam::heating(dose_rate), beam::sputtering(dose_rate));
        if let Gap::Followed(rewired) = &mut self.gap {
            rewired.illuminate(dose_rate);
        }
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
        let mut charge = self.wire.charge_at(until);
        let mut limited = self.wire.thermal().limited;
        if let Gap::Followed(rewired) = &mut self.gap {
            match rewired.advance(until, &self.wire) {
                Ok(()) => {
                    charge += rewired.engine().charge();
                    limited = rewired.engine().limited();
                    seen(self);
                }
                Err(e) => {
                    self.gap = Gap::Refused(e.clone());
                    return Err(e.into());
                }
            }
        }
        let clamped = self.wire.clamped().iter().map(|(_, n)| n).sum();
        let span = until - self.mark.time;
        let window = Window {
            current: if span > 0.0 { (charge - self.mark.charge) / span } else { self.wire.thermal().current },
            limited,
            clamped: clamped > self.mark.clamped,
        };
        self.mark = Mark { time: until, charge, clamped };
        Ok(window)
    }

    /// From the first change of the drive after the break, at `now` [s], the rewiring engine has the gap and the source. What the full voltage
    /// of the breaking sweep does to a fresh gap until then is not in the model: the tips are hot, and 2 V over some nanometres move more
    /// silver than it is trusted with (rewiring.md section 5).
    fn follow_gap(&mut self, now: f64) {
        let Gap::Whole(settings) = &self.gap else { return };
        if !self.wire.broken() {
            return;
        }
        self.gap = match Rewired::of(&self.device, settings, &self.wire, self.coupled.shown(), now, self.seed) {
            Ok(mut rewired) => {
                rewired.illuminate(self.dose_rate);
                Gap::Followed(Box::new(rewired))
            }
            Err(e) => Gap::Refused(e),
        };
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

/// The same frame, with nothing applied.
fn rest(ramp: &Ramp) -> Ramp {
    Ramp { voltage: 0.0, voltage_rate: 0.0, ..*ramp }
}
