//! The wire as a chain of planes: the exact solve for potentials that are the same all over each plane of atoms.
//!
//! Planes are half a pitch apart: 2 k holds the even shells of layer k, 2 k + 1 the odd ones. Bonds join planes that are one or two apart, so
//! the matrix (that of the lattice, restricted to such potentials) has five diagonals. It is exact for a pristine wire.

use super::Span;
use super::rows::Rows;

/// Bonds between planes, and the factors of the matrix.
#[derive(Clone, Debug)]
pub struct Chain {
    layers: usize,
    /// Bonds from plane j to j + 1 and j + 2.
    one: Vec<u32>,
    two: Vec<u32>,
    /// Of L D Lᵀ: one over the diagonal, and the two diagonals below of L. Index 0 is plane 2, the first that is not at 0.
    inverse: Vec<f64>,
    below: Vec<f64>,
    below2: Vec<f64>,
}

impl Chain {
    pub fn new(layers: usize) -> Chain {
        let n = 2 * layers;
        Chain { layers, one: vec![0; n], two: vec![0; n], inverse: vec![0.0; n - 2], below: vec![0.0; n - 2], below2: vec![0.0; n - 2] }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        4 * 2 * self.one.len() + 8 * 3 * self.inverse.len()
    }

    /// Counts the bonds of the atoms that `known` marks: of each atom beyond layer 0 (`degree`; 0 for all other sites), and between planes;
    /// and atoms by plane. Factors the matrix.
    pub fn count(&mut self, rows: &Rows, spans: &[Span], known: &[u8], degree: &mut [u8], atoms: &mut [u32]) {
        let layers = self.layers;
        self.one.fill(0);
        self.two.fill(0);
        atoms.fill(0);
        degree.fill(0);
        let mut pairs = vec![0u8; layers + 2];
        let mut sum = vec![0u8; layers];
        // Per layer, of columns of even and odd shells: atoms, axial bonds up; and of even ones bonds to odd ones at k and k - 1. In bytes for
        // as long as they hold.
        let mut bytes: [Vec<u8>; 6] = std::array::from_fn(|_| vec![0u8; layers]);
        let mut waiting = 0;
        for span in spans {
            let column = span.column as usize;
            let base = rows.base(column);
            let parity = rows.parity(column);
            let own = &known[base..][..layers + 1];
            rows.sums(known, column, 0, layers, &mut pairs, &mut sum);
            let (degree, sum) = (&mut degree[base..][..layers], &sum[..layers]);
            for k in 0..layers {
                degree[k] = sum[k] & own[k].wrapping_neg();
            }
            degree[0] = 0;
            let [even, even_up, odd, odd_up, same, below] = &mut bytes;
            let (count, up) = if parity == 0 { (even, even_up) } else { (odd, odd_up) };
            let (count, up) = (&mut count[..layers], &mut up[..layers]);
            for k in 0..layers {
                count[k] += own[k];
                up[k] += own[k] & own[k + 1];
            }
            if parity == 0 {
                let (same, below, pairs) = (&mut same[..layers], &mut below[..layers], &pairs[..layers + 1]);
                // For the axis, the fifth pair is not among these: it is added below.
                for k in 0..layers {
                    let atom = own[k].wrapping_neg();
                    same[k] += pairs[k + 1] & atom;
                    below[k] += pairs[k] & atom;
                }
                if column == 0 {
                    let [s, t] = rows.single(0).map(|at| &known[at..][..layers]);
                    for k in 0..layers {
                        same[k] += own[k] & s[k];
                        below[k] += own[k] & t[k];
                    }
                }
            }
            waiting += 1;
            // An atom adds up to 5 to a count.
            if waiting == 50 {
                self.flush(&mut bytes, atoms);
                waiting = 0;
            }
        }
        self.flush(&mut bytes, atoms);
        self.factor();
    }

    fn flush(&mut self, bytes: &mut [Vec<u8>; 6], atoms: &mut [u32]) {
        let [even, even_up, odd, odd_up, same, below] = bytes;
        for k in 0..self.layers {
            atoms[2 * k] += u32::from(even[k]);
            atoms[2 * k + 1] += u32::from(odd[k]);
            self.two[2 * k] += u32::from(even_up[k]);
            self.two[2 * k + 1] += u32::from(odd_up[k]);
            self.one[2 * k] += u32::from(same[k]);
            if k > 0 {
                self.one[2 * k - 1] += u32::from(below[k]);
            }
        }
        for b in bytes {
            b.fill(0);
        }
    }

    /// L D Lᵀ of the matrix. Planes without atoms stand alone.
    fn factor(&mut self) {
        let n = self.inverse.len();
        let mut diagonal = vec![0.0f64; n];
        for i in 0..n {
            let j = i + 2;
            let bonds = self.one[j] + self.one[j - 1] + self.two[j] + self.two[j - 2];
            let (l2, l1) = if i >= 2 {
                let l2 = -f64::from(self.two[j - 2]) * self.inverse[i - 2];
                let l1 = (-f64::from(self.one[j - 1]) - l2 * diagonal[i - 2] * self.below[i - 1]) * self.inverse[i - 1];
                (l2, l1)
            } else if i == 1 {
                (0.0, -f64::from(self.one[j - 1]) * self.inverse[0])
            } else {
                (0.0, 0.0)
            };
            let mut d = f64::from(bonds);
            if i >= 1 {
                d -= l1 * l1 * diagonal[i - 1];
            }
            if i >= 2 {
                d -= l2 * l2 * diagonal[i - 2];
            }
            // At least a trace of the bonds is left of a plane that is connected to layer 0.
            let stands = bonds > 0 && d > 1e-12 * f64::from(bonds);
            diagonal[i] = d;
            self.inverse[i] = if stands { 1.0 / d } else { 0.0 };
            self.below[i] = l1;
            self.below2[i] = l2;
        }
    }

    /// Solves for right-hand sides by plane, in place; planes 0 and 1 become 0.
    pub fn solve(&self, plane: &mut [f64]) {
        let n = self.inverse.len();
        plane[0] = 0.0;
        plane[1] = 0.0;
        let x = &mut plane[2..];
        for i in 0..n {
            let mut v = x[i];
            if i >= 1 {
                v -= self.below[i] * x[i - 1];
            }
            if i >= 2 {
                v -= self.below2[i] * x[i - 2];
            }
            x[i] = v;
        }
        for i in 0..n {
            x[i] *= self.inverse[i];
        }
        for i in (0..n).rev() {
            let mut v = x[i];
            if i + 1 < n {
                v -= self.below[i + 1] * x[i + 1];
            }
            if i + 2 < n {
                v -= self.below2[i + 2] * x[i + 2];
            }
            x[i] = v;
        }
    }
}
