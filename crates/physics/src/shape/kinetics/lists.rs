//! Lists of the atoms that can hop, by slab and number of bonds, and drawing from them.
//!
//! The lists are exact: an atom that gains or loses a bond changes its list. A site's word holds its place in it. Weights are whole
//! numbers, so that their sums never drift; what was rounded up is refused later (see [`Lists::share`]).

use crate::lattice::NEIGHBOURS;

/// The neighbours that are occupied, by direction.
pub const BONDS: u32 = 0xFFF;
/// The site is occupied.
pub const OCCUPIED: u32 = 1 << 12;
/// The site never changes.
pub const FIXED: u32 = 1 << 13;
/// The site is under the skin.
pub const COVERED: u32 = 1 << 14;
/// The potential changes by more over a step from or to here than the slab's bound allows for.
pub const STEEP: u32 = 1 << 15;
/// Where the place in a list begins.
const PLACE: u32 = 16;

/// Slabs whose weights are summed together.
const GROUP: usize = 8;
/// Classes of 0 to 11 bonds: atoms of 12 cannot hop and have no list.
pub const CLASSES: usize = NEIGHBOURS;

/// Occupied neighbours of a site.
#[inline]
pub fn bonds(word: u32) -> usize {
    usize::from(COUNT[(word & BONDS) as usize])
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

/// Where one list lies in the store.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    start: u32,
    room: u32,
}

/// The lists.
#[derive(Clone, Debug)]
pub struct Lists {
    /// Layers of a slab are 1 << `shift`.
    shift: u32,
    /// By slab and class: lengths, and what one entry weighs.
    len: Vec<[u32; CLASSES]>,
    weight: Vec<[u64; CLASSES + 1]>,
    /// By slab and class: the exact weight over the whole one, and over the slab's bound.
    share: Vec<[f32; CLASSES]>,
    bin: Vec<[Bin; CLASSES]>,
    entry: Vec<u32>,
    /// Sums of weights: of slabs, of groups of slabs, of all.
    slab: Vec<u64>,
    group: Vec<u64>,
    total: u64,
    /// Weight of the rate 1.
    unit: f64,
    /// Atoms of one bond.
    pub lone: u64,
}

impl Lists {
    /// Empty lists for so many layers and columns that are no guards.
    pub fn new(layers: usize, columns: usize) -> Lists {
        // A place has sixteen bits.
        let mut shift = 3;
        while shift > 0 && columns << shift > 1 << PLACE {
            shift -= 1;
        }
        let slabs = (layers >> shift) + 1;
        let padded = slabs.next_multiple_of(GROUP);
        Lists {
            shift,
            len: vec![[0; CLASSES]; padded],
            weight: vec![[0; CLASSES + 1]; padded],
            share: vec![[0.0; CLASSES]; padded],
            bin: vec![[Bin::default(); CLASSES]; padded],
            entry: Vec::new(),
            slab: vec![0; padded],
            group: vec![0; padded / GROUP],
            total: 0,
            unit: 1.0,
            lone: 0,
        }
    }

    /// Slab of a layer.
    #[inline]
    pub fn slab_of(&self, layer: usize) -> usize {
        layer >> self.shift
    }

    /// Slabs, the last ones perhaps empty.
    pub fn slabs(&self) -> usize {
        self.len.len()
    }

    /// Layers of a slab.
    pub fn layers_of(&self, slab: usize) -> std::ops::Range<usize> {
        slab << self.shift..(slab + 1) << self.shift
    }

    /// Sum of all weights.
    #[inline]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Weight of the rate 1.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// What is left to refuse of class `n` in a slab, relative to its bound: the exact weight over what is drawn by.
    #[inline]
    pub fn share(&self, slab: usize, n: usize) -> f32 {
        self.share[slab][n]
    }

    /// New rates: by class at most `most` anywhere, for at most `sites` sites. All slabs must be given their rates next.
    pub fn set_unit(&mut self, most: f64, sites: usize) {
        // The sum of all weights stays below 2^63.
        self.unit = (1u64 << (62 - (usize::BITS - sites.leading_zeros()).min(40))) as f64 / most;
    }

    /// Rates of a slab: `rate` by class, times a bound.
    pub fn set_slab(&mut self, slab: usize, rate: &[f64; CLASSES], bound: f64) {
        for n in 0..CLASSES {
            let exact = rate[n] * self.unit;
            let weight = (exact * bound).ceil();
            self.weight[slab][n] = weight as u64;
            self.share[slab][n] = if weight > 0.0 { (exact / weight) as f32 } else { 0.0 };
        }
        let sum: u64 = (0..CLASSES).map(|n| u64::from(self.len[slab][n]) * self.weight[slab][n]).sum();
        let change = sum.wrapping_sub(self.slab[slab]);
        self.add(slab, change);
    }

    #[inline]
    fn add(&mut self, slab: usize, change: u64) {
        self.slab[slab] = self.slab[slab].wrapping_add(change);
        self.group[slab / GROUP] = self.group[slab / GROUP].wrapping_add(change);
        self.total = self.total.wrapping_add(change);
    }

    /// Slab and class that 64 random bits name, and how many entries the list has. The total must not be 0.
    #[inline]
    pub fn draw(&self, bits: u64) -> (usize, usize, u32) {
        let mut x = ((u128::from(bits) * u128::from(self.total)) >> 64) as u64;
        let mut g = 0;
        for sum in &self.group[..self.group.len() - 1] {
            if x < *sum {
                break;
            }
            x -= sum;
            g += 1;
        }
        let (mut slab, mut below, mut sum) = (0, 0, 0);
        let slabs: &[u64; GROUP] = self.slab[g * GROUP..][..GROUP].try_into().expect("whole groups");
        for w in slabs {
            sum += w;
            let beyond = x >= sum;
            slab += usize::from(beyond);
            below = if beyond { sum } else { below };
        }
        let slab = g * GROUP + slab.min(GROUP - 1);
        x -= below;
        let (len, weight) = (&self.len[slab], &self.weight[slab]);
        let (mut n, mut sum) = (0, 0);
        for c in 0..CLASSES {
            sum += u64::from(len[c]) * weight[c];
            n += usize::from(x >= sum);
        }
        let n = n.min(CLASSES - 1);
        (slab, n, len[n])
    }

    /// An entry of a list.
    #[inline]
    pub fn site(&self, slab: usize, n: usize, place: u32) -> usize {
        self.entry[(self.bin[slab][n].start + place) as usize] as usize
    }

    /// All sites of a slab's lists.
    pub fn of(&self, slab: usize) -> impl Iterator<Item = usize> + '_ {
        (0..CLASSES).flat_map(move |n| {
            let start = self.bin[slab][n].start as usize;
            self.entry[start..start + self.len[slab][n] as usize].iter().map(|s| *s as usize)
        })
    }

    /// Takes an atom of `n` bonds out of its list.
    #[inline]
    pub fn remove(&mut self, words: &mut [u32], site: usize, slab: usize, n: usize) {
        if n == NEIGHBOURS {
            return;
        }
        let place = words[site] >> PLACE;
        let len = &mut self.len[slab][n];
        *len -= 1;
        let start = self.bin[slab][n].start;
        let last = self.entry[(start + *len) as usize];
        self.entry[(start + place) as usize] = last;
        let word = &mut words[last as usize];
        *word = (*word & ((1 << PLACE) - 1)) | place << PLACE;
        self.lone -= u64::from(n == 1);
        let weight = self.weight[slab][n];
        self.add(slab, weight.wrapping_neg());
    }

    /// Puts an atom of `n` bonds into its list.
    #[inline]
    pub fn push(&mut self, words: &mut [u32], site: usize, slab: usize, n: usize) {
        if n == NEIGHBOURS {
            return;
        }
        let place = self.len[slab][n];
        if place == self.bin[slab][n].room {
            self.grow(slab, n);
        }
        self.len[slab][n] = place + 1;
        self.entry[(self.bin[slab][n].start + place) as usize] = site as u32;
        let word = &mut words[site];
        *word = (*word & ((1 << PLACE) - 1)) | place << PLACE;
        self.lone += u64::from(n == 1);
        let weight = self.weight[slab][n];
        self.add(slab, weight);
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, slab: usize, class: usize) {
        self.lay_out(|s, n, len| len + if (s, n) == (slab, class) { len / 2 + 8 } else { len / 16 + 2 });
    }

    /// Makes room for so many entries by slab and class.
    pub fn reserve(&mut self, wanted: &[[u32; CLASSES]]) {
        self.lay_out(|s, n, len| {
            let wanted = len.max(wanted.get(s).map_or(0, |w| w[n] as usize));
            wanted + wanted / 8 + 4
        });
    }

    /// Lays the store out anew, with the room asked for by slab, class and length.
    fn lay_out(&mut self, room: impl Fn(usize, usize, usize) -> usize) {
        let mut entry = Vec::with_capacity(self.entry.len() + self.entry.len() / 8 + 64);
        for s in 0..self.len.len() {
            for n in 0..CLASSES {
                let len = self.len[s][n] as usize;
                let old = self.bin[s][n].start as usize;
                let start = entry.len();
                let room = room(s, n, len);
                entry.extend_from_slice(&self.entry[old..old + len]);
                entry.resize(start + room, 0);
                self.bin[s][n] = Bin { start: start as u32, room: room as u32 };
            }
        }
        self.entry = entry;
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let by_slab =
            size_of::<[u32; CLASSES]>() + size_of::<[u64; CLASSES + 1]>() + size_of::<[f32; CLASSES]>() + size_of::<[Bin; CLASSES]>() + 8;
        by_slab * self.len.capacity() + 4 * self.entry.capacity() + 8 * self.group.capacity()
    }
}

#[cfg(test)]
impl Lists {
    /// Places and sums counted from scratch.
    pub fn assert_sound(&self, words: &[u32]) {
        let mut lone = 0;
        let mut total = 0;
        for slab in 0..self.len.len() {
            let mut sum = 0;
            for n in 0..CLASSES {
                lone += if n == 1 { u64::from(self.len[slab][n]) } else { 0 };
                sum += u64::from(self.len[slab][n]) * self.weight[slab][n];
                for place in 0..self.len[slab][n] {
                    let word = words[self.site(slab, n, place)];
                    assert_eq!((bonds(word), word >> PLACE), (n, place));
                }
            }
            assert_eq!(sum, self.slab[slab]);
            total += sum;
        }
        for (g, sum) in self.group.iter().enumerate() {
            assert_eq!(self.slab[g * GROUP..][..GROUP].iter().sum::<u64>(), *sum);
        }
        assert_eq!((total, lone), (self.total, self.lone));
    }
}
