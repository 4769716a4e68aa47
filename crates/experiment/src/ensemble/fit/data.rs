//! The samples that are fitted.

use pentatwin_analysis::iv::{FallRule, breakdown};
use pentatwin_record::import::IvRecord;
use pentatwin_record::sample_flags;

use super::FitError;

/// Fewer samples than this are no curve.
const FEWEST: usize = 8;

/// Samples of a log.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct IvData {
    /// Times at the end of the apertures [s].
    pub time: Vec<f64>,
    /// Voltages [V].
    pub voltage: Vec<f64>,
    /// Currents [A].
    pub current: Vec<f64>,
    /// Name, for messages.
    pub name: String,
}

impl IvData {
    /// The samples of a log in the order of time, without those that are no measurements.
    pub fn of(log: &IvRecord, name: &str) -> IvData {
        let bad = sample_flags::OVERFLOW | sample_flags::COMPLIANCE;
        let n = log.time.len().min(log.voltage.len()).min(log.current.len());
        let mut rows: Vec<usize> = (0..n)
            .filter(|&k| [log.time[k], log.voltage[k], log.current[k]].iter().all(|x| x.is_finite()))
            .filter(|&k| log.flags.get(k).is_none_or(|f| f & bad == 0))
            .collect();
        rows.sort_by(|&a, &b| log.time[a].total_cmp(&log.time[b]));
        rows.dedup_by(|a, b| log.time[*a] == log.time[*b]);
        let column = |v: &[f64]| rows.iter().map(|&k| v[k]).collect();
        IvData { time: column(&log.time), voltage: column(&log.voltage), current: column(&log.current), name: name.to_owned() }
    }

    /// Breakdown voltage [V] and time [s] of the log, if it has a break.
    pub fn broke(&self) -> Option<(f64, f64)> {
        let rule = FallRule { floor: 100e-6, ..FallRule::default() };
        breakdown(&self.time, &self.voltage, &self.current, &rule).map(|b| (b.voltage.value, b.time.value))
    }

    /// The samples from the first one on that has a voltage, up to a part of the breakdown voltage, or of the highest one.
    ///
    /// # Errors
    /// Too few samples.
    pub fn until(&self, part: f64) -> Result<IvData, FitError> {
        let highest = self.voltage.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let (top, end) = self.broke().map_or((highest, f64::INFINITY), |(v, t)| (v.abs(), t));
        let last = (0..self.time.len()).find(|&k| self.voltage[k].abs() > part * top || self.time[k] > end).unwrap_or(self.time.len());
        let rows = 0..last;
        let used = IvData {
            time: self.time[rows.clone()].to_vec(),
            voltage: self.voltage[rows.clone()].to_vec(),
            current: self.current[rows].to_vec(),
            name: self.name.clone(),
        };
        let seen = used.voltage.iter().filter(|v| v.abs() > 0.0).count();
        if seen < FEWEST || !(top > 0.0) {
            return Err(FitError::Data {
                message: format!("{} has {seen} samples with a voltage up to {part} of the highest: that is no curve", self.name),
                help: "a log of voltage and current against time is wanted, from 0 V up; --until 95% takes more of it".to_owned(),
            });
        }
        Ok(used)
    }

    /// Noise of one sample [A] from the second differences of neighbouring currents, robustly.
    pub fn scatter(&self) -> f64 {
        let mut d: Vec<f64> = self.current.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).collect();
        d.sort_by(f64::total_cmp);
        // Median of |x| of a normal number is 0.6745 of its deviation; a second difference of noise has sqrt 6 times its deviation.
        d.get(d.len() / 2).map_or(f64::NAN, |m| m / 0.6745 / 6f64.sqrt())
    }

    /// Rate of the sweep [V/s] and step [V], if the voltage rises or falls steadily: from the first sample to the one of the highest voltage,
    /// for the stamps of a real instrument are uneven, and one late step in ten is not in the median.
    pub fn sweep(&self) -> Option<(f64, f64)> {
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let step = middle(self.voltage.windows(2).map(|v| v[1] - v[0]).collect())?;
        let top = (0..self.voltage.len()).max_by(|&a, &b| self.voltage[a].abs().total_cmp(&self.voltage[b].abs()))?;
        let steady = self.voltage[..=top].windows(2).filter(|v| (v[1] - v[0]) * step > 0.0).count() as f64 >= 0.9 * top as f64;
        let rate = if steady && top > 0 {
            (self.voltage[top] - self.voltage[0]) / (self.time[top] - self.time[0])
        } else {
            middle(self.time.windows(2).zip(self.voltage.windows(2)).map(|(t, v)| (v[1] - v[0]) / (t[1] - t[0])).collect())?
        };
        Some((rate, step)).filter(|(r, s)| r.is_finite() && r.abs() > 0.0 && s.abs() > 0.0)
    }
}
