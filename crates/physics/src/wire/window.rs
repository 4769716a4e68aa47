//! A window of cells whose silver another engine moves, in lock step: the matter equation is solved outside only, with the window's
//! cross-sections and what passes its two ends prescribed. Circuit, heat and instruments stay one-dimensional everywhere.
//!
//! Outside, the two ends are faces of a given flux: what the other engine gave away there arrives to the last bit. The other engine should
//! see the cross-sections beyond its ends in turn, as new as [`WireEngine::longest_interval`] says: a flux that does not answer to what it
//! makes (from a record, say) leaves the wire behind the window, where disturbances run towards it, to thin ever faster or slower.
//!
//! What is left out inside a window: sublimation (1e-14 m/s at 800 K, 4e-8 m/s at the melting point, where a neck lives for milliseconds),
//! sputtering by the beam, and flow of the melt.

use std::ops::Range;

use super::transport::{Pins, TwoStep};
use super::{WireEngine, WireError};

/// How well a window's volumes must balance, over its volume. A site of the coarsest lattice is 1e-6 of a window, round-off 1e-16 a cell.
pub(super) const BALANCE: f64 = 1e-11;
/// Cells that a disturbance of the outline may travel within an interval.
const TRAVEL: f64 = 1.0;

/// What another engine says of a range of cells over an interval of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The cells. They may begin or end with the grid; nothing passes there.
    pub cells: Range<usize>,
    /// End of the interval [s]; it begins at the engine's present time. No step goes beyond it.
    pub end: f64,
    /// Cross-sections of the cells at the end [m²], linear in time from the present ones. Positive; gaps come by [`WireEngine::part`].
    pub area: Vec<f64>,
    /// Volume that passes within the interval from the cell before the window into it, and from it into the cell after it [m³], evenly in
    /// time; positive to +x. Their difference is the change of the window's volume.
    pub passed: [f64; 2],
    /// Resistance of each cell at the end over that of a rod of its cross-section, linear in time from the present one (1 at first): current
    /// crowds around pits. Positive. The heat conductance falls by the same factor (Wiedemann-Franz).
    pub constriction: Vec<f64>,
}

/// A window and where it came from.
#[derive(Clone, Debug)]
pub(super) struct Pinned {
    pub(super) window: Window,
    pub(super) begin: f64,
    pub(super) area: Vec<f64>,
    pub(super) constriction: Vec<f64>,
    /// Nothing changes any more: the wire has parted.
    pub(super) frozen: bool,
    /// Volumes that passed the two ends in the last step [m³], and in the one being tried.
    pub(super) passed: [f64; 2],
    pub(super) passing: [f64; 2],
}

impl Pinned {
    /// The part of the interval that is over at a time.
    fn progress(&self, t: f64) -> f64 {
        if self.frozen || t >= self.window.end { 1.0 } else { (t - self.begin) / (self.window.end - self.begin) }
    }

    fn mix(&self, t: f64, from: f64, to: f64) -> f64 {
        let u = self.progress(t);
        if u >= 1.0 { to } else { from + u * (to - from) }
    }

    /// The volumes that have still to pass at a time [m³].
    pub(super) fn rest(&self, t: f64) -> [f64; 2] {
        self.window.passed.map(|v| v * (1.0 - self.progress(t)))
    }
}

impl WireEngine {
    /// Lets another engine move the silver of `window.cells` until `window.end`. Another window replaces the one before, also within its
    /// interval; of the same cells, it goes on without a restart of the time formula.
    ///
    /// # Errors
    /// The window does not fit the wire or itself; nothing has changed then.
    pub fn set_window(&mut self, window: Window) -> Result<(), WireError> {
        self.check_window(&window).map_err(WireError::Window)?;
        let same = self.window.as_ref().is_some_and(|p| p.window.cells == window.cells);
        let constriction = window.cells.clone().map(|i| self.constriction(i)).collect();
        let passed = self.window.as_ref().filter(|_| same).map_or([0.0; 2], |p| p.passed);
        let area = self.area[0][window.cells.clone()].to_vec();
        self.window = Some(Pinned { window, begin: self.time, area, constriction, frozen: false, passed, passing: [0.0; 2] });
        if !same {
            // What the formula carries on from the last step is not what these ends passed.
            self.history = 0;
            self.renew_resistance();
        }
        Ok(())
    }

    /// The window, if there is one.
    pub fn window(&self) -> Option<&Window> {
        self.window.as_ref().map(|p| &p.window)
    }

    /// Whether the window's cells stay as they are: the wire has parted, in it or beside it.
    pub fn frozen(&self) -> bool {
        self.window.as_ref().is_some_and(|p| p.frozen)
    }

    /// The wire engine carries the window's cells itself again, from their present cross-sections and without constriction; empty cells
    /// stay empty, and the cells beside them are tips.
    pub fn release_window(&mut self) {
        if self.window.take().is_some() {
            self.history = 0;
            self.renew_resistance();
            self.renew_current();
            self.reap();
        }
    }

    /// Longest interval [s] that a window of these cells should have now; infinite if its ends are at those of the wire.
    ///
    /// The other engine knows what is outside its window as it was at the beginning of the interval. A disturbance of the outline travels
    /// at dΦ/dA, against the electrons where the wire has thinned, fast where the wall of a faceted wire begins to step. If it crosses more
    /// than a cell beyond an end within an interval, the two engines can swing against each other there. Measured with the wire engine's
    /// own law on both sides, at 3.3 mV/s: with one and two cells the thinning takes as long as in the plain engine to 0.6 %, with three
    /// to six up to 10 % less, with more the wire breaks elsewhere.
    pub fn longest_interval(&self, cells: &Range<usize>) -> f64 {
        let n = self.grid.cells();
        let mut transport = self.transport.clone();
        transport.freeze(&self.grid, &self.matter, &self.area[0], &self.thermal);
        let faces = [cells.start.min(n), cells.end.min(n)].map(|end| end.saturating_sub(1));
        let speeds = transport.wave_speeds(&self.grid, &self.matter, &self.area[0], faces);
        let fastest = if cells.start == 0 { speeds[1].abs() } else { speeds[0].abs().max(speeds[1].abs()) };
        TRAVEL * self.grid.dx / fastest
    }

    /// Takes one step. `false` if nothing was done because the ramp or the window's interval is over.
    ///
    /// # Errors
    /// The engine cannot go on; [`WireError::Runaway`] says that the window's neck has no temperature any more and should part.
    pub fn advance_one(&mut self) -> Result<bool, WireError> {
        if !(self.time < self.limit()) {
            return Ok(false);
        }
        self.step()?;
        Ok(true)
    }

    /// The time beyond which no step goes [s].
    pub(super) fn limit(&self) -> f64 {
        match &self.window {
            Some(p) if !p.frozen => self.ramp.end.min(p.window.end),
            _ => self.ramp.end,
        }
    }

    /// Whether a cell's silver is moved by another engine.
    pub(super) fn is_pinned(&self, i: usize) -> bool {
        self.window.as_ref().is_some_and(|p| p.window.cells.contains(&i))
    }

    /// Resistance of a cell now over that of a rod of its cross-section.
    pub(super) fn constriction(&self, i: usize) -> f64 {
        match self.window.as_ref().and_then(|p| Some((p, i.checked_sub(p.window.cells.start).filter(|k| *k < p.area.len())?))) {
            Some((p, k)) => p.mix(self.time, p.constriction[k], p.window.constriction[k]),
            None => 1.0,
        }
    }

    /// Puts the window's cross-sections at time `t` into `area`, and its constriction into the heat solve.
    pub(super) fn pin(&mut self, area: &mut [f64], t: f64) {
        let Some(p) = &self.window else { return };
        for (k, i) in p.window.cells.clone().enumerate() {
            area[i] = if p.frozen { self.area[0][i] } else { p.mix(t, p.area[k], p.window.area[k]) };
        }
        self.constrict(t);
    }

    pub(super) fn constrict(&mut self, t: f64) {
        self.heat.constriction.clear();
        if let Some(p) = &self.window {
            self.heat.constriction.resize(self.grid.cells(), 1.0);
            for (k, i) in p.window.cells.clone().enumerate() {
                self.heat.constriction[i] = p.mix(t, p.constriction[k], p.window.constriction[k]);
            }
        }
    }

    /// What the matter solve must know for a step to `end` whose cross-sections in the window are those of `area`.
    ///
    /// The volumes that pass are exact whatever the steps before were: the two-step formula carries part of the last step's change on, so
    /// the flux it is given is the one that makes up for it. For equal steps that is the mean flux extrapolated to the end of the step.
    pub(super) fn pins(&mut self, area: &[f64], formula: TwoStep, end: f64) -> Option<Pins> {
        let n = self.grid.cells();
        let p = self.window.as_mut()?;
        let cells = p.window.cells.clone();
        if p.frozen {
            return Some(Pins { cells, flux: [0.0; 2] });
        }
        let change = cells.clone().map(|i| area[i] - self.area[0][i]).sum::<f64>() * self.grid.dx;
        let part = (end - self.time) / (p.window.end - p.begin);
        let [first, last] = p.window.passed.map(|v| v * part);
        // The change of the cross-sections as they are rounded decides; the two agree but for that.
        p.passing = if cells.end < n && self.area[0][cells.end] > 0.0 { [first, first - change] } else { [last + change, last] };
        let flux = [0, 1].map(|k| formula.rate(p.passing[k], p.passed[k]));
        Some(Pins { cells, flux })
    }

    /// After a step from `self.area[1]`: what passed, and in the ledger the wind at the prescribed cross-sections (an estimate by the law of
    /// this engine); the rest of what the other engine moved is capillarity, the only other thing it knows.
    pub(super) fn settle_window(&mut self, h: f64, area: &[f64]) {
        let Some(p) = self.window.as_mut() else { return };
        p.passed = p.passing;
        let mut through = p.passing[0];
        let faces = &mut self.transport.by_mechanism;
        let mut note = |face: usize, through: f64, frozen: bool| {
            let wind = if frozen { 0.0 } else { faces[face][0] };
            faces[face] = [wind, through / h - wind, 0.0, 0.0];
        };
        if let Some(face) = p.window.cells.start.checked_sub(1) {
            note(face, through, p.frozen);
        }
        for i in p.window.cells.clone() {
            through -= (area[i] - self.area[0][i]) * self.grid.dx;
            if i + 1 < self.grid.cells() {
                note(i, if i + 1 == p.window.cells.end { p.passing[1] } else { through }, p.frozen);
            }
        }
    }

    /// Before the last step is cut at `t`: if the window was set after it, its interval begins at `t` instead, and what passed its ends
    /// since then passes again.
    pub(super) fn cut_window(&mut self, t: f64, snapshot: &[f64]) {
        let Some(p) = self.window.as_mut().filter(|p| !p.frozen) else { return };
        p.passed = [0.0; 2];
        if p.begin > t {
            let cells = p.window.cells.clone();
            let side = |range: Range<usize>| range.map(|i| self.area[0][i] - snapshot[i]).sum::<f64>() * self.grid.dx;
            if cells.start > 0 {
                p.window.passed[0] -= side(0..cells.start);
            }
            if cells.end < snapshot.len() {
                p.window.passed[1] += side(cells.end..snapshot.len());
            }
            p.begin = t;
            p.area.copy_from_slice(&snapshot[cells]);
        }
    }

    fn check_window(&self, w: &Window) -> Result<(), String> {
        let n = self.grid.cells();
        if self.frozen() {
            return Err("the window has parted and stays as it is: release it first".to_owned());
        }
        if self.broken() {
            return Err("the wire is broken: no window goes on in lock step".to_owned());
        }
        if w.cells.start >= w.cells.end || w.cells.end > n {
            return Err(format!("the window's cells are {:?}: a range of one or more of the wire's cells 0..{n} is right", w.cells));
        }
        let cells = w.cells.len();
        for (name, len) in [("cross-sections", w.area.len()), ("constrictions", w.constriction.len())] {
            if len != cells {
                return Err(format!("the window has {len} {name} for its {cells} cells {:?}", w.cells));
            }
        }
        if !(w.end.is_finite() && w.end > self.time) {
            return Err(format!("the window's interval ends at {} s: it must end after the engine's present time, {} s", w.end, self.time));
        }
        for (name, values) in [("cross-section [m2]", &w.area), ("constriction", &w.constriction)] {
            if let Some(k) = values.iter().position(|v| !(v.is_finite() && *v > 0.0)) {
                return Err(format!("the window's {name} in cell {} is {}: a positive number is right", w.cells.start + k, values[k]));
            }
        }
        if let Some(i) = w.cells.clone().find(|i| self.area[0][*i] <= 0.0) {
            return Err(format!("cell {i} of the window is empty: another engine takes over where there is silver"));
        }
        let outside = [w.cells.start.checked_sub(1), Some(w.cells.end).filter(|i| *i < n)];
        for (k, (side, outside)) in ["before", "after"].iter().zip(outside).enumerate() {
            if !w.passed[k].is_finite() {
                return Err(format!("the volume that passes the window's end {side} is {} m3", w.passed[k]));
            }
            if w.passed[k] != 0.0 && outside.is_none_or(|i| self.area[0][i] <= 0.0) {
                return Err(format!("{:.3e} m3 pass the window's end {side}, where there is no silver: 0 is right", w.passed[k]));
            }
        }
        let now: f64 = self.area[0][w.cells.clone()].iter().sum::<f64>() * self.grid.dx;
        let change = w.area.iter().sum::<f64>() * self.grid.dx - now;
        let [into, out] = w.passed;
        if !((change - (into - out)).abs() <= BALANCE * (now + change)) {
            return Err(format!(
                "the window's volume does not balance: it changes by {change:.6e} m3 from {now:.6e} m3, while {into:.6e} m3 enter and {out:.6e} m3 leave"
            ));
        }
        Ok(())
    }
}
