//! Which changes are more than noise.

use super::table::{Table, inflation};

/// Sizes of the boxes that are tried, in positions and in frames.
const BOXES: [usize; 4] = [1, 2, 4, 8];
/// However few cells are tested, no change below this many standard deviations counts.
const LEAST: f64 = 4.0;

/// A change must be larger than so many systematic uncertainties of a width as well: bend contours move while the wire warms.
const SYSTEMATIC: f64 = 2.0;

/// Thinner or thicker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Thinner than as made.
    Loss,
    /// Thicker than as made.
    Gain,
}

/// A connected stretch of position and time where the wire differs from the as-made one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Region {
    /// Thinner or thicker.
    pub sign: Sign,
    /// First and last row of the profiles in which it is seen (before the rupture).
    pub rows: (usize, usize),
    /// First and last position [m].
    pub reach: (f64, f64),
    /// Largest significance [standard deviations] in it.
    pub significance: f64,
}

pub(super) struct Found {
    pub(super) threshold: f64,
    pub(super) regions: Vec<Region>,
    /// For each whole row and position, whether it belongs to a loss or a gain.
    pub(super) loss: Vec<bool>,
    pub(super) gain: Vec<bool>,
}

/// Standard deviations beyond which a normal value lies with chance `p`, one side; good to 1 % of `p` below 1e-4.
pub(super) fn tail(p: f64) -> f64 {
    let p = p.clamp(1e-300, 0.1);
    let mut z: f64 = 3.0;
    for _ in 0..60 {
        let series = 1.0 - 1.0 / (z * z + 2.0);
        z = (-2.0 * (p * z / series * std::f64::consts::TAU.sqrt()).ln()).max(1.0).sqrt();
    }
    z
}

/// Tests the mean of every box of cells, against a threshold at which all tests together give a false alarm with the chance given: tests
/// are not independent, so the true rate is lower. Cells of the boxes that pass are joined where they touch.
pub(super) fn detect(table: &Table, false_alarms: f64) -> Found {
    let (rows, n) = (table.whole, table.columns());
    let cells = rows.saturating_sub(table.baseline) * (0..n).filter(|&i| table.inside(i)).count();
    let tests = (2 * cells * BOXES.len() * BOXES.len()).max(1);
    // The noise itself is only known to its spread.
    let threshold = tail(false_alarms.clamp(1e-12, 1.0) / tests as f64).max(LEAST) * (1.0 + 1.5 * table.noise.spread);
    let sums = Sums::new(table, rows);
    let (mut loss, mut gain) = (Marks::new(rows, n), Marks::new(rows, n));
    for width in BOXES.into_iter().filter(|w| *w <= n) {
        for duration in BOXES {
            let spread = (duration as f64, width as f64);
            let (in_time, along) = (inflation(spread.0, table.noise.in_time), inflation(spread.1, table.noise.along));
            let common = table.common_mean_variance(spread.0);
            for k in table.baseline + duration - 1..rows {
                for i in 0..=n - width {
                    let Some(z) = sums.significance(k + 1 - duration..k + 1, i..i + width, in_time, along, common) else { continue };
                    if z < -threshold {
                        loss.mark(k + 1 - duration..k + 1, i..i + width, -z);
                    } else if z > threshold {
                        gain.mark(k + 1 - duration..k + 1, i..i + width, z);
                    }
                }
            }
        }
    }
    let (loss, loss_z) = loss.finish();
    let (gain, gain_z) = gain.finish();
    let mut regions = join(table, &loss, &loss_z, Sign::Loss);
    regions.extend(join(table, &gain, &gain_z, Sign::Gain));
    regions.sort_by_key(|r| r.rows.0);
    Found { threshold, regions, loss, gain }
}

/// Sums over rectangles from the corner, of change, variances, number of measured cells and systematic uncertainty.
struct Sums {
    stride: usize,
    values: Vec<[f64; 5]>,
}

impl Sums {
    fn new(table: &Table, rows: usize) -> Sums {
        let n = table.columns();
        let stride = n + 1;
        let mut values = vec![[0.0; 5]; stride * (rows + 1)];
        for k in 0..rows {
            let mut line = [0.0; 5];
            for i in 0..n {
                let d = table.change(k, i);
                if d.is_finite() {
                    let add = [d, table.variance(k, i), table.made_variance(i), 1.0, table.systematic(k, i)];
                    for c in 0..5 {
                        line[c] += add[c];
                    }
                }
                for c in 0..5 {
                    values[(k + 1) * stride + i + 1][c] = values[k * stride + i + 1][c] + line[c];
                }
            }
        }
        Sums { stride, values }
    }

    fn significance(&self, k: std::ops::Range<usize>, i: std::ops::Range<usize>, in_time: f64, along: f64, common: f64) -> Option<f64> {
        let at = |k: usize, i: usize, c: usize| self.values[k * self.stride + i][c];
        let sum = |c: usize| at(k.end, i.end, c) - at(k.start, i.end, c) - at(k.end, i.start, c) + at(k.start, i.start, c);
        let (m, n, count) = (k.len() as f64, i.len() as f64, sum(3).round());
        if count < 0.7 * m * n {
            return None;
        }
        // What contrast may feign is no change, however sharp it is.
        if sum(0).abs() < SYSTEMATIC * sum(4) {
            return None;
        }
        let own = sum(1) / count * in_time / m;
        let variance = (own + sum(2) / count) * along * m / count + common;
        let z = sum(0) / count / variance.sqrt();
        z.is_finite().then_some(z)
    }
}

/// Boxes marked by their corners, and the largest significance at the box's first cell.
struct Marks {
    rows: usize,
    n: usize,
    corners: Vec<i64>,
    z: Vec<f64>,
}

impl Marks {
    fn new(rows: usize, n: usize) -> Marks {
        Marks { rows, n, corners: vec![0; (rows + 1) * (n + 1)], z: vec![0.0; rows * n] }
    }

    fn mark(&mut self, k: std::ops::Range<usize>, i: std::ops::Range<usize>, z: f64) {
        let s = self.n + 1;
        self.corners[k.start * s + i.start] += 1;
        self.corners[k.start * s + i.end] -= 1;
        self.corners[k.end * s + i.start] -= 1;
        self.corners[k.end * s + i.end] += 1;
        let best = &mut self.z[k.start * self.n + i.start];
        *best = best.max(z);
    }

    fn finish(self) -> (Vec<bool>, Vec<f64>) {
        let s = self.n + 1;
        let mut marked = vec![false; self.rows * self.n];
        let mut above = vec![0i64; self.n + 1];
        for k in 0..self.rows {
            let mut line = 0;
            for i in 0..self.n {
                above[i] += self.corners[k * s + i];
                line += above[i];
                marked[k * self.n + i] = line > 0;
            }
        }
        (marked, self.z)
    }
}

fn join(table: &Table, marked: &[bool], z: &[f64], sign: Sign) -> Vec<Region> {
    let n = table.columns();
    let mut seen = vec![false; marked.len()];
    let mut regions = Vec::new();
    for start in 0..marked.len() {
        if !marked[start] || seen[start] {
            continue;
        }
        let (mut first, mut last, mut left, mut right, mut best) = (usize::MAX, 0, usize::MAX, 0, 0.0f64);
        let mut open = vec![start];
        seen[start] = true;
        while let Some(j) = open.pop() {
            let (k, i) = (j / n, j % n);
            (first, last, left, right, best) = (first.min(k), last.max(k), left.min(i), right.max(i), best.max(z[j]));
            let next = [(i > 0).then(|| j - 1), (i + 1 < n).then_some(j + 1), j.checked_sub(n), Some(j + n)];
            for j in next.into_iter().flatten() {
                if marked.get(j) == Some(&true) && !seen[j] {
                    seen[j] = true;
                    open.push(j);
                }
            }
        }
        let reach = (table.position[left], table.position[right]);
        regions.push(Region { sign, rows: (first, last), reach, significance: best });
    }
    regions
}
