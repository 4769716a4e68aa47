//! The virtual bench: one object owns specimen, source-meter, heater and clock.

use pentatwin_physics::device::Device;
use pentatwin_physics::specimen::{PhysicsError, Specimen};
use pentatwin_physics::wire::Ramp;
use pentatwin_record::sample_flags;

use super::meter::Meter;
use crate::imaging::mean_dose_rate;
use crate::protocol::{AfterBreak, Heat, Hold, Instrument, Protocol, Step, Sweep, TripRule, Wait};
use crate::run::Sample;
use crate::source_meter::Panel;
use crate::trip::Trip;

/// A staircase whose step is at most this part of the voltage it goes to drives the engine as a ramp: samples never force steps.
const RAMP_STEP: f64 = 0.01;
/// From reading to reading of the frame's temperature while nothing is applied, at most this many in a wait.
const WAIT_SAMPLES: f64 = 100.0;

/// What the bench says while a step goes on.
pub enum Reading<'a> {
    /// A sample, with the temperature of the chip's frame [K].
    Sample(&'a Sample, f64),
    /// The engine has taken a step: for profiles of the truth, which change within a sample at the break.
    State(&'a Specimen),
    /// A real bench has said all it has measured so far: it waits until that is on disk.
    Beat(&'a Panel),
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum StepEnd {
    /// It went to its end.
    Done,
    /// The current fell; the output was treated as the protocol says.
    Trip {
        /// Time at which the output was switched [s].
        time: f64,
        /// Voltage at that time [V].
        voltage: f64,
    },
    /// The listener stopped it; the output is off.
    Stopped,
}

/// Specimen, source-meter, heater and clock.
pub struct VirtualBench {
    specimen: Specimen,
    instrument: Instrument,
    meter: Meter,
    clock: f64,
    voltage: f64,
    /// Temperature of the frame, or what the heater says [K].
    frame: f64,
    device: Device,
    compliance: f64,
    /// Live time of a spectrum [s].
    live_time: f64,
    /// Whether a trip has left the voltage on for the steps that apply nothing.
    held: bool,
}

/// Timing of samples within a step.
#[derive(Clone, Copy)]
struct Sampling {
    interval: f64,
    delay: f64,
    aperture: f64,
    nplc: f64,
    compliance: f64,
    trip: TripRule,
    after_break: AfterBreak,
}

/// Time [s] a step takes from a voltage [V] and a temperature of the frame [K] if nothing ends it early.
fn duration_from(step: &Step, voltage: f64, frame: f64, live_time: f64) -> f64 {
    match step {
        Step::Sweep(s) => s.travel(voltage) / s.rate,
        Step::Hold(h) => h.time,
        Step::Wait(w) => w.time,
        Step::Heat(h) => (h.to - frame).abs() / h.rate + h.time,
        Step::Image(_) => 0.0,
        Step::Spectrum(_) => live_time,
    }
}

type Listener<'a> = dyn FnMut(Reading) -> bool + 'a;

impl VirtualBench {
    /// A bench with a pristine specimen.
    ///
    /// # Errors
    /// The device cannot be simulated.
    pub fn new(protocol: &Protocol, seed: u64) -> Result<VirtualBench, PhysicsError> {
        let mut specimen = Specimen::with_shape(&protocol.device, &protocol.shape, seed)?.with_rewiring(&protocol.rewiring);
        specimen.illuminate(mean_dose_rate(protocol));
        Ok(VirtualBench {
            specimen,
            meter: Meter::new(&protocol.instrument, seed),
            instrument: protocol.instrument.clone(),
            clock: 0.0,
            voltage: 0.0,
            frame: protocol.device.chip.temperature,
            device: protocol.device.clone(),
            compliance: f64::INFINITY,
            live_time: protocol.edx.live_time,
            held: false,
        })
    }

    /// The specimen.
    pub fn specimen(&self) -> &Specimen {
        &self.specimen
    }
    /// Time of the bench [s].
    pub fn clock(&self) -> f64 {
        self.clock
    }
    /// Voltage that is on [V].
    pub fn voltage(&self) -> f64 {
        self.voltage
    }

    /// Time a step takes if nothing ends it early [s].
    pub fn duration(&self, step: &Step) -> f64 {
        duration_from(step, self.voltage, self.frame, self.live_time)
    }

    /// Time that steps take one after the other if nothing ends them early [s].
    pub fn whole_duration(&self, steps: &[Step]) -> f64 {
        let (mut voltage, mut frame, mut sum) = (self.voltage, self.frame, 0.0);
        for step in steps {
            sum += duration_from(step, voltage, frame, self.live_time);
            match step {
                Step::Sweep(s) => voltage = s.to.last().copied().unwrap_or(voltage),
                Step::Hold(h) => voltage = h.voltage,
                Step::Heat(h) => (voltage, frame) = (0.0, h.to),
                Step::Wait(_) => voltage = 0.0,
                Step::Image(_) => {}
                Step::Spectrum(_) => voltage = 0.0,
            }
        }
        sum
    }

    /// Carries out one step. `listen` returns `false` to stop.
    ///
    /// # Errors
    /// The physics gave up; what was said until then holds.
    pub fn run(&mut self, step: &Step, listen: &mut Listener) -> Result<StepEnd, PhysicsError> {
        let end = match step {
            Step::Sweep(s) => self.sweep(s, listen)?,
            Step::Hold(h) => self.hold(h, listen)?,
            Step::Wait(w) => self.wait(w, listen)?,
            Step::Heat(h) => self.heat(h, listen)?,
            Step::Image(_) => StepEnd::Done,
            Step::Spectrum(_) => self.wait(&Wait { time: self.live_time }, listen)?,
        };
        if end == StepEnd::Stopped {
            self.off();
        }
        Ok(end)
    }

    /// Switches the output off at once.
    pub fn off(&mut self) {
        self.held = false;
        self.voltage = 0.0;
        self.apply(0.0, 0.0, f64::INFINITY);
    }

    fn apply(&mut self, voltage_rate: f64, frame_rate: f64, end: f64) {
        // What the specimen feels is not quite what the heater says.
        let frame = self.device.true_temperature(self.frame);
        self.specimen.apply(Ramp {
            start: self.clock,
            voltage: self.voltage,
            voltage_rate,
            frame,
            frame_rate: self.device.true_temperature(self.frame + frame_rate) - frame,
            compliance: self.compliance,
            end,
        });
    }

    fn sweep(&mut self, sweep: &Sweep, listen: &mut Listener) -> Result<StepEnd, PhysicsError> {
        let sampling = Sampling {
            interval: sweep.interval(),
            delay: sweep.delay,
            aperture: self.instrument.aperture(sweep.nplc),
            nplc: sweep.nplc,
            compliance: sweep.compliance,
            trip: sweep.trip_rule(),
            after_break: sweep.after_break,
        };
        self.compliance = sweep.compliance;
        self.range(sweep.measure_range);
        self.held = false;
        let mut trip = Trip::new(sampling.trip);
        let mut from = self.voltage;
        for &to in &sweep.to {
            let samples = ((to - from).abs() / sweep.step - 1e-9).ceil().max(0.0) as usize;
            let ramp = sweep.step <= RAMP_STEP * to.abs().max(from.abs());
            let start = self.clock;
            let slope = sweep.rate.copysign(to - from);
            // The ramp passes each level of the staircase in the middle of its aperture.
            let lead = sampling.delay + 0.5 * sampling.aperture;
            if ramp {
                self.voltage = from - slope * lead.min(sampling.interval);
                self.apply(slope, 0.0, start + samples as f64 * sampling.interval);
            }
            for k in 0..samples {
                let level = from + (k as f64 * sweep.step).copysign(to - from);
                let begin = start + k as f64 * sampling.interval;
                if !ramp {
                    self.clock = begin;
                    self.voltage = level;
                    self.apply(0.0, 0.0, begin + sampling.interval);
                }
                match self.sample(level, begin, &sampling, &mut trip, listen)? {
                    None => {}
                    Some(end) => return Ok(end),
                }
            }
            self.clock = start + samples as f64 * sampling.interval;
            self.specimen.advance(self.clock, &mut |w| {
                listen(Reading::State(w));
            })?;
            self.voltage = to;
            from = to;
        }
        self.apply(0.0, 0.0, f64::INFINITY);
        Ok(StepEnd::Done)
    }

    /// The measure range of a step [A]; 0: the instrument's.
    fn range(&mut self, asked: f64) {
        let found = if asked > 0.0 { self.instrument.range_for(asked) } else { self.instrument.measure_full_scale() };
        // That there is one was checked with the protocol.
        if let Some(range) = found {
            self.meter.range(range);
        }
    }

    /// One sample of a staircase: waits for the aperture, integrates, reads, looks at the trip.
    fn sample(
        &mut self,
        level: f64,
        begin: f64,
        sampling: &Sampling,
        trip: &mut Trip,
        listen: &mut Listener,
    ) -> Result<Option<StepEnd>, PhysicsError> {
        let mut going = true;
        self.specimen.advance(begin + sampling.delay, &mut |w| going &= listen(Reading::State(w)))?;
        let end = begin + sampling.delay + sampling.aperture;
        let window = self.specimen.advance(end, &mut |w| going &= listen(Reading::State(w)))?;
        let (current, mut flags) = self.meter.read(window.current, sampling.nplc);
        if window.limited {
            flags |= sample_flags::COMPLIANCE;
        }
        if window.clamped {
            flags |= sample_flags::CLAMPED;
        }
        // In compliance the source gives what it can: the terminals show less than the level.
        let voltage = if window.limited { sampling.compliance.copysign(level) * self.specimen.resistance() } else { level };
        let tripped = trip.see(voltage, current, flags);
        if tripped {
            flags |= sample_flags::TRIP;
        }
        self.clock = end;
        let sample = Sample { time: end, voltage, current, flags };
        going &= listen(Reading::Sample(&sample, self.frame));
        if !going {
            return Ok(Some(StepEnd::Stopped));
        }
        if tripped && sampling.after_break != AfterBreak::Continue {
            self.held = sampling.after_break == AfterBreak::Hold;
            self.voltage = if self.held { level } else { 0.0 };
            self.apply(0.0, 0.0, f64::INFINITY);
            return Ok(Some(StepEnd::Trip { time: end, voltage: level }));
        }
        Ok(None)
    }

    fn hold(&mut self, hold: &Hold, listen: &mut Listener) -> Result<StepEnd, PhysicsError> {
        let sampling = Sampling {
            interval: hold.interval,
            delay: hold.delay,
            aperture: self.instrument.aperture(hold.nplc),
            nplc: hold.nplc,
            compliance: hold.compliance,
            trip: hold.trip_rule(),
            after_break: hold.after_break,
        };
        self.compliance = hold.compliance;
        self.range(hold.measure_range);
        self.held = false;
        let mut trip = Trip::new(sampling.trip);
        let start = self.clock;
        let end = start + hold.time;
        self.voltage = hold.voltage;
        self.apply(0.0, 0.0, end);
        let samples = (hold.time / hold.interval).floor() as usize;
        for k in 0..samples {
            if let Some(end) = self.sample(hold.voltage, start + k as f64 * hold.interval, &sampling, &mut trip, listen)? {
                return Ok(end);
            }
        }
        self.finish(end, listen)
    }

    fn wait(&mut self, wait: &Wait, listen: &mut Listener) -> Result<StepEnd, PhysicsError> {
        let end = self.clock + wait.time;
        if !self.held {
            self.voltage = 0.0;
        }
        self.apply(0.0, 0.0, end);
        self.watch(end, wait.time / WAIT_SAMPLES, listen)
    }

    fn heat(&mut self, heat: &Heat, listen: &mut Listener) -> Result<StepEnd, PhysicsError> {
        self.voltage = 0.0;
        let ramp_time = (heat.to - self.frame).abs() / heat.rate;
        let rate = heat.rate.copysign(heat.to - self.frame);
        let start = (self.clock, self.frame);
        let end = self.clock + ramp_time;
        self.apply(0.0, rate, end);
        while self.clock < end {
            let next = (self.clock + heat.interval).min(end);
            self.frame = start.1 + rate * (next - start.0);
            if self.watch(next, f64::INFINITY, listen)? == StepEnd::Stopped {
                return Ok(StepEnd::Stopped);
            }
        }
        self.frame = heat.to;
        self.apply(0.0, 0.0, end + heat.time);
        self.watch(end + heat.time, heat.interval, listen)
    }

    /// Lets time pass to `end` with a sample each `interval`, and one at the end. What is on stays on.
    fn watch(&mut self, end: f64, interval: f64, listen: &mut Listener) -> Result<StepEnd, PhysicsError> {
        while self.clock < end {
            let mut next = self.clock + interval;
            if !(next < end - 1e-9 * interval) {
                next = end;
            }
            let mut going = true;
            let window = self.specimen.advance(next, &mut |w| going &= listen(Reading::State(w)))?;
            self.clock = next;
            let (current, flags) = self.meter.read(window.current, 1.0);
            // With the output off the meter measures nothing: the true zero is written.
            let current = if self.voltage == 0.0 { 0.0 } else { current };
            let flags = flags | if window.clamped { sample_flags::CLAMPED } else { 0 };
            going &= listen(Reading::Sample(&Sample { time: next, voltage: self.voltage, current, flags }, self.frame));
            if !going {
                return Ok(StepEnd::Stopped);
            }
        }
        Ok(StepEnd::Done)
    }

    fn finish(&mut self, end: f64, listen: &mut Listener) -> Result<StepEnd, PhysicsError> {
        if self.clock < end {
            return self.watch(end, f64::INFINITY, listen);
        }
        Ok(StepEnd::Done)
    }
}
