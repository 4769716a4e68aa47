//! The frames of a record, one at a time, with what was measured meanwhile.

use super::data_bar::{Place, data_bar};
use super::picture::{LARGEST, Picture, Scale};
use super::{Contrast, ExportError};
use crate::{Reader, RecordError};

/// The frames of a record.
pub struct Frames<'a> {
    reader: &'a Reader,
    /// Middle of each exposure [s].
    times: Vec<f64>,
    width: usize,
    height: usize,
    pixel: [Option<f64>; 2],
    contrast: Contrast,
    /// Time [s], voltage [V] and current [A] of the samples.
    samples: [Vec<f64>; 3],
}

/// How a frame becomes a picture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PictureOptions {
    /// With frame number, time, voltage, current and scale bar below it.
    pub annotated: bool,
    /// Longest side of the image [pixels]; a larger frame is binned.
    pub largest: usize,
}

impl Default for PictureOptions {
    fn default() -> Self {
        Self { annotated: true, largest: LARGEST }
    }
}

impl<'a> Frames<'a> {
    /// The frames of a record. Their contrast is taken from the first [`Contrast::FROM_FRAMES`].
    ///
    /// # Errors
    /// [`ExportError::NoFrames`], or the record is damaged.
    pub fn open(reader: &'a Reader) -> Result<Self, ExportError> {
        let none = || ExportError::NoFrames { path: reader.path().to_owned() };
        let shape = match reader.info("", "frames") {
            Ok(info) => info.shape,
            Err(RecordError::NoSuchArray { .. }) => return Err(none()),
            Err(e) => return Err(e.into()),
        };
        let &[n, height, width] = shape.as_slice() else {
            return Err(RecordError::mismatch("frames", format!("has {} dimensions, not three", shape.len())).into());
        };
        if n == 0 || height == 0 || width == 0 {
            return Err(none());
        }
        let times = reader.read_f64("", "frame_time")?.values;
        if times.len() as u64 != n {
            return Err(RecordError::mismatch("frames", format!("{n} frames, but {} times of frames", times.len())).into());
        }
        let read = |name: &str| match reader.read_f64("", name) {
            Ok(numbers) => Ok(numbers.values),
            Err(RecordError::NoSuchArray { .. }) => Ok(Vec::new()),
            Err(e) => Err(e),
        };
        let samples = [read("time")?, read("voltage")?, read("current")?];
        let pixel = [pitch(&read("x")?), pitch(&read("y")?)];
        let mut failed = None;
        let first = (0..n.min(Contrast::FROM_FRAMES)).map_while(|k| match reader.read_rows_u16("", "frames", k..k + 1) {
            Ok(counts) => Some(counts),
            Err(e) => {
                failed = Some(e);
                None
            }
        });
        let contrast = Contrast::of(first);
        match failed {
            Some(e) => Err(e.into()),
            None => Ok(Self { reader, times, width: width as usize, height: height as usize, pixel, contrast, samples }),
        }
    }

    /// How many there are, one at least.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> u64 {
        self.times.len() as u64
    }

    /// Pixels along x and along y.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Size of a pixel along x and along y [nm], where the record says it.
    pub fn pixel(&self) -> [Option<f64>; 2] {
        self.pixel
    }

    /// Middle of each exposure [s].
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Median time from frame to frame [s]; `None` if there is but one.
    pub fn interval(&self) -> Option<f64> {
        median_step(&self.times)
    }

    /// The frame whose exposure is nearest to a time [s].
    pub fn nearest(&self, time: f64) -> u64 {
        nearest(&self.times, time).unwrap_or(0) as u64
    }

    /// The counts that are shown black and white, in all frames alike.
    pub fn contrast(&self) -> Contrast {
        self.contrast
    }

    /// The counts of a frame, row by row.
    ///
    /// # Errors
    /// [`ExportError::NoSuchFrame`], or the record is damaged.
    pub fn counts(&self, frame: u64) -> Result<Vec<u16>, ExportError> {
        if frame >= self.len() {
            return Err(ExportError::NoSuchFrame { frame, frames: self.len() });
        }
        Ok(self.reader.read_rows_u16("", "frames", frame..frame + 1)?)
    }

    /// A frame as a PNG file.
    ///
    /// # Errors
    /// As [`Frames::counts`].
    pub fn png(&self, frame: u64, options: &PictureOptions) -> Result<Vec<u8>, ExportError> {
        self.picture(frame, options, Place::Below, &self.contrast.table())?.png()
    }

    pub(crate) fn picture(&self, frame: u64, options: &PictureOptions, bar: Place, table: &[u8]) -> Result<Picture, ExportError> {
        let scale = self.scale(options);
        let mut picture = Picture::of(&self.counts(frame)?, self.width, scale, table);
        if options.annotated {
            let [first, second] = self.words(frame);
            data_bar(&mut picture, bar, [&first, &second], self.pixel[0].map(|nm| nm * scale.pixels()));
        }
        Ok(picture)
    }

    pub(crate) fn scale(&self, options: &PictureOptions) -> Scale {
        Scale::to_fit(self.width, self.height, options.largest)
    }

    /// What stands below a frame: its number, counted from 1, and time; voltage and current of the nearest sample.
    fn words(&self, frame: u64) -> [String; 2] {
        let time = self.times.get(frame as usize).copied().unwrap_or(f64::NAN);
        // A digit more than tells the frames apart.
        let decimals = self.interval().map_or(3, |step| (1.0 - step.log10().floor()).clamp(0.0, 6.0) as usize);
        let digits = self.len().to_string().len();
        let first = format!("frame {:digits$}/{}   t = {time:.decimals$} s", frame + 1, self.len());
        let [times, voltage, current] = &self.samples;
        // With nothing sampled for longer than frames and samples are apart (a wait), the nearest sample says nothing of this frame.
        let reach = self.interval().unwrap_or(0.0).max(median_step(times).unwrap_or(0.0)) * 1.001;
        let at = nearest(times, time).filter(|&k| (times[k] - time).abs() <= reach);
        let value = |of: &[f64], unit| at.and_then(|k| of.get(k)).map_or("not sampled".to_owned(), |v| engineering(*v, unit));
        [first, format!("V = {}   I = {}", value(voltage, "V"), value(current, "A"))]
    }
}

/// Distance of equally spaced positions; `None` if there are fewer than two, or they do not rise.
fn pitch(positions: &[f64]) -> Option<f64> {
    let (&first, &last) = (positions.first()?, positions.last()?);
    let pitch = (last - first) / (positions.len() as f64 - 1.0);
    (pitch.is_finite() && pitch > 0.0).then_some(pitch)
}

fn median_step(times: &[f64]) -> Option<f64> {
    let mut steps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0).collect();
    let middle = steps.len() / 2;
    (!steps.is_empty()).then(|| *steps.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// Index of the value nearest to `time` among rising `times`.
fn nearest(times: &[f64], time: f64) -> Option<usize> {
    let after = times.partition_point(|t| *t < time);
    let distance = |k: usize| times.get(k).map_or(f64::INFINITY, |t| (t - time).abs());
    let best = if after > 0 && distance(after - 1) <= distance(after) { after - 1 } else { after };
    (best < times.len()).then_some(best)
}

/// A value with four significant digits and a prefix, always of the same width, so that a movie's digits keep their places.
fn engineering(value: f64, unit: &str) -> String {
    const PREFIXES: [(f64, &str); 5] = [(1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p")];
    if !value.is_finite() {
        return format!("{:>6} {unit} ", "none");
    }
    // From 0.99995 on four digits round to 1.
    let fits = |(factor, _): &&(f64, &str)| value.abs() >= 0.999_95 * factor;
    let (factor, prefix) = *PREFIXES.iter().find(fits).unwrap_or(&PREFIXES[if value == 0.0 { 0 } else { 4 }]);
    let number = value / factor;
    let decimals = if number.abs() < 9.9995 { 3 } else { usize::from(number.abs() < 999.95) + usize::from(number.abs() < 99.995) };
    format!("{number:>6.decimals$} {:<width$}", format!("{prefix}{unit}"), width = unit.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_width() {
        for (value, text) in [
            (1.2345, " 1.234 A "),
            (-0.012_345, "-12.35 mA"),
            (3.456e-3, " 3.456 mA"),
            (999.96e-6, " 1.000 mA"),
            (123.4e-9, " 123.4 nA"),
            (0.0, " 0.000 A "),
            (-1e-15, "-0.001 pA"),
            (f64::NAN, "  none A "),
        ] {
            assert_eq!(engineering(value, "A"), text);
        }
    }

    #[test]
    fn the_nearest_is_found() {
        let times = [0.0, 1.0, 2.0];
        assert_eq!([-5.0, 0.4, 0.6, 1.0, 1.5, 9.0].map(|t| nearest(&times, t)), [0, 0, 1, 1, 1, 2].map(Some));
        assert_eq!(nearest(&[], 1.0), None);
        assert_eq!(median_step(&[0.0, 0.5, 1.0, 9.0]), Some(0.5));
        assert_eq!((median_step(&[1.0]), pitch(&[1.0]), pitch(&[]), pitch(&[2.0, 1.0])), (None, None, None, None));
        assert_eq!(pitch(&[1.0, 3.0, 5.0]), Some(2.0));
    }
}
