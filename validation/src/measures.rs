//! Small measures on cross-sections; the tests judge with them and with nothing of the analysis crate.

use pentatwin_physics::wire::{WireEngine, radius};

/// Dipole index: +1 when everything moved from contact 1's half to contact 2's, 0 when symmetric (wire.md section 4).
pub fn dipole(wire: &WireEngine, area: &[f64]) -> f64 {
    let grid = wire.grid();
    let middle = 0.5 * grid.free as f64 * grid.dx;
    let (mut signed, mut whole) = (0.0, 0.0);
    for ((x, a), made) in grid.x.iter().zip(area).zip(wire.area_made()) {
        signed += (x - middle).signum() * (a - made);
        whole += (a - made).abs();
    }
    signed / whole
}

/// The thickest place: its centre [m] and its diameter over the as-made one.
pub fn hillock(wire: &WireEngine, area: &[f64]) -> (f64, f64) {
    let ratio = |i: usize| (area[i] / wire.area_made()[i]).sqrt();
    let i = (0..area.len()).max_by(|&i, &j| ratio(i).total_cmp(&ratio(j))).unwrap_or(0);
    (wire.grid().x[i], ratio(i))
}

/// Largest relative change of diameter of the wire between the contacts.
pub fn change(wire: &WireEngine) -> f64 {
    wire.grid().between().map(|i| ((wire.area()[i] / wire.area_made()[i]).sqrt() - 1.0).abs()).fold(0.0, f64::max)
}

/// Largest relative difference between a profile and the mirror image of another.
pub fn mirrored(area: &[f64], other: &[f64]) -> f64 {
    area.iter().zip(other.iter().rev()).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
}

/// Whether a microscope sees the change: 3 % of the diameter or 2 nm, whichever is more (the analysis' threshold of onset).
pub fn visible(wire: &WireEngine, diameter: f64) -> bool {
    change(wire) > 0.03f64.max(2e-9 / diameter)
}

/// Edges and width [m] of the gap about a cell: where the radius crosses 3 nm on both sides, linear between centres (wire.md section 8);
/// a dead cell has radius 0. Where no silver is left up to a blocked contact, the pad's edge is the gap's. `None` if nothing is left on one side.
pub fn gap(wire: &WireEngine, cell: usize) -> Option<(f64, f64, f64)> {
    const EDGE: f64 = 3e-9;
    let grid = wire.grid();
    let a: Vec<f64> = wire.area().iter().map(|x| radius(*x)).collect();
    let cross = |inside: usize, outside: usize| {
        let u = ((EDGE - a[inside]) / (a[outside] - a[inside])).clamp(0.0, 1.0);
        grid.x[inside] + u * (grid.x[outside] - grid.x[inside])
    };
    let blocked = grid.covered == 0;
    let left = (0..cell).rev().find(|&i| a[i] > EDGE).map(|i| cross(i + 1, i)).or(blocked.then_some(0.0))?;
    let right = (cell + 1..a.len()).find(|&i| a[i] > EDGE).map(|i| cross(i - 1, i)).or(blocked.then_some(grid.dx * a.len() as f64))?;
    Some((left, right, right - left))
}

/// Number of separate gaps between the contacts.
pub fn gaps(wire: &WireEngine) -> usize {
    let dead: Vec<bool> = wire.grid().path().map(|i| wire.area()[i] <= 0.0).collect();
    dead.iter().enumerate().filter(|(i, d)| **d && (*i == 0 || !dead[i - 1])).count()
}
