//! What the meter of a channel reads: calibration error and noise (science/source-meter.md section 5.1).

use pentatwin_physics::random::{Purpose, Stream};

use crate::model::{MEASURE_OVERRANGE, OVERFLOW, Range};

/// Read noise at one power-line cycle over the offset of the one-year accuracy: an estimate, as the data sheets that were read state no noise.
const NOISE_OF_OFFSET: f64 = 0.05;

/// The meter of one channel. Its calibration error is drawn once: the same part of the accuracy for all readings of a kind.
#[derive(Debug)]
pub struct Meter {
    /// Errors of gain and offset over the stated accuracy, for currents and for voltages.
    errors: [[f64; 2]; 2],
    noise: Option<Stream>,
}

/// What a meter reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// Current [A].
    Current = 0,
    /// Voltage [V].
    Voltage = 1,
}

impl Meter {
    /// The meter of a channel; without noise it reads what is true.
    pub fn new(seed: u64, channel: usize, noisy: bool) -> Meter {
        // Channel A is the meter of the virtual bench: the same stream, the same first two draws.
        let mut stream = Stream::new(seed, Purpose::ReadNoise, channel as u64);
        // The stated accuracy is taken as two standard deviations.
        let mut draw = || if noisy { 0.5 * stream.normal() } else { 0.0 };
        let errors = [[draw(), draw()], [draw(), draw()]];
        Meter { errors, noise: noisy.then_some(stream) }
    }

    /// The reading of a mean value over `nplc` power-line cycles on a range.
    pub fn read(&mut self, what: Quantity, value: f64, range: &Range, nplc: f64) -> f64 {
        let mut reading = value;
        if let Some(stream) = &mut self.noise {
            let [gain, offset] = self.errors[what as usize];
            let noise = NOISE_OF_OFFSET * range.offset / nplc.max(1e-3).sqrt();
            reading = value * (1.0 + gain * range.gain) + offset * range.offset + noise * stream.normal();
        }
        if reading.abs() <= MEASURE_OVERRANGE * range.full { reading } else { OVERFLOW.copysign(reading) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    #[test]
    fn a_reading_beyond_its_range_is_the_overflow_value() {
        let range = Model::named("2614B").unwrap().amps().next().unwrap();
        let mut meter = Meter::new(1, 0, true);
        assert_eq!(meter.read(Quantity::Current, 1e-3, &range, 1.0), OVERFLOW);
        let near = meter.read(Quantity::Current, 50e-9, &range, 1.0);
        // Five standard deviations of what is stated: 0.05 % + 100 pA are two.
        assert!((near - 50e-9).abs() < 2.6 * (5e-4 * 50e-9 + 100e-12), "{near}");
    }
}
