//! The paper's heating section and Figure 3, panel by panel: emerged, input, not reproduced, or not tested by this run.
//!
//! A row only reads numbers. Facets, lattice planes and their angles are not in an outline of cross-sections: those rows read the numbers
//! named in [`LATTICE`], and say "not tested" as long as nobody has put them into the run's numbers.

use pentatwin_record::summary::{Companion, Finding, Verdict};
use pentatwin_units::format_si;

use super::speed::{SPREAD, speeds};
use crate::band::Bands;
use crate::measure::{Measures, Numbers};
use crate::protocol::Protocol;

const SECTION: &str = "NW Breakdown by Heating";
/// Angle between facet and axis that the paper names [rad].
const ANGLE_111: f64 = 125.0 * std::f64::consts::PI / 180.0;
/// How well the paper states it: "approximately 125°" is taken as ± 1°.
const ANGLE_STATED: f64 = std::f64::consts::PI / 180.0;
/// Largest scatter in time of a tip's facets from which anything is concluded.
const ANGLE_SCATTER: f64 = 1.5 * std::f64::consts::PI / 180.0;
/// Part of a round tip's cap whose normals count as {111} (`analysis::atoms`), and how much more it must be.
const ROUND_SHARE: f64 = 0.11;
const SHARE: f64 = 3.0;
/// Part of the volume that must go within the second half of the hold for a change that goes on.
const GOES_ON: f64 = 0.02;

/// Numbers that the lattice engine and the high-resolution images give, if they were run: angle between the facets of the silhouette seen
/// edge-on and the axis [rad] with its standard uncertainty, part of the tip's surface that is {111}; spacing [m] and angle [rad] measured
/// in the image, each with its uncertainty.
pub const LATTICE: [&str; 7] = [
    "lattice_facet_angle",
    "lattice_facet_angle_sigma",
    "lattice_share_111",
    "hrtem_spacing",
    "hrtem_spacing_sigma",
    "hrtem_angle",
    "hrtem_angle_sigma",
];

/// What the rows are judged from.
pub struct Case<'a> {
    /// The protocol.
    pub protocol: &'a Protocol,
    /// The run itself.
    pub measures: &'a Measures,
    /// Runs beside it; may be empty.
    pub companions: &'a [Companion],
    /// Bands; may be missing.
    pub bands: Option<&'a Bands>,
}

fn degrees(t: f64) -> String {
    format_si(t, "degC", 4)
}

/// A time as a person says it: seconds, or minutes.
fn time(t: f64) -> String {
    if t < 120.0 { format_si(t, "s", 3) } else { format_si(t, "min", 3) }
}

fn judge(known: Option<bool>) -> Verdict {
    match known {
        Some(true) => Verdict::Emerged,
        Some(false) => Verdict::NotReproduced,
        None => Verdict::NotTested,
    }
}

impl Case<'_> {
    fn number(&self, name: &str) -> Option<f64> {
        self.measures.numbers.get(name).copied()
    }

    fn is(&self, name: &str) -> Option<bool> {
        self.number(name).map(|v| v > 0.5)
    }

    fn beside(&self, label: &str) -> Option<&Numbers> {
        self.companions.iter().find(|c| c.label == label).map(|c| &c.numbers)
    }

    /// What a fresh wire does at a temperature [°C].
    fn fresh(&self, celsius: f64) -> String {
        match self.companions.iter().find(|c| c.label == super::companions::label(super::companions::Change::Held(celsius))) {
            Some(c) => {
                let after = |name: &str| c.numbers.get(name).map_or("not within 2 h".to_owned(), |t| format!("after {}", time(*t)));
                format!(
                    "a fresh wire held at {celsius:.0} degC changes visibly {} and breaks {}",
                    after("visible_after"),
                    after("broken_after")
                )
            }
            None => format!("fresh wires at {celsius:.0} degC were not run"),
        }
    }

    /// "of the draws 12 % have broken by then".
    fn share(&self, name: &str, what: &str) -> String {
        self.bands.and_then(|b| b.shares.get(name)).map_or(String::new(), |s| format!("; of the draws {:.0} % {what} by then", 100.0 * s))
    }

    fn band(&self, name: &str, unit: &str) -> String {
        self.bands
            .and_then(|b| b.bands.get(name))
            .map_or(String::new(), |b| format!(" (band {} to {})", format_si(b.low, unit, 3), format_si(b.high, unit, 3)))
    }

    /// Width and thinnest place at the end of a hold.
    fn state(&self, word: &str) -> String {
        match (self.number(&format!("change_{word}")), self.number(&format!("thinnest_{word}")), self.number(&format!("widest_{word}"))) {
            (Some(c), Some(thin), Some(wide)) => format!(
                "largest change of a diameter {:.1} %, thinnest place {}, widest {} (equal area)",
                100.0 * c,
                format_si(thin, "nm", 3),
                format_si(wide, "nm", 3)
            ),
            _ => "this run does not go there".to_owned(),
        }
    }

    /// How long the run stays at a temperature [s].
    fn dwell(&self, word: &str) -> String {
        super::holds(self.protocol).iter().find(|h| h.word() == word).map_or("no hold".to_owned(), |h| time(h.end - h.start))
    }
}

/// All rows.
pub fn checklist(case: &Case) -> Vec<Finding> {
    let mut rows = whole_wire(case);
    rows.extend(planes(case));
    rows
}

fn finding(claim: &str, place: &str, verdict: Verdict, evidence: String) -> Finding {
    Finding { claim: claim.to_owned(), place: place.to_owned(), verdict, evidence }
}

/// What the wire engine answers.
fn whole_wire(case: &Case) -> Vec<Finding> {
    let mut rows = vec![finding(
        "At 450 °C the wire is intact",
        "Figure 3a",
        judge(case.is("visible_450").map(|v| !v)),
        format!(
            "after {} at 450 degC: {}{}; {}",
            case.dwell("450"),
            case.state("450"),
            case.share("visible_450", "have changed visibly"),
            case.fresh(450.0)
        ),
    )];
    let onset = case.number("onset_temperature");
    rows.push(finding(
        "Morphological changes are observed from about 500 °C",
        SECTION,
        judge(case.is("visible_450").zip(case.is("visible_550")).map(|(cold, hot)| !cold && hot)),
        match onset {
            Some(t) => format!(
                "in this run from {}{}: a prediction of the law of the {{100}} walls, nothing is fitted to it. How hot depends on how long: {}; {}; {}. A wall energy of 0.80 to 1.00 eV spreads each of these times by a factor of 4 both ways",
                degrees(t),
                case.band("onset_temperature", "degC"),
                case.fresh(450.0),
                case.fresh(500.0),
                case.fresh(550.0)
            ),
            None => "nothing became visible in this run".to_owned(),
        },
    ));
    rows.push(finding(
        "At 550 °C the structure is altered and the wire not yet broken",
        "Figure 3b",
        judge(case.is("visible_550").zip(case.is("broken_550")).map(|(v, b)| v && !b)),
        format!(
            "after {} at 550 degC: {}{}{}. How long it stays is an assumption of the protocol, since the paper does not say it, and decides this row: {}. A longer hold breaks this wire",
            case.dwell("550"),
            case.state("550"),
            case.share("visible_550", "have changed visibly"),
            case.share("broken_550", "have broken"),
            case.fresh(550.0)
        ),
    ));
    rows.push(finding(
        "At 750 °C the wire is broken",
        "Figure 3c",
        judge(case.is("broken_750")),
        match (case.number("rupture_temperature"), case.number("rupture_time")) {
            (Some(t), Some(s)) => format!(
                "it parted at {}{}, {} after the start{}; {}",
                degrees(t),
                case.band("rupture_temperature", "degC"),
                time(s),
                case.share("broken_750", "have broken"),
                case.fresh(750.0)
            ),
            _ => "this wire did not break in this run".to_owned(),
        },
    ));
    let ends = case.number("hold_volume_start").zip(case.number("hold_volume_middle")).zip(case.number("hold_volume_end"));
    let hold = case.number("hold_temperature");
    rows.push(finding(
        "It goes on while the temperature is held: two different moments of the pause at 750 °C",
        "Figure 3c, d",
        judge(ends.map(|((_, middle), end)| middle - end > GOES_ON && case.is("broken_750") == Some(true))),
        match (ends, hold, case.number("recession_speed")) {
            (Some(((start, middle), end)), Some(hold), Some(v)) => {
                let [low, flat, high] = speeds(&case.protocol.device.silver, case.protocol.device.true_temperature(hold));
                let nm = |v: f64| format_si(v, "nm/s", 2);
                format!(
                    "of the silver {:.0} % are left when {} are reached, {:.0} % half-way through the hold, {:.0} % at its end{}. The surface recedes by {} on the average, a flat one by Hertz-Knudsen by {}; {} {SPREAD:.0} K below and {} {SPREAD:.0} K above, which is about what ± 5 % of the chip's temperature are",
                    100.0 * start,
                    degrees(hold),
                    100.0 * middle,
                    100.0 * end,
                    case.band("volume_left", "%"),
                    nm(v),
                    nm(flat),
                    nm(low),
                    nm(high)
                )
            }
            _ => "this run has no hold".to_owned(),
        },
    ));
    let off = case.beside("sublimation off").and_then(|n| n.get("volume_left")).copied();
    rows.push(finding(
        "Heating goes on after the break, bias does not: the heat is sustained",
        SECTION,
        judge(ends.map(|((_, middle), end)| middle - end > GOES_ON)),
        match off {
            Some(v) => format!(
                "with sublimation switched off {:.0} % of the silver are left at the end: what goes on is sublimation at the temperature of the heater. Compare `fig2a`: the wire is cold 0.1 us after the current ceases",
                100.0 * v
            ),
            None => "compare `fig2a`: the wire is cold 0.1 us after the current ceases".to_owned(),
        },
    ));
    let pieces = case.number("pieces_750");
    rows.push(finding(
        "What remains is a broken wire with tips",
        "Figure 3c, d",
        judge(pieces.map(|n| (2.0..4.0).contains(&n))),
        pieces.map_or("this run does not go there".to_owned(), |n| {
            format!(
                "{n:.0} pieces on {} of wire at the end of the hold: once parted, a stepped end with an isotropic surface energy pinches off bead after bead, and the outline of cross-sections has no facets to stop it",
                format_si(case.protocol.device.wire.length, "um", 3)
            )
        }),
    ));
    rows
}

/// What the lattice engine and the high-resolution images answer.
fn planes(case: &Case) -> Vec<Finding> {
    let measured = |name: &str| case.number(name).zip(case.number(&format!("{name}_sigma")));
    // What scatters by more says nothing either way.
    let agrees = |(value, sigma): (f64, f64)| (sigma <= ANGLE_SCATTER).then(|| (value - ANGLE_111).abs() <= 2.0 * sigma + ANGLE_STATED);
    let facet = measured("lattice_facet_angle");
    let share = case.number("lattice_share_111");
    let missing = "one radius per position has no facets: the lattice engine was not run".to_owned();
    let angle = |(a, s): (f64, f64)| format!("{} ± {}", format_si(a, "deg", 4), format_si(s, "deg", 2));
    let refined =
        measured("lattice_refined_angle").map_or(String::new(), |a| format!("; relaxed without losses and refined to atoms {}", angle(a)));
    let spacing = measured("hrtem_spacing");
    let seen = measured("hrtem_angle");
    let blind = "no high-resolution image was made in this run".to_owned();
    vec![
        finding(
            "The wire keeps a faceted shape: it dissolves unevenly, along crystallographic directions",
            "Figure 3c, d",
            judge(facet.and_then(agrees)),
            match (facet, share) {
                (Some(f), Some(s)) => format!(
                    "facets of the tip at {} to the axis while silver goes (mean over the wedges and four moments, scatter in time), {:.0} % of its cap {{111}} (lattice engine){refined}",
                    angle(f),
                    100.0 * s
                ),
                (Some(f), None) => format!("facets of the tip at {} to the axis (lattice engine)", angle(f)),
                _ => missing.clone(),
            },
        ),
        finding(
            "The crystallinity of the remaining tip is preserved",
            "Figure 3c-f",
            if facet.is_some() { Verdict::Input } else { Verdict::NotTested },
            if facet.is_some() {
                "every atom of the lattice engine sits on a site of the five-fold twinned crystal: it cannot become anything else".to_owned()
            } else {
                missing.clone()
            },
        ),
        finding(
            "Flat facets with an interplanar spacing of 0.236 nm, [111]",
            "Figure 3e, f",
            if spacing.is_some() { Verdict::Input } else { Verdict::NotTested },
            spacing.map_or(blind.clone(), |(d, s)| {
                format!(
                    "{} ± {} measured in the image: the lattice is an input, and image and analysis give it back; hot silver is wider: 0.2397 nm at 750 degC against 0.2359 nm at 20 degC",
                    format_si(d, "nm", 4),
                    format_si(s, "nm", 2)
                )
            }),
        ),
        finding(
            "The facets lie at about 125° to the growth direction: {111} on [110]",
            "Figure 3e, f",
            judge(facet.and_then(agrees)),
            match (facet, seen) {
                (Some(f), Some(a)) => format!(
                    "silhouette of the tip seen edge-on: {} while silver goes{refined}. The {{111}} planes in the high-resolution image lie at {}: these are the lattice, which is an input (125.26 deg by geometry, in a <110> zone only), and the edge of the tip runs along them",
                    angle(f),
                    angle(a)
                ),
                (Some(f), None) => format!("silhouette of the tip seen edge-on: {} while silver goes{refined}", angle(f)),
                _ => blind,
            },
        ),
        finding(
            "Removal goes along {111}, the planes of lowest surface energy",
            "Figure 3e, f",
            judge(share.zip(facet.and_then(agrees)).map(|(s, ok)| ok && s > SHARE * ROUND_SHARE)),
            share.map_or(missing, |s| {
                format!("{:.0} % of the cap are {{111}} while silver goes (a round tip has 11 %, a perfect pyramid 80 %); with few atoms that settle again, or none, there is no {{111}}; that {{111}} is lowest follows from counting nearest neighbours, an input", 100.0 * s)
            }),
        ),
        finding(
            "The tips are like those after breakdown at 100 mV/s",
            SECTION,
            Verdict::NotTested,
            "the shape of tips made by bias is the shape engine's, a later part of pentatwin".to_owned(),
        ),
    ]
}
