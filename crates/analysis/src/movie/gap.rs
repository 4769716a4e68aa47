//! Whether and where the wire is parted, frame by frame.
//!
//! What the silver of each bin takes from the beam near the axis is compared with what the thinnest wire would take that counts as one
//! ([`THINNEST`] of the diameter). The log likelihood ratio of "nothing" against "at least that" is summed over frames (CUSUM, restarted
//! at 0) for windows of several lengths: a wide gap is certain in one frame, a narrow one in a few. From then on its tips are fitted in
//! every frame ([`super::outline::tip`]); the frame in which the wire parted is found afterwards as the change point of what the bins in the
//! gap take.

use super::image::{Axis, Image};
use super::outline::fit::Bin;
use super::outline::learn::quantile;
use super::outline::ray::{CENTRE, LEVEL, N, WIDTH};
use super::outline::state::State;
use super::outline::strip::{Grid, Strip};
use super::outline::tip::{Points, Tip, TipFit};
use crate::Measurement;

/// The thinnest wire that is told from a gap, over the wire's width.
const THINNEST: f64 = 0.105;
/// A neck of this part of the width, if it was there lately, is missed at once.
const THIN: f64 = 0.2;
/// Share of a frame in what a bin took lately; what falls below half of it is not taken into it.
const SHARE: f64 = 0.1;
/// Lengths of the windows [bins].
const WINDOWS: [usize; 3] = [1, 3, 8];
/// Log likelihood from which the wire is parted: for a whole movie of 1000 frames and 200 bins, one false alarm in a hundred movies.
const SURE: f64 = 17.0;
/// From here on tips are fitted, so that they are there if the next frames make sure.
const MAYBE: f64 = 3.0;
/// Frames before a gap becomes likely in which the wire may have parted already.
const BEFORE: usize = 3;
/// Frames before and after a change point that are looked at.
const AROUND: usize = 12;

/// What is taken from the beam in each bin of one frame.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Taken {
    /// In units of background times pixels.
    pub value: Vec<f32>,
    pub variance: Vec<f32>,
}

/// Radii of a tip's end that are compared, over the wire's width (115 nm: sharp, 2.3, 5, 9 and 16 nm).
const RADII: [f64; 5] = [0.0, 0.02, 0.045, 0.08, 0.14];
/// After the first frames, every so manieth all of them are fitted.
const COMPARE: usize = 8;
const COMPARE_FIRST: usize = 6;
/// Slopes of the width from which a tip is sought at first: a cone of 27° to the axis, and a blunt end.
const SLOPES: [f64; 2] = [1.0, 6.0];
/// Rounds in which tips are found at first.
const ROUNDS: usize = 3;
/// What blur, absorption and background may still be wrong by, at a tip [pixels]: measured on movies whose truth is known.
const FLOOR: f64 = 0.7;

/// Radii are told apart by the median frame, times the number of frames, over this: frames err alike where the model does.
const ALIKE: f64 = 4.0;

/// What a number more has to gain: ln of the number of cells, the Bayesian information criterion.
const SIMPLER: f64 = 8.0;

/// One frame's comparison of the radii with a sharp cone: twice the negative log likelihood, and where the end lies.
type Compared = [(f64, f64); RADII.len()];

/// Evidence for the radius of one tip, over all frames.
#[derive(Clone, Debug, Default)]
struct Evidence {
    frames: Vec<Compared>,
    best: usize,
}

impl Evidence {
    fn take(&mut self, compared: Compared) {
        self.frames.push(compared);
        let chi2 = self.chi2();
        self.best = (0..RADII.len()).min_by(|&a, &b| chi2[a].total_cmp(&chi2[b])).unwrap_or(0);
    }

    /// The median over frames: some fits end in the wrong place.
    fn median(&self, of: impl Fn(&(f64, f64)) -> f64) -> [f64; RADII.len()] {
        std::array::from_fn(|i| quantile(self.frames.iter().map(|f| of(&f[i])), 0.5).unwrap_or(0.0))
    }

    fn chi2(&self) -> [f64; RADII.len()] {
        let mut chi2 = self.median(|f| f.0).map(|m| m * self.frames.len() as f64 / ALIKE);
        // A radius is one number more.
        chi2.iter_mut().skip(1).for_each(|c| *c += SIMPLER);
        chi2
    }

    /// Weight of each radius by its likelihood.
    fn weights(&self) -> [f64; RADII.len()] {
        let chi2 = self.chi2();
        let least = chi2.iter().copied().fold(f64::INFINITY, f64::min);
        let raw = chi2.map(|c| (-0.5 * (c - least)).exp());
        let sum: f64 = raw.iter().sum();
        raw.map(|w| w / sum)
    }
}

/// What all frames say about a tip's end.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ending {
    /// Radius [pixels].
    pub radius: Measurement,
    /// Where the end lies, from where a sharp cone's would [pixels], with its systematic uncertainty.
    pub offset: Measurement,
    /// The same for each radius.
    offsets: [f64; RADII.len()],
}

impl Ending {
    fn of(e: &Evidence, width: f64) -> Ending {
        let weights = e.weights();
        let mean = |of: &[f64; RADII.len()]| -> (f64, f64) {
            let mean: f64 = weights.iter().zip(of).map(|(w, x)| w * x).sum();
            (mean, weights.iter().zip(of).map(|(w, x)| w * (x - mean).powi(2)).sum::<f64>().sqrt())
        };
        let offsets = e.median(|f| f.1);
        let ((radius, spread), (offset, doubt)) = (mean(&RADII.map(|r| r * width)), mean(&offsets));
        // Radii between those compared.
        Ending {
            radius: Measurement::new(radius, spread.hypot(0.01 * width)),
            offset: Measurement::new(offset, doubt.hypot(FLOOR)),
            offsets,
        }
    }

    /// The end of a tip that was fitted with one of the radii, with what all frames know.
    pub fn end(&self, tip: &Tip, with: usize) -> Measurement {
        Measurement::new(tip.end.value - self.offsets[with] + self.offset.value, tip.end.uncertainty)
    }
}

/// Tips found in a frame, fitted with one of the radii each.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Parted {
    pub left: Tip,
    pub right: Tip,
    pub with: [usize; 2],
    /// Square root of twice the log likelihood ratio in this frame's window.
    pub significance: f64,
}

/// Watches for a gap.
pub struct GapWatch {
    width: f64,
    least: Vec<f64>,
    /// What a thin wire takes that is still told from none at coarse pixels, and what each bin took lately.
    thin: Vec<f64>,
    lately: Vec<f64>,
    half: f64,
    /// Log likelihood ratio of each window, and since which frame it has not been 0.
    sums: Vec<Vec<(f64, usize)>>,
    /// Bin around which the gap lies, once it is likely.
    place: Option<usize>,
    last: Option<Parted>,
    /// First frame (in order of watching) in which it was certain.
    pub certain: Option<usize>,
    /// Since when it has been likely.
    pub began: usize,
    frames: usize,
    evidence: [Evidence; 2],
}

impl GapWatch {
    /// A watch on a wire that is whole.
    pub fn new(state: &State, width: f64) -> GapWatch {
        let half = (0.11 * width).max(3.0);
        let bins = state.grid.bins;
        let of = |part: f64| -> Vec<f64> { (0..bins).map(|k| state.taken(k, part * width, half).unwrap_or(f64::NAN)).collect() };
        let (least, thin) = (of(THINNEST), of(THIN));
        GapWatch {
            width,
            least,
            thin,
            lately: vec![f64::NAN; bins],
            half,
            sums: vec![vec![(0.0, 0); bins]; WINDOWS.len()],
            place: None,
            last: None,
            certain: None,
            began: 0,
            frames: 0,
            evidence: Default::default(),
        }
    }

    /// What is known of the ends of the left and the right tip.
    pub fn endings(&self) -> [Ending; 2] {
        [0, 1].map(|i| Ending::of(&self.evidence[i], self.width))
    }

    /// What is taken from the beam around the line `middle` + `slope` u.
    pub fn taken(&self, state: &State, strip: &Strip, line: [f64; 2], beside: &[bool]) -> Taken {
        let grid = &state.grid;
        let mut out = Taken::default();
        for (k, cells) in strip.cells.chunks_exact(grid.rows).enumerate() {
            let Some(known) = &state.known[k] else {
                out.value.push(f32::NAN);
                out.variance.push(f32::NAN);
                continue;
            };
            let (mut level, mut n) = (0.0, 0.0);
            for (c, b) in cells.iter().zip(beside) {
                if *b && c.is_finite() {
                    level += f64::from(*c);
                    n += 1.0;
                }
            }
            let level = level / n - state.noise.black;
            let scale = if state.optics.dark { known.mean[super::outline::ray::BEAM_L] } else { level };
            let centre = line[0] + line[1] * grid.along(k as f64) - grid.across(0);
            let (from, to) =
                ((centre - self.half).round().max(0.0) as usize, ((centre + self.half).round().max(0.0) as usize).min(grid.rows));
            let (mut sum, mut m) = (0.0, 0.0);
            for c in cells.get(from..to).unwrap_or(&[]) {
                sum += f64::from(*c) - state.noise.black - level;
                m += 1.0;
            }
            let sign = if state.optics.dark { 1.0 } else { -1.0 };
            let variance = state.noise.variance(level) * (m + m * m / n.max(1.0)) / (scale * scale);
            out.value.push((sign * sum / scale) as f32);
            out.variance.push(variance as f32);
        }
        out
    }

    /// Takes a frame into account; gives the tips if the wire may be parted.
    pub fn watch(
        &mut self,
        state: &State,
        taken: &Taken,
        bins: &[Option<Bin>],
        image: &Image,
        axis: &Axis,
        shift: [f64; 2],
    ) -> Option<Parted> {
        let frame = self.frames;
        self.frames += 1;
        let mut best: Option<(f64, f64, usize, usize, usize)> = None;
        for (sums, &window) in self.sums.iter_mut().zip(&WINDOWS) {
            for k in 0..taken.value.len() {
                let to = k + window;
                let (mut value, mut variance, mut least) = (0.0, 0.0, 0.0);
                for i in k..to.min(taken.value.len()) {
                    value += f64::from(taken.value[i]);
                    variance += f64::from(taken.variance[i]);
                    least += self.least[i].max(self.lately[i].min(self.thin[i]));
                }
                if to > taken.value.len() || !(value + variance + least).is_finite() || variance <= 0.0 {
                    sums[k] = (0.0, frame + 1);
                    continue;
                }
                // Nothing against the thinnest wire: a normal shift test.
                let now = least * (0.5 * least - value.max(0.0)) / variance;
                let sum = (sums[k].0 + now).max(0.0);
                sums[k] = (sum, if sum > 0.0 { sums[k].1 } else { frame + 1 });
                if best.is_none_or(|b| sum > b.0) {
                    best = Some((sum, now, k, window, sums[k].1));
                }
            }
        }
        for (lately, now) in self.lately.iter_mut().zip(&taken.value) {
            let now = f64::from(*now);
            if lately.is_nan() {
                *lately = now;
            } else if now > 0.5 * *lately {
                *lately += SHARE * (now - *lately);
            }
        }
        let (sum, now, k, window, since) = best?;
        if sum < MAYBE && self.certain.is_none() {
            self.last = None;
            self.place = None;
            self.evidence = Default::default();
            return None;
        }
        if sum >= SURE && self.certain.is_none() {
            self.certain = Some(frame);
            self.began = since;
        }
        if self.place.is_none() || self.certain == Some(frame) {
            // Of several gaps, the widest.
            self.place = Some(self.widest(taken).filter(|_| self.certain == Some(frame)).unwrap_or(k + window / 2));
        }
        // What is looked at follows from where the tips are thought to be: at first they are found in rounds.
        let fresh = self.last.is_none() || self.certain == Some(frame);
        let mut found = None;
        for round in 0..if fresh { ROUNDS } else { 1 } {
            let begin = if fresh && round == 0 { None } else { self.last };
            found = self.tips(state, taken, bins, image, axis, shift, (2.0 * now.max(0.0)).sqrt(), begin);
            if found.is_some() {
                self.last = found;
            }
        }
        found
    }

    fn thin(&self, taken: &Taken, k: usize) -> bool {
        taken.value.get(k).is_some_and(|v| f64::from(*v) < 1.5 * self.least[k] + 0.5 * f64::from(taken.variance[k]).sqrt())
    }

    /// Whether a bin of a frame holds less than the thinnest wire, by three standard deviations.
    pub fn empty(&self, taken: &Taken, k: usize) -> bool {
        taken.value.get(k).is_some_and(|v| f64::from(*v) + 3.0 * f64::from(taken.variance[k]).sqrt() < self.least[k].max(self.thin[k]))
    }

    /// Middle of the longest stretch of bins in which nothing is.
    fn widest(&self, taken: &Taken) -> Option<usize> {
        let (mut best, mut from) = ((0, 0), 0);
        for k in 0..=taken.value.len() {
            if self.thin(taken, k) {
                continue;
            }
            if k - from > best.1 - best.0 {
                best = (from, k);
            }
            from = k + 1;
        }
        (best.1 > best.0).then(|| (best.0 + best.1) / 2)
    }

    #[expect(clippy::too_many_arguments, reason = "one call, and each is a different thing")]
    fn tips(
        &mut self,
        state: &State,
        taken: &Taken,
        bins: &[Option<Bin>],
        image: &Image,
        axis: &Axis,
        shift: [f64; 2],
        significance: f64,
        begin: Option<Parted>,
    ) -> Option<Parted> {
        let place = self.place?;
        let grid = &state.grid;
        let mut from = place;
        while from > 0 && self.thin(taken, from - 1) {
            from -= 1;
        }
        let mut to = place;
        while self.thin(taken, to + 1) {
            to += 1;
        }
        let bin = grid.bin as f64;
        let guess = match begin {
            Some(l) => [l.left.end.value, l.right.end.value],
            None => [grid.along(from as f64) - 0.5 * bin, grid.along(to as f64) + 0.5 * bin],
        };
        let width = bins.iter().flatten().map(|b| b.value[WIDTH]).fold(0.0, f64::max);
        let usual = state.known.iter().flatten().map(|k| k.mean[WIDTH]).fold(0.0, f64::max).min(width.max(1.0));
        let gap = (guess[1] - guess[0]).max(2.0);
        let compare = self.evidence[0].frames.len() < COMPARE_FIRST || self.frames.is_multiple_of(COMPARE);
        let side = |points: Points, evidence: &Evidence| -> Option<(Tip, usize, Option<Compared>)> {
            let (end, sign) = if points == Points::Right { (guess[0], -1.0) } else { (guess[1], 1.0) };
            let length = (0.5 * usual).max(12.0);
            let beyond = (0.5 * gap).clamp(3.0, 0.25 * usual + 6.0);
            let silver = self.silver(state, bins, end, sign, usual)?;
            let fine = (grid.bin / 3).max(1);
            let span = length + beyond + 8.0;
            let at = end + sign * 0.5 * (length - beyond);
            let own =
                Grid { bins: (span / fine as f64) as usize, bin: fine, rows: (1.1 * usual) as usize | 1, middle: [at, silver[CENTRE]] };
            let mut strip = Strip::default();
            strip.take(image, &own, axis, shift);
            // Cells of another length along the axis have another noise.
            let ratio = bin / fine as f64;
            let mut noise = state.noise;
            (noise.floor, noise.per_count) = (noise.floor * ratio, noise.per_count * ratio);
            let fit = TipFit {
                optics: &state.optics,
                noise: &noise,
                grid: &own,
                strip: &strip,
                silver,
                points,
                length,
                beyond,
                most: 0.5 * usual,
                beside: 0.05 * usual + 8.0,
            };
            let last = begin.map(|l| if points == Points::Right { l.left } else { l.right });
            let with = evidence.best;
            // At first both a cone and a blunt end are tried.
            let slopes = last.map_or(SLOPES, |l| [l.slope.value; 2]);
            let opening = last.map_or(SLOPES[1], |l| 1.2 * l.slope.value);
            let radius = RADII[with] * self.width;
            let mut tip = fit.fit(end, opening, [end, slopes[0], silver[CENTRE]], radius);
            if last.is_none()
                && let Some(blunt) = fit.fit(end, opening, [end, slopes[1], silver[CENTRE]], radius)
                && tip.is_none_or(|t| blunt.chi2 < t.chi2)
            {
                tip = Some(blunt);
            }
            let tip = tip?;
            let guess = [end, slopes[0], silver[CENTRE]];
            let mut compared = None;
            if compare {
                let tried: [Option<Tip>; RADII.len()] =
                    std::array::from_fn(|i| if i == with { Some(tip) } else { fit.fit(end, opening, guess, RADII[i] * self.width) });
                if let [Some(cone), ..] = tried
                    && tried.iter().all(Option::is_some)
                {
                    compared = Some(tried.map(|t| t.map_or((0.0, 0.0), |t| (t.chi2 - cone.chi2, t.end.value - cone.end.value))));
                }
            }
            Some((tip, with, compared))
        };
        let (left, right) = (side(Points::Right, &self.evidence[0])?, side(Points::Left, &self.evidence[1])?);
        for (evidence, compared) in self.evidence.iter_mut().zip([left.2, right.2]) {
            if let Some(c) = compared {
                evidence.take(c);
            }
        }
        let (with, left, right) = ([left.1, right.1], left.0, right.0);
        let limits = [grid.along(0.0), grid.along(grid.bins as f64)];
        (left.end.value < right.end.value + 2.0 && left.end.value > limits[0] && right.end.value < limits[1]).then_some(Parted {
            left,
            right,
            with,
            significance,
        })
    }

    /// What the silver behind a tip does to the beam.
    fn silver(&self, state: &State, bins: &[Option<Bin>], end: f64, sign: f64, width: f64) -> Option<[f64; N]> {
        let (mut sum, mut n) = ([0.0; N], 0.0);
        for (k, known) in state.known.iter().enumerate() {
            let x = sign * (state.grid.along(k as f64) - end);
            if x < 0.3 * width || x > 1.2 * width {
                continue;
            }
            let (Some(known), Some(b)) = (known, &bins[k]) else { continue };
            if b.value[WIDTH] < 0.25 * width {
                continue;
            }
            for (s, v) in sum.iter_mut().zip(&known.mean) {
                *s += v;
            }
            sum[LEVEL] += b.value[LEVEL] - known.mean[LEVEL];
            sum[CENTRE] += b.value[CENTRE] - known.mean[CENTRE];
            n += 1.0;
        }
        (n > 0.0).then(|| sum.map(|s| s / n))
    }
}

/// The frame in which the wire parted: the change point of what the bins between `from` and `to` take, between shortly before it became
/// likely and the frame in which it was certain. Before and after it the course is a straight line each.
pub fn parting(taken: &[Taken], began: usize, certain: usize, from: usize, to: usize) -> usize {
    let series: Vec<(f64, f64)> = taken
        .iter()
        .map(|t| {
            let pick = |v: &[f32]| v.get(from..=to.max(from)).map_or(f64::NAN, |s| s.iter().map(|x| f64::from(*x)).sum::<f64>());
            (pick(&t.value), pick(&t.variance))
        })
        .collect();
    let first = began.saturating_sub(BEFORE).max(1);
    let last = (certain + 3).min(series.len() - 1);
    let cost = |range: std::ops::Range<usize>| -> f64 {
        let (mut s, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let points: Vec<(f64, f64, f64)> = range
            .filter(|&k| (series[k].0 + series[k].1).is_finite() && series[k].1 > 0.0)
            .map(|k| (k as f64, series[k].0, 1.0 / series[k].1))
            .collect();
        for &(x, y, w) in &points {
            s += w;
            sx += w * x;
            sy += w * y;
            sxx += w * x * x;
            sxy += w * x * y;
        }
        let det = s * sxx - sx * sx;
        let (a, b) = if points.len() >= 3 && det > 1e-9 * s * sxx {
            ((sxx * sy - sx * sxy) / det, (s * sxy - sx * sy) / det)
        } else {
            (if s > 0.0 { sy / s } else { 0.0 }, 0.0)
        };
        points.iter().map(|&(x, y, w)| w * (y - a - b * x).powi(2)).sum()
    };
    let (begin, end) = (first.saturating_sub(AROUND), (last + AROUND).min(series.len()));
    (first..=last).min_by(|&a, &b| (cost(begin..a) + cost(a..end)).total_cmp(&(cost(begin..b) + cost(b..end)))).unwrap_or(certain)
}
