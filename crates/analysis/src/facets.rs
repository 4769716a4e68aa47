//! Facets and tips from an outline.
//!
//! [`facets`] fits a continuous line of one to four straight segments to the points of one side and chooses their number; [`tip`] fits a
//! rounded cone to both sides of an end. Lengths are in m, angles in rad against the axis.

pub(crate) mod normal;
mod segments;
mod tip;

pub use segments::{Facet, FacetError, FacetRule, Outline, facets};
pub use tip::{Tip, TipEnd, TipError, tip};

/// A point of an outline.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OutlinePoint {
    /// Along the axis [m].
    pub along: f64,
    /// Across it [m].
    pub across: f64,
    /// Standard uncertainty of `across` [m].
    pub sigma: f64,
}

impl OutlinePoint {
    fn usable(&self) -> bool {
        self.along.is_finite() && self.across.is_finite() && self.sigma.is_finite() && self.sigma > 0.0
    }
}
