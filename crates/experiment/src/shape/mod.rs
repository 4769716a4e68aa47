//! What is read off a break in three dimensions: gap, tips, hillocks, pits; tables, and the paper's words on the shape judged by them.

mod ensemble;
mod findings;
mod log;
mod measure;
mod pictures;
mod tables;

pub use ensemble::{Member, ensemble};
pub use findings::findings;
pub use log::{ShapeLog, ShapeState};
pub use measure::{Shaped, measure, positions_of};
pub use pictures::pictures;
pub use tables::tables;
