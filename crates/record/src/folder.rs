//! The folder of one run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{RecordError, STORE_NAME};

/// Runs with one name in one second that are told apart.
const MAX_SUFFIX: u32 = 1000;

/// The folder of one run: `run.zarr`, `iv.csv`, `protocol.toml`, `report.html`, `run.log`.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    existed: bool,
}

impl RunFolder {
    /// Make the folder of a run.
    ///
    /// With `out` this is the folder, which must be empty or not exist. Without, a new folder `<name>-<UTC time>` is made in
    /// `PENTATWIN_RUNS`, or `runs` in the current folder; `-2`, `-3` … is added if one of that name exists.
    ///
    /// # Errors
    /// [`RecordError::NotEmpty`], [`RecordError::NotAFolder`], or a failure to write. Nothing is left behind then.
    pub fn create(out: Option<&Path>, name: &str, utc: SystemTime) -> Result<Self, RecordError> {
        match out {
            Some(path) => Ok(Self { path: path.to_owned(), existed: make_empty(path)? }),
            None => {
                let root = std::env::var_os("PENTATWIN_RUNS").filter(|root| !root.is_empty());
                Self::create_in(&root.map_or_else(|| PathBuf::from("runs"), PathBuf::from), name, utc)
            }
        }
    }

    /// Make a new folder `<name>-<UTC time>` in `root`, which is made if need be.
    ///
    /// # Errors
    /// As [`RunFolder::create`].
    pub fn create_in(root: &Path, name: &str, utc: SystemTime) -> Result<Self, RecordError> {
        fs::create_dir_all(root).map_err(|e| not_a_folder(root, e))?;
        let name: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
        let base = format!("{}-{}", if name.is_empty() { "run" } else { name.trim_start_matches('.') }, utc_stamp(utc));
        for k in 1..=MAX_SUFFIX {
            let path = root.join(if k == 1 { base.clone() } else { format!("{base}-{k}") });
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path, existed: false }),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(RecordError::io(&path, e)),
            }
        }
        Err(RecordError::NotEmpty { path: root.join(base) })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store in it, [`STORE_NAME`].
    pub fn store(&self) -> PathBuf {
        self.path.join(STORE_NAME)
    }

    /// Write a whole file beside the store, e.g. `protocol.toml`, so that no reader meets half of it.
    ///
    /// # Errors
    /// A failure to write; the file is then not there, or as it was.
    pub fn write_file(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, RecordError> {
        let (path, temporary) = (self.path.join(name), self.path.join(format!(".{name}.tmp")));
        fs::write(&temporary, content).and_then(|()| fs::rename(&temporary, &path)).map_err(|e| {
            let _ = fs::remove_file(&temporary);
            RecordError::io(&path, e)
        })?;
        Ok(path)
    }

    /// Remove the folder, or what is in it if it existed before: for a run that failed before anything was recorded.
    pub fn discard(self) {
        clear(&self.path, self.existed);
    }
}

/// Make a folder, or take an empty one. Whether it existed.
pub(crate) fn make_empty(path: &Path) -> Result<bool, RecordError> {
    match fs::read_dir(path) {
        Ok(mut entries) => match entries.next() {
            None => Ok(true),
            Some(_) => Err(RecordError::NotEmpty { path: path.to_owned() }),
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => match fs::create_dir_all(path) {
            Ok(()) => Ok(false),
            Err(e) => Err(not_a_folder(path, e)),
        },
        Err(e) => Err(RecordError::io(path, e)),
    }
}

/// The error of making the folder `path`, with the file that is in the way named if there is one.
fn not_a_folder(path: &Path, source: io::Error) -> RecordError {
    match path.ancestors().find(|p| p.exists()) {
        Some(there) if !there.is_dir() => RecordError::NotAFolder { path: there.to_owned() },
        _ => RecordError::io(path, source),
    }
}

/// Remove a folder that was empty or not there before. A failure leaves no better way out, so it is not reported.
pub(crate) fn clear(path: &Path, existed: bool) {
    let _ = fs::remove_dir_all(path);
    if existed {
        let _ = fs::create_dir(path);
    }
}

/// `20260131T235959Z`.
fn utc_stamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Year, month and day of a day counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms",
/// `civil_from_days`: years begin in March, so that the leap day ends a year).
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn stamps_are_utc() {
        // Each checked with `date -u -d @N`.
        for (seconds, stamp) in [
            (0, "19700101T000000Z"),
            (951_782_400, "20000229T000000Z"),
            (1_709_251_199, "20240229T235959Z"),
            (1_767_225_600, "20260101T000000Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(utc_stamp(UNIX_EPOCH + Duration::from_secs(seconds)), stamp);
        }
    }
}
