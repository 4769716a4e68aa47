//! The averaged occupation of a coarse lattice, of which the surface is a level.
//!
//! * Each site with its twelve neighbours (4 : 1), twice, which leaves {100} and {111} walls where the half of their outermost sites is.
//!   Columns on twin planes are weighted so that the ridges of a pentagon stay sharp: a pristine section is exactly its pentagon.
//! * Along the axis further, so that slopes have no steps, but where a cross-section has nothing that would survive it: thin necks, apices
//!   (there each site with its neighbours once).

use crate::lattice::{Graph, NEIGHBOURS, Occupied, columns, shell_of};
use crate::materials::silver::OMEGA;

/// Planes per pitch.
pub const PLANES: usize = 4;
/// The level of the surface.
pub const LEVEL: f32 = 0.5;
/// Averages over the next layers along the axis (1 : 2 : 1): together with the neighbourhoods 1.2 pitches rms.
const ALONG: usize = 2;
/// Layers to which the ends of the lattice go on, for the averages.
pub const PAD: usize = 4;
/// Between these largest values in a plane, averages along the axis are left out bit by bit.
const THIN: [f32; 2] = [0.7, 0.95];

/// Averaged occupation of the columns up to a shell, with the ends gone on.
pub struct Field {
    /// Its last shell, with nothing in it.
    pub reach: usize,
    /// Layers of a column, padded.
    length: usize,
    /// Averaged occupation, column by column.
    value: Vec<f32>,
    /// Occupied sites by layer, of even shells and of odd ones.
    count: [Vec<u32>; 2],
}

impl Field {
    /// Of a lattice.
    pub fn new(graph: &Graph, occupied: &(impl Occupied + ?Sized)) -> Field {
        let layers = graph.layers();
        let length = layers + 2 * PAD;
        let mut bits = vec![0u64; layers.div_ceil(64)];
        let read = |column: usize, bits: &mut [u64]| {
            bits.fill(0);
            occupied.column(graph, column, bits);
            bits.iter().any(|w| *w != 0)
        };
        let outermost = (0..graph.columns()).rev().find(|c| read(*c, &mut bits)).map_or(0, |c| shell_of(c).0);
        // Two averages reach two shells further, and beyond them lies a shell of nothing.
        let reach = (outermost + 3).min(graph.shells());
        let all = columns(reach);
        let mut raw = vec![0.0f32; all * length];
        let mut count = [vec![0u32; length], vec![0u32; length]];
        for (column, line) in raw.chunks_mut(length).enumerate() {
            if !read(column, &mut bits) {
                continue;
            }
            let parity = shell_of(column).0 % 2;
            for (k, value) in line.iter_mut().enumerate() {
                let layer = k.saturating_sub(PAD).min(layers - 1);
                let one = (bits[layer / 64] >> (layer % 64) & 1) as u32;
                *value = one as f32;
                count[parity][k] += one;
            }
        }
        let stencils: Vec<_> = (0..columns(reach.saturating_sub(1))).map(|c| stencil(graph, c)).collect();
        let near = average(&stencils, &raw, length);
        let mut value = average(&stencils, &near, length);
        let mut before = vec![0.0f32; length];
        let mut most = [vec![0.0f32; length + 1], vec![0.0f32; length + 1]];
        for (column, line) in value.chunks_mut(length).enumerate() {
            for _ in 0..ALONG {
                before.copy_from_slice(line);
                for (value, w) in line[1..].iter_mut().zip(before.windows(3)) {
                    *value = 0.25 * (w[0] + w[2]) + 0.5 * w[1];
                }
            }
            most[shell_of(column).0 % 2].iter_mut().zip(line).for_each(|(m, v)| *m = m.max(*v));
        }
        // How much of the further average each layer takes: of the largest there is at its place, with the other shells half a pitch away.
        let share = [0, 1].map(|parity: usize| -> Vec<f32> {
            let beside = |k: usize| 0.5 * (most[1 - parity][(k + parity).saturating_sub(1)] + most[1 - parity][k + parity]);
            let top = |k: usize| most[parity][k].max(beside(k));
            (0..length).map(|k| ((top(k) - THIN[0]) / (THIN[1] - THIN[0])).clamp(0.0, 1.0)).collect()
        });
        for (column, (line, near)) in value.chunks_mut(length).zip(near.chunks(length)).enumerate() {
            let share = &share[shell_of(column).0 % 2];
            line.iter_mut().zip(near).zip(share).for_each(|((value, n), s)| *value = n + s * (*value - n));
        }
        Field { reach, length, value, count }
    }

    /// The field on planes.
    pub fn planes(&self) -> Planes<'_> {
        let count = PLANES * (self.length - 1);
        let words = count.div_ceil(64);
        let mut sign = vec![0u64; columns(self.reach) * words];
        let mut values = vec![0.0f32; count];
        for (column, (sign, line)) in sign.chunks_mut(words).zip(self.value.chunks(self.length)).enumerate() {
            let (low, high) = line.iter().fold((1.0f32, 0.0f32), |(l, h), v| (l.min(*v), h.max(*v)));
            if low > LEVEL || high <= LEVEL {
                sign.fill(if low > LEVEL { u64::MAX } else { 0 });
                continue;
            }
            let (first, rest) = values.split_at_mut(lag(column));
            first.fill(line[0]);
            for (values, w) in rest.chunks_mut(PLANES).zip(line.windows(2)) {
                let rise = w[1] - w[0];
                values.iter_mut().enumerate().for_each(|(s, v)| *v = w[0] + s as f32 * (1.0 / PLANES as f32) * rise);
            }
            for (word, values) in sign.iter_mut().zip(values.chunks(64)) {
                *word = values.iter().enumerate().fold(0, |w, (k, v)| w | u64::from(*v > LEVEL) << k);
            }
        }
        Planes { field: self, count, words, sign }
    }

    /// Area [m²] of the sites that each plane cuts.
    pub fn areas(&self, graph: &Graph, planes: usize) -> Vec<f64> {
        let site = OMEGA * graph.atoms_per_site() / graph.pitch();
        // A site reaches half a pitch to both sides; on its end two share a plane.
        let of = |parity: usize, q: usize| {
            let at = |q: usize| f64::from(self.count[parity][(q / PLANES).min(self.length - 1)]);
            let q = if parity == 0 { q + PLANES / 2 } else { q };
            0.5 * (at(q) + at(q.saturating_sub(1)))
        };
        (0..planes).map(|q| site * (of(0, q) + of(1, q))).collect()
    }
}

/// Average over neighbours; nothing in the last shell, and the first and the last layer are as the next.
fn average(stencils: &[[(usize, i32, f32); 1 + NEIGHBOURS]], field: &[f32], length: usize) -> Vec<f32> {
    let mut found = vec![0.0f32; field.len()];
    for (line, stencil) in found.chunks_mut(length).zip(stencils) {
        // What layer 1 sees, and on.
        let source = stencil.map(|(column, shift, weight)| {
            let from = column * length + (1 + shift) as usize;
            (&field[from..from + length - 2], weight)
        });
        for (k, value) in line[1..length - 1].iter_mut().enumerate() {
            *value = source.iter().map(|(s, w)| w * s[k]).sum();
        }
        (line[0], line[length - 1]) = (line[1], line[length - 2]);
    }
    found
}

/// What a site is averaged over: column, step along it, weight.
///
/// On a twin plane the pair inwards counts twice and the pairs outwards beside the plane half, so that along the ridge of a pentagon the
/// average is what it is on its walls.
fn stencil(graph: &Graph, column: usize) -> [(usize, i32, f32); 1 + NEIGHBOURS] {
    let layers = graph.layers() as i64;
    let (r, t) = shell_of(column);
    let twin = r > 0 && t % r == 0;
    let mut found = [(column, 0, 4.0 / 16.0); 1 + NEIGHBOURS];
    for (found, delta) in found[1..].iter_mut().zip(graph.delta(column)) {
        // From layer 1, so that a step of -1 stays in its column.
        let there = column as i64 * layers + 1 + i64::from(delta);
        let (other, shift) = ((there / layers) as usize, (there % layers - 1) as i32);
        let (s, u) = shell_of(other);
        let weight = match (twin, s as i64 - r as i64) {
            (true, -1) => 2.0,
            (true, 1) if u % s != 0 => 0.5,
            _ => 1.0,
        };
        *found = (other, shift, weight / 16.0);
    }
    found
}

/// Planes by which the layers of a column lie later: odd shells, half a pitch.
fn lag(column: usize) -> usize {
    PLANES / 2 * (shell_of(column).0 % 2)
}

/// The field on planes.
pub struct Planes<'a> {
    field: &'a Field,
    /// How many.
    pub count: usize,
    words: usize,
    /// Whether a column is above the level on each plane.
    sign: Vec<u64>,
}

impl Planes<'_> {
    /// Whether a column is above the level, bit by bit.
    pub fn signs(&self, column: usize) -> &[u64] {
        &self.sign[column * self.words..(column + 1) * self.words]
    }

    /// Values of a column, and the planes by which they lie later.
    pub fn line(&self, column: usize) -> (&[f32], usize) {
        (&self.field.value[column * self.field.length..(column + 1) * self.field.length], lag(column))
    }
}

/// Value of a column on a plane.
#[inline]
pub fn value((line, lag): (&[f32], usize), plane: usize) -> f32 {
    let q = plane.saturating_sub(lag);
    let (k, f) = (q / PLANES, (q % PLANES) as f32 * (1.0 / PLANES as f32));
    line[k] + f * (line[k + 1] - line[k])
}
