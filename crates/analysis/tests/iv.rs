//! I–V measures on curves whose answer is known by construction.

use pentatwin_analysis::iv::{Against, FallRule, breakdown, find_fall, local_exponent, nonlinearity, resistance};

/// Deterministic noise of unit variance: a sum of incommensurate sines is enough here.
fn noise(k: usize) -> f64 {
    let x = k as f64;
    (x * 12.9898).sin() + (x * 78.233).sin()
}

fn sweep(n: usize, to: f64) -> Vec<f64> {
    (0..n).map(|k| to * (2.0 * k as f64 / (n - 1) as f64 - 1.0)).collect()
}

#[test]
fn a_resistor_has_its_resistance_and_is_ohmic() {
    let v = sweep(81, 0.4);
    let i: Vec<f64> = v.iter().enumerate().map(|(k, v)| 1e-7 + v / 285.0 + 1e-8 * noise(k)).collect();
    let fit = resistance(&v, &i, 0.2).unwrap();
    assert_eq!(fit.samples, 41);
    let r = fit.resistance;
    assert!((r.value - 285.0).abs() < 3.0 * r.uncertainty && r.uncertainty < 0.01, "{r:?}");
    assert!((fit.offset.value - 1e-7).abs() < 3.0 * fit.offset.uncertainty, "{:?}", fit.offset);
    let bend = nonlinearity(&v, &i, 0.2).unwrap();
    assert!(bend.value.abs() < 3.0 * bend.uncertainty && bend.uncertainty < 1e-3, "{bend:?}");
}

#[test]
fn the_uncertainty_is_that_of_least_squares() {
    // By hand: I = V + {+1, -2, +1} at V = -1, 0, 1 (milliampere, volt): slope 1 mS, residuals {1, -2, 1}, s^2 = 6, u(g) = sqrt(6/2).
    let fit = resistance(&[-1.0, 0.0, 1.0], &[0e-3, -2e-3, 2e-3], 1.0).unwrap();
    assert!((fit.resistance.value - 1000.0).abs() < 1e-9);
    assert!((fit.resistance.uncertainty - 3f64.sqrt() * 1000.0).abs() < 1e-9);
}

#[test]
fn a_cubic_curve_has_its_bend() {
    let v = sweep(41, 0.2);
    // The conductance falls by 5 % from 0 to 0.2 V.
    let i: Vec<f64> = v.iter().map(|v| 3e-3 * v * (1.0 - 0.05 * (v / 0.2) * (v / 0.2))).collect();
    let bend = nonlinearity(&v, &i, 0.2).unwrap();
    assert!((bend.value + 0.05).abs() < 1e-9);
}

#[test]
fn the_local_exponent_of_a_power_law_is_its_power() {
    let v: Vec<f64> = (1..40).map(|k| 0.05 * f64::from(k)).collect();
    let i: Vec<f64> = v.iter().map(|v| -2e-3 * v.powf(1.7)).collect();
    let n = local_exponent(&v, &i, 2);
    assert!(n.iter().all(|n| (n - 1.7).abs() < 1e-9), "{n:?}");
    // Across zero it is not defined.
    let n = local_exponent(&[-0.1, 0.0, 0.1, 0.2, 0.3], &[-1.0, 0.0, 1.0, 2.0, 3.0], 1);
    assert!(n[0].is_nan() && n[1].is_nan() && n[2].is_nan() && (n[3] - 1.0).abs() < 1e-12, "{n:?}");
}

/// A sweep of 100 mV/s in steps of 2.5 mV through 285 ohm that breaks after `whole` samples and the fraction `part` of the next one.
fn broken(whole: usize, part: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let t: Vec<f64> = (0..whole + 2).map(|k| 0.025 * k as f64).collect();
    let v: Vec<f64> = t.iter().map(|t| 0.1 * t).collect();
    let i = v
        .iter()
        .enumerate()
        .map(|(k, v)| {
            v / 285.0
                * if k < whole {
                    1.0
                } else if k == whole {
                    part
                } else {
                    0.0
                }
        })
        .collect();
    (t, v, i)
}

#[test]
fn the_breakdown_is_the_last_whole_sample_whenever_in_the_aperture_it_breaks() {
    for part in [0.0, 0.3, 0.49, 0.51, 0.7, 0.9] {
        let (t, v, i) = broken(800, part);
        let b = breakdown(&t, &v, &i, &FallRule::default()).unwrap();
        assert_eq!(b.index, 799, "part {part}");
        assert!((b.voltage.value - 0.0025 * 799.0).abs() < 1e-12);
        assert!((b.voltage.uncertainty - 0.0025).abs() < 1e-12);
        assert!((b.time.uncertainty - 0.025).abs() < 1e-12);
        // wire.md section 1: less than half of the aperture before the rupture trips with that fraction, more trips one later with zero.
        let (fallen, fraction) = if part < 0.5 { (800, part * 800.0 / 799.0) } else { (801, 0.0) };
        assert_eq!(b.fallen, fallen);
        assert!((b.last_fraction - fraction).abs() < 1e-9, "{b:?}");
        assert!((b.last_current - fraction * i[799]).abs() < 1e-12);
    }
}

#[test]
fn a_gradual_fall_is_seen_against_the_running_maximum_only() {
    let current = [1e-3, 2e-3, 3e-3, 2.2e-3, 1.6e-3, 1.2e-3, 0.9e-3];
    assert_eq!(find_fall(&current, &FallRule::default()), None);
    assert_eq!(find_fall(&current, &FallRule { against: Against::RunningMaximum, ..FallRule::default() }), Some(5));
}

#[test]
fn noise_before_the_sweep_and_negative_currents_start_no_fall() {
    assert_eq!(find_fall(&[1e-9, 1e-10, -3e-9, 1e-10], &FallRule::default()), None);
    assert_eq!(find_fall(&[-1e-3, -2e-3, -1e-4], &FallRule::default()), Some(2));
    assert!(breakdown(&[0.0, 1.0], &[0.0, 1.0], &[0.0, 1e-3], &FallRule::default()).is_none());
}

#[test]
fn what_cannot_be_measured_is_none() {
    assert!(resistance(&[], &[], 0.2).is_none());
    assert!(resistance(&[0.1], &[1e-3], 0.2).is_none());
    assert!(resistance(&[0.1, 0.1, 0.1], &[1e-3, 1e-3, 2e-3], 0.2).is_none());
    assert!(resistance(&[f64::NAN; 5], &[1.0; 5], 0.2).is_none());
    assert!(resistance(&[-0.1, 0.0, 0.1], &[0.0, 0.0, 0.0], 0.2).is_none());
    assert!(nonlinearity(&[-0.1, 0.0, 0.1], &[-1.0, 0.0, 1.0], 0.2).is_none());
}
