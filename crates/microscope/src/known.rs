//! What the simulator knows of a wire's outline in a frame.

use crate::outline::{Outline, diameter};
use crate::pentagon::Pentagon;
use crate::relief::inside;
use crate::view::View;
use pentatwin_physics::scene::{Relief, Scene};

/// Silver thinner than this [m] is no part of the silhouette.
const EDGE: f64 = 0.5e-9;

/// The projected outline of the scene's wire across the field of a view.
#[derive(Default)]
pub struct Known {
    /// Places along the wire [m], one per pixel of the longer side.
    pub position: Vec<f64>,
    /// Projected width there [m]; 0 where the wire is gone.
    pub width: Vec<f64>,
    /// Gaps: from and to along the wire [m].
    pub gaps: Vec<(f64, f64)>,
}

impl Known {
    /// Of a scene; nothing without a wire.
    pub fn of(scene: &Scene, view: &View) -> Known {
        let n = view.width.max(view.height);
        let Some(wire) = &scene.wire else { return Known::default() };
        let outline = Outline::new(wire);
        let factor = Pentagon::new(wire.roll).width();
        let p = view.pixel;
        let windows: Vec<Silhouette> = scene.reliefs.iter().filter_map(Silhouette::new).collect();
        let position: Vec<f64> = (0..n).map(|k| view.centre[0] + (k as f64 + 0.5 - 0.5 * n as f64) * p).collect();
        let width = position
            .iter()
            .map(|x| {
                let (mut sum, mut rest) = (0.0, 1.0f64);
                for s in &windows {
                    let part = inside(s.window, *x, 0.5 * p).min(rest);
                    if part > 0.0 {
                        rest -= part;
                        sum += part * s.width(x - 0.5 * p, x + 0.5 * p);
                    }
                }
                let outside = if rest > 0.0 { rest * factor * diameter(outline.mean_area(x - 0.5 * p, x + 0.5 * p)) } else { 0.0 };
                sum + outside
            })
            .collect();
        Known { position, width, gaps: gaps(&outline, &windows) }
    }
}

/// Gaps outside of the windows as the outline has them, in the windows as the silhouettes have them; what meets at the end of a window is
/// one gap, and what lies at an end of the wire is none.
fn gaps(outline: &Outline, windows: &[Silhouette]) -> Vec<(f64, f64)> {
    if windows.is_empty() {
        return outline.gaps();
    }
    let mut parts = outline.gaps();
    for s in windows {
        let [low, high] = s.window;
        parts =
            parts.into_iter().flat_map(|(from, to)| [(from, to.min(low)), (from.max(high), to)]).filter(|(from, to)| to > from).collect();
    }
    parts.extend(windows.iter().flat_map(Silhouette::empty));
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let near = 1e-6 * outline.cell();
    let mut found: Vec<(f64, f64)> = Vec::new();
    for (from, to) in parts {
        match found.last_mut() {
            Some(last) if from <= last.1 + near => last.1 = last.1.max(to),
            _ => found.push((from, to)),
        }
    }
    let (start, end) = outline.limits();
    found.retain(|(from, to)| *from > start + near && *to < end - near);
    found
}

/// The silhouette of a relief in its window, column by column.
struct Silhouette {
    window: [f64; 2],
    origin: f64,
    step: f64,
    /// Width of each column [m]; 0 where there is no silver.
    width: Vec<f64>,
}

impl Silhouette {
    fn new(relief: &Relief) -> Option<Silhouette> {
        let window = relief.window.filter(|_| relief.valid())?;
        let level = EDGE;
        let at = |i: usize, j: usize| f64::from(relief.thickness[j * relief.columns + i]);
        let edge = |i: usize, j: usize, beyond: Option<usize>| {
            let out = beyond.map_or(0.0, |j| at(i, j));
            (at(i, j) - level) / (at(i, j) - out)
        };
        let width = (0..relief.columns)
            .map(|i| {
                let first = (0..relief.rows).find(|j| at(i, *j) > level);
                let last = (0..relief.rows).rev().find(|j| at(i, *j) > level);
                let (Some(first), Some(last)) = (first, last) else { return 0.0 };
                let next = Some(last + 1).filter(|j| *j < relief.rows);
                relief.step[1] * ((last - first) as f64 + edge(i, first, first.checked_sub(1)) + edge(i, last, next))
            })
            .collect();
        Some(Silhouette { window, origin: relief.origin[0], step: relief.step[0], width })
    }

    /// Mean width [m] between two places [m], of what lies in the window.
    fn width(&self, from: f64, to: f64) -> f64 {
        let (from, to) = (from.max(self.window[0]), to.min(self.window[1]));
        let place = |x: f64| ((x - self.origin) / self.step).clamp(0.0, self.width.len() as f64);
        let (a, b) = (place(from), place(to));
        if !(b > a) {
            return 0.0;
        }
        let part = |i: usize| (b.min((i + 1) as f64) - a.max(i as f64)).max(0.0);
        (a as usize..(b.ceil() as usize).min(self.width.len())).map(|i| part(i) * self.width[i]).sum::<f64>() / (b - a)
    }

    /// Stretches of the window without silver: from and to [m].
    fn empty(&self) -> Vec<(f64, f64)> {
        let mut found: Vec<(f64, f64)> = Vec::new();
        for (i, w) in self.width.iter().enumerate() {
            let left = self.origin + i as f64 * self.step;
            let (from, to) = (left.max(self.window[0]), (left + self.step).min(self.window[1]));
            if *w > 0.0 || !(to > from) {
                continue;
            }
            match found.last_mut() {
                Some(last) if from <= last.1 + 1e-6 * self.step => last.1 = to,
                _ => found.push((from, to)),
            }
        }
        found
    }
}
