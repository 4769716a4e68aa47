//! Connected pieces of the occupied sites.

use super::graph::Graph;

/// Most pieces that are told apart; further small ones share the last number.
const MOST: usize = 250;

/// Which piece a site belongs to. Nothing is stored while there is one piece.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    label: Vec<u8>,
    count: usize,
}

impl Pieces {
    /// One piece.
    pub fn one() -> Pieces {
        Pieces { label: Vec::new(), count: 1 }
    }

    /// Finds them: occupied sites that are neighbours belong together. Each site is visited once.
    pub fn find(graph: &Graph, occupied: impl Fn(usize) -> bool) -> Pieces {
        let layers = graph.layers();
        let open = graph.open_columns() * layers;
        let mut label = vec![0u8; graph.sites()];
        let mut stack: Vec<u32> = Vec::new();
        let mut count = 0usize;
        let inner = |site: usize| !(site % layers == 0 || site % layers + 1 == layers) && site < open;
        for start in 0..open {
            if label[start] != 0 || !inner(start) || !occupied(start) {
                continue;
            }
            count += 1;
            let mark = count.min(MOST) as u8;
            label[start] = mark;
            stack.push(start as u32);
            while let Some(site) = stack.pop() {
                let site = site as usize;
                for d in graph.delta(graph.column_of(site)) {
                    let there = (site as i64 + i64::from(*d)) as usize;
                    if label[there] == 0 && occupied(there) {
                        label[there] = mark;
                        if inner(there) {
                            stack.push(there as u32);
                        }
                    }
                }
            }
        }
        if count <= 1 { Pieces { label: Vec::new(), count } } else { Pieces { label, count } }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The piece of an occupied site.
    #[inline]
    pub fn of(&self, site: usize) -> u8 {
        self.label.get(site).copied().unwrap_or(0)
    }

    /// An atom of a piece has settled here.
    #[inline]
    pub fn set(&mut self, site: usize, piece: u8) {
        if let Some(l) = self.label.get_mut(site) {
            *l = piece;
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.label.len()
    }
}
