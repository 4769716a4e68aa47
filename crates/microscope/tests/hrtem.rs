//! The high-resolution microscope from outside: conventions, bad input, counts. Claims against exact results: validation/tests/multislice.rs.

use pentatwin_microscope::Camera;
use pentatwin_microscope::hrtem::{
    Element, HighResolution, HighResolutionError, Instrument, Optics, Species, Wave, Window, exit_wave, exit_wave_through, record,
    silver_rings,
};

const NM: f64 = 1e-9;

/// Silver with x = [1-10], y = [001], z = [110], of half widths [m], thickness [m] and lattice parameter [m].
fn slab(half: [f64; 2], thickness: f64, a: f64) -> Vec<[f64; 3]> {
    let d = [a / 2f64.sqrt(), a, a / 2f64.sqrt()];
    let mut atoms = Vec::new();
    for i in -60..60 {
        for j in -60..60 {
            for k in 0..(thickness / d[2]).round() as i32 {
                for b in [0.0, 0.5] {
                    let p = [(f64::from(i) + b) * d[0], (f64::from(j) + b) * d[1], (f64::from(k) + b) * d[2]];
                    if p[0].abs() <= half[0] && p[1].abs() <= half[1] {
                        atoms.push(p);
                    }
                }
            }
        }
    }
    atoms
}

fn window(pixels: usize, pixel: f64) -> Window {
    Window { centre: [0.0; 2], pixels: [pixels; 2], pixel }
}

fn apart(a: &Wave, b: &Wave) -> f64 {
    let (a, b) = (a.amplitudes(), b.amplitudes());
    let square = |x: [f32; 2]| f64::from(x[0]).powi(2) + f64::from(x[1]).powi(2);
    let difference: f64 = a.iter().zip(&b).map(|(a, b)| square([a[0] - b[0], a[1] - b[1]])).sum();
    (difference / b.iter().map(|b| square(*b)).sum::<f64>()).sqrt()
}

#[test]
fn atoms_are_dark_under_focus_and_bright_over_focus() {
    // Three layers of carbon: a weak phase object. Positive defocus is under focus: at Scherzer's the atom is dark.
    let mut settings = HighResolution { instrument: Instrument::F20, ..Default::default() };
    let atoms: Vec<[f64; 3]> = (0..3).map(|k| [0.0, 0.0, 0.2 * NM * f64::from(k)]).collect();
    let view = window(201, 0.02 * NM);
    let wave = exit_wave(&atoms, Element::Carbon, 293.0, &view, &settings).unwrap();
    let middle = 100 * 201 + 100;
    let scherzer = Optics::new(&settings).scherzer();
    assert!(scherzer > 0.0);
    settings.defocus = scherzer;
    let dark = wave.image(&Optics::new(&settings));
    settings.defocus = -20.0 * NM;
    let bright = wave.image(&Optics::new(&settings));
    assert!(dark[middle] < 0.97 && bright[middle] > 1.02, "{} {}", dark[middle], bright[middle]);
    // The image is round, about the atom.
    let at = |x: usize, y: usize| dark[y * 201 + x];
    for k in 1..60 {
        assert!((at(100 + k, 100) - at(100, 100 + k)).abs() < 1e-4 && (at(100 + k, 100) - at(100 - k, 100)).abs() < 1e-4);
    }
}

#[test]
fn under_focus_looks_at_a_plane_before_the_exit() {
    let settings = HighResolution::default();
    let atoms = [[0.1 * NM, -0.05 * NM, 0.0]];
    let view = window(128, 0.02 * NM);
    let wave = exit_wave(&atoms, Element::Silver, 293.0, &view, &settings).unwrap();
    let under = Optics { defocus: 7.0 * NM, ..Optics::perfect(&settings) };
    let seen = wave.image(&under);
    let before = wave.propagated(-7.0 * NM).image(&Optics::perfect(&settings));
    assert!(seen.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-4));
    // And propagation is what empty slices do.
    let far = exit_wave_through(
        &[Species { element: Element::Silver, positions: &atoms }],
        293.0,
        &view,
        &HighResolution { slice: 0.1 * NM, ..settings.clone() },
        Some([0.0, 5.0 * NM]),
    )
    .unwrap();
    let near = exit_wave_through(
        &[Species { element: Element::Silver, positions: &atoms }],
        293.0,
        &view,
        &HighResolution { slice: 0.1 * NM, ..settings },
        Some([0.0, 0.1 * NM]),
    )
    .unwrap();
    let moved = near.propagated(4.9 * NM);
    assert!(apart(&moved, &far) < 1e-5, "{}", apart(&moved, &far));
}

#[test]
fn slices_that_repeat_give_the_same_wave_as_slices_made_anew() {
    let settings = HighResolution::default();
    let view = window(160, 0.025 * NM);
    let atoms = slab([3.0 * NM, 3.0 * NM], 4.0 * NM, 0.40862 * NM);
    // Each layer moved by too little to matter, but by different amounts: nothing repeats.
    let moved: Vec<[f64; 3]> = atoms.iter().map(|p| [p[0] + 2e-6 * p[2], p[1], p[2]]).map(|p| [p[0], p[1] + 4e-5 * p[2], p[2]]).collect();
    let a = exit_wave(&atoms, Element::Silver, 293.0, &view, &settings).unwrap();
    let b = exit_wave(&moved, Element::Silver, 293.0, &view, &settings).unwrap();
    // 4 nm x 4e-5 = 0.16 pm.
    let distance = apart(&a, &b);
    assert!(distance > 1e-6 && distance < 5e-3, "{distance}");
    // In another order, and moved by whole lattice vectors within the margin: the same.
    let mut turned = atoms;
    turned.reverse();
    let c = exit_wave(&turned, Element::Silver, 293.0, &view, &settings).unwrap();
    assert!(apart(&a, &c) < 1e-5, "{}", apart(&a, &c));
}

#[test]
fn the_margin_keeps_what_wraps_around_out_of_the_window() {
    let view = window(120, 0.03 * NM);
    let atoms = slab([6.0 * NM, 6.0 * NM], 3.0 * NM, 0.40862 * NM);
    let wave = |padding| exit_wave(&atoms, Element::Silver, 293.0, &view, &HighResolution { padding, ..Default::default() }).unwrap();
    let (thin, thick, thickest) = (wave(1.0 * NM), wave(2.0 * NM), wave(4.0 * NM));
    println!("margin of 1 nm: wave {:.1e}, 2 nm: {:.1e} from 4 nm", apart(&thin, &thickest), apart(&thick, &thickest));
    // The wave itself rings at the band limit over some nanometres, with each atom beyond the margin; no lens passes that.
    for instrument in [Instrument::F20, Instrument::Talos] {
        let optics = Optics::new(&HighResolution { instrument, ..Default::default() });
        let [one, two, four] = [&thin, &thick, &thickest].map(|w| w.image(&optics));
        let off = |a: &[f32]| (a.iter().zip(&four).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / a.len() as f32).sqrt();
        println!("image, {}: 1 nm {:.1e}, 2 nm {:.1e} rms from 4 nm", instrument.word(), off(&one), off(&two));
        assert!(off(&two) < 0.6 * off(&one));
    }
    assert_eq!(thin.amplitudes().len(), 120 * 120);
}

#[test]
fn several_elements_are_the_sum_of_their_potentials() {
    let settings = HighResolution::default();
    let view = window(128, 0.02 * NM);
    let here = [[-0.2 * NM, 0.0, 0.0]];
    let there = [[0.2 * NM, 0.1 * NM, 0.0]];
    let potential = |species: &[Species]| pentatwin_microscope::hrtem::projected_potential(species, 293.0, &view, &settings).unwrap();
    let platinum = Species { element: Element::Platinum, positions: &here };
    let nitrogen = Species { element: Element::Nitrogen, positions: &there };
    let (a, b, both) = (potential(&[platinum]), potential(&[nitrogen]), potential(&[platinum, nitrogen]));
    let most = both.iter().fold(0f32, |m, v| m.max(*v));
    assert!(both.iter().zip(a.iter().zip(&b)).all(|(s, (a, b))| (s - a - b).abs() < 1e-5 * most));
}

#[test]
fn heat_weakens_the_beams_by_debye_and_waller() {
    // One thin layer, kinematic: the amplitude at k falls by exp(-B k²/4).
    let settings = HighResolution { slice: 0.3 * NM, ..Default::default() };
    let view = window(240, 0.025 * NM);
    let atoms = slab([1.2 * NM, 1.2 * NM], 0.2 * NM, 0.40862 * NM);
    let spot = |t: f64| {
        let k = [2f64.sqrt() / 0.40862e-9, 1.0 / 0.40862e-9];
        exit_wave(&atoms, Element::Silver, t, &view, &settings).unwrap().diffraction().spot(k, 5e8)
    };
    let ratio = spot(1023.15) / spot(293.0);
    let k2 = 3.0 / (0.40862e-9f64).powi(2);
    let expected = (-0.5 * 0.75e-20 * (1023.15 / 293.0 - 1.0) * k2).exp();
    // Second-order scattering is not damped the same way.
    assert!((ratio / expected - 1.0).abs() < 0.03, "{ratio} {expected}");
}

#[test]
fn spots_of_a_diffraction_pattern_lie_on_the_rings() {
    let settings = HighResolution::default();
    let view = window(300, 0.025 * NM);
    let a = 0.4086e-9;
    let atoms = slab([5.0 * NM, 5.0 * NM], 3.0 * NM, a);
    let pattern = exit_wave(&atoms, Element::Silver, 293.0, &view, &settings).unwrap().diffraction();
    let total: f64 = pattern.intensity.iter().map(|v| f64::from(*v)).sum();
    assert!(total < 1.0 && total > 0.9, "{total}");
    let rings = silver_rings(293.0, 8.5e9);
    for (ring, k) in [(0, [2f64.sqrt() / a, 1.0 / a]), (1, [0.0, 2.0 / a]), (2, [8f64.sqrt() / a, 0.0]), (3, [2f64.sqrt() / a, 3.0 / a])] {
        let at = pattern.centroid(k, 5e8).unwrap();
        assert!((at[0] - k[0]).hypot(at[1] - k[1]) < 0.002 * k[0].hypot(k[1]), "{k:?} {at:?}");
        assert!((at[0].hypot(at[1]) / rings[ring].radius - 1.0).abs() < 0.002);
        assert!(pattern.spot(k, 3e8) > 1e-4);
    }
    // Forbidden: 001 and 110.
    assert!(pattern.spot([0.0, 1.0 / a], 3e8) < 1e-4 && pattern.spot([2f64.sqrt() / a, 0.0], 3e8) < 1e-4);
    let (w, h, picture) = pattern.picture(8e9, 5.0);
    assert!(picture.len() == w * h && w > 100 && picture[(h / 2) * w + w / 2] == 1.0);
}

#[test]
fn counts_have_the_camera_s_mean_and_noise_and_any_number_of_threads_gives_the_same() {
    let view = window(200, 0.03 * NM);
    let camera = Camera::default();
    let intensity = vec![0.5f32; 200 * 200];
    let seen = record(&intensity, &view, 4e22, &camera, 7, 3).unwrap();
    assert!((seen.electrons - 36.0).abs() < 1e-9);
    let mean = seen.counts.iter().map(|c| f64::from(*c)).sum::<f64>() / 4e4;
    let expected = camera.offset + camera.gain * 18.0;
    assert!((mean / expected - 1.0).abs() < 0.01, "{mean} {expected}");
    let two = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(two.install(|| record(&intensity, &view, 4e22, &camera, 7, 3)).unwrap(), seen);
    assert_ne!(record(&intensity, &view, 4e22, &camera, 8, 3).unwrap().counts, seen.counts);
    assert!(matches!(record(&intensity[1..], &view, 4e22, &camera, 7, 3), Err(HighResolutionError::Size { .. })));
    assert!(matches!(record(&intensity, &view, f64::NAN, &camera, 7, 3), Err(HighResolutionError::Setting { .. })));
    let mut holes = intensity.clone();
    holes[5] = f32::NAN;
    assert!(matches!(record(&holes, &view, 4e22, &camera, 7, 3), Err(HighResolutionError::Intensity { index: 5, .. })));
    let atoms = slab([1.0 * NM, 1.0 * NM], 1.0 * NM, 0.4086 * NM);
    let settings = HighResolution::default();
    let wave = || exit_wave(&atoms, Element::Silver, 293.0, &view, &settings).unwrap().amplitudes();
    assert_eq!(two.install(wave), wave());
}

#[test]
fn bad_input_is_named() {
    use HighResolutionError as E;
    let good = HighResolution::default();
    let view = window(64, 0.03 * NM);
    let atoms = vec![[0.0; 3], [0.1 * NM, 0.0, 1.0 * NM]];
    let wave = |atoms: &[[f64; 3]], view: Window, s: &HighResolution| exit_wave(atoms, Element::Silver, 300.0, &view, s).map(|w| w.norm());
    assert!(wave(&atoms, view, &good).is_ok());
    let s = |f: fn(&mut HighResolution)| {
        let mut s = HighResolution::default();
        f(&mut s);
        s
    };
    assert!(matches!(wave(&[], view, &good), Err(E::NoAtoms { given: 0 })));
    assert!(matches!(wave(&[[50.0 * NM, 0.0, 0.0]], view, &good), Err(E::NoAtoms { given: 1 })));
    assert!(matches!(wave(&[[f64::NAN, 0.0, 0.0]], view, &good), Err(E::Position { index: 0, .. })));
    assert!(matches!(wave(&[[0.0, 0.0, f64::INFINITY]], view, &good), Err(E::Position { .. })));
    for pixels in [[0, 64], [64, 0], [20_000, 64]] {
        assert!(matches!(wave(&atoms, Window { pixels, ..view }, &good), Err(E::Pixels { .. })));
    }
    for pixel in [0.0, -1e-11, f64::NAN, 1e-14, 1e-8] {
        assert!(matches!(wave(&atoms, Window { pixel, ..view }, &good), Err(E::Window { .. })), "{pixel}");
    }
    assert!(matches!(wave(&atoms, Window { centre: [f64::NAN, 0.0], ..view }, &good), Err(E::Window { .. })));
    let coarse = wave(&atoms, Window { pixel: 0.05 * NM, ..view }, &good).unwrap_err();
    assert!(coarse.to_string().contains("at most 0.0400 nm"), "{coarse}");
    for bad in [
        s(|s| s.slice = 0.0),
        s(|s| s.slice = -1.0),
        s(|s| s.slice = f64::NAN),
        s(|s| s.voltage = 0.0),
        s(|s| s.padding = -1e-9),
        s(|s| s.padding = f64::INFINITY),
        s(|s| s.debye_waller = f64::NAN),
        s(|s| s.tilt_x = 1.0),
    ] {
        assert!(matches!(wave(&atoms, view, &bad), Err(E::Setting { .. })), "{bad:?}");
    }
    let species = [Species { element: Element::Silver, positions: &atoms }];
    for depth in [[0.0, 0.0], [1e-9, 0.0], [0.0, f64::NAN]] {
        assert!(matches!(exit_wave_through(&species, 300.0, &view, &good, Some(depth)), Err(E::NoSlices { .. })), "{depth:?}");
    }
    assert!(matches!(exit_wave_through(&species, 300.0, &view, &good, Some([0.0, 0.5e-9])), Err(E::Outside { index: 1, .. })));
    assert!(matches!(wave(&[[0.0; 3], [0.0, 0.0, 0.5]], view, &good), Err(E::TooManySlices { .. })));
    for t in [0.0, -5.0, f64::NAN, 1300.0] {
        let melted = exit_wave(&atoms, Element::Silver, t, &view, &good);
        assert!(matches!(melted, Err(E::Temperature { .. })), "{t}");
    }
    let large = Window { pixels: [16_000; 2], ..view };
    let memory = wave(&atoms, large, &good).unwrap_err();
    assert!(matches!(memory, E::Memory { .. }) && memory.to_string().contains("MB"), "{memory}");
    assert!(matches!(wave(&atoms, view, &s(|s| s.padding = 1e-6)), Err(E::Pixels { .. })));
    // Ten-pixel and odd windows are fine.
    for pixels in [[1, 1], [10, 3], [33, 65]] {
        for padding in [0.0, 1e-9] {
            let s = HighResolution { padding, ..good.clone() };
            let w = exit_wave(&atoms, Element::Silver, 300.0, &Window { pixels, ..view }, &s).unwrap();
            assert_eq!(w.image(&Optics::new(&s)).len(), pixels[0] * pixels[1]);
            assert!(w.diffraction().intensity.iter().all(|v| v.is_finite()));
        }
    }
}
