//! What can go wrong with a source-meter, and what is known of its output.

use std::fmt;
use std::io;

/// What is known of the output that was driven.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OutputState {
    /// Nothing was ever switched on: it is as it was found.
    Untouched,
    /// It was read back as off.
    Off,
    /// It could not be verified to be off.
    Unknown {
        /// Why.
        why: String,
    },
}

impl OutputState {
    /// Whether nobody needs to go and look.
    pub fn is_safe(&self) -> bool {
        !matches!(self, OutputState::Unknown { .. })
    }
}

impl fmt::Display for OutputState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutputState::Untouched => f.write_str("the output was not touched"),
            OutputState::Off => f.write_str("output off, read back from the instrument"),
            OutputState::Unknown { why } => {
                write!(f, "OUTPUT STATE UNKNOWN: {why}. Go to the instrument and press OUTPUT ON/OFF")
            }
        }
    }
}

/// Why the instrument cannot be used, or a run on it ended before its time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceMeterError {
    /// The address cannot be read.
    #[error("`{text}` is no address of an instrument: {why}")]
    Address {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The protocol asks for what this bench cannot do.
    #[error("{what}")]
    Refused {
        /// What, and why not.
        what: String,
        /// What can be done instead.
        help: String,
    },
    /// Nobody answers there.
    #[error("no connection to {address}: {source}")]
    Connect {
        /// The address.
        address: String,
        /// The system's word on it.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection to the instrument broke while {doing}: {source}")]
    Broken {
        /// What was going on.
        doing: String,
        /// The system's word on it.
        source: io::Error,
    },
    /// No reply in time.
    #[error("the instrument did not answer within {seconds:.1} s while {doing}")]
    TimedOut {
        /// What was going on.
        doing: String,
        /// How long it was waited for.
        seconds: f64,
    },
    /// A reply that is none.
    #[error("the instrument said {line:?} while {doing}: that is garbled, or meant for somebody else")]
    Garbled {
        /// What was going on.
        doing: String,
        /// The line.
        line: String,
    },
    /// It is another instrument.
    #[error("{address} is not an instrument that is known here: it says {found:?}")]
    Identity {
        /// The address.
        address: String,
        /// What it says it is.
        found: String,
    },
    /// It is another model than the protocol is for.
    #[error("the protocol is for a {wanted}, and {address} is a {found}: other ranges and limits")]
    Model {
        /// The address.
        address: String,
        /// The model of the protocol.
        wanted: String,
        /// The model there.
        found: String,
    },
    /// Somebody else's experiment is running.
    #[error("an output is on: {what}. Nothing of it was touched")]
    Busy {
        /// Which, and at what level.
        what: String,
    },
    /// The instrument has queued errors.
    #[error("the instrument reports {what} while {doing}")]
    Instrument {
        /// What was going on.
        doing: String,
        /// The errors.
        what: String,
    },
    /// A setting did not take.
    #[error("{name} was set to {wanted} and reads {found}")]
    Setting {
        /// Which.
        name: String,
        /// What it was to be.
        wanted: f64,
        /// What it is.
        found: f64,
    },
    /// The clocks of host and instrument, or the two of the host, do not go together.
    #[error("the clocks do not agree any more: {what}; when something happened is no longer known")]
    Clock {
        /// Which, and by how much.
        what: String,
    },
    /// The script has ended because it did not hear from its host.
    #[error("the instrument did not hear from this program for {grace:.1} s and turned its output off")]
    Lost {
        /// The grace time [s].
        grace: f64,
    },
    /// The script has ended otherwise.
    #[error("the script on the instrument ended: {why}")]
    Script {
        /// What it says.
        why: String,
    },
}

impl SourceMeterError {
    /// Whether another input, or another look at the bench, puts it right: nothing was switched on then.
    pub fn is_bad_input(&self) -> bool {
        use SourceMeterError as E;
        matches!(self, E::Address { .. } | E::Refused { .. } | E::Connect { .. } | E::Identity { .. } | E::Model { .. } | E::Busy { .. })
    }

    /// What can be done.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            SourceMeterError::Address { .. } => "write for example tcp://192.0.2.5:5025".to_owned(),
            SourceMeterError::Refused { help, .. } => help.clone(),
            SourceMeterError::Connect { .. } => "is it on, and its LAN set up? Another program may hold its only connection".to_owned(),
            SourceMeterError::Identity { .. } => {
                "known are the Keithley 2601B, 2602B, 2604B, 2611B, 2612B, 2614B, 2634B, 2635B and 2636B".to_owned()
            }
            SourceMeterError::Model { found, .. } => format!("--set instrument.model={found}, and look at ranges and compliance"),
            SourceMeterError::Busy { .. } => {
                "find out whose it is; `pentatwin smu off tcp://…` turns all outputs of an instrument off".to_owned()
            }
            _ => return None,
        })
    }
}
