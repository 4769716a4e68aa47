//! The trip on 10,000 random noisy curves from a generator of their own (`curves/mod.rs`: signal-to-noise 20 to 2000, falls within 1 to 3
//! samples to below 10 %).

mod curves;

use curves::{Dice, curve};
use pentatwin_experiment::protocol::{Sweep, TripReference};
use pentatwin_experiment::trip::Trip;

/// Breaks missed, false trips, and how many samples after the end of the fall each trip came (0: at its last sample).
#[derive(Default, Debug)]
struct Score {
    curves: usize,
    breaks: usize,
    missed: usize,
    false_trips: usize,
    late: [usize; 8],
    samples: usize,
    lowest_snr: f64,
}

fn score(sweep: &Sweep, seed: u64, n: usize) -> Score {
    let mut dice = Dice::new(seed);
    let mut score = Score { lowest_snr: f64::INFINITY, ..Score::default() };
    for k in 0..n {
        let c = curve(&mut dice, k % 5 != 0, k % 2 == 0);
        score.curves += 1;
        score.samples += c.samples.len();
        score.lowest_snr = score.lowest_snr.min(c.snr);
        let mut trip = Trip::new(sweep.trip_rule());
        let tripped = c.samples.iter().position(|(v, i, f)| trip.see(*v, *i, *f));
        score.breaks += usize::from(c.fall.is_some());
        match (c.fall, tripped) {
            (None, None) => {}
            (None, Some(_)) => score.false_trips += 1,
            (Some(_), None) => score.missed += 1,
            (Some((first, _)), Some(at)) if at < first => score.false_trips += 1,
            (Some((_, after)), Some(at)) => score.late[(at + 1).saturating_sub(after).min(7)] += 1,
        }
    }
    score
}

/// Seeds 1 to 3 were looked at while the rule was written; those here and below were not.
#[test]
fn the_default_trip_misses_no_break_and_trips_at_nothing_else_on_10_000_curves() {
    judge(11);
}

#[test]
#[ignore = "long tier: 300,000 curves of 30 more seeds"]
fn the_default_trip_on_300_000_curves() {
    (12..42).for_each(judge);
}

fn judge(seed: u64) {
    let s = score(&Sweep::default(), seed, 10_000);
    println!("seed {seed}: {s:?}");
    assert_eq!((s.missed, s.false_trips), (0, 0), "{s:?}");
    // Reaction: at the latest one sample after the fall has ended.
    assert_eq!(s.late[2..].iter().sum::<usize>(), 0, "{s:?}");
    assert!(s.breaks == 8000 && s.lowest_snr < 21.0, "{s:?}");
}

#[test]
fn comparisons_with_the_sample_before_have_no_false_trip_either_and_can_miss_falls_in_several_samples() {
    let s = score(&Sweep { trip_reference: TripReference::Previous, ..Sweep::default() }, 42, 3_000);
    println!("previous: {s:?}");
    assert_eq!(s.false_trips, 0, "{s:?}");
    // Falls that take three samples in a row of halves are what it can miss: that is why it is not the default.
    assert!(s.missed < s.breaks / 10, "{s:?}");
    let s = score(&Sweep { trip_reference: TripReference::Resistance, trip: 0.99, ..Sweep::default() }, 43, 3_000);
    println!("resistance: {s:?}");
    assert_eq!(s.false_trips, 0, "{s:?}");
}
