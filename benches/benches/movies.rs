//! Frames of a movie that are measured in a second, drift included: `Tracker` on frames that are in memory, on one core.
//!
//! A wire of 115 nm that thins and parts, 1 nm a pixel at 1024² and 0.25 nm at 4096², on a film with texture, with the noise of 25 electrons a
//! pixel. Contrast, noise and cross-section are learnt before the clock starts; reading of files is not in it.

use divan::{Bencher, counter::ItemsCount};
use pentatwin_analysis::movie::{Image, Tracker, TrackerSettings};

fn main() {
    divan::main();
}

/// Frames that are pushed before the clock starts, and the movie's length in turns of a few different frames.
const LEARN: usize = 12;
const DIFFERENT: usize = 6;

/// A number between 0 and 1 from two numbers.
fn noise(a: u64, b: u64) -> f64 {
    let mut x = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Frame `k` of a bright-field movie of `size`² pixels: chord of a round wire, texture that moves with it, noise of a sum of four evens.
fn frame(size: usize, k: usize) -> Vec<u16> {
    let scale = 1024.0 / size as f64;
    let shift = 0.3 * k as f64;
    let mut counts = Vec::with_capacity(size * size);
    for j in 0..size {
        for i in 0..size {
            let (x, y) = ((i as f64 + 0.5) * scale - 512.0, (j as f64 + 0.5) * scale - 512.0 - shift);
            let diameter = 115.0 - 60.0 * (-(x / 50.0).powi(2) / 2.0).exp();
            let chord = (diameter * diameter - 4.0 * y * y).max(0.0).sqrt();
            // Grains of the film, 8 nm wide, that move with the wire.
            let grain = noise(((x + 600.0) / 8.0) as u64, ((y + 600.0) / 8.0) as u64) - 0.5;
            let mean = 200.0 * (1.0 + 0.03 * grain) * (-chord / 75.0).exp();
            let (a, b) = ((k * size + j) as u64, (4 * i) as u64);
            let normal = (0..4).map(|n| noise(a, b + n) - 0.5).sum::<f64>() * 3f64.sqrt();
            counts.push((100.0 + mean + (8.0 * mean * 1.67).sqrt() * normal).clamp(0.0, 65535.0) as u16);
        }
    }
    counts
}

#[divan::bench(args = [1024, 4096], sample_count = 5, sample_size = 1)]
fn frames_with_drift(bencher: Bencher, size: usize) {
    let frames: Vec<Vec<u16>> = (0..DIFFERENT).map(|k| frame(size, k)).collect();
    let settings = TrackerSettings { pixel: 1e-9 * 1024.0 / size as f64, contrast: None, angle: None };
    let push = |tracker: &mut Tracker, n: usize| {
        // To and fro, so that no frame repeats the one before.
        let turn = 2 * DIFFERENT - 2;
        let k = n % turn;
        let counts = &frames[k.min(turn - k)];
        let image = Image::new(size, size, counts).expect("counts are as many as pixels");
        tracker.push(0.5 * (n as f64 + 0.5), &image).expect("the wire is there");
    };
    let count = if size > 2048 { 10 } else { 40 };
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| {
            let mut tracker = Tracker::new(settings, size, size).expect("the settings are lengths");
            (0..LEARN).for_each(|n| push(&mut tracker, n));
            tracker
        })
        .bench_local_values(|mut tracker| {
            (LEARN..LEARN + count).for_each(|n| push(&mut tracker, n));
            tracker
        });
}
