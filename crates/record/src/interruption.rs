//! A record stays readable wherever its writing is interrupted: at every file operation of every commit.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pentatwin_units::recorded::{CURRENT, POSITION, PROFILE_TIME, RADIUS, TIME};

use crate::{Layout, Reader, RecordError, Writer};

const CELLS: usize = 720;

/// A folder in memory where there is one: hundreds of commits wait long for a disk.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn writer(dir: &Path) -> Writer {
    let arrays = [Layout::new(TIME, &[]), Layout::new(CURRENT, &[]), Layout::new(PROFILE_TIME, &[]), Layout::new(RADIUS, &[CELLS as u64])];
    let mut writer = Writer::create(dir, Default::default(), &arrays).unwrap();
    let position: Vec<f64> = (0..CELLS).map(|k| k as f64).collect();
    writer.write(Layout::new(POSITION, &[]), &position).unwrap();
    writer
}

/// Rows are numbered, so that each value tells where it belongs.
fn append(writer: &mut Writer, samples: std::ops::Range<usize>, profiles: std::ops::Range<usize>) -> Result<(), RecordError> {
    let time: Vec<f64> = samples.map(|k| k as f64).collect();
    writer.append(&[(TIME, (&time).into()), (CURRENT, (&time).into())])?;
    let clock: Vec<f64> = profiles.map(|k| k as f64).collect();
    let radius: Vec<f64> = clock.iter().flat_map(|k| std::iter::repeat_n(*k, CELLS)).collect();
    writer.append(&[(PROFILE_TIME, (&clock).into()), (RADIUS, (&radius).into())])
}

/// What a reader finds: lengths of both clocks; asserts that all else agrees with them.
fn check(dir: &Path) -> (usize, usize) {
    let reader = Reader::open(dir).unwrap();
    let read = |group, name| reader.read_f64(group, name).unwrap();
    let (time, clock) = (read("", "time").values, read("truth", "profile_time").values);
    assert!(time.iter().enumerate().all(|(k, t)| *t == k as f64));
    assert_eq!(read("", "current").values, time);
    assert!(clock.iter().enumerate().all(|(k, t)| *t == k as f64));
    let radius = read("truth", "radius");
    assert_eq!(radius.shape, [clock.len() as u64, CELLS as u64]);
    assert!(radius.values.chunks(CELLS).zip(&clock).all(|(row, k)| row.iter().all(|r| r == k)));
    // The group's own view, as `xarray.open_zarr(path, group="truth")` reads it, is never shorter than what the root says.
    if let Ok(text) = std::fs::read(dir.join("truth/zarr.json")) {
        let group: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let length = |name: &str| group["consolidated_metadata"]["metadata"][name]["shape"][0].as_u64().unwrap();
        assert_eq!(length("profile_time"), length("radius"));
        assert!(length("radius") >= clock.len() as u64);
    }
    (time.len(), clock.len())
}

#[test]
fn a_reader_finds_equal_lengths_at_every_file_operation() {
    let scratch = scratch();
    let dir = scratch.path().join("run.zarr");
    let mut writer = writer(&dir);
    let looks = Arc::new(AtomicUsize::new(0));
    let (hook_looks, hook_dir) = (looks.clone(), dir.clone());
    writer.on_file_operation(move || {
        check(&hook_dir);
        hook_looks.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    // Several chunks at once, a part of one, and one that fills up: 4096 samples, 91 profiles of 720 cells.
    for (samples, profiles) in [(0..5000, 0..100), (5000..5010, 100..101), (5010..9000, 101..300)] {
        let end = (samples.end, profiles.end);
        append(&mut writer, samples, profiles).unwrap();
        writer.commit().unwrap();
        assert_eq!(check(&dir), end);
    }
    writer.finish().unwrap();
    assert!(looks.load(Ordering::Relaxed) > 60, "{looks:?}"); // three operations for each of at least 5 objects, 4 commits
    assert_eq!(check(&dir), (9000, 300));
}

#[test]
fn a_full_disk_at_any_file_operation_is_an_error_and_loses_nothing() {
    for fail_at in 0usize.. {
        let scratch = scratch();
        let dir = scratch.path().join("run.zarr");
        let mut writer = writer(&dir);
        append(&mut writer, 0..4000, 0..90).unwrap();
        writer.commit().unwrap();
        append(&mut writer, 4000..9000, 90..200).unwrap();
        let mut left = fail_at;
        writer.on_file_operation(move || {
            let full = left == 0;
            left = left.wrapping_sub(1);
            if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        });
        let result = writer.commit();
        if result.is_ok() {
            assert!(fail_at > 20); // it went past the last operation
            return;
        }
        assert!(matches!(result, Err(RecordError::DiskFull { .. })));
        assert_eq!(check(&dir), (4000, 90));
        let leftovers = std::process::Command::new("find").arg(&dir).args(["-name", "*.tmp"]).output().unwrap();
        assert!(leftovers.stdout.is_empty(), "{}", String::from_utf8_lossy(&leftovers.stdout));
        // Space again: the next commit has everything.
        writer.on_file_operation(|| Ok(()));
        append(&mut writer, 9000..9001, 200..201).unwrap();
        writer.finish().unwrap();
        assert_eq!(check(&dir), (9001, 201));
    }
}
