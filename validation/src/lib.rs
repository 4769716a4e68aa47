//! Runs and measures that the validation tests share.

pub mod gap_lattice;
pub mod gap_runs;
pub mod lattice;
pub mod measures;
pub mod runs;
pub mod shape_runs;

// The rate table that `gap_lattice` compiles in names its constants by this path.
use pentatwin_physics::materials;
