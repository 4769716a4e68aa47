//! The driver of a real source-meter against the virtual one, over TCP: what it does when all is well.

mod curves;
mod instrument;

use std::time::Duration;

use instrument::fast_time::{Host, Shared};
use instrument::{FAST, QUICK, protocol, run, server};
use pentatwin_experiment::bench::{Bench, Reading, RealBench, StepEnd, VirtualBench};
use pentatwin_experiment::protocol::{Sweep, TripReference};
use pentatwin_experiment::run::{Flow, Message};
use pentatwin_experiment::source_meter::{Address, OutputState, Timing};
use pentatwin_experiment::trip::{IN_TSP, NEW_IN_TSP, Trip, rule_in_tsp};
use pentatwin_record::{Reader, sample_flags};

#[test]
fn a_sweep_on_the_instrument_breaks_the_wire_turns_off_and_is_recorded() {
    let server = server(0.605);
    let mut panels = 0;
    let w = run(&server, FAST, QUICK, &mut |m, _| {
        panels += usize::from(matches!(m, Message::Panel(_)));
        Flow::Continue
    });
    let outcome = w.result.as_ref().unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(outcome.output, OutputState::Off);
    assert!(!server.output_is_on(0));
    assert_eq!(w.heard, w.written);
    // 0.6 V is passed on; at the next the circuit is open.
    let last = w.heard.last().unwrap();
    assert!((last.voltage - 0.61).abs() < 1e-9 && last.flags == sample_flags::TRIP, "{last:?}");
    assert!(w.heard.windows(2).all(|p| p[1].time > p[0].time && (p[1].voltage - p[0].voltage - 0.01).abs() < 1e-9));
    // It keeps its pace: 61 steps of 5 ms.
    assert!((last.time - 0.305).abs() < 0.05, "{last:?}");
    assert!(panels >= 3, "{panels}");
    let reader = Reader::open(&w.out).unwrap();
    let summary = reader.summary().unwrap();
    assert!(summary.ended.contains("tripped") && summary.ended.ends_with("output off, read back from the instrument"), "{}", summary.ended);
    let r = summary.results.iter().find(|r| r.name == "pristine_resistance").unwrap().value.unwrap();
    assert!((r - 250.0).abs() < 1.0, "{r}");
    assert!(reader.arrays().all(|a| !a.starts_with("truth")), "a real run has no truth");
    assert_eq!(reader.read_f64("", "event_kind").unwrap().values, [3.0, 7.0]);
}

#[test]
fn steps_follow_one_another_as_on_the_virtual_bench() {
    let server = server(9.0);
    let text = "[[step]]\nsweep = { to = [\"100 mV\", \"50 mV\"], rate = \"2 V/s\", step = \"10 mV\", nplc = 0.01 }\n[[step]]\nhold = { voltage = \"80 mV\", time = \"100 ms\", interval = \"10 ms\", nplc = 0.01, compliance = \"0.2 mA\" }\n[[step]]\nwait = \"0.1 s\"\n";
    let w = run(&server, text, QUICK, &mut |_, _| Flow::Continue);
    assert!(w.result.is_ok(), "{:?}", w.result);
    let millivolts: Vec<i64> = w.heard.iter().map(|s| (s.voltage * 1e3).round() as i64).collect();
    let mut expected: Vec<i64> = (0..10).map(|k| 10 * k).collect();
    expected.extend([100, 90, 80, 70, 60]);
    // In compliance (0.2 mA through 250 ohm) the terminals show less than the level.
    expected.extend([50; 10]);
    assert_eq!(millivolts, expected);
    assert!(w.heard[15..].iter().all(|s| s.flags == sample_flags::COMPLIANCE));
    assert!((w.heard[24].time - 0.17).abs() < 0.03, "{:?}", w.heard[24]);
}

#[test]
fn after_a_break_the_voltage_can_be_held_and_is_off_at_the_end() {
    let server = server(0.105);
    let text = "[[step]]\nsweep = { to = \"1 V\", rate = \"2 V/s\", step = \"10 mV\", nplc = 0.01, after_break = \"hold\" }\n[[step]]\nwait = \"0.3 s\"\n";
    let w = run(&server, text, QUICK, &mut |_, _| Flow::Continue);
    assert_eq!(w.output(), &OutputState::Off);
    let waiting: Vec<f64> = w.heard.iter().skip_while(|s| s.flags & sample_flags::TRIP == 0).skip(1).map(|s| s.voltage).collect();
    assert!(waiting.len() >= 5 && waiting.iter().all(|v| (v - 0.11).abs() < 1e-9), "{waiting:?}");
}

#[test]
fn what_a_source_meter_cannot_do_is_refused_before_anything_is_touched() {
    let server = server(1.0);
    for (step, word) in [("image = {}", "no microscope"), ("spectrum = {}", "no microscope")] {
        let before = server.faults().lines.load(std::sync::atomic::Ordering::SeqCst);
        let w = run(&server, &format!("{FAST}[[step]]\n{step}\n"), QUICK, &mut |_, _| Flow::Continue);
        assert!(w.error().contains(word), "{}", w.error());
        assert_eq!(server.faults().lines.load(std::sync::atomic::Ordering::SeqCst), before);
    }
    let w = run(&server, "[instrument]\nmodel = \"2604B\"\n[[step]]\nsweep = {}\n", QUICK, &mut |_, _| Flow::Continue);
    assert!(w.error().contains("is for a 2604B"), "{}", w.error());
    assert_eq!(w.output(), &OutputState::Untouched);
}

#[test]
fn the_same_protocol_breaks_within_one_step_of_the_same_voltage_on_both_benches() {
    // No read noise; the default grid, on which the staircase of a source-meter and the ramp of the bench are the same to the engine. (On a quarter of
    // its cells the ramp's few steps break 1.2 % late at 1 V/s, 2.3 % at 10 mV/s.)
    let text = "[shape]\ncoupling = \"off\"\n[instrument]\nread_noise = false\n[[step]]\nsweep = { to = \"4 V\", rate = \"1 V/s\", step = \"5 mV\", nplc = 0.01 }\n";
    let p = protocol(text);
    fn break_of(bench: &mut dyn Bench, p: &pentatwin_experiment::Protocol) -> (f64, usize) {
        let mut samples = 0;
        let end = bench
            .run(&p.steps[0], &mut |r| {
                samples += usize::from(matches!(r, Reading::Sample(..)));
                true
            })
            .unwrap();
        assert_eq!(bench.make_safe(), OutputState::Off);
        match end {
            StepEnd::Trip { voltage, .. } => (voltage, samples),
            other => panic!("{other:?}"),
        }
    }
    let (virtual_voltage, n) = break_of(&mut VirtualBench::new(&p, 1).unwrap(), &p);
    let (device, shape) = (p.device.clone(), p.shape.clone());
    let wire = pentatwin_tsp::specimen::Wire::new(
        std::sync::Arc::new(move |seed| pentatwin_physics::specimen::Specimen::with_shape(&device, &shape, seed + 1)),
        p.device.true_temperature(p.device.chip.temperature),
        std::sync::Arc::new(|_: &str| {}),
    );
    let wire = std::sync::Mutex::new(Some(wire.unwrap()));
    // In real time a computer that does not keep up makes the sweep a slower one, which breaks earlier.
    let clock = std::sync::Arc::new(Shared::default());
    let settings = pentatwin_tsp::Settings { noisy: false, clock: clock.clone(), ..Default::default() };
    let server = pentatwin_tsp::Server::start(settings, &move |channel| match wire.lock().unwrap().take() {
        Some(wire) if channel == 0 => Box::new(wire),
        _ => Box::new(pentatwin_tsp::load::Open),
    })
    .unwrap();
    let timing = Timing { beat: Duration::ZERO, reply: Duration::from_secs(20), ..Timing::default() };
    let mut real = RealBench::connect(&p, &Address::from(server.address()), timing).unwrap().with_clock(Box::new(Host(clock)));
    let (real_voltage, m) = break_of(&mut real, &p);
    println!("virtual {virtual_voltage:.4} V ({n} samples), over TCP {real_voltage:.4} V ({m} samples)");
    assert!((virtual_voltage - real_voltage).abs() <= 5e-3 + 1e-9, "{virtual_voltage} {real_voltage}");
}

#[test]
fn the_trip_in_the_script_decides_as_the_one_here_sample_by_sample() {
    let server = server(1.0);
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    let mut replies = std::io::BufRead::lines(std::io::BufReader::new(stream.try_clone().unwrap()));
    let mut dice = curves::Dice::new(7);
    let mut compared = 0;
    for k in 0..40 {
        let reference = [TripReference::Previous, TripReference::Maximum, TripReference::Resistance, TripReference::Floor][k % 4];
        let sweep =
            Sweep { trip_reference: reference, trip_window: 1 + k % 7, trip: 0.2 + 0.02 * k as f64, trip_floor: 1e-4, ..Sweep::default() };
        let curve = curves::curve(&mut dice, k % 3 != 0, true);
        let tail = curve.samples.len().saturating_sub(120);
        let mut trip = Trip::new(sweep.trip_rule());
        let mut here = String::new();
        let mut script =
            format!("loadandrunscript\n{IN_TSP}local q = {}\nlocal s = {NEW_IN_TSP}\nlocal out = \"\"\n", rule_in_tsp(&sweep.trip_rule()));
        script += "local function see(v, i, f)\nif pt_trip(q, s, v, i, f) then out = out .. \"1\" else out = out .. \"0\" end\nend\n";
        for (v, i, flags) in &curve.samples[tail..] {
            here.push(if trip.see(*v, *i, *flags) { '1' } else { '0' });
            let f = if flags & (sample_flags::OVERFLOW | sample_flags::RANGE) != 0 { 2 } else { flags & sample_flags::COMPLIANCE };
            script += &format!("see({v:e}, {i:e}, {f})\n");
            compared += 1;
        }
        script += "print(out)\nendscript\n";
        std::io::Write::write_all(&mut stream, script.as_bytes()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert_eq!(replies.next().unwrap().unwrap(), here, "{sweep:?}");
    }
    assert!(compared > 3000, "{compared}");
}
