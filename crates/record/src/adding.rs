//! Adding a group to a store that is finished, or replacing it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::column::Column;
use crate::staging::Staging;
use crate::{Layout, Reader, RecordError, Values};

/// Puts one group into the finished record at `dir` (a store, or the folder of a run), in place of one of that name, and sets attributes
/// of the root. Nothing else of the record is touched.
///
/// Every state that a reader which opens the store can meet is whole: with the group as it was, without it, or with the new one.
///
/// # Errors
/// As [`Reader::open`]; [`RecordError::Mismatch`] if an array grows, lies outside the group, or does not fit the others' dimensions; a
/// failure to write.
pub fn replace_group(dir: &Path, group: &str, arrays: &[(Layout, Values)], attributes: Map<String, Value>) -> Result<(), RecordError> {
    let reader = Reader::open(dir)?; // whether it is a record
    let path = reader.path().to_owned();
    let staging = Arc::new(Staging::new(&path));
    let columns = columns(group, arrays, &staging)?;
    let damaged = |why: String| RecordError::NotARecord { path: path.clone(), why };
    let file = path.join("zarr.json");
    let text = fs::read(&file).map_err(|e| RecordError::io(&file, e))?;
    let mut root: Value = serde_json::from_slice(&text).map_err(|e| damaged(format!("its zarr.json is damaged: {e}")))?;

    // Without the old one first: what lies in it changes chunk by chunk.
    let inside = format!("{group}/");
    let nodes = root.pointer_mut("/consolidated_metadata/metadata").and_then(Value::as_object_mut);
    let nodes = nodes.ok_or_else(|| damaged("its zarr.json does not list the arrays".into()))?;
    let before = nodes.len();
    nodes.retain(|name, _| name != group && !name.starts_with(&inside));
    let had = nodes.len() < before;
    let own = root.get_mut("attributes").and_then(Value::as_object_mut).ok_or_else(|| damaged("it has no attributes".into()))?;
    attributes.keys().for_each(|key| {
        own.remove(key);
    });
    if had {
        staging.stage("zarr.json", root.to_string());
        staging.publish()?;
    }
    let folder = path.join(group);
    match fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(RecordError::io(&folder, e)),
        _ => {}
    }

    let mut listed = Map::new();
    for mut column in columns {
        column.stage_chunks()?;
        let metadata = column.metadata()?;
        staging.stage(&format!("{}/zarr.json", column.path), metadata.to_string());
        listed.insert(column.path, metadata);
    }
    let below: Map<String, Value> = listed.iter().filter_map(|(p, m)| Some((p.strip_prefix(&inside)?.to_owned(), m.clone()))).collect();
    let metadata = json!({
        "zarr_format": 3, "node_type": "group", "attributes": {},
        "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": below},
    });
    staging.stage(&format!("{group}/zarr.json"), metadata.to_string());
    if let Some(nodes) = root.pointer_mut("/consolidated_metadata/metadata").and_then(Value::as_object_mut) {
        nodes.insert(group.to_owned(), json!({"zarr_format": 3, "node_type": "group", "attributes": {}}));
        nodes.append(&mut listed);
    }
    if let Some(own) = root.get_mut("attributes").and_then(Value::as_object_mut) {
        own.extend(attributes);
    }
    staging.stage("zarr.json", root.to_string());
    staging.publish()?;
    staging.sync_root()
}

/// The arrays with their values, checked against each other.
fn columns(group: &str, arrays: &[(Layout, Values)], staging: &Arc<Staging>) -> Result<Vec<Column>, RecordError> {
    let mut columns: Vec<Column> = Vec::with_capacity(arrays.len());
    for (layout, values) in arrays {
        let mut column = Column::new(layout.clone(), Some(staging))?;
        if layout.recorded.appended || layout.group != group || group.is_empty() {
            return Err(RecordError::mismatch(&column.path, format!("is not an array written once of the group {group}")));
        }
        if columns.iter().any(|other| other.path == column.path) {
            return Err(RecordError::mismatch(&column.path, "is named twice"));
        }
        column.rows_in(values)?;
        column.push(values);
        for (name, length) in column.fixed_dimensions() {
            for other in &columns {
                if let Some((_, known)) = other.fixed_dimensions().find(|(known, l)| *known == name && *l != length) {
                    let why = format!("dimension {name} has length {length} here and {known} in {}", other.path);
                    return Err(RecordError::mismatch(&column.path, why));
                }
            }
        }
        columns.push(column);
    }
    Ok(columns)
}
