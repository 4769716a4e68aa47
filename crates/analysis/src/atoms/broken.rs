//! Where a wire is broken: the gap between its two main pieces.

use super::coordination::coordination;
use super::tip::{Tip, tip};
use super::wire::bounds;
use super::{AsMade, AtomsError, LayerAreas, layer_areas, pieces};
use crate::Measurement;
use crate::facets::TipEnd;
use crate::measurement::uniform;
use std::f64::consts::SQRT_2;

/// Sites nearer than this many pitches hang together: bonds are 1.0000 to 1.0275 long, second neighbours 1.414.
const BOND: f64 = 1.2;
/// How near to the end of all sites a piece must come to be the one at that end [pitches].
const END: f64 = 2.0;

/// The gap of a broken wire, between its two main pieces; what lies loose in it is left out. Sites reach half a pitch beyond their middles.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Break {
    /// Where the piece at low x ends [m]. The uncertainty is a place within a pitch, here and below.
    pub from: Measurement,
    /// Where the piece at high x begins [m].
    pub to: Measurement,
    /// Middle between the two [m].
    pub centre: Measurement,
    /// From `from` to `to` along the axis [m]: the stretch without silver of either piece. Below 0 if the pieces pass each other, as at an
    /// oblique slit.
    pub width: Measurement,
    /// Nearest distance of the two pieces in space [m], from surface to surface: between the nearest sites, less a pitch. Never below 0. Right
    /// for points and faces that meet head-on; walls that are no faces of the crystal have no layer beyond their sites, and read low by up to a
    /// pitch (a slit of 16 nm at 35°: 12.3 at 16 shells, 13.3 at 24).
    pub nearest: Measurement,
    /// The nearest sites, of the piece at low x and of that at high x [m].
    pub nearest_sites: [[f64; 3]; 2],
}

/// Silver that hangs on neither main piece.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Loose {
    /// How many pieces.
    pub pieces: usize,
    /// Their volume [m³].
    pub volume: f64,
}

/// A broken wire.
#[derive(Clone, PartialEq, Debug)]
pub struct Broken {
    /// The gap.
    pub gap: Break,
    /// The tips: 1, of the piece at low x, and 2, of that at high x.
    pub tips: [Tip; 2],
    /// What lies loose.
    pub loose: Loose,
    /// Sections of the two main pieces.
    pub areas: [LayerAreas; 2],
}

/// The gap and the tips of a broken wire. Of its pieces (sites nearer than 1.2 pitches hang together) the largest that touches the low-x
/// end of all sites is one, and the largest that touches the high-x end the other. `None` if they are the same: the wire is whole.
///
/// Exact for the sites that are given; how far they stand for silver is the lattice's matter: nothing below two pitches means anything. A
/// single site that stands out moves an end by as much as it stands out.
///
/// # Errors
/// Without sites, with a position that is not finite, or with a pitch, volume or area that does not suit them.
pub fn broken(positions: &[[f64; 3]], made: &AsMade) -> Result<Option<Broken>, AtomsError> {
    let Some(found) = main_pieces(positions, made)? else { return Ok(None) };
    let [from, to] = found.edges(made.pitch);
    let Main { pieces: main, ends, loose } = found;
    let areas = [layer_areas(&main[0], made)?, layer_areas(&main[1], made)?];
    let sigma = uniform(made.pitch);
    let (distance, nearest_sites) = nearest(&main, ends, made.pitch)?;
    Ok(Some(Broken {
        gap: Break {
            from: Measurement::new(from, sigma),
            to: Measurement::new(to, sigma),
            centre: Measurement::new(0.5 * (from + to), sigma / SQRT_2),
            width: Measurement::new(to - from, sigma * SQRT_2),
            nearest: Measurement::new((distance - made.pitch).max(0.0), sigma * SQRT_2),
            nearest_sites,
        },
        tips: [tip(&main[0], &areas[0], TipEnd::Right)?, tip(&main[1], &areas[1], TipEnd::Left)?],
        loose,
        areas,
    }))
}

/// The two main pieces of a broken wire.
pub(super) struct Main {
    /// Their sites, at low x and at high x.
    pub(super) pieces: [Vec<[f64; 3]>; 2],
    /// Where their foremost sites are along the axis [m].
    ends: [f64; 2],
    loose: Loose,
}

impl Main {
    /// Where the pieces end [m]: half a pitch beyond their foremost sites.
    pub(super) fn edges(&self, pitch: f64) -> [f64; 2] {
        [self.ends[0] + 0.5 * pitch, self.ends[1] - 0.5 * pitch]
    }
}

/// The main pieces; `None` if the wire is whole.
pub(super) fn main_pieces(positions: &[[f64; 3]], made: &AsMade) -> Result<Option<Main>, AtomsError> {
    made.check(positions)?;
    let parts = pieces(positions, BOND * made.pitch)?;
    let [low, high] = bounds(positions.iter().map(|p| p[0]));
    // Pieces are ordered by size.
    let at_end = |near: &dyn Fn(f64) -> bool| positions.iter().zip(&parts.of).filter(|(p, _)| near(p[0])).map(|(_, of)| *of as usize).min();
    let ends = (at_end(&|x| x - low < END * made.pitch), at_end(&|x| high - x < END * made.pitch));
    let (Some(first), Some(second)) = ends else { return Ok(None) };
    if first == second {
        return Ok(None);
    }
    let main = [first, second].map(|k| parts.positions(k, positions));
    let ends = [bounds(main[0].iter().map(|p| p[0]))[1], bounds(main[1].iter().map(|p| p[0]))[0]];
    let others = parts.sizes.iter().enumerate().filter(|(k, _)| *k != first && *k != second);
    let (pieces, sites) = others.fold((0, 0), |(count, sites), (_, size)| (count + 1, sites + size));
    Ok(Some(Main { pieces: main, ends, loose: Loose { pieces, volume: sites as f64 * made.site_volume } }))
}

/// Distance of the nearest sites of two pieces, of which the first ends at `ends[0]` and the second begins at `ends[1]`, and which they are.
fn nearest(main: &[Vec<[f64; 3]>; 2], ends: [f64; 2], pitch: f64) -> Result<(f64, [[f64; 3]; 2]), AtomsError> {
    let foremost = [0, 1].map(|k| main[k].iter().find(|p| p[0] == ends[k]).copied().unwrap_or_default());
    let distance = |a: &[f64; 3], b: &[f64; 3]| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt();
    let mut best = (distance(&foremost[0], &foremost[1]), foremost);
    // Only what is nearer along the axis than the foremost sites are in space can be nearer, and of that only the surface; a cut makes more
    // surface, that does no harm.
    let reach = best.0 + 2.0 * pitch;
    let inside = |k: usize, p: &[f64; 3]| if k == 0 { p[0] > ends[1] - reach } else { p[0] < ends[0] + reach };
    let mut skins: [Vec<[f64; 3]>; 2] = Default::default();
    for k in 0..2 {
        let near: Vec<[f64; 3]> = main[k].iter().filter(|p| inside(k, p)).copied().collect();
        let found = coordination(&near, pitch)?;
        skins[k] = near.iter().zip(&found.of).filter(|(_, c)| **c < 12).map(|(p, _)| *p).collect();
        skins[k].sort_by(|a, b| a[0].total_cmp(&b[0]));
    }
    for a in skins[0].iter().rev() {
        let start = skins[1].partition_point(|b| b[0] < a[0] - best.0);
        for b in &skins[1][start..] {
            if b[0] > a[0] + best.0 {
                break;
            }
            let d = distance(a, b);
            if d < best.0 {
                best = (d, [*a, *b]);
            }
        }
    }
    Ok(best)
}
