//! A protocol as a form: its fields from the declarations of the parameters, what is wrong at the field it is wrong in.

use std::collections::BTreeMap;

use miette::{Diagnostic, SourceSpan};
use pentatwin_experiment::protocol::{Protocol, ProtocolError, Step, shipped_text};
use pentatwin_units::{Kind, Parameter, Section, Status, Value};
use serde::{Deserialize, Serialize};

/// Settings that a page may send.
const MOST_SETTINGS: usize = 500;
/// Characters of a setting's key or value.
const LONGEST: usize = 500;
/// Samples of one run that is started from a page.
const MOST_SAMPLES: f64 = 2e6;

/// What a page asks for: a protocol that ships or a text of its own, with settings on top. It can name no file and no instrument.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Name of a protocol that ships.
    #[serde(default)]
    pub name: String,
    /// Text of a protocol, instead.
    #[serde(default)]
    pub text: Option<String>,
    /// Settings by key.
    #[serde(default)]
    pub sets: BTreeMap<String, String>,
}

/// One thing that is wrong.
#[derive(Serialize, Debug, PartialEq)]
pub struct Wrong {
    /// Keys of the fields it shows at; none if it is about the whole.
    pub keys: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Wrong {
    fn new(keys: Vec<String>, message: impl Into<String>, help: &str) -> Wrong {
        Wrong { keys, message: message.into(), help: Some(help.to_owned()) }
    }
}

/// One field.
#[derive(Serialize, Debug)]
pub struct Field {
    key: String,
    section: String,
    name: &'static str,
    value: String,
    default: String,
    kind: &'static str,
    choices: &'static [&'static str],
    limits: Option<(&'static str, &'static str)>,
    range: Option<(&'static str, &'static str)>,
    status: Status,
    source: &'static str,
    meaning: &'static str,
    /// Whether the protocol itself sets it to another value than the default.
    changed: bool,
}

/// A protocol as a form.
#[derive(Serialize, Debug)]
pub struct Form {
    name: String,
    title: String,
    description: String,
    notes: Vec<String>,
    fields: Vec<Field>,
    wrong: Vec<Wrong>,
    /// Time that passes on the specimen if nothing breaks [s].
    time: f64,
    /// Samples of it.
    samples: f64,
}

impl Wanted {
    /// The protocol.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn protocol(&self) -> Result<Protocol, Vec<Wrong>> {
        self.bounds()?;
        let sets: Vec<(String, String)> = self.sets.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        let mut protocol = Protocol::parse_with(&self.origin(), self.base()?, &sets).map_err(|e| problems(&e))?;
        if self.text.is_some() {
            protocol.name = "lab".to_owned();
        }
        let samples: f64 = protocol.steps.iter().map(pace).map(|(_, samples)| samples).sum();
        if samples > MOST_SAMPLES {
            let message = format!("these steps take {samples:.0} samples, more than the Lab carries out");
            let help =
                format!("at most {MOST_SAMPLES:.0}: take a faster rate, a larger step or interval, or `pentatwin run` on the command line");
            return Err(vec![Wrong::new(Vec::new(), message, &help)]);
        }
        Ok(protocol)
    }

    /// The form, with what is wrong.
    pub fn form(&self) -> Form {
        let (plain, wrong) = match self.protocol() {
            Ok(protocol) => return Form::of(&protocol),
            Err(wrong) => (self.base(), wrong),
        };
        // The fields stay while a setting is wrong.
        let read = plain.ok().and_then(|text| Protocol::parse(&self.origin(), text).ok());
        Form { wrong, ..Form::of(&read.unwrap_or_default()) }
    }

    fn origin(&self) -> String {
        if self.text.is_some() { "the page's protocol".to_owned() } else { self.name.clone() }
    }

    fn base(&self) -> Result<&str, Vec<Wrong>> {
        match &self.text {
            Some(text) => Ok(text),
            None => shipped_text(&self.name)
                .ok_or_else(|| vec![Wrong::new(Vec::new(), "there is no protocol of this name", "choose one from the list")]),
        }
    }

    fn bounds(&self) -> Result<(), Vec<Wrong>> {
        if self.sets.len() > MOST_SETTINGS || self.sets.iter().any(|(k, v)| k.len() > LONGEST || v.len() > LONGEST) {
            let help = format!("at most {MOST_SETTINGS} settings of {LONGEST} characters each");
            return Err(vec![Wrong::new(Vec::new(), "more settings than a protocol has", &help)]);
        }
        match self.sets.keys().find(|k| k.starts_with("bench")) {
            Some(key) => {
                let help = "the instrument is named on the command line only: a page must not be able to put a voltage on a device";
                Err(vec![Wrong::new(vec![key.clone()], format!("`{key}` cannot be set from the page"), help)])
            }
            None => Ok(()),
        }
    }
}

impl Form {
    fn of(protocol: &Protocol) -> Form {
        let mut fields = Vec::new();
        for (index, step) in protocol.steps.iter().enumerate() {
            add(&mut fields, protocol, &format!("step[{index}].{}", step.word()), step.section());
        }
        for (name, section) in protocol.sections().into_iter().filter(|(name, _)| *name != "bench") {
            add(&mut fields, protocol, name, section);
        }
        let samples = protocol.steps.iter().map(|step| pace(step).1).sum();
        Form {
            name: protocol.name.clone(),
            title: protocol.title.clone(),
            description: protocol.description.clone(),
            notes: protocol.notes.clone(),
            fields,
            wrong: Vec::new(),
            time: time(protocol),
            samples,
        }
    }

    /// Whether it can be run.
    #[cfg(test)]
    fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }
}

fn add(fields: &mut Vec<Field>, protocol: &Protocol, section: &str, parameters: &dyn Section) {
    for p in parameters.parameters() {
        let Some(value) = parameters.get(p.name) else { continue };
        let key = format!("{section}.{}", p.name);
        let (kind, choices): (_, &[&str]) = match p.kind {
            Kind::Quantity(_) => ("quantity", &[]),
            Kind::Quantities(_) => ("quantities", &[]),
            Kind::Count => ("count", &[]),
            Kind::Flag => ("flag", &["true", "false"]),
            Kind::Choice(words) => ("choice", words),
            Kind::Text => ("text", &[]),
        };
        fields.push(Field {
            section: section.to_owned(),
            name: p.name,
            value: plain(p, &value),
            default: p.default.to_owned(),
            kind,
            choices,
            limits: p.limits,
            range: p.range,
            status: p.status,
            source: p.source,
            meaning: p.meaning,
            changed: protocol.changed.contains(&key),
            key,
        });
    }
}

/// Time [s] of all steps if nothing cuts them short.
pub fn time(protocol: &Protocol) -> f64 {
    protocol.steps.iter().map(|step| pace(step).0).sum()
}

/// As a person types it: a list without quotes.
fn plain(p: &Parameter, value: &Value) -> String {
    p.show(value).replace('"', "")
}

/// Time [s] and samples of a step that nothing cuts short. A sweep counts from 0 V: the start matters little.
fn pace(step: &Step) -> (f64, f64) {
    let positive = |x: f64| if x.is_finite() { x.max(0.0) } else { f64::MAX };
    match step {
        Step::Sweep(s) => (positive(s.travel(0.0) / s.rate), positive(s.travel(0.0) / s.step)),
        Step::Hold(h) => (h.time, positive(h.time / h.interval)),
        Step::Wait(w) => (w.time, 0.0),
        Step::Heat(h) => (h.time, positive(h.time / h.interval)),
        Step::Image(i) => (i.exposure, 1.0),
        // The time is the detector's; it is little beside a sweep's.
        Step::Spectrum(_) => (0.0, 1.0),
    }
}

fn problems(error: &ProtocolError) -> Vec<Wrong> {
    let all = error.problems.iter();
    all.map(|p| Wrong { keys: keys(p, &p.message), message: p.message.clone(), help: p.help.clone() }).collect()
}

/// The fields a problem belongs to: the settings it underlines, else the keys it names in back quotes.
fn keys(problem: &dyn Diagnostic, message: &str) -> Vec<String> {
    let whole = SourceSpan::from((0, 0));
    let source = problem.source_code().and_then(|source| source.read_span(&whole, 1, 1).ok());
    let set = source.as_ref().and_then(|s| std::str::from_utf8(s.data()).ok()).and_then(|s| s.strip_prefix("--set "));
    if let Some((key, _)) = set.and_then(|s| s.split_once('=')) {
        return vec![key.to_owned()];
    }
    message.split('`').skip(1).step_by(2).filter(|word| word.contains('.')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(sets: &[(&str, &str)]) -> Wanted {
        Wanted { name: "fig2a".into(), text: None, sets: sets.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect() }
    }

    #[test]
    fn a_form_has_every_declared_parameter_but_the_instrument_s_address() {
        let form = wanted(&[]).form();
        assert!(form.is_right() && form.fields.len() > 60, "{}", form.fields.len());
        let diameter = form.fields.iter().find(|f| f.key == "wire.diameter").unwrap();
        assert_eq!((diameter.value.as_str(), diameter.kind), ("115 nm", "quantity"));
        assert_eq!(form.fields[0].section, "step[0].sweep");
        assert!(!form.fields.iter().any(|f| f.key.starts_with("bench")));
        // 5 V at 100 mV/s, then 5 s.
        assert!((form.time - 55.0).abs() < 1e-9 && (form.samples - 2000.0).abs() < 1e-6);
    }

    #[test]
    fn errors_stand_at_their_field() {
        let form = wanted(&[("wire.diameter", "90 mV"), ("step[0].sweep.rate", "fast")]).form();
        let at: Vec<_> = form.wrong.iter().map(|w| w.keys.clone()).collect();
        assert_eq!(at, [["step[0].sweep.rate"], ["wire.diameter"]]);
        assert!(form.wrong[1].help.as_deref().unwrap().contains("115 nm"), "{:?}", form.wrong);
        assert!(form.fields.len() > 60);
        // A clash of two settings stands at the one that was made.
        let clash = wanted(&[("wire.length", "2 um")]).form();
        assert_eq!(clash.wrong[0].keys, ["wire.length"], "{:?}", clash.wrong);
    }

    #[test]
    fn a_page_names_no_path_no_instrument_and_no_endless_run() {
        for name in ["/etc/passwd", "../fig2a", "protocols/fig2a.toml", ""] {
            let wrong = Wanted { name: name.into(), ..Wanted::default() }.protocol().unwrap_err();
            assert_eq!(wrong[0].message, "there is no protocol of this name");
        }
        assert!(
            wanted(&[("bench.source_meter", "tcp://10.0.0.1:5025")]).protocol().unwrap_err()[0]
                .message
                .contains("cannot be set from the page")
        );
        let text = Some("[bench]\nsource_meter = \"tcp://10.0.0.1:5025\"\n[[step]]\nwait = \"1 s\"".to_owned());
        assert!(Wanted { text, ..Wanted::default() }.protocol().unwrap_err()[0].message.contains("bench.source_meter"));
        // 3.6 million samples: a protocol may ask for that, a page may not.
        let text = Some("[[step]]\nhold = { voltage = \"1 V\", time = \"1000 h\", interval = \"1 s\" }".to_owned());
        let endless = Wanted { text, ..Wanted::default() };
        assert!(endless.protocol().unwrap_err()[0].message.contains("more than the Lab carries out"));
        let many: BTreeMap<_, _> = (0..MOST_SETTINGS + 1).map(|i| (i.to_string(), String::new())).collect();
        assert!(Wanted { sets: many, ..wanted(&[]) }.protocol().is_err());
    }
}
