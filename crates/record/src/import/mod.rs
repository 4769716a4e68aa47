//! Movies and logs that were made elsewhere: TIFF stacks, folders of images, Zarr stores, runs of this program; tables of voltage and
//! current. One frame is in memory at a time.
//!
//! ```no_run
//! use pentatwin_record::import::{Hints, Movie};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut movie = Movie::open("movie.tif".as_ref(), &Hints { pixel: Some(1e-9), frame_time: Some(0.5) })?;
//! for k in 0..movie.len() {
//!     let counts = movie.read(k)?; // row by row
//! }
//! # Ok(())
//! # }
//! ```

mod calibration;
mod counts;
mod error;
mod folder;
mod given;
mod log;
pub mod logs;
mod store;
mod tiff;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

pub use counts::Samples;
pub use error::ImportError;
pub use given::{FrameSource, GivenMovie};
pub use log::{Columns, IvRecord, read_iv};

use crate::{Reader, RecordError, STORE_NAME};
use calibration::{Calibration, pitch};
use counts::Conversion;
use folder::Folder;
use store::Store;
use tiff::Tiff;

/// What the user says of a movie; it governs over what the file says.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Hints {
    /// Size of a pixel [m].
    pub pixel: Option<f64>,
    /// Time from frame to frame [s].
    pub frame_time: Option<f64>,
}

impl Hints {
    fn check(&self) -> Result<(), ImportError> {
        for (what, value) in [("the size of a pixel", self.pixel), ("the time from frame to frame", self.frame_time)] {
            if let Some(value) = value.filter(|v| !(v.is_finite() && *v > 0.0)) {
                return Err(ImportError::Hint { what, value });
            }
        }
        Ok(())
    }
}

/// A movie, read one frame after the other.
pub struct Movie {
    path: PathBuf,
    source: Source,
    size: [usize; 2],
    frames: u64,
    calibration: Calibration,
    hints: Hints,
    conversion: Conversion,
    notes: Vec<String>,
}

enum Source {
    Run(Box<Reader>),
    Tiff(Box<Tiff>),
    Folder(Folder),
    Store(Box<Store>),
    Given(Box<dyn FrameSource>),
}

impl Movie {
    /// Opens a TIFF file, a folder of TIFF or PNG files, a Zarr v3 store, or a run. The first frame is read: it settles how samples that are
    /// no 16-bit counts become such.
    ///
    /// # Errors
    /// It is none of these, has no frame that can be read, is in colour, or a hint is no size. A missing size of a pixel or time of a frame
    /// is an error only when it is asked for.
    pub fn open(path: &Path, hints: &Hints) -> Result<Movie, ImportError> {
        hints.check()?;
        Movie::of(path, open(path)?, hints)
    }

    fn of(path: &Path, (source, size, frames, calibration, notes): Opened, hints: &Hints) -> Result<Movie, ImportError> {
        if frames == 0 {
            return Err(ImportError::NoFrames { path: path.to_owned(), why: notes.join("; ") });
        }
        let conversion = Conversion::from_first(&Samples::U16(Vec::new())).0;
        let mut movie = Movie { path: path.to_owned(), source, size, frames, calibration, hints: *hints, conversion, notes };
        if !matches!(movie.source, Source::Run(_)) {
            let first = movie.samples(0)?;
            let (conversion, said) = Conversion::from_first(&first);
            movie.conversion = conversion;
            movie.notes.extend(said);
        }
        Ok(movie)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of frames there were when it was opened, one at least. A run that goes on has more when it is opened again.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> u64 {
        self.frames
    }

    /// Width and height of each frame [pixels].
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Size of a pixel [m].
    ///
    /// # Errors
    /// [`ImportError::NoPixelSize`] if neither file nor hint says it; [`ImportError::Oblong`].
    pub fn pixel(&self) -> Result<f64, ImportError> {
        let missing = || ImportError::NoPixelSize { path: self.path.clone(), why: self.calibration.pixel_why.clone() };
        let pixel = self.hints.pixel.map(|p| [p, p]).or(self.calibration.pixel).ok_or_else(missing)?;
        // Programs round; half a per cent is less than any microscope is calibrated to.
        if (pixel[0] / pixel[1] - 1.0).abs() > 5e-3 {
            return Err(ImportError::Oblong { path: self.path.clone(), pixel });
        }
        Ok((pixel[0] * pixel[1]).sqrt())
    }

    /// Middle of the exposure of each frame [s], on the movie's own clock. Where only the time from frame to frame is known the first
    /// exposure begins at 0 and each lasts until the next.
    ///
    /// # Errors
    /// [`ImportError::NoFrameTime`] if neither file nor hint says it.
    pub fn times(&self) -> Result<Vec<f64>, ImportError> {
        let even = |step: f64| (0..self.frames).map(|k| (k as f64 + 0.5) * step).collect();
        let known = match (self.hints.frame_time, &self.calibration.times, self.calibration.interval) {
            (Some(step), _, _) => Some(even(step)),
            (None, Some(times), _) => Some(times.clone()),
            (None, None, Some(step)) => Some(even(step)),
            // A single frame has no time that matters.
            (None, None, None) => (self.frames == 1).then(|| vec![0.0]),
        };
        known.ok_or_else(|| ImportError::NoFrameTime { path: self.path.clone(), why: String::new() })
    }

    /// Position [m] of the image's centre along its x, from the edge of contact 1, where a record says it.
    pub fn origin(&self) -> Option<f64> {
        // With another size of the pixels the record's positions are void.
        self.calibration.origin.filter(|_| self.hints.pixel.is_none())
    }

    /// The record, if it is one of this program.
    pub fn run(&self) -> Option<&Reader> {
        match &self.source {
            Source::Run(reader) => Some(reader),
            _ => None,
        }
    }

    /// Counts that stand for a sample of 0 in the file.
    pub fn zero(&self) -> f64 {
        self.conversion.zero()
    }

    /// The counts of frame `k`, row by row.
    ///
    /// # Errors
    /// The frame does not exist, is damaged, in colour or of another size. Others can be read all the same.
    pub fn read(&mut self, k: u64) -> Result<Vec<u16>, ImportError> {
        if k >= self.frames {
            return Err(ImportError::NoSuchFrame { path: self.path.clone(), frame: k, frames: self.frames });
        }
        if let Source::Run(reader) = &self.source {
            let counts = reader.read_rows_u16("", "frames", k..k + 1);
            return counts.map_err(|e| ImportError::damaged(&self.path, k, e));
        }
        let samples = self.samples(k)?;
        Ok(self.conversion.counts(samples))
    }

    fn samples(&mut self, k: u64) -> Result<Samples, ImportError> {
        let samples = match &mut self.source {
            Source::Tiff(tiff) => tiff.read(k, k)?,
            Source::Folder(folder) => folder.read(k)?,
            Source::Store(store) => store.read(k)?,
            Source::Given(frames) => frames.read(k).map_err(|why| ImportError::damaged(&self.path, k, why))?,
            Source::Run(_) => return Err(ImportError::damaged(&self.path, k, "a record has counts")),
        };
        if samples.len() != self.size[0] * self.size[1] {
            return Err(ImportError::damaged(&self.path, k, "it has another number of samples than pixels"));
        }
        Ok(samples)
    }

    /// What had to be decided or left out, one sentence each; those on clipping are known once the frames are read.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        let colours = match &self.source {
            Source::Tiff(tiff) => tiff.from_colours,
            Source::Folder(folder) => folder.from_colours,
            _ => false,
        };
        if colours {
            notes.push("the frames are stored as colours, all of them grey: used as grey".to_owned());
        }
        if self.conversion.clipped > 0 {
            notes.push(format!(
                "{} samples lie outside the range that the first frame settled, or are no numbers: clipped",
                self.conversion.clipped
            ));
        }
        if self.hints.pixel.is_some() && self.calibration.pixel.is_some() {
            notes.push("the size of a pixel is the one given, not the one in the file".to_owned());
        }
        notes
    }
}

type Opened = (Source, [usize; 2], u64, Calibration, Vec<String>);

fn open(path: &Path) -> Result<Opened, ImportError> {
    let metadata = fs::metadata(path).map_err(|e| ImportError::io(path, e))?;
    if !metadata.is_dir() {
        return open_file(path);
    }
    match Reader::open(path) {
        Ok(reader) => return open_run(path, reader),
        // What calls itself a record is none of the others.
        Err(e @ RecordError::TooNew { .. }) => return Err(e.into()),
        Err(e) if path.join(STORE_NAME).is_dir() => return Err(e.into()),
        Err(_) => {}
    }
    if path.join("zarr.json").is_file() {
        let store = Store::open(path)?;
        let (size, frames, calibration, notes) = (store.size, store.len(), store.calibration.clone(), store.notes.clone());
        return Ok((Source::Store(Box::new(store)), size, frames, calibration, notes));
    }
    if store::is_v2(path) {
        return Err(ImportError::ZarrV2 { path: path.to_owned() });
    }
    let folder = Folder::open(path)?;
    let (size, frames, calibration) = (folder.size, folder.len(), folder.calibration.clone());
    Ok((Source::Folder(folder), size, frames, calibration, Vec::new()))
}

fn open_file(path: &Path) -> Result<Opened, ImportError> {
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(8).read_to_end(&mut start)).map_err(|e| ImportError::io(path, e))?;
    match start.as_slice() {
        [] => Err(ImportError::NoFrames { path: path.to_owned(), why: "the file is empty".into() }),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => {
            let tiff = Tiff::open(path)?;
            let (size, frames, calibration, notes) = (tiff.size, tiff.len(), tiff.calibration.clone(), tiff.notes.clone());
            Ok((Source::Tiff(Box::new(tiff)), size, frames, calibration, notes))
        }
        [0x89, b'P', b'N', b'G', ..] => {
            let folder = Folder::of(path, vec![path.to_owned()])?;
            let (size, calibration) = (folder.size, folder.calibration.clone());
            Ok((Source::Folder(folder), size, 1, calibration, Vec::new()))
        }
        _ => {
            let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
            let why = match extension.as_str() {
                "dm3" | "dm4" | "emd" | "ser" | "mrc" | "hspy" | "zspy" | "tvips" | "emi" | "h5" => {
                    "this format of microscopes is not read yet: turn it into a TIFF stack, e.g. with HyperSpy or Fiji"
                }
                "mp4" | "avi" | "mov" | "mkv" | "wmv" | "gif" => {
                    "its frames were packed for the eye, which moves edges: use the camera's own frames, as a TIFF stack"
                }
                _ => "it is neither TIFF nor PNG",
            };
            Err(ImportError::not(path, why))
        }
    }
}

fn open_run(path: &Path, reader: Reader) -> Result<Opened, ImportError> {
    let shape = match reader.info("", "frames") {
        Ok(info) => info.shape,
        Err(RecordError::NoSuchArray { .. }) => {
            return Err(ImportError::NoFrames { path: path.to_owned(), why: "the run was made without the microscope".into() });
        }
        Err(e) => return Err(e.into()),
    };
    let &[frames, height, width] = shape.as_slice() else {
        return Err(RecordError::mismatch("frames", format!("has {} dimensions, not three", shape.len())).into());
    };
    let times = reader.read_f64("", "frame_time")?.values;
    if times.len() as u64 != frames {
        return Err(RecordError::mismatch("frames", format!("{frames} frames, but {} times of frames", times.len())).into());
    }
    let mut calibration = Calibration { times: Some(times), ..Calibration::default() };
    // Of views that the first versions wrote without axes nothing is known.
    let axis = |name: &str| reader.read_f64("", name).map(|n| n.values.iter().map(|nm| nm * 1e-9).collect::<Vec<f64>>()).ok();
    let (x, y) = (axis("x"), axis("y"));
    if let Some(dx) = x.as_deref().and_then(pitch) {
        calibration.pixel = Some([dx, y.as_deref().and_then(pitch).unwrap_or(dx)]);
        calibration.origin = x.as_deref().and_then(|x| Some(0.5 * (x.first()? + x.last()?)));
    }
    let ended = reader.attribute::<String>("ended").unwrap_or_default();
    let notes = if ended.starts_with("not ended") {
        vec!["the run has not ended: measured as far as it was recorded".to_owned()]
    } else {
        Vec::new()
    };
    let size = error::check_size(path, width, height)?;
    Ok((Source::Run(Box::new(reader)), size, frames, calibration, notes))
}
