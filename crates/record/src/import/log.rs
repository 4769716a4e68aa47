//! Logs of voltage and current: tables as this program, source-meters and holders write them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::ImportError;
use super::calibration::{in_si, time as time_unit};
use super::logs::units::split_where;

/// Largest log that is read [bytes].
const LARGEST: u64 = 1 << 30;
/// Lines looked at for the header.
const HEADER_WITHIN: usize = 100;

/// Samples of a source-meter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct IvRecord {
    /// Times [s] as the log has them, in its order.
    pub time: Vec<f64>,
    /// Voltages [V].
    pub voltage: Vec<f64>,
    /// Currents [A].
    pub current: Vec<f64>,
    /// Bits of [`crate::sample_flags`] of a run's own samples; empty for a log.
    pub flags: Vec<u8>,
    /// What had to be decided or left out.
    pub notes: Vec<String>,
}

/// Which columns are time, voltage and current: names or numbers from 1, each perhaps with a unit that governs over the header's.
#[derive(Clone, PartialEq, Debug)]
pub struct Columns([Column; 3]);

#[derive(Clone, PartialEq, Debug)]
struct Column {
    name: String,
    unit: Option<String>,
}

const WHAT: [&str; 3] = ["time", "voltage", "current"];
const EXAMPLE: [&str; 3] = ["1 s", "1 V", "1 A"];
const SI: [&str; 3] = ["s", "V", "A"];

impl Columns {
    /// From text such as `time,voltage,current`, `1,3,2`, `Time (ms),V,I (mA)`, or `time=Time (ms),voltage=V,current=I (mA)` in any order.
    ///
    /// # Errors
    /// What is wrong with the text, and what would be right.
    pub fn parse(text: &str) -> Result<Columns, String> {
        let right = "write three columns, time, voltage and current, such as time,voltage,current or 1,3,2 or \"time=Time (ms),voltage=V,current=I (mA)\"";
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let [a, b, c] = parts.as_slice() else { return Err(format!("{} columns: {right}", parts.len())) };
        let mut found: [Option<Column>; 3] = [None, None, None];
        for (k, part) in [a, b, c].into_iter().enumerate() {
            let named = part.split_once('=').and_then(|(key, rest)| Some((WHAT.iter().position(|w| *w == key.trim())?, rest.trim())));
            let (slot, name) = named.unwrap_or((k, part));
            if name.is_empty() || found[slot].is_some() {
                return Err(format!("no or two columns for the {}: {right}", WHAT[slot]));
            }
            let (bare, unit) = split_unit(name);
            // A unit in brackets belongs to the name as well: both are tried.
            found[slot] = Some(Column { name: name.to_owned(), unit: unit.filter(|_| !bare.is_empty()).map(str::to_owned) });
        }
        match found {
            [Some(time), Some(voltage), Some(current)] => Ok(Columns([time, voltage, current])),
            _ => Err(right.to_owned()),
        }
    }
}

/// Reads a log. Without `columns` they are looked for by their names.
///
/// Read are tables with a header: this program's `iv.csv`, tables of source-meters, Protochips' CSV with its rows of notes, DENS'
/// `.dens`. Separators are commas, semicolons or tabs. Units come from the header (`Time (ms)`, `current_mA`, `I [uA]`), from Protochips'
/// notes, or are SI.
///
/// # Errors
/// [`ImportError::Log`] with the line and what would be right; [`ImportError::Io`].
pub fn read_iv(path: &Path, columns: Option<&Columns>) -> Result<IvRecord, ImportError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| ImportError::io(path, e))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| ImportError::io(path, e))?;
    let log = |line: Option<u64>, why: String, help: &str| ImportError::Log { path: path.to_owned(), line, why, help: help.to_owned() };
    if bytes.len() as u64 > LARGEST {
        return Err(log(None, "it is larger than 1 GiB".into(), "cut it to the time of the movie"));
    }
    // Programs write the µ of microamperes in their own way; only the header's letters can suffer.
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
    let wanted = columns.map(|c| c.0.iter().map(|column| column.name.clone()).collect::<Vec<_>>());
    let header = find_header(&text, wanted.as_deref());
    let Some(header) = header else {
        let help = "the log needs a line that names its columns, such as time_s,voltage_V,current_A; name others with --iv-columns";
        return Err(log(None, "no line names columns of time, voltage and current".into(), help));
    };
    let mut place = [0; 3];
    let mut unit: [Option<String>; 3] = [None, None, None];
    for k in 0..3 {
        let column = columns.map(|c| &c.0[k]);
        let found = match column {
            Some(column) => header.place(&column.name),
            None => header.guess(k),
        };
        place[k] = found.ok_or_else(|| {
            let names = header.names.join(", ");
            let why = match column {
                Some(column) => format!("there is no column `{}` for the {}", column.name, WHAT[k]),
                None => format!("no column is called {}", WHAT[k]),
            };
            let help =
                format!("the columns are: {names}; name three of them as --iv-columns \"time,voltage,current\", or by numbers from 1");
            log(Some(header.line), why, &help)
        })?;
        let given = column.and_then(|c| c.unit.clone());
        unit[k] = given.or_else(|| header.names.get(place[k]).and_then(|name| split_unit(name).1.map(str::to_owned)));
    }
    rows(path, &text, &header, place, unit)
}

fn rows(path: &Path, text: &str, header: &Header, place: [usize; 3], mut unit: [Option<String>; 3]) -> Result<IvRecord, ImportError> {
    let log = |line: Option<u64>, why: String, help: &str| ImportError::Log { path: path.to_owned(), line, why, help: help.to_owned() };
    let mut found = IvRecord::default();
    let (mut skipped, mut first_skipped) = (0u64, None);
    let mut factor: [Option<f64>; 3] = [None; 3];
    let mut day: Option<f64> = None;
    let body = text.get(header.end..).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(header.separator)
        .trim(csv::Trim::All)
        .from_reader(body.as_bytes());
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(e) => return Err(log(None, e.to_string(), "is it a table of text? quotes must be closed")),
        };
        let at = row.position().map_or(0, csv::Position::byte) as usize;
        // Protochips' notes: `Time units = Milliseconds` in the second column; they come before the first sample.
        if let Some((key, value)) = row.iter().find_map(|field| field.split_once(" = ")) {
            let slot = WHAT.iter().position(|what| key.trim().to_ascii_lowercase() == format!("{what} units"));
            if let Some(k) = slot {
                unit[k].get_or_insert_with(|| value.trim().to_ascii_lowercase());
            }
            continue;
        }
        let mut values = [f64::NAN; 3];
        for k in 0..3 {
            let field = row.get(place[k]).unwrap_or_default();
            values[k] = number(field, header.separator).unwrap_or(f64::NAN);
            if k == 0 && values[0].is_nan() {
                values[0] = clock(field, &mut day).unwrap_or(f64::NAN);
            }
        }
        if values.iter().any(|v| !v.is_finite()) {
            if row.iter().any(|field| !field.is_empty()) {
                skipped += 1;
                first_skipped.get_or_insert_with(|| line_of(body, at) + header.line);
            }
            continue;
        }
        for k in 0..3 {
            if factor[k].is_none() {
                let known = match unit[k].as_deref() {
                    None => Some(1.0),
                    Some(word) => in_words(k, word),
                };
                factor[k] = Some(known.ok_or_else(|| {
                    let why = format!("the unit `{}` of the {} is not known", unit[k].as_deref().unwrap_or_default(), WHAT[k]);
                    let help = format!(
                        "give it as --iv-columns \"{}={} ({})\"",
                        WHAT[k],
                        header.names.get(place[k]).map_or("", |n| split_unit(n).0),
                        SI[k]
                    );
                    log(Some(header.line), why, &help)
                })?);
            }
        }
        let si = |k: usize| values[k] * factor[k].unwrap_or(1.0);
        found.time.push(if day.is_some() { values[0] } else { si(0) });
        found.voltage.push(si(1));
        found.current.push(si(2));
    }
    if found.time.is_empty() {
        let help = "numbers are wanted below the header, such as 0.1,0.01,4.5e-5; choose the columns with --iv-columns";
        return Err(log(first_skipped, "no row has numbers for time, voltage and current".into(), help));
    }
    for k in 0..3 {
        if unit[k].is_none() {
            found.notes.push(format!("the log does not say the unit of the {}: taken for {}", WHAT[k], SI[k]));
        }
    }
    if skipped > 0 {
        let line = first_skipped.unwrap_or(0);
        found.notes.push(format!("{skipped} rows of the log are not numbers and left out, the first in line {line}"));
    }
    let back = found.time.windows(2).filter(|pair| pair[1] < pair[0]).count();
    if back > 0 {
        found.notes.push(format!("the times of the log run backwards {back} times"));
    }
    Ok(found)
}

/// Number of the line, from 1, that begins at or after a place. (What `csv` counts is one less after a carriage return.)
fn line_of(text: &str, at: usize) -> u64 {
    let bytes = text.as_bytes();
    let blank = bytes.iter().skip(at).take_while(|b| matches!(b, b'\r' | b'\n')).count();
    1 + bytes.iter().take(at + blank).filter(|b| **b == b'\n').count() as u64
}

/// The line with the names of the columns.
struct Header {
    names: Vec<String>,
    separator: u8,
    /// Its number, from 1.
    line: u64,
    /// Where the next line begins [bytes].
    end: usize,
}

impl Header {
    /// The column of this name or number from 1; the unit in its header may be left away.
    fn place(&self, name: &str) -> Option<usize> {
        let same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
        let exact = self.names.iter().position(|n| same(n, name));
        let bare = |a: &str| split_unit(a).0.to_owned();
        let by_number = || name.parse::<usize>().ok().filter(|n| (1..=self.names.len()).contains(n)).map(|n| n - 1);
        exact
            .or_else(|| self.names.iter().position(|n| same(&bare(n), name)))
            .or_else(|| self.names.iter().position(|n| same(n, &bare(name))))
            .or_else(|| self.names.iter().position(|n| same(&bare(n), &bare(name))))
            .or_else(by_number)
            .or_else(|| bare(name).parse::<usize>().ok().filter(|n| (1..=self.names.len()).contains(n)).map(|n| n - 1))
    }

    /// The column that is probably time (0), voltage (1) or current (2).
    fn guess(&self, k: usize) -> Option<usize> {
        let bare: Vec<String> = self.names.iter().map(|n| split_unit(n).0.to_ascii_lowercase()).collect();
        let exact: &[&str] =
            [&["time", "t", "timestamp", "timestamps", "seconds"][..], &["voltage", "v", "u", "volts"], &["current", "i", "amps"]][k];
        let part = WHAT[k];
        let prefix = ["time", "v", "i"][k];
        bare.iter()
            .position(|n| exact.contains(&n.as_str()))
            .or_else(|| bare.iter().position(|n| n.contains(part)))
            // `Vheat`, `Imeas`, but not `Index`.
            .or_else(|| {
                self.names
                    .iter()
                    .position(|n| in_words(k, split_unit(n).1.unwrap_or("?")).is_some() && n.to_ascii_lowercase().starts_with(prefix))
            })
    }
}

/// The first line that names the columns: by the names that are wanted, or by what they are called.
fn find_header(text: &str, wanted: Option<&[String]>) -> Option<Header> {
    let mut end = 0;
    let mut candidate = None;
    for (index, line) in text.split_inclusive('\n').take(HEADER_WITHIN).enumerate() {
        end += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let separator = [b'\t', b';', b','].into_iter().find(|s| line.as_bytes().contains(s));
        let Some(separator) = separator else { continue };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .trim(csv::Trim::All)
            .from_reader(line.as_bytes());
        let Some(Ok(row)) = reader.records().next() else { continue };
        let names: Vec<String> = row.iter().map(|name| name.trim_start_matches('#').trim().to_owned()).collect();
        let numbers = names.iter().filter(|name| number(name, separator).is_some()).count();
        if names.len() < 3 || numbers > 0 {
            continue;
        }
        let header = Header { names, separator, line: index as u64 + 1, end };
        let fits = match wanted {
            Some(wanted) => wanted.iter().all(|name| header.place(name).is_some()),
            None => (0..3).all(|k| header.guess(k).is_some()),
        };
        if fits {
            return Some(header);
        }
        candidate.get_or_insert(header); // for the error
    }
    candidate
}

/// A name and the unit in it: `Time (ms)`, `I [uA]`, `current_A`, `V/mV`.
fn split_unit(name: &str) -> (&str, Option<&str>) {
    split_where(name, |_, unit| (0..3).any(|k| in_words(k, unit).is_some()))
}

/// Size in SI of a unit of time (0), voltage (1) or current (2), as a symbol or in words.
fn in_words(k: usize, unit: &str) -> Option<f64> {
    if k == 0 {
        return time_unit(unit);
    }
    let lower = unit.to_ascii_lowercase();
    let (base, symbol) = if k == 1 { ("volt", "V") } else { ("amp", "A") };
    if let Some((prefix, _)) = lower.split_once(base) {
        let factor = match prefix {
            "" => 1.0,
            "milli" => 1e-3,
            "micro" => 1e-6,
            "nano" => 1e-9,
            _ => return None,
        };
        return Some(factor);
    }
    // A letter that a program wrote in its own code page is the µ.
    let unit = unit.replace('\u{fffd}', "u");
    in_si(&unit, EXAMPLE[k]).filter(|_| unit.ends_with(symbol))
}

/// A number as tables have it; with semicolons or tabs between columns a comma may stand for the decimal point.
fn number(field: &str, separator: u8) -> Option<f64> {
    let field = field.trim();
    field.parse().ok().or_else(|| if separator == b',' { None } else { field.replacen(',', ".", 1).parse().ok() })
}

/// Seconds since the first row of a time of day such as `13:54:37.68`; after midnight it goes on.
fn clock(field: &str, first: &mut Option<f64>) -> Option<f64> {
    let mut parts = field.trim().split(':');
    let (h, m, s) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let seconds = f64::from(h.parse::<u8>().ok()?) * 3600.0 + f64::from(m.parse::<u8>().ok()?) * 60.0 + s.parse::<f64>().ok()?;
    if !seconds.is_finite() {
        return None;
    }
    let since = seconds - *first.get_or_insert(seconds);
    Some(if since < 0.0 { since + 86_400.0 } else { since })
}
