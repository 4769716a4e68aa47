//! Temperature along the window from the potential (Kohlrausch; shape3d.md section 2): no heat solve.
//!
//! Heat and current that flow through the same body with no loss at its sides, with k = L0 T/ρ (Wiedemann–Franz), make T² a quadratic
//! function of the electric potential φ, whatever the shape: T² = Ta² (1 - p) + Tb² p + (V²/L0) p (1 - p), p = φ/V. The potential of unit
//! conductances is not φ when ρ depends on temperature: along surfaces of equal temperature dφ = I ρ(T) dG, G the integral of dx/A. Layers
//! are taken for such surfaces, and φ and T for each other's fixed point.
//!
//! It does not hold under a contact, where current and heat leave through the side.

use crate::materials::constants::L0;
use crate::materials::silver::{T_MELT, resistivity::resistivity};
use std::f64::consts::PI;

/// The iteration ends when no temperature changes by more than this [K].
const CONVERGED: f64 = 1e-3;
/// Most iterations. At 25 mV four are made, at 170 mV fourteen; each takes some microseconds.
const MOST_ITERATIONS: usize = 50;

/// A window that carries current.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hot<'a> {
    /// Temperature of the first and the last layer [K].
    pub ends: [f64; 2],
    /// Current [A].
    pub current: f64,
    /// Potential of each layer, in any unit; or, with a factor of 1, [`super::Potential::integral`], which leaves out that the lattice's
    /// surface conducts less.
    pub layers: &'a [f64],
    /// What turns a difference of these potentials into the integral of dx/A [1/m].
    pub factor: f64,
    /// Cross-section of each layer [m²], for the size effect.
    pub area: &'a [f64],
    /// Surface-scattering constant [ohm m²].
    pub size_effect: f64,
    /// Highest temperature [K]; [`T_MELT`] where the shape engine's lattice ends.
    pub cap: f64,
}

impl<'a> Hot<'a> {
    /// A window capped at the melting point.
    pub fn new(ends: [f64; 2], current: f64, layers: &'a [f64], factor: f64, area: &'a [f64], size_effect: f64) -> Hot<'a> {
        Hot { ends, current, layers, factor, area, size_effect, cap: T_MELT }
    }
}

/// Temperatures along a window.
#[derive(Clone, PartialEq, Debug)]
pub struct Kohlrausch {
    /// Temperature of each layer [K].
    pub temperature: Vec<f64>,
    /// Voltage between the first and the last layer [V]; positive.
    pub voltage: f64,
    /// Layers at which the cap was reached.
    pub capped: usize,
    /// Iterations made.
    pub iterations: usize,
    /// Largest change of a temperature in the last one [K].
    pub change: f64,
}

/// Why a window has no temperature.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum KohlrauschError {
    /// Too few layers, or not one cross-section for each.
    #[error("a window needs two layers or more, and a cross-section for each: there are {layers} potentials and {areas} cross-sections")]
    Layers {
        /// Potentials given.
        layers: usize,
        /// Cross-sections given.
        areas: usize,
    },
    /// A number that makes no sense.
    #[error("the {what} of the window is {value}; it must be {must}")]
    Number {
        /// Which.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What would be right.
        must: &'static str,
    },
}

/// Temperatures of the layers of a window, and its voltage.
///
/// # Errors
/// Wrong lengths, or numbers that make no sense.
pub fn kohlrausch(hot: &Hot) -> Result<Kohlrausch, KohlrauschError> {
    let Hot { ends, current, layers, factor, area, size_effect, cap } = *hot;
    let n = layers.len();
    if n < 2 || area.len() != n {
        return Err(KohlrauschError::Layers { layers: n, areas: area.len() });
    }
    let positive = |what, value: f64, must| {
        if value.is_finite() && value > 0.0 { Ok(()) } else { Err(KohlrauschError::Number { what, value, must }) }
    };
    positive("first temperature", ends[0], "a positive number of kelvin")?;
    positive("last temperature", ends[1], "a positive number of kelvin")?;
    positive("highest temperature", cap, "a positive number of kelvin")?;
    positive("factor of the potential", factor, "positive")?;
    positive("potential of the last layer over that of the first", layers[n - 1] - layers[0], "positive: potentials rise with layers")?;
    if !current.is_finite() {
        return Err(KohlrauschError::Number { what: "current", value: current, must: "a finite number" });
    }
    if !(size_effect.is_finite() && size_effect >= 0.0) {
        return Err(KohlrauschError::Number { what: "size effect", value: size_effect, must: "0 or a positive number" });
    }
    if let Some(value) = layers.iter().copied().find(|v| !v.is_finite()) {
        return Err(KohlrauschError::Number { what: "potential of a layer", value, must: "a finite number" });
    }
    if let Some(value) = area.iter().copied().find(|a| !(a.is_finite() && *a >= 0.0)) {
        return Err(KohlrauschError::Number { what: "cross-section of a layer", value, must: "0 or a positive number" });
    }
    let radius: Vec<f64> = area.iter().map(|a| (a / PI).sqrt()).collect();
    let ends = ends.map(|t| t.min(cap));
    let squares = ends.map(|t| t * t);
    let mut temperature = vec![0.5 * (ends[0] + ends[1]); n];
    let mut resistivities = vec![0.0; n];
    // Resistance from the first layer on [ohm].
    let mut resistance = vec![0.0; n];
    let mut found = Kohlrausch { temperature: Vec::new(), voltage: 0.0, capped: 0, iterations: 0, change: f64::INFINITY };
    while found.change > CONVERGED && found.iterations < MOST_ITERATIONS {
        for k in 0..n {
            resistivities[k] = resistivity(temperature[k], radius[k], size_effect);
        }
        for k in 1..n {
            let rho = 0.5 * (resistivities[k - 1] + resistivities[k]);
            resistance[k] = resistance[k - 1] + rho * (layers[k] - layers[k - 1]) * factor;
        }
        let whole = resistance[n - 1];
        positive("resistance", whole, "positive: the potential must rise along the window")?;
        found.voltage = current.abs() * whole;
        found.change = 0.0;
        found.capped = 0;
        let heat = found.voltage * found.voltage / L0;
        for k in 0..n {
            let p = (resistance[k] / whole).clamp(0.0, 1.0);
            let free = (squares[0] * (1.0 - p) + squares[1] * p + heat * p * (1.0 - p)).sqrt();
            found.capped += usize::from(free > cap);
            let t = free.min(cap);
            found.change = found.change.max((t - temperature[k]).abs());
            temperature[k] = t;
        }
        found.iterations += 1;
    }
    found.temperature = temperature;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materials::silver::size::C_FS;

    const A0: f64 = 8.69e-15;
    const LENGTH: f64 = 0.8e-6;

    /// A neck, or a bulge where `depth` is negative.
    fn area(x: f64, depth: f64) -> f64 {
        A0 * (1.0 - depth * (-((x / LENGTH - 0.35) / 0.06).powi(2)).exp())
    }

    /// Temperatures of layers, and their potentials with a factor of 1.
    fn window(layers: usize, depth: f64) -> (Vec<f64>, Vec<f64>) {
        let at = |k: usize| LENGTH * k as f64 / (layers - 1) as f64;
        let areas: Vec<f64> = (0..layers).map(|k| area(at(k), depth)).collect();
        let mut integral = vec![0.0; layers];
        for k in 1..layers {
            integral[k] = integral[k - 1] + integral_of(at(k - 1), at(k), depth);
        }
        (areas, integral)
    }

    /// Simpson's rule for the integral of dx/A.
    fn integral_of(from: f64, to: f64, depth: f64) -> f64 {
        let g = |x: f64| 1.0 / area(x, depth);
        (to - from) / 6.0 * (g(from) + 4.0 * g(0.5 * (from + to)) + g(to))
    }

    /// d/dx (k A dT/dx) + I² ρ/A = 0 on fine cells, k = L0 T/ρ, by iteration; the wire engine's law without its film. Returns temperatures of the layers and the voltage.
    fn by_cells(ends: [f64; 2], current: f64, layers: usize, depth: f64, cells: usize) -> (Vec<f64>, f64) {
        let dx = LENGTH / cells as f64;
        let centre = |i: usize| (i as f64 + 0.5) * dx;
        let mut t: Vec<f64> = (0..cells).map(|i| ends[0] + (ends[1] - ends[0]) * centre(i) / LENGTH).collect();
        let half = |t: f64, i: usize| {
            let a = area(centre(i), depth);
            0.5 * dx / a * resistivity(t, (a / PI).sqrt(), C_FS)
        };
        let mut voltage = 0.0;
        for _ in 0..400 {
            let r: Vec<f64> = (0..cells).map(|i| half(t[i], i)).collect();
            voltage = current * 2.0 * r.iter().sum::<f64>();
            // In u = T²/2 the fluxes are L0 (u - u')/(r + r'): linear for given resistances.
            let (mut c, mut d) = (vec![0.0; cells], vec![0.0; cells]);
            let mut new = vec![0.0; cells];
            for i in 0..cells {
                let left = L0 / (r[i] + if i > 0 { r[i - 1] } else { 0.0 });
                let right = L0 / (r[i] + if i + 1 < cells { r[i + 1] } else { 0.0 });
                let mut b = 2.0 * current * current * r[i];
                if i == 0 {
                    b += left * 0.5 * ends[0] * ends[0];
                }
                if i + 1 == cells {
                    b += right * 0.5 * ends[1] * ends[1];
                }
                let lower = if i > 0 { -left } else { 0.0 };
                let pivot = left + right - if i > 0 { lower * c[i - 1] } else { 0.0 };
                c[i] = if i + 1 < cells { -right / pivot } else { 0.0 };
                d[i] = (b - if i > 0 { lower * d[i - 1] } else { 0.0 }) / pivot;
            }
            for i in (0..cells).rev() {
                new[i] = d[i] - if i + 1 < cells { c[i] * new[i + 1] } else { 0.0 };
            }
            let mut change = 0.0f64;
            for i in 0..cells {
                let n = (2.0 * new[i]).sqrt();
                change = change.max((n - t[i]).abs());
                t[i] = n;
            }
            if change < 1e-7 {
                break;
            }
        }
        let temperature = (0..layers)
            .map(|k| {
                if k == 0 || k + 1 == layers {
                    return ends[usize::from(k > 0)];
                }
                let x = LENGTH * k as f64 / (layers - 1) as f64 / dx - 0.5;
                let i = (x as usize).min(cells - 2);
                t[i] + (x - i as f64) * (t[i + 1] - t[i])
            })
            .collect();
        (temperature, voltage)
    }

    #[test]
    fn temperatures_are_those_of_the_heat_equation() {
        for (ends, current, depth) in [([520.0, 560.0], 30e-3, 0.6), ([700.0, 650.0], 18e-3, 0.85), ([500.0, 500.0], 45e-3, -0.3)] {
            let layers = 181;
            let (areas, potential) = window(layers, depth);
            let found = kohlrausch(&Hot::new(ends, current, &potential, 1.0, &areas, C_FS)).unwrap();
            let (expected, voltage) = by_cells(ends, current, layers, depth, 4000);
            assert!(found.capped == 0 && found.change <= CONVERGED);
            let hottest = expected.iter().copied().fold(0.0, f64::max);
            assert!(hottest > ends[0].max(ends[1]) + 1.0, "nothing is heated: {hottest}");
            let off = found.temperature.iter().zip(&expected).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
            println!(
                "{ends:?} {depth}: hottest {hottest:.1} K, V {:.3} mV, off {off:.2e}, V off {:.2e}, {} it",
                voltage * 1e3,
                found.voltage / voltage - 1.0,
                found.iterations
            );
            assert!(off < 5e-3 && (found.voltage / voltage - 1.0).abs() < 5e-3);
        }
    }

    #[test]
    fn between_equal_ends_the_maximum_depends_on_the_voltage_only() {
        for depth in [0.0, 0.5, 0.9] {
            let (areas, potential) = window(401, depth);
            let found = kohlrausch(&Hot::new([600.0; 2], 5e-3, &potential, 1.0, &areas, C_FS)).unwrap();
            let hottest = found.temperature.iter().copied().fold(0.0, f64::max);
            let expected = (600f64.powi(2) + found.voltage.powi(2) / (4.0 * L0)).sqrt();
            assert!(hottest > 600.05 && (hottest / expected - 1.0).abs() < 1e-4, "{hottest} {expected}");
        }
    }

    #[test]
    fn without_current_heat_flows_with_the_resistivity() {
        let (areas, potential) = window(101, 0.5);
        let found = kohlrausch(&Hot::new([400.0, 800.0], 0.0, &potential, 1.0, &areas, C_FS)).unwrap();
        assert!(found.voltage == 0.0 && found.temperature.windows(2).all(|t| t[0] < t[1]));
        let (expected, _) = by_cells([400.0, 800.0], 0.0, 101, 0.5, 4000);
        assert!(found.temperature.iter().zip(&expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-3));
    }

    #[test]
    fn a_window_does_not_get_hotter_than_its_cap() {
        let (areas, potential) = window(101, 0.97);
        let mut hot = Hot::new([900.0; 2], 20e-3, &potential, 1.0, &areas, C_FS);
        let found = kohlrausch(&hot).unwrap();
        assert!(found.capped > 0 && found.temperature.iter().all(|t| *t <= T_MELT));
        hot.cap = 1000.0;
        assert!(kohlrausch(&hot).unwrap().temperature.iter().all(|t| *t <= 1000.0));
    }

    #[test]
    fn nonsense_is_an_error() {
        let (areas, potential) = window(11, 0.5);
        let good = Hot::new([500.0; 2], 5e-3, &potential, 1.0, &areas, C_FS);
        let falling: Vec<f64> = potential.iter().rev().copied().collect();
        let nan = [f64::NAN; 11];
        for bad in [
            Hot { ends: [f64::NAN, 500.0], ..good },
            Hot { ends: [500.0, -1.0], ..good },
            Hot { current: f64::INFINITY, ..good },
            Hot { layers: &potential[..1], ..good },
            Hot { layers: &falling, ..good },
            Hot { layers: &nan, ..good },
            Hot { area: &areas[1..], ..good },
            Hot { area: &nan, ..good },
            Hot { factor: 0.0, ..good },
            Hot { size_effect: -1.0, ..good },
            Hot { cap: 0.0, ..good },
        ] {
            assert!(kohlrausch(&bad).is_err(), "{bad:?}");
        }
        assert!(kohlrausch(&good).is_ok());
    }
}
