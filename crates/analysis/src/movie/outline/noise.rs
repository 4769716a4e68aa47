//! Noise of a strip's cells and the blur of the camera, from what changes between strips of successive images.

use super::fit::CellNoise;
use super::strip::{Grid, Strip};

/// What strips say about the camera.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seen {
    pub cell: CellNoise,
    /// Standard deviation of the blur [pixels], from the correlation of neighbouring rows.
    pub blur: f64,
    /// The blur as a core and a tail, from correlations over several rows, if they could be measured.
    pub spread: Option<Spread>,
}

/// A line spread of a Gaussian core and an exponential tail, as of a scintillator (imaging.md 2.4).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spread {
    /// Standard deviation of the core [pixels].
    pub core: f64,
    /// Weight of the tail, and its standard deviation [pixels].
    pub tail: (f64, f64),
}

/// Rows over which correlations are taken.
const LAGS: usize = 4;

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
    next: [f64; LAGS],
    pairs: [f64; LAGS],
    group: f64,
    groups: f64,
}

impl Sums {
    /// A stretch of noise around `mean`.
    fn take(&mut self, noise: &[f64], counts: f64, mean: f64) {
        for d in noise {
            self.own += (d - mean).powi(2);
        }
        self.n += noise.len() as f64;
        self.counts += counts * noise.len() as f64;
        for lag in 1..=LAGS {
            for (a, b) in noise.iter().zip(noise.iter().skip(lag)) {
                self.next[lag - 1] += (a - mean) * (b - mean);
                self.pairs[lag - 1] += 1.0;
            }
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
    let mut take = |a: &[f32], b: Option<&[f32]>, means: [f64; 2]| {
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
                    sums[kind].take(&stretch, level / (r - from) as f64, means[kind]);
                }
                r = r.max(from + 1);
            }
        }
    };
    let single = strips.len() < 2;
    for pair in strips.windows(2) {
        // What the whole image gained or lost in brightness is no noise.
        let means = [background, wire].map(|mask| {
            let cells = pair[0].cells.iter().zip(&pair[1].cells).enumerate();
            let picked = cells.filter(|(k, (a, b))| mask[k % rows] && a.is_finite() && b.is_finite());
            let (sum, n) = picked.fold((0.0, 0.0), |(s, n), (_, (a, b))| (s + f64::from(a - b), n + 1.0));
            if n > 0.0 { sum / n / std::f64::consts::SQRT_2 } else { 0.0 }
        });
        for (a, b) in pair[0].cells.chunks_exact(rows).zip(pair[1].cells.chunks_exact(rows)) {
            take(a, Some(b), means);
        }
    }
    if single {
        for a in strips.first()?.cells.chunks_exact(rows) {
            take(a, None, [0.0; 2]);
        }
    }
    let [outside, inside] = sums;
    if outside.n < 50.0 || !(outside.variance() > 0.0) {
        return None;
    }
    // One strip alone: second differences show less of blurred noise, by a factor that their own correlation tells.
    let alone = single.then(|| Alone::of(outside.next[0] / outside.pairs[0] / outside.variance()));
    let shown = alone.map_or(1.0, |a| a.shown);
    let (variance, variance_inside) = (outside.variance() / shown, inside.variance() / shown);
    let mut floor = 0.0;
    let mut per_count = variance / outside.mean().max(1e-9);
    let mut black = 0.0;
    if inside.n >= 50.0 && (outside.mean() - inside.mean()).abs() > 0.1 * outside.mean() {
        let slope = (variance - variance_inside) / (outside.mean() - inside.mean());
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
    let correlation =
        if outside.pairs[0] > 0.0 && !single { (outside.next[0] / outside.pairs[0] / variance).clamp(0.0, 0.9) } else { f64::NAN };
    let correlations: [f64; LAGS] = std::array::from_fn(|k| outside.next[k] / outside.pairs[k] / variance);
    let spread = (!single && correlations.iter().all(|c| c.is_finite())).then(|| line_spread(&correlations));
    // Noise blurred by a Gaussian has the correlation exp(-1/(4 s²)) at one pixel.
    let blur = if let Some(a) = alone {
        a.blur
    } else if correlation > 0.02 {
        0.5 / (-correlation.ln()).sqrt()
    } else if correlation.is_nan() {
        USUAL_BLUR
    } else {
        0.25
    };
    let inflation = if outside.groups > 10.0 && !single {
        (outside.group / outside.groups / (GROUP as f64 * variance)).clamp(1.0, 20.0)
    } else {
        alone.map_or(2.5, |a| a.inflation)
    };
    let inflation = if inflation.is_finite() { inflation } else { 2.5 };
    Some(Seen { cell: CellNoise { floor, per_count, black, inflation }, blur: blur.clamp(0.25, 4.0), spread })
}

/// What the correlation of second differences says about blurred noise.
#[derive(Clone, Copy)]
struct Alone {
    /// Standard deviation of the blur [pixels].
    blur: f64,
    /// Part of the variance that second differences show (over 6).
    shown: f64,
    /// By how much sums vary more than of independent cells.
    inflation: f64,
}

impl Alone {
    /// From the correlation of second differences at one row: -2/3 for independent cells.
    fn of(correlation: f64) -> Alone {
        let mut best = (f64::INFINITY, Alone { blur: USUAL_BLUR, shown: 1.0, inflation: 2.5 });
        for blur in (5..40).map(|k| 0.05 * f64::from(k)) {
            let g = |k: f64| (-0.25 * (k / blur).powi(2)).exp();
            let own = 6.0 - 8.0 * g(1.0) + 2.0 * g(2.0);
            let next = -4.0 + 7.0 * g(1.0) - 4.0 * g(2.0) + g(3.0);
            let miss = (next / own - correlation).abs();
            if miss < best.0 {
                let inflation = 1.0 + 2.0 * (1..8).map(|k| g(f64::from(k))).sum::<f64>();
                best = (miss, Alone { blur, shown: own / 6.0, inflation });
            }
        }
        best.1
    }
}

/// The line spread whose autocorrelation is nearest to the noise's: electrons blur together, signal and noise alike.
fn line_spread(correlations: &[f64; LAGS]) -> Spread {
    const STEP: f64 = 0.1;
    const REACH: usize = 140;
    let mut best = (f64::INFINITY, Spread { core: USUAL_BLUR, tail: (0.0, 1.0) });
    for core in (2..16).map(|k| 0.1 * f64::from(k)) {
        for length in [0.5, 0.8, 1.2, 1.7, 2.4, 3.4] {
            for weight in (0..7).map(|k| 0.1 * f64::from(k)) {
                let line: Vec<f64> = (0..=2 * REACH)
                    .map(|k| (k as f64 - REACH as f64) * STEP)
                    .map(|x| {
                        let gauss = (-0.5 * (x / core).powi(2)).exp() / (core * std::f64::consts::TAU.sqrt());
                        (1.0 - weight) * gauss + weight * (-x.abs() / length).exp() / (2.0 * length)
                    })
                    .collect();
                let product = |lag: usize| -> f64 {
                    let shift = (lag as f64 / STEP).round() as usize;
                    line.iter().zip(line.iter().skip(shift)).map(|(a, b)| a * b).sum()
                };
                let own = product(0);
                let miss: f64 = correlations.iter().enumerate().map(|(k, c)| (product(k + 1) / own - c).powi(2)).sum();
                if miss < best.0 {
                    best = (miss, Spread { core, tail: (weight, std::f64::consts::SQRT_2 * length) });
                }
            }
        }
    }
    best.1
}
