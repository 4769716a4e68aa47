//! X-ray spectra as steps of a protocol: what they promise a user.

use pentatwin_experiment::Protocol;
use pentatwin_experiment::run::{Flow, RunOptions, run};
use pentatwin_record::Reader;

const STEPS: &str = r#"
[numerics]
cells = 100
[[step]]
hold = { voltage = "0.1 V", time = "1 s" }
[[step]]
spectrum = { at = "middle", area = "200 nm" }
"#;

fn ran(seed: u64) -> (pentatwin_record::summary::Summary, Reader, tempfile::TempDir) {
    let p = Protocol::parse("spectrum", STEPS).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let options = RunOptions { seed, band: 0, companions: false, out: Some(out.clone()) };
    let done = run(&p, &options, &mut |_| Flow::Continue).unwrap();
    (done.summary, Reader::open(&out).unwrap(), folder)
}

#[test]
fn a_spectrum_of_the_wire_shows_its_silver() {
    let (summary, reader, _folder) = ran(1);
    let counts = reader.read_f64("spectra/spectrum-1", "counts").unwrap().values;
    let energy = reader.read_f64("spectra/spectrum-1", "energy").unwrap().values;
    assert_eq!(counts.len(), energy.len());
    let sum = |from: f64, to: f64| counts.iter().zip(&energy).filter(|(_, e)| (from..to).contains(*e)).map(|(n, _)| n).sum::<f64>();
    // Ag L stands over its surroundings.
    assert!(sum(2900.0, 3070.0) > 20.0 * sum(4900.0, 5070.0));
    let table = summary.tables.iter().find(|t| t.title.starts_with("EDX: spectrum-1")).unwrap();
    let row = |name: &str| table.rows.iter().find(|r| r[0] == name).unwrap();
    // A wire of 115 nm over a membrane: silver is most of the mass.
    let silver: f64 = row("Ag L")[4].split(' ').next().unwrap().parse().unwrap();
    assert!((60.0..100.0).contains(&silver), "{silver}");
    // The clock went on while it was taken.
    let time = reader.read_f64("", "time").unwrap().values;
    assert!((time.last().unwrap() - 61.0).abs() < 0.5, "{:?}", time.last());
}

/// Of platinum there is none: one spectrum in twenty may think so all the same, as a limit of 95 % means.
#[test]
fn what_is_not_there_is_given_as_a_limit_and_not_as_zero() {
    let rows: Vec<Vec<String>> = (1..=8)
        .map(|seed| {
            let (summary, ..) = ran(seed);
            summary.tables.iter().flat_map(|t| &t.rows).find(|r| r[0] == "Pt L").unwrap().clone()
        })
        .collect();
    let limits = rows.iter().filter(|r| r[1].starts_with("not found") && r[3].starts_with("< ")).count();
    // Two false alarms or less of eight: 99.4 % at 5 % each.
    assert!(limits >= 6, "{rows:?}");
}

#[test]
fn settings_of_the_detector_that_cannot_be_are_refused_with_their_key() {
    let p = Protocol::parse_with("spectrum", STEPS, &[("edx.solid_angle".to_owned(), "12".to_owned())]);
    assert!(format!("{:?}", p.unwrap_err()).contains("edx.solid_angle"));
}

#[test]
fn a_map_holds_the_silver_where_the_wire_is_with_the_dose_of_its_spectrum() {
    let steps = STEPS.replace("area = \"200 nm\"", "area = \"400 nm\", map = 32");
    let p = Protocol::parse("map", &steps).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    run(&p, &RunOptions { seed: 1, band: 0, companions: false, out: Some(out.clone()) }, &mut |_| Flow::Continue).unwrap();
    let reader = Reader::open(&out).unwrap();
    let group = |element: &str| format!("spectra/spectrum-1/{element}");
    let counts = |element: &str| reader.read_rows_u16(&group(element), "image", 0..32).unwrap();
    let attribute = |group: &str, array: &str, key: &str| reader.info(group, array).unwrap().attributes[key].clone();
    let (silver, platinum) = (counts("silver"), counts("platinum"));
    assert_eq!((silver.len(), platinum.len()), (32 * 32, 32 * 32));
    let rows = |map: &[u16], rows: std::ops::Range<usize>| map[rows.start * 32..rows.end * 32].iter().map(|n| f64::from(*n)).sum::<f64>();
    // Rows of 12.5 nm: the wire of 115 nm lies in the middle; away from it there is the membrane.
    let (wire, beside) = (rows(&silver, 13..19) / 6.0, (rows(&silver, 0..9) + rows(&silver, 23..32)) / 18.0);
    assert!(wire > 20.0 * beside && wire > 100.0, "{wire} {beside} counts a row");
    // There is no platinum: in its window lie the background and the tails of the silver's lines.
    assert!(rows(&platinum, 0..32) < 0.2 * rows(&silver, 0..32));
    assert_eq!(attribute(&group("silver"), "image", "lines"), "Ag L");
    assert_eq!(attribute(&group("silver"), "image", "dose"), attribute("spectra/spectrum-1", "counts", "dose"));
    // All pixels' pulses in the window are those of the spectrum in it.
    let (all, energy) = ["counts", "energy"].map(|a| reader.read_f64("spectra/spectrum-1", a).unwrap().values).into();
    let near = |half: f64| all.iter().zip(&energy).filter(|(_, e)| (**e - 2984.0).abs() < half).map(|(n, _)| n).sum::<f64>();
    let sum = rows(&silver, 0..32);
    assert!(near(60.0) < sum && sum < near(95.0), "{} {sum} {}", near(60.0), near(95.0));
}
