//! The parts of the page that are text and tables.

use crate::data::ReportData;
use crate::format::{escape, none, or_none, pretty, pretty_unit, prose, quantity, scaled, table};
use pentatwin_record::summary::{AfterBreak, Band, Basis, Companion, HeatShares, ResultRow, Summary, Table, Verdict};
use std::fmt::Write;

fn word(text: &str) -> String {
    format!("<p>{}</p>", none(text))
}

/// The register of what was set by hand, and all parameters.
pub fn put_in(s: &Summary) -> String {
    let mut out = String::from("<p>Set by hand, and the result may depend on it. Read this before any number below.</p>");
    if s.put_in.is_empty() {
        out.push_str(&word("The record holds no register of inputs."));
    } else {
        let rows: Vec<_> =
            s.put_in.iter().map(|p| ("", vec![escape(&p.what), or_none(&pretty(&p.value), "none"), escape(&prose(&p.why))])).collect();
        out.push_str(&table(&["What", "Value", "Why it is an input"], &rows).replace("<table>", "<table class=\"register\">"));
    }
    if s.parameters.is_empty() {
        return out + &word("The record holds no table of parameters.");
    }
    let changed = s.parameters.iter().filter(|p| p.changed).count();
    let _ = write!(
        out,
        "<details><summary>All {} parameters as used, {} changed from {} default</summary>",
        s.parameters.len(),
        if changed == 0 { "none".to_owned() } else { changed.to_string() },
        if changed == 1 { "its" } else { "their" }
    );
    let rows: Vec<_> = s
        .parameters
        .iter()
        .map(|p| {
            let mark = if p.changed { format!("{} <span class=\"badge measured\">changed</span>", escape(&p.key)) } else { escape(&p.key) };
            let cells =
                [&p.value, &p.default, &p.range].map(|t| or_none(&t.split(" to ").map(pretty).collect::<Vec<_>>().join(" to "), "none"));
            let [value, default, range] = cells;
            (
                if p.changed { "changed" } else { "" },
                vec![mark, value, default, range, escape(&p.status), or_none(&p.source, "none"), escape(&p.meaning)],
            )
        })
        .collect();
    out.push_str(&table(&["Parameter", "Value", "Default", "Range", "Status", "Source", "Meaning"], &rows));
    out + "</details>"
}

/// Key moments, beside the I-V curve.
pub fn moments(s: &Summary) -> String {
    if s.moments.is_empty() {
        return word("No key moments: nothing visible happened to the wire in this run.");
    }
    let rows: Vec<_> = s
        .moments
        .iter()
        .map(|m| {
            let place = m.position.map_or_else(|| none("no place"), |x| scaled(x, "m", 3));
            (
                "",
                vec![
                    format!("<b>{}</b>", escape(&m.name)),
                    escape(&m.meaning),
                    time(m.time),
                    scaled(m.voltage, "V", 4),
                    scaled(m.current, "A", 4),
                    place,
                ],
            )
        })
        .collect();
    let mut out = table(&["Moment", "What happens", "Time|", "Voltage|", "Current|", "Place|"], &rows);
    if !s.moments.iter().any(|m| m.name == "C") {
        out.push_str(&word("There is no moment C: the wire did not break."));
    }
    out
}

fn time(t: f64) -> String {
    if t.abs() >= 1.0 { quantity(t, "s", 7) } else { scaled(t, "s", 4) }
}

/// Heat shares as a bar for each way.
pub fn heat(h: Option<&HeatShares>) -> String {
    let Some(h) = h else {
        return word("No heat balance was recorded.");
    };
    let shares = [
        ("through the film", h.film),
        ("along the wire into pad 1", h.pad_1),
        ("along the wire into pad 2", h.pad_2),
        ("stored in the wire", h.stored),
    ];
    let mut out = format!(
        "<p>At t = {} the wire dissipates {} and is hottest at {} ({}). The heat goes</p><div class=\"bars\" id=\"heat-shares\">",
        time(h.time),
        scaled(h.wire_power, "W", 3),
        quantity(h.max_temperature, "K", 4),
        quantity(h.max_temperature, "degC", 3)
    );
    for (name, share) in shares {
        let width = if share.is_finite() { share.abs().min(1.0) * 100.0 } else { 0.0 };
        let _ = write!(
            out,
            "<span>{name}</span><span class=\"track\"><i style=\"left:0;width:{width:.2}%\"></i></span><span class=\"v\">{}</span>",
            percent(share)
        );
    }
    out.push_str("</div>");
    if shares.iter().any(|(_, v)| *v < 0.0) {
        out.push_str("<p class=\"note\">A negative share is heat given back; its bar shows the size.</p>");
    }
    out
}

fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", share * 100.0).replace('-', "−") } else { "none".to_owned() }
}

/// Resistance of the states and the split of its change.
pub fn states(s: &Summary) -> String {
    let mut out = String::new();
    if s.states.is_empty() {
        out.push_str(&word("No states were recorded."));
    } else {
        let rows: Vec<_> = s
            .states
            .iter()
            .map(|x| {
                (
                    "",
                    vec![
                        escape(&x.name),
                        x.resistance.map_or_else(|| none("open circuit"), |r| scaled(r, "ohm", 4)),
                        escape(&prose(&x.note)),
                    ],
                )
            })
            .collect();
        out.push_str(&table(&["State", "Resistance|", "Note"], &rows));
    }
    let Some(c) = s.resistance_change.as_ref() else {
        return out + &word("The change of resistance was not split by cause.");
    };
    let parts = [
        ("heating of the wire", c.heating),
        ("annealing of the contacts", c.annealing),
        ("redistribution of silver", c.redistribution),
        ("total", c.total),
    ];
    let most = parts.iter().map(|(_, v)| v.abs()).filter(|v| v.is_finite()).fold(1e-12, f64::max);
    out.push_str("<h3>Why the resistance changed before the break</h3><div class=\"bars\" id=\"resistance-change\">");
    for (name, v) in parts {
        let size = if v.is_finite() { v.abs() / most * 48.0 } else { 0.0 };
        let left = if v < 0.0 { 50.0 - size } else { 50.0 };
        let class = if name == "total" { " class=\"total\"" } else { "" };
        let sign = if v > 0.0 { "+" } else { "" };
        let _ = write!(
            out,
            "<span{class}>{name}</span><span class=\"track\"><i style=\"left:{left:.2}%;width:{size:.2}%\"></i><u style=\"left:50%\"></u></span><span class=\"v\">{sign}{}</span>",
            quantity(v, "ohm", 3)
        );
    }
    out + "</div>"
}

fn band_text(b: Option<&Band>, unit: &str) -> String {
    match b {
        Some(b) if b.low.is_finite() && b.high.is_finite() => {
            let (low, high) = (quantity(b.low, unit, 3), quantity(b.high, unit, 3));
            let low = low.strip_suffix(&format!(" {}", pretty_unit(unit))).unwrap_or(&low).to_owned();
            let median = if b.median.is_finite() {
                format!("<br><span class=\"small\">median {}</span>", quantity(b.median, unit, 3))
            } else {
                String::new()
            };
            format!("{low} to {high}{median}")
        }
        Some(_) => none("not bounded"),
        None => none("no band"),
    }
}

fn drivers(b: Option<&Band>) -> String {
    match b {
        Some(b) if !b.drivers.is_empty() => b
            .drivers
            .iter()
            .map(|(k, r)| format!("{} ({})", escape(k), format!("{r:+.2}").replace('-', "−")))
            .collect::<Vec<_>>()
            .join("<br>"),
        _ => none("none"),
    }
}

fn value(r: &ResultRow) -> String {
    match r.value {
        Some(v) if v.is_finite() => format!("{}{}", if r.bound == "<=" { "≤ " } else { "" }, quantity(v, &r.unit, 4)),
        _ => none("none"),
    }
}

fn badge(b: Basis) -> &'static str {
    match b {
        Basis::Measured => "<span class=\"badge measured\" title=\"from what an instrument could have delivered\">measured</span>",
        Basis::Truth => "<span class=\"badge truth\" title=\"the simulator's own state\">truth</span>",
    }
}

/// Headline numbers.
pub fn results(s: &Summary) -> String {
    if s.results.is_empty() {
        return word("No results: the run gave no numbers.");
    }
    let rows: Vec<_> = s
        .results
        .iter()
        .map(|r| {
            (
                "",
                vec![
                    escape(&r.label),
                    value(r),
                    band_text(r.band.as_ref(), &r.unit),
                    drivers(r.band.as_ref()),
                    badge(r.basis).to_owned(),
                    escape(&r.meaning),
                ],
            )
        })
        .collect();
    let mut out = table(&["Result", "Value|", "Band (16–84 %)|", "Driven by (rank correlation)", "Basis", "What it means"], &rows);
    match &s.draws {
        Some(d) => {
            let _ = write!(
                out,
                "<p class=\"note\">Bands from {} draws: {} accepted, {} of these did not break. {}</p>",
                d.asked,
                d.accepted,
                d.unbroken,
                escape(&d.note)
            );
        }
        None => out.push_str("<p class=\"note\">No bands were asked for (<code>--band 0</code>): the values carry no spread.</p>"),
    }
    out
}

/// This run as one more row beside its companions; its rate is read from the parameter table.
pub fn this_run(s: &Summary) -> Companion {
    let rate = s
        .parameters
        .iter()
        .filter(|p| p.key.ends_with("rate") && p.key.contains("sweep"))
        .find_map(|p| rate(&p.value))
        .or_else(|| rate_in_protocol_name(s));
    Companion {
        label: "this run".to_owned(),
        rate: rate.unwrap_or(f64::NAN),
        numbers: s.results.iter().filter_map(|r| Some((r.name.clone(), r.value?))).collect(),
        ended: s.ended.clone(),
    }
}

fn rate(text: &str) -> Option<f64> {
    let (_, dimension) = pentatwin_units::parse("1 V/s").ok()?;
    pentatwin_units::parse_as(text, dimension).ok()
}

/// A companion at the same rate as the title says: "Breakdown at 100 mV/s (Figure 2a)".
fn rate_in_protocol_name(s: &Summary) -> Option<f64> {
    let words: Vec<&str> = s.title.split_whitespace().collect();
    words.windows(2).find_map(|w| match w {
        [number, unit] => rate(&format!("{number} {unit}")),
        _ => None,
    })
}

/// Columns of the table of companions: result, short head, unit.
const BESIDE: &[(&str, &str, &str)] = &[
    ("breakdown_voltage", "V", "V"),
    ("breakdown_current", "I", "mA"),
    ("current_density", "j", "A/m2"),
    ("wire_voltage", "V wire", "V"),
    ("t25", "T25", "K"),
    ("gap_position", "Gap at", "um"),
    ("gap_width", "Width", "nm"),
    ("dipole_index", "Dipole", ""),
    ("em_share", "EM", "%"),
    ("hillock_height", "Hillock", "nm"),
];

/// The runs beside this one, with the numbers they have.
pub fn companions(s: &Summary) -> String {
    if s.companions.is_empty() {
        return word("No runs were made beside this one.");
    }
    let mut all = s.companions.clone();
    all.push(this_run(s));
    let columns: Vec<_> = BESIDE.iter().filter(|(name, ..)| all.iter().any(|c| c.numbers.contains_key(*name))).collect();
    let mut heads: Vec<String> = vec!["Run".into(), "Rate|".into()];
    heads.extend(
        columns.iter().map(|(_, head, unit)| if unit.is_empty() { format!("{head}|") } else { format!("{head} ({})|", pretty_unit(unit)) }),
    );
    heads.push("Ended".into());
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let row = |i: usize, c: &Companion| {
        let rate = if c.rate.is_finite() { scaled(c.rate, "V/s", 3) } else { none("not stated") };
        let mut cells = vec![escape(&prose(&c.label)), rate];
        cells.extend(columns.iter().map(|(name, _, unit)| match c.numbers.get(*name) {
            // The unit stands in the head.
            Some(v) if v.is_finite() => quantity(*v, unit, 3).split(' ').next().unwrap_or_default().to_owned(),
            _ => none("none"),
        }));
        let short = c.ended.split([':', ';']).next().unwrap_or_default();
        cells.push(if i + 1 == all.len() {
            none("see above")
        } else {
            format!("<span title=\"{}\">{}</span>", escape(&c.ended), escape(short))
        });
        (if i + 1 == all.len() { "strong" } else { "" }, cells)
    };
    let rows: Vec<_> = all.iter().enumerate().map(|(i, c)| row(i, c)).collect();
    let plots = [
        ("breakdown_voltage", "Breakdown voltage, magnitude", "Voltage (V)", 1.0),
        ("gap_position", "Gap position", "Position (µm)", 1e-6),
    ];
    let mut out = table(&heads, &rows);
    out.push_str("<p class=\"note\">The same device and seed but for what the first column says. V, I: at the break; V wire: across the wire at the 25 % neck; j: current over the as-made cross-section. T25: hottest place then. \
         Dipole: index, +1 when all silver went from the half of contact 1 to that of contact 2. EM: part of the silver removed at the gap that electromigration carried off. The plots show the runs that differ in the rate alone.</p><div class=\"pair\">");
    for (name, title, axis, factor) in plots {
        let _ = write!(out, "<div data-result=\"{name}\" data-title=\"{title}\" data-axis=\"{axis}\" data-factor=\"{factor}\"></div>");
    }
    out + "</div>"
}

/// Whether a table has a section of its own.
pub fn is_apart(t: &Table) -> bool {
    crate::spectra::is_of_spectrum(t) || crate::rewiring::is_of_rewiring(t)
}

/// Tables with their own headings: all but those that have a section of their own.
pub fn tables(s: &Summary) -> String {
    let out = some_tables(s, |t| !is_apart(t));
    if out.is_empty() { word("The lattice engine was not run (lattice.engine).") } else { out }
}

/// The tables that are wanted.
pub fn some_tables(s: &Summary, wanted: impl Fn(&Table) -> bool) -> String {
    let mut out = String::new();
    for t in s.tables.iter().filter(|t| wanted(t)) {
        let heads: Vec<&str> = t.columns.iter().map(String::as_str).collect();
        let rows: Vec<_> = t.rows.iter().map(|r| ("", r.iter().map(|c| escape(&prose(c))).collect())).collect();
        let _ = write!(out, "<h3>{}</h3>{}", escape(&prose(&t.title)), table(&heads, &rows));
        if !t.note.is_empty() {
            let _ = write!(out, "<p class=\"note\">{}</p>", escape(&prose(&t.note)));
        }
    }
    out
}

/// After the break.
pub fn after_break(a: Option<&AfterBreak>) -> String {
    let Some(a) = a else {
        return word("The wire did not break in this run, so there is nothing after it.");
    };
    let within = |t: Option<f64>| t.map_or_else(|| none("not within the run"), |t| scaled(t, "s", 3));
    let rows = vec![
        ("", vec!["Hottest place of the wire below 500 K after".to_owned(), within(a.below_500_k)]),
        ("", vec!["Pads and membrane within 10 K of the frame after".to_owned(), within(a.chip_cold)]),
        ("", vec!["Consumed at the tip on the side of contact 1".to_owned(), scaled(a.consumed_1, "m", 3)]),
        ("", vec!["Consumed at the tip on the side of contact 2".to_owned(), scaled(a.consumed_2, "m", 3)]),
        ("", vec!["Mean power left on".to_owned(), scaled(a.power, "W", 3)]),
    ];
    format!(
        "{}<p>{}</p>",
        table(&["After the break", "Value|"], &rows).replace("<table>", "<table style=\"max-width:560px\">"),
        escape(&prose(&a.note))
    )
}

pub(crate) fn verdict(v: Verdict) -> String {
    let (class, text, icon) = match v {
        Verdict::Emerged => ("emerged", "emerged", "M2 8.5 L6 12.5 L14 3.5"),
        Verdict::Input => ("input", "input", "M8 1.5 V10 M4.5 6.5 L8 10 L11.5 6.5 M2 10 V14 H14 V10"),
        Verdict::NotReproduced => ("not-reproduced", "not reproduced", "M3 3 L13 13 M13 3 L3 13"),
        Verdict::NotTested => ("not-tested", "not tested", "M3 8 H13"),
    };
    format!("<span class=\"verdict {class}\"><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"{icon}\"/></svg>{text}</span>")
}

/// The paper's breakdown section, row by row.
pub fn checklist(s: &Summary) -> String {
    if s.checklist.is_empty() {
        return word("The run was not held against the paper.");
    }
    let rows: Vec<_> = s
        .checklist
        .iter()
        .map(|f| ("", vec![escape(&f.claim), escape(&f.place), verdict(f.verdict), or_none(&prose(&f.evidence), "none")]))
        .collect();
    let count = |v: Verdict| s.checklist.iter().filter(|f| f.verdict == v).count();
    format!(
        "<p>Of {} statements: {} emerged, {} input, {} not reproduced, {} not tested by this run.</p>{}",
        s.checklist.len(),
        count(Verdict::Emerged),
        count(Verdict::Input),
        count(Verdict::NotReproduced),
        count(Verdict::NotTested),
        table(&["The paper says", "Where", "Verdict", "Evidence"], &rows)
    )
}

/// Maturity of the models, and the laws that were clamped.
pub fn maturity(s: &Summary) -> String {
    let mut out = if s.maturity.is_empty() {
        word("The record does not say how far its models can be trusted.")
    } else {
        let rows: Vec<_> =
            s.maturity.iter().map(|m| ("", vec![escape(&m.model), format!("<b>{}</b>", escape(&m.level)), escape(&m.against)])).collect();
        table(&["Model", "Maturity", "Against"], &rows)
    };
    out.push_str("<h3>Laws clamped to their validity</h3>");
    if s.clamped.is_empty() {
        out.push_str("<p>None: every law stayed inside its range.</p>");
    } else {
        let items: Vec<String> = s.clamped.iter().map(|c| format!("<li>{}</li>", escape(c))).collect();
        let _ = write!(out, "<ul class=\"small\">{}</ul>", items.join(""));
    }
    out
}

/// Versions, start, durations, and what the page leaves out of the record.
pub fn provenance(data: &ReportData) -> String {
    let mut rows: Vec<_> = data.provenance.iter().map(|(k, v)| ("", vec![escape(&k.replace('_', " ")), or_none(v, "none")])).collect();
    rows.push(("", vec!["plots".into(), "uPlot 1.6.32, © 2022 Leon Sorokin, MIT licence (in the source of this page)".into()]));
    rows.push(("", vec!["colours".into(), "viridis and inferno, N. Smith, S. van der Walt and E. Firing, CC0".into()]));
    let mut out = table(&["What", ""], &rows);
    if let Some(words) = crate::pack::thinning(data) {
        let _ = write!(out, "<p class=\"note\">{}</p>", escape(&words));
    }
    out
}
