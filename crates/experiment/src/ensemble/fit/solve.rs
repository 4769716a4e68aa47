//! Bounded Levenberg-Marquardt for few parameters whose model is a simulation.

use super::model::Forward;
use super::{FitError, Free};

/// Steps at most, in the last stage and in those before it.
const STEPS: usize = 30;
const EARLY_STEPS: usize = 6;
/// Parts of the highest voltage up to which the samples are fitted first, each from where the one before ended: a start whose wire breaks
/// within the samples would have no slope to follow.
const STAGES: [f64; 2] = [0.4, 0.7];
/// The fit has converged when a step would change chi squared by less than this, or every parameter by less than a thousandth of its
/// uncertainty.
const SMALL: f64 = 1e-3;
/// A fit whose chi squared is higher than its expectation by this many of its standard deviations is tried from other starts.
const SIGMAS: f64 = 5.0;
/// How far these lie from the first one, in scales.
const APART: f64 = 0.7;
/// Difference for the Jacobian, in units of the scales: far above the engine's own noise (1e-5 of the current), far below any curvature.
const DIFFERENCE: f64 = 0.02;

/// Times at most that the finer grid is asked, and the part of a sample's noise below which what it says counts as the same.
const REFINEMENTS: usize = 4;
const ALIKE: f64 = 0.1;

/// What is minimised.
pub(super) struct Problem<'a> {
    pub forward: &'a Forward,
    pub free: &'a [Free],
    pub voltage: &'a [f64],
    pub current: &'a [f64],
    pub sigma: f64,
    /// Standard deviations of gain and offset.
    pub accuracy: Option<(f64, f64)>,
    /// Whether the plausible ranges count as knowledge: in early stages, whose samples do not say enough.
    pub held: bool,
    /// What is added to the currents of the fit's grid [A], for that of the device; empty for nothing.
    pub defect: &'a [f64],
}

/// Where the fit ended. Unknowns: the free parameters in units of their scales from their starts, then gain and offset over their deviations.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub unknowns: Vec<f64>,
    /// Weighted Jacobian, a row a sample, then the two of the meter.
    pub normal: Vec<Vec<f64>>,
    pub chi_squared: f64,
    pub model: Vec<f64>,
    pub converged: bool,
    pub steps: usize,
}

impl Problem<'_> {
    /// Number of unknowns.
    fn len(&self) -> usize {
        self.free.len() + if self.accuracy.is_some() { 2 } else { 0 }
    }

    /// Values of the free parameters, SI.
    pub fn values(&self, unknowns: &[f64]) -> Vec<f64> {
        self.free.iter().zip(unknowns).map(|(f, u)| (f.start + u * f.scale).clamp(f.bounds.0, f.bounds.1)).collect()
    }

    /// Currents as the meter reads those of the device.
    fn read(&self, device: &[f64], unknowns: &[f64]) -> Vec<f64> {
        let (gain, offset) = self.meter(unknowns);
        device.iter().map(|i| i * (1.0 + gain) + offset).collect()
    }

    /// Error of gain, and offset [A].
    pub fn meter(&self, unknowns: &[f64]) -> (f64, f64) {
        let k = self.free.len();
        self.accuracy.map_or((0.0, 0.0), |(g, o)| (unknowns[k] * g, unknowns[k + 1] * o))
    }

    /// From which unknown on something is known before.
    fn known_from(&self) -> usize {
        if self.held { 0 } else { self.free.len() }
    }

    fn prior(&self, unknowns: &[f64]) -> f64 {
        unknowns.iter().skip(self.known_from()).map(|u| u * u).sum()
    }

    fn device(&self, unknowns: &[f64]) -> Result<Vec<f64>, String> {
        let mut currents = self.forward.currents(self.free, &self.values(unknowns), self.current.len())?;
        currents.iter_mut().zip(self.defect).for_each(|(i, d)| *i += d);
        Ok(currents)
    }

    /// Pairs of one quantity of the two contacts whose values fit as well exchanged: nothing but the names of the contacts tells them apart.
    pub fn exchanged(&self, found: &Found) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        for (a, first) in self.free.iter().enumerate() {
            let Some(rest) = first.key.strip_prefix("contact.1.") else { continue };
            let Some(b) = self.free.iter().position(|f| f.key.strip_prefix("contact.2.") == Some(rest)) else { continue };
            let values = self.values(&found.unknowns);
            let mut other = found.unknowns.clone();
            other[a] = (values[b] - first.start) / first.scale;
            other[b] = (values[a] - self.free[b].start) / self.free[b].scale;
            let chi = self.device(&other).map(|device| self.chi_squared(&self.read(&device, &other), &other));
            // Four: two standard deviations.
            if chi.is_ok_and(|chi| chi < found.chi_squared + 4.0) {
                all.push((a, b));
            }
        }
        all
    }

    fn chi_squared(&self, read: &[f64], unknowns: &[f64]) -> f64 {
        let data: f64 = self.current.iter().zip(read).map(|(i, m)| ((i - m) / self.sigma).powi(2)).sum();
        data + self.prior(unknowns)
    }

    /// Normal matrix and gradient at a point whose currents are known.
    fn normal(&self, unknowns: &[f64], device: &[f64]) -> Result<(Vec<Vec<f64>>, Vec<f64>), FitError> {
        let n = self.len();
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(n);
        let (gain, _) = self.meter(unknowns);
        for (j, f) in self.free.iter().enumerate() {
            let (low, high) = ((f.bounds.0 - f.start) / f.scale, (f.bounds.1 - f.start) / f.scale);
            // Central where the bounds allow.
            let (a, b) = ((unknowns[j] - DIFFERENCE).max(low), (unknowns[j] + DIFFERENCE).min(high));
            let at = |u: f64| {
                let mut moved = unknowns.to_vec();
                moved[j] = u;
                self.device(&moved)
            };
            let (down, up) = (at(a).map_err(FitError::Start)?, at(b).map_err(FitError::Start)?);
            columns.push(up.iter().zip(&down).map(|(u, d)| (u - d) / (b - a) * (1.0 + gain) / self.sigma).collect());
        }
        if let Some((g, o)) = self.accuracy {
            columns.push(device.iter().map(|i| i * g / self.sigma).collect());
            columns.push(vec![o / self.sigma; device.len()]);
        }
        let read = self.read(device, unknowns);
        let residual: Vec<f64> = self.current.iter().zip(&read).map(|(i, m)| (i - m) / self.sigma).collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let mut normal = vec![vec![0.0; n]; n];
        let mut gradient = vec![0.0; n];
        for i in 0..n {
            for j in 0..n {
                normal[i][j] = dot(&columns[i], &columns[j]);
            }
            gradient[i] = dot(&columns[i], &residual);
        }
        // What is known before: of the meter always.
        for j in self.known_from()..n {
            normal[j][j] += 1.0;
            gradient[j] -= unknowns[j];
        }
        Ok((normal, gradient))
    }
}

/// Minimises from the start, and where the result is no better than the noise allows (a wrong minimum, or a model that does not hold) from
/// starts on both sides of it as well: the best of them, on the device's own grid, and what that adds to the currents of the fit's.
/// `going` is asked before each step.
pub(super) fn minimise(problem: &Problem, going: &(dyn Fn() -> bool + Sync)) -> Result<(Found, Vec<f64>), FitError> {
    let from = |unknowns| refine(problem, in_stages(problem, unknowns, going)?, going);
    let mut best = from(vec![0.0; problem.len()])?;
    let free = problem.free.len();
    let samples = problem.current.len() as f64;
    let good = samples + SIGMAS * (2.0 * samples).sqrt();
    if free < 2 || best.0.chi_squared < good {
        return Ok(best);
    }
    for start in 0..free {
        for side in [APART, -APART] {
            // One parameter to one side and the others to the other: along what the curve hardly tells apart.
            let unknowns = (0..problem.len())
                .map(|k| {
                    if k == start {
                        side
                    } else if k < free {
                        -side
                    } else {
                        0.0
                    }
                })
                .collect();
            // A start that cannot be simulated is none.
            let Ok(found) = from(unknowns) else { continue };
            let steps = best.0.steps + found.0.steps;
            if found.0.chi_squared < best.0.chi_squared {
                best = found;
            }
            best.0.steps = steps;
            if best.0.chi_squared < good {
                return Ok(best);
            }
        }
    }
    Ok(best)
}

/// Takes the fit from its own grid to the device's: what the finer one gives more is found at the minimum and added to the model, and the
/// minimum sought again from there, until it stays. The slopes are those of the coarse grid throughout.
fn refine(problem: &Problem, mut found: Found, going: &(dyn Fn() -> bool + Sync)) -> Result<(Found, Vec<f64>), FitError> {
    let mut defect = Vec::new();
    for _ in 0..REFINEMENTS {
        let Some(next) = problem.forward.defect(problem.free, &problem.values(&found.unknowns)).filter(|_| going()) else { break };
        let moved = next.map_err(FitError::Start)?;
        let change = moved.iter().enumerate().map(|(k, d)| (d - defect.get(k).unwrap_or(&0.0)).abs()).fold(0.0, f64::max);
        defect = moved;
        let finer = Problem { defect: &defect, ..*problem };
        let again = descend(&finer, found.unknowns.clone(), STEPS, going)?;
        found = Found { steps: found.steps + again.steps, ..again };
        if change < ALIKE * problem.sigma {
            break;
        }
    }
    Ok((found, defect))
}

/// Minimises in stages.
fn in_stages(problem: &Problem, mut unknowns: Vec<f64>, going: &(dyn Fn() -> bool + Sync)) -> Result<Found, FitError> {
    let top = problem.voltage.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let mut steps = 0;
    for part in STAGES {
        let n = problem.voltage.iter().position(|v| v.abs() > part * top).unwrap_or(problem.voltage.len());
        if n < 2 * unknowns.len() + 2 {
            continue;
        }
        let early = Problem { voltage: &problem.voltage[..n], current: &problem.current[..n], held: true, ..*problem };
        let found = descend(&early, unknowns, EARLY_STEPS, going)?;
        steps += found.steps;
        unknowns = found.unknowns;
    }
    let found = descend(problem, unknowns, STEPS, going)?;
    Ok(Found { steps: steps + found.steps, ..found })
}

/// Levenberg-Marquardt from a point.
fn descend(problem: &Problem, mut unknowns: Vec<f64>, most: usize, going: &(dyn Fn() -> bool + Sync)) -> Result<Found, FitError> {
    let mut device = problem.device(&unknowns).map_err(FitError::Start)?;
    let mut chi_squared = problem.chi_squared(&problem.read(&device, &unknowns), &unknowns);
    let mut damping = 1e-3;
    let (mut normal, mut gradient) = problem.normal(&unknowns, &device)?;
    let (mut converged, mut steps) = (false, 0);
    while steps < most && !converged && going() {
        steps += 1;
        let Some(step) = bounded_step(problem, &unknowns, &normal, &gradient, damping) else { break };
        let trial: Vec<f64> = unknowns.iter().zip(&step).map(|(u, s)| u + s).collect();
        let promised: f64 = step.iter().zip(&gradient).map(|(s, g)| s * g).sum();
        let tried = problem.device(&trial).ok().map(|device| {
            let chi = problem.chi_squared(&problem.read(&device, &trial), &trial);
            (device, chi)
        });
        // A step that is held short promises little as well: that is no minimum.
        let free_step = damping <= 1e-2;
        match tried {
            Some((next, chi)) if chi <= chi_squared => {
                // Near the minimum a step of the size of the engine's own noise gains nothing.
                converged = chi_squared - chi < SMALL.max(1e-6 * chi_squared) && free_step;
                (device, chi_squared, unknowns) = (next, chi, trial);
                damping = (0.1 * damping).max(1e-9);
                if !converged {
                    (normal, gradient) = problem.normal(&unknowns, &device)?;
                }
            }
            _ => {
                converged = promised < SMALL.max(1e-4 * problem.current.len() as f64) && free_step;
                damping *= 10.0;
                if damping > 1e9 {
                    break;
                }
            }
        }
    }
    (normal, _) = problem.normal(&unknowns, &device)?;
    let model = problem.read(&device, &unknowns);
    Ok(Found { unknowns, normal, chi_squared, model, converged, steps })
}

/// A damped step that stays within the bounds: what would leave them is held at its bound and the rest solved again.
fn bounded_step(problem: &Problem, unknowns: &[f64], normal: &[Vec<f64>], gradient: &[f64], damping: f64) -> Option<Vec<f64>> {
    let n = unknowns.len();
    let limits = |j: usize| match problem.free.get(j) {
        Some(f) => ((f.bounds.0 - f.start) / f.scale - unknowns[j], (f.bounds.1 - f.start) / f.scale - unknowns[j]),
        None => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let mut held: Vec<Option<f64>> = vec![None; n];
    for _ in 0..=n {
        let open: Vec<usize> = (0..n).filter(|j| held[*j].is_none()).collect();
        let largest = (0..n).map(|j| normal[j][j]).fold(0.0, f64::max);
        let matrix: Vec<Vec<f64>> = open
            .iter()
            .map(|&i| open.iter().map(|&j| normal[i][j] + if i == j { damping * (normal[i][i] + 1e-9 * largest) } else { 0.0 }).collect())
            .collect();
        let right: Vec<f64> =
            open.iter().map(|&i| gradient[i] - (0..n).filter_map(|j| held[j].map(|s| normal[i][j] * s)).sum::<f64>()).collect();
        let solved = cholesky_solve(matrix, right)?;
        let mut step: Vec<f64> = held.iter().map(|h| h.unwrap_or(0.0)).collect();
        let mut left = false;
        for (&j, s) in open.iter().zip(&solved) {
            let (low, high) = limits(j);
            step[j] = s.clamp(low, high);
            if *s < low || *s > high {
                held[j] = Some(step[j]);
                left = true;
            }
        }
        if !left {
            return step.iter().all(|s| s.is_finite()).then_some(step);
        }
    }
    None
}

/// Solves a symmetric positive system; `None` if it is not positive.
pub(super) fn cholesky_solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for j in 0..n {
        for i in j..n {
            let sum: f64 = a[i][j] - (0..j).map(|k| a[i][k] * a[j][k]).sum::<f64>();
            if i == j {
                if !(sum > 0.0) {
                    return None;
                }
                a[j][j] = sum.sqrt();
            } else {
                a[i][j] = sum / a[j][j];
            }
        }
    }
    for i in 0..n {
        b[i] = (b[i] - (0..i).map(|k| a[i][k] * b[k]).sum::<f64>()) / a[i][i];
    }
    for i in (0..n).rev() {
        b[i] = (b[i] - (i + 1..n).map(|k| a[k][i] * b[k]).sum::<f64>()) / a[i][i];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::cholesky_solve;

    #[test]
    fn a_small_system_is_solved_and_a_singular_one_is_not() {
        let x = cholesky_solve(vec![vec![4.0, 2.0], vec![2.0, 3.0]], vec![10.0, 8.0]).unwrap();
        assert!((x[0] - 1.75).abs() < 1e-12 && (x[1] - 1.5).abs() < 1e-12);
        assert_eq!(cholesky_solve(vec![vec![1.0, 1.0], vec![1.0, 1.0]], vec![1.0, 1.0]), None);
    }
}
