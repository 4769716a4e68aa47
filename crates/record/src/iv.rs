//! `iv.csv`: the samples as a plain table.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::RecordError;

const HEADER: &str = "time_s,voltage_V,current_A,flags\n";

/// Writes `iv.csv`, whole lines at a time.
pub struct IvLog {
    path: PathBuf,
    file: File,
    /// Lines that are not in the file yet.
    lines: String,
    /// Bytes of whole lines in the file.
    written: u64,
}

impl IvLog {
    /// Make the file, which must not exist, with its header.
    ///
    /// # Errors
    /// A failure to write; the file is then not there.
    pub fn create(path: &Path) -> Result<Self, RecordError> {
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| RecordError::io(path, e))?;
        let mut log = Self { path: path.to_owned(), file, lines: HEADER.to_owned(), written: 0 };
        log.flush().inspect_err(|_| {
            let _ = std::fs::remove_file(path);
        })?;
        Ok(log)
    }

    /// Add a sample: end of its aperture [s], voltage [V], current [A], sum of [`crate::sample_flags`]. Numbers are written with as
    /// many digits as it takes to read the same number back.
    pub fn append(&mut self, time: f64, voltage: f64, current: f64, flags: u8) {
        use std::fmt::Write;
        let _ = writeln!(self.lines, "{time:?},{voltage:?},{current:?},{flags}"); // writing to a string does not fail
    }

    /// Write the lines that wait; best after each commit of the store.
    ///
    /// # Errors
    /// A failure to write. The file then ends with the last whole line, the lines are kept, and the next call tries again.
    pub fn flush(&mut self) -> Result<(), RecordError> {
        let result = self.file.write_all(self.lines.as_bytes());
        if let Err(e) = result {
            let _ = self.file.set_len(self.written).and_then(|()| self.file.seek(SeekFrom::Start(self.written)));
            return Err(RecordError::io(&self.path, e));
        }
        self.written += self.lines.len() as u64;
        self.lines.clear();
        Ok(())
    }

    /// Write the last lines and bring the file down to the disk.
    ///
    /// # Errors
    /// A failure to write.
    pub fn finish(mut self) -> Result<(), RecordError> {
        self.flush()?;
        self.file.sync_all().map_err(|e| RecordError::io(&self.path, e))
    }
}
