//! Particles in one crop.

use super::background::surface;
use super::limit::level;
use crate::Measurement;
use crate::movie::Contrast;

/// A part of a frame: the gap.
#[derive(Clone, Copy, Debug)]
pub struct Crop<'a> {
    /// Pixels along x.
    pub width: usize,
    /// Counts, row by row.
    pub counts: &'a [f32],
    /// Which pixels belong to the gap; all if empty. Wire and contacts must be left out, a few pixels wider than they look.
    pub valid: &'a [bool],
}

/// What is looked for, and how the counts come about.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// Bright particles on dark (dark field) or dark ones on bright.
    pub contrast: Contrast,
    /// Diameters of the spheres that are looked for [pixels]. The signal of much larger particles than the largest is not seen whole.
    pub diameters: Vec<f64>,
    /// Standard deviation of the image of a point [pixels].
    pub blur: f64,
    /// Counts per electron.
    pub gain: f64,
    /// Counts without electrons.
    pub offset: f64,
    /// Variance of a pixel without electrons [counts²].
    pub read_variance: f64,
    /// Expected number of false alarms per frame.
    pub false_alarms: f64,
}

impl Settings {
    /// Three diameters [pixels], a blur [pixels], counts per electron; no offset, no read noise, one false alarm in a thousand frames.
    pub fn new(contrast: Contrast, diameters: [f64; 3], blur: f64, gain: f64) -> Settings {
        Settings { contrast, diameters: diameters.to_vec(), blur, gain, offset: 0.0, read_variance: 0.0, false_alarms: 1e-3 }
    }
}

/// Why nothing can be looked for.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum DetectorError {
    /// A setting is impossible.
    #[error("{0} must be a positive number, not {1}")]
    Setting(&'static str, f64),
    /// No diameter.
    #[error("no diameter to look for was given")]
    NoDiameter,
    /// The counts are no crop.
    #[error("{0} counts are no rows of {1} pixels, or the mask has another size")]
    Size(usize, usize),
    /// Too little of the gap is seen.
    #[error("too few pixels of the gap are seen to know its background")]
    NoBackground,
}

/// A particle seen in one frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Detection {
    /// Place [pixels], x and y, from the centre of the crop's first pixel.
    pub place: [f64; 2],
    /// Its standard uncertainty, each way [pixels].
    pub uncertainty: f64,
    /// Diameter among those looked for that fits best [pixels].
    pub diameter: f64,
    /// Deviations from the background.
    pub significance: f64,
    /// Signal above the background (below it, for dark particles) [electrons], summed over the place. Of faint particles those are found
    /// that noise has made brighter: near the threshold the signal is too large by up to a standard deviation.
    pub signal: Measurement,
}

/// What was found in a frame.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// The particles, the clearest first.
    pub detections: Vec<Detection>,
    /// Thresholds used [deviations], one for each diameter.
    pub thresholds: Vec<f64>,
    /// By how much the noise of the filtered crop exceeds that of independent electrons: correlated pixels, texture. 1 if it does not.
    pub excess: f64,
}

/// Looks for particles: a matched filter for each diameter on the electrons above a smooth background, the filtered sum made normal by
/// Anscombe's square root, in units of its own measured spread.
#[derive(Clone, Debug)]
pub struct Detector {
    settings: Settings,
    templates: Vec<Template>,
}

impl Detector {
    /// A detector.
    ///
    /// # Errors
    /// If a setting is not positive where it must be, or no diameter is given.
    pub fn new(settings: Settings) -> Result<Detector, DetectorError> {
        let positive = [("gain", settings.gain), ("rate of false alarms", settings.false_alarms)];
        let all = positive.into_iter().chain(settings.diameters.iter().map(|&d| ("diameter", d)));
        for (name, value) in all {
            if !(value > 0.0 && value < 1e6) {
                return Err(DetectorError::Setting(name, value));
            }
        }
        for (name, value) in [("blur", settings.blur), ("read variance", settings.read_variance), ("offset", settings.offset.abs())] {
            if !(0.0..1e12).contains(&value) {
                return Err(DetectorError::Setting(name, value));
            }
        }
        if settings.diameters.is_empty() {
            return Err(DetectorError::NoDiameter);
        }
        let templates = settings.diameters.iter().map(|&d| Template::new(d.min(200.0), settings.blur.min(50.0))).collect();
        Ok(Detector { settings, templates })
    }

    /// Particles of one crop.
    ///
    /// # Errors
    /// If the sizes do not fit or too little of the gap is seen.
    pub fn find(&self, crop: &Crop) -> Result<Found, DetectorError> {
        let n = crop.counts.len();
        if crop.width == 0 || !n.is_multiple_of(crop.width) || !(crop.valid.is_empty() || crop.valid.len() == n) {
            return Err(DetectorError::Size(n, crop.width));
        }
        let s = &self.settings;
        let sign = if s.contrast == Contrast::DarkField { 1.0 } else { -1.0 };
        let read = s.read_variance / (s.gain * s.gain);
        let electrons: Vec<f32> = crop.counts.iter().map(|&c| ((f64::from(c) - s.offset) / s.gain) as f32).collect();
        let valid: Vec<bool> = (0..n).map(|i| electrons[i].is_finite() && crop.valid.get(i).copied().unwrap_or(true)).collect();
        let noise = |level: f64| level.max(0.0) + read + 1e-9;
        let background = surface(crop.width, &electrons, &valid, sign, noise).ok_or(DetectorError::NoBackground)?;
        let frame = Frame { width: crop.width, electrons: &electrons, valid: &valid, background: &background, read, sign };
        let maps: Vec<Vec<f32>> = self.templates.iter().map(|t| frame.filtered(t)).collect();
        let spreads: Vec<f64> = maps.iter().map(|m| spread(m)).collect();
        let per_scale = s.false_alarms / maps.len() as f64;
        let slopes: Vec<[f64; 2]> = maps.iter().zip(&spreads).map(|(m, spread)| gradient(m, crop.width, *spread)).collect();
        // Independent places: the area times the root of the determinant of the gradient's covariance.
        let area = |m: &[f32]| m.iter().filter(|v| v.is_finite()).count() as f64;
        let thresholds: Vec<f64> = maps.iter().zip(&slopes).map(|(m, [x, y])| level(area(m) * (x * y).sqrt(), per_scale)).collect();
        let mut candidates: Vec<(f64, usize, usize)> = Vec::new();
        for (k, map) in maps.iter().enumerate() {
            for i in 0..n {
                let z = f64::from(map[i]) / spreads[k];
                if z > thresholds[k] && is_top(map, crop.width, i) {
                    candidates.push((z, k, i));
                }
            }
        }
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut detections: Vec<(Detection, usize, usize)> = Vec::new();
        for (z, k, i) in candidates {
            let t = &self.templates[k];
            let (place, bend) = refine(&maps[k], crop.width, i);
            let taken = detections.iter().any(|(d, k, _)| {
                let reach = t.reach.max(self.templates[*k].reach);
                (d.place[0] - place[0]).hypot(d.place[1] - place[1]) < reach
            });
            if !taken {
                let signal = Measurement::new(0.0, 0.0);
                // The maximum moves by the noise's gradient over the bend of the peak.
                let uncertainty = (0.5 * (slopes[k][0] + slopes[k][1])).sqrt() / (bend / spreads[k]).max(1e-3);
                let diameter = s.diameters[k];
                detections.push((Detection { place, uncertainty, diameter, significance: z, signal }, k, i));
            }
        }
        // The background once more, without what was found: faint pixels of particles lift it.
        let clear: Vec<bool> = (0..n)
            .map(|i| {
                let [x, y] = [(i % crop.width) as f64, (i / crop.width) as f64];
                let near = |(d, k, _): &(Detection, usize, usize)| (d.place[0] - x).hypot(d.place[1] - y) < self.templates[*k].reach;
                valid[i] && !detections.iter().any(near)
            })
            .collect();
        let below = surface(crop.width, &electrons, &clear, sign, noise).unwrap_or_else(|| background.clone());
        let frame = Frame { background: &below, ..frame };
        for (d, k, i) in &mut detections {
            d.signal = frame.signal(&self.templates[*k], *i, spreads[*k]);
        }
        let excess = spreads.iter().copied().fold(1f64, f64::max);
        Ok(Found { detections: detections.into_iter().map(|d| d.0).collect(), thresholds, excess })
    }
}

/// The blurred image of a sphere, as weights.
#[derive(Clone, Debug)]
struct Template {
    half: isize,
    /// Weights over (2 half + 1)² pixels, 1 at most.
    weights: Vec<f32>,
    /// Radius that holds nearly all of the signal [pixels].
    reach: f64,
}

impl Template {
    fn new(diameter: f64, blur: f64) -> Template {
        let radius = 0.5 * diameter;
        // One pixel more than the blurred sphere: it may lie between pixels, and between the diameters looked for.
        let reach = radius + 2.5 * blur.max(0.3) + 1.0;
        let half = reach.ceil() as isize;
        let size = (2 * half + 1) as usize;
        // The projected sphere on a fine grid, blurred by a Gaussian about each of its points.
        let mut weights = vec![0f64; size * size];
        let fine = 4.0f64.max((8.0 / diameter).ceil());
        let steps = (diameter * fine).ceil().max(2.0) as i32;
        let s2 = 2.0 * (blur * blur + 1.0 / 12.0);
        for a in 0..steps {
            for b in 0..steps {
                let [x, y] = [a, b].map(|k| diameter * ((f64::from(k) + 0.5) / f64::from(steps) - 0.5));
                let thickness = (radius * radius - x * x - y * y).max(0.0).sqrt();
                if thickness > 0.0 {
                    let line = |c: f64| (-half..=half).map(|k| (-(k as f64 - c).powi(2) / s2).exp()).collect::<Vec<f64>>();
                    let (gx, gy) = (line(x), line(y));
                    for (row, v) in weights.chunks_exact_mut(size).zip(&gy) {
                        row.iter_mut().zip(&gx).for_each(|(w, u)| *w += thickness * u * v);
                    }
                }
            }
        }
        let top = weights.iter().copied().fold(0f64, f64::max).max(f64::MIN_POSITIVE);
        Template { half, weights: weights.iter().map(|w| (w / top) as f32).collect(), reach }
    }
}

struct Frame<'a> {
    width: usize,
    electrons: &'a [f32],
    valid: &'a [bool],
    background: &'a [f64],
    read: f64,
    sign: f64,
}

impl Frame<'_> {
    /// Deviation of the template's sum from the background at each pixel; NaN where less than 0.7 of the template lies on valid pixels.
    fn filtered(&self, t: &Template) -> Vec<f32> {
        let height = self.electrons.len() / self.width;
        let size = (2 * t.half + 1) as usize;
        let whole: f64 = t.weights.iter().map(|&w| f64::from(w)).sum();
        (0..self.electrons.len())
            .map(|i| {
                if !self.valid[i] {
                    return f32::NAN;
                }
                let (x, y) = ((i % self.width) as isize, (i / self.width) as isize);
                let (mut seen, mut expected, mut variance, mut weight) = (0.0, 0.0, 0.0, 0.0);
                for b in (-t.half).max(-y)..=t.half.min(height as isize - 1 - y) {
                    for a in (-t.half).max(-x)..=t.half.min(self.width as isize - 1 - x) {
                        let j = (y + b) as usize * self.width + (x + a) as usize;
                        if self.valid[j] {
                            let w = f64::from(t.weights[(b + t.half) as usize * size + (a + t.half) as usize]);
                            let level = self.background[j].max(0.0);
                            seen += w * f64::from(self.electrons[j]);
                            expected += w * self.background[j];
                            variance += w * w * (level + self.read);
                            weight += w;
                        }
                    }
                }
                if weight < 0.7 * whole || !(variance > 0.0) {
                    return f32::NAN;
                }
                // A weighted sum of mean m and variance v is close to v/m times a Poisson number of mean m²/v. Read noise adds to both.
                let unit = if expected > 0.0 { (variance / expected).max(1e-3) } else { 1.0 };
                let mean = variance / (unit * unit);
                let number = (mean + (seen - expected) / unit).max(-0.375);
                (self.sign * 2.0 * ((number + 0.375).sqrt() - (mean + 0.375).sqrt())) as f32
            })
            .collect()
    }

    /// Electrons above the background within the template's reach.
    fn signal(&self, t: &Template, i: usize, spread: f64) -> Measurement {
        let height = self.electrons.len() / self.width;
        let (x, y) = ((i % self.width) as isize, (i / self.width) as isize);
        let (mut sum, mut variance, mut inside, mut all) = (0.0, 0.0, 0.0, 0.0);
        for b in -t.half..=t.half {
            for a in -t.half..=t.half {
                if (a as f64).hypot(b as f64) > t.reach {
                    continue;
                }
                all += 1.0;
                let (u, v) = (x + a, y + b);
                if u < 0 || v < 0 || u >= self.width as isize || v >= height as isize {
                    continue;
                }
                let j = v as usize * self.width + u as usize;
                if self.valid[j] {
                    inside += 1.0;
                    let over = f64::from(self.electrons[j]) - self.background[j];
                    sum += self.sign * over;
                    variance += self.background[j].max(0.0) + self.read;
                }
            }
        }
        // Particle electrons are counted as well; what lies on invalid pixels is missing and stands in the uncertainty.
        let missing = 1.0 - inside / f64::max(all, 1.0);
        let noise = (variance * spread.max(1.0).powi(2) + sum.max(0.0)).max(0.0).sqrt();
        Measurement::new(sum, noise.hypot(missing * sum))
    }
}

/// Highest of its eight neighbours (ties go to the earlier pixel).
fn is_top(map: &[f32], width: usize, i: usize) -> bool {
    let (x, y) = ((i % width) as isize, (i / width) as isize);
    let height = (map.len() / width) as isize;
    (-1..=1).all(|b: isize| {
        (-1..=1).all(|a: isize| {
            let (u, v) = (x + a, y + b);
            if (a, b) == (0, 0) || u < 0 || v < 0 || u >= width as isize || v >= height {
                return true;
            }
            let j = v as usize * width + u as usize;
            if j < i { !(map[j] >= map[i]) } else { !(map[j] > map[i]) }
        })
    })
}

/// Vertex of parabolas through the maximum and its neighbours, and their mean bend [1/pixel²].
fn refine(map: &[f32], width: usize, i: usize) -> ([f64; 2], f64) {
    let (x, y) = (i % width, i / width);
    let at = |j: Option<usize>| j.and_then(|j| map.get(j)).map_or(f64::NAN, |&v| f64::from(v));
    let vertex = |before: f64, after: f64| {
        let bend = 2.0 * f64::from(map[i]) - before - after;
        let shift = 0.5 * (after - before) / bend;
        if bend > 0.0 && shift.is_finite() { (shift.clamp(-0.5, 0.5), bend) } else { (0.0, 0.0) }
    };
    let left = if x > 0 { at(Some(i - 1)) } else { f64::NAN };
    let right = if x + 1 < width { at(Some(i + 1)) } else { f64::NAN };
    let (dx, bx) = vertex(left, right);
    let (dy, by) = vertex(at(i.checked_sub(width)), at(Some(i + width)));
    ([x as f64 + dx, y as f64 + dy], 0.5 * (bx + by))
}

/// Standard deviation of a map's middle half, from its lower quartile to its median: particles sit above.
fn spread(map: &[f32]) -> f64 {
    let mut values: Vec<f32> = map.iter().copied().filter(|v| v.is_finite()).collect();
    if values.len() < 20 {
        return 1.0;
    }
    values.sort_unstable_by(f32::total_cmp);
    let at = |q: f64| f64::from(values[((values.len() - 1) as f64 * q) as usize]);
    // 0.9945 deviations lie between the quantiles 0.16 and 0.5; 1.6449 between 0.05 and 0.5. Pixels that share electrons make it
    // smaller than 1 for the smallest templates.
    (0.5 * ((at(0.5) - at(0.16)) / 0.9945 + (at(0.5) - at(0.05)) / 1.6449)).max(0.3)
}

/// Variances of the gradient of a map along x and y [1/pixel², in units of its spread], from the differences of neighbours where it is not
/// above 3 deviations.
fn gradient(map: &[f32], width: usize, spread: f64) -> [f64; 2] {
    let (mut squares, mut count) = ([0.0; 2], [0.0; 2]);
    for i in (0..map.len()).filter(|&i| map[i].is_finite()) {
        for (axis, j) in [(0, (i % width + 1 < width).then_some(i + 1)), (1, Some(i + width))] {
            if let Some(&next) = j.and_then(|j| map.get(j))
                && next.is_finite()
                && f64::from(map[i].max(next)) < 3.0 * spread
            {
                squares[axis] += (f64::from(next - map[i]) / spread).powi(2);
                count[axis] += 1.0;
            }
        }
    }
    [0, 1].map(|k| squares[k] / f64::max(count[k], 1.0))
}
