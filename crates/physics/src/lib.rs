//! Laws of matter and engines for one silver nanowire on a chip.
//!
//! Pure: no files, no clock, no global state; randomness is passed in as a seed.

pub mod beam;
pub mod device;
pub mod gap;
pub mod lattice;
pub mod materials;
pub mod random;
pub mod rewired;
pub mod scene;
pub mod shape;
pub mod specimen;
pub mod wire;
