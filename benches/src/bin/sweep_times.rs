//! Sweeps until the wire breaks, with the processor time of each; one JSON object a line, for `benches/run`:
//! `sweep_times paper|reference CELLS RATE…` (rates in V/s).

use std::process::ExitCode;

use pentatwin_benches::{cpu_time, paper_device, reference_device, sweep};
use pentatwin_physics::device::Device;

const USAGE: &str = "usage: sweep_times paper|reference CELLS RATE...";
const REPEATS: usize = 15;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match measure(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &[String]) -> Result<(), String> {
    let [kind, cells, rates @ ..] = arguments else { return Err(USAGE.into()) };
    let make: fn(usize) -> Device = match kind.as_str() {
        "paper" => paper_device,
        "reference" => reference_device,
        _ => return Err(USAGE.into()),
    };
    let device = make(cells.parse().map_err(|_| USAGE)?);
    for rate in rates {
        let rate: f64 = rate.parse().map_err(|_| USAGE)?;
        let mut took = Vec::new();
        let mut last = sweep(&device, rate).map_err(|e| e.to_string())?; // warm
        for _ in 0..REPEATS {
            let start = cpu_time();
            last = sweep(&device, rate).map_err(|e| e.to_string())?;
            took.push(1e3 * (cpu_time() - start).as_secs_f64());
        }
        took.sort_by(f64::total_cmp);
        let row = serde_json::json!({
            "device": kind,
            "cells": device.numerics.cells,
            "rate": rate,
            "voltage": last.rupture().map(|r| r.voltage),
            "position": last.rupture().map(|r| r.position),
            "steps": last.counters().steps,
            "rejected": last.counters().rejected,
            "cpu_ms": took[took.len() / 2],
            "cpu_ms_least": took[0],
        });
        println!("{row}");
    }
    Ok(())
}
