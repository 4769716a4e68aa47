//! What the page is made of.

use crate::imported::Imported;
use crate::micrograph::Microscopy;
use crate::spectra::Spectrum;
use pentatwin_record::measured::Measured;
use pentatwin_record::summary::Summary;
use pentatwin_units::Recorded;

/// The samples of the source-meter; all columns of one length.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Samples {
    /// End of each sample's aperture [s].
    pub time: Vec<f64>,
    /// Voltage at the terminals [V].
    pub voltage: Vec<f64>,
    /// Mean current over the aperture [A].
    pub current: Vec<f64>,
    /// Flags, bits of `pentatwin_units::recorded::FLAGS`.
    pub flags: Vec<u8>,
}

/// The simulator's profiles along the wire.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Profiles {
    /// Time of each profile [s], ascending.
    pub time: Vec<f64>,
    /// Equal-area radius [m], one row of positions for each time; 0 where no silver is left.
    pub radius: Vec<f32>,
    /// Temperature [K], laid out as `radius`.
    pub temperature: Vec<f32>,
    /// Further quantities on the same clock, each with its declaration.
    pub series: Vec<(Recorded, Vec<f64>)>,
}

/// A run as the page shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct ReportData {
    /// The log it was made from, if it was imported: then there is nothing of a simulator.
    pub imported: Option<Imported>,
    /// What the run says about itself.
    pub summary: Summary,
    /// Samples of the source-meter.
    pub samples: Samples,
    /// Position of the cells from the edge of contact 1 [m], ascending.
    pub position: Vec<f64>,
    /// Profiles along the wire.
    pub profiles: Profiles,
    /// What the microscope saw, if frames were taken.
    pub microscopy: Option<Microscopy>,
    /// X-ray spectra.
    pub spectra: Vec<Spectrum>,
    /// What a reader must know of the break in three dimensions: why there is none, or none to the end.
    pub shape_note: Option<String>,
    /// What was measured in its frames, if they were measured.
    pub measured: Option<Measured>,
    /// Whether the page of that lies in the run's folder `measured`.
    pub measured_page: bool,
    /// The protocol as run.
    pub protocol: String,
    /// Versions, start, duration and the like: name and text, in the order shown.
    pub provenance: Vec<(String, String)>,
}

impl Samples {
    /// Samples that are complete: as many as the shortest column has.
    pub(crate) fn len(&self) -> usize {
        self.time.len().min(self.voltage.len()).min(self.current.len())
    }
}

impl ReportData {
    /// Whether the run asked for the break in three dimensions. Older records do not say so, and have none.
    pub(crate) fn asks_for_shape(&self) -> bool {
        self.summary.parameters.iter().any(|p| p.key == "shape.coupling" && p.value != "off")
    }

    /// Profiles that are complete; 0 if there is no grid.
    pub(crate) fn profile_count(&self) -> usize {
        let p = &self.profiles;
        p.radius.len().min(p.temperature.len()).checked_div(self.position.len()).unwrap_or(0).min(p.time.len())
    }

    /// Text of the first of the named entries of the provenance.
    pub(crate) fn provenance_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.provenance.iter().find(|(k, _)| k == n)).map(|(_, v)| v.as_str())
    }
}
