//! The break in three dimensions on the page: there where it was asked for, and nowhere else.

mod common;

use common::synthetic;
use pentatwin_record::summary::{Finding, ParameterRow, Table, Verdict};
use pentatwin_report::{Micrograph, Microscopy, ReportData, render};

const OUTLINE_ONLY: &str = "Facets, slit voids and needle tips are outside a model of cross-sections";

fn parameter(key: &str, value: &str) -> ParameterRow {
    ParameterRow {
        key: key.into(),
        value: value.into(),
        default: "off".into(),
        range: String::new(),
        status: "choice".into(),
        source: String::new(),
        meaning: String::new(),
        changed: true,
    }
}

/// 1024 × 400 pixels of 1 nm around a place [m].
fn picture(time: f64, middle: f64) -> Micrograph {
    Micrograph {
        time,
        number: None,
        dose: 25e18,
        dose_until: f64::NAN,
        counts: (0..1024 * 400).map(|k| (k % 251) as u16).collect(),
        width: 1024,
        pixel: 1e-9,
        corner: [middle - 512e-9, -200e-9],
    }
}

/// A made-up run that broke in three dimensions at 0.35 µm, in lock step.
fn shaped() -> ReportData {
    let mut data = synthetic();
    data.summary.parameters.extend([parameter("shape.coupling", "lock-step"), parameter("shape.shells", "16")]);
    let table = |title: &str, cell: &str| Table {
        title: title.into(),
        columns: vec!["What".into(), "Value|".into()],
        rows: vec![vec!["a row".into(), cell.into()]],
        note: String::new(),
    };
    data.summary.tables = vec![table("The break in three dimensions", "4 ± 2 nm"), table("Tips", "0.053")];
    let finding = |claim: &str| Finding {
        claim: claim.into(),
        place: "NW Breakdown by Biasing, Figure 2".into(),
        verdict: Verdict::Emerged,
        evidence: "seen <in> three dimensions".into(),
    };
    data.summary
        .checklist
        .extend([finding("Voids form progressively before the rupture"), finding("Irregular points on both sides (10 mV/s)")]);
    let necks = [("neck-80", 22.5), ("neck-50", 22.9), ("neck-20", 22.97)].map(|(n, t)| (n.to_owned(), picture(t, 0.35e-6))).to_vec();
    data.microscopy = Some(Microscopy { count: 1, exposure: 0.5, necks, gap: Some(picture(27.0, 0.36e-6)), ..Microscopy::default() });
    data
}

fn section(page: &str) -> &str {
    let (_, rest) = page.split_once("<section id=\"shape\"").expect("the section");
    rest.split_once("</section>").unwrap().0
}

#[test]
fn pictures_stand_in_the_order_of_time_with_what_is_not_to_be_read_in_them() {
    let page = render(&shaped());
    let at = |id: &str| page.find(&format!("<section id=\"{id}\"")).unwrap();
    assert!(at("seen") < at("shape") && at("shape") < at("measured"));
    let section = section(&page);
    let found: Vec<usize> = ["neck 80 %", "neck 50 %", "neck 20 %", "<b>gap</b>"].iter().map(|word| section.find(word).unwrap()).collect();
    assert!(found.is_sorted(), "{found:?}");
    assert_eq!(section.matches("<img ").count(), 4);
    // Cut to 400 × 240 nm of the 1024 × 400; a scale bar on each.
    assert_eq!(section.matches("width=\"400\" height=\"240\"").count(), 4);
    assert_eq!(section.matches(" nm</text>").count(), 4);
    // 115 nm over 1.618 over 16 shells.
    for words in ["481 ms before C", "4.02 s after C", "of 16 shells, 4.4 nm apart", "two pitches (8.9 nm)"] {
        assert!(section.contains(words), "{words}");
    }
    assert!(section.contains("4 ± 2 nm") && section.contains("<h3>Tips</h3>"));
    assert_eq!(page.matches(">The break in three dimensions</h").count(), 1, "no table repeats the section's title");
}

#[test]
fn words_that_hold_for_one_dimension_only_are_not_said_of_three() {
    let page = render(&shaped());
    assert!(!page.contains(OUTLINE_ONLY) && !page.contains("one-dimensional outline"));
    assert!(page.contains("cross-sections in the lattice’s window are the lattice’s"));
    // Once in the whole list and once at the frames.
    assert_eq!(page.matches("seen &lt;in&gt; three dimensions").count(), 4);
    let mut data = shaped();
    data.summary.parameters.retain(|p| p.key != "shape.coupling");
    data.summary.parameters.push(parameter("shape.coupling", "one-way"));
    assert!(render(&data).contains("which the lattice does not act on (one-way)"));
}

#[test]
fn without_a_shape_there_is_nothing_of_it() {
    let mut off = synthetic();
    off.summary.parameters.push(parameter("shape.coupling", "off"));
    for data in [synthetic(), off] {
        let page = render(&data);
        assert!(!page.contains("id=\"shape\"") && !page.contains("three dimensions"));
        assert!(page.contains(OUTLINE_ONLY));
    }
}

#[test]
fn why_there_is_none_or_none_to_the_end_stands_in_a_box() {
    let mut data = shaped();
    data.summary.tables.clear();
    data.microscopy = None;
    data.shape_note = Some("the wire did not change enough for the <shape> engine to follow it".into());
    let page = render(&data);
    let section = section(&page);
    assert!(
        section.contains("<p class=\"box\"><b>Note.</b> The wire did not change enough for the &lt;shape&gt; engine to follow it.</p>")
    );
    assert!(section.contains("No pictures: this run took no frames."));
}

#[test]
fn a_gap_elsewhere_is_said_to_be_elsewhere_and_pictures_that_are_damaged_do_no_harm() {
    let mut data = shaped();
    data.microscopy.as_mut().unwrap().gap = Some(picture(27.0, 2e-6));
    let page = render(&data);
    assert!(section(&page).contains("1.65 µm from the middle of the other pictures"));
    let m = data.microscopy.as_mut().unwrap();
    (m.necks[0].1.pixel, m.necks[0].1.corner) = (f64::NAN, [f64::NAN; 2]);
    m.necks[1].1.counts.truncate(1500);
    m.necks[2].1.counts.clear();
    m.gap.as_mut().unwrap().time = f64::NAN;
    let page = render(&data);
    assert!(!section(&page).contains("NaN") && section(&page).len() < 2_000_000);
}
