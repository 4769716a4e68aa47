//! From a movie, and perhaps a log of voltage and current, to measurements in a store and in tables.
//!
//! Of a run only what an instrument could have delivered is read: frames, samples and the settings of the microscope, never the group
//! `truth`. The next frame is decoded while the last is measured; no more than four are in memory.

mod electrical;
mod error;
mod facets;
mod feed;
mod findings;
mod follow;
mod half_maximum;
mod joined;
mod keys;
mod lattice;
mod particles;
mod store;
mod tables;

use std::path::{Path, PathBuf};

use pentatwin_analysis::movie::{Contrast, FrameMeasure, MovieMeasurement};
use pentatwin_record::import::{Columns, Hints, IvRecord, Movie, read_iv};
use pentatwin_record::measured::Measured;
use pentatwin_record::{Reader, RecordError, STORE_NAME};

use crate::protocol::{Mode, Protocol};
use crate::run::Flow;
pub use error::AnalyzeError;
pub use follow::{Follow, Start, tracker};
pub use half_maximum::{HalfMaximum, HalfMaximumError};
pub use keys::KeyFrame;
pub use lattice::{CRYSTALS, LatticeOutcome, lattice, lattice_given};

/// Name of the store for movies that are no runs.
pub const ANALYSIS_STORE: &str = "analysis.zarr";
/// Folder of the tables in the folder of a run.
pub const MEASURED_FOLDER: &str = "measured";

/// How to analyse.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AnalyzeOptions {
    /// What the user says of the movie.
    pub hints: Hints,
    /// Log of voltage and current; a run has its own.
    pub iv: Option<PathBuf>,
    /// Columns of that log.
    pub columns: Option<Columns>,
    /// Direction of the wire against the image's x [rad]; found in the first image if `None`.
    pub angle: Option<f64>,
    /// Folder of the results. `None`: the run itself, or a folder `<movie>-analysis` in the current one.
    pub out: Option<PathBuf>,
}

/// What an analysis says while it goes.
#[derive(Clone, Copy, Debug)]
pub enum Progressing<'a> {
    /// The movie is open.
    Opened {
        /// Number of frames.
        frames: u64,
        /// Width and height [pixels].
        size: [usize; 2],
        /// Size of a pixel [m].
        pixel: f64,
    },
    /// So many frames are measured, of so many.
    Frame {
        /// Done.
        done: u64,
        /// Of.
        of: u64,
        /// The last measure, once there is one.
        live: Option<&'a FrameMeasure>,
    },
    /// What is being done now.
    Stage(&'a str),
}

/// What an analysis leaves.
#[derive(Clone, PartialEq, Debug)]
pub struct AnalysisOutcome {
    /// Folder of the tables.
    pub folder: PathBuf,
    /// Store with the group `measurements`.
    pub store: PathBuf,
    /// What was found.
    pub measured: Measured,
    /// Frame by frame, on the camera's clock.
    pub movie: MovieMeasurement,
    /// The electrical record, on its own clock, if there is one.
    pub iv: Option<IvRecord>,
    /// The frames that a report shows.
    pub keys: Vec<KeyFrame>,
}

/// Measures the movie at `source` by the program's usual follower, and writes the results.
///
/// # Errors
/// As [`analyze_with`].
pub fn analyze(
    source: &Path,
    options: &AnalyzeOptions,
    sink: &mut dyn FnMut(Progressing) -> Flow,
) -> Result<AnalysisOutcome, AnalyzeError> {
    analyze_with(source, options, follow::tracker, sink)
}

/// Measures the movie at `source` by a follower that `start` makes, and writes the results.
///
/// # Errors
/// The movie or the log cannot be read, there is no wire (or two) in it, the results cannot be written.
pub fn analyze_with<F: Follow>(
    source: &Path,
    options: &AnalyzeOptions,
    start: impl FnOnce(&Start) -> Result<F, F::Error>,
    sink: &mut dyn FnMut(Progressing) -> Flow,
) -> Result<AnalysisOutcome, AnalyzeError> {
    analyze_movie(Movie::open(source, &options.hints)?, None, options, start, sink)
}

/// Measures a movie that is open, by the program's usual follower, with an electrical record that is read (else `options.iv`, or the run's own).
/// `options.hints` mean nothing here.
///
/// # Errors
/// As [`analyze_with`].
pub fn analyze_given(
    movie: Movie,
    iv: Option<IvRecord>,
    options: &AnalyzeOptions,
    sink: &mut dyn FnMut(Progressing) -> Flow,
) -> Result<AnalysisOutcome, AnalyzeError> {
    analyze_movie(movie, iv, options, follow::tracker, sink)
}

fn analyze_movie<F: Follow>(
    mut movie: Movie,
    iv: Option<IvRecord>,
    options: &AnalyzeOptions,
    start: impl FnOnce(&Start) -> Result<F, F::Error>,
    sink: &mut dyn FnMut(Progressing) -> Flow,
) -> Result<AnalysisOutcome, AnalyzeError> {
    let source = movie.path().to_owned();
    let source = source.as_path();
    let (pixel, times) = (movie.pixel()?, movie.times()?);
    let size = movie.size();
    // Read before the work: a wrong log should not cost the wait.
    let given = iv.is_some();
    let iv = match (&options.iv, movie.run()) {
        _ if given => iv,
        (Some(log), _) => Some(read_iv(log, options.columns.as_ref())?),
        (None, Some(run)) => samples(run)?,
        (None, None) => None,
    };
    let place = Place::choose(source, options.out.as_deref(), movie.run());
    let mut stopped = sink(Progressing::Opened { frames: movie.len(), size, pixel }) == Flow::Stop;
    let beginning = Start { pixel, contrast: movie.run().and_then(contrast), angle: options.angle, size };
    let follower = start(&beginning).map_err(|e| AnalyzeError::movie(source, e))?;
    let mut notes = Vec::new();
    let seen = feed::feed(&mut movie, &times, follower, &mut notes, &mut stopped, sink)?;
    sink(Progressing::Stage("events and findings"));
    notes.splice(0..0, movie.notes());
    let own = movie.run().is_some() && options.iv.is_none() && !given;
    let log = match given {
        true => Some(Path::new("given")),
        false => options.iv.as_deref().or(own.then_some(Path::new("the record's own"))),
    };
    let about = findings::About { source, log, origin: movie.origin(), frames_in_movie: movie.len(), interrupted: stopped, notes };
    let mut measured = findings::measured(&seen, iv.as_ref(), own, about);
    sink(Progressing::Stage("particles in the gap"));
    let mut rows = findings::Rows::new();
    let tracks = particles::particles(&mut rows, &mut movie, &seen);
    measured.findings.extend(rows.into_findings());
    sink(Progressing::Stage("writing"));
    store::write(&place.store, &measured, &seen)?;
    tables::write(&place.folder, &measured, &seen, iv.as_ref(), &tracks)?;
    let keys = keys::read(&mut movie, &measured, &seen);
    Ok(AnalysisOutcome { folder: place.folder, store: place.store, measured, movie: seen, iv, keys })
}

/// Samples of a run, if it has any.
fn samples(run: &Reader) -> Result<Option<IvRecord>, AnalyzeError> {
    let read = |name: &str| match run.read_f64("", name) {
        Ok(numbers) => Ok(numbers.values),
        Err(RecordError::NoSuchArray { .. }) => Ok(Vec::new()),
        Err(e) => Err(e),
    };
    let flags = read("flags")?.iter().map(|f| *f as u8).collect();
    let record = IvRecord { time: read("time")?, voltage: read("voltage")?, current: read("current")?, flags, notes: Vec::new() };
    let whole = !record.time.is_empty() && record.voltage.len() == record.time.len() && record.current.len() == record.time.len();
    Ok(whole.then_some(record))
}

/// How silver shows in the frames of a run: a setting of its microscope.
fn contrast(run: &Reader) -> Option<Contrast> {
    let protocol = Protocol::parse("protocol", &run.attribute::<String>("protocol").ok()?).ok()?;
    Some(contrast_of(&protocol))
}

/// How silver shows in the frames of a protocol.
pub fn contrast_of(protocol: &Protocol) -> Contrast {
    match protocol.microscope.mode {
        Mode::HaadfStem => Contrast::DarkField,
        Mode::BfTem | Mode::Hrtem => Contrast::BrightField,
    }
}

/// Where the results go.
struct Place {
    folder: PathBuf,
    store: PathBuf,
}

impl Place {
    /// Into a run that has ended, or a folder of their own.
    fn choose(source: &Path, out: Option<&Path>, run: Option<&Reader>) -> Place {
        if let (None, Some(reader)) = (out, run) {
            let store = reader.path().to_owned();
            let is_store = store.file_name().is_some_and(|name| name == STORE_NAME);
            let folder = if is_store { store.with_file_name(MEASURED_FOLDER) } else { store.join(MEASURED_FOLDER) };
            // While a run is written its root is not ours to change.
            let ended = !reader.attribute::<String>("ended").unwrap_or_default().starts_with("not ended");
            let store = if ended { store } else { folder.join(ANALYSIS_STORE) };
            return Place { folder, store };
        }
        let stem = source.file_stem().or(source.file_name()).map_or_else(|| "movie".into(), |s| s.to_string_lossy().into_owned());
        let folder = out.map_or_else(|| PathBuf::from(format!("{stem}-analysis")), Path::to_owned);
        Place { store: folder.join(ANALYSIS_STORE), folder }
    }
}
