//! A wire that starts from a given profile instead of its as-made one.

use super::{WireEngine, WireError};
use crate::device::Device;

impl WireEngine {
    /// A wire at rest whose cross-sections [m²] are `area`, one per cell of the grid; what counts as as-made (for the mobility of a faceted
    /// wall, and for the thresholds of thin cells) stays what the device and the seed say. Every cell must be at least a tenth of it.
    pub fn with_area(device: &Device, seed: u64, area: &[f64]) -> Result<WireEngine, WireError> {
        let mut engine = WireEngine::new(device, seed)?;
        let n = engine.grid.cells();
        if area.len() != n {
            return Err(WireError::Device(format!("the starting profile has {} cells, the grid has {n}", area.len())));
        }
        if let Some(i) = area.iter().zip(&engine.grid.area).position(|(a, made)| !(a.is_finite() && *a >= 0.1 * made)) {
            return Err(WireError::Device(format!(
                "the starting profile is {:.3e} m2 in cell {i}, below a tenth of the as-made {:.3e} m2",
                area[i], engine.grid.area[i]
            )));
        }
        engine.area = std::array::from_fn(|_| area.to_vec());
        engine.resistance = engine.heat.circuit(&engine.grid, &engine.area[0], &engine.thermal.wire, engine.contacts, &engine.around);
        Ok(engine)
    }
}
