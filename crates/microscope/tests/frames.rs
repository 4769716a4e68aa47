//! Claims about images: issue 3, "What must be true".

use pentatwin_microscope::{DoseMap, Exposure, Frame, Microscope, Mode, Settings, View, noise_left, project};
use pentatwin_physics::device::{AREA_FACTOR, Device};
use pentatwin_physics::scene::{Material, Mount, Relief, Scene, Slab, Sphere, Support, WireShape};
use pentatwin_physics::wire::WireEngine;
use proptest::prelude::*;
use std::f64::consts::PI;

/// A camera that counts every electron once and nothing else, a film without texture, no drift.
fn perfect() -> Settings {
    let mut s = Settings::default();
    (s.camera.gain, s.camera.offset, s.camera.dqe) = (1.0, 0.0, 1.0);
    (s.camera.mtf_weight, s.camera.mtf_core) = (1.0, 100.0);
    (s.camera.fixed_pattern, s.camera.read_noise) = (0.0, 0.0);
    (s.camera.dark_columns, s.camera.dark_rows, s.camera.dark_uneven) = (0.0, 0.0, 0.0);
    (s.bright_field.granularity, s.bright_field.film_roughness) = (0.0, 0.0);
    (s.bright_field.fringe, s.bright_field.diffraction) = (false, false);
    (s.stage.drift_x, s.stage.drift_y, s.stage.wander) = (0.0, 0.0, 0.0);
    (s.dark_field.line_jitter, s.dark_field.mains, s.dark_field.flyback) = (0.0, 0.0, 0.0);
    s
}

fn prism(d: f64, length: f64, roll: f64) -> Scene {
    let n = (length / 10e-9).round() as usize;
    let wire = WireShape {
        start: -0.5 * length,
        dx: length / n as f64,
        area: vec![AREA_FACTOR * d * d; n],
        simulated: 0..n,
        roll,
        tilt: 0.0,
        bend: 1e4,
        bend_origin: 0.0,
    };
    Scene { wire: Some(wire), support: Support::Nothing, ..Scene::empty(0.0) }
}

/// A wire of 115 nm on a membrane with a neck of `neck` of its area, smooth over `reach` [m].
fn necked(neck: f64, reach: f64) -> Scene {
    let mut scene = prism(115e-9, 2e-6, 0.0);
    scene.support = Support::Membrane(50e-9);
    if let Some(w) = &mut scene.wire {
        for (i, a) in w.area.iter_mut().enumerate() {
            let x = w.start + (i as f64 + 0.5) * w.dx - 0.2e-6;
            *a *= 1.0 - (1.0 - neck) * (-(x / reach).powi(2)).exp();
        }
    }
    scene
}

fn moments(counts: &[u16]) -> (f64, f64) {
    let n = counts.len() as f64;
    let mean = counts.iter().map(|c| f64::from(*c)).sum::<f64>() / n;
    (mean, counts.iter().map(|c| (f64::from(*c) - mean).powi(2)).sum::<f64>() / n)
}

fn flat(settings: Settings, dose_per_pixel: f64) -> Frame {
    let view = View::square(Mode::BrightField, 512, 512e-9, 0.0);
    let exposure = Exposure { time: 0.5, dose: dose_per_pixel * 1e18 };
    Microscope::new(settings, 11).image(&Scene::empty(50e-9), &view, &exposure, 0).unwrap()
}

#[test]
fn counts_have_mean_and_variance_equal_to_dose_times_pixel_area_times_transmission() {
    for dose in [2.0, 25.0, 860.0] {
        let (mean, variance) = moments(&flat(perfect(), dose).counts);
        let expected = dose * (-50.0f64 / 170.0).exp();
        // Standard errors with 2.6e5 pixels: mean 1/sqrt(n lambda) < 0.2 %, variance 0.3 %.
        assert!((mean / expected - 1.0).abs() < 0.01, "{dose}: mean {mean}, not {expected}");
        assert!((variance / expected - 1.0).abs() < 0.01, "{dose}: variance {variance}, not {expected}");
    }
}

#[test]
fn the_blur_lowers_the_variance_as_predicted_and_keeps_the_mean() {
    let mut settings = perfect();
    let camera = Settings::default().camera;
    (settings.camera.mtf_weight, settings.camera.mtf_core, settings.camera.mtf_tail) =
        (camera.mtf_weight, camera.mtf_core, camera.mtf_tail);
    // A gain of 8 keeps the rounding (1/12) out of the variance.
    settings.camera.gain = 8.0;
    let left = noise_left(&settings.camera);
    // Imaging.md section 2.4: the variance falls to a third or a quarter.
    assert!((0.2..0.4).contains(&left), "{left}");
    let frame = flat(settings, 100.0);
    let (mean, variance) = moments(&frame.counts);
    let expected = 100.0 * (-50.0f64 / 170.0).exp();
    assert!((mean / (8.0 * expected) - 1.0).abs() < 0.003);
    assert!((variance / (64.0 * expected * left) - 1.0).abs() < 0.015, "{}", variance / (64.0 * expected));
    // Neighbours share electrons: a fit that takes the noise for white is too sure of itself.
    let row = |j: usize| &frame.counts[j * 512..(j + 1) * 512];
    let shared: f64 = (0..512).flat_map(|j| row(j).windows(2)).map(|w| (f64::from(w[0]) - mean) * (f64::from(w[1]) - mean)).sum::<f64>()
        / (512.0 * 511.0);
    assert!(shared / variance > 0.3, "{}", shared / variance);
}

#[test]
fn uneven_light_per_electron_gives_the_stated_dqe() {
    let mut settings = perfect();
    settings.camera.dqe = 0.6;
    settings.camera.gain = 8.0;
    let (mean, variance) = moments(&flat(settings, 100.0).counts);
    // DQE(0) = signal to noise squared over that of the electrons that arrive.
    assert!((mean * mean / variance / (100.0 * (-50.0f64 / 170.0).exp()) / 0.6 - 1.0).abs() < 0.01);
}

#[test]
fn a_uniform_film_transmits_exp_of_minus_thickness_over_length() {
    let microscope = Microscope::new(perfect(), 3);
    let view = View::square(Mode::BrightField, 64, 64e-9, 0.0);
    for t in [10e-9, 50e-9, 200e-9] {
        let seen = microscope.expected(&Scene::empty(t), &view, 1.0).unwrap()[100];
        assert!((f64::from(seen) / (-t / 170e-9).exp() - 1.0).abs() < 1e-3);
        // And in the counts: 4096 pixels of 2e4 electrons, standard error 0.01 %.
        let frame = microscope.image(&Scene::empty(t), &view, &Exposure { time: 1.0, dose: 2e22 }, 0).unwrap();
        assert!((moments(&frame.counts).0 / 2e4 / (-t / 170e-9).exp() - 1.0).abs() < 1e-3);
    }
}

#[test]
fn a_film_of_115_nm_of_silver_sends_0_61_of_the_beam_to_the_annular_detector() {
    let slab = Slab {
        x: [-1.0, 1.0],
        y: [-1.0, 1.0],
        thickness: 115e-9,
        corner: 0.0,
        slope: 0.0,
        roughness: 0.0,
        grain: 0.0,
        material: Material::Silver,
    };
    let scene = Scene { slabs: vec![slab], support: Support::Nothing, ..Scene::empty(0.0) };
    let view = View::square(Mode::DarkField, 64, 64e-9, 0.0);
    let mut settings = perfect();
    let microscope = Microscope::new(settings.clone(), 1);
    // Imaging.md section 2.3: 1 - exp(-115/123), not 0.93.
    let part = f64::from(microscope.expected(&scene, &view, 1.0).unwrap()[32 * 64 + 32]);
    assert!((part - 0.61).abs() < 0.005, "{part}");
    (settings.dark_field.gain, settings.dark_field.offset, settings.dark_field.read_noise) = (1.0, 0.0, 0.0);
    settings.dark_field.efficiency = 1.0;
    let frame = Microscope::new(settings, 1).image(&scene, &view, &Exposure { time: 1.0, dose: 1e22 }, 0).unwrap();
    let (mean, variance) = moments(&frame.counts);
    assert!((mean / (1e4 * part) - 1.0).abs() < 1e-3);
    // Standard error with 4096 pixels: 2.2 %.
    assert!((variance / mean - 1.0).abs() < 0.11, "{}", variance / mean);
}

#[test]
fn a_pentagonal_prism_projects_to_its_analytic_area_at_any_roll_and_pixel_size() {
    for (k, pixel) in [0.7e-9, 1.3e-9, 5.86e-9, 23e-9, 90e-9].into_iter().enumerate() {
        for roll in [0.0, 0.1, 0.3, 0.6, 1.0] {
            for rotation in [0.0, 0.35, PI / 2.0, 2.5] {
                let d = 115e-9;
                let length = f64::max(20.0 * pixel, 400e-9);
                let scene = prism(d, length, roll);
                let n = ((length + 220e-9) / pixel) as usize + k + 3;
                let view = View { rotation, ..View::square(Mode::BrightField, n, n as f64 * pixel, 3e-9) };
                let seen = project(&scene, &view).unwrap().volume(Material::Silver, pixel) / length;
                assert!((seen / (AREA_FACTOR * d * d) - 1.0).abs() < 1e-3, "{pixel} {roll} {rotation}: {seen:e}");
            }
        }
    }
}

/// Columns of pixels that silver covers at all in column `i`, in pixels; edges by how much of the edge pixel the rim's slope fills.
fn silhouette(map: &[f32], width: usize, i: usize) -> usize {
    (0..map.len() / width).filter(|j| map[j * width + i] > 0.0).count()
}

#[test]
fn lying_flat_the_width_seen_is_the_diameter() {
    let pixel = 0.25e-9;
    let view = View { width: 8, height: 800, ..View::square(Mode::BrightField, 8, 8.0 * pixel, 0.0) };
    for (roll, factor) in [(0.0, 1.0), (18f64.to_radians(), 72f64.to_radians().sin())] {
        let seen = project(&prism(115e-9, 400e-9, roll), &view).unwrap();
        let width = silhouette(&seen.maps[0], 8, 4) as f64 * pixel;
        assert!((width - factor * 115e-9).abs() < 2.0 * pixel, "{width:e}");
    }
}

#[test]
fn the_volume_seen_is_the_volume_of_the_specimen() {
    // A real state, broken by hand: a gap, a droplet, a partly filled tip, a free particle.
    let device = Device::default();
    let engine = WireEngine::new(&device, 5).unwrap();
    let mut state = engine.snapshot();
    let at = engine.grid().covered + 150;
    state.area[at..at + 50].fill(0.0);
    state.area[at + 20..at + 28].fill(2.0 * device.area());
    state.area[at - 1] *= 0.13;
    state.volume = state.area.iter().sum::<f64>() * engine.grid().dx;
    let mut scene = Scene::of_wire(&state, engine.grid(), &device, &Mount::seeded(5));
    let wire = scene.wire.as_mut().unwrap();
    // Only what an engine carries counts.
    let (start, cells) = (wire.simulated.start, wire.simulated.len());
    wire.start += start as f64 * wire.dx;
    wire.area = wire.area[wire.simulated.clone()].to_vec();
    wire.simulated = 0..cells;
    for (pixel, rotation) in [(2.5e-9, 0.0), (9.0e-9, 0.0), (37e-9, 0.0), (9.0e-9, 0.7), (9.0e-9, PI / 2.0)] {
        let n = (12e-6 / pixel) as usize;
        let view = View { rotation, height: if rotation == 0.0 { 800 } else { n }, ..View::square(Mode::DarkField, n, 12e-6, 2.5e-6) };
        let view = View { pixel, ..view };
        let seen = project(&scene, &view).unwrap().volume(Material::Silver, pixel);
        assert!((seen / state.volume - 1.0).abs() < 1e-3, "{pixel} {rotation}: {}", seen / state.volume);
    }
}

#[test]
fn a_sphere_has_its_volume_at_any_pixel_size() {
    for pixel in [0.3e-9, 2e-9, 11e-9, 80e-9] {
        let ball = Sphere { centre: [1.7e-9, -2.9e-9], radius: 10e-9, material: Material::Silver };
        let scene = Scene { spheres: vec![ball], ..Scene::empty(0.0) };
        let view = View::square(Mode::BrightField, 101, 101.0 * pixel, 0.0);
        let seen = project(&scene, &view).unwrap();
        assert!((seen.volume(Material::Silver, pixel) / (4.0 / 3.0 * PI * 1e-24) - 1.0).abs() < 1e-5);
    }
    // Through the middle it is as thick as its diameter.
    let ball = Sphere { centre: [0.0; 2], radius: 50e-9, material: Material::Silver };
    let scene = Scene { spheres: vec![ball], ..Scene::empty(0.0) };
    let seen = project(&scene, &View::square(Mode::BrightField, 201, 201e-9, 0.0)).unwrap();
    assert!((f64::from(seen.maps[0][100 * 201 + 100]) - 100e-9).abs() < 0.01e-9);
}

#[test]
fn the_frame_shows_the_neck_as_wide_as_the_truth_says() {
    for neck in [0.1, 0.3, 0.6] {
        let scene = necked(neck, 60e-9);
        let view = View::square(Mode::BrightField, 400, 400e-9, 0.2e-6);
        let frame = Microscope::new(perfect(), 1).image(&scene, &view, &Exposure { time: 1.0, dose: 5e22 }, 0).unwrap();
        let truth = frame.truth.width.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((truth - 115e-9 * neck.sqrt()).abs() < 1e-9, "{truth:e}");
        // Narrowest column of what is darker than the film by half of what the first full pixel of the rim takes: the rim rises by
        // tan 36° + tan 72° = 3.80 per length, so 1.9 nm of 75; noise is 0.5 %.
        let background = 5e4 * (-50.0f64 / 170.0).exp();
        let limit = background * (-0.5f64 * 1.9 / 75.0).exp();
        let width = (100..300).map(|i| (0..400).filter(|j| f64::from(frame.counts[j * 400 + i]) < limit).count()).filter(|n| *n > 0).min();
        let width = width.unwrap_or(0) as f64 * 1e-9;
        // The noise adds a pixel of film to a column now and then, never to the narrowest of a few dozen like it.
        assert!((width - truth).abs() <= 1.5e-9, "{neck}: seen {width:e}, true {truth:e}");
    }
}

#[test]
fn reversed_polarity_shows_the_mirrored_wire() {
    let mut scene = necked(0.2, 80e-9);
    scene.spheres.push(Sphere { centre: [-0.4e-6, 0.2e-6], radius: 30e-9, material: Material::Silver });
    let view = View::square(Mode::BrightField, 500, 2.2e-6, 0.0);
    let mirrored = scene.mirrored(0.0);
    let (a, b) = (project(&scene, &view).unwrap(), project(&mirrored, &view).unwrap());
    for (row, back) in a.maps[0].chunks(500).zip(b.maps[0].chunks(500)) {
        assert!(row.iter().zip(back.iter().rev()).all(|(x, y)| (x - y).abs() < 1e-12));
    }
    // The frames differ by noise alone: (a - b)² = a + b for electrons.
    let microscope = Microscope::new(perfect(), 1);
    let exposure = Exposure { time: 1.0, dose: 5e18 };
    let frames = [microscope.image(&scene, &view, &exposure, 0).unwrap(), microscope.image(&mirrored, &view, &exposure, 1).unwrap()];
    let (mut square, mut sum) = (0.0, 0.0);
    for (row, back) in frames[0].counts.chunks(500).zip(frames[1].counts.chunks(500)) {
        for (x, y) in row.iter().zip(back.iter().rev()) {
            square += (f64::from(*x) - f64::from(*y)).powi(2);
            sum += f64::from(*x) + f64::from(*y);
        }
    }
    assert!((square / sum - 1.0).abs() < 0.02, "{}", square / sum);
}

#[test]
fn a_seed_gives_the_same_frame_on_any_number_of_threads() {
    let scene = necked(0.3, 60e-9);
    for mode in [Mode::BrightField, Mode::DarkField] {
        let view = View { width: 203, height: 151, ..View::square(mode, 203, 600e-9, 0.0) };
        let exposure = Exposure { time: 1.0, dose: 1e19 };
        let take = |threads: usize, seed: u64, index: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Microscope::new(Settings::default(), seed).image(&scene, &view, &exposure, index).unwrap())
        };
        let one = take(1, 7, 3);
        assert_eq!(one, take(3, 7, 3));
        assert_ne!(one.counts, take(1, 8, 3).counts);
        assert_ne!(one.counts, take(1, 7, 4).counts);
    }
}

#[test]
fn the_specimen_appears_where_the_drift_says() {
    let mut settings = perfect();
    (settings.stage.drift_x, settings.stage.drift_y, settings.stage.wander) = (3e-9, -4e-9, 5e-9);
    let microscope = Microscope::new(settings, 9);
    let ball = Sphere { centre: [0.0; 2], radius: 40e-9, material: Material::Silver };
    let view = View::square(Mode::BrightField, 300, 300e-9, 0.0);
    for time in [0.0, 3.0, 10.0] {
        let scene = Scene { time, spheres: vec![ball], ..Scene::empty(50e-9) };
        let frame = microscope.image(&scene, &view, &Exposure { time: 0.5, dose: 1e22 }, 0).unwrap();
        let background = 1e4 * (-50.0f64 / 170.0).exp();
        let (mut x, mut y, mut weight) = (0.0, 0.0, 0.0);
        for (k, c) in frame.counts.iter().enumerate() {
            // 5 sigma below the film, so that the film itself does not pull.
            let dark = background - f64::from(*c);
            if dark > 5.0 * background.sqrt() {
                x += dark * ((k % 300) as f64 - 149.5);
                y += dark * ((k / 300) as f64 - 149.5);
                weight += dark;
            }
        }
        let seen = [x / weight * 1e-9, y / weight * 1e-9];
        for axis in 0..2 {
            assert!((seen[axis] - frame.truth.drift[axis]).abs() < 0.1e-9, "{time}: {seen:?} {:?}", frame.truth.drift);
        }
        assert_eq!(frame.truth.drift, microscope.drift_at(time));
    }
}

#[test]
fn a_dark_frame_has_the_statistics_of_the_real_one() {
    // `../shared/data/real/Camera Ceta Imaging Micro.emd`, 512 x 512, measured: total 1.654, columns 1.243, rows 0.347, residual 1.034;
    // neighbouring columns correlate 0.52, rows 0.93.
    let mut settings = Settings::default();
    settings.camera.offset = 100.0;
    let view = View::square(Mode::BrightField, 512, 1e-6, 0.0);
    let frame = Microscope::new(settings, 4).image(&Scene::empty(50e-9), &view, &Exposure { time: 0.4, dose: 0.0 }, 0).unwrap();
    let (mean, variance) = moments(&frame.counts);
    let at = |i: usize, j: usize| f64::from(frame.counts[j * 512 + i]) - mean;
    let columns: Vec<f64> = (0..512).map(|i| (0..512).map(|j| at(i, j)).sum::<f64>() / 512.0).collect();
    let rows: Vec<f64> = (0..512).map(|j| (0..512).map(|i| at(i, j)).sum::<f64>() / 512.0).collect();
    let rms = |x: &[f64]| (x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64).sqrt();
    let residual: Vec<f64> = (0..512 * 512).map(|k| at(k % 512, k / 512) - columns[k % 512] - rows[k / 512]).collect();
    let near = |x: &[f64]| x.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / x.iter().map(|v| v * v).sum::<f64>();
    assert!((variance.sqrt() / 1.654 - 1.0).abs() < 0.15, "total {}", variance.sqrt());
    assert!((rms(&columns) / 1.243 - 1.0).abs() < 0.2, "columns {}", rms(&columns));
    // A slow pattern has few independent rows: its rms varies by a third from camera to camera.
    assert!((0.17..0.7).contains(&rms(&rows)), "rows {}", rms(&rows));
    assert!((rms(&residual) / 1.034 - 1.0).abs() < 0.05, "residual {}", rms(&residual));
    assert!((near(&columns) - 0.55).abs() < 0.15 && near(&rows) > 0.85, "{} {}", near(&columns), near(&rows));
}

#[test]
fn flat_side_down_shows_the_twin_line_in_the_middle_and_rolled_does_not() {
    // The paper's Figure S1; imaging.md section 2.2: the middle line is 3-10 % darker or lighter. Far from a bend contour.
    let contrast = |roll: f64| {
        let mut settings = perfect();
        settings.bright_field.diffraction = true;
        let mut scene = prism(115e-9, 400e-9, roll);
        if let Some(w) = &mut scene.wire {
            (w.tilt, w.bend) = (0.05, 0.0);
        }
        let view = View { width: 4, height: 231, ..View::square(Mode::BrightField, 4, 4e-9, 0.0) };
        let with = Microscope::new(settings.clone(), 1).expected(&scene, &view, 1.0).unwrap();
        settings.bright_field.diffraction = false;
        let without = Microscope::new(settings, 1).expected(&scene, &view, 1.0).unwrap();
        let at = |j: usize| f64::from(with[j * 4] / without[j * 4]);
        at(115) / (0.5 * (at(105) + at(125))) - 1.0
    };
    assert!(contrast(0.0).abs() > 0.03, "{}", contrast(0.0));
    assert!(contrast(9f64.to_radians()).abs() < 0.01, "{}", contrast(9f64.to_radians()));
}

#[test]
fn the_film_is_textured_by_about_one_percent_at_a_nanometre() {
    // Imaging.md section 2.2: 0.5 to 1.5 % after the blur, at defocus.
    let mut settings = Settings { camera: perfect().camera, stage: perfect().stage, ..Settings::default() };
    let camera = Settings::default().camera;
    (settings.camera.mtf_weight, settings.camera.mtf_core, settings.camera.mtf_tail) =
        (camera.mtf_weight, camera.mtf_core, camera.mtf_tail);
    let rms = |settings: Settings| {
        let (mean, variance) = moments(&flat(settings.clone(), 4e4).counts);
        let shot = noise_left(&settings.camera) / mean;
        (variance / mean / mean - shot).max(0.0).sqrt()
    };
    let seen = rms(settings.clone());
    assert!((0.005..0.015).contains(&seen), "{seen}");
    // In focus only the uneven thickness is left.
    settings.bright_field.defocus = 0.0;
    assert!(rms(settings) < 0.8 * seen);
}

#[test]
fn a_wafer_stops_the_beam() {
    let scene = Scene { support: Support::Wafer, ..Scene::empty(0.0) };
    for mode in [Mode::BrightField, Mode::DarkField] {
        let view = View::square(mode, 32, 1e-6, 0.0);
        assert!(Microscope::new(perfect(), 1).expected(&scene, &view, 100.0).unwrap().iter().all(|v| *v == 0.0));
    }
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![3 => -1e-6..1e-6f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(0.0), 1 => Just(-1.0), 1 => Just(1e300)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_scene_and_no_view_makes_it_panic(
        size in (0usize..70, 0usize..70),
        pixel in prop_oneof![4 => 1e-10..1e-7f64, 1 => any_number()],
        place in any_number(),
        rotation in prop_oneof![3 => -7.0..7.0f64, 1 => any_number()],
        dose in prop_oneof![3 => 0.0..1e22f64, 1 => any_number()],
        area in prop::collection::vec(prop_oneof![3 => 0.0..2e-14f64, 1 => any_number()], 0..12),
        odd in any_number(),
        dark in any::<bool>(),
        index in any::<u64>(),
    ) {
        let n = area.len();
        let wire = WireShape { start: odd, dx: if dark { 1e-8 } else { odd }, area, simulated: 3..n + 5, roll: odd, tilt: odd, bend: odd, bend_origin: odd };
        let scene = Scene {
            time: odd,
            wire: Some(wire),
            spheres: vec![Sphere { centre: [odd, 0.0], radius: odd.abs(), material: Material::Deposit }],
            slabs: vec![Slab { x: [odd, 1e-8], y: [-1e-8, odd], thickness: 1e-8, corner: odd, slope: odd, roughness: odd, grain: odd, material: Material::Platinum }],
            reliefs: vec![
                Relief { origin: [odd, 0.0], step: [odd; 2], columns: 2, rows: 1, thickness: vec![odd as f32, 1e-8], moment: vec![1e-16, odd as f32], window: None },
                Relief { origin: [-1e-8, odd], step: [1e-8; 2], columns: n, rows: usize::MAX, thickness: Vec::new(), moment: vec![odd as f32], window: Some([odd, 1e-8]) },
                Relief { origin: [-5e-8, -1e-8], step: [1e-8, odd], columns: 10, rows: 1, thickness: vec![3e-8; 10], moment: Vec::new(), window: Some([-1e-8, odd]) },
                Relief { origin: [-5e-8; 2], step: [1e-8; 2], columns: 10, rows: 10, thickness: vec![3e-8; 100], moment: vec![odd as f32; 100], window: Some([-3e-8, 1e-8]) },
            ],
            support: Support::Membrane(odd),
            unplaced: odd,
        };
        let mode = if dark { Mode::DarkField } else { Mode::BrightField };
        let view = View { mode, width: size.0, height: size.1, pixel, centre: [place, 0.0], rotation };
        let microscope = Microscope::new(Settings::default(), 1);
        if let Ok(frame) = microscope.image(&scene, &view, &Exposure { time: 1.0, dose }, index) {
            prop_assert_eq!(frame.counts.len(), size.0 * size.1);
        }
        let _ = microscope.expected(&scene, &view, dose);
        let _ = scene.mirrored(odd);
        let mut map = DoseMap::new(odd, place, size.0);
        map.add(&view, dose);
        let _ = map.over(odd, place);
    }
}
