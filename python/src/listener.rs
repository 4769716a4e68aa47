//! How Python hears of a run: progress, and Ctrl-C.

use std::time::{Duration, Instant};

use pentatwin_experiment::run::Message;
use pyo3::prelude::*;

/// How often Python is asked: often enough for Ctrl-C, seldom enough to cost nothing.
const INTERVAL: Duration = Duration::from_millis(100);

/// Hears of a run without the GIL, and takes it now and then.
pub struct Listener {
    progress: Option<Py<PyAny>>,
    last: Instant,
    stage: String,
    /// What Python raised: a `KeyboardInterrupt`, or a fault of the callable.
    pub raised: Option<PyErr>,
}

impl Listener {
    /// With a callable `progress(fraction, text)`, or none.
    pub fn new(progress: Option<Py<PyAny>>) -> Listener {
        Listener { progress, last: Instant::now(), stage: String::new(), raised: None }
    }

    /// Whether to stop.
    pub fn hear(&mut self, message: &Message) -> bool {
        if let Message::Stage(stage) = message {
            (*stage).clone_into(&mut self.stage);
        }
        if self.raised.is_some() {
            return true;
        }
        if self.last.elapsed() < INTERVAL {
            return false;
        }
        self.last = Instant::now();
        let said = match message {
            Message::Progress(p) => Some((p.fraction, pentatwin::progress::state(p))),
            Message::Stage(stage) => Some((pentatwin::progress::counted(stage).unwrap_or(0.0), (*stage).to_owned())),
            _ => None,
        };
        self.ask(said)
    }

    /// Says how far it is, and asks whether to stop.
    pub fn ask(&mut self, said: Option<(f64, String)>) -> bool {
        self.raised = Python::attach(|py| {
            py.check_signals()?;
            if let (Some(progress), Some((fraction, text))) = (&self.progress, said) {
                progress.call1(py, (fraction, text))?;
            }
            Ok(())
        })
        .err();
        self.raised.is_some()
    }
}
