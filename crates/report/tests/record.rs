//! From a record to the page's data.

mod common;

use common::synthetic;
use pentatwin_record::{Layout, Writer};
use pentatwin_report::{ReadError, ReportData, from_record, render};
use pentatwin_units::recorded::{self, Recorded};
use std::path::Path;

/// Writes the made-up run as a record; without its summary, as a run leaves it that was killed.
fn write(dir: &Path, data: &ReportData, ended: bool) {
    let cells = data.position.len() as u64;
    let clock = |q: Recorded| Layout::new(q, &[]);
    let mut layouts = vec![
        clock(recorded::TIME),
        clock(recorded::VOLTAGE),
        clock(recorded::CURRENT),
        clock(recorded::FLAGS),
        clock(recorded::PROFILE_TIME),
    ];
    layouts.extend([recorded::RADIUS, recorded::TEMPERATURE].map(|q| Layout::new(q, &[cells])));
    layouts.extend(data.profiles.series.iter().map(|(q, _)| clock(*q)));
    let mut writer = Writer::create(&dir.join("run.zarr"), Default::default(), &layouts).unwrap();
    writer.write(Layout::new(recorded::POSITION, &[]), data.position.as_slice()).unwrap();
    let s = &data.samples;
    writer
        .append(&[
            (recorded::TIME, s.time.as_slice().into()),
            (recorded::VOLTAGE, s.voltage.as_slice().into()),
            (recorded::CURRENT, s.current.as_slice().into()),
            (recorded::FLAGS, s.flags.as_slice().into()),
        ])
        .unwrap();
    let p = &data.profiles;
    let mut rows = vec![
        (recorded::PROFILE_TIME, p.time.as_slice().into()),
        (recorded::RADIUS, p.radius.as_slice().into()),
        (recorded::TEMPERATURE, p.temperature.as_slice().into()),
    ];
    rows.extend(p.series.iter().map(|(q, v)| (*q, v.as_slice().into())));
    writer.append(&rows).unwrap();
    writer.set_attribute("protocol", data.protocol.clone());
    writer.set_attribute("provenance", serde_json::json!({ "started_utc": "2026-11-24T21:58:03Z", "versions": { "pentatwin": "0.1.0" } }));
    if ended {
        writer.set_attributes(&data.summary).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn a_record_comes_back_as_the_run_it_was_made_from() {
    let (data, scratch) = (synthetic(), tempfile::tempdir().unwrap());
    write(scratch.path(), &data, true);
    for dir in [scratch.path().to_owned(), scratch.path().join("run.zarr")] {
        let back = from_record(&dir).unwrap();
        assert_eq!(back.summary, data.summary);
        assert_eq!(back.samples, data.samples);
        assert_eq!(back.position, data.position);
        assert_eq!(
            (&back.profiles.time, &back.profiles.radius, &back.profiles.temperature),
            (&data.profiles.time, &data.profiles.radius, &data.profiles.temperature)
        );
        assert_eq!(back.profiles.series.len(), data.profiles.series.len());
        assert_eq!(back.protocol, data.protocol);
        assert!(back.provenance.contains(&("versions.pentatwin".into(), "0.1.0".into())));
        assert!(render(&back).contains("2026-11-24T21:58:03Z"));
    }
}

/// Pixels of the made-up frames along x and y, and their pitch [nm]: 6.4 µm over the wire, 3.2 µm across it.
const FRAME: (usize, usize, f64) = (64, 32, 100.0);

/// The frame of a number: bright, with the number on the wire's axis, and one pixel dark at column `5 + number`.
fn frame(k: u16) -> Vec<u16> {
    let mut counts = vec![1000; FRAME.0 * FRAME.1];
    counts[16 * FRAME.0..17 * FRAME.0].fill(100 + k);
    counts[16 * FRAME.0 + 5 + usize::from(k)] = 0;
    counts
}

/// Adds frames every half a second to the record of [`write`], from 18 s to the end, and a magnified image if `gap`.
fn write_frames(dir: &Path, data: &ReportData, gap: bool) {
    let clock = |q: Recorded| Layout::new(q, &[]);
    let (w, h, pitch) = FRAME;
    let layouts = [
        clock(recorded::PROFILE_TIME),
        clock(recorded::FRAME_TIME),
        clock(recorded::DOSE),
        clock(recorded::DRIFT_X),
        Layout::new(recorded::FRAMES, &[h as u64, w as u64]),
    ];
    let mut writer = Writer::create(&dir.join("run.zarr"), Default::default(), &layouts).unwrap();
    let axis = |n: usize, first: f64| (0..n).map(|i| first + pitch * i as f64).collect::<Vec<f64>>();
    writer.write(Layout::new(recorded::X, &[]), axis(w, -650.0).as_slice()).unwrap();
    writer.write(Layout::new(recorded::Y, &[]), axis(h, -1600.0).as_slice()).unwrap();
    for k in 0..22u16 {
        let (time, counts) = (18.25 + 0.5 * f64::from(k), frame(k));
        let rows = [(recorded::FRAME_TIME, (&time).into()), (recorded::DOSE, (&25e18).into()), (recorded::FRAMES, (&counts).into())];
        writer.append(&rows).unwrap();
        writer.append(&[(recorded::DRIFT_X, (&(10.0 * f64::from(k))).into())]).unwrap();
    }
    if gap {
        let group = "images/gap";
        writer.write(Layout::new(recorded::X, &[]).in_group(group), axis(w, -3000.0).as_slice()).unwrap();
        writer.write(Layout::new(recorded::Y, &[]).in_group(group), axis(h, -1600.0).as_slice()).unwrap();
        let layout = Layout::new(recorded::IMAGE, &[w as u64]).in_group(group);
        writer.write(layout.with_attribute("time", 28.75).with_attribute("dose", 25e18), &frame(40)).unwrap();
    }
    writer.set_attributes(&data.summary).unwrap();
    writer.finish().unwrap();
}

#[test]
fn frames_are_chosen_by_the_moments_and_cut_to_the_strip_around_the_wire() {
    let (data, scratch) = (synthetic(), tempfile::tempdir().unwrap());
    write_frames(scratch.path(), &data, true);
    let seen = from_record(scratch.path()).unwrap().microscopy.unwrap();
    // A at 20.15 s, B at 22.95 s, C at 22.98 s (tests/common): the frames of 19.75 s, 22.75 s; 23.25 s is exposed from 23.0 s on.
    let shown: Vec<_> = seen.moments.iter().map(|(names, image)| (names.join(""), image.number.unwrap(), image.time)).collect();
    assert_eq!(shown, [("A".to_owned(), 4, 19.75), ("B".to_owned(), 10, 22.75), ("C".to_owned(), 11, 23.25)]);
    assert_eq!((seen.count, seen.exposure, seen.movie), (22, 0.5, false));
    assert_eq!(seen.after.iter().map(|i| i.number.unwrap()).collect::<Vec<_>>(), [11, 13, 15, 17, 19, 22]);
    let b = &seen.moments[1].1;
    // 0.75 µm to each side of 100 nm rows whose centres lie at multiples of 100 nm.
    assert_eq!((b.width, b.counts.len() / b.width), (64, 15));
    assert_eq!(&b.counts[7 * 64..7 * 64 + 3], &[109, 109, 109]);
    assert_eq!(b.counts[7 * 64 + 14], 0);
    // The left edge is half a pixel before the first centre, -0.65 µm, and 90 nm of drift less.
    assert!((b.corner[0] - (-0.65e-6 - 0.05e-6 - 0.09e-6)).abs() < 1e-15 && (b.corner[1] + 0.75e-6).abs() < 1e-15, "{:?}", b.corner);
    assert_eq!((b.dose, b.dose_until), (25e18, 250e18));
    let gap = seen.gap.unwrap();
    assert_eq!((gap.time, gap.number, gap.counts.len()), (28.75, None, 4 * 64));
    std::fs::write(scratch.path().join("movie.mp4"), b"a movie").unwrap();
    for dir in [scratch.path().to_owned(), scratch.path().join("run.zarr")] {
        let page = render(&from_record(&dir).unwrap());
        assert!(page.contains("<video"));
        assert_eq!(page.matches("<img src=\"data:image/png;base64,").count(), 3 + 1 + 6);
    }
}

#[test]
fn a_map_of_a_spectrum_is_shown_line_by_line_with_its_dose_and_its_warning() {
    let (data, scratch) = (synthetic(), tempfile::tempdir().unwrap());
    let mut writer = Writer::create(&scratch.path().join("run.zarr"), Default::default(), &[]).unwrap();
    let group = "spectra/spectrum-1";
    let energy: Vec<f64> = (0..100).map(|k| 100.0 * f64::from(k)).collect();
    writer.write(Layout::new(recorded::ENERGY, &[]).in_group(group), energy.as_slice()).unwrap();
    let counts = Layout::new(recorded::COUNTS, &[]).in_group(group).with_attribute("time", 30.0).with_attribute("area_side", 64e-9);
    writer.write(counts, &vec![3u32; 100]).unwrap();
    for (element, lines, bright) in [("silver", "Ag L", 9u16), ("platinum", "Pt M", 4)] {
        let group = format!("{group}/{element}");
        let axis: Vec<f64> = (0..8).map(|k| 100.0 + 8.0 * f64::from(k)).collect();
        for q in [recorded::X, recorded::Y] {
            writer.write(Layout::new(q, &[]).in_group(&group), axis.as_slice()).unwrap();
        }
        let layout = Layout::new(recorded::IMAGE, &[8]).in_group(&group).with_attribute("time", 30.0).with_attribute("dose", 5e24);
        let layout = layout.with_attribute("lines", lines).with_attribute("warnings", "the beam would take <all> of it");
        let mut image = vec![0u16; 64];
        image[..8].fill(bright);
        writer.write(layout, &image).unwrap();
    }
    writer.set_attributes(&data.summary).unwrap();
    writer.finish().unwrap();
    let back = from_record(scratch.path()).unwrap();
    let maps = &back.spectra[0].maps;
    assert_eq!(maps.iter().map(|m| (m.0.as_str(), m.1.width, m.1.counts.len())).collect::<Vec<_>>(), [("Ag L", 8, 64), ("Pt M", 8, 64)]);
    assert!((maps[0].1.pixel - 8e-9).abs() < 1e-18);
    let page = render(&back);
    assert!(page.contains("<b>Ag L</b> 72 counts · black 0, white 9 a pixel") && page.contains("<b>Pt M</b> 32 counts"));
    let says = page.split("Map of spectrum-1").nth(1).unwrap_or_default();
    assert!(says.contains("8 pixels a side of 8 nm, dose 5") && says.contains("e⁻/nm²"), "{}", says.get(..200).unwrap_or(says));
    assert!(page.contains("Warning: the beam would take &lt;all&gt; of it."));
}

#[test]
fn a_run_without_frames_says_so_in_one_sentence() {
    let (data, scratch) = (synthetic(), tempfile::tempdir().unwrap());
    write(scratch.path(), &data, true);
    let back = from_record(scratch.path()).unwrap();
    assert_eq!(back.microscopy, None);
    let page = render(&back);
    assert!(page.contains("No frames were taken in this run.") && !page.contains("<img "));
}

#[test]
fn frames_of_a_wire_that_did_not_break_end_with_the_last() {
    let (mut data, scratch) = (synthetic(), tempfile::tempdir().unwrap());
    data.summary.moments.retain(|m| m.name == "A");
    write_frames(scratch.path(), &data, false);
    let back = from_record(scratch.path()).unwrap();
    let seen = back.microscopy.as_ref().unwrap();
    assert_eq!((seen.moments.len(), seen.end.as_ref().unwrap().number), (1, Some(22)));
    assert!(seen.after.is_empty() && seen.gap.is_none());
    let page = render(&back);
    assert!(page.contains("the wire did not break") && !page.contains("Figure 4</h3>"));
    assert_eq!(page.matches("<img ").count(), 2);
}

#[test]
fn an_interrupted_record_is_shown_as_far_as_it_goes() {
    let (data, scratch) = (synthetic(), tempfile::tempdir().unwrap());
    write(scratch.path(), &data, false);
    let back = from_record(scratch.path()).unwrap();
    assert_eq!(back.samples, data.samples);
    let page = render(&back);
    assert!(page.contains("the record stops in the middle of the run") && page.contains("No results"));
}

#[test]
fn what_is_no_record_is_an_error() {
    let scratch = tempfile::tempdir().unwrap();
    assert!(matches!(from_record(scratch.path()), Err(ReadError::Record(_))));
    let data = synthetic();
    write(scratch.path(), &data, true);
    let file = scratch.path().join("run.zarr/zarr.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"spacing\"", "\"spoiled\"")).unwrap();
    assert!(matches!(from_record(scratch.path()), Err(ReadError::Summary(_))));
}
