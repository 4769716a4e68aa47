//! X-ray spectra: line families by maximum likelihood, detection limits, quantification.
//!
//! What a family is made of, how the detector answers and what absorbs how much are inputs ([`Family`], [`Response`], [`Attenuation`]): the
//! same fit judges a simulated spectrum and a real one with the vendor's k-factors. Energies are in eV, as in every table of X-rays.
//!
//! 1. [`fit()`]: counts of each family with covariance, over a smooth background; overlapping families (Pt M and Ag L) share the counts by
//!    their shapes. Each family comes with its critical level and detection limit ([`Fitted::critical`], [`Fitted::limit`]): an element
//!    that is not there is shown with its limit, not as zero.
//! 2. [`quantify`]: Cliff–Lorimer, mass w/w(ref) = k I/I(ref), with k relative to one element (usually Si K) and a stated [`Convention`].
//! 3. [`analyse`]: both, repeated with the absorption that the result implies, if the dose and the solid angle are known.

mod absorption;
mod analyse;
mod background;
mod error;
mod family;
mod fit;
mod problem;
mod quantify;
mod response;
mod solve;

pub use absorption::{Attenuation, Order, Stratum};
pub use analyse::{Analysis, Probe, analyse};
pub use error::SpectrumError;
pub use family::{Axis, Family, Line};
pub use fit::{Calibration, Fit, Fitted, Options, fit};
pub use quantify::{Convention, Counted, Quantity, Where, quantify};
pub use response::Response;
