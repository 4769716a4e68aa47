//! Engine B: detach, then settle anywhere on the own piece or be lost (lattice.md section 2B).
//!
//! The limit of fast surface diffusion. An atom of coordination n is taken from its place at the rate f_n k_n; with probability
//! 1 / (1 + Λ) it is lost, otherwise it settles on a vacant site of m bonds with weight f_m. Forward f_n k_n f_m / W and backward
//! f_m k_m f_n / W share the state between them, so they share W and balance in detail, whatever f. The class factors
//! f_n = min(1, c k_6 / k_n) slow the flicker of adatoms without touching the equilibrium.
//!
//! Lost: how long and how far transport takes (it is instant), the rate at which layers nucleate, the Ehrlich-Schwoebel barrier. Valid where
//! the piece is smaller than the diffusion length (0.2 to 0.6 um in minutes, lattice.md section 6).
//!
//! Two one-sided steps, both rarer than 1e-7 of the rest: sites with fewer than [`LEAST`] bonds are left but not settled on, bulk vacancies
//! are filled but not made.

use super::bonds::{BOND, NoCrystal, Rates, exposed_area};
use super::draw::{CLASSES, Lists};
use super::graph::{Graph, NEIGHBOURS};
use super::occupation::{Occupation, Occupied};
use super::pieces::Pieces;
use super::{Ended, Engine, Limit};
use crate::materials::constants::KB_EV;
use crate::random::{Purpose, Stream};

/// A site's word: coordination in bits 0 to 3, then occupied, guard, and from bit 8 on which lists hold it.
const OCCUPIED: u32 = 16;
const GUARD: u32 = 32;
const CLASS: u32 = 31;
/// Fewest bonds of a site that is settled on.
pub const LEAST: usize = 3;
/// Attempts whose memory is touched together, ahead of time.
const AHEAD: usize = 16;
/// Losses between two surveys (separate pieces, exposed area), relative to the atoms present, and the fewest.
const SURVEY: (f64, u64) = (2e-3, 200);

/// How atoms that leave their place go on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settling {
    /// Atoms that settle for each that is lost (Λ). Infinite: none is lost.
    pub ratio: f64,
    /// Class factor c: sites are visited at most c times as often as kinks move.
    pub class_factor: f64,
    /// Whether atoms settle on their own connected piece only.
    pub own_piece: bool,
}

impl Default for Settling {
    fn default() -> Settling {
        Settling { ratio: 500.0, class_factor: 10.0, own_piece: true }
    }
}

/// Exchange with a reservoir of adatoms. Time is that of the losses: each takes V / (v A), with the volume V of a site, the Hertz-Knudsen
/// recession v and the exposed area A. An event is a toggle: an atom that leaves a place or takes one.
#[derive(Clone, Debug)]
pub struct Exchange {
    graph: Graph,
    word: Vec<u32>,
    leaving: Lists,
    settling: Lists,
    /// Occupied sites that are no guards.
    present: u64,
    /// Exposed area [m²] at the last survey, and losses at which the next one is due.
    area: f64,
    rule: Settling,
    rates: Rates,
    random: Stream,
    pieces: Pieces,
    survey_at: u64,
    escape: f64,
    /// Atoms that settle before the next one is lost.
    stay: u64,
    ahead: bool,
    time: f64,
    lost: u64,
    toggles: u64,
    touched: u64,
}

/// Which bit of a word says that the list of a class holds the site; 0 if the class has no list.
const fn list_bits() -> [u32; 32] {
    let mut bits = [0u32; 32];
    let mut n = 0;
    while n < NEIGHBOURS {
        bits[OCCUPIED as usize + n] = 1 << (8 + n);
        n += 1;
    }
    let mut m = LEAST;
    while m <= NEIGHBOURS {
        bits[m] = 1 << (20 + m - LEAST);
        m += 1;
    }
    bits
}
const LIST: [u32; 32] = list_bits();

impl Exchange {
    /// An engine at a temperature [K]. The atoms of layer 0 and of the last layer are held.
    ///
    /// # Errors
    /// There is no crystal at this temperature.
    pub fn new(graph: Graph, shape: &impl Occupied, rule: Settling, temperature: f64, seed: u64) -> Result<Exchange, NoCrystal> {
        Exchange::with_open(graph, shape, rule, temperature, seed, |_| true)
    }

    /// An engine in which only sites for which `open` holds ever change.
    ///
    /// # Errors
    /// There is no crystal at this temperature.
    pub fn with_open(
        graph: Graph,
        shape: &impl Occupied,
        rule: Settling,
        temperature: f64,
        seed: u64,
        open: impl Fn(usize) -> bool,
    ) -> Result<Exchange, NoCrystal> {
        let rates = Rates::at(temperature)?;
        let layers = graph.layers();
        let mut engine = Exchange {
            word: vec![0; graph.sites()],
            leaving: Lists::new(),
            settling: Lists::new(),
            present: 0,
            area: 0.0,
            rule,
            rates,
            random: Stream::new(seed, Purpose::Lattice, 1),
            pieces: Pieces::one(),
            survey_at: 0,
            escape: 0.0,
            stay: 0,
            ahead: true,
            time: 0.0,
            lost: 0,
            toggles: 0,
            touched: 0,
            graph,
        };
        engine.take_rates();
        let all = Occupation::of(shape, &engine.graph);
        for column in 0..engine.graph.columns() {
            let delta = *engine.graph.delta(column);
            for k in super::occupation::ones(all.row(column)) {
                let site = column * layers + k;
                engine.word[site] |= OCCUPIED;
                if engine.graph.guard(site) {
                    continue;
                }
                for d in delta {
                    engine.word[(site as i64 + i64::from(d)) as usize] += 1;
                }
            }
        }
        // Atoms of the guard layers are neighbours too; their own neighbourhoods are incomplete, so they are asked from the other side.
        for column in 0..engine.graph.open_columns() {
            for k in [1, layers - 2] {
                let site = column * layers + k;
                let guards = engine.graph.neighbours(site).into_iter().filter(|n| engine.graph.guard(*n));
                let more = guards.filter(|n| engine.word[*n] & OCCUPIED != 0).count();
                engine.word[site] += more as u32;
            }
        }
        for site in 0..engine.graph.sites() {
            if engine.graph.guard(site) || !open(site) {
                engine.word[site] |= GUARD;
                continue;
            }
            let class = engine.word[site] & CLASS;
            engine.present += u64::from(class >> 4);
            engine.enlist(site, class);
        }
        engine.survey();
        Ok(engine)
    }

    /// Without touching memory ahead of time: the same law, slower on large lattices; to compare with.
    #[must_use]
    pub fn plain(mut self) -> Exchange {
        self.ahead = false;
        self
    }

    /// How atoms go on.
    pub fn rule(&self) -> Settling {
        self.rule
    }

    /// Changes how atoms go on.
    pub fn set_rule(&mut self, rule: Settling) {
        self.rule = rule;
        self.take_rates();
    }

    /// Exposed area [m²], from the coordinations.
    pub fn area(&self) -> f64 {
        let scale = (self.graph.coarsening() as f64).powi(2);
        // Every surface atom is on the list of its coordination.
        (0..NEIGHBOURS).map(|n| self.on_surface(n) as f64 * exposed_area(n)).sum::<f64>() * scale
    }

    /// Occupied sites with `n` < 12 bonds.
    fn on_surface(&self, n: usize) -> u64 {
        self.leaving.count(n, |site| self.word[site as usize] & CLASS == OCCUPIED + n as u32)
    }

    /// Connected pieces found at the last search.
    pub fn pieces(&self) -> usize {
        self.pieces.count()
    }

    /// Goes on without losing anything: the shape relaxes at constant volume.
    pub fn relax(&mut self, toggles: u64) -> Ended {
        let rule = self.rule;
        self.set_rule(Settling { ratio: f64::INFINITY, ..rule });
        let ended = self.run(Limit::events(toggles));
        self.set_rule(rule);
        ended
    }

    fn take_rates(&mut self) {
        let bond = BOND / (KB_EV * self.rates.temperature());
        // Relative to kinks: only ratios matter, the clock is that of the losses.
        let k: [f64; CLASSES] = std::array::from_fn(|n| ((6.0 - n as f64) * bond).exp());
        let f = k.map(|k| (self.rule.class_factor / k).min(1.0));
        let leave: [f64; CLASSES] = std::array::from_fn(|n| if n < NEIGHBOURS { f[n] * k[n] } else { 0.0 });
        let settle: [f64; CLASSES] = std::array::from_fn(|m| if m >= LEAST { f[m] } else { 0.0 });
        self.leaving.set_rates(leave, f64::INFINITY);
        self.settling.set_rates(settle, f64::INFINITY);
        self.escape = 1.0 / (1.0 + self.rule.ratio);
        self.stay = self.settle_before_loss();
    }

    #[inline]
    fn enlist(&mut self, site: usize, class: u32) {
        let bit = LIST[class as usize];
        if bit & !self.word[site] != 0 {
            self.word[site] |= bit;
            if class & OCCUPIED != 0 {
                self.leaving.push((class - OCCUPIED) as usize, site as u32);
            } else {
                self.settling.push(class as usize, site as u32);
            }
        }
    }

    /// Empties or fills a site.
    #[inline]
    fn toggle(&mut self, site: usize) {
        let before = self.word[site];
        self.word[site] = before ^ OCCUPIED;
        self.enlist(site, (before ^ OCCUPIED) & CLASS);
        let step = if before & OCCUPIED != 0 { u32::MAX } else { 1 };
        let delta = *self.graph.delta(self.graph.column_of(site));
        for d in delta {
            let there = (site as i64 + i64::from(d)) as usize;
            let w = self.word[there];
            if w & GUARD != 0 {
                continue;
            }
            let new = w.wrapping_add(step);
            self.word[there] = new;
            self.enlist(there, new & CLASS);
        }
        self.toggles += 1;
    }

    /// The occupied site that random bits name, if it is there.
    #[inline]
    fn leaver(&mut self, bits: u64) -> Option<usize> {
        let p = self.leaving.propose(bits);
        let site = self.leaving.site(p)? as usize;
        if self.word[site] & CLASS == OCCUPIED + p.class as u32 {
            return Some(site);
        }
        self.leaving.remove(p);
        self.word[site] &= !LIST[OCCUPIED as usize + p.class];
        None
    }

    /// The vacant site that random bits name, if it is there and on the right piece.
    #[inline]
    fn settler(&mut self, bits: u64, piece: u8) -> Option<usize> {
        let p = self.settling.propose(bits);
        let site = self.settling.site(p)? as usize;
        if self.word[site] & CLASS != p.class as u32 {
            self.settling.remove(p);
            self.word[site] &= !LIST[p.class];
            return None;
        }
        if self.pieces.count() > 1 && !self.touches(site, piece) {
            return None;
        }
        Some(site)
    }

    /// Whether a vacant site has a neighbour of a piece.
    fn touches(&self, site: usize, piece: u8) -> bool {
        let neighbours = self.graph.neighbours(site);
        neighbours.iter().any(|n| self.word[*n] & OCCUPIED != 0 && self.pieces.of(*n) == piece)
    }

    /// Measures the area, cleans the lists and finds the connected pieces.
    fn survey(&mut self) {
        self.survey_at = self.lost + ((self.present as f64 * SURVEY.0) as u64).max(SURVEY.1);
        let word = &mut self.word;
        for n in 0..NEIGHBOURS {
            let class = OCCUPIED + n as u32;
            self.leaving.keep(n, |site| {
                let w = &mut word[site as usize];
                let stays = *w & CLASS == class;
                *w &= !if stays { 0 } else { LIST[class as usize] };
                stays
            });
        }
        for m in LEAST..CLASSES {
            self.settling.keep(m, |site| {
                let w = &mut word[site as usize];
                let stays = *w & CLASS == m as u32;
                *w &= !if stays { 0 } else { LIST[m] };
                stays
            });
        }
        self.area = self.area();
        if self.rule.own_piece {
            let word = &self.word;
            self.pieces = Pieces::find(&self.graph, |site| word[site] & OCCUPIED != 0);
        }
    }

    /// Random bits for the coming proposals of one kind, and a read of the memory these will need: the loads do not depend on each other.
    fn draw(&mut self, leaving: bool) -> [u64; AHEAD] {
        let bits = std::array::from_fn(|_| self.random.bits());
        if !self.ahead {
            return bits;
        }
        let lists = if leaving { &mut self.leaving } else { &mut self.settling };
        let sites = bits.map(|b| {
            let p = lists.propose(b);
            lists.site(p).unwrap_or(u32::MAX)
        });
        let mut sum = 0u32;
        for site in sites.into_iter().filter(|s| *s != u32::MAX) {
            let site = site as usize;
            let delta = self.graph.delta(self.graph.column_of(site));
            let at = |d: i32| self.word[(site as i64 + i64::from(d)) as usize];
            // One of each column around.
            sum ^= at(0) ^ at(delta[2]) ^ at(delta[3]) ^ at(delta[4]) ^ at(delta[6]) ^ at(delta[8]) ^ at(delta[10]);
        }
        self.touched ^= u64::from(sum);
        bits
    }

    /// Atoms that settle before the next one is lost.
    fn settle_before_loss(&mut self) -> u64 {
        if self.escape <= 0.0 {
            return u64::MAX;
        }
        // Geometric: the number of failures before a success of probability `escape`.
        ((1.0 - self.random.uniform()).ln() / (1.0 - self.escape).ln()) as u64
    }
}

impl Occupied for Exchange {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        let layers = graph.layers();
        for (k, w) in self.word[column * layers..(column + 1) * layers].iter().enumerate() {
            bits[k / 64] |= u64::from(w & OCCUPIED != 0) << (k % 64);
        }
    }
}

impl Engine for Exchange {
    fn graph(&self) -> &Graph {
        &self.graph
    }
    fn occupied(&self) -> u64 {
        self.present
    }
    fn lost(&self) -> u64 {
        self.lost
    }
    fn events(&self) -> u64 {
        self.toggles
    }
    fn time(&self) -> f64 {
        self.time
    }
    fn histogram(&self) -> [u64; NEIGHBOURS + 1] {
        let mut all = std::array::from_fn(|n| if n < NEIGHBOURS { self.on_surface(n) } else { 0 });
        all[NEIGHBOURS] = self.present - all.iter().sum::<u64>();
        all
    }
    fn set_temperature(&mut self, temperature: f64) -> Result<(), NoCrystal> {
        self.rates = Rates::at(temperature)?;
        self.take_rates();
        Ok(())
    }

    fn run(&mut self, limit: Limit) -> Ended {
        let until_lost = self.lost.saturating_add(limit.lost);
        let until = self.toggles.saturating_add(limit.events);
        // Volume of a site over the Hertz-Knudsen recession.
        let step = crate::materials::silver::OMEGA * self.graph.atoms_per_site() / self.rates.recession();
        let (mut leave, mut settle) = ([0u64; AHEAD], [0u64; AHEAD]);
        let (mut next_leave, mut next_settle) = (AHEAD, AHEAD);
        loop {
            if self.toggles >= until || self.lost >= until_lost || self.time >= limit.time {
                return Ended::Limit;
            }
            if self.present == 0 {
                return Ended::Nothing;
            }
            if self.lost >= self.survey_at {
                self.survey();
            }
            let site = loop {
                if next_leave == AHEAD {
                    if !self.leaving.any() {
                        return Ended::Nothing;
                    }
                    leave = self.draw(true);
                    next_leave = 0;
                }
                next_leave += 1;
                if let Some(site) = self.leaver(leave[next_leave - 1]) {
                    break site;
                }
            };
            let piece = self.pieces.of(site);
            self.toggle(site);
            // An atom without bonds is vapour.
            if self.stay == 0 || self.word[site] & 15 == 0 {
                if self.stay == 0 {
                    self.stay = self.settle_before_loss();
                }
                self.lost += 1;
                self.present -= 1;
                self.time += step / self.area;
                continue;
            }
            self.stay -= 1;
            loop {
                if next_settle == AHEAD {
                    settle = self.draw(false);
                    next_settle = 0;
                }
                next_settle += 1;
                if let Some(site) = self.settler(settle[next_settle - 1], piece) {
                    self.toggle(site);
                    self.pieces.set(site, piece);
                    break;
                }
            }
        }
    }

    fn bytes(&self) -> usize {
        4 * self.word.len()
            + self.leaving.bytes()
            + self.settling.bytes()
            + self.pieces.bytes()
            + std::mem::size_of::<[i32; NEIGHBOURS]>() * self.graph.columns()
    }
}
