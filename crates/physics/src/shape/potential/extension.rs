//! The potential around the silver, so that the force on an atom that hops is always a difference of one field.

use super::gradients::unit;
use super::{Potential, RINGS, mean_of};

impl Potential {
    /// Takes the means by layer, and gives the vacant sites around the silver, ring by ring, the mean of their neighbours that have a potential. Returns the current
    /// through the atoms of layer 0.
    pub(super) fn extend(&mut self) -> f64 {
        let layers = self.graph.layers();
        let columns = self.rows.columns();
        // How much of a column is known: nothing, something, all.
        let mut state = vec![0u8; self.graph.columns()];
        let full = |known: &[u8]| 1 + known.iter().fold(1, |least, k| (*k).min(least));
        let mut means = [vec![0.0f64; layers], vec![0.0f64; layers]];
        for span in &self.spans {
            let (column, from, n) = span.of();
            let base = self.rows.base(column);
            state[column] = full(&self.known[base..][..layers]);
            self.p[base..][..layers].fill(0.0);
            let (psi, p) = (&self.sites[column * layers + from..][..n], &mut self.p[base + from..][..n]);
            let degree = &self.degree[base + from..][..n];
            for i in 0..n {
                p[i] = unit(degree[i]) * psi[i];
            }
            let sum = &mut means[self.rows.parity(column)][from..][..n];
            for i in 0..n {
                sum[i] += f64::from(p[i]);
            }
        }
        self.means(means);
        let mut pairs = vec![0.0f32; layers + 2];
        let mut sum = vec![0.0f32; layers];
        let mut current = 0.0;
        for span in &self.spans {
            let column = span.column as usize;
            if self.known[self.rows.base(column)] > 0 {
                self.rows.sums(&self.p, column, 0, 1, &mut pairs, &mut sum);
                current += f64::from(sum[0]);
            }
        }
        let mut pair_count = vec![0u8; layers + 2];
        let mut count = vec![0u8; layers];
        let mut ring: Vec<usize> = Vec::new();
        for _ in 0..RINGS {
            ring.clear();
            for column in 0..columns {
                if state[column] == 2 || state[column] == 0 && self.rows.neighbours(column).iter().all(|c| state[*c] == 0) {
                    continue;
                }
                let base = self.rows.base(column);
                self.rows.sums(&self.known, column, 0, layers, &mut pair_count, &mut count);
                let known = &self.known[base..][..layers];
                let count = &mut count[..layers];
                for k in 0..layers {
                    count[k] &= known[k].wrapping_sub(1);
                }
                if count.iter().fold(0, |some, c| some | c) == 0 {
                    continue;
                }
                ring.push(column);
                self.rows.sums(&self.p, column, 0, layers, &mut pairs, &mut sum);
                let (q, sum) = (&mut self.q[base..][..layers], &sum[..layers]);
                for k in 0..layers {
                    q[k] = unit(count[k]) * (sum[k] / f32::from(count[k].max(1)));
                }
                // Kept where the degree is no longer asked for: which sites belong to the ring.
                self.degree[base..][..layers].copy_from_slice(count);
            }
            for column in &ring {
                let base = self.rows.base(*column);
                let (p, q) = (&mut self.p[base..][..layers], &self.q[base..][..layers]);
                let (known, degree) = (&mut self.known[base..][..layers], &self.degree[base..][..layers]);
                for k in 0..layers {
                    p[k] += q[k];
                    known[k] |= degree[k].min(1);
                }
                state[*column] = full(known);
            }
        }
        for column in self.filled.drain(..) {
            if state[column as usize] == 0 {
                self.sites[column as usize * layers..][..layers].fill(0.0);
            }
        }
        for column in (0..columns).filter(|c| state[*c] > 0) {
            let p = &mut self.p[self.rows.base(column)..][..layers];
            self.sites[column * layers..][..layers].copy_from_slice(p);
            p.fill(0.0);
            self.filled.push(column as u32);
        }
        current
    }

    /// Means by layer, from sums over planes.
    fn means(&mut self, sums: [Vec<f64>; 2]) {
        for (k, mean) in self.layers.iter_mut().enumerate() {
            let atoms = [self.atoms[2 * k], self.atoms[2 * k + 1]];
            *mean = mean_of([0, 1].map(|p| sums[p][k] / f64::from(atoms[p].max(1))), atoms);
        }
    }
}
