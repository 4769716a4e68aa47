//! `pentatwin compact`: the compact model of a rewired gap, as a table, for SPICE, as constants.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Diagnostic;
use pentatwin_physics::gap::Rewiring;
use pentatwin_physics::gap::compact::{self, CompactError, CompactGap, Constants, Deck, Load};
use pentatwin_units::{Section, parse, parse_as};

/// `pentatwin compact`.
#[derive(Args, Debug)]
pub struct Compact {
    /// What to write
    #[arg(long, value_enum, default_value = "iv")]
    pub to: Output,
    /// Width of the gap
    #[arg(long, value_name = "LENGTH", default_value = "20 nm")]
    pub gap: String,
    /// Temperature of the contacts
    #[arg(long, value_name = "TEMPERATURE", default_value = "300 K")]
    pub temperature: String,
    /// vacuum or humid, as rewiring.surroundings
    #[arg(long, value_name = "WORD", default_value = "vacuum")]
    pub surroundings: String,
    /// Change a setting of the section [rewiring], such as dissolution_vacuum="0.85 eV"; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = crate::args::setting)]
    pub sets: Vec<(String, String)>,
    /// Draw a device of its own [default: the mean device]
    #[arg(long, value_name = "N")]
    pub device_seed: Option<u64>,
    /// Highest voltage of the sweep 0 - V - 0 (iv, spice-deck)
    #[arg(long, value_name = "VOLTAGE", default_value = "4 V", allow_hyphen_values = true)]
    pub top: String,
    /// Its rate
    #[arg(long, value_name = "RATE", default_value = "100 mV/s")]
    pub rate: String,
    /// Resistance in series
    #[arg(long, value_name = "RESISTANCE", default_value = "100 kohm")]
    pub series: String,
    /// Largest current of the source (iv only) [default: none]
    #[arg(long, value_name = "CURRENT")]
    pub compliance: Option<String>,
    /// File to write [default: the standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What `pentatwin compact` writes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// A sweep of the model as a table: time, voltages, current, L and w
    Iv,
    /// The SPICE subcircuit
    Spice,
    /// The subcircuit in a file that ngspice runs, with the sweep
    SpiceDeck,
    /// The fitted constants as Rust
    RustConstants,
}

/// Why nothing came.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// A text that is no quantity.
    #[error("{flag} {text:?}: {why}")]
    #[diagnostic(help("{help}"))]
    Quantity {
        /// The flag.
        flag: &'static str,
        /// What was given.
        text: String,
        /// What is wrong.
        why: String,
        /// What would be right.
        help: String,
    },
    /// The model.
    #[error(transparent)]
    #[diagnostic(help("see `pentatwin schema` for the section [rewiring] and its limits"))]
    Model(#[from] CompactError),
    /// The file.
    #[error("cannot write {}: {source}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Lines of the table, and steps between two of them.
const LINES: u32 = 2000;
const STEPS: u32 = 200;

/// The text, and where it goes.
pub fn compact(args: &Compact) -> Result<String, Error> {
    let mut settings = Rewiring::default();
    let own = [("surroundings".to_owned(), args.surroundings.clone())];
    for (key, value) in own.iter().chain(&args.sets) {
        set(&mut settings, key, value)?;
    }
    let gap = CompactGap::new(&settings, quantity("--gap", &args.gap, "20 nm")?, quantity("--temperature", &args.temperature, "300 K")?)?;
    let gap = match args.device_seed {
        Some(seed) => gap.device(seed),
        None => gap,
    };
    let deck = Deck {
        top: quantity("--top", &args.top, "4 V")?,
        rate: positive("--rate", &args.rate, "100 mV/s")?,
        series: positive("--series", &args.series, "100 kohm")?,
        step: 1e-3,
    };
    if deck.top == 0.0 || deck.top.abs() > 100.0 {
        return Err(wrong("--top", &args.top, "must be within 100 V and not 0", "write it with its unit, as --top \"4 V\""));
    }
    let limit = args.compliance.as_ref().map(|text| positive("--compliance", text, "10 uA")).transpose()?.unwrap_or(f64::INFINITY);
    let text = match args.to {
        Output::Spice => compact::subcircuit(&gap, "rewired_gap"),
        Output::SpiceDeck => compact::deck(&gap, &deck),
        Output::RustConstants => constants(gap.constants()),
        Output::Iv => table(gap.clone(), &deck, limit),
    };
    for name in compact::not_covered(&settings) {
        eprintln!("note: the compact model does not know rewiring.{name}: its constants were fitted at the default");
    }
    match &args.out {
        None => Ok(text),
        Some(path) => {
            std::fs::write(path, text).map_err(|source| Error::File { path: path.clone(), source })?;
            Ok(format!("{}\n", path.display()))
        }
    }
}

fn set(settings: &mut Rewiring, key: &str, value: &str) -> Result<(), Error> {
    let key = key.strip_prefix("rewiring.").unwrap_or(key);
    let help = "the settings are those of the section [rewiring] (`pentatwin schema`), such as --set dissolution_vacuum=\"0.85 eV\"";
    let flag = if key == "surroundings" { "--surroundings" } else { "--set" };
    let wrong = |why: String| Error::Quantity { flag, text: format!("{key}={value}"), why, help: help.to_owned() };
    let parameter = Rewiring::PARAMETERS.iter().find(|p| p.name == key).ok_or_else(|| wrong("there is no such setting".to_owned()))?;
    let read = parameter.read_text(value.trim_matches('"')).map_err(|e| wrong(e.to_string()))?;
    settings.set(key, &read);
    Ok(())
}

fn wrong(flag: &'static str, text: &str, why: &str, help: &str) -> Error {
    Error::Quantity { flag, text: text.to_owned(), why: why.to_owned(), help: help.to_owned() }
}

fn quantity(flag: &'static str, text: &str, example: &str) -> Result<f64, Error> {
    let wanted = parse(example).map(|(_, dimension)| dimension).unwrap_or_default();
    parse_as(text, wanted).map_err(|e| wrong(flag, text, &e.to_string(), &format!("write it with its unit, as {flag} \"{example}\"")))
}

fn positive(flag: &'static str, text: &str, example: &str) -> Result<f64, Error> {
    let value = quantity(flag, text, example)?;
    if value > 0.0 { Ok(value) } else { Err(wrong(flag, text, "must be above 0", &format!("write it as {flag} \"{example}\""))) }
}

fn table(mut gap: CompactGap, deck: &Deck, limit: f64) -> String {
    let load = Load { series: deck.series, limit };
    let steps = LINES * STEPS;
    let whole = 2.0 * deck.top.abs() / deck.rate;
    let mut out = String::from("time_s,source_V,gap_V,current_A,L_nm,w,limited\n");
    for k in 1..=steps {
        let part = f64::from(k) / f64::from(steps);
        let source = deck.top * (1.0 - (1.0 - 2.0 * part).abs());
        let point = gap.step_behind(source, &load, whole / f64::from(steps));
        if k % STEPS == 0 {
            let s = gap.state();
            out += &format!(
                "{:?},{source:?},{:?},{:?},{:?},{:?},{}\n",
                part * whole,
                point.voltage,
                point.current,
                s.front * 1e9,
                s.contact,
                u8::from(point.limited)
            );
        }
    }
    out
}

fn constants(c: &Constants) -> String {
    format!("pentatwin_physics::gap::compact::{c:#?}\n")
}
