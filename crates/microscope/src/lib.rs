//! Virtual electron microscope: a scene becomes an image with dose, detector and drift.
//!
//! Scene → thickness of each material per pixel ([`project`]) → what the beam loses (bright field) or scatters (dark field) → electrons →
//! counts. Deterministic: the same settings, seed, scene, view, exposure and index give the same frame on any number of threads.

mod bright;
mod camera;
mod crystal;
mod dark;
mod dose;
mod drift;
mod electrons;
mod error;
mod fast;
mod film;
pub mod hrtem;
mod known;
mod microscope;
mod outline;
mod pentagon;
mod project;
mod relief;
mod settings;
mod slab;
pub mod spectrum;
mod sphere;
mod transfer;
mod view;

pub use camera::{modulation, noise_left};
pub use dark::broadening;
pub use dose::{Beam, DoseMap, Exposed};
pub use drift::drift;
pub use error::MicroscopeError;
pub use microscope::{Exposure, Frame, FrameTruth, Microscope};
pub use project::{Thickness, project};
pub use settings::{BrightField, Camera, DarkField, Settings, Stage};
pub use view::{Mode, View};
