//! Potential.

/// Potential.
#[derive(Clone, Debug)]
pub struct Potential;
