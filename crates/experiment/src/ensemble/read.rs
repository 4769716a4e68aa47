//! From `sweep.toml` to a sweep: every key is looked at, every problem is underlined, all at once.

use std::path::{Path, PathBuf};

use pentatwin_record::sweep::{Axis, Drawn};
use pentatwin_units::{Kind, Parameter, Raw, Value, parse_as};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::SweepError;
use super::folder::{PROTOCOL, SWEEP, read_text};
use super::law::Law;
use super::names;
use super::quantities::si_name;
use super::sweep::{DrawnFrom, Engines, Keep, Listed, Sweep};
use crate::protocol::{Origin, Problem, Protocol, ProtocolError, listed, nearest, raw, shipped_names, shipped_text};

/// Keys of a sweep.
const KEYS: &[&str] = &["title", "description", "protocol", "seeds", "keep", "imaging", "engines", "set", "vary", "with"];
/// Words of a distribution or a spaced list.
const LAWS: &str = "a parameter varies over a list, such as [\"10 mV/s\", \"100 mV/s\"] or { log = [\"1 mV/s\", \"1 V/s\"], count = 4 }, or is drawn for each seed: { normal = \"115 nm\", sd = \"8 nm\" }, { lognormal = \"25 ohm\", factor = 1.5 }, { uniform = [\"105 nm\", \"125 nm\"] }, { loguniform = [\"10 ohm\", \"80 ohm\"] }, or \"range\" for its plausible range";
/// More seeds or runs than this are a slip of the pen.
const MOST_SEEDS: usize = 1_000_000;
const MOST_RUNS: usize = 10_000_000;
/// Names in the dataset that no parameter can have.
const TAKEN: &[&str] = &["seed", "status", "broke", "gap_resolved", "hash", "reason", "break_place"];

type Val<'a, 'i> = &'a Spanned<DeValue<'i>>;

impl Sweep {
    /// Reads a sweep from text; files it names are looked for in the current folder.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once, each problem with its place; a protocol file that cannot be read.
    pub fn read(text: &str) -> Result<Sweep, SweepError> {
        Sweep::read_in("sweep.toml", text, Path::new(""))
    }

    /// Reads a sweep by the name it has in errors; files it names are looked for in `folder`.
    ///
    /// # Errors
    /// As [`Sweep::read`].
    pub fn read_in(name: &str, text: &str, folder: &Path) -> Result<Sweep, SweepError> {
        Sweep::read_with(name, text, folder, None)
    }

    /// Reads a sweep; `kept` is where the file that it names as its protocol lies now.
    fn read_with(name: &str, text: &str, folder: &Path, kept: Option<PathBuf>) -> Result<Sweep, SweepError> {
        let origin = Origin { name: name.to_owned(), text: text.into() };
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut reading = Reading { origin, kept, problems: Vec::new() };
        for error in errors.iter().take(3) {
            let problem = reading.problem(format!("this is not TOML: {}", error.message()));
            let problem = error.span().into_iter().fold(problem, |p, span| p.label(span, "here"));
            reading.problems.push(
                problem.help("each line is `key = value`; keys with dots and brackets are quoted: \"step[0].sweep.rate\" = [\"10 mV/s\"]"),
            );
        }
        let found = if errors.is_empty() { reading.sweep(root.get_ref(), folder)? } else { None };
        match found {
            Some(sweep) if reading.problems.is_empty() => Ok(sweep),
            _ => Err(ProtocolError { name: name.to_owned(), problems: reading.problems }.into()),
        }
    }

    /// Reads the sweep of a file, or one that ships.
    ///
    /// # Errors
    /// As [`Sweep::read`]; a file that cannot be read.
    pub fn open(word: &str) -> Result<Sweep, SweepError> {
        let path = Path::new(word);
        if !path.exists()
            && let Some(text) = super::shipped_sweep(word)
        {
            return Sweep::read_in(word, text, Path::new(""));
        }
        let ships = super::shipped_sweeps().collect::<Vec<_>>().join(", ");
        let help = match nearest(word, super::shipped_sweeps()) {
            Some(name) => format!("did you mean `{name}`? the sweeps that ship are {ships}; docs/sweep.md says how to write one"),
            None => format!("name a sweep file, or one that ships ({ships}); docs/sweep.md says how to write one"),
        };
        let text = read_text(path, &help)?;
        Sweep::read_in(word, &text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads the sweep of a folder that `pentatwin sweep` has made.
    ///
    /// # Errors
    /// As [`Sweep::read`]; a folder that is none.
    pub fn of_folder(folder: &Path) -> Result<Sweep, SweepError> {
        let help = "name the folder of a sweep: it holds sweep.toml, protocol.toml and results/";
        let text = read_text(&folder.join(SWEEP), help)?;
        let kept = Some(folder.join(PROTOCOL)).filter(|p| p.exists());
        let mut sweep = Sweep::read_with(&folder.join(SWEEP).display().to_string(), &text, folder, kept)?;
        // The folder's name stands for a sweep whose file is always called the same.
        sweep.name = folder.file_name().map_or(sweep.name, |n| n.to_string_lossy().into_owned());
        Ok(sweep)
    }
}

struct Reading {
    origin: Origin,
    kept: Option<PathBuf>,
    problems: Vec<Problem>,
}

/// What a parameter varies over.
enum Varied {
    List(Vec<String>, Option<Vec<f64>>),
    Law(Law),
}

impl Reading {
    fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(&self.origin, message)
    }

    fn wrong(&mut self, at: std::ops::Range<usize>, message: impl Into<String>, label: &str, help: impl Into<String>) {
        let problem = self.problem(message).label(at, label).help(help);
        self.problems.push(problem);
    }

    fn sweep(&mut self, root: &DeTable<'_>, folder: &Path) -> Result<Option<Sweep>, SweepError> {
        for key in root.keys() {
            let word = key.get_ref().as_ref();
            if !KEYS.contains(&word) {
                let help = match nearest(word, KEYS.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("a sweep knows {}; settings of the protocol stand below [set] or [vary]", listed(KEYS.iter().copied())),
                };
                self.wrong(key.span(), format!("a sweep has no `{word}`"), "unknown", help);
            }
        }
        let title = self.text(root, "title", "Untitled sweep");
        let description = self.text(root, "description", "");
        let keep = self.word(root, "keep", Keep::WORDS, 0).map_or(Keep::Results, |k| [Keep::Results, Keep::Records][k]);
        let engines = self.word(root, "engines", Engines::WORDS, 0).map_or(Engines::Wire, |k| [Engines::Wire, Engines::Protocol][k]);
        let imaging = self.flag(root, "imaging");
        if imaging && keep == Keep::Results {
            let at = root.get("imaging").map_or(0..0, Spanned::span);
            self.wrong(
                at,
                "images would be made and thrown away",
                "images are part of a record",
                "write keep = \"records\" as well, or leave imaging out",
            );
        }
        let seeds = self.seeds(root);
        let Some(base) = self.protocol(root, folder)? else { return Ok(None) };
        // Settings that all runs share.
        let mut sets = Vec::new();
        for (key, value) in self.entries(root, "set") {
            if let Some(text) = self.parameter(&base, key).and_then(|p| self.value(&p, value)) {
                self.possible(engines, key);
                sets.push((key.get_ref().to_string(), text));
            }
        }
        if !imaging {
            sets.push(("microscope.frames".to_owned(), "false".to_owned()));
        }
        if engines == Engines::Wire {
            sets.extend(
                [("shape.coupling", "off"), ("rewiring.engine", "false"), ("lattice.engine", "off")]
                    .map(|(k, v)| (k.to_owned(), v.to_owned())),
            );
        }
        if !self.problems.is_empty() {
            return Ok(None);
        }
        let protocol = base.with_set(&sets)?;
        let mut found = Vec::new();
        let mut varied: Vec<String> = Vec::new();
        for (key, value) in self.entries(root, "vary") {
            self.possible(engines, key);
            let Some(parameter) = self.parameter(&protocol, key) else { continue };
            let Some(v) = self.varied(key.get_ref(), &parameter, value) else { continue };
            varied.push(key.get_ref().to_string());
            found.push((key.get_ref().to_string(), parameter, v, key.span()));
        }
        for (key, _) in self.entries(root, "set") {
            if varied.contains(&key.get_ref().to_string()) {
                self.wrong(
                    key.span(),
                    format!("`{}` is set and varied at once", key.get_ref()),
                    "set here",
                    "leave it out of one of [set] and [vary]",
                );
            }
        }
        let with = self.with(root, &protocol, &found);
        if !self.problems.is_empty() {
            return Ok(None);
        }
        let keys: Vec<&str> = found.iter().map(|f| f.0.as_str()).collect();
        let short = names::short(&keys, &[TAKEN, super::quantities::NAMES].concat());
        let (mut lists, mut drawn) = (Vec::new(), Vec::new());
        for ((key, parameter, v, span), name) in found.into_iter().zip(short) {
            let meaning = parameter.meaning.to_owned();
            match v {
                Varied::List(values, numbers) => {
                    let unit = if numbers.is_some() { si_name(&parameter) } else { String::new() };
                    let with = with.iter().filter(|w| w.0 == key).map(|w| (w.1.clone(), w.2.clone())).collect();
                    lists.push(Listed { axis: Axis { name, key, meaning, unit, values, numbers }, with });
                }
                Varied::Law(law) => {
                    let all: Option<Vec<(String, f64)>> = seeds.iter().map(|s| law.draw(&key, &parameter, *s)).collect();
                    let Some(all) = all else {
                        self.wrong(
                            span,
                            format!("hardly any draw of `{key}` is possible"),
                            "drawn",
                            "the distribution lies outside what the parameter can be",
                        );
                        continue;
                    };
                    let (texts, values) = all.into_iter().unzip();
                    let shown_in = shown_in(&parameter);
                    let drawn_as = Drawn { name, key, meaning, unit: si_name(&parameter), law: law.words(&shown_in), shown_in, values };
                    drawn.push(DrawnFrom { drawn: drawn_as, law, texts });
                }
            }
        }
        let runs = lists.iter().map(|l| l.axis.values.len()).try_fold(seeds.len(), usize::checked_mul).filter(|n| *n <= MOST_RUNS);
        if runs.is_none() {
            let at = root.get("vary").map_or(0..0, Spanned::span);
            self.wrong(
                at,
                format!("these are more than {MOST_RUNS} runs"),
                "too many",
                "lists multiply: shorten them, or draw parameters for each seed instead",
            );
        }
        let name = Path::new(&self.origin.name).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let sweep = Sweep {
            name,
            title,
            description,
            text: self.origin.text.to_string(),
            keep,
            imaging,
            engines,
            seeds,
            base: protocol.to_toml(),
            protocol_text: base.text.clone(),
            protocol,
            listed: lists,
            drawn,
        };
        self.check_values(root, &sweep);
        Ok(Some(sweep))
    }

    /// Tries each listed value on its own, so that one that can never work is said before anything runs.
    fn check_values(&mut self, root: &DeTable<'_>, sweep: &Sweep) {
        if !self.problems.is_empty() {
            return;
        }
        for axis in &sweep.listed {
            for (k, value) in axis.axis.values.iter().enumerate() {
                let with = axis.with.iter().map(|(key, values)| (key.clone(), values[k].clone()));
                let sets: Vec<_> = std::iter::once((axis.axis.key.clone(), value.clone())).chain(with).collect();
                let Err(error) = sweep.protocol.with_set(&sets) else { continue };
                let Some(first) = error.problems.first() else { continue };
                let at = self
                    .entries(root, "vary")
                    .into_iter()
                    .find(|(key, _)| key.get_ref().as_ref() == axis.axis.key)
                    .map_or(0..0, |(_, value)| element(value, k));
                let help = first.help.clone().unwrap_or_default();
                let along = "what must change with it stands below [with.\"…\"], a value for each";
                let help = if help.is_empty() { along.to_owned() } else { format!("{help}; {along}") };
                self.wrong(at, format!("`{}` = {value} does not work here: {}", axis.axis.key, first.message), "this value", help);
            }
        }
    }

    /// What the wire engine alone leaves off.
    fn possible(&mut self, engines: Engines, key: &Spanned<std::borrow::Cow<'_, str>>) {
        let word = key.get_ref();
        let off = ["shape.", "rewiring.", "lattice."].iter().any(|s| word.starts_with(s));
        if engines == Engines::Wire && off {
            self.wrong(
                key.span(),
                format!("`{word}` does nothing: the engine is off"),
                "of no effect",
                "write engines = \"protocol\" for the engines that the protocol asks for; a run then takes seconds to minutes",
            );
        }
    }

    fn text(&mut self, root: &DeTable<'_>, key: &str, default: &str) -> String {
        match root.get(key).map(|v| (v.span(), v.get_ref())) {
            None => default.to_owned(),
            Some((_, DeValue::String(s))) => s.to_string(),
            Some((span, _)) => {
                self.wrong(span, format!("`{key}` needs a text in quotes"), "of another kind", format!("write {key} = \"…\""));
                default.to_owned()
            }
        }
    }

    fn word(&mut self, root: &DeTable<'_>, key: &str, words: &[&str], default: usize) -> Option<usize> {
        let Some(value) = root.get(key) else { return Some(default) };
        let written = value.get_ref().as_str().unwrap_or_default();
        let found = words.iter().position(|w| *w == written);
        if found.is_none() {
            let all = words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(" or ");
            let help = nearest(written, words.iter().copied())
                .map_or_else(|| format!("write {key} = {all}"), |w| format!("did you mean \"{w}\"?"));
            self.wrong(value.span(), format!("`{key}` is {all}"), "no such word", help);
        }
        found
    }

    fn flag(&mut self, root: &DeTable<'_>, key: &str) -> bool {
        match root.get(key).map(|v| (v.span(), v.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(b))) => *b,
            Some((span, _)) => {
                self.wrong(span, format!("`{key}` needs true or false, without quotes"), "of another kind", format!("write {key} = true"));
                false
            }
        }
    }

    fn seeds(&mut self, root: &DeTable<'_>) -> Vec<u64> {
        let Some(value) = root.get("seeds") else { return vec![1] };
        let help = "write seeds = 20 for 1 to 20, seeds = [1, 5, 9], or seeds = { from = 100, count = 20 }";
        let whole = |v: &DeValue<'_>| if let Raw::Integer(i) = raw(v) { u64::try_from(i).ok() } else { None };
        let counted = |from: u64, n: u64| (n as usize <= MOST_SEEDS && n > 0).then(|| (from..from.saturating_add(n)).collect::<Vec<u64>>());
        let seeds = match value.get_ref() {
            DeValue::Array(list) => {
                let all: Option<Vec<u64>> = list.iter().map(|v| whole(v.get_ref())).collect();
                let mut sorted = all.clone().unwrap_or_default();
                sorted.sort_unstable();
                all.filter(|a| !a.is_empty() && sorted.windows(2).all(|w| w[0] != w[1]))
            }
            DeValue::Table(t) if t.keys().all(|k| ["from", "count"].contains(&k.get_ref().as_ref())) => {
                let get = |k: &str| t.get(k).and_then(|v| whole(v.get_ref()));
                get("count").and_then(|n| counted(get("from").unwrap_or(1), n))
            }
            other => whole(other).and_then(|n| counted(1, n)),
        };
        seeds.unwrap_or_else(|| {
            self.wrong(value.span(), "`seeds` is a number of seeds from 1 on, or a list of different seeds", "no seeds", help);
            vec![1]
        })
    }

    /// The protocol, without what `[set]` says.
    fn protocol(&mut self, root: &DeTable<'_>, folder: &Path) -> Result<Option<Protocol>, SweepError> {
        let Some(value) = root.get("protocol") else {
            let names = shipped_names().collect::<Vec<_>>().join(", ");
            let problem = self.problem("the sweep has no protocol");
            self.problems.push(
                problem.help(format!("write protocol = \"fig2a\" (those that ship: {names}), the name of a file, or a table [protocol]")),
            );
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::Table(table) => {
                let whole = self.origin.text.clone();
                Ok(Some(Protocol::parse_inside("inline", &self.origin.name, &whole, table)?))
            }
            DeValue::String(word) => {
                if let Some(text) = shipped_text(word) {
                    return Ok(Some(Protocol::parse(word, text)?));
                }
                let path = self.kept.clone().unwrap_or_else(|| folder.join(word.as_ref()));
                if self.kept.is_none() && !word.ends_with(".toml") && !path.exists() {
                    let help = match nearest(word, shipped_names()) {
                        Some(name) => format!("did you mean \"{name}\"?"),
                        None => format!("those that ship are {}; a file ends in .toml", shipped_names().collect::<Vec<_>>().join(", ")),
                    };
                    self.wrong(value.span(), format!("there is no protocol `{word}`"), "no such protocol", help);
                    return Ok(None);
                }
                let text = match std::fs::read_to_string(&path) {
                    Ok(text) => text,
                    Err(e) => {
                        self.wrong(
                            value.span(),
                            format!("cannot read the protocol {}: {e}", path.display()),
                            "this file",
                            "a path is taken from the folder of the sweep",
                        );
                        return Ok(None);
                    }
                };
                let mut protocol = Protocol::parse(&path.display().to_string(), &text)?;
                protocol.name = Path::new(word.as_ref()).file_stem().map_or_else(|| word.to_string(), |s| s.to_string_lossy().into_owned());
                Ok(Some(protocol))
            }
            _ => {
                self.wrong(value.span(), "`protocol` is a name, a file, or a table", "of another kind", "write protocol = \"fig2a\"");
                Ok(None)
            }
        }
    }

    /// Entries of a table in the order they stand in; dotted keys without quotes are said to need them.
    fn entries<'a, 'i>(&mut self, root: &'a DeTable<'i>, table: &str) -> Vec<(&'a Spanned<std::borrow::Cow<'i, str>>, Val<'a, 'i>)> {
        let Some(value) = root.get(table) else { return Vec::new() };
        let DeValue::Table(inner) = value.get_ref() else {
            self.wrong(value.span(), format!("`{table}` is a table"), "of another kind", format!("write [{table}] on a line of its own"));
            return Vec::new();
        };
        let mut all: Vec<_> = inner.iter().collect();
        all.sort_by_key(|(key, _)| key.span().start);
        all
    }

    fn parameter(&mut self, protocol: &Protocol, key: &Spanned<std::borrow::Cow<'_, str>>) -> Option<Parameter> {
        match protocol.parameter(key.get_ref()) {
            Ok(p) => Some(p),
            Err((message, help)) => {
                let help =
                    if key.get_ref().contains('.') { help } else { format!("{help} (the whole key stands in quotes: \"wire.diameter\")") };
                self.wrong(key.span(), message, "unknown", help);
                None
            }
        }
    }

    /// A value that the declaration takes, as text.
    fn value(&mut self, parameter: &Parameter, value: Val<'_, '_>) -> Option<String> {
        let text = as_text(value.get_ref());
        match parameter.read_text(&text) {
            Ok(_) => Some(text),
            Err(e) => {
                self.wrong(value.span(), e.to_string(), "does not fit", e.help());
                None
            }
        }
    }

    fn varied(&mut self, key: &str, parameter: &Parameter, value: Val<'_, '_>) -> Option<Varied> {
        match value.get_ref() {
            DeValue::Array(list) if !list.is_empty() => {
                let texts: Vec<String> = list.iter().filter_map(|v| self.value(parameter, v)).collect();
                if texts.len() < list.len() {
                    return None;
                }
                let read: Vec<Value> = texts.iter().filter_map(|t| parameter.read_text(t).ok()).collect();
                // The rounding of a unit makes no other value.
                let same = |a: &Value, b: &Value| match (number(a), number(b)) {
                    (Some(x), Some(y)) => (x - y).abs() <= 1e-12 * x.abs(),
                    _ => a == b,
                };
                if let Some(k) = (1..read.len()).find(|&k| read[..k].iter().any(|v| same(v, &read[k]))) {
                    self.wrong(list[k].span(), format!("`{key}` has this value twice"), "again", "each value makes runs of its own");
                    return None;
                }
                let numbers = read.iter().map(number).collect();
                Some(Varied::List(texts, numbers))
            }
            DeValue::String(s) if s == "range" => match parameter.range_si() {
                Some((low, high)) => Some(Varied::Law(Law::of_range(low, high))),
                None => {
                    self.wrong(value.span(), format!("`{key}` has no declared plausible range"), "no range", LAWS);
                    None
                }
            },
            DeValue::Table(table) => self.law(key, parameter, value, table),
            _ => {
                self.wrong(value.span(), format!("`{key}` does not say over what it varies"), "neither list nor distribution", LAWS);
                None
            }
        }
    }

    fn law(&mut self, key: &str, parameter: &Parameter, value: Val<'_, '_>, table: &DeTable<'_>) -> Option<Varied> {
        let mut words: Vec<&str> = table.keys().map(|k| k.get_ref().as_ref()).collect();
        words.sort_unstable();
        if !matches!(parameter.kind, Kind::Quantity(_)) {
            self.wrong(value.span(), format!("`{key}` is no quantity that can be drawn or spaced"), "here", "give a list of its values");
            return None;
        }
        let mut quantity = |name: &str| self.quantity(parameter, table.get(name)?);
        let law = match words.as_slice() {
            ["normal", "sd"] => {
                let mean = quantity("normal")?;
                Law::Normal { mean, sd: self.spread(parameter, mean, table.get("sd")?)? }
            }
            ["factor", "lognormal"] => {
                let median = quantity("lognormal")?;
                let factor = table.get("factor")?;
                match as_text(factor.get_ref()).parse::<f64>() {
                    Ok(f) if f >= 1.0 && f.is_finite() && median > 0.0 => Law::LogNormal { median, factor: f },
                    _ => {
                        self.wrong(
                            factor.span(),
                            "`factor` is a number from 1 on, and the median is above 0",
                            "no factor",
                            "two thirds of the draws lie between median / factor and median × factor",
                        );
                        return None;
                    }
                }
            }
            ["uniform"] | ["loguniform"] => {
                let logarithmic = words[0] == "loguniform";
                let (low, high) = self.ends(parameter, table.get(words[0])?, logarithmic)?;
                if logarithmic { Law::LogUniform { low, high } } else { Law::Uniform { low, high } }
            }
            ["count", "linear"] | ["count", "log"] => return self.spaced(key, parameter, table, words[1] == "log"),
            _ => {
                self.wrong(value.span(), format!("`{key}` does not say over what it varies"), "no such distribution", LAWS);
                return None;
            }
        };
        Some(Varied::Law(law))
    }

    fn quantity(&mut self, parameter: &Parameter, value: Val<'_, '_>) -> Option<f64> {
        let text = self.value(parameter, value)?;
        parameter.read_text(&text).ok().as_ref().and_then(number)
    }

    /// A standard deviation: a quantity, or a part of the mean in per cent.
    fn spread(&mut self, parameter: &Parameter, mean: f64, value: Val<'_, '_>) -> Option<f64> {
        let text = as_text(value.get_ref());
        let relative = text.trim().strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok()).map(|p| 0.01 * p * mean.abs());
        let spread = parse_as(&text, parameter.dimension()).ok().or(relative).filter(|s| *s >= 0.0);
        if spread.is_none() {
            self.wrong(
                value.span(),
                format!("`sd` = {text} is no spread of `{}`", parameter.name),
                "no spread",
                "write a quantity such as \"8 nm\", or a part of the mean such as \"5 %\"",
            );
        }
        spread
    }

    fn ends(&mut self, parameter: &Parameter, value: Val<'_, '_>, logarithmic: bool) -> Option<(f64, f64)> {
        let pair = if let DeValue::Array(list) = value.get_ref() { Some(list).filter(|l| l.len() == 2) } else { None };
        let Some(pair) = pair else {
            self.wrong(value.span(), "two ends are wanted", "not two", "write [\"smallest\", \"largest\"]");
            return None;
        };
        let (low, high) = (self.quantity(parameter, &pair[0])?, self.quantity(parameter, &pair[1])?);
        if !(low < high) || logarithmic && low <= 0.0 {
            let help =
                if logarithmic { "the first is above 0 and smaller than the second" } else { "the first is smaller than the second" };
            self.wrong(value.span(), "these ends are in the wrong order", "no range", help);
            return None;
        }
        Some((low, high))
    }

    fn spaced(&mut self, key: &str, parameter: &Parameter, table: &DeTable<'_>, logarithmic: bool) -> Option<Varied> {
        let (low, high) = self.ends(parameter, table.get(if logarithmic { "log" } else { "linear" })?, logarithmic)?;
        let count = table.get("count")?;
        let n = as_text(count.get_ref()).parse::<usize>().ok().filter(|n| (2..=100_000).contains(n));
        let Some(n) = n else {
            self.wrong(count.span(), format!("`count` of `{key}` is a whole number from 2 on"), "no count", "write count = 5");
            return None;
        };
        let at = |k: usize| {
            let u = k as f64 / (n - 1) as f64;
            if logarithmic { low * (high / low).powf(u) } else { low + u * (high - low) }
        };
        let numbers: Vec<f64> = (0..n).map(at).collect();
        let texts: Vec<String> = numbers.iter().map(|x| pentatwin_units::format_si(*x, &shown_in(parameter), 6)).collect();
        // What is written is what is run.
        let read = texts.iter().filter_map(|t| parameter.read_text(t).ok()).filter_map(|v| number(&v)).collect();
        Some(Varied::List(texts, Some(read)))
    }

    /// What goes with the values of a listed parameter: its key, the other key, a value for each.
    fn with(
        &mut self,
        root: &DeTable<'_>,
        protocol: &Protocol,
        found: &[(String, Parameter, Varied, std::ops::Range<usize>)],
    ) -> Vec<(String, String, Vec<String>)> {
        let mut all = Vec::new();
        for (axis, value) in self.entries(root, "with") {
            let count = found.iter().find_map(|f| match &f.2 {
                Varied::List(texts, _) if f.0 == *axis.get_ref() => Some(texts.len()),
                _ => None,
            });
            let (Some(count), DeValue::Table(inner)) = (count, value.get_ref()) else {
                let example =
                    "write [with.\"step[0].sweep.rate\"] for the rate that [vary] lists, and below it \"step[0].sweep.nplc\" = [5, 1, 1]";
                self.wrong(axis.span(), format!("`{}` is no listed parameter of [vary]", axis.get_ref()), "not listed", example);
                continue;
            };
            let mut inner: Vec<_> = inner.iter().collect();
            inner.sort_by_key(|(key, _)| key.span().start);
            for (key, values) in inner {
                let Some(parameter) = self.parameter(protocol, key) else { continue };
                if found.iter().any(|f| f.0 == *key.get_ref()) {
                    self.wrong(
                        key.span(),
                        format!("`{}` is varied on its own", key.get_ref()),
                        "twice",
                        "leave it out of [vary] or of [with]",
                    );
                    continue;
                }
                let list = if let DeValue::Array(list) = values.get_ref() { list.iter().collect() } else { Vec::new() };
                if list.len() != count {
                    let message = format!("{} values where `{}` has {count}", list.len(), axis.get_ref());
                    self.wrong(
                        values.span(),
                        message,
                        "one for each is wanted",
                        format!("write {count} values in brackets, in the order of the list"),
                    );
                    continue;
                }
                let texts: Vec<String> = list.into_iter().filter_map(|v| self.value(&parameter, v)).collect();
                if texts.len() == count {
                    all.push((axis.get_ref().to_string(), key.get_ref().to_string(), texts));
                }
            }
        }
        all
    }
}

/// Place of an element of a list, or of what is no list.
fn element(value: Val<'_, '_>, k: usize) -> std::ops::Range<usize> {
    match value.get_ref() {
        DeValue::Array(list) => list.get(k).map_or_else(|| value.span(), Spanned::span),
        _ => value.span(),
    }
}

/// Unit a parameter is shown in.
fn shown_in(parameter: &Parameter) -> String {
    match parameter.kind {
        Kind::Quantity(unit) | Kind::Quantities(unit) => unit.to_owned(),
        _ => String::new(),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(x) => Some(*x),
        Value::Count(n) => Some(*n as f64),
        Value::Numbers(list) if list.len() == 1 => Some(list[0]),
        _ => None,
    }
}

/// A value as the command line would have it.
fn as_text(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(s) => s.to_string(),
        DeValue::Array(list) => format!("[{}]", list.iter().map(|v| as_text(v.get_ref())).collect::<Vec<_>>().join(", ")),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::Integer(_) | DeValue::Float(_) => match raw(value) {
            Raw::Integer(i) => i.to_string(),
            Raw::Float(x) => x.to_string(),
            _ => String::new(),
        },
        DeValue::Datetime(_) | DeValue::Table(_) => String::new(),
    }
}
