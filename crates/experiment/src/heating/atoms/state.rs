//! What is measured on one state of the lattice.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::atoms::{AtomsError, EdgeOn, FlankRule, SurfaceRule, Wire, apex, edge_on_angles, surface};
use pentatwin_physics::lattice::{Graph, Occupation};

/// Layers of the tip that hold fewer atoms than this do not count as its end.
const APEX_RANK: usize = 20;
/// How far behind the tip its cap is measured, in apothems: a {111} pyramid is 0.71 of one long.
const REACH: f64 = 1.3;

/// The tip in numbers.
pub struct TipState {
    /// Place of the apex along the axis, from layer 0 [m].
    pub apex: f64,
    /// Part of the cap that is {111}, by area.
    pub share: Option<Measurement>,
    /// Every wedge seen edge-on.
    pub edges: [EdgeOn; 5],
}

/// The wire that a lattice was made as.
pub fn wire(graph: &Graph, shells: usize) -> Wire {
    Wire::from_shells(graph.pitch(), shells)
}

/// Measures the tip of a state; `None` if nothing is left.
pub fn measure(graph: &Graph, occupation: &Occupation, shells: usize) -> Result<Option<TipState>, AtomsError> {
    let wire = wire(graph, shells);
    // Only what lies behind the tip is taken out of the lattice: all positions of a wire would be gigabytes.
    let Some(top) = (0..graph.columns()).filter_map(|c| Some(graph.layer_position(c, occupation.top(c)?))).reduce(f64::max) else {
        return Ok(None);
    };
    let behind = top - (REACH + 0.3) * wire.apothem;
    let all = occupation.positions(graph, |p| p[0] > behind);
    let Some(end) = apex(&all, &wire, APEX_RANK) else { return Ok(None) };
    let near: Vec<[f64; 3]> = all.into_iter().filter(|p| p[0] > end.value - REACH * wire.apothem).collect();
    let share = surface(&near, &wire, &SurfaceRule::default())?.cap().map(|c| c.share);
    let edges = edge_on_angles(&near, &wire, 0.25 * wire.spacing, &FlankRule::default())?;
    Ok(Some(TipState { apex: end.value, share, edges }))
}

/// Mean over the wedges of an angle [rad], with the standard error from their scatter and their own uncertainties. `None` unless all five are
/// known.
pub fn over_wedges(edges: &[EdgeOn; 5], angle: impl Fn(&EdgeOn) -> Option<Measurement>) -> Option<Measurement> {
    let all: Vec<Measurement> = edges.iter().filter_map(angle).collect();
    if all.len() < 5 {
        return None;
    }
    let mean = all.iter().map(|m| m.value).sum::<f64>() / 5.0;
    let scatter = all.iter().map(|m| (m.value - mean).powi(2)).sum::<f64>() / 20.0;
    let own = all.iter().map(|m| m.uncertainty.powi(2)).sum::<f64>() / 25.0;
    Some(Measurement::new(mean, (scatter + own).sqrt()))
}
