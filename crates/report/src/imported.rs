//! The page of a log from elsewhere: what it is, its columns in time, what was written meanwhile. There is no simulator behind it, and no
//! protocol: the page says so by having no such parts.

use std::fmt::Write;

use pentatwin_record::import::logs::ImportedLog;
use pentatwin_record::{Reader, RecordError};
use serde_json::{Map, Value};

use crate::format::{escape, none, or_none, pretty_unit, quantity, scaled, table};

/// A log that was imported.
#[derive(Clone, PartialEq, Debug)]
pub struct Imported {
    /// What the record says of it.
    pub log: ImportedLog,
    /// Time of each row [s].
    pub time: Vec<f64>,
    /// Its columns of numbers, SI.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// Name in the record.
    pub key: String,
    /// Name in the log.
    pub name: String,
    /// SI unit, or the log's own where that is not known.
    pub unit: String,
    /// Values.
    pub values: Vec<f64>,
    /// The words that the values number, of a column of words.
    pub words: Vec<String>,
}

/// The log of a record that was imported.
pub(crate) fn read(reader: &Reader, attributes: &Map<String, Value>) -> Result<Option<Imported>, RecordError> {
    let Some(log) = attributes.get("imported").and_then(|v| serde_json::from_value::<ImportedLog>(v.clone()).ok()) else { return Ok(None) };
    let time = reader.read_f64("", "time")?.values;
    let mut columns = Vec::new();
    for [key, name, unit] in &log.columns {
        let values = reader.read_f64("", key)?.values;
        let meanings = reader.info("", key)?.attributes.get("flag_meanings").and_then(Value::as_str).map(str::to_owned);
        let words = meanings.map(|m| m.split(' ').map(str::to_owned).collect()).unwrap_or_default();
        columns.push(Column { key: key.clone(), name: name.clone(), unit: unit.clone(), values, words });
    }
    Ok(Some(Imported { log, time, columns }))
}

/// The facts at the top.
pub(crate) fn facts(i: &Imported) -> String {
    let fact = |name: &str, text: &str| format!("<div><dt>{name}</dt><dd>{}</dd></div>", or_none(text, "not stated"));
    let mut out = fact("File", &i.log.file);
    out += &fact("Format", &i.log.format);
    out += &fact("Clock at 0 (local time)", &i.log.start);
    out += &fact("Samples", &i.log.samples.to_string());
    out
}

/// What this is, and what was decided.
pub(crate) fn about(i: &Imported) -> String {
    let (first, last, shortest, longest) = spacing(&i.time);
    let mut out = format!(
        "<p>A log that was written by other hands ({}): measured, not simulated. Its {} rows are in the record at their own times, from {} to {}; \
         from row to row {} to {}. Nothing was put on another grid. Values are in SI; nothing else was changed.</p>",
        escape(&i.log.format),
        i.log.samples,
        scaled(first, "s", 6),
        scaled(last, "s", 6),
        scaled(shortest, "s", 3),
        scaled(longest, "s", 3)
    );
    let rows: Vec<_> = i
        .columns
        .iter()
        .map(|c| {
            let known: Vec<f64> = c.values.iter().copied().filter(|v| v.is_finite()).collect();
            let (low, high) = known.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
            let shown = |v: f64| if c.words.is_empty() && v.is_finite() { number(v, &c.unit) } else { none("none") };
            let words = if c.words.is_empty() { String::new() } else { format!(" (words: {})", escape(&c.words.join(", "))) };
            let missing = c.values.len() - known.len();
            (
                "",
                vec![
                    format!("<code>{}</code>", escape(&c.key)),
                    format!("{}{words}", escape(&c.name)),
                    if c.unit == "1" { none("none") } else { escape(&pretty_unit(&c.unit)) },
                    shown(low),
                    shown(high),
                    if missing == 0 { "none".to_owned() } else { missing.to_string() },
                ],
            )
        })
        .collect();
    out += &table(&["Array", "Column of the log", "Unit", "Lowest|", "Highest|", "Rows without a number|"], &rows);
    if !i.log.notes.is_empty() {
        out += "<p>What had to be decided or left out:</p><ul>";
        for note in &i.log.notes {
            let _ = write!(out, "<li>{}</li>", escape(note));
        }
        out += "</ul>";
    }
    out
}

fn number(v: f64, unit: &str) -> String {
    match unit {
        "K" => quantity(v, "degC", 4),
        "1" => quantity(v, "", 4),
        "V" | "A" | "s" | "W" | "m" | "Pa" | "Hz" if v != 0.0 => scaled(v, unit, 4),
        _ => quantity(v, unit, 4),
    }
}

fn spacing(time: &[f64]) -> (f64, f64, f64, f64) {
    let first = time.iter().copied().fold(f64::INFINITY, f64::min);
    let last = time.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let steps = || time.windows(2).map(|p| p[1] - p[0]);
    let (short, long) = (steps().fold(f64::INFINITY, f64::min), steps().fold(f64::NEG_INFINITY, f64::max));
    if short.is_finite() { (first, last, short, long) } else { (first, last, 0.0, 0.0) }
}

/// What the user wrote.
pub(crate) fn remarks(i: &Imported) -> String {
    if i.log.remarks.is_empty() {
        return format!("<p>{}</p>", none("The log holds no notes of its user."));
    }
    let rows: Vec<_> = i.log.remarks.iter().map(|(t, text)| ("", vec![scaled(*t, "s", 6), escape(text)])).collect();
    table(&["Time|", "Note"], &rows)
}

/// What the log says about itself.
pub(crate) fn metadata(i: &Imported) -> String {
    if i.log.metadata.is_empty() {
        return format!("<p>{}</p>", none("The log says nothing about itself."));
    }
    let rows: Vec<_> = i.log.metadata.iter().map(|[key, value]| ("", vec![escape(key), or_none(value, "nothing")])).collect();
    table(&["Entry", "Value, as the log has it"], &rows)
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 130.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 24.0;
/// Places along the time axis; in each the lowest and highest value are drawn.
const PLACES: usize = 800;

/// Each column against time, one below the other on one axis, with lines where something was written.
pub(crate) fn in_time(i: &Imported) -> String {
    let (first, last, ..) = spacing(&i.time);
    if !(last > first) {
        return format!("<p>{}</p>", none("All rows bear one time: there is nothing to draw against it."));
    }
    let mut out = String::from("<figure>");
    for c in i.columns.iter().filter(|c| c.values.iter().any(|v| v.is_finite())) {
        chart(&mut out, i, c, first, last);
    }
    out += "<figcaption>Each column against the log’s time; where many rows fall into one place of the axis, from the lowest to the highest of them. A row without a number interrupts the line. Vertical lines: notes.</figcaption></figure>";
    out
}

fn chart(out: &mut String, i: &Imported, c: &Column, first: f64, last: f64) {
    let known = || c.values.iter().copied().filter(|v| v.is_finite() && v.abs() < 9.9e37);
    let (mut low, mut high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if !(high > low) {
        let half = if low == 0.0 || !low.is_finite() { 0.5 } else { 0.05 * low.abs() };
        (low, high) = if low.is_finite() { (low - half, low + half) } else { (-0.5, 0.5) };
    }
    let x = |t: f64| LEFT + (t - first) / (last - first) * (WIDTH - LEFT - RIGHT);
    let y = |v: f64| TOP + (high - v) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"100%\" role=\"img\" aria-label=\"{} against time\" style=\"font-size:11px\">\
         <text x=\"{LEFT}\" y=\"13\" fill=\"currentColor\">{} <tspan style=\"font-family:monospace\">{}</tspan></text>\
         <rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.35\"/>",
        escape(&c.name),
        escape(&c.name),
        escape(&c.key),
        WIDTH - LEFT - RIGHT,
        HEIGHT - TOP - BOTTOM
    );
    for (t, _) in i.log.remarks.iter().filter(|(t, _)| (first..=last).contains(t)) {
        let _ = write!(
            out,
            "<path d=\"M{0:.1} {TOP}V{1}\" stroke=\"currentColor\" stroke-opacity=\"0.5\" stroke-dasharray=\"3 3\"/>",
            x(*t),
            HEIGHT - BOTTOM
        );
    }
    let _ = write!(out, "<path fill=\"none\" stroke=\"#1f6fb4\" stroke-width=\"1.2\" stroke-linejoin=\"round\" d=\"");
    line(out, &i.time, &c.values, x, y);
    out.push_str("\"/>");
    let labels = if c.words.is_empty() { [high, low].map(|v| number(v, &c.unit)) } else { [high, low].map(|v| word(c, v)) };
    for (label, at) in labels.into_iter().zip([TOP + 9.0, HEIGHT - BOTTOM]) {
        let _ = write!(out, "<text x=\"{}\" y=\"{at}\" text-anchor=\"end\" fill=\"currentColor\">{label}</text>", LEFT - 6.0);
    }
    for (t, anchor) in [(first, "start"), (0.5 * (first + last), "middle"), (last, "end")] {
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\" fill=\"currentColor\">{}</text>",
            x(t),
            HEIGHT - 8.0,
            quantity(t, "s", 5)
        );
    }
    out.push_str("</svg>");
}

fn word(c: &Column, v: f64) -> String {
    c.words.get(v.round().max(0.0) as usize).map_or_else(String::new, |w| escape(w))
}

/// The line in places: first and last, lowest and highest row of each, in their order.
fn line(out: &mut String, time: &[f64], values: &[f64], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
    let n = time.len().min(values.len());
    let step = n.div_ceil(PLACES).max(1);
    let mut broken = true;
    for from in (0..n).step_by(step) {
        let rows = from..(from + step).min(n);
        let known: Vec<usize> = rows.clone().filter(|k| values[*k].is_finite() && values[*k].abs() < 9.9e37).collect();
        let Some((&a, &b)) = known.first().zip(known.last()) else {
            broken = true;
            continue;
        };
        let low = known.iter().copied().min_by(|p, q| values[*p].total_cmp(&values[*q])).unwrap_or(a);
        let high = known.iter().copied().max_by(|p, q| values[*p].total_cmp(&values[*q])).unwrap_or(a);
        let mut chosen = [a, low, high, b];
        chosen.sort_unstable();
        let mut was = usize::MAX;
        for k in chosen {
            if k != was {
                let _ = write!(out, "{}{:.1} {:.1}", if broken { 'M' } else { 'L' }, x(time[k]), y(values[k]));
                broken = false;
                was = k;
            }
        }
        // A row without a number at the place's end.
        broken = rows.last().is_some_and(|k| !values[k].is_finite()) && step == 1;
    }
}
