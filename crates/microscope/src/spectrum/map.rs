//! Maps: a spectrum in every pixel, kept as the list of its pulses.

use super::acquire::Spectrometer;
use super::composition::Specimen;
use super::element::Element;
use super::error::SpectrumError;
use super::lines::Family;
use super::result::Spectrum;
use crate::view::View;
use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_physics::scene::Scene;

/// Streams of maps are apart from those of spectra.
const MAPS: u64 = 1 << 40;

/// A map: each pulse with its pixel and channel.
#[derive(Clone, PartialEq, Debug)]
pub struct SpectrumMap {
    /// Pixels along x.
    pub width: usize,
    /// Pixels along y.
    pub height: usize,
    /// Sum of all pixels, with dose and warnings.
    pub total: Spectrum,
    /// Pixel (row by row) and channel of each pulse, by channel.
    pub pulses: Vec<(u32, u16)>,
}

impl SpectrumMap {
    /// Counts of each pixel between two energies [eV].
    pub fn window(&self, from: f64, to: f64) -> Vec<u32> {
        let mut map = vec![0; self.width * self.height];
        let inside = |channel: u16| (from..=to).contains(&self.total.energy(usize::from(channel)));
        self.pulses.iter().filter(|p| inside(p.1)).for_each(|p| map[p.0 as usize] += 1);
        map
    }

    /// Counts of each pixel in the window of a family's alpha lines, one and a half widths (FWHM) wide; background and neighbouring lines
    /// are in it. For Ag L 2.91 to 3.06 keV, for Pt M 1.98 to 2.11 keV. `None` if the element has no such line.
    pub fn line(&self, element: Element, family: Family, resolution: f64) -> Option<Vec<u32>> {
        let own = self.total.lines.iter().map(|p| p.line).filter(|l| l.element == element && l.family == family && l.alpha);
        let strongest = own.max_by(|a, b| a.emission.total_cmp(&b.emission))?;
        let half = 0.75 * super::detector::resolution(strongest.energy, resolution);
        Some(self.window(strongest.energy - half, strongest.energy + half))
    }

    /// The spectrum of one pixel (row by row).
    pub fn pixel(&self, pixel: usize) -> Vec<u32> {
        let mut counts = vec![0; self.total.counts.len()];
        self.pulses.iter().filter(|p| p.0 as usize == pixel).for_each(|p| counts[usize::from(p.1)] += 1);
        counts
    }
}

impl Spectrometer {
    /// A map: the beam spends the same time in each pixel of the view.
    ///
    /// The counts of all pixels together are drawn first, then each pulse goes to a pixel by what is expected there: the same as Poisson
    /// numbers pixel by pixel. Lines are worked out in each pixel; the continuum is shared by scattering power (Z² per area), without the
    /// pixel's own absorption.
    ///
    /// # Errors
    /// As for an area.
    pub fn map(&self, scene: &Scene, view: &View, seed: u64, index: u64) -> Result<SpectrumMap, SpectrumError> {
        let seen = self.look(scene, view)?;
        let mut total = seen.spectrum;
        self.count(&mut total, seed, MAPS + index);
        let shares = Shares::new(self, &seen.pixels);
        let mut stream = Stream::new(seed, Purpose::Spectrum, MAPS + index + 1 + (1 << 41));
        let mut pulses = Vec::with_capacity(total.counts.iter().map(|n| *n as usize).sum());
        for (channel, n) in total.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            // What the channel is made of: lines of the specimen; the rest is continuum and stray.
            let mut parts: Vec<(f64, usize)> = Vec::new();
            for (k, (p, shape)) in total.lines.iter().zip(&self.shapes).enumerate() {
                if let Some(s) = shape.get(channel).filter(|s| **s > 0.0 && p.specimen > 0.0) {
                    parts.push((p.specimen * s, k));
                }
            }
            for _ in 0..*n {
                let mut u = stream.uniform() * total.expected[channel];
                let part = parts.iter().find(|(mean, _)| {
                    u -= mean;
                    u < 0.0
                });
                pulses.push((shares.draw(part.map(|p| p.1), stream.uniform()), channel as u16));
            }
        }
        Ok(SpectrumMap { width: view.width, height: view.height, total, pulses })
    }
}

/// Sums over the pixels: of each line's pulses, and of scattering power.
struct Shares {
    lines: Vec<Vec<f64>>,
    rest: Vec<f64>,
}

impl Shares {
    fn new(spectrometer: &Spectrometer, pixels: &[Specimen]) -> Shares {
        let mut lines = vec![Vec::with_capacity(pixels.len()); spectrometer.lines.len()];
        let mut rest = Vec::with_capacity(pixels.len());
        let mut sums = vec![0.0; spectrometer.lines.len()];
        let mut scattering = 0.0;
        let mut last: Option<(&Specimen, Vec<f64>, f64)> = None;
        for here in pixels {
            if last.as_ref().is_none_or(|(s, ..)| *s != here) {
                let atoms = here.atoms(spectrometer.settings());
                let z2 = Element::ALL.iter().map(|e| atoms[e.index()] * e.number() * (e.number() + 1.0)).sum();
                last = Some((here, spectrometer.pulses(here), z2));
            }
            if let Some((_, pulses, z2)) = &last {
                for ((sum, list), p) in sums.iter_mut().zip(&mut lines).zip(pulses) {
                    *sum += p;
                    list.push(*sum);
                }
                scattering += z2;
            }
            rest.push(scattering);
        }
        Shares { lines, rest }
    }

    /// A pixel, by a number in [0, 1).
    fn draw(&self, line: Option<usize>, u: f64) -> u32 {
        let sums = line.map_or(&self.rest, |k| &self.lines[k]);
        let Some(all) = sums.last().copied().filter(|s| *s > 0.0) else {
            // Nothing in the beam but the halo: anywhere.
            return (u * sums.len() as f64) as u32;
        };
        sums.partition_point(|s| *s <= u * all).min(sums.len() - 1) as u32
    }
}
