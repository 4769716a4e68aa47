//! Power of a windowed patch over frequency.

use super::window::Window;
use realfft::RealFftPlanner;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// Why a patch has no spectrum.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum PatchError {
    /// The sizes do not fit.
    #[error("{counts} counts are not {width} times {height} pixels")]
    Size {
        /// Number of counts given.
        counts: usize,
        /// Pixels along x.
        width: usize,
        /// Pixels along y.
        height: usize,
    },
    /// Too few pixels.
    #[error("a patch needs 16 pixels or more each way, not {0}")]
    Small(usize),
    /// The size of a pixel is not a positive length.
    #[error("the size of a pixel must be a positive length in m, not {0}")]
    Pixel(f64),
    /// Pixels without a number.
    #[error("{0} pixels have no finite number")]
    NotFinite(usize),
    /// Nothing to see.
    #[error("all pixels are equal")]
    Flat,
}

/// A rectangle of an image, row by row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Patch<'a> {
    width: usize,
    height: usize,
    pixel: [f64; 2],
    counts: &'a [f32],
}

impl<'a> Patch<'a> {
    /// A patch of `width` times `height` counts, row by row, with the size of its pixels along x and y [m].
    ///
    /// # Errors
    /// If the sizes do not fit, there are less than 16 pixels one way, the pixel is no positive length, or more than one count in a hundred
    /// is no finite number.
    pub fn new(width: usize, height: usize, pixel: [f64; 2], counts: &'a [f32]) -> Result<Patch<'a>, PatchError> {
        if width.checked_mul(height) != Some(counts.len()) {
            return Err(PatchError::Size { counts: counts.len(), width, height });
        }
        if width.min(height) < 16 {
            return Err(PatchError::Small(width.min(height)));
        }
        if let Some(&bad) = pixel.iter().find(|p| !(**p > 0.0 && p.is_finite())) {
            return Err(PatchError::Pixel(bad));
        }
        let holes = counts.iter().filter(|c| !c.is_finite()).count();
        if holes > counts.len() / 100 {
            return Err(PatchError::NotFinite(holes));
        }
        Ok(Patch { width, height, pixel, counts })
    }
}

/// Power of a patch over frequency, in the variance that one pixel would have if all of the patch were white noise of this power.
#[derive(Clone, Debug)]
pub struct Spectrum {
    size: [usize; 2],
    pixel: [f64; 2],
    window: Window,
    /// Columns of the half plane kx >= 0 one after the other, `size[1]` powers each.
    power: Vec<f32>,
}

impl Spectrum {
    /// Spectrum of a patch, its mean taken away and its edges faded.
    ///
    /// # Errors
    /// If the patch is flat.
    pub fn new(patch: &Patch, window: Window) -> Result<Spectrum, PatchError> {
        let (w, h) = (patch.width, patch.height);
        let finite = || patch.counts.iter().filter(|c| c.is_finite());
        let mean = finite().map(|&c| f64::from(c)).sum::<f64>() / finite().count().max(1) as f64;
        let scale = finite().fold(0f64, |m, &c| m.max((f64::from(c) - mean).abs()));
        if !(scale > 0.0 && scale.is_finite()) {
            return Err(PatchError::Flat);
        }
        let weights = |n| (0..n).map(|i| window.weight(i, n)).collect::<Vec<f64>>();
        let (across, down) = (weights(w), weights(h));
        let half = w / 2 + 1;
        let forward = RealFftPlanner::<f32>::new().plan_fft_forward(w);
        let mut row = forward.make_input_vec();
        let mut line = forward.make_output_vec();
        let mut scratch = forward.make_scratch_vec();
        // Scaled to 1 at most, so that no count is too large for f32; given back in the power.
        let mut columns = vec![Complex::new(0f32, 0.0); half * h];
        // Rows are transposed eight at a time: whole cache lines are written.
        let mut block = vec![Complex::new(0f32, 0.0); half * 8];
        for (group, rows) in patch.counts.chunks(8 * w).enumerate() {
            let n = rows.len() / w;
            for (k, counts) in rows.chunks_exact(w).enumerate() {
                let weight = down[8 * group + k] / scale;
                for ((to, &c), a) in row.iter_mut().zip(counts).zip(&across) {
                    *to = if c.is_finite() { ((f64::from(c) - mean) * weight * a) as f32 } else { 0.0 };
                }
                // Lengths come from the plan itself: this cannot fail.
                let _ = forward.process_with_scratch(&mut row, &mut line, &mut scratch);
                block[k * half..(k + 1) * half].copy_from_slice(&line);
            }
            for (i, column) in columns.chunks_exact_mut(h).enumerate() {
                for k in 0..n {
                    column[8 * group + k] = block[k * half + i];
                }
            }
        }
        let vertical = FftPlanner::<f32>::new().plan_fft_forward(h);
        vertical.process(&mut columns);
        let energy = |w: &[f64]| w.iter().map(|v| v * v).sum::<f64>();
        let unit = scale * scale / (energy(&across) * energy(&down));
        let power = columns.iter().map(|c| (f64::from(c.norm_sqr()) * unit) as f32).collect();
        Ok(Spectrum { size: [w, h], pixel: patch.pixel, window, power })
    }

    /// Step of the frequency along x and y [1/m].
    pub fn step(&self) -> [f64; 2] {
        [0, 1].map(|k| 1.0 / (self.size[k] as f64 * self.pixel[k]))
    }

    /// Pixels of the patch along x and y.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The window that was used.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Power in the bin `kx`, `ky`, each from -n/2 to n/2 (and periodic beyond).
    pub fn power(&self, kx: i64, ky: i64) -> f64 {
        let [w, h] = self.size.map(|n| n as i64);
        let x = kx.rem_euclid(w);
        // Of a real image the half kx < 0 is the other half turned round.
        let (x, y) = if x > w / 2 { (w - x, (-ky).rem_euclid(h)) } else { (x, ky.rem_euclid(h)) };
        self.power.get((x * h + y) as usize).map_or(f64::NAN, |&p| f64::from(p))
    }

    /// The bins of the half plane, one of each pair ±k, with their power: (kx, ky, power).
    pub(crate) fn half_plane(&self) -> impl Iterator<Item = (i64, i64, f32)> + '_ {
        let h = self.size[1];
        self.power.chunks_exact(h).enumerate().flat_map(move |(x, column)| {
            column.iter().enumerate().filter_map(move |(y, &p)| {
                let ky = if y > h / 2 { y as i64 - h as i64 } else { y as i64 };
                (x > 0 || ky > 0).then_some((x as i64, ky, p))
            })
        })
    }
}
