//! Fits: from a measured I-V back to the device, by the wire engine itself, and on to where and when that device breaks.
//!
//! Bounded least squares (Levenberg-Marquardt, our own: fewer than ten parameters) on the currents up to a part of the breakdown voltage.
//! The meter's gain and offset go along as two more unknowns, held by its stated accuracy: they are common to all samples and larger than
//! the noise of one, so that without them the uncertainties would be too small.

mod data;
mod identify;
mod model;
mod solve;
mod summary;

use pentatwin_record::fit::FitSummary;
use pentatwin_units::Value;

use crate::protocol::Protocol;
pub use data::IvData;
pub use model::Forward;
use solve::{Problem, minimise};

/// What to fit and how.
#[derive(Clone, PartialEq, Debug)]
pub struct FitOptions {
    /// Full keys of the free parameters.
    pub free: Vec<String>,
    /// Bounds by key, SI, instead of the declared limits.
    pub bounds: Vec<(String, f64, f64)>,
    /// Noise of one sample [A]; estimated from the scatter of neighbouring samples if not given.
    pub sigma: Option<f64>,
    /// Samples up to this part of the breakdown voltage (of the highest voltage where nothing breaks) are used: what comes after is the
    /// runaway, which disorder decides.
    pub until: f64,
    /// Whether the meter's gain and offset are unknown within its accuracy.
    pub meter: bool,
    /// Seed of the disorder of the device and of the draws.
    pub seed: u64,
    /// Draws of the prediction.
    pub draws: usize,
    /// Cells between the contacts in the fit, at most; at its end the currents are taken to the device's own grid, if that is finer.
    pub cells: usize,
}

impl Default for FitOptions {
    fn default() -> Self {
        FitOptions { free: Vec::new(), bounds: Vec::new(), sigma: None, until: 0.9, meter: true, seed: 1, draws: 32, cells: 100 }
    }
}

/// Why there is no fit.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum FitError {
    /// A parameter cannot be fitted.
    #[error("{message}")]
    Parameter {
        /// What is wrong.
        message: String,
        /// What would be right.
        help: String,
    },
    /// The log cannot be fitted.
    #[error("{message}")]
    Data {
        /// What is wrong.
        message: String,
        /// What would be right.
        help: String,
    },
    /// The engine gave up at the start values.
    #[error("the device cannot be simulated with the values the fit starts from: {0}")]
    Start(String),
}

impl FitError {
    /// What would be right.
    pub fn help(&self) -> &str {
        match self {
            FitError::Parameter { help, .. } | FitError::Data { help, .. } => help,
            FitError::Start(_) => "change the start by --set, or the device",
        }
    }
}

/// A free parameter.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Free {
    pub key: String,
    pub unit: String,
    /// SI.
    pub start: f64,
    /// Half its plausible range, or what stands for it: the unit of the fit.
    pub scale: f64,
    pub bounds: (f64, f64),
    pub range: Option<(f64, f64)>,
}

/// Fits the device of a protocol to samples; `going` is asked before each step and may end the fit there.
///
/// # Errors
/// A parameter that cannot be fitted, too few samples, a device that cannot be simulated.
pub fn fit(protocol: &Protocol, data: &IvData, options: &FitOptions, going: &(dyn Fn() -> bool + Sync)) -> Result<FitSummary, FitError> {
    let free = free_parameters(protocol, options)?;
    let used = data.until(options.until)?;
    let forward = Forward::new(protocol, &used, options);
    let sigma = options.sigma.unwrap_or_else(|| used.scatter());
    if !(sigma > 0.0 && sigma.is_finite()) {
        return Err(FitError::Data {
            message: "the noise of the samples cannot be told from their scatter".to_owned(),
            help: "state it: --sigma \"1 uA\"".to_owned(),
        });
    }
    let accuracy = forward.accuracy().filter(|_| options.meter);
    let coarse = Problem {
        forward: &forward,
        free: &free,
        voltage: &used.voltage,
        current: &used.current,
        sigma,
        accuracy,
        held: false,
        defect: &[],
    };
    let (found, defect) = minimise(&coarse, going)?;
    let problem = Problem { defect: &defect, ..coarse };
    Ok(summary::summarise(protocol, data, &used, options, &problem, &found, going))
}

/// The free parameters with their scales and bounds.
fn free_parameters(protocol: &Protocol, options: &FitOptions) -> Result<Vec<Free>, FitError> {
    let wrong = |message: String, help: &str| FitError::Parameter { message, help: help.to_owned() };
    if options.free.is_empty() {
        return Err(wrong("no parameter is free".to_owned(), "name some, such as --free chip.lead_resistance,contact.1.resistance"));
    }
    let mut all: Vec<Free> = Vec::new();
    for key in &options.free {
        let parameter = protocol.parameter(key).map_err(|(message, help)| FitError::Parameter { message, help })?;
        let device = ["wire.", "chip.", "contact.", "silver."].iter().any(|s| key.starts_with(s));
        let (Some(Value::Number(start)), pentatwin_units::Kind::Quantity(unit), true) = (protocol.value_of(key), parameter.kind, device)
        else {
            return Err(wrong(
                format!("`{key}` is no quantity of the device"),
                "free are numbers of [wire], [chip], [contact.1], [contact.2], [silver]",
            ));
        };
        if all.iter().any(|f| f.key == *key) {
            return Err(wrong(format!("`{key}` is named twice"), "name each parameter once"));
        }
        let read = |text: &str| match parameter.read_text(text) {
            Ok(Value::Number(x)) => Some(x),
            _ => None,
        };
        let limits = parameter.limits.and_then(|(l, h)| Some((read(l)?, read(h)?))).unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let range = parameter.range_si();
        let bounds = options.bounds.iter().find(|b| b.0 == *key).map_or(limits, |b| (b.1.max(limits.0), b.2.min(limits.1)));
        if !(bounds.0 < bounds.1) || !(bounds.0..=bounds.1).contains(&start) {
            return Err(wrong(
                format!("the bounds of `{key}` do not hold the value the fit starts from"),
                "change the bounds, or the start by --set",
            ));
        }
        // Where no range is declared: half of the value, which for a lead resistance is what its calibration leaves open.
        let scale = range.map_or(0.5 * start.abs(), |(l, h)| 0.5 * (h - l));
        let scale = if scale > 0.0 { scale } else { 1.0 };
        all.push(Free { key: key.clone(), unit: unit.to_owned(), start, scale, bounds, range });
    }
    Ok(all)
}

/// A fit as lines of text, for the terminal.
pub fn lines(summary: &FitSummary) -> Vec<String> {
    summary::lines(summary)
}
