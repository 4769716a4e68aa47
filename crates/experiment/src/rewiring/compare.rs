//! The three hypotheses side by side, on the same gap: each with the changes that would tell them apart, and the return at several speeds.
//!
//! These are runs of the rewiring engine alone from the moment it took over, without noise of the instrument. The sweep goes up once, at the
//! protocol's rate and to its highest voltage, and ends at the rise.

use pentatwin_analysis::Measurement;
use pentatwin_physics::gap::{GapEngine, GapError, Hypothesis, Rewiring, Surroundings};
use pentatwin_physics::rewired::Rewired;
use pentatwin_physics::wire::Ramp;
use pentatwin_record::sample_flags;
use pentatwin_record::summary::Table;
use pentatwin_units::format_si;
use rayon::prelude::*;

use super::{Columns, FLOOR, Leg, Measured, TITLE};
use crate::imaging::mean_dose_rate;
use crate::protocol::{Protocol, Step, Sweep};

/// Events after which a run for comparison is given up: a hundred times what a 10 nm gap takes.
const EVENTS: usize = 5_000_000;
/// Voltage between two looks at the current [V].
const STEP: f64 = 10e-3;
/// How far beyond the rise the sweep turns back [V].
const BEYOND: f64 = 0.1;
/// Speeds of the return over the protocol's rate.
const RETURNS: [f64; 3] = [1.0, 30.0, 1e4];

/// What is different.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Change {
    Nothing,
    /// Rate of the sweep times this.
    Rate(f64),
    Polarity,
    /// Temperature of both ends plus this [K].
    Warmer(f64),
    Humid,
    /// Dose rate times this.
    Dose(f64),
}

const CHANGES: [(Change, &str); 8] = [
    (Change::Nothing, "as run"),
    (Change::Rate(0.1), "a tenth of the rate"),
    (Change::Rate(10.0), "ten times the rate"),
    (Change::Polarity, "other polarity"),
    (Change::Warmer(20.0), "20 K warmer"),
    (Change::Humid, "humid air (50 %)"),
    (Change::Dose(0.0), "beam off"),
    (Change::Dose(1000.0), "1000 times the dose rate"),
];

/// The sweep of a protocol that rewires: the first with another after it that breaks, or the last.
fn sweep(protocol: &Protocol) -> Option<&Sweep> {
    let mut sweeps = protocol.steps.iter().filter_map(|s| if let Step::Sweep(s) = s { Some(s) } else { None });
    let first = sweeps.next()?;
    Some(sweeps.next().unwrap_or(first))
}

/// How one run ended.
enum End {
    Set(f64),
    None,
    Refused(GapError),
}

/// One gap and what is done to it.
struct Case<'a> {
    rewired: &'a Rewired,
    settings: Rewiring,
    rate: f64,
    most: f64,
    sign: f64,
    compliance: f64,
    warmer: f64,
    dose_rate: f64,
    seed: u64,
}

impl<'a> Case<'a> {
    fn new(protocol: &Protocol, rewired: &'a Rewired, hypothesis: Hypothesis, change: Change, seed: u64) -> Option<Case<'a>> {
        let sweep = sweep(protocol)?;
        let most = sweep.to.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()))?;
        let mut case = Case {
            rewired,
            settings: Rewiring { hypothesis, max_events: EVENTS, ..protocol.rewiring.clone() },
            rate: sweep.rate,
            most: most.abs(),
            sign: 1f64.copysign(most),
            compliance: sweep.compliance,
            warmer: 0.0,
            dose_rate: mean_dose_rate(protocol),
            seed,
        };
        match change {
            Change::Nothing => {}
            Change::Rate(factor) => case.rate *= factor,
            Change::Polarity => case.sign = -case.sign,
            Change::Warmer(kelvin) => case.warmer = kelvin,
            Change::Humid => case.settings = Rewiring { surroundings: Surroundings::Humid, humidity: 0.5, ..case.settings },
            Change::Dose(factor) => case.dose_rate *= factor,
        }
        Some(case)
    }

    fn ramp(&self, start: f64, voltage: f64, rate: f64, end: f64) -> Ramp {
        let [a, b] = self.rewired.geometry().temperature;
        let (sign, frame) = (self.sign, 0.5 * (a + b) + self.warmer);
        Ramp { start, voltage: sign * voltage, voltage_rate: sign * rate, frame, frame_rate: 0.0, compliance: self.compliance, end }
    }

    /// Up to the rise, and `beyond` [V] further: the engine then, its time and voltage, and the voltage of the rise.
    fn up(&self, beyond: f64) -> Result<(GapEngine, f64, f64, Option<f64>), GapError> {
        let mut engine = self.rewired.again(&self.settings, self.warmer, self.seed)?;
        engine.illuminate(self.dose_rate);
        engine.drive(self.ramp(0.0, 0.0, self.rate, self.most / self.rate));
        let (mut set, mut v) = (None, 0.0);
        for k in 1..=(self.most / STEP).round().max(1.0) as usize {
            let at = k as f64 * STEP;
            let (time, charge) = (engine.time(), engine.charge());
            engine.advance(at / self.rate, &mut |_| ())?;
            v = at;
            // The mean over the step, as an instrument has it: a flicker is no rise.
            if set.is_none() && ((engine.charge() - charge) / (engine.time() - time)).abs() > FLOOR {
                // As in the trace: the last voltage before it.
                set = Some(at - STEP);
            }
            if set.is_some_and(|s| v >= s + beyond) {
                break;
            }
        }
        let time = engine.time();
        Ok((engine, time, v, set))
    }

    fn end(&self) -> End {
        match self.up(0.0) {
            Ok((.., Some(v))) => End::Set(self.sign * v),
            Ok(_) => End::None,
            Err(e) => End::Refused(e),
        }
    }
}

/// Mean and spread of the voltages, and how many of all rose.
fn said(ends: &[End], most: f64) -> String {
    let set: Vec<f64> = ends.iter().filter_map(|e| if let End::Set(v) = e { Some(*v) } else { None }).collect();
    let n = set.len() as f64;
    let refused = ends.iter().find_map(|e| if let End::Refused(e) = e { Some(e.to_string()) } else { None });
    let mean = set.iter().sum::<f64>() / n;
    let spread = (set.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    let of = if set.len() < ends.len() { format!(" ({} of {})", set.len(), ends.len()) } else { String::new() };
    match (set.len(), refused) {
        (0, Some(why)) => why,
        (0, None) => format!("none to {}", format_si(most, "V", 3)),
        (1, _) => format!("{mean:.2} V{of}"),
        _ => format!("{mean:.2} ± {spread:.2} V{of}"),
    }
}

/// The tables, over as many seeds as the protocol asks for; none if there is nothing to compare. `progress` hears how many of how many are done and says
/// whether to go on. The same on any number of threads.
pub fn compare(protocol: &Protocol, rewired: &Rewired, seed: u64, progress: &(dyn Fn(usize, usize) -> bool + Sync)) -> Vec<Table> {
    let seeds = protocol.rewiring.compare as u64;
    let Some(most) = Case::new(protocol, rewired, Hypothesis::AdsorbateIons, Change::Nothing, seed).map(|c| c.most) else {
        return Vec::new();
    };
    let hypotheses = [Hypothesis::AdsorbateIons, Hypothesis::SurfaceMigration, Hypothesis::BeamIons];
    let cells: Vec<(usize, usize)> = (0..CHANGES.len()).flat_map(|c| (0..hypotheses.len()).map(move |h| (c, h))).collect();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let found: Vec<String> = cells
        .par_iter()
        .map(|&(c, h)| {
            let ends: Vec<End> = (0..seeds)
                .filter_map(|k| {
                    let n = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let case = Case::new(protocol, rewired, hypotheses[h], CHANGES[c].0, seed + k)?;
                    progress(n, cells.len() * seeds as usize).then(|| case.end())
                })
                .collect();
            if (ends.len() as u64) < seeds { "stopped".to_owned() } else { said(&ends, most) }
        })
        .collect();
    let rows = CHANGES
        .iter()
        .enumerate()
        .map(|(c, (_, words))| {
            let mut row = vec![(*words).to_owned()];
            row.extend((0..hypotheses.len()).map(|h| found[c * hypotheses.len() + h].clone()));
            row
        })
        .collect();
    let hypotheses_table = Table {
        title: format!("{TITLE}: three hypotheses side by side"),
        columns: ["Sweep up", "Ions, adsorbate-assisted|", "Surface migration of neutral silver|", "Ions by the beam|"]
            .map(str::to_owned)
            .to_vec(),
        rows,
        note: format!(
            "Voltage at which the current rises above {} (truth: the engine alone on this gap, {seeds} seed{}, mean ± spread from gap to gap), up to {}. Each hypothesis has its own barrier chosen by hand, so that voltages do not decide between them; what changes with rate, polarity, temperature and dose does: the beam's ions come in proportion to the dose, and neither heat nor humidity brings them.",
            format_si(FLOOR, "nA", 2),
            if seeds == 1 { "" } else { "s" },
            format_si(most, "V", 3),
        ),
    };
    [Some(hypotheses_table), returns(protocol, rewired, seed)].into_iter().flatten().collect()
}

/// The return at several speeds from one and the same filament.
fn returns(protocol: &Protocol, rewired: &Rewired, seed: u64) -> Option<Table> {
    let case = Case::new(protocol, rewired, protocol.rewiring.hypothesis, Change::Nothing, seed)?;
    let (engine, time, top, set) = case.up(BEYOND).ok()?;
    let set = set?;
    let back = |rate: f64, frozen: bool| -> Result<Measured, GapError> {
        let mut engine = engine.clone();
        engine.freeze(frozen);
        engine.drive(case.ramp(time, top, -rate, time + top / rate));
        let mut columns = Columns::default();
        let mut see = |engine: &GapEngine, level: f64| {
            let flags = if engine.limited() { sample_flags::COMPLIANCE } else { 0 };
            columns.push(engine.time(), case.sign * level, engine.current(), flags);
        };
        // The rise comes before the return, so that it is found.
        see(&case.rewired.again(&case.settings, case.warmer, seed)?, set);
        see(&engine, top);
        for k in 1..=(top / STEP).floor() as usize {
            let level = top - k as f64 * STEP;
            engine.advance(time + k as f64 * STEP / rate, &mut |_| ())?;
            see(&engine, level);
        }
        let leg = Leg { time: [time, time + top / rate], voltage: [case.sign * top, 0.0], rate };
        Ok(columns.measure(Some(leg)))
    };
    let cells = |what: String, m: Result<Measured, GapError>| match m {
        Ok(m) => vec![
            what,
            m.back.map_or("no current outside compliance".to_owned(), |e| exponent(&e.value)),
            m.lost.map_or("not lost".to_owned(), |v| format_si(v.abs(), "V", 2)),
        ],
        Err(e) => vec![what, e.to_string(), String::new()],
    };
    let mut rows: Vec<Vec<String>> =
        RETURNS.iter().map(|f| cells(format_si(f * case.rate, "V/s", 2), back(f * case.rate, false))).collect();
    rows.push(cells("structure held still".to_owned(), back(case.rate, true)));
    Some(Table {
        title: format!("{TITLE}: the return at several speeds"),
        columns: ["Rate of the return", "Exponent of the current in the voltage|", "Current lost at|"].map(str::to_owned).to_vec(),
        rows,
        note: format!(
            "Truth: one and the same filament, {} V beyond its rise at {:.2} V, taken down at each speed; last 0.6 V before the current is lost, outside compliance. An exponent of 1 is ohmic. What the structure does on the way back takes time and vanishes in a fast return; what tunnelling does is there at any speed, and in the structure held still: more than 1 there means that a gap is open.",
            BEYOND, set
        ),
    })
}

/// An exponent with its uncertainty.
fn exponent(m: &Measurement) -> String {
    format!("{:.2} ± {:.2}", m.value, m.uncertainty)
}
