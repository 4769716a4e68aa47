//! The instruments of the bench as a protocol states them: source-meter and microscope.

use pentatwin_units::{Kind, Status, parameters, words};

words! {
    /// Model of the source-meter.
    pub enum Model {
        /// Keithley 2614B, which the paper's biasing was done with.
        K2614B = "2614B",
        /// Keithley 2604B, which the paper's heating holder was driven with.
        K2604B = "2604B",
        /// No limits, no noise, no overhead: for comparing codes.
        Ideal = "ideal",
    }
}

words! {
    /// Where readings come from.
    pub enum SourceMeter {
        /// The simulated instrument. A real one is named on the command line only: a file must not be able to put a voltage on a device.
        Virtual = "virtual",
    }
}

words! {
    /// Imaging mode of the microscope.
    pub enum Mode {
        /// Bright-field TEM.
        BfTem = "bf-tem",
        /// High-angle annular dark-field STEM.
        HaadfStem = "haadf-stem",
        /// High-resolution TEM.
        Hrtem = "hrtem",
    }
}

parameters! {
    /// The source-meter.
    pub struct Instrument {
        /// Model of the source-meter
        model: Model = Kind::Choice(Model::WORDS), "2614B", from(Status::Paper, "paper, in situ biasing");
        /// Line frequency, the unit of the aperture
        line_frequency: f64 = Kind::Quantity("Hz"), "50 Hz", limits("45 Hz", "65 Hz"), from(Status::Choice, "Europe");
        /// Read noise from the accuracy of the range
        read_noise: bool = Kind::Flag, "true", from(Status::Literature, "source-meter.md 5.1");
        /// Fixed source range (the smallest of the model that holds it)
        source_range: f64 = Kind::Quantity("V"), "20 V", limits("1 mV", "200 V"), from(Status::Choice, "source-meter.md 5.3: above 2.02 V, so that no range step falls on the wire");
        /// Fixed measure range (the smallest of the model that holds it)
        measure_range: f64 = Kind::Quantity("mA"), "100 mA", limits("1 nA", "10 A"), from(Status::Choice, "source-meter.md 5.3: one range above the expected peak");
        /// Time per sample beside aperture and delay, when the instrument paces itself
        overhead: f64 = Kind::Quantity("ms"), "0.3 ms", limits("0 ms", "1 s"), from(Status::Estimate, "source-meter.md 5.2: 0.5 ms at NPLC 0.01");
    }
}

words! {
    /// When the electron beam is on the specimen.
    pub enum Illumination {
        /// Never: nothing is imaged before the end.
        Off = "off",
        /// During frames, blanked between them (paper, Methods).
        Frames = "frames",
        /// All the time.
        Continuous = "continuous",
    }
}

parameters! {
    /// The microscope.
    pub struct Microscope {
        /// Whether frames are recorded while the run goes on
        frames: bool = Kind::Flag, "false";
        /// From frame to frame; never less than the time per frame
        interval: f64 = Kind::Quantity("s"), "0 s", limits("0 s", "1 h"), from(Status::Choice, "slow ramps are imaged less often");
        /// When the beam is on the specimen and acts on it
        illumination: Illumination = Kind::Choice(Illumination::WORDS), "frames", from(Status::Paper, "paper, Methods: blanked whenever imaging was not performed");
        /// Whether the beam's effect is measured by wires that are not watched
        control: bool = Kind::Flag, "false";
        /// Pixels along each side of a frame
        pixels: usize = Kind::Count, "1024", limits("16", "8192"), from(Status::Choice, "imaging.md: 6 um over 1024 px");
        /// Imaging mode
        mode: Mode = Kind::Choice(Mode::WORDS), "bf-tem", from(Status::Paper, "paper, Movie 1");
        /// Dose rate on the specimen
        dose_rate: f64 = Kind::Quantity("e/nm2/s"), "50 e/nm2/s", limits("0 e/nm2/s", "1e9 e/nm2/s"), from(Status::Assumption, "design.md section 4");
        /// Time per frame
        frame_time: f64 = Kind::Quantity("s"), "0.5 s", limits("1 ms", "100 s"), from(Status::Assumption, "design.md section 4");
        /// Width of the field of view; if it is not set, at least 1.2 spacings, so that both contacts are in view
        field: f64 = Kind::Quantity("um"), "6 um", limits("5 nm", "100 um"), from(Status::Assumption, "design.md section 4: both contacts in view");
        /// Centre of the field along the wire, from the edge of contact 1; if it is not set, the middle between the contacts
        centre: f64 = Kind::Quantity("um"), "0 um", limits("-100 um", "100 um"), from(Status::Choice, "where the operator looks");
    }
}

parameters! {
    /// What the bench is made of.
    pub struct Bench {
        /// Where readings come from
        source_meter: SourceMeter = Kind::Choice(SourceMeter::WORDS), "virtual";
    }
}

/// One-year accuracy of a current reading: `gain` × reading + `offset`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Accuracy {
    /// Part proportional to the reading, relative.
    pub gain: f64,
    /// Part that is always there [A].
    pub offset: f64,
}

/// Current ranges [A] of the 2600B with accuracy: manual's verification limits to 1 mA (source-meter.md 5.1), data sheet above.
const CURRENT: &[(f64, f64, f64)] = &[
    (100e-9, 5e-4, 100e-12),
    (1e-6, 2.5e-4, 500e-12),
    (10e-6, 2.5e-4, 1.5e-9),
    (100e-6, 2e-4, 25e-9),
    (1e-3, 2e-4, 200e-9),
    (10e-3, 2e-4, 2.5e-6),
    (100e-3, 2e-4, 20e-6),
    (1.0, 3e-4, 1.5e-3),
];

/// Above 1 A: the top range differs between the models.
const TOP_2614B: (f64, f64, f64) = (1.5, 5e-4, 3.5e-3);
const TOP_2604B: (f64, f64, f64) = (3.0, 5e-4, 3.5e-3);

/// Full scale and resolution of the voltage source [V] (source-meter.md 5.1).
const SOURCE_2614B: &[(f64, f64)] = &[(0.2, 5e-6), (2.0, 50e-6), (20.0, 500e-6), (200.0, 5e-3)];
const SOURCE_2604B: &[(f64, f64)] = &[(0.1, 5e-6), (1.0, 50e-6), (6.0, 50e-6), (40.0, 500e-6)];

/// Sourcing goes to 101 % of full scale, reading to 102 % (source-meter.md 5.1).
pub const SOURCE_OVERRANGE: f64 = 1.01;
/// See [`SOURCE_OVERRANGE`].
pub const MEASURE_OVERRANGE: f64 = 1.02;

impl Instrument {
    /// Voltage ranges (full scale, resolution) [V]; empty if the model has none.
    pub fn source_ranges(&self) -> &'static [(f64, f64)] {
        match self.model {
            Model::K2614B => SOURCE_2614B,
            Model::K2604B => SOURCE_2604B,
            Model::Ideal => &[],
        }
    }

    /// Source range in use: full scale and resolution [V]. `None` if no range of the model holds `source_range`; the ideal model has
    /// exactly the range asked for and no resolution.
    pub fn source_full_scale(&self) -> Option<(f64, f64)> {
        if self.model == Model::Ideal {
            return Some((self.source_range, 0.0));
        }
        self.source_ranges().iter().copied().find(|(full, _)| *full >= self.source_range)
    }

    /// Current ranges of the model: full scale [A] and accuracy, smallest first; empty if it has none.
    pub fn current_ranges(&self) -> impl Iterator<Item = (f64, Accuracy)> {
        let (common, top) = match self.model {
            Model::K2614B => (CURRENT, Some(TOP_2614B)),
            Model::K2604B => (CURRENT, Some(TOP_2604B)),
            Model::Ideal => (&CURRENT[..0], None),
        };
        common.iter().copied().chain(top).map(|(full, gain, offset)| (full, Accuracy { gain, offset }))
    }

    /// Measure range in use: full scale [A] and accuracy. `None` if no range of the model holds `measure_range`.
    pub fn measure_full_scale(&self) -> Option<(f64, Accuracy)> {
        self.range_for(self.measure_range)
    }

    /// The smallest measure range that holds a current [A]: full scale [A] and accuracy; `None` if the model has none.
    pub fn range_for(&self, current: f64) -> Option<(f64, Accuracy)> {
        if self.model == Model::Ideal {
            return Some((f64::INFINITY, Accuracy { gain: 0.0, offset: 0.0 }));
        }
        self.current_ranges().find(|(full, _)| *full >= current)
    }

    /// Smallest and largest current limit [A] in the source range in use (source-meter.md 5.1, envelope).
    pub fn compliance_limits(&self) -> (f64, f64) {
        let full = self.source_full_scale().map_or(f64::INFINITY, |(full, _)| full);
        match self.model {
            Model::K2614B => (10e-9, if full > 20.0 { 0.1 } else { 1.5 }),
            Model::K2604B => (10e-9, if full > 6.0 { 1.0 } else { 3.0 }),
            Model::Ideal => (0.0, f64::INFINITY),
        }
    }

    /// Aperture [s] of `nplc` power-line cycles.
    pub fn aperture(&self, nplc: f64) -> f64 {
        nplc / self.line_frequency
    }

    /// Shortest time [s] from sample to sample at `nplc` after `delay` [s].
    pub fn shortest_sample(&self, nplc: f64, delay: f64) -> f64 {
        let overhead = if self.model == Model::Ideal { 0.0 } else { self.overhead };
        delay + self.aperture(nplc) + overhead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_value_picks_the_smallest_range_that_holds_it() {
        // source-meter.md 5.1 and 5.3: 20 V on a 2614B and 6 V on a 2604B, in steps of 500 and 50 uV.
        let keithley = |model, source_range| Instrument { model, source_range, ..Instrument::default() };
        assert_eq!(keithley(Model::K2614B, 5.0).source_full_scale(), Some((20.0, 500e-6)));
        assert_eq!(keithley(Model::K2604B, 5.0).source_full_scale(), Some((6.0, 50e-6)));
        assert_eq!(keithley(Model::K2604B, 50.0).source_full_scale(), None);
        assert_eq!(Instrument::default().measure_full_scale().map(|(full, _)| full), Some(0.1));
        assert_eq!(Instrument { measure_range: 2.0, ..Instrument::default() }.measure_full_scale(), None);
    }

    #[test]
    fn one_power_line_cycle_is_20_ms_at_50_hz() {
        // source-meter.md 5.2.
        assert!((Instrument::default().aperture(1.0) - 20e-3).abs() < 1e-15);
        assert!((Instrument::default().shortest_sample(0.01, 0.0) - 0.5e-3).abs() < 1e-15);
    }
}
