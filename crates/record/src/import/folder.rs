//! A folder of single images, in the natural order of their names.

use std::cmp::Ordering;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::ImportError;
use super::calibration::Calibration;
use super::counts::Samples;
use super::error::{MOST_PIXELS, check_size};
use super::tiff::Tiff;

/// The images of a folder, each a frame.
pub(crate) struct Folder {
    path: PathBuf,
    files: Vec<PathBuf>,
    pub(crate) size: [usize; 2],
    pub(crate) calibration: Calibration,
    pub(crate) from_colours: bool,
}

impl Folder {
    /// All TIFF and PNG files of a folder.
    pub(crate) fn open(path: &Path) -> Result<Folder, ImportError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(|e| ImportError::io(path, e))? {
            let file = entry.map_err(|e| ImportError::io(path, e))?.path();
            let hidden = file.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            if !hidden && kind(&file).is_some() && file.is_file() {
                files.push(file);
            }
        }
        let name = |file: &PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.sort_by_cached_key(|file| Natural(name(file)));
        Self::of(path, files)
    }

    /// Files in this order.
    pub(crate) fn of(path: &Path, files: Vec<PathBuf>) -> Result<Folder, ImportError> {
        let Some(first) = files.first() else {
            return Err(ImportError::NoFrames { path: path.to_owned(), why: "there is no TIFF or PNG file in it".into() });
        };
        let (size, mut calibration) = match kind(first) {
            Some(Kind::Png) => {
                let (reader, calibration) = png(first, 0)?;
                ([reader.info().width as usize, reader.info().height as usize], calibration)
            }
            _ => {
                let tiff = Tiff::open(first)?;
                (tiff.size, tiff.calibration.clone())
            }
        };
        // Each file tells of itself only.
        calibration.interval = None;
        Ok(Folder { path: path.to_owned(), files, size, calibration, from_colours: false })
    }

    pub(crate) fn len(&self) -> u64 {
        self.files.len() as u64
    }

    pub(crate) fn read(&mut self, k: u64) -> Result<Samples, ImportError> {
        let Some(file) = usize::try_from(k).ok().and_then(|k| self.files.get(k)) else {
            return Err(ImportError::NoSuchFrame { path: self.path.clone(), frame: k, frames: self.len() });
        };
        let (size, samples, colours) = match kind(file) {
            Some(Kind::Png) => read_png(file, k)?,
            _ => {
                let mut tiff = Tiff::open(file).map_err(|e| match e {
                    ImportError::NotAMovie { why, .. } => ImportError::damaged(file, k, why),
                    e => e,
                })?;
                if tiff.len() != 1 {
                    let why = format!("it has {} pages, in a folder of single images: name the file itself", tiff.len());
                    return Err(ImportError::not(file, why));
                }
                (tiff.size, tiff.read(0, k)?, tiff.from_colours)
            }
        };
        self.from_colours |= colours;
        if size != self.size {
            return Err(ImportError::MixedSizes { path: file.clone(), frame: k, size, first: self.size });
        }
        Ok(samples)
    }
}

enum Kind {
    Tiff,
    Png,
}

fn kind(file: &Path) -> Option<Kind> {
    let extension = file.extension()?.to_string_lossy().to_ascii_lowercase();
    match extension.as_str() {
        "tif" | "tiff" => Some(Kind::Tiff),
        "png" => Some(Kind::Png),
        _ => None,
    }
}

/// The header of a PNG file.
fn png(path: &Path, frame: u64) -> Result<(png::Reader<BufReader<File>>, Calibration), ImportError> {
    let file = File::open(path).map_err(|e| ImportError::io(path, e))?;
    let limits = png::Limits { bytes: 8 * MOST_PIXELS as usize };
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(file), limits);
    decoder.set_transformations(png::Transformations::EXPAND); // palettes to colours, 1 to 4 bits to 8
    let header = decoder.read_header_info().map_err(|e| ImportError::damaged(path, frame, e))?;
    check_size(path, header.width.into(), header.height.into())?;
    let reader = decoder.read_info().map_err(|e| ImportError::damaged(path, frame, e))?;
    let mut calibration = Calibration::default();
    if let Some(dots) = reader.info().pixel_dims
        && matches!(dots.unit, png::Unit::Meter)
        && dots.xppu >= 1_000_000
        && dots.yppu > 0
    {
        calibration.pixel = Some([1.0 / f64::from(dots.xppu), 1.0 / f64::from(dots.yppu)]);
    }
    Ok((reader, calibration))
}

/// Width and height, samples, and whether it has colours that are all grey.
fn read_png(path: &Path, frame: u64) -> Result<([usize; 2], Samples, bool), ImportError> {
    let damaged = |why: String| ImportError::damaged(path, frame, why);
    let (mut reader, _) = png(path, frame)?;
    let length = reader.output_buffer_size().ok_or_else(|| damaged("its size cannot be".into()))?;
    let packed = fs::metadata(path).map_err(|e| ImportError::io(path, e))?.len();
    if length as u64 / 1032 > packed {
        return Err(damaged(format!("the file has only {packed} bytes")));
    }
    let mut bytes = vec![0; length];
    let info = reader.next_frame(&mut bytes).map_err(|e| damaged(e.to_string()))?;
    bytes.truncate(info.buffer_size());
    let samples = match info.bit_depth {
        png::BitDepth::Sixteen => Samples::U16(bytes.as_chunks().0.iter().map(|b| u16::from_be_bytes(*b)).collect()),
        _ => Samples::U8(bytes),
    };
    let size = [info.width as usize, info.height as usize];
    let (channels, alpha) = match info.color_type {
        png::ColorType::Grayscale => (1, false),
        png::ColorType::GrayscaleAlpha => (2, true),
        png::ColorType::Rgb => (3, false),
        png::ColorType::Rgba => (4, true),
        png::ColorType::Indexed => return Err(ImportError::Colour { path: path.to_owned(), frame }),
    };
    if samples.len() != channels * size[0] * size[1] {
        return Err(damaged("it has another number of samples than pixels".into()));
    }
    let grey = if channels == 1 { Some(samples) } else { samples.grey(channels, alpha) };
    let grey = grey.ok_or_else(|| ImportError::Colour { path: path.to_owned(), frame })?;
    Ok((size, grey, channels >= 3))
}

/// A name that sorts as a person would: `frame2` before `frame10`.
#[derive(PartialEq, Eq)]
struct Natural(String);

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (self.0.as_str(), other.0.as_str());
        loop {
            let (x, y) = match (a.chars().next(), b.chars().next()) {
                (Some(x), Some(y)) => (x, y),
                (x, y) => return x.is_some().cmp(&y.is_some()).then_with(|| self.0.cmp(&other.0)),
            };
            let order = if x.is_ascii_digit() && y.is_ascii_digit() {
                let (m, n) = (digits(&mut a), digits(&mut b));
                // Without leading zeros the longer number is the larger one.
                m.len().cmp(&n.len()).then_with(|| m.cmp(n))
            } else {
                (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
                x.cmp(&y)
            };
            if order != Ordering::Equal {
                return order;
            }
        }
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Takes a run of digits off the front; returns it without leading zeros.
fn digits<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    *text = rest;
    number.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_natural_order() {
        let mut names = ["f10.tif", "f9.tif", "f1.tif", "f010b.tif", "a.tif", "f2 (10).tif", "f2 (9).tif"].map(|n| Natural(n.into()));
        names.sort();
        assert_eq!(names.map(|n| n.0), ["a.tif", "f1.tif", "f2 (9).tif", "f2 (10).tif", "f9.tif", "f10.tif", "f010b.tif"]);
    }
}
