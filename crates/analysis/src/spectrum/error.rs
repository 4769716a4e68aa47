//! Why a spectrum is not analysed.

/// Why a spectrum is not analysed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum SpectrumError {
    /// The axis is none.
    #[error("an energy axis from {offset} eV in steps of {width} eV cannot be; the step is finite and more than 0")]
    Axis {
        /// First energy [eV].
        offset: f64,
        /// Step [eV].
        width: f64,
    },
    /// Too few channels to tell the families apart.
    #[error("{channels} channels between {from} and {to} eV are too few for {unknowns} unknowns; widen the range or leave families out")]
    Few {
        /// Channels in the range.
        channels: usize,
        /// From [eV].
        from: f64,
        /// To [eV].
        to: f64,
        /// Families, background and calibration.
        unknowns: usize,
    },
    /// A count is none.
    #[error("channel {channel} has {value} counts; counts are finite and not negative")]
    Counts {
        /// Channel.
        channel: usize,
        /// What it has.
        value: f64,
    },
    /// A family is none.
    #[error("the family {name} has no line with a positive weight in the fitted range")]
    Empty {
        /// Its name.
        name: String,
    },
    /// The families cannot be told apart.
    #[error("the families cannot be told apart: {name} looks like a sum of the others; leave one out")]
    Alike {
        /// One of them.
        name: String,
    },
    /// Resolution or another number of the detector is none.
    #[error("the detector's {what} is {value}; it must be finite and more than 0")]
    Response {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// The reference of the k-factors is not there.
    #[error("no family with a k-factor has been detected: nothing to quantify")]
    Nothing,
}
