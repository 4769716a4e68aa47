//! Noise of a camera, measured from the first frames of a movie: variance against counts, and how far neighbouring pixels share it.
//!
//! Consecutive frames are subtracted in tiles all over the image, which removes everything that stands still. Tiles whose slope times a
//! likely drift would add to the variance are left out, as are saturated ones; single deviant pixels are dropped.

use super::image::Image;

/// Side of a tile [pixels], and largest lag of the correlation.
const TILE: usize = 32;
const LAGS: usize = 5;
/// Pairs of frames that are used; after them a frame costs nothing.
const PAIRS: usize = 16;
/// Drift between two frames that a tile must be flat enough for [pixels].
const DRIFT: f64 = 0.5;

/// Variance of a pixel's counts and its correlation with its neighbours.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NoiseLaw {
    /// Variance that does not depend on the counts [counts²].
    pub floor: f64,
    /// Variance per count [counts]; of single pixels, that is after the scintillator's blur has lowered it.
    pub per_count: f64,
    /// Its standard uncertainty [counts].
    pub per_count_uncertainty: f64,
    /// Counts without a beam. Only floor - per_count * offset can be measured: one of the two is 0.
    pub offset: f64,
    /// The image has only one brightness, so that floor and offset could not be measured and are taken as 0.
    pub floor_assumed: bool,
    /// From a single frame: texture and the camera's fixed pattern count as noise.
    pub one_frame: bool,
    /// Blur of signal and noise: standard deviation of the Gaussian with the same correlation of nearest neighbours [pixels].
    pub blur: f64,
    /// Correlation at lags `[y][x]` of 0 to 4 pixels, the same in all four quadrants.
    pub correlation: [[f64; LAGS]; LAGS],
}

impl NoiseLaw {
    /// Variance of one pixel's counts where their mean is `mean`.
    pub fn variance(&self, mean: f64) -> f64 {
        self.floor + self.per_count * (mean - self.offset).max(0.0)
    }

    /// By how much the variance of a sum over `nx` times `ny` pixels exceeds that of independent pixels; 1 for no pixels.
    pub fn inflation(&self, nx: usize, ny: usize) -> f64 {
        if nx == 0 || ny == 0 {
            return 1.0;
        }
        let share = |lag: usize, n: usize| (1.0 - lag as f64 / n as f64).max(0.0) * if lag == 0 { 1.0 } else { 2.0 };
        let mut sum = 0.0;
        for (dy, row) in self.correlation.iter().enumerate() {
            for (dx, r) in row.iter().enumerate() {
                sum += share(dx, nx) * share(dy, ny) * r;
            }
        }
        // Scatter of the far lags must not make a sum quieter than the noise of a single pixel allows.
        sum.max(1.0 / (nx * ny) as f64)
    }
}

/// Collects frames for a [`NoiseLaw`].
#[derive(Clone, Debug, Default)]
pub struct NoiseEstimator {
    size: [usize; 2],
    before: Vec<Vec<f32>>,
    pairs: Collected,
    single: Collected,
}

impl NoiseEstimator {
    /// An estimator without frames.
    pub fn new() -> NoiseEstimator {
        NoiseEstimator::default()
    }

    /// Takes a frame. Frames that repeat the one before, and frames after the first seventeen, change nothing; one of another size starts
    /// afresh.
    pub fn push(&mut self, image: &Image) {
        let size = [image.width(), image.height()];
        if self.size != size {
            *self = NoiseEstimator { size, ..NoiseEstimator::default() };
        }
        if self.pairs.frames >= PAIRS {
            self.before = Vec::new();
            return;
        }
        let tiles = cut(image);
        if self.single.frames == 0 {
            self.single.frames = 1;
            for tile in &tiles {
                self.single.add(tile, None);
            }
        }
        if self.before == tiles {
            return;
        }
        if !self.before.is_empty() {
            self.pairs.frames += 1;
            for (tile, before) in tiles.iter().zip(&self.before) {
                self.pairs.add(tile, Some(before));
            }
        }
        self.before = tiles;
    }

    /// The law, from pairs of frames if there are any; None if too few flat tiles have been seen.
    pub fn law(&self) -> Option<NoiseLaw> {
        self.pairs.law(false).or_else(|| self.single.law(true))
    }
}

/// Eight by eight tiles, spread evenly; fewer in a small image.
fn cut(image: &Image) -> Vec<Vec<f32>> {
    let places = |n: usize| {
        let count = (n / TILE).min(8);
        (0..count).map(move |k| (k * 2 + 1) * (n - count * TILE) / (2 * count) + k * TILE).collect::<Vec<_>>()
    };
    let mut tiles = Vec::new();
    for y in places(image.height()) {
        for x in places(image.width()) {
            let mut tile = Vec::with_capacity(TILE * TILE);
            for j in y..y + TILE {
                tile.extend(image.row(j).get(x..x + TILE).unwrap_or(&[]).iter().map(|&c| f32::from(c)));
            }
            if tile.len() == TILE * TILE {
                tiles.push(tile);
            }
        }
    }
    tiles
}

/// What tiles have told.
#[derive(Clone, Debug, Default)]
struct Collected {
    frames: usize,
    /// Mean and variance of the counts of a tile.
    points: Vec<[f64; 2]>,
    /// Autocovariances in units of the tile's variance, summed.
    lags: [[f64; LAGS]; LAGS],
    tiles: f64,
}

impl Collected {
    fn add(&mut self, tile: &[f32], before: Option<&Vec<f32>>) {
        const N: usize = TILE * TILE;
        let top = tile.iter().copied().fold(0.0f32, f32::max);
        let at_top = tile.iter().filter(|&&c| c >= top).count();
        let next = tile.iter().filter(|&&c| c == top - 1.0).count();
        if top >= 65535.0 && at_top > 1 || at_top > 4 * next + 16 {
            return;
        }
        // Counts, and what is left when all that stands still (or, in one frame, a plane) is taken away.
        let mut rest: Vec<f32> = match before {
            Some(before) => tile.iter().zip(before).map(|(a, b)| a - b).collect(),
            None => tile.to_vec(),
        };
        let half = 0.5 * (TILE as f64 - 1.0);
        let plane = before.is_none();
        let mut kept = vec![true; N];
        let mut variance = 0.0;
        for _ in 0..3 {
            let (mut n, mut sum, mut sx, mut sy, mut xx, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for (k, (r, _)) in rest.iter().zip(&kept).enumerate().filter(|(_, (_, k))| **k) {
                let (x, y, r) = ((k % TILE) as f64 - half, (k / TILE) as f64 - half, f64::from(*r));
                n += 1.0;
                sum += r;
                sx += x * r;
                sy += y * r;
                xx += x * x;
                yy += y * y;
            }
            if n < 0.9 * N as f64 {
                return;
            }
            let [a, b] = if plane { [sx / xx, sy / yy] } else { [0.0, 0.0] };
            let mean = sum / n;
            let mut square = 0.0;
            for (k, r) in rest.iter_mut().enumerate() {
                *r -= (mean + a * ((k % TILE) as f64 - half) + b * ((k / TILE) as f64 - half)) as f32;
                if kept[k] {
                    square += f64::from(*r * *r);
                }
            }
            variance = square / n;
            let limit = (25.0 * variance) as f32;
            kept.iter_mut().zip(&rest).for_each(|(k, r)| *k = r * r <= limit);
        }
        let own = if plane { 1.0 } else { 2.0 };
        if !(variance > 0.0) {
            return;
        }
        rest.iter_mut().zip(&kept).filter(|(_, k)| !**k).for_each(|(r, _)| *r = 0.0);
        // Means of blocks show slopes of the image, which drift turns into variance, and structure that a plane does not follow.
        let block = |map: &[f32]| {
            let mut means = [0.0f64; 16];
            for (k, (c, _)) in map.iter().zip(&kept).enumerate().filter(|(_, (_, k))| **k) {
                means[k / TILE / 8 * 4 + k % TILE / 8] += f64::from(*c) / 64.0;
            }
            means
        };
        let means = block(tile);
        if plane {
            let spread = block(&rest).iter().map(|m| m * m).sum::<f64>() / 16.0;
            if spread > 12.0 * variance / 64.0 {
                return;
            }
        } else {
            let slopes = (0..4).flat_map(|j| (0..3).map(move |i| [j * 4 + i, j * 4 + i + 1, i * 4 + j, i * 4 + j + 4]));
            let steepest = slopes.flat_map(|[a, b, c, d]| [means[a] - means[b], means[c] - means[d]]).fold(0.0f64, |m, s| m.max(s.abs()));
            if (steepest / 8.0 * DRIFT).powi(2) > 0.05 * variance {
                return;
            }
        }
        let good = kept.iter().filter(|k| **k).count() as f64;
        let mean = tile.iter().zip(&kept).filter(|(_, k)| **k).map(|(c, _)| f64::from(*c)).sum::<f64>() / good;
        self.points.push([mean, variance / own]);
        for (dy, row) in self.lags.iter_mut().enumerate() {
            for (dx, lag) in row.iter_mut().enumerate() {
                *lag += autocovariance(&rest, dx, dy) / variance;
            }
        }
        self.tiles += 1.0;
    }

    fn law(&self, one_frame: bool) -> Option<NoiseLaw> {
        if self.points.len() < 8 {
            return None;
        }
        let mut correlation = self.lags.map(|row| row.map(|l| l / self.tiles));
        let total = |c: &[[f64; LAGS]; LAGS]| {
            let twice = |k: usize| if k == 0 { 1.0 } else { 2.0 };
            c.iter().enumerate().map(|(j, r)| twice(j) * r.iter().enumerate().map(|(i, c)| twice(i) * c).sum::<f64>()).sum::<f64>()
        };
        // Taking a tile's mean away lowers every covariance by that of the mean, to which all lags add.
        let lacking = (total(&correlation) / (TILE * TILE) as f64).clamp(0.0, 0.05);
        let scale = 1.0 + lacking;
        correlation.iter_mut().flatten().for_each(|c| *c = (*c + lacking) / scale);
        // A tile's variance scatters by sqrt(2 / n), n being its independent pixels.
        let squares = correlation.map(|r| r.map(|c| c * c));
        let relative = 2.0 * total(&squares) / (TILE * TILE) as f64;
        let line = fit_line(&self.points, relative)?;
        let (mut floor, mut offset, mut floor_assumed) = (0.0, 0.0, false);
        let per_count;
        let uncertainty;
        if line.slope > 8.0 * line.slope_uncertainty {
            (per_count, uncertainty) = (line.slope * scale, line.slope_uncertainty);
            if line.intercept >= 0.0 {
                floor = line.intercept * scale;
            } else {
                offset = -line.intercept / line.slope;
            }
        } else {
            floor_assumed = true;
            if !(line.ratio > 0.0) {
                return None;
            }
            (per_count, uncertainty) = (line.ratio * scale, line.ratio_uncertainty);
        }
        // Noise of the read-out is white: it is not part of what the scintillator has blurred.
        let mean = self.points.iter().map(|p| p[0]).sum::<f64>() / self.points.len() as f64;
        let electrons = (per_count * (mean - offset) / (floor + per_count * (mean - offset))).clamp(0.1, 1.0);
        let nearest = 0.5 * (correlation[0][1] + correlation[1][0]) / electrons;
        let scatter = (1.0 / (self.tiles * (TILE * TILE) as f64)).sqrt();
        // Blurred by a Gaussian of sigma, white noise has a correlation exp(-d^2 / 4 sigma^2).
        let blur = if nearest > 3.0 * scatter { 0.5 / (-nearest.min(0.99).ln()).sqrt() } else { 0.0 };
        Some(NoiseLaw { floor, per_count, per_count_uncertainty: uncertainty, offset, floor_assumed, one_frame, blur, correlation })
    }
}

/// Mean product of pixels `dx` and `dy` apart, of both diagonals.
fn autocovariance(map: &[f32], dx: usize, dy: usize) -> f64 {
    let mut sum = 0.0f64;
    for j in 0..TILE - dy {
        let (a, b) = (&map[j * TILE..(j + 1) * TILE], &map[(j + dy) * TILE..(j + dy + 1) * TILE]);
        let mut lanes = [0.0f32; 4];
        let pairs = a.iter().zip(&b[dx..]).zip(a[dx..].iter().zip(b));
        for (k, ((p, q), (r, s))) in pairs.enumerate() {
            lanes[k % 4] += p * q + r * s;
        }
        sum += f64::from(lanes.iter().sum::<f32>());
    }
    sum / (2 * (TILE - dy) * (TILE - dx)) as f64
}

struct Line {
    intercept: f64,
    slope: f64,
    slope_uncertainty: f64,
    /// Of a line through the origin.
    ratio: f64,
    ratio_uncertainty: f64,
}

/// Line through (mean, variance), each variance with the relative variance `relative`; far points lose their weight (Tukey's biweight).
fn fit_line(points: &[[f64; 2]], relative: f64) -> Option<Line> {
    let mut ratios: Vec<f64> = points.iter().filter(|p| p[0] > 0.0).map(|p| p[1] / p[0]).collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = *ratios.get(ratios.len() / 2)?;
    let mut line = Line { intercept: 0.0, slope: ratio, slope_uncertainty: f64::INFINITY, ratio, ratio_uncertainty: f64::INFINITY };
    let smallest = 0.02 * points.iter().map(|p| p[1]).sum::<f64>() / points.len() as f64;
    for _ in 0..12 {
        let mut s = [0.0f64; 5];
        let mut t = [0.0f64; 2];
        for [m, v] in points {
            let weigh = |expected: f64| {
                let sigma = relative.sqrt() * expected.max(smallest);
                let miss = (v - expected) / (6.0 * sigma);
                if miss.abs() < 1.0 { (1.0 - miss * miss).powi(2) / (sigma * sigma) } else { 0.0 }
            };
            let w = weigh(line.intercept + line.slope * m);
            s = [s[0] + w, s[1] + w * m, s[2] + w * m * m, s[3] + w * v, s[4] + w * m * v];
            let w = weigh(line.ratio * m);
            t = [t[0] + w * m * m, t[1] + w * m * v];
        }
        if t[0] > 0.0 {
            (line.ratio, line.ratio_uncertainty) = (t[1] / t[0], t[0].sqrt().recip());
        }
        let spread = s[0] * s[2] - s[1] * s[1];
        if !(spread > 1e-6 * s[0] * s[2]) {
            break;
        }
        line.slope = (s[0] * s[4] - s[1] * s[3]) / spread;
        line.intercept = (s[3] - line.slope * s[1]) / s[0];
        line.slope_uncertainty = (s[0] / spread).sqrt();
    }
    Some(line)
}
