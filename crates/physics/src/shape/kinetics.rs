//! Hops of atoms to neighbouring sites, on a lattice coarse enough that a wire's neck is a matter of seconds (shape3d.md section 2).
//!
//! An atom i of n bonds hops to a vacant neighbour j that has another occupied neighbour besides, at the rate
//!
//! ν_ij exp(-(n - 6) β) exp((w_j - w_i)/2),
//!
//! with β the bond energy over kT, one for the whole lattice, and w the reduced potential of the force; |w_j - w_i| is cut at 2. The saddle
//! is the same for all hops, so forward and backward balance in detail: with ν_ij = ν_ji the equilibrium is that of the energy
//! -(bonds) β - Σ w, whatever the mobilities are. ν_ij is the smaller of the mobilities of the two layers times the smaller of the two
//! skin factors. Time is in units of the kink rate: a kink atom has six bonds.
//!
//! A hop that would leave an atom without a bond is refused. That is symmetric too: hops lead between states in which every atom has a
//! bond, and in both directions. (An atom that has none from the start never moves; others may hop to it.) Sites of the first and the last
//! layer and of the last shell are held: the atoms there are neighbours that never move, and no atom gets there.
//!
//! How it is drawn: every atom with a vacant neighbour is in an exact list of its slab of layers and its number of bonds n; 8 to 11 share one.
//! A list is drawn by whole-number weights (12 - n) exp(-(n - 6) β) times the slab's bound, then an entry, then one of the 12 - n vacant
//! neighbours. The bound is the largest mobility in the slab times exp(max |Δw|/2), whatever the sign, over all hops that are possible from
//! it: when the surface reaches a site for the first time since the potential was set, the hops that it makes possible are looked at, and the
//! bound raised if need be, before anything is drawn there. What remains, rounding of the weights included, is refused. Each attempt takes
//! the mean waiting time of its state.
//!
//! What bounds the speed (`examples/shape_speed.rs`; 1200 instructions and 2.1 attempts per hop): attempts that find no room (44 % of all;
//! to know without asking costs more than it saves), each of which is a chain of seven look-ups and a branch that cannot be predicted.

mod bias;
mod buffer;
mod calibration;
mod lists;
mod stretch;
mod upkeep;
mod ways;

use crate::lattice::{Ended, Graph, NEIGHBOURS, Occupation, Occupied};
use crate::random::{Purpose, Stream};
use bias::Bias;
use buffer::Zone;
pub use calibration::flux_constant;
use lists::{CLASSES, COVERED, FIXED, LISTS, Lists, OCCUPIED, bonds, list};
use ways::Ways;

/// Fewest layers: two that are held and some between them.
const FEWEST_LAYERS: usize = 8;
/// Largest bond energy over kT: beyond, the rates of kinks and terraces are further apart than any run is long.
const MOST_BETA: f64 = 20.0;
/// Attempts without a hop after which nothing is held to be able to move.
const IDLE: u64 = 1 << 26;
/// Hops after which buffers that lacked a site are looked at again.
const AGAIN: u64 = 1024;

/// Why hops cannot be made.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum KineticsError {
    /// The lattice is too short.
    #[error("a lattice of {0} layers is too short: two are held, and it needs at least {FEWEST_LAYERS}")]
    Layers(usize),
    /// The lattice is too large.
    #[error("a lattice of {columns} columns and {layers} layers is too large to be listed: at most 2^25 sites, and 65536 columns")]
    Sites {
        /// Columns that are no guards.
        columns: usize,
        /// Layers.
        layers: usize,
    },
    /// The facet state.
    #[error("a bond energy over kT of {0}: it must lie between 0 and {MOST_BETA}; 1.5 to 3 are rough to faceted")]
    Beta(f64),
    /// An array of the wrong length.
    #[error("the {what} has {found} values: it needs {wanted}")]
    Length {
        /// Which array.
        what: &'static str,
        /// Values that it needs.
        wanted: usize,
        /// Values that it has.
        found: usize,
    },
    /// A mobility.
    #[error("the mobility of layer {layer} is {value}: it is relative to the fastest one, from 0 (nothing moves) to 1")]
    Mobility {
        /// Layer.
        layer: usize,
        /// Its value.
        value: f64,
    },
    /// A potential.
    #[error("the potential of site {site} is {value}: it must be finite, in vacuum too")]
    Potential {
        /// Site.
        site: usize,
        /// Its value.
        value: f64,
    },
    /// The potential's scale.
    #[error("the scale of the potential is {0}: it must be finite; 0 switches the force off")]
    Scale(f64),
}

/// An open end: the layers beside it are kept at a number of atoms.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Buffer {
    /// Layers of the buffer.
    pub layers: usize,
    /// Atoms to be kept in it.
    pub target: f64,
}

/// What was put in and taken out: the atoms now are those at the start, plus `added`, less `removed` and `fragments`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Ledger {
    /// Atoms added by the buffer of each end.
    pub added: [u64; 2],
    /// Atoms taken out by the buffer of each end.
    pub removed: [u64; 2],
    /// Atoms taken out one by one ([`Kinetics::remove`]).
    pub fragments: u64,
}

/// Hops on a lattice. See the module for the law.
#[derive(Clone, Debug)]
pub struct Kinetics {
    graph: Graph,
    ways: Ways,
    /// By site: bonds, flags, place in a list.
    words: Vec<u16>,
    lists: Lists,
    bias: Bias,
    /// By slab: |Δw| that its bound allows for, in steps of the potential.
    allowed: Vec<u16>,
    beta: f64,
    /// By class: (12 - n) exp(-(n - 6) β).
    rate: [f64; CLASSES],
    /// By layer.
    mobility: Vec<f32>,
    /// Bare, covered.
    skin: [f32; 2],
    zones: [Option<Zone>; 2],
    /// By layer: bit 0 and 1 for the buffers of both ends.
    zone_of: Vec<u8>,
    layer_counts: Vec<u32>,
    count: u64,
    random: Stream,
    time: f64,
    hops: u64,
    attempts: u64,
    idle: u64,
    flux: i64,
    ledger: Ledger,
}

impl Kinetics {
    /// Hops from a shape, at a facet state `beta` (bond energy over kT). All layers are equally mobile, there is no force, no skin, and both
    /// ends are closed.
    ///
    /// # Errors
    /// A lattice with too few layers or too many columns, or a facet state that makes no sense.
    pub fn new(graph: Graph, shape: &(impl Occupied + ?Sized), beta: f64, seed: u64) -> Result<Kinetics, KineticsError> {
        Kinetics::with_open(graph, shape, beta, seed, |_| true)
    }

    /// The same, but only sites for which `open` holds ever change.
    ///
    /// # Errors
    /// A lattice with too few layers or too many columns, or a facet state that makes no sense.
    pub fn with_open(
        graph: Graph,
        shape: &(impl Occupied + ?Sized),
        beta: f64,
        seed: u64,
        open: impl Fn(usize) -> bool,
    ) -> Result<Kinetics, KineticsError> {
        let (layers, columns) = (graph.layers(), graph.open_columns());
        if layers < FEWEST_LAYERS {
            return Err(KineticsError::Layers(layers));
        }
        if !(0.0..=MOST_BETA).contains(&beta) {
            return Err(KineticsError::Beta(beta));
        }
        let ways = Ways::new(&graph);
        let all = Occupation::of(shape, &graph);
        let mut words = vec![FIXED; graph.sites()];
        let mut layer_counts = vec![0u32; layers];
        for column in 0..graph.columns() {
            for k in (0..layers).filter(|k| all.get(column, *k)) {
                words[column * layers + k] |= OCCUPIED;
                layer_counts[k] += 1;
            }
        }
        let lists = Lists::new(layers, columns).ok_or(KineticsError::Sites { layers, columns })?;
        let mut wanted = vec![[0u32; LISTS]; lists.slabs()];
        for site in (0..columns).flat_map(|c| (c * layers + 1)..(c * layers + layers - 1)) {
            let way = ways.of(ways.column(site));
            let near = (0..NEIGHBOURS).map(|q| words[way.to(site, q)] & OCCUPIED);
            let mask = near.enumerate().map(|(q, there)| u16::from(there != 0) << q).sum::<u16>();
            words[site] |= mask;
            if open(site) {
                words[site] &= !FIXED;
                let n = bonds(words[site]);
                if words[site] & OCCUPIED != 0 && n < NEIGHBOURS {
                    wanted[lists.slab_of(ways.layer(site))][list(n)] += 1;
                }
            }
        }
        let mut kinetics = Kinetics {
            bias: Bias::none(columns * layers),
            allowed: vec![0; lists.slabs()],
            beta,
            rate: [0.0; CLASSES],
            mobility: vec![1.0; layers],
            skin: [1.0; 2],
            zones: [None, None],
            zone_of: vec![0; layers],
            count: layer_counts.iter().map(|n| u64::from(*n)).sum(),
            layer_counts,
            random: Stream::new(seed, Purpose::Lattice, 3),
            time: 0.0,
            hops: 0,
            attempts: 0,
            idle: 0,
            flux: 0,
            ledger: Ledger::default(),
            words,
            lists,
            ways,
            graph,
        };
        kinetics.lists.reserve(&wanted);
        for site in 0..kinetics.words.len() {
            let word = kinetics.words[site];
            if word & (OCCUPIED | FIXED) == OCCUPIED {
                let slab = kinetics.lists.slab_of(kinetics.ways.layer(site));
                let mut lists = kinetics.lists.open();
                lists.begin(slab);
                lists.push(site, slab, list(bonds(word)));
                lists.end();
                let tight = lists.tight;
                kinetics.lists.close(tight);
                kinetics.lists.widen();
            }
        }
        kinetics.take_beta();
        Ok(kinetics)
    }

    /// Sites and neighbours.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }
    /// Bond energy over kT.
    pub fn beta(&self) -> f64 {
        self.beta
    }
    /// Time since the start, in units of 1 / (kink rate of the fastest layer).
    pub fn time(&self) -> f64 {
        self.time
    }
    /// Hops since the start.
    pub fn hops(&self) -> u64 {
        self.hops
    }
    /// Attempts since the start, refused ones included.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }
    /// What was put in and taken out since the start.
    pub fn ledger(&self) -> Ledger {
        self.ledger
    }
    /// Atoms, held ones included.
    pub fn count(&self) -> u64 {
        self.count
    }
    /// Atoms of each layer, held ones included.
    pub fn layer_counts(&self) -> &[u32] {
        &self.layer_counts
    }
    /// Sum of the displacements of all hops since the start along the axis, in half pitches. What buffers add and take does not count.
    pub fn flux(&self) -> i64 {
        self.flux
    }
    /// Whether a site is occupied. Sites that do not exist are not.
    pub fn occupied_at(&self, site: usize) -> bool {
        self.words.get(site).is_some_and(|w| w & OCCUPIED != 0)
    }

    /// Changes the bond energy over kT.
    ///
    /// # Errors
    /// A value that makes no sense; the old one is kept.
    pub fn set_beta(&mut self, beta: f64) -> Result<(), KineticsError> {
        if !(0.0..=MOST_BETA).contains(&beta) {
            return Err(KineticsError::Beta(beta));
        }
        self.beta = beta;
        self.take_beta();
        Ok(())
    }

    /// Sets the mobility of each layer, relative to the fastest one: from 0 to 1. Where it is 0 nothing moves.
    ///
    /// # Errors
    /// Not one value for each layer, or one that is not between 0 and 1; the old ones are kept.
    pub fn set_mobility(&mut self, layer: &[f64]) -> Result<(), KineticsError> {
        if layer.len() != self.mobility.len() {
            return Err(KineticsError::Length { what: "mobility", wanted: self.mobility.len(), found: layer.len() });
        }
        if let Some((layer, value)) = layer.iter().enumerate().find(|(_, m)| !(0.0..=1.0).contains(*m)) {
            return Err(KineticsError::Mobility { layer, value: *value });
        }
        self.mobility.iter_mut().zip(layer).for_each(|(m, l)| *m = *l as f32);
        self.weigh();
        Ok(())
    }

    /// Sets the reduced potential of the force, w = `psi` × `scale`, by site: atoms drift to where it is larger. Differences between
    /// neighbours are cut at 2.
    ///
    /// # Errors
    /// Not one value for each site, or one that is not finite; the old potential is kept.
    pub fn set_potential(&mut self, psi: &[f32], scale: f64) -> Result<(), KineticsError> {
        if psi.len() != self.words.len() {
            return Err(KineticsError::Length { what: "potential", wanted: self.words.len(), found: psi.len() });
        }
        self.bias.set(psi, scale)?;
        self.bound();
        Ok(())
    }

    /// Switches the force off.
    pub fn clear_potential(&mut self) {
        self.bias.clear();
        self.bound();
    }

    /// Covers sites with a skin under which the mobility is lower by a factor; 1 takes the skin off. A factor below 0 or above 1 is cut, one
    /// that is not a number takes the skin off.
    pub fn set_skin(&mut self, covered: impl Fn(usize) -> bool, factor: f64) {
        let factor = if factor.is_nan() { 1.0 } else { factor.clamp(0.0, 1.0) };
        self.skin = [1.0, factor as f32];
        for (site, word) in self.words.iter_mut().enumerate() {
            *word = (*word & !COVERED) | if factor < 1.0 && covered(site) { COVERED } else { 0 };
        }
    }

    /// Takes an atom out, as a piece of a fragment. Whether there was one that is not held.
    pub fn remove(&mut self, site: usize) -> bool {
        if self.words.get(site).is_none_or(|w| w & (OCCUPIED | FIXED) != OCCUPIED) {
            return false;
        }
        self.empty(site);
        self.ledger.fragments += 1;
        true
    }

    /// Goes on for so many more hops or until a time, whatever comes first; the time is passed by less than one attempt's. A run in pieces is
    /// the same as one in one piece. [`Ended::Nothing`] if nothing can move; the time then stands still.
    pub fn run(&mut self, hops: u64, until: f64) -> Ended {
        let last = self.hops.saturating_add(hops);
        // A copy, so that it need not be kept in memory between draws.
        let mut random = self.random.clone();
        let mut ended = Ended::Limit;
        while self.hops < last && self.time < until {
            if self.lists.total() == 0 || self.idle > IDLE {
                ended = Ended::Nothing;
                break;
            }
            let before = self.hops;
            let again = before - before % AGAIN + AGAIN;
            let pause = self.stretch(&mut random, last.min(again), until);
            self.lists.widen();
            let crossed = pause.is_some_and(|hop| self.attend(hop));
            if crossed || (self.hops == again && before != again) {
                self.regulate(0, &mut random);
                self.regulate(1, &mut random);
            }
        }
        self.random = random;
        ended
    }

    /// Bytes that the state takes, lists and tables included.
    pub fn bytes(&self) -> usize {
        2 * self.words.capacity()
            + 2 * self.bias.level.capacity()
            + size_of_val(&*self.bias.factor)
            + self.lists.bytes()
            + self.ways.bytes()
            + 9 * self.layer_counts.capacity()
    }
}

impl Occupied for Kinetics {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        let layers = self.graph.layers();
        if graph.layers() != layers {
            return;
        }
        for (k, word) in self.words.iter().skip(column * layers).take(layers).enumerate() {
            bits[k / 64] |= u64::from(word & OCCUPIED != 0) << (k % 64);
        }
    }
}

#[cfg(test)]
mod tests;
