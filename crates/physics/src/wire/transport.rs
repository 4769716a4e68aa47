//! Matter: surface transport, flow of the melt and sublimation at frozen temperatures and current, implicit in the cross-section
//! (wire.md sections 1 and 7: two-step backward differences, Newton with the analytic five-band Jacobian, areas from fluxes at the end).

use std::f64::consts::PI;
use std::ops::Range;

use super::grid::Grid;
use super::heat::Thermal;
use super::solve::pentadiagonal;
use crate::device::{Curvature, Device, Silver};
use crate::materials::constants::{E, KB};
use crate::materials::silver::{OMEGA, electromigration, resistivity, surface, thermal, vapour};

/// Perimeter of a regular pentagon over that of the circle of equal area (wire.md section 1).
pub const PERIMETER: f64 = 1.0753;
/// Melt fraction below which nothing flows: that of the transition's smooth form 40 K below the melting point.
///
/// The form smears the jump of the resistivity over a few times 8 K so that Newton can follow it. Its tail must not flow: a fraction of
/// 1e-5 of a melt still outruns surface diffusion, and solid silver 85 K below melting would run like water.
const STIFF: f64 = 6.7e-3;

/// Part of the melt's mobility at `t` [K]: the melt fraction without its tail.
fn flowing(t: f64) -> f64 {
    ((thermal::melt_fraction(t) - STIFF) / (1.0 - STIFF)).max(0.0)
}

/// Slower sublimation [m/s] is left out: 1e-16 m/s is a picometre in three hours.
const SLOWEST_SUBLIMATION: f64 = 1e-16;
const MAX_ITERATIONS: usize = 12;
/// Of a broken wire: a step within which a tip would be used up has no solution, and is asked for at each of them; others need three or four.
const IDLE_ITERATIONS: usize = 6;
/// A cell is at rest if the step changes its cross-section by less than the first part of it, and does so by less than the second part of
/// any small change of its or its neighbours' radii. Those beyond the outermost ones that move keep the fluxes of the first evaluation.
const AT_REST: (f64, f64) = (1e-12, 1e-9);
/// Cells at rest that are solved with the moving ones on either side.
const BESIDE: usize = 3;

/// Mechanisms that carry matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Electron wind and direct force.
    Electromigration = 0,
    /// Curvature.
    Capillarity = 1,
    /// Temperature gradient.
    Thermomigration = 2,
    /// Flow of the melt.
    Melt = 3,
    /// Sublimation.
    Sublimation = 4,
}

/// Number of mechanisms.
pub const MECHANISMS: usize = 5;

/// What stays the same over a step: per face and per cell, with temperatures and current put in.
#[derive(Clone, Debug, Default)]
struct Coefficients {
    /// Face: layer × mobility / kT [m/J] × D of the slow wall, and of the stepped wall [m³/(J s)].
    slow: Vec<f64>,
    fast: Vec<f64>,
    /// Face: force of the current on an atom times area [J m].
    wind: Vec<f64>,
    /// Face: (Q*/T) dT/dx [J/m].
    soret: Vec<f64>,
    /// Face: melt factor gamma/(8 pi eta) [m/s... × 1/m²].
    melt: Vec<f64>,
    /// Cell: weight of the 1/a term.
    chi: Vec<f64>,
    /// Cell: sublimation speed at a flat surface [m/s] and gamma Omega/kT [m].
    sublimation: Vec<f64>,
    kelvin: Vec<f64>,
}

/// The solver with its work space.
#[derive(Clone, Debug, Default)]
pub struct Transport {
    c: Coefficients,
    radius: Vec<f64>,
    /// 1/radius [1/m]; 0 where dead.
    inverse: Vec<f64>,
    s: Vec<f64>,
    /// 1/s [1/m].
    inverse_s: Vec<f64>,
    q: Vec<f64>,
    kappa: Vec<f64>,
    kappa_by: Vec<[f64; 3]>,
    weight: Vec<f64>,
    weight_by: Vec<f64>,
    /// Face: flux [m³/s].
    pub flux: Vec<f64>,
    flux_by: Vec<[f64; 4]>,
    /// Sublimation of each cell [m²/s], loss of cross-section.
    pub loss: Vec<f64>,
    /// Its derivative by the radius [m/s].
    loss_by: Vec<f64>,
    bands: Vec<[f64; 5]>,
    right: Vec<f64>,
    /// Faces that carry matter: both cells alive.
    open: Vec<bool>,
    /// Flux through each face by mechanism [m³/s]: electromigration, capillarity, thermomigration, melt.
    pub by_mechanism: Vec<[f64; 4]>,
    /// Cells that another engine moves.
    pub pins: Option<Pins>,
}

/// Cells whose cross-sections are prescribed by the guess, and the fluxes [m³/s] through the faces before the first and after the last.
#[derive(Clone, Debug)]
pub struct Pins {
    /// The cells.
    pub cells: Range<usize>,
    /// The fluxes.
    pub flux: [f64; 2],
}

/// What a step has to fulfil.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Largest change of a cross-section in Newton's last iteration, over it and `floor`.
    pub tolerance: f64,
    /// Cross-section [m²].
    pub floor: f64,
    /// Whether the wire is broken and no current flows: then only the part of it that moves is iterated.
    pub idle: bool,
}

/// The step failed: no convergence or an area that is not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoConvergence;

/// A step of the two-step formula: A_new = A_n + (`carry` (A_n - A_(n-1)) + h rate)/`lead`. In this form a resting cell stays what it is to
/// the last bit; as a weighted sum of the levels, whose weights are rounded, it drifts by 1e-16 in every step.
#[derive(Clone, Copy, Debug)]
pub struct TwoStep {
    lead: f64,
    carry: f64,
    h: f64,
}

impl TwoStep {
    /// Step `h` after a step `previous`; backward Euler if there is none.
    pub fn new(h: f64, previous: Option<f64>) -> Self {
        match previous {
            None => TwoStep { lead: 1.0, carry: 0.0, h },
            Some(p) => {
                let w = h / p;
                TwoStep { lead: (1.0 + 2.0 * w) / (1.0 + w), carry: w * w / (1.0 + w), h }
            }
        }
    }

    /// The new value of a quantity with rate `rate`, from its two last values.
    pub fn advance(self, now: f64, before: f64, rate: f64) -> f64 {
        now + (self.carry * (now - before) + self.h * rate) / self.lead
    }

    /// The rate that makes a quantity change by `change` after it has changed by `before` in the step before.
    pub fn rate(self, change: f64, before: f64) -> f64 {
        (self.lead * change - self.carry * before) / self.h
    }
}

/// As-made shape and switches, constant over a run.
#[derive(Clone, Debug)]
pub struct Matter {
    pub(super) silver: Silver,
    electromigration: bool,
    capillarity: bool,
    thermomigration: bool,
    melt_flow: bool,
    sublimation: bool,
    /// Speed at which the electron beam sputters the surface [m/s].
    pub sputtering: f64,
    /// Whether the first and the last cell are free tips; otherwise no silver passes there and the outline meets it at 90 degrees.
    pub free_ends: bool,
    /// As-made radius of each cell [m].
    pub made: Vec<f64>,
    /// Wind force per current density × e [J m/A × 1/m...]: −Z* rho at the stated temperature [ohm m].
    wind: f64,
}

impl Matter {
    /// From the device and its grid.
    pub fn new(device: &Device, grid: &Grid) -> Self {
        let p = &device.physics;
        Matter {
            silver: device.silver.clone(),
            electromigration: p.electromigration,
            capillarity: p.capillarity,
            thermomigration: p.thermomigration,
            melt_flow: p.melt_flow,
            sublimation: p.sublimation,
            sputtering: 0.0,
            free_ends: device.on_heater() && device.wire.free_ends,
            made: grid.area.iter().map(|a| (a / PI).sqrt()).collect(),
            wind: electromigration::wind_constant(device.silver.effective_charge, electromigration::T_REF),
        }
    }
}

impl Transport {
    /// Puts temperatures and current into the coefficients of the step.
    pub fn freeze(&mut self, grid: &Grid, matter: &Matter, area: &[f64], hot: &Thermal) {
        let n = grid.cells();
        let c = &mut self.c;
        for v in [&mut c.slow, &mut c.fast, &mut c.wind, &mut c.soret, &mut c.melt, &mut c.chi, &mut c.sublimation, &mut c.kelvin] {
            v.resize(n, 0.0);
        }
        self.open.resize(n, false);
        let m = &matter.silver;
        let t = &hot.wire;
        for i in 0..n {
            c.chi[i] = match m.curvature {
                Curvature::Isotropic => 1.0,
                Curvature::Roughening => surface::chi(t[i], 0.02, 800.0, 20.0),
            };
            c.kelvin[i] = m.surface_energy * OMEGA / (KB * t[i]);
            c.sublimation[i] = if matter.sublimation { vapour::recession_speed(t[i], m.evaporation) } else { 0.0 };
            self.open[i] = i + 1 < n && area[i] > 0.0 && area[i + 1] > 0.0;
            if !self.open[i] {
                continue;
            }
            let tf = 0.5 * (t[i] + t[i + 1]);
            let kt = KB * tf;
            let base = m.layer * grid.mobility[i] / kt;
            let (slow, fast) = m.surface_diffusion(tf);
            c.slow[i] = base * slow;
            c.fast[i] = base * fast;
            c.wind[i] = if matter.electromigration {
                let share = 0.5 * (grid.share[i] + grid.share[i + 1]);
                let rho = if m.direct_charge == 0.0 { 0.0 } else { resistivity::resistivity(tf, 1.0, 0.0) };
                E * electromigration::drive(matter.wind, m.direct_charge, rho) * hot.current * share
            } else {
                0.0
            };
            c.soret[i] = if matter.thermomigration { m.heat_of_transport / tf * (t[i + 1] - t[i]) / grid.dx } else { 0.0 };
            let melted = if matter.melt_flow { flowing(tf) } else { 0.0 };
            c.melt[i] = melted * m.surface_energy / (8.0 * PI * m.melt_viscosity);
        }
    }

    /// Curvatures, fluxes [m³/s] and their derivatives by the radii at cross-sections `area`.
    fn evaluate(&mut self, grid: &Grid, matter: &Matter, area: &[f64]) {
        self.evaluate_some(grid, matter, area, 0..grid.cells());
    }

    /// As [`Transport::evaluate`], of the cells `cells` and the faces between them; the rest stays as it was evaluated before.
    fn evaluate_some(&mut self, grid: &Grid, matter: &Matter, area: &[f64], cells: Range<usize>) {
        let n = grid.cells();
        let dx = grid.dx;
        // The face after the last cell counts if there is no cell behind it.
        let faces = cells.start..if cells.end == n { n } else { cells.end - 1 };
        for v in [
            &mut self.radius,
            &mut self.inverse,
            &mut self.s,
            &mut self.inverse_s,
            &mut self.q,
            &mut self.kappa,
            &mut self.weight,
            &mut self.weight_by,
            &mut self.flux,
            &mut self.loss,
            &mut self.loss_by,
        ] {
            v.resize(n, 0.0);
        }
        self.kappa_by.resize(n, [0.0; 3]);
        self.flux_by.resize(n, [0.0; 4]);
        let inverse_height = 1.0 / matter.silver.step_height;
        let inverse_dx = 1.0 / dx;
        // Without branches: two cells at a time.
        let here = cells.clone();
        let radii = self.radius[here.clone()].iter_mut().zip(&mut self.inverse[here.clone()]);
        let weights = self.weight[here.clone()].iter_mut().zip(&mut self.weight_by[here.clone()]);
        let of = area[here.clone()].iter().zip(&matter.made[here]);
        for (((area, made), (radius, inverse)), (weight, weight_by)) in of.zip(radii).zip(weights) {
            let a = (area.max(0.0) / PI).sqrt();
            let over = 1.0 / a;
            *radius = a;
            *inverse = if a > 0.0 { over } else { 0.0 };
            let q = (a - made) * inverse_height;
            let d = 1.0 / (1.0 + q * q);
            *weight = q * q * d;
            *weight_by = 2.0 * q * d * d * inverse_height;
        }
        let between = faces.start..faces.end.min(n - 1);
        let ends = self.radius[between.clone()].iter().zip(&self.radius[between.start + 1..between.end + 1]);
        let lengths = self.s[between.clone()].iter_mut().zip(&mut self.inverse_s[between.clone()]).zip(&mut self.q[between]);
        for ((l, r), ((s, inverse_s), q)) in ends.zip(lengths) {
            let length = (dx * dx + (r - l) * (r - l)).sqrt();
            let inverse = 1.0 / length;
            *s = length;
            *inverse_s = inverse;
            *q = (r * r - l * l) * inverse;
        }
        for i in cells.clone() {
            let a = self.radius[i];
            if a <= 0.0 {
                self.kappa[i] = 0.0;
                continue;
            }
            let left = i > 0 && self.open[i - 1];
            let right = self.open[i];
            let chi = self.c.chi[i];
            let mut sum = 0.0;
            let mut by = [0.0; 3];
            if left {
                let (s, w, q, b) = (self.s[i - 1], self.inverse_s[i - 1], self.q[i - 1], self.radius[i - 1]);
                let d = (a - b) * w;
                sum += chi * s + q;
                let turn = (chi - q * w) * d;
                by[0] -= turn + 2.0 * b * w;
                by[1] += turn + 2.0 * a * w;
            } else {
                sum += chi * dx;
            }
            if right {
                let (s, w, q, b) = (self.s[i], self.inverse_s[i], self.q[i], self.radius[i + 1]);
                let d = (b - a) * w;
                sum += chi * s - q;
                let turn = (chi + q * w) * d;
                by[2] += turn - 2.0 * b * w;
                by[1] += 2.0 * a * w - turn;
            } else {
                sum += chi * dx;
            }
            // A free tip ends in a disc; the ends of the domain do not (90 degrees on the pad, or the wire goes on).
            let tips = self.tips(i, n, matter) as f64;
            sum += 2.0 * a * tips;
            by[1] += 2.0 * tips;
            let inverse = self.inverse[i];
            let scale = 0.5 * inverse_dx * inverse;
            let kappa = sum * scale;
            self.kappa[i] = kappa;
            self.kappa_by[i] = [by[0] * scale, by[1] * scale - kappa * inverse, by[2] * scale];
        }
        let gamma_omega = if matter.capillarity { matter.silver.surface_energy * OMEGA } else { 0.0 };
        for i in faces.clone() {
            if !self.open[i] {
                self.flux[i] = 0.0;
                self.flux_by[i] = [0.0; 4];
                continue;
            }
            let (a, b) = (self.radius[i], self.radius[i + 1]);
            let (over_a, over_b) = (self.inverse[i], self.inverse[i + 1]);
            let w = self.inverse_s[i];
            let wet = 0.5 * (self.weight[i] + self.weight[i + 1]);
            let (slow, fast) = (self.c.slow[i], self.c.fast[i]);
            // dx/s: the surface is longer than the axis.
            let stretch = dx * w;
            let mobility = (slow + wet * (fast - slow)) * stretch;
            let perimeter = PERIMETER * PI * (a + b);
            let gradient = (self.kappa[i + 1] - self.kappa[i]) * inverse_dx;
            let pull = gamma_omega * gradient + self.c.soret[i];
            let wind = self.c.wind[i] * PERIMETER;
            let bracket = wind * (over_a + over_b) - perimeter * pull;
            let surface = mobility * bracket;
            // d(kappa_(i+1) - kappa_i)/d(a_(i-1), a_i, a_(i+1), a_(i+2))
            let (kl, kr) = (self.kappa_by[i], self.kappa_by[i + 1]);
            let difference = [-kl[0], kr[0] - kl[1], kr[1] - kl[2], kr[2]];
            let mut flux = surface;
            let mut by_gradient = -mobility * perimeter * gamma_omega;
            let s_by = (b - a) * w * w; // (dS/db)/S; -(dS/da)/S
            let half = 0.5 * (fast - slow) * stretch * bracket;
            let around = PERIMETER * PI * pull;
            let mut by_a = surface * s_by - mobility * (wind * over_a * over_a + around) + half * self.weight_by[i];
            let mut by_b = -surface * s_by - mobility * (wind * over_b * over_b + around) + half * self.weight_by[i + 1];
            let melt = self.c.melt[i];
            if melt > 0.0 {
                let mean = 0.5 * PI * (a * a + b * b);
                let pour = -melt * mean * mean * stretch;
                let flow = pour * gradient;
                flux += flow;
                by_gradient += pour;
                let area_by = -2.0 * melt * mean * gradient * stretch * PI;
                by_a += area_by * a + flow * s_by;
                by_b += area_by * b - flow * s_by;
            }
            let scale = by_gradient * inverse_dx;
            let by = [scale * difference[0], scale * difference[1] + by_a, scale * difference[2] + by_b, scale * difference[3]];
            self.flux[i] = flux;
            self.flux_by[i] = by;
        }
        if let Some(p) = &self.pins {
            for (end, flux) in [(p.cells.start, p.flux[0]), (p.cells.end, p.flux[1])] {
                if let Some(face) = end.checked_sub(1).filter(|face| self.open[*face] && faces.contains(face)) {
                    self.flux[face] = flux;
                    self.flux_by[face] = [0.0; 4];
                }
            }
        }
        for i in cells {
            let speed = self.c.sublimation[i];
            let boils = speed > SLOWEST_SUBLIMATION;
            self.loss[i] = if (boils || matter.sputtering > 0.0) && area[i] > 0.0 && !self.is_pinned(i) {
                let left = if i > 0 && self.open[i - 1] { self.s[i - 1] } else { dx };
                let right = if self.open[i] { self.s[i] } else { dx };
                let a = self.radius[i];
                let arc = PERIMETER * PI * a * (left + right) / dx;
                // The discs of free tips sublime too: of a bead they are a sixth of the surface.
                let disc = self.tips(i, n, matter) as f64 * PI * a * a / dx;
                let kelvin = if boils { (self.c.kelvin[i] * self.kappa[i]).clamp(-2.0, 2.0).exp() } else { 0.0 };
                let recession = speed * kelvin + matter.sputtering;
                self.loss_by[i] = (arc + 2.0 * disc) * self.inverse[i] * recession;
                (arc + disc) * recession
            } else {
                self.loss_by[i] = 0.0;
                0.0
            };
        }
    }

    /// Free tips that a cell has: 0, 1, or 2 if it is alone.
    fn tips(&self, i: usize, n: usize, matter: &Matter) -> usize {
        let left = i > 0 && self.open[i - 1];
        usize::from(!left && (i > 0 || matter.free_ends)) + usize::from(!self.open[i] && (i + 1 < n || matter.free_ends))
    }

    fn is_pinned(&self, i: usize) -> bool {
        self.pins.as_ref().is_some_and(|p| p.cells.contains(&i))
    }

    /// Speed dΦ/dA [m/s] at which a long disturbance of the cross-section travels at a face, positive to +x, at given cross-sections
    /// everywhere; the coefficients must be frozen.
    pub fn wave_speeds<const N: usize>(&mut self, grid: &Grid, matter: &Matter, area: &[f64], faces: [usize; N]) -> [f64; N] {
        self.pins = None;
        self.evaluate(grid, matter, area);
        // All radii alike: what depends on their differences, capillarity above all, drops out.
        faces.map(|f| if self.open[f] { self.flux_by[f].iter().sum::<f64>() / (PI * (self.radius[f] + self.radius[f + 1])) } else { 0.0 })
    }

    /// Rate of change of the cross-section of cell `i` [m²/s] at the last evaluation.
    fn rate(&self, i: usize, dx: f64) -> f64 {
        let left = if i > 0 { self.flux[i - 1] } else { 0.0 };
        -(self.flux[i] - left) / dx - self.loss[i]
    }

    /// Solves a step of the two-step formula from `now` and `before`, starting at `guess`; returns the new areas.
    /// The coefficients must be frozen. Dead cells have area 0 and stay so; pinned cells stay as guessed.
    #[allow(clippy::too_many_arguments)]
    pub fn step(
        &mut self,
        grid: &Grid,
        matter: &Matter,
        formula: TwoStep,
        now: &[f64],
        before: &[f64],
        guess: &[f64],
        asked: Asked,
    ) -> Result<Vec<f64>, NoConvergence> {
        let n = grid.cells();
        let dx = grid.dx;
        let mut area = guess.to_vec();
        self.bands.resize(n, [0.0; 5]);
        self.right.resize(n, 0.0);
        let mut cells = 0..n;
        let iterations = if asked.idle { IDLE_ITERATIONS } else { MAX_ITERATIONS };
        for iteration in 0..iterations {
            self.evaluate_some(grid, matter, &area, cells.clone());
            self.linearise(dx, formula, now, before, &area, cells.clone());
            if asked.idle && iteration == 0 {
                cells = self.moving(&area);
                // Nothing of what is iterated depends on the fluxes at its ends.
                for face in [cells.start.checked_sub(1), cells.end.checked_sub(1).filter(|_| cells.end < n)].into_iter().flatten() {
                    self.flux_by[face] = [0.0; 4];
                }
            }
            if !pentadiagonal(&mut self.bands[cells.clone()], &mut self.right[cells.clone()]) {
                return Err(NoConvergence);
            }
            let mut change = 0.0f64;
            for i in cells.clone() {
                if area[i] > 0.0 {
                    let new = (area[i] + self.right[i]).clamp(0.3 * area[i], 3.0 * area[i]);
                    change = change.max((new - area[i]).abs() / (area[i] + asked.floor));
                    area[i] = new;
                }
            }
            if !change.is_finite() {
                return Err(NoConvergence);
            }
            if change < asked.tolerance {
                // Areas from the fluxes, once: what leaves one cell enters the next to the last bit, whatever Newton's tolerance.
                self.evaluate_some(grid, matter, &area, cells);
                for i in 0..n {
                    if area[i] > 0.0 && !self.is_pinned(i) {
                        area[i] = formula.advance(now[i], before[i], self.rate(i, dx));
                    }
                }
                return if area.iter().all(|a| a.is_finite()) { Ok(area) } else { Err(NoConvergence) };
            }
        }
        Err(NoConvergence)
    }

    /// Newton's equations for the cross-sections of some cells, at those last evaluated.
    fn linearise(&mut self, dx: f64, formula: TwoStep, now: &[f64], before: &[f64], area: &[f64], cells: Range<usize>) {
        let factor = formula.h / formula.lead;
        for i in cells {
            if area[i] <= 0.0 || self.is_pinned(i) {
                self.bands[i] = [0.0, 0.0, 1.0, 0.0, 0.0];
                self.right[i] = 0.0;
                continue;
            }
            let target = formula.advance(now[i], before[i], self.rate(i, dx));
            self.right[i] = target - area[i];
            // Row of dA_i/dt by the radii a_(i-2) .. a_(i+2), then by the areas.
            let mut row = [0.0; 5];
            let f = factor / dx;
            for k in 0..4 {
                row[k + 1] += f * self.flux_by[i][k];
            }
            if i > 0 {
                for k in 0..4 {
                    row[k] -= f * self.flux_by[i - 1][k];
                }
            }
            row[2] += factor * self.loss_by[i];
            for (k, r) in row.iter_mut().enumerate() {
                // dA = 2 pi a da; the inverse radius is 0 where there is no silver.
                *r *= (i + k).checked_sub(2).and_then(|j| self.inverse.get(j)).map_or(0.0, |over| over * (0.5 / PI));
            }
            row[2] += 1.0;
            self.bands[i] = row;
        }
    }

    /// The cells from the first that moves to the last one, by the equations of the first iteration, with some beside them.
    fn moving(&self, area: &[f64]) -> Range<usize> {
        let n = area.len();
        let moves = |i: &usize| {
            let row = &self.bands[*i];
            let coupled = row[0].abs() + row[1].abs() + (row[2] - 1.0).abs() + row[3].abs() + row[4].abs();
            area[*i] > 0.0 && (self.right[*i].abs() > AT_REST.0 * area[*i] || coupled > AT_REST.1)
        };
        match ((0..n).find(moves), (0..n).rfind(moves)) {
            (Some(first), Some(last)) => first.saturating_sub(BESIDE)..(last + 1 + BESIDE).min(n),
            _ => 0..n.min(1),
        }
    }

    /// Splits the fluxes of the last evaluation by mechanism, into [`Transport::by_mechanism`].
    pub fn split(&mut self, grid: &Grid, matter: &Matter) {
        let n = grid.cells();
        self.by_mechanism.resize(n, [0.0; 4]);
        let gamma_omega = if matter.capillarity { matter.silver.surface_energy * OMEGA } else { 0.0 };
        for i in 0..n {
            if !self.open[i] {
                self.by_mechanism[i] = [0.0; 4];
                continue;
            }
            let (a, b) = (self.radius[i], self.radius[i + 1]);
            let wet = 0.5 * (self.weight[i] + self.weight[i + 1]);
            let stretch = grid.dx / self.s[i];
            let mobility = (self.c.slow[i] + wet * (self.c.fast[i] - self.c.slow[i])) * stretch;
            let perimeter = PERIMETER * PI * (a + b);
            let gradient = (self.kappa[i + 1] - self.kappa[i]) / grid.dx;
            let mean = 0.5 * PI * (a * a + b * b);
            self.by_mechanism[i] = [
                mobility * self.c.wind[i] * PERIMETER * (1.0 / a + 1.0 / b),
                -mobility * perimeter * gamma_omega * gradient,
                -mobility * perimeter * self.c.soret[i],
                -self.c.melt[i] * mean * mean * gradient * stretch,
            ];
        }
    }
}

/// Surface energy of a chain of frusta over γ [m²]: the functional whose gradient is the curvature (for the tests of the engine).
pub fn surface(area: &[f64], dx: f64) -> f64 {
    let a: Vec<f64> = area.iter().map(|x| (x / PI).sqrt()).collect();
    let mut sum = 0.0;
    for i in 0..a.len() {
        if a[i] <= 0.0 {
            continue;
        }
        for (inside, j) in [(i > 0, i.wrapping_sub(1)), (i + 1 < a.len(), i + 1)] {
            if inside && a[j] > 0.0 {
                if j > i {
                    sum += PI * (a[i] + a[j]) * (dx * dx + (a[j] - a[i]).powi(2)).sqrt();
                }
            } else {
                sum += PI * a[i] * dx + if inside { PI * a[i] * a[i] } else { 0.0 };
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::DiffusionLaw;

    /// A wire with bumps, a gap, a hot and partly molten middle and every driving force.
    fn state(diffusion: DiffusionLaw, curvature: Curvature) -> (Grid, Matter, Vec<f64>, Thermal) {
        let mut device = Device::default();
        device.numerics.cells = 60;
        device.chip.spacing = 1e-6;
        device.chip.overlap = 0.2e-6;
        device.wire.mobility_disorder = 0.3;
        device.silver.diffusion = diffusion;
        device.silver.curvature = curvature;
        device.silver.heat_of_transport = 0.1 * E;
        device.silver.direct_charge = 1.0;
        let grid = Grid::new(&device, 4);
        let n = grid.cells();
        let area = (0..n)
            .map(|i| {
                if (40..43).contains(&i) {
                    0.0
                } else {
                    grid.area[i] * (1.0 + 0.3 * (0.9 * i as f64).sin() + 0.4 * (0.17 * i as f64).cos())
                }
            })
            .collect();
        let wire = (0..n).map(|i| 700.0 + 700.0 * (PI * i as f64 / n as f64).sin()).collect();
        let thermal = Thermal { wire, pad: [400.0; 2], film: 350.0, current: 8e-3, limited: false };
        let matter = Matter::new(&device, &grid);
        (grid, matter, area, thermal)
    }

    #[test]
    fn jacobian_equals_finite_differences() {
        for (diffusion, curvature) in [
            (DiffusionLaw::FacetedWall, Curvature::Isotropic),
            (DiffusionLaw::Rough, Curvature::Roughening),
            (DiffusionLaw::Facet111, Curvature::Isotropic),
        ] {
            let (grid, matter, area, thermal) = state(diffusion, curvature);
            let n = grid.cells();
            let mut t = Transport::default();
            t.freeze(&grid, &matter, &area, &thermal);
            t.evaluate(&grid, &matter, &area);
            let analytic = t.flux_by.clone();
            let mut compared = 0;
            for j in (0..n).filter(|j| area[*j] > 0.0) {
                let a = (area[j] / PI).sqrt();
                let step = 1e-5 * a;
                let mut fluxes = [1.0, -1.0].map(|sign| {
                    let mut moved = area.clone();
                    moved[j] = PI * (a + sign * step).powi(2);
                    t.evaluate(&grid, &matter, &moved);
                    t.flux.clone()
                });
                let (up, down) = fluxes.split_at_mut(1);
                for face in 0..n {
                    let difference = (up[0][face] - down[0][face]) / (2.0 * step);
                    // Column k of a face stands for cell face - 1 + k.
                    let exact = (j + 1).checked_sub(face).filter(|k| *k < 4).map_or(0.0, |k| analytic[face][k]);
                    let scale = analytic[face].iter().fold(0.0f64, |m, v| m.max(v.abs()));
                    // Round-off of the difference: 1e-16/1e-5, times a hundred for what cancels between neighbouring curvatures, and more at a bulge.
                    assert!((difference - exact).abs() <= 1e-6 * scale, "cell {j}, face {face}: {difference:e}, analytic {exact:e}");
                    compared += usize::from(exact != 0.0);
                }
            }
            assert!(compared > 3 * n, "{compared}");
        }
    }

    #[test]
    fn curvature_is_the_gradient_of_the_surface() {
        // wire.md section 1: kappa_i = (1/dx) dF/dA_i with F the surface of the frusta, tips included.
        let (grid, matter, area, thermal) = state(DiffusionLaw::Rough, Curvature::Isotropic);
        let mut t = Transport::default();
        t.freeze(&grid, &matter, &area, &thermal);
        t.evaluate(&grid, &matter, &area);
        for i in (0..grid.cells()).filter(|i| area[*i] > 0.0) {
            let step = 1e-5 * area[i];
            let moved = |sign: f64| {
                let mut moved = area.clone();
                moved[i] += sign * step;
                surface(&moved, grid.dx)
            };
            let gradient = (moved(1.0) - moved(-1.0)) / (2.0 * step * grid.dx);
            // Round-off: a surface of 1e-12 m² over a step of 1e-19 m² times dx leaves 1e-16 × 1e-12/1e-27 = 1e5 /m of 2e7 /m.
            assert!((gradient - t.kappa[i]).abs() < 1e6, "cell {i}: {gradient:e} {:e}", t.kappa[i]);
        }
    }

    #[test]
    fn mechanisms_add_up_to_the_flux() {
        let (grid, matter, area, thermal) = state(DiffusionLaw::FacetedWall, Curvature::Isotropic);
        let mut t = Transport::default();
        t.freeze(&grid, &matter, &area, &thermal);
        t.evaluate(&grid, &matter, &area);
        t.split(&grid, &matter);
        for (parts, flux) in t.by_mechanism.iter().zip(&t.flux) {
            let size: f64 = parts.iter().map(|p| p.abs()).sum();
            assert!((parts.iter().sum::<f64>() - flux).abs() <= 1e-12 * size);
        }
    }
}
