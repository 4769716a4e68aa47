//! The outline of one bin: the most likely parameters of its rays, given the counts and what is known before.

use super::cholesky;
use super::ray::{BEAM_L, BEAM_R, CENTRE, KAPPA, LEVEL, N, Optics, PLATEAU, RATE_L, RATE_R, SLOPE, WIDTH};
use super::strip::Grid;

/// Variance of a cell: `floor + per_count (counts - black)`, and by how much sums over neighbouring cells vary more than independent ones would.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CellNoise {
    pub floor: f64,
    pub per_count: f64,
    pub black: f64,
    pub inflation: f64,
}

impl CellNoise {
    /// Variance of a cell with this many counts above black, as if cells were independent.
    pub fn variance(&self, counts: f64) -> f64 {
        self.inflation * (self.floor + self.per_count * counts.max(0.0)).max(1e-9)
    }
}

/// What is known of a bin: means and variances of its parameters (infinite: nothing).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Known {
    pub mean: [f64; N],
    pub variance: [f64; N],
}

/// The outcome for one bin.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bin {
    /// Most likely parameters.
    pub value: [f64; N],
    /// Their variances, all others unknown within what was known before.
    pub variance: [f64; N],
    /// Squared residuals over their variances, per cell.
    pub misfit: f64,
    /// Number of cells used.
    pub cells: usize,
    /// Gradient and information of the fringe's strength, for the whole image to decide.
    pub fringe: [f64; 2],
}

/// Part of the attenuation by which the model of the interior may be wrong: one effective reflection stands for several.
pub const MODEL: f64 = 0.08;
/// The same on the middle line, where twin planes seen edge-on are darker or lighter by 3-10 % (imaging.md 2.2), and its half width over
/// the wire's.
const TWIN_LINE: f64 = 0.25;
const TWIN_REACH: f64 = 0.06;

/// Smallest and largest of each parameter: strengths below one, rates of extinction lengths of 15 to 300 nm are set by the caller's pixel.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limits {
    pub low: [f64; N],
    pub high: [f64; N],
}

/// Fits a bin. `cells` are its rows by `grid`; rows farther than `reach` [pixels] from where its middle was are left out; a step of the
/// outline below `settled` [pixels] is the last. `None` if there are too few, or nothing converges.
#[expect(clippy::too_many_arguments, reason = "one call, and each is a different thing")]
pub fn fit(
    optics: &Optics,
    noise: &CellNoise,
    grid: &Grid,
    cells: &[f32],
    known: &Known,
    limits: &Limits,
    reach: f64,
    settled: f64,
) -> Option<Bin> {
    let mut p = known.mean;
    let free: [bool; N] = std::array::from_fn(|k| known.variance[k] > 0.0);
    let first = grid.across(0);
    let about = known.mean[CENTRE];
    let from = (about - reach - first).ceil().clamp(0.0, grid.rows as f64) as usize;
    let to = (about + reach - first).floor().clamp(from as f64, grid.rows as f64) as usize;
    let cells = cells.get(from..to)?;
    let used = cells.iter().filter(|c| c.is_finite()).count();
    if used < 2 * N || used * 4 < cells.len() * 3 {
        return None;
    }
    let core = if known.mean[WIDTH] > 40.0 { 0.22 * known.mean[WIDTH] } else { 0.0 };
    let mut last = f64::INFINITY;
    for round in 0..12 {
        let (mut h, mut g) = ([[0.0; N]; N], [0.0; N]);
        let (mut misfit, mut fringe) = (0.0, [0.0; 2]);
        let mut dof = 0.0;
        let mut r = 0;
        while r < cells.len() {
            let v = first + (from + r) as f64;
            // Deep inside, where the model is given little weight, a row in three stands for its neighbours.
            let stride = if (v - known.mean[CENTRE]).abs() < core { 3 } else { 1 };
            let cell = f64::from(cells[r]) - noise.black;
            r += stride;
            if !cell.is_finite() {
                continue;
            }
            let ray = optics.ray(v, &p);
            let lost = ray.bare - ray.counts;
            let twin = if (v - p[CENTRE]).abs() < TWIN_REACH * p[WIDTH] + optics.blur { TWIN_LINE } else { MODEL };
            let own = noise.variance(ray.counts);
            let weight = 1.0 / (own + (twin * lost).powi(2));
            let residual = cell - ray.counts;
            // A hot pixel or a speck of dirt counts for no more than four standard deviations.
            let z = residual * residual * weight;
            let robust = if z > 16.0 { 4.0 / z.sqrt() } else { 1.0 };
            let weight = weight * robust * stride as f64;
            misfit += weight * residual * residual;
            dof += stride as f64;
            if lost == 0.0 {
                // Bare background.
                g[LEVEL] += weight * residual;
                g[SLOPE] += weight * v * residual;
                h[LEVEL][LEVEL] += weight;
                h[SLOPE][LEVEL] += weight * v;
                h[SLOPE][SLOPE] += weight * v * v;
                continue;
            }
            let f = ray.by_fringe;
            fringe[0] += weight * f * residual;
            fringe[1] += weight * f * f;
            for j in 0..N {
                let wj = weight * ray.gradient[j];
                g[j] += wj * residual;
                for k in 0..=j {
                    h[j][k] += wj * ray.gradient[k];
                }
            }
        }
        for k in 0..N {
            if !free[k] {
                h[k] = [0.0; N];
                for row in h.iter_mut() {
                    row[k] = 0.0;
                }
                h[k][k] = 1.0;
                g[k] = 0.0;
                continue;
            }
            let inverse = if known.variance[k].is_finite() { 1.0 / known.variance[k] } else { 0.0 };
            g[k] -= inverse * (p[k] - known.mean[k]);
            // Never quite singular.
            h[k][k] = h[k][k] * (1.0 + 1e-9) + inverse + 1e-12;
        }
        let factor = cholesky::factor(&h)?;
        let step = cholesky::solve(&factor, &g);
        if !step.iter().all(|s| s.is_finite()) {
            return None;
        }
        let largest = step[CENTRE].abs().max(step[WIDTH].abs());
        // Never more than a few pixels at once, and never so far that the outline turns inside out.
        let most = (0.1 * p[WIDTH]).clamp(1.0, 6.0);
        let scale = if largest > most { most / largest } else { 1.0 };
        for k in 0..N {
            if free[k] {
                p[k] = (p[k] + scale * step[k]).clamp(limits.low[k], limits.high[k]);
            }
        }
        // A last step this small needs no look at where it led: the model is straight enough over it.
        if largest < settled || round == 11 || (largest > last && largest < 0.5) {
            let variance = cholesky::variances(&factor);
            return Some(Bin {
                value: p,
                variance: std::array::from_fn(|k| if free[k] { variance[k] } else { 0.0 }),
                misfit: misfit / dof,
                cells: used,
                fringe,
            });
        }
        last = largest;
    }
    None
}

/// The limits for pixels of `nm` [nm] and strips of so many rows.
pub fn limits(nm: f64, dark: bool, rows: usize) -> Limits {
    let half = 0.5 * rows as f64;
    let (mut low, mut high) = ([f64::NEG_INFINITY; N], [f64::INFINITY; N]);
    (low[CENTRE], high[CENTRE]) = (-half, half);
    (low[WIDTH], high[WIDTH]) = (0.0, 2.0 * half);
    (low[LEVEL], high[LEVEL]) = (0.0, 1e6);
    (low[SLOPE], high[SLOPE]) = (-1e4, 1e4);
    // Absorption lengths of 10 nm to 1 um.
    (low[KAPPA], high[KAPPA]) = (1e-3 * nm, 0.1 * nm);
    if dark {
        (low[BEAM_L], high[BEAM_L]) = (0.0, 1e6);
    } else {
        for k in [BEAM_L, BEAM_R] {
            (low[k], high[k]) = (-0.15, 0.98);
        }
        for k in [RATE_L, RATE_R] {
            (low[k], high[k]) = (0.012 * nm, 0.15 * nm);
        }
        (low[PLATEAU], high[PLATEAU]) = (-0.15, 0.8);
    }
    Limits { low, high }
}
