//! The smooth background of a crop.

use crate::facets::normal::{inverse, times};

/// Quadratic surface through the pixels that are valid and not brighter (`sign` = 1; -1: darker) than `clip` deviations; NaN-free where it
/// exists. `noise(level)` is the variance of a pixel at a level. `None` if too few pixels are valid.
pub(crate) fn surface(width: usize, values: &[f32], valid: &[bool], sign: f64, noise: impl Fn(f64) -> f64) -> Option<Vec<f64>> {
    let height = values.len() / width.max(1);
    let basis = |i: usize| {
        let x = 2.0 * (i % width) as f64 / width as f64 - 1.0;
        let y = 2.0 * (i / width) as f64 / height as f64 - 1.0;
        [1.0, x, y, x * x, x * y, y * y]
    };
    let mut used: Vec<bool> = valid.to_vec();
    let mut fitted: Option<Vec<f64>> = None;
    // The clipping leaves out particles, which would lift the background; three rounds settle.
    for _ in 0..4 {
        let (mut matrix, mut right) = (vec![vec![0.0; 6]; 6], vec![0.0; 6]);
        let mut count = 0usize;
        for i in (0..values.len()).filter(|&i| used[i]) {
            let f = basis(i);
            count += 1;
            for a in 0..6 {
                right[a] += f[a] * f64::from(values[i]);
                for b in 0..6 {
                    matrix[a][b] += f[a] * f[b];
                }
            }
        }
        if count < 60 {
            return None;
        }
        let coefficients = times(&inverse(&matrix)?, &right);
        let level: Vec<f64> = (0..values.len()).map(|i| basis(i).iter().zip(&coefficients).map(|(a, b)| a * b).sum()).collect();
        for i in 0..values.len() {
            // 5 deviations upwards: Poisson tails of a few counts must stay, or the mean would sink.
            used[i] = valid[i] && sign * (f64::from(values[i]) - level[i]) < 5.0 * noise(level[i]).sqrt();
        }
        fitted = Some(level);
    }
    fitted
}
