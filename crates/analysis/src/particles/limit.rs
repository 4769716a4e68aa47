//! What cannot be decided.

use std::f64::consts::PI;

/// How a gap is looked at in dark field.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct View {
    /// Electrons per m² and frame.
    pub dose: f64,
    /// Signal of the gap without particles [electrons per m² and frame].
    pub background: f64,
    /// Λ of the metal [m]: signal = dose (1 - exp(-t/Λ)).
    pub length: f64,
    /// Standard deviation of the image of a point [m].
    pub blur: f64,
    /// Area looked at [m²].
    pub area: f64,
    /// Expected false alarms per image.
    pub false_alarms: f64,
}

impl View {
    /// Extra electrons of a sphere of a diameter [m], and background electrons under it, in the mean of `frames` frames (summed). The blur
    /// widens the disc: its radius becomes √(r² + 4σ²).
    pub fn electrons(&self, diameter: f64, frames: u32) -> [f64; 2] {
        let n = f64::from(frames.max(1)) * self.dose;
        let volume = PI / 6.0 * diameter.powi(3);
        let disc = PI * (0.25 * diameter * diameter + 4.0 * self.blur * self.blur);
        [n * volume / self.length, f64::from(frames.max(1)) * self.background * disc]
    }

    /// Extra electrons over the standard deviation of the background under the sphere.
    pub fn signal_to_noise(&self, diameter: f64, frames: u32) -> f64 {
        let [extra, background] = self.electrons(diameter, frames);
        extra / background.sqrt()
    }

    /// Threshold in standard deviations for [`View::false_alarms`], for spheres of a diameter [m] sought at all places of the area: the
    /// expected number of maxima of a Gaussian field with the disc's correlation (Adler 1981; Worsley 1992).
    pub fn threshold(&self, diameter: f64) -> f64 {
        // A disc's standard deviation along one direction is r/2; its own noise is correlated over √2 of that.
        let s2 = diameter * diameter / 16.0 + self.blur * self.blur;
        level(self.area / (2.0 * s2), self.false_alarms)
    }

    /// Smallest diameter [m] of a sphere that is found in every other image of `frames` frames at the stated false-alarm rate. Poisson noise
    /// is counted by Anscombe's square root: a few electrons have a longer tail upwards than a Gaussian. `None` if no sphere up to 1 µm is.
    pub fn smallest(&self, frames: u32) -> Option<f64> {
        let found = |d: f64| {
            let [extra, background] = self.electrons(d, frames);
            2.0 * ((background + extra + 0.375).sqrt() - (background + 0.375).sqrt()) >= self.threshold(d)
        };
        let (mut low, mut high) = (1e-11f64, 1e-6f64);
        if !found(high) {
            return None;
        }
        for _ in 0..60 {
            let middle = (low * high).sqrt();
            if found(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }

    /// That as a sentence.
    pub fn sentence(&self, frames: u32) -> String {
        let images = if frames <= 1 { "one frame".to_string() } else { format!("the mean of {frames} frames") };
        let dose = format!("{:.0} e/nm2 per frame, {:.3} false alarms per image", 1e-18 * self.dose, self.false_alarms);
        match self.smallest(frames) {
            Some(d) => format!(
                "Particles below {:.1} nm cannot be decided in {images} ({dose}); whether such ones bridge the gap is not known.",
                1e9 * d
            ),
            None => format!("No particle can be decided in {images} ({dose})."),
        }
    }
}

/// Level [standard deviations] that the maxima of a Gaussian field pass `expected` times, where `cells` is area times √det Λ, Λ the covariance
/// of its gradient: cells (2π)^-3/2 u exp(-u²/2). Not below 2.
pub(crate) fn level(cells: f64, expected: f64) -> f64 {
    let rate = |u: f64| cells * (2.0 * PI).powf(-1.5) * u * (-0.5 * u * u).exp();
    let (mut low, mut high) = (2.0, 40.0);
    if !(rate(low) > expected) {
        return low;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if rate(middle) > expected { low = middle } else { high = middle }
    }
    high
}
