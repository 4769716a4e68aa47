//! The command `pentatwin`. It is a library so that the Python package has it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pentatwin::command(std::env::args_os()))
}
