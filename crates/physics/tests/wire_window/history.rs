//! A window that does what the engine itself did.

use std::ops::Range;

use pentatwin_physics::wire::{Window, WireEngine};

use crate::{EXACT, device, imbalance, neck, thinned, through};

/// What another engine would say that does in the window what the plain one did between two of its states. Nothing may have sublimed.
fn told(cells: &Range<usize>, from: &WireEngine, to: &WireEngine) -> Window {
    let n = from.grid().cells();
    let change = |range: Range<usize>| range.map(|i| to.area()[i] - from.area()[i]).sum::<f64>() * from.grid().dx;
    let own = change(cells.clone());
    let passed = if cells.end == n { [own, 0.0] } else { [0.0, -own] };
    Window { end: to.time(), area: to.area()[cells.clone()].to_vec(), passed, constriction: vec![1.0; cells.len()], cells: cells.clone() }
}

/// Feeds the engine's own history in a window from beside the neck to the far end of the wire, in intervals of 4, 8 and 16 of its steps.
///
/// Outside is the neck: the engine must find the break by itself from what passes the window's end. That end is where the window lies with
/// the electrons: disturbances travel against them, out of the window, so that an end told from a record is a well-posed one. (At the other
/// end the record's flux does not answer to what it makes, and a wire thinned by a hair more thins ever faster; there only a lock step
/// works, which is tested within the crate.)
fn own_history(rate: f64) {
    let mut device = device();
    device.physics.sublimation = false;
    // Fine steps, so that what differs comes from the intervals.
    device.numerics.tolerance = 5e-5;
    device.numerics.temperature_step = 2.0;
    let n = WireEngine::new(&device, 1).unwrap().grid().cells();
    let first = thinned(&device, rate, 0.98);
    let mut plain = vec![first];
    while !plain[plain.len() - 1].broken() {
        let mut next = plain[plain.len() - 1].clone();
        next.advance_one().unwrap();
        plain.push(next);
    }
    let broken = &plain[plain.len() - 1];
    let at = broken.rupture().unwrap().cell;
    let cells = if rate > 0.0 { at + 8..n } else { 0..at - 8 };
    let took = broken.time() - plain[0].time();
    let mut late = Vec::new();
    for every in [4, 8, 16] {
        let mut wire = plain[0].clone();
        let start = wire.total_volume();
        let (mut current, mut kelvin, mut area) = (0.0f64, 0.0f64, 0.0f64);
        let mut last = 0;
        while !wire.broken() && last + 1 < plain.len() {
            let next = (last + every).min(plain.len() - 1);
            wire.set_window(told(&cells, &plain[last], &plain[next])).unwrap();
            through(&mut wire);
            let there = &plain[next];
            if neck(&wire, 0..n) > 0.2 {
                assert_eq!(wire.time(), there.time());
                current = current.max((wire.thermal().current / there.thermal().current - 1.0).abs());
                for i in 0..n {
                    kelvin = kelvin.max((wire.thermal().wire[i] - there.thermal().wire[i]).abs());
                    area = area.max((wire.area()[i] - there.area()[i]).abs() / there.area_made()[i]);
                }
            }
            assert!(imbalance(&wire, start) < EXACT);
            last = next;
        }
        assert_eq!(wire.rupture().unwrap().cell, at);
        late.push((wire.rupture().unwrap().time - broken.time()) / took);
        println!(
            "{rate} V/s, every {every} steps: current {current:.1e}, {kelvin:.2} K, cross-section {area:.1e}, break {:.1e} late",
            late[late.len() - 1]
        );
        let scale = (every as f64 / 4.0).powi(2);
        assert!(current < 1e-4 * scale && kelvin < 1.0 * scale && area < 4e-3 * scale, "{current} {kelvin} {area}");
        assert!(late[late.len() - 1].abs() < 4e-4 * scale);
    }
    // Linear within an interval: the error goes with its square.
    assert!(late[0].abs() < 0.4 * late[1].abs() && late[1].abs() < 0.4 * late[2].abs(), "{late:?}");
}

#[test]
fn fed_with_its_own_history_it_breaks_as_it_did() {
    own_history(0.01);
}

#[test]
fn so_it_does_with_the_current_reversed() {
    own_history(-0.01);
}
