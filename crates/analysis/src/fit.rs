//! Linear least squares with few basis functions.

/// Coefficients of a linear fit, with their covariance from the scatter of the residuals.
pub(crate) struct Fit<const N: usize> {
    pub(crate) coefficients: [f64; N],
    pub(crate) covariance: [[f64; N]; N],
    pub(crate) samples: usize,
}

/// Fits `y = sum c_k f_k` to rows of `([f_k], y)`; rows that are not finite are left out. `None` with no more rows than coefficients (no
/// scatter to judge by) or if the rows do not tell the coefficients apart.
pub(crate) fn least_squares<const N: usize>(rows: impl Iterator<Item = ([f64; N], f64)> + Clone) -> Option<Fit<N>> {
    let rows = rows.filter(|(f, y)| y.is_finite() && f.iter().all(|v| v.is_finite()));
    let (mut normal, mut right, mut samples) = ([[0.0; N]; N], [0.0; N], 0);
    for (f, y) in rows.clone() {
        samples += 1;
        for j in 0..N {
            right[j] += f[j] * y;
            for k in 0..N {
                normal[j][k] += f[j] * f[k];
            }
        }
    }
    if samples <= N {
        return None;
    }
    let inverse = invert(normal)?;
    let mut coefficients = [0.0; N];
    for j in 0..N {
        coefficients[j] = (0..N).map(|k| inverse[j][k] * right[k]).sum();
    }
    let scatter: f64 = rows
        .map(|(f, y)| {
            let r = y - (0..N).map(|k| coefficients[k] * f[k]).sum::<f64>();
            r * r
        })
        .sum();
    let variance = scatter / (samples - N) as f64;
    let covariance = inverse.map(|row| row.map(|v| v * variance));
    coefficients.iter().all(|c| c.is_finite()).then_some(Fit { coefficients, covariance, samples })
}

/// Gauss–Jordan with pivoting on a matrix scaled to a unit diagonal; `None` if it is singular to 1e-12.
fn invert<const N: usize>(m: [[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut scale = [0.0; N];
    for k in 0..N {
        scale[k] = m[k][k].sqrt();
        if !(scale[k] > 0.0 && scale[k].is_finite()) {
            return None;
        }
    }
    let (mut a, mut b) = ([[0.0; N]; N], [[0.0; N]; N]);
    for j in 0..N {
        b[j][j] = 1.0;
        for k in 0..N {
            a[j][k] = m[j][k] / (scale[j] * scale[k]);
        }
    }
    for c in 0..N {
        let pivot = (c..N).max_by(|&i, &j| a[i][c].abs().total_cmp(&a[j][c].abs()))?;
        if a[pivot][c].is_nan() || a[pivot][c].abs() <= 1e-12 {
            return None;
        }
        a.swap(c, pivot);
        b.swap(c, pivot);
        let d = 1.0 / a[c][c];
        a[c] = a[c].map(|v| v * d);
        b[c] = b[c].map(|v| v * d);
        for r in (0..N).filter(|&r| r != c) {
            let factor = a[r][c];
            for k in 0..N {
                a[r][k] -= factor * a[c][k];
                b[r][k] -= factor * b[c][k];
            }
        }
    }
    for j in 0..N {
        for k in 0..N {
            b[j][k] /= scale[j] * scale[k];
        }
    }
    Some(b)
}
