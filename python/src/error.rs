//! Errors as Python exceptions, with the command line's text.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(pentatwin, PentatwinError, PyException, "Something that pentatwin could not do; the text is the command line's.");
create_exception!(pentatwin, ProtocolError, PentatwinError, "A protocol, or a setting of it, that is wrong or cannot be found.");
create_exception!(pentatwin, RecordError, PentatwinError, "A record that cannot be read or written.");
create_exception!(pentatwin, SimulationError, PentatwinError, "The simulation gave up; what was recorded until then is kept.");
create_exception!(pentatwin, AnalyzeError, PentatwinError, "A movie or a log that cannot be read or measured.");
create_exception!(pentatwin, ExportError, PentatwinError, "A record that cannot be written in this format.");
create_exception!(pentatwin, SweepError, PentatwinError, "A sweep that cannot be read, carried out or collected.");
create_exception!(pentatwin, FitError, PentatwinError, "An I-V log that a device cannot be fitted to.");

/// The exception of a sweep.
pub fn sweep_error(error: pentatwin_experiment::ensemble::SweepError) -> PyErr {
    SweepError::new_err(text(&error))
}

/// The exception of an error of the command line.
pub fn raise(error: impl Into<pentatwin::Error>) -> PyErr {
    use pentatwin::Error as E;
    use pentatwin_experiment::run::RunError;
    let error = error.into();
    let text = text(&error);
    match &error {
        E::Load(_) | E::Run(RunError::Unsupported { .. }) => ProtocolError::new_err(text),
        E::Run(RunError::Engine(_)) => SimulationError::new_err(text),
        E::Run(RunError::Record(_) | RunError::DiskSpace { .. }) | E::Read(_) | E::Report { .. } => RecordError::new_err(text),
        E::Run(_) => SimulationError::new_err(text),
        E::Export(_) => ExportError::new_err(text),
        E::Analyze(_) => AnalyzeError::new_err(text),
        _ => PentatwinError::new_err(text),
    }
}

/// The exception of a movie or a log.
pub fn analyze_error(error: pentatwin_experiment::analyze::AnalyzeError) -> PyErr {
    AnalyzeError::new_err(text(&error))
}

/// As the command line prints it, without colours.
fn text(error: &dyn Diagnostic) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).without_cause_chain().with_break_words(false);
    match handler.render_report(&mut text, error) {
        // Python writes the name of the exception before the text: its picture begins on a line of its own.
        Ok(()) => format!("\n{}", text.trim_end()),
        Err(_) => error.to_string(),
    }
}
