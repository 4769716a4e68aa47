//! Particles in the gap of a broken wire: found at a stated false-alarm rate, followed in time, and measured by their signal.
//!
//! [`Detector`] finds them in one crop; [`link`] makes tracks of them; [`SignalCurve`], calibrated on the wire itself, turns their signal into
//! a size; [`growth`] says towards which side they advance; [`View`] says what is too small to be decided. Places are in pixels of the crop,
//! sizes in m.

mod background;
mod detect;
mod growth;
mod limit;
mod size;
mod track;

pub use detect::{Crop, Detection, Detector, DetectorError, Found, Settings};
pub use growth::{Growth, Side, growth};
pub use limit::View;
pub use size::SignalCurve;
pub use track::{Gate, Track, link};
