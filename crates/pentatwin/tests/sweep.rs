//! Sweeps, plans and fits as they are typed.

mod common;

use std::fs;
use std::path::Path;

use common::{pentatwin, stderr, stdout};

/// Four quick runs; one of them fails.
const SWEEP: &str = r#"
title = "Small"
protocol = "fig2a"
seeds = 2
[set]
"numerics.cells" = 40
[vary]
"numerics.max_steps" = [100, 200000]
"contact.1.resistance" = "range"
"#;

fn results(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder.join("results"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&p).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_sweep_is_carried_out_taken_up_again_and_collected() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("small.toml"), SWEEP).unwrap();
    let run = |args: &[&str]| {
        let output = pentatwin(at, args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    // As an array would, task by task; the script says so.
    let said = run(&["sweep", "small.toml", "--out", "array", "--slurm-array", "job.sh"]);
    assert!(said.contains("4 runs: sbatch job.sh"), "{said}");
    let script = fs::read_to_string(at.join("job.sh")).unwrap();
    assert!(
        script.starts_with("#!/bin/bash\n") && script.contains("--array=0-3") && script.contains("--index \"$SLURM_ARRAY_TASK_ID\""),
        "{script}"
    );
    for index in ["2", "0", "3", "1"] {
        run(&["sweep", "small.toml", "--out", "array", "--index", index, "-q"]);
    }
    let said = run(&["sweep", "small.toml"]);
    assert!(said.contains("4 of 4 runs have a result, 2 failed") && said.contains("max_steps"), "{said}");
    assert_eq!(results(&at.join("array")), results(&at.join("runs/sweep-small")));
    let again = run(&["sweep", "small.toml", "--jobs", "1"]);
    assert!(again.contains("4 of them from before"), "{again}");
    let said = run(&["sweep", "collect", "runs/sweep-small"]);
    assert!(said.contains("2 runs done, 2 failed, 0 missing; seed 2 × max_steps 2"), "{said}");
    let page = fs::read_to_string(at.join("runs/sweep-small/report.html")).unwrap();
    assert!(page.contains("What was put in") && page.contains("Breakdown voltage") && !page.contains("src=\"http"));
    assert!(at.join("runs/sweep-small/sweep.zarr/zarr.json").exists());
}

#[test]
fn bad_sweeps_plans_and_fits_are_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("wrong.toml"), "protocol = \"fig2a\"\n[vary]\n\"wire.diameter\" = [\"90\"]\n").unwrap();
    fs::write(at.join("iv.csv"), "time_s,voltage_V,current_A\n0,0,0\n").unwrap();
    for (args, said) in [
        (&["sweep", "wrong.toml"][..], "a unit is missing"),
        (&["sweep", "none.toml"], "cannot read none.toml"),
        (&["sweep"], "no sweep is named"),
        (&["sweep", "rates", "--index", "999"], "there is no run 999"),
        (&["sweep", "collect", "nowhere"], "cannot read nowhere/sweep.toml"),
        (&["sweep", "plan", "--gap-below", "10 V"], "is no width of a gap"),
        (&["fit", "iv.csv", "--free", "chip.lead_resistance"], "that is no curve"),
        (&["fit", "none.csv", "--free", "chip.lead_resistance"], "none.csv"),
        (&["fit", "iv.csv", "--free", "chip.leads"], "[chip] has no `leads`"),
    ] {
        let output = pentatwin(at, args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn a_plan_lists_settings_or_says_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = "protocol = \"fig2a\"\n[set]\n\"numerics.cells\" = 60\n[vary]\n\"chip.lead_resistance\" = [\"50 ohm\", \"223 ohm\"]\n\"step[0].sweep.compliance\" = [\"3 mA\", \"20 mA\"]\n";
    fs::write(at.join("p.toml"), text).unwrap();
    let plan = |wish: &[&str]| {
        let output = pentatwin(at, &[&["sweep", "plan", "p.toml", "--out", "o"], wish].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let none = plan(&["--gap-below", "1 nm"]);
    assert!(none.contains("None of the 4 settings in range gives a gap below 1 nm; the narrowest gap is"), "{none}");
    assert!(none.contains("unbroken"), "a source that gives 3 mA breaks nothing: {none}");
    let some = plan(&["--gap-below", "1 um"]);
    assert!(some.contains("2 of 4 settings give a gap below 1000 nm") && !some.contains("unbroken"), "{some}");
    assert!(at.join("o/plan.html").exists());
}

#[test]
fn a_run_of_one_device_is_fitted_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let run = |args: &[&str]| {
        let output = pentatwin(at, args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    run(&[
        "run",
        "fig2a",
        "--no-imaging",
        "--shape",
        "off",
        "--band",
        "0",
        "--no-companions",
        "--out",
        "r",
        "--set",
        "chip.lead_resistance=180 ohm",
        "-q",
    ]);
    let said = run(&["fit", "r/iv.csv", "--device", "fig2a", "--free", "chip.lead_resistance", "--band", "4", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let p = &said["fit"]["parameters"][0];
    let (value, u) = (p["value"].as_f64().unwrap(), p["uncertainty"].as_f64().unwrap());
    // Another grid and the contacts' share of the noise: a few uncertainties, a small part of the resistance.
    assert!((value - 180.0).abs() < (4.0 * u).max(1.0), "{value} ± {u}");
    let v = &said["fit"]["predicted"][0];
    let (predicted, measured) = (v["value"].as_f64().unwrap(), v["measured"].as_f64().unwrap());
    assert!((predicted / measured - 1.0).abs() < 0.03, "{v}");
    assert!(at.join("iv-fit/fit.html").exists());
}
