//! What a fit of a device to a measured I-V says: `fit.json`, its page, and the command line read it.

use serde::{Deserialize, Serialize};

use crate::summary::PutIn;

/// One fitted parameter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Fitted {
    /// Full key, e.g. `chip.lead_resistance`.
    pub key: String,
    /// Unit it is shown in.
    pub unit: String,
    /// Where the fit started, SI.
    pub start: f64,
    /// Fitted value, SI.
    pub value: f64,
    /// Standard uncertainty, SI; `None` where the data do not determine it.
    pub uncertainty: Option<f64>,
    /// Bounds, SI.
    pub bounds: (f64, f64),
    /// Plausible range, SI, if one is declared.
    pub range: Option<(f64, f64)>,
    /// What a reader must know: not determined, at a bound, outside its plausible range.
    pub note: String,
}

/// A combination of parameters and how well the data determine it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Combination {
    /// In words, e.g. `contact.1.resistance + contact.2.resistance`.
    pub words: String,
    /// Its value and uncertainty as text, if its parts have one unit.
    pub value: String,
    /// Standard uncertainty in units of half the plausible ranges: above 1 the data say less than was known before.
    pub spread: f64,
    /// Whether the data determine it.
    pub determined: bool,
}

/// A predicted number with its band.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Predicted {
    /// Name, e.g. `breakdown_voltage`.
    pub name: String,
    /// Label.
    pub label: String,
    /// Unit it is shown in.
    pub unit: String,
    /// With the fitted values, SI.
    pub value: Option<f64>,
    /// 16th percentile, median and 84th percentile of the draws, SI.
    pub band: Option<[f64; 3]>,
    /// What the log itself says, SI, if it has the break.
    pub measured: Option<f64>,
}

/// A fit.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FitSummary {
    /// The log.
    pub log: String,
    /// Name of the protocol whose device it is.
    pub device: String,
    /// Version of the program.
    pub pentatwin: String,
    /// Samples used.
    pub samples: usize,
    /// Highest voltage used [V].
    pub highest_voltage: f64,
    /// Noise of one sample [A].
    pub sigma: f64,
    /// Where that comes from.
    pub sigma_from: String,
    /// Parameters.
    pub parameters: Vec<Fitted>,
    /// Correlation of the parameters, row by row.
    pub correlation: Vec<Vec<f64>>,
    /// Error of gain of the meter, fitted within its accuracy, and its uncertainty.
    pub gain: Option<(f64, f64)>,
    /// Offset of the meter [A], fitted within its accuracy, and its uncertainty.
    pub offset: Option<(f64, f64)>,
    /// Chi squared over degrees of freedom.
    pub reduced_chi_squared: f64,
    /// Root mean square of the residuals [A].
    pub rms: f64,
    /// Condition of J^T J, with each parameter in units of half its plausible range.
    pub condition: f64,
    /// Combinations, the best determined first.
    pub combinations: Vec<Combination>,
    /// What the data can and cannot say, in sentences.
    pub said: Vec<String>,
    /// Whether it converged.
    pub converged: bool,
    /// Steps, and runs of the wire engine.
    pub steps: usize,
    /// Runs of the wire engine.
    pub engine_runs: usize,
    /// Predictions.
    pub predicted: Vec<Predicted>,
    /// Draws of the prediction, and those of them that broke.
    pub draws: (usize, usize),
    /// What was set by hand.
    pub put_in: Vec<PutIn>,
    /// Voltages of the samples used [V], thinned for the page.
    pub voltage: Vec<f64>,
    /// Currents measured [A].
    pub measured: Vec<f64>,
    /// Currents of the fitted device [A], the meter's errors included.
    pub model: Vec<f64>,
}
