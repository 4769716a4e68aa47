//! What was measured in a movie, as a page of its own and as pictures with the outline drawn over the frames.
//!
//! [`render`] makes the page, [`overlays`] the pictures. Both take what the analysis left, and the key frames as the movie has them; nothing
//! here has seen the group `truth`.

mod image;
mod overlay;
mod pack;
mod page;
mod place;
mod section;
mod tables;

use crate::Samples;
use pentatwin_analysis::movie::{FrameMeasure, MovieMeasurement, frame_flags};
use pentatwin_record::measured::Measured;

pub use overlay::overlays;
pub use page::render;
pub(crate) use section::section;

/// Name of the page.
pub const PAGE: &str = "report.html";
/// Folder of the pictures, beside the page.
pub const OVERLAYS: &str = "overlays";

/// A frame that is shown.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyFrame {
    /// What it shows, e.g. `first` or `A, onset`; several where key frames fall together.
    pub names: Vec<String>,
    /// Its index in [`MovieMeasurement::frames`].
    pub frame: usize,
    /// Counts, row by row, of the size that the movie says.
    pub counts: Vec<u16>,
}

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// What was found.
    pub measured: &'a Measured,
    /// Frame by frame, on the camera's clock.
    pub movie: &'a MovieMeasurement,
    /// The electrical record, on its own clock, if there is one.
    pub samples: Option<&'a Samples>,
    /// The frames to show, in order.
    pub keys: &'a [KeyFrame],
}

/// The thinnest place of a wire in a frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Thinnest {
    /// Index of its position.
    pub at: usize,
    /// Width [m].
    pub width: f64,
    /// Statistical standard uncertainty [m].
    pub statistical: f64,
    /// Systematic uncertainty [m].
    pub systematic: f64,
}

impl Thinnest {
    /// Both uncertainties together [m].
    pub fn sigma(&self) -> f64 {
        let systematic = if self.systematic.is_finite() { self.systematic } else { 0.0 };
        self.statistical.hypot(systematic)
    }
}

/// The thinnest place where a frame has a width; `None` if it has none, or if it shows a gap. Of the places of an even wire it is the one
/// that noise made thinnest, so that it reads low by about two statistical uncertainties.
pub fn thinnest(frame: &FrameMeasure) -> Option<Thinnest> {
    if frame.gap.is_some() || frame.flags & (frame_flags::NO_WIRE | frame_flags::SATURATED) != 0 {
        return None;
    }
    let at = |of: &[f64], k: usize| of.get(k).copied().unwrap_or(f64::NAN);
    let sound = |k: &usize| at(&frame.width, *k) > 0.0 && at(&frame.statistical, *k).is_finite();
    let k = (0..frame.width.len()).filter(sound).min_by(|a, b| at(&frame.width, *a).total_cmp(&at(&frame.width, *b)))?;
    Some(Thinnest { at: k, width: at(&frame.width, k), statistical: at(&frame.statistical, k), systematic: at(&frame.systematic, k) })
}
