//! From the signal of a particle to its size.

use crate::Measurement;
use std::f64::consts::PI;

/// Signal of a dark-field image over the thickness of the metal, signal = full (1 - exp(-t/Λ)), calibrated on the wire in the same image.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SignalCurve {
    /// Signal of an endless thickness above the background [electrons per m²].
    pub full: Measurement,
    /// Λ [m].
    pub length: Measurement,
    /// Slope at thickness 0 [electrons per m³]: full/Λ. Its uncertainty contains the correlation of the two.
    pub slope: Measurement,
}

impl SignalCurve {
    /// The curve through pairs of thickness [m] and signal above the background [electrons per m²], weighted alike. Uncertainties are from
    /// the scatter of the pairs.
    ///
    /// `None` with fewer than four usable pairs, if the signal does not grow with the thickness, or if Λ is not determined.
    pub fn fit(pairs: &[(f64, f64)]) -> Option<SignalCurve> {
        let usable: Vec<(f64, f64)> = pairs.iter().copied().filter(|(t, s)| t.is_finite() && s.is_finite() && *t >= 0.0).collect();
        let thickest = usable.iter().map(|p| p.0).fold(0f64, f64::max);
        let strongest = usable.iter().map(|p| p.1).fold(0f64, f64::max);
        if usable.len() < 4 || !(thickest > 0.0 && strongest > 0.0) {
            return None;
        }
        // Parameters slope and curvature 1/Λ, in units of the thickest and strongest: a straight line is Λ = ∞, inside the range.
        let model = |p: &[f64], t: f64| if (p[1] * t).abs() < 1e-9 { p[0] * t } else { p[0] * -(-p[1] * t).exp_m1() / p[1] };
        let residuals = |p: &[f64]| usable.iter().map(|(t, s)| s / strongest - model(p, t / thickest)).collect::<Vec<f64>>();
        let minimum = crate::facets::normal::minimise(&[1.0, 0.5], &[1e-5, 1e-5], residuals)?;
        let scatter = minimum.chi2 / (usable.len() - 2) as f64;
        let [a, k] = [minimum.parameters[0], minimum.parameters[1]];
        let c = &minimum.covariance;
        let (va, vk, vak) = (scatter * c[0][0], scatter * c[1][1], scatter * c[0][1]);
        if !(a > 0.0 && k > 0.0 && vk.sqrt() < k) {
            return None;
        }
        let variance_full = va / (k * k) + a * a * vk / k.powi(4) - 2.0 * a * vak / k.powi(3);
        Some(SignalCurve {
            full: Measurement::new(strongest * a / k, strongest * variance_full.max(0.0).sqrt()),
            length: Measurement::new(thickest / k, thickest * vk.sqrt() / (k * k)),
            slope: Measurement::new(strongest * a / thickest, strongest * va.sqrt() / thickest),
        })
    }

    /// Signal of a sphere of a diameter [m] above the background [electrons]: the curve over its projected thickness.
    pub fn sphere(&self, diameter: f64) -> f64 {
        let (r, l) = (0.5 * diameter, self.length.value);
        let x = diameter / l;
        // 2π ∫ (1 - exp(-2 sqrt(r²-ρ²)/Λ)) ρ dρ with c = 2 sqrt(r²-ρ²): π/2 ∫ (1 - exp(-c/Λ)) c dc from 0 to 2r.
        let shape = if x < 1e-3 { x.powi(3) / 3.0 - x.powi(4) / 8.0 } else { 0.5 * x * x - 1.0 + (1.0 + x) * (-x).exp() };
        if r > 0.0 { 0.5 * PI * l * l * self.full.value * shape } else { 0.0 }
    }

    /// Diameter [m] of the sphere that gives a signal [electrons], with the uncertainties of the signal and of the curve. `None` for a signal
    /// that is not positive or larger than that of a sphere of 10 Λ.
    pub fn diameter(&self, signal: Measurement) -> Option<Measurement> {
        let (mut low, mut high) = (0.0, 10.0 * self.length.value);
        if !(signal.value > 0.0 && signal.value < self.sphere(high)) {
            return None;
        }
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if self.sphere(middle) < signal.value { low = middle } else { high = middle }
        }
        let d = 0.5 * (low + high);
        let rise = (self.sphere(d * 1.0001) - self.sphere(d * 0.9999)) / (0.0002 * d);
        // A small sphere's signal goes with the slope of the curve at 0.
        let from_curve = signal.value * self.slope.uncertainty / self.slope.value;
        Some(Measurement::new(d, signal.uncertainty.hypot(from_curve) / rise))
    }

    /// Volume [m³] of that sphere.
    pub fn volume(&self, signal: Measurement) -> Option<Measurement> {
        let d = self.diameter(signal)?;
        Some(Measurement::new(PI / 6.0 * d.value.powi(3), 0.5 * PI * d.value * d.value * d.uncertainty))
    }
}
