//! From TOML to a protocol: every key is looked at, every problem is kept, every setting remembers where it was made.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pentatwin_units::{Kind, Parameter, Raw, ReadError, Section, UnitError, parameters};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Protocol;
use super::error::{Origin, Problem, listed, nearest};
use super::steps::Step;

parameters! {
    /// What stands at the head of a protocol.
    pub struct Heading {
        /// Title, as it stands over the report
        title: String = Kind::Text, "Untitled";
        /// What the protocol is for
        description: String = Kind::Text, "";
    }
}

/// Syntax errors after the first few mostly follow from them.
const SYNTAX_ERRORS_SHOWN: usize = 3;

/// Where a setting was made.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub origin: usize,
    pub key: Range<usize>,
    pub value: Range<usize>,
}

/// A protocol while it is read.
pub(super) struct Reading {
    pub protocol: Protocol,
    pub heading: Heading,
    /// Steps; `None` where it is not even clear which kind it is.
    pub steps: Vec<Option<Step>>,
    /// The file, then one for each `--set`.
    pub origins: Vec<Origin>,
    /// By full key, such as `wire.diameter` or `step[0].sweep.rate`.
    pub places: BTreeMap<String, Place>,
    /// Keys whose value could not be read.
    pub bad: BTreeSet<String>,
    pub problems: Vec<Problem>,
}

type Key<'a, 'i> = &'a Spanned<std::borrow::Cow<'i, str>>;
type Val<'a, 'i> = &'a Spanned<DeValue<'i>>;

impl Reading {
    pub fn new(name: &str, text: &str) -> Self {
        let origin = Origin { name: name.to_owned(), text: text.into() };
        Reading {
            protocol: Protocol::default(),
            heading: Heading::default(),
            steps: Vec::new(),
            origins: vec![origin],
            places: BTreeMap::new(),
            bad: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    /// Reads the file; `false` if it is not TOML, so that nothing more can be said about it.
    pub fn file(&mut self) -> bool {
        let text = self.origins[0].text.clone();
        let (root, errors) = DeTable::parse_recoverable(&text);
        for error in errors.iter().take(SYNTAX_ERRORS_SHOWN) {
            let mut problem = self.problem(format!("this is not TOML: {}", error.message()));
            if let Some(span) = error.span() {
                problem = problem.label(span, "here");
            }
            self.problems.push(problem.help("each line is `key = value`, with texts and quantities in quotes: diameter = \"115 nm\""));
        }
        if errors.is_empty() {
            self.table("", root.get_ref());
        }
        errors.is_empty()
    }

    /// A sweep that states one of the paper's rates, and neither step nor aperture, gets those that go with it.
    pub fn settings_of_rates(&mut self) {
        for (index, step) in self.steps.iter_mut().enumerate() {
            let given = |name: &str| self.places.contains_key(&format!("step[{index}].sweep.{name}"));
            if let Some(Step::Sweep(sweep)) = step
                && !["step", "nplc", "delay"].into_iter().any(given)
                && let Some((step, nplc)) = super::ready_setting(sweep.rate)
            {
                (sweep.step, sweep.nplc) = (step, nplc);
            }
        }
    }

    /// Reads the protocol that stands as a table within another file, which is TOML.
    pub fn inside(&mut self, table: &DeTable<'_>) {
        self.table("", table);
    }

    fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(&self.origins[0], message)
    }

    /// The table at `prefix`, which is a section, or holds sections, or both.
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        let in_order = |t: &DeTable<'_>| {
            let mut keys: Vec<_> = t.keys().map(|k| (k.span().start, k.get_ref().to_string())).collect();
            keys.sort();
            keys
        };
        for (_, word) in in_order(table) {
            let Some((key, value)) = table.get_key_value(word.as_str()) else { continue };
            let full = join(prefix, &word);
            if full == "step" {
                self.step_list(key, value);
            } else if self.protocol.sections().iter().any(|(name, _)| *name == full || is_inside(name, &full)) {
                match value.get_ref() {
                    DeValue::Table(inner) => self.table(&full, inner),
                    _ => {
                        let problem = self.problem(format!("`{full}` is a section, not a value")).label(value.span(), "a value");
                        self.problems.push(problem.help(format!("begin the section with [{full}] on a line of its own")));
                    }
                }
            } else if let Some(parameter) = self.parameters_at(prefix).iter().find(|p| p.name == word).copied() {
                self.value(full, &parameter, key.span(), value);
            } else {
                self.unknown(prefix, key);
            }
        }
    }

    fn parameters_at(&self, prefix: &str) -> &'static [Parameter] {
        if prefix.is_empty() {
            return Heading::PARAMETERS;
        }
        self.protocol.sections().iter().find(|(name, _)| *name == prefix).map_or(&[], |(_, s)| s.parameters())
    }

    /// The names that may stand in the table at `prefix`.
    fn names_at(&self, prefix: &str) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.parameters_at(prefix).iter().map(|p| p.name).collect();
        for (section, _) in self.protocol.sections() {
            let rest = if prefix.is_empty() { Some(section) } else { section.strip_prefix(prefix).and_then(|r| r.strip_prefix('.')) };
            if let Some(next) = rest.and_then(|r| r.split('.').next())
                && !names.contains(&next)
            {
                names.push(next);
            }
        }
        if prefix.is_empty() {
            names.push("step");
        }
        names
    }

    fn unknown(&mut self, prefix: &str, key: Key<'_, '_>) {
        let word = key.get_ref().as_ref();
        let names = self.names_at(prefix);
        let place = if prefix.is_empty() { "a protocol".to_owned() } else { format!("[{prefix}]") };
        let help = if Step::WORDS.contains(&word) {
            format!("`{word}` is a step: write [[step]] on a line before it")
        } else if let Some(name) = nearest(word, names.iter().copied()) {
            format!("did you mean `{name}`?")
        } else if let Some(home) = self.home_of(word) {
            format!("`{word}` belongs in {home}")
        } else {
            format!("{place} knows {}", listed(names))
        };
        let problem = self.problem(format!("{place} has no `{word}`")).label(key.span(), "unknown");
        self.problems.push(problem.help(help));
    }

    /// Where a key would be right.
    fn home_of(&self, word: &str) -> Option<String> {
        let has = |parameters: &[Parameter]| parameters.iter().any(|p| p.name == word);
        if let Some((name, _)) = self.protocol.sections().iter().find(|(_, s)| has(s.parameters())) {
            return Some(format!("[{name}]"));
        }
        let step = Step::WORDS.iter().filter_map(|w| Step::of(w)).find(|s| has(s.section().parameters()))?;
        Some(format!("a step: {} = {{ {word} = … }}", step.word()))
    }

    /// One setting of a section (not of a step).
    fn value(&mut self, full: String, parameter: &Parameter, key: Range<usize>, value: Val<'_, '_>) {
        let place = Place { origin: 0, key, value: value.span() };
        if let Some(read) = self.read(&full, parameter, value) {
            self.set(&full, &read);
        }
        self.places.insert(full, place);
    }

    /// Sets a parameter by its full key. The key is known and the value fits its declaration, so that this cannot fail but for a count
    /// beyond the machine's.
    fn set(&mut self, full: &str, value: &pentatwin_units::Value) {
        let (section, name) = full.rsplit_once('.').unwrap_or(("", full));
        let done = if section.is_empty() {
            self.heading.set(name, value)
        } else {
            self.protocol.sections_mut().into_iter().find(|(s, _)| *s == section).is_some_and(|(_, s)| s.set(name, value))
        };
        if !done {
            self.bad.insert(full.to_owned());
        }
    }

    /// Reads a value, or says what is wrong with it.
    fn read(&mut self, full: &str, parameter: &Parameter, value: Val<'_, '_>) -> Option<pentatwin_units::Value> {
        // In a list the element is underlined, not the list.
        if let (Kind::Quantities(_), DeValue::Array(list)) = (parameter.kind, value.get_ref()) {
            let wrong: Vec<_> = list.iter().filter_map(|v| Some((v.span(), parameter.read(&raw(v.get_ref())).err()?))).collect();
            if !wrong.is_empty() {
                for (span, error) in wrong {
                    self.wrong(full, 0, span, parameter, &written(value), &error);
                }
                return None;
            }
        }
        match parameter.read(&raw(value.get_ref())) {
            Ok(read) => Some(read),
            Err(error) => {
                self.wrong(full, 0, value.span(), parameter, &written(value), &error);
                None
            }
        }
    }

    /// Says what is wrong with a value.
    pub fn wrong(&mut self, full: &str, origin: usize, span: Range<usize>, parameter: &Parameter, text: &str, error: &ReadError) {
        let (message, label) = match error {
            ReadError::Unit { error, .. } => {
                let label = match error {
                    UnitError::Missing { expected } => format!("has no unit: {expected} is wanted"),
                    UnitError::WrongDimension { expected, .. } => format!("{expected} is wanted"),
                    UnitError::UnknownUnit(_) => "no such unit".to_owned(),
                    _ => "not a number with a unit".to_owned(),
                };
                (format!("`{full}`: {error}"), label)
            }
            ReadError::Outside { value, low, high, .. } => {
                (format!("`{full}` = {value} is outside {low} to {high}"), format!("{low} to {high} is possible"))
            }
            ReadError::Kind { expected, .. } => (format!("`{full}` {expected}"), "of another kind".to_owned()),
        };
        let help = match (full, parameter.kind) {
            ("bench.source_meter", _) => {
                "a file can only ask for the simulated instrument, \"virtual\"; the address of a real one is accepted only from the command line"
                    .to_owned()
            }
            (_, Kind::Choice(words)) => match nearest(text, words.iter().copied()) {
                Some(word) => format!("did you mean \"{word}\"?"),
                None => error.help(),
            },
            _ => error.help(),
        };
        let problem = Problem::new(&self.origins[origin], message).label(span, label).help(help);
        self.problems.push(problem);
        self.bad.insert(full.to_owned());
    }

    fn step_list(&mut self, key: Key<'_, '_>, value: Val<'_, '_>) {
        let DeValue::Array(list) = value.get_ref() else {
            let problem = self.problem("the steps are a list").label(key.span(), "not a list");
            self.problems.push(problem.help("begin each step with [[step]], in double brackets"));
            self.bad.insert("step".to_owned());
            return;
        };
        for (index, item) in list.iter().enumerate() {
            let step = self.step(index, item);
            self.steps.push(step);
        }
    }

    fn step(&mut self, index: usize, item: Val<'_, '_>) -> Option<Step> {
        let one_of = format!("a step is one of {}, such as wait = \"5 s\"", listed(Step::WORDS.iter().copied()));
        let DeValue::Table(table) = item.get_ref() else {
            let problem = self.problem(format!("step {} is not a table", index + 1)).label(item.span(), "not a table");
            self.problems.push(problem.help(one_of));
            return None;
        };
        let mut known = None;
        let mut unknown = false;
        let mut keys: Vec<_> = table.iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in keys {
            let word = key.get_ref().as_ref();
            let Some(step) = Step::of(word) else {
                unknown = true;
                let help = match (nearest(word, Step::WORDS.iter().copied()), self.home_of(word)) {
                    (Some(name), _) => format!("did you mean `{name}`?"),
                    (None, Some(home)) => format!("`{word}` belongs in {home}"),
                    (None, None) => one_of.clone(),
                };
                let problem = self.problem(format!("a step has no `{word}`")).label(key.span(), "unknown");
                self.problems.push(problem.help(help));
                continue;
            };
            if let Some((first, _, _)) = &known {
                let first: &Key<'_, '_> = first;
                let problem = self
                    .problem(format!("step {} is a `{}` and a `{word}` at once", index + 1, first.get_ref()))
                    .label(first.span(), "one")
                    .label(key.span(), "another");
                self.problems.push(problem.help("a step does one thing: begin another with [[step]]"));
                continue;
            }
            known = Some((key, value, step));
        }
        let Some((key, value, step)) = known else {
            if !unknown {
                let problem = self.problem(format!("step {} is empty", index + 1)).label(item.span(), "nothing to do");
                self.problems.push(problem.help(one_of));
            }
            return None;
        };
        Some(self.step_settings(index, step, key, value))
    }

    fn step_settings(&mut self, index: usize, mut step: Step, key: Key<'_, '_>, value: Val<'_, '_>) -> Step {
        let word = step.word();
        let prefix = format!("step[{index}].{word}");
        let parameters = step.section().parameters();
        self.places.insert(prefix.clone(), Place { origin: 0, key: key.span(), value: value.span() });
        let DeValue::Table(table) = value.get_ref() else {
            let bare = Step::bare_key(word).and_then(|name| parameters.iter().find(|p| p.name == name));
            if let Some(parameter) = bare {
                self.step_value(&mut step, &prefix, parameter, key.span(), value);
            } else {
                let problem = self.problem(format!("`{word}` needs a table")).label(value.span(), "not a table");
                let example = parameters.first().map(|p| format!("{word} = {{ {} = {} }}", p.name, quoted(p))).unwrap_or_default();
                self.problems.push(problem.help(format!("write for example {example}")));
            }
            return step;
        };
        let mut keys: Vec<_> = table.iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in keys {
            let name = key.get_ref().as_ref();
            if let Some(parameter) = parameters.iter().find(|p| p.name == name) {
                self.step_value(&mut step, &prefix, parameter, key.span(), value);
            } else {
                let names = parameters.iter().map(|p| p.name);
                let help = match nearest(name, names.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("`{word}` knows {}", listed(names)),
                };
                let problem = self.problem(format!("`{word}` has no `{name}`")).label(key.span(), "unknown").help(help);
                self.problems.push(problem);
            }
        }
        step
    }

    fn step_value(&mut self, step: &mut Step, prefix: &str, parameter: &Parameter, key: Range<usize>, value: Val<'_, '_>) {
        let full = format!("{prefix}.{}", parameter.name);
        if let Some(read) = self.read(&full, parameter, value)
            && !step.section_mut().set(parameter.name, &read)
        {
            self.bad.insert(full.clone());
        }
        self.places.insert(full, Place { origin: 0, key, value: value.span() });
    }
}

/// An example of a value, as TOML.
fn quoted(parameter: &Parameter) -> String {
    match parameter.kind {
        Kind::Count | Kind::Flag => parameter.default.to_owned(),
        _ => format!("\"{}\"", parameter.default),
    }
}

fn join(prefix: &str, word: &str) -> String {
    if prefix.is_empty() { word.to_owned() } else { format!("{prefix}.{word}") }
}

fn is_inside(section: &str, prefix: &str) -> bool {
    section.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
}

/// A text as it was written; empty for what is not a text.
fn written(value: Val<'_, '_>) -> String {
    value.get_ref().as_str().unwrap_or_default().to_owned()
}

/// A TOML value as declarations read it. What no declaration takes (dates, tables, numbers beyond the machine's) becomes an empty list,
/// which no declaration takes either.
pub(crate) fn raw(value: &DeValue<'_>) -> Raw {
    let nothing = || Raw::List(Vec::new());
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).map_or_else(|_| nothing(), Raw::Integer),
        DeValue::Float(x) => x.as_str().parse().map_or_else(|_| nothing(), Raw::Float),
        DeValue::Boolean(b) => Raw::Flag(*b),
        DeValue::Array(list) => Raw::List(list.iter().map(|v| raw(v.get_ref())).collect()),
        DeValue::Datetime(_) | DeValue::Table(_) => nothing(),
    }
}
