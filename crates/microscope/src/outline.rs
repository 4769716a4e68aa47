//! The outline between the cell averages of a wire: continuous, positive, and with exactly the volume of every cell.

use pentatwin_physics::device::AREA_FACTOR;
use pentatwin_physics::scene::WireShape;

/// In each cell the cross-section is a parabola with the cell's mean. At a face it is the harmonic mean of both sides, which is never
/// more than twice the smaller one, so the parabola stays positive; next to a dead cell the wire closes at the face. A last cell that is
/// much thinner than its neighbour is the partly filled one: its volume is a paraboloid on the cross-section where the neighbour ends, which
/// may end before the face.
#[derive(Clone, Debug)]
pub struct Outline {
    start: f64,
    dx: f64,
    /// Cross-section [m²] at the faces; one more than cells.
    face: Vec<f64>,
    mean: Vec<f64>,
    /// Volume [m³] before each face.
    before: Vec<f64>,
    /// How a last cell is filled, by cell.
    caps: Vec<Option<Cap>>,
    largest: f64,
}

/// A paraboloid on the left or the right face of a last cell.
#[derive(Clone, Copy, Debug)]
struct Cap {
    on_left: bool,
    /// Its length over the cell's.
    length: f64,
    /// Cross-section [m²] at its base.
    base: f64,
}

impl Cap {
    fn area(&self, s: f64) -> f64 {
        let z = if self.on_left { s } else { 1.0 - s };
        self.base * (1.0 - z / self.length).max(0.0)
    }

    /// Integral of the cross-section from 0 to `s`, in cells.
    fn volume(&self, s: f64) -> f64 {
        let upto = |z: f64| {
            let z = z.min(self.length);
            self.base * z * (1.0 - 0.5 * z / self.length)
        };
        if self.on_left { upto(s) } else { upto(1.0) - upto(1.0 - s) }
    }
}

impl Outline {
    /// The outline of a wire; cells without a finite positive cross-section count as gone.
    pub fn new(wire: &WireShape) -> Outline {
        let mean: Vec<f64> = wire.area.iter().map(|a| if a.is_finite() && *a > 0.0 { *a } else { 0.0 }).collect();
        let n = mean.len();
        let harmonic = |a: f64, b: f64| if a > 0.0 && b > 0.0 { 2.0 / (1.0 / a + 1.0 / b) } else { 0.0 };
        let mut face: Vec<f64> = (0..=n)
            .map(|i| match i {
                0 => mean.first().copied().unwrap_or(0.0),
                i if i == n => mean[n - 1],
                i => harmonic(mean[i - 1], mean[i]),
            })
            .collect();
        let mut caps = vec![None; n];
        for i in 1..n.saturating_sub(1) {
            if mean[i] <= 0.0 || (mean[i - 1] > 0.0) == (mean[i + 1] > 0.0) {
                continue;
            }
            // The face towards the wire, its neighbour there, and that neighbour's other face.
            let on_left = mean[i - 1] > 0.0;
            let (f, neighbour, other) = if on_left { (i, mean[i - 1], face[i - 1]) } else { (i + 1, mean[i + 1], face[i + 2]) };
            if neighbour > mean[i] {
                // As the neighbour goes on straight, without a rim.
                let base = (2.0 * neighbour - other).max(face[f]);
                face[f] = base;
                if 2.0 * mean[i] <= base {
                    caps[i] = Some(Cap { on_left, length: 2.0 * mean[i] / base, base });
                }
            }
        }
        let dx = if wire.dx.is_finite() && wire.dx > 0.0 { wire.dx } else { 1e-9 };
        let mut before = Vec::with_capacity(n + 1);
        let mut sum = 0.0;
        before.push(0.0);
        for a in &mean {
            sum += a * dx;
            before.push(sum);
        }
        let largest = mean.iter().fold(0.0, |m: f64, a| m.max(*a));
        Outline { start: if wire.start.is_finite() { wire.start } else { 0.0 }, dx, face, mean, before, caps, largest }
    }

    /// Width of a cell [m].
    pub fn cell(&self) -> f64 {
        self.dx
    }

    /// Where the wire begins and ends [m].
    pub fn limits(&self) -> (f64, f64) {
        (self.start, self.start + self.mean.len() as f64 * self.dx)
    }

    /// The gaps between the pieces: from and to along x [m], as they are drawn.
    pub fn gaps(&self) -> Vec<(f64, f64)> {
        let mut gaps = Vec::new();
        let mut tip: Option<f64> = None;
        for i in 0..self.mean.len() {
            if self.mean[i] <= 0.0 {
                continue;
            }
            let at = |s: f64| self.start + (i as f64 + s) * self.dx;
            let begin = at(self.caps[i].map_or(0.0, |c| if c.on_left { 0.0 } else { 1.0 - c.length }));
            let end = at(self.caps[i].map_or(1.0, |c| if c.on_left { c.length } else { 1.0 }));
            if let Some(tip) = tip
                && begin - tip > 1e-6 * self.dx
            {
                gaps.push((tip, begin));
            }
            tip = Some(end);
        }
        gaps
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
        if let Some(cap) = self.caps[i] {
            return cap.area(s);
        }
        let (l, r, m) = (self.face[i], self.face[i + 1], self.mean[i]);
        let bulge = 6.0 * m - 3.0 * (l + r);
        (l + s * (r - l + bulge * (1.0 - s))).max(0.0)
    }

    /// Volume [m³] from the beginning to `x` [m].
    pub fn volume_to(&self, x: f64) -> f64 {
        let n = self.mean.len();
        let Some((i, s)) = self.locate(x) else { return if x > self.start { self.before[n] } else { 0.0 } };
        if let Some(cap) = self.caps[i] {
            return self.before[i] + self.dx * cap.volume(s);
        }
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
        let area = vec![1.0, 1.0, 0.01, 2.0, 0.0, 0.5, 0.0, 3.0, 2.9, 0.3, 0.0, 0.0, 1.4, 2.0, 0.0, 0.1, 2.0, 2.0];
        let o = Outline::new(&wire(area.clone()));
        for (i, a) in area.iter().enumerate() {
            let x = -2.0 + 0.5 * i as f64;
            assert!((o.volume_to(x + 0.5) - o.volume_to(x) - 0.5 * a).abs() < 1e-12);
            for k in 0..50 {
                let s = x + 0.01 * k as f64;
                assert!(o.area(s) >= 0.0 && (o.area(s) - o.area(s + 1e-6)).abs() < 1e-3, "{s}");
                // The volume is the integral of the cross-section.
                let numeric = (o.volume_to(s + 1e-4) - o.volume_to(s)) / 1e-4;
                assert!((numeric - o.area(s + 0.5e-4)).abs() < 2e-2, "{s} {numeric} {}", o.area(s));
            }
        }
    }

    #[test]
    fn a_gap_begins_where_the_last_cells_volume_ends() {
        let o = Outline::new(&wire(vec![1.0, 1.0, 0.2, 0.0, 0.0, 1.0, 1.0]));
        let gaps = o.gaps();
        assert_eq!(gaps.len(), 1);
        // 0.2 of a cell as a paraboloid on a cross-section of 1: 0.4 of a cell long.
        assert!((gaps[0].0 - (-2.0 + 0.5 * 2.4)).abs() < 1e-12 && (gaps[0].1 - 0.5).abs() < 1e-12);
        assert!(o.area(gaps[0].0 + 1e-9) == 0.0 && o.area(gaps[0].0 - 1e-3) > 0.0);
    }
}
