//! The models: ranges, limits, accuracy (science/source-meter.md section 5.1).

/// A range of the source or of the meter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    /// Full scale [V] or [A].
    pub full: f64,
    /// One-year accuracy of a reading: part of it, relative.
    pub gain: f64,
    /// One-year accuracy of a reading: the part that is always there [V] or [A].
    pub offset: f64,
    /// Step of the source [V] or [A].
    pub step: f64,
    /// Time to settle to 0.1 % [s].
    pub settle: f64,
}

/// Sourcing goes to 101 % of full scale.
pub const SOURCE_OVERRANGE: f64 = 1.01;
/// Reading goes to 102 % of full scale.
pub const MEASURE_OVERRANGE: f64 = 1.02;
/// What a reading beyond its range is.
pub const OVERFLOW: f64 = 9.91e37;

const fn volts(full: f64, offset: f64, step: f64) -> Range {
    // Accuracy of voltage readings (0.015 % and the offsets below): from memory, to be checked; settling as of a 100 mA range.
    Range { full, gain: 1.5e-4, offset, step, settle: 80e-6 }
}

const fn amps(full: f64, gain: f64, offset: f64, settle: f64) -> Range {
    // Source resolution: full scale over 50,000 (100 nA: 2 pA), from memory.
    Range { full, gain, offset, step: full / 50_000.0, settle }
}

const VOLTS_40: &[Range] = &[volts(0.1, 250e-6, 5e-6), volts(1.0, 400e-6, 50e-6), volts(6.0, 1.8e-3, 50e-6), volts(40.0, 12e-3, 500e-6)];
const VOLTS_200: &[Range] = &[volts(0.2, 375e-6, 5e-6), volts(2.0, 600e-6, 50e-6), volts(20.0, 5e-3, 500e-6), volts(200.0, 50e-3, 5e-3)];

/// From 1 nA: accuracy to 1 mA from the manual's verification limits, above from the data sheet; the two lowest are an estimate.
const AMPS: [Range; 10] = [
    amps(1e-9, 1.5e-3, 5e-12, 30e-3),
    amps(10e-9, 1e-3, 20e-12, 20e-3),
    amps(100e-9, 5e-4, 100e-12, 15e-3),
    amps(1e-6, 2.5e-4, 500e-12, 2.5e-3),
    amps(10e-6, 2.5e-4, 1.5e-9, 0.5e-3),
    amps(100e-6, 2e-4, 25e-9, 150e-6),
    amps(1e-3, 2e-4, 200e-9, 100e-6),
    amps(10e-3, 2e-4, 2.5e-6, 80e-6),
    amps(100e-3, 2e-4, 20e-6, 80e-6),
    amps(1.0, 3e-4, 1.5e-3, 80e-6),
];
const TOP_3A: Range = amps(3.0, 5e-4, 3.5e-3, 80e-6);
const TOP_1A5: Range = amps(1.5, 5e-4, 3.5e-3, 80e-6);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Series {
    /// 2601B, 2602B, 2604B.
    V40,
    /// 2611B, 2612B, 2614B.
    V200,
    /// 2634B, 2635B, 2636B.
    Femto,
}

/// A model of the 2600B series.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Model {
    name: &'static str,
    series: Series,
    channels: usize,
    digital_io: bool,
}

const fn model(name: &'static str, series: Series, channels: usize, digital_io: bool) -> Model {
    Model { name, series, channels, digital_io }
}

/// All models.
pub const MODELS: &[Model] = &[
    model("2601B", Series::V40, 1, true),
    model("2602B", Series::V40, 2, true),
    model("2604B", Series::V40, 2, false),
    model("2611B", Series::V200, 1, true),
    model("2612B", Series::V200, 2, true),
    model("2614B", Series::V200, 2, false),
    model("2634B", Series::Femto, 2, false),
    model("2635B", Series::Femto, 1, true),
    model("2636B", Series::Femto, 2, true),
];

impl Model {
    /// The model of this name, such as `2614B`.
    pub fn named(name: &str) -> Option<Model> {
        MODELS.iter().copied().find(|m| m.name.eq_ignore_ascii_case(name.trim()))
    }
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }
    /// 1 or 2.
    pub fn channels(&self) -> usize {
        self.channels
    }
    /// Whether it has digital lines and TSP-Link; the 2604B, 2614B and 2634B have none.
    pub fn digital_io(&self) -> bool {
        self.digital_io
    }
    /// Voltage ranges, smallest first.
    pub fn volts(&self) -> &'static [Range] {
        if self.series == Series::V40 { VOLTS_40 } else { VOLTS_200 }
    }
    /// Current ranges, smallest first. (The 100 pA measure range of the 2634B to 2636B is left out.)
    pub fn amps(&self) -> impl DoubleEndedIterator<Item = Range> + Clone {
        let low = if self.series == Series::Femto { 0 } else { 2 };
        let top = if self.series == Series::V40 { TOP_3A } else { TOP_1A5 };
        AMPS[low..].iter().copied().chain([top])
    }
    /// Smallest, largest and default current limit [A].
    pub fn limit_amps(&self) -> (f64, f64, f64) {
        match self.series {
            Series::V40 => (10e-9, 3.0, 1.0),
            Series::V200 => (10e-9, 3.0, 0.1),
            Series::Femto => (100e-12, 1.5, 0.1),
        }
    }
    /// Smallest, largest and default voltage limit [V].
    pub fn limit_volts(&self) -> (f64, f64, f64) {
        match self.series {
            Series::V40 => (10e-3, 40.0, 40.0),
            _ => (20e-3, 200.0, 20.0),
        }
    }
    /// Largest current [A] at the full scale of a voltage range [V]: the envelope of safe operation.
    pub fn envelope(&self, full: f64) -> f64 {
        match self.series {
            Series::V40 if full > 6.0 => 1.0,
            Series::V40 => 3.0,
            _ if full > 20.0 => 0.1,
            // The limit may be set to 3 A on a 261xB, what flows ends at 1.5 A.
            Series::V200 => 3.0,
            Series::Femto => 1.5,
        }
    }
    /// Voltage range [V] from which on the interlock must be closed; none on the 2601B to 2604B.
    pub fn interlocked(&self) -> Option<f64> {
        (self.series != Series::V40).then_some(200.0)
    }
    /// Default of `measure.delay` [s]; −1 is automatic.
    pub fn measure_delay(&self) -> f64 {
        if self.series == Series::Femto { -1.0 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_manual() {
        let full =
            |name: &str| Model::named(name).map(|m| (m.volts().iter().map(|r| r.full).collect(), m.amps().map(|r| r.full).collect()));
        let (v, i): (Vec<f64>, Vec<f64>) = full("2614B").unwrap();
        assert_eq!(v, [0.2, 2.0, 20.0, 200.0]);
        assert_eq!((i[0], i[i.len() - 2], i[i.len() - 1]), (100e-9, 1.0, 1.5));
        let (v, i): (Vec<f64>, Vec<f64>) = full("2604b").unwrap();
        assert_eq!(v, [0.1, 1.0, 6.0, 40.0]);
        assert_eq!(i[i.len() - 1], 3.0);
        assert_eq!(Model::named("2400"), None);
    }
}
