//! Facets of the two tips in the last frame that shows a gap.

use pentatwin_analysis::facets::{FacetRule, OutlinePoint, facets};
use pentatwin_analysis::movie::MovieMeasurement;
use pentatwin_record::measured::FindingGroup;
use pentatwin_units::format_si;

use super::findings::Rows;

/// Part of the outline that belongs to a tip, in widths of the wire.
const REACH: f64 = 1.5;
/// A straight piece less inclined than this is the wire's own side [rad]: 5 degrees.
const LEVEL: f64 = 0.087;
/// Sides whose points scatter about straight pieces by more than this, in their uncertainties, are round.
const ROUND: f64 = 3.0;
/// Shorter pieces are not told from a rounding [m].
const SHORTEST: f64 = 5e-9;

/// Puts the facets of both tips, on both of their sides.
pub(super) fn tips(rows: &mut Rows, movie: &MovieMeasurement, shift: f64) {
    let Some((frame, gap)) = movie.frames.iter().rev().find_map(|f| Some((f, f.gap?))) else { return };
    let mut widths: Vec<f64> = frame.width.iter().copied().filter(|w| *w > 0.0).collect();
    widths.sort_unstable_by(f64::total_cmp);
    let Some(wire) = widths.get(widths.len() / 2).copied() else { return };
    for (tip, word, from, to) in [
        ("left", "Left", gap.left.value - REACH * wire, gap.left.value),
        ("right", "Right", gap.right.value, gap.right.value + REACH * wire),
    ] {
        for (side, name, sign) in [("upper", "upper", -0.5), ("lower", "lower", 0.5)] {
            let at = |of: &[f64], k: usize| of.get(k).copied().unwrap_or(f64::NAN);
            let points: Vec<OutlinePoint> = movie
                .position
                .iter()
                .enumerate()
                .filter(|(_, u)| **u >= from && **u <= to)
                .map(|(k, u)| OutlinePoint {
                    along: *u,
                    across: at(&frame.centre, k) + sign * at(&frame.width, k),
                    // Middle and half width are measured with the same noise.
                    sigma: std::f64::consts::FRAC_1_SQRT_2 * at(&frame.statistical, k),
                })
                .filter(|p| p.across.is_finite())
                .collect();
            let label = format!("{word} tip, {name} side: angle of a facet");
            match facets(&points, &FacetRule::default()) {
                Ok(found) if found.enlarged > ROUND => {
                    let why = format!(
                        "straight pieces miss the outline by {:.1} times its uncertainty in frame {}: it is round, or not seen sharply enough",
                        found.enlarged, frame.index
                    );
                    rows.none(&format!("facet_{tip}_{side}"), FindingGroup::Gap, &label, "deg", &why);
                }
                Ok(found) => {
                    let inclined = found.facets.iter().filter(|f| f.angle.value.abs() > LEVEL && f.length.value > SHORTEST);
                    for (k, f) in inclined.enumerate() {
                        let [a, b] = f.ends.map(|e| format_si(e[0].value + shift, "nm", 3));
                        let basis = format!(
                            "{} long, from {a} to {b} along the axis, in frame {}",
                            format_si(f.length.value, "nm", 3),
                            frame.index
                        );
                        let key = format!("facet_{tip}_{side}_{}", k + 1);
                        rows.put(&key, FindingGroup::Gap, &label, f.angle, "deg", &basis);
                    }
                }
                Err(e) => rows.none(&format!("facet_{tip}_{side}"), FindingGroup::Gap, &label, "deg", &e.to_string()),
            }
        }
    }
}
