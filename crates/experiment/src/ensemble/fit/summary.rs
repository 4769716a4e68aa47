//! From the minimum to what is said: values, what the data determine, and where and when the device breaks.

use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_record::fit::{FitSummary, Fitted, Predicted};
use pentatwin_units::format_si;
use rayon::prelude::*;

use super::data::IvData;
use super::identify::{Known, UNDETERMINED};
use super::model::put;
use super::solve::{Found, Problem, cholesky_solve};
use super::{FitOptions, Free};
use crate::measure::{Numbers, measure};
use crate::outcome::RESULTS;
use crate::protocol::{Protocol, Step};
use crate::register;
use crate::simulate::{breaking_sweep, simulate_quietly};

/// Points on the page at most.
const SHOWN: usize = 400;
/// Predicted numbers.
const PREDICTED: [&str; 6] = ["breakdown_voltage", "breakdown_current", "wire_voltage", "gap_position", "t25", "em_share"];

#[allow(clippy::too_many_arguments)]
pub(super) fn summarise(
    protocol: &Protocol,
    data: &IvData,
    used: &IvData,
    options: &FitOptions,
    problem: &Problem,
    found: &Found,
    going: &(dyn Fn() -> bool + Sync),
) -> FitSummary {
    let free = problem.free;
    let n = used.current.len();
    let freedom = n.saturating_sub(free.len()).max(1) as f64;
    let reduced = found.chi_squared / freedom;
    // A model that misses the data by more than their noise is not known as well as that noise says.
    let excess = if reduced > 1.0 + 4.0 * (2.0 / freedom).sqrt() { reduced } else { 1.0 };
    let mut known = Known::of(&found.normal, free.len(), excess);
    known.exchanged = problem.exchanged(found);
    let covariance = known.covariance();
    let values = problem.values(&found.unknowns);
    let parameters: Vec<Fitted> =
        free.iter().enumerate().map(|(j, f)| fitted(f, values[j], covariance[j][j].sqrt() * f.scale, known.is_lost(j))).collect();
    let correlation = (0..free.len())
        .map(|i| (0..free.len()).map(|j| covariance[i][j] / (covariance[i][i] * covariance[j][j]).sqrt()).collect())
        .collect();
    let residuals: Vec<f64> = used.current.iter().zip(&found.model).map(|(i, m)| i - m).collect();
    let (gain, offset) = problem.meter(&found.unknowns);
    // The meter's errors, whatever the parameters are: a column of the inverse of the normal matrix, a little of the plausible ranges
    // added where the data determine nothing.
    let meter_spread = |k: usize, sd: f64| {
        let j = free.len() + k;
        let held: Vec<Vec<f64>> = found
            .normal
            .iter()
            .enumerate()
            .map(|(i, row)| row.iter().enumerate().map(|(m, x)| if i == m && i < free.len() { x + 1.0 } else { *x }).collect())
            .collect();
        let unit = (0..held.len()).map(|i| f64::from(u8::from(i == j))).collect();
        sd * cholesky_solve(held, unit).map_or(1.0, |column| column[j].max(0.0).sqrt())
    };
    let combinations = known.combinations(free, &values);
    let every = n.div_ceil(SHOWN).max(1);
    let thin = |v: &[f64]| v.iter().copied().step_by(every).collect::<Vec<f64>>();
    let (predicted, draws, outside) = predict(protocol, data, options, free, &values, &known, going);
    let mut summary = FitSummary {
        log: data.name.clone(),
        device: protocol.name.clone(),
        pentatwin: env!("CARGO_PKG_VERSION").to_owned(),
        samples: n,
        highest_voltage: used.voltage.iter().fold(0.0, |m: f64, v| m.max(v.abs())),
        sigma: problem.sigma,
        sigma_from: if options.sigma.is_some() { "stated" } else { "from the second differences of neighbouring samples" }.to_owned(),
        parameters,
        correlation,
        gain: problem.accuracy.map(|(g, _)| (gain, meter_spread(0, g))),
        offset: problem.accuracy.map(|(_, o)| (offset, meter_spread(1, o))),
        reduced_chi_squared: reduced,
        rms: (residuals.iter().map(|r| r * r).sum::<f64>() / n.max(1) as f64).sqrt(),
        condition: known.condition,
        combinations,
        said: Vec::new(),
        converged: found.converged,
        steps: found.steps,
        engine_runs: problem.forward.runs(),
        predicted,
        draws,
        put_in: register::put_in(protocol),
        voltage: thin(&used.voltage),
        measured: thin(&used.current),
        model: thin(&found.model),
    };
    summary.said = said(&summary, excess, outside, !known.exchanged.is_empty());
    summary
}

fn fitted(f: &Free, value: f64, uncertainty: f64, lost: bool) -> Fitted {
    let mut notes = Vec::new();
    if lost {
        notes.push("not determined by these data".to_owned());
    }
    let near = 1e-6 * f.scale;
    if value - f.bounds.0 < near || f.bounds.1 - value < near {
        notes.push("at a bound".to_owned());
    }
    if !lost && f.range.is_some_and(|(l, h)| !(l..=h).contains(&value)) {
        notes.push("outside its plausible range".to_owned());
    }
    Fitted {
        key: f.key.clone(),
        unit: f.unit.clone(),
        start: f.start,
        value,
        uncertainty: (!lost).then_some(uncertainty),
        bounds: f.bounds,
        range: f.range,
        note: notes.join("; "),
    }
}

/// What the data can and cannot say.
fn said(s: &FitSummary, excess: f64, outside: Option<f64>, exchanged: bool) -> Vec<String> {
    let mut all = Vec::new();
    let lost: Vec<&str> = s.parameters.iter().filter(|p| p.uncertainty.is_none()).map(|p| p.key.as_str()).collect();
    if lost.is_empty() {
        all.push(format!("all {} parameters are determined by these data (condition of J^T J: {:.2e})", s.parameters.len(), s.condition));
    } else {
        all.push(format!(
            "not identifiable: these data do not determine {} (condition of J^T J: {:.2e}); the values shown are where the fit was left, not measurements",
            lost.join(", "),
            s.condition
        ));
        for c in s.combinations.iter().filter(|c| !c.determined) {
            all.push(format!("along {} the current changes by less than its noise within the plausible range", c.words));
        }
        for c in s.combinations.iter().filter(|c| c.determined && !c.value.is_empty()) {
            all.push(format!("determined is {} = {}", c.words, c.value));
        }
    }
    if exchanged {
        all.push("the values of contact 1 and contact 2 fit as well exchanged: which contact has which is not in these data".to_owned());
    }
    if s.parameters.iter().any(|p| p.key.starts_with("contact.")) {
        all.push(
            "what tells a contact from the leads, and one contact from the other, is when each anneals and the heat in its pad: laws with constants set by hand"
                .to_owned(),
        );
    }
    if excess > 1.0 {
        all.push(format!(
            "the device misses the samples by more than their noise (chi squared over degrees of freedom {:.2}): the uncertainties are widened by {:.2}, and what is missing may be no matter of these parameters",
            s.reduced_chi_squared,
            excess.sqrt()
        ));
    }
    if !s.converged {
        all.push("the fit did not converge: do not use its values".to_owned());
    }
    if let Some(part) = outside {
        all.push(format!(
            "{:.0} % of the breakdown voltage lies outside the wire: it mostly measures the series resistance, and says little of the wire itself",
            100.0 * part
        ));
    }
    all.push(
        "the band of the prediction holds the fit's covariance (the plausible range along what is not determined) and a fresh disorder for each draw; all other parameters of the device are as the protocol says, and their ranges are not in it (pentatwin run shows what they do)"
            .to_owned(),
    );
    all
}

/// Runs the device on to its break: with the fitted values, and with draws from what is known of them.
fn predict(
    protocol: &Protocol,
    data: &IvData,
    options: &FitOptions,
    free: &[Free],
    values: &[f64],
    known: &Known,
    going: &(dyn Fn() -> bool + Sync),
) -> (Vec<Predicted>, (usize, usize), Option<f64>) {
    let Some(sweep) = breaking_sweep(protocol) else { return (Vec::new(), (0, 0), None) };
    let mut sweep = sweep.clone();
    let mut on = protocol.clone();
    if let Some((rate, step)) = data.sweep() {
        let top = sweep.to.iter().fold(5.0, |m: f64, v| m.max(v.abs()));
        sweep.to = vec![top.copysign(rate)];
        (sweep.rate, sweep.step) = (rate.abs(), step.abs());
        // The aperture must fit into the step's time.
        while on.instrument.aperture(sweep.nplc) + sweep.delay > 0.98 * sweep.interval() && sweep.nplc > 1e-3 {
            sweep.nplc *= 0.5;
        }
    }
    on.steps = vec![Step::Sweep(sweep)];
    on.device.numerics.cells = on.device.numerics.cells.min(crate::band::CELLS);
    let run = |values: &[f64], seed: u64| -> Option<Numbers> {
        let mut p = on.clone();
        let keys: Vec<(&str, f64)> = free.iter().map(|f| f.key.as_str()).zip(values.iter().copied()).collect();
        put(&mut p, &keys);
        let trace = simulate_quietly(&p, seed).ok()?;
        Some(measure(&p, &trace).numbers)
    };
    let best = run(values, options.seed);
    let draws: Vec<Option<Numbers>> = (0..options.draws)
        .into_par_iter()
        .map(|k| {
            if !going() {
                return None;
            }
            // Apart from the draws of the bands.
            let mut stream = Stream::new(options.seed, Purpose::Draws, k as u64 | 1 << 42);
            let mut drawn = values.to_vec();
            for (direction, spread) in known.directions.iter().zip(&known.spreads) {
                let z = stream.normal() * spread.min(UNDETERMINED);
                drawn.iter_mut().zip(direction).zip(free).for_each(|((x, v), f)| *x += z * v * f.scale);
            }
            if k % 2 == 1 {
                known.exchanged.iter().for_each(|(a, b)| drawn.swap(*a, *b));
            }
            drawn.iter_mut().zip(free).for_each(|(x, f)| *x = x.clamp(f.bounds.0, f.bounds.1));
            run(&drawn, Stream::new(options.seed, Purpose::Devices, k as u64 | 1 << 42).bits())
        })
        .collect();
    let draws: Vec<Numbers> = draws.into_iter().flatten().collect();
    let broke: Vec<&Numbers> = draws.iter().filter(|d| d.contains_key("breakdown_voltage")).collect();
    let measured = data.broke();
    let outside = best.as_ref().and_then(|b| Some(1.0 - b.get("wire_voltage")?.abs() / b.get("breakdown_voltage")?.abs()));
    let mut predicted: Vec<Predicted> = PREDICTED
        .iter()
        .filter_map(|name| RESULTS.iter().find(|r| r.0 == *name))
        .map(|(name, label, unit, ..)| {
            predicted_of(name, label, unit, best.as_ref(), &broke, measured.filter(|_| *name == "breakdown_voltage").map(|m| m.0))
        })
        .collect();
    let first = data.time.first().copied().unwrap_or(0.0);
    predicted.insert(
        1,
        predicted_of(
            "rupture_time",
            "Time of the break, from the start of the sweep",
            "s",
            best.as_ref(),
            &broke,
            measured.map(|m| m.1 - first),
        ),
    );
    (predicted, (draws.len(), broke.len()), outside)
}

fn predicted_of(name: &str, label: &str, unit: &str, best: Option<&Numbers>, draws: &[&Numbers], measured: Option<f64>) -> Predicted {
    let mut all: Vec<f64> = draws.iter().filter_map(|d| d.get(name).copied()).collect();
    all.sort_by(f64::total_cmp);
    let at = |p: f64| {
        let x = p * (all.len() - 1) as f64;
        let k = x.floor() as usize;
        all[k] + (x - k as f64) * (all[(k + 1).min(all.len() - 1)] - all[k])
    };
    Predicted {
        name: name.to_owned(),
        label: label.to_owned(),
        unit: unit.to_owned(),
        value: best.and_then(|b| b.get(name).copied()),
        band: (all.len() >= 3).then(|| [at(0.16), at(0.5), at(0.84)]),
        measured,
    }
}

/// A fit as lines of text.
pub(super) fn lines(s: &FitSummary) -> Vec<String> {
    let mut out = vec![format!(
        "{} samples up to {}, noise {} ({}); {} steps, {} runs of the wire engine",
        s.samples,
        format_si(s.highest_voltage, "V", 4),
        format_si(s.sigma, "uA", 3),
        s.sigma_from,
        s.steps,
        s.engine_runs
    )];
    let width = s.parameters.iter().map(|p| p.key.len()).max().unwrap_or(0);
    for p in &s.parameters {
        let value = match p.uncertainty {
            Some(u) => format!("{} ± {}", format_si(p.value, &p.unit, 6), format_si(u, &p.unit, 2)),
            None => format!("({})", format_si(p.value, &p.unit, 4)),
        };
        let note = if p.note.is_empty() { String::new() } else { format!("   {}", p.note) };
        out.push(format!("  {:width$}  {value}{note}", p.key));
    }
    if let (Some((g, ug)), Some((o, uo))) = (s.gain, s.offset) {
        out.push(format!(
            "  meter: gain {} ± {}, offset {} ± {} (within its accuracy)",
            format_si(g, "%", 2),
            format_si(ug, "%", 2),
            format_si(o, "uA", 3),
            format_si(uo, "uA", 2)
        ));
    }
    out.push(format!("  residuals {} rms, chi squared over degrees of freedom {:.3}", format_si(s.rms, "uA", 3), s.reduced_chi_squared));
    out.push(String::new());
    out.extend(s.said.iter().map(|line| format!("- {line}")));
    if !s.predicted.is_empty() {
        out.push(String::new());
        out.push(format!("Where and when this device breaks ({} draws, {} of them break):", s.draws.0, s.draws.1));
        for p in s.predicted.iter().filter(|p| p.value.is_some() || p.band.is_some()) {
            let value = p.value.map_or("none".to_owned(), |v| format_si(v, &p.unit, 4));
            let band = p.band.map_or(String::new(), |b| format!("  {} … {}", format_si(b[0], &p.unit, 4), format_si(b[2], &p.unit, 4)));
            let measured = p.measured.map_or(String::new(), |m| format!("  (the log: {})", format_si(m, &p.unit, 4)));
            out.push(format!("  {:44}  {value:>12}{band}{measured}", p.label));
        }
    }
    out
}
