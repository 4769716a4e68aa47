//! A day of samples at 20 a second through script, socket, driver and trip, in fast time, with bounded memory. Long tier: it takes a minute.

mod instrument;

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use instrument::{protocol, server_with};
use pentatwin_experiment::bench::{Bench, Reading, RealBench, StepEnd};
use pentatwin_experiment::source_meter::{Address, HostClock, OutputState, Timing};
use pentatwin_tsp::Settings;
use pentatwin_tsp::clock::Clock;

/// Waits take no time, but the instrument is never further ahead of its host's last beat than this [s]: 10 samples a beat.
const AHEAD: f64 = 0.5;

/// Time that host and instrument share: it runs as fast as they do.
struct Shared {
    /// The instrument's time, and up to where it may go [s].
    at: Mutex<(f64, f64)>,
    moved: Condvar,
    start: Instant,
}

impl Clock for Shared {
    fn now(&self) -> f64 {
        self.at.lock().unwrap().0
    }
    fn wait(&self, time: f64, stop: &dyn Fn() -> bool) -> bool {
        let mut at = self.at.lock().unwrap();
        loop {
            if stop() {
                return false;
            }
            at.0 = at.0.max(time.min(at.1));
            self.moved.notify_all();
            if time <= at.1 {
                return true;
            }
            let (next, late) = self.moved.wait_timeout(at, Duration::from_millis(1)).unwrap();
            at = next;
            // The host waits for an answer in the middle of a measurement: time goes on.
            if late.timed_out() {
                at.1 = at.1.max(time);
            }
        }
    }
}

struct Host(Arc<Shared>);

impl HostClock for Host {
    /// Asked once when a beat is sent and once when it is answered. The instrument first uses up the time it was given: a beat that is always
    /// there already would keep it from ever waiting.
    fn running(&self) -> Instant {
        let at = self.0.at.lock().unwrap();
        let (mut at, _) = self.0.moved.wait_timeout_while(at, Duration::from_millis(20), |at| at.0 < at.1).unwrap();
        at.1 = at.0 + AHEAD;
        self.0.moved.notify_all();
        self.0.start + Duration::from_secs_f64(at.0)
    }
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs_f64(1e9 + self.0.at.lock().unwrap().0)
    }
}

/// Resident memory of this process [bytes].
fn memory() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    4096.0 * pages.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap()
}

#[test]
#[ignore = "long tier: 1,728,000 samples"]
fn a_day_of_samples_at_20_a_second_in_bounded_memory() {
    const HOURS: u64 = 24;
    let shared = Arc::new(Shared { at: Mutex::new((0.0, AHEAD)), moved: Condvar::new(), start: Instant::now() });
    let server = server_with(Settings { noisy: false, clock: shared.clone(), ..Settings::default() }, 9.0);
    let p = protocol(&format!("[[step]]\nhold = {{ voltage = \"1 V\", time = \"{HOURS} h\", interval = \"50 ms\", nplc = 1 }}\n"));
    let timing = Timing { beat: Duration::ZERO, reply: Duration::from_secs(20), ..Timing::default() };
    let mut bench = RealBench::connect(&p, &Address::from(server.address()), timing).unwrap().with_clock(Box::new(Host(shared.clone())));
    let start = Instant::now();
    let (mut n, mut last, mut early, mut most) = (0u64, -1.0, 0.0, 0.0_f64);
    let end = bench
        .run(&p.steps[0], &mut |reading| {
            if let Reading::Sample(s, _) = reading {
                // Its pace is asserted in real time (`source_meter.rs`); here none is lost and none comes twice.
                assert!(s.time > last, "{n}: {s:?} after {last}");
                last = s.time;
                n += 1;
                if n == 50_000 {
                    early = memory();
                }
                if n > 50_000 && n % 10_000 == 0 {
                    most = most.max(memory());
                }
            }
            true
        })
        .unwrap();
    assert_eq!((end, n), (StepEnd::Done, HOURS * 3600 * 20));
    println!(
        "{n} samples in {:.0} s; {:.1} MB after 50,000, at most {:.1} MB later",
        start.elapsed().as_secs_f64(),
        early / 1e6,
        most / 1e6
    );
    assert!(most < early + 8e6, "memory grew from {early} to {most} bytes");
    assert_eq!(bench.make_safe(), OutputState::Off);
}
