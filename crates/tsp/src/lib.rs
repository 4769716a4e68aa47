//! A virtual Keithley 2600B on a TCP port: real Lua with the instrument's tables, and anything that is a [`load::Load`] at its terminals.

pub mod buffer;
pub mod channel;
pub mod clock;
pub mod events;
pub mod fault;
pub mod inject;
pub mod instrument;
pub mod load;
pub mod meter;
pub mod model;
pub mod number;
pub mod reading;
pub mod server;
mod settings;
pub mod specimen;
pub mod sweep;
pub mod vm;

pub use server::{Server, Settings, StartError};
