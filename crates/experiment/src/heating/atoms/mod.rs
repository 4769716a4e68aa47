//! The lattice engine beside a heating run: a tip of the wire, atom by atom, from the moment the hottest hold is reached; its pictures, and
//! what is measured on them.
//!
//! The wire engine carries the whole wire; this follows `lattice.length` of it behind one tip, at the hold's own temperature. Beyond that
//! length the wire is held. Nothing flows back.

mod both;
mod images;
mod state;
mod tip;

use pentatwin_microscope::hrtem::{Element, HighResolutionError, Window, exit_wave};
use pentatwin_microscope::{Frame, MicroscopeError, View};
use pentatwin_physics::lattice::{Begin, GraphError, Method, NoCrystal, Refine, columns, shells_for};
use pentatwin_record::summary::Table;

use crate::measure::Numbers;
use crate::protocol::Protocol;
use crate::run::RunError;
use crate::simulate::Trace;

/// A picture with its name in the record.
pub struct Picture {
    /// Name below `images/`.
    pub name: &'static str,
    /// What it shows.
    pub view: View,
    /// The picture.
    pub frame: Frame,
}

/// What the lattice engine leaves.
#[derive(Default)]
pub struct Followed {
    /// Numbers by name, SI.
    pub numbers: Numbers,
    /// Pictures.
    pub pictures: Vec<Picture>,
    /// Tables for the report.
    pub tables: Vec<Table>,
    /// What a reader must know of how it ended, if not as asked.
    pub note: Option<String>,
}

/// Why the lattice engine ends before its time. What was computed until then is kept.
#[derive(Debug, thiserror::Error)]
pub enum AtomsError {
    /// The lattice.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The temperature.
    #[error(transparent)]
    Temperature(#[from] NoCrystal),
    /// The wire engine, on the same section.
    #[error(transparent)]
    Wire(#[from] pentatwin_physics::specimen::PhysicsError),
    /// The measures.
    #[error("the tip cannot be measured: {0}")]
    Measure(#[from] pentatwin_analysis::atoms::AtomsError),
    /// A picture.
    #[error(transparent)]
    Picture(#[from] MicroscopeError),
    /// A high-resolution picture.
    #[error(transparent)]
    HighResolution(#[from] HighResolutionError),
    /// The spectrum of a picture.
    #[error("the high-resolution image cannot be measured: {0}")]
    Spectrum(#[from] pentatwin_analysis::lattice::PatchError),
    /// Nothing left.
    #[error("too little silver is left of the section after {0:.1} s to speak of a tip")]
    Gone(f64),
    /// The user.
    #[error("interrupted")]
    Interrupted,
}

/// Says what is being done; `false` means to stop.
pub type Progress<'a> = dyn FnMut(&str) -> bool + 'a;

/// Guard shells of a lattice on which atoms settle.
pub(super) const GUARDS: usize = 3;
/// Layers of vacuum before the tip.
pub(super) const VACUUM: usize = 8;

/// Coarsening of the lattice that is followed in time.
fn coarsening(protocol: &Protocol) -> usize {
    if protocol.lattice.refine == Refine::Full { 1 } else { protocol.lattice.coarsening }
}

/// Whether the protocol's lattice can be followed, before anything runs.
///
/// # Errors
/// It does not fit into the memory that is allowed, or there is no hold to follow it in.
pub fn check(protocol: &Protocol) -> Result<(), RunError> {
    let lattice = &protocol.lattice;
    if lattice.engine == Method::Off {
        return Ok(());
    }
    let refuse = |what: String, help: &str| Err(RunError::Unsupported { what, help: help.to_owned() });
    if !protocol.device.on_heater() {
        return refuse(
            "the lattice engine on a chip that does not heat (lattice.engine)".to_owned(),
            "it follows a heated wire: set chip.kind = \"heating\", or lattice.engine = \"off\"",
        );
    }
    if !(lattice.time > 0.0) {
        return refuse("following a tip for no time (lattice.time)".to_owned(), "give it some seconds, or set lattice.engine = \"off\"");
    }
    let Some(hold) = tip::hottest(protocol) else {
        return refuse(
            "the lattice engine without a hold (lattice.engine)".to_owned(),
            "give a heat step a time, e.g. heat = { to = \"750 degC\", rate = \"10 K/s\", time = \"60 s\" }",
        );
    };
    if let Err(e) = pentatwin_physics::lattice::Rates::at(hold.temperature) {
        return refuse(format!("this temperature of the lattice: {e}"), "hold it below 961 degC");
    }
    let b = coarsening(protocol);
    let pitch = b as f64 * 0.289e-9;
    let shells = shells_for(protocol.device.wire.diameter, b);
    // Two bytes a site, an eighth for the shape it starts from, lists; a tip that is wider than the wire; a tenth of a kilobyte for each atom
    // behind the apex while it is measured.
    let wide = if lattice.start == Begin::Wire { 2.0 } else { 1.0 };
    let sites = wide * columns(shells + GUARDS) as f64 * (lattice.length / pitch + VACUUM as f64);
    let behind = columns(shells) as f64 * (1.3 * shells as f64 / std::f64::consts::SQRT_2).min(lattice.length / pitch);
    let refined = if tip::wants_atoms(protocol) { 1.2e7 * (protocol.device.wire.diameter / 115e-9).powi(3) } else { 0.0 };
    let megabytes = (4.0 * sites + 100.0 * behind.max(refined)) / 1e6;
    if megabytes > lattice.memory as f64 || sites > 4e9 {
        return refuse(
            format!("a lattice of {sites:.2e} sites, about {megabytes:.0} MB, where {} MB are allowed", lattice.memory),
            "take a shorter section (lattice.length), a coarser lattice (lattice.coarsening), or allow more (lattice.memory)",
        );
    }
    if tip::wants_atoms(protocol) {
        // One atom tells whether the settings can be used at all.
        let settings = &protocol.hrtem.hrtem;
        let window = Window::square([0.0; 2], settings);
        if let Err(e) = exit_wave(&[[0.0; 3]], Element::Silver, lattice.imaged_at, &window, settings) {
            return refuse(format!("these high-resolution images: {e}"), "change [microscope.hrtem], or set lattice.images = false");
        }
    }
    Ok(())
}

/// Follows the tip, makes its pictures, measures them, and compares both engines on one section.
///
/// What was computed before something went wrong, or the user stopped it, is returned with a note.
pub fn follow(protocol: &Protocol, seed: u64, trace: &Trace, progress: &mut Progress) -> Followed {
    let mut found = Followed::default();
    if protocol.lattice.engine == Method::Off || trace.stopped {
        return found;
    }
    let tip = tip::follow(protocol, seed, trace, &mut found, progress);
    // Both engines are compared whatever became of the tip, unless the user wants to leave.
    let both = if matches!(tip, Err(AtomsError::Interrupted)) { Ok(()) } else { both::compare(protocol, seed, &mut found, progress) };
    found.note = tip.and(both).err().map(|e| e.to_string());
    found
}
