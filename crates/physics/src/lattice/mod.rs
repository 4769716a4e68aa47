//! The atomistic engine: kinetic Monte Carlo on the five-fold twinned lattice (lattice.md).
//!
//! * [`Graph`]: sites and neighbours, found by column; [`Start`]: sections and tips of a wire; [`Occupation`]: who is where,
//! * [`Rates`]: bonds between nearest neighbours and what follows from them,
//! * three engines behind [`Engine`]: [`Evaporation`] (atoms only leave), [`Exchange`] (they leave a place and settle anywhere on their own
//!   piece, or are lost: fast diffusion, exact equilibrium), [`Hops`] (explicit steps to neighbouring sites, with or without a force),
//! * [`Refined`]: from a coarse lattice to a finer one; [`Lattice`]: what a protocol says of all that.
//!
//! Approximations, each made where it is used: energy linear in the number of nearest neighbours; homogeneous strain of the wedges and no
//! strain energy; no vacancies that diffuse in the bulk, no substrate, one temperature for the whole lattice.

mod bonds;
mod draw;
mod evaporation;
mod exchange;
mod graph;
mod hops;
mod memory;
mod occupation;
pub(crate) mod pieces;
mod refine;
mod settings;
mod sites;
mod start;
mod tiles;

pub use bonds::{BOND, NoCrystal, Rates, SADDLE, SITE_AREA, exposed_area};
pub use evaporation::Evaporation;
pub use exchange::{Exchange, LEAST, Settling};
pub use graph::{FLAT, Graph, GraphError, MOST_SITES, NEIGHBOURS, columns, shell_of, shells_for};
pub use hops::{Hopping, HoppingError, Hops, force};
pub use occupation::{Occupation, Occupied, ones};
pub use refine::Refined;
pub use settings::{Begin, Lattice, Method, Refine};
pub use start::{Form, Start};

/// When an engine stops.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limit {
    /// At this time [s] of the engine.
    pub time: f64,
    /// After so many more events.
    pub events: u64,
    /// After so many more sites were lost.
    pub lost: u64,
}

impl Limit {
    /// No limit.
    pub const NONE: Limit = Limit { time: f64::INFINITY, events: u64::MAX, lost: u64::MAX };

    /// After so many events.
    pub fn events(events: u64) -> Limit {
        Limit { events, ..Limit::NONE }
    }
    /// After so many sites were lost.
    pub fn lost(lost: u64) -> Limit {
        Limit { lost, ..Limit::NONE }
    }
    /// At a time [s].
    pub fn time(time: f64) -> Limit {
        Limit { time, ..Limit::NONE }
    }
}

/// Why an engine stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The limit was reached.
    Limit,
    /// Nothing is left that can move.
    Nothing,
}

/// What the three engines have in common.
pub trait Engine: Occupied {
    /// Sites and neighbours.
    fn graph(&self) -> &Graph;
    /// Occupied sites that are no guards.
    fn occupied(&self) -> u64;
    /// Sites lost to the vacuum since the start.
    fn lost(&self) -> u64;
    /// Events since the start: evaporations, toggles (half exchanges), or hops.
    fn events(&self) -> u64;
    /// Physical time [s] since the start; what it means is said by the engine.
    fn time(&self) -> f64;
    /// Number of occupied sites by coordination.
    fn histogram(&self) -> [u64; NEIGHBOURS + 1];
    /// Changes the temperature [K].
    ///
    /// # Errors
    /// There is no crystal at this temperature.
    fn set_temperature(&mut self, temperature: f64) -> Result<(), NoCrystal>;
    /// Goes on until a limit is reached.
    fn run(&mut self, limit: Limit) -> Ended;
    /// Bytes that the state takes, lists included.
    fn bytes(&self) -> usize;
}
