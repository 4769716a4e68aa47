//! The state that exchange and hops share: a word for each site, and lists of the sites that can be drawn.

use super::draw::{LISTS, Lists, Proposal};
use super::graph::{Graph, NEIGHBOURS};
use super::occupation::{Occupation, Occupied, ones};

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

/// Words and lists.
#[derive(Clone, Debug)]
pub struct Sites {
    pub graph: Graph,
    word: Vec<u16>,
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
        let mut sites = Sites { word: vec![0; graph.sites()], lists: Lists::new(split), list, flag, present: 0, touched: 0, graph };
        let layers = sites.graph.layers();
        let all = Occupation::of(shape, &sites.graph);
        for column in 0..sites.graph.columns() {
            let delta = *sites.graph.delta(column);
            for k in ones(all.row(column)) {
                let site = column * layers + k;
                sites.word[site] |= OCCUPIED;
                if sites.graph.guard(site) {
                    continue;
                }
                for d in delta {
                    sites.word[(site as i64 + i64::from(d)) as usize] += 1;
                }
            }
        }
        // Atoms of the guard layers are neighbours too; their own neighbourhoods are incomplete, so they are asked from the other side.
        for column in 0..sites.graph.open_columns() {
            for k in [1, layers - 2] {
                let site = column * layers + k;
                let guards = sites.graph.neighbours(site).into_iter().filter(|n| sites.graph.guard(*n));
                let more = guards.filter(|n| sites.word[*n] & OCCUPIED != 0).count();
                sites.word[site] += more as u16;
            }
        }
        for site in 0..sites.graph.sites() {
            if sites.graph.guard(site) || !open(site) {
                sites.word[site] |= FIXED;
                continue;
            }
            sites.present += u64::from(sites.occupied(site));
            sites.enlist(site);
        }
        sites
    }

    /// Whether a site is occupied.
    #[inline]
    pub fn occupied(&self, site: usize) -> bool {
        self.word[site] & OCCUPIED != 0
    }

    /// Occupied neighbours of a site that can change.
    #[inline]
    pub fn coordination(&self, site: usize) -> usize {
        usize::from(self.word[site] & COORDINATION)
    }

    /// Occupied neighbours of a vacant site that can change; 0 if it is taken or never changes.
    #[inline]
    pub fn room(&self, site: usize) -> usize {
        let class = self.word[site] & CLASS;
        if class < FIXED { usize::from(class) } else { 0 }
    }

    #[inline]
    fn enlist(&mut self, site: usize) {
        let word = self.word[site];
        let class = usize::from(word & CLASS);
        let flag = self.flag[class];
        if flag & !word != 0 {
            self.word[site] = word | flag;
            self.lists.push(usize::from(self.list[class]), site as u32);
        }
    }

    /// Empties or fills a site; the lists are told by `enlist_around`.
    #[inline]
    fn switch(&mut self, site: usize, delta: &[i32; NEIGHBOURS]) {
        let before = self.word[site];
        self.word[site] = before ^ OCCUPIED;
        let step = if before & OCCUPIED != 0 { u16::MAX } else { 1 };
        for d in delta {
            let there = &mut self.word[(site as i64 + i64::from(*d)) as usize];
            let fixed = *there & FIXED == FIXED;
            *there = there.wrapping_add(if fixed { 0 } else { step });
        }
    }

    #[inline]
    fn enlist_around(&mut self, site: usize, delta: &[i32; NEIGHBOURS]) {
        self.enlist(site);
        for d in delta {
            self.enlist((site as i64 + i64::from(*d)) as usize);
        }
    }

    /// Empties or fills a site.
    #[inline]
    pub fn toggle(&mut self, site: usize) {
        let delta = *self.graph.delta(self.graph.column_of(site));
        self.switch(site, &delta);
        self.enlist_around(site, &delta);
    }

    /// Empties a site and fills another. The lists are told at the end: common neighbours keep their places.
    #[inline]
    pub fn step(&mut self, from: usize, to: usize) {
        let (here, there) = (*self.graph.delta(self.graph.column_of(from)), *self.graph.delta(self.graph.column_of(to)));
        self.switch(from, &here);
        self.switch(to, &there);
        self.enlist_around(from, &here);
        self.enlist_around(to, &there);
    }

    /// The site that a proposal names, if it is there and belongs there. A stale entry is dropped.
    #[inline]
    pub fn named(&mut self, p: Proposal) -> Option<usize> {
        let site = self.lists.site(p)? as usize;
        let word = self.word[site];
        let flag = 1 << (FIRST_FLAG + p.list as u32);
        if self.flag[usize::from(word & CLASS)] == flag {
            return Some(site);
        }
        self.lists.remove(p);
        self.word[site] = word & !flag;
        None
    }

    /// Reads the memory around what coming proposals name: the loads do not depend on each other, so they are served side by side.
    #[inline]
    pub fn touch(&mut self, group: usize, bits: &[u64]) {
        let mut sum = 0u16;
        for b in bits {
            let p = self.lists.propose(group, *b);
            let Some(site) = self.lists.site(p) else { continue };
            let site = site as usize;
            let delta = self.graph.delta(self.graph.column_of(site));
            let at = |d: i32| self.word[(site as i64 + i64::from(d)) as usize];
            // One of each column around.
            sum ^= at(0) ^ at(delta[2]) ^ at(delta[3]) ^ at(delta[4]) ^ at(delta[6]) ^ at(delta[8]) ^ at(delta[10]);
        }
        self.touched ^= u64::from(sum);
    }

    /// Drops all stale entries.
    pub fn clean(&mut self) {
        let Sites { word, lists, flag, .. } = self;
        for list in 0..LISTS {
            let own = 1 << (FIRST_FLAG + list as u32);
            lists.keep(list, |site| {
                let w = &mut word[site as usize];
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
                let w = self.word[*site as usize];
                if w & OCCUPIED != 0 && self.flag[usize::from(w & CLASS)] == own {
                    found[usize::from(w & COORDINATION)] += 1;
                }
            }
        }
        let listed = found.iter().sum::<u64>();
        found[NEIGHBOURS] = self.present.saturating_sub(listed);
        found
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        2 * self.word.len() + self.lists.bytes() + std::mem::size_of::<[i32; NEIGHBOURS]>() * self.graph.columns()
    }
}

impl Occupied for Sites {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        let layers = graph.layers();
        for (k, w) in self.word[column * layers..(column + 1) * layers].iter().enumerate() {
            bits[k / 64] |= u64::from(w & OCCUPIED != 0) << (k % 64);
        }
    }
}
