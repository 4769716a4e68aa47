//! The likelihood's equations of a spectrum, and their solution.

use super::background::{splines, widen};
use super::error::SpectrumError;
use super::family::{Axis, Family};
use super::fit::{Calibration, Fit, Fitted, Options};
use super::response::Response;
use super::solve::{Column, invert, normal};
use crate::Measurement;

/// Below this mean a channel is fitted as if it had it: the likelihood of a model that may be negative has no maximum at empty channels.
const FLOOR: f64 = 0.3;
/// Usual scatter of a calibration: offset [eV], gain, resolution [eV].
const SCATTER: [f64; 3] = [5.0, 3e-3, 5.0];
/// Steps for derivatives: [eV], relative, [eV].
const STEP: [f64; 3] = [1.0, 2e-4, 1.0];
/// One-sided 95 % of a normal distribution.
const Z95: f64 = 1.644_853_627;

/// A spectrum to be fitted: checked, and with the columns of its continuum.
pub(super) struct Problem<'a> {
    counts: &'a [f64],
    channels: std::ops::Range<usize>,
    axis: &'a Axis,
    families: &'a [Family],
    response: &'a Response,
    options: &'a Options,
    smooth: Vec<Column>,
}

/// Estimates of a set of columns.
struct Solution {
    values: Vec<f64>,
    covariance: Vec<Vec<f64>>,
    model: Vec<f64>,
    converged: bool,
}

impl<'a> Problem<'a> {
    pub(super) fn new(
        counts: &'a [f64],
        axis: &'a Axis,
        families: &'a [Family],
        response: &'a Response,
        options: &'a Options,
    ) -> Result<Problem<'a>, SpectrumError> {
        if !(axis.offset.is_finite() && axis.width.is_finite() && axis.width > 0.0) {
            return Err(SpectrumError::Axis { offset: axis.offset, width: axis.width });
        }
        for (what, value) in [("resolution", response.resolution), ("slope", response.slope)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(SpectrumError::Response { what, value });
            }
        }
        let from = options.from.max(axis.width);
        let place = |e: f64| ((e - axis.offset) / axis.width).clamp(0.0, counts.len() as f64);
        let channels = place(from).ceil() as usize..(place(options.to).floor() as usize + 1).min(counts.len());
        let unknowns = families.len() + options.background.max(4) + if options.calibrate { 3 } else { 0 };
        if !(options.to > from) || channels.len() <= 2 * unknowns {
            return Err(SpectrumError::Few { channels: channels.len(), from, to: options.to, unknowns });
        }
        let counts = &counts[channels.clone()];
        if let Some(k) = counts.iter().position(|n| !(n.is_finite() && *n >= 0.0)) {
            return Err(SpectrumError::Counts { channel: channels.start + k, value: counts[k] });
        }
        for family in families {
            let good =
                |l: &super::Line| l.energy.is_finite() && l.energy > 0.0 && l.weight * l.escape * response.efficiency(l.energy) > 0.0;
            if !family.lines.iter().any(|l| good(l) && (from..=options.to).contains(&l.energy)) {
                return Err(SpectrumError::Empty { name: family.name.clone() });
            }
        }
        let energies: Vec<f64> = channels.clone().map(|k| axis.energy(k).max(0.5 * axis.width)).collect();
        let escape = Response { efficiency: options.escape.clone(), ..Response::gaussian(1.0) };
        let shape: Vec<f64> = energies.iter().map(|e| 1e3 / e * response.efficiency(*e) * escape.efficiency(*e)).collect();
        let rows = splines(options.background, energies[0], energies[energies.len() - 1], &energies);
        let width = |k: usize| response.width(energies[k]);
        let shape = widen(&shape, axis.width, width);
        let smooth =
            (0..options.background.max(4)).map(|j| Column::new(shape.iter().zip(&rows).map(|(s, r)| s * r[j]).collect())).collect();
        Ok(Problem { counts, channels, axis, families, response, options, smooth })
    }

    /// One column per family, for one pulse of it at any energy.
    fn templates(&self, calibration: [f64; 3]) -> Vec<Vec<f64>> {
        let [shift, gain, wider] = calibration;
        let response = Response { resolution: self.response.resolution + wider, ..self.response.clone() };
        let n = self.channels.len();
        let middle = 0.5 * (n as f64 - 1.0);
        let width = self.axis.width * (1.0 + gain);
        let start = self.axis.energy(self.channels.start) + self.axis.width * middle - width * (middle + 0.5) + shift;
        let one = |family: &Family| {
            let mut column = vec![0.0; n];
            let pulses = |l: &super::Line| (l.weight * l.escape * self.response.efficiency(l.energy)).max(0.0);
            let all: f64 = family.lines.iter().map(pulses).sum();
            family.lines.iter().for_each(|l| response.add(&mut column, start, width, l.energy, pulses(l) / all));
            column
        };
        self.families.iter().map(one).collect()
    }

    /// Fisher scoring from a model of the counts; `prior` are added to the diagonal and, times a target, to the right side.
    fn score(&self, columns: &[&Column], model: Vec<f64>, steps: usize, prior: &[(usize, f64, f64)]) -> Result<Solution, usize> {
        let mut model = model;
        let mut values = vec![0.0; columns.len()];
        let (mut covariance, mut converged) = (Vec::new(), false);
        for _ in 0..steps {
            let weights: Vec<f64> = model.iter().map(|m| 1.0 / m.max(FLOOR)).collect();
            let mut m = normal(columns, &weights);
            let data: Vec<f64> = self.counts.iter().zip(&weights).map(|(n, w)| n * w).collect();
            let mut right: Vec<f64> = columns.iter().map(|c| c.used.clone().map(|k| c.values[k] * data[k]).sum()).collect();
            for (k, strength, target) in prior {
                m[*k][*k] += strength;
                right[*k] += strength * target;
            }
            covariance = invert(&m)?;
            let next: Vec<f64> = covariance.iter().map(|row| row.iter().zip(&right).map(|(a, b)| a * b).sum()).collect();
            converged = next
                .iter()
                .zip(&values)
                .zip(&covariance)
                .enumerate()
                .all(|(k, ((a, b), row))| (a - b).abs() < 1e-3 * row[k].max(0.0).sqrt());
            values = next;
            model.fill(0.0);
            for (c, v) in columns.iter().zip(&values) {
                c.used.clone().for_each(|k| model[k] += v * c.values[k]);
            }
            if converged {
                break;
            }
        }
        Ok(Solution { values, covariance, model, converged })
    }

    pub(super) fn solve(&self) -> Result<Fit, SpectrumError> {
        let alike = |k: usize| SpectrumError::Alike { name: self.families.get(k).map_or("the continuum".to_owned(), |f| f.name.clone()) };
        let families = self.families.len();
        let mut calibration = [0.0; 3];
        let mut turned = true;
        let mut lines: Vec<Column> = self.templates(calibration).into_iter().map(Column::new).collect();
        let first: Vec<f64> = self.counts.iter().map(|n| n + 1.0).collect();
        let all: Vec<&Column> = lines.iter().chain(&self.smooth).collect();
        let mut solution = self.score(&all, first, 30, &[]).map_err(alike)?;
        let mut derivatives = Vec::new();
        if self.options.calibrate {
            for _ in 0..8 {
                derivatives = self.derivatives(calibration, &solution.values[..families]);
                let all: Vec<&Column> = lines.iter().chain(&self.smooth).chain(&derivatives).collect();
                let at = families + self.smooth.len();
                let prior: Vec<(usize, f64, f64)> = (0..3).map(|k| (at + k, SCATTER[k].powi(-2), -calibration[k])).collect();
                let next = self.score(&all, solution.model.clone(), 6, &prior).map_err(alike)?;
                let change: Vec<f64> = next.values[at..].to_vec();
                let done = change.iter().zip(at..).all(|(d, k)| d.abs() < 0.02 * next.covariance[k][k].sqrt());
                for k in 0..3 {
                    // Far steps are not linear: a third of a width at most.
                    let most = [0.3 * self.response.resolution, 5e-3, 0.2 * self.response.resolution][k];
                    calibration[k] += change[k].clamp(-most, most);
                }
                lines = self.templates(calibration).into_iter().map(Column::new).collect();
                solution = next;
                turned = done;
                if done {
                    break;
                }
            }
        }
        let all: Vec<&Column> = lines.iter().chain(&self.smooth).chain(&derivatives).collect();
        let at = families + self.smooth.len();
        let prior: Vec<(usize, f64, f64)> = (0..derivatives.len()).map(|k| (at + k, SCATTER[k].powi(-2), -calibration[k])).collect();
        let solution = self.score(&all, solution.model, 30, &prior).map_err(alike)?;
        let mut found = Vec::with_capacity(families);
        for (k, family) in self.families.iter().enumerate() {
            let sigma = self.without(k, &all, &prior, &solution).map_err(alike)?;
            found.push(Fitted {
                name: family.name.clone(),
                counts: Measurement::new(solution.values[k], solution.covariance[k][k].max(0.0).sqrt()),
                critical: Z95 * sigma,
                limit: Z95 * Z95 + 2.0 * Z95 * sigma,
            });
        }
        let mut background = vec![0.0; self.counts.len()];
        for (c, v) in self.smooth.iter().zip(&solution.values[families..]) {
            c.used.clone().for_each(|k| background[k] += v * c.values[k]);
        }
        let deviance = self.counts.iter().zip(&solution.model).map(|(n, m)| {
            let m = m.max(1e-3);
            2.0 * (m - n + if *n > 0.0 { n * (n / m).ln() } else { 0.0 })
        });
        let sigma = |k: usize| solution.covariance[at + k][at + k].max(0.0).sqrt();
        Ok(Fit {
            deviance: deviance.sum(),
            freedom: (self.counts.len() - all.len()) as f64,
            calibration: (!derivatives.is_empty()).then(|| Calibration {
                shift: Measurement::new(calibration[0], sigma(0)),
                gain: Measurement::new(calibration[1], sigma(1)),
                resolution: Measurement::new(self.response.resolution + calibration[2], sigma(2)),
            }),
            covariance: (0..families).map(|i| solution.covariance[i][..families].to_vec()).collect(),
            converged: solution.converged && turned,
            families: found,
            channels: self.channels.clone(),
            model: solution.model,
            background,
        })
    }

    /// Columns of the derivatives with respect to the calibration.
    fn derivatives(&self, calibration: [f64; 3], areas: &[f64]) -> Vec<Column> {
        (0..3)
            .map(|p| {
                let moved = |sign: f64| {
                    let mut c = calibration;
                    c[p] += sign * STEP[p];
                    self.templates(c)
                };
                let (up, down) = (moved(1.0), moved(-1.0));
                let mut column = vec![0.0; self.counts.len()];
                for ((u, d), a) in up.iter().zip(&down).zip(areas) {
                    column.iter_mut().zip(u.iter().zip(d)).for_each(|(c, (u, d))| *c += a.max(0.0) * (u - d) / (2.0 * STEP[p]));
                }
                Column::new(column)
            })
            .collect()
    }

    /// Standard uncertainty of the counts of family `k` were there none of it.
    fn without(&self, k: usize, all: &[&Column], prior: &[(usize, f64, f64)], full: &Solution) -> Result<f64, usize> {
        let others: Vec<&Column> = all.iter().enumerate().filter(|(i, _)| *i != k).map(|(_, c)| *c).collect();
        let shifted: Vec<(usize, f64, f64)> = prior.iter().map(|(i, s, t)| (i - usize::from(*i > k), *s, *t)).collect();
        // A family that is clearly there is taken out as it was found; otherwise the others take up what it had.
        let model = if full.values[k] > 4.0 * full.covariance[k][k].max(0.0).sqrt() {
            let mut m = full.model.clone();
            all[k].used.clone().for_each(|i| m[i] -= full.values[k] * all[k].values[i]);
            m
        } else {
            self.score(&others, full.model.clone(), 4, &shifted)?.model
        };
        let weights: Vec<f64> = model.iter().map(|m| 1.0 / m.max(FLOOR)).collect();
        let mut m = normal(all, &weights);
        prior.iter().for_each(|(i, s, _)| m[*i][*i] += s);
        Ok(invert(&m)?[k][k].max(0.0).sqrt())
    }
}
