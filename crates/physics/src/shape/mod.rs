//! The shape engine: the break in three dimensions (shape3d.md).
//!
//! A coarse five-fold twinned lattice (the graph is [`crate::lattice`]'s), on which sites hop under capillarity and the wind of the current,
//! in a window of the wire around the place that the wire engine depletes:
//!
//! * [`Kinetics`]: local hops with constant saddles, one facet state for the whole window, a mobility per layer, a bias per site,
//! * [`Potential`]: the current's potential on the same lattice,
//! * [`Shape`]: what a protocol says of all that.
//!
//! Approximations, each made where it is used: no vacancies in the bulk, so no voids inside; a facet state chosen by hand instead of the bond
//! energy over kT, which would freeze a lattice so coarse; shapes below two pitches mean nothing; thermal roughness is b³ times too strong.

mod kinetics;
mod potential;
mod settings;

pub use kinetics::{Buffer, Kinetics, KineticsError, Ledger, flux_constant};
pub use potential::Potential;
pub use settings::{Coupling, Shape};
