//! The rounded cone at the end of a wire.

use super::OutlinePoint;
use super::normal::{Minimum, minimise};
use crate::Measurement;

/// Which way a tip points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TipEnd {
    /// The wire lies at smaller positions and ends towards larger ones: the left piece at a gap.
    Right,
    /// The wire lies at larger positions: the right piece.
    Left,
}

/// A tip.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tip {
    /// Where it ends along the axis [m].
    pub apex: Measurement,
    /// Radius of the circle that osculates its end [m]; `None` if it cannot be told from a sharp or flat end (less than two uncertainties).
    pub radius: Option<Measurement>,
    /// What the radius may be at most [m] with 95 % confidence.
    pub radius_limit: f64,
    /// Half of the cone's angle [rad].
    pub half_angle: Measurement,
    /// Spread of the radius and of the half angle over the two shapes fitted, where both fit: systematic.
    pub systematic: [f64; 2],
    /// The shape that fits better: "ball-ended cone", "hyperboloid" or, without a radius, "sharp cone".
    pub shape: &'static str,
    /// chi² of that shape over its degrees of freedom.
    pub reduced_chi2: f64,
}

/// Why outlines give no tip.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum TipError {
    /// Too few positions with both sides.
    #[error("both sides of the tip are known at {0} positions: 6 are needed")]
    TooFew(usize),
    /// Nothing that narrows.
    #[error("the two sides do not come together like a tip")]
    NoTip,
}

/// Fits the two sides of a tip (points as functions of the position along the axis, in any order) by a cone with a ball at its end and by a
/// hyperboloid; the squared half-width is fitted, which is smooth at the apex. Positions beyond the apex may be given, with the sides
/// together. Points of the far side are interpolated to the positions of the near one.
///
/// # Errors
/// If fewer than six positions have both sides, or these do not narrow.
pub fn tip(upper: &[OutlinePoint], lower: &[OutlinePoint], end: TipEnd) -> Result<Tip, TipError> {
    let mut halves = half_widths(upper, lower);
    if halves.len() < 6 {
        return Err(TipError::TooFew(halves.len()));
    }
    // s runs from the end of the data into the wire.
    let sign = if end == TipEnd::Right { -1.0 } else { 1.0 };
    for h in &mut halves {
        h[0] *= sign;
    }
    halves.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let (first, last) = (halves[0], halves[halves.len() - 1]);
    let unit = (last[0] - first[0]).max(last[1]);
    if !(unit > 0.0 && unit.is_finite() && last[1] > first[1]) {
        return Err(TipError::NoTip);
    }
    let origin = first[0];
    let data: Vec<[f64; 3]> = halves.iter().map(|h| [(h[0] - origin) / unit, h[1] / unit, h[2] / unit]).collect();
    let place = |s: f64| sign * (origin + unit * s);
    let shapes: [(&'static str, Profile); 2] = [("ball-ended cone", ball), ("hyperboloid", hyperboloid)];
    let fits: Vec<(&'static str, Minimum)> = shapes.iter().filter_map(|(name, f)| Some((*name, fit(&data, *f)?))).collect();
    let Some((name, best)) = fits.iter().min_by(|a, b| a.1.chi2.total_cmp(&b.1.chi2)) else {
        return sharp(&data, place, unit).ok_or(TipError::NoTip);
    };
    let free = (data.len() - 3) as f64;
    let excess = if best.chi2 > free + 2.0 * (2.0 * free).sqrt() { (best.chi2 / free).sqrt() } else { 1.0 };
    let sigma = |k: usize| best.covariance[k][k].max(0.0).sqrt() * excess;
    let [apex, radius, slope] = [best.parameters[0], best.parameters[1], best.parameters[2]];
    let half_angle = Measurement::new(slope.atan(), sigma(2) / (1.0 + slope * slope));
    let profile = shapes.iter().find(|f| f.0 == *name).map_or(ball as Profile, |f| f.1);
    let resolved =
        radius > 2.0 * sigma(1) && sharp_excess(&data, &best.parameters, profile).is_none_or(|gain| gain > 6.0 * excess * excess);
    if !(resolved && half_angle.value > 0.0 && half_angle.value.is_finite()) {
        return sharp(&data, place, unit).ok_or(TipError::NoTip);
    }
    let other = fits.iter().find(|f| f.0 != *name).filter(|f| f.1.chi2 < best.chi2 + 4.0 * excess * excess);
    let systematic = other.map_or([0.0; 2], |(_, m)| {
        [unit * (m.parameters[1] - radius).abs() / 12f64.sqrt(), (m.parameters[2].atan() - half_angle.value).abs() / 12f64.sqrt()]
    });
    Ok(Tip {
        apex: Measurement::new(place(apex), unit * sigma(0)),
        radius: Some(Measurement::new(unit * radius, unit * sigma(1))),
        radius_limit: unit * (radius + 1.645 * sigma(1)),
        half_angle,
        systematic,
        shape: name,
        reduced_chi2: best.chi2 / free,
    })
}

/// By how much chi² of the best sharp cone exceeds that of a rounded shape, both with the noise that the sharp cone has at each point.
fn sharp_excess(data: &[[f64; 3]], rounded: &[f64], profile: Profile) -> Option<f64> {
    let (first, last) = (data.first()?, data.last()?);
    let slope = ((last[1] - first[1]) / (last[0] - first[0])).clamp(0.01, 20.0);
    let mut start = vec![first[0] - first[1] / slope, slope];
    let cone = |p: &[f64], x: f64| ((x - p[0]).max(0.0) * p[1]).powi(2);
    let mut gain = None;
    for _ in 0..4 {
        let weights: Vec<f64> = data.iter().map(|d| 1.0 / (d[2] * (4.0 * cone(&start, d[0]) + 2.0 * d[2] * d[2]).sqrt())).collect();
        let off = |model: &dyn Fn(f64) -> f64| -> Vec<f64> {
            data.iter().zip(&weights).map(|(d, w)| w * (d[1] * d[1] - d[2] * d[2] - model(d[0]))).collect()
        };
        let minimum = minimise(&start, &[1e-5, 1e-5], |p| off(&|x| cone(p, x)))?;
        let other = off(&|x| profile(x - rounded[0], rounded[1], rounded[2]));
        gain = Some(minimum.chi2 - other.iter().map(|v| v * v).sum::<f64>());
        start = minimum.parameters;
    }
    gain
}

/// A tip whose radius is not resolved. At radius 0 radius and apex cannot be told apart, so the hyperboloid is written by the apex c of its
/// cone and by v, the square of the rounding's depth, which noise may make negative: h² = slope² ((s - c)² - v), radius = slope² √v.
/// `None` if nothing fits.
fn sharp(data: &[[f64; 3]], place: impl Fn(f64) -> f64, unit: f64) -> Option<Tip> {
    let (first, last) = (data.first()?, data.last()?);
    let slope = ((last[1] - first[1]) / (last[0] - first[0])).clamp(0.01, 20.0);
    let mut start = vec![first[0] - first[1] / slope, 0.0, slope];
    let model = |p: &[f64], x: f64| {
        let s = (x - p[0]).max(0.0);
        p[2] * p[2] * (s * s - p[1])
    };
    let mut found = None;
    for _ in 0..4 {
        let weights: Vec<f64> =
            data.iter().map(|d| 1.0 / (d[2] * (4.0 * model(&start, d[0]).max(0.0) + 2.0 * d[2] * d[2]).sqrt())).collect();
        let residuals = |p: &[f64]| {
            data.iter().zip(&weights).map(|(d, w)| w * (d[1] * d[1] - d[2] * d[2] - model(p, d[0]).max(0.0))).collect::<Vec<f64>>()
        };
        let minimum = minimise(&start, &[1e-5, 1e-6, 1e-5], residuals)?;
        start.clone_from(&minimum.parameters);
        found = Some(minimum);
    }
    let m = found?;
    let free = (data.len() - 3) as f64;
    let excess = if m.chi2 > free + 2.0 * (2.0 * free).sqrt() { (m.chi2 / free).sqrt() } else { 1.0 };
    let sigma = |k: usize| m.covariance[k][k].max(0.0).sqrt() * excess;
    let [c, v, slope] = [m.parameters[0], m.parameters[1], m.parameters[2]];
    if !(slope > 0.0 && slope.is_finite()) {
        return None;
    }
    // The end lies between the cone's apex and the deepest rounding that the data allow.
    let depth = (v.max(0.0) + sigma(1)).sqrt();
    Some(Tip {
        apex: Measurement::new(place(c + 0.5 * depth), unit * sigma(0).hypot(crate::measurement::uniform(depth))),
        radius: None,
        radius_limit: unit * slope * slope * (v.max(0.0) + 1.645 * sigma(1)).sqrt(),
        half_angle: Measurement::new(slope.atan(), sigma(2) / (1.0 + slope * slope)),
        systematic: [0.0; 2],
        shape: "sharp cone",
        reduced_chi2: m.chi2 / free,
    })
}

/// Half-widths with their uncertainties: [along, half, sigma].
fn half_widths(upper: &[OutlinePoint], lower: &[OutlinePoint]) -> Vec<[f64; 3]> {
    let mut other: Vec<&OutlinePoint> = lower.iter().filter(|p| p.usable()).collect();
    other.sort_by(|a, b| a.along.total_cmp(&b.along));
    upper
        .iter()
        .filter(|p| p.usable())
        .filter_map(|p| {
            let after = other.partition_point(|q| q.along < p.along);
            let right = other.get(after)?;
            let left = if right.along == p.along { right } else { other.get(after.checked_sub(1)?)? };
            let gap = right.along - left.along;
            let f = if gap > 0.0 { (p.along - left.along) / gap } else { 0.0 };
            let across = left.across + f * (right.across - left.across);
            let variance = ((1.0 - f) * left.sigma).powi(2) + (f * right.sigma).powi(2);
            Some([p.along, 0.5 * (p.across - across).abs(), 0.5 * (p.sigma * p.sigma + variance).sqrt()])
        })
        .collect()
}

/// Squared half-width at a depth `s` below the apex, for radius and slope of the cone; 0 beyond it.
type Profile = fn(s: f64, radius: f64, slope: f64) -> f64;

fn ball(s: f64, radius: f64, slope: f64) -> f64 {
    let s = s.max(0.0);
    let slant = slope.hypot(1.0);
    let (sin, cos) = (slope / slant, 1.0 / slant);
    let touch = radius * (1.0 - sin);
    if s < touch { s * (2.0 * radius - s) } else { (radius * cos + (s - touch) * slope).powi(2) }
}

fn hyperboloid(s: f64, radius: f64, slope: f64) -> f64 {
    let s = s.max(0.0);
    2.0 * radius * s + (slope * s).powi(2)
}

/// Apex, radius, slope.
fn fit(data: &[[f64; 3]], profile: Profile) -> Option<Minimum> {
    let (n, first, last) = (data.len(), data[0], data[data.len() - 1]);
    let mut weights: Vec<f64> = vec![0.0; n];
    let mut best: Option<Minimum> = None;
    let slope = ((last[1] - first[1]) / (last[0] - first[0])).clamp(0.01, 20.0);
    for radius in [0.02, 0.1, 0.3, 0.8] {
        let mut start = vec![first[0] - first[1] * first[1] / (2.0 * radius + first[1]), radius, slope];
        // Noise v of the half-width h moves its square by 2 h v + v²: weights from the fit before, its mean v² taken away.
        let mut minimum = None;
        for round in 0..4 {
            for (w, d) in weights.iter_mut().zip(data) {
                let h2 = if round == 0 { d[1] * d[1] } else { profile(d[0] - start[0], start[1], start[2]) };
                *w = 1.0 / (d[2] * (4.0 * h2 + 2.0 * d[2] * d[2]).sqrt());
            }
            let residuals = |p: &[f64]| {
                data.iter()
                    .zip(&weights)
                    .map(|(d, w)| w * (d[1] * d[1] - d[2] * d[2] - profile(d[0] - p[0], p[1], p[2])))
                    .collect::<Vec<f64>>()
            };
            minimum = minimise(&start, &[1e-5, 1e-5, 1e-5], residuals);
            match &minimum {
                Some(m) if m.parameters.iter().all(|v| v.is_finite()) && m.parameters[1] >= 0.0 && m.parameters[2] > 0.0 => {
                    start.clone_from(&m.parameters);
                }
                _ => {
                    minimum = None;
                    break;
                }
            }
        }
        if let Some(m) = minimum
            && best.as_ref().is_none_or(|b| m.chi2 < b.chi2)
        {
            best = Some(m);
        }
    }
    best
}
