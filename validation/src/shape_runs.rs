//! Breaks in three dimensions: the shape engine by itself in a prescribed hump of temperature (shape3d.md section 5), and wires in lock step.

use crate::runs::clean;
use pentatwin_analysis::atoms::{AsMade, AtomsError, Broken, Tip, broken, layer_areas};
use pentatwin_physics::device::{Contacts, Device, DiffusionLaw};
use pentatwin_physics::lattice::{Occupation, columns};
use pentatwin_physics::materials::constants::E;
use pentatwin_physics::materials::silver::{OMEGA, electromigration};
use pentatwin_physics::shape::{Conditions, NoShape, Place, Shape, ShapeEngine};
use pentatwin_physics::wire::Grid;
use std::f64::consts::FRAC_PI_2;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Longest interval that the engine is asked for [s]; it is the potential that ends intervals.
const LONGEST: f64 = 10.0;
/// Neck at which the state before the rupture is kept.
const BEFORE: f64 = 0.2;
/// Rough silver is half a percent as mobile at 400 K as at 531 K: nothing moves at an end as cold as that.
const TWICE: f64 = 2.0;

/// A window of its own in the middle of a wire that carries a constant current; rough silver.
///
/// The temperatures are prescribed, by the formula of shape3d.md section 2 with a constant height of the hump: T² = Te² + 4 p (1 - p) (Tm² - Te²), p
/// the part of the integral of dx/A. At this current the window alone would heat itself by a few kelvin: its hump is that of a whole wire, compressed.
#[derive(Clone, Debug)]
pub struct Alone {
    /// Settings of the engine; the coupling does not matter.
    pub shape: Shape,
    /// Length over which capillarity and the force of the current are in balance [m].
    pub length: f64,
    /// Temperature in the middle and at both ends of the window [K].
    pub temperature: [f64; 2],
    /// Direction of the electrons: 1 to +x, -1 to -x, 0 without a current's force.
    pub force: f64,
    /// Whether the device has electromigration at all.
    pub electromigration: bool,
    /// Seed.
    pub seed: u64,
}

/// How a window ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// When it parted [s].
    pub time: Option<f64>,
    /// Volume that passed a cross-section, on average over the lattice, over the volume of the window.
    pub moved: f64,
    /// Gap and tips; places [m] count from the beginning of the window.
    pub broken: Option<Broken>,
    /// The smallest cross-section over that as made.
    pub neck: f64,
    /// Mean cross-section of both halves of the window over that as made, when the neck was last above a fifth.
    pub halves: [f64; 2],
    /// Largest of the mean cross-sections over 50 nm of both halves, at the same time.
    pub swollen: [f64; 2],
    /// Hops.
    pub hops: u64,
    /// Largest facet state that was used (bond energy over kT).
    pub beta: f64,
}

impl Ended {
    /// Middle of the gap from the beginning of the window [m].
    pub fn gap(&self) -> Option<f64> {
        Some(self.broken.as_ref()?.gap.centre.value)
    }

    /// |c5| of the outline of a tip, and the mean of |c2| to |c4|, by the outermost sites: 0.053 and 0.001 of a wire as made.
    pub fn amplitudes(tip: &Tip) -> Option<[f64; 2]> {
        let c = tip.outline?.outermost;
        Some([c[3].value, (c[0].value + c[1].value + c[2].value) / 3.0])
    }
}

impl Alone {
    /// Rows of the table over seeds: name, highest temperature [K], part of the surface under skin, window [m].
    pub const ROWS: [(&str, f64, f64, f64); 6] = [
        ("531-clean", 531.0, 0.0, 570e-9),
        ("531-skin", 531.0, 0.3, 570e-9),
        ("716-clean", 716.0, 0.0, 570e-9),
        ("716-skin", 716.0, 0.3, 570e-9),
        ("918-clean", 918.0, 0.0, 570e-9),
        ("531-wide", 531.0, 0.0, 1140e-9),
    ];

    /// A window of 570 nm whose middle has `hottest` kelvin and whose ends are `ends` times less mobile, at `shells` shells, l = 17 nm.
    pub fn new(shells: usize, hottest: f64, ends: f64, seed: u64) -> Alone {
        let shape = Shape { shells, window: 570e-9, ..Shape::default() };
        Alone { shape, length: 17e-9, temperature: [hottest, colder(hottest, ends)], force: 1.0, electromigration: true, seed }
    }

    /// The device whose laws hold.
    pub fn device(&self) -> Device {
        let mut device = clean(Contacts::Overlap);
        device.silver.diffusion = DiffusionLaw::Rough;
        device.physics.electromigration = self.electromigration;
        device
    }

    /// Current [A] at which the force has the wanted length: F = γΩ/l².
    pub fn current(&self) -> f64 {
        let device = self.device();
        let wind = electromigration::wind_constant(device.silver.effective_charge, electromigration::T_REF);
        let drive = E * electromigration::drive(wind, 0.0, 0.0);
        self.force * (device.silver.surface_energy * OMEGA / (self.length * self.length) / drive).abs() * device.area()
    }

    /// Temperature of each cell of the wire, for cross-sections of those of the window.
    fn temperatures(&self, cells: &std::ops::Range<usize>, areas: &[f64], all: usize) -> Vec<f64> {
        let [most, ends] = self.temperature.map(|t| t * t);
        let resistance: Vec<f64> = areas.iter().map(|a| 1.0 / a.max(1e-18)).collect();
        let whole: f64 = resistance.iter().sum();
        let mut passed = 0.0;
        let mut t = vec![ends.sqrt(); all];
        for (k, r) in resistance.iter().enumerate() {
            let p = (passed + 0.5 * r) / whole;
            t[cells.start + k] = (ends + 4.0 * p * (1.0 - p) * (most - ends)).sqrt();
            passed += r;
        }
        t
    }

    /// Until the window parts, or `longest` seconds have passed.
    ///
    /// # Errors
    /// There is no such window.
    pub fn run(&self, longest: f64) -> Result<(ShapeEngine, Ended), NoShape> {
        let device = self.device();
        let grid = Grid::new(&device, self.seed);
        let mut place = Place::new(&device, &self.shape, &grid, grid.cells() / 2)?;
        // Temperatures are those given: the engine's own hump would be that of the short window.
        place.free = 0..0;
        let cells = place.cells.clone();
        let current = self.current();
        let mut t = self.temperatures(&cells, &vec![1.0; cells.len()], grid.cells());
        let now = Conditions { time: 0.0, current, temperature: &t, area: &grid.area };
        let mut engine = ShapeEngine::new(&device, &self.shape, place, &now, self.seed)?;
        let middle = cells.len() / 2;
        let mut found = Ended { time: None, moved: 0.0, broken: None, neck: 1.0, halves: [1.0; 2], swollen: [1.0; 2], hops: 0, beta: 0.0 };
        while engine.parted().is_none() && engine.time() < longest {
            let areas = engine.areas();
            if engine.neck() >= BEFORE {
                let ratio: Vec<f64> = areas.iter().zip(&grid.area[cells.clone()]).map(|(a, made)| a / made).collect();
                let mean = |r: &[f64]| r.iter().sum::<f64>() / r.len().max(1) as f64;
                let most = |r: &[f64]| r.windows(4).map(mean).fold(0.0, f64::max);
                found.halves = [mean(&ratio[..middle]), mean(&ratio[middle..])];
                found.swollen = [most(&ratio[..middle]), most(&ratio[middle..])];
            }
            t = self.temperatures(&cells, &areas, grid.cells());
            let now = Conditions { time: engine.time(), current, temperature: &t, area: &grid.area };
            engine.advance(&now, LONGEST.min(longest - engine.time()).max(1e-12))?;
            found.beta = found.beta.max(engine.facet_state());
        }
        found.time = engine.parted();
        let place = engine.place();
        // Half pitches, a step of the lattice at a time.
        let passed = 0.5 * engine.kinetics().flux() as f64 / place.graph.layers() as f64;
        found.moved = passed / (place.layers * columns(place.shells)) as f64;
        found.neck = engine.neck();
        found.hops = engine.kinetics().hops();
        found.broken = measured(&engine).unwrap_or_default();
        Ok((engine, found))
    }
}

/// Temperature [K] at which rough silver is `times` less mobile (D/T) than at `hottest`.
fn colder(hottest: f64, times: f64) -> f64 {
    use pentatwin_physics::materials::silver::diffusion::d_rough;
    let wanted = d_rough(hottest) / hottest / times;
    let (mut low, mut high) = (hottest / TWICE, hottest);
    for _ in 0..60 {
        let t = 0.5 * (low + high);
        if d_rough(t) / t < wanted { low = t } else { high = t }
    }
    0.5 * (low + high)
}

/// Gap and tips of a lattice, along x from the beginning of the window.
///
/// # Errors
/// There is nothing left of it.
pub fn measured(engine: &ShapeEngine) -> Result<Option<Broken>, AtomsError> {
    broken(&positions(engine.place(), engine.occupation()), &made(engine.place()))
}

/// Places of the sites [m]: along x from the beginning of the window, twin plane 0 up.
pub fn positions(place: &Place, state: &Occupation) -> Vec<[f64; 3]> {
    let origin = place.origin() - place.start;
    let mut all = state.positions(&place.graph, |_| true);
    all.iter_mut().for_each(|p| *p = [origin + p[0], -p[2], p[1]]);
    all
}

/// The wire as made, in the lattice's terms.
pub fn made(place: &Place) -> AsMade {
    AsMade { pitch: place.graph.pitch(), site_volume: place.site, area: place.area, azimuth: FRAC_PI_2, axis: [0.0; 2] }
}

/// Cross-sections over that as made along the window: places [m] from its beginning, and ratios.
///
/// # Errors
/// There is nothing left of it.
pub fn profile(engine: &ShapeEngine) -> Result<Vec<[f64; 2]>, AtomsError> {
    let areas = layer_areas(&positions(engine.place(), engine.occupation()), &made(engine.place()))?;
    Ok((0..areas.area.len()).map(|k| [areas.along(k), areas.area[k] / areas.made.area]).collect())
}

/// The same of every seed (or anything else), on as many threads as there are cores; in their order.
pub fn each<T: Sync, R: Send>(of: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(of.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = of.get(i) else { break };
                    let result = run(one);
                    found.lock().unwrap_or_else(PoisonError::into_inner).push((i, result));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(i, _)| *i);
    found.into_iter().map(|(_, r)| r).collect()
}

/// Mean and standard deviation.
pub fn spread(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt())
}
