//! The model as a SPICE subcircuit.

/// What.
pub struct Deck;
/// s
pub fn subcircuit() {}
/// d
pub fn deck() {}
