//! Numbers of a break in three dimensions: the simulator's own state, read by the analysis that reads lattices of any origin.

use pentatwin_analysis::atoms::{
    AsMade, AtomsError, Broken, Hillock, LayerAreas, OutlineAmplitudes, PitState, PitTrack, broken, hillock, layer_areas,
    outline_amplitudes, relief, track,
};
use pentatwin_physics::lattice::{Graph, Occupation};
use pentatwin_physics::materials::silver::OMEGA;
use pentatwin_physics::shape::{Filled, Place, ShapeEngine};
use std::f64::consts::FRAC_PI_2;

use super::log::ShapeState;
use crate::measure::Numbers;

/// The neck at which the state before the rupture is read: what comes after lasts microseconds.
const BEFORE: f64 = 0.2;
/// What is read of the roughness: this far to both sides of the gap [m].
const NEAR: f64 = 200e-9;
/// Shares of the amplitudes: index of the fifth among two to five.
const FIVE: usize = 3;

/// What was read off a shape.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// The wire as made, in the lattice's terms.
    pub made: AsMade,
    /// Outline of the wire as made: what amplitudes are compared with.
    pub virgin: Option<OutlineAmplitudes>,
    /// Gap and tips, if it parted.
    pub broken: Option<Broken>,
    /// The last kept state before the rupture whose neck had at least a fifth of its cross-section.
    pub before: Option<Before>,
    /// The thickest places at the end, on the side of contact 1 and of contact 2.
    pub hillocks: [Option<Hillock>; 2],
    /// Pits of one side before the rupture, followed over the kept states, and the times of those [s].
    pub pits: Vec<PitTrack>,
    /// Roughness of the outline near the gap or neck, rms [m].
    pub roughness: Option<f64>,
}

/// The state before the rupture.
#[derive(Clone, Debug)]
pub struct Before {
    /// Time [s].
    pub time: f64,
    /// Cross-section of the neck over the as-made one.
    pub neck: f64,
    /// Where the neck is [m].
    pub at: f64,
    /// Mean A/A0 from one end of the window to the neck, and from there to the other end.
    pub halves: [f64; 2],
}

/// Places of the occupied sites of the window and its buffers [m]: along x from the edge of contact 1, across it in the plane of the membrane,
/// and along the beam; twin plane 0 up.
pub fn positions_of(place: &Place, state: &Occupation) -> Vec<[f64; 3]> {
    turned(state.positions(&place.graph, |_| true), place.origin())
}

/// Places of a lattice, from its own orientation to that of a wire that lies on a flat wall, with layer 0 at `origin` [m].
pub fn turned(mut positions: Vec<[f64; 3]>, origin: f64) -> Vec<[f64; 3]> {
    positions.iter_mut().for_each(|p| *p = [origin + p[0], -p[2], p[1]]);
    positions
}

/// The wire as made, in the lattice's terms.
pub fn made_of(place: &Place) -> AsMade {
    made_of_graph(&place.graph, place.area)
}

/// A wire of a cross-section [m²] as made, in a lattice's terms.
pub fn made_of_graph(graph: &Graph, area: f64) -> AsMade {
    let site_volume = graph.atoms_per_site() * OMEGA;
    AsMade { pitch: graph.pitch(), site_volume, area, azimuth: FRAC_PI_2, axis: [0.0; 2] }
}

/// Reads a shape at its end, and the states that were kept of it.
///
/// # Errors
/// The lattice cannot be measured: nothing is left of it.
pub fn measure(shape: &ShapeEngine, kept: &[ShapeState]) -> Result<Shaped, AtomsError> {
    let place = shape.place();
    let made = made_of(place);
    let positions = positions_of(place, shape.occupation());
    let areas = layer_areas(&positions, &made)?;
    let broken = broken(&positions, &made)?;
    let section = positions_of(place, &Occupation::of(&Filled::section(&place.graph, place.shells), &place.graph));
    let middle = place.start + 0.5 * place.length();
    let virgin = outline_amplitudes(&section, &made, middle - 10.0 * made.pitch, middle + 10.0 * made.pitch)?;
    let whole: Vec<&ShapeState> = kept.iter().filter(|s| s.neck > 0.0).collect();
    let (from, to) = (place.x(place.window().start), place.x(place.window().end - 1));
    let before = match whole.iter().rev().find(|s| s.neck >= BEFORE) {
        Some(state) => {
            let areas = layer_areas(&positions_of(place, &state.occupation), &made)?;
            let at = neck_of(&areas, from, to).unwrap_or(middle);
            let half = |a: f64, b: f64| areas.mean_ratio(a, b).map_or(f64::NAN, |m| m.value);
            Some(Before { time: state.time, neck: state.neck, at, halves: [half(from, at), half(at, to)] })
        }
        None => None,
    };
    let states: Vec<PitState> =
        whole.iter().map(|s| PitState::new(s.time, &positions_of(place, &s.occupation), &made)).collect::<Result<_, _>>()?;
    let at = broken.as_ref().map(|b| b.gap.centre.value).or_else(|| neck_of(&areas, from, to)).unwrap_or(middle);
    Ok(Shaped {
        virgin,
        hillocks: [hillock(&positions, &areas, from, at)?, hillock(&positions, &areas, at, to)?],
        roughness: relief(&positions, &made)?.roughness((at - NEAR).max(from), (at + NEAR).min(to)).map(|m| m.value),
        pits: track(&states),
        made,
        broken,
        before,
    })
}

/// Where a wire is thinnest between two places [m].
fn neck_of(areas: &LayerAreas, from: f64, to: f64) -> Option<f64> {
    areas.smallest_ratio(from, to).map(|(_, at)| at.value)
}

/// |c5|/c0 of a tip, and the mean of |c2| to |c4|, of the outermost sites: 0.053 and 0.001 of a wire as made.
pub fn amplitudes(outline: &OutlineAmplitudes) -> (f64, f64) {
    let c = &outline.outermost;
    (c[FIVE].value, c[..FIVE].iter().map(|m| m.value).sum::<f64>() / FIVE as f64)
}

impl Shaped {
    /// Numbers by name, SI: `tip_1` on the side of contact 1, `tip_2` on that of contact 2.
    pub fn numbers(&self) -> Numbers {
        let mut numbers = Numbers::new();
        let mut put = |name: String, value: Option<f64>| {
            if let Some(v) = value.filter(|v| v.is_finite()) {
                numbers.insert(name, v);
            }
        };
        if let Some(b) = &self.broken {
            put("gap_nearest".to_owned(), Some(b.gap.nearest.value));
            put("gap_at".to_owned(), Some(b.gap.centre.value));
            put("gap_axial".to_owned(), Some(b.gap.width.value));
            for (k, tip) in b.tips.iter().enumerate() {
                let name = |what: &str| format!("tip_{}_{what}", k + 1);
                let outline = tip.outline.as_ref().map(amplitudes);
                put(name("pentagon"), outline.map(|a| a.0));
                put(name("irregular"), outline.map(|a| a.1));
                put(name("quarter_length"), tip.to_quarter.map(|m| m.value));
                put(name("offset"), Some(tip.offset.size.value));
            }
        }
        if let Some(b) = &self.before {
            put("half_1".to_owned(), Some(b.halves[0]));
            put("half_2".to_owned(), Some(b.halves[1]));
        }
        put("pits".to_owned(), Some(self.pits.len() as f64));
        put("roughness".to_owned(), self.roughness);
        put("virgin_pentagon".to_owned(), self.virgin.as_ref().map(|v| amplitudes(v).0));
        numbers
    }
}
