//! Bad input ends with exit code 2 (design.md section 6), names the place and what would be right, and leaves nothing behind.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::{pentatwin, stderr};

/// Exit code 2, nothing on stdout, each part in the message.
fn assert_refused(output: &Output, parts: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty(), "{:?}", output.stdout);
    assert!(!message.contains("panicked"), "{message}");
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// A run of a protocol with this text is refused, and no folder of a run appears.
fn assert_protocol_refused(text: impl AsRef<[u8]>, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("my.toml"), text).unwrap();
    let output = pentatwin(folder.path(), &["run", "my.toml"]).output().unwrap();
    assert_refused(&output, parts);
    assert_eq!(names_in(folder.path()), ["my.toml"]);
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn with_step(text: &str) -> String {
    format!("{text}\n[[step]]\nsweep = {{ to = \"5 V\" }}\n")
}

#[test]
fn an_unknown_key_is_refused() {
    assert_protocol_refused(
        with_step("[wire]\ndiametre = \"90 nm\""),
        &["my.toml:2:1", "[wire] has no `diametre`", "did you mean `diameter`?"],
    );
}

#[test]
fn a_wrong_unit_is_refused() {
    assert_protocol_refused(
        "[[step]]\nsweep = { rate = \"100 mV\" }",
        &["my.toml:2:18", "this is a voltage, but a voltage per time is wanted", "such as \"100 mV/s\""],
    );
    assert_protocol_refused(with_step("[wire]\ndiameter = 90"), &["my.toml:2:12", "a unit is missing", "a length"]);
}

#[test]
fn a_negative_diameter_is_refused() {
    assert_protocol_refused(with_step("[wire]\ndiameter = \"-90 nm\""), &["my.toml:2:12", "-90 nm is outside", "choose a value from"]);
}

#[test]
fn a_wire_shorter_than_the_spacing_is_refused() {
    assert_protocol_refused(with_step("[wire]\nlength = \"3 um\""), &["my.toml:2:10", "shorter than the spacing", "at least 5 um"]);
}

#[test]
fn rate_zero_is_refused() {
    assert_protocol_refused("[[step]]\nsweep = { rate = \"0 mV/s\" }", &["my.toml:2:18", "0 mV/s is outside", "choose a value from"]);
}

#[test]
fn a_trip_of_150_percent_is_refused() {
    assert_protocol_refused("[[step]]\nsweep = { trip = \"150 %\" }", &["my.toml:2:18", "150 % is outside", "1 % to 99 %"]);
}

#[test]
fn what_is_not_toml_is_refused() {
    assert_protocol_refused("[wire]\ndiameter = 115 nm\n", &["my.toml:2:", "not TOML"]);
}

#[test]
fn a_file_that_is_not_utf_8_is_refused() {
    // "5 µm" in Latin-1.
    assert_protocol_refused(b"[wire]\nlength = \"5 \xb5m\"\n", &["my.toml is not UTF-8", "line 2"]);
}

#[test]
fn a_missing_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = pentatwin(folder.path(), &["run", "missing.toml"]).output().unwrap();
    assert_refused(&output, &["cannot read the protocol missing.toml", "No such file", "fig2a"]);
    let output = pentatwin(folder.path(), &["run", "fig2a.toml"]).output().unwrap();
    assert_refused(&output, &["`fig2a` ships with pentatwin"]);
    let output = pentatwin(folder.path(), &["run", "."]).output().unwrap();
    assert_refused(&output, &["cannot read the protocol ."]);
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn an_endless_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert_refused(&pentatwin(folder.path(), &["run", "/dev/zero"]).output().unwrap(), &["larger than 1 MiB"]);
}

#[test]
fn an_unknown_protocol_is_refused_with_the_list() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["run", "show"] {
        let output = pentatwin(folder.path(), &[command, "fig2c"]).output().unwrap();
        assert_refused(&output, &["there is no protocol `fig2c`", "did you mean `fig2", "pristine", "reference"]);
    }
}

#[test]
fn a_wrong_setting_is_refused_and_underlined() {
    let folder = tempfile::tempdir().unwrap();
    let output = pentatwin(folder.path(), &["run", "fig2a", "--set", "wire.diameter=90 mV"]).output().unwrap();
    assert_refused(&output, &["command line:1:21", "--set wire.diameter=90 mV", "a length is wanted"]);
    let output = pentatwin(folder.path(), &["run", "fig2a", "--set", "wire.diameter"]).output().unwrap();
    assert_refused(&output, &["write key=value"]);
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn a_folder_that_is_not_empty_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    fs::write(folder.path().join("out/thesis.tex"), "precious").unwrap();
    let output = pentatwin(folder.path(), &["run", "pristine", "--band", "0", "--out", "out"]).output().unwrap();
    assert_refused(&output, &["out is not empty", "empty or does not exist"]);
    assert_eq!(names_in(&folder.path().join("out")), ["thesis.tex"]);
    let output = pentatwin(folder.path(), &["run", "pristine", "--band", "0", "--out", "out/thesis.tex"]).output().unwrap();
    assert_refused(&output, &["thesis.tex", "not a folder"]);
    assert_eq!(fs::read_to_string(folder.path().join("out/thesis.tex")).unwrap(), "precious");
}

#[test]
fn an_unwritable_folder_is_refused() {
    // Nobody, root included, makes folders there.
    let folder = tempfile::tempdir().unwrap();
    let out = "/sys/kernel/pentatwin";
    let output = pentatwin(folder.path(), &["run", "pristine", "--band", "0", "--out", out]).output().unwrap();
    assert_refused(&output, &["cannot write to", out, "--out"]);
    let output = pentatwin(folder.path(), &["run", "pristine", "--band", "0"]).env("PENTATWIN_RUNS", "/sys/kernel").output().unwrap();
    assert_refused(&output, &["cannot write to", "PENTATWIN_RUNS"]);
    let long = "x".repeat(300);
    let output = pentatwin(folder.path(), &["run", "pristine", "--band", "0", "--out", &long]).output().unwrap();
    assert_refused(&output, &[&long]);
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn a_full_disk_is_refused() {
    // A file system of 16 kB, in a mount namespace of its own; where the system has none to give, there is nothing to try it on.
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]).env("NO_COLOR", "1");
        command
    };
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().display().to_string();
    let mount = format!("mount -t tmpfs -o size=16k small {small}");
    if !unshare(&mount).status().is_ok_and(|s| s.success()) {
        eprintln!("skipped: this system does not let a user mount a small disk");
        return;
    }
    let binary = env!("CARGO_BIN_EXE_pentatwin");
    let output = unshare(&format!("{mount} && {binary} run pristine --band 0 --no-companions --quiet --out {small}/run")).output().unwrap();
    assert_refused(&output, &["no space left", "--out"]);
    // A listing into a full disk is no panic either.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = pentatwin(folder.path(), &["show", "fig2a"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
}

#[test]
fn a_folder_without_a_run_has_no_report() {
    let folder = tempfile::tempdir().unwrap();
    let output = pentatwin(folder.path(), &["report", "."]).output().unwrap();
    assert_refused(&output, &["not a record", "folder of a run"]);
    assert!(names_in(folder.path()).is_empty());
}
