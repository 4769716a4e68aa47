//! The wire as made, and what may be wrong with an input.

use crate::facets::TipEnd;
use std::f64::consts::{PI, SQRT_2, TAU};

/// Tangential stretch that closes the ring of five wedges: √2 tan 36°.
pub(super) const STRETCH: f64 = 1.027_493_5;

/// A five-fold twinned wire as made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wire {
    /// Nearest-neighbour distance d [m].
    pub spacing: f64,
    /// From the axis to the centres of the outermost atoms of a side wall [m]: d/√2 a shell.
    pub apothem: f64,
    /// Azimuth of twin plane 0 [rad], from y towards z.
    pub azimuth: f64,
    /// Where the axis lies: y and z [m].
    pub axis: [f64; 2],
    /// Which end is looked at: `Right` is the end at the larger x.
    pub end: TipEnd,
}

/// Why atoms give no measure.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum AtomsError {
    /// No atoms.
    #[error("there are no atoms to measure")]
    Empty,
    /// A position that is no number.
    #[error("the position of atom {0} is not a finite number")]
    NotFinite(usize),
    /// A length that must be above 0.
    #[error("{name} is {value} m: it must be a finite length above 0")]
    NoLength {
        /// Which one.
        name: &'static str,
        /// What it is [m].
        value: f64,
    },
    /// A number outside its range.
    #[error("{name} is {value}: {right}")]
    OutOfRange {
        /// Which one.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
    /// Far more atoms in a place than a crystal has.
    #[error(
        "{atoms} atoms lie within {nearest_neighbours} nearest-neighbour distances: is the spacing, or the unit of the positions, right?"
    )]
    TooDense {
        /// In one cell.
        atoms: usize,
        /// Its size, in nearest-neighbour distances.
        nearest_neighbours: f64,
    },
    /// Atoms too far apart for an index or a picture.
    #[error(
        "the atoms extend over {extent:.3e} m, more than can be indexed at {step:.3e} m: leave out atoms that flew off, or take a coarser pixel"
    )]
    TooWide {
        /// Largest extent [m].
        extent: f64,
        /// Cell or pixel [m].
        step: f64,
    },
    /// Another number of coordinations than of atoms.
    #[error("{given} coordinations for {atoms} atoms: one each is needed")]
    Mismatch {
        /// Coordinations.
        given: usize,
        /// Atoms.
        atoms: usize,
    },
}

impl Wire {
    /// A wire of `shells` pentagonal shells about its axis, twin plane 0 along y, looked at on its right end.
    pub fn from_shells(spacing: f64, shells: usize) -> Wire {
        Wire { spacing, apothem: shells as f64 * spacing / SQRT_2, azimuth: 0.0, axis: [0.0; 2], end: TipEnd::Right }
    }

    /// Volume of an atom [m³]: d³/√2 with the stretch of the wedges.
    pub fn atomic_volume(&self) -> f64 {
        STRETCH * self.spacing.powi(3) / SQRT_2
    }

    /// Area of the section as made [m²]: of a pentagon whose sides lie half a layer outside the centres of the outermost atoms. Right to
    /// 1/(2 shells²).
    pub fn section(&self) -> f64 {
        5.0 * (PI / 5.0).tan() * (self.apothem + 0.5 * self.spacing / SQRT_2).powi(2)
    }

    /// Radius of a circle with the area of the section as made [m].
    pub fn radius(&self) -> f64 {
        (self.section() / PI).sqrt()
    }

    /// Azimuth of the middle of a wedge [rad]: the outward normal of its {100} wall.
    pub fn middle(&self, wedge: usize) -> f64 {
        self.azimuth + TAU * (wedge as f64 + 0.5) / 5.0
    }

    /// Wedge of an azimuth [rad].
    pub fn wedge(&self, azimuth: f64) -> usize {
        let turn = ((azimuth - self.azimuth) / TAU).rem_euclid(1.0);
        if turn.is_finite() { ((5.0 * turn) as usize).min(4) } else { 0 }
    }

    /// Outwards along the axis: +1 for the right end, -1 for the left one.
    pub fn outwards(&self) -> f64 {
        if self.end == TipEnd::Right { 1.0 } else { -1.0 }
    }

    pub(super) fn check(&self, positions: &[[f64; 3]]) -> Result<(), AtomsError> {
        length("the nearest-neighbour distance", self.spacing)?;
        length("the apothem", self.apothem)?;
        for (name, value) in [("the azimuth of twin plane 0", self.azimuth), ("the axis (y)", self.axis[0]), ("the axis (z)", self.axis[1])]
        {
            if !value.is_finite() {
                return Err(AtomsError::OutOfRange { name, value, right: "a finite number is needed" });
            }
        }
        finite(positions)
    }
}

/// Radius of a ball of that volume [m]; `None` unless the volume is above 0.
pub fn radius_of_equal_volume(volume: f64) -> Option<f64> {
    (volume > 0.0 && volume.is_finite()).then(|| (0.75 * volume / PI).cbrt())
}

pub(super) fn length(name: &'static str, value: f64) -> Result<(), AtomsError> {
    if value > 0.0 && value.is_finite() { Ok(()) } else { Err(AtomsError::NoLength { name, value }) }
}

pub(super) fn finite(positions: &[[f64; 3]]) -> Result<(), AtomsError> {
    if positions.is_empty() {
        return Err(AtomsError::Empty);
    }
    match positions.iter().position(|p| !p.iter().all(|v| v.is_finite())) {
        Some(k) => Err(AtomsError::NotFinite(k)),
        None => Ok(()),
    }
}

/// Smallest and largest coordinate.
pub(super) fn bounds(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |b, v| [b[0].min(v), b[1].max(v)])
}
