//! The state that exchange and hops share: a word for each site, and lists of the sites that can be drawn.

use super::draw::{LISTS, Lists, Proposal};
use super::graph::{Graph, NEIGHBOURS};
use super::memory::{Block, LARGE};
use super::occupation::{Occupation, Occupied, ones};
use super::tiles::{Tiles, over};

/// A site's word: occupied neighbours in bits 0 to 3, then whether it is occupied, then which lists hold it (stale entries included).
const OCCUPIED: u16 = 16;
const COORDINATION: u16 = 15;
const CLASS: u16 = 31;
const FIRST_FLAG: u32 = 5;
/// Coordination that says: this site never changes.
const FIXED: u16 = 15;

/// Which list holds occupied sites of a coordination, and which one vacant ones; from [`LISTS`] on: none.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub occupied: [usize; NEIGHBOURS + 1],
    pub vacant: [usize; NEIGHBOURS + 1],
}

/// No list.
pub const UNLISTED: usize = LISTS;

/// Words of a cache line.
const LINE: usize = 32;

/// Eight columns by four layers on a line of the cache.
type Line = [u16; LINE];

/// Words and lists. Sites go by address ([`Tiles`]).
#[derive(Clone, Debug)]
pub struct Sites {
    pub graph: Graph,
    pub tiles: Tiles,
    line: Block<Line>,
    pub lists: Lists,
    /// By class (word & `CLASS`): the list, and the bit of a word that says that the list holds the site; 0 for none.
    list: [u8; 32],
    flag: [u16; 32],
    /// Occupied sites that can change.
    pub present: u64,
    touched: u64,
}

impl Sites {
    /// Of a shape. Sites for which `open` does not hold, and guards, never change; the atoms there count as neighbours.
    pub fn new(graph: Graph, shape: &impl Occupied, plan: Plan, split: usize, open: impl Fn(usize) -> bool) -> Sites {
        let (mut list, mut flag) = ([0u8; 32], [0u16; 32]);
        for n in 0..=NEIGHBOURS {
            for (class, at) in [(n, plan.vacant[n]), (n + OCCUPIED as usize, plan.occupied[n])] {
                if at < LISTS {
                    list[class] = at as u8;
                    flag[class] = 1 << (FIRST_FLAG + at as u32);
                }
            }
        }
        let tiles = Tiles::new(&graph);
        let line = Block::zeroed(tiles.len().div_ceil(LINE));
        let mut sites = Sites { line, tiles, lists: Lists::new(split), list, flag, present: 0, touched: 0, graph };
        let layers = sites.graph.layers();
        let all = Occupation::of(shape, &sites.graph);
        for column in 0..sites.graph.columns() {
            let delta = sites.tiles.delta(sites.tiles.address(column, 0));
            for k in ones(all.row(column)) {
                let site = sites.tiles.address(column, k);
                *sites.at(site) |= OCCUPIED;
                if k == 0 || k + 1 == layers || column >= sites.graph.open_columns() {
                    continue;
                }
                for d in delta {
                    *sites.at(over(site, d)) += 1;
                }
            }
        }
        for column in 0..sites.graph.columns() {
            for k in 0..layers {
                let site = sites.tiles.address(column, k);
                if k == 0 || k + 1 == layers || column >= sites.graph.open_columns() || !open(column * layers + k) {
                    *sites.at(site) |= FIXED;
                    continue;
                }
                if k == 1 || k + 2 == layers {
                    // Atoms of the guard layers are neighbours too; their own neighbourhoods are incomplete, so they are asked from here.
                    let guards = sites.graph.neighbours(column * layers + k).into_iter().filter(|n| sites.graph.guard(*n));
                    *sites.at(site) += guards.filter(|n| all.get(n / layers, n % layers)).count() as u16;
                }
                sites.present += u64::from(sites.occupied(site));
                sites.enlist(site);
            }
        }
        sites
    }

    #[inline]
    fn word(&self, site: usize) -> u16 {
        self.line.all()[site / LINE][site % LINE]
    }

    #[inline]
    fn at(&mut self, site: usize) -> &mut u16 {
        &mut self.line.all_mut()[site / LINE][site % LINE]
    }

    /// Whether a site is occupied.
    #[inline]
    pub fn occupied(&self, site: usize) -> bool {
        self.word(site) & OCCUPIED != 0
    }

    /// Occupied neighbours of a site that can change.
    #[inline]
    pub fn coordination(&self, site: usize) -> usize {
        usize::from(self.word(site) & COORDINATION)
    }

    /// Occupied neighbours of a vacant site that can change; 0 if it is taken or never changes.
    #[inline]
    pub fn room(&self, site: usize) -> usize {
        let class = self.word(site) & CLASS;
        if class < FIXED { usize::from(class) } else { 0 }
    }

    #[inline]
    fn enlist(&mut self, site: usize) {
        let word = self.word(site);
        let class = usize::from(word & CLASS);
        let flag = self.flag[class];
        if flag & !word != 0 {
            *self.at(site) = word | flag;
            self.lists.push(usize::from(self.list[class]), site as u32);
        }
    }

    /// Empties or fills a site.
    #[inline]
    pub fn toggle(&mut self, site: usize) {
        let delta = self.tiles.delta(site);
        let before = self.word(site);
        *self.at(site) = before ^ OCCUPIED;
        self.enlist(site);
        let step = if before & OCCUPIED != 0 { u16::MAX } else { 1 };
        let Sites { line, lists, flag, list, .. } = self;
        let line = line.all_mut();
        for d in delta {
            let there = over(site, d);
            let word = &mut line[there / LINE][there % LINE];
            let new = word.wrapping_add(if *word & FIXED == FIXED { 0 } else { step });
            let class = usize::from(new & CLASS);
            *word = new | flag[class];
            if flag[class] & !new != 0 {
                lists.push(usize::from(list[class]), there as u32);
            }
        }
    }

    /// Empties a site and fills another. The lists are told at the end: common neighbours keep their places.
    #[inline]
    pub fn step(&mut self, from: usize, to: usize) {
        let Sites { line, lists, flag, list, tiles, .. } = self;
        let line = line.all_mut();
        let (here, there) = (tiles.delta(from), tiles.delta(to));
        let mut enlist = |site: usize, word: &mut u16| {
            let class = usize::from(*word & CLASS);
            if flag[class] & !*word != 0 {
                *word |= flag[class];
                lists.push(usize::from(list[class]), site as u32);
            }
        };
        line[from / LINE][from % LINE] ^= OCCUPIED;
        line[to / LINE][to % LINE] ^= OCCUPIED;
        for d in here {
            let site = over(from, d);
            let word = &mut line[site / LINE][site % LINE];
            *word = word.wrapping_sub(u16::from(*word & FIXED != FIXED));
        }
        for d in there {
            let site = over(to, d);
            let word = &mut line[site / LINE][site % LINE];
            *word = word.wrapping_add(u16::from(*word & FIXED != FIXED));
            enlist(site, word);
        }
        for d in here {
            let site = over(from, d);
            enlist(site, &mut line[site / LINE][site % LINE]);
        }
        // `from` is a neighbour of `to` and the other way round: both have been told.
    }

    /// The site that a proposal names, if it is there and belongs there. A stale entry is dropped.
    #[inline]
    pub fn named(&mut self, p: Proposal) -> Option<usize> {
        let site = self.lists.site(p)? as usize;
        let word = &mut self.line.all_mut()[site / LINE][site % LINE];
        let flag = 1 << (FIRST_FLAG + p.list as u32);
        if self.flag[usize::from(*word & CLASS)] == flag {
            return Some(site);
        }
        *word &= !flag;
        self.lists.remove(p);
        None
    }

    /// Reads the memory around what coming proposals name: the loads do not depend on each other, so they are served side by side.
    #[inline]
    pub fn touch<const N: usize>(&mut self, group: usize, bits: &[u64; N]) {
        let mut sites = [(0usize, 0u16); N];
        for (site, b) in sites.iter_mut().zip(bits) {
            let p = self.lists.propose(group, *b);
            *site = (self.lists.site(p).unwrap_or(0) as usize, 1 << (FIRST_FLAG + p.list as u32));
        }
        let mut words = [0u16; N];
        for (word, (site, _)) in words.iter_mut().zip(&sites) {
            *word = self.word(*site);
        }
        let mut sum = 0u16;
        for ((site, flag), word) in sites.into_iter().zip(words) {
            // Not around stale entries.
            if self.flag[usize::from(word & CLASS)] == flag {
                sum = self.tiles.around(site).into_iter().fold(sum, |sum, d| sum ^ self.word(over(site, d)));
            }
        }
        self.touched ^= u64::from(sum);
    }

    /// Drops all stale entries.
    pub fn clean(&mut self) {
        let Sites { line, lists, flag, .. } = self;
        let line = line.all_mut();
        for list in 0..LISTS {
            let own = 1 << (FIRST_FLAG + list as u32);
            lists.keep(list, |site| {
                let w = &mut line[site as usize / LINE][site as usize % LINE];
                let stays = flag[usize::from(*w & CLASS)] == own;
                *w &= if stays { u16::MAX } else { !own };
                stays
            });
        }
    }

    /// Number of occupied sites by coordination. Those of less than twelve must be on lists.
    pub fn histogram(&self) -> [u64; NEIGHBOURS + 1] {
        let mut found = [0u64; NEIGHBOURS + 1];
        for list in 0..LISTS {
            let own = 1 << (FIRST_FLAG + list as u32);
            for site in self.lists.of(list) {
                let w = self.word(*site as usize);
                if w & OCCUPIED != 0 && self.flag[usize::from(w & CLASS)] == own {
                    found[usize::from(w & COORDINATION)] += 1;
                }
            }
        }
        let listed = found.iter().sum::<u64>();
        found[NEIGHBOURS] = self.present.saturating_sub(listed);
        found
    }

    /// Whether touching memory ahead pays.
    pub fn large(&self) -> bool {
        2 * LINE * self.line.all().len() > LARGE
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        2 * LINE * self.line.all().len() + self.lists.bytes() + self.tiles.bytes()
    }
}

impl Occupied for Sites {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        let layers = graph.layers();
        for k in 0..layers {
            bits[k / 64] |= u64::from(self.occupied(self.tiles.address(column, k))) << (k % 64);
        }
    }
}
