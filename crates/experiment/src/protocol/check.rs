//! What must hold between settings: geometry, the instrument's limits, the pace of a sweep.

use pentatwin_physics::device::{ChipKind, Contacts};
use pentatwin_physics::materials::silver::T_MELT;
use pentatwin_units::format_si;

use super::Coupling;
use super::error::Problem;
use super::instruments::{Instrument, Model, SOURCE_OVERRANGE};
use super::read::Reading;
use super::steps::{Heat, Hold, Step, Sweep};

/// More samples than this in one step are a slip of the pen, not a measurement.
const MOST_SAMPLES: f64 = 5e6;

/// Narrowest gap [m] that is one: an atom fits in.
const LEAST_GAP: f64 = 0.3e-9;

/// Largest current limit [A] of a rewired gap: the wire breaks at 7 mA and some 400 K above its surroundings, which makes 8 K at 1 mA.
const MOST_REWIRED: f64 = 1e-3;

/// Rounding of text to numbers must not decide over a pace that is exactly possible.
const SLACK: f64 = 1.0 - 1e-9;

impl Reading {
    /// A clash between settings: underlined wherever they were made. Silent if one of them could not even be read.
    fn clash(&mut self, keys: &[(&str, &str)], message: String, help: String) {
        if keys.iter().any(|(key, _)| self.bad.contains(*key)) {
            return;
        }
        let places: Vec<_> = keys.iter().filter_map(|(key, label)| Some((self.places.get(*key)?.clone(), *label))).collect();
        // What was said last is what can be changed: a `--set` goes before the file.
        let origin = places.iter().map(|(place, _)| place.origin).max().unwrap_or(0);
        let mut problem = Problem::new(&self.origins[origin], message).help(help);
        for (place, label) in places {
            if place.origin == origin {
                problem = problem.label(place.value, label);
            }
        }
        self.problems.push(problem);
    }

    /// All checks.
    pub fn check(&mut self) {
        self.check_geometry();
        let source_ok = self.check_instrument();
        if self.steps.is_empty() && !self.bad.contains("step") {
            let problem = Problem::new(&self.origins[0], "the protocol has no step, so there is nothing to do");
            self.problems.push(problem.help("add for example\n[[step]]\nsweep = { to = \"5 V\", rate = \"100 mV/s\" }"));
        }
        self.check_rewiring();
        let mut voltage = 0.0; // on at the start of the step, if nothing broke
        for index in 0..self.steps.len() {
            let Some(step) = self.steps.get(index).cloned().flatten() else { continue };
            let at = format!("step[{index}].{}", step.word());
            self.check_chip(&at, &step);
            match &step {
                Step::Sweep(sweep) => {
                    self.check_source(&at, "to", &sweep.to, sweep.compliance, source_ok);
                    self.check_range(&at, sweep.measure_range);
                    self.check_sweep(&at, sweep, voltage);
                    voltage = sweep.to.last().copied().unwrap_or(voltage);
                }
                Step::Hold(hold) => {
                    self.check_source(&at, "voltage", &[hold.voltage], hold.compliance, source_ok);
                    self.check_range(&at, hold.measure_range);
                    self.check_hold(&at, hold);
                    voltage = hold.voltage;
                }
                Step::Heat(heat) => {
                    self.check_heat(&at, heat);
                    voltage = 0.0;
                }
                Step::Wait(_) => voltage = 0.0,
                Step::Image(_) => {}
                Step::Spectrum(_) => voltage = 0.0,
            }
        }
    }

    /// The rewiring engine's gap, and what the contacts bear once it has the gap.
    fn check_rewiring(&mut self) {
        let rewiring = &self.protocol.rewiring;
        if !rewiring.engine {
            return;
        }
        let gap = rewiring.gap;
        // 0 in a file is how a listing says that it is not set; whoever says it on the command line means it.
        let meant = self.places.get("rewiring.gap").is_some_and(|place| place.origin > 0 || gap > 0.0);
        if meant && gap < LEAST_GAP {
            self.clash(
                &[("rewiring.gap", "no gap")],
                format!("a gap of {} is none: there is nothing to rewire", format_si(gap, "nm", 3)),
                "a gap of 1 to 60 nm can be followed; leave the key out, and the shape engine says how wide it is, or it is drawn"
                    .to_owned(),
            );
        }
        // The first of the steps that apply a voltage breaks the wire; what follows meets the gap.
        let biased = |s: &Option<Step>| matches!(s, Some(Step::Sweep(_) | Step::Hold(_)));
        let first = self.steps.iter().position(biased).unwrap_or(self.steps.len());
        for index in first + 1..self.steps.len() {
            let Some(step) = self.steps.get(index).cloned().flatten() else { continue };
            let compliance = match &step {
                Step::Sweep(s) => s.compliance,
                Step::Hold(h) => h.compliance,
                _ => continue,
            };
            if compliance > MOST_REWIRED {
                let key = format!("step[{index}].{}.compliance", step.word());
                let at = format!("step[{index}].{}", step.word());
                let most = format_si(MOST_REWIRED, "mA", 3);
                self.clash(
                    &[(&key, "more than they bear"), (&at, "this step meets the gap")],
                    format!("a current limit of {} through a rewired gap is more than its contacts bear in this model", format_si(compliance, "mA", 3)),
                    format!("set compliance = \"10 uA\"; up to {most} the wire and its contacts stay within 10 K and the wire engine may rest, beyond it the filament and its ends would melt unseen"),
                );
            }
        }
    }

    fn check_geometry(&mut self) {
        if self.protocol.device.on_heater() {
            if self.protocol.shape.coupling != Coupling::Off {
                self.clash(
                    &[("shape.coupling", "follows a break by current"), ("chip.kind", "nothing flows through a wire on it")],
                    "the shape engine on a chip that heats: nothing drives silver along the wire there".to_owned(),
                    "set shape.coupling = \"off\"; the lattice engine (section lattice) follows the tip of a heated wire".to_owned(),
                );
            }
            return; // its wire lies free
        }
        let (length, spacing) = (self.protocol.device.wire.length, self.protocol.device.chip.spacing);
        if length < spacing * SLACK {
            let (l, s) = (format_si(length, "um", 4), format_si(spacing, "um", 4));
            let overlap = match self.protocol.device.chip.contacts {
                Contacts::Overlap => {
                    format!("; with the overlap on both contacts {}", format_si(spacing + 2.0 * self.protocol.device.chip.overlap, "um", 4))
                }
                Contacts::Blocked => String::new(),
            };
            self.clash(
                &[("wire.length", "the wire's length"), ("chip.spacing", "what it has to span")],
                format!("the wire is shorter than the spacing: `wire.length` = {l}, `chip.spacing` = {s}"),
                format!("a wire that reaches both contacts is at least {s} long{overlap}"),
            );
        }
    }

    /// Whether the ranges exist, so that limits that follow from them can be judged.
    fn check_instrument(&mut self) -> bool {
        let instrument = &self.protocol.instrument;
        let model = instrument.model.word();
        let source = instrument.source_full_scale().is_some();
        if !source {
            let ranges: Vec<_> = instrument.source_ranges().iter().map(|(full, _)| format_si(*full, "V", 3)).collect();
            let wanted = format_si(instrument.source_range, "V", 4);
            self.clash(
                &[("instrument.source_range", "no such range"), ("instrument.model", "the model")],
                format!("a {model} has no source range that holds {wanted}"),
                format!("its ranges are {}", ranges.join(", ")),
            );
        }
        self.check_range("instrument", self.protocol.instrument.measure_range);
        source
    }

    /// The measure range of the instrument or of a step.
    fn check_range(&mut self, at: &str, asked: f64) {
        if self.protocol.instrument.range_for(asked).is_some() {
            return;
        }
        let instrument = &self.protocol.instrument;
        let largest = instrument.current_ranges().last().map_or(0.0, |(full, _)| full);
        let message = format!("a {} has no measure range that holds {}", instrument.model.word(), format_si(asked, "A", 4));
        let key = format!("{at}.measure_range");
        self.clash(
            &[(&key, "no such range"), ("instrument.model", "the model")],
            message,
            format!("its largest is {}", format_si(largest, "A", 3)),
        );
    }

    /// What a chip of this kind can do.
    fn check_chip(&mut self, at: &str, step: &Step) {
        let heating = self.protocol.device.chip.kind == ChipKind::Heating;
        let biased = matches!(step, Step::Sweep(_) | Step::Hold(_));
        if biased && heating {
            self.clash(
                &[(at, "needs contacts to the wire"), ("chip.kind", "has none")],
                format!("a heating chip has no contacts to the wire, so it cannot carry out a `{}`", step.word()),
                "take chip.kind = \"sin-membrane\" or \"si-sio2\" for a voltage, or a `heat` step for this chip".to_owned(),
            );
        }
        if matches!(step, Step::Heat(_)) && !heating {
            self.clash(
                &[(at, "needs a heater"), ("chip.kind", "has none")],
                "this chip has no heater, so it cannot carry out a `heat`".to_owned(),
                "add kind = \"heating\" to [chip]".to_owned(),
            );
        }
    }

    fn check_heat(&mut self, at: &str, heat: &Heat) {
        if heat.time / heat.interval > MOST_SAMPLES {
            self.too_many(at, "interval", heat.time / heat.interval);
        }
        let device = &self.protocol.device;
        let hot = device.true_temperature(heat.to);
        if device.on_heater() && hot >= T_MELT {
            let error = device.chip.temperature_error;
            let wire = if error == 0.0 { String::new() } else { format!(", at which the wire has {}", format_si(hot, "degC", 4)) };
            let key = format!("{at}.to");
            self.clash(
                &[(&key, "melts the wire"), ("chip.temperature_error", "with this error")],
                format!("at {}{wire} silver is molten, and how a melt runs on the film is not in the model", format_si(heat.to, "degC", 4)),
                "stay below 961.8 degC; the paper goes to 750 degC".to_owned(),
            );
        }
    }

    fn check_source(&mut self, at: &str, name: &str, voltages: &[f64], compliance: f64, source_ok: bool) {
        if !source_ok || self.bad.contains("instrument.model") {
            return;
        }
        let instrument = self.protocol.instrument.clone();
        let model = instrument.model.word();
        let full = instrument.source_full_scale().map_or(f64::INFINITY, |(full, _)| full);
        let largest = voltages.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        if largest > full * SOURCE_OVERRANGE {
            let held = instrument.source_ranges().iter().find(|(full, _)| largest <= full * SOURCE_OVERRANGE);
            let help = match held {
                Some((range, _)) => format!("take [instrument] source_range = \"{}\", or a smaller voltage", format_si(*range, "V", 3)),
                None if instrument.model == Model::Ideal => "take a larger [instrument] source_range, or a smaller voltage".to_owned(),
                None => format!("a {model} cannot give this voltage"),
            };
            let key = format!("{at}.{name}");
            self.clash(
                &[(&key, "beyond the range"), ("instrument.source_range", "the range")],
                format!("{} does not fit into the source range of {}", format_si(largest, "V", 4), format_si(full, "V", 4)),
                help,
            );
        }
        let (low, high) = instrument.compliance_limits();
        if !(low..=high).contains(&compliance) {
            let (l, h) = (format_si(low, "nA", 3), format_si(high, "mA", 4));
            let key = format!("{at}.compliance");
            self.clash(
                &[(&key, "not possible"), ("instrument.source_range", "in this range"), ("instrument.model", "the model")],
                format!(
                    "a {model} in its {} range limits the current to {l} to {h}, not to {}",
                    format_si(full, "V", 3),
                    format_si(compliance, "mA", 4)
                ),
                "2 to 5 times the expected breakdown current protects the wire, such as compliance = \"20 mA\"".to_owned(),
            );
        }
    }

    fn check_sweep(&mut self, at: &str, sweep: &Sweep, start: f64) {
        let instrument = self.protocol.instrument.clone();
        let key = |name: &str| format!("{at}.{name}");
        let (step, rate, nplc, delay) = (key("step"), key("rate"), key("nplc"), key("delay"));
        let needed = instrument.shortest_sample(sweep.nplc, sweep.delay);
        if sweep.interval() < needed * SLACK {
            let message = format!(
                "the sweep is too fast for its samples: {} of {} at {} leaves {} per sample, but one takes {}",
                "steps",
                format_si(sweep.step, "mV", 4),
                format_si(sweep.rate, "mV/s", 4),
                format_si(sweep.interval(), "ms", 3),
                format_si(needed, "ms", 3),
            );
            let help = format!(
                "{} (aperture {} nplc / {} = {}, delay {}, overhead {})",
                faster(&instrument, sweep),
                sweep.nplc,
                format_si(instrument.line_frequency, "Hz", 3),
                format_si(instrument.aperture(sweep.nplc), "ms", 3),
                format_si(sweep.delay, "ms", 3),
                format_si(needed - sweep.delay - instrument.aperture(sweep.nplc), "ms", 3),
            );
            let keys = [
                (rate.as_str(), "this fast"),
                (step.as_str(), "in these steps"),
                (nplc.as_str(), "with this aperture"),
                (delay.as_str(), "and this delay"),
                ("instrument.overhead", "and this overhead"),
            ];
            self.clash(&keys, message, help);
        }
        if let Some((full, resolution)) = instrument.source_full_scale()
            && sweep.step < resolution * SLACK
        {
            let (full, resolution) = (format_si(full, "V", 3), format_si(resolution, "mV", 3));
            self.clash(
                &[(step.as_str(), "finer than the source"), ("instrument.source_range", "the range")],
                format!("the source cannot make steps of {}: in its {full} range they are {resolution}", format_si(sweep.step, "mV", 4)),
                format!("write step = \"{resolution}\" or more"),
            );
        }
        let travel = sweep.travel(start);
        if travel == 0.0 {
            self.clash(
                &[(key("to").as_str(), "is on already"), (at, "goes nowhere")],
                "the sweep goes nowhere".to_owned(),
                "give another voltage to go to, such as to = \"5 V\"".to_owned(),
            );
        }
        if travel / sweep.step > MOST_SAMPLES {
            self.too_many(at, "step", travel / sweep.step);
        }
    }

    fn check_hold(&mut self, at: &str, hold: &Hold) {
        let needed = self.protocol.instrument.shortest_sample(hold.nplc, hold.delay);
        if hold.interval < needed * SLACK {
            let key = |name: &str| format!("{at}.{name}");
            let needed = format_si(needed, "ms", 3);
            self.clash(
                &[(&key("interval"), "this short"), (&key("nplc"), "with this aperture"), (&key("delay"), "and this delay")],
                format!("`interval` = {} is too short for a sample, which takes {needed}", format_si(hold.interval, "ms", 3)),
                format!("write interval = \"{needed}\" or more, or a smaller nplc"),
            );
        }
        if hold.time / hold.interval > MOST_SAMPLES {
            self.too_many(at, "interval", hold.time / hold.interval);
        }
    }

    fn too_many(&mut self, at: &str, name: &str, samples: f64) {
        let key = format!("{at}.{name}");
        self.clash(
            &[(&key, "too fine"), (at, "this step")],
            format!("this step would take {samples:.0} samples"),
            format!("a larger `{name}` keeps it below {MOST_SAMPLES:.0}"),
        );
    }
}

/// What would make a sweep possible: larger steps, or a shorter aperture with the steps that go with it.
fn faster(instrument: &Instrument, sweep: &Sweep) -> String {
    // Rounded up, in the notation of a protocol.
    let step_for = |nplc: f64| {
        let least = 1e3 * sweep.rate * instrument.shortest_sample(nplc, sweep.delay);
        let scale = 10f64.powf(least.log10().floor() - 1.0);
        ((least / scale * SLACK).ceil() * scale) / 1e3
    };
    let same = step_for(sweep.nplc);
    let mut ways = Vec::new();
    for nplc in [1.0, 0.1, 0.01, 0.001] {
        if nplc < sweep.nplc && step_for(nplc) <= sweep.step / SLACK {
            ways.push(format!("nplc = {nplc}"));
            break;
        }
    }
    // Steps beyond 50 mV are coarser than 1 % of what breaks a wire (source-meter.md 5.3): not worth advising.
    if same <= 0.05 {
        ways.push(format!("step = \"{}\"", format_si(same, "mV", 3)));
    } else if ways.is_empty() {
        ways.push(format!("nplc = 0.01, step = \"{}\"", format_si(step_for(0.01), "mV", 3)));
    }
    format!("write {}", ways.join(", or "))
}
