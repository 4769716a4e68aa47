//! Atoms sorted into cells, so that neighbours are found without looking at all pairs.

use super::AtomsError;
use super::wire::{bounds, finite, length};
use std::ops::Range;

/// Bits of a cell's number along an axis, and what is kept free at both ends.
const BITS: u32 = 21;
const MARGIN: i64 = 8;

/// Atoms in the order of their cells. Empty cells are not stored, so that far-apart pieces cost nothing.
pub(super) struct Cells {
    keys: Vec<i64>,
    starts: Vec<usize>,
    /// In nearest-neighbour distances from the lowest corner.
    pub(super) atoms: Vec<[f32; 3]>,
    /// Which atom of the input.
    pub(super) index: Vec<u32>,
}

impl Cells {
    /// Sorts into cells of `size` nearest-neighbour distances.
    pub(super) fn new(positions: &[[f64; 3]], spacing: f64, size: f64) -> Result<Cells, AtomsError> {
        length("the nearest-neighbour distance", spacing)?;
        finite(positions)?;
        let low: [f64; 3] = std::array::from_fn(|k| bounds(positions.iter().map(|p| p[k]))[0]);
        let extent = (0..3).map(|k| bounds(positions.iter().map(|p| p[k]))[1] - low[k]).fold(0.0, f64::max);
        let step = size * spacing;
        if extent / step >= f64::from((1u32 << BITS) - 4 * MARGIN as u32) || positions.len() >= u32::MAX as usize {
            return Err(AtomsError::TooWide { extent, step });
        }
        let key = |p: &[f64; 3]| (0..3).fold(0i64, |key, k| (key << BITS) | (((p[k] - low[k]) / step) as i64 + MARGIN));
        let mut order: Vec<(i64, u32)> = positions.iter().zip(0..).map(|(p, k)| (key(p), k)).collect();
        order.sort_unstable();
        let (mut keys, mut starts) = (Vec::new(), Vec::new());
        for (k, (key, _)) in order.iter().enumerate() {
            if keys.last() != Some(key) {
                keys.push(*key);
                starts.push(k);
            }
        }
        starts.push(order.len());
        // A crystal has √2 atoms in a cube of the nearest-neighbour distance.
        let most = starts.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
        if most as f64 > 8.0 * (size + 1.0).powi(3) {
            return Err(AtomsError::TooDense { atoms: most, nearest_neighbours: size });
        }
        let atoms = order.iter().map(|o| std::array::from_fn(|k| ((positions[o.1 as usize][k] - low[k]) / spacing) as f32)).collect();
        Ok(Cells { keys, starts, atoms, index: order.into_iter().map(|o| o.1).collect() })
    }

    /// Calls `visit` for each cell that is `wanted`, with its atoms and the rows of atoms up to `reach` cells away, its own included.
    /// Cells next to each other in z are neighbours in the order, and the rows of one cell after another only move on.
    pub(super) fn blocks(&self, reach: i64, wanted: impl Fn(Range<usize>) -> bool, mut visit: impl FnMut(Range<usize>, &[Range<usize>])) {
        let reach = reach.clamp(0, MARGIN - 1);
        let shifts: Vec<i64> = (-reach..=reach).flat_map(|x| (-reach..=reach).map(move |y| (x << (2 * BITS)) + (y << BITS))).collect();
        let mut at = vec![(0usize, 0usize); shifts.len()];
        let mut rows = vec![0..0; shifts.len()];
        for (c, key) in self.keys.iter().enumerate() {
            let own = self.starts[c]..self.starts[c + 1];
            if !wanted(own.clone()) {
                continue;
            }
            for ((shift, (low, high)), row) in shifts.iter().zip(&mut at).zip(&mut rows) {
                while *low < self.keys.len() && self.keys[*low] < key + shift - reach {
                    *low += 1;
                }
                *high = (*high).max(*low);
                while *high < self.keys.len() && self.keys[*high] <= key + shift + reach {
                    *high += 1;
                }
                *row = self.starts[*low]..self.starts[*high];
            }
            visit(own, &rows);
        }
    }
}

/// Square of the distance, in nearest-neighbour distances.
pub(super) fn square(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    x * x + y * y + z * z
}
