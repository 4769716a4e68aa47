//! Text with units outside, SI inside.
//!
//! * [`quantity`] turns `"115 nm"` or `"100 mV/s"` into an SI number and back,
//! * [`parameter`] declares each parameter once: protocol, schema, bands, report and Lab read that declaration,
//! * [`recorded`] declares each recorded quantity once: store, plots and Python read that declaration.

pub mod parameter;
pub mod quantity;
pub mod recorded;

pub use parameter::{Kind, Parameter, Raw, ReadError, Section, Status, Value};
pub use quantity::{Dimension, UnitError, format_si, parse, parse_as, parse_unit};
pub use recorded::{DataType, Recorded};
