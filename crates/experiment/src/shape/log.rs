//! States of the shape engine that are kept of a run: as the neck passes certain parts of the as-made cross-section.

use pentatwin_physics::lattice::Occupation;
use pentatwin_physics::scene::{Mount, Scene};
use pentatwin_physics::specimen::Specimen;

use crate::protocol::Protocol;

/// Necks at which a state is kept, relative to the as-made cross-section.
const NECKS: [f64; 12] = [0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05];

/// One kept state.
#[derive(Clone, Debug)]
pub struct ShapeState {
    /// Time [s].
    pub time: f64,
    /// Cross-section of the neck over the as-made one.
    pub neck: f64,
    /// Which sites hold silver.
    pub occupation: Occupation,
    /// What the microscope sees, if it looks.
    pub scene: Option<Scene>,
}

/// Decides which states are kept.
#[derive(Clone, Debug)]
pub struct ShapeLog {
    next: usize,
    mount: Option<Mount>,
    parted: bool,
}

impl ShapeLog {
    /// Nothing kept yet; with scenes if the protocol has a microscope.
    pub fn new(protocol: &Protocol, seed: u64) -> ShapeLog {
        ShapeLog { next: 0, mount: protocol.microscope.frames.then(|| Mount::seeded(seed)), parted: false }
    }

    /// The state, if it is to be kept.
    pub fn take(&mut self, specimen: &Specimen, protocol: &Protocol) -> Option<ShapeState> {
        let shape = specimen.coupled().shown()?;
        let neck = shape.neck();
        let parts = shape.parted().is_some() && !self.parted;
        self.parted |= parts;
        let passed = NECKS[self.next..].iter().take_while(|n| neck <= **n).count();
        self.next += passed;
        if passed == 0 && !parts {
            return None;
        }
        let time = specimen.wire().time();
        Some(ShapeState {
            time,
            neck,
            occupation: shape.occupation().clone(),
            scene: self.mount.as_ref().map(|mount| specimen.scene_at(time, &protocol.device, mount)),
        })
    }
}
