//! DENSsolutions Impulse's CSV, with its side file of metadata and live notes.

use std::path::{Path, PathBuf};

use super::table::{Builder, cut_off, fields, number, shorten};
use super::{ImportError, LogFormat, Remark, failed, time};

/// Largest side file that is read [bytes].
const LARGEST_SIDE: u64 = 16 << 20;
const DAY: f64 = 86_400.0;

pub(super) fn read(path: &Path, text: &str) -> Result<Builder, ImportError> {
    let mut lines = text.lines().enumerate().map(|(k, l)| (k as u64 + 1, l)).filter(|(_, l)| !l.trim().is_empty());
    let (header_line, header) = lines.next().unwrap_or((1, ""));
    let names = fields(header, b',');
    let place = |name: &str| names.iter().position(|n| n.eq_ignore_ascii_case(name)).unwrap_or(0);
    let (stamp, clock) = (place("timestamp"), place("experiment time"));
    let mut log = Builder::new(LogFormat::Impulse, header_line);
    log.name_columns(path, names.iter().enumerate().filter(|(k, _)| *k != stamp && *k != clock).map(|(k, n)| (k + 1, *n)))?;
    // Of the first row: its time of day, and what the experiment's clock showed.
    let mut first: Option<(f64, f64, String)> = None;
    for (line, row) in lines {
        let cells = fields(row, b',');
        let at = number(cells.get(clock).copied().unwrap_or_default(), b',').filter(|t| t.is_finite());
        let Some(at) = at.filter(|_| cells.len() == names.len()) else {
            if cut_off(text, row) {
                log.notes.push(format!("the last line ({line}) is cut off and left out"));
                break;
            }
            let why = if cells.len() == names.len() {
                format!("`{}` is no experiment time", shorten(cells[clock]))
            } else {
                format!("{} fields, but {} columns are named", cells.len(), names.len())
            };
            return Err(failed(
                path,
                Some(line),
                why,
                "is the file whole? each row has a time stamp, the experiment's time in s, and numbers",
            ));
        };
        if first.is_none() {
            first = time::of_day(cells[stamp]).map(|t| (t, at, cells[stamp].trim().to_owned()));
        }
        let rest: Vec<&str> = cells.iter().enumerate().filter(|(k, _)| *k != stamp && *k != clock).map(|(_, c)| *c).collect();
        log.push(path, line, at, &rest, b',')?;
    }
    for column in &mut log.columns {
        // Older versions name no units: Impulse shows temperatures in °C.
        let name = column.name.to_ascii_lowercase();
        if name.contains("temperature") && super::units::split(&column.name).1.is_none() {
            column.unit = Some("degC".to_owned());
            log.notes.push(format!("the unit of `{}` is not said: taken for °C, as Impulse shows it", column.name));
        }
    }
    side(path, &mut log, first.as_ref());
    Ok(log)
}

/// `<name>_Synchronized data.csv`, `<name>_Heat raw.csv` → `<name>_Metadata.log`.
fn side_file(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    Some(path.with_file_name(format!("{}_Metadata.log", name.rsplit_once('_')?.0)))
}

fn side(path: &Path, log: &mut Builder, first: Option<&(f64, f64, String)>) {
    let Some(file) = side_file(path) else {
        log.notes.push("the file's name is not Impulse's own, so that its side file is not known: no metadata, no live notes".to_owned());
        return;
    };
    let shown = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let small = std::fs::metadata(&file).is_ok_and(|m| m.len() <= LARGEST_SIDE);
    let Some(bytes) = small.then(|| std::fs::read(&file).ok()).flatten() else {
        log.notes.push(format!("there is no {shown} beside it, or it cannot be read: no metadata, no live notes"));
        return;
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut in_notes = false;
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let note = match line.split_once(',') {
            Some((key, value)) if !in_notes && key.trim().eq_ignore_ascii_case("live notes") => {
                in_notes = true;
                value.trim()
            }
            Some((key, value)) if !in_notes => {
                log.metadata.push((key.trim().to_owned(), value.trim().to_owned()));
                continue;
            }
            _ if in_notes => line,
            _ => continue,
        };
        remark(log, note, first);
    }
    let said = |what: &str| log.metadata.iter().find(|(k, _)| k.eq_ignore_ascii_case(what)).map(|(_, v)| v.clone());
    // The experiment's clock is at 0 at its own time; without that the first row's stamp stands for a start that is only near.
    log.start = said("experiment date").zip(said("experiment time")).and_then(|(d, t)| time::stamp(&d, &t));
}

/// `13:46:46: text` on the log's clock; what bears no time of day is metadata.
fn remark(log: &mut Builder, note: &str, first: Option<&(f64, f64, String)>) {
    if note.is_empty() {
        return;
    }
    let timed = note.splitn(4, ':').collect::<Vec<_>>();
    let of_day = timed.get(..3).and_then(|t| time::of_day(&t.join(":")));
    match (of_day, first) {
        (Some(of_day), Some((row, clock, _))) => {
            let since = of_day - row;
            let since = if since < -0.5 * DAY { since + DAY } else { since };
            let text = timed.get(3).map_or("", |t| t.trim()).to_owned();
            log.remarks.push(Remark { time: clock + since, text });
        }
        _ => log.metadata.push(("Live note".to_owned(), note.to_owned())),
    }
}
