//! Looks at the geometry: bodies on the lattice, who is linked to whom, the field, the faces.

use super::engine::{Face, GapEngine};
use super::field::FREE;
use super::laws::{NARROW, TUNNEL};
use super::links::Bond;
use super::network::Network;
use super::particles::Particle;
use super::supply::Ways;

/// A body that moved or grew by this much has the field solved anew [m] (rewiring.md section 2.1).
const MOVED: f64 = 0.12e-9;
/// The field is good to about ten times this part of the voltage.
const TOLERANCE: f64 = 1e-4;

/// The bonds before a look, and their names in order.
struct Old {
    bonds: Vec<Bond>,
    names: Vec<((u64, u64), u32)>,
}

impl GapEngine {
    /// Drops the dead, sets the recession, places the bodies and links them.
    pub(super) fn rebuild(&mut self) {
        self.dirty = false;
        let alive: Vec<usize> = (0..self.particles.len()).filter(|&i| self.particles[i].atoms > 0).collect();
        if alive.len() < self.particles.len() {
            let pick = |v: &[f64]| [&v[..2], &alive.iter().map(|&i| v[i + 2]).collect::<Vec<_>>()].concat();
            self.potential = pick(&self.potential);
            self.node_temperature = pick(&self.node_temperature);
            self.particles = alive.iter().map(|&i| self.particles[i]).collect();
        }
        let recession = [self.recession(0), self.recession(1)];
        let receded = (0..2).any(|s| self.geometry.silver[s] && (recession[s] - self.recession[s]).abs() > 0.5 * self.field.h);
        if receded {
            self.recession = recession;
            self.field.outline(&self.geometry, recession);
            self.solved_voltage = f64::NAN;
        }
        let is = |p: &Particle| (p.id, p.x, p.y, p.radius, p.metallic());
        if !receded && self.particles.len() == self.placed.len() && self.particles.iter().zip(&self.placed).all(|(p, q)| is(p) == *q) {
            return;
        }
        self.placed.clear();
        self.placed.extend(self.particles.iter().map(is));
        self.stale = true;
        let mut bodies: Vec<(u32, f64, f64, f64, bool)> =
            self.particles.iter().enumerate().map(|(i, p)| (i as u32 + 2, p.x, p.y, p.radius, p.metallic())).collect();
        bodies.sort_by(|a, b| a.3.total_cmp(&b.3));
        self.field.occupy(&bodies);
        self.link();
    }

    /// Distance of the surfaces of two nodes [m] and their effective radius [m].
    fn apart(&self, a: usize, b: usize) -> (f64, f64) {
        let p = &self.particles[b - 2];
        if a >= 2 {
            let q = &self.particles[a - 2];
            return ((p.x - q.x).hypot(p.y - q.y) - p.radius - q.radius, 1.0 / (1.0 / p.radius + 1.0 / q.radius));
        }
        let depth = if a == 0 { p.x } else { self.geometry.gap - p.x };
        let curvature = 1.0 / (1.0 / p.radius + 1.0 / self.geometry.tip_radius[a]);
        // No outline lies before its apex; a straight edge is its apex everywhere.
        if depth + self.recession[a] - p.radius > TUNNEL || !self.geometry.tip_radius[a].is_finite() {
            return (depth + self.recession[a] - p.radius, curvature);
        }
        // The electrode's outline near the particle, sought along it.
        let edge = |y: f64| self.geometry.behind(a, y).max(self.recession[a]);
        let mut near = (depth + edge(p.y)).abs();
        let mut y = p.y;
        for k in 0..24 {
            let step = near.max(0.1e-9) * 0.5f64.powi(k / 3);
            for to in [y - step, y + step] {
                let (dx, dy) = (depth + edge(to), to - p.y);
                let d = (dx * dx + dy * dy).sqrt();
                if d < near {
                    (near, y) = (d, to);
                }
            }
        }
        let sign = if depth + edge(p.y) < 0.0 { -1.0 } else { 1.0 };
        (sign * near - p.radius, curvature)
    }

    fn link(&mut self) {
        let n = self.particles.len() + 2;
        let old: Vec<Bond> = std::mem::take(&mut self.bonds);
        let mut names: Vec<((u64, u64), u32)> = old.iter().enumerate().map(|(i, b)| (b.key, i as u32)).collect();
        names.sort_unstable();
        let mut old = Old { bonds: old, names };
        let mut bonds = Vec::with_capacity(old.bonds.len() + 8);
        let mut metals: Vec<(usize, f64, f64, f64)> = Vec::with_capacity(n);
        for (i, q) in self.particles.iter().enumerate().filter(|(_, q)| q.metallic()) {
            metals.push((i + 2, q.x, q.y, q.radius + 0.5 * TUNNEL));
        }
        for (at, &(b, x, y, r)) in metals.iter().enumerate() {
            for a in 0..2 {
                bonds.extend(self.bond((a, b), &mut old));
            }
            for &(a, to_x, to_y, reach) in &metals[..at] {
                if (to_x - x).abs().max((to_y - y).abs()) <= r + reach {
                    bonds.extend(self.bond((a, b), &mut old));
                }
            }
        }
        let direct = self.geometry.gap + self.recession[0] + self.recession[1];
        if direct < TUNNEL {
            bonds.extend(self.bond((0, 1), &mut old));
        }
        self.bonds = bonds;
        // Asperities whose bodies went apart, shrank or vanished fall back on their host.
        for b in old.bonds.iter().filter(|b| b.atoms > 0 && b.body.is_finite()) {
            let host = if b.on_b { b.key.1 } else { b.key.0 };
            for _ in 0..b.atoms {
                self.fall_back(host, b);
            }
            // Its host has grown.
            self.dirty = true;
        }
        if self.network.nodes() != n
            || self.pairs.len() != self.bonds.len()
            || self.bonds.iter().zip(&self.pairs).any(|(b, p)| (b.a, b.b) != *p)
        {
            self.pairs = self.bonds.iter().map(|b| (b.a, b.b)).collect();
            self.network = Network::new(n, &self.pairs);
            self.ways = Ways::new(n, &self.pairs);
        }
    }

    /// Where a node is: x, y, radius [m]; of an electrode nothing but how far it has receded matters.
    fn stands(&self, node: usize) -> [f64; 3] {
        if node < 2 { [self.recession[node], 0.0, 0.0] } else { self.particles.get(node - 2).map_or([0.0; 3], |p| [p.x, p.y, p.radius]) }
    }

    /// The bond of two nodes with the asperity it had, if they are near enough.
    fn bond(&mut self, (a, b): (usize, usize), known: &mut Old) -> Option<Bond> {
        let key = |i: usize| if i < 2 { i as u64 } else { self.particles[i - 2].id };
        let (first, second) = if key(a) <= key(b) { (a, b) } else { (b, a) };
        let name = (key(first), key(second));
        let Old { bonds: old, names } = known;
        let known = names.binary_search_by_key(&name, |n| n.0).ok().map(|i| names[i].1 as usize).filter(|&i| old[i].body.is_finite());
        let at = [self.stands(first), self.stands(second)];
        if let Some(i) = known.filter(|&i| old[i].at == at) {
            let mut kept = old[i].clone();
            old[i].body = f64::NAN;
            (kept.a, kept.b) = (first, second);
            return Some(kept);
        }
        let (body, curvature) = if (a, b) == (0, 1) {
            let r = self.geometry.tip_radius;
            (self.geometry.gap + self.recession[0] + self.recession[1], (1.0 / (1.0 / r[0] + 1.0 / r[1])).min(1e-6))
        } else {
            self.apart(a, b)
        };
        if body >= TUNNEL {
            return None;
        }
        let mut bond = match known {
            // Out of reach: the asperity falls back.
            Some(i) if body > NARROW && old[i].atoms > 0 => {
                let mut fresh = old[i].clone();
                fresh.atoms = 0;
                fresh
            }
            Some(i) => {
                let kept = old[i].clone();
                old[i].body = f64::NAN;
                kept
            }
            None => Bond { key: name, first: 0.85 + 0.15 * self.draws.uniform(), ..Bond::between(a, b) },
        };
        (bond.a, bond.b, bond.at) = (first, second, at);
        bond.place(body, curvature, &self.laws);
        Some(bond)
    }

    /// Solves the field where something changed, and lists the faces.
    pub(super) fn look(&mut self) {
        let v = self.solution.voltage;
        let allowed = if v.abs() < 0.3 { 15e-3 } else { 5e-3f64.max(0.02 * v.abs()) };
        let ratio = if self.solved_voltage.abs() > 1e-6 { v / self.solved_voltage } else { f64::NAN };
        let bodies: Vec<(u64, f64, f64, f64, f64)> = self
            .particles
            .iter()
            .enumerate()
            .filter(|(_, p)| p.metallic())
            .map(|(i, p)| (p.id, p.x, p.y, p.radius, self.potential[i + 2]))
            .collect();
        // The field is scaled with the voltage, but not from next to nothing to all of it: what was solved for at a millivolt has that
        // solution's tolerance, and `ratio` is bounded.
        let usable = (0.5..=2.0).contains(&ratio);
        let differs = |a: &(u64, f64, f64, f64, f64), b: &(u64, f64, f64, f64, f64), part: f64| {
            a.0 != b.0 || (a.1 - b.1).hypot(a.2 - b.2) + (a.3 - b.3).abs() >= part * MOVED || (a.4 - ratio * b.4).abs() >= part * allowed
        };
        let same = usable && bodies.len() == self.solved_for.len() && bodies.iter().zip(&self.solved_for).all(|(a, b)| !differs(a, b, 1.0));
        if !same {
            let between = if usable {
                // Where anything is not as it was by a good deal less than what has the field solved.
                let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
                let mut include = |a: &(u64, f64, f64, f64, f64)| (from, to) = (from.min(a.1 - a.3), to.max(a.1 + a.3));
                for (list, other) in [(&bodies, &self.solved_for), (&self.solved_for, &bodies)] {
                    for a in list {
                        match other.iter().find(|b| b.0 == a.0) {
                            Some(b) if std::ptr::eq(list, &bodies) && differs(a, b, 0.1) => {
                                include(a);
                                include(b);
                            }
                            Some(_) => {}
                            None => include(a),
                        }
                    }
                }
                self.field.scale(ratio);
                (from <= to).then_some((from, to))
            } else {
                if ratio.is_finite() && ratio.abs() < 10.0 {
                    self.field.scale(ratio);
                }
                None
            };
            self.float();
            let (from, to) = self.field.solve(&self.potential, v, (TOLERANCE * v.abs()).max(1e-7), between);
            // Beyond what was solved bodies hold what they held.
            let mut bodies = bodies;
            for a in bodies.iter_mut().filter(|a| a.1 < from || a.1 > to) {
                if let Some(b) = self.solved_for.iter().find(|b| b.0 == a.0) {
                    *a = (b.0, b.1, b.2, b.3, ratio * b.4);
                }
            }
            self.solved_for = bodies;
            self.solved_voltage = v;
        }
        // Below this no side is the negative one: electrons come and go by both.
        let [cathodes, anodes]: [&[usize]; 2] = match v {
            v if v.abs() < 0.025 => [&[0, 1], &[0, 1]],
            v if v > 0.0 => [&[0], &[1]],
            _ => [&[1], &[0]],
        };
        let reached = |from: &[usize]| self.ways.paths(&self.bonds, from).0;
        (self.path, self.drain) = (reached(cathodes), reached(anodes));
        self.listed += 1;
        self.supplied.clear();
        self.supplied
            .extend((0..self.particles.len()).filter(|&i| self.particles[i].metallic() && self.path[i + 2] > 0.0).map(|i| i as u32));
        if self.faces_of.0 != self.field.owner || self.faces_of.1 != self.field.held {
            self.list_faces();
            self.faces_of.0.clone_from(&self.field.owner);
            self.faces_of.1.clone_from(&self.field.held);
        }
        for f in &mut self.faces {
            f.drop = self.field.phi[f.metal] - self.field.phi[f.cell];
        }
        self.face_sums.clear();
    }

    /// A particle that nothing links takes the mean potential around it: no net charge.
    fn float(&mut self) {
        let mut linked = vec![false; self.particles.len() + 2];
        for b in &self.bonds {
            linked[b.a] = true;
            linked[b.b] = true;
        }
        for (i, p) in self.particles.iter().enumerate() {
            if !linked[i + 2] {
                let r = p.radius + self.field.h;
                let at = |dx: f64, dy: f64| self.field.potential(p.x + dx, p.y + dy);
                self.potential[i + 2] = 0.25 * (at(r, 0.0) + at(-r, 0.0) + at(0.0, r) + at(0.0, -r));
            }
        }
    }

    fn list_faces(&mut self) {
        self.faces.clear();
        for i in 1..=self.field.nx {
            for j in 1..=self.field.ny {
                let cell = i * self.field.stride + j;
                if self.field.owner[cell] != FREE {
                    continue;
                }
                // Ghosts are free: nothing leaves from them.
                let [a, b, c, d] = self.field.around(cell).map(|n| self.field.owner[n]);
                if a & b & c & d == FREE {
                    continue;
                }
                for metal in self.field.around(cell) {
                    let node = self.field.owner[metal] as usize;
                    let gives = match node {
                        n if n == FREE as usize => false,
                        0 | 1 => self.geometry.silver[node],
                        n => self.particles[n - 2].metallic(),
                    };
                    if gives {
                        self.faces.push(Face { cell, metal, node, drop: 0.0 });
                    }
                }
            }
        }
    }
}
