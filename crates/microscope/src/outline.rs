//! The outline between the cell averages of a wire: continuous, positive, and with exactly the volume of every cell.

use pentatwin_physics::device::AREA_FACTOR;
use pentatwin_physics::scene::WireShape;

/// In each cell the cross-section is a parabola with the cell's mean. At a face it is the harmonic mean of both sides, which is never
/// more than twice the smaller one: so the parabola stays positive, and next to a dead cell the wire closes at the face.
#[derive(Clone, Debug)]
pub struct Outline {
    start: f64,
    dx: f64,
    /// Cross-section [m²] at the faces; one more than cells.
    face: Vec<f64>,
    mean: Vec<f64>,
    /// Volume [m³] before each face.
    before: Vec<f64>,
    largest: f64,
}

impl Outline {
    /// The outline of a wire; cells without a finite positive cross-section count as gone.
    pub fn new(wire: &WireShape) -> Outline {
        let mean: Vec<f64> = wire.area.iter().map(|a| if a.is_finite() && *a > 0.0 { *a } else { 0.0 }).collect();
        let n = mean.len();
        let harmonic = |a: f64, b: f64| if a > 0.0 && b > 0.0 { 2.0 / (1.0 / a + 1.0 / b) } else { 0.0 };
        let face = (0..=n)
            .map(|i| match i {
                0 => mean.first().copied().unwrap_or(0.0),
                i if i == n => mean[n - 1],
                i => harmonic(mean[i - 1], mean[i]),
            })
            .collect();
        let dx = if wire.dx.is_finite() && wire.dx > 0.0 { wire.dx } else { 1e-9 };
        let mut before = Vec::with_capacity(n + 1);
        let mut sum = 0.0;
        before.push(0.0);
        for a in &mean {
            sum += a * dx;
            before.push(sum);
        }
        let largest = mean.iter().fold(0.0, |m: f64, a| m.max(*a));
        Outline { start: if wire.start.is_finite() { wire.start } else { 0.0 }, dx, face, mean, before, largest }
    }

    /// Where the wire begins and ends [m].
    pub fn limits(&self) -> (f64, f64) {
        (self.start, self.start + self.mean.len() as f64 * self.dx)
    }

    /// A bound of the diameter [m] anywhere (a parabola may rise above its mean by half).
    pub fn largest_diameter(&self) -> f64 {
        diameter(1.5 * self.largest)
    }

    fn locate(&self, x: f64) -> Option<(usize, f64)> {
        let s = (x - self.start) / self.dx;
        if !(s >= 0.0 && s < self.mean.len() as f64) {
            return None;
        }
        let i = s as usize;
        Some((i, s - i as f64))
    }

    /// Cross-section [m²] at `x` [m].
    pub fn area(&self, x: f64) -> f64 {
        let Some((i, s)) = self.locate(x) else { return 0.0 };
        let (l, r, m) = (self.face[i], self.face[i + 1], self.mean[i]);
        let bulge = 6.0 * m - 3.0 * (l + r);
        (l + s * (r - l + bulge * (1.0 - s))).max(0.0)
    }

    /// Volume [m³] from the beginning to `x` [m].
    pub fn volume_to(&self, x: f64) -> f64 {
        let n = self.mean.len();
        let Some((i, s)) = self.locate(x) else { return if x > self.start { self.before[n] } else { 0.0 } };
        let (l, r, m) = (self.face[i], self.face[i + 1], self.mean[i]);
        let bulge = 6.0 * m - 3.0 * (l + r);
        self.before[i] + self.dx * s * (l + s * (0.5 * (r - l + bulge) - s * bulge / 3.0))
    }

    /// Mean cross-section [m²] between two places [m].
    pub fn mean_area(&self, from: f64, to: f64) -> f64 {
        ((self.volume_to(to) - self.volume_to(from)) / (to - from)).max(0.0)
    }
}

/// Diameter [m] of a pentagon of this cross-section [m²].
pub fn diameter(area: f64) -> f64 {
    (area / AREA_FACTOR).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(area: Vec<f64>) -> WireShape {
        let n = area.len();
        WireShape { start: -2.0, dx: 0.5, area, simulated: 0..n, roll: 0.0, tilt: 0.0, bend: 0.0, bend_origin: 0.0 }
    }

    #[test]
    fn the_outline_is_positive_continuous_and_keeps_every_cells_volume() {
        let area = vec![1.0, 1.0, 0.01, 2.0, 0.0, 0.5, 0.0, 3.0, 2.9];
        let o = Outline::new(&wire(area.clone()));
        for (i, a) in area.iter().enumerate() {
            let x = -2.0 + 0.5 * i as f64;
            assert!((o.volume_to(x + 0.5) - o.volume_to(x) - 0.5 * a).abs() < 1e-12);
            for k in 0..50 {
                let s = x + 0.01 * k as f64;
                assert!(o.area(s) >= 0.0 && (o.area(s) - o.area(s + 1e-6)).abs() < 1e-4);
                // The volume is the integral of the cross-section.
                let numeric = (o.volume_to(s + 1e-4) - o.volume_to(s)) / 1e-4;
                assert!((numeric - o.area(s + 0.5e-4)).abs() < 1e-3, "{s} {numeric} {}", o.area(s));
            }
        }
    }
}
