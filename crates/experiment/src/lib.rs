//! Protocols, the bench that carries them out, and runs.

pub mod protocol;
pub mod run;

pub use protocol::{Protocol, ProtocolError};
