//! Records on disk, their exports, and quantities.

use std::path::PathBuf;

use pentatwin_record::{Reader, STORE_NAME};
use pentatwin_units as units;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::raise;

/// The folder of the record at `path` (its folder or its store), if it is one that can be read.
#[pyfunction]
pub fn record_folder(path: PathBuf) -> PyResult<PathBuf> {
    let reader = Reader::open(&path).map_err(|e| raise(pentatwin_report::ReadError::from(e)))?;
    let store = reader.path();
    let inside = store.file_name().is_some_and(|name| name == STORE_NAME);
    Ok(if inside { store.parent().unwrap_or(store).to_owned() } else { store.to_owned() })
}

/// Writes a record in another format, and returns where.
#[pyfunction]
pub fn export(py: Python<'_>, run: PathBuf, to: &str, out: Option<PathBuf>) -> PyResult<PathBuf> {
    py.detach(|| pentatwin::export_run(&run, to, out)).map_err(raise)
}

/// A number in SI as text in a unit.
#[pyfunction]
pub fn format_si(value: f64, unit: &str, digits: usize) -> String {
    units::format_si(value, unit, digits)
}

/// A quantity in SI, of the example's dimension if there is an example: quantity("90 nm", "1 m") is 9e-8.
#[pyfunction]
#[pyo3(signature = (text, example=None))]
pub fn quantity(text: &str, example: Option<&str>) -> PyResult<f64> {
    let shown = example.unwrap_or("1 nm");
    let wrong = |e: units::UnitError| PyValueError::new_err(format!("`{text}`: {e}; write it with its unit, as \"{shown}\""));
    match example {
        Some(example) => units::parse_as(text, units::parse(example).map_err(wrong)?.1).map_err(wrong),
        None => Ok(units::parse(text).map_err(wrong)?.0),
    }
}
