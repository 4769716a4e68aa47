//! A lattice's surface as the beam sees it: smooth between the sites, sharp at its outline.
//!
//! A picture of single sites would show what is not there: shells and layers 3 to 6 nm apart. Between the sites of a coarse lattice the
//! surface is taken where the averaged occupation ([`super::field`]), linear between sites, passes one half. The cross-section where it is
//! more is cut at planes a quarter of a pitch apart; its chords along the beam come from its contour by Green's theorem. Thickness is then
//! scaled by what area the contour lost or won against the sites within two pitches along the axis (rounded edges; at most a quarter).
//!
//! An apex ends within half a pitch of its last site. Threads of a few sites are below the average and not seen: shapes below two pitches
//! mean nothing.

use super::field::{Field, LEVEL, PAD, PLANES, value};
use super::relief::{Placement, Relief};
use crate::lattice::{FLAT, Graph, Occupied, columns};
use crate::materials::silver::OMEGA;

/// Rows per pitch: outlines are as sharp across as a wire's beside it.
const ROWS: usize = 8;
/// Most that thickness is scaled by, or divided by.
const MOST: f64 = 1.25;
/// Planes to each side over which areas are compared.
const NEAR: usize = 2 * PLANES;

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
    let single = |k: usize, least: f32| {
        let mut values = Vec::with_capacity(map.len());
        map.chunks(n).for_each(|line| values.extend(line.iter().zip(&scale).map(|(v, s)| (v[k] * s).max(least))));
        values
    };
    let step = graph.pitch() / PLANES as f64;
    let left = placement.at - PAD as f64 * graph.pitch() - 0.5 * step;
    let origin = [left, -0.5 * rows as f64 * section.step];
    Relief {
        origin,
        step: [step, section.step],
        columns: n,
        rows,
        thickness: single(0, 0.0),
        moment: single(1, f32::NEG_INFINITY),
        window: None,
    }
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
