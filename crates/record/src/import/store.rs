//! A Zarr v3 store with one movie in it: an array over (t, y, x).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use zarrs::array::{Array, ArrayMetadata, ArraySubset, ElementOwned};

use super::ImportError;
use super::calibration::{Calibration, length, pitch, time};
use super::counts::Samples;
use super::error::check_size;
use crate::reader::Files;

/// Names that are taken for the movie where several arrays have three dimensions.
const NAMES: [&str; 4] = ["frames", "data", "images", "movie"];
/// Groups below the root that are looked into.
const DEPTH: usize = 4;
/// Frames of one chunk that are kept in memory together [bytes]; of larger chunks each frame is unpacked anew.
const KEPT: u64 = 64 << 20;
/// Most elements of a chunk: as a frame.
const MOST_ELEMENTS: u64 = super::error::MOST_PIXELS;

/// The movie in a store.
pub(crate) struct Store {
    path: PathBuf,
    array: Array<Files>,
    pub(crate) size: [usize; 2],
    frames: u64,
    /// Frames in a chunk.
    rows: u64,
    /// The frames of the last chunk, and the number of the first.
    kept: Option<(u64, Samples)>,
    pub(crate) calibration: Calibration,
    pub(crate) notes: Vec<String>,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Store, ImportError> {
        let nodes = nodes(path)?;
        let three: Vec<&String> = nodes.iter().filter(|(_, node)| dimensions(node) == 3).map(|(name, _)| name).collect();
        let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        let chosen = match three.as_slice() {
            [] => {
                let why = format!("none of its {} arrays has three dimensions (t, y, x)", nodes.len());
                return Err(ImportError::not(path, why));
            }
            [one] => one,
            many => match NAMES.iter().find_map(|name| many.iter().find(|path| last(path) == *name)) {
                Some(named) => named,
                None => {
                    let list = many.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
                    return Err(ImportError::not(path, format!("several arrays have three dimensions, {list}: call the movie `frames`")));
                }
            },
        };
        let mut notes = Vec::new();
        if three.len() > 1 {
            notes.push(format!("of {} arrays with three dimensions `{chosen}` is taken for the movie", three.len()));
        }
        let files = Arc::new(Files { root: path.to_owned() });
        let array = array(path, &files, chosen, &nodes[*chosen])?;
        let &[frames, height, width] = array.shape() else { return Err(ImportError::not(path, "its array has no three dimensions")) };
        if frames == 0 {
            return Err(ImportError::NoFrames { path: path.to_owned(), why: format!("the array `{chosen}` is empty") });
        }
        let size = check_size(path, width, height)?;
        let chunk = array.chunk_shape(&[0, 0, 0]).map_err(|e| ImportError::not(path, e))?;
        let elements = chunk.iter().try_fold(1u64, |n, side| n.checked_mul(side.get()));
        if elements.is_none_or(|n| n > MOST_ELEMENTS) {
            return Err(ImportError::not(
                path,
                format!("a chunk of `{chosen}` has more elements than a frame can have: write a frame a chunk"),
            ));
        }
        let rows = chunk.first().map_or(1, |n| n.get());
        let mut calibration = calibration(path, &files, chosen, &nodes, &array);
        if calibration.times.as_ref().is_some_and(|t| t.len() as u64 != frames) {
            calibration.times = None;
        }
        Ok(Store { path: path.to_owned(), array, size, frames, rows, kept: None, calibration, notes })
    }

    pub(crate) fn len(&self) -> u64 {
        self.frames
    }

    pub(crate) fn read(&mut self, k: u64) -> Result<Samples, ImportError> {
        let pixels = self.size[0] * self.size[1];
        let together = self.rows.saturating_mul(4 * pixels as u64) <= KEPT;
        let first = if together { k / self.rows * self.rows } else { k };
        if self.kept.as_ref().is_none_or(|(kept, _)| *kept != first) {
            let end = if together { (first + self.rows).min(self.frames) } else { k + 1 };
            let [width, height] = self.size.map(|n| n as u64);
            let subset = ArraySubset::new_with_ranges(&[first..end, 0..height, 0..width]);
            self.kept = None;
            let samples = self.samples(&subset).map_err(|why| ImportError::damaged(&self.path, k, why))?;
            self.kept = Some((first, samples));
        }
        let start = (k - first) as usize * pixels;
        let found = self.kept.as_ref().and_then(|(_, samples)| samples.part(start, pixels));
        found.ok_or_else(|| ImportError::damaged(&self.path, k, "the chunk is too short"))
    }

    fn samples(&self, subset: &ArraySubset) -> Result<Samples, String> {
        let name = match self.array.metadata() {
            ArrayMetadata::V3(metadata) => metadata.data_type.name().to_owned(),
            ArrayMetadata::V2(_) => "Zarr v2".to_owned(),
        };
        Ok(match name.as_str() {
            "uint8" => Samples::U8(self.elements(subset)?),
            "uint16" => Samples::U16(self.elements(subset)?),
            "uint32" => Samples::U32(self.elements(subset)?),
            "int8" => Samples::I16(self.elements::<i8>(subset)?.into_iter().map(i16::from).collect()),
            "int16" => Samples::I16(self.elements(subset)?),
            "int32" => Samples::I32(self.elements(subset)?),
            "float32" => Samples::F32(self.elements(subset)?),
            "float64" => Samples::F32(self.elements::<f64>(subset)?.into_iter().map(|x| x as f32).collect()),
            other => return Err(format!("samples of type {other} are not read: write it as uint16")),
        })
    }

    fn elements<T: ElementOwned>(&self, subset: &ArraySubset) -> Result<Vec<T>, String> {
        self.array.retrieve_array_subset::<Vec<T>>(subset).map_err(|e| e.to_string())
    }
}

/// Whether a folder is a Zarr store of the older kind.
pub(crate) fn is_v2(path: &Path) -> bool {
    [".zarray", ".zgroup", ".zmetadata"].iter().any(|name| path.join(name).is_file())
}

/// The arrays of a store by their paths; an array that is the root itself has the path "".
fn nodes(path: &Path) -> Result<BTreeMap<String, Value>, ImportError> {
    let mut found = BTreeMap::new();
    let root = read(path)?;
    if is_array(&root) {
        found.insert(String::new(), root);
        return Ok(found);
    }
    if let Some(Value::Object(listed)) = root.pointer("/consolidated_metadata/metadata") {
        found.extend(listed.iter().filter(|(_, node)| is_array(node)).map(|(name, node)| (name.clone(), node.clone())));
        return Ok(found);
    }
    let mut folders = vec![(path.to_owned(), String::new(), 0)];
    while let Some((folder, inside, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| ImportError::io(&folder, e))? {
            let child = entry.map_err(|e| ImportError::io(&folder, e))?;
            let name = child.file_name().to_string_lossy().into_owned();
            if !child.path().join("zarr.json").is_file() {
                continue;
            }
            let name = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            let node = read(&child.path())?;
            if is_array(&node) {
                found.insert(name, node);
            } else if depth < DEPTH {
                folders.push((child.path(), name, depth + 1));
            }
        }
    }
    Ok(found)
}

fn read(folder: &Path) -> Result<Value, ImportError> {
    let file = folder.join("zarr.json");
    let text = fs::read(&file).map_err(|e| ImportError::io(&file, e))?;
    serde_json::from_slice(&text).map_err(|e| ImportError::not(&file, format!("it is damaged: {e}")))
}

fn is_array(node: &Value) -> bool {
    node.get("node_type").and_then(Value::as_str) == Some("array")
}

fn dimensions(node: &Value) -> usize {
    node.get("shape").and_then(Value::as_array).map_or(0, Vec::len)
}

fn array(path: &Path, files: &Arc<Files>, name: &str, node: &Value) -> Result<Array<Files>, ImportError> {
    let what = if name.is_empty() { "its array".to_owned() } else { format!("the array `{name}`") };
    let not = |e: String| ImportError::not(path, format!("{what} cannot be read ({e}): write it with gzip or zstd, or uncompressed"));
    let metadata: ArrayMetadata = serde_json::from_value(node.clone()).map_err(|e| not(e.to_string()))?;
    Array::new_with_metadata(files.clone(), &format!("/{name}"), metadata).map_err(|e| not(e.to_string()))
}

/// Sizes and times: from coordinates beside the array, or from its attributes `scale` and `units`.
fn calibration(path: &Path, files: &Arc<Files>, chosen: &str, nodes: &BTreeMap<String, Value>, movie: &Array<Files>) -> Calibration {
    let group = chosen.rsplit_once('/').map_or("", |(group, _)| group);
    let names: Vec<Option<String>> = movie.dimension_names().clone().unwrap_or_default();
    let coordinate = |k: usize| -> Option<(Vec<f64>, String)> {
        let name = names.get(k)?.as_ref()?;
        let key = if group.is_empty() { name.clone() } else { format!("{group}/{name}") };
        let array = array(path, files, &key, nodes.get(&key).filter(|node| dimensions(node) == 1)?).ok()?;
        let length = array.shape().first().copied().filter(|n| *n <= 1 << 24 && Some(n) == movie.shape().get(k))?;
        let subset = ArraySubset::new_with_shape(vec![length]);
        let unit = array.attributes().get("units")?.as_str()?.to_owned();
        let values = array
            .retrieve_array_subset::<Vec<f64>>(&subset)
            .ok()
            .or_else(|| Some(array.retrieve_array_subset::<Vec<f32>>(&subset).ok()?.into_iter().map(f64::from).collect()))
            .or_else(|| Some(array.retrieve_array_subset::<Vec<i64>>(&subset).ok()?.into_iter().map(|v| v as f64).collect()))?;
        Some((values, unit))
    };
    let side = |k: usize| coordinate(k).and_then(|(values, unit)| Some(pitch(&values)? * length(&unit)?));
    let mut found = Calibration::default();
    if let Some((values, unit)) = coordinate(0)
        && let Some(seconds) = time(&unit)
        && values.iter().all(|t| t.is_finite())
    {
        found.times = Some(values.into_iter().map(|t| t * seconds).collect());
    }
    found.pixel = side(2).map(|x| [x, side(1).unwrap_or(x)]);
    let listed = |key: &str| movie.attributes().get(key).and_then(Value::as_array).filter(|list| list.len() == 3);
    if let (Some(scale), Some(units)) = (listed("scale"), listed("units")) {
        let in_si = |k: usize, unit: fn(&str) -> Option<f64>| Some(scale[k].as_f64().filter(|s| *s > 0.0)? * unit(units[k].as_str()?)?);
        found.interval = in_si(0, time);
        if found.pixel.is_none() {
            found.pixel = in_si(2, length).map(|x| [x, in_si(1, length).unwrap_or(x)]);
        }
    }
    found
}
