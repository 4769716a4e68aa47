//! A dataset written at once: named arrays over named dimensions, as one Zarr v3 store that xarray opens.
//!
//! Unlike the store of a run it is never read half: it is made beside its place and put there by a rename.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::RecordError;

/// Numbers or words of one variable.
#[derive(Clone, PartialEq, Debug)]
pub enum Cells {
    /// Floats; missing is NaN.
    F64(Vec<f64>),
    /// Whole numbers.
    U64(Vec<u64>),
    /// Codes.
    U8(Vec<u8>),
    /// Words.
    Words(Vec<String>),
}

/// One array. One that is named like its only dimension is that dimension's coordinate.
#[derive(Clone, PartialEq, Debug)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// Names of its dimensions.
    pub dimensions: Vec<String>,
    /// Lengths of its dimensions.
    pub shape: Vec<usize>,
    /// Values, the last dimension fastest.
    pub cells: Cells,
    /// Attributes such as `units` and `long_name`.
    pub attributes: Map<String, Value>,
}

impl Variable {
    /// A variable with the attributes `units` (left out if empty) and `long_name`.
    pub fn new(name: &str, dimensions: &[(&str, usize)], cells: Cells, unit: &str, meaning: &str) -> Variable {
        let mut attributes = Map::new();
        if !unit.is_empty() {
            attributes.insert("units".to_owned(), json!(unit));
        }
        attributes.insert("long_name".to_owned(), json!(meaning));
        Variable {
            name: name.to_owned(),
            dimensions: dimensions.iter().map(|d| d.0.to_owned()).collect(),
            shape: dimensions.iter().map(|d| d.1).collect(),
            cells,
            attributes,
        }
    }

    /// With one more attribute.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Variable {
        self.attributes.insert(key.to_owned(), value.into());
        self
    }

    fn length(&self) -> usize {
        match &self.cells {
            Cells::F64(v) => v.len(),
            Cells::U64(v) => v.len(),
            Cells::U8(v) => v.len(),
            Cells::Words(v) => v.len(),
        }
    }

    fn metadata(&self) -> Value {
        let endian = json!({"name": "bytes", "configuration": {"endian": "little"}});
        let (data_type, fill, codec) = match self.cells {
            Cells::F64(_) => ("float64", json!("NaN"), endian),
            Cells::U64(_) => ("uint64", json!(0), endian),
            Cells::U8(_) => ("uint8", json!(0), json!({"name": "bytes"})),
            Cells::Words(_) => ("string", json!(""), json!({"name": "vlen-utf8"})),
        };
        json!({
            "zarr_format": 3, "node_type": "array", "shape": self.shape, "data_type": data_type,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": self.shape.iter().map(|n| (*n).max(1)).collect::<Vec<_>>()}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": fill, "codecs": [codec], "dimension_names": self.dimensions, "attributes": self.attributes,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.cells {
            Cells::F64(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Cells::U64(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Cells::U8(v) => v.clone(),
            Cells::Words(v) => {
                // numcodecs' VLenUTF8: how many, then each with its length in bytes.
                let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
                let mut out = count(v.len()).to_vec();
                for word in v {
                    out.extend(count(word.len()));
                    out.extend(word.as_bytes());
                }
                out
            }
        }
    }

    /// Name of its one chunk, e.g. `c/0/0`.
    fn chunk(&self) -> String {
        std::iter::once("c").chain(self.shape.iter().map(|_| "0")).collect::<Vec<_>>().join("/")
    }
}

/// Writes a dataset to `dir`, in place of one that is there.
///
/// # Errors
/// Values that do not fill their shape, or a failure to write; what was there is then as it was.
pub fn write_dataset(dir: &Path, attributes: Map<String, Value>, variables: &[Variable]) -> Result<(), RecordError> {
    for v in variables {
        if v.shape.iter().product::<usize>() != v.length() || v.shape.len() != v.dimensions.len() {
            return Err(RecordError::mismatch(&v.name, format!("{} values do not fill the shape {:?}", v.length(), v.shape)));
        }
    }
    let (making, old) = (beside(dir, "making"), beside(dir, "old"));
    let _ = fs::remove_dir_all(&making); // left behind by one that was killed
    let _ = fs::remove_dir_all(&old);
    let done = write_all(&making, attributes, variables).and_then(|()| {
        // A folder cannot be replaced by one rename: for an instant there is none.
        if dir.exists() {
            fs::rename(dir, &old).map_err(|e| RecordError::io(dir, e))?;
        }
        fs::rename(&making, dir).map_err(|e| RecordError::io(dir, e))
    });
    if done.is_err() {
        let _ = fs::remove_dir_all(&making);
        if !dir.exists() {
            let _ = fs::rename(&old, dir);
        }
    }
    let _ = fs::remove_dir_all(&old);
    done
}

fn beside(dir: &Path, word: &str) -> PathBuf {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    dir.with_file_name(format!(".{name}.{word}"))
}

fn write_all(dir: &Path, attributes: Map<String, Value>, variables: &[Variable]) -> Result<(), RecordError> {
    let mut inside = Map::new();
    for v in variables {
        let metadata = v.metadata();
        put(&dir.join(&v.name).join(v.chunk()), &v.bytes())?;
        put(&dir.join(&v.name).join("zarr.json"), metadata.to_string().as_bytes())?;
        inside.insert(v.name.clone(), metadata);
    }
    let root = json!({
        "zarr_format": 3, "node_type": "group", "attributes": attributes,
        "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": inside},
    });
    put(&dir.join("zarr.json"), root.to_string().as_bytes())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|e| RecordError::io(folder, e))?;
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    write().map_err(|e| RecordError::io(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_replaces_the_one_before_and_a_wrong_one_leaves_it() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a.zarr");
        let variable = |n: usize| Variable::new("v", &[("seed", 2)], Cells::F64(vec![1.0; n]), "V", "a voltage");
        write_dataset(&dir, Map::new(), &[variable(2)]).unwrap();
        write_dataset(&dir, Map::from_iter([("second".to_owned(), json!(true))]), &[variable(2)]).unwrap();
        assert!(write_dataset(&dir, Map::new(), &[variable(3)]).is_err());
        let root: Value = serde_json::from_slice(&fs::read(dir.join("zarr.json")).unwrap()).unwrap();
        assert_eq!(root["attributes"]["second"], json!(true));
        assert_eq!(fs::read(dir.join("v/c/0")).unwrap(), [1f64.to_le_bytes(), 1f64.to_le_bytes()].concat());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn words_are_written_with_their_lengths() {
        let v = Variable::new("k", &[("k", 2)], Cells::Words(vec!["a".into(), "µm".into()]), "", "");
        assert_eq!(v.bytes(), [&[2, 0, 0, 0, 1, 0, 0, 0, b'a', 3, 0, 0, 0][..], "µm".as_bytes()].concat());
    }
}
