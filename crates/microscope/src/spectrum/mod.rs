//! EDX: what the X-ray detector counts.
//!
//! Scene → thickness of each material ([`crate::project`]) → photons of each line and of the continuum, absorbed on their way out →
//! detector → counts. Energies of photons are in eV here, as in every table of X-ray lines; everything else is SI.
//!
//! Left out: secondary fluorescence, pile-up and escape peaks (a dead time above 10 % warns), the silver that the acquisition itself takes
//! (reported, not applied), broadening of the beam, the M lines of silver.
//!
//! ```
//! use pentatwin_microscope::spectrum::{Edx, Spectrometer};
//! use pentatwin_microscope::{Mode, View};
//! use pentatwin_physics::scene::Scene;
//!
//! let edx = Spectrometer::new(&Edx::default())?;
//! let field = View::square(Mode::DarkField, 32, 100e-9, 0.0);
//! let spectrum = edx.area(&Scene::empty(50e-9), &field, 1, 0)?;
//! assert!(spectrum.counts.iter().any(|n| *n > 0));
//! # Ok::<(), pentatwin_microscope::spectrum::SpectrumError>(())
//! ```

mod acquire;
mod attenuation;
mod bremsstrahlung;
mod composition;
mod continuum;
mod detector;
mod element;
mod error;
mod line_table;
mod lines;
mod map;
mod result;
mod settings;
mod shells;

pub use acquire::Spectrometer;
pub use bremsstrahlung::bremsstrahlung;
pub use composition::{LAYERS, Layer, Specimen};
pub use detector::{LOSS_POWER, RESOLUTION_SLOPE, efficiency, incomplete, resolution};
pub use element::Element;
pub use error::SpectrumError;
pub use lines::{Counted, Family, Line, ionization, k_factor, lines, zeta_silicon};
pub use map::SpectrumMap;
pub use result::{Produced, Spectrum, Warning, silver_lost};
pub use settings::Edx;
