//! Why a sweep cannot be read, carried out or collected.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use pentatwin_record::RecordError;

use crate::protocol::ProtocolError;

/// Why a sweep cannot be read, carried out or collected. A run that fails is not among these: it is listed with its reason.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum SweepError {
    /// The sweep, or the protocol in it, is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Wrong(#[from] ProtocolError),
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
        /// What would be right.
        #[help]
        help: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The dataset cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// There is no run of that number.
    #[error("there is no run {index}: the sweep has {runs}, numbered from 0 to {}", runs.saturating_sub(1))]
    #[diagnostic(help("the number of a Slurm array task starts at 0; with more tasks than one array takes use --stride"))]
    NoSuchRun {
        /// What was asked for.
        index: usize,
        /// How many there are.
        runs: usize,
    },
    /// The threads cannot be started.
    #[error("the threads of the sweep cannot be started: {0}")]
    Threads(String),
}

impl SweepError {
    /// Exit code of the command line: 2 for what the user can put right by another input, 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        match self {
            SweepError::Threads(_) => 1,
            SweepError::Record(RecordError::Mismatch { .. }) => 1,
            _ => 2,
        }
    }
}
