//! The twelve ways that lead away from a site, by column: found once from the graph, and shared by columns that look alike.

use crate::lattice::{Graph, NEIGHBOURS, shell_of};
use std::collections::HashMap;

/// What is the same for all sites of a column. Filled up to two lines of the cache.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(align(128))]
pub struct Way {
    /// Difference of site numbers.
    pub delta: [i32; NEIGHBOURS],
    /// The bit by which the neighbour knows this site; 0 for guards of the last shell, which know nobody.
    pub back: [u16; NEIGHBOURS],
    /// Which of this site's neighbours are also the neighbour's.
    pub common: [u16; NEIGHBOURS],
    /// Difference of layers.
    pub layer: [i8; NEIGHBOURS],
    /// Displacement along the axis in half pitches.
    pub half: [i8; NEIGHBOURS],
}

impl Way {
    /// The neighbour of a site.
    #[inline(always)]
    pub fn to(&self, site: usize, q: usize) -> usize {
        (site as i64 + i64::from(self.delta[q])) as usize
    }

    /// Its layer.
    #[inline(always)]
    pub fn layer_to(&self, layer: usize, q: usize) -> usize {
        (layer as i64 + i64::from(self.layer[q])) as usize
    }
}

/// The ways of all columns.
#[derive(Clone, Debug)]
pub struct Ways {
    of: Vec<u16>,
    all: Vec<Way>,
    layers: u32,
    /// One over the number of layers, times 2^64 and rounded up: exact for all sites (Lemire and others 2019).
    inverse: u64,
}

impl Ways {
    /// Of a graph of at least five layers.
    pub fn new(graph: &Graph) -> Ways {
        let layers = graph.layers() as i64;
        let open = graph.open_columns();
        let mut found = HashMap::new();
        let mut all = Vec::new();
        let deltas: Vec<_> = (0..open).map(|c| graph.delta(c)).collect();
        let parity = |column: usize| (shell_of(column).0 % 2) as i64;
        let of = (0..open)
            .map(|column| {
                let delta = deltas[column];
                let base = column as i64 * layers + 2;
                let there = delta.map(|d| base + i64::from(d));
                let columns = there.map(|n| (n / layers) as usize);
                let layer = there.map(|n| (n % layers - 2) as i8);
                let way = Way {
                    delta,
                    back: std::array::from_fn(|q| {
                        deltas.get(columns[q]).and_then(|d| d.iter().position(|d| *d == -delta[q])).map_or(0, |p| 1 << p)
                    }),
                    common: std::array::from_fn(|q| {
                        let near = |n: i64| deltas.get(columns[q]).is_some_and(|d| d.iter().any(|d| there[q] + i64::from(*d) == n));
                        (0..NEIGHBOURS).map(|p| u16::from(near(there[p])) << p).sum()
                    }),
                    layer,
                    half: std::array::from_fn(|q| (2 * i64::from(layer[q]) + parity(columns[q]) - parity(column)) as i8),
                };
                *found.entry(way).or_insert_with(|| {
                    all.push(way);
                    (all.len() - 1) as u16
                })
            })
            .collect();
        Ways { of, all, layers: layers as u32, inverse: u64::MAX / layers as u64 + 1 }
    }

    /// Column of a site.
    #[inline]
    pub fn column(&self, site: usize) -> usize {
        ((u128::from(self.inverse) * site as u128) >> 64) as usize
    }

    /// Layer of a site.
    #[inline]
    pub fn layer(&self, site: usize) -> usize {
        site - self.column(site) * self.layers as usize
    }

    /// Layers of the graph.
    #[inline(always)]
    pub fn layers(&self) -> usize {
        self.layers as usize
    }

    /// The ways of a column that is no guard.
    #[inline]
    pub fn of(&self, column: usize) -> &Way {
        &self.all[usize::from(self.of[column])]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        2 * self.of.capacity() + size_of::<Way>() * self.all.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_share_their_ways() {
        let ways = Ways::new(&Graph::new(25, 8, 1).unwrap());
        assert!(ways.all.len() < 700 && ways.of.len() == 1501, "{} of {}", ways.all.len(), ways.of.len());
    }

    #[test]
    fn ways_lead_back_and_common_neighbours_are_common_from_both_sides() {
        let graph = Graph::new(8, 10, 1).unwrap();
        let ways = Ways::new(&graph);
        for site in (0..graph.sites()).filter(|s| !graph.guard(*s)) {
            let column = ways.column(site);
            assert_eq!((column, ways.layer(site)), (site / 10, site % 10));
            let (way, near) = (ways.of(column), graph.neighbours(site));
            for q in 0..NEIGHBOURS {
                let there = near[q];
                assert_eq!((site as i64 + i64::from(way.delta[q])) as usize, there);
                assert_eq!((site % 10) as i64 + i64::from(way.layer[q]), (there % 10) as i64);
                let dx = (graph.position(there)[0] - graph.position(site)[0]) / graph.pitch();
                assert!((dx - 0.5 * f64::from(way.half[q])).abs() < 1e-9);
                if there / 10 >= graph.open_columns() {
                    assert_eq!(way.back[q], 0);
                    continue;
                }
                let other = ways.of(there / 10);
                assert_eq!(way.back[q].count_ones(), 1);
                let p = way.back[q].trailing_zeros() as usize;
                assert_eq!((way.delta[q], way.back[q]), (-other.delta[p], 1 << p));
                assert_eq!(1 << q, other.back[p]);
                if !graph.guard(there) {
                    let both = near.iter().filter(|n| graph.neighbours(there).contains(n)).count();
                    assert_eq!((way.common[q].count_ones() as usize, other.common[p].count_ones() as usize), (both, both));
                }
            }
        }
    }
}
