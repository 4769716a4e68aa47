//! The record of a run: one Zarr store, readable while it is written, and its plain companions.
//!
//! A [`RunFolder`] holds `run.zarr`, written by a [`Writer`] and read by a [`Reader`], and `iv.csv`, written by an [`IvLog`].
//! What lies in the store is declared in [`pentatwin_units::recorded`]; a [`Layout`] adds the lengths of the dimensions.
//!
//! ```
//! use pentatwin_record::{Layout, Reader, Writer};
//! use pentatwin_units::recorded::{CURRENT, TIME};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let scratch = tempfile::tempdir()?;
//! # let dir = scratch.path().join("run.zarr");
//! let mut writer = Writer::create(&dir, Default::default(), &[Layout::new(TIME, &[]), Layout::new(CURRENT, &[])])?;
//! writer.append(&[(TIME, (&[0.1, 0.2]).into()), (CURRENT, (&[1e-3, 2e-3]).into())])?;
//! writer.commit_if_due()?; // at most five times a second
//! writer.finish()?;
//! assert_eq!(Reader::open(&dir)?.read_f64("", "current")?.values, [1e-3, 2e-3]);
//! # Ok(())
//! # }
//! ```

mod adding;
mod codes;
mod column;
pub mod dataset;
mod error;
pub mod export;
pub mod fit;
mod folder;
pub mod import;
mod iv;
mod kept;
mod layout;
pub mod measured;
mod reader;
mod staging;
pub mod summary;
pub mod sweep;
mod writer;

#[cfg(test)]
mod interruption;

pub use adding::replace_group;
pub use codes::{EventKind, sample_flags};
pub use error::RecordError;
pub use folder::RunFolder;
pub use iv::IvLog;
pub use kept::Kept;
pub use layout::{Layout, Values};
pub use reader::{ArrayInfo, Numbers, Reader};
pub use writer::Writer;

/// Version of the layout of the store, as its attribute `record_version`. Older ones are read, newer ones refused.
pub const RECORD_VERSION: u64 = 1;

/// Name of the store in the folder of a run.
pub const STORE_NAME: &str = "run.zarr";
