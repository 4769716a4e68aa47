//! What is simulated: the window, the margin around it, its frequencies and the band limit.

use super::error::HighResolutionError;
use super::settings::HighResolution;

/// Most pixels along one side.
const MOST: usize = 16_384;
/// The band limit, 2/3 of Nyquist's frequency: products of two waves within it alias only beyond it (Kirkland's book, section 6.8).
pub const BAND: f64 = 1.0 / 3.0;
/// Width over which the limit falls from 1 to 0 [cycles per pixel], so that the edge does not ring (abTEM's choice).
const TAPER: f64 = 0.01;

/// The part of the image plane that is imaged.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    /// Middle of the window, x and y [m].
    pub centre: [f64; 2],
    /// Pixels along x and y.
    pub pixels: [usize; 2],
    /// Size of a pixel [m].
    pub pixel: f64,
}

impl Window {
    /// The square window of the settings about a centre [m].
    pub fn square(centre: [f64; 2], settings: &HighResolution) -> Window {
        Window { centre, pixels: [settings.pixels; 2], pixel: settings.field / settings.pixels.max(1) as f64 }
    }

    /// Pixels of the window.
    pub fn len(&self) -> usize {
        self.pixels[0] * self.pixels[1]
    }

    /// Whether it has no pixels.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it can be imaged.
    ///
    /// # Errors
    /// No or too many pixels, or a size or place that is no number.
    pub fn check(&self) -> Result<(), HighResolutionError> {
        let [width, height] = self.pixels;
        if [width, height].iter().any(|n| *n == 0 || *n > MOST) {
            return Err(HighResolutionError::Pixels { width, height, most: MOST });
        }
        if !((1e-13..=1e-9).contains(&self.pixel) && self.centre.iter().all(|c| c.abs() < 1.0)) {
            return Err(HighResolutionError::Window { centre: self.centre, pixel: self.pixel });
        }
        Ok(())
    }
}

/// Length over which atoms fade out at the edge of the cell [m].
const FADE: f64 = 0.5e-9;

/// The window with its margin: a periodic cell.
#[derive(Clone, PartialEq, Debug)]
pub struct Grid {
    /// The window inside.
    pub window: Window,
    /// Pixels of the cell along x and y.
    pub size: [usize; 2],
    /// Pixel of the cell that is the window's first one.
    pub inner: [usize; 2],
}

impl Grid {
    /// The cell for a window.
    ///
    /// # Errors
    /// A window that cannot be imaged, sampling too coarse, a margin that makes the cell too large.
    pub fn new(window: &Window, settings: &HighResolution) -> Result<Grid, HighResolutionError> {
        window.check()?;
        // A hair of tolerance: 0.12/3 is not 0.04 in binary.
        if window.pixel * 3.0 > settings.finest * (1.0 + 1e-9) {
            return Err(HighResolutionError::Coarse { pixel: window.pixel, finest: settings.finest });
        }
        let margin = (settings.padding / window.pixel - 1e-9).ceil().max(0.0);
        if margin > MOST as f64 {
            return Err(HighResolutionError::Pixels { width: MOST + 1, height: MOST + 1, most: MOST });
        }
        let margin = margin as usize;
        let size = window.pixels.map(|n| if margin == 0 { n } else { fast_size(n + 2 * margin) });
        if size.iter().any(|n| *n > MOST) {
            return Err(HighResolutionError::Pixels { width: size[0], height: size[1], most: MOST });
        }
        let inner = [0, 1].map(|k| (size[k] - window.pixels[k]) / 2);
        Ok(Grid { window: *window, size, inner })
    }

    /// Place of a point [m] in pixels of the cell: 0 at the centre of the first pixel, `size` along an axis one period further.
    pub fn place(&self, x: f64, axis: usize) -> f64 {
        (x - self.window.centre[axis]) / self.window.pixel + 0.5 * (self.window.pixels[axis] as f64 - 1.0) + self.inner[axis] as f64
    }

    /// Whether an atom at a place along an axis, in pixels, lies in the cell. A cell without margin takes all atoms, wrapped.
    pub fn holds(&self, place: f64, axis: usize) -> bool {
        self.size[axis] == self.window.pixels[axis] || (place >= -0.5 && place < self.size[axis] as f64 - 0.5)
    }

    /// Weight of an atom at a place: 1 in the window and most of the margin, falling to 0 over the last half nanometre (or half of the
    /// margin) of the cell. A crystal that met its own other side there would send an edge wave into the window.
    pub fn weight(&self, place: [f64; 2]) -> f64 {
        let mut weight = 1.0;
        for k in [0, 1] {
            let before = self.inner[k] as f64;
            let after = (self.size[k] - self.inner[k] - self.window.pixels[k]) as f64;
            for (margin, inside) in [(before, place[k] + 0.5), (after, self.size[k] as f64 - 0.5 - place[k])] {
                let fade = (FADE / self.window.pixel).min(0.5 * margin);
                if fade > 0.0 && inside < fade {
                    weight *= (0.5 * std::f64::consts::PI * inside / fade).sin().powi(2);
                }
            }
        }
        weight
    }

    /// Frequency [cycles per pixel] of entry `i` of a transform along an axis.
    pub fn cycles(&self, i: usize, axis: usize) -> f64 {
        frequency(i, self.size[axis]) / self.size[axis] as f64
    }

    /// Entries along x within the band limit.
    pub fn band(&self) -> Vec<usize> {
        (0..self.size[0]).filter(|i| self.cycles(*i, 0).abs() < BAND).collect()
    }

    /// The window's part of an image of the cell.
    pub fn crop<T: Copy>(&self, whole: &[T]) -> Vec<T> {
        let [w, h] = self.window.pixels;
        let mut part = Vec::with_capacity(w * h);
        for row in whole.chunks(self.size[0]).skip(self.inner[1]).take(h) {
            part.extend_from_slice(&row[self.inner[0]..self.inner[0] + w]);
        }
        part
    }
}

/// The smallest multiple of 32 of at least `least` whose factors are 2, 3 and 5: an eighth faster to transform than those with 7.
fn fast_size(least: usize) -> usize {
    let smooth = |mut n: usize| {
        for p in [2, 3, 5] {
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
        n == 1
    };
    let mut n = least.max(1).next_multiple_of(32);
    while !smooth(n) {
        n += 32;
    }
    n
}

/// Number of periods of entry `i` of a transform of length `n`.
pub fn frequency(i: usize, n: usize) -> f64 {
    if 2 * i < n { i as f64 } else { i as f64 - n as f64 }
}

/// The band limit at a frequency [cycles per pixel]: 1 inside, 0 outside.
pub fn band_limit(f: f64) -> f64 {
    if f > BAND {
        0.0
    } else if f > BAND - TAPER {
        0.5 * (1.0 + (std::f64::consts::PI * (f - BAND + TAPER) / TAPER).cos())
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_lies_inside_and_its_pixels_where_they_are_said_to() {
        let settings = HighResolution::default();
        let window = Window { centre: [3e-9, -1e-9], pixels: [300, 200], pixel: 0.02e-9 };
        let grid = Grid::new(&window, &settings).unwrap();
        assert!(grid.size[0] >= 400 && grid.inner[0] >= 50 && grid.inner[0] + 300 + 50 <= grid.size[0]);
        // The first pixel of the window.
        let x = 3e-9 + (0.5 - 150.0) * 0.02e-9;
        assert!((grid.place(x, 0) - grid.inner[0] as f64).abs() < 1e-9);
        let whole: Vec<usize> = (0..grid.size[0] * grid.size[1]).collect();
        let part = grid.crop(&whole);
        assert_eq!(part.len(), 60_000);
        assert_eq!(part[300], (grid.inner[1] + 1) * grid.size[0] + grid.inner[0]);
        assert_eq!(grid.band().len(), 2 * ((grid.size[0] - 1) / 3) + 1);
    }
}
