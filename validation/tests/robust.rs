//! Whatever the device and the drive: a run ends with a break, at the end of its drive, or with an error that says where and why; every number
//! is finite, the steps are capped, volume is kept to 1e-12. Sizes and rates are drawn with uniform logarithm over 20-300 nm, 1-50 um and
//! 1e-3 to 1e2 V/s (issue 2). The quick tier draws the same cases every time, the long tier new ones.

use pentatwin_physics::device::{ChipKind, Contacts, Device};
use pentatwin_physics::wire::{HOTTEST, Ramp, WireError};
use pentatwin_validation::runs::{Run, Stop, ramp};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use std::sync::atomic::{AtomicUsize, Ordering};

const CAP: usize = 40_000;

fn log_uniform(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..high.ln()).prop_map(f64::exp)
}

fn devices() -> impl Strategy<Value = Device> {
    (log_uniform(20e-9, 300e-9), log_uniform(1e-6, 50e-6), any::<bool>(), any::<bool>(), 0.0..0.03f64, 0.0..0.3f64).prop_map(
        |(diameter, spacing, blocked, silicon, disorder, mobility)| {
            let mut device = Device::default();
            device.wire.diameter = diameter;
            device.chip.spacing = spacing;
            device.wire.length = spacing + 4e-6;
            device.wire.diameter_disorder = disorder;
            device.wire.mobility_disorder = mobility;
            device.chip.contacts = if blocked { Contacts::Blocked } else { Contacts::Overlap };
            device.chip.kind = if silicon { ChipKind::SiSio2 } else { ChipKind::SinMembrane };
            device.numerics.max_steps = CAP;
            device
        },
    )
}

fn fixed(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..Config::default() }
}

/// Every number finite and possible, every balance kept, the cap on steps respected.
fn sound(run: &Run) -> Result<(), TestCaseError> {
    let s = run.wire.snapshot();
    prop_assert!(s.area.iter().all(|a| a.is_finite() && *a >= 0.0), "cross-sections");
    prop_assert!(s.thermal.wire.iter().all(|t| (1.0..=HOTTEST).contains(t)), "temperatures");
    prop_assert!(s.thermal.pad.iter().chain([&s.thermal.film]).all(|t| (1.0..=HOTTEST).contains(t)), "pads and film");
    prop_assert!(s.thermal.current.is_finite() && s.contacts.iter().all(|r| r.is_finite()), "current, contacts");
    prop_assert!(s.evaporated >= 0.0 && s.droplets >= 0.0, "vapour {:e}, droplets {:e}", s.evaporated, s.droplets);
    prop_assert!(run.imbalance < 1e-12, "volume: {:e}", run.imbalance);
    let c = run.wire.counters();
    prop_assert!(c.steps + c.rejected <= CAP, "steps");
    match &run.error {
        None => {}
        Some(WireError::StepTooShort { time, position, .. } | WireError::TooManySteps { time, position, .. }) => {
            prop_assert!(time.is_finite() && position.is_finite());
        }
        // No device of these tests lies on a heating chip.
        Some(WireError::Molten { time }) => prop_assert!(false, "molten at {time}"),
        Some(WireError::Device(text) | WireError::Window(text)) => prop_assert!(false, "{text}"),
        Some(WireError::Runaway { time, .. }) => prop_assert!(false, "no window, but its neck ran away at {time}"),
    }
    Ok(())
}

/// A sweep to 10 V and, if the wire breaks, a second after it, at rest or with the source left on.
fn swept(device: &Device, rate: f64, seed: u64) -> Run {
    let mut run = Run::new(device, seed).unwrap();
    run.drive(ramp(0.0, 10.0 / rate.abs(), 0.0, rate, 300.0, 0.0), Stop::AtBreak);
    if run.wire.broken() {
        let t = run.wire.time();
        let voltage = if device.physics.gap_leak { run.wire.ramp().voltage_at(t) } else { 0.0 };
        run.drive(ramp(t, t + 1.0, voltage, 0.0, 300.0, 0.0), Stop::AtEnd);
    }
    run
}

proptest! {
    #![proptest_config(fixed(20))]

    #[test]
    fn any_sweep_ends(device in devices(), rate in log_uniform(1e-3, 1e2), reversed in any::<bool>(), seed in 0u64..1000) {
        let run = swept(&device, if reversed { -rate } else { rate }, seed);
        sound(&run)?;
        prop_assert_eq!(&run.error, &None);
    }

    #[test]
    fn any_sweep_under_compliance_ends(device in devices(), rate in log_uniform(1e-3, 1e2), compliance in log_uniform(1e-4, 2e-2)) {
        let mut run = Run::new(&device, 1).unwrap();
        run.drive(Ramp { compliance, ..ramp(0.0, 10.0 / rate, 0.0, rate, 300.0, 0.0) }, Stop::AtBreak);
        sound(&run)?;
        prop_assert!(run.wire.thermal().current.abs() <= compliance * (1.0 + 1e-6));
        prop_assert_eq!(&run.error, &None);
    }
}

proptest! {
    #![proptest_config(fixed(6))]

    #[test]
    fn any_heating_ends(device in devices(), kelvin in 300.0..1200.0f64, rate in log_uniform(1.0, 1e5)) {
        let mut run = Run::new(&device, 1).unwrap();
        let up = (kelvin - 300.0) / rate;
        run.drive(ramp(0.0, up, 0.0, 0.0, 300.0, rate), Stop::AtEnd);
        run.drive(ramp(up, up + 60.0, 0.0, 0.0, kelvin, 0.0), Stop::AtBreak);
        sound(&run)?;
        prop_assert_eq!(&run.error, &None);
    }

    #[test]
    fn any_change_of_drive_is_taken(device in devices(), times in prop::collection::vec((0.0..1.0f64, -4.0..4.0f64, 300.0..900.0f64), 1..30)) {
        // Each change cuts the step taken beyond it.
        let mut run = Run::new(&device, 1).unwrap();
        let mut start = 0.0;
        for (wait, voltage, frame) in times {
            run.wire.drive(ramp(start, start + 10.0, voltage, 0.1, frame, 0.0));
            prop_assert_eq!(run.wire.time(), start);
            start += wait;
            if run.wire.advance(start, &mut |_| {}).is_err() { break; }
        }
        sound(&run)?;
        let made: f64 = run.wire.area_made().iter().sum::<f64>() * run.wire.grid().dx;
        prop_assert!((run.wire.total_volume() / made - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_gap_that_leaks_with_the_source_left_on_ends() {
    // wire.md section 5: 1 kohm across the gap. The source stays at the voltage of the break for a second.
    for contacts in pentatwin_validation::runs::CONTACTS {
        let mut device = pentatwin_validation::runs::clean(contacts);
        device.physics.gap_leak = true;
        device.numerics.max_steps = CAP;
        let run = swept(&device, 10.0, 1);
        println!("leak, {contacts:?}: {:?}, {:?}, imbalance {:.1e}", run.error, run.wire.counters(), run.imbalance);
        sound(&run).unwrap();
        assert_eq!(run.error, None);
    }
}

#[test]
fn reversing_the_polarity_mirrors_any_device() {
    // Without disorder; slow enough for the neck not to melt.
    for (diameter, spacing) in [(40e-9, 2e-6), (200e-9, 10e-6)] {
        let mut device = pentatwin_validation::runs::clean(Contacts::Overlap);
        device.wire.diameter = diameter;
        device.chip.spacing = spacing;
        let (a, b) = (swept(&device, 3e-3, 1), swept(&device, -3e-3, 1));
        assert!((a.rupture().position + b.rupture().position - spacing).abs() < 1.01 * a.wire.grid().dx);
        println!("{diameter:e}: {} {} V, {} {} m", a.rupture().voltage, b.rupture().voltage, a.rupture().position, b.rupture().position);
        // Round-off may decide whether a step at the edge of its tolerance is taken; the voltage then agrees to the steps' accuracy.
        assert!((a.rupture().voltage + b.rupture().voltage).abs() < 1e-3 * a.rupture().voltage.abs());
    }
}

#[test]
#[ignore = "long: 60 random sweeps, a third with a leak"]
fn random_sweeps_end_and_few_of_them_with_an_error() {
    let (errors, leaking) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let cases = 60;
    let config = Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    proptest!(config, |(device in devices(), rate in log_uniform(1e-3, 1e2), leak in 0..3, seed in any::<u64>())| {
        let mut device = device;
        device.physics.gap_leak = leak == 0;
        let run = swept(&device, rate, seed);
        sound(&run)?;
        if let Some(error) = &run.error {
            println!("{:.1} nm, {:.2} um, {rate:.2e} V/s, {:?}, {:?}, leak {}: {error}", device.wire.diameter * 1e9, device.chip.spacing * 1e6, device.chip.contacts, device.chip.kind, leak == 0);
            if leak == 0 { &leaking } else { &errors }.fetch_add(1, Ordering::Relaxed);
        }
    });
    let (errors, leaking) = (errors.into_inner(), leaking.into_inner());
    println!("of {cases} random sweeps, a third with a leak, {errors} ended with an error without a leak, {leaking} with one");
    // Stated errors: a thick wire that a leak consumes for a second, whose molten end outgrows its spacing.
    assert!(errors <= cases as usize / 100 && leaking <= cases as usize / 20);
}
