//! Temperature against time, as the protocol has it: nothing ends a step of a heating run early.

use crate::protocol::{Protocol, Step};

/// A stretch of time in which the heater's temperature is linear.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Leg {
    start: f64,
    end: f64,
    from: f64,
    to: f64,
}

/// A time at one temperature.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hold {
    /// When the temperature is reached [s].
    pub start: f64,
    /// When it is left [s].
    pub end: f64,
    /// What the heater says [K].
    pub indicated: f64,
    /// What the wire has [K].
    pub temperature: f64,
}

impl Hold {
    /// Its temperature as a part of names: "750" at 750 °C.
    pub fn word(&self) -> String {
        format!("{:.0}", self.indicated - 273.15)
    }
}

fn legs(protocol: &Protocol) -> Vec<Leg> {
    let mut legs = Vec::new();
    let (mut t, mut now) = (0.0, protocol.device.chip.temperature);
    let mut add = |from: f64, to: f64, time: f64| {
        if time > 0.0 {
            legs.push(Leg { start: t, end: t + time, from, to });
            t += time;
        }
    };
    for step in &protocol.steps {
        match step {
            Step::Heat(h) => {
                add(now, h.to, (h.to - now).abs() / h.rate);
                add(h.to, h.to, h.time);
                now = h.to;
            }
            Step::Wait(w) => add(now, now, w.time),
            Step::Hold(h) => add(now, now, h.time),
            Step::Sweep(_) | Step::Image(_) | Step::Spectrum(_) => {}
        }
    }
    legs
}

/// The wire's own temperature against time: (time [s], temperature [K]) at every corner, linear between them. The chip's temperature error
/// is in it.
pub fn temperature_history(protocol: &Protocol) -> Vec<(f64, f64)> {
    let device = &protocol.device;
    let mut corners = vec![(0.0, device.true_temperature(device.chip.temperature))];
    for leg in legs(protocol) {
        let corner = (leg.end, device.true_temperature(leg.to));
        // A hold that goes on is one.
        if leg.from == leg.to
            && let [.., (_, a), last] = corners.as_mut_slice()
            && *a == last.1
            && last.1 == corner.1
        {
            *last = corner;
        } else {
            corners.push(corner);
        }
    }
    corners
}

/// The times at one temperature, those that follow each other at the same one joined.
pub fn holds(protocol: &Protocol) -> Vec<Hold> {
    let mut holds: Vec<Hold> = Vec::new();
    for leg in legs(protocol).into_iter().filter(|l| l.from == l.to) {
        match holds.last_mut().filter(|h| h.indicated == leg.to && (h.end - leg.start).abs() < 1e-9) {
            Some(hold) => hold.end = leg.end,
            None => holds.push(Hold {
                start: leg.start,
                end: leg.end,
                indicated: leg.to,
                temperature: protocol.device.true_temperature(leg.to),
            }),
        }
    }
    holds
}

/// What the heater says at a time [K].
pub fn indicated_at(protocol: &Protocol, time: f64) -> f64 {
    let legs = legs(protocol);
    let Some(leg) = legs.iter().find(|l| time <= l.end).or(legs.last()) else { return protocol.device.chip.temperature };
    leg.from + (leg.to - leg.from) * ((time - leg.start) / (leg.end - leg.start)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol() -> Protocol {
        let steps = "[[step]]\nheat = { to = \"126.85 degC\", rate = \"10 K/s\", time = \"5 s\" }\n[[step]]\nwait = \"3 s\"\n[[step]]\nheat = { to = \"326.85 degC\", rate = \"10 K/s\", time = \"0 s\" }\n";
        Protocol::parse("x", &format!("[chip]\nkind = \"heating\"\ntemperature_error = \"5 %\"\n{steps}")).unwrap()
    }

    #[test]
    fn the_history_has_a_corner_at_every_change_and_the_error_in_it() {
        // 300 K, up 100 K in 10 s, held 5 + 3 s, up 200 K in 20 s; the wire has 5 % more rise.
        let expected = [(0.0, 300.0), (10.0, 405.0), (18.0, 405.0), (38.0, 615.0)];
        let found = temperature_history(&protocol());
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((t, k), (u, l)) in found.iter().zip(expected) {
            assert!((t - u).abs() < 1e-9 && (k - l).abs() < 1e-9, "{found:?}");
        }
    }

    #[test]
    fn a_wait_prolongs_a_hold_and_the_heater_says_what_it_says() {
        let p = protocol();
        let holds = holds(&p);
        assert_eq!(holds.len(), 1);
        assert!((holds[0].start - 10.0).abs() < 1e-9 && (holds[0].end - 18.0).abs() < 1e-9, "{holds:?}");
        assert_eq!(holds[0].word(), "127");
        assert!((indicated_at(&p, 5.0) - 350.0).abs() < 1e-9);
        assert!((indicated_at(&p, 12.0) - 400.0).abs() < 1e-9);
        assert!((indicated_at(&p, 100.0) - 600.0).abs() < 1e-9);
    }
}
