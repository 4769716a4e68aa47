//! Normal equations of a few unknowns.

/// Inverse of a symmetric positive matrix, by Cholesky on a unit diagonal; `None` if it is singular to 1e-11.
pub(crate) fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let scale: Vec<f64> = (0..n).map(|i| matrix[i][i].sqrt()).collect();
    if scale.iter().any(|s| !(*s > 0.0 && s.is_finite())) {
        return None;
    }
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let mut sum = matrix[i][j] / (scale[i] * scale[j]);
            for k in 0..j {
                sum -= l[i][k] * l[j][k];
            }
            if i == j {
                if !(sum > 1e-11) {
                    return None;
                }
                l[i][i] = sum.sqrt();
            } else {
                l[i][j] = sum / l[j][j];
            }
        }
    }
    let mut result = vec![vec![0.0; n]; n];
    for c in 0..n {
        let mut y = vec![0.0; n];
        for i in 0..n {
            let right = if i == c { 1.0 } else { 0.0 };
            y[i] = (right - (0..i).map(|k| l[i][k] * y[k]).sum::<f64>()) / l[i][i];
        }
        for i in (0..n).rev() {
            y[i] = (y[i] - (i + 1..n).map(|k| l[k][i] * y[k]).sum::<f64>()) / l[i][i];
        }
        for i in 0..n {
            result[i][c] = y[i] / (scale[i] * scale[c]);
        }
    }
    Some(result)
}

/// Matrix times vector.
pub(crate) fn times(matrix: &[Vec<f64>], v: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum()).collect()
}

/// A least-squares fit: parameters, covariance, chi².
pub(crate) struct Minimum {
    pub(crate) parameters: Vec<f64>,
    pub(crate) covariance: Vec<Vec<f64>>,
    pub(crate) chi2: f64,
}

/// Levenberg and Marquardt's way to the least sum of squares of `residuals`, in units of their standard deviations, with derivatives by steps
/// `step` of each parameter. `None` if the start is no number, or what is reached does not determine the parameters.
pub(crate) fn minimise(start: &[f64], step: &[f64], residuals: impl Fn(&[f64]) -> Vec<f64>) -> Option<Minimum> {
    let n = start.len();
    let square = |r: &[f64]| r.iter().map(|v| v * v).sum::<f64>();
    let mut at = start.to_vec();
    let mut here = residuals(&at);
    let mut chi2 = square(&here);
    if !chi2.is_finite() {
        return None;
    }
    let normal = |at: &[f64], here: &[f64]| {
        let columns: Vec<Vec<f64>> = (0..n)
            .map(|k| {
                let (mut up, mut down) = (at.to_vec(), at.to_vec());
                up[k] += step[k];
                down[k] -= step[k];
                residuals(&up).iter().zip(&residuals(&down)).map(|(a, b)| (a - b) / (2.0 * step[k])).collect()
            })
            .collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let matrix: Vec<Vec<f64>> = columns.iter().map(|a| columns.iter().map(|b| dot(a, b)).collect()).collect();
        let gradient: Vec<f64> = columns.iter().map(|a| dot(a, here)).collect();
        (matrix, gradient)
    };
    let mut damping = 1e-3;
    for _ in 0..60 {
        let (matrix, gradient) = normal(&at, &here);
        let mut damped = matrix.clone();
        for k in 0..n {
            damped[k][k] *= 1.0 + damping;
        }
        let Some(inverse) = inverse(&damped) else {
            damping *= 10.0;
            if damping > 1e9 {
                break;
            }
            continue;
        };
        let change = times(&inverse, &gradient);
        let next: Vec<f64> = at.iter().zip(&change).map(|(a, c)| a - c).collect();
        let there = residuals(&next);
        let reached = square(&there);
        if reached < chi2 {
            let gain = chi2 - reached;
            (at, here, chi2) = (next, there, reached);
            damping = (0.2 * damping).max(1e-9);
            if gain < 1e-7 * (1.0 + chi2) {
                break;
            }
        } else {
            damping *= 6.0;
            if damping > 1e9 {
                break;
            }
        }
    }
    let covariance = inverse(&normal(&at, &here).0)?;
    Some(Minimum { parameters: at, covariance, chi2 })
}
