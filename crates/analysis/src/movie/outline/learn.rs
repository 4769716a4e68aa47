//! What the first images teach: noise, blur, film, contacts, cross-section, and what silver does to the beam.

use super::fit::{self, CellNoise, Known};
use super::noise;
use super::ray::{Optics, WIDTH};
use super::section::{Section, Shape};
use super::state::{State, prior};
use super::strip::{Grid, Strip};
use crate::Measurement;

/// Rates of the two-beam term that are tried [1/nm].
const RATES: [f64; 2] = [0.06, 0.085];
/// Damping lengths of its oscillation that are tried [nm]: washed out beyond 60 nm, or hardly (imaging.md 2.2 has both).
const DAMPINGS: [f64; 2] = [60.0, 250.0];
/// Strength of the Fresnel fringe that is expected at most, as standard deviation [nm] (1 um of defocus: 0.06).
const FRINGE: f64 = 0.15;
/// Cross-sections are compared on every so manieth stretch of bins.
const SPARSE: usize = 6;

/// Last step of an outline [pixels]: while learning, and in each image, which starts from the one before.
const SETTLED_LEARNING: f64 = 0.35;
const SETTLED: f64 = 0.6;
/// Systematic error of a width that no comparison shows [pixels]: measured on movies whose truth is known.
const FLOOR: f64 = 0.15;
/// The same with coarse pixels, in which five twins that diffract each on their own are not told apart.
const FLOOR_COARSE: f64 = 0.5;
/// A misfit worse by this part makes an alternative less likely by a factor e.
const LIKELY: f64 = 0.1;

/// Where the background differs from the film's by this part of the wire's depth, a contact lies. Its halo differs by less.
const SHADED: f64 = 0.45;
/// How far a contact's edge bulges [nm].
const ROUGH: f64 = 16.0;
/// Pixels are coarse if the blur's standard deviation is more than this part of the wire's width.
const COARSE: f64 = 0.03;

/// What was learnt.
pub struct Learnt {
    pub state: State,
    /// Places where the wire enters the left and the right contact [pixels along the axis].
    pub contacts: [Option<Measurement>; 2],
    /// Systematic uncertainty of the width of each bin [pixels].
    pub systematic: Vec<f64>,
}

/// Why nothing was learnt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unlearnt {
    /// There is nothing beside the wire from which noise could be told.
    NoBackground,
    /// No bin could be fitted.
    NoOutline,
}

/// Learns from strips of successive images. `rough` is the wire's width at half depth [pixels].
///
/// # Errors
/// There is no background or no outline.
pub fn learn(strips: &[Strip], grid: &Grid, rough: f64, margin: f64, nm: f64, dark: bool) -> Result<Learnt, Unlearnt> {
    let rows = grid.rows;
    let half = 0.5 * rough;
    let middle = grid.middle[1];
    let beside: Vec<bool> = (0..rows).map(|r| (grid.across(r) - middle).abs() > half + 0.15 * rough + 3.0).collect();
    let within: Vec<bool> = (0..rows).map(|r| (grid.across(r) - middle).abs() < half - 0.3 * rough).collect();
    let seen = noise::see(strips, grid, &beside, &within).ok_or(Unlearnt::NoBackground)?;
    let mut mean = Strip { cells: vec![0.0; grid.bins * rows] };
    let share = 1.0 / strips.len() as f32;
    for s in strips {
        for (m, c) in mean.cells.iter_mut().zip(&s.cells) {
            *m += share * c;
        }
    }
    let level: Vec<f64> = mean.cells.chunks_exact(rows).map(|cells| average(cells, &beside)).collect();
    let core: Vec<f64> = mean.cells.chunks_exact(rows).map(|cells| average(cells, &within)).collect();
    let film = quantile(level.iter().copied(), if dark { 0.25 } else { 0.75 }).ok_or(Unlearnt::NoBackground)?;
    let depth = quantile(core.iter().zip(&level).map(|(c, l)| (c - l).abs()), 0.5).ok_or(Unlearnt::NoBackground)?;
    let black = seen.cell.black;
    let contacts = contacts(&level, grid, film, black, depth, dark);
    let mut masked: Vec<bool> = level.iter().map(|l| (l - film).abs() >= SHADED * depth || !l.is_finite()).collect();
    // A contact's edge is rough, and blurred.
    let near = ((ROUGH / nm).max(5.0) / grid.bin as f64).ceil() as usize;
    for k in (0..masked.len()).filter(|&k| (level[k] - film).abs() >= SHADED * depth).collect::<Vec<_>>() {
        let end = (k + near + 1).min(masked.len());
        masked[k.saturating_sub(near)..end].fill(true);
    }
    let n = strips.len() as f64;
    let calm = CellNoise { floor: seen.cell.floor / n, per_count: seen.cell.per_count / n, ..seen.cell };
    let known: Vec<_> = level.iter().zip(&masked).map(|(l, m)| (!m).then(|| prior(l - black, depth, rough, nm, dark))).collect();
    let coarse = seen.blur > COARSE * rough;
    let base = |shape: Shape, damping: f64, blur: f64| State {
        grid: *grid,
        optics: Optics {
            section: Section::new(shape),
            blur: (3f64.sqrt() * if coarse { seen.spread.map_or(seen.blur, |s| s.core) * (blur / seen.blur) } else { blur }).max(0.4),
            coarse,
            tail: seen.spread.filter(|s| coarse && s.tail.0 > 0.0).map(|s| (s.tail.0, 3f64.sqrt() * s.tail.1 * (blur / seen.blur))),
            damping: nm / damping,
            fringe: 0.0,
            dark,
        },
        noise: calm,
        limits: fit::limits(nm, dark, rows),
        reach: half + margin,
        settled: SETTLED_LEARNING,
        nm,
        known: known.clone(),
    };
    // Which cross-section: on a part of the bins.
    let sparse: Vec<_> = known.iter().enumerate().map(|(k, b)| b.filter(|_| (k / 3) % SPARSE == 0)).collect();
    let dampings: &[f64] = if dark { &DAMPINGS[..1] } else { &DAMPINGS };
    let mut best: Option<(f64, Shape, f64)> = None;
    let attempt = |shape: Shape, damping: f64, best: &mut Option<(f64, Shape, f64)>| {
        let mut state = State { known: sparse.clone(), ..base(shape, damping, seen.blur) };
        let misfit = settle(&mut state, &mean, Begin::Anew);
        if best.is_none_or(|b| misfit < b.0) {
            *best = Some((misfit, shape, damping));
        }
    };
    for shape in Shape::all() {
        for damping in dampings {
            attempt(shape, *damping, &mut best);
        }
    }
    // The roll, finer.
    if let Some((_, Shape::Pentagon(roll), damping)) = best {
        for turn in [-3.0f64, 3.0] {
            attempt(Shape::Pentagon(roll + turn.to_radians()), damping, &mut best);
        }
    }
    let (_, shape, damping) = best.ok_or(Unlearnt::NoOutline)?;
    let mut state = base(shape, damping, seen.blur);
    let misfit = settle(&mut state, &mean, Begin::Anew);
    let widths = |s: &State| -> Vec<f64> { s.known.iter().map(|k| k.map_or(f64::NAN, |k| k.mean[WIDTH])).collect() };
    let chosen = widths(&state);
    if !chosen.iter().any(|w| w.is_finite()) {
        return Err(Unlearnt::NoOutline);
    }
    // What else fits: another blur, the other damping, a neighbouring roll; each counts as far as it is likely. On a part of the bins, too.
    let mut others = vec![base(shape, damping, 0.8 * seen.blur), base(shape, damping, 1.2 * seen.blur)];
    if !dark {
        let other = if damping == DAMPINGS[0] { DAMPINGS[1] } else { DAMPINGS[0] };
        others.push(base(shape, other, seen.blur));
    }
    if let Shape::Pentagon(roll) = shape {
        others.push(base(Shape::Pentagon(roll + 3f64.to_radians()), damping, seen.blur));
    }
    // Fewer images teach less than the eight that this was measured with.
    let floor = if coarse { FLOOR_COARSE } else { FLOOR } * (1.0 + 2.0 * (8.0 / n - 1.0)).max(1.0);
    let mut systematic: Vec<f64> = sparse.iter().map(|k| if k.is_some() { floor * floor } else { f64::NAN }).collect();
    let near = restart(&sparse, &state.known);
    for mut other in others {
        other.known.clone_from(&near);
        let m = settle(&mut other, &mean, Begin::Near);
        let weight = (-((m - misfit) / (LIKELY * misfit)).max(0.0)).exp();
        for (s, (a, b)) in systematic.iter_mut().zip(widths(&other).iter().zip(&chosen)) {
            if (a - b).is_finite() {
                *s += weight * (a - b).powi(2);
            }
        }
    }
    let systematic = median_smoothed(&systematic.iter().map(|s| s.sqrt()).collect::<Vec<_>>(), 4 * SPARSE / 2);
    state.noise = seen.cell;
    state.settled = SETTLED;
    Ok(Learnt { state, contacts, systematic })
}

/// Where fitting in rounds begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// From what silver may be.
    Anew,
    /// From another fit that is about right.
    Near,
}

/// What was known before, with the means that a fit found.
fn restart(before: &[Option<Known>], found: &[Option<Known>]) -> Vec<Option<Known>> {
    before.iter().zip(found).map(|(b, f)| b.zip(*f).map(|(b, f)| Known { mean: f.mean, ..b })).collect()
}

/// Fits a mean strip in rounds, each knowing its neighbours' outcome of the last, with the fringe. Gives the misfit.
fn settle(state: &mut State, mean: &Strip, begin: Begin) -> f64 {
    let mut misfit = f64::INFINITY;
    let rounds = 3;
    for round in 0..rounds {
        let mut bins = state.fit(mean);
        if round == 0 && begin == Begin::Anew && !state.optics.dark {
            state.try_rates(mean, &mut bins, &RATES);
        }
        let (mut sum, mut cells, mut fringe) = (0.0, 0.0, [0.0; 2]);
        for b in bins.iter().flatten() {
            sum += b.misfit * b.cells as f64;
            cells += b.cells as f64;
            fringe[0] += b.fringe[0];
            fringe[1] += b.fringe[1];
        }
        if cells > 0.0 {
            misfit = sum / cells;
        }
        let last = round + 1 == rounds;
        if !state.optics.dark && !last {
            let prior = (FRINGE / state.nm).powi(-2);
            state.optics.fringe += (fringe[0] - prior * state.optics.fringe) / (fringe[1] + prior);
        }
        state.carry(&bins, !last);
    }
    misfit
}

/// Where the background leaves the film's level for good towards an end of the grid: half-way, in logarithm, to what lies there.
fn contacts(level: &[f64], grid: &Grid, film: f64, black: f64, depth: f64, dark: bool) -> [Option<Measurement>; 2] {
    let n = level.len();
    let value = |k: usize| if dark { level[k] - film } else { ((film - black).max(1e-9) / (level[k] - black).max(1e-3 * film.abs())).ln() };
    let edge = |order: &[usize]| -> Option<Measurement> {
        let first = order.iter().copied().find(|&k| level[k].is_finite())?;
        if (level[first] - film).abs() < 0.5 * depth {
            return None;
        }
        let reach = 24.min(order.len());
        let plateau = quantile(order[..reach].iter().map(|&k| value(k)), 0.5)?;
        let pair = order.windows(2).find(|w| value(w[0]) >= 0.5 * plateau && value(w[1]) < 0.5 * plateau)?;
        let (a, b) = (value(pair[0]), value(pair[1]));
        let part = ((a - 0.5 * plateau) / (a - b)).clamp(0.0, 1.0);
        let at = grid.along(pair[0] as f64) + part * (grid.along(pair[1] as f64) - grid.along(pair[0] as f64));
        // A rough edge: known to a bin.
        Some(Measurement::new(at, grid.bin as f64 / 12f64.sqrt()))
    };
    let forward: Vec<usize> = (0..n).collect();
    let backward: Vec<usize> = (0..n).rev().collect();
    [edge(&forward), edge(&backward)]
}

fn average(cells: &[f32], rows: &[bool]) -> f64 {
    let pick = cells.iter().zip(rows).filter(|(c, r)| **r && c.is_finite());
    let (sum, n) = pick.fold((0.0, 0.0), |(s, n), (c, _)| (s + f64::from(*c), n + 1.0));
    if n > 0.0 { sum / n } else { f64::NAN }
}

/// A quantile of the finite values.
pub fn quantile(values: impl Iterator<Item = f64>, q: f64) -> Option<f64> {
    let mut v: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    let at = ((v.len() as f64 - 1.0) * q).round().max(0.0) as usize;
    if v.is_empty() { None } else { Some(*v.select_nth_unstable_by(at, f64::total_cmp).1) }
}

/// Running median over `half` neighbours on each side.
pub fn median_smoothed(values: &[f64], half: usize) -> Vec<f64> {
    (0..values.len())
        .map(|k| {
            let around = &values[k.saturating_sub(half)..(k + half + 1).min(values.len())];
            quantile(around.iter().copied(), 0.5).unwrap_or(f64::NAN)
        })
        .collect()
}
