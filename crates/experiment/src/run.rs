//! The one entry: a protocol is carried out, recorded, read and summed up.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use crate::profile_log::Profile;
pub use crate::runner::{run, run_in_memory};
use crate::source_meter::{Panel, SourceMeterError};
use pentatwin_record::summary::Summary;
use pentatwin_record::{EventKind, Kept, RecordError};
use serde_json::{Map, Value};

/// One reading of the source-meter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// End of the aperture [s] from the start of the run.
    pub time: f64,
    /// Voltage at the terminals [V].
    pub voltage: f64,
    /// Current, mean over the aperture [A].
    pub current: f64,
    /// Bits of `pentatwin_record::sample_flags`.
    pub flags: u8,
}

/// One key moment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Event {
    /// When [s] from the start of the run.
    pub time: f64,
    /// What.
    pub kind: EventKind,
    /// The value that goes with the kind, SI.
    pub value: f64,
}

/// One image of a movie as it was taken.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Frame<'a> {
    /// Middle of its exposure [s] from the start of the run.
    pub time: f64,
    /// Pixels along the wire.
    pub width: usize,
    /// Pixels across it.
    pub height: usize,
    /// Size of a pixel on the specimen [m].
    pub pixel: f64,
    /// Electrons that it cost the specimen, by area [1/m²].
    pub dose: f64,
    /// Counts, row by row.
    pub counts: &'a [u16],
}

/// How far the run is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// Time [s] from the start of the run.
    pub time: f64,
    /// Voltage [V].
    pub voltage: f64,
    /// Current [A].
    pub current: f64,
    /// What the heater says [K]; nothing on a chip without one.
    pub temperature: Option<f64>,
    /// Part of the present stage that is done, 0 to 1.
    pub fraction: f64,
    /// The break in three dimensions, while it is followed.
    pub shape: Option<ShapeProgress>,
}

/// How far the shape engine is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ShapeProgress {
    /// Cross-section of the neck over the as-made one.
    pub neck: f64,
    /// Hops since it began.
    pub hops: u64,
}

/// What a run says while it goes. Listeners may miss messages; the record does not.
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    /// The folder of the run is made.
    Folder(&'a Path),
    /// A reading.
    Sample(&'a Sample),
    /// A state of the wire that the record keeps.
    Profile(&'a Profile),
    /// An image of the movie.
    Frame(&'a Frame<'a>),
    /// A key moment.
    Event(&'a Event),
    /// How far it is.
    Progress(&'a Progress),
    /// Something a person should know.
    Note(&'a str),
    /// What is being done now, e.g. "bands 12/32".
    Stage(&'a str),
    /// The front panel of a real source-meter, some times a second.
    Panel(&'a Panel),
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Switch the output off, close the record and return.
    Stop,
}

/// How to run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunOptions {
    /// Seed of everything random.
    pub seed: u64,
    /// Draws for the bands; 0 for none.
    pub band: usize,
    /// Whether runs beside this one are made for comparison.
    pub companions: bool,
    /// Folder of the run, empty or new; `None` for a new one below `PENTATWIN_RUNS` or `./runs`.
    pub out: Option<PathBuf>,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions { seed: 1, band: 32, companions: true, out: None }
    }
}

/// What a run leaves.
#[derive(Clone, PartialEq, Debug)]
pub struct RunOutcome {
    /// Folder of the run.
    pub folder: PathBuf,
    /// What it says about itself.
    pub summary: Summary,
    /// Whether it was stopped by its listener.
    pub interrupted: bool,
}

/// What a run leaves that was kept in memory.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptOutcome {
    /// The arrays of its record.
    pub arrays: Vec<Kept>,
    /// The attributes of the record's root, the summary among them.
    pub attributes: Map<String, Value>,
    /// What it says about itself.
    pub summary: Summary,
    /// Whether it was stopped by its listener.
    pub interrupted: bool,
}

/// Why a run could not be made or did not come to its end.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum RunError {
    /// The folder cannot be used, or the record cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The protocol asks for something that this version cannot carry out.
    #[error("this version cannot carry out {what}")]
    Unsupported {
        /// What.
        what: String,
        /// What can be done instead.
        #[help]
        help: String,
    },
    /// The frames would not fit on the disk.
    #[error("the frames of this run may take {need} and {free} are free in {}; a tenth of the disk's free space is left alone", folder.display())]
    #[diagnostic(help(
        "image less often (--set microscope.interval=\"10 s\"), with fewer pixels (--set microscope.pixels=512), or not at all (--no-imaging)"
    ))]
    DiskSpace {
        /// Estimated size, as text.
        need: String,
        /// Free space, as text.
        free: String,
        /// Where.
        folder: PathBuf,
    },
    /// A frame cannot be made.
    #[error("the microscope cannot make this image: {0}")]
    #[diagnostic(help("check the settings of [microscope]"))]
    Microscope(#[from] crate::imaging::ImageError),
    /// A spectrum cannot be made.
    #[error("the X-ray detector cannot take this spectrum: {0}")]
    #[diagnostic(help("check the settings of [edx]"))]
    Spectrum(#[from] pentatwin_microscope::spectrum::SpectrumError),
    /// The source-meter cannot be used, or failed.
    #[error("{0}")]
    SourceMeter(SourceMeterError),
    /// A defect of this program.
    #[error("this program failed ({0}); that is a defect of it and worth reporting")]
    Defect(String),
    /// The simulation gave up.
    #[error("the simulation gave up: {0}")]
    #[diagnostic(help("what was recorded until then is kept; a case that a smaller numerics.tolerance does not cure is worth reporting"))]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl RunError {
    /// Exit code of the command line: 2 for what the user can put right by another input (a folder, a disk, a protocol), 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        match self {
            RunError::Record(
                RecordError::NotEmpty { .. }
                | RecordError::NotAFolder { .. }
                | RecordError::Unwritable { .. }
                | RecordError::DiskFull { .. },
            )
            | RunError::Unsupported { .. }
            | RunError::DiskSpace { .. }
            | RunError::Microscope(_)
            | RunError::Spectrum(_) => 2,
            RunError::SourceMeter(e) if e.is_bad_input() => 2,
            // A path that cannot be: too long, or below what takes no folders.
            RunError::Record(RecordError::Io { source, .. })
                if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename | ErrorKind::InvalidInput) =>
            {
                2
            }
            _ => 1,
        }
    }
}

impl From<pentatwin_microscope::MicroscopeError> for RunError {
    fn from(e: pentatwin_microscope::MicroscopeError) -> RunError {
        RunError::Microscope(e.into())
    }
}
