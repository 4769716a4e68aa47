//! The commands that only print, and what a run leaves and says.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use common::{pentatwin, stderr, stdout};

#[test]
fn list_show_and_schema_print_and_agree() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let output = pentatwin(folder.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    // The protocols of issue 2, point 6.
    let list = run(&["list"]);
    for name in ["pristine", "fig2a", "fig2b", "fig4", "fig4-source-on", "figS3", "fig5-break", "reference"] {
        assert!(list.lines().any(|l| l.split_whitespace().next() == Some(name)), "{list}");
        // What is shown can be shown again, and is the same.
        let shown = run(&["show", name]);
        fs::write(folder.path().join("my.toml"), &shown).unwrap();
        assert_eq!(run(&["show", "my.toml"]), shown, "{name}");
    }
    let shown = run(&["show", "fig2a", "--set", "wire.diameter=90 nm"]);
    assert!(shown.contains("diameter = \"90 nm\""), "{shown}");
    let schema: serde_json::Value = serde_json::from_str(&run(&["schema"])).unwrap();
    assert_eq!(schema["properties"]["wire"]["properties"]["diameter"]["default"], "115 nm");
}

#[test]
fn a_closed_output_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = pentatwin(folder.path(), &["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!((child.wait().unwrap().code(), message.as_str()), (Some(0), ""));
}

#[test]
fn json_is_one_object_on_stdout_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["run", "pristine", "--band", "0", "--no-companions", "--json", "--out", "run"];
    let output = pentatwin(folder.path(), &args).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let text = stdout(&output);
    let object: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert_eq!((&object["folder"], &object["summary"]["name"]), (&"run".into(), &"pristine".into()));
    let log = fs::read_to_string(folder.path().join("run/run.log")).unwrap();
    assert!(log.lines().next().unwrap().contains("pristine") && log.contains("seed 1"), "{log}");
}

#[test]
fn a_run_says_how_it_ended_and_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["run", "pristine", "--band", "0", "--no-companions", "--out", "run"];
    let output = pentatwin(folder.path(), &args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(said.starts_with("Ohmic check") && said.contains("\nRun     run\n"), "{said}");
    // The report can be built again.
    let before = fs::read(folder.path().join("run/report.html")).unwrap();
    fs::remove_file(folder.path().join("run/report.html")).unwrap();
    let output = pentatwin(folder.path(), &["report", "run"]).output().unwrap();
    assert_eq!(stdout(&output), "run/report.html\n", "{}", stderr(&output));
    assert!(fs::read(folder.path().join("run/report.html")).unwrap() == before);
    // Quiet: the folder alone.
    let output = pentatwin(folder.path(), &["run", "pristine", "--band", "0", "--no-companions", "-q"]).output().unwrap();
    assert!(stdout(&output).starts_with("runs/pristine-") && stdout(&output).lines().count() == 1 && output.stderr.is_empty());
}

#[test]
fn the_first_interrupt_ends_a_run_cleanly_and_the_record_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    // So many draws that it cannot be over before the signal comes.
    for (signal, out) in [("INT", "a"), ("TERM", "b")] {
        let mut child = pentatwin(folder.path(), &["run", "fig2a", "--band", "100000", "--out", out])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The first line of progress comes after two seconds.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        assert!(!first.is_empty());
        let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{rest:?}");
        assert!(rest.iter().any(|l| l.contains("a second Ctrl-C ends at once")), "{rest:?}");
        assert!(stdout(&output).contains("the record is whole"), "{}", stdout(&output));
        let run = folder.path().join(out);
        let summary = pentatwin_record::Reader::open(&run).unwrap().summary().unwrap();
        assert_eq!(summary.name, "fig2a");
        assert!(fs::read_to_string(run.join("run.log")).unwrap().contains("interrupted"));
    }
}
