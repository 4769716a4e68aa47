//! Two sets of planes that mirror each other in an axis, as the {111} of a wire in a ⟨110⟩ zone.

use super::peaks::Peak;
use super::spectrum::Spectrum;
use crate::Measurement;

/// Where the two sets are looked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MirrorRule {
    /// Direction of the axis in the image [rad].
    pub axis: f64,
    /// Shortest and longest spacing [m].
    pub spacing: [f64; 2],
    /// Smallest and largest angle between the normals and the axis [rad].
    pub tilt: [f64; 2],
}

/// What both sets say together.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MirrorPlanes {
    /// Spacing [m].
    pub spacing: Measurement,
    /// Angle between the planes and the axis [rad], 90 to 180°, as facets parallel to them have it.
    pub angle: Measurement,
    /// Peaks of each set: more than one where the specimen is a wedge.
    pub peaks: [usize; 2],
}

/// Spacing and angle of two sets of planes that mirror each other, from the peaks of a spectrum; `None` unless both are there.
///
/// Where the specimen is a wedge its thickness fringes modulate the lattice fringes, and every reflection splits into satellites along the
/// wedge's gradient, unequal in strength. What is taken of a set is the centroid of its peaks, weighted by their power: the mean local
/// frequency. What is left of the wedge shifts both sets the same way across the axis and cancels in their mean; half of their difference is
/// the uncertainty, beside that of the peaks and a share of the distance between satellites, whose powers are known to a few per cent only.
pub fn mirror_planes(spectrum: &Spectrum, peaks: &[Peak], rule: &MirrorRule) -> Option<MirrorPlanes> {
    let (sin, cos) = rule.axis.sin_cos();
    let mut sets = [Centroid::default(); 2];
    for p in peaks {
        let spacing = p.spacing.value;
        let [mut along, mut across] = [cos * p.frequency[0] + sin * p.frequency[1], cos * p.frequency[1] - sin * p.frequency[0]];
        if along < 0.0 {
            (along, across) = (-along, -across);
        }
        let tilt = across.abs().atan2(along);
        let weight = power(spectrum, p);
        if !(rule.spacing[0]..=rule.spacing[1]).contains(&spacing) || !(rule.tilt[0]..=rule.tilt[1]).contains(&tilt) || !(weight > 0.0) {
            continue;
        }
        sets[usize::from(across < 0.0)].add(along, across.abs(), p.uncertainty[0].hypot(p.uncertainty[1]), weight);
    }
    let [Some(a), Some(b)] = sets.map(|s| s.mean()) else { return None };
    let both = |i: usize| {
        let own = 0.5 * a.uncertainty.hypot(b.uncertainty);
        Measurement::new(0.5 * (a.at[i] + b.at[i]), own.hypot(0.5 * (a.at[i] - b.at[i]).abs()))
    };
    let (x, y) = (both(0), both(1));
    let k = x.value.hypot(y.value);
    let along = (x.value * x.uncertainty).hypot(y.value * y.uncertainty) / k;
    let turn = (y.value * x.uncertainty).hypot(x.value * y.uncertainty) / (k * k);
    Some(MirrorPlanes {
        spacing: Measurement::new(1.0 / k, along / (k * k)),
        angle: Measurement::new(std::f64::consts::FRAC_PI_2 + y.value.atan2(x.value), turn),
        peaks: [sets[0].peaks, sets[1].peaks],
    })
}

/// Power of a peak above the background in its bin and the eight around it: with a window, the same wherever it lies between bins.
fn power(spectrum: &Spectrum, peak: &Peak) -> f64 {
    let step = spectrum.step();
    let [x, y] = [0, 1].map(|i| (peak.frequency[i] / step[i]).round() as i64);
    (0..9).map(|m| spectrum.power(x + m % 3 - 1, y + m / 3 - 1)).sum::<f64>() - 9.0 * peak.background
}

#[derive(Clone, Copy, Default)]
struct Centroid {
    weight: f64,
    sum: [f64; 2],
    squares: f64,
    variance: f64,
    peaks: usize,
}

/// Part of the rms distance of satellites from their centroid that it may be off by: on made wedges it was off by a hundredth.
const WEIGHING: f64 = 0.02;

struct Mean {
    at: [f64; 2],
    uncertainty: f64,
}

impl Centroid {
    fn add(&mut self, along: f64, across: f64, uncertainty: f64, weight: f64) {
        self.weight += weight;
        self.sum[0] += weight * along;
        self.sum[1] += weight * across;
        self.squares += weight * (along * along + across * across);
        self.variance += (weight * uncertainty).powi(2);
        self.peaks += 1;
    }

    fn mean(&self) -> Option<Mean> {
        if !(self.weight > 0.0) {
            return None;
        }
        let at = self.sum.map(|s| s / self.weight);
        let spread = (self.squares / self.weight - at[0] * at[0] - at[1] * at[1]).max(0.0).sqrt();
        Some(Mean { at, uncertainty: (self.variance.sqrt() / self.weight).hypot(WEIGHING * spread) })
    }
}
