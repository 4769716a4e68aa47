//! Running the binary in a folder of its own.

use std::path::Path;
use std::process::{Command, Output};

/// The binary, in `folder`, with plain output.
pub fn pentatwin(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pentatwin"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1").env_remove("PENTATWIN_RUNS");
    command
}

/// What it said on stderr, as one line without the frames of the error.
pub fn stderr(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).replace(['│', '╰', '─', '▶', '├', '╭'], " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What it said on stdout.
#[allow(dead_code, reason = "not every test file needs it")]
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
