//! The record of a run: one Zarr store, readable while it is written, and its plain companions.

pub mod summary;
