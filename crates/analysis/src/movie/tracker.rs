//! Following a wire through a movie.

use super::drift::{DriftTracker, Registered};
use super::gap::{self, Ending, GapWatch, Parted, Taken};
use super::image::{Axis, Contrast, Image};
use super::integrity::IntegrityCheck;
use super::measure::{Drift, FrameMeasure, MovieMeasurement, SeenGap, TipShape, frame_flags};
use super::outline::fit::Bin;
use super::outline::learn::{Learnt, Unlearnt, learn};
use super::outline::ray::{CENTRE, WIDTH};
use super::outline::strip::{Grid, Strip};
use super::outline::tip::Tip;
use super::outline::wire;
use super::series;
use crate::Measurement;

/// Frames from which contrast, noise and cross-section are learnt; measured as soon as they are.
const LEARN: usize = 8;
/// Frames in which a wire is looked for before the movie is given up.
const PATIENCE: usize = 20;
/// Narrowest wire that has an outline [pixels].
const NARROWEST: f64 = 5.0;
/// Shift between frames from which it is checked on the wire [pixels], and how much better the wire must then fit.
const JUMP: f64 = 6.0;
const CLEARLY: f64 = 0.97;
/// Part of the bins outside the image from which the wire is said to leave it, and part that is empty or outside from which it is gone.
const PART_OUTSIDE: f64 = 0.1;
const ALL_GONE: f64 = 0.85;
/// Flags of frames that are not registered.
const SKIPPED: u8 = frame_flags::SATURATED | frame_flags::DUPLICATE | frame_flags::NO_WIRE;

/// What is known of a movie before.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TrackerSettings {
    /// Size of a pixel [m].
    pub pixel: f64,
    /// How silver shows, if known.
    pub contrast: Option<Contrast>,
    /// Direction of the wire's axis against the image's x [rad], if known.
    pub angle: Option<f64>,
}

/// Why a movie cannot be followed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum MovieError {
    /// No wire.
    #[error("no wire was found: no straight stripe that is darker (in dark field brighter) than both of its sides")]
    NoWire,
    /// Two.
    #[error("there are two wires in the image, and one is measured at a time")]
    TwoWires,
    /// The size of a pixel is not a length.
    #[error("a pixel of {0} m is not a length")]
    Pixel(f64),
    /// Too narrow to have an outline.
    #[error("the wire is {0:.1} pixels wide, and an outline needs at least 5")]
    TooNarrow(f64),
    /// The image is too small.
    #[error("an image of {0} by {1} pixels is too small for an outline; 64 by 64 is the least")]
    TooSmall(usize, usize),
    /// An image of another size.
    #[error("an image of {found:?} pixels came after images of {first:?}")]
    Size {
        /// Pixels along x and y of the movie.
        first: [usize; 2],
        /// Pixels of the image that came.
        found: [usize; 2],
    },
    /// Nothing beside the wire, or nothing that fits.
    #[error("the wire has no outline that could be measured: {0}")]
    NoOutline(&'static str),
}

/// A frame before it is settled.
struct Raw {
    time: f64,
    flags: u8,
    /// Shift at which the strip was taken [pixels].
    shift: [f64; 2],
    registered: Registered,
    bins: Vec<Option<Bin>>,
    taken: Taken,
    parted: Option<Parted>,
    /// Index of the frame whose measures this one repeats.
    same_as: Option<usize>,
    /// The centre line in the strip: middle, slope, their variances.
    line: [f64; 4],
}

/// What is set up once the wire is found.
struct Following {
    axis: Axis,
    contrast: Contrast,
    rough: f64,
    grid: Grid,
    margin: f64,
    drift: DriftTracker,
    waiting: Vec<(Strip, usize)>,
    /// The strip of the frame before.
    last: Strip,
    images: Vec<Vec<u16>>,
    learnt: Option<(Learnt, GapWatch, Vec<bool>)>,
    /// The centre line of the first frames: what drift is measured against.
    home: Option<f64>,
}

/// Follows one wire through a movie, one image after the other.
pub struct Tracker {
    settings: TrackerSettings,
    size: [usize; 2],
    integrity: IntegrityCheck,
    following: Option<Following>,
    frames: Vec<Raw>,
    without: usize,
    live: Option<FrameMeasure>,
    repaired: Vec<u16>,
}

impl Tracker {
    /// A tracker for images of this size.
    ///
    /// # Errors
    /// The pixel is not a length, or the image is too small.
    pub fn new(settings: TrackerSettings, width: usize, height: usize) -> Result<Tracker, MovieError> {
        if !(settings.pixel > 0.0 && settings.pixel.is_finite()) {
            return Err(MovieError::Pixel(settings.pixel));
        }
        if width < 64 || height < 64 {
            return Err(MovieError::TooSmall(width, height));
        }
        Ok(Tracker {
            settings,
            size: [width, height],
            integrity: IntegrityCheck::new(),
            following: None,
            frames: Vec::new(),
            without: 0,
            live: None,
            repaired: Vec::new(),
        })
    }

    /// Takes the next image; `time` [s] is the middle of its exposure.
    ///
    /// # Errors
    /// There is no wire in the first images, or more than one, or none that can be measured; or the image has another size.
    pub fn push(&mut self, time: f64, image: &Image) -> Result<(), MovieError> {
        let found = [image.width(), image.height()];
        if found != self.size {
            return Err(MovieError::Size { first: self.size, found });
        }
        let state = self.integrity.push(time, image);
        if self.integrity.bad_pixels().is_empty() {
            return self.take(time, state.flags, image);
        }
        let mut repaired = std::mem::take(&mut self.repaired);
        repaired.clear();
        repaired.extend_from_slice(image.counts());
        self.integrity.repair(&mut repaired);
        let done = match Image::new(found[0], found[1], &repaired) {
            Ok(better) => self.take(time, state.flags, &better),
            Err(_) => self.take(time, state.flags, image),
        };
        self.repaired = repaired;
        done
    }

    fn take(&mut self, time: f64, flags: u8, image: &Image) -> Result<(), MovieError> {
        if flags & frame_flags::SATURATED != 0 {
            self.blank(time, flags);
            return Ok(());
        }
        if flags & frame_flags::DUPLICATE != 0 && !self.frames.is_empty() {
            let same = self.frames.len() - 1;
            self.blank(time, flags);
            if let Some(last) = self.frames.last_mut() {
                last.same_as = Some(same);
            }
            return Ok(());
        }
        if self.following.is_none() {
            match start(&self.settings, image)? {
                Some(f) => self.following = Some(f),
                None => {
                    self.without += 1;
                    if self.without >= PATIENCE {
                        return Err(MovieError::NoWire);
                    }
                    self.blank(time, flags | frame_flags::NO_WIRE);
                    return Ok(());
                }
            }
        }
        let index = self.frames.len();
        self.blank(time, flags);
        let (before, after) = self.frames.split_at_mut(index);
        let (Some(f), Some(raw)) = (&mut self.following, after.first_mut()) else { return Ok(()) };
        let here = Axis { offset: f.axis.offset + across(&f.axis, before.last().map_or([0.0; 2], |l| l.registered.shift)), ..f.axis };
        let mut registered = f.drift.follow(image, Some((here, 0.75 * f.rough + 6.0)));
        let mut strip = Strip::default();
        strip.take(image, &f.grid, &f.axis, registered.shift);
        let last = before.iter().rev().find(|r| r.flags & SKIPPED == 0).map(|r| r.registered.shift);
        if let Some(last) = last
            && (registered.shift[0] - last[0]).hypot(registered.shift[1] - last[1]) > JUMP
        {
            // On film without texture a registration may end anywhere. A true jump shows on the wire and its surroundings as well.
            let mut stay = Strip::default();
            stay.take(image, &f.grid, &f.axis, last);
            if unlike(&strip, &f.last) >= CLEARLY * unlike(&stay, &f.last) {
                strip = stay;
                let most = JUMP * JUMP;
                registered = Registered { shift: last, covariance: [most, 0.0, most], lost: true };
            }
        }
        f.last.cells.clone_from(&strip.cells);
        let shift = registered.shift;
        raw.flags |= if registered.lost { frame_flags::LOST } else { 0 };
        (raw.shift, raw.registered) = (shift, registered);
        if f.learnt.is_some() {
            measure(f, raw, image, &strip);
            self.live = Some(self.outcome(index));
        } else {
            // The registration alone says where these lie; the outline corrects it once it is known.
            f.drift.settle(shift);
            f.waiting.push((strip, index));
            f.images.push(image.counts().to_vec());
            if f.waiting.len() >= LEARN {
                self.learn()?;
            }
        }
        Ok(())
    }

    /// What is known of the latest frame, unsmoothed. `None` while the first frames are collected.
    pub fn live(&self) -> Option<&FrameMeasure> {
        self.live.as_ref()
    }

    /// Positions along the axis [m] of the profiles, from the centre of the first image; empty until a wire is found.
    pub fn position(&self) -> Vec<f64> {
        self.following.as_ref().map_or_else(Vec::new, |f| (0..f.grid.bins).map(|k| f.grid.along(k as f64) * self.settings.pixel).collect())
    }

    fn blank(&mut self, time: f64, flags: u8) {
        let shift = self.frames.last().map_or([0.0; 2], |l| l.registered.shift);
        self.frames.push(Raw {
            time,
            flags,
            shift,
            registered: Registered { shift, covariance: [f64::NAN; 3], lost: true },
            bins: Vec::new(),
            taken: Taken::default(),
            parted: None,
            same_as: None,
            line: [0.0, 0.0, f64::INFINITY, f64::INFINITY],
        });
    }

    fn learn(&mut self) -> Result<(), MovieError> {
        let Some(f) = &mut self.following else { return Ok(()) };
        let mut waiting = std::mem::take(&mut f.waiting);
        let mut images = std::mem::take(&mut f.images);
        if waiting.is_empty() {
            return Ok(());
        }
        if !self.integrity.bad_pixels().is_empty() {
            // Bad pixels are known only now.
            for ((strip, index), counts) in waiting.iter_mut().zip(&mut images) {
                self.integrity.repair(counts);
                if let Ok(image) = Image::new(self.size[0], self.size[1], counts) {
                    strip.take(&image, &f.grid, &f.axis, self.frames[*index].shift);
                }
            }
        }
        let strips: Vec<Strip> = waiting.iter().map(|(s, _)| s.clone()).collect();
        let nm = self.settings.pixel * 1e9;
        let learnt = learn(&strips, &f.grid, f.rough, f.margin, nm, f.contrast == Contrast::DarkField).map_err(|e| {
            MovieError::NoOutline(match e {
                Unlearnt::NoBackground => "there is too little free background beside it",
                Unlearnt::NoOutline => "no cross-section fits anywhere",
            })
        })?;
        let watch = GapWatch::new(&learnt.state, f.rough);
        let beside: Vec<bool> = (0..f.grid.rows).map(|r| f.grid.across(r).abs() > 0.5 * f.rough + 0.15 * f.rough + 3.0).collect();
        f.learnt = Some((learnt, watch, beside));
        for ((strip, index), counts) in waiting.iter().zip(&images) {
            let Ok(image) = Image::new(self.size[0], self.size[1], counts) else { continue };
            measure(f, &mut self.frames[*index], &image, strip);
        }
        if let Some((_, index)) = waiting.last() {
            self.live = Some(self.outcome(*index));
        }
        Ok(())
    }

    /// A frame's measures as they are, in metres.
    fn outcome(&self, index: usize) -> FrameMeasure {
        let raw = &self.frames[index];
        let source = raw.same_as.and_then(|k| self.frames.get(k)).unwrap_or(raw);
        let px = self.settings.pixel;
        let bins = self.following.as_ref().map_or(0, |f| f.grid.bins);
        let pick = |i: fn(&Bin) -> f64| -> Vec<f64> {
            (0..bins).map(|k| source.bins.get(k).copied().flatten().map_or(f64::NAN, |b| px * i(&b))).collect()
        };
        let systematic = self.following.as_ref().and_then(|f| f.learnt.as_ref()).map_or_else(Vec::new, |l| l.0.systematic.clone());
        let endings = self.following.as_ref().and_then(|f| f.learnt.as_ref()).map(|l| l.1.endings());
        let home = self.following.as_ref().and_then(|f| f.home).unwrap_or(0.0);
        let width = pick(|b| b.value[WIDTH]);
        let axis = self.following.as_ref().map_or(Axis { angle: 0.0, offset: 0.0 }, |f| f.axis);
        let systematic = width
            .iter()
            .zip(systematic.iter().chain(std::iter::repeat(&0.0)))
            .map(|(w, s)| if w.is_finite() { s * px } else { f64::NAN })
            .collect();
        FrameMeasure {
            index: index as u64,
            time: raw.time,
            flags: raw.flags,
            drift: Drift { shift: raw.registered.shift.map(|s| s * px), covariance: raw.registered.covariance.map(|c| c * px * px) },
            axis: Axis { angle: axis.angle + source.line[1].atan(), offset: axis.offset + source.line[0] + across(&axis, source.shift) },
            axis_uncertainty: [source.line[3].sqrt(), source.line[2].sqrt()],
            statistical: pick(|b| b.variance[WIDTH].sqrt()),
            systematic,
            centre: pick(|b| b.value[CENTRE]).iter().map(|c| c - px * (source.line[0] - home)).collect(),
            alone: [Vec::new(), Vec::new()],
            gap: source.parted.as_ref().zip(endings).map(|(p, e)| seen(p, &e, px)),
            width,
        }
    }

    /// All that was measured, smoothed in time.
    ///
    /// # Errors
    /// There is no wire, or none that could be measured.
    pub fn finish(mut self) -> Result<MovieMeasurement, MovieError> {
        self.learn()?;
        let mut out: Vec<FrameMeasure> = (0..self.frames.len()).map(|k| self.outcome(k)).collect();
        let Some(f) = self.following.take() else { return Err(MovieError::NoWire) };
        let Some((learnt, watch, _)) = &f.learnt else { return Err(MovieError::NoWire) };
        let px = self.settings.pixel;
        let position: Vec<f64> = (0..f.grid.bins).map(|k| f.grid.along(k as f64) * px).collect();
        let mut notes = Vec::new();
        // Drift.
        let measured: Vec<Drift> = out.iter().map(|m| m.drift).collect();
        for (m, d) in out.iter_mut().zip(super::drift::smooth(&measured)) {
            m.drift = d;
        }
        // When it parted. Watched frames are those with bins.
        let watched: Vec<usize> = (0..self.frames.len()).filter(|&k| !self.frames[k].bins.is_empty()).collect();
        let rupture = watch.certain.and_then(|certain| {
            let taken: Vec<Taken> = watched.iter().map(|&k| self.frames[k].taken.clone()).collect();
            let parted = watched[certain..].iter().find_map(|&k| self.frames[k].parted)?;
            let at =
                |u: f64| (u / f.grid.bin as f64 + 0.5 * f.grid.bins as f64 - 0.5).round().clamp(0.0, f.grid.bins as f64 - 1.0) as usize;
            let (from, to) = (at(parted.left.end.value), at(parted.right.end.value));
            watched.get(gap::parting(&taken, watch.began, certain, from.min(to), to.max(from))).copied()
        });
        for (k, m) in out.iter_mut().enumerate() {
            if rupture.is_none_or(|r| k < r) {
                m.gap = None;
            }
        }
        if let Some(r) = rupture {
            smooth_gap(&mut out[r..]);
        }
        smooth_widths(&mut out, &position, rupture, px * f.rough);
        if let Some(r) = rupture {
            for (m, raw) in out[r..].iter_mut().zip(&self.frames[r..]) {
                for (k, x) in position.iter().enumerate() {
                    let between = m.gap.is_some_and(|g| *x > g.left.value && *x < g.right.value);
                    if m.width[k].is_finite() && (between || watch.empty(&raw.taken, k)) {
                        m.width[k] = 0.0;
                    }
                }
            }
        }
        let bad = self.integrity.bad_pixels().len();
        if bad > 0 {
            notes.push(format!("{bad} bad pixels of the camera were replaced by their neighbours"));
        }
        for (flag, what) in [
            (frame_flags::DUPLICATE, "repeat the frame before"),
            (frame_flags::SATURATED, "are saturated and were not measured"),
            (frame_flags::NO_WIRE, "show no wire"),
            (frame_flags::LEAVES, "do not show a part of the wire that the first one shows"),
            (frame_flags::LOST, "could not be registered; their drift is continued from the frames before"),
            (frame_flags::AFTER_A_GAP, "come after missing frames"),
        ] {
            let n = out.iter().filter(|m| m.flags & flag != 0).count();
            if n > 0 {
                notes.push(format!("{n} of {} frames {what}", out.len()));
            }
        }
        Ok(MovieMeasurement {
            pixel: px,
            size: self.size,
            contrast: f.contrast,
            position,
            contacts: learnt.contacts.map(|c| c.map(|c| Measurement::new(c.value * px, c.uncertainty * px))),
            section: learnt.state.optics.section.shape.words(),
            area_factor: learnt.state.optics.section.area(),
            frames: out,
            rupture,
            notes,
        })
    }
}

/// Finds the wire and lays the grid over it; `None` if there is none.
fn start(settings: &TrackerSettings, image: &Image) -> Result<Option<Following>, MovieError> {
    let found = match wire::find(image, settings.contrast, settings.angle) {
        Ok(found) => found,
        Err(wire::NotOne::None) => return Ok(None),
        Err(wire::NotOne::Two) => return Err(MovieError::TwoWires),
    };
    if found.width < NARROWEST {
        return Err(MovieError::TooNarrow(found.width));
    }
    let size = [image.width(), image.height()];
    let bin = (found.width / 16.0).round().clamp(2.0, 16.0) as usize;
    let margin = (0.3 * found.width).clamp(18.0, 36.0);
    let rows = (1.25 * found.width + 2.0 * margin) as usize | 1;
    let (sin, cos) = found.axis.angle.sin_cos();
    let length = (size[0] as f64 / cos.abs().max(1e-9)).min(size[1] as f64 / sin.abs().max(1e-9));
    Ok(Some(Following {
        axis: found.axis,
        contrast: found.contrast,
        rough: found.width,
        grid: Grid { bins: (length / bin as f64) as usize, bin, rows, middle: [0.0; 2] },
        margin,
        drift: DriftTracker::new(size),
        waiting: Vec::new(),
        last: Strip::default(),
        images: Vec::new(),
        learnt: None,
        home: None,
    }))
}

/// Mean squared difference of two strips where both are known; infinite if that is less than half of the cells.
fn unlike(a: &Strip, b: &Strip) -> f64 {
    let both = a.cells.iter().zip(&b.cells).filter(|(a, b)| a.is_finite() && b.is_finite());
    let (sum, n) = both.fold((0.0, 0usize), |(s, n), (a, b)| (s + f64::from(a - b).powi(2), n + 1));
    if 2 * n > a.cells.len() { sum / n as f64 } else { f64::INFINITY }
}

/// Part of a shift across the axis.
fn across(axis: &Axis, shift: [f64; 2]) -> f64 {
    let (sin, cos) = axis.angle.sin_cos();
    shift[1] * cos - shift[0] * sin
}

/// Measures one frame from its strip.
fn measure(f: &mut Following, raw: &mut Raw, image: &Image, strip: &Strip) {
    let Some((learnt, watch, beside)) = &mut f.learnt else { return };
    let bins = learnt.state.fit(strip);
    let line = centre_line(&bins, &f.grid);
    let taken = watch.taken(&learnt.state, strip, [line[0], line[1]], beside);
    let (mut known, mut gone, mut outside) = (0, 0, 0);
    for (k, cells) in strip.cells.chunks_exact(f.grid.rows).enumerate() {
        if learnt.state.known[k].is_some() {
            known += 1;
            gone += usize::from(watch.empty(&taken, k));
            outside += usize::from(cells.iter().filter(|c| c.is_nan()).count() * 4 > cells.len());
        }
    }
    raw.flags |= if outside as f64 > PART_OUTSIDE * known as f64 { frame_flags::LEAVES } else { 0 };
    if (gone + outside) as f64 > ALL_GONE * known as f64 {
        // The wire is not here: nothing is measured, and nothing learnt.
        raw.flags |= frame_flags::NO_WIRE;
        return;
    }
    raw.parted = watch.watch(&learnt.state, &taken, &bins, image, &f.axis, raw.shift);
    // Bins that a frame shows as gone teach nothing.
    let teaching: Vec<Option<Bin>> = bins.iter().map(|b| b.filter(|b| b.value[WIDTH] > 0.06 * f.rough)).collect();
    learnt.state.carry(&teaching, false);
    let home = *f.home.get_or_insert(line[0]);
    let moved = across(&f.axis, raw.shift) + line[0] - home;
    let fused = raw.registered.fused(f.axis.angle, moved, line[2]);
    f.drift.settle(fused.shift);
    raw.registered = fused;
    (raw.bins, raw.taken, raw.line) = (bins, taken, line);
}

/// The straight line through the middles of the bins: middle at u = 0, slope, and their variances, from the scatter of the bins. The inner
/// half of the residuals decides, so that a bulge does not tilt it.
fn centre_line(bins: &[Option<Bin>], grid: &Grid) -> [f64; 4] {
    let points: Vec<(f64, f64, f64)> = bins
        .iter()
        .enumerate()
        .filter_map(|(k, b)| b.map(|b| (grid.along(k as f64), b.value[CENTRE], 1.0 / (b.variance[CENTRE] + 0.01))))
        .filter(|(_, c, w)| c.is_finite() && w.is_finite())
        .collect();
    let mut weight: Vec<f64> = points.iter().map(|p| p.2).collect();
    let mut line = [0.0, 0.0, f64::INFINITY, f64::INFINITY];
    for _ in 0..4 {
        let (mut s, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for ((x, y, _), w) in points.iter().zip(&weight) {
            s += w;
            sx += w * x;
            sy += w * y;
            sxx += w * x * x;
            sxy += w * x * y;
        }
        let det = s * sxx - sx * sx;
        if points.len() < 4 || !(det > 1e-9 * s * sxx) {
            return line;
        }
        let (a, b) = ((sxx * sy - sx * sxy) / det, (s * sxy - sx * sy) / det);
        let residual: Vec<f64> = points.iter().map(|(x, y, w)| (y - a - b * x) * w.sqrt()).collect();
        let mut sorted: Vec<f64> = residual.iter().map(|r| r.abs()).collect();
        let middle = sorted.len() / 2;
        let scale = (1.48 * *sorted.select_nth_unstable_by(middle, f64::total_cmp).1).max(0.3);
        // Neighbouring bins err alike where the wire is not straight: counted as a third of their number.
        let more = 3.0 * scale.powi(2).max(1.0);
        line = [a, b, more * sxx / det, more * s / det];
        for ((w, r), p) in weight.iter_mut().zip(&residual).zip(&points) {
            *w = p.2 / (1.0 + (r / (2.0 * scale)).powi(4));
        }
    }
    line
}

fn seen(p: &Parted, endings: &[Ending; 2], px: f64) -> SeenGap {
    let metres = |m: Measurement| Measurement::new(m.value * px, m.uncertainty * px);
    let tip = |t: &Tip, e: &Ending| {
        // Half of the cone's angle: the width grows by twice its tangent.
        let tan = 0.5 * t.slope.value;
        Some(TipShape { radius: metres(e.radius), half_angle: Measurement::new(tan.atan(), 0.5 * t.slope.uncertainty / (1.0 + tan * tan)) })
    };
    let (left, right) = (endings[0].end(&p.left, p.with[0]), endings[1].end(&p.right, p.with[1]));
    SeenGap {
        left: metres(left),
        right: metres(right),
        width: Measurement::new((right.value - left.value).max(0.0) * px, left.uncertainty.hypot(right.uncertainty) * px),
        systematic: endings[0].offset.uncertainty.hypot(endings[1].offset.uncertainty) * px,
        significance: p.significance,
        tips: [tip(&p.left, &endings[0]), tip(&p.right, &endings[1])],
    }
}

/// Smooths the gap's edges over time; frames in which it was not found are bridged.
fn smooth_gap(frames: &mut [FrameMeasure]) {
    let pick = |edge: fn(&SeenGap) -> Measurement| -> (Vec<f64>, Vec<f64>) {
        frames.iter().map(|m| m.gap.as_ref().map_or((f64::NAN, f64::NAN), |g| (edge(g).value, edge(g).uncertainty.powi(2)))).unzip()
    };
    let (left, right) = (pick(|g| g.left), pick(|g| g.right));
    let (left, left_var) = series::smooth(&left.0, &left.1);
    let (right, right_var) = series::smooth(&right.0, &right.1);
    let mut last: Option<SeenGap> = frames.iter().find_map(|m| m.gap);
    for (k, m) in frames.iter_mut().enumerate() {
        let base = m.gap.or(last);
        last = m.gap.or(last);
        m.gap = base.filter(|_| left[k].is_finite() && right[k].is_finite()).map(|g| SeenGap {
            left: Measurement::new(left[k], left_var[k].sqrt()),
            right: Measurement::new(right[k], right_var[k].sqrt()),
            width: Measurement::new((right[k] - left[k]).max(0.0), (left_var[k] + right_var[k]).sqrt()),
            ..g
        });
    }
}

/// Smooths the widths over time, bin by bin; near the gap the break is let through.
fn smooth_widths(frames: &mut [FrameMeasure], position: &[f64], rupture: Option<usize>, width: f64) {
    let gap = rupture.and_then(|r| frames[r..].iter().find_map(|m| m.gap)).map(|g| 0.5 * (g.left.value + g.right.value));
    let n = frames.len();
    for m in frames.iter_mut() {
        m.alone = [m.width.clone(), m.statistical.clone()];
    }
    for (k, x) in position.iter().enumerate() {
        let cut = match (rupture, gap) {
            (Some(r), Some(g)) if (x - g).abs() < 1.5 * width => r,
            _ => n,
        };
        for range in [0..cut, cut..n] {
            if range.is_empty() {
                continue;
            }
            let part = &mut frames[range];
            let values: Vec<f64> = part.iter().map(|m| m.width[k]).collect();
            let variances: Vec<f64> = part.iter().map(|m| m.statistical[k].powi(2)).collect();
            let (smooth, variance) = series::smooth(&values, &variances);
            for ((m, w), v) in part.iter_mut().zip(smooth).zip(variance) {
                if m.width[k].is_finite() && w.is_finite() {
                    m.width[k] = w.max(0.0);
                    m.statistical[k] = v.sqrt();
                }
            }
        }
    }
}
