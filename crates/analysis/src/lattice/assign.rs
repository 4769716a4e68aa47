//! Which peak is which reflection.

use super::affine::{Affine, Spot};
use super::crystal::{Crystal, length};
use super::peaks::Peak;

/// What an assignment may assume.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AssignRule {
    /// Largest |scale - 1| and |shear| [rad] of the image.
    pub distortion: f64,
    /// Largest distance of a peak from its reflection, over the peak's frequency.
    pub tolerance: f64,
    /// The strongest peaks that are looked at.
    pub peaks: usize,
}

impl Default for AssignRule {
    /// 8 % and 0.08 rad (real scans are off by 3 to 6 % and 1 degree, imaging.md 0), 1.5 %, 8 peaks.
    fn default() -> AssignRule {
        AssignRule { distortion: 0.08, tolerance: 0.015, peaks: 8 }
    }
}

/// Why peaks are not assigned.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum AssignError {
    /// Too few peaks.
    #[error("{0} peaks in different directions are too few: two are needed to find a net, three to be sure of it")]
    TooFew(usize),
    /// No net fits.
    #[error(
        "no two peaks fit to two reflections of the crystal with scales within {percent:.0} % and the shear within {degrees:.1} degrees"
    )]
    NoNet {
        /// Limit on the scale [%].
        percent: f64,
        /// Limit on the shear [degrees].
        degrees: f64,
    },
    /// Two nets fit.
    #[error("two nets fit: scales {:.3} and {:.3}, shear {:.3} rad, or scales {:.3} and {:.3}, shear {:.3} rad", .0[0], .0[1], .0[2], .1[0], .1[1], .1[2])]
    Ambiguous([f64; 3], [f64; 3]),
    /// Part of the strongest peaks only.
    #[error("the best net explains {explained} of the {peaks} strongest peaks only: two crystals, or another one")]
    Unexplained {
        /// Peaks that fit.
        explained: usize,
        /// Peaks looked at.
        peaks: usize,
    },
}

struct Net {
    map: Affine,
    spots: Vec<Spot>,
}

impl Net {
    fn shape(&self) -> [f64; 3] {
        [self.map.scale[0].value, self.map.scale[1].value, self.map.shear.value]
    }

    fn differs(&self, other: &Net) -> bool {
        let (a, b) = (self.shape(), other.shape());
        (0..3).any(|k| (a[k] - b[k]).abs() > 0.02)
    }
}

/// Assigns peaks to the reflections of a crystal, up to the crystal's own symmetry: all pairs of peaks are tried as all pairs of
/// reflections; the net that explains most of the strongest peaks with the least distortion is taken.
///
/// # Errors
/// If it is not clear: fewer than three peaks in different directions or with different spacings; no net within the limits; another net that
/// explains as many peaks with a distortion that is not at least twice as large and 0.01 larger; or less than two thirds of the peaks
/// explained.
pub fn assign(peaks: &[Peak], crystal: &Crystal, rule: &AssignRule) -> Result<(Affine, Vec<Spot>), AssignError> {
    let strongest: Vec<&Peak> = peaks.iter().take(rule.peaks.clamp(3, 40)).collect();
    let turned = |a: &Peak, b: &Peak| {
        let ([ax, ay], [bx, by]) = (a.frequency, b.frequency);
        (ax * by - ay * bx).abs() > 0.17 * length(a.frequency) * length(b.frequency)
    };
    let directions = strongest.iter().filter(|p| strongest.iter().any(|q| turned(p, q))).count();
    if directions < 3 {
        return Err(AssignError::TooFew(directions));
    }
    let highest = strongest.iter().map(|p| length(p.frequency)).fold(0f64, f64::max) * (1.0 + 2.0 * rule.distortion);
    let reflections = crystal.reflections(highest);
    let mut nets: Vec<Net> = Vec::new();
    for (i, p) in strongest.iter().enumerate() {
        for q in strongest.iter().skip(i + 1).filter(|q| turned(p, q)) {
            let near = |peak: &Peak| {
                let f = length(peak.frequency);
                let limit = 1.5 * rule.distortion * f;
                reflections.iter().filter(move |r| (length(r.frequency) - f).abs() < limit)
            };
            for a in near(p) {
                for b in near(q) {
                    let pair = [Spot { peak: **p, reflection: *a }, Spot { peak: **q, reflection: *b }];
                    let Ok(map) = Affine::fit(&pair) else { continue };
                    if map.distortion() > rule.distortion {
                        continue;
                    }
                    let spots: Vec<Spot> = strongest
                        .iter()
                        .filter_map(|&peak| {
                            let (reflection, off) = map.nearest(&reflections, peak)?;
                            (off < rule.tolerance).then_some(Spot { peak: *peak, reflection })
                        })
                        .collect();
                    let Ok(map) = Affine::fit(&spots) else { continue };
                    nets.push(Net { map, spots });
                }
            }
        }
    }
    let better = |a: &&Net, b: &&Net| {
        let by_count = a.spots.len().cmp(&b.spots.len());
        by_count.then(b.map.distortion().total_cmp(&a.map.distortion()))
    };
    let Some(best) = nets.iter().max_by(better) else {
        return Err(AssignError::NoNet { percent: 100.0 * rule.distortion, degrees: rule.distortion.to_degrees() });
    };
    let other = nets.iter().filter(|n| n.differs(best) && n.spots.len() >= best.spots.len()).max_by(better);
    if let Some(other) = other
        && other.map.distortion() < (2.0 * best.map.distortion()).max(best.map.distortion() + 0.01)
    {
        return Err(AssignError::Ambiguous(best.shape(), other.shape()));
    }
    if best.spots.len() < 3 || 3 * best.spots.len() < 2 * strongest.len() {
        return Err(AssignError::Unexplained { explained: best.spots.len(), peaks: strongest.len() });
    }
    Ok((best.map.clone(), best.spots.clone()))
}
