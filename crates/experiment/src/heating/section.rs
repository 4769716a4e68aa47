//! Pieces of a heated wire, for engines that resolve atoms: the tip that the wire engine left, and the same section at one temperature.

use std::f64::consts::PI;

use pentatwin_physics::device::{ChipKind, Device};
use pentatwin_physics::specimen::PhysicsError;
use pentatwin_physics::wire::{Ramp, WireEngine, radius};

use crate::simulate::Trace;

/// Cells of a section at least; more where it is longer than this times the width of a cell.
const CELL: f64 = 10e-9;

/// One state of a section.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Section {
    /// Time from the start [s].
    pub time: f64,
    /// Volume [m³].
    pub volume: f64,
    /// Place of the free end from the held one [m]: where the silver that hangs together with the held end ceases.
    pub tip: f64,
    /// Equal-area radius half-way along the section as it was given [m]; 0 where there is no silver.
    pub radius_mid: f64,
}

/// The tip on one side of the first break: (distance from the apex [m], equal-area radius [m]), ascending in the distance, within `reach`
/// [m], as the wire was at `time` [s] (the last kept state not after it). `right` takes the tip to the right of the gap, that is of the
/// piece that goes on to larger x. `None` if the wire is whole then, or that piece gone.
pub fn tip_profile(trace: &Trace, time: f64, right: bool, reach: f64) -> Option<Vec<(f64, f64)>> {
    let wire = trace.specimen.wire();
    let (grid, cell) = (wire.grid(), wire.rupture().filter(|r| r.time <= time)?.cell);
    let profile = trace.profiles.iter().rev().find(|p| p.time <= time + 1e-9)?;
    let silver = |i: &usize| profile.radius.get(*i).is_some_and(|r| *r > 0.0);
    let cells: Vec<usize> = if right {
        let first = (cell..grid.cells()).find(silver)?;
        (first..grid.cells()).take_while(silver).collect()
    } else {
        let first = (0..=cell).rev().find(silver)?;
        (0..=first).rev().take_while(silver).collect()
    };
    let near = cells.iter().enumerate().map(|(k, i)| ((k as f64 + 0.5) * grid.dx, profile.radius[*i]));
    Some(near.take_while(|(s, _)| *s <= reach).collect())
}

/// The wire engine on a section alone: `length` [m], its outline `radius_profile` (distance from the held end [m] → equal-area radius [m];
/// 0 where there is no silver), held at `temperature` [K] for `duration` [s] from the start. The end at 0 is held (no silver passes, the
/// outline meets it at 90°), the other one is free. Silver and physics are `device`'s; its wire, chip and grid are not used. What counts as
/// as-made is a wire of the section's largest radius, so that a tapered end is stepped from the start.
///
/// # Errors
/// The section cannot be simulated: no silver, a temperature above melting.
pub fn wire_section(
    device: &Device,
    length: f64,
    radius_profile: &dyn Fn(f64) -> f64,
    temperature: f64,
    duration: f64,
) -> Result<Vec<Section>, PhysicsError> {
    let cells = ((length / CELL).ceil() as usize).max(40);
    // One empty cell at the far end makes the last one with silver a free tip.
    let dx = length / cells as f64;
    let radii: Vec<f64> = (0..cells).map(|i| radius_profile((i as f64 + 0.5) * dx).max(0.0)).collect();
    let made = radii.iter().copied().fold(0.0, f64::max);
    let mut section = device.clone();
    section.chip.kind = ChipKind::Heating;
    section.chip.temperature = temperature;
    section.wire.free_ends = false;
    section.wire.length = length + dx;
    section.wire.diameter *= (PI * made * made / device.area()).sqrt();
    section.wire.diameter_disorder = 0.0;
    section.wire.mobility_disorder = 0.0;
    section.numerics.cells = cells + 1;
    let area: Vec<f64> = radii.iter().map(|r| PI * r * r).chain([0.0]).collect();
    let mut wire = WireEngine::with_area(&section, 1, &area)?;
    wire.drive(Ramp::rest(0.0, duration, temperature));
    let middle = cells / 2;
    let state = |w: &WireEngine| Section {
        time: w.time(),
        volume: w.volume(),
        tip: w.area().iter().take_while(|a| **a > 0.0).count() as f64 * dx,
        radius_mid: w.area().get(middle).map_or(0.0, |a| radius(*a)),
    };
    let mut series = vec![state(&wire)];
    wire.advance(duration, &mut |w| series.push(state(w)))?;
    Ok(series)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pentatwin_physics::materials::silver::vapour::recession_speed;

    #[test]
    fn a_free_end_draws_back_and_the_volume_goes_by_sublimation_alone() {
        let device = Device::default();
        let r0 = radius(device.area());
        let series = wire_section(&device, 0.6e-6, &|_| r0, 1023.15, 20.0).unwrap();
        let (first, last) = (series[0], series[series.len() - 1]);
        assert!((first.tip - 0.6e-6).abs() < 1e-12 && last.time == 20.0);
        assert!(last.tip < 0.9 * first.tip, "{last:?}");
        // At most the first surface (with the pentagon's perimeter and one disc) times the speed of a sphere of that radius.
        let surface = 1.0753 * 2.0 * PI * r0 * 0.6e-6 + PI * r0 * r0;
        let most = surface * recession_speed(1023.15, 1.0) * 20.0 * 1.2;
        let lost = first.volume - last.volume;
        assert!((0.3 * most..most).contains(&lost), "{lost:e} of {most:e}");
    }

    #[test]
    fn nothing_moves_where_everything_is_switched_off() {
        let mut device = Device::default();
        device.physics.sublimation = false;
        device.physics.capillarity = false;
        let series = wire_section(&device, 0.5e-6, &|s| if s < 0.4e-6 { 50e-9 } else { 0.0 }, 1000.0, 5.0).unwrap();
        let last = series[series.len() - 1];
        assert_eq!((series[0].volume, series[0].tip), (last.volume, last.tip));
        assert!((last.tip - 0.4e-6).abs() < 10e-9);
    }

    #[test]
    fn a_section_without_silver_or_above_melting_is_an_error() {
        let device = Device::default();
        assert!(wire_section(&device, 0.5e-6, &|_| 0.0, 1000.0, 1.0).is_err());
        assert!(wire_section(&device, 0.5e-6, &|_| 50e-9, 1300.0, 1.0).is_err());
        assert!(wire_section(&device, 0.5e-6, &|_| f64::NAN, 1000.0, 1.0).is_err());
    }
}
