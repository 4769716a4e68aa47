//! Particles in a gap, on Poisson frames made here.

mod chance;

use chance::Noise;
use pentatwin_analysis::Measurement;
use pentatwin_analysis::movie::Contrast;
use pentatwin_analysis::particles::{Crop, Detection, Detector, DetectorError, Gate, Settings, Side, SignalCurve, View, growth, link};
use std::f64::consts::PI;

/// Poisson draws, by Knuth's product for small means.
trait Poisson {
    fn poisson(&mut self, mean: f64) -> f64;
}

impl Poisson for Noise {
    fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let (limit, mut product, mut k) = ((-mean).exp(), self.uniform(), 0.0);
        while product > limit {
            product *= self.uniform();
            k += 1.0;
        }
        k
    }
}

/// imaging.md 2.3: 140 e/nm2 and frame, SiN 1.4 to 2.1 e/nm2, Λ(HAADF, Ag) 123 nm.
const DOSE: f64 = 140.0;
const BACKGROUND: f64 = 1.7;
const LENGTH: f64 = 123.0;

/// Mean electrons of a gap of `n` pixels of 1 nm each way with spheres (x, y, diameter in nm), sharp probe.
fn mean(n: usize, background: f64, dose: f64, spheres: &[[f64; 3]]) -> Vec<f64> {
    let mut mean = vec![background; n * n];
    let fine = 5;
    for (i, m) in mean.iter_mut().enumerate() {
        for [x, y, d] in spheres {
            for k in 0..fine * fine {
                let at = |c: usize, j: usize| c as f64 + (j as f64 + 0.5) / fine as f64 - 0.5;
                let r2 = (at(i % n, k % fine) - x).powi(2) + (at(i / n, k / fine) - y).powi(2);
                let t = 2.0 * (0.25 * d * d - r2).max(0.0).sqrt();
                *m += dose * -(-t / LENGTH).exp_m1() / (fine * fine) as f64;
            }
        }
    }
    mean
}

fn frame(mean: &[f64], noise: &mut Noise) -> Vec<f32> {
    mean.iter().map(|&m| noise.poisson(m) as f32).collect()
}

fn detector(false_alarms: f64) -> Detector {
    let mut settings = Settings::new(Contrast::DarkField, [2.0, 3.0, 5.0], 0.3, 1.0);
    settings.false_alarms = false_alarms;
    Detector::new(settings).unwrap()
}

fn find(detector: &Detector, width: usize, counts: &[f32]) -> Vec<Detection> {
    detector.find(&Crop { width, counts, valid: &[] }).unwrap().detections
}

fn alarms(background: f64, frames: usize, stated: f64, correlated: bool, seed: u64) -> usize {
    let mut noise = Noise(seed);
    let detector = detector(stated);
    let level = mean(48, background, DOSE, &[]);
    (0..frames)
        .map(|_| {
            let mut counts = frame(&level, &mut noise);
            if correlated {
                // Half of each electron falls into the next pixel: the noise of the filtered sum grows, that of the pixels falls.
                let before = counts.clone();
                for i in 1..counts.len() {
                    counts[i] = 0.5 * (before[i] + before[i - 1]);
                }
            }
            find(&detector, 48, &counts).len()
        })
        .sum()
}

#[test]
fn false_alarms_are_as_rare_as_stated() {
    for (background, correlated) in [(1.7, false), (25.0, false), (25.0, true)] {
        let (frames, stated) = (150, 0.2);
        let seen = alarms(background, frames, stated, correlated, 11);
        println!("background {background} e/px, correlated {correlated}: {seen} false alarms in {frames} frames at a stated {stated}");
        // 30 expected at most, since the scales share their noise: 30 + 3 sqrt(30) = 46.
        assert!((2..=46).contains(&seen), "{seen}");
    }
}

/// The default, one in a thousand frames, as it is used.
#[test]
#[ignore = "13 s: 6000 frames"]
fn one_false_alarm_in_a_thousand_frames() {
    let seen = alarms(BACKGROUND, 6000, 1e-3, false, 12);
    println!("{seen} false alarms in 6000 frames at a stated 0.001");
    // 6 expected at most: 6 + 3 sqrt(6) = 13.
    assert!(seen <= 13, "{seen}");
}

/// imaging.md 2.3: d = 3 nm gives 16 e over 12 (SNR 4.6), 2 nm 4.8 over 5.3 (SNR 2.1).
fn view() -> View {
    View {
        dose: DOSE * 1e18,
        background: BACKGROUND * 1e18,
        length: LENGTH * 1e-9,
        blur: 0.0,
        area: 48.0 * 48.0 * 1e-18,
        false_alarms: 1e-3,
    }
}

#[test]
fn limit_has_the_numbers_of_the_notes() {
    let v = view();
    for (d, extra, background, snr) in [(3.0, 16.0, 12.0, 4.6), (2.0, 4.8, 5.3, 2.1)] {
        let [e, b] = v.electrons(d * 1e-9, 1);
        assert!((e - extra).abs() < 0.3 && (b - background).abs() < 0.3, "{e} {b}");
        assert!((v.signal_to_noise(d * 1e-9, 1) - snr).abs() < 0.1);
    }
    let [one, ten] = [1, 10].map(|n| v.smallest(n).unwrap() * 1e9);
    println!("{} | {}", v.sentence(1), v.sentence(10));
    // Below 3 nm not in one frame; 2 nm in ten.
    assert!((3.0..4.2).contains(&one) && (1.5..2.05).contains(&ten), "{one} {ten}");
    assert!(v.sentence(1).contains("cannot be decided in one frame"));
}

/// At the stated limit about half are found, at 1.4 times it nearly all, at 0.6 times it few.
#[test]
fn detection_efficiency_is_that_of_the_stated_limit() {
    let detector = detector(1e-3);
    let limit = view().smallest(1).unwrap() * 1e9;
    let mut noise = Noise(13);
    let mut share = |d: f64| {
        let trials = 60;
        let hits = (0..trials)
            .filter(|_| {
                let place = [20.0 + noise.uniform(), 25.0 + noise.uniform()];
                let counts = frame(&mean(48, BACKGROUND, DOSE, &[[place[0], place[1], d]]), &mut noise);
                let found = find(&detector, 48, &counts);
                found.iter().any(|f| (f.place[0] - place[0]).hypot(f.place[1] - place[1]) < 2.0)
            })
            .count();
        hits as f64 / f64::from(trials)
    };
    let [small, at, large] = [0.6, 1.0, 1.4].map(|f| share(f * limit));
    println!("limit {limit:.2} nm: found {small:.2} at 0.6, {at:.2} at 1, {large:.2} at 1.4 times it");
    assert!(small < 0.2 && (0.25..0.85).contains(&at) && large > 0.95, "{small} {at} {large}");
}

fn wire_curve(noise: &mut Noise) -> SignalCurve {
    let pairs: Vec<(f64, f64)> = (1..=60)
        .map(|k| {
            let t = 2.0 * f64::from(k);
            (t * 1e-9, 1e18 * (DOSE * -(-t / LENGTH).exp_m1() + 0.5 * noise.normal()))
        })
        .collect();
    SignalCurve::fit(&pairs).unwrap()
}

#[test]
fn size_comes_from_the_signal_calibrated_on_the_wire() {
    let mut noise = Noise(14);
    let curve = wire_curve(&mut noise);
    assert!((curve.length.value * 1e9 - LENGTH).abs() < 3.0 * curve.length.uncertainty * 1e9, "{curve:?}");
    // A sphere of 4 nm: 140 V/123 less the little that the exponential takes.
    let four = curve.sphere(4e-9);
    assert!((four / (DOSE * PI / 6.0 * 64.0 / LENGTH) - 1.0).abs() < 0.03, "{four}");
    let detector = detector(1e-3);
    let truth = 6.0;
    let (mut inside, mut all, mut sum, mut centred, mut places) = (0, 0, 0.0, 0, 0);
    for _ in 0..200 {
        let at = [20.0 + noise.uniform(), 25.0 + noise.uniform()];
        let counts = frame(&mean(48, BACKGROUND, DOSE, &[[at[0], at[1], truth]]), &mut noise);
        if let Some(f) = find(&detector, 48, &counts).first() {
            let d = curve.diameter(f.signal).unwrap();
            all += 1;
            sum += d.value * 1e9;
            inside += usize::from((d.value * 1e9 - truth).abs() < d.uncertainty * 1e9);
            for k in 0..2 {
                places += 1;
                centred += usize::from((f.place[k] - at[k]).abs() < f.uncertainty);
            }
        }
    }
    let [share, place] = [inside as f64 / all as f64, centred as f64 / places as f64];
    println!("6 nm: mean {:.3} nm, 1 sigma covers size {share:.2}, place {place:.2} of {all}", sum / all as f64);
    assert!(all > 195 && (sum / all as f64 - truth).abs() < 0.15);
    assert!((0.58..0.78).contains(&share) && (0.55..0.85).contains(&place), "{share} {place}");
    assert_eq!(curve.diameter(Measurement::new(-3.0, 4.0)), None);
    assert_eq!(SignalCurve::fit(&[(1e-9, 1e18), (2e-9, 5e17), (3e-9, 1e17), (4e-9, 1e16)]), None);
}

fn detection(x: f64, y: f64) -> Detection {
    Detection { place: [x, y], uncertainty: 0.3, diameter: 4.0, significance: 8.0, signal: Measurement::new(60.0, 9.0) }
}

#[test]
fn tracks_are_born_move_skip_a_frame_and_die() {
    let mut noise = Noise(15);
    let times: Vec<f64> = (0..20).map(|k| 0.5 * f64::from(k)).collect();
    let frames: Vec<Vec<Detection>> = (0..20)
        .map(|k| {
            let mut list = Vec::new();
            if k != 7 {
                list.push(detection(10.0 + 0.8 * 0.5 * k as f64 + 0.3 * noise.normal(), 5.0 + 0.3 * noise.normal()));
            }
            if (5..15).contains(&k) {
                list.insert(0, detection(30.0 + 0.3 * noise.normal(), 25.0 + 0.3 * noise.normal()));
            }
            if k == 3 {
                list.push(detection(60.0, 60.0));
            }
            list
        })
        .collect();
    let tracks = link(&times, &frames, &Gate::default());
    assert_eq!(tracks.len(), 2, "a single false alarm is no track");
    assert_eq!((tracks[0].seen.len(), tracks[0].seen[0].0), (19, 0));
    assert_eq!((tracks[1].seen.len(), tracks[1].seen[0].0, tracks[1].seen[9].0), (10, 5, 14));
    let [vx, vy] = tracks[0].velocity.unwrap();
    assert!((vx.value - 0.8).abs() < 3.0 * vx.uncertainty && vy.value.abs() < 3.0 * vy.uncertainty && vx.uncertainty < 0.05);
}

#[test]
fn side_of_growth_is_told_or_left_open() {
    let mut noise = Noise(16);
    let times: Vec<f64> = (0..25).map(f64::from).collect();
    let mut run = |low: f64, high: f64| {
        let frames: Vec<Vec<Detection>> = (0..25)
            .map(|k| {
                let t = f64::from(k);
                [30.0 + low * t, 33.0 + 0.5 * (low + high) * t, 36.0 + high * t]
                    .iter()
                    .map(|x| detection(x + 0.4 * noise.normal(), 10.0 + noise.normal()))
                    .collect()
            })
            .collect();
        growth(&times, &frames, 0.0).unwrap()
    };
    assert_eq!(run(0.0, 0.6).towards, Some(Side::Higher));
    assert_eq!(run(-0.6, 0.0).towards, Some(Side::Lower));
    // Both fronts advance alike: at 2 sigma one in twenty is called wrongly.
    let wrong = (0..100).filter(|_| run(-0.3, 0.3).towards.is_some()).count();
    println!("{wrong} of 100 even growths called one-sided");
    assert!(wrong <= 14, "{wrong}");
    let covered = (0..100)
        .filter(|_| {
            let g = run(0.0, 0.6);
            (g.net.value - 0.6).abs() < g.net.uncertainty
        })
        .count();
    println!("1 sigma of the net advance covers {covered} of 100");
    assert!((55..=80).contains(&covered), "{covered}");
    assert_eq!(growth(&times[..3], &[vec![], vec![], vec![]], 0.0), None);
}

#[test]
fn what_is_no_crop_is_refused() {
    let detector = detector(1e-3);
    let counts = [1f32; 100];
    assert_eq!(detector.find(&Crop { width: 0, counts: &counts, valid: &[] }), Err(DetectorError::Size(100, 0)));
    assert_eq!(detector.find(&Crop { width: 7, counts: &counts, valid: &[] }), Err(DetectorError::Size(100, 7)));
    let none = [false; 100];
    assert_eq!(detector.find(&Crop { width: 10, counts: &counts, valid: &none }), Err(DetectorError::NoBackground));
    assert_eq!(detector.find(&Crop { width: 10, counts: &[f32::NAN; 100], valid: &[] }), Err(DetectorError::NoBackground));
    let _ = detector.find(&Crop { width: 10, counts: &[f32::MAX; 100], valid: &[] });
    assert!(detector.find(&Crop { width: 10, counts: &[0.0; 100], valid: &[] }).unwrap().detections.is_empty());
    let bad = Settings::new(Contrast::BrightField, [2.0, f64::NAN, 5.0], 0.3, 1.0);
    assert!(matches!(Detector::new(bad), Err(DetectorError::Setting("diameter", _))));
}

/// Dark particles of a bright-field crop beside a wire that is masked out.
#[test]
fn dark_particles_beside_a_masked_wire_are_found() {
    let mut noise = Noise(17);
    let detector = Detector::new(Settings::new(Contrast::BrightField, [3.0, 5.0, 8.0], 0.8, 1.0)).unwrap();
    let valid: Vec<bool> = (0..60 * 40).map(|i| i % 60 >= 12).collect();
    let counts: Vec<f32> = (0..60 * 40)
        .map(|i| {
            let (x, y) = ((i % 60) as f64, (i / 60) as f64);
            // Λ(BF) 75 nm (imaging.md 2.2), a sphere of 14 nm.
            let t = if x < 8.0 { 80.0 } else { 2.0 * (49.0 - (x - 35.0).powi(2) - (y - 20.0).powi(2)).max(0.0).sqrt() };
            noise.poisson(100.0 * (-t / 75.0f64).exp()) as f32
        })
        .collect();
    let found = detector.find(&Crop { width: 60, counts: &counts, valid: &valid }).unwrap().detections;
    assert!(!found.is_empty() && (found[0].place[0] - 35.0).hypot(found[0].place[1] - 20.0) < 2.0, "{found:?}");
    assert!(found[0].signal.value > 0.0);
}
