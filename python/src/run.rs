//! Runs, recorded or in memory.

use std::path::PathBuf;

use pentatwin::progress::Display;
use pentatwin_experiment::run::{self as experiment, Flow, RunOptions};
use pentatwin_record::Kept;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict};

use crate::error::raise;
use crate::listener::Listener;
use crate::protocols::{Sets, Source};

/// Carries a protocol out and records it, with its log, movie and report: the folder, and what Python raised meanwhile (Ctrl-C), if anything.
#[pyfunction]
#[pyo3(signature = (protocol, sets, seed, band, companions, out, bar, progress))]
#[allow(clippy::too_many_arguments, reason = "they are the command line's; Python names them")]
pub fn run(
    py: Python<'_>,
    protocol: Source,
    sets: Sets,
    seed: u64,
    band: usize,
    companions: bool,
    out: Option<PathBuf>,
    bar: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<(PathBuf, Option<Py<PyAny>>)> {
    let protocol = protocol.load(&sets)?;
    let options = RunOptions { seed, band, companions, out };
    let mut listener = Listener::new(progress);
    let outcome = py.detach(|| {
        let display = Display::new(bar, &protocol.name);
        pentatwin::record(&protocol, &options, display, false, &mut |message| listener.hear(message))
    });
    let folder = outcome.map_err(raise)?.folder;
    Ok((folder, listener.raised.map(|e| e.into_value(py).into_any())))
}

/// Arrays, the attributes as JSON, what Python raised meanwhile.
type InMemory<'py> = (Vec<Bound<'py, PyDict>>, String, Option<Py<PyAny>>);

/// Carries a protocol out and writes nothing: the arrays of its record, its attributes as JSON, and what Python raised meanwhile.
#[pyfunction]
#[pyo3(signature = (protocol, sets, seed, band, companions, progress))]
pub fn run_in_memory<'py>(
    py: Python<'py>,
    protocol: Source,
    sets: Sets,
    seed: u64,
    band: usize,
    companions: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<InMemory<'py>> {
    let protocol = protocol.load(&sets)?;
    let options = RunOptions { seed, band, companions, out: None };
    let mut listener = Listener::new(progress);
    let outcome =
        py.detach(|| experiment::run_in_memory(&protocol, &options, &mut |m| if listener.hear(&m) { Flow::Stop } else { Flow::Continue }));
    let outcome = outcome.map_err(raise)?;
    let arrays = outcome.arrays.iter().map(|array| kept(py, array)).collect::<PyResult<_>>()?;
    let attributes = serde_json::Value::Object(outcome.attributes).to_string();
    Ok((arrays, attributes, listener.raised.map(|e| e.into_value(py).into_any())))
}

/// `group`, `name`, `dimensions`, `shape`, `type`, `attributes` (JSON) and `bytes` of an array.
fn kept<'py>(py: Python<'py>, array: &Kept) -> PyResult<Bound<'py, PyDict>> {
    let d = PyDict::new(py);
    d.set_item("group", array.group())?;
    d.set_item("name", array.name())?;
    d.set_item("dimensions", array.dimensions())?;
    d.set_item("shape", array.shape())?;
    d.set_item("type", array.type_name())?;
    d.set_item("attributes", serde_json::Value::Object(array.attributes().clone()).to_string())?;
    d.set_item("bytes", PyByteArray::new(py, array.bytes()))?;
    Ok(d)
}
