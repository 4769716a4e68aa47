//! The grid along the wire and its as-made state.

use crate::device::Device;
use crate::random::{Purpose, Stream};

/// Cells of equal width along the wire: `covered` on contact 1, `free` between the contacts, `covered` on contact 2. On a heating chip all
/// cells are free and the first and the last one are the wire's ends.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Width of a cell [m].
    pub dx: f64,
    /// Cells on each contact.
    pub covered: usize,
    /// Cells between the contact edges.
    pub free: usize,
    /// Centres of the cells from the edge of contact 1 [m].
    pub x: Vec<f64>,
    /// Fraction of the current that flows through each cell.
    pub share: Vec<f64>,
    /// As-made cross-section [m²].
    pub area: Vec<f64>,
    /// Seeded factor of the surface mobility at each face; face `i` lies between cells `i` and `i + 1`.
    pub mobility: Vec<f64>,
}

impl Grid {
    /// The grid of a device; the disorder depends on the seed and the place, not on the grid.
    pub fn new(device: &Device, seed: u64) -> Grid {
        let spacing = device.span();
        let free = device.numerics.cells;
        let dx = spacing / free as f64;
        let covered = (device.overlap() / dx).round() as usize;
        let cells = free + 2 * covered;
        let x: Vec<f64> = (0..cells).map(|i| (i as f64 + 0.5 - covered as f64) * dx).collect();
        let share = x
            .iter()
            .map(|&x| {
                let outside = (-x).max(x - spacing);
                if outside > 0.0 { (-outside / device.chip.transfer_length).exp() } else { 1.0 }
            })
            .collect();
        let reach = covered as f64 * dx;
        let ell = device.wire.disorder_length;
        let diameter = Disorder::new(seed, Purpose::Diameter, -reach, spacing + reach, ell);
        let mobility = Disorder::new(seed, Purpose::Mobility, -reach, spacing + reach, ell);
        let area =
            x.iter().map(|&x| device.area() * (1.0 + (device.wire.diameter_disorder * diameter.at(x)).clamp(-0.8, 4.0)).powi(2)).collect();
        let mobility = x.iter().map(|&x| (device.wire.mobility_disorder * mobility.at(x + 0.5 * dx)).clamp(-20.0, 20.0).exp()).collect();
        Grid { dx, covered, free, x, share, area, mobility }
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.x.len()
    }

    /// The cells that must live for the current to flow: between the contacts, and as far on them as half of the current still flows.
    pub fn path(&self) -> std::ops::Range<usize> {
        let beyond = self.share[..self.covered].iter().rev().take_while(|s| **s >= 0.5).count();
        self.covered - beyond..self.covered + self.free + beyond
    }

    /// The cells between the contact edges.
    pub fn between(&self) -> std::ops::Range<usize> {
        self.covered..self.covered + self.free
    }
}

/// A sum of Gaussians of width `ell` with seeded heights: unit variance, correlation exp(-d²/(4 ell²)).
struct Disorder {
    start: f64,
    pitch: f64,
    ell: f64,
    heights: Vec<f64>,
}

impl Disorder {
    fn new(seed: u64, purpose: Purpose, from: f64, to: f64, ell: f64) -> Self {
        let pitch = 0.5 * ell;
        // Centres lie at multiples of the pitch, so that the same place has the same disorder whatever the overlap is.
        let first = (from / pitch).floor() as i64 - 8;
        let last = ((to / pitch).ceil() as i64 + 8).min(first + 10_000_000);
        let heights = (first..=last).map(|k| Stream::new(seed, purpose, k as u64).normal()).collect();
        Disorder { start: first as f64 * pitch, pitch, ell, heights }
    }

    fn at(&self, x: f64) -> f64 {
        let centre = (x - self.start) / self.pitch;
        let (from, to) = ((centre - 8.0).ceil().max(0.0) as usize, (centre + 8.0).floor().max(0.0) as usize);
        let mut sum = 0.0;
        for k in from..=to.min(self.heights.len().saturating_sub(1)) {
            let u = (centre - k as f64) * self.pitch / self.ell;
            sum += self.heights[k] * (-0.5 * u * u).exp();
        }
        // Variance of the sum: sum_k exp(-u_k²) = sqrt(pi) ell / pitch.
        sum / (std::f64::consts::PI.sqrt() * self.ell / self.pitch).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disorder_has_the_stated_strength_and_does_not_depend_on_the_grid() {
        let mut d = Device::default();
        d.chip.spacing = 200e-6;
        d.wire.length = 250e-6;
        d.numerics.cells = 4000;
        let coarse = Grid::new(&d, 5);
        let a0 = d.area();
        let rms = (coarse.area.iter().map(|a| ((a / a0).sqrt() - 1.0).powi(2)).sum::<f64>() / coarse.cells() as f64).sqrt();
        // 2000 correlation lengths: 5 % of the rms of 1 % is more than two standard errors.
        assert!((rms - 0.01).abs() < 0.0006, "{rms}");
        d.chip.spacing = 5e-6;
        d.numerics.cells = 400;
        let (coarse, fine) = (Grid::new(&d, 5), {
            d.numerics.cells = 1200;
            Grid::new(&d, 5)
        });
        for i in coarse.between() {
            let j = fine.x.iter().position(|x| (x - coarse.x[i]).abs() < 1e-12);
            if let Some(j) = j {
                assert!((coarse.area[i] / fine.area[j] - 1.0).abs() < 1e-9);
            }
        }
        assert!(coarse.between().any(|i| fine.x.iter().any(|x| (x - coarse.x[i]).abs() < 1e-12)));
    }
}
