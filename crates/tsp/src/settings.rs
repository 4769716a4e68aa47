//! Setting a channel's source and limits: what the instrument refuses (science/source-meter.md section 5.1).

use crate::channel::{AMPS, Channel, VOLTS};
use crate::fault::Fault;
use crate::model::SOURCE_OVERRANGE;

fn finite(value: f64) -> Result<f64, Fault> {
    if value.is_finite() { Ok(value) } else { Err(Fault::new(-222)) }
}

impl Channel {
    /// Sets a level [A] or [V].
    ///
    /// # Errors
    /// It is beyond the range or beyond the instrument.
    pub fn set_level(&mut self, what: usize, level: f64, time: f64) -> Result<(), Fault> {
        let level = finite(level)?;
        let range = self.range_for(what, level)?;
        if !self.source.auto[what] && level.abs() > SOURCE_OVERRANGE * self.source.range[what] * (1.0 + 1e-12) {
            return Err(Fault::new(5005));
        }
        if what == VOLTS && self.source.func == VOLTS && self.source.auto[what] {
            self.check_envelope(range.full, self.source.limit[AMPS])?;
        }
        if what == VOLTS && self.is_on() && self.model.interlocked().is_some_and(|full| range.full > 0.999 * full) {
            return Err(Fault::new(802));
        }
        self.source.level[what] = level;
        self.swept = None;
        self.apply(time);
        Ok(())
    }

    /// Sets a limit [A] or [V].
    ///
    /// # Errors
    /// It is too large, too small or not safe.
    pub fn set_limit(&mut self, what: usize, limit: f64, time: f64) -> Result<(), Fault> {
        let limit = finite(limit)?.abs();
        let (low, high, _) = if what == AMPS { self.model.limit_amps() } else { self.model.limit_volts() };
        if limit > high * (1.0 + 1e-12) {
            return Err(Fault::new(1101));
        }
        if limit < low * (1.0 - 1e-12) {
            return Err(Fault::new(1102));
        }
        if what == AMPS && self.source.func == VOLTS {
            self.check_envelope(self.source_range(VOLTS), limit)?;
        }
        self.source.limit[what] = limit;
        self.apply(time);
        Ok(())
    }

    /// Sets a range of the source to the smallest that holds `value`; it follows the level no more.
    ///
    /// # Errors
    /// There is none, or the level does not fit into it.
    pub fn set_source_range(&mut self, what: usize, value: f64, time: f64) -> Result<(), Fault> {
        let range = self.range_for(what, finite(value)?)?;
        if self.source.level[what].abs() > SOURCE_OVERRANGE * range.full * (1.0 + 1e-12) {
            return Err(Fault::new(5005));
        }
        if what == VOLTS && self.source.func == VOLTS {
            self.check_envelope(range.full, self.source.limit[AMPS])?;
        }
        if what == VOLTS && self.is_on() && self.model.interlocked().is_some_and(|full| range.full > 0.999 * full) {
            return Err(Fault::new(802));
        }
        self.source.auto[what] = false;
        self.source.range[what] = range.full;
        self.apply(time);
        Ok(())
    }

    /// Whether the range of the source follows the level.
    pub fn set_source_auto(&mut self, what: usize, auto: bool, time: f64) {
        if self.source.auto[what] && !auto {
            self.source.range[what] = self.source_range(what);
        }
        self.source.auto[what] = auto;
        self.apply(time);
    }

    /// Sets a range of the meter to the smallest that holds `value`; it follows the reading no more.
    ///
    /// # Errors
    /// There is none.
    pub fn set_measure_range(&mut self, what: usize, value: f64) -> Result<(), Fault> {
        let range = self.range_for(what, finite(value)?)?;
        self.measure.auto[what] = 0;
        self.measure.stale |= self.measure.range[what] != range.full;
        self.measure.range[what] = range.full;
        Ok(())
    }

    fn check_envelope(&self, volts: f64, amperes: f64) -> Result<(), Fault> {
        if amperes > self.model.envelope(volts) * SOURCE_OVERRANGE { Err(Fault::new(5007)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::channel::{AMPS, Channel, VOLTS, condition};
    use crate::load::Resistor;
    use crate::meter::Meter;
    use crate::model::Model;

    fn channel(ohms: f64) -> Channel {
        Channel::new(Model::named("2614B").unwrap(), 0, Box::new(Resistor { ohms }), Meter::new(1, 0, false))
    }

    #[test]
    fn what_the_instrument_refuses_is_refused_and_nothing_changes() {
        let mut c = channel(1e3);
        let code = |r: Result<(), crate::fault::Fault>| r.unwrap_err().code;
        assert_eq!(code(c.set_limit(AMPS, 0.0, 0.0)), 1102);
        assert_eq!(code(c.set_limit(AMPS, 5.0, 0.0)), 1101);
        assert_eq!(code(c.set_level(VOLTS, 300.0, 0.0)), 1101);
        assert_eq!(code(c.set_level(VOLTS, f64::NAN, 0.0)), -222);
        c.set_source_range(VOLTS, 2.0, 0.0).unwrap();
        assert_eq!(code(c.set_level(VOLTS, 2.1, 0.0)), 5005);
        assert_eq!((c.source.level[VOLTS], c.source.limit[AMPS], c.source_range(VOLTS)), (0.0, 0.1, 2.0));
        assert_eq!(code(c.set_source_range(VOLTS, 200.0, 0.0).and_then(|()| c.set_output(1, 0.0))), 802);
    }

    #[test]
    fn a_current_source_gives_its_current_up_to_its_voltage() {
        let mut c = channel(1e3);
        c.source.func = AMPS;
        c.set_level(AMPS, 1e-3, 0.0).unwrap();
        c.set_limit(VOLTS, 2.0, 0.0).unwrap();
        c.set_output(1, 0.0).unwrap();
        let reading = c.integrate(0.0, 1.0);
        assert!((reading.current - 1e-3).abs() < 1e-12 && (reading.voltage - 1.0).abs() < 1e-9);
        assert!(!c.note_limits());
        c.set_level(AMPS, 5e-3, 1.0).unwrap();
        assert!((c.integrate(1.0, 2.0).voltage - 2.0).abs() < 1e-9);
        assert!(c.note_limits());
        assert_eq!(c.condition & condition::VOLTAGE_LIMIT, condition::VOLTAGE_LIMIT);
    }
}
