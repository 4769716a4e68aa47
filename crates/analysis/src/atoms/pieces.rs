//! Connected pieces.

use super::AtomsError;
use super::cells::{Cells, square};

/// Which atoms hang together.
#[derive(Clone, PartialEq, Debug)]
pub struct Pieces {
    /// Piece of each atom, in the order of the positions; 0 is the largest.
    pub of: Vec<u32>,
    /// Atoms of each piece, the largest first; among equals the one with the earliest atom.
    pub sizes: Vec<usize>,
}

impl Pieces {
    /// The positions of one piece, out of those that were given.
    pub fn positions(&self, piece: usize, positions: &[[f64; 3]]) -> Vec<[f64; 3]> {
        positions.iter().zip(&self.of).filter(|(_, p)| **p as usize == piece).map(|(p, _)| *p).collect()
    }
}

/// Connected pieces: atoms nearer than `reach` [m] belong together (1.2 nearest-neighbour distances: through bonds). Exact.
///
/// # Errors
/// Without atoms, with a position that is not finite, or with a reach that does not suit the positions.
pub fn pieces(positions: &[[f64; 3]], reach: f64) -> Result<Pieces, AtomsError> {
    let cells = Cells::new(positions, reach, 1.0)?;
    let mut parent: Vec<u32> = (0..cells.atoms.len() as u32).collect();
    fn root(parent: &mut [u32], mut k: u32) -> u32 {
        while parent[k as usize] != k {
            parent[k as usize] = parent[parent[k as usize] as usize];
            k = parent[k as usize];
        }
        k
    }
    cells.blocks(
        1,
        |_| true,
        |own, rows| {
            for i in own {
                for row in rows {
                    for j in row.start..row.end.min(i) {
                        if square(&cells.atoms[i], &cells.atoms[j]) < 1.0 {
                            let (a, b) = (root(&mut parent, i as u32), root(&mut parent, j as u32));
                            parent[a.max(b) as usize] = a.min(b);
                        }
                    }
                }
            }
        },
    );
    let mut of = vec![0u32; positions.len()];
    for (i, &k) in cells.index.iter().enumerate() {
        of[k as usize] = root(&mut parent, i as u32);
    }
    // [size, earliest atom] by root.
    let mut found: Vec<[usize; 2]> = vec![[0, usize::MAX]; parent.len()];
    for (k, &r) in of.iter().enumerate() {
        let f = &mut found[r as usize];
        *f = [f[0] + 1, f[1].min(k)];
    }
    let mut roots: Vec<usize> = (0..found.len()).filter(|&r| found[r][0] > 0).collect();
    roots.sort_by_key(|&r| (std::cmp::Reverse(found[r][0]), found[r][1]));
    let mut name = vec![0u32; found.len()];
    for (k, &r) in roots.iter().enumerate() {
        name[r] = k as u32;
    }
    for r in &mut of {
        *r = name[*r as usize];
    }
    Ok(Pieces { of, sizes: roots.iter().map(|&r| found[r][0]).collect() })
}
