//! Drawing a site by its list: lists that may be stale, proposals that may be refused (lattice.md section 2A).
//!
//! A site that no longer belongs to a list stays in it until it is drawn, and the draw is then refused. A proposal names list c with a
//! probability proportional to `rate[c] * slots[c]` and one of its slots; a slot beyond the list's end, or a stale one, is refused. So each
//! live site is hit in proportion to its rate, whatever the lists hold besides, and the next accepted proposal is distributed exactly as an
//! exact list would give it. What a proposal names hardly depends on the state, so that the memory it needs can be touched ahead of time.

/// Number of lists. The first ones and the last ones can be drawn from apart, as two groups.
pub const LISTS: usize = 11;

/// Lists of sites.
#[derive(Clone, Debug)]
pub struct Lists {
    list: [Vec<u32>; LISTS],
    rate: [f64; LISTS],
    /// One over the rates.
    per: [f64; LISTS],
    /// Slots of a list: at least as many as it is long.
    slots: [usize; LISTS],
    /// Empty slots at which a list's slots are counted anew.
    spare: [usize; LISTS],
    /// Sum of `rate * slots` up to and with each list of its group.
    bound: [f64; LISTS],
    /// One over the sums of the two groups.
    wait: [f64; 2],
    /// First list of the second group.
    split: usize,
    stale: bool,
}

/// What a proposal names.
#[derive(Clone, Copy, Debug)]
pub struct Proposal {
    pub list: usize,
    pub slot: usize,
}

impl Lists {
    /// Empty lists; those from `split` on form a group of their own.
    pub fn new(split: usize) -> Lists {
        Lists {
            list: std::array::from_fn(|_| Vec::new()),
            rate: [0.0; LISTS],
            per: [0.0; LISTS],
            slots: [usize::MAX; LISTS],
            spare: [usize::MAX; LISTS],
            bound: [0.0; LISTS],
            wait: [f64::INFINITY; 2],
            split,
            stale: true,
        }
    }

    /// Rates per site.
    pub fn set_rates(&mut self, rate: [f64; LISTS]) {
        self.rate = rate;
        self.per = rate.map(|r| if r > 0.0 { 1.0 / r } else { 0.0 });
        self.stale = true;
    }

    /// Adds a site to a list.
    #[inline]
    pub fn push(&mut self, list: usize, site: u32) {
        let sites = &mut self.list[list];
        if sites.len() == sites.capacity() && sites.len() > 1 << 16 {
            // By an eighth, not by doubling: memory.
            sites.reserve_exact(sites.len() / 8);
        }
        sites.push(site);
        self.stale |= sites.len() > self.slots[list];
    }

    /// Makes room for so many more sites of a list.
    pub fn reserve(&mut self, list: usize, more: usize) {
        self.list[list].reserve_exact(more);
    }

    /// Takes a slot out of a list.
    #[inline]
    pub fn remove(&mut self, p: Proposal) {
        let sites = &mut self.list[p.list];
        sites.swap_remove(p.slot);
        self.stale |= self.slots[p.list].wrapping_sub(sites.len()) > self.spare[p.list];
    }

    /// Whether anything can be drawn from a group.
    pub fn any(&self, group: usize) -> bool {
        self.group(group).any(|c| self.rate[c] > 0.0 && !self.list[c].is_empty())
    }

    fn group(&self, group: usize) -> std::ops::Range<usize> {
        if group == 0 { 0..self.split } else { self.split..LISTS }
    }

    /// Sites of a list, stale ones included.
    pub fn of(&self, list: usize) -> &[u32] {
        &self.list[list]
    }

    /// Keeps the entries of a list for which `stays`. Without a branch on it, so that what it reads is read side by side.
    pub fn keep(&mut self, list: usize, mut stays: impl FnMut(u32) -> bool) {
        let sites = &mut self.list[list];
        let mut kept = 0;
        for i in 0..sites.len() {
            let site = sites[i];
            sites[kept] = site;
            kept += usize::from(stays(site));
        }
        sites.truncate(kept);
        self.stale = true;
    }

    /// Whether a list is much longer than it has live members.
    pub fn crowded(&self, list: usize, live: u64) -> bool {
        self.list[list].len() as u64 > live + live / 2 + 4096
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.list.iter().map(|l| 4 * l.capacity()).sum()
    }

    #[cold]
    #[inline(never)]
    fn refresh(&mut self) {
        for group in 0..2 {
            let exact: f64 = self.group(group).map(|c| self.rate[c] * self.list[c].len() as f64).sum();
            let mut sum = 0.0;
            for c in self.group(group) {
                let n = self.list[c].len();
                // Room to grow: an eighth, or what makes 1 in 64 draws name an empty slot, but none where it would make more than 1 in 8.
                let little = exact * self.per[c];
                let more = (n / 8).max((little / 64.0).min((n + 64) as f64) as usize).min((little / 8.0) as usize);
                if self.rate[c] > 0.0 {
                    self.slots[c] = n + more;
                    self.spare[c] = 2 * more;
                    sum += self.rate[c] * self.slots[c] as f64;
                } else {
                    // Never drawn: nothing to keep up to date.
                    self.slots[c] = usize::MAX;
                    self.spare[c] = usize::MAX;
                }
                self.bound[c] = sum;
            }
            self.wait[group] = 1.0 / sum;
        }
        self.stale = false;
    }

    /// What 64 random bits name in the present state: 53 of them resolve a list of a share of 1e-9 into its slots to 1e-7.
    #[inline]
    pub fn propose(&mut self, group: usize, bits: u64) -> Proposal {
        if self.stale {
            self.refresh();
        }
        let (first, last) = if group == 0 { (0, self.split - 1) } else { (self.split, LISTS - 1) };
        let u = unit(bits) * self.bound[last];
        // Counts instead of searching: no branch that cannot be predicted.
        let list = first + self.bound[first..last].iter().filter(|b| u >= **b).count();
        let below = if list == first { 0.0 } else { self.bound[list - 1] };
        Proposal { list, slot: ((u - below) * self.per[list]) as usize }
    }

    /// Mean waiting time until the next proposal, as of the last one: the inverse of the sum of all rates, refused ones included.
    #[inline]
    pub fn wait(&self, group: usize) -> f64 {
        self.wait[group]
    }

    /// The site that a proposal names.
    #[inline]
    pub fn site(&self, p: Proposal) -> Option<u32> {
        self.list[p.list].get(p.slot).copied()
    }
}

/// Uniform in [0, 1) from 64 random bits.
#[inline]
pub fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}
