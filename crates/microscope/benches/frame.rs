//! Time per frame.
fn main() {
    divan::main();
}
