//! The continuum of a thin film.

use super::element::Element;
use super::lines::rest_energy;

/// Photons per electron, atoms per area, energy and solid angle [m²/eV/sr] at `photon` [eV], at `angle` [rad] from the direction in which
/// the beam of `energy` [eV] travels.
///
/// Born approximation for soft photons (Bethe & Heitler 1934; Koch & Motz, Rev. Mod. Phys. 31, 920 (1959)): 16/3 α r0² Z(Z+1)/(β² k) L,
/// L = ½ ∫ dq² q²/(q²+μ²)² between the least and the largest transfer of momentum, with Thomas–Fermi screening μ; the electrons of the
/// atom count as one more charge (Z+1). At a few keV screening, which Kramers' law lacks, cuts the yield by a third, and the spectrum is
/// close to 1/k. The direction is that of a dipole across the beam, seen from the moving electron. Good for photons far below the beam's
/// energy: 0.1 to 40 keV at 200 kV.
pub fn bremsstrahlung(element: Element, photon: f64, energy: f64, angle: f64) -> f64 {
    let [shape, direction] = [spectrum(element, photon, energy), directed(energy, angle)];
    shape * direction / (4.0 * std::f64::consts::PI)
}

/// Photons per electron, atoms per area and energy [m²/eV], in all directions.
fn spectrum(element: Element, photon: f64, energy: f64) -> f64 {
    // α r0² [m²].
    const ALPHA_R2: f64 = 2.817_940_3e-15 * 2.817_940_3e-15 / 137.035_999;
    let left = energy - photon;
    if !(photon > 0.0 && left > 0.0) {
        return 0.0;
    }
    let rest = rest_energy();
    // Momenta over mc.
    let momentum = |t: f64| (t * (t + 2.0 * rest)).sqrt() / rest;
    let (before, after) = (momentum(energy), momentum(left));
    let beta2 = before * before / (1.0 + before * before);
    let z = element.number();
    let screening = (z.cbrt() / (0.885 * 137.035_999)).powi(2);
    let (least, most) = ((before - after).powi(2), (before + after).powi(2));
    let inner = |q2: f64| (q2 + screening).ln() + screening / (q2 + screening);
    16.0 / 3.0 * ALPHA_R2 * z * (z + 1.0) / (beta2 * photon) * 0.5 * (inner(most) - inner(least))
}

/// Photons in a direction over the mean of all directions: a dipole across the beam.
fn directed(energy: f64, angle: f64) -> f64 {
    let g = 1.0 + energy / rest_energy();
    let beta = (1.0 - 1.0 / (g * g)).sqrt();
    let towards = |cos: f64| {
        let d = 1.0 - beta * cos;
        (d * d - 0.5 * (1.0 - cos * cos) / (g * g)) / d.powi(4)
    };
    // Mean over the sphere by Simpson's rule.
    const N: usize = 200;
    let mean = (0..=N).map(|k| {
        let weight = if k == 0 || k == N { 1.0 } else { 2.0 + 2.0 * (k % 2) as f64 };
        weight * towards(2.0 * k as f64 / N as f64 - 1.0)
    });
    towards(angle.cos()) / (mean.sum::<f64>() / (3.0 * N as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn the_continuum_falls_as_one_over_the_energy_and_rises_as_the_charge_squared() {
        let at = |e, k| bremsstrahlung(e, k, 200e3, 110f64.to_radians());
        let slope = (at(Element::Platinum, 2e3) / at(Element::Platinum, 8e3)).ln() / 4f64.ln();
        assert!((1.0..1.15).contains(&slope), "{slope}");
        let rise = at(Element::Platinum, 3e3) / at(Element::Silver, 3e3);
        assert!((rise / (78.0 * 79.0 / (47.0 * 48.0)) - 1.0).abs() < 0.1, "{rise}");
        assert_eq!(at(Element::Silver, 200e3), 0.0);
        assert_eq!(at(Element::Silver, 0.0), 0.0);
    }

    #[test]
    fn it_is_weaker_backwards_and_conserved_over_the_sphere() {
        let n = 2000;
        let sum: f64 = (0..n)
            .map(|k| {
                let angle = PI * (k as f64 + 0.5) / n as f64;
                2.0 * PI * angle.sin() * (PI / n as f64) * bremsstrahlung(Element::Silver, 3e3, 200e3, angle)
            })
            .sum();
        assert!((sum / spectrum(Element::Silver, 3e3, 200e3) - 1.0).abs() < 1e-4);
        assert!(directed(200e3, 110f64.to_radians()) < 0.5);
        assert!((directed(1.0, PI / 2.0) / 0.75 - 1.0).abs() < 0.01);
    }

    #[test]
    fn without_screening_it_is_bethe_and_heitlers() {
        // Their non-relativistic limit: 16/3 α r0² Z² /(β² k) ln((p+p')/(p-p')); at 50 eV from the tip of 1 keV screening means little
        // for hydrogen-like charges, so the logarithm is compared where screening is small against the least transfer.
        let z: f64 = 6.0;
        let (t, k) = (5e3, 4e3);
        let rest = rest_energy();
        let p = |t: f64| (t * (t + 2.0 * rest)).sqrt() / rest;
        let (a, b) = (p(t), p(t - k));
        let beta2 = a * a / (1.0 + a * a);
        let plain = 16.0 / 3.0 * 2.817_940_3e-15f64.powi(2) / 137.035_999 * z * (z + 1.0) / (beta2 * k) * ((a + b) / (a - b)).ln();
        let found = spectrum(Element::Carbon, k, t);
        assert!(found < plain && found > 0.85 * plain, "{}", found / plain);
    }
}
