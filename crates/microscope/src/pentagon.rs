//! The cross-section: a regular pentagon, seen along the beam at any roll.

use std::f64::consts::{FRAC_PI_2, TAU};

/// Radius of the circle through the corners over the projected width on a flat wall: 1/(2 sin 72°).
const CORNER: f64 = 0.525_731_112_119_133_6;

/// A pentagon of unit diameter (its projected width lying on a flat wall) projected along the beam: the length of silver that a ray at
/// distance `v` from the axis crosses is linear between the projected corners, so its integrals are exact.
#[derive(Clone, Debug)]
pub struct Pentagon {
    v: [f64; 5],
    chord: [f64; 5],
    /// First and second integral of the chord from the left, at the knots.
    first: [f64; 5],
    second: [f64; 5],
}

/// The corners of a pentagon of unit diameter: (v, z), the apex up at roll 0.
pub fn corners(roll: f64) -> [(f64, f64); 5] {
    std::array::from_fn(|k| {
        let angle = FRAC_PI_2 + roll + TAU * k as f64 / 5.0;
        (CORNER * angle.cos(), CORNER * angle.sin())
    })
}

impl Pentagon {
    /// The pentagon at a roll [rad].
    pub fn new(roll: f64) -> Pentagon {
        let corners = corners(if roll.is_finite() { roll } else { 0.0 });
        let mut v = corners.map(|c| c.0);
        v.sort_by(f64::total_cmp);
        let chord = v.map(|x| interval_through(&corners, x).map_or(0.0, |(low, high)| high - low));
        let (mut first, mut second) = ([0.0; 5], [0.0; 5]);
        for i in 1..5 {
            let h = v[i] - v[i - 1];
            first[i] = first[i - 1] + 0.5 * h * (chord[i - 1] + chord[i]);
            second[i] = second[i - 1] + h * first[i - 1] + h * h * (2.0 * chord[i - 1] + chord[i]) / 6.0;
        }
        Pentagon { v, chord, first, second }
    }

    /// Projected width.
    pub fn width(&self) -> f64 {
        self.v[4] - self.v[0]
    }

    fn piece(&self, x: f64) -> usize {
        (0..3).filter(|&i| x >= self.v[i + 1]).count()
    }

    /// Integral of the chord from the left to `x`; beyond the right end the whole area, 0.657.
    pub fn first(&self, x: f64) -> f64 {
        if x <= self.v[0] {
            return 0.0;
        }
        if x >= self.v[4] {
            return self.first[4];
        }
        let i = self.piece(x);
        let (s, h) = (x - self.v[i], self.v[i + 1] - self.v[i]);
        let slope = if h > 0.0 { (self.chord[i + 1] - self.chord[i]) / h } else { 0.0 };
        self.first[i] + s * (self.chord[i] + 0.5 * slope * s)
    }

    /// Integral of [`Pentagon::first`] from the left to `x`.
    fn second(&self, x: f64) -> f64 {
        if x <= self.v[0] {
            return 0.0;
        }
        if x >= self.v[4] {
            return self.second[4] + (x - self.v[4]) * self.first[4];
        }
        let i = self.piece(x);
        let (s, h) = (x - self.v[i], self.v[i + 1] - self.v[i]);
        let slope = if h > 0.0 { (self.chord[i + 1] - self.chord[i]) / h } else { 0.0 };
        self.second[i] + s * (self.first[i] + s * (0.5 * self.chord[i] + slope * s / 6.0))
    }

    /// Mean thickness [same unit as `d`] of a prism of diameter `d` over a footprint centred at `v`: the projection of a square pixel onto
    /// the direction across the wire, a box of half width `a` (the larger) blurred by a box of half width `b`.
    pub fn mean(&self, v: f64, d: f64, a: f64, b: f64) -> f64 {
        if d <= 0.0 || a <= 0.0 {
            return 0.0;
        }
        if b < 1e-3 * a {
            return d * d * (self.first((v + a) / d) - self.first((v - a) / d)) / (2.0 * a);
        }
        let at = |x: f64| self.second(x / d);
        d * d * d * (at(v + a + b) - at(v + a - b) - at(v - a + b) + at(v - a - b)) / (4.0 * a * b)
    }
}

/// Where the vertical line at `x` enters and leaves a convex polygon.
pub fn interval_through(corners: &[(f64, f64)], x: f64) -> Option<(f64, f64)> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (i, a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        let (left, right) = if a.0 <= b.0 { (*a, b) } else { (b, *a) };
        if x < left.0 || x > right.0 {
            continue;
        }
        let width = right.0 - left.0;
        let ends = if width > 1e-12 {
            let z = left.1 + (x - left.0) / width * (right.1 - left.1);
            [z, z]
        } else {
            [left.1, right.1]
        };
        for z in ends {
            low = low.min(z);
            high = high.max(z);
        }
    }
    (high > low).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pentatwin_physics::device::AREA_FACTOR;

    #[test]
    fn the_area_is_the_pentagons_at_any_roll() {
        for k in 0..40 {
            let p = Pentagon::new(0.1 * k as f64);
            assert!((p.first(10.0) / AREA_FACTOR - 1.0).abs() < 1e-12, "{k}");
        }
    }

    #[test]
    fn lying_flat_the_width_is_the_diameter_and_standing_on_an_edge_too() {
        // Regular pentagon of unit diagonal: width flat = diagonal = 1; turned by 18 degrees = height = diagonal x sin 72 = 0.951.
        assert!((Pentagon::new(0.0).width() - 1.0).abs() < 1e-12);
        assert!((Pentagon::new(18f64.to_radians()).width() - 72f64.to_radians().sin()).abs() < 1e-12);
    }

    #[test]
    fn the_mean_over_a_turned_pixel_equals_a_fine_sum() {
        let p = Pentagon::new(0.3);
        let (d, a, b) = (115.0, 3.0, 1.2);
        for v in [-60.0, -50.0, -3.0, 0.0, 20.0, 57.0] {
            let n = 400;
            let mut sum = 0.0;
            for i in 0..n {
                for j in 0..n {
                    let at = |k: usize, half: f64| half * (2.0 * (k as f64 + 0.5) / n as f64 - 1.0);
                    let x = (v + at(i, a) + at(j, b)) / d;
                    sum += d * interval_through(&corners(0.3), x).map_or(0.0, |(low, high)| high - low);
                }
            }
            let mean = sum / (n * n) as f64;
            assert!((p.mean(v, d, a, b) - mean).abs() < 1e-3 * d, "{v}: {} {mean}", p.mean(v, d, a, b));
        }
    }
}
