//! The continuum engine: one wire between its contacts, from pristine to broken (wire.md).
//!
//! Approximations, each made where it is used: one radius per position (no voids on one side, no facets, no needles: those are the
//! shape engine's); quasi-static circuit; heat without radiation and without evaporative cooling; one atomic volume for solid and melt.

mod events;
mod grid;
mod heat;
mod part;
mod shed;
mod solve;
mod start;
mod transport;
mod window;
#[cfg(test)]
mod window_tests;

pub use events::{Budget, Quarter, Rupture};
pub use grid::Grid;
pub use heat::{Flows, HOTTEST, Resistances, Surroundings, Thermal};
pub use transport::{MECHANISMS, Mechanism, PERIMETER, surface};
pub use window::Window;

use crate::device::Device;
use crate::materials::LAWS;
use crate::materials::silver::T_MELT;
use heat::{Drive, Heat};
use std::f64::consts::PI;
use transport::{Asked, Matter, Transport, TwoStep};
use window::Pinned;

/// Shortest step [s]: below it a thin neck is severed, anything else is an error. The melt of a thick wire on a fine grid needs it so short.
const SHORTEST: f64 = 1e-16;
/// Shortest step that the wish for accuracy asks for [s]; only a solve that does not converge goes below.
const ACCURATE: f64 = 4e-13;
/// A neck thinner than this part of its as-made area whose temperature has no solution any more at steps below this time [s] is severed.
const RUNAWAY: f64 = 1e-8;
const RUNAWAY_NECK: f64 = 0.02;
/// Temperatures [K] between which silver melts, within the width of the model's transition.
const MELTING: (f64, f64) = (1195.0, 1275.0);
/// Largest change of temperature per step there [K], for cells of at least the second constant's part of the as-made area.
const MELTING_STEP: f64 = 4.0;
const MELTING_AREA: f64 = 0.05;
/// What these limits are multiplied by, the second one and the device's own, once the wire is broken and no current flows: the runaway whose
/// moment they guard is over, and what still moves silver has its own tolerance. Measured at 100 mV/s over 20 seeds: the widest gap changes
/// by 4 nm rms, half a nanometre in the mean, as it does with four times shorter steps; what evaporates by 0.7 %.
const IDLE: (f64, f64) = (10.0, 4.0);
/// First step after a rupture [s].
const AFTER_RUPTURE: f64 = 1e-11;
/// Largest growth from one step to the next.
const GROWTH: f64 = 1.8;
/// A cell dies below this cross-section [m²] (1 nm radius), or below a hundredth of the as-made one if that is less.
const DEAD: f64 = 3e-18;
/// A tip cell dies below this [m²]; in long holds of a hot chip below the second (wire.md section 7).
const DEAD_TIP: [f64; 2] = [2e-16, 1.5e-15];
/// Frame temperature [K] from which the second holds.
const HOT_CHIP: f64 = 600.0;

/// What is applied: voltage and frame temperature, linear in time from `start`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    /// Time from which the ramp counts [s].
    pub start: f64,
    /// Voltage at the start [V].
    pub voltage: f64,
    /// Rate [V/s].
    pub voltage_rate: f64,
    /// Temperature of the frame at the start [K].
    pub frame: f64,
    /// Rate [K/s].
    pub frame_rate: f64,
    /// Largest current the source gives [A].
    pub compliance: f64,
    /// Time at which the ramp ends [s]; no step goes beyond it.
    pub end: f64,
}

impl Ramp {
    /// Nothing applied from `start` to `end` at a frame temperature.
    pub fn rest(start: f64, end: f64, frame: f64) -> Ramp {
        Ramp { start, voltage: 0.0, voltage_rate: 0.0, frame, frame_rate: 0.0, compliance: f64::INFINITY, end }
    }

    /// Voltage at a time [V].
    pub fn voltage_at(&self, t: f64) -> f64 {
        self.voltage + self.voltage_rate * (t - self.start)
    }

    /// Temperature of the frame at a time [K].
    pub fn frame_at(&self, t: f64) -> f64 {
        (self.frame + self.frame_rate * (t - self.start)).max(1.0)
    }
}

/// Why the engine cannot go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WireError {
    /// The step became too short.
    #[error(
        "the wire engine cannot go on at t = {time:.6e} s: the step fell below {SHORTEST:e} s at x = {position:.3e} m with the thinnest place at {ratio:.3} of its as-made area"
    )]
    StepTooShort {
        /// Time [s].
        time: f64,
        /// Place of the thinnest cell [m].
        position: f64,
        /// Its area over the as-made one.
        ratio: f64,
    },
    /// The cap on steps was reached.
    #[error(
        "the wire engine gave up after {steps} steps at t = {time:.6e} s (numerics.max_steps); the thinnest place is at x = {position:.3e} m"
    )]
    TooManySteps {
        /// Steps taken.
        steps: usize,
        /// Time [s].
        time: f64,
        /// Place of the thinnest cell [m].
        position: f64,
    },
    /// The heater is at the melting point.
    #[error(
        "the heater reaches the melting point of silver ({T_MELT} K, 961.8 degC) at t = {time:.6e} s: nothing but its film holds a molten wire, and how it runs on the film is not in the model"
    )]
    Molten {
        /// Time [s].
        time: f64,
    },
    /// The neck in the window has run away thermally: no temperature of it solves the heat equation, or it boils, while another engine
    /// holds its cross-section. The state is that before; the window should part ([`WireEngine::part`]) or be released.
    #[error(
        "the neck in the window has run away at t = {time:.6e} s: it reaches {temperature:.0} K at x = {position:.3e} m with {ratio:.3} of its as-made area"
    )]
    Runaway {
        /// Time [s].
        time: f64,
        /// The thinnest cell of the window.
        cell: usize,
        /// Its place [m].
        position: f64,
        /// Its area over the as-made one.
        ratio: f64,
        /// Highest temperature in the window at the last good state [K].
        temperature: f64,
    },
    /// What another engine says of a window does not fit.
    #[error("{0}")]
    Window(String),
    /// The device cannot be simulated.
    #[error("{0}")]
    Device(String),
}

/// Counters of the numerics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Steps accepted.
    pub steps: usize,
    /// Steps rejected.
    pub rejected: usize,
}

/// The wire engine.
#[derive(Clone, Debug)]
pub struct WireEngine {
    grid: Grid,
    matter: Matter,
    around: Surroundings,
    contact: [ContactLaw; 2],
    annealing: bool,
    /// As-made cross-sections of a dead cell's thresholds.
    area_made: f64,
    rtol: f64,
    temperature_step: f64,
    max_steps: usize,

    time: f64,
    /// Cross-sections now and at the two steps before [m²]; 0 where dead.
    area: [Vec<f64>; 3],
    /// The last step and the one before it [s].
    h: [f64; 2],
    /// How many earlier levels are valid (0, 1, 2).
    history: usize,
    next_h: f64,
    thermal: Thermal,
    contacts: [f64; 2],
    /// Volume in the vapour and in droplets, at the levels of `area` [m³].
    evaporated: [f64; 3],
    droplets: [f64; 3],
    resistance: Resistances,
    ramp: Ramp,
    last: Option<LastStep>,
    charge: f64,
    near_tip: Vec<bool>,
    dead: usize,
    budget: Budget,
    quarter: Option<Quarter>,
    rupture: Option<Rupture>,
    clamped: Vec<(&'static str, u64)>,
    counters: Counters,
    heat: Heat,
    transport: Transport,
    window: Option<Pinned>,
}

#[derive(Clone, Debug)]
struct ContactLaw {
    made: f64,
    end: f64,
    rate: f64,
    energy: f64,
}

/// What dense output needs of the step just taken; the state after it is the engine's.
#[derive(Clone, Debug)]
struct LastStep {
    time: f64,
    thermal: Thermal,
    contacts: [f64; 2],
    resistance: Resistances,
    /// Resistance just before anything died at the end of the step.
    resistance_end: f64,
    current_end: f64,
    charge: f64,
    /// Resistance one step earlier and that step's length.
    earlier: Option<(f64, f64)>,
}

/// The state at one time, for records and scenes.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Time [s].
    pub time: f64,
    /// Cross-section of each cell [m²]; 0 where dead.
    pub area: Vec<f64>,
    /// Temperatures and current.
    pub thermal: Thermal,
    /// Contact resistances [ohm].
    pub contacts: [f64; 2],
    /// Resistance of the wire between the contact edges [ohm], infinite if broken.
    pub wire_resistance: f64,
    /// Volume of the wire, overlaps included [m³].
    pub volume: f64,
    /// Volume in the vapour [m³].
    pub evaporated: f64,
    /// Volume in droplets [m³].
    pub droplets: f64,
}

impl WireEngine {
    /// A pristine wire at rest at the frame's temperature.
    pub fn new(device: &Device, seed: u64) -> Result<WireEngine, WireError> {
        let chip = &device.chip;
        if !(device.wire.length >= device.span()) {
            return Err(WireError::Device(format!(
                "the wire ({:.3e} m) is shorter than the spacing of the contacts ({:.3e} m)",
                device.wire.length, chip.spacing
            )));
        }
        let grid = Grid::new(device, seed);
        let matter = Matter::new(device, &grid);
        let around = Surroundings {
            lead_resistance: chip.lead_resistance,
            film_sink: device.film_sink(),
            film_warms: device.film_warms(),
            film_capacity: chip.film_capacity,
            film_conductance: chip.film_conductance,
            pad_capacity: chip.pad_capacity,
            pad_resistance: device.pad_sink(),
            size_effect: device.silver.size_effect,
            joule: device.physics.joule_heating,
            beam_heat: 0.0,
            leak: device.physics.gap_leak.then_some(device.physics.gap_leak_resistance),
            heater: device.on_heater(),
        };
        let n = grid.cells();
        let thermal =
            Thermal { wire: vec![chip.temperature; n], pad: [chip.temperature; 2], film: chip.temperature, current: 0.0, limited: false };
        let law = |c: &crate::device::Contact| ContactLaw {
            made: c.resistance,
            end: c.resistance * c.annealed,
            rate: c.anneal_rate,
            energy: c.anneal_energy,
        };
        let contact = [law(&device.contact[0]), law(&device.contact[1])];
        let contacts = [contact[0].made, contact[1].made];
        let mut heat = Heat::default();
        let resistance = heat.circuit(&grid, &grid.area, &thermal.wire, contacts, &around);
        // The ends of a wire on a heater are tips from the start.
        let near_tip = (0..n).map(|i| matter.free_ends && (i < 4 || i + 4 >= n)).collect();
        Ok(WireEngine {
            area: [grid.area.clone(), grid.area.clone(), grid.area.clone()],
            matter,
            around,
            contact,
            annealing: device.physics.contact_annealing,
            area_made: device.area(),
            rtol: device.numerics.tolerance,
            temperature_step: device.numerics.temperature_step,
            max_steps: device.numerics.max_steps,
            time: 0.0,
            h: [0.0; 2],
            history: 0,
            next_h: 1e-4,
            thermal,
            contacts,
            evaporated: [0.0; 3],
            droplets: [0.0; 3],
            resistance,
            ramp: Ramp::rest(0.0, f64::INFINITY, chip.temperature),
            last: None,
            charge: 0.0,
            near_tip,
            dead: 0,
            budget: Budget::new(n),
            quarter: None,
            rupture: None,
            clamped: Vec::new(),
            counters: Counters::default(),
            heat,
            transport: Transport::default(),
            window: None,
            grid,
        })
    }

    /// The grid.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
    /// Time up to which the engine has gone [s]; may be ahead of the instruments' clock.
    pub fn time(&self) -> f64 {
        self.time
    }
    /// The drive.
    pub fn ramp(&self) -> &Ramp {
        &self.ramp
    }
    /// What happened at the first break, if it happened.
    pub fn rupture(&self) -> Option<&Rupture> {
        self.rupture.as_ref()
    }
    /// The state when the thinnest place passed a quarter of its area.
    pub fn quarter(&self) -> Option<&Quarter> {
        self.quarter.as_ref()
    }
    /// Volumes removed by each mechanism.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }
    /// Counters of the numerics.
    pub fn counters(&self) -> Counters {
        self.counters
    }
    /// Laws that were asked outside their validity and clamped, with the number of steps.
    pub fn clamped(&self) -> &[(&'static str, u64)] {
        &self.clamped
    }
    /// Whether the current's path is interrupted (a leak does not count).
    pub fn broken(&self) -> bool {
        self.rupture.is_some()
    }

    /// Changes the drive from `ramp.start` on; a step already taken beyond it is cut there, its volume conserved. What a window has still
    /// to do then is done in the rest of its interval.
    pub fn drive(&mut self, ramp: Ramp) {
        if self.time > ramp.start {
            self.truncate(ramp.start);
        }
        let jump = (ramp.voltage_at(self.time) - self.ramp.voltage_at(self.time)).abs() > 0.02
            || (ramp.frame_at(self.time) - self.ramp.frame_at(self.time)).abs() > 1.0;
        self.ramp = ramp;
        if jump {
            // Whatever follows at once (the wire cools in 0.1 us) starts with a short step; no extrapolation across the jump.
            self.next_h = self.next_h.min(1e-9);
        }
        self.last = None;
    }

    /// Lets the electron beam act on the wire from now on: `heat` [W/m³] in its volume, and its surface recedes at `sputtering` [m/s].
    pub fn illuminate(&mut self, heat: f64, sputtering: f64) {
        self.around.beam_heat = heat;
        self.matter.sputtering = sputtering;
    }

    /// Goes on until the clock is at or beyond `until`, calling `seen` after each step; never beyond the end of the ramp, nor beyond that
    /// of a window's interval.
    pub fn advance(&mut self, until: f64, seen: &mut dyn FnMut(&WireEngine)) -> Result<(), WireError> {
        while self.time < until && self.advance_one()? {
            seen(self);
        }
        Ok(())
    }

    /// Charge that has flowed from the start to time `t` [C]; `t` must lie within the last step.
    pub fn charge_at(&self, t: f64) -> f64 {
        match &self.last {
            Some(last) if t < self.time => last.charge + self.integrate(last, t),
            _ => self.charge,
        }
    }

    /// The state at time `t` within the last step (linear between its ends).
    pub fn snapshot_at(&self, t: f64) -> Snapshot {
        let Some(last) = self.last.as_ref().filter(|last| t < self.time && self.time > last.time) else {
            return self.snapshot();
        };
        let u = ((t - last.time) / (self.time - last.time)).clamp(0.0, 1.0);
        let mix = |a: f64, b: f64| a + u * (b - a);
        let area: Vec<f64> = self.area[1].iter().zip(&self.area[0]).map(|(a, b)| mix(*a, *b)).collect();
        let (old, new) = (&last.thermal, &self.thermal);
        Snapshot {
            time: t,
            volume: area.iter().sum::<f64>() * self.grid.dx,
            area,
            thermal: Thermal {
                wire: old.wire.iter().zip(&new.wire).map(|(a, b)| mix(*a, *b)).collect(),
                pad: [mix(old.pad[0], new.pad[0]), mix(old.pad[1], new.pad[1])],
                film: mix(old.film, new.film),
                current: self.current_within(last, t),
                limited: new.limited,
            },
            contacts: [mix(last.contacts[0], self.contacts[0]), mix(last.contacts[1], self.contacts[1])],
            wire_resistance: if self.resistance.wire.is_finite() {
                mix(last.resistance.wire, self.resistance.wire)
            } else {
                last.resistance.wire
            },
            evaporated: mix(self.evaporated[1], self.evaporated[0]),
            droplets: mix(self.droplets[1], self.droplets[0]),
        }
    }

    /// The state now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            time: self.time,
            area: self.area[0].clone(),
            thermal: self.thermal.clone(),
            contacts: self.contacts,
            wire_resistance: self.resistance.wire,
            volume: self.volume(),
            evaporated: self.evaporated[0],
            droplets: self.droplets[0],
        }
    }

    /// Cross-sections now [m²].
    pub fn area(&self) -> &[f64] {
        &self.area[0]
    }
    /// As-made cross-sections [m²].
    pub fn area_made(&self) -> &[f64] {
        &self.grid.area
    }
    /// Temperatures and current now.
    pub fn thermal(&self) -> &Thermal {
        &self.thermal
    }
    /// Resistances now [ohm].
    pub fn resistance(&self) -> Resistances {
        self.resistance
    }
    /// Contact resistances now [ohm].
    pub fn contact_resistance(&self) -> [f64; 2] {
        self.contacts
    }
    /// Volume of the wire now [m³].
    pub fn volume(&self) -> f64 {
        self.area[0].iter().sum::<f64>() * self.grid.dx
    }
    /// Wire, vapour and droplets together [m³]: constant.
    pub fn total_volume(&self) -> f64 {
        self.volume() + self.evaporated[0] + self.droplets[0]
    }
    /// Heat flows [W] at a state of this wire: cross-sections [m²], temperatures of wire, pads and film [K], current [A]. Without the
    /// constriction of a window.
    pub fn flows_at(&self, area: &[f64], state: &Thermal) -> Flows {
        Heat::default().flows(&self.grid, area, state, &self.around)
    }

    /// Resistance of the wire between the contact edges [ohm] for any cross-sections and temperatures: to split a change by its causes.
    /// Without the constriction of a window.
    pub fn resistance_of(&self, area: &[f64], temperature: &[f64]) -> f64 {
        Heat::default().circuit(&self.grid, area, temperature, self.contacts, &self.around).wire
    }

    /// One step, or an error.
    fn step(&mut self) -> Result<(), WireError> {
        if self.around.heater && self.ramp.frame_at(self.time) >= T_MELT {
            return Err(WireError::Molten { time: self.time });
        }
        loop {
            if self.counters.steps + self.counters.rejected >= self.max_steps {
                let (i, _) = self.thinnest();
                return Err(WireError::TooManySteps { steps: self.counters.steps, time: self.time, position: self.grid.x[i] });
            }
            let room = self.limit() - self.time;
            // A step that would leave a sliver before the end takes it too; one that would leave half a step splits evenly.
            let h = if self.next_h >= 0.999 * room {
                room
            } else if self.next_h > 0.6 * room {
                0.5 * room
            } else {
                self.next_h
            };
            match self.attempt(h) {
                Attempt::Taken => return Ok(()),
                Attempt::Sever => {
                    self.counters.rejected += 1;
                    let (i, _) = self.weakest();
                    if self.is_pinned(i) {
                        return Err(self.runaway());
                    }
                    self.sever(i);
                    return Ok(());
                }
                Attempt::Runaway => {
                    self.counters.rejected += 1;
                    return Err(self.runaway());
                }
                Attempt::Again(shorter) => {
                    self.counters.rejected += 1;
                    if shorter < SHORTEST {
                        let (i, ratio) = self.weakest();
                        if ratio < 0.1 && self.is_pinned(i) {
                            return Err(self.runaway());
                        }
                        if ratio < 0.1 && self.area[0][i] > 0.0 {
                            self.sever(i);
                            return Ok(());
                        }
                        return Err(WireError::StepTooShort { time: self.time, position: self.grid.x[i], ratio });
                    }
                    self.next_h = shorter;
                }
            }
        }
    }

    fn attempt(&mut self, h: f64) -> Attempt {
        let n = self.grid.cells();
        let limit = self.limit();
        let end = if h >= limit - self.time { limit } else { self.time + h };
        let mut guess = self.extrapolate(h);
        self.pin(&mut guess, end);
        let drive = Drive { voltage: self.ramp.voltage_at(end), frame: self.ramp.frame_at(end), compliance: self.ramp.compliance };
        let Ok(thermal) =
            self.heat.step(&self.grid, &guess, &self.thermal, self.extrapolate_thermal(h), self.contacts, drive, &self.around, h)
        else {
            // A neck that has run away thermally within a nanosecond is gone, whatever its last temperature (wire.md section 8).
            return if h < RUNAWAY && self.weakest().1 < RUNAWAY_NECK { Attempt::Sever } else { Attempt::Again(0.25 * h) };
        };
        let idle = self.idle();
        let (slack_melting, slack) = if idle { IDLE } else { (1.0, 1.0) };
        let mut heating = 0.0f64; // change of temperature over what a step may change
        for i in 0..n {
            if guess[i] > 0.0 {
                let t = thermal.wire[i];
                let old = self.thermal.wire[i];
                // Across the melting point resistivity and flow change within a few widths of 8 K: small steps there, or the moment of
                // the runaway depends on them. A neck far above may change faster.
                let melts = (old.max(t) > MELTING.0) && (old.min(t) < MELTING.1) && self.area[0][i] > MELTING_AREA * self.area_made;
                let allowed = if melts {
                    slack_melting * self.temperature_step.min(MELTING_STEP)
                } else {
                    slack * self.temperature_step.max(0.03 * (t - 800.0))
                };
                heating = heating.max((t - old).abs() / allowed);
            }
        }
        if heating > 1.5 && h > 1e-12 {
            return Attempt::Again((h / heating).max(1e-12).min(0.7 * h));
        }
        if self.window_boils(&thermal.wire) {
            return Attempt::Runaway;
        }
        self.transport.freeze(&self.grid, &self.matter, &guess, &thermal);
        let formula = TwoStep::new(h, (self.history > 0).then_some(self.h[0]));
        self.transport.pins = self.pins(&guess, formula, end);
        let floor = 1e-3 * self.area_made;
        let asked = Asked { tolerance: 0.1 * self.rtol, floor, idle };
        let Ok(area) = self.transport.step(&self.grid, &self.matter, formula, &self.area[0], &self.area[1], &guess, asked) else {
            return Attempt::Again(0.25 * h);
        };
        let mut error = 0.0f64;
        for i in 0..n {
            if guess[i] > 0.0 && !self.is_pinned(i) {
                let scale = if self.near_tip[i] { 0.08 * (area[i] + 5e-2 * self.area_made) } else { self.rtol * (area[i] + floor) };
                error = error.max((area[i] - guess[i]).abs() / (4.0 * scale));
            }
        }
        if error > 1.0 && h > 2.0 * ACCURATE {
            return Attempt::Again((0.8 * h * error.powf(-1.0 / 3.0)).clamp(0.1 * h, 0.7 * h).max(ACCURATE));
        }
        let by_error = if error > 0.0 { 0.75 * error.powf(-1.0 / 3.0) } else { GROWTH };
        let by_heating = if heating > 0.0 { 0.9 / heating } else { GROWTH };
        // Before the acceptance, which may find the wire broken and ask for a shorter step.
        self.next_h = h * by_error.min(by_heating).clamp(0.2, GROWTH);
        self.accept(h, end, formula, area, thermal);
        Attempt::Taken
    }

    /// Whether the wire is broken and nothing flows any more: it only cools, and what is molten of it retracts.
    fn idle(&self) -> bool {
        self.rupture.is_some() && !self.around.heater && !self.resistance.total.is_finite()
    }

    /// Cross-sections after a step of `h`, extrapolated from the last ones.
    fn extrapolate(&self, h: f64) -> Vec<f64> {
        let [a0, a1, a2] = &self.area;
        let n = a0.len();
        let (u, v) = match self.history {
            0 => (0.0, 0.0),
            1 => (h / self.h[0], 0.0),
            // Newton's form: a0 + (h/h0)(a0-a1) + h(h+h0)[second divided difference].
            _ => (h / self.h[0], h * (h + self.h[0]) / (self.h[0] + self.h[1])),
        };
        let (w0, w1) = if self.history > 1 { (v / self.h[0], v / self.h[1]) } else { (0.0, 0.0) };
        (0..n)
            .map(|i| {
                let (d0, d1) = (a0[i] - a1[i], a1[i] - a2[i]);
                (a0[i] + u * d0 + w0 * d0 - w1 * d1).clamp(0.6 * a0[i], 1.6 * a0[i])
            })
            .collect()
    }

    /// Temperatures and current after a step of `h`, extrapolated from the last step: where Newton starts.
    fn extrapolate_thermal(&self, h: f64) -> Thermal {
        let mut guess = self.thermal.clone();
        if let Some(last) = self.last.as_ref().filter(|_| self.history > 0) {
            let u = (h / self.h[0]).min(2.0);
            let on = |now: f64, then: f64| (now + u * (now - then)).clamp(0.8 * now, 1.25 * now);
            guess.wire.iter_mut().zip(&last.thermal.wire).for_each(|(t, then)| *t = on(*t, *then));
            for p in 0..2 {
                guess.pad[p] = on(guess.pad[p], last.thermal.pad[p]);
            }
            guess.film = on(guess.film, last.thermal.film);
            guess.current += u * (guess.current - last.thermal.current);
        }
        guess
    }

    fn accept(&mut self, h: f64, end: f64, formula: TwoStep, area: Vec<f64>, thermal: Thermal) {
        self.transport.split(&self.grid, &self.matter);
        self.settle_window(h, &area);
        self.budget.add(&self.transport, self.grid.dx, h);
        let loss: f64 = self.transport.loss.iter().sum::<f64>() * self.grid.dx;
        let evaporated = formula.advance(self.evaporated[0], self.evaporated[1], loss);
        let droplets = formula.advance(self.droplets[0], self.droplets[1], 0.0);
        let earlier = self.last.as_ref().filter(|_| self.history > 0).map(|l| (l.resistance.total, self.h[0]));
        let before = LastStep {
            time: self.time,
            thermal: std::mem::replace(&mut self.thermal, thermal),
            contacts: self.contacts,
            resistance: self.resistance,
            resistance_end: 0.0,
            current_end: 0.0,
            charge: self.charge,
            earlier,
        };
        self.area.rotate_right(1);
        self.area[0] = area;
        self.evaporated = [evaporated, self.evaporated[0], self.evaporated[1]];
        self.droplets = [droplets, self.droplets[0], self.droplets[1]];
        self.h = [h, self.h[0]];
        self.history = (self.history + 1).min(2);
        self.time = end;
        self.counters.steps += 1;
        if self.annealing {
            for p in 0..2 {
                let c = &self.contact[p];
                let rate = c.rate * (-c.energy / (crate::materials::constants::KB * self.thermal.pad[p])).exp();
                self.contacts[p] = c.end + (self.contacts[p] - c.end) * (-rate * h).exp();
            }
        }
        self.renew_resistance();
        let mut last = before;
        last.resistance_end = self.resistance.total;
        last.current_end = self.thermal.current;
        self.charge = last.charge + self.integrate(&last, self.time);
        self.last = Some(last);
        self.watch();
        self.flag_laws();
        self.reap();
    }

    /// Current within the last step [A].
    fn current_within(&self, last: &LastStep, t: f64) -> f64 {
        let h = self.time - last.time;
        let s = t - last.time;
        if !(h > 0.0)
            || self.thermal.limited
            || last.thermal.limited
            || !last.resistance.total.is_finite()
            || !last.resistance_end.is_finite()
        {
            let u = if h > 0.0 { (s / h).clamp(0.0, 1.0) } else { 1.0 };
            return last.thermal.current + u * (last.current_end - last.thermal.current);
        }
        let (r0, r1) = (last.resistance.total, last.resistance_end);
        let mut r = r0 + (s / h) * (r1 - r0);
        if let Some((rp, hp)) = last.earlier
            && rp.is_finite()
            && (r1 - r0).abs() < 0.05 * r0
            && (r0 - rp).abs() < 0.05 * r0
        {
            r += s * (s - h) * ((r1 - r0) / h - (r0 - rp) / hp) / (h + hp);
        }
        (self.ramp.voltage_at(t) / r).clamp(-self.ramp.compliance, self.ramp.compliance)
    }

    /// Charge from the start of the last step to `t` [C] (Simpson).
    fn integrate(&self, last: &LastStep, t: f64) -> f64 {
        let s = t - last.time;
        let (a, m, b) =
            (self.current_within(last, last.time), self.current_within(last, last.time + 0.5 * s), self.current_within(last, t));
        s / 6.0 * (a + 4.0 * m + b)
    }

    /// Cuts the last step at time `t`.
    fn truncate(&mut self, t: f64) {
        let charge = self.charge_at(t);
        let s = self.snapshot_at(t);
        self.cut_window(t, &s.area);
        self.time = t;
        self.charge = charge;
        self.area[0] = s.area;
        self.thermal = s.thermal;
        self.contacts = s.contacts;
        self.evaporated[0] = s.evaporated;
        self.droplets[0] = s.droplets;
        self.history = 0;
        self.renew_resistance();
        self.last = None;
        self.next_h = self.next_h.min(1e-6);
    }

    /// The resistances of the present state.
    fn renew_resistance(&mut self) {
        self.constrict(self.time);
        self.resistance = self.heat.circuit(&self.grid, &self.area[0], &self.thermal.wire, self.contacts, &self.around);
    }

    /// The thinnest living cell on the current's path, and its area over the as-made one.
    fn thinnest(&self) -> (usize, f64) {
        let mut best = (self.grid.covered, f64::INFINITY);
        for i in self.grid.path() {
            let ratio = self.area[0][i] / self.grid.area[i];
            if ratio > 0.0 && ratio < best.1 {
                best = (i, ratio);
            }
        }
        best
    }

    /// The thinnest living cell anywhere, on the contacts too, and its area over the as-made one.
    fn weakest(&self) -> (usize, f64) {
        let mut best = (0, f64::INFINITY);
        for (i, (a, made)) in self.area[0].iter().zip(&self.grid.area).enumerate() {
            if *a > 0.0 && a / made < best.1 {
                best = (i, a / made);
            }
        }
        best
    }

    fn flag_laws(&mut self) {
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for (t, a) in self.thermal.wire.iter().zip(&self.area[0]) {
            if *a > 0.0 {
                low = low.min(*t);
                high = high.max(*t);
            }
        }
        for law in USED_LAWS {
            if let Some(law) = LAWS.iter().find(|l| l.name == *law)
                && (law.outside(high) || law.outside(low))
            {
                match self.clamped.iter_mut().find(|(name, _)| *name == law.name) {
                    Some((_, count)) => *count += 1,
                    None => self.clamped.push((law.name, 1)),
                }
            }
        }
    }
}

/// Laws the engine asks at the wire's temperature.
const USED_LAWS: &[&str] = &["silver.resistivity", "silver.heat_capacity", "silver.d_rough", "silver.d_100", "silver.vapour_pressure"];

enum Attempt {
    Taken,
    Sever,
    Runaway,
    Again(f64),
}

/// Equal-area radius [m] of a cross-section [m²].
pub fn radius(area: f64) -> f64 {
    (area.max(0.0) / PI).sqrt()
}
