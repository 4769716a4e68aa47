//! What follows a wire through the frames.

use std::error::Error;

use pentatwin_analysis::movie::{Contrast, FrameMeasure, Image, MovieError, MovieMeasurement, Tracker, TrackerSettings};

/// What is known of a movie before its first frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Start {
    /// Size of a pixel [m].
    pub pixel: f64,
    /// How silver shows, if known.
    pub contrast: Option<Contrast>,
    /// Direction of the wire's axis against the image's x [rad], if known.
    pub angle: Option<f64>,
    /// Width and height of a frame [pixels].
    pub size: [usize; 2],
}

/// Follows one wire, one image after the other.
pub trait Follow: Sized {
    /// Why a movie cannot be followed.
    type Error: Error + Send + Sync + 'static;

    /// Takes the next image; `time` is the middle of its exposure [s].
    ///
    /// # Errors
    /// It cannot be followed.
    fn push(&mut self, time: f64, image: &Image) -> Result<(), Self::Error>;

    /// What was measured last, once there is something.
    fn live(&self) -> Option<&FrameMeasure>;

    /// What was measured.
    ///
    /// # Errors
    /// There is nothing.
    fn finish(self) -> Result<MovieMeasurement, Self::Error>;
}

/// The usual follower, for [`super::analyze_with`].
///
/// # Errors
/// As [`Tracker::new`].
pub fn tracker(start: &Start) -> Result<Tracker, MovieError> {
    let settings = TrackerSettings { pixel: start.pixel, contrast: start.contrast, angle: start.angle };
    Tracker::new(settings, start.size[0], start.size[1])
}

impl Follow for Tracker {
    type Error = MovieError;

    fn push(&mut self, time: f64, image: &Image) -> Result<(), MovieError> {
        Tracker::push(self, time, image)
    }

    fn live(&self) -> Option<&FrameMeasure> {
        Tracker::live(self)
    }

    fn finish(self) -> Result<MovieMeasurement, MovieError> {
        Tracker::finish(self)
    }
}
