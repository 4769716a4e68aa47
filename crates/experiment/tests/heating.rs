//! The heating experiment through the library: chip, error of its temperature, switches, what the report's rows read.

use pentatwin_experiment::Protocol;
use pentatwin_experiment::band::bands;
use pentatwin_experiment::heating::checklist::{Case, checklist};
use pentatwin_experiment::heating::{atoms, tip_profile, wire_section};
use pentatwin_experiment::measure::{Numbers, measure};
use pentatwin_experiment::simulate::{Trace, simulate_quietly};
use pentatwin_record::summary::{Finding, Verdict};

/// `fig3` on 3 um of wire with coarse cells: quick, and its onset within a few per cent.
fn short(sets: &[(&str, &str)]) -> Protocol {
    let mut all = vec![("wire.length", "3 um"), ("numerics.cells", "120")];
    all.extend(sets);
    let sets: Vec<(String, String)> = all.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Protocol::shipped("fig3").unwrap().unwrap().with_set(&sets).unwrap()
}

fn run(protocol: &Protocol) -> (Trace, Numbers) {
    let trace = simulate_quietly(protocol, 1).unwrap();
    let numbers = measure(protocol, &trace).numbers;
    (trace, numbers)
}

#[test]
fn the_wire_follows_the_heater_and_loses_volume_while_it_is_held() {
    let p = short(&[]);
    let (trace, n) = run(&p);
    assert!(trace.samples.iter().all(|s| s.voltage == 0.0 && s.current == 0.0), "nothing flows on a heating chip");
    for profile in &trace.profiles {
        let first = profile.temperature[0];
        assert!(profile.temperature.iter().all(|t| *t == first) && profile.film == first);
    }
    assert!((n["hottest"] - 1023.15).abs() < 1e-6);
    assert_eq!((n["visible_450"], n["broken_450"], n["broken_750"]), (0.0, 0.0, 1.0));
    assert!(n["hold_volume_start"] > n["hold_volume_middle"] + 0.1 && n["hold_volume_middle"] > n["hold_volume_end"] + 0.05);
    assert!((n["recession_speed"] / n["hertz_knudsen_speed"] - 1.0).abs() < 0.15, "{} {}", n["recession_speed"], n["hertz_knudsen_speed"]);
    let wire = trace.specimen.wire();
    let made: f64 = wire.area_made().iter().sum::<f64>() * wire.grid().dx;
    assert!((wire.total_volume() / made - 1.0).abs() < 1e-10);
}

#[test]
fn the_error_of_the_chip_is_in_the_wire_and_not_in_what_the_holder_says() {
    let (_, cold) = run(&short(&[("chip.temperature_error", "-5 %")]));
    let (_, right) = run(&short(&[]));
    let (_, hot) = run(&short(&[("chip.temperature_error", "5 %")]));
    // 723.15 K of rise at 750 degC indicated: 36.2 K either way.
    assert!((hot["hottest"] - right["hottest"] - 36.16).abs() < 0.01 && (right["hottest"] - cold["hottest"] - 36.16).abs() < 0.01);
    assert_eq!((hot["hold_temperature"], cold["hold_temperature"]), (right["hold_temperature"], right["hold_temperature"]));
    assert!(hot["volume_left"] < right["volume_left"] - 0.05 && right["volume_left"] < cold["volume_left"] - 0.2);
    assert!(hot["onset_time"] < right["onset_time"] && right["onset_time"] < cold["onset_time"]);
}

#[test]
fn each_mechanism_of_a_heated_wire_can_be_switched_off() {
    let (trace, n) = run(&short(&[("physics.sublimation", "false")]));
    assert!((n["volume_left"] - 1.0).abs() < 1e-10, "{}", n["volume_left"]);
    assert_eq!(n["broken_750"], 1.0, "capillarity alone breaks it");
    assert!(trace.profiles.iter().all(|p| p.volumes[1] == 0.0));
    let (_, n) = run(&short(&[("physics.capillarity", "false")]));
    assert_eq!((n["pieces_550"], n["visible_550"]), (1.0, 0.0), "sublimation alone does nothing at 550 degC");
    assert!(n["volume_left"] < 0.2);
    let (_, n) = run(&short(&[("physics.capillarity", "false"), ("physics.sublimation", "false")]));
    assert_eq!((n["change_750"], n["volume_left"]), (0.0, 1.0));
}

#[test]
fn a_heater_above_the_melting_point_is_an_error_before_anything_runs() {
    let p = Protocol::shipped("fig3").unwrap().unwrap();
    for sets in [vec![("step[4].heat.to", "980 degC")], vec![("step[4].heat.to", "940 degC"), ("chip.temperature_error", "5 %")]] {
        let sets: Vec<(String, String)> = sets.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let error = p.with_set(&sets).unwrap_err();
        assert!(error.problems.iter().any(|p| format!("{p:?}").contains("molten")), "{error:?}");
    }
    // Without the error 940 degC can be held.
    p.with_set(&[("step[4].heat.to".to_owned(), "940 degC".to_owned())]).unwrap();
}

#[test]
fn draws_of_a_heated_wire_are_free_and_vary_what_matters_to_it() {
    let drawn = bands(&short(&[]), 1, 6, &|_| true);
    assert_eq!((drawn.draws.asked, drawn.draws.accepted), (6, 6));
    let volume = &drawn.bands["volume_left"];
    assert!(volume.low < volume.high);
    for (name, share) in &drawn.shares {
        assert!((0.0..=1.0).contains(share), "{name} {share}");
    }
    assert_eq!(drawn.shares["broken_750"], 1.0);
}

fn row<'a>(rows: &'a [Finding], start: &str) -> &'a Finding {
    rows.iter().find(|r| r.claim.starts_with(start)).unwrap_or_else(|| panic!("no row {start}"))
}

#[test]
fn rows_of_the_lattice_are_not_tested_until_their_numbers_are_there_and_then_can_fail() {
    let p = short(&[]);
    let trace = simulate_quietly(&p, 1).unwrap();
    let mut measures = measure(&p, &trace);
    let rows =
        |measures: &pentatwin_experiment::measure::Measures| checklist(&Case { protocol: &p, measures, companions: &[], bands: None });
    let claims = ["The wire keeps a faceted", "The facets lie at", "Removal goes along"];
    let spacing = "Flat facets with";
    let made = rows(&measures);
    assert!(claims.iter().chain([&spacing]).all(|c| row(&made, c).verdict == Verdict::NotTested));
    let mut put = |angle: f64, sigma: f64, spacing: f64, share: f64| {
        for (name, value) in [
            ("lattice_facet_angle", angle.to_radians()),
            ("lattice_facet_angle_sigma", sigma.to_radians()),
            ("lattice_share_111", share),
            ("hrtem_spacing", spacing),
            ("hrtem_spacing_sigma", 0.3e-12),
            ("hrtem_angle", angle.to_radians()),
            ("hrtem_angle_sigma", 0.3f64.to_radians()),
        ] {
            measures.numbers.insert(name.to_owned(), value);
        }
        rows(&measures)
    };
    let good = put(125.2, 0.3, 0.2361e-9, 0.7);
    assert!(claims.iter().all(|c| row(&good, c).verdict == Verdict::Emerged), "{good:?}");
    let bad = put(90.0, 0.3, 0.204e-9, 0.1);
    assert!(claims.iter().all(|c| row(&bad, c).verdict == Verdict::NotReproduced));
    // What scatters too much says nothing, and the spacing is the lattice's, whatever the image gives.
    let vague = put(123.0, 2.0, 0.2361e-9, 0.7);
    assert!(claims.iter().all(|c| row(&vague, c).verdict == Verdict::NotTested), "{vague:?}");
    assert!([good, bad, vague].iter().all(|rows| row(rows, spacing).verdict == Verdict::Input));
}

/// A thin wire whose tip is followed on a coarse lattice.
fn with_lattice(more: &[(&str, &str)]) -> Protocol {
    let text = "[chip]\nkind = \"heating\"\n[wire]\ndiameter = \"60 nm\"\nlength = \"1 um\"\n[lattice]\nengine = \"exchange\"\nlength = \"60 nm\"\ntime = \"4 s\"\nstart = \"cut\"\n[[step]]\nheat = { to = \"750 degC\", rate = \"100 K/s\", time = \"6 s\" }\n";
    let sets: Vec<(String, String)> = more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Protocol::parse_with("tip", text, &sets).unwrap()
}

#[test]
fn a_tip_is_followed_site_by_site_and_both_engines_are_compared() {
    let p = with_lattice(&[]);
    let trace = simulate_quietly(&p, 1).unwrap();
    let mut said = Vec::new();
    let found = atoms::follow(&p, 1, &trace, &mut |s| {
        said.push(s.to_owned());
        true
    });
    assert_eq!(found.note, None);
    // Frames are off: no pictures, and nothing is refined for them.
    assert!(found.pictures.is_empty());
    let titles: Vec<&str> = found.tables.iter().map(|t| t.title.as_str()).collect();
    assert_eq!(titles.len(), 3, "{titles:?}");
    for t in &found.tables {
        assert!(t.rows.iter().all(|r| r.len() == t.columns.len()), "{t:?}");
    }
    let angle = found.numbers["lattice_facet_angle"].to_degrees();
    assert!((115.0..140.0).contains(&angle), "{angle}");
    assert!(said.iter().any(|s| s.contains("atoms left") && s.contains("M/s")), "{said:?}");
    // The same again, and stopped half-way it keeps what there is.
    let again = atoms::follow(&p, 1, &trace, &mut |_| true);
    assert_eq!(again.tables, found.tables);
    let mut calls = 0;
    let part = atoms::follow(&p, 1, &trace, &mut |_| {
        calls += 1;
        calls < 20
    });
    assert!(part.note.is_some() && part.tables.len() == 1 && part.numbers.contains_key("lattice_facet_angle"), "{:?}", part.numbers);
}

#[test]
fn a_lattice_that_cannot_be_followed_is_refused_before_anything_runs() {
    let refused = |more: &[(&str, &str)]| atoms::check(&with_lattice(more)).unwrap_err().to_string();
    assert!(atoms::check(&with_lattice(&[])).is_ok());
    assert!(refused(&[("lattice.length", "\"10 um\""), ("lattice.refine", "\"full\""), ("lattice.memory", "500")]).contains("MB"));
    assert!(refused(&[("lattice.time", "\"0 s\"")]).contains("no time"));
    let biased = Protocol::shipped("fig2a").unwrap().unwrap();
    let biased = biased.with_set(&[("lattice.engine".to_owned(), "\"exchange\"".to_owned())]).unwrap();
    assert!(atoms::check(&biased).unwrap_err().to_string().contains("does not heat"));
    let images = [("microscope.frames", "true"), ("microscope.mode", "\"haadf-stem\""), ("lattice.imaged_at", "\"25 degC\"")];
    assert!(atoms::check(&with_lattice(&images)).is_ok());
}

#[test]
fn a_tip_is_taken_from_the_wire_beside_its_first_break() {
    let p = short(&[]);
    let trace = simulate_quietly(&p, 1).unwrap();
    let broken = trace.specimen.wire().rupture().unwrap().time;
    assert!(tip_profile(&trace, broken - 1.0, true, 1e-6).is_none(), "whole before");
    for right in [false, true] {
        let tip = tip_profile(&trace, broken, right, 200e-9).unwrap();
        assert!(tip.len() > 3 && tip.windows(2).all(|w| w[0].0 < w[1].0), "{tip:?}");
        assert!(tip.iter().all(|(s, r)| (0.0..200e-9).contains(s) && (1e-9..300e-9).contains(r)));
        assert!(tip[0].1 < tip[tip.len() - 1].1, "an apex is thinner than what is behind it: {tip:?}");
    }
    // And the wire engine goes on with it as a section of its own.
    let tip = tip_profile(&trace, broken, false, 150e-9).unwrap();
    let outline = |s: f64| {
        let from_apex = 150e-9 - s;
        tip.iter().min_by(|a, b| (a.0 - from_apex).abs().total_cmp(&(b.0 - from_apex).abs())).map_or(0.0, |t| t.1)
    };
    let series = wire_section(&p.device, 150e-9, &outline, 1023.15, 1.0).unwrap();
    assert!(series.len() > 2 && series[series.len() - 1].volume < series[0].volume);
}
