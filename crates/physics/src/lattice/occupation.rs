//! Which sites hold an atom: what engines start from and leave, and what is measured and imaged.

use super::graph::{Graph, NEIGHBOURS};

/// Anything that knows which sites of a column are occupied.
pub trait Occupied {
    /// Sets bit k of `bits` for each occupied site k of a column. `bits` comes zeroed and has a bit for each layer.
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]);
}

/// Words of 64 layers that a column takes.
pub fn words(graph: &Graph) -> usize {
    graph.layers().div_ceil(64)
}

/// Occupied sites, one bit each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Occupation {
    words: usize,
    bits: Vec<u64>,
}

impl Occupation {
    /// Of a shape or an engine.
    pub fn of(shape: &(impl Occupied + ?Sized), graph: &Graph) -> Occupation {
        let words = words(graph);
        let mut bits = vec![0u64; words * graph.columns()];
        for (column, row) in bits.chunks_mut(words).enumerate() {
            shape.column(graph, column, row);
        }
        Occupation { words, bits }
    }

    /// Whether it has the columns and layers of a lattice.
    pub fn fits(&self, graph: &Graph) -> bool {
        self.words == words(graph) && self.bits.len() == self.words * graph.columns()
    }
    /// Whether a site is occupied.
    pub fn get(&self, column: usize, k: usize) -> bool {
        self.bits[column * self.words + k / 64] >> (k % 64) & 1 == 1
    }
    /// Empties a site.
    pub fn clear(&mut self, column: usize, k: usize) {
        self.bits[column * self.words + k / 64] &= !(1 << (k % 64));
    }
    /// Fills a site.
    pub fn set(&mut self, column: usize, k: usize) {
        self.bits[column * self.words + k / 64] |= 1 << (k % 64);
    }
    /// Occupied sites.
    pub fn count(&self) -> u64 {
        self.bits.iter().map(|w| u64::from(w.count_ones())).sum()
    }
    /// The last occupied layer of a column.
    pub fn top(&self, column: usize) -> Option<usize> {
        let row = self.row(column);
        let word = row.iter().rposition(|w| *w != 0)?;
        Some(64 * word + 63 - row[word].leading_zeros() as usize)
    }
    /// The words of a column.
    pub fn row(&self, column: usize) -> &[u64] {
        &self.bits[column * self.words..(column + 1) * self.words]
    }

    /// Occupied neighbours of a site that is no guard.
    pub fn coordination(&self, graph: &Graph, site: usize) -> usize {
        let layers = graph.layers();
        graph.neighbours(site).iter().filter(|n| self.get(**n / layers, **n % layers)).count()
    }

    /// Occupied sites with less than twelve occupied neighbours, guards left out, in order.
    pub fn surface(&self, graph: &Graph) -> Vec<u32> {
        let mut found = Vec::new();
        for column in 0..graph.open_columns() {
            for (k, n) in exposed(graph, column, |c| self.row(c)) {
                debug_assert!(n < NEIGHBOURS);
                found.push((column * graph.layers() + k) as u32);
            }
        }
        found
    }

    /// Places [m] of occupied sites for which `keep` holds of the place along the axis and across it, in order of sites.
    pub fn positions(&self, graph: &Graph, mut keep: impl FnMut(&[f64; 3]) -> bool) -> Vec<[f64; 3]> {
        let mut found = Vec::new();
        for column in 0..graph.columns() {
            let row = self.row(column);
            if row.iter().all(|w| *w == 0) {
                continue;
            }
            let [y, z] = graph.column_position(column);
            for k in ones(row) {
                let p = [graph.layer_position(column, k), y, z];
                if keep(&p) {
                    found.push(p);
                }
            }
        }
        found
    }
}

impl Occupied for Occupation {
    fn column(&self, _: &Graph, column: usize, bits: &mut [u64]) {
        bits.copy_from_slice(self.row(column));
    }
}

/// Numbers of the set bits.
pub fn ones(words: &[u64]) -> impl Iterator<Item = usize> + '_ {
    words.iter().enumerate().flat_map(|(i, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let k = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                64 * i + k
            })
        })
    })
}

/// Occupied sites of an open column that miss a neighbour, with the number of neighbours they have; guard layers are left out.
/// `row` gives the words of any column.
pub fn exposed<'a>(graph: &Graph, column: usize, row: impl Fn(usize) -> &'a [u64]) -> Vec<(usize, usize)> {
    let layers = graph.layers() as i64;
    let own = row(column);
    if own.iter().all(|w| *w == 0) {
        return Vec::new();
    }
    let neighbours: Vec<(&[u64], i64)> = graph
        .delta(column)
        .iter()
        .map(|d| {
            let there = column as i64 * layers + 1 + i64::from(*d); // from layer 1, so that a step of -1 stays in its column
            (row((there / layers) as usize), there % layers - 1)
        })
        .collect();
    // A word of a neighbouring column, shifted so that bit k is the neighbour of site k.
    let shifted = |(row, step): &(&[u64], i64), i: usize| match step {
        0 => row[i],
        1 => row[i] >> 1 | row.get(i + 1).map_or(0, |w| w << 63),
        _ => row[i] << 1 | if i > 0 { row[i - 1] >> 63 } else { 0 },
    };
    let mut found = Vec::new();
    let last = graph.layers() - 1;
    for i in 0..own.len() {
        if own[i] == 0 {
            continue;
        }
        let around: [u64; NEIGHBOURS] = std::array::from_fn(|q| shifted(&neighbours[q], i));
        let bulk = around.iter().fold(u64::MAX, |all, w| all & w);
        let mut rest = own[i] & !bulk;
        while rest != 0 {
            let bit = rest.trailing_zeros();
            rest &= rest - 1;
            let k = 64 * i + bit as usize;
            if k > 0 && k < last {
                found.push((k, around.iter().filter(|w| *w >> bit & 1 == 1).count()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Random;
    impl Occupied for Random {
        fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
            let mut x = column as u64 + 1;
            for k in 0..graph.layers() {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if x >> 62 != 0 {
                    bits[k / 64] |= 1 << (k % 64);
                }
            }
        }
    }

    #[test]
    fn coordinations_by_words_and_one_by_one_agree() {
        let g = Graph::new(7, 150, 1).unwrap();
        let all = Occupation::of(&Random, &g);
        let mut seen = 0;
        for column in 0..g.open_columns() {
            let found = exposed(&g, column, |c| all.row(c));
            let mut expected = Vec::new();
            for k in 1..g.layers() - 1 {
                let n = all.coordination(&g, column * g.layers() + k);
                if all.get(column, k) && n < 12 {
                    expected.push((k, n));
                }
            }
            assert_eq!(found, expected);
            seen += found.len();
        }
        assert!(seen > 1000 && all.count() as usize > seen);
        assert_eq!(all.surface(&g).len(), seen);
    }
}
