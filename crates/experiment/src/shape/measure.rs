//! Numbers of a break in three dimensions, from the lattice's sites: the simulator's own state, judged by the analysis that reads movies.

use pentatwin_analysis::atoms::{
    AsMade, AtomsError, Broken, Hillock, LayerAreas, OutlineAmplitudes, Pit, PitTrack, broken, hillock, layer_areas, outline_amplitudes,
    pits, track,
};
use pentatwin_physics::lattice::Occupation;
use pentatwin_physics::shape::{Filled, Place, ShapeEngine};
use std::f64::consts::FRAC_PI_2;

use super::log::ShapeState;

/// Layers of the window at each end that the wire engine holds: not read.
const HELD: f64 = 8.0;
/// The neck at which the state before the rupture is read: later it lasts microseconds.
const BEFORE: f64 = 0.2;

/// What was read off a shape.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// The wire as made, on the lattice's terms.
    pub made: AsMade,
    /// The outline of the wire as made: what amplitudes are compared with.
    pub virgin: OutlineAmplitudes,
    /// Sections at the end.
    pub areas: LayerAreas,
    /// Gap and tips, if it parted.
    pub broken: Option<Broken>,
    /// The last kept state before the rupture whose neck had at least a fifth of its cross-section: time [s], neck, sections.
    pub before: Option<(f64, f64, LayerAreas)>,
    /// Place of the neck in that state, or of the gap [m].
    pub neck: f64,
    /// Hillocks at the end: on the side of contact 1 and of contact 2.
    pub hillocks: [Option<Hillock>; 2],
    /// Pits of one side before the rupture, joined over the kept states.
    pub pits: Vec<PitTrack>,
    /// Roughness of the outline at the end, rms [m]: of the tips' neighbourhood.
    pub window: [f64; 2],
}

/// Places of the occupied sites [m]: along x from the edge of contact 1, across it in the plane of the membrane, and along the beam; twin plane
/// 0 up.
pub fn positions_of(place: &Place, state: &Occupation) -> Vec<[f64; 3]> {
    let origin = place.origin();
    let mut all = state.positions(&place.graph, |_| true);
    for p in &mut all {
        *p = [origin + p[0], -p[2], p[1]];
    }
    all
}

/// The wire as made.
pub fn made_of(place: &Place) -> AsMade {
    AsMade { pitch: place.graph.pitch(), site_volume: place.site, area: place.area, azimuth: FRAC_PI_2, axis: [0.0; 2] }
}
