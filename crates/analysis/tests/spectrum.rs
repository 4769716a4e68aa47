//! Line families, limits and quantification on made-up spectra.

use pentatwin_analysis::spectrum::{
    Attenuation, Axis, Convention, Counted, Family, Line, Options, Order, Probe, Response, SpectrumError, Where, analyse, fit, quantify,
};

const AXIS: Axis = Axis { offset: 0.0, width: 10.0 };

fn family(name: &str, lines: &[(f64, f64, bool)]) -> Family {
    Family {
        name: name.to_owned(),
        element: name.split(' ').next().unwrap().to_owned(),
        molar_mass: if name.starts_with("Ag") { 0.107_868 } else { 0.195_084 },
        lines: lines.iter().map(|(energy, weight, alpha)| Line { energy: *energy, weight: *weight, alpha: *alpha, escape: 1.0 }).collect(),
        k: Some(1.0),
        k_uncertainty: 0.0,
    }
}

/// Silver and a platinum whose third line lies under silver's.
fn families() -> Vec<Family> {
    vec![
        family("Ag L", &[(2984.0, 0.6, true), (3151.0, 0.3, false), (2634.0, 0.03, false), (3348.0, 0.07, false)]),
        family("Pt M", &[(2050.0, 0.6, true), (2127.0, 0.35, false), (2950.0, 0.05, false)]),
    ]
}

/// xorshift, so that this crate's tests need no other.
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn poisson(&mut self, mean: f64) -> f64 {
        // Sums of small means, each by inversion.
        let parts = (mean / 50.0).ceil().max(1.0);
        (0..parts as usize)
            .map(|_| {
                let m = mean / parts;
                let (mut k, mut p) = (0.0, (-m).exp());
                let mut u = self.uniform() - p;
                while u > 0.0 && k < 400.0 {
                    k += 1.0;
                    p *= m / k;
                    u -= p;
                }
                k
            })
            .sum()
    }
}

/// Means of a spectrum with these counts of the families, over a continuum of `level` counts a channel at 1 keV.
fn means(silver: f64, platinum: f64, level: f64) -> Vec<f64> {
    let response = Response::gaussian(130.0);
    let mut means: Vec<f64> = (0..1200).map(|k| level / (k as f64 * 0.01).max(0.2)).collect();
    for (family, counts) in families().iter().zip([silver, platinum]) {
        for line in &family.lines {
            let sigma = response.width(line.energy) / 2.354_820_045;
            for (k, m) in means.iter_mut().enumerate() {
                let d = (AXIS.energy(k) - line.energy) / sigma;
                *m += counts * line.weight * 10.0 / (sigma * (2.0 * std::f64::consts::PI).sqrt()) * (-0.5 * d * d).exp();
            }
        }
    }
    means
}

fn options() -> Options {
    Options { from: 1200.0, to: 6000.0, background: 6, ..Options::default() }
}

#[test]
fn overlapping_families_are_told_apart_and_their_uncertainty_holds() {
    let (silver, platinum) = (300.0, 20_000.0);
    let mean = means(silver, platinum, 20.0);
    let mut chance = Chance(88_172_645_463_325_252);
    let n = 100;
    let (mut sum, mut squares, mut inside) = (0.0, 0.0, 0);
    for _ in 0..n {
        let counts: Vec<f64> = mean.iter().map(|m| chance.poisson(*m)).collect();
        let found = fit(&counts, &AXIS, &families(), &Response::gaussian(130.0), &options()).unwrap();
        let c = found.families[0].counts;
        let pull = (c.value - silver) / c.uncertainty;
        sum += pull / f64::from(n);
        squares += pull * pull / f64::from(n);
        inside += i32::from(pull.abs() < 1.0);
        assert!(found.covariance[0][1] < 0.0 && found.converged);
        assert!((found.deviance / found.freedom - 1.0).abs() < 0.3);
    }
    println!("pull {sum:.2} rms {:.2}, {inside} of {n} within one sigma", squares.sqrt());
    assert!(sum.abs() < 0.35 && (0.8..1.2).contains(&squares.sqrt()) && (55..82).contains(&inside));
}

#[test]
fn blanks_are_detected_in_5_percent_and_the_limit_in_95() {
    let mut chance = Chance(3_141_592_653_589_793);
    let n = 500;
    let blank = means(0.0, 5000.0, 10.0);
    let mut limit = 0.0;
    let mut share = |mean: &[f64]| {
        let mut detected = 0;
        for _ in 0..n {
            let counts: Vec<f64> = mean.iter().map(|m| chance.poisson(*m)).collect();
            let found = fit(&counts, &AXIS, &families(), &Response::gaussian(130.0), &options()).unwrap();
            detected += i32::from(found.families[0].detected());
            limit += found.families[0].limit / f64::from(n);
        }
        f64::from(detected) / f64::from(n)
    };
    let false_alarms = share(&blank);
    let at = limit;
    let power = {
        let mut detected = 0;
        let mean = means(at, 5000.0, 10.0);
        for _ in 0..n {
            let counts: Vec<f64> = mean.iter().map(|m| chance.poisson(*m)).collect();
            detected += i32::from(fit(&counts, &AXIS, &families(), &Response::gaussian(130.0), &options()).unwrap().families[0].detected());
        }
        f64::from(detected) / f64::from(n)
    };
    println!("false alarms {false_alarms:.3}, limit {at:.0} counts detected in {power:.3}");
    // Three standard errors of 500.
    assert!((false_alarms - 0.05).abs() < 0.03, "{false_alarms}");
    assert!((power - 0.95).abs() < 0.03, "{power}");
}

#[test]
fn a_shifted_and_blurred_spectrum_is_found_as_such() {
    let mean = means(30_000.0, 60_000.0, 50.0);
    let mut chance = Chance(271_828_182_845_904);
    let counts: Vec<f64> = mean.iter().map(|m| chance.poisson(*m)).collect();
    let wrong = Axis { offset: 7.0, width: 10.0 };
    let found = fit(&counts, &wrong, &families(), &Response::gaussian(135.0), &Options { calibrate: true, ..options() }).unwrap();
    let c = found.calibration.unwrap();
    assert!((c.shift.value + 7.0).abs() < 5.0 * c.shift.uncertainty && c.shift.uncertainty < 1.0, "{c:?}");
    assert!((c.resolution.value - 130.0).abs() < 5.0 * c.resolution.uncertainty, "{c:?}");
    for (f, truth) in found.families.iter().zip([30_000.0, 60_000.0]) {
        assert!((f.counts.value - truth).abs() < 4.0 * f.counts.uncertainty, "{f:?}");
    }
}

#[test]
fn the_convention_of_k_decides_which_counts_are_taken() {
    let counts = means(10_000.0, 10_000.0, 10.0);
    let found = fit(&counts, &AXIS, &families(), &Response::gaussian(130.0), &options()).unwrap();
    let of = |counted| {
        let convention = Convention { counted, at: Where::Detected };
        let q = quantify(&found, &families(), &Response::gaussian(130.0), convention, None).unwrap();
        assert!((q.iter().map(|q| q.weight.value).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((q.iter().map(|q| q.atomic.value).sum::<f64>() - 1.0).abs() < 1e-12);
        q[0].clone()
    };
    // Same counts and k: half and half by mass, both by family and by alpha lines, which are 0.6 of each.
    let (family, alpha) = (of(Counted::Family), of(Counted::Alpha));
    assert!((family.weight.value - 0.5).abs() < 1e-3 && (alpha.weight.value - 0.5).abs() < 1e-3);
    let atomic = 0.195_084 / (0.195_084 + 0.107_868);
    assert!((family.atomic.value - atomic).abs() < 1e-3);
    // With the alpha lines of one family fewer, its part falls by k's convention.
    let mut fewer = families();
    fewer[0].lines[0].alpha = false;
    fewer[0].lines[1].alpha = true;
    let convention = Convention { counted: Counted::Alpha, at: Where::Detected };
    let q = quantify(&found, &fewer, &Response::gaussian(130.0), convention, None).unwrap();
    assert!((q[0].weight.value - 0.3 / 0.9).abs() < 1e-3, "{:?}", q[0]);
    // Twenty thousand counts: 0.5 sqrt(2 x 1/1e4)/2 of the part, or a little more for the overlap.
    assert!((0.003..0.006).contains(&family.weight.uncertainty), "{:?}", family.weight);
}

#[test]
fn bad_input_is_an_error_that_names_what_is_wrong() {
    let counts = means(100.0, 1000.0, 10.0);
    let response = Response::gaussian(130.0);
    let run = |counts: &[f64], axis: &Axis, families: &[Family], response: &Response, options: &Options| {
        fit(counts, axis, families, response, options)
    };
    let good = families();
    assert!(matches!(run(&[], &AXIS, &good, &response, &options()), Err(SpectrumError::Few { .. })));
    assert!(matches!(run(&counts, &Axis { offset: f64::NAN, width: 10.0 }, &good, &response, &options()), Err(SpectrumError::Axis { .. })));
    assert!(matches!(run(&counts, &Axis { offset: 0.0, width: -1.0 }, &good, &response, &options()), Err(SpectrumError::Axis { .. })));
    let mut bad = counts.clone();
    bad[200] = -3.0;
    let e = run(&bad, &AXIS, &good, &response, &options()).unwrap_err();
    assert_eq!(e.to_string(), "channel 200 has -3 counts; counts are finite and not negative");
    assert!(matches!(run(&counts, &AXIS, &good, &Response::gaussian(0.0), &options()), Err(SpectrumError::Response { .. })));
    let far = vec![family("Ag K", &[(22_163.0, 1.0, true)])];
    assert!(run(&counts, &AXIS, &far, &response, &options()).unwrap_err().to_string().contains("Ag K"));
    let twins = vec![good[0].clone(), good[0].clone()];
    assert!(matches!(run(&counts, &AXIS, &twins, &response, &options()), Err(SpectrumError::Alike { .. })));
    for o in [
        Options { from: f64::NAN, ..options() },
        Options { to: f64::NAN, ..options() },
        Options { to: f64::INFINITY, ..options() },
        Options { background: 0, ..options() },
        Options { background: usize::MAX / 4, ..options() },
        Options { escape: vec![[f64::NAN, f64::NAN]], ..options() },
    ] {
        let _ = run(&counts, &AXIS, &good, &response, &o);
    }
    let mut odd = good.clone();
    odd[0].lines[0].energy = f64::NAN;
    let _ = run(&counts, &AXIS, &odd, &response, &options());
    // All channels empty; nothing to quantify.
    let empty = vec![0.0; 1200];
    let convention = Convention { counted: Counted::Family, at: Where::Emitted };
    let probe =
        Probe { zeta: 1e-9, slant: 3.0, attenuation: vec![Attenuation { element: "Ag".into(), table: Vec::new() }], order: Order::Mixed };
    assert_eq!(analyse(&empty, &AXIS, &good, &response, &options(), convention, Some(&probe)), Err(SpectrumError::Nothing));
    assert!(analyse(&counts, &AXIS, &good, &response, &options(), convention, Some(&probe)).is_ok());
    assert!(fit(&counts, &AXIS, &[], &response, &options()).is_ok());
}
