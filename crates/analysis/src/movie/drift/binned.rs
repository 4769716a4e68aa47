//! The frame that the drift is followed on: binned, without its slow background, low-passed, with the wire's band left out.

use super::super::image::{Axis, Image};

/// Standard deviation of the low pass [binned pixels]: the film's texture below 0.035 cycles per pixel at fourfold binning passes.
const LOW_PASS: f64 = 1.2;
/// Reach of the low pass [binned pixels]; pixels as near as this to a border or the band are not used.
const REACH: usize = 3;
/// Side of a cell of the background's grid [binned pixels].
const CELL: usize = 4;
/// Standard deviation of the background's blur [cells]: structure above 0.006 cycles per pixel at fourfold binning is kept.
const BACKGROUND: f64 = 1.6;

/// A prepared frame; all maps have `width` times `height` binned pixels.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Departure from the background, low-passed, in units of the frame's typical background.
    pub(super) values: Vec<f32>,
    /// Local mean of the counts, in the same units: what shot noise is proportional to.
    pub(super) level: Vec<f32>,
    /// 1 where the values may be used, else 0.
    pub(super) valid: Vec<f32>,
    /// Variance of a value at level 1, guessed from differences of neighbours.
    pub(super) noise: f64,
}

/// How many pixels make one binned pixel: four at 1024, eight at 4096. Small images are binned less, down to a side of 256.
pub(super) fn factor(size: [usize; 2]) -> usize {
    let side = size[0].max(size[1]) as f64 / 1024.0;
    ((4.0 * if side > 1.0 { side.sqrt() } else { side }).round() as usize).max(1)
}

/// Sums over blocks of `n` by `n` pixels; what does not fill a block at the right and lower border is left out.
pub(super) fn bin(image: &Image, n: usize, sums: &mut Vec<f32>, columns: &mut Vec<u32>) {
    let (width, height) = (image.width() / n, image.height() / n);
    sums.clear();
    sums.reserve(width * height);
    columns.clear();
    columns.resize(width * n, 0);
    for j in 0..height {
        for k in 0..n {
            let row = image.row(j * n + k);
            if k == 0 {
                columns.iter_mut().zip(row).for_each(|(sum, &c)| *sum = u32::from(c));
            } else {
                columns.iter_mut().zip(row).for_each(|(sum, &c)| *sum += u32::from(c));
            }
        }
        match n {
            4 => sums.extend(columns.chunks_exact(4).map(|c| c.iter().sum::<u32>() as f32)),
            8 => sums.extend(columns.chunks_exact(8).map(|c| c.iter().sum::<u32>() as f32)),
            _ => sums.extend(columns.chunks_exact(n).map(|c| c.iter().sum::<u32>() as f32)),
        }
    }
}

/// Weights of the low pass, from -REACH to REACH.
fn low_pass() -> [f32; 2 * REACH + 1] {
    let w: [f64; 2 * REACH + 1] = std::array::from_fn(|k| (-0.5 * ((k as f64 - REACH as f64) / LOW_PASS).powi(2)).exp());
    let sum: f64 = w.iter().sum();
    w.map(|x| (x / sum) as f32)
}

/// Variance that white noise of variance 1 keeps through the low pass.
pub(super) fn noise_gain() -> f64 {
    low_pass().iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().powi(2)
}

/// Variance of the gradient (as [`super::reference`] takes it) over that of the value, for white noise through the low pass.
pub(super) fn gradient_gain() -> f64 {
    let w = low_pass();
    let at = |k: isize| usize::try_from(k).ok().and_then(|k| w.get(k)).map_or(0.0, |&x| f64::from(x));
    let end = (2 * REACH + 3) as isize;
    let gradient: f64 = (-3..end).map(|k| ((8.0 * (at(k + 1) - at(k - 1)) - at(k + 2) + at(k - 2)) / 12.0).powi(2)).sum();
    gradient / w.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>()
}

/// Low-pass of a map, zero beyond its borders.
pub(super) fn blur(map: &mut [f32], width: usize, height: usize, scratch: &mut Vec<f32>) {
    let w = low_pass();
    let mut padded = vec![0.0f32; width + 2 * REACH];
    for row in map.chunks_exact_mut(width) {
        padded[REACH..REACH + width].copy_from_slice(row);
        let p = &padded[..];
        for (out, s) in row.iter_mut().zip(p.windows(7)) {
            *out = w[3] * s[3] + w[2] * (s[2] + s[4]) + w[1] * (s[1] + s[5]) + w[0] * (s[0] + s[6]);
        }
    }
    scratch.clear();
    scratch.extend_from_slice(map);
    for j in 0..height {
        let out = &mut map[j * width..(j + 1) * width];
        out.iter_mut().for_each(|x| *x *= w[REACH]);
        for k in 1..=REACH {
            for row in [j.checked_sub(k), Some(j + k).filter(|&r| r < height)].into_iter().flatten() {
                let weight = w[REACH - k];
                out.iter_mut().zip(&scratch[row * width..(row + 1) * width]).for_each(|(x, &s)| *x += weight * s);
            }
        }
    }
}

/// Prepares the binned sums of a frame; `hidden` is the band to leave out, its half-width in pixels of the frame. None for a frame that is
/// too small or dark everywhere.
pub(super) fn prepare(sums: &[f32], size: [usize; 2], n: usize, hidden: Option<(Axis, f64)>) -> Option<Prepared> {
    let [width, height] = [size[0] / n, size[1] / n];
    if width < 8 * CELL || height < 8 * CELL || sums.len() != width * height {
        return None;
    }
    // 0 in the band, 1 elsewhere; and the same with the reach of the low pass left out too.
    let mut open = vec![1.0f32; width * height];
    let mut valid = vec![0.0f32; width * height];
    for j in REACH..height - REACH {
        valid[j * width + REACH..(j + 1) * width - REACH].fill(1.0);
    }
    if let Some((axis, half)) = hidden
        && half > 0.0
        && axis.angle.is_finite()
        && axis.offset.is_finite()
    {
        let (sin, cos) = axis.angle.sin_cos();
        let bin = n as f64;
        let along = |i: f64| (i + 0.5) * bin - 0.5;
        let (inner, outer) = (half as f32, (half + REACH as f64 * bin) as f32);
        for j in 0..height {
            let y = along(j as f64) - 0.5 * (size[1] as f64 - 1.0);
            let start = (y * cos - (along(0.0) - 0.5 * (size[0] as f64 - 1.0)) * sin - axis.offset) as f32;
            let step = (-sin * bin) as f32;
            let rows = j * width..(j + 1) * width;
            for (i, (o, v)) in open[rows.clone()].iter_mut().zip(&mut valid[rows]).enumerate() {
                let across = (start + step * i as f32).abs();
                *o = if across < inner { 0.0 } else { 1.0 };
                *v = if across < outer { 0.0 } else { *v };
            }
        }
    }
    // Slow background on a coarse grid: blurred counts over blurred openness.
    let (cw, ch) = (width.div_ceil(CELL), height.div_ceil(CELL));
    let mut cells = vec![0.0f32; cw * ch];
    let mut share = vec![0.0f32; cw * ch];
    for j in 0..height {
        let rows = j * width..(j + 1) * width;
        let cell_row = (j / CELL) * cw..(j / CELL + 1) * cw;
        let pieces = sums[rows.clone()].chunks(CELL).zip(open[rows].chunks(CELL));
        for ((s, o), (cell, part)) in pieces.zip(cells[cell_row.clone()].iter_mut().zip(&mut share[cell_row])) {
            for (s, o) in s.iter().zip(o) {
                *cell += s * o;
                *part += o;
            }
        }
    }
    let mut means: Vec<f32> =
        cells.iter().zip(&share).filter(|(_, part)| **part >= 0.5 * (CELL * CELL) as f32).map(|(c, part)| c / part).collect();
    if means.is_empty() {
        return None;
    }
    let middle = means.len() / 2;
    let typical = *means.select_nth_unstable_by(middle, f32::total_cmp).1;
    if !(typical > 0.0) {
        return None;
    }
    blur_cells(&mut cells, cw, ch);
    blur_cells(&mut share, cw, ch);
    for (cell, part) in cells.iter_mut().zip(&share) {
        *cell = if *part > 0.05 { *cell / (*part * typical) } else { f32::NAN };
    }
    fill(&mut cells);
    let mut level = enlarge(&cells, cw, ch, width, height);
    let scale = 1.0 / typical;
    let mut values: Vec<f32> = sums.iter().zip(&level).zip(&open).map(|((s, l), o)| (s * scale - l) * o).collect();
    let noise = difference_noise(&values, &level, &valid, width) * noise_gain();
    blur(&mut values, width, height, &mut Vec::new());
    // Background and departure together are the local mean, which shot noise goes by, at edges too.
    level.iter_mut().zip(&values).for_each(|(l, v)| *l = (*l + v).max(0.0));
    Some(Prepared { width, height, values, level, valid, noise })
}

/// Variance of a binned pixel at level 1 from the mixed second difference of two-by-two blocks, to which slopes and edges along x or y add
/// nothing. The median keeps other edges out.
fn difference_noise(values: &[f32], level: &[f32], valid: &[f32], width: usize) -> f64 {
    let rows = values.len() / width;
    let mut squares = Vec::new();
    for j in (REACH..rows.saturating_sub(REACH + 1)).step_by(3) {
        for i in (REACH..width - REACH - 1).step_by(2) {
            let k = j * width + i;
            if valid[k] > 0.0 && level[k] > 0.0 {
                let d = values[k] - values[k + 1] - values[k + width] + values[k + width + 1];
                squares.push(d * d / level[k]);
            }
        }
    }
    if squares.is_empty() {
        return f64::NAN;
    }
    let middle = squares.len() / 2;
    // The median of a squared normal deviate is 0.4549 of its variance; four pixels enter.
    f64::from(*squares.select_nth_unstable_by(middle, f32::total_cmp).1) / 0.4549 / 4.0
}

/// Blur of the background's grid, zero beyond its borders.
fn blur_cells(map: &mut [f32], width: usize, height: usize) {
    let reach = (3.0 * BACKGROUND).ceil() as usize;
    let weights: Vec<f32> = (0..=reach).map(|k| (-0.5 * (k as f64 / BACKGROUND).powi(2)).exp() as f32).collect();
    let pass = |map: &mut [f32], lines: usize, length: usize, line_step: usize, step: usize| {
        let mut line = vec![0.0f32; length];
        for l in 0..lines {
            line.iter_mut().enumerate().for_each(|(i, x)| *x = map[l * line_step + i * step]);
            for i in 0..length {
                let mut sum = weights[0] * line[i];
                for k in 1..=reach {
                    let both = i.checked_sub(k).map_or(0.0, |i| line[i]) + line.get(i + k).copied().unwrap_or(0.0);
                    sum += weights[k] * both;
                }
                map[l * line_step + i * step] = sum;
            }
        }
    };
    pass(map, height, width, width, 1);
    pass(map, width, height, 1, width);
}

/// Cells without background (deep in a wide band, where nothing is used) get the last one's, so that no NaN spreads.
fn fill(cells: &mut [f32]) {
    let mut last = cells.iter().copied().find(|c| c.is_finite()).unwrap_or(1.0);
    for cell in cells {
        if cell.is_finite() {
            last = *cell;
        } else {
            *cell = last;
        }
    }
}

/// Bilinear interpolation of the grid of cells at the binned pixels.
fn enlarge(cells: &[f32], cw: usize, ch: usize, width: usize, height: usize) -> Vec<f32> {
    let place = |i: usize, count: usize| {
        let x = ((i as f32 + 0.5) / CELL as f32 - 0.5).clamp(0.0, (count - 1) as f32);
        let low = (x as usize).min(count.saturating_sub(2));
        (low, x - low as f32)
    };
    let columns: Vec<(usize, f32)> = (0..width).map(|i| place(i, cw)).collect();
    let mut out = Vec::with_capacity(width * height);
    let mut mixed = vec![0.0f32; cw];
    for j in 0..height {
        let (low, part) = place(j, ch);
        let (upper, lower) = (&cells[low * cw..(low + 1) * cw], &cells[(low + 1) * cw..(low + 2) * cw]);
        mixed.iter_mut().zip(upper.iter().zip(lower)).for_each(|(m, (a, b))| *m = a + part * (b - a));
        out.extend(columns.iter().map(|&(i, t)| mixed[i] + t * (mixed[i + 1] - mixed[i])));
    }
    out
}
