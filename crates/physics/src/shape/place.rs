//! Where the window lies on the wire, and what lattice fills it.

use super::settings::Shape;
use crate::device::{Contacts, Device};
use crate::lattice::{Graph, GraphError};
use crate::materials::silver::{OMEGA, T_MELT};
use crate::wire::Grid;
use std::ops::Range;

/// Guard shells around the wire: room for hillocks of two and a half times the as-made cross-section.
pub const GUARDS: f64 = 9.0 / 16.0;
/// Bytes a site takes, engine, potential and what is made to look at it (measured: benches/README.md).
const BYTES: f64 = 40.0;
/// Cells left to the wire engine beyond the window at least, where the wire goes on.
const BESIDE: usize = 16;
/// Layers of a buffer.
const BUFFER: usize = 8;

/// Why there is no shape; the wire is then carried in one dimension, as the wire engine has it.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum NoShape {
    /// The window is longer than the wire.
    #[error(
        "the window of the shape engine ({window:.3e} m) does not fit on the {wire:.3e} m of wire that are simulated: shorten shape.window"
    )]
    TooLong {
        /// Length of the window [m].
        window: f64,
        /// Length of the simulated wire [m].
        wire: f64,
    },
    /// The window has too few cells or layers.
    #[error("the window of the shape engine has {cells} cells of the wire engine and {layers} layers: lengthen shape.window")]
    TooShort {
        /// Cells of the wire engine.
        cells: usize,
        /// Layers of the lattice.
        layers: usize,
    },
    /// The lattice cannot be made.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Too large.
    #[error(
        "the lattice of the shape engine would take about {megabytes:.0} MB, where {allowed} MB are allowed (shape.memory): take fewer shells or a shorter window"
    )]
    Memory {
        /// What it would take.
        megabytes: f64,
        /// What is allowed.
        allowed: usize,
    },
    /// The window melts.
    #[error(
        "{length:.3e} m of the window are above melting ({T_MELT} K) at t = {time:.6e} s: a molten wire has no lattice; its shape is the wire engine's, one radius per position"
    )]
    Molten {
        /// Molten length [m].
        length: f64,
        /// Time [s].
        time: f64,
    },
    /// No silver is left at a place in the window or at its ends, while the wire is still whole between the contacts.
    #[error(
        "no silver is left at x = {position:.3e} m, in the window of the shape engine, at t = {time:.6e} s: the wire is used up on its contact"
    )]
    Empty {
        /// Where [m].
        position: f64,
        /// Time [s].
        time: f64,
    },
    /// Nothing was depleted.
    #[error("no cross-section changed by {onset:.3} of the as-made one while the wire was whole: nothing for the shape engine to follow")]
    NoDepletion {
        /// What counts as a change, relative.
        onset: f64,
    },
    /// The engine does not take it.
    #[error("the shape engine cannot start: {0}")]
    Kinetics(#[from] super::KineticsError),
    /// The potential cannot be solved.
    #[error("the shape engine's potential: {0}")]
    Potential(#[from] super::PotentialError),
}

/// The window on the wire and its lattice. At an open end the lattice goes on beyond the window by a buffer, which only follows what the wire
/// engine has there. Layer 0 and the last layer are held; the buffer before the window comes next, then the window's layers.
#[derive(Clone, Debug)]
pub struct Place {
    /// Cells of the wire engine whose silver is the lattice's.
    pub cells: Range<usize>,
    /// Width of those [m].
    pub dx: f64,
    /// Middle of the wire engine's first cell [m].
    first: f64,
    /// Where the window begins, from the edge of contact 1 [m].
    pub start: f64,
    /// Layers of the buffer at each end; 0 at a closed one.
    pub buffer: [usize; 2],
    /// Layers of the window.
    pub layers: usize,
    /// Sites and neighbours.
    pub graph: Graph,
    /// Shells of the as-made wire.
    pub shells: usize,
    /// Volume of a site [m³].
    pub site: f64,
    /// As-made cross-section of the device [m²].
    pub area: f64,
    /// As-made cross-section at each layer [m²].
    pub made: Vec<f64>,
    /// Part of the current between layer k and k + 1.
    pub share: Vec<f64>,
    /// Layers between the contact edges: where no current leaves the wire.
    pub free: Range<usize>,
}

impl Place {
    /// A window of the settings' length around cell `centre`, moved as far as it must be to lie on the wire.
    ///
    /// # Errors
    /// It does not fit, or its lattice cannot be made.
    pub fn new(device: &Device, settings: &Shape, grid: &Grid, centre: usize) -> Result<Place, NoShape> {
        let n = grid.cells();
        let blocked = device.chip.contacts == Contacts::Blocked;
        let beside = if blocked { 0 } else { BESIDE };
        let count = (settings.window / grid.dx).round() as usize;
        if count + 2 * beside.max(1) > n {
            return Err(NoShape::TooLong { window: settings.window, wire: n as f64 * grid.dx });
        }
        let first = centre.saturating_sub(count / 2).clamp(beside, n - beside - count);
        let cells = first..first + count;
        let guards = (GUARDS * settings.shells as f64).ceil() as usize;
        let pitch = Graph::of_area(device.area(), settings.shells, guards, 8)?.pitch();
        let length = count as f64 * grid.dx;
        let layers = (length / pitch).round() as usize;
        if layers < 16 || count < 4 {
            return Err(NoShape::TooShort { cells: count, layers });
        }
        let buffer = [first > 0, first + count < n].map(|open| if open { BUFFER } else { 0 });
        let all = layers + buffer[0] + buffer[1] + 2;
        let graph = Graph::of_area(device.area(), settings.shells, guards, all)?;
        let megabytes = BYTES * graph.sites() as f64 / 1e6;
        if megabytes > settings.memory as f64 {
            return Err(NoShape::Memory { megabytes, allowed: settings.memory });
        }
        let spacing = device.span();
        let mut place = Place {
            start: grid.x[first] - 0.5 * grid.dx,
            first: grid.x[0],
            cells,
            dx: grid.dx,
            buffer,
            layers,
            site: graph.atoms_per_site() * OMEGA,
            graph,
            shells: settings.shells,
            area: device.area(),
            made: Vec::new(),
            share: Vec::new(),
            free: 0..0,
        };
        place.made = place.by_layer(&grid.area);
        place.share = (0..all - 1)
            .map(|k| {
                let x = place.x(k) + 0.5 * place.step();
                let outside = (-x).max(x - spacing);
                if outside > 0.0 { (-outside / device.chip.transfer_length).exp() } else { 1.0 }
            })
            .collect();
        let inside = |k: &usize| (0.0..spacing).contains(&place.x(*k));
        let from = (1..all - 1).find(inside).unwrap_or(1);
        let to = (1..all - 1).rfind(inside).map_or(from, |k| k + 1);
        place.free = from..to;
        Ok(place)
    }

    /// Length of the window [m].
    pub fn length(&self) -> f64 {
        self.cells.len() as f64 * self.dx
    }

    /// Length of a layer [m]: the pitch, stretched by less than half a pitch in the window so that layers fill the cells.
    pub fn step(&self) -> f64 {
        self.length() / self.layers as f64
    }

    /// The layers of the window.
    pub fn window(&self) -> Range<usize> {
        self.buffer[0] + 1..self.buffer[0] + 1 + self.layers
    }

    /// The layers of the buffer at an end.
    pub fn buffer_at(&self, end: usize) -> Range<usize> {
        let window = self.window();
        if end == 0 { 1..window.start } else { window.end..window.end + self.buffer[1] }
    }

    /// Middle of a layer along x [m].
    pub fn x(&self, layer: usize) -> f64 {
        self.start + (layer as f64 - self.buffer[0] as f64 - 0.5) * self.step()
    }

    /// Where layer 0 lies along x [m], as [`Graph::layer_position`] counts: a layer holds even shells at k and odd ones at k + 1/2. Layers are
    /// then one pitch long, so that the window's ends are off by a quarter of a pitch at most.
    pub fn origin(&self) -> f64 {
        let middle = self.start + 0.5 * self.length();
        middle - (self.buffer[0] as f64 + 0.5 * self.layers as f64 + 0.75) * self.graph.pitch()
    }

    /// Something known per cell of the whole wire, at the middle of each layer: linear between the middles of the cells, constant beyond.
    pub fn by_layer(&self, wire: &[f64]) -> Vec<f64> {
        let last = wire.len() - 1;
        (0..self.graph.layers())
            .map(|k| {
                let s = ((self.x(k) - self.first) / self.dx).clamp(0.0, last as f64);
                let i = (s as usize).min(last.saturating_sub(1));
                let f = s - i as f64;
                wire[i] + f * (wire[(i + 1).min(last)] - wire[i])
            })
            .collect()
    }

    /// Mean per cell of the window of something known per layer of the window: sums are kept.
    pub fn by_cell(&self, layers: &[f64]) -> Vec<f64> {
        let step = self.step() / self.dx; // in cells
        let mut cells = vec![0.0; self.cells.len()];
        for (k, value) in layers.iter().enumerate() {
            let (from, to) = (k as f64 * step, (k + 1) as f64 * step);
            let mut at = from;
            while at < to - 1e-12 {
                let i = ((at + 1e-12) as usize).min(cells.len() - 1);
                let end = if i + 1 == cells.len() { to } else { to.min((i + 1) as f64) };
                cells[i] += value * (end - at);
                at = end;
            }
        }
        cells
    }

    /// Cross-section of each cell of the window [m²] for so many sites in each layer of the lattice.
    pub fn areas(&self, counts: &[u32]) -> Vec<f64> {
        let per = self.site / self.step();
        let layers: Vec<f64> = counts[self.window()].iter().map(|n| f64::from(*n) * per).collect();
        self.by_cell(&layers)
    }

    /// Sites that a cross-section [m²] has in a layer.
    pub fn sites_of(&self, area: f64) -> f64 {
        area * self.step() / self.site
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let device = Device::default();
        let grid = Grid::new(&device, 1);
        Place::new(&device, &Shape::default(), &grid, 175).unwrap()
    }

    #[test]
    fn layers_fill_the_window_and_sums_are_kept() {
        let p = place();
        assert_eq!((p.cells.len(), p.buffer), (64, [8, 8]));
        assert!((p.layers as f64 * p.graph.pitch() - p.length()).abs() <= 0.5 * p.graph.pitch());
        assert!((p.x(p.window().start) - 0.5 * p.step() - p.start).abs() < 1e-15);
        let layers: Vec<f64> = (0..p.layers).map(|k| ((k * 37) % 11) as f64).collect();
        let cells = p.by_cell(&layers);
        let (a, b) = (layers.iter().sum::<f64>() * p.step(), cells.iter().sum::<f64>() * p.dx);
        assert!((a / b - 1.0).abs() < 1e-12);
        // What is linear stays so.
        let linear: Vec<f64> = (0..720).map(|i| 3.0 + f64::from(i)).collect();
        let by_layer = p.by_layer(&linear);
        assert!((by_layer[10] - by_layer[9] - p.step() / p.dx).abs() < 1e-9);
        assert!((by_layer[p.window().start] - (p.cells.start as f64 + 2.5 + 0.5 * p.step() / p.dx)).abs() < 1e-9);
    }

    #[test]
    fn a_window_at_the_contact_reaches_under_it_and_one_that_does_not_fit_is_refused() {
        let p = place();
        assert!(p.start < 0.0 && p.share[0] < 0.6 && *p.share.last().unwrap() == 1.0 && p.free.start > 10);
        assert!(p.x(p.free.start) > 0.0 && p.x(p.free.start - 1) < 0.0 && p.free.end == p.graph.layers() - 1);
        let mut device = Device::default();
        let grid = Grid::new(&device, 1);
        let long = Shape { window: 9.5e-6, ..Shape::default() };
        assert!(matches!(Place::new(&device, &long, &grid, 175), Err(NoShape::TooLong { .. })));
        let small = Shape { memory: 1, ..Shape::default() };
        assert!(matches!(Place::new(&device, &small, &grid, 175), Err(NoShape::Memory { .. })));
        device.chip.contacts = Contacts::Blocked;
        let grid = Grid::new(&device, 1);
        let p = Place::new(&device, &Shape::default(), &grid, 3).unwrap();
        assert_eq!((p.cells.start, p.buffer, p.share[0]), (0, [0, 8], 1.0));
    }
}
