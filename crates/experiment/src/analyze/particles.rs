//! Particles between the two pieces of a broken wire: in dark field they are looked for; in bright field it is said what could be decided.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::movie::noise::NoiseEstimator;
use pentatwin_analysis::movie::{Contrast, FrameMeasure, Image, MovieMeasurement, SeenGap, frame_flags};
use pentatwin_analysis::particles::{Crop, Detection, Detector, Gate, Settings, Side, SignalCurve, Track, View, growth, link};
use pentatwin_record::import::Movie;
use pentatwin_record::measured::FindingGroup;

use super::findings::Rows;

/// Frames that the camera's noise is taken from.
const FOR_NOISE: usize = 5;
/// Expected false alarms per frame.
const FALSE_ALARMS: f64 = 1e-3;
/// Smallest sphere looked for [m]; others are twice and four times as large.
const SMALLEST: f64 = 3e-9;
/// Height over width of a pentagon that lies flat: 1.539 over 1.618 edges.
const PENTAGON: f64 = 0.951;
/// Λ of silver in bright field [m] (imaging.md 1.2): its contrast says how small a particle could be decided.
const BRIGHT_FIELD: f64 = 75e-9;
/// Least area of a gap in which is looked [pixels].
const LEAST_AREA: usize = 150;

/// One detection of a track, as the table has it.
pub(super) struct Row {
    pub(super) track: usize,
    pub(super) frame: u64,
    pub(super) time: f64,
    /// Along and across the axis [m].
    pub(super) place: [f64; 2],
    pub(super) place_uncertainty: f64,
    /// Diameter by its signal [m]; `None` without a calibration on the wire.
    pub(super) diameter: Option<Measurement>,
    /// Electrons above the background.
    pub(super) signal: Measurement,
    pub(super) significance: f64,
}

/// A part of a frame: the gap between the tips.
struct Cut {
    corner: [usize; 2],
    width: usize,
    counts: Vec<f32>,
    valid: Vec<bool>,
}

/// Looks for them. `rows` gets the findings; nothing if the wire does not part. What is returned are all detections of all tracks.
pub(super) fn particles(rows: &mut Rows, movie: &mut Movie, seen: &MovieMeasurement) -> Vec<Row> {
    use FindingGroup::Particles as GROUP;
    let unfit = frame_flags::NO_WIRE | frame_flags::SATURATED | frame_flags::LOST;
    let Some(rupture) = seen.rupture else { return Vec::new() };
    let after: Vec<(&FrameMeasure, SeenGap)> =
        seen.frames.iter().skip(rupture).filter(|f| f.flags & unfit == 0).filter_map(|f| Some((f, f.gap?))).collect();
    let limit = |rows: &mut Rows, why: &str| rows.none("particles_limit", GROUP, "Smallest particle that can be decided", "nm", why);
    let (Some((last, gap)), Some(camera)) = (after.last(), camera(movie, seen)) else {
        limit(rows, "the noise of the camera could not be measured, so that it is not known what a particle would stand out from");
        return Vec::new();
    };
    let px = seen.pixel;
    let Some((background, area)) = movie.read(last.index).ok().and_then(|c| film(seen, last, gap, &c, &camera)) else {
        limit(rows, "the gap is too small to look for anything in it");
        return Vec::new();
    };
    let blur = camera.blur.max(0.5);
    let view = View { dose: background, background, length: BRIGHT_FIELD, blur: blur * px, area, false_alarms: FALSE_ALARMS };
    if seen.contrast == Contrast::BrightField {
        let basis = format!("{} In bright field particles are not looked for: texture of the film looks like them.", view.sentence(1));
        decided(rows, &view, &basis);
        return Vec::new();
    }
    let curve = calibration(movie, seen, rupture, &camera, background);
    match &curve {
        Some(c) => {
            let view = View { dose: c.full.value, length: c.length.value, ..view };
            decided(rows, &view, &view.sentence(1));
        }
        None => limit(rows, "the wire shows too few thicknesses to calibrate the signal on"),
    }
    let base = (SMALLEST / px).max(2.0);
    let mut settings = Settings::new(Contrast::DarkField, [base, 2.0 * base, 4.0 * base], blur, camera.gain);
    (settings.offset, settings.read_variance, settings.false_alarms) = (camera.offset, camera.floor, FALSE_ALARMS);
    let Ok(detector) = Detector::new(settings) else {
        rows.none("particles", GROUP, "Particles in the gap", "", "the noise of the camera does not allow to look for them");
        return Vec::new();
    };
    let (mut times, mut found, mut looked) = (Vec::new(), Vec::<Vec<Detection>>::new(), Vec::new());
    for (frame, gap) in &after {
        let cut = movie.read(frame.index).ok().and_then(|counts| cut(seen, frame, gap, &counts, blur));
        let Some(cut) = cut else { continue };
        let crop = Crop { width: cut.width, counts: &cut.counts, valid: &cut.valid };
        let Ok(here) = detector.find(&crop) else { continue };
        let moved = frame.drift.shift.map(|s| if s.is_finite() { s / px } else { 0.0 });
        let place = |d: &Detection| Detection { place: [0, 1].map(|k| d.place[k] + cut.corner[k] as f64 - moved[k]), ..*d };
        times.push(frame.time);
        found.push(here.detections.iter().map(place).collect());
        looked.push(*frame);
    }
    if times.is_empty() {
        rows.none("particles", GROUP, "Particles in the gap", "", "the gap is too small to look for anything in it");
        return Vec::new();
    }
    let tracks = link(&times, &found, &Gate::default());
    let basis =
        format!("tracks of at least two frames, in {} frames looked at; {FALSE_ALARMS} false alarms expected per frame", times.len());
    rows.put("particles", GROUP, "Particles in the gap", Measurement::new(tracks.len() as f64, f64::NAN), "", &basis);
    match growth(&times, &found, last.axis.angle) {
        Some(g) => {
            let word = match g.towards {
                Some(Side::Higher) => "they advance towards the right",
                Some(Side::Lower) => "they advance towards the left",
                None => "no direction is significant",
            };
            let net = Measurement::new(g.net.value * px, g.net.uncertainty * px);
            rows.put("particles_growth", GROUP, "Net advance of the particles", net, "nm/s", word);
        }
        None => rows.none("particles_growth", GROUP, "Net advance of the particles", "nm/s", "fewer than five frames show particles"),
    }
    let first = seen.frames.first().map_or(last.axis, |f| f.axis);
    let size = seen.size;
    let one = |(track, t): (usize, &Track)| -> Vec<Row> {
        let of = |(k, d): &(usize, Detection)| {
            let frame = looked.get(*k)?;
            let place = first.along_across(size, d.place).map(|x| x * px);
            let diameter = curve.as_ref().and_then(|c| c.diameter(d.signal));
            Some(Row {
                track,
                frame: frame.index,
                time: frame.time,
                place,
                place_uncertainty: d.uncertainty * px,
                diameter,
                signal: d.signal,
                significance: d.significance,
            })
        };
        t.seen.iter().filter_map(of).collect()
    };
    tracks.iter().enumerate().flat_map(one).collect()
}

fn decided(rows: &mut Rows, view: &View, basis: &str) {
    let smallest = view.smallest(1).unwrap_or(f64::NAN);
    let m = Measurement::new(smallest, f64::NAN);
    let basis = &format!("{basis} Electrons are counted by the noise of the frames, so that a camera's own noise makes them fewer.");
    rows.put("particles_limit", FindingGroup::Particles, "Smallest particle that can be decided", m, "nm", basis);
}

/// What the camera makes of electrons.
struct Camera {
    /// Counts per electron.
    gain: f64,
    offset: f64,
    floor: f64,
    /// Standard deviation [pixels].
    blur: f64,
}

fn camera(movie: &mut Movie, seen: &MovieMeasurement) -> Option<Camera> {
    let mut noise = NoiseEstimator::new();
    for frame in seen.frames.iter().take(FOR_NOISE) {
        let counts = movie.read(frame.index).ok()?;
        noise.push(&Image::new(seen.size[0], seen.size[1], &counts).ok()?);
    }
    let law = noise.law()?;
    // Blur lowers the variance of single pixels, not that of sums over many.
    let gain = law.per_count * law.inflation(9, 9);
    (gain > 0.0 && gain.is_finite()).then_some(Camera { gain, offset: law.offset, floor: law.floor.max(0.0), blur: law.blur })
}

/// The pixels between the tips, a few away from both; `None` if there are too few.
fn cut(seen: &MovieMeasurement, frame: &FrameMeasure, gap: &SeenGap, counts: &[u16], blur: f64) -> Option<Cut> {
    let (px, size) = (seen.pixel, seen.size);
    let along = along(frame, px);
    let margin = 3.0 + 2.0 * blur;
    let (from, to) = (gap.left.value / px + along + margin, gap.right.value / px + along - margin);
    let half = 0.5 * widest(frame) / px;
    if !(to > from && half > 1.0) {
        return None;
    }
    let corners = [(from, -half), (from, half), (to, -half), (to, half)].map(|(u, v)| frame.axis.point(size, u, v));
    let reach = |k: usize| {
        let all = corners.map(|c| c[k]);
        let (low, high) = all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
        (low.max(0.0) as usize, (high.min(size[k] as f64 - 1.0)).max(0.0) as usize)
    };
    let ((x0, x1), (y0, y1)) = (reach(0), reach(1));
    let (mut values, mut valid) = (Vec::new(), Vec::new());
    for y in y0..=y1 {
        for x in x0..=x1 {
            let [u, v] = frame.axis.along_across(size, [x as f64, y as f64]);
            values.push(counts.get(y * size[0] + x).map_or(f32::NAN, |c| f32::from(*c)));
            valid.push(u > from && u < to && v.abs() < half);
        }
    }
    let enough = valid.iter().filter(|v| **v).count() >= LEAST_AREA;
    enough.then_some(Cut { corner: [x0, y0], width: x1 + 1 - x0, counts: values, valid })
}

/// Drift along the axis [pixels]; 0 where it was not followed.
fn along(frame: &FrameMeasure, px: f64) -> f64 {
    let (sin, cos) = frame.axis.angle.sin_cos();
    let along = (frame.drift.shift[0] * cos + frame.drift.shift[1] * sin) / px;
    if along.is_finite() { along } else { 0.0 }
}

/// Width of the wire [m], away from the gap.
fn widest(frame: &FrameMeasure) -> f64 {
    let mut all: Vec<f64> = frame.width.iter().copied().filter(|w| *w > 0.0).collect();
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}

/// Electrons of the film in the gap [1/m²], and the area looked at [m²].
fn film(seen: &MovieMeasurement, frame: &FrameMeasure, gap: &SeenGap, counts: &[u16], camera: &Camera) -> Option<(f64, f64)> {
    let cut = cut(seen, frame, gap, counts, camera.blur)?;
    let mut inside: Vec<f32> = cut.counts.iter().zip(&cut.valid).filter(|(c, v)| **v && c.is_finite()).map(|(c, _)| *c).collect();
    let (n, middle) = (inside.len(), inside.len() / 2);
    let median = f64::from(*inside.select_nth_unstable_by(middle, f32::total_cmp).1);
    let electrons = (median - camera.offset) / camera.gain;
    (electrons > 0.0).then_some((electrons / (seen.pixel * seen.pixel), n as f64 * seen.pixel * seen.pixel))
}

/// Signal over thickness, from the wire itself in the last frames before the rupture.
fn calibration(movie: &mut Movie, seen: &MovieMeasurement, rupture: usize, camera: &Camera, background: f64) -> Option<SignalCurve> {
    let (px, size) = (seen.pixel, seen.size);
    let height = if seen.section.contains("pentagon") { PENTAGON } else { 1.0 };
    let mut pairs = Vec::new();
    for frame in seen.frames.get(rupture.saturating_sub(3)..rupture)? {
        let Ok(counts) = movie.read(frame.index) else { continue };
        let along = along(frame, px);
        for (u, width) in seen.position.iter().zip(&frame.width).filter(|(_, w)| **w > 0.0) {
            // Five pixels across on the middle line, five along.
            let near = (-2..=2).flat_map(|i| (-2..=2).map(move |j| (f64::from(i), f64::from(j))));
            let (mut sum, mut n) = (0.0, 0.0);
            for (i, j) in near {
                let [x, y] = frame.axis.point(size, u / px + along + i, j).map(f64::round);
                let inside = x >= 0.0 && y >= 0.0 && x < size[0] as f64;
                if let Some(c) = counts.get(y.max(0.0) as usize * size[0] + x.max(0.0) as usize).filter(|_| inside) {
                    sum += f64::from(*c);
                    n += 1.0;
                }
            }
            if n > 0.0 {
                pairs.push((height * width, (sum / n - camera.offset) / camera.gain / (px * px) - background));
            }
        }
    }
    SignalCurve::fit(&pairs)
}
