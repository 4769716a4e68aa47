//! The potential around the silver, so that the force on an atom that hops is always a difference of one field.

use super::{Potential, RINGS};

impl Potential {
    /// Gives the vacant sites around the silver, ring by ring, the mean of their neighbours that have a potential. Returns the current
    /// through the atoms of layer 0.
    pub(super) fn extend(&mut self) -> f64 {
        let layers = self.graph.layers();
        let columns = self.rows.columns();
        // How much of a column is known: nothing, something, all.
        let mut state = vec![0u8; self.graph.columns()];
        let full = |known: &[u8]| if known.iter().all(|k| *k > 0) { 2 } else { 1 };
        for span in &self.spans {
            let (column, from, to) = (span.column as usize, span.from as usize, span.to as usize);
            let base = self.rows.base(column);
            state[column] = full(&self.known[base..][..layers]);
            let psi = &self.sites[column * layers..][from..to];
            let p = &mut self.p[base..][..layers];
            p.fill(0.0);
            for ((p, psi), n) in p[from..to].iter_mut().zip(psi).zip(&self.degree[base + from..base + to]) {
                *p = if *n > 0 { *psi } else { 0.0 };
            }
        }
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
                let mut some = 0;
                for k in 0..layers {
                    count[k] = if known[k] > 0 { 0 } else { count[k] };
                    some |= count[k];
                }
                if some == 0 {
                    continue;
                }
                ring.push(column);
                self.rows.sums(&self.p, column, 0, layers, &mut pairs, &mut sum);
                let q = &mut self.q[base..][..layers];
                for k in 0..layers {
                    q[k] = if count[k] > 0 { sum[k] / f32::from(count[k].max(1)) } else { 0.0 };
                }
                // Kept where the degree is no longer asked for: which sites belong to the ring.
                self.degree[base..][..layers].copy_from_slice(&count[..layers]);
            }
            for column in &ring {
                let base = self.rows.base(*column);
                let (p, q) = (&mut self.p[base..][..layers], &self.q[base..][..layers]);
                let (known, degree) = (&mut self.known[base..][..layers], &self.degree[base..][..layers]);
                for k in 0..layers {
                    p[k] += q[k];
                    known[k] |= u8::from(degree[k] > 0);
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
}
