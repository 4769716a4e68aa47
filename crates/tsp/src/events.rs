//! The events of the trigger model: who makes them, who waits for them.

use std::collections::VecDeque;

/// Of the command interface: `*TRG`.
pub const COMMAND: u32 = 1;
/// Of `smuX.trigger`, beside the channel's base.
pub const SWEEPING: u32 = 0;
/// The sweep has entered the trigger layer.
pub const ARMED: u32 = 1;
/// The source has its level.
pub const SOURCE_COMPLETE: u32 = 2;
/// A reading is there.
pub const MEASURE_COMPLETE: u32 = 3;
/// The end-pulse action is done.
pub const PULSE_COMPLETE: u32 = 4;
/// All points of the trigger layer are done.
pub const SWEEP_COMPLETE: u32 = 5;
/// The sweep has ended.
pub const IDLE: u32 = 6;

/// Blenders of an instrument.
pub const BLENDERS: usize = 6;
/// Stimuli of a blender.
pub const STIMULI: usize = 4;
/// Timers of an instrument.
pub const TIMERS: usize = 8;
/// Events that scripts make.
pub const GENERATORS: usize = 4;
/// `*TRG` that are kept unread.
const UNREAD: usize = 50;

/// First event of a channel.
pub fn of_channel(channel: usize) -> u32 {
    10 + 10 * channel as u32
}
/// Event of a blender, from 0.
pub fn of_blender(n: usize) -> u32 {
    100 + n as u32
}
/// Event of a timer, from 0.
pub fn of_timer(n: usize) -> u32 {
    120 + n as u32
}
/// Event of a generator, from 0.
pub fn of_generator(n: usize) -> u32 {
    140 + n as u32
}

/// Waits of a channel's trigger model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// Before the trigger layer.
    Arm = 0,
    /// Before the source action.
    Source = 1,
    /// Before the measure action.
    Measure = 2,
    /// Before the end-pulse action.
    EndPulse = 3,
}

/// Remembers an event until it is used.
#[derive(Clone, Copy, Default, Debug)]
pub struct Detector {
    /// The event it waits for; 0 none.
    pub stimulus: u32,
    /// It has happened.
    pub seen: bool,
    /// It has happened twice.
    pub overrun: bool,
}

impl Detector {
    fn look(&mut self, event: u32) -> bool {
        if self.stimulus == event && event != 0 {
            self.overrun |= self.seen;
            self.seen = true;
            return true;
        }
        false
    }
    /// Uses what was seen.
    pub fn take(&mut self) -> bool {
        std::mem::take(&mut self.seen)
    }
}

/// `trigger.blender[N]`.
#[derive(Clone, Copy, Default, Debug)]
pub struct Blender {
    /// Any of the stimuli is enough.
    pub or: bool,
    /// Its stimuli.
    pub inputs: [Detector; STIMULI],
    /// For `wait`.
    pub output: bool,
}

/// `trigger.timer[N]`.
#[derive(Clone, Copy, Debug)]
pub struct Timer {
    /// What starts it.
    pub start: Detector,
    /// From event to event [s].
    pub delay: f64,
    /// Events of a start.
    pub count: f64,
    /// The start is an event as well.
    pub pass: bool,
    /// For `wait`.
    pub output: bool,
    /// When its next event is due [s], and how many are.
    due: Option<(f64, u64)>,
}

impl Default for Timer {
    fn default() -> Self {
        Timer { start: Detector::default(), delay: 10e-6, count: 1.0, pass: false, output: false, due: None }
    }
}

/// All that deals with events.
#[derive(Clone, Default, Debug)]
pub struct Events {
    /// Of the trigger models of A and B, by [`Layer`].
    pub layers: [[Detector; 4]; 2],
    /// `trigger.blender`
    pub blenders: [Blender; BLENDERS],
    /// `trigger.timer`
    pub timers: [Timer; TIMERS],
    /// `trigger.generator`
    pub generators: [bool; GENERATORS],
    /// `*TRG` that no script has waited for yet.
    unread: usize,
}

impl Events {
    /// Something has happened at `time` [s].
    pub fn post(&mut self, event: u32, time: f64) {
        let mut queue = VecDeque::from([event]);
        // Blenders may feed each other in a ring: a ring makes an event once.
        let mut fired = [false; BLENDERS];
        while let Some(event) = queue.pop_front() {
            for detector in self.layers.iter_mut().flatten() {
                detector.look(event);
            }
            for (n, blender) in self.blenders.iter_mut().enumerate() {
                let mut hit = false;
                for input in &mut blender.inputs {
                    hit |= input.look(event);
                }
                let used = blender.inputs.iter().any(|i| i.stimulus != 0);
                let all = used && blender.inputs.iter().all(|i| i.stimulus == 0 || i.seen);
                if hit && (blender.or || all) && !fired[n] {
                    fired[n] = true;
                    blender.inputs.iter_mut().for_each(|i| i.seen = false);
                    blender.output = true;
                    queue.push_back(of_blender(n));
                }
            }
            for (n, timer) in self.timers.iter_mut().enumerate() {
                if timer.start.look(event) && timer.due.is_none() {
                    timer.start.seen = false;
                    timer.due = Some((time + timer.delay, if timer.count > 0.0 { timer.count as u64 } else { u64::MAX }));
                    if timer.pass {
                        timer.output = true;
                        queue.push_back(of_timer(n));
                    }
                }
            }
        }
    }

    /// When the next timer is due [s].
    pub fn next_timer(&self) -> Option<f64> {
        self.timers.iter().filter_map(|t| t.due).map(|(at, _)| at).min_by(f64::total_cmp)
    }

    /// Makes the events of the timers that are due at `time` [s].
    pub fn run_timers(&mut self, time: f64) {
        for n in 0..TIMERS {
            if let Some((at, left)) = self.timers[n].due.filter(|(at, _)| *at <= time) {
                let timer = &mut self.timers[n];
                timer.due = (left > 1).then(|| ((at + timer.delay).max(time), if left == u64::MAX { left } else { left - 1 }));
                timer.output = true;
                self.post(of_timer(n), time);
            }
        }
    }

    /// `*TRG`; `false` if too many are unread.
    pub fn trg(&mut self, time: f64) -> bool {
        self.post(COMMAND, time);
        let room = self.unread < UNREAD;
        self.unread += usize::from(room);
        room
    }

    /// Whether `*TRG` came since it was last waited for; it is used up.
    pub fn take_trg(&mut self) -> bool {
        let there = self.unread > 0;
        self.unread = self.unread.saturating_sub(1);
        there
    }

    /// Whether `*TRG` has come.
    pub fn has_trg(&self) -> bool {
        self.unread > 0
    }

    /// Forgets every `*TRG`.
    pub fn clear_trg(&mut self) {
        self.unread = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blender_waits_for_any_or_for_all() {
        let mut events = Events::default();
        events.blenders[0].inputs[0].stimulus = 11;
        events.blenders[0].inputs[1].stimulus = 12;
        events.layers[0][Layer::Source as usize].stimulus = of_blender(0);
        events.post(11, 0.0);
        assert!(!events.layers[0][1].seen);
        events.post(12, 0.0);
        assert!(events.layers[0][1].take());
        events.blenders[0].or = true;
        events.post(12, 0.0);
        assert!(events.layers[0][1].take());
    }

    #[test]
    fn blenders_in_a_ring_come_to_rest() {
        let mut events = Events::default();
        for (n, from) in [(0, 1), (1, 0)] {
            events.blenders[n].or = true;
            events.blenders[n].inputs[0].stimulus = of_blender(from);
            events.blenders[n].inputs[1].stimulus = COMMAND;
        }
        assert!((0..UNREAD).all(|_| events.trg(0.0)));
        assert!(!events.trg(0.0));
    }

    #[test]
    fn a_timer_counts() {
        let mut events = Events::default();
        events.timers[2] = Timer { delay: 1.0, count: 2.0, ..Timer::default() };
        events.timers[2].start.stimulus = COMMAND;
        events.trg(5.0);
        assert_eq!(events.next_timer(), Some(6.0));
        events.run_timers(6.0);
        assert_eq!(events.next_timer(), Some(7.0));
        events.run_timers(7.0);
        assert_eq!(events.next_timer(), None);
    }
}
