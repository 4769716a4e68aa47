//! What was seen and what was measured electrically, on one clock.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::iv::{Breakdown, FallRule, breakdown};
use pentatwin_analysis::joining::{self, Basis, Clock, Joined, break_interval, rupture_interval, tie};
use pentatwin_analysis::movie::MovieMeasurement;
use pentatwin_analysis::seen::SeenKinetics;
use pentatwin_record::import::IvRecord;
use pentatwin_record::measured::Clocks;
use pentatwin_units::format_si;

/// A movie tied to an electrical record, as far as they can be.
pub(super) struct Tie {
    pub(super) breakdown: Option<Breakdown>,
    pub(super) clock: Option<Clock>,
    /// A, B and C on the I–V.
    pub(super) moments: Vec<Joined>,
    pub(super) clocks: Clocks,
}

/// Ties the clocks by the break, or takes them for one where the record has one for both.
pub(super) fn tied(movie: &MovieMeasurement, kinetics: &SeenKinetics, iv: Option<&IvRecord>, one_clock: bool) -> Tie {
    let Some(iv) = iv else {
        let clocks = Clocks { basis: "there is no electrical record: times are the camera's".into(), ..Clocks::default() };
        return Tie { breakdown: None, clock: None, moments: Vec::new(), clocks };
    };
    let fall = breakdown(&iv.time, &iv.voltage, &iv.current, &fall_rule(iv));
    let electrical = fall.as_ref().and_then(|b| break_interval(&iv.time, b));
    let given = one_clock.then(|| Measurement::new(0.0, 0.0));
    let clock = tie(electrical, rupture_interval(movie, interval(movie)), given);
    let basis = match clock.as_ref().map(|c| (c.basis, c.check)) {
        Some((Basis::Break, _)) => "tied by the break: the current falls when the wire is seen to part".to_owned(),
        Some((Basis::Given, None)) => "the record keeps frames and samples on one clock".to_owned(),
        Some((Basis::Given, Some(check))) => {
            let word = if check.consistent { "agrees" } else { "does not agree" };
            let difference = format_si(check.difference.value, "s", 2);
            format!(
                "the record keeps frames and samples on one clock; the break {word} with it (apart by {difference}, {:.1} standard deviations)",
                check.sigma
            )
        }
        None => "not tied, for want of a fall of the current or of a rupture in view: times are the camera's".to_owned(),
    };
    let offset = clock.as_ref().map(|c| c.offset);
    let moments =
        clock.as_ref().map_or_else(Vec::new, |c| joining::moments(kinetics, movie, c, [&iv.time, &iv.voltage, &iv.current], fall.as_ref()));
    let clocks = Clocks { offset: offset.map(|m| m.value), uncertainty: offset.map(|m| m.uncertainty), basis };
    Tie { breakdown: fall, clock, moments, clocks }
}

/// Part of the largest current below which a current is no sign of a wire: noise about zero halves from sample to sample.
const LEAST_PART: f64 = 0.05;

/// When the current of a record counts as fallen.
pub(super) fn fall_rule(iv: &IvRecord) -> FallRule {
    let usual = FallRule::default();
    // The source-meter's overflow is 9.9e37.
    let largest = iv.current.iter().map(|i| i.abs()).filter(|i| *i < 1e30).fold(0.0, f64::max);
    FallRule { floor: usual.floor.max(LEAST_PART * largest), ..usual }
}

/// Median time from frame to frame [s]: no exposure is longer.
fn interval(movie: &MovieMeasurement) -> f64 {
    let pairs = movie.frames.windows(2).map(|pair| pair[1].time - pair[0].time);
    let mut steps: Vec<f64> = pairs.filter(|s| *s > 0.0).collect();
    let middle = steps.len() / 2;
    if steps.is_empty() { 0.0 } else { *steps.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

/// Voltage [V] and current [A] of the sample nearest to a time [s] on its clock, if one is not further away than samples are apart.
pub(super) fn at(iv: &IvRecord, time: f64) -> Option<(f64, f64)> {
    let distance = |k: usize| iv.time.get(k).map_or(f64::INFINITY, |t| (t - time).abs());
    let nearest = (0..iv.time.len()).min_by(|a, b| distance(*a).total_cmp(&distance(*b)))?;
    let mut steps: Vec<f64> = iv.time.windows(2).map(|pair| (pair[1] - pair[0]).abs()).filter(|s| *s > 0.0).collect();
    let middle = steps.len() / 2;
    let step = if steps.is_empty() { 0.0 } else { *steps.select_nth_unstable_by(middle, f64::total_cmp).1 };
    (distance(nearest) <= step).then_some((*iv.voltage.get(nearest)?, *iv.current.get(nearest)?))
}
