//! One self-contained page that shows a run: `report.html`.
//!
//! [`from_record`] reads a run's store into a [`ReportData`], [`render`] turns it into a page that opens without a network.
//! Text and tables are written here; the figures are drawn in the page by the modules of [`script`], which the Lab serves as they are.

mod charts;
mod data;
pub mod fit;
mod format;
mod heating;
pub mod imported;
pub mod measured;
mod micrograph;
mod pack;
mod page;
mod panels;
mod picture;
mod plate;
mod read;
mod rewiring;
pub mod script;
mod sections;
mod seen;
mod shape;
pub mod spectra;
pub mod sweep;

pub use data::{Profiles, ReportData, Samples};
pub use micrograph::{Micrograph, Microscopy};
pub use page::{packed, render};
pub use read::{ReadError, from_record};
