//! Measurements from arrays: I–V curves and the kinetics of a breaking wire.
//!
//! Arrays in, numbers out. Nothing here knows a law of matter or where an array came from: profiles of the radius may be the simulator's
//! or be measured on images, and the same functions judge both. Numbers carry an uncertainty where one can be stated
//! ([`Measurement`]); a measure that an input does not allow (empty, a single sample, all NaN) is `None`, never a guess.
//!
//! * [`iv`]: resistance, ohmicity, break and breakdown from samples of voltage and current,
//! * [`profiles`], [`moments`]: radius over position and time, and the key moments A, B, C,
//! * [`gap`], [`volume`], [`tips`]: the gap and the pieces, neck and hillock, and what the tips do after the break,
//! * [`movie`]: drift, outline and gap, frame by frame,
//! * [`lattice`]: spacings and angles in a patch, and its affine correction by a known crystal,
//! * [`curve`]: branches, annealing, set, return exponent and conductance histogram of a record,
//! * [`joining`]: movie and record on one clock,
//! * [`seen`]: the kinetics of a movie, from its measured widths,
//! * [`facets`]: straight facets of an outline, and rounded tips,
//! * [`particles`]: particles in the gap, their tracks and sizes, and what cannot be decided,
//! * [`atoms`]: faces, angles, sections and outline of a wire whose atoms are known,
//! * [`spectrum`]: X-ray spectra, line families, detection limits and quantification,
//! * [`index`]: Joule heat or electromigration,
//! * [`resistance`]: what a change of resistance is made of.

pub mod atoms;
pub mod curve;
pub mod facets;
mod fit;
pub mod gap;
pub mod index;
pub mod iv;
pub mod joining;
pub mod lattice;
pub mod measurement;
pub mod moments;
pub mod movie;
pub mod particles;
pub mod profiles;
pub mod resistance;
pub mod seen;
pub mod spectrum;
pub mod tips;
pub mod volume;

pub use measurement::Measurement;
pub use profiles::{ProfileError, Profiles};
