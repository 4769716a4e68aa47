//! Engine A: atoms only leave (lattice.md section 2A). Four bits a site.
//!
//! A kink evaporates at the Hertz-Knudsen rate of its area by construction. A flat facet evaporates far slower (it has no kinks, and without
//! adatoms nothing feeds the vapour), and a convex tip shows its fast faces: needles, no {111}. Both are findings about a dissolution far
//! from equilibrium, not errors; heated silver is near equilibrium, for which there is [`super::Exchange`].

use super::bonds::{NoCrystal, Rates};
use super::draw::{LISTS, Lists};
use super::graph::{Graph, NEIGHBOURS};
use super::memory::{Block, LARGE};
use super::occupation::{Occupied, exposed, words};
use super::tiles::{Tiles, over};
use super::{Ended, Engine, Limit};
use crate::random::{Purpose, Stream};

/// State of a site: coordination if occupied (0 to 12), or one of these.
const HELD: u8 = 13;
const VACANT: u8 = 15;
/// Classes from here on are never drawn: 10 and 11 bonds evaporate 1e10 times slower than kinks.
const STUCK: usize = 10;
/// Attempts whose memory is touched together, ahead of time.
const AHEAD: usize = 16;

/// Sites of a cache line.
const LINE: usize = 128;

/// Eight columns by sixteen layers on a line of the cache, two sites a byte.
type Line = [u8; LINE / 2];

/// Evaporation only. Time is that of the kinetic Monte Carlo: the mean waiting time of each event, or a drawn one.
#[derive(Clone, Debug)]
pub struct Evaporation {
    graph: Graph,
    tiles: Tiles,
    line: Block<Line>,
    lists: Lists,
    /// Occupied sites by coordination, as far as they can be drawn.
    live: [u64; STUCK],
    present: u64,
    rate: [f64; LISTS],
    rates: Rates,
    random: Stream,
    draw_times: bool,
    ahead: bool,
    /// Random numbers of the coming attempts, so that a run in pieces is the same as one in one piece.
    bits: [u64; AHEAD],
    next: usize,
    attempts: u64,
    time: f64,
    lost: u64,
    touched: u64,
}

impl Evaporation {
    /// An engine at a temperature [K]. The atoms of layer 0 and of the last layer are held.
    ///
    /// # Errors
    /// There is no crystal at this temperature.
    pub fn new(graph: Graph, shape: &impl Occupied, temperature: f64, seed: u64) -> Result<Evaporation, NoCrystal> {
        let rates = Rates::at(temperature)?;
        let layers = graph.layers();
        let tiles = Tiles::new(&graph);
        let mut engine = Evaporation {
            line: Block::zeroed(tiles.len().div_ceil(LINE)),
            tiles,
            lists: Lists::new(LISTS),
            live: [0; STUCK],
            present: 0,
            rate: [0.0; LISTS],
            rates,
            random: Stream::new(seed, Purpose::Lattice, 0),
            draw_times: false,
            ahead: false,
            bits: [0; AHEAD],
            next: AHEAD,
            attempts: 0,
            time: 0.0,
            lost: 0,
            touched: 0,
            graph,
        };
        engine.ahead = engine.line.all().len() * LINE / 2 > LARGE;
        engine.take_rates();
        engine.line.all_mut().fill([VACANT << 4 | VACANT; LINE / 2]);
        // Three shells of bits at a time: the whole occupation is never held beside the state.
        let words = words(&engine.graph);
        let mut window = Window::new(words);
        for r in 0..engine.graph.shells() {
            window.fill(&engine.graph, shape, r);
            for column in window.shell(r) {
                let row = window.row(column);
                for k in super::occupation::ones(row) {
                    let held = k == 0 || k + 1 == layers;
                    engine.put(engine.tiles.address(column, k), if held { HELD } else { NEIGHBOURS as u8 });
                    engine.present += u64::from(!held);
                }
                if column < engine.graph.open_columns() {
                    for (k, n) in exposed(&engine.graph, column, |c| window.row(c)) {
                        engine.put(engine.tiles.address(column, k), n as u8);
                        if n < STUCK {
                            engine.live[n] += 1;
                        }
                    }
                }
            }
        }
        // Lists in a second pass, of the size they need.
        for c in 0..STUCK {
            engine.lists.reserve(c, engine.live[c] as usize);
        }
        for i in 0..engine.line.all().len() {
            for j in 0..LINE / 2 {
                let pair = engine.line.all()[i][j];
                for (half, n) in [usize::from(pair & 15), usize::from(pair >> 4)].into_iter().enumerate() {
                    let site = i * LINE + 2 * j + half;
                    if n == 0 {
                        engine.leave(site);
                    } else if n < STUCK {
                        engine.lists.push(n, site as u32);
                    }
                }
            }
        }
        Ok(engine)
    }

    /// Draws waiting times instead of taking their mean: for the statistics of single events.
    #[must_use]
    pub fn drawing_times(mut self) -> Evaporation {
        self.draw_times = true;
        self
    }

    /// Touches memory ahead of time, or not: the same events to the bit. By itself the engine does so where its state is larger than
    /// 45 MB; below, the caches do as well and the touching costs more than it saves.
    #[must_use]
    pub fn touching_ahead(mut self, ahead: bool) -> Evaporation {
        self.ahead = ahead;
        self
    }

    /// Proposals made since the start, refused ones included.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }

    /// Sum of all rates [1/s].
    pub fn total_rate(&self) -> f64 {
        (0..STUCK).map(|c| self.live[c] as f64 * self.rate[c]).sum()
    }

    /// Present rates.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    fn take_rates(&mut self) {
        self.rate = std::array::from_fn(|n| if n < STUCK { self.rates.evaporation(n) } else { 0.0 });
        self.lists.set_rates(self.rate);
    }

    #[inline]
    fn get(&self, site: usize) -> u8 {
        nibble(self.line.all(), site)
    }

    #[inline]
    fn put(&mut self, site: usize, value: u8) {
        let byte = &mut self.line.all_mut()[site / LINE][site % LINE / 2];
        let shift = 4 * (site & 1);
        *byte = *byte & !(15 << shift) | value << shift;
    }

    /// Takes an atom without bonds away.
    fn leave(&mut self, site: usize) {
        self.put(site, VACANT);
        self.live[0] -= 1;
        self.present -= 1;
        self.lost += 1;
    }

    /// Takes an atom away and loosens its neighbours.
    #[inline]
    fn evaporate(&mut self, site: usize) {
        self.put(site, VACANT);
        self.present -= 1;
        self.lost += 1;
        for d in self.tiles.delta(site) {
            let there = over(site, d);
            let byte = &mut self.line.all_mut()[there / LINE][there % LINE / 2];
            let shift = 4 * (there & 1);
            let n = usize::from(*byte >> shift & 15);
            if n > NEIGHBOURS {
                continue;
            }
            // n is not 0: this neighbour was there.
            *byte -= 1 << shift;
            if n > STUCK {
                continue;
            }
            if n < STUCK {
                self.live[n] -= 1;
            }
            self.live[n - 1] += 1;
            if n == 1 {
                self.leave(there);
            } else {
                self.lists.push(n - 1, there as u32);
            }
        }
    }

    /// Classes that are hardly drawn collect entries that are stale: every atom that leaves has passed through them.
    fn clean(&mut self) {
        for c in 0..STUCK {
            if self.lists.crowded(c, self.live[c]) {
                let line = self.line.all();
                self.lists.keep(c, |site| usize::from(nibble(line, site as usize)) == c);
            }
        }
    }

    /// Reads what the coming attempts will need. The loads do not depend on each other, so the memory serves them side by side.
    fn touch(&mut self) {
        let mut sites = [(0usize, 0usize); AHEAD];
        for (site, bits) in sites.iter_mut().zip(&self.bits) {
            let p = self.lists.propose(0, *bits);
            *site = (self.lists.site(p).unwrap_or(0) as usize, p.list);
        }
        let states = sites.map(|(site, _)| self.get(site));
        let mut sum = 0u8;
        for ((site, list), state) in sites.into_iter().zip(states) {
            // Not around stale entries.
            if usize::from(state) == list {
                sum = self.tiles.around(site).into_iter().fold(sum, |sum, d| {
                    let there = over(site, d);
                    sum ^ self.line.all()[there / LINE][there % LINE / 2]
                });
            }
        }
        self.touched ^= u64::from(sum);
    }
}

/// State of a site.
#[inline]
fn nibble(line: &[Line], site: usize) -> u8 {
    line[site / LINE][site % LINE / 2] >> (4 * (site & 1)) & 15
}

impl Occupied for Evaporation {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        let layers = graph.layers();
        for k in 0..layers {
            if self.get(self.tiles.address(column, k)) != VACANT {
                bits[k / 64] |= 1 << (k % 64);
            }
        }
    }
}

impl Engine for Evaporation {
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
        self.lost
    }
    fn time(&self) -> f64 {
        self.time
    }
    fn histogram(&self) -> [u64; NEIGHBOURS + 1] {
        let mut all: [u64; NEIGHBOURS + 1] = std::array::from_fn(|n| self.live.get(n).copied().unwrap_or(0));
        // What is never drawn is not counted while the engine runs.
        for pair in self.line.all().iter().flatten() {
            for n in [usize::from(pair & 15), usize::from(pair >> 4)] {
                if (STUCK..=NEIGHBOURS).contains(&n) {
                    all[n] += 1;
                }
            }
        }
        all
    }
    fn set_temperature(&mut self, temperature: f64) -> Result<(), NoCrystal> {
        self.rates = Rates::at(temperature)?;
        self.take_rates();
        Ok(())
    }

    fn run(&mut self, limit: Limit) -> Ended {
        let until = self.lost.saturating_add(limit.lost.min(limit.events));
        loop {
            if self.lost >= until || self.time >= limit.time {
                return Ended::Limit;
            }
            if !self.lists.any(0) {
                return Ended::Nothing;
            }
            if self.next == AHEAD {
                self.bits = std::array::from_fn(|_| self.random.bits());
                self.next = 0;
                self.clean();
                if self.ahead {
                    self.touch();
                }
            }
            self.next += 1;
            self.attempts += 1;
            let p = self.lists.propose(0, self.bits[self.next - 1]);
            let Some(site) = self.lists.site(p) else { continue };
            let site = site as usize;
            self.lists.remove(p);
            if self.get(site) as usize != p.list {
                continue; // stale
            }
            let mean = 1.0 / self.total_rate();
            self.time += if self.draw_times { -(1.0 - self.random.uniform()).ln() * mean } else { mean };
            self.live[p.list] -= 1;
            self.evaporate(site);
        }
    }

    fn bytes(&self) -> usize {
        self.line.all().len() * LINE / 2 + self.lists.bytes() + self.tiles.bytes()
    }
}

/// The bits of three shells.
struct Window {
    words: usize,
    bits: [Vec<u64>; 3],
    first: [usize; 3],
    next: usize,
}

impl Window {
    fn new(words: usize) -> Window {
        Window { words, bits: Default::default(), first: [usize::MAX; 3], next: 0 }
    }

    fn shell(&self, r: usize) -> std::ops::Range<usize> {
        (if r == 0 { 0 } else { super::columns(r - 1) })..super::columns(r)
    }

    /// Makes the shells r - 1, r, r + 1 known.
    fn fill(&mut self, graph: &Graph, shape: &impl Occupied, r: usize) {
        while self.next <= r + 1 && self.next < graph.shells() + 1 {
            let range = self.shell(self.next);
            let at = self.next % 3;
            self.first[at] = range.start;
            self.bits[at].clear();
            self.bits[at].resize(self.words * range.len(), 0);
            for (row, column) in self.bits[at].chunks_mut(self.words).zip(range) {
                if column < graph.columns() {
                    shape.column(graph, column, row);
                }
            }
            self.next += 1;
        }
    }

    fn row(&self, column: usize) -> &[u64] {
        let at = super::shell_of(column).0 % 3;
        let i = column - self.first[at];
        &self.bits[at][i * self.words..(i + 1) * self.words]
    }
}
