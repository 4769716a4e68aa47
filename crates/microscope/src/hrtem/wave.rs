//! The exit wave, and what is made of it.

use super::grid::{Grid, Window, frequency};
use super::optics::Optics;
use super::passes::{Line, whole_forward, whole_inverse};
use super::pattern::Pattern;
use super::radiation::Radiation;
use rayon::prelude::*;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex32;

/// A wave in the plane behind the specimen; the incident one has amplitude 1.
#[derive(Clone, Debug)]
pub struct Wave {
    values: Vec<Complex32>,
    grid: Grid,
    radiation: Radiation,
}

impl Wave {
    pub(crate) fn new(values: Vec<Complex32>, grid: Grid, radiation: Radiation) -> Wave {
        Wave { values, grid, radiation }
    }

    /// The window.
    pub fn window(&self) -> &Window {
        &self.grid.window
    }

    /// Pixels of the simulated cell along x and y, margin included.
    pub fn size(&self) -> [usize; 2] {
        self.grid.size
    }

    /// The electrons.
    pub fn radiation(&self) -> Radiation {
        self.radiation
    }

    /// Mean intensity over the cell, margin included. It falls below 1 by what is scattered beyond the band limit of 1/(3 pixels), and
    /// by nothing else: within the limit the norm is conserved.
    pub fn norm(&self) -> f64 {
        self.values.iter().map(|v| f64::from(v.norm_sqr())).sum::<f64>() / self.values.len() as f64
    }

    /// Amplitudes in the window as [real, imaginary], row by row.
    pub fn amplitudes(&self) -> Vec<[f32; 2]> {
        self.grid.crop(&self.values).iter().map(|v| [v.re, v.im]).collect()
    }

    /// Expected intensity in the image plane over the window, row by row; 1 = incident beam.
    pub fn image(&self, optics: &Optics) -> Vec<f32> {
        let pixels = self.values.len() as f64;
        let seen = self.filtered(|kx, ky| {
            let e = optics.envelope(kx, ky) / pixels;
            let (sin, cos) = optics.phase(kx, ky).sin_cos();
            Complex32::new((e * cos) as f32, (-e * sin) as f32)
        });
        self.grid.crop(&seen).iter().map(|v| v.norm_sqr()).collect()
    }

    /// The wave after a distance of free space [m], negative: before; at most as far as keeps within the cell.
    pub fn propagated(&self, distance: f64) -> Wave {
        let pixels = self.values.len() as f64;
        let values = self.filtered(|kx, ky| {
            let turns = (-0.5 * distance * self.radiation.wavelength * (kx * kx + ky * ky)).fract();
            let (sin, cos) = (std::f64::consts::TAU * turns).sin_cos();
            Complex32::new((cos / pixels) as f32, (sin / pixels) as f32)
        });
        Wave { values, ..self.clone() }
    }

    /// Selected-area diffraction pattern: through a round aperture as wide as the window, its edge softened over a tenth of its radius
    /// (a sharp one would draw rings around each spot).
    pub fn diffraction(&self) -> Pattern {
        let grid = &self.grid;
        let [w, h] = grid.size;
        let radius = 0.5 * grid.window.pixels[0].min(grid.window.pixels[1]) as f64;
        let middle = [0, 1].map(|k| grid.inner[k] as f64 + 0.5 * (grid.window.pixels[k] as f64 - 1.0));
        let aperture = |x: usize, y: usize| {
            let r = (x as f64 - middle[0]).hypot(y as f64 - middle[1]) / radius;
            0.5 * (1.0 + (std::f64::consts::PI * ((r - 0.9) / 0.1).clamp(0.0, 1.0)).cos())
        };
        let mut open = 0.0;
        let mut part = self.values.clone();
        for (y, row) in part.chunks_exact_mut(w).enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                let a = aperture(x, y);
                open += a * a;
                *value *= a as f32;
            }
        }
        let columns = whole_forward(&part, &self.lines());
        let scale = 1.0 / (open * (w * h) as f64);
        let mut intensity = vec![0f32; w * h];
        for (i, column) in columns.chunks_exact(h).enumerate() {
            let x = (frequency(i, w) as isize + (w / 2) as isize) as usize;
            for (j, value) in column.iter().enumerate() {
                let y = (frequency(j, h) as isize + (h / 2) as isize) as usize;
                intensity[y.min(h - 1) * w + x.min(w - 1)] = (f64::from(value.norm_sqr()) * scale) as f32;
            }
        }
        Pattern::new([w, h], [w, h].map(|n| 1.0 / (n as f64 * grid.window.pixel)), intensity, 1.0 / (3.0 * grid.window.pixel))
    }

    fn lines(&self) -> [Line; 2] {
        let mut planner = FftPlanner::new();
        self.grid.size.map(|n| Line::new(n, &mut planner))
    }

    /// The wave with each frequency [1/m] multiplied by a factor, which contains 1/pixels.
    fn filtered(&self, factor: impl Fn(f64, f64) -> Complex32 + Sync) -> Vec<Complex32> {
        let lines = self.lines();
        let grid = &self.grid;
        let mut columns = whole_forward(&self.values, &lines);
        columns.par_chunks_exact_mut(grid.size[1]).enumerate().for_each(|(i, column)| {
            let kx = grid.cycles(i, 0) / grid.window.pixel;
            for (j, value) in column.iter_mut().enumerate() {
                *value *= factor(kx, grid.cycles(j, 1) / grid.window.pixel);
            }
        });
        whole_inverse(columns, &lines)
    }
}
