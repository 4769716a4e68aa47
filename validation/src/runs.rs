//! Wires taken through a drive, with the balance of volume watched at every step.

use pentatwin_physics::device::{ChipKind, Contacts, Device, Sink};
use pentatwin_physics::wire::{Quarter, Ramp, Rupture, WireEngine, WireError};

/// The paper's wire and chip without any disorder: what differs between cells is what the physics made.
pub fn clean(contacts: Contacts) -> Device {
    let mut device = Device::default();
    device.wire.diameter_disorder = 0.0;
    device.chip.contacts = contacts;
    if contacts == Contacts::Blocked {
        device.chip.lead_resistance = 200.0; // wire.md section 3: calibrated for blocked contacts
    }
    device
}

/// [`clean`] on a chip of another kind.
pub fn clean_on(kind: ChipKind, contacts: Contacts) -> Device {
    let mut device = clean(contacts);
    device.chip.kind = kind;
    device
}

/// A wire between two ideal heat sinks at `temperature` [K] without contact resistance, blocked; nothing moves and only current heats.
pub fn heated_bar(temperature: f64) -> Device {
    let mut device = clean(Contacts::Blocked);
    device.chip.temperature = temperature;
    device.chip.pad_sink = Sink::Ideal;
    device.chip.wire_sink = Sink::Ideal;
    device.contact[0].resistance = 0.0;
    device.contact[1].resistance = 0.0;
    freeze_matter(&mut device);
    device
}

/// Matter stays where it is: for tests of heat and current alone.
pub fn freeze_matter(device: &mut Device) {
    let p = &mut device.physics;
    p.electromigration = false;
    p.capillarity = false;
    p.thermomigration = false;
    p.melt_flow = false;
    p.sublimation = false;
    p.contact_annealing = false;
}

/// A wire whose temperature is the frame's everywhere: no heat from the current.
pub fn uniform(temperature: f64) -> Device {
    let mut device = clean(Contacts::Blocked);
    device.chip.temperature = temperature;
    device.physics.joule_heating = false;
    device.physics.contact_annealing = false;
    device
}

/// A linear drive from `start` to `end` [s]: voltage [V], its rate [V/s], frame [K], its rate [K/s]; the paper's compliance is not reached.
pub fn ramp(start: f64, end: f64, voltage: f64, voltage_rate: f64, frame: f64, frame_rate: f64) -> Ramp {
    Ramp { start, voltage, voltage_rate, frame, frame_rate, compliance: 1.0, end }
}

/// A run with its balance of volume.
#[derive(Clone, Debug)]
pub struct Run {
    /// The wire at the end.
    pub wire: WireEngine,
    /// Largest |wire + vapour + droplets − as made| over as made, of all steps.
    pub imbalance: f64,
    /// The error, if the engine stopped with one.
    pub error: Option<WireError>,
    /// Volume at the start [m³].
    volume: f64,
}

impl Run {
    /// A wire at rest.
    pub fn new(device: &Device, seed: u64) -> Result<Run, WireError> {
        Ok(Run::from(WireEngine::new(device, seed)?))
    }

    /// Takes the wire through one drive, to its end or, if `stop` says so, to the break.
    pub fn drive(&mut self, ramp: Ramp, stop: Stop) -> &mut Run {
        if self.error.is_some() {
            return self;
        }
        self.wire.drive(ramp);
        while self.wire.time() < ramp.end && !(stop == Stop::AtBreak && self.wire.broken()) {
            // One step at a time: a hair beyond the present.
            let until = f64::from_bits(self.wire.time().to_bits() + 1);
            let (volume, mut worst) = (self.volume, self.imbalance);
            let result = self.wire.advance(until, &mut |w| worst = worst.max(deviation(w.total_volume(), volume)));
            self.imbalance = worst;
            if let Err(error) = result {
                self.error = Some(error);
                break;
            }
        }
        self
    }

    /// The break.
    ///
    /// # Panics
    /// If the wire is not broken.
    pub fn rupture(&self) -> &Rupture {
        self.wire.rupture().unwrap_or_else(|| panic!("no break by t = {} s ({:?})", self.wire.time(), self.error))
    }

    /// The state with the neck at a quarter.
    ///
    /// # Panics
    /// If the neck never got there.
    pub fn quarter(&self) -> &Quarter {
        self.wire.quarter().unwrap_or_else(|| panic!("no neck by t = {} s ({:?})", self.wire.time(), self.error))
    }
}

impl From<WireEngine> for Run {
    fn from(wire: WireEngine) -> Run {
        Run { volume: wire.total_volume(), wire, imbalance: 0.0, error: None }
    }
}

/// A number that is not finite counts as an infinite deviation: it must not pass as "not larger".
pub fn deviation(now: f64, before: f64) -> f64 {
    let d = (now / before - 1.0).abs();
    if d.is_nan() { f64::INFINITY } else { d }
}

/// When a drive ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// At its end.
    AtEnd,
    /// When the wire breaks.
    AtBreak,
}

/// Sweeps the voltage at `rate` [V/s], negative for the other polarity, until the wire breaks or 8 V are reached.
pub fn sweep(device: &Device, seed: u64, rate: f64) -> Run {
    let mut run = Run::new(device, seed).unwrap_or_else(|error| panic!("{error}"));
    run.drive(ramp(0.0, 8.0 / rate.abs(), 0.0, rate, device.chip.temperature, 0.0), Stop::AtBreak);
    run
}

/// The sweep rates of the paper and two faster ones [V/s].
pub const RATES: [f64; 5] = [3.3e-3, 10e-3, 100e-3, 1.0, 10.0];

/// Both ways the wire meets the pads.
pub const CONTACTS: [Contacts; 2] = [Contacts::Overlap, Contacts::Blocked];

/// The sweeps of one device at every rate of [`RATES`].
pub fn sweeps(device: &Device) -> Vec<Run> {
    RATES.iter().map(|rate| sweep(device, 1, *rate)).collect()
}
