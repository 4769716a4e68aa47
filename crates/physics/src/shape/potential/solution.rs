//! What comes out of a solve, and why nothing does.

/// Why there is no potential.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum PotentialError {
    /// The occupation belongs to another lattice.
    #[error("the occupation has other columns or layers than the lattice that the potential was made for")]
    OtherLattice,
    /// Not one share per pair of layers.
    #[error("a lattice of {layers} layers needs {} shares of the current, one from each layer to the next: there are {shares}", layers - 1)]
    Shares {
        /// Layers of the lattice.
        layers: usize,
        /// Shares given.
        shares: usize,
    },
    /// A share that is no number.
    #[error("the share of the current that leaves layer {layer} is {share}; it must be a finite number")]
    Share {
        /// The layer.
        layer: usize,
        /// Its share.
        share: f64,
    },
    /// A tolerance that is no positive number.
    #[error("the tolerance of the potential must be a positive number, not {0}")]
    Tolerance(f64),
    /// The conjugate gradients came to no end.
    #[error("the potential did not converge: after {iterations} iterations the residual is still {residual:.2e}")]
    NoConvergence {
        /// Iterations made.
        iterations: usize,
        /// Residual reached.
        residual: f64,
    },
}

/// A connected piece of silver that touches neither end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Its sites, as the lattice numbers them, in order.
    pub sites: Vec<u32>,
}

/// What [`super::Potential::solve`] found.
#[derive(Clone, PartialEq, Debug)]
pub enum Solved {
    /// The current flows.
    Closed(Solution),
    /// The silver of the last layer is not connected to that of layer 0: nothing was solved, the potential is the one of before.
    Open {
        /// Pieces connected to neither end.
        detached: Vec<Piece>,
    },
}

/// How well the potential was found, and what came out besides.
#[derive(Clone, PartialEq, Debug)]
pub struct Solution {
    /// Iterations of the conjugate gradients.
    pub iterations: usize,
    /// What is missing in the balance of the atoms: the root of its power in their own bonds, Σ r²/n, over the power of the whole. About the
    /// relative error of currents, root mean square over the silver; before the last correction, which puts the balance of planes right.
    pub residual: f64,
    /// Current put in.
    pub current_in: f64,
    /// Current that leaves through the atoms of layer 0.
    pub current_out: f64,
    /// Pieces connected to neither end.
    pub detached: Vec<Piece>,
}
