//! A wire whose middle is a lattice: nothing but its shape shows where the two meet.

use pentatwin_microscope::{Exposure, Microscope, Mode, Settings, View, project};
use pentatwin_physics::device::AREA_FACTOR;
use pentatwin_physics::lattice::{Form, Graph, Occupation, Start};
use pentatwin_physics::scene::{Material, Scene, Support, WireShape};
use std::f64::consts::PI;

const NM: f64 = 1e-9;
const D: f64 = 115.0 * NM;
const SHELLS: usize = 16;
/// A flat wall parallel to the beam.
const EDGE_ON: f64 = 0.1 * PI;

/// A wire of 0.8 um about x = 0 that bends, on nothing.
fn wire(roll: f64) -> Scene {
    let wire = WireShape {
        start: -400.0 * NM,
        dx: 10.0 * NM,
        area: vec![AREA_FACTOR * D * D; 80],
        simulated: 0..80,
        roll,
        tilt: 4e-3,
        bend: 1e4,
        bend_origin: 0.0,
    };
    Scene { wire: Some(wire), support: Support::Nothing, ..Scene::empty(0.0) }
}

fn graph(length: f64) -> Graph {
    let of = |layers: usize| Graph::of_area(AREA_FACTOR * D * D, SHELLS, 9, layers).unwrap();
    of((length / of(8).pitch()).round() as usize + 2)
}

/// With a lattice of this form in the window from -200 to 200 nm (cells 20 to 60), places along it from the window's middle.
fn with(roll: f64, form: impl Fn(f64) -> Form) -> Scene {
    let graph = graph(400.0 * NM);
    let middle = 0.5 * (graph.layers() as f64 - 0.5) * graph.pitch();
    let state = Occupation::of(&Start { shells: SHELLS, form: form(middle) }, &graph);
    let mut scene = wire(roll);
    scene.show_lattice(&graph, &state, 20..60);
    assert_eq!(scene.reliefs.len(), 1);
    scene
}

/// A neck to `least` of the radius, a bulge beside it.
fn neck(least: f64) -> impl Fn(f64) -> Form {
    move |m| {
        Form::Profile(vec![
            (0.0, 1.0),
            (m - 80.0 * NM, 1.0),
            (m - 20.0 * NM, least),
            (m - 10.0 * NM, least),
            (m + 50.0 * NM, 1.3),
            (m + 90.0 * NM, 1.0),
            (1e-6, 1.0),
        ])
    }
}

fn view(mode: Mode, size: [usize; 2], pixel: f64, rotation: f64) -> View {
    View { mode, width: size[0], height: size[1], pixel, centre: [0.0; 2], rotation }
}

#[test]
fn a_pristine_lattice_is_as_thick_as_the_wire_beside_it_with_no_seam() {
    for (pixel, roll, rotation, most, rms) in [
        (0.4, 0.0, 0.0, 0.35, 0.05),
        (1.0, 0.0, 0.0, 0.15, 0.05),
        (2.4, 0.0, 0.0, 0.15, 0.05),
        (5.86, 0.0, 0.0, 0.1, 0.05),
        (1.0, 0.0, 0.5 * PI, 0.15, 0.05),
        // Pixels that lie askew are squares along the axes for a relief.
        (1.0, 0.0, 0.3, 0.5, 0.1),
        // A wall parallel to the beam, where the thickness jumps by 70 nm, lies in a row of 0.53 nm of the relief. Where a pixel ends in
        // that row, up to a quarter of it is on the wrong side: 70 nm x 0.13 nm over the pixel.
        (1.0, EDGE_ON, 0.0, 9.3, 0.4),
        (2.4, EDGE_ON, 0.0, 3.9, 0.2),
    ] {
        let n = (700.0 / pixel) as usize;
        let at = view(Mode::DarkField, [n, n], pixel * NM, rotation);
        let silver = |scene: &Scene| project(scene, &at).unwrap().maps[Material::Silver.index()].clone();
        let (seen, plain) = (silver(&with(roll, |_| Form::Section)), silver(&wire(roll)));
        let (mut worst, mut square, mut count) = (0.0f64, 0.0, 0.0);
        for (a, b) in seen.iter().zip(&plain) {
            let d = f64::from(a - b) / NM;
            worst = worst.max(d.abs());
            if *b > 0.0 {
                square += d * d;
                count += 1.0;
            }
        }
        let found = f64::sqrt(square / count);
        assert!(worst < most && found < rms, "{pixel} nm, roll {roll}, rotation {rotation}: {worst} nm at most, {found} nm rms");
        if rotation == 0.0 {
            // Along the wire nothing changes, in the window and at its ends.
            for line in seen.chunks(n).zip(plain.chunks(n)).filter(|(_, p)| p[n / 2] > 0.0 && p[0] == p[n - 1]).map(|l| l.0) {
                let inside = line[n / 2];
                let ends = (0.5 * (n as f64) - 200.0 / pixel) as usize;
                assert!(line[ends + 2..n - ends - 2].iter().all(|t| (t - inside).abs() < 1e-14));
                let low = f64::from(line[0].min(inside)) - 1e-13;
                let high = f64::from(line[0].max(inside)) + 1e-13;
                // In the pixels of the joint, between what is on both sides of it.
                assert!(line.iter().all(|t| (low..=high).contains(&f64::from(*t))), "{pixel} {roll}");
            }
        }
    }
}

#[test]
fn bend_contours_fringes_and_the_twin_line_go_on_through_the_window() {
    let microscope = Microscope::new(Settings::default(), 1);
    // The wire's twins are kept in bins of 0.86 nm across, over which a chord changes by up to 3.3 nm at the rim: 4 % of the intensity.
    for (mode, pixel, roll, most, rms) in [
        (Mode::BrightField, 1.0, 0.0, 0.03, 0.004),
        (Mode::BrightField, 2.4, 0.0, 0.03, 0.004),
        (Mode::BrightField, 5.86, 0.0, 0.01, 0.002),
        (Mode::BrightField, 1.0, 0.2, 0.03, 0.004),
        (Mode::DarkField, 1.0, 0.0, 0.001, 0.0003),
    ] {
        let n = (700.0 / pixel) as usize;
        let at = view(mode, [n, n], pixel * NM, 0.0);
        let expected = |scene: &Scene| microscope.expected(scene, &at, 1.0).unwrap();
        let (seen, plain) = (expected(&with(roll, |_| Form::Section)), expected(&wire(roll)));
        // Against the background of one: the contours themselves are ten times stronger.
        let difference: Vec<f64> = seen.iter().zip(&plain).map(|(a, b)| f64::from((a - b).abs())).collect();
        let silver: Vec<f64> = difference.iter().zip(&plain).filter(|(_, p)| (*p - plain[0]).abs() > 1e-3).map(|d| *d.0).collect();
        let worst = difference.iter().fold(0.0f64, |m, d| m.max(*d));
        let found = (silver.iter().map(|d| d * d).sum::<f64>() / silver.len() as f64).sqrt();
        assert!(worst < most && found < rms, "{mode:?} {pixel} nm, roll {roll}: {worst} at most, {found} rms of {}", silver.len());
        if mode == Mode::BrightField {
            let mut settings = Settings::default();
            settings.bright_field.diffraction = false;
            let without = Microscope::new(settings, 1).expected(&with(roll, |_| Form::Section), &at, 1.0).unwrap();
            let contrast = (0..n * n).filter(|k| k % n > n / 3 && k % n < 2 * n / 3).map(|k| f64::from((seen[k] - without[k]).abs()));
            assert!(contrast.fold(0.0, f64::max) > 0.1, "no contrast to compare");
        }
    }
}

#[test]
fn a_mirrored_scene_is_the_mirrored_image() {
    let microscope = Microscope::new(Settings::default(), 3);
    let scene = with(0.15, neck(0.3));
    let mirrored = scene.mirrored(0.0);
    for mode in [Mode::BrightField, Mode::DarkField] {
        let (n, m) = (600, 200);
        let at = view(mode, [n, m], NM, 0.0);
        let (a, b) = (microscope.expected(&scene, &at, 1.0).unwrap(), microscope.expected(&mirrored, &at, 1.0).unwrap());
        let differs = |x: usize, y: usize| (a[y * n + x] - b[y * n + n - 1 - x]).abs();
        let worst = (0..n * m).map(|k| differs(k % n, k / n)).fold(0.0f32, f32::max);
        assert!(worst < 2e-4, "{mode:?}: {worst}");
        let itself = (0..n * m).map(|k| (a[k] - b[k]).abs()).fold(0.0f32, f32::max);
        assert!(itself > 0.1, "the scene is its own mirror image");
    }
}

#[test]
fn a_frame_is_the_same_on_any_number_of_threads() {
    let microscope = Microscope::new(Settings::default(), 3);
    let on = |threads: usize, mode: Mode| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let scene = with(0.0, neck(0.3));
            microscope.image(&scene, &view(mode, [300, 160], 2.0 * NM, 0.1), &Exposure::at_rate(50e18, 0.5), 7).unwrap()
        })
    };
    for mode in [Mode::BrightField, Mode::DarkField] {
        assert_eq!(on(1, mode), on(3, mode));
    }
}

#[test]
fn the_truth_in_the_window_is_the_relief_s_silhouette() {
    let microscope = Microscope::new(Settings::default(), 3);
    let truth = |scene: &Scene| {
        microscope.image(scene, &view(Mode::BrightField, [600, 8], NM, 0.0), &Exposure::at_rate(50e18, 0.5), 0).unwrap().truth
    };
    let pristine = truth(&with(0.0, |_| Form::Section));
    assert!(pristine.width.iter().all(|w| (w - D).abs() < 0.3 * NM) && pristine.gaps.is_empty());
    // 4.8 and 20.8 shells, of which there are whole ones, and half a shell around them; the next shell is half a step away on each side.
    let necked = truth(&with(0.0, neck(0.3)));
    let least = necked.width.iter().copied().fold(f64::INFINITY, f64::min);
    let widest = necked.width.iter().copied().fold(0.0, f64::max);
    let of = |shells: f64| (shells + 0.5) / (SHELLS as f64 + 0.5) * D;
    assert!((least - of(4.0)).abs() < of(0.5) - of(0.0) && (widest - of(20.0)).abs() < of(0.5) - of(0.0), "{least:e} {widest:e}");
    let place = |k: usize| necked.position[k];
    let at = (0..600).min_by(|a, b| necked.width[*a].total_cmp(&necked.width[*b])).unwrap();
    assert!((-30.0 * NM..0.0).contains(&place(at)), "{}", place(at));
    // A gap of 40 nm: between sites whose own ends are up to half a pitch nearer.
    let pitch = graph(400.0 * NM).pitch();
    let broken = with(0.0, |m| Form::Gap { at: m + 30.0 * NM, width: 40.0 * NM });
    let found = truth(&broken);
    assert_eq!(found.gaps.len(), 1);
    let (from, to) = found.gaps[0];
    assert!((to - from - 40.0 * NM).abs() < pitch && (0.5 * (from + to) - 30.0 * NM).abs() < 0.5 * pitch, "{from:e} {to:e}");
    assert!((0..600).all(|k| (found.width[k] > 0.0) != (from + NM..to - NM).contains(&found.position[k])
        || (found.position[k] - from).abs().min((found.position[k] - to).abs()) < NM));
    // The wire's own cells agree to a cell, and a mirror sees it on the other side.
    let cells = broken.wire.as_ref().unwrap().gaps();
    assert!(cells.len() == 1 && (cells[0].0 - from).abs() < 10.0 * NM && (cells[0].1 - to).abs() < 10.0 * NM, "{cells:?}");
    let (a, b) = truth(&broken.mirrored(0.0)).gaps[0];
    assert!((a + to).abs() < 1e-15 && (b + from).abs() < 1e-15);
}

#[test]
fn a_gap_that_begins_in_the_window_and_ends_beside_it_is_one_gap() {
    let mut scene = wire(0.0);
    if let Some(w) = &mut scene.wire {
        w.area[58..64].fill(0.0);
    }
    let graph = graph(400.0 * NM);
    let end = graph.layers() as f64 * graph.pitch() - 30.0 * NM;
    let state = Occupation::of(&Start { shells: SHELLS, form: Form::Cut(end) }, &graph);
    scene.show_lattice(&graph, &state, 20..60);
    let at = view(Mode::BrightField, [600, 8], NM, 0.0);
    let truth = Microscope::new(Settings::default(), 3).image(&scene, &at, &Exposure::at_rate(50e18, 0.5), 0).unwrap().truth;
    assert_eq!(truth.gaps.len(), 1, "{:?}", truth.gaps);
    let (from, to) = truth.gaps[0];
    assert!((from - 170.0 * NM).abs() < 2.0 * graph.pitch() && (to - 240.0 * NM).abs() < 1e-12, "{from:e} {to:e}");
}

#[test]
fn the_image_has_the_volume_of_wire_and_lattice() {
    for (pixel, rotation, within) in [(1.0, 0.0, 1e-6), (2.4, 0.5 * PI, 1e-6), (3.1, 0.0, 1e-6), (1.0, 0.4, 1e-4), (5.86, 0.4, 1e-3)] {
        let n = (1000.0 / pixel) as usize;
        let at = view(Mode::DarkField, [n, n], pixel * NM, rotation);
        let volume = |scene: &Scene| project(scene, &at).unwrap().volume(Material::Silver, pixel * NM);
        let scene = with(0.0, neck(0.5));
        let expected = scene.wire.as_ref().unwrap().volume();
        let ratio = volume(&scene) / expected;
        assert!((ratio - 1.0).abs() < within, "{pixel} nm, {rotation}: {ratio}");
    }
}
