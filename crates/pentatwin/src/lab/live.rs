//! A run that goes on, as those who watch it see it.
//!
//! The run only writes here and never waits: who watches comes and takes what is new for him, when he can. What he missed he does not
//! get later; the curve so far stays here in a bounded number of samples, so that a reload finds it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use pentatwin_experiment::Protocol;
use pentatwin_experiment::protocol::Step;
use pentatwin_experiment::run::{Event, Frame, Profile, Progress, Sample};
use pentatwin_experiment::source_meter::Panel;
use pentatwin_record::{EventKind, sample_flags};
use serde::Serialize;
use tokio::sync::watch;

use super::seeing::Seen;

/// Samples kept for those who come later.
const MOST_SAMPLES: usize = 8192;
/// Measured frames kept for those who come later.
const MOST_SEEN: usize = 4096;
/// Key moments and notes kept.
const MOST_WORDS: usize = 200;
/// Events of one kind kept: a melting wire leaves hundreds of droplets.
const MOST_OF_A_KIND: usize = 20;

/// One run that goes on, or went on until a while ago.
pub struct Live {
    /// Name of its folder.
    pub name: String,
    stop: AtomicBool,
    /// Simulated seconds in a second of the wall clock, as bits; 0 for as fast as possible.
    speed: AtomicU64,
    shown: Mutex<Shown>,
    /// Counts up with each change.
    changes: watch::Sender<u64>,
}

/// What does not change in a run.
#[derive(Serialize, Clone, Debug)]
pub struct Setting {
    /// Name of the protocol.
    pub protocol: String,
    /// Its title.
    pub title: String,
    /// Seed.
    pub seed: u64,
    /// Spacing of the contacts [m].
    pub spacing: f64,
    /// Whether the wire lies on a heater: nothing flows.
    pub heater: bool,
    /// Contact at which electrons enter, 1 or 2.
    pub cathode: u8,
    /// Highest voltage that is asked for [V].
    pub voltage: f64,
    /// Time of all steps if nothing breaks [s].
    pub span: f64,
    /// Address of the real source-meter, if it is one.
    pub hardware: Option<String>,
}

impl Setting {
    /// What a protocol and a seed set.
    pub fn of(protocol: &Protocol, seed: u64) -> Setting {
        let voltages = protocol.steps.iter().flat_map(|step| match step {
            Step::Sweep(s) => s.to.clone(),
            Step::Hold(h) => vec![h.voltage],
            _ => Vec::new(),
        });
        let largest = voltages.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
        Setting {
            protocol: protocol.name.clone(),
            title: protocol.title.clone(),
            seed,
            spacing: protocol.device.span(),
            heater: protocol.device.on_heater(),
            cathode: if largest < 0.0 { 2 } else { 1 },
            voltage: largest,
            span: super::form::time(protocol),
            hardware: None,
        }
    }
}

/// A key moment.
#[derive(Serialize, Clone, Debug)]
struct Said {
    time: f64,
    kind: &'static str,
    value: f64,
}

struct Shown {
    setting: Setting,
    position: Vec<f64>,
    /// Samples with their number, evenly thinned.
    samples: Vec<(u64, Sample)>,
    /// Only each of this many is kept.
    stride: u64,
    taken: u64,
    last: Option<Sample>,
    first_profile: Option<Arc<Profile>>,
    profile: Option<Arc<Profile>>,
    /// The last image, packed, with its number.
    frame: Option<(u64, Bytes)>,
    /// What was measured on the frames, with its number, evenly thinned.
    seen: Vec<(u64, Seen)>,
    seen_stride: u64,
    seen_taken: u64,
    /// Why the last frame was not measured.
    not_seen: String,
    /// Frames that were not measured because others waited.
    left_out: u64,
    events: Vec<Said>,
    notes: Vec<String>,
    stage: String,
    fraction: f64,
    /// Time [s] up to which the run has been carried, and what the shape engine's neck has left of its cross-section, while it is followed.
    reached: f64,
    neck: Option<f64>,
    panel: Option<Panel>,
    ended: Option<End>,
}

/// How a run ended.
#[derive(Serialize, Clone, Debug)]
pub struct End {
    /// In words.
    pub words: String,
    /// Whether there is no whole record.
    pub failed: bool,
}

/// Where one who watches is.
#[derive(Default)]
pub struct Cursor {
    samples: u64,
    profile: Option<Arc<Profile>>,
    frame: u64,
    seen: u64,
    events: usize,
    notes: usize,
    begun: bool,
}

#[derive(Serialize, Default)]
struct Columns {
    time: Vec<f64>,
    voltage: Vec<f64>,
    current: Vec<Option<f64>>,
    flags: Vec<u8>,
}

/// What is new of what was measured on the frames.
#[derive(Serialize)]
struct Measured<'a> {
    time: Vec<f64>,
    width: Vec<Option<f64>>,
    width_sigma: Vec<Option<f64>>,
    gap: Vec<Option<f64>>,
    gap_sigma: Vec<Option<f64>>,
    word: &'a str,
    left_out: u64,
}

#[derive(Serialize)]
struct State<'a> {
    time: f64,
    voltage: f64,
    current: Option<f64>,
    fraction: f64,
    /// Neck of the break in three dimensions over the as-made cross-section, while it is followed.
    neck: Option<f64>,
    stage: &'a str,
    speed: f64,
    stopping: bool,
    /// The front panel of a real source-meter.
    panel: Option<Front>,
    ended: Option<&'a End>,
}

/// A front panel as it is sent.
#[derive(Serialize)]
struct Front {
    level: f64,
    /// `None` beyond the range.
    reading: Option<f64>,
    range: f64,
    limit: f64,
    compliance: bool,
    output: bool,
}

#[derive(Serialize)]
struct Shape<'a> {
    time: f64,
    current: f64,
    radius: &'a [f32],
    temperature: &'a [f32],
}

#[derive(Serialize)]
struct Begin<'a> {
    name: &'a str,
    setting: &'a Setting,
    position: &'a [f64],
}

#[derive(Serialize)]
struct News<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    begin: Option<Begin<'a>>,
    state: State<'a>,
    samples: Columns,
    measured: Measured<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<serde_json::Value>,
    events: &'a [Said],
    notes: &'a [String],
}

impl Live {
    /// A run that begins in a folder, at a speed.
    pub fn new(folder: &Path, setting: Setting, position: Vec<f64>, speed: f64) -> Live {
        let shown = Shown {
            setting,
            position,
            samples: Vec::new(),
            stride: 1,
            taken: 0,
            last: None,
            first_profile: None,
            profile: None,
            frame: None,
            seen: Vec::new(),
            seen_stride: 1,
            seen_taken: 0,
            not_seen: String::new(),
            left_out: 0,
            events: Vec::new(),
            notes: Vec::new(),
            stage: String::new(),
            fraction: 0.0,
            reached: 0.0,
            neck: None,
            panel: None,
            ended: None,
        };
        Live {
            name: folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
            stop: AtomicBool::new(false),
            speed: AtomicU64::new(speed.to_bits()),
            shown: Mutex::new(shown),
            changes: watch::Sender::new(0),
        }
    }

    /// A defect elsewhere must not take the view of a run away as well.
    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.shown());
        self.changes.send_modify(|n| *n += 1);
    }

    /// Asks it to stop: output off, record whole.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.change(|_| ());
    }

    /// Whether it is asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Simulated seconds in a second; 0 for as fast as possible.
    pub fn speed(&self) -> f64 {
        f64::from_bits(self.speed.load(Ordering::SeqCst))
    }

    /// Changes the speed.
    pub fn set_speed(&self, speed: f64) {
        self.speed.store(speed.to_bits(), Ordering::SeqCst);
        self.change(|_| ());
    }

    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        self.shown().ended.is_some()
    }

    /// Tells of changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// A reading.
    pub fn sample(&self, sample: &Sample) {
        self.change(|s| {
            s.last = Some(*sample);
            let number = s.taken;
            s.taken += 1;
            if number % s.stride == 0 || sample.flags & sample_flags::TRIP != 0 {
                s.samples.push((number, *sample));
            }
            if s.samples.len() > MOST_SAMPLES {
                s.stride *= 2;
                let stride = s.stride;
                let mut trips = 0;
                s.samples.retain(|(n, sample)| {
                    let trip = sample.flags & sample_flags::TRIP != 0;
                    trips += usize::from(trip);
                    n % stride == 0 || (trip && trips <= MOST_OF_A_KIND)
                });
            }
        });
    }

    /// A state of the wire.
    pub fn profile(&self, profile: &Profile) {
        let profile = Arc::new(profile.clone());
        self.change(|s| {
            s.first_profile.get_or_insert_with(|| profile.clone());
            s.profile = Some(profile);
        });
    }

    /// An image: packed once, whoever watches.
    pub fn frame(&self, frame: &Frame<'_>) {
        let packed = Bytes::from(pack(frame));
        self.change(|s| {
            let number = s.frame.as_ref().map_or(0, |(n, _)| *n) + 1;
            s.frame = Some((number, packed));
        });
    }

    /// The last image, if it is new since `cursor`.
    pub fn new_frame(&self, cursor: &mut Cursor) -> Option<Bytes> {
        let s = self.shown();
        let (number, packed) = s.frame.as_ref().filter(|(n, _)| *n != cursor.frame)?;
        cursor.frame = *number;
        Some(packed.clone())
    }

    /// What was measured on a frame.
    pub fn seen(&self, seen: Seen) {
        self.change(|s| {
            s.not_seen.clear();
            let number = s.seen_taken;
            s.seen_taken += 1;
            if number % s.seen_stride == 0 {
                s.seen.push((number, seen));
            }
            if s.seen.len() > MOST_SEEN {
                s.seen_stride *= 2;
                let stride = s.seen_stride;
                s.seen.retain(|(n, _)| n % stride == 0);
            }
        });
    }

    /// Why a frame was not measured.
    pub fn not_seen(&self, why: String) {
        self.change(|s| s.not_seen = why);
    }

    /// A frame was not measured because others waited.
    pub fn left_out(&self) {
        self.change(|s| s.left_out += 1);
    }

    /// A key moment.
    pub fn event(&self, event: &Event) {
        let kind = EventKind::word(event.kind);
        self.change(|s| {
            if s.events.len() < MOST_WORDS && s.events.iter().filter(|e| e.kind == kind).count() < MOST_OF_A_KIND {
                s.events.push(Said { time: event.time, kind, value: event.value });
            }
        });
    }

    /// How far it is.
    pub fn progress(&self, progress: &Progress) {
        self.change(|s| {
            s.fraction = progress.fraction;
            // A sample of the last instant can take many intervals of the lattice.
            (s.reached, s.neck) = (progress.time, progress.shape.map(|shape| shape.neck));
        });
    }

    /// The front panel of a real source-meter.
    pub fn panel(&self, panel: &Panel) {
        self.change(|s| s.panel = Some(*panel));
    }

    /// Something a person should know.
    pub fn note(&self, note: &str) {
        self.change(|s| {
            if s.notes.len() < MOST_WORDS {
                s.notes.push(note.to_owned());
            }
        });
    }

    /// What is being done now.
    pub fn stage(&self, stage: &str) {
        self.change(|s| stage.clone_into(&mut s.stage));
    }

    /// It is over. Only the first word counts.
    pub fn end(&self, words: String, failed: bool) {
        self.change(|s| _ = s.ended.get_or_insert(End { words, failed }));
    }

    /// A line for the list of what goes on.
    pub fn line(&self) -> serde_json::Value {
        let s = self.shown();
        serde_json::json!({
            "name": self.name, "title": s.setting.title, "time": s.last.map(|l| l.time), "speed": self.speed(),
            "stage": s.stage, "ended": s.ended,
        })
    }

    /// What is new since `cursor`, as JSON, and whether the run is over.
    pub fn news(&self, cursor: &mut Cursor) -> (String, bool) {
        let s = self.shown();
        let from = s.samples.partition_point(|(n, _)| *n < cursor.samples);
        let new = s.samples.get(from..).unwrap_or_default();
        let samples = Columns {
            time: new.iter().map(|(_, s)| s.time).collect(),
            voltage: new.iter().map(|(_, s)| s.voltage).collect(),
            current: new.iter().map(|(_, s)| finite(s.current)).collect(),
            flags: new.iter().map(|(_, s)| s.flags).collect(),
        };
        let changed = match (&s.profile, &cursor.profile) {
            (Some(now), Some(then)) => !Arc::ptr_eq(now, then),
            (now, _) => now.is_some(),
        };
        let fresh = s.seen.get(s.seen.partition_point(|(n, _)| *n < cursor.seen)..).unwrap_or_default();
        let column = |of: fn(&Seen) -> f64| fresh.iter().map(|(_, p)| finite(of(p))).collect::<Vec<_>>();
        let measured = Measured {
            time: fresh.iter().map(|(_, p)| p.time).collect(),
            width: column(|p| p.width),
            width_sigma: column(|p| p.width_sigma),
            gap: column(|p| p.gap),
            gap_sigma: column(|p| p.gap_sigma),
            word: &s.not_seen,
            left_out: s.left_out,
        };
        let news = News {
            begin: (!cursor.begun).then_some(Begin { name: &self.name, setting: &s.setting, position: &s.position }),
            state: State {
                time: s.last.map_or(0.0, |l| l.time).max(s.profile.as_ref().map_or(0.0, |p| p.time)).max(s.reached),
                voltage: s.last.map_or(0.0, |l| l.voltage),
                current: s.last.and_then(|l| finite(l.current)),
                fraction: s.fraction,
                neck: s.neck.and_then(finite),
                stage: &s.stage,
                speed: self.speed(),
                stopping: self.is_stopping(),
                panel: s.panel.map(|p| Front {
                    level: p.level,
                    reading: (p.reading.abs() < 9e37).then_some(p.reading),
                    range: p.range,
                    limit: p.limit,
                    compliance: p.compliance,
                    output: p.output && s.ended.is_none(),
                }),
                ended: s.ended.as_ref(),
            },
            samples,
            measured,
            made: s.first_profile.as_deref().filter(|_| !cursor.begun).map(shape),
            profile: s.profile.as_deref().filter(|_| changed).map(shape),
            events: s.events.get(cursor.events..).unwrap_or_default(),
            notes: s.notes.get(cursor.notes..).unwrap_or_default(),
        };
        let text = serde_json::to_string(&news).unwrap_or_default();
        // The profile as made must have been there before it is said to be known.
        cursor.begun |= s.first_profile.is_some();
        (cursor.samples, cursor.seen) = (s.taken, s.seen_taken);
        cursor.profile.clone_from(&s.profile);
        (cursor.events, cursor.notes) = (s.events.len(), s.notes.len());
        (text, s.ended.is_some())
    }

    /// Samples kept.
    #[cfg(test)]
    pub fn kept(&self) -> usize {
        self.shown().samples.len()
    }
}

/// Part of the pixels that may lie outside the 256 steps of an image on its way to the page, at either end.
const OUTSIDE: f64 = 5e-4;

/// An image as the page reads it: kind, width, height, 0 as 32-bit integers; time [s], pixel [m], dose [1/m²], count of the lowest step
/// and counts per step as doubles; a byte for each pixel. All little end first. A browser takes a megabyte many times a second, but not
/// two of them; the record has the counts as they were.
fn pack(frame: &Frame<'_>) -> Vec<u8> {
    let size = |n: usize| u32::try_from(n).unwrap_or(0);
    let (low, high) = range(frame.counts);
    let step = (f64::from(high - low) / 255.0).max(1.0);
    let head = [1, size(frame.width), size(frame.height), 0].into_iter().flat_map(u32::to_le_bytes);
    let numbers = [frame.time, frame.pixel, frame.dose, f64::from(low), step].into_iter().flat_map(f64::to_le_bytes);
    let bytes: Vec<u8> = (0..=u16::MAX).map(|c| (f64::from(c.saturating_sub(low)) / step).round().min(255.0) as u8).collect();
    let mut out = Vec::with_capacity(56 + frame.counts.len());
    out.extend(head.chain(numbers));
    out.extend(frame.counts.iter().map(|c| bytes[usize::from(*c)]));
    out
}

/// Counts between which nearly all pixels lie.
fn range(counts: &[u16]) -> (u16, u16) {
    let mut histogram = vec![0usize; 1 << 16];
    counts.iter().for_each(|c| histogram[usize::from(*c)] += 1);
    let most = (OUTSIDE * counts.len() as f64) as usize;
    let low = beyond(0..=u16::MAX, &histogram, most).unwrap_or(0);
    (low, beyond((0..=u16::MAX).rev(), &histogram, most).unwrap_or(low).max(low))
}

/// The first count, in this order, with more than `most` pixels up to it.
fn beyond(mut order: impl Iterator<Item = u16>, histogram: &[usize], most: usize) -> Option<u16> {
    let mut seen = 0;
    order.find(|c| {
        seen += histogram[usize::from(*c)];
        seen > most
    })
}

/// JSON has no infinity.
fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

/// A profile to draw: single precision is more than a screen shows.
fn shape(p: &Profile) -> serde_json::Value {
    let single = |v: &[f64]| v.iter().map(|x| *x as f32).collect::<Vec<_>>();
    let (radius, temperature) = (single(&p.radius), single(&p.temperature));
    serde_json::to_value(Shape { time: p.time, current: p.current, radius: &radius, temperature: &temperature }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn live() -> Live {
        let protocol = Protocol::shipped("fig2a").unwrap().unwrap();
        Live::new(Path::new("runs/a-1"), Setting::of(&protocol, 1), vec![0.0, 1e-8], 0.0)
    }

    fn sample(k: u32) -> Sample {
        Sample { time: f64::from(k), voltage: 0.0, current: 1e-3, flags: if k == 33_333 { sample_flags::TRIP } else { 0 } }
    }

    #[test]
    fn memory_stays_bounded_and_the_whole_curve_is_kept() {
        let live = live();
        for k in 0..1_000_000 {
            live.sample(&sample(k));
        }
        assert!(live.kept() <= MOST_SAMPLES + 1 && live.kept() > MOST_SAMPLES / 3, "{}", live.kept());
        let (text, _) = live.news(&mut Cursor::default());
        let news: Value = serde_json::from_str(&text).unwrap();
        let times: Vec<f64> = news["samples"]["time"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect();
        assert!(times[0] == 0.0 && *times.last().unwrap() > 990_000.0 && times.contains(&33_333.0));
        // Evenly thinned: no gap is longer than two strides.
        assert!(times.windows(2).all(|w| w[1] - w[0] <= 512.0));
    }

    #[test]
    fn an_image_goes_out_in_bytes_that_hold_its_counts_to_half_a_step() {
        let counts: Vec<u16> = (0..10_000u32).map(|k| 400 + (k * 7919 % 700) as u16).chain([60_000, 0]).collect();
        let frame = Frame { time: 1.5, width: 5001, height: 2, pixel: 6e-9, dose: 2e19, counts: &counts };
        let packed = pack(&frame);
        let number = |at: usize| f64::from_le_bytes(packed[at..at + 8].try_into().unwrap());
        assert_eq!((number(16), number(24), number(32)), (1.5, 6e-9, 2e19));
        let (low, step) = (number(40), number(48));
        // A hot and a dead pixel do not spoil the steps of the others.
        assert!((1.0..3.0).contains(&step) && low >= 400.0);
        for (count, byte) in counts.iter().zip(&packed[56..]).take(10_000) {
            let back = low + step * f64::from(*byte);
            assert!((back - f64::from(*count)).abs() <= 0.5 * step + 5.0, "{count} {back}");
        }
        assert_eq!(packed.len(), 56 + counts.len());
        // Few counts keep their own steps.
        assert_eq!(&pack(&Frame { counts: &[3, 4, 5], width: 3, height: 1, ..frame })[56..], [0, 1, 2]);
    }

    #[test]
    fn one_who_watches_gets_each_sample_once() {
        let live = live();
        let mut cursor = Cursor::default();
        let mut seen = Vec::new();
        for k in 0..30 {
            live.sample(&sample(k));
            if k % 7 == 0 {
                let (text, over) = live.news(&mut cursor);
                assert!(!over);
                let news: Value = serde_json::from_str(&text).unwrap();
                seen.extend(news["samples"]["time"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()));
            }
        }
        live.end("over".into(), false);
        live.end("again".into(), true);
        let (text, over) = live.news(&mut cursor);
        let news: Value = serde_json::from_str(&text).unwrap();
        seen.extend(news["samples"]["time"].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()));
        assert!(over && news["state"]["ended"]["words"] == "over");
        assert_eq!(seen, (0..30).map(f64::from).collect::<Vec<_>>());
    }
}
