//! The shape engine beside the wire engine: when it begins, what they tell each other, when it ends (shape3d.md section 3).

use super::engine::{Conditions, Interval, ShapeEngine};
use super::place::{NoShape, Place};
use super::settings::{Coupling, Shape};
use crate::device::Device;
use crate::materials::silver::T_MELT;
use crate::wire::{Window, WireEngine, WireError};
use std::ops::Range;

/// First interval of lock step [s].
const FIRST: f64 = 1e-4;
/// Largest change of the window's temperature in an interval [K]: 20 % of the mobility at 700 K, of which the extrapolation leaves 2 %.
const HEATING: f64 = 8.0;
/// Longest interval [s]: what the microscope sees of the window is never older.
const LONGEST: f64 = 0.25;
/// How long the window stays as it broke [s]: the wire is below 500 K within a microsecond. Then it is the wire engine's again.
const FROZEN: f64 = 1e-3;
/// A window released after its break shows the lattice until a cell of it has changed by this part of its as-made cross-section.
const CHANGED: f64 = 0.03;
/// Hops after which a wire that has not parted is left to the wire engine, per site of the window: ten times what breaks take.
const MOST_HOPS: f64 = 3e3;
/// Cross-section that a cell keeps until the wire parts [m²]: for the wire engine, an empty cell is a gap.
const THINNEST: f64 = 1e-20;
/// What the travel of disturbances may ask for at least [s]: in the last microseconds nothing travels far enough to swing.
const SHORTEST_TRAVEL: f64 = 1e-6;
/// Shortest interval [s].
const SHORTEST: f64 = 1e-12;
/// Sites of a neck below which the lattice has no time of its own: the length over which wind and capillarity balance there, l √(A/A0), is half
/// a pitch, whatever the number of shells. The last sites flicker on the coarse lattice's time; silver's neck is gone within microseconds.
const NARROW: u32 = 10;
/// Intervals [s] of a neck that has run away, and their largest number.
const RUNAWAY: f64 = 1e-7;
const MOST_INTERVALS: usize = 10_000;
/// Change of a cross-section, relative, at which a copy of the wire engine runs ahead.
const FIRST_CHANGE: f64 = 0.02;
/// Steps that a copy of the wire engine runs ahead at most, to see where it will break.
const MOST_AHEAD: usize = 20_000;
/// Kept states of a wire that breaks alone are apart by this change of a cross-section, or of a temperature [K].
const KEPT: (f64, f64) = (2e-3, 4.0);

/// Where the shape engine is.
#[derive(Clone, Debug)]
enum Stage {
    /// Nothing has changed yet.
    Waiting,
    /// The wire engine has begun to change; this cell will be its neck.
    Expecting(usize),
    /// In lock step with the wire engine.
    Together {
        /// Length of the last interval [s].
        interval: f64,
        /// The wire at its beginning.
        last: Option<Kept>,
        /// Cross-sections the window parts into at the end of the interval.
        parting: Option<Vec<f64>>,
        /// Resistance of its cells over that of rods, while it was whole.
        constriction: Vec<f64>,
    },
    /// The wire engine breaks the wire alone, and is watched.
    Watching(Vec<Kept>),
    /// Parted: until this time [s] nothing moves.
    Frozen(f64),
    /// Parted, and the wire engine has the window again; its cross-sections then.
    Released(Vec<f64>),
    /// No shape.
    Over,
}

/// What is kept of a wire that breaks alone.
#[derive(Clone, Debug)]
struct Kept {
    time: f64,
    current: f64,
    temperature: Vec<f64>,
    area: Vec<f64>,
}

/// The two engines' times of rupture, of a replay.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Replay {
    /// The wire engine's [s].
    pub wire: f64,
    /// The shape engine's [s], from the same start.
    pub shape: f64,
    /// When the shape engine began [s].
    pub started: f64,
}

/// The shape engine and its dealings with the wire engine.
#[derive(Clone, Debug)]
pub struct Coupled {
    settings: Shape,
    device: Device,
    seed: u64,
    stage: Stage,
    shape: Option<Box<ShapeEngine>>,
    why: Option<NoShape>,
    replay: Option<Replay>,
    /// The lattice followed on by itself after the wire broke elsewhere.
    beyond: Option<Box<ShapeEngine>>,
}

impl Coupled {
    /// Nothing yet.
    pub fn new(device: &Device, settings: &Shape, seed: u64) -> Coupled {
        let stage = if settings.coupling == Coupling::Off { Stage::Over } else { Stage::Waiting };
        Coupled { settings: settings.clone(), device: device.clone(), seed, stage, shape: None, why: None, replay: None, beyond: None }
    }

    /// The shape, from its first change on: as it is, or as it broke. None where the wire has one dimension.
    pub fn shape(&self) -> Option<&ShapeEngine> {
        self.shape.as_deref()
    }
    /// The shape, while it is the wire's present one in the window.
    pub fn shown(&self) -> Option<&ShapeEngine> {
        let shows = matches!(self.stage, Stage::Together { .. } | Stage::Frozen(_) | Stage::Released(_));
        self.shape().filter(|_| shows)
    }
    /// The shape to its parting: that of the wire, or what became of the lattice when it was followed on ([`Coupled::beyond`]).
    pub fn followed(&self) -> Option<&ShapeEngine> {
        self.beyond.as_deref().or_else(|| self.shape())
    }
    /// Whether the wire gave way elsewhere before the lattice had parted, and the lattice was followed on by itself, under the conditions of the
    /// last interval.
    pub fn beyond(&self) -> bool {
        self.beyond.is_some()
    }
    /// Why there is no shape, or none any more.
    pub fn why(&self) -> Option<&NoShape> {
        self.why.as_ref()
    }
    /// Times of rupture of a replay.
    pub fn replay(&self) -> Option<Replay> {
        self.replay
    }
    /// Whether the two engines run in lock step.
    pub fn in_lock_step(&self) -> bool {
        matches!(self.stage, Stage::Together { .. })
    }

    /// One step of the wire engine, with what goes before and after.
    ///
    /// # Errors
    /// The wire engine cannot go on.
    pub fn step(&mut self, wire: &mut WireEngine) -> Result<(), WireError> {
        let whole = !wire.broken();
        self.prepare(wire)?;
        // What has parted is seen at that time, as what the wire engine itself breaks is: before the step after it.
        if !(whole && wire.broken()) {
            match wire.advance_one() {
                Ok(_) => {}
                Err(WireError::Runaway { .. }) if self.in_lock_step() => self.run_away(wire)?,
                Err(e) => return Err(e),
            }
        }
        self.follow(wire);
        Ok(())
    }

    /// Before a step: a new interval of lock step, the parting, or the end of the frozen time.
    fn prepare(&mut self, wire: &mut WireEngine) -> Result<(), WireError> {
        match &mut self.stage {
            Stage::Together { parting, .. } if wire.window().is_none_or(|w| w.end <= wire.time()) => match parting.take() {
                Some(parting) => self.part(wire, &parting),
                None => self.interval(wire),
            },
            Stage::Frozen(until) if wire.time() >= *until => {
                self.release(wire);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The wire engine carries the window again; the lattice stays as it is.
    fn release(&mut self, wire: &mut WireEngine) {
        wire.release_window();
        self.stage = Stage::Released(wire.area()[self.cells()].to_vec());
    }

    fn cells(&self) -> Range<usize> {
        self.shape.as_ref().map_or(0..0, |s| s.place().cells.clone())
    }

    /// The next interval of lock step.
    fn interval(&mut self, wire: &mut WireEngine) -> Result<(), WireError> {
        if self.shape.as_ref().is_some_and(|s| s.neck_sites() <= NARROW) {
            return self.run_away(wire);
        }
        let (Stage::Together { interval, last, .. }, Some(shape)) = (&mut self.stage, &mut self.shape) else { return Ok(()) };
        let travel = wire.longest_interval(&shape.place().cells).max(SHORTEST_TRAVEL);
        let most = travel.min(wire.ramp().end - wire.time());
        let mut longest = (2.0 * *interval).min(LONGEST).min(most);
        let present = wire.thermal().wire.clone();
        let mut middle = present.clone();
        if let Some(Kept { time, temperature: then, .. }) = last
            && wire.time() > *time
        {
            let past = wire.time() - *time;
            let fastest = shape.place().cells.clone().map(|i| (present[i] - then[i]).abs()).fold(0.0, f64::max) / past;
            if fastest > 0.0 {
                longest = longest.min(HEATING / fastest).max(0.1 * *interval).min(most);
            }
            // To the middle of the interval.
            let on = (0.5 * longest / past).min(0.5);
            middle.iter_mut().zip(&*then).for_each(|(t, then)| *t += on * (*t - then));
        }
        *last = Some(keep(wire));
        let now = Conditions { time: wire.time(), current: wire.thermal().current, temperature: &middle, area: wire.area() };
        let found = shape.advance(&now, longest);
        let spent = shape.kinetics().hops() as f64 > MOST_HOPS * shape.kinetics().count() as f64;
        match found {
            Ok(found) => {
                *interval = found.time.max(SHORTEST);
                if spent && !found.parted {
                    self.leave(wire, None);
                    return Ok(());
                }
                self.deliver(wire, found)
            }
            Err(e) => {
                self.leave(wire, Some(e));
                Ok(())
            }
        }
    }

    /// Tells the wire engine what happens in the window in the coming interval, and keeps what it parts into.
    fn deliver(&mut self, wire: &mut WireEngine, found: Interval) -> Result<(), WireError> {
        let cells = self.cells();
        // A wire can be used up to its end on a contact, where no current needs it.
        let reach = cells.start.saturating_sub(1)..(cells.end + 1).min(wire.grid().cells());
        if let Some(cell) = reach.into_iter().find(|i| wire.area()[*i] <= 0.0) {
            self.leave(wire, Some(NoShape::Empty { position: wire.grid().x[cell], time: wire.time() }));
            return Ok(());
        }
        let Stage::Together { parting, constriction, .. } = &mut self.stage else { return Ok(()) };
        wire.shed(cells.clone(), found.lost);
        let before: f64 = wire.area()[cells.clone()].iter().sum::<f64>();
        let area: Vec<f64> = found.area.iter().map(|a| a.max(THINNEST)).collect();
        // What the whole sites of the lattice do not balance (less than one, at the start) passes at the upper end.
        let gained = (area.iter().sum::<f64>() - before) * wire.grid().dx;
        let passed = if cells.end < wire.grid().cells() {
            [found.passed[0], found.passed[0] - gained]
        } else {
            [gained + found.passed[1], found.passed[1]]
        };
        if found.parted {
            *parting = Some(found.area);
        } else {
            *constriction = found.constriction;
        }
        let window = Window { end: wire.time() + found.time.max(SHORTEST), area, passed, constriction: constriction.clone(), cells };
        wire.set_window(window)
    }

    /// The lattice has parted: so does the wire.
    fn part(&mut self, wire: &mut WireEngine, area: &[f64]) -> Result<(), WireError> {
        let thinnest = (0..area.len()).min_by(|a, b| area[*a].total_cmp(&area[*b])).unwrap_or(0);
        wire.part(area, self.cells().start + thinnest)?;
        self.stage = Stage::Frozen(wire.time() + FROZEN);
        Ok(())
    }

    /// The neck is too narrow for the lattice, or has run away in the wire engine before the lattice has parted: no current lasts that long. The lattice goes on under the last
    /// conditions until it parts, which takes no time that could be told.
    fn run_away(&mut self, wire: &mut WireEngine) -> Result<(), WireError> {
        let Stage::Together { parting, .. } = &mut self.stage else { return Ok(()) };
        if let Some(area) = parting.take() {
            return self.part(wire, &area);
        }
        for _ in 0..MOST_INTERVALS {
            let Some(shape) = &mut self.shape else { return Ok(()) };
            let thermal = wire.thermal();
            let now = Conditions { time: wire.time(), current: thermal.current, temperature: &thermal.wire, area: wire.area() };
            match shape.advance(&now, RUNAWAY) {
                Ok(found) => {
                    self.deliver(wire, found)?;
                    if let Stage::Together { parting, .. } = &mut self.stage
                        && let Some(area) = parting.take()
                    {
                        return self.part(wire, &area);
                    }
                }
                Err(e) => {
                    self.leave(wire, Some(e));
                    return Ok(());
                }
            }
        }
        self.leave(wire, None);
        Ok(())
    }

    /// The wire engine carries the window from now on.
    fn leave(&mut self, wire: &mut WireEngine, why: Option<NoShape>) {
        wire.release_window();
        self.shape = None;
        self.why = why;
        self.stage = Stage::Over;
    }

    /// After a step: the first change, the history of a wire that breaks alone, the end of the picture.
    fn follow(&mut self, wire: &mut WireEngine) {
        match &mut self.stage {
            // It broke before there was anything to follow.
            Stage::Waiting | Stage::Expecting(_) if wire.broken() => {
                let molten = wire.thermal().wire.iter().filter(|t| **t >= T_MELT).count() as f64 * wire.grid().dx;
                self.why = Some(if molten > 0.0 {
                    NoShape::Molten { length: molten, time: wire.time() }
                } else {
                    NoShape::NoDepletion { onset: self.settings.onset }
                });
                self.stage = Stage::Over;
            }
            Stage::Waiting if changed(wire) >= FIRST_CHANGE => self.stage = Stage::Expecting(ahead(wire)),
            Stage::Expecting(neck) => {
                let neck = *neck;
                if wire.area()[neck] <= (1.0 - self.settings.onset) * wire.area_made()[neck] {
                    self.begin(wire, neck);
                }
            }
            Stage::Watching(kept) => {
                let broken = wire.broken();
                if !broken && far(kept.last(), wire) {
                    kept.push(keep(wire));
                }
                if broken {
                    let kept = std::mem::take(kept);
                    self.replay_all(wire, &kept);
                }
            }
            // It broke outside the window: that is the wire engine's.
            Stage::Together { last, .. } if wire.broken() => {
                let last = last.take();
                self.follow_on(last);
                self.release(wire);
            }
            Stage::Released(area) => {
                let cells = self.shape.as_ref().map_or(0..0, |s| s.place().cells.clone());
                let made = &wire.area_made()[cells.clone()];
                if wire.area()[cells].iter().zip(area.iter()).zip(made).any(|((now, then), made)| (now - then).abs() > CHANGED * made) {
                    self.stage = Stage::Over;
                }
            }
            _ => {}
        }
    }

    /// Lets the lattice part by itself after the wire has broken elsewhere.
    fn follow_on(&mut self, last: Option<Kept>) {
        let (Some(last), Some(shape)) = (last, &self.shape) else { return };
        let mut shape = shape.clone();
        for _ in 0..MOST_INTERVALS {
            let now = Conditions { time: shape.time(), current: last.current, temperature: &last.temperature, area: &last.area };
            match shape.advance(&now, LONGEST) {
                Ok(found) if found.parted => {
                    self.beyond = Some(shape);
                    return;
                }
                Ok(_) if shape.kinetics().hops() as f64 <= MOST_HOPS * shape.kinetics().count() as f64 => {}
                _ => return,
            }
        }
    }

    fn begin(&mut self, wire: &mut WireEngine, neck: usize) {
        if self.settings.coupling == Coupling::OneWay {
            self.stage = Stage::Watching(vec![keep(wire)]);
            return;
        }
        let place = Place::new(&self.device, &self.settings, wire.grid(), neck);
        let thermal = wire.thermal();
        let now = Conditions { time: wire.time(), current: thermal.current, temperature: &thermal.wire, area: wire.area() };
        match place.and_then(|place| ShapeEngine::new(&self.device, &self.settings, place, &now, self.seed)) {
            Ok(shape) => {
                let constriction = vec![1.0; shape.place().cells.len()];
                self.shape = Some(Box::new(shape));
                self.stage = Stage::Together { interval: FIRST, last: None, parting: None, constriction };
            }
            Err(e) => {
                self.why = Some(e);
                self.stage = Stage::Over;
            }
        }
    }

    /// The lattice under the history of a wire that broke alone; beyond its end, under the last conditions before the neck ran away.
    fn replay_all(&mut self, wire: &WireEngine, kept: &[Kept]) {
        self.stage = Stage::Over;
        let (Some(first), Some(rupture)) = (kept.first(), wire.rupture()) else { return };
        let centre = wire.quarter().map_or(rupture.cell, |q| nearest(wire, q.position));
        let place = Place::new(&self.device, &self.settings, wire.grid(), centre);
        let now = Conditions { time: first.time, current: first.current, temperature: &first.temperature, area: &first.area };
        let mut shape = match place.and_then(|p| ShapeEngine::new(&self.device, &self.settings, p, &now, self.seed)) {
            Ok(shape) => shape,
            Err(e) => {
                self.why = Some(e);
                return;
            }
        };
        let cells = shape.place().cells.clone();
        let mut at = 0;
        let latest = rupture.time + 3.0 * (rupture.time - first.time);
        while shape.parted().is_none() && shape.time() < latest {
            while at + 1 < kept.len() && kept[at + 1].time <= shape.time() {
                at += 1;
            }
            let state = &kept[at];
            let now = Conditions { time: shape.time(), current: state.current, temperature: &state.temperature, area: &state.area };
            let longest = kept.get(at + 1).map_or(LONGEST, |next| next.time - shape.time());
            if let Err(e) = shape.advance(&now, longest.clamp(1e-9, LONGEST)) {
                self.why = Some(e);
                return;
            }
            if shape.kinetics().hops() as f64 > MOST_HOPS * shape.kinetics().count() as f64 {
                break;
            }
        }
        if let Some(time) = shape.parted() {
            self.replay = Some(Replay { wire: rupture.time, shape: time, started: first.time });
            self.stage = Stage::Released(wire.area()[cells].to_vec());
            self.shape = Some(Box::new(shape));
        }
    }
}

/// The cell in which the wire engine alone will have its neck: of a copy that runs ahead, under the same ramp, until a quarter is left.
fn ahead(wire: &WireEngine) -> usize {
    let mut copy = wire.clone();
    copy.drive(crate::wire::Ramp { end: f64::INFINITY, ..*wire.ramp() });
    for _ in 0..MOST_AHEAD {
        if copy.quarter().is_some() || copy.broken() || !matches!(copy.advance_one(), Ok(true)) {
            break;
        }
    }
    let ratio = |i: &usize| copy.area()[*i] / copy.area_made()[*i];
    let thinnest = || copy.grid().path().min_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    copy.quarter().map(|q| nearest(wire, q.position)).or_else(thinnest).unwrap_or(copy.grid().covered)
}

/// The cell at a place [m].
fn nearest(wire: &WireEngine, x: f64) -> usize {
    let grid = wire.grid();
    (((x - grid.x[0]) / grid.dx).round().max(0.0) as usize).min(grid.cells() - 1)
}

/// Largest relative change of a cross-section on the current's path.
fn changed(wire: &WireEngine) -> f64 {
    wire.grid().path().map(|i| (wire.area()[i] / wire.area_made()[i] - 1.0).abs()).fold(0.0, f64::max)
}

fn keep(wire: &WireEngine) -> Kept {
    Kept { time: wire.time(), current: wire.thermal().current, temperature: wire.thermal().wire.clone(), area: wire.area().to_vec() }
}

/// Whether a state is to be kept after the last kept one.
fn far(last: Option<&Kept>, wire: &WireEngine) -> bool {
    last.is_none_or(|last| {
        wire.area().iter().zip(&last.area).zip(wire.area_made()).any(|((a, b), made)| (a - b).abs() > KEPT.0 * made)
            || wire.thermal().wire.iter().zip(&last.temperature).any(|(a, b)| (a - b).abs() > KEPT.1)
    })
}
