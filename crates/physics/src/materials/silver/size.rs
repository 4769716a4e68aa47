//! Size effects in the resistivity: surfaces (Dingle, Fuchs) and grain boundaries (Mayadas–Shatzkes).
//!
//! A penta-twinned wire has no boundaries across the current: grain-boundary scattering is for polycrystalline tests only.

use std::f64::consts::PI;

/// Resistivity times mean free path of silver [ohm m²] (Gall, J. Appl. Phys. 119, 085101 (2016) \[M+\]); independent of temperature.
pub const RHO_LAMBDA: f64 = 8.46e-16;
/// Mean free path of electrons in silver at room temperature [m] (Gall 2016 \[M+\]).
pub const LAMBDA: f64 = 53.3e-9;
/// Default surface-scattering constant of the wire engine [ohm m²]: [`surface_scattering`] at a specularity of 0.5 (wire.md §1).
pub const C_FS: f64 = 3.2e-16;
/// Smallest radius a size effect is evaluated at [m]: below an atom's size the wire is cut.
const A_MIN: f64 = 1e-10;

/// Resistivity added by the surface [ohm m] of a wire of radius `a` [m]: c_fs/(2a), with `c_fs` [ohm m²]. Valid for 2a well above the
/// mean free path (53 nm cold, 17 nm at 800 K); at 2a = lambda, diffuse walls, the whole resistivity comes out 14 % low.
#[inline]
pub fn size_effect(a: f64, c_fs: f64) -> f64 {
    c_fs / (2.0 * a.max(A_MIN))
}

/// Surface-scattering constant [ohm m²] at the specularity `p` (0 to 1), thick round wire: 3/4 (1-p) rho lambda (Dingle 1950 \[M+\]).
pub fn surface_scattering(p: f64) -> f64 {
    0.75 * (1.0 - p.clamp(0.0, 1.0)) * RHO_LAMBDA
}

/// Resistivity of a round wire over that of the bulk, exact (Dingle, Proc. R. Soc. A 201, 545 (1950)), for diameter over mean free path
/// `k` and specularity `p` (0 to 0.99). An integral: for setting up, not for inner loops. `k` is taken within 1e-3 to 1e6.
pub fn dingle_ratio(k: f64, p: f64) -> f64 {
    let (k, p) = (k.clamp(1e-3, 1e6), p.clamp(0.0, 0.99));
    // Chambers: (1-p)² sum n p^(n-1) s(n k), s the conductivity ratio of the fully diffuse wire; the weights sum to 1.
    let (mut conductivity, mut weight, mut power, mut n) = (0.0, 0.0, 1.0, 1.0);
    while n < 4000.0 {
        let w = (1.0 - p) * (1.0 - p) * n * power;
        conductivity += w * diffuse(n * k);
        weight += w;
        if 1.0 - weight < 1e-7 {
            break;
        }
        power *= p;
        n += 1.0;
    }
    weight / conductivity
}

/// Conductivity ratio of a fully diffuse round wire: (12/pi) ∫ sin cos² dθ ∫ sqrt(1-u²) (1 - exp(-k u/sin θ)) du.
fn diffuse(k: f64) -> f64 {
    if k > 50.0 {
        // Dingle's thick-wire series; the next term is below 1e-5.
        return 1.0 - 0.75 / k + 0.375 / (k * k * k);
    }
    // u = sin φ takes the root away; φ and θ go as squares, which gathers the nodes where the exponential is steep.
    let square = |v: f64| (PI / 2.0 * v * v, PI * v);
    let kept = simpson(0.0, 1.0, 64, |w| {
        let (theta, d_theta) = square(w);
        let (s, c) = theta.sin_cos();
        let along = simpson(0.0, 1.0, 64, |v| {
            let (phi, d_phi) = square(v);
            let (u, root) = phi.sin_cos();
            d_phi * root * root * -(-k * u / s.max(1e-12)).exp_m1()
        });
        d_theta * s * c * c * along
    });
    12.0 / PI * kept
}

/// Resistivity over that of the bulk with reflecting grain boundaries (Mayadas & Shatzkes, PRB 1, 1382 (1970) \[M+\]);
/// `alpha` = (mean free path / grain size) R/(1-R), 0 or more.
pub fn mayadas_shatzkes_ratio(alpha: f64) -> f64 {
    let a = alpha.max(0.0);
    if a < 1e-12 {
        return 1.0;
    }
    if a > 50.0 {
        // The closed form cancels to nothing here: its series in 1/alpha.
        let b = 1.0 / a;
        return 1.0 / (b * (0.75 - b * (0.6 - b * (0.5 - b * (3.0 / 7.0 - b * 0.375)))));
    }
    1.0 / (1.0 - 1.5 * a + 3.0 * a * a - 3.0 * a * a * a * (1.0 / a).ln_1p())
}

/// Simpson's rule on `n` (even) intervals.
pub(super) fn simpson(from: f64, to: f64, n: usize, f: impl Fn(f64) -> f64) -> f64 {
    let h = (to - from) / n as f64;
    let inner: f64 = (1..n).map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * f(from + h * i as f64)).sum();
    (f(from) + inner + f(to)) * h / 3.0
}
