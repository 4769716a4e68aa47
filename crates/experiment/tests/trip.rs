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
    /// Trips at a fall below the fraction that is no break: several of the random jumps in one window.
    other_falls: usize,
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
            (Some(_), None) => score.missed += 1,
            (fall, Some(at)) if fall.is_none_or(|(first, _)| at < first) => {
                let rule = sweep.trip_rule();
                let before = c.clean[at.saturating_sub(rule.window)..at].iter().fold(0.0, |a: f64, b| a.max(*b));
                println!(
                    "seed {seed}, curve {k}: {:.3} of {before:.3e} A at sample {at}, without noise {:.3}",
                    c.samples[at].1 / before,
                    c.clean[at] / before
                );
                let fell = c.clean[at] < rule.fraction * before;
                score.other_falls += usize::from(fell);
                score.false_trips += usize::from(!fell);
            }
            (fall, Some(at)) => score.late[(at + 1).saturating_sub(fall.map_or(at, |(_, after)| after)).min(7)] += 1,
        }
    }
    score
}

/// Seeds 1 to 3 were looked at while the rule was written; 11 to 26 when one false trip (in 160,000 curves) showed that the rule took
/// the scatter of the modulus, which is less than that of the current where that is small. Those here were not.
#[test]
fn the_default_trip_misses_no_break_and_trips_at_nothing_else_on_10_000_curves() {
    judge(50);
}

#[test]
#[ignore = "long tier: 100,000 curves of 10 more seeds"]
fn the_default_trip_on_100_000_curves() {
    (51..61).for_each(judge);
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
