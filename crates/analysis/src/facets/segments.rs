//! Straight segments of one side of an outline.

use super::OutlinePoint;
use super::normal::{Minimum, inverse, minimise, times};
use crate::Measurement;

/// How an outline may be parted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FacetRule {
    /// Most segments, 1 to 4.
    pub most: usize,
    /// Fewest points of a segment.
    pub points: usize,
    /// What a segment more must gain in chi² for each of its two unknowns, over that of BIC (ln n): 1 is BIC. A corner is sought at many
    /// places, of which BIC knows nothing.
    pub strictness: f64,
}

impl Default for FacetRule {
    /// Up to four segments of three points or more; one and a half times BIC (rate of false corners: tests/facets.rs).
    fn default() -> FacetRule {
        FacetRule { most: 4, points: 3, strictness: 1.5 }
    }
}

/// A straight piece of an outline.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Facet {
    /// Angle to the axis [rad], positive where the outline rises.
    pub angle: Measurement,
    /// Length [m].
    pub length: Measurement,
    /// Where it begins and ends: along and across the axis [m].
    pub ends: [[Measurement; 2]; 2],
}

/// An outline of straight pieces.
#[derive(Clone, PartialEq, Debug)]
pub struct Outline {
    /// The pieces, in the order of the axis.
    pub facets: Vec<Facet>,
    /// Sum of the squares of the residuals over the points' variances.
    pub chi2: f64,
    /// Points minus unknowns.
    pub freedom: usize,
    /// By how much the uncertainties were enlarged because the points scatter more than they say; 1 if they do not.
    pub enlarged: f64,
    /// Criterion of the fits with 1, 2, … segments, where possible: the least one was taken.
    pub criteria: Vec<Option<f64>>,
}

/// Why an outline gives no facets.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum FacetError {
    /// Too few points.
    #[error("{0} points at different places are too few for a facet: {1} are needed")]
    TooFew(usize, usize),
    /// No straight line could be laid through the points.
    #[error("the points do not determine a straight line")]
    Degenerate,
}

/// Most candidate places of a corner in the search before the fit.
const CANDIDATES: usize = 20;

/// Fits a continuous line of straight segments to the points of one side of an outline, given as a function of the position along the axis:
/// facets steeper than about 75 degrees are out of its reach. All combinations of corners on a grid are tried, the best of each number of
/// segments is refined in the places of its corners too, and the number is chosen by [`FacetRule::strictness`]. Points that are not finite or
/// have no uncertainty are left out.
///
/// # Errors
/// If there are fewer than [`FacetRule::points`] (at least 3) points.
pub fn facets(points: &[OutlinePoint], rule: &FacetRule) -> Result<Outline, FacetError> {
    let mut points: Vec<OutlinePoint> = points.iter().filter(|p| p.usable()).copied().collect();
    points.sort_by(|a, b| a.along.total_cmp(&b.along));
    let least = rule.points.max(3);
    let (n, first, last) = match (points.first(), points.last()) {
        (Some(f), Some(l)) if points.len() >= least && l.along > f.along => (points.len(), f.along, l.along),
        _ => return Err(FacetError::TooFew(points.len(), least)),
    };
    // In units of the outline's length, from its middle: well-conditioned.
    let (origin, unit) = (0.5 * (first + last), 0.5 * (last - first));
    let scaled: Vec<[f64; 3]> = points.iter().map(|p| [(p.along - origin) / unit, p.across / unit, p.sigma / unit]).collect();
    let fits: Vec<Option<Minimum>> = (1..=rule.most.clamp(1, 4)).map(|k| fit(&scaled, k, least)).collect();
    // Scatter beyond the stated uncertainties, judged by the richest fit: it must not be taken for corners.
    let richest = fits.iter().flatten().next_back().ok_or(FacetError::Degenerate)?;
    let free = n.saturating_sub(richest.parameters.len()).max(1) as f64;
    let excess = if richest.chi2 > free + 2.0 * (2.0 * free).sqrt() { richest.chi2 / free } else { 1.0 };
    let criterion = |m: &Minimum| m.chi2 / excess + rule.strictness.max(0.0) * m.parameters.len() as f64 * (n as f64).ln();
    let criteria: Vec<Option<f64>> = fits.iter().map(|f| f.as_ref().map(criterion)).collect();
    let best = fits.iter().flatten().min_by(|a, b| criterion(a).total_cmp(&criterion(b))).ok_or(FacetError::Degenerate)?;
    let shape = Shape { minimum: best, origin, unit, excess };
    Ok(Outline {
        facets: (0..best.parameters.len() / 2).map(|k| shape.facet(k)).collect(),
        chi2: best.chi2,
        freedom: n.saturating_sub(best.parameters.len()),
        enlarged: excess.sqrt(),
        criteria,
    })
}

/// The line at `x`: parameters are the level at 0, the first slope, then the changes of slope, then the places of the corners.
fn line(p: &[f64], x: f64) -> f64 {
    let corners = p.len() / 2 - 1;
    p[0] + p[1] * x + (0..corners).map(|k| p[2 + k] * (x - p[2 + corners + k]).max(0.0)).sum::<f64>()
}

/// Whether the corners leave enough points to each segment.
fn parted(points: &[[f64; 3]], corners: &[f64], least: usize) -> bool {
    let mut begin = 0;
    let mut enough = true;
    for &c in corners {
        let end = points.partition_point(|p| p[0] < c);
        enough &= end >= begin + least;
        begin = end;
    }
    enough && points.len() >= begin + least
}

/// Best line of `segments` segments.
fn fit(points: &[[f64; 3]], segments: usize, least: usize) -> Option<Minimum> {
    let starts = search(points, segments, least)?;
    let mean_step = 2.0 / points.len() as f64;
    starts
        .into_iter()
        .filter_map(|start| {
            let corners = segments - 1;
            let mut step = vec![1e-4; 2 + corners];
            // Over half a step of the points the residuals are smooth enough in the place of a corner.
            step.extend(vec![0.5 * mean_step; corners]);
            let residuals = |p: &[f64]| {
                let fair = parted(points, &p[2 + corners..], least);
                points.iter().map(|q| if fair { (q[1] - line(p, q[0])) / q[2] } else { f64::INFINITY }).collect::<Vec<f64>>()
            };
            if corners == 0 {
                return minimise(&start, &step, residuals);
            }
            // Derivatives are taken without the limits, the way is not.
            let free = |p: &[f64]| points.iter().map(|q| (q[1] - line(p, q[0])) / q[2]).collect::<Vec<f64>>();
            let minimum = minimise(&start, &step, free)?;
            if residuals(&minimum.parameters).iter().all(|r| r.is_finite()) { Some(minimum) } else { None }
        })
        .min_by(|a, b| a.chi2.total_cmp(&b.chi2))
}

/// The best starts over all combinations of corners on a grid.
fn search(points: &[[f64; 3]], segments: usize, least: usize) -> Option<Vec<Vec<f64>>> {
    let n = points.len();
    if n < segments * least {
        return None;
    }
    let inner = &points[least - 1..=n - least];
    let stride = inner.len().div_ceil(CANDIDATES).max(1);
    let candidates: Vec<f64> =
        if segments == 1 { Vec::new() } else { inner.windows(2).step_by(stride).map(|w| 0.5 * (w[0][0] + w[1][0])).collect() };
    // Every basis function against every other, once for all combinations.
    let basis = |x: f64| -> Vec<f64> { [1.0, x].into_iter().chain(candidates.iter().map(|c| (x - c).max(0.0))).collect() };
    let size = 2 + candidates.len();
    let (mut gram, mut right) = (vec![vec![0.0; size]; size], vec![0.0; size]);
    for p in points {
        let f = basis(p[0]);
        let w = 1.0 / (p[2] * p[2]);
        for i in 0..size {
            right[i] += w * f[i] * p[1];
            for j in 0..size {
                gram[i][j] += w * f[i] * f[j];
            }
        }
    }
    let mut best: Vec<(f64, Vec<f64>)> = Vec::new();
    combinations(candidates.len(), segments - 1, &mut |chosen| {
        let corners: Vec<f64> = chosen.iter().map(|&k| candidates[k]).collect();
        if !parted(points, &corners, least) {
            return;
        }
        let index: Vec<usize> = [0, 1].into_iter().chain(chosen.iter().map(|k| k + 2)).collect();
        let matrix: Vec<Vec<f64>> = index.iter().map(|&i| index.iter().map(|&j| gram[i][j]).collect()).collect();
        let part: Vec<f64> = index.iter().map(|&i| right[i]).collect();
        let Some(inverse) = inverse(&matrix) else { return };
        let solution = times(&inverse, &part);
        // chi² up to the constant sum of y².
        let gain: f64 = solution.iter().zip(&part).map(|(a, b)| a * b).sum();
        if best.len() < 3 || best.last().is_some_and(|b| gain > b.0) {
            best.push((gain, solution.into_iter().chain(corners).collect()));
            best.sort_by(|a, b| b.0.total_cmp(&a.0));
            best.truncate(3);
        }
    });
    Some(best.into_iter().map(|b| b.1).collect())
}

/// Calls `visit` with every increasing choice of `count` out of 0..n.
fn combinations(n: usize, count: usize, visit: &mut impl FnMut(&[usize])) {
    fn deeper(n: usize, count: usize, chosen: &mut Vec<usize>, visit: &mut impl FnMut(&[usize])) {
        if chosen.len() == count {
            visit(chosen);
            return;
        }
        for k in chosen.last().map_or(0, |l| l + 1)..n {
            chosen.push(k);
            deeper(n, count, chosen, visit);
            chosen.pop();
        }
    }
    deeper(n, count, &mut Vec::new(), visit);
}

struct Shape<'a> {
    minimum: &'a Minimum,
    origin: f64,
    unit: f64,
    excess: f64,
}

impl Shape<'_> {
    fn corners(&self) -> usize {
        self.minimum.parameters.len() / 2 - 1
    }

    /// A function of the parameters with its uncertainty, linearised.
    fn measure(&self, f: impl Fn(&[f64]) -> f64) -> Measurement {
        let p = &self.minimum.parameters;
        let covariance = &self.minimum.covariance;
        let gradient: Vec<f64> = (0..p.len())
            .map(|k| {
                let step = 1e-3 * covariance[k][k].max(0.0).sqrt().max(1e-12);
                let (mut up, mut down) = (p.clone(), p.clone());
                up[k] += step;
                down[k] -= step;
                (f(&up) - f(&down)) / (2.0 * step)
            })
            .collect();
        let variance: f64 = times(covariance, &gradient).iter().zip(&gradient).map(|(a, b)| a * b).sum();
        Measurement::new(f(p), (self.excess * variance.max(0.0)).sqrt())
    }

    fn facet(&self, k: usize) -> Facet {
        let corners = self.corners();
        let slope = move |p: &[f64]| p[1] + (0..k).map(|j| p[2 + j]).sum::<f64>();
        let place = move |p: &[f64], end: usize| match k + end {
            0 => -1.0,
            j if j > corners => 1.0,
            j => p[2 + corners + j - 1],
        };
        let in_metres = |m: Measurement, origin: f64| Measurement::new(origin + self.unit * m.value, self.unit * m.uncertainty);
        let end =
            |e: usize| [in_metres(self.measure(|p| place(p, e)), self.origin), in_metres(self.measure(|p| line(p, place(p, e))), 0.0)];
        Facet {
            angle: self.measure(|p| slope(p).atan()),
            length: in_metres(self.measure(|p| (place(p, 1) - place(p, 0)) * slope(p).hypot(1.0)), 0.0),
            ends: [end(0), end(1)],
        }
    }
}
