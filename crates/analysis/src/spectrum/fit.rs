//! Poisson maximum likelihood of line families over a smooth continuum.

use super::error::SpectrumError;
use super::family::{Axis, Family};
use super::problem::Problem;
use super::response::Response;
use crate::Measurement;

/// What is fitted, and how.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// Fitted from [eV].
    pub from: f64,
    /// Fitted to [eV].
    pub to: f64,
    /// Functions of the continuum, 4 or more: about two per octave and some.
    pub background: usize,
    /// Whether offset, gain and resolution are fitted, too, within their usual scatter (5 eV, 0.3 %, 5 eV).
    pub calibrate: bool,
    /// What the specimen lets out of its continuum: energy [eV] and part, straight between. Empty: all.
    pub escape: Vec<[f64; 2]>,
}

impl Default for Options {
    fn default() -> Options {
        Options { from: 200.0, to: 15e3, background: 11, calibrate: false, escape: Vec::new() }
    }
}

/// A family as found.
#[derive(Clone, PartialEq, Debug)]
pub struct Fitted {
    /// Its name.
    pub name: String,
    /// Pulses of all its lines; may be negative where there are none.
    pub counts: Measurement,
    /// Counts above which it is there: without it, 5 % of the spectra show more (Currie 1968, L_C).
    pub critical: f64,
    /// Counts that are found with 95 % (Currie 1968, L_D).
    pub limit: f64,
}

impl Fitted {
    /// Whether it is there at 95 %.
    pub fn detected(&self) -> bool {
        self.counts.value > self.critical
    }
}

/// What was found of the energy axis and the resolution.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Calibration {
    /// To be added to all energies [eV].
    pub shift: Measurement,
    /// Relative change of the width of a channel, about the middle of the fitted range.
    pub gain: Measurement,
    /// Width of Mn Kα [eV].
    pub resolution: Measurement,
}

/// A fitted spectrum.
#[derive(Clone, PartialEq, Debug)]
pub struct Fit {
    /// The families, in the order given.
    pub families: Vec<Fitted>,
    /// Covariance of their counts.
    pub covariance: Vec<Vec<f64>>,
    /// First channel and one after the last.
    pub channels: std::ops::Range<usize>,
    /// Expected counts in these channels.
    pub model: Vec<f64>,
    /// Of these, continuum.
    pub background: Vec<f64>,
    /// Deviance: twice the log-likelihood missing to a model that goes through every channel.
    pub deviance: f64,
    /// Channels less unknowns: what the deviance is if the model is right and counts are many.
    pub freedom: f64,
    /// What the calibration became, if it was fitted.
    pub calibration: Option<Calibration>,
    /// Whether the last step changed nothing any more.
    pub converged: bool,
}

/// Fits families over a continuum to `counts`.
///
/// The counts of all families and of the continuum are free, and may be negative: so a family that is not there scatters around zero, and
/// its uncertainty holds. The expected counts solve the likelihood's equations (Fisher scoring); with `calibrate`, the derivatives with
/// respect to the calibration are columns of the same fit, so that its uncertainty is in the covariance.
///
/// # Errors
/// Input that is none, or families that cannot be told apart.
pub fn fit(counts: &[f64], axis: &Axis, families: &[Family], response: &Response, options: &Options) -> Result<Fit, SpectrumError> {
    Problem::new(counts, axis, families, response, options)?.solve()
}
