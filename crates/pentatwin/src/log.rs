//! `run.log`: what the run said, with the wall time since its start.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Gathers lines until the folder is known, then writes each as it comes.
///
/// A log that cannot be written does not end a run: the record is what counts, and it reports a full disk itself.
pub struct Log {
    started: Instant,
    waiting: String,
    file: Option<File>,
    last: String,
}

impl Log {
    /// An empty log.
    pub fn new() -> Log {
        Log { started: Instant::now(), waiting: String::new(), file: None, last: String::new() }
    }

    /// The folder of the run is there.
    pub fn open(&mut self, folder: &Path) {
        if self.file.is_none() {
            self.file = File::create(folder.join("run.log")).ok();
            let waiting = std::mem::take(&mut self.waiting);
            self.put(&waiting);
        }
    }

    /// One line; the same one again is left out.
    pub fn line(&mut self, text: &str) {
        if text == self.last {
            return;
        }
        text.clone_into(&mut self.last);
        let line = format!("{:10.3} s  {text}\n", self.started.elapsed().as_secs_f64());
        self.put(&line);
    }

    fn put(&mut self, text: &str) {
        match &mut self.file {
            Some(file) => drop(file.write_all(text.as_bytes())),
            None => self.waiting.push_str(text),
        }
    }
}
