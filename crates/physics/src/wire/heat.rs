//! Heat and current in one solve: wire, pads, membrane and circuit, backward Euler in time (wire.md sections 1 and 7).
//!
//! The temperatures of the wire are a tridiagonal system; the two pads, the membrane and the current touch many cells and form its
//! border. One elimination with five right-hand sides and a dense 4×4 system give a Newton step of the whole.

use super::grid::Grid;
use super::solve::{dense, tridiagonal};
use crate::materials::constants::L0 as LORENZ;
use crate::materials::silver::{resistivity::resistivity_and_slope, thermal::volumetric_heat_capacity};

/// Heat conductance per length from a covered part of the wire into its pad [W/m/K] (wire.md section 1).
const PAD_FOOT: f64 = 20.0;
/// Length over which hot electrons heat the tip they land on [m]: an assumption of the order of the electron-phonon length.
const LANDING: f64 = 100e-9;
/// Highest temperature the laws are asked for [K]: above, the necks of the last nanosecond would overflow (wire.md section 8).
pub const HOTTEST: f64 = 6000.0;
/// The solve ends when no temperature changes by more than this [K]; Newton's last change is far larger than the error left.
const CONVERGED: f64 = 1e-2;
/// The same where no current flows: nothing runs away, and after a last change of this size a few millikelvin are left.
const CONVERGED_OPEN: f64 = 0.5;
const MAX_ITERATIONS: usize = 25;

/// What surrounds the wire, thermally and electrically; constant over a run.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Lead resistance, both traces [ohm].
    pub lead_resistance: f64,
    /// Heat conductance per length into the film under the wire [W/m/K].
    pub film_sink: f64,
    /// Whether the film warms up.
    pub film_warms: bool,
    /// Heat capacity of the film beside the wire [J/K].
    pub film_capacity: f64,
    /// Heat conductance from the film to the frame [W/K].
    pub film_conductance: f64,
    /// Heat capacity of a pad [J/K].
    pub pad_capacity: f64,
    /// Thermal resistance of a pad to the frame [K/W].
    pub pad_resistance: f64,
    /// Added resistivity times equal-area diameter [ohm m²].
    pub size_effect: f64,
    /// Whether current heats.
    pub joule: bool,
    /// Heat that the electron beam leaves in silver [W/m³].
    pub beam_heat: f64,
    /// Resistance of a leak across each gap [ohm], if there is one.
    pub leak: Option<f64>,
    /// Whether the wire lies on a heater over its whole length, with no contacts.
    pub heater: bool,
}

/// Temperatures and current at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Thermal {
    /// Temperature of each cell [K].
    pub wire: Vec<f64>,
    /// Temperature of the pads [K].
    pub pad: [f64; 2],
    /// Temperature of the film beside the wire [K].
    pub film: f64,
    /// Current between the contacts [A]; positive when electrons flow to +x.
    pub current: f64,
    /// Whether the source limits the current.
    pub limited: bool,
}

impl Thermal {
    /// A wire that has the temperature of the heater it lies on [K], everywhere and at once.
    ///
    /// The film carries it along its whole length: 0.2 W/m/K or more against some fJ/K per nanometre give below a microsecond, the film
    /// itself follows its heater within milliseconds (wire.md section 1), and a chip is ramped over seconds. What is left out: the fall of
    /// the temperature towards the edge of the heated window, and the cooling by evaporation and radiation (below a millikelvin).
    pub fn uniform(cells: usize, temperature: f64) -> Thermal {
        Thermal { wire: vec![temperature; cells], pad: [temperature; 2], film: temperature, current: 0.0, limited: false }
    }
}

/// Resistances at one time [ohm].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resistances {
    /// The wire between the contact edges; infinite if it is broken and nothing leaks, or if it has no contacts.
    pub wire: f64,
    /// Leads, contacts and wire.
    pub total: f64,
}

/// Heat flows [W] at one time, for the record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flows {
    /// Joule heat in the wire.
    pub wire: f64,
    /// From the wire into the film.
    pub film: f64,
    /// From the wire into each pad.
    pub pad: [f64; 2],
}

/// Drive at the end of a step.
#[derive(Clone, Copy, Debug)]
pub struct Drive {
    /// Voltage of the source [V].
    pub voltage: f64,
    /// Temperature of the frame [K].
    pub frame: f64,
    /// Largest current the source gives [A].
    pub compliance: f64,
}

/// The solver with its work space.
#[derive(Clone, Debug, Default)]
pub struct Heat {
    /// Resistance of each cell over that of a rod of its cross-section; empty if it is 1 everywhere.
    pub(super) constriction: Vec<f64>,
    geometry: Vec<f64>,
    landing: Vec<f64>,
    size: Vec<f64>,
    half: Vec<f64>,
    slope: Vec<f64>,
    face: Vec<f64>,
    lower: Vec<f64>,
    diagonal: Vec<f64>,
    upper: Vec<f64>,
    right: Vec<[f64; 5]>,
}

/// The solve did not converge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoConvergence;

impl Heat {
    /// What depends on the cross-sections only: half of a cell's length over its area [1/m], 0 where dead, and the size effect [ohm m].
    fn shape(&mut self, grid: &Grid, area: &[f64], size_effect: f64) {
        self.geometry.clear();
        self.size.clear();
        for &a in area {
            let living = a > 0.0;
            self.geometry.push(if living { 0.5 * grid.dx / a } else { 0.0 });
            self.size.push(if living { 0.5 * size_effect / (a / std::f64::consts::PI).sqrt() } else { 0.0 });
        }
        // Current and heat crowd alike, so that the law of Wiedemann and Franz holds for the cell as a whole.
        self.geometry.iter_mut().zip(&self.constriction).for_each(|(g, c)| *g *= c);
    }

    /// Resistance of half of each cell [ohm] at given temperatures, infinite where the cell is dead; after [`Heat::shape`].
    fn resistances(&mut self, wire: &[f64]) {
        let n = wire.len();
        self.half.resize(n, 0.0);
        self.slope.resize(n, 0.0);
        self.face.resize(n + 1, 0.0);
        for i in 0..n {
            let geometry = self.geometry[i];
            if geometry > 0.0 {
                let (rho, slope) = resistivity_and_slope(wire[i], 1.0, 0.0);
                self.half[i] = (rho + self.size[i]) * geometry;
                self.slope[i] = slope * geometry;
            } else {
                self.half[i] = f64::INFINITY;
                self.slope[i] = 0.0;
            }
        }
        for i in 0..n - 1 {
            // Wiedemann-Franz: k A = L0 T A / rho, so a face conducts L0 T over the electrical resistance between two centres.
            self.face[i + 1] = LORENZ / (self.half[i] + self.half[i + 1]);
        }
    }

    /// Resistance between the contact edges and of the whole circuit at given temperatures.
    pub fn circuit(&mut self, grid: &Grid, area: &[f64], wire: &[f64], contacts: [f64; 2], around: &Surroundings) -> Resistances {
        if around.heater {
            return Resistances { wire: f64::INFINITY, total: f64::INFINITY };
        }
        self.shape(grid, area, around.size_effect);
        self.resistances(wire);
        self.sum(grid, area, contacts, around)
    }

    fn sum(&self, grid: &Grid, area: &[f64], contacts: [f64; 2], around: &Surroundings) -> Resistances {
        let mut wire = 0.0;
        let mut open = false;
        let between = grid.between();
        for i in grid.path() {
            if area[i] > 0.0 {
                if between.contains(&i) {
                    wire += 2.0 * self.half[i];
                }
                open = false;
            } else if !open {
                open = true; // one leak for each gap, however many cells it has
                wire += around.leak.unwrap_or(f64::INFINITY);
            }
        }
        Resistances { wire, total: around.lead_resistance + contacts[0] + contacts[1] + wire }
    }

    /// Temperatures and current after a step of `h` seconds from `old`, with cross-sections `area` (0 where dead) at its end; Newton
    /// starts at `guess`.
    #[allow(clippy::too_many_arguments)]
    pub fn step(
        &mut self,
        grid: &Grid,
        area: &[f64],
        old: &Thermal,
        guess: Thermal,
        contacts: [f64; 2],
        drive: Drive,
        around: &Surroundings,
        h: f64,
    ) -> Result<Thermal, NoConvergence> {
        let n = grid.cells();
        if around.heater {
            return Ok(Thermal::uniform(n, drive.frame));
        }
        let blocked = grid.covered == 0;
        let between = grid.between();
        let mut new = guess;
        if around.leak.is_some() {
            landing(grid, area, drive.voltage >= 0.0, &mut self.landing);
        } else {
            self.landing.clear();
            self.landing.resize(n, 0.0);
        }
        self.lower.resize(n, 0.0);
        self.diagonal.resize(n, 0.0);
        self.upper.resize(n, 0.0);
        self.right.resize(n, [0.0; 5]);
        self.shape(grid, area, around.size_effect);
        for _ in 0..MAX_ITERATIONS {
            self.resistances(&new.wire);
            let r = self.sum(grid, area, contacts, around);
            let open = !r.total.is_finite();
            let heating = if around.joule { 1.0 } else { 0.0 };
            // Border: columns of pad 1, pad 2, film, current; rows of the same.
            let mut border = [[0.0f64; 4]; 4];
            let mut border_diagonal = [0.0f64; 4]; // added at the end, while `accumulate` borrows the border
            let mut target = [0.0f64; 4];
            for i in 0..n {
                if area[i] <= 0.0 {
                    self.lower[i] = 0.0;
                    self.upper[i] = 0.0;
                    self.diagonal[i] = 1.0;
                    self.right[i] = [new.film, 0.0, 0.0, 0.0, 0.0];
                    continue;
                }
                let t = new.wire[i];
                let capacity = volumetric_heat_capacity(t) * area[i] * grid.dx / h;
                let current = new.current * grid.share[i];
                let (heat, heat_slope) = (2.0 * self.half[i] * heating, 2.0 * self.slope[i] * heating);
                let covered = !between.contains(&i);
                let sink = if covered { PAD_FOOT } else { around.film_sink } * grid.dx;
                let (left, right) = (self.face[i], self.face[i + 1]);
                let (mut l, mut u) = (0.0, 0.0);
                let mut d = capacity + sink - current * current * heat_slope;
                let mut b = around.beam_heat * area[i] * grid.dx + capacity * old.wire[i] + current * current * (heat - heat_slope * t);
                let mut columns = [0.0f64; 4];
                // Newton on the heat that leaves through a face, L0 (T² - T'²)/(2 (r + r')), its resistances included: at the melting
                // point they jump within a few kelvin.
                for (face, other, side) in [(left, i.wrapping_sub(1), &mut l), (right, i + 1, &mut u)] {
                    if face > 0.0 {
                        let there = new.wire[other];
                        let out = 0.5 * face * (t * t - there * there);
                        let by_r = out * face * (1.0 / LORENZ);
                        let (here_by, there_by) = (face * t - by_r * self.slope[i], -face * there - by_r * self.slope[other]);
                        d += here_by;
                        *side = there_by;
                        b -= out - here_by * t - there_by * there;
                    }
                }
                if blocked && (i == 0 || i + 1 == n) {
                    let pad = usize::from(i != 0);
                    let face = LORENZ / self.half[i];
                    let tp = new.pad[pad];
                    d += face * t;
                    b += 0.5 * face * (t * t - tp * tp);
                    columns[pad] -= face * tp;
                    border[pad][pad] += face * tp;
                    target[pad] += 0.5 * face * (tp * tp - t * t);
                }
                if covered {
                    columns[usize::from(i >= between.end)] -= sink;
                } else {
                    columns[2] -= sink;
                }
                // d(heat)/d(current)
                columns[3] -= 2.0 * current * grid.share[i] * heat;
                b -= 2.0 * current * current * heat;
                if self.landing[i] > 0.0 {
                    let leak = around.leak.unwrap_or(0.0) * self.landing[i] * heating;
                    columns[3] -= 2.0 * new.current * leak;
                    b -= new.current * new.current * leak;
                }
                self.lower[i] = l;
                self.diagonal[i] = d;
                self.upper[i] = u;
                self.right[i] = [b, -columns[0], -columns[1], -columns[2], -columns[3]];
            }
            tridiagonal(&self.lower, &mut self.diagonal, &self.upper, &mut self.right);
            // Pads.
            for p in 0..2 {
                border[p][p] += around.pad_capacity / h + 1.0 / around.pad_resistance;
                target[p] += around.pad_capacity / h * old.pad[p] + drive.frame / around.pad_resistance;
                if heating > 0.0 {
                    border[p][3] -= 2.0 * new.current * contacts[p];
                    target[p] -= new.current * new.current * contacts[p];
                }
            }
            let mut accumulate = |row: usize, i: usize, weight: f64| {
                // weight × T_i with T_i = z0 + sum z_k y_k.
                let z = &self.right[i];
                target[row] += weight * z[0];
                for k in 0..4 {
                    border[row][k] -= weight * z[k + 1];
                }
            };
            if blocked {
                for (pad, i) in [(0, 0), (1, n - 1)] {
                    if area[i] > 0.0 {
                        accumulate(pad, i, LORENZ / self.half[i] * new.wire[i]);
                    }
                }
            } else {
                let sink = PAD_FOOT * grid.dx;
                for (pad, cells) in [(0, 0..between.start), (1, between.end..n)] {
                    let mut live = 0usize;
                    for i in cells {
                        if area[i] > 0.0 {
                            accumulate(pad, i, sink);
                            live += 1;
                        }
                    }
                    border_diagonal[pad] += sink * live as f64;
                }
            }
            // Film.
            if around.film_warms {
                let sink = around.film_sink * grid.dx;
                let mut live = 0usize;
                for i in between.clone() {
                    if area[i] > 0.0 {
                        accumulate(2, i, sink);
                        live += 1;
                    }
                }
                border_diagonal[2] += around.film_capacity / h + around.film_conductance + sink * live as f64;
            }
            // Circuit: I R + I* sum R'_i (T_i - T_i*) = V.
            let free = if open { 0.0 } else { drive.voltage / r.total };
            new.limited = free.abs() > drive.compliance;
            let mut shift = 0.0; // I* sum R'_i T_i*
            if !open && !new.limited {
                for i in between.clone() {
                    if area[i] > 0.0 {
                        let weight = new.current * 2.0 * self.slope[i];
                        accumulate(3, i, -weight);
                        shift += weight * new.wire[i];
                    }
                }
                border_diagonal[3] += r.total;
                target[3] += drive.voltage + shift;
            } else {
                border_diagonal[3] += 1.0;
                target[3] += if open { 0.0 } else { drive.compliance.copysign(drive.voltage) };
            }
            if around.film_warms {
                target[2] += around.film_capacity / h * old.film + around.film_conductance * drive.frame;
            } else {
                border_diagonal[2] += 1.0;
                target[2] += drive.frame;
            }
            for (k, d) in border_diagonal.into_iter().enumerate() {
                border[k][k] += d;
            }
            if !dense(&mut border, &mut target) {
                return Err(NoConvergence);
            }
            let mut change = 0.0f64;
            for i in 0..n {
                let z = &self.right[i];
                let t = z[0] + z[1] * target[0] + z[2] * target[1] + z[3] * target[2] + z[4] * target[3];
                let t = t.clamp(0.2 * new.wire[i], (4.0 * new.wire[i]).min(HOTTEST)).max(1.0);
                if area[i] > 0.0 {
                    change = change.max((t - new.wire[i]).abs() / (1.0 + 1e-3 * (t - 1000.0).max(0.0)));
                }
                new.wire[i] = t;
            }
            for p in 0..2 {
                new.pad[p] = target[p].clamp(1.0, HOTTEST);
            }
            new.film = target[2].clamp(1.0, HOTTEST);
            let settled = (new.current - target[3]).abs() <= 1e-7 * target[3].abs() + 1e-15;
            new.current = target[3];
            if !change.is_finite() || !new.current.is_finite() {
                return Err(NoConvergence);
            }
            if change < if open { CONVERGED_OPEN } else { CONVERGED } && settled {
                return Ok(new);
            }
        }
        Err(NoConvergence)
    }

    /// Heat flows at a state, for the record.
    pub fn flows(&mut self, grid: &Grid, area: &[f64], at: &Thermal, around: &Surroundings) -> Flows {
        self.shape(grid, area, around.size_effect);
        self.resistances(&at.wire);
        let mut flows = Flows::default();
        let between = grid.between();
        for i in 0..grid.cells() {
            if area[i] <= 0.0 {
                continue;
            }
            if around.joule {
                flows.wire += (at.current * grid.share[i]).powi(2) * 2.0 * self.half[i];
            }
            if between.contains(&i) {
                flows.film += around.film_sink * grid.dx * (at.wire[i] - at.film);
            } else {
                let pad = usize::from(i >= between.end);
                flows.pad[pad] += PAD_FOOT * grid.dx * (at.wire[i] - at.pad[pad]);
            }
        }
        if grid.covered == 0 {
            for (pad, i) in [(0, 0), (1, grid.cells() - 1)] {
                if area[i] > 0.0 {
                    flows.pad[pad] += 0.5 * LORENZ / self.half[i] * (at.wire[i].powi(2) - at.pad[pad].powi(2));
                }
            }
        }
        flows
    }
}

/// Where the power of a leak lands: for each cell the part of one leak's resistance that heats it. Electrons that cross a gap are hot and
/// give their energy to the lattice within [`LANDING`] of the tip they land on, in proportion to the silver there; that tip is the one
/// towards contact 2 if they flow to +x.
fn landing(grid: &Grid, area: &[f64], forward: bool, parts: &mut Vec<f64>) {
    parts.clear();
    parts.resize(area.len(), 0.0);
    let reach = (LANDING / grid.dx).ceil() as usize;
    let path = grid.path();
    let mut i = path.start;
    while i < path.end {
        if area[i] > 0.0 {
            i += 1;
            continue;
        }
        let start = i;
        while i < path.end && area[i] <= 0.0 {
            i += 1;
        }
        let cells: Vec<usize> = if forward {
            (i..area.len()).take(reach).take_while(|&k| area[k] > 0.0).collect()
        } else {
            (0..start).rev().take(reach).take_while(|&k| area[k] > 0.0).collect()
        };
        let all: f64 = cells.iter().map(|&k| area[k]).sum();
        for k in cells {
            parts[k] += area[k] / all;
        }
    }
}
