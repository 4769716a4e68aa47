//! What is wrong with a protocol, where, and what would be right.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// One text that settings come from: the protocol file, or one `--set` of the command line.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub name: String,
    pub text: Arc<str>,
}

/// One thing that is wrong, with the places it shows at.
#[derive(Clone, Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    #[source_code]
    source_code: NamedSource<Arc<str>>,
    #[label(collection)]
    labels: Vec<LabeledSpan>,
    /// What would be right.
    #[help]
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(origin: &Origin, message: impl Into<String>) -> Self {
        let source_code = NamedSource::new(origin.name.as_str(), origin.text.clone());
        Problem { message: message.into(), source_code, labels: Vec::new(), help: None }
    }

    pub(crate) fn label(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(LabeledSpan::new_with_span(Some(text.into()), span));
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The byte ranges it underlines, within the text of its source.
    pub fn spans(&self) -> Vec<Range<usize>> {
        self.labels.iter().map(|l| l.offset()..l.offset() + l.len()).collect()
    }
}

/// Everything that is wrong with a protocol.
#[derive(Clone, Debug)]
pub struct ProtocolError {
    /// Name of the protocol or its file.
    pub name: String,
    /// The problems, in the order they were found; never empty.
    pub problems: Vec<Problem>,
}

impl ProtocolError {
    fn only(&self) -> Option<&Problem> {
        if let [one] = self.problems.as_slice() { Some(one) } else { None }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only() {
            Some(one) => one.fmt(f),
            None => write!(f, "the protocol `{}` has {} problems", self.name, self.problems.len()),
        }
    }
}

impl std::error::Error for ProtocolError {}

// One problem is shown as itself, several as a list: hence by hand, not derived.
impl Diagnostic for ProtocolError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only().and_then(Diagnostic::help)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.only().and_then(Diagnostic::source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only().and_then(Diagnostic::labels)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self.only() {
            Some(_) => None,
            None => Some(Box::new(self.problems.iter().map(|p| p as &dyn Diagnostic))),
        }
    }
}

/// The name nearest to what was written, if one is near enough to be meant.
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > 64 {
        return None;
    }
    let written = written.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(&written, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1.max(name.chars().count().max(written.chars().count()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Names in back quotes, with commas.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}
