//! The affine map from what an image shows to what is there.

use super::crystal::{Crystal, Reflection, length};
use super::peaks::Peak;
use crate::Measurement;

/// A peak and the reflection that it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spot {
    /// As seen.
    pub peak: Peak,
    /// What it is.
    pub reflection: Reflection,
}

/// Why spots give no map.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum AffineError {
    /// Too few spots.
    #[error("an affine map needs two spots that do not lie on one line through the middle")]
    Degenerate,
    /// The spots fit with a mirror only, or flatten the image.
    #[error("the spots fit to no map that keeps the image's sides")]
    Mirror,
}

/// The map from the image to the specimen, in real space: first a change of scale and a shear in the image's directions, where the lines
/// along x (the fast direction of a scan) stay along x, then a rotation into the crystal's directions.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// True length over length in the image, along x and along y.
    pub scale: [Measurement; 2],
    /// Angle [rad] by which a line along the image's y must be turned towards x (beyond the scale).
    pub shear: Measurement,
    /// Rotation [rad] from the sheared image to the crystal's own directions.
    pub rotation: Measurement,
    /// Root mean square of what remains, over the frequency of each spot; `None` with two spots, which always fit.
    pub residual: Option<f64>,
    /// Number of spots.
    pub spots: usize,
    /// Frequency seen for a true one: seen = map · true.
    map: [[f64; 2]; 2],
    /// Covariance of each row of it.
    covariance: [[[f64; 2]; 2]; 2],
}

impl Affine {
    /// The map that fits best to spots by weighted least squares. With three spots or more the uncertainties grow with the residuals where
    /// these are larger than the spots' own uncertainties explain.
    ///
    /// # Errors
    /// If the spots lie on one line through the middle, or fit only with a mirror.
    pub fn fit(spots: &[Spot]) -> Result<Affine, AffineError> {
        let mut map = [[0.0; 2]; 2];
        let mut covariance = [[[0.0; 2]; 2]; 2];
        let mut chi2 = 0.0;
        for row in 0..2 {
            let (mut n, mut r) = ([[0.0; 2]; 2], [0.0; 2]);
            for s in spots {
                let [x, y] = s.reflection.frequency;
                let weight = 1.0 / s.peak.uncertainty[row].max(1e-6 * length(s.peak.frequency)).powi(2);
                let seen = s.peak.frequency[row];
                n = [[n[0][0] + weight * x * x, n[0][1] + weight * x * y], [n[1][0] + weight * x * y, n[1][1] + weight * y * y]];
                r = [r[0] + weight * x * seen, r[1] + weight * y * seen];
            }
            let determinant = n[0][0] * n[1][1] - n[0][1] * n[1][0];
            if !(determinant > 1e-6 * n[0][0] * n[1][1] && determinant.is_finite()) {
                return Err(AffineError::Degenerate);
            }
            let inverse = [[n[1][1] / determinant, -n[0][1] / determinant], [-n[1][0] / determinant, n[0][0] / determinant]];
            map[row] = [inverse[0][0] * r[0] + inverse[0][1] * r[1], inverse[1][0] * r[0] + inverse[1][1] * r[1]];
            covariance[row] = inverse;
            for s in spots {
                let off = s.peak.frequency[row] - map[row][0] * s.reflection.frequency[0] - map[row][1] * s.reflection.frequency[1];
                chi2 += (off / s.peak.uncertainty[row].max(1e-6 * length(s.peak.frequency))).powi(2);
            }
        }
        let mut residual = None;
        if spots.len() > 2 {
            // Scatter that chance does not explain (2 sigma of chi2) counts; less would only make good uncertainties too large.
            let free = (2 * spots.len() - 4) as f64;
            let excess = if chi2 > free + 2.0 * (2.0 * free).sqrt() { chi2 / free } else { 1.0 };
            covariance = covariance.map(|c| c.map(|r| r.map(|v| v * excess)));
            let off = |s: &Spot| {
                let p = product(&map, s.reflection.frequency);
                (length([p[0] - s.peak.frequency[0], p[1] - s.peak.frequency[1]]) / length(s.peak.frequency)).powi(2)
            };
            residual = Some((spots.iter().map(off).sum::<f64>() / spots.len() as f64).sqrt());
        }
        let shape = decompose(&map).ok_or(AffineError::Mirror)?;
        let mut variance = [0.0; 4];
        let amount = map.iter().flatten().fold(0f64, |m, v| m.max(v.abs()));
        // The four numbers as functions of the map's elements, linearised.
        let gradient = |row: usize, column: usize| {
            let step = 1e-6 * amount;
            let mut moved = map;
            moved[row][column] += step;
            decompose(&moved).map(|m| [0, 1, 2, 3].map(|k| wrap(m[k] - shape[k], k) / step))
        };
        for row in 0..2 {
            let (a, b) = (gradient(row, 0).ok_or(AffineError::Mirror)?, gradient(row, 1).ok_or(AffineError::Mirror)?);
            let c = covariance[row];
            for k in 0..4 {
                variance[k] += a[k] * a[k] * c[0][0] + 2.0 * a[k] * b[k] * c[0][1] + b[k] * b[k] * c[1][1];
            }
        }
        let [sx, sy, shear, rotation] = [0, 1, 2, 3].map(|k| Measurement::new(shape[k], variance[k].max(0.0).sqrt()));
        Ok(Affine { scale: [sx, sy], shear, rotation, residual, spots: spots.len(), map, covariance })
    }

    /// Frequency [1/m] at which the image shows a reflection, and its standard uncertainty along x and y.
    pub fn seen(&self, reflection: &Reflection) -> ([f64; 2], [f64; 2]) {
        let t = reflection.frequency;
        let spread = self.covariance.map(|c| (t[0] * t[0] * c[0][0] + 2.0 * t[0] * t[1] * c[0][1] + t[1] * t[1] * c[1][1]).max(0.0).sqrt());
        (product(&self.map, t), spread)
    }

    /// A peak as the specimen has it, in the crystal's directions: the image's scale and shear taken out. Its uncertainty contains the map's.
    pub fn correct(&self, peak: &Peak) -> Option<Peak> {
        let m = self.map;
        let determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
        let inverse = [[m[1][1] / determinant, -m[0][1] / determinant], [-m[1][0] / determinant, m[0][0] / determinant]];
        let t = product(&inverse, peak.frequency);
        // d(true) = inverse · (d(seen) - d(map) · true)
        let (_, from_map) = self.seen(&Reflection { indices: [0; 3], frequency: t });
        let spread = [0, 1].map(|k| from_map[k].hypot(peak.uncertainty[k]));
        let uncertainty = inverse.map(|r| (r[0] * spread[0]).hypot(r[1] * spread[1]));
        Peak::new(t, uncertainty, peak.power, peak.background)
    }

    /// How far the map is from leaving lengths and right angles as they are: the largest of |scale - 1| and |shear|.
    pub fn distortion(&self) -> f64 {
        self.scale.iter().map(|s| (s.value - 1.0).abs()).fold(self.shear.value.abs(), f64::max)
    }

    /// Reflection of a crystal next to a peak, and its distance over the peak's frequency.
    pub fn nearest(&self, crystal: &[Reflection], peak: &Peak) -> Option<(Reflection, f64)> {
        let near = |r: &Reflection| {
            let (p, _) = self.seen(r);
            length([p[0] - peak.frequency[0], p[1] - peak.frequency[1]]) / length(peak.frequency)
        };
        crystal.iter().map(|r| (*r, near(r))).min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl Spot {
    /// A peak as a reflection of a crystal; `None` if the crystal has no such reflection.
    pub fn new(peak: Peak, crystal: &Crystal, indices: [i32; 3]) -> Option<Spot> {
        Some(Spot { peak, reflection: crystal.reflection(indices)? })
    }
}

fn product(m: &[[f64; 2]; 2], v: [f64; 2]) -> [f64; 2] {
    [m[0][0] * v[0] + m[0][1] * v[1], m[1][0] * v[0] + m[1][1] * v[1]]
}

/// Angles across ±π.
fn wrap(difference: f64, k: usize) -> f64 {
    use std::f64::consts::PI;
    if k < 2 { difference } else { (difference + PI).rem_euclid(2.0 * PI) - PI }
}

/// Scale x, scale y, shear, rotation. With seen = N · true for frequencies, positions go true = Nᵀ · seen (the phase g·r is the same in
/// both), and Nᵀ = rotation · [[sx, sy tan(shear)], [0, sy]].
fn decompose(n: &[[f64; 2]; 2]) -> Option<[f64; 4]> {
    let sx = length([n[0][0], n[0][1]]);
    let determinant = n[0][0] * n[1][1] - n[0][1] * n[1][0];
    let sy = determinant / sx;
    let along = (n[0][0] * n[1][0] + n[0][1] * n[1][1]) / sx;
    (sx > 0.0 && sy > 1e-9 * sx && along.is_finite()).then(|| [sx, sy, (along / sy).atan(), n[0][1].atan2(n[0][0])])
}
