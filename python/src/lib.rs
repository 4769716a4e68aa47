//! `pentatwin._core`: the compiled part of the Python package. What a user sees is in `python/pentatwin/*.py`; `_core.pyi` declares what is here.
//!
//! Arrays cross as bytes, which NumPy takes over without a copy of its own: so this needs no NumPy, neither to build nor to import.

mod analysis;
mod background;
mod error;
mod export;
mod listener;
mod movie;
mod protocols;
mod run;
mod sweep;

use pyo3::prelude::*;

/// The compiled part of pentatwin.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::analysis::{analyze, lattice, read_heating, read_log};
    #[pymodule_export]
    use super::error::{AnalyzeError, ExportError, FitError, PentatwinError, ProtocolError, RecordError, SimulationError, SweepError};
    #[pymodule_export]
    use super::export::{export, format_si, quantity, record_folder};
    #[pymodule_export]
    use super::protocols::{protocol_toml, protocols, toml_text};
    #[pymodule_export]
    use super::run::{run, run_in_memory};
    #[pymodule_export]
    use super::sweep::{fit, sweep_begin, sweep_collect, sweep_read, sweep_run};
    #[pymodule_export]
    use super::{command, version};
}

/// The version of the program.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The command line: does what `words` say, the name of the program first, and returns the exit code.
#[pyfunction]
fn command(py: Python<'_>, words: Vec<std::ffi::OsString>) -> u8 {
    py.detach(|| pentatwin::command(words))
}
