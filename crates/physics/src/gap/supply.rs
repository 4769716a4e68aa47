//! Electrons reach a body along its best path from the negative electrode (rewiring.md section 2.4): what floats gets none.

use super::links::{Bond, Node};

/// The bonds of each node; holds as long as the pairs of nodes are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    first: Vec<u32>,
    bonds: Vec<u32>,
}

impl Ways {
    /// The bonds of each of `nodes` nodes.
    pub fn new(nodes: usize, pairs: &[(Node, Node)]) -> Ways {
        let mut first = vec![0u32; nodes + 1];
        for &(a, b) in pairs {
            first[a + 1] += 1;
            first[b + 1] += 1;
        }
        for n in 0..nodes {
            first[n + 1] += first[n];
        }
        let mut next = first.clone();
        let mut bonds = vec![0; 2 * pairs.len()];
        for (i, &(a, b)) in pairs.iter().enumerate() {
            for n in [a, b] {
                bonds[next[n] as usize] = i as u32;
                next[n] += 1;
            }
        }
        Ways { first, bonds }
    }

    /// Conductance of the best path from `from` to each node [S]; infinite at the start, 0 where none leads; and the bond by which it arrives.
    pub fn paths(&self, bonds: &[Bond], from: &[Node]) -> (Vec<f64>, Vec<Option<usize>>) {
        let nodes = self.first.len().saturating_sub(1);
        let mut resistance = vec![f64::INFINITY; nodes];
        let mut by = vec![None; nodes];
        let mut done = vec![false; nodes];
        let mut front: Vec<Node> = from.iter().copied().filter(|n| *n < nodes).collect();
        for &f in &front {
            resistance[f] = 0.0;
        }
        while let Some((at, &n)) = front.iter().enumerate().min_by(|a, b| resistance[*a.1].total_cmp(&resistance[*b.1])) {
            front.swap_remove(at);
            done[n] = true;
            for &i in &self.bonds[self.first[n] as usize..self.first[n + 1] as usize] {
                let bond = &bonds[i as usize];
                let other = bond.a + bond.b - n;
                let r = resistance[n] + 1.0 / bond.g;
                if !done[other] && r < resistance[other] {
                    if resistance[other].is_infinite() {
                        front.push(other);
                    }
                    resistance[other] = r;
                    by[other] = Some(i as usize);
                }
            }
        }
        (resistance.iter().map(|r| 1.0 / r).collect(), by)
    }
}
