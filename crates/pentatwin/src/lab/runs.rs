//! The runs folder: what lies in it, and nothing beside it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use pentatwin_record::{Reader, RecordError, STORE_NAME};
use pentatwin_report::{ReadError, ReportData, from_record, packed, render};
use serde_json::{Value, json};

/// Runs listed, the newest.
const MOST_LISTED: usize = 1000;
/// Stores kept open, with their metadata in memory.
const MOST_OPEN: usize = 8;
/// Longest name of a folder that can be one of ours.
const LONGEST_NAME: usize = 200;
/// Largest image that is read.
const MOST_PIXELS: u64 = 1 << 26;

/// Why a run cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    /// No run of this name, or no name of a run at all.
    #[error("there is no run of this name")]
    Unknown,
    /// No image of this number.
    #[error("there is no such image in this run")]
    NoImage,
    /// The record is not as it should be.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The record is not as it should be.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It cannot be made into a message.
    #[error("the run cannot be packed: {0}")]
    Pack(#[from] serde_json::Error),
}

/// The runs in one folder.
pub struct Runs {
    root: PathBuf,
    lines: Mutex<HashMap<String, (SystemTime, Value)>>,
    open: Mutex<Vec<(PathBuf, SystemTime, Arc<Reader>)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a name can be one of a run's folder: a word, no path.
fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && !name.starts_with('.') && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

impl Runs {
    /// The runs in `root`, which is made if need be.
    ///
    /// # Errors
    /// It cannot be made or found.
    pub fn open(root: &Path) -> io::Result<Runs> {
        fs::create_dir_all(root)?;
        Ok(Runs { root: root.canonicalize()?, lines: Mutex::default(), open: Mutex::default() })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a run, which lies in the runs folder itself: a link that leads out of it is none.
    fn folder(&self, name: &str) -> Result<PathBuf, RunsError> {
        let path = is_name(name).then(|| self.root.join(name)).ok_or(RunsError::Unknown)?;
        let real = path.join(STORE_NAME).canonicalize().map_err(|_| RunsError::Unknown)?;
        if real == self.root.join(name).join(STORE_NAME) { Ok(path) } else { Err(RunsError::Unknown) }
    }

    /// One line for each run, the newest first.
    pub fn list(&self) -> Vec<Value> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut found: Vec<(SystemTime, String)> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let folder = self.folder(&name).ok()?;
                Some((changed(&folder)?, name))
            })
            .collect();
        found.sort_by(|a, b| b.cmp(a));
        found.truncate(MOST_LISTED);
        let mut lines = locked(&self.lines);
        let mut out: Vec<Value> = found
            .iter()
            .map(|(when, name)| match lines.get(name) {
                Some((then, line)) if then == when => line.clone(),
                _ => {
                    let line = self.line(name);
                    lines.insert(name.clone(), (*when, line.clone()));
                    line
                }
            })
            .collect();
        lines.retain(|name, _| found.iter().any(|(_, n)| n == name));
        let started = |line: &Value| line.get("started").and_then(Value::as_str).unwrap_or_default().to_owned();
        out.sort_by_key(|line| std::cmp::Reverse(started(line)));
        out
    }

    fn line(&self, name: &str) -> Value {
        let reader = match Reader::open(&self.root.join(name)) {
            Ok(reader) => reader,
            Err(e) => return json!({ "name": name, "title": "cannot be read", "ended": e.to_string(), "started": "", "images": 0 }),
        };
        let attributes = reader.attributes();
        let text = |key: &str| attributes.get(key).and_then(Value::as_str).unwrap_or_default();
        let started = attributes.get("provenance").and_then(|p| p.get("started_utc")).and_then(Value::as_str).unwrap_or_default();
        let images = reader.info("", "frames").ok().and_then(|i| i.shape.first().copied()).unwrap_or(0);
        json!({
            "name": name, "title": text("title"), "protocol": text("name"), "seed": attributes.get("seed"), "ended": text("ended"),
            "started": started, "images": images,
        })
    }

    /// A run as the page draws it: the report's packed arrays, and what it says about itself.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn data(&self, name: &str) -> Result<String, RunsError> {
        let data = from_record(&self.folder(name)?)?;
        let about = self.about(name, &data);
        Ok(format!(
            "{{\"about\":{about},\"run\":{},\"images\":{},\"measured\":{}}}",
            packed(&data)?,
            self.images(name)?,
            self.measured(name)?
        ))
    }

    fn about(&self, name: &str, data: &ReportData) -> Value {
        let s = &data.summary;
        let started = data.provenance.iter().find(|(k, _)| k == "started_utc").map(|(_, v)| v);
        let changed: Vec<_> = s.parameters.iter().filter(|p| p.changed).map(|p| json!([p.key, p.value])).collect();
        json!({
            "name": name, "title": s.title, "protocol": s.name, "seed": s.seed, "ended": s.ended, "results": s.results,
            "started": started, "changed": changed,
        })
    }

    /// The report of a run, made anew from its record.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn report(&self, name: &str) -> Result<String, RunsError> {
        Ok(render(&from_record(&self.folder(name)?)?))
    }

    /// The store of a run as it is now.
    fn reader(&self, name: &str) -> Result<Arc<Reader>, RunsError> {
        let folder = self.folder(name)?;
        let when = changed(&folder).ok_or(RunsError::Unknown)?;
        let mut open = locked(&self.open);
        if let Some((.., reader)) = open.iter().find(|(path, then, _)| *path == folder && *then == when) {
            return Ok(reader.clone());
        }
        let reader = Arc::new(Reader::open(&folder)?);
        open.retain(|(path, ..)| *path != folder);
        if open.len() >= MOST_OPEN {
            open.remove(0);
        }
        open.push((folder, when, reader.clone()));
        Ok(reader)
    }

    /// The clock and the axes of the movie; `null` if the run has no images.
    fn images(&self, name: &str) -> Result<Value, RunsError> {
        let reader = self.reader(name)?;
        let Ok(info) = reader.info("", "frames") else { return Ok(Value::Null) };
        let [count, height, width] = info.shape[..] else { return Ok(Value::Null) };
        if count == 0 || width == 0 || height == 0 {
            return Ok(Value::Null);
        }
        let numbers = |name: &str| match reader.read_f64("", name) {
            Ok(numbers) => numbers.values,
            Err(_) => Vec::new(),
        };
        let axis = |values: &[f64]| match values {
            [first, second, ..] => json!([first, second - first]),
            _ => Value::Null,
        };
        let dose = reader.info("", "dose").ok();
        let finite = |v: Vec<f64>| v.into_iter().map(|x| x.is_finite().then_some(x)).collect::<Vec<_>>();
        Ok(json!({
            "count": count, "width": width, "height": height, "time": finite(numbers("frame_time")), "dose": finite(numbers("dose")),
            "dose_unit": dose.as_ref().map(|d| d.unit.clone()), "dose_meaning": dose.as_ref().map(|d| d.meaning.clone()),
            "x": axis(&numbers("x")), "y": axis(&numbers("y")),
        }))
    }

    /// What was measured on the frames, frame by frame; `null` if nothing was.
    fn measured(&self, name: &str) -> Result<Value, RunsError> {
        let reader = self.reader(name)?;
        let numbers = |name: &str| reader.read_f64("measurements", name);
        let Ok(time) = numbers("measured_time") else { return Ok(Value::Null) };
        let series = |name: &str| numbers(name).map(|n| n.values).unwrap_or_default();
        let (widths, statistical, systematic) =
            (series("measured_width"), series("measured_width_statistical"), series("measured_width_systematic"));
        let (gap, gap_statistical, gap_systematic) = (series("gap_width"), series("gap_width_statistical"), series("gap_width_systematic"));
        let frames = time.values.len();
        let cells = widths.len().checked_div(frames).unwrap_or(0);
        let at = |of: &[f64], k: usize| of.get(k).copied().unwrap_or(f64::NAN);
        let both = |a: f64, b: f64| a.hypot(if b.is_finite() { b } else { 0.0 });
        // As the live view: the thinnest place, until a gap is there.
        let thin: Vec<Option<usize>> = (0..frames)
            .map(|k| {
                let sound = |i: &usize| at(&widths, *i) > 0.0 && at(&statistical, *i).is_finite();
                let row = (k * cells..(k + 1) * cells).filter(sound);
                row.min_by(|a, b| at(&widths, *a).total_cmp(&at(&widths, *b))).filter(|_| at(&gap, k).is_nan())
            })
            .collect();
        let finite = |v: Vec<f64>| v.into_iter().map(|x| x.is_finite().then_some(x)).collect::<Vec<_>>();
        let thinnest = |of: &dyn Fn(usize) -> f64| finite(thin.iter().map(|i| i.map_or(f64::NAN, of)).collect());
        Ok(json!({
            "time": finite(time.values), "width": thinnest(&|i| at(&widths, i)),
            "width_sigma": thinnest(&|i| both(at(&statistical, i), at(&systematic, i))), "gap": finite(gap),
            "gap_sigma": finite(gap_statistical.iter().zip(gap_systematic).map(|(a, b)| both(*a, b)).collect()),
        }))
    }

    /// Counts of one image, two bytes each, little end first, row by row.
    ///
    /// # Errors
    /// There is no such run or image, or it is damaged.
    pub fn image(&self, name: &str, index: u64) -> Result<Vec<u8>, RunsError> {
        let reader = self.reader(name)?;
        let shape = reader.info("", "frames").map_err(|_| RunsError::NoImage)?.shape;
        match shape[..] {
            [count, height, width] if index < count && height.saturating_mul(width) <= MOST_PIXELS => {}
            _ => return Err(RunsError::NoImage),
        }
        let image = reader.read_rows_u16("", "frames", index..index + 1)?;
        Ok(image.iter().flat_map(|v| v.to_le_bytes()).collect())
    }
}

/// When the record was last committed.
fn changed(folder: &Path) -> Option<SystemTime> {
    fs::metadata(folder.join(STORE_NAME).join("zarr.json")).and_then(|m| m.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_and_no_paths() {
        for good in ["fig2a-20260131T235959Z", "fig2a-20260131T235959Z-2", "größe_1.b"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "..", "../a", "a/b", "a\\b", "/etc", ".hidden", "a\0b", "a b", "a%2fb", &"a".repeat(201)] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_no_run() {
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = |root: &Path| {
            fs::create_dir_all(root.join("run.zarr")).unwrap();
            fs::write(
                root.join("run.zarr/zarr.json"),
                "{\"attributes\":{\"record_version\":1},\"consolidated_metadata\":{\"metadata\":{}}}",
            )
            .unwrap();
        };
        store(&inside.path().join("mine"));
        store(&outside.path().join("theirs"));
        std::os::unix::fs::symlink(outside.path().join("theirs"), inside.path().join("link")).unwrap();
        fs::create_dir(inside.path().join("half")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("theirs/run.zarr"), inside.path().join("half/run.zarr")).unwrap();
        let runs = Runs::open(inside.path()).unwrap();
        assert!(runs.folder("mine").is_ok());
        for bad in ["link", "half", "nothing", ".."] {
            assert!(runs.folder(bad).is_err(), "{bad}");
        }
        assert_eq!(runs.list().len(), 1);
    }
}
