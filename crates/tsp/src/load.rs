//! What hangs on a channel.

/// What the source gives: the voltage, as long as the current stays within a limit.
///
/// A current source of current `I` that gives up at a voltage `V` is the same thing: it gives `V` as long as the current stays within `I`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Level {
    /// Voltage with its sign [V].
    pub volts: f64,
    /// Largest current, not negative [A]. At 0 nothing flows: the terminals are open.
    pub amperes: f64,
}

impl Level {
    /// Nothing is connected.
    pub const OPEN: Level = Level { volts: 0.0, amperes: 0.0 };
}

/// What is at the terminals.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Reading {
    /// Mean current over the window [A].
    pub current: f64,
    /// Voltage at the terminals at its end [V].
    pub voltage: f64,
    /// Whether the current was limited.
    pub limited: bool,
}

/// A load at the terminals of one channel.
pub trait Load: Send {
    /// Goes on to `time` [s] under `level`, which has been on since the last call, and returns the mean over that window. `time` does
    /// not run backwards; a window of no length returns the values of the instant.
    fn advance(&mut self, time: f64, level: Level) -> Reading;
    /// Puts a fresh load in place at `time` [s]; nothing is applied then.
    fn renew(&mut self, time: f64);
}

/// Makes what hangs on a channel (0 is A).
pub type LoadFactory<'a> = dyn Fn(usize) -> Box<dyn Load> + Send + Sync + 'a;

/// Nothing at the terminals.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Load for Open {
    fn advance(&mut self, _: f64, level: Level) -> Reading {
        Reading { current: 0.0, voltage: if level.amperes > 0.0 { level.volts } else { 0.0 }, limited: false }
    }
    fn renew(&mut self, _: f64) {}
}

/// A resistor.
#[derive(Clone, Copy, Debug)]
pub struct Resistor {
    /// Resistance, above 0 [ohm].
    pub ohms: f64,
}

impl Load for Resistor {
    fn advance(&mut self, _: f64, level: Level) -> Reading {
        let free = level.volts / self.ohms;
        let current = free.clamp(-level.amperes, level.amperes);
        Reading { current, voltage: current * self.ohms, limited: free.abs() > level.amperes }
    }
    fn renew(&mut self, _: f64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resistor_obeys_ohm_and_the_limit() {
        let mut r = Resistor { ohms: 1e3 };
        assert_eq!(r.advance(1.0, Level { volts: 2.0, amperes: 1.0 }), Reading { current: 2e-3, voltage: 2.0, limited: false });
        assert_eq!(r.advance(2.0, Level { volts: -2.0, amperes: 1e-3 }), Reading { current: -1e-3, voltage: -1.0, limited: true });
    }
}
