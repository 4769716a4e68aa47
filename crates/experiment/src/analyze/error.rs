//! Why a movie was not analysed.

use std::error::Error;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use pentatwin_analysis::lattice::PatchError;
use pentatwin_record::RecordError;
use pentatwin_record::import::ImportError;

/// Errors of an analysis.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalyzeError {
    /// Movie or log cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// There is nothing to measure in it.
    #[error("{}: {source}", path.display())]
    Movie {
        /// The movie.
        path: PathBuf,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The image has no spectrum.
    #[error("{}: {source}", path.display())]
    Lattice {
        /// The image.
        path: PathBuf,
        /// Why.
        source: PatchError,
    },
    /// The results cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Stopped before a frame was measured.
    #[error("stopped before the first frame was measured")]
    Stopped,
}

impl AnalyzeError {
    pub(crate) fn movie(path: &Path, source: impl Error + Send + Sync + 'static) -> AnalyzeError {
        AnalyzeError::Movie { path: path.to_owned(), source: Box::new(source) }
    }

    pub(crate) fn lattice(path: &Path, source: PatchError) -> AnalyzeError {
        AnalyzeError::Lattice { path: path.to_owned(), source }
    }

    /// Exit code of the command line: 2 for what another input would put right, 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Import(e) if e.is_bad_input() => 2,
            Self::Movie { .. } | Self::Lattice { .. } => 2,
            Self::Record(e) if !matches!(e, RecordError::Io { .. }) => 2,
            Self::Stopped => 130,
            _ => 1,
        }
    }
}

impl Diagnostic for AnalyzeError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        let text = match self {
            Self::Import(e) => e.help(),
            Self::Movie { .. } => {
                "one straight wire must cross the first image; cut the movie to it, or give its direction as --axis \"3 deg\""
            }
            Self::Lattice { .. } => "cut the image to a part that shows a lattice, of at least 16 by 16 pixels",
            Self::Record(_) => "name another folder for the results with --out",
            Self::Stopped => return None,
        };
        Some(Box::new(text))
    }
}
