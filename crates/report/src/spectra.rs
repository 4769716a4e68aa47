//! The X-ray spectra of a run: one figure of all of them, and the tables of what was found. Nothing of it without spectra.

use crate::data::ReportData;
use crate::format::{escape, quantity, scaled};
use crate::micrograph::{self, Micrograph};
use crate::picture::Window;
use crate::sections;
use crate::seen::{SMALL, panel};
use pentatwin_record::summary::Table;
use pentatwin_record::{Reader, RecordError};
use pentatwin_units::recorded;
use std::fmt::Write;

/// The section's title.
pub const TITLE: &str = "X-ray spectra (EDX)";
/// How the titles of their tables begin.
const TABLE: &str = "EDX";
/// Energies shown [keV].
const RANGE: [f64; 2] = [0.1, 12.0];
/// Size of the figure, and of what lies inside its axes [px].
const SIZE: [f64; 2] = [820.0, 330.0];
const INSIDE: [f64; 4] = [56.0, 12.0, 808.0, 288.0];
/// Lines named in the figure: name and energy [keV] (X-ray Data Booklet).
const NAMED: [(&str, f64); 10] = [
    ("C", 0.277),
    ("N", 0.392),
    ("O", 0.525),
    ("Cu L", 0.930),
    ("Si", 1.740),
    ("Pt M", 2.050),
    ("Ag L", 2.984),
    ("Fe", 6.404),
    ("Cu K", 8.047),
    ("Pt L", 9.442),
];

/// A spectrum as the page shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct Spectrum {
    /// Name in the store.
    pub name: String,
    /// When it was begun [s].
    pub time: f64,
    /// Middle of each channel [eV].
    pub energy: Vec<f64>,
    /// Counts.
    pub counts: Vec<f64>,
    /// Middle of the area along the wire, and its side [m]; NaN where the record does not say.
    pub place: f64,
    /// See `place`.
    pub side: f64,
    /// Maps of the area: lines, counts of each pixel, and warnings of the acquisition.
    pub maps: Vec<(String, Micrograph, String)>,
}

/// All spectra of a record, in the order they were taken.
///
/// # Errors
/// The record is damaged.
pub fn read(reader: &Reader) -> Result<Vec<Spectrum>, RecordError> {
    let mut groups: Vec<String> =
        reader.arrays().filter_map(|path| Some(path.strip_suffix(&format!("/{}", recorded::COUNTS.name))?.to_owned())).collect();
    groups.retain(|g| g.starts_with("spectra/"));
    let mut spectra = Vec::new();
    for group in groups {
        let info = reader.info(&group, recorded::COUNTS.name)?;
        let attribute = |key: &str| info.attributes.get(key).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
        let mut maps = Vec::new();
        for element in ["silver", "platinum"] {
            let group = format!("{group}/{element}");
            if let Some(image) = micrograph::single(reader, &group, f64::INFINITY, None)? {
                let info = reader.info(&group, recorded::IMAGE.name)?;
                let word = |key: &str| info.attributes.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
                maps.push((word("lines"), image, word("warnings")));
            }
        }
        spectra.push(Spectrum {
            name: group.trim_start_matches("spectra/").to_owned(),
            time: attribute("time"),
            place: attribute("position"),
            side: attribute("area_side"),
            maps,
            energy: reader.read_f64(&group, recorded::ENERGY.name)?.values,
            counts: reader.read_f64(&group, recorded::COUNTS.name)?.values,
        });
    }
    spectra.sort_by(|a, b| a.time.total_cmp(&b.time).then_with(|| a.name.cmp(&b.name)));
    Ok(spectra)
}

/// Whether a table is one of a spectrum.
pub(crate) fn is_of_spectrum(table: &Table) -> bool {
    table.title.starts_with(TABLE)
}

/// The section; nothing without spectra.
pub fn section(data: &ReportData) -> Option<String> {
    let (spectra, summary) = (&data.spectra, &data.summary);
    if spectra.is_empty() {
        return None;
    }
    // With a rewiring they are shown at their panel.
    let mut out =
        if summary.tables.iter().any(crate::rewiring::is_of_rewiring) { String::new() } else { figure(spectra) + &maps(data, |_| true) };
    out.push_str(&sections::some_tables(summary, is_of_spectrum));
    Some(out)
}

/// All spectra over each other, counts to the logarithm.
pub(crate) fn figure(spectra: &[Spectrum]) -> String {
    let [left, top, right, bottom] = INSIDE;
    let most = spectra.iter().flat_map(|s| &s.counts).fold(10.0f64, |m, n| m.max(*n)).log10().ceil();
    let x = |kev: f64| left + (kev - RANGE[0]) / (RANGE[1] - RANGE[0]) * (right - left);
    // Half a count stands for none.
    let y = |n: f64| bottom - (n.max(0.5).log10() - 0.5f64.log10()) / (most - 0.5f64.log10()) * (bottom - top);
    let mut svg = format!(
        "<figure id=\"edx\"><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"X-ray spectra, counts against energy\"><rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"var(--rule)\"/>",
        SIZE[0],
        SIZE[1],
        right - left,
        bottom - top
    );
    for k in 1..=12 {
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{k}</text>", x(f64::from(k)), bottom + 16.0);
    }
    let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">Energy (keV)</text>", 0.5 * (left + right), bottom + 34.0);
    for k in 0..=most as i32 {
        let at = y(10f64.powi(k));
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">10<tspan dy=\"-4\" font-size=\"8\">{k}</tspan></text><line x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"var(--rule)\" stroke-width=\"0.4\"/>",
            left - 6.0,
            at + 4.0
        );
    }
    let peak = |kev: f64| spectra.iter().map(|s| near(s, 1e3 * kev)).fold(0.0, f64::max);
    for (name, kev) in NAMED {
        let at = (y(peak(kev)) - 6.0).max(top + 10.0);
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{at:.1}\" text-anchor=\"middle\" font-size=\"10\">{name}</text>", x(kev));
    }
    for (k, s) in spectra.iter().enumerate() {
        let mut points = String::new();
        for (e, n) in s.energy.iter().zip(&s.counts) {
            let kev = 1e-3 * e;
            if (RANGE[0]..=RANGE[1]).contains(&kev) {
                let _ = write!(points, "{:.1},{:.1} ", x(kev), y(*n));
            }
        }
        let colour = COLOURS[k % COLOURS.len()];
        let _ = write!(
            svg,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{colour}\">{} · t = {}</text>",
            right - 8.0,
            top + 18.0 + 16.0 * k as f64,
            escape(&s.name),
            scaled(s.time, "s", 4)
        );
    }
    svg + "</svg><figcaption>Counts of each channel, to the logarithm; channels without counts lie on the lower edge. Names stand at the energies of the strongest lines. The spectra are in the record (spectra/…), and <code>pentatwin export --to msa</code> writes them for other programs.</figcaption></figure>"
}

/// The maps of the spectra that `which` picks, each line in a grey window of its own.
pub(crate) fn maps(data: &ReportData, which: impl Fn(&Spectrum) -> bool) -> String {
    let mut out = String::new();
    for s in data.spectra.iter().filter(|s| !s.maps.is_empty() && which(s)) {
        out += "<figure class=\"seen\">";
        for (lines, image, _) in &s.maps {
            let most = image.counts.iter().copied().max().unwrap_or(0);
            let sum: u64 = image.counts.iter().map(|n| u64::from(*n)).sum();
            // From nothing: few counts, and the background is not taken off.
            let window = Window { low: 0, high: most.max(1) };
            let _ = write!(
                out,
                "<div style=\"max-width:400px;display:inline-block;margin-right:1em\">{}<p class=\"under\"><b>{}</b> {sum} counts · black 0, white {most} a pixel</p></div>",
                panel(data, image, window, 1, SMALL, lines, &[]),
                escape(lines)
            );
        }
        let (image, warnings) = s.maps.first().map_or((None, ""), |(_, image, w)| (Some(image), w.as_str()));
        let (pixels, pixel, dose) = image.map_or((0, f64::NAN, f64::NAN), |i| (i.width, i.pixel, i.dose));
        let _ = write!(
            out,
            "<figcaption>Map of {}, t = {}: {pixels} pixels a side of {}, dose {}, counted like every other dose. Counts in a window of 1.5 widths around the alpha lines, background and neighbouring lines included: where nothing is bright there may still be counts.{}</figcaption></figure>",
            escape(&s.name),
            scaled(s.time, "s", 4),
            scaled(pixel, "m", 3),
            quantity(dose, "e/nm2", 3).replace("e/", "e⁻/"),
            if warnings.is_empty() { String::new() } else { format!(" <strong>Warning: {}.</strong>", escape(warnings)) }
        );
    }
    out
}

/// Colours that stand apart on light and dark ground.
const COLOURS: [&str; 4] = ["#2a6fdb", "#d1495b", "#2e8b57", "#c77d0a"];

/// Largest counts within 60 eV of an energy [eV].
fn near(s: &Spectrum, energy: f64) -> f64 {
    s.energy.iter().zip(&s.counts).filter(|(e, _)| (**e - energy).abs() < 60.0).map(|(_, n)| *n).fold(0.0, f64::max)
}
