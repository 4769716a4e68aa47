//! Multislice against exact results and against abTEM; the lattice of its images as `analysis` measures it.

use pentatwin_analysis::lattice::{Patch, PeakRule, Spectrum, Window as Fade, peaks};
use pentatwin_microscope::Camera;
use pentatwin_microscope::hrtem::{
    Element, HighResolution, Instrument, Optics, Species, Wave, Window, exit_wave, exit_wave_through, projected_potential, record,
};
use pentatwin_physics::materials::silver::expansion::{LATTICE, d111};
use std::f64::consts::{PI, TAU};

const NM: f64 = 1e-9;

fn distance(a: &[[f32; 2]], b: &[[f32; 2]]) -> f64 {
    let square = |x: f32, y: f32| f64::from(x).powi(2) + f64::from(y).powi(2);
    let difference: f64 = a.iter().zip(b).map(|(a, b)| square(a[0] - b[0], a[1] - b[1])).sum();
    (difference / b.iter().map(|b| square(b[0], b[1])).sum::<f64>()).sqrt()
}

fn through(atoms: &[[f64; 3]], window: &Window, settings: &HighResolution, depth: [f64; 2]) -> Wave {
    let species = [Species { element: Element::Silver, positions: atoms }];
    exit_wave_through(&species, 293.0, window, settings, Some(depth)).unwrap()
}

/// Silver with x = [1-10], y = [001], z = [110].
fn slab(half: f64, thickness: f64, keep: impl Fn(f64, f64) -> bool) -> Vec<[f64; 3]> {
    let d = [LATTICE / 2f64.sqrt(), LATTICE, LATTICE / 2f64.sqrt()];
    let n = (half / d[0]) as i32 + 1;
    let mut atoms = Vec::new();
    for i in -n..=n {
        for j in -n..=n {
            for k in 0..(thickness / d[2]).round() as i32 {
                for b in [0.0, 0.5] {
                    let p = [(f64::from(i) + b) * d[0], (f64::from(j) + b) * d[1], (f64::from(k) + b) * d[2]];
                    if p[0].abs() <= half && p[1].abs() <= half && keep(p[0], p[1]) {
                        atoms.push(p);
                    }
                }
            }
        }
    }
    atoms
}

#[test]
fn single_atom_potential() {
    // Real space against Fourier space: the closed form of the projected potential (K0 and K1 of Lobato & Van Dyck), smeared by the thermal
    // displacement u² = B/8π² with an integral over rings, beside what the slices use. An atom between pixels.
    let settings = HighResolution { padding: 0.0, ..Default::default() };
    let window = Window { centre: [0.0; 2], pixels: [512; 2], pixel: 0.005 * NM };
    let place = [0.0013 * NM, -0.0021 * NM, 0.0];
    let seen = projected_potential(&[Species { element: Element::Silver, positions: &[place] }], 293.0, &window, &settings).unwrap();
    let u = (settings.debye_waller / (8.0 * PI * PI)).sqrt();
    // exp(-x) I0(x) = mean of exp(x (cos θ - 1)).
    let ring = |x: f64| {
        if x > 200.0 {
            (1.0 + 1.0 / (8.0 * x) + 9.0 / (128.0 * x * x)) / (TAU * x).sqrt()
        } else {
            (0..100).map(|i| (x * (((f64::from(i) + 0.5) * PI / 100.0).cos() - 1.0)).exp()).sum::<f64>() / 100.0
        }
    };
    let exact = |r: f64| {
        let far = r + 9.0 * u;
        let n = 1500;
        // s = far t²: points where the potential is steep.
        (0..n)
            .map(|i| {
                let t = (f64::from(i) + 0.5) / f64::from(n);
                let s = far * t * t;
                let weight = s / (u * u) * (-0.5 * ((r - s) / u).powi(2)).exp() * ring(r * s / (u * u));
                weight * Element::Silver.projected_potential(s) * 2.0 * far * t / f64::from(n)
            })
            .sum::<f64>()
    };
    let (mut of_all, mut of_itself) = (0.0f64, 0.0f64);
    let top = exact(0.0);
    for k in (0..200).step_by(5) {
        // Along a row and a diagonal, out to 1 nm.
        for (i, j) in [(256 + k, 256), (256, 256 - k), (256 + k * 7 / 10, 256 + k * 7 / 10)] {
            let x = (i as f64 + 0.5 - 256.0) * window.pixel - place[0];
            let y = (j as f64 + 0.5 - 256.0) * window.pixel - place[1];
            let r = x.hypot(y);
            let expected = exact(r);
            let off = (f64::from(seen[j * 512 + i]) - expected).abs();
            of_all = of_all.max(off / top);
            if r < 0.3 * NM {
                of_itself = of_itself.max(off / expected);
            }
        }
    }
    println!("single atom: {top:.3e} V m in the middle; off by {of_all:.1e} of that, within 0.3 nm by {of_itself:.1e} of itself");
    assert!(of_all < 1e-4 && of_itself < 1e-4, "{of_all} {of_itself}");
}

#[test]
fn vacuum_propagation() {
    // Talbot: a wave of period L comes again after 2 L²/λ, and after half of that moved by half a period. 160 steps of free space.
    let pixels = 16;
    let window = Window { centre: [0.0; 2], pixels: [pixels; 2], pixel: 0.0125 * NM };
    let period = 16.0 * window.pixel;
    let lambda = pentatwin_microscope::hrtem::Radiation::new(200e3).wavelength;
    let talbot = 2.0 * period * period / lambda;
    let step = talbot / 160.0;
    let settings = HighResolution { padding: 0.0, slice: step * (1.0 + 1e-6), ..Default::default() };
    let atoms = [[0.031 * NM, 0.0, 0.0]];
    let first = through(&atoms, &window, &settings, [0.0, step]).amplitudes();
    let again = through(&atoms, &window, &settings, [0.0, step + talbot]).amplitudes();
    let half = through(&atoms, &window, &settings, [0.0, step + 0.5 * talbot]).amplitudes();
    let moved: Vec<[f32; 2]> =
        (0..pixels * pixels).map(|n| first[(n / pixels + 8) % pixels * pixels + (n % pixels + 8) % pixels]).collect();
    // What is scattered must come again, so the incident 1 is taken off.
    let scattered = |wave: &[[f32; 2]]| wave.iter().map(|a| [a[0] - 1.0, a[1]]).collect::<Vec<_>>();
    let (whole, halfway) = (distance(&scattered(&again), &scattered(&first)), distance(&scattered(&half), &scattered(&moved)));
    let apart = distance(&scattered(&half), &scattered(&first));
    println!("Talbot: {whole:.1e} after a whole length of {:.2} nm, {halfway:.1e} after half of it (unmoved {apart:.2})", talbot / NM);
    assert!(whole < 1e-4 && halfway < 1e-4 && apart > 0.3, "{whole} {halfway} {apart}");
}

#[test]
fn norm_is_conserved_up_to_the_band_limit() {
    let slab = slab(1.2 * NM, 8.0 * NM, |_, _| true);
    let norm = |pixels: usize, debye_waller: f64| {
        let window = Window { centre: [0.0; 2], pixels: [pixels; 2], pixel: 2.4 * NM / pixels as f64 };
        let settings = HighResolution { padding: 0.0, debye_waller, ..Default::default() };
        exit_wave(&slab, Element::Silver, 293.0, &window, &settings).unwrap().norm()
    };
    // Atoms so blurred that nothing is scattered beyond the limit: nothing is lost.
    let soft = norm(160, 0.1e-18);
    println!("norm, soft atoms: 1 {:+.1e}", soft - 1.0);
    assert!((soft - 1.0).abs() < 1e-5, "{soft}");
    // Silver at 293 K, 8 nm: what is lost is beyond the limit, and finer pixels keep it.
    let lost: Vec<f64> = [96, 128, 192, 256, 384].iter().map(|n| 1.0 - norm(*n, 0.0075e-18)).collect();
    for (n, l) in [96, 128, 192, 256, 384].iter().zip(&lost) {
        println!("norm, silver 8 nm thick, pixel {:.4} nm: {:.3} % lost", 2.4 / f64::from(*n), l * 100.0);
    }
    assert!(lost.windows(2).all(|w| w[1] < w[0]) && lost[4] < 1e-3 && lost[0] < 0.2, "{lost:?}");
}

#[test]
fn two_beam_pendelloesung_is_the_extinction_distance() {
    // Rows of silver atoms 0.118 nm apart along x (the spacing of 222), the beam at their Bragg angle; along y the rows are so close (two
    // pixels) that nothing is scattered there, and warm enough that the extinction distance is long against 1/(λ g²): two beams are left.
    let spacing = LATTICE / 12f64.sqrt();
    let g = 1.0 / spacing;
    let layer = 0.5 * NM;
    let window = Window { centre: [0.0; 2], pixels: [8, 2], pixel: spacing / 8.0 };
    let radiation = pentatwin_microscope::hrtem::Radiation::new(200e3);
    let settings = HighResolution {
        padding: 0.0,
        slice: layer * (1.0 + 1e-6),
        debye_waller: 0.1e-18,
        tilt_x: -(0.5 * radiation.wavelength * g).atan(),
        ..Default::default()
    };
    let v = Element::Silver.projected(g) * (-0.25 * settings.debye_waller * g * g).exp() / (spacing * 2.0 * window.pixel * layer);
    let extinction = PI / (radiation.interaction * v);
    let intensity = |layers: usize| {
        let atoms: Vec<[f64; 3]> = (0..layers).map(|k| [0.0, 0.0, (k as f64 + 0.5) * layer]).collect();
        let wave = through(&atoms, &window, &settings, [0.0, layers as f64 * layer]).amplitudes();
        let (mut re, mut im) = (0.0, 0.0);
        for (i, a) in wave.iter().take(8).enumerate() {
            let (s, c) = (TAU * i as f64 / 8.0).sin_cos();
            re += (f64::from(a[0]) * c + f64::from(a[1]) * s) / 8.0;
            im += (f64::from(a[1]) * c - f64::from(a[0]) * s) / 8.0;
        }
        re * re + im * im
    };
    // Half of the beam is diffracted at a quarter and at three quarters of the period.
    let series: Vec<f64> = (1..=(extinction / layer) as usize).map(intensity).collect();
    let crossing: Vec<f64> = series
        .windows(2)
        .enumerate()
        .filter(|(_, w)| (w[0] - 0.5) * (w[1] - 0.5) <= 0.0)
        .map(|(k, w)| (k as f64 + 1.0 + (0.5 - w[0]) / (w[1] - w[0])) * layer)
        .collect();
    assert_eq!(crossing.len(), 2, "{series:?}");
    let period = 2.0 * (crossing[1] - crossing[0]);
    let most = series.iter().fold(0f64, |m, v| m.max(*v));
    println!("Pendellösung: period {:.2} nm, extinction distance {:.2} nm, at most {most:.4} diffracted", period / NM, extinction / NM);
    assert!((period / extinction - 1.0).abs() < 0.03 && most > 0.97, "{period} {extinction} {most}");
}

#[test]
fn exit_wave_of_silver_is_abtem_s() {
    // The reference is made by data/multislice_abtem.py, which says whose the differences to abTEM as it comes are.
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/data/multislice_abtem.f32")).unwrap();
    let numbers: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let n = 96;
    // The file runs along y first.
    let reference: Vec<[f32; 2]> = (0..n * n).map(|m| (m % n * n + m / n) * 2).map(|at| [numbers[at], numbers[at + 1]]).collect();
    let pixel = 0.02 * NM;
    let a = 0.40862 * NM;
    let d = [a, a / 2f64.sqrt(), a / 2f64.sqrt()];
    let mut atoms = Vec::new();
    for i in -4..5 {
        for j in -6..7 {
            for k in 0..18 {
                for b in [0.0, 0.5] {
                    let p = [(f64::from(i) + b) * d[0], (f64::from(j) + b) * d[1], (f64::from(k) + b) * d[2]];
                    if p[0].abs() < 0.7 * NM && p[1].abs() < 0.62 * NM && p[2] < 5.0 * NM {
                        atoms.push([p[0] + 0.96 * NM + 0.0137 * NM, p[1] + 0.96 * NM + 0.0091 * NM, p[2]]);
                    }
                }
            }
        }
    }
    // abTEM's first pixel is at 0.
    let window = Window { centre: [0.95 * NM; 2], pixels: [n; 2], pixel };
    let settings = HighResolution { padding: 0.0, ..Default::default() };
    let wave = through(&atoms, &window, &settings, [0.0, 5.0 * NM]);
    let off = distance(&wave.amplitudes(), &reference);
    println!("abTEM: {} atoms, relative distance {off:.1e}, norm {:.6}", atoms.len(), wave.norm());
    assert_eq!(atoms.len(), 542);
    assert!(off < 1e-3, "{off}");
}

#[test]
fn spacing_and_facet_angle_are_measured_from_the_image() {
    // A {111} edge of silver in its [110] zone, the wire's axis [1-10] along x, at Scherzer's defocus, through the camera.
    let mut settings = HighResolution { pixels: 600, field: 12.0 * NM, ..Default::default() };
    let window = Window::square([0.0; 2], &settings);
    let atoms = slab(7.5 * NM, 5.0 * NM, |x, y| 2f64.sqrt() * x + y <= 1e-12);
    let wave = exit_wave(&atoms, Element::Silver, 293.0, &window, &settings).unwrap();
    for instrument in [Instrument::F20, Instrument::Talos] {
        settings.instrument = instrument;
        let image = wave.image(&Optics::new(&settings));
        let seen = record(&image, &window, settings.dose, &Camera::default(), 1, 0).unwrap();
        let n = 280;
        let patch: Vec<f32> = (0..n * n).map(|m| f32::from(seen.counts[(m / n + 10) * 600 + m % n + 10])).collect();
        let patch = Patch::new(n, n, [window.pixel; 2], &patch).unwrap();
        let found = peaks(&Spectrum::new(&patch, Fade::Hann).unwrap(), &PeakRule { shortest: 0.12 * NM, ..Default::default() });
        let d = d111(293.0);
        let planes: Vec<_> = found.iter().filter(|p| (p.spacing.value / d - 1.0).abs() < 0.03).collect();
        assert_eq!(planes.len(), 2, "{}: {found:?}", instrument.word());
        for plane in planes {
            // The trace of the planes against the axis, from 90 to 180°.
            let trace = (plane.angle.value.abs() + PI / 2.0).to_degrees();
            let trace = trace.max(180.0 - trace);
            let expected = 180.0 - (2f64.sqrt()).atan().to_degrees();
            println!(
                "{}: spacing {:.5} ± {:.5} nm ({:.5}), trace {trace:.3} ± {:.3}° ({expected:.3}°)",
                instrument.word(),
                plane.spacing.value / NM,
                plane.spacing.uncertainty / NM,
                d / NM,
                plane.angle.uncertainty.to_degrees()
            );
            assert!((plane.spacing.value / d - 1.0).abs() < 5e-3);
            // Two stated standard uncertainties.
            assert!((plane.spacing.value - d).abs() < 2.0 * plane.spacing.uncertainty);
            assert!((trace - expected).abs() < 2.0 * plane.angle.uncertainty.to_degrees());
        }
    }
}
