//! Decoding on one thread, measuring on the other.

use std::sync::mpsc::sync_channel;

use pentatwin_analysis::movie::{Image, MovieMeasurement};
use pentatwin_record::import::{ImportError, Movie};

use super::Progressing;
use super::error::AnalyzeError;
use super::follow::Follow;
use crate::run::Flow;

/// Frames that wait between the threads; with the one decoded and the one measured there are four.
const WAITING: usize = 2;
/// Damaged frames that are named one by one.
const NAMED: u64 = 5;

/// Gives all frames of a movie to the follower. Damaged ones are left out, with a note; stopping ends it with what there is.
pub(super) fn feed<F: Follow>(
    movie: &mut Movie,
    times: &[f64],
    mut follower: F,
    notes: &mut Vec<String>,
    stopped: &mut bool,
    sink: &mut dyn FnMut(Progressing) -> Flow,
) -> Result<MovieMeasurement, AnalyzeError> {
    let (of, [width, height], path) = (movie.len(), movie.size(), movie.path().to_owned());
    // Number in the movie of each frame that was measured: damaged ones are left out.
    let (mut numbers, mut damaged) = (Vec::new(), 0u64);
    std::thread::scope(|scope| -> Result<(), AnalyzeError> {
        let (send, receive) = sync_channel(WAITING);
        let decode = move || {
            for k in 0..of {
                // Nobody listens any more: stopped, or failed.
                if send.send((k, movie.read(k))).is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new().spawn_scoped(scope, decode).map_err(|source| ImportError::Io { path: path.clone(), source })?;
        if *stopped {
            return Ok(());
        }
        for (k, counts) in receive {
            let counts = match counts {
                Ok(counts) => counts,
                Err(e @ (ImportError::Damaged { .. } | ImportError::Io { .. })) => {
                    damaged += 1;
                    if damaged <= NAMED {
                        notes.push(format!("{e}: left out"));
                    }
                    continue;
                }
                Err(e) => return Err(e.into()),
            };
            let image = Image::new(width, height, &counts).map_err(|e| AnalyzeError::movie(&path, e))?;
            let time = usize::try_from(k).ok().and_then(|k| times.get(k)).copied().unwrap_or(f64::NAN);
            follower.push(time, &image).map_err(|e| AnalyzeError::movie(&path, e))?;
            numbers.push(k);
            if sink(Progressing::Frame { done: k + 1, of, live: follower.live() }) == Flow::Stop {
                *stopped = true;
                return Ok(());
            }
        }
        Ok(())
    })?;
    if damaged > NAMED {
        notes.push(format!("{damaged} frames cannot be read and are left out"));
    }
    match (numbers.is_empty(), *stopped) {
        (true, true) => Err(AnalyzeError::Stopped),
        (true, false) => Err(ImportError::NoFrames { path, why: notes.join("; ") }.into()),
        _ => {
            let mut found = follower.finish().map_err(|e| AnalyzeError::movie(&path, e))?;
            for frame in &mut found.frames {
                // The follower counts what it was given.
                let given = usize::try_from(frame.index).ok().and_then(|k| numbers.get(k));
                frame.index = given.copied().unwrap_or(frame.index);
            }
            Ok(found)
        }
    }
}
