//! The `pentatwin` command.

mod analyze;
mod args;
mod ending;
mod export;
mod hardware;
mod lab;
mod load;
mod log;
mod progress;
mod smu;
mod smu_off;
mod stop;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use args::{Cli, Command, Run};
use clap::Parser;
use load::{LoadError, load};
use log::Log;
use miette::{Diagnostic, Report};
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
enum Error {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    #[diagnostic(help("name the folder of a run, such as runs/fig2a-20260131T235959Z"))]
    Read(#[from] pentatwin_report::ReadError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lab(#[from] lab::LabError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Export(#[from] export::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Analyze(#[from] analyze::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Smu(#[from] smu::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Hardware(#[from] hardware::Error),
    #[error("cannot write the report {}: {source}", path.display())]
    Report { path: PathBuf, source: io::Error },
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    fn exit_code(&self) -> u8 {
        match self {
            Error::Load(_) | Error::Lab(_) | Error::Output(_) | Error::Report { .. } => BAD_INPUT,
            Error::Run(e) => e.exit_code(),
            Error::Export(e) if e.is_bad_input() => BAD_INPUT,
            Error::Export(_) => FAILED,
            Error::Analyze(e) => e.exit_code(),
            Error::Hardware(e) => e.exit_code(),
            Error::Smu(e) if e.is_bad_input() => BAD_INPUT,
            Error::Smu(_) => FAILED,
            Error::Read(pentatwin_report::ReadError::Record(RecordError::NotARecord { .. } | RecordError::TooNew { .. })) => BAD_INPUT,
            Error::Read(_) => FAILED,
        }
    }
}

fn main() -> ExitCode {
    // Messages contain their causes already, and a path must not be broken in two.
    let _ = miette::set_hook(Box::new(|_| Box::new(miette::MietteHandlerOpts::new().without_cause_chain().break_words(false).build())));
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run(args) => run_protocol(&args),
        Command::List => list(),
        Command::Show { protocol, sets } => show(&protocol, &sets),
        Command::Schema => print(&format!("{:#}\n", schema())),
        Command::Lab { listen, hardware } => open_lab(listen.as_deref(), hardware.as_deref()),
        Command::Report { run } => report(&run),
        Command::Export(args) => export(&args),
        Command::Analyze(args) => analyze_movie(&args),
        Command::Smu(args) => match &args.real {
            Some(args::RealSmu::Off { address }) => smu_off::off(address),
            None => serve_smu(&args),
        },
    };
    match done {
        Ok(code) => ExitCode::from(code),
        // Whoever read the output has had enough.
        Err(Error::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let code = error.exit_code();
            // Of a real output the state is said last: nothing may stand below it.
            let last_words = if let Error::Hardware(e) = &error { e.last_words() } else { None };
            let _ = writeln!(io::stderr(), "{:?}", Report::new(error));
            if let Some(words) = last_words {
                let _ = writeln!(io::stderr(), "{words}");
            }
            ExitCode::from(code)
        }
    }
}

/// Prints; unlike `println!`, a closed or full output is an error and no panic.
pub(crate) fn print(text: &str) -> Result<u8, Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())?;
    Ok(0)
}

fn list() -> Result<u8, Error> {
    let width = shipped_names().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for name in shipped_names() {
        let Some(protocol) = shipped_text(name) else { continue };
        let protocol = Protocol::parse(name, protocol).map_err(LoadError::from)?;
        text += &format!("{name:width$}  {}\n{:width$}  {}\n", protocol.title, "", protocol.description);
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
    let mut log = Log::new();
    log.line(&format!("pentatwin {}, {}: {}, seed {}", env!("CARGO_PKG_VERSION"), protocol.name, protocol.title, args.seed));
    let mut display = Display::new(!args.quiet && !args.json, &protocol.name);
    for note in &protocol.notes {
        log.line(note);
        display.say(&format!("note: {note}"));
    }
    let mut told = false;
    let outcome = run(&protocol, &options, &mut |message| {
        listen(&message, &mut log, &mut display, args.verbose);
        if stop.is_raised() {
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
    print(&said(&outcome, args))?;
    Ok(if outcome.interrupted { INTERRUPTED } else { 0 })
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
