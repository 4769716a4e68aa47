//! High resolution of a particle of the filament: its atoms on the amorphous membrane, and the fringes measured in the picture.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::lattice::{Patch, PeakRule, Spectrum, Window as Fade, peaks};
use pentatwin_microscope::hrtem::{Element, HighResolutionError, Species, Window, exit_wave_through, record};
use pentatwin_microscope::{Frame, FrameTruth, Mode, View};
use pentatwin_physics::gap::Particle;
use pentatwin_physics::materials::silver::expansion::{d111, lattice_parameter};
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::specimen::Specimen;

use crate::protocol::{Image, Protocol};

/// Particles of at least this part of the largest radius are candidates: an operator looks for one that shows fringes.
const NEARLY: f64 = 0.6;
/// How far the holder tilts about the wire's axis [rad]: 20°, common to chips between narrow pole pieces; an assumption.
const HOLDER: f64 = 0.35;
/// Atoms in a cubic metre of amorphous silicon nitride: 3.1 g/cm³ over 140.3 g/mol of Si3N4, seven atoms each.
const FILM: f64 = 3.1e3 / 140.3e-3 * 6.022e23 * 7.0;
/// Part of them that is silicon.
const SILICON: f64 = 3.0 / 7.0;
/// Index of the pictures' noise: apart from the movie's and the other pictures'.
const INDEX: u64 = 1 << 42;

/// What the picture shows.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When [s].
    pub time: f64,
    /// Radius of the particle [m] (truth).
    pub radius: f64,
    /// Tilt of the holder that brought its {111} planes to the beam [rad], or 0 where it does not reach that far (truth).
    pub tilt: f64,
    /// What the planes are still off [rad] (truth).
    pub off: f64,
    /// Spacing of {111} at its temperature [m] (truth).
    pub expected: f64,
    /// Spacing of the strongest fringes between 0.19 and 0.26 nm [m] (measured); nothing if there are none.
    pub spacing: Option<Measurement>,
}

/// The particle that an operator looks at: of the large ones the one whose {111} planes take the least tilt to stand in the beam.
pub fn chosen(specimen: &Specimen) -> Option<Particle> {
    let particles = specimen.rewired()?.engine().particles();
    let largest = particles.iter().map(|p| p.radius).fold(0.0, f64::max);
    let large = particles.iter().filter(|p| p.metallic() && p.radius >= NEARLY * largest);
    large.min_by(|a, b| a.tilt_111().abs().total_cmp(&b.tilt_111().abs())).copied()
}

/// Its high-resolution picture, a field as wide as the step says, centred on it; nothing if there is no particle.
///
/// The holder is tilted about the wire's axis to bring {111} planes of the particle into the beam, as far as it goes; only the particle feels
/// that here, the membrane is amorphous. The beam passes the particle first, then the membrane, whose atoms stand on a jittered grid of the right density: without the short-range
/// order of a real glass. What the gap's other particles do in the field is left out.
///
/// # Errors
/// A field or pixels that the multislice cannot carry.
pub fn picture(
    protocol: &Protocol,
    step: &Image,
    seed: u64,
    index: u64,
    specimen: &Specimen,
    time: f64,
) -> Result<Option<(View, Frame, Seen)>, HighResolutionError> {
    let Some((p, rewired)) = chosen(specimen).zip(specimen.rewired()) else { return Ok(None) };
    let mut settings = protocol.hrtem.hrtem.clone();
    settings.field = step.field;
    let window = Window::square([0.0; 2], &settings);
    window.check()?;
    let half = 0.5 * settings.field + settings.padding + 0.3e-9;
    let thickness = protocol.device.chip.film_thickness;
    let wanted = p.tilt_111();
    let tilt = if wanted.abs() <= HOLDER { wanted } else { 0.0 };
    let (sin, cos) = tilt.sin_cos();
    let silver: Vec<[f64; 3]> =
        p.crystal(lattice_parameter(p.temperature)).into_iter().map(|[x, y, z]| [x, y * cos - z * sin, -(y * sin + z * cos)]).collect();
    // Tilted, part of it may reach below the substrate's plane: the membrane begins where it ends.
    let below = silver.iter().map(|a| a[2]).fold(0.0, f64::max);
    let pitch = FILM.powf(-1.0 / 3.0);
    let count = [2.0 * half, 2.0 * half, thickness].map(|l| (l / pitch).ceil() as usize);
    // The wave holds a few arrays of the window; the atoms must fit beside them.
    if count.iter().product::<usize>() > 20_000_000 {
        return Err(HighResolutionError::Window { centre: [0.0; 2], pixel: window.pixel });
    }
    let mut stream = Stream::new(seed, Purpose::Scene, INDEX);
    let (mut silicon, mut nitrogen) = (Vec::new(), Vec::new());
    for i in 0..count[0] {
        for j in 0..count[1] {
            for k in 0..count[2] {
                let at = [i, j, k].map(|n| (n as f64 + stream.uniform()) * pitch);
                let atom = [at[0] - half, at[1] - half, below + at[2].min(thickness)];
                if stream.uniform() < SILICON { silicon.push(atom) } else { nitrogen.push(atom) }
            }
        }
    }
    let species = [
        Species { element: Element::Silver, positions: &silver },
        Species { element: Element::Silicon, positions: &silicon },
        Species { element: Element::Nitrogen, positions: &nitrogen },
    ];
    let wave = exit_wave_through(&species, p.temperature, &window, &settings, None)?;
    let intensity = wave.image(&protocol.hrtem.optics());
    let counts = record(&intensity, &window, settings.dose, &protocol.optics.camera, seed, INDEX + index)?;
    let values: Vec<f32> = counts.counts.iter().map(|c| f32::from(*c)).collect();
    let [width, height] = window.pixels;
    let spacing = Patch::new(width, height, [window.pixel; 2], &values).and_then(|patch| Spectrum::new(&patch, Fade::Hann)).ok().and_then(
        |spectrum| {
            let found = peaks(&spectrum, &PeakRule { shortest: 0.12e-9, ..PeakRule::default() });
            found.into_iter().find(|k| (0.19e-9..0.26e-9).contains(&k.spacing.value)).map(|k| k.spacing)
        },
    );
    let place = [rewired.start() + p.x, p.y];
    let view = View { mode: Mode::BrightField, width, height, pixel: window.pixel, centre: place, rotation: 0.0 };
    let truth = FrameTruth {
        time,
        index: INDEX + index,
        drift: [0.0; 2],
        dose: settings.dose,
        electrons: counts.electrons,
        position: Vec::new(),
        width: Vec::new(),
        gaps: Vec::new(),
        unplaced: 0.0,
    };
    let seen = Seen { time, radius: p.radius, tilt, off: wanted - tilt, expected: d111(p.temperature), spacing };
    Ok(Some((view, Frame { width, height, counts: counts.counts, truth }, seen)))
}
