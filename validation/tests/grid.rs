//! Convergence with the number of cells, from 250 to 1000.

use pentatwin_physics::device::Contacts;
use pentatwin_validation::measures::{dipole, gap, gaps};
use pentatwin_validation::runs::{CONTACTS, Run, Stop, clean, ramp, sweep};
use std::sync::OnceLock;

const CELLS: [usize; 4] = [250, 400, 700, 1000];
const RATES: [f64; 3] = [3.3e-3, 100e-3, 10.0];

/// The sweeps at 3.3 mV/s, 100 mV/s and 10 V/s, for each grid.
fn runs(contacts: Contacts) -> &'static [Vec<Run>] {
    static RUNS: [OnceLock<Vec<Vec<Run>>>; 2] = [const { OnceLock::new() }; 2];
    RUNS[usize::from(contacts == Contacts::Blocked)].get_or_init(|| {
        RATES
            .iter()
            .map(|rate| {
                CELLS
                    .iter()
                    .map(|cells| {
                        let mut device = clean(contacts);
                        device.numerics.cells = *cells;
                        sweep(&device, 1, *rate)
                    })
                    .collect()
            })
            .collect()
    })
}

/// Largest less smallest.
fn spread(values: impl Iterator<Item = f64>) -> f64 {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    high - low
}

#[test]
fn breakdown_voltage_changes_by_less_than_a_per_cent() {
    for contacts in CONTACTS {
        for (grids, rate) in runs(contacts).iter().zip(RATES) {
            let change = spread(grids.iter().map(|r| r.rupture().voltage)) / grids[1].rupture().voltage;
            println!("{contacts:?} {rate} V/s: voltage changes by {:.3} %", 100.0 * change);
            assert!(change < 0.01, "{contacts:?} {rate}: {change}");
        }
    }
}

#[test]
fn neck_position_changes_by_less_than_a_tenth_of_a_micrometre() {
    // The neck at 25 % of the area, contact failures included.
    for contacts in CONTACTS {
        for (grids, rate) in runs(contacts).iter().zip(RATES) {
            let shift = spread(grids.iter().map(|r| r.quarter().position));
            println!("{contacts:?} {rate} V/s: necks within {:.3} um", shift * 1e6);
            // Does not come out at 10 V/s: several necks compete in two molten micrometres about the middle, and which one is first at 25 % changes.
            assert!(shift < if rate < 1.0 { 0.1e-6 } else { 1e-6 }, "{contacts:?} {rate}: {shift}");
        }
    }
}

#[test]
fn slow_gap_position_changes_by_less_than_a_tenth_of_a_micrometre() {
    for contacts in CONTACTS {
        let shift = spread(runs(contacts)[0].iter().map(|r| r.rupture().position));
        assert!(shift < 0.1e-6, "{contacts:?}: {shift}");
    }
}

#[test]
fn at_100_millivolts_per_second_the_first_break_depends_on_the_grid() {
    // Does not come out: the neck at 25 % agrees to 10 nm, but then it is a race between its pinch-off (on the cathode side, one sharp gap of a
    // few nanometres, as in the paper) and the melting of three micrometres, which break into pieces somewhere else. Finer cells help the
    // pinch-off: blocked wires part at the neck from 700 or 1000 cells on, with either choice of steps.
    for contacts in CONTACTS {
        let grids = &runs(contacts)[1];
        let places: Vec<f64> = grids.iter().map(|r| r.rupture().position * 1e6).collect();
        println!("{contacts:?} 100 mV/s: breaks at {places:.3?} um");
        for run in grids {
            let (q, r) = (run.quarter(), run.rupture());
            let at_neck = (r.position - q.position).abs() < 0.05e-6;
            assert!(at_neck || r.molten_length > 2.5e-6, "{} {} {}", q.position, r.position, r.molten_length);
        }
    }
}

#[test]
fn shorter_steps_change_the_voltage_by_less_than_a_per_cent() {
    // The default steps against eight times stricter ones. Slow: converged to 0.2 %. From 1 V/s on the voltage is, to a per cent; T25, neck and dipole
    // index are not (all within nanoseconds): read them as ranges.
    for contacts in CONTACTS {
        for rate in [3.3e-3, 10e-3, 1.0, 10.0] {
            let device = clean(contacts);
            let mut strict = device.clone();
            strict.numerics.tolerance = 5e-4;
            strict.numerics.temperature_step = 5.0;
            let (a, b) = (sweep(&device, 1, rate), sweep(&strict, 1, rate));
            let (qa, qb) = (a.quarter(), b.quarter());
            println!(
                "{contacts:?} {rate} V/s, default and strict steps: V {:.4} {:.4} V, T25 {:.0} {:.0} K, neck {:.3} {:.3} um, dipole {:.2} {:.2}",
                a.rupture().voltage,
                b.rupture().voltage,
                qa.temperature,
                qb.temperature,
                qa.position * 1e6,
                qb.position * 1e6,
                dipole(&a.wire, &qa.area),
                dipole(&b.wire, &qb.area)
            );
            let change = (a.rupture().voltage / b.rupture().voltage - 1.0).abs();
            if rate < 0.1 {
                assert!(change < 3e-3 && (qa.temperature - qb.temperature).abs() < 15.0 && (qa.position - qb.position).abs() < 0.05e-6);
            } else {
                assert!(change < 0.01 && qa.temperature > 1235.0 && qb.temperature > 1235.0);
                assert!((qa.position - qb.position).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn gap_width_is_not_resolved() {
    // Issue 2 asks for 10 %; that does not come out, with either contact model and at any rate (wire.md section 4: the width needs a closure of
    // its own). Where the radius crosses 3 nm, slow overlapping gaps are a few nanometres, below a cell, and change by a factor of two with the
    // grid; so a slow gap is reported as at most 2 dx, unresolved. The bound is what holds.
    for contacts in CONTACTS {
        for (grids, rate) in runs(contacts).iter().zip(RATES) {
            for run in grids {
                let mut after = run.clone();
                let t = run.wire.time();
                after.drive(ramp(t, t + 1.0, 0.0, 0.0, 300.0, 0.0), Stop::AtEnd);
                let width = |r: &Run| gap(&r.wire, r.rupture().cell).map(|g| g.2 * 1e9);
                println!(
                    "{contacts:?} {rate} V/s, dx {:.1} nm: gap {:.1?} nm at the break, {:.1?} nm 1 s later, {} gaps, break at {:.3} um",
                    run.wire.grid().dx * 1e9,
                    width(run),
                    width(&after),
                    gaps(&after.wire),
                    run.rupture().position * 1e6
                );
                if contacts == Contacts::Overlap && rate < 0.01 {
                    assert!(width(run).unwrap() < 2e9 * run.wire.grid().dx);
                    // Current off: the shape freezes.
                    assert!((width(&after).unwrap() / width(run).unwrap() - 1.0).abs() < 0.01);
                }
            }
        }
    }
}
