//! Coordination: the number of nearest neighbours.

use super::AtomsError;
use super::cells::{Cells, square};

/// Atoms nearer than this many nearest-neighbour distances are neighbours: bonds of the wire are 1.0000 to 1.0275 long, second neighbours
/// 1.414.
pub(super) const BOND: f64 = 1.2;

/// Coordination of all atoms.
#[derive(Clone, PartialEq, Debug)]
pub struct Coordination {
    /// Neighbours of each atom, in the order of the positions.
    pub of: Vec<u8>,
    /// Atoms with 0, 1, … 12 neighbours; the last counts those with more, which no crystal of this spacing has.
    pub histogram: [usize; 14],
}

impl Coordination {
    /// Atoms at the surface: with fewer than 12 neighbours.
    pub fn surface_atoms(&self) -> usize {
        self.histogram[..12].iter().sum()
    }
}

/// Coordination of each atom: the number of others within 1.2 nearest-neighbour distances (`spacing` [m]). Exact.
///
/// # Errors
/// Without atoms, with a position that is not finite, or with a spacing that does not suit the positions.
pub fn coordination(positions: &[[f64; 3]], spacing: f64) -> Result<Coordination, AtomsError> {
    let cells = Cells::new(positions, spacing, BOND)?;
    let mut of = vec![0u8; positions.len()];
    let limit = (BOND * BOND) as f32;
    cells.blocks(
        1,
        |_| true,
        |own, rows| {
            for i in own {
                let here = &cells.atoms[i];
                let near: usize = rows
                    .iter()
                    .map(|row| cells.atoms[row.clone()].iter().map(|other| usize::from(square(here, other) < limit)).sum::<usize>())
                    .sum();
                of[cells.index[i] as usize] = (near - 1).min(255) as u8;
            }
        },
    );
    let mut histogram = [0; 14];
    for &c in &of {
        histogram[usize::from(c).min(13)] += 1;
    }
    Ok(Coordination { of, histogram })
}
