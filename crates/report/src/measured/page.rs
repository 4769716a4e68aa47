//! The page: what was measured and how sure first, then the frames, the numbers, the curves.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::image::{Crop, png, shrunk, window};
use super::overlay::{caption, drawing};
use super::{Page, pack, tables};
use crate::format::{escape, none, or_none, prose, scaled};
use crate::page::{ending, head, numbered};

/// Bytes of the page beyond which its images are made smaller.
const MOST_BYTES: usize = 5_000_000;
/// Bytes of script, style, text and tables, generously.
const REST: usize = 260_000;
/// Longer sides of the images that are tried [pixels].
const SIZES: [usize; 5] = [900, 720, 600, 480, 320];

/// The page as HTML that opens without a network, of at most 5 MB.
pub fn render(page: &Page) -> String {
    let m = page.measured;
    let carried = pack::pack(page);
    let taken = carried.as_ref().map_or(0, String::len) + REST;
    let parts: [(&str, &str, String); 9] = [
        ("sure", "What was measured, and how sure", sure(page)),
        ("events", "Key moments", tables::events(m)),
        ("frames", "The frames, with what was measured on them", frames(page, taken)),
        ("findings", "Numbers", tables::findings(m)),
        ("iv", "Current and voltage", iv(page)),
        ("width", "Thinnest width and gap in time", widths(page)),
        ("profile", "Width along the wire", profiles(page)),
        ("changes", "Change of the width in place and time", changes(page)),
        ("drift", "Drift", drift(page)),
    ];
    let mut out = head(&format!("Measured: {}", m.source), false);
    header(&mut out, page);
    numbered(&mut out, "measured", &parts);
    match carried {
        Ok(json) => {
            let _ = writeln!(out, "<script type=\"application/json\" id=\"measured-data\">{json}</script>");
        }
        // Only numbers that JSON cannot hold lead here, and they are filtered: the text of the page stands without its figures.
        Err(e) => {
            let _ = write!(out, "<p>{}</p>", none(&format!("The figures cannot be drawn: {e}")));
        }
    }
    ending(&mut out);
    out
}

fn header(out: &mut String, page: &Page) {
    let m = page.measured;
    let fact = |name: &str, text: String| format!("<div><dt>{name}</dt><dd>{text}</dd></div>");
    let name = std::path::Path::new(&m.source).file_name().map_or_else(|| m.source.clone(), |n| n.to_string_lossy().into_owned());
    let _ = write!(
        out,
        "<header><h1>Measured on the frames of {}</h1>\n<p class=\"ended\">{} of {} frames measured{}</p>\n<dl class=\"facts\">{}{}{}{}{}{}</dl></header>\n",
        or_none(&name, "a movie"),
        m.frames,
        m.frames_in_movie,
        if m.interrupted { ", stopped before the end" } else { "" },
        fact("Source", escape(&m.source)),
        fact("Electrical record", m.iv.as_deref().map_or_else(|| none("none"), escape)),
        fact("Frame", format!("{} × {} pixels of {}", m.size[0], m.size[1], scaled(m.pixel, "m", 4))),
        fact("Contrast", or_none(&m.contrast, "not known")),
        fact("Cross-section", or_none(&m.cross_section, "not known")),
        fact("Positions count from", or_none(&m.origin, "not stated")),
    );
}

/// The notes, what the uncertainties mean, the clock, the numbers looked for first.
fn sure(page: &Page) -> String {
    let m = page.measured;
    let mut out = tables::headline(m);
    out += "<p>All uncertainties are one standard deviation. <b>Statistical</b>: noise of the frames, and what neighbouring frames and places share of it. \
            <b>Systematic</b>: spread over the cross-sections and the contrast that the frames allow; it does not average out, and is the same for all frames. \
            Bands in the figures are both together.</p>";
    let _ = write!(out, "<p>Clock: {}.</p>", or_none(&prose(&m.clocks.basis), "not stated"));
    if m.notes.is_empty() {
        out += "<p>Nothing had to be decided or left out.</p>";
    } else {
        out += "<p>What had to be decided or left out:</p><ul class=\"notes\">";
        m.notes.iter().for_each(|n| {
            let _ = write!(out, "<li>{}</li>", escape(&prose(n)));
        });
        out += "</ul>";
    }
    out
}

/// The key frames, as large as the page allows.
fn frames(page: &Page, taken: usize) -> String {
    if page.keys.is_empty() {
        return format!("<p>{}</p>", none("No frame could be read again to be shown."));
    }
    let crop = Crop::of(page);
    let mut out = String::new();
    for largest in SIZES {
        out = frames_of(page, &crop, largest);
        if taken + out.len() <= MOST_BYTES {
            break;
        }
    }
    out
}

fn frames_of(page: &Page, crop: &Crop, largest: usize) -> String {
    let window = window(page);
    let mut out = String::from(
        "<div class=\"controls\"><fieldset><legend>Show</legend><label><input type=\"checkbox\" data-lines checked><span>what was measured</span></label></fieldset></div>\n",
    );
    let mut step = 1.0;
    for key in page.keys {
        let Some(frame) = page.movie.frames.get(key.frame) else { continue };
        let Some(grey) = shrunk(&key.counts, page.movie.size[0], crop, window, largest) else { continue };
        step = grey.step;
        let words = caption(page, frame);
        let picture = BASE64_STANDARD.encode(png(grey.size, ::png::ColorType::Grayscale, &grey.values, ""));
        let _ = writeln!(
            out,
            "<figure class=\"key\"><div class=\"micrograph\"><img alt=\"{name}: {words}\" width=\"{w}\" height=\"{h}\" src=\"data:image/png;base64,{picture}\">{svg}</div><figcaption><b>{name}</b> · {words}</figcaption></figure>",
            name = escape(&key.names.join(" · ")),
            words = escape(&words),
            w = grey.size[0],
            h = grey.size[1],
            svg = drawing(page, frame, crop),
        );
    }
    let part = if crop.is_whole(page.movie.size) {
        "Whole frames".to_owned()
    } else {
        let [w, h] = crop.size();
        format!("The {w} × {h} pixels around the wire")
    };
    let shown = if step > 1.0 { format!(", {step:.2} pixels averaged to one each way") } else { String::new() };
    let _ = write!(
        out,
        "<p class=\"note\">{part}{shown}. One grey scale for all: black and white are the counts {} and {} (percentiles 0.5 and 99.5). Blue: the outline, both edges of the measured width about its measured middle, moved back into the frame by its drift. \
         Orange: the thinnest place, or the ends of the two pieces at the gap, with both uncertainties together. The thinnest of many places of an even wire is the one that noise made thinnest.</p>",
        window.low, window.high
    );
    out
}

fn figure(name: &str, asked: &str, caption: &str) -> String {
    format!("<figure data-measured=\"{name}\"><div data-plot{asked}></div><figcaption>{caption}</figcaption></figure>\n")
}

fn missing(words: &str) -> String {
    format!("<p>{}</p>\n", none(words))
}

fn iv(page: &Page) -> String {
    match page.samples.filter(|s| s.len() > 0) {
        None => missing("There is no electrical record: a log is joined with --iv LOG."),
        Some(_) => format!(
            "<figure data-figure=\"iv\"><fieldset><legend>Show</legend><label><input type=\"checkbox\" name=\"log\"><span>logarithmic current</span></label>\
             <label><input type=\"checkbox\" name=\"late\"><span>last 10 % of the voltage only</span></label>\
             <label><input type=\"checkbox\" name=\"resistance\"><span>resistance V/I</span></label></fieldset>\
             <div><canvas role=\"img\" aria-label=\"Current against voltage with the key moments that the frames show\"></canvas></div>\
             <output>Point at the curve to read a sample.</output>\
             <figcaption>Current against voltage. {}</figcaption></figure>",
            if page.measured.events.iter().any(|e| !e.letter.is_empty() && e.voltage.is_some()) {
                "Letters: the key moments that were seen in the frames, put onto the record by the tie of the clocks."
            } else {
                "No key moment lies on it: none was seen, or the clocks are not tied."
            }
        ),
    }
}

fn widths(page: &Page) -> String {
    let mut out = if page.movie.frames.iter().any(|f| super::thinnest(f).is_some()) {
        figure(
            "thinnest",
            "",
            "Width at the thinnest place in view, with a band of one standard deviation; it ends where the wire parts. Of an even wire it reads low by about two statistical uncertainties: the thinnest of many places is the one that noise made so.",
        )
    } else {
        missing("No frame has a width.")
    };
    out += &if page.movie.frames.iter().any(|f| f.gap.is_some()) {
        figure("gap", "", "Width of the gap between the two tips, with a band of one standard deviation.")
    } else {
        missing("No frame shows a gap: the wire does not part in view.")
    };
    out
}

fn profiles(page: &Page) -> String {
    let some = page.keys.iter().filter_map(|k| page.movie.frames.get(k.frame)).any(|f| f.width.iter().any(|w| *w > 0.0));
    if !some {
        return missing("None of the key frames has a profile.");
    }
    figure(
        "profile",
        "",
        &format!(
            "Projected width along the wire in the key frames, with bands of one standard deviation; 0 in the gap. Positions count from {}.",
            escape(&page.measured.origin)
        ),
    )
}

fn changes(page: &Page) -> String {
    if !pack::has_changes(page) {
        return missing("One frame shows no change.");
    }
    "<figure data-measured=\"changes\"><div><canvas role=\"img\" aria-label=\"Change of the width against position and time\"></canvas></div>\
     <output>Point at the image to read it.</output>\
     <figcaption>Width less that at the start (median of the first eight frames at each place). Blue: silver lost, red: silver gained; open: no wire, or not measured. The scale ends at the 98th percentile.</figcaption></figure>"
        .to_owned()
}

fn drift(page: &Page) -> String {
    if page.movie.frames.iter().all(|f| f.drift.shift.iter().all(|s| !s.is_finite())) {
        return missing("The drift was not measured.");
    }
    figure(
        "drift",
        "",
        "Shift of the specimen since the first frame, along x and y of the image, with bands of one standard deviation (the diagonal of its covariance). Along a straight wire the frames say less than across it.",
    )
}
