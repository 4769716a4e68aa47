//! A wire whose middle is a lattice: states of the shape engine in place.

use super::projection::project;
use super::{Material, Placement, Relief, Scene, Sphere};
use crate::lattice::{Graph, Occupied};
use crate::materials::silver::OMEGA;
use std::ops::Range;

/// Pitches by which the ends of the lattice go on beyond it: more than its mean layer may be off, half a pitch, and what is blurred in.
const BEYOND: f64 = 4.0;

impl Scene {
    /// Shows a lattice in place of the wire in a window: the engine's cells `cells`, counted as in the engine's state (the wire's
    /// [`simulated`](super::WireShape::simulated) cells).
    ///
    /// The middle of the lattice lies on the middle of the window, its layers count along x, its roll is the wire's. Its first and its last
    /// layer go on as they are as far as the window is longer than it; what is longer than the window is not seen. The relief is seen
    /// sharply from one end of the window to the other, and the wire is not seen there ([`Relief::window`]); its cells take
    /// the lattice's mean cross-sections, so that volume, pieces and gaps of [`super::WireShape`] are those of the whole. What the
    /// one-dimensional outline had as droplets within the window goes; fragments are the caller's to add, afterwards.
    ///
    /// Across the axis the lattice is narrowed by 1.4 % against [`Relief::of_lattice`], so that an area there is that of its sites
    /// and a pristine section is as wide and as thick as the wire beside it.
    ///
    /// Nothing happens in a scene without a wire, or with no cells.
    pub fn show_lattice(&mut self, graph: &Graph, occupied: &(impl Occupied + ?Sized), cells: Range<usize>) {
        let Some(wire) = &mut self.wire else { return };
        let offset = wire.simulated.start;
        let end = wire.simulated.end.min(wire.area.len());
        let cells = cells.start.saturating_add(offset).min(end)..cells.end.saturating_add(offset).min(end);
        let place = |i: usize| wire.start + i as f64 * wire.dx;
        let [from, to] = [place(cells.start), place(cells.end)];
        if !(to > from) {
            return;
        }
        // On average over even and odd shells, the middle of layer k lies a quarter of a pitch after k pitches.
        let length = (graph.layers() as f64 - 0.5) * graph.pitch();
        let beyond = BEYOND * graph.pitch() + (0.5 * (to - from - length)).max(0.0);
        let at = 0.5 * (from + to - length);
        let placement = Placement { at, mirrored: false, roll: wire.roll, before: beyond, after: beyond };
        let relief = Relief { window: Some([from, to]), ..project(graph, occupied, &placement, squeeze(graph), true) };
        for i in cells {
            let left = wire.start + i as f64 * wire.dx;
            wire.area[i] = relief.mean_area(left, left + wire.dx);
        }
        let droplet = |s: &Sphere| s.material == Material::Silver && s.centre[1] == 0.0 && (from..to).contains(&s.centre[0]);
        self.spheres.retain(|s| !droplet(s));
        self.reliefs.push(relief);
    }
}

/// By how much lengths across the axis of [`Graph::column_position`] are too large for the volume of the sites.
fn squeeze(graph: &Graph) -> f64 {
    let ([a, b], [c, d]) = (graph.column_position(1), graph.column_position(2));
    let rhomb = (a * d - b * c).abs();
    (OMEGA * graph.atoms_per_site() / (graph.pitch() * rhomb)).sqrt()
}
