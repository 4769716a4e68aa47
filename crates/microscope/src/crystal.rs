//! Diffraction contrast of the five twins, in the two-beam approximation.
//!
//! Each reflection near its Bragg condition takes D = 1 - V (sin(pi t w'/xi)/w')² exp(-t/xi') off the bright-field beam, w' = sqrt(1 + w²),
//! w = s xi (imaging.md section 2.2); reflections act one after the other. Two families matter for a wire along `[110]`:
//! * {220} along the axis, common to all five twins: bend contours across the wire, moving when it bends;
//! * {111} and {200} in the cross-section, of each twin its own: which ones are excited follows from the roll. Flat side down, two twins
//!   share a {111} plane edge-on in the middle: the twin line. The 7.35° that five twins lack turn the lattice within each twin.
//!
//! The wire of an outline is a pentagon about its axis everywhere, so that distances over its diameter decide. Where a relief knows
//! thickness and height of the silver, the twin planes stay where they are in the wire beside it, half-planes from its axis outwards: a ray
//! meets one stretch of silver, its thickness about its mean height, and each twin takes its part of that stretch.
//!
//! Lost by the approximation: interaction between reflections, dislocations, the displacement at twin planes inclined to the beam; in a
//! relief, that a ray may meet silver twice, and twin planes that shift when matter is added or lost.

use crate::fast::{exp_minus, sin_squared};
use crate::pentagon::{corners, interval_through};
use crate::settings::BrightField;
use pentatwin_physics::scene::WireShape;
use std::f64::consts::PI;

/// Wavelength at 200 kV [nm].
pub const WAVELENGTH: f64 = 2.508e-3;
/// Angle that five twins lack of a full turn, shared out over it: turn of the lattice per turn around the axis.
const TURN: f64 = 7.35 / 360.0;
/// From this deviation on a reflection is left out; it would take less than 1 % of what it takes at Bragg.
const FAR: f64 = 10.0;
/// Bins across the wire.
const BINS: usize = 160;

/// A family of planes: length of g [1/nm] and extinction length at 200 kV [nm] (imaging.md section 2.2).
struct Plane {
    g: f64,
    xi: f64,
}
const P111: Plane = Plane { g: 1.0 / 0.235_92, xi: 28.4 };
const P200: Plane = Plane { g: 1.0 / 0.204_31, xi: 32.3 };
const P220: Plane = Plane { g: 1.0 / 0.144_47, xi: 46.0 };
/// Angle between {111} and {001} of the same twin.
const TILT_111: f64 = 54.74;

/// One excited reflection of one twin on one ray.
#[derive(Clone, Copy, Debug)]
struct Wave {
    /// sqrt(1 + w²).
    w: f32,
    /// Thickness of the twin on this ray over the wire's diameter.
    part: f32,
    xi: f32,
}

/// One excited reflection of a twin at an azimuth about the axis.
#[derive(Clone, Copy, Debug)]
struct Excited {
    /// sqrt(1 + w²).
    w: f32,
    xi: f32,
}

/// Azimuths in a twin that are told apart: 0.6° each, over which w changes by 0.03.
const AZIMUTHS: usize = 120;

/// A ray nearer to the axis than this [nm] passes as far from it: on a twin plane that is parallel to it, it is in one twin or the other.
const NEAR: f32 = 1e-4;

/// One twin as rays on one side of the axis meet it.
#[derive(Clone, Debug)]
struct Twin {
    /// Height over distance from the axis where it begins and ends.
    slopes: [f32; 2],
    /// Azimuth [rad] where its first bin begins.
    begin: f32,
    /// Excited reflections by azimuth; empty if there are none at any.
    excited: Vec<Vec<Excited>>,
}

/// The twins of one wire in one orientation.
#[derive(Clone, Debug)]
pub struct Crystal {
    /// The twins as rays meet them, left and right of the axis, those that no reflection excites left out.
    sides: [Vec<Twin>; 2],
    /// Excited reflections of the cross-section per bin across the wire.
    bins: Vec<Vec<Wave>>,
    tilt: f64,
    bend: f64,
    origin: f64,
    visibility: f32,
    damping: f32,
}

/// Deviation w of both reflections of a plane whose normal is inclined by `angle` [rad] to the plane across the beam.
fn deviations(plane: &Plane, angle: f64) -> [f64; 2] {
    let own = 0.5 * plane.g * plane.g * WAVELENGTH;
    let s = plane.g * angle.sin();
    [(s - own) * plane.xi, (-s - own) * plane.xi]
}

impl Crystal {
    /// The twins of a wire.
    pub fn new(wire: &WireShape, settings: &BrightField) -> Crystal {
        let roll = if wire.roll.is_finite() { wire.roll } else { 0.0 };
        let corner = corners(roll);
        let fifth = 2.0 * PI / 5.0;
        let bins = (0..BINS)
            .map(|bin| {
                let eta = Self::eta(bin);
                let mut waves = Vec::new();
                for k in 0..5 {
                    let triangle = [(0.0, 0.0), corner[k], corner[(k + 1) % 5]];
                    let Some((low, high)) = interval_through(&triangle, eta) else { continue };
                    let bisector = 0.5 * PI + roll + (k as f64 + 0.5) * fifth;
                    let azimuth = (0.5 * (low + high)).atan2(eta);
                    excited(bisector, azimuth, |w, xi| waves.push(Wave { w, part: (high - low) as f32, xi }));
                }
                waves
            })
            .collect();
        let finite = |x: f64| if x.is_finite() { x } else { 0.0 };
        Crystal {
            sides: [false, true].map(|right| Twin::of_side(roll, right)),
            bins,
            tilt: finite(wire.tilt),
            bend: finite(wire.bend),
            origin: finite(wire.bend_origin),
            visibility: settings.visibility as f32,
            damping: settings.damping as f32,
        }
    }

    fn eta(bin: usize) -> f64 {
        1.2 * ((bin as f64 + 0.5) / BINS as f64 - 0.5)
    }

    /// What both reflections along the axis do at `u` [m]: their w'.
    pub fn axial(&self, u: f64) -> [f32; 2] {
        deviations(&P220, self.tilt + self.bend * (u - self.origin)).map(|w| if w.abs() < FAR { (1.0 + w * w).sqrt() as f32 } else { 0.0 })
    }

    /// Factor on the bright-field beam: reflections along the axis as from [`Crystal::axial`], distance from the axis over the diameter,
    /// diameter and whole thickness [nm].
    pub fn factor(&self, axial: [f32; 2], eta: f64, diameter: f32, thickness: f32) -> f32 {
        let mut d = self.along(axial, thickness);
        let bin = ((eta / 1.2 + 0.5) * BINS as f64).max(0.0) as usize;
        for wave in self.bins.get(bin).map_or(&[][..], Vec::as_slice) {
            d *= self.one(wave.w, wave.part * diameter, wave.xi);
        }
        d
    }

    /// Factor on the bright-field beam where the silver is `whole` thick, of a ray at a distance from the axis that meets a stretch of this
    /// thickness about this height over the axis [nm].
    pub fn ray(&self, axial: [f32; 2], distance: f32, [height, thickness]: [f32; 2], whole: f32) -> f32 {
        let mut d = self.along(axial, whole);
        let (bottom, top) = (height - 0.5 * thickness, height + 0.5 * thickness);
        for twin in &self.sides[usize::from(distance > 0.0)] {
            let [from, to] = twin.slopes.map(|s| s * distance.abs().max(NEAR));
            let (low, high) = (from.max(bottom), to.min(top));
            if high > low {
                for wave in twin.at(distance, 0.5 * (low + high)) {
                    d *= self.one(wave.w, high - low, wave.xi);
                }
            }
        }
        d
    }

    /// What the reflections along the axis leave.
    fn along(&self, axial: [f32; 2], thickness: f32) -> f32 {
        axial.into_iter().filter(|w| *w > 0.0).map(|w| self.one(w, thickness, P220.xi as f32)).product()
    }

    fn one(&self, w: f32, t: f32, xi: f32) -> f32 {
        1.0 - self.visibility * sin_squared(t * w / xi) / (w * w) * exp_minus(t / (self.damping * xi))
    }
}

/// What is excited in the twin of this bisector at an azimuth [rad]: w' and extinction length [nm] to `found`.
fn excited(bisector: f64, azimuth: f64, mut found: impl FnMut(f32, f32)) {
    let lattice = bisector + TURN * wrap(azimuth - bisector, 2.0 * PI);
    let tilt = TILT_111.to_radians();
    for (plane, normal) in [(&P200, lattice), (&P111, lattice + tilt), (&P111, lattice - tilt)] {
        for w in deviations(plane, wrap(normal, PI)).into_iter().filter(|w| w.abs() < FAR) {
            found((1.0 + w * w).sqrt() as f32, plane.xi as f32);
        }
    }
}

impl Twin {
    /// The excited twins that rays right (or left) of the axis meet.
    fn of_side(roll: f64, right: bool) -> Vec<Twin> {
        let fifth = 2.0 * PI / 5.0;
        let mut found = Vec::new();
        for k in 0..5 {
            let bisector = 0.5 * PI + roll + (k as f64 + 0.5) * fifth;
            let bin = fifth / AZIMUTHS as f64;
            let begin = bisector - 0.5 * fifth;
            let excited: Vec<Vec<Excited>> = (0..AZIMUTHS)
                .map(|b| {
                    let mut waves = Vec::new();
                    excited(bisector, begin + (b as f64 + 0.5) * bin, |w, xi| waves.push(Excited { w, xi }));
                    waves
                })
                .collect();
            if excited.iter().all(Vec::is_empty) {
                continue;
            }
            // From the middle of this side the twin lies between these angles; it is cut where the side ends.
            let middle = if right { 0.0 } else { PI };
            let sign = if right { 1.0 } else { -1.0 };
            let centre = sign * wrap(bisector - middle, 2.0 * PI);
            let (low, high) = ((centre - 0.5 * fifth).max(-0.5 * PI), (centre + 0.5 * fifth).min(0.5 * PI));
            if high > low {
                let slope = |angle: f64| angle.tan().clamp(-1e9, 1e9) as f32;
                found.push(Twin { slopes: [slope(low), slope(high)], begin: begin as f32, excited });
            }
        }
        found
    }

    /// What is excited at a place in it.
    fn at(&self, distance: f32, height: f32) -> &[Excited] {
        let turn = 2.0 * std::f32::consts::PI;
        let within = (height.atan2(distance) - self.begin).rem_euclid(turn);
        // On its edge rounding may put a place on the far side of a full turn.
        let bin = (within * (AZIMUTHS as f32 * 5.0 / turn)) as usize;
        let bin = if bin < AZIMUTHS {
            bin
        } else if within > 0.6 * turn {
            0
        } else {
            AZIMUTHS - 1
        };
        self.excited.get(bin).map_or(&[], Vec::as_slice)
    }
}

/// An angle brought to within half a `period` around 0.
fn wrap(angle: f64, period: f64) -> f64 {
    angle - period * (angle / period).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(roll: f64) -> WireShape {
        WireShape { start: 0.0, dx: 1e-8, area: vec![8.69e-15; 10], simulated: 0..10, roll, tilt: 0.0, bend: 1e4, bend_origin: 0.0 }
    }

    #[test]
    fn bend_contours_lie_at_the_bragg_angle_of_220_on_both_sides() {
        let c = Crystal::new(&flat(0.1), &BrightField::default());
        // Bragg angle of 220: lambda g / 2 = 8.68 mrad; at a curvature of 1e4 /m that is 0.868 um from where the axis is level.
        let best = (-2000..2000)
            .map(|k| f64::from(k) * 1e-9)
            .max_by(|a, b| {
                let strength = |u: f64| c.axial(u).iter().map(|w| if *w > 0.0 { 1.0 / w } else { 0.0 }).fold(0.0, f32::max);
                strength(*a).total_cmp(&strength(*b))
            })
            .unwrap();
        assert!((best.abs() - 0.868e-6).abs() < 5e-9, "{best:e}");
    }

    #[test]
    fn at_bragg_the_thickness_fringes_have_the_period_of_the_extinction_length() {
        let settings = BrightField { visibility: 1.0, damping: 1e3, ..BrightField::default() };
        let c = Crystal::new(&flat(0.1), &settings);
        // xi(220) = 46 nm: dark at 23, bright at 46.
        assert!(c.one(1.0, 23.0, 46.0) < 0.01);
        assert!(c.one(1.0, 46.0, 46.0) > 0.99);
    }

    #[test]
    fn flat_side_down_the_middle_is_excited_and_off_it_is_not() {
        let waves = |roll: f64| Crystal::new(&flat(roll), &BrightField::default()).bins[BINS / 2].len();
        assert!(waves(0.0) >= 2);
        assert_eq!(waves(9f64.to_radians()), 0);
    }
}
