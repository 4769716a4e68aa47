//! The section "The break in three dimensions": pictures of the neck and of the gap in the order of time, what is not to be read in them,
//! the tables of the lattice. Nothing of it where the break was not followed in three dimensions.

use crate::data::ReportData;
use crate::format::{escape, none, prose, quantity, scaled};
use crate::micrograph::{Micrograph, NECKS};
use crate::picture::Window;
use crate::sections;
use crate::seen::{SMALL, binned, panel};
use std::fmt::Write;

/// The section's title, which its first table shares.
pub const TITLE: &str = "The break in three dimensions";
/// Most bytes of its pictures.
const MOST_BYTES: usize = 1_500_000;
/// Half of what is shown along and across the wire [m].
const HALF: [f64; 2] = [0.2e-6, 0.12e-6];
/// Width of a wire lying on a flat wall over the edge of its pentagon.
const WIDTH_PER_EDGE: f64 = 1.618;

/// The section; nothing if the run did not ask for three dimensions.
pub fn section(data: &ReportData) -> Option<String> {
    if !data.asks_for_shape() || data.summary.plate.chip == "heating" {
        return None;
    }
    let mut out = String::new();
    if let Some(note) = &data.shape_note {
        let _ = write!(out, "<p class=\"box\"><b>Note.</b> {}</p>", escape(&sentence(&prose(note))));
    }
    let mut pictured = String::new();
    for bin in [1, 2, 4, 8] {
        pictured = pictures(data, bin);
        if pictured.len() <= MOST_BYTES {
            break;
        }
    }
    out.push_str(&pictured);
    if data.summary.tables.iter().all(sections::is_apart) {
        if data.shape_note.is_none() {
            let _ = write!(out, "<p>{}</p>", none("The lattice was not measured: the run ended before."));
        }
    } else {
        out.push_str(&sections::tables(&data.summary).replacen(&format!("<h3>{TITLE}</h3>"), "", 1));
    }
    Some(out)
}

/// A note as a sentence.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first = letters.next().map_or(String::new(), |c| c.to_uppercase().to_string());
    let end = if note.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The neck while it narrows, and the gap.
fn pictures(data: &ReportData, bin: usize) -> String {
    let Some(m) = data.microscopy.as_ref().filter(|m| !m.necks.is_empty()) else {
        let none_taken = data.microscopy.is_none();
        let why = if none_taken { "No pictures: this run took no frames." } else { "No pictures of the neck: it did not narrow so far." };
        return format!("<p>{}</p>", none(why));
    };
    // The pictures of the neck are centred where the lattice parted, or is thinnest.
    let at = m.necks.first().map_or(f64::NAN, |(_, image)| middle(image));
    let broke = data.summary.moments.iter().find(|m| m.name == "C").map(|m| m.time).filter(|t| t.is_finite());
    let mut shown: Vec<(String, Micrograph, String)> = Vec::new();
    for (name, image) in &m.necks {
        let neck = NECKS.iter().find(|(n, _)| n == name).map_or(f64::NAN, |(_, neck)| *neck);
        let mut words = vec![format!("the neck has {:.0} % of its cross-section left, or just less", 100.0 * neck)];
        words.extend(when(image.time, broke));
        shown.push((format!("neck {:.0} %", 100.0 * neck), image.around(at, HALF), words.join(" · ")));
    }
    if let Some(gap) = &m.gap {
        let view = [gap.corner[0], gap.corner[0] + gap.width as f64 * gap.pixel];
        // The wire may part in several places: the widest gap need not be the lattice's.
        let here = (view[0] + 0.25 * HALF[0]..view[1] - 0.25 * HALF[0]).contains(&at);
        let mut words = vec![if here {
            "the gap, at the end of the run".to_owned()
        } else {
            format!(
                "the widest gap of the wire, at the end of the run: {} from the middle of the other pictures, where the lattice parted or is thinnest",
                scaled((middle(gap) - at).abs(), "m", 3)
            )
        }];
        words.extend(when(gap.time, broke));
        let image = if here { gap.around(at, HALF) } else { gap.clone() };
        shown.push(("gap".to_owned(), image, words.join(" · ")));
    }
    // The counts of the necks: a picture of the gap elsewhere would stretch them.
    let window = Window::of(shown.iter().filter(|(letter, ..)| letter != "gap").map(|(_, image, _)| image));
    let mut out = String::from("<figure class=\"seen series\" id=\"shape-pictures\">");
    for (letter, image, words) in &shown {
        let _ =
            write!(out, "<div>{}<p class=\"under\"><b>{letter}</b> {words}</p></div>", panel(data, image, window, bin, SMALL, letter, &[]));
    }
    let dose = m.necks.first().map_or(f64::NAN, |(_, image)| image.dose);
    let _ = write!(
        out,
        "<figcaption>{} a pixel, cut to the surroundings of the break; wire along x, contact 1 on the left. In the order of time, row by row. {}\
         One grey window, that of the pictures of the neck: {} to {} counts.{} {}</figcaption></figure>",
        scaled(m.necks.first().map_or(f64::NAN, |(_, image)| image.pixel), "m", 3),
        if dose.is_finite() {
            format!(
                "Each with the dose of a frame, {}; the neck’s pictures are made beside the movie and cost the specimen nothing. ",
                quantity(dose, "e/nm2", 3).replace("e/", "e⁻/")
            )
        } else {
            String::new()
        },
        window.low,
        window.high,
        binned(bin),
        limits(data)
    );
    out
}

/// Place of the middle of an image along the wire [m].
fn middle(image: &Micrograph) -> f64 {
    image.corner[0] + 0.5 * image.width as f64 * image.pixel
}

/// Time, and how far from the rupture.
fn when(time: f64, broke: Option<f64>) -> Vec<String> {
    if !time.is_finite() {
        return Vec::new();
    }
    let mut words = vec![format!("t = {}", quantity(time, "s", 6))];
    words.extend(broke.map(|c| {
        if time < c { format!("{} before C", scaled(c - time, "s", 3)) } else { format!("{} after C", scaled(time - c, "s", 3)) }
    }));
    words
}

/// What is not to be read in the pictures.
fn limits(data: &ReportData) -> String {
    let s = &data.summary;
    let shells = s.parameters.iter().find(|p| p.key == "shape.shells").and_then(|p| p.value.parse::<f64>().ok()).filter(|n| *n > 0.0);
    let pitch = shells.map(|n| s.plate.diameter / WIDTH_PER_EDGE / n).filter(|p| p.is_finite() && *p > 0.0);
    let (lattice, two) = match (shells, pitch) {
        (Some(n), Some(p)) => {
            (format!("of {n:.0} shells, {} apart", scaled(p, "m", 2)), format!("two pitches ({})", scaled(2.0 * p, "m", 2)))
        }
        _ => ("much coarser than silver’s".to_owned(), "two of its pitches".to_owned()),
    };
    format!(
        "<b>What is seen is a lattice {lattice}, smoothed over a pitch</b>: nothing smaller than {two} is real, no column or step of atoms is seen, and the roughness of so coarse a lattice is far stronger than that of silver. \
         In the thinnest necks the current’s own length falls below two pitches, so that the last instants before the rupture are qualitative."
    )
}
