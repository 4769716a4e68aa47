//! One array of the store while it is written: the rows of its last chunks in memory.

use std::sync::Arc;

use rayon::prelude::*;
use serde_json::{Value, json};
use zarrs::array::{Array, ArrayBytes, CodecOptions};

use crate::layout::{Values, codec, element_bytes, missing, type_name};
use crate::staging::Staging;
use crate::{Kept, Layout, RecordError};

pub(crate) struct Column {
    pub(crate) layout: Layout,
    pub(crate) path: String,
    /// Nothing if the store is kept in memory.
    array: Option<Array<Staging>>,
    /// Rows in chunks that are full and committed.
    settled: u64,
    /// Rows after those.
    buffer: Vec<u8>,
    missing: Vec<u8>,
    row_bytes: usize,
    chunk_rows: u64,
    /// Whether rows came since the last commit.
    pub(crate) changed: bool,
}

impl Column {
    pub(crate) fn new(layout: Layout, staging: Option<&Arc<Staging>>) -> Result<Self, RecordError> {
        let path = layout.path();
        let recorded = layout.recorded;
        if recorded.dimensions.len() != layout.inner.len() + 1 {
            let why = format!(
                "{} dimensions {:?}, but {} lengths after the first",
                recorded.dimensions.len(),
                recorded.dimensions,
                layout.inner.len()
            );
            return Err(RecordError::mismatch(&path, why));
        }
        let row_elements = layout.inner.iter().try_fold(1u64, |n, &length| n.checked_mul(length)).filter(|&n| (1..1 << 32).contains(&n));
        let Some(row_elements) = row_elements else {
            return Err(RecordError::mismatch(&path, format!("a row of {:?} elements cannot be stored", layout.inner)));
        };
        let (chunk_rows, row_bytes) = (layout.chunk_rows(), row_elements as usize * element_bytes(recorded.data_type));
        let (fill, missing) = missing(recorded.data_type);
        let Some(staging) = staging else {
            return Ok(Self { layout, path, array: None, settled: 0, buffer: Vec::new(), missing, row_bytes, chunk_rows, changed: false });
        };
        let with_inner = |first: u64| -> Vec<u64> { std::iter::once(first).chain(layout.inner.iter().copied()).collect() };
        let metadata = json!({
            "zarr_format": 3, "node_type": "array", "shape": with_inner(0), "data_type": type_name(recorded.data_type),
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": with_inner(chunk_rows)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": fill,
            "codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                codec(recorded.data_type),
            ],
            "dimension_names": recorded.dimensions, "attributes": layout.attributes,
        });
        let metadata = serde_json::from_value(metadata).map_err(|e| RecordError::mismatch(&path, e))?;
        let array =
            Array::new_with_metadata(staging.clone(), &format!("/{path}"), metadata).map_err(|e| RecordError::mismatch(&path, e))?;
        Ok(Self { layout, path, array: Some(array), settled: 0, buffer: Vec::new(), missing, row_bytes, chunk_rows, changed: false })
    }

    /// The array with all its values, of one that was kept in memory.
    pub(crate) fn into_kept(self) -> Kept {
        let shape = std::iter::once(self.rows()).chain(self.layout.inner.iter().copied()).collect();
        Kept { layout: self.layout, shape, bytes: self.buffer }
    }

    /// Rows so far.
    pub(crate) fn rows(&self) -> u64 {
        self.settled + (self.buffer.len() / self.row_bytes) as u64
    }

    pub(crate) fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Name of the first dimension, with the group: the clock of an array that grows.
    pub(crate) fn clock(&self) -> (&str, &str) {
        (&self.layout.group, self.layout.recorded.dimensions.first().copied().unwrap_or_default())
    }

    /// Dimensions whose length does not change any more.
    pub(crate) fn fixed_dimensions(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let lengths = std::iter::once(self.rows()).chain(self.layout.inner.iter().copied());
        self.layout.recorded.dimensions.iter().copied().zip(lengths).skip(usize::from(self.layout.recorded.appended))
    }

    /// Whole rows in `values`, if they fit this array.
    pub(crate) fn rows_in(&self, values: &Values) -> Result<usize, RecordError> {
        let data_type = self.layout.recorded.data_type;
        if !values.fits(data_type) {
            return Err(RecordError::mismatch(&self.path, format!("the values are not of its type, {}", type_name(data_type))));
        }
        let row = self.row_bytes / element_bytes(data_type);
        if !values.len().is_multiple_of(row) {
            return Err(RecordError::mismatch(&self.path, format!("{} values are not whole rows of {row}", values.len())));
        }
        Ok(values.len() / row)
    }

    pub(crate) fn push(&mut self, values: &Values) {
        values.append_to(&mut self.buffer, self.layout.recorded.data_type);
        self.changed = true;
    }

    /// Stage the chunks that changed, and set the shape.
    pub(crate) fn stage_chunks(&mut self) -> Result<(), RecordError> {
        let shape = std::iter::once(self.rows()).chain(self.layout.inner.iter().copied()).collect();
        let Some(array) = &mut self.array else { return Ok(()) };
        array.set_shape(shape).map_err(|e| RecordError::mismatch(&self.path, e))?;
        let options = CodecOptions::default().with_store_empty_chunks(true); // then a chunk that is not there is a damage
        let chunk_bytes = self.row_bytes * self.chunk_rows as usize;
        let first = self.settled / self.chunk_rows;
        let stage = |(k, rows): (usize, &[u8])| {
            let mut index = vec![0; self.layout.inner.len() + 1];
            index[0] = first + k as u64;
            let mut chunk = rows.to_vec();
            let absent = (chunk_bytes - chunk.len()) / self.missing.len();
            chunk.extend(self.missing.iter().copied().cycle().take(absent * self.missing.len()));
            array.store_chunk_opt(&index, ArrayBytes::from(chunk), &options).map_err(|e| RecordError::mismatch(&self.path, e))
        };
        // Frames are a chunk each: they are packed side by side on all cores. The order in which chunks are staged does not matter.
        self.buffer.par_chunks(chunk_bytes).enumerate().try_for_each(stage)
    }

    /// After a commit: forget the rows in full chunks, or all of an array that does not grow.
    pub(crate) fn settle(&mut self) {
        self.changed = false;
        if !self.layout.recorded.appended {
            self.settled = self.rows();
            self.buffer = Vec::new();
            return;
        }
        let chunk_bytes = self.row_bytes * self.chunk_rows as usize;
        let full = self.buffer.len() / chunk_bytes;
        self.buffer.drain(..full * chunk_bytes);
        self.settled += full as u64 * self.chunk_rows;
    }

    pub(crate) fn metadata(&self) -> Result<Value, RecordError> {
        serde_json::to_value(self.array.as_ref().map(Array::metadata)).map_err(|e| RecordError::mismatch(&self.path, e))
    }
}
