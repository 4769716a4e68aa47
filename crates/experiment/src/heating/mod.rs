//! The heating experiment: a wire on a heating chip, nothing flowing (the paper's "NW Breakdown by Heating", Figure 3).

pub mod atoms;
pub mod checklist;
pub mod companions;
pub mod draws;
pub mod history;
pub mod hold;
pub mod measure;
pub mod results;
pub mod section;
pub mod speed;

pub use history::{Hold, holds, temperature_history};
pub use section::{Section, tip_profile, wire_section};
