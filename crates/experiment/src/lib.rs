//! Protocols, the bench that carries them out, and runs.

pub mod analyze;
pub mod band;
pub mod beam_control;
pub mod bench;
pub mod checklist;
pub mod companions;
pub mod ensemble;
pub mod heating;
pub mod imaging;
pub mod measure;
pub mod outcome;
pub mod profile_log;
pub mod protocol;
pub mod real_run;
pub mod recorder;
pub mod register;
pub mod rewiring;
pub mod run;
mod runner;
pub mod shape;
pub mod simulate;
pub mod source_meter;
pub mod spectra;
pub mod trip;

pub use protocol::{Protocol, ProtocolError};
