//! Atoms sorted into slices.

use super::element::Element;
use super::error::HighResolutionError;
use super::grid::Grid;
use super::multislice::Species;

/// Most slices: a sign of units gone wrong.
const MOST: usize = 100_000;
/// Steps per pixel to which two slices are compared: equal ones share their potential.
const STEPS: f64 = 4096.0;

/// The atoms of one element, slice by slice.
pub struct Layer {
    pub element: Element,
    /// Where the atoms of each slice begin in `places`, one more than slices.
    starts: Vec<usize>,
    /// Places in pixels of the cell.
    places: Vec<[f64; 2]>,
}

impl Layer {
    pub fn places(&self, slice: usize) -> &[[f64; 2]] {
        &self.places[self.starts[slice]..self.starts[slice + 1]]
    }
}

/// All slices.
pub struct Slices {
    pub layers: Vec<Layer>,
    pub count: usize,
    /// Thickness of each [m].
    pub thickness: f64,
    /// Equal for slices with the same atoms at the same places (to 1/4096 pixel; two different ones agree with a chance of 1e-19); 0 for
    /// slices without atoms.
    pub signs: Vec<u64>,
}

impl Slices {
    /// Sorts the atoms that the cell holds into slices of at most `slice` [m] between entrance and exit [m], or between the first and the
    /// last atom.
    ///
    /// # Errors
    /// Positions that are no numbers or outside the slices, no slices, no atoms.
    pub fn new(species: &[Species], grid: &Grid, slice: f64, depth: Option<[f64; 2]>) -> Result<Slices, HighResolutionError> {
        let given: usize = species.iter().map(|s| s.positions.len()).sum();
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (index, p) in species.iter().flat_map(|s| s.positions).enumerate() {
            if !p.iter().all(|x| x.abs() < 1.0) {
                return Err(HighResolutionError::Position { index, position: *p });
            }
            low = low.min(p[2]);
            high = high.max(p[2]);
        }
        if given == 0 {
            return Err(HighResolutionError::NoAtoms { given });
        }
        let [from, to] = depth.unwrap_or(if high > low { [low, high] } else { [low, low + slice] });
        let many = ((to - from) / slice - 1e-9).ceil();
        if !(to > from && slice > 0.0 && many >= 1.0) {
            return Err(HighResolutionError::NoSlices { from, to, slice });
        }
        if many > MOST as f64 {
            return Err(HighResolutionError::TooManySlices { slices: many, slice, depth: to - from, most: MOST });
        }
        let count = many as usize;
        let thickness = (to - from) / many;
        // An atom on a boundary belongs to the slice behind it; rounding must not decide.
        let hair = 1e-7;
        let mut signs = vec![0u64; count];
        let mut layers = Vec::with_capacity(species.len());
        let mut index = 0;
        let mut held = 0;
        for s in species {
            let mut found: Vec<(u32, [f64; 2])> = Vec::with_capacity(s.positions.len());
            for p in s.positions {
                let at = (p[2] - from) / thickness;
                if !(at >= -hair && at <= many + hair) {
                    return Err(HighResolutionError::Outside { index, z: p[2], from, to });
                }
                index += 1;
                let place = [grid.place(p[0], 0), grid.place(p[1], 1)];
                if [0, 1].iter().all(|k| grid.holds(place[*k], *k)) {
                    let k = ((at + hair) as usize).min(count - 1);
                    found.push((k as u32, place));
                    signs[k] = signs[k].wrapping_add(sign(s.element, place, grid));
                }
            }
            held += found.len();
            let mut starts = vec![0usize; count + 1];
            for (k, _) in &found {
                starts[*k as usize + 1] += 1;
            }
            for k in 0..count {
                starts[k + 1] += starts[k];
            }
            let mut next = starts.clone();
            let mut places = vec![[0.0; 2]; found.len()];
            for (k, place) in found {
                places[next[k as usize]] = place;
                next[k as usize] += 1;
            }
            layers.push(Layer { element: s.element, starts, places });
        }
        if held == 0 {
            return Err(HighResolutionError::NoAtoms { given });
        }
        Ok(Slices { layers, count, thickness, signs })
    }
}

/// A number for one atom at one place; the sum over a slice does not depend on the order.
fn sign(element: Element, place: [f64; 2], grid: &Grid) -> u64 {
    let step = |k: usize| {
        let period = (grid.size[k] as f64 * STEPS) as i64;
        ((place[k] * STEPS).round() as i64).rem_euclid(period) as u64
    };
    let mut z = step(0) ^ (step(1) << 28) ^ ((element as u64 + 1) << 57);
    for _ in 0..2 {
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
    }
    // Odd: 0 is for nothing.
    z | 1
}
