//! A wire that starts from a given profile instead of its as-made one.

use super::{WireEngine, WireError};
use crate::device::Device;

/// Thinnest living cell of a starting profile, over its as-made area: one of a third of its radius, or of a tenth next to a free end.
const THINNEST: (f64, f64) = (0.1, 0.01);

impl WireEngine {
    /// A wire at rest whose cross-sections [m²] are `area`, one per cell of the grid; what counts as as-made (for the mobility of a faceted
    /// wall, and for the thresholds of thin cells) stays what the device and the seed say. Every cell must be at least a tenth of it (a
    /// hundredth, within three cells of an empty one), or 0: no silver there, a free end beside it. Some cell must have silver.
    ///
    /// # Errors
    /// The device cannot be simulated, or the profile does not fit it.
    pub fn with_area(device: &Device, seed: u64, area: &[f64]) -> Result<WireEngine, WireError> {
        if !(device.wire.diameter.is_finite() && device.wire.diameter > 0.0) {
            return Err(WireError::Device("the starting profile has no silver".to_owned()));
        }
        let mut engine = WireEngine::new(device, seed)?;
        let n = engine.grid.cells();
        if area.len() != n {
            return Err(WireError::Device(format!("the starting profile has {} cells, the grid has {n}", area.len())));
        }
        let empty = area.iter().filter(|a| **a == 0.0).count();
        if empty == n {
            return Err(WireError::Device("the starting profile has no silver".to_owned()));
        }
        let fits = |i: usize, a: f64, made: f64| {
            let end = area[i.saturating_sub(3)..(i + 4).min(n)].contains(&0.0);
            a == 0.0 || a.is_finite() && a >= made * if end { THINNEST.1 } else { THINNEST.0 }
        };
        if let Some(i) = (0..n).find(|&i| !fits(i, area[i], engine.grid.area[i])) {
            return Err(WireError::Device(format!(
                "the starting profile is {:.3e} m2 in cell {i}, too thin against the as-made {:.3e} m2",
                area[i], engine.grid.area[i]
            )));
        }
        engine.area = std::array::from_fn(|_| area.to_vec());
        engine.dead = empty;
        if empty > 0 {
            engine.settle_deaths();
            engine.next_h = 1e-6;
        }
        engine.resistance = engine.heat.circuit(&engine.grid, &engine.area[0], &engine.thermal.wire, engine.contacts, &engine.around);
        Ok(engine)
    }
}
