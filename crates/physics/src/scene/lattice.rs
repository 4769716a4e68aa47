//! A wire whose middle is a lattice: states of the shape engine in place.

use super::surface::surface;
use super::{Material, Placement, Relief, Scene, Sphere};
use crate::lattice::{Graph, Occupied};
use std::ops::Range;

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
        let Some(wire) = &self.wire else { return };
        let place = |cell: usize| wire.start + (cell as f64 + wire.simulated.start as f64) * wire.dx;
        // On average over even and odd shells, the middle of layer k lies a quarter of a pitch after k pitches.
        let length = (graph.layers() as f64 - 0.5) * graph.pitch();
        let at = 0.5 * (place(cells.start) + place(cells.end) - length);
        self.show_lattice_at(graph, occupied, cells, at);
    }

    /// The same with the lattice's layer 0 at `at` [m] along x: a lattice that goes further beyond one end of the window than beyond the other
    /// ([`crate::shape::Place::origin`]).
    pub fn show_lattice_at(&mut self, graph: &Graph, occupied: &(impl Occupied + ?Sized), cells: Range<usize>, at: f64) {
        let Some(wire) = &mut self.wire else { return };
        let offset = wire.simulated.start;
        let end = wire.simulated.end.min(wire.area.len());
        let cells = cells.start.saturating_add(offset).min(end)..cells.end.saturating_add(offset).min(end);
        let place = |i: usize| wire.start + i as f64 * wire.dx;
        if cells.is_empty() {
            return;
        }
        let relief = surface(graph, occupied, &Placement { at, roll: wire.roll, ..Placement::default() });
        // As far as the lattice reaches.
        let [low, high] = relief.limits()[0];
        let mut cells = cells.filter(|i| place(*i) >= low && place(i + 1) <= high);
        let Some(first) = cells.next() else { return };
        let cells = first..cells.next_back().unwrap_or(first) + 1;
        let [from, to] = [place(cells.start), place(cells.end)];
        let relief = Relief { window: Some([from, to]), ..relief };
        for i in cells {
            let left = wire.start + i as f64 * wire.dx;
            wire.area[i] = relief.mean_area(left, left + wire.dx);
        }
        let droplet = |s: &Sphere| s.material == Material::Silver && s.centre[1] == 0.0 && (from..to).contains(&s.centre[0]);
        self.spheres.retain(|s| !droplet(s));
        self.reliefs.push(relief);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::lattice::{Form, Occupation, Start};
    use crate::materials::silver::OMEGA;
    use crate::scene::Mount;
    use crate::wire::WireEngine;

    const SHELLS: usize = 16;

    /// A wire without disorder, a lattice of its cross-section, and the cells of a window of 0.3 um in its middle.
    fn bench() -> (Scene, Graph, Range<usize>) {
        let mut device = Device::default();
        device.wire.diameter_disorder = 0.0;
        let engine = WireEngine::new(&device, 1).unwrap();
        let grid = engine.grid();
        let n = (0.3e-6 / grid.dx).round() as usize;
        let first = grid.covered + (grid.free - n) / 2;
        let scene = Scene::of_wire(&engine.snapshot(), grid, &device, &Mount::seeded(1));
        let graph = Graph::of_area(device.area(), SHELLS, 9, 8).unwrap();
        let layers = (n as f64 * grid.dx / graph.pitch()).round() as usize + 2;
        (scene, Graph::of_area(device.area(), SHELLS, 9, layers).unwrap(), first..first + n)
    }

    fn of(form: Form, graph: &Graph) -> Occupation {
        Occupation::of(&Start { shells: SHELLS, form }, graph)
    }

    fn shown(form: Form) -> (Scene, Scene) {
        let (plain, graph, cells) = bench();
        let mut scene = plain.clone();
        scene.show_lattice(&graph, &of(form, &graph), cells);
        (plain, scene)
    }

    fn outline(scene: &Scene, skip: [f64; 2]) -> f64 {
        let wire = scene.wire.as_ref().unwrap();
        let cell = |i: usize| wire.start + (i as f64 + 0.5) * wire.dx;
        let area = wire.simulated.clone().filter(|i| !(skip[0]..skip[1]).contains(&cell(*i))).map(|i| wire.area[i]).sum::<f64>();
        area * wire.dx
    }

    #[test]
    fn showing_a_pristine_lattice_keeps_the_volume() {
        let (plain, scene) = shown(Form::Section);
        let before = plain.wire.as_ref().unwrap().volume();
        let relief = &scene.reliefs[0];
        let window = relief.window.unwrap();
        assert!(relief.valid() && (window[1] - window[0] - 0.3e-6).abs() < 1e-15);
        let (rest, seen) = (outline(&scene, window), relief.volume());
        assert!(((rest + seen) / before - 1.0).abs() < 1e-6, "{rest} {seen} {before}");
        // The wire's cells say the same.
        assert!((scene.wire.as_ref().unwrap().volume() / before - 1.0).abs() < 1e-6);
        assert_eq!(scene.wire.unwrap().segments().len(), 1);
    }

    #[test]
    fn what_is_cut_off_at_the_ends_of_a_window_is_what_is_missing() {
        let (_, mut scene) = shown(Form::Gap { at: 0.1e-6, width: 30e-9 });
        let relief = scene.reliefs.remove(0);
        let [[low, high], _] = relief.limits();
        let part = |window: [f64; 2]| Relief { window: Some(window), ..relief.clone() }.volume();
        let (a, b) = (low + 0.3713 * (high - low), low + 0.7109 * (high - low));
        let whole = Relief { window: None, ..relief.clone() }.volume();
        assert!(((part([low - 1e-7, a]) + part([a, b]) + part([b, high + 1e-7])) / whole - 1.0).abs() < 1e-9);
        assert!((relief.mean_area(a, b) * (b - a) / part([a, b]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn shapes_are_seen_with_the_volume_of_their_sites() {
        let (plain, graph, cells) = bench();
        let site = graph.atoms_per_site() * OMEGA;
        let section = of(Form::Section, &graph).count() as f64;
        let middle = 0.5 * graph.layers() as f64 * graph.pitch();
        let neck = |r: f64| Form::Profile(vec![(0.0, 1.0), (middle - 60e-9, 1.0), (middle, r), (middle + 60e-9, 1.0), (1e-6, 1.0)]);
        for (form, within) in
            [(Form::Section, 1e-6), (neck(0.6), 1e-3), (neck(0.2), 1e-3), (neck(1.4), 1e-3), (Form::Gap { at: middle, width: 25e-9 }, 2e-3)]
        {
            let state = of(form.clone(), &graph);
            let missing = (section - state.count() as f64) * site;
            let mut scene = plain.clone();
            scene.show_lattice(&graph, &state, cells.clone());
            let whole = scene.reliefs[0].volume();
            let mut full = plain.clone();
            full.show_lattice(&graph, &of(Form::Section, &graph), cells.clone());
            let error = (full.reliefs[0].volume() - whole - missing) / whole;
            assert!(error.abs() < within, "{form:?}: {error:e}");
        }
    }

    #[test]
    fn an_apex_lies_within_half_a_pitch_of_its_last_site() {
        let (plain, graph, cells) = bench();
        for end in 20..40 {
            let end = end as f64 * 0.25 * graph.pitch() + 0.1e-6;
            let state = of(Form::Pyramid(end), &graph);
            let mut scene = plain.clone();
            scene.show_lattice(&graph, &state, cells.clone());
            let relief = &scene.reliefs[0];
            let last =
                (0..relief.columns).rev().find(|i| relief.thickness.iter().skip(*i).step_by(relief.columns).any(|t| *t > 0.0)).unwrap();
            let [from, to] = relief.window.unwrap();
            let layer = (0..graph.columns()).filter_map(|c| state.top(c).map(|k| graph.layer_position(c, k))).fold(0.0, f64::max);
            let site = 0.5 * (from + to) + layer - 0.5 * (graph.layers() as f64 - 0.5) * graph.pitch();
            let apex = relief.origin[0] + (last + 1) as f64 * relief.step[0];
            // Half a pitch more and the site's own prism would end.
            assert!((apex - site).abs() < 0.5 * graph.pitch(), "{end:e}: {:e} pitches", (apex - site) / graph.pitch());
        }
    }

    #[test]
    fn droplets_of_the_outline_go_and_fragments_stay() {
        let (mut plain, graph, cells) = bench();
        let wire = plain.wire.as_ref().unwrap();
        let inside = wire.start + (wire.simulated.start + cells.start + 5) as f64 * wire.dx;
        let ball = |x: f64, y: f64, material: Material| Sphere { centre: [x, y], radius: 2e-8, material };
        plain.spheres =
            vec![ball(inside, 0.0, Material::Silver), ball(inside - 1e-6, 0.0, Material::Silver), ball(inside, 0.0, Material::Deposit)];
        plain.show_lattice(&graph, &of(Form::Section, &graph), cells);
        assert_eq!(plain.spheres.len(), 2);
        assert!(plain.spheres.iter().all(|s| s.centre[0] < inside || s.material == Material::Deposit));
    }

    #[test]
    fn a_mirrored_scene_has_its_window_on_the_other_side() {
        let (_, scene) = shown(Form::Gap { at: 0.1e-6, width: 30e-9 });
        let mirrored = scene.mirrored(5e-6);
        let ([from, to], [a, b]) = (scene.reliefs[0].window.unwrap(), mirrored.reliefs[0].window.unwrap());
        assert!((a - (5e-6 - to)).abs() < 1e-18 && (b - (5e-6 - from)).abs() < 1e-18);
        let back = mirrored.mirrored(5e-6);
        assert_eq!(back.reliefs[0].thickness, scene.reliefs[0].thickness);
        assert_eq!(back.reliefs[0].moment, scene.reliefs[0].moment);
        assert!((mirrored.reliefs[0].volume() / scene.reliefs[0].volume() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn windows_that_cannot_be_are_not_shown_or_as_far_as_the_lattice_reaches() {
        let (plain, graph, cells) = bench();
        let state = of(Form::Section, &graph);
        for nothing in [Range { start: 9, end: 3 }, 5..5, 1_000_000..2_000_000, usize::MAX..usize::MAX] {
            let mut scene = plain.clone();
            scene.show_lattice(&graph, &state, nothing);
            assert_eq!(scene, plain);
        }
        let mut scene = Scene::empty(50e-9);
        scene.show_lattice(&graph, &state, cells.clone());
        assert!(scene.reliefs.is_empty());
        let mut scene = plain.clone();
        scene.show_lattice(&graph, &state, cells.start - 20..cells.end + 20);
        let [from, to] = scene.reliefs[0].window.unwrap();
        assert!(to - from > 0.3e-6 && to - from < 0.35e-6, "{}", to - from);
        let mut scene = plain.clone();
        scene.show_lattice(&graph, &of(Form::Cut(-1.0), &graph), cells);
        assert!(scene.reliefs[0].volume() == 0.0 && scene.wire.unwrap().segments().len() == 2);
    }
}
