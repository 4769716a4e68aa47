//! Sweeps: read, carried out by any number of workers, stopped and taken up again, collected.

use std::path::Path;

use pentatwin_experiment::Protocol;
use pentatwin_experiment::ensemble::{Ended, Sweep, SweepError, collect, result_file, shipped_sweep, shipped_sweeps};
use pentatwin_units::Value;

/// Two rates, a chip and a scatter; coarse, so that a run takes milliseconds.
const SMALL: &str = r#"
title = "Small"
protocol = "fig2a"
seeds = [3, 4]

[set]
"numerics.cells" = 40
"chip.lead_resistance" = "100 ohm"

[vary]
"step[0].sweep.rate" = ["100 mV/s", "1 V/s"]
"chip.kind" = ["sin-membrane", "si-sio2"]
"wire.diameter" = { normal = "115 nm", sd = "5 %" }

[with."step[0].sweep.rate"]
"step[0].sweep.nplc" = [1, 0.01]
"#;

fn all(sweep: &Sweep) -> Vec<usize> {
    (0..sweep.len()).collect()
}

/// Names and bytes of the results.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder.join("results"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&p).unwrap()))
        .collect();
    all.sort();
    all
}

fn problems(text: &str) -> Vec<(String, String)> {
    match Sweep::read(text) {
        Err(SweepError::Wrong(e)) => e
            .problems
            .iter()
            .map(|p| (p.message.clone(), p.spans().first().map_or(String::new(), |s| text.get(s.clone()).unwrap_or("?").to_owned())))
            .collect(),
        Err(e) => vec![(e.to_string(), String::new())],
        Ok(_) => Vec::new(),
    }
}

#[test]
fn runs_are_seed_first_and_the_last_list_fastest() {
    let sweep = Sweep::read(SMALL).unwrap();
    let runs = sweep.runs();
    assert_eq!(runs.len(), 8);
    let said = |k: usize| (runs[k].seed, runs[k].set["step[0].sweep.rate"].as_str(), runs[k].set["chip.kind"].as_str());
    assert_eq!(said(1), (3, "100 mV/s", "si-sio2"));
    assert_eq!(said(6), (4, "1 V/s", "sin-membrane"));
    assert_eq!(runs[6].set["step[0].sweep.nplc"], "0.01");
    // A device is the same in all runs of its seed, and exactly what was drawn.
    let diameter = |k: usize| runs[k].drawn["wire.diameter"];
    assert!(diameter(0) == diameter(3) && diameter(0) != diameter(4));
    assert_eq!(sweep.protocol_of(&runs[5]).unwrap().device.wire.diameter, diameter(5));
    let mut names: Vec<&str> = runs.iter().map(|r| r.hash.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 8);
}

#[test]
fn the_shipped_sweeps_read() {
    for name in shipped_sweeps() {
        let sweep = Sweep::read(shipped_sweep(name).unwrap()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(sweep.len() > 50, "{name}");
    }
}

#[test]
fn what_is_wrong_is_underlined() {
    for (text, message, place) in [
        ("protocol = \"fig2x\"", "there is no protocol `fig2x`", "\"fig2x\""),
        ("seeds = 3", "the sweep has no protocol", ""),
        ("protocol = \"fig2a\"\nseed = 3", "a sweep has no `seed`", "seed"),
        ("protocol = \"fig2a\"\nseeds = 0", "`seeds` is a number of seeds from 1 on, or a list of different seeds", "0"),
        ("protocol = \"fig2a\"\n[vary]\n\"wire.diametre\" = [\"1 nm\"]", "[wire] has no `diametre`", "\"wire.diametre\""),
        (
            "protocol = \"fig2a\"\n[vary]\n\"wire.diameter\" = [\"90 nm\", \"115\"]",
            "`diameter`: a unit is missing: a length is wanted",
            "\"115\"",
        ),
        (
            "protocol = \"fig2a\"\n[vary]\n\"wire.diameter\" = { normal = \"115 nm\", sigma = \"8 nm\" }",
            "`wire.diameter` does not say over what it varies",
            "{ normal = \"115 nm\", sigma = \"8 nm\" }",
        ),
        (
            "protocol = \"fig2a\"\n[vary]\n\"step[0].sweep.rate\" = [\"10 mV/s\", \"10 V/s\"]",
            "`step[0].sweep.rate` = 10 V/s does not work here",
            "\"10 V/s\"",
        ),
        (
            "protocol = \"fig2a\"\n[set]\n\"shape.coupling\" = \"lock-step\"",
            "`shape.coupling` does nothing: the engine is off",
            "\"shape.coupling\"",
        ),
        ("protocol = \"fig2a\"\nimaging = true", "images would be made and thrown away", "true"),
        ("protocol = \"fig2a\"\nkeep = \"record\"", "`keep` is \"results\" or \"records\"", "\"record\""),
        (
            "protocol = \"fig2a\"\n[vary]\n\"wire.diameter\" = [\"90 nm\", \"0.09 um\"]",
            "`wire.diameter` has this value twice",
            "\"0.09 um\"",
        ),
        ("protocol = \"fig2a\"\n[protocol.wire]", "this is not TOML", ""),
        ("[protocol.wire]\ndiameter = \"115\"\n[[protocol.step]]\nsweep = { to = \"5 V\" }", "`wire.diameter`", "\"115\""),
    ] {
        let found = problems(text);
        assert!(!found.is_empty(), "{text}: no problem");
        assert!(found[0].0.contains(message), "{text}: {found:?}");
        assert!(place.is_empty() || found[0].1 == place, "{text}: {found:?}");
    }
}

#[test]
fn a_protocol_can_stand_in_the_sweep_or_beside_it() {
    let inline = "[protocol.wire]\ndiameter = \"90 nm\"\n[[protocol.step]]\nsweep = { to = \"5 V\", rate = \"50 mV/s\" }\n[vary]\n\"step[0].sweep.rate\" = [\"20 mV/s\"]";
    let sweep = Sweep::read(inline).unwrap();
    assert_eq!(
        sweep.protocol_of(&sweep.run(0).unwrap()).unwrap().device.wire.diameter,
        Protocol::default()
            .parameter("wire.diameter")
            .unwrap()
            .read_text("90 nm")
            .map(|v| if let Value::Number(x) = v { x } else { 0.0 })
            .unwrap()
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.toml"), "[[step]]\nsweep = { to = \"5 V\", rate = \"50 mV/s\" }\n").unwrap();
    let file = folder.path().join("s.toml");
    std::fs::write(&file, "protocol = \"mine.toml\"\n[set]\n\"numerics.cells\" = 40\n").unwrap();
    let sweep = Sweep::open(file.to_str().unwrap()).unwrap();
    assert_eq!((sweep.name.as_str(), sweep.protocol().name.as_str(), sweep.len()), ("s", "mine", 1));
    // The folder of the sweep has all it takes, also when the protocol's file is gone.
    let out = folder.path().join("out");
    sweep.run_one(0, &out).unwrap();
    std::fs::remove_file(folder.path().join("mine.toml")).unwrap();
    assert_eq!(collect(&out).unwrap().table.counts(), [1, 0, 0]);
}

#[test]
fn results_are_the_same_bits_whatever_the_number_of_workers_and_finished_ones_are_kept() {
    let sweep = Sweep::read(SMALL).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (serial, parallel) = (folder.path().join("1"), folder.path().join("2"));
    // One after the other, each as a job of an array would; the first is stopped half-way.
    let stopped = sweep.run_all(&all(&sweep), &serial, 1, &|d| d.done < 3).unwrap();
    assert!(stopped.stopped && stopped.done == 3, "{stopped:?}");
    assert_eq!(files(&serial).len(), 3);
    let kept = files(&serial);
    for k in 0..sweep.len() {
        sweep.run_one(k, &serial).unwrap();
    }
    let done = sweep.run_all(&all(&sweep), &parallel, 2, &|_| true).unwrap();
    assert_eq!((done.done, done.found, done.failed, done.stopped), (8, 0, 0, false));
    assert_eq!(files(&serial), files(&parallel));
    assert!(kept.iter().all(|k| files(&serial).contains(k)));
    let again = sweep.run_all(&all(&sweep), &parallel, 2, &|_| true).unwrap();
    assert_eq!((again.done, again.found), (8, 8));
    // In memory the same.
    let run = sweep.run(5).unwrap();
    let text = std::fs::read_to_string(result_file(&parallel, &run.hash)).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), serde_json::to_value(sweep.run_in_memory(5).unwrap()).unwrap());
}

#[test]
fn a_failed_run_is_listed_with_its_reason_and_stops_nothing() {
    let text = "protocol = \"fig2a\"\n[set]\n\"numerics.cells\" = 40\n[vary]\n\"numerics.max_steps\" = [100, 200000]\n";
    let sweep = Sweep::read(text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let done = sweep.run_all(&[0, 1], folder.path(), 2, &|_| true).unwrap();
    assert_eq!((done.done, done.failed), (2, 1));
    // A result that was cut short by a power loss is made again.
    let run = sweep.run(1).unwrap();
    std::fs::write(result_file(folder.path(), &run.hash), "{").unwrap();
    let collected = collect(folder.path()).unwrap();
    assert_eq!(collected.table.counts(), [0, 1, 1]);
    assert!(collected.table.rows[0].reason().unwrap().contains("max_steps"));
    assert!(matches!(sweep.run_one(1, folder.path()).unwrap().ended, Ended::Done { broke: true, .. }));
    let collected = collect(folder.path()).unwrap();
    assert_eq!(collected.table.counts(), [1, 1, 0]);
    let root = std::fs::read_to_string(collected.dataset.join("zarr.json")).unwrap();
    assert!(root.contains("breakdown_voltage") && root.contains("\"max_steps\""));
    assert!(sweep.run_one(2, folder.path()).is_err());
}
