//! The engine: what it holds and what it tells.

use super::circuit::{Solution, Source};
use super::field::{FREE, Field};
use super::geometry::{GapError, GapGeometry, check};
use super::laws::{ATOM, Laws};
use super::ledger::{Heat, Ledger};
use super::links::{Asperity, Bond, Link, Node, height};
use super::network::Network;
use super::particles::{Particle, radius};
use super::settings::Rewiring;
use super::step::Event;
use super::supply::Ways;
use super::walk::{Ion, Memo};
use crate::materials::constants::{E, G0};
use crate::random::{Purpose, Stream};
use crate::wire::Ramp;

/// Whether the gap is bridged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapState {
    /// Less than a thousandth of the conductance quantum.
    Open,
    /// A thousandth of the conductance quantum or more, whatever an instrument could see of it.
    Linked,
}

/// A part of an electrode's or particle's edge that atoms may leave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    /// Free cell in front.
    pub cell: usize,
    /// Cell of the metal.
    pub metal: usize,
    pub node: Node,
    /// Potential of the metal less that of the cell when the field was solved [V].
    pub drop: f64,
}

/// A gap in a circuit, and what happens to it.
#[derive(Clone, Debug)]
pub struct GapEngine {
    pub(super) settings: Rewiring,
    pub(super) laws: Laws,
    pub(super) geometry: GapGeometry,
    pub(super) series: f64,
    pub(super) ramp: Ramp,
    pub(super) temperature: [f64; 2],
    pub(super) dose_rate: f64,
    pub(super) frozen: bool,
    pub(super) time: f64,
    pub(super) charge: f64,
    pub(super) heat: Heat,
    pub(super) field: Field,
    /// Barrier of the vacant trap at a cell [eV]; not a number where none is.
    pub(super) traps: Vec<f64>,
    /// Places of the grains along each electrode's edge [m].
    pub(super) grains: [Vec<f64>; 2],
    pub(super) particles: Vec<Particle>,
    pub(super) bonds: Vec<Bond>,
    pub(super) pairs: Vec<(Node, Node)>,
    pub(super) ways: Ways,
    pub(super) network: Network,
    pub(super) solution: Solution,
    /// Potential [V] and temperature [K] of each node.
    pub(super) potential: Vec<f64>,
    pub(super) node_temperature: Vec<f64>,
    pub(super) path: Vec<f64>,
    /// Conductance to the positive electrode of each node [S].
    pub(super) drain: Vec<f64>,
    /// Metal particles that electrons reach.
    pub(super) supplied: Vec<u32>,
    /// Number of that list.
    pub(super) listed: u64,
    pub(super) memo: Memo,
    pub(super) ions: Vec<Ion>,
    pub(super) faces: Vec<Face>,
    pub(super) face_sums: Vec<f64>,
    /// Who had which cell when the faces were listed.
    pub(super) faces_of: (Vec<u32>, Vec<bool>),
    /// Rates of what happens at the bonds, and the circuit solution that they belong to.
    pub(super) bond_rates: Vec<(f64, Event)>,
    pub(super) bond_rates_of: u64,
    /// Bodies as they were when they were linked: id, place, radius, metal.
    pub(super) placed: Vec<(u64, f64, f64, f64, bool)>,
    /// Heat of all links [W].
    pub(super) power: f64,
    /// Whether the circuit has to be solved before anything else.
    pub(super) stale: bool,
    pub(super) taken: [u64; 2],
    pub(super) returned: [u64; 2],
    pub(super) recession: [f64; 2],
    /// Bodies as they were when the field was solved: id, place, radius, potential.
    pub(super) solved_for: Vec<(u64, f64, f64, f64, f64)>,
    pub(super) solved_voltage: f64,
    pub(super) dirty: bool,
    /// Whether a metal has moved so much that the geometry has to be looked at.
    pub(super) moved: bool,
    pub(super) random: Stream,
    pub(super) draws: Stream,
    pub(super) born: u64,
    pub(super) events: u64,
    pub(super) unsolved: u64,
    pub(super) solves: u64,
    pub(super) steps: u64,
}

impl GapEngine {
    /// A gap at rest at time 0 with nothing in it but what was left on the Pt; `series_resistance` in Ω.
    ///
    /// # Errors
    /// A gap that is none or wider than `rewiring.widest`, no silver anywhere, numbers out of range, a grid too large.
    pub fn new(settings: &Rewiring, geometry: &GapGeometry, series_resistance: f64, seed: u64) -> Result<GapEngine, GapError> {
        check(geometry, settings)?;
        if !(0.0..1e15).contains(&series_resistance) {
            return Err(GapError::Value { name: "series resistance", value: series_resistance, expected: "0 ohm or more" });
        }
        let field = Field::new(geometry, settings.grid, settings.half_width, settings.screening)?;
        let mut draws = Stream::new(seed, Purpose::Gap, 1);
        let ([left, right], half) = field.extent();
        let mut traps = vec![f64::NAN; field.phi.len()];
        let wanted = settings.trap_density * (right - left) * 2.0 * half * 1e18;
        for _ in 0..wanted.round().min(1e6) as usize {
            let (x, y) = (left + draws.uniform() * (right - left), (2.0 * draws.uniform() - 1.0) * half);
            traps[field.cell(x, y)] = (settings.trap_energy + settings.trap_spread * draws.normal()) / E;
        }
        let mut grains = [Vec::new(), Vec::new()];
        for list in &mut grains {
            let count = (2.0 * half / settings.pt_grain).ceil().max(1.0) as usize;
            list.extend((0..count).map(|i| -half + 2.0 * half * (i as f64 + draws.uniform()) / count as f64));
        }
        let mut engine = GapEngine {
            laws: Laws::new(settings),
            settings: settings.clone(),
            geometry: *geometry,
            series: series_resistance,
            ramp: Ramp::rest(0.0, f64::INFINITY, geometry.temperature[0]),
            temperature: geometry.temperature,
            dose_rate: 0.0,
            frozen: false,
            time: 0.0,
            charge: 0.0,
            heat: Heat::default(),
            field,
            traps,
            grains,
            particles: Vec::new(),
            bonds: Vec::new(),
            pairs: Vec::new(),
            ways: Ways::new(2, &[]),
            network: Network::new(2, &[]),
            solution: Solution::default(),
            potential: vec![0.0; 2],
            node_temperature: geometry.temperature.to_vec(),
            path: vec![0.0; 2],
            drain: vec![0.0; 2],
            supplied: Vec::new(),
            listed: 0,
            memo: Memo::default(),
            ions: Vec::new(),
            faces: Vec::new(),
            face_sums: Vec::new(),
            faces_of: Default::default(),
            bond_rates: Vec::new(),
            bond_rates_of: u64::MAX,
            placed: vec![(u64::MAX, 0.0, 0.0, 0.0, false)],
            power: 0.0,
            stale: true,
            taken: [0; 2],
            returned: [0; 2],
            recession: [0.0; 2],
            solved_for: Vec::new(),
            solved_voltage: f64::NAN,
            dirty: true,
            moved: false,
            random: Stream::new(seed, Purpose::Gap, 0),
            draws,
            born: 0,
            events: 0,
            unsolved: 0,
            solves: 0,
            steps: 0,
        };
        engine.leave_on_pt();
        engine.rebuild();
        engine.solve();
        Ok(engine)
    }

    /// Islands of what was left on the Pt, of up to 500 atoms each, on the grains nearest to the axis.
    fn leave_on_pt(&mut self) {
        let left = self.settings.silver_on_pt;
        let Some(side) = (0..2).find(|&s| !self.geometry.silver[s]) else { return };
        let mut places = self.grains[side].clone();
        places.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let islands = left.div_ceil(500).clamp(1, places.len().max(1));
        for (i, y) in places.into_iter().take(islands).enumerate() {
            let atoms = left / islands + usize::from(i < left % islands);
            if atoms > 0 {
                self.birth_on_edge(side, y, atoms as u32);
            }
        }
    }

    pub(super) fn birth_on_edge(&mut self, side: usize, y: f64, atoms: u32) -> usize {
        let r = radius(atoms);
        let edge = self.geometry.behind(side, y).max(self.recession[side]);
        let x = if side == 0 { r - edge } else { self.geometry.gap + edge - r };
        self.birth(x, y, atoms, self.laws.leave.max(1.0), Some(side as u8))
    }

    pub(super) fn birth(&mut self, x: f64, y: f64, atoms: u32, trap: f64, edge: Option<u8>) -> usize {
        self.born += 1;
        self.particles.push(Particle {
            id: self.born + 1,
            x,
            y,
            radius: radius(atoms),
            atoms,
            born: self.time,
            potential: 0.0,
            temperature: self.temperature[0],
            orientation: self.draws.bits() as u32,
            trap,
            edge,
            metal: atoms >= super::particles::METALLIC,
            loose: -1.0,
        });
        self.potential.push(0.0);
        self.path.push(0.0);
        self.drain.push(0.0);
        let t = self.surroundings_at(x);
        self.node_temperature.push(t);
        self.particles.len() - 1
    }

    /// Temperature of the substrate between the contacts [K].
    pub(super) fn surroundings_at(&self, x: f64) -> f64 {
        let [a, b] = self.temperature;
        a + (b - a) * (x / self.geometry.gap).clamp(0.0, 1.0)
    }

    /// Applies a ramp from now on.
    pub fn drive(&mut self, ramp: Ramp) {
        self.ramp = ramp;
        self.solve();
    }

    /// Temperature of the silver or Pt on both sides [K]; it enters all rates.
    pub fn contacts(&mut self, temperature: [f64; 2]) {
        self.particles.iter_mut().for_each(|p| p.loose = -1.0);
        self.temperature = temperature.map(|t| if t.is_finite() { t.clamp(1.0, 3000.0) } else { 300.0 });
        self.solve();
    }

    /// Dose rate of the microscope [1/m²/s].
    pub fn illuminate(&mut self, dose_rate: f64) {
        self.dose_rate = if dose_rate.is_finite() { dose_rate.max(0.0) } else { 0.0 };
    }

    /// Holds the structure (only the circuit is solved), or lets it go.
    pub fn freeze(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// Time [s].
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Integral of the current [C]: a mean current is the difference over the time.
    pub fn charge(&self) -> f64 {
        self.charge
    }

    /// Current [A], positive into contact 2's side.
    pub fn current(&self) -> f64 {
        self.solution.current
    }

    /// Voltage across the gap [V].
    pub fn voltage_across(&self) -> f64 {
        self.solution.voltage
    }

    /// Whether the source limits the current.
    pub fn limited(&self) -> bool {
        self.solution.limited
    }

    /// Conductance of the gap [S]: current over voltage, at 0 V that of the unbiased network.
    pub fn conductance(&self) -> f64 {
        if self.solution.voltage.abs() > 1e-6 {
            return self.solution.current / self.solution.voltage;
        }
        self.network.clone().reduce(&self.pairs, |i| self.bonds[i].g, |_| 0.0).conductance
    }

    /// Particles and nuclei.
    pub fn particles(&self) -> &[Particle] {
        &self.particles
    }

    /// Atomic protrusions in narrow gaps.
    pub fn asperities(&self) -> Vec<Asperity> {
        let of = |b: &Bond| {
            let (a, c) = if b.on_b { (b.b, b.a) } else { (b.a, b.b) };
            Asperity { a, b: c, atoms: b.atoms, height: height(b.atoms) }
        };
        self.bonds.iter().filter(|b| b.atoms > 0).map(of).collect()
    }

    /// Where every atom is.
    pub fn ledger(&self) -> Ledger {
        Ledger {
            taken: self.taken,
            returned: self.returned,
            remains: if self.geometry.silver == [true; 2] { 0 } else { self.settings.silver_on_pt as u64 },
            particles: self.particles.iter().map(|p| u64::from(p.atoms)).sum(),
            asperities: self.bonds.iter().map(|b| u64::from(b.atoms)).sum(),
            ions: self.ions.len() as u64,
        }
    }

    /// Energy of the source and where it went.
    pub fn heat(&self) -> Heat {
        self.heat
    }

    /// How far the apex of an electrode has receded [m]: the cap of a paraboloid that holds what left.
    pub fn recession(&self, side: usize) -> f64 {
        let Some(&r) = self.geometry.tip_radius.get(side) else { return 0.0 };
        let lost = self.taken[side].saturating_sub(self.returned[side]) as f64 * ATOM;
        // A straight edge loses a strip of the simulated width and of one apex radius of the paper's tip in height.
        if r.is_finite() { (lost / (std::f64::consts::PI * r)).sqrt() } else { lost / (2.0 * self.settings.half_width * 8e-9) }
    }

    /// Links of the best path from contact 1's side to contact 2's; empty where none leads.
    pub fn backbone(&self) -> Vec<Link> {
        let (_, by) = self.ways.paths(&self.bonds, &[0]);
        let (mut at, mut out) = (1, Vec::new());
        while let Some(i) = by.get(at).copied().flatten() {
            out.push(self.bonds[i].seen());
            at = self.bonds[i].a + self.bonds[i].b - at;
        }
        out.reverse();
        out
    }

    /// All links.
    pub fn links(&self) -> Vec<Link> {
        self.bonds.iter().map(Bond::seen).collect()
    }

    /// Bridged or not: by a thousandth of the conductance quantum.
    pub fn state(&self) -> GapState {
        if self.conductance().abs() < 1e-3 * G0 { GapState::Open } else { GapState::Linked }
    }

    /// Events so far, circuit solutions among them that did not converge, circuit solutions, steps, sweeps of the field.
    pub fn effort(&self) -> [u64; 5] {
        [self.events, self.unsolved, self.solves, self.steps, self.field.sweeps]
    }

    /// Whether every place that atoms can leave belongs to a body that is there.
    pub fn faces_are_alive(&self) -> bool {
        self.faces
            .iter()
            .all(|f| if f.node < 2 { self.geometry.silver[f.node] } else { self.particles.get(f.node - 2).is_some_and(|p| p.atoms > 0) })
            && self.field.owner.iter().all(|&o| o == FREE || o < 2 || self.particles.get(o as usize - 2).is_some_and(|p| p.atoms > 0))
    }

    /// Voltage of the source now [V].
    pub(super) fn applied(&self, t: f64) -> f64 {
        let v = self.ramp.voltage_at(t.clamp(self.ramp.start, self.ramp.end.max(self.ramp.start)));
        if v.is_finite() { v.clamp(-1e3, 1e3) } else { 0.0 }
    }

    /// Solves the circuit as it is now; then temperatures by the heat of the links.
    pub(super) fn solve(&mut self) {
        let limit = if self.ramp.compliance.is_nan() { f64::INFINITY } else { self.ramp.compliance.abs() };
        let source = Source { voltage: self.applied(self.time), series: self.series, limit };
        let limited = self.solution.limited;
        self.solution = super::circuit::solve(&mut self.network, &mut self.bonds, &self.pairs, source, limited, &mut self.potential);
        self.solves += 1;
        self.unsolved += u64::from(!self.solution.converged);
        let [a, b] = self.temperature;
        for (t, p) in self.node_temperature[2..].iter_mut().zip(&self.particles) {
            *t = a + (b - a) * (p.x / self.geometry.gap).clamp(0.0, 1.0);
        }
        self.node_temperature[0] = a;
        self.node_temperature[1] = b;
        self.stale = false;
        self.power = 0.0;
        for bond in &self.bonds {
            let power = bond.point(bond.v).current * bond.v;
            self.power += power;
            if power > 1e-12 {
                for n in [bond.a, bond.b] {
                    if n >= 2 {
                        self.node_temperature[n] += self.laws.warming(0.5 * power, self.particles[n - 2].radius);
                    }
                }
            }
        }
        for (n, p) in self.particles.iter_mut().enumerate() {
            p.potential = self.potential[n + 2];
            p.temperature = self.node_temperature[n + 2];
        }
    }
}
