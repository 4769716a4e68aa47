//! Distributions from which a parameter is drawn for each device.

use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_units::{Parameter, Value, format_si};

use crate::protocol::shortest;
use crate::runner::fnv;

/// Draws outside what is possible that are made before it is given up.
const TRIES: usize = 1000;

/// A distribution; all values in SI.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Law {
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// The logarithm is normal: two thirds lie between the median over and times the factor.
    LogNormal {
        /// Median.
        median: f64,
        /// Exponential of the logarithm's standard deviation.
        factor: f64,
    },
    /// Uniform.
    Uniform {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// The logarithm is uniform.
    LogUniform {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
}

impl Law {
    /// The law of a declared plausible range: wide ranges in their logarithm, as for the bands.
    pub fn of_range(low: f64, high: f64) -> Law {
        if low > 0.0 && high / low >= 4.0 { Law::LogUniform { low, high } } else { Law::Uniform { low, high } }
    }

    /// One draw from a stream.
    fn sample(self, stream: &mut Stream) -> f64 {
        match self {
            Law::Normal { mean, sd } => mean + sd * stream.normal(),
            Law::LogNormal { median, factor } => median * factor.powf(stream.normal()),
            Law::Uniform { low, high } => low + (high - low) * stream.uniform(),
            Law::LogUniform { low, high } => low * (high / low).powf(stream.uniform()),
        }
    }

    /// The value of a parameter for the device of a seed, as text that reads as the same number, and in SI. What is not possible is drawn
    /// again; `None` if hardly anything is. The same device in each run of its seed, whatever else is varied.
    pub fn draw(self, key: &str, parameter: &Parameter, seed: u64) -> Option<(String, f64)> {
        // A stream for each parameter: what one device has does not depend on which others are drawn.
        let mut stream = Stream::new(seed, Purpose::Devices, fnv(key));
        (0..TRIES).find_map(|_| {
            let x = self.sample(&mut stream);
            let text = shortest(x, parameter);
            match parameter.read_text(&text) {
                Ok(Value::Number(read)) => Some((text, read)),
                _ => None,
            }
        })
    }

    /// In words, in a unit.
    pub fn words(self, unit: &str) -> String {
        let s = |x: f64| format_si(x, unit, 4);
        match self {
            Law::Normal { mean, sd } => format!("normal, {} ± {}", s(mean), s(sd)),
            Law::LogNormal { median, factor } => format!("log-normal, median {}, factor {factor:.4}", s(median)),
            Law::Uniform { low, high } => format!("uniform, {} to {}", s(low), s(high)),
            Law::LogUniform { low, high } => format!("uniform in its logarithm, {} to {}", s(low), s(high)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocol;

    #[test]
    fn draws_follow_their_law_and_stay_possible() {
        let p = Protocol::default().parameter("wire.diameter").unwrap();
        let all = |law: Law| (0..2000).map(|s| law.draw("wire.diameter", &p, s).unwrap().1).collect::<Vec<f64>>();
        let x = all(Law::Normal { mean: 115e-9, sd: 8e-9 });
        let mean = x.iter().sum::<f64>() / 2000.0;
        let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2000.0).sqrt();
        // Five standard errors.
        assert!((mean - 115e-9).abs() < 5.0 * 8e-9 / 2000f64.sqrt() && (sd / 8e-9 - 1.0).abs() < 5.0 / 4000f64.sqrt(), "{mean} {sd}");
        let mut y = all(Law::LogNormal { median: 100e-9, factor: 1.5 });
        y.sort_by(f64::total_cmp);
        assert!((y[1000] / 100e-9).ln().abs() < 5.0 * 1.5f64.ln() * 1.25 / 2000f64.sqrt());
        // Half of these are below the limit of 10 nm and drawn again.
        assert!(all(Law::Normal { mean: 10e-9, sd: 5e-9 }).iter().all(|d| *d >= 10e-9));
        assert_eq!(Law::Normal { mean: -1.0, sd: 1e-9 }.draw("wire.diameter", &p, 1), None);
    }
}
