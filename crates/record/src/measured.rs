//! What was measured in a movie: the attribute `measured` of a store, read by the report, the Lab and Python.

use serde::{Deserialize, Serialize};

/// What a row of findings is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingGroup {
    /// When something happened.
    Events,
    /// Width, axis, drift.
    Outline,
    /// The gap.
    Gap,
    /// What the tips do once the wire has parted.
    #[serde(rename = "after the break")]
    AfterTheBreak,
    /// Particles in the gap.
    Particles,
    /// Spacings and angles of a lattice image.
    Lattice,
    /// The electrical record.
    Iv,
    /// How camera and source-meter are tied.
    Clock,
}

impl FindingGroup {
    /// Its word in the store and in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Outline => "outline",
            Self::Gap => "gap",
            Self::AfterTheBreak => "after the break",
            Self::Particles => "particles",
            Self::Lattice => "lattice",
            Self::Iv => "iv",
            Self::Clock => "clock",
        }
    }
}

/// One measured number.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MeasuredFinding {
    /// Short name, e.g. `gap_width`.
    pub key: String,
    /// What it is about.
    pub group: FindingGroup,
    /// What a physicist calls it.
    pub label: String,
    /// Value in SI; `None` if it cannot be measured, and `basis` says why.
    pub value: Option<f64>,
    /// Statistical standard uncertainty, SI.
    pub uncertainty: Option<f64>,
    /// Systematic uncertainty, SI, where it is known apart.
    pub systematic: Option<f64>,
    /// Unit to show it in, e.g. `nm`; empty for pure numbers.
    pub unit: String,
    /// What it was measured from, or why there is no value; one sentence.
    pub basis: String,
}

/// One key moment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MeasuredEvent {
    /// `A`, `B`, `C`; empty for others.
    pub letter: String,
    /// What happened.
    pub name: String,
    /// When [s], on the clock of `measured_time`.
    pub time: f64,
    /// Standard uncertainty of the time [s].
    pub uncertainty: Option<f64>,
    /// Number of the frame that shows it, from 0.
    pub frame: Option<u64>,
    /// Where [m], as `measured_position`.
    pub position: Option<f64>,
    /// Voltage of the electrical record then [V].
    pub voltage: Option<f64>,
    /// Current of the electrical record then [A].
    pub current: Option<f64>,
}

/// How the camera's clock is tied to the source-meter's.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Clocks {
    /// To be added to the camera's time to have the source-meter's [s]; `None` if they are not tied. `measured_time` has it added.
    pub offset: Option<f64>,
    /// Its standard uncertainty [s].
    pub uncertainty: Option<f64>,
    /// What ties them, one sentence.
    pub basis: String,
}

/// What was measured, beside the arrays of the group `measurements`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// File or folder of the movie.
    pub source: String,
    /// File of the electrical record, if there is one.
    pub iv: Option<String>,
    /// Frames measured.
    pub frames: u64,
    /// Frames of the movie as far as it could be seen.
    pub frames_in_movie: u64,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
    /// Size of a pixel [m].
    pub pixel: f64,
    /// Width and height of a frame [pixels].
    pub size: [usize; 2],
    /// `bright-field` or `dark-field`.
    pub contrast: String,
    /// Cross-section that fits best, in words.
    pub cross_section: String,
    /// What `measured_position` counts from, in words.
    pub origin: String,
    /// To be added to a position along the axis from the centre of the first image, to have `measured_position` [m].
    pub origin_shift: f64,
    /// The clocks.
    pub clocks: Clocks,
    /// What had to be decided or left out, one sentence each.
    pub notes: Vec<String>,
    /// The numbers.
    pub findings: Vec<MeasuredFinding>,
    /// The key moments, in order.
    pub events: Vec<MeasuredEvent>,
}
