//! What the terminal says after a run.

use pentatwin_experiment::run::RunOutcome;
use pentatwin_record::summary::{Basis, ResultRow};
use pentatwin_units::format_si;

/// The headline numbers shown without `-v`.
const HEADLINES: usize = 12;

/// A few lines: how it ended, the numbers with their bands and meaning, where the run lies.
pub fn summary(outcome: &RunOutcome, all: bool) -> String {
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
    for (row, [l, n, b]) in shown.iter().zip(&cells) {
        let basis = match row.basis {
            Basis::Measured => "",
            Basis::Truth => " (simulated truth)",
        };
        let line = format!("  {l:label$}  {n:>number$}  {b:spread$}  {}{basis}", row.meaning);
        out += line.trim_end();
        out.push('\n');
    }
    let hidden = s.results.len() - shown.len();
    if hidden > 0 {
        out += &format!("  and {hidden} more in the report (or with -v)\n");
    }
    if let Some(draws) = &s.draws {
        out +=
            &format!("\nBands: 16 to 84 % of {} accepted of {} draws, {} of them unbroken.\n", draws.accepted, draws.asked, draws.unbroken);
    }
    for law in &s.clamped {
        out += &format!("Outside its validity: {law}\n");
    }
    let report = outcome.folder.join("report.html");
    out += &format!("\nRun     {}\n", outcome.folder.display());
    if report.exists() {
        out += &format!("Report  {}\n", report.display());
    }
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
