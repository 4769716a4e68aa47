//! The integer codes of the record: kinds of events and flags of samples, with their CF attributes.

use serde_json::{Map, Value, json};

macro_rules! event_kinds {
    ($($(#[doc = $doc:literal])* $id:ident = $code:literal $word:literal;)*) => {
        /// A key moment of a run, as `event_kind` in the store.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum EventKind {
            $($(#[doc = $doc])* $id = $code,)*
        }

        impl EventKind {
            /// Every kind, in the order of the codes.
            pub const ALL: &[EventKind] = &[$(EventKind::$id),*];

            /// Its word in the store.
            pub const fn word(self) -> &'static str {
                match self { $(EventKind::$id => $word,)* }
            }
        }
    };
}

// Codes are part of the format (`record_version`): add at the end, never renumber.
event_kinds! {
    /// Visible thinning begins; the value is the place on the wire [m].
    Onset = 0 "onset";
    /// A neck or void can be seen; the value is the place on the wire [m].
    Void = 1 "void";
    /// The wire breaks; the value is the place on the wire [m].
    Break = 2 "break";
    /// The sweep is interrupted at a fall of the current; the value is the voltage [V].
    Trip = 3 "trip";
    /// The gap is bridged again; the value is the voltage [V].
    Rewire = 4 "rewire";
    /// A droplet leaves the wire; the value is the place on the wire [m].
    Droplet = 5 "droplet";
    /// The source-meter begins to limit the current; the value is the current [A].
    Compliance = 6 "compliance";
    /// The output is switched off; the value is the voltage before [V].
    PowerOff = 7 "power_off";
    /// Someone wrote a note, in a log from elsewhere; the value is its number in the attribute `remarks`, from 0.
    Note = 8 "note";
}

impl EventKind {
    /// Its code in the store.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind of a code in the store.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    pub(crate) fn attributes() -> Map<String, Value> {
        let codes: Vec<u8> = Self::ALL.iter().map(|kind| kind.code()).collect();
        let words: Vec<&str> = Self::ALL.iter().map(|kind| kind.word()).collect();
        Map::from_iter([("flag_values".into(), json!(codes)), ("flag_meanings".into(), json!(words.join(" ")))])
    }
}

/// The bits of `flags`, one value for each sample.
pub mod sample_flags {
    /// The current was limited by the source-meter.
    pub const COMPLIANCE: u8 = 1;
    /// The reading overflowed its range.
    pub const OVERFLOW: u8 = 2;
    /// This sample tripped the sweep.
    pub const TRIP: u8 = 4;
    /// A law was clamped to its validity during the aperture of this sample.
    pub const CLAMPED: u8 = 8;
    /// The source-meter changed its measure range before this sample.
    pub const RANGE: u8 = 16;

    pub(crate) const ALL: [(u8, &str); 5] =
        [(COMPLIANCE, "compliance"), (OVERFLOW, "overflow"), (TRIP, "trip"), (CLAMPED, "clamped"), (RANGE, "range")];
}

pub(crate) fn flag_attributes() -> Map<String, Value> {
    let masks: Vec<u8> = sample_flags::ALL.iter().map(|(mask, _)| *mask).collect();
    let words: Vec<&str> = sample_flags::ALL.iter().map(|(_, word)| *word).collect();
    Map::from_iter([("flag_masks".into(), json!(masks)), ("flag_meanings".into(), json!(words.join(" ")))])
}
