//! Why there is no spectrum.

use crate::MicroscopeError;

/// Why there is no spectrum.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum SpectrumError {
    /// The area cannot be looked at.
    #[error(transparent)]
    View(#[from] MicroscopeError),
    /// A setting is not one.
    #[error("edx.{name} = {value} cannot be worked with; {wanted}")]
    Setting {
        /// Name of the parameter.
        name: &'static str,
        /// Its value, SI.
        value: f64,
        /// What would be right.
        wanted: &'static str,
    },
    /// The wafer stops the beam.
    #[error("the specimen lies on a wafer, which no electron passes: spectra are of thin specimens; choose a membrane")]
    Opaque,
    /// A thickness is no length.
    #[error("layer {layer} is {thickness} m thick; a thickness is finite and not negative")]
    Thickness {
        /// From below.
        layer: usize,
        /// What was given [m].
        thickness: f64,
    },
}
