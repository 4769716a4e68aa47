//! A part of a frame, made smaller.

use super::Page;
use super::place::Outlined;
use crate::picture::Window;

/// Shown beside the outline on each side, in half widths of the wire.
const BESIDE: f64 = 4.0;
/// Lowest height over length of what is shown.
const FLATTEST: f64 = 0.2;
/// A part that is more than this of the frame is the whole of it.
const WHOLE: f64 = 0.8;

/// A part of a frame [pixels]: from and to, along x and along y.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Crop {
    pub(super) from: [usize; 2],
    pub(super) to: [usize; 2],
}

impl Crop {
    /// What all key frames show of the outline, with some film on both sides.
    pub(super) fn of(page: &Page) -> Crop {
        let size = page.movie.size;
        let all = Crop { from: [0, 0], to: size };
        let (mut low, mut high, mut half) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2], 0f64);
        for frame in page.keys.iter().filter_map(|k| page.movie.frames.get(k.frame)) {
            let outlined = Outlined::new(page.movie, frame);
            for run in outlined.runs() {
                half = half.max(outlined.half_width() / page.movie.pixel);
                for p in run.iter().flatten() {
                    for axis in [0, 1] {
                        low[axis] = low[axis].min(p[axis]);
                        high[axis] = high[axis].max(p[axis]);
                    }
                }
            }
        }
        let mut crop = all;
        for axis in [0, 1] {
            let n = size[axis] as f64;
            // A long thin wire gets more film, so that the strip is not too flat to look at.
            let flat = (FLATTEST * (high[1 - axis] - low[1 - axis]) - (high[axis] - low[axis])).max(0.0);
            let beside = (BESIDE * half).max(0.5 * flat);
            let (from, to) = (low[axis] - beside, high[axis] + beside);
            if from.is_finite() && to.is_finite() && to.min(n) - from.max(0.0) < WHOLE * n && to > 8.0 && from < n - 8.0 {
                crop.from[axis] = from.max(0.0) as usize;
                crop.to[axis] = (to.min(n) as usize).max(crop.from[axis] + 8).min(size[axis]);
            }
        }
        crop
    }

    pub(super) fn size(&self) -> [usize; 2] {
        [0, 1].map(|k| self.to[k].saturating_sub(self.from[k]))
    }

    /// Whether it is the whole frame.
    pub(super) fn is_whole(&self, size: [usize; 2]) -> bool {
        self.size() == size
    }
}

/// Grey values, row by row.
pub(super) struct Grey {
    pub(super) size: [usize; 2],
    pub(super) values: Vec<u8>,
    /// Pixels of the frame in one of the picture.
    pub(super) step: f64,
}

/// The grey window of all frames that are shown: another grey is another number of counts.
pub(super) fn window(page: &Page) -> Window {
    Window::of_counts(page.keys.iter().map(|k| k.counts.as_slice()))
}

/// The part of a frame with its longer side at most `largest` pixels, by means over areas. `None` if there is nothing.
pub(super) fn shrunk(counts: &[u16], width: usize, crop: &Crop, window: Window, largest: usize) -> Option<Grey> {
    let [w, h] = crop.size();
    if w == 0 || h == 0 || width.checked_mul(crop.to[1])? > counts.len() || crop.to[0] > width {
        return None;
    }
    let step = (w.max(h) as f64 / largest.max(16) as f64).max(1.0);
    let size = [w, h].map(|n| ((n as f64 / step) as usize).max(1));
    let weights = [0, 1].map(|axis| weights(size[axis], step, [w, h][axis]));
    let (low, span) = (f64::from(window.low), (f64::from(window.high) - f64::from(window.low)).max(1.0));
    // Rows first: each row of the frame is needed by one or two of the picture.
    let mut values = Vec::with_capacity(size[0] * size[1]);
    let mut line = vec![0.0; size[0]];
    for (first, parts) in &weights[1] {
        line.fill(0.0);
        let mut total = 0.0;
        for (k, part) in parts.iter().enumerate() {
            let start = (crop.from[1] + first + k) * width + crop.from[0];
            let Some(row) = counts.get(start..start + w) else { continue };
            total += part;
            for (out, (from, across)) in line.iter_mut().zip(&weights[0]) {
                let sum: f64 = across.iter().enumerate().filter_map(|(i, a)| row.get(from + i).map(|c| a * f64::from(*c))).sum();
                *out += part * sum / across.iter().sum::<f64>();
            }
        }
        values.extend(line.iter().map(|v| ((v / total - low) / span * 255.0).round().clamp(0.0, 255.0) as u8));
    }
    Some(Grey { size, values, step })
}

/// For each pixel of the picture the first pixel of the frame, and the parts of it and those after it.
fn weights(n: usize, step: f64, of: usize) -> Vec<(usize, Vec<f64>)> {
    (0..n)
        .map(|k| {
            let (from, to) = (k as f64 * step, ((k + 1) as f64 * step).min(of as f64));
            let first = from as usize;
            let last = (to.ceil() as usize).clamp(first + 1, of.max(first + 1));
            (first, (first..last).map(|i| (to.min(i as f64 + 1.0) - from.max(i as f64)).max(1e-9)).collect())
        })
        .collect()
}

/// A PNG file with a word on it inside; empty if there are no pixels.
pub(super) fn png(size: [usize; 2], colour: png::ColorType, values: &[u8], words: &str) -> Vec<u8> {
    let mut file = Vec::new();
    let side = |n: usize| u32::try_from(n).unwrap_or(0);
    let mut encoder = png::Encoder::new(&mut file, side(size[0]), side(size[1]));
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    // Shot noise has no neighbours to predict it from: a filter makes the file larger.
    encoder.set_filter(png::Filter::NoFilter);
    let worded = words.is_empty() || encoder.add_itxt_chunk("Description".to_owned(), words.to_owned()).is_ok();
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(values)?;
        writer.finish()
    });
    if worded && written.is_ok() { file } else { Vec::new() }
}
