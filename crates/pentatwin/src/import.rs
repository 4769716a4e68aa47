//! `pentatwin import`: a log from elsewhere as a record.

use std::path::PathBuf;

use clap::Args;
use miette::Diagnostic;
use pentatwin_record::import::ImportError;
use pentatwin_record::import::logs::{Log, Mapper, read_log, write_log};
use pentatwin_record::{RecordError, RunFolder};

/// `pentatwin import`.
#[derive(Args, Debug)]
pub struct Import {
    /// Protochips CSV, DENS Impulse CSV (with its _Metadata.log beside it), DENS DigiHeater .dens, or another table of text
    pub log: PathBuf,
    /// Folder of the record, empty or new [default: a new one below $PENTATWIN_RUNS or ./runs]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Columns, by name or number from 1, with a unit if the log does not say it: "time=Time (ms),voltage=V,current=I (mA),temperature=4"
    #[arg(long, value_name = "WHAT=COLUMN,…")]
    pub columns: Option<String>,
    /// Print one JSON object (folder, format, what was found) and nothing else
    #[arg(long)]
    pub json: bool,
    /// Print nothing but the folder of the record
    #[arg(short, long)]
    pub quiet: bool,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// `--columns` says nothing.
    #[error("--columns: {0}")]
    Columns(String),
    /// The log.
    #[error("{source}")]
    #[diagnostic(help("{}", source.help()))]
    Log {
        /// What is wrong with it.
        source: ImportError,
    },
    /// The record.
    #[error(transparent)]
    Record(RecordError),
}

impl Error {
    /// Whether another input would have helped.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Error::Columns(_) => true,
            Error::Log { source } => source.is_bad_input(),
            Error::Record(e) => matches!(e, RecordError::NotEmpty { .. } | RecordError::NotAFolder { .. } | RecordError::Unwritable { .. }),
        }
    }
}

/// Makes the record. The folder, and what to print.
pub fn import(args: &Import) -> Result<(RunFolder, String), Error> {
    let mapper = args.columns.as_deref().map(Mapper::parse).transpose().map_err(Error::Columns)?;
    let log = read_log(&args.log, mapper.as_ref()).map_err(|source| Error::Log { source })?;
    let folder = write_log(&log, args.out.as_deref(), env!("CARGO_PKG_VERSION")).map_err(Error::Record)?;
    let said = if args.json {
        let columns: Vec<_> = log.channels.iter().map(|c| [c.key.as_str(), c.name.as_str(), c.unit]).collect();
        let all = serde_json::json!({
            "folder": folder.path(), "store": folder.store(), "format": log.format.word(), "start": log.start, "samples": log.time.len(),
            "columns": columns, "remarks": log.remarks.len(), "notes": log.notes,
        });
        format!("{all}\n")
    } else if args.quiet {
        format!("{}\n", folder.path().display())
    } else {
        summary(&log, &folder)
    };
    Ok((folder, said))
}

fn summary(log: &Log, folder: &RunFolder) -> String {
    let mut out = format!("{}: {}, {} samples", log.path.display(), log.format.word(), log.time.len());
    if let Some(start) = &log.start {
        out += &format!(", clock at 0 on {start}");
    }
    out.push('\n');
    let width = log.channels.iter().map(|c| c.key.len()).max().unwrap_or(0);
    for c in &log.channels {
        let unit = c.unknown_unit.as_deref().unwrap_or(c.unit);
        let unit = if unit == "1" { String::new() } else { format!(" [{unit}]") };
        out += &format!("  {:width$}  {}{unit}\n", c.key, c.name);
    }
    for r in &log.remarks {
        out += &format!("  {:.3} s: {}\n", r.time, r.text);
    }
    for note in &log.notes {
        out += &format!("Note    {note}\n");
    }
    out += &format!("Record  {}\n", folder.path().display());
    out
}
