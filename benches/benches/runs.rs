//! Whole runs of fig2a into a folder, as the command line makes them but for the terminal and the page.

use pentatwin_experiment::Protocol;
use pentatwin_experiment::run::{Flow, RunOptions, RunOutcome, run};

fn main() {
    divan::main();
}

fn fig2a(band: usize, companions: bool) -> RunOutcome {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let protocol = Protocol::shipped("fig2a").expect("it ships").expect("it is well formed");
    let options = RunOptions { band, companions, out: Some(folder.path().join("run")), ..RunOptions::default() };
    run(&protocol, &options, &mut |_| Flow::Continue).expect("it runs")
}

/// The run and its record alone.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn alone() -> RunOutcome {
    fig2a(0, false)
}

/// With the runs beside it (other rates, other polarity).
#[divan::bench(sample_count = 5, sample_size = 1)]
fn with_companions() -> RunOutcome {
    fig2a(0, true)
}

/// The default: companions and 32 draws for the bands.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn with_band() -> RunOutcome {
    fig2a(32, true)
}
