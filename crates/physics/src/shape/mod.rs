//! The shape engine: the break in three dimensions (shape3d.md).
//!
//! A coarse five-fold twinned lattice (the graph is [`crate::lattice`]'s), on which sites hop under capillarity and the wind of the current,
//! in a window of the wire around the place that the wire engine depletes:
//!
//! * [`Kinetics`]: local hops with constant saddles, one facet state for the whole window, a mobility per layer, a bias per site,
//! * [`Potential`]: the current's potential on the same lattice,
//! * [`ShapeEngine`]: both together in one window ([`Place`]), with its temperatures and its clock,
//! * [`Shape`]: what a protocol says of all that.
//!
//! Approximations, each made where it is used: no vacancies in the bulk, so no voids inside; a facet state chosen by hand instead of the bond
//! energy over kT, which would freeze a lattice so coarse; shapes below two pitches mean nothing; thermal roughness is b³ times too strong.

mod coupling;
mod engine;
mod kinetics;
mod kohlrausch;
mod place;
mod potential;
mod settings;
mod skin;
mod start;

pub use coupling::{Coupled, Replay};
pub use engine::{Conditions, Fragment, Interval, ShapeEngine};
pub use kinetics::{Buffer, Kinetics, KineticsError, Ledger, flux_constant};
pub use kohlrausch::{Hot, Kohlrausch, KohlrauschError, kohlrausch};
pub use place::{NoShape, Place};
pub use potential::{Piece, Potential, PotentialError, Solution, Solved, pristine_gradient};
pub use settings::{Coupling, Shape};
pub use skin::Skin;
pub use start::Filled;
