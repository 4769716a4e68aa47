//! Conductance in units of the quantum.

use super::Samples;
use crate::Measurement;
use crate::measurement::uniform;
use std::ops::Range;

/// Conductance quantum 2e²/h [S], exact in the SI of 2019 (CODATA 2022: 7.748 091 729 ... e-5).
pub const G0: f64 = 7.748_091_729e-5;

/// Bins, and which samples count.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HistogramRule {
    /// Width of a bin [G0].
    pub bin: f64,
    /// Upper end [G0].
    pub to: f64,
    /// Smallest |V| [V]: below, the conductance is noise.
    pub voltage: f64,
    /// How far from a peak its valleys are sought [G0]: a broader hump is no peak.
    pub reach: f64,
    /// Smallest number of standard deviations by which a peak stands out from the lower of its surroundings.
    pub significance: f64,
}

impl Default for HistogramRule {
    /// 0.1 G0 up to 6 G0, from 10 mV on, valleys within 0.6 G0 (whole quanta have theirs at 0.5), 4 standard deviations.
    fn default() -> HistogramRule {
        HistogramRule { bin: 0.1, to: 6.0, voltage: 0.01, reach: 0.6, significance: 4.0 }
    }
}

/// Parts of the record whose counts are compared. Dwells should be shorter than a part.
pub const BLOCKS: usize = 50;

/// A peak of a histogram.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Peak {
    /// Where [G0].
    pub position: Measurement,
    /// Samples in its bin.
    pub count: f64,
    /// Standard deviations by which it stands above the higher of the valleys on its two sides.
    pub significance: f64,
}

/// A histogram of the conductance.
#[derive(Clone, PartialEq, Debug)]
pub struct Histogram {
    /// Edges of the bins [G0], one more than bins.
    pub edges: Vec<f64>,
    /// Samples in each bin.
    pub counts: Vec<f64>,
    /// Standard uncertainty of each, 1 at least. Samples that follow each other are not independent: the variance is that between up to
    /// `BLOCKS` parts of the record, or the sum of the squares of the visits' lengths if that is more.
    pub uncertainty: Vec<f64>,
    /// Visits to each bin.
    pub visits: Vec<usize>,
    /// Significant peaks, in order.
    pub peaks: Vec<Peak>,
    /// Samples used, those above the upper end among them.
    pub samples: usize,
}

/// The histogram of I/V over a range of samples. `None` without a usable sample, or with bins that are none (at most 100 000).
pub fn histogram(samples: &Samples, range: Range<usize>, rule: &HistogramRule) -> Option<Histogram> {
    let bins = (rule.to / rule.bin).ceil();
    if !(rule.bin > 0.0 && (1.0..=1e5).contains(&bins)) {
        return None;
    }
    let bins = bins as usize;
    let (mut counts, mut variance, mut visits) = (vec![0.0; bins], vec![0.0; bins], vec![0usize; bins]);
    let (mut current_bin, mut length) = (None, 0.0);
    let mut close = |bin: Option<usize>, length: f64| {
        if let Some(b) = bin {
            counts[b] += length;
            variance[b] += length * length;
            visits[b] += 1;
        }
    };
    let mut sequence = Vec::new();
    for (_, v, i) in samples.within(range.start..range.end.min(samples.len())).filter(|s| s.1.abs() >= rule.voltage.max(f64::MIN_POSITIVE))
    {
        let g = i / v / G0 / rule.bin;
        let bin = (g >= 0.0 && g < bins as f64).then_some(g as usize);
        sequence.push(bin);
        if bin != current_bin {
            close(current_bin, length);
            (current_bin, length) = (bin, 0.0);
        }
        length += 1.0;
    }
    close(current_bin, length);
    let used = sequence.len();
    let parts = scatter(&sequence, bins);
    let uncertainty: Vec<f64> = variance.iter().zip(parts).map(|(v, p): (&f64, f64)| v.max(p).sqrt().max(1.0)).collect();
    let peaks = peaks(&counts, &uncertainty, rule);
    let edges = (0..=bins).map(|k| k as f64 * rule.bin).collect();
    (used > 0).then_some(Histogram { edges, counts, uncertainty, visits, peaks, samples: used })
}

/// Variance of each bin's count from its scatter between the parts of the record.
fn scatter(sequence: &[Option<usize>], bins: usize) -> Vec<f64> {
    let size = sequence.len().div_ceil(BLOCKS).max(1);
    let (mut sum, mut square, mut parts) = (vec![0.0; bins], vec![0.0; bins], 0.0);
    for part in sequence.chunks(size) {
        parts += 1.0;
        let mut bins_here: Vec<usize> = part.iter().copied().flatten().collect();
        bins_here.sort_unstable();
        for same in bins_here.chunk_by(|a, b| a == b) {
            let count = same.len() as f64;
            sum[same[0]] += count;
            square[same[0]] += count * count;
        }
    }
    let variance = |(s, q): (f64, f64)| if parts > 1.0 { (q - s * s / parts).max(0.0) * parts / (parts - 1.0) } else { s * s };
    sum.into_iter().zip(square).map(variance).collect()
}

/// Local maxima that stand out from the valleys on both sides, each valley sought up to the next higher bin or the reach. Beyond the last
/// bin there is no valley: a histogram that rises to its end has no peak there.
fn peaks(counts: &[f64], uncertainty: &[f64], rule: &HistogramRule) -> Vec<Peak> {
    let lowest = |range: &mut dyn Iterator<Item = usize>, top: f64| {
        let mut low: Option<usize> = None;
        for k in range {
            if counts[k] > top {
                break;
            }
            if low.is_none_or(|l| counts[k] < counts[l]) {
                low = Some(k);
            }
        }
        low
    };
    let reach = (rule.reach / rule.bin).clamp(1.0, counts.len() as f64) as usize;
    let mut found = Vec::new();
    for k in 1..counts.len().saturating_sub(1) {
        let top = counts[k];
        if !(top > 0.0 && top > counts[k - 1] && top >= counts[k + 1]) {
            continue;
        }
        let (Some(a), Some(b)) =
            (lowest(&mut (k.saturating_sub(reach)..k).rev(), top), lowest(&mut (k + 1..(k + 1 + reach).min(counts.len())), top))
        else {
            continue;
        };
        let valley = if counts[a] > counts[b] { a } else { b };
        let significance = (top - counts[valley]) / uncertainty[k].hypot(uncertainty[valley]);
        if significance < rule.significance {
            continue;
        }
        // Centre of what stands above the valley in the bins around; uncertain by the counts, not below a bin's width over √12.
        let (mut weight, mut sum) = (0.0, 0.0);
        for j in k - 1..=k + 1 {
            let above = (counts[j] - counts[valley]).max(0.0);
            weight += above;
            sum += above * (j as f64 + 0.5);
        }
        let spread = (k - 1..=k + 1).map(|j| ((j as f64 + 0.5 - sum / weight) * uncertainty[j] / weight).powi(2)).sum::<f64>().sqrt();
        let position = Measurement::new(sum / weight * rule.bin, rule.bin * spread.max(uniform(1.0)));
        found.push(Peak { position, count: top, significance });
    }
    found
}
