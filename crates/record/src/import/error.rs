//! Why a movie or a log cannot be used, and what would be right.

use std::io;
use std::path::{Path, PathBuf};

use crate::RecordError;

/// Errors of reading movies and logs that were made elsewhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file system says no.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The place.
        path: PathBuf,
        /// The system's word on it.
        source: io::Error,
    },
    /// It is something else.
    #[error("{} is not a movie that can be read: {why}", path.display())]
    NotAMovie {
        /// The place.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// There is no frame in it.
    #[error("{} has no frames{}", path.display(), if why.is_empty() { String::new() } else { format!(": {why}") })]
    NoFrames {
        /// The place.
        path: PathBuf,
        /// Why, if that is known.
        why: String,
    },
    /// A frame is damaged or cut off.
    #[error("frame {frame} of {} cannot be read: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Number of the frame, from 0.
        frame: u64,
        /// Why.
        why: String,
    },
    /// Colours say nothing of electrons.
    #[error("frame {frame} of {} is in colour", path.display())]
    Colour {
        /// The file.
        path: PathBuf,
        /// Number of the frame, from 0.
        frame: u64,
    },
    /// The frames are not of one size.
    #[error("frame {frame} of {} has {} x {} pixels, the first one {} x {}", path.display(), size[0], size[1], first[0], first[1])]
    MixedSizes {
        /// The file or folder.
        path: PathBuf,
        /// Number of the frame, from 0.
        frame: u64,
        /// Its width and height.
        size: [usize; 2],
        /// Those of the first.
        first: [usize; 2],
    },
    /// More pixels than a frame has.
    #[error("{} claims a frame of {width} x {height} pixels{}", path.display(), if why.is_empty() { String::new() } else { format!(", {why}") })]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Pixels along x.
        width: u64,
        /// Pixels along y.
        height: u64,
        /// Why that cannot be.
        why: String,
    },
    /// Zarr of the older kind.
    #[error("{} is a Zarr v2 store", path.display())]
    ZarrV2 {
        /// The store.
        path: PathBuf,
    },
    /// The size of a pixel is not known.
    #[error("{} does not say the size of a pixel{}", path.display(), if why.is_empty() { String::new() } else { format!(": {why}") })]
    NoPixelSize {
        /// The file.
        path: PathBuf,
        /// What it says instead.
        why: String,
    },
    /// Pixels that are not square.
    #[error("the pixels of {} are {:.4} nm by {:.4} nm: only square ones can be measured", path.display(), 1e9 * pixel[0], 1e9 * pixel[1])]
    Oblong {
        /// The file.
        path: PathBuf,
        /// Size along x and y [m].
        pixel: [f64; 2],
    },
    /// The times of the frames are not known.
    #[error("{} does not say when its frames were taken{}", path.display(), if why.is_empty() { String::new() } else { format!(": {why}") })]
    NoFrameTime {
        /// The file.
        path: PathBuf,
        /// What it says instead.
        why: String,
    },
    /// A hint that cannot be.
    #[error("{what} must be a finite number above zero, not {value}")]
    Hint {
        /// What.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// There is no such frame.
    #[error("{} has no frame {frame}, only {frames}", path.display())]
    NoSuchFrame {
        /// The file.
        path: PathBuf,
        /// Asked for.
        frame: u64,
        /// How many there are.
        frames: u64,
    },
    /// A log of voltage and current that cannot be read.
    #[error("{}{}: {why}", path.display(), line.map(|n| format!(", line {n}")).unwrap_or_default())]
    Log {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<u64>,
        /// What is wrong.
        why: String,
        /// What would be right.
        help: String,
    },
    /// The record of a run cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl ImportError {
    /// What would be right, for the user.
    pub fn help(&self) -> &str {
        match self {
            Self::Io { .. } => "is the path right, and may you read it?",
            Self::NotAMovie { .. } | Self::NoFrames { .. } => {
                "name a TIFF stack, a folder of TIFF or PNG files, a Zarr v3 store with one array (t, y, x), or the folder of a run with frames"
            }
            Self::Damaged { .. } => "is the file complete? copy it again, or cut the movie before this frame",
            Self::Colour { .. } => {
                "turn it into grey (Fiji: Image > Type > 16-bit), best from the camera's own file: colours were made for the eye"
            }
            Self::MixedSizes { .. } => "all frames of a movie must have one size: split it, or remove what does not belong to it",
            Self::TooLarge { .. } => "is the file whole? a frame has at most 2^28 pixels (16384 x 16384)",
            Self::ZarrV2 { .. } => "write it again as Zarr v3, e.g. xarray.open_zarr(OLD).to_zarr(NEW, zarr_format=3)",
            Self::NoPixelSize { .. } => "give it as --pixel \"1 nm\"",
            Self::Oblong { .. } => "resample the movie to square pixels; if they are square in truth, give their size as --pixel \"1 nm\"",
            Self::NoFrameTime { .. } => "give the time from frame to frame as --frame-time \"0.5 s\"",
            Self::Hint { .. } => "write a number with its unit, such as \"1 nm\" or \"0.5 s\"",
            Self::NoSuchFrame { .. } => "frames are counted from 0",
            Self::Log { help, .. } => help,
            Self::Record(_) => "name the folder of a run, such as runs/fig2a-20260131T235959Z",
        }
    }

    /// Whether another input would have helped: all but failures of the machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
            ),
            Self::Record(e) => !matches!(e, RecordError::Io { .. } | RecordError::DiskFull { .. }),
            _ => true,
        }
    }

    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn not(path: &Path, why: impl ToString) -> Self {
        Self::NotAMovie { path: path.to_owned(), why: why.to_string() }
    }

    pub(crate) fn damaged(path: &Path, frame: u64, why: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), frame, why: why.to_string() }
    }
}

/// Most pixels of a frame: 16384 x 16384, four times the largest camera.
pub(crate) const MOST_PIXELS: u64 = 1 << 28;

/// Refuses sizes that no camera has, before memory is taken for them.
pub(crate) fn check_size(path: &Path, width: u64, height: u64) -> Result<[usize; 2], ImportError> {
    let too = |why: &str| ImportError::TooLarge { path: path.to_owned(), width, height, why: why.to_owned() };
    match width.checked_mul(height) {
        Some(0) => Err(too("which is none")),
        Some(n) if n <= MOST_PIXELS => Ok([width as usize, height as usize]),
        _ => Err(too("more than any camera has")),
    }
}
