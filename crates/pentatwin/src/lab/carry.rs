//! Carrying runs out: a few at a time, each on its thread.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use pentatwin_experiment::Protocol;
use pentatwin_experiment::analyze::contrast_of;
use pentatwin_experiment::real_run::run_real;
use pentatwin_experiment::run::{Flow, Message, RunOptions, run};
use pentatwin_experiment::source_meter::{Address, Timing};
use pentatwin_physics::specimen::Specimen;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::form::{Wanted, Wrong};
use super::live::{Live, Setting};
use super::pace::Pace;
use super::seeing::Seeing;
use crate::log::Log;
use crate::progress::Display;

/// Runs at once.
pub const MOST_LIVE: usize = 2;
/// Runs that are over and still shown to those who were watching.
const MOST_ENDED: usize = 8;
/// Draws for bands that a page may ask for.
const MOST_DRAWS: usize = 64;
/// Fastest pace that is kept to; beyond it a run goes as fast as it can.
const MOST_SPEED: f64 = 1e6;
/// For runs to close their records when the Lab closes.
const CLOSE_TIME: Duration = Duration::from_secs(20);

/// What a page asks for.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The protocol.
    protocol: Wanted,
    /// Seed of everything random.
    #[serde(default = "one")]
    seed: u64,
    /// Draws for the bands.
    #[serde(default)]
    band: usize,
    /// Whether runs beside it are made.
    #[serde(default)]
    companions: bool,
    /// Simulated seconds in a second; 0 for as fast as possible.
    #[serde(default)]
    speed: f64,
    /// The address of the real source-meter, said again as the confirmation that a voltage may be put on what is connected there.
    #[serde(default)]
    hardware: Option<String>,
}

fn one() -> u64 {
    1
}

/// Why nothing was started.
#[derive(Debug)]
pub enum Refused {
    /// The protocol is wrong.
    Wrong(Vec<Wrong>),
    /// A plain word.
    Word(StatusCode, String),
}

/// The runs that go on.
#[derive(Default)]
pub struct Registry {
    all: Mutex<Vec<Arc<Live>>>,
    /// Places taken, from before the folder is made until the thread is done.
    places: Arc<Mutex<usize>>,
    /// The one place at the real source-meter.
    bench: Arc<Mutex<usize>>,
}

/// Writes what a run leaves beside its record.
pub type Finish = fn(&Path) -> Result<(), String>;

impl Registry {
    fn all(&self) -> MutexGuard<'_, Vec<Arc<Live>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run of this name.
    pub fn find(&self, name: &str) -> Option<Arc<Live>> {
        self.all().iter().find(|l| l.name == name).cloned()
    }

    /// All, the newest first.
    pub fn list(&self) -> Vec<Arc<Live>> {
        self.all().iter().rev().cloned().collect()
    }

    /// Starts a run; returns when its folder is there.
    ///
    /// # Errors
    /// The protocol is wrong, enough runs go on already, or the folder cannot be made.
    pub async fn start(&self, start: Start, finish: Finish, hardware: Option<&Address>) -> Result<Arc<Live>, Refused> {
        let real = match (&start.hardware, hardware) {
            (None, _) => None,
            (Some(said), Some(address)) if *said == address.to_string() => {
                // A second one would end the script of the first.
                let one = Place::take_one(&self.bench).ok_or_else(|| {
                    Refused::Word(StatusCode::CONFLICT, "a run goes on at the source-meter: wait until it has ended, or stop it".to_owned())
                })?;
                Some((address.clone(), one))
            }
            (Some(_), _) => {
                let word = "no such source-meter: the Lab must be opened with pentatwin lab --hardware ADDR, and the address be confirmed";
                return Err(Refused::Word(StatusCode::FORBIDDEN, word.to_owned()));
            }
        };
        let protocol = start.protocol.protocol().map_err(Refused::Wrong)?;
        let speed = checked_speed(start.speed)?;
        if start.band > MOST_DRAWS {
            return Err(Refused::Word(StatusCode::BAD_REQUEST, format!("at most {MOST_DRAWS} draws from the page")));
        }
        let place = Place::take(&self.places).ok_or_else(|| {
            let word = format!("{MOST_LIVE} runs go on already: wait until one has ended, or stop it");
            Refused::Word(StatusCode::TOO_MANY_REQUESTS, word)
        })?;
        let options = RunOptions { seed: start.seed, band: start.band, companions: start.companions, out: None };
        let (begun, beginning) = oneshot::channel();
        std::thread::Builder::new()
            .name("run".to_owned())
            .spawn(move || {
                let (address, one) = real.unzip();
                carry_out(&protocol, &options, speed, finish, begun, address.as_ref(), [Some(place), one]);
            })
            .map_err(|e| Refused::Word(StatusCode::INTERNAL_SERVER_ERROR, format!("cannot start a thread: {e}")))?;
        let live = match beginning.await {
            Ok(Ok(live)) => live,
            Ok(Err(word)) => return Err(Refused::Word(StatusCode::UNPROCESSABLE_ENTITY, word)),
            Err(_) => return Err(Refused::Word(StatusCode::INTERNAL_SERVER_ERROR, "the run did not begin".to_owned())),
        };
        let mut all = self.all();
        all.push(live.clone());
        while all.iter().filter(|l| l.has_ended()).count() > MOST_ENDED {
            let Some(oldest) = all.iter().position(|l| l.has_ended()) else { break };
            all.remove(oldest);
        }
        Ok(live)
    }

    /// Stops all runs and waits until their records are closed.
    pub fn close(&self) {
        self.all().iter().for_each(|l| l.stop());
        let start = Instant::now();
        while *self.places.lock().unwrap_or_else(PoisonError::into_inner) > 0 && start.elapsed() < CLOSE_TIME {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A speed that a run can keep to.
///
/// # Errors
/// It is no speed.
pub fn checked_speed(speed: f64) -> Result<f64, Refused> {
    match speed {
        s if s == 0.0 || s >= MOST_SPEED && s.is_finite() => Ok(0.0),
        s if s > 0.0 && s.is_finite() => Ok(s.max(0.01)),
        _ => {
            Err(Refused::Word(StatusCode::BAD_REQUEST, "a speed is 0 (as fast as possible) or a positive multiple of real time".to_owned()))
        }
    }
}

/// One of the places for runs; free again when dropped.
struct Place(Arc<Mutex<usize>>);

impl Place {
    fn take(places: &Arc<Mutex<usize>>) -> Option<Place> {
        Place::take_of(places, MOST_LIVE)
    }

    fn take_one(places: &Arc<Mutex<usize>>) -> Option<Place> {
        Place::take_of(places, 1)
    }

    fn take_of(places: &Arc<Mutex<usize>>, most: usize) -> Option<Place> {
        let mut taken = places.lock().unwrap_or_else(PoisonError::into_inner);
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(Place(places.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}

/// Says that a run is over, whatever became of its thread.
struct Ending(Arc<Live>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end("the run failed without a word; what was recorded until then is kept".to_owned(), true);
    }
}

type Begun = oneshot::Sender<Result<Arc<Live>, String>>;

fn carry_out(
    protocol: &Protocol,
    options: &RunOptions,
    speed: f64,
    finish: Finish,
    begun: Begun,
    hardware: Option<&Address>,
    places: [Option<Place>; 2],
) {
    let mut begun = Some(begun);
    let mut ending: Option<Ending> = None;
    let mut seeing: Option<Seeing> = None;
    let (mut log, mut display, mut pace) = (Log::new(), Display::new(false, &protocol.name), Pace::default());
    log.line(&format!(
        "pentatwin {}, {}: {}, seed {}, from the Lab",
        env!("CARGO_PKG_VERSION"),
        protocol.name,
        protocol.title,
        options.seed
    ));
    let mut hear = |message: Message<'_>| {
        crate::listen(&message, &mut log, &mut display, false);
        if let Message::Folder(folder) = &message {
            // Of a real wire nothing is known but its current.
            let position = match hardware {
                None => Specimen::new(&protocol.device, options.seed).map(|s| s.wire().grid().x.to_vec()).unwrap_or_default(),
                Some(_) => Vec::new(),
            };
            let mut setting = Setting::of(protocol, options.seed);
            setting.hardware = hardware.map(ToString::to_string);
            let speed = if hardware.is_some() { 1.0 } else { speed };
            let live = Arc::new(Live::new(folder, setting, position, speed));
            protocol.notes.iter().for_each(|note| live.note(note));
            ending = Some(Ending(live.clone()));
            seeing = Some(Seeing::new(live.clone(), contrast_of(protocol)));
            if let Some(begun) = begun.take() {
                // Nobody waits for it any more: the run goes on all the same, as for a tab that was closed.
                let _ = begun.send(Ok(live));
            }
        }
        let Some(Ending(live)) = &ending else { return Flow::Continue };
        // A real bench has its own pace, and must not be kept waiting.
        show(&message, live, if hardware.is_some() { None } else { Some(&mut pace) });
        if let (Message::Frame(frame), Some(seeing)) = (&message, &mut seeing) {
            seeing.frame(frame);
        }
        if live.is_stopping() { Flow::Stop } else { Flow::Continue }
    };
    let outcome = match hardware {
        None => run(protocol, options, &mut hear).map_err(|e| e.to_string()),
        Some(address) => match run_real(protocol, options, address, Timing::default(), &mut hear) {
            Ok(real) => Ok(real.run),
            Err(e) => Err(format!("{}; {}", e.error, e.output)),
        },
    };
    let (words, failed) = match outcome {
        Ok(outcome) => {
            log.open(&outcome.folder);
            log.line(&outcome.summary.ended);
            if let Some(Ending(live)) = &ending {
                live.stage("report");
            }
            match finish(&outcome.folder) {
                Ok(()) => (outcome.summary.ended, false),
                Err(e) => (format!("{}; the record is whole, but the report is not there: {e}", outcome.summary.ended), false),
            }
        }
        Err(e) => {
            log.line(&format!("failed: {e}"));
            (e, true)
        }
    };
    // Who hears that it has ended can start the next.
    drop(places);
    match (ending, begun) {
        (Some(ending), _) => ending.0.end(words, failed),
        (None, Some(begun)) => drop(begun.send(Err(words))),
        (None, None) => {}
    }
}

fn show(message: &Message<'_>, live: &Live, mut pace: Option<&mut Pace>) {
    let mut wait = |time: f64| {
        if let Some(pace) = pace.as_deref_mut() {
            pace.wait(live, time);
        }
    };
    match message {
        Message::Sample(sample) => {
            wait(sample.time);
            live.sample(sample);
        }
        Message::Profile(profile) => {
            wait(profile.time);
            live.profile(profile);
        }
        Message::Frame(frame) => {
            wait(frame.time);
            live.frame(frame);
        }
        Message::Event(event) => live.event(event),
        Message::Progress(progress) => live.progress(progress),
        Message::Note(note) => live.note(note),
        Message::Stage(stage) => live.stage(stage),
        Message::Panel(panel) => live.panel(panel),
        Message::Folder(_) => {}
    }
}
