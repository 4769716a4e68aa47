//! What is read off a break in three dimensions: gap, tips, hillocks, pits; tables, and the paper's words on the shape judged by them.

mod ensemble;
mod findings;
mod follow;
mod heat;
mod log;
mod measure;
mod tables;

pub use ensemble::ensemble;
pub use findings::findings;
pub use follow::{Shape, follow, take_over};
pub use heat::against_heat;
pub use log::{ShapeLog, ShapeState};
pub use measure::{Before, Shaped, amplitudes, made_of, measure, positions_of};
