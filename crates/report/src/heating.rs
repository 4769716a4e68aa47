//! What the page of a heating run shows in place of current and voltage: key moments with their temperature, the paper's Figure 3 panel by
//! panel, and the wires beside this one.

use crate::data::ReportData;
use crate::format::{escape, none, or_none, prose, quantity, scaled, table};
use crate::micrograph::{Micrograph, Microscopy};
use crate::picture::Window;
use crate::sections::verdict;
use crate::seen::{LARGE, MOST_BYTES, MOVIE, SMALL, binned, panel};
use pentatwin_record::summary::{Companion, Finding, Summary};
use pentatwin_units::recorded;
use std::fmt::Write;

/// Panel of Figure 3, what its caption says, and the single images that show it: the run's own, then the lattice engine's.
const PANELS: [(&str, &str, &[&str]); 6] = [
    ("a", "at 450 °C", &["image-1"]),
    ("b", "at 550 °C", &["image-2"]),
    ("c", "broken, the heating paused at 750 °C: the first moment", &["image-3", "lattice-tip-1"]),
    ("d", "the same pause, another moment", &["image-4", "lattice-tip-2"]),
    ("e", "high resolution with its FFT: removal along {111}", &["hrtem-facet", "hrtem-facet-spectrum"]),
    ("f", "high resolution, the other side of the silhouette", &["hrtem-ridge"]),
];

/// What an image of the lattice engine or in high resolution is.
fn origin(name: &str) -> &'static str {
    match name {
        "lattice-tip-1" => "a tip followed apart by the lattice engine, half-way",
        "lattice-tip-2" => "the same tip, at the end of the time it is followed",
        "hrtem-facet" => "high resolution, the facet's side of the silhouette",
        "hrtem-ridge" => "high resolution, the twin ridge's side of the silhouette",
        "hrtem-facet-spectrum" => "its Fourier transform",
        _ => "wire engine",
    }
}

/// The wire's temperature at a time [K].
fn temperature(data: &ReportData, time: f64) -> Option<f64> {
    let (_, film) = data.profiles.series.iter().find(|(q, _)| q.name == recorded::MEMBRANE_TEMPERATURE.name)?;
    let at = data.profiles.time.iter().rposition(|t| *t <= time + 1e-9)?;
    film.get(at).copied().filter(|t| t.is_finite())
}

/// Key moments with the wire's temperature.
pub fn moments(data: &ReportData) -> String {
    let s = &data.summary;
    if s.moments.is_empty() {
        return format!("<p>{}</p>", none("No key moments: nothing visible happened to the wire in this run."));
    }
    let rows: Vec<_> = s
        .moments
        .iter()
        .map(|m| {
            let hot = temperature(data, m.time).map_or_else(|| none("none"), |t| quantity(t, "degC", 4));
            let place = m.position.map_or_else(|| none("no place"), |x| scaled(x, "m", 3));
            ("", vec![format!("<b>{}</b>", escape(&m.name)), escape(&m.meaning), quantity(m.time, "s", 5), hot, place])
        })
        .collect();
    let mut out = table(&["Moment", "What happens", "Time|", "Temperature of the wire|", "Place|"], &rows);
    if !s.moments.iter().any(|m| m.name == "C") {
        let _ = write!(out, "<p>{}</p>", none("There is no moment C: the wire did not break."));
    }
    out
}

/// Whether a row of the checklist speaks of a panel: "Figure 3c-f", "Figure 3e, f".
fn speaks_of(finding: &Finding, letter: &str) -> bool {
    let Some(letters) = finding.place.strip_prefix("Figure 3") else { return false };
    let mut parts = letters.split(", ").map(|p| p.split_once('-').unwrap_or((p, p)));
    parts.any(|(from, to)| (from..=to).contains(&letter))
}

/// Figure 3, in at most what `taken` bytes of the page leave of 5 MB.
pub fn seen(data: &ReportData, taken: usize) -> String {
    let mut out = String::new();
    for bin in [1, 2, 4, 8] {
        out = whole(data, bin);
        if taken + out.len() <= MOST_BYTES {
            break;
        }
    }
    out
}

fn whole(data: &ReportData, bin: usize) -> String {
    let s = &data.summary;
    let nothing = Microscopy::default();
    let m = data.microscopy.as_ref().unwrap_or(&nothing);
    let image = |name: &str| m.singles.iter().find(|(n, _)| n == name).map(|(_, image)| image);
    // One grey window for the frames of the whole wire; atoms and spectra have their own.
    let overview = Window::of(m.singles.iter().filter(|(n, _)| n.starts_with("image-")).map(|(_, image)| image));
    let mut out = String::new();
    for (letter, says, images) in PANELS {
        let _ = write!(out, "<h3>{letter}: {}</h3>", escape(says));
        let there: Vec<(&str, &Micrograph)> = images.iter().filter_map(|name| Some((*name, image(name)?))).collect();
        if !there.is_empty() {
            out.push_str("<figure class=\"seen\">");
            for (name, micrograph) in &there {
                let own = name.starts_with("image-");
                let window = if own { overview } else { Window::of(std::iter::once(*micrograph)) };
                let width = if own { LARGE } else { SMALL };
                let _ = write!(
                    out,
                    "<div{}>{}<p class=\"under\"><b>{letter}</b> {}</p></div>",
                    if own { "" } else { " style=\"max-width:540px\"" },
                    // A spectrum's picometres stand for 1/nm.
                    if name.ends_with("spectrum") {
                        panel(data, micrograph, window, bin, width, letter, &[]).replace(" pm<", " nm⁻¹<")
                    } else {
                        panel(data, micrograph, window, bin, width, letter, &[])
                    },
                    under(data, name, micrograph)
                );
            }
            out.push_str("</figure>");
        } else {
            let _ = write!(out, "<p>{}</p>", none("This run has no image for this panel."));
        }
        let rows: Vec<_> = s
            .checklist
            .iter()
            .filter(|f| speaks_of(f, letter))
            .map(|f| ("", vec![escape(&f.claim), verdict(f.verdict), or_none(&prose(&f.evidence), "none")]))
            .collect();
        out.push_str(&table(&["The paper says", "Verdict", "This run"], &rows));
    }
    if m.singles.iter().any(|(n, _)| n.starts_with("image-")) {
        let _ = write!(
            out,
            "<p class=\"note\">Images of the wire engine: HAADF-STEM, silver bright; one grey window for a to d, {} to {} counts.{}</p>",
            overview.low,
            overview.high,
            binned(bin)
        );
    }
    if m.movie {
        out.push_str(MOVIE);
    }
    out
}

/// Time, temperature and dose of an image.
fn under(data: &ReportData, name: &str, image: &Micrograph) -> String {
    let mut parts = vec![origin(name).to_owned()];
    if image.time.is_finite() {
        parts.push(format!("t = {}", quantity(image.time, "s", 5)));
        if name.starts_with("hrtem") {
            let imaged = data.summary.parameters.iter().find(|p| p.key == "lattice.imaged_at");
            parts.extend(imaged.map(|p| format!("the tip as it is then, imaged at {}", prose(&p.value))));
        } else {
            parts.extend(temperature(data, image.time).map(|t| format!("wire at {}", quantity(t, "degC", 4))));
        }
    }
    if name.ends_with("spectrum") {
        parts.push("dotted rings: {111}, {200}, {220} of silver at that temperature, by the image's own calibration".to_owned());
        return parts.join(" · ");
    }
    let electrons = |d: f64| quantity(d, "e/nm2", 4).replace("e/", "e⁻/");
    if image.dose.is_finite() {
        parts.push(format!("dose {}", electrons(image.dose)));
    }
    if name.starts_with("image-") && image.dose_until.is_finite() && image.dose_until > image.dose {
        parts.push(format!("since the start {}", electrons(image.dose_until)));
    }
    parts.join(" · ")
}

/// Columns of the wires beside this one: number, head, unit.
const BESIDE: [(&str, &str, &str); 7] = [
    ("visible_after", "Visible after", "s"),
    ("broken_after", "Broken after", "s"),
    ("onset_temperature", "Visible from", "degC"),
    ("rupture_temperature", "Broken at", "degC"),
    ("rupture_time", "Broken at", "s"),
    ("volume_left", "Silver left", "%"),
    ("pieces", "Pieces", ""),
];

/// The wires beside this one, and this one.
pub fn companions(s: &Summary) -> String {
    if s.companions.is_empty() {
        return format!("<p>{}</p>", none("No runs were made beside this one."));
    }
    let here = Companion {
        label: "this run".to_owned(),
        rate: 0.0,
        numbers: s.results.iter().filter_map(|r| Some((r.name.clone(), r.value?))).collect(),
        ended: "see above".to_owned(),
    };
    let row = |c: &Companion, class: &'static str| {
        let mut cells = vec![escape(&prose(&c.label))];
        cells.extend(BESIDE.iter().map(|(name, _, unit)| match c.numbers.get(*name) {
            Some(v) if v.is_finite() => quantity(*v, unit, 3),
            _ => none("–"),
        }));
        cells.push(escape(&c.ended));
        (class, cells)
    };
    let mut rows: Vec<_> = s.companions.iter().map(|c| row(c, "")).collect();
    rows.push(row(&here, "strong"));
    let heads: Vec<String> =
        ["Run".to_owned()].into_iter().chain(BESIDE.iter().map(|(_, head, _)| format!("{head}|"))).chain(["Ended".to_owned()]).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    format!(
        "{}<p class=\"note\">“Held at”: a fresh wire, brought there at 1000 K/s and held until it breaks; times count from reaching the temperature. The others: this protocol with one thing changed. \
         Both with this run’s seed on 10 µm of wire in cells of at least 20 nm, so that their times differ by some per cent from this run’s.</p>",
        table(&heads, &rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use pentatwin_record::summary::Verdict;

    #[test]
    fn a_row_speaks_of_the_panels_of_its_place() {
        let of = |place: &str, letter: &str| {
            speaks_of(&Finding { claim: String::new(), place: place.into(), verdict: Verdict::Emerged, evidence: String::new() }, letter)
        };
        assert!(of("Figure 3a", "a") && !of("Figure 3a", "b"));
        assert!(of("Figure 3c, d", "c") && of("Figure 3c, d", "d") && !of("Figure 3c, d", "e"));
        assert!(of("Figure 3c-f", "e") && !of("Figure 3c-f", "b"));
        assert!(!of("NW Breakdown by Heating", "a"));
    }
}
