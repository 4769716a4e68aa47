//! What the benchmarks share: devices, a sweep until the wire breaks, and the time of the processor.

use std::time::Duration;

use pentatwin_physics::device::{Contacts, Device};
use pentatwin_physics::wire::{Ramp, WireEngine, WireError};
use rustix::time::{ClockId, clock_gettime};

/// The paper's device on a grid of `cells` between the contacts.
pub fn paper_device(cells: usize) -> Device {
    let mut device = Device::default();
    device.numerics.cells = cells;
    device
}

/// The device of `protocols/reference.toml`, which other codes can compute as well: blocked contacts, their lead resistance, no disorder.
pub fn reference_device(cells: usize) -> Device {
    let mut device = paper_device(cells);
    device.chip.contacts = Contacts::Blocked;
    device.chip.lead_resistance = 200.0;
    device.wire.diameter_disorder = 0.0;
    device
}

/// Sweeps to at most 5 V at `rate` [V/s] until the wire breaks, with nothing but the engine.
///
/// # Errors
/// The engine gave up.
pub fn sweep(device: &Device, rate: f64) -> Result<WireEngine, WireError> {
    let end = 5.0 / rate;
    let mut wire = WireEngine::new(device, 1)?;
    wire.drive(Ramp {
        start: 0.0,
        voltage: 0.0,
        voltage_rate: rate,
        frame: device.chip.temperature,
        frame_rate: 0.0,
        compliance: 20e-3,
        end,
    });
    while !wire.broken() && wire.time() < end {
        // One step: the engine stops at the first one beyond.
        wire.advance(wire.time() + 1e-12, &mut |_| {})?;
    }
    Ok(wire)
}

/// Processor time that this process has used, all threads together.
pub fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// Largest memory that this process has held [bytes], as the kernel counts it; 0 where it does not say.
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM"));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
