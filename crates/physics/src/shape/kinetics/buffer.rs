//! Open ends: buffers that keep their number of atoms.

use super::lists::{BONDS, FIXED, OCCUPIED, bonds};
use super::stretch::only_bond;
use super::{Buffer, Kinetics};
use crate::random::Stream;

/// Bonds that a site must have to be filled.
const FILLED_FROM: usize = 5;
/// Most bonds of an atom that is taken out.
const TAKEN_TO: usize = 7;
/// Difference from the target from which on it is restored: of the buffer, and of each of its layers.
const SLACK: i64 = 2;
const LAYER_SLACK: i64 = 4;
/// Sites that are tried at random before all are looked at in order.
const TRIES: usize = 256;

/// A buffer at work.
#[derive(Clone, Debug)]
pub struct Zone {
    pub first: usize,
    pub last: usize,
    pub target: i64,
    /// That of each layer: the same, rounded.
    pub each: Vec<i64>,
    /// Atoms in it.
    pub count: i64,
}

impl Kinetics {
    /// Opens or closes an end: 0 before layer 1, 1 behind the last layer that is not held.
    ///
    /// At an open end the number of atoms in the layers beside it stays within two of the target, and that of each layer within four of its
    /// share, whatever hops in or out: what drifts in is taken out where it gathers. Atoms are added at
    /// random vacant sites with five bonds or more, and random ones of seven or less are taken out, none that would leave another without a
    /// bond. Where there is no such site it waits for one. A target that is not finite closes the end; more layers than half of all are cut
    /// to that; other ends than 0 and 1 do not exist and nothing happens.
    pub fn set_buffer(&mut self, end: usize, buffer: Option<Buffer>) {
        if end > 1 {
            return;
        }
        let layers = self.graph.layers();
        let mark = 1u8 << end;
        self.zone_of.iter_mut().for_each(|z| *z &= !mark);
        self.zones[end] = buffer.filter(|b| b.target.is_finite()).map(|b| {
            let depth = b.layers.clamp(1, layers / 2 - 1);
            let (first, last) = if end == 0 { (1, depth) } else { (layers - 1 - depth, layers - 2) };
            let target = b.target.round().clamp(0.0, 1e15) as i64;
            let upto = |k: usize| target * k as i64 / depth as i64;
            let each = (0..depth).map(|k| upto(k + 1) - upto(k)).collect();
            Zone { first, last, target, each, count: self.layer_counts[first..=last].iter().map(|n| i64::from(*n)).sum() }
        });
        if let Some(zone) = &self.zones[end] {
            self.zone_of[zone.first..=zone.last].iter_mut().for_each(|z| *z |= mark);
        }
        let mut random = self.random.clone();
        self.regulate(end, &mut random);
        self.random = random;
    }

    /// Counts an atom that changes its layer. Whether a buffer must be looked at: one of its layers has changed.
    #[inline]
    pub(super) fn crossed(&mut self, from: usize, to: usize) -> bool {
        let (a, b) = (self.zone_of[from], self.zone_of[to]);
        if a == b {
            return a != 0 && from != to;
        }
        for end in 0..2 {
            if let Some(zone) = &mut self.zones[end] {
                zone.count += i64::from(b >> end & 1) - i64::from(a >> end & 1);
            }
        }
        true
    }

    /// Restores the number of atoms of a buffer if it is too far off.
    pub(super) fn regulate(&mut self, end: usize, random: &mut Stream) {
        let Some(zone) = &self.zones[end] else { return };
        let (first, depth) = (zone.first, zone.each.len());
        // Each turn brings the buffer nearer to its targets by one atom.
        loop {
            let Some(zone) = &self.zones[end] else { return };
            let off = |k: usize| i64::from(self.layer_counts[first + k]) - zone.each[k];
            let all = zone.count - zone.target;
            let worst = (0..depth).max_by_key(|k| off(*k).abs()).unwrap_or(0);
            let (layer, add) = if off(worst).abs() >= LAYER_SLACK {
                (worst, off(worst) < 0)
            } else if all >= SLACK {
                ((0..depth).max_by_key(|k| off(*k)).unwrap_or(0), false)
            } else if all <= -SLACK {
                ((0..depth).min_by_key(|k| off(*k)).unwrap_or(0), true)
            } else {
                return;
            };
            let fits = |k: &Kinetics, site: usize| if add { k.can_fill(site) } else { k.can_take(site) };
            let Some(site) = self.find(first + layer, first + layer, random, fits) else { return };
            if add {
                self.fill(site);
                self.ledger.added[end] += 1;
            } else {
                self.empty(site);
                self.ledger.removed[end] += 1;
            }
        }
    }

    /// A random site of some layers that fits.
    fn find(&self, first: usize, last: usize, random: &mut Stream, fits: impl Fn(&Kinetics, usize) -> bool) -> Option<usize> {
        let (depth, layers) = (last - first + 1, self.graph.layers());
        let all = self.graph.open_columns() * depth;
        let site = |i: usize| i / depth * layers + first + i % depth;
        let mut any = || ((u128::from(random.bits()) * all as u128) >> 64) as usize;
        if let Some(found) = (0..TRIES).map(|_| site(any())).find(|s| fits(self, *s)) {
            return Some(found);
        }
        let start = any();
        (0..all).map(|i| site((start + i) % all)).find(|s| fits(self, *s))
    }

    fn can_fill(&self, site: usize) -> bool {
        let word = self.words[site];
        word & (OCCUPIED | FIXED) == 0 && bonds(word) >= FILLED_FROM
    }

    fn can_take(&self, site: usize) -> bool {
        let word = self.words[site];
        word & (OCCUPIED | FIXED) == OCCUPIED
            && bonds(word) <= TAKEN_TO
            && !only_bond(&self.words, self.ways.of(self.ways.column(site)), site, word & BONDS)
    }
}
