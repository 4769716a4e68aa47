//! Ctrl-C and SIGTERM: the first ends the run cleanly, the second at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::INTERRUPTED;

/// A flag that the signals raise.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on. A system that does not let us ends the program at the first signal, as it does for others.
    pub fn listen() -> Stop {
        let stop = Stop::default();
        let flag = stop.0.clone();
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(INTERRUPTED));
            }
        });
        stop
    }

    /// Listens from now on; no later signal ends the program at once: an output is to be turned off first, which has its own time-outs.
    pub fn listen_patiently() -> Stop {
        let stop = Stop::default();
        let flag = stop.0.clone();
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                let _ = std::io::Write::write_all(&mut std::io::stderr(), b"the output is being turned off; this takes seconds at most\n");
            }
        });
        stop
    }

    /// Whether a signal came.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
