//! TIFF files: stacks of pages, BigTIFF, and ImageJ's large stacks that describe one page only.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tiff::ColorType;
use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{ByteOrder, Tag};

use super::ImportError;
use super::calibration::{Calibration, length, time};
use super::counts::Samples;
use super::error::{MOST_PIXELS, check_size};

/// Deflate makes nothing smaller than a part in 1032; LZW and PackBits less. A page is not larger than this times its file.
const MOST_PACKED: u64 = 1032;
/// Bytes of the largest sample.
const LARGEST_SAMPLE: u64 = 8;
/// A pixel of this size [m] is not one of an electron microscope: dots per inch that a program wrote for its printer.
const NOT_A_PIXEL: f64 = 1e-6;

/// One file.
pub(crate) struct Tiff {
    path: PathBuf,
    decoder: Decoder<BufReader<File>>,
    pages: Pages,
    /// Width and height of all pages.
    pub(crate) size: [usize; 2],
    pub(crate) calibration: Calibration,
    pub(crate) notes: Vec<String>,
    /// Whether colours that are all grey were used.
    pub(crate) from_colours: bool,
}

enum Pages {
    /// Numbers of the directories that hold frames.
    Directories(Vec<usize>),
    /// Frames one after the other from a place in the file on: ImageJ's way beyond 4 GB.
    Contiguous { start: u64, count: u64, kind: Kind },
}

/// The samples that ImageJ writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    U8,
    U16,
    F32,
}

impl Kind {
    fn bytes(self) -> u64 {
        match self {
            Kind::U8 => 1,
            Kind::U16 => 2,
            Kind::F32 => 4,
        }
    }
}

impl Tiff {
    pub(crate) fn open(path: &Path) -> Result<Tiff, ImportError> {
        let file = File::open(path).map_err(|e| ImportError::io(path, e))?;
        let file_length = file.metadata().map_err(|e| ImportError::io(path, e))?.len();
        let not = |e: tiff::TiffError| ImportError::not(path, format!("its TIFF header is damaged: {e}"));
        let mut limits = Limits::default();
        limits.decoding_buffer_size = (MOST_PIXELS * LARGEST_SAMPLE) as usize;
        limits.intermediate_buffer_size = limits.decoding_buffer_size;
        limits.ifd_value_size = 1 << 24;
        let mut decoder = Decoder::new(BufReader::with_capacity(1 << 16, file)).map_err(not)?.with_limits(limits);
        let (width, height) = decoder.dimensions().map_err(not)?;
        let size = check_size(path, width.into(), height.into())?;
        let pixels = u64::from(width) * u64::from(height);
        if pixels / MOST_PACKED > file_length {
            let why = format!("but the file has only {file_length} bytes");
            return Err(ImportError::TooLarge { path: path.to_owned(), width: width.into(), height: height.into(), why });
        }
        let description = decoder.find_tag(Tag::ImageDescription).ok().flatten().and_then(|v| v.into_string().ok()).unwrap_or_default();
        let mut notes = Vec::new();
        let imagej = ImageJ::parse(&description);
        if let Some(j) = &imagej {
            j.check(path, &mut notes)?;
        }
        let calibration = calibration(&mut decoder, imagej.as_ref());
        let directories = walk(path, &mut decoder, size, &mut notes)?;
        let claimed = imagej.as_ref().and_then(|j| j.number("images")).filter(|n| *n >= 2.0).map_or(1, |n| n as u64);
        let pages = match contiguous(&mut decoder, directories.len(), claimed) {
            Some((start, kind)) => {
                let there = file_length.saturating_sub(start) / (pixels * kind.bytes());
                if there < claimed {
                    notes.push(format!("the file is cut off: it has {there} whole frames of {claimed}"));
                }
                Pages::Contiguous { start, count: there.min(claimed), kind }
            }
            None => Pages::Directories(directories),
        };
        Ok(Tiff { path: path.to_owned(), decoder, pages, size, calibration, notes, from_colours: false })
    }

    pub(crate) fn len(&self) -> u64 {
        match &self.pages {
            Pages::Directories(pages) => pages.len() as u64,
            Pages::Contiguous { count, .. } => *count,
        }
    }

    /// The samples of frame `k`, which carries the number `frame` in errors.
    pub(crate) fn read(&mut self, k: u64, frame: u64) -> Result<Samples, ImportError> {
        let damaged = |why: String| ImportError::damaged(&self.path, frame, why);
        let directory = match &self.pages {
            Pages::Contiguous { start, kind, .. } => {
                let (start, kind) = (*start, *kind);
                return self.read_contiguous(k, start, kind).map_err(|e| ImportError::damaged(&self.path, frame, e));
            }
            Pages::Directories(pages) => usize::try_from(k).ok().and_then(|k| pages.get(k)).copied(),
        };
        let Some(directory) = directory else {
            return Err(ImportError::NoSuchFrame { path: self.path.clone(), frame, frames: self.len() });
        };
        self.decoder.seek_to_image(directory).map_err(|e| damaged(e.to_string()))?;
        let (width, height) = self.decoder.dimensions().map_err(|e| damaged(e.to_string()))?;
        if [width as usize, height as usize] != self.size {
            let size = [width as usize, height as usize];
            return Err(ImportError::MixedSizes { path: self.path.clone(), frame, size, first: self.size });
        }
        let colour = self.decoder.colortype().map_err(|e| damaged(e.to_string()))?;
        let channels = match colour {
            ColorType::Gray(_) => (1, false),
            ColorType::GrayA(_) => (2, true),
            ColorType::RGB(_) => (3, false),
            ColorType::RGBA(_) => (4, true),
            _ => return Err(ImportError::Colour { path: self.path.clone(), frame }),
        };
        let samples = samples(self.decoder.read_image().map_err(|e| damaged(e.to_string()))?);
        let pixels = self.size[0] * self.size[1];
        let found = match channels {
            (1, _) => samples,
            (n, alpha) if samples.len() == n * pixels => {
                self.from_colours |= n >= 3;
                samples.grey(n, alpha).ok_or_else(|| ImportError::Colour { path: self.path.clone(), frame })?
            }
            _ => return Err(ImportError::Colour { path: self.path.clone(), frame }),
        };
        if found.len() != pixels {
            return Err(damaged(format!("samples of {} bits are not read: write it with 8, 16 or 32", colour.bit_depth())));
        }
        Ok(found)
    }

    fn read_contiguous(&mut self, k: u64, start: u64, kind: Kind) -> std::io::Result<Samples> {
        let pixels = self.size[0] * self.size[1];
        let little = self.decoder.byte_order() == ByteOrder::LittleEndian;
        let reader = self.decoder.inner();
        reader.seek(SeekFrom::Start(start + k * pixels as u64 * kind.bytes()))?;
        let mut bytes = vec![0; pixels * kind.bytes() as usize];
        reader.read_exact(&mut bytes)?;
        Ok(match kind {
            Kind::U8 => Samples::U8(bytes),
            Kind::U16 => Samples::U16(
                bytes.as_chunks().0.iter().map(|b| if little { u16::from_le_bytes(*b) } else { u16::from_be_bytes(*b) }).collect(),
            ),
            Kind::F32 => Samples::F32(
                bytes.as_chunks().0.iter().map(|b| if little { f32::from_le_bytes(*b) } else { f32::from_be_bytes(*b) }).collect(),
            ),
        })
    }
}

/// Numbers of the directories that hold frames: all but reduced images and masks. A chain that breaks ends the movie with a note.
fn walk(
    path: &Path,
    decoder: &mut Decoder<BufReader<File>>,
    first: [usize; 2],
    notes: &mut Vec<String>,
) -> Result<Vec<usize>, ImportError> {
    let (mut pages, mut seen) = (Vec::new(), HashSet::new());
    let mut next = decoder.ifd_pointer();
    let mut index = 0;
    while let Some(pointer) = next {
        if !seen.insert(pointer.0) {
            notes.push(format!("the file is damaged: its pages repeat after {} frames", pages.len()));
            break;
        }
        let Ok(directory) = decoder.read_directory(pointer) else {
            notes.push(format!("the file is cut off or damaged after {} frames", pages.len()));
            break;
        };
        next = directory.next();
        let mut tags = decoder.read_directory_tags(&directory);
        let mut tag = |tag| tags.find_tag_unsigned::<u64>(tag).ok().flatten();
        if tag(Tag::NewSubfileType).unwrap_or(0) & 5 == 0 {
            // A directory without a size is found when its page is read.
            if let (Some(width), Some(height)) = (tag(Tag::ImageWidth), tag(Tag::ImageLength)) {
                let size = [width as usize, height as usize];
                if size != first {
                    return Err(ImportError::MixedSizes { path: path.to_owned(), frame: pages.len() as u64, size, first });
                }
            }
            pages.push(index);
        }
        index += 1;
    }
    Ok(pages)
}

/// Where the frames begin that ImageJ wrote behind a single directory, and what they are made of.
fn contiguous(decoder: &mut Decoder<BufReader<File>>, directories: usize, claimed: u64) -> Option<(u64, Kind)> {
    if directories != 1 || claimed < 2 {
        return None;
    }
    let mut tag = |tag, usual: u64| match decoder.find_tag_unsigned_vec::<u64>(tag) {
        Ok(Some(values)) => values,
        _ => vec![usual],
    };
    let kind = match (tag(Tag::BitsPerSample, 1).as_slice(), tag(Tag::SampleFormat, 1).as_slice()) {
        ([8], [1]) => Kind::U8,
        ([16], [1]) => Kind::U16,
        ([32], [3]) => Kind::F32,
        _ => return None,
    };
    if tag(Tag::Compression, 1) != [1] || tag(Tag::SamplesPerPixel, 1) != [1] {
        return None;
    }
    let (offsets, counts) = (tag(Tag::StripOffsets, 0), tag(Tag::StripByteCounts, 0));
    let start = offsets.first().copied().filter(|start| *start > 0)?;
    let in_a_row = offsets.windows(2).zip(&counts).all(|(pair, count)| pair[0].checked_add(*count) == Some(pair[1]));
    in_a_row.then_some((start, kind))
}

fn samples(decoded: DecodingResult) -> Samples {
    match decoded {
        DecodingResult::U8(v) => Samples::U8(v),
        DecodingResult::U16(v) => Samples::U16(v),
        DecodingResult::U32(v) => Samples::U32(v),
        DecodingResult::I8(v) => Samples::I16(v.into_iter().map(i16::from).collect()),
        DecodingResult::I16(v) => Samples::I16(v),
        DecodingResult::I32(v) => Samples::I32(v),
        DecodingResult::F32(v) => Samples::F32(v),
        // Seven digits are more than an image has.
        DecodingResult::F16(v) => Samples::F32(v.into_iter().map(|x| x.to_f32()).collect()),
        DecodingResult::F64(v) => Samples::F32(v.into_iter().map(|x| x as f32).collect()),
        DecodingResult::U64(v) => Samples::F32(v.into_iter().map(|x| x as f32).collect()),
        DecodingResult::I64(v) => Samples::F32(v.into_iter().map(|x| x as f32).collect()),
    }
}

/// ImageJ's own lines in the description of the first page.
struct ImageJ(Vec<(String, String)>);

impl ImageJ {
    fn parse(description: &str) -> Option<ImageJ> {
        if !description.starts_with("ImageJ=") {
            return None;
        }
        let pairs = description.lines().filter_map(|line| line.split_once('='));
        Some(ImageJ(pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.text(key)?.parse().ok().filter(|x: &f64| x.is_finite())
    }

    /// Refuses stacks of more than one channel, or of slices and times.
    fn check(&self, path: &Path, notes: &mut Vec<String>) -> Result<(), ImportError> {
        let many = |key| self.number(key).filter(|n| *n > 1.0);
        if let Some(n) = many("channels") {
            return Err(ImportError::not(
                path,
                format!("its {n} channels would be taken for frames: split them (Fiji: Image > Color > Split Channels)"),
            ));
        }
        match (many("slices"), many("frames")) {
            (Some(s), Some(f)) => Err(ImportError::not(path, format!("it has {s} slices at each of {f} times: keep one slice"))),
            (Some(_), None) => {
                notes.push("the stack's slices are taken for frames in time".to_owned());
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn calibration(decoder: &mut Decoder<BufReader<File>>, imagej: Option<&ImageJ>) -> Calibration {
    let mut found = Calibration::default();
    let mut resolution = |tag| match decoder.find_tag(tag) {
        Ok(Some(Value::Rational(n, d))) => Some(f64::from(n) / f64::from(d)).filter(|r| r.is_finite() && *r > 0.0),
        _ => None,
    };
    let per_unit = [resolution(Tag::XResolution), resolution(Tag::YResolution)];
    let tag_unit = decoder.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten();
    if let Some(j) = imagej {
        let interval = j.number("finterval").filter(|t| *t > 0.0);
        found.interval = interval.and_then(|t| Some(t * time(j.text("tunit").filter(|u| !u.is_empty()).unwrap_or("s"))?));
    }
    let unit = imagej.and_then(|j| j.text("unit")).filter(|u| !u.is_empty());
    let (unit, dots) = match (unit.map(|u| (u, length(u))), tag_unit) {
        (Some((_, Some(metres))), _) => (Some(metres), false),
        (Some((word, None)), _) => {
            found.pixel_why = format!("its unit of length is `{word}`");
            (None, false)
        }
        (None, Some(2)) => (Some(25.4e-3), true),
        (None, Some(3)) => (Some(1e-2), true),
        _ => (None, false),
    };
    if let (Some(unit), [Some(x), y]) = (unit, per_unit) {
        let pixel = [unit / x, unit / y.unwrap_or(x)];
        if dots && pixel[0] > NOT_A_PIXEL {
            found.pixel_why = format!("it says {:.0} dots per inch, which is meant for a printer", 25.4e-3 / pixel[0]);
        } else {
            found.pixel = Some(pixel);
        }
    }
    found
}
