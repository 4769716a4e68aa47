//! A spectrum, what is known about it, and what a user should know.

use super::composition::LAYERS;
use super::element::ELEMENTS;
use super::lines::Line;
use pentatwin_physics::beam::sputtering;

/// Thickness of silver [m] that a dose [e/m²] takes by sputtering (physics.md 1.10).
pub fn silver_lost(dose: f64) -> f64 {
    if dose > 0.0 { sputtering(dose) } else { 0.0 }
}

/// What a user should know about an acquisition.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum Warning {
    /// The beam takes the silver that is measured.
    #[error("the beam would take {:.2} nm of silver, {:.0} % of the {:.2} nm that are there: less current, less time or a larger area", lost * 1e9, 100.0 * lost / there, there * 1e9)]
    EatsSilver {
        /// Thickness taken [m].
        lost: f64,
        /// Mean thickness where there is silver [m].
        there: f64,
    },
    /// Too many pulses.
    #[error("the detector is dead {:.0} % of the time: pulses pile up, which is not modelled; less current, or a shorter pulse time", 100.0 * dead)]
    Busy {
        /// Part of the time it is dead.
        dead: f64,
    },
}

/// Counts expected in one line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Produced {
    /// The line.
    pub line: Line,
    /// Photons the specimen emits towards the detector, before absorption.
    pub emitted: f64,
    /// Pulses in the detector, at any energy.
    pub detected: f64,
    /// Of these, pulses of the specimen; the rest is stray.
    pub specimen: f64,
}

/// A spectrum with what is known about it.
#[derive(Clone, PartialEq, Debug)]
pub struct Spectrum {
    /// Energy at the middle of the first channel [eV].
    pub offset: f64,
    /// Width of a channel [eV].
    pub width: f64,
    /// Counts.
    pub counts: Vec<u32>,
    /// Mean of the counts.
    pub expected: Vec<f64>,
    /// Truth, line by line.
    pub lines: Vec<Produced>,
    /// Truth: mean atoms per area [1/m²] of the specimen, in the order of [`Element::ALL`].
    pub atoms: [f64; ELEMENTS],
    /// Truth: how much of the area each layer ([`super::Layer::ALL`]) covers: square of its mean thickness over the mean of the square, 1 if it
    /// is the same everywhere or nowhere.
    pub coverage: [f64; LAYERS],
    /// Live time [s].
    pub live_time: f64,
    /// Time the beam is on the specimen [s].
    pub real_time: f64,
    /// Electrons while the detector is live.
    pub electrons: f64,
    /// Dose on the area, all the real time [e/m²].
    pub dose: f64,
    /// The area [m²].
    pub area: f64,
    /// Silver that this takes [m].
    pub silver_lost: f64,
    /// Warnings.
    pub warnings: Vec<Warning>,
}

impl Spectrum {
    /// Energy at the middle of a channel [eV].
    pub fn energy(&self, channel: usize) -> f64 {
        self.offset + channel as f64 * self.width
    }
}
