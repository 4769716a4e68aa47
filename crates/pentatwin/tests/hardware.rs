//! `run --source-meter` and `smu off`, as typed, against `pentatwin smu`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// `pentatwin smu` on a free port; it ends with the test.
struct Smu {
    child: Child,
    at: String,
    /// Kept, so that what it still says has somewhere to go.
    _said: BufReader<ChildStdout>,
}

impl Smu {
    fn start() -> Smu {
        Smu::with(&["--keep"])
    }

    fn with(args: &[&str]) -> Smu {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pentatwin"))
            .args(["smu", "--listen", "127.0.0.1:0", "--quiet"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        let at = first.split_whitespace().skip_while(|w| *w != "on").nth(1).unwrap().to_owned();
        Smu { child, at, _said: said }
    }

    fn ask(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(&self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(format!("{line}\n").as_bytes()).unwrap();
        BufReader::new(stream).lines().next().unwrap().unwrap()
    }

    fn output(&self) -> f64 {
        self.ask("print(smua.source.output)").parse().unwrap()
    }
}

impl Drop for Smu {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pentatwin(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pentatwin")).args(args).output().unwrap()
}

fn texts(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// As one line, without the frames of an error.
fn flat(text: &str) -> String {
    text.replace(['│', '╰', '─', '▶', '├', '╭'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

const FAST: &str = "[[step]]\nsweep = { to = \"4 V\", rate = \"4 V/s\", step = \"10 mV\", nplc = 0.01, compliance = \"50 mA\" }\n";

#[test]
fn a_protocol_runs_on_an_instrument_and_its_report_claims_no_simulation() {
    let smu = Smu::start();
    let dir = tempfile::tempdir().unwrap();
    let (file, out) = (dir.path().join("my.toml"), dir.path().join("run"));
    std::fs::write(&file, FAST).unwrap();
    let address = format!("tcp://{}", smu.at);
    let (code, stdout, stderr) =
        texts(&pentatwin(&["run", file.to_str().unwrap(), "--source-meter", &address, "--out", out.to_str().unwrap()]));
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("tripped at") && stdout.contains("Breakdown voltage"), "{stdout}");
    assert!(stderr.trim_end().ends_with("output off, read back from the instrument"), "{stderr}");
    assert_eq!(smu.output(), 0.0);
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    // The protocol as run speaks of settings that acted on nothing; what the page says itself comes before it.
    let body = &page[page.find("<main>").unwrap()..page.find("<section id=\"protocol\"").unwrap()];
    assert!(body.contains("measured on a real instrument"));
    for word in ["simulat", "truth", "Maturity", "checklist", "Kymograph"] {
        assert!(!body.to_lowercase().contains(&word.to_lowercase()), "{word}");
    }
}

#[test]
fn a_signal_turns_the_output_off_whichever_it_is() {
    for signal in ["INT", "TERM", "HUP"] {
        let smu = Smu::start();
        let dir = tempfile::tempdir().unwrap();
        let (file, out) = (dir.path().join("my.toml"), dir.path().join("run"));
        std::fs::write(&file, "[[step]]\nhold = { voltage = \"100 mV\", time = \"60 s\" }\n").unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_pentatwin"))
            .args(["run", file.to_str().unwrap(), "--source-meter", &format!("tcp://{}", smu.at), "--out", out.to_str().unwrap()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let rows = || std::fs::read_to_string(out.join("iv.csv")).map_or(0, |t| t.lines().count());
        while rows() < 5 && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        let (code, stdout, stderr) = texts(&child.wait_with_output().unwrap());
        assert_eq!(code, 130, "{signal}: {stdout}{stderr}");
        assert!(stderr.trim_end().ends_with("output off, read back from the instrument"), "{stderr}");
        assert_eq!(smu.output(), 0.0, "{signal}");
    }
}

#[test]
fn the_emergency_stop_turns_off_and_says_so() {
    let smu = Smu::start();
    assert_eq!(smu.ask("smua.source.levelv = 0.1 smua.source.output = 1 print(smua.source.output)"), "1.00000e+00");
    let address = format!("tcp://{}", smu.at);
    // A run does not cut what is on.
    let (code, _, stderr) = texts(&pentatwin(&["run", "fig2a", "--source-meter", &address]));
    assert_eq!(code, 2, "{stderr}");
    assert!(flat(&stderr).contains("channel A at 0.1 V") && flat(&stderr).contains("smu off"), "{stderr}");
    assert_eq!(smu.output(), 1.0);
    let (code, stdout, stderr) = texts(&pentatwin(&["smu", "off", &address]));
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("channel A was on at 0.1 V") && stdout.contains("output off"), "{stdout}");
    assert_eq!(smu.output(), 0.0);
}

#[test]
fn an_address_only_from_the_command_line_and_an_unknown_state_is_code_3() {
    let (code, _, stderr) = texts(&pentatwin(&["run", "fig2a", "--source-meter", "192.0.2.5"]));
    assert!(code == 2 && flat(&stderr).contains("tcp://"), "{code} {stderr}");
    // Nobody listens there: a run has touched nothing, but of an emergency stop the state is unknown.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, _, stderr) = texts(&pentatwin(&["run", "fig2a", "--source-meter", &format!("tcp://{free}")]));
    assert!(code == 2 && flat(&stderr).contains("no connection to tcp://"), "{code} {stderr}");
    let (code, _, stderr) = texts(&pentatwin(&["smu", "off", &format!("tcp://{free}")]));
    assert!(code == 3 && stderr.lines().last().unwrap_or_default().starts_with("OUTPUT STATE UNKNOWN"), "{code} {stderr}");
    // What has no voltage to give is refused before anything.
    let (code, _, stderr) = texts(&pentatwin(&["run", "fig3", "--source-meter", &format!("tcp://{free}")]));
    assert!(code == 2 && flat(&stderr).contains("heating chip"), "{code} {stderr}");
}

/// The offset of the 100 mA range is 20 uA in its one-year accuracy [A].
const NOTHING: f64 = 50e-6;

/// Current at 0.1 V before and after a fast sweep to 4 V [A].
fn broken(smu: &Smu) -> (f64, f64) {
    let line = "smua.source.rangev = 20 smua.source.limiti = 0.05 smua.measure.rangei = 0.1 smua.measure.nplc = 0.1 smua.source.output = 1 \
                local function at(v) smua.source.levelv = v return (smua.measure.i()) end local first = at(0.1) \
                for k = 0, 400 do at(k * 0.01) end local last = at(0.1) smua.source.levelv = 0 smua.source.output = 0 print(first, last)";
    let said = smu.ask(line);
    let mut values = said.split('\t').map(|v| v.parse::<f64>().unwrap());
    (values.next().unwrap(), values.next().unwrap())
}

#[test]
fn a_fresh_wire_for_each_client_or_one_for_all() {
    let smu = Smu::with(&[]);
    for client in 0..2 {
        let (first, last) = broken(&smu);
        assert!(first > 2e-4 && last.abs() < NOTHING, "client {client}: {first} A, then {last} A");
    }
    let smu = Smu::with(&["--keep"]);
    assert!(broken(&smu).0 > 2e-4);
    let (first, last) = broken(&smu);
    assert!(first.abs() < NOTHING && last.abs() < NOTHING, "it was broken: {first} A, then {last} A");
}

#[test]
fn an_output_that_is_closed_does_not_end_the_instrument() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pentatwin"))
        .args(["smu", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // As `| head -1` does, but before the first line.
    drop(child.stdout.take());
    let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok).find(|l| l.contains("listening on"));
    let at = said.unwrap().split_whitespace().skip_while(|w| *w != "on").nth(1).unwrap().to_owned();
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(b"print('here')\n").unwrap();
    assert_eq!(BufReader::new(stream).lines().next().unwrap().unwrap(), "here");
    let ended = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(ended, None);
}

#[test]
fn a_disk_that_fills_up_stops_the_sweep_in_order() {
    // A small disk, in a mount namespace of its own; where the system has none to give, there is nothing to try it on.
    let unshare = |script: &str| Command::new("unshare").args(["--map-root-user", "--mount", "sh", "-c", script]).output();
    let dir = tempfile::tempdir().unwrap();
    let (small, kept, file) = (dir.path().join("small"), dir.path().join("kept"), dir.path().join("my.toml"));
    std::fs::create_dir(&small).unwrap();
    let mount = format!("mount -t tmpfs -o size=1200k small {}", small.display());
    if !unshare(&mount).is_ok_and(|o| o.status.success()) {
        eprintln!("skipped: this system does not let a user mount a small disk");
        return;
    }
    let smu = Smu::start();
    std::fs::write(&file, "[[step]]\nhold = { voltage = \"100 mV\", time = \"60 s\", interval = \"1 ms\", nplc = 0.01 }\n").unwrap();
    let output = unshare(&format!(
        "{mount} && {} run {} --source-meter tcp://{} --quiet --out {small}/run; code=$?; cp -r {small}/run {}; exit $code",
        env!("CARGO_BIN_EXE_pentatwin"),
        file.display(),
        smu.at,
        kept.display(),
        small = small.display(),
    ))
    .unwrap();
    let (code, stdout, stderr) = texts(&output);
    println!("exit code {code}\n{stdout}{stderr}");
    assert_eq!(code, 2, "{stderr}");
    assert!(flat(&stderr).contains("no space left") && flat(&stderr).contains("what was recorded until then is in"), "{stderr}");
    assert!(stderr.trim_end().ends_with("output off, read back from the instrument"), "{stderr}");
    assert_eq!(smu.output(), 0.0);
    // Whole up to there: table and store have the same samples, one after the other, and say how it ended.
    let table = std::fs::read_to_string(kept.join("iv.csv")).unwrap();
    let rows: Vec<Vec<f64>> = table.lines().skip(1).map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect();
    let reader = pentatwin_record::Reader::open(&kept).unwrap();
    let time = reader.read_f64("", "time").unwrap().values;
    assert!(rows.len() > 100 && rows.iter().all(|r| r.len() == 4), "{}", rows.len());
    assert_eq!(time, rows.iter().map(|r| r[0]).collect::<Vec<_>>());
    let ended = reader.attributes().get("ended").and_then(|e| e.as_str()).unwrap_or_default().to_owned();
    assert!(ended.contains("no space left") && ended.contains("output off"), "{ended}");
}
