//! The measured arrays, packed small enough to live in the page.

use super::{Page, thinnest};
use crate::pack::{Matrix, f32s, f64s, matrix};
use pentatwin_analysis::movie::{FrameMeasure, frame_flags};
use serde::Serialize;

/// Values of the image of widths carried at most: 0.8 MB of base64.
const MOST_VALUES: usize = 300_000;
/// Frames whose mean is the wire as it was at the start.
const FIRST: usize = 8;
/// Samples of the electrical record carried at most.
const MOST_SAMPLES: usize = 8_000;

#[derive(Serialize)]
struct Moment<'a> {
    name: &'a str,
    meaning: &'a str,
    time: f64,
    voltage: Option<f64>,
    current: Option<f64>,
}

#[derive(Serialize)]
struct Profile {
    name: String,
    time: f64,
    width: String,
    sigma: String,
}

#[derive(Serialize)]
struct Samples {
    time: String,
    voltage: String,
    current: String,
    flags: String,
}

#[derive(Serialize)]
struct Packed<'a> {
    time: String,
    thinnest: String,
    thinnest_sigma: String,
    gap: String,
    gap_sigma: String,
    drift: [String; 2],
    drift_sigma: [String; 2],
    position: String,
    profiles: Vec<Profile>,
    /// Frames of the image of changes, and the change of the width.
    change_time: String,
    change_position: String,
    change: Matrix,
    moments: Vec<Moment<'a>>,
    samples: Option<Samples>,
}

/// What the page's figures draw, as JSON that is safe inside a script element.
pub(super) fn pack(page: &Page) -> Result<String, serde_json::Error> {
    let (movie, measured) = (page.movie, page.measured);
    let offset = measured.clocks.offset.unwrap_or(0.0);
    let frames = &movie.frames;
    let each = |of: &dyn Fn(&FrameMeasure) -> f64| f32s(frames.iter().map(of).collect::<Vec<f64>>().into_iter());
    let narrow: Vec<_> = frames.iter().map(thinnest).collect();
    let lost = |f: &FrameMeasure, x: f64| if f.flags & frame_flags::NO_WIRE == 0 { x } else { f64::NAN };
    let position: Vec<f64> = movie.position.iter().map(|u| u + measured.origin_shift).collect();
    let profiles = page
        .keys
        .iter()
        .filter_map(|key| {
            let f = frames.get(key.frame)?;
            let sigma = f.statistical.iter().zip(&f.systematic).map(|(a, b)| a.hypot(*b)).collect::<Vec<f64>>();
            (f.width.iter().any(|w| w.is_finite())).then(|| Profile {
                name: key.names.join(", "),
                time: f.time + offset,
                width: f32s(f.width.iter().copied()),
                sigma: f32s(sigma.into_iter()),
            })
        })
        .collect();
    let (rows, columns) = thinned(frames.len(), position.len());
    let start = as_at_the_start(page);
    let at = |of: &[f64], k: usize| of.get(k).copied().unwrap_or(f64::NAN);
    let change: Vec<f32> = rows
        .iter()
        .flat_map(|r| columns.iter().map(move |c| (*r, *c)))
        .map(|(r, c)| {
            let w = frames.get(r).map_or(f64::NAN, |f| at(&f.width, c));
            // A gap is no width: it is left open in the image.
            if w > 0.0 { (w - at(&start, c)) as f32 } else { f32::NAN }
        })
        .collect();
    let packed = Packed {
        time: f64s(frames.iter().map(|f| f.time + offset)),
        thinnest: f32s(narrow.iter().map(|t| t.map_or(f64::NAN, |t| t.width))),
        thinnest_sigma: f32s(narrow.iter().map(|t| t.map_or(f64::NAN, |t| t.sigma()))),
        gap: each(&|f| f.gap.map_or(f64::NAN, |g| g.width.value)),
        gap_sigma: each(&|f| {
            f.gap.map_or(f64::NAN, |g| g.width.uncertainty.hypot(if g.systematic.is_finite() { g.systematic } else { 0.0 }))
        }),
        drift: [0, 1].map(|k| each(&|f| lost(f, f.drift.shift[k]))),
        drift_sigma: [0, 2].map(|k| each(&|f| f.drift.covariance[k].max(0.0).sqrt())),
        position: f32s(position.iter().copied()),
        profiles,
        change_time: f64s(rows.iter().filter_map(|r| frames.get(*r)).map(|f| f.time + offset)),
        change_position: f32s(columns.iter().filter_map(|c| position.get(*c).copied())),
        change: matrix(change.iter().copied()),
        moments: measured
            .events
            .iter()
            .filter(|e| !e.letter.is_empty() && e.time.is_finite())
            .map(|e| Moment { name: &e.letter, meaning: &e.name, time: e.time, voltage: e.voltage, current: e.current })
            .collect(),
        samples: page.samples.filter(|s| s.len() > 0).map(samples),
    };
    // `<` never stands in the script element: `</script>` and `<!--` cannot end or comment it out.
    Ok(serde_json::to_string(&packed)?.replace('<', "\\u003c"))
}

/// Whether the page carries an image of changes.
pub(super) fn has_changes(page: &Page) -> bool {
    page.movie.frames.len() >= 2 && page.movie.position.len() >= 2
}

/// Width at each position [m]: median of the first frames that have one.
fn as_at_the_start(page: &Page) -> Vec<f64> {
    let until = page.movie.rupture.unwrap_or(page.movie.frames.len());
    let first: Vec<&FrameMeasure> =
        page.movie.frames.iter().take(until).filter(|f| f.width.iter().any(|w| w.is_finite())).take(FIRST).collect();
    (0..page.movie.position.len())
        .map(|k| {
            let mut here: Vec<f64> = first.iter().filter_map(|f| f.width.get(k).copied()).filter(|w| *w > 0.0).collect();
            here.sort_unstable_by(f64::total_cmp);
            here.get(here.len() / 2).copied().unwrap_or(f64::NAN)
        })
        .collect()
}

/// Frames and positions that are carried: evenly spread, all if they are not too many.
fn thinned(frames: usize, positions: usize) -> (Vec<usize>, Vec<usize>) {
    let columns = positions.div_ceil(600).max(1);
    let cells = positions.div_ceil(columns).max(1);
    let rows = frames.div_ceil(MOST_VALUES / cells.max(1)).max(1);
    ((0..frames).step_by(rows).collect(), (0..positions).step_by(columns).collect())
}

fn samples(s: &crate::Samples) -> Samples {
    let n = s.len();
    let step = n.div_ceil(MOST_SAMPLES).max(1);
    let flagged = |i: &usize| s.flags.get(*i).is_some_and(|f| f & 4 != 0);
    let rows: Vec<usize> = (0..n).filter(|i| i % step == 0 || n - i <= 200 || flagged(i)).collect();
    let column = |of: &[f64]| f32s(rows.iter().map(|i| of.get(*i).copied().unwrap_or(f64::NAN)).collect::<Vec<_>>().into_iter());
    Samples {
        time: f64s(rows.iter().map(|i| s.time.get(*i).copied().unwrap_or(f64::NAN))),
        voltage: column(&s.voltage),
        current: column(&s.current),
        flags: crate::pack::bytes(&rows.iter().map(|i| s.flags.get(*i).copied().unwrap_or(0)).collect::<Vec<u8>>()),
    }
}
