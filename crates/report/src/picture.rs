//! From counts to grey in a PNG, and the comparison of two images.

use crate::micrograph::Micrograph;
use base64::{Engine, prelude::BASE64_STANDARD};

/// Share of the pixels left outside the grey window at each end.
const CLIPPED: f64 = 0.005;
/// Side of the blocks that two images are compared in [pixels].
const BLOCK: usize = 8;
/// A block has changed if it differs by more than this many times the noise of the differences. Of the some 4000 blocks of a strip, none
/// of 6 lies so far off by chance if the noise is Gaussian.
const SIGNIFICANT: f64 = 6.0;
/// ... and by more than this part of the mean: a drift of half a pixel along an edge is no change.
const RELEVANT: f64 = 0.05;

/// Counts shown black and white.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    /// Shown black, and all below.
    pub low: u16,
    /// Shown white, and all above.
    pub high: u16,
}

impl Window {
    /// From the percentile 0.5 to 99.5 of all pixels of some images: one window for all, so that another grey is another number of counts.
    pub fn of<'a>(images: impl Iterator<Item = &'a Micrograph>) -> Window {
        Window::of_counts(images.map(|image| image.counts.as_slice()))
    }

    /// The same of counts alone.
    pub fn of_counts<'a>(images: impl Iterator<Item = &'a [u16]>) -> Window {
        let mut histogram = vec![0u64; 1 << 16];
        for counts in images {
            for c in counts {
                if let Some(n) = histogram.get_mut(usize::from(*c)) {
                    *n += 1;
                }
            }
        }
        let outside = (histogram.iter().sum::<u64>() as f64 * CLIPPED) as u64;
        let low = reach(&histogram, 0..1 << 16, outside);
        Window { low, high: reach(&histogram, (0..1 << 16).rev(), outside).max(low.saturating_add(1)) }
    }
}

/// The first counts, in an order, by which more than `outside` pixels have come.
fn reach(histogram: &[u64], mut order: impl Iterator<Item = usize>, outside: u64) -> u16 {
    let mut seen = 0;
    let found = order.find(|c| {
        seen += histogram.get(*c).copied().unwrap_or(0);
        seen > outside
    });
    found.map_or(0, |c| c as u16)
}

/// The image as the address of an 8-bit grey PNG, `bin` × `bin` pixels averaged to one; empty if there is nothing to show.
pub fn png(image: &Micrograph, window: Window, bin: usize) -> String {
    let (w, h) = (image.width / bin.max(1), image.height() / bin.max(1));
    let (low, span) = (f64::from(window.low), f64::from(window.high) - f64::from(window.low));
    let mean = |i: usize, j: usize| {
        let rows = (j * bin..(j + 1) * bin).filter_map(|r| image.counts.get(r * image.width + i * bin..r * image.width + (i + 1) * bin));
        rows.flatten().map(|c| f64::from(*c)).sum::<f64>() / (bin * bin) as f64
    };
    let grey: Vec<u8> = (0..h)
        .flat_map(|j| (0..w).map(move |i| (i, j)))
        .map(|(i, j)| ((mean(i, j) - low) / span.max(1.0) * 255.0).round().clamp(0.0, 255.0) as u8)
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, w as u32, h as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    // Shot noise has no neighbours to predict it from: a filter makes the file larger.
    encoder.set_filter(png::Filter::NoFilter);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&grey)?;
        writer.finish()
    });
    // An image without pixels is the only one that cannot be written.
    if written.is_err() { String::new() } else { format!("data:image/png;base64,{}", BASE64_STANDARD.encode(file)) }
}

/// What differs between two images.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Change {
    /// Area that has changed [m²].
    pub area: f64,
    /// Where along the wire it lies, from and to [m]; of no meaning if nothing has changed.
    pub place: [f64; 2],
    /// Side of the blocks compared [m].
    pub block: f64,
}

/// What changes of the specimen from one image to another by more than noise and drift; `None` if they do not show the same pixels.
///
/// Means over blocks are compared; their noise is taken from the spread of all differences, most of which are bare membrane. At an edge
/// a block may also differ by what the drift between the two images, and half a pixel more, moves into it.
pub fn change(one: &Micrograph, two: &Micrograph) -> Option<Change> {
    let (width, height) = (one.width, one.height());
    if two.width != width || two.counts.len() != one.counts.len() || !one.pixel.is_finite() || width < BLOCK + 2 || height < BLOCK + 2 {
        return None;
    }
    let sum = |image: &Micrograph, i: usize, j: usize| -> f64 {
        let rows = (j..j + BLOCK).filter_map(|r| image.counts.get(r * width + i..r * width + i + BLOCK));
        rows.flatten().map(|c| f64::from(*c)).sum()
    };
    let [dx, dy] = [0, 1].map(|i| (one.corner[i] - two.corner[i]).abs() / one.pixel + 0.5);
    // A pixel is left free on each side for the slope at the block.
    let places = (0..(height - 2) / BLOCK).flat_map(|j| (0..(width - 2) / BLOCK).map(move |i| (1 + i * BLOCK, 1 + j * BLOCK)));
    let blocks: Vec<(usize, f64, f64)> = places
        .map(|(i, j)| {
            let slope_x = 0.5 * (sum(one, i + 1, j) - sum(one, i - 1, j)).abs();
            let slope_y = 0.5 * (sum(one, i, j + 1) - sum(one, i, j - 1)).abs();
            (i, sum(two, i, j) - sum(one, i, j), dx * slope_x + dy * slope_y)
        })
        .collect();
    let mean = one.counts.iter().map(|c| f64::from(*c)).sum::<f64>() / one.counts.len() as f64 * (BLOCK * BLOCK) as f64;
    let middle = median(blocks.iter().map(|b| b.1).collect())?;
    let spread = 1.4826 * median(blocks.iter().map(|b| (b.1 - middle).abs()).collect())?;
    let limit = (SIGNIFICANT * spread).max(RELEVANT * mean);
    let changed: Vec<usize> = blocks.iter().filter(|(_, d, moved)| (d - middle).abs() > limit + moved).map(|(i, ..)| *i).collect();
    let block = BLOCK as f64 * one.pixel;
    let at = |i: Option<&usize>, more: usize| i.map_or(f64::NAN, |i| one.corner[0] + (i + more) as f64 * one.pixel);
    Some(Change {
        area: changed.len() as f64 * block * block,
        place: [at(changed.iter().min(), 0), at(changed.iter().max(), BLOCK)],
        block,
    })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 × 32 pixels of 10 nm, made up: a ramp of noise without a pattern.
    fn image(seed: u32, counts: impl Fn(usize, usize) -> u16) -> Micrograph {
        let mut state = seed;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 27) as u16
        };
        let counts = (0..32).flat_map(|j| (0..64).map(move |i| (i, j))).map(|(i, j)| counts(i, j) + noise()).collect();
        Micrograph { time: 0.0, number: None, dose: 1.0, dose_until: 1.0, counts, width: 64, pixel: 10e-9, corner: [0.0, -160e-9] }
    }

    #[test]
    fn half_a_percent_lies_outside_the_grey_window_at_each_end() {
        let mut all = image(1, |_, _| 0);
        all.counts = (0..2000).map(|k| 100 + k).collect();
        assert_eq!(Window::of([&all].into_iter()), Window { low: 110, high: 2089 });
        all.counts.fill(7);
        assert_eq!(Window::of([&all].into_iter()), Window { low: 7, high: 8 });
        assert_eq!(Window::of(std::iter::empty()), Window { low: 0, high: 1 });
    }

    #[test]
    fn greys_come_back_from_the_png_and_bins_are_means() {
        let mut made = image(1, |_, _| 0);
        (made.width, made.counts) = (4, vec![0, 10, 20, 30, 10, 20, 30, 40]);
        for (bin, size, greys) in [(1, (4, 2), vec![0u8, 64, 128, 191, 64, 128, 191, 255]), (2, (2, 1), vec![64, 191])] {
            let text = png(&made, Window { low: 0, high: 40 }, bin);
            let file = BASE64_STANDARD.decode(text.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
            let mut back = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut back).unwrap();
            assert_eq!(((info.width, info.height), back), (size, greys));
        }
        made.counts.clear();
        assert!(png(&made, Window { low: 0, high: 1 }, 1).is_empty());
    }

    #[test]
    fn noise_is_no_change_and_a_hole_is_one_of_its_size() {
        let flat = |_: usize, _: usize| 500;
        let (one, two) = (image(1, flat), image(2, flat));
        assert_eq!(change(&one, &two).unwrap().area, 0.0);
        // Two blocks of 80 nm brighter by a fifth.
        let hole = image(3, |i, j| if (17..33).contains(&i) && (9..17).contains(&j) { 600 } else { 500 });
        let found = change(&one, &hole).unwrap();
        assert!((found.area - 2.0 * 80e-9 * 80e-9).abs() < 1e-20, "{found:?}");
        assert!((found.block - 80e-9).abs() < 1e-20);
        assert!((found.place[0] - 170e-9).abs() < 1e-12 && (found.place[1] - 330e-9).abs() < 1e-12);
    }

    #[test]
    fn a_drift_that_is_known_is_no_change_and_other_pixels_are_not_compared() {
        let edge = |at: usize| move |i: usize, _: usize| if i < at { 100 } else { 1000 };
        let (one, mut two) = (image(1, edge(21)), image(2, edge(22)));
        two.corner[0] -= 10e-9;
        assert_eq!(change(&one, &two).unwrap().area, 0.0);
        // The same edge two blocks further is one.
        assert!(change(&one, &image(2, edge(37))).unwrap().area > 0.0);
        two.counts.truncate(64);
        assert!(change(&one, &two).is_none());
    }
}
