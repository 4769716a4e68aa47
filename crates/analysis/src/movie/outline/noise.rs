//! Noise of a strip's cells and the blur of the camera, from what changes between strips of successive images.

use super::fit::CellNoise;
use super::strip::{Grid, Strip};

/// What strips say about the camera.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seen {
    pub cell: CellNoise,
    /// Standard deviation of the blur [pixels], from the correlation of neighbouring rows.
    pub blur: f64,
}

/// Blur and inflation where they cannot be told: a camera's scintillator, imaging.md 2.4.
const USUAL_BLUR: f64 = 0.8;
/// Rows that are summed to see how much more a sum varies.
const GROUP: usize = 5;

/// Sums of the noise of one kind of rows.
#[derive(Clone, Copy, Default)]
struct Sums {
    n: f64,
    counts: f64,
    own: f64,
    next: f64,
    pairs: f64,
    group: f64,
    groups: f64,
}

impl Sums {
    fn take(&mut self, noise: &[f64], counts: f64) {
        // The mean of a stretch changes with illumination and drift: it is no noise.
        let mean = noise.iter().sum::<f64>() / noise.len() as f64;
        let lost = 1.0 - 1.0 / noise.len() as f64;
        for d in noise {
            self.own += (d - mean).powi(2) / lost;
        }
        self.n += noise.len() as f64;
        self.counts += counts * noise.len() as f64;
        for w in noise.windows(2) {
            self.next += (w[0] - mean) * (w[1] - mean);
            self.pairs += 1.0;
        }
        for g in noise.chunks_exact(GROUP) {
            self.group += g.iter().map(|d| d - mean).sum::<f64>().powi(2);
            self.groups += 1.0;
        }
    }

    fn variance(&self) -> f64 {
        self.own / self.n
    }

    fn mean(&self) -> f64 {
        self.counts / self.n
    }
}

/// From the differences of successive strips; with one strip only, from the differences of its cells. `background` and `wire` say which rows
/// are surely one or the other. `None` if there is nothing to measure.
pub fn see(strips: &[Strip], grid: &Grid, background: &[bool], wire: &[bool]) -> Option<Seen> {
    let rows = grid.rows;
    let mut sums = [Sums::default(); 2];
    let mut stretch = Vec::new();
    let mut take = |a: &[f32], b: Option<&[f32]>| {
        for (kind, mask) in [background, wire].iter().enumerate() {
            let mut r = 0;
            while r < rows {
                stretch.clear();
                let (mut level, from) = (0.0, r);
                while r < rows && mask[r] && a[r].is_finite() && b.is_none_or(|b| b[r].is_finite()) {
                    match b {
                        Some(b) => stretch.push(f64::from(a[r] - b[r]) / std::f64::consts::SQRT_2),
                        // Second differences along one strip: free of slopes.
                        None if r > from + 1 => stretch.push(f64::from(a[r] - 2.0 * a[r - 1] + a[r - 2]) / 6f64.sqrt()),
                        None => {}
                    }
                    level += f64::from(a[r]);
                    r += 1;
                }
                if stretch.len() >= 2 * GROUP {
                    sums[kind].take(&stretch, level / (r - from) as f64);
                }
                r = r.max(from + 1);
            }
        }
    };
    let single = strips.len() < 2;
    for pair in strips.windows(2) {
        for (a, b) in pair[0].cells.chunks_exact(rows).zip(pair[1].cells.chunks_exact(rows)) {
            take(a, Some(b));
        }
    }
    if single {
        for a in strips.first()?.cells.chunks_exact(rows) {
            take(a, None);
        }
    }
    let [outside, inside] = sums;
    if outside.n < 50.0 || !(outside.variance() > 0.0) {
        return None;
    }
    let variance = outside.variance();
    let mut floor = 0.0;
    let mut per_count = variance / outside.mean().max(1e-9);
    let mut black = 0.0;
    if inside.n >= 50.0 && (outside.mean() - inside.mean()).abs() > 0.1 * outside.mean() {
        let slope = (variance - inside.variance()) / (outside.mean() - inside.mean());
        if slope > 0.0 {
            per_count = slope;
            black = outside.mean() - variance / slope;
            if black < 0.0 {
                // More noise in the dark than counts explain.
                (floor, black) = (-black * slope, 0.0);
            }
        } else {
            (floor, per_count) = (variance, 0.0);
        }
    }
    let correlation = if outside.pairs > 0.0 && !single { (outside.next / outside.pairs / variance).clamp(0.0, 0.9) } else { f64::NAN };
    // Noise blurred by a Gaussian has the correlation exp(-1/(4 s²)) at one pixel.
    let blur = if correlation > 0.02 {
        0.5 / (-correlation.ln()).sqrt()
    } else if correlation.is_nan() {
        USUAL_BLUR
    } else {
        0.25
    };
    let inflation = if outside.groups > 10.0 && !single {
        (outside.group / outside.groups / (GROUP as f64 * variance)).clamp(1.0, 20.0)
    } else {
        1.0 + 2.0 * correlation.max(0.0)
    };
    let inflation = if inflation.is_finite() { inflation } else { 2.5 };
    Some(Seen { cell: CellNoise { floor, per_count, black, inflation }, blur: blur.clamp(0.25, 4.0) })
}
