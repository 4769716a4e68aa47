//! Time per EDX spectrum, map and analysis on one thread: `cargo bench --profile release -p pentatwin-experiment --bench spectrum`.

use pentatwin_analysis::spectrum::{Axis, Options, analyse, fit};
use pentatwin_experiment::spectra::bridge;
use pentatwin_microscope::spectrum::{Edx, Spectrometer};
use pentatwin_microscope::{Mode, View};
use pentatwin_physics::scene::{Material, Scene, Sphere};
use std::time::Instant;

fn main() {
    // A chain of 60 particles on a membrane, 100 nm wide.
    let mut scene = Scene::empty(50e-9);
    for k in 0..60 {
        let centre = [(-48.0 + 1.6 * f64::from(k)) * 1e-9, f64::from(k * 37 % 11 - 5) * 2e-9];
        scene.spheres.push(Sphere { centre, radius: f64::from(2 + k % 5) * 1e-9, material: Material::Silver });
    }
    let settings = Edx::default();
    time("a detector made ready", 20, || drop(Spectrometer::new(&settings)));
    let Ok(edx) = Spectrometer::new(&settings) else { return };
    let view = |pixels| View::square(Mode::DarkField, pixels, 100e-9, 0.0);
    for pixels in [32, 64, 128] {
        time(&format!("spectrum of an area, {pixels}² places"), 20, || drop(edx.area(&scene, &view(pixels), 1, 0)));
    }
    time("spectrum of a point", 50, || drop(edx.point(&scene, [0.0, 0.0], 2e-9, 1, 0)));
    for pixels in [64, 128] {
        time(&format!("map of {pixels}² pixels"), 10, || drop(edx.map(&scene, &view(pixels), 1, 0)));
    }
    let Ok(spectrum) = edx.area(&scene, &view(64), 1, 0) else { return };
    let counts: Vec<f64> = spectrum.counts.iter().map(|n| f64::from(*n)).collect();
    let axis = Axis { offset: 0.0, width: 10.0 };
    let (families, response, probe) = (bridge::families(&settings), bridge::response(&settings), bridge::probe(&settings, &spectrum));
    let plain = Options::default();
    time("fit of 11 families with limits", 20, || drop(fit(&counts, &axis, &families, &response, &plain)));
    let free = Options { calibrate: true, ..Options::default() };
    time("the same with the calibration", 20, || drop(fit(&counts, &axis, &families, &response, &free)));
    time("quantification with absorption", 10, || {
        drop(analyse(&counts, &axis, &families, &response, &plain, bridge::CONVENTION, Some(&probe)));
    });
}

/// Prints the least and the median wall time of `n` repetitions.
fn time(what: &str, n: usize, mut run: impl FnMut()) {
    run();
    let mut times: Vec<f64> = (0..n)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{what}: {:.2} ms, median {:.2} ms", times[0], times[n / 2]);
}
