//! Faces of a five-fold twinned wire, and the share of {111} in its end.

use super::{Surface, SurfaceAtom, Wire};
use crate::Measurement;
use std::f64::consts::{FRAC_PI_2, PI};

/// What a place of the surface belongs to, by its normal: one of these, within the window, and flat
/// around ([`super::SurfaceRule`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    /// {111} of the cap: 35.26° from the outward axis, towards the middle of a wedge.
    Cap111,
    /// {100} side wall: 90° to the axis, in the middle of a wedge.
    Wall100,
    /// (110) end: along the outward axis.
    End110,
    /// Re-entrant {111} along a twin plane (Marks groove): 90° to the axis, 18° from the twin plane on the other side than its atoms. The
    /// rounded normals of a convex edge pass the same azimuth on the atoms' own side, and are rest.
    Groove111,
    /// Ridges, edges, steps and rough or curved places.
    Rest,
}

/// Area by face [m²].
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct FaceAreas {
    /// {111} of the cap.
    pub cap111: f64,
    /// {100} side walls.
    pub wall100: f64,
    /// (110) end.
    pub end110: f64,
    /// Re-entrant {111} at twin planes.
    pub groove111: f64,
    /// Everything else.
    pub rest: f64,
}

impl FaceAreas {
    /// Sum of all [m²].
    pub fn total(&self) -> f64 {
        self.cap111 + self.wall100 + self.end110 + self.groove111 + self.rest
    }

    fn of<'a>(atoms: impl Iterator<Item = &'a SurfaceAtom>) -> FaceAreas {
        let mut areas = FaceAreas::default();
        for a in atoms {
            *match a.face {
                Face::Cap111 => &mut areas.cap111,
                Face::Wall100 => &mut areas.wall100,
                Face::End110 => &mut areas.end110,
                Face::Groove111 => &mut areas.groove111,
                Face::Rest => &mut areas.rest,
            } += a.area;
        }
        areas
    }
}

/// The end of a wire: the surface whose normals lie nearer to the outward axis than [`super::SurfaceRule::cap`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cap {
    /// Its area by face; side walls and grooves lie at 90° and are never in it.
    pub areas: FaceAreas,
    /// Share of {111}. The uncertainty is that of as many independent places as the cap has neighbourhoods of a normal.
    pub share: Measurement,
    /// The same by wedge; `None` for a wedge without a cap.
    pub wedges: [Option<Measurement>; 5],
    /// Angle of the face of each wedge to the outward axis, as on a picture (125.26° for {111}) [rad]: 90° and the median angle of the
    /// normals within 12° in azimuth of the wedge's middle, without any window about {111}. The uncertainty is that of the median over
    /// independent neighbourhoods, and at least 0.2°, by which the stretch of the wedges bends the normals (125.45° on a perfect face). `None` with fewer than 12 such atoms.
    pub angles: [Option<Measurement>; 5],
}

impl Surface {
    /// Area by face, over all surface atoms.
    pub fn areas(&self) -> FaceAreas {
        FaceAreas::of(self.atoms.iter())
    }

    /// The end of the wire and its share of {111}; `None` without a cap.
    ///
    /// A perfect pyramid does not give 1, for normals within 4 nearest-neighbour distances of its ridges, its foot and its apex are averages
    /// over several faces: 0.48 at 20 shells, 0.72 at 40, 0.81 at 60, 0.85 at 80, and the same within 0.005 with 1 % of the surface atoms gone
    /// (`tests/atoms.rs`). By the window alone ([`super::SurfaceRule::flat`] π) it is 0.56, 0.76 and 0.84, but then the rim of a flat (110) end of
    /// 30 shells is 9 % {111}, which is 0 with the default. A hemisphere has 0.11, where each orientation in proportion is 0.07: its terraces.
    pub fn cap(&self) -> Option<Cap> {
        let in_cap: Vec<&SurfaceAtom> = self.atoms.iter().filter(|a| a.angle().is_some_and(|v| v < self.rule.cap)).collect();
        let areas = FaceAreas::of(in_cap.iter().copied());
        let share = self.share(&areas)?;
        let wedge = |w: usize| in_cap.iter().copied().filter(move |a| usize::from(a.wedge) == w);
        Some(Cap {
            areas,
            share,
            wedges: std::array::from_fn(|w| self.share(&FaceAreas::of(wedge(w)))),
            angles: std::array::from_fn(|w| self.median_angle(w, &in_cap)),
        })
    }

    /// A neighbourhood's area [m²].
    fn patch(&self) -> f64 {
        PI * (self.rule.radius * self.wire.spacing).powi(2)
    }

    fn share(&self, areas: &FaceAreas) -> Option<Measurement> {
        let total = areas.total();
        if !(total > 0.0) {
            return None;
        }
        let share = areas.cap111 / total;
        let places = (total / self.patch()).max(1.0);
        Some(Measurement::new(share, (share * (1.0 - share) / places).max(0.0).sqrt()))
    }

    fn median_angle(&self, w: usize, in_cap: &[&SurfaceAtom]) -> Option<Measurement> {
        let middle = self.wire.middle(w);
        let mut found: Vec<[f64; 2]> = in_cap
            .iter()
            .filter(|a| {
                let off = f64::from(a.normal[2]).atan2(f64::from(a.normal[1])) - middle;
                a.normal[1..] != [0.0; 2] && off.sin().atan2(off.cos()).abs() < 12f64.to_radians()
            })
            .filter_map(|a| Some([a.angle()?, a.area]))
            .collect();
        if found.len() < 12 {
            return None;
        }
        found.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]));
        let area: f64 = found.iter().map(|f| f[1]).sum();
        let quantile = |q: f64| {
            let mut sum = 0.0;
            found.iter().find(|f| {
                sum += f[1];
                sum >= q * area
            })
        };
        let [low, middle, high] = [quantile(0.16)?, quantile(0.5)?, quantile(0.84)?].map(|f| f[0]);
        // Of a median: 1.25 times that of a mean.
        let spread = 1.25 * 0.5 * (high - low) / (area / self.patch()).max(1.0).sqrt();
        Some(Measurement::new(FRAC_PI_2 + middle, spread.max(0.2f64.to_radians())))
    }
}

/// Face of a normal (along the outward axis, y, z) of an atom in a wedge.
pub(super) fn face(wire: &Wire, window: f64, wedge: usize, normal: &[f64; 3]) -> Face {
    if *normal == [0.0; 3] {
        return Face::Rest;
    }
    let across = normal[1].hypot(normal[2]);
    let azimuth = normal[2].atan2(normal[1]);
    let near = |tilt: f64, direction: f64| {
        let cosine = tilt.cos() * normal[0] + tilt.sin() * across * (azimuth - direction).cos();
        cosine >= window.cos()
    };
    // The middle nearest to the normal, whatever wedge the atom is in.
    let middle = wire.middle(wire.wedge(azimuth));
    let groove = |side: f64| near(FRAC_PI_2, wire.middle(wedge) + side * 54f64.to_radians());
    if near(0.0, 0.0) {
        Face::End110
    } else if near((1.0f64 / 3.0).sqrt().asin(), middle) {
        Face::Cap111
    } else if near(FRAC_PI_2, middle) {
        Face::Wall100
    } else if groove(1.0) || groove(-1.0) {
        Face::Groove111
    } else {
        Face::Rest
    }
}
