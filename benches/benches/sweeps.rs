//! Sweeps: one run in memory, and many on all cores, files included.

use pentatwin_experiment::ensemble::Sweep;

fn main() {
    divan::main();
}

fn sweep(seeds: usize, cells: usize) -> Sweep {
    let text = format!(
        "protocol = \"fig2a\"\nseeds = {seeds}\n[set]\n\"numerics.cells\" = {cells}\n[vary]\n\"contact.1.resistance\" = {{ lognormal = \"25 ohm\", factor = 1.6 }}\n"
    );
    Sweep::read(&text).expect("it is well formed")
}

/// fig2a without images, bands and files: what `pt.run("fig2a", imaging=False, band=0, out=None)` does below Python.
#[divan::bench(args = [200, 400], sample_count = 20, sample_size = 1)]
fn one_in_memory(bencher: divan::Bencher, cells: usize) {
    let sweep = sweep(1, cells);
    bencher.bench_local(|| sweep.run_in_memory(0).expect("it runs"));
}

/// A hundred devices on all cores, each with its file; a thousand take ten times as long.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn a_hundred_runs(bencher: divan::Bencher) {
    let sweep = sweep(100, 400);
    let all: Vec<usize> = (0..sweep.len()).collect();
    bencher.bench_local(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        sweep.run_all(&all, folder.path(), 0, &|_| true).expect("it runs")
    });
}

/// The list of a thousand runs with their hashes, without carrying any out.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn a_thousand_listed(bencher: divan::Bencher) {
    let sweep = sweep(1000, 400);
    bencher.bench_local(|| sweep.runs().len());
}
