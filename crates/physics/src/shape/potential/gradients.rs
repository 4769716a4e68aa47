//! Conjugate gradients.

use super::rows::dot;
use super::{ALMOST_ZERO, MOST_ITERATIONS, Potential, PotentialError};

/// The planes of a preconditioned residual, as rows of each parity in the precision of the fields.
fn rows_of(planes: &[f64], rows: &mut [Vec<f32>; 2]) {
    for (k, pair) in planes.as_chunks::<2>().0.iter().enumerate() {
        rows[0][k] = pair[0] as f32;
        rows[1][k] = pair[1] as f32;
    }
}

impl Potential {
    /// Improves the potential of the unknowns until the residual is small, then puts the balance of whole planes right. Leaves the search
    /// direction 0 outside the unknowns. Returns iterations and residual.
    pub(super) fn gradients(&mut self, put_in: &[f64], tolerance: f64) -> Result<(usize, f64), PotentialError> {
        let layers = self.graph.layers();
        let mut scratch = vec![0.0f32; layers + 2];
        let mut planes = vec![0.0f64; 2 * layers];
        let mut coarse = [vec![0.0f32; layers], vec![0.0f32; layers]];

        // Power of the whole current in the chain of planes.
        for (j, plane) in planes.iter_mut().enumerate() {
            *plane = put_in[j / 2] * f64::from(self.atoms[j]);
        }
        let right = planes.clone();
        self.chain.solve(&mut planes);
        let power = right.iter().zip(&planes).map(|(b, c)| b * c).sum::<f64>();
        let power = if power > 0.0 { power } else { 1.0 };
        let put_in: Vec<f32> = put_in.iter().map(|b| *b as f32).collect();

        // What is missing with the last solution.
        for span in &self.spans {
            let column = span.column as usize;
            let base = self.rows.base(column);
            let psi = &self.sites[column * layers..][..layers];
            let known = &self.known[base..][..layers];
            let p = &mut self.p[base..][..layers];
            for k in 0..layers {
                let x = if psi[k] == 0.0 { ALMOST_ZERO } else { psi[k] };
                p[k] = if known[k] > 0 { x } else { 0.0 };
            }
            if known[0] > 0 {
                p[0] = ALMOST_ZERO;
            }
        }
        for span in &self.spans {
            let (column, from, to) = (span.column as usize, span.from as usize, span.to as usize);
            let base = self.rows.base(column);
            let n = to - from;
            self.rows.differences(&self.p, column, from, to, &mut scratch);
            let degree = &self.degree[base + from..][..n];
            let r = &mut self.r[base + from..][..n];
            let b = &put_in[from..][..n];
            for i in 0..n {
                r[i] = if degree[i] > 0 { b[i] - scratch[i] } else { 0.0 };
            }
        }
        let mut jacobi = self.sum_residual(&mut planes);
        let mut rho_before = f64::INFINITY;
        let mut iterations = 0;
        loop {
            let residual = (jacobi / power).sqrt();
            let right: Vec<f64> = planes.clone();
            self.chain.solve(&mut planes);
            let rho = jacobi + right.iter().zip(&planes).map(|(r, c)| r * c).sum::<f64>();
            rows_of(&planes, &mut coarse);
            let done = residual <= tolerance;
            if !(done || rho.is_finite() && rho > 0.0 && iterations < MOST_ITERATIONS) {
                return Err(PotentialError::NoConvergence { iterations, residual });
            }
            let beta = (rho / rho_before) as f32;
            for span in &self.spans {
                let (column, from, to) = (span.column as usize, span.from as usize, span.to as usize);
                let base = self.rows.base(column);
                let n = to - from;
                let degree = &self.degree[base + from..][..n];
                let c = &coarse[self.rows.parity(column)][from..][..n];
                if done {
                    let psi = &mut self.sites[column * layers..][from..][..n];
                    for i in 0..n {
                        psi[i] += if degree[i] > 0 { c[i] } else { 0.0 };
                    }
                } else if iterations == 0 {
                    let r = &self.r[base + from..][..n];
                    self.p[base] = 0.0;
                    let p = &mut self.p[base + from..][..n];
                    for i in 0..n {
                        p[i] = if degree[i] > 0 { r[i] / f32::from(degree[i]) + c[i] } else { 0.0 };
                    }
                } else {
                    let r = &self.r[base + from..][..n];
                    let p = &mut self.p[base + from..][..n];
                    for i in 0..n {
                        p[i] = if degree[i] > 0 { r[i] / f32::from(degree[i]) + c[i] + beta * p[i] } else { 0.0 };
                    }
                }
            }
            if done {
                return Ok((iterations, residual));
            }
            iterations += 1;
            let mut pq = 0.0;
            let mut pairs = vec![0.0f32; layers + 2];
            for span in &self.spans {
                let (column, from, to) = (span.column as usize, span.from as usize, span.to as usize);
                let base = self.rows.base(column);
                let n = to - from;
                self.rows.sums(&self.p, column, from, to, &mut pairs, &mut scratch);
                let degree = &self.degree[base + from..][..n];
                let p = &self.p[base + from..][..n];
                let q = &mut self.q[base + from..][..n];
                let sum = &scratch[..n];
                for i in 0..n {
                    let v = f32::from(degree[i]) * p[i] - sum[i];
                    q[i] = if degree[i] > 0 { v } else { 0.0 };
                }
                pq += dot(p, q);
            }
            let alpha = (rho / pq) as f32;
            if !(alpha.is_finite() && alpha > 0.0) {
                return Err(PotentialError::NoConvergence { iterations, residual });
            }
            for span in &self.spans {
                let (column, from, to) = (span.column as usize, span.from as usize, span.to as usize);
                let base = self.rows.base(column);
                let n = to - from;
                let p = &self.p[base + from..][..n];
                let q = &self.q[base + from..][..n];
                let psi = &mut self.sites[column * layers..][from..][..n];
                for i in 0..n {
                    psi[i] += alpha * p[i];
                }
                let r = &mut self.r[base + from..][..n];
                for i in 0..n {
                    r[i] -= alpha * q[i];
                }
            }
            rho_before = rho;
            jacobi = self.sum_residual(&mut planes);
        }
    }

    /// Σ r²/n and the sums of r over planes.
    fn sum_residual(&self, planes: &mut [f64]) -> f64 {
        let layers = self.graph.layers();
        let mut sums = [vec![0.0f64; layers], vec![0.0f64; layers]];
        let mut jacobi = 0.0;
        let mut scaled = vec![0.0f32; layers];
        for span in &self.spans {
            let (column, from, to) = (span.column as usize, span.from as usize, span.to as usize);
            let base = self.rows.base(column);
            let n = to - from;
            let degree = &self.degree[base + from..][..n];
            let r = &self.r[base + from..][..n];
            let scaled = &mut scaled[..n];
            let sum = &mut sums[self.rows.parity(column)][from..][..n];
            for i in 0..n {
                scaled[i] = r[i] / f32::from(degree[i].max(1));
                sum[i] += f64::from(r[i]);
            }
            jacobi += dot(r, scaled);
        }
        for k in 0..layers {
            planes[2 * k] = sums[0][k];
            planes[2 * k + 1] = sums[1][k];
        }
        jacobi
    }
}
