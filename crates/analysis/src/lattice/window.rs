//! Windows: what makes the edges of a patch fade, so that they do not show in its transform.

use std::f64::consts::PI;

/// Shape of the fading edges.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Window {
    /// sin² from edge to edge: the least leakage of strong peaks into weak ones.
    Hann,
    /// Flat, with sin² edges over this fraction (0 to 1) of the patch: sharper peaks, more leakage.
    Tukey(f64),
}

impl Window {
    /// Weight at sample `i` of `n`, symmetric about the middle.
    pub(crate) fn weight(self, i: usize, n: usize) -> f64 {
        let x = (i as f64 + 0.5) / n as f64;
        match self {
            Window::Hann => (PI * x).sin().powi(2),
            Window::Tukey(fraction) => {
                let edge = 0.5 * if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 1.0 };
                let near = x.min(1.0 - x);
                if near < edge { (0.5 * PI * near / edge).sin().powi(2) } else { 1.0 }
            }
        }
    }

    /// The window as the lobe it makes of a pure wave.
    pub(crate) fn lobe(self) -> Lobe {
        const SAMPLES: usize = 128;
        Lobe { weights: (0..SAMPLES).map(|i| self.weight(i, SAMPLES)).collect() }
    }
}

/// Transform of a window about its middle.
pub(crate) struct Lobe {
    weights: Vec<f64>,
}

impl Lobe {
    fn transform(&self, x: f64, power: i32) -> f64 {
        let n = self.weights.len() as f64;
        let step = 2.0 * PI * x / n;
        let sum: f64 = self.weights.iter().enumerate().map(|(i, w)| w.powi(power) * (step * (i as f64 + 0.5 - 0.5 * n)).cos()).sum();
        sum / self.weights.iter().map(|w| w.powi(power)).sum::<f64>()
    }

    /// ln of the power at `x` bins from a wave, relative to the maximum.
    pub(crate) fn ln_power(&self, x: f64) -> f64 {
        self.transform(x, 1).powi(2).max(1e-30).ln()
    }

    /// Correlation of white noise between bins `x` apart.
    pub(crate) fn noise_correlation(&self, x: f64) -> f64 {
        self.transform(x, 2)
    }

    /// Place of the wave [bins] for the place `seen` of the vertex through the logarithms of three bins. For a pure wave exact; the vertex
    /// alone is up to 0.02 bins off.
    pub(crate) fn place(&self, seen: f64) -> f64 {
        let mut at = seen;
        for _ in 0..4 {
            let [before, middle, after] = [-1.0, 0.0, 1.0].map(|k| self.ln_power(k - at));
            let bend = 2.0 * middle - before - after;
            if !(bend > 0.0) {
                return seen;
            }
            at = (at + seen - 0.5 * (after - before) / bend).clamp(-0.6, 0.6);
        }
        at
    }
}
