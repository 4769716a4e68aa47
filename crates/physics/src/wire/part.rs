//! A window parts: the wire breaks where another engine moves its silver, or it has to, because nothing holds its neck any more.

use super::window::BALANCE;
use super::{AFTER_RUPTURE, WireEngine, WireError};
use crate::materials::silver::T_BOIL;

/// Largest part of a window's volume that may break away in pieces when it parts.
const FRAGMENTS: f64 = 0.1;
/// What silver that passes at once may change the cross-section of a cell by, over that cross-section.
const AT_ONCE: f64 = 0.2;

impl WireEngine {
    /// The window's silver parts now, at `cell` of the wire (the rupture is noted there), and the window's cross-sections are `area` [m²], 0
    /// where a cell is empty. If `cell` is not (the gap is shorter than a cell), its silver goes to its thicker neighbour in the window.
    ///
    /// `area` is the state at the end of the interval: what has still to pass the ends passes at once. Silver missing from it is in pieces
    /// and goes to the droplets. Afterwards the window's cells stay as they are until [`WireEngine::release_window`].
    ///
    /// # Errors
    /// No window is set, it has parted already, or `area` does not fit it; nothing has changed then.
    pub fn part(&mut self, area: &[f64], cell: usize) -> Result<(), WireError> {
        let wrong = |text: String| Err(WireError::Window(text));
        let Some(p) = self.window.as_ref().filter(|p| !p.frozen) else {
            return wrong("there is no window that could part: set one that has not parted yet".to_owned());
        };
        let cells = p.window.cells.clone();
        if area.len() != cells.len() {
            return wrong(format!("the parted window has {} cross-sections, its cells are {}", area.len(), cells.len()));
        }
        if let Some(k) = area.iter().position(|a| !(a.is_finite() && *a >= 0.0)) {
            return wrong(format!("the parted window's cross-section in cell {} is {} m2: 0 or more is right", cells.start + k, area[k]));
        }
        if !cells.contains(&cell) {
            return wrong(format!("the window parts at cell {cell}, its cells are {cells:?}"));
        }
        let (dx, rest) = (self.grid.dx, p.rest(self.time));
        let before = self.area[0][cells.clone()].iter().sum::<f64>() * dx;
        let pieces = before + rest[0] - rest[1] - area.iter().sum::<f64>() * dx;
        if !(-BALANCE * before..=FRAGMENTS * before).contains(&pieces) {
            return wrong(format!(
                "the parted window holds {pieces:.3e} m3 less than the {before:.3e} m3 before and what passes its ends: 0 to {FRAGMENTS} of it in pieces is right"
            ));
        }
        if self.grid.path().contains(&cell) {
            self.note_rupture(cell, true);
        }
        self.pass_at_once(cells.start.checked_sub(1), false, -rest[0]);
        self.pass_at_once(Some(cells.end), true, rest[1]);
        self.area[0][cells.clone()].copy_from_slice(area);
        self.droplets[0] += pieces;
        let residue = std::mem::take(&mut self.area[0][cell]);
        let neighbour = [cell.checked_sub(1), Some(cell + 1)]
            .into_iter()
            .flatten()
            .filter(|j| cells.contains(j) && self.area[0][*j] > 0.0)
            .max_by(|&a, &b| self.area[0][a].total_cmp(&self.area[0][b]));
        match neighbour {
            Some(j) => self.area[0][j] += residue,
            None => self.droplets[0] += residue * dx,
        }
        // The dense output of the step that led here shows the parted wire, as it does after the death of a cell.
        let now = self.area[0].clone();
        self.area[1..].iter_mut().for_each(|level| level.clone_from(&now));
        self.evaporated = [self.evaporated[0]; 3];
        self.droplets = [self.droplets[0]; 3];
        self.dead = now.iter().filter(|a| **a <= 0.0).count();
        self.freeze_window();
        self.settle_deaths();
        self.next_h = AFTER_RUPTURE;
        Ok(())
    }

    /// After deaths: if the wire has broken, or a cell beside the window has died, nothing passes any more.
    pub(super) fn freeze_window_if_parted(&mut self) {
        let Some(p) = self.window.as_ref().filter(|p| !p.frozen) else { return };
        let beside = [p.window.cells.start.checked_sub(1), Some(p.window.cells.end)];
        let gone = |j: usize| self.area[0].get(j).is_some_and(|a| *a <= 0.0);
        let cut = (0..2).any(|k| p.window.passed[k] != 0.0 && beside[k].is_some_and(gone));
        if self.rupture.is_some() || cut {
            self.freeze_window();
        }
    }

    fn freeze_window(&mut self) {
        let time = self.time;
        let constriction: Vec<f64> = self.window().map_or(Vec::new(), |w| w.cells.clone().map(|i| self.constriction(i)).collect());
        let Some(p) = self.window.as_mut() else { return };
        p.window.constriction = constriction;
        p.window.area = self.area[0][p.window.cells.clone()].to_vec();
        p.window.end = time;
        p.window.passed = [0.0; 2];
        p.passed = [0.0; 2];
        p.passing = [0.0; 2];
        p.frozen = true;
        self.history = 0;
    }

    /// Silver [m³] that passes an end of the window without a step: into the next cell, and those beyond if it is too much for that.
    fn pass_at_once(&mut self, first: Option<usize>, onwards: bool, volume: f64) {
        let mut left = volume / self.grid.dx;
        let mut next = first.filter(|i| *i < self.grid.cells());
        while let Some(i) = next.filter(|i| left != 0.0 && self.area[0][*i] > 0.0) {
            let most = AT_ONCE * self.area[0][i];
            let taken = left.clamp(-most, most);
            self.area[0][i] += taken;
            left -= taken;
            next = if onwards { Some(i + 1).filter(|i| *i < self.grid.cells()) } else { i.checked_sub(1) };
        }
        self.droplets[0] += left * self.grid.dx;
    }

    /// Whether the window's silver is no silver any more at these temperatures [K]: it boils, whatever its cross-section.
    pub(super) fn window_boils(&self, wire: &[f64]) -> bool {
        self.window.as_ref().is_some_and(|p| !p.frozen && p.window.cells.clone().any(|i| self.area[0][i] > 0.0 && wire[i] > T_BOIL))
    }

    /// The error that says that the window's neck has run away.
    pub(super) fn runaway(&self) -> WireError {
        let cells = self.window().map_or(0..0, |w| w.cells.clone());
        let ratio = |i: usize| self.area[0][i] / self.grid.area[i];
        let living = || cells.clone().filter(|i| self.area[0][*i] > 0.0);
        let cell = living().min_by(|&a, &b| ratio(a).total_cmp(&ratio(b))).unwrap_or(cells.start);
        let temperature = living().map(|i| self.thermal.wire[i]).fold(0.0, f64::max);
        WireError::Runaway { time: self.time, cell, position: self.grid.x[cell], ratio: ratio(cell), temperature }
    }
}
