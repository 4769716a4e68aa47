//! Measuring movies and lattice images.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use pentatwin_experiment::analyze::{AnalyzeOptions, Progressing};
use pentatwin_experiment::run::Flow;
use pentatwin_record::import::{Columns, Hints, IvRecord, logs, read_iv};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::{analyze_error, raise};
use crate::listener::Listener;
use crate::movie::Given;

/// Between two words on how far it is.
const INTERVAL: Duration = Duration::from_millis(100);

/// Time [s], voltage [V] and current [A].
type Log = (Vec<f64>, Vec<f64>, Vec<f64>);

fn hints(pixel: Option<f64>, frame_time: Option<f64>) -> Hints {
    Hints { pixel, frame_time }
}

/// Measures a movie into `out` (or as the command line does): folder, store, what was measured as JSON, and what Python raised meanwhile.
#[pyfunction]
#[pyo3(signature = (movie, pixel, frame_time, iv, iv_path, iv_columns, angle, out, progress))]
#[allow(clippy::too_many_arguments, reason = "they are the command line's; Python names them")]
pub fn analyze(
    py: Python<'_>,
    movie: Given,
    pixel: Option<f64>,
    frame_time: Option<f64>,
    iv: Option<Log>,
    iv_path: Option<PathBuf>,
    iv_columns: Option<&str>,
    angle: Option<f64>,
    out: Option<PathBuf>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(PathBuf, PathBuf, String, Option<Py<PyAny>>)> {
    let options = AnalyzeOptions { hints: hints(pixel, frame_time), iv: iv_path, columns: columns(iv_columns)?, angle, out };
    let movie = movie.open(&options.hints)?;
    let iv = iv.map(|(time, voltage, current)| IvRecord { time, voltage, current, ..IvRecord::default() });
    let mut listener = Listener::new(progress);
    let mut last = Instant::now();
    let outcome = py.detach(|| {
        pentatwin::measure(movie, iv, &options, &mut |message| {
            let said = match message {
                Progressing::Frame { done, of, .. } => Some((done as f64 / of.max(1) as f64, format!("frame {done}/{of}"))),
                Progressing::Stage(stage) => Some((1.0, stage.to_owned())),
                Progressing::Opened { .. } => None,
            };
            if listener.raised.is_some() {
                return Flow::Stop;
            }
            if last.elapsed() < INTERVAL {
                return Flow::Continue;
            }
            last = Instant::now();
            if listener.ask(said) { Flow::Stop } else { Flow::Continue }
        })
    });
    let outcome = match (outcome, listener.raised.take()) {
        // Stopped before there was anything: what stopped it is the reason.
        (Err(_), Some(raised)) => return Err(raised),
        (outcome, raised) => (outcome.map_err(raise)?, raised),
    };
    let measured = serde_json::to_string(&outcome.0.measured).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok((outcome.0.folder, outcome.0.store, measured, outcome.1.map(|e| e.into_value(py).into_any())))
}

/// Measures the lattice in the first image into `out`: the folder, and what was measured as JSON.
#[pyfunction]
#[pyo3(signature = (movie, pixel, crystal, out))]
pub fn lattice(
    py: Python<'_>,
    movie: Given,
    pixel: Option<f64>,
    crystal: Option<String>,
    out: Option<PathBuf>,
) -> PyResult<(PathBuf, String)> {
    let options = AnalyzeOptions { hints: hints(pixel, None), out, ..AnalyzeOptions::default() };
    let movie = movie.open(&options.hints)?;
    let outcome = py.detach(|| pentatwin::measure_lattice(movie, &options, crystal.as_deref())).map_err(raise)?;
    let measured = serde_json::to_string(&outcome.measured).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok((outcome.folder, measured))
}

/// A log of voltage and current: (time [s], voltage [V], current [A]) with its own time stamps, and notes on what was decided.
#[pyfunction]
#[pyo3(signature = (path, columns))]
pub fn read_log(py: Python<'_>, path: PathBuf, columns: Option<&str>) -> PyResult<(Log, Vec<String>)> {
    let columns = self::columns(columns)?;
    let log = py.detach(|| read_iv(&path, columns.as_ref())).map_err(|e| analyze_error(e.into()))?;
    Ok(((log.time, log.voltage, log.current), log.notes))
}

/// Array in the record, name in the log, unit, values.
type LogColumn = (String, String, String, Vec<f64>);

/// A holder's log of temperatures without voltages or without currents: time [s], its columns, and notes. `None` if it is another log.
#[pyfunction]
pub fn read_heating(py: Python<'_>, path: PathBuf) -> Option<(Vec<f64>, Vec<LogColumn>, Vec<String>)> {
    let log = py.detach(|| logs::read_log(&path, None)).ok()?;
    if log.channel(logs::Role::Temperature).is_none() || (log.channel(logs::Role::Voltage).and(log.channel(logs::Role::Current))).is_some()
    {
        return None;
    }
    let column = |c: logs::Channel| (c.key, c.name, c.unknown_unit.unwrap_or_else(|| c.unit.to_owned()), c.values);
    Some((log.time, log.channels.into_iter().filter(|c| c.words.is_empty()).map(column).collect(), log.notes))
}

fn columns(text: Option<&str>) -> PyResult<Option<Columns>> {
    text.map(Columns::parse).transpose().map_err(PyValueError::new_err)
}
