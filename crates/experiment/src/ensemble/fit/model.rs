//! The forward model: the wire engine, driven as the log was, read as the meter reads.

use std::sync::atomic::{AtomicUsize, Ordering};

use pentatwin_physics::specimen::Specimen;
use pentatwin_physics::wire::Ramp;
use pentatwin_units::Value;

use super::data::IvData;
use super::{FitOptions, Free};
use crate::protocol::Protocol;
use crate::simulate::breaking_sweep;

/// A voltage that departs from a line in time by less than this part of the highest one is on it.
const LINE: f64 = 2e-3;
/// Largest change of temperature per step [K]: finer than in a run, so that differences of two runs are those of their parameters.
const TEMPERATURE_STEP: f64 = 2.0;

/// The device of a protocol, driven as a log says.
pub struct Forward {
    protocol: Protocol,
    /// Cells of the device's own grid; the fit's may be coarser.
    cells: usize,
    seed: u64,
    time: Vec<f64>,
    voltage: Vec<f64>,
    aperture: f64,
    /// Start time, voltage and rate of each piece, and the time it ends.
    pieces: Vec<(f64, f64, f64, f64)>,
    runs: AtomicUsize,
}

impl Forward {
    /// The model for these samples.
    pub fn new(protocol: &Protocol, data: &IvData, options: &FitOptions) -> Forward {
        let mut protocol = protocol.clone();
        let cells = protocol.device.numerics.cells;
        protocol.device.numerics.cells = protocol.device.numerics.cells.min(options.cells);
        protocol.device.numerics.temperature_step = protocol.device.numerics.temperature_step.min(TEMPERATURE_STEP);
        let mut intervals: Vec<f64> = data.time.windows(2).map(|t| t[1] - t[0]).collect();
        intervals.sort_by(f64::total_cmp);
        let interval = intervals.get(intervals.len() / 2).copied().unwrap_or(1.0);
        let nplc = breaking_sweep(&protocol).map_or(1.0, |s| s.nplc);
        let aperture = protocol.instrument.aperture(nplc).min(interval);
        let zero = data.time.first().copied().unwrap_or(0.0) - aperture;
        let time: Vec<f64> = data.time.iter().map(|t| t - zero).collect();
        let pieces = pieces(&time, &data.voltage, 0.5 * aperture);
        let voltage = data.voltage.clone();
        Forward { protocol, cells, seed: options.seed, time, voltage, aperture, pieces, runs: AtomicUsize::new(0) }
    }

    /// Standard deviations of the meter's gain and offset [A]: half its stated accuracy.
    pub(super) fn accuracy(&self) -> Option<(f64, f64)> {
        let instrument = &self.protocol.instrument;
        let (_, a) = instrument.measure_full_scale()?;
        Some((0.5 * a.gain, 0.5 * a.offset)).filter(|(g, o)| *g > 0.0 && *o > 0.0)
    }

    /// Runs of the engine so far.
    pub fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }

    /// Mean currents over the apertures of the first samples [A] with these values (SI) of the free parameters.
    pub(super) fn currents(&self, free: &[Free], values: &[f64], samples: usize) -> Result<Vec<f64>, String> {
        self.first(&keyed(free, values), samples, self.protocol.device.numerics.cells)
    }

    /// What the device's own grid gives more than the fit's [A], with these values (SI) of the free parameters; `None` if they are the same.
    ///
    /// # Errors
    /// The engine gave up.
    pub(super) fn defect(&self, free: &[Free], values: &[f64]) -> Option<Result<Vec<f64>, String>> {
        let coarse = self.protocol.device.numerics.cells;
        let both = || {
            let on = |cells| self.first(&keyed(free, values), self.time.len(), cells);
            Ok(on(self.cells)?.iter().zip(&on(coarse)?).map(|(fine, coarse)| fine - coarse).collect())
        };
        (self.cells > coarse).then(both)
    }

    /// Mean currents over the apertures [A] with these values (SI) by full key.
    ///
    /// # Errors
    /// The engine gave up.
    pub fn currents_of(&self, values: &[(&str, f64)]) -> Result<Vec<f64>, String> {
        self.first(values, self.time.len(), self.protocol.device.numerics.cells)
    }

    fn first(&self, values: &[(&str, f64)], count: usize, cells: usize) -> Result<Vec<f64>, String> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let mut protocol = self.protocol.clone();
        protocol.device.numerics.cells = cells;
        put(&mut protocol, values);
        let device = &protocol.device;
        let mut specimen = Specimen::new(device, self.seed).map_err(|e| e.to_string())?;
        let compliance = breaking_sweep(&protocol).map_or(f64::INFINITY, |s| s.compliance);
        let mut currents = Vec::with_capacity(self.time.len());
        let ramp = |k: usize| {
            let (start, voltage, voltage_rate, end) = self.pieces[k];
            Ramp { start, voltage, voltage_rate, frame: device.chip.temperature, frame_rate: 0.0, compliance, end }
        };
        if self.pieces.is_empty() {
            return Ok(currents);
        }
        let (mut k, mut now) = (0, 0.0);
        specimen.apply(ramp(0));
        // An aperture may lie over the bend between two pieces: the charge of its parts is added.
        let mut charge_to = |until: f64| -> Result<f64, String> {
            let mut charge = 0.0;
            while k + 1 < self.pieces.len() && self.pieces[k].3 < until {
                let bend = self.pieces[k].3;
                charge += specimen.advance(bend, &mut |_| {}).map_err(|e| e.to_string())?.current * (bend - now);
                (k, now) = (k + 1, bend);
                specimen.apply(ramp(k));
            }
            charge += specimen.advance(until, &mut |_| {}).map_err(|e| e.to_string())?.current * (until - now);
            now = until;
            Ok(charge)
        };
        let mut last = 0.0f64;
        let mut driven = Vec::with_capacity(self.time.len());
        for t in self.time.iter().take(count) {
            // Apertures do not overlap, whatever uneven time stamps say.
            let open = (t - self.aperture).max(last);
            charge_to(open)?;
            currents.push(charge_to(*t)? / (t - open).max(f64::MIN_POSITIVE));
            driven.push(self.voltage_at(0.5 * (open + t)));
            last = t.max(last);
        }
        Ok(self.at_the_levels(&currents, &driven))
    }

    /// Voltage of the pieces at a time [V].
    fn voltage_at(&self, t: f64) -> f64 {
        let k = self.pieces.partition_point(|p| p.3 < t).min(self.pieces.len().saturating_sub(1));
        self.pieces.get(k).map_or(0.0, |(start, voltage, rate, _)| voltage + rate * (t - start))
    }

    /// Currents at the samples' own levels, from those at the pieces' voltages: the stamps of a real log are uneven, so that its levels lie
    /// up to [`LINE`] off. The slope is the sweep's own, with what heat does to it.
    fn at_the_levels(&self, currents: &[f64], driven: &[f64]) -> Vec<f64> {
        let n = currents.len();
        let far = LINE * self.voltage.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        (0..n)
            .map(|k| {
                let off = self.voltage[k] - driven[k];
                // From samples a few times the largest departure away, for what the currents themselves are off by.
                let mut reach = 1;
                let (mut a, mut b) = (k, k);
                while reach < 32 && (driven[b] - driven[a]).abs() < far {
                    (a, b) = (k.saturating_sub(reach), (k + reach).min(n - 1));
                    reach *= 2;
                }
                let over = driven[b] - driven[a];
                let slope = if over.abs() >= far && far > 0.0 { (currents[b] - currents[a]) / over } else { 0.0 };
                currents[k] + slope * off
            })
            .collect()
    }
}

fn keyed<'a>(free: &'a [Free], values: &[f64]) -> Vec<(&'a str, f64)> {
    free.iter().map(|f| f.key.as_str()).zip(values.iter().copied()).collect()
}

/// Sets values (SI) by full key.
pub(super) fn put(protocol: &mut Protocol, values: &[(&str, f64)]) {
    for (key, value) in values {
        if let Some((section, name)) = key.rsplit_once('.')
            && let Some((_, s)) = protocol.sections_mut().into_iter().find(|(s, _)| *s == section)
        {
            s.set(name, &Value::Number(*value));
        }
    }
}

/// The voltage in time as few straight pieces. A sample's level is passed in the middle of its aperture, `back` before its time.
fn pieces(time: &[f64], voltage: &[f64], back: f64) -> Vec<(f64, f64, f64, f64)> {
    let tolerance = LINE * voltage.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let at = |k: usize| (time[k] - back, voltage[k]);
    let mut all = Vec::new();
    let mut from = 0;
    while from + 1 < time.len() {
        let mut to = from + 1;
        // As far as all between stay on the line; twice as far each time, then back.
        let on_line = |to: usize| {
            let ((t0, v0), (t1, v1)) = (at(from), at(to));
            (from..=to).all(|k| (v0 + (v1 - v0) * (at(k).0 - t0) / (t1 - t0) - voltage[k]).abs() <= tolerance)
        };
        let mut stride = 1;
        while stride > 0 {
            if to + stride < time.len() && on_line(to + stride) {
                to += stride;
                stride *= 2;
            } else {
                stride /= 2;
            }
        }
        let ((t0, v0), (t1, v1)) = (at(from), at(to));
        let rate = (v1 - v0) / (t1 - t0);
        // The first piece begins before its first level, and the last one goes on to the end of the last aperture.
        let start = if from == 0 { 0.0 } else { t0 };
        let end = if to + 1 == time.len() { time[to] } else { t1 };
        all.push((start, v0 - rate * (t0 - start), rate, end));
        from = to;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn a_cycle_has_two_pieces_and_a_staircase_one() {
        let time: Vec<f64> = (0..200).map(|k| 0.5 + 0.1 * f64::from(k)).collect();
        let rise: Vec<f64> = (0..200).map(|k| 0.01 * f64::from(k)).collect();
        assert_eq!(pieces(&time, &rise, 0.01).len(), 1);
        let (start, voltage, rate, end) = pieces(&time, &rise, 0.01)[0];
        assert!(start == 0.0 && (rate - 0.1).abs() < 1e-9 && (voltage + 0.049).abs() < 1e-9 && end == time[199]);
        let cycle: Vec<f64> = (0..200).map(|k| 0.01 * f64::from(if k < 100 { k } else { 200 - k })).collect();
        assert_eq!(pieces(&time, &cycle, 0.01).len(), 2);
    }
}
