//! The tip of a broken wire.

use super::{AtomsError, EdgeOn, FlankRule, LayerAreas, OutlineAmplitudes, edge_on_angles, outline_amplitudes};
use crate::Measurement;
use crate::facets::TipEnd;
use crate::fit::least_squares;
use crate::measurement::uniform;
use std::f64::consts::{SQRT_2, TAU};

/// The layers of a tip, by their area over that as made: below, single sites count; above, the wire begins.
pub const TIP_LAYERS: [f64; 2] = [0.1, 0.75];
/// A flank is straight over at least this many pitches, or its angle is not told.
const FLANK: f64 = 6.0;
/// How much of the wire behind the tip is seen with it [pitches]: a cut nearer bends the flank's outer part.
const BEHIND: f64 = 3.5;

/// A direction across the wire with its size.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Across {
    /// How far [m], or how much [rad].
    pub size: Measurement,
    /// Which way: azimuth from y towards z, 0 to 2π [rad].
    pub azimuth: f64,
}

/// The tip of one main piece of a broken wire. What cannot be told is `None`.
#[derive(Clone, PartialEq, Debug)]
pub struct Tip {
    /// Which end of its piece it is: `Right` for tip 1, of the piece at low x.
    pub end: TipEnd,
    /// Where the piece ends [m]: half a pitch before its foremost site, amidst the sites within one pitch of that. Uncertain by a place
    /// within a pitch.
    pub apex: [f64; 3],
    /// From the apex to where A first reaches 25 % of A0 [m], interpolated: counted in whole layers it may differ by a pitch.
    pub to_quarter: Option<Measurement>,
    /// From the apex to where A first reaches 75 % of A0 [m].
    pub to_three_quarters: Option<Measurement>,
    /// Outline over the layers from 10 % of A0 to 75 %.
    pub outline: Option<OutlineAmplitudes>,
    /// The apex from the axis as made [m].
    pub offset: Across,
    /// How the line through the layers' centres leans from the axis towards the apex [rad], over the layers from 10 % of A0 to 75 %; the
    /// uncertainty is from the centres' scatter.
    pub lean: Option<Across>,
    /// Half the opening angle of the cone through the radii of equal area at 25 % and 75 % of A0 [rad]: 56.7° for five {111} faces.
    pub half_angle: Option<Measurement>,
    /// Flanks seen edge-on on the five wedges, up to where A reaches 75 % of A0 and 3.5 pitches beyond ([`edge_on_angles`]), where a flank
    /// is at least 6 pitches long. On pyramids of five {111} faces right to 0.7° with 12 to 24 shells.
    pub edge_on: Option<[EdgeOn; 5]>,
}

impl Tip {
    /// Angle of the wedges' facets to the outward axis [rad], as the mean over the wedges seen edge-on that have one, and how many have;
    /// the uncertainty is from their spread, or that of one flank if it is more (all share the lattice's steps). 125.26° for {111}. An
    /// oblique cut shows some wedges at any angle: a faceted tip has five that agree.
    pub fn facet_angle(&self) -> Option<(Measurement, usize)> {
        let angles: Vec<Measurement> = self.edge_on?.iter().filter_map(|e| Some(e.facet?.angle)).collect();
        let n = angles.len() as f64;
        let mean = angles.iter().map(|a| a.value).sum::<f64>() / n;
        let square: f64 = angles.iter().map(|a| (a.value - mean).powi(2)).sum();
        let flanks = angles.iter().map(|a| a.uncertainty).sum::<f64>() / n;
        let spread = if angles.len() > 1 { (square / (n * (n - 1.0))).sqrt() } else { 0.0 };
        (!angles.is_empty()).then(|| (Measurement::new(mean, spread.max(flanks)), angles.len()))
    }
}

/// Measures the tip of a main piece, given all its sites and its sections.
pub(super) fn tip(piece: &[[f64; 3]], areas: &LayerAreas, end: TipEnd) -> Result<Tip, AtomsError> {
    let made = &areas.made;
    let out = if end == TipEnd::Right { 1.0 } else { -1.0 };
    let sigma = uniform(made.pitch);
    let depth = |p: &[f64; 3]| -out * p[0];
    let foremost = piece.iter().map(depth).fold(f64::INFINITY, f64::min);
    let front: Vec<&[f64; 3]> = piece.iter().filter(|p| depth(p) < foremost + 1.01 * made.pitch).collect();
    let n = front.len().max(1) as f64;
    let [y, z] = [1, 2].map(|k| front.iter().map(|p| p[k]).sum::<f64>() / n);
    let apex = [out * (0.5 * made.pitch - foremost), y, z];
    let at = |part: f64| areas.first_reaches(part, end);
    let length = |part: f64| at(part).map(|x| Measurement::new((out * (apex[0] - x)).max(0.0), sigma * SQRT_2));
    let [dy, dz] = [y - made.axis[0], z - made.axis[1]];
    let layers = at(TIP_LAYERS[0]).zip(at(TIP_LAYERS[1])).map(|(a, b)| [a.min(b), a.max(b)]);
    let outline = match layers {
        Some([from, to]) => outline_amplitudes(piece, made, from, to)?,
        None => None,
    };
    let half_angle = at(0.25).zip(at(0.75)).map(|(a, b)| {
        let (rise, run) = (made.radius() * (0.75f64.sqrt() - 0.5), (a - b).abs());
        // Both places within a pitch.
        Measurement::new(rise.atan2(run), sigma * SQRT_2 * rise / (rise * rise + run * run))
    });
    let edge_on = match at(TIP_LAYERS[1]) {
        Some(back) => {
            let cut: Vec<[f64; 3]> = piece.iter().filter(|p| out * (p[0] - back) > -BEHIND * made.pitch).copied().collect();
            if cut.is_empty() { None } else { Some(edge_on(&cut, areas, end)?) }
        }
        None => None,
    };
    Ok(Tip {
        end,
        apex,
        to_quarter: length(0.25),
        to_three_quarters: length(0.75),
        outline,
        offset: Across { size: Measurement::new(dy.hypot(dz), sigma / n.sqrt().min(2.0)), azimuth: dz.atan2(dy).rem_euclid(TAU) },
        lean: layers.and_then(|[from, to]| lean(areas, from, to, out)),
        half_angle,
        edge_on: edge_on.filter(|e| e.iter().any(|e| e.facet.is_some() || e.ridge.is_some())),
    })
}

/// Slope of the layers' centres towards the apex.
fn lean(areas: &LayerAreas, from: f64, to: f64, out: f64) -> Option<Across> {
    let layers = areas.layers(from, to);
    let middle = 0.5 * (from + to);
    let unit = (to - from).max(areas.made.pitch);
    let slope = |k: usize| {
        let fit = least_squares(layers.clone().map(|l| ([1.0, out * (areas.along(l) - middle) / unit], areas.centre[l][k])))?;
        Some([fit.coefficients[1] / unit, fit.covariance[1][1].max(0.0).sqrt() / unit])
    };
    let [[y, sy], [z, sz]] = [slope(0)?, slope(1)?];
    let size = y.hypot(z);
    let sigma = if size > 0.0 { (y * sy).hypot(z * sz) / size } else { sy.hypot(sz) };
    Some(Across { size: Measurement::new(size.atan(), sigma / (1.0 + size * size)), azimuth: z.atan2(y).rem_euclid(TAU) })
}

fn edge_on(cut: &[[f64; 3]], areas: &LayerAreas, end: TipEnd) -> Result<[EdgeOn; 5], AtomsError> {
    let pitch = areas.made.pitch;
    let found = edge_on_angles(cut, &areas.made.wire(end), 0.25 * pitch, &FlankRule::default())?;
    Ok(found.map(|mut e| {
        e.facet = e.facet.filter(|f| f.length >= FLANK * pitch);
        e.ridge = e.ridge.filter(|f| f.length >= FLANK * pitch);
        e
    }))
}
