//! The frames as a movie any browser plays.

use std::path::Path;

use super::{Contrast, ExportError};
use crate::Reader;

/// How the movie is made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MovieOptions {
    /// Frames shown in a second.
    pub fps: f64,
    /// The frames alone, without words and scale bar.
    pub raw: bool,
}

impl MovieOptions {
    /// Slowest frame rate [1/s].
    pub const SLOWEST: f64 = 0.1;
    /// Fastest frame rate [1/s].
    pub const FASTEST: f64 = 120.0;
}

impl Default for MovieOptions {
    fn default() -> Self {
        Self { fps: 10.0, raw: false }
    }
}

/// What was made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MovieInfo {
    /// Frames, as many as the record has.
    pub frames: u64,
    /// Width [pixels].
    pub width: usize,
    /// Height [pixels], the bar above the image included.
    pub height: usize,
    /// How long it plays [s].
    pub duration: f64,
    /// The counts shown black and white.
    pub contrast: Contrast,
    /// Pixels of a frame in one of the movie, along a side: 2 if it was binned 2 x 2, 0.5 if it was enlarged twice.
    pub pixels: f64,
    /// Size of the file [bytes].
    pub bytes: u64,
}

/// Writes the frames as H.264 in MP4. Grey is linear in the counts between fixed limits, [`Contrast`]; the compression is lossy: measure in
/// the record, not in the movie. One frame is in memory at a time, and the compressed movie (some 120 kB a frame of a million pixels).
///
/// # Errors
/// [`ExportError::NoFrames`], [`ExportError::NoMovies`], a failure to read or write.
pub fn movie(reader: &Reader, out: &Path, options: &MovieOptions) -> Result<MovieInfo, ExportError> {
    if !(options.fps >= MovieOptions::SLOWEST && options.fps <= MovieOptions::FASTEST) {
        return Err(ExportError::FrameRate { fps: options.fps });
    }
    let frames = super::Frames::open(reader)?;
    encode(&frames, out, options)
}

#[cfg(feature = "movie")]
use super::h264::encode;

#[cfg(not(feature = "movie"))]
fn encode(_: &super::Frames, _: &Path, _: &MovieOptions) -> Result<MovieInfo, ExportError> {
    Err(ExportError::NoMovies)
}
