//! Records are read back as they were written, and bad places and values are refused in plain words.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

use pentatwin_record::{EventKind, IvLog, Layout, Reader, RecordError, RunFolder, Writer, sample_flags};
use pentatwin_units::recorded::{
    CURRENT, DataType, EVENT_KIND, EVENT_TIME, EVENT_VALUE, FLAGS, FRAME_TIME, FRAMES, IMAGE, POSITION, PROFILE_TIME, RADIUS, Recorded,
    TEMPERATURE, TIME, VOLTAGE,
};
use proptest::prelude::*;
use serde_json::json;

const X: Recorded = Recorded {
    name: "x",
    unit: "nm",
    meaning: "Along the wire",
    group: "images",
    dimensions: &["x"],
    appended: false,
    data_type: DataType::F64,
};

fn series() -> Vec<Layout> {
    [TIME, VOLTAGE, CURRENT, FLAGS].into_iter().map(|r| Layout::new(r, &[])).collect()
}

#[test]
fn frames_images_events_and_profiles_come_back_with_their_attributes() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("run.zarr");
    let mut arrays = series();
    arrays.extend([EVENT_TIME, EVENT_KIND, EVENT_VALUE, FRAME_TIME, PROFILE_TIME].map(|r| Layout::new(r, &[])));
    arrays.extend([Layout::new(FRAMES, &[30, 40]), Layout::new(RADIUS, &[5]), Layout::new(TEMPERATURE, &[5])]);
    let attributes = json!({"title": "a test", "seed": 7}).as_object().unwrap().clone();
    let mut writer = Writer::create(&dir, attributes, &arrays).unwrap();
    writer.write(Layout::new(POSITION, &[]), &[0.5, 1.5, 2.5, 3.5, 4.5]).unwrap();
    let flags = [0, sample_flags::COMPLIANCE | sample_flags::TRIP];
    let (two, nan) = ([1.0, 2.0], [f64::NAN, -0.0]);
    writer.append(&[(TIME, (&two).into()), (VOLTAGE, (&two).into()), (CURRENT, (&nan).into()), (FLAGS, (&flags).into())]).unwrap();
    for (k, kind) in EventKind::ALL.iter().enumerate() {
        let time = k as f64;
        writer.append(&[(EVENT_KIND, (&kind.code()).into()), (EVENT_TIME, (&time).into()), (EVENT_VALUE, (&time).into())]).unwrap();
    }
    let frame: Vec<u16> = (0..30 * 40).map(|k| k * 50).collect();
    for t in [0.0, 0.5, 1.0] {
        writer.append(&[(FRAME_TIME, (&t).into()), (FRAMES, (&frame).into())]).unwrap();
    }
    let (radius, temperature) = ([1.5f32; 10], [300.0; 10]);
    writer.append(&[(PROFILE_TIME, (&two).into()), (RADIUS, (&radius).into()), (TEMPERATURE, (&temperature).into())]).unwrap();
    writer.commit().unwrap();
    // An image, once the run goes on: it appears with the next commit.
    let x: Vec<f64> = (0..40).map(f64::from).collect();
    writer.write(Layout::new(IMAGE, &[40]).in_group("images/gap").with_attribute("mode", "bf-tem"), &frame).unwrap();
    writer.write(Layout::new(X, &[]).in_group("images/gap"), &x).unwrap();
    writer.set_attribute("ended", "trip");
    writer.finish().unwrap();

    let reader = Reader::open(&dir).unwrap();
    assert_eq!(reader.attribute::<String>("ended").unwrap(), "trip");
    assert_eq!(reader.attribute::<u64>("seed").unwrap(), 7);
    assert!(matches!(reader.attribute::<u64>("title"), Err(RecordError::Attribute { .. })));
    let current = reader.read_f64("", "current").unwrap().values;
    assert!(current[0].is_nan() && current[1] == 0.0 && current[1].is_sign_negative());
    assert_eq!(reader.read_f64("", "flags").unwrap().values, [0.0, 5.0]);
    let kinds = reader.read_f64("", "event_kind").unwrap().values;
    assert_eq!(kinds.iter().map(|k| EventKind::from_code(*k as u8).unwrap()).collect::<Vec<_>>(), EventKind::ALL);
    let frames = reader.read_rows_f64("", "frames", 1..3).unwrap();
    assert_eq!(frames.shape, [2, 30, 40]);
    assert!(frames.values.chunks(1200).all(|f| f.iter().zip(&frame).all(|(a, b)| *a == f64::from(*b))));
    assert_eq!(reader.read_f64("images/gap", "image").unwrap().values, frames.values[..1200]);
    assert_eq!(reader.info("images/gap", "image").unwrap().attributes["mode"], "bf-tem");
    let info = reader.info("truth", "radius").unwrap();
    assert_eq!((info.shape, info.dimensions), (vec![2, 5], vec!["profile_time".to_owned(), "position".to_owned()]));
    assert_eq!((info.unit.as_str(), info.meaning.as_str()), (RADIUS.unit, RADIUS.meaning));
    let kind = reader.info("", "event_kind").unwrap().attributes;
    assert_eq!(kind["flag_values"].as_array().unwrap().len(), kind["flag_meanings"].as_str().unwrap().split(' ').count());
    assert_eq!(reader.info("", "flags").unwrap().attributes["flag_masks"], json!([1, 2, 4, 8, 16])); // the meaning of `recorded::FLAGS`
    assert!(matches!(reader.read_rows_f64("", "time", 1..3), Err(RecordError::Mismatch { .. })));
    assert!(matches!(reader.read_f64("", "nothing"), Err(RecordError::NoSuchArray { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_pattern_of_appends_and_commits_reads_back_whole(steps in prop::collection::vec((0usize..3000, any::<bool>()), 1..12)) {
        let scratch = tempfile::tempdir().unwrap();
        let dir = scratch.path().join("run.zarr");
        let mut writer = Writer::create(&dir, Default::default(), &series()).unwrap();
        let (mut n, mut committed) = (0, 0);
        for (rows, commit) in steps {
            let time: Vec<f64> = (n..n + rows).map(|k| k as f64).collect();
            let flags: Vec<u8> = (n..n + rows).map(|k| k as u8).collect();
            writer.append(&[(TIME, (&time).into()), (VOLTAGE, (&time).into()), (CURRENT, (&time).into()), (FLAGS, (&flags).into())]).unwrap();
            n += rows;
            if commit {
                writer.commit().unwrap();
                committed = n;
            }
        }
        // As after a kill: the reader sees the last commit, neither more nor less.
        drop(writer);
        let reader = Reader::open(&dir).unwrap();
        let expected: Vec<f64> = (0..committed).map(|k| k as f64).collect();
        for name in ["time", "voltage", "current"] {
            prop_assert_eq!(&reader.read_f64("", name).unwrap().values, &expected);
        }
        let flags: Vec<f64> = (0..committed).map(|k| f64::from(k as u8)).collect();
        prop_assert_eq!(reader.read_f64("", "flags").unwrap().values, flags);
    }

    #[test]
    fn a_damaged_root_is_an_error_never_a_panic(at in 0usize..4000, byte in any::<u8>()) {
        let scratch = tempfile::tempdir().unwrap();
        let dir = small_record(scratch.path());
        let file = dir.join("zarr.json");
        let mut text = fs::read(&file).unwrap();
        let at = at % text.len();
        text[at] = byte;
        fs::write(&file, text).unwrap();
        if let Ok(reader) = Reader::open(&dir) {
            for path in reader.arrays().map(str::to_owned).collect::<Vec<_>>() {
                let _ = reader.info("", &path);
                let _ = reader.read_f64("", &path);
            }
        }
    }
}

fn small_record(root: &Path) -> std::path::PathBuf {
    let dir = root.join("run.zarr");
    let mut writer = Writer::create(&dir, Default::default(), &series()).unwrap();
    let (one, flag) = (1.0, 0u8);
    writer.append(&[(TIME, (&one).into()), (VOLTAGE, (&one).into()), (CURRENT, (&one).into()), (FLAGS, (&flag).into())]).unwrap();
    writer.finish().unwrap();
    dir
}

/// Change the root's metadata as text.
fn edit(dir: &Path, from: &str, to: &str) {
    let file = dir.join("zarr.json");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(&file, text.replace(from, to)).unwrap();
}

#[test]
fn a_newer_version_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = small_record(scratch.path());
    edit(&dir, "\"record_version\":1", "\"record_version\":2");
    let error = Reader::open(&dir).err().unwrap();
    assert!(matches!(error, RecordError::TooNew { found: 2, supported: 1, .. }));
    assert!(error.to_string().contains("update pentatwin"), "{error}");
}

#[test]
fn a_length_that_the_data_do_not_have_is_found_before_memory_is_taken() {
    let scratch = tempfile::tempdir().unwrap();
    for (from, to) in [("\"shape\":[1]", "\"shape\":[999999999999]"), ("\"chunk_shape\":[4096]", "\"chunk_shape\":[99999999999]")] {
        let root = scratch.path().join(to.len().to_string());
        let dir = small_record(&root);
        edit(&dir, from, to);
        let error = Reader::open(&dir).unwrap().read_f64("", "time").unwrap_err();
        assert!(matches!(error, RecordError::NotARecord { .. }), "{error}");
    }
    assert!(matches!(Reader::open(scratch.path()), Err(RecordError::NotARecord { .. })));
}

#[test]
fn values_that_do_not_fit_are_refused_and_change_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("run.zarr");
    let mut arrays = series();
    arrays.extend([Layout::new(PROFILE_TIME, &[]), Layout::new(RADIUS, &[5])]);
    let mut writer = Writer::create(&dir, Default::default(), &arrays).unwrap();
    let (one, two, flag) = ([1.0], [1.0, 2.0], [0u8]);
    let all = |flags| [(TIME, (&one).into()), (VOLTAGE, (&one).into()), (CURRENT, (&one).into()), (FLAGS, flags)];
    assert!(writer.append(&all((&one).into())).is_err(), "a float as flags");
    assert!(writer.append(&all((&flag).into())[..3]).is_err(), "flags left out");
    assert!(writer.append(&[(TIME, (&two).into()), (VOLTAGE, (&one).into()), (CURRENT, (&one).into()), (FLAGS, (&flag).into())]).is_err());
    assert!(writer.append(&[(PROFILE_TIME, (&one).into()), (RADIUS, (&two).into())]).is_err(), "two of five cells");
    assert!(writer.append(&[(TEMPERATURE, (&one).into())]).is_err(), "not declared");
    assert!(writer.write(Layout::new(POSITION, &[]), &two).is_err(), "two positions for five cells");
    assert!(writer.declare(Layout::new(TIME, &[])).is_err(), "twice");
    assert!(writer.declare(Layout::new(TEMPERATURE, &[])).is_err(), "a length is missing");
    assert!(writer.declare(Layout::new(TEMPERATURE, &[0])).is_err(), "no cells");
    writer.append(&all((&flag).into())).unwrap();
    assert!(writer.declare(Layout::new(CURRENT, &[])).is_err());
    writer.finish().unwrap();
    assert_eq!(Reader::open(&dir).unwrap().read_f64("", "time").unwrap().values, one);
}

#[test]
fn a_failed_creation_leaves_nothing_behind() {
    let scratch = tempfile::tempdir().unwrap();
    let twice = [Layout::new(TIME, &[]), Layout::new(TIME, &[])];
    let (fresh, empty) = (scratch.path().join("a/run.zarr"), scratch.path().join("b"));
    assert!(Writer::create(&fresh, Default::default(), &twice).is_err());
    assert!(!fresh.exists());
    fs::create_dir(&empty).unwrap();
    assert!(Writer::create(&empty, Default::default(), &twice).is_err());
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0);
}

#[test]
fn run_folders_are_made_exclusively() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("runs");
    let names: Vec<String> = (0..3)
        .map(|_| RunFolder::create_in(&root, "fig2a", UNIX_EPOCH).unwrap().path().file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["fig2a-19700101T000000Z", "fig2a-19700101T000000Z-2", "fig2a-19700101T000000Z-3"]);
    let odd = RunFolder::create_in(&root, "../../my run", UNIX_EPOCH).unwrap();
    assert_eq!(odd.path().parent().unwrap(), root);

    let out = scratch.path().join("deep/er");
    let folder = RunFolder::create(Some(&out), "ignored", UNIX_EPOCH).unwrap();
    assert_eq!(folder.path(), out);
    folder.write_file("protocol.toml", "title = \"x\"\n").unwrap();
    let error = RunFolder::create(Some(&out), "x", UNIX_EPOCH).unwrap_err();
    assert!(matches!(error, RecordError::NotEmpty { .. }) && error.to_string().contains("empty"), "{error}");
    let file = out.join("protocol.toml");
    for path in [file.clone(), file.join("below"), file.join("deeper/below")] {
        let error = RunFolder::create(Some(&path), "x", UNIX_EPOCH).unwrap_err();
        assert!(matches!(error, RecordError::NotAFolder { .. }), "{path:?}: {error}");
    }
    // Where not even root may write.
    let error = RunFolder::create(Some(Path::new("/proc/pentatwin")), "x", UNIX_EPOCH).unwrap_err();
    assert!(matches!(error, RecordError::Unwritable { .. } | RecordError::Io { .. }), "{error}");
    folder.discard();
    assert!(!out.exists());
}

#[test]
fn iv_csv_reads_back_to_the_last_bit() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("iv.csv");
    let mut log = IvLog::create(&path).unwrap();
    assert!(IvLog::create(&path).is_err(), "it exists");
    let samples = [(0.1 + 0.2, 1e-3, 6.02e-23, 5), (1.0, f64::NAN, -0.0, 0)];
    for (t, v, i, flags) in samples {
        log.append(t, v, i, flags);
    }
    log.finish().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("time_s,voltage_V,current_A,flags")); // design.md, section 5
    for ((t, v, i, flags), line) in samples.iter().zip(lines) {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        assert_eq!([cells[0].to_bits(), cells[2].to_bits()], [t.to_bits(), i.to_bits()]);
        assert!(cells[1] == *v || v.is_nan() && cells[1].is_nan());
        assert_eq!(cells[3], f64::from(*flags));
    }
}

#[test]
fn commits_come_at_most_five_times_a_second() {
    let scratch = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(&scratch.path().join("run.zarr"), Default::default(), &series()).unwrap();
    assert!(!writer.commit_if_due().unwrap(), "nothing changed");
    let (start, flag, mut commits) = (Instant::now(), 0u8, 0u32);
    while start.elapsed() < Duration::from_millis(900) {
        let t = start.elapsed().as_secs_f64();
        writer.append(&[(TIME, (&t).into()), (VOLTAGE, (&t).into()), (CURRENT, (&t).into()), (FLAGS, (&flag).into())]).unwrap();
        commits += u32::from(writer.commit_if_due().unwrap());
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!((1..=5).contains(&commits), "{commits}"); // design.md, section 5
}

/// Every file of a store with what is in it, but for those of one group and the root's metadata.
fn files_but(dir: &std::path::Path, group: &str) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path == dir.join(group) => {}
                true => folders.push(path),
                false if path == dir.join("zarr.json") => {}
                false => found.push((path.clone(), std::fs::read(&path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn measurements_are_added_to_a_finished_record_replaced_and_nothing_else_changes() {
    use pentatwin_record::replace_group;
    use pentatwin_units::recorded::{CURRENT, MEASURED_POSITION, MEASURED_TIME, MEASURED_WIDTH, TIME};
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("run.zarr");
    let mut writer = Writer::create(&dir, Default::default(), &[Layout::new(TIME, &[]), Layout::new(CURRENT, &[])]).unwrap();
    writer.append(&[(TIME, (&[0.1, 0.2]).into()), (CURRENT, (&[1e-3, 2e-3]).into())]).unwrap();
    writer.set_attribute("title", "a run");
    writer.finish().unwrap();
    let before = files_but(&dir, "measurements");
    assert!(!before.is_empty());
    // The second time with fewer frames: nothing of the first may be left.
    for frames in [5usize, 3, 0] {
        let time: Vec<f64> = (0..frames).map(|k| k as f64).collect();
        let width: Vec<f64> = (0..2 * frames).map(|k| (k + frames) as f64).collect();
        let arrays = [
            (Layout::new(MEASURED_TIME, &[]), (&time).into()),
            (Layout::new(MEASURED_POSITION, &[]), (&[-1.0, 1.0]).into()),
            (Layout::new(MEASURED_WIDTH, &[2]), (&width).into()),
        ];
        let attributes = serde_json::Map::from_iter([("measured".to_owned(), serde_json::json!({ "frames": frames }))]);
        replace_group(&dir, "measurements", &arrays, attributes).unwrap();
        let reader = Reader::open(&dir).unwrap();
        assert_eq!(reader.read_f64("measurements", "measured_width").unwrap().values, width);
        assert_eq!(reader.attributes()["measured"]["frames"], frames);
        assert_eq!(reader.attributes()["title"], "a run");
        assert_eq!(reader.read_f64("", "current").unwrap().values, [1e-3, 2e-3]);
        assert_eq!(files_but(&dir, "measurements"), before);
        let chunks = std::fs::read_dir(dir.join("measurements/measured_time")).unwrap().count();
        assert_eq!(chunks, if frames == 0 { 1 } else { 2 }, "zarr.json, and c if there are any");
    }
    // What does not fit changes nothing.
    let wrong = [(Layout::new(MEASURED_TIME, &[]), (&[1.0]).into()), (Layout::new(MEASURED_WIDTH, &[2]), (&[1.0, 1.0, 2.0, 2.0]).into())];
    assert!(replace_group(&dir, "measurements", &wrong, Default::default()).is_err());
    assert!(replace_group(&dir, "measurements", &[(Layout::new(TIME, &[]), (&[1.0]).into())], Default::default()).is_err());
    assert_eq!(Reader::open(&dir).unwrap().attributes()["measured"]["frames"], 0);
}
