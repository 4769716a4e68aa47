//! Acquisition: expected counts, counts, dose.

use super::composition::{LAYERS, Layer, Specimen, absorption, densities, escape};
use super::continuum::{COPPER, Continuum, STRAY, from_outside};
use super::detector::{add_line, efficiency, incomplete, resolution};
use super::element::{ELEMENTS, Element};
use super::error::SpectrumError;
use super::lines::{Line, lines};
use super::result::{Produced, Spectrum, Warning, silver_lost};
use super::settings::Edx;
use crate::electrons::poisson;
use crate::project::{Thickness, project};
use crate::view::{Mode, View};
use pentatwin_physics::materials::constants::E;
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::scene::Scene;
use std::f64::consts::PI;

/// Dead time from which pile-up matters (imaging.md 2.6).
const BUSY: f64 = 0.1;
/// Part of the silver whose loss is worth a warning.
const EATEN: f64 = 0.1;

/// A microscope with an X-ray detector.
#[derive(Clone, Debug)]
pub struct Spectrometer {
    edx: Edx,
    /// Beam [eV].
    energy: f64,
    pub(super) lines: Vec<Line>,
    density: [[f64; ELEMENTS]; LAYERS],
    /// Absorption of each line in each layer, along the slanted way [1/m].
    slanted: Vec<[f64; LAYERS]>,
    /// Efficiency for each line, times the part of the sphere.
    seen: Vec<f64>,
    /// Part of each line that leaves the parts around the specimen, where stray X-rays are made.
    outside: Vec<f64>,
    /// Shape of each line in the channels, for one pulse, from its first channel on.
    pub(super) shapes: Vec<Vec<f64>>,
    continuum: Continuum,
}

impl Spectrometer {
    /// A detector with these settings.
    ///
    /// # Errors
    /// A setting that cannot be worked with.
    pub fn new(edx: &Edx) -> Result<Spectrometer, SpectrumError> {
        edx.check()?;
        // A voltage in volts is an energy in eV.
        let energy = edx.voltage;
        let density = densities(edx);
        let slant = 1.0 / edx.take_off.sin();
        let slanted_at = |e: f64| density.map(|d| slant * absorption(&d, e));
        let lines: Vec<Line> =
            Element::ALL.into_iter().flat_map(|e| lines(e, energy, edx.platinum_m)).filter(|l| l.emission > 0.0).collect();
        let part = edx.solid_angle / (4.0 * PI);
        let (width, manganese) = (edx.channel / E, edx.resolution / E);
        let shape = |l: &Line| {
            let mut channels = vec![0.0; edx.channels];
            add_line(&mut channels, width, l.energy, resolution(l.energy, manganese), incomplete(edx, l.energy), 1.0);
            let used = channels.iter().rposition(|c| *c > 0.0).map_or(0, |k| k + 1);
            channels.truncate(used);
            channels
        };
        Ok(Spectrometer {
            edx: edx.clone(),
            energy,
            slanted: lines.iter().map(|l| slanted_at(l.energy)).collect(),
            seen: lines.iter().map(|l| part * efficiency(edx, l.energy)).collect(),
            outside: lines.iter().map(|l| from_outside(edx, l.energy)).collect(),
            shapes: lines.iter().map(shape).collect(),
            lines,
            density,
            continuum: Continuum::new(edx, energy, &density, slanted_at),
        })
    }

    /// The settings.
    pub fn settings(&self) -> &Edx {
        &self.edx
    }

    /// Pulses of each line per electron at one place.
    pub(super) fn pulses(&self, specimen: &Specimen) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.lines.len());
        for ((line, slanted), seen) in self.lines.iter().zip(&self.slanted).zip(&self.seen) {
            let e = line.element.index();
            let mut made = 0.0;
            if (0..LAYERS).any(|k| specimen.0[k] > 0.0 && self.density[k][e] > 0.0) {
                let mut depth = *slanted;
                depth.iter_mut().zip(&specimen.0).for_each(|(d, t)| *d *= t);
                let escape = escape(depth);
                made = (0..LAYERS).map(|k| specimen.0[k] * self.density[k][e] * escape[k]).sum();
            }
            out.push(made * line.emission * seen);
        }
        out
    }

    /// Atoms per area [1/m²] of copper, iron and cobalt that scattered electrons and the beam's halo excite elsewhere.
    fn stray(&self, atoms: &[f64; ELEMENTS]) -> [f64; 3] {
        let z2 = |e: Element| e.number() * e.number();
        let scattering: f64 = Element::ALL.iter().map(|e| atoms[e.index()] * z2(*e)).sum::<f64>() / z2(Element::Copper);
        let e = &self.edx;
        [e.hole_copper * COPPER.1 + e.stray_copper * scattering, e.stray_iron * scattering, e.stray_cobalt * scattering]
    }

    /// What is expected of a specimen that is the same everywhere.
    ///
    /// # Errors
    /// A thickness that is no length.
    pub fn expected(&self, specimen: &Specimen) -> Result<Spectrum, SpectrumError> {
        specimen.check()?;
        let per_electron = self.pulses(specimen);
        Ok(self.spectrum(specimen, &per_electron, f64::INFINITY, specimen.thickness(Layer::Silver)))
    }

    /// The spectrum of an area, a rectangle of a scene: the beam scans it all the live time. The pixels of the view are the places where
    /// absorption is worked out; its mode does not matter.
    ///
    /// The same scene, view, seed and index give the same counts.
    ///
    /// # Errors
    /// An area that cannot be looked at, or a wafer under it.
    pub fn area(&self, scene: &Scene, view: &View, seed: u64, index: u64) -> Result<Spectrum, SpectrumError> {
        let seen = self.look(scene, view)?;
        let mut spectrum = seen.spectrum;
        self.count(&mut spectrum, seed, index);
        Ok(spectrum)
    }

    /// The spectrum of a point: a square as wide as the `probe` [m] around a place [m].
    ///
    /// # Errors
    /// A place or a probe that cannot be looked at, or a wafer under it.
    pub fn point(&self, scene: &Scene, place: [f64; 2], probe: f64, seed: u64, index: u64) -> Result<Spectrum, SpectrumError> {
        self.area(scene, &Spectrometer::point_view(place, probe), seed, index)
    }

    /// The area that a point is, for the book-keeping of the dose ([`crate::DoseMap::add`] with [`Spectrum::dose`]).
    pub fn point_view(place: [f64; 2], probe: f64) -> View {
        View { mode: Mode::DarkField, width: 2, height: 2, pixel: 0.5 * probe, centre: place, rotation: 0.0 }
    }

    /// Counts from what is expected.
    pub(super) fn count(&self, spectrum: &mut Spectrum, seed: u64, index: u64) {
        let mut stream = Stream::new(seed, Purpose::Spectrum, index);
        spectrum.counts = spectrum.expected.iter().map(|mean| poisson(&mut stream, *mean)).collect();
    }

    /// What is expected of an area, and pixel by pixel.
    pub(super) fn look(&self, scene: &Scene, view: &View) -> Result<Seen, SpectrumError> {
        let thickness = project(scene, view)?;
        if thickness.opaque {
            return Err(SpectrumError::Opaque);
        }
        Ok(self.seen(&thickness, view.pixel))
    }

    /// The same from thickness maps.
    fn seen(&self, thickness: &Thickness, pixel: f64) -> Seen {
        let n = thickness.width * thickness.height;
        let mut mean = Specimen::default();
        let mut squares = [0.0; LAYERS];
        let mut sum = vec![0.0; self.lines.len()];
        let mut pixels = Vec::with_capacity(n);
        let (mut silver, mut covered) = (0.0, 0usize);
        // Neighbours are often alike: the bare membrane, a flat pad.
        let mut last: Option<(Specimen, Vec<f64>)> = None;
        for k in 0..n {
            let here = Specimen::at(thickness, k, &self.edx);
            if last.as_ref().is_none_or(|(s, _)| *s != here) {
                last = Some((here, self.pulses(&here)));
            }
            if let Some((_, pulses)) = &last {
                sum.iter_mut().zip(pulses).for_each(|(s, p)| *s += p);
            }
            mean.0.iter_mut().zip(here.0).for_each(|(m, t)| *m += t / n as f64);
            squares.iter_mut().zip(here.0).for_each(|(s, t)| *s += t * t / n as f64);
            if here.thickness(Layer::Silver) > 0.0 {
                silver += here.thickness(Layer::Silver);
                covered += 1;
            }
            pixels.push(here);
        }
        sum.iter_mut().for_each(|s| *s /= n as f64);
        let there = if covered > 0 { silver / covered as f64 } else { 0.0 };
        let mut spectrum = self.spectrum(&mean, &sum, n as f64 * pixel * pixel, there);
        for (k, c) in spectrum.coverage.iter_mut().enumerate().filter(|(k, _)| squares[*k] > 0.0) {
            *c = (mean.0[k] * mean.0[k] / squares[k]).min(1.0);
        }
        Seen { spectrum, pixels }
    }

    /// The expected spectrum of pulses per electron.
    fn spectrum(&self, mean: &Specimen, per_electron: &[f64], area: f64, silver: f64) -> Spectrum {
        let edx = &self.edx;
        let electrons = edx.current * edx.live_time / E;
        let part = edx.solid_angle / (4.0 * PI);
        let atoms = mean.atoms(edx);
        let stray = self.stray(&atoms);
        let mut expected = self.continuum.counts(mean, &stray, edx, electrons);
        let mut produced = Vec::with_capacity(self.lines.len());
        for (i, (line, pulses)) in self.lines.iter().zip(per_electron).enumerate() {
            let (seen, shape) = (self.seen[i], &self.shapes[i]);
            let elsewhere = self.outside[i] * STRAY.iter().position(|e| *e == line.element).map_or(0.0, |k| stray[k]);
            let specimen = electrons * pulses;
            let detected = specimen + electrons * elsewhere * line.emission * seen;
            let emitted = electrons * part * line.emission * atoms[line.element.index()];
            produced.push(Produced { line: *line, emitted, detected, specimen });
            if detected > 0.0 {
                expected.iter_mut().zip(shape).for_each(|(c, s)| *c += detected * s);
            }
        }
        let first = ((edx.threshold / edx.channel - 0.5).ceil().max(0.0) as usize).min(expected.len());
        expected[..first].fill(0.0);
        // Pulses beyond the last channel take time, too; they are few.
        let rate = expected.iter().sum::<f64>() / edx.live_time;
        let real_time = edx.live_time * (1.0 + rate * edx.pulse_time);
        let dead = 1.0 - edx.live_time / real_time;
        let dose = edx.current * real_time / E / area;
        let lost = silver_lost(dose);
        let mut warnings = Vec::new();
        if silver > 0.0 && lost > EATEN * silver {
            warnings.push(Warning::EatsSilver { lost, there: silver });
        }
        if dead > BUSY {
            warnings.push(Warning::Busy { dead });
        }
        Spectrum {
            offset: 0.0,
            width: edx.channel / E,
            counts: Vec::new(),
            expected,
            lines: produced,
            atoms,
            coverage: [1.0; LAYERS],
            live_time: edx.live_time,
            real_time,
            electrons,
            dose,
            area,
            silver_lost: lost,
            warnings,
        }
    }

    /// Energy of the beam [eV].
    pub fn beam_energy(&self) -> f64 {
        self.energy
    }
}

/// An area as the detector sees it.
pub(super) struct Seen {
    pub spectrum: Spectrum,
    pub pixels: Vec<Specimen>,
}
