//! The continuum: a smooth function on what the detector and the specimen make of 1/E.

/// Cubic B-splines on knots that are even in the logarithm of the energy, `count` of them, from `from` to `to` [eV]; together they are 1.
pub(super) fn splines(count: usize, from: f64, to: f64, energies: &[f64]) -> Vec<Vec<f64>> {
    let count = count.max(4);
    let spans = (count - 3) as f64;
    energies
        .iter()
        .map(|e| {
            let u = ((e / from).ln() / (to / from).ln() * spans).clamp(0.0, spans);
            let span = (u as usize).min(count - 4);
            let t = u - span as f64;
            let s = 1.0 - t;
            let mut row = vec![0.0; count];
            row[span] = s * s * s / 6.0;
            row[span + 1] = (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0;
            row[span + 2] = (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0;
            row[span + 3] = t * t * t / 6.0;
            row
        })
        .collect()
}

/// `values` on channels of `width` [eV] as a detector widens them; `fwhm` is its width [eV] at each channel.
pub(super) fn widen(values: &[f64], width: f64, fwhm: impl Fn(usize) -> f64) -> Vec<f64> {
    let n = values.len() as isize;
    (0..n)
        .map(|k| {
            let sigma = fwhm(k as usize) / 2.354_820_045 / width;
            let reach = (3.0 * sigma).ceil() as isize;
            let (mut sum, mut weights) = (0.0, 0.0);
            for j in (k - reach).max(0)..=(k + reach).min(n - 1) {
                let d = (j - k) as f64 / sigma;
                let w = (-0.5 * d * d).exp();
                sum += w * values[j as usize];
                weights += w;
            }
            sum / weights
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splines_add_up_to_one() {
        let energies: Vec<f64> = (1..200).map(|k| 100.0 * k as f64).collect();
        for row in splines(9, 150.0, 15e3, &energies) {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12 && row.iter().all(|v| *v >= 0.0));
        }
    }
}
