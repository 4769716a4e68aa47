//! What a sweep does to the wire. Nothing of it is coded in the engine; where a claim of the paper does not come out, the test pins what does
//! and says so. No disorder, so that every difference between cells is the physics'.

use pentatwin_physics::device::{ChipKind, Contacts};
use pentatwin_physics::materials::silver::T_MELT;
use pentatwin_validation::measures::{dipole, gap, gaps, hillock, mirrored};
use pentatwin_validation::runs::{CONTACTS, RATES, Run, Stop, clean, clean_on, ramp, sweeps};
use std::sync::OnceLock;

/// The sweeps on one chip with one contact model, at 3.3, 10, 100 mV/s, 1 and 10 V/s; made once.
fn runs(kind: ChipKind, contacts: Contacts) -> &'static [Run] {
    static RUNS: [[OnceLock<Vec<Run>>; 2]; 2] = [const { [const { OnceLock::new() }; 2] }; 2];
    RUNS[usize::from(kind == ChipKind::SiSio2)][usize::from(contacts == Contacts::Blocked)]
        .get_or_init(|| sweeps(&clean_on(kind, contacts)))
}

/// The paper's chip.
fn membrane(contacts: Contacts) -> &'static [Run] {
    runs(ChipKind::SinMembrane, contacts)
}

const CHIPS: [ChipKind; 2] = [ChipKind::SinMembrane, ChipKind::SiSio2];

#[test]
fn every_sweep_breaks_the_wire() {
    for kind in CHIPS {
        for contacts in CONTACTS {
            for (run, rate) in runs(kind, contacts).iter().zip(RATES) {
                assert_eq!(run.error, None);
                let (q, r) = (run.quarter(), run.rupture());
                println!(
                    "{kind:?} {contacts:?} {rate} V/s: V {:.3} V, I {:.2} mA, V_wire {:.3} V, T25 {:.0} K, neck {:.3} um, break {:.3} um, molten {:.0} nm, EM share {:.2}, dipole {:.2} at 25 %, {:.2} at the break, hillock x{:.3} at {:.2} um, gaps {}",
                    r.voltage,
                    q.current * 1e3,
                    q.wire_voltage,
                    q.temperature,
                    q.position * 1e6,
                    r.position * 1e6,
                    r.molten_length * 1e9,
                    r.removed[0],
                    dipole(&run.wire, &q.area),
                    dipole(&run.wire, &r.area),
                    hillock(&run.wire, &q.area).1,
                    hillock(&run.wire, &q.area).0 * 1e6,
                    gaps(&run.wire),
                );
            }
        }
    }
}

#[test]
fn slower_sweep_breaks_at_lower_voltage() {
    // The paper, breakdown by biasing; wire.md section 4: about 0.1 V per decade below 10 V/s on the membrane.
    for kind in CHIPS {
        for contacts in CONTACTS {
            let volts: Vec<f64> = runs(kind, contacts).iter().map(|r| r.rupture().voltage).collect();
            assert!(volts.windows(2).all(|v| v[0] < v[1]), "{kind:?} {contacts:?}: {volts:?}");
            if kind == ChipKind::SinMembrane {
                let decade = (volts[4] - volts[0]) / (RATES[4] / RATES[0]).log10();
                assert!((0.05..0.2).contains(&decade), "{decade}");
            }
        }
    }
}

#[test]
fn the_slowest_sweep_breaks_at_the_papers_voltage() {
    // The one calibrated number: 2.1 V at 3.3 mV/s (paper; lead resistance, wire.md section 3).
    for contacts in CONTACTS {
        let volts = membrane(contacts)[0].rupture().voltage;
        assert!((volts - 2.1).abs() < 0.05, "{volts}");
    }
}

#[test]
fn slow_sweeps_deplete_the_cathode_side_and_build_the_hillock_on_the_other() {
    // 3.3 and 10 mV/s; contact 1 is the cathode. wire.md section 4 says within half a micrometre of the cathode contact.
    for contacts in CONTACTS {
        for run in &membrane(contacts)[..2] {
            let (q, r) = (run.quarter(), run.rupture());
            assert!(dipole(&run.wire, &q.area) > 0.95);
            let (place, height) = hillock(&run.wire, &q.area);
            assert!(place > 4.5e-6 && height > 1.05, "{place} {height}");
            assert!(q.position < 0.5e-6 && r.position < 0.5e-6, "{} {}", q.position, r.position);
        }
    }
    // On oxidised silicon the same side, but up to 0.6 um inside the span.
    for contacts in CONTACTS {
        for run in &runs(ChipKind::SiSio2, contacts)[..2] {
            assert!(dipole(&run.wire, &run.quarter().area) > 0.95);
            assert!(hillock(&run.wire, &run.quarter().area).0 > 4e-6);
            assert!((0.1e-6..0.7e-6).contains(&run.rupture().position), "{}", run.rupture().position);
        }
    }
}

#[test]
fn electromigration_removes_the_silver_of_slow_gaps_and_not_of_fast_ones() {
    // wire.md section 4: the change-over lies between 10 and 100 mV/s. The share may exceed 1 where capillarity brings silver back.
    for contacts in CONTACTS {
        let share: Vec<f64> = membrane(contacts).iter().map(|r| r.rupture().removed[0]).collect();
        assert!(share[..2].iter().all(|s| *s > 0.8), "{share:?}");
        assert!(share[2..].iter().all(|s| s.abs() < 0.5), "{share:?}");
    }
}

#[test]
fn the_gap_moves_from_the_cathode_side_to_the_middle_with_rate() {
    for kind in CHIPS {
        for contacts in CONTACTS {
            let from_middle: Vec<f64> = runs(kind, contacts).iter().map(|r| 2.5e-6 - r.quarter().position).collect();
            // In the two fastest sweeps the neck is at the middle, one of several within the molten length.
            assert!(from_middle[..4].windows(2).all(|x| x[0] > x[1]), "{kind:?} {contacts:?}: {from_middle:?}");
            assert!(from_middle[4].abs() < 0.3e-6, "{kind:?} {contacts:?}: {from_middle:?}");
            assert!((runs(kind, contacts)[4].rupture().position - 2.5e-6).abs() < 0.3e-6);
        }
    }
}

#[test]
fn at_100_millivolts_per_second_the_neck_is_electromigrations_but_the_break_is_a_molten_section() {
    // Does not come out: the paper shows one sharp gap at 100 mV/s. Here the neck (25 %) grows on the cathode side, below melting; then three
    // micrometres melt and break into pieces, so that the first gap is not always at the neck (wire.md section 4, open there too).
    for contacts in CONTACTS {
        let run = &membrane(contacts)[2];
        let (q, r) = (run.quarter(), run.rupture());
        assert!(q.position < 0.5e-6 && q.temperature < 1050.0 && dipole(&run.wire, &q.area) > 0.95);
        assert!(r.molten_length > 2.5e-6, "{}", r.molten_length);
        assert!((0.3e-6..2.5e-6).contains(&r.position), "{}", r.position);
    }
}

#[test]
fn reversing_the_polarity_mirrors_the_profile() {
    for contacts in CONTACTS {
        let device = clean(contacts);
        for (run, rate) in membrane(contacts).iter().zip(RATES) {
            let other = pentatwin_validation::runs::sweep(&device, 1, -rate);
            let worst = mirrored(&run.quarter().area, &other.quarter().area);
            let shift = (run.rupture().position + other.rupture().position - device.chip.spacing).abs();
            println!("{contacts:?} {rate} V/s: mirrored to {worst:.1e}, gaps {shift:.1e} m apart");
            // From 1 V/s on several necks compete in the melt, which amplifies round-off a hundred million times and more.
            assert!(worst < if rate < 0.5 { 1e-9 } else { 1e-2 }, "{contacts:?} {rate}: {worst}");
            assert!(shift < 1.01 * run.wire.grid().dx);
        }
    }
}

#[test]
fn slow_sweeps_stay_far_below_melting_and_fast_ones_do_not() {
    // T25 of wire.md section 4: the temperature at the break itself is meaningless.
    for contacts in CONTACTS {
        let t25: Vec<f64> = membrane(contacts).iter().map(|r| r.quarter().temperature).collect();
        assert!(t25[..2].iter().all(|t| *t < T_MELT - 400.0), "{t25:?}");
        assert!(t25[2] < T_MELT - 200.0);
        assert!(t25[3..].iter().all(|t| *t > T_MELT), "{t25:?}");
        assert!(t25[..4].windows(2).all(|t| t[0] < t[1]));
    }
}

#[test]
fn oxidised_silicon_needs_more_current() {
    for contacts in CONTACTS {
        for (silicon, membrane) in runs(ChipKind::SiSio2, contacts).iter().zip(membrane(contacts)) {
            let (s, m) = (silicon.quarter().current, membrane.quarter().current);
            assert!(s > 1.3 * m, "{s} {m}");
        }
    }
}

#[test]
fn a_positive_effective_charge_moves_the_gap_to_the_other_side() {
    for contacts in CONTACTS {
        let mut device = clean(contacts);
        device.silver.effective_charge = 10.0;
        for ((run, other), rate) in membrane(contacts).iter().zip(sweeps(&device)).zip(RATES) {
            let product = dipole(&run.wire, &run.quarter().area) * dipole(&other.wire, &other.quarter().area);
            // The mirror image at any rate; how lopsided a molten middle is (from 1 V/s on) depends on which of several necks wins.
            assert!(product < if rate < 0.5 { -0.9 } else { 0.0 }, "{product}");
            assert!((run.quarter().position + other.quarter().position - 5e-6).abs() < 1e-7);
        }
    }
}

#[test]
fn without_electromigration_the_thinning_is_symmetric() {
    for contacts in CONTACTS {
        let mut device = clean(contacts);
        device.physics.electromigration = false;
        for (run, rate) in sweeps(&device).iter().zip(RATES) {
            let q = run.quarter();
            let (asymmetry, dip) = (mirrored(&q.area, &q.area), dipole(&run.wire, &q.area));
            println!(
                "without electromigration, {contacts:?} {rate} V/s: V {:.3} V, asymmetry {asymmetry:.1e}, dipole {dip:.1e}",
                q.voltage
            );
            // Without electromigration the melt breaks the wire at any rate. Several necks compete in it and amplify round-off.
            let bound = 1e-2;
            assert!(asymmetry < bound && dip.abs() < bound, "{asymmetry} {dip}");
        }
        // Without it the slow sweeps go on to a third of a volt more: it is what breaks the wire.
        let q = sweeps(&device)[0].quarter().voltage;
        assert!(q > membrane(contacts)[0].quarter().voltage + 0.25, "{q}");
    }
}

#[test]
fn slow_gaps_are_narrower_than_at_100_millivolts_per_second() {
    // The paper: the gap at 3.3 mV/s is narrower than at 10 and 100 mV/s. With overlap the two slow ones are below two cells, hence equal as
    // far as the grid resolves them, and the molten section at 100 mV/s leaves a wide one. With blocked contacts the slowest wire parts from
    // the pad itself.
    let width = |run: &Run| {
        let mut after = run.clone();
        let t = run.wire.time();
        after.drive(ramp(t, t + 1.0, 0.0, 0.0, 300.0, 0.0), Stop::AtEnd);
        gap(&after.wire, run.rupture().cell).unwrap().2
    };
    for contacts in CONTACTS {
        let widths: Vec<f64> = membrane(contacts)[..3].iter().map(width).collect();
        println!("{contacts:?}: gaps at 3.3, 10, 100 mV/s: {:.1?} nm", widths.iter().map(|w| w * 1e9).collect::<Vec<_>>());
        if contacts == Contacts::Overlap {
            let cell = membrane(contacts)[0].wire.grid().dx;
            assert!(widths[0] < 2.0 * cell && widths[1] < 2.0 * cell && widths[2] > 4.0 * cell, "{widths:?}");
        }
    }
}

#[test]
fn most_of_the_voltage_lies_outside_the_wire() {
    // wire.md section 2: V_wire stays near the Wiedemann-Franz bound, 0.374 V at melting from 300 K; the paper's 2.1 V is series resistance.
    for contacts in CONTACTS {
        for run in &membrane(contacts)[..3] {
            let q = run.quarter();
            assert!(q.wire_voltage < 0.374 && q.voltage > 7.0 * q.wire_voltage);
        }
    }
}
