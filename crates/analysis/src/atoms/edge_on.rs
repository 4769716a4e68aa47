//! Angles of the flanks of a tip, and of its faces seen edge-on.

use super::{AtomsError, Side, Silhouette, Wire, silhouette};
use crate::Measurement;
use crate::facets::{Facet, FacetError, FacetRule, OutlinePoint, TipEnd, facets};
use crate::fit::least_squares;
use crate::measurement::uniform;
use std::f64::consts::FRAC_PI_2;

/// Which part of a flank is fitted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FlankRule {
    /// From and to this part of the way across, from the apex (0) to the side (1).
    pub part: [f64; 2],
}

impl Default for FlankRule {
    /// From 0.2 to 0.8: without a rounded apex and shoulder.
    fn default() -> FlankRule {
        FlankRule { part: [0.2, 0.8] }
    }
}

/// A straight line through a flank.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Flank {
    /// Angle between the outward axis and the flank, that leads from the apex backwards [rad]: 90° for a flat end, 125.26° for {111} seen
    /// edge-on, 180° along the wire. The uncertainty is from the residuals, enlarged for their correlation along the flank, and from a place within a pixel over
    /// the length.
    pub angle: Measurement,
    /// Angle of the outer half (next to the side) minus that of the inner one [rad]: 0 on a facet, above 0 on a rounded tip.
    pub bend: Measurement,
    /// Length of what was fitted [m].
    pub length: f64,
    /// Root mean square of the residuals [m].
    pub residual: f64,
}

/// A wedge's {111} face seen edge-on, and what is opposite.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EdgeOn {
    /// The roll of this view [rad]: the azimuth of the wedge's middle points up.
    pub roll: f64,
    /// The side with the wedge's cap face: {111} is at 125.26°.
    pub facet: Option<Flank>,
    /// The opposite side, the twin plane's ridge: that of five {111} faces is at 119.77°.
    pub ridge: Option<Flank>,
}

/// Fits a straight line to the flank of a tip, over a part of the way from the apex to the widest place of that side. `None` with fewer than 8
/// points, as with a tip that ends in less than three atoms.
///
/// Points are taken against the axis where the flank is nearer to a flat end than to the wire, and across it otherwise.
pub fn flank(outline: &Silhouette, side: Side, rule: &FlankRule) -> Option<Flank> {
    let [from, to] = rule.part;
    if !(0.0 <= from && from < to && to <= 1.0) {
        return None;
    }
    let (points, window) = window(outline, side, rule)?;
    let fitted = line(&points, window)?;
    let middle = 0.5 * (window[0] + window[1]);
    let halves = [line(&points, [window[0], middle]), line(&points, [middle, window[1]])];
    let bend = match halves {
        [Some(inner), Some(outer)] => {
            Measurement::new(outer.angle.value - inner.angle.value, outer.angle.uncertainty.hypot(inner.angle.uncertainty))
        }
        _ => return None,
    };
    let place = uniform(outline.pixel) / fitted.length;
    let angle = Measurement::new(fitted.angle.value, fitted.angle.uncertainty.hypot(place));
    Some(Flank { angle, bend, length: fitted.length, residual: fitted.residual })
}

/// Straight segments of a whole flank, from the apex to the widest place of that side, as [`facets`] chooses them: for tips with several
/// facets. Angles are those of [`Flank::angle`]; ends are [across, along]. Flanks steeper than about 75 degrees to the end are out of reach.
///
/// # Errors
/// As [`facets`]; also if the silhouette has no such flank.
pub fn flank_facets(outline: &Silhouette, side: Side, rule: &FacetRule) -> Result<Vec<Facet>, FacetError> {
    let (points, window) = window(outline, side, &FlankRule { part: [0.0, 1.0] }).ok_or(FacetError::TooFew(0, rule.points.max(3)))?;
    let of_end: Vec<OutlinePoint> = points
        .iter()
        .filter(|p| p.of_end && (window[0]..=window[1]).contains(&p.across))
        .map(|p| OutlinePoint { along: p.across, across: -p.depth, sigma: p.sigma })
        .collect();
    let mut found = facets(&of_end, rule)?.facets;
    for f in &mut found {
        f.angle.value = FRAC_PI_2 - f.angle.value;
        if outline.tip == TipEnd::Left {
            f.ends.iter_mut().for_each(|e| e[1].value *= -1.0);
        }
    }
    Ok(found)
}

/// Angles of all five {111} faces of the end of a wire, each seen edge-on: the beam lies in the face and perpendicular to the axis, along the
/// tangent at the wedge's middle (a <110> direction). `pixel` [m]: a quarter of the nearest-neighbour distance does.
///
/// Measured on a perfect pyramid of {111} faces (`tests/atoms.rs`): 125.28° at 60 shells and 125.43° at 30, where 125.26° is exact; the ridge
/// 119.77° and 119.94°, where 119.77° is; the same within 0.1° (60) and 0.3° (30) with 5 % of the surface atoms gone. Seen along the middle of a
/// wedge (lying on a flat side) both sides show ridges, at 120.9° where 121.0° is exact (40 shells).
///
/// # Errors
/// As [`silhouette`]. A flank that cannot be fitted is `None`.
pub fn edge_on_angles(positions: &[[f64; 3]], wire: &Wire, pixel: f64, rule: &FlankRule) -> Result<[EdgeOn; 5], AtomsError> {
    let mut found = [EdgeOn { roll: 0.0, facet: None, ridge: None }; 5];
    for (w, f) in found.iter_mut().enumerate() {
        let roll = wire.middle(w);
        let outline = silhouette(positions, wire, roll, pixel)?;
        *f = EdgeOn { roll, facet: flank(&outline, Side::Upper, rule), ridge: flank(&outline, Side::Lower, rule) };
    }
    Ok(found)
}

/// A point of one flank: how far out (across), and how far back from the origin (depth).
struct FlankPoint {
    across: f64,
    depth: f64,
    sigma: f64,
    /// Found against the axis, not across it.
    of_end: bool,
}

/// Points of a side, and the window across.
fn window(outline: &Silhouette, side: Side, rule: &FlankRule) -> Option<(Vec<FlankPoint>, [f64; 2])> {
    let up = if side == Side::Upper { 1.0 } else { -1.0 };
    let back = if outline.tip == TipEnd::Right { -1.0 } else { 1.0 };
    let points = |of: &[OutlinePoint], of_end: bool| -> Vec<FlankPoint> {
        of.iter().map(|p| FlankPoint { across: up * p.across, depth: back * p.along, sigma: p.sigma, of_end }).collect()
    };
    let mut found = points(&outline.end, true);
    let apex = found.iter().map(|p| p.depth).min_by(f64::total_cmp)?;
    // The apex is the middle of what lies within three pixels of the foremost place.
    let foremost: Vec<f64> = found.iter().filter(|p| p.depth < apex + 3.0 * outline.pixel).map(|p| p.across).collect();
    let start = foremost.iter().sum::<f64>() / foremost.len().max(1) as f64;
    found.extend(points(if side == Side::Upper { &outline.upper } else { &outline.lower }, false));
    let widest = found.iter().filter(|p| !p.of_end).map(|p| p.across).max_by(f64::total_cmp)?;
    let at = |q: f64| start + q * (widest - start);
    (widest > start).then(|| (found, [at(rule.part[0]), at(rule.part[1])]))
}

struct Line {
    angle: Measurement,
    length: f64,
    residual: f64,
}

/// Straight line through the points in a window across.
fn line(points: &[FlankPoint], window: [f64; 2]) -> Option<Line> {
    let inside = |of_end: bool| -> Vec<[f64; 2]> {
        points.iter().filter(|p| p.of_end == of_end && (window[0]..=window[1]).contains(&p.across)).map(|p| [p.across, p.depth]).collect()
    };
    if let Some((slope, sigma, residual)) = straight(&inside(true), 0, 1)
        && slope.abs() <= 1.0
    {
        return Some(Line {
            angle: Measurement::new(FRAC_PI_2 + slope.atan(), sigma / (1.0 + slope * slope)),
            length: (window[1] - window[0]) * slope.hypot(1.0),
            residual: residual / slope.hypot(1.0),
        });
    }
    let (slope, sigma, residual) = straight(&inside(false), 1, 0)?;
    let angle = std::f64::consts::PI - slope.atan();
    Some(Line {
        angle: Measurement::new(angle, sigma / (1.0 + slope * slope)),
        length: (window[1] - window[0]) / angle.sin().abs().max(1e-9),
        residual: residual / slope.hypot(1.0),
    })
}

/// Slope of coordinate `y` over coordinate `x` with its uncertainty, and the residuals' root mean square.
fn straight(points: &[[f64; 2]], x: usize, y: usize) -> Option<(f64, f64, f64)> {
    if points.len() < 8 {
        return None;
    }
    let mut points: Vec<[f64; 2]> = points.to_vec();
    points.sort_by(|a, b| a[x].total_cmp(&b[x]));
    let n = points.len() as f64;
    let mean = points.iter().map(|p| p[x]).sum::<f64>() / n;
    let unit = (points[points.len() - 1][x] - points[0][x]).max(f64::MIN_POSITIVE);
    let rows = points.iter().map(|p| ([1.0, (p[x] - mean) / unit], p[y] / unit));
    let fit = least_squares(rows.clone())?;
    let residuals: Vec<f64> = rows.map(|(f, v)| v - fit.coefficients[0] - fit.coefficients[1] * f[1]).collect();
    let square: f64 = residuals.iter().map(|r| r * r).sum();
    // Neighbouring points share the same steps: the variance grows by 1 + 2 x the sum of the correlations up to the first that is gone.
    let mut correlated = 1.0;
    for lag in 1..residuals.len() / 3 {
        let r = residuals.windows(lag + 1).map(|w| w[0] * w[lag]).sum::<f64>() / square.max(f64::MIN_POSITIVE);
        if !(r > 0.05) {
            break;
        }
        correlated += 2.0 * r;
    }
    let sigma = (fit.covariance[1][1] * correlated).max(0.0).sqrt();
    Some((fit.coefficients[1], sigma, unit * (square / n).sqrt()))
}
