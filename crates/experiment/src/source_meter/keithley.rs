//! The driver: connects in a safe order, sets limits before anything is on, runs the guarded script, and turns the output off on every way out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use pentatwin_units::format_si;

use super::clocks::{Clocks, HostClock, SystemClocks};
use super::link::Link;
use super::plan::Plan;
use super::{Address, OutputState, Said, SourceMeterError, script};
use crate::protocol::Model;

/// How long things may take.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Timing {
    /// A connection.
    pub connect: Duration,
    /// An answer.
    pub reply: Duration,
    /// From beat to beat. A sample is on disk within this, the round trip and the time to write it.
    pub beat: Duration,
    /// Without a beat for this long the instrument turns its output off by itself.
    pub grace: Duration,
    /// After this long nobody tries any more to turn the output off and to read that back.
    pub give_up: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            connect: Duration::from_secs(3),
            reply: Duration::from_secs(2),
            beat: Duration::from_millis(200),
            grace: Duration::from_secs(3),
            give_up: Duration::from_secs(12),
        }
    }
}

/// What was found before anything was touched.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// What the instrument says it is.
    pub identity: String,
    /// Model, such as 2614B.
    pub model: String,
    /// Line frequency [Hz].
    pub line_frequency: f64,
    /// Output and level of each channel.
    pub channels: Vec<(bool, f64)>,
}

/// What a front panel shows.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Panel {
    /// Time of the instrument [s].
    pub time: f64,
    /// Voltage at the terminals [V].
    pub level: f64,
    /// Reading [A].
    pub reading: f64,
    /// Measure range [A].
    pub range: f64,
    /// Current limit [A].
    pub limit: f64,
    /// Whether the current is limited.
    pub compliance: bool,
    /// Whether the output is on.
    pub output: bool,
}

/// A connected 2600.
pub struct Keithley {
    address: Address,
    timing: Timing,
    link: Option<Link>,
    clock: Box<dyn HostClock>,
    /// From here on the output may be on.
    touched: bool,
    output: OutputState,
    /// It was tried to turn it off, for as long as it is tried.
    tried: bool,
    clocks: Option<Clocks>,
    /// Number of the next sample.
    next: u64,
    ended: bool,
    grace: f64,
    longest_aperture: f64,
    last_beat: Instant,
}

/// Models that this driver knows.
const MODELS: [&str; 9] = ["2601B", "2602B", "2604B", "2611B", "2612B", "2614B", "2634B", "2635B", "2636B"];
/// Those with one channel.
const SINGLE: [&str; 3] = ["2601B", "2611B", "2635B"];
/// What an instrument needs to end a script at `abort` (the maker's own terminal waits as long).
const AFTER_ABORT: Duration = Duration::from_millis(100);

impl Keithley {
    /// Connects, and looks at the instrument before anything of it is touched (source-meter.md section 6): `abort`, `*CLS`, identity, outputs and levels.
    ///
    /// # Errors
    /// Nobody answers, it is another instrument, or one of its outputs is on, which is then left as it is.
    pub fn connect(address: &Address, timing: Timing) -> Result<(Keithley, Found), SourceMeterError> {
        let mut link = Link::open(address, timing.connect)?;
        let found = look(&mut link, address, timing)?;
        let on: Vec<String> = ["A", "B"]
            .iter()
            .zip(&found.channels)
            .filter(|(_, (on, _))| *on)
            .map(|(name, (_, level))| format!("channel {name} at {}", format_si(*level, "V", 4)))
            .collect();
        if !on.is_empty() {
            return Err(SourceMeterError::Busy { what: on.join(", ") });
        }
        let now = Instant::now();
        let keithley = Keithley {
            address: address.clone(),
            timing,
            link: Some(link),
            clock: Box::new(SystemClocks),
            touched: false,
            output: OutputState::Untouched,
            tried: false,
            clocks: None,
            next: 0,
            ended: false,
            grace: timing.grace.as_secs_f64(),
            longest_aperture: 0.0,
            last_beat: now,
        };
        Ok((keithley, found))
    }

    /// With other clocks of the host, for tests of what happens when they jump.
    #[must_use]
    pub fn with_clock(mut self, clock: Box<dyn HostClock>) -> Keithley {
        self.clock = clock;
        self
    }

    /// Ranges, limits and the guarded script, in this order; when it returns the script runs.
    ///
    /// # Errors
    /// The instrument is another model than the plan is for, a setting does not take, the script does not start.
    pub fn start(&mut self, plan: &Plan, found: &Found) -> Result<(), SourceMeterError> {
        self.fits(plan, found)?;
        let doing = "setting ranges and limits";
        let first = plan.segments.iter().find(|s| s.limit > 0.0);
        let (limit, range) = first.map_or((1e-3, 1e-3), |s| (s.limit, s.range));
        // A point with automatic zero takes three times as long now and then: only where there is time for it.
        let leisure = plan.segments.iter().filter(|s| s.limit > 0.0).all(|s| s.interval > 4.0 * s.nplc / found.line_frequency + s.delay);
        let zero = if leisure { "smua.AUTOZERO_AUTO" } else { "smua.AUTOZERO_ONCE" };
        let settings = format!(
            "localnode.prompts = 0\nlocalnode.showerrors = 0\nsmua.reset()\nformat.data = format.ASCII\nsmua.source.func = smua.OUTPUT_DCVOLTS\n\
             smua.source.offmode = smua.OUTPUT_NORMAL\nsmua.sense = smua.SENSE_LOCAL\nsmua.source.autorangev = smua.AUTORANGE_OFF\n\
             smua.source.levelv = 0\nsmua.source.rangev = {range_v:e}\nsmua.source.limiti = {limit:e}\n\
             smua.measure.autorangei = smua.AUTORANGE_OFF\nsmua.measure.rangei = {range:e}\nsmua.measure.delay = 0\nsmua.source.delay = 0\n\
             smua.measure.count = 1\nsmua.measure.autozero = {zero}",
            range_v = plan.source_range,
        );
        self.touched = true;
        self.output = OutputState::Unknown { why: "it was not read back yet".to_owned() };
        let reply = self.timing.reply;
        let link = self.link()?;
        link.send(&settings, doing)?;
        let queued = errors(link, reply, doing)?;
        if !queued.is_empty() {
            return Err(SourceMeterError::Instrument { doing: doing.to_owned(), what: queued.join("; ") });
        }
        let [set_limit, set_range_v, set_range, output, level] = link.numbers(
            "smua.source.limiti, smua.source.rangev, smua.measure.rangei, smua.source.output, smua.source.levelv",
            reply,
            doing,
        )?;
        let wrong = |name: &str, wanted: f64, found: f64| Err(SourceMeterError::Setting { name: name.to_owned(), wanted, found });
        if !((set_limit / limit - 1.0).abs() < 0.01) {
            return wrong("smua.source.limiti", limit, set_limit);
        }
        if !(set_range_v >= 0.999 * plan.source_range) {
            return wrong("smua.source.rangev", plan.source_range, set_range_v);
        }
        if !(set_range >= 0.999 * range) {
            return wrong("smua.measure.rangei", range, set_range);
        }
        if output != 0.0 || level != 0.0 {
            return wrong("smua.source.output", 0.0, output + level);
        }
        let doing = "starting the script";
        self.longest_aperture = plan.longest_aperture;
        let text = script(plan, self.grace);
        let link = self.link()?;
        link.send(&text, doing)?;
        let said = link.line(Instant::now() + reply, doing);
        if !matches!(said.as_deref(), Ok("R")) {
            let queued = errors(link, reply, doing).unwrap_or_default();
            return Err(match said {
                _ if !queued.is_empty() => SourceMeterError::Instrument { doing: doing.to_owned(), what: queued.join("; ") },
                Ok(line) => SourceMeterError::Garbled { doing: doing.to_owned(), line },
                Err(e) => e,
            });
        }
        self.clocks = Some(Clocks::begin(self.clock.as_ref()));
        self.last_beat = Instant::now();
        Ok(())
    }

    fn fits(&self, plan: &Plan, found: &Found) -> Result<(), SourceMeterError> {
        // 260xB and 261xB/263xB differ in their ranges.
        let family = |model: &str| model.starts_with("260");
        let wanted = plan.model.word();
        if plan.model == Model::Ideal || family(wanted) != family(&found.model) {
            return Err(SourceMeterError::Model {
                address: self.address.to_string(),
                wanted: wanted.to_owned(),
                found: if family(&found.model) { "2604B" } else { "2614B" }.to_owned(),
            });
        }
        Ok(())
    }

    /// Sleeps until the next beat is due, beats, and returns what was said; the end of the script is the last of it.
    ///
    /// # Errors
    /// The connection, the instrument or a clock fails: [`Keithley::make_safe`] is to be called then, and is when this is dropped.
    /// What was said whole before is in `heard`.
    pub fn beat(&mut self, heard: &mut VecDeque<Said>) -> Result<(), SourceMeterError> {
        std::thread::sleep(self.timing.beat.saturating_sub(self.last_beat.elapsed()));
        let doing = "measuring";
        let within = self.timing.reply + Duration::from_secs_f64(self.longest_aperture);
        let sent = self.clock.running();
        self.last_beat = Instant::now();
        let until = self.last_beat + within;
        self.link()?.send("*TRG", doing)?;
        loop {
            let line = self.link()?.line(until, doing)?;
            let garbled = |line: String| SourceMeterError::Garbled { doing: doing.to_owned(), line };
            match Said::read(&line) {
                Some(Said::Sample(k, ..)) if k != self.next => return Err(garbled(line)),
                Some(said @ Said::Sample(..)) => {
                    self.next += 1;
                    heard.push_back(said);
                }
                Some(said @ Said::Step(..)) => heard.push_back(said),
                Some(Said::Beat(time, _)) => {
                    if let Some(clocks) = &mut self.clocks {
                        clocks.beat(sent, self.clock.as_ref(), time)?;
                    }
                    return Ok(());
                }
                Some(Said::End(why, _)) if why == "end" => {
                    self.ended = true;
                    heard.push_back(Said::End(why, 0.0));
                    return Ok(());
                }
                Some(Said::End(why, _)) => {
                    self.ended = true;
                    return Err(if why == "lost" {
                        SourceMeterError::Lost { grace: self.grace }
                    } else if let Some(what) = why.strip_prefix("error") {
                        SourceMeterError::Instrument { doing: doing.to_owned(), what: what.trim().trim_end_matches(';').to_owned() }
                    } else {
                        SourceMeterError::Script { why }
                    });
                }
                None => return Err(garbled(line)),
            }
        }
    }

    /// How the clocks lie in one another.
    pub fn clocks(&self) -> Option<&Clocks> {
        self.clocks.as_ref()
    }

    /// What is known of the output.
    pub fn output(&self) -> &OutputState {
        &self.output
    }

    fn link(&mut self) -> Result<&mut Link, SourceMeterError> {
        self.link
            .as_mut()
            .ok_or_else(|| SourceMeterError::Broken { doing: "measuring".to_owned(), source: std::io::ErrorKind::NotConnected.into() })
    }

    /// Ends the script, turns the output off and reads that back; again on a new connection, until it is known or the time is up.
    pub fn make_safe(&mut self) -> OutputState {
        // What could not be done in all that time is not tried for as long again.
        if !self.touched || self.tried {
            return self.output.clone();
        }
        self.tried = true;
        self.output = make_safe(&self.address, self.timing, self.link.take(), &["smua"]);
        self.output.clone()
    }
}

impl Drop for Keithley {
    fn drop(&mut self) {
        // A panic, or an error on the way: nobody is left who could be told but the screen.
        if self.touched && !self.tried {
            let state = self.make_safe();
            if !state.is_safe() {
                let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{state}\n").as_bytes());
            }
        }
    }
}

/// Identity, outputs and levels, in the order of source-meter.md section 6.
fn look(link: &mut Link, address: &Address, timing: Timing) -> Result<Found, SourceMeterError> {
    let doing = "asking what it is";
    link.send("abort", doing)?;
    std::thread::sleep(AFTER_ABORT);
    link.send("*CLS", doing)?;
    let identity = link.ask("*IDN?", timing.reply, doing)?;
    let model = model_of(&identity)
        .ok_or_else(|| SourceMeterError::Identity { address: address.to_string(), found: identity.chars().take(80).collect() })?;
    let doing = "reading its outputs";
    let channels = if SINGLE.contains(&model) {
        let [a, va] = link.numbers("smua.source.output, smua.source.levelv", timing.reply, doing)?;
        vec![(a != 0.0, va)]
    } else {
        let names = "smua.source.output, smua.source.levelv, smub.source.output, smub.source.levelv";
        let [a, va, b, vb] = link.numbers(names, timing.reply, doing)?;
        vec![(a != 0.0, va), (b != 0.0, vb)]
    };
    let [line_frequency] = link.numbers("localnode.linefreq", timing.reply, doing)?;
    Ok(Found { identity: identity.clone(), model: model.to_owned(), line_frequency, channels })
}

/// The model in `Keithley Instruments Inc., Model 2614B, 4012345, 3.4.2`.
fn model_of(identity: &str) -> Option<&'static str> {
    let mut fields = identity.split(',').map(str::trim);
    let maker = fields.next()?;
    let model = fields.next()?.strip_prefix("Model ")?.trim();
    MODELS.iter().copied().find(|m| *m == model).filter(|_| maker.to_ascii_lowercase().starts_with("keithley"))
}

/// The error queue, emptied.
fn errors(link: &mut Link, within: Duration, doing: &str) -> Result<Vec<String>, SourceMeterError> {
    let mut all = Vec::new();
    let [count] = link.numbers("errorqueue.count", within, doing)?;
    for _ in 0..(count as usize).min(20) {
        let line = link.ask("print(errorqueue.next())", within, doing)?;
        let mut fields = line.split('\t');
        let code = fields.next().and_then(|c| c.trim().parse::<f64>().ok()).unwrap_or(f64::NAN);
        if code == 0.0 {
            break;
        }
        all.push(format!("error {code}: {}", fields.next().unwrap_or_default()));
    }
    Ok(all)
}

/// `pentatwin smu off`: ends any script, turns all outputs off and reads that back.
///
/// # Errors
/// It is not a known instrument: nothing but `abort` was sent to it then. Nobody answers: what its output does is unknown, and said so by the caller.
pub fn switch_off(address: &Address, timing: Timing) -> Result<(Option<Found>, OutputState), SourceMeterError> {
    let mut link = Link::open(address, timing.connect)?;
    let found = match look(&mut link, address, timing) {
        Ok(found) => Some(found),
        Err(e @ SourceMeterError::Identity { .. }) => return Err(e),
        // It may be busy or confused: it is turned off all the same.
        Err(_) => None,
    };
    let single = found.as_ref().is_some_and(|f| f.channels.len() == 1);
    let channels: &[&str] = if single { &["smua"] } else { &["smua", "smub"] };
    Ok((found, make_safe(address, timing, Some(link), channels)))
}

/// Off, and read back, until it is known or the time is up.
fn make_safe(address: &Address, timing: Timing, link: Option<Link>, channels: &[&str]) -> OutputState {
    let give_up = Instant::now() + timing.give_up;
    let mut link = link;
    let mut why = String::new();
    let mut refused = 0;
    loop {
        let left = give_up.saturating_duration_since(Instant::now());
        let connected = match link.take() {
            Some(link) => Ok(link),
            None => Link::open(address, timing.connect.min(left)),
        };
        match connected.and_then(|mut l| off(&mut l, timing.reply.min(left), channels, refused > 0).map(|on| (l, on))) {
            Ok((_, on)) if on.is_empty() => return OutputState::Off,
            Ok((l, on)) => {
                refused += 1;
                why = format!("the instrument says that the output of {} is still on", on.join(" and "));
                if refused >= 3 {
                    return OutputState::Unknown { why };
                }
                link = Some(l);
            }
            Err(e) => {
                // The last attempt has hardly any time: what it says of that time is not the reason.
                if why.is_empty() || left >= timing.reply {
                    why = e.to_string();
                }
                // A session that nobody ended may hold the only connection.
                if let Some(dead) = address.dead_socket() {
                    let _ = Link::open(&dead, Duration::from_millis(500));
                }
            }
        }
        if Instant::now() + Duration::from_millis(200) >= give_up {
            return OutputState::Unknown { why };
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// One attempt; the channels that are still on.
fn off(link: &mut Link, within: Duration, channels: &[&str], hard: bool) -> Result<Vec<String>, SourceMeterError> {
    let doing = "turning the output off";
    link.send("abort", doing)?;
    std::thread::sleep(AFTER_ABORT);
    for name in channels {
        link.send(&format!("{name}.source.levelv = 0\n{name}.source.output = 0"), doing)?;
        if hard {
            link.send(&format!("{name}.reset()"), doing)?;
        }
    }
    let mut on = Vec::new();
    for name in channels {
        let [output] = link.numbers(&format!("{name}.source.output"), within, doing)?;
        if output != 0.0 {
            on.push((*name).to_owned());
        }
    }
    Ok(on)
}
