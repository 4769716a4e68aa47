//! The real bench: a Keithley 2600. All steps run on the instrument in one script, so that no moment between two of them is unguarded; here they are told apart again.

use std::collections::VecDeque;

use pentatwin_record::sample_flags;

use super::{Bench, BenchError, Reading, StepEnd};
use crate::protocol::{AfterBreak, Protocol, Step};
use crate::source_meter::{Address, Found, Keithley, OutputState, Plan, Said, SourceMeterError, Timing};

/// A source-meter on the network and what it is to do.
pub struct RealBench {
    keithley: Keithley,
    found: Found,
    plan: Plan,
    heard: VecDeque<Said>,
    started: bool,
    /// Number of the step that goes on.
    step: usize,
    clock: f64,
    panel: crate::source_meter::Panel,
    /// What failed after a step had ended.
    failed: Option<SourceMeterError>,
}

impl RealBench {
    /// Looks at the protocol first, and refuses what a source-meter cannot do before anything is touched; then connects and looks at the instrument.
    ///
    /// # Errors
    /// The protocol asks for something else than a source-meter, nobody answers, it is another instrument, or one of its outputs is on.
    pub fn connect(protocol: &Protocol, address: &Address, timing: Timing) -> Result<RealBench, SourceMeterError> {
        let plan = Plan::new(protocol)?;
        let (keithley, found) = Keithley::connect(address, timing)?;
        Ok(RealBench {
            keithley,
            found,
            plan,
            heard: VecDeque::new(),
            started: false,
            step: 0,
            clock: 0.0,
            panel: Default::default(),
            failed: None,
        })
    }

    /// With other clocks of the host, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: Box<dyn crate::source_meter::HostClock>) -> RealBench {
        self.keithley = self.keithley.with_clock(clock);
        self
    }

    /// What was found before anything was touched.
    pub fn found(&self) -> &Found {
        &self.found
    }
    /// What is to be done.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
    /// What the record says about the clocks.
    pub fn clocks(&self) -> serde_json::Value {
        self.keithley.clocks().map_or(serde_json::Value::Null, crate::source_meter::Clocks::attributes)
    }

    /// Hands on what was heard, up to the end of the step: how it ended, if it did, and whether to go on.
    fn hand_on(&mut self, listen: &mut dyn FnMut(Reading) -> bool) -> (Option<StepEnd>, bool) {
        let mut go = true;
        let segment = self.plan.segments.get(self.step);
        let limits = segment.map(|s| (s.limit, s.range)).filter(|(limit, _)| *limit > 0.0);
        if let Some((limit, range)) = limits {
            (self.panel.limit, self.panel.range) = (limit, range);
        }
        let holds = segment.is_some_and(|s| s.after_break == AfterBreak::Hold);
        while let Some(said) = self.heard.pop_front() {
            match said {
                Said::Sample(_, _, sample) => {
                    let tripped = sample.flags & sample_flags::TRIP != 0;
                    self.panel.time = sample.time;
                    self.panel.level = sample.voltage;
                    self.panel.reading = sample.current;
                    self.panel.compliance = sample.flags & sample_flags::COMPLIANCE != 0;
                    self.panel.output = !tripped || holds;
                    go &= listen(Reading::Sample(&sample, f64::NAN));
                    self.clock = sample.time;
                }
                Said::Step(_, tripped, time, voltage) => {
                    self.clock = time;
                    self.step += 1;
                    let end = if tripped { StepEnd::Trip { time, voltage } } else { StepEnd::Done };
                    return (Some(end), go);
                }
                Said::End(..) | Said::Beat(..) => self.panel.output = false,
            }
        }
        (None, go)
    }
}

impl Bench for RealBench {
    fn run(&mut self, _: &Step, listen: &mut dyn FnMut(Reading) -> bool) -> Result<StepEnd, BenchError> {
        if !self.started {
            self.started = true;
            if let Err(e) = self.keithley.start(&self.plan, &self.found) {
                self.make_safe();
                return Err(e.into());
            }
        }
        if let Some(e) = self.failed.take() {
            self.make_safe();
            return Err(e.into());
        }
        loop {
            // What was heard together with the end of the step before comes first.
            let beaten = if self.heard.is_empty() { self.keithley.beat(&mut self.heard) } else { Ok(()) };
            let (end, mut go) = self.hand_on(listen);
            // What is known is brought to disk before anything else is asked for, and before a failure is reported.
            go &= listen(Reading::Beat(&self.panel));
            if !go {
                self.make_safe();
                return Ok(StepEnd::Stopped);
            }
            if let Some(end) = end {
                self.failed = beaten.err();
                return Ok(end);
            }
            if let Err(e) = beaten {
                self.make_safe();
                return Err(e.into());
            }
        }
    }

    fn clock(&self) -> f64 {
        self.clock
    }

    fn make_safe(&mut self) -> OutputState {
        let state = self.keithley.make_safe();
        self.panel.output = !state.is_safe();
        state
    }
}
