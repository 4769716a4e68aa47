//! The shape engine: kinetics, potential, temperature and clock of one window, from its first change to its rupture (shape3d.md sections 2, 3).
//!
//! Force and capillarity share the mobility, so that shapes depend on l = √(γΩ/F) in pitches, on the facet state, and on the ratio of the
//! mobilities along x. All three are matched; the force is not amplified. The clock is the one at which the drift of the virgin wire is
//! δ D P F/kT: what a hop takes follows from that and [`flux_constant`].
//!
//! Where it is not quantitative: below two pitches and where l of the neck, l √(A/A0), is less than two pitches (A below a quarter of the
//! as-made one with 16 shells); facets live as long as a coarse nucleus lets them, not as long as silver's do; the last atom of a neck
//! flickers on the coarse lattice's time.

use super::kohlrausch::{Hot, kohlrausch};
use super::place::{NoShape, Place};
use super::settings::Shape;
use super::skin::Skin;
use super::start::Filled;
use super::{Buffer, Kinetics, Piece, Potential, Solved, flux_constant, pristine_gradient};
use crate::device::{Device, Silver};
use crate::lattice::{Occupation, columns};
use crate::materials::constants::{E, KB};
use crate::materials::silver::{OMEGA, T_MELT, electromigration, resistivity};
use crate::wire::PERIMETER;
use std::f64::consts::PI;

/// Hops between two solutions of the potential at 16 shells; as the number of sites with more.
const HOPS: f64 = 3e5;
/// Below this part of the as-made cross-section at the neck, that many times more often (shape3d.md section 2).
const CADENCE: [(f64, f64); 3] = [(0.6, 2.0), (0.25, 8.0), (0.02, 40.0)];
/// Relative residual of the potential: forces to 4 % of that in the virgin wire, resistances to 1e-3.
const TOLERANCE: f64 = 2e-2;
/// Mean broken-bond energy of {100} and {111} on this lattice, in bonds per pitch² (shape3d.md section 2).
const SURFACE_BONDS: f64 = 1.8;
/// Length over which a layer's change of radius is averaged before it counts as layers gained or lost [m]: the roughness of a coarse
/// lattice, b³ times too strong, must not.
const SMOOTH: f64 = 25e-9;
/// Hops per surface site before anything else.
const ROUGHENING: u64 = 20;
/// Lowest temperature of the facet state [K].
const COLDEST: f64 = 250.0;
/// Weight of an interval in the average over the last ones.
const SETTLE: f64 = 0.125;
/// Pieces smaller than this [sites] that are cut off from both ends are taken away: they would lie on the membrane as particles.
const FRAGMENT: usize = 30;
/// Molten length [m] from which the lattice has no meaning.
const MOLTEN: f64 = 100e-9;
/// Resistances of cells are taken within these factors of that of a rod: what a flickering last atom has is no resistance.
const CONSTRICTION: (f64, f64) = (0.3, 100.0);

/// What the wire engine says: of the whole wire, cell by cell.
#[derive(Clone, Copy, Debug)]
pub struct Conditions<'a> {
    /// Time [s].
    pub time: f64,
    /// Current [A]; positive when electrons flow to +x.
    pub current: f64,
    /// Temperatures [K]: taken where the wire lies on a contact, and at both ends of what does not.
    pub temperature: &'a [f64],
    /// Cross-sections [m²], which the buffers at open ends follow.
    pub area: &'a [f64],
}

/// What happened to the window in an interval.
#[derive(Clone, PartialEq, Debug)]
pub struct Interval {
    /// How long it took [s].
    pub time: f64,
    /// Cross-sections of the window's cells at its end [m²].
    pub area: Vec<f64>,
    /// Volume [m³] that passed to +x into the window at its lower end, and out of it at its upper end; exact in whole sites.
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

/// Flux of the hops at a bias over a layer, over what a flux proportional to it would be (measured: 0.96 at 1, 0.80 at 2, where the bias is cut;
/// shape3d.md section 4). In a neck the bias grows as 1/A, and hops that do not keep up would let it live too long: there the clock is that
/// of the drift through the neck.
fn linear(bias: f64) -> f64 {
    let cut = bias.min(2.0);
    if bias > 0.0 { (1.0 - 0.05 * cut * cut) * cut / bias } else { 1.0 }
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
    /// Cross-section of each layer in sites, averaged along the wire and over the last intervals.
    mean: Vec<f64>,
    /// Largest change of radius that each layer has had, in step heights.
    stepped: Vec<f64>,
    /// Sites that crossed into the window at each end since the start.
    crossed: [i64; 2],
    solves: u64,
    iterations: u64,
}

impl ShapeEngine {
    /// The lattice in a place, as the wire is now.
    ///
    /// # Errors
    /// There can be no shape: the wire engine goes on alone.
    pub fn new(device: &Device, settings: &Shape, place: Place, now: &Conditions, seed: u64) -> Result<ShapeEngine, NoShape> {
        let hottest = now.temperature[place.cells.clone()].iter().fold(0.0, |m: f64, t| m.max(*t)).clamp(COLDEST, T_MELT);
        let counts = Filled::rounded(place.by_layer(now.area).into_iter().map(|a| place.sites_of(a)));
        let start = Filled::new(&place.graph, counts);
        let mut kinetics = Kinetics::new(place.graph.clone(), &start, 1.0 / settings.facet_state, seed)?;
        let theta = settings.facet_state * hottest / settings.facet_temperature;
        kinetics.set_beta(1.0 / theta)?;
        // Its walls as rough as they are at this temperature: on flat ones nothing moves at first.
        let surface = Occupation::of(&start, &place.graph).surface(&place.graph).len() as u64;
        kinetics.run(ROUGHENING * surface, f64::INFINITY);
        let state = Occupation::of(&kinetics, &place.graph);
        // The wire's time begins now.
        let asked = kinetics.time();
        let radius = |area: f64| (area / PI).sqrt();
        let wire = place.by_layer(now.area);
        let change = wire.iter().zip(&place.made).map(|(a, made)| (radius(*a) - radius(*made)).abs());
        let stepped = change.map(|d| d / device.silver.step_height).collect();
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
            drop: pristine_gradient(settings.shells),
            asked,
            fragments: Vec::new(),
            parted: None,
            time: now.time,
            started: now.time,
            temperature: Vec::new(),
            hottest: 0.0,
            mean: Vec::new(),
            stepped,
            crossed: [0; 2],
            solves: 0,
            iterations: 0,
        };
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
        f64::from(self.neck_sites()) / columns(self.place.shells) as f64
    }
    /// Sites of the neck: of the layer that has fewest.
    pub fn neck_sites(&self) -> u32 {
        self.kinetics.layer_counts()[self.place.window()].iter().min().copied().unwrap_or(0)
    }
    /// Volume that passed through the end where more passed, since the start, over the window's as made.
    pub fn moved(&self) -> f64 {
        let most = self.crossed.iter().map(|n| n.unsigned_abs()).max().unwrap_or(0);
        most as f64 / (self.place.layers * columns(self.place.shells)) as f64
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
        let steepest = self.push(now.current)?;
        let rate = self.rate() / linear(steepest);
        let beside = self.place.by_layer(now.area);
        for end in 0..2 {
            let layers = self.place.buffer_at(end);
            let target = beside[layers.clone()].iter().map(|a| self.place.sites_of(*a)).sum();
            self.kinetics.set_buffer(end, (!layers.is_empty()).then_some(Buffer { layers: layers.len(), target }));
        }
        let (ledger, buffers) = (self.kinetics.ledger(), self.buffers());
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
        // What a buffer was given and does not hold has gone into the window.
        let (after, held) = (self.kinetics.ledger(), self.buffers());
        let crossed: [i64; 2] = std::array::from_fn(|e| {
            let given = (after.added[e] - ledger.added[e]) as i64 - (after.removed[e] - ledger.removed[e]) as i64;
            given - (held[e] - buffers[e])
        });
        self.crossed[0] += crossed[0];
        self.crossed[1] += crossed[1];
        self.state = Occupation::of(&self.kinetics, &self.place.graph);
        let lost = self.solve()?;
        Ok(Interval {
            time,
            area: self.areas(),
            passed: [crossed[0] as f64 * self.place.site, -crossed[1] as f64 * self.place.site],
            lost: lost as f64 * self.place.site,
            constriction: self.constriction(),
            parted: self.parted.is_some(),
        })
    }

    /// Sites held by the buffers.
    fn buffers(&self) -> [i64; 2] {
        [0, 1].map(|end| self.kinetics.layer_counts()[self.place.buffer_at(end)].iter().map(|n| i64::from(*n)).sum())
    }

    /// Temperatures of the layers, and the facet state that goes with the highest one.
    fn warm(&mut self, now: &Conditions) -> Result<(), NoShape> {
        let melt = now.temperature[self.place.cells.clone()].iter().filter(|t| **t >= T_MELT).count() as f64 * self.place.dx;
        if melt > MOLTEN && self.neck() > CADENCE[1].0 {
            return Err(NoShape::Molten { length: melt, time: now.time });
        }
        let mut layers = self.place.by_layer(now.temperature);
        let free = self.place.free.clone();
        if free.len() > 2 && now.current != 0.0 {
            let per = self.place.site / self.place.step();
            let area: Vec<f64> = self.kinetics.layer_counts()[free.clone()].iter().map(|n| f64::from(*n) * per).collect();
            let ends = [layers[free.start], layers[free.end - 1]];
            let integral = self.potential.integral();
            if let Ok(found) = kohlrausch(&Hot::new(ends, now.current, &integral[free.clone()], 1.0, &area, self.silver.size_effect)) {
                layers[free].copy_from_slice(&found.temperature);
            }
        }
        layers.iter_mut().for_each(|t| *t = t.min(T_MELT));
        self.hottest = layers.iter().fold(0.0, |m: f64, t| m.max(*t)).max(COLDEST);
        self.temperature = layers;
        let theta = self.settings.facet_state * self.hottest / self.settings.facet_temperature;
        self.kinetics.set_beta(1.0 / theta)?;
        if let Some(skin) = &mut self.skin
            && self.settings.skin_survives > 0.0
        {
            let (t, most) = (&self.temperature, self.settings.skin_survives);
            if skin.lift(|k| t[k] > most) {
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
        let relative: Vec<f64> = mobility.iter().map(|m| if most > 0.0 { m / most } else { 0.0 }).collect();
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

    /// Notes how far each layer has been from as made.
    fn note_steps(&mut self) {
        let half = (0.5 * SMOOTH / self.place.step()).round() as usize;
        let counts = self.kinetics.layer_counts();
        let n = counts.len();
        let now = |k: usize| {
            let near = k.saturating_sub(half)..(k + half + 1).min(n);
            counts[near.clone()].iter().map(|c| f64::from(*c)).sum::<f64>() / near.len() as f64
        };
        if self.mean.is_empty() {
            self.mean = (0..n).map(now).collect();
        }
        let per = self.place.site / self.place.step();
        for k in 0..n {
            self.mean[k] += SETTLE * (now(k) - self.mean[k]);
            let change = ((self.mean[k] * per / PI).sqrt() - (self.place.made[k] / PI).sqrt()).abs();
            self.stepped[k] = self.stepped[k].max(change / self.silver.step_height);
        }
    }

    /// δ D/kT of each layer, by the wire engine's law: slow walls that are fast once they have gained or lost layers.
    fn mobilities(&mut self) -> Vec<f64> {
        self.note_steps();
        self.stepped
            .iter()
            .zip(&self.temperature)
            .map(|(q, t)| {
                let w = q * q / (1.0 + q * q);
                let (slow, fast) = self.silver.surface_diffusion(*t);
                self.silver.layer * (slow + w * (fast - slow)) / (KB * t)
            })
            .collect()
    }

    /// The bias of the hops by a current [A]; the largest one over a layer.
    fn push(&mut self, current: f64) -> Result<f64, NoShape> {
        if !self.electromigration || current == 0.0 {
            self.kinetics.clear_potential();
            return Ok(0.0);
        }
        let rho = if self.silver.direct_charge == 0.0 { 0.0 } else { resistivity::resistivity(self.hottest, 1.0, 0.0) };
        let wind = electromigration::wind_constant(self.silver.effective_charge, electromigration::T_REF);
        let force = E * electromigration::drive(wind, self.silver.direct_charge, rho) * current / self.place.area;
        let d = self.place.graph.pitch();
        let f = SURFACE_BONDS * self.kinetics.beta() * d * d * force / (self.silver.surface_energy * OMEGA);
        self.kinetics.set_potential(self.potential.sites(), f / self.drop)?;
        let layers = self.potential.layers();
        Ok(self.place.window().map(|k| (layers[k + 1] - layers[k]).abs()).fold(0.0, f64::max) * f.abs() / self.drop)
    }

    /// Solves the potential, takes away what is cut off, and sees whether the wire has parted. Sites taken away.
    fn solve(&mut self) -> Result<u64, NoShape> {
        let layers = self.place.graph.layers();
        let detached: Vec<Piece> = match self.potential.solve(&self.state, &self.place.share, TOLERANCE)? {
            Solved::Closed(solution) => {
                self.iterations += solution.iterations as u64;
                solution.detached
            }
            Solved::Open { detached } => {
                self.parted.get_or_insert(self.time);
                detached
            }
        };
        self.solves += 1;
        let mut lost = 0;
        for piece in &detached {
            if piece.sites.len() >= FRAGMENT {
                continue;
            }
            let window = self.place.window();
            let mut centre = [0.0; 2];
            for site in &piece.sites {
                let p = self.place.graph.position(*site as usize);
                // The lattice's own orientation has twin plane 0 along its first transverse axis; on a flat wall that points up.
                centre[0] += p[0];
                centre[1] -= p[2];
                let taken = self.kinetics.remove(*site as usize);
                // What a buffer loses it is given again.
                lost += u64::from(taken && window.contains(&(*site as usize % layers)));
                self.state.clear(*site as usize / layers, *site as usize % layers);
            }
            let n = piece.sites.len() as f64;
            self.fragments.push(Fragment {
                time: self.time,
                centre: [self.place.origin() + centre[0] / n, centre[1] / n],
                volume: n * self.place.site,
            });
        }
        Ok(lost)
    }

    /// Resistance of each cell over that of a rod of its cross-section.
    fn constriction(&self) -> Vec<f64> {
        let integral = self.potential.integral();
        let area = self.areas();
        // Of each layer: half of what lies between its neighbours.
        let drops: Vec<f64> = self.place.window().map(|k| 0.5 * (integral[k + 1] - integral[k - 1]) / self.place.step()).collect();
        let cells = self.place.by_cell(&drops);
        cells.iter().zip(&area).map(|(r, a)| (r * a).clamp(CONSTRICTION.0, CONSTRICTION.1)).collect()
    }
}
