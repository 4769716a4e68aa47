//! Small symmetric positive matrices, given by their lower half: factor, solution, variances.

/// Lower factor; `None` if the matrix is not positive.
pub fn factor<const N: usize>(m: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut l = [[0.0; N]; N];
    for j in 0..N {
        for k in 0..=j {
            let sum: f64 = (0..k).map(|i| l[j][i] * l[k][i]).sum();
            if j == k {
                let d = m[j][j] - sum;
                if !(d > 0.0 && d.is_finite()) {
                    return None;
                }
                l[j][j] = d.sqrt();
            } else {
                l[j][k] = (m[j][k] - sum) / l[k][k];
            }
        }
    }
    Some(l)
}

/// Solution for the right side `b`, from the lower factor.
pub fn solve<const N: usize>(l: &[[f64; N]; N], b: &[f64; N]) -> [f64; N] {
    let mut y = *b;
    for j in 0..N {
        let sum: f64 = (0..j).map(|k| l[j][k] * y[k]).sum();
        y[j] = (y[j] - sum) / l[j][j];
    }
    for j in (0..N).rev() {
        let sum: f64 = (j + 1..N).map(|k| l[k][j] * y[k]).sum();
        y[j] = (y[j] - sum) / l[j][j];
    }
    y
}

/// The diagonal of the inverse, from the lower factor.
pub fn variances<const N: usize>(l: &[[f64; N]; N]) -> [f64; N] {
    std::array::from_fn(|k| {
        // Row k of the inverse of L: forward substitution of a unit vector.
        let mut y = [0.0; N];
        let mut sum = 0.0;
        for j in k..N {
            let s: f64 = (k..j).map(|i| l[j][i] * y[i]).sum();
            y[j] = (f64::from(u8::from(j == k)) - s) / l[j][j];
            sum += y[j] * y[j];
        }
        sum
    })
}
