//! What the paper says of each panel of its Figures 2 and 4, and whether this run's frames show it.

use crate::data::ReportData;
use crate::format::{escape, prose, quantity, scaled, table};
use crate::micrograph::Microscopy;
use crate::picture::Change;
use crate::sections::{this_run, verdict};
use crate::seen::width_at;
use pentatwin_record::summary::{Finding, Summary, Verdict};

/// Sweep rates [V/s] that Figure 2 stands for (100 and 10 mV/s), and from which on a rate is high (Figure 4).
const FIGURE_2: std::ops::Range<f64> = 5e-3..0.5;
const HIGH: f64 = 1.0;
/// A dipole index beyond this is lopsided; the checklist has the same limit.
const LOPSIDED: f64 = 0.5;
/// A voltage [V] below which the source counts as off.
const OFF: f64 = 1e-3;

const OUTLINE_ONLY: &str = "The wire of this run is a one-dimensional outline: one pentagonal cross-section at each place. It cannot show one-sided voids, needles or five-fold ends";

/// Where the checklist's rows on the shape of the break stand in the paper.
const SHAPE_PLACE: &str = "NW Breakdown by Biasing, Figure 2";

/// Panel, what the paper says, verdict, what this run shows (HTML).
type Row<'a> = (&'static str, &'a str, Verdict, String);

/// A row of the checklist on the shape of the break, at its panel: what comes before the rupture, or the ends after it.
fn of_shape(f: &Finding) -> Row<'_> {
    let before = ["Voids", "Silver piles"].iter().any(|word| f.claim.starts_with(word));
    (if before { "B" } else { "gap" }, &f.claim, f.verdict, escape(&prose(&f.evidence)))
}

struct Case<'a> {
    data: &'a ReportData,
    s: &'a Summary,
    rate: f64,
}

impl Case<'_> {
    fn of(data: &ReportData) -> Case<'_> {
        Case { data, s: &data.summary, rate: this_run(&data.summary).rate }
    }

    fn result(&self, name: &str) -> Option<f64> {
        result(self.s, name)
    }

    fn time(&self, name: &str) -> Option<f64> {
        self.s.moments.iter().find(|m| m.name == name).map(|m| m.time)
    }

    /// Distance from the edge of the cathode contact [m].
    fn beyond_cathode(&self, x: f64) -> f64 {
        if self.s.plate.cathode == 2 { self.s.plate.spacing - x } else { x }
    }

    /// Only of a run of the rates that the figure stands for.
    fn judge(&self, applies: bool, holds: Option<bool>) -> Verdict {
        match holds.filter(|_| applies) {
            Some(true) => Verdict::Emerged,
            Some(false) => Verdict::NotReproduced,
            None => Verdict::NotTested,
        }
    }
}

/// A headline number.
pub fn result(s: &Summary, name: &str) -> Option<f64> {
    s.results.iter().find(|r| r.name == name).and_then(|r| r.value).filter(|v| v.is_finite())
}

fn rows_to_html(rows: Vec<Row>) -> String {
    let rows: Vec<_> =
        rows.into_iter().map(|(p, says, v, shows)| ("", vec![format!("<b>{}</b>", escape(p)), escape(says), verdict(v), shows])).collect();
    table(&["Panel", "The paper says", "Verdict", "This run"], &rows)
}

/// Figure 2, panel by panel.
pub fn breaking(data: &ReportData, m: &Microscopy) -> String {
    let case = Case::of(data);
    let applies = FIGURE_2.contains(&case.rate);
    let half = 0.5 * case.s.plate.spacing;
    let pixel = m.moments.first().map_or(f64::NAN, |(_, image)| image.pixel);
    let mut rows: Vec<Row> = vec![(
        "all",
        "TEM mode at a low dose, some 50 e⁻/nm²/s; sequential frames of the whole wire",
        Verdict::Input,
        "mode, dose rate, exposure, field and detector are the protocol’s; noise, drift and contrast of the materials follow from declared parameters".to_owned(),
    )];
    let order = case.time("A").zip(case.time("B")).zip(case.time("C")).map(|((a, b), c)| (a, b, c));
    rows.push((
        "A",
        "the breakdown starts slowly",
        case.judge(applies, order.map(|(a, b, c)| c - b < 0.2 * (c - a))),
        order.map_or("no A, B and C".to_owned(), |(a, b, c)| {
            let shrunk = 0.03 * case.s.plate.diameter;
            format!(
                "{} from A to the neck (B), {} from there to the rupture. At A the wire has lost 3 % of its width, {} or {:.1} of a pixel: no eye finds it in this frame",
                scaled(b - a, "s", 3),
                scaled(c - b, "s", 3),
                scaled(shrunk, "m", 2),
                shrunk / pixel
            )
        }),
    ));
    let dipole = case.result("dipole_index").map(|d| if case.s.plate.cathode == 2 { -d } else { d });
    rows.push((
        "A, B",
        "with time lower contrast at the cathode side, higher contrast at the other end",
        case.judge(applies, dipole.map(|d| d > LOPSIDED)),
        dipole.map_or("no neck".to_owned(), |d| {
            format!("dipole index {} just before the break (1: all silver went from the cathode’s half to the other)", quantity(d, "", 2))
        }),
    ));
    let hillock = case.result("hillock_position").map(|x| case.beyond_cathode(x));
    rows.push((
        "B",
        "arrows: hillocks at the anode",
        case.judge(applies, hillock.map(|x| x > half)),
        match (hillock, case.result("hillock_height")) {
            (Some(x), Some(h)) => format!(
                "{} higher than as made, {} from the edge of the cathode; {:.1} pixels of the frame: a slight swelling, not the paper’s grain",
                scaled(h, "m", 3),
                scaled(x, "m", 3),
                h / pixel
            ),
            _ => "no hillock".to_owned(),
        },
    ));
    // What needs three dimensions has rows of its own in the checklist, where the break was followed in them.
    let shaped: Vec<Row> =
        data.summary.checklist.iter().filter(|f| data.asks_for_shape() && f.place == SHAPE_PLACE).map(of_shape).collect();
    let (early, late): (Vec<Row>, Vec<Row>) = shaped.into_iter().partition(|row| row.0 == "B");
    if early.is_empty() {
        rows.push((
            "B",
            "the wire becomes irregular, voids form progressively (10 mV/s)",
            Verdict::NotReproduced,
            format!("{OUTLINE_ONLY}; a neck stands for the void."),
        ));
    }
    rows.extend(early);
    let gap = case.result("gap_position").map(|x| case.beyond_cathode(x));
    let gaps = case.result("gaps");
    rows.push((
        "C",
        "arrows: a gap, across the wire or close to a contact, mostly at the cathode side",
        case.judge(applies, gap.map(|x| x < 0.9 * half)),
        gap.map_or("no gap".to_owned(), |x| {
            format!("widest gap {} from the edge of the cathode, spacing {}", scaled(x, "m", 3), scaled(2.0 * half, "m", 3))
        }),
    ));
    rows.push((
        "C",
        "two opposite segments with a sharp gap in between",
        case.judge(applies, gaps.map(|n| n == 1.0 && case.result("molten_length").unwrap_or(0.0) == 0.0)),
        gaps.map_or("no gap".to_owned(), |n| {
            format!(
                "{n:.0} gap{}; {} of the wire molten at the rupture",
                if n == 1.0 { "" } else { "s" },
                case.result("molten_length").map_or("an unknown length".to_owned(), |l| scaled(l, "m", 3))
            )
        }),
    ));
    if late.is_empty() {
        rows.push((
            "gap",
            "needle-like clean tips with the five-fold symmetry of the wire (100 mV/s), irregular pointed ends (10 mV/s)",
            Verdict::NotReproduced,
            format!("{OUTLINE_ONLY}; the ends in this frame are as smooth as capillarity makes an outline."),
        ));
    }
    rows.extend(late);
    let mut out = rows_to_html(rows);
    if !applies {
        out.push_str("<p class=\"note\">Figure 2 is of sweeps at 100 and 10 mV/s; this run swept at another rate, so that most rows do not bear on it.</p>");
    }
    out
}

/// Voltage of the last sample [V]: whether the source was left on.
fn last_voltage(data: &ReportData) -> Option<f64> {
    data.samples.voltage.get(..data.samples.len())?.last().copied().filter(|v| v.is_finite())
}

/// Whether anything changes between the frames after the rupture, and what the source did.
pub fn series_in_words(data: &ReportData, m: &Microscopy, t0: f64, changed: Option<Change>) -> String {
    let power = data.summary.after_break.as_ref().map_or(f64::NAN, |a| a.power);
    let source = match last_voltage(data) {
        Some(v) if v.abs() < OFF => "The source was off after the break.".to_owned(),
        Some(v) if power > 0.0 => format!(
            "The source was left on at {} after the break, and {} kept flowing through the assumed leak across the gap.",
            scaled(v, "V", 4),
            scaled(power, "W", 3)
        ),
        Some(v) => format!("The source was left on at {} after the break, and no current flowed.", scaled(v, "V", 4)),
        None => "What the source did after the break was not recorded.".to_owned(),
    };
    let first = m.after.first().map_or(f64::NAN, |image| image.time - 0.5 * m.exposure - t0);
    let early = format!(
        "What happened in the first {} after the rupture, before the first of these exposures, is in no frame.",
        scaled(first.max(0.0), "s", 2)
    );
    let change = match changed {
        _ if m.after.len() < 2 => "There is one frame only, so that no change can be seen.".to_owned(),
        Some(c) if c.area == 0.0 => format!(
            "<b>Nothing changes</b> from the first to the last of these frames: no block of {} differs by more than noise and drift.",
            scaled(c.block, "m", 2)
        ),
        Some(c) => {
            format!("<b>The wire changes</b> from the first to the last of these frames: {} differ by more than noise and drift.", area(&c))
        }
        None => "The frames cannot be compared.".to_owned(),
    };
    format!("{change} {source} {early}")
}

/// How much has changed, and where along the wire.
fn area(c: &Change) -> String {
    let um2 = c.area * 1e12;
    let size = if um2 < 0.01 { format!("{:.0} nm²", c.area * 1e18) } else { format!("{um2:.2} µm²") };
    let [from, to] = c.place.map(|x| quantity(x, "um", 3));
    format!("{size} between {from} and {to} from the edge of contact 1")
}

/// Figure 4, panel by panel.
pub fn after(data: &ReportData, m: &Microscopy, changed: Option<Change>) -> String {
    let case = Case::of(data);
    let high = case.rate >= HIGH;
    let a = case.s.after_break.as_ref();
    let power = a.map_or(0.0, |a| a.power);
    let moves = changed.filter(|_| m.after.len() > 1).map(|c| c.area > 0.0);
    let seen = match moves {
        Some(true) => changed.map_or(String::new(), |c| format!("from the first to the last frame {} change", area(&c))),
        Some(false) => "no change from the first to the last frame".to_owned(),
        None => "not to be compared".to_owned(),
    };
    let cold = a
        .and_then(|a| a.below_500_k)
        .map_or(String::new(), |t| format!("; the wire is below 500 K {} after the rupture", scaled(t, "s", 3)));
    let mut rows: Vec<Row> = Vec::new();
    if high {
        let (v, why) = match moves {
            Some(true) if power > 0.0 => (
                Verdict::Input,
                format!(
                    ": because the source left on and a leak across the gap were put in ({}), not by residual heat",
                    scaled(power, "W", 3)
                ),
            ),
            other if power > 0.0 => (case.judge(true, other), format!(", although {} keep flowing", scaled(power, "W", 3))),
            other => (case.judge(true, other), cold.clone()),
        };
        rows.push((
            "t = 0 on",
            "the wire goes on changing for seconds after the current has ceased, by residual heat",
            v,
            format!("{seen}{why}"),
        ));
        let pixel = m.after.first().map_or(f64::NAN, |image| image.pixel);
        let (c1, c2) = a.map_or((0.0, 0.0), |a| (a.consumed_1, a.consumed_2));
        rows.push((
            "later",
            "it is consumed from both sides, beginning on one",
            case.judge(true, a.map(|_| c1 > pixel && c2 > pixel)),
            format!(
                "tips drew back by {} on the side of contact 1 and {} on that of contact 2 (truth; a pixel is {})",
                nm(c1),
                nm(c2),
                scaled(pixel, "m", 3)
            ),
        ));
        let grown = grown_at_anode(&case, m);
        rows.push((
            "later",
            "silver from the gap accumulates on the anode side",
            case.judge(true, grown.map(|g| g > pixel)),
            grown.map_or("no profiles".to_owned(), |g| format!("the wire gains {} of width at most in the anode’s half (truth)", nm(g))),
        ));
    } else {
        rows.push((
            "all",
            "under slower biasing the process stops immediately at the moment of breakdown",
            case.judge(case.rate.is_finite() && power == 0.0, moves.map(|m| !m)),
            format!("{seen}{cold}"),
        ));
    }
    let ends = if data.asks_for_shape() {
        "At the rupture the lattice is frozen; where the ends go on changing they do so by the wire engine’s outline, without facets."
            .to_owned()
    } else {
        format!("{OUTLINE_ONLY}.")
    };
    rows.push(("all", "tips, facets and the ends’ shapes while they are consumed", Verdict::NotReproduced, ends));
    rows_to_html(rows)
}

fn nm(x: f64) -> String {
    if x.abs() < 0.05e-9 { "0 nm".to_owned() } else { quantity(x, "nm", 3) }
}

/// Largest gain of width [m] in the anode's half from the first to the last frame after the rupture.
fn grown_at_anode(case: &Case, m: &Microscopy) -> Option<f64> {
    let (first, last) = (m.after.first()?.time, m.after.last()?.time);
    let half = 0.5 * case.s.plate.spacing;
    let places = case.data.position.iter().filter(|x| (half..2.0 * half).contains(&case.beyond_cathode(**x)));
    let gains = places.filter_map(|x| Some(width_at(case.data, last, *x)? - width_at(case.data, first, *x)?));
    gains.max_by(f64::total_cmp).map(|g| g.max(0.0))
}
