//! The compact model of a rewired gap: what it must do whatever its constants are, and how far it is from the engine's rows.

use pentatwin_physics::gap::compact::{CompactError, CompactGap, CompactState, Deck, Load, deck, not_covered, subcircuit};
use pentatwin_physics::gap::{Hypothesis, Rewiring, Surroundings};
use proptest::prelude::*;

const LOAD: Load = Load { series: 1e3, limit: 10e-6 };

fn gap(nm: f64, change: impl FnOnce(&mut Rewiring)) -> CompactGap {
    let mut settings = Rewiring::default();
    change(&mut settings);
    CompactGap::new(&settings, nm * 1e-9, 300.0).unwrap()
}

/// Voltage at which the current exceeds 10 nA, at a rate [V/s] in steps of a millivolt.
fn rise(mut gap: CompactGap, rate: f64) -> Option<f64> {
    (1..9000).map(|k| f64::from(k) * 1e-3).find(|v| gap.step_behind(*v, &LOAD, 1e-3 / rate).current > 1e-8)
}

#[test]
fn the_rise_moves_with_rate_width_barrier_temperature_and_device() {
    let v = |gap: CompactGap, rate| rise(gap, rate).expect("a rise below 9 V");
    let usual = v(gap(10.0, |_| ()), 0.01);
    assert!(v(gap(10.0, |_| ()), 0.1) > usual + 0.1);
    assert!(v(gap(20.0, |_| ()), 0.01) > usual + 0.1);
    assert!(v(gap(10.0, |s| s.dissolution_vacuum += 0.03 * 1.602_176_634e-19), 0.01) > usual + 0.1);
    assert!(v(gap(10.0, |s| s.surroundings = Surroundings::Humid), 0.01) < usual - 0.1);
    let mut warm = gap(10.0, |_| ());
    warm.set_temperature(320.0);
    assert!(v(warm, 0.01) < usual - 0.1);
    // More atoms for each length of the chain: later. The same seed is the same device.
    assert!(v(gap(10.0, |_| ()).scattered(1.0), 0.01) > usual);
    assert_eq!(gap(10.0, |_| ()).device(7), gap(10.0, |_| ()).device(7));
    assert_ne!(gap(10.0, |_| ()).device(7).scatter(), gap(10.0, |_| ()).device(8).scatter());
}

#[test]
fn every_engine_row_is_met_within_what_the_fit_reports() {
    // examples/compact_rows made the rows, examples/compact_fit prints each row's misfit. Here: no row beyond four standard errors and 0.15 V.
    let rows = include_str!("../examples/compact_sets.csv");
    let mut seen = 0;
    for line in rows.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let n = |k: usize| f[k].parse::<f64>().unwrap();
        if n(4) != n(5) {
            continue;
        }
        let mut model = gap(n(1), |s| {
            if f[0] == "humid" {
                s.surroundings = Surroundings::Humid
            }
        });
        model.set_temperature(n(3));
        let v = rise(model, n(2) * 1e-3).expect(line);
        assert!((v - n(6)).abs() < 0.15 + 4.0 * n(8), "{line}: {v}");
        seen += 1;
    }
    assert!(seen >= 15, "{seen}");
}

#[test]
fn reversed_polarity_builds_nothing_from_the_inert_side_and_takes_a_chain_back() {
    let mut fresh = gap(5.0, |_| ());
    for k in 1..5000 {
        fresh.step_behind(-1e-3 * f64::from(k), &LOAD, 0.01);
    }
    assert_eq!(fresh.state(), CompactState::default());
    let mut closed = gap(5.0, |_| ());
    for k in 1..2000 {
        closed.step_behind(1e-3 * f64::from(k), &LOAD, 0.01);
    }
    let built = closed.state();
    assert!(built.front > 3e-9 && built.contact > 0.5, "{built:?}");
    for k in 1..2000 {
        closed.step_behind(-1e-3 * f64::from(k), &LOAD, 0.01);
    }
    let left = closed.state();
    assert!(left.front < 0.5 * built.front && left.contact < 0.1, "{left:?}");
    // And it can be built again.
    assert!(rise(closed, 0.1).is_some());
}

#[test]
fn without_a_voltage_a_small_contact_is_gone_and_the_chain_stays() {
    let mut model = gap(5.0, |_| ());
    model.set_state(CompactState { front: 3.4e-9, contact: 1.0 });
    let on = model.conductance(0.0);
    model.step(0.0, 10.0);
    assert!(model.conductance(0.0) < 1e-3 * on, "{:e} of {on:e}", model.conductance(0.0));
    assert!((model.state().front - 3.4e-9).abs() < 1e-20, "{:?}", model.state());
    // A thick one lives longer: dw/dt goes as 1/w.
    model.set_state(CompactState { front: 3.4e-9, contact: 60.0 });
    for _ in 0..1000 {
        model.step(0.0, 0.1);
    }
    assert!(model.state().contact > 1.0, "{:?}", model.state());
}

#[test]
fn the_rise_does_not_depend_on_the_step() {
    let with = |step: f64| {
        let mut model = gap(10.0, |_| ());
        (1..).map(|k| f64::from(k) * step).find(|v| model.step_behind(*v, &LOAD, step / 0.1).current > 1e-8).unwrap()
    };
    assert!((with(1e-4) - with(1e-3)).abs() < 3e-3 && (with(1e-3) - with(1e-2)).abs() < 2e-2);
}

#[test]
fn what_it_cannot_be_asked_is_refused_or_said() {
    let settings = Rewiring::default();
    for (nm, kelvin) in [(0.0, 300.0), (500.0, 300.0), (f64::NAN, 300.0), (10.0, 0.0), (10.0, f64::NAN)] {
        assert!(matches!(CompactGap::new(&settings, nm * 1e-9, kelvin), Err(CompactError::Gap(_))), "{nm} {kelvin}");
    }
    let other = Rewiring { hypothesis: Hypothesis::SurfaceMigration, ..Rewiring::default() };
    assert!(matches!(CompactGap::new(&other, 1e-8, 300.0), Err(CompactError::Hypothesis)));
    assert!(not_covered(&settings).is_empty());
    assert_eq!(not_covered(&Rewiring { trap_density: 0.1, ..Rewiring::default() }), ["trap_density"]);
}

#[test]
fn the_subcircuit_names_its_pins_and_numbers() {
    let model = gap(10.0, |_| ());
    let text = subcircuit(&model, "gap one");
    assert!(text.contains(".subckt gap_one ag pt l w") && text.contains(".ends gap_one") && !text.contains("NaN"));
    let file = deck(&model, &Deck { top: -2.0, rate: 0.1, series: 1e5, step: 1e-3 });
    assert!(file.contains("PWL(0 0 20.0 -2.0 40.0 0)") && file.ends_with(".end\n"));
}

proptest! {
    #[test]
    fn no_drive_leads_out_of_what_can_be(drive in prop::collection::vec((-50.0f64..50.0, 1e-12f64..1e6), 1..40), series in 0.0f64..1e9, limit in 1e-12f64..1.0) {
        let mut model = gap(6.0, |_| ());
        let load = Load { series, limit };
        for (v, dt) in drive {
            let p = model.step_behind(v, &load, dt);
            let s = model.state();
            prop_assert!((0.0..=6e-9).contains(&s.front) && (0.0..=1000.0).contains(&s.contact), "{s:?}");
            prop_assert!(p.current.abs() <= limit * (1.0 + 1e-9) && p.current * v >= 0.0, "{p:?} at {v}");
            prop_assert!(p.voltage.abs() <= v.abs() * (1.0 + 1e-9), "{p:?} at {v}");
            prop_assert!((p.voltage + series * p.current - v).abs() < 1e-6 * v.abs().max(1e-3) || p.limited, "{p:?} at {v}");
        }
    }
}
