//! Peaks of a spectrum above its background.

use super::spectrum::Spectrum;
use super::window::Lobe;
use crate::Measurement;
use std::f64::consts::LN_2;

/// What counts as a peak.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PeakRule {
    /// Expected number of peaks in a patch of noise without a lattice.
    pub false_alarms: f64,
    /// Longest spacing looked for [m]; the patch's eighth if longer.
    pub longest: f64,
    /// Shortest spacing looked for [m]; 2.2 pixels if shorter.
    pub shortest: f64,
    /// Most peaks returned, the strongest ones.
    pub most: usize,
}

impl Default for PeakRule {
    /// One false alarm in a thousand patches, all spacings that the patch allows, 40 peaks.
    fn default() -> PeakRule {
        PeakRule { false_alarms: 1e-3, longest: f64::INFINITY, shortest: 0.0, most: 40 }
    }
}

/// One of a pair ±k of peaks: the one with kx > 0, or ky > 0 where kx = 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Peak {
    /// Frequency along x and y [1/m].
    pub frequency: [f64; 2],
    /// Its standard uncertainty along x and y [1/m], from the noise around the peak.
    pub uncertainty: [f64; 2],
    /// Spacing of the planes [m].
    pub spacing: Measurement,
    /// Direction of the frequency [rad], across the planes.
    pub angle: Measurement,
    /// Power of the highest bin (see [`Spectrum`]).
    pub power: f64,
    /// Power of the background there.
    pub background: f64,
    /// Signal over background: (power - background) / background.
    pub signal: f64,
}

impl Peak {
    /// A peak at a frequency [1/m] with its uncertainty, and with power and background; `None` at frequency 0 or what is no number.
    pub(crate) fn new(frequency: [f64; 2], uncertainty: [f64; 2], power: f64, background: f64) -> Option<Peak> {
        let [x, y] = frequency;
        let [ux, uy] = uncertainty;
        let length = x.hypot(y);
        if !(length > 0.0 && length.is_finite() && ux.is_finite() && uy.is_finite()) {
            return None;
        }
        let along = (x * ux).hypot(y * uy) / length;
        let across = (y * ux).hypot(x * uy) / length;
        Some(Peak {
            frequency,
            uncertainty,
            spacing: Measurement::new(1.0 / length, along / (length * length)),
            angle: Measurement::new(y.atan2(x), across / length),
            power,
            background,
            signal: (power - background) / background,
        })
    }
}

/// Angle between the planes of two peaks [rad], 0 to π/2.
pub fn angle_between(a: &Peak, b: &Peak) -> Measurement {
    let turn = (a.angle.value - b.angle.value).rem_euclid(std::f64::consts::PI);
    Measurement::new(turn.min(std::f64::consts::PI - turn), a.angle.uncertainty.hypot(b.angle.uncertainty))
}

/// Peaks of a spectrum, the strongest first.
///
/// White or slowly varying noise has powers spread exponentially about its background, so a bin passes T times the background with
/// probability exp(-T); T is set so that all bins together make [`PeakRule::false_alarms`]. The background is the median over a ring of
/// equal frequency or over the surroundings of the peak, whichever is higher, over ln 2. The place is the vertex of a parabola through the
/// logarithms of the power, corrected for the window's lobe where the peak is as sharp as that. What the lobe of a stronger peak explains
/// is left out.
pub fn peaks(spectrum: &Spectrum, rule: &PeakRule) -> Vec<Peak> {
    let step = spectrum.step();
    let size = spectrum.size();
    let pixel = [0, 1].map(|k| 1.0 / (step[k] * size[k] as f64));
    let lowest = (8.0 * step[0].max(step[1])).max(1.0 / rule.longest.max(f64::MIN_POSITIVE));
    let highest = (1.0 / (2.2 * pixel[0].max(pixel[1]))).min(1.0 / rule.shortest.max(f64::MIN_POSITIVE));
    let ring = |kx: i64, ky: i64| (kx as f64 * step[0]).hypot(ky as f64 * step[1]);
    let rings = Rings::new(spectrum, highest);
    let inside = spectrum.half_plane().filter(|&(x, y, _)| (lowest..=highest).contains(&ring(x, y))).count();
    let least = (inside.max(1) as f64 / rule.false_alarms.max(1e-300)).ln().max(1.0);
    let mut found: Vec<(i64, i64, f64, f64)> = Vec::new();
    for (kx, ky, power) in spectrum.half_plane() {
        let f = ring(kx, ky);
        let p = f64::from(power);
        if !(lowest..=highest).contains(&f) || !(p > least * rings.background(f)) || !is_top(spectrum, kx, ky, p) {
            continue;
        }
        let background = rings.background(f).max(surroundings(spectrum, kx, ky));
        if background > 0.0 && p > least * background {
            found.push((kx, ky, p, background));
        }
    }
    found.sort_by(|a, b| b.2.total_cmp(&a.2));
    let lobe = spectrum.window().lobe();
    let mut kept: Vec<(i64, i64, f64, f64)> = Vec::new();
    for candidate in found {
        if kept.len() >= rule.most {
            break;
        }
        if !kept.iter().any(|k| explains(k, &candidate, size)) {
            kept.push(candidate);
        }
    }
    kept.into_iter().filter_map(|(kx, ky, p, b)| locate(spectrum, &lobe, kx, ky, p, b)).collect()
}

/// Highest of its 3 by 3 bins.
fn is_top(spectrum: &Spectrum, kx: i64, ky: i64, power: f64) -> bool {
    (-1..=1).all(|i| (-1..=1).all(|j| (i, j) == (0, 0) || spectrum.power(kx + i, ky + j) <= power))
}

/// Whether the skirt of the stronger peak reaches the weaker one: its near surroundings (a scanned lattice is never one sharp bin), and the
/// side lobes, which fall with the third power of the distance or faster, in amplitude (sine-squared edges), but are not trusted to more
/// than a tenth.
fn explains(strong: &(i64, i64, f64, f64), weak: &(i64, i64, f64, f64), size: [usize; 2]) -> bool {
    let near = |sign: i64| {
        let d = [sign * strong.0 - weak.0, sign * strong.1 - weak.1];
        let [x, y] = [0, 1].map(|k| {
            let n = size[k] as i64;
            let r = d[k].rem_euclid(n);
            r.min(n - r) as f64
        });
        let fall = |x: f64| (1.0 + x).powi(-3).powi(2);
        x.hypot(y) < 4.0 || weak.2 < 10.0 * strong.2 * fall(x) * fall(y)
    };
    near(1) || near(-1)
}

/// Background in the ring-shaped surroundings of a bin.
fn surroundings(spectrum: &Spectrum, kx: i64, ky: i64) -> f64 {
    let mut powers: Vec<f32> = Vec::with_capacity(200);
    for i in -8i64..=8 {
        for j in -8i64..=8 {
            let r2 = i * i + j * j;
            if (16..=64).contains(&r2) {
                powers.push(spectrum.power(kx + i, ky + j) as f32);
            }
        }
    }
    median(&mut powers) / LN_2
}

fn median(values: &mut [f32]) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { f64::from(*values.select_nth_unstable_by(middle, f32::total_cmp).1) }
}

/// Background over the amount of the frequency.
struct Rings {
    width: f64,
    level: Vec<f64>,
}

impl Rings {
    fn new(spectrum: &Spectrum, highest: f64) -> Rings {
        let step = spectrum.step();
        // Two bins wide: at least a few dozen powers in each.
        let width = 2.0 * step[0].max(step[1]);
        let count = ((highest / width).min(1e5) as usize + 1).max(1);
        let mut powers: Vec<Vec<f32>> = vec![Vec::new(); count];
        for (kx, ky, p) in spectrum.half_plane() {
            let k = ((kx as f64 * step[0]).hypot(ky as f64 * step[1]) / width) as usize;
            if let Some(ring) = powers.get_mut(k) {
                ring.push(p);
            }
        }
        Rings { width, level: powers.iter_mut().map(|p| median(p) / LN_2).collect() }
    }

    fn background(&self, frequency: f64) -> f64 {
        self.level.get((frequency / self.width) as usize).or(self.level.last()).copied().unwrap_or(0.0)
    }
}

/// The place of a peak to a fraction of a bin.
fn locate(spectrum: &Spectrum, lobe: &Lobe, kx: i64, ky: i64, power: f64, background: f64) -> Option<Peak> {
    let ln = |i: i64, j: i64| spectrum.power(kx + i, ky + j).max(f64::MIN_POSITIVE).ln();
    let top = ln(0, 0);
    let sharp = 2.0 * lobe.ln_power(0.0) - 2.0 * lobe.ln_power(1.0);
    let mut at = [0.0; 2];
    let mut error = [0.0; 2];
    let mut bends = [0.0; 2];
    let mut slopes = [0.0; 2];
    let mut corrected = [0.0; 2];
    for axis in 0..2 {
        let (before, after) = if axis == 0 { (ln(-1, 0), ln(1, 0)) } else { (ln(0, -1), ln(0, 1)) };
        let bend = (2.0 * top - before - after).max(1e-6);
        bends[axis] = bend;
        slopes[axis] = 0.5 * (after - before);
        at[axis] = (slopes[axis] / bend).clamp(-0.6, 0.6);
        // A peak broader than the window's lobe has no known shape: the vertex stays.
        if bend > 0.75 * sharp {
            corrected[axis] = lobe.place(at[axis]) - at[axis];
        }
        // Noise of power B moves ln P by 2 Re(n)/A: variance 2 B/P, correlated between bins by the window.
        let gradient = [(-0.5 + at[axis]) / bend, -2.0 * at[axis] / bend, (0.5 + at[axis]) / bend];
        let spread = [before, top, after].map(|l| (2.0 * background * (-l).exp()).sqrt());
        let mut variance = 0.0;
        for i in 0..3 {
            for j in 0..3 {
                variance += gradient[i] * gradient[j] * spread[i] * spread[j] * lobe.noise_correlation(i.abs_diff(j) as f64);
            }
        }
        error[axis] = variance.max(0.0).sqrt();
    }
    // A broad peak that lies askew: the vertex of the full parabola, if its corners stand out of the noise.
    let corners = [ln(1, 1), ln(-1, -1), ln(1, -1), ln(-1, 1)];
    if corners.iter().all(|&c| c > (6.0 * background).ln()) {
        let twist = -0.25 * (corners[0] + corners[1] - corners[2] - corners[3]);
        let determinant = bends[0] * bends[1] - twist * twist;
        if determinant > 0.3 * bends[0] * bends[1] {
            at = [(bends[1] * slopes[0] - twist * slopes[1]) / determinant, (bends[0] * slopes[1] - twist * slopes[0]) / determinant]
                .map(|v| v.clamp(-0.7, 0.7));
        }
    }
    let step = spectrum.step();
    let k = [kx as f64, ky as f64];
    let frequency = [0, 1].map(|i| (k[i] + at[i] + corrected[i]) * step[i]);
    Peak::new(frequency, [error[0] * step[0], error[1] * step[1]], power, background)
}
