//! The interruption of a sweep at a break: one state machine for the virtual bench, and the same, as TSP, for the script that a real
//! instrument runs (source-meter.md section 5.4). That both decide alike, sample by sample, is tested (`tests/trip_script.rs`).

use std::collections::VecDeque;

use pentatwin_record::sample_flags;

use crate::protocol::{TripReference, TripRule};

/// Samples before which nothing trips.
const WARM_UP: usize = 4;
/// Readings from here on mean "beyond the range", whoever forgot to flag them: a 2600 reads 9.91e37.
const OVERFLOW: f64 = 9e37;
/// A current is expected to be above the floor if it is expected to be this many times above it: an ohmic wire on its way down to 0 V is
/// no open circuit.
const ABOVE_FLOOR: f64 = 2.0;

/// Below this part of what it carried in compliance a wire is broken, even if no other reading says how they scatter.
const OF_LIMIT: f64 = 0.1;
/// A fall counts only if it is at least this many times the scatter (standard deviation) of the readings: the difference of two of them
/// then is seven of its own standard deviations, which no sweep of a million samples reaches.
const OVER_SCATTER: f64 = 10.0;
/// The first samples say little about the scatter: after this many the factor is twice as large, and falls with the third power.
const SCATTER_KNOWN: f64 = 20.0;
/// Samples over which the scatter is averaged.
const SCATTER_WINDOW: f64 = 64.0;
/// Mean modulus of the second difference of Gaussian noise over its standard deviation: sqrt(6) sqrt(2 / pi). A ramp has none.
const SECOND_DIFFERENCE: f64 = 1.954_410_047_674_384_6;

/// Watches the samples and says when the wire has broken.
///
/// What a sample is compared with scales with the voltage on the way down: an ohmic wire that is given less carries less. Samples beyond
/// the range, or just after a change of it, are passed over. A sample in compliance never trips, but what it carried is remembered.
#[derive(Clone, Debug)]
pub struct Trip {
    rule: TripRule,
    /// Voltage [V] and current [A] of the samples that a new one is compared with.
    recent: VecDeque<(f64, f64)>,
    /// Samples in which the wire carried what is known, those in compliance included.
    seen: usize,
    /// Those that were compared.
    read: usize,
    /// Current of the last sample in compliance [A].
    limited: f64,
    /// Samples in a row below the floor.
    below: usize,
    /// Currents of the last two samples with their signs [A], the latest first.
    last: [f64; 2],
    /// Mean modulus of the second difference [A] up to the sample before, the one before that, and the third last: a fall that takes three
    /// samples is not in the last of them.
    scatter: [f64; 3],
}

impl Trip {
    /// A fresh watch.
    pub fn new(rule: TripRule) -> Self {
        Trip { rule, recent: VecDeque::new(), seen: 0, read: 0, limited: 0.0, below: 0, last: [0.0; 2], scatter: [0.0; 3] }
    }

    /// Takes the next sample, voltage [V], current [A] and bits of [`sample_flags`], and says whether it trips.
    pub fn see(&mut self, voltage: f64, current: f64, flags: u8) -> bool {
        let (v, i) = (voltage.abs(), current.abs());
        // Written so that NaN is passed over too.
        if !(i < OVERFLOW && v < OVERFLOW) || flags & (sample_flags::OVERFLOW | sample_flags::RANGE) != 0 {
            return false;
        }
        self.seen += 1;
        if flags & sample_flags::COMPLIANCE != 0 {
            self.limited = i;
            self.carried(v, i);
            return false;
        }
        self.read += 1;
        let rule = self.rule;
        let least = self.least();
        let fallen = match rule.reference {
            TripReference::Previous | TripReference::Maximum => {
                let expected = self.expected(v);
                expected >= rule.arm_current && i < rule.fraction * expected && expected - i > least
            }
            TripReference::Resistance => {
                let risen = |(v0, i0)| i0 >= rule.arm_current && i * v0 * (1.0 + rule.fraction) < v * i0 && self.expected(v) - i > least;
                self.recent.back().copied().is_some_and(risen)
            }
            TripReference::Floor => {
                let open = i < rule.floor && self.expected(v) >= ABOVE_FLOOR * rule.floor;
                self.below = if open { self.below + 1 } else { 0 };
                self.below >= rule.samples.max(1)
            }
        };
        self.remember(v, i);
        let [latest, before, _] = self.scatter;
        let mut next = latest;
        if self.read > 2 {
            // With its sign: noise about a small current, folded at 0, would seem to scatter less than it does.
            let second = (current - 2.0 * self.last[0] + self.last[1]).abs();
            next += (second - latest) / SCATTER_WINDOW.min(self.read as f64 - 2.0);
        }
        self.scatter = [next, latest, before];
        self.last = [current, self.last[0]];
        let certain = self.seen > WARM_UP && self.limited >= rule.arm_current && i < OF_LIMIT * self.limited;
        fallen && (self.read > WARM_UP || certain)
    }

    /// The least fall [A] that is more than scatter.
    fn least(&self) -> f64 {
        // Second differences in each of the averages.
        let (in_third, in_latest) = (self.read.saturating_sub(5), self.read.saturating_sub(3));
        let (scatter, known) = if in_third >= 2 { (self.scatter[2], in_third) } else { (self.scatter[0], in_latest.max(1)) };
        OVER_SCATTER / SECOND_DIFFERENCE * (1.0 + (SCATTER_KNOWN / known as f64).powi(3)) * scatter
    }

    /// The largest current [A] that the remembered samples let expect at a voltage [V].
    fn expected(&self, v: f64) -> f64 {
        self.recent.iter().map(|&(v0, i0)| if v < v0 { i0 * v / v0 } else { i0 }).fold(0.0, f64::max)
    }

    fn remember(&mut self, v: f64, i: f64) {
        let keep = match self.rule.reference {
            TripReference::Previous | TripReference::Resistance => 1,
            TripReference::Maximum => self.rule.window.max(1),
            // The last sample that the wire was whole in, however long ago.
            TripReference::Floor if i < self.rule.arm_current || i < ABOVE_FLOOR * self.rule.floor => return,
            TripReference::Floor => 1,
        };
        self.recent.push_back((v, i));
        while self.recent.len() > keep {
            self.recent.pop_front();
        }
    }

    /// A sample in compliance: the wire carried at least this.
    fn carried(&mut self, v: f64, i: f64) {
        match self.rule.reference {
            // The voltage of such a sample may be the level, and its resistance then wrong.
            TripReference::Resistance => {}
            TripReference::Previous if self.recent.back().is_some_and(|&(_, last)| i < last) => {}
            _ => self.remember(v, i),
        }
    }
}

/// The same state machine as TSP (Lua 5.0). `q` is a rule as [`rule_in_tsp`] writes it, `s` what [`NEW_IN_TSP`] makes; `f` is 0 for a
/// good sample, 1 for one in compliance, 2 for one to be passed over.
pub const IN_TSP: &str = "\
function pt_expected(s, v)
local e = 0
for j = 1, s.n do
local x = s.i[j]
if v < s.v[j] then x = x * v / s.v[j] end
if x > e then e = x end
end
return e
end
function pt_remember(q, s, v, i)
if q.form == 4 and (i < q.arm or i < 2 * q.floor) then return end
s.at = s.at + 1
if s.at > q.keep then s.at = 1 end
if s.n < q.keep then s.n = s.n + 1 end
s.v[s.at] = v
s.i[s.at] = i
end
function pt_trip(q, s, v, i, f)
local c = i
v = math.abs(v)
i = math.abs(i)
if not (i < 9e37 and v < 9e37) or f == 2 then return false end
s.seen = s.seen + 1
if f == 1 then
s.limited = i
if q.form == 3 or (q.form == 1 and s.n > 0 and i < s.i[s.at]) then return false end
pt_remember(q, s, v, i)
return false
end
s.read = s.read + 1
local known, scatter = math.max(1, s.read - 3), s.s1
if s.read >= 7 then known, scatter = s.read - 5, s.s3 end
known = 20 / known
local least = 10 / 1.9544100476743846 * (1 + known * known * known) * scatter
local fallen = false
if q.form == 3 then
fallen = s.n > 0 and s.i[s.at] >= q.arm and i * s.v[s.at] * (1 + q.x) < v * s.i[s.at] and pt_expected(s, v) - i > least
elseif q.form == 4 then
if i < q.floor and pt_expected(s, v) >= 2 * q.floor then s.below = s.below + 1 else s.below = 0 end
fallen = s.below >= q.m
else
local e = pt_expected(s, v)
fallen = e >= q.arm and i < q.x * e and e - i > least
end
pt_remember(q, s, v, i)
local latest = s.s1
if s.read > 2 then latest = latest + (math.abs(c - 2 * s.last + s.before) - latest) / math.min(64, s.read - 2) end
s.s3 = s.s2
s.s2 = s.s1
s.s1 = latest
s.before = s.last
s.last = c
local certain = s.seen > 4 and s.limited >= q.arm and i < 0.1 * s.limited
return fallen and (s.read > 4 or certain)
end
";

/// A fresh watch in TSP.
pub const NEW_IN_TSP: &str =
    "{n = 0, at = 0, seen = 0, read = 0, limited = 0, below = 0, last = 0, before = 0, s1 = 0, s2 = 0, s3 = 0, v = {}, i = {}}";

/// A rule as a TSP table.
pub fn rule_in_tsp(rule: &TripRule) -> String {
    let (form, keep) = match rule.reference {
        TripReference::Previous => (1, 1),
        TripReference::Maximum => (2, rule.window.max(1)),
        TripReference::Resistance => (3, 1),
        TripReference::Floor => (4, 1),
    };
    let (x, floor, arm, m) = (rule.fraction, rule.floor, rule.arm_current, rule.samples.max(1));
    format!("{{form = {form}, x = {x:e}, keep = {keep}, floor = {floor:e}, m = {m}, arm = {arm:e}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Currents at a voltage that rises by 10 mV a sample.
    fn first_trip(rule: TripRule, currents: &[f64]) -> Option<usize> {
        let mut trip = Trip::new(rule);
        currents.iter().enumerate().position(|(k, i)| trip.see(1.0 + 0.01 * k as f64, *i, 0))
    }

    const RULE: TripRule =
        TripRule { fraction: 0.5, reference: TripReference::Previous, window: 5, floor: 1e-6, samples: 3, arm_current: 1e-4 };
    const fn form(reference: TripReference) -> TripRule {
        TripRule { reference, ..RULE }
    }
    const ALL: [TripRule; 4] =
        [form(TripReference::Previous), form(TripReference::Maximum), form(TripReference::Resistance), form(TripReference::Floor)];

    #[test]
    fn a_fall_below_half_of_the_sample_before_trips_at_once() {
        assert_eq!(first_trip(RULE, &[1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 2.4e-3]), Some(5));
        assert_eq!(first_trip(RULE, &[1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 2.6e-3]), None);
    }

    #[test]
    fn the_running_maximum_sees_a_fall_that_takes_several_samples() {
        let slow = [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 3.5e-3, 2.45e-3, 1.7e-3];
        assert_eq!(first_trip(RULE, &slow), None);
        assert_eq!(first_trip(form(TripReference::Maximum), &slow), Some(6));
    }

    #[test]
    fn a_rise_of_the_resistance_trips_by_its_relative_change() {
        let rule = TripRule { fraction: 0.1, ..form(TripReference::Resistance) };
        let ohmic: Vec<f64> = (0..20).map(|k| (1.0 + 0.01 * k as f64) / 250.0).collect();
        assert_eq!(first_trip(rule, &ohmic), None);
        let risen = |part: f64| ohmic.iter().enumerate().map(|(k, i)| if k < 12 { *i } else { i / part }).collect::<Vec<_>>();
        assert_eq!(first_trip(rule, &risen(1.09)), None);
        assert_eq!(first_trip(rule, &risen(1.11)), Some(12));
    }

    #[test]
    fn the_floor_trips_after_its_number_of_samples_in_a_row() {
        let rule = form(TripReference::Floor);
        assert_eq!(first_trip(rule, &[1e-3, 1e-3, 1e-3, 1e-3, 1e-9, 1e-9, 1e-9]), Some(6));
        assert_eq!(first_trip(rule, &[1e-3, 1e-3, 1e-3, 1e-3, 1e-9, 1e-9, 2e-6, 1e-9, 1e-9]), None);
        // A fall by way of a sample that is above the floor and below what arms it.
        assert_eq!(first_trip(rule, &[1e-3, 1e-3, 1e-3, 5e-4, 2e-6, 1e-9, 1e-9, 1e-9]), Some(7));
    }

    #[test]
    fn a_wire_that_is_given_less_carries_less_and_is_not_broken() {
        // Down to 0 V and up the other way, in steps of a tenth.
        for rule in ALL {
            let mut trip = Trip::new(TripRule { arm_current: 1e-6, ..rule });
            assert!((0..41).map(|k| 1.0 - 0.05 * f64::from(k)).all(|v| !trip.see(v, v / 250.0, 0)), "{rule:?}");
        }
    }

    #[test]
    fn noise_that_is_larger_than_the_arming_current_does_not_trip() {
        // 0.4 mA of scatter around nothing, four times what arms the trip; then a current that is worth the name, and its end.
        let noise = |k: usize| 0.4e-3 * [1.3, -0.2, 0.6, -1.7, 0.1, 2.0, -0.8, 0.3][k % 8];
        for reference in [TripReference::Previous, TripReference::Maximum] {
            let mut trip = Trip::new(form(reference));
            assert!((0..400).all(|k| !trip.see(0.01, noise(k), 0)), "{reference:?}");
            assert!((0..400).all(|k| !trip.see(2.0, 8e-3 + noise(k), 0)), "{reference:?}");
            assert!(trip.see(2.0, 0.1e-3, 0), "{reference:?}");
        }
    }

    #[test]
    fn noise_below_the_arming_current_does_not_trip() {
        for rule in ALL {
            assert_eq!(first_trip(rule, &[1e-6, 1e-5, 1e-7, 1e-5, 1e-7, 1e-9, 1e-9, 1e-9, 1e-9]), None, "{rule:?}");
        }
    }

    #[test]
    fn compliance_overflow_and_a_change_of_range_do_not_trip_and_hide_no_break() {
        let strange = [
            (20e-3, sample_flags::COMPLIANCE),
            (9.91e37, sample_flags::OVERFLOW),
            (9.91e37, 0),
            (1e-9, sample_flags::RANGE),
            (f64::NAN, 0),
        ];
        for rule in ALL {
            for (current, flags) in strange {
                let mut trip = Trip::new(rule);
                assert!((0..5).all(|_| !trip.see(1.0, 4e-3, 0)));
                assert!((0..5).all(|_| !trip.see(1.0, current, flags)), "{rule:?} {current} {flags}");
                assert!((0..rule.samples).any(|_| trip.see(1.0, 1e-9, 0)), "{rule:?} {current} {flags}");
            }
        }
    }

    #[test]
    fn a_wire_that_breaks_in_compliance_from_the_start_trips() {
        for rule in [form(TripReference::Previous), form(TripReference::Maximum), form(TripReference::Floor)] {
            let mut trip = Trip::new(rule);
            assert!((0..50).all(|_| !trip.see(1.0, 20e-3, sample_flags::COMPLIANCE)));
            assert!((0..4).any(|_| trip.see(1.0, 1e-9, 0)), "{rule:?}");
        }
    }
}
