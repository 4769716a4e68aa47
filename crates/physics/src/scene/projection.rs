//! A lattice as the beam sees it, site by site: for lattices so fine that the steps between sites mean something.

use super::relief::{Placement, Relief};
use crate::lattice::{FLAT, Graph, Occupied, shell_of};
use crate::materials::silver::OMEGA;

/// Longest continuation [m]: more than a field that shows facets, and 0.25 GB on the grid of atoms.
const LONGEST: f64 = 2e-6;

impl Relief {
    /// Projects the occupied sites of a lattice.
    ///
    /// A site is a prism one pitch long on the rhomb between the middles of its neighbours in the cross-section, so that full columns tile
    /// the plane without gaps: neither layers nor columns show. The steps of surfaces are then blurred by half a period of the columns
    /// along the wall and by half a pitch to each side, along and across, or those of walls and facets would beat with the pixels. Volume
    /// is exact: a site is Ω times the atoms it stands for. The grid has two cells a pitch (four on a coarse lattice), aligned with the
    /// layers.
    ///
    /// The wedges are those of [`Graph::column_position`], 2.75 % too wide along the walls; as volume is kept, they are thinner along the
    /// beam by as much on average.
    pub fn of_lattice(graph: &Graph, occupied: &(impl Occupied + ?Sized), placement: &Placement) -> Relief {
        // Cells per half pitch.
        let parts: usize = if graph.coarsening() <= 2 { 1 } else { 2 };
        let step = graph.pitch() / (2 * parts) as f64;
        let cells = |length: f64| if length > 0.0 { (length.min(LONGEST) / step).ceil() as usize } else { 0 };
        let [before, after] = [placement.before, placement.after].map(cells);
        let margin = 2 * parts;
        // Layer k fills 2 parts cells from `zero` + 2 parts k on, in odd shells half a pitch later.
        let zero = margin + before;
        let columns = zero + 2 * parts * graph.layers() + parts + after + margin;
        let across = Across::new(graph, placement.roll, step);
        let half = across.reach(graph.shells()) + margin;
        let rows = 2 * half;
        let site = OMEGA * graph.atoms_per_site() / (step * step * (2 * parts) as f64);
        // Differences along each row, then sums.
        let stride = columns + 1;
        let mut map = vec![0.0f64; stride * rows];
        let mut bits = vec![0u64; graph.layers().div_ceil(64)];
        let mut weights = Vec::new();
        for column in 0..graph.columns() {
            bits.fill(0);
            occupied.column(graph, column, &mut bits);
            if bits.iter().all(|w| *w == 0) {
                continue;
            }
            weights.clear();
            across.weights(column, half, &mut weights);
            let odd = parts * (shell_of(column).0 % 2);
            for (first, end) in runs(&bits, graph.layers()) {
                let from = if first == 0 && before > 0 { margin } else { zero + 2 * parts * first + odd };
                let to = if end == graph.layers() && after > 0 { columns - margin } else { zero + 2 * parts * end + odd };
                for (row, weight) in &weights {
                    let line = &mut map[row * stride..(row + 1) * stride];
                    line[from] += site * weight;
                    line[to] -= site * weight;
                }
            }
        }
        for line in map.chunks_mut(stride) {
            let mut sum = 0.0;
            for value in line.iter_mut() {
                sum += *value;
                // What is left of sums that cancel is no silver.
                *value = if sum > 1e-9 * site { sum } else { 0.0 };
            }
        }
        blur(&mut map, stride, rows, parts);
        let thickness = map.chunks(stride).flat_map(|line| line[..columns].iter().map(|t| *t as f32)).collect();
        // Layer 0 of an even shell reaches half a pitch to both sides of its place.
        let left = placement.at - (zero + parts) as f64 * step;
        let origin = [left, -(half as f64) * step];
        let relief = Relief { origin, step: [step; 2], columns, rows, thickness, moment: Vec::new(), window: None };
        if placement.mirrored { relief.mirrored(2.0 * placement.at) } else { relief }
    }
}

/// The rhombs of the columns as the beam sees them, in cells across the axis.
struct Across {
    /// Edges of the five wedges' rhombs along the twin planes, projected.
    edge: [f64; 5],
}

impl Across {
    fn new(graph: &Graph, roll: f64, step: f64) -> Across {
        let roll = if roll.is_finite() { roll } else { 0.0 };
        let (sin, cos) = (FLAT + roll).sin_cos();
        // The columns of shell 1 lie on the five twin planes.
        let edge = std::array::from_fn(|w| {
            let [y, z] = graph.column_position(1 + w);
            (y * cos - z * sin) / step
        });
        Across { edge }
    }

    /// Cells from the axis to beyond the last shell.
    fn reach(&self, shells: usize) -> usize {
        let widest = self.edge.iter().fold(0.0f64, |m, e| m.max(e.abs()));
        ((shells + 2) as f64 * widest).ceil() as usize + 1
    }

    /// Rows that a column lies in, and its parts in them, which sum to 1. The axis is at row `half`.
    fn weights(&self, column: usize, half: usize, found: &mut Vec<(usize, f64)>) {
        let (r, t) = shell_of(column);
        let mut add = |wedge: usize, i: f64, j: f64, size: [f64; 2], share: f64| {
            let (a, b) = (self.edge[wedge % 5], self.edge[(wedge + 1) % 5]);
            // The last box is one period along the wall, or the zigzag of the outermost rhombs would beat with the pixels.
            spread(half as f64 + i * a + j * b, [size[0] * a.abs(), size[1] * b.abs(), (b - a).abs()], share, found);
        };
        if r == 0 {
            // A quarter of a rhomb in each wedge.
            (0..5).for_each(|w| add(w, 0.25, 0.25, [0.5; 2], 0.2));
            return;
        }
        let (w, s) = (t / r, t % r);
        let r = r as f64;
        if s == 0 {
            // On a twin plane: half a rhomb in each of two wedges.
            add(w, r, 0.25, [1.0, 0.5], 0.5);
            add(w + 4, 0.25, r, [0.5, 1.0], 0.5);
        } else {
            add(w, r - s as f64, s as f64, [1.0; 2], 1.0);
        }
    }
}

/// Narrowest projection of an edge [cells], for the formula's sake.
const NARROW: f64 = 0.02;

/// Parts in each cell of a box blurred by two more, all centred at `centre` [cells], times `share`.
fn spread(centre: f64, widths: [f64; 3], share: f64, found: &mut Vec<(usize, f64)>) {
    let [a, b, c] = widths.map(|w| w.max(NARROW));
    let outer = 0.5 * (a + b + c);
    let cube = |x: f64| x.max(0.0).powi(3);
    let steps = [(outer, 1.0), (outer - a, -1.0), (outer - b, -1.0), (outer - c, -1.0)];
    // The other four are their mirror images.
    let below = |x: f64| steps.iter().map(|(h, s)| s * (cube(x + h) - cube(x - h))).sum::<f64>() / (6.0 * a * b * c);
    let (first, last) = ((centre - outer).floor() as usize, (centre + outer).floor() as usize);
    let mut before = 0.0;
    for cell in first..=last {
        // The last takes the rest, so that nothing is lost to rounding.
        let upto = if cell == last { 1.0 } else { below((cell + 1) as f64 - centre) };
        found.push((cell, share * (upto - before)));
        before = upto;
    }
}

/// Runs of set bits: from, and to (exclusive).
fn runs(words: &[u64], bits: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    // The next bit from `k` on that is set (or not set), or the end.
    let next = move |k: usize, set: bool| {
        let mut k = k;
        while k < bits {
            let word = if set { words[k / 64] } else { !words[k / 64] } >> (k % 64);
            if word != 0 {
                return (k + word.trailing_zeros() as usize).min(bits);
            }
            k = (k / 64 + 1) * 64;
        }
        bits
    };
    let mut at = 0;
    std::iter::from_fn(move || {
        let first = next(at, true);
        (first < bits).then(|| {
            at = next(first, false);
            (first, at)
        })
    })
}

/// Mean over `parts` cells to each side, the outermost cells by half, along rows and across them. A margin of that width is empty.
fn blur(map: &mut [f64], stride: usize, rows: usize, parts: usize) {
    let scale = 1.0 / (2 * parts) as f64;
    let mut line = vec![0.0f64; stride];
    for row in map.chunks_mut(stride) {
        line.copy_from_slice(row);
        for i in parts..stride - parts {
            let near = &line[i - parts..=i + parts];
            row[i] = scale * (near.iter().sum::<f64>() - 0.5 * (near[0] + near[2 * parts]));
        }
    }
    let source = map.to_vec();
    for j in parts..rows - parts {
        let row = &mut map[j * stride..(j + 1) * stride];
        row.fill(0.0);
        for k in 0..=2 * parts {
            let weight = if k == 0 || k == 2 * parts { 0.5 * scale } else { scale };
            let from = (j + k - parts) * stride;
            for (value, s) in row.iter_mut().zip(&source[from..from + stride]) {
                *value += weight * s;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lattice::{Form, Occupation, Start};

    fn of(form: Form, shells: usize, layers: usize, coarsening: usize) -> (Graph, Occupation) {
        let graph = Graph::new(shells + 1, layers, coarsening).unwrap();
        let state = Occupation::of(&Start { shells, form }, &graph);
        (graph, state)
    }

    /// Empties sites here and there, so that runs are short and many.
    fn riddled(graph: &Graph, state: &mut Occupation) {
        for site in (0..graph.sites()).step_by(7) {
            state.clear(site / graph.layers(), site % graph.layers());
        }
    }

    #[test]
    fn the_volume_is_that_of_the_atoms() {
        for coarsening in [1, 4] {
            let (graph, mut state) = of(Form::Pyramid(40e-9 * coarsening as f64), 12, 200, coarsening);
            for roll in [0.0, 0.1 * std::f64::consts::PI, 1.0] {
                let seen = Relief::of_lattice(&graph, &state, &Placement { roll, at: 3e-7, ..Placement::default() });
                let volume = state.count() as f64 * graph.atoms_per_site() * OMEGA;
                assert!(seen.valid() && (seen.volume() / volume - 1.0).abs() < 1e-6, "{} {volume}", seen.volume());
                riddled(&graph, &mut state);
            }
        }
    }

    #[test]
    fn by_runs_and_site_by_site_agree() {
        // The same sum, each site as a state of its own.
        let (graph, mut state) = of(Form::Section, 3, 8, 1);
        riddled(&graph, &mut state);
        let placement = Placement { roll: 0.2, mirrored: true, ..Placement::default() };
        let whole = Relief::of_lattice(&graph, &state, &placement);
        let mut sum = vec![0.0f32; whole.thickness.len()];
        let nothing = of(Form::Cut(-1.0), 3, 8, 1).1;
        for site in 0..graph.sites() {
            let (column, k) = (site / graph.layers(), site % graph.layers());
            if state.get(column, k) {
                let mut one = nothing.clone();
                one.set(column, k);
                sum.iter_mut().zip(Relief::of_lattice(&graph, &one, &placement).thickness).for_each(|(s, t)| *s += t);
            }
        }
        for (a, b) in sum.iter().zip(&whole.thickness) {
            assert!((a - b).abs() < 1e-14);
        }
    }

    #[test]
    fn neither_layers_nor_columns_show_along_a_pristine_section() {
        let (graph, state) = of(Form::Section, 20, 60, 1);
        for roll in [0.0, 0.1 * std::f64::consts::PI, 0.05] {
            let seen = Relief::of_lattice(&graph, &state, &Placement { roll, ..Placement::default() });
            let middle = seen.columns / 2;
            let profile: Vec<f32> = (0..seen.rows).map(|j| seen.thickness[j * seen.columns + middle]).collect();
            for i in middle - 40..middle + 40 {
                for (j, t) in profile.iter().enumerate() {
                    assert!((seen.thickness[j * seen.columns + i] - t).abs() < 1e-14, "{i} {j}");
                }
            }
            // Across, inside, the slope changes slowly except at the projected ridges: no ripple from column to column.
            let thick: Vec<f32> = profile.iter().copied().filter(|t| *t > 4e-9).collect();
            let ripple = thick.windows(3).filter(|w| (w[0] + w[2] - 2.0 * w[1]).abs() > 0.15e-9).count();
            assert!(thick.len() > 40 && ripple <= 6, "{ripple} of {}", thick.len());
        }
    }

    #[test]
    fn a_mirrored_lattice_points_the_other_way_from_the_same_place() {
        let (graph, state) = of(Form::Pyramid(10e-9), 8, 60, 1);
        let placement = Placement { at: 50e-9, ..Placement::default() };
        let seen = Relief::of_lattice(&graph, &state, &placement);
        let other = Relief::of_lattice(&graph, &state, &Placement { mirrored: true, ..placement });
        assert_eq!((seen.columns, seen.rows), (other.columns, other.rows));
        assert!((seen.limits()[0][0] + other.limits()[0][1] - 100e-9).abs() < 1e-18);
        // Where the silver begins: half a pitch before layer 0, blurred by half a pitch.
        let first = (0..seen.columns).find(|i| (0..seen.rows).any(|j| seen.thickness[j * seen.columns + i] > 0.0)).unwrap();
        let begins = seen.origin[0] + first as f64 * seen.step[0];
        assert!((begins - (50e-9 - graph.pitch())).abs() < 1e-3 * graph.pitch(), "{begins}");
        assert_eq!(other.clone().mirrored(100e-9).thickness, seen.thickness);
        assert!(seen.thickness != other.thickness);
    }

    #[test]
    fn a_held_section_goes_on_as_far_as_asked() {
        let (graph, state) = of(Form::Cut(10e-9), 8, 60, 1);
        let plain = Relief::of_lattice(&graph, &state, &Placement::default());
        let long = Relief::of_lattice(&graph, &state, &Placement { before: 30e-9, after: 30e-9, ..Placement::default() });
        let section = (1 + 5 * 8 * 9 / 2) as f64 * OMEGA / graph.pitch();
        // Nothing is held at the far end, and odd shells begin half a pitch later.
        let more = (long.volume() - plain.volume()) / section;
        assert!((more - 30e-9).abs() < 2.0 * graph.pitch(), "{more}");
        assert!((plain.origin[0] - long.origin[0] - 30e-9).abs() < graph.pitch());
    }
}
