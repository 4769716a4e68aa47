//! A number with its uncertainty.

/// A number with its standard uncertainty, both in the same SI unit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measurement {
    /// The number.
    pub value: f64,
    /// Its standard uncertainty (one sigma), 0 or more.
    pub uncertainty: f64,
}

impl Measurement {
    /// A number with its standard uncertainty.
    pub const fn new(value: f64, uncertainty: f64) -> Measurement {
        Measurement { value, uncertainty: uncertainty.abs() }
    }
}

/// Standard deviation of something that lies anywhere within a width with equal likelihood: width/√12.
pub(crate) fn uniform(width: f64) -> f64 {
    width.abs() / 12f64.sqrt()
}
