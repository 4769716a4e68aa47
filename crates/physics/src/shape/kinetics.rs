//! Hops.

/// Hops.
#[derive(Clone, Debug)]
pub struct Kinetics;
