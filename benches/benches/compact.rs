//! The compact model of a rewired gap: steps of a sweep 0 to 4 V, as a network of many junctions takes them.

use divan::{Bencher, black_box, counter::ItemsCount};
use pentatwin_physics::gap::Rewiring;
use pentatwin_physics::gap::compact::{CompactGap, Load};

fn main() {
    divan::main();
}

const STEPS: u32 = 4000;

fn gap() -> CompactGap {
    CompactGap::new(&Rewiring::default(), 20e-9, 300.0).expect("the default gap")
}

/// A voltage across the gap, up to where it closes: 0 → 2 V at 100 mV/s.
#[divan::bench]
fn open(bencher: Bencher) {
    bencher.counter(ItemsCount::new(STEPS)).with_inputs(gap).bench_values(|mut gap| {
        for k in 1..=STEPS {
            gap.step(black_box(f64::from(k) * 5e-4), 5e-3);
        }
        gap.state()
    });
}

/// Behind 100 kΩ, through the rise: 0 → 4 V at 100 mV/s.
#[divan::bench]
fn behind_a_load(bencher: Bencher) {
    let load = Load { series: 1e5, limit: f64::INFINITY };
    bencher.counter(ItemsCount::new(STEPS)).with_inputs(gap).bench_values(|mut gap| {
        for k in 1..=STEPS {
            gap.step_behind(black_box(f64::from(k) * 1e-3), &load, 1e-2);
        }
        gap.state()
    });
}

/// Closed, at the limit of the source: every step solves for the contact.
#[divan::bench]
fn closed_in_compliance(bencher: Bencher) {
    let load = Load { series: 1e3, limit: 1e-5 };
    let closed = || {
        let mut gap = gap();
        for k in 1..=4500 {
            gap.step_behind(f64::from(k) * 1e-3, &load, 1e-2);
        }
        gap
    };
    bencher.counter(ItemsCount::new(STEPS)).with_inputs(closed).bench_values(|mut gap| {
        for _ in 0..STEPS {
            gap.step_behind(black_box(4.5), &load, 1e-2);
        }
        gap.state()
    });
}
