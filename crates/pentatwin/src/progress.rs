//! What a run shows while it goes: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pentatwin_experiment::run::Progress;
use pentatwin_units::format_si;

/// Between two plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(2);
/// Resolution of the bar.
const TICKS: u64 = 1000;

/// Shows progress on stderr.
pub struct Display {
    bar: Option<ProgressBar>,
    /// `None` if nothing is shown at all.
    last_line: Option<Instant>,
    stage: String,
    started: Instant,
    /// When the shape engine was first heard of, and its hops then.
    shape: Option<(Instant, u64)>,
}

impl Display {
    /// A bar if stderr is a terminal, else lines; nothing if not wanted.
    pub fn new(wanted: bool, title: &str) -> Display {
        let now = Instant::now();
        let bar = (wanted && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(TICKS), ProgressDrawTarget::stderr_with_hz(10));
            // A template that does not parse would cost the looks only.
            if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} {bar:24.cyan} {percent:>3} %  {wide_msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_prefix(title.to_owned());
            bar
        });
        Display { bar, last_line: wanted.then_some(now), stage: title.to_owned(), started: now, shape: None }
    }

    /// A new stage begins, or counts on: "bands 12/32".
    pub fn stage(&mut self, stage: &str) {
        let name = |s: &str| s.trim_end_matches(|c: char| c.is_ascii_digit() || c == '/' || c == ' ').to_owned();
        if name(stage) != name(&self.stage) {
            self.started = Instant::now();
        }
        self.stage = stage.to_owned();
        let counted = counted(stage);
        let left = counted.and_then(|f| self.time_left(f)).unwrap_or_default();
        match &self.bar {
            Some(bar) => {
                bar.set_prefix(stage.to_owned());
                bar.set_position((counted.unwrap_or(0.0) * TICKS as f64) as u64);
                bar.set_message(left);
            }
            None if left.is_empty() => self.line(stage),
            None => self.line(&format!("{stage}, {left}")),
        }
    }

    /// How far the stage is.
    pub fn progress(&mut self, p: &Progress) {
        let speed = p.time / self.started.elapsed().as_secs_f64().max(1e-3);
        let left = self.time_left(p.fraction).unwrap_or_default();
        let pace = match p.shape {
            // The lattice goes by its hops; the time of the break is a matter of its last milliseconds.
            Some(shape) => {
                let (since, hops) = *self.shape.get_or_insert_with(|| (Instant::now(), shape.hops));
                let seconds = since.elapsed().as_secs_f64();
                let rate = if seconds > 0.2 {
                    format!(", {:.1} M hops/s", (shape.hops.saturating_sub(hops)) as f64 / seconds / 1e6)
                } else {
                    String::new()
                };
                format!("neck {:.0} % of its area{rate}", 100.0 * shape.neck)
            }
            None => format!("{} x real time", format_si(speed, "", 2)),
        };
        let left = if p.shape.is_some() { String::new() } else { left };
        let text = [state(p), pace, left].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        match &self.bar {
            Some(bar) => {
                bar.set_position((p.fraction.clamp(0.0, 1.0) * TICKS as f64) as u64);
                bar.set_message(text);
            }
            None => {
                let stage = self.stage.clone();
                self.line(&format!("{stage}: {text}"));
            }
        }
    }

    /// A sentence that stays.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| write_line(text)),
            None if self.last_line.is_some() => write_line(text),
            None => {}
        }
    }

    /// Takes the bar away.
    pub fn close(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.last_line = None;
    }

    fn time_left(&self, fraction: f64) -> Option<String> {
        let spent = self.started.elapsed().as_secs_f64();
        // Before that the estimate is noise.
        (fraction > 0.01 && spent > 0.5).then(|| format!("{} left", duration(spent * (1.0 - fraction.min(1.0)) / fraction)))
    }

    fn line(&mut self, text: &str) {
        if let Some(last) = self.last_line
            && last.elapsed() >= LINE_INTERVAL
        {
            self.last_line = Some(Instant::now());
            write_line(text);
        }
    }
}

/// Progress must not end a run: nobody listening is no error.
fn write_line(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

/// Time and drive: "12.3 s, 1.23 V, 4.56 mA".
pub fn state(p: &Progress) -> String {
    let time = format_si(p.time, "s", if p.shape.is_some() { 7 } else { 4 });
    match p.temperature {
        // On a heating chip nothing flows.
        Some(t) => format!("{time}, {}", format_si(t, "degC", 4)),
        None => format!("{time}, {}, {}", format_si(p.voltage, "V", 3), format_si(p.current, "mA", 3)),
    }
}

/// The fraction in "bands 12/32".
pub fn counted(stage: &str) -> Option<f64> {
    let (done, all) = stage.rsplit(' ').next()?.split_once('/')?;
    let (done, all): (f64, f64) = (done.parse().ok()?, all.parse().ok()?);
    (all > 0.0).then_some((done / all).clamp(0.0, 1.0))
}

/// Seconds as a person says them.
fn duration(seconds: f64) -> String {
    let s = seconds.max(0.0).ceil() as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counting_stage_has_a_fraction() {
        assert_eq!(counted("bands 8/32"), Some(0.25));
        assert_eq!(counted("report"), None);
        assert_eq!(counted("bands 1/0"), None);
    }

    #[test]
    fn time_left_is_said_as_a_person_says_it() {
        assert_eq!((duration(0.2), duration(61.0), duration(7260.0)), ("1 s".into(), "1 min 1 s".into(), "2 h 1 min".into()));
    }
}
