//! Logs of holders and source-meters, whole: every column at its own times, with what the user wrote and what the holder said of itself.
//!
//! Formats by source-meter.md section 7: Protochips' CSV, DENS Impulse's CSV with its `_Metadata.log`, DENS DigiHeater's `.dens`, and tables of
//! any other program. Nothing is re-gridded, nothing is left out without a word.

mod columns;
mod digiheater;
mod impulse;
mod protochips;
mod store;
mod table;
mod time;
pub(super) mod units;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::ImportError;
pub use columns::{Mapper, Role};
pub use store::{ImportedLog, write_log};
use table::Builder;

/// Largest log that is read [bytes].
const LARGEST: u64 = 1 << 30;

/// Who wrote a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// Protochips' CSV (Fusion, Axon, Clarity).
    Protochips,
    /// DENSsolutions' Impulse, CSV.
    Impulse,
    /// DENSsolutions' DigiHeater, `.dens`.
    DigiHeater,
    /// A table with a line of names.
    Table,
}

impl LogFormat {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            LogFormat::Protochips => "Protochips CSV",
            LogFormat::Impulse => "DENSsolutions Impulse CSV",
            LogFormat::DigiHeater => "DENSsolutions DigiHeater .dens",
            LogFormat::Table => "a table of text",
        }
    }
}

/// One column of a log.
#[derive(Clone, PartialEq, Debug)]
pub struct Channel {
    /// What it is: voltage, current, temperature, or of its own.
    pub role: Option<Role>,
    /// Its name in the record: `voltage`, `channel_b_resistance`.
    pub key: String,
    /// Its name in the log.
    pub name: String,
    /// SI unit; `1` for pure numbers and for those whose unit is not known.
    pub unit: &'static str,
    /// The unit as the log wrote it, if it is not known.
    pub unknown_unit: Option<String>,
    /// The values, SI; not a number where the log has none. Of a column of words the number of the word.
    pub values: Vec<f64>,
    /// The words of a column of words.
    pub words: Vec<String>,
}

/// Something the user wrote while it was logged.
#[derive(Clone, PartialEq, Debug)]
pub struct Remark {
    /// When [s], on the log's clock.
    pub time: f64,
    /// What.
    pub text: String,
}

/// A log.
#[derive(Clone, PartialEq, Debug)]
pub struct Log {
    /// Where it lies.
    pub path: PathBuf,
    /// Who wrote it.
    pub format: LogFormat,
    /// When its clock was at 0, as far as the log says it: local time, `2014-10-08T16:26:51.738`.
    pub start: Option<String>,
    /// Time of each row [s] on the log's own clock, in the log's order.
    pub time: Vec<f64>,
    /// Its other columns.
    pub channels: Vec<Channel>,
    /// What the log says about itself, in its own words.
    pub metadata: Vec<(String, String)>,
    /// What the user wrote.
    pub remarks: Vec<Remark>,
    /// What had to be decided or left out, one sentence each.
    pub notes: Vec<String>,
}

impl Log {
    /// The column with a role.
    pub fn channel(&self, role: Role) -> Option<&Channel> {
        self.channels.iter().find(|c| c.role == Some(role))
    }
}

/// Reads a log. What the columns are is guessed from their names, or said by `mapper`.
///
/// # Errors
/// [`ImportError::Log`] with the line and what would be right; [`ImportError::Io`].
pub fn read_log(path: &Path, mapper: Option<&Mapper>) -> Result<Log, ImportError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| ImportError::io(path, e))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| ImportError::io(path, e))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed(path, None, "it is larger than 1 GiB", "cut it into parts"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(failed(path, None, "it is written in UTF-16", "save it as UTF-8 (a text editor or a spreadsheet can)"));
    }
    if bytes.contains(&0) {
        return Err(failed(path, None, "it is no text", "name a table of text, such as a .csv or .dens file"));
    }
    // Programs write °, Ω and µ in their own way; only names of units can suffer, and those are known with the scar.
    let text = String::from_utf8_lossy(bytes);
    if text.trim().is_empty() {
        return Err(failed(path, None, "it is empty", "name a log with a line of names and rows of numbers"));
    }
    let builder = match format(&text) {
        LogFormat::Protochips => protochips::read(path, &text)?,
        LogFormat::Impulse => impulse::read(path, &text)?,
        LogFormat::DigiHeater => digiheater::read(path, &text)?,
        LogFormat::Table => table::read(path, &text, mapper)?,
    };
    finish(path, builder, mapper)
}

/// Who wrote it, by its first lines.
fn format(text: &str) -> LogFormat {
    let mut lines = text.lines().filter(|l| !l.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let fields: Vec<&str> = first.split(',').map(str::trim).collect();
    if fields.first().is_some_and(|f| f.eq_ignore_ascii_case("time")) && fields.get(1).is_some_and(|f| f.eq_ignore_ascii_case("notes")) {
        return LogFormat::Protochips;
    }
    if fields.iter().any(|f| f.eq_ignore_ascii_case("timestamp")) && fields.iter().any(|f| f.eq_ignore_ascii_case("experiment time")) {
        return LogFormat::Impulse;
    }
    if std::iter::once(first).chain(lines.take(3)).any(|l| l.to_ascii_lowercase().contains("digiheater")) {
        return LogFormat::DigiHeater;
    }
    LogFormat::Table
}

/// Times checked, units to SI, roles given.
fn finish(path: &Path, builder: Builder, mapper: Option<&Mapper>) -> Result<Log, ImportError> {
    let Builder { format, start, time, columns: raw, metadata, remarks, mut notes, header_line } = builder;
    if time.is_empty() {
        return Err(failed(
            path,
            None,
            "it has no row of numbers",
            "is it the right file? a log has a line of names and rows of numbers below it",
        ));
    }
    let back = time.windows(2).filter(|pair| pair[1] < pair[0]).count();
    if back > 0 {
        notes.push(format!("the times run backwards {back} times; the rows are in the log's order"));
    }
    if format != LogFormat::Table && mapper.is_some_and(|m| m.wanted(Role::Time).is_some()) {
        notes.push(format!("the time is that of {}, whatever --columns says of it", format.word()));
    }
    let channels = columns::assign(path, header_line, raw, mapper, &mut notes)?;
    Ok(Log { path: path.to_owned(), format, start, time, channels, metadata, remarks, notes })
}

fn failed(path: &Path, line: Option<u64>, why: impl Into<String>, help: impl Into<String>) -> ImportError {
    ImportError::Log { path: path.to_owned(), line, why: why.into(), help: help.into() }
}
