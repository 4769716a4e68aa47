//! Ensembles: the same protocol over lists and distributions of parameters and over seeds, and what can be learned from many runs.
//!
//! A [`Sweep`] is read from a `sweep.toml` (docs/sweep.md). Each of its runs leaves one file, put in place whole; [`collect()`] makes one
//! dataset of all files. [`mod@plan`] reads a map of settings off such a dataset, [`mod@fit`] runs the wire engine backwards: from a measured I-V
//! to the device.
//!
//! ```
//! use pentatwin_experiment::ensemble::Sweep;
//! let sweep = Sweep::read("protocol = \"fig2a\"\nseeds = 3\n[vary]\n\"step[0].sweep.rate\" = [\"10 mV/s\", \"100 mV/s\"]\n").unwrap();
//! assert_eq!(sweep.len(), 6);
//! assert_eq!(sweep.runs()[1].set["step[0].sweep.rate"], "100 mV/s");
//! ```

mod carry;
mod collect;
mod error;
pub mod fit;
mod folder;
mod law;
mod names;
pub mod plan;
mod quantities;
mod read;
mod shipped;
mod slurm;
mod sweep;

pub use carry::{Done, Heard};
pub use collect::{Collected, DATASET, collect};
pub use error::SweepError;
pub use folder::{RESULTS, result_file};
pub use law::Law;
pub use pentatwin_record::sweep::{Ended, RunFile, SweepTable};
pub use shipped::{shipped_sweep, shipped_sweeps};
pub use slurm::MOST_TASKS;
pub use sweep::{Engines, Keep, Run, Sweep};
