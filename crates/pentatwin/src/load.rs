//! From the word on the command line to a protocol.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use pentatwin_experiment::protocol::{Protocol, ProtocolError, nearest, shipped_names, shipped_text};

/// A protocol is a page of text: a larger file is something else.
const LARGEST_FILE: u64 = 1 << 20;

/// Why there is no protocol.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LoadError {
    /// It is wrong in itself.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Protocol(#[from] ProtocolError),
    /// Neither a shipped protocol nor a file.
    #[error("there is no protocol `{name}`")]
    Unknown {
        /// What was written.
        name: String,
        /// What there is.
        #[help]
        help: String,
    },
    /// The file cannot be read.
    #[error("cannot read the protocol {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word on it.
        source: io::Error,
        /// What to do.
        #[help]
        help: String,
    },
    /// The file is not text.
    #[error("the protocol {} is not UTF-8 text: byte {} in line {line} does not belong to a character", path.display(), at + 1)]
    #[diagnostic(help("save it as UTF-8; the unit of a micrometre may also be written um"))]
    NotText {
        /// The file.
        path: PathBuf,
        /// Offset of the first wrong byte.
        at: usize,
        /// Its line.
        line: usize,
    },
    /// The file is no protocol.
    #[error("{} is larger than {} MiB: that is no protocol", path.display(), LARGEST_FILE >> 20)]
    #[diagnostic(help("a protocol is a short TOML file; `pentatwin show fig2a` prints one"))]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

/// The protocol of this name or file, with settings on top.
pub fn load(word: &str, sets: &[(String, String)]) -> Result<Protocol, LoadError> {
    if let Some(text) = shipped_text(word) {
        return Ok(Protocol::parse_with(word, text, sets)?);
    }
    let path = Path::new(word);
    let like_a_file = word.contains(['/', '\\']) || path.extension().is_some_and(|e| e == "toml") || path.exists();
    if !like_a_file {
        return Err(LoadError::Unknown { name: word.to_owned(), help: which(word) });
    }
    let text = read(path)?;
    let mut protocol = Protocol::parse_with(word, &text, sets)?;
    // The file stands in errors, its stem in the name of the run's folder.
    protocol.name = path.file_stem().map_or_else(|| word.to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok(protocol)
}

/// What there is, and what may have been meant.
fn which(word: &str) -> String {
    let names = format!("the protocols that ship are {}; a file ends in .toml", shipped_names().collect::<Vec<_>>().join(", "));
    match nearest(word, shipped_names()) {
        Some(name) => format!("did you mean `{name}`? {names}"),
        None => names,
    }
}

fn read(path: &Path) -> Result<String, LoadError> {
    let mut bytes = Vec::new();
    let result = File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    if let Err(source) = result {
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let help = match source.kind() {
            io::ErrorKind::NotFound if shipped_text(stem).is_some() => format!("`{stem}` ships with pentatwin: write it without .toml"),
            io::ErrorKind::NotFound => format!("is the path right? {}", which(stem)),
            _ => "name a file that can be read".to_owned(),
        };
        return Err(LoadError::Unreadable { path: path.to_owned(), source, help });
    }
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(LoadError::TooLarge { path: path.to_owned() });
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes().iter().take(at).filter(|b| **b == b'\n').count();
        LoadError::NotText { path: path.to_owned(), at, line }
    })
}
