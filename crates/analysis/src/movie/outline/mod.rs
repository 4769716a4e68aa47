//! The outline of the wire in one image after the other.
//!
//! The strip along the wire's axis is cut into bins; in each the most likely outline is sought with a model of the whole cross-section whose
//! absorption and diffraction are free ([`ray`], [`fit`]). What a bin's silver does to the beam changes slowly and is carried from image to
//! image; its outline is measured anew in each, so that a jump is a jump.

mod cholesky;
mod fast;
pub mod fit;
pub mod learn;
pub mod noise;
pub mod ray;
pub mod section;
pub mod state;
pub mod strip;
pub mod tip;
pub mod wire;
