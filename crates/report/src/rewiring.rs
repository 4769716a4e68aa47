//! The section on the rewiring of the gap: the paper's Figure 5, panel by panel, and the tables behind it.

use crate::data::ReportData;
use crate::format::{escape, none, or_none, prose, quantity, scaled, table};
use crate::micrograph::{Micrograph, Microscopy};
use crate::picture::Window;
use crate::sections::{some_tables, verdict};
use crate::seen::{SMALL, binned, panel};
use crate::spectra;
use pentatwin_record::summary::{Finding, Summary, Table};
use std::fmt::Write;

/// The section's title.
pub const TITLE: &str = "Rewiring of the gap: Figure 5, panel by panel";
/// How the titles of its tables begin.
const TABLE: &str = "Rewiring";
/// Panel of Figure 5 and what its caption says.
const PANELS: [(&str, &str); 6] = [
    ("a", "STEM image of the nanogap after the electrical breakdown"),
    ("b", "voltage sweep that rewires the wire"),
    ("c", "EDX spectrum before rewiring, from the area marked in a"),
    ("d", "STEM image after rewiring"),
    ("e", "structure of a particle after rewiring"),
    ("f", "EDX spectrum after rewiring"),
];
/// A pixel finer than this is high resolution [m].
const HIGH_RESOLUTION: f64 = 0.06e-9;
/// Conductance quantum [S].
const G0: f64 = 7.748_091_729e-5;
/// The lowest current drawn [A]: a tenth of what counts as a rise.
const LEAST: f64 = 1e-9;
/// Voltage from which a conductance is drawn [V].
const READ: f64 = 20e-3;
/// Size of the I-V figure, and of what lies inside its axes [px].
const SIZE: [f64; 2] = [820.0, 380.0];
const INSIDE: [f64; 4] = [64.0, 12.0, 752.0, 332.0];
const UP: &str = "#2a6fdb";
const BACK: &str = "#d1495b";

/// Whether a table is one of the rewiring.
pub(crate) fn is_of_rewiring(t: &Table) -> bool {
    t.title.starts_with(TABLE)
}

/// Bytes of the page beyond which its images are binned.
const MOST: usize = 1_500_000;

/// The section; nothing if the run did not ask for it.
pub fn section(data: &ReportData) -> Option<String> {
    if !data.summary.tables.iter().any(is_of_rewiring) {
        return None;
    }
    let mut out = String::new();
    for bin in [1, 2, 4, 8] {
        out = whole(data, bin);
        if out.len() <= MOST {
            break;
        }
    }
    Some(out)
}

fn whole(data: &ReportData, bin: usize) -> String {
    let s = &data.summary;
    let nothing = Microscopy::default();
    let m = data.microscopy.as_ref().unwrap_or(&nothing);
    let (fine, coarse): (Vec<_>, Vec<_>) = m.singles.iter().map(|(_, image)| image).partition(|i| i.pixel < HIGH_RESOLUTION);
    let begin = first_rewiring(data);
    let before = coarse.iter().rfind(|i| begin.is_none_or(|t| i.time <= t)).copied();
    let after = coarse.iter().rfind(|i| begin.is_some_and(|t| i.time > t)).copied();
    let mut out = String::new();
    for (letter, says) in PANELS {
        let _ = write!(out, "<h3>{letter}: {}</h3>", escape(says));
        let shown = match letter {
            "a" => before.map(|i| micrograph(data, i, before, bin, letter)),
            "b" => curve(data),
            "c" | "f" if data.spectra.is_empty() => None,
            "c" => Some(format!(
                "{}{}<p class=\"note\">Before and after in one figure; what was found in each, with detection limits, is in the tables of “{}”. What is not found is given as its limit, never as zero.</p>",
                spectra::figure(&data.spectra),
                spectra::maps(data, |s| begin.is_none_or(|t| s.time <= t)),
                spectra::TITLE
            )),
            "f" => Some(format!(
                "{}<p class=\"note\">The spectrum is in the figure of c, the last one.</p>",
                spectra::maps(data, |s| begin.is_some_and(|t| s.time > t))
            )),
            "d" => after.map(|i| micrograph(data, i, before, bin, letter)),
            _ => fine.first().map(|i| micrograph(data, i, None, bin, letter)),
        };
        match shown {
            Some(html) => out.push_str(&html),
            None => {
                let _ = write!(out, "<p>{}</p>", none(absent(letter)));
            }
        }
        let rows: Vec<_> = s
            .checklist
            .iter()
            .filter(|f| speaks_of(f, letter))
            .map(|f| ("", vec![escape(&f.claim), verdict(f.verdict), or_none(&prose(&f.evidence), "none")]))
            .collect();
        if !rows.is_empty() {
            out.push_str(&table(&["The paper says", "Verdict", "This run"], &rows));
        }
        if letter == "d" {
            out.push_str("<p class=\"note\">What cannot be seen at this dose: gaps and contacts below the pixel, asperities of a few atoms, particles below a nanometre. The current sees them. Movie 4 of the paper is <code>movie.mp4</code> beside this page, where frames were taken.</p>");
        }
    }
    out.push_str("<h3>The gap in numbers</h3>");
    out.push_str(&some_tables(s, is_of_rewiring).replacen("<h3>Rewiring</h3>", "", 1));
    out
}

/// What a panel lacks.
fn absent(letter: &str) -> &'static str {
    match letter {
        "a" | "d" => "This run has no image for this panel: the protocol has no image step at the gap here.",
        "b" => "No sweep met the gap.",
        "e" => "No particle was imaged in high resolution: the protocol has no such step, or there was no particle.",
        _ => "No spectrum was taken.",
    }
}

fn speaks_of(finding: &Finding, letter: &str) -> bool {
    finding.place.strip_prefix("Figure 5") == Some(letter)
}

/// Index of the first sample that a sweep of the broken wire gave: after the break, and after the output was off for a sample.
fn first_sample(data: &ReportData) -> Option<usize> {
    let broke = time_of(&data.summary)?;
    let s = &data.samples;
    let off = (0..s.len()).find(|i| s.time[*i] > broke && s.voltage[*i] == 0.0)?;
    (off..s.len()).find(|i| s.voltage[*i] != 0.0)
}

/// When the first sweep of the broken wire began [s].
fn first_rewiring(data: &ReportData) -> Option<f64> {
    first_sample(data).map(|i| data.samples.time[i])
}

fn time_of(s: &Summary) -> Option<f64> {
    s.moments.iter().find(|m| m.name == "C").map(|m| m.time).filter(|t| t.is_finite())
}

/// One image with the areas of the spectra.
fn micrograph(data: &ReportData, image: &Micrograph, window_of: Option<&Micrograph>, bin: usize, letter: &str) -> String {
    let window = Window::of(std::iter::once(window_of.unwrap_or(image)));
    let mut html = panel(data, image, window, bin, SMALL, letter, &[]);
    let per_metre = SMALL / (image.width as f64 * image.pixel);
    let mut boxes = String::new();
    if image.pixel > HIGH_RESOLUTION {
        for s in data.spectra.iter().filter(|s| s.side > 0.0 && s.side < 0.9 * image.width as f64 * image.pixel) {
            let [x, y] = [s.place - 0.5 * s.side - image.corner[0], -0.5 * s.side - image.corner[1]].map(|v| v * per_metre);
            let side = s.side * per_metre;
            let _ = write!(
                boxes,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side:.1}\" height=\"{side:.1}\" style=\"fill:none;stroke:#ffd23f;stroke-width:1.5\"/>"
            );
            if s.name.ends_with("-1") {
                let _ = write!(boxes, "<text x=\"{x:.1}\" y=\"{:.1}\">EDX</text>", y - 4.0);
            }
        }
    }
    html = html.replacen("</svg>", &format!("{boxes}</svg>"), 1);
    let mut parts = vec![format!("t = {}", quantity(image.time, "s", 5)), format!("{} a pixel", scaled(image.pixel, "m", 3))];
    if image.dose.is_finite() {
        parts.push(format!("dose {}", quantity(image.dose, "e/nm2", 4).replace("e/", "e⁻/")));
    }
    let what = if image.pixel > HIGH_RESOLUTION {
        "One grey window for a and d; the square is the area of the spectra."
    } else {
        "High resolution: the particle’s atoms on the amorphous membrane, multislice."
    };
    format!(
        "<figure class=\"seen\"><div style=\"max-width:540px\">{html}<p class=\"under\"><b>{letter}</b> {}</p></div><figcaption>{what}{}</figcaption></figure>",
        parts.join(" · "),
        binned(bin)
    )
}

/// Current against voltage to the logarithm, and the conductance on a second axis.
fn curve(data: &ReportData) -> Option<String> {
    let s = &data.samples;
    let first = first_sample(data)?;
    let used: Vec<usize> = (first..s.len()).filter(|i| s.voltage[*i] != 0.0 && s.current[*i].abs() < 1e30).collect();
    let [left, top, right, bottom] = INSIDE;
    let extent = used.iter().map(|i| s.voltage[*i]).fold([0.0f64; 2], |[a, b], v| [a.min(v), b.max(v)]);
    let span = extent[1] - extent[0];
    if !(span > 0.0) {
        return None;
    }
    let limited = |i: usize| s.flags.get(i).is_some_and(|f| f & pentatwin_record::sample_flags::COMPLIANCE != 0);
    let most = used.iter().map(|i| s.current[*i].abs()).fold(10.0 * LEAST, f64::max).log10().ceil();
    let floor = LEAST.log10();
    let x = |v: f64| left + (v - extent[0]) / span * (right - left);
    let y = |i: f64| bottom - (i.abs().max(LEAST).log10() - floor) / (most - floor) * (bottom - top);
    // The second axis: 1e-4 to 10 G0.
    let decades = [-4.0, 1.0];
    let yg = |g: f64| bottom - (g.max(1e-4).log10() - decades[0]) / (decades[1] - decades[0]) * (bottom - top);
    let mut svg = format!(
        "<figure id=\"rewired\"><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Current and conductance against voltage while the gap is rewired\"><rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"var(--rule)\"/>",
        SIZE[0],
        SIZE[1],
        right - left,
        bottom - top
    );
    let step = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0].into_iter().find(|d| span / d <= 8.0).unwrap_or(50.0);
    for k in (extent[0] / step).ceil() as i64..=(extent[1] / step).floor() as i64 {
        let v = k as f64 * step;
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{v:.1}</text>", x(v), bottom + 16.0);
    }
    let middle = 0.5 * (left + right);
    let _ = write!(svg, "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">Voltage at the terminals (V)</text>", bottom + 34.0);
    let power = |k: i32| format!("10<tspan dy=\"-4\" font-size=\"8\">{k}</tspan>");
    for k in floor.round() as i32..=most.round() as i32 {
        let at = y(10f64.powi(k));
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><line x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"var(--rule)\" stroke-width=\"0.4\"/>",
            left - 6.0,
            at + 4.0,
            power(k)
        );
    }
    for k in decades[0] as i32..=decades[1] as i32 {
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", right + 6.0, yg(10f64.powi(k)) + 4.0, power(k));
    }
    let axis = |at: f64, words: &str| {
        let m = 0.5 * (top + bottom);
        format!("<text transform=\"translate({at:.1},{m:.1}) rotate(-90)\" text-anchor=\"middle\">{words}</text>")
    };
    svg += &axis(14.0, "Current, magnitude (A)");
    svg += &axis(right + 54.0, "Conductance (G0), dots");
    // Away from zero in one colour, back in another. In compliance the terminals show less than the level: these samples are dots of their own,
    // and where the current jumps into it a broken line leads up from the voltage it had.
    for pair in used.windows(2) {
        let (i, j) = (pair[0], pair[1]);
        let (x0, y0, x1, y1) = (x(s.voltage[i]), y(s.current[i]), x(s.voltage[j]), y(s.current[j]));
        let colour = if s.voltage[j].abs() >= s.voltage[i].abs() { UP } else { BACK };
        let _ = match (limited(i), limited(j)) {
            (false, false) => {
                write!(svg, "<line x1=\"{x0:.1}\" y1=\"{y0:.1}\" x2=\"{x1:.1}\" y2=\"{y1:.1}\" stroke=\"{colour}\" stroke-width=\"1.2\"/>")
            }
            (false, true) => write!(
                svg,
                "<line x1=\"{x0:.1}\" y1=\"{y0:.1}\" x2=\"{x0:.1}\" y2=\"{y1:.1}\" stroke=\"{UP}\" stroke-width=\"1\" stroke-dasharray=\"4 3\"/>"
            ),
            _ => Ok(()),
        };
    }
    for &i in used.iter().filter(|i| limited(**i)) {
        let _ = write!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"1.4\" fill=\"#c77d0a\"/>", x(s.voltage[i]), y(s.current[i]));
    }
    for &i in used.iter().filter(|i| !limited(**i) && s.voltage[**i].abs() > READ) {
        let g = s.current[i] / s.voltage[i] / G0;
        if g > 1e-4 {
            let _ = write!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"1.6\" fill=\"#2e8b57\"/>", x(s.voltage[i]), yg(g));
        }
    }
    let held = used.iter().filter(|i| limited(**i)).count();
    let _ = write!(
        svg,
        "</svg><figcaption>All samples after the output was switched on again. Blue: away from zero, red: back. Current as read, below {} drawn at the lower edge (the range’s offset and noise). Green dots, right axis: conductance I/V in units of G0 = 77.5 µS, outside compliance, series resistance included. {held} samples are in compliance (orange dots): there the voltage at the terminals is what the filament leaves at the limit, far less than the source was set to; a broken line leads up from the voltage at which the current jumped there.</figcaption></figure>",
        scaled(LEAST, "A", 2)
    );
    Some(svg)
}
