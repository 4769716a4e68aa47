//! States of the lattice engine as the microscope sees them.

use pentatwin_microscope::{Exposure, Microscope, Mode, Settings, View, project};
use pentatwin_physics::device::AREA_FACTOR;
use pentatwin_physics::lattice::{Form, Graph, Occupation, Start};
use pentatwin_physics::materials::silver::OMEGA;
use pentatwin_physics::scene::{Material, Placement, Relief, Scene, Sphere, Support, WireShape};
use std::f64::consts::PI;

const NM: f64 = 1e-9;
/// A flat wall parallel to the beam.
const EDGE_ON: f64 = 0.1 * PI;

fn lattice(form: Form, shells: usize, layers: usize, coarsening: usize) -> (Graph, Occupation) {
    let graph = Graph::new(shells + 1, layers, coarsening).unwrap();
    let state = Occupation::of(&Start { shells, form }, &graph);
    (graph, state)
}

fn with(relief: Relief) -> Scene {
    Scene { reliefs: vec![relief], support: Support::Nothing, ..Scene::empty(0.0) }
}

fn prism(area: f64, roll: f64) -> Scene {
    let wire = WireShape {
        start: -500.0 * NM,
        dx: 10.0 * NM,
        area: vec![area; 100],
        simulated: 0..100,
        roll,
        tilt: 0.0,
        bend: 0.0,
        bend_origin: 0.0,
    };
    Scene { wire: Some(wire), support: Support::Nothing, ..Scene::empty(0.0) }
}

fn view(mode: Mode, size: [usize; 2], pixel: f64, centre: [f64; 2], rotation: f64) -> View {
    View { mode, width: size[0], height: size[1], pixel, centre, rotation }
}

/// A middle-sized tip, 4 times coarser than atoms.
fn tip(roll: f64, at: f64, mirrored: bool) -> (Relief, f64) {
    let (graph, state) = lattice(Form::Pyramid(60.0 * NM), 20, 70, 4);
    let volume = state.count() as f64 * graph.atoms_per_site() * OMEGA;
    (Relief::of_lattice(&graph, &state, &Placement { at, mirrored, roll, ..Placement::default() }), volume)
}

#[test]
fn a_pristine_section_has_the_pentagons_profile_at_any_roll() {
    let (shells, coarsening) = (62, 4);
    let (graph, state) = lattice(Form::Section, shells, 20, coarsening);
    let area = (1 + 5 * shells * (shells + 1) / 2) as f64 * graph.atoms_per_site() * OMEGA / graph.pitch();
    let d = (area / AREA_FACTOR).sqrt();
    let at = view(Mode::DarkField, [1, 300], 0.5 * NM, [0.0; 2], 0.0);
    let silver = |scene: &Scene| project(scene, &at).unwrap().maps[Material::Silver.index()].clone();
    for roll in [0.0, EDGE_ON, 0.5 * PI + 0.13] {
        let placement = Placement { at: -11.0 * NM, roll, ..Placement::default() };
        let seen = silver(&with(Relief::of_lattice(&graph, &state, &placement)));
        let wire = silver(&prism(area, roll));
        let moment = |t: &[f32], n: i32| t.iter().enumerate().map(|(j, t)| f64::from(*t) * ((j as f64 - 149.5) * 0.5).powi(n)).sum::<f64>();
        assert!((moment(&seen, 0) / moment(&wire, 0) - 1.0).abs() < 1e-4, "volume {}", moment(&seen, 0) / moment(&wire, 0));
        // The same way round.
        let centre = |t: &[f32]| moment(t, 1) / moment(t, 0);
        assert!((centre(&seen) - centre(&wire)).abs() < 0.2, "{roll}: centre {} {}", centre(&seen), centre(&wire));
        // The stretched wedges make the lattice 1.4 % wider (0.8 nm to each side), its outermost rhombs stick out by half a shell (0.4 nm),
        // and steps are blurred by half a pitch (0.6 nm): the wire's thickness, to 1 % of d, is met within 2 nm. At a wall parallel to the
        // beam it jumps by 0.6 d, so that thicknesses at one place cannot be compared.
        let mut worst = 0.0f64;
        for (j, t) in seen.iter().enumerate() {
            let near = &wire[j.saturating_sub(4)..(j + 5).min(wire.len())];
            let (low, high) = near.iter().fold((f32::MAX, 0.0f32), |(l, h), t| (l.min(*t), h.max(*t)));
            worst = worst.max(f64::from((low - t).max(t - high)));
        }
        assert!(worst < 0.01 * d, "{roll}: {}", worst / d);
        // Where the profile is smooth, place by place.
        let middle: Vec<f64> =
            (110..190).filter(|j| (wire[j + 4] - wire[j - 4]).abs() < 6e-9).map(|j| f64::from(seen[j] / wire[j] - 1.0)).collect();
        let rms = (middle.iter().map(|x| x * x).sum::<f64>() / middle.len() as f64).sqrt();
        assert!(middle.len() > 40 && rms < 0.02, "{roll}: rms {rms} of {}", middle.len());
    }
}

#[test]
fn the_volume_seen_is_that_of_the_atoms_at_any_pixel() {
    let (relief, volume) = tip(EDGE_ON, -20.0 * NM, false);
    let scene = with(relief);
    for (pixel, rotation, within) in
        // Below a cell (0.29 nm) the image samples a linear interpolation; from there on, along the axes, it is exact.
        [(0.2, 0.0, 1e-4), (0.7, 0.0, 1e-5), (3.1, 0.0, 1e-5), (0.7, 0.5 * PI, 1e-5), (0.7, 0.4, 1e-4), (3.1, 0.4, 3e-3)]
    {
        let n = (130.0f64 / pixel) as usize;
        let seen = project(&scene, &view(Mode::DarkField, [n, n], pixel * NM, [1.3 * NM, 0.7 * NM], rotation)).unwrap();
        let ratio = seen.volume(Material::Silver, pixel * NM) / volume;
        assert!((ratio - 1.0).abs() < within, "{pixel} nm, {rotation} rad: {ratio}");
    }
}

#[test]
fn place_rotation_and_mirror_are_those_of_the_scene() {
    // A ball at the middle of the tip's mass shows where the scene puts things.
    let (relief, volume) = tip(0.2, 30.0 * NM, false);
    let moment = |t: &[f32], width: usize| {
        let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
        for (k, t) in t.iter().enumerate() {
            let t = f64::from(*t);
            sum += t;
            x += t * (k % width) as f64;
            y += t * (k / width) as f64;
        }
        [x / sum, y / sum]
    };
    let [x, y] = moment(&relief.thickness, relief.columns);
    let centre = [relief.origin[0] + (x + 0.5) * relief.step[0], relief.origin[1] + (y + 0.5) * relief.step[1]];
    let ball = Sphere { centre, radius: (0.75 * volume / PI).cbrt(), material: Material::Silver };
    let of = |scene: &Scene, at: &View| moment(&project(scene, at).unwrap().maps[Material::Silver.index()], at.width);
    let reference = Scene { reliefs: Vec::new(), spheres: vec![ball], ..with(relief.clone()) };
    let scene = with(relief);
    for rotation in [0.0, 0.3, 0.5 * PI, 2.0, -1.0] {
        for (scene, reference) in [(scene.clone(), reference.clone()), (scene.mirrored(100.0 * NM), reference.mirrored(100.0 * NM))] {
            let at = view(Mode::DarkField, [160, 150], NM, [50.0 * NM, 0.0], rotation);
            let (a, b) = (of(&scene, &at), of(&reference, &at));
            assert!((a[0] - b[0]).abs() < 0.02 && (a[1] - b[1]).abs() < 0.02, "{rotation}: {a:?} {b:?}");
        }
    }
    // The other way round is what a mirror shows.
    let mirrored = with(tip(0.2, 30.0 * NM, false).0).mirrored(60.0 * NM);
    assert_eq!(mirrored.reliefs[0].thickness, tip(0.2, 30.0 * NM, true).0.thickness);
    assert!((mirrored.reliefs[0].origin[0] - tip(0.2, 30.0 * NM, true).0.origin[0]).abs() < 1e-18);
}

#[test]
fn a_drifted_image_is_the_image_of_a_moved_relief() {
    let mut settings = Settings::default();
    settings.dark_field.mains = 0.0;
    (settings.stage.drift_x, settings.stage.drift_y, settings.stage.wander) = (0.0, 0.0, 0.0);
    let still = Microscope::new(settings.clone(), 5);
    settings.stage.drift_x = 2e-12;
    let moving = Microscope::new(settings, 5);
    let (relief, _) = tip(0.0, -20.0 * NM, false);
    let at = view(Mode::BrightField, [96, 96], NM, [0.0; 2], 0.0);
    let exposure = Exposure { time: 0.1, dose: 1e22 };
    let late = |relief: &Relief| Scene { time: 4.0, ..with(relief.clone()) };
    let d = moving.drift_at(4.0);
    assert!(d[0].abs() > 1e-12, "{d:?}");
    let mut moved = relief.clone();
    moved.origin = [moved.origin[0] + d[0], moved.origin[1] + d[1]];
    let a = moving.image(&late(&relief), &at, &exposure, 3).unwrap();
    let b = still.image(&late(&moved), &at, &exposure, 3).unwrap();
    let differing = a.counts.iter().zip(&b.counts).filter(|(a, b)| a.abs_diff(**b) > 2).count();
    assert!(differing <= 96, "{differing} of {}", a.counts.len());
}

#[test]
fn without_silver_in_the_relief_the_image_is_that_without_a_relief() {
    let microscope = Microscope::new(Settings::default(), 9);
    let plain = Scene { support: Support::Membrane(30.0 * NM), ..prism(8e-15, 0.1) };
    let (mut empty, _) = tip(0.0, 0.0, false);
    empty.thickness.fill(0.0);
    let (far, _) = tip(0.0, 600.0 * NM, false);
    for mode in [Mode::BrightField, Mode::DarkField] {
        let at = view(mode, [128, 128], NM, [0.0; 2], 0.02);
        let exposure = Exposure { time: 0.1, dose: 1e21 };
        let frame = |scene: &Scene| microscope.image(scene, &at, &exposure, 3).unwrap();
        let expected = frame(&plain);
        for relief in [&empty, &far] {
            let scene = Scene { reliefs: vec![relief.clone()], ..plain.clone() };
            assert_eq!(frame(&scene), expected);
        }
    }
}

#[test]
fn a_relief_over_a_wire_is_seen_as_the_sum_of_both() {
    let microscope = Microscope::new(Settings::default(), 9);
    let d = 60.0 * NM;
    let thick = 40.0 * NM;
    // Where the wire's chord is t, a plate adds 40 nm.
    let plate = Relief {
        origin: [-200.0 * NM, -200.0 * NM],
        step: [NM; 2],
        columns: 400,
        rows: 400,
        thickness: vec![thick as f32; 160_000],
        moment: Vec::new(),
        window: None,
    };
    let wire = prism(AREA_FACTOR * d * d, 0.0);
    let both = Scene { reliefs: vec![plate], ..wire.clone() };
    let at = view(Mode::BrightField, [64, 64], NM, [0.0; 2], 0.0);
    let mut settings = Settings::default().bright_field;
    (settings.fringe, settings.diffraction) = (false, false);
    let plain = Microscope::new(Settings { bright_field: settings.clone(), ..Settings::default() }, 9);
    let (a, b) = (plain.expected(&both, &at, 1.0).unwrap(), plain.expected(&wire, &at, 1.0).unwrap());
    for (a, b) in a.iter().zip(&b) {
        assert!((f64::from(a / b) / (-thick / settings.silver).exp() - 1.0).abs() < 1e-3);
    }
    // In dark field two thicknesses give less than the sum of the signals.
    let at = View { mode: Mode::DarkField, ..at };
    let dark = |scene: &Scene| f64::from(microscope.expected(scene, &at, 1.0).unwrap()[32 * 64 + 32]);
    let (sum, alone) = (dark(&both), dark(&wire));
    let expected = 1.0 - (1.0 - alone) * (-thick / Settings::default().dark_field.silver).exp();
    assert!((sum / expected - 1.0).abs() < 0.02, "{sum} {expected}");
}

#[test]
fn a_pyramid_of_111_facets_has_straight_flanks_at_its_angles_and_no_beats() {
    let (graph, state) = lattice(Form::Pyramid(150.0 * NM), 62, 140, 4);
    let placement = Placement { at: -150.0 * NM, roll: EDGE_ON, before: 100.0 * NM, ..Placement::default() };
    let scene = with(Relief::of_lattice(&graph, &state, &placement));
    // The apex is at x = 0.
    let (width, height, pixel) = (300, 480, 0.3 * NM);
    let seen = project(&scene, &view(Mode::DarkField, [width, height], pixel, [-30.0 * NM, 0.0], 0.0)).unwrap();
    let t = |i: usize, j: usize| f64::from(seen.maps[Material::Silver.index()][j * width + i]);
    // Where the silhouette passes `level` in column i, from above or from below [pixels].
    let edge = |i: usize, from_above: bool, level: f64| {
        let at = |j: usize| if from_above { t(i, j) } else { t(i, height - 1 - j) };
        let j = (1..height).find(|j| at(*j) > level).unwrap();
        j as f64 - 1.0 + (level - at(j - 1)) / (at(j) - at(j - 1))
    };
    // The apex is in column 250; 10 to 30 nm before it.
    let columns: Vec<usize> = (150..217).collect();
    let mut angles = [(true, 0.0, 0.0), (false, 0.0, 0.0)];
    for (from_above, angle, bend) in &mut angles {
        let points: Vec<(f64, f64)> = columns.iter().map(|i| (*i as f64, edge(*i, *from_above, 2.0 * NM))).collect();
        let n = points.len() as f64;
        let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
        let slope = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / points.iter().map(|p| (p.0 - mx).powi(2)).sum::<f64>();
        *bend = (points.iter().map(|p| (p.1 - my - slope * (p.0 - mx)).powi(2)).sum::<f64>() / n).sqrt();
        // Between the flank and the axis, measured outside the silver, as the paper does.
        *angle = 180.0 - slope.atan().to_degrees();
    }
    // Lattice.md section 7: one side shows the facet, 125.26 degrees, the other the ridge between two, about 119.8.
    let mut found = angles.map(|a| a.1);
    found.sort_by(f64::total_cmp);
    assert!((found[1] - 125.26).abs() < 0.4 && (found[0] - 119.8).abs() < 0.6, "{found:?}");
    assert!(angles.iter().all(|a| a.2 < 0.25), "{angles:?}");
    // On the shaft and on the facets the thickness is that of planes: second differences over 1.5 nm are
    // less than 1/1000 of it but at ridges.
    let bend = |i: usize, j: usize| {
        let along = (t(i - 5, j) + t(i + 5, j) - 2.0 * t(i, j)).abs();
        along.max((t(i, j - 5) + t(i, j + 5) - 2.0 * t(i, j)).abs())
    };
    let mut bends: Vec<f64> = (10..width - 10)
        .flat_map(|i| (10..height - 10).map(move |j| (i, j)))
        .filter(|(i, j)| {
            [-6isize, 0, 6]
                .iter()
                .all(|d| [-6isize, 0, 6].iter().all(|e| t(i.wrapping_add_signed(*d), j.wrapping_add_signed(*e)) > 5.0 * NM))
        })
        .map(|(i, j)| bend(i, j))
        .collect();
    bends.sort_by(f64::total_cmp);
    let (middle, most) = (bends[bends.len() / 2], bends[bends.len() * 8 / 10]);
    assert!(middle < 0.05 * NM && most < 0.1 * NM, "{middle} {most}");
}
