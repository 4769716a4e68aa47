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
