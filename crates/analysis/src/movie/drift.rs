//! Drift of the specimen: registration of each frame against a running reference, and a filter in time.
//!
//! The wire is left out: it has no marks along its axis, changes its shape, and its place across the axis is known better from its outline
//! ([`Registered::fused`]). What remains, film texture and contacts, is binned, freed of its slow background, and compared with the mean of
//! the past frames in the specimen's coordinates by maximum likelihood: Gauss–Newton steps from the last shift, and if the result is not
//! convincing also from the peaks of a whitened cross-correlation, the most probable of all under a random walk with rare jumps being
//! taken. The covariance is that of the estimate under the measured noise, correlated as it is, with the noise in the reference's slopes
//! taken out of the information: along a direction in which nothing is to be seen it is as large as the image allows.

mod binned;
mod coarse;
mod filter;
mod matching;
mod reference;

use super::image::{Axis, Image};
use binned::Prepared;
use matching::{Match, Noise, Weights};
use reference::Reference;
use rustfft::FftPlanner;

pub use filter::{DriftFilter, smooth};

/// Probability that the stage jumps between two frames.
const JUMP: f64 = 1e-3;

/// Where a frame lies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Registered {
    /// Shift of the specimen since the first frame [pixels]: what is at p in the first frame is at p + shift in this one.
    pub shift: [f64; 2],
    /// Covariance [pixels²], xx, xy, yy, from this frame's noise. The first frame's own, of the same size, makes a common offset of all
    /// shifts; it is not contained, so that the first frame has 0.
    pub covariance: [f64; 3],
    /// Nothing that fits the reference was found: the shift is that of the frame before.
    pub lost: bool,
}

impl Registered {
    /// Together with a measurement of the shift across an axis at `angle` [rad]: `across` is the shift along (-sin, cos) of it [pixels],
    /// with its variance [pixels²]. Measurements that are not finite change nothing.
    pub fn fused(self, angle: f64, across: f64, variance: f64) -> Registered {
        let (sin, cos) = angle.sin_cos();
        let h = [-sin, cos];
        let [xx, xy, yy] = self.covariance;
        let ch = [xx * h[0] + xy * h[1], xy * h[0] + yy * h[1]];
        let total = ch[0] * h[0] + ch[1] * h[1] + variance;
        if !(total > 0.0 && variance >= 0.0 && across.is_finite()) {
            return self;
        }
        let miss = across - self.shift[0] * h[0] - self.shift[1] * h[1];
        let shift = [0, 1].map(|k| self.shift[k] + ch[k] * miss / total);
        let covariance = [xx - ch[0] * ch[0] / total, xy - ch[0] * ch[1] / total, yy - ch[1] * ch[1] / total];
        Registered { shift, covariance: [covariance[0].max(0.0), covariance[1], covariance[2].max(0.0)], ..self }
    }
}

/// Follows the specimen from frame to frame. Bad pixels are to be replaced before: they stand still.
pub struct DriftTracker {
    size: [usize; 2],
    factor: usize,
    reference: Option<Reference>,
    /// The frame that was followed last, until it is settled.
    frame: Option<Prepared>,
    frame_sums: [f64; 5],
    frame_chi: f64,
    lost: bool,
    noise: Noise,
    /// Usual squared residual per pixel in units of the noise.
    chi: f64,
    settled: u64,
    /// Last settled shift, frames since, and learnt variance of a step per component [binned pixels].
    last: [f64; 2],
    since: f64,
    walk: f64,
    weights: Weights,
    planner: FftPlanner<f32>,
    sums: Vec<f32>,
    columns: Vec<u32>,
}

impl DriftTracker {
    /// A tracker for images of `size` pixels along x and y.
    pub fn new(size: [usize; 2]) -> DriftTracker {
        let factor = binned::factor(size);
        DriftTracker {
            size,
            factor,
            reference: None,
            frame: None,
            frame_sums: [0.0; 5],
            frame_chi: 1.0,
            lost: false,
            noise: Noise { floor: 0.0, per_level: 1.0 },
            chi: 1.0,
            settled: 0,
            last: [0.0; 2],
            since: 0.0,
            walk: (1.0 / factor as f64).powi(2),
            weights: Weights::default(),
            planner: FftPlanner::new(),
            sums: Vec::new(),
            columns: Vec::new(),
        }
    }

    /// Registers a frame. `hidden` is the wire's axis in this frame and the half-width of the band around it [pixels] to leave out. The
    /// first frame has no shift; an image of another size than the tracker's is lost.
    pub fn follow(&mut self, image: &Image, hidden: Option<(Axis, f64)>) -> Registered {
        self.since += 1.0;
        self.lost = true;
        self.frame = None;
        if [image.width(), image.height()] == self.size {
            binned::bin(image, self.factor, &mut self.sums, &mut self.columns);
            self.frame = binned::prepare(&self.sums, self.size, self.factor, hidden);
        }
        let Some(frame) = self.frame.take() else { return self.gone() };
        let Some(reference) = self.reference.take() else {
            self.lost = false;
            self.noise = Noise { floor: 0.0, per_level: frame.noise.max(1e-12) };
            self.frame = Some(frame);
            return Registered { shift: [0.0; 2], covariance: [0.0; 3], lost: false };
        };
        let found = self.register(&reference, &frame);
        self.reference = Some(reference);
        self.frame = Some(frame);
        match found {
            Some((shift, covariance)) => {
                self.lost = false;
                let f = self.factor as f64;
                Registered { shift: shift.map(|s| s * f), covariance: covariance.map(|c| c * f * f), lost: false }
            }
            None => self.gone(),
        }
    }

    /// The frame before, and how far the specimen may have gone since.
    fn gone(&self) -> Registered {
        let f = self.factor as f64;
        let variance = (self.walk * self.since.max(1.0) + JUMP * self.far()) * f * f;
        Registered { shift: self.last.map(|s| s * f), covariance: [variance, 0.0, variance], lost: true }
    }

    /// Variance of a shift of which nothing is known but that the view is still of the same place [binned pixels²].
    fn far(&self) -> f64 {
        (self.size[0].max(self.size[1]) as f64 / self.factor as f64 / 4.0).powi(2)
    }

    /// Takes the frame that was followed last into the reference, at its final shift [pixels]. A lost frame is left out.
    pub fn settle(&mut self, shift: [f64; 2]) {
        let Some(frame) = self.frame.take() else { return };
        let shift = shift.map(|s| s / self.factor as f64);
        if self.lost || !shift.iter().all(|s| s.is_finite()) {
            return;
        }
        let Some(reference) = &mut self.reference else {
            self.reference = Some(Reference::new(&frame));
            self.settled = 1;
            self.since = 0.0;
            return;
        };
        reference.fold(&frame, shift);
        self.settled += 1;
        // Noise, usual residual and walk are learnt over some sixteen frames.
        let gain = 1.0 / (self.settled as f64).min(16.0);
        if let Some(noise) = fit_noise(self.frame_sums) {
            self.noise.floor += gain * (noise.floor - self.noise.floor);
            self.noise.per_level += gain * (noise.per_level - self.noise.per_level);
        }
        self.chi += gain * (self.frame_chi - self.chi);
        let step = (0.5 * [0, 1].map(|k| (shift[k] - self.last[k]).powi(2)).iter().sum::<f64>() / self.since.max(1.0)).min(9.0 * self.walk);
        self.walk = (self.walk + gain * (step - self.walk)).max((0.02 / self.factor as f64).powi(2));
        self.last = shift;
        self.since = 0.0;
    }

    /// Shift and covariance [binned pixels]; None if the reference is not to be found in the frame.
    fn register(&mut self, reference: &Reference, frame: &Prepared) -> Option<([f64; 2], [f64; 3])> {
        let start = [0, 1].map(|k| self.last[k] - reference.origin[k]);
        self.weights.reset();
        let mut best = self.climb(reference, frame, start);
        if self.settled < 3
            && let Some(noise) = fit_noise(self.weights.noise_sums(reference, frame, best.shift))
        {
            // What neighbours' differences told of the noise is too low where a scintillator has blurred it: now there are two frames.
            self.noise = noise;
            self.weights.reset();
            best = self.climb(reference, frame, start);
        }
        let mut knowledge = self.knowledge(reference, &best);
        let away = [0, 1].map(|k| (best.shift[k] - start[k]).abs());
        let (seen, weight) = best.seen(knowledge.correlated);
        let usual = self.chi * (1.03 + 5.0 * (2.0 * knowledge.correlated / best.pixels.max(1.0)).sqrt());
        let strange = best.chi > usual * best.pixels || (weight > 50.0 && seen < 0.7) || away.iter().any(|a| *a > 2.5);
        if strange || self.settled < 3 {
            let chosen = self.probability(&best, start, knowledge.correlated);
            let mut chosen = if chosen.is_finite() { chosen } else { f64::NEG_INFINITY };
            for place in coarse::candidates(reference, frame, &mut self.planner) {
                if [0, 1].iter().all(|&k| (place[k] - best.shift[k]).abs() < 1.0) {
                    continue;
                }
                let other = self.climb(reference, frame, place);
                // Half of the view must be shared: a small overlap fits by chance.
                if other.pixels < 0.5 * best.pixels.max(0.1 * reference.values.len() as f64) {
                    continue;
                }
                let probability = self.probability(&other, start, knowledge.correlated);
                if probability > chosen {
                    chosen = probability;
                    best = other;
                }
            }
            // The weights must be those of the chosen overlap again.
            best = self.weights.compare(reference, frame, self.noise, best.shift);
            knowledge = self.knowledge(reference, &best);
        }
        let (seen, weight) = best.seen(knowledge.correlated);
        if best.pixels < 0.03 * reference.values.len() as f64 || (weight > 50.0 && seen < 0.4) {
            return None;
        }
        self.frame_sums = self.weights.noise_sums(reference, frame, best.shift);
        self.frame_chi = best.chi / best.pixels;
        Some(([0, 1].map(|k| best.shift[k] + reference.origin[k]), knowledge.covariance))
    }

    /// Gauss–Newton steps from `shift` (canvas to frame) to the nearest maximum of the likelihood.
    fn climb(&mut self, reference: &Reference, frame: &Prepared, mut shift: [f64; 2]) -> Match {
        let mut found = self.weights.compare(reference, frame, self.noise, shift);
        for _ in 0..8 {
            let mut step = [0.0; 2];
            for d in directions(&found) {
                if d.significant() {
                    // Noise in the slopes adds to the information: with it the step falls short, without it it may overshoot.
                    let along = (d.axis[0] * found.score[0] + d.axis[1] * found.score[1]) / d.signal.max(0.3 * d.total);
                    let along = along.clamp(-2.0, 2.0);
                    step = [0, 1].map(|k| step[k] + along * d.axis[k]);
                }
            }
            if !(step[0].abs() + step[1].abs() > 0.005) {
                break;
            }
            shift = [0, 1].map(|k| shift[k] + step[k]);
            found = self.weights.compare(reference, frame, self.noise, shift);
        }
        found
    }

    /// Logarithm of the probability of a match, up to a constant: evidence that the reference's pattern is there, times the walk's or a
    /// jump's density.
    fn probability(&self, found: &Match, start: [f64; 2], correlated: f64) -> f64 {
        let evidence = (found.product - 0.5 * found.energy) / correlated;
        let variance = self.walk * self.since.max(1.0) + (0.1 / self.factor as f64).powi(2);
        let square = [0, 1].map(|k| (found.shift[k] - start[k]).powi(2)).iter().sum::<f64>();
        let walk = (-0.5 * square / variance).exp() / (std::f64::consts::TAU * variance);
        evidence + ((1.0 - JUMP) * walk + JUMP / (16.0 * self.far())).ln()
    }

    /// Covariance of the shift at a match.
    fn knowledge(&mut self, reference: &Reference, found: &Match) -> Knowledge {
        let score = self.weights.score_covariance(reference);
        let far = self.far();
        let mut covariance = [0.0; 3];
        let both = directions(found);
        let between = |a: [f64; 2], b: [f64; 2]| a[0] * (score[0] * b[0] + score[1] * b[1]) + a[1] * (score[1] * b[0] + score[2] * b[1]);
        let mut add = |a: [f64; 2], b: [f64; 2], c: f64| {
            covariance[0] += c * a[0] * b[0];
            covariance[1] += 0.5 * c * (a[0] * b[1] + a[1] * b[0]);
            covariance[2] += c * a[1] * b[1];
        };
        let mut known = true;
        for d in &both {
            let variance = between(d.axis, d.axis) / d.signal.powi(2);
            if d.significant() && variance < far {
                add(d.axis, d.axis, variance);
            } else {
                known = false;
                add(d.axis, d.axis, far);
            }
        }
        if known {
            let [a, b] = &both;
            add(a.axis, b.axis, 2.0 * between(a.axis, b.axis) / (a.signal * b.signal));
        }
        let correlated = (score[0] + score[2]) / (found.information[0] + found.information[2]).max(f64::MIN_POSITIVE);
        Knowledge { covariance, correlated: if correlated.is_finite() { correlated.max(1.0) } else { 1.0 } }
    }
}

struct Knowledge {
    covariance: [f64; 3],
    /// By how much the noise's correlation exceeds white noise in the pattern's band.
    correlated: f64,
}

/// A principal direction of the information.
struct Direction {
    axis: [f64; 2],
    /// Information as it stands, what the specimen's pattern contributes, and what is noise.
    total: f64,
    signal: f64,
    noise: f64,
    pixels: f64,
}

impl Direction {
    /// Whether the pattern stands out from the noise's own information, which scatters as that of pixels / 20 independent values and is
    /// itself known to a tenth.
    fn significant(&self) -> bool {
        self.signal > (0.1 + 4.0 * (40.0 / self.pixels.max(1.0)).sqrt()) * self.noise
    }
}

fn directions(found: &Match) -> [Direction; 2] {
    let [xx, xy, yy] = found.information;
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let (sin, cos) = angle.sin_cos();
    [[cos, sin], [-sin, cos]].map(|axis| {
        let total = xx * axis[0] * axis[0] + 2.0 * xy * axis[0] * axis[1] + yy * axis[1] * axis[1];
        Direction { axis, total, signal: total - found.slope_noise, noise: found.slope_noise, pixels: found.pixels }
    })
}

/// Straight line of squared residuals over the level; flat or proportional where a coefficient would be negative.
fn fit_noise([n, m, mm, r, rm]: [f64; 5]) -> Option<Noise> {
    if !(n > 100.0 && m > 0.0 && r > 0.0) {
        return None;
    }
    let spread = n * mm - m * m;
    let slope = if spread > 1e-4 * n * mm { (n * rm - m * r) / spread } else { r / m };
    let slope = slope.min(r / m);
    Some(if slope > 0.0 { Noise { floor: (r - slope * m) / n, per_level: slope } } else { Noise { floor: r / n, per_level: 0.0 } })
}
