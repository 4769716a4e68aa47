//! The frames that a report shows, read again from the movie.

use pentatwin_analysis::movie::{FrameMeasure, MovieMeasurement, frame_flags};
use pentatwin_record::import::Movie;
use pentatwin_record::measured::Measured;

/// A frame to be shown.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyFrame {
    /// What it shows, e.g. `first` or `A, onset of visible thinning`; several where key frames fall together.
    pub names: Vec<String>,
    /// Its index in [`MovieMeasurement::frames`].
    pub frame: usize,
    /// Counts, row by row.
    pub counts: Vec<u16>,
}

/// Names and indices of the key frames, in order: the first with an outline, those of the key moments, the last before the rupture and the
/// first after it, the last.
fn chosen(measured: &Measured, movie: &MovieMeasurement) -> Vec<(Vec<String>, usize)> {
    let fit = |f: &FrameMeasure| f.flags & (frame_flags::NO_WIRE | frame_flags::SATURATED | frame_flags::DUPLICATE) == 0;
    let fits = |k: &usize| movie.frames.get(*k).is_some_and(fit);
    let mut wanted: Vec<(String, usize)> = Vec::new();
    let all = 0..movie.frames.len();
    wanted.extend(all.clone().find(fits).map(|k| ("first".to_owned(), k)));
    for event in measured.events.iter().filter(|e| ["A", "B"].contains(&e.letter.as_str())) {
        let index = movie.frames.iter().position(|f| Some(f.index) == event.frame);
        wanted.extend(index.map(|k| (format!("{}, {}", event.letter, event.name), k)));
    }
    if let Some(r) = movie.rupture {
        wanted.extend((0..r).rev().find(fits).map(|k| ("last before the rupture".to_owned(), k)));
        wanted.extend((r..movie.frames.len()).find(fits).map(|k| ("C, first after the rupture".to_owned(), k)));
    }
    wanted.extend(all.rev().find(fits).map(|k| ("last".to_owned(), k)));
    wanted.sort_by_key(|(_, k)| *k);
    let mut out: Vec<(Vec<String>, usize)> = Vec::new();
    for (name, k) in wanted {
        match out.last_mut().filter(|(_, last)| *last == k) {
            Some((names, _)) => names.push(name),
            None => out.push((vec![name], k)),
        }
    }
    out
}

/// Reads the key frames. What cannot be read again is left out.
pub(super) fn read(movie: &mut Movie, measured: &Measured, seen: &MovieMeasurement) -> Vec<KeyFrame> {
    let mut out = Vec::new();
    for (names, frame) in chosen(measured, seen) {
        let counts = seen.frames.get(frame).and_then(|f| movie.read(f.index).ok());
        out.extend(counts.map(|counts| KeyFrame { names, frame, counts }));
    }
    out
}
