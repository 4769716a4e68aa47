//! What the run's own report says of it.

use super::tables;
use crate::format::{escape, none};
use pentatwin_record::measured::Measured;

/// The section "Measured on the frames", with a link to the whole page where there is one.
pub(crate) fn section(measured: Option<&Measured>, page: bool) -> String {
    let Some(m) = measured else {
        return format!("<p>{}</p>", none("The frames of this run were not measured: pentatwin analyze RUN does it."));
    };
    let mut out = format!(
        "<p>From {} of {} frames alone, without the simulator’s own state: {}.</p>",
        m.frames,
        m.frames_in_movie,
        escape(if m.cross_section.is_empty() { "no cross-section was found" } else { &m.cross_section })
    );
    out += &tables::events(m);
    out += &tables::headline(m);
    if page {
        out += "<p><a href=\"measured/report.html\">All that was measured, with the outline drawn on the frames</a></p>";
    }
    out
}
