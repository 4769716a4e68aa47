//! What can go wrong with an export.

use std::path::PathBuf;

use crate::RecordError;

/// Errors of exports.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The record cannot be read, or the file cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Nothing was imaged.
    #[error("{} has no frames: this run was made without imaging", path.display())]
    NoFrames {
        /// The store.
        path: PathBuf,
    },
    /// There are fewer frames.
    #[error("there is no frame {frame}: the record has {frames}, counted from 0")]
    NoSuchFrame {
        /// The frame asked for.
        frame: u64,
        /// How many there are.
        frames: u64,
    },
    /// A frame rate no player shows.
    #[error(
        "{fps} frames per second cannot be played: choose from {} to {}",
        crate::export::MovieOptions::SLOWEST,
        crate::export::MovieOptions::FASTEST
    )]
    FrameRate {
        /// What was asked for.
        fps: f64,
    },
    /// The feature `movie` is off.
    #[error("this pentatwin writes no movies: it was built without its default feature `movie`")]
    NoMovies,
    /// The path names no file.
    #[error("{} names no file to write", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The encoder or the format does not take the frames.
    #[error("the frames cannot be written as {format}: {why}")]
    Format {
        /// H.264, MP4, TIFF, PNG.
        format: &'static str,
        /// The encoder's word on it.
        why: String,
    },
}

impl ExportError {
    pub(crate) fn format(format: &'static str, why: impl ToString) -> Self {
        Self::Format { format, why: why.to_string() }
    }
}
