//! What is known of the bins, and how it is carried from image to image.

use super::fit::{self, Bin, CellNoise, Known, Limits};
use super::ray::{BEAM_L, BEAM_R, CENTRE, KAPPA, LEVEL, N, Optics, PLATEAU, RATE_L, RATE_R, SLOPE, WIDTH};
use super::strip::{Grid, Strip};

/// A bin whose misfit is this many times the usual one is tried again.
const ILL: f64 = 1.6;
/// Uncertainty of a width from which it is no measurement, over the half height of the strip.
const LOOSE: f64 = 0.2;
/// Neighbours asked, on each side.
const NEAR: usize = 12;

/// Bins on each side with which a bin shares what silver does: with coarse pixels, in which little of the rim is seen, more.
const SHARED: usize = 1;
const SHARED_COARSE: usize = 4;

/// Everything needed to fit the bins of a strip.
#[derive(Clone, Debug)]
pub struct State {
    pub grid: Grid,
    pub optics: Optics,
    pub noise: CellNoise,
    pub limits: Limits,
    /// Half of the rows looked at [pixels].
    pub reach: f64,
    /// Step of an outline that needs no further one [pixels].
    pub settled: f64,
    /// Size of a pixel [nm].
    pub nm: f64,
    /// What is known of each bin; `None` for those that are not measured.
    pub known: Vec<Option<Known>>,
}

impl State {
    /// Fits every bin.
    pub fn fit(&self, strip: &Strip) -> Vec<Option<Bin>> {
        let mut bins: Vec<Option<Bin>> = (0..self.known.len()).map(|k| self.fit_bin(strip, k, self.known[k].as_ref()?)).collect();
        self.retry(strip, &mut bins);
        // An outline that may be anywhere is none.
        let most = (LOOSE * self.reach).powi(2);
        bins.iter_mut().for_each(|b| *b = b.filter(|b| b.variance[WIDTH] < most && b.variance[CENTRE] < most));
        bins
    }

    fn fit_bin(&self, strip: &Strip, k: usize, known: &Known) -> Option<Bin> {
        let cells = strip.cells.get(k * self.grid.rows..(k + 1) * self.grid.rows)?;
        fit::fit(&self.optics, &self.noise, &self.grid, cells, known, &self.limits, self.reach, self.settled)
    }

    /// The same from other rates of the two-beam term: it has several likely values, and the better one is taken.
    pub fn try_rates(&self, strip: &Strip, bins: &mut [Option<Bin>], rates: &[f64]) {
        for rate in rates {
            for k in 0..bins.len() {
                let Some(mut known) = self.known[k] else { continue };
                (known.mean[RATE_L], known.mean[RATE_R]) = (rate * self.nm, rate * self.nm);
                better(&mut bins[k], self.fit_bin(strip, k, &known));
            }
        }
    }

    /// Bins that do not fit, though others do, are tried again from what their neighbours found.
    fn retry(&self, strip: &Strip, bins: &mut [Option<Bin>]) {
        let mut misfits: Vec<f64> = bins.iter().flatten().map(|b| b.misfit).collect();
        if misfits.len() < 8 {
            return;
        }
        let middle = misfits.len() / 2;
        let usual = *misfits.select_nth_unstable_by(middle, f64::total_cmp).1;
        for k in 0..bins.len() {
            let Some(own) = self.known[k] else { continue };
            if bins[k].is_some_and(|b| b.misfit < ILL * usual) {
                continue;
            }
            let good = |i: usize| bins.get(i).copied().flatten().filter(|b| b.misfit < ILL * usual);
            let near = [(1..NEAR).find_map(|d| good(k.wrapping_sub(d))), (1..NEAR).find_map(|d| good(k + d))];
            for other in near.into_iter().flatten() {
                let mut from = own;
                from.mean = other.value;
                from.mean[LEVEL] = own.mean[LEVEL];
                better(&mut bins[k], self.fit_bin(strip, k, &from));
            }
        }
    }

    /// What an image teaches for the next: outline and background as they are, what silver does to the beam mixed with the neighbours'.
    pub fn carry(&mut self, bins: &[Option<Bin>], first: bool) {
        let near = if self.optics.coarse { SHARED_COARSE } else { SHARED };
        for k in 0..bins.len() {
            let Some(mut next) = self.known[k] else { continue };
            if let Some(b) = &bins[k] {
                for i in [CENTRE, WIDTH, LEVEL] {
                    next.mean[i] = b.value[i];
                }
            }
            for i in [KAPPA, BEAM_L, RATE_L, BEAM_R, RATE_R, PLATEAU] {
                if next.variance[i] <= 0.0 {
                    continue;
                }
                let (mut sum, mut weight, mut variance) = (0.0, 0.0, 0.0);
                for at in k.saturating_sub(near)..=k + near {
                    let w = 1.0 - k.abs_diff(at) as f64 / (near + 1) as f64;
                    if let Some(Some(b)) = bins.get(at) {
                        sum += w * b.value[i];
                        variance += w * b.variance[i];
                        weight += w;
                    }
                }
                if weight > 0.0 {
                    next.mean[i] = sum / weight;
                    next.variance[i] = variance / weight;
                }
                // Contours wander and the wire bends: what one image may change.
                let step = match i {
                    KAPPA => 0.01 * next.mean[i],
                    BEAM_L if self.optics.dark => 0.01 * next.mean[i],
                    BEAM_L | BEAM_R | PLATEAU => 0.02,
                    _ => 0.001 * self.nm,
                };
                next.variance[i] += (if first { 3.0 * step } else { step }).powi(2);
            }
            self.known[k] = Some(next);
        }
    }

    /// What a wire of `width` [pixels] takes away of a row of rays across bin `k` within `half` [pixels] of its middle, in units of the
    /// background times pixels (dark field: of the gain).
    pub fn taken(&self, k: usize, width: f64, half: f64) -> Option<f64> {
        let mut p = self.known.get(k)?.as_ref()?.mean;
        p[WIDTH] = width;
        p[CENTRE] = 0.0;
        p[SLOPE] = 0.0;
        let scale = if self.optics.dark { p[BEAM_L] } else { p[LEVEL] };
        let steps = (2.0 * half).ceil().max(1.0) as usize;
        let sum: f64 = (0..=steps)
            .map(|r| {
                let ray = self.optics.ray(r as f64 * 2.0 * half / steps as f64 - half, &p);
                (ray.bare - ray.counts).abs()
            })
            .sum();
        (scale > 0.0).then(|| sum * 2.0 * half / steps as f64 / scale)
    }
}

/// Of two fits of a bin, the better stays.
fn better(bin: &mut Option<Bin>, tried: Option<Bin>) {
    if let Some(t) = tried
        && bin.is_none_or(|b| t.misfit < b.misfit)
    {
        *bin = Some(t);
    }
}

/// What is known of a bin before any image is fitted: absorption lengths of imaging.md 2.2 within 40 %, two-beam terms anywhere within what
/// reflections of silver do. `level` is the background above black [counts], `depth` what the wire takes of it.
pub fn prior(level: f64, depth: f64, width: f64, nm: f64, dark: bool) -> Known {
    let mut mean = [0.0; N];
    let mut variance = [0.0; N];
    mean[WIDTH] = width;
    mean[LEVEL] = level;
    for k in [WIDTH, CENTRE, LEVEL] {
        variance[k] = f64::INFINITY;
    }
    variance[SLOPE] = (0.1 * level / width).powi(2);
    if dark {
        mean[KAPPA] = nm / 123.0;
        mean[BEAM_L] = depth / (1.0 - (-0.9 * width * mean[KAPPA]).exp());
        variance[BEAM_L] = (0.5 * mean[BEAM_L]).powi(2);
    } else {
        mean[KAPPA] = nm / 75.0;
        variance[KAPPA] = (0.4 * mean[KAPPA]).powi(2);
        mean[PLATEAU] = 0.1;
        variance[PLATEAU] = 0.25f64.powi(2);
        for k in [BEAM_L, BEAM_R] {
            mean[k] = 0.2;
            variance[k] = 0.25f64.powi(2);
        }
        for k in [RATE_L, RATE_R] {
            mean[k] = 0.04 * nm;
            variance[k] = (0.03 * nm).powi(2);
        }
    }
    Known { mean, variance }
}
