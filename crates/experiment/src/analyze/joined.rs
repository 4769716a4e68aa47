//! The electrical record at the time of a frame.

use pentatwin_analysis::movie::MovieMeasurement;
use pentatwin_record::import::IvRecord;
use pentatwin_record::measured::Clocks;

/// The clocks of a movie and of an electrical record.
pub(super) fn clocks(_movie: &MovieMeasurement, iv: Option<&IvRecord>, one_clock: bool) -> Clocks {
    match (iv, one_clock) {
        (Some(_), true) => {
            Clocks { offset: Some(0.0), uncertainty: Some(0.0), basis: "the record keeps frames and samples on one clock".into() }
        }
        (Some(_), false) => Clocks { basis: "camera and source-meter are not tied: times are the camera's".into(), ..Clocks::default() },
        (None, _) => Clocks { basis: "there is no electrical record: times are the camera's".into(), ..Clocks::default() },
    }
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
