//! Tables of a break in three dimensions.

use pentatwin_analysis::Measurement;
use pentatwin_analysis::atoms::{PitEnd, PitTrack, SeenAt, Tip};
use pentatwin_physics::shape::Coupled;
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;

use super::measure::{Shaped, amplitudes};

const NONE: &str = "–";

fn nm(x: f64) -> String {
    format!("{:.1}", 1e9 * x)
}

fn or_none(x: Option<f64>, show: impl Fn(f64) -> String) -> String {
    x.filter(|v| v.is_finite()).map_or_else(|| NONE.to_owned(), show)
}

fn with_uncertainty(m: Option<Measurement>, scale: f64, digits: usize) -> String {
    m.map_or_else(|| NONE.to_owned(), |m| format!("{:.digits$} ± {:.digits$}", scale * m.value, scale * m.uncertainty))
}

/// Mean angle [deg] of the flanks seen edge-on, with the spread of the wedges, and how many there are.
fn facets(tip: &Tip) -> String {
    let found: Vec<f64> = tip.edge_on.iter().flatten().filter_map(|e| e.facet.as_ref()).map(|f| f.angle.value.to_degrees()).collect();
    if found.is_empty() {
        return NONE.to_owned();
    }
    let n = found.len() as f64;
    let mean = found.iter().sum::<f64>() / n;
    let spread = (found.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / n).sqrt();
    format!("{mean:.0} ± {spread:.0} ({} of 5)", found.len())
}

/// Both tips.
pub fn tips(shaped: &Shaped) -> Table {
    let mut table = Table {
        title: "Tips".to_owned(),
        columns: ["Tip", "c5|", "c2|", "c3|", "c4|", "Apex to 25 % (nm)|", "Apex to 75 % (nm)|", "Facets (deg)|", "Apex off the axis (nm)|"]
            .map(str::to_owned)
            .to_vec(),
        rows: Vec::new(),
        note: "Amplitudes |cm|/c0 of the outline R(φ) of the outermost sites, mean over the layers from 10 % to 75 % of the as-made cross-section: c5 is the pentagon, the others are irregular; a round section has 0.005 to 0.02 of each. Facets: angle between wire and flank seen edge-on; a {111} pyramid has 125.3 deg. The lattice shows nothing below two of its pitches".to_owned(),
    };
    if let Some(v) = &shaped.virgin {
        let mut row = vec!["wire as made".to_owned()];
        row.extend([3, 0, 1, 2].map(|k: usize| format!("{:.3}", v.outermost[k].value)));
        row.extend([NONE, NONE, NONE, NONE].map(str::to_owned));
        table.rows.push(row);
    }
    for (k, tip) in shaped.broken.iter().flat_map(|b| b.tips.iter()).enumerate() {
        let mut row = vec![format!("on the side of contact {}", k + 1)];
        let c = |m: usize| or_none(tip.outline.as_ref().map(|o| o.outermost[m].value), |v| format!("{v:.3}"));
        row.extend([3, 0, 1, 2].map(c));
        row.push(with_uncertainty(tip.to_quarter, 1e9, 0));
        row.push(with_uncertainty(tip.to_three_quarters, 1e9, 0));
        row.push(facets(tip));
        row.push(nm(tip.offset.size.value));
        table.rows.push(row);
    }
    table
}

/// Gap, hillocks, roughness.
pub fn outline(shaped: &Shaped, coupled: &Coupled) -> Table {
    let mut rows = Vec::new();
    let mut row = |what: &str, value: String, meaning: &str| rows.push(vec![what.to_owned(), value, meaning.to_owned()]);
    if let Some(b) = &shaped.broken {
        row(
            "Gap, nearest",
            format!("{} nm", with_uncertainty(Some(b.gap.nearest), 1e9, 0)),
            "from surface to surface in space; a pitch of the lattice is its least",
        );
        row(
            "Gap, along the wire",
            format!("{} nm", with_uncertainty(Some(b.gap.width), 1e9, 0)),
            "stretch without silver of either piece; below 0 where the pieces pass each other, as at an oblique slit",
        );
        row("Gap, where", format!("{:.3} um", 1e6 * b.gap.centre.value), "from the edge of contact 1");
        if b.loose.pieces > 0 {
            row("Pieces in the gap", b.loose.pieces.to_string(), &format!("{} in all", format_si(b.loose.volume, "nm3", 2)));
        }
    }
    if let Some(b) = &shaped.before {
        row(
            "Cross-section before the rupture",
            format!("{:.2} and {:.2}", b.halves[0], b.halves[1]),
            &format!(
                "mean over the as-made one in the window, from the neck towards contact 1 and towards contact 2, when the neck had {:.0} % of its own",
                100.0 * b.neck
            ),
        );
    }
    for (k, h) in shaped.hillocks.iter().enumerate() {
        if let Some(h) = h {
            let shape = match h.faceted() {
                Some(true) => "nearer to a pentagon than to a circle",
                Some(false) => "nearer to a circle than to a pentagon",
                None => "too few sites to tell its outline",
            };
            row(
                &format!("Thickest towards contact {}", k + 1),
                format!("{:.2} at {:.3} um", h.ratio, 1e6 * h.at.value),
                &if h.length.value > 0.0 {
                    format!(
                        "over the as-made cross-section; a hillock of {} nm above 1.1, {}, {shape}",
                        nm(h.length.value),
                        format_si(h.volume, "nm3", 2)
                    )
                } else {
                    "over the as-made cross-section: no hillock within the window".to_owned()
                },
            );
        }
    }
    if let Some(r) = shaped.roughness {
        row(
            "Roughness",
            format!("{} nm", nm(r)),
            "of the outline within 200 nm of the gap, rms; thermal roughness of a lattice this coarse is part of it",
        );
    }
    if let Some(s) = coupled.shape() {
        row("Silver moved", format!("{:.3}", s.moved()), "volume that passed one end of the window, over the window's as made");
        row(
            "Facet state",
            format!("{:.2}", 1.0 / s.facet_state()),
            &format!("kT over bond energy at the window's highest temperature ({:.0} K), chosen by hand", s.hottest()),
        );
        if !s.fragments().is_empty() {
            let volume: f64 = s.fragments().iter().map(|f| f.volume).sum();
            row("Pieces cut off", s.fragments().len().to_string(), &format!("{} in all, on the membrane", format_si(volume, "nm3", 2)));
        }
    }
    if let Some(r) = coupled.replay() {
        row(
            "Rupture, one-way",
            format!(
                "{} after its start, the wire engine {}",
                format_si(r.shape - r.started, "s", 4),
                format_si(r.wire - r.started, "s", 4)
            ),
            "the lattice followed the recorded current and temperatures; the difference is what the coupling would change",
        );
    }
    Table {
        title: "The break in three dimensions".to_owned(),
        columns: ["", "Value|", "Meaning"].map(str::to_owned).to_vec(),
        rows,
        note: String::new(),
    }
}

/// Pits of one side.
pub fn pits(shaped: &Shaped) -> Option<Table> {
    if shaped.pits.is_empty() {
        return None;
    }
    let row = |p: &PitTrack| -> Option<Vec<String>> {
        let (_, deepest) = p.seen.iter().max_by(|a, b| a.1.depth.value.total_cmp(&b.1.depth.value))?;
        let seen = match deepest.seen() {
            SeenAt::UpperEdge => "upper edge",
            SeenAt::LowerEdge => "lower edge",
            SeenAt::Face => "within the outline",
        };
        let end = match p.end {
            PitEnd::Lasts => "lasts".to_owned(),
            PitEnd::Healed => "healed".to_owned(),
            PitEnd::Merged(with) => format!("merged with {}", with + 1),
            PitEnd::Neck => "became a neck".to_owned(),
            PitEnd::Broke => "became the break".to_owned(),
        };
        Some(vec![
            format!("{:.3}", 1e6 * deepest.at.value),
            nm(deepest.length.value),
            format!("{:.2}", deepest.depth.value),
            format!("{:.0}", deepest.azimuth.to_degrees()),
            seen.to_owned(),
            format!("{:.4}", p.born.value),
            format!("{:.4}", p.ended.value),
            end,
        ])
    };
    Some(Table {
        title: "Voids: pits of one side".to_owned(),
        columns: ["Place (um)|", "Length (nm)|", "Depth (radii)|", "Side (deg)|", "In the picture", "From (s)|", "To (s)|", "End"]
            .map(str::to_owned)
            .to_vec(),
        rows: shaped.pits.iter().filter_map(row).collect(),
        note: "Silver missing on one side while the wall opposite is at its place, at least two pitches deep; in projection it looks like a void. Side: azimuth of what is missing, 0 up in the picture, 90 deg towards the beam. Voids inside the wire cannot occur: there are no vacancies in the bulk of the model".to_owned(),
    })
}

/// All tables of a shape.
pub fn tables(shaped: &Shaped, coupled: &Coupled) -> Vec<Table> {
    let mut all = vec![outline(shaped, coupled)];
    if shaped.broken.is_some() {
        all.push(tips(shaped));
    }
    all.extend(pits(shaped));
    all
}

/// c5 and the mean of c2 to c4 of both tips in words.
pub fn in_words(shaped: &Shaped) -> Option<String> {
    let b = shaped.broken.as_ref()?;
    let said: Vec<String> = b
        .tips
        .iter()
        .enumerate()
        .filter_map(|(k, t)| {
            let (five, others) = amplitudes(t.outline.as_ref()?);
            Some(format!(
                "contact {}: c5 {five:.3}, mean of c2 to c4 {others:.3}, apex to 25 % {} nm",
                k + 1,
                with_uncertainty(t.to_quarter, 1e9, 0)
            ))
        })
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}
