//! The sites of the five-fold twinned lattice and their neighbours (lattice.md section 1).

use crate::materials::silver::{OMEGA, expansion::LATTICE};
use std::f64::consts::{PI, SQRT_2};

/// Neighbours of a site: every site has twelve, on twin planes and on the axis too.
pub const NEIGHBOURS: usize = 12;

/// Most sites: a site is a `u32`.
pub const MOST_SITES: u64 = u32::MAX as u64;

/// Angle [rad] about the axis that turns the lattice from its own orientation (twin plane 0 along +y) to a wire that lies on a flat wall,
/// twin plane 0 up, along +z.
pub const FLAT: f64 = 0.5 * PI;

/// Why a lattice cannot be made.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum GraphError {
    /// No wire.
    #[error(
        "a lattice needs at least one shell and four layers, and a coarsening from 1 to 64: this one has {shells} shells, {layers} layers, coarsening {coarsening}"
    )]
    Empty {
        /// Shells asked for.
        shells: usize,
        /// Layers asked for.
        layers: usize,
        /// Coarsening asked for.
        coarsening: usize,
    },
    /// More sites than can be counted.
    #[error(
        "{shells} shells times {layers} layers are {sites:.2e} sites, more than the {MOST_SITES:.2e} that can be numbered: take a shorter section or a coarser lattice"
    )]
    TooLarge {
        /// Shells, guards included.
        shells: usize,
        /// Layers.
        layers: usize,
        /// Sites.
        sites: f64,
    },
}

/// Concentric pentagonal shells of atom columns about a common ⟨110⟩ axis, all twin planes coherent.
///
/// Shell r ≥ 1 has 5 r columns; its columns 0, r, 2 r, … lie on the twin planes. A column holds sites k = 0 … `layers` - 1 at
/// x = (k + (r mod 2) / 2) d. A site is the number `column × layers + k`. Its neighbours are found by differences that are the same for
/// all sites of a column, so nothing is stored. The last shell, and k = 0 and k = `layers` - 1, have no complete neighbourhood:
/// they are *guards*, which never change.
///
/// A lattice that is coarser by `coarsening` b has the same neighbours at b times the distances; a site stands for b³ atoms.
#[derive(Clone, Debug)]
pub struct Graph {
    shells: usize,
    layers: usize,
    coarsening: usize,
    /// Distances over those of atoms: the coarsening, or close to it.
    scale: f64,
}

/// Number of columns of a wire of `shells` shells and its axis.
pub fn columns(shells: usize) -> usize {
    1 + 5 * shells * (shells + 1) / 2
}

/// Shell and place in it of a column: shell 0 is the axis.
pub fn shell_of(column: usize) -> (usize, usize) {
    if column == 0 {
        return (0, 0);
    }
    // The largest r with 1 + 5 r (r - 1) / 2 <= column.
    let mut r = ((1.0 + (1.0 + 1.6 * (column as f64 - 1.0)).sqrt()) / 2.0) as usize;
    while columns(r) <= column {
        r += 1;
    }
    while r > 1 && columns(r - 1) > column {
        r -= 1;
    }
    (r, column - columns(r - 1))
}

/// Column of a wedge, i shells along its first twin plane and j along its second.
pub(super) fn column_of_wedge(wedge: usize, i: usize, j: usize) -> usize {
    let r = i + j;
    if r == 0 { 0 } else { column_at(r, (wedge * r + j) % (5 * r)) }
}

fn column_at(r: usize, t: usize) -> usize {
    if r == 0 { 0 } else { columns(r - 1) + t }
}

impl Graph {
    /// A lattice of `shells` shells (guards included) and `layers` layers.
    ///
    /// # Errors
    /// Nothing to be made, or more sites than can be numbered.
    pub fn new(shells: usize, layers: usize, coarsening: usize) -> Result<Graph, GraphError> {
        if shells < 1 || layers < 4 || !(1..=64).contains(&coarsening) {
            return Err(GraphError::Empty { shells, layers, coarsening });
        }
        // Engines number columns in eights.
        let sites = (8.0 + 2.5 * shells as f64 * (shells as f64 + 1.0)) * layers as f64;
        if sites > i32::MAX as f64 * 2.0 {
            return Err(GraphError::TooLarge { shells, layers, sites });
        }
        Ok(Graph { shells, layers, coarsening, scale: coarsening as f64 })
    }

    /// A lattice whose wire of `wire` shells has exactly the cross-section `area` [m²]: Ω b³ a site, one site a column and pitch, with a real
    /// number b, whose nearest whole number is the [`Graph::coarsening`]. `guards` shells more surround it.
    ///
    /// # Errors
    /// Nothing to be made, or more sites than can be numbered.
    pub fn of_area(area: f64, wire: usize, guards: usize, layers: usize) -> Result<Graph, GraphError> {
        let scale = (area * LATTICE / SQRT_2 / (OMEGA * columns(wire) as f64)).sqrt();
        let graph = Graph::new(wire + guards, layers, if scale.is_finite() { scale.round().min(1e3) as usize } else { 0 })?;
        Ok(Graph { scale, ..graph })
    }

    /// Shells, guards included.
    pub fn shells(&self) -> usize {
        self.shells
    }
    /// Sites of a column, guards included.
    pub fn layers(&self) -> usize {
        self.layers
    }
    /// How much coarser than atoms, as a whole number.
    pub fn coarsening(&self) -> usize {
        self.coarsening
    }
    /// Columns, guards included.
    pub fn columns(&self) -> usize {
        columns(self.shells)
    }
    /// Columns that are no guards.
    pub fn open_columns(&self) -> usize {
        columns(self.shells - 1)
    }
    /// Sites, guards included.
    pub fn sites(&self) -> usize {
        self.columns() * self.layers
    }
    /// Distance of neighbours along the axis [m]: a / √2 times the coarsening (0.289 nm for atoms).
    pub fn pitch(&self) -> f64 {
        self.scale * LATTICE / SQRT_2
    }
    /// Atoms that a site stands for.
    pub fn atoms_per_site(&self) -> f64 {
        self.scale.powi(3)
    }

    /// Differences from the sites of a column to their twelve neighbours: up and down the own column; the two neighbours in the own shell
    /// (on the axis: a fifth pair); pairs of both sites of a column of the other parity. All zero for a column of the last shell.
    pub fn delta(&self, column: usize) -> [i32; NEIGHBOURS] {
        let (r, t) = shell_of(column);
        let mut found = Neighbourhood { delta: [0; NEIGHBOURS], n: 0, own: column, layers: self.layers };
        if r >= self.shells {
            return found.delta;
        }
        found.push(column, 1);
        found.push(column, -1);
        if r == 0 {
            for t in 0..5 {
                found.pair(column_at(1, t), false);
            }
            return found.delta;
        }
        let around = 5 * r;
        found.push(column_at(r, (t + 1) % around), 0);
        found.push(column_at(r, (t + around - 1) % around), 0);
        let (w, s) = (t / r, t % r);
        let odd = r % 2 == 1;
        let outer = 5 * (r + 1);
        let inner = (5 * (r - 1)).max(1);
        if s == 0 {
            found.pair(column_at(r - 1, (w * (r - 1)) % inner), odd);
            found.pair(column_at(r + 1, w * (r + 1)), odd);
            found.pair(column_at(r + 1, w * (r + 1) + 1), odd);
            found.pair(column_at(r + 1, (w * (r + 1) + outer - 1) % outer), odd);
        } else {
            found.pair(column_at(r - 1, w * (r - 1) + s - 1), odd);
            found.pair(column_at(r - 1, (w * (r - 1) + s) % inner), odd);
            found.pair(column_at(r + 1, w * (r + 1) + s), odd);
            found.pair(column_at(r + 1, w * (r + 1) + s + 1), odd);
        }
        found.delta
    }

    /// Column of a site.
    #[inline]
    pub fn column_of(&self, site: usize) -> usize {
        (site as u32 / self.layers as u32) as usize // half the time of a division of 64 bits
    }

    /// The twelve neighbours of a site that is no guard.
    pub fn neighbours(&self, site: usize) -> [usize; NEIGHBOURS] {
        self.delta(site / self.layers).map(|d| (site as i64 + i64::from(d)) as usize)
    }

    /// Whether a site has no complete neighbourhood and never changes.
    pub fn guard(&self, site: usize) -> bool {
        let k = site % self.layers;
        k == 0 || k + 1 == self.layers || site / self.layers >= self.open_columns()
    }

    /// Place of a column across the axis [m].
    ///
    /// The {100} distances are kept and the tangential ones stretched by 2.75 % to close the gap of 7.36° that five perfect wedges leave:
    /// homogeneous strain, no disclination field. Outward {111} normals stay at exactly 35.26° to the axis.
    pub fn column_position(&self, column: usize) -> [f64; 2] {
        let (r, t) = shell_of(column);
        if r == 0 {
            return [0.0; 2];
        }
        let (w, s) = (t / r, t % r);
        let rho = 0.5 * self.scale * LATTICE / (PI / 5.0).cos();
        let vertex = |w: usize| (0.4 * PI * w as f64).sin_cos();
        let ((s0, c0), (s1, c1)) = (vertex(w), vertex((w + 1) % 5));
        let f = s as f64 / r as f64;
        let scale = r as f64 * rho;
        [scale * ((1.0 - f) * c0 + f * c1), scale * ((1.0 - f) * s0 + f * s1)]
    }

    /// Place of layer k of a column along the axis [m].
    pub fn layer_position(&self, column: usize, k: usize) -> f64 {
        (k as f64 + 0.5 * (shell_of(column).0 % 2) as f64) * self.pitch()
    }

    /// Place of a site [m]: along the axis, and across it.
    pub fn position(&self, site: usize) -> [f64; 3] {
        let column = site / self.layers;
        let [y, z] = self.column_position(column);
        [self.layer_position(column, site % self.layers), y, z]
    }
}

/// Shells of a wire of this projected width on a flat wall [m]: 1.618 times the pentagon's edge, which has one pitch per shell
/// (115 nm: 246 shells of atoms; design.md section 7).
pub fn shells_for(diameter: f64, coarsening: usize) -> usize {
    let edge = diameter / (0.5 * (1.0 + 5f64.sqrt()));
    let atoms = (edge / (LATTICE / SQRT_2)).round().max(1.0) as usize;
    ((atoms + coarsening / 2) / coarsening.max(1)).max(1)
}

/// Collects the differences of a column.
struct Neighbourhood {
    delta: [i32; NEIGHBOURS],
    n: usize,
    own: usize,
    layers: usize,
}

impl Neighbourhood {
    fn push(&mut self, column: usize, k: i64) {
        self.delta[self.n] = ((column as i64 - self.own as i64) * self.layers as i64 + k) as i32;
        self.n += 1;
    }
    /// Both sites of a column of the other parity: k and k - 1 from an even shell, k and k + 1 from an odd one.
    fn pair(&mut self, column: usize, odd: bool) {
        self.push(column, 0);
        self.push(column, if odd { 1 } else { -1 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_has_12_distinct_symmetric_neighbours_at_1_to_1_0275_pitches() {
        let g = Graph::new(9, 12, 1).unwrap();
        let (mut shortest, mut longest) = (f64::INFINITY, 0.0f64);
        for site in (0..g.sites()).filter(|s| !g.guard(*s)) {
            let neighbours = g.neighbours(site);
            let mut sorted = neighbours.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), NEIGHBOURS);
            let here = g.position(site);
            for n in neighbours {
                assert!(n < g.sites() && n != site);
                if !g.guard(n) {
                    assert!(g.neighbours(n).contains(&site));
                }
                let there = g.position(n);
                let l = (0..3).map(|i| (here[i] - there[i]).powi(2)).sum::<f64>().sqrt() / g.pitch();
                shortest = shortest.min(l);
                longest = longest.max(l);
            }
        }
        assert!((shortest - 1.0).abs() < 1e-9 && (longest - 1.0275).abs() < 5e-4, "{shortest} {longest}");
    }

    #[test]
    fn no_two_sites_are_closer_than_neighbours() {
        let g = Graph::new(6, 6, 1).unwrap();
        let inner: Vec<usize> = (0..g.open_columns() * g.layers()).filter(|s| (2..4).contains(&(s % g.layers()))).collect();
        for &a in &inner {
            let pa = g.position(a);
            let near = inner.iter().filter(|b| {
                let pb = g.position(**b);
                let l = (0..3).map(|i| (pa[i] - pb[i]).powi(2)).sum::<f64>().sqrt();
                **b != a && l < 1.2 * g.pitch()
            });
            for b in near {
                assert!(g.neighbours(a).contains(b), "{a} {b} are close but no neighbours");
            }
        }
    }

    #[test]
    fn columns_and_shells_belong_together() {
        let mut column = 0;
        for r in 0..200usize {
            for t in 0..(5 * r).max(1) {
                assert_eq!(shell_of(column), (r, t));
                column += 1;
            }
        }
        assert_eq!(columns(246), 151_906);
        assert_eq!(shells_for(115e-9, 1), 246);
        assert_eq!(shells_for(115e-9, 4), 62);
    }

    #[test]
    fn a_lattice_of_an_area_has_that_area() {
        for shells in [12, 16, 24] {
            let g = Graph::of_area(8.69e-15, shells, 9, 50).unwrap();
            let volume = g.atoms_per_site() * OMEGA;
            assert!((columns(shells) as f64 * volume / g.pitch() / 8.69e-15 - 1.0).abs() < 1e-12);
            assert!((g.pitch() / (LATTICE / SQRT_2) - g.coarsening() as f64).abs() <= 0.5);
        }
        assert!(Graph::of_area(f64::NAN, 16, 9, 50).is_err() && Graph::of_area(0.0, 16, 9, 50).is_err());
    }

    #[test]
    fn impossible_lattices_are_errors() {
        assert!(Graph::new(0, 10, 1).is_err());
        assert!(Graph::new(3, 3, 1).is_err());
        assert!(Graph::new(3, 10, 0).is_err());
        assert!(matches!(Graph::new(246, 1_000_000, 1), Err(GraphError::TooLarge { .. })));
    }
}
