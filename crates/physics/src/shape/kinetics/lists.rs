//! Lists of the atoms that can hop, by slab and number of bonds, and drawing from them.
//!
//! The lists are exact: an atom that gains or loses a bond changes its list. A site's word holds its place in it. Weights are whole
//! numbers, so that their sums never drift; what was rounded up is refused later (see [`Lists::share`]).

use crate::lattice::NEIGHBOURS;

/// The neighbours that are occupied, by direction.
pub const BONDS: u16 = 0xFFF;
/// The site is occupied.
pub const OCCUPIED: u16 = 1 << 12;
/// The site never changes.
pub const FIXED: u16 = 1 << 13;
/// The site is under the skin.
pub const COVERED: u16 = 1 << 14;
/// The potential may change by more over a step from or to here than the slab's bound allows for: not looked at yet, or so.
pub const STEEP: u16 = 1 << 15;

/// Most slabs.
const MOST: usize = 512;
/// Most slabs that a hop and the neighbours of its sites reach: five layers.
const REACH: usize = 8;
/// Classes of 0 to 11 bonds: atoms of 12 cannot hop.
pub const CLASSES: usize = NEIGHBOURS;
/// Lists of a slab: of 0 to 7 bonds, and one of 8 to 11. Atoms of terraces hardly ever hop, but their bonds change all the time.
pub const LISTS: usize = 9;
/// Atoms of 12 bonds have a list of no weight and of one entry, which names no site that hops: so moves from and to it need no branch.
const BULK: usize = LISTS;
/// Lists and classes, padded: an index of four bits is always good.
const WIDTH: usize = 16;
/// A list always has room for so many entries more: one hop adds at most 22 to a list.
const SPARE: u32 = 24;

/// The list of atoms of `n` bonds.
#[inline(always)]
pub const fn list(n: usize) -> usize {
    match n {
        NEIGHBOURS => BULK,
        LISTS.. => LISTS - 1,
        n => n,
    }
}

/// Occupied neighbours of a site.
#[inline]
pub fn bonds(word: u16) -> usize {
    usize::from(COUNT[usize::from(word & BONDS)])
}

/// Number of set bits: the smallest processors that are built for have no instruction for it.
static COUNT: [u8; 1 << NEIGHBOURS] = {
    let mut table = [0u8; 1 << NEIGHBOURS];
    let mut i = 0;
    while i < table.len() {
        table[i] = (i as u32).count_ones() as u8;
        i += 1;
    }
    table
};

/// The lists of one slab.
#[derive(Clone, Copy, Default, Debug)]
#[repr(align(64))]
struct Slab {
    len: [u32; WIDTH],
    /// What one entry weighs, and all of them.
    weight: [u64; WIDTH],
    mass: [u64; WIDTH],
    /// First entry in the store.
    start: [u32; WIDTH],
    /// Entries there is room for.
    room: [u32; WIDTH],
    /// By class: the exact weight over its list's, and over the slab's bound.
    share: [f32; WIDTH],
}

/// The lists.
#[derive(Clone, Debug)]
pub struct Lists {
    /// Layers of a slab are 1 << `shift`.
    shift: u32,
    slabs: Vec<Slab>,
    entry: Vec<u32>,
    /// By site: its place in its list.
    place: Vec<u16>,
    /// Sums of weights: all at 1, halves at 2 and 3, and so on; slabs from `leaves` on.
    tree: Box<[u64; 2 * MOST]>,
    leaves: usize,
    /// Weight of the rate 1.
    unit: f64,
    /// A list has less than `SPARE` left.
    tight: bool,
}

/// The lists, laid open: what is borrowed from them need not be looked up at each use.
pub struct Open<'a> {
    slabs: &'a mut [Slab],
    entry: &'a mut [u32],
    /// As long as the words.
    pub place: &'a mut [u16],
    tree: &'a mut [u64; 2 * MOST],
    leaves: usize,
    shift: u32,
    /// What slabs from `first` on have gained since the tree was last told.
    change: [u64; REACH],
    first: usize,
    /// Whether a list has become short of room: [`Lists::close`] and [`Lists::widen`] before the next hop.
    pub tight: bool,
}

impl Lists {
    /// Empty lists for so many layers, columns that are no guards, and sites. None if there are too many.
    pub fn new(layers: usize, columns: usize, sites: usize) -> Option<Lists> {
        // Thin slabs, whose mobility and potential hardly vary; but a place has sixteen bits.
        let shift = (0..=3).rev().find(|s| columns << s <= 1 << u16::BITS)?;
        let shift = (shift..8).find(|s| layers >> s < MOST).filter(|s| columns << s <= 1 << u16::BITS)?;
        let leaves = (((layers.max(1) - 1) >> shift) + 1).next_power_of_two();
        let mut lists = Lists {
            shift,
            slabs: vec![Slab::default(); leaves],
            entry: Vec::new(),
            place: vec![0; sites],
            tree: Box::new([0; 2 * MOST]),
            leaves,
            unit: 1.0,
            tight: false,
        };
        lists.slabs.iter_mut().for_each(|s| s.len[BULK] = 1);
        Some(lists)
    }

    /// Slab of a layer.
    #[inline]
    pub fn slab_of(&self, layer: usize) -> usize {
        layer >> self.shift
    }

    /// Slabs, the last ones perhaps empty.
    pub fn slabs(&self) -> usize {
        self.slabs.len()
    }

    /// Layers of a slab.
    pub fn layers_of(&self, slab: usize) -> std::ops::Range<usize> {
        slab << self.shift..(slab + 1) << self.shift
    }

    /// Sum of all weights.
    #[inline]
    pub fn total(&self) -> u64 {
        self.tree[1]
    }

    /// Weight of the rate 1.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// New rates: by class at most `most` anywhere, for at most `sites` sites. All slabs must be given their rates next.
    pub fn set_unit(&mut self, most: f64, sites: usize) {
        // The sum of all weights stays below 2^63.
        self.unit = (1u64 << (62 - (usize::BITS - sites.leading_zeros()).min(40))) as f64 / most;
    }

    /// Rates of a slab: `rate` by class, times a bound.
    pub fn set_slab(&mut self, slab: usize, rate: &[f64; CLASSES], bound: f64) {
        let lists = &mut self.slabs[slab];
        for i in 0..LISTS {
            // The list of several classes is drawn from by the fastest of them.
            lists.weight[i] = (rate[i] * self.unit * bound).ceil() as u64;
            lists.mass[i] = u64::from(lists.len[i]) * lists.weight[i];
        }
        for n in 0..CLASSES {
            let weight = lists.weight[list(n)];
            lists.share[n] = if weight > 0 { (rate[n] * self.unit / weight as f64) as f32 } else { 0.0 };
        }
        let change = lists.mass.iter().sum::<u64>().wrapping_sub(self.tree[self.leaves + slab]);
        add(&mut self.tree, self.leaves + slab, change);
    }

    /// All sites of a slab's lists.
    pub fn of(&self, slab: usize) -> impl Iterator<Item = usize> + '_ {
        let lists = &self.slabs[slab];
        (0..LISTS).flat_map(move |n| self.entry[lists.start[n] as usize..][..lists.len[n] as usize].iter().map(|s| *s as usize))
    }

    /// Lays the lists open.
    #[inline]
    pub fn open(&mut self) -> Open<'_> {
        Open {
            slabs: &mut self.slabs,
            entry: &mut self.entry,
            place: &mut self.place,
            tree: &mut self.tree,
            leaves: self.leaves,
            shift: self.shift,
            change: [0; REACH],
            first: 0,
            tight: self.tight,
        }
    }

    /// Takes note of what has happened while they lay open.
    pub fn close(&mut self, tight: bool) {
        self.tight = tight;
    }

    /// Makes room if a list lacks it.
    pub fn widen(&mut self) {
        if self.tight {
            self.lay_out(
                |_, _, len, room| if room < len + SPARE as usize + 1 { len + len / 4 } else { (room - SPARE as usize).min(2 * len + 16) },
            );
            self.tight = false;
        }
    }

    /// Makes room for so many entries by slab and list.
    pub fn reserve(&mut self, wanted: &[[u32; LISTS]]) {
        self.lay_out(|s, n, len, _| {
            let wanted = len.max(wanted.get(s).map_or(0, |w| w[n] as usize));
            wanted + wanted / 8
        });
    }

    /// Lays the store out anew, with the room asked for by slab, list, length and present room, and some to spare.
    fn lay_out(&mut self, room: impl Fn(usize, usize, usize, usize) -> usize) {
        let mut entry = Vec::with_capacity(self.entry.len() + 64);
        for (s, lists) in self.slabs.iter_mut().enumerate() {
            for n in 0..LISTS {
                let (old, len) = (lists.start[n] as usize, lists.len[n] as usize);
                let room = room(s, n, len, lists.room[n] as usize) + SPARE as usize + 4;
                (lists.start[n], lists.room[n]) = (entry.len() as u32, room as u32);
                entry.extend_from_slice(&self.entry[old..old + len]);
                entry.resize(lists.start[n] as usize + room, 0);
            }
            // One entry and one place to write to.
            (lists.start[BULK], lists.room[BULK]) = (entry.len() as u32, u32::MAX);
            entry.extend([0, 0]);
        }
        entry.shrink_to_fit();
        self.entry = entry;
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let by_slab = size_of::<Slab>() * self.slabs.capacity() + size_of_val(&*self.tree);
        by_slab + 4 * self.entry.capacity() + 2 * self.place.capacity()
    }
}

impl Open<'_> {
    /// Slab of a layer.
    #[inline(always)]
    pub fn slab_of(&self, layer: usize) -> usize {
        layer >> self.shift
    }

    /// Sum of all weights.
    #[inline(always)]
    pub fn total(&self) -> u64 {
        self.tree[1]
    }

    /// Slab and list that 64 random bits name, and how many entries the list has. The total must not be 0.
    #[inline(always)]
    pub fn draw(&self, bits: u64) -> (usize, usize, u32) {
        // No branches: they could not be predicted.
        let mut x = ((u128::from(bits) * u128::from(self.tree[1])) >> 64) as u64;
        let mut node = 1;
        while node < self.leaves {
            let (rest, left) = x.overflowing_sub(self.tree[2 * node % (2 * MOST)]);
            x = if left { x } else { rest };
            node = 2 * node + usize::from(!left);
        }
        let slab = node - self.leaves;
        let lists = &self.slabs[slab];
        let (mut n, mut sum) = (1, 0u64);
        for c in 1..LISTS - 1 {
            sum = sum.wrapping_add(lists.mass[c]);
            n = if x >= sum { c + 1 } else { n };
        }
        (slab, n, lists.len[n])
    }

    /// An entry of a list.
    #[inline(always)]
    pub fn site(&self, slab: usize, n: usize, place: u32) -> usize {
        self.entry[(self.slabs[slab].start[n % WIDTH] + place) as usize] as usize
    }

    /// What is left to refuse of class `n` in a slab, relative to its bound: the exact weight over what is drawn by.
    #[inline(always)]
    pub fn share(&self, slab: usize, n: usize) -> f32 {
        self.slabs[slab].share[n % WIDTH]
    }

    /// Whether there are atoms of one bond in a slab or beside it.
    #[inline(always)]
    pub fn lone(&self, slab: usize) -> bool {
        let ones = |slab: usize| self.slabs.get(slab).map_or(0, |s| s.len[1]);
        ones(slab) | ones(slab.wrapping_sub(1)) | ones(slab + 1) != 0
    }

    /// Begins a change of lists of this slab and the next few.
    #[inline(always)]
    pub fn begin(&mut self, first: usize) {
        self.first = first;
    }

    /// Tells the tree what has changed.
    #[inline(always)]
    pub fn end(&mut self) {
        // Five layers lie in one or two slabs of eight, in more only if the slabs are thinner.
        let reach = if self.shift < 3 { REACH } else { 2 };
        for i in 0..reach {
            if self.change[i] != 0 {
                add(self.tree, self.leaves + self.first + i, self.change[i]);
                self.change[i] = 0;
            }
        }
    }

    /// Takes an atom out of list `n`.
    #[inline(always)]
    pub fn remove(&mut self, site: usize, slab: usize, n: usize) {
        let lists = &mut self.slabs[slab];
        let n = n % WIDTH;
        let weight = lists.weight[n];
        lists.mass[n] = lists.mass[n].wrapping_sub(weight);
        let last = lists.len[n].wrapping_sub(1);
        lists.len[n] = last + u32::from(n == BULK);
        let place = self.place[site];
        let moved = self.entry[(lists.start[n] + last) as usize];
        self.entry[lists.start[n] as usize + usize::from(place)] = moved;
        self.place[moved as usize] = place;
        self.note(slab, weight.wrapping_neg());
    }

    /// Puts an atom into list `n`.
    #[inline(always)]
    pub fn push(&mut self, site: usize, slab: usize, n: usize) {
        let lists = &mut self.slabs[slab];
        let n = n % WIDTH;
        let weight = lists.weight[n];
        lists.mass[n] = lists.mass[n].wrapping_add(weight);
        let place = lists.len[n];
        lists.len[n] = place + u32::from(n != BULK);
        if place + SPARE >= lists.room[n] {
            mark(&mut self.tight);
        }
        self.entry[(lists.start[n] + place) as usize] = if n == BULK { 0 } else { site as u32 };
        self.place[site] = place as u16;
        self.note(slab, weight);
    }

    /// Moves an atom from list `n` to list `m`.
    #[inline(always)]
    pub fn shift(&mut self, site: usize, slab: usize, n: usize, m: usize) {
        let lists = &mut self.slabs[slab];
        let (n, m) = (n % WIDTH, m % WIDTH);
        let (less, more) = (lists.weight[n], lists.weight[m]);
        lists.mass[n] = lists.mass[n].wrapping_sub(less);
        lists.mass[m] = lists.mass[m].wrapping_add(more);
        let (last, there) = (lists.len[n].wrapping_sub(1), lists.len[m]);
        lists.len[n] = last + u32::from(n == BULK);
        lists.len[m] = there + u32::from(m != BULK);
        if there + SPARE >= lists.room[m] {
            mark(&mut self.tight);
        }
        let place = self.place[site];
        let moved = self.entry[(lists.start[n] + last) as usize];
        self.entry[lists.start[n] as usize + usize::from(place)] = moved;
        self.place[moved as usize] = place;
        self.entry[(lists.start[m] + there) as usize] = if m == BULK { 0 } else { site as u32 };
        self.place[site] = there as u16;
        self.note(slab, more.wrapping_sub(less));
    }

    #[inline(always)]
    fn note(&mut self, slab: usize, change: u64) {
        let change_of = &mut self.change[slab.wrapping_sub(self.first) % REACH];
        *change_of = change_of.wrapping_add(change);
    }
}

#[inline(always)]
fn add(tree: &mut [u64; 2 * MOST], leaf: usize, change: u64) {
    let mut node = leaf;
    while node > 0 {
        tree[node % (2 * MOST)] = tree[node % (2 * MOST)].wrapping_add(change);
        node /= 2;
    }
}

/// Out of the way, so that the usual case has nothing to do.
#[cold]
#[inline(never)]
fn mark(tight: &mut bool) {
    *tight = true;
}

#[cfg(test)]
impl Lists {
    /// Places and sums counted from scratch.
    pub fn assert_sound(&self, words: &[u16]) {
        let mut total = 0;
        for (slab, lists) in self.slabs.iter().enumerate() {
            let mut sum = 0;
            for n in 0..LISTS {
                sum += u64::from(lists.len[n]) * lists.weight[n];
                assert_eq!(lists.mass[n], u64::from(lists.len[n]) * lists.weight[n]);
                assert!(lists.len[n] + SPARE <= lists.room[n]);
                for place in 0..lists.len[n] {
                    let site = self.entry[(lists.start[n] + place) as usize] as usize;
                    assert_eq!((list(bonds(words[site])), u32::from(self.place[site])), (n, place));
                }
            }
            assert_eq!((lists.len[BULK], lists.weight[BULK], lists.mass[BULK]), (1, 0, 0));
            assert_eq!(self.entry[lists.start[BULK] as usize..][..2], [0, 0]);
            assert_eq!(sum, self.tree[self.leaves + slab]);
            total += sum;
        }
        for node in 1..self.leaves {
            assert_eq!(self.tree[node], self.tree[2 * node] + self.tree[2 * node + 1]);
        }
        assert_eq!((total, false), (self.total(), self.tight));
    }
}
