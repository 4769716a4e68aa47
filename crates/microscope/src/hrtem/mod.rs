//! High-resolution TEM: atoms → multislice → exit wave → image or diffraction pattern → counts.
//!
//! [`exit_wave`] sends a plane wave along z through slices of projected potential (Lobato & Van Dyck 2014). [`Wave::image`] passes it
//! through the objective lens ([`Optics`]), [`Wave::diffraction`] gives the selected-area pattern, [`record`] the counts of a camera.
//!
//! Conventions
//! - x and y lie in the image plane, z along the beam, all in metres; a pixel's centre is at `centre + (i + 0.5 - n/2) pixel`.
//! - Waves go as exp(+2πi k·r); a slice multiplies by exp(iσV), free space over dz by exp(-iπλ dz k²). **Defocus is positive under
//!   focus** (a weaker lens): the lens multiplies by exp(-iχ), χ = -πλ Δf k² + (π/2) Cs λ³ k⁴. At Scherzer focus thin atoms are dark.
//! - Temperature enters by the Debye–Waller factor only. Thermal expansion is in the positions: the caller scales them.
//! - The band limit is 2/3 of Nyquist's frequency, 1/(3 pixels), with a soft edge of 0.01 cycles per pixel, on each transmission and on the
//!   wave behind each slice with atoms, as in abTEM; the potential itself is exact to Nyquist's frequency. What is scattered beyond the
//!   limit is lost ([`Wave::norm`]): 7 % in 10 nm of silver at 0.02 nm per pixel.
//! - Around the window lies a margin of real specimen. A beam g of the image comes from up to |Cs λ³ g³ - Δf λ g| away: fringes in a rim
//!   as wide as that less the margin lack the atoms beyond it.
//! - Thermal scattering is absorptive: the potential is damped by exp(-B k²/4), what is scattered diffusely is not simulated. That is
//!   enough for fringes, not for dark-field intensities.

mod element;
mod error;
mod grid;
mod multislice;
mod optics;
mod passes;
mod pattern;
mod radiation;
mod recording;
mod settings;
mod slices;
mod spread;
mod transmission;
mod wave;

pub use element::Element;
pub use error::HighResolutionError;
pub use grid::Window;
pub use multislice::{Species, exit_wave, exit_wave_through, projected_potential};
pub use optics::Optics;
pub use pattern::{Pattern, Ring, silver_rings};
pub use radiation::Radiation;
pub use recording::{Counts, record};
pub use settings::{F20, HighResolution, Instrument, Setup, Talos};
pub use wave::Wave;
