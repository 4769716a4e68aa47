//! Where silver went: neck, hillock and the balance.

use crate::Measurement;
use crate::measurement::uniform;
use crate::profiles::{area, cell, changes};
use std::ops::Range;

/// A place that gained or lost most, with all that is connected with it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// Where [m].
    pub position: Measurement,
    /// Diameter there [m], equal area.
    pub diameter: f64,
    /// Diameter as made there [m].
    pub diameter_before: f64,
    /// Volume gained or lost over the stretch around it that changed the same way [m³], positive; uncertain by its outermost cells.
    pub volume: Measurement,
}

/// Volume lost and gained along the wire.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Balance {
    /// Lost where the wire became thinner [m³], positive.
    pub lost: f64,
    /// Gained where it became thicker [m³], positive.
    pub gained: f64,
    /// Gained less lost [m³]: 0 when silver only moved, negative when some left.
    pub net: f64,
}

/// Lost and gained volume of the profile `now` against `first` (radii [m] over `position` [m]). `None` if no cell has both.
pub fn balance(position: &[f64], first: &[f64], now: &[f64]) -> Option<Balance> {
    let change = changes(position, first, now);
    change.clone().next()?;
    let (mut lost, mut gained) = (0.0, 0.0);
    for (i, da) in change {
        let dv = da * cell(position, i);
        if dv < 0.0 { lost -= dv } else { gained += dv }
    }
    Some(Balance { lost, gained, net: gained - lost })
}

/// The hillock: where the diameter exceeds the as-made one by most. `None` if it does nowhere.
pub fn hillock(position: &[f64], first: &[f64], now: &[f64]) -> Option<Place> {
    place(position, first, now, 1.0)
}

/// The neck: where the diameter is below the as-made one by most. `None` if it is nowhere.
pub fn neck(position: &[f64], first: &[f64], now: &[f64]) -> Option<Place> {
    place(position, first, now, -1.0)
}

fn place(position: &[f64], first: &[f64], now: &[f64], sign: f64) -> Option<Place> {
    let gain = |i: usize| sign * (now[i] - first[i]);
    let known = changes(position, first, now);
    let (peak, _) = known.filter(|(i, _)| gain(*i) > 0.0).map(|(i, _)| (i, gain(i))).reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    let n = position.len().min(first.len()).min(now.len());
    let stretch = same_way(peak, n, |i| gain(i) > 0.0);
    let volume_of = |i: usize| Some(sign * (area(now[i])? - area(first[i])?) * cell(position, i));
    let volume: f64 = stretch.clone().filter_map(volume_of).sum();
    let ends = [stretch.start, stretch.end - 1].into_iter().filter_map(volume_of).sum::<f64>();
    Some(Place {
        position: Measurement::new(position[peak], uniform(cell(position, peak))),
        diameter: 2.0 * now[peak],
        diameter_before: 2.0 * first[peak],
        volume: Measurement::new(volume, uniform(ends)),
    })
}

/// The stretch of cells around `peak` for which `same` holds.
fn same_way(peak: usize, n: usize, same: impl Fn(usize) -> bool) -> Range<usize> {
    let start = (0..peak).rev().find(|&i| !same(i)).map_or(0, |i| i + 1);
    let end = (peak + 1..n).find(|&i| !same(i)).unwrap_or(n);
    start..end
}
