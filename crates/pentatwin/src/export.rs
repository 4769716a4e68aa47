//! `pentatwin export`: what a run recorded, in another format.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use miette::Diagnostic;
use pentatwin_record::export::{self, Contrast, ExportError, MovieInfo, MovieOptions, StackInfo};
use pentatwin_record::{Reader, RecordError, STORE_NAME};

use crate::args::{Export, Format};

/// Frames that come at a rate as uneven as this are worth a word.
const UNEVEN: f64 = 0.01;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// There is no record.
    #[error(transparent)]
    #[diagnostic(help("name the folder of a run, such as runs/fig2a-20260131T235959Z"))]
    Open(RecordError),
    /// Nothing to write.
    #[error(transparent)]
    #[diagnostic(help("run a protocol with a [microscope] in it, and without --no-imaging; `--to csv` needs no frames"))]
    NoFrames(ExportError),
    /// It cannot be written.
    #[error(transparent)]
    Export(ExportError),
    /// No spectra.
    #[error("this run took no X-ray spectra")]
    #[diagnostic(help("add a step such as `spectrum = {{ at = \"gap\" }}` to the protocol"))]
    NoSpectra,
    /// No such format.
    #[error("there is no format `{0}`")]
    #[diagnostic(help("csv, tiff, mrc, mp4, msa, hspy, zspy and nxem are"))]
    NoFormat(String),
    /// Only the Python package writes it.
    #[error("the Python package pentatwin writes this format, and {python} does not have it")]
    #[diagnostic(help(
        "install it (`pip install ./python` in the sources), or name the Python that has it: PENTATWIN_PYTHON=/path/to/python3"
    ))]
    NoPackage {
        /// The Python that was asked.
        python: String,
    },
    /// It failed there.
    #[error("the Python package cannot write it: {said}")]
    Python {
        /// What it said.
        said: String,
    },
    /// An option of movies for another format.
    #[error("--fps and --raw are for movies")]
    #[diagnostic(help("write `--to mp4`, or leave them away"))]
    OnlyMovies,
    /// The samples are there already, perhaps still growing.
    #[error("{} exists already", path.display())]
    #[diagnostic(help("the run wrote it itself, with the same samples; name another file with --out"))]
    Exists {
        /// The file.
        path: PathBuf,
    },
}

impl From<ExportError> for Error {
    fn from(error: ExportError) -> Self {
        if matches!(error, ExportError::NoFrames { .. }) { Self::NoFrames(error) } else { Self::Export(error) }
    }
}

impl Error {
    /// Whether another input would have helped.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::OnlyMovies | Self::NoFormat(_) | Self::NoSpectra | Self::Exists { .. } | Self::NoFrames(_) | Self::NoPackage { .. } => {
                true
            }
            Self::Python { .. } => false,
            Self::Open(e) => matches!(e, RecordError::NotARecord { .. } | RecordError::TooNew { .. }),
            Self::Export(e) => matches!(
                e,
                ExportError::FrameRate { .. }
                    | ExportError::NotAFile { .. }
                    | ExportError::Record(RecordError::Unwritable { .. } | RecordError::NotAFolder { .. })
            ),
        }
    }
}

/// Writes the file; where it lies, and a word on it.
pub fn export(args: &Export) -> Result<(PathBuf, String), Error> {
    if args.to != Format::Mp4 && (args.raw || args.fps.is_some()) {
        return Err(Error::OnlyMovies);
    }
    let reader = Reader::open(&args.run).map_err(Error::Open)?;
    let out = args.out.clone().unwrap_or_else(|| beside(reader.path(), args.to));
    let said = match args.to {
        Format::Csv if args.out.is_none() && out.exists() => return Err(Error::Exists { path: out }),
        Format::Csv => format!("{} samples", export::csv(&reader, &out)?),
        Format::Msa => match export::spectra(&reader, &out)? {
            0 => return Err(Error::NoSpectra),
            1 => "1 spectrum".to_owned(),
            n => format!("{n} spectra"),
        },
        Format::Tiff => stack(&export::tiff(&reader, &out)?),
        Format::Mrc => {
            let (frames, [width, height]) = export::mrc(&reader, &out)?;
            format!("{frames} frames, {width} x {height}, 16 bit")
        }
        Format::Hspy | Format::Zspy | Format::Nxem => python(&reader, args.to, &out)?,
        Format::Mp4 => {
            let usual = MovieOptions::default();
            movie(&export::movie(&reader, &out, &MovieOptions { fps: args.fps.unwrap_or(usual.fps), raw: args.raw })?)
        }
    };
    Ok((out, said))
}

/// The usual place: beside the store.
fn beside(store: &Path, format: Format) -> PathBuf {
    let name = match format {
        Format::Csv => "iv.csv",
        Format::Tiff => "frames.tif",
        Format::Mp4 => "movie.mp4",
        Format::Msa => "spectra",
        Format::Mrc => "frames.mrc",
        Format::Hspy => "run.hspy",
        Format::Zspy => "run.zspy",
        Format::Nxem => "run.nxs",
    };
    let is_store = store.file_name().is_some_and(|n| n == STORE_NAME);
    if is_store { store.with_file_name(name) } else { store.join(name) }
}

/// Has the Python package write it: `PENTATWIN_PYTHON`, or `python3`.
fn python(reader: &Reader, format: Format, out: &Path) -> Result<String, Error> {
    let name = std::env::var("PENTATWIN_PYTHON").ok().filter(|p| !p.is_empty()).unwrap_or_else(|| "python3".to_owned());
    let word = format.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned());
    let ran = Command::new(&name).args(["-m", "pentatwin", "--write-export", &word]).arg(reader.path()).arg(out).output();
    let Ok(ran) = ran else { return Err(Error::NoPackage { python: name }) };
    let (said, failed) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    match ran.status.success() {
        true => Ok(said.trim().to_owned()),
        false if failed.contains("No module named pentatwin") => Err(Error::NoPackage { python: name }),
        false => Err(Error::Python { said: failed.trim().to_owned() }),
    }
}

fn movie(info: &MovieInfo) -> String {
    let Contrast { low, high } = info.contrast;
    let size = match info.pixels {
        1.0 => String::new(),
        k if k > 1.0 => format!(", {k} x {k} pixels averaged to one"),
        k => format!(", each pixel enlarged {0:.0} x {0:.0}", 1.0 / k),
    };
    format!(
        "{} frames, {:.1} s, {} x {}{size}, {:.1} MB; black is {low} counts and white {high}: {} % of the first {} frames lie outside at each end",
        info.frames,
        info.duration,
        info.width,
        info.height,
        info.bytes as f64 / 1e6,
        Contrast::CLIPPED * 100.0,
        info.frames.min(Contrast::FROM_FRAMES)
    )
}

fn stack(info: &StackInfo) -> String {
    let mut said = format!("{} frames, {} x {}, 16 bit", info.frames, info.width, info.height);
    if info.big {
        said += "; larger than 4 GiB, therefore a BigTIFF: ImageJ opens it with Bio-Formats";
    }
    if info.unevenness > UNEVEN {
        said += "; the frames are not evenly spaced in time: the file states the median, the record has each time";
    }
    said
}
