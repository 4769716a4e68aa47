//! The widths of a movie as one table, with the as-made profile and the noise that its steady start shows.

use super::{Options, Seen};
use crate::movie::{MovieMeasurement, frame_flags};
use crate::profiles::cell;
use crate::{ProfileError, Profiles};

/// Cross-section over the square of the projected width, pentagon on a flat wall: √(25 + 10√5)/4 over ((1 + √5)/2)².
pub const AREA_FACTOR: f64 = 0.657_164;

/// Radius [m] of the circle with the cross-section of a wire of projected width `width` [m], `area_factor` being the area over the square of
/// the width ([`AREA_FACTOR`] of a pentagon lying flat).
pub fn equal_area_radius(width: f64, area_factor: f64) -> f64 {
    (area_factor / std::f64::consts::PI).sqrt() * width
}

/// Noise of the widths, from the residuals of the frames that make the as-made profile.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Noise {
    /// Scatter over the stated statistical uncertainty, never below 1: it multiplies every statistical uncertainty.
    pub scale: f64,
    /// Relative uncertainty of that scale.
    pub spread: f64,
    /// Correlation of neighbouring positions, 0 to 0.95.
    pub along: f64,
    /// Correlation of successive frames, 0 to 0.95.
    pub in_time: f64,
    /// Frames it comes from; below 3 the stated uncertainties are taken as they are.
    pub frames: usize,
}

/// Equal-area radii over time and position, one row for each frame with widths.
#[derive(Clone, PartialEq, Debug)]
pub struct SeenProfiles {
    /// Index in the movie's frames of each row.
    pub frame: Vec<usize>,
    /// Times [s].
    pub time: Vec<f64>,
    /// Positions [m].
    pub position: Vec<f64>,
    /// Radii [m], row by row; NaN where the width is missing.
    pub radius: Vec<f64>,
    /// Statistical uncertainties [m].
    pub statistical: Vec<f64>,
    /// Systematic uncertainties [m].
    pub systematic: Vec<f64>,
}

impl SeenProfiles {
    /// The same as the profiles that the measures on truth take.
    ///
    /// # Errors
    /// If there is no frame or only one position.
    pub fn profiles(&self) -> Result<Profiles<'_>, ProfileError> {
        Profiles::new(&self.time, &self.position, &self.radius)
    }
}

/// Statistical uncertainty of a width from which it is left out [pixels].
const LOOSE: f64 = 10.0;

pub(super) struct Table {
    pub(super) frame: Vec<usize>,
    pub(super) time: Vec<f64>,
    pub(super) position: Vec<f64>,
    /// Size of the cell at each position [m].
    pub(super) size: Vec<f64>,
    width: Vec<f64>,
    statistical: Vec<f64>,
    systematic: Vec<f64>,
    centre: Vec<f64>,
    /// As-made width, its variance, its systematic uncertainty, and as-made middle.
    pub(super) made: Vec<f64>,
    made_variance: Vec<f64>,
    pub(super) made_systematic: Vec<f64>,
    made_centre: Vec<f64>,
    /// Change all positions have in common, and its statistical uncertainty.
    pub(super) common: Vec<f64>,
    common_spread: Vec<f64>,
    /// Mean variance of the common change: of one row, and of the as-made profile.
    pub(super) common_variance: [f64; 2],
    pub(super) noise: Noise,
    /// Rows before the rupture, and rows of the as-made profile.
    pub(super) whole: usize,
    pub(super) baseline: usize,
    /// Position range between the contacts in view.
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) contacts: [Option<crate::Measurement>; 2],
    /// Area of the cross-section over the square of its width.
    pub(super) area_factor: f64,
    /// Where it parted.
    pub(super) parted_at: Option<f64>,
}

/// Variance of the mean of `n` successive values over that of independent ones, for neighbours that correlate by `rho`.
pub(super) fn inflation(n: f64, rho: f64) -> f64 {
    if !(rho > 0.0 && n > 1.0) {
        return 1.0;
    }
    // Sum of (1 - j/n) rho^j, closed.
    let sum = rho / (1.0 - rho) - rho * (1.0 - rho.powf(n)) / (n * (1.0 - rho) * (1.0 - rho));
    (1.0 + 2.0 * sum).max(1.0)
}

pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|v| v.is_finite());
    let n = values.len();
    let middle = values.get(n / 2).map(|_| n / 2)?;
    let (_, m, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*m)
}

impl Table {
    pub(super) fn new(movie: &MovieMeasurement, options: &Options, notes: &mut Vec<String>) -> Table {
        // Positions that do not rise end the table: beyond them there is no place to speak of.
        let rising = movie.position.windows(2).take_while(|w| w[1] > w[0]).count();
        let n = if movie.position.first().is_some_and(|p| p.is_finite()) { rising + 1 } else { 0 };
        let position: Vec<f64> = movie.position[..n.min(movie.position.len())].to_vec();
        let finite = |m: Option<crate::Measurement>| m.filter(|m| m.value.is_finite());
        let contacts = [finite(movie.contacts[0]), finite(movie.contacts[1])];
        let mut table = Table {
            frame: vec![],
            time: vec![],
            size: (0..n).map(|i| cell(&position, i)).collect(),
            width: vec![],
            statistical: vec![],
            systematic: vec![],
            centre: vec![],
            made: vec![f64::NAN; n],
            made_variance: vec![f64::NAN; n],
            made_systematic: vec![0.0; n],
            made_centre: vec![f64::NAN; n],
            common: vec![],
            common_spread: vec![],
            common_variance: [0.0; 2],
            noise: Noise { scale: 1.0, spread: 0.0, along: 0.0, in_time: 0.0, frames: 0 },
            whole: 0,
            baseline: 0,
            from: contacts[0].map_or(f64::NEG_INFINITY, |m| m.value),
            to: contacts[1].map_or(f64::INFINITY, |m| m.value),
            contacts,
            area_factor: if movie.area_factor > 0.0 && movie.area_factor.is_finite() { movie.area_factor } else { AREA_FACTOR },
            parted_at: movie
                .rupture
                .and_then(|k| movie.frames.get(k..))
                .and_then(|f| f.iter().find_map(|f| f.gap.as_ref()))
                .map(|g| 0.5 * (g.left.value + g.right.value))
                .filter(|x| x.is_finite()),
            position,
        };
        table.fill(movie, notes);
        table.set_baseline(options.baseline);
        table.set_noise(notes);
        table.set_made();
        table.set_common();
        table
    }

    fn fill(&mut self, movie: &MovieMeasurement, notes: &mut Vec<String>) {
        const UNFIT: u8 = frame_flags::DUPLICATE | frame_flags::SATURATED | frame_flags::NO_WIRE;
        let n = self.columns();
        // Widths are never known better than a thousandth of a pixel; without noise that is the noise.
        let floor = if movie.pixel > 0.0 { 1e-3 * movie.pixel } else { 1e-13 };
        let mut left_out = 0;
        for (k, f) in movie.frames.iter().enumerate() {
            let later = f.time.is_finite() && self.time.last().is_none_or(|t| f.time > *t);
            if f.flags & UNFIT != 0 || !later {
                left_out += 1;
                continue;
            }
            if movie.rupture.is_none_or(|r| k < r) {
                self.whole += 1;
            }
            self.frame.push(k);
            self.time.push(f.time);
            for i in 0..n {
                let at = |v: &[f64]| v.get(i).copied().unwrap_or(f64::NAN);
                let [alone, spread] = &f.alone;
                let (w, s) = if alone.is_empty() { (at(&f.width), at(&f.statistical)) } else { (at(alone), at(spread)) };
                // Nothing is said by a width that may be off by more pixels than an outline needs.
                let good = w.is_finite() && w >= 0.0 && s >= 0.0 && s.is_finite() && (s < LOOSE * movie.pixel || movie.pixel <= 0.0);
                self.width.push(if good { w } else { f64::NAN });
                self.statistical.push(if good { s.max(floor) } else { f64::NAN });
                self.systematic.push(Some(at(&f.systematic)).filter(|s| good && s.is_finite()).unwrap_or(0.0).abs());
                self.centre.push(if good { at(&f.centre) } else { f64::NAN });
            }
        }
        if left_out > 0 {
            notes.push(format!("{left_out} frames without a usable image or time, or repeating the one before, were left out."));
        }
    }

    fn set_baseline(&mut self, wanted: usize) {
        self.baseline = wanted.min(self.whole / 3).max(1).min(self.rows());
    }

    /// Scatter about the mean of each position, with what a few frames lose by having their own mean taken off put back.
    fn set_noise(&mut self, notes: &mut Vec<String>) {
        let (rows, n) = (self.baseline, self.columns());
        self.noise.frames = rows;
        if rows < 3 {
            notes.push("Fewer than three steady frames at the start: the stated uncertainties could not be checked.".into());
            return;
        }
        let mut z = vec![f64::NAN; rows * n];
        let offset: Vec<f64> = (0..rows).map(|k| self.row_offset(k, rows)).collect();
        for i in 0..n {
            let column: Vec<f64> = (0..rows).map(|k| self.width[k * n + i] - offset[k]).collect();
            let mean = column.iter().sum::<f64>() / rows as f64;
            for k in 0..rows {
                z[k * n + i] = (column[k] - mean) / self.statistical[k * n + i];
            }
        }
        let lost = rows as f64 / (rows as f64 - 1.0);
        // Median of |z| of the normal law: 0.6745.
        let Some(spread) = median(z.iter().map(|z| z.abs()).collect()).map(|m| m / 0.6745) else { return };
        let clipped = |z: f64| z.clamp(-4.0 * spread, 4.0 * spread);
        let correlation = |step: usize, pairs: &mut dyn Iterator<Item = usize>| {
            let (mut both, mut own) = (0.0, 0.0);
            for j in pairs {
                let (a, b) = (clipped(z[j]), clipped(z[j + step]));
                if (a * b).is_finite() {
                    both += a * b;
                    own += 0.5 * (a * a + b * b);
                }
            }
            if own > 0.0 { both / own } else { 0.0 }
        };
        let along = correlation(1, &mut (0..rows * n).filter(|j| (j + 1) % n != 0));
        let in_time = correlation(n, &mut (0..(rows - 1) * n));
        // The mean taken off lowers the correlation in time, that of independent frames to -1/(rows - 1).
        let mut own = in_time;
        for _ in 0..20 {
            let mean = (inflation(rows as f64, own) / rows as f64).min(0.9);
            own = (in_time * (1.0 - mean) + mean).clamp(0.0, 0.95);
        }
        self.noise.along = along.clamp(0.0, 0.95);
        self.noise.in_time = own;
        // A median is worth 37 % of the values; squares of values that correlate by ρ correlate by ρ².
        let alone = |rho: f64| (1.0 - rho * rho) / (1.0 + rho * rho);
        let values = z.iter().filter(|z| z.is_finite()).count() as f64 * alone(self.noise.along) * alone(self.noise.in_time);
        self.noise.spread = (2.0 * 0.37 * values).max(1.0).powf(-0.5);
        // Correlated frames lose more with their mean.
        let kept = 1.0 - inflation(rows as f64, self.noise.in_time) / rows as f64;
        self.noise.scale = (spread * if kept > 0.1 { kept.powf(-0.5) } else { lost.sqrt() }).max(1.0);
    }

    /// What row `k` has in common against the mean of the first `rows`.
    fn row_offset(&self, k: usize, rows: usize) -> f64 {
        let n = self.columns();
        let mean = |i: usize| (0..rows).map(|j| self.width[j * n + i]).sum::<f64>() / rows as f64;
        median((0..n).map(|i| self.width[k * n + i] - mean(i)).collect()).unwrap_or(0.0)
    }

    fn set_made(&mut self) {
        let n = self.columns();
        for i in 0..n {
            let (mut weight, mut w, mut count, mut systematic) = (0.0, 0.0, 0.0, 0.0);
            let (mut centre, mut centres) = (0.0, 0.0);
            for k in 0..self.baseline {
                let j = k * n + i;
                if self.width[j].is_finite() {
                    let g = self.statistical[j].powi(-2);
                    weight += g;
                    w += g * self.width[j];
                    systematic += self.systematic[j];
                    count += 1.0;
                }
                if self.centre[j].is_finite() {
                    centre += self.centre[j];
                    centres += 1.0;
                }
            }
            if count > 0.0 {
                self.made[i] = w / weight;
                self.made_variance[i] = self.noise.scale.powi(2) / weight * inflation(count, self.noise.in_time);
                self.made_systematic[i] = systematic / count;
            }
            if centres > 0.0 {
                self.made_centre[i] = centre / centres;
            }
        }
    }

    fn set_common(&mut self) {
        let n = self.columns();
        for k in 0..self.rows() {
            let inside: Vec<usize> = (0..n).filter(|&i| self.inside(i) && (self.width[k * n + i] - self.made[i]).is_finite()).collect();
            let value = median(inside.iter().map(|&i| self.width[k * n + i] - self.made[i]).collect());
            let count = inside.len() as f64;
            // Median of normal values: π/2 times the variance of the mean. With few positions nothing is common.
            let share = std::f64::consts::FRAC_PI_2 * inflation(count, self.noise.along) / (count * count);
            let own = share * inside.iter().map(|&i| self.variance(k, i)).sum::<f64>();
            let made = share * inside.iter().map(|&i| self.made_variance[i]).sum::<f64>();
            let known = count >= 8.0;
            self.common.push(value.filter(|_| known).unwrap_or(0.0));
            self.common_spread.push(if known { (own + made).sqrt() } else { 0.0 });
            if known {
                self.common_variance[0] += own / self.rows() as f64;
                self.common_variance[1] += made / self.rows() as f64;
            }
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.time.len()
    }

    pub(super) fn columns(&self) -> usize {
        self.position.len()
    }

    /// Whether the position lies between the contacts in view.
    pub(super) fn inside(&self, i: usize) -> bool {
        self.position[i] >= self.from && self.position[i] <= self.to
    }

    /// Width without what all positions have in common [m]; NaN if missing.
    pub(super) fn width(&self, k: usize, i: usize) -> f64 {
        let w = self.width[k * self.columns() + i];
        // A gap is a gap, whatever the focus.
        if w > 0.0 { (w - self.common[k]).max(0.0) } else { w }
    }

    /// Local change of width since the start [m]; NaN if missing or under a contact.
    pub(super) fn change(&self, k: usize, i: usize) -> f64 {
        if self.inside(i) { self.width(k, i) - self.made[i] } else { f64::NAN }
    }

    /// Variance of one width [m²].
    pub(super) fn variance(&self, k: usize, i: usize) -> f64 {
        (self.noise.scale * self.statistical[k * self.columns() + i]).powi(2)
    }

    pub(super) fn made_variance(&self, i: usize) -> f64 {
        self.made_variance[i]
    }

    pub(super) fn systematic(&self, k: usize, i: usize) -> f64 {
        self.systematic[k * self.columns() + i]
    }

    /// Shift of the outline's middle since the start [m].
    pub(super) fn shift(&self, k: usize, i: usize) -> f64 {
        self.centre[k * self.columns() + i] - self.made_centre[i]
    }

    /// Mean change over positions `columns` and rows `rows`, with its standard uncertainty; `None` if less than half of it is measured.
    pub(super) fn mean_change(&self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> Option<(f64, f64)> {
        let (mut sum, mut variance, mut made, mut count) = (0.0, 0.0, 0.0, 0.0);
        let (m, n) = (rows.len() as f64, columns.len() as f64);
        for k in rows {
            for i in columns.clone() {
                let d = self.change(k, i);
                if d.is_finite() {
                    sum += d;
                    variance += self.variance(k, i);
                    made += self.made_variance[i];
                    count += 1.0;
                }
            }
        }
        (count > 0.5 * m * n - 0.25).then(|| (sum / count, self.mean_variance(m, n, count, variance, made).sqrt()))
    }

    /// Standard uncertainty of the as-made width, averaged over `columns`: the same in all frames.
    pub(super) fn made_spread(&self, columns: std::ops::Range<usize>) -> f64 {
        let n = columns.len().max(1) as f64;
        let sum = columns.map(|i| self.made_variance[i]).filter(|v| v.is_finite()).sum::<f64>();
        (sum / n * inflation(n, self.noise.along) / n + self.common_variance[1]).sqrt()
    }

    /// Variance of a mean over `m` rows and `n` positions, `count` of them measured, from the sums of variances.
    pub(super) fn mean_variance(&self, m: f64, n: f64, count: f64, variance: f64, made: f64) -> f64 {
        let share = count / (m * n);
        let own = variance / count * inflation(m, self.noise.in_time) / m;
        // The as-made profile is the same in all rows.
        (own + made / count) * inflation(n, self.noise.along) / (n * share) + self.common_mean_variance(m)
    }

    /// Variance of the mean over `m` rows of the common change that was taken off.
    pub(super) fn common_mean_variance(&self, m: f64) -> f64 {
        self.common_variance[0] * inflation(m, self.noise.in_time) / m + self.common_variance[1]
    }

    /// Median time between rows [s].
    pub(super) fn interval(&self) -> f64 {
        median(self.time.windows(2).map(|w| w[1] - w[0]).collect()).unwrap_or(0.0)
    }

    pub(super) fn common_change(&self) -> Vec<Seen> {
        let systematic = |k: usize| median((0..self.columns()).map(|i| self.systematic(k, i)).collect()).unwrap_or(0.0);
        (0..self.rows()).map(|k| Seen::new(self.common[k], self.common_spread[k], systematic(k))).collect()
    }

    pub(super) fn into_profiles(self) -> SeenProfiles {
        let radii = |v: &[f64]| v.iter().map(|&w| equal_area_radius(w, self.area_factor)).collect();
        SeenProfiles {
            radius: radii(&self.width),
            statistical: self.statistical.iter().map(|&s| equal_area_radius(s, self.area_factor) * self.noise.scale).collect(),
            systematic: radii(&self.systematic),
            frame: self.frame,
            time: self.time,
            position: self.position,
        }
    }
}
