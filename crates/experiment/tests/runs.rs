//! Whole runs through the library: what they promise a user.

use pentatwin_experiment::band::bands;
use pentatwin_experiment::companions::{changed, changes, companions};
use pentatwin_experiment::measure::measure;
use pentatwin_experiment::protocol::{Coupling, Step, shipped_names};
use pentatwin_experiment::shape::follow;
use pentatwin_experiment::simulate::{Trace, simulate, simulate_quietly};
use pentatwin_experiment::{Protocol, bench::StepEnd};
use std::convert::Infallible;

fn shipped(name: &str) -> Protocol {
    Protocol::shipped(name).unwrap().unwrap()
}

/// The paper's device on a coarse grid: quick, and within 1 % of the voltage (validation: grid).
fn coarse(name: &str) -> Protocol {
    let mut p = shipped(name);
    p.device.numerics.cells = 150;
    p
}

#[test]
fn every_shipped_protocol_ends_as_it_should() {
    for name in shipped_names() {
        let p = coarse(name);
        let trace = simulate_quietly(&p, 1).unwrap_or_else(|e| panic!("{name}: {e}"));
        let broke = trace.specimen.wire().rupture().is_some();
        let tripped = trace.ends.iter().any(|e| matches!(e, StepEnd::Trip { .. }));
        let expected = match name {
            "pristine" => (false, false),
            // Nothing flows on a heating chip, so that nothing can trip.
            "fig3" => (true, false),
            _ => (true, true),
        };
        assert_eq!((broke, tripped), expected, "{name}");
        let asked = p.steps.iter().filter(|s| !matches!(s, Step::Image(_) | Step::Spectrum(_))).count();
        assert_eq!(trace.ends.len(), asked, "{name}");
    }
}

/// Carried out with its break in three dimensions.
fn simulate_whole(protocol: &Protocol) -> Trace {
    simulate(protocol, 1, &mut |_| Ok::<bool, Infallible>(true)).unwrap()
}

/// A protocol as it ships, on the coarsest lattice and a coarse grid, without frames.
fn in_three_dimensions(name: &str) -> Protocol {
    let mut p = shipped(name);
    assert_eq!(p.shape.coupling, Coupling::LockStep, "{name}");
    (p.device.numerics.cells, p.shape.shells, p.microscope.frames) = (150, 8, false);
    p
}

#[test]
fn a_break_in_three_dimensions_trips_and_leaves_a_shape_or_says_why_not() {
    for name in ["fig2a", "fig2b", "fig5-break"] {
        let p = in_three_dimensions(name);
        let trace = simulate_whole(&p);
        assert!(trace.specimen.wire().rupture().is_some(), "{name}");
        assert!(trace.ends.iter().any(|e| matches!(e, StepEnd::Trip { .. })), "{name}");
        let shape = follow(&p, 1, &trace).unwrap();
        let parted = shape.numbers.contains_key("gap_nearest");
        assert!(parted || shape.note.is_some(), "{name}: {:?}", shape.numbers);
        if parted {
            assert!(shape.tables.iter().any(|t| t.title == "Tips"), "{name}");
        }
        assert!(shape.pictures.is_empty(), "{name}: no frames were asked for");
    }
}

#[test]
fn the_same_seed_breaks_the_same_way_in_three_dimensions() {
    let p = in_three_dimensions("fig5-break");
    let (a, b) = (simulate_whole(&p), simulate_whole(&p));
    assert_eq!(a.samples, b.samples);
    assert_eq!(a.profiles, b.profiles);
    assert_eq!(follow(&p, 1, &a).unwrap().tables, follow(&p, 1, &b).unwrap().tables);
}

#[test]
fn the_pristine_check_is_ohmic() {
    let p = coarse("pristine");
    let n = measure(&p, &simulate_quietly(&p, 1).unwrap()).numbers;
    // 223 + 25 + 25 ohm and 11 ohm of wire.
    assert!((n["pristine_resistance"] - 284.0).abs() < 3.0, "{}", n["pristine_resistance"]);
    assert!(n["nonlinearity"].abs() < 4.0 * n["nonlinearity_uncertainty"] + 1e-3);
}

#[test]
fn a_sample_is_the_mean_current_over_its_aperture_and_the_last_one_is_what_was_left_of_it() {
    let mut p = coarse("fig2a");
    p.instrument.read_noise = false;
    let trace = simulate_quietly(&p, 1).unwrap();
    let rupture = trace.specimen.wire().rupture().unwrap();
    let aperture = p.instrument.aperture(1.0);
    let trip = trace.samples.iter().find(|s| s.flags & pentatwin_record::sample_flags::TRIP != 0).unwrap();
    let before = trace.samples.iter().rfind(|s| s.time < trip.time).unwrap();
    // The tripping sample integrates until the rupture: that part of the aperture times the current before.
    let part = ((rupture.time - (trip.time - aperture)) / aperture).clamp(0.0, 1.0);
    assert!((trip.current / before.current - part).abs() < 0.03, "{} {part}", trip.current / before.current);
    assert!(part < 0.5);
}

#[test]
fn samples_never_force_steps() {
    let p = coarse("fig5-break");
    let trace = simulate_quietly(&p, 1).unwrap();
    let steps = trace.specimen.wire().counters().steps;
    assert!(trace.samples.len() > 4000 && steps < 1000, "{} samples, {steps} steps", trace.samples.len());
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let p = coarse("fig2a");
    let (a, b, c) = (simulate_quietly(&p, 1).unwrap(), simulate_quietly(&p, 1).unwrap(), simulate_quietly(&p, 2).unwrap());
    assert_eq!(a.samples, b.samples);
    assert_eq!(a.profiles, b.profiles);
    assert_ne!(a.samples, c.samples);
}

#[test]
fn bands_and_companions_do_not_depend_on_the_number_of_threads() {
    let mut p = coarse("fig2b");
    p.steps.truncate(1);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let b = bands(&p, 1, 4, &|_| true);
            (format!("{:?} {:?}", b.bands, b.draws), companions(&p, 1, &|_| true))
        })
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one.0, three.0);
    assert_eq!(one.1, three.1);
    assert_eq!(one.1.len(), changes().len());
}

#[test]
fn draws_meet_the_calibration_or_are_rejected() {
    let mut p = coarse("fig5-break");
    p.steps.truncate(1);
    let b = bands(&p, 7, 6, &|_| true);
    assert!(b.draws.accepted <= 6);
    // The protocol is the anchor itself: each accepted draw breaks within its tolerance of 2.1 V (20 mV), a disorder seed and a grid apart.
    let v = &b.bands["breakdown_voltage"];
    assert!((v.low - 2.1).abs() < 0.05 && (v.high - 2.1).abs() < 0.05, "{v:?}");
}

#[test]
fn a_lead_resistance_set_by_the_user_is_not_fitted_again() {
    let p = coarse("fig5-break").with_set(&[("chip.lead_resistance".into(), "100 ohm".into()), ("numerics.cells".into(), "100".into())]);
    let b = bands(&p.unwrap(), 1, 3, &|_| true);
    assert!(b.draws.note.contains("set by the protocol"), "{}", b.draws.note);
    assert!(b.bands["breakdown_voltage"].high < 1.8);
}

#[test]
fn every_companion_makes_one_change() {
    let p = coarse("fig2a");
    for change in changes() {
        let (q, label) = changed(&p, change).unwrap();
        assert!(!label.is_empty());
        assert!(q.device != p.device || q.steps != p.steps, "{label}");
        assert_eq!(q.steps.len(), 1);
    }
}
