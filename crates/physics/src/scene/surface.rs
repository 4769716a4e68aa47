//! A lattice's surface as the beam sees it: smooth between the sites, sharp at its outline.
//!
//! A picture of single sites would show what is not there: shells and layers 3 to 6 nm apart. Between the sites of a coarse lattice the
//! surface is taken where the occupation, averaged over the neighbourhood and linear between sites, passes one half:
//!
//! * each site with its twelve neighbours (4 : 1), twice, which leaves {100} and {111} walls where the half of their outermost sites is. Columns on twin planes are weighted so that
//!   the ridges of a pentagon stay sharp, and a pristine section is exactly its pentagon,
//! * along the axis further, so that slopes have no steps, but where a cross-section has nothing that would survive it: thin necks and apices.
//!
//! The cross-section where that field exceeds one half is cut at planes a quarter of a pitch apart; its chords along the beam come from its
//! contour by Green's theorem. Thickness is then scaled by what area the contour lost or won against the sites within two pitches along the
//! axis (rounded edges; at most a quarter).

use super::relief::{Placement, Relief};
use crate::lattice::{FLAT, Graph, NEIGHBOURS, Occupied, columns, shell_of};
use crate::materials::silver::OMEGA;

/// Planes, and rows, per pitch: outlines are as sharp across as a wire's beside it.
const PLANES: usize = 4;
const ROWS: usize = 8;
/// Averages over the next layers along the axis (1 : 2 : 1): together with the neighbourhoods 1.2 pitches rms.
const ALONG: usize = 2;
/// Layers to which the ends of the lattice go on, for the averages.
const PAD: usize = 4;
/// Between these largest values in a plane, averages along the axis are left out bit by bit.
const THIN: [f32; 2] = [0.7, 0.95];
/// Most that thickness is scaled by, or divided by.
const MOST: f64 = 1.25;
/// Planes to each side over which areas are compared.
const NEAR: usize = 2 * PLANES;
const LEVEL: f32 = 0.5;

/// Relief of the surface, with heights. The ends of the lattice go on by some layers beyond it; `mirrored` and lengths beyond are not
/// heeded.
pub(super) fn surface(graph: &Graph, occupied: &(impl Occupied + ?Sized), placement: &Placement) -> Relief {
    let field = Field::new(graph, occupied);
    let section = Section::new(graph, field.reach, placement.roll);
    let planes = field.planes();
    let (n, rows) = (planes.count, section.rows);
    let mut map = vec![[0.0f32; 2]; n * rows];
    for [a, b, c] in &section.triangles {
        let [sa, sb, sc] = [a, b, c].map(|v| planes.signs(*v));
        let lines = [a, b, c].map(|v| (section.position[*v], planes.line(*v)));
        for word in 0..sa.len() {
            let mut mixed = (sa[word] | sb[word] | sc[word]) & !(sa[word] & sb[word] & sc[word]);
            while mixed != 0 {
                let q = 64 * word + mixed.trailing_zeros() as usize;
                if q >= n {
                    break;
                }
                mixed &= mixed - 1;
                let [from, to] = cut(lines.map(|(place, line)| (place, value(line, q) - LEVEL)));
                section.add(from, to, &mut map[q..], n);
            }
        }
    }
    let scale = scales(&map, n, &field.areas(graph, n), section.step);
    let scale: Vec<f32> = scale.into_iter().map(|s| s as f32).collect();
    let single = |k: usize| {
        let mut values = Vec::with_capacity(map.len());
        map.chunks(n).for_each(|line| values.extend(line.iter().zip(&scale).map(|(v, s)| v[k] * s)));
        values
    };
    let step = graph.pitch() / PLANES as f64;
    let left = placement.at - PAD as f64 * graph.pitch() - 0.5 * step;

    let origin = [left, -0.5 * rows as f64 * section.step];
    Relief { origin, step: [step, section.step], columns: n, rows, thickness: single(0), moment: single(1), window: None }
}

/// Averaged occupation of the columns up to a shell, with the ends gone on.
struct Field {
    reach: usize,
    /// Layers of a column, padded.
    length: usize,
    /// Averaged occupation, column by column.
    value: Vec<f32>,
    /// Occupied sites by layer, of even shells and of odd ones.
    count: [Vec<u32>; 2],
}

impl Field {
    fn new(graph: &Graph, occupied: &(impl Occupied + ?Sized)) -> Field {
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
    fn planes(&self) -> Planes<'_> {
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
    fn areas(&self, graph: &Graph, planes: usize) -> Vec<f64> {
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
/// On a twin plane the pair inwards counts twice and the pairs outwards beside the plane half, so that along the ridge of a pentagon the average is what it is on its walls.
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
struct Planes<'a> {
    field: &'a Field,
    count: usize,
    words: usize,
    /// Whether a column is above the level on each plane.
    sign: Vec<u64>,
}

impl Planes<'_> {
    fn signs(&self, column: usize) -> &[u64] {
        &self.sign[column * self.words..(column + 1) * self.words]
    }

    fn line(&self, column: usize) -> (&[f32], usize) {
        (&self.field.value[column * self.field.length..(column + 1) * self.field.length], lag(column))
    }
}

/// Value of a column on a plane.
#[inline]
fn value((line, lag): (&[f32], usize), plane: usize) -> f32 {
    let q = plane.saturating_sub(lag);
    let (k, f) = (q / PLANES, (q % PLANES) as f32 * (1.0 / PLANES as f32));
    line[k] + f * (line[k + 1] - line[k])
}

/// The contour in a triangle, whose corners go round anticlockwise, with silver on its left.
#[inline]
fn cut(corner: [([f32; 2], f32); 3]) -> [[f32; 2]; 2] {
    let inside = corner.map(|c| c.1 > 0.0);
    // The corner that is alone.
    let k = (0..3).find(|k| inside[*k] != inside[(k + 1) % 3] && inside[*k] != inside[(k + 2) % 3]).unwrap_or(0);
    let (a, b, c) = (corner[k], corner[(k + 1) % 3], corner[(k + 2) % 3]);
    let between = |p: ([f32; 2], f32), q: ([f32; 2], f32)| {
        let f = p.1 / (p.1 - q.1);
        [p.0[0] + f * (q.0[0] - p.0[0]), p.0[1] + f * (q.0[1] - p.0[1])]
    };
    let (ab, ca) = (between(a, b), between(a, c));
    if inside[k] { [ab, ca] } else { [ca, ab] }
}

/// The cross-section: columns as corners of triangles, in rows across the beam.
struct Section {
    triangles: Vec<[usize; 3]>,
    /// Place of each column: across the beam [rows], along it [m].
    position: Vec<[f32; 2]>,
    rows: usize,
    /// Height of a row [m].
    step: f64,
}

impl Section {
    fn new(graph: &Graph, reach: usize, roll: f64) -> Section {
        let step = graph.pitch() / ROWS as f64;
        let squeeze = squeeze(graph);
        let (sin, cos) = (FLAT + if roll.is_finite() { roll } else { 0.0 }).sin_cos();
        let turned: Vec<[f64; 2]> = (0..columns(reach))
            .map(|column| {
                let [y, z] = graph.column_position(column).map(|x| squeeze * x);
                [y * cos - z * sin, y * sin + z * cos]
            })
            .collect();
        let half = turned.iter().fold(0.0f64, |m, p| m.max(p[0].abs()));
        let half = (half / step).ceil() as usize + 1;
        let position = turned.iter().map(|p| [(p[0] / step + half as f64) as f32, p[1] as f32]).collect();
        let at = |w: usize, i: usize, j: usize| {
            let r = i + j;
            if r == 0 { 0 } else { columns(r - 1) + (w * r + j) % (5 * r) }
        };
        let mut triangles = Vec::new();
        for w in 0..5 {
            for i in 0..reach {
                for j in 0..reach - i {
                    triangles.push([at(w, i, j), at(w, i + 1, j), at(w, i, j + 1)]);
                    if i + j + 2 <= reach {
                        triangles.push([at(w, i + 1, j), at(w, i + 1, j + 1), at(w, i, j + 1)]);
                    }
                }
            }
        }
        Section { triangles, position, rows: 2 * half, step }
    }

    /// Adds what a piece of contour contributes to thickness and its moment, row by row, `stride` apart.
    #[inline]
    fn add(&self, from: [f32; 2], to: [f32; 2], map: &mut [[f32; 2]], stride: usize) {
        let (a, b, sign) = if from[0] < to[0] { (from, to, -1.0) } else { (to, from, 1.0) };
        let run = b[0] - a[0];
        if !(run > 0.0) {
            return;
        }
        let slope = (b[1] - a[1]) / run;
        let mut piece = |row: usize, low: f32, high: f32| {
            let wide = sign * (high - low);
            let z = a[1] + slope * (0.5 * (low + high) - a[0]);
            let value = &mut map[row * stride];
            value[0] += wide * z;
            value[1] += wide * (0.5 * z * z + slope * slope * wide * wide / 24.0);
        };
        let (first, last) = (a[0] as usize, (b[0] as usize).min(self.rows - 1));
        if first == last {
            piece(first, a[0], b[0]);
            return;
        }
        piece(first, a[0], (first + 1) as f32);
        (first + 1..last).for_each(|row| piece(row, row as f32, (row + 1) as f32));
        piece(last, last as f32, b[0]);
    }
}

/// By how much thickness is scaled in each plane, so that near it the areas are those of the sites.
fn scales(map: &[[f32; 2]], planes: usize, wanted: &[f64], step: f64) -> Vec<f64> {
    let mut found = vec![0.0f64; planes];
    for line in map.chunks(planes) {
        found.iter_mut().zip(line).for_each(|(f, v)| *f += f64::from(v[0]) * step);
    }
    (0..planes)
        .map(|q| {
            let near = q.saturating_sub(NEAR)..(q + NEAR + 1).min(planes);
            let (wanted, found) = (wanted[near.clone()].iter().sum::<f64>(), found[near].iter().sum::<f64>());
            if found > 0.0 { (wanted / found).clamp(1.0 / MOST, MOST) } else { 1.0 }
        })
        .collect()
}

/// By how much lengths across the axis of [`Graph::column_position`] are too large for the volume of the sites.
fn squeeze(graph: &Graph) -> f64 {
    let ([a, b], [c, d]) = (graph.column_position(1), graph.column_position(2));
    let rhomb = (a * d - b * c).abs();
    (OMEGA * graph.atoms_per_site() / (graph.pitch() * rhomb)).sqrt()
}
