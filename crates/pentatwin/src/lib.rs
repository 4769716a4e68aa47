//! The `pentatwin` command, as a library: the program is [`command`] and nothing else, and the Python package has it too.

mod analyze;
mod args;
mod compact;
mod ending;
mod export;
mod fit;
mod hardware;
mod import;
mod lab;
pub mod load;
mod log;
pub mod progress;
mod smu;
mod smu_off;
mod stop;
mod sweep;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use analyze::{measure, measure_lattice};
use args::{Cli, Command, Run};
use clap::Parser;
use load::{LoadError, load};
use log::Log;
use miette::{Diagnostic, Report};
use pentatwin_experiment::ensemble::{Sweep, shipped_sweep, shipped_sweeps};
use pentatwin_experiment::protocol::{schema, shipped_names, shipped_text};
use pentatwin_experiment::run::{Flow, Message, RunError, RunOptions, run};
use pentatwin_experiment::{Protocol, run::RunOutcome};
use pentatwin_record::export::{ExportError, MovieOptions};
use pentatwin_record::{Reader, RecordError, sample_flags};
use pentatwin_units::format_si;
use progress::Display;
use stop::Stop;

// Exit codes (design.md section 6); 0 is done.
const FAILED: u8 = 1;
const BAD_INPUT: u8 = 2;
/// The output of a real instrument may be on.
const OUTPUT_UNKNOWN: u8 = 3;
const INTERRUPTED: u8 = 130;

/// What can go wrong, with its exit code.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// There is no such protocol, or it is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Load(#[from] LoadError),
    /// The run failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] RunError),
    /// The record cannot be read.
    #[error(transparent)]
    #[diagnostic(help("name the folder of a run, such as runs/fig2a-20260131T235959Z"))]
    Read(#[from] pentatwin_report::ReadError),
    /// The Lab cannot be opened.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lab(#[from] lab::LabError),
    /// Nothing was exported.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Export(#[from] export::Error),
    /// Nothing was measured.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Analyze(#[from] analyze::Error),
    /// The virtual source-meter cannot be served.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Smu(#[from] smu::Error),
    /// The real source-meter.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Hardware(#[from] hardware::Error),
    /// The log cannot be imported.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Import(#[from] import::Error),
    /// The compact model cannot be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Compact(#[from] compact::Error),
    /// The sweep cannot be carried out.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sweep(#[from] sweep::Error),
    /// The fit cannot be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fit(#[from] fit::Error),
    /// The page of a run cannot be written.
    #[error("cannot write the report {}: {source}", path.display())]
    Report {
        /// The page.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The terminal or pipe takes no more.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// Exit code of the command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Load(_) | Error::Compact(_) | Error::Lab(_) | Error::Output(_) | Error::Report { .. } => BAD_INPUT,
            Error::Run(e) => e.exit_code(),
            Error::Export(e) if e.is_bad_input() => BAD_INPUT,
            Error::Export(_) => FAILED,
            Error::Analyze(e) => e.exit_code(),
            Error::Hardware(e) => e.exit_code(),
            Error::Smu(e) if e.is_bad_input() => BAD_INPUT,
            Error::Smu(_) => FAILED,
            Error::Import(e) => {
                if e.is_bad_input() {
                    BAD_INPUT
                } else {
                    FAILED
                }
            }
            Error::Sweep(e) => e.exit_code(),
            Error::Fit(e) => e.exit_code(),
            Error::Read(pentatwin_report::ReadError::Record(RecordError::NotARecord { .. } | RecordError::TooNew { .. })) => BAD_INPUT,
            Error::Read(_) => FAILED,
        }
    }
}

/// Does what the command line `words` says, the name of the program first, and returns the exit code. What clap answers itself (a word it
/// does not know, `--help`) ends the process.
pub fn command(words: impl IntoIterator<Item = OsString>) -> u8 {
    // Messages contain their causes already, and a path must not be broken in two.
    let _ = miette::set_hook(Box::new(|_| Box::new(miette::MietteHandlerOpts::new().without_cause_chain().break_words(false).build())));
    let cli = Cli::parse_from(words);
    let done = match cli.command {
        Command::Run(args) => run_protocol(&args),
        Command::List => list(),
        Command::Show { protocol, sets } => show(&protocol, &sets),
        Command::Schema => print(&format!("{:#}\n", schema())),
        Command::Lab { listen, hardware } => open_lab(listen.as_deref(), hardware.as_deref()),
        Command::Report { run } => report(&run),
        Command::Export(args) => export(&args),
        Command::Sweep(args) => sweep::sweep(&args).map_err(Error::from).and_then(said_with_code),
        Command::Fit(args) => fit::fit(&args).map_err(Error::from).and_then(said_with_code),
        Command::Analyze(args) => analyze_movie(&args),
        Command::Smu(args) => match &args.real {
            Some(args::RealSmu::Off { address }) => smu_off::off(address),
            None => serve_smu(&args),
        },
        Command::Compact(args) => compact::compact(&args).map_err(Error::from).and_then(|text| print(&text)),
        Command::Import(args) => import_log(&args),
    };
    match done {
        Ok(code) => code,
        // Whoever read the output has had enough.
        Err(Error::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            let code = error.exit_code();
            // Of a real output the state is said last: nothing may stand below it.
            let last_words = if let Error::Hardware(e) = &error { e.last_words() } else { None };
            let _ = writeln!(io::stderr(), "{:?}", Report::new(error));
            if let Some(words) = last_words {
                let _ = writeln!(io::stderr(), "{words}");
            }
            code
        }
    }
}

/// Prints; unlike `println!`, a closed or full output is an error and no panic.
pub(crate) fn print(text: &str) -> Result<u8, Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())?;
    Ok(0)
}

fn said_with_code((said, code): (String, u8)) -> Result<u8, Error> {
    print(&said).map(|_| code)
}

fn list() -> Result<u8, Error> {
    let width = shipped_names().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for name in shipped_names() {
        let Some(protocol) = shipped_text(name) else { continue };
        let protocol = Protocol::parse(name, protocol).map_err(LoadError::from)?;
        text += &format!("{name:width$}  {}\n{:width$}  {}\n", protocol.title, "", protocol.description);
    }
    text += "\nSweeps (pentatwin sweep NAME):\n";
    for name in shipped_sweeps() {
        let Some(sweep) = shipped_sweep(name) else { continue };
        let sweep = Sweep::read(sweep).map_err(sweep::Error::from)?;
        text += &format!("{name:width$}  {}\n{:width$}  {}\n", sweep.title, "", sweep.description);
    }
    print(&text)
}

fn show(word: &str, sets: &[(String, String)]) -> Result<u8, Error> {
    print(&load(word, sets)?.to_toml())
}

/// Writes the report again, so that no reader meets half of it.
fn write_report(run: &Path) -> Result<PathBuf, Error> {
    let page = pentatwin_report::render(&pentatwin_report::from_record(run)?);
    let is_store = run.file_name().is_some_and(|name| name == pentatwin_record::STORE_NAME);
    let folder = if is_store { run.parent().unwrap_or(run) } else { run };
    let (path, temporary) = (folder.join("report.html"), folder.join(".report.html.tmp"));
    let written = std::fs::write(&temporary, page).and_then(|()| std::fs::rename(&temporary, &path));
    if let Err(source) = written {
        let _ = std::fs::remove_file(&temporary);
        return Err(Error::Report { path, source });
    }
    Ok(path)
}

fn report(run: &Path) -> Result<u8, Error> {
    print(&format!("{}\n", write_report(run)?.display()))
}

fn open_lab(listen: Option<&str>, hardware: Option<&str>) -> Result<u8, Error> {
    // A run on a real instrument is not left at once: its output is turned off first.
    let stop = if hardware.is_some() { Stop::listen_patiently() } else { Stop::listen() };
    lab::open(listen, hardware, &stop, |folder| {
        write_movie(folder).and_then(|_| write_report(folder)).map(|_| ()).map_err(|e| e.to_string())
    })?;
    Ok(0)
}

/// Writes what a run recorded in another format (csv, tiff, mp4, msa, mrc …), and returns where.
///
/// # Errors
/// There is no such format, nothing to write, or it cannot be written.
pub fn export_run(run: &Path, to: &str, out: Option<PathBuf>) -> Result<PathBuf, Error> {
    let to = <args::Format as clap::ValueEnum>::from_str(to, false).map_err(|_| export::Error::NoFormat(to.to_owned()))?;
    Ok(export::export(&args::Export { run: run.to_owned(), to, out, fps: None, raw: false })?.0)
}

fn export(args: &args::Export) -> Result<u8, Error> {
    let (file, said) = export::export(args)?;
    let _ = writeln!(io::stderr(), "{said}"); // stdout has the file and nothing else
    print(&format!("{}\n", file.display()))
}

fn analyze_movie(args: &args::Analyze) -> Result<u8, Error> {
    let (said, interrupted) = analyze::analyze(args, &Stop::listen())?;
    print(&said)?;
    Ok(if interrupted { INTERRUPTED } else { 0 })
}

fn serve_smu(args: &args::Smu) -> Result<u8, Error> {
    smu::serve(args, &Stop::listen(), &mut |line| {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush())
    })?;
    Ok(0)
}

fn import_log(args: &import::Import) -> Result<u8, Error> {
    let (folder, said) = import::import(args)?;
    write_report(folder.path())?;
    print(&said)
}

fn run_protocol(args: &Run) -> Result<u8, Error> {
    let mut sets = args.sets.clone();
    if args.no_imaging {
        sets.push(("microscope.frames".to_owned(), "false".to_owned()));
    }
    if let Some(coupling) = &args.shape {
        sets.push(("shape.coupling".to_owned(), coupling.clone()));
    }
    let protocol = load(&args.protocol, &sets)?;
    if let Some(address) = &args.source_meter {
        return hardware::run(address, &protocol, args);
    }
    let options = RunOptions { seed: args.seed, band: args.band, companions: !args.no_companions, out: args.out.clone() };
    let stop = Stop::listen();
    let display = Display::new(!args.quiet && !args.json, &protocol.name);
    let outcome = record(&protocol, &options, display, args.verbose, &mut |_| stop.is_raised())?;
    print(&said(&outcome, args))?;
    Ok(if outcome.interrupted { INTERRUPTED } else { 0 })
}

/// Carries a protocol out with its log, movie and report. `stopped` hears what happens and says whether to stop; the record is whole all
/// the same.
///
/// # Errors
/// As [`run`]; the movie or the report cannot be written.
pub fn record(
    protocol: &Protocol,
    options: &RunOptions,
    mut display: Display,
    verbose: bool,
    stopped: &mut dyn FnMut(&Message) -> bool,
) -> Result<RunOutcome, Error> {
    let mut log = Log::new();
    log.line(&format!("pentatwin {}, {}: {}, seed {}", env!("CARGO_PKG_VERSION"), protocol.name, protocol.title, options.seed));
    for note in &protocol.notes {
        log.line(note);
        display.say(&format!("note: {note}"));
    }
    let mut told = false;
    let outcome = run(protocol, options, &mut |message| {
        listen(&message, &mut log, &mut display, verbose);
        if stopped(&message) {
            if !told {
                told = true;
                log.line("interrupted");
                display.say("stopping: output off, closing the record; a second Ctrl-C ends at once");
            }
            return Flow::Stop;
        }
        Flow::Continue
    });
    display.close();
    let outcome = outcome.inspect_err(|error| log.line(&format!("failed: {error}")))?;
    log.open(&outcome.folder);
    log.line(&outcome.summary.ended);
    if let Some(frames) = write_movie(&outcome.folder)? {
        log.line(&format!("movie: {frames} frames"));
    }
    write_report(&outcome.folder)?;
    Ok(outcome)
}

/// Writes `movie.mp4` beside the record and returns its number of frames. A run without frames, or a build without movies, has none.
fn write_movie(folder: &Path) -> Result<Option<u64>, Error> {
    let reader = Reader::open(folder).map_err(pentatwin_report::ReadError::from)?;
    match pentatwin_record::export::movie(&reader, &folder.join("movie.mp4"), &MovieOptions::default()) {
        Ok(movie) => Ok(Some(movie.frames)),
        Err(ExportError::NoFrames { .. } | ExportError::NoMovies) => Ok(None),
        Err(e) => Err(export::Error::from(e).into()),
    }
}

fn listen(message: &Message<'_>, log: &mut Log, display: &mut Display, verbose: bool) {
    match message {
        Message::Folder(folder) => log.open(folder),
        Message::Sample(sample) => {
            // Samples are in iv.csv; the log has those that something happened in.
            if sample.flags & sample_flags::TRIP != 0 {
                let (t, v, i) = (format_si(sample.time, "s", 6), format_si(sample.voltage, "V", 4), format_si(sample.current, "mA", 4));
                log.line(&format!("trip at {t}: {v}, {i}"));
            }
        }
        Message::Event(event) => {
            let text = format!("{} at {} ({})", event.kind.word(), format_si(event.time, "s", 6), format_si(event.value, "", 4));
            log.line(&text);
            if verbose {
                display.say(&text);
            }
        }
        Message::Profile(_) | Message::Frame(_) | Message::Panel(_) => {}
        Message::Progress(progress) => display.progress(progress),
        Message::Note(note) => {
            log.line(note);
            display.say(&format!("note: {note}"));
        }
        Message::Stage(stage) => {
            log.line(stage);
            display.stage(stage);
        }
    }
}

/// What goes to stdout after a run.
fn said(outcome: &RunOutcome, args: &Run) -> String {
    if args.json {
        let all = serde_json::json!({ "folder": outcome.folder, "interrupted": outcome.interrupted, "summary": outcome.summary });
        format!("{all}\n")
    } else if args.quiet {
        format!("{}\n", outcome.folder.display())
    } else {
        // A file or a pipe takes lines of any length.
        let columns = terminal_size::terminal_size_of(io::stdout()).map_or(usize::MAX, |(width, _)| usize::from(width.0));
        ending::summary(outcome, args.verbose, columns)
    }
}
