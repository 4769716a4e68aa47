//! What is looked at: field, pixels, rotation; and where each pixel lies on the specimen.

use crate::error::MicroscopeError;

/// How the specimen is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Bright-field TEM on the camera.
    BrightField,
    /// High-angle annular dark-field STEM.
    DarkField,
}

/// One setting of magnification and stage.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct View {
    /// Mode.
    pub mode: Mode,
    /// Pixels along the image's x.
    pub width: usize,
    /// Pixels along the image's y.
    pub height: usize,
    /// Size of a pixel on the specimen [m].
    pub pixel: f64,
    /// Place of the specimen (x along the wire, y across) at the middle of the image [m].
    pub centre: [f64; 2],
    /// Rotation of the wire against the image's x [rad].
    pub rotation: f64,
}

/// Most pixels along one side.
const MOST: usize = 16_384;

impl View {
    /// A square image of `pixels` × `pixels` over a `field` [m] centred at `x` [m] on the wire's axis.
    pub fn square(mode: Mode, pixels: usize, field: f64, x: f64) -> View {
        View { mode, width: pixels, height: pixels, pixel: field / pixels.max(1) as f64, centre: [x, 0.0], rotation: 0.0 }
    }

    /// Whether an image can be made.
    ///
    /// # Errors
    /// No or too many pixels, or a size or place that is not a number.
    pub fn check(&self) -> Result<(), MicroscopeError> {
        for n in [self.width, self.height] {
            if n == 0 || n > MOST {
                return Err(MicroscopeError::Pixels { width: self.width, height: self.height, most: MOST });
            }
        }
        let sane = (1e-13..=1e-3).contains(&self.pixel)
            && self.centre.iter().all(|c| c.is_finite() && c.abs() < 1.0)
            && self.rotation.is_finite()
            && self.rotation.abs() < 1e3;
        if sane { Ok(()) } else { Err(MicroscopeError::View { pixel: self.pixel, centre: self.centre, rotation: self.rotation }) }
    }
}

/// The pixels of an image, perhaps with a margin, and where each lies on the specimen.
#[derive(Clone, Debug)]
pub struct Raster {
    pub width: usize,
    pub height: usize,
    pub pixel: f64,
    /// Place in the image [m] of the centre of pixel (0, 0), margin and drift included.
    origin: [f64; 2],
    centre: [f64; 2],
    pub cos: f64,
    pub sin: f64,
    /// Where the beam really is against where it should be [m]: per row (x and y), and per column (x; largest in the first).
    pub row_shift: Vec<[f64; 2]>,
    pub column_shift: Vec<f64>,
}

impl Raster {
    /// The pixels of a view with `margin` pixels added to the left and the top and the whole `size`; the specimen displaced by `drift` [m].
    pub fn new(view: &View, size: [usize; 2], margin: [usize; 2], drift: [f64; 2]) -> Raster {
        let first = |n: usize, m: usize, d: f64| (0.5 - m as f64 - 0.5 * n as f64) * view.pixel - d;
        // Exactly along x or y when meant so: the footprint of a pixel is then a plain box.
        let snap = |c: f64| {
            if c.abs() < 1e-12 {
                0.0
            } else if (c.abs() - 1.0).abs() < 1e-12 {
                c.signum()
            } else {
                c
            }
        };
        Raster {
            width: size[0],
            height: size[1],
            pixel: view.pixel,
            origin: [first(view.width, margin[0], drift[0]), first(view.height, margin[1], drift[1])],
            centre: view.centre,
            cos: snap(view.rotation.cos()),
            sin: snap(view.rotation.sin()),
            row_shift: Vec::new(),
            column_shift: Vec::new(),
        }
    }

    /// Rows `from` to `to` of this raster; rows beyond it continue it.
    pub fn band(&self, from: isize, to: isize) -> Raster {
        let row_shift = if self.row_shift.is_empty() {
            Vec::new()
        } else {
            let last = self.row_shift.len() as isize - 1;
            (from..to).map(|j| self.row_shift[j.clamp(0, last) as usize]).collect()
        };
        Raster {
            height: (to - from).max(0) as usize,
            origin: [self.origin[0], self.origin[1] + from as f64 * self.pixel],
            row_shift,
            ..self.clone()
        }
    }

    /// Place on the specimen [m] of pixel (i, j), in fractions of a pixel if need be.
    pub fn at(&self, i: f64, j: f64) -> (f64, f64) {
        let mut x = self.origin[0] + i * self.pixel;
        let mut y = self.origin[1] + j * self.pixel;
        if let Some(s) = self.row_shift.get(j.max(0.0) as usize) {
            x += s[0];
            y += s[1];
        }
        if let Some(s) = self.column_shift.get(i.max(0.0) as usize) {
            x += s;
        }
        (self.centre[0] + x * self.cos + y * self.sin, self.centre[1] - x * self.sin + y * self.cos)
    }

    /// Where the specimen's axes lie in units of pixels, for fields that are glued to the specimen.
    pub fn phase(&self) -> [f64; 2] {
        [
            (self.origin[0] + self.centre[0] * self.cos - self.centre[1] * self.sin) / self.pixel,
            (self.origin[1] + self.centre[0] * self.sin + self.centre[1] * self.cos) / self.pixel,
        ]
    }

    /// The columns of row `j` that lie between two values [m] of x (`across` false) or y (`across` true) of the specimen, or a little beyond.
    pub fn columns(&self, j: usize, across: bool, from: f64, to: f64) -> std::ops::Range<usize> {
        let pick = |at: (f64, f64)| if across { at.1 } else { at.0 };
        let turn = if across { -self.sin } else { self.cos };
        let slack = (self.column_shift.first().map_or(0.0, |s| s.abs()) + 1e-6 * self.pixel * self.width as f64) * turn.abs();
        let first = pick(self.at(0.0, j as f64)) - self.column_shift.first().map_or(0.0, |s| s * turn);
        let slope = turn * self.pixel;
        if slope == 0.0 {
            return if first >= from && first <= to { 0..self.width } else { 0..0 };
        }
        let (low, high) = ((from - slack - first) / slope, (to + slack - first) / slope);
        let (a, b) = (low.min(high), low.max(high));
        let start = a.floor().max(0.0) as usize;
        let end = (b.ceil() + 1.0).max(0.0) as usize;
        start.min(self.width)..end.min(self.width)
    }
}
