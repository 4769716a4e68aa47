//! Engine B: detach, then settle anywhere on the own piece or be lost (lattice.md section 2B).
//!
//! The limit of fast surface diffusion. An atom of coordination n is taken from its place at the rate f_n k_n; with probability
//! 1 / (1 + Λ) it is lost, otherwise it settles on a vacant site of m bonds with weight f_m. Forward f_n k_n f_m / W and backward
//! f_m k_m f_n / W share the state between them, so they share W and balance in detail, whatever f. The class factors
//! f_n = min(1, c k_6 / k_n) slow the flicker of adatoms without touching the equilibrium.
//!
//! Lost: how long and how far transport takes (it is instant), the rate at which layers nucleate, the Ehrlich-Schwoebel barrier. Valid where
//! the piece is smaller than the diffusion length (0.2 to 0.6 um in minutes, lattice.md section 6).
//!
//! Two one-sided steps: sites with fewer than [`LEAST`] bonds are left but not settled on, bulk vacancies are filled but not made. What
//! they leave out has a Boltzmann weight of 1e-6 on the test's system at 927 °C (crates/physics/tests/lattice_balance.rs), and less when
//! colder.

use super::bonds::{BOND, NoCrystal, Rates, exposed_area};
use super::draw::LISTS;
use super::graph::{Graph, NEIGHBOURS};
use super::occupation::Occupied;
use super::pieces::Pieces;
use super::sites::{Plan, Sites, UNLISTED};
use super::tiles::over;
use super::{Ended, Engine, Limit};
use crate::materials::constants::KB_EV;
use crate::random::{Purpose, Stream};

/// Fewest bonds of a site that is settled on.
pub const LEAST: usize = 3;
/// Attempts whose memory is touched together, ahead of time.
const AHEAD: usize = 16;
/// Losses between two surveys (separate pieces, exposed area), relative to the atoms present, and the fewest.
const SURVEY: (f64, u64) = (2e-3, 200);
/// Draws after which an atom that finds no place on its piece counts as vapour: the piece is a few atoms, and has no site of [`LEAST`] bonds.
const PATIENCE: u32 = 1_000_000;
const LEAVING: usize = 0;
const SETTLING: usize = 1;

/// Classes that the default class factors make equally fast share a list: atoms of up to 5 bonds, and sites of 6 bonds and more.
const PLAN: Plan = Plan {
    occupied: [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, UNLISTED],
    vacant: [UNLISTED, UNLISTED, UNLISTED, 7, 8, 9, 10, 10, 10, 10, 10, 10, 10],
};
const SPLIT: usize = 7;

/// How atoms that leave their place go on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settling {
    /// Atoms that settle for each that is lost (Λ). Infinite: none is lost.
    pub ratio: f64,
    /// Class factor c: sites are visited at most c times as often as kinks move.
    pub class_factor: f64,
    /// Whether atoms settle on their own connected piece only.
    pub own_piece: bool,
}

impl Default for Settling {
    fn default() -> Settling {
        Settling { ratio: 500.0, class_factor: 10.0, own_piece: true }
    }
}

/// Exchange with a reservoir of adatoms. Time is that of the losses: each takes V / (v A), with the volume V of a site, the Hertz-Knudsen
/// recession v and the exposed area A. An event is a toggle: an atom that leaves a place or takes one.
#[derive(Clone, Debug)]
pub struct Exchange {
    sites: Sites,
    /// Share of the proposals of its list that a class accepts.
    leaves: [f64; NEIGHBOURS + 1],
    settles: [f64; NEIGHBOURS + 1],
    /// Exposed area [m²] at the last survey, and losses at which the next one is due.
    area: f64,
    rule: Settling,
    rates: Rates,
    random: Stream,
    pieces: Pieces,
    survey_at: u64,
    escape: f64,
    /// Atoms that settle before the next one is lost.
    stay: u64,
    ahead: bool,
    /// Random numbers of the coming proposals of the two groups, so that a run in pieces is the same as one in one piece.
    bits: [[u64; AHEAD]; 2],
    next: [usize; 2],
    time: f64,
    lost: u64,
    toggles: u64,
}

impl Exchange {
    /// An engine at a temperature [K]. The atoms of layer 0 and of the last layer are held.
    ///
    /// # Errors
    /// There is no crystal at this temperature.
    pub fn new(graph: Graph, shape: &impl Occupied, rule: Settling, temperature: f64, seed: u64) -> Result<Exchange, NoCrystal> {
        Exchange::with_open(graph, shape, rule, temperature, seed, |_| true)
    }

    /// An engine in which only sites for which `open` holds ever change.
    ///
    /// # Errors
    /// There is no crystal at this temperature.
    pub fn with_open(
        graph: Graph,
        shape: &impl Occupied,
        rule: Settling,
        temperature: f64,
        seed: u64,
        open: impl Fn(usize) -> bool,
    ) -> Result<Exchange, NoCrystal> {
        let mut engine = Exchange {
            rates: Rates::at(temperature)?,
            sites: Sites::new(graph, shape, PLAN, SPLIT, open),
            leaves: [0.0; NEIGHBOURS + 1],
            settles: [0.0; NEIGHBOURS + 1],
            area: 0.0,
            rule,
            random: Stream::new(seed, Purpose::Lattice, 1),
            pieces: Pieces::one(),
            survey_at: 0,
            escape: 0.0,
            stay: 0,
            ahead: false,
            bits: [[0; AHEAD]; 2],
            next: [AHEAD; 2],
            time: 0.0,
            lost: 0,
            toggles: 0,
        };
        engine.ahead = engine.sites.large();
        engine.take_rates();
        engine.survey();
        Ok(engine)
    }

    /// Touches memory ahead of time, or not: the same events to the bit. By itself the engine does so where its state is larger than
    /// 45 MB; below, the caches do as well and the touching costs more than it saves.
    #[must_use]
    pub fn touching_ahead(mut self, ahead: bool) -> Exchange {
        self.ahead = ahead;
        self
    }

    /// How atoms go on.
    pub fn rule(&self) -> Settling {
        self.rule
    }

    /// Changes how atoms go on.
    pub fn set_rule(&mut self, rule: Settling) {
        self.rule = rule;
        self.take_rates();
    }

    /// Whether a site is occupied.
    pub fn occupied_at(&self, site: usize) -> bool {
        self.sites.occupied(self.sites.tiles.address_of(site))
    }

    /// Exposed area [m²], from the coordinations.
    pub fn area(&self) -> f64 {
        let scale = (self.sites.graph.coarsening() as f64).powi(2);
        let all = self.sites.histogram();
        (0..NEIGHBOURS).map(|n| all[n] as f64 * exposed_area(n)).sum::<f64>() * scale
    }

    /// Connected pieces found at the last search.
    pub fn pieces(&self) -> usize {
        self.pieces.count()
    }

    /// Goes on without losing anything: the shape relaxes at constant volume.
    pub fn relax(&mut self, toggles: u64) -> Ended {
        let rule = self.rule;
        self.set_rule(Settling { ratio: f64::INFINITY, ..rule });
        let ended = self.run(Limit::events(toggles));
        self.set_rule(rule);
        ended
    }

    fn take_rates(&mut self) {
        let bond = BOND / (KB_EV * self.rates.temperature());
        // Relative to kinks: only ratios matter, the clock is that of the losses.
        let k: [f64; NEIGHBOURS + 1] = std::array::from_fn(|n| ((6.0 - n as f64) * bond).exp());
        let f = k.map(|k| (self.rule.class_factor / k).min(1.0));
        let leave: [f64; NEIGHBOURS + 1] = std::array::from_fn(|n| f[n] * k[n]);
        // A list has the rate of its fastest class; the others accept their share of its proposals.
        let mut rate = [0.0f64; LISTS];
        for n in 0..=NEIGHBOURS {
            for (list, r) in [(PLAN.occupied[n], leave[n]), (PLAN.vacant[n], f[n])] {
                if list < LISTS {
                    rate[list] = rate[list].max(r);
                }
            }
        }
        let share = |list: usize, r: f64| if list < LISTS && r < rate[list] * (1.0 - 1e-12) { r / rate[list] } else { 1.0 };
        self.leaves = std::array::from_fn(|n| share(PLAN.occupied[n], leave[n]));
        self.settles = std::array::from_fn(|n| share(PLAN.vacant[n], f[n]));
        self.sites.lists.set_rates(rate);
        self.escape = 1.0 / (1.0 + self.rule.ratio);
        self.stay = self.settle_before_loss();
    }

    #[inline]
    fn accepts(&mut self, share: f64) -> bool {
        share >= 1.0 || self.random.uniform() < share
    }

    /// The occupied site that the next proposal names, if it is there.
    #[inline]
    fn leaver(&mut self) -> Option<usize> {
        let bits = self.draw(LEAVING);
        let p = self.sites.lists.propose(LEAVING, bits);
        let site = self.sites.named(p)?;
        let share = self.leaves[self.sites.coordination(site)];
        self.accepts(share).then_some(site)
    }

    /// The vacant site that the next proposal names, if it is there and on the right piece.
    #[inline]
    fn settler(&mut self, piece: u8) -> Option<usize> {
        let bits = self.draw(SETTLING);
        let p = self.sites.lists.propose(SETTLING, bits);
        let site = self.sites.named(p)?;
        let share = self.settles[self.sites.coordination(site)];
        (self.accepts(share) && (self.pieces.count() <= 1 || self.touches(site, piece))).then_some(site)
    }

    /// Whether a vacant site has a neighbour of a piece.
    fn touches(&self, site: usize, piece: u8) -> bool {
        let tiles = &self.sites.tiles;
        let around = tiles.delta(site).map(|d| over(site, d));
        around.iter().any(|n| self.sites.occupied(*n) && self.pieces.of(tiles.site(*n)) == piece)
    }

    /// Measures the area, cleans the lists and finds the connected pieces.
    fn survey(&mut self) {
        self.survey_at = self.lost + ((self.sites.present as f64 * SURVEY.0) as u64).max(SURVEY.1);
        self.sites.clean();
        self.area = self.area();
        if self.rule.own_piece {
            let sites = &self.sites;
            self.pieces = Pieces::find(&sites.graph, |site| sites.occupied(sites.tiles.address_of(site)));
        }
    }

    /// Random bits of the next proposal of a group; every so often those of the coming ones are drawn, and the memory they need is read.
    #[inline]
    fn draw(&mut self, group: usize) -> u64 {
        if self.next[group] == AHEAD {
            self.bits[group] = std::array::from_fn(|_| self.random.bits());
            self.next[group] = 0;
            if self.ahead {
                self.sites.touch(group, &self.bits[group]);
            }
        }
        self.next[group] += 1;
        self.bits[group][self.next[group] - 1]
    }

    /// Atoms that settle before the next one is lost.
    fn settle_before_loss(&mut self) -> u64 {
        if self.escape <= 0.0 {
            return u64::MAX;
        }
        // Geometric: the number of failures before a success of probability `escape`.
        ((1.0 - self.random.uniform()).ln() / (1.0 - self.escape).ln()) as u64
    }
}

impl Occupied for Exchange {
    fn column(&self, graph: &Graph, column: usize, bits: &mut [u64]) {
        self.sites.column(graph, column, bits);
    }
}

impl Engine for Exchange {
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
        self.toggles
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
        let until = self.toggles.saturating_add(limit.events);
        // Volume of a site over the Hertz-Knudsen recession.
        let step = crate::materials::silver::OMEGA * self.sites.graph.atoms_per_site() / self.rates.recession();
        loop {
            if self.toggles >= until || self.lost >= until_lost || self.time >= limit.time {
                return Ended::Limit;
            }
            if self.sites.present == 0 {
                return Ended::Nothing;
            }
            if self.lost >= self.survey_at {
                self.survey();
            }
            if !self.sites.lists.any(LEAVING) {
                return Ended::Nothing;
            }
            let Some(site) = self.leaver() else { continue };
            let piece = if self.pieces.count() > 1 { self.pieces.of(self.sites.tiles.site(site)) } else { 0 };
            self.sites.toggle(site);
            self.toggles += 1;
            // An atom without bonds is vapour.
            let mut settled = false;
            if self.stay == 0 {
                self.stay = self.settle_before_loss();
            } else if self.sites.coordination(site) > 0 && self.sites.lists.any(SETTLING) {
                self.stay -= 1;
                for _ in 0..PATIENCE {
                    if let Some(site) = self.settler(piece) {
                        self.sites.toggle(site);
                        self.toggles += 1;
                        if self.pieces.count() > 1 {
                            self.pieces.set(self.sites.tiles.site(site), piece);
                        }
                        settled = true;
                        break;
                    }
                }
            }
            if !settled {
                self.lost += 1;
                self.sites.present -= 1;
                self.time += step / self.area;
            }
        }
    }

    fn bytes(&self) -> usize {
        self.sites.bytes() + self.pieces.bytes()
    }
}
