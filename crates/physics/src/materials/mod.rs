//! The laws of matter: silver, platinum, silicon nitride, silicon and its oxide.
//!
//! Each law is a small pure function, SI in and out, temperature in kelvin. Beside it stands a [`Law`] of the same name in capitals:
//! unit, range of validity and source. Outside its range a law is evaluated at the nearest end of it (so is NaN, at the lower end) and
//! [`Law::outside`] says so; an engine that takes a step outside flags it in the record. [`LAWS`] lists them all.
//!
//! Tags in the sources: `[S]` read in the source, `[A]` in its abstract, `[M+]` handbook value, `[M]` fairly sure, `[M-]` order of
//! magnitude, `[D]` derived, `[X]` assumption.

pub mod constants;
pub mod film;
pub mod law;
pub mod nitride;
pub mod oxide;
pub mod platinum;
pub mod silver;

pub use law::{LAWS, Law};

#[cfg(test)]
mod tests;
