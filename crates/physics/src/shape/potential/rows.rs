//! Fields of a number per site, column by column, and sums over the twelve neighbours.
//!
//! The sites of a column are contiguous and its neighbours are found by the same offsets for all of them, so a sum over neighbours is a sum
//! of shifted rows: no index is read per site, and the compiler takes four sites at a time. Zeros stand between rows, for neighbours beyond
//! the ends.

use crate::lattice::{Graph, NEIGHBOURS, shell_of};

/// Zeros before the first row.
const LEAD: usize = 8;

/// Where the rows of a column and its neighbours begin.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    own: u32,
    /// Two rows of single neighbours: at the same layer in the own shell; for the axis, both of its fifth neighbour.
    single: [u32; 2],
    /// Four columns of the other parity with two neighbours each, at k and at k + 1 (odd shells) or k - 1 (even ones).
    pair: [u32; 4],
    odd: bool,
    /// The columns of all these.
    columns: [u32; 6],
}

/// The rows of a lattice.
#[derive(Clone, Debug)]
pub struct Rows {
    stride: usize,
    around: Vec<Around>,
    len: usize,
}

impl Rows {
    pub fn new(graph: &Graph) -> Rows {
        let layers = graph.layers();
        let stride = (layers + 1).next_multiple_of(8);
        let around = (0..graph.open_columns())
            .map(|column| {
                let delta = graph.delta(column);
                // From layer 1, so that a step of -1 stays in its column.
                let start = |q: usize| {
                    let there = (column * layers + 1) as i64 + i64::from(delta[q]);
                    let (column, step) = (there / layers as i64, there % layers as i64 - 1);
                    (LEAD as i64 + column * stride as i64 + step) as u32
                };
                let (single, first) = if shell_of(column).0 == 0 { ([10, 11], 2) } else { ([2, 3], 4) };
                debug_assert!(delta.len() == NEIGHBOURS);
                let pair = [0, 2, 4, 6].map(|q| start(first + q));
                let single = single.map(start);
                let columns = [single[0], single[1], pair[0], pair[1], pair[2], pair[3]];
                Around {
                    own: (LEAD + column * stride) as u32,
                    single,
                    pair,
                    odd: shell_of(column).0 % 2 == 1,
                    columns: columns.map(|at| ((at as usize + 1 - LEAD) / stride) as u32),
                }
            })
            .collect();
        Rows { stride, around, len: LEAD + graph.columns() * stride }
    }

    /// Length of a field.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Where layer 0 of a column is.
    pub fn base(&self, column: usize) -> usize {
        LEAD + column * self.stride
    }
    /// 0 for columns of even shells, 1 for those of odd ones.
    pub fn parity(&self, column: usize) -> usize {
        usize::from(self.around[column].odd)
    }
    /// Open columns.
    pub fn columns(&self) -> usize {
        self.around.len()
    }
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of::<Around>() * self.around.len()
    }
    /// The columns around.
    pub fn neighbours(&self, column: usize) -> [usize; 6] {
        self.around[column].columns.map(|c| c as usize)
    }
    /// Where the rows of single neighbours begin.
    pub fn single(&self, column: usize) -> [usize; 2] {
        self.around[column].single.map(|at| at as usize)
    }

    /// Sums of a field over the four neighbours of the other parity at the same layer, for layers `from - 1` to behind `to`: `sum[i]` is for
    /// layer `from - 1 + i`.
    #[inline]
    pub fn pairs<T: Number>(&self, field: &[T], column: usize, from: usize, to: usize, sum: &mut [T]) {
        let n = to - from + 2;
        let row = |at: u32| &field[at as usize + from - 1..][..n];
        let [a, b, c, d] = self.around[column].pair.map(row);
        let sum = &mut sum[..n];
        for i in 0..n {
            sum[i] = (a[i] + b[i]) + (c[i] + d[i]);
        }
    }

    /// Sums of a field over the twelve neighbours of layers `from` to before `to`. `pairs` is work space of at least two more.
    #[inline]
    pub fn sums<T: Number>(&self, field: &[T], column: usize, from: usize, to: usize, pairs: &mut [T], sum: &mut [T]) {
        self.pairs(field, column, from, to, pairs);
        let n = to - from;
        let Around { own, single, odd, .. } = self.around[column];
        let row = |at: usize| &field[at + from..][..n];
        let (up, down) = (row(own as usize + 1), row(own as usize - 1));
        let [s, t] = single.map(|at| row(at as usize));
        let (here, there) = (&pairs[1..][..n], &pairs[if odd { 2 } else { 0 }..][..n]);
        let sum = &mut sum[..n];
        for i in 0..n {
            sum[i] = ((up[i] + down[i]) + (s[i] + t[i])) + (here[i] + there[i]);
        }
    }

    /// Sums of the differences from a site to those of its twelve neighbours where the field is not exactly 0.
    #[inline]
    pub fn differences(&self, field: &[f32], column: usize, from: usize, to: usize, sum: &mut [f32]) {
        let n = to - from;
        let Around { own, single, pair, odd, .. } = self.around[column];
        let row = |at: usize| &field[at + from..][..n];
        let sum = &mut sum[..n];
        sum.fill(0.0);
        let x = row(own as usize);
        let step = |at: u32| row(if odd { at as usize + 1 } else { at as usize - 1 });
        let singles = [row(own as usize + 1), row(own as usize - 1), row(single[0] as usize), row(single[1] as usize)];
        let (near, far) = (pair.map(|at| row(at as usize)), pair.map(step));
        // Without a branch: all ones where there is silver.
        let to = |here: f32, there: f32| f32::from_bits((here - there).to_bits() & u32::from(there == 0.0).wrapping_sub(1));
        for [a, b, c, d] in [singles, near, far] {
            for i in 0..n {
                sum[i] += (to(x[i], a[i]) + to(x[i], b[i])) + (to(x[i], c[i]) + to(x[i], d[i]));
            }
        }
    }
}

/// A number of a field.
pub trait Number: Copy + std::ops::Add<Output = Self> {}
impl Number for f32 {}
impl Number for u8 {}

/// Σ a b.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    let mut sum = [0.0f32; 16];
    for (a, b) in a.iter().zip(b) {
        for l in 0..16 {
            sum[l] += a[l] * b[l];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sum.into_iter().map(f64::from).sum::<f64>() + f64::from(rest)
}
