//! A wire on a chip as the load of a channel.

use std::sync::Arc;

use pentatwin_physics::specimen::{PhysicsError, Specimen, State};
use pentatwin_physics::wire::Ramp;

use crate::load::{Level, Load, Reading};

/// Makes the wire of a number: 0 is the first, 1 that after the first change of the wire.
pub type WireFactory = dyn Fn(u64) -> Result<Specimen, PhysicsError> + Send + Sync;

/// A wire on a chip. The level sets its drive; a reading is the mean current over the window.
pub struct Wire {
    make: Arc<WireFactory>,
    say: Arc<dyn Fn(&str) + Send + Sync>,
    /// Temperature of the frame [K].
    frame: f64,
    number: u64,
    /// `None`: the physics gave up, and nothing is connected any more.
    specimen: Option<Specimen>,
    /// Instrument's time at which the wire was put in [s].
    origin: f64,
    /// Up to where the wire is known, on its own clock [s].
    at: f64,
    applied: Option<Level>,
    /// Up to when it stays applied, on its own clock [s].
    end: f64,
    state: State,
}

impl Wire {
    /// The first wire. `say` is told when it breaks or rewires.
    ///
    /// # Errors
    /// The device cannot be simulated.
    pub fn new(make: Arc<WireFactory>, frame: f64, say: Arc<dyn Fn(&str) + Send + Sync>) -> Result<Wire, PhysicsError> {
        let specimen = Some(make(0)?);
        Ok(Wire { make, say, frame, number: 0, specimen, origin: 0.0, at: 0.0, applied: None, end: 0.0, state: State::Intact })
    }

    fn step(&mut self, until: f64, level: Level) -> Result<Reading, PhysicsError> {
        let Some(specimen) = &mut self.specimen else { return Ok(Reading::default()) };
        // With open terminals nothing flows; for the wire that is the same as no voltage.
        let (voltage, compliance) = if level.amperes > 0.0 { (level.volts, level.amperes) } else { (0.0, f64::INFINITY) };
        let until = until.max(self.at);
        // The engine ends its steps where the reading ends and goes on from there: what it had run ahead under one level would be cut back at
        // the next, and each reading would begin with steps of a microsecond.
        if self.applied != Some(level) {
            (self.applied, self.end) = (Some(level), until);
            specimen.apply(Ramp { start: self.at, voltage, voltage_rate: 0.0, frame: self.frame, frame_rate: 0.0, compliance, end: until });
        } else if self.end < until {
            self.end = until;
            specimen.prolong(until);
        }
        let window = specimen.advance(until, &mut |_| {})?;
        self.at = until;
        // In compliance the source gives what it can: the terminals show less than the level.
        let voltage = if window.limited { (compliance * specimen.resistance()).min(voltage.abs()).copysign(voltage) } else { voltage };
        let state = specimen.state();
        if state != self.state {
            self.state = state;
            let word = match state {
                State::Intact => "is whole",
                State::Broken => "is broken",
                State::Rewired => "is rewired",
            };
            (self.say)(&format!("the wire {word} at {:.4} V, {:.1} s after it was put in", level.volts, self.at));
        }
        Ok(Reading { current: window.current, voltage, limited: window.limited })
    }
}

impl Load for Wire {
    fn advance(&mut self, time: f64, level: Level) -> Reading {
        match self.step(time - self.origin, level) {
            Ok(reading) => reading,
            Err(e) => {
                (self.say)(&format!("the physics of the wire gave up, nothing is connected any more: {e}"));
                self.specimen = None;
                Reading::default()
            }
        }
    }

    fn renew(&mut self, time: f64) {
        self.number += 1;
        self.origin = time;
        self.at = 0.0;
        self.end = 0.0;
        self.applied = None;
        self.state = State::Intact;
        self.specimen = (self.make)(self.number).inspect_err(|e| (self.say)(&format!("there is no fresh wire: {e}"))).ok();
    }
}
