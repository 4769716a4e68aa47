//! Movies and logs of other programs are read as they are, and refused in plain words where they cannot be.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use pentatwin_record::import::{Columns, Hints, ImportError, Movie, read_iv};
use pentatwin_record::{Layout, Writer, export};
use pentatwin_units::recorded::{DOSE, FRAME_TIME, FRAMES, TIME, X, Y};
use proptest::prelude::*;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16, Gray32, Gray32Float, GrayI16, RGB8};
use tiff::encoder::{Compression, Rational, TiffEncoder, TiffValue};
use tiff::tags::Tag;

const W: usize = 7;
const H: usize = 5;
const NM: Hints = Hints { pixel: Some(1e-9), frame_time: Some(0.5) };

fn counts(frame: usize) -> Vec<u16> {
    (0..W * H).map(|k| (100 * frame + k) as u16).collect()
}

/// A stack with tags on its first page.
fn stack<C: ColorType>(path: &Path, frames: &[Vec<C::Inner>], description: &str, per_unit: u32, unit: u16, compression: Compression)
where
    [C::Inner]: TiffValue,
{
    let mut tiff = TiffEncoder::new(BufWriter::new(File::create(path).unwrap())).unwrap().with_compression(compression);
    for frame in frames {
        let mut page = tiff.new_image::<C>(W as u32, H as u32).unwrap();
        if !description.is_empty() {
            page.encoder().write_tag(Tag::ImageDescription, description).unwrap();
        }
        for tag in [Tag::XResolution, Tag::YResolution] {
            page.encoder().write_tag(tag, Rational { n: per_unit, d: 1 }).unwrap();
        }
        page.encoder().write_tag(Tag::ResolutionUnit, unit).unwrap();
        page.write_data(frame).unwrap();
    }
}

fn plain(path: &Path, frames: usize) {
    stack::<Gray16>(path, &(0..frames).map(counts).collect::<Vec<_>>(), "", 1, 1, Compression::Uncompressed);
}

fn write_png(path: &Path, colour: png::ColorType, data: &[u8]) {
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path).unwrap()), W as u32, H as u32);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(data).unwrap();
}

fn all(movie: &mut Movie) -> Vec<Vec<u16>> {
    (0..movie.len()).map(|k| movie.read(k).unwrap()).collect()
}

#[test]
fn a_stack_is_read_in_any_order_with_imagej_s_scale_and_interval() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("movie.tif");
    // 500 pixels per micrometre: 2 nm.
    for (unit, tunit, step) in [("\\u00B5m", "ms", 500.0), ("micron", "sec", 0.5), ("um", "", 0.5)] {
        let text = format!("ImageJ=1.53t\nimages=4\nframes=4\nunit={unit}\nfinterval={step}\ntunit={tunit}\n");
        let frames: Vec<_> = (0..4).map(counts).collect();
        for packed in [Compression::Uncompressed, Compression::Lzw, Compression::Deflate(Default::default())] {
            stack::<Gray16>(&path, &frames, &text, 500, 1, packed);
            let mut movie = Movie::open(&path, &Hints::default()).unwrap();
            assert_eq!((movie.len(), movie.size(), movie.notes()), (4, [W, H], vec![]));
            assert!((movie.pixel().unwrap() / 2e-9 - 1.0).abs() < 1e-9);
            for (t, right) in movie.times().unwrap().iter().zip([0.25, 0.75, 1.25, 1.75]) {
                assert!((t - right).abs() < 1e-12);
            }
            for k in [3, 0, 2, 2, 1] {
                assert_eq!(movie.read(k).unwrap(), counts(k as usize));
            }
            assert!(matches!(movie.read(4), Err(ImportError::NoSuchFrame { .. })));
        }
    }
    // What the user says governs.
    let movie = Movie::open(&path, &NM).unwrap();
    assert_eq!(movie.pixel().unwrap(), 1e-9);
    assert!(movie.notes().iter().any(|n| n.contains("the one given")));
}

#[test]
fn a_missing_scale_or_interval_is_refused_when_asked_for_with_what_to_give() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("movie.tif");
    plain(&path, 3);
    let movie = Movie::open(&path, &Hints::default()).unwrap();
    let error = movie.pixel().unwrap_err();
    assert!(error.help().contains("--pixel \"1 nm\"") && error.is_bad_input());
    assert!(movie.times().unwrap_err().help().contains("--frame-time \"0.5 s\""));
    // 72 dots per inch are no microscope's; 1e8 per cm are 0.1 nm.
    stack::<Gray16>(&path, &[counts(0)], "", 72, 2, Compression::Uncompressed);
    let error = Movie::open(&path, &Hints::default()).unwrap().pixel().unwrap_err();
    assert!(error.to_string().contains("72 dots per inch"), "{error}");
    stack::<Gray16>(&path, &[counts(0)], "", 100_000_000, 3, Compression::Uncompressed);
    assert!((Movie::open(&path, &Hints::default()).unwrap().pixel().unwrap() / 1e-10 - 1.0).abs() < 1e-9);
    for bad in [Hints { pixel: Some(0.0), ..NM }, Hints { frame_time: Some(f64::NAN), ..NM }] {
        assert!(matches!(Movie::open(&path, &bad), Err(ImportError::Hint { .. })));
    }
}

#[test]
fn samples_of_every_type_become_counts() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("movie.tif");
    let open = || Movie::open(&path, &NM).unwrap();
    stack::<Gray8>(&path, &[vec![7u8; W * H]], "", 1, 1, Compression::Uncompressed);
    assert_eq!(open().read(0).unwrap(), [7; W * H]);
    assert!(open().notes()[0].contains("8 bits"));
    stack::<GrayI16>(&path, &[vec![-3i16; W * H]], "", 1, 1, Compression::Uncompressed);
    assert_eq!((open().read(0).unwrap()[0], open().zero()), (5, 8.0)); // shifted by 8
    stack::<Gray32>(&path, &[(0..35u32).collect()], "", 1, 1, Compression::Uncompressed);
    assert_eq!(open().read(0).unwrap(), (0..35).collect::<Vec<u16>>());
    stack::<Gray32Float>(&path, &[vec![0.5f32; W * H], vec![5.0; W * H]], "", 1, 1, Compression::Uncompressed);
    let mut movie = open();
    let frames = all(&mut movie);
    assert!(frames[0][0] > 1000 && frames[1][0] == u16::MAX);
    assert!(movie.notes().iter().any(|n| n.starts_with("35 samples lie outside")), "{:?}", movie.notes());
}

#[test]
fn colours_are_refused_unless_they_are_grey() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("movie.tif");
    let grey: Vec<u8> = (0..W * H).flat_map(|k| [k as u8; 3]).collect();
    let mut coloured = grey.clone();
    coloured[4] = 99;
    stack::<RGB8>(&path, &[grey.clone(), coloured.clone()], "", 1, 1, Compression::Uncompressed);
    let mut movie = Movie::open(&path, &NM).unwrap();
    assert_eq!(movie.read(0).unwrap(), (0..35).collect::<Vec<u16>>());
    assert!(movie.notes().iter().any(|n| n.contains("all of them grey")));
    let error = movie.read(1).unwrap_err();
    assert!(matches!(error, ImportError::Colour { frame: 1, .. }) && error.help().contains("turn it into grey"));
    let picture = scratch.path().join("one.png");
    write_png(&picture, png::ColorType::Rgb, &coloured);
    assert!(matches!(Movie::open(&picture, &NM), Err(ImportError::Colour { frame: 0, .. })));
    write_png(&picture, png::ColorType::Rgb, &grey);
    assert_eq!(Movie::open(&picture, &NM).unwrap().read(0).unwrap()[34], 34);
}

/// ImageJ's file beyond 4 GB: one directory, all frames behind it, big-endian.
fn imagej_contiguous(path: &Path, frames: usize, whole: usize) {
    let text = format!("ImageJ=1.53t\nimages={frames}\nframes={frames}\nunit=nm\nfinterval=0.5\n\0");
    let entries = 9u16;
    let after = 8 + 2 + 12 * u32::from(entries) + 4;
    let (text_at, res_at) = (after, after + text.len() as u32);
    let data = res_at + 8;
    let mut bytes = b"MM\0\x2a\0\0\0\x08".to_vec();
    bytes.extend(entries.to_be_bytes());
    let mut entry = |tag: u16, kind: u16, n: u32, value: [u8; 4]| {
        bytes.extend(tag.to_be_bytes());
        bytes.extend(kind.to_be_bytes());
        bytes.extend(n.to_be_bytes());
        bytes.extend(value);
    };
    let short = |v: u16| [v.to_be_bytes()[0], v.to_be_bytes()[1], 0, 0];
    entry(256, 4, 1, (W as u32).to_be_bytes());
    entry(257, 4, 1, (H as u32).to_be_bytes());
    entry(258, 3, 1, short(16));
    entry(262, 3, 1, short(1));
    entry(270, 2, text.len() as u32, text_at.to_be_bytes());
    entry(273, 4, 1, data.to_be_bytes());
    entry(278, 4, 1, (H as u32).to_be_bytes());
    entry(279, 4, 1, (2 * W as u32 * H as u32).to_be_bytes());
    entry(282, 5, 1, res_at.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(text.as_bytes());
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 2]); // half a pixel per nm
    for k in 0..whole {
        bytes.extend(counts(k).iter().flat_map(|c| c.to_be_bytes()));
    }
    bytes.extend([0; 9]); // of the next one, cut off
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_large_imagej_stack_has_all_its_frames_behind_one_directory() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("movie.tif");
    imagej_contiguous(&path, 6, 6);
    let mut movie = Movie::open(&path, &Hints::default()).unwrap();
    assert_eq!(movie.pixel().unwrap(), 2e-9);
    assert_eq!(all(&mut movie), (0..6).map(counts).collect::<Vec<_>>());
    imagej_contiguous(&path, 6, 4);
    let mut movie = Movie::open(&path, &Hints::default()).unwrap();
    assert_eq!((movie.len(), all(&mut movie).len()), (4, 4));
    assert!(movie.notes()[0].contains("4 whole frames of 6"), "{:?}", movie.notes());
}

#[test]
fn a_big_tiff_and_an_export_of_a_run_come_back_the_same() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("big.tif");
    let mut tiff = TiffEncoder::new_big(BufWriter::new(File::create(&path).unwrap())).unwrap();
    for k in 0..3 {
        tiff.write_image::<Gray16>(W as u32, H as u32, &counts(k)).unwrap();
    }
    drop(tiff);
    assert_eq!(all(&mut Movie::open(&path, &NM).unwrap()), (0..3).map(counts).collect::<Vec<_>>());
    let run = record(scratch.path(), 3, "done");
    let out = scratch.path().join("export.tif");
    export::tiff(&pentatwin_record::Reader::open(&run).unwrap(), &out).unwrap();
    let (mut a, mut b) = (Movie::open(&run, &Hints::default()).unwrap(), Movie::open(&out, &Hints::default()).unwrap());
    assert_eq!(all(&mut a), all(&mut b));
    assert!((a.pixel().unwrap() / b.pixel().unwrap() - 1.0).abs() < 1e-8);
}

/// A record whose pixels are 2 nm, the image's centre at 100 nm.
fn record(folder: &Path, frames: usize, ended: &str) -> PathBuf {
    let dir = folder.join("run");
    let mut arrays: Vec<Layout> = [TIME, FRAME_TIME, DOSE].map(|r| Layout::new(r, &[])).into();
    arrays.push(Layout::new(FRAMES, &[H as u64, W as u64]));
    let attributes = serde_json::Map::from_iter([("ended".to_owned(), ended.into())]);
    let mut writer = Writer::create(&dir.join("run.zarr"), attributes, &arrays).unwrap();
    let axis = |n: usize| (0..n).map(|k| 100.0 + 2.0 * (k as f64 - 0.5 * (n as f64 - 1.0))).collect::<Vec<f64>>();
    writer.write(Layout::new(X, &[]), &axis(W)).unwrap();
    writer.write(Layout::new(Y, &[]), &axis(H)).unwrap();
    for k in 0..frames {
        let t = 0.3 + 0.5 * k as f64;
        writer.append(&[(FRAME_TIME, (&t).into()), (DOSE, (&1.0).into()), (FRAMES, (&counts(k)).into())]).unwrap();
    }
    writer.finish().unwrap();
    dir
}

#[test]
fn a_run_says_its_own_times_scale_and_place() {
    let scratch = tempfile::tempdir().unwrap();
    let run = record(scratch.path(), 4, "not ended: the record stops in the middle of the run");
    for path in [run.clone(), run.join("run.zarr")] {
        let mut movie = Movie::open(&path, &Hints::default()).unwrap();
        assert_eq!(movie.times().unwrap(), [0.3, 0.8, 1.3, 1.8]);
        assert!((movie.pixel().unwrap() / 2e-9 - 1.0).abs() < 1e-9);
        assert!((movie.origin().unwrap() / 100e-9 - 1.0).abs() < 1e-9);
        assert_eq!(movie.read(2).unwrap(), counts(2));
        assert!(movie.notes()[0].contains("has not ended"));
        assert!(movie.run().is_some());
    }
    fs::remove_dir_all(run.join("run.zarr/frames")).unwrap();
    assert!(matches!(Movie::open(&run, &Hints::default()).unwrap().read(1), Err(ImportError::Damaged { frame: 1, .. })));
}

#[test]
fn a_folder_is_read_in_natural_order_and_other_files_are_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    for (k, name) in [(0, "f1.tif"), (1, "f2.TIF"), (2, "f10.tiff")] {
        stack::<Gray16>(&scratch.path().join(name), &[counts(k)], "", 1, 1, Compression::Uncompressed);
    }
    fs::write(scratch.path().join("notes.txt"), "aperture 2").unwrap();
    fs::write(scratch.path().join("._f1.tif"), "a Mac's own").unwrap();
    let mut movie = Movie::open(scratch.path(), &NM).unwrap();
    assert_eq!(all(&mut movie), (0..3).map(counts).collect::<Vec<_>>());
    // 8 bits among 16 are taken as they are; another size is not.
    write_png(&scratch.path().join("f11.png"), png::ColorType::Grayscale, &[9; W * H]);
    assert_eq!(Movie::open(scratch.path(), &NM).unwrap().read(3).unwrap(), [9; W * H]);
    let mut tiff = TiffEncoder::new(File::create(scratch.path().join("f12.tif")).unwrap()).unwrap();
    tiff.write_image::<Gray16>(2, 2, &[0; 4]).unwrap();
    assert!(matches!(
        Movie::open(scratch.path(), &NM).unwrap().read(4),
        Err(ImportError::MixedSizes { frame: 4, size: [2, 2], first: [W, H], .. })
    ));
    plain(&scratch.path().join("f13.tif"), 2);
    let error = Movie::open(scratch.path(), &NM).unwrap().read(5).unwrap_err();
    assert!(error.to_string().contains("2 pages"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(Movie::open(empty.path(), &NM), Err(ImportError::NoFrames { .. })));
}

/// A store as another program would write it: uncompressed, with attributes.
fn store(dir: &Path, name: &str, attributes: &str, chunk: usize, frames: usize) {
    let folder = dir.join(name);
    fs::create_dir_all(&folder).unwrap();
    if !name.is_empty() {
        fs::write(dir.join("zarr.json"), r#"{"zarr_format":3,"node_type":"group","attributes":{}}"#).unwrap();
    }
    let metadata = format!(
        r#"{{"zarr_format":3,"node_type":"array","shape":[{frames},{H},{W}],"data_type":"uint16",
        "chunk_grid":{{"name":"regular","configuration":{{"chunk_shape":[{chunk},{H},{W}]}}}},
        "chunk_key_encoding":{{"name":"default","configuration":{{"separator":"/"}}}},"fill_value":0,
        "codecs":[{{"name":"bytes","configuration":{{"endian":"little"}}}}],"attributes":{attributes}}}"#
    );
    fs::write(folder.join("zarr.json"), metadata).unwrap();
    for c in 0..frames.div_ceil(chunk) {
        let file = folder.join(format!("c/{c}/0/0"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let bytes: Vec<u8> = (c * chunk..(c + 1) * chunk).flat_map(counts).flat_map(|v| v.to_le_bytes()).collect();
        fs::write(file, bytes).unwrap();
    }
}

#[test]
fn a_zarr_store_is_found_by_its_only_movie_and_v2_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let said = r#"{"scale":[500,0.002,0.002],"units":["ms","um","um"]}"#;
    for (k, (name, chunk)) in [("", 1), ("movie", 3), ("group", 2)].into_iter().enumerate() {
        let dir = scratch.path().join(format!("{k}.zarr"));
        store(&dir, name, said, chunk, 5);
        let mut movie = Movie::open(&dir, &Hints::default()).unwrap();
        assert_eq!(all(&mut movie), (0..5).map(counts).collect::<Vec<_>>());
        assert_eq!(movie.read(1).unwrap(), counts(1));
        assert!((movie.pixel().unwrap() / 2e-9 - 1.0).abs() < 1e-9);
        assert_eq!(movie.times().unwrap()[1], 0.75);
    }
    let two = scratch.path().join("two.zarr");
    store(&two, "a", "{}", 1, 5);
    store(&two, "b", "{}", 1, 5);
    assert!(Movie::open(&two, &NM).err().unwrap().to_string().contains("`a`, `b`"));
    store(&two, "frames", "{}", 1, 4);
    assert_eq!(Movie::open(&two, &NM).unwrap().len(), 4);
    let old = scratch.path().join("old.zarr");
    fs::create_dir(&old).unwrap();
    fs::write(old.join(".zgroup"), "{}").unwrap();
    let error = Movie::open(&old, &NM).err().unwrap();
    assert!(matches!(error, ImportError::ZarrV2 { .. }) && error.help().contains("zarr_format=3"));
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_taken() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("movie.tif");
    for side in [60_000u32, u32::MAX] {
        let mut bytes = b"II\x2a\0\x08\0\0\0\x07\0".to_vec();
        for (tag, value) in [(256u16, side), (257, side), (258, 16), (259, 1), (262, 1), (273, 8), (279, 4)] {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(4u16.to_le_bytes());
            bytes.extend(1u32.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]);
        fs::write(&path, &bytes).unwrap();
        assert!(matches!(Movie::open(&path, &NM), Err(ImportError::TooLarge { .. } | ImportError::NotAMovie { .. })));
        // A size that a camera could have, but no file of 100 bytes.
        for at in [18, 30] {
            bytes[at..at + 4].copy_from_slice(&8192u32.to_le_bytes());
        }
        fs::write(&path, bytes).unwrap();
        let error = Movie::open(&path, &NM).err().unwrap();
        assert!(matches!(error, ImportError::TooLarge { .. }), "{error:?}");
    }
    let zarr = scratch.path().join("z.zarr");
    store(&zarr, "", "{}", 1, 2);
    let text = fs::read_to_string(zarr.join("zarr.json")).unwrap();
    fs::write(zarr.join("zarr.json"), text.replace(&format!("[2,{H},{W}]"), "[2,9000000000,9000000000]")).unwrap();
    assert!(matches!(Movie::open(&zarr, &NM), Err(ImportError::TooLarge { .. })));
    fs::write(zarr.join("zarr.json"), text.replace(&format!("[1,{H},{W}]"), "[1000000,900000,900000]")).unwrap();
    assert!(Movie::open(&zarr, &NM).is_err());
}

#[test]
fn a_file_cut_off_gives_its_whole_frames_or_an_error_and_never_a_panic() {
    let scratch = tempfile::tempdir().unwrap();
    let (path, cut) = (scratch.path().join("movie.tif"), scratch.path().join("cut.tif"));
    stack::<Gray16>(&path, &(0..4).map(counts).collect::<Vec<_>>(), "ImageJ=1.53t\nimages=4\nunit=nm\n", 1, 1, Compression::Lzw);
    let whole = fs::read(&path).unwrap();
    let mut partly = 0;
    for length in (0..whole.len()).step_by(7) {
        fs::write(&cut, &whole[..length]).unwrap();
        if let Ok(mut movie) = Movie::open(&cut, &NM) {
            let read: Vec<_> = (0..movie.len()).filter_map(|k| Some((k, movie.read(k).ok()?))).collect();
            assert!(read.iter().all(|(k, frame)| *frame == counts(*k as usize)));
            partly += usize::from(!read.is_empty());
        }
    }
    assert!(partly > 10, "{partly}");
}

#[test]
fn what_is_no_movie_is_said_to_be_none() {
    let scratch = tempfile::tempdir().unwrap();
    for (name, word) in [("a.dm3", "TIFF stack"), ("a.mp4", "for the eye"), ("a.txt", "neither TIFF nor PNG")] {
        let path = scratch.path().join(name);
        fs::write(&path, "something else").unwrap();
        let error = Movie::open(&path, &NM).err().unwrap();
        assert!(error.to_string().contains(word) && error.is_bad_input(), "{error}");
    }
    fs::write(scratch.path().join("empty.tif"), "").unwrap();
    assert!(matches!(Movie::open(&scratch.path().join("empty.tif"), &NM), Err(ImportError::NoFrames { .. })));
    assert!(Movie::open(&scratch.path().join("none.tif"), &NM).err().unwrap().is_bad_input());
}

fn log(text: impl AsRef<[u8]>, columns: Option<&str>) -> Result<pentatwin_record::import::IvRecord, ImportError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_ref()).unwrap();
    read_iv(file.path(), columns.map(|c| Columns::parse(c).unwrap()).as_ref())
}

fn near(found: &[f64], right: &[f64]) {
    assert_eq!(found.len(), right.len());
    assert!(found.iter().zip(right).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1e-12)), "{found:?} is not {right:?}");
}

#[test]
fn logs_of_every_maker_are_read_in_si() {
    let ours = log("time_s,voltage_V,current_A,flags\n0.1,0.01,1e-5,0\n0.2,0.02,2e-5,4\n", None).unwrap();
    near(&ours.time, &[0.1, 0.2]);
    near(&ours.current, &[1e-5, 2e-5]);
    assert!(ours.notes.is_empty());
    let text = "Keithley 2614B\r\n\r\nTime (ms);V (mV);I [uA]\r\n100;10;4,5\r\n200;20;9\r\n;;\r\n300;open;9\r\n";
    let keithley = log(text, None).unwrap();
    near(&keithley.time, &[0.1, 0.2]);
    near(&keithley.voltage, &[0.01, 0.02]);
    near(&keithley.current, &[4.5e-6, 9e-6]);
    assert_eq!(keithley.notes, ["1 rows of the log are not numbers and left out, the first in line 7"]);
    // By number, by name with the unit given, and in any order.
    let bare = "a,b,c,d\n1,2,3,4\n2,3,4,5\n";
    near(&log(bare, Some("1,3,2")).unwrap().voltage, &[3.0, 4.0]);
    let named = log(bare, Some("current=d (nA),time=a (min),voltage=c (mV)")).unwrap();
    near(&named.current, &[4e-9, 5e-9]);
    near(&named.time, &[60.0, 120.0]);
    near(&named.voltage, &[3e-3, 4e-3]);
    assert!(log(bare, Some("a,b,c")).unwrap().notes[0].contains("does not say the unit of the time"));
    // Protochips: notes first, units in words, times not even.
    let protochips = "Time, Notes, Channel A Current, Channel A Voltage\n0, Time units = Milliseconds, 0, 0\n0, Current units = Amps, 0, 0\n0, , 1E-3, 2\n147, , 2E-3, 3\n196, , 3E-3, 4\n";
    let found = log(protochips, None).unwrap();
    near(&found.time, &[0.0, 0.147, 0.196]);
    near(&found.current, &[1e-3, 2e-3, 3e-3]);
    // DENS: times of day, over midnight.
    let dens = "\n16/04/'15\tDigiheater\nsample\ttime\tTset[C]\tVheat[V]\tIheat[mA]\n1\t23:59:59.5\t23.0\t0.5\t0.25\n2\t00:00:01.0\t23.0\t1\t0.5\n";
    let found = log(dens, None).unwrap();
    near(&found.time, &[0.0, 1.5]);
    near(&found.current, &[0.25e-3, 0.5e-3]);
    near(&found.voltage, &[0.5, 1.0]);
}

#[test]
fn a_log_that_cannot_be_read_says_the_line_and_what_would_be_right() {
    for (text, columns, words) in [
        ("", None, "names columns"),
        ("1,2,3\n4,5,6\n", None, "names columns"),
        ("time,voltage,power\n1,2,3\n", None, "no column is called current"),
        ("a,b,c\n1,2,3\n", Some("a,b,x"), "line 1: there is no column `x` for the current"),
        ("time (s),voltage (V),current (furlong)\n1,2,3\n", None, "the unit `furlong` of the current"),
        ("time,voltage,current\nx,y,z\n", None, "line 2: no row has numbers"),
    ] {
        let error = log(text, columns).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.help().is_empty() && error.is_bad_input());
    }
    for wrong in ["time,voltage", "time=a,time=b,voltage=c", ",,"] {
        assert!(Columns::parse(wrong).unwrap_err().contains("write three columns"), "{wrong}");
    }
}

/// The real logs (their copies lie outside the repository; see CONTRIBUTING.md).
#[test]
fn real_holder_logs_keep_their_times() {
    let real = Path::new("/work/shared/data/real");
    if !real.is_dir() {
        eprintln!("skipped: {} is not there", real.display());
        return;
    }
    let found = read_iv(&real.join("protochips_electrical.csv"), None).unwrap();
    // The file's first rows of numbers: 0, 147, 196 ms; 17.9983 mA at 40.0917 V.
    near(&found.time[..3], &[0.0, 0.147, 0.196]);
    near(&[found.current[1], found.voltage[1]], &[0.0179983, 40.0917]);
    let found = read_iv(&real.join("file1.dens"), None).unwrap();
    near(&[found.voltage[0], found.current[0]], &[0.075535, 0.267806e-3]);
    assert!((found.time[1] - 0.33).abs() < 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn damage_anywhere_in_a_tiff_is_no_panic(at in 0usize..900, byte: u8, more in 0usize..900, other: u8) {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("movie.tif");
        stack::<Gray16>(&path, &(0..3).map(counts).collect::<Vec<_>>(), "ImageJ=1.53t\nimages=3\nunit=nm\n", 1, 1, Compression::Uncompressed);
        let mut bytes = fs::read(&path).unwrap();
        let n = bytes.len();
        bytes[at % n] = byte;
        bytes[more % n] = other;
        fs::write(&path, bytes).unwrap();
        if let Ok(mut movie) = Movie::open(&path, &Hints::default()) {
            for k in 0..movie.len().min(5) {
                let _ = movie.read(k);
            }
            let _ = (movie.pixel(), movie.times());
        }
    }

    #[test]
    fn no_text_makes_the_log_reader_panic(text in "(time|voltage|current|[ ,;\t\n]|[0-9.:e-]{1,4}|\\PC{0,3}){0,60}", columns in "\\PC{0,30}") {
        let _ = log(&text, None);
        let _ = Columns::parse(&columns);
    }
}
