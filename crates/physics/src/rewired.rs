//! The broken wire and its gap: what the wire and shape engines hand over to the rewiring engine, and both on one clock.
//!
//! From the break on the current is the gap's: some tens of microamperes at most, which warm the wire by less than a kelvin, so that the wire
//! engine rests. The tips' shapes near the apex are finer than its cells: the radius of an apex is an input (rewiring.md section 3), the cone
//! behind it is the wire's.

use crate::device::{AREA_FACTOR, Device};
use crate::gap::{GapEngine, GapError, GapGeometry, Rewiring};
use crate::lattice::pieces::Pieces;
use crate::random::{Purpose, Stream};
use crate::shape::ShapeEngine;
use crate::wire::{Ramp, WireEngine};

/// Radius of an apex [m] (rewiring.md section 3: plausible, of little effect).
const APEX: f64 = 8e-9;
/// How far behind the gap the cone of a tip is measured [m].
const CONE: f64 = 60e-9;
/// How far from the middle of the lattice's narrowest place its tips are looked for [m].
const REACH: f64 = 60e-9;

/// Where the width of the gap comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// From the protocol.
    Set,
    /// Nearest distance of the two pieces of the shape engine's lattice, less a pitch.
    Lattice,
    /// Drawn from the stated range.
    Drawn,
}

/// A broken wire whose gap may be bridged.
#[derive(Clone, Debug)]
pub struct Rewired {
    /// The rewiring engine; its time counts from when it took over.
    engine: GapEngine,
    /// When it took over [s].
    begin: f64,
    /// Where the gap begins along the wire [m].
    start: f64,
    geometry: GapGeometry,
    width: Width,
    series: f64,
}

impl Rewired {
    /// The gap of a broken wire from `begin` [s] on.
    ///
    /// # Errors
    /// No gap that the engine covers; then the wire stays broken.
    pub fn of(
        device: &Device,
        settings: &Rewiring,
        wire: &WireEngine,
        shape: Option<&ShapeEngine>,
        begin: f64,
        seed: u64,
    ) -> Result<Rewired, GapError> {
        let grid = wire.grid();
        let area = wire.area();
        let [first, last] = ends(wire);
        let lattice = shape.and_then(nearest);
        let (gap, width) = match (settings.gap, lattice) {
            (set, _) if set > 0.0 => (set, Width::Set),
            (_, Some((gap, _))) => (gap, Width::Lattice),
            _ => {
                let mut stream = Stream::new(seed, Purpose::Gap, 2);
                (settings.gap_low + stream.uniform() * (settings.gap_high - settings.gap_low).max(0.0), Width::Drawn)
            }
        };
        let place = lattice.map_or_else(|| wire.rupture().map_or(0.0, |r| r.position), |(_, x)| x);
        let radius = |i: usize| 0.5 * (area[i] / AREA_FACTOR).sqrt();
        let cone = |from: Option<usize>, step: isize| {
            let Some(from) = from else { return std::f64::consts::FRAC_PI_2 };
            let cells = (CONE / grid.dx).ceil().max(1.0);
            let to = (from as isize + step * cells as isize).clamp(0, area.len() as isize - 1) as usize;
            ((radius(to) - radius(from)) / (cells * grid.dx)).atan().clamp(5f64.to_radians(), 80f64.to_radians())
        };
        let silver = [first.is_some(), last.is_some()];
        let geometry = GapGeometry {
            gap,
            tip_radius: silver.map(|s| if s { APEX } else { f64::INFINITY }),
            half_angle: [cone(first, -1), cone(last, 1)],
            silver,
            temperature: temperatures(wire),
        };
        let filled: Vec<f64> = area.iter().zip(wire.area_made()).map(|(a, made)| if *a > 0.0 { *a } else { *made }).collect();
        let of_wire = wire.resistance_of(&filled, &wire.thermal().wire);
        let series = device.chip.lead_resistance + wire.contact_resistance().iter().sum::<f64>() + of_wire;
        let engine = GapEngine::new(settings, &geometry, series, seed)?;
        Ok(Rewired { engine, begin, start: place - 0.5 * gap, geometry, width, series })
    }

    /// Changes what is applied; the ramp is on the specimen's clock.
    pub fn drive(&mut self, ramp: &Ramp) {
        self.engine.drive(Ramp { start: ramp.start - self.begin, end: ramp.end - self.begin, ..*ramp });
    }

    /// Goes on to `until` on the specimen's clock, with the ends of the wire as hot as they are.
    ///
    /// # Errors
    /// The engine gave up.
    pub fn advance(&mut self, until: f64, wire: &WireEngine) -> Result<(), GapError> {
        self.engine.contacts(temperatures(wire));
        self.engine.advance(until - self.begin, &mut |_| ())
    }

    /// The rewiring engine.
    pub fn engine(&self) -> &GapEngine {
        &self.engine
    }

    /// The beam is on the gap at this dose rate [1/m²/s].
    pub fn illuminate(&mut self, dose_rate: f64) {
        self.engine.illuminate(dose_rate);
    }

    /// Time on the specimen's clock [s].
    pub fn time(&self) -> f64 {
        self.begin + self.engine.time()
    }

    /// When the rewiring engine took over [s].
    pub fn begin(&self) -> f64 {
        self.begin
    }

    /// Where x = 0 of the rewiring engine lies along the wire [m].
    pub fn start(&self) -> f64 {
        self.start
    }

    /// The gap as it was handed over.
    pub fn geometry(&self) -> &GapGeometry {
        &self.geometry
    }

    /// Where its width comes from.
    pub fn width(&self) -> Width {
        self.width
    }

    /// The gap as it was handed over, once more from the start, under other settings, warmer by `warmer` [K], or with another seed.
    ///
    /// # Errors
    /// No gap that these settings cover.
    pub fn again(&self, settings: &Rewiring, warmer: f64, seed: u64) -> Result<GapEngine, GapError> {
        let geometry = GapGeometry { temperature: self.geometry.temperature.map(|t| t + warmer), ..self.geometry };
        GapEngine::new(settings, &geometry, self.series, seed)
    }

    /// Leads, contacts and what is left of the wire [ohm].
    pub fn series(&self) -> f64 {
        self.series
    }
}

/// The cells with silver next to the place of the break, towards contact 1 and towards contact 2.
fn ends(wire: &WireEngine) -> [Option<usize>; 2] {
    let middle = wire.rupture().map_or(0, |r| r.cell);
    let silver = |i: &usize| wire.area()[*i] > 0.0;
    [(0..=middle).rev().find(silver), (middle..wire.area().len()).find(silver)]
}

/// Temperatures of both ends, or of the pad where there is none [K].
fn temperatures(wire: &WireEngine) -> [f64; 2] {
    let (t, [first, last]) = (wire.thermal(), ends(wire));
    [first.map_or(t.pad[0], |i| t.wire[i]), last.map_or(t.pad[1], |i| t.wire[i])]
}

/// Distance [m] of the two largest pieces of the lattice from surface to surface, and the middle of where they are nearest along the wire [m];
/// nothing while there is one piece.
pub(crate) fn nearest(shape: &ShapeEngine) -> Option<(f64, f64)> {
    let (graph, state) = (&shape.place().graph, shape.occupation());
    let layers = graph.layers();
    let pieces = Pieces::find(graph, |site| state.get(site / layers, site % layers));
    if pieces.count() < 2 {
        return None;
    }
    let mut sizes = [0usize; 256];
    let each = |see: &mut dyn FnMut(u8, [f64; 3])| {
        for column in 0..graph.columns() {
            let [y, z] = graph.column_position(column);
            for k in crate::lattice::ones(state.row(column)) {
                see(pieces.of(column * layers + k), [graph.layer_position(column, k), y, z]);
            }
        }
    };
    let mut ends = [[f64::INFINITY, f64::NEG_INFINITY]; 256];
    each(&mut |piece, p| {
        let piece = usize::from(piece);
        sizes[piece] += 1;
        ends[piece] = [ends[piece][0].min(p[0]), ends[piece][1].max(p[0])];
    });
    let mut order: Vec<usize> = (1..256).filter(|i| sizes[*i] > 0).collect();
    order.sort_by_key(|i| std::cmp::Reverse(sizes[*i]));
    let [mut a, mut b] = [*order.first()?, *order.get(1)?];
    if ends[a][0] > ends[b][0] {
        (a, b) = (b, a);
    }
    let middle = 0.5 * (ends[a][1] + ends[b][0]);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    each(&mut |piece, p| {
        if (p[0] - middle).abs() < REACH {
            match usize::from(piece) {
                n if n == a => left.push(p),
                n if n == b => right.push(p),
                _ => {}
            }
        }
    });
    let mut best = (f64::INFINITY, 0.0);
    for p in &left {
        for q in &right {
            let d = (0..3).map(|i| (p[i] - q[i]).powi(2)).sum::<f64>();
            if d < best.0 {
                best = (d, 0.5 * (p[0] + q[0]));
            }
        }
    }
    best.0.is_finite().then(|| ((best.0.sqrt() - graph.pitch()).max(0.0), shape.place().origin() + best.1))
}
