//! Frames that are not what they should be.

mod scene;

use pentatwin_analysis::movie::integrity::{BadPixel, IntegrityCheck};
use pentatwin_analysis::movie::{Image, frame_flags};
use scene::{Chance, Scene};

const SIZE: usize = 256;

fn image(counts: &[u16]) -> Image<'_> {
    Image::new(SIZE, SIZE, counts).unwrap()
}

#[test]
fn repeated_frames_are_duplicates_and_new_exposures_are_not() {
    let scene = Scene::new(SIZE, 1);
    let mut chance = Chance(2);
    let mut check = IntegrityCheck::new();
    let (a, b) = (scene.frame([0.0; 2], 0.0, &mut chance), scene.frame([0.0; 2], 0.0, &mut chance));
    let flags: Vec<u8> = [&a, &b, &b, &b, &a].iter().zip(0..).map(|(f, k)| check.push(f64::from(k), &image(f)).flags).collect();
    assert_eq!(flags, [0, 0, frame_flags::DUPLICATE, frame_flags::DUPLICATE, 0]);
}

#[test]
fn missing_frames_are_counted_from_the_times() {
    let scene = Scene::new(SIZE, 1);
    let mut chance = Chance(3);
    let mut check = IntegrityCheck::new();
    let times = [0.0, 0.5, 1.02, 1.5, 2.0, 4.0, 4.5, 4.5, f64::NAN, 5.0];
    let seen: Vec<(bool, u32)> = times
        .map(|t| check.push(t, &image(&scene.frame([0.0; 2], 0.0, &mut chance))))
        .map(|s| (s.flags & frame_flags::AFTER_A_GAP != 0, s.missing))
        .to_vec();
    let mut expected = [(false, 0); 10];
    expected[5] = (true, 3);
    expected[7] = (true, 0);
    expected[8] = (true, 0);
    assert_eq!(seen, expected);
}

#[test]
fn saturation_is_seen_at_the_type_and_at_the_cameras_own_limit() {
    let mut chance = Chance(4);
    for (dose, limit, most) in [(25.0, 65535, false), (25.0, 200, true), (8300.0, 65535, true)] {
        let scene = Scene { dose, ..Scene::new(SIZE, 1) };
        let counts: Vec<u16> = scene.frame([0.0; 2], 0.0, &mut chance).iter().map(|&c| c.min(limit)).collect();
        let state = IntegrityCheck::new().push(0.0, &image(&counts));
        let true_share = counts.iter().filter(|&&c| c >= limit).count() as f64 / counts.len() as f64;
        assert_eq!(state.flags & frame_flags::SATURATED != 0, most, "{state:?}");
        assert!((state.saturated - true_share).abs() < 0.03, "{state:?} {true_share}");
    }
}

#[test]
fn hot_and_dead_pixels_are_listed_and_nothing_else() {
    let scene = Scene { contact: 1.0, ..Scene::new(SIZE, 1) };
    let mut chance = Chance(5);
    let mut check = IntegrityCheck::new();
    // One alone, a pair, a dead one on the film, and a ray that comes once.
    let hot = [40 * SIZE + 50, 200 * SIZE + 100, 200 * SIZE + 101];
    let dead = 60 * SIZE + 70;
    let mut counts = Vec::new();
    for k in 0..40 {
        counts = scene.frame([0.3 * f64::from(k), 0.0], 0.0, &mut chance);
        hot.iter().for_each(|&h| counts[h] = 900);
        counts[dead] = 0;
        counts[70 * SIZE + 20 + 3 * k as usize] = 5000;
        check.push(f64::from(k), &image(&counts));
    }
    let expected: Vec<BadPixel> =
        [(hot[0], true), (dead, false), (hot[1], true), (hot[2], true)].map(|(index, hot)| BadPixel { index, hot }).to_vec();
    assert_eq!(check.bad_pixels(), expected);
    check.repair(&mut counts);
    for k in hot.into_iter().chain([dead]) {
        // 200 counts on average, their scatter 25.
        assert!((100..300).contains(&counts[k]), "{}", counts[k]);
    }
}

#[test]
fn any_size_is_checked() {
    let mut check = IntegrityCheck::new();
    check.push(0.0, &Image::new(0, 0, &[]).unwrap());
    check.push(0.0, &Image::new(0, 3, &[]).unwrap());
    let state = check.push(1.0, &Image::new(3, 2, &[1, 2, 3, 4, 5, 6]).unwrap());
    assert_eq!(state.flags, 0);
    check.repair(&mut [0; 3]);
}
