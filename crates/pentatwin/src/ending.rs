//! What the terminal says after a run.

use pentatwin_experiment::run::RunOutcome;
use pentatwin_record::summary::{Basis, ResultRow};
use pentatwin_units::format_si;

/// The headline numbers shown without `-v`.
const HEADLINES: usize = 12;

/// A few lines: how it ended, the numbers with their bands and meaning, where the run lies. Where a line does not fit into `columns`,
/// the meaning stands below the number.
pub fn summary(outcome: &RunOutcome, all: bool, columns: usize) -> String {
    let s = &outcome.summary;
    let mut out = format!("{}\n", s.title);
    if outcome.interrupted {
        out += "Interrupted: output off, the record is whole up to here.\n";
    }
    out += &format!("{}\n\n", s.ended);
    let shown: Vec<&ResultRow> =
        s.results.iter().filter(|r| all || r.value.is_some()).take(if all { usize::MAX } else { HEADLINES }).collect();
    let cells: Vec<[String; 3]> = shown.iter().map(|r| [r.label.clone(), value(r), band(r)]).collect();
    let width = |column: usize| cells.iter().map(|c| c[column].chars().count()).max().unwrap_or(0);
    let (label, number, spread) = (width(0), width(1), width(2));
    let lines: Vec<(String, String)> = shown
        .iter()
        .zip(&cells)
        .map(|(row, [l, n, b])| {
            let basis = match row.basis {
                Basis::Measured => "",
                Basis::Truth => " (simulated truth)",
            };
            (format!("  {l:label$}  {n:>number$}  {b:spread$}"), format!("{}{basis}", row.meaning))
        })
        .collect();
    let beside = lines.iter().all(|(numbers, meaning)| numbers.chars().count() + 2 + meaning.chars().count() <= columns);
    for (numbers, meaning) in &lines {
        out += &if beside { format!("{}\n", format!("{numbers}  {meaning}").trim_end()) } else { below(numbers, meaning, columns) };
    }
    let hidden = s.results.len() - shown.len();
    if hidden > 0 {
        out += &format!("  and {hidden} more in the report (or with -v)\n");
    }
    if let Some(draws) = &s.draws {
        out +=
            &format!("\nBands: 16 to 84 % of {} accepted of {} draws, {} of them unbroken.\n", draws.accepted, draws.asked, draws.unbroken);
    }
    if all {
        s.clamped.iter().for_each(|law| out += &format!("{law}\n"));
    } else if !s.clamped.is_empty() {
        out += &format!("{} law(s) were held at the end of their validity at times (which: in the report, or with -v)\n", s.clamped.len());
    }
    let report = outcome.folder.join("report.html");
    out += &format!("\nRun     {}\n", outcome.folder.display());
    if report.exists() {
        out += &format!("Report  {}\n", report.display());
    }
    out
}

/// The numbers, and the meaning below them, broken between words.
fn below(numbers: &str, meaning: &str, columns: usize) -> String {
    const INDENT: &str = "      ";
    let mut out = numbers.trim_end().to_owned();
    let mut left = 0;
    for word in meaning.split_whitespace() {
        let length = word.chars().count();
        if length + 1 > left {
            out += "\n";
            out += INDENT;
            left = columns.saturating_sub(INDENT.len());
        } else {
            out.push(' ');
            left -= 1;
        }
        out += word;
        left = left.saturating_sub(length);
    }
    out.push('\n');
    out
}

fn value(row: &ResultRow) -> String {
    let number = row.value.map_or("none".to_owned(), |v| format_si(v, &row.unit, 3));
    if row.bound.is_empty() || row.value.is_none() { number } else { format!("{} {number}", row.bound) }
}

/// "1.9 … 2.3 V": from the 16th to the 84th percentile.
fn band(row: &ResultRow) -> String {
    let Some(band) = &row.band else { return String::new() };
    let (low, high) = (format_si(band.low, &row.unit, 3), format_si(band.high, &row.unit, 3));
    format!("{} … {high}", low.strip_suffix(&row.unit).unwrap_or(&low).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pentatwin_record::summary::Band;

    #[test]
    fn a_meaning_that_does_not_fit_stands_below_its_number() {
        assert_eq!(below("  V  2 V  ", "one two three", 14), "  V  2 V\n      one two\n      three\n");
        assert_eq!(below("  V", "", 14), "  V\n");
        assert_eq!(below("  V", "incomprehensible", 3), "  V\n      incomprehensible\n");
    }

    #[test]
    fn a_number_stands_with_its_band_in_its_unit() {
        let mut row = ResultRow {
            name: "gap_width".into(),
            label: "Gap width".into(),
            value: Some(20e-9),
            unit: "nm".into(),
            bound: "<=".into(),
            basis: Basis::Truth,
            band: Some(Band { low: 12e-9, median: 18e-9, high: 30e-9, drivers: vec![] }),
            meaning: String::new(),
        };
        assert_eq!((value(&row), band(&row)), ("<= 20 nm".into(), "12 … 30 nm".into()));
        row.value = None;
        assert_eq!(value(&row), "none");
    }
}
