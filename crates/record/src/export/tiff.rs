//! The frames as an ImageJ stack, calibrated in nm and s.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::path::Path;

use tiff::TiffError;
use tiff::encoder::colortype::Gray16;
use tiff::encoder::{Rational, TiffEncoder, TiffKind};
use tiff::tags::{ResolutionUnit, Tag};

use super::{ExportError, Frames, whole_file};
use crate::{Reader, RecordError};

/// A classic TIFF ends at 4 GiB; a page takes a little more than its pixels.
const CLASSIC_LIMIT: u64 = u32::MAX as u64;
const PAGE_OVERHEAD: u64 = 1024;

/// What was made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StackInfo {
    /// Pages, as many as the record has frames.
    pub frames: u64,
    /// Width [pixels].
    pub width: usize,
    /// Height [pixels].
    pub height: usize,
    /// Whether it is a BigTIFF, being larger than 4 GiB: ImageJ opens it with Bio-Formats only.
    pub big: bool,
    /// Largest deviation of the time between two frames from the one stated in the file (the median), relative; times beyond 0.01 are
    /// better read from the record.
    pub unevenness: f64,
}

/// Writes the counts as they are, 16 bit, one page a frame, with pixel size and median time between frames as ImageJ reads them.
///
/// # Errors
/// [`ExportError::NoFrames`], a failure to read or write.
pub fn tiff(reader: &Reader, out: &Path) -> Result<StackInfo, ExportError> {
    let frames = Frames::open(reader)?;
    let (width, height) = frames.size();
    let page = (width as u64).saturating_mul(height as u64).saturating_mul(2).saturating_add(PAGE_OVERHEAD);
    let big = page.saturating_mul(frames.len()) > CLASSIC_LIMIT;
    write_file(&frames, out, big)?;
    let interval = frames.interval().unwrap_or(0.0);
    let deviation = frames.times().windows(2).map(|pair| ((pair[1] - pair[0]) / interval - 1.0).abs()).fold(0.0, f64::max);
    Ok(StackInfo { frames: frames.len(), width, height, big, unevenness: deviation })
}

fn write_file(frames: &Frames, out: &Path, big: bool) -> Result<(), ExportError> {
    whole_file(out, |temporary| {
        let failed = |e| match e {
            TiffError::IoError(e) => RecordError::io(out, e).into(),
            e => ExportError::format("TIFF", e),
        };
        let file = File::create(temporary).map_err(|e| RecordError::io(out, e))?;
        let mut file = BufWriter::new(file);
        if big {
            pages(frames, TiffEncoder::new_big(&mut file).map_err(failed)?, failed)?;
        } else {
            pages(frames, TiffEncoder::new(&mut file).map_err(failed)?, failed)?;
        }
        Ok(file.flush().map_err(|e| RecordError::io(out, e))?)
    })
}

fn pages<W: Write + Seek, K: TiffKind>(
    frames: &Frames,
    mut tiff: TiffEncoder<W, K>,
    failed: impl Fn(TiffError) -> ExportError,
) -> Result<(), ExportError> {
    let side = |n: usize| u32::try_from(n).map_err(|e| ExportError::format("TIFF", e));
    let (width, height) = (side(frames.size().0)?, side(frames.size().1)?);
    let description = description(frames);
    for k in 0..frames.len() {
        let counts = frames.counts(k)?;
        let mut page = tiff.new_image::<Gray16>(width, height).map_err(&failed)?;
        let tags = page.encoder();
        if k == 0 {
            tags.write_tag(Tag::ImageDescription, description.as_str()).map_err(&failed)?;
        }
        // ImageJ takes the resolution for pixels per its own unit.
        tags.write_tag(Tag::ResolutionUnit, ResolutionUnit::None.to_u16()).map_err(&failed)?;
        for (tag, pixel) in [(Tag::XResolution, frames.pixel()[0]), (Tag::YResolution, frames.pixel()[1])] {
            tags.write_tag(tag, pixels_per_nm(pixel)).map_err(&failed)?;
        }
        page.write_data(&counts).map_err(&failed)?;
    }
    Ok(())
}

/// What ImageJ reads from the first page. The order is ImageJ's own.
fn description(frames: &Frames) -> String {
    let n = frames.len();
    let unit = if frames.pixel()[0].is_some() { "nm" } else { "pixel" };
    let interval = frames.interval().map(|step| format!("finterval={step}\ntunit=s\n")).unwrap_or_default();
    let contrast = frames.contrast();
    format!(
        "ImageJ=1.53t\nimages={n}\nframes={n}\nslices=1\nhyperstack=true\nunit={unit}\n{interval}loop=false\nmin={:.1}\nmax={:.1}\n",
        f64::from(contrast.low),
        f64::from(contrast.high)
    )
}

/// Pixels per nm as a fraction with nine digits or so, 1 if it is not known.
fn pixels_per_nm(pixel: Option<f64>) -> Rational {
    const LARGEST: f64 = 4e9;
    let Some(nm) = pixel else { return Rational { n: 1, d: 1 } };
    let (n, d) = if nm > 1.0 { (LARGEST / nm, LARGEST) } else { (LARGEST, LARGEST * nm) };
    Rational { n: n.round().max(1.0) as u32, d: d.round().max(1.0) as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_four_gigabytes_it_is_a_big_tiff() {
        use crate::{Layout, Writer};
        use pentatwin_units::recorded::{FRAME_TIME, FRAMES};
        let scratch = tempfile::tempdir().unwrap();
        let (dir, out) = (scratch.path().join("run.zarr"), scratch.path().join("frames.tif"));
        let arrays = [Layout::new(FRAME_TIME, &[]), Layout::new(FRAMES, &[2, 3])];
        let mut writer = Writer::create(&dir, Default::default(), &arrays).unwrap();
        let counts: [u16; 12] = std::array::from_fn(|k| k as u16);
        writer.append(&[(FRAME_TIME, (&[0.0, 1.0]).into()), (FRAMES, (&counts).into())]).unwrap();
        writer.finish().unwrap();
        write_file(&Frames::open(&Reader::open(&dir).unwrap()).unwrap(), &out, true).unwrap();
        let mut decoder = tiff::decoder::Decoder::new(File::open(&out).unwrap()).unwrap();
        assert_eq!(std::fs::read(&out).unwrap()[2], 43); // the version of BigTIFF; classic: 42
        for page in counts.chunks(6) {
            let tiff::decoder::DecodingResult::U16(found) = decoder.read_image().unwrap() else { panic!("not 16 bit") };
            assert_eq!(found, page);
            let _ = decoder.next_image();
        }
    }

    #[test]
    fn resolutions_keep_nine_digits() {
        for nm in [6000.0 / 1024.0, 1.0, 0.0731, 1e3, 12.5] {
            let found = pixels_per_nm(Some(nm));
            assert!((f64::from(found.d) / f64::from(found.n) / nm - 1.0).abs() < 1e-6, "{nm}");
        }
        assert_eq!((pixels_per_nm(None).n, pixels_per_nm(None).d), (1, 1));
    }
}
