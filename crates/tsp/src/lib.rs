//! Parts of a virtual Keithley 2600B: models, load, clock, reading buffers, error queue, numbers. The TSP interpreter and the server are
//! not written yet.

pub mod buffer;
pub mod clock;
pub mod fault;
pub mod load;
pub mod model;
pub mod number;
