//! The outline drawn over a frame: as a drawing over the page's image, and as a picture.

use std::fmt::Write;

use super::image::{Crop, Grey, png, shrunk, window};
use super::place::Outlined;
use super::{KeyFrame, Page, thinnest};
use crate::format::{escape, scaled};
use crate::plate::round_length;
use pentatwin_analysis::movie::FrameMeasure;

/// Longer side of a picture [pixels].
const LARGEST: usize = 900;
const LINE: [u8; 3] = [86, 208, 255];
const GAP: [u8; 3] = [255, 184, 77];

/// "38.2 ± 0.4 nm", statistical and systematic together.
fn with_sigma(value: f64, sigma: f64) -> String {
    let nm = 1e9;
    let digits = if sigma * nm < 0.1 { 2 } else { 1 };
    format!("{:.digits$} ± {:.digits$} nm", value * nm, sigma * nm)
}

/// What a frame shows, in a line: time, thinnest width, gap.
pub(super) fn caption(page: &Page, frame: &FrameMeasure) -> String {
    let time = scaled(frame.time + page.measured.clocks.offset.unwrap_or(0.0), "s", 5);
    let mut out = format!("frame {}, {time}", frame.index);
    match (thinnest(frame), &frame.gap) {
        (_, Some(g)) => {
            let systematic = if g.systematic.is_finite() { g.systematic } else { 0.0 };
            out += &format!(", gap {}", with_sigma(g.width.value, g.width.uncertainty.hypot(systematic)));
        }
        (Some(t), None) => {
            let at = page.movie.position.get(t.at).map_or(f64::NAN, |u| u + page.measured.origin_shift);
            out += &format!(", thinnest width {} at {}, no gap", with_sigma(t.width, t.sigma()), scaled(at, "m", 4));
        }
        (None, None) => out += ", no width was measured",
    }
    out
}

fn polyline(out: &mut String, points: &[[f64; 2]], origin: [f64; 2]) {
    for (k, [x, y]) in points.iter().enumerate() {
        let _ = write!(out, "{}{:.1} {:.1}", if k == 0 { "M" } else { "L" }, x - origin[0], y - origin[1]);
    }
}

/// The drawing over a crop, in the pixels of the frame; `per` screen units of the page are one of them.
pub(super) fn drawing(page: &Page, frame: &FrameMeasure, crop: &Crop) -> String {
    let outlined = Outlined::new(page.movie, frame);
    // A pixel's centre is whole in the measures and half in the drawing.
    let origin = crop.from.map(|n| n as f64 - 0.5);
    let [w, h] = crop.size().map(|n| n as f64);
    // Words and lines have the size of the page's: 1090 px for the width of the image.
    let unit = w / 1090.0;
    let mut out = format!("<svg viewBox=\"0 0 {w} {h}\" aria-hidden=\"true\" style=\"--u:{unit:.3}px\"><g class=\"measured\">");
    let mut path = String::new();
    for run in outlined.runs() {
        run.iter().for_each(|side| polyline(&mut path, side, origin));
    }
    let _ = write!(out, "<path class=\"halo\" d=\"{path}\"/><path class=\"edge\" d=\"{path}\"/>");
    let half = outlined.half_width();
    let contacts = ["left contact", "right contact"];
    for (contact, word) in page.movie.contacts.iter().zip(contacts).filter_map(|(c, w)| Some(((*c)?, w))) {
        let ends = [-1.7, 1.7].map(|s| outlined.point(contact.value, s * half));
        let mut d = String::new();
        polyline(&mut d, &ends, origin);
        let _ = write!(out, "<path class=\"contact\" d=\"{d}\"/>");
        // Below the wire: words on the wire itself stand above it.
        text(&mut out, [ends[1][0], ends[1][1] + 18.0 * unit], origin, [w, h], unit, word, "contact");
    }
    match (&frame.gap, thinnest(frame)) {
        (Some(g), _) => {
            let mut d = String::new();
            for u in [g.left.value, g.right.value] {
                polyline(&mut d, &[-1.35, 1.35].map(|s| outlined.point(u, s * half)), origin);
            }
            let _ = write!(out, "<path class=\"halo\" d=\"{d}\"/><path class=\"tip\" d=\"{d}\"/>");
            let systematic = if g.systematic.is_finite() { g.systematic } else { 0.0 };
            let words = format!("gap {}", with_sigma(g.width.value, g.width.uncertainty.hypot(systematic)));
            text(&mut out, outlined.point(0.5 * (g.left.value + g.right.value), -1.5 * half), origin, [w, h], unit, &words, "tip");
        }
        (None, Some(t)) => {
            let u = page.movie.position.get(t.at).copied().unwrap_or(f64::NAN);
            let [low, high] = outlined.edges(t.at);
            let mut d = String::new();
            // Two strokes that end at the edges.
            for (edge, sign) in [(low, -1.0), (high, 1.0)] {
                let away = outlined.point(u, sign * 1.4 * half);
                polyline(&mut d, &[away, edge], origin);
            }
            let _ = write!(out, "<path class=\"halo\" d=\"{d}\"/><path class=\"tip\" d=\"{d}\"/>");
            let words = format!("thinnest {}", with_sigma(t.width, t.sigma()));
            text(&mut out, outlined.point(u, -1.5 * half), origin, [w, h], unit, &words, "tip");
        }
        (None, None) => {}
    }
    out.push_str("</g>");
    let length = round_length(0.2 * w * page.movie.pixel);
    let (px, right, y) = (length / page.movie.pixel, w - 20.0 * unit, h - 18.0 * unit);
    let _ = write!(
        out,
        "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{px:.1}\" height=\"{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{:.1}\">{}</text></svg>",
        right - px,
        5.0 * unit,
        right - 0.5 * px,
        y - 7.0 * unit,
        14.0 * unit,
        escape(&scaled(length, "m", 3))
    );
    out
}

/// Words at a place, kept inside of the image.
fn text(out: &mut String, at: [f64; 2], origin: [f64; 2], [w, h]: [f64; 2], unit: f64, words: &str, class: &str) {
    let (x, y) = (at[0] - origin[0], at[1] - origin[1]);
    if !(x.is_finite() && y.is_finite()) {
        return;
    }
    let room = 4.2 * unit * words.chars().count() as f64;
    let x = x.clamp(room.min(0.5 * w), (w - room).max(0.5 * w));
    let y = (y - 4.0 * unit).clamp(18.0 * unit, h - 8.0 * unit);
    let _ = write!(
        out,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"{:.1}\">{}</text>",
        14.0 * unit,
        escape(words)
    );
}

/// A colour picture in the making.
struct Canvas {
    size: [usize; 2],
    values: Vec<u8>,
}

impl Canvas {
    fn of(grey: &Grey) -> Canvas {
        Canvas { size: grey.size, values: grey.values.iter().flat_map(|g| [*g; 3]).collect() }
    }

    fn dot(&mut self, [x, y]: [f64; 2], half: f64, colour: [u8; 3]) {
        let reach = half.ceil() as i64;
        let (cx, cy) = (x.round() as i64, y.round() as i64);
        for (i, j) in (-reach..=reach).flat_map(|j| (-reach..=reach).map(move |i| (cx + i, cy + j))) {
            let inside = (0..self.size[0] as i64).contains(&i) && (0..self.size[1] as i64).contains(&j);
            if inside && (i as f64 - x).hypot(j as f64 - y) <= half {
                let at = 3 * (j as usize * self.size[0] + i as usize);
                if let Some(pixel) = self.values.get_mut(at..at + 3) {
                    pixel.copy_from_slice(&colour);
                }
            }
        }
    }

    fn line(&mut self, points: &[[f64; 2]], half: f64, colour: [u8; 3]) {
        for pair in points.windows(2) {
            let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
            let steps = (2.0 * dx.hypot(dy)).ceil();
            // A place that is none, or far outside, is not drawn.
            if !(steps <= 1e5) {
                continue;
            }
            for k in 0..=steps as usize {
                let part = k as f64 / steps.max(1.0);
                self.dot([pair[0][0] + part * dx, pair[0][1] + part * dy], half, colour);
            }
        }
    }
}

/// The key frames with the outline, the tips of the gap or the thinnest place, and a scale bar of a round length, as colour PNG: file name
/// and content. What they show in words is in each file's description.
pub fn overlays(page: &Page) -> Vec<(String, Vec<u8>)> {
    let (crop, window) = (Crop::of(page), window(page));
    page.keys.iter().filter_map(|key| overlay(page, key, &crop, window)).collect()
}

fn overlay(page: &Page, key: &KeyFrame, crop: &Crop, window: crate::picture::Window) -> Option<(String, Vec<u8>)> {
    let frame = page.movie.frames.get(key.frame)?;
    let grey = shrunk(&key.counts, page.movie.size[0], crop, window, LARGEST)?;
    let mut canvas = Canvas::of(&grey);
    let outlined = Outlined::new(page.movie, frame);
    let place = |p: [f64; 2]| [0, 1].map(|k| (p[k] + 0.5 - crop.from[k] as f64) / grey.step - 0.5);
    for run in outlined.runs() {
        for side in run {
            let points: Vec<[f64; 2]> = side.into_iter().map(place).collect();
            canvas.line(&points, 0.8, LINE);
        }
    }
    let half = outlined.half_width();
    match (&frame.gap, thinnest(frame)) {
        (Some(g), _) => {
            for u in [g.left.value, g.right.value] {
                canvas.line(&[-1.35, 1.35].map(|s| place(outlined.point(u, s * half))), 0.8, GAP);
            }
        }
        (None, Some(t)) => {
            let u = page.movie.position.get(t.at).copied()?;
            for (edge, sign) in outlined.edges(t.at).into_iter().zip([-1.0, 1.0]) {
                canvas.line(&[outlined.point(u, sign * 1.4 * half), edge].map(place), 0.8, GAP);
            }
        }
        (None, None) => {}
    }
    let length = round_length(0.2 * grey.size[0] as f64 * grey.step * page.movie.pixel);
    let px = length / page.movie.pixel / grey.step;
    let [right, low] = [grey.size[0] as f64 - 16.0, grey.size[1] as f64 - 14.0];
    canvas.line(&[[right - px, low], [right, low]], 3.6, [0; 3]);
    canvas.line(&[[right - px, low], [right, low]], 2.2, [255; 3]);
    let words = format!("{}: {}; scale bar {}", key.names.join("; "), caption(page, frame), scaled(length, "m", 3));
    let slug: String =
        key.names.first().map_or("", String::as_str).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = format!("frame-{:05}-{}.png", frame.index, slug.replace("--", "-").trim_matches('-'));
    Some((name, png(canvas.size, png::ColorType::Rgb, &canvas.values, &words)))
}
