//! The paper's words on the shape of the break, row by row: emerged, input, not reproduced.

use pentatwin_physics::shape::Coupled;
use pentatwin_record::summary::{Finding, Verdict};

use super::measure::{Shaped, amplitudes};
use super::tables::in_words;
use crate::outcome::cathode;
use crate::protocol::Protocol;
use crate::simulate::breaking_sweep;

const FIGURE: &str = "NW Breakdown by Biasing, Figure 2";
/// A tip is five-sided from this part of the as-made pentagon amplitude on (shape3d.md section 9: 0.030 of 0.053).
const FIVE_SIDED: f64 = 0.57;
/// A tip is clean below, and irregular above these means of c2 to c4 (shape3d.md section 9).
const CLEAN: f64 = 0.03;
const IRREGULAR: f64 = 0.05;
/// Apex to a quarter of the cross-section from which a tip is a needle [m] (shape3d.md section 9).
const NEEDLE: f64 = 45e-9;
/// Cross-section on the anode's side over the as-made one that is a pile-up (shape3d.md section 9).
const PILED: f64 = 1.2;

/// Rows that need three dimensions. Without a shape they are not tested.
pub fn findings(protocol: &Protocol, shaped: Option<&Shaped>, coupled: &Coupled) -> Vec<Finding> {
    let mut rows = Vec::new();
    let mut row = |claim: &str, verdict: Verdict, evidence: String| {
        rows.push(Finding { claim: claim.to_owned(), place: FIGURE.to_owned(), verdict, evidence });
    };
    let judge = |known: Option<bool>| match known {
        Some(true) => Verdict::Emerged,
        Some(false) => Verdict::NotReproduced,
        None => Verdict::NotTested,
    };
    let none = || coupled.why().map_or_else(|| "the shape engine had nothing to follow".to_owned(), ToString::to_string);
    let rate = breaking_sweep(protocol).map_or(0.0, |s| s.rate);
    let skin = protocol.shape.skin;
    let beyond = if coupled.beyond() { "; followed on by itself: the wire gave way elsewhere, molten" } else { "" };
    let tips = shaped.and_then(|s| s.broken.as_ref()).map(|b| &b.tips);
    let outlines: Option<Vec<(f64, f64)>> = tips.and_then(|t| t.iter().map(|t| t.outline.as_ref().map(amplitudes)).collect());
    let made = shaped.and_then(|s| s.virgin.as_ref()).map_or(f64::NAN, |v| amplitudes(v).0);
    let words = || shaped.and_then(in_words).unwrap_or_else(none);
    let cathode = usize::from(cathode(protocol) - 1);

    row(
        "Ends with the five-fold symmetry of the wire (100 mV/s)",
        if (0.05..0.5).contains(&rate) { judge(outlines.as_ref().map(|o| o[cathode].0 >= FIVE_SIDED * made)) } else { Verdict::NotTested },
        format!("{} (as made {made:.3}); the cathode's tip is judged, from {FIVE_SIDED} of that on{beyond}", words()),
    );
    row(
        "Needle-like clean tips facing each other (100 mV/s)",
        if (0.05..0.5).contains(&rate) {
            judge(
                outlines
                    .as_ref()
                    .zip(tips)
                    .map(|(o, t)| o.iter().all(|a| a.1 <= CLEAN) && t.iter().any(|t| t.to_quarter.is_some_and(|l| l.value >= NEEDLE))),
            )
        } else {
            Verdict::NotTested
        },
        format!(
            "{}; clean: mean of c2 to c4 up to {CLEAN}; a needle: 45 nm and more from the apex to a quarter of the cross-section{beyond}",
            words()
        ),
    );
    row(
        "Irregular points on both sides (10 mV/s)",
        match (0.003..0.03).contains(&rate) {
            true if skin > 0.0 => match outlines.as_ref().map(|o| o.iter().all(|a| a.1 >= IRREGULAR)) {
                Some(true) => Verdict::Input,
                other => judge(other),
            },
            true => judge(outlines.as_ref().map(|o| o.iter().all(|a| a.1 >= IRREGULAR))),
            false => Verdict::NotTested,
        },
        format!(
            "{}; irregular: mean of c2 to c4 of {IRREGULAR} and more. {}{beyond}",
            words(),
            if skin > 0.0 {
                format!("With immobile skin over {:.0} % of the surface, which is put in: where they come, they come from it", 100.0 * skin)
            } else {
                "A clean surface: try --set shape.skin=\"30 %\", a hypothesis".to_owned()
            }
        ),
    );
    let pits = shaped.map(|s| s.pits.len());
    row(
        "Voids form progressively before the rupture",
        match pits {
            Some(0) => Verdict::NotReproduced,
            Some(_) if skin > 0.0 => Verdict::Input,
            Some(_) => Verdict::Emerged,
            None => Verdict::NotTested,
        },
        match pits {
            Some(n) => format!(
                "{n} pit(s) of one side before the rupture, which look like voids in projection{}. Voids inside the wire cannot occur: there is no transport of vacancies in the bulk of the model",
                if skin > 0.0 {
                    "; they open beside patches of the skin that was put in"
                } else {
                    "; the surface is clean, no skin was put in"
                }
            ),
            None => none(),
        },
    );
    let half = shaped.and_then(|s| s.before.as_ref()).map(|b| b.halves);
    row(
        "Silver piles up on the anode's side beside the gap, as hillocks",
        judge(half.map(|h| h[1 - cathode] >= PILED)),
        match (half, shaped) {
            (Some(h), Some(s)) => format!(
                "mean cross-section in the window before the rupture {:.2} times as made on the cathode's side of the neck, {:.2} on the anode's (a pile-up: {PILED}); thickest place there {}",
                h[cathode],
                h[1 - cathode],
                s.hillocks[1 - cathode].map_or("not known".to_owned(), |h| format!("{:.2} times as made", h.ratio))
            ),
            _ => none(),
        },
    );
    rows
}
