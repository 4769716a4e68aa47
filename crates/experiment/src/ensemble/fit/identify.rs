//! What the data determine: the information matrix of the free parameters, its directions, and words for them.

use pentatwin_record::fit::Combination;
use pentatwin_units::format_si;

use super::Free;
use super::solve::cholesky_solve;

/// A combination known to worse than this, in units of half the plausible ranges, is not determined: the data say less of it than was known
/// before.
pub(super) const UNDETERMINED: f64 = 1.0;
/// A parameter with at least this part of an undetermined direction is not determined itself.
const PART: f64 = 0.1;
/// Parts of a direction below this are not named.
const NAMED: f64 = 0.15;

/// The free parameters as the data know them, in units of their scales.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Directions, each of unit length.
    pub directions: Vec<Vec<f64>>,
    /// Standard uncertainty along each.
    pub spreads: Vec<f64>,
    /// Ratio of the largest to the smallest eigenvalue of J^T J.
    pub condition: f64,
    /// Parameters that fit as well with their values exchanged: locally known, but not which is which.
    pub exchanged: Vec<(usize, usize)>,
}

impl Known {
    /// From the normal matrix of all unknowns: the meter's errors are eliminated, and the covariance multiplied by `excess`.
    pub fn of(normal: &[Vec<f64>], free: usize, excess: f64) -> Known {
        let n = normal.len();
        let meter: Vec<Vec<f64>> = (free..n).map(|i| normal[i][free..].to_vec()).collect();
        let mut information: Vec<Vec<f64>> = normal[..free].iter().map(|row| row[..free].to_vec()).collect();
        if n > free {
            for j in 0..free {
                let column: Vec<f64> = (free..n).map(|i| normal[i][j]).collect();
                if let Some(solved) = cholesky_solve(meter.clone(), column) {
                    for i in 0..free {
                        information[i][j] -= (free..n).map(|m| normal[i][m] * solved[m - free]).sum::<f64>();
                    }
                }
            }
        }
        let (values, directions) = eigen(information);
        let largest = values.iter().copied().fold(0.0, f64::max);
        let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
        // Below the rounding of the largest an eigenvalue is zero.
        let floor = 1e-15 * largest;
        let spreads = values.iter().map(|v| if *v > floor { (excess / v).sqrt() } else { f64::INFINITY }).collect();
        let condition = if smallest > floor { largest / smallest } else { f64::INFINITY };
        Known { directions, spreads, condition, exchanged: Vec::new() }
    }

    pub fn determined(&self, direction: usize) -> bool {
        self.spreads[direction] <= UNDETERMINED
    }

    /// Whether a parameter takes part in what is not determined.
    pub fn is_lost(&self, parameter: usize) -> bool {
        let either = self.exchanged.iter().any(|(a, b)| parameter == *a || parameter == *b);
        either
            || (0..self.spreads.len()).filter(|m| !self.determined(*m)).map(|m| self.directions[m][parameter].powi(2)).sum::<f64>() >= PART
    }

    /// Covariance; along what is not determined the plausible range stands.
    pub fn covariance(&self) -> Vec<Vec<f64>> {
        let n = self.spreads.len();
        let mut c = vec![vec![0.0; n]; n];
        for (v, s) in self.directions.iter().zip(&self.spreads) {
            let s = s.min(UNDETERMINED);
            for i in 0..n {
                for j in 0..n {
                    c[i][j] += v[i] * v[j] * s * s;
                }
            }
        }
        c
    }

    /// The directions in words, the best known first.
    pub fn combinations(&self, free: &[Free], values: &[f64]) -> Vec<Combination> {
        let mut order: Vec<usize> = (0..self.spreads.len()).collect();
        order.sort_by(|&a, &b| self.spreads[a].total_cmp(&self.spreads[b]));
        order.into_iter().map(|m| self.combination(m, free, values)).collect()
    }

    fn combination(&self, m: usize, free: &[Free], values: &[f64]) -> Combination {
        let v = &self.directions[m];
        // What is known is the combination with these weights of the parameters themselves.
        let weights: Vec<f64> = v.iter().zip(free).map(|(v, f)| v / f.scale).collect();
        let largest = v.iter().fold(0.0f64, |a, x| a.max(x.abs()));
        let named: Vec<usize> = (0..free.len()).filter(|&j| v[j].abs() >= NAMED * largest).collect();
        let one_unit = named.windows(2).all(|w| free[w[0]].unit == free[w[1]].unit);
        let lead = named.iter().copied().max_by(|&a, &b| weights[a].abs().total_cmp(&weights[b].abs())).unwrap_or(0);
        let mut words = String::new();
        for &j in &named {
            // With different units: each over half its range.
            let c = if one_unit { weights[j] / weights[lead] } else { v[j] / largest * v[lead].signum() };
            let sign = match (words.is_empty(), c < 0.0) {
                (true, true) => "-",
                (true, false) => "",
                (false, true) => " - ",
                (false, false) => " + ",
            };
            let size = if (c.abs() - 1.0).abs() < 0.05 { String::new() } else { format!("{:.2} ", c.abs()) };
            words += &format!("{sign}{size}{}", free[j].key);
        }
        if !one_unit {
            words += ", each over half its range";
        }
        let spread = self.spreads[m];
        let value = if one_unit && !named.is_empty() {
            let value: f64 = named.iter().map(|&j| weights[j] / weights[lead] * values[j]).sum();
            let u = spread / weights[lead].abs();
            let unit = &free[lead].unit;
            if u.is_finite() { format!("{} ± {}", format_si(value, unit, 6), format_si(u, unit, 2)) } else { "anything".to_owned() }
        } else {
            String::new()
        };
        Combination { words, value, spread, determined: self.determined(m) }
    }
}

/// Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations.
fn eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..60 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        let diagonal: f64 = (0..n).map(|i| a[i][i] * a[i][i]).sum();
        if off <= 1e-30 * diagonal {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = 0.5 * (a[q][q] - a[p][p]) / a[p][q];
                let t = theta.signum().max(-1.0) / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for k in 0..n {
                    (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]);
                }
                for k in 0..n {
                    (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]);
                }
                for row in &mut v {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
            }
        }
    }
    let directions = (0..n).map(|m| v.iter().map(|row| row[m]).collect()).collect();
    ((0..n).map(|i| a[i][i]).collect(), directions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_parameters_that_act_alike_are_told_to_be_one() {
        let free =
            |key: &str| Free { key: key.to_owned(), unit: "ohm".to_owned(), start: 25.0, scale: 35.0, bounds: (0.0, 1e6), range: None };
        let all = [free("contact.1.resistance"), free("contact.2.resistance")];
        let known = Known::of(&[vec![1e6, 1e6], vec![1e6, 1e6 + 1e-4]], 2, 1.0);
        assert!(known.is_lost(0) && known.is_lost(1) && known.condition > 1e9);
        let said = known.combinations(&all, &[20.0, 30.0]);
        assert_eq!((said[0].words.as_str(), said[0].determined), ("contact.1.resistance + contact.2.resistance", true));
        assert!(said[0].value.starts_with("50 ohm ±"), "{}", said[0].value);
        assert!(said[1].words.contains(" - ") && !said[1].determined);
    }

    #[test]
    fn eigenvectors_solve_their_equation() {
        let a = vec![vec![4.0, 1.0, -2.0], vec![1.0, 3.0, 0.5], vec![-2.0, 0.5, 5.0]];
        let (values, vectors) = eigen(a.clone());
        for (l, v) in values.iter().zip(&vectors) {
            for i in 0..3 {
                let av: f64 = (0..3).map(|j| a[i][j] * v[j]).sum();
                assert!((av - l * v[i]).abs() < 1e-12);
            }
        }
    }
}
