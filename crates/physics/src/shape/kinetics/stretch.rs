//! Attempts, one after the other, until something else than hopping has to be done.

use super::bias::factor;
use super::lists::{BONDS, COVERED, FIXED, OCCUPIED, STEEP, bonds, list};
use super::ways::Way;
use super::{IDLE, Kinetics};
use crate::lattice::NEIGHBOURS;
use crate::random::Stream;

/// Which list an atom leaves and, times 16, which one it joins, by its bonds now, plus 16 if it has gained one, or else has lost one, plus 32
/// if it is fixed; 0 if it stays.
static MOVES: [u8; 64] = {
    let mut table = [0u8; 64];
    let mut m = 0;
    while m <= NEIGHBOURS {
        if m < NEIGHBOURS && list(m) != list(m + 1) {
            table[m] = (list(m + 1) | list(m) << 4) as u8;
        }
        if m > 0 && list(m) != list(m - 1) {
            table[16 + m] = (list(m - 1) | list(m) << 4) as u8;
        }
        m += 1;
    }
    table
};

/// A hop.
#[derive(Clone, Copy, Debug)]
pub struct Hop {
    pub from: usize,
    pub to: usize,
}

impl Kinetics {
    /// Attempts until so many hops have been made, until a time, or until a hop that asks for more: it has reached where the potential is
    /// steep, or has changed a layer of a buffer, or a list is short of room.
    pub(super) fn stretch(&mut self, random: &mut Stream, last: u64, until: f64) -> Option<Hop> {
        let mut stream = random.clone();
        let unit = self.lists.unit();
        let Kinetics { ways, words, bias, mobility, skin, zone_of, layer_counts, .. } = self;
        // Slices of the same length: one comparison is enough for all of them.
        let (layers, words, factors) = (ways.layers(), &mut words[..], &*bias.factor);
        let level = &bias.level[..];
        let (mobility, zone_of, layer_counts) = (&mobility[..layers], &zone_of[..layers], &mut layer_counts[..layers]);
        let mut lists = self.lists.open();
        lists.place = &mut lists.place[..level.len()];
        let (mut time, mut hops, mut attempts, mut flux) = (self.time, self.hops, self.attempts, self.flux);
        let mut idle = self.idle;
        let mut wait = unit / lists.total() as f64;
        let mut pause = None;
        // Neighbours of the site that is left and of the one that is filled; those that change their list, and how.
        let (mut near, mut movers, mut moves) = ([0u32; 2 * NEIGHBOURS], [0u32; 2 * NEIGHBOURS], [0u8; 2 * NEIGHBOURS]);
        while time < until && idle <= IDLE {
            attempts += 1;
            idle += 1;
            time += wait;
            let (slab, drawn, len) = lists.draw(stream.bits());
            // One number for the entry, another for the direction and, with what it leaves, for whether the hop is refused.
            let bits = stream.bits();
            let place = ((bits >> 32) * u64::from(len)) >> 32;
            let from = lists.site(slab, drawn, place as u32);
            let column = ways.column(from);
            let k = from - column * layers;
            let way = ways.of(column);
            let word = words[from];
            let n = bonds(word);
            let turn = (bits & 0xFFFF_FFFF) * (NEIGHBOURS - n) as u64;
            let q = pick(!word & BONDS, (turn >> 32) as usize);
            let to = way.to(from, q);
            let there = words[to];
            // Of the neighbours there one is this atom itself.
            let room = there & BONDS;
            if there & FIXED != 0 || room & room.wrapping_sub(1) == 0 {
                continue;
            }
            let to_layer = way.layer_to(k, q);
            let (here, beyond) = (mobility[k], mobility[to_layer]);
            let slower = if here < beyond { here } else { beyond } * skin[usize::from((word | there) & COVERED != 0)];
            let chance = slower * lists.share(slab, n) * factor(factors, level[from], level[to]);
            if (turn as u32) as f32 * (1.0 / (1u64 << 32) as f32) >= chance {
                continue;
            }
            // Neighbours of both keep their number of bonds.
            let losing = word & BONDS & !way.common[q];
            if lists.lone(slab) && only_bond(words, way, from, losing) {
                continue;
            }
            let other = ways.of(ways.column(to));
            let gaining = room & !other.common[way.back[q].trailing_zeros() as usize % 16] & !way.back[q];
            lists.begin(lists.slab_of(k.saturating_sub(2)));
            lists.remove(from, slab, drawn);
            words[from] = word ^ OCCUPIED;
            words[to] = there ^ OCCUPIED;
            for p in 0..NEIGHBOURS {
                let site = way.to(from, p);
                near[p] = site as u32;
                words[site] ^= way.back[p];
            }
            for p in 0..NEIGHBOURS {
                let site = other.to(to, p);
                near[NEIGHBOURS + p] = site as u32;
                words[site] ^= other.back[p];
            }
            // First find out which atoms change their list, without a branch, then move them.
            let mut count = 0;
            let mut rest = u32::from(losing) | u32::from(gaining) << NEIGHBOURS;
            while rest != 0 {
                let p = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                let site = near[p];
                let word = words[site as usize];
                // Bonds now, whether it has gained one, whether it is fixed.
                let m = MOVES[(bonds(word) | ((p + 4) & 16) | usize::from(word >> 8 & 32)) % 64];
                movers[count] = site;
                moves[count] = m;
                count += usize::from(m != 0);
            }
            for (site, m) in movers[..count].iter().zip(&moves[..count]) {
                let site = *site as usize;
                lists.shift(site, lists.slab_of(ways.layer(site)), usize::from(m % 16), usize::from(m / 16));
            }
            lists.push(to, lists.slab_of(to_layer), list(bonds(words[to])));
            lists.end();
            layer_counts[k] -= 1;
            layer_counts[to_layer] += 1;
            flux += i64::from(way.half[q]);
            hops += 1;
            idle = 0;
            wait = unit / lists.total() as f64;
            let asks = ((word | there) & STEEP != 0)
                | (((zone_of[k] | zone_of[to_layer]) != 0) & (k != to_layer))
                | lists.tight
                | (lists.total() == 0);
            if hops >= last || asks {
                pause = Some(Hop { from, to });
                break;
            }
        }
        let tight = lists.tight;
        self.lists.close(tight);
        (self.time, self.hops, self.attempts, self.flux, self.idle) = (time, hops, attempts, flux, idle);
        *random = stream;
        pause
    }
}

/// Whether an atom is the only bond of one of these neighbours.
#[inline]
pub fn only_bond(words: &[u16], way: &Way, site: usize, among: u16) -> bool {
    (0..NEIGHBOURS).any(|q| {
        let word = words[way.to(site, q)];
        among >> q & 1 == 1 && word & FIXED == 0 && bonds(word) == 1
    })
}

/// Number of the `which`-th set bit of twelve, counted from 0.
#[inline(always)]
fn pick(mask: u16, which: usize) -> usize {
    let (low, high) = (usize::from(mask % 64), usize::from(mask / 64 % 64));
    let below = usize::from(WHICH[low * 8 + 7]);
    // Without a branch: it could not be predicted.
    let upper = usize::from(which >= below).wrapping_neg();
    let at = ((low & !upper) | ((64 + high) & upper)) * 8 + which - (below & upper);
    usize::from(WHICH[at % 1024])
}

/// Numbers of the set bits of the six lower and of the six upper bits; last, how many there are.
static WHICH: [u8; 1024] = {
    let mut table = [0u8; 1024];
    let mut row = 0;
    while row < 128 {
        let (mut bit, mut n) = (0, 0);
        while bit < 6 {
            if row >> bit & 1 == 1 {
                table[row * 8 + n] = if row < 64 { bit } else { bit + 6 };
                n += 1;
            }
            bit += 1;
        }
        table[row * 8 + 7] = n as u8;
        row += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vacant_direction_can_be_picked() {
        for mask in 0..1u16 << NEIGHBOURS {
            let found: Vec<usize> = (0..mask.count_ones() as usize).map(|w| pick(mask, w)).collect();
            assert_eq!(found, (0..NEIGHBOURS).filter(|q| mask >> q & 1 == 1).collect::<Vec<_>>());
        }
    }
}
