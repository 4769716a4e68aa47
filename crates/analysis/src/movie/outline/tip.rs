//! The end of a piece of wire at a gap: a cone with a round end, fitted to the image through the camera's blur.
//!
//! The width grows from the tip as w² = g² x² + 2 p x: a cone of slope g whose end has the radius p/4, all between a cone and a paraboloid.
//! What the silver does to the beam is taken from the bins behind the tip.

use super::fit::CellNoise;
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

/// A fitted tip; lengths in pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tip {
    /// Where it ends, along the axis.
    pub end: Measurement,
    /// How far it would end elsewhere if it were a sharp cone or quite round instead: half of that spread.
    pub systematic: f64,
    /// Slope of the width.
    pub slope: Measurement,
    /// Radius of its end.
    pub radius: Measurement,
    /// Middle of the outline at its end, and its slope.
    pub middle: [f64; 2],
}

/// Parameters: end, ln of the slope, p, middle at the end, slope of the middle, background.
const M: usize = 6;
/// Part of the attenuation by which the model may be wrong, as in the bins.
const MODEL: f64 = 0.08;

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
    /// Half of the rows looked at.
    pub reach: f64,
}

/// A shape that is held while fitting.
#[derive(Clone, Copy, PartialEq)]
enum Hold {
    Nothing,
    Cone,
}

impl TipFit<'_> {
    /// Fits from a first guess of end, slope and middle.
    pub fn fit(&self, end: f64, slope: f64, middle: f64) -> Option<Tip> {
        let start = [end, slope.clamp(0.05, 5.0).ln(), 4.0, middle, 0.0, self.silver[LEVEL]];
        let (p, variance) = self.solve(start, Hold::Nothing)?;
        let cone = self.solve(p, Hold::Cone);
        let systematic = cone.map_or(0.0, |(c, _)| 0.5 * (c[0] - p[0]).abs());
        let g = p[1].exp();
        Some(Tip {
            end: Measurement::new(p[0], variance[0].sqrt()),
            systematic,
            slope: Measurement::new(g, g * variance[1].sqrt()),
            radius: Measurement::new(0.25 * p[2], 0.25 * variance[2].sqrt()),
            middle: [p[3], p[4]],
        })
    }

    fn solve(&self, start: [f64; M], hold: Hold) -> Option<([f64; M], [f64; M])> {
        let mut p = start;
        if hold == Hold::Cone {
            p[2] = 0.0;
        }
        let sign = if self.points == Points::Right { -1.0 } else { 1.0 };
        // The end's radius is some nm, or it is no tip: 12 pixels of p are a radius of 3.
        let known: [(f64, f64); M] = [(0.0, 0.0), (0.0, 1.0f64.powi(-2)), (0.0, 24f64.powi(-2)), (0.0, 0.0), (0.0, 0.15f64.powi(-2)), (self.silver[LEVEL], (0.03 * self.silver[LEVEL]).powi(-2))];
        let mut ray_p = self.silver;
        ray_p[SLOPE] = 0.0;
        // Which cells are used is settled by the start, so that the sum's meaning does not change while it is minimised.
        let first = start[0];
        let used: Vec<usize> = (0..self.grid.bins)
            .filter(|&b| {
                let x = sign * (self.grid.along(b as f64) - first);
                x > -self.beyond && x < self.length
            })
            .collect();
        if used.len() < 8 {
            return None;
        }
        let sub = 3;
        for round in 0..15 {
            let (mut h, mut g) = ([[0.0; M]; M], [0.0; M]);
            let slope = p[1].exp();
            for &b in &used {
                let u = self.grid.along(b as f64);
                // Three places along the bin, blurred: the width and its derivatives.
                let spread = (self.optics.blur / 3f64.sqrt()).hypot(self.grid.bin as f64 / 12f64.sqrt()) * 1.224_744_871;
                let parts: [(f64, f64, [f64; 3]); 3] = std::array::from_fn(|i| {
                    let x = sign * (u + (i as f64 - 1.0) * spread - p[0]);
                    if x <= 0.0 {
                        return (0.0, x, [0.0; 3]);
                    }
                    let w = (slope * slope * x * x + 2.0 * p[2] * x).sqrt().max(1e-6);
                    let by_x = (slope * slope * x + p[2]) / w;
                    (w, x, [-sign * by_x, slope * slope * x * x / w, x / w])
                });
                let middle = p[3] + p[4] * (u - p[0]);
                let cells = self.strip.cells.get(b * self.grid.rows..(b + 1) * self.grid.rows)?;
                for (r, cell) in cells.iter().enumerate() {
                    let v = self.grid.across(r);
                    if !cell.is_finite() || (v - middle).abs() > self.reach {
                        continue;
                    }
                    ray_p[LEVEL] = p[5];
                    ray_p[CENTRE] = middle;
                    let (mut counts, mut gradient) = (0.0, [0.0; M]);
                    for (w, _, by) in &parts {
                        ray_p[WIDTH] = *w;
                        let ray = self.optics.ray(v, &ray_p);
                        counts += ray.counts / sub as f64;
                        let dw = ray.gradient[WIDTH] / sub as f64;
                        let dc = ray.gradient[CENTRE] / sub as f64;
                        gradient[0] += dw * by[0] - dc * p[4];
                        gradient[1] += dw * by[1];
                        gradient[2] += dw * by[2];
                        gradient[3] += dc;
                        gradient[4] += dc * (u - p[0]);
                        gradient[5] += ray.gradient[LEVEL] / sub as f64;
                    }
                    let lost = p[5] - counts;
                    let weight = 1.0 / (self.noise.variance(counts) + (MODEL * lost).powi(2));
                    let residual = f64::from(*cell) - self.noise.black - counts;
                    let z = residual * residual * weight;
                    let weight = if z > 16.0 { weight * 4.0 / z.sqrt() } else { weight };
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
            if hold == Hold::Cone {
                g[2] = 0.0;
                h[2] = [0.0; M];
                h[2][2] = 1.0;
                for row in h.iter_mut().skip(3) {
                    row[2] = 0.0;
                }
            }
            let (step, variance) = invert(&h, &g)?;
            if !step.iter().all(|s| s.is_finite()) {
                return None;
            }
            let scale = (4.0 / step[0].abs().max(1e-9)).min(0.5 / step[1].abs().max(1e-9)).min(1.0);
            for k in 0..M {
                p[k] += scale * step[k];
            }
            p[2] = p[2].clamp(0.0, 400.0);
            p[1] = p[1].clamp(-4.0, 3.0);
            if (p[0] - first).abs() > self.length {
                return None;
            }
            if (step[0].abs() < 0.05 && scale == 1.0) || round == 14 {
                return Some((p, variance));
            }
        }
        None
    }
}

/// Solution and diagonal of the inverse of a symmetric positive matrix given by its lower half.
fn invert(h: &[[f64; M]; M], g: &[f64; M]) -> Option<([f64; M], [f64; M])> {
    let mut l = [[0.0; M]; M];
    for j in 0..M {
        for k in 0..=j {
            let sum: f64 = (0..k).map(|i| l[j][i] * l[k][i]).sum();
            if j == k {
                let d = h[j][j] - sum;
                if !(d > 0.0 && d.is_finite()) {
                    return None;
                }
                l[j][j] = d.sqrt();
            } else {
                l[j][k] = (h[j][k] - sum) / l[k][k];
            }
        }
    }
    let solve = |b: &[f64; M]| {
        let mut y = *b;
        for j in 0..M {
            let sum: f64 = (0..j).map(|k| l[j][k] * y[k]).sum();
            y[j] = (y[j] - sum) / l[j][j];
        }
        for j in (0..M).rev() {
            let sum: f64 = (j + 1..M).map(|k| l[k][j] * y[k]).sum();
            y[j] = (y[j] - sum) / l[j][j];
        }
        y
    };
    let variance = std::array::from_fn(|k| {
        let mut unit = [0.0; M];
        unit[k] = 1.0;
        solve(&unit)[k]
    });
    Some((solve(g), variance))
}
