//! A fresh wire held at one temperature until it breaks: when its change becomes visible, and when it parts.

use pentatwin_physics::device::Device;
use pentatwin_physics::specimen::PhysicsError;
use pentatwin_physics::wire::{Ramp, WireEngine, radius};

/// Change of diameter that counts as visible: 3 % or 2 nm, whichever is more (as `analysis::moments`).
const VISIBLE: (f64, f64) = (0.03, 2e-9);
/// Equal-area diameter over projected width of a pentagon lying on a flat wall.
const EQUAL_AREA_PER_WIDTH: f64 = 0.914_7;

/// What a hold brought.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Held {
    /// Time from reaching the temperature until some place is visibly thinner [s].
    pub visible: Option<f64>,
    /// Until the wire parts [s].
    pub broken: Option<f64>,
    /// Largest change of diameter at the end, relative.
    pub change: f64,
    /// Volume left at the end, relative.
    pub volume: f64,
}

/// Heats a wire with `rate` [K/s] to `temperature` [K] (the wire's own) and holds it for `longest` [s] or until it breaks. `go` is asked
/// after every step.
///
/// # Errors
/// The device cannot be simulated, or the engine gives up.
pub fn hold(
    device: &Device,
    seed: u64,
    temperature: f64,
    rate: f64,
    longest: f64,
    go: &mut dyn FnMut(&WireEngine) -> bool,
) -> Result<Held, PhysicsError> {
    let mut wire = WireEngine::new(device, seed)?;
    let start = device.chip.temperature;
    let up = (temperature - start).abs() / rate;
    let made: Vec<f64> = wire.area_made().iter().map(|a| radius(*a)).collect();
    let limit = (VISIBLE.0 * device.wire.diameter).max(VISIBLE.1) * EQUAL_AREA_PER_WIDTH;
    let (whole, mut held) = (wire.total_volume(), Held::default());
    let ramp = Ramp { frame_rate: rate.copysign(temperature - start), ..Ramp::rest(0.0, up, start) };
    for ramp in [ramp, Ramp::rest(up, up + longest, temperature)] {
        wire.drive(ramp);
        while wire.time() < ramp.end && !wire.broken() {
            // One step at a time: a hair beyond the present.
            wire.advance(f64::from_bits(wire.time().to_bits() + 1), &mut |_| {})?;
            if held.visible.is_none() {
                let thinned = made.iter().zip(wire.area()).map(|(r, a)| 2.0 * (r - radius(*a))).fold(0.0, f64::max);
                held.visible = (thinned > limit).then(|| wire.time() - up);
            }
            if !go(&wire) {
                break;
            }
        }
    }
    held.broken = wire.rupture().map(|r| r.time - up);
    held.change = made.iter().zip(wire.area()).map(|(r, a)| (radius(*a) / r - 1.0).abs()).fold(0.0, f64::max);
    held.volume = wire.volume() / whole;
    Ok(held)
}
