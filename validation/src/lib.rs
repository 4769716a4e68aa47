//! Runs and measures that the validation tests share.

pub mod lattice;
pub mod measures;
pub mod runs;
pub mod shape_runs;
