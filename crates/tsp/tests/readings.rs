//! When readings come, and what the load lives through meanwhile.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use common::Client;
use pentatwin_physics::device::Device;
use pentatwin_physics::specimen::Specimen;
use pentatwin_physics::wire::Ramp;
use pentatwin_tsp::load::{Level, Load, Open, Reading};
use pentatwin_tsp::specimen::Wire;
use pentatwin_tsp::{Server, Settings};

/// What a load has lived through.
#[derive(Default)]
struct Life {
    /// Up to when [us].
    until: AtomicU64,
    renewed: AtomicUsize,
    calls: AtomicUsize,
}

/// 1 kohm that remembers, and once takes its time.
struct Slow(Arc<Life>, Duration);

impl Load for Slow {
    fn advance(&mut self, time: f64, level: Level) -> Reading {
        self.0.until.fetch_max((time * 1e6) as u64, Ordering::SeqCst);
        if self.0.calls.fetch_add(1, Ordering::SeqCst) == 40 {
            std::thread::sleep(self.1);
        }
        Reading { current: level.volts * 1e-3, voltage: level.volts, limited: false }
    }
    fn renew(&mut self, _: f64) {
        self.0.renewed.fetch_add(1, Ordering::SeqCst);
    }
}

fn server(life: &Arc<Life>, slow: Duration, keep: bool) -> Server {
    let load = |channel: usize| -> Box<dyn Load> { if channel == 0 { Box::new(Slow(Arc::clone(life), slow)) } else { Box::new(Open) } };
    Server::start(Settings { noisy: false, keep, ..Settings::default() }, &load).unwrap()
}

#[test]
fn an_aperture_that_is_cut_gives_no_reading_and_the_load_has_not_lived_through_it() {
    let life = Arc::new(Life::default());
    let server = server(&life, Duration::ZERO, false);
    let mut c = Client::new(server.address());
    assert_eq!(
        c.ask("smua.measure.autozero = 0 smua.measure.nplc = 25 smua.source.levelv = 1 smua.source.output = 1 print(1)"),
        "1.00000e+00"
    );
    c.send("smua.measure.i(smua.nvbuffer1)");
    std::thread::sleep(Duration::from_millis(150));
    c.send("abort");
    assert_eq!(c.number("smua.nvbuffer1.n"), 0.0);
    let now = server.instrument().clock.now();
    let lived = life.until.load(Ordering::SeqCst) as f64 * 1e-6;
    assert!(lived <= now, "the load lived to {lived} s at {now} s");
    // What comes after it acts now, not at the end of the half second that was cut.
    c.ask("smua.source.output = 0 print(1)");
    let now = server.instrument().clock.now();
    let lived = life.until.load(Ordering::SeqCst) as f64 * 1e-6;
    assert!(lived <= now && lived > now - 0.3, "the load lived to {lived} s at {now} s");
}

#[test]
fn a_late_computer_does_not_make_the_instrument_late() {
    let life = Arc::new(Life::default());
    let server = server(&life, Duration::from_millis(150), false);
    let mut c = Client::new(server.address());
    c.ask("smua.measure.rangei = 0.1 smua.measure.nplc = 0.25 smua.measure.autozero = 0 smua.nvbuffer1.appendmode = 1 smua.source.output = 1 print(1)");
    c.ask("for k = 1, 60 do smua.source.levelv = k * 1e-3 smua.measure.i(smua.nvbuffer1) end print(1)");
    assert!(life.calls.load(Ordering::SeqCst) > 60);
    let stamps = c.ask("printbuffer(1, 60, smua.nvbuffer1.timestamps)");
    let stamps: Vec<f64> = stamps.split(", ").map(|s| s.parse().unwrap()).collect();
    for pair in stamps.windows(2) {
        assert!((pair[1] - pair[0] - 5e-3).abs() < 2e-5, "{stamps:?}");
    }
}

#[test]
fn each_client_finds_a_fresh_load_unless_it_is_kept() {
    for keep in [false, true] {
        let life = Arc::new(Life::default());
        let server = server(&life, Duration::ZERO, keep);
        let mut renewed = 0;
        for k in 0..6 {
            let mut c = Client::new(server.address());
            assert_eq!(c.ask("print(1)"), "1.00000e+00");
            renewed += usize::from(k > 0 && !keep);
            assert_eq!(life.renewed.load(Ordering::SeqCst), renewed, "client {k}, keep {keep}");
            // A second one beside it shares it.
            if k == 2 {
                assert_eq!(Client::new(server.address()).ask("print(2)"), "2.00000e+00");
                assert_eq!(life.renewed.load(Ordering::SeqCst), renewed);
            }
        }
        // While an output is on, nobody changes what is at its terminals.
        Client::new(server.address()).ask("smua.source.output = 1 print(1)");
        let before = life.renewed.load(Ordering::SeqCst);
        Client::new(server.address()).ask("print(1)");
        assert_eq!(life.renewed.load(Ordering::SeqCst), before);
    }
}

#[test]
fn an_abort_leaves_what_another_client_has_sent() {
    let life = Arc::new(Life::default());
    let server = server(&life, Duration::ZERO, true);
    let mut one = Client::new(server.address());
    one.ask("print(1)");
    one.send("delay(60)");
    std::thread::sleep(Duration::from_millis(30));
    let mut other = Client::new(server.address());
    other.send("print('heard')");
    // It waits for the script of the first when the third ends that.
    let mut third = Client::new(server.address());
    std::thread::sleep(Duration::from_millis(60));
    third.send("abort");
    assert_eq!(other.read(), "heard");
    assert_eq!(one.ask("print('free')"), "free");
}

/// The engine ends its steps at the readings; a free one runs ahead and is cut back at each level, which resolves the microsecond in which
/// the wire gets as warm as the new level makes it. The difference must be far below the instrument's accuracy (2e-4).
#[test]
fn a_reading_is_that_of_a_wire_that_runs_free() {
    let device = Device::default();
    let frame = device.true_temperature(device.chip.temperature);
    let d = device.clone();
    let mut wire = Wire::new(Arc::new(move |_| Specimen::new(&d, 1)), frame, Arc::new(|_| {})).unwrap();
    let mut free = Specimen::new(&device, 1).unwrap();
    let mut largest = 0.0f64;
    for k in 0..60 {
        let (from, until) = (k as f64 * 5e-3, (k + 1) as f64 * 5e-3);
        let volts = 1.2 + 2e-3 * k as f64;
        let ramp = Ramp { start: from, voltage: volts, voltage_rate: 0.0, frame, frame_rate: 0.0, compliance: 0.05, end: f64::INFINITY };
        free.apply(ramp);
        let expected = free.advance(until, &mut |_| {}).unwrap().current;
        wire.advance(from, Level { volts, amperes: 0.05 });
        let reading = wire.advance(until, Level { volts, amperes: 0.05 });
        let off = (reading.current / expected - 1.0).abs();
        largest = largest.max(off);
        assert!(off < 3e-5, "{k}: {} A, {expected} A", reading.current);
        // Nothing is looked at twice: a window of no length, and one under the same level.
        if k == 30 {
            assert!((wire.advance(until, Level { volts, amperes: 0.05 }).current / expected - 1.0).abs() < 1e-3);
        }
    }
    println!("largest difference {largest:.1e}");
}
