//! Single events: an atom leaves, lands, crosses, falls back; two bodies become one.

use super::engine::GapEngine;
use super::field::FREE;
use super::laws::SPACING;
use super::links::Bond;
use super::particles::DISSOLVED;
use super::walk::{End, Ion, Memo, Surroundings};
use crate::materials::constants::KB_EV;

/// A metal that moved or grew by this much has the geometry looked at anew [m].
const SEEN: f64 = 0.05e-9;
/// Steps of an atom on the substrate before it is taken to stay.
const MOST_STEPS: usize = 50_000;

/// Where an atom on the substrate ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Landing {
    /// On a particle, coming from a cell.
    Particle(usize, usize),
    /// On an electrode, from a cell.
    Electrode(usize, usize),
    /// In a trap, or where it was given up.
    Trap(usize),
}

impl GapEngine {
    /// What an ion meets now.
    pub(super) fn surroundings(&self, kt: f64) -> Surroundings<'_> {
        Surroundings {
            field: &self.field,
            laws: &self.laws,
            particles: &self.particles,
            potential: &self.potential,
            ratio: self.ratio(),
            path: &self.path,
            supplied: &self.supplied,
            listed: self.listed,
            silver: self.geometry.silver,
            kt,
            dose_rate: self.dose_rate,
        }
    }

    /// Voltage now over the one the field was solved for.
    pub(super) fn ratio(&self) -> f64 {
        if self.solved_voltage.abs() > 1e-6 { (self.solution.voltage / self.solved_voltage).clamp(-50.0, 50.0) } else { 0.0 }
    }

    /// An atom leaves a face. Returns whether anything changed.
    pub(super) fn leave(&mut self, face: usize, until: f64) -> bool {
        let f = self.faces[face];
        let kt = KB_EV * self.node_temperature[f.node];
        if f.node >= 2 && !self.particles[f.node - 2].metallic() {
            return false;
        }
        if self.laws.neutral() {
            let end = self.wander(f.cell);
            let home = match end {
                Landing::Particle(i, _) => i + 2 == f.node,
                Landing::Electrode(side, _) => side == f.node,
                Landing::Trap(_) => false,
            };
            if !home {
                self.take(f.node, f.cell);
                self.land(end);
            }
            return !home;
        }
        self.take(f.node, f.cell);
        let mut ion = Ion { cell: f.cell, time: self.time };
        let end = self.walk(&mut ion, kt, until, true);
        self.arrive(end, ion);
        true
    }

    /// Ions under way go on until a time.
    pub(super) fn fly(&mut self, until: f64) {
        if self.ions.is_empty() {
            return;
        }
        let kt = KB_EV * 0.5 * (self.temperature[0] + self.temperature[1]);
        for mut ion in std::mem::take(&mut self.ions) {
            if self.field.owner[ion.cell] < 2 {
                self.land(Landing::Electrode(self.field.owner[ion.cell] as usize, ion.cell));
                continue;
            }
            if self.field.owner[ion.cell] != FREE {
                let i = self.field.owner[ion.cell] as usize - 2;
                self.land(Landing::Particle(i, ion.cell));
                continue;
            }
            let end = self.walk(&mut ion, kt, until, false);
            self.arrive(end, ion);
        }
    }

    fn walk(&mut self, ion: &mut Ion, kt: f64, until: f64, fresh: bool) -> End {
        let mut random = self.random.clone();
        let mut memo = self.memo(kt);
        let end = self.surroundings(kt).walk(ion, until, fresh, &mut memo, &mut random);
        self.memo = memo;
        self.random = random;
        end
    }

    /// The Boltzmann factors of the cells; to be given back.
    pub(super) fn memo(&mut self, kt: f64) -> Memo {
        let mut memo = std::mem::take(&mut self.memo);
        memo.ready((self.field.solves, self.ratio(), kt), self.field.phi.len());
        memo
    }

    fn arrive(&mut self, end: End, ion: Ion) {
        match end {
            End::Flying => self.ions.push(ion),
            End::Reduced(cell) => {
                let end = self.wander(cell);
                self.land(end);
            }
            End::Back(side, cell) => self.land(Landing::Electrode(side, cell)),
        }
    }

    /// A neutral atom wanders on the substrate until it meets something that holds it; drawn by the field where that is the hypothesis.
    pub(super) fn wander(&mut self, from: usize) -> Landing {
        let mut cell = from;
        let neutral = self.laws.neutral();
        let kt = KB_EV * 0.5 * (self.temperature[0] + self.temperature[1]);
        let ratio = self.ratio();
        for _ in 0..MOST_STEPS {
            if self.traps[cell].is_finite() && (cell != from || !neutral) {
                return Landing::Trap(cell);
            }
            let around = self.field.around(cell);
            let next = if neutral {
                let energy = |c: usize, e: &GapEngine| if e.field.inside(c) { e.laws.draw(ratio * e.field.strength(c)) } else { 0.0 };
                let here = energy(cell, self);
                let weight = around.map(|c| if self.field.inside(c) { (0.5 * (energy(c, self) - here) / kt).exp() } else { 0.0 });
                let mut draw = self.random.uniform() * weight.iter().sum::<f64>();
                let mut to = 3;
                for (k, w) in weight.iter().enumerate() {
                    if draw < *w {
                        to = k;
                        break;
                    }
                    draw -= w;
                }
                around[to]
            } else {
                around[(self.random.bits() >> 62) as usize]
            };
            if !self.field.inside(next) {
                continue;
            }
            match self.field.owner[next] {
                FREE => cell = next,
                side @ (0 | 1) => return Landing::Electrode(side as usize, cell),
                node => return Landing::Particle(node as usize - 2, cell),
            }
        }
        Landing::Trap(cell)
    }

    /// Takes an atom from a body, on the side of a cell.
    pub(super) fn take(&mut self, node: usize, cell: usize) {
        if node < 2 {
            self.taken[node] += 1;
            return;
        }
        let to = self.field.place(cell);
        self.resize(node - 2, -1, to);
    }

    /// Changes a particle by some atoms that come from or go to a place [m].
    pub(super) fn resize(&mut self, i: usize, atoms: i64, place: (f64, f64)) {
        let p = &mut self.particles[i];
        let was = p.metallic();
        let before = p.radius;
        p.set_atoms((i64::from(p.atoms) + atoms).max(0) as u32);
        let grown = p.radius - before;
        let (dx, dy) = (place.0 - p.x, place.1 - p.y);
        let d = dx.hypot(dy);
        if d > 1e-12 {
            // The far side stays where it is.
            let move_by = self.settings.pinning * grown / d;
            p.x += move_by * dx;
            p.y += move_by * dy;
        }
        if p.metallic() != was {
            self.dirty = true;
            self.field.layout += 1;
        } else if was && let Some(q) = self.placed.get(i) {
            self.moved |= (p.x - q.1).abs() + (p.y - q.2).abs() + (p.radius - q.3).abs() > SEEN;
        }
        if p.atoms == 0 {
            self.field.vacate(i as u32 + 2);
            self.faces.retain(|f| f.node != i + 2);
            self.face_sums.clear();
        }
    }

    /// Puts an atom where it ended.
    pub(super) fn land(&mut self, end: Landing) {
        match end {
            Landing::Particle(i, cell) => {
                let from = self.field.place(cell);
                self.resize(i, 1, from);
            }
            Landing::Electrode(side, cell) => self.land_on_electrode(side, self.field.place(cell).1),
            Landing::Trap(cell) => {
                let (x, y) = self.field.place(cell);
                let trap = if self.traps[cell].is_finite() { self.traps[cell] } else { self.laws.leave.min(0.9) };
                let i = self.birth(x, y, 1, trap, None);
                self.field.owner[cell] = i as u32 + 2;
            }
        }
    }

    /// Silver fills what it lost first; beyond that, and on Pt, the atom goes to the nearest grain of the edge.
    pub(super) fn land_on_electrode(&mut self, side: usize, y: f64) {
        if self.geometry.silver[side] && self.taken[side] > self.returned[side] {
            self.returned[side] += 1;
            return;
        }
        let grain = self.grains[side].iter().copied().min_by(|a, b| (a - y).abs().total_cmp(&(b - y).abs())).unwrap_or(0.0);
        // The particle that sits on the grain, if any.
        let sits = |p: &super::Particle| {
            p.edge == Some(side as u8) && p.atoms > 0 && (p.y - grain).abs() < 0.5 * self.settings.pt_grain + p.radius
        };
        let there = (0..self.particles.len())
            .filter(|&i| sits(&self.particles[i]))
            .min_by(|&i, &j| (self.particles[i].y - grain).abs().total_cmp(&(self.particles[j].y - grain).abs()));
        match there {
            Some(i) => {
                let edge = self.geometry.behind(side, y).max(self.recession[side]);
                let x = if side == 0 { -edge } else { self.geometry.gap + edge };
                let p = self.particles[i];
                // It climbs from the edge to the surface all around: outward along the gap.
                let out = if side == 0 { p.x + (p.x - x).abs().max(SPACING) } else { p.x - (p.x - x).abs().max(SPACING) };
                self.resize(i, 1, (out, p.y));
            }
            None => {
                let i = self.birth_on_edge(side, grain, 1);
                let cell = self.field.cell(self.particles[i].x, self.particles[i].y);
                if self.field.owner[cell] == FREE {
                    self.field.owner[cell] = i as u32 + 2;
                }
            }
        }
    }

    /// An atom of a dissolved asperity goes to the body it sat on, or to the substrate where that is gone.
    pub(super) fn fall_back(&mut self, host: u64, bond: &Bond) {
        match host {
            0 | 1 => self.land_on_electrode(host as usize, 0.0),
            id => match self.particles.iter().position(|p| p.id == id && p.atoms > 0) {
                Some(i) => self.resize(i, 1, (self.particles[i].x, self.particles[i].y)),
                None => {
                    let other = if bond.on_b { bond.key.0 } else { bond.key.1 };
                    match self.particles.iter().position(|p| p.id == other && p.atoms > 0) {
                        Some(i) => self.resize(i, 1, (self.particles[i].x, self.particles[i].y)),
                        None => self.land_on_electrode(usize::from(self.geometry.silver[1]), 0.0),
                    }
                }
            },
        }
    }

    /// Whether a body can spare an atom.
    pub(super) fn gives(&self, node: usize) -> bool {
        if node < 2 { self.geometry.silver[node] } else { self.particles[node - 2].atoms > DISSOLVED }
    }

    /// Gives an atom to a body from the side of another.
    pub(super) fn give(&mut self, node: usize, other: usize) {
        let to = self.centre(other, node);
        if node < 2 { self.land_on_electrode(node, to.1) } else { self.resize(node - 2, 1, to) }
    }

    /// Takes an atom from a body on the side of another.
    pub(super) fn spare(&mut self, node: usize, other: usize) {
        let to = self.centre(other, node);
        if node < 2 { self.taken[node] += 1 } else { self.resize(node - 2, -1, to) }
    }

    /// Centre of a node, of an electrode the point level with another body [m].
    fn centre(&self, node: usize, level: usize) -> (f64, f64) {
        if node >= 2 {
            return (self.particles[node - 2].x, self.particles[node - 2].y);
        }
        let y = if level >= 2 { self.particles[level - 2].y } else { 0.0 };
        let edge = self.geometry.behind(node, y).max(self.recession[node]);
        (if node == 0 { -edge } else { self.geometry.gap + edge }, y)
    }

    /// An atom crosses a bond from `from` to the other side: it leaves an asperity on its own side, or builds one on the other.
    pub(super) fn cross(&mut self, bond: usize, from_b: bool) {
        let (a, b) = (self.bonds[bond].a, self.bonds[bond].b);
        let (from, to) = if from_b { (b, a) } else { (a, b) };
        if self.bonds[bond].atoms > 0 && self.bonds[bond].on_b == from_b {
            self.bonds[bond].atoms -= 1;
            self.give(to, from);
        } else {
            self.spare(from, to);
            self.bonds[bond].atoms += 1;
            self.bonds[bond].on_b = !from_b;
        }
        self.bonds[bond].refresh(&self.laws);
    }

    /// An asperity or neck loses an atom to its host.
    pub(super) fn thin(&mut self, bond: usize) {
        let b = &mut self.bonds[bond];
        b.atoms -= 1;
        b.refresh(&self.laws);
        let (host, other) = if b.on_b { (b.b, b.a) } else { (b.a, b.b) };
        self.give(host, other);
    }

    /// Two touching bodies become one.
    pub(super) fn coalesce(&mut self, bond: usize) {
        let (a, b) = (self.bonds[bond].a, self.bonds[bond].b);
        // The neck goes into the union.
        let neck = std::mem::take(&mut self.bonds[bond].atoms);
        self.bonds[bond].refresh(&self.laws);
        let (small, large) = if a < 2 || (b >= 2 && self.particles[a - 2].atoms >= self.particles[b - 2].atoms) { (b, a) } else { (a, b) };
        if small < 2 {
            return;
        }
        let s = self.particles[small - 2];
        let moved = s.atoms + neck;
        let gone = &mut self.particles[small - 2];
        self.field.layout += 1;
        gone.set_atoms(0);
        self.field.vacate(small as u32);
        self.faces.retain(|f| f.node != small);
        self.face_sums.clear();
        if large < 2 {
            self.returned[large] += u64::from(moved);
        } else {
            let l = &mut self.particles[large - 2];
            let (m, n) = (f64::from(moved), f64::from(l.atoms));
            if l.edge.is_none() {
                l.x = (l.x * n + s.x * m) / (n + m);
                l.y = (l.y * n + s.y * m) / (n + m);
            }
            l.set_atoms(l.atoms + moved);
            l.born = l.born.min(s.born);
            l.edge = l.edge.or(s.edge);
        }
        self.dirty = true;
    }

    /// A nucleus loses an atom, which wanders off.
    pub(super) fn detach(&mut self, i: usize) {
        let (x, y) = (self.particles[i].x, self.particles[i].y);
        let cell = self.field.cell(x, y);
        self.resize(i, -1, (x, y));
        // Its first hop leads beside the trap, onto what is there.
        let start = self.field.around(cell)[(self.random.bits() >> 62) as usize];
        let beside = if self.field.inside(start) { self.field.owner[start] } else { i as u32 + 2 };
        let end = match beside {
            FREE => self.wander(start),
            side @ (0 | 1) => Landing::Electrode(side as usize, cell),
            node => Landing::Particle(node as usize - 2, cell),
        };
        self.land(match end {
            Landing::Particle(j, c) if self.particles[j].atoms == 0 => Landing::Trap(c),
            other => other,
        });
    }
}
