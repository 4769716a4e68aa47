//! The shape engine: kinetics, potential, temperature and clock of one window, from its first change to its rupture (shape3d.md sections 2, 3).
//!
//! Force and capillarity share the mobility, so that shapes depend on l = √(γΩ/F) in pitches, on the facet state, and on the ratio of the
//! mobilities along x. All three are matched; the force is not amplified. The clock is the one at which the drift of the virgin wire is
//! δ D P F/kT: what a hop takes follows from that and [`flux_constant`].
//!
//! Where it is not quantitative: below two pitches and where l of the neck, l √(A/A0), is less than two pitches (A below a quarter of the
//! as-made one with 16 shells); facets live as long as a coarse nucleus lets them, not as long as silver's do; the last atom of a neck
//! flickers on the coarse lattice's time.

use super::kohlrausch::{Ends, temperatures};
use super::place::{NoShape, Place};
use super::settings::Shape;
use super::skin::Skin;
use super::start::Filled;
use super::{Buffer, Kinetics, Potential, Solved, flux_constant};
use crate::device::{Device, Silver};
use crate::lattice::{Occupation, columns};
use crate::materials::constants::{E, KB};
use crate::materials::silver::{OMEGA, T_MELT, electromigration, resistivity};
use crate::wire::{Grid, PERIMETER};
use std::f64::consts::PI;

/// Hops between two solutions of the potential at 16 shells; as the number of sites with more.
const HOPS: f64 = 3e5;
/// Below this part of the as-made cross-section at the neck, that many times more often (shape3d.md section 2).
const CADENCE: [(f64, f64); 3] = [(0.6, 2.0), (0.25, 8.0), (0.02, 40.0)];
/// Relative residual of the potential.
const TOLERANCE: f64 = 2e-3;
/// Layers of a buffer at an open end.
const BUFFER: usize = 7;
/// Mean broken-bond energy of {100} and {111} on this lattice, in bonds per pitch² (shape3d.md section 2).
const SURFACE_BONDS: f64 = 1.8;
/// Length over which a layer's change of radius is averaged before it counts as layers gained or lost [m]: the roughness of a coarse
/// lattice, b³ times too strong, must not.
const SMOOTH: f64 = 25e-9;
/// Pieces smaller than this [sites] that are cut off from both ends are taken away: they would lie on the membrane as particles.
const FRAGMENT: usize = 30;
/// Molten length [m] from which the lattice has no meaning.
const MOLTEN: f64 = 100e-9;
/// Resistances of cells are taken within these factors of that of a rod: what a flickering last atom has is no resistance.
const CONSTRICTION: (f64, f64) = (0.3, 100.0);

/// What the wire engine says of the window.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// Time [s].
    pub time: f64,
    /// Current [A]; positive when electrons flow to +x.
    pub current: f64,
    /// Temperature of the window's cells [K]: taken where the wire lies on a contact, and at both ends of what does not.
    pub temperature: Vec<f64>,
    /// Cross-sections beside the window [m²], which open ends keep.
    pub beside: [f64; 2],
}

/// What happened to the window in an interval.
#[derive(Clone, PartialEq, Debug)]
pub struct Interval {
    /// How long it took [s].
    pub time: f64,
    /// Cross-sections of the window's cells at its end [m²].
    pub area: Vec<f64>,
    /// Volume [m³] that passed to +x into the window at its lower end, and out of it at its upper end.
    pub passed: [f64; 2],
    /// Volume of the pieces that were cut off [m³].
    pub lost: f64,
    /// Resistance of each cell over that of a rod of its cross-section.
    pub constriction: Vec<f64>,
    /// Whether the current's path is interrupted.
    pub parted: bool,
}

/// A piece that was cut off from both ends: it lies on the membrane.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fragment {
    /// Time [s].
    pub time: f64,
    /// Centre [m]: along the wire, and across it in the plane of the membrane.
    pub centre: [f64; 2],
    /// Volume [m³].
    pub volume: f64,
}

/// One window of a wire in three dimensions.
#[derive(Clone, Debug)]
pub struct ShapeEngine {
    settings: Shape,
    silver: Silver,
    electromigration: bool,
    place: Place,
    kinetics: Kinetics,
    potential: Potential,
    skin: Option<Skin>,
    state: Occupation,
    /// Drop of the potential per layer of the virgin wire that carries the unit of current.
    drop: f64,
    /// Kink times asked for so far: the clock of the hops, which may be ahead by one.
    asked: f64,
    fragments: Vec<Fragment>,
    parted: Option<f64>,
    time: f64,
    started: f64,
    /// Temperature per layer at the last interval [K].
    temperature: Vec<f64>,
    hottest: f64,
    ledger: [i64; 2],
    solves: u64,
    iterations: u64,
    sites_at_start: u64,
}

impl ShapeEngine {
    /// The window of `grid` around its most depleted cell, with the cross-sections `area` of all cells [m²] at a time [s].
    ///
    /// # Errors
    /// There can be no shape: the wire engine goes on alone.
    pub fn new(device: &Device, settings: &Shape, grid: &Grid, area: &[f64], time: f64, seed: u64) -> Result<ShapeEngine, NoShape> {
        let depleted = |i: usize| area[i] / grid.area[i];
        let centre = grid.path().min_by(|a, b| depleted(*a).total_cmp(&depleted(*b))).unwrap_or(grid.covered);
        let place = Place::new(device, settings, grid, centre)?;
        ShapeEngine::in_place(device, settings, place, area, time, seed)
    }

    /// The same in a given place.
    ///
    /// # Errors
    /// There can be no shape.
    pub fn in_place(
        device: &Device,
        settings: &Shape,
        place: Place,
        area: &[f64],
        time: f64,
        seed: u64,
    ) -> Result<ShapeEngine, NoShape> {
        let by_layer = place.by_layer(&area[place.cells.clone()]);
        let sites = |k: usize| place.sites_of(by_layer[k.clamp(1, place.layers) - 1]);
        let counts = Filled::rounded((0..place.layers + 2).map(sites));
        let start = Filled::new(&place.graph, counts);
        let kinetics = Kinetics::new(place.graph.clone(), &start, 1.0 / settings.facet_state, seed)?;
        let state = Occupation::of(&start, &place.graph);
        // What a layer of the virgin wire drops: of a short section.
        let drop = {
            let short = crate::lattice::Graph::of_area(place.area, place.shells, 2, 24)?;
            let mut potential = Potential::new(&short);
            let section = Occupation::of(&Filled::section(&short, place.shells), &short);
            potential.solve(&section, &[1.0; 23], 1e-6)?;
            let layers = potential.layers();
            (layers[18] - layers[5]) / 13.0
        };
        let skin = (settings.skin > 0.0).then(|| Skin::new(&place, &state, settings.skin, settings.skin_patch, seed));
        let mut engine = ShapeEngine {
            potential: Potential::new(&place.graph),
            settings: settings.clone(),
            silver: device.silver.clone(),
            electromigration: device.physics.electromigration,
            place,
            kinetics,
            skin,
            state,
            drop,
            asked: 0.0,
            fragments: Vec::new(),
            parted: None,
            time,
            started: time,
            temperature: Vec::new(),
            hottest: 0.0,
            ledger: [0; 2],
            solves: 0,
            iterations: 0,
            sites_at_start: 0,
        };
        engine.sites_at_start = engine.kinetics.count();
        engine.cover();
        engine.solve()?;
        Ok(engine)
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }
    /// Which sites hold silver, as of the last interval.
    pub fn occupation(&self) -> &Occupation {
        &self.state
    }
    /// The hops.
    pub fn kinetics(&self) -> &Kinetics {
        &self.kinetics
    }
    /// When it parted [s].
    pub fn parted(&self) -> Option<f64> {
        self.parted
    }
    /// Time [s].
    pub fn time(&self) -> f64 {
        self.time
    }
    /// When it began [s].
    pub fn started(&self) -> f64 {
        self.started
    }
    /// Pieces that were cut off and taken away.
    pub fn fragments(&self) -> &[Fragment] {
        &self.fragments
    }
    /// Highest temperature of the window at the last interval [K], at most the melting point.
    pub fn hottest(&self) -> f64 {
        self.hottest
    }
    /// Bond energy over kT of the present facet state.
    pub fn facet_state(&self) -> f64 {
        self.kinetics.beta()
    }
    /// Cross-section of the neck over the as-made one of the device.
    pub fn neck(&self) -> f64 {
        let counts = self.kinetics.layer_counts();
        let least = counts[1..=self.place.layers].iter().min().copied().unwrap_or(0);
        f64::from(least) / columns(self.place.shells) as f64
    }
    /// Volume that the window got through both ends since the start, over its volume then.
    pub fn moved(&self) -> f64 {
        let [low, high] = self.ledger;
        (low.unsigned_abs() + high.unsigned_abs()) as f64 * 0.5 / self.sites_at_start.max(1) as f64
    }
    /// Solutions of the potential, and the iterations they took.
    pub fn solved(&self) -> (u64, u64) {
        (self.solves, self.iterations)
    }
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.kinetics.bytes() + self.potential.bytes() + self.skin.as_ref().map_or(0, Skin::bytes)
    }
    /// Cross-sections of the window's cells [m²].
    pub fn areas(&self) -> Vec<f64> {
        self.place.areas(self.kinetics.layer_counts())
    }

    /// Goes on under these conditions for at most `longest` [s], or until the potential must be solved anew.
    ///
    /// # Errors
    /// The window melts: the lattice has no meaning any more.
    pub fn advance(&mut self, now: &Conditions, longest: f64) -> Result<Interval, NoShape> {
        self.warm(now)?;
        let before = self.kinetics.ledger();
        let rate = self.rate();
        self.push(now.current)?;
        let ends = self.place.open;
        for (end, beside) in now.beside.iter().enumerate() {
            let target = BUFFER as f64 * self.place.sites_of(*beside);
            self.kinetics.set_buffer(end, ends[end].then_some(Buffer { layers: BUFFER, target }));
        }
        let hops = HOPS * (self.place.shells as f64 / 16.0).powi(3);
        let neck = self.neck();
        let often = CADENCE.iter().rev().find(|(below, _)| neck < *below).map_or(1.0, |(_, times)| *times);
        let until = self.asked + longest * rate;
        let made = self.kinetics.hops();
        let wanted = (hops / often).ceil() as u64;
        if self.kinetics.time() < until {
            self.kinetics.run(wanted, until);
        }
        // Ended by the number of hops: the clock is theirs.
        let to = if self.kinetics.hops() - made >= wanted { self.kinetics.time().clamp(self.asked, until) } else { until };
        let time = if to >= until { longest } else { (to - self.asked) / rate };
        self.asked = to;
        self.time += time;
        self.state = Occupation::of(&self.kinetics, &self.place.graph);
        let lost = self.solve()?;
        let after = self.kinetics.ledger();
        let gained: [i64; 2] = std::array::from_fn(|e| {
            (after.added[e] as i64 - before.added[e] as i64) - (after.removed[e] as i64 - before.removed[e] as i64)
        });
        self.ledger[0] += gained[0];
        self.ledger[1] += gained[1];
        Ok(Interval {
            time,
            area: self.areas(),
            passed: [gained[0] as f64 * self.place.site, -gained[1] as f64 * self.place.site],
            lost: lost as f64 * self.place.site,
            constriction: self.constriction(),
            parted: self.parted.is_some(),
        })
    }

    /// Temperatures of the layers, and the facet state that goes with the highest one.
    fn warm(&mut self, now: &Conditions) -> Result<(), NoShape> {
        let melt = now.temperature.iter().filter(|t| **t >= T_MELT).count() as f64 * self.place.dx;
        if melt > MOLTEN && self.neck() > CADENCE[1].0 {
            return Err(NoShape::Molten { length: melt, time: now.time });
        }
        let mut layers = self.place.by_layer(&now.temperature);
        let free = self.place.free.clone();
        if free.len() > 2 && now.current != 0.0 {
            let ends = Ends { low: layers[free.start - 1], high: layers[free.end - 2] };
            let potential = &self.potential.layers()[free.clone()];
            // A virgin layer drops `drop` and is a rod of one step and the as-made cross-section.
            let rod = self.place.step() / (self.place.area * self.drop);
            let size = self.silver.size_effect;
            let counts = &self.kinetics.layer_counts()[free.clone()];
            let per = self.place.site / self.place.step();
            let found = temperatures(ends, now.current, potential, rod, T_MELT, |k, t| {
                let radius = (f64::from(counts[k]).max(1.0) * per / PI).sqrt();
                resistivity::resistivity(t, 1.0, 0.0) + 0.5 * size / radius
            });
            layers[free.start - 1..free.end - 1].copy_from_slice(&found.layers);
        }
        layers.iter_mut().for_each(|t| *t = t.min(T_MELT));
        self.hottest = layers.iter().fold(0.0, |m: f64, t| m.max(*t));
        self.temperature = layers;
        let theta = self.settings.facet_state * self.hottest / self.settings.facet_temperature;
        self.kinetics.set_beta(1.0 / theta)?;
        if let Some(skin) = &mut self.skin
            && self.settings.skin_survives > 0.0
        {
            let (t, most) = (&self.temperature, self.settings.skin_survives);
            if skin.lift(|k| k.checked_sub(1).and_then(|k| t.get(k)).is_some_and(|t| *t > most)) {
                self.cover();
            }
        }
        Ok(())
    }

    fn cover(&mut self) {
        if let Some(skin) = &self.skin {
            self.kinetics.set_skin(|site| skin.covers(site), self.settings.skin_mobility);
        }
    }

    /// Gives the layers their mobilities δ D/kT, relative to the highest one [m/(J s) × m²], and returns the kink times a second has.
    fn rate(&mut self) -> f64 {
        let mobility = self.mobilities();
        let most = mobility.iter().fold(0.0, |m: f64, v| m.max(*v));
        let mut relative = Vec::with_capacity(mobility.len() + 2);
        let of = |m: f64| if most > 0.0 { m / most } else { 0.0 };
        relative.push(of(mobility[0]));
        relative.extend(mobility.iter().map(|m| of(*m)));
        relative.push(of(mobility[mobility.len() - 1]));
        // Lengths agree by construction, and the values lie between 0 and 1.
        let _ = self.kinetics.set_mobility(&relative);
        // c 5N f sites of volume v a kink time are M P F a second, with f = 1.8 beta d² F/(gamma Omega): the force cancels.
        let (beta, d) = (self.kinetics.beta(), self.place.graph.pitch());
        let perimeter = PERIMETER * 2.0 * (PI * self.place.area).sqrt();
        let lattice = flux_constant(beta, self.place.shells) * 5.0 * self.place.shells as f64 * SURFACE_BONDS * beta * d * d
            / (self.silver.surface_energy * OMEGA)
            * self.place.site;
        most * perimeter / lattice
    }

    /// δ D/kT of each layer, by the wire engine's law: slow walls that become fast where they have gained or lost layers.
    fn mobilities(&self) -> Vec<f64> {
        let half = (0.5 * SMOOTH / self.place.step()).round() as usize;
        let counts = &self.kinetics.layer_counts()[1..=self.place.layers];
        let per = self.place.site / self.place.step();
        let made = self.place.by_layer(&self.place.made);
        let n = counts.len();
        (0..n)
            .map(|k| {
                let near = k.saturating_sub(half)..(k + half + 1).min(n);
                let (mut now, mut then) = (0.0, 0.0);
                for j in near.clone() {
                    now += f64::from(counts[j]) * per;
                    then += made[j];
                }
                let radius = |sum: f64| (sum / near.len() as f64 / PI).sqrt();
                let q = (radius(now) - radius(then)) / self.silver.step_height;
                let w = q * q / (1.0 + q * q);
                let t = self.temperature[k];
                let (slow, fast) = self.silver.surface_diffusion(t);
                self.silver.layer * (slow + w * (fast - slow)) / (KB * t)
            })
            .collect()
    }

    /// The bias of the hops by a current [A].
    fn push(&mut self, current: f64) -> Result<(), NoShape> {
        if !self.electromigration || current == 0.0 {
            self.kinetics.clear_potential();
            return Ok(());
        }
        let rho = if self.silver.direct_charge == 0.0 { 0.0 } else { resistivity::resistivity(self.hottest, 1.0, 0.0) };
        let wind = electromigration::wind_constant(self.silver.effective_charge, electromigration::T_REF);
        let force = E * electromigration::drive(wind, self.silver.direct_charge, rho) * current / self.place.area;
        let d = self.place.graph.pitch();
        let f = SURFACE_BONDS * self.kinetics.beta() * d * d * force / (self.silver.surface_energy * OMEGA);
        Ok(self.kinetics.set_potential(self.potential.sites(), f / self.drop)?)
    }

    /// Solves the potential, takes away what is cut off, and sees whether the wire has parted. Sites taken away.
    fn solve(&mut self) -> Result<u64, NoShape> {
        let layers = self.place.graph.layers();
        let mut share = self.place.share.clone();
        share.resize(layers - 1, *self.place.share.last().unwrap_or(&1.0));
        let mut lost = 0;
        let solution = self.potential.solve(&self.state, &share, TOLERANCE)?;
        self.solves += 1;
        self.iterations += solution.iterations as u64;
        for piece in &solution.detached {
            if piece.sites.len() >= FRAGMENT {
                continue;
            }
            let mut centre = [0.0; 2];
            for site in &piece.sites {
                let p = self.place.graph.position(*site as usize);
                // The lattice's own orientation has twin plane 0 along its first transverse axis; on a flat wall that points up.
                centre[0] += p[0];
                centre[1] -= p[2];
                lost += u64::from(self.kinetics.remove(*site as usize));
                self.state.clear(*site as usize / layers, *site as usize % layers);
            }
            let n = piece.sites.len() as f64;
            self.fragments.push(Fragment {
                time: self.time,
                centre: [self.place.origin() + centre[0] / n, centre[1] / n],
                volume: n * self.place.site,
            });
        }
        if solution.state == Solved::Open && self.parted.is_none() {
            self.parted = Some(self.time);
        }
        Ok(lost)
    }

    /// Resistance of each cell over that of a rod of its cross-section.
    fn constriction(&self) -> Vec<f64> {
        let layers = self.potential.layers();
        let area = self.areas();
        let rod = self.place.step() / (self.place.area * self.drop);
        // Drop of each layer for the unit of current: half of what lies between it and its neighbours.
        let between = |k: usize| (layers[k + 1] - layers[k]) / self.place.share[k.min(self.place.layers)].max(1e-6) * rod;
        let drops: Vec<f64> = (1..=self.place.layers).map(|k| 0.5 * (between(k - 1) + between(k)) / self.place.step()).collect();
        let cells = self.place.by_cell(&drops);
        cells.iter().zip(&area).map(|(r, a)| (r * a).clamp(CONSTRICTION.0, CONSTRICTION.1)).collect()
    }
}
