//! Camera and source-meter on one clock.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::iv::{FallRule, breakdown};
use pentatwin_analysis::joining::{Basis, Interval, Place, break_interval, moments, rupture_interval, tie};
use pentatwin_analysis::movie::{Axis, Contrast, Drift, FrameMeasure, MovieMeasurement, SeenGap};
use pentatwin_analysis::seen::{Options, kinetics};

const NM: f64 = 1e-9;

/// A movie of 2 frames/s whose neck opens from 8 s on by 2 nm/s and parts in frame 50, on a clock that is `ahead` of the source-meter's.
fn movie(ahead: f64) -> MovieMeasurement {
    let position: Vec<f64> = (0..60).map(|i| 8.0 * NM * (f64::from(i) - 29.5)).collect();
    let frames = (0..60)
        .map(|k| {
            let t = 0.5 * f64::from(k);
            let depth = |x: f64| 3.0 * NM * (t - 8.0).max(0.0) * (-0.5 * (x / (50.0 * NM)).powi(2)).exp();
            let edge = |x: f64| Measurement::new(x, NM);
            FrameMeasure {
                alone: [Vec::new(), Vec::new()],
                index: k as u64,
                time: t + ahead,
                flags: 0,
                drift: Drift { shift: [0.0; 2], covariance: [0.0; 3] },
                axis: Axis { angle: 0.0, offset: 0.0 },
                axis_uncertainty: [0.0; 2],
                width: position.iter().map(|&x| 115.0 * NM - depth(x)).collect(),
                statistical: vec![0.3 * NM; 60],
                systematic: vec![0.0; 60],
                centre: vec![0.0; 60],
                gap: (k >= 50).then(|| SeenGap {
                    left: edge(-20.0 * NM),
                    right: edge(20.0 * NM),
                    width: edge(40.0 * NM),
                    systematic: 0.0,
                    significance: 9.0,
                    tips: [None; 2],
                }),
            }
        })
        .collect();
    MovieMeasurement {
        area_factor: 0.657_164,
        pixel: NM,
        size: [512, 512],
        contrast: Contrast::BrightField,
        position,
        contacts: [None; 2],
        section: String::new(),
        frames,
        rupture: Some(50),
        notes: vec![],
    }
}

/// A sweep of 100 mV/s through 285 ohm from `start` on that breaks at 24.8 s; a sample each 25 ms until `end`.
fn log(start: f64, end: f64) -> [Vec<f64>; 3] {
    let t: Vec<f64> = (0..).map(|k| start + 0.025 * f64::from(k)).take_while(|t| *t <= end).collect();
    let v: Vec<f64> = t.iter().map(|t| 0.1 * t).collect();
    let i = t.iter().zip(&v).map(|(t, v)| if *t < 24.8 { v / 285.0 } else { 1e-9 }).collect();
    [t, v, i]
}

#[test]
fn the_break_ties_two_clocks() {
    let m = movie(100.0);
    let [t, v, i] = log(0.0, 26.0);
    let b = breakdown(&t, &v, &i, &FallRule::default()).unwrap();
    let fell = break_interval(&t, &b).unwrap();
    assert!(fell.from < 24.8 && fell.to >= 24.8 && fell.to - fell.from < 0.026);
    let parted = rupture_interval(&m, 0.5).unwrap();
    // Frames 49 and 50, middles at 124.5 and 125 s, each exposed for 0.5 s.
    assert_eq!((parted.from, parted.to), (124.25, 125.25));
    let clock = tie(Some(fell), Some(parted), None).unwrap();
    assert_eq!(clock.basis, Basis::Break);
    assert!((clock.offset.value + 100.0).abs() < 2.0 * clock.offset.uncertainty, "{clock:?}");
    // 1 s and 25 ms over sqrt(12).
    assert!((clock.offset.uncertainty - 1f64.hypot(0.025) / 12f64.sqrt()).abs() < 1e-6);
}

#[test]
fn the_tie_is_a_check_of_a_given_clock() {
    let (fell, parted) = (Some(Interval { from: 24.78, to: 24.8 }), Some(Interval { from: 24.25, to: 25.25 }));
    let same = tie(fell, parted, Some(Measurement::new(0.0, 0.0))).unwrap();
    assert!(same.basis == Basis::Given && same.offset == Measurement::new(0.0, 0.0) && same.check.unwrap().consistent);
    let off = tie(fell, parted, Some(Measurement::new(2.0, 0.1))).unwrap();
    let check = off.check.unwrap();
    // 24.79 - 24.75 - 2, over 0.1 and 1/sqrt(12) together.
    assert!(!check.consistent && (check.difference.value + 1.96).abs() < 1e-9 && (check.sigma + 6.41).abs() < 0.05, "{check:?}");
    // A watch read to a minute is worse than the break.
    let watch = tie(fell, parted, Some(Measurement::new(10.0, 60.0))).unwrap();
    assert!(watch.basis == Basis::Break && watch.check.unwrap().consistent);
    let none = tie(fell, None, Some(Measurement::new(3.0, 1.0))).unwrap();
    assert!(none.offset == Measurement::new(3.0, 1.0) && none.check.is_none());
    assert!(tie(fell, None, None).is_none() && tie(None, parted, Some(Measurement::new(f64::NAN, 0.0))).is_none());
}

#[test]
fn the_stated_offset_covers_the_true_one() {
    // The break anywhere in a frame and in a sample: uniform, so that one sigma covers 1/sqrt(3) = 58 % of one interval alone and more of
    // two; exposure-wide margins on both sides (rupture within a frame may show or not) cover more.
    let n = 1000;
    let inside = (0..n).filter(|&k| {
        let at = (f64::from(k) * 0.618_033_988_75).fract();
        let (e, r) = (
            Interval { from: -0.4 * at, to: 0.4 * (1.0 - at) },
            Interval { from: -0.5 * (at * 7.31).fract(), to: 0.5 * (1.0 - (at * 7.31).fract()) },
        );
        let offset = tie(Some(e), Some(r), None).unwrap().offset;
        offset.value.abs() <= offset.uncertainty
    });
    let share = inside.count() as f64 / f64::from(n);
    println!("offset: {share:.3} within one sigma");
    assert!((0.58..0.75).contains(&share), "{share}");
}

#[test]
fn a_b_and_c_are_on_the_curve_with_their_frames() {
    let m = movie(100.0);
    let seen = kinetics(&m, &Options::default());
    let [t, v, i] = log(0.0, 26.0);
    let b = breakdown(&t, &v, &i, &FallRule::default()).unwrap();
    let clock = tie(break_interval(&t, &b), rupture_interval(&m, 0.5), None).unwrap();
    let joined = moments(&seen, &m, &clock, [&t, &v, &i], Some(&b));
    assert_eq!(joined.iter().map(|j| j.name).collect::<String>(), "ABC");
    // A: 3 % of 115 nm at 3 nm/s after 8 s; B: 1 - sqrt(1/2) of it.
    for (j, at) in joined.iter().zip([8.0 + 0.03 * 115.0 / 3.0, 8.0 + (1.0 - 0.5f64.sqrt()) * 115.0 / 3.0, 24.8]) {
        assert!((j.time.value - at).abs() < 3.0 * j.time.uncertainty, "{j:?} {at}");
        let voltage = j.voltage.unwrap();
        assert!((voltage.value - 0.1 * at).abs() < 0.1 * 3.0 * j.time.uncertainty + 0.0026, "{j:?}");
        assert!((m.frames[j.frame].time - 100.0 - at).abs() < 1.0 && j.place == Place::Inside);
        assert!((j.current.unwrap().value - 0.1 * at / 285.0).abs() < 3e-4, "{j:?}");
    }
}

#[test]
fn moments_outside_a_short_log_say_by_how_much() {
    let m = movie(0.0);
    let seen = kinetics(&m, &Options::default());
    let [t, v, i] = log(12.0, 20.0);
    assert!(breakdown(&t, &v, &i, &FallRule::default()).is_none());
    let clock = tie(None, rupture_interval(&m, 0.5), Some(Measurement::new(0.0, 0.0))).unwrap();
    let joined = moments(&seen, &m, &clock, [&t, &v, &i], None);
    let [a, b, c] = &joined[..] else { panic!("{joined:?}") };
    assert!(matches!(a.place, Place::Before(s) if (s - 2.85).abs() < 1.0) && a.voltage.is_none());
    assert!(b.place == Place::Inside && b.voltage.is_some(), "{b:?}");
    assert!(matches!(c.place, Place::After(s) if (s - 4.75).abs() < 0.1) && c.current.is_none());
    let none = moments(&seen, &m, &clock, [&[], &[], &[]], None);
    assert!(none.iter().all(|j| j.place == Place::NoLog && j.voltage.is_none()) && none.len() == 3);
}
