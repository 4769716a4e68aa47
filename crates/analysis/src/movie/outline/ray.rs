//! What a bin of rays across the wire looks like: expected counts and their derivatives.
//!
//! Bright field: `I = (b0 + b1 v) exp(-κ t) D(t) (1 + φ t'')`, with the thickness t of a cross-section scaled to the outline, free local
//! absorption κ, a two-beam term `D = 1 - A sin²(π k t) exp(-k t / 10)` for each half of the wire (A its strength, k = w'/ξ its rate), and
//! the Fresnel fringe φ in first order. Dark field: `I = b0 + b1 v + G (1 - exp(-κ t))`. The camera's blur is a box of
//! the same variance over which t is averaged.
//! Approximation: one effective reflection for each half; what it cannot follow deep inside the wire is given little weight.

use super::fast::{exp_minus, sin_cos_turns};
use super::section::Section;

/// Number of parameters of a bin.
pub const N: usize = 10;
/// Middle of the outline and width [pixels].
pub const CENTRE: usize = 0;
pub const WIDTH: usize = 1;
/// Background [counts], and its slope across [counts per pixel].
pub const LEVEL: usize = 2;
pub const SLOPE: usize = 3;
/// Absorption [1/pixel].
pub const KAPPA: usize = 4;
/// Two-beam strength and rate [1/pixel], left half. In dark field the first is the gain G over the background's scale.
pub const BEAM_L: usize = 5;
pub const RATE_L: usize = 6;
/// The same, right half.
pub const BEAM_R: usize = 7;
pub const RATE_R: usize = 8;
/// Strength of what remains of both halves' two-beam terms where their oscillation has died out.
pub const PLATEAU: usize = 9;

/// Largest part of the beam that one reflection takes.
const MOST: f64 = 0.98;

/// What does not change from bin to bin.
#[derive(Clone, Debug)]
pub struct Optics {
    /// Cross-section.
    pub section: Section,
    /// Half width of the box that stands for the camera's blur [pixels].
    pub blur: f64,
    /// The blur spans much of the outline's rim: see [`Optics::ray`].
    pub coarse: bool,
    /// With coarse pixels: weight of the blur's tail, and half width of its box [pixels].
    pub tail: Option<(f64, f64)>,
    /// Damping of the two-beam oscillation [1/pixel].
    pub damping: f64,
    /// Strength of the Fresnel fringe [pixels].
    pub fringe: f64,
    /// Dark field.
    pub dark: bool,
}

/// Expected counts of a ray, what it would be without wire, and the derivatives.
#[derive(Clone, Copy, Debug)]
pub struct Ray {
    pub counts: f64,
    pub bare: f64,
    /// Derivative by the fringe's strength.
    pub by_fringe: f64,
    pub gradient: [f64; N],
}

impl Optics {
    /// The ray at `v` [pixels] for parameters `p`; v is also what the background's slope refers to.
    pub fn ray(&self, v: f64, p: &[f64; N]) -> Ray {
        let core = self.through(v, p, self.blur);
        let Some((weight, wide)) = self.tail else { return core };
        let tail = self.through(v, p, wide);
        let mix = |a: f64, b: f64| a + weight * (b - a);
        Ray {
            counts: mix(core.counts, tail.counts),
            bare: core.bare,
            by_fringe: mix(core.by_fringe, tail.by_fringe),
            gradient: std::array::from_fn(|k| mix(core.gradient[k], tail.gradient[k])),
        }
    }

    /// The ray seen through a box of half width `a` [pixels].
    fn through(&self, v: f64, p: &[f64; N], a: f64) -> Ray {
        let (c, w) = (p[CENTRE], p[WIDTH].max(0.0));
        let bare = p[LEVEL] + p[SLOPE] * v;
        let mut gradient = [0.0; N];
        gradient[LEVEL] = 1.0;
        gradient[SLOPE] = v;
        if w < 1e-3 || (v - c).abs() >= 0.5 * w + a {
            return Ray { counts: bare, bare, by_fringe: 0.0, gradient };
        }
        let (right, left) = ((v + a - c) / w, (v - a - c) / w);
        let (r, l) = (self.section.at(right), self.section.at(left));
        let t = w * w / (2.0 * a) * (r.integral - l.integral);
        let by_centre = -w / (2.0 * a) * (r.chord - l.chord);
        let by_width = 2.0 * t / w - w / (2.0 * a) * (r.chord * right - l.chord * left);
        // The part of the blur's box that lies on silver.
        let (low, high) = ((c - 0.5 * w).max(v - a), (c + 0.5 * w).min(v + a));
        let on_silver = ((high - low) / (2.0 * a)).max(1e-9);
        // With fine pixels the beam's loss is linear enough in t over the box. With coarse ones t is the mean over the part of it on silver,
        // and the rest sees background; where an edge cuts the box, that part moves with the edge.
        let (mut part, mut part_by_centre, mut part_by_width, mut smeared) = (1.0, 0.0, 0.0, on_silver);
        if self.coarse {
            let (cut_left, cut_right) = (f64::from(u8::from(c - 0.5 * w > v - a)), f64::from(u8::from(c + 0.5 * w < v + a)));
            (part, part_by_centre, part_by_width, smeared) =
                (on_silver, (cut_right - cut_left) / (2.0 * a), (cut_right + cut_left) / (4.0 * a), 1.0);
        }
        let t = t / part;
        let (t_by_centre, t_by_width) = (by_centre - t * part_by_centre, by_width - t * part_by_width);
        if self.dark {
            let e = exp_minus(p[KAPPA] * t);
            let gain = p[BEAM_L];
            let by_t = gain * p[KAPPA] * e;
            gradient[CENTRE] = by_t * t_by_centre + gain * (1.0 - e) * part_by_centre;
            gradient[WIDTH] = by_t * t_by_width + gain * (1.0 - e) * part_by_width;
            gradient[KAPPA] = part * gain * t * e;
            gradient[BEAM_L] = part * (1.0 - e);
            return Ray { counts: bare + part * gain * (1.0 - e), bare, by_fringe: 0.0, gradient };
        }
        let curvature = (r.slope - l.slope) / (2.0 * a);
        let (beam, rate) = if v < c { (BEAM_L, RATE_L) } else { (BEAM_R, RATE_R) };
        let k = p[rate];
        // No more than all of the beam is diffracted.
        let strength = p[beam].min(MOST);
        let (sin, cos) = sin_cos_turns(k * t);
        let e = exp_minus(self.damping * t);
        // Within the box the thickness varies by its slope, and the oscillation is smeared out.
        let smear = std::f64::consts::PI * k * by_centre * a / 3f64.sqrt() * smeared;
        let seen = exp_minus(2.0 * smear * smear);
        let wave = 0.5 * e * (1.0 - seen * cos);
        let two = 1.0 - strength * wave;
        let rest = 1.0 - p[PLATEAU] * (1.0 - e);
        let pass = exp_minus(p[KAPPA] * t) * rest;
        let bright = bare * (1.0 + self.fringe * curvature);
        let through = pass * two;
        let lit = 1.0 - part * (1.0 - through);
        let counts = bright * lit;
        let by_k = e * seen * std::f64::consts::PI * sin;
        let by_t = bright * pass * ((-p[KAPPA] - p[PLATEAU] * self.damping * e / rest) * two - strength * (k * by_k - self.damping * wave));
        gradient[CENTRE] = by_t * t_by_centre - bright * (1.0 - through) * part_by_centre;
        gradient[WIDTH] = by_t * t_by_width - bright * (1.0 - through) * part_by_width;
        let ratio = (1.0 + self.fringe * curvature) * lit;
        gradient[LEVEL] = ratio;
        gradient[SLOPE] = v * ratio;
        let on = bright * part * pass;
        gradient[KAPPA] = -t * on * two;
        gradient[beam] = if strength < MOST { -on * wave } else { 0.0 };
        gradient[rate] = -on * strength * (t * by_k + 2.0 * e * cos * seen * smear * smear / k.max(1e-12));
        gradient[PLATEAU] = -on * two * (1.0 - e) / rest;
        Ray { counts, bare, by_fringe: bare * lit * curvature, gradient }
    }
}

#[cfg(test)]
mod tests {
    use super::super::section::Shape;
    use super::*;

    #[test]
    fn derivatives_agree_with_differences() {
        for dark in [false, true] {
            let optics = Optics {
                section: Section::new(Shape::Pentagon(0.1)),
                blur: 1.3,
                coarse: false,
                tail: None,
                damping: 0.02,
                fringe: 0.0,
                dark,
            };
            let p = if dark {
                [1.2, 60.0, 300.0, 0.1, 0.01, 500.0, 0.0, 0.0, 0.0, 0.0]
            } else {
                [1.2, 60.0, 300.0, 0.1, 0.013, 0.3, 0.04, 0.2, 0.03, 0.2]
            };
            for v in [-31.0, -27.3, -12.0, 0.7, 9.1, 28.8, 40.0] {
                let ray = optics.ray(v, &p);
                for k in 0..N {
                    let h = 1e-5 * p[k].abs().max(1e-3);
                    let (mut up, mut down) = (p, p);
                    up[k] += h;
                    down[k] -= h;
                    let slope = (optics.ray(v, &up).counts - optics.ray(v, &down).counts) / (2.0 * h);
                    assert!(
                        (ray.gradient[k] - slope).abs() < 2e-3 * slope.abs().max(0.05 * 300.0),
                        "{dark} {v} {k}: {} {slope}",
                        ray.gradient[k]
                    );
                }
            }
        }
    }
}
