//! What is done to the specimen, step by step.

use pentatwin_units::{Kind, Section, Status, parameters, words};

use super::instruments::Mode;

words! {
    /// What a sample's current is compared with.
    pub enum TripReference {
        /// The sample before.
        Previous = "previous",
        /// The largest of the last samples: misses nothing when the fall takes two or three of them.
        Maximum = "maximum",
        /// Its resistance with that of the sample before: a rise by `trip` or more, dR/R.
        Resistance = "resistance",
        /// A fixed current, `trip_floor`: an open circuit, when `trip_samples` in a row are below it.
        Floor = "floor",
    }
}

words! {
    /// What happens to the source at a trip.
    pub enum AfterBreak {
        /// Output off, step over.
        Off = "off",
        /// The voltage stays as it is, step over; the next steps that apply nothing keep it on.
        Hold = "hold",
        /// The step goes on as if nothing had happened.
        Continue = "continue",
    }
}

parameters! {
    /// A voltage sweep, from the voltage that is on (none at the start) to each voltage in turn.
    pub struct Sweep {
        /// Voltage to go to; a list is a path with turning points, a cycle
        to: Vec<f64> = Kind::Quantities("V"), "5 V", limits("-200 V", "200 V");
        /// Change of voltage per time
        rate: f64 = Kind::Quantity("mV/s"), "100 mV/s", limits("1 uV/s", "10 kV/s"), from(Status::Paper, "paper, in situ biasing: 3.3 to 100 mV/s");
        /// Step of the staircase
        step: f64 = Kind::Quantity("mV"), "2.5 mV", limits("1 uV", "1 V"), from(Status::Choice, "source-meter.md 5.3");
        /// Aperture in power-line cycles
        nplc: f64 = Kind::Quantity("1"), "1", limits("0.001", "25"), from(Status::Choice, "source-meter.md 5.3");
        /// Wait between setting the voltage and opening the aperture
        delay: f64 = Kind::Quantity("ms"), "0 ms", limits("0 s", "1 h");
        /// Current limit
        compliance: f64 = Kind::Quantity("mA"), "20 mA", limits("10 nA", "10 A"), from(Status::Choice, "source-meter.md 5.3: 2 to 5 times the expected breakdown current");
        /// Fixed measure range of this step (the smallest of the model that holds it); 0 A: that of the instrument
        measure_range: f64 = Kind::Quantity("uA"), "0 A", limits("0 A", "10 A"), from(Status::Choice, "a rewiring current is thousands of times smaller than one that breaks a wire");
        /// The step ends where the current falls below this fraction of the reference; with trip_reference = "resistance" where the resistance rises by more than this from sample to sample
        trip: f64 = Kind::Quantity("%"), "50 %", limits("1 %", "99 %"), from(Status::Choice, "source-meter.md 5.4");
        /// What the current is compared with
        trip_reference: TripReference = Kind::Choice(TripReference::WORDS), "maximum", from(Status::Choice, "source-meter.md 5.4: misses no fall that takes two or three samples");
        /// Samples the running maximum looks back over
        trip_window: usize = Kind::Count, "5", limits("1", "10000"), from(Status::Choice, "source-meter.md 5.4");
        /// Current below which the circuit is open, for trip_reference = "floor"
        trip_floor: f64 = Kind::Quantity("uA"), "1 uA", limits("1 pA", "1 A"), from(Status::Choice, "source-meter.md 5.4");
        /// Samples in a row that must be below trip_floor
        trip_samples: usize = Kind::Count, "3", limits("1", "1000"), from(Status::Choice, "source-meter.md 5.4");
        /// The trip looks only once the current has been above this
        arm_current: f64 = Kind::Quantity("uA"), "100 uA", limits("0 A", "1 A"), from(Status::Choice, "source-meter.md 5.4: above offset and noise of the range");
        /// What happens to the source at the trip
        after_break: AfterBreak = Kind::Choice(AfterBreak::WORDS), "off", from(Status::Paper, "paper, breakdown by biasing: immediate interruption");
    }
}

parameters! {
    /// A constant voltage.
    pub struct Hold {
        /// Voltage
        voltage: f64 = Kind::Quantity("V"), "1 V", limits("-200 V", "200 V");
        /// For how long
        time: f64 = Kind::Quantity("s"), "10 s", limits("0 s", "1000 h");
        /// From sample to sample
        interval: f64 = Kind::Quantity("ms"), "100 ms", limits("0.02 ms", "1 h");
        /// Aperture in power-line cycles
        nplc: f64 = Kind::Quantity("1"), "1", limits("0.001", "25"), from(Status::Choice, "source-meter.md 5.3");
        /// Wait between the start of the interval and opening the aperture
        delay: f64 = Kind::Quantity("ms"), "0 ms", limits("0 s", "1 h");
        /// Current limit
        compliance: f64 = Kind::Quantity("mA"), "20 mA", limits("10 nA", "10 A"), from(Status::Choice, "source-meter.md 5.3: 2 to 5 times the expected breakdown current");
        /// Fixed measure range of this step (the smallest of the model that holds it); 0 A: that of the instrument
        measure_range: f64 = Kind::Quantity("uA"), "0 A", limits("0 A", "10 A"), from(Status::Choice, "a rewiring current is thousands of times smaller than one that breaks a wire");
        /// The step ends where the current falls below this fraction of the reference; with trip_reference = "resistance" where the resistance rises by more than this from sample to sample
        trip: f64 = Kind::Quantity("%"), "50 %", limits("1 %", "99 %"), from(Status::Choice, "source-meter.md 5.4");
        /// What the current is compared with
        trip_reference: TripReference = Kind::Choice(TripReference::WORDS), "maximum", from(Status::Choice, "source-meter.md 5.4: misses no fall that takes two or three samples");
        /// Samples the running maximum looks back over
        trip_window: usize = Kind::Count, "5", limits("1", "10000"), from(Status::Choice, "source-meter.md 5.4");
        /// Current below which the circuit is open, for trip_reference = "floor"
        trip_floor: f64 = Kind::Quantity("uA"), "1 uA", limits("1 pA", "1 A"), from(Status::Choice, "source-meter.md 5.4");
        /// Samples in a row that must be below trip_floor
        trip_samples: usize = Kind::Count, "3", limits("1", "1000"), from(Status::Choice, "source-meter.md 5.4");
        /// The trip looks only once the current has been above this
        arm_current: f64 = Kind::Quantity("uA"), "100 uA", limits("0 A", "1 A"), from(Status::Choice, "source-meter.md 5.4: above offset and noise of the range");
        /// What happens to the source at the trip
        after_break: AfterBreak = Kind::Choice(AfterBreak::WORDS), "off", from(Status::Paper, "paper, breakdown by biasing: immediate interruption");
    }
}

parameters! {
    /// Time that passes with nothing applied (or, after a break with `after_break = "hold"`, with the voltage left on).
    pub struct Wait {
        /// For how long
        time: f64 = Kind::Quantity("s"), "5 s", limits("0 s", "1000 h");
    }
}

parameters! {
    /// The heater of a heating chip goes to a temperature and stays there.
    pub struct Heat {
        /// Temperature to go to
        to: f64 = Kind::Quantity("degC"), "450 degC", limits("20 K", "1300 degC"), from(Status::Paper, "paper, in situ heating");
        /// Change of temperature per time
        rate: f64 = Kind::Quantity("K/s"), "10 K/s", limits("0.001 K/s", "1e6 K/s"), from(Status::Assumption, "the paper gives none");
        /// How long it stays
        time: f64 = Kind::Quantity("s"), "600 s", limits("0 s", "1000 h"), from(Status::Paper, "paper, in situ heating: minutes");
        /// From reading to reading
        interval: f64 = Kind::Quantity("s"), "1 s", limits("1 ms", "1 h");
    }
}

words! {
    /// What an image or a spectrum is taken of.
    pub enum Target {
        /// The middle between the contacts.
        Middle = "middle",
        /// The widest gap of the wire; the middle while it is whole.
        Gap = "gap",
        /// A particle of a rewired gap; the gap where there is none.
        Particle = "particle",
    }
}

parameters! {
    /// One image.
    pub struct Image {
        /// What is looked at
        at: Target = Kind::Choice(Target::WORDS), "middle";
        /// Imaging mode
        mode: Mode = Kind::Choice(Mode::WORDS), "bf-tem";
        /// Width of the field of view
        field: f64 = Kind::Quantity("um"), "6 um", limits("5 nm", "100 um");
        /// Exposure
        exposure: f64 = Kind::Quantity("s"), "0.5 s", limits("1 ms", "100 s");
    }
}

parameters! {
    /// One X-ray spectrum; detector, current and live time are those of the section edx.
    pub struct Spectrum {
        /// What the beam is on
        at: Target = Kind::Choice(Target::WORDS), "gap";
        /// Side of the square that is scanned
        area: f64 = Kind::Quantity("nm"), "100 nm", limits("1 nm", "10 um"), from(Status::Choice, "the gap with a little of both ends");
        /// Pixels along each side of a map of the area, the beam as long on each; 0: one spectrum of the whole area
        map: usize = Kind::Count, "0", limits("0", "256"), from(Status::Choice, "point, area or map; the dose is that of the area either way");
    }
}

/// One step of a protocol.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// A voltage sweep.
    Sweep(Sweep),
    /// A constant voltage.
    Hold(Hold),
    /// Nothing applied.
    Wait(Wait),
    /// The heater.
    Heat(Heat),
    /// One image.
    Image(Image),
    /// One X-ray spectrum.
    Spectrum(Spectrum),
}

impl Step {
    /// The words a step begins with.
    pub const WORDS: &'static [&'static str] = &["sweep", "hold", "wait", "heat", "image", "spectrum"];

    /// A step with its defaults.
    pub fn of(word: &str) -> Option<Step> {
        Some(match word {
            "sweep" => Step::Sweep(Sweep::default()),
            "hold" => Step::Hold(Hold::default()),
            "wait" => Step::Wait(Wait::default()),
            "heat" => Step::Heat(Heat::default()),
            "image" => Step::Image(Image::default()),
            "spectrum" => Step::Spectrum(Spectrum::default()),
            _ => return None,
        })
    }

    /// The word it begins with.
    pub fn word(&self) -> &'static str {
        match self {
            Step::Sweep(_) => "sweep",
            Step::Hold(_) => "hold",
            Step::Wait(_) => "wait",
            Step::Heat(_) => "heat",
            Step::Image(_) => "image",
            Step::Spectrum(_) => "spectrum",
        }
    }

    /// Its parameters.
    pub fn section(&self) -> &dyn Section {
        match self {
            Step::Sweep(s) => s,
            Step::Hold(s) => s,
            Step::Wait(s) => s,
            Step::Heat(s) => s,
            Step::Image(s) => s,
            Step::Spectrum(s) => s,
        }
    }

    /// Its parameters, to be changed.
    pub fn section_mut(&mut self) -> &mut dyn Section {
        match self {
            Step::Sweep(s) => s,
            Step::Hold(s) => s,
            Step::Wait(s) => s,
            Step::Heat(s) => s,
            Step::Image(s) => s,
            Step::Spectrum(s) => s,
        }
    }

    /// The one key that may be written without a table: `wait = "5 s"`.
    pub(super) fn bare_key(word: &str) -> Option<&'static str> {
        (word == "wait").then_some("time")
    }
}

/// When a step is cut short (source-meter.md 5.4).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TripRule {
    /// Fraction of the reference below which it trips; with the resistance as reference the rise dR/R above which it does.
    pub fraction: f64,
    /// What a sample is compared with.
    pub reference: TripReference,
    /// Samples the running maximum looks back over.
    pub window: usize,
    /// Current [A] below which the circuit is open.
    pub floor: f64,
    /// Samples in a row that must be below the floor.
    pub samples: usize,
    /// Current [A] that arms it.
    pub arm_current: f64,
}

impl TripRule {
    /// When it trips, as a half sentence that follows "the current" or "the resistance".
    pub fn words(&self) -> String {
        let percent = 100.0 * self.fraction;
        match self.reference {
            TripReference::Previous => format!("the current fell below {percent:.0} % of the sample before"),
            TripReference::Maximum => format!("the current fell below {percent:.0} % of the largest of the last {} samples", self.window),
            TripReference::Resistance => format!("the resistance rose by more than {percent:.0} % from a sample to the next"),
            TripReference::Floor => {
                format!("the current was below {} for {} samples", pentatwin_units::format_si(self.floor, "A", 3), self.samples)
            }
        }
    }
}

/// The paper's rates with the staircase that suits each: rate [V/s], step [V], aperture [power-line cycles] (source-meter.md 5.3). A
/// sweep that states one of these rates and neither step nor aperture gets them.
pub const READY_SETTINGS: [(f64, f64, f64); 4] = [(3.3e-3, 0.5e-3, 5.0), (10e-3, 0.5e-3, 1.0), (33e-3, 1e-3, 1.0), (100e-3, 2.5e-3, 1.0)];

/// Step [V] and aperture [power-line cycles] that go with a rate [V/s], if it is one of the paper's.
pub fn ready_setting(rate: f64) -> Option<(f64, f64)> {
    READY_SETTINGS.iter().find(|(r, ..)| (rate / r - 1.0).abs() < 0.01).map(|&(_, step, nplc)| (step, nplc))
}

impl Sweep {
    /// Its trip.
    pub fn trip_rule(&self) -> TripRule {
        TripRule {
            fraction: self.trip,
            reference: self.trip_reference,
            window: self.trip_window,
            floor: self.trip_floor,
            samples: self.trip_samples,
            arm_current: self.arm_current,
        }
    }

    /// Time from sample to sample [s].
    pub fn interval(&self) -> f64 {
        self.step / self.rate
    }

    /// Sum of the voltage changes [V] when it starts at `start` [V].
    pub fn travel(&self, start: f64) -> f64 {
        self.to.iter().fold((0.0, start), |(sum, from), to| (sum + (to - from).abs(), *to)).0
    }
}

impl Hold {
    /// Its trip.
    pub fn trip_rule(&self) -> TripRule {
        TripRule {
            fraction: self.trip,
            reference: self.trip_reference,
            window: self.trip_window,
            floor: self.trip_floor,
            samples: self.trip_samples,
            arm_current: self.arm_current,
        }
    }
}
