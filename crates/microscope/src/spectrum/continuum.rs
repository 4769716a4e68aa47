//! The continuum of a specimen and of the parts around it, as the detector sees it.

use super::bremsstrahlung::bremsstrahlung;
use super::composition::{LAYERS, Specimen, escape};
use super::detector::{efficiency, widen};
use super::element::{ELEMENTS, Element};
use super::settings::Edx;
use pentatwin_physics::materials::constants::E;
use std::f64::consts::PI;

/// Energies of the continuum where absorption is worked out [eV], a factor apart; edges are put in between.
const CONTINUUM_STEP: f64 = 1.04;
/// Density of copper [kg/m³] and of its atoms [1/m³].
pub const COPPER: (f64, f64) = (8960.0, 8.49e28);
/// Part of the X-rays of `energy` [eV] that leaves the holder: made evenly down to a depth, in copper. (Of a film so thin that nothing is
/// absorbed, Cu L would be three times as strong as Cu K; real stray spectra have a tenth.)
pub fn from_outside(edx: &Edx, energy: f64) -> f64 {
    let x = COPPER.0 * Element::Copper.attenuation(energy) * edx.stray_depth / edx.take_off.sin();
    if x > 1e-6 { -(-x).exp_m1() / x } else { 1.0 }
}

/// Elements of stray radiation.
pub const STRAY: [Element; 3] = [Element::Copper, Element::Iron, Element::Cobalt];

/// Tables of the continuum.
#[derive(Clone, Debug)]
pub struct Continuum {
    /// Energies [eV].
    energies: Vec<f64>,
    /// Absorption in each layer, along the slanted way [1/m].
    slanted: Vec<[f64; LAYERS]>,
    /// Photons per electron, metre of each layer and energy towards the detector [1/m/eV].
    made: Vec<[f64; LAYERS]>,
    /// The same per atom of copper, iron and cobalt and area [m²/eV].
    stray: Vec<[f64; 3]>,
    /// Efficiency of each channel.
    efficiency: Vec<f64>,
}

impl Continuum {
    /// Tables for a detector, a beam [eV], layers of these atoms per volume, and what each absorbs along the slanted way [1/m].
    pub fn new(edx: &Edx, beam: f64, density: &[[f64; ELEMENTS]; LAYERS], slanted_at: impl Fn(f64) -> [f64; LAYERS]) -> Continuum {
        let width = edx.channel / E;
        let last = width * edx.channels as f64;
        let mut energies = Vec::new();
        let mut e: f64 = 50.0;
        while e < last * CONTINUUM_STEP {
            energies.push(e);
            e *= CONTINUUM_STEP;
        }
        for element in Element::ALL {
            let table = element.attenuation_table();
            energies.extend(table.windows(2).filter(|w| w[0][0] == w[1][0]).flat_map(|w| [w[0][0] - 0.01, w[0][0] + 0.01]));
        }
        energies.sort_by(f64::total_cmp);
        let angle = 0.5 * PI + edx.take_off;
        let part = edx.solid_angle;
        let of = |element: Element, e: f64| part * bremsstrahlung(element, e, beam, angle);
        let mut made = Vec::with_capacity(energies.len());
        let mut stray = Vec::with_capacity(energies.len());
        for e in &energies {
            let each = Element::ALL.map(|x| of(x, *e));
            made.push(density.map(|d| d.iter().zip(&each).map(|(n, s)| n * s).sum()));
            stray.push(STRAY.map(|x| each[x.index()] * from_outside(edx, *e)));
        }
        Continuum {
            slanted: energies.iter().map(|e| slanted_at(*e)).collect(),
            made,
            stray,
            efficiency: (0..edx.channels).map(|k| efficiency(edx, (k as f64 * width).max(0.25 * width))).collect(),
            energies,
        }
    }

    /// Expected counts of the continuum per channel, widened by the detector. Absorption is that of the mean specimen.
    pub fn counts(&self, specimen: &Specimen, stray: &[f64; 3], edx: &Edx, electrons: f64) -> Vec<f64> {
        let photons: Vec<f64> = (0..self.energies.len())
            .map(|i| {
                let mut depth = self.slanted[i];
                depth.iter_mut().zip(&specimen.0).for_each(|(d, t)| *d *= t);
                let escape = escape(depth);
                let own: f64 = (0..LAYERS).map(|k| specimen.0[k] * self.made[i][k] * escape[k]).sum();
                own + self.stray[i].iter().zip(stray).map(|(a, b)| a * b).sum::<f64>()
            })
            .collect();
        let width = edx.channel / E;
        let mut next = 1;
        let values: Vec<f64> = (0..edx.channels)
            .map(|k| {
                let e = (k as f64 * width).max(self.energies[0]);
                while next + 1 < self.energies.len() && self.energies[next] < e {
                    next += 1;
                }
                // Straight between the knots in the logarithm of the energy, for e times the photons, which is nearly flat.
                let (a, b) = (self.energies[next - 1], self.energies[next]);
                let part = ((e / a).ln() / (b / a).ln()).clamp(0.0, 1.0);
                let flat = photons[next - 1] * a * (1.0 - part) + photons[next] * b * part;
                electrons * width * self.efficiency[k] * flat / e
            })
            .collect();
        widen(&values, width, edx.resolution / E)
    }
}
