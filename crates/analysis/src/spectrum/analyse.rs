//! Fit, quantification and absorption, until they agree.

use super::absorption::{Attenuation, Order, escape};
use super::error::SpectrumError;
use super::family::{Axis, Family};
use super::fit::{Fit, Options, fit};
use super::quantify::{Convention, Quantity, Where, quantify};
use super::response::Response;

/// What makes counts absolute, so that absorption can be worked out.
#[derive(Clone, PartialEq, Debug)]
pub struct Probe {
    /// Mass per area [kg/m²] that an emitted photon towards the detector stands for, of the element with k = 1, in the convention of the
    /// k-factors: M/(N_A σ n_e Ω/4π).
    pub zeta: f64,
    /// 1/sin(take-off angle).
    pub slant: f64,
    /// Mass absorption of the elements; those that are missing absorb nothing.
    pub attenuation: Vec<Attenuation>,
    /// Where the elements lie.
    pub order: Order,
}

/// A fit and what it says.
#[derive(Clone, PartialEq, Debug)]
pub struct Analysis {
    /// Counts.
    pub fit: Fit,
    /// Parts, and masses if the probe is known.
    pub quantities: Vec<Quantity>,
    /// The families with what the specimen lets out of each line.
    pub families: Vec<Family>,
}

/// Rounds of fit and absorption: the second changes a few per cent, the fourth nothing.
const ROUNDS: usize = 4;

/// Fits a spectrum and quantifies it; with a `probe`, with the absorption in a specimen of the masses found (k-factors must then count
/// emitted photons). What is not detected absorbs nothing.
///
/// # Errors
/// As for [`fit`] and [`quantify`].
pub fn analyse(
    counts: &[f64],
    axis: &Axis,
    families: &[Family],
    response: &Response,
    options: &Options,
    convention: Convention,
    probe: Option<&Probe>,
) -> Result<Analysis, SpectrumError> {
    let mut families = families.to_vec();
    let mut options = options.clone();
    let mut found = fit(counts, axis, &families, response, &options)?;
    let zeta = probe.filter(|_| convention.at == Where::Emitted).map(|p| p.zeta);
    let mut quantities = quantify(&found, &families, response, convention, zeta)?;
    if let (Some(probe), Some(_)) = (probe, zeta) {
        for _ in 1..ROUNDS {
            let masses: Vec<(String, f64)> = quantities
                .iter()
                .filter(|q| q.detected)
                .filter_map(|q| q.mass.map(|(m, _)| (q.element.clone(), m.value.max(0.0))))
                .collect();
            let out = |element: &str, energy: f64| escape(&masses, &probe.order, &probe.attenuation, probe.slant, element, energy);
            // An element without any k is not of the specimen, but of the holder.
            let own: Vec<String> = families.iter().filter(|f| f.k.is_some()).map(|f| f.element.clone()).collect();
            for family in families.iter_mut().filter(|f| own.contains(&f.element)) {
                family.lines.iter_mut().for_each(|line| line.escape = out(&family.element, line.energy));
            }
            // The continuum is made in proportion to Z²/A of the mass: nearly to its molar mass.
            let heavy = |symbol: &str| families.iter().find(|f| f.element == symbol).map_or(0.0, |f| f.molar_mass);
            let total: f64 = masses.iter().map(|(s, m)| m * heavy(s)).sum();
            if total > 0.0 {
                options.escape = (0..counts.len())
                    .map(|k| axis.energy(k).max(axis.width))
                    .map(|e| [e, masses.iter().map(|(s, m)| m * heavy(s) * out(s, e)).sum::<f64>() / total])
                    .collect();
            }
            found = fit(counts, axis, &families, response, &options)?;
            quantities = quantify(&found, &families, response, convention, zeta)?;
        }
    }
    Ok(Analysis { fit: found, quantities, families })
}
