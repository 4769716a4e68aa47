//! The detector: efficiency, resolution, charge that is not collected.

use super::element::Element;
use super::settings::Edx;

/// Rise of the square of the width with the energy [eV], against Mn Kα: 5.545 F w, Fano factor and pair energy of silicon (imaging.md 2.6;
/// HyperSpy and exspy use the same).
pub const RESOLUTION_SLOPE: f64 = 2.5;
/// Energy of Mn Kα [eV].
const MANGANESE: f64 = 5895.0;
/// Least width [eV]: electronic noise.
const LEAST: f64 = 20.0;
/// Of pulses that lose charge, the part c of it that is collected is spread as (1 + power) c^power: most lose little (an assumption).
pub const LOSS_POWER: i32 = 4;
/// Silicon and aluminium [kg/m³] (CRC Handbook), polymer (imaging of Moxtek-type windows, recalled).
const DENSITY: [(Element, f64); 3] = [(Element::Silicon, 2329.0), (Element::Aluminium, 2699.0), (Element::Carbon, 1300.0)];

/// Width at half maximum [eV] of a line at `energy` [eV], `manganese` [eV] wide at 5.895 keV.
pub fn resolution(energy: f64, manganese: f64) -> f64 {
    (manganese * manganese + RESOLUTION_SLOPE * (energy - MANGANESE)).max(LEAST * LEAST).sqrt()
}

/// Pulses per photon of `energy` [eV] that arrives at the detector: window, contact, dead layer, thickness of the crystal.
pub fn efficiency(edx: &Edx, energy: f64) -> f64 {
    let [silicon, aluminium, carbon] = DENSITY.map(|(e, rho)| rho * e.attenuation(energy));
    let passed = (-carbon * edx.window - aluminium * edx.contact - silicon * edx.dead_layer).exp();
    passed * -(-silicon * edx.crystal).exp_m1()
}

/// Part of the pulses at `energy` [eV] whose charge is not all collected: those stopped right behind the dead layer.
pub fn incomplete(edx: &Edx, energy: f64) -> f64 {
    -(-DENSITY[0].1 * Element::Silicon.attenuation(energy) * edx.collection).exp_m1()
}

/// erf, to 1.2e-7 (Numerical Recipes, erfcc).
fn erf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    const A: [f64; 9] = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
    let series = A.iter().rev().fold(0.0, |sum, a| sum * t + a);
    let rest = t * (-x * x - 1.26551223 + t * series).exp();
    if x < 0.0 { rest - 1.0 } else { 1.0 - rest }
}

/// Adds `pulses` of photons of `energy` [eV] to `channels` of `width` [eV], the first around 0: a Gaussian of `fwhm` and the tail of those,
/// a part `lost`, that lose charge. What falls below or above the channels is lost.
pub(super) fn add_line(channels: &mut [f64], width: f64, energy: f64, fwhm: f64, lost: f64, pulses: f64) {
    let sigma = fwhm / 2.354_820_045;
    let n = channels.len();
    let edge = |k: usize| (k as f64 - 0.5) * width;
    let channel = |e: f64| ((e / width + 0.5).max(0.0) as usize).min(n);
    let (from, to) = (channel(energy - 6.0 * sigma), (channel(energy + 6.0 * sigma) + 1).min(n));
    let below = |k: usize| erf((edge(k) - energy) / (sigma * std::f64::consts::SQRT_2));
    let mut left = below(from);
    for (k, c) in channels[from..to].iter_mut().enumerate() {
        let right = below(from + k + 1);
        *c += 0.5 * pulses * (1.0 - lost) * (right - left);
        left = right;
    }
    if lost > 0.0 {
        let part = |k: usize| (edge(k) / energy).clamp(0.0, 1.0).powi(LOSS_POWER + 1);
        let mut left = part(0);
        for (k, c) in channels[..(channel(energy) + 1).min(n)].iter_mut().enumerate() {
            let right = part(k + 1);
            *c += pulses * lost * (right - left);
            left = right;
        }
    }
}

/// The continuum as the detector widens it: each channel is the mean of `values` over its own resolution.
pub(super) fn widen(values: &[f64], width: f64, manganese: f64) -> Vec<f64> {
    let n = values.len() as isize;
    (0..n)
        .map(|k| {
            let sigma = resolution(k as f64 * width, manganese) / 2.354_820_045 / width;
            let reach = (3.5 * sigma).ceil() as isize;
            let (mut sum, mut weights) = (0.0, 0.0);
            for j in (k - reach).max(0)..=(k + reach).min(n - 1) {
                let d = (j - k) as f64 / sigma;
                let w = (-0.5 * d * d).exp();
                sum += w * values[j as usize];
                weights += w;
            }
            sum / weights
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_a_detector_of_130_ev() {
        // imaging.md 2.6: C 53, N 56, O 59, Si 81, Pt M 85, Ag L 98 eV.
        for (energy, width) in
            [(277.0, 53.0), (392.0, 56.0), (525.0, 59.0), (1740.0, 81.0), (2050.0, 85.0), (2984.0, 98.0), (5895.0, 130.0)]
        {
            assert!((resolution(energy, 130.0) - width).abs() < 2.0, "{energy}: {}", resolution(energy, 130.0));
        }
        assert_eq!(resolution(0.0, 20.0), LEAST);
    }

    #[test]
    fn a_line_is_as_wide_as_its_resolution_and_keeps_its_pulses() {
        let mut channels = vec![0.0; 2000];
        add_line(&mut channels, 5.0, 2984.0, 98.0, 0.0, 1e6);
        let sum: f64 = channels.iter().sum();
        assert!((sum / 1e6 - 1.0).abs() < 1e-6, "{sum}");
        let mean = channels.iter().enumerate().map(|(k, c)| k as f64 * 5.0 * c).sum::<f64>() / sum;
        let variance = channels.iter().enumerate().map(|(k, c)| (k as f64 * 5.0 - mean).powi(2) * c).sum::<f64>() / sum;
        assert!((mean - 2984.0).abs() < 0.01, "{mean}");
        // A channel adds its own variance.
        assert!(((variance - 25.0 / 12.0).sqrt() * 2.354_82 - 98.0).abs() < 0.1, "{variance}");
        let mut tailed = vec![0.0; 2000];
        add_line(&mut tailed, 5.0, 2984.0, 98.0, 0.2, 1e6);
        assert!((tailed.iter().sum::<f64>() / 1e6 - 1.0).abs() < 1e-6);
        assert!(tailed[..500].iter().sum::<f64>() > 0.05 * 1e6);
        // Partly beyond the last channel, and all of it.
        let mut short = vec![0.0; 300];
        add_line(&mut short, 10.0, 2984.0, 98.0, 0.01, 1.0);
        add_line(&mut short, 10.0, 9442.0, 160.0, 0.01, 1.0);
        assert!(short.iter().all(|c| c.is_finite() && *c >= 0.0));
    }

    #[test]
    fn window_and_dead_layer_stop_light_elements_and_thickness_passes_hard_ones() {
        let edx = Edx::default();
        let at = |e| efficiency(&edx, e);
        assert!((0.25..0.45).contains(&at(392.4)), "N K {}", at(392.4));
        assert!(at(277.4) > at(392.4) && at(524.9) > at(392.4));
        assert!(at(2984.0) > 0.97 && at(22_163.0) < 0.5);
        let bare = Edx { window: 0.0, contact: 0.0, dead_layer: 0.0, ..Edx::default() };
        assert!(efficiency(&bare, 392.4) > 0.999);
        // A tail of about 1 % around Pt M and Ag L (imaging.md 2.6).
        assert!((0.004..0.02).contains(&incomplete(&edx, 2050.0)) && (0.003..0.012).contains(&incomplete(&edx, 2984.0)));
    }

    #[test]
    fn widening_leaves_a_smooth_continuum_and_rounds_an_edge() {
        let flat = widen(&[2.0; 400], 10.0, 130.0);
        assert!(flat.iter().all(|v| (v - 2.0).abs() < 1e-12));
        let step: Vec<f64> = (0..400).map(|k| if k < 184 { 2.0 } else { 1.0 }).collect();
        let round = widen(&step, 10.0, 130.0);
        assert!((round[183] - 1.5).abs() < 0.1 && (round[160] - 2.0).abs() < 1e-9);
    }
}
