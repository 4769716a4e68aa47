//! The reading of the virtual source-meter: range, calibration error and noise of the stated model (source-meter.md section 5.1).

use pentatwin_physics::random::{Purpose, Stream};
use pentatwin_record::sample_flags;

use crate::protocol::{Accuracy, Instrument, MEASURE_OVERRANGE, Model};

/// What a 2600 reads beyond its range [A].
pub const OVERFLOW: f64 = 9.91e37;
/// Read noise at one power-line cycle over the offset of the one-year accuracy: an estimate, as the data sheets that were read state no noise.
const NOISE_OF_OFFSET: f64 = 0.05;

/// Turns a mean current into a reading. The calibration error is drawn once a run: it is the same part of the accuracy for all its samples.
pub struct Meter {
    full_scale: f64,
    accuracy: Accuracy,
    /// Errors of gain and offset over the stated accuracy.
    errors: [f64; 2],
    noise: Option<Stream>,
}

impl Meter {
    /// The meter of a run.
    pub fn new(instrument: &Instrument, seed: u64) -> Meter {
        let (full_scale, accuracy) = instrument.measure_full_scale().unwrap_or((f64::INFINITY, Accuracy { gain: 0.0, offset: 0.0 }));
        let noisy = instrument.read_noise && instrument.model != Model::Ideal;
        let mut stream = Stream::new(seed, Purpose::ReadNoise, 0);
        // The stated accuracy is taken as two standard deviations.
        let errors = if noisy { [0.5 * stream.normal(), 0.5 * stream.normal()] } else { [0.0; 2] };
        Meter { full_scale, accuracy, errors, noise: noisy.then_some(stream) }
    }

    /// Goes to another measure range: full scale [A] and accuracy.
    pub fn range(&mut self, (full_scale, accuracy): (f64, Accuracy)) {
        (self.full_scale, self.accuracy) = (full_scale, accuracy);
    }

    /// The reading [A] of a mean current over `nplc` power-line cycles, and its flag.
    pub fn read(&mut self, current: f64, nplc: f64) -> (f64, u8) {
        let mut reading = current;
        if let Some(stream) = &mut self.noise {
            let noise = NOISE_OF_OFFSET * self.accuracy.offset / nplc.max(1e-3).sqrt();
            let [gain, offset] = self.errors;
            reading = current * (1.0 + gain * self.accuracy.gain) + offset * self.accuracy.offset + noise * stream.normal();
        }
        if reading.abs() > MEASURE_OVERRANGE * self.full_scale { (OVERFLOW, sample_flags::OVERFLOW) } else { (reading, 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_stay_within_a_few_times_the_stated_accuracy() {
        let instrument = Instrument::default();
        for seed in 0..200 {
            let mut meter = Meter::new(&instrument, seed);
            let (reading, flag) = meter.read(8e-3, 1.0);
            // source-meter.md 5.1, 100 mA range: 0.02 % + 20 uA taken as two standard deviations; five of them plus noise.
            assert!((reading - 8e-3).abs() < 2.6 * (2e-4 * 8e-3 + 20e-6), "{reading}");
            assert_eq!(flag, 0);
        }
    }

    #[test]
    fn a_current_beyond_the_range_reads_as_overflow() {
        let instrument = Instrument { measure_range: 1e-3, ..Instrument::default() };
        assert_eq!(Meter::new(&instrument, 1).read(8e-3, 1.0), (OVERFLOW, sample_flags::OVERFLOW));
    }

    #[test]
    fn noise_can_be_switched_off() {
        let instrument = Instrument { read_noise: false, ..Instrument::default() };
        assert_eq!(Meter::new(&instrument, 1).read(8e-3, 1.0).0, 8e-3);
    }
}
