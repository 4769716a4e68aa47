//! Pictures of the tip: dark field as it is, high resolution of its edges, and what is measured in these.

use std::f64::consts::{PI, TAU};

use pentatwin_analysis::atoms::silhouette;
use pentatwin_analysis::lattice::{MirrorPlanes, MirrorRule, Patch, PeakRule, Spectrum, Window as Fade, mirror_planes, peaks};
use pentatwin_microscope::hrtem::{Element, Window, exit_wave, record, silver_rings};
use pentatwin_microscope::{Exposure, Frame, FrameTruth, Microscope, Mode, View};
use pentatwin_physics::lattice::{Graph, Occupation};
use pentatwin_physics::materials::silver::expansion::{LATTICE, d111, lattice_parameter};
use pentatwin_physics::scene::{Placement, Relief, Scene};

use super::state::{TipState, wire};
use super::tip::Fine;
use super::{AtomsError, Followed, Picture};
use crate::protocol::Protocol;

/// Roll [rad] from lying on a flat wall that turns a facet edge-on: 18°, the middle of a wedge then lies in the picture.
const EDGE_ON: f64 = PI / 10.0;
/// Pixels and pixel [m] of the dark-field pictures of the tip.
const TIP: (usize, f64) = (512, 0.25e-9);
/// Index of their noise: apart from the movie's and the steps' images.
const INDEX: u64 = 1 << 41;
/// Height above the axis [m] of the place of the facet that is imaged: as thick as 1.45 times that along the beam.
const HEIGHT: f64 = 10e-9;
/// Part of the window that lies inside the specimen, along the facet's normal.
const INSIDE: f64 = 0.2;
/// Side of the patch that is measured, relative to the window.
const PATCH: f64 = 0.5;

fn plain(width: usize, height: usize, counts: Vec<u16>, time: f64, dose: f64, electrons: f64, index: u64) -> Frame {
    let truth = FrameTruth {
        time,
        index,
        drift: [0.0; 2],
        dose,
        electrons,
        position: Vec::new(),
        width: Vec::new(),
        gaps: Vec::new(),
        unplaced: 0.0,
    };
    Frame { width, height, counts, truth }
}

/// Dark-field pictures of the tip: edge-on, and at the end also as it lies on its flat wall.
pub fn tip(
    protocol: &Protocol,
    seed: u64,
    end: bool,
    (graph, occupation): (&Graph, &Occupation),
    state: &TipState,
    time: f64,
    found: &mut Followed,
) -> Result<(), AtomsError> {
    if !protocol.microscope.frames {
        return Ok(());
    }
    let (pixels, pixel) = TIP;
    let mut views = vec![(if end { "lattice-tip-2" } else { "lattice-tip-1" }, EDGE_ON)];
    if end {
        views.push(("lattice-tip-flat", 0.0));
    }
    for (k, (name, roll)) in views.into_iter().enumerate() {
        let mut scene = Scene::empty(protocol.device.chip.film_thickness);
        scene.time = time;
        // What is held goes on as the rest of the wire.
        let placement = Placement { roll, before: 1e-6, ..Placement::default() };
        scene.reliefs = vec![Relief::of_lattice(graph, occupation, &placement)];
        // The tip is brought back into the field by hand, wherever the stage has drifted.
        let microscope = Microscope::new(protocol.optics.clone(), seed);
        let drift = microscope.drift_at(time);
        let centre = [state.apex - 0.3 * pixels as f64 * pixel + drift[0], drift[1]];
        let view = View { mode: Mode::DarkField, width: pixels, height: pixels, pixel, centre, rotation: 0.0 };
        let m = &protocol.microscope;
        let exposure = Exposure::at_rate(m.dose_rate, m.frame_time);
        let index = INDEX + 10 * u64::from(end) + k as u64;
        let frame = microscope.image(&scene, &view, &exposure, index)?;
        found.pictures.push(Picture { name, view, frame });
    }
    Ok(())
}

/// High-resolution pictures of both edges of a tip whose first facet is seen edge-on, at the temperature the protocol says; spacing and
/// angle are measured in the picture of the facet.
pub fn high_resolution(
    protocol: &Protocol,
    seed: u64,
    fine: &Fine,
    state: &TipState,
    time: f64,
    found: &mut Followed,
) -> Result<(), AtomsError> {
    let settings = &protocol.hrtem.hrtem;
    let wire = wire(&fine.graph, fine.shells);
    let middle = TAU / 10.0;
    let (up, along) = ([middle.cos(), middle.sin()], [-middle.sin(), middle.cos()]);
    let apothem = wire.apothem;
    let near = fine.occupation.positions(&fine.graph, |p| p[0] > state.apex - apothem);
    let outline = silhouette(&near, &wire, middle, 0.25 * wire.spacing)?;
    let mut spectrum_of = None;
    let temperature = protocol.lattice.imaged_at;
    let swell = lattice_parameter(temperature) / LATTICE;
    for (name, side) in [("hrtem-facet", 1.0), ("hrtem-ridge", -1.0)] {
        // Where this side is as high as wanted, nearest to the apex.
        let Some(edge) = edge_at(&outline, side, HEIGHT, state.apex) else { continue };
        let normal = [(2.0f64 / 3.0).sqrt(), side * (1.0f64 / 3.0).sqrt()];
        let inside = INSIDE * settings.field;
        let centre = [swell * edge[0] - inside * normal[0], swell * edge[1] - inside * normal[1]];
        let window = Window::square(centre, settings);
        let half = 0.5 * settings.field + settings.padding + 1e-9;
        let atoms: Vec<[f64; 3]> = fine
            .occupation
            .positions(&fine.graph, |p| {
                let y = p[1] * up[0] + p[2] * up[1];
                (swell * p[0] - centre[0]).abs() < half && (swell * y - centre[1]).abs() < half
            })
            .into_iter()
            .map(|p| [p[0], p[1] * up[0] + p[2] * up[1], p[1] * along[0] + p[2] * along[1]].map(|c| swell * c))
            .collect();
        let wave = exit_wave(&atoms, Element::Silver, temperature, &window, settings)?;
        let image = wave.image(&protocol.hrtem.optics());
        let index = INDEX + 20 + u64::from(side < 0.0);
        let counts = record(&image, &window, settings.dose, &protocol.optics.camera, seed, index)?;
        if side > 0.0 {
            if let Some(seen) = spacing(&counts.counts, &window, &normal, inside, d111(temperature))? {
                for (what, m) in [("hrtem_spacing", seen.spacing), ("hrtem_angle", seen.angle)] {
                    found.numbers.insert(what.to_owned(), m.value);
                    found.numbers.insert(format!("{what}_sigma"), m.uncertainty);
                }
            }
            spectrum_of = Some(counts.counts.clone());
        }
        let view =
            View { mode: Mode::BrightField, width: window.pixels[0], height: window.pixels[1], pixel: window.pixel, centre, rotation: 0.0 };
        let frame = plain(view.width, view.height, counts.counts, time, settings.dose, counts.electrons, index);
        found.pictures.push(Picture { name, view, frame });
    }
    if let Some(counts) = spectrum_of {
        found.pictures.push(spectrum(&counts, settings.pixels, settings.field / settings.pixels as f64, temperature, time)?);
    }
    Ok(())
}

/// The place of one side of an outline where it is this high above the axis, or half as high as it gets if that is less: x and y [m].
fn edge_at(outline: &pentatwin_analysis::atoms::Silhouette, side: f64, height: f64, apex: f64) -> Option<[f64; 2]> {
    let of_side = if side > 0.0 { &outline.upper } else { &outline.lower };
    let points: Vec<[f64; 2]> = of_side.iter().map(|p| [p.along, p.across]).filter(|p| p[0] <= apex).collect();
    let highest = points.iter().map(|p| side * p[1]).fold(0.0, f64::max);
    let wanted = height.min(0.5 * highest);
    points.into_iter().filter(|p| side * p[1] >= wanted).max_by(|a, b| a[0].total_cmp(&b[0]))
}

/// Spacing of {111} and angle of its planes to the axis in a patch behind the facet. Looked for wherever it might be by eye: within 8 % of
/// the spacing, and 26 to 44° between normal and axis.
fn spacing(counts: &[u16], window: &Window, normal: &[f64; 2], inside: f64, expected: f64) -> Result<Option<MirrorPlanes>, AtomsError> {
    let [width, height] = window.pixels;
    let side = (PATCH * width.min(height) as f64) as usize;
    // The patch's corner lies just behind the facet, which passes `inside` before the window's centre.
    let back = 0.5 * side as f64 * (normal[0].abs() + normal[1].abs()) + 0.02 * width as f64 - inside / window.pixel;
    let at = |n: usize, c: f64| ((0.5 * n as f64 - back * c - 0.5 * side as f64).max(0.0) as usize).min(n - side);
    let (i0, j0) = (at(width, normal[0]), at(height, normal[1]));
    let patch: Vec<f32> = (0..side * side).map(|m| f32::from(counts[(m / side + j0) * width + m % side + i0])).collect();
    let patch = Patch::new(side, side, [window.pixel; 2], &patch)?;
    let spectrum = Spectrum::new(&patch, Fade::Hann)?;
    let found = peaks(&spectrum, &PeakRule { shortest: 0.12e-9, ..Default::default() });
    let tilt = [26f64, 44.0].map(f64::to_radians);
    Ok(mirror_planes(&spectrum, &found, &MirrorRule { axis: 0.0, spacing: [0.92 * expected, 1.08 * expected], tilt }))
}

/// The power spectrum of a picture as a picture: logarithmic, the middle is frequency zero; pixels are 1/nm apart as the view's pixel says in
/// metres (1 pm a pixel stands for 1/nm each). Dotted rings: silver's {111}, {200}, {220} at this temperature, by the picture's calibration.
fn spectrum(counts: &[u16], pixels: usize, pixel: f64, temperature: f64, time: f64) -> Result<Picture, AtomsError> {
    let values: Vec<f32> = counts.iter().map(|c| f32::from(*c)).collect();
    let patch = Patch::new(pixels, pixels, [pixel; 2], &values)?;
    let spectrum = Spectrum::new(&patch, Fade::Hann)?;
    // To 10 per nm: beyond any spacing that the lens passes.
    let step = spectrum.step()[0];
    let reach = (10e9 / step) as i64;
    let side = (2 * reach + 1) as usize;
    let power: Vec<f64> =
        (0..side * side).map(|m| spectrum.power((m % side) as i64 - reach, (m / side) as i64 - reach).max(1e-30).ln()).collect();
    let mut sorted = power.clone();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted[sorted.len() / 20], sorted[sorted.len() - 1 - sorted.len() / 2000]);
    let mut grey: Vec<u16> = power.iter().map(|p| (50_000.0 * ((p - low) / (high - low).max(1e-9)).clamp(0.0, 1.0)) as u16).collect();
    for ring in silver_rings(temperature, 7.5e9) {
        let radius = ring.radius / step;
        for dot in (0..120).step_by(2) {
            let (sin, cos) = (TAU * dot as f64 / 120.0).sin_cos();
            let [x, y] = [cos, sin].map(|c| (reach as f64 + radius * c).round() as usize);
            if let Some(value) = grey.get_mut(y * side + x).filter(|_| x < side) {
                *value = u16::MAX;
            }
        }
    }
    let view = View { mode: Mode::BrightField, width: side, height: side, pixel: step * 1e-21, centre: [0.0; 2], rotation: 0.0 };
    Ok(Picture { name: "hrtem-facet-spectrum", view, frame: plain(side, side, grey, time, 0.0, 0.0, 0) })
}
