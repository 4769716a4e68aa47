//! Work on other threads, while the thread that Python called from hears Ctrl-C and says how far it is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::prelude::*;

use crate::listener::Listener;

/// Between two looks: short runs should not wait for the next one.
const INTERVAL: Duration = Duration::from_millis(20);

/// Does `work` without the GIL. It is handed whether to go on and where to say how far it is; what Python raised meanwhile comes with its result.
pub fn watched<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&(dyn Fn() -> bool + Sync), &(dyn Fn(f64, String) + Sync)) -> T + Send,
) -> (T, Option<PyErr>) {
    let mut listener = Listener::new(progress);
    let stop = AtomicBool::new(false);
    let said = Mutex::new(None);
    let going = || !stop.load(Ordering::Relaxed);
    let say = |fraction: f64, text: String| {
        if let Ok(mut said) = said.lock() {
            *said = Some((fraction, text));
        }
    };
    let result = py.detach(|| {
        std::thread::scope(|scope| {
            let working = scope.spawn(|| work(&going, &say));
            while !working.is_finished() {
                std::thread::sleep(INTERVAL);
                let news = said.lock().ok().and_then(|mut said| said.take());
                if going() && listener.ask(news) {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            // A panic there goes on here: PyO3 makes an exception of it.
            working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    });
    (result, listener.raised)
}
