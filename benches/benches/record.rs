//! The record: appending and committing, reading, and the page made from it.

use divan::Bencher;
use pentatwin_experiment::Protocol;
use pentatwin_experiment::run::{Flow, RunOptions, run};
use pentatwin_record::{Layout, Writer};
use pentatwin_units::recorded::{CURRENT, FLAGS, PROFILE_TIME, RADIUS, TEMPERATURE, TIME, VOLTAGE};

const CELLS: usize = 720;

fn main() {
    divan::main();
}

fn writer(folder: &std::path::Path) -> Writer {
    let mut arrays: Vec<Layout> = [TIME, VOLTAGE, CURRENT, FLAGS, PROFILE_TIME].map(|q| Layout::new(q, &[])).into();
    arrays.extend([RADIUS, TEMPERATURE].map(|q| Layout::new(q, &[CELLS as u64])));
    Writer::create(&folder.join("run.zarr"), Default::default(), &arrays).expect("a store")
}

fn sample(writer: &mut Writer, k: u32) {
    let (t, v, i) = (1e-3 * f64::from(k), 1e-3 * f64::from(k), 1e-6 * f64::from(k));
    writer.append(&[(TIME, (&t).into()), (VOLTAGE, (&v).into()), (CURRENT, (&i).into()), (FLAGS, (&0u8).into())]).expect("appended");
}

/// 1000 samples into memory: what each costs the run.
#[divan::bench(sample_count = 50)]
fn append_1000_samples(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut writer = writer(folder.path());
    bencher.bench_local(|| (0..1000).for_each(|k| sample(&mut writer, k)));
}

/// 100 profiles of 720 cells into memory.
#[divan::bench(sample_count = 20)]
fn append_100_profiles(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut writer = writer(folder.path());
    let (radius, temperature) = ([5e-8f32; CELLS], [300f32; CELLS]);
    bencher.bench_local(|| {
        for k in 0..100 {
            let t = f64::from(k);
            writer
                .append(&[(PROFILE_TIME, (&t).into()), (RADIUS, (&radius).into()), (TEMPERATURE, (&temperature).into())])
                .expect("appended");
        }
    });
}

/// One commit after 10 new samples: chunks and metadata as temporary file, fsync, rename. At most five of these a second.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn commit(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut writer = writer(folder.path());
    bencher.bench_local(|| {
        (0..10).for_each(|k| sample(&mut writer, k));
        writer.commit().expect("committed");
    });
}

fn recorded_run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let protocol = Protocol::shipped("fig2a").expect("it ships").expect("it is well formed");
    let options = RunOptions { band: 0, companions: false, out: Some(folder.path().join("run")), ..RunOptions::default() };
    run(&protocol, &options, &mut |_| Flow::Continue).expect("it runs");
    folder
}

/// Reading the record of fig2a.
#[divan::bench(sample_count = 10)]
fn read(bencher: Bencher) {
    let folder = recorded_run();
    bencher.bench(|| pentatwin_report::from_record(&folder.path().join("run")));
}

/// Making its page.
#[divan::bench(sample_count = 10)]
fn render(bencher: Bencher) {
    let folder = recorded_run();
    let data = pentatwin_report::from_record(&folder.path().join("run")).expect("a record");
    bencher.bench(|| pentatwin_report::render(&data));
}
