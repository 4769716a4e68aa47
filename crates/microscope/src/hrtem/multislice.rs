//! Multislice: the wave through the specimen, slice by slice (Cowley & Moodie 1957; Kirkland's book).

use super::element::Element;
use super::error::HighResolutionError;
use super::grid::{Grid, Window, band_limit};
use super::passes::{Line, Rows, STRIP, filter_columns, strips};
use super::radiation::Radiation;
use super::settings::HighResolution;
use super::slices::Slices;
use super::transmission::Transmissions;
use super::wave::Wave;
use rayon::prelude::*;
use rustfft::FftPlanner;
use rustfft::num_complex::{Complex32, Complex64};

/// Transmissions kept for slices that come again.
const KEPT: usize = 4;
/// Slices that are looked ahead for a second one to be made in the same transform.
const AHEAD: usize = 8;

/// The atoms of one element.
#[derive(Clone, Copy, Debug)]
pub struct Species<'a> {
    /// Which element.
    pub element: Element,
    /// Positions [m]: x and y in the image plane, z along the beam.
    pub positions: &'a [[f64; 3]],
}

/// The wave that leaves a specimen of one element, for a plane wave of amplitude 1 that enters.
///
/// `atoms`: positions [m], x and y in the image plane, z along the beam, thermal expansion included. Those beyond the window and its margin
/// are left out (without a margin: wrapped into it). Slices of equal thickness run from the first atom to the last; the wave is that
/// behind the last slice. `temperature` [K] sets the Debye–Waller factor.
///
/// # Errors
/// No atoms, no pixels, sampling too coarse, positions that are no numbers, too much memory, a temperature above melting.
pub fn exit_wave(
    atoms: &[[f64; 3]],
    element: Element,
    temperature: f64,
    window: &Window,
    settings: &HighResolution,
) -> Result<Wave, HighResolutionError> {
    exit_wave_through(&[Species { element, positions: atoms }], temperature, window, settings, None)
}

/// As [`exit_wave`] for several elements, and with the z of entrance and exit [m] given or not.
///
/// # Errors
/// As [`exit_wave`]; atoms outside the depth given.
pub fn exit_wave_through(
    species: &[Species],
    temperature: f64,
    window: &Window,
    settings: &HighResolution,
    depth: Option<[f64; 2]>,
) -> Result<Wave, HighResolutionError> {
    let (grid, slices, radiation) = prepare(species, temperature, window, settings, depth)?;
    let mut transmissions = Transmissions::new(&grid, &slices, temperature, &radiation, settings);
    let mut run = Run::new(&grid, slices.thickness, &radiation, settings);
    let mut kept: Vec<(u64, Vec<Complex32>)> = Vec::new();
    for k in 0..slices.count {
        let sign = slices.signs[k];
        if sign == 0 {
            run.through_vacuum();
            continue;
        }
        if !kept.iter().any(|(s, _)| *s == sign) {
            // Space is taken over from what is not needed any more, or last.
            let mut space = [room(&mut kept, &slices.signs[k..], KEPT - 1), Vec::new()];
            let known = |s: u64| s == 0 || s == sign || kept.iter().any(|(have, _)| *have == s);
            let second = (k + 1..slices.count.min(k + 1 + AHEAD)).find(|j| !known(slices.signs[*j]));
            if second.is_some() {
                space[1] = room(&mut kept, &slices.signs[k..], KEPT - 2);
            }
            let [a, b] = &mut space;
            transmissions.make(&slices, [Some(k), second], [a, b]);
            let [a, b] = space;
            kept.push((sign, a));
            if let Some(j) = second {
                kept.push((slices.signs[j], b));
            }
        }
        if let Some((_, transmission)) = kept.iter().find(|(s, _)| *s == sign) {
            run.through(transmission);
        }
    }
    Ok(Wave::new(run.rows(), grid, radiation))
}

/// The potential of all atoms projected along the beam [V m], over the window, as the slices use it: exact to Nyquist's frequency and with
/// the Debye–Waller factor.
///
/// # Errors
/// As [`exit_wave`].
pub fn projected_potential(
    species: &[Species],
    temperature: f64,
    window: &Window,
    settings: &HighResolution,
) -> Result<Vec<f32>, HighResolutionError> {
    let (low, high) =
        species.iter().flat_map(|s| s.positions).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p[2]), high.max(p[2])));
    let one = HighResolution { slice: (high - low).max(1e-9), ..settings.clone() };
    let (grid, slices, radiation) = prepare(species, temperature, window, &one, Some([low, low + one.slice]))?;
    let mut transmissions = Transmissions::new(&grid, &slices, temperature, &radiation, &one);
    let mut phases = transmissions.phases(&slices, 0);
    phases.iter_mut().for_each(|v| *v /= radiation.interaction as f32);
    Ok(grid.crop(&phases))
}

/// Checks, and sorts the atoms.
fn prepare(
    species: &[Species],
    temperature: f64,
    window: &Window,
    settings: &HighResolution,
    depth: Option<[f64; 2]>,
) -> Result<(Grid, Slices, Radiation), HighResolutionError> {
    settings.check()?;
    for s in species {
        let melting = s.element.melting();
        if !(temperature > 0.0 && temperature < melting) {
            return Err(HighResolutionError::Temperature { temperature, element: s.element.name(), melting });
        }
    }
    let grid = Grid::new(window, settings)?;
    let n = grid.size[0] * grid.size[1];
    let needed = (Transmissions::bytes(grid.size, species.len()) + n * 8 * (KEPT + 3)) / 1_000_000 + 1;
    if needed > settings.memory {
        return Err(HighResolutionError::Memory { width: grid.size[0], height: grid.size[1], needed, allowed: settings.memory });
    }
    let slices = Slices::new(species, &grid, settings.slice, depth)?;
    Ok((grid, slices, Radiation::new(settings.voltage)))
}

/// Frees space: of a slice that does not come again, or of the one that comes last if more than `most` are kept.
fn room(kept: &mut Vec<(u64, Vec<Complex32>)>, ahead: &[u64], most: usize) -> Vec<Complex32> {
    let next = |sign: u64| ahead.iter().position(|s| *s == sign).unwrap_or(usize::MAX);
    let last = kept.iter().enumerate().map(|(i, (s, _))| (next(*s), i)).max();
    match last {
        Some((when, i)) if when == usize::MAX || kept.len() > most => kept.swap_remove(i).1,
        _ => Vec::new(),
    }
}

/// A wave on its way, held as columns: transformed along x, not along y.
struct Run {
    size: [usize; 2],
    lines: [Line; 2],
    band: Vec<usize>,
    /// exp(-iπλ dz k²) with the tilt, its part in x and in y.
    free: [Vec<Complex64>; 2],
    /// Their product with the band limit, over the number of pixels.
    propagator: Vec<Complex32>,
    columns: Vec<Complex32>,
    strips: Vec<Complex32>,
}

impl Run {
    fn new(grid: &Grid, dz: f64, radiation: &Radiation, settings: &HighResolution) -> Run {
        let size = grid.size;
        let mut planner = FftPlanner::new();
        let band = grid.band();
        let pixels = (size[0] * size[1]) as f64;
        let per_metre = 1.0 / grid.window.pixel;
        let tilt = [settings.tilt_x.tan(), settings.tilt_y.tan()];
        let turn = |axis: usize, i: usize| {
            let k = grid.cycles(i, axis) * per_metre;
            let turns = -dz * (0.5 * radiation.wavelength * k * k + k * tilt[axis]);
            let (sin, cos) = (std::f64::consts::TAU * turns.fract()).sin_cos();
            Complex64::new(cos, sin)
        };
        let free: [Vec<Complex64>; 2] = [band.iter().map(|i| turn(0, *i)).collect(), (0..size[1]).map(|j| turn(1, j)).collect()];
        let mut propagator = Vec::with_capacity(band.len() * size[1]);
        for (i, x) in band.iter().zip(&free[0]) {
            let fx = grid.cycles(*i, 0);
            propagator.extend(free[1].iter().enumerate().map(|(j, y)| {
                let all = x * y * (band_limit(fx.hypot(grid.cycles(j, 1))) / pixels);
                Complex32::new(all.re as f32, all.im as f32)
            }));
        }
        let mut columns = vec![Complex32::default(); band.len() * size[1]];
        // A plane wave of amplitude 1: all in frequency 0, the first column.
        columns[..size[1]].fill(Complex32::new(1.0, 0.0));
        let strips = vec![Complex32::default(); strips(size[1]) * band.len() * STRIP];
        Run { size, lines: size.map(|n| Line::new(n, &mut planner)), band, free, propagator, columns, strips }
    }

    /// Through a slice: times its transmission, then through its thickness of free space.
    fn through(&mut self, transmission: &[Complex32]) {
        let [width, height] = self.size;
        let (columns, band, line) = (&self.columns, &self.band, &self.lines[0]);
        self.strips.par_chunks_exact_mut(band.len() * STRIP).enumerate().for_each_init(
            || Rows::new(line),
            |rows, (b, strip)| {
                let many = (height - b * STRIP).min(STRIP);
                rows.inverse(line, columns, height, band, b * STRIP, many);
                for r in 0..many {
                    for (value, t) in rows.row(r).iter_mut().zip(&transmission[(b * STRIP + r) * width..]) {
                        *value *= t;
                    }
                }
                rows.forward(line, many);
                rows.store(band, strip);
            },
        );
        let propagator = &self.propagator;
        filter_columns(&self.strips, &mut self.columns, &self.lines[1], &|c, column| {
            for (value, p) in column.iter_mut().zip(&propagator[c * height..]) {
                *value *= p;
            }
        });
    }

    /// Through a slice without atoms. The wave is within the band limit: it is not put on again, for its soft edge would take a little
    /// each time.
    fn through_vacuum(&mut self) {
        let [_, height] = self.size;
        let line = &self.lines[1];
        let along: Vec<Complex32> = self.free[1].iter().map(|y| Complex32::new(y.re as f32, y.im as f32) / height as f32).collect();
        self.columns.par_chunks_exact_mut(height).zip(&self.free[0]).for_each_init(
            || line.scratch(),
            |scratch, (column, x)| {
                let x = Complex32::new(x.re as f32, x.im as f32);
                line.forward.process_with_scratch(column, scratch);
                for (value, y) in column.iter_mut().zip(&along) {
                    *value *= x * y;
                }
                line.inverse.process_with_scratch(column, scratch);
            },
        );
    }

    /// The wave, row by row.
    fn rows(&self) -> Vec<Complex32> {
        let [width, height] = self.size;
        let mut out = vec![Complex32::default(); width * height];
        out.par_chunks_mut(width * STRIP).enumerate().for_each_init(
            || Rows::new(&self.lines[0]),
            |rows, (b, out)| {
                rows.inverse(&self.lines[0], &self.columns, height, &self.band, b * STRIP, out.len() / width);
                for (r, out) in out.chunks_exact_mut(width).enumerate() {
                    out.copy_from_slice(rows.row(r));
                }
            },
        );
        out
    }
}
