//! How engines number sites in memory: eight columns side by side, so that a neighbourhood lies on three or four cache lines, not seven.
//!
//! Columns are put in the order of pairs of shells, then around them; eight successive ones (two shells, four places) form a group, and
//! layer k of a group follows layer k - 1. The differences from a site to its neighbours are then still those of its column, whatever k.

use super::graph::{Graph, NEIGHBOURS, columns};
use super::memory::Block;

const WIDE: usize = 8;

/// Addresses of the sites of a lattice.
#[derive(Clone, Debug)]
pub struct Tiles {
    layers: u32,
    /// By place: differences of addresses, modulo 2^32, to the two in the own shell and the first of four pairs, from there to the second, and
    /// the column. All differences are zero for the last shell. Half a line of the cache.
    row: Block<[u32; 8]>,
    /// Place of each column.
    place: Vec<u32>,
}

impl Tiles {
    pub fn new(graph: &Graph) -> Tiles {
        let at = |r: usize, t: usize| if r == 0 { 0 } else { columns(r - 1) + t };
        let mut order: Vec<u32> = Vec::with_capacity(graph.columns().next_multiple_of(WIDE));
        for low in (0..graph.shells() + 1).step_by(2) {
            for wedge in 0..5 {
                for s in 0..=low {
                    for r in [low, low + 1].into_iter().filter(|r| s < (*r).max(1) && *r <= graph.shells()) {
                        if r > 0 || wedge == 0 {
                            order.push(at(r, wedge * r + s) as u32);
                        }
                    }
                }
            }
        }
        let mut place = vec![0; graph.columns()];
        for (p, column) in order.iter().enumerate() {
            place[*column as usize] = p as u32;
        }
        let mut tiles = Tiles { layers: graph.layers() as u32, row: Block::zeroed(order.len()), place };
        for (p, column) in order.into_iter().enumerate() {
            let column = column as usize;
            tiles.row.all_mut()[p][7] = column as u32;
            if column < graph.open_columns() {
                // From layer 1, so that a step of -1 stays in its column.
                let site = column * graph.layers() + 1;
                let here = tiles.address(column, 1) as u32;
                let delta = graph.delta(column).map(|d| {
                    let there = (site as i64 + i64::from(d)) as usize;
                    (tiles.address(there / graph.layers(), there % graph.layers()) as u32).wrapping_sub(here)
                });
                let row = &mut tiles.row.all_mut()[p];
                *row = [delta[2], delta[3], delta[4], delta[6], delta[8], delta[10], delta[5].wrapping_sub(delta[4]), row[7]];
            }
        }
        tiles
    }

    /// Number of addresses, unused ones included.
    pub fn len(&self) -> usize {
        self.row.all().len().next_multiple_of(WIDE) * self.layers as usize
    }

    /// Address of a site.
    #[inline]
    pub fn address(&self, column: usize, k: usize) -> usize {
        let place = self.place[column] as usize;
        (place / WIDE * self.layers as usize + k) * WIDE + place % WIDE
    }

    /// Address of a site by its number in the graph.
    pub fn address_of(&self, site: usize) -> usize {
        self.address(site / self.layers as usize, site % self.layers as usize)
    }

    /// Number in the graph of the site at an address that is used.
    pub fn site(&self, address: usize) -> usize {
        self.column_of(address) * self.layers as usize + address / WIDE % self.layers as usize
    }

    /// Column of an address that is used.
    pub fn column_of(&self, address: usize) -> usize {
        self.row.all()[self.place_of(address)][7] as usize
    }

    #[inline]
    fn place_of(&self, address: usize) -> usize {
        // Half the time of a division of 64 bits.
        ((address / WIDE) as u32 / self.layers) as usize * WIDE + address % WIDE
    }

    /// Differences to the neighbours of an address, in the order of [`Graph::delta`]; of no use in the last shell.
    #[inline]
    pub fn delta(&self, address: usize) -> [u32; NEIGHBOURS] {
        let [s, t, a, b, c, d, pair, _] = self.row.all()[self.place_of(address)];
        let second = |first: u32| first.wrapping_add(pair);
        [WIDE as u32, (WIDE as u32).wrapping_neg(), s, t, a, second(a), b, second(b), c, second(c), d, second(d)]
    }

    /// Six of them, one in each column around.
    #[inline]
    pub fn around(&self, address: usize) -> [u32; 6] {
        let [s, t, a, b, c, d, ..] = self.row.all()[self.place_of(address)];
        [s, t, a, b, c, d]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        32 * self.row.all().len() + 4 * self.place.len()
    }
}

/// The address at a difference.
#[inline]
pub fn over(address: usize, delta: u32) -> usize {
    (address as u32).wrapping_add(delta) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_has_an_address_of_its_own_and_the_neighbours_of_the_graph() {
        for shells in [1, 2, 5, 8] {
            let g = Graph::new(shells, 7, 1).unwrap();
            let tiles = Tiles::new(&g);
            let mut taken = vec![false; tiles.len()];
            for site in 0..g.sites() {
                let a = tiles.address_of(site);
                assert!(!std::mem::replace(&mut taken[a], true));
                assert_eq!(tiles.site(a), site);
                if !g.guard(site) {
                    assert_eq!(tiles.delta(a).map(|d| tiles.site(over(a, d))), g.neighbours(site));
                }
            }
        }
    }
}
