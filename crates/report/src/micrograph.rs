//! The frames of a run that the page shows: which they are, read one at a time and cut to the strip around the wire.

use pentatwin_record::summary::{Moment, Summary};
use pentatwin_record::{Reader, RecordError, STORE_NAME};
use pentatwin_units::recorded::{self, Recorded};
use std::path::Path;

/// Half the height of the strip around the wire that is shown of a frame [m].
const STRIP: f64 = 0.75e-6;
/// Half the height that is shown of the magnified gap [m].
const GAP_STRIP: f64 = 0.2e-6;
/// Most frames shown after the rupture.
const MOST_AFTER: usize = 6;
/// Name of the magnified image of the gap in the store.
const GAP: &str = "images/gap";
/// Single images of a break in three dimensions, in the order of time, and the part of the as-made cross-section that the neck had.
pub(crate) const NECKS: [(&str, f64); 3] = [("neck-80", 0.8), ("neck-50", 0.5), ("neck-20", 0.2)];
/// Single images that belong to a panel of the paper's Figures 3 and 5.
pub(crate) const SINGLES: [&str; 9] =
    ["image-1", "image-2", "image-3", "image-4", "lattice-tip-1", "lattice-tip-2", "hrtem-facet", "hrtem-ridge", "hrtem-facet-spectrum"];

/// An image, cut to what is shown of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Micrograph {
    /// Middle of the exposure [s].
    pub time: f64,
    /// Number of the frame, from 1; none for a single image.
    pub number: Option<usize>,
    /// Electrons that it cost the specimen, by area [1/m²]; NaN if it was not recorded.
    pub dose: f64,
    /// The same of all frames up to it [1/m²].
    pub dose_until: f64,
    /// Counts, row by row.
    pub counts: Vec<u16>,
    /// Pixels in a row.
    pub width: usize,
    /// Pixel [m]; NaN if the record holds no scale.
    pub pixel: f64,
    /// Place of the specimen (along and across the wire) at the image's upper left corner [m], the drift taken off.
    pub corner: [f64; 2],
}

/// What the microscope saw.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Microscopy {
    /// Frames in the record.
    pub count: usize,
    /// Exposure of a frame [s].
    pub exposure: f64,
    /// Frames of the key moments, with the moments' names; two moments may share a frame.
    pub moments: Vec<(Vec<String>, Micrograph)>,
    /// The last frame of a run without a break.
    pub end: Option<Micrograph>,
    /// Frames after the rupture, spread evenly over the rest of the run.
    pub after: Vec<Micrograph>,
    /// Frames that there are after the rupture.
    pub after_count: usize,
    /// The gap, magnified.
    pub gap: Option<Micrograph>,
    /// The neck of a break in three dimensions, magnified, by their names in the store; in the order of time.
    pub necks: Vec<(String, Micrograph)>,
    /// Single images that belong to panels of Figures 3 or 5, by their names in the store.
    pub singles: Vec<(String, Micrograph)>,
    /// Whether there is a `movie.mp4` beside the report.
    pub movie: bool,
}

impl Micrograph {
    /// Rows.
    pub(crate) fn height(&self) -> usize {
        self.counts.len().checked_div(self.width).unwrap_or(0)
    }

    /// The part of it within `half` [m] of a place along the wire and of the axis across it; the whole if there is no scale or the place
    /// is not in view.
    pub(crate) fn around(&self, x: f64, half: [f64; 2]) -> Micrograph {
        let within = |k: usize, at: f64, n: usize| {
            let pixel = |x: f64| ((x - self.corner[k]) / self.pixel).round().clamp(0.0, n as f64) as usize;
            pixel(at - half[k])..pixel(at + half[k])
        };
        let (columns, rows) = (within(0, x, self.width), within(1, 0.0, self.height()));
        if columns.is_empty() || rows.is_empty() {
            return self.clone();
        }
        let lines = self.counts.chunks_exact(self.width).skip(rows.start).take(rows.len());
        Micrograph {
            counts: lines.flat_map(|row| row.get(columns.clone()).unwrap_or_default()).copied().collect(),
            width: columns.len(),
            corner: [self.corner[0] + columns.start as f64 * self.pixel, self.corner[1] + rows.start as f64 * self.pixel],
            ..*self
        }
    }
}

/// Numbers of the frames that are shown.
#[derive(PartialEq, Debug, Default)]
struct Choice {
    moments: Vec<(Vec<String>, usize)>,
    after: Vec<usize>,
    after_count: usize,
}

/// The last frame at or before A and B, or the first there is; the first whose exposure lies after C; and up to six from there on.
fn choose(times: &[f64], exposure: f64, moments: &[Moment]) -> Choice {
    let mut choice = Choice::default();
    for m in moments.iter().filter(|m| m.time.is_finite()) {
        // The exposure's edges are sums of floats.
        let behind = || times.iter().position(|t| t - 0.5 * exposure >= m.time - 1e-9);
        let frame = match m.name.as_str() {
            "A" | "B" => times.iter().rposition(|t| *t <= m.time).or((!times.is_empty()).then_some(0)),
            "C" => behind(),
            _ => None,
        };
        let Some(frame) = frame else { continue };
        match choice.moments.iter_mut().find(|(_, k)| *k == frame) {
            Some((names, _)) => names.push(m.name.clone()),
            None => choice.moments.push((vec![m.name.clone()], frame)),
        }
        if m.name == "C" {
            choice.after_count = times.len() - frame;
            let most = choice.after_count.min(MOST_AFTER);
            choice.after = (0..most).map(|k| frame + k * (choice.after_count - 1) / most.saturating_sub(1).max(1)).collect();
        }
    }
    choice
}

/// What the microscope saw of a run; nothing if it took no frames.
///
/// # Errors
/// The record is damaged.
pub fn read(reader: &Reader, summary: &Summary, dir: &Path) -> Result<Option<Microscopy>, RecordError> {
    // Images that belong to a panel of Figure 3 or 5.
    let paneled = summary.plate.chip == "heating" || summary.tables.iter().any(crate::rewiring::is_of_rewiring);
    let Some(frames) = Frames::open(reader)? else {
        let singles = if paneled { singles(reader, None)? } else { Vec::new() };
        return Ok((!singles.is_empty()).then(|| Microscopy { singles, ..Microscopy::default() }));
    };
    let exposure = exposure(summary, &frames.times);
    let choice = choose(&frames.times, exposure, &summary.moments);
    let broke = summary.moments.iter().any(|m| m.name == "C");
    let last = frames.times.len() - 1;
    let folder = if dir.file_name().is_some_and(|n| n == STORE_NAME) { dir.parent().unwrap_or(dir) } else { dir };
    let mut moments = Vec::new();
    for (names, k) in choice.moments {
        moments.push((names, frames.cut(k)?));
    }
    Ok(Some(Microscopy {
        count: frames.times.len(),
        exposure,
        moments,
        end: if broke { None } else { Some(frames.cut(last)?) },
        after: choice.after.into_iter().map(|k| frames.cut(k)).collect::<Result<_, _>>()?,
        after_count: choice.after_count,
        gap: frames.gap()?,
        necks: frames.necks()?,
        singles: if paneled { singles(reader, Some(&frames))? } else { Vec::new() },
        movie: folder.join("movie.mp4").is_file(),
    }))
}

/// The single images that there are.
fn singles(reader: &Reader, frames: Option<&Frames>) -> Result<Vec<(String, Micrograph)>, RecordError> {
    let mut found = Vec::new();
    for name in SINGLES {
        // Whole if they are magnified, else the strip around the wire.
        if let Some(image) = single(reader, &format!("images/{name}"), STRIP, frames)? {
            found.push((name.to_owned(), image));
        }
    }
    Ok(found)
}

/// A single image, cut to `half` [m] on both sides of the axis. It has no drift of its own in the record: that of the frame nearest in time.
pub(crate) fn single(reader: &Reader, group: &str, half: f64, frames: Option<&Frames>) -> Result<Option<Micrograph>, RecordError> {
    let &[height, width] = shape(reader, group, recorded::IMAGE.name)?.as_slice() else { return Ok(None) };
    let info = reader.info(group, recorded::IMAGE.name)?;
    let attribute = |key: &str| info.attributes.get(key).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
    let counts = reader.read_rows_u16(group, recorded::IMAGE.name, 0..height as u64)?;
    let time = attribute("time");
    let drift = frames.map_or([0.0; 2], |f| f.drift(f.nearest(time)));
    let image = Axes::read(reader, group, width, height)?.cut(&counts, half, time, drift);
    let before: f64 = frames.map_or(0.0, |f| f.times.iter().zip(&f.dose).filter(|(t, _)| !(**t > time)).map(|(_, d)| d).sum());
    let dose = attribute("dose");
    Ok(image.map(|image| Micrograph { dose, dose_until: dose + before, ..image }))
}

/// Exposure of a frame [s]: as the protocol says, else from frame to frame.
fn exposure(summary: &Summary, times: &[f64]) -> f64 {
    let said = summary.parameters.iter().find(|p| p.key == "microscope.frame_time").and_then(|p| {
        let (_, second) = pentatwin_units::parse("1 s").ok()?;
        pentatwin_units::parse_as(&p.value, second).ok()
    });
    said.unwrap_or_else(|| match times {
        [first, second, ..] => second - first,
        _ => 0.0,
    })
}

/// The movie in the record.
pub(crate) struct Frames<'a> {
    reader: &'a Reader,
    times: Vec<f64>,
    dose: Vec<f64>,
    /// Drift along x and y [nm], on the frames' clock.
    drift: [Vec<f64>; 2],
    axes: Axes,
}

/// Centres of the pixels.
struct Axes {
    width: usize,
    height: usize,
    /// First pixel and pitch along x and y [m]; NaN where the record holds no axis.
    x: [f64; 2],
    y: [f64; 2],
}

fn numbers(reader: &Reader, group: &str, quantity: &Recorded) -> Result<Vec<f64>, RecordError> {
    match reader.read_f64(group, quantity.name) {
        Ok(numbers) => Ok(numbers.values),
        Err(RecordError::NoSuchArray { .. }) => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

fn shape(reader: &Reader, group: &str, name: &str) -> Result<Vec<usize>, RecordError> {
    match reader.info(group, name) {
        Ok(info) => Ok(info.shape.iter().map(|n| *n as usize).collect()),
        Err(RecordError::NoSuchArray { .. }) => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

impl Axes {
    fn read(reader: &Reader, group: &str, width: usize, height: usize) -> Result<Axes, RecordError> {
        let axis = |values: Vec<f64>, n: usize| match (values.first(), values.last()) {
            (Some(first), Some(last)) if values.len() == n && n > 1 && last > first => {
                [first * 1e-9, (last - first) / (n - 1) as f64 * 1e-9]
            }
            _ => [f64::NAN; 2],
        };
        Ok(Axes {
            width,
            height,
            x: axis(numbers(reader, group, &recorded::X)?, width),
            y: axis(numbers(reader, group, &recorded::Y)?, height),
        })
    }

    /// The rows within `half` [m] of the wire's axis; all if there is no scale.
    fn rows(&self, half: f64, drift: f64) -> std::ops::Range<usize> {
        let [first, pitch] = self.y;
        let row = |y: f64| ((y + drift - first) / pitch + 0.5).round().clamp(0.0, self.height as f64) as usize;
        let rows = row(-half)..row(half);
        if pitch.is_finite() && !rows.is_empty() { rows } else { 0..self.height }
    }

    /// An image cut to its rows; none if counts are missing.
    fn cut(&self, counts: &[u16], half: f64, time: f64, drift: [f64; 2]) -> Option<Micrograph> {
        let rows = self.rows(half, drift[1]);
        let ([x, pixel], [y, pitch]) = (self.x, self.y);
        Some(Micrograph {
            time,
            number: None,
            dose: f64::NAN,
            dose_until: f64::NAN,
            counts: counts.get(rows.start * self.width..rows.end * self.width)?.to_vec(),
            width: self.width,
            pixel,
            corner: [x - 0.5 * pixel - drift[0], y + (rows.start as f64 - 0.5) * pitch - drift[1]],
        })
    }
}

impl<'a> Frames<'a> {
    fn open(reader: &'a Reader) -> Result<Option<Frames<'a>>, RecordError> {
        let &[n, height, width] = shape(reader, "", recorded::FRAMES.name)?.as_slice() else { return Ok(None) };
        let mut times = numbers(reader, "", &recorded::FRAME_TIME)?;
        times.truncate(n);
        if times.is_empty() || width == 0 || height == 0 {
            return Ok(None);
        }
        Ok(Some(Frames {
            reader,
            times,
            dose: numbers(reader, "", &recorded::DOSE)?,
            drift: [
                numbers(reader, recorded::DRIFT_X.group, &recorded::DRIFT_X)?,
                numbers(reader, recorded::DRIFT_Y.group, &recorded::DRIFT_Y)?,
            ],
            axes: Axes::read(reader, "", width, height)?,
        }))
    }

    /// Drift at a frame [m]; none is taken for 0, as in a real record.
    fn drift(&self, k: usize) -> [f64; 2] {
        [0, 1].map(|i| self.drift.get(i).and_then(|d| d.get(k)).copied().filter(|d| d.is_finite()).unwrap_or(0.0) * 1e-9)
    }

    fn cut(&self, k: usize) -> Result<Micrograph, RecordError> {
        let counts = self.reader.read_rows_u16("", recorded::FRAMES.name, k as u64..k as u64 + 1)?;
        let time = self.times.get(k).copied().unwrap_or(f64::NAN);
        let cut = self.axes.cut(&counts, STRIP, time, self.drift(k));
        let image = cut.ok_or_else(|| RecordError::NoSuchArray { array: recorded::FRAMES.name.to_owned() })?;
        Ok(Micrograph {
            number: Some(k + 1),
            dose: self.dose.get(k).copied().unwrap_or(f64::NAN),
            dose_until: self.dose.get(..=k).map_or(f64::NAN, |d| d.iter().sum()),
            ..image
        })
    }

    /// The magnified image of the gap.
    fn gap(&self) -> Result<Option<Micrograph>, RecordError> {
        single(self.reader, GAP, GAP_STRIP, Some(self))
    }

    /// The magnified images of the neck before the rupture; none without a break in three dimensions.
    fn necks(&self) -> Result<Vec<(String, Micrograph)>, RecordError> {
        let mut found = Vec::new();
        for (name, _) in NECKS {
            if let Some(image) = single(self.reader, &format!("images/{name}"), GAP_STRIP, Some(self))? {
                found.push((name.to_owned(), image));
            }
        }
        Ok(found)
    }

    /// The frame nearest in time.
    fn nearest(&self, time: f64) -> usize {
        let distance = |k: &usize| self.times.get(*k).map_or(f64::INFINITY, |t| (t - time).abs());
        (0..self.times.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(name: &str, time: f64) -> Moment {
        Moment { name: name.into(), meaning: String::new(), time, voltage: 0.0, current: 0.0, position: None }
    }

    #[test]
    fn the_frame_of_a_moment_is_the_last_before_it_and_of_the_break_the_first_exposed_after_it() {
        let times: Vec<f64> = (0..20).map(|k| 0.25 + 0.5 * f64::from(k)).collect();
        let made = choose(&times, 0.5, &[moment("A", 2.0), moment("B", 2.25), moment("C", 3.1), moment("after", 10.0)]);
        // The frame of 3.25 s is exposed from 3.0 s on, before the break.
        assert_eq!(made.moments, [(vec!["A".into()], 3), (vec!["B".into()], 4), (vec!["C".into()], 7)]);
        assert_eq!((made.after, made.after_count), (vec![7, 9, 11, 14, 16, 19], 13));
    }

    #[test]
    fn moments_may_share_a_frame_and_a_break_may_have_none() {
        let made = choose(&[0.25], 0.5, &[moment("A", 0.1), moment("B", 0.26), moment("C", 0.26)]);
        assert_eq!(made.moments, [(vec!["A".into(), "B".into()], 0)]);
        assert!(made.after.is_empty());
        assert_eq!(choose(&[], 0.5, &[moment("A", 0.1), moment("C", 0.2)]), Choice::default());
        assert_eq!(choose(&[1.0], 0.5, &[moment("C", 0.2)]).after, [0]);
    }
}
