//! Frames of a run: when they are taken and what they cost.

use std::convert::Infallible;

use pentatwin_experiment::Protocol;
use pentatwin_experiment::imaging::{estimated_bytes, mean_dose_rate};
use pentatwin_experiment::simulate::{Happening, Trace, simulate};

/// A fast sweep with small frames, to the break and a second on.
const SWEEP: &str = r#"
title = "frames"
[microscope]
frames = true
frame_time = "20 ms"
pixels = 48
[[step]]
sweep = { to = "5 V", rate = "10 V/s", step = "5 mV", nplc = 0.01, trip = "50 %" }
[[step]]
wait = "0.2 s"
"#;

fn protocol(text: &str) -> Protocol {
    Protocol::parse("frames", text).unwrap()
}

fn frames(protocol: &Protocol, seed: u64) -> (Vec<(f64, Vec<u16>)>, Trace) {
    let mut frames = Vec::new();
    let trace = simulate(protocol, seed, &mut |happening| {
        if let Happening::Frame(f) = happening {
            frames.push((f.truth.time, f.counts.clone()));
        }
        Ok::<bool, Infallible>(true)
    })
    .unwrap();
    (frames, trace)
}

#[test]
fn frames_come_at_the_middle_of_each_exposure_to_the_end_of_the_run() {
    let (frames, trace) = frames(&protocol(SWEEP), 1);
    for (k, (time, _)) in frames.iter().enumerate() {
        assert!((time - (0.01 + 0.02 * k as f64)).abs() < 1e-12, "{k}: {time}");
    }
    // The last exposure whose middle the run reaches is the last frame.
    let last = frames.last().unwrap().0;
    assert!(last <= trace.time && last + 0.02 > trace.time, "{last} {}", trace.time);
}

#[test]
fn the_same_seed_gives_the_same_frames_and_the_samples_do_not_depend_on_them() {
    let p = protocol(SWEEP);
    let (a, with) = frames(&p, 3);
    let (b, _) = frames(&p, 3);
    assert!(a == b);
    let mut blind = p.clone();
    blind.microscope.frames = false;
    let (none, without) = frames(&blind, 3);
    assert!(none.is_empty());
    assert_eq!(with.samples.len(), without.samples.len());
    // The beam acts on the specimen, by nanowatts: the break does not move by more than a sample.
    let broke = |t: &Trace| t.specimen.wire().rupture().unwrap().time;
    assert!((broke(&with) - broke(&without)).abs() < 5e-4);
}

#[test]
fn a_blanked_beam_costs_the_wire_less_dose_than_one_that_stays_on() {
    let mut p = protocol(SWEEP);
    p.microscope.interval = 0.2;
    let blanked = mean_dose_rate(&p);
    // 20 ms in 200 ms at 50 e/nm²/s.
    assert!((blanked - 5e18).abs() < 1e6);
    p.microscope.illumination = pentatwin_experiment::protocol::Illumination::Continuous;
    assert!((mean_dose_rate(&p) - 50e18).abs() < 1e7);
    p.microscope.illumination = pentatwin_experiment::protocol::Illumination::Off;
    assert_eq!(mean_dose_rate(&p), 0.0);
}

#[test]
fn the_size_of_the_frames_is_known_before_the_run() {
    let mut p = protocol(SWEEP);
    assert_eq!(estimated_bytes(&p, 1.0), 50.0 * 48.0 * 48.0 * 2.0);
    p.microscope.frames = false;
    assert_eq!(estimated_bytes(&p, 1.0), 0.0);
}

#[test]
fn wider_spacings_are_seen_whole() {
    let text = SWEEP.replace("[microscope]", "[chip]\nspacing = \"10 um\"\n[microscope]");
    let p = protocol(&text);
    let mut imager = pentatwin_experiment::imaging::Imager::new(&p, 1).unwrap();
    assert!(imager.view().pixel * imager.view().width as f64 > 10e-6);
    assert!(imager.take(1.0).unwrap().is_empty());
}

#[test]
fn every_place_in_view_has_seen_the_dose_of_all_frames() {
    let p = protocol(SWEEP);
    let imager = pentatwin_experiment::imaging::Imager::new(&p, 1).unwrap();
    let (_, trace) = frames(&p, 1);
    let grid = trace.specimen.wire().grid();
    let dose = imager.accumulated_dose(grid, trace.time, 10, None);
    // 10 frames of 20 ms at 50 e/nm²/s are 10 e/nm²; the field of 6 um covers the 5 um between the contacts, not the far ends.
    for i in grid.between() {
        assert!((dose[i] / 10e18 - 1.0).abs() < 1e-9, "{}", dose[i]);
    }
    assert_eq!(dose[0], 0.0);
}
