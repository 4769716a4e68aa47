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

    /// Finds them: occupied sites that are neighbours belong together; those of the guard layers join nothing.
    pub fn find(graph: &Graph, occupied: impl Fn(usize) -> bool) -> Pieces {
        let layers = graph.layers();
        let mut runs = Runs::new(graph);
        runs.find(|column, runs| {
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
        });
        let mut number = vec![0usize; runs.len()];
        let mut count = 0;
        for r in 0..runs.len() {
            let top = runs.piece(r);
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
            for r in runs.column(column) {
                let [from, to] = runs.run(r).map(|k| column * layers + k);
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

/// Runs of successive occupied sites of the columns, and which of them are connected. There are far fewer runs than sites.
#[derive(Clone, Debug)]
pub struct Runs {
    /// By open column: further columns with neighbours, and how many layers up these are; where those of each column begin, and their number.
    further: Vec<(u32, i32)>,
    first_further: Vec<u32>,
    /// First layer, and the one after the last.
    runs: Vec<[u32; 2]>,
    /// The first run of each open column, and their number.
    first: Vec<usize>,
    parent: Vec<u32>,
}

impl Runs {
    /// For a lattice; none yet.
    pub fn new(graph: &Graph) -> Runs {
        let layers = graph.layers() as i64;
        let mut further = Vec::new();
        let mut first_further = vec![0];
        for column in 0..graph.open_columns() {
            for d in graph.delta(column) {
                // From layer 1, so that a step of -1 stays in its column.
                let there = column as i64 * layers + 1 + i64::from(d);
                let (other, step) = ((there / layers) as usize, (there % layers - 1) as i32);
                if other > column && other < graph.open_columns() {
                    further.push((other as u32, step));
                }
            }
            first_further.push(further.len() as u32);
        }
        Runs { further, first_further, runs: Vec::new(), first: vec![0; graph.open_columns() + 1], parent: Vec::new() }
    }

    /// Finds them: `of` appends the runs of an open column, in order of layers, to a list. All layers count, guards too if they are given.
    pub fn find(&mut self, mut of: impl FnMut(usize, &mut Vec<[u32; 2]>)) {
        let Runs { further, first_further, runs, first, parent } = self;
        let columns = first.len() - 1;
        runs.clear();
        for column in 0..columns {
            first[column] = runs.len();
            of(column, runs);
        }
        first[columns] = runs.len();
        parent.clear();
        parent.extend(0..runs.len() as u32);
        for column in 0..columns {
            if first[column] == first[column + 1] {
                continue;
            }
            for (other, step) in &further[first_further[column] as usize..first_further[column + 1] as usize] {
                let other = *other as usize;
                let (mut a, mut b) = (first[column], first[other]);
                while a < first[column + 1] && b < first[other + 1] {
                    let (here, far) = (runs[a].map(|k| k as i32 + step), runs[b].map(|k| k as i32));
                    if here[0] < far[1] && far[0] < here[1] {
                        let (ra, rb) = (root(parent, a), root(parent, b));
                        parent[ra.max(rb)] = ra.min(rb) as u32;
                    }
                    if here[1] < far[1] { a += 1 } else { b += 1 }
                }
            }
        }
    }

    /// Number of runs.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// The runs of an open column.
    pub fn column(&self, column: usize) -> std::ops::Range<usize> {
        self.first[column]..self.first[column + 1]
    }

    /// First layer of a run, and the one after its last.
    pub fn run(&self, r: usize) -> [usize; 2] {
        self.runs[r].map(|k| k as usize)
    }

    /// The first run of the piece that a run belongs to.
    pub fn piece(&mut self, r: usize) -> usize {
        root(&mut self.parent, r)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        8 * self.further.len() + 12 * (self.runs.capacity() + self.first.len())
    }
}

/// Appends the runs of set bits, those below `layers`, to a list.
pub fn runs_of(words: &[u64], layers: usize, runs: &mut Vec<[u32; 2]>) {
    let mut start = None;
    for (i, word) in words.iter().enumerate() {
        let (base, mut at) = (64 * i as u32, 0);
        while at < 64 {
            // Up to the next change.
            let rest = if start.is_none() { word >> at } else { !word >> at };
            if rest == 0 {
                break;
            }
            at += rest.trailing_zeros();
            match start.take() {
                None => start = Some(base + at),
                Some(from) => runs.push([from, base + at]),
            }
        }
    }
    if let Some(from) = start {
        runs.push([from, 64 * words.len() as u32]);
    }
    while let Some(last) = runs.last_mut()
        && last[1] as usize > layers
    {
        last[1] = layers as u32;
        if last[0] < last[1] {
            break;
        }
        runs.pop();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_bits_are_those_found_one_by_one() {
        let words = [[0, 0, 0], [u64::MAX; 3], [0x8000_0000_0000_0001, 1, 0x8000_0000_0000_0000], [0xF0F0, 0xFF00_0000_0000_0000, 0x7]];
        for words in words {
            for layers in [130, 150, 191, 192] {
                let mut found = vec![[0, 1]];
                runs_of(&words, layers, &mut found);
                let set = |k: usize| k < layers && words[k / 64] >> (k % 64) & 1 == 1;
                let mut expected = vec![[0, 1]];
                for k in 0..layers {
                    match (k > 0 && set(k - 1), set(k)) {
                        (false, true) => expected.push([k as u32, k as u32 + 1]),
                        (true, true) => expected.last_mut().unwrap()[1] = k as u32 + 1,
                        _ => {}
                    }
                }
                assert_eq!(found, expected, "{words:x?} {layers}");
            }
        }
    }
}
