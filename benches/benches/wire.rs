//! The wire engine alone: sweeps until the wire breaks, by rate and by grid.

use pentatwin_benches::{paper_device, reference_device, sweep};

fn main() {
    divan::main();
}

/// Rates in mV/s: the paper's, and the fast ones.
#[divan::bench(args = [3.3, 10.0, 100.0, 10_000.0], sample_count = 20)]
fn rate(bencher: divan::Bencher, millivolts: f64) {
    let device = paper_device(400);
    bencher.bench(|| sweep(&device, 1e-3 * millivolts));
}

/// Cells between the contacts at 3.3 mV/s.
#[divan::bench(args = [250, 400, 1000], sample_count = 20)]
fn cells(bencher: divan::Bencher, cells: usize) {
    let device = paper_device(cells);
    bencher.bench(|| sweep(&device, 3.3e-3));
}

/// What `benches/python/wire_numba.py` computes.
#[divan::bench(args = [250, 400], sample_count = 20)]
fn reference(bencher: divan::Bencher, cells: usize) {
    let device = reference_device(cells);
    bencher.bench(|| sweep(&device, 3.3e-3));
}
