//! From the trace of a heating run to named numbers. All of them are the simulator's own: no instrument but the microscope looks at this
//! wire, and what its frames show is measured by `pentatwin analyze`.

use pentatwin_analysis::Profiles;
use pentatwin_analysis::moments::{MomentRule, key_moments};
use pentatwin_physics::materials::silver::vapour::recession_speed;
use pentatwin_physics::wire::{PERIMETER, radius, surface};

use super::history::{holds, indicated_at};
use crate::measure::{Measures, Numbers};
use crate::profile_log::Profile;
use crate::protocol::Protocol;
use crate::simulate::Trace;

/// Reads everything off the trace of a run on a heating chip.
///
/// Names that end in a temperature in °C, such as `volume_750`, are of the end of the hold at it: `change` (largest change of a diameter,
/// relative), `thinnest` and `widest` (equal-area diameter where there is silver [m]), `volume` (left of the as-made one), `pieces`,
/// `visible` and `broken` (1 or 0: whether it had come by then).
pub fn measure(protocol: &Protocol, trace: &Trace) -> Measures {
    let mut numbers = Numbers::new();
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(v) = value.filter(|v| v.is_finite()) {
            numbers.insert(name.to_owned(), v);
        }
    };
    let wire = trace.specimen.wire();
    let grid = wire.grid();
    let flat: Vec<f64> = trace.profiles.iter().flat_map(|p| p.radius.iter().copied()).collect();
    let times: Vec<f64> = trace.profiles.iter().map(|p| p.time).collect();
    let rupture = wire.rupture();
    let moments = Profiles::new(&times, &grid.x, &flat)
        .ok()
        .map(|p| key_moments(&p, &MomentRule::default(), f64::NEG_INFINITY, f64::INFINITY, rupture.map(|r| r.time)));
    let made: Vec<f64> = wire.area_made().iter().map(|a| radius(*a)).collect();
    let whole: f64 = wire.area_made().iter().sum::<f64>() * grid.dx;
    let onset = moments.and_then(|m| m.onset).map(|k| k.time.value);
    put("onset_time", onset);
    put("onset_temperature", onset.map(|t| indicated_at(protocol, t)));
    put("rupture_time", rupture.map(|r| r.time));
    put("rupture_temperature", rupture.map(|r| indicated_at(protocol, r.time)));
    put("rupture_position", rupture.map(|r| r.position));
    put("hottest", trace.profiles.iter().map(Profile::hottest).reduce(f64::max));
    put("volume_left", trace.profiles.last().map(|p| p.volumes[0] / whole));
    put("pieces", trace.profiles.last().map(|p| pieces(&p.radius) as f64));
    let reached = |h: &super::Hold| h.start < trace.time;
    let holds: Vec<super::Hold> = holds(protocol).into_iter().filter(reached).collect();
    for hold in &holds {
        let (word, end) = (hold.word(), hold.end.min(trace.time));
        let Some(p) = at(&trace.profiles, end) else { continue };
        let change = made.iter().zip(&p.radius).map(|(m, r)| (r / m - 1.0).abs()).fold(0.0, f64::max);
        let silver = || p.radius.iter().copied().filter(|r| *r > 0.0);
        put(&format!("change_{word}"), Some(change));
        put(&format!("thinnest_{word}"), silver().reduce(f64::min).map(|r| 2.0 * r));
        put(&format!("widest_{word}"), silver().reduce(f64::max).map(|r| 2.0 * r));
        put(&format!("volume_{word}"), Some(p.volumes[0] / whole));
        put(&format!("pieces_{word}"), Some(pieces(&p.radius) as f64));
        let by_then = |t: Option<f64>| Some(f64::from(u8::from(t.is_some_and(|t| t <= end))));
        put(&format!("visible_{word}"), by_then(onset));
        put(&format!("broken_{word}"), by_then(rupture.map(|r| r.time)));
    }
    // The hottest hold, where sublimation paces the loss; of equal ones the last.
    let last = holds.iter().reduce(|best, h| if h.temperature >= best.temperature { h } else { best });
    if let Some(hold) = last {
        put("recession_speed", recession(trace, grid.dx, hold.start, hold.end.min(trace.time)));
        put("hertz_knudsen_speed", Some(recession_speed(hold.temperature, protocol.device.silver.evaporation)));
        let volume = |t: f64| at(&trace.profiles, t).map(|p| p.volumes[0] / whole);
        let middle = 0.5 * (hold.start + hold.end.min(trace.time));
        put("hold_temperature", Some(hold.indicated));
        put("hold_volume_start", volume(hold.start));
        put("hold_volume_middle", volume(middle));
        put("hold_volume_end", volume(hold.end));
        put("half_volume_time", half(trace, whole).map(|t| t - hold.start));
    }
    Measures {
        numbers,
        gap_resolved: true,
        gap_of_lattice: false,
        moments,
        breakdown: None,
        split: None,
        before: None,
        consumption: None,
        rupture: rupture.map(|r| r.time),
    }
}

/// The last kept state not after `t` [s].
fn at(profiles: &[Profile], t: f64) -> Option<&Profile> {
    profiles.iter().rev().find(|p| p.time <= t + 1e-9)
}

/// Pieces that a wire consists of.
pub fn pieces(radius: &[f64]) -> usize {
    let silver = |i: &usize| radius.get(*i).is_some_and(|r| *r > 0.0);
    (0..radius.len()).filter(|i| silver(i) && !(*i > 0 && silver(&(i - 1)))).count()
}

/// Mean speed at which the surface recedes between two times [m/s]: volume lost over the integral of the surface.
fn recession(trace: &Trace, dx: f64, from: f64, to: f64) -> Option<f64> {
    let kept: Vec<&Profile> = trace.profiles.iter().filter(|p| (from..=to).contains(&p.time)).collect();
    let size = |p: &Profile| PERIMETER * surface(&p.radius.iter().map(|r| std::f64::consts::PI * r * r).collect::<Vec<_>>(), dx);
    let swept: f64 = kept.windows(2).map(|w| 0.5 * (size(w[0]) + size(w[1])) * (w[1].time - w[0].time)).sum();
    let lost = kept.first()?.volumes[0] - kept.last()?.volumes[0];
    (swept > 0.0).then(|| lost / swept)
}

/// When half of the volume is gone [s].
fn half(trace: &Trace, whole: f64) -> Option<f64> {
    let k = trace.profiles.iter().position(|p| p.volumes[0] < 0.5 * whole)?;
    let (a, b) = (trace.profiles.get(k.checked_sub(1)?)?, &trace.profiles[k]);
    let part = (a.volumes[0] - 0.5 * whole) / (a.volumes[0] - b.volumes[0]);
    Some(a.time + part * (b.time - a.time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_counted_between_gaps() {
        assert_eq!(pieces(&[]), 0);
        assert_eq!(pieces(&[0.0, 1.0, 1.0, 0.0, 2.0]), 2);
        assert_eq!(pieces(&[1.0, 1.0]), 1);
    }
}
