//! `pentatwin fit`: from a measured I-V back to the device.

use std::path::PathBuf;

use miette::Diagnostic;
use pentatwin_experiment::ensemble::fit::{self, FitError, FitOptions, IvData};
use pentatwin_record::import::{Columns, ImportError, read_iv};
use pentatwin_units::{Kind, Value, parse_as};

use crate::args::Fit;
use crate::load::{LoadError, load};
use crate::stop::Stop;
use crate::sweep::write;

/// What can go wrong.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The device.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Load(#[from] LoadError),
    /// The log.
    #[error("{message}")]
    Log {
        /// What is wrong.
        message: String,
        /// What would be right.
        #[help]
        help: String,
    },
    /// The files.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Write(#[from] crate::sweep::Error),
    /// The folder.
    #[error("cannot make {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl From<ImportError> for Error {
    fn from(e: ImportError) -> Error {
        Error::Log { help: e.help().to_owned(), message: e.to_string() }
    }
}

impl From<FitError> for Error {
    fn from(e: FitError) -> Error {
        Error::Log { help: e.help().to_owned(), message: e.to_string() }
    }
}

impl Error {
    pub fn exit_code(&self) -> u8 {
        crate::BAD_INPUT
    }
}

fn wrong(message: impl Into<String>, help: &str) -> Error {
    Error::Log { message: message.into(), help: help.to_owned() }
}

/// Fits, writes `fit.json` and `fit.html`, and says what was found.
pub fn fit(args: &Fit) -> Result<(String, u8), Error> {
    let mut sets = args.sets.clone();
    sets.push(("shape.coupling".to_owned(), "off".to_owned()));
    let protocol = load(&args.device, &sets)?;
    let columns = args.iv_columns.as_deref().map(Columns::parse).transpose().map_err(|e| wrong(e, "the columns of the log"))?;
    let log = read_iv(&args.log, columns.as_ref())?;
    let data = IvData::of(&log, &args.log.display().to_string());
    let ampere = pentatwin_units::parse("1 A").map(|u| u.1).unwrap_or_default();
    let sigma =
        args.sigma.as_deref().map(|t| parse_as(t, ampere)).transpose().map_err(|e| wrong(e.to_string(), "write --sigma \"1 uA\""))?;
    let until = parse_as(&args.until, Default::default()).ok().filter(|u| (0.05..=1.0).contains(u));
    let until = until
        .ok_or_else(|| wrong(format!("`{}` is no part of the breakdown voltage", args.until), "write --until \"90 %\", 5 % to 100 %"))?;
    let mut bounds = Vec::new();
    for text in &args.bounds {
        let help = "write --bound \"chip.lead_resistance=50 ohm..400 ohm\"";
        let parts = text.split_once('=').and_then(|(key, range)| Some((key.trim(), range.split_once("..")?)));
        let Some((key, (low, high))) = parts else { return Err(wrong(format!("`{text}` is no bound"), help)) };
        let parameter = protocol.parameter(key).map_err(|(m, h)| wrong(m, &h))?;
        let read = |t: &str| match (parameter.kind, parameter.read_text(t)) {
            (Kind::Quantity(_), Ok(Value::Number(x))) => Ok(x),
            (_, Err(e)) => Err(wrong(e.to_string(), help)),
            _ => Err(wrong(format!("`{key}` has no bounds"), help)),
        };
        bounds.push((key.to_owned(), read(low)?, read(high)?));
    }
    let free = args.free.iter().flat_map(|f| f.split(',')).map(|k| k.trim().to_owned()).filter(|k| !k.is_empty()).collect();
    let options =
        FitOptions { free, bounds, sigma, until, meter: !args.no_meter, seed: args.seed, draws: args.band, ..FitOptions::default() };
    let stop = Stop::listen();
    let found = fit::fit(&protocol, &data, &options, &|| !stop.is_raised())?;
    let stem = args.log.file_stem().map_or_else(|| "iv".to_owned(), |s| s.to_string_lossy().into_owned());
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{stem}-fit")));
    std::fs::create_dir_all(&folder).map_err(|source| Error::Folder { path: folder.clone(), source })?;
    let page = folder.join("fit.html");
    write(&folder.join("fit.json"), &format!("{}\n", serde_json::json!(found)))?;
    write(&page, &pentatwin_report::fit::fit_page(&found))?;
    let code = if stop.is_raised() {
        crate::INTERRUPTED
    } else if found.converged {
        0
    } else {
        crate::FAILED
    };
    if args.json {
        return Ok((format!("{}\n", serde_json::json!({ "folder": folder, "fit": found })), code));
    }
    let notes = log.notes.iter().map(|n| format!("note: {n}\n")).collect::<String>();
    Ok((format!("{notes}{}\n\nReport  {}\n", fit::lines(&found).join("\n"), page.display()), code))
}
