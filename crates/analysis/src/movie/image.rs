//! One image, and a line in it.

/// Why counts do not make an image.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ImageError {
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
}

/// Counts of a camera, row by row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Image<'a> {
    width: usize,
    height: usize,
    counts: &'a [u16],
}

impl<'a> Image<'a> {
    /// An image from its counts, row by row.
    ///
    /// # Errors
    /// If the sizes do not fit.
    pub fn new(width: usize, height: usize, counts: &'a [u16]) -> Result<Image<'a>, ImageError> {
        if width.checked_mul(height) == Some(counts.len()) {
            Ok(Image { width, height, counts })
        } else {
            Err(ImageError::Size { counts: counts.len(), width, height })
        }
    }

    /// Pixels along x.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels along y.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All counts, row by row.
    pub fn counts(&self) -> &'a [u16] {
        self.counts
    }

    /// Row `j`; empty beyond the last.
    pub fn row(&self, j: usize) -> &'a [u16] {
        self.counts.get(j * self.width..(j + 1) * self.width).unwrap_or(&[])
    }
}

/// How silver shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contrast {
    /// Bright-field TEM: dark on a bright background.
    BrightField,
    /// Dark-field STEM: bright on a dark background.
    DarkField,
}

/// A line in an image, directed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Axis {
    /// Direction against the image's x [rad], towards its y.
    pub angle: f64,
    /// Distance of the line from the centre of the image [pixels], along (-sin, cos) of the angle.
    pub offset: f64,
}

impl Axis {
    /// Place in the image [pixels] of a point `u` along and `v` across the axis, `size` being the image's width and height. u = 0 is the
    /// point of the axis nearest to the image's centre.
    pub fn point(&self, size: [usize; 2], u: f64, v: f64) -> [f64; 2] {
        let (sin, cos) = self.angle.sin_cos();
        let v = v + self.offset;
        let centre = size.map(|n| 0.5 * (n as f64 - 1.0));
        [centre[0] + u * cos - v * sin, centre[1] + u * sin + v * cos]
    }

    /// The other way: along and across the axis from a place in the image [pixels].
    pub fn along_across(&self, size: [usize; 2], point: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = self.angle.sin_cos();
        let [x, y] = [0, 1].map(|k| point[k] - 0.5 * (size[k] as f64 - 1.0));
        [x * cos + y * sin, y * cos - x * sin - self.offset]
    }
}
