//! The handles by which tests put faults in: each does what it says, once, and is over after `clear`.

mod common;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Client, fast};
use pentatwin_tsp::fault::Fault;
use pentatwin_tsp::inject::Garble;

#[test]
fn identity_is_another_until_it_is_cleared() {
    let server = fast();
    let mut c = Client::new(server.address());
    let own = c.ask("*IDN?");
    server.faults().set_identity(Some("ACME, Model 1, 2, 3"));
    assert_eq!(c.ask("*IDN?"), "ACME, Model 1, 2, 3");
    server.faults().clear();
    assert_eq!(c.ask("*IDN?"), own);
}

#[test]
fn a_stall_holds_up_one_line() {
    let server = fast();
    let mut c = Client::new(server.address());
    server.faults().set_stall(Duration::from_millis(120));
    let start = Instant::now();
    assert_eq!(c.ask("print(1)"), "1.00000e+00");
    assert!(start.elapsed() >= Duration::from_millis(120));
    // A reading is held up as well.
    server.faults().set_stall(Duration::from_millis(60));
    let start = Instant::now();
    assert_eq!(c.ask("*OPC?"), "1");
    assert!(start.elapsed() >= Duration::from_millis(60));
    assert_eq!(c.error(), 0);
}

#[test]
fn an_error_is_queued_after_so_many_readings() {
    let server = fast();
    let mut c = Client::new(server.address());
    server.faults().set_error(3, Fault::with(5007, "too much"));
    assert_eq!(c.ask("for k = 1, 2 do smua.measure.i() end print(errorqueue.count)"), "0.00000e+00");
    assert_eq!(c.ask("for k = 1, 5 do smua.measure.i() end print(errorqueue.count)"), "1.00000e+00");
    assert_eq!(c.ask("print(errorqueue.next())"), "5.00700e+03\ttoo much\t2.00000e+01\t1.00000e+00");
}

#[test]
fn the_connection_is_cut_at_the_nth_line_with_a_text_which_is_not_carried_out() {
    let server = fast();
    let mut c = Client::new(server.address());
    server.faults().set_cut("levelv", 2);
    let before = server.faults().lines.load(Ordering::SeqCst);
    c.send("smua.source.levelv = 0.1");
    assert_eq!(c.number("smua.source.limiti"), 0.1);
    c.send("smua.source.levelv = 0.2");
    assert!(c.try_read().is_err());
    assert_eq!(server.faults().lines.load(Ordering::SeqCst) - before, 3);
    let mut c = Client::new(server.address());
    assert_eq!(c.number("smua.source.levelv"), 0.1);
}

#[test]
fn replies_are_spoilt_as_asked_and_no_others() {
    let server = fast();
    let mut c = Client::new(server.address());
    server.faults().set_garble(Garble::Bytes, 1, 1);
    assert_eq!(c.ask("print('abcdef')"), "abcdef");
    let bad = c.ask("print('abcdef')");
    assert!(bad.len() == 6 && bad != "abcdef", "{bad}");
    assert_eq!(c.ask("print('abcdef')"), "abcdef");
    server.faults().set_garble(Garble::Half, 0, 1);
    c.send("print('abcdef')");
    // Half of it, without its line feed: the next line follows on it.
    assert_eq!(c.ask("print('x')"), "abcx");
    server.faults().set_garble(Garble::Lost, 0, 2);
    c.send("print(1) print(2)");
    assert_eq!(c.ask("print(3)"), "3.00000e+00");
}

#[test]
fn a_deaf_server_reads_nothing_until_it_is_cleared() {
    let server = fast();
    let mut c = Client::new(server.address());
    assert_eq!(c.ask("print(1)"), "1.00000e+00");
    server.faults().deaf.store(true, Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(150));
    c.stream().get_ref().set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    c.send("print(2)");
    assert!(c.try_read().is_err());
    server.faults().clear();
    c.stream().get_ref().set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(c.read(), "2.00000e+00");
}

#[test]
fn an_output_that_sticks_obeys_again() {
    let server = fast();
    let mut c = Client::new(server.address());
    c.send("smua.source.output = 1");
    server.stick_output(0, true);
    assert_eq!(c.ask("smua.source.output = 0 smua.reset() print(smua.source.output)"), "1.00000e+00");
    server.stick_output(0, false);
    assert_eq!(c.ask("smua.source.output = 0 print(smua.source.output)"), "0.00000e+00");
}
