//! An 8-bit grey picture of counts, at a size that can be looked at.

use super::data_bar::{Place, data_bar};
use super::{Contrast, ExportError};

/// A picture narrower than this is enlarged, so that there is room for words below it.
const NARROWEST: usize = 512;
/// Pictures are not enlarged beyond this, and movies are binned down to it: H.264 ends at 36864 blocks of 16 x 16.
pub(crate) const LARGEST: usize = 2048;

/// Grey values row by row, 0 black.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) grey: Vec<u8>,
}

/// How the pixels of a frame become those of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scale {
    /// So many by so many pixels are averaged to one.
    Bin(usize),
    /// A pixel becomes so many by so many.
    Enlarge(usize),
}

impl Scale {
    /// The scale that brings a frame to a size that can be looked at, `largest` pixels at most on each side.
    pub(crate) fn to_fit(width: usize, height: usize, largest: usize) -> Self {
        let (longer, largest) = (width.max(height), largest.clamp(16, LARGEST));
        if longer > largest {
            return Self::Bin(longer.div_ceil(largest));
        }
        Self::Enlarge(NARROWEST.div_ceil(width.max(1)).clamp(1, largest / longer.max(1)))
    }

    /// Pixels of the frame in one of the picture, along a side.
    pub(crate) fn pixels(self) -> f64 {
        match self {
            Self::Bin(k) => k as f64,
            Self::Enlarge(k) => 1.0 / k as f64,
        }
    }

    fn of_length(self, length: usize) -> usize {
        match self {
            Self::Bin(k) => length.div_ceil(k),
            Self::Enlarge(k) => length * k,
        }
    }
}

impl Picture {
    /// The picture of a frame `width` wide, with the grey of each number of counts.
    pub(crate) fn of(counts: &[u16], width: usize, scale: Scale, table: &[u8]) -> Self {
        let height = counts.len() / width.max(1);
        let (w, h) = (scale.of_length(width), scale.of_length(height));
        let grey_of = |counts: u16| table.get(usize::from(counts)).copied().unwrap_or(u8::MAX);
        let mut grey = Vec::with_capacity(w * h);
        match scale {
            Scale::Bin(1) | Scale::Enlarge(1) => grey.extend(counts[..w * h].iter().map(|&c| grey_of(c))),
            Scale::Enlarge(k) => {
                for row in counts.chunks_exact(width) {
                    let start = grey.len();
                    grey.extend(row.iter().flat_map(|&c| std::iter::repeat_n(grey_of(c), k)));
                    (1..k).for_each(|_| grey.extend_from_within(start..start + w));
                }
            }
            Scale::Bin(k) => {
                let (mut sums, mut numbers) = (vec![0u64; w], vec![0u64; w]);
                for rows in counts.chunks(width * k) {
                    sums.fill(0);
                    numbers.fill(0);
                    for row in rows.chunks_exact(width) {
                        for (x, &c) in row.iter().enumerate() {
                            sums[x / k] += u64::from(c);
                            numbers[x / k] += 1;
                        }
                    }
                    // The last bins of a row or column average what is there.
                    grey.extend(sums.iter().zip(&numbers).map(|(sum, n)| grey_of((sum / n.max(&1)) as u16)));
                }
            }
        }
        Self { width: w, height: h, grey }
    }

    /// As a PNG file.
    pub(crate) fn png(&self) -> Result<Vec<u8>, ExportError> {
        let error = |e| ExportError::format("PNG", e);
        let side = |n: usize| u32::try_from(n).map_err(|e| ExportError::format("PNG", e));
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, side(self.width)?, side(self.height)?);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(error)?;
        writer.write_image_data(&self.grey).map_err(error)?;
        writer.finish().map_err(error)?;
        Ok(out)
    }

    /// With one more column or row, a copy of the last, where a side is odd; and black rows up to 16: encoders want that.
    #[cfg(feature = "movie")]
    pub(crate) fn made_even(&mut self) {
        if self.width % 2 == 1 {
            self.grey = self.grey.chunks_exact(self.width).flat_map(|row| row.iter().chain(row.last()).copied()).collect();
            self.width += 1;
        }
        if self.height % 2 == 1 {
            self.grey.extend_from_within(self.grey.len() - self.width..);
            self.height += 1;
        }
        self.height = self.height.max(16);
        self.grey.resize(self.width * self.height, 0);
    }
}

/// Any image of counts as a PNG file, e.g. one of `images/`: `width` pixels wide, each `pixel` nm (no scale bar without), with two lines
/// of words below; both empty and no pixel size: the image alone. Its contrast is its own.
///
/// # Errors
/// [`ExportError::Format`] if there is no whole row of pixels.
pub fn picture_png(counts: &[u16], width: usize, pixel: Option<f64>, lines: [&str; 2]) -> Result<Vec<u8>, ExportError> {
    if width == 0 || counts.len() < width {
        return Err(ExportError::format("PNG", "there are no pixels"));
    }
    let whole = &counts[..counts.len() / width * width];
    let scale = Scale::to_fit(width, whole.len() / width, LARGEST);
    let mut picture = Picture::of(whole, width, scale, &Contrast::of([whole]).table());
    if pixel.is_some() || lines != ["", ""] {
        data_bar(&mut picture, Place::Below, lines, pixel.map(|nm| nm * scale.pixels()));
    }
    picture.png()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Vec<u8> {
        (0..=255).collect()
    }

    #[test]
    fn small_frames_are_enlarged_and_large_ones_binned() {
        assert_eq!(Scale::to_fit(1024, 1024, LARGEST), Scale::Enlarge(1));
        assert_eq!(Scale::to_fit(256, 100, LARGEST), Scale::Enlarge(2));
        assert_eq!(Scale::to_fit(100, 2000, LARGEST), Scale::Enlarge(1)); // six times would be too high
        assert_eq!(Scale::to_fit(4096, 4096, LARGEST), Scale::Bin(2));
        assert_eq!(Scale::to_fit(4097, 10, LARGEST), Scale::Bin(3));
        assert_eq!(Scale::to_fit(1024, 1024, 512), Scale::Bin(2));
    }

    #[test]
    fn pixels_keep_their_place() {
        let frame = [10, 20, 30, 40, 50, 60]; // 3 x 2
        let twice = Picture::of(&frame, 3, Scale::Enlarge(2), &identity());
        assert_eq!((twice.width, twice.height), (6, 4));
        assert_eq!(twice.grey[6..18], [10, 10, 20, 20, 30, 30, 40, 40, 50, 50, 60, 60]);
        let half = Picture::of(&frame, 3, Scale::Bin(2), &identity());
        assert_eq!((half.width, half.height, half.grey), (2, 1, vec![30, 45])); // (10+20+40+50)/4, (30+60)/2
    }

    #[cfg(feature = "movie")]
    #[test]
    fn odd_sides_become_even() {
        let mut picture = Picture { width: 3, height: 17, grey: (0..51).collect() };
        picture.made_even();
        assert_eq!((picture.width, picture.height, picture.grey.len()), (4, 18, 72));
        assert_eq!(picture.grey[..8], [0, 1, 2, 2, 3, 4, 5, 5]);
        assert_eq!(picture.grey[64..], [48, 49, 50, 50, 48, 49, 50, 50]);
    }

    #[test]
    fn nothing_is_no_picture() {
        assert!(matches!(picture_png(&[], 5, None, ["", ""]), Err(ExportError::Format { .. })));
        assert!(matches!(picture_png(&[1], 0, None, ["", ""]), Err(ExportError::Format { .. })));
    }
}
