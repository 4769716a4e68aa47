//! Faults, each put in on purpose: in all of them the output is off, or it is said that its state is unknown; no sample that was heard is
//! lost; nothing hangs beyond the stated time-outs.

mod instrument;

use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use instrument::{FAST, QUICK, Watched, iv, off_within, run, run_at, server};
use pentatwin_experiment::run::{Flow, Message};
use pentatwin_experiment::source_meter::{Address, HostClock, OutputState, Timing, switch_off};
use pentatwin_record::Reader;
use pentatwin_tsp::Server;
use pentatwin_tsp::inject::Garble;

/// Longest a run may take beyond its own second: two answers, the grace time, and what is tried before it is given up.
fn longest(t: Timing) -> Duration {
    Duration::from_secs(1) + t.connect + 2 * t.reply + t.grace + t.give_up
}

fn judge(what: &str, server: &Server, w: &Watched) {
    let real = server.output_is_on(0);
    println!(
        "{what:45} | {} | output {} | {} samples heard, {} written | {:.1} s",
        match &w.result {
            Ok(_) => "went to its end".to_owned(),
            Err(e) => e.error.to_string(),
        },
        if w.output().is_safe() { "off" } else { "said to be unknown" },
        w.heard.len(),
        w.written.len(),
        w.took.as_secs_f64()
    );
    assert!(!real || !w.output().is_safe(), "{what}: the output is on, and {:?} was said", w.output());
    assert_eq!(w.heard, w.written, "{what}: a sample that was heard is not in the record");
    assert!(w.took < longest(QUICK), "{what}: {:?}", w.took);
    if !w.heard.is_empty() {
        // Whole up to there: the store reads, and has the same samples.
        let time = Reader::open(&w.out).unwrap().read_f64("", "time").unwrap().values;
        assert_eq!(time, w.heard.iter().map(|s| s.time).collect::<Vec<_>>(), "{what}");
    }
}

fn steady(_: &Message, _: usize) -> Flow {
    Flow::Continue
}

#[test]
fn the_connection_cut_at_a_command() {
    let commands = [
        ("abort", 1),
        ("*CLS", 1),
        ("*IDN?", 1),
        ("smub.source.output", 1),
        ("linefreq", 1),
        ("smua.reset()", 1),
        ("limiti", 1),
        ("errorqueue.count", 1),
        ("loadandrunscript", 1),
        ("*TRG", 1),
        ("*TRG", 4),
        ("abort", 2),
    ];
    std::thread::scope(|scope| {
        for (text, n) in commands {
            scope.spawn(move || {
                let server = server(0.6);
                server.faults().set_cut(text, n);
                let w = run(&server, FAST, QUICK, &mut steady);
                judge(&format!("connection cut at {text} ({n})"), &server, &w);
                assert!(!server.output_is_on(0), "{text}: it was reconnected, and the output turned off");
                // At the very last the run was over, and a new connection reads the output back.
                assert_eq!(w.result.is_ok(), (text, n) == ("abort", 2), "{text}: {:?}", w.result);
            });
        }
    });
}

#[test]
#[ignore = "long tier: a minute"]
fn the_connection_cut_at_every_line() {
    for n in 1..400 {
        let server = server(0.3);
        server.faults().set_cut("", n);
        let w = run(&server, FAST, QUICK, &mut steady);
        judge(&format!("connection cut at line {n}"), &server, &w);
        if server.faults().lines.load(Ordering::SeqCst) < n {
            println!("{n} lines in all");
            return;
        }
    }
    panic!("the run never had fewer lines than the cut");
}

#[test]
fn the_instrument_stalls_for_5_s() {
    let server = server(0.6);
    let w = run(&server, FAST, QUICK, &mut |m, n| {
        if matches!(m, Message::Panel(_)) && n > 10 {
            server.faults().set_stall(Duration::from_secs(if n < 40 { 5 } else { 0 }));
        }
        Flow::Continue
    });
    judge("the instrument does nothing for 5 s", &server, &w);
    assert!(w.error().contains("did not answer within"), "{}", w.error());
}

#[test]
fn the_host_stalls_for_longer_than_the_grace_time() {
    let server = server(9.0);
    let mut once = true;
    let mut off = None;
    let w = run(&server, FAST, QUICK, &mut |_, n| {
        if n > 20 && std::mem::take(&mut once) {
            off = off_within(&server, Duration::from_secs(5));
        }
        Flow::Continue
    });
    judge("the host (a disk, a listener) stalls", &server, &w);
    let off = off.expect("the instrument did not turn its output off");
    println!("off {:.2} s after the last beat, grace time {:.2} s", off.as_secs_f64(), QUICK.grace.as_secs_f64());
    assert!(off < QUICK.grace + Duration::from_millis(400), "{off:?}");
    assert!(w.error().contains("did not hear from this program"), "{}", w.error());
}

#[test]
fn the_instrument_stops_reading() {
    let server = server(9.0);
    let w = run(&server, FAST, QUICK, &mut |_, n| {
        if n > 20 {
            server.faults().deaf.store(true, Ordering::SeqCst);
        }
        Flow::Continue
    });
    judge("the instrument reads nothing more", &server, &w);
    // Nobody can verify anything; the grace time has turned it off all the same.
    assert!(!w.output().is_safe());
    assert!(off_within(&server, Duration::from_secs(1)).is_some());
}

#[test]
fn replies_are_garbled_cut_or_lost() {
    std::thread::scope(|scope| {
        for (how, name) in [(Garble::Bytes, "garbled"), (Garble::Half, "cut in half"), (Garble::Lost, "lost")] {
            for skip in [0, 3, 8, 30] {
                scope.spawn(move || {
                    let server = server(0.6);
                    server.faults().set_garble(how, skip, 1);
                    let w = run(&server, FAST, QUICK, &mut steady);
                    judge(&format!("reply {} is {name}", skip + 1), &server, &w);
                    assert!(w.result.is_err() || skip > 20, "{name} {skip}");
                    // What was recorded is right: an ohmic line, no sample missing.
                    for (k, s) in w.heard.iter().enumerate() {
                        assert!((s.voltage - 0.01 * k as f64).abs() < 1e-9, "{name} {skip}: {k} {s:?}");
                        assert!((s.current - s.voltage / 250.0).abs() < 1e-5 || s.voltage > 0.6, "{name} {skip}: {k} {s:?}");
                    }
                });
            }
        }
    });
}

#[test]
fn another_instrument_is_left_alone() {
    let server = server(1.0);
    server.faults().set_identity(Some("Keithley Instruments Inc., Model 2400, 1234567, C30"));
    let w = run(&server, FAST, QUICK, &mut steady);
    judge("wrong identity", &server, &w);
    assert!(w.error().contains("Model 2400"), "{}", w.error());
    assert_eq!(w.output(), &OutputState::Untouched);
    assert_eq!(server.faults().lines.load(Ordering::SeqCst), 3, "abort, *CLS, *IDN? and not a line more");
}

#[test]
fn a_running_output_is_not_cut_unasked() {
    let server = server(9.0);
    let mut other = std::net::TcpStream::connect(server.address()).unwrap();
    std::io::Write::write_all(&mut other, b"smua.source.levelv = 0.5 smua.source.output = 1\n").unwrap();
    while !server.output_is_on(0) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let w = run(&server, FAST, QUICK, &mut steady);
    assert!(w.error().contains("channel A at 0.5 V"), "{}", w.error());
    assert_eq!(w.output(), &OutputState::Untouched);
    assert!(server.output_is_on(0) && server.level(0) == 0.5, "it is as it was");
    // The emergency stop is asked for, and does.
    let (found, state) = switch_off(&Address::from(server.address()), QUICK).unwrap();
    assert_eq!((found.unwrap().model.as_str(), state), ("2614B", OutputState::Off));
    assert!(!server.output_is_on(0));
}

#[test]
fn an_error_queued_in_the_middle_of_a_sweep_ends_it() {
    let server = server(9.0);
    server.faults().set_error(30, pentatwin_tsp::fault::Fault::with(5007, "Operation would exceed safe operating area of the instrument"));
    let w = run(&server, FAST, QUICK, &mut steady);
    judge("an error is queued mid-sweep", &server, &w);
    assert!(w.error().contains("5007") && w.error().contains("safe operating area"), "{}", w.error());
    assert!((28..35).contains(&w.heard.len()), "{}", w.heard.len());
    assert_eq!(w.output(), &OutputState::Off);
}

#[test]
fn an_output_that_refuses_to_turn_off_is_said_to_be_unknown() {
    let server = server(0.3);
    let w = run(&server, FAST, QUICK, &mut |_, n| {
        if n > 5 {
            server.stick_output(0, true);
        }
        Flow::Continue
    });
    judge("the output refuses to turn off", &server, &w);
    assert!(server.output_is_on(0));
    assert!(w.output().to_string().starts_with("OUTPUT STATE UNKNOWN: the instrument says that the output of smua is still on"));
}

#[test]
fn a_panic_on_the_way_turns_the_output_off() {
    let server = server(9.0);
    let w = run(&server, FAST, QUICK, &mut |_, n| {
        assert!(n < 25, "a listener with a defect");
        Flow::Continue
    });
    assert!(w.error().contains("a listener with a defect"), "{}", w.error());
    assert_eq!(w.output(), &OutputState::Off);
    assert!(!server.output_is_on(0));
    // The samples of that beat that were not handed on yet are the price; those before are there.
    assert!(w.written.len() >= 24, "{}", w.written.len());
}

#[test]
fn a_stop_turns_the_output_off_and_keeps_what_there_is() {
    let server = server(9.0);
    let w = run(&server, FAST, QUICK, &mut |_, n| if n > 30 { Flow::Stop } else { Flow::Continue });
    judge("stopped by the user (Ctrl-C, SIGTERM, SIGHUP)", &server, &w);
    assert!(w.result.as_ref().unwrap().run.interrupted);
    assert_eq!(w.output(), &OutputState::Off);
}

#[test]
fn two_clients_at_once_end_with_the_output_off() {
    let server = server(9.0);
    let mut second = None;
    let w = run(&server, FAST, QUICK, &mut |_, n| {
        if n > 30 && second.is_none() {
            second = Some(run(&server, FAST, QUICK, &mut steady));
        }
        Flow::Continue
    });
    judge("a second driver connects in the middle", &server, &w);
    let second = second.unwrap();
    println!("{:45} | {}", "  the second one", second.error());
    assert!(second.result.is_err() || w.result.is_err());
    assert!(!server.output_is_on(0));
}

#[test]
fn the_folder_of_the_run_is_removed() {
    let server = server(9.0);
    let w = run_removed(&server);
    println!("{:45} | {}", "the folder of the run is removed", w.error());
    assert!(w.result.is_err());
    assert_eq!(w.output(), &OutputState::Off);
    assert!(!server.output_is_on(0));
    assert!(w.heard.len() < 100, "the sweep went on without a record: {}", w.heard.len());
}

fn run_removed(server: &Server) -> Watched {
    let mut folder = None;
    run(server, FAST, QUICK, &mut |m, n| {
        if let Message::Folder(f) = m {
            folder = Some(f.to_path_buf());
        }
        if n > 30
            && let Some(f) = folder.take()
        {
            std::fs::remove_dir_all(f).unwrap();
        }
        Flow::Continue
    })
}

/// The time of day jumps; the other clock only runs.
struct Jumping(&'static AtomicI64);

impl HostClock for Jumping {
    fn running(&self) -> Instant {
        Instant::now()
    }
    fn wall(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

#[test]
fn a_jump_of_the_clock_ends_the_sweep() {
    static AHEAD: AtomicI64 = AtomicI64::new(0);
    let server = server(9.0);
    let address = Address::from(server.address());
    let mut meddle = |_: &Message, n: usize| {
        if n > 30 {
            AHEAD.store(3600, Ordering::SeqCst);
        }
        Flow::Continue
    };
    let w = run_at(&address, FAST, QUICK, &mut meddle, |b| b.with_clock(Box::new(Jumping(&AHEAD))));
    judge("the clock of the computer jumps by 1 h", &server, &w);
    assert!(w.error().contains("jumped by +3600.0 s"), "{}", w.error());
    assert_eq!(w.output(), &OutputState::Off);
}

/// Not a test of its own: what the next one starts as a process, and kills.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let (Ok(address), Ok(out)) = (std::env::var("DRV_ADDRESS"), std::env::var("DRV_OUT")) else { return };
    let options = pentatwin_experiment::run::RunOptions { out: Some(out.into()), ..Default::default() };
    let protocol = instrument::protocol(FAST.replace("\"2 V/s\"", "\"0.5 V/s\"").as_str());
    let timing = Timing { beat: Duration::from_millis(200), ..QUICK };
    let _ = pentatwin_experiment::real_run::run_real(&protocol, &options, &address.parse().unwrap(), timing, &mut |_| Flow::Continue);
}

#[test]
fn a_killed_host_loses_half_a_second_at_most_and_the_instrument_turns_itself_off() {
    let server = server(9.0);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored"])
        .env("DRV_ADDRESS", Address::from(server.address()).to_string())
        .env("DRV_OUT", &out)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while iv(&out).len() < 40 && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let level = server.level(0);
    child.kill().unwrap();
    child.wait().unwrap();
    let off = off_within(&server, Duration::from_secs(5));
    let written = iv(&out);
    let last = written.last().unwrap().voltage;
    // 0.5 V/s: what is not on disk, as time.
    let lost = (level - last) / 0.5;
    println!(
        "kill -9 of the host: {:.2} s of samples not on disk, off after {:.2} s (grace {:.2} s)",
        lost,
        off.unwrap().as_secs_f64(),
        QUICK.grace.as_secs_f64()
    );
    assert!(lost < 0.5, "{lost}");
    assert!(off.unwrap() < QUICK.grace + Duration::from_millis(400));
    let time = Reader::open(&out).unwrap().read_f64("", "time").unwrap().values;
    assert!(time.len() + 25 >= written.len() && time.len() > 10, "store {} against iv.csv {}", time.len(), written.len());
}
