//! A second model of the gap that rewires, independent of the engine in `pentatwin_physics::gap`: pure lattice kinetic Monte Carlo.
//!
//! Every silver atom sits on a site of one simple cubic lattice of the atomic volume: the tip, the clusters, the ions under way. No particle
//! has a radius, a shape or a place off the lattice, and there are no asperities and no contacts as objects of their own.
//!
//! **Shared, and frozen before the first comparison:** the rate table, `crates/physics/src/gap/laws.rs` as of commit
//! `b164f901b0849684f6ebf3daf0f8c92147e7da17` (blob `34b7997343348d8248c2e761ae3b62b1cb298f7a`), with the defaults of `Rewiring`: barriers, attempt
//! rates, what the field does to them, screening length, tunnelling, supply of electrons, neck decay, traps. The file is compiled in as it is;
//! `tests/gap_lattice.rs` fails when a rate or default is not the frozen one, and then the comparison has to be made anew. Shared too: atoms from
//! which a cluster is metal, the ramp, the criterion of the rise, the random number generator.
//!
//! **Its own:** lattice and outline of the tip, bodies (union–find over the sites), field (on the lattice of atoms, half the spacing), shape of
//! the clusters (bonds are counted), links (each pair of facing atoms is a channel), network (dense star–mesh elimination with chord
//! conductances), ways of the electrons, walks, clock.
//!
//! **What the rate table leaves open and this model chooses, before any comparison:** simple cubic, solid on solid (columns without overhang);
//! an atom leaves a column of the edge from its top; atoms with fewer than three bonds are loose and go, at the table's rate of a one-atom neck,
//! to the site with most silver around it within 1 nm (what the table's mobility, 0.01 nm⁴/s, levels in a sweep of 100 s); a bond to the
//! substrate or to Pt is a quarter of one to silver (Young–Dupré at 120°: (1 + cos θ)/2); two atoms at the lattice spacing are in contact. None
//! of it was changed after the first comparison. Reversed polarity, Joule heat and what follows the rise are not in it.

use crate::gap_runs::{LIMIT, RISE, Rise, SAMPLE};
use pentatwin_physics::gap as settings;
use pentatwin_physics::gap::{METALLIC, Rewiring};
use pentatwin_physics::materials::constants::{G0, KB_EV};
use pentatwin_physics::random::{Purpose, Stream};

#[allow(dead_code)]
#[path = "../../crates/physics/src/gap/laws.rs"]
mod laws;
use laws::{ATOM, CONTACT, Laws, TUNNEL};

/// Temperature [K]; apex radius of the tip [m] and its half angle [degrees]; half width and depth of the tip that are simulated [m].
const KELVIN: f64 = 300.0;
const APEX: f64 = 8e-9;
const CONE: f64 = 20.0;
const HALF: f64 = 12e-9;
const DEPTH: f64 = 9e-9;
/// How far a loose atom goes [m], the bond to what is not silver, the radius of the ball in which silver is counted [sites].
const SETTLES: f64 = 1e-9;
const WEAK: f64 = 0.25;
const BALL: i32 = 3;
/// Voltage between two looks at the most [V].
const STEP: f64 = 5e-3;
/// Atoms moved from one look to the next while the gap carries less than this [S]; one when it carries more.
const BATCH: usize = 8;
const QUIET: f64 = 1e-9;
const MOST_HOPS: usize = 100_000;
const NONE: u32 = u32::MAX;

/// The rates of the frozen table at a few points, and what the table was made with: a fingerprint.
pub fn table() -> Vec<f64> {
    let s = Rewiring::default();
    let (l, kt) = (Laws::new(&s), KB_EV * KELVIN);
    let mut out =
        vec![l.hopping(0.0, kt), l.hopping(-0.1, kt), l.detaching(0.9, 1, kt), l.detaching(0.9, 8, kt), l.necking(1.0, KELVIN), l.decay];
    out.extend([(0.0, 1.0), (1e8, 0.5), (5e8, 1.5), (1e9, 0.05)].map(|(f, v)| l.leaving(0.5e-9, f, v, l.capillarity(1e-9), kt, 0.0)));
    out.extend([(0.0, 1e-6), (0.5e-9, 1e-6), (1e-9, 1e-12)].map(|(d, g)| l.reducing(d, 0.1, g, kt)));
    out.extend([l.drained(1e3, 1e-14), s.screening, s.trap_density, s.trap_spread, s.pt_grain, l.barrier]);
    out
}

struct Face {
    metal: u32,
    cell: u32,
}

/// The gap between a straight Pt edge (column 0, at 0 V) and a silver tip.
pub struct LatticeGap {
    laws: Laws,
    screening: f64,
    grain: f64,
    kt: f64,
    a: f64,
    nx: usize,
    ny: usize,
    gap: usize,
    near: Vec<[u32; 4]>,
    /// Atoms in each column, whether it was tip, barrier of its trap [eV].
    height: Vec<u16>,
    tip: Vec<bool>,
    trap: Vec<f64>,
    start: u64,
    voltage: f64,
    phi: Vec<f64>,
    bare: Vec<f64>,
    tip_cells: usize,
    /// Body of each column, atoms and potential of each, conductance from the Pt and to the tip.
    body: Vec<u32>,
    size: Vec<usize>,
    level: Vec<f64>,
    path: Vec<f64>,
    drain: Vec<f64>,
    conductance: f64,
    current: f64,
    /// exp(−φ/2kT) and rate of reduction of each cell [1/s].
    factor: Vec<f64>,
    reduction: Vec<f64>,
    faces: Vec<Face>,
    sums: Vec<f64>,
    loose: Vec<u32>,
    calm: Vec<bool>,
    nuclei: Vec<(f64, u32)>,
    discs: [Vec<(i32, i32, f64)>; 3],
    moved: usize,
    random: Stream,
    out: Rise,
}

/// Offsets within a distance, in sites.
fn disc(radius: f64) -> Vec<(i32, i32, f64)> {
    let r = radius.floor() as i32;
    let all = (-r..=r).flat_map(|i| (-r..=r).map(move |j| (i, j, f64::from(i * i + j * j).sqrt())));
    all.filter(|d| d.2 > 0.0 && d.2 <= radius).collect()
}

fn find(root: &mut [u32], mut c: u32) -> u32 {
    while root[c as usize] != c {
        root[c as usize] = root[root[c as usize] as usize];
        c = root[c as usize];
    }
    c
}

impl LatticeGap {
    /// A gap of this width [m] with nothing in it.
    pub fn new(width: f64, seed: u64) -> LatticeGap {
        let s = Rewiring::default();
        let a = ATOM.cbrt();
        let gap = (width / a).round() as usize;
        let (nx, ny) = (1 + gap + (DEPTH / a) as usize, 2 * (HALF / a) as usize + 1);
        let cells = nx * ny;
        let near = (0..cells).map(|c| {
            let (i, j) = (c / ny, c % ny);
            let at = |yes: bool, to: usize| if yes { to as u32 } else { c as u32 };
            [at(i > 0, c.wrapping_sub(ny)), at(i + 1 < nx, c + ny), at(j > 0, c.wrapping_sub(1)), at(j + 1 < ny, c + 1)]
        });
        let mut random = Stream::new(seed, Purpose::Gap, 7);
        let (mut height, mut tip, mut trap) = (vec![0u16; cells], vec![false; cells], vec![f64::NAN; cells]);
        let cone = CONE.to_radians().tan();
        for c in ny * (gap + 1)..cells {
            // A hyperboloid on its axis in the substrate, at least one atom high where its outline covers the middle of the cell.
            let (d, y) = ((0.5 + (c / ny - gap - 1) as f64) * a, ((c % ny) as f64 - (ny / 2) as f64) * a);
            let z2 = 2.0 * APEX * d + (cone * d).powi(2) - y * y;
            if z2 >= 0.0 {
                (height[c], tip[c]) = (((z2.sqrt() / a) as u16).max(1), true);
            }
        }
        for c in ny..cells {
            if random.uniform() < s.trap_density * a * a * 1e18 && !tip[c] {
                trap[c] = (s.trap_energy + s.trap_spread * random.normal()) / pentatwin_physics::materials::constants::E;
            }
        }
        let zero = vec![0.0; cells];
        LatticeGap {
            laws: Laws::new(&s),
            screening: s.screening,
            grain: s.pt_grain,
            kt: KB_EV * KELVIN,
            near: near.collect(),
            start: height.iter().map(|h| u64::from(*h)).sum(),
            voltage: 0.0,
            phi: zero.clone(),
            bare: zero.clone(),
            tip_cells: usize::MAX,
            body: vec![NONE; cells],
            size: Vec::new(),
            level: Vec::new(),
            path: Vec::new(),
            drain: Vec::new(),
            conductance: 0.0,
            current: 0.0,
            factor: zero.clone(),
            reduction: zero,
            faces: Vec::new(),
            sums: Vec::new(),
            loose: Vec::new(),
            calm: vec![false; cells],
            nuclei: Vec::new(),
            discs: [disc(TUNNEL / a), disc(SETTLES / a), disc(f64::from(BALL))],
            moved: 0,
            random,
            out: Rise::default(),
            a,
            nx,
            ny,
            gap,
            height,
            tip,
            trap,
        }
    }

    /// Sweeps from 0 V at `rate` [V/s] until the current rises or `most` [V] is reached.
    pub fn sweep(mut self, rate: f64, most: f64) -> Rise {
        let mut time = 0.0;
        for sample in 1..=(most / SAMPLE).round() as usize {
            let mut charge = 0.0;
            for part in 0..(SAMPLE / STEP) as usize {
                let end = (sample - 1) as f64 * SAMPLE / rate + (part + 1) as f64 * STEP / rate;
                self.voltage = end * rate - 0.5 * STEP;
                self.look();
                loop {
                    let leaving = self.sums.last().copied().unwrap_or(0.0);
                    let settling = self.loose.len() as f64 * self.laws.necking(1.0, KELVIN);
                    let total = leaving + settling + self.nuclei.iter().map(|n| n.0).sum::<f64>();
                    let wait = (-(1.0 - self.random.uniform()).ln() / total).min(end - time);
                    charge += self.current * wait;
                    time += wait;
                    if charge > RISE * SAMPLE / rate {
                        self.out.voltage = Some(sample as f64 * SAMPLE);
                        return self.finish();
                    }
                    if time >= end {
                        break;
                    }
                    self.event(leaving, settling, total);
                    if self.moved >= if self.conductance < QUIET { BATCH } else { 1 } {
                        self.look();
                    }
                }
            }
        }
        self.finish()
    }

    fn finish(mut self) -> Rise {
        let found: u64 = self.height.iter().map(|h| u64::from(*h)).sum();
        self.out.balance = found as i64 - self.start as i64;
        let in_tip: u64 = (0..self.tip.len()).filter(|&c| self.tip[c]).map(|c| u64::from(self.height[c])).sum();
        self.out.atoms = self.start - in_tip.min(self.start);
        self.out.clusters = self.size[2..].iter().filter(|s| **s >= METALLIC as usize).count();
        self.out.largest = self.size[2..].iter().copied().max().unwrap_or(0);
        let apex = (self.gap + 1..self.nx).find(|i| self.height[i * self.ny + self.ny / 2] > 0).unwrap_or(self.nx);
        self.out.recession = (apex - self.gap - 1) as f64 * self.a;
        self.out
    }

    fn event(&mut self, leaving: f64, settling: f64, total: f64) {
        let mut draw = self.random.uniform() * total;
        if draw < leaving {
            let k = self.sums.partition_point(|s| *s <= draw).min(self.faces.len() - 1);
            let (metal, cell) = (self.faces[k].metal as usize, self.faces[k].cell as usize);
            if self.height[metal] > 0 && self.height[cell] == 0 {
                self.change(metal, -1);
                self.fly(cell, metal);
            }
        } else if draw < leaving + settling {
            let k = ((draw - leaving) / settling * self.loose.len() as f64) as usize;
            let c = self.loose.swap_remove(k.min(self.loose.len() - 1)) as usize;
            self.settle(c);
        } else {
            draw -= leaving + settling;
            let body = self.nuclei.iter().find(|n| {
                draw -= n.0;
                draw < 0.0
            });
            let body = body.or(self.nuclei.last()).map_or(NONE, |n| n.1);
            // The atom with fewest bonds goes.
            let members = (self.ny..self.height.len()).filter(|&c| self.body[c] == body && self.height[c] > 0);
            if let Some(c) = members.min_by(|&a, &b| self.bonds(a).total_cmp(&self.bonds(b))) {
                self.change(c, -1);
                let to = self.near[c][(self.random.bits() >> 62) as usize] as usize;
                self.wander(if to >= self.ny && self.height[to] == 0 { to } else { c }, true);
            }
        }
    }

    /// An ion from beside a metal until it is reduced or back in the tip.
    fn fly(&mut self, from: usize, home: usize) {
        let base = self.laws.hopping(0.0, self.kt);
        let (mut c, mut time) = (from, 0.0);
        for hop in 0..MOST_HOPS {
            // The tip takes an ion back, other metals reduce it from afar.
            let rate = self.near[c].map(|q| {
                let q = q as usize;
                let open = q != c && q >= self.ny && (self.height[q] == 0 || self.body[q] == 1);
                if open { base * self.factor[q] / self.factor[c] } else { 0.0 }
            });
            let away: f64 = rate.iter().sum();
            let reduced = if hop == 0 && away > 0.0 { 0.0 } else { self.reduction[c] };
            if away + reduced <= 0.0 {
                break;
            }
            time += -(1.0 - self.random.uniform()).ln() / (away + reduced);
            let mut draw = self.random.uniform() * (away + reduced);
            if draw < reduced {
                self.out.flight = self.out.flight.max(time);
                return self.wander(c, false);
            }
            draw -= reduced;
            let k = rate.iter().position(|r| {
                draw -= r;
                draw < 0.0
            });
            let q = self.near[c][k.unwrap_or(0)] as usize;
            if self.height[q] > 0 {
                return self.change(q, 1);
            }
            if rate[k.unwrap_or(0)] > 0.0 {
                c = q;
            }
        }
        self.out.stuck += 1;
        self.change(home, 1);
    }

    /// An atom on the substrate walks until silver, a trap or the Pt's edge holds it.
    fn wander(&mut self, from: usize, fresh: bool) {
        let mut c = from;
        for hop in 0..MOST_HOPS {
            if self.height[c] > 0 || (self.trap[c].is_finite() && !(fresh && hop == 0)) {
                break;
            }
            let q = self.near[c][(self.random.bits() >> 62) as usize] as usize;
            if q < self.ny {
                // Along the edge to a grain, or to silver before it.
                let pitch = (self.grain / self.a).round() as usize;
                let to = ((c % self.ny + pitch / 2) / pitch * pitch).min(self.ny - 1) + self.ny;
                while c != to && self.near[c].iter().all(|&q| self.height[q as usize] == 0) {
                    c = if c < to { c + 1 } else { c - 1 };
                }
                break;
            }
            if self.height[q] > 0 {
                break;
            }
            c = q;
        }
        self.change(c, 1);
    }

    /// Puts an atom on a column, or takes one off.
    fn change(&mut self, c: usize, by: i32) {
        self.height[c] = (i32::from(self.height[c]) + by).max(0) as u16;
        self.moved += 1;
        if by > 0 {
            if self.height[c] == 1 {
                self.body[c] = self.near[c].iter().map(|q| self.body[*q as usize]).filter(|b| *b != NONE).min().unwrap_or(NONE);
            }
            self.loose.push(c as u32);
        } else if self.height[c] == 0 {
            self.body[c] = NONE;
        }
        let (i, j, r) = (c / self.ny, c % self.ny, 7);
        for i in i.saturating_sub(r)..(i + r + 1).min(self.nx) {
            self.calm[i * self.ny + j.saturating_sub(r)..i * self.ny + (j + r + 1).min(self.ny)].fill(false);
        }
    }

    /// Bonds of the top atom of a column.
    fn bonds(&self, c: usize) -> f64 {
        let h = self.height[c];
        let side =
            |q: u32| if (q as usize) < self.ny { WEAK } else { f64::from(u8::from(q as usize != c && self.height[q as usize] >= h)) };
        self.near[c].iter().map(|q| side(*q)).sum::<f64>() + if h > 1 { 1.0 } else { WEAK }
    }

    /// Silver in the ball around level `k` of a column; the substrate and Pt count by their bond.
    fn around(&self, c: usize, k: i32) -> f64 {
        let (i, j) = ((c / self.ny) as i32, (c % self.ny) as i32);
        let mut sum = 0.0;
        for &(di, dj, d) in self.discs[2].iter().chain(&[(0, 0, 0.0)]) {
            let (p, q) = (i + di, j + dj);
            let reach = (f64::from(BALL * BALL) - d * d).sqrt() as i32;
            if q < 0 || q >= self.ny as i32 || p >= self.nx as i32 {
                continue;
            }
            let below = (reach - k).max(0);
            let h = if p <= 0 { 0 } else { i32::from(self.height[p as usize * self.ny + q as usize]) };
            let silver = h.min(k + reach + 1) - (k - reach).max(0);
            sum += f64::from(silver.max(0)) + WEAK * f64::from(if p <= 0 { 2 * reach + 1 } else { below });
        }
        sum
    }

    /// A loose atom goes to the best site of its body within reach.
    fn settle(&mut self, c: usize) {
        if self.height[c] == 0 || self.bonds(c) >= 3.0 {
            return;
        }
        let body = self.body[c];
        self.height[c] -= 1;
        let mut best = (self.around(c, i32::from(self.height[c])) + 0.5, c);
        let (i, j) = ((c / self.ny) as i32, (c % self.ny) as i32);
        for &(di, dj, _) in &self.discs[1] {
            let (p, q) = (i + di, j + dj);
            if p < 1 || p >= self.nx as i32 || q < 0 || q >= self.ny as i32 {
                continue;
            }
            let to = p as usize * self.ny + q as usize;
            let own = |n: usize| n >= self.ny && self.height[n] > 0 && self.body[n] == body;
            if own(to) || (self.height[to] == 0 && self.near[to].iter().any(|n| own(*n as usize))) {
                let count = self.around(to, i32::from(self.height[to]));
                if count > best.0 {
                    best = (count, to);
                }
            }
        }
        self.height[c] += 1;
        if best.1 == c {
            self.calm[c] = true;
        } else {
            self.change(c, -1);
            self.change(best.1, 1);
        }
    }

    /// Bodies, circuit, field, and what can happen.
    fn look(&mut self) {
        self.moved = 0;
        let bridged = self.bodies();
        if bridged {
            (self.conductance, self.current) = (G0, LIMIT.min(G0 * self.voltage));
            (self.faces.clear(), self.sums.clear(), self.loose.clear(), self.nuclei.clear());
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

    fn metal(&self, body: u32) -> bool {
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
        (self.faces.clear(), self.sums.clear(), self.loose.clear(), self.nuclei.clear());
        let mut sum = 0.0;
        for c in self.ny..self.height.len() {
            let b = self.body[c];
            if b == NONE {
                continue;
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
                let trap = (self.ny..self.height.len()).filter(|&c| self.body[c] == b as u32).map(|c| self.trap[c]).find(|t| t.is_finite());
                self.nuclei.push((self.laws.detaching(trap.unwrap_or(self.laws.leave), self.size[b] as u32, self.kt), b as u32));
            }
        }
        self.reduction = reduction;
    }
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
