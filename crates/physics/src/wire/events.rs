//! What happens to the wire: the neck passes a quarter, cells die, the wire breaks; and the ledger of who removed what.

use super::transport::{MECHANISMS, Transport};
use super::{AFTER_RUPTURE, DEAD, DEAD_TIP, HOT_CHIP, WireEngine};
use crate::materials::silver::T_MELT;

/// The state when the thinnest place has passed a quarter of its as-made area: the temperature at rupture itself is meaningless (wire.md section 8).
#[derive(Clone, Debug, PartialEq)]
pub struct Quarter {
    /// Time [s].
    pub time: f64,
    /// Place of the neck [m].
    pub position: f64,
    /// Highest temperature of the wire, T25 [K].
    pub temperature: f64,
    /// Voltage across the wire between the contact edges [V].
    pub wire_voltage: f64,
    /// Voltage of the source [V].
    pub voltage: f64,
    /// Current [A].
    pub current: f64,
    /// Cross-sections [m²].
    pub area: Vec<f64>,
    /// The ledger of all cells at that time.
    pub budget: Budget,
}

/// The first interruption of the current's path.
#[derive(Clone, Debug, PartialEq)]
pub struct Rupture {
    /// Time [s].
    pub time: f64,
    /// Cell that gave way.
    pub cell: usize,
    /// Its centre from the edge of contact 1 [m].
    pub position: f64,
    /// Voltage of the source [V].
    pub voltage: f64,
    /// Current one step before [A].
    pub current: f64,
    /// Length of wire above the melting point [m].
    pub molten_length: f64,
    /// Cross-sections just before [m²].
    pub area: Vec<f64>,
    /// Share of the volume removed at the gap, by mechanism; see [`super::Mechanism`] for the order. Gains count as negative.
    pub removed: [f64; MECHANISMS],
    /// The ledger of all cells at that time.
    pub budget: Budget,
    /// Whether another engine parted it, in a window ([`WireEngine::part`]).
    pub in_window: bool,
}

/// Volume removed from each cell by each mechanism [m³] (backward formula: the parts add up to the change within the steps' error).
///
/// In a window whose silver another engine moves, electromigration is what this engine's law gives at the prescribed cross-sections (an
/// estimate), and capillarity is all the rest that was moved; the parts add up exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// One row per cell.
    pub removed: Vec<[f64; MECHANISMS]>,
}

impl Budget {
    pub(super) fn new(cells: usize) -> Self {
        Budget { removed: vec![[0.0; MECHANISMS]; cells] }
    }

    pub(super) fn add(&mut self, transport: &Transport, dx: f64, h: f64) {
        let mut left = [0.0; 4];
        for ((row, flux), loss) in self.removed.iter_mut().zip(&transport.by_mechanism).zip(&transport.loss) {
            for k in 0..4 {
                row[k] += h * (flux[k] - left[k]);
            }
            row[4] += h * loss * dx;
            left = *flux;
        }
    }
}

impl WireEngine {
    /// Notes the passage of a quarter.
    pub(super) fn watch(&mut self) {
        if self.quarter.is_some() || self.rupture.is_some() {
            return;
        }
        let (i, ratio) = self.thinnest();
        if ratio <= 0.25 {
            let hottest = self.thermal.wire.iter().zip(&self.area[0]).filter(|(_, a)| **a > 0.0).map(|(t, _)| *t).fold(0.0, f64::max);
            self.quarter = Some(Quarter {
                time: self.time,
                position: self.grid.x[i],
                temperature: hottest,
                wire_voltage: self.thermal.current * self.resistance.wire,
                voltage: self.ramp.voltage_at(self.time),
                current: self.thermal.current,
                area: self.area[0].clone(),
                budget: self.budget.clone(),
            });
        }
    }

    /// Lets cells die that are too thin.
    pub(super) fn reap(&mut self) {
        let n = self.grid.cells();
        let dead = DEAD.min(1e-2 * self.area_made);
        let hot = usize::from(self.ramp.frame_at(self.time) > HOT_CHIP);
        let tip = DEAD_TIP[hot].min(0.05 * self.area_made);
        let mut died = false;
        loop {
            let area = &self.area[0];
            let gone = |i: usize| self.grid.area[i] > 0.0 && area[i] <= 0.0;
            let victim = (0..n).find(|&i| {
                let a = area[i];
                let end = self.matter.free_ends && (i == 0 || i + 1 == n);
                let is_tip = end || self.dead > 0 && ((i > 0 && gone(i - 1)) || (i + 1 < n && gone(i + 1)));
                a != 0.0 && !self.is_pinned(i) && a < if is_tip { tip } else { dead }
            });
            match victim {
                Some(i) => {
                    self.kill(i);
                    died = true;
                }
                None => break,
            }
        }
        if died {
            self.settle_deaths();
        }
    }

    /// A cell dies: its volume goes to the thicker living neighbour at every level of the time formula, or to the droplets if it has none.
    pub(super) fn kill(&mut self, i: usize) {
        let n = self.grid.cells();
        // On a heater nothing tells a break from the wearing away of an end but that silver is left on both sides.
        let parts = |area: &[f64]| area[..i].iter().any(|a| *a > 0.0) && area[i + 1..].iter().any(|a| *a > 0.0);
        if self.rupture.is_none() && self.grid.path().contains(&i) && (!self.around.heater || parts(&self.area[0])) {
            self.note_rupture(i, false);
        }
        let living = |j: usize| self.area[0][j] > 0.0;
        let neighbour = [i.checked_sub(1), (i + 1 < n).then_some(i + 1)]
            .into_iter()
            .flatten()
            .filter(|&j| living(j) && !self.is_pinned(j))
            .max_by(|&a, &b| self.area[0][a].total_cmp(&self.area[0][b]));
        for level in 0..3 {
            let residue = std::mem::take(&mut self.area[level][i]);
            match neighbour {
                Some(j) => self.area[level][j] += residue,
                None => self.droplets[level] += residue * self.grid.dx,
            }
        }
        if neighbour.is_none() {
            // A droplet is at rest: the two-step formula must not carry the cell's shrinking on in it.
            self.history = 0;
        }
        self.dead += 1;
    }

    /// A cell is cut at once, without a step.
    pub(super) fn sever(&mut self, i: usize) {
        self.kill(i);
        self.settle_deaths();
        self.next_h = AFTER_RUPTURE;
    }

    /// After deaths: tips, resistance and current anew.
    pub(super) fn settle_deaths(&mut self) {
        let n = self.grid.cells();
        for i in 0..n {
            let end = self.matter.free_ends && (i < 4 || i + 4 >= n);
            self.near_tip[i] = end || (i.saturating_sub(3)..=(i + 3).min(n - 1)).any(|j| self.area[0][j] <= 0.0);
        }
        self.freeze_window_if_parted();
        let was_closed = self.resistance.total.is_finite();
        let before = self.resistance.total;
        self.renew_resistance();
        self.renew_current();
        let jumped = !self.resistance.total.is_finite() || (self.resistance.total - before).abs() > 0.2 * before;
        if was_closed && jumped {
            self.next_h = AFTER_RUPTURE;
            self.history = 0;
        }
    }

    /// The current that the present resistance lets through.
    pub(super) fn renew_current(&mut self) {
        let free = if self.resistance.total.is_finite() { self.ramp.voltage_at(self.time) / self.resistance.total } else { 0.0 };
        self.thermal.current = free.clamp(-self.ramp.compliance, self.ramp.compliance);
    }

    pub(super) fn note_rupture(&mut self, i: usize, in_window: bool) {
        let molten = self.grid.between().filter(|&j| self.area[0][j] > 0.0 && self.thermal.wire[j] > T_MELT).count() as f64 * self.grid.dx;
        let row = self.budget.removed[i];
        let total: f64 = row.iter().sum();
        let removed = if total > 0.0 { row.map(|v| v / total) } else { [f64::NAN; MECHANISMS] };
        self.rupture = Some(Rupture {
            time: self.time,
            cell: i,
            position: self.grid.x[i],
            voltage: self.ramp.voltage_at(self.time),
            current: self.last.as_ref().map_or(self.thermal.current, |l| l.thermal.current),
            molten_length: molten,
            area: self.area[0].clone(),
            removed,
            budget: self.budget.clone(),
            in_window,
        });
    }
}
