//! Heat alone: a wire at the frame's temperature, heated at 1000 K/s and held, without current. The onset near 500 °C is a prediction of
//! Q = 0.90 eV on {100} walls (band 0.80-1.00 eV: a factor of 4.5 in time at 500 °C, physics.md 2.2 B1), started by the as-made disorder of
//! 1 % rms. *Visible* is a change of diameter by 3 % or 2 nm, whichever is more (`measures::visible`).

use pentatwin_physics::device::{ChipKind, Contacts, Device};
use pentatwin_physics::materials::silver::vapour::{curved_recession_speed, recession_speed};
use pentatwin_physics::wire::{PERIMETER, WireEngine, radius};
use pentatwin_validation::measures::{change, visible};
use pentatwin_validation::runs::{CONTACTS, Run, Stop, clean, ramp};

/// What a hold brought: when the change became visible and when the wire broke [s from reaching the temperature], and the change at the end.
struct Held {
    onset: Option<f64>,
    broken: Option<f64>,
    change: f64,
}

fn wire(contacts: Contacts) -> Device {
    let mut device = clean(contacts);
    device.wire.diameter_disorder = 0.01;
    // The change grows by itself once it has begun; at the default of 2e-3 its onset at 450 °C comes 8 % early.
    device.numerics.tolerance = 1e-4;
    device
}

/// Holds the wire at a temperature [°C] for a time [s] or until it breaks.
fn held(device: &Device, seed: u64, celsius: f64, time: f64) -> Held {
    let hot = celsius + 273.15;
    let up = (hot - 300.0) / 1000.0;
    let mut run = Run::new(device, seed).unwrap();
    run.drive(ramp(0.0, up, 0.0, 0.0, 300.0, 1000.0), Stop::AtEnd);
    let mut onset = None;
    run.wire.drive(ramp(up, up + time, 0.0, 0.0, hot, 0.0));
    while run.wire.time() < up + time && !run.wire.broken() {
        run.wire.advance(f64::from_bits(run.wire.time().to_bits() + 1), &mut |_| {}).unwrap();
        if onset.is_none() && visible(&run.wire, device.wire.diameter) {
            onset = Some(run.wire.time() - up);
        }
    }
    let seen = Held { onset, broken: run.wire.rupture().map(|r| r.time - up), change: change(&run.wire) };
    println!(
        "{:?}, seed {seed}, {celsius} degC: visible after {:.0?} s, broken after {:.0?} s, change at the end {:.3}",
        device.chip.contacts, seen.onset, seen.broken, seen.change
    );
    seen
}

#[test]
fn nothing_is_visible_at_450_degrees_for_seven_minutes() {
    // Does not quite come out: the paper's wire is intact at 450 °C, issue 2 takes 10 min. Here the thinnest places of a wire with 1 % disorder
    // pass 3 % after 7.5 to 9 min and are at 5 to 13 % after 10. Within the band of Q it does: see the next test.
    for contacts in CONTACTS {
        for seed in 1..=3 {
            let seen = held(&wire(contacts), seed, 450.0, 600.0);
            assert!(seen.onset.is_none_or(|t| t > 420.0), "{:?}", seen.onset);
            assert!(seen.broken.is_none() && seen.change < 0.15, "{}", seen.change);
        }
    }
}

#[test]
fn nothing_is_visible_at_450_degrees_in_ten_minutes_with_the_wall_energy_in_the_upper_half_of_its_band() {
    for contacts in CONTACTS {
        for seed in 1..=3 {
            let mut device = wire(contacts);
            device.silver.wall_energy = 0.95 * 1.602_176_634e-19;
            assert_eq!(held(&device, seed, 450.0, 600.0).onset, None);
        }
    }
}

#[test]
fn a_perfect_wire_does_not_change_at_450_degrees() {
    let mut device = wire(Contacts::Blocked);
    device.wire.diameter_disorder = 0.0;
    // Sublimation, 2.3e-7 nm/s (physics.md 1.5), takes 0.14 nm in 10 min.
    assert!(held(&device, 1, 450.0, 600.0).change < 0.005);
}

#[test]
fn change_is_visible_within_minutes_at_500_degrees() {
    for contacts in CONTACTS {
        for seed in 1..=3 {
            let onset = held(&wire(contacts), seed, 500.0, 360.0).onset.unwrap();
            assert!((60.0..300.0).contains(&onset), "{onset}");
        }
    }
}

#[test]
fn change_is_visible_within_two_minutes_at_550_degrees() {
    for contacts in CONTACTS {
        let onset = held(&wire(contacts), 1, 550.0, 150.0).onset.unwrap();
        assert!((30.0..125.0).contains(&onset), "{onset}");
    }
}

#[test]
fn the_wire_is_broken_within_a_minute_at_750_degrees() {
    for contacts in CONTACTS {
        for seed in 1..=3 {
            let broken = held(&wire(contacts), seed, 750.0, 60.0).broken.unwrap();
            assert!((2.0..20.0).contains(&broken), "{broken}");
        }
    }
}

/// A wire on a heating chip, free of contacts, `length` [m] long.
fn on_heater(length: f64) -> Device {
    let mut device = wire(Contacts::Blocked);
    device.chip.kind = ChipKind::Heating;
    device.wire.length = length;
    device.numerics.cells = (length / 12.5e-9).round() as usize;
    device
}

/// Equivalent radius [m]: of a cylinder of the wire's length with its volume.
fn equivalent_radius(wire: &WireEngine, device: &Device) -> f64 {
    radius(wire.volume() / device.span())
}

#[test]
fn the_radius_falls_linearly_at_the_hertz_knudsen_rate_until_half_of_the_silver_is_lost() {
    // A perfect wire, in which no neck can form. Between 57.5 nm and half of the volume the Kelvin factor is 1.03 to 1.04; the pentagon's
    // perimeter is 7.5 % longer than the circle's, and its equal-area radius falls faster by that (physics.md 2.2 B15).
    for celsius in [650.0, 700.0, 750.0] {
        let mut device = on_heater(1e-6);
        device.wire.diameter_disorder = 0.0;
        let hot = celsius + 273.15;
        device.chip.temperature = hot;
        let mut run = Run::new(&device, 1).unwrap();
        let start = equivalent_radius(&run.wire, &device);
        let end = start * 0.5f64.sqrt();
        let speed = PERIMETER * curved_recession_speed(hot, 1.0, 1.0 / (0.85 * start));
        let whole = (start - end) / speed;
        let mut seen = Vec::new();
        for k in 1..=10 {
            let (a, b) = (whole * f64::from(k - 1) / 10.0, whole * f64::from(k) / 10.0);
            run.drive(ramp(a, b, 0.0, 0.0, hot, 0.0), Stop::AtEnd);
            seen.push((b, equivalent_radius(&run.wire, &device)));
        }
        let slope = (start - seen[9].1) / whole;
        let bend = seen.iter().map(|(t, r)| (start - slope * t - r).abs()).fold(0.0, f64::max);
        println!("{celsius} degC: {:.4e} m/s of {speed:.4e}, off the line by {:.1e} of the loss", slope, bend / (start - seen[9].1));
        assert!((slope / speed - 1.0).abs() < 0.002, "{celsius}: {}", slope / speed);
        assert!(bend < 0.003 * (start - seen[9].1), "{celsius}: {bend:e}");
        assert!((run.wire.volume() / (device.area() * device.span()) - 0.5).abs() < 0.005);
    }
}

#[test]
fn a_wire_with_disorder_loses_at_the_hertz_knudsen_rate_until_its_neck_forms() {
    // What disorder and growing necks do to surface and curvature until half of the thinnest cross-section is gone: below 2 % of the rate.
    for celsius in [650.0, 700.0, 750.0] {
        let mut device = on_heater(5e-6);
        let hot = celsius + 273.15;
        device.chip.temperature = hot;
        let mut run = Run::new(&device, 1).unwrap();
        let (start, made) = (equivalent_radius(&run.wire, &device), run.wire.area_made().to_vec());
        run.wire.drive(ramp(0.0, 300.0, 0.0, 0.0, hot, 0.0));
        let thinnest = |w: &WireEngine| w.area().iter().zip(&made).map(|(a, m)| a / m).fold(f64::INFINITY, f64::min);
        while thinnest(&run.wire) > 0.5 {
            run.wire.advance(f64::from_bits(run.wire.time().to_bits() + 1), &mut |_| {}).unwrap();
        }
        let speed = PERIMETER * curved_recession_speed(hot, 1.0, 1.0 / start);
        let found = (start - equivalent_radius(&run.wire, &device)) / run.wire.time();
        println!("{celsius} degC: neck after {:.1} s, {found:.4e} m/s of {speed:.4e}", run.wire.time());
        assert!((found / speed - 1.0).abs() < 0.02, "{celsius}: {}", found / speed);
    }
}

#[test]
fn at_750_degrees_beads_go_on_losing_at_the_rate_of_their_surface_and_the_volume_is_balanced() {
    let mut device = on_heater(5e-6);
    device.chip.temperature = 1023.15;
    let mut run = Run::new(&device, 1).unwrap();
    run.drive(ramp(0.0, 60.0, 0.0, 0.0, 1023.15, 0.0), Stop::AtEnd);
    assert!(run.rupture().time < 20.0);
    let size = |w: &WireEngine| PERIMETER * pentatwin_physics::wire::surface(w.area(), w.grid().dx);
    let (mut volume, mut surface, mut time) = (run.wire.volume(), size(&run.wire), 60.0);
    let first = volume;
    let mut swept = 0.0;
    for k in 1..=30 {
        let end = 60.0 + 5.0 * f64::from(k);
        run.drive(ramp(time, end, 0.0, 0.0, 1023.15, 0.0), Stop::AtEnd);
        let now = size(&run.wire);
        swept += 0.5 * (surface + now) * (end - time);
        (surface, time) = (now, end);
        assert!(run.wire.volume() < volume, "it goes on at {end} s");
        volume = run.wire.volume();
    }
    let ratio = (first - volume) / swept / recession_speed(1023.15, 1.0);
    println!("recession {ratio:.3} of Hertz-Knudsen, {:.2} of the volume of 60 s left at 210 s", volume / first);
    // The Kelvin factor of a bead of 100 nm is 1.03, that of a dying one more; discs count with the perimeter's factor here.
    assert!((0.98..1.10).contains(&ratio), "{ratio}");
    assert!(volume < 0.5 * first);
    assert!(run.imbalance < 1e-12, "{:e}", run.imbalance);
}

#[test]
fn a_free_wire_on_a_heater_does_what_the_same_wire_does_between_blocked_contacts_at_that_temperature() {
    // The heater's wire has no film, no pads and no ends: nothing of that may matter where all has one temperature.
    let mut free = on_heater(5e-6);
    free.wire.length = 5e-6;
    let blocked = wire(Contacts::Blocked);
    assert_eq!(free.numerics.cells, blocked.numerics.cells);
    let (a, b) = (held(&free, 1, 600.0, 120.0), held(&blocked, 1, 600.0, 120.0));
    let (a, b) = (a.broken.unwrap(), b.broken.unwrap());
    assert!((a / b - 1.0).abs() < 0.02, "{a} {b}");
}
