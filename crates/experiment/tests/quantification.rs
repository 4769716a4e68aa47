//! Spectra of scenes, and what the analysis makes of them.

use pentatwin_analysis::spectrum::{Axis, Fit, Options, fit};
use pentatwin_experiment::spectra::{bridge, find};
use pentatwin_microscope::spectrum::{Edx, Element, Family, Layer, Specimen, Spectrometer, Spectrum, SpectrumError, Warning, silver_lost};
use pentatwin_microscope::{Mode, View};
use pentatwin_physics::materials::constants::E;
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::scene::{Material, Scene, Slab, Sphere, Support};

/// A gap between a contact and bare membrane with a halo over all; perhaps with a chain of silver across it.
fn gap(silver: bool) -> Scene {
    let mut scene = Scene::empty(50e-9);
    let slab = |x: [f64; 2], thickness: f64| Slab {
        x,
        y: [-300e-9, 300e-9],
        thickness,
        corner: 0.0,
        slope: 4e-9,
        roughness: 0.0,
        grain: 0.0,
        material: Material::Deposit,
    };
    scene.slabs.push(slab([-400e-9, -20e-9], 40e-9));
    scene.slabs.push(slab([-400e-9, 400e-9], 4e-9));
    if silver {
        for k in 0..12 {
            let centre = [-18e-9 + 6e-9 * k as f64, 8e-9 * ((k * 37 % 7) as f64 / 3.0 - 1.0)];
            scene.spheres.push(Sphere { centre, radius: (4.0 + (k * 29 % 5) as f64) * 1e-9, material: Material::Silver });
        }
    }
    scene
}

/// 100 nm around the gap.
fn view(pixels: usize) -> View {
    View::square(Mode::DarkField, pixels, 100e-9, 0.0)
}

const AXIS: Axis = Axis { offset: 0.0, width: 10.0 };

fn weight(spectrum: &Spectrum, element: Element, of: &[Element]) -> f64 {
    let mass = |e: &Element| spectrum.atoms[e.index()] * e.mass();
    mass(&element) / of.iter().map(mass).sum::<f64>()
}

#[test]
fn dose_counts_and_seed_are_what_was_asked() {
    let edx = Spectrometer::new(&Edx::default()).unwrap();
    let one = edx.area(&gap(true), &view(32), 7, 0).unwrap();
    assert_eq!(one, edx.area(&gap(true), &view(32), 7, 0).unwrap());
    assert_ne!(one.counts, edx.area(&gap(true), &view(32), 7, 1).unwrap().counts);
    assert_ne!(one.counts, edx.area(&gap(true), &view(32), 8, 0).unwrap().counts);
    assert!((one.electrons / (0.5e-9 * 60.0 / E) - 1.0).abs() < 1e-12);
    // The beam is on while the detector is dead, too.
    assert!((one.dose / (0.5e-9 * one.real_time / E / 1e-14) - 1.0).abs() < 1e-9);
    assert!(one.real_time > 60.0 && one.real_time < 66.0);
    let (sum, mean) = (one.counts.iter().map(|n| f64::from(*n)).sum::<f64>(), one.expected.iter().sum::<f64>());
    assert!((sum - mean).abs() < 5.0 * mean.sqrt(), "{sum} {mean}");
    // Twice the time, twice the counts.
    let longer = Spectrometer::new(&Edx { live_time: 120.0, ..Edx::default() }).unwrap().area(&gap(true), &view(32), 7, 0).unwrap();
    assert!((longer.expected.iter().sum::<f64>() / mean - 2.0).abs() < 1e-9);
}

#[test]
fn all_pulses_of_a_line_are_in_the_channels() {
    // Lines add up to the whole less the continuum; below the threshold nothing is counted.
    let settings = Edx { threshold: 0.0, channels: 4096, stray_copper: 0.0, ..Edx::default() };
    let edx = Spectrometer::new(&settings).unwrap();
    let silver = edx.expected(&Specimen([0.0, 0.0, 0.0, 10e-9, 0.0, 0.0])).unwrap();
    let lines: f64 = silver.lines.iter().map(|p| p.detected).sum();
    let twice = edx.expected(&Specimen([0.0, 0.0, 0.0, 20e-9, 0.0, 0.0])).unwrap();
    let ratio = twice.lines.iter().map(|p| p.specimen).sum::<f64>() / silver.lines.iter().map(|p| p.specimen).sum::<f64>();
    assert!((1.98..2.0).contains(&ratio), "{ratio}");
    let window = |s: &Spectrum| (240..400).map(|k| s.expected[k]).sum::<f64>();
    let own = |s: &Spectrum| {
        s.lines.iter().filter(|p| p.line.element == Element::Silver && p.line.family == Family::L).map(|p| p.detected).sum::<f64>()
    };
    assert!(own(&silver) < window(&silver) && own(&silver) > 0.9 * window(&silver), "{} {}", own(&silver), window(&silver));
    assert!(lines > own(&silver));
    // 3e11 electrons on 8 nm of silver (5.86e28 atoms/m³), 0.9 sr; Ag Lα of 1.0017e-26 m², from pyTEMlib's table of lines at 200 kV.
    let big = Edx { solid_angle: 0.9, current: 3e11 * E / 60.0, ..Edx::default() };
    let s = Spectrometer::new(&big).unwrap().expected(&Specimen([0.0, 0.0, 0.0, 8e-9, 0.0, 0.0])).unwrap();
    let alpha: f64 =
        s.lines.iter().filter(|p| p.line.element == Element::Silver && p.line.family == Family::L && p.line.alpha).map(|p| p.emitted).sum();
    let by_hand = 3e11 * 8e-9 * 5.86e28 * 1.0017e-26 * 0.9 / (4.0 * std::f64::consts::PI);
    assert!((alpha / by_hand - 1.0).abs() < 0.02, "{alpha} {by_hand}");
}

#[test]
fn peak_over_background_of_silver_is_that_of_a_thin_film() {
    // imaging.md 2.6: 30 to 100 for Ag L in a pure thin film at 200 kV; a bare film without holder is at its upper end or above.
    let edx = Spectrometer::new(&Edx { contamination: 0.0, ..Edx::default() }).unwrap();
    let s = edx.expected(&Specimen([0.0, 0.0, 0.0, 30e-9, 0.0, 0.0])).unwrap();
    let (from, to) = (294, 303);
    let all: f64 = s.expected[from..=to].iter().sum();
    let beside =
        0.5 * (s.expected[220..240].iter().sum::<f64>() + s.expected[420..440].iter().sum::<f64>()) / 20.0 * (to - from + 1) as f64;
    let ratio = (all - beside) / beside;
    assert!((30.0..200.0).contains(&ratio), "{ratio}");
}

#[test]
fn what_lies_under_platinum_is_seen_less_and_soft_lines_least() {
    let edx = Spectrometer::new(&Edx::default()).unwrap();
    let detected = |s: &Spectrum, e: Element| {
        s.lines.iter().filter(|p| p.line.element == e && p.line.family == Family::K).map(|p| p.specimen).sum::<f64>()
    };
    let bare = edx.expected(&Specimen([50e-9, 0.0, 0.0, 0.0, 0.0, 0.0])).unwrap();
    let under = edx.expected(&Specimen([50e-9, 0.0, 50e-9, 0.0, 0.0, 0.0])).unwrap();
    let passed = |e| detected(&under, e) / detected(&bare, e);
    let beer = |e: Element, energy: f64| {
        (-Element::Platinum.attenuation(energy) * 21_450.0 * 50e-9 / 20f64.to_radians().sin()).exp()
            * f64::from(u8::from(e != Element::Carbon))
    };
    assert!((passed(Element::Nitrogen) / beer(Element::Nitrogen, 392.4) - 1.0).abs() < 1e-6);
    assert!((passed(Element::Silicon) / beer(Element::Silicon, 1740.0) - 1.0).abs() < 0.02);
    assert!(passed(Element::Nitrogen) < 0.05 && passed(Element::Silicon) > 0.5);
}

#[test]
fn a_map_is_its_pixels_and_shows_silver_where_it_is() {
    let edx = Spectrometer::new(&Edx { solid_angle: 0.9, ..Edx::default() }).unwrap();
    let map = edx.map(&gap(true), &view(32), 5, 0).unwrap();
    let mut sum = vec![0u32; map.total.counts.len()];
    for pixel in 0..32 * 32 {
        sum.iter_mut().zip(map.pixel(pixel)).for_each(|(s, n)| *s += n);
    }
    assert_eq!(sum, map.total.counts);
    let silver = map.line(Element::Silver, Family::L, 130.0).unwrap();
    let platinum = map.line(Element::Platinum, Family::M, 130.0).unwrap();
    // Left of the gap is the contact, in it the chain, along y = 0.
    let mean = |m: &[u32], x: std::ops::Range<usize>, y: std::ops::Range<usize>| {
        let n = (x.len() * y.len()) as f64;
        y.flat_map(|j| x.clone().map(move |i| (i, j))).map(|(i, j)| f64::from(m[j * 32 + i])).sum::<f64>() / n
    };
    assert!(mean(&silver, 12..28, 14..18) > 5.0 * mean(&silver, 12..28, 0..6));
    assert!(mean(&platinum, 0..8, 0..32) > 4.0 * mean(&platinum, 14..32, 0..32));
    assert_eq!(map, edx.map(&gap(true), &view(32), 5, 0).unwrap());
    assert_eq!(map.line(Element::Carbon, Family::L, 130.0), None);
    // Pixel by pixel the counts scatter as Poisson numbers do: nitrogen's line over the bare right side.
    let si = map.window(1640.0, 1840.0);
    let right: Vec<f64> = (0..32).flat_map(|j| (28..32).map(move |i| (i, j))).map(|(i, j)| f64::from(si[j * 32 + i])).collect();
    let m = right.iter().sum::<f64>() / right.len() as f64;
    let v = right.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (right.len() - 1) as f64;
    assert!((v / m - 1.0).abs() < 4.0 * (2.0 / right.len() as f64).sqrt(), "{v} {m}");
}

#[test]
fn the_beam_that_would_eat_the_filament_says_so() {
    let edx = Spectrometer::new(&Edx::default()).unwrap();
    // A nanometre wide for a minute at half a nanoampere: 1.9e11 e/nm², thousands of layers.
    let point = edx.point(&gap(true), [0.0, 0.0], 1e-9, 1, 0).unwrap();
    assert!(point.silver_lost > 1e-7, "{}", point.silver_lost);
    assert!(point.warnings.iter().any(|w| matches!(w, Warning::EatsSilver { .. })));
    assert!(point.warnings[0].to_string().contains("nm of silver"), "{}", point.warnings[0]);
    let wide = edx.area(&gap(true), &view(16), 1, 0).unwrap();
    assert!(wide.warnings.is_empty() && (wide.silver_lost - silver_lost(wide.dose)).abs() < 1e-15);
    // physics.md 1.10: 1e-6 layers a second at 50 e/nm²/s.
    assert!((silver_lost(50e18 * 1e6) / 0.2045e-9 - 1.0).abs() < 1e-9);
    assert_eq!(silver_lost(f64::NAN), 0.0);
    let busy = Spectrometer::new(&Edx { current: 20e-9, ..Edx::default() }).unwrap().area(&gap(true), &view(16), 1, 0).unwrap();
    assert!(busy.warnings.iter().any(|w| matches!(w, Warning::Busy { dead } if *dead > 0.1)));
}

#[test]
fn bad_input_is_an_error_and_never_a_panic() {
    assert!(Spectrometer::new(&Edx { solid_angle: f64::NAN, ..Edx::default() }).is_err());
    let edx = Spectrometer::new(&Edx::default()).unwrap();
    let wafer = Scene { support: Support::Wafer, ..gap(true) };
    assert_eq!(edx.area(&wafer, &view(8), 1, 0), Err(SpectrumError::Opaque));
    assert!(edx.area(&gap(true), &View { width: 0, ..view(8) }, 1, 0).is_err());
    assert!(edx.point(&gap(true), [f64::NAN, 0.0], 1e-9, 1, 0).is_err());
    assert!(edx.point(&gap(true), [0.0, 0.0], 0.0, 1, 0).is_err());
    assert!(edx.expected(&Specimen([f64::INFINITY, 0.0, 0.0, 0.0, 0.0, 0.0])).is_err());
    assert!(edx.expected(&Specimen([-1.0, 0.0, 0.0, 0.0, 0.0, 0.0])).is_err());
    // Nothing at all in the beam: the holder's copper and little else.
    let nothing = edx.area(&Scene { support: Support::Nothing, ..Scene::empty(0.0) }, &view(8), 1, 0).unwrap();
    assert!(nothing.expected.iter().sum::<f64>() > 0.0 && nothing.atoms.iter().all(|n| *n == 0.0));
    assert_eq!(Specimen([1e-9; 6]).thickness(Layer::Silver), 1e-9);
}

/// What quantification finds of a spectrum over what was there, by element, with its uncertainty.
fn recovered(edx: &Edx, s: &Spectrum) -> Vec<(Element, f64, f64)> {
    let of = [Element::Carbon, Element::Nitrogen, Element::Oxygen, Element::Silicon, Element::Silver, Element::Platinum];
    let found = find(edx, s).unwrap();
    found
        .quantities
        .iter()
        .map(|q| {
            let element = Element::of_symbol(&q.element).unwrap();
            let truth = weight(s, element, &of);
            if truth == 0.0 {
                assert!(!q.detected, "{} is not there", q.element);
                return (element, 1.0, 1.0);
            }
            println!("{}: {:.4} +- {:.4}, truth {truth:.4}, limit {:.5}", q.element, q.weight.value, q.weight.uncertainty, q.limit[0]);
            (element, q.weight.value / truth, q.weight.uncertainty / truth)
        })
        .collect()
}

#[test]
fn the_metals_of_a_gap_come_back_within_5_percent() {
    let edx = Edx { solid_angle: 0.9, ..Edx::default() };
    let s = Spectrometer::new(&edx).unwrap().area(&gap(true), &view(48), 3, 0).unwrap();
    for (element, ratio, noise) in recovered(&edx, &s) {
        // Carbon is in the deposit, but also on top of all; oxygen is at the edge of what can be seen.
        let wanted = if matches!(element, Element::Carbon | Element::Oxygen) { 0.15 } else { 0.05 };
        assert!((ratio - 1.0).abs() < wanted + 2.0 * noise, "{}: {ratio}", element.symbol());
    }
}

#[test]
fn a_thick_particle_that_covers_a_part_of_the_area_comes_back_within_5_percent() {
    let edx = Edx { solid_angle: 0.9, contamination: 0.0, ..Edx::default() };
    let mut scene = Scene::empty(50e-9);
    scene.spheres.push(Sphere { centre: [10e-9, 0.0], radius: 40e-9, material: Material::Silver });
    let s = Spectrometer::new(&edx).unwrap().area(&scene, &view(48), 3, 0).unwrap();
    assert!((0.3..0.5).contains(&s.coverage[Layer::Silver as usize]) && (s.coverage[0] - 1.0).abs() < 1e-9, "{:?}", s.coverage);
    for (element, ratio, noise) in recovered(&edx, &s) {
        assert!((ratio - 1.0).abs() < 0.05 + 2.0 * noise, "{}: {ratio}", element.symbol());
    }
}

#[test]
fn layers_that_are_even_come_back_within_5_percent_light_elements_too() {
    let edx = Edx { solid_angle: 0.9, contamination: 0.0, ..Edx::default() };
    let spectrometer = Spectrometer::new(&edx).unwrap();
    let mut s = spectrometer.expected(&Specimen([50e-9, 2e-9, 20e-9, 10e-9, 0.0, 0.0])).unwrap();
    let mut stream = Stream::new(4, Purpose::Spectrum, 0);
    s.counts = s.expected.iter().map(|mean| poisson(&mut stream, *mean) as u32).collect();
    for (element, ratio, noise) in recovered(&edx, &s) {
        assert!((ratio - 1.0).abs() < 0.05 + 2.0 * noise, "{}: {ratio}", element.symbol());
    }
}

fn fitted(edx: &Edx, expected: &[f64], seed: u64) -> Fit {
    let mut stream = Stream::new(seed, Purpose::Spectrum, 77);
    let counts: Vec<f64> = expected.iter().map(|mean| poisson(&mut stream, *mean)).collect();
    fit(&counts, &AXIS, &bridge::families(edx), &bridge::response(edx), &Options::default()).unwrap()
}

/// A Poisson number, apart from the microscope's: by inversion, or a rounded normal number where the mean is large.
fn poisson(stream: &mut Stream, mean: f64) -> f64 {
    if mean > 500.0 {
        return (mean + mean.sqrt() * stream.normal()).round().max(0.0);
    }
    let (mut k, mut p) = (0.0, (-mean).exp());
    let mut u = stream.uniform() - p;
    while u > 0.0 && k < 2000.0 {
        k += 1.0;
        p *= mean / k;
        u -= p;
    }
    k
}

#[test]
fn uncertainties_cover_and_blanks_are_detected_in_5_percent() {
    let edx = Edx::default();
    let spectrometer = Spectrometer::new(&edx).unwrap();
    let after = spectrometer.area(&gap(true), &view(32), 1, 0).unwrap();
    let before = spectrometer.area(&gap(false), &view(32), 1, 0).unwrap();
    let names: Vec<String> = bridge::families(&edx).iter().map(|f| f.name.clone()).collect();
    let silver = names.iter().position(|n| n == "Ag L").unwrap();
    let truth = |s: &Spectrum, name: &str| {
        s.lines
            .iter()
            .filter(|p| format!("{} {}", p.line.element.symbol(), p.line.family.letter()) == name)
            .map(|p| p.detected)
            .sum::<f64>()
    };
    let n = 100;
    let mut inside = vec![0; names.len()];
    let mut pulls = vec![(0.0, 0.0); names.len()];
    for seed in 0..n {
        let f = fitted(&edx, &after.expected, seed);
        for (k, name) in names.iter().enumerate() {
            let pull = (f.families[k].counts.value - truth(&after, name)) / f.families[k].counts.uncertainty;
            inside[k] += usize::from(pull.abs() < 1.0);
            pulls[k].0 += pull / n as f64;
            pulls[k].1 += pull * pull / n as f64;
        }
    }
    for (k, name) in names.iter().enumerate() {
        println!("{name}: {} of {n} within one sigma, pull {:.2} rms {:.2}", inside[k], pulls[k].0, pulls[k].1.sqrt());
    }
    let (mut false_alarms, blanks) = (0, 400);
    let mut limit = 0.0;
    for seed in 0..blanks {
        let f = fitted(&edx, &before.expected, 1000 + seed);
        false_alarms += usize::from(f.families[silver].detected());
        limit = f.families[silver].limit;
    }
    println!("Ag L on blanks: {false_alarms} of {blanks} detected, limit {limit:.0} counts");
    assert!((8..=34).contains(&false_alarms), "{false_alarms}");
    assert!((50..=85).contains(&inside[silver]));
}
