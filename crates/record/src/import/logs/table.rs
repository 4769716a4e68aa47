//! Rows of fields below a line of names: what all formats share, and tables of other programs.

use std::path::Path;

use super::columns::{Mapper, Role};
use super::{ImportError, LogFormat, Remark, failed, time, units};

/// Lines looked at for the names.
const HEADER_WITHIN: usize = 100;
/// Most columns.
const MOST_COLUMNS: usize = 256;
/// Most different words in a column of words.
const MOST_WORDS: usize = 64;
/// What instruments write for more than their range.
pub(super) const OVERFLOW: f64 = 9.9e37;

/// A column as it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct RawColumn {
    /// Which column of the log it is, from 1.
    pub number: usize,
    pub name: String,
    /// Unit from elsewhere than the name.
    pub unit: Option<String>,
    pub values: Vec<f64>,
    pub words: Vec<String>,
    /// Whether it holds words; not known before its first field that is not empty.
    pub is_words: Option<bool>,
    /// More words than a column of states has: given up.
    pub prose: bool,
}

/// A log as it is read.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    pub format: LogFormat,
    pub start: Option<String>,
    pub time: Vec<f64>,
    pub columns: Vec<RawColumn>,
    pub metadata: Vec<(String, String)>,
    pub remarks: Vec<Remark>,
    pub notes: Vec<String>,
    pub header_line: u64,
}

impl Builder {
    pub fn new(format: LogFormat, header_line: u64) -> Builder {
        Builder {
            format,
            start: None,
            time: Vec::new(),
            columns: Vec::new(),
            metadata: Vec::new(),
            remarks: Vec::new(),
            notes: Vec::new(),
            header_line,
        }
    }

    /// Numbers, from 1 in the log, and names of the columns, checked.
    pub fn name_columns<'a>(&mut self, path: &Path, names: impl Iterator<Item = (usize, &'a str)>) -> Result<(), ImportError> {
        self.columns = names.map(|(number, name)| RawColumn { number, name: name.trim().to_owned(), ..RawColumn::default() }).collect();
        if self.columns.len() > MOST_COLUMNS {
            let why = format!("it names {} columns, more than {MOST_COLUMNS}", self.columns.len());
            return Err(failed(path, Some(self.header_line), why, "is it a log? take out the columns that are not wanted"));
        }
        Ok(())
    }

    /// One row. `separator` decides whether a comma can be a decimal point.
    pub fn push(&mut self, path: &Path, line: u64, time: f64, fields: &[&str], separator: u8) -> Result<(), ImportError> {
        let numbers: Vec<Option<f64>> = fields.iter().map(|f| number(f, separator)).collect();
        for ((column, field), number) in self.columns.iter().zip(fields).zip(&numbers) {
            if column.is_words == Some(false) && number.is_none() {
                let why = format!("`{}` in the column `{}` is not a number", shorten(field), column.name);
                return Err(failed(path, Some(line), why, "numbers are written as 1.5e-3; where there is none, as NaN or as nothing"));
            }
        }
        self.time.push(time);
        for (k, column) in self.columns.iter_mut().enumerate() {
            let (field, number) = (fields.get(k).map_or("", |f| f.trim()), numbers.get(k).copied().flatten());
            if column.is_words.is_none() && !field.is_empty() {
                column.is_words = Some(number.is_none());
            }
            let value = match (column.is_words, number) {
                (Some(true), _) if field.is_empty() || column.prose => f64::NAN,
                (Some(true), _) => match column.words.iter().position(|w| w == field) {
                    Some(known) => known as f64,
                    None if column.words.len() < MOST_WORDS => {
                        column.words.push(field.to_owned());
                        (column.words.len() - 1) as f64
                    }
                    None => {
                        column.prose = true;
                        f64::NAN
                    }
                },
                (_, number) => number.unwrap_or(f64::NAN),
            };
            column.values.push(value);
        }
        Ok(())
    }
}

/// A field as a number; nothing and `NaN` are none that is known, not an error.
pub(super) fn number(field: &str, separator: u8) -> Option<f64> {
    let field = field.trim();
    if field.is_empty() || field == "-" || field == "--" {
        return Some(f64::NAN);
    }
    field.parse().ok().or_else(|| if separator == b',' { None } else { field.replacen(',', ".", 1).parse().ok() })
}

/// The fields of a line; quotes hold a separator.
pub(super) fn fields(line: &str, separator: u8) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut from, mut quoted) = (0, false);
    for (at, byte) in line.bytes().enumerate() {
        if byte == b'"' {
            quoted = !quoted;
        } else if byte == separator && !quoted {
            out.push(&line[from..at]);
            from = at + 1;
        }
    }
    out.push(&line[from..]);
    out.into_iter()
        .map(|f| {
            let f = f.trim();
            f.strip_prefix('"').and_then(|f| f.strip_suffix('"')).unwrap_or(f)
        })
        .collect()
}

/// Whether a line is the last with anything on it, and has no end: of a program that was stopped while it wrote.
pub(super) fn cut_off(text: &str, line: &str) -> bool {
    !text.ends_with('\n') && text.ends_with(line)
}

pub(super) fn shorten(text: &str) -> String {
    let mut out: String = text.chars().take(40).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

/// A table of another program: names above, one column a time.
pub(super) fn read(path: &Path, text: &str, mapper: Option<&Mapper>) -> Result<Builder, ImportError> {
    let Some((line, separator, names)) = header(text, mapper) else {
        let help = "a table needs a line that names its columns, such as time_s,voltage_V,current_A; say which is which with --columns \"time=Time (ms),voltage=V,current=I (mA)\"";
        return Err(failed(path, None, "no line names columns that can be told", help));
    };
    let mut log = Builder::new(LogFormat::Table, line);
    log.name_columns(path, names.iter().enumerate().map(|(k, n)| (k + 1, *n)))?;
    let listed = || names.join(", ");
    let wanted = mapper.and_then(|m| m.wanted(Role::Time));
    let place = match wanted {
        Some(w) => w.by_name(&names).or_else(|| w.number().filter(|n| *n <= names.len()).map(|n| n - 1)).ok_or_else(|| {
            let help = format!("the columns are: {}; name one of them, or its number from 1", listed());
            failed(path, Some(line), format!("there is no column `{}` for the time", w.name), help)
        })?,
        None => names.iter().position(|n| Role::Time.fits(n)).ok_or_else(|| {
            let help = format!("the columns are: {}; say which is the time with --columns \"time=…\"", listed());
            failed(path, Some(line), "no column is called time", help)
        })?,
    };
    let said = wanted.and_then(|w| w.unit.clone()).or_else(|| units::split(names[place]).1.map(str::to_owned));
    let second = match &said {
        None => {
            log.notes.push("the log does not say the unit of the time: taken for s".to_owned());
            1.0
        }
        Some(text) => match units::unit(text, "time").filter(|u| u.si == "s") {
            Some(unit) => unit.factor,
            None => {
                let help = format!("give it as --columns \"time={} (s)\"", units::split(names[place]).0);
                return Err(failed(path, Some(line), format!("the unit `{text}` of the time is not known"), help));
            }
        },
    };
    let mut clock = time::Clock::default();
    let mut of_day = false;
    for (number_of_line, row) in text.lines().enumerate().skip(line as usize).map(|(k, l)| (k as u64 + 1, l)) {
        if row.trim().is_empty() || row.trim_start().starts_with('#') {
            continue;
        }
        let cells = fields(row, separator);
        let at = cells.get(place).copied().unwrap_or_default();
        let seconds = match number(at, separator).filter(|t| t.is_finite()) {
            Some(t) => Some(t * second),
            None => time::of_day(at).map(|t| {
                of_day = true;
                clock.since_first(t)
            }),
        };
        let too_few = cells.len() < names.len();
        let Some(seconds) = seconds.filter(|_| !too_few) else {
            if cut_off(text, row) {
                log.notes.push(format!("the last line ({number_of_line}) is cut off and left out"));
                break;
            }
            let why = if too_few {
                format!("{} fields, but {} columns are named", cells.len(), names.len())
            } else {
                format!("`{}` is no time", shorten(at))
            };
            return Err(failed(path, Some(number_of_line), why, "each row needs as many fields as there are names, and a time"));
        };
        // A last separator without anything behind it is how some programs end a line.
        if cells[names.len()..].iter().any(|c| !c.is_empty()) {
            let why = format!("{} fields, but {} columns are named", cells.len(), names.len());
            return Err(failed(path, Some(number_of_line), why, "put fields that hold the separator in quotes"));
        }
        log.push(path, number_of_line, seconds, &cells[..names.len()], separator)?;
    }
    if of_day {
        log.notes.push("the log has times of day: its clock is at 0 in its first row, and goes on after midnight".to_owned());
    }
    log.columns.remove(place);
    Ok(log)
}

/// The line of names: the first of at least two fields none of which is a number and one of which can be told for a time; with a mapper the
/// first that has all its names.
fn header<'a>(text: &'a str, mapper: Option<&Mapper>) -> Option<(u64, u8, Vec<&'a str>)> {
    let mut candidate = None;
    for (k, line) in text.lines().take(HEADER_WITHIN).enumerate() {
        let Some(separator) = [b'\t', b';', b','].into_iter().find(|s| line.as_bytes().contains(s)) else { continue };
        let mut names: Vec<&str> = fields(line, separator).into_iter().map(|n| n.trim_start_matches('#').trim()).collect();
        while names.last().is_some_and(|n| n.is_empty()) {
            names.pop();
        }
        if names.len() < 2 || names.iter().any(|n| number(n, separator).is_some_and(|x| !x.is_nan())) {
            continue;
        }
        let found = (k as u64 + 1, separator, names);
        let fits = match mapper {
            Some(m) => m.all().all(|w| w.by_name(&found.2).is_some() || w.number().is_some_and(|n| n <= found.2.len())),
            None => found.2.iter().any(|n| Role::Time.fits(n)),
        };
        if fits {
            return Some(found);
        }
        candidate.get_or_insert(found); // for the error
    }
    candidate
}
