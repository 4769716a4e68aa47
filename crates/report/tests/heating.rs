//! The page of a run on a heating chip: no current and voltage, Figure 3 in their place.

mod common;

use common::synthetic;
use pentatwin_record::summary::{Finding, Verdict};
use pentatwin_report::{Micrograph, Microscopy, ReportData, render};

fn heated() -> ReportData {
    let mut data = synthetic();
    data.summary.plate.chip = "heating".to_owned();
    data.summary.checklist = ["Figure 3a", "Figure 3c, d", "Figure 3e, f"]
        .iter()
        .map(|place| Finding {
            claim: format!("what {place} says"),
            place: (*place).to_owned(),
            verdict: Verdict::NotTested,
            evidence: "nothing".to_owned(),
        })
        .collect();
    data
}

#[test]
fn a_heated_run_has_no_figures_of_current_and_all_panels_of_figure_3() {
    let page = render(&heated());
    for absent in ["data-figure=\"iv\"", "data-figure=\"temperature\"", "id=\"states\"", "id=\"after-break\"", "breakdown section"] {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains("data-figure=\"heating\"") && page.contains("data-figure=\"kymograph\"") && page.contains("\"heated\":{"));
    for letter in ["a", "b", "c", "d", "e", "f"] {
        assert!(page.contains(&format!("<h3>{letter}: ")), "{letter}");
    }
    assert_eq!(page.matches("This run has no image for this panel.").count(), 6);
    // Once in the whole list, and once for each panel it speaks of.
    let count = |claim: &str| page.matches(claim).count();
    assert_eq!((count("what Figure 3a says"), count("what Figure 3c, d says"), count("what Figure 3e, f says")), (2, 3, 3));
    // Another run has its curve.
    assert!(render(&synthetic()).contains("data-figure=\"iv\""));
}

#[test]
fn single_images_stand_at_their_panels() {
    let mut data = heated();
    let image = |time: f64| Micrograph {
        time,
        number: None,
        dose: 1e20,
        dose_until: 2e20,
        counts: vec![100; 64 * 64],
        width: 64,
        pixel: 10e-9,
        corner: [0.0; 2],
    };
    let singles = ["image-1", "image-3", "lattice-tip-1", "hrtem-facet"].map(|n| (n.to_owned(), image(1.0))).to_vec();
    data.microscopy = Some(Microscopy { singles, ..Microscopy::default() });
    let page = render(&data);
    assert_eq!(page.matches("<img ").count(), 4);
    assert_eq!(page.matches("This run has no image for this panel.").count(), 3);
    assert!(page.contains("followed apart by the lattice engine, half-way · ") && page.contains("high resolution, the facet"));
    // The dose since the start is the movie's and the wire's, not that of what was imaged apart from them.
    assert_eq!(page.matches("since the start").count(), 2);
}
