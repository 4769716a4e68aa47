//! Writing the store of a run, so that it can be read at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pentatwin_units::recorded::Recorded;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::column::Column;
use crate::staging::Staging;
use crate::{Kept, Layout, RECORD_VERSION, RecordError, Values};

/// Shortest time between two commits.
const COMMIT_INTERVAL: Duration = Duration::from_millis(200);
/// On a slow disk commits keep to one part in this many of the wall time.
const COMMIT_SHARE: u32 = 3;
/// Rows waiting in memory that bring a commit about before its time [bytes].
const BUFFER_LIMIT: usize = 32 << 20;

/// The writer of one store.
///
/// Rows are gathered in memory and become readable with a commit: the chunks first, then `zarr.json` of each group, the root's last,
/// each with the metadata of everything below it, so that every state a reader can meet is whole.
pub struct Writer {
    root: PathBuf,
    /// Nothing if all is kept in memory.
    staging: Option<Arc<Staging>>,
    attributes: Map<String, Value>,
    columns: Vec<Column>,
    /// Whether attributes or arrays were set since the last commit.
    declared: bool,
    last_commit: Instant,
    last_cost: Duration,
}

impl Writer {
    /// Make the store `dir`, which must be empty or not exist, with these attributes and growing arrays. It can be opened at once.
    ///
    /// # Errors
    /// [`RecordError::NotEmpty`], a failure to write, or arrays that do not fit together. Nothing is left behind then.
    pub fn create(dir: &Path, attributes: Map<String, Value>, arrays: &[Layout]) -> Result<Self, RecordError> {
        let existed = crate::folder::make_empty(dir)?;
        let result = Self::start(dir, Some(Arc::new(Staging::new(dir))), attributes, arrays);
        if result.is_err() {
            crate::folder::clear(dir, existed);
        }
        result
    }

    /// Keep everything in memory and write nothing: commits do nothing, and [`Writer::into_memory`] hands it over.
    ///
    /// # Errors
    /// Arrays that do not fit together.
    pub fn in_memory(attributes: Map<String, Value>, arrays: &[Layout]) -> Result<Self, RecordError> {
        Self::start(Path::new("memory"), None, attributes, arrays)
    }

    /// All arrays and the attributes of the root, of a writer [`Writer::in_memory`]; of another one what is not committed yet.
    pub fn into_memory(self) -> (Vec<Kept>, Map<String, Value>) {
        (self.columns.into_iter().map(Column::into_kept).collect(), self.attributes)
    }

    fn start(
        dir: &Path,
        staging: Option<Arc<Staging>>,
        mut attributes: Map<String, Value>,
        arrays: &[Layout],
    ) -> Result<Self, RecordError> {
        attributes.insert("record_version".into(), json!(RECORD_VERSION));
        let mut writer = Self {
            root: dir.to_owned(),
            staging,
            attributes,
            columns: Vec::new(),
            declared: true,
            last_commit: Instant::now(),
            last_cost: Duration::ZERO,
        };
        for layout in arrays {
            writer.declare(layout.clone())?;
        }
        writer.commit()?;
        Ok(writer)
    }

    /// Add an array that grows. It is readable from the next commit on.
    ///
    /// # Errors
    /// [`RecordError::Mismatch`] if it exists, is not one that grows, a dimension has another length, or its clock runs already.
    pub fn declare(&mut self, layout: Layout) -> Result<(), RecordError> {
        let column = Column::new(layout, self.staging.as_ref())?;
        if !column.layout.recorded.appended {
            return Err(RecordError::mismatch(&column.path, "is declared as written once: use `write`"));
        }
        if self.columns.iter().any(|other| other.layout.recorded.appended && other.clock() == column.clock() && other.rows() > 0) {
            return Err(RecordError::mismatch(&column.path, format!("comes too late: its clock {} runs already", column.clock().1)));
        }
        self.insert(column)
    }

    /// Write an array that does not grow, whole. It is readable from the next commit on.
    ///
    /// # Errors
    /// [`RecordError::Mismatch`] if it exists, is one that grows, or does not fit the dimensions of its group.
    pub fn write<'a>(&mut self, layout: Layout, values: impl Into<Values<'a>>) -> Result<(), RecordError> {
        let mut column = Column::new(layout, self.staging.as_ref())?;
        if column.layout.recorded.appended {
            return Err(RecordError::mismatch(&column.path, "is declared as growing: use `declare` and `append`"));
        }
        let values = values.into();
        column.rows_in(&values)?;
        column.push(&values);
        self.insert(column)
    }

    fn insert(&mut self, column: Column) -> Result<(), RecordError> {
        for other in &self.columns {
            if other.path == column.path {
                return Err(RecordError::mismatch(&column.path, "exists already"));
            }
            if other.layout.group != column.layout.group {
                continue;
            }
            for (name, length) in column.fixed_dimensions() {
                if let Some((_, known)) = other.fixed_dimensions().find(|(known, l)| *known == name && *l != length) {
                    let why = format!("dimension {name} has length {length} here and {known} in {}", other.path);
                    return Err(RecordError::mismatch(&column.path, why));
                }
            }
        }
        self.columns.push(column);
        self.declared = true;
        Ok(())
    }

    /// Append rows to all arrays of one clock, the same number to each. Nothing is written before the next commit.
    ///
    /// # Errors
    /// [`RecordError::Mismatch`] unless each array on the clock is named once, with values of its type and equal rows.
    pub fn append(&mut self, rows: &[(Recorded, Values)]) -> Result<(), RecordError> {
        let mut found = Vec::with_capacity(rows.len());
        let mut count = None;
        for (recorded, values) in rows {
            let index = self.columns.iter().position(|c| c.layout.recorded.name == recorded.name && c.layout.group == recorded.group);
            let Some(index) = index else {
                return Err(RecordError::NoSuchArray { array: Layout::new(*recorded, &[]).path() });
            };
            let column = &self.columns[index];
            if !column.layout.recorded.appended || found.contains(&index) {
                return Err(RecordError::mismatch(&column.path, "is written once, or named twice"));
            }
            let n = column.rows_in(values)?;
            if *count.get_or_insert(n) != n {
                return Err(RecordError::mismatch(&column.path, "gets another number of rows than the first array of its clock"));
            }
            found.push(index);
        }
        let Some(&first) = found.first() else { return Ok(()) };
        let clock = self.columns[first].clock();
        for (index, column) in self.columns.iter().enumerate() {
            let on_clock = column.layout.recorded.appended && column.clock() == clock;
            if on_clock != found.contains(&index) {
                let why = if on_clock { "got no values, but others of its clock did" } else { "is on another clock than the first array" };
                return Err(RecordError::mismatch(&column.path, why));
            }
        }
        for (index, (_, values)) in found.into_iter().zip(rows) {
            self.columns[index].push(values);
        }
        Ok(())
    }

    /// Set an attribute of the root. It is readable from the next commit on.
    pub fn set_attribute(&mut self, key: &str, value: impl Into<Value>) {
        self.attributes.insert(key.to_owned(), value.into());
        self.declared = true;
    }

    /// Set each field of a struct, e.g. [`crate::summary::Summary`], as an attribute of the root.
    ///
    /// # Errors
    /// [`RecordError::Attribute`] if it does not serialise to a map.
    pub fn set_attributes(&mut self, fields: &impl Serialize) -> Result<(), RecordError> {
        match serde_json::to_value(fields) {
            Ok(Value::Object(map)) => self.attributes.extend(map),
            Ok(_) => return Err(RecordError::Attribute { key: "(all)".into(), why: "not a struct or map".into() }),
            Err(e) => return Err(RecordError::Attribute { key: "(all)".into(), why: e.to_string() }),
        }
        self.declared = true;
        Ok(())
    }

    /// Commit if something changed and the last commit is long enough ago; whether it did. Cheap to call for each sample.
    ///
    /// # Errors
    /// As [`Writer::commit`].
    pub fn commit_if_due(&mut self) -> Result<bool, RecordError> {
        if self.staging.is_none() {
            return Ok(false);
        }
        let full = self.columns.iter().map(Column::buffered).sum::<usize>() > BUFFER_LIMIT && self.columns.iter().any(|c| c.changed);
        let due = full || self.last_commit.elapsed() >= COMMIT_INTERVAL.max(self.last_cost * COMMIT_SHARE);
        if due && self.is_changed() { self.commit().map(|()| true) } else { Ok(false) }
    }

    fn is_changed(&self) -> bool {
        self.declared || self.columns.iter().any(|c| c.changed)
    }

    /// Make everything readable that was appended and set.
    ///
    /// # Errors
    /// A failure to write: [`RecordError::DiskFull`], [`RecordError::Unwritable`], [`RecordError::Io`]. The store then reads as of
    /// the last commit; the rows are kept in memory, and the next commit tries again.
    pub fn commit(&mut self) -> Result<(), RecordError> {
        let Some(staging) = self.staging.clone() else { return Ok(()) };
        let start = Instant::now();
        let result = self.stage_all(&staging).and_then(|()| staging.publish());
        staging.clear();
        // From the end of a commit, and after a failed one too: a full disk is not asked again for each sample.
        self.last_commit = Instant::now();
        self.last_cost = start.elapsed();
        result?;
        for column in self.columns.iter_mut().filter(|c| c.changed) {
            column.settle();
        }
        self.declared = false;
        Ok(())
    }

    fn stage_all(&mut self, staging: &Staging) -> Result<(), RecordError> {
        for column in self.columns.iter_mut().filter(|c| c.changed) {
            column.stage_chunks()?;
        }
        if self.declared {
            self.stage_arrays(staging)?;
        }
        let mut nodes = BTreeMap::new();
        let mut changed = BTreeSet::from([""]);
        for column in &self.columns {
            nodes.insert(column.path.as_str(), column.metadata()?);
            for group in ancestors(&column.layout.group) {
                nodes.insert(group, json!({"zarr_format": 3, "node_type": "group", "attributes": {}}));
                if column.changed || self.declared {
                    changed.insert(group);
                }
            }
        }
        // In descending order of their names the root, "", comes last and a group after those inside it.
        for group in changed.into_iter().rev() {
            let inside: Map<String, Value> =
                nodes.iter().filter_map(|(path, node)| Some((below(group, path)?.to_owned(), node.clone()))).collect();
            let attributes = if group.is_empty() { self.attributes.clone() } else { Map::new() };
            let metadata = json!({
                "zarr_format": 3, "node_type": "group", "attributes": attributes,
                "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": inside},
            });
            staging.stage(&key(group), metadata.to_string());
        }
        Ok(())
    }

    /// Each array's own `zarr.json`, for readers that do not use the consolidated metadata. While the run goes on it may say
    /// an earlier length.
    fn stage_arrays(&self, staging: &Staging) -> Result<(), RecordError> {
        for column in &self.columns {
            staging.stage(&key(&column.path), column.metadata()?.to_string());
        }
        Ok(())
    }

    /// The last commit, with each array's own metadata brought up to date.
    ///
    /// # Errors
    /// As [`Writer::commit`].
    pub fn finish(mut self) -> Result<(), RecordError> {
        self.declared = true;
        self.commit()?;
        self.staging.as_ref().map_or(Ok(()), |staging| staging.sync_root())
    }

    /// The folder of the store.
    pub fn path(&self) -> &Path {
        &self.root
    }

    #[cfg(test)]
    pub(crate) fn on_file_operation(&self, hook: impl FnMut() -> std::io::Result<()> + Send + 'static) {
        *self.staging.as_ref().unwrap().hook.lock().unwrap() = Some(Box::new(hook));
    }
}

fn key(node: &str) -> String {
    if node.is_empty() { "zarr.json".to_owned() } else { format!("{node}/zarr.json") }
}

/// `a/b/c`, `a/b`, `a`; nothing for the root.
fn ancestors(group: &str) -> impl Iterator<Item = &str> {
    std::iter::successors((!group.is_empty()).then_some(group), |g| g.rsplit_once('/').map(|(parent, _)| parent))
}

/// The path of a node seen from a group it is in.
fn below<'a>(group: &str, path: &'a str) -> Option<&'a str> {
    if group.is_empty() { Some(path) } else { path.strip_prefix(group)?.strip_prefix('/') }
}
