//! The samples as a table, from the store.

use std::path::Path;

use super::{ExportError, whole_file};
use crate::{IvLog, Reader, RecordError};

/// Writes `iv.csv` as the run did, from the samples in the record; how many.
///
/// # Errors
/// A failure to read or write.
pub fn csv(reader: &Reader, out: &Path) -> Result<u64, ExportError> {
    let [time, voltage, current, flags] = ["time", "voltage", "current", "flags"].map(|name| reader.read_f64("", name));
    let columns = [time?.values, voltage?.values, current?.values, flags?.values];
    let n = columns[0].len();
    if columns.iter().any(|column| column.len() != n) {
        return Err(RecordError::mismatch("time", "not as long as voltage, current and flags").into());
    }
    whole_file(out, |temporary| {
        let mut log = IvLog::create(temporary)?;
        let [time, voltage, current, flags] = &columns;
        for k in 0..n {
            log.append(time[k], voltage[k], current[k], flags[k] as u8);
        }
        log.finish()?;
        Ok(n as u64)
    })
}
