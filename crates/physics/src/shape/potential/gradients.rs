//! Conjugate gradients.

use super::rows::dot;
use super::{ALMOST_ZERO, LEAST_TOLERANCE, MOST_ITERATIONS, Potential, PotentialError, mean_of};

impl Potential {
    /// Improves the potential of the unknowns until the residual is small, then puts the balance of whole planes right. Leaves the search
    /// direction 0 outside the unknowns. Returns iterations and residual.
    pub(super) fn gradients(&mut self, put_in: &[f64], tolerance: f64) -> Result<(usize, f64), PotentialError> {
        let layers = self.graph.layers();
        let tolerance = tolerance.max(LEAST_TOLERANCE);
        let (mut scratch, mut weighed, mut pairs) = (vec![0.0f32; layers], vec![0.0f32; layers], vec![0.0f32; layers + 2]);
        let mut planes = vec![0.0f64; 2 * layers];
        let mut coarse = [vec![0.0f32; layers], vec![0.0f32; layers]];

        // Power of the whole current in the chain of planes.
        for (j, plane) in planes.iter_mut().enumerate() {
            *plane = put_in[j / 2] * f64::from(self.atoms[j]);
        }
        let mut right = planes.clone();
        self.chain.solve(&mut planes);
        for (k, level) in self.level.iter_mut().enumerate() {
            *level = mean_of([planes[2 * k], planes[2 * k + 1]], [self.atoms[2 * k], self.atoms[2 * k + 1]]);
        }
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
                p[k] = f32::from(known[k]) * x;
            }
            p[0] = f32::from(known[0]) * ALMOST_ZERO;
        }
        let mut sums = Sums::new(layers);
        for span in &self.spans {
            let (column, from, n) = span.of();
            let base = self.rows.base(column) + from;
            self.rows.differences(&self.p, column, from, from + n, &mut scratch);
            let (degree, r) = (&self.degree[base..][..n], &mut self.r[base..][..n]);
            let (b, flows) = (&put_in[from..][..n], &scratch[..n]);
            for i in 0..n {
                r[i] = unit(degree[i]) * (b[i] - flows[i]) / f32::from(degree[i].max(1));
            }
            sums.add(r, degree, &mut weighed, self.rows.parity(column), from);
        }
        let mut rho_before = f64::INFINITY;
        let mut iterations = 0;
        loop {
            let residual = (sums.jacobi / power).sqrt();
            sums.planes(&mut right);
            planes.copy_from_slice(&right);
            self.chain.solve(&mut planes);
            let rho = sums.jacobi + right.iter().zip(&planes).map(|(r, c)| r * c).sum::<f64>();
            for (k, pair) in planes.as_chunks::<2>().0.iter().enumerate() {
                coarse[0][k] = pair[0] as f32;
                coarse[1][k] = pair[1] as f32;
            }
            if residual <= tolerance {
                self.shift(&coarse);
                return Ok((iterations, residual));
            }
            if !(rho.is_finite() && rho > 0.0 && iterations < MOST_ITERATIONS) {
                return self.gives_up(iterations, residual);
            }
            let beta = (rho / rho_before) as f32;
            for span in &self.spans {
                let (column, from, n) = span.of();
                let base = self.rows.base(column);
                self.p[base] = 0.0;
                let base = base + from;
                let (degree, r) = (&self.degree[base..][..n], &self.r[base..][..n]);
                let p = &mut self.p[base..][..n];
                let c = &coarse[self.rows.parity(column)][from..][..n];
                if iterations == 0 {
                    for i in 0..n {
                        p[i] = r[i] + unit(degree[i]) * c[i];
                    }
                } else {
                    for i in 0..n {
                        p[i] = r[i] + unit(degree[i]) * c[i] + beta * p[i];
                    }
                }
            }
            iterations += 1;
            let mut pq = 0.0;
            for span in &self.spans {
                let (column, from, n) = span.of();
                let base = self.rows.base(column) + from;
                self.rows.sums(&self.p, column, from, from + n, &mut pairs, &mut scratch);
                let (degree, p) = (&self.degree[base..][..n], &self.p[base..][..n]);
                let (q, around) = (&mut self.q[base..][..n], &scratch[..n]);
                let weighed = &mut weighed[..n];
                for i in 0..n {
                    weighed[i] = f32::from(degree[i]) * p[i];
                    q[i] = p[i] - unit(degree[i]) * (around[i] / f32::from(degree[i].max(1)));
                }
                pq += dot(weighed, q);
            }
            let alpha = (rho / pq) as f32;
            if !(alpha.is_finite() && alpha > 0.0) {
                return self.gives_up(iterations, residual);
            }
            sums.clear();
            for span in &self.spans {
                let (column, from, n) = span.of();
                let psi = &mut self.sites[column * layers + from..][..n];
                let base = self.rows.base(column) + from;
                let p = &self.p[base..][..n];
                for i in 0..n {
                    psi[i] += alpha * p[i];
                }
                let (q, r) = (&self.q[base..][..n], &mut self.r[base..][..n]);
                for i in 0..n {
                    r[i] -= alpha * q[i];
                }
                sums.add(r, &self.degree[base..][..n], &mut weighed, self.rows.parity(column), from);
            }
            rho_before = rho;
        }
    }

    /// Leaves nothing of a solution that did not converge, so that the next one starts anew.
    fn gives_up(&mut self, iterations: usize, residual: f64) -> Result<(usize, f64), PotentialError> {
        self.p.fill(0.0);
        self.sites.fill(0.0);
        self.filled.clear();
        Err(PotentialError::NoConvergence { iterations, residual })
    }

    /// Shifts the unknowns of each plane.
    fn shift(&mut self, by: &[Vec<f32>; 2]) {
        let layers = self.graph.layers();
        for span in &self.spans {
            let (column, from, n) = span.of();
            let degree = &self.degree[self.rows.base(column) + from..][..n];
            let psi = &mut self.sites[column * layers + from..][..n];
            let by = &by[self.rows.parity(column)][from..][..n];
            for i in 0..n {
                psi[i] += unit(degree[i]) * by[i];
            }
        }
    }
}

/// 1 for an unknown, else 0.
#[inline]
pub(super) fn unit(degree: u8) -> f32 {
    f32::from(degree.min(1))
}

/// Of a residual n r: Σ n r², and the sums of n r over planes.
struct Sums {
    jacobi: f64,
    planes: [Vec<f64>; 2],
}

impl Sums {
    fn new(layers: usize) -> Sums {
        Sums { jacobi: 0.0, planes: std::array::from_fn(|_| vec![0.0; layers]) }
    }
    fn clear(&mut self) {
        self.jacobi = 0.0;
        for plane in &mut self.planes {
            plane.fill(0.0);
        }
    }
    /// Adds a part of a column.
    fn add(&mut self, r: &[f32], degree: &[u8], weighed: &mut [f32], parity: usize, from: usize) {
        let n = r.len();
        let (degree, weighed) = (&degree[..n], &mut weighed[..n]);
        for i in 0..n {
            weighed[i] = f32::from(degree[i]) * r[i];
        }
        self.jacobi += dot(r, weighed);
        let planes = &mut self.planes[parity][from..][..n];
        for i in 0..n {
            planes[i] += f64::from(weighed[i]);
        }
    }
    fn planes(&self, planes: &mut [f64]) {
        for (pair, (even, odd)) in planes.as_chunks_mut::<2>().0.iter_mut().zip(self.planes[0].iter().zip(&self.planes[1])) {
            *pair = [*even, *odd];
        }
    }
}
