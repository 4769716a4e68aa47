//! The end of a window: it parts, runs away, or the wire breaks beside it.

use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::wire::{Ramp, WireEngine, WireError};

use crate::{EXACT, device, imbalance, random, still, sweep, thinned, thinnest, through, until};

#[test]
fn a_parted_wire_cools_and_stays_parted() {
    let mut wire = thinned(&device(), 0.01, 0.3);
    let start = wire.total_volume();
    let at = thinnest(&wire);
    let cells = at - 12..at + 13;
    wire.set_window(still(&wire, cells.clone(), 1e-3)).unwrap();
    wire.advance_one().unwrap();
    let before = wire.clone();
    // The gap is one cell; its silver is on both sides of it.
    let mut area = wire.area()[cells.clone()].to_vec();
    let gap = at - cells.start;
    let half = 0.5 * std::mem::take(&mut area[gap]);
    area[gap - 1] += half;
    area[gap + 1] += half;
    let now = wire.time();
    wire.part(&area, at).unwrap();
    assert!(wire.broken() && wire.frozen() && wire.time() == now && wire.thermal().current == 0.0);
    let rupture = wire.rupture().unwrap();
    assert!(rupture.in_window && rupture.cell == at && rupture.time == now && rupture.position == wire.grid().x[at]);
    assert_eq!(rupture.area, before.area());
    assert!(rupture.removed[0] > 0.0 && rupture.current > 1e-3);
    assert!(imbalance(&wire, start) < EXACT);
    let hottest = |w: &WireEngine| w.thermal().wire.iter().copied().fold(0.0, f64::max);
    let hot = hottest(&wire);
    // wire.md section 5: below 500 K in 0.1 us.
    wire.drive(Ramp::rest(now, now + 1.0, 300.0));
    wire.advance(now + 1e-7, &mut |_| {}).unwrap();
    println!("{hot:.0} K at the rupture, {:.0} K after 0.1 us", hottest(&wire));
    assert!(hot > 600.0 && hottest(&wire) < 500.0);
    assert_eq!(wire.area()[cells.clone()], area, "frozen");
    assert_eq!(wire.snapshot_at(wire.time() - 1e-9).area[at], 0.0);
    assert!(matches!(wire.set_window(still(&before, cells.clone(), 1.0)), Err(WireError::Window(_))));
    assert!(matches!(wire.part(&area, at), Err(WireError::Window(_))));
    wire.release_window();
    assert!(wire.window().is_none() && !wire.frozen());
    wire.advance(now + 1.0, &mut |_| {}).unwrap();
    assert!(wire.time() >= now + 1.0 && wire.area()[at] == 0.0 && wire.broken());
    assert!(imbalance(&wire, start) < EXACT);
    // Heated again, the tips move, so the cells live.
    wire.drive(Ramp::rest(now + 1.0, now + 11.0, 800.0));
    wire.advance(now + 11.0, &mut |_| {}).unwrap();
    assert_ne!(wire.area()[cells.clone()], area);
    assert!(wire.area()[at] == 0.0 && imbalance(&wire, start) < EXACT);
}

#[test]
fn a_wire_parts_within_an_interval_and_with_pieces() {
    let mut wire = thinned(&device(), 0.01, 0.3);
    let start = wire.total_volume();
    let at = thinnest(&wire);
    let cells = at - 12..at + 13;
    let mut stream = Stream::new(1, Purpose::Diameter, 0);
    let window = random(&wire, cells.clone(), 1e-2, 2e-2, &mut stream);
    wire.set_window(window.clone()).unwrap();
    // In the middle of the interval; the shape is the one at its end, a hundredth of a cell is in pieces, and the gap is not a whole cell.
    let middle = wire.time() + 4e-3;
    until(&mut wire, middle);
    through(&mut wire);
    assert!(wire.time() < window.end);
    let mut area = window.area.clone();
    let gap = at - cells.start;
    let piece = 0.01 * area[gap];
    area[gap] -= piece;
    let pieces = piece * wire.grid().dx;
    let mut more = area.clone();
    more[0] *= 1.01;
    assert!(matches!(wire.part(&more, at), Err(WireError::Window(text)) if text.contains("less than")), "silver from nowhere");
    wire.part(&area, at).unwrap();
    assert!(imbalance(&wire, start) < EXACT);
    let s = wire.snapshot();
    assert!((s.droplets / pieces - 1.0).abs() < 1e-6, "{} {pieces}", s.droplets);
    assert_eq!(s.area[at], 0.0);
    let side = if area[gap - 1] > area[gap + 1] { at - 1 } else { at + 1 };
    assert!((s.area[side] / (area[side - cells.start] + area[gap]) - 1.0).abs() < 1e-14, "the rest of the gap's silver is beside it");
}

#[test]
fn a_neck_that_nothing_holds_runs_away() {
    // A neck of 3 % of the wire that another engine holds while the voltage rises.
    let mut wire = WireEngine::new(&device(), 1).unwrap();
    let start = wire.total_volume();
    wire.drive(Ramp { compliance: 1.0, ..sweep(100.0) });
    let at = wire.grid().cells() / 2;
    let cells = at - 10..at + 11;
    let mut thin = still(&wire, cells.clone(), 1e-4);
    for k in 6..15 {
        thin.area[0] += 0.97 * thin.area[k];
        thin.area[k] *= 0.03;
    }
    wire.set_window(thin).unwrap();
    through(&mut wire);
    wire.set_window(still(&wire, cells.clone(), 0.1)).unwrap();
    let error = loop {
        match wire.advance_one() {
            Ok(more) => assert!(more && !wire.broken(), "at {} V", wire.ramp().voltage_at(wire.time())),
            Err(error) => break error,
        }
    };
    println!("{error}");
    let WireError::Runaway { time, cell, ratio, temperature, position } = error else { panic!("{error}") };
    assert!(time == wire.time() && cells.contains(&cell) && ratio < 0.031 && position == wire.grid().x[cell]);
    assert!(temperature > 1200.0, "{temperature}");
    assert!(!wire.broken() && wire.advance_one().is_err(), "it says so again");
    let held = wire.area()[cells.clone()].to_vec();
    wire.part(&held, cell).unwrap();
    wire.drive(Ramp::rest(time, time + 1.0, 300.0));
    wire.advance(time + 1e-3, &mut |_| {}).unwrap();
    assert!(wire.broken() && wire.thermal().wire.iter().all(|t| *t < 500.0));
    assert!(imbalance(&wire, start) < EXACT);
    wire.release_window();
    wire.advance(time + 1.0, &mut |_| {}).unwrap();
    assert!(imbalance(&wire, start) < EXACT);
}

#[test]
fn a_neck_beside_the_window_freezes_it() {
    // The window is where it is cold and nothing moves: at the far end of the wire.
    let mut wire = thinned(&device(), 0.01, 0.2);
    let start = wire.total_volume();
    let at = thinnest(&wire);
    let cells = wire.grid().cells() - 30..wire.grid().cells() - 5;
    while !wire.broken() {
        let dt = 1e-3;
        wire.set_window(still(&wire, cells.clone(), dt)).unwrap();
        through(&mut wire);
    }
    assert!(wire.frozen() && wire.rupture().unwrap().cell == at && !wire.rupture().unwrap().in_window);
    let t = wire.time();
    wire.drive(Ramp::rest(t, t + 1.0, 300.0));
    wire.advance(t + 1.0, &mut |_| {}).unwrap();
    assert!(wire.time() >= t + 1.0 && imbalance(&wire, start) < EXACT);
}
