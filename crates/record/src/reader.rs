//! Reading the store of a run, finished or not.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zarrs::array::{Array, ArrayMetadata, ArraySubset, ElementOwned};
use zarrs::storage::byte_range::ByteRangeIterator;
use zarrs::storage::{Bytes, MaybeBytesIterator, ReadableStorageTraits, StorageError, StoreKey};

use crate::summary::Summary;
use crate::{RECORD_VERSION, RecordError, STORE_NAME};

/// Deflate makes nothing smaller than this (RFC 1951: a match of 258 bytes takes two bits at least).
const MAX_DEFLATE: u64 = 1032;
/// Nor zstd than this (RFC 8878: a block of up to 128 KiB, all bytes the same, takes 4 bytes).
const MAX_ZSTD: u64 = 1 << 15;

/// A store as it was when it was opened; open again to see what came since.
pub struct Reader {
    path: PathBuf,
    files: Arc<Files>,
    attributes: Map<String, Value>,
    arrays: BTreeMap<String, ArrayMetadata>,
}

/// What an array says about itself.
#[derive(Clone, PartialEq, Debug)]
pub struct ArrayInfo {
    /// Lengths of its dimensions.
    pub shape: Vec<u64>,
    /// Names of its dimensions.
    pub dimensions: Vec<String>,
    /// Unit.
    pub unit: String,
    /// What it is.
    pub meaning: String,
    /// All its attributes.
    pub attributes: Map<String, Value>,
}

/// Numbers read from an array, the last dimension running fastest.
#[derive(Clone, PartialEq, Debug)]
pub struct Numbers {
    /// Lengths of the dimensions.
    pub shape: Vec<u64>,
    /// The numbers, in the unit of the array; missing is NaN for floats.
    pub values: Vec<f64>,
}

impl Reader {
    /// Open a store, or the store in the folder of a run.
    ///
    /// # Errors
    /// [`RecordError::NotARecord`], [`RecordError::TooNew`], or a failure to read.
    pub fn open(dir: &Path) -> Result<Self, RecordError> {
        let inner = dir.join(STORE_NAME);
        let path = if inner.is_dir() { inner } else { dir.to_owned() };
        let not = |why: String| RecordError::NotARecord { path: path.clone(), why };
        let file = path.join("zarr.json");
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(not("there is no zarr.json in it".into()));
            }
            Err(e) => return Err(RecordError::io(&file, e)),
        };
        let mut root: Value = serde_json::from_slice(&text).map_err(|e| not(format!("its zarr.json is damaged: {e}")))?;
        let Some(Value::Object(attributes)) = root.get_mut("attributes").map(Value::take) else {
            return Err(not("it has no attributes".into()));
        };
        let version = attributes.get("record_version").and_then(Value::as_u64);
        let found = version.ok_or_else(|| not("it has no record_version".into()))?;
        if found > RECORD_VERSION {
            return Err(RecordError::TooNew { path, found, supported: RECORD_VERSION });
        }
        let Some(Value::Object(nodes)) = root.pointer_mut("/consolidated_metadata/metadata").map(Value::take) else {
            return Err(not("its zarr.json does not list the arrays".into()));
        };
        let mut arrays = BTreeMap::new();
        for (name, node) in nodes {
            if node.get("node_type").and_then(Value::as_str) == Some("array") {
                let metadata = serde_json::from_value(node).map_err(|e| not(format!("array {name} is damaged: {e}")))?;
                arrays.insert(name, metadata);
            }
        }
        Ok(Self { files: Arc::new(Files { root: path.clone() }), path, attributes, arrays })
    }

    /// The folder of the store.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The attributes of the root.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// One attribute of the root.
    ///
    /// # Errors
    /// [`RecordError::Attribute`] if it is missing or of another kind.
    pub fn attribute<T: DeserializeOwned>(&self, key: &str) -> Result<T, RecordError> {
        let error = |why: String| RecordError::Attribute { key: key.to_owned(), why };
        let value = self.attributes.get(key).ok_or_else(|| error("is missing".into()))?;
        T::deserialize(value).map_err(|e| error(e.to_string()))
    }

    /// What the run says about itself, once it has ended.
    ///
    /// # Errors
    /// [`RecordError::Attribute`] if the run did not end, or a field is of another kind.
    pub fn summary(&self) -> Result<Summary, RecordError> {
        use serde::Deserialize;
        Summary::deserialize(&self.attributes).map_err(|e| RecordError::Attribute { key: "(summary)".into(), why: e.to_string() })
    }

    /// Paths of all arrays, e.g. `truth/radius`.
    pub fn arrays(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    /// What an array of a group (`""` for the root) says about itself.
    ///
    /// # Errors
    /// [`RecordError::NoSuchArray`].
    pub fn info(&self, group: &str, name: &str) -> Result<ArrayInfo, RecordError> {
        let array = self.array(&join(group, name))?;
        let names = array.dimension_names().iter().flatten();
        let attributes = array.attributes().clone();
        let text = |key: &str| attributes.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(ArrayInfo {
            shape: array.shape().to_vec(),
            dimensions: names.map(|name| name.clone().unwrap_or_default()).collect(),
            unit: text("units"),
            meaning: text("long_name"),
            attributes,
        })
    }

    /// All of an array, as numbers.
    ///
    /// # Errors
    /// [`RecordError::NoSuchArray`], or [`RecordError::NotARecord`] if data are missing or damaged.
    pub fn read_f64(&self, group: &str, name: &str) -> Result<Numbers, RecordError> {
        let path = join(group, name);
        let rows = self.array(&path)?.shape().first().copied().unwrap_or(0);
        self.read_rows_f64(group, name, 0..rows)
    }

    /// Some rows of an array, as numbers: the first dimension is cut to `rows`.
    ///
    /// # Errors
    /// As [`Reader::read_f64`]; [`RecordError::Mismatch`] if the array is shorter.
    pub fn read_rows_f64(&self, group: &str, name: &str, rows: Range<u64>) -> Result<Numbers, RecordError> {
        let path = join(group, name);
        let array = self.array(&path)?;
        let (shape, subset) = self.rows_of(&array, &path, rows)?;
        let values = match type_name(array.metadata()) {
            "float64" => self.elements::<f64>(&array, &subset)?,
            "float32" => self.elements::<f32>(&array, &subset)?.into_iter().map(f64::from).collect(),
            "uint8" => self.elements::<u8>(&array, &subset)?.into_iter().map(f64::from).collect(),
            "uint16" => self.elements::<u16>(&array, &subset)?.into_iter().map(f64::from).collect(),
            "uint32" => self.elements::<u32>(&array, &subset)?.into_iter().map(f64::from).collect(),
            other => return Err(RecordError::mismatch(&path, format!("is of type {other}, which a record does not use"))),
        };
        Ok(Numbers { shape, values })
    }

    /// Some rows of an array of counts, as they are: a frame of a million pixels takes 2 MB and some 3 ms.
    ///
    /// # Errors
    /// As [`Reader::read_rows_f64`]; [`RecordError::Mismatch`] if it is not of 16-bit counts.
    pub fn read_rows_u16(&self, group: &str, name: &str, rows: Range<u64>) -> Result<Vec<u16>, RecordError> {
        let path = join(group, name);
        let array = self.array(&path)?;
        let (_, subset) = self.rows_of(&array, &path, rows)?;
        match type_name(array.metadata()) {
            "uint16" => self.elements(&array, &subset),
            other => Err(RecordError::mismatch(&path, format!("is of type {other}, not of 16-bit counts"))),
        }
    }

    /// The part of an array with the first dimension cut to `rows`, and its shape.
    fn rows_of(&self, array: &Array<Files>, path: &str, rows: Range<u64>) -> Result<(Vec<u64>, ArraySubset), RecordError> {
        let mut ranges: Vec<Range<u64>> = array.shape().iter().map(|&length| 0..length).collect();
        match ranges.first_mut() {
            Some(first) if rows.start <= rows.end && rows.end <= first.end => *first = rows,
            Some(first) => return Err(RecordError::mismatch(path, format!("has no rows {rows:?}, only {}", first.end))),
            None => return Err(RecordError::mismatch(path, "has no dimension")),
        }
        let subset = ArraySubset::new_with_ranges(&ranges);
        self.check_chunks(array, &subset)?;
        Ok((ranges.iter().map(|r| r.end - r.start).collect(), subset))
    }

    fn array(&self, path: &str) -> Result<Array<Files>, RecordError> {
        let metadata = self.arrays.get(path).ok_or_else(|| RecordError::NoSuchArray { array: path.to_owned() })?;
        Array::new_with_metadata(self.files.clone(), &format!("/{path}"), metadata.clone()).map_err(|e| self.damaged(path, e))
    }

    fn elements<T: ElementOwned>(&self, array: &Array<Files>, subset: &ArraySubset) -> Result<Vec<T>, RecordError> {
        array.retrieve_array_subset::<Vec<T>>(subset).map_err(|e| self.damaged(array.path().as_str(), e))
    }

    /// Zarr reads a chunk that is not there as missing values; here it is a damage. A chunk too small for what it is said to hold is
    /// one as well, found before memory is taken for it.
    fn check_chunks(&self, array: &Array<Files>, subset: &ArraySubset) -> Result<(), RecordError> {
        let path = array.path().as_str();
        let chunks = array.chunks_in_array_subset(subset).map_err(|e| self.damaged(path, e))?;
        let Some(chunks) = chunks else { return Ok(()) };
        let most = if uses_zstd(array.metadata()) { MAX_ZSTD } else { MAX_DEFLATE };
        for index in &chunks.indices() {
            let key = array.chunk_key(&index);
            let size = self.files.size_key(&key).map_err(|e| self.damaged(path, e))?;
            let Some(size) = size else { return Err(self.damaged(path, format!("{key} is missing"))) };
            let elements = array.chunk_shape(&index).map_err(|e| self.damaged(path, e))?;
            let elements = elements.iter().try_fold(1u64, |n, length| n.checked_mul(length.get()));
            if elements.is_none_or(|n| n > size.saturating_mul(most)) {
                return Err(self.damaged(path, format!("{key} is too short")));
            }
        }
        Ok(())
    }

    fn damaged(&self, array: &str, why: impl std::fmt::Display) -> RecordError {
        RecordError::NotARecord { path: self.path.clone(), why: format!("array {} is damaged: {why}", array.trim_start_matches('/')) }
    }
}

fn type_name(metadata: &ArrayMetadata) -> &str {
    match metadata {
        ArrayMetadata::V3(metadata) => metadata.data_type.name(),
        ArrayMetadata::V2(_) => "Zarr v2",
    }
}

fn uses_zstd(metadata: &ArrayMetadata) -> bool {
    matches!(metadata, ArrayMetadata::V3(metadata) if metadata.codecs.iter().any(|codec| codec.name() == "zstd"))
}

fn join(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{}/{name}", group.trim_matches('/')) }
}

/// The objects of a store as files, read whole.
pub(crate) struct Files {
    pub(crate) root: PathBuf,
}

impl ReadableStorageTraits for Files {
    fn get_partial_many<'a>(&'a self, key: &StoreKey, ranges: ByteRangeIterator<'a>) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let data: Bytes = match fs::read(self.root.join(key.as_str())) {
            Ok(data) => data.into(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(StorageError::IOError(Arc::new(e))),
        };
        let size = data.len() as u64;
        Ok(Some(Box::new(ranges.map(move |range| {
            let (start, end) = (range.start(size), range.end(size));
            if start > end || end > size {
                return Err(StorageError::Other(format!("no bytes {start}..{end} in an object of {size}")));
            }
            Ok(data.slice(start as usize..end as usize))
        }))))
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        match fs::metadata(self.root.join(key.as_str())) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(StorageError::IOError(Arc::new(e))),
        }
    }

    fn supports_get_partial(&self) -> bool {
        false
    }
}
