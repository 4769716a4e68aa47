//! Protochips' CSV: the second column holds notes, first the log's own (`Time units = Milliseconds`), then the user's.

use std::path::Path;

use super::table::{Builder, cut_off, number, shorten};
use super::{ImportError, LogFormat, Remark, failed, time, units};

pub(super) fn read(path: &Path, text: &str) -> Result<Builder, ImportError> {
    let mut lines = text.lines().enumerate().map(|(k, l)| (k as u64 + 1, l)).filter(|(_, l)| !l.trim().is_empty());
    let (header_line, header) = lines.next().unwrap_or((1, ""));
    let names: Vec<&str> = header.split(',').map(str::trim).collect();
    let mut log = Builder::new(LogFormat::Protochips, header_line);
    log.name_columns(path, names.iter().enumerate().skip(2).map(|(k, n)| (k + 1, *n)))?;
    let values = log.columns.len();
    let mut own = true;
    for (line, row) in lines {
        let cells: Vec<&str> = row.split(',').collect();
        // A note may hold commas: the values are the last fields.
        let notes_end = cells.len().checked_sub(values).filter(|end| *end >= 2);
        let seconds = number(cells[0], b',').filter(|t| t.is_finite());
        let (Some(end), Some(at)) = (notes_end, seconds) else {
            if cut_off(text, row) {
                log.notes.push(format!("the last line ({line}) is cut off and left out"));
                break;
            }
            let why = if notes_end.is_none() {
                format!("{} fields, but {} columns are named", cells.len(), names.len())
            } else {
                format!("`{}` is no time", shorten(cells[0].trim()))
            };
            return Err(failed(path, Some(line), why, "is the file whole? each row has a time, notes and a number for each channel"));
        };
        let note = cells[1..end].join(",").trim().to_owned();
        // The log's own notes come first, one a row, with values that were no samples.
        own = own && note.contains(" = ");
        if own {
            let (key, value) = note.split_once(" = ").unwrap_or((&note, ""));
            log.metadata.push((key.trim().to_owned(), value.trim().to_owned()));
            continue;
        }
        let trimmed: Vec<&str> = cells[end..].iter().map(|c| c.trim()).collect();
        log.push(path, line, at, &trimmed, b',')?;
        if !note.is_empty() {
            log.remarks.push(Remark { time: at, text: note });
        }
    }
    let said = |what: &str| log.metadata.iter().find(|(k, _)| k.to_ascii_lowercase().starts_with(what)).map(|(_, v)| v.clone());
    log.start = said("date").zip(said("time (")).and_then(|(d, t)| time::stamp(&d, &t));
    let unit = said("time units").unwrap_or_else(|| "Milliseconds".to_owned());
    let Some(second) = units::unit(&unit, "time").filter(|u| u.si == "s").map(|u| u.factor) else {
        let help = "it should be a unit of time, such as Milliseconds";
        return Err(failed(path, Some(header_line), format!("its `Time units` are `{unit}`"), help));
    };
    log.time.iter_mut().for_each(|t| *t *= second);
    log.remarks.iter_mut().for_each(|r| r.time *= second);
    for k in 0..values {
        let name = log.columns[k].name.to_ascii_lowercase();
        let what =
            ["temperature", "current", "voltage", "resistance", "pressure", "power", "humidity"].into_iter().find(|w| name.contains(w));
        log.columns[k].unit = what.and_then(|w| said(&format!("{w} units")));
    }
    Ok(log)
}
