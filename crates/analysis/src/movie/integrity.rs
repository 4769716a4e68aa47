//! Whether frames are what they should be: repeated, saturated, out of step in time, and pixels of the camera that are bad.

use super::image::Image;
use super::measure::frame_flags;
use std::collections::{BTreeMap, VecDeque};

/// Frames with more than this fraction of saturated pixels are not measured.
const TOO_SATURATED: f64 = 0.05;
/// Of this many rows, or more in images with more than 1024 rows, one is kept and compared. In as many frames all rows are searched for bad
/// pixels, after the first frames, which are searched whole.
const KEEP: usize = 16;
/// Frames that are searched whole.
const WHOLE: u64 = 6;
/// Visits before a pixel is called bad.
const VISITS: u32 = 6;

/// What a frame is like.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FrameState {
    /// Bits of [`frame_flags`]: `DUPLICATE`, `SATURATED`, `AFTER_A_GAP`.
    pub flags: u8,
    /// Fraction of the pixels that are saturated.
    pub saturated: f64,
    /// Frames missing before this one, by its time; 0 where the interval is usual or not known yet.
    pub missing: u32,
}

/// A pixel that stands out from its neighbours in (nearly) all frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadPixel {
    /// Place in the image's counts, row by row.
    pub index: usize,
    /// Brighter than its neighbours (hot), or darker (dead).
    pub hot: bool,
}

/// Checks frames one after the other.
#[derive(Clone, Debug, Default)]
pub struct IntegrityCheck {
    size: [usize; 2],
    frames: u64,
    rows: Vec<u16>,
    clip: Option<u16>,
    time: Option<f64>,
    intervals: VecDeque<f64>,
    visits: Vec<u32>,
    suspects: BTreeMap<usize, [u32; 2]>,
    bad: Vec<BadPixel>,
}

impl IntegrityCheck {
    /// A check that has seen nothing.
    pub fn new() -> IntegrityCheck {
        IntegrityCheck::default()
    }

    /// Checks a frame taken at `time` [s]. A frame is a duplicate if a sixteenth of its rows (of more than 1024, 64 rows), spread over the image,
    /// repeats those of the frame before: shot noise does not do that in a new exposure. It is after a gap if its interval is half longer than usual or its
    /// time is not later than the last one. An image of another size starts afresh.
    pub fn push(&mut self, time: f64, image: &Image) -> FrameState {
        let size = [image.width(), image.height()];
        if self.size != size {
            *self = IntegrityCheck { size, visits: vec![0; size[1]], ..IntegrityCheck::default() };
        }
        let mut flags = 0;
        let duplicate = self.repeats(image);
        if duplicate {
            flags |= frame_flags::DUPLICATE;
        }
        let (late, missing) = self.interval(time);
        if late {
            flags |= frame_flags::AFTER_A_GAP;
        }
        let saturated = self.saturated();
        if saturated > TOO_SATURATED {
            flags |= frame_flags::SATURATED;
        } else if !duplicate {
            self.search(image);
        }
        self.frames += 1;
        FrameState { flags, saturated, missing }
    }

    /// Bad pixels found so far, in order.
    pub fn bad_pixels(&self) -> &[BadPixel] {
        &self.bad
    }

    /// Replaces the bad pixels by the median of their good neighbours. Counts of another size are left alone.
    pub fn repair(&self, counts: &mut [u16]) {
        let [w, h] = self.size;
        if counts.len() != w * h {
            return;
        }
        for pixel in &self.bad {
            let (x, y) = (pixel.index % w, pixel.index / w);
            let mut near = [0u16; 8];
            let mut n = 0;
            for j in y.saturating_sub(1)..(y + 2).min(h) {
                for i in x.saturating_sub(1)..(x + 2).min(w) {
                    if self.bad.binary_search_by_key(&(j * w + i), |b| b.index).is_err() {
                        near[n] = counts[j * w + i];
                        n += 1;
                    }
                }
            }
            near[..n].sort_unstable();
            if n > 0 {
                counts[pixel.index] = near[n / 2];
            }
        }
    }

    fn every(&self) -> usize {
        KEEP.max(self.size[1] / 64)
    }

    /// Compares the kept rows with those of the frame before, and keeps these.
    fn repeats(&mut self, image: &Image) -> bool {
        let every = self.every();
        let rows = || (every / 2..image.height()).step_by(every).map(|j| image.row(j));
        let old = self.rows.chunks_exact(image.width().max(1));
        let same = !self.rows.is_empty() && rows().zip(old).all(|(a, b)| a == b);
        if !same {
            self.rows.clear();
            self.rows.extend(rows().flatten());
        }
        same
    }

    /// Whether this frame is out of step, and how many are missing before it.
    fn interval(&mut self, time: f64) -> (bool, u32) {
        let Some(last) = self.time else {
            self.time = time.is_finite().then_some(time);
            return (false, 0);
        };
        let step = time - last;
        if !(step > 0.0 && step.is_finite()) {
            return (true, 0);
        }
        self.time = Some(time);
        let mut sorted: Vec<f64> = self.intervals.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        self.intervals.push_back(step);
        if self.intervals.len() > 31 {
            self.intervals.pop_front();
        }
        match sorted.get(sorted.len() / 2) {
            Some(usual) if sorted.len() >= 3 && step > 1.5 * usual => (true, ((step / usual).round() - 1.0).clamp(0.0, 1e9) as u32),
            _ => (false, 0),
        }
    }

    /// Fraction of the kept rows' pixels at the largest count there is, if counts pile up there.
    fn saturated(&mut self) -> f64 {
        let Some(&top) = self.rows.iter().max() else { return 0.0 };
        let at = |value: u16| self.rows.iter().filter(|&&c| c == value).count();
        if top > 0 && self.clip.is_none_or(|c| top > c) {
            self.clip = None;
            // In unclipped counts the largest value is rarer than the one below it.
            let below = self.rows.iter().copied().filter(|&c| c < top).max().map_or(0, at);
            if top == u16::MAX || at(top) > 4 * below + 16 {
                self.clip = Some(top);
            }
        }
        self.clip.map_or(0.0, |clip| self.rows.iter().filter(|&&c| c >= clip).count() as f64 / self.rows.len() as f64)
    }

    /// Looks for pixels outside the range of their neighbours two pixels away, so that a pair of bad ones is found too.
    fn search(&mut self, image: &Image) {
        let [w, h] = self.size;
        if w < 5 || h < 5 {
            return;
        }
        let margin = 2.5 * self.scatter();
        let margin = margin.clamp(1.0, 60000.0).ceil() as u16;
        let (first, step) = if self.frames < WHOLE { (2, 1) } else { (2 + self.frames as usize % self.every(), self.every()) };
        let mut changed = false;
        for j in (first..h - 2).step_by(step) {
            self.visits[j] += 1;
            let (up, row, down) = (image.row(j - 2), image.row(j), image.row(j + 2));
            let around = row[4..].iter().zip(&row[..w - 4]).zip(up[2..].iter().zip(&down[2..]));
            let outside = |c: u16, a: u16, b: u16, d: u16, e: u16| {
                let (low, high) = (a.min(b).min(d.min(e)), a.max(b).max(d.max(e)));
                (c > high.saturating_add(margin), c < low.saturating_sub(margin))
            };
            let pixels = row[2..w - 2].iter().zip(around);
            // Nearly all rows have none: a pass without branches tells.
            let any = pixels.clone().fold(0u16, |any, (&c, ((&a, &b), (&d, &e)))| {
                let (hot, dead) = outside(c, a, b, d, e);
                any | u16::from(hot | dead)
            });
            if any == 0 {
                continue;
            }
            for (i, (&c, ((&a, &b), (&d, &e)))) in pixels.enumerate() {
                let (hot, dead) = outside(c, a, b, d, e);
                if hot || dead {
                    self.suspects.entry(j * w + i + 2).or_default()[usize::from(hot)] += 1;
                    changed = true;
                }
            }
        }
        if changed {
            // Chance hits are forgotten, so that the list stays short.
            let visits = &self.visits;
            self.suspects.retain(|k, hits| 2 * (hits[0] + hits[1]) > visits[k / w]);
            self.bad = self
                .suspects
                .iter()
                .filter(|(k, hits)| visits[**k / w] >= VISITS && 10 * hits[0].max(hits[1]) >= 8 * visits[**k / w])
                .map(|(k, hits)| BadPixel { index: *k, hot: hits[1] > hits[0] })
                .collect();
        }
    }

    /// Standard deviation of the counts from differences of pixels two apart in the kept rows; the median is not moved by edges.
    fn scatter(&self) -> f64 {
        let mut differences: Vec<u16> = self.rows.windows(3).step_by(7).map(|p| p[0].abs_diff(p[2])).collect();
        if differences.is_empty() {
            return 0.0;
        }
        let middle = differences.len() / 2;
        f64::from(*differences.select_nth_unstable(middle).1) / 0.6745 / std::f64::consts::SQRT_2
    }
}
