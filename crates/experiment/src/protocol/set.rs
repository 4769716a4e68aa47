//! Settings from the command line: `--set wire.diameter="90 nm"`, read by the same declarations as the file's.

use pentatwin_units::{Kind, Parameter, Section, Value};

use super::error::{Origin, Problem, listed, nearest};
use super::read::{Heading, Place, Reading};
use super::steps::Step;

impl Reading {
    /// Applies one setting.
    pub fn set_from_command_line(&mut self, key: &str, value: &str) {
        let before = "--set ";
        let text = format!("{before}{key}={value}");
        let key_span = before.len()..before.len() + key.len();
        let value_span = key_span.end + 1..text.len();
        self.origins.push(Origin { name: "command line".to_owned(), text: text.into() });
        let place = Place { origin: self.origins.len() - 1, key: key_span, value: value_span };
        let target = if key.starts_with("step") { self.step_target(key) } else { self.section_target(key) };
        match target {
            Err((message, help)) => {
                let problem = Problem::new(&self.origins[place.origin], message).label(place.key, "unknown");
                self.problems.push(problem.help(help));
            }
            // The step itself could not be read: that is said already.
            Ok(None) => {}
            Ok(Some(target)) => {
                self.bad.remove(&target.full);
                let value = unquoted(target.parameter.kind, value);
                match target.parameter.read_text(value) {
                    Ok(read) => self.apply(&target, &read),
                    Err(error) => self.wrong(&target.full, place.origin, place.value.clone(), &target.parameter, value, &error),
                }
                self.places.insert(target.full, place);
            }
        }
    }

    /// The declaration behind a full key.
    pub fn declaration(&self, key: &str) -> Result<Parameter, (String, String)> {
        let target = if key.starts_with("step") { self.step_target(key)? } else { self.section_target(key)? };
        target.map(|t| t.parameter).ok_or_else(|| (format!("there is no setting `{key}`"), "write for example wire.diameter".to_owned()))
    }

    fn apply(&mut self, target: &Target, value: &Value) {
        let name = target.parameter.name;
        let done = match &target.home {
            Home::Heading => self.heading.set(name, value),
            Home::Step(index) => self.steps.get_mut(*index).and_then(Option::as_mut).is_some_and(|s| s.section_mut().set(name, value)),
            Home::Section(section) => {
                self.protocol.sections_mut().into_iter().find(|(s, _)| s == section).is_some_and(|(_, s)| s.set(name, value))
            }
        };
        if !done {
            self.bad.insert(target.full.clone());
        }
    }

    fn section_target(&self, key: &str) -> Found {
        if let Some(parameter) = Heading::PARAMETERS.iter().find(|p| p.name == key) {
            return Ok(Some(Target { full: key.to_owned(), home: Home::Heading, parameter: *parameter }));
        }
        let sections = self.protocol.sections();
        // `microscope.hrtem.pixels` is a key of [microscope.hrtem], not of [microscope].
        let inside = |section: &str| key.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
        let homes = sections.iter().filter_map(|(section, declared)| Some((*section, *declared, inside(section)?)));
        if let Some((section, declared, name)) = homes.max_by_key(|(section, ..)| section.len()) {
            let parameters = declared.parameters();
            let Some(parameter) = parameters.iter().find(|p| p.name == name) else {
                let names = parameters.iter().map(|p| p.name);
                let help = match nearest(name, names.clone()) {
                    Some(near) => format!("did you mean `{section}.{near}`?"),
                    None => format!("[{section}] knows {}", listed(names)),
                };
                return Err((format!("[{section}] has no `{name}`"), help));
            };
            return Ok(Some(Target { full: key.to_owned(), home: Home::Section(section), parameter: *parameter }));
        }
        let keys: Vec<String> =
            sections.iter().flat_map(|(section, s)| s.parameters().iter().map(move |p| format!("{section}.{}", p.name))).collect();
        let ends_so = || keys.iter().map(String::as_str).find(|k| k.rsplit('.').next() == Some(key));
        let help = match ends_so().or_else(|| nearest(key, keys.iter().map(String::as_str))) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write section.key=value, such as wire.diameter=\"90 nm\" or step[0].sweep.rate=\"10 mV/s\"".to_owned(),
        };
        Err((format!("there is no setting `{key}`"), help))
    }

    fn step_target(&self, key: &str) -> Found {
        let wanted = || {
            let example = "write step[0].sweep.rate=\"10 mV/s\"; the first step is step[0]";
            (format!("there is no setting `{key}`"), example.to_owned())
        };
        let (index, rest) = key.strip_prefix("step[").and_then(|r| r.split_once(']')).ok_or_else(wanted)?;
        let index: usize = index.parse().map_err(|_| wanted())?;
        let rest = rest.strip_prefix('.').ok_or_else(wanted)?;
        let step = match self.steps.get(index) {
            None => {
                let count = self.steps.len();
                let message = format!("there is no step[{index}]");
                return Err((message, format!("the protocol has {count} step(s), and the first is step[0]")));
            }
            Some(None) => return Ok(None),
            Some(Some(step)) => step,
        };
        let word = step.word();
        let name = match rest.split_once('.') {
            Some((first, name)) if first == word => name,
            None if rest == word => Step::bare_key(word).unwrap_or_default(),
            _ => return Err((format!("step[{index}] is a `{word}`, not a `{rest}`"), format!("write step[{index}].{word}.…"))),
        };
        let parameters = step.section().parameters();
        let parameter = parameters.iter().find(|p| p.name == name).ok_or_else(|| {
            let names = parameters.iter().map(|p| p.name);
            let help = match nearest(name, names.clone()) {
                Some(near) => format!("did you mean `step[{index}].{word}.{near}`?"),
                None => format!("`{word}` knows {}", listed(names)),
            };
            (format!("`{word}` has no `{name}`"), help)
        })?;
        Ok(Some(Target { full: format!("step[{index}].{word}.{name}"), home: Home::Step(index), parameter: *parameter }))
    }
}

/// The parameter a key names; `None` if it would be in a step that could not be read; else message and help.
type Found = Result<Option<Target>, (String, String)>;

struct Target {
    full: String,
    home: Home,
    parameter: Parameter,
}

enum Home {
    Heading,
    Section(&'static str),
    Step(usize),
}

/// The value without the quotes that a shell left on it.
fn unquoted(kind: Kind, value: &str) -> &str {
    let value = value.trim();
    match kind {
        Kind::Text => value,
        _ => value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).filter(|v| !v.contains('"')).unwrap_or(value),
    }
}
