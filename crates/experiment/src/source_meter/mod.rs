//! A real Keithley 2600 over TCP, driven safely (source-meter.md sections 5 and 6).
//!
//! The sweep runs on the instrument, as a script that is generated from the protocol: it paces itself, decides by the same [`Trip`] as the
//! virtual bench, turns its output off at the break, at an error, at its end, and when its host has not sent `*TRG` for the grace time.
//! On each `*TRG` it sends the samples since the last one, so that a host that stops reading also stops beating. The host writes them to disk before it
//! beats again: a disk that hangs ends the sweep too. Nothing here is asynchronous: one blocking thread, every wait with a time-out.
//!
//! [`Trip`]: crate::trip::Trip

mod address;
mod clocks;
mod error;
mod keithley;
mod link;
mod plan;
mod reply;
mod script;

pub use address::Address;
pub use clocks::{Clocks, HostClock, SystemClocks};
pub use error::{OutputState, SourceMeterError};
pub use keithley::{Found, Keithley, Panel, Timing, switch_off};
pub use plan::{Plan, Segment};
pub use script::script;

pub(crate) use reply::Said;
