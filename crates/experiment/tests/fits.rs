//! Fits to synthetic I-V curves with stated noise: what is recovered, and what is said not to be known.

use pentatwin_experiment::Protocol;
use pentatwin_experiment::ensemble::fit::{FitError, FitOptions, Forward, IvData, fit};
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_record::fit::FitSummary;

/// Noise of one sample [A]: that of the virtual meter's 100 mA range at one power-line cycle.
const NOISE: f64 = 1e-6;

/// fig2a's device without disorder: the fit and what it is fitted to have the same walls.
fn device() -> Protocol {
    let sets = [("wire.diameter_disorder", "0 %"), ("numerics.cells", "60"), ("shape.coupling", "off")];
    Protocol::shipped("fig2a").unwrap().unwrap().with_set(&sets.map(|(k, v)| (k.to_owned(), v.to_owned()))).unwrap()
}

/// A sweep at 100 mV/s to 2.1 V, below the break at 2.4 V.
fn samples() -> IvData {
    let n = 420;
    let time: Vec<f64> = (0..n).map(|k| 0.05 * f64::from(k) + 0.02).collect();
    IvData { voltage: (0..n).map(|k| 5e-3 * f64::from(k)).collect(), current: vec![0.0; time.len()], time, name: "synthetic".to_owned() }
}

fn options(free: &[&str]) -> FitOptions {
    let free = free.iter().map(|k| (*k).to_owned()).collect();
    FitOptions { free, sigma: Some(NOISE), until: 1.0, draws: 0, cells: 60, ..FitOptions::default() }
}

/// Currents of a device with these values, as a meter with errors of gain and offset and with noise reads them.
fn measured(truth: &[(&str, f64)], free: &[&str], seed: u64) -> IvData {
    noisy(Forward::new(&device(), &samples(), &options(free)).currents_of(truth).unwrap(), seed)
}

/// These currents as a meter with errors of gain and offset and with noise reads them.
fn noisy(clean: Vec<f64>, seed: u64) -> IvData {
    let mut data = samples();
    let mut stream = Stream::new(seed, Purpose::ReadNoise, 77);
    // Half the stated accuracy of the 100 mA range of a 2614B (source-meter.md 5.1): 0.02 % and 20 uA.
    let (gain, offset) = (1e-4 * stream.normal(), 10e-6 * stream.normal());
    data.current = clean.iter().map(|i| i * (1.0 + gain) + offset + NOISE * stream.normal()).collect();
    data
}

const FREE: [&str; 2] = ["chip.lead_resistance", "chip.pad_resistance"];
const TRUTH: [(&str, f64); 2] = [("chip.lead_resistance", 200.0), ("chip.pad_resistance", 8e4)];

fn one(seed: u64) -> FitSummary {
    fit(&device(), &measured(&TRUTH, &FREE, seed), &options(&FREE), &|| true).unwrap()
}

#[test]
fn a_synthetic_curve_gives_its_device_back() {
    let s = one(1);
    assert!(s.converged && s.said[0].starts_with("all 2 parameters"), "{:?}", s.said);
    assert!(s.reduced_chi_squared < 1.3, "{}", s.reduced_chi_squared);
    for (p, (key, truth)) in s.parameters.iter().zip(TRUTH) {
        let u = p.uncertainty.unwrap();
        assert!((p.value - truth).abs() < 4.0 * u && u < 0.2 * truth, "{key}: {} ± {u}", p.value);
    }
}

#[test]
fn time_stamps_that_are_not_even_give_the_same_curve() {
    // A log of a real instrument: each sample some milliseconds early or late. The model then bends at each of them.
    let even = samples();
    let mut uneven = samples();
    let mut stream = Stream::new(5, Purpose::ReadNoise, 78);
    uneven.time.iter_mut().for_each(|t| *t += 10e-3 * (stream.uniform() - 0.5));
    let [a, b] = [&even, &uneven].map(|d| Forward::new(&device(), d, &options(&FREE)).currents_of(&TRUTH).unwrap());
    for (k, (a, b)) in a.iter().zip(&b).enumerate().skip(20) {
        // The levels are the same; the contacts anneal a little earlier or later.
        assert!((a - b).abs() < 4e-6, "sample {k}: {a} and {b} A");
    }
}

#[test]
fn a_start_far_off_does_not_end_in_another_minimum() {
    // From 223 and 25 ohm, where the curve has 200 and 40: a fit from one start ended at 232 ohm and stated 0.15 ohm.
    let truth = [("chip.lead_resistance", 200.0), ("contact.1.resistance", 40.0), ("chip.pad_resistance", 8e4)];
    let free = truth.map(|(key, _)| key);
    let s = fit(&device(), &measured(&truth, &free, 3), &options(&free), &|| true).unwrap();
    assert!(s.reduced_chi_squared < 1.3, "{} {:?}", s.reduced_chi_squared, s.said);
    for (p, (key, truth)) in s.parameters.iter().zip(truth) {
        // What is lost has no uncertainty, and must be said.
        match p.uncertainty {
            Some(u) => assert!((p.value - truth).abs() < 4.0 * u, "{key}: {} ± {u}", p.value),
            None => assert!(s.said.iter().any(|line| line.contains("not identifiable")), "{:?}", s.said),
        }
    }
}

/// Of so many seeds, in how many each parameter is within two of its stated uncertainties, and in how many it is said not to be determined.
fn recovered<const N: usize>(truth: [(&str, f64); N], seeds: u64) -> ([usize; N], [usize; N]) {
    let free = truth.map(|(key, _)| key);
    let clean = Forward::new(&device(), &samples(), &options(&free)).currents_of(&truth).unwrap();
    let (mut hits, mut lost) = ([0; N], [0; N]);
    for seed in 1..=seeds {
        let s = fit(&device(), &noisy(clean.clone(), seed), &options(&free), &|| true).unwrap();
        assert!(s.converged, "seed {seed}");
        for (k, (p, (_, truth))) in s.parameters.iter().zip(truth).enumerate() {
            match p.uncertainty {
                Some(u) => hits[k] += usize::from((p.value - truth).abs() <= 2.0 * u),
                None => {
                    assert!(s.said[0].starts_with("not identifiable") && s.said[0].contains(&p.key), "{:?}", s.said);
                    lost[k] += 1;
                }
            }
        }
    }
    println!("{free:?}: of {seeds} seeds within 2 sigma {hits:?}, said not to be determined {lost:?}");
    (hits, lost)
}

#[test]
#[ignore = "long tier"]
fn parameters_are_within_two_of_their_uncertainties_in_90_of_100_seeds() {
    let (hits, lost) = recovered(TRUTH, 100);
    assert!(hits.iter().all(|h| *h >= 90) && lost == [0; 2], "{hits:?} {lost:?}");
}

#[test]
#[ignore = "long tier"]
fn a_contact_and_the_leads_are_within_two_of_their_uncertainties_in_90_of_100_seeds() {
    // Told apart by when the contact anneals.
    let (hits, lost) = recovered([("contact.1.resistance", 40.0), ("chip.lead_resistance", 200.0)], 100);
    assert!(hits.iter().all(|h| *h >= 90) && lost == [0; 2], "{hits:?} {lost:?}");
}

#[test]
#[ignore = "long tier"]
fn beside_a_parameter_that_is_not_identifiable_the_other_one_is_recovered_and_that_is_said() {
    // What the film's heat capacity does is over within milliseconds: a curve of 20 s knows nothing of it.
    let (hits, lost) = recovered([("chip.lead_resistance", 200.0), ("chip.film_capacity", 6e-9)], 20);
    assert!(hits[0] >= 18 && lost == [0, 20], "{hits:?} {lost:?}");
}

#[test]
fn a_fit_on_a_coarse_grid_ends_on_the_devices_own() {
    // Samples of 120 cells, fitted with 40.
    let mut device = device();
    device.device.numerics.cells = 120;
    let own = FitOptions { cells: 120, ..options(&FREE) };
    let currents = |cells| Forward::new(&device, &samples(), &FitOptions { cells, ..own.clone() }).currents_of(&TRUTH).unwrap();
    let (clean, coarse) = (currents(120), currents(40));
    let apart = clean.iter().zip(&coarse).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    // The same sign at all samples: together many times what the noise leaves open.
    assert!(apart > NOISE, "{apart}");
    let data = noisy(clean, 4);
    let [a, b] = [120, 40].map(|cells| fit(&device, &data, &FitOptions { cells, ..own.clone() }, &|| true).unwrap());
    for (a, b) in a.parameters.iter().zip(&b.parameters) {
        let u = a.uncertainty.unwrap();
        println!("{}: {} ± {u} and {} ± {:?}", a.key, a.value, b.value, b.uncertainty);
        assert!((a.value - b.value).abs() < 0.2 * u, "{}: {} and {} ± {u}", a.key, a.value, b.value);
    }
    assert!(b.reduced_chi_squared < 1.3, "{}", b.reduced_chi_squared);
}

#[test]
fn two_contacts_that_act_alike_are_said_not_to_be_identifiable() {
    let free = ["contact.1.resistance", "contact.2.resistance"];
    // Alike: the samples know their sum and nothing of their difference.
    let truth = [("contact.1.resistance", 25.0), ("contact.2.resistance", 25.0)];
    let s = fit(&device(), &measured(&truth, &free, 1), &options(&free), &|| true).unwrap();
    let sum = &s.combinations[0];
    assert!(s.said[0].starts_with("not identifiable"), "{:?}", s.said);
    assert!(s.parameters.iter().all(|p| p.uncertainty.is_none()));
    assert!(sum.determined && !s.combinations[1].determined, "{:?}", s.combinations);
    assert_eq!(sum.words, "contact.1.resistance + contact.2.resistance");
    assert!((s.parameters.iter().map(|p| p.value).sum::<f64>() - 50.0).abs() < 1.0, "the sum is known");
    // Different: each anneals at a voltage of its own, so that both values are known, but not which contact has which.
    let truth = [("contact.1.resistance", 30.0), ("contact.2.resistance", 45.0)];
    let s = fit(&device(), &measured(&truth, &free, 1), &options(&free), &|| true).unwrap();
    println!("{:?}\n{:?}", s.said, s.combinations);
    assert!(s.said[0].starts_with("not identifiable"), "{:?}", s.said);
    assert!(s.said.iter().any(|l| l.contains("fit as well exchanged")), "{:?}", s.said);
    assert!(s.parameters.iter().all(|p| p.uncertainty.is_none()));
    assert!((s.parameters.iter().map(|p| p.value).sum::<f64>() - 75.0).abs() < 1.0, "the sum is known");
}

#[test]
fn bounds_hold_and_what_cannot_be_fitted_is_said() {
    let data = measured(&TRUTH[..1], &FREE[..1], 2);
    let mut o = options(&FREE[..1]);
    o.bounds = vec![("chip.lead_resistance".to_owned(), 210.0, 300.0)];
    let s = fit(&device(), &data, &o, &|| true).unwrap();
    assert!((s.parameters[0].value - 210.0).abs() < 1e-6 && s.parameters[0].note.contains("at a bound"), "{:?}", s.parameters);
    for (free, message) in [
        (vec![], "no parameter is free"),
        (vec!["chip.kind"], "`chip.kind` is no quantity of the device"),
        (vec!["wire.diametre"], "[wire] has no `diametre`"),
        (vec!["wire.diameter", "wire.diameter"], "`wire.diameter` is named twice"),
        (vec!["step[0].sweep.rate"], "`step[0].sweep.rate` is no quantity of the device"),
    ] {
        let e = fit(&device(), &data, &options(&free), &|| true).unwrap_err();
        assert_eq!(e.to_string(), message);
        assert!(!e.help().is_empty());
    }
    let few = IvData { time: vec![0.0, 1.0], voltage: vec![0.0, 0.1], current: vec![0.0, 1e-4], name: "few".to_owned() };
    assert!(matches!(fit(&device(), &few, &options(&FREE[..1]), &|| true), Err(FitError::Data { .. })));
}
