//! Sweeps and fits.

use std::path::{Path, PathBuf};

use pentatwin_experiment::ensemble::fit::{self as fits, FitOptions, IvData};
use pentatwin_experiment::ensemble::{Sweep, collect, result_file};
use pentatwin_record::import::IvRecord;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::background::watched;
use crate::error::{FitError, sweep_error};
use crate::protocols::{Sets, Source};

/// What a sweep is read from.
#[derive(FromPyObject)]
pub enum SweepSource {
    /// (name, TOML text)
    Text(String, String),
    /// A file, or the name of one that ships.
    Word(PathBuf),
}

impl SweepSource {
    fn open(&self) -> PyResult<Sweep> {
        match self {
            SweepSource::Text(name, text) => Sweep::read_in(name, text, Path::new("")),
            SweepSource::Word(word) => Sweep::open(&word.to_string_lossy()),
        }
        .map_err(sweep_error)
    }
}

/// Name and number of runs of a sweep.
#[pyfunction]
pub fn sweep_read(sweep: SweepSource) -> PyResult<(String, usize)> {
    let sweep = sweep.open()?;
    Ok((sweep.name.clone(), sweep.len()))
}

/// Makes the folder of a sweep, or takes one that is there; the numbers of the runs that have no result in it yet.
#[pyfunction]
pub fn sweep_begin(py: Python<'_>, sweep: SweepSource, folder: PathBuf) -> PyResult<Vec<usize>> {
    let sweep = sweep.open()?;
    py.detach(|| {
        sweep.prepare(&folder)?;
        Ok(sweep.runs().into_iter().filter(|run| !result_file(&folder, &run.hash).exists()).map(|run| run.index).collect())
    })
    .map_err(sweep_error)
}

/// Carries runs of a sweep's folder out on `jobs` threads (0: all cores), skipping finished ones: runs that have a result now, those of
/// them that were there before, failed ones, and what Python raised meanwhile.
#[pyfunction]
pub fn sweep_run(
    py: Python<'_>,
    folder: PathBuf,
    indices: Vec<usize>,
    jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<(usize, usize, usize, Option<Py<PyAny>>)> {
    let sweep = Sweep::of_folder(&folder).map_err(sweep_error)?;
    let (done, raised) = watched(py, progress, |going, say| {
        sweep.run_all(&indices, &folder, jobs, &|done| {
            say(done.done as f64 / done.all.max(1) as f64, format!("{}/{} runs", done.done, done.all));
            going()
        })
    });
    let done = done.map_err(sweep_error)?;
    Ok((done.done, done.found, done.failed, raised.map(|e| e.into_value(py).into_any())))
}

/// Makes the dataset of a sweep's folder, and returns where it is.
#[pyfunction]
pub fn sweep_collect(py: Python<'_>, folder: PathBuf) -> PyResult<PathBuf> {
    py.detach(|| collect(&folder)).map(|collected| collected.dataset).map_err(sweep_error)
}

/// Fits a device to samples: the summary as JSON, and lines as the command says them.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "they are the command line's; Python names them")]
pub fn fit(
    py: Python<'_>,
    protocol: Source,
    sets: Sets,
    iv: (Vec<f64>, Vec<f64>, Vec<f64>),
    name: &str,
    free: Vec<String>,
    bounds: Vec<(String, f64, f64)>,
    sigma: Option<f64>,
    until: f64,
    meter: bool,
    seed: u64,
    draws: usize,
) -> PyResult<(String, Vec<String>)> {
    let mut sets = sets;
    sets.push(("shape.coupling".to_owned(), "off".to_owned()));
    let protocol = protocol.load(&sets)?;
    let (time, voltage, current) = iv;
    let data = IvData::of(&IvRecord { time, voltage, current, ..IvRecord::default() }, name);
    let options = FitOptions { free, bounds, sigma, until, meter, seed, draws, ..FitOptions::default() };
    let (found, raised) = watched(py, None, |going, _| fits::fit(&protocol, &data, &options, going));
    let found = match (found, raised) {
        (_, Some(raised)) => return Err(raised),
        (found, None) => found.map_err(|e| FitError::new_err(format!("{e}; {}", e.help())))?,
    };
    let json = serde_json::to_string(&found).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok((json, fits::lines(&found)))
}
