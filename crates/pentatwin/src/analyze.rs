//! `pentatwin analyze`: measures a movie.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::Diagnostic;
use pentatwin_analysis::lattice::Crystal;
use pentatwin_experiment::analyze::{self as experiment, AnalysisOutcome, AnalyzeError, AnalyzeOptions, Progressing};
use pentatwin_experiment::run::Flow;
use pentatwin_record::import::{Columns, Hints, IvRecord, Movie};
use pentatwin_record::measured::{Measured, MeasuredFinding};
use pentatwin_report::Samples;
use pentatwin_report::measured::{KeyFrame, OVERLAYS, PAGE, Page, overlays, render};
use pentatwin_units::{UnitError, format_si, parse, parse_as};

use crate::args::Analyze;
use crate::stop::Stop;

/// Between two plain lines of progress.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// Why nothing was analysed.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// What was typed is no quantity.
    #[error("`{flag} {text}`: {source}")]
    Quantity {
        /// The option.
        flag: &'static str,
        /// What was written.
        text: String,
        /// What is wrong with it.
        source: UnitError,
        /// What would be right.
        #[help]
        help: String,
    },
    /// What was typed names no columns.
    #[error("`--iv-columns {text}`: {why}")]
    Columns {
        /// What was written.
        text: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// Not one of the crystals.
    #[error("`--crystal {0}` is not known")]
    #[diagnostic(help("SrTiO3 (seen along 001) and Ag (seen along 110) are"))]
    Crystal(String),
    /// The report cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The analysis itself.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Analyze(#[from] AnalyzeError),
}

impl Error {
    /// Exit code of the command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Quantity { .. } | Self::Columns { .. } | Self::Crystal(_) | Self::Report { .. } => crate::BAD_INPUT,
            Self::Analyze(e) => e.exit_code(),
        }
    }
}

/// Measures, writes, and returns what goes to stdout and whether it was interrupted.
pub fn analyze(args: &Analyze, stop: &Stop) -> Result<(String, bool), Error> {
    let quantity = |flag, text: &Option<String>, example: &str| text.as_deref().map(|t| read(flag, t, example)).transpose();
    let angle = match args.axis.trim() {
        "auto" => None,
        text => Some(read("--axis", text, "3 deg")?),
    };
    let columns = args.iv_columns.as_deref().map(Columns::parse).transpose();
    let columns = columns.map_err(|why| Error::Columns { text: args.iv_columns.clone().unwrap_or_default(), why })?;
    let options = AnalyzeOptions {
        hints: Hints { pixel: quantity("--pixel", &args.pixel, "1 nm")?, frame_time: quantity("--frame-time", &args.frame_time, "0.5 s")? },
        iv: args.iv.clone(),
        columns,
        angle,
        out: args.out.clone(),
    };
    if args.lattice {
        return lattice(args, &options).map(|said| (said, false));
    }
    let mut progress = Progress::new(!args.quiet && !args.json);
    let mut told = false;
    let outcome = experiment::analyze(&args.movie, &options, &mut |message| {
        progress.hear(&message);
        if stop.is_raised() {
            if !told {
                told = true;
                progress.say("stopping: what was measured is written; a second Ctrl-C ends at once");
            }
            return Flow::Stop;
        }
        Flow::Continue
    });
    progress.close();
    let outcome = outcome?;
    show(&outcome)?;
    let interrupted = outcome.measured.interrupted;
    let said = if args.json {
        let all = serde_json::json!({ "folder": outcome.folder, "store": outcome.store, "measured": outcome.measured });
        format!("{all}\n")
    } else if args.quiet {
        format!("{}\n", outcome.folder.display())
    } else {
        summary(&outcome)
    };
    Ok((said, interrupted))
}

/// The lattice of one image.
fn lattice(args: &Analyze, options: &AnalyzeOptions) -> Result<String, Error> {
    let crystal = args.crystal.as_deref().map(named).transpose()?;
    let outcome = experiment::lattice(&args.movie, options, crystal)?;
    let m = &outcome.measured;
    if args.json {
        let all = serde_json::json!({ "folder": outcome.folder, "store": outcome.store, "measured": m });
        return Ok(format!("{all}\n"));
    }
    if args.quiet {
        return Ok(format!("{}\n", outcome.folder.display()));
    }
    let mut out = format!("{}: {} x {} pixels of {}\n\n", m.source, m.size[0], m.size[1], format_si(m.pixel, "nm", 5));
    out += &numbers(m);
    for note in &m.notes {
        out += &format!("Note    {note}\n");
    }
    out += &format!("Store   {}\nTables  {}\n", outcome.store.display(), outcome.folder.display());
    Ok(out)
}

/// Measures a movie that is open, with an electrical record that is read, if there is one; writes tables, report and overlays.
///
/// # Errors
/// As [`experiment::analyze_given`]; the report cannot be written.
pub fn measure(
    movie: Movie,
    iv: Option<IvRecord>,
    options: &AnalyzeOptions,
    sink: &mut dyn FnMut(Progressing) -> Flow,
) -> Result<AnalysisOutcome, Error> {
    let outcome = experiment::analyze_given(movie, iv, options, sink)?;
    show(&outcome)?;
    Ok(outcome)
}

/// Measures the lattice in the first image of a movie that is open, corrected by the crystal of this name, if there is one.
///
/// # Errors
/// As [`experiment::lattice_given`]; the crystal is not known.
pub fn measure_lattice(movie: Movie, options: &AnalyzeOptions, crystal: Option<&str>) -> Result<experiment::LatticeOutcome, Error> {
    Ok(experiment::lattice_given(movie, options, crystal.map(named).transpose()?)?)
}

/// The crystal of this name.
fn named(text: &str) -> Result<(&'static str, Crystal), Error> {
    let known = experiment::CRYSTALS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    known.copied().ok_or_else(|| Error::Crystal(text.to_owned()))
}

/// Writes the report, and the key frames with what was measured drawn over them, beside the tables.
fn show(outcome: &AnalysisOutcome) -> Result<(), Error> {
    let samples = outcome.iv.as_ref().map(|iv| Samples {
        time: iv.time.clone(),
        voltage: iv.voltage.clone(),
        current: iv.current.clone(),
        flags: iv.flags.clone(),
    });
    let key = |k: &experiment::KeyFrame| KeyFrame { names: k.names.clone(), frame: k.frame, counts: k.counts.clone() };
    let keys: Vec<KeyFrame> = outcome.keys.iter().map(key).collect();
    let page = Page { measured: &outcome.measured, movie: &outcome.movie, samples: samples.as_ref(), keys: &keys };
    let folder = outcome.folder.join(OVERLAYS);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Report { path, source }
    };
    // Those of an earlier analysis would stand beside the new ones.
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("frame-") {
            let _ = fs::remove_file(entry.path());
        }
    }
    let pictures = overlays(&page);
    if !pictures.is_empty() {
        fs::create_dir_all(&folder).map_err(failed(&folder))?;
    }
    for (name, content) in pictures {
        let path = folder.join(name);
        fs::write(&path, content).map_err(failed(&path))?;
    }
    let (path, temporary) = (outcome.folder.join(PAGE), outcome.folder.join(format!(".{PAGE}.tmp")));
    fs::write(&temporary, render(&page)).and_then(|()| fs::rename(&temporary, &path)).map_err(failed(&path))
}

/// A quantity of the example's dimension, in SI.
fn read(flag: &'static str, text: &str, example: &str) -> Result<f64, Error> {
    let wanted = parse(example).map(|(_, dimension)| dimension).unwrap_or_default();
    parse_as(text, wanted).map_err(|source| {
        let help = format!("write it with its unit, as {flag} \"{example}\"");
        Error::Quantity { flag, text: text.to_owned(), source, help }
    })
}

/// A few lines: what was measured, when what happened, the numbers, where they lie.
fn summary(outcome: &AnalysisOutcome) -> String {
    let m = &outcome.measured;
    let mut out = format!(
        "{}: {} of {} frames, {} x {} pixels of {}, {}\n",
        m.source,
        m.frames,
        m.frames_in_movie,
        m.size[0],
        m.size[1],
        format_si(m.pixel, "nm", 4),
        m.contrast
    );
    if m.interrupted {
        out += "Interrupted: what was measured is written.\n";
    }
    out += &events(m);
    out.push('\n');
    out += &numbers(m);
    out += &format!("\nClock   {}\n", m.clocks.basis);
    for note in &m.notes {
        out += &format!("Note    {note}\n");
    }
    out += &format!("Report  {}\n", outcome.folder.join(PAGE).display());
    out += &format!("Store   {}\nTables  {}\n", outcome.store.display(), outcome.folder.display());
    out
}

/// The findings, one a line.
fn numbers(m: &Measured) -> String {
    let mut out = String::new();
    let width = |of: &dyn Fn(&MeasuredFinding) -> String| m.findings.iter().map(|f| of(f).chars().count()).max().unwrap_or(0);
    let (label, number) = (width(&|f| f.label.clone()), width(&value));
    for f in &m.findings {
        out += format!("  {:label$}  {:>number$}  {}", f.label, value(f), f.basis).trim_end();
        out.push('\n');
    }
    out
}

fn events(m: &Measured) -> String {
    let mut out = String::new();
    for e in &m.events {
        let spread = e.uncertainty.map_or_else(String::new, |u| format!(" ± {}", format_si(u, "s", 2)));
        let frame = e.frame.map_or_else(String::new, |k| format!(", frame {k}"));
        let place = e.position.map_or_else(String::new, |x| format!(", at {}", format_si(x, "nm", 4)));
        let electrical =
            e.voltage.zip(e.current).map_or_else(String::new, |(v, i)| format!(", {}, {}", format_si(v, "V", 4), format_si(i, "mA", 4)));
        out += &format!("  {:1}  {}: {}{spread}{frame}{place}{electrical}\n", e.letter, e.name, format_si(e.time, "s", 6));
    }
    if out.is_empty() { "  no key moment was seen\n".to_owned() } else { out }
}

/// "115 ± 0.5 (± 2) nm": statistical, and systematic between brackets.
fn value(f: &MeasuredFinding) -> String {
    let Some(value) = f.value else { return "none".to_owned() };
    let bare = |x: f64, digits| format_si(x, &f.unit, digits).trim_end_matches(f.unit.as_str()).trim_end().to_owned();
    let mut out = bare(value, 4);
    if let Some(u) = f.uncertainty {
        out += &format!(" ± {}", bare(u, 2));
    }
    if let Some(s) = f.systematic {
        out += &format!(" (± {})", bare(s, 2));
    }
    format!("{out} {}", f.unit).trim_end().to_owned()
}

/// How far it is, on stderr: a bar on a terminal, else lines.
struct Progress {
    wanted: bool,
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Instant,
}

impl Progress {
    fn new(wanted: bool) -> Progress {
        let bar = (wanted && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            // A template that does not parse would cost the looks only.
            if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} {bar:24.cyan} {percent:>3} %  {wide_msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_prefix("analyze");
            bar
        });
        Progress { wanted, bar, started: Instant::now(), last_line: Instant::now() }
    }

    fn hear(&mut self, message: &Progressing) {
        match message {
            Progressing::Opened { frames, size: [width, height], pixel } => {
                if let Some(bar) = &self.bar {
                    bar.set_length(*frames);
                }
                self.line(&format!("{frames} frames, {width} x {height} pixels of {}", format_si(*pixel, "nm", 4)), true);
            }
            Progressing::Frame { done, of, live } => {
                let speed = *done as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
                let left = Duration::from_secs_f64(((of - done) as f64 / speed.max(1e-3)).min(1e7)).as_secs();
                let gap =
                    live.and_then(|f| f.gap.as_ref()).map_or_else(String::new, |g| format!(", gap {}", format_si(g.width.value, "nm", 3)));
                let text = format!("frame {done}/{of}, {speed:.0} frames/s{gap}, {left} s left");
                match &self.bar {
                    Some(bar) => {
                        bar.set_position(*done);
                        bar.set_message(text);
                    }
                    None => self.line(&text, false),
                }
            }
            Progressing::Stage(stage) => match &self.bar {
                Some(bar) => bar.set_message((*stage).to_owned()),
                None => self.line(stage, false),
            },
        }
    }

    fn line(&mut self, text: &str, now: bool) {
        if self.wanted && self.bar.is_none() && (now || self.last_line.elapsed() >= LINE_INTERVAL) {
            self.last_line = Instant::now();
            let _ = writeln!(io::stderr(), "{text}"); // nobody listening is no error
        }
    }

    fn say(&self, text: &str) {
        let write = || {
            let _ = writeln!(io::stderr(), "{text}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None if self.wanted => write(),
            None => {}
        }
    }

    fn close(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
