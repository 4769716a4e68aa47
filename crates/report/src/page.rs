//! The page: its sections in order, its data, its script.

use crate::data::ReportData;
use crate::format::{escape, none, or_none};
use crate::{imported, measured, pack, plate, rewiring, script, sections, seen, shape, spectra};
use std::fmt::Write;

/// Bytes of the page beside the run's data and the images, generously: script, style, text and tables.
const REST: usize = 250_000;

/// The whole page as HTML that opens without a network.
pub fn render(data: &ReportData) -> String {
    let s = &data.summary;
    let has_profiles = data.profile_count() > 0;
    let figure =
        |html: &str| if has_profiles { html.to_owned() } else { format!("<p>{}</p>", none("No profiles were recorded in this run.")) };
    let carried = packed(data);
    let shape = shape::section(data);
    let rewired = rewiring::section(data);
    let lengths = [carried.as_ref().ok(), shape.as_ref(), rewired.as_ref()].map(|part| part.map_or(0, String::len));
    let taken = lengths.iter().sum::<usize>() + REST;
    let mut parts: Vec<(&str, &str, String)> = if let Some(log) = &data.imported {
        let mut parts = vec![("log", "What this is", imported::about(log)), ("in-time", "Columns in time", imported::in_time(log))];
        if data.samples.len() > 0 {
            let caption =
                "<figcaption>Current against voltage, row by row as the log has them. Square: the time of the slider.</figcaption>";
            let figure = match (IV.find("<figcaption>"), IV.find("</figure>")) {
                (Some(from), Some(to)) => format!("{}{caption}\n{}", &IV[..from], &IV[to..]),
                _ => IV.to_owned(),
            };
            parts.push(("iv", "Current and voltage", figure));
        }
        parts.extend([
            ("remarks", "Notes of the user", imported::remarks(log)),
            ("metadata", "What the log says about itself", imported::metadata(log)),
            ("measured", "Measured on the frames", measured::section(data.measured.as_ref(), data.measured_page)),
            ("provenance", "Provenance", sections::provenance(data)),
        ]);
        // A log has no frames; those that an analysis tied to it are shown.
        parts.retain(|(id, ..)| *id != "measured" || data.measured.is_some());
        parts
    } else if s.plate.chip == "heating" {
        vec![
            ("put-in", "What was put in", sections::put_in(s)),
            ("plate", "The device", plate::plate(&s.plate)),
            ("heated", "Temperature, silver and width in time", format!("{}{}", figure(HEATING), crate::heating::moments(data))),
            ("seen", "Figure 3, panel by panel", seen::seen(data, taken)),
            ("measured", "Measured on the frames", measured::section(data.measured.as_ref(), data.measured_page)),
            ("outline", "Outline of the wire", figure(&OUTLINE.replace(", contacts beneath (grey)", ""))),
            ("kymograph", "Diameter in time", figure(&heated_kymograph())),
            ("results", "Results", sections::results(s)),
            ("atoms", "Site by site", sections::tables(s)),
            ("companions", "Wires beside this one", crate::heating::companions(s)),
            ("checklist", "The paper’s heating section, row by row", sections::checklist(s)),
            ("maturity", "Maturity of the models", sections::maturity(s)),
            ("protocol", "Protocol as run", protocol(&data.protocol)),
            ("provenance", "Provenance", sections::provenance(data)),
        ]
    } else {
        vec![
            ("put-in", "What was put in", sections::put_in(s)),
            ("plate", "The device", plate::plate(&s.plate)),
            ("iv", "Current and voltage", format!("{}{}", IV, sections::moments(s))),
            ("seen", "What the microscope saw", seen::seen(data, taken)),
            ("measured", "Measured on the frames", measured::section(data.measured.as_ref(), data.measured_page)),
            ("outline", "Outline of the wire", figure(&outline(data))),
            ("kymograph", "Diameter and temperature in time", figure(KYMOGRAPH)),
            (
                "temperature",
                "Temperature along the wire",
                format!("{}<h3>Where the heat goes</h3>{}", figure(TEMPERATURE), sections::heat(s.heat.as_ref())),
            ),
            ("states", "States and their resistance", sections::states(s)),
            ("results", "Results", sections::results(s)),
            ("companions", "Runs beside this one", sections::companions(s)),
            ("after-break", "After the break", sections::after_break(s.after_break.as_ref())),
            ("checklist", "The paper’s breakdown section, row by row", sections::checklist(s)),
            ("maturity", "Maturity of the models", sections::maturity(s)),
            ("protocol", "Protocol as run", protocol(&data.protocol)),
            ("provenance", "Provenance", sections::provenance(data)),
        ]
    };
    // A run on a real source-meter has no wire of ours behind it, and no truth: nothing on its page may look as if it had.
    if data.provenance_of(&["source_meter"]).is_some() {
        parts = vec![
            ("iv", "Current and voltage", format!("{}{}", IV, sections::moments(s))),
            ("states", "States and their resistance", sections::states(s)),
            ("results", "Results", sections::results(s)),
            ("put-in", "What the source-meter was told", told(s)),
            ("measured", "Measured on the frames", measured::section(data.measured.as_ref(), data.measured_page)),
            ("protocol", "Protocol as run", protocol(&data.protocol)),
            ("provenance", "Provenance", sections::provenance(data)),
        ];
        parts.retain(|(id, ..)| *id != "measured" || data.measured.is_some());
    }
    if let (Some(shape), Some(seen)) = (shape, parts.iter().position(|(id, ..)| *id == "seen")) {
        parts.insert(seen + 1, ("shape", shape::TITLE, shape));
    }
    if let (Some(section), Some(results)) = (rewired, parts.iter().position(|(id, ..)| *id == "results")) {
        parts.insert(results, ("rewiring", rewiring::TITLE, section));
    }
    if let (Some(section), Some(results)) = (spectra::section(data), parts.iter().position(|(id, ..)| *id == "results")) {
        parts.insert(results, ("spectra", spectra::TITLE, section));
    }
    let mut out = head(&s.title, data.microscopy.as_ref().is_some_and(|m| m.movie));
    header(&mut out, data);
    numbered(&mut out, "", &parts);
    out.push_str(CLOCK);
    match carried {
        Ok(json) => {
            let _ = writeln!(out, "<script type=\"application/json\" id=\"run-data\">{json}</script>");
        }
        // Only numbers that JSON cannot hold lead here, and they are filtered: the text of the page stands without its figures.
        Err(e) => {
            let _ = write!(out, "<p>{}</p>", none(&format!("The figures cannot be drawn: {e}")));
        }
    }
    ending(&mut out);
    out
}

/// The list of a page's sections (id, title, body), then the sections with their numbers, in `<main>` of a class (empty: none).
pub(crate) fn numbered(out: &mut String, class: &str, parts: &[(&str, &str, String)]) {
    out.push_str("<nav aria-label=\"Sections\"><ol>");
    for (i, (id, title, _)) in parts.iter().enumerate() {
        let _ = write!(out, "<li><a href=\"#{id}\">{} {title}</a></li>", i + 1);
    }
    out.push_str("</ol></nav>\n");
    let _ = if class.is_empty() { writeln!(out, "<main>") } else { writeln!(out, "<main class=\"{class}\">") };
    for (i, (id, title, body)) in parts.iter().enumerate() {
        let _ = write!(
            out,
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\"><h2 id=\"{id}-title\"><span class=\"n\">{}</span>{title}</h2>\n{body}</section>\n",
            i + 1
        );
    }
    out.push_str("</main>\n");
}

/// The scripts, and the end of the page.
pub(crate) fn ending(out: &mut String) {
    let _ = write!(
        out,
        "<script>/*\n{}\n*/\n{}</script>\n<script>{}</script>\n</body>\n</html>\n",
        script::UPLOT_LICENCE,
        script::UPLOT,
        script::joined()
    );
}

/// The run's arrays as the modules of [`script`] unpack them: JSON that is safe inside a script element.
///
/// # Errors
/// A number that JSON cannot hold; none in practice, they are filtered.
pub fn packed(data: &ReportData) -> Result<String, serde_json::Error> {
    let s = &data.summary;
    pack::pack(data, (!s.companions.is_empty()).then(|| sections::this_run(s)))
}

pub(crate) fn head(title: &str, movie: bool) -> String {
    // Only a page with a movie may load one, from its own folder: `file:` for a page opened from the disk, where nothing counts as 'self'.
    let media = if movie { "; media-src 'self' file:" } else { "" };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:{media}\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{}{}</style>\n</head>\n<body>\n",
        escape(title),
        script::UPLOT_STYLE,
        script::STYLE
    )
}

fn header(out: &mut String, data: &ReportData) {
    let s = &data.summary;
    let fact = |name: &str, text: Option<&str>| {
        format!("<div><dt>{name}</dt><dd>{}</dd></div>", text.map_or_else(|| none("not stated"), |t| or_none(t, "not stated")))
    };
    if let Some(log) = &data.imported {
        let _ = write!(
            out,
            "<header><h1>{}</h1>\n<p class=\"ended\">{}</p>\n<dl class=\"facts\">{}{}{}</dl></header>\n",
            or_none(&s.title, "untitled log"),
            or_none(&s.ended, "imported"),
            imported::facts(log),
            fact("pentatwin", data.provenance_of(&["pentatwin"])),
            fact("Record version", data.provenance_of(&["record_version"])),
        );
        return;
    }
    let _ = write!(
        out,
        "<header><h1>{}</h1>\n<p class=\"ended\">End of the run: {}</p>\n<dl class=\"facts\">{}{}{}{}{}</dl></header>\n",
        or_none(&s.title, "untitled run"),
        or_none(&s.ended, "an unstated reason"),
        fact("Protocol", Some(&s.name)),
        match data.provenance_of(&["source_meter"]) {
            Some(identity) => fact("Measured with", Some(identity)),
            None => fact("Seed", Some(&s.seed.to_string())),
        },
        fact("Date", data.provenance_of(&["started_utc", "started"])),
        fact("pentatwin", data.provenance_of(&["pentatwin"])),
        fact("Record version", data.provenance_of(&["record_version"])),
    );
}

/// The settings of a run on a real source-meter.
fn told(s: &pentatwin_record::summary::Summary) -> String {
    let rows: Vec<_> = s.parameters.iter().map(|p| ("", vec![escape(&p.key), escape(&p.value), escape(&p.meaning)])).collect();
    format!(
        "<p>Everything on this page was measured on a real instrument. What the protocol says about the wire and the microscope acted on nothing and is left out here.</p>{}",
        crate::format::table(&["Setting", "Value", "Meaning"], &rows)
    )
}

fn protocol(text: &str) -> String {
    if text.trim().is_empty() {
        format!("<p>{}</p>", none("The record holds no protocol."))
    } else {
        format!("<pre>{}</pre>", escape(text))
    }
}

/// The outline, with what it shows where the break was followed in three dimensions.
fn outline(data: &ReportData) -> String {
    let coupling = data.summary.parameters.iter().find(|p| p.key == "shape.coupling").map(|p| p.value.as_str());
    match coupling {
        Some("lock-step") => OUTLINE.replace(
            OUTLINE_ONLY,
            "From the onset of the break to the rupture the cross-sections in the lattice’s window are the lattice’s, elsewhere the wire engine’s. Both are drawn as pentagons: facets, slits and needles are in <a href=\"#shape\">the break in three dimensions</a>.",
        ),
        Some("one-way") => OUTLINE.replace(
            OUTLINE_ONLY,
            "These are the wire engine’s cross-sections, which the lattice does not act on (one-way): facets, slits and needles are in <a href=\"#shape\">the break in three dimensions</a>.",
        ),
        _ => OUTLINE.to_owned(),
    }
}

/// The kymograph with the words of a run without current.
fn heated_kymograph() -> String {
    let caption = "<figcaption>Time runs downwards and is shared by the image and by the wire’s temperature (full line, lower axis) and the silver left (dashed, upper axis). Open: no silver.</figcaption>";
    match (KYMOGRAPH.find("<figcaption>"), KYMOGRAPH.find("</figure>")) {
        (Some(from), Some(to)) => format!("{}{caption}\n{}", &KYMOGRAPH[..from], &KYMOGRAPH[to..]),
        _ => KYMOGRAPH.to_owned(),
    }
}

const IV: &str = r#"<figure data-figure="iv">
<fieldset><legend>Show</legend>
<label><input type="checkbox" name="log"><span>logarithmic current</span></label>
<label><input type="checkbox" name="late"><span>last 10 % of the voltage only</span></label>
<label><input type="checkbox" name="resistance"><span>resistance V/I</span></label></fieldset>
<div><canvas role="img" aria-label="Current against voltage with the key moments A, B and C; the numbers are in the table below"></canvas></div>
<output>Point at the curve to read a sample; click to move the time to it.</output>
<figcaption>Current, mean over the aperture of each sample, against the voltage at the source-meter. Letters: key moments (table). Cross: the sample that tripped. Square: the time of the slider.</figcaption>
</figure>
"#;

const HEATING: &str = r#"<figure data-figure="heating">
<div data-plot></div><div data-plot></div><div data-plot></div>
<figcaption>The wire’s own temperature, the error of the chip included; the silver left of the simulated wire; its widest and its thinnest place where there is silver, as projected width. A, B, C: key moments (table). Click to move the time.</figcaption>
</figure>
"#;

const OUTLINE_ONLY: &str = "Facets, slit voids and needle tips are outside a model of cross-sections.";
const OUTLINE: &str = r#"<figure data-figure="outline">
<div><canvas role="img"></canvas></div>
<figcaption>Left: whole wire seen from above, contacts beneath (grey). Across the wire the scale is stretched <b data-stretch></b> against the scale along it. Right: true shape, one scale for both directions.
Drawn width = 2 × equal-area radius ÷ 0.9146, the projected width of a pentagon of the same area lying on a flat side wall. Dashed: the wire as made. A place that reads less than 1 nm in radius is open.
Facets, slit voids and needle tips are outside a model of cross-sections.</figcaption>
</figure>
"#;

const KYMOGRAPH: &str = r#"<figure data-figure="kymograph">
<div class="controls"><fieldset><legend>Image of</legend>
<label><input type="radio" name="quantity" value="diameter" checked><span>diameter</span></label>
<label><input type="radio" name="quantity" value="temperature"><span>temperature</span></label></fieldset>
<fieldset><legend>Time</legend>
<label><input type="radio" name="window" value="whole" checked><span>whole run</span></label>
<label><input type="radio" name="window" value="late"><span>last 10 %</span></label>
<label><input type="radio" name="window" value="before"><span>last millisecond, logarithmic</span></label>
<label><input type="radio" name="window" value="behind"><span>after the break, logarithmic</span></label></fieldset></div>
<div><canvas role="img" aria-label="Image of diameter or temperature against position and time, with voltage and current on the same time axis"></canvas></div>
<output>Point at the image to read it; click to move the time.</output>
<figcaption>Time runs downwards and is shared by the image and by current (full line, lower axis) and voltage (dashed, upper axis). Beside the rupture the curves are the simulator’s own current and the voltage across the wire between its contacts. Dashed lines in the image: contact edges.</figcaption>
</figure>
"#;

const TEMPERATURE: &str = r#"<figure data-figure="temperature">
<div data-plot></div>
<figcaption>“Before C” is the last profile whose neck still has 25 % of its area (T25): at the rupture itself the neck’s temperature has no meaning, since all of the voltage lies across a nanometre. Grey: on the contacts. A curve is interrupted where there is no silver.</figcaption>
</figure>
"#;

const CLOCK: &str = r#"<div class="clock" data-clock hidden><div><div class="row"><label for="time">Time</label><input type="range" id="time" min="0" max="0" step="1" value="0"><span data-jumps role="group" aria-label="Key moments"></span></div><output for="time"></output></div></div>
"#;
