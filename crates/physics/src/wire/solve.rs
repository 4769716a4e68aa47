//! Direct solvers for the narrow matrices of the wire engine. No pivoting: the matrices are diagonally dominant or nearly so (wire.md section 7).

/// Solves a tridiagonal system for `W` right-hand sides at once, in place.
///
/// Row `i` reads `lower[i] x[i-1] + diagonal[i] x[i] + upper[i] x[i+1] = right[i]`. `diagonal` is used as work space.
pub fn tridiagonal<const W: usize>(lower: &[f64], diagonal: &mut [f64], upper: &[f64], right: &mut [[f64; W]]) {
    let n = diagonal.len();
    if n == 0 {
        return;
    }
    for i in 1..n {
        let m = lower[i] / diagonal[i - 1];
        diagonal[i] -= m * upper[i - 1];
        let previous = right[i - 1];
        for (r, p) in right[i].iter_mut().zip(previous) {
            *r -= m * p;
        }
    }
    let inverse = 1.0 / diagonal[n - 1];
    right[n - 1].iter_mut().for_each(|r| *r *= inverse);
    for i in (0..n - 1).rev() {
        let (inverse, u, next) = (1.0 / diagonal[i], upper[i], right[i + 1]);
        for (r, x) in right[i].iter_mut().zip(next) {
            *r = (*r - u * x) * inverse;
        }
    }
}

/// Solves a pentadiagonal system in place: row `i` of `bands` holds the entries of columns `i-2 ..= i+2`. `bands` is used as work space.
///
/// Returns `false` if a pivot vanishes.
pub fn pentadiagonal(bands: &mut [[f64; 5]], right: &mut [f64]) -> bool {
    let n = right.len();
    for i in 0..n {
        let pivot = bands[i][2];
        if !(pivot.abs() > f64::MIN_POSITIVE) {
            return false;
        }
        let inverse = 1.0 / pivot;
        let row = bands[i];
        let r = right[i];
        if i + 1 < n {
            let m = bands[i + 1][1] * inverse;
            bands[i + 1][2] -= m * row[3];
            bands[i + 1][3] -= m * row[4];
            right[i + 1] -= m * r;
        }
        if i + 2 < n {
            let m = bands[i + 2][0] * inverse;
            bands[i + 2][1] -= m * row[3];
            bands[i + 2][2] -= m * row[4];
            right[i + 2] -= m * r;
        }
        bands[i][2] = inverse;
    }
    for i in (0..n).rev() {
        let mut x = right[i];
        if i + 1 < n {
            x -= bands[i][3] * right[i + 1];
        }
        if i + 2 < n {
            x -= bands[i][4] * right[i + 2];
        }
        right[i] = x * bands[i][2];
    }
    true
}

/// Solves a small dense system by elimination with partial pivoting, in place; `false` if it is singular.
pub fn dense<const N: usize>(matrix: &mut [[f64; N]; N], right: &mut [f64; N]) -> bool {
    for k in 0..N {
        let pivot = (k..N).max_by(|&i, &j| matrix[i][k].abs().total_cmp(&matrix[j][k].abs())).unwrap_or(k);
        if !(matrix[pivot][k].abs() > f64::MIN_POSITIVE) {
            return false;
        }
        matrix.swap(k, pivot);
        right.swap(k, pivot);
        for i in k + 1..N {
            let m = matrix[i][k] / matrix[k][k];
            for j in k..N {
                matrix[i][j] -= m * matrix[k][j];
            }
            right[i] -= m * right[k];
        }
    }
    for i in (0..N).rev() {
        for j in i + 1..N {
            right[i] -= matrix[i][j] * right[j];
        }
        right[i] /= matrix[i][i];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> f64 {
        ((i as f64 * 12.9898).sin() * 43758.5453).fract()
    }

    #[test]
    fn tridiagonal_solutions_fulfil_their_equations() {
        let n = 40;
        let (lower, upper): (Vec<f64>, Vec<f64>) = (0..n).map(|i| (noise(i), noise(i + 100))).unzip();
        let diagonal: Vec<f64> = (0..n).map(|i| 3.0 + noise(i + 7)).collect();
        let right: Vec<[f64; 2]> = (0..n).map(|i| [noise(i + 50), noise(i + 900)]).collect();
        let mut x = right.clone();
        tridiagonal(&lower, &mut diagonal.clone(), &upper, &mut x);
        for i in 0..n {
            for w in 0..2 {
                let mut s = diagonal[i] * x[i][w];
                if i > 0 {
                    s += lower[i] * x[i - 1][w];
                }
                if i + 1 < n {
                    s += upper[i] * x[i + 1][w];
                }
                assert!((s - right[i][w]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn pentadiagonal_solutions_fulfil_their_equations() {
        let n = 30;
        let bands: Vec<[f64; 5]> = (0..n).map(|i| [noise(i), noise(i + 31), 6.0 + noise(i + 77), noise(i + 3), noise(i + 200)]).collect();
        let right: Vec<f64> = (0..n).map(|i| noise(i + 11)).collect();
        let mut x = right.clone();
        assert!(pentadiagonal(&mut bands.clone(), &mut x));
        for i in 0..n {
            let s: f64 = (0..5).filter_map(|k| (i + k).checked_sub(2).filter(|j| *j < n).map(|j| bands[i][k] * x[j])).sum();
            assert!((s - right[i]).abs() < 1e-12);
        }
    }

    #[test]
    fn dense_solutions_fulfil_their_equations() {
        let m = [[0.0, 2.0, 1.0], [1.0, -1.0, 3.0], [4.0, 0.5, 0.0]];
        let mut x = [1.0, 2.0, 3.0];
        assert!(dense(&mut m.clone(), &mut x));
        for (row, b) in m.iter().zip([1.0, 2.0, 3.0]) {
            assert!((row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - b).abs() < 1e-12);
        }
        assert!(!dense(&mut [[1.0, 1.0], [1.0, 1.0]], &mut [0.0, 1.0]));
    }
}
