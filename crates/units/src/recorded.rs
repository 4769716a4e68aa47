//! Recorded quantities, each declared once: name, unit, meaning, type.
//!
//! The store writes these declarations as attributes; plots, page and Python read them back.

/// How the numbers lie in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DataType {
    /// 64-bit float; missing is NaN.
    F64,
    /// 32-bit float; missing is NaN.
    F32,
    /// 8-bit unsigned integer; missing is 255.
    U8,
    /// 16-bit unsigned integer; missing is 0.
    U16,
    /// 32-bit unsigned integer; missing is 0.
    U32,
}

/// The declaration of one recorded quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Name in the store, lower case with underscores.
    pub name: &'static str,
    /// SI unit as text (`nm` for image axes); `"1"` for a pure number.
    pub unit: &'static str,
    /// What it is, for the axis label and the reader.
    pub meaning: &'static str,
    /// Group in the store: `""` for the root, `"truth"`, `"measurements"`.
    pub group: &'static str,
    /// Names of its dimensions; the first is the clock it is appended on, if [`Recorded::appended`].
    pub dimensions: &'static [&'static str],
    /// Whether it grows along its first dimension.
    pub appended: bool,
    /// Type in the store.
    pub data_type: DataType,
}

macro_rules! recorded {
    ($($(#[doc = $doc:literal])* $id:ident = $group:literal $name:literal [$($dim:literal),+] $appended:literal $dtype:ident $unit:literal;)*) => {
        $($(#[doc = $doc])* pub const $id: Recorded = Recorded {
            name: $name, unit: $unit, meaning: concat!($($doc),*).trim_ascii(), group: $group,
            dimensions: &[$($dim),+], appended: $appended, data_type: DataType::$dtype,
        };)*
        /// All declared recorded quantities.
        pub const ALL: &[Recorded] = &[$($id),*];
    };
}

recorded! {
    /// Time from the start of the run, end of the aperture of each sample
    TIME = "" "time" ["time"] true F64 "s";
    /// Voltage at the source-meter's terminals
    VOLTAGE = "" "voltage" ["time"] true F64 "V";
    /// Current, mean over the aperture of the sample
    CURRENT = "" "current" ["time"] true F64 "A";
    /// Flags of the sample, a sum of bits: 1 compliance, 2 overflow of the range, 4 trip, 8 a law was clamped to its validity, 16 the measure range changed
    FLAGS = "" "flags" ["time"] true U8 "1";
    /// Temperature of the chip's frame or heater
    CHIP_TEMPERATURE = "" "chip_temperature" ["time"] true F64 "K";
    /// Time of an event
    EVENT_TIME = "" "event_time" ["event_time"] true F64 "s";
    /// Kind of the event
    EVENT_KIND = "" "event_kind" ["event_time"] true U8 "1";
    /// Value that goes with the event, in SI: a position, a voltage
    EVENT_VALUE = "" "event_value" ["event_time"] true F64 "1";
    /// Time of a frame, middle of its exposure
    FRAME_TIME = "" "frame_time" ["frame_time"] true F64 "s";
    /// Counts of the camera or detector
    FRAMES = "" "frames" ["frame_time", "y", "x"] true U16 "1";
    /// Counts of a single image
    IMAGE = "" "image" ["y", "x"] false U16 "1";
    /// Energy of the X-rays, middle of each channel
    ENERGY = "" "energy" ["energy"] false F64 "eV";
    /// Counts of a spectrum
    COUNTS = "" "counts" ["energy"] false U32 "1";
    /// Electrons that a frame cost the specimen, by area
    DOSE = "" "dose" ["frame_time"] true F64 "e/m2";
    /// Position along the wire, centres of the pixels
    X = "" "x" ["x"] false F64 "nm";
    /// Position across the wire, centres of the pixels
    Y = "" "y" ["y"] false F64 "nm";
    /// Time of a frame, middle of its exposure
    TRUE_FRAME_TIME = "truth" "frame_time" ["frame_time"] true F64 "s";
    /// Drift of the specimen along x since the start of the run
    DRIFT_X = "truth" "drift_x" ["frame_time"] true F64 "nm";
    /// Drift of the specimen along y since the start of the run
    DRIFT_Y = "truth" "drift_y" ["frame_time"] true F64 "nm";
    /// Electrons that each place of the wire has seen over the whole run, close-up included, by area
    ACCUMULATED_DOSE = "truth" "accumulated_dose" ["position"] false F64 "e/m2";
    /// Time of a profile
    PROFILE_TIME = "truth" "profile_time" ["profile_time"] true F64 "s";
    /// Position along the wire from the edge of contact 1, cell centres
    POSITION = "truth" "position" ["position"] false F64 "m";
    /// Equal-area radius of the wire
    RADIUS = "truth" "radius" ["profile_time", "position"] true F32 "m";
    /// Temperature of the wire
    TEMPERATURE = "truth" "temperature" ["profile_time", "position"] true F32 "K";
    /// Voltage across the wire between the contact edges
    WIRE_VOLTAGE = "truth" "wire_voltage" ["profile_time"] true F64 "V";
    /// Resistance of the wire between the contact edges
    WIRE_RESISTANCE = "truth" "wire_resistance" ["profile_time"] true F64 "ohm";
    /// Resistance of contact 1
    CONTACT_RESISTANCE_1 = "truth" "contact_resistance_1" ["profile_time"] true F64 "ohm";
    /// Resistance of contact 2
    CONTACT_RESISTANCE_2 = "truth" "contact_resistance_2" ["profile_time"] true F64 "ohm";
    /// Current through the wire at the instant
    TRUE_CURRENT = "truth" "true_current" ["profile_time"] true F64 "A";
    /// Temperature of pad 1
    PAD_TEMPERATURE_1 = "truth" "pad_temperature_1" ["profile_time"] true F64 "K";
    /// Temperature of pad 2
    PAD_TEMPERATURE_2 = "truth" "pad_temperature_2" ["profile_time"] true F64 "K";
    /// Temperature of the membrane beside the wire
    MEMBRANE_TEMPERATURE = "truth" "membrane_temperature" ["profile_time"] true F64 "K";
    /// Volume of silver in the wire, overlaps included
    WIRE_VOLUME = "truth" "wire_volume" ["profile_time"] true F64 "m3";
    /// Volume of silver lost to the vapour
    EVAPORATED_VOLUME = "truth" "evaporated_volume" ["profile_time"] true F64 "m3";
    /// Volume of silver in droplets that left the wire
    DROPLET_VOLUME = "truth" "droplet_volume" ["profile_time"] true F64 "m3";
    /// Time of a measured frame, middle of its exposure, on the clock of the electrical record where that is tied to the camera's
    MEASURED_TIME = "measurements" "measured_time" ["measured_time"] false F64 "s";
    /// Position along the wire's axis in the image: from the edge of contact 1, or from the centre of the first image where that is not known
    MEASURED_POSITION = "measurements" "measured_position" ["measured_position"] false F64 "m";
    /// Projected width of the wire; 0 in a gap
    MEASURED_WIDTH = "measurements" "measured_width" ["measured_time", "measured_position"] false F32 "m";
    /// Statistical uncertainty of the width (1 sigma)
    MEASURED_WIDTH_STATISTICAL = "measurements" "measured_width_statistical" ["measured_time", "measured_position"] false F32 "m";
    /// Systematic uncertainty of the width: spread over cross-sections and contrast
    MEASURED_WIDTH_SYSTEMATIC = "measurements" "measured_width_systematic" ["measured_time", "measured_position"] false F32 "m";
    /// Middle of the outline, across the axis
    MEASURED_CENTRE = "measurements" "measured_centre" ["measured_time", "measured_position"] false F32 "m";
    /// Where the left piece of the wire ends; NaN without a gap
    GAP_LEFT = "measurements" "gap_left" ["measured_time"] false F64 "m";
    /// Where the right piece of the wire begins; NaN without a gap
    GAP_RIGHT = "measurements" "gap_right" ["measured_time"] false F64 "m";
    /// Width of the gap; NaN without a gap
    GAP_WIDTH = "measurements" "gap_width" ["measured_time"] false F64 "m";
    /// Statistical uncertainty of the gap's width (1 sigma)
    GAP_WIDTH_STATISTICAL = "measurements" "gap_width_statistical" ["measured_time"] false F64 "m";
    /// Systematic uncertainty of the gap's width: spread over the shapes a tip may have
    GAP_WIDTH_SYSTEMATIC = "measurements" "gap_width_systematic" ["measured_time"] false F64 "m";
    /// Measured drift along the image's x since the first frame
    MEASURED_DRIFT_X = "measurements" "drift_x" ["measured_time"] false F64 "m";
    /// Measured drift along the image's y since the first frame
    MEASURED_DRIFT_Y = "measurements" "drift_y" ["measured_time"] false F64 "m";
    /// Variance of the drift along x
    DRIFT_XX = "measurements" "drift_xx" ["measured_time"] false F64 "m2";
    /// Covariance of the drift along x and y
    DRIFT_XY = "measurements" "drift_xy" ["measured_time"] false F64 "m2";
    /// Variance of the drift along y
    DRIFT_YY = "measurements" "drift_yy" ["measured_time"] false F64 "m2";
    /// Direction of the wire's axis against the image's x, towards its y
    AXIS_ANGLE = "measurements" "axis_angle" ["measured_time"] false F64 "rad";
    /// Standard uncertainty of the axis' direction
    AXIS_ANGLE_UNCERTAINTY = "measurements" "axis_angle_uncertainty" ["measured_time"] false F64 "rad";
    /// Distance of the axis from the centre of the image
    AXIS_OFFSET = "measurements" "axis_offset" ["measured_time"] false F64 "m";
    /// Standard uncertainty of the axis' distance
    AXIS_OFFSET_UNCERTAINTY = "measurements" "axis_offset_uncertainty" ["measured_time"] false F64 "m";
    /// Flags of the frame, a sum of bits: 1 duplicate, 2 saturated, 4 no wire, 8 wire leaves the image, 16 drift lost, 32 after dropped frames
    FRAME_FLAGS = "measurements" "frame_flags" ["measured_time"] false U8 "1";
    /// Number of the frame in the movie, from 0
    FRAME_INDEX = "measurements" "frame_index" ["measured_time"] false U32 "1";
}
