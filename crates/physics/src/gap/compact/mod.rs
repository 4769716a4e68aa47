//! The compact model of a rewired gap: two states and an implicit step, for networks of many junctions (rewiring.md section 6).
//!
//! L is how far the chain of silver has come from the inert side, w the contact that closes the last 1.6 nm: below 1 the part of that
//! distance which is filled, above 1 the conductance over the quantum. Voltages are positive on the silver side. Barriers, field length,
//! attempt frequency, temperature and the rest are those of [`super::Rewiring`], for vacuum and humid surroundings; six constants are fitted
//! to the rewiring engine ([`Constants`], `examples/compact_fit.rs`). Only the hypothesis of adsorbate-assisted ions has a compact model.
//!
//! ```
//! use pentatwin_physics::gap::{Rewiring, compact::{CompactGap, Load}};
//! let mut gap = CompactGap::new(&Rewiring::default(), 10e-9, 300.0)?;
//! let load = Load { series: 1e3, limit: 10e-6 };
//! let (mut voltage, mut current) = (0.0, 0.0);
//! while current < 1e-8 && voltage < 5.0 {
//!     voltage += 1e-3; // 100 mV/s
//!     current = gap.step_behind(voltage, &load, 0.01).current;
//! }
//! assert!(current > 1e-8, "it rises at some voltage below 5 V");
//! # Ok::<(), pentatwin_physics::gap::compact::CompactError>(())
//! ```

mod constants;
mod load;
mod model;
mod rates;
mod scatter;
mod solve;
mod spice;

pub use constants::Constants;
pub use load::{Load, Point};
pub use model::{CompactError, CompactGap, CompactState, not_covered};
pub use spice::{Deck, deck, subcircuit};
