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
        let mut child = Command::new(env!("CARGO_BIN_EXE_pentatwin"))
            .args(["smu", "--listen", "127.0.0.1:0", "--quiet", "--keep"])
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
