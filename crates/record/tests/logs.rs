//! Logs of holders and source-meters as records: every format, its own times, units, notes, and what is wrong said with its line.

use std::path::{Path, PathBuf};

use pentatwin_record::import::ImportError;
use pentatwin_record::import::logs::{ImportedLog, Log, LogFormat, Mapper, Role, read_log, write_log};
use pentatwin_record::{EventKind, Reader, sample_flags};
use proptest::prelude::*;

fn file(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    (dir, path)
}

fn read(name: &str, content: &str, columns: Option<&str>) -> Result<Log, ImportError> {
    let (_dir, path) = file(name, content.as_bytes());
    read_log(&path, columns.map(|c| Mapper::parse(c).unwrap()).as_ref())
}

fn values<'a>(log: &'a Log, key: &str) -> &'a [f64] {
    &log.channels.iter().find(|c| c.key == key).unwrap_or_else(|| panic!("no {key} in {:?}", log.channels)).values
}

fn real(name: &str) -> Option<PathBuf> {
    let path = Path::new("/work/shared/data/real").join(name);
    let here = path.is_file();
    if !here {
        eprintln!("skipped: {} is not here", path.display());
    }
    here.then_some(path)
}

fn line_of(error: ImportError) -> Option<u64> {
    match error {
        ImportError::Log { line, .. } => line,
        other => panic!("{other}"),
    }
}

const PROTOCHIPS: &str = "Time, Notes, Channel A Current, Channel A Voltage, Channel A Resistance, Channel B Temperature\n\
    0, Date (yyyy.mm.dd) = 2014.11.05, 0, 0, NaN, 25\n0, Time (hh:mm:ss.ms) = 14:42:51.369, 0, 0, NaN, 25\n0, Time units = Milliseconds, 0, 0, NaN, 25\n\
    0, Temperature units = Degrees C, 0, 0, NaN, 25\n0, Current units = Milliamps, 0, 0, NaN, 25\n0, Voltage units = Volts, 0, 0, NaN, 25\n0, Resistance units = Ohms, 0, 0, NaN, 25\n\
    0, User agreeing to terms = me, 0, 0, NaN, 25\n0, , 0, 0, NaN, 25\n147, , 1.5, 3, 2000, 26\n196, wire, it thins, 1.4, 3, 2142, 27\n297, R = 5 I guess, 9.91E+37, 3, NaN, 27\n";

#[test]
fn protochips_keeps_its_times_its_missing_resistance_and_its_users_notes() {
    let log = read("a.csv", PROTOCHIPS, None).unwrap();
    assert_eq!(log.format, LogFormat::Protochips);
    assert_eq!(log.start.as_deref(), Some("2014-11-05T14:42:51.369"));
    assert_eq!(log.time, [0.0, 0.147, 0.196, 0.297]);
    assert_eq!(&values(&log, "current")[..3], [0.0, 1.5e-3, 1.4e-3]);
    assert_eq!(values(&log, "chip_temperature"), [298.15, 299.15, 300.15, 300.15]);
    let r = values(&log, "channel_a_resistance");
    assert!(r[0].is_nan() && r[3].is_nan() && r[1..3] == [2000.0, 2142.0]);
    // A comma in a note is the note's; a note after the first sample is the user's even if it looks like the log's.
    let remarks: Vec<(f64, &str)> = log.remarks.iter().map(|r| (r.time, r.text.as_str())).collect();
    assert_eq!(remarks, [(0.196, "wire, it thins"), (0.297, "R = 5 I guess")]);
    assert!(log.metadata.contains(&("User agreeing to terms".to_owned(), "me".to_owned())));
}

#[test]
fn a_record_of_a_log_holds_all_of_it() {
    let (dir, path) = file("a.csv", PROTOCHIPS.as_bytes());
    let log = read_log(&path, None).unwrap();
    let folder = write_log(&log, Some(&dir.path().join("out")), "test").unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.read_f64("", "time").unwrap().values, log.time);
    assert_eq!(reader.read_f64("", "event_time").unwrap().values, [0.196, 0.297]);
    assert_eq!(reader.read_f64("", "event_kind").unwrap().values, [f64::from(EventKind::Note.code()); 2]);
    let flags = reader.read_f64("", "flags").unwrap().values;
    assert_eq!(flags, [0.0, 0.0, 0.0, f64::from(sample_flags::OVERFLOW)]);
    let info = reader.info("", "channel_a_resistance").unwrap();
    assert_eq!(info.attributes.get("units").and_then(|u| u.as_str()), Some("ohm"));
    assert_eq!(info.attributes.get("long_name").and_then(|u| u.as_str()), Some("Channel A Resistance"));
    let said: ImportedLog = reader.attribute("imported").unwrap();
    assert_eq!((said.samples, said.remarks.len(), said.file.as_str()), (4, 2, "a.csv"));
    assert!(folder.path().join("iv.csv").is_file());
    // The folder must be new or empty.
    assert!(write_log(&log, Some(folder.path()), "test").is_err());
}

#[test]
fn dens_goes_on_after_midnight_and_keeps_the_state_of_its_control() {
    let text = "\n16/04/'15 23:59\tDigiheater 3.1\nR0 = 282.7\ta =  0.0\tb = 0.225\tc = 278.222\nTsample = 330 [ms]  \n\
        sample\ttime\tTset[C]\tTmeas[C]\tRheat[ohm]\tVheat[V]\tIheat[mA]\tPheat [mW]\tc\n\
        1\t23:59:59.50\t23.0\t15.091\t281.617\t0.075535\t0.267806\t0.020229\t278.222\tnorm\n2\t00:00:01.00\t23.0\tNaN\t282.008\t0.04\t0.15\t0.006\t278.222\tfine\n";
    let log = read("a.dens", text, None).unwrap();
    assert_eq!(log.format, LogFormat::DigiHeater);
    assert_eq!((log.time.as_slice(), log.start.as_deref()), (&[0.0, 1.5][..], Some("2015-04-16T23:59:59.50")));
    assert_eq!(log.channel(Role::Temperature).map(|c| c.name.as_str()), Some("Tmeas[C]"));
    assert!(values(&log, "chip_temperature")[1].is_nan());
    assert!((values(&log, "current")[0] - 0.267806e-3).abs() < 1e-18);
    assert_eq!(values(&log, "tset"), [296.15, 296.15]);
    let state = log.channels.iter().find(|c| c.key == "state").unwrap();
    assert_eq!((state.words.join(" "), state.values.as_slice()), ("norm fine".to_owned(), &[0.0, 1.0][..]));
    assert!(log.metadata.contains(&("R0".to_owned(), "282.7".to_owned())));
}

#[test]
fn impulse_takes_its_side_file_and_puts_live_notes_on_its_clock() {
    let csv = "TimeStamp,Experiment time,Temperature Measured (degC),Pin (mbar),Odd thing (furlongs)\n23:59:58.000,2.5,25.5,1000,1\n00:00:01.250,5.75,26,999,2\n";
    let (dir, path) = file("x_Synchronized data.csv", csv.as_bytes());
    let side = "Experiment date, 06-08-2021\nExperiment time, 23:59:55.5\nRoom temperature, 21\nLive notes, 00:00:00: gas on\n23:59:59: ready\nno time here\n";
    std::fs::write(dir.path().join("x_Metadata.log"), side).unwrap();
    let log = read_log(&path, None).unwrap();
    assert_eq!(log.format, LogFormat::Impulse);
    assert_eq!((log.time.as_slice(), log.start.as_deref()), (&[2.5, 5.75][..], Some("2021-08-06T23:59:55.5")));
    assert_eq!((values(&log, "chip_temperature"), values(&log, "pin")), (&[298.65, 299.15][..], &[1e5, 99_900.0][..]));
    let remarks: Vec<(f64, &str)> = log.remarks.iter().map(|r| (r.time, r.text.as_str())).collect();
    assert_eq!(remarks, [(4.5, "gas on"), (3.5, "ready")]);
    assert!(log.metadata.contains(&("Live note".to_owned(), "no time here".to_owned())));
    assert_eq!(log.channels[2].unknown_unit.as_deref(), Some("furlongs"));
    // Without it the log is read all the same, and the lack is said.
    std::fs::remove_file(dir.path().join("x_Metadata.log")).unwrap();
    let log = read_log(&path, None).unwrap();
    assert!(log.start.is_none() && log.notes.iter().any(|n| n.contains("x_Metadata.log")), "{:?}", log.notes);
}

#[test]
fn any_table_by_its_names_or_by_what_the_user_says() {
    let log = read("t.csv", "t (ms);U (mV);I (uA);bias state\n0;1,5;2;off\n10;3,0;4;on\n", None).unwrap();
    assert_eq!((log.time.as_slice(), values(&log, "voltage")), (&[0.0, 0.01][..], &[1.5e-3, 3e-3][..]));
    assert_eq!(values(&log, "current"), [2e-6, 4e-6]);
    let columns = "time=1 (min),voltage=c,current=4 (nA),temperature=e (degC)";
    let log = read("t.csv", "a,b,c,d,e\n0,7,1,2,20\n1,8,1,3,21\n", Some(columns)).unwrap();
    assert_eq!((log.time.as_slice(), values(&log, "b")), (&[0.0, 60.0][..], &[7.0, 8.0][..]));
    assert!((values(&log, "current")[1] - 3e-9).abs() < 1e-20, "{:?}", values(&log, "current"));
    assert!((values(&log, "chip_temperature")[1] - 294.15).abs() < 1e-9, "{:?}", values(&log, "chip_temperature"));
    // Numbers count every column of the log, whatever its format.
    let log = read("p.csv", PROTOCHIPS, Some("voltage=4,current=3")).unwrap();
    assert_eq!(log.channel(Role::Voltage).map(|c| c.name.as_str()), Some("Channel A Voltage"));
    let log = read("p.csv", "a,t (s),b\n1,0,2\n", Some("time=2,voltage=3 (V),current=1 (A)")).unwrap();
    assert_eq!((values(&log, "voltage"), values(&log, "current")), (&[2.0][..], &[1.0][..]));
    // tm_devices' buffers: named by the user.
    let log = read("b.csv", "smua.nvbuffer1,smua.nvbuffer2,when\n1e-3,2,0\n2e-3,2,0.1\n", Some("current=1,voltage=2,time=when")).unwrap();
    assert_eq!(values(&log, "current"), [1e-3, 2e-3]);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    assert_eq!(line_of(read("a.csv", &PROTOCHIPS.replace("1.5, 3, 2000", "x, 3, 2000"), None).unwrap_err()), Some(11));
    assert_eq!(line_of(read("a.csv", &PROTOCHIPS.replace("147, , 1.5", "soon, , 1.5"), None).unwrap_err()), Some(11));
    assert_eq!(line_of(read("a.csv", "time,V\n0,1\n1\n2,3\n", None).unwrap_err()), Some(3));
    assert_eq!(line_of(read("a.csv", "time,V\n0,1\n1,2,3\n", None).unwrap_err()), Some(3));
    assert_eq!(line_of(read("a.csv", "when,V (V)\n0,1\n", None).unwrap_err()), Some(1));
    assert_eq!(line_of(read("a.csv", "time (parsec),V\n0,1\n", None).unwrap_err()), Some(1));
    assert_eq!(line_of(read("a.csv", "a,b\n0,1\n", Some("time=a,voltage=c")).unwrap_err()), Some(1));
    assert_eq!(line_of(read("a.csv", "time,b\n0,1\n", Some("voltage=b (V),current=b (A)")).unwrap_err()), Some(1));
    for (bytes, word) in [(&b""[..], "empty"), (b"\xff\xfea\0", "UTF-16"), (b"\0\0", "no text"), (b"time,V\n", "no row")] {
        let (_dir, path) = file("a.csv", bytes);
        assert!(read_log(&path, None).unwrap_err().to_string().contains(word), "{word}");
    }
    for text in ["", "time", "time=", "speed=1", "time=a,time=b"] {
        assert!(Mapper::parse(text).is_err(), "{text}");
    }
    // A last line that a stopped program left is no error.
    let log = read("a.csv", "time,V\n0,1\n1,2\n2", None).unwrap();
    assert!(log.time.len() == 2 && log.notes.iter().any(|n| n.contains("cut off")));
}

#[test]
fn real_files_of_both_makers() {
    if let Some(path) = real("protochips_electrical.csv") {
        let log = read_log(&path, None).unwrap();
        assert_eq!((log.time.len(), log.start.as_deref()), (154, Some("2014-10-08T16:26:51.738")));
        assert_eq!((log.time[1], log.time[2]), (0.147, 0.196));
        assert!(values(&log, "channel_a_resistance")[0].is_nan() && (values(&log, "current")[1] - 0.0179983).abs() < 1e-12);
    }
    if let Some(path) = real("protochips_thermal.csv") {
        let log = read_log(&path, None).unwrap();
        assert_eq!(log.time.len(), 2578);
        assert!(log.channel(Role::Temperature).is_some() && log.channel(Role::Voltage).is_none());
    }
    if let Some(path) = real("file1.dens") {
        let log = read_log(&path, None).unwrap();
        assert_eq!((log.time.as_slice(), log.channels.len()), (&[0.0, 0.33, 0.66, 0.99, 1.32, 1.65, 1.98][..], 9));
    }
}

fn never_panics(name: &str, bytes: &[u8], columns: Option<&str>) {
    let (dir, path) = file(name, bytes);
    let mapper = columns.and_then(|c| Mapper::parse(c).ok());
    if let Ok(log) = read_log(&path, mapper.as_ref()) {
        assert!(log.channels.iter().all(|c| c.values.len() == log.time.len()));
        let folder = write_log(&log, Some(&dir.path().join("o")), "test").unwrap();
        assert_eq!(Reader::open(folder.path()).unwrap().read_f64("", "time").unwrap().values.len(), log.time.len());
    }
}

/// One of the formats with a few bytes changed, dropped or put in.
fn damaged() -> impl Strategy<Value = (usize, Vec<(u8, usize, u8)>)> {
    (0usize..4, prop::collection::vec((0u8..3, any::<usize>(), any::<u8>()), 0..6))
}

fn check_damaged(which: usize, changes: &[(u8, usize, u8)]) {
    let dens = "16/04/'15 1:2\tDigiheater\nsample\ttime\tTset[C]\tVheat[V]\tIheat[mA]\n1\t23:59:59.5\t23.0\t0.5\t0.25\tnorm\n2\t00:00:01.0\t23.0\t1\t0.5\tfine\n";
    let impulse = "TimeStamp,Experiment time,T (degC)\n13:40:26.849,7.787,9.05\n13:40:27.849,8.787,9.15\n";
    let (name, text) =
        [("a.csv", PROTOCHIPS), ("a.dens", dens), ("a_Heat raw.csv", impulse), ("t.csv", "t (ms);U (mV);I (uA)\n0;1;2\n10;3;4\n")][which];
    let mut bytes = text.as_bytes().to_vec();
    for (kind, at, byte) in changes {
        let at = at % bytes.len().max(1);
        match kind {
            _ if bytes.is_empty() => {}
            0 => bytes[at] = *byte,
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, *byte),
        }
    }
    never_panics(name, &bytes, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_damage_of_a_log_makes_it_panic((which, changes) in damaged()) {
        check_damaged(which, &changes);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ -~\\n\\t,;]{0,200}", columns in "(time=[1-3a-z ]{1,4})?") {
        never_panics("a.csv", text.as_bytes(), Some(&columns));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    #[ignore = "long: 2000 damaged logs"]
    fn no_damage_of_a_log_makes_it_panic_often((which, changes) in damaged()) {
        check_damaged(which, &changes);
    }
}
