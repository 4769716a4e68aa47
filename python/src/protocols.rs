//! Protocols by name, file or text.

use std::path::{Path, PathBuf};

use pentatwin_experiment::Protocol;
use pentatwin_experiment::protocol::{shipped_names, shipped_text};
use pyo3::prelude::*;

use crate::error::{ProtocolError, raise};

/// What a protocol is read from.
#[derive(FromPyObject)]
pub enum Source {
    /// (name, TOML text)
    Text(String, String),
    /// Name of one that ships, or a file.
    Word(PathBuf),
}

/// Settings on top: (key, value as text).
pub type Sets = Vec<(String, String)>;

impl Source {
    /// Reads it.
    pub fn load(&self, sets: &Sets) -> PyResult<Protocol> {
        let loaded = match self {
            Source::Text(name, text) => Protocol::parse_with(name, text, sets).map_err(pentatwin::load::LoadError::from),
            Source::Word(word) => pentatwin::load::load(&word_of(word), sets),
        };
        loaded.map_err(raise)
    }
}

fn word_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Name, title and description of each protocol that ships.
#[pyfunction]
pub fn protocols() -> PyResult<Vec<(String, String, String)>> {
    shipped_names()
        .filter_map(|name| Some((name, shipped_text(name)?)))
        .map(|(name, text)| {
            let protocol = Protocol::parse(name, text).map_err(|e| raise(pentatwin::load::LoadError::from(e)))?;
            Ok((name.to_owned(), protocol.title, protocol.description))
        })
        .collect()
}

/// A protocol with every setting written out, as TOML.
#[pyfunction]
pub fn protocol_toml(protocol: Source, sets: Sets) -> PyResult<String> {
    Ok(protocol.load(&sets)?.to_toml())
}

/// A JSON object as TOML.
#[pyfunction]
pub fn toml_text(json: &str) -> PyResult<String> {
    let wrong = |e: &dyn std::fmt::Display| ProtocolError::new_err(format!("this cannot be written as TOML: {e}"));
    let value: toml::Value = serde_json::from_str(json).map_err(|e| wrong(&e))?;
    toml::to_string(&value).map_err(|e| wrong(&e))
}
