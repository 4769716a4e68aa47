//! `pentatwin analyze`: what it writes, says and refuses. How well it measures is tested where it is done.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{pentatwin, stderr, stdout};
use pentatwin_analysis::movie::Contrast;
use pentatwin_experiment::analyze::{AnalyzeOptions, HalfMaximum, Progressing, Start, analyze, analyze_with};
use pentatwin_experiment::run::Flow;
use pentatwin_record::import::Hints;
use pentatwin_record::measured::Measured;
use pentatwin_record::{Layout, Reader, Writer};
use pentatwin_units::recorded::{CURRENT, DOSE, DRIFT_X, DRIFT_Y, FLAGS, FRAME_TIME, FRAMES, TIME, TRUE_FRAME_TIME, VOLTAGE, X, Y};

const W: usize = 384;
const H: usize = 320;
const NM: f64 = 1.0;
const FRAMES_MADE: usize = 16;
/// The first frame with a gap, of 40 nm.
const BREAK: usize = 10;
/// Of the wire [pixels].
const WIDTH: usize = 115;

/// A round wire that absorbs with 75 nm on a bright film, parted from frame [`BREAK`] on; noise from a congruential generator.
fn counts(frame: usize, wire: bool) -> Vec<u16> {
    let mut state = frame as u32 + 1;
    let mut noise = || {
        let sum: u32 = (0..4)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); // Numerical Recipes
                state >> 24
            })
            .sum();
        sum as f64 / 4.0 - 127.5
    };
    let film = |i: usize, j: usize| {
        let gap = frame >= BREAK && (170..210).contains(&i);
        let across = j as f64 - 0.5 * (H as f64 - 1.0);
        let chord = (WIDTH as f64).powi(2) - 4.0 * across * across;
        if wire && !gap && chord > 0.0 { 3000.0 * (-chord.sqrt() * NM / 75.0).exp() } else { 3000.0 }
    };
    (0..W * H).map(|k| (film(k % W, k / W) + 2.0 * noise()) as u16).collect()
}

/// A run whose wire breaks, with a sample each 0.1 s and a group `truth`.
fn run(folder: &Path, name: &str, wire: bool) -> PathBuf {
    run_of(folder, name, |frame| counts(frame, wire))
}

/// The same with frames of one's own.
fn run_of(folder: &Path, name: &str, counts: impl Fn(usize) -> Vec<u16>) -> PathBuf {
    let run = folder.join(name);
    let mut arrays: Vec<Layout> =
        [TIME, VOLTAGE, CURRENT, FLAGS, FRAME_TIME, DOSE, TRUE_FRAME_TIME, DRIFT_X, DRIFT_Y].map(|r| Layout::new(r, &[])).into();
    arrays.push(Layout::new(FRAMES, &[H as u64, W as u64]));
    let attributes = [("ended", "the wire broke"), ("title", "a made-up run"), ("protocol", "title = \"none\"\n")];
    let attributes = attributes.map(|(k, v)| (k.to_owned(), v.into())).into_iter().collect();
    let mut writer = Writer::create(&run.join("run.zarr"), attributes, &arrays).unwrap();
    let axis = |n: usize, centre: f64| (0..n).map(|k| centre + NM * (k as f64 - 0.5 * (n as f64 - 1.0))).collect::<Vec<f64>>();
    writer.write(Layout::new(X, &[]), &axis(W, 1000.0)).unwrap();
    writer.write(Layout::new(Y, &[]), &axis(H, 0.0)).unwrap();
    let breaks = 0.5 * BREAK as f64;
    for k in 0..(5 * FRAMES_MADE) {
        let t = 0.1 * k as f64;
        // About zero the instrument's noise changes its sign from sample to sample.
        let noise = [1.3e-5, -4e-6][k % 2];
        let (v, i) = (0.1 * t, if t < breaks { 1e-3 * t } else { 0.0 } + noise);
        writer.append(&[(TIME, (&t).into()), (VOLTAGE, (&v).into()), (CURRENT, (&i).into()), (FLAGS, (&0u8).into())]).unwrap();
    }
    for k in 0..FRAMES_MADE {
        let t = 0.25 + 0.5 * k as f64;
        let frame = counts(k);
        writer.append(&[(FRAME_TIME, (&t).into()), (DOSE, (&1e20).into()), (FRAMES, (&frame).into())]).unwrap();
        writer.append(&[(TRUE_FRAME_TIME, (&t).into()), (DRIFT_X, (&0.0).into()), (DRIFT_Y, (&0.0).into())]).unwrap();
    }
    writer.finish().unwrap();
    run
}

fn bytes_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_run_gets_its_measurements_and_tables_and_a_second_analysis_replaces_them() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), "run", true);
    let output = pentatwin(folder.path(), &["analyze", "run"]).output().unwrap();
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(said.starts_with("run: 16 of 16 frames, 384 x 320 pixels of 1 nm"), "{said}");
    let store = Reader::open(&made).unwrap();
    let measured: Measured = store.attribute("measured").unwrap();
    assert_eq!((measured.frames, measured.contrast.as_str(), measured.origin.as_str()), (16, "bright-field", "the edge of contact 1"));
    let read = |name: &str| store.read_f64("measurements", name).unwrap();
    assert_eq!(read("measured_time").values, store.read_f64("", "frame_time").unwrap().values);
    let position = read("measured_position").values;
    assert!((0.5 * (position[0] + position[position.len() - 1]) - 1e-6).abs() < 5e-9); // the centre lies at 1000 nm
    assert_eq!(read("measured_width").shape, [16, position.len() as u64]);
    for (name, header) in [
        ("frames.csv", "frame,time_s,smallest_width_nm,gap_left_nm"),
        ("widths.csv", "frame,time_s,position_nm,width_nm,width_statistical_nm"),
        ("events.csv", "letter,name,time_s,time_uncertainty_s,frame,position_nm,voltage_V,current_A"),
        ("findings.csv", "key,group,label,value_SI"),
        ("iv.csv", "time_s,voltage_V,current_A,nearest_frame"),
    ] {
        let text = fs::read_to_string(made.join("measured").join(name)).unwrap();
        assert!(text.starts_with(header), "{name}: {text:.200}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{name}");
        let columns = text.lines().next().unwrap().split(',').count();
        assert!(name == "findings.csv" || text.lines().all(|l| l.split(',').count() == columns), "{name}");
    }
    // The record's own group is as it was, and a second time nothing changes.
    assert_eq!(store.read_f64("", "current").unwrap().values.len(), 80);
    let before = bytes_below(&made);
    assert_eq!(pentatwin(folder.path(), &["analyze", "run", "-q"]).output().unwrap().status.code(), Some(0));
    assert!(bytes_below(&made) == before);
}

#[test]
fn gap_and_rupture_come_into_the_store_and_onto_the_samples_of_the_run() {
    // By the plainest follower, which is told nothing: what is tested is the way of its numbers.
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), "run", true);
    let outcome = analyze_with(&made, &AnalyzeOptions::default(), HalfMaximum::new, &mut |_| Flow::Continue).unwrap();
    let measured = outcome.measured;
    let gap = Reader::open(&made).unwrap().read_f64("measurements", "gap_width").unwrap().values;
    assert!(gap[..BREAK].iter().all(|g| g.is_nan()) && gap[BREAK..].iter().all(|g| (g - 40e-9).abs() < 12e-9), "{gap:?}");
    let event = measured.events.iter().find(|e| e.letter == "C").unwrap();
    assert!(event.frame.unwrap().abs_diff(BREAK as u64) <= 1 && event.voltage.is_some(), "{event:?}");
    let offset = measured.findings.iter().find(|f| f.key == "clock_offset").unwrap();
    assert_eq!((offset.value, measured.clocks.offset), (Some(0.0), Some(0.0)));
    assert!(measured.clocks.basis.contains("the break agrees with it"), "{}", measured.clocks.basis);
}

#[test]
fn without_the_truth_the_results_are_the_same_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let inside = |name: &str| folder.path().join(name);
    let (with, without) = (run(&inside("a"), "run", true), run(&inside("b"), "run", true));
    fs::remove_dir_all(without.join("run.zarr/truth")).unwrap();
    let file = without.join("run.zarr/zarr.json");
    let mut root: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    root["consolidated_metadata"]["metadata"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("truth"));
    fs::write(&file, root.to_string()).unwrap();
    for name in ["a", "b"] {
        let output = pentatwin(&inside(name), &["analyze", "run", "-q"]).output().unwrap();
        assert_eq!(stdout(&output), "run/measured\n", "{}", stderr(&output));
    }
    for part in ["run.zarr/measurements", "measured"] {
        assert!(bytes_below(&with.join(part)) == bytes_below(&without.join(part)), "{part}");
    }
    let measured = |run: &Path| Reader::open(run).unwrap().attribute::<Measured>("measured").unwrap();
    assert_eq!(measured(&with), measured(&without));
}

#[test]
fn a_movie_from_a_file_with_a_log_has_a_store_of_its_own_and_json_is_one_object() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "run", true);
    let path = |name: &str| folder.path().join(name);
    for to in ["tiff", "csv"] {
        let output = pentatwin(folder.path(), &["export", "run", "--to", to, "--out", to]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    fs::rename(path("tiff"), path("movie.tif")).unwrap();
    let args = ["analyze", "movie.tif", "--iv", "csv", "--iv-columns", "time_s,3,voltage_V", "--json"];
    let wrong = pentatwin(folder.path(), &args).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("the unit `A` of the voltage is not known"), "{}", stderr(&wrong)); // voltage and current swapped
    let args = ["analyze", "movie.tif", "--iv", "csv", "--iv-columns", "time_s,2,current_A (A)", "--json"];
    let output = pentatwin(folder.path(), &args).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let object: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&object["folder"], &object["measured"]["frames"]), (&"movie-analysis".into(), &16.into()));
    let store = Reader::open(&path("movie-analysis/analysis.zarr")).unwrap();
    assert!((store.attribute::<Measured>("measured").unwrap().pixel / 1e-9 - 1.0).abs() < 1e-8);
    assert_eq!(store.read_f64("measurements", "frame_flags").unwrap().values.len(), 16);
    // A run can be measured without being touched.
    let before = bytes_below(&path("run"));
    let output = pentatwin(folder.path(), &["analyze", "run", "--out", "elsewhere", "-q"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(bytes_below(&path("run")) == before && path("elsewhere/analysis.zarr/zarr.json").exists());
}

#[test]
fn stopping_keeps_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), "run", true);
    let outcome = analyze(&made, &AnalyzeOptions::default(), &mut |message| match message {
        Progressing::Frame { done: 12, .. } => Flow::Stop,
        _ => Flow::Continue,
    });
    let measured = outcome.unwrap().measured;
    assert!(measured.interrupted && measured.frames == 12, "{measured:?}");
    assert!(measured.notes.iter().any(|n| n == "stopped after 12 of 16 frames"), "{:?}", measured.notes);
    assert_eq!(Reader::open(&made).unwrap().read_f64("measurements", "measured_time").unwrap().values.len(), 12);
}

#[test]
fn a_damaged_frame_is_left_out_with_a_note_and_a_run_that_goes_on_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), "run", true);
    fs::write(made.join("run.zarr/frames/c/5/0/0"), "damaged").unwrap();
    let outcome = analyze(&made, &AnalyzeOptions::default(), &mut |_| Flow::Continue).unwrap();
    assert_eq!(outcome.measured.frames, 15);
    assert!(outcome.measured.notes[0].starts_with("frame 5 of"), "{:?}", outcome.measured.notes);
    let file = made.join("run.zarr/zarr.json");
    let text = fs::read_to_string(&file).unwrap().replace("the wire broke", "not ended: the record stops in the middle of the run");
    fs::write(&file, &text).unwrap();
    let outcome = analyze(&made, &AnalyzeOptions::default(), &mut |_| Flow::Continue).unwrap();
    assert_eq!(outcome.store, made.join("measured/analysis.zarr"));
    assert!(outcome.measured.notes.iter().any(|n| n.contains("has not ended")));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn what_cannot_be_measured_is_refused_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let empty = run(folder.path(), "empty", false);
    run(folder.path(), "run", true);
    let export = pentatwin(folder.path(), &["export", "run", "--to", "tiff", "--out", "movie.tif"]).output().unwrap();
    assert_eq!(export.status.code(), Some(0));
    // The same stack without a scale, as a camera's software may write it.
    let mut bytes = fs::read(folder.path().join("movie.tif")).unwrap();
    let at = bytes.windows(7).position(|w| w == b"ImageJ=").unwrap();
    bytes[at..at + 7].copy_from_slice(b"Camera=");
    fs::write(folder.path().join("plain.tif"), bytes).unwrap();
    fs::write(folder.path().join("log.csv"), "a,b\n1,2\n").unwrap();
    for (args, parts) in [
        (&["analyze", "plain.tif"][..], &["does not say the size of a pixel", "--pixel \"1 nm\""][..]),
        (&["analyze", "plain.tif", "--pixel", "2 nm"], &["does not say when its frames were taken", "--frame-time \"0.5 s\""]),
        (&["analyze", "run", "--pixel", "2 s"], &["a time, but a length is wanted", "--pixel \"1 nm\""]),
        (&["analyze", "run", "--pixel", "0 nm"], &["above zero"]),
        (&["analyze", "run", "--axis", "north"], &["--axis north", "--axis \"3 deg\""]),
        (&["analyze", "run", "--iv", "log.csv"], &["log.csv", "names columns", "--iv-columns"]),
        (&["analyze", "run", "--iv", "log.csv", "--iv-columns", "a"], &["write three columns"]),
        (&["analyze", "empty"], &["no wire"]),
        (&["analyze", "nowhere"], &["cannot read nowhere"]),
        (&["analyze", "log.csv"], &["neither TIFF nor PNG"]),
    ] {
        let output = pentatwin(folder.path(), args).output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
        assert!(output.stdout.is_empty() && !message.contains("panicked"), "{message}");
        for part in parts {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
    }
    assert!(!empty.join("measured").exists() && !folder.path().join("plain-analysis").exists());
    // With both it is measured.
    let args = ["analyze", "plain.tif", "--pixel", "1 nm", "--frame-time", "500 ms", "-q"];
    let output = pentatwin(folder.path(), &args).output().unwrap();
    assert_eq!(stdout(&output), "plain-analysis\n", "{}", stderr(&output));
    let hints = Hints { pixel: Some(1e-9), frame_time: Some(0.5) };
    let options = AnalyzeOptions { hints, out: Some(folder.path().join("again")), ..AnalyzeOptions::default() };
    let outcome = analyze(&folder.path().join("plain.tif"), &options, &mut |_| Flow::Continue).unwrap();
    assert_eq!(outcome.measured.frames, 16);
}

/// A wire that is bright on a dark film; after the break six balls of 14 nm lie in the gap. Noise nearly as of counted electrons.
fn dark_field(frame: usize) -> Vec<u16> {
    let mut state = 77 + frame as u32;
    let mut noise = || {
        let sum: f64 = (0..12)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); // Numerical Recipes
                f64::from(state >> 8) / f64::from(1u32 << 24)
            })
            .sum();
        sum - 6.0
    };
    let chord = |square: f64, of: f64| (of * of - 4.0 * square).max(0.0).sqrt();
    let mean = |i: usize, j: usize| {
        let (x, y) = (i as f64, j as f64 - 0.5 * (H as f64 - 1.0));
        let gap = frame >= BREAK && (150..230).contains(&i);
        let mut silver = if gap { 0.0 } else { chord(y * y, WIDTH as f64) };
        if frame >= BREAK {
            let balls = [(170.0, -20.0), (180.0, 12.0), (190.0, -6.0), (200.0, 25.0), (205.0, -30.0), (178.0, 35.0)];
            silver += balls.iter().map(|(a, b)| chord((x - a) * (x - a) + (y - b) * (y - b), 14.0)).sum::<f64>();
        }
        // Counts of a camera with one per electron: 40 of the film, up to 900 of silver with a length of 75 nm.
        40.0 + 900.0 * (1.0 - (-silver * NM / 75.0).exp())
    };
    (0..W * H).map(|k| (mean(k % W, k / W), noise())).map(|(m, n)| (m + n * m.sqrt()).round().max(0.0) as u16).collect()
}

#[test]
fn balls_in_a_dark_gap_are_counted_and_none_is_found_in_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let made = run_of(folder.path(), "run", dark_field);
    // By the plainest follower: what is tested is what comes after it.
    let measure = |run: &Path, contrast| {
        let start = |start: &Start| HalfMaximum::new(&Start { contrast: Some(contrast), ..*start });
        analyze_with(run, &AnalyzeOptions::default(), start, &mut |_| Flow::Continue).unwrap()
    };
    let outcome = measure(&made, Contrast::DarkField);
    assert_eq!(outcome.measured.contrast, "dark-field");
    let finding = |key: &str| outcome.measured.findings.iter().find(|f| f.key == key).unwrap_or_else(|| panic!("{key}"));
    assert_eq!(finding("particles").value, Some(6.0), "{:?}", finding("particles"));
    let table = fs::read_to_string(made.join("measured/particles.csv")).unwrap();
    let frames: Vec<&str> = table.lines().skip(1).filter_map(|l| l.split(',').nth(1)).collect();
    assert!(frames.iter().all(|k| k.parse::<usize>().unwrap() >= BREAK) && frames.len() >= 6 * 4, "{table}");
    // The same wire in bright field: it is said what could be decided, and nothing is looked for.
    let bright = run(folder.path(), "bright", true);
    let outcome = measure(&bright, Contrast::BrightField);
    assert!(outcome.measured.findings.iter().all(|f| f.key != "particles") && !bright.join("measured/particles.csv").exists());
    let limit = outcome.measured.findings.iter().find(|f| f.key == "particles_limit");
    assert!(limit.is_some_and(|f| f.basis.contains("cannot be decided") || f.value.is_none()), "{limit:?}");
}

#[test]
fn the_report_stands_alone_and_its_frames_are_those_of_the_movie() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), "run", true);
    // A frame that cannot be read: the numbers of those after it must not slip.
    fs::write(made.join("run.zarr/frames/c/3/0/0"), "damaged").unwrap();
    assert_eq!(pentatwin(folder.path(), &["analyze", "run", "-q"]).output().unwrap().status.code(), Some(0));
    let page = fs::read_to_string(made.join("measured/report.html")).unwrap();
    assert!(page.len() < 5_000_000 && !page.contains("http://") && page.contains("default-src 'none'"));
    for part in ["What was measured, and how sure", "damaged", "data:image/png;base64,", "data-measured=\"thinnest\"", "data-figure=\"iv\""]
    {
        assert!(page.contains(part), "{part}");
    }
    let store = Reader::open(&made).unwrap();
    let index = store.read_f64("measurements", "frame_index").unwrap().values;
    assert_eq!(index, (0..FRAMES_MADE).filter(|k| *k != 3).map(|k| k as f64).collect::<Vec<_>>());
    // Noise about zero current is no break: the fall is that of the rupture.
    let measured: Measured = store.attribute("measured").unwrap();
    let fall = measured.findings.iter().find(|f| f.key == "breakdown_time").unwrap();
    assert!((fall.value.unwrap() - 0.5 * BREAK as f64).abs() < 0.25, "{fall:?}");
    let names: Vec<String> =
        fs::read_dir(made.join("measured/overlays")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().any(|n| n.starts_with("frame-00000-first")) && names.iter().any(|n| n.ends_with("last.png")), "{names:?}");
    // The run's own report says what was measured, and where the rest is.
    assert_eq!(pentatwin(folder.path(), &["report", "run"]).output().unwrap().status.code(), Some(0));
    let own = fs::read_to_string(made.join("report.html")).unwrap();
    assert!(own.contains("href=\"measured/report.html\"") && own.contains("Measured on the frames"));
}

#[test]
fn an_image_without_a_wire_has_its_lattice_measured_and_its_scale_by_a_crystal() {
    // Fringes of SrTiO3 along 001 (a = 0.3905 nm) in an image whose x is 3 % too long and whose y is 2 % too short.
    let folder = tempfile::tempdir().unwrap();
    let (n, pixel, edge, turned) = (256usize, 0.02, 0.3905, 0.3f64);
    let wave = |h: f64, k: f64, x: f64, y: f64| {
        let (u, v) = (x / 1.03, y / 0.98);
        let (a, b) = (u * turned.cos() + v * turned.sin(), v * turned.cos() - u * turned.sin());
        (std::f64::consts::TAU * (h * a + k * b) / edge).cos()
    };
    let mut state = 5u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 20) / 20.0
    };
    let counts: Vec<u16> = (0..n * n)
        .map(|i| ((i % n) as f64 * pixel, (i / n) as f64 * pixel))
        .map(|(x, y)| {
            let all: f64 = [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0)].iter().map(|(h, k)| wave(*h, *k, x, y)).sum();
            (1000.0 + 60.0 * all + noise()) as u16
        })
        .collect();
    let arrays = [Layout::new(FRAME_TIME, &[]), Layout::new(FRAMES, &[n as u64, n as u64])];
    let mut writer = Writer::create(&folder.path().join("image.zarr"), serde_json::Map::new(), &arrays).unwrap();
    writer.append(&[(FRAME_TIME, (&0.5).into()), (FRAMES, (&counts).into())]).unwrap();
    writer.finish().unwrap();
    let args = ["analyze", "image.zarr", "--pixel", "0.02 nm", "--lattice", "--crystal", "srtio3", "--out", "out", "--json"];
    let output = pentatwin(folder.path(), &args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let measured: Measured = serde_json::from_value(said["measured"].clone()).unwrap();
    let value = |key: &str| measured.findings.iter().find(|f| f.key == key).unwrap().value.unwrap();
    let scales = [value("scale_x"), value("scale_y")];
    assert!((scales[0] - 1.0 / 1.03).abs() < 3e-3 && (scales[1] - 1.0 / 0.98).abs() < 3e-3, "{scales:?}");
    assert!(fs::read_to_string(folder.path().join("out/lattice.csv")).unwrap().lines().count() >= 5);
    assert_eq!(Reader::open(&folder.path().join("out/analysis.zarr")).unwrap().attribute::<Measured>("measured").unwrap(), measured);
    for (args, part) in [
        (&["analyze", "image.zarr", "--pixel", "0.02 nm", "--lattice", "--crystal", "gold"][..], "SrTiO3"),
        (&["analyze", "image.zarr", "--pixel", "0.02 nm", "--crystal", "Ag"], "--lattice"),
        (&["analyze", "image.zarr", "--lattice"], "pixel"),
    ] {
        let output = pentatwin(folder.path(), args).output().unwrap();
        assert!(output.status.code() == Some(2) && stderr(&output).contains(part), "{args:?}: {}", stderr(&output));
    }
}
