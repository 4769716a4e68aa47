//! The lattice of the gap and the potential on it.
//!
//! Two dimensions on the substrate; what lies above and below draws the potential back to that of the bare gap over the screening length:
//! ∇²φ = (φ − V φ₀)/λ² (rewiring.md section 2.1). Red–black over-relaxation from the last solution.

use super::geometry::{GapError, GapGeometry};
use super::laws::TUNNEL;
use super::relax::{Colours, Number};

/// Most cells that a gap may take.
const MOST_CELLS: usize = 400_000;
/// How much of an electrode of silver behind its apex is simulated [m]. With 5 nm a tip that receded by more (40 000 atoms) gave nothing any
/// longer: 3 of 24 runs over 20 nm never set, and the others set 0.2 to 0.3 V lower.
pub(super) const BEHIND: f64 = 12e-9;
/// Columns around a change in which the field is solved first; as many are added where they do not do.
const AROUND: usize = 8;
/// A change at the rim of what was solved that is so many times the tolerance has more solved.
const SPILL: f64 = 10.0;
/// Free cell.
pub(super) const FREE: u32 = u32::MAX;

/// The lattice: cell (i, j) at x = `x0` + i h, y = `y0` + j h, stored with one ghost cell around.
#[derive(Clone, Debug)]
pub struct Field {
    /// Spacing [m].
    pub h: f64,
    pub(super) nx: usize,
    pub(super) ny: usize,
    /// Cells from one column to the next.
    pub(super) stride: usize,
    x0: f64,
    y0: f64,
    /// Potential [V].
    pub(super) phi: Vec<f64>,
    /// That of the bare gap per volt.
    bare: Vec<f64>,
    /// Electrode of a cell (0, 1) or free.
    electrode: Vec<u32>,
    /// Body of a cell: node, or free. Set by [`Field::occupy`].
    pub(super) owner: Vec<u32>,
    /// Whether the cell is held at its body's potential.
    pub(super) held: Vec<bool>,
    /// Over-relaxation of each cell, 0 where held or outside.
    relax: Vec<f64>,
    /// The last two with nothing but the electrodes, and the over-relaxation of a free cell.
    empty: (Vec<bool>, Vec<f64>, f64),
    colours: Colours<f32>,
    /// Distance to each electrode [m], infinite beyond the reach of tunnelling.
    pub(super) distance: [Vec<f64>; 2],
    /// (h/λ)².
    screen: f64,
    /// Sweeps so far.
    pub(super) sweeps: u64,
    /// Solutions so far.
    pub(super) solves: u64,
    /// Changes so far of which cells are metal.
    pub(super) layout: u64,
}

impl Field {
    /// The lattice of a gap; `grid` is the spacing wanted [m], taken so that both apexes lie on it.
    pub fn new(geometry: &GapGeometry, grid: f64, half_width: f64, screening: f64) -> Result<Field, GapError> {
        let across = (geometry.gap / grid).round().max(2.0);
        let h = geometry.gap / across;
        let back = |side: usize| if geometry.silver[side] { BEHIND } else { geometry.behind(side, half_width).min(BEHIND) };
        let reach = |side: usize| (back(side) / h).ceil();
        let before = reach(0);
        let cells = [across + 1.0 + before + reach(1), 2.0 * (half_width / h).round() + 1.0];
        if !(cells[0] * cells[1] <= MOST_CELLS as f64) {
            return Err(GapError::TooLarge { cells: (cells[0] * cells[1]).min(1e18) as usize, most: MOST_CELLS });
        }
        let (nx, ny) = (cells[0] as usize, cells[1] as usize);
        let stride = ny + 2;
        let all = (nx + 2) * stride;
        let mut field = Field {
            h,
            nx,
            ny,
            stride,
            x0: -before * h,
            y0: -((ny - 1) as f64) * 0.5 * h,
            phi: vec![0.0; all],
            bare: vec![0.0; all],
            electrode: vec![FREE; all],
            owner: vec![FREE; all],
            held: vec![false; all],
            relax: vec![0.0; all],
            empty: (vec![false; all], vec![0.0; all], 0.0),
            colours: Colours::default(),
            distance: [vec![f64::INFINITY; all], vec![f64::INFINITY; all]],
            screen: (h / screening).powi(2),
            sweeps: 0,
            solves: 0,
            layout: 0,
        };
        field.outline(geometry, [0.0; 2]);
        Ok(field)
    }

    /// Place of a cell [m].
    pub fn place(&self, cell: usize) -> (f64, f64) {
        (self.x0 + ((cell / self.stride) as f64 - 1.0) * self.h, self.y0 + ((cell % self.stride) as f64 - 1.0) * self.h)
    }

    /// Cell nearest to a place [m].
    pub fn cell(&self, x: f64, y: f64) -> usize {
        let i = ((x - self.x0) / self.h).round().clamp(0.0, (self.nx - 1) as f64) as usize;
        let j = ((y - self.y0) / self.h).round().clamp(0.0, (self.ny - 1) as f64) as usize;
        (i + 1) * self.stride + j + 1
    }

    /// Extent along and across the gap [m].
    pub(super) fn extent(&self) -> ([f64; 2], f64) {
        ([self.x0, self.x0 + (self.nx - 1) as f64 * self.h], -self.y0)
    }

    /// Whether a cell is inside the lattice.
    pub(super) fn inside(&self, cell: usize) -> bool {
        let (i, j) = (cell / self.stride, cell % self.stride);
        (1..=self.nx).contains(&i) && (1..=self.ny).contains(&j)
    }

    /// The four neighbours of a cell inside.
    pub(super) fn around(&self, cell: usize) -> [usize; 4] {
        [cell - self.stride, cell + self.stride, cell - 1, cell + 1]
    }

    /// Sets the electrodes, each cut back by `recession` [m], and solves the bare gap.
    pub(super) fn outline(&mut self, geometry: &GapGeometry, recession: [f64; 2]) {
        let tiny = 1e-6 * self.h;
        for i in 0..self.nx {
            for j in 0..self.ny {
                let cell = (i + 1) * self.stride + j + 1;
                let (x, y) = self.place(cell);
                let behind = |side: usize| geometry.behind(side, y).max(recession[side]);
                self.electrode[cell] = if x <= -behind(0) + tiny {
                    0
                } else if x >= geometry.gap + behind(1) - tiny {
                    1
                } else {
                    FREE
                };
            }
        }
        let screen = std::mem::replace(&mut self.screen, 0.0);
        self.clear();
        self.occupy(&[]);
        self.distances();
        // From nothing to 1e-7; a receding outline starts near its solution.
        let tolerance = if self.solves == 0 { 1e-7 } else { 1e-6 };
        // Laplace's equation, one volt on contact 2's side.
        let bare = std::mem::take(&mut self.bare);
        let keep = std::mem::replace(&mut self.phi, bare.clone());
        self.bare = bare;
        let mut colours = Colours::<f64>::default();
        colours.load(self.nx, self.ny, &self.phi, 0.0, &self.phi, &self.relax);
        self.hold(&[0.0, 1.0], 1, self.nx, &mut colours);
        self.sweeps += colours.sweep(0.0, tolerance, 20_000, 1, self.nx) as u64;
        colours.unload(&mut self.phi);
        self.solves += 1;
        self.bare = std::mem::replace(&mut self.phi, keep);
        self.screen = screen;
        self.clear();
    }

    fn distances(&mut self) {
        let reach = (TUNNEL / self.h).ceil() as isize;
        for side in 0..2 {
            self.distance[side].fill(f64::INFINITY);
        }
        for i in 0..self.nx as isize {
            for j in 0..self.ny as isize {
                let cell = (i as usize + 1) * self.stride + j as usize + 1;
                let e = self.electrode[cell];
                // Only the skin of an electrode matters.
                if e == FREE || self.around(cell).iter().all(|&c| !self.inside(c) || self.electrode[c] == e) {
                    continue;
                }
                for di in -reach..=reach {
                    for dj in -reach..=reach {
                        let (a, b) = (i + di, j + dj);
                        if a < 0 || b < 0 || a >= self.nx as isize || b >= self.ny as isize {
                            continue;
                        }
                        let to = (a as usize + 1) * self.stride + b as usize + 1;
                        let d = ((di * di + dj * dj) as f64).sqrt() * self.h;
                        let old = &mut self.distance[e as usize][to];
                        *old = old.min(d);
                    }
                }
            }
        }
    }

    /// Puts bodies on the lattice: (node, x, y, radius, whether it holds the potential), in metres; larger ones last.
    pub(super) fn occupy(&mut self, bodies: &[(u32, f64, f64, f64, bool)]) {
        self.layout += 1;
        self.owner.copy_from_slice(&self.electrode);
        self.held.copy_from_slice(&self.empty.0);
        self.relax.copy_from_slice(&self.empty.1);
        for &(node, x, y, radius, holds) in bodies {
            let centre = self.cell(x, y);
            self.claim(centre, node, holds);
            let reach = (radius / self.h).ceil() as usize + 1;
            let (ci, cj) = (centre / self.stride, centre % self.stride);
            for i in ci.saturating_sub(reach).max(1)..=(ci + reach).min(self.nx) {
                let dx = self.x0 + (i as f64 - 1.0) * self.h - x;
                let rest = radius * radius - dx * dx;
                if rest < 0.0 {
                    continue;
                }
                for j in cj.saturating_sub(reach).max(1)..=(cj + reach).min(self.ny) {
                    let dy = self.y0 + (j as f64 - 1.0) * self.h - y;
                    if dy * dy <= rest {
                        self.claim(i * self.stride + j, node, holds);
                    }
                }
            }
        }
    }

    /// Works out what the electrodes alone hold, and the over-relaxation.
    fn clear(&mut self) {
        // Bodies and electrodes hold most errors to a few nanometres: twice the screening's own 0.7 h/λ takes a fifth fewer sweeps.
        let omega = 2.0 / (1.0 + (std::f64::consts::PI / self.nx.max(self.ny) as f64).sin().max(1.4 * self.screen.sqrt()));
        let free = omega / (4.0 + self.screen);
        self.empty.2 = free;
        for i in 0..self.nx {
            for cell in (i + 1) * self.stride + 1..=(i + 1) * self.stride + self.ny {
                let held = self.electrode[cell] != FREE;
                self.empty.0[cell] = held;
                self.empty.1[cell] = if held { 0.0 } else { free };
            }
        }
    }

    fn claim(&mut self, cell: usize, node: u32, holds: bool) {
        if self.electrode[cell] == FREE {
            self.owner[cell] = node;
            self.held[cell] = holds;
            self.relax[cell] = if holds { 0.0 } else { self.empty.2 };
        }
    }

    /// Takes a dead body off the lattice.
    pub(super) fn vacate(&mut self, node: u32) {
        self.layout += 1;
        for (owner, held) in self.owner.iter_mut().zip(&mut self.held) {
            if *owner == node {
                *owner = FREE;
                *held = false;
            }
        }
    }

    /// Solves for the potential with bodies at `potential` [V] (by node) and `voltage` [V] across the gap, until no cell changes by more than
    /// `tolerance` [V]. With `between` [m] only there and as far around as anything changes. Returns between which places it was solved [m].
    pub(super) fn solve(&mut self, potential: &[f64], voltage: f64, tolerance: f64, between: Option<(f64, f64)>) -> (f64, f64) {
        let column = |x: f64| (((x - self.x0) / self.h).round().max(0.0) as usize + 1).clamp(1, self.nx);
        let (mut first, mut last) = between.map_or((1, self.nx), |(from, to)| (column(from), column(to)));
        let mut colours = std::mem::take(&mut self.colours);
        let (mut lowest, mut highest) = (usize::MAX, 0);
        loop {
            first = first.saturating_sub(AROUND).max(1);
            last = (last + AROUND).min(self.nx);
            // What is not loaded yet, with the columns beside.
            let pull = self.screen * voltage;
            let mut load =
                |from: usize, to: usize| colours.load_columns((self.nx, self.ny), (from, to), &self.phi, pull, &self.bare, &self.relax);
            if lowest > highest {
                load(first - 1, last + 1);
            } else {
                if first - 1 < lowest {
                    load(first - 1, lowest - 1);
                }
                if last + 1 > highest {
                    load(highest + 1, last + 1);
                }
            }
            (lowest, highest) = (lowest.min(first - 1), highest.max(last + 1));
            self.hold(potential, first, last, &mut colours);
            self.sweeps += colours.sweep(self.screen, tolerance, 2000, first, last) as u64;
            let spilt = |i: usize| {
                let row = i * self.stride + 1..i * self.stride + 1 + self.ny;
                row.map(|cell| (colours.at(cell) - self.phi[cell]).abs()).fold(0.0, f64::max) > SPILL * tolerance
            };
            let (before, after) = (first > 1 && spilt(first), last < self.nx && spilt(last));
            if !before && !after {
                break;
            }
            // What is far from either end of the changes stays as it is.
            (first, last) = (if before { first } else { first + AROUND }, if after { last } else { last - AROUND });
        }
        colours.unload_columns(lowest, highest, &mut self.phi);
        self.colours = colours;
        self.solves += 1;
        (self.place(first * self.stride).0, self.place(last * self.stride).0)
    }

    /// Sets the cells of bodies in some columns to their potential.
    fn hold<T: Number>(&mut self, potential: &[f64], first: usize, last: usize, colours: &mut Colours<T>) {
        for cell in first * self.stride..(last + 1) * self.stride {
            if self.held[cell] {
                let value = potential.get(self.owner[cell] as usize).copied().unwrap_or(0.0);
                self.phi[cell] = value;
                colours.set(cell, value);
            }
        }
    }

    /// Potential at a place [V], of the nearest cell.
    pub fn potential(&self, x: f64, y: f64) -> f64 {
        self.phi[self.cell(x, y)]
    }

    /// Potential of the bare gap, without particles, per volt across it, at the cell nearest to a place [m].
    pub fn bare_at(&self, x: f64, y: f64) -> f64 {
        self.bare[self.cell(x, y)]
    }

    /// Strength of the field at a cell [V/m].
    pub(super) fn strength(&self, cell: usize) -> f64 {
        let [a, b, c, d] = self.around(cell).map(|n| if self.inside(n) { self.phi[n] } else { self.phi[cell] });
        (b - a).hypot(d - c) / (2.0 * self.h)
    }

    /// Multiplies the potential: all voltages went up by one factor.
    pub(super) fn scale(&mut self, factor: f64) {
        self.phi.iter_mut().for_each(|p| *p *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plates(grid: f64) -> Field {
        let mut g = GapGeometry::paper(20e-9);
        g.tip_radius = [f64::INFINITY; 2];
        Field::new(&g, grid, 8e-9, 5e-9).unwrap()
    }

    #[test]
    fn a_wall_between_two_plates_has_the_field_of_a_hyperbolic_sine() {
        // ∇²u = u/λ² for what a wall at 8 nm, held at 1.7 V, adds to the 2 V of the bare gap.
        let (volts, wall, held, lambda, d) = (2.0, 8e-9, 1.7, 5e-9, 20e-9);
        for grid in [0.5e-9, 0.25e-9] {
            let mut f = plates(grid);
            let (_, half) = f.extent();
            let count = (2.0 * half / grid).round() as usize;
            let bodies: Vec<_> = (0..=count).map(|k| (2, wall, -half + k as f64 * grid, 0.1 * grid, true)).collect();
            f.occupy(&bodies);
            f.solve(&[0.0, volts, held], volts, 1e-6, None);
            let u = held - volts * wall / d;
            for k in 1..20 {
                let x = k as f64 * 1e-9;
                let part = if x < wall {
                    (x / lambda).sinh() / (wall / lambda).sinh()
                } else {
                    ((d - x) / lambda).sinh() / ((d - wall) / lambda).sinh()
                };
                let exact = volts * x / d + u * part;
                let found = f.potential(x, 0.0);
                // Central differences: (h/λ)²/12 of what is added, and single precision.
                assert!((found - exact).abs() < 2e-3 * (grid / 0.5e-9).powi(2) + 2e-4, "{grid} {x}: {found} {exact}");
            }
        }
    }

    #[test]
    fn a_particle_in_the_gap_has_the_same_field_around_it_on_a_finer_grid() {
        let at = |grid: f64| {
            let mut f = plates(grid);
            f.occupy(&[(2, 8e-9, 0.0, 2e-9, true)]);
            f.solve(&[0.0, 2.0, 1.7], 2.0, 1e-6, None);
            [2e-9, 4e-9, 12e-9, 16e-9].map(|x| f.potential(x, 0.0))
        };
        // On the grid a disc is as wide as the cells in it: half a cell either way.
        for (coarse, fine) in at(0.5e-9).iter().zip(at(0.25e-9)) {
            assert!((coarse - fine).abs() < 0.05, "{coarse} {fine}");
        }
    }

    #[test]
    fn solving_only_around_a_change_gives_what_solving_everywhere_gives() {
        let g = GapGeometry::paper(20e-9);
        let mut f = Field::new(&g, 0.5e-9, 15e-9, 5e-9).unwrap();
        let bodies = [(2, 3e-9, 1e-9, 1e-9, true), (3, 12e-9, -2e-9, 1.2e-9, true), (4, 16e-9, 0.0, 0.6e-9, true)];
        f.occupy(&bodies);
        f.solve(&[0.0, 2.0, 0.1, 1.2, 1.9], 2.0, 2e-4, None);
        let changed = [0.0, 2.0, 0.1, 1.2, 1.8];
        let mut part = f.clone();
        let (from, to) = part.solve(&changed, 2.0, 2e-4, Some((15.4e-9, 16.6e-9)));
        f.solve(&changed, 2.0, 2e-4, None);
        let worst = f.phi.iter().zip(&part.phi).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 5e-3 && from > 4e-9, "{worst} V, solved from {from} to {to}");
    }
}
