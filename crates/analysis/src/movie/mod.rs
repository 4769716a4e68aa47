//! Movies of a wire: drift, outline, gap, frame by frame.
//!
//! A [`Tracker`] takes one image after the other and keeps no more than a few of them; the same code serves a file, a record that grows and
//! a camera. Pixels are counted from the centre of the first one, (0, 0); lengths in images are in pixels, everything that leaves the
//! tracker is in metres. Along the wire's axis runs u, across it v, both from the centre of the image of the first frame; what is measured
//! in a later frame is moved back by the drift.

pub mod drift;
mod gap;
mod image;
pub mod integrity;
mod measure;
pub mod noise;
mod outline;
mod series;
mod tracker;

pub use image::{Axis, Contrast, Image, ImageError};
pub use measure::{Drift, FrameMeasure, MovieMeasurement, SeenGap, TipShape, frame_flags};
pub use tracker::{MovieError, Tracker, TrackerSettings};
