//! The rewiring of a gap as a protocol carries it out: what it promises a user.

use pentatwin_experiment::Protocol;
use pentatwin_experiment::run::{Flow, RunOptions, run};
use pentatwin_record::Reader;
use pentatwin_record::summary::{Summary, Table, Verdict};

/// A quick break, and a gap of 4 nm that is taken up and back.
const STEPS: &str = r#"
[numerics]
cells = 100
[rewiring]
engine = true
gap = "4 nm"
compare = 1
[microscope]
pixels = 128
[microscope.hrtem]
pixels = 384
[chip]
film_thickness = "10 nm"
[[step]]
sweep = { to = "5 V", rate = "1 V/s", step = "5 mV", nplc = 0.1, trip = "50 %" }
[[step]]
wait = "1 s"
[[step]]
sweep = { to = ["1.5 V", "0 V"], rate = "30 mV/s", step = "10 mV", nplc = 1, compliance = "10 uA", measure_range = "10 uA", after_break = "continue" }
[[step]]
hold = { voltage = "20 mV", time = "5 s", nplc = 1, compliance = "10 uA", measure_range = "10 uA", after_break = "continue" }
[[step]]
image = { at = "particle", mode = "hrtem", field = "6 nm" }
"#;

fn ran(text: &str, set: &[(&str, &str)]) -> (Summary, Reader, tempfile::TempDir) {
    let set: Vec<(String, String)> = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let p = Protocol::parse_with("rewire", text, &set).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let options = RunOptions { seed: 1, band: 0, companions: false, out: Some(out.clone()) };
    let done = run(&p, &options, &mut |_| Flow::Continue).unwrap();
    (done.summary, Reader::open(&out).unwrap(), folder)
}

fn table<'a>(s: &'a Summary, title: &str) -> &'a Table {
    s.tables.iter().find(|t| t.title == title).unwrap_or_else(|| panic!("no table `{title}`"))
}

fn refusal(set: &[(&str, &str)]) -> String {
    let set: Vec<(String, String)> = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    format!("{:?}", Protocol::parse_with("rewire", STEPS, &set).unwrap_err())
}

#[test]
fn one_run_breaks_and_rewires_and_says_what_each_hypothesis_and_each_speed_of_the_return_would_do() {
    let (summary, reader, _folder) = ran(STEPS, &[]);
    let hypotheses = table(&summary, "Rewiring: three hypotheses side by side");
    assert_eq!(hypotheses.columns.len(), 4);
    let row = |name: &str| hypotheses.rows.iter().find(|r| r[0] == name).unwrap();
    // The beam was off in this run: nothing is set free by it, whatever else is changed.
    assert!(hypotheses.rows.iter().all(|r| r[3].starts_with("none")), "{:?}", hypotheses.rows);
    let volts = |text: &str| text.split(' ').next().unwrap().parse::<f64>().unwrap();
    // Ions: later at a higher rate, earlier in warmth; the other polarity finds silver on the other side.
    assert!(volts(&row("ten times the rate")[1]) > volts(&row("a tenth of the rate")[1]), "{:?}", hypotheses.rows);
    assert!(volts(&row("20 K warmer")[1]) < volts(&row("as run")[1]), "{:?}", hypotheses.rows);
    assert!(volts(&row("other polarity")[1]) < 0.0, "{:?}", hypotheses.rows);
    // A return at once finds the structure as one that is held still: what is left of the exponent is tunnelling, not decay.
    let returns = table(&summary, "Rewiring: the return at several speeds");
    let [at_once, still] = [2, 3].map(|k: usize| volts(&returns.rows[k][1]));
    assert!((at_once - still).abs() < 0.05 && (0.9..1.6).contains(&still), "{:?}", returns.rows);
    let legs = table(&summary, "Rewiring: leg by leg");
    assert_eq!(legs.rows.len(), 3);
    assert!(legs.rows[0][2].ends_with('V'), "{:?}", legs.rows);
    let births = table(&summary, "Rewiring: particles in the order of their birth");
    let born: Vec<f64> = births.rows.iter().map(|r| r[0].parse().unwrap()).collect();
    assert!(born.is_sorted() && !born.is_empty());
    let place = |p: &str| summary.checklist.iter().filter(|f| f.place == p).collect::<Vec<_>>();
    assert!(place("Figure 5b").iter().any(|f| f.verdict == Verdict::Emerged));
    // The gap was set in the protocol, so it did not emerge.
    assert!(place("Figure 5a").iter().any(|f| f.verdict == Verdict::Input));
    // {111} of silver in the picture of a particle, within a twentieth.
    let fringes = &place("Figure 5e")[0].evidence;
    let measured: f64 = fringes.split("measured at ").nth(1).expect(fringes).split(' ').next().unwrap().parse().unwrap();
    assert!((measured / 0.2359 - 1.0).abs() < 0.05, "{fringes}");
    assert_eq!(reader.info("images/image-1", "image").unwrap().shape, [384, 384]);
}

#[test]
fn a_gap_too_wide_is_not_rewired_and_the_record_is_whole_with_the_reason() {
    let (summary, ..) = ran(STEPS, &[("rewiring.gap", "80 nm")]);
    let t = table(&summary, "Rewiring");
    assert!(t.rows.is_empty() && t.note.contains("does not rewire in range"), "{}", t.note);
    assert!(!summary.ended.contains("not ended"), "{}", summary.ended);
}

#[test]
fn what_the_contacts_do_not_bear_and_what_is_no_gap_is_refused_with_its_place() {
    let text = refusal(&[("step[2].sweep.compliance", "20 mA")]);
    assert!(text.contains("more than its contacts bear") && text.contains("10 uA"), "{text}");
    let text = refusal(&[("rewiring.gap", "0 nm")]);
    assert!(text.contains("nothing to rewire"), "{text}");
    let text = refusal(&[("rewiring.humidity", "130 %")]);
    assert!(text.contains("100 %"), "{text}");
    let text = refusal(&[("rewiring.gap", "10 um")]);
    assert!(text.contains("200 nm"), "{text}");
    // The breaking sweep may have all the current it needs.
    assert!(Protocol::parse_with("rewire", STEPS, &[("step[0].sweep.compliance".to_owned(), "50 mA".to_owned())]).is_ok());
}
