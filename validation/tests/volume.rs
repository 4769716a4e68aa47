//! No silver is made or lost: wire, vapour and droplets together stay what the wire was, to round-off, at every step.

use pentatwin_physics::device::{ChipKind, Contacts, Device, DiffusionLaw};
use pentatwin_validation::runs::{CONTACTS, RATES, Run, Stop, clean_on, ramp, sweep};

/// wire.md section 4 reaches 1e-14; issue 2 asks for 1e-12.
const EXACT: f64 = 1e-12;

#[test]
fn volume_is_kept_through_breakdown_and_after() {
    for kind in [ChipKind::SinMembrane, ChipKind::SiSio2] {
        for contacts in CONTACTS {
            for rate in RATES.into_iter().chain([100.0]) {
                let mut run = sweep(&clean_on(kind, contacts), 1, rate);
                assert!(run.wire.broken());
                let broken = run.wire.time();
                run.drive(ramp(broken, broken + 1.0, 0.0, 0.0, 300.0, 0.0), Stop::AtEnd);
                assert_eq!(run.error, None);
                assert!(run.imbalance < EXACT, "{kind:?} {contacts:?} {rate}: {}", run.imbalance);
            }
        }
    }
}

/// Held at a temperature [K] for a time [s], without current.
fn held(device: &Device, temperature: f64, time: f64) -> Run {
    let mut run = Run::new(device, 2).unwrap();
    run.drive(ramp(0.0, 1.0, 0.0, 0.0, 300.0, temperature - 300.0), Stop::AtEnd);
    run.drive(ramp(1.0, 1.0 + time, 0.0, 0.0, temperature, 0.0), Stop::AtEnd);
    run
}

#[test]
fn volume_is_kept_while_a_hot_wire_breaks_up_and_sublimes() {
    // 750 °C: broken in seconds, gone in minutes; droplets form on the way.
    let mut device = Device::default();
    device.chip.contacts = Contacts::Blocked;
    device.numerics.cells = 200;
    let run = held(&device, 1023.15, 400.0);
    assert_eq!(run.error, None);
    let s = run.wire.snapshot();
    println!(
        "750 degC: left {:.1e}, vapour {:.6}, droplets {:.1e}, imbalance {:.1e}",
        s.volume / run.wire.total_volume(),
        s.evaporated / run.wire.total_volume(),
        s.droplets / run.wire.total_volume(),
        run.imbalance
    );
    assert!(s.evaporated > 0.9 * run.wire.total_volume());
    assert!(run.imbalance < EXACT, "{}", run.imbalance);
}

#[test]
fn volume_is_kept_while_a_rough_wire_breaks_into_pieces() {
    let mut device = Device::default();
    device.silver.diffusion = DiffusionLaw::Rough;
    device.numerics.cells = 200;
    let run = held(&device, 873.15, 20.0);
    assert_eq!(run.error, None);
    assert!(run.wire.broken());
    assert!(run.imbalance < EXACT, "{}", run.imbalance);
}

#[test]
fn volume_is_kept_when_the_drive_changes_in_mid_step() {
    // As the trip does: the step already taken beyond a sample's time is cut there.
    let mut device = Device::default();
    device.physics.gap_leak = true;
    let whole = sweep(&device, 1, 1.0).wire.time();
    let mut run = Run::new(&device, 1).unwrap();
    let rise = ramp(0.0, 5.0, 0.0, 1.0, 300.0, 0.0);
    run.wire.drive(rise);
    let start = run.wire.total_volume();
    for k in 1..200 {
        // Ever closer to the break, then past it; never on a step of the engine.
        let t = whole * (1.0 - 0.9f64.powi(k)) * 1.0003;
        if run.wire.time() < t {
            run.wire.advance(t, &mut |_| {}).unwrap();
        }
        let voltage = rise.voltage_at(t) * if k % 2 == 0 { 1.0 } else { 0.999 };
        run.wire.drive(ramp(t, 5.0, voltage, 1.0, 300.0, 0.0));
        assert_eq!(run.wire.time(), t);
        assert!((run.wire.total_volume() / start - 1.0).abs() < EXACT, "{k}: {}", run.wire.total_volume() / start - 1.0);
    }
    assert!(run.wire.broken());
}
