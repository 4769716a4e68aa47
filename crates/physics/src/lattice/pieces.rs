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

    /// Finds them: occupied sites that are neighbours belong together; those of the guard layers join nothing. Goes by runs of occupied
    /// sites of a column, of which there are far fewer than sites.
    pub fn find(graph: &Graph, occupied: impl Fn(usize) -> bool) -> Pieces {
        let layers = graph.layers();
        let mut runs: Vec<[u32; 2]> = Vec::new();
        let mut first = vec![0usize; graph.open_columns() + 1];
        for column in 0..graph.open_columns() {
            first[column] = runs.len();
            let mut start = None;
            for k in 1..layers {
                match (k + 1 < layers && occupied(column * layers + k), start) {
                    (true, None) => start = Some(k as u32),
                    (false, Some(from)) => {
                        runs.push([from, k as u32]);
                        start = None;
                    }
                    _ => {}
                }
            }
        }
        first[graph.open_columns()] = runs.len();
        let mut parent: Vec<u32> = (0..runs.len() as u32).collect();
        for column in 0..graph.open_columns() {
            for d in graph.delta(column) {
                // From layer 1, so that a step of -1 stays in its column.
                let there = (column * layers + 1) as i64 + i64::from(d);
                let (other, step) = ((there / layers as i64) as usize, there % layers as i64 - 1);
                if other <= column || other >= graph.open_columns() {
                    continue;
                }
                let (mut a, mut b) = (first[column], first[other]);
                while a < first[column + 1] && b < first[other + 1] {
                    let (here, far) = (runs[a].map(|k| i64::from(k) + step), runs[b].map(i64::from));
                    if here[0] < far[1] && far[0] < here[1] {
                        let (ra, rb) = (root(&mut parent, a), root(&mut parent, b));
                        parent[ra.max(rb)] = ra.min(rb) as u32;
                    }
                    if here[1] < far[1] { a += 1 } else { b += 1 }
                }
            }
        }
        let mut number = vec![0usize; runs.len()];
        let mut count = 0;
        for r in 0..runs.len() {
            let top = root(&mut parent, r);
            if top == r {
                count += 1;
                number[r] = count;
            } else {
                number[r] = number[top];
            }
        }
        if count <= 1 {
            return Pieces { label: Vec::new(), count };
        }
        let mut label = vec![0u8; graph.sites()];
        for column in 0..graph.open_columns() {
            for r in first[column]..first[column + 1] {
                let [from, to] = runs[r].map(|k| column * layers + k as usize);
                label[from..to].fill(number[r].min(MOST) as u8);
            }
        }
        Pieces { label, count }
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

/// The first run of the set that a run belongs to.
fn root(parent: &mut [u32], mut r: usize) -> usize {
    while parent[r] as usize != r {
        parent[r] = parent[parent[r] as usize];
        r = parent[r] as usize;
    }
    r
}
