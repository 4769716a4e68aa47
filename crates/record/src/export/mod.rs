//! Exports of a record: movie, image stack, single pictures, table. All of them read one frame at a time.
//!
//! A file is written under a passing name and renamed, so that no reader meets half of it and a failure leaves what was there.

mod contrast;
mod csv;
mod data_bar;
mod error;
mod frames;
#[cfg(feature = "movie")]
mod h264;
mod movie;
mod mrc;
mod msa;
mod picture;
mod spectra;
mod tiff;

use std::fs::{self, File};
use std::path::Path;

pub use contrast::Contrast;
pub use csv::csv;
pub use error::ExportError;
pub use frames::{Frames, PictureOptions};
pub use movie::{MovieInfo, MovieOptions, movie};
pub use mrc::mrc;
pub use msa::{MsaSpectrum, msa};
pub use picture::picture_png;
pub use spectra::spectra;
pub use tiff::{StackInfo, tiff};

use crate::RecordError;

/// Let `write` make the file it is given the passing name of, then put it in the place of `out`.
fn whole_file<T>(out: &Path, write: impl FnOnce(&Path) -> Result<T, ExportError>) -> Result<T, ExportError> {
    let Some(name) = out.file_name() else { return Err(ExportError::NotAFile { path: out.to_owned() }) };
    let temporary = out.with_file_name(format!(".{}.tmp", name.to_string_lossy()));
    let _ = fs::remove_file(&temporary); // of an export that was killed; what it means if this fails, `write` will say
    let result = write(&temporary).and_then(|done| {
        let synced = File::open(&temporary).and_then(|file| file.sync_all());
        synced.and_then(|()| fs::rename(&temporary, out)).map_err(|e| RecordError::io(out, e))?;
        Ok(done)
    });
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}
