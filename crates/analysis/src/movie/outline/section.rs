//! Shapes that a wire's cross-section may have, as seen from the side: how much silver a ray crosses.

use std::f64::consts::{FRAC_PI_2, TAU};

/// A cross-section.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Shape {
    /// A regular pentagon turned by this angle [rad] about the axis; 0 = lying on a flat wall.
    Pentagon(f64),
    /// A circle.
    Circle,
}

impl Shape {
    /// All that are tried: the pentagon in steps of 6°, beyond which it repeats itself mirrored, and the circle.
    pub fn all() -> Vec<Shape> {
        let mut shapes: Vec<Shape> = (-3..=3).map(|k| Shape::Pentagon((6.0 * f64::from(k)).to_radians())).collect();
        shapes.push(Shape::Circle);
        shapes
    }

    /// In words.
    pub fn words(&self) -> String {
        match self {
            Shape::Pentagon(0.0) => "pentagon lying flat".to_owned(),
            Shape::Pentagon(roll) => format!("pentagon rolled by {:.0} degrees", roll.to_degrees()),
            Shape::Circle => "circle".to_owned(),
        }
    }
}

/// Intervals of the table.
const STEPS: usize = 256;

/// A cross-section of unit projected width: the chord along the beam at η from -1/2 to 1/2 across, tabulated, linear between.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its shape.
    pub shape: Shape,
    chord: Vec<f64>,
    integral: Vec<f64>,
}

/// Chord, its integral from the left, and its slope, at one place.
#[derive(Clone, Copy, Debug)]
pub struct Chord {
    pub integral: f64,
    pub chord: f64,
    pub slope: f64,
}

impl Section {
    /// The section of a shape.
    pub fn new(shape: Shape) -> Section {
        let at: Box<dyn Fn(f64) -> f64> = match shape {
            Shape::Circle => Box::new(|x: f64| (1.0 - 4.0 * x * x).max(0.0).sqrt()),
            Shape::Pentagon(roll) => {
                let corners: [(f64, f64); 5] = std::array::from_fn(|k| {
                    let (z, v) = (FRAC_PI_2 + roll + TAU * k as f64 / 5.0).sin_cos();
                    (v, z)
                });
                let (low, high) = corners.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), c| (l.min(c.0), h.max(c.0)));
                let width = high - low;
                Box::new(move |x| thickness(&corners, (low + (x + 0.5) * width).clamp(low, high)) / width)
            }
        };
        let h = 1.0 / STEPS as f64;
        let mut chord: Vec<f64> = (0..=STEPS).map(|k| at(k as f64 * h - 0.5)).collect();
        if shape == Shape::Circle {
            // A square root begins steeper than a table can say: the first node is set so that the area of the first step is right.
            let first = 2.0 * circle_area(-0.5 + h) / h - chord[1];
            chord[0] = first.max(0.0);
            chord[STEPS] = chord[0];
        }
        let mut integral = vec![0.0; STEPS + 1];
        for k in 0..STEPS {
            integral[k + 1] = integral[k] + 0.5 * h * (chord[k] + chord[k + 1]);
        }
        Section { shape, chord, integral }
    }

    /// Area over the square of the projected width.
    pub fn area(&self) -> f64 {
        self.integral[STEPS]
    }

    /// The chord at η.
    pub fn at(&self, eta: f64) -> Chord {
        let x = (eta + 0.5) * STEPS as f64;
        if !(x > 0.0) {
            return Chord { integral: 0.0, chord: 0.0, slope: 0.0 };
        }
        if x >= STEPS as f64 {
            return Chord { integral: self.integral[STEPS], chord: 0.0, slope: 0.0 };
        }
        let k = x as usize;
        let (s, h) = (x - k as f64, 1.0 / STEPS as f64);
        let rise = self.chord[k + 1] - self.chord[k];
        Chord {
            integral: self.integral[k] + h * s * (self.chord[k] + 0.5 * rise * s),
            chord: self.chord[k] + rise * s,
            slope: rise * STEPS as f64,
        }
    }
}

/// Area of a circle of unit diameter left of `x`.
fn circle_area(x: f64) -> f64 {
    let c = (2.0 * x).clamp(-1.0, 1.0);
    0.25 * (c * (1.0 - c * c).max(0.0).sqrt() + c.asin() + FRAC_PI_2)
}

/// Length of the vertical line at `x` within a convex polygon.
fn thickness(corners: &[(f64, f64)], x: f64) -> f64 {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (k, a) in corners.iter().enumerate() {
        let b = corners[(k + 1) % corners.len()];
        let (left, right) = if a.0 <= b.0 { (*a, b) } else { (b, *a) };
        if x < left.0 || x > right.0 {
            continue;
        }
        let width = right.0 - left.0;
        let ends = if width > 1e-9 { [left.1 + (x - left.0) / width * (right.1 - left.1); 2] } else { [left.1, right.1] };
        for z in ends {
            low = low.min(z);
            high = high.max(z);
        }
    }
    if high > low { high - low } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_those_of_pentagon_and_circle() {
        // design.md section 7: 0.657 of the square of the flat-lying width; a circle pi/4.
        assert!((Section::new(Shape::Pentagon(0.0)).area() - 0.657).abs() < 1e-3);
        assert!((Section::new(Shape::Circle).area() - std::f64::consts::FRAC_PI_4).abs() < 1e-4);
        // Rolled by 18 degrees the width is 0.9511 of the flat one.
        let rolled = Section::new(Shape::Pentagon(18f64.to_radians())).area();
        assert!((rolled - 0.657 / 0.9511f64.powi(2)).abs() < 3e-3, "{rolled}");
    }

    #[test]
    fn integral_and_slope_belong_to_the_chord() {
        for shape in Shape::all() {
            let s = Section::new(shape);
            let mut sum = 0.0;
            let n = 20_000;
            for k in 0..n {
                let eta = (k as f64 + 0.5) / f64::from(n) - 0.5;
                sum += s.at(eta).chord / f64::from(n);
                assert!((s.at(eta + 0.5 / f64::from(n)).integral - sum).abs() < 1e-5, "{shape:?} {eta}");
            }
        }
    }
}
