//! The rewiring engine: silver crosses a gap, builds particles, and a current finds its way along them (rewiring.md).
//!
//! A hybrid: ions and neutral atoms walk on a lattice; particles are bodies with a place and a size; the current flows through tunnelling gaps
//! and point contacts between them. Events are drawn one by one in continuous time; there is no floor of the time step. Maturity: exploratory.
//!
//! Signs: contact 1's side is at potential 0, contact 2's at the voltage across the gap; a positive voltage makes contact 2's side positive.

mod circuit;
pub mod compact;
mod crystal;
mod engine;
mod events;
mod field;
mod geometry;
mod laws;
mod ledger;
mod links;
mod network;
mod particles;
mod rebuild;
mod relax;
mod settings;
mod step;
mod supply;
mod walk;

pub use circuit::{Solution, Source};
pub use crystal::LIFT;
pub use engine::{GapEngine, GapState};
pub use field::Field;
pub use geometry::{GapError, GapGeometry};
pub use laws::{ATOM, CONTACT, NARROW, SPACING};
pub use ledger::{Heat, Ledger};
pub use links::{Asperity, Link, Node};
pub use network::{Network, Seen};
pub use particles::{DISSOLVED, METALLIC, Particle};
pub use settings::{Hypothesis, Rewiring, Surroundings};
