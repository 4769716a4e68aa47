//! The outline of a projection.

use super::{AtomsError, Projection, Wire, project};
use crate::facets::{OutlinePoint, TipEnd};
use crate::measurement::uniform;
use std::f64::consts::FRAC_1_SQRT_2;

/// A side of the silhouette.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Where `across` is larger.
    Upper,
    /// Where `across` is smaller.
    Lower,
}

/// Outline of a projected wire's end. Points are in m from the wire's axis; their uncertainty is that of a place within a pixel.
#[derive(Clone, PartialEq, Debug)]
pub struct Silhouette {
    /// The side with the larger `across`, one point for each row of pixels, along the axis.
    pub upper: Vec<OutlinePoint>,
    /// The other side.
    pub lower: Vec<OutlinePoint>,
    /// The end, seen against the axis: one point for each column of pixels. It has the flanks that are too steep for the sides.
    pub end: Vec<OutlinePoint>,
    /// Which end it is.
    pub tip: TipEnd,
    /// Edge of a pixel [m].
    pub pixel: f64,
}

/// Outline of the atoms' projection at a roll [rad] and pixel [m] ([`project`], averaged over a cell once more so that the steps of the layers
/// become a straight line), where silver is thicker than three atoms. For an outline that
/// is right to 0.1 layers: pixels of at most half a nearest-neighbour distance; atoms as deep as 4 below the surface.
///
/// # Errors
/// As [`project`].
pub fn silhouette(positions: &[[f64; 3]], wire: &Wire, roll: f64, pixel: f64) -> Result<Silhouette, AtomsError> {
    let cell = wire.spacing / pixel;
    let projection = project(positions, wire, roll, pixel)?.smoothed(cell, cell * FRAC_1_SQRT_2);
    Ok(outline(&projection, 3.0 * wire.spacing, 4.0 * wire.spacing, wire.end))
}

/// Outline of a map of thickness, of atoms or of a picture. From outside, the first pixel with more than `least` is matter. A straight line
/// through the thickness of the `depth` behind it (from a quarter of that on) says how thick it is at the edge; where half of that is reached, or
/// `least` if that is more, is the outline, interpolated between pixels. So a face seen edge-on, where the thickness jumps by another amount at each
/// place, has a straight outline, and so has a ridge, where it grows from 0 (its outline lies a constant distance inside).
/// Rows and columns without matter have no points. `least` and `depth` in m.
pub fn outline(map: &Projection, least: f64, depth: f64, tip: TipEnd) -> Silhouette {
    let mut found = Silhouette { upper: Vec::new(), lower: Vec::new(), end: Vec::new(), tip, pixel: map.pixel };
    if !(map.pixel > 0.0) || map.rows * map.columns == 0 || map.thickness.len() != map.rows * map.columns {
        return found;
    }
    let sigma = uniform(map.pixel);
    let behind = (depth / map.pixel).round().clamp(1.0, 1e6) as usize;
    let value = |row: usize, column: usize| f64::from(map.thickness[row * map.columns + column]);
    let along = |row: f64| map.along + row * map.pixel;
    let across = |column: f64| map.across + column * map.pixel;
    let mut line = Vec::new();
    for row in 0..map.rows {
        let mut add = |side: &mut Vec<OutlinePoint>, turned: bool| {
            line.clear();
            line.extend((0..map.columns).map(|k| value(row, if turned { map.columns - 1 - k } else { k })));
            if let Some(at) = edge(&line, least, behind) {
                let column = if turned { (map.columns - 1) as f64 - at } else { at };
                side.push(OutlinePoint { along: along(row as f64), across: across(column), sigma });
            }
        };
        add(&mut found.lower, false);
        add(&mut found.upper, true);
    }
    for column in 0..map.columns {
        let turned = tip == TipEnd::Right;
        line.clear();
        line.extend((0..map.rows).map(|k| value(if turned { map.rows - 1 - k } else { k }, column)));
        if let Some(at) = edge(&line, least, behind) {
            let row = if turned { (map.rows - 1) as f64 - at } else { at };
            found.end.push(OutlinePoint { along: along(row), across: across(column as f64), sigma });
        }
    }
    found
}

/// Where a line of thickness, from outside, reaches half of the thickness that lies at the edge, or `least`.
fn edge(line: &[f64], least: f64, behind: usize) -> Option<f64> {
    let first = line.iter().position(|&t| t > least)?;
    let matter = line[first..].iter().position(|&t| !(t > least)).map_or(line.len(), |n| first + n);
    // A straight line through the thickness behind the blur of the edge.
    let skipped = first + behind / 4;
    let inside = skipped.min(matter - 1)..matter.min(skipped + behind).max(skipped.min(matter - 1) + 1);
    let n = inside.len() as f64;
    let middle = 0.5 * (inside.start + inside.end - 1) as f64;
    let mean = inside.clone().map(|k| line[k]).sum::<f64>() / n;
    let square: f64 = inside.clone().map(|k| (k as f64 - middle).powi(2)).sum();
    let slope = if square > 0.0 { inside.map(|k| (k as f64 - middle) * line[k]).sum::<f64>() / square } else { 0.0 };
    let mut at = first as f64;
    for _ in 0..3 {
        let limit = (0.5 * (mean + slope.max(0.0) * (at - middle))).max(least);
        let next = (first..matter).find(|&k| line[k] >= limit).unwrap_or(first);
        let before = if next == 0 { 0.0 } else { line[next - 1] };
        let fraction = if line[next] > before { ((limit - before) / (line[next] - before)).clamp(0.0, 1.0) } else { 1.0 };
        at = next as f64 - 1.0 + fraction;
    }
    Some(at)
}
