//! Spacings and angles of a lattice in a patch of an image.
//!
//! A [`Patch`] is windowed and transformed ([`Spectrum`]); its power is judged against the background of its own radius and surroundings,
//! and what stands above it at a stated false-alarm level are [`Peak`]s ([`peaks`]). Where a known [`Crystal`] is in view, [`assign`] says
//! which peak is which reflection, and [`Affine`] turns that into scale, shear and rotation of the image and corrects the other peaks.
//! Frequencies are in 1/m, lengths in m, angles in rad from the image's x towards its y.

mod affine;
mod assign;
mod crystal;
mod mirror;
mod peaks;
mod spectrum;
mod window;

pub use affine::{Affine, AffineError, Spot};
pub use assign::{AssignError, AssignRule, assign};
pub use crystal::{Centring, Crystal, Reflection};
pub use mirror::{MirrorPlanes, MirrorRule, mirror_planes};
pub use peaks::{Peak, PeakRule, angle_between, peaks};
pub use spectrum::{Patch, PatchError, Spectrum};
pub use window::Window;
