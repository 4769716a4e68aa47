//! `pentatwin sweep`: carry a sweep out, collect it, plan with it.

use std::io::{IsTerminal, Write, stderr};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use miette::Diagnostic;
use pentatwin_experiment::ensemble::plan::{self, Wish};
use pentatwin_experiment::ensemble::{Collected, Done, Sweep, SweepError, collect};
use pentatwin_record::sweep::{Plan, SweepTable};
use pentatwin_units::{format_si, parse};

use crate::args::{SweepCommand, SweepOptions, SweepPlan};
use crate::stop::Stop;

/// Failed runs named on the terminal.
const SHOWN: usize = 10;

/// What can go wrong.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The sweep.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sweep(#[from] SweepError),
    /// What was typed.
    #[error("{message}")]
    Input {
        /// What is wrong.
        message: String,
        /// What would be right.
        #[help]
        help: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Sweep(e) => e.exit_code(),
            Error::Input { .. } | Error::Write { .. } => crate::BAD_INPUT,
        }
    }

    fn input(message: impl Into<String>, help: &str) -> Error {
        Error::Input { message: message.into(), help: help.to_owned() }
    }
}

/// What goes to stdout, and the exit code.
pub type Said = (String, u8);

/// Carries the command out.
pub fn sweep(args: &SweepCommand) -> Result<Said, Error> {
    match &args.command {
        Some(crate::args::SweepAction::Collect { folder, json }) => collected(folder, *json),
        Some(crate::args::SweepAction::Plan(plan)) => planned(plan),
        None => carry(&args.run),
    }
}

/// The folder of a sweep, if none is named.
fn folder_of(sweep: &Sweep, out: Option<&Path>) -> PathBuf {
    out.map_or_else(
        || {
            let root = std::env::var_os("PENTATWIN_RUNS").filter(|r| !r.is_empty()).map_or_else(|| PathBuf::from("runs"), PathBuf::from);
            root.join(format!("sweep-{}", if sweep.name.is_empty() { "unnamed" } else { &sweep.name }))
        },
        Path::to_path_buf,
    )
}

fn carry(args: &SweepOptions) -> Result<Said, Error> {
    let Some(file) = &args.file else {
        let ships = pentatwin_experiment::ensemble::shipped_sweeps().collect::<Vec<_>>().join(", ");
        return Err(Error::input("no sweep is named", &format!("name a sweep file, or one that ships: {ships}")));
    };
    let sweep = Sweep::open(file)?;
    let folder = folder_of(&sweep, args.out.as_deref());
    if let Some(script) = &args.slurm_array {
        // Jobs start somewhere else: what they are told is absolute.
        let absolute = |p: &Path| std::path::absolute(p).unwrap_or_else(|_| p.to_owned());
        let named = if Path::new(file).exists() { absolute(Path::new(file)).display().to_string() } else { file.clone() };
        let text = sweep.slurm_script(&named, &absolute(&folder), "pentatwin");
        write(script, &text)?;
        return Ok((format!("{} runs: sbatch {}\n", sweep.len(), script.display()), 0));
    }
    let indices = match args.index {
        None => (0..sweep.len()).collect(),
        Some(index) => {
            sweep.run(index)?;
            let stride = args.stride.unwrap_or(usize::MAX);
            (index..sweep.len()).step_by(stride.max(1)).collect::<Vec<_>>()
        }
    };
    let (done, code) = watched(&sweep, &indices, &folder, args.jobs, args.quiet || args.json)?;
    let one = args.index.is_some();
    if args.json {
        let json = serde_json::json!({ "folder": folder, "runs": done.all, "done": done.done, "found": done.found, "failed": done.failed, "interrupted": done.stopped });
        return Ok((format!("{json}\n"), code));
    }
    if args.quiet {
        return Ok((if one { String::new() } else { format!("{}\n", folder.display()) }, code));
    }
    let mut out = said(&sweep, &done);
    out += &failures(&sweep.table(&folder));
    out += &format!("\nSweep   {}\n", folder.display());
    if done.done == sweep.len() {
        out += &format!("Then    pentatwin sweep collect {}\n", folder.display());
    }
    Ok((out, code))
}

/// Runs, with a bar on a terminal and lines elsewhere.
fn watched(sweep: &Sweep, indices: &[usize], folder: &Path, jobs: usize, quiet: bool) -> Result<(Done, u8), Error> {
    let stop = Stop::listen();
    let display = Mutex::new(Display::new(!quiet, &sweep.name));
    let done = sweep.run_all(indices, folder, jobs, &|state| {
        if let Ok(mut d) = display.try_lock() {
            d.show(state);
        }
        !stop.is_raised()
    });
    if let Ok(d) = display.into_inner() {
        d.close();
    }
    let done = done?;
    Ok((done, if done.stopped { crate::INTERRUPTED } else { 0 }))
}

fn said(sweep: &Sweep, done: &Done) -> String {
    let mut out = format!("{}\n{} of {} runs have a result", sweep.title, done.done, done.all);
    if done.found > 0 {
        out += &format!(", {} of them from before", done.found);
    }
    if done.failed > 0 {
        out += &format!(", {} failed", done.failed);
    }
    out += if done.stopped { "; interrupted: start it again and it goes on\n" } else { "\n" };
    out
}

/// The failed runs with their reasons.
fn failures(table: &SweepTable) -> String {
    let failed: Vec<_> = table.rows.iter().filter_map(|r| Some((r, r.reason()?))).collect();
    let mut out: String = failed
        .iter()
        .take(SHOWN)
        .map(|(r, reason)| {
            let set: Vec<String> = table.axes.iter().zip(&r.at).map(|(a, k)| format!("{} {}", a.name, a.values[*k])).collect();
            let seed = table.seeds.get(r.seed).copied().unwrap_or_default();
            format!("  failed: run {}, seed {seed}{}{}: {reason}\n", r.index, if set.is_empty() { "" } else { ", " }, set.join(", "))
        })
        .collect();
    if failed.len() > SHOWN {
        out += &format!("  and {} more, in the dataset's `reason`\n", failed.len() - SHOWN);
    }
    out
}

fn collected(folder: &Path, json: bool) -> Result<Said, Error> {
    let Collected { dataset, table } = collect(folder)?;
    let page = folder.join("report.html");
    write(&page, &pentatwin_report::sweep::sweep_page(&table, None))?;
    let [done, failed, missing] = table.counts();
    if json {
        let all = serde_json::json!({ "dataset": dataset, "report": page, "done": done, "failed": failed, "missing": missing });
        return Ok((format!("{all}\n"), 0));
    }
    let dims: Vec<String> = std::iter::once(format!("seed {}", table.seeds.len()))
        .chain(table.axes.iter().map(|a| format!("{} {}", a.name, a.values.len())))
        .collect();
    let mut out = format!("{}\n{done} runs done, {failed} failed, {missing} missing; {}\n", table.title, dims.join(" × "));
    out += &failures(&table);
    out += &format!("\nDataset {}\nReport  {}\n", dataset.display(), page.display());
    Ok((out, 0))
}

fn planned(args: &SweepPlan) -> Result<Said, Error> {
    let length = |text: &str| match parse(text) {
        Ok((x, d))
            if d.m == 1
                && x > 0.0
                && pentatwin_units::parse_as(text, d).is_ok()
                && d == pentatwin_units::parse("1 m").map(|u| u.1).unwrap_or_default() =>
        {
            Ok(x)
        }
        _ => Err(Error::input(format!("`{text}` is no width of a gap"), "write --gap-below \"10 nm\"")),
    };
    let kelvin = |text: &str| {
        let dimension = parse("1 K").map(|u| u.1).unwrap_or_default();
        pentatwin_units::parse_as(text, dimension).map_err(|e| Error::input(e.to_string(), "write --membrane-limit \"1300 degC\""))
    };
    let wish = Wish {
        gap_below: args.gap_below.as_deref().map(length).transpose()?,
        class: args.class.map(|c| c.word().to_owned()),
        safe_membrane: args.safe_membrane,
        membrane_limit: args.membrane_limit.as_deref().map(kelvin).transpose()?,
    };
    let word = args.file.as_deref().unwrap_or("plan");
    let made = Path::new(word).join("results").is_dir();
    let (sweep, folder) = if made {
        (Sweep::of_folder(Path::new(word))?, PathBuf::from(word))
    } else {
        let sweep = Sweep::open(word)?;
        let folder = folder_of(&sweep, args.out.as_deref());
        (sweep, folder)
    };
    if !sweep.can_be_planned() {
        return Err(Error::input(
            "a plan needs a protocol with a voltage sweep, and lists in [vary]",
            "`pentatwin sweep plan` without a file takes the one that ships",
        ));
    }
    let all: Vec<usize> = (0..sweep.len()).collect();
    let (_, code) = watched(&sweep, &all, &folder, args.jobs, args.quiet || args.json)?;
    let Collected { table, .. } = collect(&folder)?;
    let plan = plan::plan(&sweep, &table, &wish);
    let page = folder.join("plan.html");
    write(&page, &pentatwin_report::sweep::sweep_page(&table, Some(&plan)))?;
    if args.json {
        return Ok((format!("{}\n", serde_json::json!({ "folder": folder, "report": page, "plan": plan })), code));
    }
    Ok((plan_text(&table, &plan, &page), code))
}

fn plan_text(table: &SweepTable, plan: &Plan, page: &Path) -> String {
    let mut out = format!("{}\n", table.title);
    if !plan.answer.is_empty() {
        let mut first = plan.answer.chars();
        let answer: String = first.next().into_iter().flat_map(char::to_uppercase).chain(first).collect();
        out += &format!("{answer}.\n");
    }
    out += "\n";
    plan::lines(plan).iter().for_each(|l| out += &format!("  {l}\n"));
    out += "\n";
    plan.criteria.iter().take(4).for_each(|c| out += &format!("- {c}\n"));
    out += &failures(table);
    out + &format!("\nReport  {}\n", page.display())
}

/// Writes a file so that no reader meets half of it.
pub fn write(path: &Path, text: &str) -> Result<(), Error> {
    let temporary = path.with_file_name(format!(".{}.tmp", path.file_name().unwrap_or_default().to_string_lossy()));
    std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path)).map_err(|source| {
        let _ = std::fs::remove_file(&temporary);
        Error::Write { path: path.to_owned(), source }
    })
}

/// A bar on a terminal, lines elsewhere.
struct Display {
    bar: Option<ProgressBar>,
    wanted: bool,
    started: Instant,
    last: Instant,
}

impl Display {
    fn new(wanted: bool, name: &str) -> Display {
        let bar = (wanted && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} {bar:24.cyan} {pos}/{len} runs  {wide_msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_prefix(name.to_owned());
            bar
        });
        Display { bar, wanted, started: Instant::now(), last: Instant::now() }
    }

    fn show(&mut self, d: Done) {
        let made = d.done - d.found.min(d.done);
        let left = if made > 0 {
            let seconds = self.started.elapsed().as_secs_f64() * (d.all - d.done) as f64 / made as f64;
            format!(", {} left", format_si(seconds.ceil(), "s", 3))
        } else {
            String::new()
        };
        let failed = if d.failed > 0 { format!(", {} failed", d.failed) } else { String::new() };
        match &self.bar {
            Some(bar) => {
                bar.set_length(d.all as u64);
                bar.set_position(d.done as u64);
                bar.set_message(format!("{}{left}", failed.trim_start_matches(", ")));
            }
            None if self.wanted && self.last.elapsed() > Duration::from_secs(2) => {
                self.last = Instant::now();
                let _ = writeln!(stderr(), "{}/{} runs{failed}{left}", d.done, d.all);
            }
            None => {}
        }
    }

    fn close(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
