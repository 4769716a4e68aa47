use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use pentatwin_units::Kind;
use proptest::prelude::*;

use super::*;

const ONE_STEP: &str = "\n[[step]]\nsweep = {}\n";

fn set(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn shown(error: &dyn Diagnostic) -> String {
    let mut out = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(400).render_report(&mut out, error).unwrap();
    out
}

/// The message of the only problem of a text, what it underlines, and its help.
fn only_problem(text: &str) -> (String, Vec<String>, String) {
    let error = Protocol::parse("my.toml", text).unwrap_err();
    assert_eq!(error.problems.len(), 1, "{}", shown(&error));
    let problem = &error.problems[0];
    let places = problem.spans().into_iter().map(|s| text[s].to_owned()).collect();
    (problem.message.clone(), places, problem.help.clone().unwrap_or_default())
}

#[test]
fn the_shortest_protocol_is_one_step_on_the_papers_device() {
    let p = Protocol::parse("short", ONE_STEP).unwrap();
    assert_eq!(p.device, Device::default());
    assert_eq!(p.steps, [Step::Sweep(Sweep::default())]);
    assert!(p.changed.is_empty() && p.notes.is_empty(), "{:?} {:?}", p.changed, p.notes);
}

#[test]
fn every_shipped_protocol_reads_and_survives_the_way_through_its_listing() {
    for name in shipped_names() {
        let p = Protocol::shipped(name).unwrap().unwrap_or_else(|e| panic!("{}", shown(&e)));
        let again = Protocol::parse(name, &p.to_toml()).unwrap_or_else(|e| panic!("{}", shown(&e)));
        assert_eq!(
            Protocol { text: String::new(), notes: vec![], ..again },
            Protocol { text: String::new(), notes: vec![], ..p },
            "{name}"
        );
    }
}

#[test]
fn shipped_rates_are_those_of_the_paper() {
    // Paper, Figure 2: 100 and 10 mV/s; in situ biasing: 3.3 to 100 mV/s. Fast ramps: issue 2.
    for (name, rate) in
        [("fig2a", 0.1), ("fig2b", 0.01), ("fig4", 10.0), ("fig4-source-on", 10.0), ("figS3", 100.0), ("fig5-break", 3.3e-3)]
    {
        let p = Protocol::shipped(name).unwrap().unwrap();
        let Step::Sweep(sweep) = &p.steps[0] else { panic!("{name} does not begin with a sweep") };
        assert!((sweep.rate - rate).abs() < 1e-12, "{name}");
        // source-meter.md 5.3: steps of about 1 % of the breakdown voltage at most, 2 % for the explosive one.
        assert!(sweep.step <= 0.05, "{name}");
        // Issue 2: fast ramps need NPLC <= 0.01.
        assert!(rate < 1.0 || sweep.nplc <= 0.01, "{name}");
    }
}

#[test]
fn every_declaration_of_instrument_and_steps_fits_itself() {
    let p = Protocol::default();
    let steps: Vec<Step> = Step::WORDS.iter().map(|w| Step::of(w).unwrap()).collect();
    let sections = p.sections().into_iter().map(|(_, s)| s).chain(steps.iter().map(Step::section));
    for section in sections {
        for q in section.parameters() {
            let value = q.default_value().unwrap_or_else(|e| panic!("{}: {e}", q.name));
            assert_eq!(section.get(q.name), Some(value), "{}", q.name);
            if let (Some((low, high)), Kind::Quantity(_)) = (q.limits, q.kind) {
                let number = |t| pentatwin_units::parse_as(t, q.dimension()).unwrap_or_else(|e| panic!("{}: {e}", q.name));
                assert!(number(low) < number(high), "{}", q.name);
            }
        }
    }
}

#[test]
fn a_wrong_unit_is_underlined_and_the_right_one_named() {
    let (message, places, help) = only_problem("[[step]]\nsweep = { rate = \"100 mV\" }\n");
    assert_eq!(message, "`step[0].sweep.rate`: this is a voltage, but a voltage per time is wanted");
    assert_eq!(places, ["\"100 mV\""]);
    assert!(help.contains("\"100 mV/s\""), "{help}");
}

#[test]
fn an_unknown_key_gets_the_name_that_was_meant() {
    let (message, places, help) = only_problem(&format!("[wire]\ndiametre = \"90 nm\"\n{ONE_STEP}"));
    assert_eq!((message.as_str(), places[0].as_str()), ("[wire] has no `diametre`", "diametre"));
    assert_eq!(help, "did you mean `diameter`?");
    let (_, _, help) = only_problem(&format!("diameter = \"90 nm\"\n{ONE_STEP}"));
    assert_eq!(help, "`diameter` belongs in [wire]");
    let (_, _, help) = only_problem("[[step]]\nsweeep = {}\n");
    assert_eq!(help, "did you mean `sweep`?");
    let (_, _, help) = only_problem(&format!("[contact]\n3 = {{ resistance = \"25 ohm\" }}\n{ONE_STEP}"));
    assert!(help.contains('1') || help.contains('2'), "{help}");
    let (_, _, help) = only_problem("sweep = { to = \"5 V\" }\n[[step]]\nwait = \"1 s\"");
    assert!(help.contains("[[step]]"), "{help}");
}

#[test]
fn impossible_values_say_what_is_possible() {
    let (message, places, help) = only_problem(&format!("[wire]\ndiameter = \"-90 nm\"\n{ONE_STEP}"));
    assert!(message.contains("outside 10 nm to 1 um"), "{message}");
    assert_eq!(places, ["\"-90 nm\""]);
    assert!(help.contains("10 nm"), "{help}");
    assert!(only_problem("[[step]]\nsweep = { rate = \"0 V/s\" }").0.contains("outside"));
    assert!(only_problem("[[step]]\nsweep = { trip = \"150 %\" }").0.contains("outside 1 % to 99 %"));
    let (_, _, help) = only_problem(&format!("[chip]\nkind = \"sin-membrane!\"\n{ONE_STEP}"));
    assert_eq!(help, "did you mean \"sin-membrane\"?");
}

#[test]
fn a_wire_shorter_than_the_spacing_is_underlined_with_what_it_has_to_span() {
    let text = format!("[wire]\nlength = \"3 um\"\n[chip]\nspacing = \"10 um\"\n{ONE_STEP}");
    let (message, places, help) = only_problem(&text);
    assert!(message.contains("shorter than the spacing"), "{message}");
    assert_eq!(places, ["\"3 um\"", "\"10 um\""]);
    assert!(help.contains("at least 10 um"), "{help}");
    // A length that could not be read is one problem, not two.
    let text = format!("[wire]\nlength = \"60\"\n[chip]\nspacing = \"50 um\"\n{ONE_STEP}");
    assert!(only_problem(&text).0.contains("wire.length"));
}

#[test]
fn a_sweep_too_fast_for_its_aperture_is_told_how_to_be_possible() {
    let (message, places, help) = only_problem("[[step]]\nsweep = { rate = \"10 V/s\", step = \"5 mV\" }");
    assert!(message.contains("too fast"), "{message}");
    assert_eq!(places, ["\"10 V/s\"", "\"5 mV\""]);
    assert!(help.starts_with("write nplc = 0.01 ("), "{help}");
    // What the help says is accepted.
    Protocol::parse("x", "[[step]]\nsweep = { rate = \"10 V/s\", step = \"5 mV\", nplc = 0.01 }").unwrap();
    // 20 ms + 0.3 ms at 130 mV/s are 2.64 mV.
    let (_, _, help) = only_problem("[[step]]\nsweep = { rate = \"130 mV/s\" }");
    assert!(help.starts_with("write nplc = 0.1, or step = \"2.7 mV\" ("), "{help}");
}

#[test]
fn the_papers_rates_bring_step_and_aperture_with_them() {
    // source-meter.md 5.3.
    let sweep = |text: &str| match Protocol::parse("x", &format!("[[step]]\nsweep = {{ {text} }}")).unwrap() {
        p if p.changed.iter().all(|k| !text.contains("nplc") || k != "step[0].sweep.step") => match &p.steps[0] {
            Step::Sweep(s) => (s.step, s.nplc),
            other => panic!("{other:?}"),
        },
        p => panic!("{:?}", p.changed),
    };
    for (rate, step, nplc) in [("3.3 mV/s", 0.5e-3, 5.0), ("10 mV/s", 0.5e-3, 1.0), ("33 mV/s", 1e-3, 1.0), ("100 mV/s", 2.5e-3, 1.0)] {
        assert_eq!(sweep(&format!("rate = \"{rate}\"")), (step, nplc), "{rate}");
    }
    // What is said is not overruled, and other rates have the defaults.
    assert_eq!(sweep("rate = \"3.3 mV/s\", nplc = 1"), (2.5e-3, 1.0));
    assert_eq!(sweep("rate = \"3.3 mV/s\", step = \"1 mV\""), (1e-3, 1.0));
    assert_eq!(sweep("rate = \"50 mV/s\""), (2.5e-3, 1.0));
    // They are written out where a protocol is shown, and are no change of it.
    let p = Protocol::parse("x", "[[step]]\nsweep = { rate = \"3.3 mV/s\" }").unwrap();
    assert_eq!(p.changed, ["step[0].sweep.rate"]);
    assert!(p.to_toml().contains("500 uV") || p.to_toml().contains("0.5 mV"), "{}", p.to_toml());
}

#[test]
fn advice_on_a_sweep_too_fast_is_always_good() {
    for rate in ["130 mV/s", "1 V/s", "7 V/s", "33 V/s", "100 V/s", "10 kV/s"] {
        let with = |more: &str| Protocol::parse("x", &format!("[[step]]\nsweep = {{ rate = \"{rate}\"{more} }}"));
        let error = with("").unwrap_err();
        let help = error.problems[0].help.clone().unwrap();
        let advice = help.strip_prefix("write ").and_then(|h| h.split_once(" (")).unwrap().0;
        for way in advice.split(", or ") {
            if rate != "10 kV/s" {
                with(&format!(", {way}")).unwrap_or_else(|e| panic!("{rate}, {way}: {}", shown(&e)));
            }
        }
    }
}

#[test]
fn the_instruments_limits_are_kept() {
    let (message, _, help) = only_problem("[[step]]\nsweep = { to = \"30 V\" }");
    assert!(message.contains("does not fit into the source range of 20 V"), "{message}");
    assert!(help.contains("200 V"), "{help}");
    let (message, _, _) = only_problem("[[step]]\nsweep = { compliance = \"2 A\" }");
    assert!(message.contains("1500 mA"), "{message}");
    let (message, places, _) = only_problem("[instrument]\nmeasure_range = \"2 A\"\n[[step]]\nsweep = {}");
    assert!(message.contains("2614B"), "{message}");
    assert_eq!(places, ["\"2 A\""]);
    let (_, places, help) = only_problem("[[step]]\nsweep = { step = \"0.1 mV\", rate = \"1 mV/s\" }");
    assert_eq!((places[0].as_str(), help.as_str()), ("\"0.1 mV\"", "write step = \"0.5 mV\" or more"));
    assert!(only_problem("[bench]\nsource_meter = \"10.0.0.7\"\n[[step]]\nsweep = {}").2.contains("command line"));
}

#[test]
fn a_heating_chip_heats_and_only_it() {
    let (message, places, _) = only_problem("[chip]\nkind = \"heating\"\n[[step]]\nsweep = {}");
    assert!(message.contains("no contacts"), "{message}");
    assert_eq!(places, ["{}", "\"heating\""]);
    assert!(only_problem("[[step]]\nheat = { to = \"500 degC\" }").0.contains("no heater"));
    let p = Protocol::parse("x", "[chip]\nkind = \"heating\"\n[[step]]\nheat = { to = \"500 degC\" }").unwrap();
    let Step::Heat(heat) = &p.steps[0] else { panic!() };
    assert!((heat.to - 773.15).abs() < 1e-9);
}

#[test]
fn steps_are_a_list_of_one_thing_each() {
    assert!(only_problem("title = \"x\"").0.contains("no step"));
    assert!(only_problem("[step]\nsweep = {}").2.contains("[[step]]"));
    assert!(only_problem("[[step]]").0.contains("empty"));
    assert_eq!(only_problem("[[step]]\nsweep = {}\nwait = \"1 s\"").1, ["sweep", "wait"]);
    assert!(only_problem("[[step]]\nsweep = \"5 V\"").2.contains("sweep = { to = \"5 V\" }"));
    assert!(only_problem("step = [1]").0.contains("not a table"));
    assert!(only_problem("[[step]]\nsweep = { to = \"0 V\" }").0.contains("nowhere"));
    let p = Protocol::parse("x", "[[step]]\nwait = \"2 min\"\n[[step]]\nwait = { time = \"120 s\" }").unwrap();
    assert_eq!(p.steps[0], p.steps[1]);
}

#[test]
fn all_problems_are_shown_together() {
    let text = "[wire]\ndiameter = \"-1 nm\"\ncolour = \"red\"\n[[step]]\nsweep = { rate = 5, to = [\"1 V\", \"2 nm\"] }";
    let error = Protocol::parse("my.toml", text).unwrap_err();
    let shown = shown(&error);
    assert_eq!(error.problems.len(), 4, "{shown}");
    for part in ["4 problems", "my.toml:2:12", "my.toml:3:1", "my.toml:5:18", "my.toml:5:34", "has no unit"] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
}

#[test]
fn what_is_not_toml_is_underlined() {
    let error = Protocol::parse("my.toml", "[wire]\ndiameter = 115 nm\n").unwrap_err();
    let shown = shown(&error);
    assert!(shown.contains("my.toml:2:"), "{shown}");
    let error = Protocol::parse("my.toml", "[wire]\ndiameter = \"1 nm\"\ndiameter = \"2 nm\"\n").unwrap_err();
    assert!(error.to_string().contains("duplicate key"), "{error}");
}

#[test]
fn the_command_line_goes_before_the_file() {
    let p = Protocol::shipped("fig2a").unwrap().unwrap();
    let q = p
        .with_set(&[
            set("wire.diameter", "90 nm"),
            set("contact.1.resistance", "\"40 ohm\""),
            set("physics.electromigration", "false"),
            set("numerics.cells", "500"),
            set("step[0].sweep.rate", "10 mV/s"),
            set("step[0].sweep.to", "[\"0 V\", \"3 V\"]"),
            set("step[1].wait", "7 s"),
            set("title", "mine"),
        ])
        .unwrap();
    assert!((q.device.wire.diameter - 90e-9).abs() < 1e-18);
    assert_eq!(q.device.contact[0].resistance, 40.0);
    assert!(!q.device.physics.electromigration);
    assert_eq!((q.device.numerics.cells, q.title.as_str()), (500, "mine"));
    let Step::Sweep(sweep) = &q.steps[0] else { panic!() };
    assert_eq!((sweep.rate, sweep.to.as_slice()), (0.01, [0.0, 3.0].as_slice()));
    assert_eq!(q.steps[1], Step::Wait(Wait { time: 7.0 }));
    for key in ["wire.diameter", "contact.1.resistance", "step[0].sweep.to", "step[1].wait.time"] {
        assert!(q.changed.iter().any(|k| k == key), "{key}: {:?}", q.changed);
    }
    // Earlier settings stay, later ones win.
    let r = q.with_set(&[set("wire.diameter", "80 nm")]).unwrap();
    assert!((r.device.wire.diameter - 80e-9).abs() < 1e-18);
    assert_eq!(r.device.contact[0].resistance, 40.0);
    // A setting can put right what the file has wrong.
    Protocol::parse_with("x", &format!("[wire]\ndiameter = \"9\"{ONE_STEP}"), &[set("wire.diameter", "90 nm")]).unwrap_err();
    Protocol::parse_with("x", &format!("[wire]\nlength = \"3 um\"{ONE_STEP}"), &[set("chip.spacing", "2 um")]).unwrap();
}

#[test]
fn a_wrong_setting_underlines_the_argument() {
    let p = Protocol::shipped("fig2a").unwrap().unwrap();
    for (key, value, expected) in [
        ("wire.diameter", "90 mV", "a length is wanted"),
        ("wire.diametre", "90 nm", "did you mean `wire.diameter`?"),
        ("diameter", "90 nm", "did you mean `wire.diameter`?"),
        ("step[0].sweep.rat", "1 V/s", "did you mean `step[0].sweep.rate`?"),
        ("step[7].sweep.rate", "1 V/s", "there is no step[7]"),
        ("step[0].hold.time", "1 s", "step[0] is a `sweep`"),
        ("step[0]", "1 s", "step[0].sweep.rate"),
        ("step[0].sweep.trip", "150 %", "outside 1 % to 99 %"),
        ("chip.spacing", "50 um", "shorter than the spacing"),
        ("", "", "there is no setting"),
    ] {
        let error = p.with_set(&[set(key, value)]).unwrap_err();
        let shown = shown(&error);
        assert!(shown.contains(expected), "{key}={value}:\n{shown}");
        assert!(shown.contains(&format!("--set {key}={value}")), "{key}={value}:\n{shown}");
    }
}

#[test]
fn blocked_contacts_bring_their_lead_resistance() {
    // wire.md section 3: 223 ohm, with blocked contacts 200 ohm.
    let p = Protocol::parse("x", &format!("[chip]\ncontacts = \"blocked\"\n{ONE_STEP}")).unwrap();
    assert_eq!(p.device.chip.lead_resistance, 200.0);
    assert_eq!(p.changed, ["chip.contacts"]);
    assert!(p.notes[0].contains("200 ohm"), "{:?}", p.notes);
    let row = p.parameter_rows().into_iter().find(|r| r.key == "chip.lead_resistance").unwrap();
    assert_eq!((row.value.as_str(), row.default.as_str(), row.status.as_str(), row.changed), ("200 ohm", "200 ohm", "calibrated", false));
    let p = Protocol::parse("x", &format!("[chip]\ncontacts = \"blocked\"\nlead_resistance = \"223 ohm\"\n{ONE_STEP}")).unwrap();
    assert_eq!(p.changed, ["chip.contacts", "chip.lead_resistance"]);
}

#[test]
fn the_schema_knows_every_key_of_every_shipped_protocol() {
    let schema = schema();
    let known = |path: &[&str]| {
        let mut at = &schema["properties"];
        for (i, key) in path.iter().enumerate() {
            at = if i + 1 == path.len() { &at[*key] } else { &at[*key]["properties"] };
        }
        !at.is_null()
    };
    for entry in Protocol::default().all() {
        assert!(known(&entry.key.split('.').collect::<Vec<_>>()), "{}", entry.key);
    }
    let diameter = &schema["properties"]["wire"]["properties"]["diameter"];
    assert_eq!((&diameter["type"], &diameter["default"]), (&"string".into(), &"115 nm".into()));
    assert!(diameter["description"].as_str().unwrap().contains("Plausible: 105 nm to 125 nm. Default: paper"));
    assert_eq!(schema["properties"]["step"]["items"]["oneOf"].as_array().unwrap().len(), Step::WORDS.len());
}

/// Reads a text and, whatever came out, shows it.
fn read_and_show(text: &str, sets: &[(String, String)]) {
    match Protocol::parse_with("fuzz.toml", text, sets) {
        Ok(p) => {
            Protocol::parse("again", &p.to_toml()).unwrap_or_else(|e| panic!("{text}\n{}\n{}", p.to_toml(), shown(&e)));
        }
        Err(e) => {
            assert!(!e.problems.is_empty());
            assert!(!shown(&e).is_empty());
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        read_and_show(&text, &[]);
    }

    #[test]
    fn no_toml_like_text_makes_the_reader_panic(lines in prop::collection::vec("(\\[\\[?(step|wire|contact\\.1|chip)\\]?\\]|(diameter|wait|sweep|to|title|step)(\\.rate)? = (\"-?[0-9a-zµ %/.]{0,8}\"|[0-9.e-]{1,6}|\\[\\]|\\{ ?\\}|\\{ rate = \"1 V/s\" \\}|1979-05-27|true))\r?", 0..8)) {
        read_and_show(&lines.join("\n"), &[]);
    }

    #[test]
    fn no_mutation_of_a_shipped_protocol_makes_the_reader_panic(
        which in 0usize..8, edits in prop::collection::vec((0usize..2000, 0usize..3, "\\PC"), 1..6)
    ) {
        let name = shipped_names().nth(which).unwrap();
        let mut text: Vec<char> = Protocol::shipped(name).unwrap().unwrap().text.chars().collect();
        for (at, what, with) in edits {
            if text.is_empty() {
                break;
            }
            let at = at % text.len();
            match what {
                0 => { text.remove(at); }
                1 => text.splice(at..at, with.chars()).for_each(drop),
                _ => text.truncate(at.max(1)),
            }
        }
        read_and_show(&text.into_iter().collect::<String>(), &[]);
    }

    #[test]
    fn no_setting_makes_the_reader_panic(key in "(step\\[[0-9]{0,3}\\]?(\\.sweep)?|wire|chip|\\PC{0,4})?\\.?(rate|to|diameter|kind|\\PC{0,4})", value in "(\\PC{0,12}|-?[0-9.e]{1,8} ?(nm|um|V|mV/s|%)?)") {
        read_and_show(shipped_text("fig2a").unwrap(), &[(key, value)]);
    }

    #[test]
    fn every_number_survives_the_way_through_the_listing(diameter in 1.1e-8f64..0.9e-6, rate in 1e-3f64..0.1, celsius in 50.0f64..900.0) {
        let text = format!("[chip]\ntemperature = \"{celsius} degC\"\n[wire]\ndiameter = \"{diameter} m\"\n[[step]]\nsweep = {{ rate = \"{rate} V/s\", nplc = 0.1 }}");
        let p = Protocol::parse("x", &text).unwrap();
        let q = Protocol::parse("x", &p.to_toml()).unwrap();
        prop_assert_eq!((p.device, p.steps), (q.device, q.steps));
    }
}

#[test]
fn a_section_within_a_section_is_set_from_the_command_line() {
    for (key, value) in [("microscope.hrtem.pixels", "256"), ("microscope.hrtem.f20.cs", "\"1 mm\""), ("microscope.camera.gain", "2")] {
        let set = vec![(key.to_owned(), value.to_owned())];
        let protocol = Protocol::parse_with("x", ONE_STEP, &set).unwrap_or_else(|e| panic!("{key}: {e:?}"));
        assert!(protocol.changed.iter().any(|k| k == key), "{key}: {:?}", protocol.changed);
    }
    let unknown = vec![("microscope.hrtem.pixel".to_owned(), "256".to_owned())];
    assert!(format!("{:?}", Protocol::parse_with("x", ONE_STEP, &unknown).unwrap_err()).contains("microscope.hrtem.pixels"));
}
