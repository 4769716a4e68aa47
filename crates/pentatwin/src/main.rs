//! The `pentatwin` binary.
fn main() {}
