//! A made-up run with the shape of a real one: for looking at the page, and for its tests. None of its numbers is a result.

use pentatwin_record::summary::*;
use pentatwin_report::{Profiles, ReportData, Samples};
use pentatwin_units::recorded;
use std::collections::BTreeMap;

const BREAK: f64 = 22.981_234_567;
const R0: f64 = 52.6e-9;
const GAP: f64 = 0.35e-6;
const L: f64 = 5e-6;

fn gauss(x: f64, s: f64) -> f64 {
    (-0.5 * (x / s).powi(2)).exp()
}

fn texture(x: f64) -> f64 {
    0.006 * ((x * 3.1e7).sin() + (x * 4.7e7 + 1.0).sin() + (x * 1.9e7 + 2.0).sin())
}

/// Radius and temperature at a place and time.
fn state(x: f64, t: f64) -> (f64, f64) {
    let left = BREAK - t;
    let early = ((t.min(BREAK) - 18.0).max(0.0) / (BREAK - 18.0)).powi(2) * 0.3;
    let pinch = if left > 0.0 { 0.7 * (1.0 - (left / (left + 2e-5)).powf(0.35)) } else { 0.7 };
    let narrow = 0.05e-6;
    let mut r = R0
        * (1.0 + texture(x))
        * (1.0 - early * gauss(x - GAP, 0.16e-6) + 0.55 * early / 0.3 * gauss(x - 4.62e-6, 0.22e-6)
            - 0.06 * early * gauss(x - 2.5e-6, 1.2e-6));
    r *= 1.0 - pinch * gauss(x - GAP, narrow);
    if left <= 0.0 {
        let half = 7e-9 + 12e-9 * (1.0 + (-left / 1e-7)).ln().min(3.0);
        let away = (x - GAP).abs() - half;
        r = if away < 0.0 { 0.0 } else { r.min(12e-9 + (R0 * 12e-9 + away * 25e-9).sqrt() * 1.0) };
    }
    let volts = 0.1 * t.min(BREAK);
    let wire = 0.145 * volts;
    let pad = 300.0 + 25.0 * volts;
    let shape = if (0.0..=L).contains(&x) { 4.0 * x * (L - x) / (L * L) } else { 0.0 };
    let neck = if left > 0.0 { 900.0 * early * gauss(x - GAP, 0.25e-6) + 2500.0 * pinch * gauss(x - GAP, 0.08e-6) } else { 0.0 };
    let hot = (pad * pad + shape * wire * wire / (4.0 * 2.44e-8)).sqrt() + neck;
    let cool = if left > 0.0 { 1.0 } else { (left / 6e-8).exp() * 0.9 + 0.1 * (left / 2e-4).exp() };
    (r, 300.0 + (hot - 300.0) * cool)
}

fn current(volts: f64, t: f64) -> f64 {
    if t >= BREAK { 0.0 } else { volts / (223.0 + 50.0 - 11.0 / (1.0 + (-(t - 16.0)).exp()) + 13.0 + 9.0 * (volts / 2.3).powi(2)) }
}

fn row(
    name: &str,
    label: &str,
    value: Option<f64>,
    (unit, bound): (&str, &str),
    basis: Basis,
    band: Option<(f64, f64, f64)>,
    meaning: &str,
) -> ResultRow {
    let drivers = vec![("wire.diameter".to_owned(), 0.71), ("chip.pad_resistance".to_owned(), -0.38)];
    ResultRow {
        name: name.into(),
        label: label.into(),
        value,
        unit: unit.into(),
        bound: bound.into(),
        basis,
        band: band.map(|(low, median, high)| Band { low, median, high, drivers }),
        meaning: meaning.into(),
    }
}

/// The made-up run.
pub fn synthetic() -> ReportData {
    let n = 924;
    let time: Vec<f64> = (0..n).map(|i| 0.025 * f64::from(i + 1)).collect();
    let voltage: Vec<f64> = time.iter().map(|t| if *t - 0.025 > BREAK { 0.0 } else { 0.1 * t }).collect();
    let samples = Samples {
        current: time
            .iter()
            .zip(&voltage)
            .map(|(t, v)| if *t > BREAK && *t - 0.025 < BREAK { 0.25 * current(*v, BREAK - 1e-3) } else { current(*v, *t) })
            .collect(),
        flags: time.iter().map(|t| if *t > BREAK && *t - 0.025 < BREAK { 4 } else { 0 }).collect(),
        time,
        voltage,
    };
    let position: Vec<f64> = (0..720).map(|i| -2e-6 + 12.5e-9 * (f64::from(i) + 0.5)).collect();
    let mut clock: Vec<f64> = (0..114).map(|i| 0.2 * f64::from(i)).collect();
    clock.extend((0..170).map(|i| BREAK - 0.1 * 10f64.powf(-f64::from(i) / 21.0)));
    clock.extend((0..130).map(|i| BREAK + 1e-10 * 10f64.powf(f64::from(i) / 12.2)));
    clock.sort_by(f64::total_cmp);
    let states: Vec<(f64, f64)> = clock.iter().flat_map(|t| position.iter().map(|x| state(*x, *t))).collect();
    let each = |f: &dyn Fn(f64) -> f64| clock.iter().map(|t| f(*t)).collect::<Vec<f64>>();
    let profiles = Profiles {
        radius: states.iter().map(|s| s.0 as f32).collect(),
        temperature: states.iter().map(|s| s.1 as f32).collect(),
        series: vec![
            (recorded::TRUE_CURRENT, each(&|t| current(0.1 * t.min(BREAK), t) * (1.0 - 0.3 * (-(BREAK - t).max(0.0) / 3e-8).exp()))),
            (
                recorded::WIRE_VOLTAGE,
                each(&|t| {
                    if t < BREAK {
                        0.0145 * t + 0.9 * (-(BREAK - t) / 3e-8).exp()
                    } else if t < 23.0 {
                        2.298
                    } else {
                        0.0
                    }
                }),
            ),
            (recorded::WIRE_RESISTANCE, each(&|t| if t < BREAK { 13.0 + 9.0 * (t / BREAK).powi(2) } else { f64::NAN })),
            (recorded::CONTACT_RESISTANCE_1, each(&|t| 25.0 - 5.5 / (1.0 + (-(t - 16.0)).exp()))),
            (recorded::PAD_TEMPERATURE_1, each(&|t| 300.0 + 2.5 * t.min(BREAK))),
        ],
        time: clock,
    };
    ReportData {
        imported: None,
        spectra: Vec::new(),
        summary: summary(),
        samples,
        position,
        profiles,
        microscopy: None,
        shape_note: None,
        measured: None,
        measured_page: false,
        protocol: PROTOCOL.into(),
        provenance: provenance(),
    }
}

const PROTOCOL: &str = "title = \"Breakdown at 100 mV/s (Figure 2a)\"\n\n[wire]\ndiameter = \"115 nm\"\nlength = \"20 um\"\n\n[chip]\nkind = \"sin-membrane\"\nspacing = \"5 um\"\ncontacts = \"overlap\"\n\n[[step]]\nsweep = { to = \"5 V\", rate = \"100 mV/s\", step = \"2.5 mV\", nplc = 1, compliance = \"20 mA\", trip = \"50 %\", after_break = \"off\" }\n\n[[step]]\nwait = \"5 s\"\n";

fn provenance() -> Vec<(String, String)> {
    [("started_utc", "2026-11-24T21:58:03Z"), ("pentatwin", "0.1.0"), ("rustc", "1.91.0"), ("wall_time", "0.84 s"), ("record_version", "1")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec()
}

fn moment(name: &str, meaning: &str, time: f64, position: Option<f64>) -> Moment {
    let voltage = if time > 23.5 { 0.0 } else { 0.1 * time };
    Moment {
        name: name.into(),
        meaning: meaning.into(),
        time,
        voltage,
        current: if name == "C" { 0.25 * current(voltage, time - 1e-3) } else { current(voltage, time) },
        position,
    }
}

fn companion(label: &str, rate: f64, numbers: [f64; 6], ended: &str) -> Companion {
    let names = ["breakdown_voltage", "breakdown_current", "current_density", "gap_position", "gap_width", "dipole_index"];
    let numbers: BTreeMap<String, f64> = names.iter().map(|n| (*n).to_owned()).zip(numbers).filter(|(_, v)| v.is_finite()).collect();
    Companion { label: label.into(), rate, numbers, ended: ended.into() }
}

fn finding(claim: &str, place: &str, verdict: Verdict, evidence: &str) -> Finding {
    Finding { claim: claim.into(), place: place.into(), verdict, evidence: evidence.into() }
}

fn parameter(key: &str, value: &str, default: &str, range: &str, status: &str, source: &str, meaning: &str) -> ParameterRow {
    ParameterRow {
        key: key.into(),
        value: value.into(),
        default: default.into(),
        range: range.into(),
        status: status.into(),
        source: source.into(),
        meaning: meaning.into(),
        changed: value != default,
    }
}

fn summary() -> Summary {
    use Basis::{Measured, Truth};
    let put_in = [
        ("lead resistance", "223 ohm", "calibrated on the paper: 2.1 V at 3.3 mV/s"),
        ("wall mobility: h0, r", "2 nm, 0.3", "chosen without a number to choose by"),
        ("contact-anneal constants", "1e8 Hz, 0.85 eV", "chosen without a number to choose by; shape of the I–V curve only"),
        ("diameter disorder", "1 %", "device spread, assumed"),
    ];
    Summary {
        title: "Breakdown at 100 mV/s (Figure 2a), made-up data".into(),
        name: "fig2a".into(),
        ended: "trip: the current fell below 50 % of the previous sample".into(),
        seed: 1,
        put_in: put_in.iter().map(|(a, b, c)| PutIn { what: (*a).into(), value: (*b).into(), why: (*c).into() }).collect(),
        plate: Plate {
            chip: "sin-membrane".into(),
            spacing: L,
            diameter: 115e-9,
            length: 20e-6,
            overlap: 2e-6,
            area: 8.69e-15,
            equal_area_diameter: 105.2e-9,
            film_thickness: 50e-9,
            cathode: 1,
        },
        moments: vec![
            moment("A", "onset of visible thinning", 20.15, Some(GAP)),
            moment("B", "a neck can be seen", 22.95, Some(GAP)),
            moment("C", "the wire breaks", BREAK, Some(GAP)),
            moment("after", "end of the run", 28.1, Some(GAP)),
        ],
        states: vec![
            State { name: "pristine".into(), resistance: Some(286.2), note: "mean over the first 50 mV".into() },
            State { name: "before the break".into(), resistance: Some(291.4), note: "last sample before moment B".into() },
            State { name: "after the break".into(), resistance: None, note: "no current flows".into() },
        ],
        resistance_change: Some(ResistanceChange { total: 5.2, heating: 11.9, annealing: -11.0, redistribution: 4.3 }),
        results: vec![
            row("breakdown_voltage", "Breakdown voltage", Some(2.298), ("V", ""), Measured, Some((2.19, 2.31, 2.47)), "Mostly outside the wire: it is set by leads and contacts."),
            row("breakdown_current", "Breakdown current", Some(7.886e-3), ("mA", ""), Measured, Some((7.1e-3, 7.8e-3, 8.6e-3)), "The last full sample before the trip."),
            row("current_density", "Current density", Some(9.07e11), ("A/m2", ""), Measured, Some((8.4e11, 9.0e11, 1.01e12)), "Over the as-made cross-section; intrinsic to the wire."),
            row("wire_voltage", "Voltage across the wire", Some(0.333), ("V", ""), Truth, Some((0.29, 0.33, 0.36)), "What the wire itself holds of the applied voltage."),
            row("t25", "Hottest place at 25 % neck", Some(987.0), ("K", ""), Truth, Some((930.0, 985.0, 1090.0)), "Far below melting: the break is not a melt."),
            row("gap_position", "Gap position", Some(GAP), ("um", ""), Truth, Some((0.1e-6, 0.3e-6, 1.4e-6)), "From the edge of contact 1; the cathode is contact 1."),
            row("gap_width", "Gap width", Some(37.5e-9), ("nm", "<="), Truth, None, "Not resolved by the grid: an upper bound."),
            row("dipole_index", "Dipole index", Some(0.83), ("1", ""), Truth, Some((0.4, 0.8, 0.9)), "+1: all silver moved from the half of contact 1 to that of contact 2."),
            row("hillock", "Hillock", Some(178e-9), ("nm", ""), Truth, Some((140e-9, 170e-9, 190e-9)), "Largest diameter."),
            row("consumed", "Consumed after the break", None, ("nm", ""), Truth, None, "Nothing was consumed that the grid resolves."),
        ],
        heat: Some(HeatShares { time: 22.95, wire_power: 2.62e-3, max_temperature: 951.0, film: 0.118, pad_1: 0.468, pad_2: 0.411, stored: 0.003 }),
        after_break: Some(AfterBreak {
            below_500_k: Some(9.1e-8),
            chip_cold: Some(4.4e-3),
            consumed_1: 1.2e-8,
            consumed_2: 0.9e-8,
            power: 0.0,
            note: "The residual heat lasts a tenth of a microsecond in the wire, milliseconds in pads and membrane: it cannot feed seconds of consumption.".into(),
        }),
        checklist: vec![
            finding("Sudden fall of the current at the breakdown", "Breakdown by biasing", Verdict::Emerged, "I falls from 7.89 mA to 0 within 0.3 µs."),
            finding("Gap on the cathode side", "Figure 2a", Verdict::Emerged, "Gap at 0.35 µm from contact 1, the cathode."),
            finding("Hillocks at the anode", "Figure 2a", Verdict::Emerged, "178 nm at 4.62 µm."),
            finding("Broke at 2.1 V at 3.3 mV/s", "Rewiring", Verdict::Input, "The lead resistance was fitted to it."),
            finding("Needle-like clean tips with five-fold symmetry", "Figure 2a", Verdict::NotReproduced, "Facets are outside a model of cross-sections."),
            finding("Si/SiO2 carries heat away more effectively", "Breakdown by biasing", Verdict::NotTested, "This run has a SiN membrane."),
        ],
        tables: vec![pentatwin_record::summary::Table {
            title: "A table of its own".to_owned(),
            columns: vec!["State".to_owned(), "Lost (%)|".to_owned()],
            rows: vec![vec!["after 1 s".to_owned(), "0.5".to_owned()]],
            note: "a note".to_owned(),
        }],
        companions: vec![
            companion("3.3 mV/s", 3.3e-3, [2.1, 7.3e-3, 8.4e11, 0.11e-6, 12.5e-9, 0.95], "trip"),
            companion("10 mV/s", 1e-2, [2.17, 7.5e-3, 8.6e11, 0.17e-6, 25e-9, 0.92], "trip"),
            companion("1 V/s", 1.0, [2.45, 8.2e-3, 9.4e11, 1.5e-6, 110e-9, 0.41], "trip"),
            companion("10 V/s", 10.0, [2.71, 8.9e-3, 1.02e12, 2.46e-6, 890e-9, 0.12], "trip"),
            companion("polarity reversed", 0.1, [2.298, 7.886e-3, 9.07e11, 4.65e-6, 37.5e-9, -0.83], "trip"),
            companion("electromigration off", 0.1, [2.62, 8.8e-3, 1.01e12, f64::NAN, f64::NAN, 0.02], "end of the sweep"),
        ],
        draws: Some(Draws { asked: 32, accepted: 29, unbroken: 1, note: "Each draw re-fits the lead resistance to 2.1 V at 3.3 mV/s or is rejected.".into() }),
        parameters: vec![
            parameter("wire.diameter", "115 nm", "115 nm", "105 nm to 125 nm", "paper", "paper, Device Preparation", "Projected width of the wire lying on a flat wall; A = 0.657 d²"),
            parameter("wire.length", "20 um", "20 um", "", "paper", "paper, Device Preparation", "Whole length of the wire"),
            parameter("chip.lead_resistance", "223 ohm", "223 ohm", "", "calibrated", "2.1 V at 3.3 mV/s", "Both traces and leads together"),
            parameter("chip.film_thickness", "60 nm", "50 nm", "30 nm to 100 nm", "assumption", "physics.md 1.8", "Thickness of the SiN membrane"),
            parameter("step[0].sweep.rate", "100 mV/s", "100 mV/s", "", "paper", "Figure 2a", "Sweep rate"),
        ],
        maturity: vec![
            Maturity { model: "wire engine: heat".into(), level: "verified".into(), against: "fin profile, Wiedemann–Franz bound".into() },
            Maturity { model: "wire engine: transport".into(), level: "verified".into(), against: "Nichols–Mullins growth rate".into() },
            Maturity { model: "breakdown voltage".into(), level: "exploratory".into(), against: "one device of the paper".into() },
        ],
        clamped: vec!["vapour pressure above 2500 K: 38 steps".into()],
    }
}
