//! Why no high-resolution image can be made.

use crate::error::MicroscopeError;

/// Why no high-resolution image can be made. Lengths are shown in nm.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HighResolutionError {
    /// Window without pixels, or with too many.
    #[error("a window of {width} x {height} pixels cannot be simulated; each side has 1 to {most} pixels")]
    Pixels {
        /// Along x.
        width: usize,
        /// Along y.
        height: usize,
        /// Most along one side.
        most: usize,
    },
    /// Place or pixel of the window is no number, or no size.
    #[error("a window centred at {centre:?} m with pixels of {pixel:e} m cannot be simulated; a pixel has 1e-13 to 1e-9 m")]
    Window {
        /// Centre [m].
        centre: [f64; 2],
        /// Pixel [m].
        pixel: f64,
    },
    /// Sampling too coarse.
    #[error(
        "pixels of {:.4} nm carry spacings down to {:.4} nm (3 pixels, the 2/3 band limit), not to {:.4} nm; take pixels of at most {:.4} nm",
        pixel * 1e9, 3e9 * pixel, finest * 1e9, finest / 3.0 * 1e9
    )]
    Coarse {
        /// Pixel [m].
        pixel: f64,
        /// Finest spacing wanted [m].
        finest: f64,
    },
    /// No atoms at all, or none in the window and its margin.
    #[error("no atoms in the window and its margin ({given} given); a wave through nothing is 1 everywhere")]
    NoAtoms {
        /// Atoms given.
        given: usize,
    },
    /// A position that is no number, or absurdly far away.
    #[error("atom {index} lies at {position:?} m; positions are finite and within 1 m")]
    Position {
        /// Which atom.
        index: usize,
        /// Where [m].
        position: [f64; 3],
    },
    /// No slices.
    #[error(
        "no slices: from z = {from:e} m to {to:e} m in slices of {slice:e} m; the exit lies beyond the entrance and a slice has a thickness"
    )]
    NoSlices {
        /// Entrance [m].
        from: f64,
        /// Exit [m].
        to: f64,
        /// Thickness [m].
        slice: f64,
    },
    /// More slices than can be meant.
    #[error("{slices:.0} slices of {:.4} nm through {:.1} nm are more than {most}; are the positions in metres?", slice * 1e9, depth * 1e9)]
    TooManySlices {
        /// Slices.
        slices: f64,
        /// Thickness of a slice [m].
        slice: f64,
        /// Depth [m].
        depth: f64,
        /// Most.
        most: usize,
    },
    /// An atom before the entrance or behind the exit.
    #[error("atom {index} lies at z = {z:e} m, outside the slices from {from:e} m to {to:e} m")]
    Outside {
        /// Which atom.
        index: usize,
        /// Its z [m].
        z: f64,
        /// Entrance [m].
        from: f64,
        /// Exit [m].
        to: f64,
    },
    /// Temperature.
    #[error("a specimen at {temperature} K cannot be imaged; {element} is a crystal above 0 K and below {melting} K")]
    Temperature {
        /// Temperature [K].
        temperature: f64,
        /// Of what.
        element: &'static str,
        /// Melting point [K].
        melting: f64,
    },
    /// A setting that is no number or outside its limits.
    #[error("{name} = {value:e} (SI) cannot be used; it must be finite and {wanted}")]
    Setting {
        /// Which one.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        wanted: &'static str,
    },
    /// Memory.
    #[error(
        "{width} x {height} pixels with the margin need {needed} MB, {allowed} MB are allowed; take fewer pixels or a thinner margin, or raise `memory`"
    )]
    Memory {
        /// Pixels along x, margin included.
        width: usize,
        /// Pixels along y, margin included.
        height: usize,
        /// Needed [MB].
        needed: usize,
        /// Allowed [MB].
        allowed: usize,
    },
    /// An image that does not fit its window.
    #[error("an image of {values} values is not one of {width} x {height} pixels")]
    Size {
        /// Values given.
        values: usize,
        /// Along x.
        width: usize,
        /// Along y.
        height: usize,
    },
    /// An image with a value that is no intensity.
    #[error("the image's value {index} is {value}; an intensity is finite and not negative: are all numbers of the lens finite?")]
    Intensity {
        /// Which value.
        index: usize,
        /// What it is.
        value: f32,
    },
    /// The camera.
    #[error(transparent)]
    Camera(#[from] MicroscopeError),
}
