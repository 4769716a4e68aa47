//! Ions and neutral atoms on their way.

use super::field::{FREE, Field};
use super::laws::{Laws, TUNNEL};
use super::particles::Particle;
use crate::random::Stream;

/// Hops of one ion between two looks at the geometry; one that is still under way waits where it is.
const MOST_HOPS: usize = 20_000;

/// An ion under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ion {
    pub cell: usize,
    /// Time up to which its way is known [s].
    pub time: f64,
}

/// How the way of an ion ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// Still under way.
    Flying,
    /// Became an atom on the substrate at this cell.
    Reduced(usize),
    /// Went back into the silver of an electrode at this cell.
    Back(usize, usize),
}

/// What an ion meets.
pub(super) struct Surroundings<'a> {
    pub field: &'a Field,
    pub laws: &'a Laws,
    pub particles: &'a [Particle],
    /// Potential of each node now [V], and voltage over the one the field was solved for.
    pub potential: &'a [f64],
    pub ratio: f64,
    /// Conductance to the negative electrode of each node [S].
    pub path: &'a [f64],
    pub silver: [bool; 2],
    pub kt: f64,
    pub dose_rate: f64,
}

impl Surroundings<'_> {
    /// Rates of the four hops from a cell; into an electrode of silver that is not supplied from the negative side too.
    pub fn hops(&self, cell: usize) -> [f64; 4] {
        let here = self.field.phi[cell];
        self.field.around(cell).map(|to| {
            if !self.field.inside(to) {
                return 0.0;
            }
            let owner = self.field.owner[to];
            let open = owner == FREE
                || (owner < 2 && self.silver[owner as usize])
                || (owner >= 2 && !self.particles[owner as usize - 2].metallic());
            if open { self.laws.hopping(self.ratio * (self.field.phi[to] - here), self.kt) } else { 0.0 }
        })
    }

    /// Total rate at which an ion at a cell is reduced.
    pub fn reduction(&self, cell: usize) -> f64 {
        let (x, y) = self.field.place(cell);
        let phi = self.ratio * self.field.phi[cell];
        let mut rate = self.laws.beam_reducing(self.dose_rate);
        for side in 0..2 {
            let d = self.field.distance[side][cell];
            if d.is_finite() {
                rate += self.laws.reducing(d, phi - self.potential[side], self.path[side], self.kt);
            }
        }
        for (i, p) in self.particles.iter().enumerate() {
            let reach = p.radius + TUNNEL;
            let (dx, dy) = (x - p.x, y - p.y);
            if dx.abs() < reach && dy.abs() < reach && p.metallic() && self.path[i + 2] > 0.0 {
                let d = (dx * dx + dy * dy).sqrt() - p.radius;
                if d < TUNNEL {
                    rate += self.laws.reducing(d, phi - self.potential[i + 2], self.path[i + 2], self.kt);
                }
            }
        }
        rate
    }

    /// Walks an ion until it is reduced, goes back or `until` is reached. `fresh`: its first step leads away (what comes straight back was
    /// taken off the rate of leaving).
    pub fn walk(&self, ion: &mut Ion, until: f64, fresh: bool, random: &mut Stream) -> End {
        let mut fresh = fresh;
        for _ in 0..MOST_HOPS {
            let hops = self.hops(ion.cell);
            let away: f64 = hops.iter().sum();
            let reduced = if fresh && away > 0.0 { 0.0 } else { self.reduction(ion.cell) };
            fresh = false;
            let all = away + reduced;
            if !(all > 0.0) {
                ion.time = until;
                return End::Flying;
            }
            ion.time += -(1.0 - random.uniform()).ln() / all;
            if ion.time > until {
                // Memoryless: the rest of the waiting is drawn anew.
                ion.time = until;
                return End::Flying;
            }
            let mut draw = random.uniform() * all;
            if draw < reduced {
                return End::Reduced(ion.cell);
            }
            draw -= reduced;
            let mut to = 3;
            for (k, &r) in hops.iter().enumerate() {
                if draw < r {
                    to = k;
                    break;
                }
                draw -= r;
            }
            let next = self.field.around(ion.cell)[to];
            if hops[to] <= 0.0 {
                continue;
            }
            match self.field.owner[next] {
                side @ (0 | 1) => return End::Back(side as usize, ion.cell),
                _ => ion.cell = next,
            }
        }
        ion.time = until;
        End::Flying
    }
}
