//! What is measured on the frames of a run while it goes on: by the same tracker as a file, on a thread of its own.
//!
//! The run never waits for it: frames that come while two wait are left out, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use pentatwin_analysis::movie::{Contrast, Image};
use pentatwin_experiment::analyze::{Follow, Start, tracker};
use pentatwin_experiment::run::Frame;
use pentatwin_report::measured::thinnest;
use serde::Serialize;

use super::live::Live;

/// Frames that wait.
const WAITING: usize = 2;
/// Frames from which contrast, noise and cross-section are learnt.
const FIRST: u64 = 8;

/// What was measured on one frame; not finite where it was not.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Seen {
    /// Middle of its exposure [s].
    pub time: f64,
    /// Width of the thinnest place [m].
    pub width: f64,
    /// Its standard uncertainty [m].
    pub width_sigma: f64,
    /// Width of the gap [m].
    pub gap: f64,
    /// Its standard uncertainty [m].
    pub gap_sigma: f64,
}

struct Given {
    time: f64,
    size: [usize; 2],
    pixel: f64,
    counts: Vec<u16>,
}

/// Measures the frames it is given, as far as it keeps up.
pub struct Seeing {
    queue: Option<SyncSender<Given>>,
    waiting: Arc<AtomicUsize>,
    live: Arc<Live>,
}

impl Seeing {
    /// For a run whose silver shows in a known way.
    pub fn new(live: Arc<Live>, contrast: Contrast) -> Seeing {
        let (queue, given) = sync_channel(WAITING);
        let waiting = Arc::new(AtomicUsize::new(0));
        let (told, taken) = (live.clone(), waiting.clone());
        let thread = std::thread::Builder::new().name("measure".to_owned()).spawn(move || measure(&given, &taken, contrast, &told));
        if let Err(e) = &thread {
            live.not_seen(format!("not measured: no thread for it ({e})"));
        }
        Seeing { queue: thread.is_ok().then_some(queue), waiting, live }
    }

    /// Takes a frame, or leaves it out if others wait.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        let Some(queue) = &self.queue else { return };
        // Asked before the counts are copied: what is left out costs nothing.
        if self.waiting.load(Ordering::SeqCst) >= WAITING {
            self.live.left_out();
            return;
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let given = Given { time: frame.time, size: [frame.width, frame.height], pixel: frame.pixel, counts: frame.counts.to_vec() };
        if queue.try_send(given).is_err() {
            // The tracker has given up, and said why.
            self.queue = None;
        }
    }
}

fn measure(given: &Receiver<Given>, waiting: &AtomicUsize, contrast: Contrast, live: &Live) {
    let mut following = None;
    let mut number = 0;
    for frame in given {
        waiting.fetch_sub(1, Ordering::SeqCst);
        let taken = (|| {
            let start = Start { pixel: frame.pixel, contrast: Some(contrast), angle: None, size: frame.size };
            let follower = match &mut following {
                Some(follower) => follower,
                none => none.insert(tracker(&start).map_err(|e| e.to_string())?),
            };
            let image = Image::new(frame.size[0], frame.size[1], &frame.counts).map_err(|e| e.to_string())?;
            Follow::push(follower, frame.time, &image).map_err(|e| e.to_string())?;
            let last = Follow::live(follower).filter(|f| f.time == frame.time);
            Ok::<_, String>(last.map(|f| {
                let (thin, none) = (thinnest(f), f64::NAN);
                let gap =
                    f.gap.map(|g| (g.width.value, g.width.uncertainty.hypot(if g.systematic.is_finite() { g.systematic } else { 0.0 })));
                Seen {
                    time: f.time,
                    width: thin.map_or(none, |t| t.width),
                    width_sigma: thin.map_or(none, |t| t.sigma()),
                    gap: gap.map_or(none, |g| g.0),
                    gap_sigma: gap.map_or(none, |g| g.1),
                }
            }))
        })();
        number += 1;
        match taken {
            Ok(Some(seen)) => live.seen(seen),
            Ok(None) if number < FIRST => live.not_seen(format!("collecting the first {FIRST} frames: {number} so far")),
            Ok(None) => live.not_seen("this frame could not be measured".to_owned()),
            Err(why) => {
                live.not_seen(format!("not measured: {why}"));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::live::{Cursor, Setting};
    use pentatwin_experiment::Protocol;
    use serde_json::Value;
    use std::time::{Duration, Instant};

    #[test]
    fn frames_without_a_wire_end_in_words_and_no_frame_is_waited_for() {
        let protocol = Protocol::shipped("fig2a").unwrap().unwrap();
        let live = Arc::new(Live::new(std::path::Path::new("a"), Setting::of(&protocol, 1), Vec::new(), 0.0));
        let mut seeing = Seeing::new(live.clone(), Contrast::BrightField);
        let mut state = 1u32;
        let end = Instant::now() + Duration::from_secs(20);
        let (mut given, mut word) = (0, String::new());
        // As fast as they can be made, until the tracker has said what it thinks of them.
        while !word.starts_with("not measured: no wire was found") && Instant::now() < end {
            let counts: Vec<u16> = (0..128 * 128)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); // Numerical Recipes
                    1000 + (state >> 26) as u16
                })
                .collect();
            seeing.frame(&Frame { time: f64::from(given), width: 128, height: 128, pixel: 1e-9, dose: 1.0, counts: &counts });
            given += 1;
            let news: Value = serde_json::from_str(&live.news(&mut Cursor::default()).0).unwrap();
            word = news["measured"]["word"].as_str().unwrap().to_owned();
            assert!(news["measured"]["left_out"].as_u64().unwrap() <= u64::try_from(given).unwrap());
        }
        assert!(word.starts_with("not measured: no wire was found"), "{word}");
        // Whoever gives frames to one that has given up is not held up either.
        for _ in 0..10 {
            seeing.frame(&Frame { time: 0.0, width: 128, height: 128, pixel: 1e-9, dose: 1.0, counts: &[0; 128 * 128] });
        }
    }
}
