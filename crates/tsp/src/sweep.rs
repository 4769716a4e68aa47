//! The trigger model: a sweep that runs beside the command interface (science/source-meter.md sections 2.1 and 6).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::buffer::SharedBuffer;
use crate::channel::{AMPS, VOLTS};
use crate::events::{self, Layer};
use crate::fault::Fault;
use crate::instrument::Instrument;
use crate::reading::{self, Cursor, Kind};

/// Most points of a sweep.
pub const MOST_POINTS: usize = 1_000_000;

/// A sweep as it is set up.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Points of the trigger layer; 0 without end.
    pub count: f64,
    /// Rounds of the arm layer; 0 without end.
    pub arm_count: f64,
    /// What is sourced (0 A, 1 V) and its levels.
    pub levels: Option<(usize, Arc<Vec<f64>>)>,
    /// 0 off, 1 on.
    pub source_action: u8,
    /// 0 off, 1 on, 2 beside the sweep.
    pub measure_action: u8,
    /// What is measured and where it goes.
    pub into: Vec<(Kind, SharedBuffer)>,
    /// 0 idle level, 1 holds.
    pub endpulse_action: u8,
    /// 0 idle level, 1 holds.
    pub endsweep_action: u8,
    /// Limits while it sweeps [A, V]; 0 as programmed.
    pub limit: [f64; 2],
    /// Switches the output on at its start.
    pub auto_on: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            count: 1.0,
            arm_count: 1.0,
            levels: None,
            source_action: 0,
            measure_action: 0,
            into: Vec::new(),
            endpulse_action: 1,
            endsweep_action: 0,
            limit: [0.0; 2],
            auto_on: false,
        }
    }
}

/// Starts a sweep; returns at once.
///
/// # Errors
/// One is going on, or it is not set up.
pub fn start(instrument: &Arc<Instrument>, channel: usize) -> Result<(), Fault> {
    let plan = instrument.state().plans.get(channel).cloned().ok_or_else(|| Fault::new(-286))?;
    if plan.source_action != 0 && plan.levels.as_ref().is_none_or(|(_, l)| l.is_empty()) {
        return Err(Fault::new(5059));
    }
    if plan.measure_action != 0 && plan.into.is_empty() {
        return Err(Fault::new(5060));
    }
    if instrument.sweeping[channel].swap(true, Ordering::SeqCst) {
        return Err(Fault::new(5042));
    }
    instrument.cut[channel].store(false, Ordering::SeqCst);
    {
        let mut events = instrument.events();
        events.layers[channel].iter_mut().for_each(|d| d.seen = false);
    }
    let shared = Arc::clone(instrument);
    let made = std::thread::Builder::new().name(format!("sweep {channel}")).spawn(move || {
        let _idle = Idle(&shared, channel);
        if let Err(fault) = run(&shared, channel, &plan) {
            shared.queue(fault);
        }
        finish(&shared, channel, &plan);
    });
    if made.is_err() {
        instrument.sweeping[channel].store(false, Ordering::SeqCst);
        return Err(Fault::new(-225));
    }
    Ok(())
}

/// Says that the sweep is over, whatever ended it.
struct Idle<'a>(&'a Instrument, usize);

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.sweeping[self.1].store(false, Ordering::SeqCst);
        self.0.post(events::of_channel(self.1) + events::IDLE);
    }
}

fn run(instrument: &Instrument, channel: usize, plan: &Plan) -> Result<(), Fault> {
    let base = events::of_channel(channel);
    let cut = || instrument.cut[channel].load(Ordering::SeqCst) || instrument.off.load(Ordering::SeqCst);
    let cursor = Cursor::new(instrument.clock.now());
    let passes = |layer: Layer| {
        let mut looks = 0u64;
        let there = instrument.await_event(
            |e| {
                looks += 1;
                let detector = &mut e.layers[channel][layer as usize];
                detector.stimulus == 0 || detector.take()
            },
            &cut,
        );
        // What another has made happen was waited for; its own events are there at once, however late the computer is.
        if looks > 1 {
            cursor.waited(&*instrument.clock);
        }
        there
    };
    for (_, buffer) in &plan.into {
        crate::buffer::lock(buffer).begin();
    }
    instrument.post(base + events::SWEEPING);
    let mut rounds = plan.arm_count;
    loop {
        if !passes(Layer::Arm) {
            return Ok(());
        }
        if plan.auto_on {
            let now = cursor.start(&*instrument.clock);
            instrument.state().channels[channel].set_output(1, now)?;
        }
        instrument.post(base + events::ARMED);
        let mut point = 0u64;
        loop {
            if !passes(Layer::Source) {
                return Ok(());
            }
            if let (Some((what, levels)), true) = (&plan.levels, plan.source_action != 0) {
                put(instrument, channel, *what, levels[point as usize % levels.len()], plan, &cursor)?;
                if !cursor.wait_delay(instrument, channel, &cut) {
                    return Ok(());
                }
            }
            instrument.post(base + events::SOURCE_COMPLETE);
            if plan.measure_action != 0 {
                if !passes(Layer::Measure) {
                    return Ok(());
                }
                let kinds: Vec<Kind> = plan.into.iter().map(|(kind, _)| *kind).collect();
                let Some(taken) = reading::take(instrument, channel, &kinds, &cursor, &cut) else { return Ok(()) };
                for ((_, buffer), (entry, time)) in plan.into.iter().zip(&taken) {
                    crate::buffer::lock(buffer).add(*entry, *time);
                }
                instrument.post(base + events::MEASURE_COMPLETE);
            }
            if !passes(Layer::EndPulse) {
                return Ok(());
            }
            if plan.endpulse_action == 0 {
                idle(instrument, channel, &cursor);
            }
            instrument.post(base + events::PULSE_COMPLETE);
            point += 1;
            if plan.count > 0.0 && point as f64 >= plan.count {
                break;
            }
        }
        instrument.post(base + events::SWEEP_COMPLETE);
        rounds -= 1.0;
        if plan.arm_count > 0.0 && rounds <= 0.0 {
            return Ok(());
        }
    }
}

fn put(instrument: &Instrument, channel: usize, what: usize, level: f64, plan: &Plan, cursor: &Cursor) -> Result<(), Fault> {
    let now = cursor.start(&*instrument.clock);
    let mut state = instrument.state();
    let c = &mut state.channels[channel];
    let range = c.range_for(what, level)?;
    if !c.source.auto[what] && range.full > c.source.range[what] {
        return Err(Fault::new(5005));
    }
    for limited in [AMPS, VOLTS] {
        if plan.limit[limited] > 0.0 {
            c.set_limit(limited, plan.limit[limited], now)?;
        }
    }
    c.swept = Some((what, level));
    c.apply(now);
    Ok(())
}

fn idle(instrument: &Instrument, channel: usize, cursor: &Cursor) {
    let now = cursor.start(&*instrument.clock);
    let mut state = instrument.state();
    state.channels[channel].swept = None;
    state.channels[channel].apply(now);
}

/// The level after the sweep: the programmed one, or the last of the sweep.
fn finish(instrument: &Instrument, channel: usize, plan: &Plan) {
    let now = instrument.clock.now();
    let mut state = instrument.state();
    let c = &mut state.channels[channel];
    // An aborted sweep goes back to its idle level as well.
    if plan.endsweep_action == 0 || instrument.cut[channel].load(Ordering::SeqCst) {
        c.swept = None;
    }
    c.apply(now);
}

/// Levels from `start` to `stop` in equal steps.
pub fn linear(start: f64, stop: f64, points: usize) -> Vec<f64> {
    let last = points.saturating_sub(1).max(1) as f64;
    (0..points).map(|k| start + (stop - start) * k as f64 / last).collect()
}

/// Levels from `start` to `stop` in equal ratios of their distance from `asymptote`; `None` if it lies between them.
pub fn logarithmic(start: f64, stop: f64, points: usize, asymptote: f64) -> Option<Vec<f64>> {
    let (a, b) = (start - asymptote, stop - asymptote);
    if !(a * b > 0.0) {
        return None;
    }
    let last = points.saturating_sub(1).max(1) as f64;
    Some((0..points).map(|k| asymptote + a * (b / a).powf(k as f64 / last)).collect())
}
