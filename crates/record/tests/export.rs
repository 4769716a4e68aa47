//! Exports say what the record says: counts, calibration, number of frames.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use pentatwin_record::export::{self, Contrast, ExportError, Frames, MovieOptions, PictureOptions};
use pentatwin_record::{IvLog, Layout, Reader, Writer};
use pentatwin_units::recorded::{CURRENT, DOSE, FLAGS, FRAME_TIME, FRAMES, TIME, VOLTAGE, X, Y};
use tempfile::TempDir;

const WIDTH: usize = 601; // odd, wide enough not to be enlarged
const HEIGHT: usize = 41;
const PITCH: f64 = 2.5;

/// Counts of a pixel: rising along x, the frame's number in the first pixel.
fn counts(frame: usize) -> Vec<u16> {
    let mut counts: Vec<u16> = (0..WIDTH * HEIGHT).map(|k| 1000 + 10 * (k % WIDTH) as u16).collect();
    counts[0] = frame as u16;
    counts
}

/// A record of so many frames, half a second apart, with a sample each 0.1 s.
fn record(frames: usize) -> (TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("run.zarr");
    let mut arrays: Vec<Layout> = [TIME, VOLTAGE, CURRENT, FLAGS, FRAME_TIME, DOSE].map(|r| Layout::new(r, &[])).into();
    arrays.push(Layout::new(FRAMES, &[HEIGHT as u64, WIDTH as u64]));
    let mut writer = Writer::create(&dir, Default::default(), &arrays).unwrap();
    let centres = |n: usize| (0..n).map(|k| k as f64 * PITCH).collect::<Vec<f64>>();
    writer.write(Layout::new(X, &[]), &centres(WIDTH)).unwrap();
    writer.write(Layout::new(Y, &[]), &centres(HEIGHT)).unwrap();
    for k in 0..5 * frames {
        let t = 0.1 * k as f64;
        writer.append(&[(TIME, (&t).into()), (VOLTAGE, (&t).into()), (CURRENT, (&1e-3).into()), (FLAGS, (&4u8).into())]).unwrap();
    }
    for k in 0..frames {
        let (t, frame) = (0.5 * k as f64, counts(k));
        writer.append(&[(FRAME_TIME, (&t).into()), (FRAMES, (&frame).into()), (DOSE, (&1e20).into())]).unwrap();
        if k % 3 == 0 {
            writer.commit().unwrap();
        }
    }
    writer.finish().unwrap();
    (scratch, dir)
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_frame_is_a_chunk_and_comes_back_as_counts() {
    let (_scratch, dir) = record(7);
    assert_eq!(fs::read_dir(dir.join("frames/c")).unwrap().count(), 7);
    let reader = Reader::open(&dir).unwrap();
    for k in 0..7 {
        assert_eq!(reader.read_rows_u16("", "frames", k as u64..k as u64 + 1).unwrap(), counts(k));
    }
    assert!(reader.read_rows_u16("", "frames", 7..8).is_err());
    assert!(reader.read_rows_u16("", "voltage", 0..1).is_err());
    assert_eq!(reader.read_f64("", "dose").unwrap().values, [1e20; 7]);
}

#[test]
fn an_even_frame_and_a_damaged_one_are_told_apart() {
    // A blank frame of a million pixels packs to some 200 bytes; with gzip it would be 2000 at least.
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("run.zarr");
    let arrays = [Layout::new(FRAME_TIME, &[]), Layout::new(FRAMES, &[1024, 1024])];
    let mut writer = Writer::create(&dir, Default::default(), &arrays).unwrap();
    writer.append(&[(FRAME_TIME, (&0.0).into()), (FRAMES, (&vec![7u16; 1 << 20]).into())]).unwrap();
    writer.finish().unwrap();
    let chunk = dir.join("frames/c/0/0/0");
    let bytes = fs::read(&chunk).unwrap();
    assert!(bytes.len() < 400, "{}", bytes.len());
    let reader = Reader::open(&dir).unwrap();
    assert!(reader.read_rows_u16("", "frames", 0..1).unwrap().iter().all(|c| *c == 7));
    for damage in
        [bytes[..10].to_vec(), bytes[..bytes.len() - 1].to_vec(), [&bytes[..bytes.len() - 1], &[!bytes[bytes.len() - 1]]].concat()]
    {
        fs::write(&chunk, damage).unwrap();
        assert!(reader.read_rows_u16("", "frames", 0..1).is_err());
    }
}

#[test]
fn a_tiff_has_the_counts_and_imagej_reads_its_scale() {
    use tiff::decoder::{Decoder, DecodingResult};
    use tiff::tags::Tag;
    let (scratch, dir) = record(4);
    let out = scratch.path().join("frames.tif");
    let info = export::tiff(&Reader::open(&dir).unwrap(), &out).unwrap();
    assert_eq!((info.frames, info.width, info.height, info.big), (4, WIDTH, HEIGHT, false));
    assert!(info.unevenness < 1e-9);
    let mut decoder = Decoder::new(Cursor::new(fs::read(&out).unwrap())).unwrap();
    let description = decoder.get_tag_ascii_string(Tag::ImageDescription).unwrap();
    for line in ["ImageJ=1.53t", "images=4", "frames=4", "slices=1", "hyperstack=true", "unit=nm", "finterval=0.5", "tunit=s"] {
        assert!(description.lines().any(|l| l == line), "{line}: {description}");
    }
    for k in 0..4 {
        assert_eq!(decoder.dimensions().unwrap(), (WIDTH as u32, HEIGHT as u32));
        for tag in [Tag::XResolution, Tag::YResolution] {
            let tiff::decoder::ifd::Value::Rational(n, d) = decoder.get_tag(tag).unwrap() else { panic!("{tag:?}") };
            assert!((f64::from(n) / f64::from(d) * PITCH - 1.0).abs() < 1e-8); // pixels per nm
        }
        let DecodingResult::U16(pixels) = decoder.read_image().unwrap() else { panic!("not 16 bit") };
        assert_eq!(pixels, counts(k));
        assert_eq!(decoder.more_images(), k < 3);
        if k < 3 {
            decoder.next_image().unwrap();
        }
    }
    assert_eq!(files_in(scratch.path()), ["frames.tif", "run.zarr"]);
}

#[test]
fn the_table_is_that_of_the_run() {
    let (scratch, dir) = record(2);
    let (again, run) = (scratch.path().join("again.csv"), scratch.path().join("iv.csv"));
    assert_eq!(export::csv(&Reader::open(&dir).unwrap(), &again).unwrap(), 10);
    let mut log = IvLog::create(&run).unwrap();
    (0..10).map(|k| 0.1 * f64::from(k)).for_each(|t| log.append(t, t, 1e-3, 4));
    log.finish().unwrap();
    assert_eq!(fs::read_to_string(&again).unwrap(), fs::read_to_string(&run).unwrap());
    // An export may be repeated over itself.
    export::csv(&Reader::open(&dir).unwrap(), &again).unwrap();
}

#[test]
fn a_picture_of_a_frame_is_annotated_below_it() {
    let (_scratch, dir) = record(3);
    let reader = Reader::open(&dir).unwrap();
    let frames = Frames::open(&reader).unwrap();
    assert_eq!((frames.len(), frames.size(), frames.interval()), (3, (WIDTH, HEIGHT), Some(0.5)));
    assert_eq!([-1.0, 0.2, 0.6, 9.0].map(|t| frames.nearest(t)), [0, 0, 1, 2]);
    let decode = |png: Vec<u8>| {
        let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
        let mut grey = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut grey).unwrap();
        (info.width as usize, info.height as usize, grey)
    };
    let options = PictureOptions { annotated: false, ..Default::default() };
    let (width, height, plain) = decode(frames.png(1, &options).unwrap());
    assert_eq!((width, height), (WIDTH, HEIGHT));
    // Grey is linear between the counts of the window, which leaves a thousandth of each frame outside at each end.
    let Contrast { low, high } = frames.contrast();
    assert!((1000..=1010).contains(&low) && (6990..=7000).contains(&high), "{low} {high}");
    for (grey, counts) in plain.iter().zip(counts(1)) {
        let expected = (f64::from(counts) - f64::from(low)) / f64::from(high - low) * 255.0;
        assert!((f64::from(*grey) - expected.clamp(0.0, 255.0)).abs() <= 0.51);
    }
    let (width, tall, annotated) = decode(frames.png(1, &PictureOptions::default()).unwrap());
    assert!(width == WIDTH && tall > HEIGHT && annotated[..plain.len()] == plain);
    let (width, ..) = decode(frames.png(1, &PictureOptions { largest: 200, ..Default::default() }).unwrap());
    assert_eq!(width, WIDTH.div_ceil(4)); // 601 / 200 is more than 3
    assert!(matches!(frames.png(3, &options), Err(ExportError::NoSuchFrame { frame: 3, frames: 3 })));
}

#[test]
fn without_frames_the_error_says_so_and_leaves_what_was_there() {
    let (scratch, dir) = record(0);
    let out = scratch.path().join("kept");
    fs::write(&out, "as it was").unwrap();
    let reader = Reader::open(&dir).unwrap();
    let errors = [export::tiff(&reader, &out).err().unwrap(), export::movie(&reader, &out, &MovieOptions::default()).err().unwrap()];
    for error in errors {
        assert!(matches!(error, ExportError::NoFrames { .. }));
        assert!(error.to_string().contains("without imaging"), "{error}");
    }
    assert_eq!(fs::read_to_string(&out).unwrap(), "as it was");
    // A frame lost half way: no half of a file either.
    let (scratch, dir) = record(4);
    fs::remove_file(dir.join("frames/c/3/0/0")).unwrap();
    let reader = Reader::open(&dir).unwrap();
    let out = scratch.path().join("frames.tif");
    assert!(export::tiff(&reader, &out).is_err());
    assert!(export::tiff(&reader, Path::new("/")).is_err());
    assert_eq!(files_in(scratch.path()), ["run.zarr"]);
}

#[cfg(feature = "movie")]
mod movies {
    use super::*;

    /// The content of a box, by the names on the way to it (ISO/IEC 14496-12: size, name, content).
    fn find<'a>(mut within: &'a [u8], path: &[&str]) -> &'a [u8] {
        let Some((name, rest)) = path.split_first() else { return within };
        loop {
            let size = u32::from_be_bytes(within[..4].try_into().unwrap()) as usize;
            if &within[4..8] == name.as_bytes() {
                return find(&within[8..size], rest);
            }
            within = &within[size..];
        }
    }

    fn word(bytes: &[u8], at: usize) -> u32 {
        u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    /// The pictures in a movie, decoded: width, height, luma of each.
    fn decoded(movie: &[u8]) -> Vec<(usize, usize, Vec<u8>)> {
        use openh264::decoder::Decoder;
        use openh264::formats::YUVSource;
        let stbl = find(movie, &["moov", "trak", "mdia", "minf", "stbl"]);
        // Parameter sets are in avcC (ISO/IEC 14496-15): version, three bytes of profile, length size, then SPS and PPS.
        let stsd = find(stbl, &["stsd"]);
        let avcc = find(&stsd[8 + 86..], &["avcC"]);
        let sps = u16::from_be_bytes([avcc[6], avcc[7]]) as usize;
        let pps = u16::from_be_bytes([avcc[9 + sps], avcc[10 + sps]]) as usize;
        let start = [0, 0, 0, 1];
        let mut stream = [&start[..], &avcc[8..8 + sps], &start[..], &avcc[11 + sps..11 + sps + pps]].concat();
        let (stsz, mut mdat) = (find(stbl, &["stsz"]), find(movie, &["mdat"]));
        let mut decoder = Decoder::new().unwrap();
        let mut pictures = Vec::new();
        for k in 0..word(stsz, 8) as usize {
            let (mut sample, rest) = mdat.split_at(word(stsz, 12 + 4 * k) as usize);
            mdat = rest;
            while !sample.is_empty() {
                let (unit, after) = sample[4..].split_at(word(sample, 0) as usize);
                stream.extend(start.iter().chain(unit));
                sample = after;
            }
            if let Some(picture) = decoder.decode(&std::mem::take(&mut stream)).unwrap() {
                let ((width, height), stride) = (picture.dimensions(), picture.strides().0);
                let luma = picture.y().chunks(stride).take(height).flat_map(|row| &row[..width]).copied().collect();
                pictures.push((width, height, luma));
            }
        }
        for picture in decoder.flush_remaining().unwrap() {
            let ((width, height), stride) = (picture.dimensions(), picture.strides().0);
            pictures.push((width, height, picture.y().chunks(stride).take(height).flat_map(|row| &row[..width]).copied().collect()));
        }
        pictures
    }

    #[test]
    fn a_movie_has_every_frame_for_its_time() {
        for (frames, fps) in [(1, 10.0), (23, 10.0), (5, 2.5)] {
            let (scratch, dir) = record(frames);
            let out = scratch.path().join("movie.mp4");
            let info = export::movie(&Reader::open(&dir).unwrap(), &out, &MovieOptions { fps, raw: false }).unwrap();
            let movie = fs::read(&out).unwrap();
            let stbl = find(&movie, &["moov", "trak", "mdia", "minf", "stbl"]);
            let shown = frames.max(2); // a single frame is shown twice: a movie needs a second to tell how long the first stays
            assert_eq!(word(find(stbl, &["stsz"]), 8), shown as u32);
            let mvhd = find(&movie, &["moov", "mvhd"]);
            let duration = f64::from(word(mvhd, 16)) / f64::from(word(mvhd, 12));
            assert!((duration - shown as f64 / fps).abs() < 0.002, "{duration} s for {frames} frames");
            assert!((info.duration - duration).abs() < 0.002);
            assert_eq!((info.frames, info.bytes), (frames as u64, movie.len() as u64));
            assert!(info.width.is_multiple_of(2) && info.height.is_multiple_of(2) && info.height > HEIGHT);
            assert_eq!(&movie[4..8], b"ftyp");
            let moov = movie.windows(4).position(|w| w == b"moov");
            assert!(moov < movie.windows(4).position(|w| w == b"mdat")); // a browser can start before the end has come
            assert_eq!(files_in(scratch.path()), ["movie.mp4", "run.zarr"]);
        }
    }

    #[test]
    fn a_raw_movie_shows_the_frames_alone() {
        let (scratch, dir) = record(12);
        let out = scratch.path().join("movie.mp4");
        let reader = Reader::open(&dir).unwrap();
        let info = export::movie(&reader, &out, &MovieOptions { raw: true, ..Default::default() }).unwrap();
        assert_eq!((info.width, info.height, info.pixels), (WIDTH + 1, HEIGHT + 1, 1.0));
        let pictures = decoded(&fs::read(&out).unwrap());
        assert_eq!(pictures.len(), 12);
        let Contrast { low, high } = info.contrast;
        for (width, height, luma) in pictures {
            assert_eq!((width, height), (WIDTH + 1, HEIGHT + 1));
            let expected =
                |x: usize| ((1000.0 + 10.0 * x.min(WIDTH - 1) as f64 - f64::from(low)) / f64::from(high - low) * 255.0).clamp(0.0, 255.0);
            let error: f64 = luma.iter().enumerate().map(|(k, g)| (f64::from(*g) - expected(k % width)).abs()).sum();
            assert!(error / (luma.len() as f64) < 2.0, "{}", error / luma.len() as f64); // of 255: the compression of a smooth ramp
        }
    }

    #[test]
    fn frame_rates_nobody_can_watch_are_refused() {
        let (scratch, dir) = record(1);
        let reader = Reader::open(&dir).unwrap();
        for fps in [0.0, -1.0, 1e9, f64::NAN] {
            let error = export::movie(&reader, &scratch.path().join("movie.mp4"), &MovieOptions { fps, raw: false });
            assert!(matches!(error, Err(ExportError::FrameRate { .. })));
        }
        assert_eq!(files_in(scratch.path()), ["run.zarr"]);
    }
}
