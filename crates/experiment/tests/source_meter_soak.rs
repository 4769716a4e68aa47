//! A day of samples at 20 a second through script, socket, driver and trip, in fast time, with bounded memory. Long tier: it takes a minute.

mod instrument;

use std::sync::Arc;
use std::time::{Duration, Instant};

use instrument::fast_time::{Host, Shared};
use instrument::{protocol, server_with};
use pentatwin_experiment::bench::{Bench, Reading, RealBench, StepEnd};
use pentatwin_experiment::source_meter::{Address, OutputState, Timing};
use pentatwin_tsp::Settings;

/// Resident memory of this process [bytes].
fn memory() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    4096.0 * pages.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap()
}

#[test]
#[ignore = "long tier: 1,728,000 samples"]
fn a_day_of_samples_at_20_a_second_in_bounded_memory() {
    const HOURS: u64 = 24;
    let shared = Arc::new(Shared::default());
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
