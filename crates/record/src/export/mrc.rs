//! The frames as an MRC2014 image stack (Cheng et al., J. Struct. Biol. 192, 146 (2015); <https://www.ccpem.ac.uk/mrc-format/mrc2014/>).

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::{ExportError, Frames, whole_file};
use crate::{Reader, RecordError};

const HEADER: usize = 1024;
/// Unsigned 16-bit integers.
const MODE: i32 = 6;
/// Bytes of a label, and how many there is room for.
const LABEL: usize = 80;

/// Writes the counts as they are, 16 bit, with the size of the pixels (in ångström, as MRC has it). The format has no place for the times of
/// frames: the median from frame to frame stands in a label. Returns the number of frames and their width and height.
///
/// # Errors
/// [`ExportError::NoFrames`], a failure to read or write.
pub fn mrc(reader: &Reader, out: &Path) -> Result<(u64, [usize; 2]), ExportError> {
    let frames = Frames::open(reader)?;
    let (width, height) = frames.size();
    let header = header(&frames)?;
    whole_file(out, |temporary| {
        let failed = |e| ExportError::from(RecordError::io(out, e));
        let mut file = BufWriter::new(File::create(temporary).map_err(failed)?);
        file.write_all(&header).map_err(failed)?;
        for k in 0..frames.len() {
            let bytes: Vec<u8> = frames.counts(k)?.iter().flat_map(|count| count.to_le_bytes()).collect();
            file.write_all(&bytes).map_err(failed)?;
        }
        file.flush().map_err(failed)
    })?;
    Ok((frames.len(), [width, height]))
}

fn header(frames: &Frames) -> Result<Vec<u8>, ExportError> {
    let side = |n: u64| i32::try_from(n).map_err(|e| ExportError::format("MRC", e));
    let (width, height) = frames.size();
    let size = [side(width as u64)?, side(height as u64)?, side(frames.len())?];
    let mut header = vec![0; HEADER];
    let mut put = |word: usize, bytes: [u8; 4]| header[4 * (word - 1)..4 * word].copy_from_slice(&bytes); // words are counted from 1
    for (k, n) in size.into_iter().enumerate() {
        put(1 + k, n.to_le_bytes());
        // Of an image stack, space group 0, the cell is one image deep.
        put(8 + k, if k == 2 { 1i32 } else { n }.to_le_bytes());
        put(17 + k, (k as i32 + 1).to_le_bytes());
        put(14 + k, 90f32.to_le_bytes());
    }
    put(4, MODE.to_le_bytes());
    for (word, n, pixel) in [(11, width, frames.pixel()[0]), (12, height, frames.pixel()[1])] {
        put(word, (pixel.map_or(0.0, |nm| 10.0 * nm * n as f64) as f32).to_le_bytes());
    }
    // Minimum above maximum and mean below both: not determined.
    for (word, value) in [(20, 0f32), (21, -1.0), (22, -2.0), (55, -1.0)] {
        put(word, value.to_le_bytes());
    }
    put(28, 20140i32.to_le_bytes()); // version of the format
    put(53, *b"MAP ");
    put(54, [0x44, 0x44, 0, 0]); // little-endian
    put(56, 1i32.to_le_bytes()); // labels
    let interval = frames.interval().map_or(String::new(), |step| format!(", {step} s from frame to frame"));
    let label = format!("pentatwin{interval}");
    let length = label.len().min(LABEL);
    header[224..224 + length].copy_from_slice(&label.as_bytes()[..length]);
    Ok(header)
}
