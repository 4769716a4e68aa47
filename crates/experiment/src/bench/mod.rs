//! Benches: what carries a protocol out.

mod meter;
mod virtual_bench;

pub use meter::Meter;
pub use virtual_bench::{Reading, StepEnd, VirtualBench};
