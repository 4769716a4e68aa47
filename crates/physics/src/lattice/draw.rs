//! Drawing a site by its class: lists that may be stale, proposals that may be refused (lattice.md section 2A).
//!
//! Each class has a list of sites. A site that leaves its class stays in the list until it is drawn, and the draw is then refused. A
//! proposal names class c with a probability proportional to `rate[c] * slots[c]` and one of its slots; a slot beyond the list's end, or a
//! stale one, is refused. So each live site is hit in proportion to its rate, whatever the lists hold besides, and the next accepted
//! proposal is distributed exactly as an exact list would give it. What a proposal names hardly depends on the state, so that the memory it
//! needs can be touched ahead of time.

use super::graph::NEIGHBOURS;

/// Number of classes: by coordination, 0 to 12.
pub const CLASSES: usize = NEIGHBOURS + 1;

/// Lists by class.
#[derive(Clone, Debug)]
pub struct Lists {
    list: [Vec<u32>; CLASSES],
    rate: [f64; CLASSES],
    /// Slots of a class: at least as many as its list is long. Exactly as many where a refused draw would be drawn again and again.
    slots: [usize; CLASSES],
    tight: [bool; CLASSES],
    /// Sum of `rate * slots` up to and with each class, in the order of `order`.
    bound: [f64; CLASSES],
    stale: bool,
}

/// What a proposal names.
#[derive(Clone, Copy, Debug)]
pub struct Proposal {
    pub class: usize,
    pub slot: usize,
}

impl Lists {
    pub fn new() -> Lists {
        Lists {
            list: std::array::from_fn(|_| Vec::new()),
            rate: [0.0; CLASSES],
            slots: [0; CLASSES],
            tight: [false; CLASSES],
            bound: [0.0; CLASSES],
            stale: true,
        }
    }

    /// Rates per site; classes with more than ten times the rate of `reference` get tight lists.
    pub fn set_rates(&mut self, rate: [f64; CLASSES], reference: f64) {
        self.rate = rate;
        self.tight = rate.map(|r| r > 10.0 * reference);
        self.stale = true;
    }

    /// Adds a site to a class.
    #[inline]
    pub fn push(&mut self, class: usize, site: u32) {
        let list = &mut self.list[class];
        list.push(site);
        self.stale |= list.len() > self.slots[class];
    }

    /// Makes room for so many sites of a class.
    pub fn reserve(&mut self, class: usize, more: usize) {
        self.list[class].reserve_exact(more);
    }

    /// Takes a slot out of a list.
    #[inline]
    pub fn remove(&mut self, p: Proposal) {
        self.list[p.class].swap_remove(p.slot);
        self.stale |= self.tight[p.class];
    }

    /// Whether any class can be drawn.
    pub fn any(&self) -> bool {
        (0..CLASSES).any(|c| self.rate[c] > 0.0 && !self.list[c].is_empty())
    }

    /// Entries of a class for which `holds`.
    pub fn count(&self, class: usize, holds: impl Fn(u32) -> bool) -> u64 {
        self.list[class].iter().filter(|s| holds(**s)).count() as u64
    }

    /// Keeps the entries of a class for which `stays`.
    pub fn keep(&mut self, class: usize, mut stays: impl FnMut(u32) -> bool) {
        self.list[class].retain(|s| stays(*s));
        self.stale = true;
    }

    /// Whether a list is much longer than its class has live members.
    pub fn crowded(&self, class: usize, live: u64) -> bool {
        self.list[class].len() as u64 > live + live / 2 + 4096
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.list.iter().map(|l| 4 * l.capacity()).sum()
    }

    fn refresh(&mut self) {
        let mut sum = 0.0;
        for c in 0..CLASSES {
            let n = self.list[c].len();
            if self.rate[c] > 0.0 {
                let room = if self.tight[c] || n == 0 { n } else { n + n / 8 + 8 };
                self.slots[c] = room;
                sum += self.rate[c] * room as f64;
            } else {
                // Never drawn: nothing to keep up to date.
                self.slots[c] = usize::MAX;
            }
            self.bound[c] = sum;
        }
        self.stale = false;
    }

    /// What 64 random bits name in the present state: 53 of them resolve a class of a share of 1e-9 into its slots to 1e-7.
    #[inline]
    pub fn propose(&mut self, bits: u64) -> Proposal {
        if self.stale {
            self.refresh();
        }
        let u = (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64) * self.bound[CLASSES - 1];
        let mut class = 0;
        while class < CLASSES - 1 && u >= self.bound[class] {
            class += 1;
        }
        let below = if class == 0 { 0.0 } else { self.bound[class - 1] };
        let rate = self.rate[class];
        let slot = if rate > 0.0 { ((u - below) / rate) as usize } else { usize::MAX };
        Proposal { class, slot }
    }

    /// The site that a proposal names.
    #[inline]
    pub fn site(&self, p: Proposal) -> Option<u32> {
        self.list[p.class].get(p.slot).copied()
    }
}
