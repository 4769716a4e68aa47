//! From a run's store to the page's data.

use crate::data::{Profiles, ReportData, Samples};
use crate::{imported, measured, micrograph, spectra};
use pentatwin_record::summary::Summary;
use pentatwin_record::{Reader, RecordError, STORE_NAME};
use pentatwin_units::recorded::{self, Recorded};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Why a record could not be made into a page.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// What the run says about itself is not as it should be.
    #[error("the attributes of the record are damaged: {0}")]
    Summary(#[from] serde_json::Error),
}

/// Read the run in a folder (or its store), ended or not.
///
/// What a run that was interrupted could not say yet stays empty; the page then says so.
///
/// # Errors
/// There is no record, it is newer than this program, or it is damaged.
pub fn from_record(dir: &Path) -> Result<ReportData, ReadError> {
    let reader = Reader::open(dir)?;
    let samples = Samples {
        time: read(&reader, &recorded::TIME)?,
        voltage: read(&reader, &recorded::VOLTAGE)?,
        current: read(&reader, &recorded::CURRENT)?,
        flags: read(&reader, &recorded::FLAGS)?.iter().map(|f| *f as u8).collect(),
    };
    let known = [recorded::PROFILE_TIME.name, recorded::RADIUS.name, recorded::TEMPERATURE.name];
    let mut series = Vec::new();
    for quantity in recorded::ALL.iter().filter(|q| q.dimensions == [recorded::PROFILE_TIME.name] && !known.contains(&q.name)) {
        let values = read(&reader, quantity)?;
        if !values.is_empty() {
            series.push((*quantity, values));
        }
    }
    let profiles = Profiles {
        time: read(&reader, &recorded::PROFILE_TIME)?,
        radius: read(&reader, &recorded::RADIUS)?.iter().map(|v| *v as f32).collect(),
        temperature: read(&reader, &recorded::TEMPERATURE)?.iter().map(|v| *v as f32).collect(),
        series,
    };
    let attributes = reader.attributes();
    let summary = summary(attributes)?;
    Ok(ReportData {
        imported: imported::read(&reader, attributes)?,
        microscopy: micrograph::read(&reader, &summary, dir)?,
        spectra: spectra::read(&reader)?,
        summary,
        samples,
        position: read(&reader, &recorded::POSITION)?,
        profiles,
        shape_note: attributes.get("shape_note").and_then(Value::as_str).map(str::to_owned),
        // What an older analysis left in another form is as good as none.
        measured: attributes.get("measured").and_then(|m| serde_json::from_value(m.clone()).ok()),
        measured_page: run_folder(dir).join("measured").join(measured::PAGE).is_file(),
        protocol: protocol(attributes, dir),
        provenance: provenance(attributes),
    })
}

/// The folder of a run of which the folder or the store is named.
fn run_folder(dir: &Path) -> &Path {
    let is_store = dir.file_name().is_some_and(|name| name == STORE_NAME);
    dir.parent().filter(|_| is_store).unwrap_or(dir)
}

/// All numbers of a declared quantity; none if the run did not record it.
fn read(reader: &Reader, quantity: &Recorded) -> Result<Vec<f64>, RecordError> {
    match reader.read_f64(quantity.group, quantity.name) {
        Ok(numbers) => Ok(numbers.values),
        Err(RecordError::NoSuchArray { .. }) => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

/// The summary, with an empty word for each field that an interrupted run has not written.
fn summary(attributes: &Map<String, Value>) -> Result<Summary, serde_json::Error> {
    let mut fields = json!({
        "title": "untitled run", "name": "run", "ended": "not ended: the record stops in the middle of the run", "seed": 0,
        "put_in": [], "moments": [], "states": [], "resistance_change": null, "results": [], "heat": null, "after_break": null,
        "checklist": [], "companions": [], "tables": [], "draws": null, "parameters": [], "maturity": [], "clamped": [],
        "plate": { "chip": "", "spacing": 0.0, "diameter": 0.0, "length": 0.0, "overlap": 0.0, "area": 0.0,
                   "equal_area_diameter": 0.0, "film_thickness": 0.0, "cathode": 1 },
    });
    if let Some(fields) = fields.as_object_mut() {
        for (key, value) in fields.iter_mut() {
            if let Some(found) = attributes.get(key) {
                *value = found.clone();
            }
        }
    }
    serde_json::from_value(fields)
}

/// The protocol as run: kept in the record, else beside it.
fn protocol(attributes: &Map<String, Value>, dir: &Path) -> String {
    let text = |key: &str| attributes.get(key).and_then(Value::as_str).map(str::to_owned);
    text("protocol")
        .or_else(|| text("protocol_text"))
        .or_else(|| std::fs::read_to_string(dir.join("protocol.toml")).ok())
        .unwrap_or_default()
}

/// The provenance as rows of text.
fn provenance(attributes: &Map<String, Value>) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    match attributes.get("provenance") {
        Some(Value::Object(fields)) => fields.iter().for_each(|(k, v)| flatten(k, v, &mut rows)),
        Some(other) => flatten("provenance", other, &mut rows),
        None => {}
    }
    if let Some(version) = attributes.get("record_version") {
        flatten("record_version", version, &mut rows);
    }
    rows
}

fn flatten(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(k, v)| flatten(&format!("{name}.{k}"), v, rows)),
        Value::String(text) => rows.push((name.to_owned(), text.clone())),
        other => rows.push((name.to_owned(), other.to_string())),
    }
}
