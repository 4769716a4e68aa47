//! From the frames' measures to findings and key moments, in words.

use std::path::Path;

use pentatwin_analysis::Measurement;
use pentatwin_analysis::movie::{Contrast, MovieMeasurement, frame_flags};
use pentatwin_analysis::seen::{self, After, EdgeSide, Fate, Options, Seen, SeenKinetics, SeenMoment, Side, Verdict};
use pentatwin_record::import::IvRecord;
use pentatwin_record::measured::{FindingGroup, Measured, MeasuredEvent, MeasuredFinding};
use pentatwin_units::format_si;

use super::electrical;
use super::facets;
use super::joined::{self, Tie};

/// Frames whose mean is the wire as it was at the start.
const FIRST: usize = 8;

/// What is said of the movie beside what was measured in it.
pub(super) struct About<'a> {
    pub(super) source: &'a Path,
    pub(super) log: Option<&'a Path>,
    /// Position [m] of the first image's centre along x, from the edge of contact 1.
    pub(super) origin: Option<f64>,
    pub(super) frames_in_movie: u64,
    pub(super) interrupted: bool,
    pub(super) notes: Vec<String>,
}

/// Sums a movie up.
pub(super) fn measured(movie: &MovieMeasurement, iv: Option<&IvRecord>, one_clock: bool, about: About) -> Measured {
    let kinetics = seen::kinetics(movie, &Options::default());
    let tie = joined::tied(movie, &kinetics, iv, one_clock);
    // Where u = 0 lies in the first image: the point of the axis nearest to its centre.
    let aside = movie.frames.first().map_or(0.0, |f| -f.axis.offset * f.axis.angle.sin() * movie.pixel);
    let (origin, shift) = match about.origin {
        Some(x) if (x + aside).is_finite() => ("the edge of contact 1", x + aside),
        _ => ("the centre of the first image", 0.0),
    };
    let mut notes = about.notes;
    notes.extend(movie.notes.iter().chain(&kinetics.notes).cloned());
    if let Some(iv) = iv {
        notes.extend(iv.notes.iter().cloned());
        notes.extend(shorter(movie, iv, tie.clocks.offset));
    }
    if about.interrupted {
        notes.push(format!("stopped after {} of {} frames", movie.frames.len(), about.frames_in_movie));
    }
    let events = events(&kinetics, movie, iv, &tie, shift);
    let mut rows = Rows::new();
    outline(&mut rows, movie, &kinetics, shift);
    gap(&mut rows, movie, &kinetics, shift);
    facets::tips(&mut rows, movie, shift);
    if let Some(after) = &kinetics.after {
        after_the_break(&mut rows, after);
    }
    if let Some(iv) = iv {
        electrical::electrical(&mut rows, iv, tie.breakdown.as_ref());
    }
    if let Some(clock) = &tie.clock {
        rows.put("clock_offset", FindingGroup::Clock, "Source-meter's clock less camera's", clock.offset, "s", &tie.clocks.basis);
        if let Some(check) = &clock.check {
            let basis = "fall of the current less rupture in view, each somewhere between two readings or frames";
            rows.put("clock_check", FindingGroup::Clock, "The same, by the break", check.difference, "s", basis);
        }
    }
    Measured {
        source: about.source.display().to_string(),
        iv: about.log.filter(|_| iv.is_some()).map(|log| log.display().to_string()),
        frames: movie.frames.len() as u64,
        frames_in_movie: about.frames_in_movie,
        interrupted: about.interrupted,
        pixel: movie.pixel,
        size: movie.size,
        contrast: match movie.contrast {
            Contrast::BrightField => "bright-field",
            Contrast::DarkField => "dark-field",
        }
        .to_owned(),
        cross_section: movie.section.clone(),
        origin: origin.to_owned(),
        origin_shift: shift,
        clocks: tie.clocks,
        notes,
        findings: rows.into_findings(),
        events,
    }
}

/// A word on a log that does not cover the movie.
fn shorter(movie: &MovieMeasurement, iv: &IvRecord, offset: Option<f64>) -> Option<String> {
    let offset = offset?;
    let (first, last) = (movie.frames.first()?.time + offset, movie.frames.last()?.time + offset);
    let (begins, ends) = iv.time.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), t| (a.min(*t), b.max(*t)));
    let step = (last - first) / (movie.frames.len().max(2) - 1) as f64;
    (begins > first + step || ends < last - step).then(|| {
        let said = [begins, ends, first, last].map(|t| format_si(t, "s", 4));
        format!("the log covers {} to {}, the movie {} to {}: what lies outside has no voltage", said[0], said[1], said[2], said[3])
    })
}

/// Findings as they gather.
pub(super) struct Rows(Vec<MeasuredFinding>);

impl Rows {
    pub(super) fn new() -> Rows {
        Rows(Vec::new())
    }

    pub(super) fn into_findings(self) -> Vec<MeasuredFinding> {
        self.0
    }

    pub(super) fn put(&mut self, key: &str, group: FindingGroup, label: &str, m: Measurement, unit: &str, basis: &str) {
        self.row(key, group, label, m, None, unit, basis);
    }

    fn seen(&mut self, key: &str, group: FindingGroup, label: &str, s: &Seen, unit: &str, basis: &str) {
        self.row(key, group, label, s.measured, Some(s.systematic), unit, basis);
    }

    #[allow(clippy::too_many_arguments, reason = "a row has that many columns")]
    fn row(&mut self, key: &str, group: FindingGroup, label: &str, m: Measurement, systematic: Option<f64>, unit: &str, basis: &str) {
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        let (key, label, unit, basis) = (key.to_owned(), label.to_owned(), unit.to_owned(), basis.to_owned());
        // A number that is none has no uncertainty either.
        let value = finite(m.value);
        let (uncertainty, systematic) = match value {
            Some(_) => (finite(m.uncertainty), systematic.and_then(finite)),
            None => (None, None),
        };
        self.0.push(MeasuredFinding { key, group, label, value, uncertainty, systematic, unit, basis });
    }

    pub(super) fn none(&mut self, key: &str, group: FindingGroup, label: &str, unit: &str, why: &str) {
        self.put(key, group, label, Measurement::new(f64::NAN, f64::NAN), unit, why);
    }
}

fn events(k: &SeenKinetics, movie: &MovieMeasurement, iv: Option<&IvRecord>, tie: &Tie, shift: f64) -> Vec<MeasuredEvent> {
    let offset = tie.clocks.offset;
    let make = |letter: &str, name: &str, time: Measurement, frame: usize, position: f64| {
        let at = offset.and_then(|offset| joined::at(iv?, time.value + offset));
        MeasuredEvent {
            letter: letter.to_owned(),
            name: name.to_owned(),
            time: time.value + offset.unwrap_or(0.0),
            uncertainty: Some(time.uncertainty).filter(|u| u.is_finite()),
            frame: movie.frames.get(frame).map(|f| f.index),
            position: Some(position + shift).filter(|x| x.is_finite()),
            voltage: at.map(|(v, _)| v),
            current: at.map(|(_, i)| i),
        }
    };
    let moment = |letter: &str, name: &str, m: &SeenMoment| make(letter, name, m.time.total(), m.frame, m.position.value);
    let mut found = Vec::new();
    found.extend(k.began.as_ref().map(|m| moment("", "thinning begins", m)));
    found.extend(k.onset.as_ref().map(|m| moment("A", "onset of visible thinning", m)));
    found.extend(k.void.as_ref().map(|v| {
        let side = match v.side {
            EdgeSide::Positive => "+",
            EdgeSide::Negative => "-",
        };
        make("", &format!("void on the {side} side of the axis"), v.time, v.frame, v.position.value)
    }));
    found.extend(k.neck.as_ref().map(|m| moment("B", "neck", m)));
    found.extend(k.rupture.as_ref().map(|m| moment("C", "rupture", m)));
    // On the I–V the moments are known better: C by the fall of the current itself.
    for j in &tie.moments {
        if let Some(e) = found.iter_mut().find(|e| e.letter == j.name.to_string()) {
            e.time = j.time.value;
            e.uncertainty = Some(j.time.uncertainty).filter(|u| u.is_finite());
            e.voltage = j.voltage.map(|m| m.value).or(e.voltage);
            e.current = j.current.map(|m| m.value).or(e.current);
        }
    }
    found.retain(|e| e.time.is_finite());
    found.sort_by(|a, b| a.time.total_cmp(&b.time));
    found
}

fn outline(rows: &mut Rows, movie: &MovieMeasurement, k: &SeenKinetics, shift: f64) {
    use FindingGroup::Outline as GROUP;
    match first_width(movie) {
        Some((width, frames)) => {
            let basis = format!("mean of all positions in the first {frames} frames");
            rows.seen("width_at_start", GROUP, "Width at the start", &width, "nm", &basis);
        }
        None => rows.none("width_at_start", GROUP, "Width at the start", "nm", "no frame at the start has a width"),
    }
    let before = match movie.rupture {
        Some(_) => "before the rupture",
        None => "to the end of the movie, in which the wire does not part",
    };
    match k.necks.last() {
        Some(n) => {
            rows.seen("neck_width", GROUP, "Width of the neck", &n.width, "nm", &format!("the last frame that shows a neck, {before}"));
            let place = Measurement::new(n.position.value + shift, n.position.uncertainty);
            rows.put("neck_position", GROUP, "Place of the neck", place, "nm", "where the wire is thinnest in that frame");
        }
        None => rows.none("neck_width", GROUP, "Width of the neck", "nm", "no frame shows a significant neck"),
    }
    let last = |place: &str| format!("{place} in the last frames {before}");
    if let Some(h) = &k.hillock {
        rows.seen("hillock_height", GROUP, "Height of the hillock", &h.height, "nm", &last("the largest gain of width"));
        rows.seen("hillock_volume", GROUP, "Volume of the hillock", &h.volume, "nm3", &last("the gain over its connected stretch"));
        let place = Measurement::new(h.position.value + shift, h.position.uncertainty);
        rows.put("hillock_position", GROUP, "Place of the hillock", place, "nm", &last("the largest gain of width"));
    }
    if let Some(l) = &k.loss {
        rows.seen("neck_volume", GROUP, "Volume lost at the neck", &l.volume, "nm3", &last("the loss over its connected stretch"));
    }
    if let Some(b) = &k.balance {
        let said = match b.verdict {
            Verdict::Agrees { sigma } => format!("gain and loss agree within {sigma:.1} standard deviations"),
            Verdict::Off { sigma } => format!("gain and loss differ by {sigma:.1} standard deviations"),
        };
        rows.seen("volume_balance", GROUP, "Gained less lost", &b.net, "nm3", &said);
    }
    if let Some(d) = &k.dipole {
        rows.seen("dipole_index", GROUP, "Dipole index", d, "", "+1: silver went from left to right; 0: the change is even, as by heat");
    }
    let fit = movie.frames.iter().rev().find(|f| f.flags & (frame_flags::NO_WIRE | frame_flags::SATURATED | frame_flags::LOST) == 0);
    if let Some(f) = fit {
        for (axis, key, label) in [(0, "drift_x", "Drift along the image's x"), (1, "drift_y", "Drift along the image's y")] {
            let spread = f.drift.covariance[2 * axis].max(0.0).sqrt();
            let m = Measurement::new(f.drift.shift[axis], spread);
            rows.put(key, GROUP, label, m, "nm", "from the first frame to the last that could be followed");
        }
        let angle = Measurement::new(f.axis.angle, f.axis_uncertainty[0]);
        rows.put("axis_angle", GROUP, "Direction of the wire", angle, "deg", "against the image's x, in that frame");
    }
}

/// Mean width over all positions and the first frames, and how many those are. Its statistical uncertainty is from the scatter of the
/// frames' means, which has what neighbouring positions share.
fn first_width(movie: &MovieMeasurement) -> Option<(Seen, usize)> {
    let unfit = frame_flags::NO_WIRE | frame_flags::SATURATED | frame_flags::DUPLICATE;
    let until = movie.rupture.unwrap_or(movie.frames.len());
    let mean = |of: &[f64], only: &[f64]| {
        let chosen = of.iter().zip(only).filter(|(x, w)| x.is_finite() && w.is_finite() && **w > 0.0).map(|(x, _)| *x);
        let (n, sum) = chosen.fold((0usize, 0.0), |(n, sum), x| (n + 1, sum + x));
        (n > 0).then(|| (sum / n as f64, n))
    };
    let (mut means, mut stated, mut systematic) = (Vec::new(), Vec::new(), Vec::new());
    for f in movie.frames.iter().take(until).filter(|f| f.flags & unfit == 0).take(FIRST) {
        if let Some((width, n)) = mean(&f.width, &f.width) {
            means.push(width);
            stated.extend(mean(&f.statistical, &f.width).map(|(s, _)| s / (n as f64).sqrt()));
            systematic.extend(mean(&f.systematic, &f.width).map(|(s, _)| s));
        }
    }
    let n = means.len() as f64;
    let average = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
    let middle = average(&means);
    let scatter = (means.iter().map(|w| (w - middle).powi(2)).sum::<f64>() / (n - 1.0)).sqrt() / n.sqrt();
    // Of one or two frames the scatter says little.
    let stated = average(&stated) / n.sqrt();
    let uncertainty = if means.len() >= 3 { scatter.max(stated) } else { stated };
    (!means.is_empty()).then(|| (Seen::new(middle, uncertainty, average(&systematic)), means.len()))
}

fn gap(rows: &mut Rows, movie: &MovieMeasurement, k: &SeenKinetics, shift: f64) {
    use FindingGroup::Gap as GROUP;
    let (Some(first), Some(last)) = (k.gaps.first(), k.gaps.last()) else {
        return rows.none("gap_width", GROUP, "Width of the gap", "nm", "no frame shows a gap");
    };
    rows.seen(
        "gap_width_first",
        GROUP,
        "Width of the gap, first seen",
        &first.width,
        "nm",
        &format!("frame {}", index(movie, first.frame)),
    );
    let basis = format!("the last frame that shows it, {}", index(movie, last.frame));
    rows.seen("gap_width", GROUP, "Width of the gap", &last.width, "nm", &basis);
    for (key, label, place) in [("gap_left", "Left end of the gap", last.left.0), ("gap_right", "Right end of the gap", last.right.0)] {
        rows.put(key, GROUP, label, Measurement::new(place.value + shift, place.uncertainty), "nm", &basis);
    }
    let contact = [last.left.1, last.right.1];
    for (key, label, m) in [
        ("gap_from_left", "Left end from the left contact", contact[0]),
        ("gap_from_right", "Right end from the right contact", contact[1]),
    ] {
        if let Some(m) = m {
            rows.put(key, GROUP, label, m, "nm", &basis);
        }
    }
    for (tip, key, word) in [(0, "left", "Left"), (1, "right", "Right")] {
        if let Some(t) = &k.tips[tip] {
            let basis = format!("mean of {} frames", t.frames);
            rows.put(&format!("tip_radius_{key}"), GROUP, &format!("{word} tip: radius"), t.radius, "nm", &basis);
            rows.put(&format!("tip_angle_{key}"), GROUP, &format!("{word} tip: half of the cone's angle"), t.half_angle, "deg", &basis);
        }
    }
}

fn index(movie: &MovieMeasurement, frame: usize) -> u64 {
    movie.frames.get(frame).map_or(frame as u64, |f| f.index)
}

fn after_the_break(rows: &mut Rows, after: &After) {
    use FindingGroup::AfterTheBreak as GROUP;
    let fate = match after.fate {
        Fate::Continues => "a tip goes on moving".to_owned(),
        Fate::Freezes { limit } => format!("both tips freeze: below {} (95 %)", format_si(limit, "nm/s", 2)),
    };
    rows.put("gap_growth", GROUP, "Growth of the gap", after.growth, "nm/s", &fate);
    let first = |side: Side| match after.first {
        Some((s, sigma)) if s == side => format!("it starts first, by {sigma:.1} standard deviations"),
        Some(_) => "the other side starts first".to_owned(),
        None => "which side starts first cannot be told".to_owned(),
    };
    for (key, label, loss, side) in [
        ("left_speed", "Left tip draws back at", &after.left, Side::Left),
        ("right_speed", "Right tip draws back at", &after.right, Side::Right),
    ] {
        let moves = if loss.moves { first(side) } else { "it does not move significantly".to_owned() };
        rows.put(key, GROUP, label, loss.speed, "nm/s", &format!("mean over all frames with a gap; {moves}"));
    }
}
