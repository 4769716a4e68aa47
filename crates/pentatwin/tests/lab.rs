//! The Lab under attack: whoever is not its page is refused, whoever is slow holds nobody up, and a run's record is whole however it ends.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::pentatwin;
use pentatwin_record::Reader;
use serde_json::{Value, json};

/// A Lab of its own, closed when dropped.
struct Lab {
    child: Child,
    folder: tempfile::TempDir,
    address: String,
    token: String,
}

/// Status, head and body of an answer.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Lab {
    fn open() -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let mut child =
            pentatwin(folder.path(), &["lab", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find_map(|l| l.unwrap().trim().strip_prefix("http://").map(str::to_owned)).unwrap();
        let (address, token) = line.split_once("/?token=").unwrap();
        Lab { child, folder, address: address.to_owned(), token: token.to_owned() }
    }

    fn cookie(&self) -> String {
        format!("Cookie: pentatwin-lab-{}={}", self.address.rsplit_once(':').unwrap().1, self.token)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends a request as it is written, and reads the answer.
    fn raw(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        // A refusal may come before all is sent.
        let _ = stream.write_all(request.as_bytes());
        let mut all = Vec::new();
        let mut part = [0; 1 << 16];
        // The length is stated, or the end of the connection is the end of the answer.
        while !is_whole(&all) {
            match stream.read(&mut part) {
                Ok(n) if n > 0 => all.extend_from_slice(&part[..n]),
                _ => break,
            }
        }
        let end = end_of_head(&all).unwrap_or_else(|| panic!("no answer to {request:.200}"));
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut body = all[end + 4..].to_vec();
        if head.to_lowercase().contains("transfer-encoding: chunked") {
            body = unchunked(&body);
        }
        Answer { status, head, body }
    }

    fn request(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let extra: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
        let host = if headers.iter().any(|h| h.starts_with("Host:")) { String::new() } else { format!("Host: {}\r\n", self.address) };
        self.raw(&format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {}\r\n{extra}\r\n{body}", body.len()))
    }

    fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[&self.cookie()], "")
    }

    fn origin(&self) -> String {
        format!("Origin: http://{}", self.address)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path, &[&self.cookie(), &self.origin()], &body.to_string())
    }

    fn start(&self, protocol: &str, speed: f64) -> Answer {
        // The coarsest lattice: what these tests are about does not hang on the break's shape.
        let sets = json!({ "microscope.frames": "false", "shape.shells": "8" });
        self.post("/api/live", &json!({ "protocol": { "name": protocol, "sets": sets }, "speed": speed }))
    }

    fn upgrade(&self, name: &str, headers: &[&str]) -> String {
        let extra: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
        format!(
            "GET /api/live/{name}/watch HTTP/1.1\r\nHost: {}\r\n{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extra}\r\n",
            self.address,
            self.cookie()
        )
    }

    /// The line of a run that goes on, or went on.
    fn line(&self, name: &str) -> Value {
        let all = self.get("/api/live").json();
        all.as_array().unwrap().iter().find(|l| l["name"] == name).cloned().unwrap_or(Value::Null)
    }

    fn wait_for_end(&self, name: &str, most: Duration) -> Value {
        let start = Instant::now();
        loop {
            let line = self.line(name);
            if !line["ended"].is_null() {
                return line;
            }
            assert!(start.elapsed() < most, "{name} goes on after {most:?}: {line}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn run_folder(&self, name: &str) -> PathBuf {
        self.folder.path().join("runs").join(name)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn end_of_head(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|w| w == b"\r\n\r\n")
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = end_of_head(answer) else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|n| answer.len() >= end + 4 + n)
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = body.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap().trim(), 16).unwrap();
        out.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    out
}

#[test]
fn only_the_token_opens_it_and_the_cookie_is_kept_from_others() {
    let lab = Lab::open();
    for path in ["/", "/app/app.js", "/api/runs", "/api/protocols", "/?token=", "/?token=0000", "/nothing"] {
        assert_eq!(lab.request("GET", path, &[], "").status, 403, "{path}");
    }
    let wrong = format!("Cookie: pentatwin-lab-1={}", lab.token);
    assert_eq!(lab.request("GET", "/api/runs", &[&wrong], "").status, 403);
    // The token opens the page, not what the page asks for.
    assert_eq!(lab.request("GET", &format!("/api/runs?token={}", lab.token), &[], "").status, 403);
    let page = lab.request("GET", &format!("/?token={}", lab.token), &[], "");
    assert_eq!(page.status, 200);
    let head = page.head.to_lowercase();
    for part in ["set-cookie: pentatwin-lab-", "httponly", "samesite=strict", "content-security-policy: default-src 'none'", "nosniff"] {
        assert!(head.contains(part), "{part}: {head}");
    }
    assert!(!page.text().contains(&lab.token));
    assert_eq!(lab.get("/api/runs").status, 200);
    assert!(!lab.get("/api/runs").head.to_lowercase().contains("set-cookie"));
}

#[test]
fn another_name_and_another_origin_are_refused() {
    let lab = Lab::open();
    let (cookie, own) = (lab.cookie(), lab.origin());
    for host in ["evil.example", "evil.example:7117", "10.0.0.1", "", "localhost.evil.example"] {
        assert_eq!(lab.request("GET", "/api/runs", &[&cookie, &format!("Host: {host}")], "").status, 421, "{host}");
    }
    assert_eq!(lab.raw(&format!("GET /api/runs HTTP/1.1\r\n{cookie}\r\nConnection: close\r\n\r\n")).status / 100, 4);
    let two = format!("GET /api/runs HTTP/1.1\r\nHost: {}\r\nHost: evil.example\r\n{cookie}\r\nConnection: close\r\n\r\n", lab.address);
    assert_eq!(lab.raw(&two).status / 100, 4);
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost:1", &format!("https://{}", lab.address)] {
        let origin = format!("Origin: {origin}");
        assert_eq!(lab.request("GET", "/api/runs", &[&cookie, &origin], "").status, 403, "{origin}");
        assert_eq!(lab.request("POST", "/api/form", &[&cookie, &origin], "{}").status, 403, "{origin}");
        assert_eq!(lab.raw(&lab.upgrade("a", &[&origin])).status, 403, "{origin}");
    }
    // A request that changes something, and a socket, must say where they come from.
    assert_eq!(lab.request("POST", "/api/form", &[&cookie], "{}").status, 403);
    assert_eq!(lab.raw(&lab.upgrade("a", &[])).status, 403);
    assert_eq!(lab.request("GET", "/api/runs", &[&cookie, "Sec-Fetch-Site: cross-site"], "").status, 403);
    assert_eq!(lab.request("GET", "/api/runs", &[&cookie, "Sec-Fetch-Site: same-site"], "").status, 403);
    assert_eq!(lab.request("GET", "/api/runs", &[&cookie, &own, "Sec-Fetch-Site: same-origin"], "").status, 200);
    assert_eq!(lab.request("POST", "/api/form", &[&cookie, &own], "{\"name\":\"fig2a\"}").status, 200);
}

#[test]
fn requests_stay_inside_the_runs_folder() {
    let lab = Lab::open();
    let secret = lab.folder.path().join("secret");
    fs::create_dir_all(secret.join("run.zarr")).unwrap();
    let store = "{\"attributes\":{\"record_version\":1,\"title\":\"SECRET\"},\"consolidated_metadata\":{\"metadata\":{}}}";
    fs::write(secret.join("run.zarr/zarr.json"), store).unwrap();
    fs::write(lab.folder.path().join("runs/file"), "SECRET").unwrap();
    for name in
        ["../secret", "..%2fsecret", "%2e%2e/secret", "%2e%2e%2fsecret", "..%5csecret", "....//secret", ".", "..", "%00", "file", "a%20b"]
    {
        for path in
            [format!("/api/runs/{name}"), format!("/api/runs/{name}/report"), format!("/api/runs/{name}/frames/0"), format!("/app/{name}")]
        {
            let answer = lab.get(&path);
            assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
            assert!(!answer.text().contains("SECRET"), "{path}");
        }
    }
    for path in ["/../../etc/passwd", "//etc/passwd", "/app/..%2f..%2fCargo.toml", "/app/../app.js", "/runs/secret"] {
        assert!(matches!(lab.get(path).status, 400 | 404), "{path}");
    }
    assert_eq!(lab.get("/api/runs").json()["runs"], json!([]));
}

#[test]
fn bodies_and_protocols_are_bounded_and_wrong_ones_refused_at_their_field() {
    let lab = Lab::open();
    let large = json!({ "name": "fig2a", "text": "#".repeat(300 << 10) });
    assert_eq!(lab.post("/api/form", &large).status, 413);
    assert_eq!(lab.post("/api/live", &json!({ "protocol": large })).status, 413);
    for (body, status) in [
        (json!({ "protocol": { "name": "../../etc/passwd" } }), 422),
        (json!({ "protocol": { "name": "fig2a", "sets": { "bench.source_meter": "tcp://10.0.0.1:5025" } } }), 422),
        (json!({ "protocol": { "text": "[bench]\nsource_meter = \"tcp://10.0.0.1\"\n[[step]]\nwait = \"1 s\"" } }), 422),
        (json!({ "protocol": { "text": "this is no protocol" } }), 422),
        (json!({ "protocol": { "name": "fig2a" }, "speed": -1.0 }), 400),
        (json!({ "protocol": { "name": "fig2a" }, "band": 1_000_000 }), 400),
        (json!({ "protocol": { "name": "fig2a", "path": "/tmp" } }), 400),
        (json!({ "protocol": { "name": "fig2a" }, "out": "/tmp/here" }), 400),
        (json!([]), 400),
    ] {
        let answer = lab.post("/api/live", &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(!answer.json()["word"].as_str().unwrap().is_empty());
    }
    let wrong = lab.post("/api/live", &json!({ "protocol": { "name": "fig2a", "sets": { "wire.diameter": "90 mV" } } }));
    assert_eq!((wrong.status, &wrong.json()["wrong"][0]["keys"]), (422, &json!(["wire.diameter"])));
    assert_eq!(lab.get("/api/runs").json(), json!({ "runs": [], "live": [] }));
    assert_eq!(lab.request("POST", "/api/form", &[&lab.cookie(), &lab.origin()], "not json").status, 400);
    assert_eq!(lab.request("DELETE", "/api/live", &[&lab.cookie(), &lab.origin()], "").status, 405);
}

#[test]
fn two_runs_at_a_time_and_a_stopped_one_is_whole() {
    let lab = Lab::open();
    let first = lab.start("fig2a", 1.0);
    assert_eq!(first.status, 201, "{}", first.text());
    let name = first.json()["name"].as_str().unwrap().to_owned();
    assert_eq!(lab.start("fig2a", 1.0).status, 201);
    let third = lab.start("fig2a", 1.0);
    assert_eq!(third.status, 429);
    assert!(third.json()["word"].as_str().unwrap().contains("2 runs go on already"));
    assert_eq!(lab.post("/api/live/nothing/stop", &json!({})).status, 404);
    assert_eq!(lab.post(&format!("/api/live/{name}/speed"), &json!({ "speed": "fast" })).status, 400);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(lab.post(&format!("/api/live/{name}/stop"), &json!({})).status, 200);
    let line = lab.wait_for_end(&name, Duration::from_secs(10));
    assert!(line["time"].as_f64().unwrap() < 5.0, "{line}");
    // The place is free again, and what was recorded can be read.
    assert_eq!(lab.start("pristine", 0.0).status, 201);
    let reader = Reader::open(&lab.run_folder(&name)).unwrap();
    assert!(reader.summary().is_ok() && !reader.read_f64("", "time").unwrap().values.is_empty());
    for file in ["report.html", "run.log", "iv.csv", "protocol.toml"] {
        assert!(lab.run_folder(&name).join(file).is_file(), "{file}");
    }
    let data = lab.get(&format!("/api/runs/{name}"));
    assert_eq!((data.status, &data.json()["about"]["name"], &data.json()["images"]), (200, &json!(name), &Value::Null));
    assert!(lab.get(&format!("/api/runs/{name}/report")).head.contains("sandbox"));
    assert_eq!(lab.get(&format!("/api/runs/{name}/frames/0")).status, 404);
}

#[test]
fn fifty_slow_clients_hold_up_neither_the_page_nor_a_run() {
    let lab = Lab::open();
    let name = lab.start("fig2a", 20.0).json()["name"].as_str().unwrap().to_owned();
    let mut slow: Vec<TcpStream> = Vec::new();
    for k in 0..50 {
        let mut stream = lab.connect();
        match k % 4 {
            // Half a head; half a body; watches and never reads; asks for much and never reads.
            0 => write!(stream, "GET / HTTP/1.1\r\nHost: {}\r\nX-Slow: ", lab.address).unwrap(),
            1 => {
                let (cookie, origin) = (lab.cookie(), lab.origin());
                write!(
                    stream,
                    "POST /api/form HTTP/1.1\r\nHost: {}\r\n{cookie}\r\n{origin}\r\nContent-Length: 1000\r\n\r\n{{",
                    lab.address
                )
                .unwrap();
            }
            2 => stream.write_all(lab.upgrade(&name, &[&lab.origin()]).as_bytes()).unwrap(),
            _ => {
                let one = format!("GET /app/uplot.js HTTP/1.1\r\nHost: {}\r\n{}\r\n\r\n", lab.address, lab.cookie());
                stream.write_all(one.repeat(40).as_bytes()).unwrap();
            }
        }
        slow.push(stream);
    }
    let start = Instant::now();
    for _ in 0..10 {
        assert_eq!(lab.get("/api/runs").status, 200);
        assert_eq!(lab.post("/api/form", &json!({ "name": "fig2a" })).status, 200);
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // 29 s on the specimen at 20 times real time, with time for the machine.
    lab.wait_for_end(&name, Duration::from_secs(20));
    // Half a head is not waited for for ever.
    let mut rest = Vec::new();
    slow[0].read_to_end(&mut rest).unwrap();
    assert!(start.elapsed() < Duration::from_secs(40));
}

#[test]
fn one_who_watches_sees_the_run_and_one_who_comes_later_finds_it() {
    let lab = Lab::open();
    let name = lab.start("fig2a", 30.0).json()["name"].as_str().unwrap().to_owned();
    let mut times: Vec<usize> = Vec::new();
    for _ in 0..2 {
        let mut stream = lab.connect();
        stream.write_all(lab.upgrade(&name, &[&lab.origin()]).as_bytes()).unwrap();
        let mut all = Vec::new();
        // To the end of the run: the Lab closes the socket then.
        stream.read_to_end(&mut all).unwrap();
        let text = String::from_utf8_lossy(&all);
        assert!(text.starts_with("HTTP/1.1 101"), "{text:.100}");
        assert!(text.contains("\"begin\"") && text.contains("\"profile\"") && text.contains("current fell"));
        times.push(text.matches("\"state\"").count());
    }
    // The first saw it grow, the second all at once.
    assert!(times[0] > 10 && times[1] <= 2, "{times:?}");
}

#[cfg(unix)]
#[test]
fn when_the_lab_is_closed_runs_stop_and_their_records_are_whole() {
    let mut lab = Lab::open();
    let name = lab.start("fig2b", 1.0).json()["name"].as_str().unwrap().to_owned();
    std::thread::sleep(Duration::from_millis(400));
    let start = Instant::now();
    assert!(Command::new("kill").args(["-INT", &lab.child.id().to_string()]).status().unwrap().success());
    let status = lab.child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(10));
    let reader = Reader::open(&lab.run_folder(&name)).unwrap();
    let summary = reader.summary().unwrap();
    assert!(summary.ended.contains("interrupted") || summary.ended.contains("stopped"), "{}", summary.ended);
    assert!(lab.run_folder(&name).join("report.html").is_file());
}

#[test]
fn addresses_that_are_none_are_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let output = pentatwin(folder.path(), &["lab", "--listen", "here"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(common::stderr(&output).contains("127.0.0.1:7117"));
    let lab = Lab::open();
    let taken = pentatwin(folder.path(), &["lab", "--listen", &lab.address]).output().unwrap();
    assert_eq!(taken.status.code(), Some(2));
    fs::write(folder.path().join("runs-file"), "").unwrap();
    let blocked = pentatwin(folder.path(), &["lab"]).env("PENTATWIN_RUNS", "runs-file").output().unwrap();
    assert_eq!(blocked.status.code(), Some(2));
}
