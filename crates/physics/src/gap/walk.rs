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

/// Boltzmann factors of cells, worked out when first asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    /// Solution of the field, factor on the potential and kT that they belong to.
    of: (u64, f64, f64),
    now: u32,
    stamp: Vec<u32>,
    value: Vec<f64>,
    /// Hops from cells, of the same solution and of one layout of the metals.
    hops: Vec<Hops>,
    layout: (u64, u32),
    turn: u32,
    /// Supplied particles in reach of cells: range in `reached`; of one list of the supplied.
    near: Vec<(u32, u32, u32)>,
    reached: Vec<u32>,
    listed: u64,
    list: u32,
}

/// Rates of the four hops from a cell, and their sum.
#[derive(Clone, Copy, Debug, Default)]
struct Hops {
    turn: u32,
    to: [f64; 4],
    sum: f64,
}

/// How far a metal may move before the geometry is looked at anew, and some [m].
const MARGIN: f64 = 0.3e-9;

impl Memo {
    /// Keeps what it knows only if it is still true.
    pub fn ready(&mut self, of: (u64, f64, f64), cells: usize) {
        if self.of != of || self.stamp.len() != cells {
            self.of = of;
            self.now = self.now.wrapping_add(1);
            if self.stamp.len() != cells || self.now == 0 {
                self.stamp = vec![0; cells];
                self.value = vec![0.0; cells];
                self.now = 1;
            }
        }
    }

    /// Whether the hops from a cell are known for this layout of the metals; makes room where not.
    fn knows(&mut self, cell: usize, layout: u64) -> bool {
        if self.layout != (layout, self.now) || self.hops.len() != self.stamp.len() {
            self.layout = (layout, self.now);
            self.turn = self.turn.wrapping_add(1);
            if self.hops.len() != self.stamp.len() || self.turn == 0 {
                self.hops = vec![Hops::default(); self.stamp.len()];
                self.turn = 1;
            }
        }
        self.hops[cell].turn == self.turn
    }

    fn at(&mut self, cell: usize, energy: impl Fn() -> f64) -> f64 {
        if self.stamp[cell] != self.now {
            self.stamp[cell] = self.now;
            self.value[cell] = energy().clamp(-300.0, 300.0).exp();
        }
        self.value[cell]
    }
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
    /// Metal particles that electrons reach, and the number of the list.
    pub supplied: &'a [u32],
    pub listed: u64,
    pub silver: [bool; 2],
    pub kt: f64,
    pub dose_rate: f64,
}

impl Surroundings<'_> {
    /// Rates of the four hops from a cell, and their sum; into an electrode of silver that is not supplied from the negative side too.
    pub fn hops(&self, cell: usize, memo: &mut Memo) -> ([f64; 4], f64) {
        if !memo.knows(cell, self.field.layout) {
            let to = self.rates(cell, memo);
            memo.hops[cell] = Hops { turn: memo.turn, to, sum: to.iter().sum() };
        }
        let h = &memo.hops[cell];
        (h.to, h.sum)
    }

    /// Total rate of the hops from a cell, for a temperature that no other hop has.
    pub fn away(&self, cell: usize) -> f64 {
        let part = -0.5 * self.ratio / self.kt;
        let here = self.field.phi[cell];
        let to = |c: usize| if self.open(c) { (part * (self.field.phi[c] - here)).clamp(-300.0, 300.0).exp() } else { 0.0 };
        self.laws.hopping(0.0, self.kt) * self.field.around(cell).map(to).iter().sum::<f64>()
    }

    /// Whether an ion may go to a cell.
    fn open(&self, to: usize) -> bool {
        let owner = self.field.owner[to];
        self.field.inside(to)
            && (owner == FREE
                || (owner < 2 && self.silver[owner as usize])
                || (owner >= 2 && !self.particles[owner as usize - 2].metallic()))
    }

    fn rates(&self, cell: usize, memo: &mut Memo) -> [f64; 4] {
        let part = -0.5 * self.ratio / self.kt;
        let mut factor = |c: usize| memo.at(c, || part * self.field.phi[c]);
        let base = self.laws.hopping(0.0, self.kt) / factor(cell);
        self.field.around(cell).map(|to| if self.open(to) { base * factor(to) } else { 0.0 })
    }

    /// Range in the memo's list of the supplied particles that may be in reach of a cell until the geometry is looked at anew.
    fn near(&self, cell: usize, (x, y): (f64, f64), memo: &mut Memo) -> std::ops::Range<usize> {
        if memo.listed != self.listed || memo.near.len() != memo.stamp.len() {
            memo.listed = self.listed;
            memo.reached.clear();
            memo.list = memo.list.wrapping_add(1);
            if memo.near.len() != memo.stamp.len() || memo.list == 0 {
                memo.near = vec![(0, 0, 0); memo.stamp.len()];
                memo.list = 1;
            }
        }
        if memo.near[cell].0 != memo.list {
            let first = memo.reached.len() as u32;
            memo.reached.extend(self.supplied.iter().filter(|&&i| {
                let p = &self.particles[i as usize];
                let reach = p.radius + TUNNEL + MARGIN;
                let (dx, dy) = (x - p.x, y - p.y);
                dx * dx + dy * dy < reach * reach
            }));
            memo.near[cell] = (memo.list, first, memo.reached.len() as u32);
        }
        let (_, first, last) = memo.near[cell];
        first as usize..last as usize
    }

    /// Total rate at which an ion at a cell is reduced.
    pub fn reduction(&self, cell: usize, memo: &mut Memo) -> f64 {
        let (x, y) = self.field.place(cell);
        let phi = self.ratio * self.field.phi[cell];
        let mut rate = self.laws.beam_reducing(self.dose_rate);
        for side in 0..2 {
            let d = self.field.distance[side][cell];
            if d.is_finite() {
                rate += self.laws.reducing(d, phi - self.potential[side], self.path[side], self.kt);
            }
        }
        for k in self.near(cell, (x, y), memo) {
            let i = memo.reached[k] as usize;
            let p = &self.particles[i];
            let (dx, dy) = (x - p.x, y - p.y);
            if p.metallic() {
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
    pub fn walk(&self, ion: &mut Ion, until: f64, fresh: bool, memo: &mut Memo, random: &mut Stream) -> End {
        let mut fresh = fresh;
        for _ in 0..MOST_HOPS {
            let (hops, away) = self.hops(ion.cell, memo);
            let reduced = if fresh && away > 0.0 { 0.0 } else { self.reduction(ion.cell, memo) };
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
