//! The camera's noise against known noise.

mod scene;

use pentatwin_analysis::movie::Image;
use pentatwin_analysis::movie::noise::{NoiseEstimator, NoiseLaw};
use scene::{Chance, Scene};

const SIZE: usize = 512;

/// Law from `frames` frames that drift by 0.3 px each; `spoil` may change the counts.
fn law(scene: &Scene, frames: usize, seed: u64, spoil: impl Fn(&mut [u16])) -> NoiseLaw {
    let mut chance = Chance(seed);
    let mut estimator = NoiseEstimator::new();
    for k in 0..frames {
        let shift = 0.3 * k as f64;
        let mut counts = scene.frame([shift, -shift], shift, &mut chance);
        spoil(&mut counts);
        estimator.push(&Image::new(SIZE, SIZE, &counts).unwrap());
    }
    estimator.law().unwrap()
}

/// Variance that the three-tap blur leaves to white noise.
fn left(blur: f64) -> f64 {
    ((1.0 - 2.0 * blur).powi(2) + 2.0 * blur * blur).powi(2)
}

#[test]
fn variance_per_count_and_read_noise_are_found() {
    let scene = Scene { read: 20.0, width: 200.0, wire: 0.3, ..Scene::new(SIZE, 1) };
    let law = law(&scene, 6, 2, |_| {});
    let expected = 8.0 * left(0.15);
    assert!((law.per_count / expected - 1.0).abs() < 0.05, "{law:?}");
    // Read noise of 20 counts and the rounding's 1/12.
    assert!((law.floor / 400.1 - 1.0).abs() < 0.15, "{law:?}");
    assert!(!law.floor_assumed && !law.one_frame);
}

#[test]
fn black_level_is_found_where_there_is_dark_and_bright() {
    let scene = Scene { black: 60.0, width: 200.0, wire: 0.2, ..Scene::new(SIZE, 1) };
    let law = law(&scene, 6, 3, |_| {});
    assert!((law.offset - 60.0).abs() < 6.0, "{law:?}");
    let middle = 60.0 + 8.0 * 25.0;
    assert!((law.variance(middle) / (64.0 * 25.0 * left(0.15)) - 1.0).abs() < 0.04, "{law:?}");
}

#[test]
fn one_brightness_leaves_the_floor_open_and_says_so() {
    let scene = Scene { wire: 1.0, contact: 1.0, read: 10.0, ..Scene::new(SIZE, 1) };
    let law = law(&scene, 4, 4, |_| {});
    assert!(law.floor_assumed && law.floor == 0.0 && law.offset == 0.0);
    let true_variance = 64.0 * 25.0 * left(0.15) + 100.0;
    assert!((law.variance(200.0) / true_variance - 1.0).abs() < 0.04, "{law:?}");
}

#[test]
fn inflation_is_that_of_the_blur() {
    let blur: f64 = 0.2;
    let law = law(&Scene { blur, ..Scene::new(SIZE, 1) }, 6, 5, |_| {});
    // Autocorrelation of the three taps (b, a, b): (a^2 + 2 b^2, 2 a b, b^2).
    let (a, b) = (1.0 - 2.0 * blur, blur);
    let norm = a * a + 2.0 * b * b;
    let r = [1.0, 2.0 * a * b / norm, b * b / norm];
    let along = |n: f64| 1.0 + 2.0 * (1.0 - 1.0 / n) * r[1] + 2.0 * (1.0 - 2.0 / n) * r[2];
    for (nx, ny) in [(4, 4), (8, 2), (16, 16)] {
        let expected = along(nx as f64) * along(ny as f64);
        assert!((law.inflation(nx, ny) / expected - 1.0).abs() < 0.05, "{nx} {ny}: {} {expected}", law.inflation(nx, ny));
    }
    assert_eq!(law.inflation(1, 1), 1.0);
    let sigma = 0.5 / (-r[1].ln()).sqrt();
    assert!((law.blur - sigma).abs() < 0.03, "{} {sigma}", law.blur);
}

#[test]
fn hot_dead_and_saturated_pixels_do_not_count() {
    let scene = Scene { wire: 1.0, contact: 1.0, ..Scene::new(SIZE, 1) };
    let clean = law(&scene, 4, 6, |_| {});
    let spoilt = law(&scene, 4, 6, |counts| {
        counts.iter_mut().step_by(997).for_each(|c| *c = 65535);
        counts.iter_mut().skip(1).step_by(1499).for_each(|c| *c = 0);
        counts[..SIZE * 60].fill(65535);
    });
    assert!((spoilt.per_count / clean.per_count - 1.0).abs() < 0.03, "{spoilt:?} {clean:?}");
}

#[test]
fn a_single_frame_gives_a_law_that_says_it_is_one() {
    let scene = Scene::new(SIZE, 1);
    let law = law(&scene, 1, 7, |_| {});
    assert!(law.one_frame);
    assert!((law.variance(200.0) / (64.0 * 25.0 * left(0.15)) - 1.0).abs() < 0.08, "{law:?}");
}

#[test]
fn nothing_is_said_of_empty_tiny_and_repeated_images() {
    let mut estimator = NoiseEstimator::new();
    assert!(estimator.law().is_none());
    estimator.push(&Image::new(0, 0, &[]).unwrap());
    estimator.push(&Image::new(2, 2, &[1, 2, 3, 4]).unwrap());
    assert!(estimator.law().is_none());
    let constant = vec![100u16; 256 * 256];
    for _ in 0..3 {
        estimator.push(&Image::new(256, 256, &constant).unwrap());
    }
    assert!(estimator.law().is_none());
}
