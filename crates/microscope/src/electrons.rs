//! Random electrons: Poisson numbers and normal noise, fast and the same on every machine.

use pentatwin_physics::random::{Purpose, Stream};
use std::sync::OnceLock;

/// Layers of the ziggurat.
const LAYERS: usize = 128;
/// Start of the tail, and area of a layer (Marsaglia & Tsang, J. Stat. Softw. 5 (8), 2000).
const TAIL: f64 = 3.442_619_855_899;
const LAYER_AREA: f64 = 9.912_563_035_262_17e-3;

struct Ziggurat {
    /// Outer edge of each layer, the innermost last; the value of the density there.
    x: [f32; LAYERS + 1],
    y: [f32; LAYERS + 1],
}

fn ziggurat() -> &'static Ziggurat {
    static TABLE: OnceLock<Ziggurat> = OnceLock::new();
    TABLE.get_or_init(|| {
        let density = |x: f64| (-0.5 * x * x).exp();
        let mut x = [0.0f64; LAYERS + 1];
        // Layer 0 is the base strip with the tail: a box of the same area.
        x[0] = LAYER_AREA / density(TAIL);
        x[1] = TAIL;
        for i in 2..LAYERS {
            x[i] = (-2.0 * (LAYER_AREA / x[i - 1] + density(x[i - 1])).ln()).sqrt();
        }
        x[LAYERS] = 0.0;
        Ziggurat { x: x.map(|v| v as f32), y: x.map(|v| density(v) as f32) }
    })
}

/// One stream of electrons: for one row of one frame.
pub struct Electrons {
    stream: Stream,
    half: Option<u32>,
    table: &'static Ziggurat,
}

impl Electrons {
    /// The stream for a row of a frame; `part` keeps uses apart.
    pub fn new(seed: u64, index: u64, row: usize, part: u64) -> Electrons {
        let key = index.wrapping_mul(1 << 24).wrapping_add((row as u64) << 4).wrapping_add(part);
        Electrons { stream: Stream::new(seed, Purpose::Camera, key), half: None, table: ziggurat() }
    }

    fn bits(&mut self) -> u32 {
        if let Some(bits) = self.half.take() {
            return bits;
        }
        let both = self.stream.bits();
        self.half = Some((both >> 32) as u32);
        both as u32
    }

    /// Normal with mean 0 and variance 1.
    #[inline]
    pub fn normal(&mut self) -> f32 {
        loop {
            let bits = self.bits();
            let layer = (bits & 127) as usize;
            let x = (bits >> 8) as f32 * (1.0 / (1 << 24) as f32) * self.table.x[layer];
            let signed = if bits & 128 == 0 { x } else { -x };
            if x < self.table.x[layer + 1] {
                return signed;
            }
            if let Some(x) = self.edge(layer, x) {
                return if bits & 128 == 0 { x } else { -x };
            }
        }
    }

    /// The rare cases: the tail, and the part of a layer where the density must be asked.
    #[cold]
    fn edge(&mut self, layer: usize, x: f32) -> Option<f32> {
        if layer == 0 {
            loop {
                let a = -(1.0 - self.stream.uniform()).ln() / TAIL;
                let b = -(1.0 - self.stream.uniform()).ln();
                if b + b > a * a {
                    return Some((TAIL + a) as f32);
                }
            }
        }
        let (low, high) = (self.table.y[layer], self.table.y[layer + 1]);
        (low + (high - low) * self.stream.uniform() as f32 <= (-0.5 * x * x).exp()).then_some(x)
    }

    /// A Poisson number of mean `mean`; 0 where the mean is not a positive number.
    ///
    /// Below 12 by inversion; above by the expansion of the inverse distribution in a normal number to third order (Giles, ACM Trans.
    /// Math. Softw. 42 (1), 2016), whose error is below 1e-3 of one electron there.
    #[inline]
    pub fn poisson(&mut self, mean: f32) -> f32 {
        if !(mean > 0.0) {
            return 0.0;
        }
        if mean < 12.0 {
            return self.few(mean);
        }
        let w = f64::from(self.normal());
        let lambda = f64::from(mean);
        let root = lambda.sqrt();
        let w2 = w * w;
        let q = lambda + root * w + (1.0 / 3.0 + w2 / 6.0) - (w + 0.5 * w * w2) / (36.0 * root)
            + (-8.0 / 405.0 + w2 * (7.0 / 810.0 + w2 / 270.0)) / lambda;
        q.max(0.0).floor() as f32
    }

    fn few(&mut self, mean: f32) -> f32 {
        let lambda = f64::from(mean);
        let mut left = self.stream.uniform();
        let mut p = (-lambda).exp();
        let mut n = 0.0;
        while left >= p && n < 100.0 {
            left -= p;
            n += 1.0;
            p *= lambda / n;
        }
        n as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_moments_and_tails_of_the_normal_distribution() {
        let mut e = Electrons::new(1, 0, 0, 0);
        let n = 2_000_000;
        let (mut m, mut beyond) = ([0.0f64; 4], [0.0f64; 3]);
        for _ in 0..n {
            let x = f64::from(e.normal());
            for (k, m) in m.iter_mut().enumerate() {
                *m += x.powi(k as i32 + 1);
            }
            for (k, b) in beyond.iter_mut().enumerate() {
                *b += f64::from(u8::from(x.abs() > k as f64 + 1.0));
            }
        }
        let n = f64::from(n);
        // Standard errors of the moments: sqrt(1, 2, 15, 96)/sqrt(n); five of them.
        for (k, (expected, spread)) in [(0.0, 1.0f64), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)].into_iter().enumerate() {
            assert!((m[k] / n - expected).abs() < 5.0 * (spread / n).sqrt(), "moment {k}: {}", m[k] / n);
        }
        for (b, p) in beyond.into_iter().zip([0.317_310_5, 0.045_500_3, 0.002_699_8f64]) {
            assert!((b / n - p).abs() < 5.0 * (p / n).sqrt(), "{} {p}", b / n);
        }
    }

    #[test]
    fn electrons_are_poisson_at_every_mean() {
        for mean in [0.02f32, 1.4, 11.9, 12.1, 25.0, 80.0, 860.0] {
            let mut e = Electrons::new(2, 0, 0, 0);
            let n = 400_000;
            let lambda = f64::from(mean);
            let (mut s1, mut s2, mut s3) = (0.0, 0.0, 0.0);
            let mut counts = vec![0.0f64; 4000];
            for _ in 0..n {
                let x = f64::from(e.poisson(mean));
                counts[x as usize] += 1.0;
                s1 += x - lambda;
                s2 += (x - lambda).powi(2);
                s3 += (x - lambda).powi(3);
            }
            let n = f64::from(n);
            assert!((s1 / n).abs() < 5.0 * (lambda / n).sqrt(), "{mean}: mean off by {}", s1 / n);
            // Variance of the squared deviation: lambda + 2 lambda²; of the cubed one at most lambda + 25 lambda² + 15 lambda³.
            assert!((s2 / n - lambda).abs() < 5.0 * ((lambda + 2.0 * lambda * lambda) / n).sqrt(), "{mean}: variance {}", s2 / n);
            assert!((s3 / n - lambda).abs() < 5.0 * ((lambda + 25.0 * lambda.powi(2) + 15.0 * lambda.powi(3)) / n).sqrt());
            // Every single probability that is expected a thousand times.
            let mut p = (-lambda).exp();
            for (k, seen) in counts.iter().enumerate() {
                if k > 0 {
                    p *= lambda / k as f64;
                }
                if p * n > 1000.0 {
                    assert!((seen / n - p).abs() < 5.0 * (p / n).sqrt() + 1e-3 * p, "{mean}: P({k}) = {} not {p}", seen / n);
                }
            }
        }
    }
}
