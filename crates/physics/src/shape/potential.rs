//! The current's potential on the lattice (shape3d.md section 2).
//!
//! Every bond of two atoms conducts one unit. Shapes, not numbers, are asked for: the bulk then conducts isotropically, two units per column
//! and layer, and a surface column a little less (see [`pristine_gradient`]).

mod chain;
mod extension;
mod gradients;
mod rows;
mod solution;
#[cfg(test)]
mod tests;

use crate::lattice::pieces::{Runs, runs_of};
use crate::lattice::{Graph, Occupation, columns};
use crate::materials::silver::OMEGA;
use chain::Chain;
use rows::Rows;
pub use solution::{Piece, PotentialError, Solution, Solved};

/// Rings of vacant sites around the silver that get a potential.
const RINGS: usize = 4;
/// Most iterations; a cold start takes some twenty.
const MOST_ITERATIONS: usize = 2000;
/// What single precision allows.
const LEAST_TOLERANCE: f64 = 1e-6;
/// Stands for a potential of exactly 0, which means that there is no silver.
const ALMOST_ZERO: f32 = 1e-30;

/// Potential per layer of a pristine wire of `shells` shells that carries a current of 1: one over Σ (bond along the axis)² of a layer,
/// C + 5 N²/2 with its C = 1 + 5 N (N + 1)/2 columns. Two per column inside, less at the surface: 1.940 per column for 16 shells.
pub fn pristine_gradient(shells: usize) -> f64 {
    1.0 / (columns(shells) as f64 + 2.5 * (shells as f64).powi(2))
}

/// The potential of a current of 1 through the occupied sites of a lattice, from its last layer (high) to layer 0 (0).
///
/// Silver counts as far as it is connected to layer 0. Sites of the outermost shell do not conduct: they have no complete neighbourhood.
///
/// Conjugate gradients from the last solution on, preconditioned by the diagonal and, added, an exact solve for potentials that are the same
/// all over each plane of atoms (planes are k and k + 1/2: even and odd shells). The latter also ends the solve, so that the current through
/// each plane is right whatever the tolerance.
///
/// State: 4 B per site for the result, 14 B per site for the work (of columns with silver and the four rings around only, where the system
/// hands out memory lazily).
#[derive(Clone, Debug)]
pub struct Potential {
    graph: Graph,
    rows: Rows,
    chain: Chain,
    runs: Runs,
    /// Potential by site of the graph.
    sites: Vec<f32>,
    /// Search direction, its current, residual; by rows.
    p: Vec<f32>,
    q: Vec<f32>,
    r: Vec<f32>,
    /// 1 where the potential is known.
    known: Vec<u8>,
    /// Bonds of atoms whose potential is asked for, 0 for all other sites.
    degree: Vec<u8>,
    /// Columns with unknowns, first and behind last layer of them.
    spans: Vec<Span>,
    /// Columns whose sites have a potential other than 0.
    filled: Vec<u32>,
    /// Of the conducting silver, by layer.
    layers: Vec<f64>,
    level: Vec<f64>,
    /// Of the conducting silver: atoms by plane, 2 k and 2 k + 1 (even and odd shells).
    atoms: Vec<u32>,
}

/// The part of a column that conducts, layer 0 left out.
#[derive(Clone, Copy, Debug)]
struct Span {
    column: u32,
    from: u32,
    to: u32,
}

impl Span {
    /// Column, first layer and number of layers.
    fn of(self) -> (usize, usize, usize) {
        (self.column as usize, self.from as usize, (self.to - self.from) as usize)
    }
}

impl Potential {
    /// For a lattice; nothing is solved yet.
    pub fn new(graph: &Graph) -> Potential {
        let rows = Rows::new(graph);
        let n = rows.len();
        Potential {
            chain: Chain::new(graph.layers()),
            runs: Runs::new(graph),
            sites: vec![0.0; graph.sites()],
            p: vec![0.0; n],
            q: vec![0.0; n],
            r: vec![0.0; n],
            known: vec![0; n],
            degree: vec![0; n],
            spans: Vec::new(),
            filled: Vec::new(),
            layers: vec![0.0; graph.layers()],
            level: vec![0.0; graph.layers()],
            atoms: vec![0; 2 * graph.layers()],
            rows,
            graph: graph.clone(),
        }
    }

    /// Potential of each site, in the order of the graph's sites; for a current of 1. It rises towards higher layers, as the current is put
    /// in at the far end: the electrons go up, the wind pushes silver towards higher potentials. Around the silver four rings of vacant sites
    /// have the mean of their neighbours in the silver and the rings before; silver that is not connected to layer 0 counts as vacuum here,
    /// so that there is no step beside it. 0 elsewhere.
    pub fn sites(&self) -> &[f32] {
        &self.sites
    }

    /// Mean potential of the conducting silver of each layer: of its two planes, k (even shells) and k + 1/2 (odd shells), evenly, so that it
    /// stands for k + 1/4 whatever the shells that are left; of one plane if there is no more.
    pub fn layers(&self) -> &[f64] {
        &self.layers
    }

    /// As [`Potential::layers`], if each plane of atoms had one potential: the same silver in one dimension. Differences of
    /// [`Potential::layers`] over differences of these are 1 for a slowly varying wire, and more where the current must spread; the lattice's
    /// surface, which conducts less, drops out.
    pub fn level(&self) -> &[f64] {
        &self.level
    }

    /// ∫ dx/A [1/m] from layer 0 to each layer, spreading included: a pitch over the cross-section, times what [`Potential::layers`] rises
    /// over what [`Potential::level`] does. The share of the current drops out. Times ρ it is the resistance.
    pub fn integral(&self) -> Vec<f64> {
        // Length over area, for one atom in a layer.
        let one = self.graph.pitch().powi(2) / (OMEGA * self.graph.atoms_per_site());
        let per_layer: Vec<f64> = self.atoms().map(|n| one / f64::from(n.max(1))).collect();
        let most = self.level.iter().fold(0.0f64, |a, psi| a.max(psi.abs()));
        let mut integral = vec![0.0; self.layers.len()];
        for k in 1..integral.len() {
            let (found, level) = (self.layers[k] - self.layers[k - 1], self.level[k] - self.level[k - 1]);
            // Where no current flows, nothing is known of how it spreads.
            let spreading = if level.abs() > 1e-6 * most { found / level } else { 1.0 };
            integral[k] = integral[k - 1] + 0.5 * (per_layer[k - 1] + per_layer[k]) * spreading;
        }
        integral
    }

    /// Conducting atoms of each layer.
    pub fn atoms(&self) -> impl Iterator<Item = u32> + '_ {
        self.atoms.as_chunks::<2>().0.iter().map(|planes| planes[0] + planes[1])
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        4 * (self.sites.len() + self.p.len() + self.q.len() + self.r.len())
            + self.known.len()
            + self.degree.len()
            + 16 * self.layers.len()
            + 4 * self.atoms.len()
            + 12 * self.spans.capacity()
            + 4 * self.filled.capacity()
            + self.rows.bytes()
            + self.chain.bytes()
            + self.runs.bytes()
    }

    /// Solves for an occupation.
    ///
    /// `share[k]`, one less than there are layers: the part of the current that crosses from layer k to layer k + 1; 1 where the wire carries
    /// all of it. What one plane carries less than the one before goes out of (or into) the atoms of the layer between, evenly; what crosses
    /// the last plane is put in evenly at the last layer. The atoms of layer 0 have the potential 0. `tolerance`: the [`Solution::residual`]
    /// to be reached, no less than 1e-6. At 2e-2 the forces on surface atoms are right to 4 % (root mean square), after one to three
    /// iterations; a resistance to 1e-3.
    ///
    /// # Errors
    /// An occupation of another lattice, a wrong number of shares, numbers that are none, no convergence.
    pub fn solve(&mut self, occupied: &Occupation, share: &[f64], tolerance: f64) -> Result<Solved, PotentialError> {
        let layers = self.graph.layers();
        if !occupied.fits(&self.graph) {
            return Err(PotentialError::OtherLattice);
        }
        if share.len() + 1 != layers {
            return Err(PotentialError::Shares { layers, shares: share.len() });
        }
        if let Some(layer) = share.iter().position(|s| !s.is_finite()) {
            return Err(PotentialError::Share { layer, share: share[layer] });
        }
        if !(tolerance.is_finite() && tolerance > 0.0) {
            return Err(PotentialError::Tolerance(tolerance));
        }
        let (closed, detached) = self.connect(occupied);
        if !closed {
            return Ok(Solved::Open { detached });
        }
        self.chain.count(&self.rows, &self.spans, &self.known, &mut self.degree, &mut self.atoms);
        let put_in = self.put_in(share);
        let (iterations, residual) = self.gradients(&put_in, tolerance)?;
        let current_out = self.extend();
        let current_in = (1..layers).map(|k| put_in[k] * f64::from(self.atoms[2 * k] + self.atoms[2 * k + 1])).sum();
        Ok(Solved::Closed(Solution { iterations, residual, current_in, current_out, detached }))
    }

    /// Finds the silver that is connected to layer 0 and marks it as known; whether it reaches the last layer, and the pieces that touch
    /// neither end.
    fn connect(&mut self, occupied: &Occupation) -> (bool, Vec<Piece>) {
        const LOW: u8 = 1;
        const HIGH: u8 = 2;
        let layers = self.graph.layers();
        let Potential { runs, rows, graph, .. } = self;
        runs.find(|column, runs| runs_of(occupied.row(column), layers, runs));
        let mut touches = vec![0u8; runs.len()];
        for r in 0..runs.len() {
            let [from, to] = runs.run(r);
            touches[runs.piece(r)] |= if from == 0 { LOW } else { 0 } | if to == layers { HIGH } else { 0 };
        }
        let mut detached: Vec<Piece> = Vec::new();
        let mut number = vec![usize::MAX; if touches.contains(&0) { runs.len() } else { 0 }];
        let closed = touches.contains(&(LOW | HIGH));
        if closed {
            self.known.fill(0);
            self.spans.clear();
        }
        for column in 0..graph.open_columns() {
            let (mut first, mut last) = (usize::MAX, 0);
            for r in runs.column(column) {
                let [from, to] = runs.run(r);
                let piece = runs.piece(r);
                // The parts of a run have the piece of the whole.
                if touches[piece] & LOW != 0 {
                    if closed {
                        let base = rows.base(column);
                        self.known[base + from..base + to].fill(1);
                        (first, last) = (first.min(from), to);
                    }
                } else if touches[piece] == 0 {
                    if number[piece] == usize::MAX {
                        number[piece] = detached.len();
                        detached.push(Piece { sites: Vec::new() });
                    }
                    let base = column * layers;
                    detached[number[piece]].sites.extend((base + from..base + to).map(|s| s as u32));
                }
            }
            if first < last {
                // Layer 0 is no unknown; a column of it alone stays, to be counted.
                self.spans.push(Span { column: column as u32, from: first.max(1) as u32, to: last.max(1) as u32 });
            }
        }
        (closed, detached)
    }

    /// What is put into each atom of a layer.
    fn put_in(&self, share: &[f64]) -> Vec<f64> {
        let layers = self.graph.layers();
        (0..layers)
            .map(|k| {
                let n = f64::from(self.atoms[2 * k] + self.atoms[2 * k + 1]);
                if k == 0 || n == 0.0 { 0.0 } else { (share[k - 1] - share.get(k).copied().unwrap_or(0.0)) / n }
            })
            .collect()
    }
}

/// Of a layer, from the potentials of its two planes and how many atoms these have.
fn mean_of(planes: [f64; 2], atoms: [u32; 2]) -> f64 {
    match atoms.map(|n| n > 0) {
        [true, true] => 0.5 * (planes[0] + planes[1]),
        [true, false] => planes[0],
        [false, true] => planes[1],
        _ => 0.0,
    }
}
