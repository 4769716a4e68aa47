//! Cliff–Lorimer: from counts of families to parts by mass and by number.

use super::error::SpectrumError;
use super::family::Family;
use super::fit::Fit;
use super::response::Response;
use crate::Measurement;

/// Which lines of a family a k-factor counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// The alpha lines only (for Fe K and Pt L a factor of 1.1 and 1.9 against the family).
    Alpha,
    /// All lines of the family.
    Family,
}

/// Where a k-factor counts photons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Where {
    /// In the detector: the vendor's window is in k. Thin specimen.
    Detected,
    /// As the specimen's atoms emit them: the detector's efficiency is applied apart.
    Emitted,
}

/// The convention of k-factors: w/w(ref) = k I/I(ref); the reference, k = 1, is usually Si K counted in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Convention {
    /// Lines.
    pub counted: Counted,
    /// Place.
    pub at: Where,
}

/// One element.
#[derive(Clone, PartialEq, Debug)]
pub struct Quantity {
    /// Family it was found by.
    pub family: String,
    /// Chemical symbol.
    pub element: String,
    /// Whether it is there at 95 %. If not, it is left out of the sums, and only the limits mean something.
    pub detected: bool,
    /// Part of the mass of the elements found; uncertainty from counting.
    pub weight: Measurement,
    /// Part of their atoms.
    pub atomic: Measurement,
    /// Uncertainty of both from the k-factors.
    pub from_k: [f64; 2],
    /// Smallest part of the mass and of the atoms that would be found with 95 %.
    pub limit: [f64; 2],
    /// Mass per area [kg/m²], and the smallest that would be found, if dose and solid angle are known.
    pub mass: Option<(Measurement, f64)>,
}

/// Counts as the convention counts them, over pulses of the family.
pub(super) fn conversion(family: &Family, response: &Response, convention: Convention) -> f64 {
    let seen: f64 = family.lines.iter().map(|l| l.weight * l.escape * response.efficiency(l.energy)).sum();
    let counted = |l: &&super::Line| convention.counted == Counted::Family || l.alpha;
    let wanted: f64 = family
        .lines
        .iter()
        .filter(counted)
        .map(|l| l.weight * if convention.at == Where::Detected { response.efficiency(l.energy) } else { 1.0 })
        .sum();
    if seen > 0.0 { wanted / seen } else { 0.0 }
}

/// Quantifies a fit by the families that have a k-factor. `zeta` [kg/m²]: mass per area that a count of the reference stands for, in the
/// same convention, if known.
///
/// # Errors
/// Nothing with a k-factor has been detected.
pub fn quantify(
    fit: &Fit,
    families: &[Family],
    response: &Response,
    convention: Convention,
    zeta: Option<f64>,
) -> Result<Vec<Quantity>, SpectrumError> {
    // Mass per pulse, in units of the reference.
    let used: Vec<(usize, f64)> = families
        .iter()
        .enumerate()
        .filter_map(|(i, f)| f.k.map(|k| (i, k * conversion(f, response, convention))))
        .filter(|(i, per)| *i < fit.families.len() && per.is_finite() && *per > 0.0)
        .collect();
    let there = |i: usize| fit.families[i].detected();
    let mass: f64 = used.iter().filter(|(i, _)| there(*i)).map(|(i, per)| per * fit.families[*i].counts.value).sum();
    if !(mass > 0.0) {
        return Err(SpectrumError::Nothing);
    }
    let molar = |i: usize| families[i].molar_mass;
    let amount: f64 = used.iter().filter(|(i, _)| there(*i)).map(|(i, per)| per * fit.families[*i].counts.value / molar(*i)).sum();
    // A part p = x_i / Σ x_j changes with x_j by (δ - p)/Σ.
    let part = |i: usize, per: f64, by: &dyn Fn(usize) -> f64, sum: f64| {
        let own = per / by(i) * fit.families[i].counts.value / sum;
        let slope = |j: usize, per_j: f64| {
            let counted = if there(j) { own } else { 0.0 };
            (f64::from(u8::from(i == j)) - counted) * per_j / by(j) / sum
        };
        let (mut variance, mut by_k) = (0.0, 0.0);
        for (j, per_j) in &used {
            for (l, per_l) in &used {
                variance += slope(*j, *per_j) * slope(*l, *per_l) * fit.covariance[*j][*l];
            }
            by_k += (slope(*j, *per_j) * fit.families[*j].counts.value * families[*j].k_uncertainty).powi(2);
        }
        (Measurement::new(own, variance.max(0.0).sqrt()), by_k.sqrt(), per / by(i) * fit.families[i].limit / sum)
    };
    Ok(used
        .iter()
        .map(|(i, per)| {
            let (weight, weight_k, weight_limit) = part(*i, *per, &|_| 1.0, mass);
            let (atomic, atomic_k, atomic_limit) = part(*i, *per, &molar, amount);
            let found = &fit.families[*i];
            Quantity {
                family: found.name.clone(),
                element: families[*i].element.clone(),
                detected: found.detected(),
                weight,
                atomic,
                from_k: [weight_k, atomic_k],
                limit: [weight_limit, atomic_limit],
                mass: zeta
                    .map(|z| (Measurement::new(z * per * found.counts.value, z * per * found.counts.uncertainty), z * per * found.limit)),
            }
        })
        .collect())
}
