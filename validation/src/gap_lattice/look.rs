//! What follows from where the atoms are: bodies, circuit, field, rates.

use super::laws::{ATOM, CONTACT};
use super::{APEX, Face, LIMIT, LatticeGap, NONE};
use pentatwin_physics::gap::METALLIC;
use pentatwin_physics::materials::constants::G0;

impl LatticeGap {
    /// Bodies, circuit, field, and what can happen.
    pub(super) fn look(&mut self) {
        self.moved = 0;
        let bridged = self.bodies();
        if bridged {
            (self.conductance, self.current) = (G0, LIMIT.min(G0 * self.voltage));
            self.faces.clear();
            self.sums.clear();
            self.loose.clear();
            self.nuclei.clear();
            return;
        }
        self.circuit();
        self.field();
        self.list();
    }

    /// Union–find over the columns with silver. Whether Pt and tip are one body.
    fn bodies(&mut self) -> bool {
        let n = self.height.len();
        let mut root: Vec<u32> = (0..n as u32).collect();
        let last = (n - 1 - self.ny / 2) as u32;
        for c in 0..n {
            let silver = |q: usize| q < self.ny || self.height[q] > 0;
            if silver(c) {
                for q in [self.near[c][1], self.near[c][3]] {
                    if silver(q as usize) {
                        let (x, y) = (find(&mut root, c as u32), find(&mut root, q));
                        root[x.max(y) as usize] = x.min(y);
                    }
                }
            }
        }
        let (pt, tip) = (find(&mut root, 0), find(&mut root, last));
        let mut name = vec![NONE; n];
        (name[pt as usize], name[tip as usize]) = (0, 1);
        self.size.clear();
        self.size.resize(2, 0);
        for c in 0..n {
            self.body[c] = NONE;
            if c < self.ny || self.height[c] > 0 {
                let r = find(&mut root, c as u32) as usize;
                if name[r] == NONE {
                    name[r] = self.size.len() as u32;
                    self.size.push(0);
                }
                self.body[c] = name[r];
                self.size[name[r] as usize] += usize::from(self.height[c]);
            }
        }
        pt == tip
    }

    pub(super) fn metal(&self, body: u32) -> bool {
        body < 2 || (body != NONE && self.size[body as usize] >= METALLIC as usize)
    }

    /// Calls with every pair (cell of a metal's edge, another cell within reach of tunnelling, distance [m]).
    fn pairs(&self, mut each: impl FnMut(usize, usize, f64)) {
        for c in 0..self.height.len() {
            if !self.metal(self.body[c]) || self.near[c].iter().all(|q| self.body[*q as usize] == self.body[c]) {
                continue;
            }
            let (i, j) = ((c / self.ny) as i32, (c % self.ny) as i32);
            for &(di, dj, d) in &self.discs[0] {
                let (p, q) = (i + di, j + dj);
                if p >= 0 && p < self.nx as i32 && q >= 0 && q < self.ny as i32 {
                    each(c, p as usize * self.ny + q as usize, d * self.a);
                }
            }
        }
    }

    /// Links, potentials of the bodies and the ways of the electrons.
    fn circuit(&mut self) {
        let n = self.size.len();
        let (mut small, mut apart) = (vec![0.0; n * n], vec![f64::INFINITY; n * n]);
        self.pairs(|c, q, d| {
            let (x, y) = (self.body[c] as usize, self.body[q]);
            if self.metal(y) && y as usize > x {
                // Each pair of atoms that face each other is a channel.
                let atoms = if c < self.ny { self.height[q] } else { self.height[c].min(self.height[q]) };
                let k = x * n + y as usize;
                small[k] += G0 * f64::from(atoms) * (-self.laws.decay * (d - CONTACT).max(0.0)).exp();
                apart[k] = f64::min(apart[k], d);
            }
        });
        let links: Vec<(usize, usize, f64, f64)> = (0..n * n)
            .filter(|&k| small[k] > 0.0)
            .map(|k| (k / n, k % n, small[k], 4.0 * self.laws.barrier / (self.laws.decay * apart[k])))
            .collect();
        // Start: what floats takes the potential around it.
        let mut level = vec![0.0; n];
        let mut count = vec![0.0; n];
        for c in self.ny..self.height.len() {
            let b = self.body[c];
            if b != NONE && b > 1 {
                for q in self.near[c].iter().filter(|q| self.body[**q as usize] == NONE) {
                    level[b as usize] += self.phi[*q as usize];
                    count[b as usize] += 1.0;
                }
            }
        }
        (2..n).for_each(|b| level[b] /= f64::max(count[b], 1.0));
        level[1] = self.voltage;
        let mut chord: Vec<f64> = links.iter().map(|l| l.2).collect();
        let mut converged = false;
        for _ in 0..200 {
            self.conductance = eliminate(n, &links, &chord, &mut level);
            let mut change = 0.0f64;
            for (l, g) in links.iter().zip(&mut chord) {
                let x = ((level[l.0] - level[l.1]).abs() / l.3).clamp(1e-6, 12.0);
                let next = l.2 * x.sinh() / x;
                change = change.max((next / *g).ln().abs());
                // Damped in the logarithm: stable up to x coth x = 2/0.25.
                *g *= (next / *g).powf(0.25);
            }
            if change < 1e-3 {
                converged = true;
                break;
            }
        }
        self.out.unsolved += u64::from(!converged);
        self.current = LIMIT.min(self.conductance * self.voltage);
        let best = |from: usize| {
            let mut r = vec![f64::INFINITY; n];
            r[from] = 0.0;
            loop {
                let before = r.clone();
                for l in &links {
                    r[l.1] = r[l.1].min(r[l.0] + 1.0 / l.2);
                    r[l.0] = r[l.0].min(r[l.1] + 1.0 / l.2);
                }
                if r == before {
                    return r.into_iter().map(|r| 1.0 / r).collect::<Vec<f64>>();
                }
            }
        };
        (self.path, self.drain) = (best(0), best(1));
        self.level = level;
    }

    /// ∇²φ = (φ − V φ₀)/λ² by red–black relaxation; φ₀ anew where the tip's outline has changed.
    fn field(&mut self) {
        let tip_cells = (0..self.tip.len()).filter(|&c| self.tip[c] && self.height[c] > 0).count();
        if self.tip_cells.abs_diff(tip_cells) >= 4 {
            self.tip_cells = tip_cells;
            let mut bare = std::mem::take(&mut self.bare);
            let held: Vec<f64> = (0..bare.len())
                .map(|c| {
                    if c < self.ny {
                        0.0
                    } else if self.tip[c] && self.height[c] > 0 {
                        1.0
                    } else {
                        f64::NAN
                    }
                })
                .collect();
            let zero = vec![0.0; bare.len()];
            relax(self.ny, &self.near, &held, 0.0, &zero, 1e-5, &mut bare);
            self.bare = bare;
        }
        let held: Vec<f64> = self.body.iter().map(|b| if self.metal(*b) { self.level[*b as usize] } else { f64::NAN }).collect();
        let source: Vec<f64> = self.bare.iter().map(|b| b * self.voltage).collect();
        let mut phi = std::mem::take(&mut self.phi);
        // It starts from the last one at this voltage.
        let ratio = self.voltage / std::mem::replace(&mut self.solved, self.voltage);
        if ratio.is_finite() {
            phi.iter_mut().for_each(|p| *p *= ratio);
        }
        relax(self.ny, &self.near, &held, (self.a / self.screening).powi(2), &source, 2e-4 * self.voltage, &mut phi);
        self.phi = phi;
        for (f, p) in self.factor.iter_mut().zip(&self.phi) {
            *f = (-0.5 * p / self.kt).exp();
        }
    }

    /// Rates of all that can happen.
    fn list(&mut self) {
        let mut reduction = vec![0.0; self.height.len()];
        let mut nearest = vec![(f64::INFINITY, NONE); self.height.len()];
        self.pairs(|c, q, d| {
            let b = self.body[c];
            if self.height[q] == 0 && q >= self.ny && self.path[b as usize] > 0.0 && d < nearest[q].0 {
                nearest[q] = (d, b);
            }
        });
        for (c, &(d, b)) in nearest.iter().enumerate().filter(|n| n.1.1 != NONE) {
            reduction[c] = self.laws.reducing(d, self.phi[c] - self.level[b as usize], self.path[b as usize], self.kt);
        }
        self.faces.clear();
        self.sums.clear();
        self.loose.clear();
        self.nuclei.clear();
        let mut traps = vec![self.laws.leave; self.size.len()];
        let mut sum = 0.0;
        for c in self.ny..self.height.len() {
            let b = self.body[c];
            if b == NONE {
                continue;
            }
            if self.trap[c].is_finite() {
                traps[b as usize] = self.trap[c];
            }
            if !self.calm[c] && self.bonds(c) < 3.0 {
                self.loose.push(c as u32);
            }
            if !self.metal(b) || b == 0 || self.drain[b as usize] <= 0.0 {
                continue;
            }
            let level = self.level[b as usize];
            let radius = if b == 1 { APEX } else { (3.0 * self.size[b as usize] as f64 * ATOM / (4.0 * std::f64::consts::PI)).cbrt() };
            for &q in &self.near[c] {
                let q = q as usize;
                if q < self.ny || self.height[q] > 0 {
                    continue;
                }
                let drop = level - self.phi[q];
                let mut rate = self.laws.leaving(self.a, drop / self.a, level, self.laws.capillarity(radius), self.kt, 0.0);
                rate = self.laws.drained(rate, self.drain[b as usize]);
                if rate > 0.0 && self.path[b as usize] > 0.0 {
                    // What its own metal takes back before the first hop.
                    let back = self.laws.reducing(self.a, -drop, self.path[b as usize], self.kt);
                    let base = self.laws.hopping(0.0, self.kt) / self.factor[q];
                    let open = |n: usize| n != q && n >= self.ny && (self.height[n] == 0 || self.body[n] == 1);
                    let away: f64 = self.near[q].iter().filter(|n| open(**n as usize)).map(|n| base * self.factor[*n as usize]).sum();
                    rate *= away / (away + back);
                }
                if rate > 0.0 {
                    sum += rate;
                    self.faces.push(Face { metal: c as u32, cell: q as u32 });
                    self.sums.push(sum);
                }
            }
        }
        for b in 2..self.size.len() {
            if !self.metal(b as u32) {
                self.nuclei.push((self.laws.detaching(traps[b], self.size[b] as u32, self.kt), b as u32));
            }
        }
        self.reduction = reduction;
    }
}

fn find(root: &mut [u32], mut c: u32) -> u32 {
    while root[c as usize] != c {
        root[c as usize] = root[root[c as usize] as usize];
        c = root[c as usize];
    }
    c
}

/// Conductance between nodes 0 and 1 by star–mesh elimination of a dense network; `level` of the others follows from that of node 1.
fn eliminate(n: usize, links: &[(usize, usize, f64, f64)], g: &[f64], level: &mut [f64]) -> f64 {
    let mut w = vec![0.0; n * n];
    for (l, g) in links.iter().zip(g) {
        w[l.0 * n + l.1] += g;
        w[l.1 * n + l.0] += g;
    }
    let mut sums = vec![0.0; n];
    for k in (2..n).rev() {
        sums[k] = w[k * n..k * n + k].iter().sum();
        if sums[k] > 0.0 {
            for i in (0..k).filter(|&i| w[k * n + i] > 0.0).collect::<Vec<_>>() {
                for j in 0..k {
                    if j != i {
                        w[i * n + j] += w[i * n + k] / sums[k] * w[k * n + j];
                    }
                }
            }
        }
    }
    for k in 2..n {
        if sums[k] > 0.0 {
            level[k] = (0..k).map(|i| w[k * n + i] * level[i]).sum::<f64>() / sums[k];
        }
    }
    w[1]
}

/// Relaxes the cells that `held` does not hold (no number) until a sweep changes none by more than `tolerance` [V].
fn relax(ny: usize, near: &[[u32; 4]], held: &[f64], screen: f64, source: &[f64], tolerance: f64, phi: &mut [f64]) {
    let mut colours = [Vec::new(), Vec::new()];
    for c in 0..phi.len() {
        if held[c].is_finite() { phi[c] = held[c] } else { colours[(c / ny + c % ny) % 2].push(c) }
    }
    let size = (near.len() / ny).max(ny) as f64;
    let omega = 2.0 / (1.0 + (std::f64::consts::PI / size).max(screen.sqrt()));
    for _ in 0..5000 {
        let mut most = 0.0f64;
        for colour in &colours {
            for &c in colour {
                let [p, q, r, s] = near[c].map(|n| phi[n as usize]);
                let change = omega * ((p + q + r + s + screen * source[c]) / (4.0 + screen) - phi[c]);
                phi[c] += change;
                most = most.max(change.abs());
            }
        }
        if most < tolerance.max(1e-7) {
            break;
        }
    }
}
