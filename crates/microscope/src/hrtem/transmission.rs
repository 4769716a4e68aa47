//! What one slice does to the wave: exp(iσV), kept within the band limit.
//!
//! Two slices at a time are the real and the imaginary part of one transform. The potential is exact to Nyquist's frequency; the limit of
//! 2/3 is put on exp(iσV), so that its product with the wave does not alias.

use super::element::debye_waller_at;
use super::grid::{Grid, band_limit, frequency};
use super::passes::{Line, Rows, STRIP, filter_columns, gather, strips};
use super::radiation::Radiation;
use super::settings::HighResolution;
use super::slices::Slices;
use super::spread::{FINER, Spread, bump_spectrum};
use crate::transfer::fast_length;
use rayon::prelude::*;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex32;

/// Slices to be made: the numbers of one or two.
pub type Pair = [Option<usize>; 2];

/// Makes transmissions.
pub struct Transmissions {
    size: [usize; 2],
    lines: [Line; 2],
    band: Vec<usize>,
    /// Band limit over the number of pixels, column by column of the band.
    limit: Vec<f32>,
    grid: Grid,
    fine: [Line; 2],
    spread: Spread,
    /// Entries of a fine row that are frequencies of the cell.
    wanted: Vec<usize>,
    /// Phase per atom at each frequency, over the bump's spectrum; per element, column by column.
    forms: Vec<Vec<f32>>,
    laid: Vec<Complex32>,
    spectrum: Vec<Complex32>,
    strips: [Vec<Complex32>; 2],
    columns: Vec<Complex32>,
}

impl Transmissions {
    pub fn new(grid: &Grid, slices: &Slices, temperature: f64, radiation: &Radiation, settings: &HighResolution) -> Transmissions {
        let size = grid.size;
        let mut planner = FftPlanner::new();
        let lines = size.map(|n| Line::new(n, &mut planner));
        let fine_size = size.map(|n| fast_length((n as f64 * FINER).ceil() as usize));
        let fine = fine_size.map(|n| Line::new(n, &mut planner));
        let band = grid.band();
        let pixels = (size[0] * size[1]) as f64;
        let mut limit = Vec::with_capacity(band.len() * size[1]);
        for i in &band {
            let fx = grid.cycles(*i, 0);
            limit.extend((0..size[1]).map(|j| (band_limit(fx.hypot(grid.cycles(j, 1))) / pixels) as f32));
        }
        let bumps: [Vec<f64>; 2] =
            [0, 1].map(|k| (0..size[k]).map(|i| bump_spectrum(frequency(i, size[k]) / fine_size[k] as f64)).collect());
        let cell = pixels * grid.window.pixel * grid.window.pixel;
        let forms = slices.layers.iter().map(|layer| {
            let room = if layer.element == super::Element::Silver { settings.debye_waller } else { layer.element.debye_waller() };
            let b = debye_waller_at(room, temperature);
            let mut form = vec![0f32; size[0] * size[1]];
            form.par_chunks_exact_mut(size[1]).enumerate().for_each(|(i, column)| {
                let kx = grid.cycles(i, 0) / grid.window.pixel;
                for (j, value) in column.iter_mut().enumerate() {
                    let k = kx.hypot(grid.cycles(j, 1) / grid.window.pixel);
                    let phase = radiation.interaction * layer.element.projected(k) * (-0.25 * b * k * k).exp() / cell;
                    *value = (phase / (bumps[0][i] * bumps[1][j])) as f32;
                }
            });
            form
        });
        let forms = forms.collect();
        let zero = Complex32::default();
        Transmissions {
            size,
            grid: grid.clone(),
            band: band.clone(),
            limit,
            spread: Spread::new(fine_size),
            wanted: (0..size[0]).map(|i| if 2 * i < size[0] { i } else { fine_size[0] + i - size[0] }).collect(),
            forms,
            laid: vec![zero; strips(fine_size[1]) * size[0] * STRIP],
            spectrum: vec![zero; size[0] * size[1]],
            strips: [0, 1].map(|_| vec![zero; strips(size[1]) * band.len() * STRIP]),
            columns: vec![zero; band.len() * size[1]],
            lines,
            fine,
        }
    }

    /// Bytes that this and the transmissions of a step take for a cell.
    pub fn bytes(size: [usize; 2], elements: usize) -> usize {
        let n = (size[0] * size[1]) as f64;
        let fine = FINER * FINER + FINER;
        (n * (8.0 * (fine + 1.0 + 3.0 * 0.67) + 4.0 * (elements as f64 + 0.67))) as usize
    }

    /// The phases σV of two slices, as real and imaginary part of rows, are left in mixed form: rows still to be transformed back.
    fn potential(&mut self, slices: &Slices, pair: Pair) {
        let [width, height] = self.size;
        let [across, down] = &self.fine;
        let last = slices.layers.len() - 1;
        for (s, layer) in slices.layers.iter().enumerate() {
            self.spread.clear();
            let scale = [0, 1].map(|k| self.fine[k].length as f64 / self.size[k] as f64);
            for (slice, weight) in pair.iter().zip([Complex32::new(1.0, 0.0), Complex32::new(0.0, 1.0)]) {
                for place in slice.map_or(&[][..], |k| layer.places(k)) {
                    self.spread.add([place[0] * scale[0], place[1] * scale[1]], weight * self.grid.weight(*place) as f32);
                }
            }
            let (spread, wanted) = (&self.spread, &self.wanted);
            self.laid.par_chunks_exact_mut(width * STRIP).enumerate().for_each_init(
                || Rows::new(across),
                |rows, (b, strip)| {
                    let first = b * STRIP;
                    let many = (down.length - first).min(STRIP);
                    if (first..first + many).any(|y| spread.touched(y)) {
                        for r in 0..many {
                            rows.row(r).copy_from_slice(&spread.values[(first + r) * across.length..][..across.length]);
                        }
                        rows.forward(across, many);
                        rows.store(wanted, strip);
                    } else {
                        strip.fill(Complex32::default());
                    }
                },
            );
            let (laid, form, upright) = (&self.laid, &self.forms[s], &self.lines[1]);
            self.spectrum.par_chunks_exact_mut(height).enumerate().for_each_init(
                || (vec![Complex32::default(); down.length], down.scratch(), upright.scratch()),
                |(column, scratch, back), (c, out)| {
                    gather(laid, width, c, column);
                    down.forward.process_with_scratch(column, scratch);
                    let form = &form[c * height..(c + 1) * height];
                    let half = height.div_ceil(2);
                    let (low, high) = column.split_at(half);
                    let high = &high[high.len() - (height - half)..];
                    for ((o, value), f) in out.iter_mut().zip(low.iter().chain(high)).zip(form) {
                        let value = value * f;
                        *o = if s == 0 { value } else { *o + value };
                    }
                    if s == last {
                        upright.inverse.process_with_scratch(out, back);
                    }
                },
            );
        }
    }

    /// The phases σV of a slice [rad], row by row.
    pub fn phases(&mut self, slices: &Slices, slice: usize) -> Vec<f32> {
        self.potential(slices, [Some(slice), None]);
        let all: Vec<usize> = (0..self.size[0]).collect();
        let mut rows = Rows::new(&self.lines[0]);
        let mut out = Vec::with_capacity(self.size[0] * self.size[1]);
        for y in 0..self.size[1] {
            rows.inverse(&self.lines[0], &self.spectrum, self.size[1], &all, y, 1);
            out.extend(rows.row(0).iter().map(|v| v.re));
        }
        out
    }

    /// The transmissions of one or two slices, row by row.
    pub fn make(&mut self, slices: &Slices, pair: Pair, out: [&mut Vec<Complex32>; 2]) {
        self.potential(slices, pair);
        let [width, height] = self.size;
        let [across, down] = &self.lines;
        let all: Vec<usize> = (0..width).collect();
        let (spectrum, band) = (&self.spectrum, &self.band);
        let [first, second] = &mut self.strips;
        let chunk = band.len() * STRIP;
        first.par_chunks_exact_mut(chunk).zip(second.par_chunks_exact_mut(chunk)).enumerate().for_each_init(
            || [Rows::new(across), Rows::new(across)],
            |[rows, other], (b, (first, second))| {
                let many = (height - b * STRIP).min(STRIP);
                rows.inverse(across, spectrum, height, &all, b * STRIP, many);
                for r in 0..many {
                    if pair[1].is_some() {
                        for (to, from) in other.row(r).iter_mut().zip(rows.row(r).iter()) {
                            *to = turn(from.im);
                        }
                    }
                    for value in rows.row(r) {
                        *value = turn(value.re);
                    }
                }
                rows.forward(across, many);
                rows.store(band, first);
                if pair[1].is_some() {
                    other.forward(across, many);
                    other.store(band, second);
                }
            },
        );
        let (columns, limit) = (&mut self.columns, &self.limit);
        for ((slice, strips), out) in pair.iter().zip(&self.strips).zip(out) {
            if slice.is_none() {
                continue;
            }
            filter_columns(strips, columns, down, &|c, column| {
                for (value, l) in column.iter_mut().zip(&limit[c * height..]) {
                    *value *= l;
                }
            });
            out.resize(width * height, Complex32::default());
            out.par_chunks_mut(width * STRIP).enumerate().for_each_init(
                || Rows::new(across),
                |rows, (b, out)| {
                    let many = out.len() / width;
                    rows.inverse(across, columns, height, band, b * STRIP, many);
                    for (r, out) in out.chunks_exact_mut(width).enumerate() {
                        out.copy_from_slice(rows.row(r));
                    }
                },
            );
        }
    }
}

/// exp(i x) to 2e-7, for |x| up to 1e4.
#[inline]
fn turn(x: f32) -> Complex32 {
    // To the nearest quarter turn in two parts (Cody & Waite), then Taylor's series of a rest of at most π/4.
    let q = crate::fast::whole(x * std::f32::consts::FRAC_2_PI);
    let r = (x - q * 1.570_312_5) - q * 4.838_268e-4;
    let r2 = r * r;
    let s = r * (1.0 + r2 * (-1.0 / 6.0 + r2 * (1.0 / 120.0 - r2 * (1.0 / 5040.0))));
    let c = 1.0 + r2 * (-0.5 + r2 * (1.0 / 24.0 + r2 * (-1.0 / 720.0 + r2 * (1.0 / 40320.0))));
    let n = q as i32;
    let (re, im) = if n & 1 == 0 { (c, s) } else { (s, c) };
    let re = f32::from_bits(re.to_bits() ^ ((((n + 1) & 2) as u32) << 30));
    let im = f32::from_bits(im.to_bits() ^ (((n & 2) as u32) << 30));
    Complex32::new(re, im)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_the_exponential() {
        for k in -200_000..200_000 {
            let x = k as f32 * 1.3e-4;
            let (s, c) = f64::from(x).sin_cos();
            let t = turn(x);
            assert!((f64::from(t.re) - c).abs() < 4e-7 && (f64::from(t.im) - s).abs() < 4e-7, "{x} {t}");
        }
    }
}
