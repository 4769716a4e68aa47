//! Drift against known motion.

mod scene;

use pentatwin_analysis::movie::drift::{DriftFilter, DriftTracker, Registered, smooth};
use pentatwin_analysis::movie::{Axis, Drift, Image};
use scene::{Chance, Scene};

const SIZE: usize = 512;
/// The wire lies along x through the middle.
const HIDDEN: Option<(Axis, f64)> = Some((Axis { angle: 0.0, offset: 0.5 }, 60.0));

/// Random walk of 0.25 px and a drift of 0.07 px per frame (imaging.md 1.2).
fn walk(frames: usize, seed: u64) -> Vec<[f64; 2]> {
    let mut chance = Chance(seed);
    let mut at = [0.0; 2];
    (0..frames)
        .map(|k| {
            if k > 0 {
                at = [0, 1].map(|c| at[c] + 0.07 + 0.25 * chance.normal());
            }
            at
        })
        .collect()
}

fn follow(scene: &Scene, motion: &[[f64; 2]], hidden: Option<(Axis, f64)>, seed: u64) -> Vec<Registered> {
    let (mut chance, mut outline) = (Chance(seed), Chance(seed + 1000));
    let mut tracker = DriftTracker::new(scene.size);
    motion
        .iter()
        .enumerate()
        .map(|(k, &shift)| {
            let counts = scene.frame(shift, 0.8 * k as f64, &mut chance);
            let hidden = hidden.map(|(axis, half)| (Axis { offset: axis.offset + shift[1], ..axis }, half));
            let mut found = tracker.follow(&Image::new(SIZE, SIZE, &counts).unwrap(), hidden);
            if let Some((axis, _)) = hidden {
                // The wire that was left out gives its place across the axis; 0.05 px is what an outline knows it to.
                found = found.fused(axis.angle, shift[1] + 0.05 * outline.normal(), 0.05 * 0.05);
            }
            tracker.settle(found.shift);
            found
        })
        .collect()
}

fn rms(found: &[Registered], truth: &[[f64; 2]], k: usize) -> f64 {
    (found.iter().zip(truth).map(|(f, t)| (f.shift[k] - t[k]).powi(2)).sum::<f64>() / truth.len() as f64).sqrt()
}

fn drifts(found: &[Registered]) -> Vec<Drift> {
    found.iter().map(|f| Drift { shift: f.shift, covariance: f.covariance }).collect()
}

/// A quarter of the area of the movie of imaging.md at four times its dose has the same information.
fn ordinary() -> Scene {
    Scene { dose: 100.0, ..Scene::new(SIZE, 1) }
}

#[test]
fn drift_is_followed_to_a_third_of_a_pixel() {
    // Along the wire from film and contact, across it together with the outline.
    let truth = walk(25, 5);
    let found = follow(&ordinary(), &truth, HIDDEN, 2);
    assert!(found.iter().all(|f| !f.lost));
    for k in [0, 1] {
        // Target of the issue: 0.3 px rms in both components.
        assert!(rms(&found, &truth, k) < 0.3, "{k}: {} {:?}", rms(&found, &truth, k), found.last());
    }
}

#[test]
fn stated_uncertainty_covers_the_truth() {
    let scene = Scene { wire: 1.0, contact: 1.0, texture: 0.01, ..ordinary() };
    let truth = walk(60, 8);
    let found = follow(&scene, &truth, None, 3);
    let mut inside = 0;
    for k in [0, 1] {
        // The first frame's own error is common to all others: their mean.
        let errors: Vec<f64> = found.iter().zip(&truth).skip(10).map(|(f, t)| f.shift[k] - t[k]).collect();
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        inside += errors.iter().zip(&found[10..]).filter(|(e, f)| (*e - mean).abs() < f.covariance[2 * k].sqrt()).count();
    }
    // 68 % of 100, give or take two standard deviations of 4.7.
    assert!((59..=78).contains(&inside), "{inside} of 100");
}

#[test]
fn a_straight_wire_on_flat_film_says_nothing_along_itself() {
    let scene = Scene { contact: 1.0, texture: 0.0, ..ordinary() };
    let mut chance = Chance(4);
    let mut tracker = DriftTracker::new(scene.size);
    for k in 0..6 {
        let shift = [0.5 * f64::from(k), -0.4 * f64::from(k)];
        let counts = scene.frame(shift, 0.0, &mut chance);
        let found = tracker.follow(&Image::new(SIZE, SIZE, &counts).unwrap(), None);
        if k > 0 {
            assert!(found.covariance[0] > 30.0 * 30.0, "{found:?}");
            assert!(found.covariance[2] < 0.1 * 0.1 && (found.shift[1] - shift[1]).abs() < 0.3, "{found:?}");
            assert!(found.shift[0].abs() < 2.0, "{found:?}");
        }
        tracker.settle(found.shift);
    }
}

#[test]
fn a_jump_of_the_stage_is_followed_and_not_smeared() {
    let mut truth = walk(20, 11);
    truth.iter_mut().skip(12).for_each(|s| *s = [s[0] + 20.0, s[1] - 14.0]);
    let found = follow(&ordinary(), &truth, HIDDEN, 6);
    let smoothed = smooth(&drifts(&found));
    for k in 0..20 {
        for c in [0, 1] {
            assert!((found[k].shift[c] - truth[k][c]).abs() < 1.0, "{k}: {:?} {:?}", found[k], truth[k]);
            assert!((smoothed[k].shift[c] - truth[k][c]).abs() < 1.0, "{k}: {:?} {:?}", smoothed[k], truth[k]);
        }
    }
}

#[test]
fn no_jumps_along_a_visible_wire_are_invented() {
    let scene = Scene { contact: 1.0, texture: 0.006, ..ordinary() };
    let truth = walk(25, 12);
    let found = follow(&scene, &truth, None, 7);
    // Plain correlation fails by 45 px along the wire in single frames (imaging.md 1.2).
    for pair in found.windows(2).zip(truth.windows(2)) {
        let step = pair.0[1].shift[0] - pair.0[0].shift[0] - (pair.1[1][0] - pair.1[0][0]);
        assert!(step.abs() < 3.0, "{step}");
    }
}

#[test]
fn empty_foreign_and_tiny_images_are_lost_and_do_no_harm() {
    let scene = ordinary();
    let mut chance = Chance(9);
    let mut tracker = DriftTracker::new(scene.size);
    for _ in 0..3 {
        let counts = scene.frame([0.0; 2], 0.0, &mut chance);
        let found = tracker.follow(&Image::new(SIZE, SIZE, &counts).unwrap(), HIDDEN);
        tracker.settle(found.shift);
    }
    let dark = vec![0u16; SIZE * SIZE];
    let flat: Vec<u16> = (0..SIZE * SIZE).map(|_| (800.0 + 28.0 * chance.normal()) as u16).collect();
    for counts in [&dark, &flat] {
        let found = tracker.follow(&Image::new(SIZE, SIZE, counts).unwrap(), HIDDEN);
        assert!(found.lost && found.covariance[0] > 1.0, "{found:?}");
        tracker.settle(found.shift);
    }
    assert!(tracker.follow(&Image::new(3, 3, &[0; 9]).unwrap(), None).lost);
    let counts = scene.frame([1.0, -2.0], 0.0, &mut chance);
    let found = tracker.follow(&Image::new(SIZE, SIZE, &counts).unwrap(), HIDDEN);
    assert!(!found.lost && (found.shift[0] - 1.0).abs() < 0.5 && (found.shift[1] + 2.0).abs() < 1.0, "{found:?}");
    let mut none = DriftTracker::new([0, 0]);
    assert!(none.follow(&Image::new(0, 0, &[]).unwrap(), Some((Axis { angle: f64::NAN, offset: 0.0 }, f64::NAN))).lost);
}

#[test]
fn a_transverse_measurement_fixes_its_own_direction_only() {
    let found = Registered { shift: [1.0, 2.0], covariance: [0.04, 0.0, 0.09], lost: false };
    let fused = found.fused(0.0, 2.5, 1e-6);
    assert!((fused.shift[1] - 2.5).abs() < 1e-4 && fused.shift[0] == 1.0);
    assert!(fused.covariance[2] < 1.1e-6 && fused.covariance[0] == 0.04);
    // Equal variances: the mean, at half the variance. Across an axis at 90 degrees is -x.
    let fused = found.fused(std::f64::consts::FRAC_PI_2, -3.0, 0.04);
    assert!((fused.shift[0] - 2.0).abs() < 1e-12 && (fused.covariance[0] - 0.02).abs() < 1e-12);
    assert_eq!(found.fused(0.0, f64::NAN, 1.0), found);
}

/// Random walk with measurements of scatter 0.3.
fn noisy(frames: usize, step: f64, chance: &mut Chance) -> (Vec<[f64; 2]>, Vec<Registered>) {
    let mut at = [0.0; 2];
    let truth: Vec<[f64; 2]> = (0..frames)
        .map(|_| {
            at = [0, 1].map(|k| at[k] + step * chance.normal());
            at
        })
        .collect();
    let seen = truth.iter().map(|t| Registered {
        shift: [0, 1].map(|k| t[k] + 0.3 * chance.normal()),
        covariance: [0.09, 0.0, 0.09],
        lost: false,
    });
    let seen = seen.collect();
    (truth, seen)
}

#[test]
fn smoothed_drift_is_better_than_measured_and_its_uncertainty_true() {
    let mut chance = Chance(21);
    let (mut inside, mut all, mut before, mut after) = (0, 0, 0.0, 0.0);
    for _ in 0..20 {
        let (truth, seen) = noisy(100, 0.15, &mut chance);
        let smoothed = smooth(&drifts(&seen));
        for i in 1..100 {
            for k in [0, 1] {
                let true_shift = truth[i][k] - truth[0][k];
                let error = smoothed[i].shift[k] - true_shift;
                inside += usize::from(error.abs() < smoothed[i].covariance[2 * k].sqrt());
                all += 1;
                after += error * error;
                before += (seen[i].shift[k] - seen[0].shift[k] - true_shift).powi(2);
            }
        }
    }
    let share = inside as f64 / all as f64;
    assert!((0.6..0.75).contains(&share), "{share}");
    assert!(after < 0.5 * before, "{after} {before}");
}

#[test]
fn live_filter_learns_the_step_and_narrows_the_scatter() {
    let mut chance = Chance(22);
    let (truth, seen) = noisy(600, 0.15, &mut chance);
    let mut filter = DriftFilter::new(1.0);
    let filtered: Vec<Registered> = seen.iter().map(|s| filter.push(s)).collect();
    assert!((0.08..0.25).contains(&filter.step()), "{}", filter.step());
    assert!(rms(&filtered[100..], &truth[100..], 0) < 0.8 * rms(&seen[100..], &truth[100..], 0));
}

#[test]
fn a_single_stray_frame_is_left_out_and_a_missing_one_bridged() {
    let mut chance = Chance(23);
    let (truth, mut seen) = noisy(60, 0.05, &mut chance);
    seen[30].shift = [45.0, 0.0];
    let mut measured = drifts(&seen);
    measured[40].shift = [f64::NAN; 2];
    let smoothed = smooth(&measured);
    for k in [30, 40] {
        let error = smoothed[k].shift[0] - (truth[k][0] - truth[0][0]);
        assert!(error.abs() < 0.6, "{error}");
    }
    assert!(smooth(&[]).is_empty());
}
