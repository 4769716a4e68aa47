//! The wire engine while another engine moves the silver of a window of its cells.

mod history;
mod input;
mod parting;

use std::ops::Range;

use pentatwin_physics::device::{Contacts, Device};
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::wire::{Ramp, Window, WireEngine};

/// What must be kept of the volume, over it.
const EXACT: f64 = 1e-14;

/// The paper's device on a coarse grid.
fn device() -> Device {
    let mut device = Device::default();
    device.numerics.cells = 200;
    device
}

fn sweep(rate: f64) -> Ramp {
    Ramp { start: 0.0, voltage: 0.0, voltage_rate: rate, frame: 300.0, frame_rate: 0.0, compliance: 20e-3, end: 5.0 / rate.abs() }
}

/// Thinnest place of some cells, over the as-made cross-section.
fn neck(wire: &WireEngine, cells: Range<usize>) -> f64 {
    cells.map(|i| wire.area()[i] / wire.area_made()[i]).fold(f64::INFINITY, f64::min)
}

fn imbalance(wire: &WireEngine, start: f64) -> f64 {
    (wire.total_volume() / start - 1.0).abs()
}

/// A wire swept at `rate` [V/s] until its thinnest place is at `until`.
fn thinned(device: &Device, rate: f64, until: f64) -> WireEngine {
    let mut wire = WireEngine::new(device, 1).unwrap();
    wire.drive(sweep(rate));
    while neck(&wire, 0..wire.grid().cells()) > until {
        assert!(wire.advance_one().unwrap());
    }
    wire
}

/// The thinnest cell.
fn thinnest(wire: &WireEngine) -> usize {
    let ratio = |i: usize| wire.area()[i] / wire.area_made()[i];
    (0..wire.grid().cells()).min_by(|&a, &b| ratio(a).total_cmp(&ratio(b))).unwrap()
}

/// A window that changes nothing for `dt`.
fn still(wire: &WireEngine, cells: Range<usize>, dt: f64) -> Window {
    Window {
        end: wire.time() + dt,
        area: wire.area()[cells.clone()].to_vec(),
        passed: [0.0; 2],
        constriction: vec![1.0; cells.len()],
        cells,
    }
}

/// A window that changes at random by up to `most` of its cross-sections, half of it from either side as far as there is silver.
fn random(wire: &WireEngine, cells: Range<usize>, dt: f64, most: f64, stream: &mut Stream) -> Window {
    let mut window = still(wire, cells.clone(), dt);
    window.area.iter_mut().for_each(|a| *a *= 1.0 + most * (2.0 * stream.uniform() - 1.0));
    window.constriction.iter_mut().for_each(|c| *c = 1.0 + 0.2 * stream.uniform());
    if cells.len() == wire.grid().cells() {
        let scale = wire.area().iter().sum::<f64>() / window.area.iter().sum::<f64>();
        window.area.iter_mut().for_each(|a| *a *= scale);
        return window;
    }
    let change = (window.area.iter().sum::<f64>() - wire.area()[cells.clone()].iter().sum::<f64>()) * wire.grid().dx;
    let share = match (cells.start > 0, cells.end < wire.grid().cells()) {
        (true, true) => stream.uniform(),
        (true, false) => 1.0,
        _ => 0.0,
    };
    window.passed = [share * change, -(1.0 - share) * change];
    window
}

/// The same drive from now on, to another end.
fn until(wire: &mut WireEngine, end: f64) {
    let start = wire.time();
    wire.drive(Ramp { start, voltage: wire.ramp().voltage_at(start), end, ..*wire.ramp() });
}

/// Goes to the end of the window's interval, if nothing breaks.
fn through(wire: &mut WireEngine) {
    while !wire.frozen() && wire.advance_one().unwrap() {}
}

#[test]
fn volume_is_kept_with_moving_windows_and_cuts() {
    // Hot enough to sublime, with current; both ends of the grid are visited.
    for contacts in [Contacts::Overlap, Contacts::Blocked] {
        let mut device = device();
        device.chip.contacts = contacts;
        let mut wire = WireEngine::new(&device, 3).unwrap();
        wire.drive(Ramp { frame: 850.0, ..sweep(0.05) });
        wire.advance(1.0, &mut |_| {}).unwrap();
        let start = wire.total_volume();
        let n = wire.grid().cells();
        let mut stream = Stream::new(7, Purpose::Diameter, 0);
        let (mut worst, mut cuts, mut early) = (0.0f64, 0, 0);
        for k in 0..300 {
            let from = if k % 7 == 0 { 0 } else { (k * 37) % (n - 20) };
            let to = if k % 11 == 0 { n } else { from + 5 + k % 15 };
            // The same cells for some intervals, then others.
            let cells = if k % 4 == 0 { from..to } else { wire.window().map_or(from..to, |w| w.cells.clone()) };
            let window = random(&wire, cells, 2e-3, 5e-3, &mut stream);
            let before = wire.time();
            wire.set_window(window.clone()).unwrap_or_else(|e| {
                panic!(
                    "{k} {e} {:?} {:?} {:?}",
                    window.cells,
                    wire.time(),
                    wire.area().iter().enumerate().filter(|(_, a)| **a < 7e-15).collect::<Vec<_>>()
                )
            });
            let end = window.end;
            if k % 5 == 1 && k % 4 == 0 {
                // An instrument that is behind changes the drive before the window begins.
                let volume = wire.total_volume();
                let t = before - 1e-5;
                wire.drive(Ramp { start: t, voltage: wire.ramp().voltage_at(t), ..*wire.ramp() });
                assert!(wire.time() < before, "{} {before}", wire.time());
                assert!((wire.total_volume() / volume - 1.0).abs() < EXACT);
                early += 1;
            }
            while wire.advance_one().unwrap() {
                worst = worst.max(imbalance(&wire, start));
                let t = wire.time() - 0.5e-4;
                if stream.uniform() < 0.1 && t > before && wire.time() < end {
                    wire.drive(Ramp { start: t, voltage: wire.ramp().voltage_at(t), ..*wire.ramp() });
                    cuts += usize::from(wire.time() == t);
                    worst = worst.max(imbalance(&wire, start));
                }
            }
            assert_eq!(wire.time(), end);
            assert_eq!(wire.area()[window.cells.clone()], window.area, "the interval's end is what it was said to be");
        }
        println!(
            "{contacts:?}: worst {worst:.1e}, {cuts} cuts, {early} before the window, vapour {:.1e}",
            wire.snapshot().evaporated / start
        );
        assert!(worst < EXACT && cuts > 50 && early > 5, "{worst} {cuts} {early}");
        assert!(wire.snapshot().evaporated > 1e-12 * start);
    }
}

#[test]
fn each_side_gets_what_passed_its_end() {
    let mut device = device();
    device.physics.sublimation = false;
    let mut wire = thinned(&device, 0.01, 0.9);
    let at = thinnest(&wire);
    let cells = at - 5..at + 20;
    let mut stream = Stream::new(9, Purpose::Diameter, 0);
    let sides = |w: &WireEngine| [0..cells.start, cells.end..w.grid().cells()].map(|r| w.area()[r].iter().sum::<f64>() * w.grid().dx);
    let mut expected = sides(&wire);
    for k in 0..12 {
        let window = random(&wire, cells.clone(), 1e-2, 1e-2, &mut stream);
        expected[0] -= window.passed[0];
        expected[1] += window.passed[1];
        let start = wire.time();
        wire.set_window(window).unwrap();
        if k % 3 == 2 {
            // Cut in the step before this window was set: what had passed since then passes again.
            wire.drive(Ramp { start: start - 1e-3, voltage: wire.ramp().voltage_at(start - 1e-3), ..*wire.ramp() });
        } else if k % 3 == 1 {
            wire.advance_one().unwrap();
            let t = 0.5 * (start + wire.time());
            wire.drive(Ramp { start: t, voltage: wire.ramp().voltage_at(t), ..*wire.ramp() });
        }
        through(&mut wire);
        for (side, expected) in sides(&wire).iter().zip(expected) {
            assert!((side / expected - 1.0).abs() < EXACT, "{k}: {side:e} {expected:e}");
        }
    }
}

#[test]
fn the_ledger_holds_what_left_the_window() {
    let mut wire = thinned(&device(), 0.01, 0.8);
    let at = thinnest(&wire);
    let cells = at - 10..at + 11;
    let mut stream = Stream::new(2, Purpose::Diameter, 0);
    let ledger = |w: &WireEngine, i: usize| w.budget().removed[i].iter().sum::<f64>();
    let wind = |w: &WireEngine, i: usize| w.budget().removed[i][0];
    let before = wire.clone();
    for _ in 0..5 {
        let window = random(&wire, cells.clone(), 1e-2, 1e-2, &mut stream);
        wire.set_window(window).unwrap();
        through(&mut wire);
    }
    for i in cells {
        let lost = (before.area()[i] - wire.area()[i]) * wire.grid().dx;
        let noted = ledger(&wire, i) - ledger(&before, i);
        assert!((noted - lost).abs() < 1e-12 * before.area()[i] * wire.grid().dx, "cell {i}: {noted:e} {lost:e}");
    }
    assert_ne!(wind(&wire, at), wind(&before, at), "the wind has its part");
}

#[test]
fn a_clone_goes_on_alike_and_the_quarter_is_noted() {
    let mut wire = thinned(&device(), 0.01, 0.3);
    let at = thinnest(&wire);
    let cells = at - 10..at + 11;
    let mut window = still(&wire, cells.clone(), 1e-2);
    let out = 0.4 * window.area[10];
    window.area[10] -= out;
    window.area[9] += out;
    wire.set_window(window).unwrap();
    wire.advance_one().unwrap();
    let mut twin = wire.clone();
    through(&mut wire);
    through(&mut twin);
    assert!(wire.snapshot() == twin.snapshot() && wire.window() == twin.window());
    let quarter = wire.quarter().unwrap();
    assert_eq!(quarter.position, wire.grid().x[at]);
    assert!(quarter.temperature > 400.0);
}

#[test]
fn constriction_raises_the_resistance_of_its_cells() {
    // Two times the resistance in the cells of the window, reached evenly within the interval, at rest and cold.
    let mut wire = WireEngine::new(&device(), 1).unwrap();
    wire.drive(Ramp { voltage: 1e-3, ..sweep(0.0) });
    wire.drive(Ramp { start: 0.0, voltage: 1e-3, voltage_rate: 0.0, frame: 300.0, frame_rate: 0.0, compliance: 1.0, end: 10.0 });
    wire.advance(1e-3, &mut |_| {}).unwrap();
    let cells = 150..170;
    let own = {
        let mut thick = wire.area().to_vec();
        thick[cells.clone()].iter_mut().for_each(|a| *a *= 1e12);
        wire.resistance_of(wire.area(), &wire.thermal().wire) - wire.resistance_of(&thick, &wire.thermal().wire)
    };
    let free = wire.resistance().wire;
    let mut window = still(&wire, cells, 1.0);
    window.constriction.iter_mut().for_each(|c| *c = 2.0);
    wire.set_window(window.clone()).unwrap();
    assert_eq!(wire.resistance().wire, free, "as it was at the beginning");
    let middle = wire.time() + 0.5;
    until(&mut wire, middle);
    through(&mut wire);
    assert!(((wire.resistance().wire - free) / (0.5 * own) - 1.0).abs() < 1e-3, "half way");
    until(&mut wire, 10.0);
    through(&mut wire);
    assert!(((wire.resistance().wire - free) / own - 1.0).abs() < 1e-3);
    let current = 1e-3 / wire.resistance().total;
    assert!((wire.thermal().current / current - 1.0).abs() < 1e-6);
    wire.release_window();
    assert!((wire.resistance().wire / free - 1.0).abs() < 1e-6, "gone with the window");
}
