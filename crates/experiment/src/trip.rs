//! The interruption of a sweep at a fall of the current: one state machine for the virtual and the real bench (source-meter.md section 5.4).

use std::collections::VecDeque;

use crate::protocol::{TripReference, TripRule};

/// Samples before which nothing trips.
const WARM_UP: usize = 3;

/// Watches the current and says when it has fallen.
#[derive(Clone, Debug)]
pub struct Trip {
    rule: TripRule,
    recent: VecDeque<f64>,
    seen: usize,
}

impl Trip {
    /// A fresh watch.
    pub fn new(rule: TripRule) -> Self {
        Trip { rule, recent: VecDeque::new(), seen: 0 }
    }

    /// Takes the next current [A] and says whether it trips. Samples that overflowed or were limited are passed over: compliance is not a break.
    pub fn see(&mut self, current: f64, valid: bool) -> bool {
        if !valid || !current.is_finite() {
            return false;
        }
        let current = current.abs();
        let reference = match self.rule.reference {
            TripReference::Previous => self.recent.back().copied(),
            TripReference::Maximum => self.recent.iter().copied().reduce(f64::max),
        };
        // A reference above the arming current is what arms it.
        let fallen = reference.is_some_and(|r| r >= self.rule.arm_current && current < self.rule.fraction * r);
        let keep = match self.rule.reference {
            TripReference::Previous => 1,
            TripReference::Maximum => self.rule.window.max(1),
        };
        self.recent.push_back(current);
        while self.recent.len() > keep {
            self.recent.pop_front();
        }
        self.seen += 1;
        fallen && self.seen > WARM_UP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_trip(rule: TripRule, currents: &[f64]) -> Option<usize> {
        let mut trip = Trip::new(rule);
        currents.iter().position(|i| trip.see(*i, true))
    }

    const RULE: TripRule = TripRule { fraction: 0.5, reference: TripReference::Previous, window: 5, arm_current: 1e-4 };

    #[test]
    fn a_fall_below_half_of_the_sample_before_trips_at_once() {
        assert_eq!(first_trip(RULE, &[1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 2.4e-3]), Some(5));
        assert_eq!(first_trip(RULE, &[1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 2.6e-3]), None);
    }

    #[test]
    fn the_running_maximum_sees_a_fall_that_takes_several_samples() {
        let slow = [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 3.5e-3, 2.45e-3, 1.7e-3];
        assert_eq!(first_trip(RULE, &slow), None);
        assert_eq!(first_trip(TripRule { reference: TripReference::Maximum, ..RULE }, &slow), Some(6));
    }

    #[test]
    fn noise_below_the_arming_current_and_samples_in_compliance_do_not_trip() {
        assert_eq!(first_trip(RULE, &[1e-6, 1e-5, 1e-7, 1e-5, 1e-7]), None);
        let mut trip = Trip::new(RULE);
        for i in [1e-3, 2e-3, 3e-3, 4e-3] {
            assert!(!trip.see(i, true));
        }
        assert!(!trip.see(1e-4, false));
        assert!(trip.see(1e-4, true));
    }
}
