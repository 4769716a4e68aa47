//! A log as a record: its own times, its own names, SI.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::SystemTime;

use pentatwin_units::recorded::{CHIP_TEMPERATURE, CURRENT, DataType, EVENT_KIND, EVENT_TIME, EVENT_VALUE, FLAGS, Recorded, TIME, VOLTAGE};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::table::OVERFLOW;
use super::{Channel, Log, Role};
use crate::{EventKind, IvLog, Layout, RecordError, RunFolder, Values, Writer, sample_flags};

/// What a record says of the log that it was made from: its attribute `imported`, read by the report and Python.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ImportedLog {
    /// The file's name.
    pub file: String,
    /// Who wrote it, in words.
    pub format: String,
    /// When its clock was at 0, local time; empty if the log does not say.
    pub start: String,
    /// Rows.
    pub samples: u64,
    /// Array of the record, name in the log, unit; in the log's order.
    pub columns: Vec<[String; 3]>,
    /// What the log says about itself, key and value.
    pub metadata: Vec<[String; 2]>,
    /// What the user wrote: time [s] and text. The events of kind `note` count in it.
    pub remarks: Vec<(f64, String)>,
    /// What had to be decided or left out.
    pub notes: Vec<String>,
}

/// Rows written at once.
const ROWS: usize = 1 << 16;

/// Makes the record of a log: the folder `out`, which must be new or empty, or a new one in the runs folder, with its store and, if it has
/// voltages and currents, `iv.csv`.
///
/// # Errors
/// As [`RunFolder::create`]; a failure to write. Nothing is left behind then.
pub fn write_log(log: &Log, out: Option<&Path>, version: &str) -> Result<RunFolder, RecordError> {
    let file = log.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = log.path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(60).collect();
    let folder = RunFolder::create(out, &format!("log-{name}"), SystemTime::now())?;
    match fill(log, &folder, &file, version) {
        Ok(()) => Ok(folder),
        Err(e) => {
            folder.discard();
            Err(e)
        }
    }
}

fn fill(log: &Log, folder: &RunFolder, file: &str, version: &str) -> Result<(), RecordError> {
    let layouts: Vec<Layout> = log.channels.iter().map(layout).collect();
    let mut all = vec![Layout::new(TIME, &[]), Layout::new(FLAGS, &[])];
    all.extend(layouts.iter().cloned());
    all.extend([EVENT_TIME, EVENT_KIND, EVENT_VALUE].map(|r| Layout::new(r, &[])));
    let mut writer = Writer::create(&folder.store(), attributes(log, file, version), &all)?;
    let flags = flags(log);
    for from in (0..log.time.len()).step_by(ROWS) {
        let rows = from..(from + ROWS).min(log.time.len());
        let mut append: Vec<(Recorded, Values)> =
            vec![(TIME, Values::F64(&log.time[rows.clone()])), (FLAGS, Values::U8(&flags[rows.clone()]))];
        append.extend(layouts.iter().zip(&log.channels).map(|(l, c)| (l.recorded, Values::F64(&c.values[rows.clone()]))));
        writer.append(&append)?;
        writer.commit_if_due()?;
    }
    let times: Vec<f64> = log.remarks.iter().map(|r| r.time).collect();
    let kinds = vec![EventKind::Note.code(); times.len()];
    let numbers: Vec<f64> = (0..times.len()).map(|k| k as f64).collect();
    writer.append(&[(EVENT_TIME, (&times).into()), (EVENT_KIND, (&kinds).into()), (EVENT_VALUE, (&numbers).into())])?;
    writer.finish()?;
    if let (Some(v), Some(i)) = (log.channel(Role::Voltage), log.channel(Role::Current)) {
        let mut table = IvLog::create(&folder.path().join("iv.csv"))?;
        for (k, flag) in flags.iter().enumerate() {
            table.append(log.time[k], v.values[k], i.values[k], *flag);
        }
        table.finish()?;
    }
    Ok(())
}

/// A reading beyond its range is written as 9.9e37 by every instrument that speaks SCPI.
fn flags(log: &Log) -> Vec<u8> {
    let over = |c: Option<&Channel>, k: usize| c.and_then(|c| c.values.get(k)).is_some_and(|v| v.abs() >= OVERFLOW);
    let (v, i) = (log.channel(Role::Voltage), log.channel(Role::Current));
    (0..log.time.len()).map(|k| if over(v, k) || over(i, k) { sample_flags::OVERFLOW } else { 0 }).collect()
}

fn layout(channel: &Channel) -> Layout {
    let recorded = match channel.role {
        Some(Role::Voltage) => VOLTAGE,
        Some(Role::Current) => CURRENT,
        Some(Role::Temperature) => CHIP_TEMPERATURE,
        _ => Recorded {
            name: named(&channel.key),
            unit: channel.unit,
            meaning: named(&channel.name),
            group: "",
            dimensions: TIME.dimensions,
            appended: true,
            data_type: DataType::F64,
        },
    };
    let mut layout = Layout::new(recorded, &[]).with_attribute("column", channel.name.clone());
    if let Some(unit) = &channel.unknown_unit {
        layout = layout.with_attribute("column_unit", unit.clone());
    }
    if !channel.words.is_empty() {
        let words: Vec<String> = channel.words.iter().map(|w| w.replace(char::is_whitespace, "_")).collect();
        let numbers: Vec<f64> = (0..words.len()).map(|k| k as f64).collect();
        layout = layout.with_attribute("flag_values", json!(numbers)).with_attribute("flag_meanings", words.join(" "));
    }
    layout
}

fn attributes(log: &Log, file: &str, version: &str) -> Map<String, Value> {
    let span = |t: &[f64]| t.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b)) - t.iter().fold(f64::INFINITY, |a, b| a.min(*b));
    let unit = |c: &Channel| c.unknown_unit.clone().unwrap_or_else(|| c.unit.to_owned());
    let imported = ImportedLog {
        file: file.to_owned(),
        format: log.format.word().to_owned(),
        start: log.start.clone().unwrap_or_default(),
        samples: log.time.len() as u64,
        columns: log.channels.iter().map(|c| [c.key.clone(), c.name.clone(), unit(c)]).collect(),
        metadata: log.metadata.iter().map(|(k, v)| [k.clone(), v.clone()]).collect(),
        remarks: log.remarks.iter().map(|r| (r.time, r.text.clone())).collect(),
        notes: log.notes.clone(),
    };
    let texts: Vec<&str> = log.remarks.iter().map(|r| r.text.as_str()).collect();
    let mut map = Map::new();
    map.insert("title".into(), format!("Imported log: {file} ({})", log.format.word()).into());
    map.insert("name".into(), "import".into());
    map.insert(
        "ended".into(),
        format!("imported: {} samples over {:.3} s, at the log's own times", log.time.len(), span(&log.time)).into(),
    );
    map.insert("remarks".into(), json!(texts));
    if let Some(start) = &log.start {
        map.insert("start".into(), start.clone().into());
    }
    map.insert("provenance".into(), json!({ "pentatwin": version, "imported_from": file, "started": log.start }));
    map.insert("imported".into(), serde_json::to_value(imported).unwrap_or_default());
    map
}

/// A name that lives as long as the program, as declarations do; each different one is kept once.
fn named(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(kept);
    kept
}
