//! Why no image can be made.

/// Why no image can be made.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum MicroscopeError {
    /// Size of the image.
    #[error("an image of {width} x {height} pixels cannot be made; each side has 1 to {most} pixels")]
    Pixels {
        /// Along x.
        width: usize,
        /// Along y.
        height: usize,
        /// Most along one side.
        most: usize,
    },
    /// Magnification, place or rotation.
    #[error("a pixel of {pixel:e} m at {centre:?} m, rotated by {rotation} rad, cannot be looked at; a pixel has 1e-13 to 1e-3 m")]
    View {
        /// Pixel [m].
        pixel: f64,
        /// Place [m].
        centre: [f64; 2],
        /// Rotation [rad].
        rotation: f64,
    },
    /// Exposure.
    #[error("an exposure of {time} s with {dose} e/m2 cannot be made; both must be finite and not negative")]
    Exposure {
        /// Time [s].
        time: f64,
        /// Dose [e/m²].
        dose: f64,
    },
    /// The transform that applies the camera's blur failed.
    #[error("the transform of {width} x {height} pixels failed")]
    Transform {
        /// Along x.
        width: usize,
        /// Along y.
        height: usize,
    },
}
