//! Random electrons: Poisson numbers and normal noise, fast and the same on every machine.

use crate::fast::whole;
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
    table: &'static Ziggurat,
}

/// Below this mean Poisson numbers are made by inversion.
const FEW: f32 = 12.0;
/// Numbers that inversion can give; beyond the last the probability is below 1e-20.
const MOST: usize = 60;

impl Electrons {
    /// The stream for a row of a frame; `part` keeps uses apart.
    pub fn new(seed: u64, index: u64, row: usize, part: u64) -> Electrons {
        let key = index.wrapping_mul(1 << 24).wrapping_add((row as u64) << 4).wrapping_add(part);
        Electrons { stream: Stream::new(seed, Purpose::Camera, key), table: ziggurat() }
    }

    /// Normal with mean 0 and variance 1.
    pub fn normal(&mut self) -> f32 {
        let bits = self.stream.bits() as u32;
        self.shape(bits)
    }

    /// Fills a row with normal numbers: two from each 64 bits.
    pub fn normal_row(&mut self, row: &mut [f32]) {
        let mut pairs = row.chunks_exact_mut(2);
        for pair in &mut pairs {
            let bits = self.stream.bits();
            pair[0] = self.shape(bits as u32);
            pair[1] = self.shape((bits >> 32) as u32);
        }
        for value in pairs.into_remainder() {
            *value = self.normal();
        }
    }

    /// Seven bits choose the layer, one the sign, the others the place in the layer.
    #[inline]
    fn shape(&mut self, bits: u32) -> f32 {
        let layer = (bits & 127) as usize;
        let x = (bits >> 8) as i32 as f32 * (1.0 / (1 << 24) as f32) * self.table.x[layer];
        let sign = (bits & 128) << 24;
        let x = if x < self.table.x[layer + 1] { x } else { self.rare(layer, x) };
        f32::from_bits(x.to_bits() ^ sign)
    }

    /// The rare cases: the tail, and the part of a layer where the density must be asked; a refused number is drawn anew.
    #[cold]
    fn rare(&mut self, mut layer: usize, mut x: f32) -> f32 {
        loop {
            if layer == 0 {
                loop {
                    let a = -(1.0 - self.stream.uniform()).ln() / TAIL;
                    let b = -(1.0 - self.stream.uniform()).ln();
                    if b + b > a * a {
                        return (TAIL + a) as f32;
                    }
                }
            }
            let (low, high) = (self.table.y[layer], self.table.y[layer + 1]);
            if low + (high - low) * self.stream.uniform() as f32 <= (-0.5 * x * x).exp() {
                return x;
            }
            let bits = self.stream.bits() as u32;
            layer = (bits & 127) as usize;
            x = (bits >> 8) as f32 * (1.0 / (1 << 24) as f32) * self.table.x[layer];
            if x < self.table.x[layer + 1] {
                return x;
            }
        }
    }

    /// Turns a row of means into Poisson numbers; 0 where the mean is not a positive number.
    ///
    /// Below 12 by inversion; above by the expansion of the inverse distribution in a normal number to third order (Giles, ACM Trans.
    /// Math. Softw. 42 (1), 2016), whose error is below 1e-3 of one electron there.
    pub fn poisson_row(&mut self, row: &mut [f32]) {
        let few = row.iter().filter(|m| !(**m >= FEW)).count();
        let mut table = Inversion::default();
        if few < row.len() {
            let mut normal = vec![0.0f32; row.len()];
            self.normal_row(&mut normal);
            for (value, w) in row.iter_mut().zip(&normal) {
                let drawn = many(value.max(FEW), *w);
                *value = if *value >= FEW { drawn } else { -value.max(0.0) };
            }
            if few > 0 {
                // The negative ones are means that still wait.
                row.iter_mut().filter(|v| **v <= 0.0).for_each(|v| *v = table.draw(-*v, self.stream.uniform()));
            }
        } else {
            row.iter_mut().for_each(|v| *v = table.draw(*v, self.stream.uniform()));
        }
    }
}

/// The Poisson number of mean `lambda` that belongs to a normal number.
#[inline]
fn many(lambda: f32, w: f32) -> f32 {
    let root = lambda.sqrt();
    let w2 = w * w;
    let third = (-8.0 / 405.0 + w2 * (7.0 / 810.0 + w2 * (1.0 / 270.0))) / lambda;
    let q = root * w + (1.0 / 3.0 + w2 * (1.0 / 6.0)) - w * (1.0 + 0.5 * w2) / (36.0 * root) + third;
    // The whole number below lambda + q; beyond 4e6 single precision is whole of itself.
    let q = (lambda + q).max(0.5);
    if q < 4e6 { whole(q - 0.5) } else { q }
}

/// Inversion by a table of the distribution, kept while the mean stays the same: the background of a dark-field image is one.
struct Inversion {
    mean: f32,
    used: bool,
    below: [f64; MOST],
    /// For each 64th of the probability, where to begin to look.
    guide: [u8; 64],
}

impl Default for Inversion {
    fn default() -> Self {
        Inversion { mean: f32::NAN, used: false, below: [0.0; MOST], guide: [0; 64] }
    }
}

impl Inversion {
    fn draw(&mut self, mean: f32, u: f64) -> f32 {
        if !(mean > 0.0) {
            return 0.0;
        }
        if mean != self.mean {
            self.mean = mean;
            self.used = false;
            let lambda = f64::from(mean);
            return search(u, lambda);
        }
        if !self.used {
            self.fill();
        }
        let mut k = usize::from(self.guide[(u * 64.0) as usize & 63]);
        while k + 1 < MOST && u >= self.below[k] {
            k += 1;
        }
        k as f32
    }

    #[cold]
    fn fill(&mut self) {
        let lambda = f64::from(self.mean);
        let mut p = (-lambda).exp();
        let mut sum = 0.0;
        for (k, below) in self.below.iter_mut().enumerate() {
            sum += p;
            *below = sum;
            p *= lambda / (k + 1) as f64;
        }
        let mut k = 0;
        for (part, start) in self.guide.iter_mut().enumerate() {
            while k + 1 < MOST && self.below[k] <= part as f64 / 64.0 {
                k += 1;
            }
            *start = k as u8;
        }
        self.used = true;
    }
}

/// A Poisson number; 0 where the mean is not a positive number. Made as by [`Electrons::poisson_row`], in double precision: counts may be
/// larger than single precision holds.
pub fn poisson(stream: &mut Stream, mean: f64) -> u32 {
    if !(mean >= f64::from(FEW)) {
        return search(stream.uniform(), mean.max(0.0)) as u32;
    }
    let w = stream.normal();
    let (root, w2) = (mean.sqrt(), w * w);
    let third = (-8.0 / 405.0 + w2 * (7.0 / 810.0 + w2 / 270.0)) / mean;
    (mean + root * w + (1.0 / 3.0 + w2 / 6.0) - w * (1.0 + 0.5 * w2) / (36.0 * root) + third).max(0.0) as u32
}

/// One number by inversion without a table.
fn search(u: f64, lambda: f64) -> f32 {
    let mut p = (-lambda).exp();
    let mut sum = p;
    let mut k = 0;
    while u >= sum && k + 1 < MOST {
        k += 1;
        p *= lambda / k as f64;
        sum += p;
    }
    k as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_moments_and_tails_of_the_normal_distribution() {
        let mut e = Electrons::new(1, 0, 0, 0);
        let n = 2_000_001usize;
        let (mut m, mut beyond) = ([0.0f64; 4], [0.0f64; 3]);
        let mut row = vec![0.0; n];
        e.normal_row(&mut row);
        for x in row {
            let x = f64::from(x);
            for (k, m) in m.iter_mut().enumerate() {
                *m += x.powi(k as i32 + 1);
            }
            for (k, b) in beyond.iter_mut().enumerate() {
                *b += f64::from(u8::from(x.abs() > k as f64 + 1.0));
            }
        }
        let n = n as f64;
        // Standard errors of the moments: sqrt(1, 2, 15, 96)/sqrt(n); five of them.
        for (k, (expected, spread)) in [(0.0, 1.0f64), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)].into_iter().enumerate() {
            assert!((m[k] / n - expected).abs() < 5.0 * (spread / n).sqrt(), "moment {k}: {}", m[k] / n);
        }
        for (b, p) in beyond.into_iter().zip([0.317_310_5, 0.045_500_3, 0.002_699_8f64]) {
            assert!((b / n - p).abs() < 5.0 * (p / n).sqrt(), "{} {p}", b / n);
        }
    }

    #[test]
    fn single_numbers_are_poisson() {
        let mut stream = Stream::new(3, Purpose::Spectrum, 0);
        for mean in [0.03f64, 1.0, 11.9, 12.1, 80.0, 3e4] {
            let n = 40_000;
            let x: Vec<f64> = (0..n).map(|_| f64::from(poisson(&mut stream, mean))).collect();
            let m = x.iter().sum::<f64>() / f64::from(n);
            let v = x.iter().map(|x| (x - m).powi(2)).sum::<f64>() / f64::from(n);
            let sigma = (mean / f64::from(n)).sqrt();
            assert!((m - mean).abs() < 4.5 * sigma, "{mean}: {m}");
            assert!((v / mean - 1.0).abs() < 4.5 * ((2.0 + 1.0 / mean) / f64::from(n)).sqrt(), "{mean}: variance {v}");
        }
        assert_eq!(poisson(&mut stream, f64::NAN) + poisson(&mut stream, -1.0) + poisson(&mut stream, 0.0), 0);
    }

    #[test]
    fn electrons_are_poisson_at_every_mean() {
        for mean in [0.02f32, 1.4, 11.9, 12.1, 25.0, 80.0, 860.0] {
            let mut e = Electrons::new(2, 0, 0, 0);
            let n = 400_000usize;
            let lambda = f64::from(mean);
            let (mut s1, mut s2, mut s3) = (0.0, 0.0, 0.0);
            let mut counts = vec![0.0f64; 4000];
            let mut row = vec![mean; n];
            // A neighbour of another mean makes the table give way to the search.
            row.iter_mut().step_by(3).for_each(|m| *m = 0.5);
            e.poisson_row(&mut row);
            row.iter_mut().step_by(3).for_each(|m| *m = mean);
            let mut again = row.iter().map(|_| mean).collect::<Vec<_>>();
            Electrons::new(3, 0, 0, 0).poisson_row(&mut again);
            row.iter_mut().zip(again).step_by(3).for_each(|(a, b)| *a = b);
            for x in row {
                let x = f64::from(x);
                counts[x as usize] += 1.0;
                s1 += x - lambda;
                s2 += (x - lambda).powi(2);
                s3 += (x - lambda).powi(3);
            }
            let n = n as f64;
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
