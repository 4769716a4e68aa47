//! Weighted normal equations of a few dozen unknowns.

/// Columns of a linear model, one vector of channels each; 0 outside `used`.
pub(super) struct Column {
    pub(super) values: Vec<f64>,
    pub(super) used: std::ops::Range<usize>,
}

impl Column {
    /// A column, without the zeros at its ends.
    pub(super) fn new(values: Vec<f64>) -> Column {
        let from = values.iter().position(|v| *v != 0.0).unwrap_or(0);
        let to = values.iter().rposition(|v| *v != 0.0).map_or(0, |k| k + 1);
        Column { values, used: from..to }
    }
}

/// Xᵀ W X.
pub(super) fn normal(columns: &[&Column], weights: &[f64]) -> Vec<Vec<f64>> {
    let n = columns.len();
    let mut m = vec![vec![0.0; n]; n];
    let mut weighted = vec![0.0; weights.len()];
    for i in 0..n {
        let own = columns[i].used.clone();
        for k in own.clone() {
            weighted[k] = columns[i].values[k] * weights[k];
        }
        for j in 0..=i {
            let both = own.start.max(columns[j].used.start)..own.end.min(columns[j].used.end);
            if !both.is_empty() {
                let sum = dot(&weighted[both.clone()], &columns[j].values[both]);
                m[i][j] = sum;
                m[j][i] = sum;
            }
        }
    }
    m
}

/// Scalar product, in four sums that the processor adds side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (x, y) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = x.remainder().iter().zip(y.remainder()).map(|(p, q)| p * q).sum();
    for (p, q) in x.zip(y) {
        for k in 0..4 {
            sums[k] += p[k] * q[k];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Inverse of a symmetric positive matrix by Cholesky's method, on a unit diagonal; the first unknown that is not independent if there
/// is one.
pub(super) fn invert(m: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, usize> {
    let n = m.len();
    let scale: Vec<f64> = (0..n).map(|k| m[k][k].sqrt()).collect();
    if let Some(k) = scale.iter().position(|s| !(*s > 0.0 && s.is_finite())) {
        return Err(k);
    }
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let sum = m[i][j] / (scale[i] * scale[j]) - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            if i == j {
                if !(sum > 1e-11) {
                    return Err(i);
                }
                l[i][i] = sum.sqrt();
            } else {
                l[i][j] = sum / l[j][j];
            }
        }
    }
    // Columns of the inverse of L, then LᵀL of it.
    let mut r = vec![vec![0.0; n]; n];
    for c in 0..n {
        r[c][c] = 1.0 / l[c][c];
        for i in c + 1..n {
            let sum: f64 = (c..i).map(|k| l[i][k] * r[k][c]).sum();
            r[i][c] = -sum / l[i][i];
        }
    }
    let mut inverse = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (i..n).map(|k| r[k][i] * r[k][j]).sum::<f64>() / (scale[i] * scale[j]);
            inverse[i][j] = sum;
            inverse[j][i] = sum;
        }
    }
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_times_matrix_is_one_and_twins_are_found() {
        let columns: Vec<Column> =
            (0..4).map(|k| Column::new((0..50).map(|i| ((i * (k + 1)) as f64 * 0.37).sin() + k as f64).collect())).collect();
        let all: Vec<&Column> = columns.iter().collect();
        let weights: Vec<f64> = (0..50).map(|i| 1.0 + i as f64).collect();
        let m = normal(&all, &weights);
        let inverse = invert(&m).unwrap();
        for i in 0..4 {
            for j in 0..4 {
                let sum: f64 = (0..4).map(|k| m[i][k] * inverse[k][j]).sum();
                assert!((sum - f64::from(u8::from(i == j))).abs() < 1e-9, "{i} {j} {sum}");
            }
        }
        let twins = [&columns[1], &columns[2], &columns[1]];
        assert_eq!(invert(&normal(&twins, &weights)), Err(2));
    }
}
