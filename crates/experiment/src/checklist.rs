//! The paper's breakdown section, row by row: emerged, input, not reproduced, or not tested by this run.
//!
//! A row only reads numbers; nothing here feeds back into the physics.

use pentatwin_record::summary::{Companion, Finding, HeatShares, Verdict};
use pentatwin_units::format_si;

use crate::band::Bands;
use crate::measure::{Measures, Numbers};
use crate::protocol::{Coupling, Protocol, calibrated_lead_resistance};

const SECTION: &str = "NW Breakdown by Biasing";
const POST: &str = "Postbreakdown NW Consumption, Figure 4";
/// A dipole index beyond this is lopsided.
const LOPSIDED: f64 = 0.5;

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
    /// Number of the cathode contact, 1 or 2.
    pub cathode: u8,
    /// Sweep rate [V/s].
    pub rate: f64,
    /// Heat balance before the break.
    pub heat: Option<&'a HeatShares>,
    /// Time from rupture until the wire is below 500 K [s].
    pub cold_after: Option<f64>,
}

fn um(x: f64) -> String {
    format_si(x, "um", 3)
}
fn nm(x: f64) -> String {
    format_si(x, "nm", 3)
}

impl Case<'_> {
    fn number(&self, name: &str) -> Option<f64> {
        self.measures.numbers.get(name).copied()
    }
    fn spacing(&self) -> f64 {
        self.protocol.device.chip.spacing
    }
    /// Distance from the edge of the cathode contact [m].
    fn beyond_cathode(&self, x: f64) -> f64 {
        if self.cathode == 1 { x } else { self.spacing() - x }
    }
    fn beside(&self, label: &str) -> Option<&Numbers> {
        self.companions.iter().find(|c| c.label == label).map(|c| &c.numbers)
    }
    /// The numbers of the same device at the paper's rates: label and numbers.
    fn rates(&self) -> Vec<(&str, &Numbers)> {
        self.companions.iter().take_while(|c| c.label.ends_with("V/s")).map(|c| (c.label.as_str(), &c.numbers)).collect()
    }
    fn each_rate(&self, name: &str, show: impl Fn(f64) -> String) -> String {
        let all: Vec<String> = self.rates().iter().filter_map(|(label, n)| Some(format!("{label}: {}", show(*n.get(name)?)))).collect();
        if all.is_empty() { "other rates not run".to_owned() } else { all.join("; ") }
    }
    fn at_rate(&self, rate: &str, name: &str) -> Option<f64> {
        match self.beside(rate) {
            Some(numbers) => numbers.get(name).copied(),
            // Without companions the run itself may be the one that is asked for.
            None => pentatwin_units::parse(rate).ok().filter(|(r, _)| (r / self.rate - 1.0).abs() < 0.05).and_then(|_| self.number(name)),
        }
    }
}

/// All rows.
pub fn checklist(case: &Case) -> Vec<Finding> {
    let broke = case.measures.rupture.is_some();
    let mut rows = Vec::new();
    let mut row = |claim: &str, place: &str, verdict: Verdict, evidence: String| {
        rows.push(Finding { claim: claim.to_owned(), place: place.to_owned(), verdict, evidence });
    };
    let judge = |known: Option<bool>| match known {
        Some(true) => Verdict::Emerged,
        Some(false) => Verdict::NotReproduced,
        None => Verdict::NotTested,
    };
    let whole = "this wire did not break in this run".to_owned();

    // Pristine.
    let line = case.number("nonlinearity").zip(case.number("nonlinearity_uncertainty"));
    row(
        "Pristine wires have a low resistance and good contacts (ohmic)",
        "NW Breakdown by Biasing, Figure S2",
        if case.number("pristine_resistance").is_some() { Verdict::Input } else { Verdict::NotTested },
        match (case.number("pristine_resistance"), line) {
            (Some(r), Some((c, u))) => format!(
                "{} up to 0.2 V, of which leads and contacts are inputs; conductance changes by {:.2} ± {:.2} % over that range",
                format_si(r, "ohm", 4),
                100.0 * c,
                100.0 * u
            ),
            (Some(r), None) => format!("{}, of which leads and contacts are inputs", format_si(r, "ohm", 4)),
            _ => "no samples below 0.2 V".to_owned(),
        },
    );

    // The fall.
    let fraction = case.number("last_current_fraction");
    let all = case.bands.map_or(String::new(), |b| format!("; of {} draws {} did not break", b.draws.accepted, b.draws.unbroken));
    row(
        "All devices show a sudden decrease of the current",
        SECTION,
        judge(broke.then_some(fraction.is_some_and(|f| f < 0.5))),
        fraction
            .map_or(whole.clone(), |f| format!("the current falls to {:.0} % of the breakdown current within one sample{all}", 100.0 * f)),
    );
    row(
        "Breakdown voltage varies significantly between devices",
        SECTION,
        Verdict::NotTested,
        match case.bands.and_then(|b| b.bands.get("breakdown_voltage")) {
            Some(b) => format!(
                "band {} to {}; every draw is tied to 2.1 V at 3.3 mV/s through its lead resistance, so the band is not the scatter of devices. Physics says where scatter must come from: series resistance (leads, contacts), heat sinks and diameter, not disorder",
                format_si(b.low, "V", 3),
                format_si(b.high, "V", 3)
            ),
            None => "no draws were made (--band 0)".to_owned(),
        },
    );
    // Order of events.
    let order = case.measures.moments.as_ref().and_then(|m| Some((m.onset?.time.value, m.neck?.time.value, m.rupture?.time.value)));
    row(
        "Breakdown begins with local thinning, voids follow, then rupture (points A, B, C)",
        "Figure 2",
        judge(order.map(|(a, b, c)| a < b && b <= c)),
        match order {
            Some((a, b, c)) => format!(
                "thinning visible {} before rupture, half of the area lost {} before it. {}",
                format_si(c - a, "s", 3),
                format_si(c - b, "s", 3),
                if case.protocol.shape.coupling == Coupling::Off {
                    "A neck stands for the void: one radius per position cannot show voids"
                } else {
                    "Voids have a row of their own"
                }
            ),
            None => whole.clone(),
        },
    );
    // Where.
    let gap = case.number("gap_position").map(|x| case.beyond_cathode(x));
    let half = 0.5 * case.spacing();
    row(
        "The gap forms predominantly at the cathode side, across the wire or at a contact",
        SECTION,
        // A wire that parts in several pieces has no one gap whose place could be judged.
        judge(gap.map(|x| x < 0.9 * half && case.number("gaps") == Some(1.0))),
        match gap {
            Some(_) if case.number("gaps") != Some(1.0) => format!(
                "neck {} from the cathode contact's edge, but then the wire parts in {:.0} places and which gap is widest is not resolved. By rate, neck from contact 1: {}",
                case.number("neck_position").map_or("?".to_owned(), |x| um(case.beyond_cathode(x))),
                case.number("gaps").unwrap_or(0.0),
                case.each_rate("neck_position", um)
            ),
            Some(x) => format!(
                "gap {} from the cathode contact's edge of {} spacing. By rate, position from contact 1: {}",
                um(x),
                um(case.spacing()),
                case.each_rate("gap_position", um)
            ),
            None => whole.clone(),
        },
    );
    let reversed = case.beside("Z* of the other sign");
    row(
        "In some cases breakdown is near the anode, where the direct force dominates",
        SECTION,
        match reversed {
            Some(_) => Verdict::Input,
            None => Verdict::NotTested,
        },
        match reversed.and_then(|n| n.get("gap_position")).copied() {
            Some(x) => format!("only with the sign of Z* reversed by hand: gap then {} from the edge of contact 1", um(x)),
            None => "not run".to_owned(),
        },
    );
    let dipole = case.number("dipole_index").map(|d| if case.cathode == 1 { d } else { -d });
    row(
        "Contrast falls at the cathode side and rises at the other end: silver goes from cathode to anode",
        SECTION,
        judge(dipole.map(|d| d > LOPSIDED)),
        match dipole {
            Some(d) => {
                format!("dipole index {d:.2} at a neck of 25 % (1: all silver went from the cathode half to the other, 0: symmetric)")
            }
            None => whole.clone(),
        },
    );
    let hillock = case.number("hillock_position").map(|x| case.beyond_cathode(x));
    row(
        "Hillocks form at the anode",
        SECTION,
        judge(hillock.map(|x| x > half)),
        match (hillock, case.number("hillock_height")) {
            (Some(x), Some(h)) => format!("largest gain of diameter {} at {} from the cathode contact's edge", nm(h), um(x)),
            _ => whole.clone(),
        },
    );
    row(
        "The current at point C is not zero because the sweep is interrupted at once; in reality none flows",
        SECTION,
        judge(fraction.map(|f| f.abs() >= 0.01 || case.bands.and_then(|b| b.last_current_zero).is_some_and(|z| z < 1.0))),
        match (fraction, case.bands.and_then(|b| b.last_current_zero)) {
            (Some(f), Some(z)) => format!(
                "last recorded current {:.1} % of the breakdown current here; zero (below 1 %) in {:.0} % of the draws. It is what is left of the aperture in which the wire broke",
                100.0 * f,
                100.0 * z
            ),
            (Some(f), None) => format!(
                "last recorded current {:.1} % of the breakdown current: what is left of the aperture in which the wire broke",
                100.0 * f
            ),
            _ => whole.clone(),
        },
    );
    // Non-linear I-V.
    row(
        "The I-V is non-linear before the break: annealing of contacts, or redistribution of silver",
        SECTION,
        judge(case.measures.split.map(|s| s.total.abs() > 0.0)),
        match case.measures.split {
            Some(s) => format!(
                "resistance changes by {:+.2} ohm before the break: heating {:+.2}, contact annealing {:+.2} (its form is an input), redistribution {:+.2}. The paper names the last two; heating is the third cause",
                s.total, s.heating.value, s.annealing.value, s.redistribution.value
            ),
            None => whole.clone(),
        },
    );
    // Membrane.
    let film = case.beside("no heat into the film").and_then(|n| n.get("breakdown_current")).copied();
    let pads = case.beside("pads ideal heat sinks").and_then(|n| n.get("breakdown_current")).copied();
    let here = case.number("breakdown_current");
    row(
        "The low thermal conductivity of the SiN membrane plays a crucial role",
        SECTION,
        match (film, pads, here) {
            (Some(f), Some(p), Some(i)) if (p / i - 1.0).abs() > (f / i - 1.0).abs() => Verdict::Emerged,
            (Some(_), Some(_), Some(_)) => Verdict::NotReproduced,
            _ => Verdict::NotTested,
        },
        match (film, pads, here, case.heat) {
            (Some(f), Some(p), Some(i), Some(h)) => format!(
                "through the pads, yes; under the wire, hardly: of the wire's heat {:.0} % goes into the film beneath it, the rest along the wire into the pads. Breakdown current {} here, {} without the film under the wire, {} if the pads were ideal sinks",
                100.0 * h.film,
                format_si(i, "mA", 3),
                format_si(f, "mA", 3),
                format_si(p, "mA", 3)
            ),
            _ => "not run".to_owned(),
        },
    );
    let other = case.beside("on si-sio2").or_else(|| case.beside("on sin-membrane"));
    row(
        "On Si/SiO2 the heat sink is more effective and the behaviour slightly different",
        SECTION,
        match (other.and_then(|n| n.get("breakdown_current")), here) {
            (Some(o), Some(i)) => judge(Some(if case.beside("on si-sio2").is_some() { *o > i } else { *o < i })),
            _ => Verdict::NotTested,
        },
        match (other.and_then(|n| n.get("breakdown_current")), other.and_then(|n| n.get("breakdown_voltage")), here) {
            (Some(o), Some(v), Some(i)) => {
                format!("the other chip needs {} ({}), this one {}", format_si(*o, "mA", 3), format_si(*v, "V", 3), format_si(i, "mA", 3))
            }
            _ => "not run".to_owned(),
        },
    );
    // Joule against electromigration.
    let off = case.beside("electromigration off").and_then(|n| n.get("dipole_index")).copied();
    row(
        "Joule heating thins symmetrically, electromigration depends on the polarity",
        SECTION,
        match (off, case.beside("polarity reversed").and_then(|n| n.get("dipole_index")), case.number("dipole_index")) {
            (Some(off), Some(r), Some(d)) => judge(Some(off.abs() < LOPSIDED && r * d < 0.0)),
            _ => Verdict::NotTested,
        },
        match (off, case.beside("polarity reversed").and_then(|n| n.get("dipole_index"))) {
            (Some(off), Some(r)) => format!("dipole index {off:.2} with electromigration off, {r:.2} with the polarity reversed"),
            _ => "not run".to_owned(),
        },
    );
    row(
        "Slower ramps are driven by electromigration, faster ones by heat",
        SECTION,
        match (case.at_rate("10 mV/s", "em_share"), case.at_rate("10 V/s", "em_share")) {
            (Some(slow), Some(fast)) => judge(Some(slow > fast && slow > 0.5)),
            _ => Verdict::NotTested,
        },
        format!(
            "share of electromigration in what left the neck, at a quarter of its area: {}",
            case.each_rate("em_share", |v| format!("{v:.2}"))
        ),
    );
    let voltages: Vec<f64> = case.rates().iter().filter_map(|(_, n)| n.get("breakdown_voltage").copied()).map(f64::abs).collect();
    row(
        "Slower ramps break at lower voltage",
        "implied by 2.1 V at 3.3 mV/s; not stated",
        judge((voltages.len() >= 3).then(|| voltages.windows(2).all(|w| w[0] < w[1]))),
        case.each_rate("breakdown_voltage", |v| format_si(v, "V", 4)),
    );
    // Rates.
    row(
        "High rates: thermal runaway, abrupt and explosive, partial melting, nanoparticles; the membrane is damaged (S3)",
        "NW Breakdown by Biasing, Figure S3",
        judge(case.at_rate("10 V/s", "molten_length").map(|l| l > 0.0)),
        match (case.at_rate("10 V/s", "molten_length"), case.at_rate("10 V/s", "t25")) {
            (Some(l), Some(t)) => format!(
                "at 10 V/s {} of the wire are molten at rupture, {t:.0} K at a neck of 25 %. Damage of the membrane and ejected particles are not in the model",
                um(l)
            ),
            _ => "not run".to_owned(),
        },
    );
    row(
        "100 mV/s: begins slowly, then suddenly sections the wire",
        "Figure 2a",
        match (case.rate, order) {
            (r, Some((a, b, c))) if (0.05..0.5).contains(&r) => judge(Some(c - b < 0.2 * (c - a))),
            _ => Verdict::NotTested,
        },
        match order {
            Some((a, b, c)) => format!(
                "{} from visible thinning to a neck, {} from the neck to rupture",
                format_si(b - a, "s", 3),
                format_si(c - b, "s", 3)
            ),
            None => whole.clone(),
        },
    );
    let gaps = case.at_rate("100 mV/s", "gaps");
    row(
        "100 mV/s: one sharp gap between two needles",
        "Figure 2a",
        judge(gaps.map(|g| g == 1.0 && case.at_rate("100 mV/s", "molten_length").unwrap_or(0.0) == 0.0)),
        match (gaps, case.at_rate("100 mV/s", "molten_length")) {
            (Some(g), Some(l)) => format!(
                "{g:.0} gap(s); {} of the wire molten at rupture. A hot section that breaks into pieces is the known weakness of the model at this rate",
                um(l)
            ),
            _ => "not run".to_owned(),
        },
    );
    // With the shape engine, rows of its own say more.
    if case.protocol.shape.coupling == Coupling::Off {
        row(
            "Clean needle tips with five-fold symmetry at 100 mV/s, irregular points at 10 mV/s",
            "Figure 2",
            Verdict::NotTested,
            "one radius per position has no facets, needles or one-sided voids: that is the shape engine's (shape.coupling = \"lock-step\")"
                .to_owned(),
        );
    }
    row(
        "3.3 mV/s: the wire fails at 2.1 V",
        "NW Rewiring",
        if case.protocol.device.chip.lead_resistance == calibrated_lead_resistance(case.protocol.device.chip.contacts) {
            Verdict::Input
        } else {
            Verdict::NotTested
        },
        match case.at_rate("3.3 mV/s", "breakdown_voltage") {
            Some(v) => format!(
                "{} at 3.3 mV/s: the lead resistance was calibrated on it. Most of it lies outside the wire ({} across the wire)",
                format_si(v, "V", 4),
                case.at_rate("3.3 mV/s", "wire_voltage").map_or("?".into(), |w| format_si(w, "V", 3))
            ),
            None => "not run".to_owned(),
        },
    );
    row(
        "3.3 mV/s: fails close to the cathode electrode, silver accumulates at the anode",
        "NW Rewiring",
        judge(case.at_rate("3.3 mV/s", "gap_position").map(|x| case.beyond_cathode(x) < 0.2 * case.spacing())),
        match (case.at_rate("3.3 mV/s", "gap_position"), case.at_rate("3.3 mV/s", "hillock_position")) {
            (Some(g), Some(h)) => format!("gap {} and hillock {} from the edge of contact 1", um(g), um(h)),
            _ => "not run".to_owned(),
        },
    );
    let resolved = 2.0 * case.spacing() / case.protocol.device.numerics.cells as f64 * 1.000_001;
    let widths: Vec<(f64, f64, f64)> =
        match (case.at_rate("3.3 mV/s", "gap_width"), case.at_rate("10 mV/s", "gap_width"), case.at_rate("100 mV/s", "gap_width")) {
            (Some(a), Some(b), Some(c)) => vec![(a, b, c)],
            _ => vec![],
        };
    row(
        "3.3 mV/s: the gap is narrower than at 10 and 100 mV/s",
        "NW Rewiring, Figure 5a",
        // Two widths that are both only bounds cannot be compared.
        judge(widths.first().filter(|(a, b, _)| a.max(*b) > resolved).map(|(a, b, c)| a < b && a < c)),
        match widths.first() {
            Some((a, b, c)) => format!(
                "{}, {} and {} at 3.3, 10 and 100 mV/s; up to two cells ({}) a width is only an upper bound",
                nm(*a),
                nm(*b),
                nm(*c),
                nm(resolved)
            ),
            None => "not run".to_owned(),
        },
    );
    // After the break.
    let frozen = case.measures.consumption.map(|c| c.frozen);
    row(
        "After slow breaks the morphology freezes at once",
        POST,
        if case.rate <= 0.2 { judge(frozen) } else { Verdict::NotTested },
        match case.measures.consumption {
            Some(c) => format!(
                "tips draw back by {} (contact 1) and {} (contact 2) after rupture",
                nm(c.side_1.length.value),
                nm(c.side_2.length.value)
            ),
            None => whole.clone(),
        },
    );
    row(
        "After fast breaks the wire is consumed for seconds by residual heat",
        POST,
        match (case.cold_after, case.rate >= 1.0) {
            (Some(_), true) => Verdict::NotReproduced,
            _ => Verdict::NotTested,
        },
        match case.cold_after {
            Some(t) => format!(
                "the wire is below 500 K {} after rupture: residual heat cannot act for seconds. Power must still flow (compare fig4 with fig4-source-on), or the beam acts",
                format_si(t, "us", 3)
            ),
            None => "the wire did not break, or power was left on".to_owned(),
        },
    );
    rows
}
