//! Finding the wire: the longest straight stripe that is darker (dark field: brighter) than both of its sides.

use super::super::image::{Axis, Contrast, Image};

/// A wire found in an image.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Found {
    /// Its axis.
    pub axis: Axis,
    /// Its width at half of its depth [pixels].
    pub width: f64,
    /// How much of the background it takes away (dark field: adds, over the range of counts).
    pub depth: f64,
    /// How silver shows.
    pub contrast: Contrast,
}

/// Why no wire can be followed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum NotOne {
    /// There is none.
    None,
    /// There are two.
    Two,
}

/// Longest side of the reduced image in which the wire is looked for.
const SIDE: usize = 192;
/// Widest wire, over the image's shorter side.
const WIDEST: f64 = 0.35;
/// Least depth of a wire over the image's background.
const FAINTEST: f64 = 0.04;
/// Depth over the noise of a line's mean.
const SURE: f64 = 12.0;
/// A second stripe of this part of the first one's depth is a second wire.
const SECOND: f64 = 0.5;

/// An image reduced by averaging blocks.
struct Small {
    width: usize,
    height: usize,
    block: usize,
    values: Vec<f32>,
}

impl Small {
    fn of(image: &Image) -> Small {
        let block = image.width().max(image.height()).div_ceil(SIDE).max(1);
        let (width, height) = (image.width() / block, image.height() / block);
        // Hot and dead pixels would make stripes of their own.
        let (low, high) = usual(image.counts());
        let mut values = vec![0.0f32; width * height];
        for (j, line) in values.chunks_exact_mut(width.max(1)).enumerate() {
            for row in (j * block)..((j + 1) * block) {
                for (cell, pixels) in line.iter_mut().zip(image.row(row).chunks_exact(block)) {
                    *cell += pixels.iter().map(|c| u32::from(*c.clamp(&low, &high))).sum::<u32>() as f32;
                }
            }
        }
        let share = 1.0 / (block * block) as f32;
        values.iter_mut().for_each(|v| *v *= share);
        Small { width, height, block, values }
    }

    /// Mean along lines at `angle`, over the distance from the centre: values and how many pixels each has; hidden pixels left out.
    fn lines(&self, angle: f64, hidden: Option<(Axis, f64)>, only: Option<(Axis, f64)>) -> (Vec<f64>, Vec<f64>) {
        let (sin, cos) = angle.sin_cos();
        let reach = (self.width as f64).hypot(self.height as f64).ceil() as usize + 2;
        let (mut sum, mut count) = (vec![0.0; reach], vec![0.0; reach]);
        let centre = [0.5 * (self.width as f64 - 1.0), 0.5 * (self.height as f64 - 1.0)];
        let half = 0.5 * reach as f64;
        let across = |axis: &Axis, x: f64, y: f64| {
            let (s, c) = axis.angle.sin_cos();
            y * c - x * s - axis.offset
        };
        for (j, line) in self.values.chunks_exact(self.width.max(1)).enumerate() {
            let y = j as f64 - centre[1];
            for (i, value) in line.iter().enumerate() {
                let x = i as f64 - centre[0];
                if hidden.is_some_and(|(a, h)| across(&a, x, y).abs() < h) || only.is_some_and(|(a, h)| across(&a, x, y).abs() >= h) {
                    continue;
                }
                let v = y * cos - x * sin + half;
                let k = v as usize;
                let f = v - k as f64;
                if k + 1 < reach {
                    sum[k] += (1.0 - f) * f64::from(*value);
                    count[k] += 1.0 - f;
                    sum[k + 1] += f * f64::from(*value);
                    count[k + 1] += f;
                }
            }
        }
        let mean = sum.iter().zip(&count).map(|(s, c)| if *c > 0.0 { s / c } else { f64::NAN }).collect();
        (mean, count)
    }
}

/// The range of counts that all but one in 500 pixels at each end lie in, from a sample.
fn usual(counts: &[u16]) -> (u16, u16) {
    let mut sample: Vec<u16> = counts.iter().copied().step_by((counts.len() / 20_000).max(1)).collect();
    if sample.is_empty() {
        return (0, u16::MAX);
    }
    sample.sort_unstable();
    let end = sample.len() / 500;
    (sample[end], sample[sample.len() - 1 - end])
}

/// A stripe in the profile across lines of one direction.
#[derive(Clone, Copy, Debug)]
struct Stripe {
    depth: f64,
    centre: f64,
    width: f64,
}

/// The deepest stripe of a profile: below (or above) the lower (higher) of its two sides. Lines much shorter than the longest say nothing.
fn stripe(mean: &[f64], count: &[f64], widest: usize, sign: f64) -> Option<Stripe> {
    let longest = count.iter().copied().fold(0.0, f64::max);
    let says = |k: usize| count[k] > 0.6 * longest && mean[k].is_finite();
    let good: Vec<usize> = (0..mean.len()).filter(|&k| says(k)).collect();
    let (from, to) = (*good.first()?, *good.last()?);
    if to < from + 6 {
        return None;
    }
    let p: Vec<f64> = (from..=to).map(|k| if says(k) { sign * mean[k] } else { f64::NAN }).collect();
    // Closing by a segment: what a stripe narrower than it is filled up to.
    let n = p.len();
    let window = widest.clamp(3, n);
    let mut best: Option<Stripe> = None;
    for k in 1..n - 1 {
        let left = p[k.saturating_sub(window)..k].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let right = p[k + 1..(k + 1 + window).min(n)].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let depth = left.min(right) - p[k];
        if best.is_none_or(|b| depth > b.depth) {
            let half = p[k] + 0.5 * depth;
            let mut a = k;
            while a > 0 && p[a - 1] < half {
                a -= 1;
            }
            let mut b = k;
            while b + 1 < n && p[b + 1] < half {
                b += 1;
            }
            let part = |inner: usize, outer: usize| ((half - p[inner]) / (p[outer] - p[inner])).clamp(0.0, 1.0);
            let left_edge = a as f64 - if a > 0 { part(a, a - 1) } else { 0.0 };
            let right_edge = b as f64 + if b + 1 < n { part(b, b + 1) } else { 0.0 };
            best = Some(Stripe { depth, centre: from as f64 + 0.5 * (left_edge + right_edge), width: right_edge - left_edge });
        }
    }
    best.filter(|b| b.width <= widest as f64)
}

/// The best direction among `angles`: by the depth of the stripe times how steep its sides are.
fn search(
    small: &Small,
    angles: impl Iterator<Item = f64>,
    hidden: Option<(Axis, f64)>,
    only: Option<(Axis, f64)>,
    sign: f64,
) -> Option<(f64, Stripe)> {
    let widest = (WIDEST * small.width.min(small.height) as f64) as usize;
    let mut best: Option<(f64, f64, Stripe)> = None;
    for angle in angles {
        let (mean, count) = small.lines(angle, hidden, only);
        let Some(s) = stripe(&mean, &count, widest, sign) else { continue };
        let (a, b) = ((s.centre - s.width - 4.0).max(1.0) as usize, ((s.centre + s.width + 4.0) as usize).min(mean.len()));
        let steep: f64 = (a..b).map(|k| mean[k] - mean[k - 1]).filter(|d| d.is_finite()).map(|d| d * d).sum();
        let score = s.depth * steep.sqrt();
        if best.as_ref().is_none_or(|b| score > b.0) {
            best = Some((score, angle, s));
        }
    }
    best.map(|(_, angle, s)| (angle, s))
}

/// The one wire of an image. `contrast` and `angle` [rad] where they are known.
///
/// # Errors
/// There is none, or more than one.
pub fn find(image: &Image, contrast: Option<Contrast>, angle: Option<f64>) -> Result<Found, NotOne> {
    let small = Small::of(image);
    if small.width < 16 || small.height < 16 {
        return Err(NotOne::None);
    }
    let mut sorted = small.values.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let at = |q: f64| f64::from(sorted[((sorted.len() - 1) as f64 * q) as usize]);
    // The black level of a camera is unknown here; the darkest count stands for it.
    let black = f64::from(usual(image.counts()).0);
    let range = (at(0.995) - at(0.005)).max(1e-9);
    let noise = neighbour_noise(&small);
    let mut found: Option<(f64, f64, Stripe, Contrast)> = None;
    for c in [Contrast::BrightField, Contrast::DarkField] {
        if contrast.is_some_and(|known| known != c) {
            continue;
        }
        let sign = if c == Contrast::BrightField { 1.0 } else { -1.0 };
        let coarse: Vec<f64> = match angle {
            Some(a) => (-3..=3).map(|k| a + f64::from(k) * 0.25f64.to_radians()).collect(),
            None => (0..120).map(|k| (1.5 * f64::from(k) - 90.0).to_radians()).collect(),
        };
        let Some((mut best, mut s)) = search(&small, coarse.into_iter(), None, None, sign) else { continue };
        for step in [0.5f64, 0.15, 0.05] {
            let around: Vec<f64> = (-3..=3).map(|k| best + f64::from(k) * step.to_radians()).collect();
            if let Some((a, better)) = search(&small, around.into_iter(), None, None, sign) {
                (best, s) = (a, better);
            }
        }
        if found.as_ref().is_none_or(|f| s.depth > f.2.depth) {
            found = Some((best, sign, s, c));
        }
    }
    let Some((best, sign, s, contrast)) = found else { return Err(NotOne::None) };
    let background = (at(0.5) - black).max(1e-9);
    let relative = if contrast == Contrast::BrightField { s.depth / background } else { s.depth / range };
    let reach = (small.width as f64).hypot(small.height as f64).ceil() + 2.0;
    let offset = s.centre - 0.5 * reach;
    // The mean of a line is known to this; the deepest of all lines in all directions lies some standard deviations below.
    let sure = SURE * noise / (small.width.min(small.height) as f64).sqrt();
    if relative < FAINTEST || s.depth < sure {
        return Err(NotOne::None);
    }
    let axis = Axis { angle: best, offset };
    // A second one: the first hidden.
    let hide = Some((axis, 0.75 * s.width + 3.0));
    if let Some((_, other)) = search(&small, (0..60).map(|k| (3.0 * f64::from(k) - 90.0).to_radians()), hide, None, sign)
        && other.depth > (SECOND * s.depth).max(sure)
    {
        return Err(NotOne::Two);
    }
    // Along the image's x when it may be.
    let (mut angle, mut offset) = (best, offset);
    if angle > std::f64::consts::FRAC_PI_2 - 1e-9 {
        angle -= std::f64::consts::PI;
        offset = -offset;
    }
    // The reduced image's centre is that of its whole blocks.
    let block = small.block as f64;
    let spare = [image.width(), image.height()].map(|n| 0.5 * ((n % small.block) as f64));
    let (sin, cos) = angle.sin_cos();
    let offset = offset * block - (spare[1] * cos - spare[0] * sin);
    Ok(Found { axis: Axis { angle, offset }, width: s.width * block, depth: relative, contrast })
}

/// Noise of a pixel of the reduced image, from differences of neighbours.
fn neighbour_noise(small: &Small) -> f64 {
    let mut d: Vec<f32> = small.values.chunks_exact(small.width).flat_map(|l| l.windows(2).map(|w| (w[1] - w[0]).abs())).collect();
    if d.is_empty() {
        return 0.0;
    }
    d.sort_unstable_by(f32::total_cmp);
    // Median of |difference| of normal numbers: 0.954 sigma.
    f64::from(d[d.len() / 2]) / 0.954
}
