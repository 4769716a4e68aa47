//! Pieces that break off a window whose silver another engine moves.

use super::WireEngine;
use std::ops::Range;

impl WireEngine {
    /// A volume [m³] leaves these cells for the droplets, at once and from each in proportion to its cross-section; at every level of the
    /// time formula, so that no step sees it. Nothing happens if it is no more than the rounding of theirs, or more than a tenth.
    pub fn shed(&mut self, cells: Range<usize>, volume: f64) {
        let dx = self.grid.dx;
        let held: [f64; 3] = std::array::from_fn(|level| self.area[level].get(cells.clone()).map_or(0.0, |a| a.iter().sum::<f64>() * dx));
        if !(volume > 0.0 && held.iter().all(|v| volume < 0.1 * v)) {
            return;
        }
        for level in 0..3 {
            let left = 1.0 - volume / held[level];
            self.area[level][cells.clone()].iter_mut().for_each(|a| *a *= left);
            self.droplets[level] += volume;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::device::Device;
    use crate::wire::WireEngine;

    #[test]
    fn what_breaks_off_goes_to_the_droplets() {
        let mut wire = WireEngine::new(&Device::default(), 1).unwrap();
        let (all, piece) = (wire.total_volume(), 2e-24);
        wire.shed(200..264, piece);
        assert!((wire.total_volume() / all - 1.0).abs() < 1e-14);
        assert!((wire.snapshot().droplets / piece - 1.0).abs() < 1e-12);
        for (cells, piece) in [(200..264, f64::NAN), (200..264, -1.0), (200..264, 1.0), (700..900, 1e-24)] {
            let before = wire.snapshot();
            wire.shed(cells, piece);
            assert_eq!(wire.snapshot(), before);
        }
    }
}
