//! What was seen and what was measured, on one clock.
//!
//! Camera and source-meter have clocks of their own. The break ties them: the current falls when the wire parts. Times of the camera plus
//! [`Clock::offset`] are times of the source-meter.

use crate::iv::Breakdown;
use crate::measurement::uniform;
use crate::movie::{MovieMeasurement, frame_flags};
use crate::{Measurement, seen::SeenKinetics};

/// A stretch of time in which something happened [s].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// Not before.
    pub from: f64,
    /// Not after.
    pub to: f64,
}

impl Interval {
    fn measured(self) -> Option<Measurement> {
        let m = Measurement::new(0.5 * (self.from + self.to), uniform(self.to - self.from));
        (m.value.is_finite() && self.to >= self.from).then_some(m)
    }
}

/// When the current fell: from the last whole sample to the first fallen one. `None` if a time is missing.
pub fn break_interval(time: &[f64], breakdown: &Breakdown) -> Option<Interval> {
    let found = Interval { from: *time.get(breakdown.index)?, to: *time.get(breakdown.fallen)? };
    found.measured().map(|_| found)
}

/// When the wire parted, on the camera's clock: from the start of the last whole frame's exposure to the end of the first parted one's,
/// each `exposure` [s] long. `None` without a rupture or a frame before it.
pub fn rupture_interval(movie: &MovieMeasurement, exposure: f64) -> Option<Interval> {
    const UNFIT: u8 = frame_flags::DUPLICATE | frame_flags::SATURATED | frame_flags::NO_WIRE;
    let k = movie.rupture?;
    let after = movie.frames.get(k)?.time;
    let before = movie.frames[..k].iter().rev().find(|f| f.flags & UNFIT == 0 && f.time < after)?.time;
    let half = 0.5 * exposure.max(0.0);
    let found = Interval { from: before - half, to: after + half };
    found.measured().map(|_| found)
}

/// What the offset rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// The fall of the current and the rupture.
    Break,
    /// The user or the record.
    Given,
}

/// The break against a given offset.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Check {
    /// Offset by the break less the given one [s].
    pub difference: Measurement,
    /// The same in standard deviations.
    pub sigma: f64,
    /// Whether they agree: the two intervals overlap under the given offset, widened by twice its uncertainty.
    pub consistent: bool,
}

/// How the clocks go together.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Clock {
    /// Added to the camera's times it gives the source-meter's [s].
    pub offset: Measurement,
    /// What it rests on.
    pub basis: Basis,
    /// How far break and given offset agree, if there are both.
    pub check: Option<Check>,
}

/// Ties the clocks by when the current fell (`electrical`, source-meter's clock) and when the wire parted (`rupture`, camera's clock), or by
/// a `given` offset: the less uncertain of the two, and the other is a check. One clock for both, as in a pentatwin record, is a given
/// offset of 0 ± 0. `None` if there is neither.
pub fn tie(electrical: Option<Interval>, rupture: Option<Interval>, given: Option<Measurement>) -> Option<Clock> {
    let given = given.filter(|g| g.value.is_finite() && g.uncertainty.is_finite());
    let both = electrical.zip(rupture).and_then(|(e, r)| Some((e, r, e.measured()?, r.measured()?)));
    let tied = both.map(|(.., e, r)| Measurement::new(e.value - r.value, e.uncertainty.hypot(r.uncertainty)));
    let check = both.zip(tied).zip(given).map(|(((e, r, ..), t), g)| {
        let difference = Measurement::new(t.value - g.value, t.uncertainty.hypot(g.uncertainty));
        let sigma = if difference.uncertainty > 0.0 { difference.value / difference.uncertainty } else { 0.0 };
        let slack = 2.0 * g.uncertainty + 1e-9 * (e.to - e.from + r.to - r.from);
        let consistent = r.from + g.value - slack <= e.to && r.to + g.value + slack >= e.from;
        Check { difference, sigma, consistent }
    });
    match (tied, given) {
        (Some(t), Some(g)) if t.uncertainty < g.uncertainty => Some(Clock { offset: t, basis: Basis::Break, check }),
        (_, Some(g)) => Some(Clock { offset: g, basis: Basis::Given, check }),
        (Some(t), None) => Some(Clock { offset: t, basis: Basis::Break, check: None }),
        (None, None) => None,
    }
}

/// Where a moment lies against the I–V log.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Place {
    /// In it.
    Inside,
    /// Before its first sample by this time [s].
    Before(f64),
    /// After its last sample by this time [s].
    After(f64),
    /// There is no log.
    NoLog,
}

/// A key moment on the I–V.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Joined {
    /// 'A', 'B' or 'C'.
    pub name: char,
    /// When [s], on the source-meter's clock; the offset's uncertainty is in it.
    pub time: Measurement,
    /// Index of the frame nearest to it.
    pub frame: usize,
    /// Voltage then [V]; `None` outside the log.
    pub voltage: Option<Measurement>,
    /// Current then [A]; `None` outside the log.
    pub current: Option<Measurement>,
    /// Where it lies against the log.
    pub place: Place,
}

/// A, B and C of a movie on the I–V: time, frame, voltage and current. C is the break of the log, if it has one: its last whole sample;
/// without one the rupture tells when it was. Moments that did not come are left out, those outside the log have no voltage.
pub fn moments(
    seen: &SeenKinetics,
    movie: &MovieMeasurement,
    clock: &Clock,
    [time, voltage, current]: [&[f64]; 3],
    breakdown: Option<&Breakdown>,
) -> Vec<Joined> {
    let log = Log::new(time, voltage, current);
    let on_iv = |m: Measurement| Measurement::new(m.value + clock.offset.value, m.uncertainty.hypot(clock.offset.uncertainty));
    let mut joined: Vec<Joined> = [('A', seen.onset), ('B', seen.neck), ('C', seen.rupture)]
        .into_iter()
        .filter_map(|(name, moment)| {
            let time = on_iv(moment?.time.total());
            let (voltage, current) = (log.at(time, |s| s.1), log.at(time, |s| s.2));
            Some(Joined {
                name,
                time,
                frame: nearest(movie, time.value - clock.offset.value)?,
                voltage,
                current,
                place: log.place(time.value),
            })
        })
        .collect();
    if let Some(b) = breakdown.filter(|b| b.time.value.is_finite()) {
        // The fall lies between this sample and the next: its time is the start of that stretch.
        let time = Measurement::new(b.time.value + 0.5 * b.time.uncertainty, uniform(b.time.uncertainty));
        if let Some(frame) = nearest(movie, time.value - clock.offset.value) {
            joined.retain(|j| j.name != 'C');
            joined.push(Joined { name: 'C', time, frame, voltage: Some(b.voltage), current: Some(b.current), place: Place::Inside });
        }
    }
    joined
}

/// Frame whose time on the camera's clock is nearest.
fn nearest(movie: &MovieMeasurement, time: f64) -> Option<usize> {
    let frames = movie.frames.iter().enumerate().filter(|(_, f)| f.time.is_finite());
    frames.min_by(|a, b| (a.1.time - time).abs().total_cmp(&(b.1.time - time).abs())).map(|(k, _)| k)
}

/// Finite samples in order of time.
struct Log(Vec<(f64, f64, f64)>);

impl Log {
    fn new(time: &[f64], voltage: &[f64], current: &[f64]) -> Log {
        let all = time.iter().zip(voltage).zip(current).map(|((t, v), i)| (*t, *v, *i));
        let mut samples: Vec<_> = all.filter(|s| s.0.is_finite() && s.1.is_finite() && s.2.abs() < 1e30).collect();
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        Log(samples)
    }

    fn place(&self, time: f64) -> Place {
        match (self.0.first(), self.0.last()) {
            (Some(a), _) if time < a.0 => Place::Before(a.0 - time),
            (_, Some(b)) if time > b.0 => Place::After(time - b.0),
            (Some(_), Some(_)) => Place::Inside,
            _ => Place::NoLog,
        }
    }

    /// Interpolated, uncertain by what it changes by within the time's uncertainty.
    fn at(&self, time: Measurement, value: impl Fn(&(f64, f64, f64)) -> f64) -> Option<Measurement> {
        if self.place(time.value) != Place::Inside {
            return None;
        }
        let interpolate = |t: f64| {
            let k = self.0.partition_point(|s| s.0 < t).min(self.0.len().checked_sub(1)?);
            let (a, b) = (self.0.get(k.saturating_sub(1))?, self.0.get(k)?);
            let share = if b.0 > a.0 { ((t - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 1.0 };
            Some(value(a) + share * (value(b) - value(a)))
        };
        let (low, high) = (interpolate(time.value - time.uncertainty)?, interpolate(time.value + time.uncertainty)?);
        let middle = interpolate(time.value)?;
        Some(Measurement::new(middle, (low - middle).abs().max((high - middle).abs())))
    }
}
