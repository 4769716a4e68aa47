//! The paper's control of the electron beam, made a measurement: a wire that is watched all the time beside one that is imaged only at the
//! end, and the dose rate from which the breakdown voltage shifts by more than it scatters between wires.

use pentatwin_record::summary::{Companion, Finding, Verdict};
use pentatwin_units::format_si;
use rayon::prelude::*;

use crate::companions::{Change, changed};
use crate::measure::measure;
use crate::protocol::{Illumination, Protocol};
use crate::simulate::{breaking_sweep, simulate_quietly};

/// Wires that give the scatter; they differ in the seed of their disorder.
const WIRES: u64 = 8;
/// Dose rates tried, over the protocol's own.
const FACTORS: &[f64] = &[1.0, 1e2, 1e3, 1e4, 1e5, 1e6];

/// The control's outcome.
#[derive(Clone, Debug)]
pub struct BeamControl {
    /// The runs.
    pub companions: Vec<Companion>,
    /// The row of the checklist.
    pub finding: Finding,
}

/// Runs the control. The same on any number of threads.
pub fn beam_control(protocol: &Protocol, seed: u64) -> Option<BeamControl> {
    let rate = breaking_sweep(protocol)?.rate;
    // The sweep alone, as companions run it; which rate index does not matter as the sweep is put back.
    let (mut base, _) = changed(protocol, Change::Rate(0))?;
    base.steps = protocol.steps.iter().filter(|s| s.word() == "sweep").cloned().collect();
    base.microscope.illumination = Illumination::Off;
    let run = |p: &Protocol, seed: u64, label: String| match simulate_quietly(p, seed) {
        Ok(trace) => {
            let m = measure(p, &trace);
            let ended = if m.rupture.is_some() { "broke" } else { "did not break" };
            Companion { label, rate, numbers: m.numbers, ended: ended.to_owned() }
        }
        Err(e) => Companion { label, rate, numbers: Default::default(), ended: e.to_string() },
    };
    let unseen: Vec<f64> =
        (0..WIRES).into_par_iter().filter_map(|k| run(&base, seed + k, String::new()).numbers.get("breakdown_voltage").copied()).collect();
    let mean = unseen.iter().sum::<f64>() / unseen.len().max(1) as f64;
    let spread = (unseen.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (unseen.len().max(2) - 1) as f64).sqrt();
    let mut companions = vec![run(&base, seed, "beam off, imaged at the end".to_owned())];
    companions.extend(
        FACTORS
            .par_iter()
            .map(|factor| {
                let mut p = base.clone();
                p.microscope.illumination = Illumination::Continuous;
                p.microscope.dose_rate *= factor;
                let dose_rate = format_si(p.microscope.dose_rate, "e/nm2/s", 3);
                run(&p, seed, format!("beam on all the time, {dose_rate}"))
            })
            .collect::<Vec<_>>(),
    );
    let voltage = |c: &Companion| c.numbers.get("breakdown_voltage").copied();
    let alone = voltage(&companions[0])?;
    let watched = voltage(&companions[1])?;
    let shifted = FACTORS.iter().zip(&companions[1..]).find(|(_, c)| voltage(c).is_none_or(|v| (v - alone).abs() > spread));
    let limit = match shifted {
        Some((factor, c)) => format!(
            "it shifts by more than that from {} on ({})",
            format_si(protocol.microscope.dose_rate * factor, "e/nm2/s", 2),
            voltage(c).map_or_else(|| c.ended.clone(), |v| format_si(v, "V", 4))
        ),
        None => format!(
            "it does not shift by more than that up to {}",
            format_si(protocol.microscope.dose_rate * FACTORS[FACTORS.len() - 1], "e/nm2/s", 2)
        ),
    };
    Some(BeamControl {
        finding: Finding {
            claim: "The electron beam changes neither the electrical characteristics nor the material".to_owned(),
            place: "Materials and Methods, control experiments".to_owned(),
            verdict: if (watched - alone).abs() <= spread { Verdict::Emerged } else { Verdict::NotReproduced },
            evidence: format!(
                "breakdown at {} watched all the time at {}, {} with the beam off until the end; {} wires scatter by {} (one standard deviation); {limit}. Beam heating and sputtering act; damage of contacts, carbon and the membrane's charge are not in the model",
                format_si(watched, "V", 4),
                format_si(protocol.microscope.dose_rate, "e/nm2/s", 2),
                format_si(alone, "V", 4),
                unseen.len(),
                format_si(spread, "mV", 2),
            ),
        },
        companions,
    })
}
