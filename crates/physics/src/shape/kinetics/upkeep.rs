//! What is done between attempts: atoms put in and taken out, bounds and weights.

use super::Kinetics;
use super::bias::CLIP;
use super::lists::{FIXED, OCCUPIED, STEEP, bonds, list};
use super::stretch::Hop;
use crate::lattice::NEIGHBOURS;

impl Kinetics {
    /// What the last hop asks for. Whether it went into a buffer or out of one.
    pub(super) fn attend(&mut self, hop: Hop) -> bool {
        if (self.words[hop.from] | self.words[hop.to]) & STEEP != 0 {
            self.reached(hop.from);
            self.reached(hop.to);
        }
        self.crossed(self.ways.layer(hop.from), self.ways.layer(hop.to))
    }

    /// Fills a vacant site that is not held.
    pub(super) fn fill(&mut self, site: usize) {
        self.toggle(site, true);
    }

    /// Empties an occupied site that is not held.
    pub(super) fn empty(&mut self, site: usize) {
        self.toggle(site, false);
    }

    fn toggle(&mut self, site: usize, fill: bool) {
        let k = self.ways.layer(site);
        let way = self.ways.of(self.ways.column(site));
        let n = list(bonds(self.words[site]));
        let mut lists = self.lists.open();
        let slab = lists.slab_of(k);
        lists.begin(lists.slab_of(k - 1));
        if fill {
            lists.push(site, slab, n)
        } else {
            lists.remove(site, slab, n)
        }
        self.words[site] ^= OCCUPIED;
        for p in 0..NEIGHBOURS {
            let there = way.to(site, p);
            let before = self.words[there];
            self.words[there] ^= way.back[p];
            if before & (OCCUPIED | FIXED) == OCCUPIED {
                let n = bonds(before);
                let (n, m) = (list(n), list(if fill { n + 1 } else { n - 1 }));
                if n != m {
                    lists.shift(there, lists.slab_of(way.layer_to(k, p)), n, m);
                }
            }
        }
        lists.end();
        let tight = lists.tight;
        self.lists.close(tight);
        self.lists.widen();
        let one = if fill { 1 } else { u32::MAX };
        self.layer_counts[k] = self.layer_counts[k].wrapping_add(one);
        self.count = if fill { self.count + 1 } else { self.count - 1 };
        for (end, zone) in self.zones.iter_mut().enumerate() {
            if let Some(zone) = zone.as_mut().filter(|_| self.zone_of[k] >> end & 1 == 1) {
                zone.count += if fill { 1 } else { -1 };
            }
        }
        if self.words[site] & STEEP != 0 {
            self.reached(site);
        }
    }

    /// Rates of the present facet state.
    pub(super) fn take_beta(&mut self) {
        self.rate = std::array::from_fn(|n| if n == 0 { 0.0 } else { (NEIGHBOURS - n) as f64 * ((6.0 - n as f64) * self.beta).exp() });
        let most = self.rate.iter().fold(0.0f64, |m, r| m.max(*r)) * (0.5 * CLIP).exp();
        self.lists.set_unit(most, self.words.len());
        self.weigh();
    }

    /// Bounds of all slabs, for the present potential and surface.
    pub(super) fn bound(&mut self) {
        for slab in 0..self.lists.slabs() {
            let seen = self.lists.of(slab).map(|site| self.steepest(site)).max().unwrap_or(0);
            self.allowed[slab] = self.bias.allowance(seen);
        }
        // Where the surface may get to is looked at when it does.
        self.words.iter_mut().for_each(|w| *w |= STEEP);
        self.weigh();
    }

    /// Largest change of the potential from a site to a neighbour, whether occupied now or not.
    pub(super) fn steepest(&self, site: usize) -> u16 {
        let way = self.ways.of(self.ways.column(site));
        let there = (0..NEIGHBOURS).map(|q| way.to(site, q));
        there.filter(|t| self.words[*t] & FIXED == 0).map(|t| self.bias.change(site, t)).max().unwrap_or(0)
    }

    /// The surface has reached a site that was not looked at since the potential was set, or is steep: raises the bounds that do not allow
    /// for the hops that are possible now. If all that may ever be are allowed for, it is not looked at again.
    #[inline(never)]
    fn reached(&mut self, site: usize) {
        let way = *self.ways.of(self.ways.column(site));
        let k = self.ways.layer(site);
        let own = self.words[site] & OCCUPIED != 0;
        let slab = self.lists.slab_of(k);
        let mut steep = false;
        for q in 0..NEIGHBOURS {
            let there = way.to(site, q);
            if self.words[there] & FIXED != 0 {
                continue;
            }
            let change = self.bias.change(site, there);
            let other = self.lists.slab_of(way.layer_to(k, q));
            if change <= self.allowed[slab].min(self.allowed[other]) {
                continue;
            }
            steep = true;
            let slab = if own { slab } else { other };
            if own != (self.words[there] & OCCUPIED != 0) && change > self.allowed[slab] {
                self.allowed[slab] = self.bias.allowance(change);
                self.weigh_slab(slab);
            }
        }
        if !steep {
            self.words[site] &= !STEEP;
        }
    }

    /// Weights of all lists, for the present rates, mobilities and bounds.
    pub(super) fn weigh(&mut self) {
        for slab in 0..self.lists.slabs() {
            self.weigh_slab(slab);
        }
    }

    fn weigh_slab(&mut self, slab: usize) {
        let layers = self.lists.layers_of(slab);
        let fastest = layers.filter_map(|k| self.mobility.get(k)).fold(0.0f32, |m, v| m.max(*v));
        self.lists.set_slab(slab, &self.rate, f64::from(fastest) * self.bias.most(self.allowed[slab]));
    }
}
