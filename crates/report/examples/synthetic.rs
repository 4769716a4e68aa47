//! Writes pages of a made-up run, for looking at them: `cargo run --release -p pentatwin-report --example synthetic -- DIR`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let dir = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    std::fs::create_dir_all(&dir)?;
    let mut data = common::synthetic();
    std::fs::write(dir.join("report.html"), pentatwin_report::render(&data))?;
    // A wire that did not break, without bands, companions or a way on.
    data.summary.moments.retain(|m| m.name == "A");
    data.summary.after_break = None;
    data.summary.resistance_change = None;
    data.summary.heat = None;
    data.summary.draws = None;
    data.summary.companions.clear();
    data.summary.plate.overlap = 0.0;
    data.summary.plate.cathode = 2;
    data.summary.plate.chip = "si-sio2".to_owned();
    for r in &mut data.summary.results {
        r.band = None;
    }
    let kept = data.profiles.time.iter().filter(|t| **t < 22.5).count();
    data.profiles.time.truncate(kept);
    std::fs::write(dir.join("unbroken.html"), pentatwin_report::render(&data))?;
    data.samples.time.truncate(2);
    data.profiles.time.truncate(1);
    data.summary.moments.clear();
    std::fs::write(dir.join("two-samples.html"), pentatwin_report::render(&data))?;
    data.samples.time.clear();
    data.profiles.time.clear();
    std::fs::write(dir.join("empty.html"), pentatwin_report::render(&data))
}
