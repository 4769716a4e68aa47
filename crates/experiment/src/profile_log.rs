//! Which states of the wire are kept: enough to see it change, few enough to store.

use pentatwin_physics::wire::{WireEngine, radius};

/// A state is kept when some cross-section has changed by this part of the as-made one since the last kept state ...
const AREA_CHANGE: f64 = 0.02;
/// ... or some temperature by this [K] ...
const TEMPERATURE_CHANGE: f64 = 20.0;
/// ... or this part of the step's time has passed.
const TIME_PART: f64 = 0.02;
/// Each time this many states are kept, the changes that count double: a wire that goes on dripping does not fill the disk.
const DOUBLE_AFTER: usize = 250;

/// One kept state.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Time [s].
    pub time: f64,
    /// Equal-area radius of each cell [m].
    pub radius: Vec<f64>,
    /// Temperature of each cell [K].
    pub temperature: Vec<f64>,
    /// Voltage of the source [V].
    pub voltage: f64,
    /// Current [A].
    pub current: f64,
    /// Resistance of the wire between the contact edges [ohm].
    pub wire_resistance: f64,
    /// Contact resistances [ohm].
    pub contacts: [f64; 2],
    /// Temperatures of the pads [K].
    pub pad: [f64; 2],
    /// Temperature of the film beside the wire [K].
    pub film: f64,
    /// Volumes of wire, vapour, droplets [m³].
    pub volumes: [f64; 3],
}

impl Profile {
    /// The present state of the engine.
    pub fn of(wire: &WireEngine) -> Profile {
        let s = wire.snapshot();
        Profile {
            time: s.time,
            radius: s.area.iter().map(|a| radius(*a)).collect(),
            temperature: s.thermal.wire,
            voltage: wire.ramp().voltage_at(s.time),
            current: s.thermal.current,
            wire_resistance: s.wire_resistance,
            contacts: s.contacts,
            pad: s.thermal.pad,
            film: s.thermal.film,
            volumes: [s.volume, s.evaporated, s.droplets],
        }
    }

    /// Voltage across the wire [V]; NaN while it is open.
    pub fn wire_voltage(&self) -> f64 {
        if self.wire_resistance.is_finite() { self.current * self.wire_resistance } else { f64::NAN }
    }

    /// Highest temperature where there is silver [K].
    pub fn hottest(&self) -> f64 {
        self.radius.iter().zip(&self.temperature).filter(|(a, _)| **a > 0.0).map(|(_, t)| *t).fold(0.0, f64::max)
    }
}

/// Decides which states are kept.
#[derive(Clone, Debug)]
pub struct ProfileLog {
    last: Option<Profile>,
    kept: usize,
    broken: bool,
    /// Time of the present step of the protocol [s].
    pub span: f64,
}

impl ProfileLog {
    /// Nothing kept yet.
    pub fn new() -> Self {
        ProfileLog { last: None, kept: 0, broken: false, span: f64::INFINITY }
    }

    /// The state, if it is to be kept.
    pub fn take(&mut self, wire: &WireEngine) -> Option<Profile> {
        let breaks = wire.broken() && !self.broken;
        self.broken |= breaks;
        if !breaks && !self.changed(wire) {
            return None;
        }
        let profile = Profile::of(wire);
        self.kept += 1;
        self.last = Some(profile.clone());
        Some(profile)
    }

    fn changed(&self, wire: &WireEngine) -> bool {
        let Some(last) = &self.last else { return true };
        if wire.time() <= last.time {
            return false;
        }
        let coarse = f64::from(1u32 << (self.kept / DOUBLE_AFTER).min(10) as u32);
        if wire.time() - last.time > TIME_PART * self.span {
            return true;
        }
        let (area, thermal) = (wire.area(), wire.thermal());
        let hot = |now: f64, then: f64| (now - then).abs() > coarse * TEMPERATURE_CHANGE;
        (0..2).any(|p| hot(thermal.pad[p], last.pad[p]))
            || area
                .iter()
                .zip(wire.area_made())
                .zip(&last.radius)
                .any(|((a, made), r)| (a - std::f64::consts::PI * r * r).abs() > coarse * AREA_CHANGE * made)
            || thermal.wire.iter().zip(&last.temperature).zip(area).any(|((t, l), a)| *a > 0.0 && hot(*t, *l))
    }
}

impl Default for ProfileLog {
    fn default() -> Self {
        Self::new()
    }
}
