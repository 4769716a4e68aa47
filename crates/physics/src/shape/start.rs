//! What the lattice starts from: a wire whose layers have given numbers of sites.

use crate::lattice::{Graph, Occupied, columns, shell_of};

/// Layers filled to a number of sites each: whole shells, and on the next one islands that grow from the middle of the five walls. The edges,
/// whose sites have the fewest bonds, come last and go first.
pub struct Filled {
    /// Place of each column in the order of filling.
    rank: Vec<u32>,
    counts: Vec<u32>,
}

impl Filled {
    /// So many sites in each layer.
    pub fn new(graph: &Graph, counts: Vec<u32>) -> Filled {
        let mut order: Vec<usize> = (0..graph.columns()).collect();
        let key = |column: usize| {
            let (r, t) = shell_of(column);
            let s = if r > 0 { t % r } else { 0 };
            // From the middle of the wall; the twin plane's column (s = 0) is the farthest.
            (r, (2 * s).abs_diff(r), s)
        };
        order.sort_by_key(|c| (key(*c), *c));
        let mut rank = vec![0; graph.columns()];
        for (place, column) in order.into_iter().enumerate() {
            rank[column] = place as u32;
        }
        Filled { rank, counts }
    }

    /// A whole wire of `shells` shells.
    pub fn section(graph: &Graph, shells: usize) -> Filled {
        Filled::new(graph, vec![columns(shells) as u32; graph.layers()])
    }

    /// Numbers of sites for real numbers of them: rounded, and what is rounded off is carried on, so that the sum is right to one site.
    pub fn rounded(sites: impl Iterator<Item = f64>) -> Vec<u32> {
        let mut rest = 0.0;
        sites
            .map(|n| {
                let wanted = n + rest;
                let whole = wanted.round().max(0.0);
                rest = wanted - whole;
                whole as u32
            })
            .collect()
    }
}

impl Occupied for Filled {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        if column >= graph.open_columns() {
            return;
        }
        for (k, n) in self.counts.iter().enumerate() {
            if self.rank[column] < *n {
                bits[k / 64] |= 1 << (k % 64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lattice::{Form, Occupation, Start};

    #[test]
    fn layers_have_their_numbers_and_a_whole_number_of_shells_is_the_section() {
        let graph = Graph::new(9, 12, 15).unwrap();
        let counts = Filled::rounded((0..12).map(|k| 76.0 + 1.3 * f64::from(k)));
        assert!((f64::from(counts.iter().sum::<u32>()) - (0..12).map(|k| 76.0 + 1.3 * f64::from(k)).sum::<f64>()).abs() <= 0.5);
        let state = Occupation::of(&Filled::new(&graph, counts.clone()), &graph);
        for (k, n) in counts.iter().enumerate() {
            assert_eq!((0..graph.columns()).filter(|c| state.get(*c, k)).count() as u32, *n);
        }
        let section = Occupation::of(&Filled::section(&graph, 6), &graph);
        assert_eq!(section, Occupation::of(&Start { shells: 6, form: Form::Section }, &graph));
    }
}
