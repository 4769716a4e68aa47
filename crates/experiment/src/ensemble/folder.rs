//! The folder of a sweep: the sweep and its protocol as read, and one file for each run.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use pentatwin_record::sweep::{RunFile, SWEEP_VERSION};

use super::error::SweepError;

/// Folder of the result files.
pub const RESULTS: &str = "results";
/// Folder of the records, where they are kept.
pub(super) const RECORDS: &str = "records";
/// The sweep as it was read.
pub(super) const SWEEP: &str = "sweep.toml";
/// Its protocol.
pub(super) const PROTOCOL: &str = "protocol.toml";
/// A sweep or a protocol is a page of text: a larger file is something else.
const LARGEST: u64 = 1 << 20;

/// The file of a run in the folder of its sweep.
pub fn result_file(folder: &Path, hash: &str) -> PathBuf {
    folder.join(RESULTS).join(format!("{hash}.json"))
}

/// Puts a whole file in place: temporary file beside it, fsync, rename. Several processes may do the same at once: the last one wins, whole.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), SweepError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let failed = |source: io::Error| SweepError::Unwritable { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.subsec_nanos());
    let own = format!("{}-{}-{nanoseconds}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let temporary = folder.join(format!(".{}.{own}.tmp", path.file_name().unwrap_or_default().to_string_lossy()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&temporary);
        failed(e)
    })
}

/// The result of a run that was made already; `None` if there is none, or none that this version reads and that says what its name says.
pub(super) fn finished(folder: &Path, hash: &str) -> Option<RunFile> {
    let text = fs::read_to_string(result_file(folder, hash)).ok()?;
    let file: RunFile = serde_json::from_str(&text).ok()?;
    (file.sweep_version == SWEEP_VERSION && file.hash == hash).then_some(file)
}

/// A short text file.
pub(super) fn read_text(path: &Path, help: &str) -> Result<String, SweepError> {
    let unreadable = |source: io::Error| SweepError::Unreadable { path: path.to_owned(), source, help: help.to_owned() };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(unreadable(io::Error::other("it is larger than 1 MiB")));
    }
    fs::read_to_string(path).map_err(unreadable)
}
