//! DENSsolutions DigiHeater's `.dens`: date, calibration, sampling time, then columns between tabs; times of day.

use std::path::Path;

use super::table::{Builder, cut_off, shorten};
use super::{ImportError, LogFormat, failed, time};

pub(super) fn read(path: &Path, text: &str) -> Result<Builder, ImportError> {
    let mut metadata: Vec<(String, String)> = Vec::new();
    let mut date = None;
    let mut log: Option<(Builder, usize)> = None;
    let mut clock = time::Clock::default();
    for (line, row) in text.lines().enumerate().map(|(k, l)| (k as u64 + 1, l)).filter(|(_, l)| !l.trim().is_empty()) {
        let cells: Vec<&str> = row.trim_end_matches(['\r', '\n']).split('\t').map(str::trim).collect();
        let Some((log, place)) = &mut log else {
            if let Some(place) = cells.iter().position(|c| c.eq_ignore_ascii_case("time")) {
                let mut builder = Builder::new(LogFormat::DigiHeater, line);
                // Rows have one field more than there are names: the state of the control.
                builder.name_columns(
                    path,
                    cells.iter().enumerate().map(|(k, c)| (k + 1, *c)).filter(|(k, _)| *k != place + 1).chain([(cells.len() + 1, "state")]),
                )?;
                log = Some((builder, place));
                continue;
            }
            for cell in cells.iter().filter(|c| !c.is_empty()) {
                match cell.split_once('=') {
                    Some((key, value)) => metadata.push((key.trim().to_owned(), value.trim().to_owned())),
                    None if date.is_none() && cell.contains('/') => {
                        date = cell.split_whitespace().next().map(str::to_owned);
                        metadata.push(("Date".to_owned(), (*cell).to_owned()));
                    }
                    None => metadata.push(("Program".to_owned(), (*cell).to_owned())),
                }
            }
            continue;
        };
        let named = log.columns.len(); // with the state in the place of the time
        let of_day = cells.get(*place).copied().and_then(time::of_day);
        let Some(of_day) = of_day.filter(|_| cells.len() == named || cells.len() == named + 1) else {
            if cut_off(text, row) {
                log.notes.push(format!("the last line ({line}) is cut off and left out"));
                break;
            }
            let why = match cells.get(*place) {
                Some(at) if of_day.is_none() => format!("`{}` is no time of day", shorten(at)),
                _ => format!("{} fields, but {named} columns are named", cells.len()),
            };
            return Err(failed(path, Some(line), why, "is the file whole? a row is like 1<TAB>13:54:37.68<TAB>23.0<TAB>… between tabs"));
        };
        if log.time.is_empty() {
            log.start = date.as_deref().and_then(|d| time::stamp(d, cells[*place]));
        }
        let rest: Vec<&str> = cells.iter().enumerate().filter(|(k, _)| k != place).map(|(_, c)| *c).collect();
        // Without a state the field is empty.
        let rest = if rest.len() < named { rest.into_iter().chain([""]).collect() } else { rest };
        log.push(path, line, clock.since_first(of_day), &rest, b'\t')?;
    }
    let Some((mut log, _)) = log else {
        return Err(failed(
            path,
            None,
            "no line names the columns",
            "a .dens file has a line sample<TAB>time<TAB>Tset[C]<TAB>… between tabs",
        ));
    };
    log.metadata = metadata;
    if log.columns.last().is_some_and(|c| c.is_words.is_none()) {
        log.columns.pop();
    }
    log.notes.push("the log has times of day: its clock is at 0 in its first row, and goes on after midnight".to_owned());
    Ok(log)
}
