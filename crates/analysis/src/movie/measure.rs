//! What is measured in a movie.

use super::image::{Axis, Contrast};
use crate::Measurement;

/// Bits of what is the matter with a frame.
pub mod frame_flags {
    /// The same image as the one before: its measures repeat that one's.
    pub const DUPLICATE: u8 = 1;
    /// Too many pixels are saturated or dead to measure.
    pub const SATURATED: u8 = 2;
    /// No wire was found in it.
    pub const NO_WIRE: u8 = 4;
    /// A part of the wire lies outside the image.
    pub const LEAVES: u8 = 8;
    /// The drift could not be followed and was continued from the frames before.
    pub const LOST: u8 = 16;
    /// The time to the frame before is not that of the other frames: frames were dropped.
    pub const AFTER_A_GAP: u8 = 32;
}

/// Where the specimen has moved to since the first frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Drift {
    /// Along the image's x and y [m].
    pub shift: [f64; 2],
    /// Covariance [m²]: xx, xy, yy.
    pub covariance: [f64; 3],
}

/// The end of a piece of wire at a gap.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TipShape {
    /// Radius of the end [m].
    pub radius: Measurement,
    /// Half of the cone's angle [rad].
    pub half_angle: Measurement,
}

/// A gap as the image shows it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SeenGap {
    /// Where the left piece ends [m] along the axis.
    pub left: Measurement,
    /// Where the right piece begins [m].
    pub right: Measurement,
    /// Width [m], with its statistical uncertainty.
    pub width: Measurement,
    /// Systematic uncertainty of the width [m]: spread over the shapes a tip may have.
    pub systematic: f64,
    /// By how many standard deviations the background between the tips is brighter (dark-field: darker) than the thinnest wire would be.
    pub significance: f64,
    /// Shape of the tips, left and right, where it can be told.
    pub tips: [Option<TipShape>; 2],
}

/// What is measured in one frame. Arrays have one entry for each position; what is not measured is NaN.
#[derive(Clone, PartialEq, Debug)]
pub struct FrameMeasure {
    /// Number of the frame in the movie.
    pub index: u64,
    /// Middle of its exposure [s], on the camera's clock.
    pub time: f64,
    /// Bits of [`frame_flags`]: a frame with [`frame_flags::NO_WIRE`] or [`frame_flags::SATURATED`] has no widths.
    pub flags: u8,
    /// Drift since the first frame.
    pub drift: Drift,
    /// The wire's axis in this frame's image [rad, pixels].
    pub axis: Axis,
    /// Standard uncertainty of its angle [rad] and offset [pixels].
    pub axis_uncertainty: [f64; 2],
    /// Projected width [m]; 0 in a gap.
    pub width: Vec<f64>,
    /// Its statistical uncertainty [m].
    pub statistical: Vec<f64>,
    /// Its systematic uncertainty [m]: spread over cross-sections and contrast.
    pub systematic: Vec<f64>,
    /// Middle of the outline, across the axis [m].
    pub centre: Vec<f64>,
    /// The widths as this frame alone shows them, and their statistical uncertainties [m]; empty where `width` is that already. What tests
    /// changes against noise needs them: smoothed widths of successive frames err alike.
    pub alone: [Vec<f64>; 2],
    /// The gap, if there is one.
    pub gap: Option<SeenGap>,
}

/// What is measured in a movie.
#[derive(Clone, PartialEq, Debug)]
pub struct MovieMeasurement {
    /// Size of a pixel [m].
    pub pixel: f64,
    /// Pixels of a frame along x and y.
    pub size: [usize; 2],
    /// Contrast.
    pub contrast: Contrast,
    /// Positions along the axis [m] of all profiles, from the centre of the first image.
    pub position: Vec<f64>,
    /// Where the wire comes out of the left and into the right contact [m], for contacts in view.
    pub contacts: [Option<Measurement>; 2],
    /// Cross-section that fits best, in words.
    pub section: String,
    /// Area of that cross-section over the square of its projected width.
    pub area_factor: f64,
    /// The frames, in order.
    pub frames: Vec<FrameMeasure>,
    /// Index in `frames` of the first one that shows the wire parted.
    pub rupture: Option<usize>,
    /// What had to be decided or left out, one sentence each.
    pub notes: Vec<String>,
}
