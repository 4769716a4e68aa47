//! Diffraction patterns, and the rings of silver.

use pentatwin_physics::materials::silver::expansion::lattice_parameter;

/// Intensity over the frequency in the back focal plane.
#[derive(Clone, PartialEq, Debug)]
pub struct Pattern {
    /// Entries along x and y; frequency 0 is entry `size/2`.
    pub size: [usize; 2],
    /// Step of the frequency along x and y [1/m].
    pub step: [f64; 2],
    /// Part of the incident beam in each entry, row by row; all together the part within the band limit.
    pub intensity: Vec<f32>,
    /// The band limit [1/m]; nothing lies beyond it.
    pub limit: f64,
}

impl Pattern {
    pub(crate) fn new(size: [usize; 2], step: [f64; 2], intensity: Vec<f32>, limit: f64) -> Pattern {
        Pattern { size, step, intensity, limit }
    }

    /// Frequency of an entry [1/m].
    pub fn frequency(&self, x: usize, y: usize) -> [f64; 2] {
        [(x as f64 - (self.size[0] / 2) as f64) * self.step[0], (y as f64 - (self.size[1] / 2) as f64) * self.step[1]]
    }

    /// Part of the incident beam within `radius` of a frequency [1/m].
    pub fn spot(&self, at: [f64; 2], radius: f64) -> f64 {
        self.places().filter(|(k, _)| (k[0] - at[0]).hypot(k[1] - at[1]) <= radius).map(|(_, i)| i).sum()
    }

    /// Where a spot's weight lies [1/m], within `radius` of a frequency; `None` where there is nothing.
    pub fn centroid(&self, at: [f64; 2], radius: f64) -> Option<[f64; 2]> {
        let mut sum = [0.0; 3];
        for (k, i) in self.places().filter(|(k, _)| (k[0] - at[0]).hypot(k[1] - at[1]) <= radius) {
            sum = [sum[0] + i * k[0], sum[1] + i * k[1], sum[2] + i];
        }
        (sum[2] > 0.0).then(|| [sum[0] / sum[2], sum[1] / sum[2]])
    }

    /// The pattern as a beam of some divergence draws it: each entry spread over a Gaussian of rms `width` [1/m]. A beam of semi-angle α
    /// (1/e) has α/(λ√2).
    pub fn blurred(&self, width: f64) -> Pattern {
        let mut blurred = self.clone();
        for axis in [0, 1] {
            let sigma = width / self.step[axis];
            if !(sigma > 0.05 && sigma < 1e3) {
                continue;
            }
            let reach = (4.0 * sigma).ceil() as isize;
            let weights: Vec<f64> = (-reach..=reach).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp()).collect();
            let sum: f64 = weights.iter().sum();
            let [w, h] = self.size;
            let from = blurred.intensity.clone();
            for (n, value) in blurred.intensity.iter_mut().enumerate() {
                let at = [n % w, n / w];
                let mut total = 0.0;
                for (d, weight) in (-reach..=reach).zip(&weights) {
                    let mut to = at.map(|v| v as isize);
                    to[axis] += d;
                    if to[axis] >= 0 && to[axis] < self.size[axis] as isize {
                        total += weight * f64::from(from[(to[1] as usize).min(h - 1) * w + to[0] as usize]);
                    }
                }
                *value = (total / sum) as f32;
            }
        }
        blurred
    }

    fn places(&self) -> impl Iterator<Item = ([f64; 2], f64)> + '_ {
        self.intensity.iter().enumerate().map(|(n, i)| (self.frequency(n % self.size[0], n / self.size[0]), f64::from(*i)))
    }

    /// A picture of the square within `highest` [1/m]: 1 at the brightest entry, 0 at `decades` powers of ten below and darker. Returns
    /// width, height, values row by row.
    pub fn picture(&self, highest: f64, decades: f64) -> (usize, usize, Vec<f32>) {
        let half = [0, 1].map(|k| ((highest / self.step[k]) as usize).min((self.size[k] / 2).saturating_sub(1)));
        let most = self.intensity.iter().fold(0f32, |m, v| m.max(*v)).max(f32::MIN_POSITIVE);
        let mut values = Vec::new();
        for y in self.size[1] / 2 - half[1]..=self.size[1] / 2 + half[1] {
            for x in self.size[0] / 2 - half[0]..=self.size[0] / 2 + half[0] {
                let i = self.intensity[(y * self.size[0] + x).min(self.intensity.len() - 1)];
                let level = 1.0 + f64::from((i / most).max(1e-30)).log10() / decades.max(1e-3);
                values.push(level.clamp(0.0, 1.0) as f32);
            }
        }
        (2 * half[0] + 1, 2 * half[1] + 1, values)
    }
}

/// A ring of a powder of silver.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ring {
    /// Miller indices, the largest first.
    pub indices: [u32; 3],
    /// Spacing of the planes [m].
    pub spacing: f64,
    /// Radius in a spectrum or a diffraction pattern [1/m].
    pub radius: f64,
}

/// The rings of silver at a temperature [K] (293 to 1235 K, beyond held) out to a frequency [1/m], the innermost first.
pub fn silver_rings(temperature: f64, highest: f64) -> Vec<Ring> {
    let a = lattice_parameter(temperature);
    let most = (highest * a).clamp(0.0, 30.0) as u32;
    let mut rings = Vec::new();
    for h in 1..=most {
        for k in 0..=h {
            for l in 0..=k {
                let radius = f64::from(h * h + k * k + l * l).sqrt() / a;
                // Face-centred: all even or all odd.
                if h % 2 == k % 2 && k % 2 == l % 2 && radius <= highest {
                    rings.push(Ring { indices: [h, k, l], spacing: 1.0 / radius, radius });
                }
            }
        }
    }
    rings.sort_by(|a, b| a.radius.total_cmp(&b.radius));
    rings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_of_the_handbook() {
        // physics.md 1.1: d111, d200, d220, d311 at 293 K; d111 at 750 °C 0.2397 nm.
        let rings = silver_rings(293.0, 8.5e9);
        let expected = [([1, 1, 1], 0.2359), ([2, 0, 0], 0.2043), ([2, 2, 0], 0.1445), ([3, 1, 1], 0.1232), ([2, 2, 2], 0.1180)];
        assert_eq!(rings.len(), 5);
        for (ring, (indices, d)) in rings.iter().zip(expected) {
            assert_eq!(ring.indices, indices);
            assert!((ring.spacing * 1e9 - d).abs() < 1e-4, "{ring:?}");
        }
        assert!((silver_rings(1023.15, 5e9)[0].spacing * 1e9 - 0.2397).abs() < 1e-4);
        assert!(silver_rings(300.0, f64::NAN).is_empty() && silver_rings(300.0, -1.0).is_empty());
    }
}
