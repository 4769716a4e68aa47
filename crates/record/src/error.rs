//! What can go wrong with a record, said with its place and what would be right.

use std::io;
use std::path::{Path, PathBuf};

/// Errors of writing and reading a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The folder of the run holds something already.
    #[error("{} is not empty: a run never writes over another; name a folder that is empty or does not exist yet", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file lies where a folder should be.
    #[error("{} is a file, not a folder: name a folder that is empty or does not exist yet", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// No permission to write, or a read-only file system.
    #[error("cannot write to {}: {source}; choose a folder you may write to, with --out or PENTATWIN_RUNS", path.display())]
    Unwritable {
        /// The place.
        path: PathBuf,
        /// The system's word on it.
        source: io::Error,
    },
    /// The disk or the quota is full.
    #[error("no space left for {}: what was committed before stays readable; free some space or choose another disk with --out", path.display())]
    DiskFull {
        /// The file that did not fit.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("{}: {source}", path.display())]
    Io {
        /// The place.
        path: PathBuf,
        /// The system's word on it.
        source: io::Error,
    },
    /// The folder holds no record, or a damaged one.
    #[error("{} is not a record of pentatwin: {why}", path.display())]
    NotARecord {
        /// The folder.
        path: PathBuf,
        /// What is missing or wrong.
        why: String,
    },
    /// The record was written by a later pentatwin.
    #[error("{} has record_version {found}, this pentatwin reads up to {supported}: it was written by a newer version; update pentatwin", path.display())]
    TooNew {
        /// The store.
        path: PathBuf,
        /// Version found.
        found: u64,
        /// Newest version that can be read.
        supported: u64,
    },
    /// No array of this name.
    #[error("the record has no array {array}")]
    NoSuchArray {
        /// Path of the array in the store.
        array: String,
    },
    /// The declarations or the values handed over do not fit together.
    #[error("array {array}: {why}")]
    Mismatch {
        /// Path of the array in the store.
        array: String,
        /// What does not fit, and what would.
        why: String,
    },
    /// An attribute is missing or of another kind than expected.
    #[error("attribute {key} of the record: {why}")]
    Attribute {
        /// Its key.
        key: String,
        /// What is wrong with it.
        why: String,
    },
}

impl RecordError {
    /// The error for a failed file operation at `path`.
    pub fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Unwritable { path, source },
            io::ErrorKind::NotADirectory => Self::NotAFolder { path },
            _ => Self::Io { path, source },
        }
    }

    pub(crate) fn mismatch(array: &str, why: impl ToString) -> Self {
        Self::Mismatch { array: array.to_owned(), why: why.to_string() }
    }
}
