//! The end of a piece of wire at a gap: a cone with a round end, fitted to the image through the camera's blur.
//!
//! The width grows linearly from the apex of a cone; its end is a ball that the cone touches, of radius 0 for a sharp tip.
//! What the silver does to the beam is taken from the bins behind the tip.

use super::cholesky;
use super::fit::{CellNoise, MODEL};
use super::ray::{CENTRE, LEVEL, N, Optics, SLOPE, WIDTH};
use super::strip::{Grid, Strip};
use crate::Measurement;

/// Which way a tip points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Points {
    /// Towards larger u: the end of the left piece.
    Right,
    /// Towards smaller u.
    Left,
}

/// A fitted tip of a given radius; lengths in pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tip {
    /// Where it ends, along the axis.
    pub end: Measurement,
    /// Slope of the width far behind it.
    pub slope: Measurement,
    /// Middle of the outline at its end, and its slope.
    pub middle: [f64; 2],
    /// Twice the negative log likelihood, up to a constant.
    pub chi2: f64,
}

/// Parameters: end, ln of the slope, middle at the end, slope of the middle, background.
const M: usize = 5;

/// What a tip is fitted with.
pub struct TipFit<'a> {
    pub optics: &'a Optics,
    pub noise: &'a CellNoise,
    pub grid: &'a Grid,
    pub strip: &'a Strip,
    /// What silver does behind the tip.
    pub silver: [f64; N],
    pub points: Points,
    /// Farthest from its end that is looked at [pixels], behind and beyond it.
    pub length: f64,
    pub beyond: f64,
    /// Half of the widest outline [pixels].
    pub most: f64,
    /// Background beside the outline that is looked at [pixels].
    pub beside: f64,
}

/// A cone that ends in a ball.
struct Cone {
    slope: f64,
    radius: f64,
    /// Where the ball ends and the cone begins, from the tip.
    touch: f64,
    /// How far before the tip the cone's apex lies, and how that changes with the logarithm of the slope.
    apex: f64,
    by_slope: f64,
}

impl Cone {
    fn new(slope: f64, radius: f64) -> Cone {
        let tan = 0.5 * slope;
        let sin = tan / (1.0 + tan * tan).sqrt();
        Cone { slope, radius, touch: radius * (1.0 - sin), apex: radius * (1.0 / sin - 1.0), by_slope: -radius * (1.0 - sin * sin) / sin }
    }

    /// Width at `x` behind the tip, and its derivatives by x and by the logarithm of the slope.
    fn width(&self, x: f64) -> (f64, f64, f64) {
        if x < self.touch {
            let half = (x * (2.0 * self.radius - x)).max(1e-4 * self.radius * self.radius).sqrt();
            return (2.0 * half, 2.0 * (self.radius - x) / half, 0.0);
        }
        let w = self.slope * (x + self.apex);
        (w, self.slope, w + self.slope * self.by_slope)
    }
}

impl TipFit<'_> {
    /// Fits a tip whose end has a `radius` [pixels], from a first guess of end, slope and middle. Cells are looked at within a cone of slope
    /// `opening` that begins at `used`: the same for fits that are compared.
    pub fn fit(&self, used: f64, opening: f64, guess: [f64; 3], radius: f64) -> Option<Tip> {
        let mut p = [guess[0], guess[1].clamp(0.05, 5.0).ln(), guess[2], 0.0, self.silver[LEVEL]];
        let sign = if self.points == Points::Right { -1.0 } else { 1.0 };
        // What is known before: the middle runs along the axis, and the background is that of the bins behind.
        let known: [(f64, f64); M] =
            [(0.0, 0.0), (0.0, 1.0), (0.0, 0.0), (0.0, 0.15f64.powi(-2)), (self.silver[LEVEL], (0.03 * self.silver[LEVEL]).powi(-2))];
        let mut ray_p = self.silver;
        ray_p[SLOPE] = 0.0;
        // Which cells are used is settled by the start, so that the sum's meaning does not change while it is minimised.
        let cells_used: Vec<usize> = (0..self.grid.bins)
            .filter(|&b| {
                let x = sign * (self.grid.along(b as f64) - used);
                x > -self.beyond && x < self.length
            })
            .collect();
        if cells_used.len() < 8 {
            return None;
        }
        for iteration in 0..15 {
            let (mut h, mut g, mut chi2) = ([[0.0; M]; M], [0.0; M], 0.0);
            let cone = Cone::new(p[1].exp(), radius);
            for &b in &cells_used {
                let u = self.grid.along(b as f64);
                // Three places along the bin, blurred: the width and its derivatives.
                let spread = (self.optics.blur / 3f64.sqrt()).hypot(self.grid.bin as f64 / 12f64.sqrt()) * 1.224_744_871;
                let parts: [(f64, [f64; 2]); 3] = std::array::from_fn(|i| {
                    let x = sign * (u + (i as f64 - 1.0) * spread - p[0]);
                    if x <= 0.0 {
                        return (0.0, [0.0; 2]);
                    }
                    let (w, by_x, by_slope) = cone.width(x);
                    (w, [-sign * by_x, by_slope])
                });
                // Away from the end the width is straight over a bin.
                let near = sign * (u - p[0]) < 2.0 * radius + 4.0 * spread;
                let (places, share) = if near { (&parts[..], 1.0 / parts.len() as f64) } else { (&parts[1..2], 1.0) };
                let middle = p[2] + p[3] * (u - p[0]);
                let cells = self.strip.cells.get(b * self.grid.rows..(b + 1) * self.grid.rows)?;
                // The outline at the guess, and some background: the same rows whatever is tried.
                let half = (0.5 * opening * (sign * (u - used)).max(0.0)).min(self.most) + self.beside;
                let rows = |v: f64| (v - self.grid.across(0)).clamp(0.0, self.grid.rows as f64) as usize;
                for r in rows(guess[2] - half)..rows(guess[2] + half) {
                    let (v, cell) = (self.grid.across(r), cells[r]);
                    if !cell.is_finite() {
                        continue;
                    }
                    ray_p[LEVEL] = p[4];
                    ray_p[CENTRE] = middle;
                    let (mut counts, mut gradient) = (0.0, [0.0; M]);
                    for (w, by) in places {
                        ray_p[WIDTH] = *w;
                        let ray = self.optics.ray(v, &ray_p);
                        counts += ray.counts * share;
                        let dw = ray.gradient[WIDTH] * share;
                        let dc = ray.gradient[CENTRE] * share;
                        gradient[0] += dw * by[0] - dc * p[3];
                        gradient[1] += dw * by[1];
                        gradient[2] += dc;
                        gradient[3] += dc * (u - p[0]);
                        gradient[4] += ray.gradient[LEVEL] * share;
                    }
                    let lost = p[4] - counts;
                    let weight = 1.0 / (self.noise.variance(counts) + (MODEL * lost).powi(2));
                    let residual = f64::from(cell) - self.noise.black - counts;
                    let z = residual * residual * weight;
                    let weight = if z > 16.0 { weight * 4.0 / z.sqrt() } else { weight };
                    // With the variance's own term: it depends on the model.
                    chi2 += weight * residual * residual - weight.ln();
                    for j in 0..M {
                        g[j] += weight * gradient[j] * residual;
                        for k in 0..=j {
                            h[j][k] += weight * gradient[j] * gradient[k];
                        }
                    }
                }
            }
            for k in 0..M {
                g[k] -= known[k].1 * (p[k] - known[k].0);
                h[k][k] = h[k][k] * (1.0 + 1e-9) + known[k].1 + 1e-9;
            }
            let factor = cholesky::factor(&h)?;
            let step = cholesky::solve(&factor, &g);
            if !step.iter().all(|s| s.is_finite()) {
                return None;
            }
            let scale = (4.0 / step[0].abs().max(1e-9)).min(0.5 / step[1].abs().max(1e-9)).min(1.0);
            for k in 0..M {
                p[k] += scale * step[k];
            }
            p[1] = p[1].clamp(-4.0, 2.5);
            if (p[0] - used).abs() > self.length {
                return None;
            }
            if (step[0].abs() < 0.02 && scale == 1.0) || iteration == 14 {
                let (g, variance) = (p[1].exp(), cholesky::variances(&factor));
                return Some(Tip {
                    end: Measurement::new(p[0], variance[0].sqrt()),
                    slope: Measurement::new(g, g * variance[1].sqrt()),
                    middle: [p[2], p[3]],
                    chi2,
                });
            }
        }
        None
    }
}
