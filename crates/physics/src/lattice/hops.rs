//! Engine C: explicit hops to neighbouring sites, and evaporation (lattice.md section 2C). For small crystals and for electromigration.
//!
//! An atom of n ≥ 1 bonds hops to a vacant neighbour at which it has at least one bond besides, at the rate
//! k_h(n) = ν exp(-(E0 + n ε)/kT): the saddle has the same energy for all hops, so forward and backward balance in detail whatever n. It
//! evaporates at the rate k_ev(n); an atom without bonds is vapour, at once. Each of the twelve directions is tried alike; a direction that
//! is taken, bare or a guard is a null event and takes its time. Vacancies move like atoms do, from 11 bonds on, and are as rare as that.
//!
//! Guards reflect: an atom beside one stays where it is when it draws that direction, and leaves in another. An atom cannot get stuck there,
//! but a crystal that reaches the guards is cut by a wall without energy: leave six shells of guards. Held atoms (layer 0 and the last one)
//! are neighbours that never move.
//!
//! Bias: a force F along the axis multiplies the rate of a hop by exp(F Δx / 2kT), half of the work being done at the saddle; Δx is 0,
//! ±d/2 or ±d. The drift of an atom is then D F / kT, times sinh(u)/u with u = F d / 2kT: a force amplified to u = 0.2 drifts 0.7 % too
//! fast relative to linear; real wires have u near 1e-3 ([`force`]), where drift drowns in diffusion unless amplified.
//!
//! Lost: the Ehrlich-Schwoebel barrier, exchange moves, concerted moves of clusters. Hops outnumber evaporations by 6 exp(1.37 eV/kT), 3e7 at
//! 750 °C: to see a crystal evaporate, all saddles are raised together ([`Hopping::scale`]); the equilibrium stays, the diffusion length
//! shrinks ([`Hops::diffusion_length`]).

use super::bonds::{NoCrystal, Rates};
use super::draw::{LISTS, unit};
use super::graph::{Graph, NEIGHBOURS, shell_of};
use super::occupation::Occupied;
use super::sites::{Plan, Sites, UNLISTED};
use super::tiles::over;
use super::{Ended, Engine, Limit};
use crate::materials::constants::{E, KB};
use crate::random::{Purpose, Stream};

/// Attempts whose random numbers are drawn together.
const AHEAD: usize = 16;
/// Attempts without an event after which nothing is held to be able to move.
const IDLE: u64 = 1 << 28;
/// Largest F d / 2kT: beyond, most hops are refused and drift is far from linear.
const MOST_BIAS: f64 = 1.0;
/// The classes of 10 and 11 bonds share a list: they hardly ever move.
const PLAN: Plan = Plan { occupied: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, UNLISTED], vacant: [UNLISTED; NEIGHBOURS + 1] };

/// How atoms hop.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hopping {
    /// Rate of all hops relative to [`Rates::hop`]: all saddles are raised by -kT ln(scale). The equilibrium does not change.
    pub scale: f64,
    /// Whether atoms evaporate.
    pub evaporates: bool,
    /// Force along the axis [N], positive towards higher layers ([`force`]).
    pub force: f64,
}

impl Default for Hopping {
    fn default() -> Hopping {
        Hopping { scale: 1.0, evaporates: true, force: 0.0 }
    }
}

/// Why hops cannot be made.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum HoppingError {
    /// The temperature.
    #[error(transparent)]
    NoCrystal(#[from] NoCrystal),
    /// The rate of hops.
    #[error("the rate of hops relative to that of the bonds is {0}: it must be positive and finite; 1 leaves it, 1e-4 raises all saddles")]
    Scale(f64),
    /// The force.
    #[error(
        "a force of {newton:.3e} N moves an atom's energy by {bias:.3} of 2kT over one hop: drift is linear below 0.2 and refused above {MOST_BIAS}; amplify less"
    )]
    Force {
        /// Force [N].
        newton: f64,
        /// F d / 2kT.
        bias: f64,
    },
}

/// Force [N] on an atom along the axis: F = Z* e ρ j, with the effective charge Z*, the resistivity [Ω m] and the current density [A/m²],
/// positive if the conventional current flows towards higher layers. With Z* < 0, the default of silver (-10 at 800 K, wire.md section 3),
/// the wind of the electrons wins: atoms go with them, from cathode to anode, against the conventional current.
pub fn force(effective_charge: f64, resistivity: f64, current_density: f64) -> f64 {
    effective_charge * E * resistivity * current_density
}

/// Hops to neighbouring sites. Time is that of the kinetic Monte Carlo: each attempt, refused or not, takes the mean waiting time of the
/// state it is made in, or a drawn one. An event is a hop that was made or an atom that was lost.
#[derive(Clone, Debug)]
pub struct Hops {
    sites: Sites,
    rates: Rates,
    rule: Hopping,
    /// By class: share of hops among the attempts, and twelve over it; what the shared list is slowed by.
    share: [f64; NEIGHBOURS + 1],
    turn: [f64; NEIGHBOURS + 1],
    slow: f64,
    /// Share of the hops accepted, by kind of column (axis, odd and even shells) and direction; empty without a force.
    bias: Option<[[f64; NEIGHBOURS]; 3]>,
    random: Stream,
    /// Random numbers for the coming attempts, so that a run in pieces is the same as one in one piece.
    bits: [[u64; 2]; AHEAD],
    next: usize,
    draw_times: bool,
    attempts: u64,
    events: u64,
    lost: u64,
    time: f64,
    last: Option<u32>,
}

impl Hops {
    /// An engine at a temperature [K]. The atoms of layer 0 and of the last layer are held.
    ///
    /// # Errors
    /// There is no crystal at this temperature, or the rule makes no sense.
    pub fn new(graph: Graph, shape: &impl Occupied, rule: Hopping, temperature: f64, seed: u64) -> Result<Hops, HoppingError> {
        Hops::with_open(graph, shape, rule, temperature, seed, |_| true)
    }

    /// An engine in which only sites for which `open` holds ever change.
    ///
    /// # Errors
    /// There is no crystal at this temperature, or the rule makes no sense.
    pub fn with_open(
        graph: Graph,
        shape: &impl Occupied,
        rule: Hopping,
        temperature: f64,
        seed: u64,
        open: impl Fn(usize) -> bool,
    ) -> Result<Hops, HoppingError> {
        let mut hops = Hops {
            rates: Rates::at(temperature)?,
            sites: Sites::new(graph, shape, PLAN, LISTS, open),
            rule: Hopping::default(),
            share: [0.0; NEIGHBOURS + 1],
            turn: [0.0; NEIGHBOURS + 1],
            slow: 1.0,
            bias: None,
            random: Stream::new(seed, Purpose::Lattice, 2),
            bits: [[0; 2]; AHEAD],
            next: AHEAD,
            draw_times: false,
            attempts: 0,
            events: 0,
            lost: 0,
            time: 0.0,
            last: None,
        };
        hops.set_rule(rule)?;
        Ok(hops)
    }

    /// Draws waiting times instead of taking their mean: for the statistics of single events.
    #[must_use]
    pub fn drawing_times(mut self) -> Hops {
        self.draw_times = true;
        self
    }

    /// How atoms hop.
    pub fn rule(&self) -> Hopping {
        self.rule
    }

    /// Changes how atoms hop.
    ///
    /// # Errors
    /// The rule makes no sense; the old one is kept.
    pub fn set_rule(&mut self, rule: Hopping) -> Result<(), HoppingError> {
        if !(rule.scale > 0.0 && rule.scale.is_finite()) {
            return Err(HoppingError::Scale(rule.scale));
        }
        let bias = self.bias_of(rule.force);
        if !(bias.abs() <= MOST_BIAS) {
            return Err(HoppingError::Force { newton: rule.force, bias });
        }
        self.rule = rule;
        self.take_rates();
        Ok(())
    }

    /// F d / 2kT of a force [N] at the present temperature.
    pub fn bias_of(&self, force: f64) -> f64 {
        0.5 * force * self.sites.graph.pitch() / (KB * self.rates.temperature())
    }

    /// How far [m] an atom walks on an even surface before it evaporates, √(D τ): d √(k_h / k_ev), the same whatever its bonds. Infinite
    /// without evaporation.
    pub fn diffusion_length(&self) -> f64 {
        if !self.rule.evaporates {
            return f64::INFINITY;
        }
        self.sites.graph.pitch() * (self.rule.scale * self.rates.hop(6) / self.rates.evaporation(6)).sqrt()
    }

    /// Attempts since the start, refused ones included.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }

    /// Present rates.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Whether a site is occupied.
    pub fn occupied_at(&self, site: usize) -> bool {
        self.sites.occupied(self.sites.tiles.address_of(site))
    }

    /// The site that the last hop went to.
    pub fn last(&self) -> Option<usize> {
        self.last.map(|s| self.sites.tiles.site(s as usize))
    }

    fn take_rates(&mut self) {
        let bias = self.bias_of(self.rule.force);
        let most = bias.abs().exp();
        let hop: [f64; NEIGHBOURS + 1] = std::array::from_fn(|n| NEIGHBOURS as f64 * self.rule.scale * self.rates.hop(n) * most);
        let leave: [f64; NEIGHBOURS + 1] = std::array::from_fn(|n| if self.rule.evaporates { self.rates.evaporation(n) } else { 0.0 });
        let mut rate: [f64; LISTS] = std::array::from_fn(|n| hop[n] + leave[n]);
        // An atom without bonds has none to hop along: it leaves, as fast as anything happens.
        rate[0] = if self.rule.evaporates { rate[1] } else { 0.0 };
        self.slow = (hop[11] + leave[11]) / rate[10];
        for n in 0..=NEIGHBOURS {
            self.share[n] = if n == 0 { 0.0 } else { hop[n] / (hop[n] + leave[n]) };
            self.turn[n] = NEIGHBOURS as f64 / self.share[n].max(f64::MIN_POSITIVE);
        }
        self.sites.lists.set_rates(rate);
        self.bias = (bias != 0.0).then(|| {
            // The order of Graph::delta: up and down the own column; the own shell (two, not on the axis); pairs of the other parity.
            let accepted = |steps: f64| (bias * steps).exp() / most;
            let table = |axis: bool, low: f64| {
                std::array::from_fn(|q| match q {
                    0 => accepted(1.0),
                    1 => accepted(-1.0),
                    2 | 3 if !axis => accepted(0.0),
                    q if q % 2 == 0 => accepted(low),
                    _ => accepted(-low),
                })
            };
            // From an even shell a pair lies at + and - half a step, from an odd one at - and +.
            [table(true, 0.5), table(false, -0.5), table(false, 0.5)]
        });
    }

    /// One attempt. Whether anything happened.
    #[inline]
    fn attempt(&mut self, bits: u64, more: u64) -> bool {
        let p = self.sites.lists.propose(0, bits);
        let wait = self.sites.lists.wait(0);
        self.time += if self.draw_times { -(1.0 - self.random.uniform()).ln() * wait } else { wait };
        self.attempts += 1;
        let Some(site) = self.sites.named(p) else { return false };
        let n = self.sites.coordination(site);
        if n == 11 && self.random.uniform() >= self.slow {
            return false;
        }
        let u = unit(more);
        if u >= self.share[n] {
            self.sites.toggle(site);
            self.sites.present -= 1;
            self.lost += 1;
            return true;
        }
        let q = ((u * self.turn[n]) as usize).min(NEIGHBOURS - 1);
        let there = over(site, self.sites.tiles.delta(site)[q]);
        // One of the neighbours there is this atom itself.
        if self.sites.room(there) < 2 {
            return false;
        }
        if let Some(bias) = &self.bias {
            let r = shell_of(self.sites.tiles.column_of(site)).0;
            let kind = if r == 0 { 0 } else { 2 - r % 2 };
            if self.random.uniform() >= bias[kind][q] {
                return false;
            }
        }
        self.sites.step(site, there);
        self.last = Some(there as u32);
        true
    }
}

impl Occupied for Hops {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        self.sites.column(graph, column, bits);
    }
}

impl Engine for Hops {
    fn graph(&self) -> &Graph {
        &self.sites.graph
    }
    fn occupied(&self) -> u64 {
        self.sites.present
    }
    fn lost(&self) -> u64 {
        self.lost
    }
    fn events(&self) -> u64 {
        self.events
    }
    fn time(&self) -> f64 {
        self.time
    }
    fn histogram(&self) -> [u64; NEIGHBOURS + 1] {
        self.sites.histogram()
    }
    fn set_temperature(&mut self, temperature: f64) -> Result<(), NoCrystal> {
        self.rates = Rates::at(temperature)?;
        self.take_rates();
        Ok(())
    }

    fn run(&mut self, limit: Limit) -> Ended {
        let until_lost = self.lost.saturating_add(limit.lost);
        let until = self.events.saturating_add(limit.events);
        // Nothing that can be drawn may still be unable to move, as a lone atom of one bond without evaporation.
        let mut idle = 0u64;
        loop {
            if self.events >= until || self.lost >= until_lost || self.time >= limit.time {
                return Ended::Limit;
            }
            if self.next == AHEAD {
                if !self.sites.lists.any(0) || idle > IDLE {
                    return Ended::Nothing;
                }
                self.bits = std::array::from_fn(|_| [self.random.bits(), self.random.bits()]);
                self.next = 0;
            }
            let [bits, more] = self.bits[self.next];
            self.next += 1;
            let happened = self.attempt(bits, more);
            self.events += u64::from(happened);
            idle = if happened { 0 } else { idle + 1 };
        }
    }

    fn bytes(&self) -> usize {
        self.sites.bytes()
    }
}
